"""A model's parts, its table, and its file."""

import io
import os
import pickle
import tracemalloc
import zipfile
from contextlib import contextmanager

import numpy as np
import pytest
from errors import says
from registry import LAYERS, inputs, layer_named

from nn import (
    BatchNorm,
    Dense,
    Parameter,
    ReLU,
    Residual,
    Sequential,
    Sigmoid,
    Tanh,
    load,
    save,
    summary,
)
from nn.models import arrays, parameters, parts, written_whole


def rng(seed=0):
    return np.random.default_rng(seed)


def deep():
    """Dense, then a Residual of BatchNorm, Tanh and another Residual."""
    inner = Residual(Dense(np.ones((2, 2))))
    block = Residual(BatchNorm(2), Tanh(), inner)
    return Sequential(Dense(np.ones((3, 2))), Sequential(block, ReLU()))


def filled(model, seed):
    """The model, with other numbers in every array."""
    for array in arrays(model).values():
        array[...] = rng(seed).random(array.shape) + 0.5
    return model


def state(model):
    return {name: array.tolist() for name, array in arrays(model).items()}


def names(folder):
    return sorted(p.name for p in folder.iterdir())


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.npz"


# Parts.


def test_parts_are_named_by_place_and_kind_the_inner_after_the_outer():
    assert [name for name, _ in parts(deep())] == [
        "0 Dense",
        "1 Residual",
        "1 Residual/0 BatchNorm",
        "1 Residual/1 Tanh",
        "1 Residual/2 Residual",
        "1 Residual/2 Residual/0 Dense",
        "2 ReLU",
    ]


def test_parameters_are_all_of_them_in_the_order_of_params():
    model = deep()
    named = parameters(model)
    assert list(named) == [
        "0 Dense/weight",
        "0 Dense/bias",
        "1 Residual/0 BatchNorm/gamma",
        "1 Residual/0 BatchNorm/beta",
        "1 Residual/2 Residual/0 Dense/weight",
        "1 Residual/2 Residual/0 Dense/bias",
    ]
    assert [id(p) for p in named.values()] == [id(p) for p in model.params]


def test_arrays_are_the_model_s_own_with_its_statistics():
    model = deep()
    named = arrays(model)
    assert list(named)[-2:] == [
        "1 Residual/0 BatchNorm/running_mean",
        "1 Residual/0 BatchNorm/running_variance",
    ]
    assert named["0 Dense/weight"] is model.layers[0].weight.value
    assert len(named) == 8


# The table.


def test_the_summary_of_a_network_of_10_10_and_1_has_151_parameters():
    model = Sequential(
        Dense(np.ones((2, 10))),
        ReLU(),
        Dense(np.ones((10, 10))),
        ReLU(),
        Dense(np.ones((10, 1))),
        Sigmoid(),
    )
    assert summary(model) == (
        "layer      output   parameters\n"
        "0 Dense    (n, 10)          30\n"
        "1 ReLU     (n, 10)           0\n"
        "2 Dense    (n, 10)         110\n"
        "3 ReLU     (n, 10)           0\n"
        "4 Dense    (n, 1)           11\n"
        "5 Sigmoid  (n, 1)            0\n"
        "total                      151"
    )


def test_the_summary_of_a_nested_model_shows_the_inside_of_residuals():
    assert summary(deep()) == (
        "layer                          output  parameters\n"
        "0 Dense                        (n, 2)           8\n"
        "1 Residual                     (n, 2)          10\n"
        "1 Residual/0 BatchNorm         (n, 2)           4\n"
        "1 Residual/1 Tanh              (n, 2)           0\n"
        "1 Residual/2 Residual          (n, 2)           6\n"
        "1 Residual/2 Residual/0 Dense  (n, 2)           6\n"
        "2 ReLU                         (n, 2)           0\n"
        "total                                          18"
    )


def test_a_summary_says_what_it_does_not_know_and_groups_thousands():
    lines = summary(Sequential(Tanh(), Dense(np.ones((999, 2))))).split("\n")
    assert lines[1].split() == ["0", "Tanh", "(n,", "?)", "0"]
    assert lines[-1].split() == ["total", "2,000"]


def test_a_layer_of_one_parameter_has_its_width():
    class Scale:
        def __init__(self):
            self.params = (Parameter([1, 2, 3]),)

    assert summary(Scale()).split("\n")[1].split() == [
        "0", "Scale", "(n,", "3)", "3"
    ]  # fmt: skip


# The file.


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", LAYERS)
def test_what_is_saved_is_loaded_for_every_layer(path, name, dtype):
    one, other = layer_named(name, dtype), layer_named(name, dtype)
    filled(one, 1)
    filled(other, 2)
    own = arrays(other)
    save(one, path)
    load(other, path)
    assert state(other) == state(one)
    x = inputs(dtype=dtype)
    np.testing.assert_array_equal(other.forward(x), one.forward(x))
    assert all(arrays(other)[k] is a for k, a in own.items())  # in place
    assert all(a.dtype == dtype for a in own.values())


def test_a_deep_model_survives_the_file(path):
    one, other = filled(deep(), 1), filled(deep(), 2)
    save(one, path)
    load(other, path)
    assert state(other) == state(one)


def test_a_float64_file_loads_into_a_float32_model_and_back(path):
    exact, model = Dense(np.array([[0.1]])), Dense([[0]])
    save(exact, path)
    load(model, path)
    assert model.weight.value.dtype == np.float32
    assert model.weight.value == np.float32(0.1)
    save(model, path)
    load(exact, path)
    assert exact.weight.value.dtype == np.float64
    assert exact.weight.value == np.float32(0.1)


def test_any_path_will_do_and_folders_are_made(tmp_path):
    for path in (tmp_path / "a/b/model", str(tmp_path / "c/model.txt")):
        save(Dense([[3]]), path)
        model = Dense([[0]])
        load(model, path)
        assert model.weight.value == 3
    assert names(tmp_path / "a/b") == ["model"]


@pytest.mark.parametrize("mask", [0o022, 0o077, 0o002])
def test_the_file_s_permissions_follow_the_umask(path, mask):
    before = os.umask(mask)
    try:
        save(Dense([[1]]), path)
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o666 & ~mask


# What does not fit is refused, and the model stays as it was.


def refused(model, path, text):
    before = state(model)
    with says(text):
        load(model, path)
    assert state(model) == before


def test_other_names_are_refused_and_both_lists_are_told(path):
    save(Sequential(Dense([[1]]), Tanh(), Dense([[2]])), path)
    refused(
        Sequential(Dense([[3]]), Dense([[4]])),
        path,
        f"load: {path}: expected ['0 Dense/weight', '0 Dense/bias', "
        "'1 Dense/weight', '1 Dense/bias'], received ['0 Dense/weight', "
        "'0 Dense/bias', '2 Dense/weight', '2 Dense/bias']",
    )


def test_another_shape_is_refused_and_the_array_is_named(path):
    save(Sequential(Dense([[1]]), Dense([[1, 2]])), path)
    refused(
        Sequential(Dense([[3]]), Dense([[4]])),
        path,
        f"load: {path}: 1 Dense/weight: expected shape (1, 1), "
        "received (1, 2)",
    )


def test_shapes_that_numpy_would_broadcast_are_refused(path):
    np.savez(path, **{"0 Dense/weight": [[1.0]], "0 Dense/bias": 1.0})
    refused(
        Dense([[2]]),
        path,
        f"load: {path}: 0 Dense/bias: expected shape (1,), received ()",
    )


@pytest.mark.parametrize("bad", [np.nan, np.inf, -1e39])
def test_numbers_that_the_model_cannot_hold_are_refused(path, bad):
    np.savez(path, **{"0 Dense/weight": [[1.0]], "0 Dense/bias": [bad]})
    refused(
        Dense([[2]]),
        path,
        f"load: {path}: 0 Dense/bias: expected finite float32, "
        "received nan, inf or larger",
    )


def test_the_largest_number_that_the_model_can_hold_is_loaded(path):
    largest = np.finfo(np.float32).max
    save(Dense([[largest]]), path)
    model = Dense([[0]])
    load(model, path)
    assert model.weight.value == largest


def test_an_entry_of_more_bytes_than_any_number_is_not_read(path):
    model = Dense([[0]])
    bias = np.zeros(1)
    np.savez(path, **{"0 Dense/weight": np.ones((1, 1), complex),
                      "0 Dense/bias": bias})  # fmt: skip
    where = f"load: {path}: 0 Dense/weight"
    with says(f"{where}: expected real numbers, received complex128"):
        load(model, path)  # 16 bytes: it is read, and refused
    long = np.array([[b"x" * 17]])
    np.savez(path, **{"0 Dense/weight": long, "0 Dense/bias": bias})
    with says(f"load: {path}: not a whole .npz file") as caught:
        load(model, path)
    assert str(caught.value.__cause__) == (
        "0 Dense/weight: expected numbers as `save` writes them, received |S17"
    )


def test_words_are_refused(path):
    np.savez(path, **{"0 Dense/weight": [["a"]], "0 Dense/bias": [1.0]})
    refused(
        Dense([[2]]),
        path,
        f"load: {path}: 0 Dense/weight: expected real numbers, received <U1",
    )


class Trap:
    """Unpickling this makes a folder."""

    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return os.mkdir, (self.path,)


def trapped_npz(trap):
    file = io.BytesIO()
    weight = np.array([[trap]], object)
    np.savez(file, **{"0 Dense/weight": weight, "0 Dense/bias": [1.0]})
    return file.getvalue()


def trapped_npy(trap):
    file = io.BytesIO()
    np.save(file, np.array([trap], object), allow_pickle=True)
    return file.getvalue()


@pytest.mark.parametrize("pack", [pickle.dumps, trapped_npz, trapped_npy])
def test_a_pickle_is_never_opened(path, tmp_path, pack):
    trap = tmp_path / "caught"
    path.write_bytes(pack(Trap(trap)))
    refused(Dense([[2]]), path, f"load: {path}: not a whole .npz file")
    assert not trap.exists()


def one_npy():
    file = io.BytesIO()
    np.save(file, np.ones((1, 1)))
    return file.getvalue()


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04", one_npy()])
def test_a_foreign_file_is_refused(path, content):
    path.write_bytes(content)
    refused(Dense([[2]]), path, f"load: {path}: not a whole .npz file")


def test_a_zip_of_other_things_is_refused(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("letter.txt", "hello")
    with pytest.raises(ValueError, match=r"received \['letter.txt'\]"):
        load(Dense([[2]]), path)


MOST = 2_000_000  # bytes that refusing a file may take


@contextmanager
def little_memory():
    """Fail if more than MOST bytes are in use at once, beyond what was."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < MOST
    finally:
        tracemalloc.stop()


def header(shape, dtype="<f4", version=1):
    """What stands in front of an array in an .npy file."""
    told = {"descr": dtype, "fortran_order": False, "shape": shape}
    text = f"{told}\n".encode()
    size = len(text).to_bytes(2 if version == 1 else 4, "little")
    return b"\x93NUMPY" + bytes([version, 0]) + size + text


def crafted(path, content, name="0 Dense/weight.npy"):
    """Pack `content` as the weight of a Dense(1, 1)."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
        bias = header((1,)) + bytes(4)
        archive.writestr("0 Dense/bias.npy", bias)


def test_crafted_files_are_as_save_writes_them(path):
    crafted(path, header((1, 1)) + np.float32(3).tobytes())
    model = Dense([[2]])
    load(model, path)
    assert model.weight.value == 3


@pytest.mark.parametrize("rows", [50_000_000, 2**31, 2**61])
@pytest.mark.parametrize("dtype", ["<f4", "<i8"])
def test_a_small_file_that_unpacks_to_a_huge_one_stays_packed(
    path, rows, dtype
):
    crafted(path, header((rows, 1), dtype) + bytes(50_000_000))
    assert path.stat().st_size < 60_000
    with little_memory():
        refused(
            Dense([[2]]),
            path,
            f"load: {path}: 0 Dense/weight: expected shape (1, 1), "
            f"received ({rows}, 1)"
            if rows < 2**61
            else f"load: {path}: not a whole .npz file",
        )


@pytest.mark.parametrize(
    "content",
    [
        header((1, 1), "|V2000000000") + bytes(50_000_000),
        header((1, 1), "<U10000000") + bytes(50_000_000),
        # A header of 540 MB, by a version that `save` does not write.
        b"\x93NUMPY\x02\x00\x20\x00{ " + b" " * 50_000_000,
        b"\x93NUMPY\x01\x00\xff\xff" + b"(" * 65535,
    ],
    ids=["bytes", "words", "a later version", "a header that never ends"],
)
def test_an_array_that_is_no_numbers_stays_packed(path, content):
    crafted(path, content)
    with little_memory():
        refused(Dense([[2]]), path, f"load: {path}: not a whole .npz file")


def test_an_array_that_nobody_asked_for_stays_packed(path):
    save(Dense([[1]]), path)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("more.npy", header((50_000_000,), "|u1"))
        archive.writestr("rest.npy", bytes(50_000_000))
    with little_memory():
        refused(
            Dense([[2]]),
            path,
            f"load: {path}: expected ['0 Dense/weight', '0 Dense/bias'], "
            "received ['0 Dense/weight', '0 Dense/bias', 'more', 'rest']",
        )


def test_fewer_numbers_than_announced_are_refused(path):
    crafted(path, header((1, 1)) + bytes(3))
    refused(Dense([[2]]), path, f"load: {path}: not a whole .npz file")


@pytest.mark.parametrize("name", ["../0 Dense/weight", "/tmp/weight"])
def test_a_name_that_leads_elsewhere_is_a_name_and_no_path(path, name):
    folder = path.parent / "deep"
    folder.mkdir()
    path = folder / path.name
    crafted(path, header((1, 1)) + bytes(4), f"{name}.npy")
    refused(
        Dense([[2]]),
        path,
        f"load: {path}: expected ['0 Dense/weight', '0 Dense/bias'], "
        f"received ['{name}', '0 Dense/bias']",
    )
    assert names(path.parent.parent) == ["deep"]
    assert names(folder) == ["model.npz"]


def test_a_file_that_was_cut_off_is_refused(path):
    save(Dense([[1]]), path)
    whole = path.read_bytes()
    for end in range(0, len(whole), 10):
        path.write_bytes(whole[:end])
        refused(Dense([[2]]), path, f"load: {path}: not a whole .npz file")


def test_a_file_with_any_byte_changed_is_refused_or_does_no_harm(path):
    save(Dense([[1]]), path)
    whole = path.read_bytes()
    harmless = 0
    for i in range(len(whole)):
        path.write_bytes(whole[:i] + bytes([whole[i] ^ 255]) + whole[i + 1 :])
        model = Dense([[2]])
        try:
            load(model, path)
            harmless += 1  # a time, say, or a version
            expected = 1
        except ValueError:
            expected = 2
        assert model.weight.value == expected
    assert harmless < len(whole) / 2


def test_a_missing_file_is_missing(path):
    with pytest.raises(FileNotFoundError, match=r"model\.npz"):
        load(Dense([[2]]), path)


# A save that fails leaves what was there.


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_model_that_is_not_finite_is_not_saved(path, tmp_path, bad):
    save(deep(), path)
    before = path.read_bytes()
    model = deep()
    model.layers[1].layers[0].running_mean[1] = bad
    with says(
        "save: 1 Residual/0 BatchNorm/running_mean: "
        "expected finite numbers, received nan or inf"
    ):
        save(model, path)
    assert path.read_bytes() == before
    assert names(tmp_path) == ["model.npz"]


@pytest.mark.parametrize("error", [OSError("full"), KeyboardInterrupt()])
def test_a_save_that_breaks_off_leaves_the_old_file_alone(
    path, tmp_path, monkeypatch, error
):
    def breaks_off(file, **arrays):
        file.write(b"half")
        raise error

    save(Dense([[1]]), path)
    monkeypatch.setattr(np, "savez", breaks_off)
    with pytest.raises(type(error)):
        save(Dense([[2]]), path)
    monkeypatch.undo()
    assert names(tmp_path) == ["model.npz"]
    model = Dense([[0]])
    load(model, path)
    assert model.weight.value == 1


def test_a_file_appears_only_once_it_is_whole(path, tmp_path):
    path.write_bytes(b"old")
    with written_whole(path) as file:
        file.write(b"new")
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    assert names(tmp_path) == ["model.npz"]


def test_two_may_write_the_same_file_at_once(path, tmp_path):
    with written_whole(path) as one, written_whole(path) as other:
        one.write(b"one")
        other.write(b"other")
    assert path.read_bytes() == b"one"  # closed last
    assert names(tmp_path) == ["model.npz"]


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "wall").write_bytes(b"")
    with pytest.raises(OSError, match="wall"):
        save(Dense([[1]]), tmp_path / "wall/model.npz")
