"""Parameter, Dense and Sequential, and what all layers share."""

import numpy as np
import pytest
from errors import says

from nn import BatchNorm, Dense, Layer, Parameter, ReLU, Sequential, Tanh
from nn.layers import as_float, expect, number


def test_an_error_says_where_what_was_expected_and_what_came():
    expect(True, "f", "anything", "x")
    with says("f: expected a, received b"):
        expect(False, "f", "a", "b")


@pytest.mark.parametrize("x", [0, -3, 2.5, np.float32(2), np.int64(7)])
def test_a_setting_that_is_a_number_stays(x):
    assert number(x) is x


@pytest.mark.parametrize(
    "x", [True, "a", None, 1j, np.inf, -np.inf, np.nan, np.ones(1)]
)
def test_a_setting_that_is_no_number_becomes_nan(x):
    assert np.isnan(number(x))
    assert np.isnan(number(x, whole=True))


def test_whole_numbers_may_be_asked_for():
    assert np.isnan(number(2.0, whole=True))
    assert number(np.int64(2), whole=True) == 2


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        ([1, 2], np.float32),
        ([0.5], np.float32),
        (np.arange(2), np.float32),
        (np.array([True]), np.float32),
        (np.ones(2, np.uint8), np.float32),
        (np.ones(2, np.float16), np.float32),
        (np.ones(2, np.float32), np.float32),
        (np.ones(2), np.float64),
        (np.float64(1), np.float64),
    ],
)
def test_float64_stays_and_all_else_becomes_float32(values, dtype):
    assert as_float(values, "x").dtype == dtype


def test_arrays_that_fit_are_not_copied():
    for dtype in (np.float32, np.float64):
        x = np.ones(2, dtype)
        assert as_float(x, "x") is x


@pytest.mark.parametrize(
    ("values", "received"),
    [([1j], "complex128"), (["a"], "<U1"), ([None], "object")],
)
def test_what_is_no_number_is_refused(values, received):
    with says(f"x: expected real numbers, received {received}"):
        as_float(values, "x")


def test_a_parameter_copies_its_value_and_starts_with_gradient_0():
    given = np.array([[1.0, 2.0]])
    p = Parameter(given)
    given[:] = 9
    assert p.value.tolist() == [[1, 2]]
    assert p.grad.tolist() == [[0, 0]]
    assert p.value.dtype == p.grad.dtype == np.float64


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_parameter_holds_finite_numbers(bad):
    with says("Parameter: expected finite numbers, received nan or inf"):
        Parameter([1, bad])


def test_a_product_worked_by_hand():
    # Three neurons, four inputs: 1 * 0.2 + 2 * 0.8 - 3 * 0.5 + 2.5 + 2 = 4.8
    rows = [[0.2, 0.8, -0.5, 1], [0.5, -0.91, 0.26, -0.5]]
    rows += [[-0.26, -0.27, 0.17, 0.87]]
    layer = Dense(np.array(rows).T, bias=np.array([2, 3, 0.5]))
    y = layer.forward([[1, 2, 3, 2.5]])
    np.testing.assert_allclose(y, [[4.8, 1.21, 2.385]], rtol=1e-14)


def test_dense_goes_back_by_hand():
    layer = Dense([[1, 2], [3, 4]], bias=[10, 20])
    y = layer.forward([[1, 1], [2, 0]], train=True)
    assert y.tolist() == [[14, 26], [12, 24]]
    dx = layer.backward([[1, 0], [0, 1]])
    assert dx.tolist() == [[1, 3], [2, 4]]  # dy W.T
    assert layer.weight.grad.tolist() == [[1, 2], [1, 0]]  # x.T dy
    assert layer.bias.grad.tolist() == [1, 1]  # sums, not means


def test_a_bias_that_is_not_given_is_0_and_is_learned():
    layer = Dense(np.ones((2, 3)))
    assert layer.bias.value.tolist() == [0, 0, 0]
    assert layer.bias.value.dtype == np.float64
    assert layer.params == (layer.weight, layer.bias)


@pytest.mark.parametrize("W", [[1, 2], [[[1]]], np.ones((0, 2)), 3])
def test_a_weight_is_a_matrix(W):
    shape = np.shape(W)
    with says(f"Dense: expected a weight (d_in, d_out), received {shape}"):
        Dense(W)


@pytest.mark.parametrize("bias", [[1], [1, 2, 3], [[1, 2]], 0])
def test_a_bias_has_one_number_per_output(bias):
    with says(f"Dense: bias: expected (2,), received {np.shape(bias)}"):
        Dense([[1, 2]], bias=bias)


@pytest.mark.parametrize("shape", [(3,), (2, 4), (2, 3, 1), ()])
def test_dense_refuses_inputs_of_another_width(shape):
    text = f"Dense.forward: x: expected shape (n, 3), received {shape}"
    with says(text):
        Dense(np.ones((3, 2))).forward(np.ones(shape))


def test_dense_refuses_a_gradient_of_another_shape_and_writes_nothing():
    layer = Dense(np.ones((3, 2)))
    layer.forward(np.ones((4, 3)), train=True)
    text = "Dense.backward: dy: expected shape (4, 2), received (1, 2)"
    with says(text):
        layer.backward(np.ones((1, 2)))
    assert not layer.weight.grad.any()
    assert not layer.bias.grad.any()


def test_layers_follow_each_other_forth_and_back():
    model = Sequential(Dense([[2]], [1]), ReLU(), Dense([[3]]))
    assert model.forward([[1], [-1]], train=True).tolist() == [[9], [0]]
    dx = model.backward([[1], [1]], need_dx=True)
    assert dx.tolist() == [[6], [0]]
    assert [p.grad.ravel().tolist() for p in model.params] == [
        [3], [3], [3], [2]
    ]  # fmt: skip


def test_models_nest_and_their_layers_stand_in_one_row():
    a, b, c, d = Dense([[1]]), Tanh(), Dense([[2]]), ReLU()
    model = Sequential(a, Sequential(b, Sequential(c)), d)
    assert model.layers == (a, b, c, d)
    assert model.params == (*a.params, *c.params)


class Idle(Tanh):
    """A layer whose gradient nobody should ask for."""

    def backward(self, dy):
        raise AssertionError("backward was called in vain")


class IdleDense(Dense):
    backward = Idle.backward


def test_the_gradient_of_the_data_is_computed_only_when_asked_for():
    first, last = IdleDense([[2]]), Dense([[3]])
    model = Sequential(Idle(), first, last)
    model.forward([[0]], train=True)
    assert model.backward([[1]]) is None
    assert first.bias.grad == [3]
    with pytest.raises(AssertionError, match="in vain"):
        model.backward([[1]], need_dx=True)


def test_a_first_layer_of_any_kind_learns():
    model = Sequential(BatchNorm(1))
    model.forward([[1], [3]], train=True)
    assert model.backward([[1], [1]]) is None
    assert model.params[1].grad == [2]


@pytest.mark.parametrize("layers", [1, 2])
def test_a_model_that_learns_nothing_may_go_back(layers):
    model = Sequential(*(ReLU() for _ in range(layers)))
    model.forward([[1]], train=True)
    assert model.backward([[2]]) is None
    assert model.backward([[2]], need_dx=True) == [[2]]


def test_a_parameter_is_made_of_numbers():
    with says("Parameter: expected real numbers, received <U1"):
        Parameter(["a"])


def test_dense_refuses_words_on_either_way():
    layer, text = Dense([[1]]), "expected real numbers, received <U1"
    with says(f"Dense.forward: x: {text}"):
        layer.forward([["a"]])
    layer.forward([[1]], train=True)
    with says(f"Dense.backward: dy: {text}"):
        layer.backward([["a"]])


def test_sequential_passes_train_on():
    model = Sequential(Dense([[1]]), ReLU())
    model.forward([[1]])
    text = "call ReLU.forward(x, train=True) first"
    with says(f"ReLU.backward: {text}", RuntimeError):
        model.backward([[1]])


@pytest.mark.parametrize(
    ("wrong", "shown"),
    [
        (3, "3"),
        ("relu", "'relu'"),
        (ReLU, "<class 'nn.activations.ReLU'>"),
    ],
)
def test_sequential_takes_layers_only(wrong, shown):
    with says(f"Sequential: expected layers, received {shown}"):
        Sequential(Dense([[1]]), wrong)


def test_sequential_takes_one_layer_at_least():
    with says("Sequential: expected layers, each only once, received []"):
        Sequential()


def test_sequential_takes_each_layer_once_even_when_nested():
    relu = ReLU()
    received = "received ['ReLU', 'Dense', 'ReLU']"
    with says(f"Sequential: expected layers, each only once, {received}"):
        Sequential(relu, Sequential(Dense([[1]]), relu))


def test_sequential_refuses_what_is_no_number():
    where = "expected real numbers, received <U1"
    model = Sequential(ReLU())
    with says(f"Sequential.forward: x: {where}"):
        model.forward(["a"])
    with says(f"Sequential.backward: dy: {where}"):
        model.backward(["a"])


def test_the_protocol_knows_a_layer_by_what_it_offers():
    assert isinstance(ReLU(), Layer)
    assert not isinstance(3, Layer)
