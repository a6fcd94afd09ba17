"""Gates, samples, noise, the check of a pair, and mini-batches."""

import numpy as np
import pytest
from errors import says
from hypothesis import given
from hypothesis import strategies as st

from nn import add_noise, batches, logic_gate, sample_function
from nn.data import GATES, checked_pair, slices


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.mark.parametrize(
    ("name", "gate"),
    [
        ("AND", lambda a, b: a and b),
        ("OR", lambda a, b: a or b),
        ("NAND", lambda a, b: not (a and b)),
        ("NOR", lambda a, b: not (a or b)),
        ("XOR", lambda a, b: a != b),
        ("XNOR", lambda a, b: a == b),
    ],
)
def test_a_gate_of_two_inputs_has_its_truth_table(name, gate):
    x, t = logic_gate(name)
    assert x.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert t.tolist() == [[gate(a, b)] for a, b in x]
    assert x.dtype == t.dtype == np.float32


def test_not_has_one_input():
    x, t = logic_gate("NOT")
    assert x.tolist() == [[0], [1]]
    assert t.tolist() == [[1], [0]]


def test_an_unknown_gate_is_refused():
    with says(f"logic_gate: expected one of {list(GATES)}, received MAYBE"):
        logic_gate("MAYBE")


def test_samples_are_evenly_spaced_without_a_generator():
    x, t = sample_function(np.abs, 5, low=-2, high=2)
    assert x.tolist() == [[-2], [-1], [0], [1], [2]]
    assert t.tolist() == [[2], [1], [0], [1], [2]]
    assert x.dtype == t.dtype == np.float32


def test_samples_are_drawn_from_the_interval_with_a_generator():
    x, t = sample_function(np.square, 1000, low=2, high=3, rng=rng())
    assert x.shape == t.shape == (1000, 1)
    assert 2 <= x.min() < 2.01
    assert 2.99 < x.max() <= 3
    assert np.unique(x).size > 900
    np.testing.assert_allclose(t, x**2, rtol=1e-6)


def test_the_noise_of_samples_has_the_size_asked_for():
    x, t = sample_function(np.sin, 10000, noise=0.5, rng=rng())
    noise = t - np.sin(x)
    assert abs(noise.mean()) < 0.02
    assert abs(noise.std() - 0.5) < 0.02


@pytest.mark.parametrize(
    "change",
    [
        {"n": 0},
        {"n": 2.5},
        {"low": 3},
        {"low": 4},
        {"high": np.inf},
        {"low": np.nan},
        {"low": -np.inf},
        {"noise": -1},
        {"noise": np.nan},
    ],
)
def test_samples_that_make_no_sense_are_refused(change):
    settings = {"n": 2, "low": -3, "high": 3, "noise": 0} | change
    with says(
        "sample_function: expected n >= 1, low < high, noise >= 0, "
        f"received {tuple(settings.values())}"
    ):
        sample_function(np.sin, **settings, rng=rng())


def test_noise_needs_a_generator():
    with says(
        "sample_function: expected rng=numpy.random.default_rng(seed), "
        "received None"
    ):
        sample_function(np.sin, 2, noise=0.1)


def test_one_sample_will_do():
    x, t = sample_function(np.square, 1, low=2, high=3)
    assert (x.tolist(), t.tolist()) == ([[2]], [[4]])


def test_the_noise_is_what_the_generator_draws_after_the_points():
    r = rng(3)
    points = r.uniform(2, 3, (5, 1))
    expected = points**2 + r.normal(0, 0.5, (5, 1))
    x, t = sample_function(np.square, 5, low=2, high=3, noise=0.5, rng=rng(3))
    np.testing.assert_array_equal(x, points.astype(np.float32))
    np.testing.assert_array_equal(t, expected.astype(np.float32))


def test_a_function_must_answer_every_point():
    with says("sample_function: f(x): expected (3, 1), received ()"):
        sample_function(np.sum, 3)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_added_noise_is_new_normal_and_leaves_its_argument(dtype):
    x = np.ones((100, 100), dtype)
    x.flags.writeable = False
    noisy = add_noise(x, 0.5, rng=rng())
    assert noisy.dtype == dtype
    assert abs(noisy.mean() - 1) < 0.02
    assert abs(noisy.std() - 0.5) < 0.01
    assert np.unique(noisy).size > 9000


def test_added_noise_is_what_the_generator_draws():
    noisy = add_noise(np.ones(5), 0.5, rng=rng(3))
    np.testing.assert_array_equal(noisy, 1 + rng(3).standard_normal(5) / 2)


def test_noise_is_added_to_numbers():
    with says("add_noise: x: expected real numbers, received <U1"):
        add_noise(["a"], 0.5, rng=rng())


@pytest.mark.parametrize("std", [-1, np.nan, np.inf])
def test_noise_of_no_size_is_refused(std):
    with says(f"add_noise: expected std >= 0, received {std}"):
        add_noise([1], std, rng=rng())


def test_added_noise_needs_a_generator_not_a_seed():
    with says(
        "add_noise: expected rng=numpy.random.default_rng(seed), received 0"
    ):
        add_noise([1], 1, rng=0)


def test_a_pair_becomes_floats_but_labels_stay_integers():
    x, t = checked_pair([[1, 2]], np.array([3], np.uint8), "f")
    assert (x.dtype, t.dtype) == (np.float32, np.uint8)
    x, t = checked_pair(np.ones((1, 2)), [[True]], "f")
    assert (x.dtype, t.dtype) == (np.float64, np.float32)
    assert checked_pair([[1]], np.array([[0.5]]), "f")[1].dtype == np.float64


@pytest.mark.parametrize(
    ("x", "t", "shapes"),
    [
        ([[1], [2]], [1], "(2, 1) and (1,)"),
        (np.ones((0, 3)), np.ones(0), "(0, 3) and (0,)"),
        (1, [1], "() and (1,)"),
        ([1], 1, "(1,) and ()"),
    ],
)
def test_a_pair_needs_examples_and_as_many_targets(x, t, shapes):
    with says(
        f"f: expected examples x, and as many targets, received {shapes}"
    ):
        checked_pair(x, t, "f")


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_number_that_is_not_finite_is_refused_with_its_row(bad):
    x = np.zeros((4, 2, 2))
    t = np.zeros((4, 1))
    x[2, 1, 0] = bad
    text = "f: expected finite numbers, received nan or inf in row {}"
    with says(text.format(2)):
        checked_pair(x, t, "f")
    x[2, 1, 0], t[3] = 0, bad
    with says(text.format(3)):
        checked_pair(x, t, "f")


@pytest.mark.parametrize(
    ("x", "t", "what"),
    [
        (["a"], [1], "x: expected real numbers, received <U1"),
        ([1j], [1], "x: expected real numbers, received complex128"),
        ([1], ["a"], "target: expected real numbers, received <U1"),
        ([1], [None], "target: expected real numbers, received object"),
    ],
)
def test_what_is_no_number_is_refused(x, t, what):
    with says(f"f: {what}"):
        checked_pair(x, t, "f")


def numbered(n):
    """n examples that tell their number in x and in target."""
    return np.stack([np.arange(n), -np.arange(n)], axis=1), np.arange(n)


@given(n=st.integers(1, 40), size=st.integers(1, 50), mixed=st.booleans())
def test_every_example_comes_once_beside_its_target(n, size, mixed):
    x, t = numbered(n)
    drawn = list(batches(x, t, size, rng=rng() if mixed else None))
    for xs, ts in drawn:
        assert xs[:, 0].tolist() == ts.tolist()
        assert xs[:, 1].tolist() == (-ts).tolist()
    came = [int(i) for _, ts in drawn for i in ts]
    assert sorted(came) == list(range(n))
    assert mixed or came == list(range(n))


@given(n=st.integers(1, 40), size=st.integers(1, 50), mixed=st.booleans())
def test_every_batch_is_full_but_the_last(n, size, mixed):
    drawn = batches(*numbered(n), size, rng=rng() if mixed else None)
    full, rest = divmod(n, size)
    sizes = [len(xs) for xs, _ in drawn]
    assert sizes == [size] * full + [rest] * (rest > 0)


def test_the_order_is_new_each_time_and_follows_from_the_seed():
    def order(r):
        return [
            int(i) for _, ts in batches(*numbered(50), 7, rng=r) for i in ts
        ]

    r = rng(1)
    first, second = order(r), order(r)
    assert first != second
    assert first != sorted(first)
    assert order(rng(1)) == first
    assert order(rng(2)) != first


def test_batches_in_order_are_views_and_mixed_ones_are_not():
    x, t = numbered(4)
    for mixed in (False, True):
        xs, ts = next(slices(x, t, 2, rng() if mixed else None))
        assert np.shares_memory(xs, x) is not mixed
        assert np.shares_memory(ts, t) is not mixed


@pytest.mark.parametrize("size", [0, -1, 2.0, None])
def test_a_size_is_a_whole_number_above_0_and_refused_at_once(size):
    with says(f"batches: expected a size of 1 or more, received {size}"):
        batches([[1]], [1], size)


def test_a_batch_has_128_examples_unless_told():
    sizes = [len(x) for x, _ in batches(np.ones((300, 1)), np.ones(300))]
    assert sizes == [128, 128, 44]


def test_a_numpy_integer_is_a_size():
    assert len(list(batches([[1], [2]], [1, 2], np.int64(1)))) == 2


def test_batches_are_checked_at_once():
    with says(
        "batches: expected examples x, and as many targets, "
        "received (1, 1) and (2,)"
    ):
        batches([[1]], [1, 2])
    with says(
        "batches: expected rng=numpy.random.default_rng(seed), received 0"
    ):
        batches([[1]], [1], rng=0)
