"""Activations: values by hand, extremes, and what must always hold."""

import math

import numpy as np
import pytest
from errors import says
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from nn import GELU, LeakyReLU, ReLU, Sigmoid, Softmax, Tanh, sigmoid, softmax
from nn.activations import Elementwise

DTYPES = [np.float32, np.float64]


def extremes(dtype):
    info = np.finfo(dtype)
    sizes = [0, info.smallest_subnormal, info.tiny, 1, 14, 38, 1e3, 1e4]
    sizes += [3e38, info.max]
    return np.array([*sizes, *(-size for size in sizes)], dtype)


def numbers(limit=1e4):
    return st.floats(-limit, limit)


# ---- sigmoid


def logistic(x):
    """1 / (1 + exp(-x)), number by number, in float64."""
    return 1 / (1 + math.exp(-x)) if x > -700 else math.exp(x)


@pytest.mark.parametrize("dtype", DTYPES)
def test_sigmoid_is_exact_and_silent_for_any_number(dtype):
    x = extremes(dtype)
    exact = [logistic(float(number)) for number in x]
    y = sigmoid(x)
    assert y.dtype == dtype
    few = {"rtol": 4 * np.finfo(dtype).eps, "atol": np.finfo(dtype).tiny}
    np.testing.assert_allclose(y, exact, **few)


def test_sigmoid_keeps_its_tail_where_1_minus_it_would_be_0():
    small = sigmoid(np.array([-50.0]))
    np.testing.assert_allclose(small, [math.exp(-50)], rtol=1e-15)


def test_sigmoid_of_log_odds_is_the_share():
    x = np.log([1 / 3, 1, 3])
    np.testing.assert_allclose(sigmoid(x), [0.25, 0.5, 0.75], rtol=1e-15)


@given(numbers())
def test_sigmoid_of_x_and_of_minus_x_sum_to_1(x):
    y, other = sigmoid(np.array([x, -x]))
    assert 0 <= y <= 1
    assert y + other == pytest.approx(1, abs=1e-15)


# ---- softmax


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("size", [1000, 1e4, 3e38])
def test_softmax_is_exact_and_silent_for_large_numbers(size, dtype):
    x = np.array([[size, size, -size], [-size, -size, size]], dtype)
    y = softmax(x)
    assert y.dtype == dtype
    assert y.tolist() == [[0.5, 0.5, 0], [0, 0, 1]]


@pytest.mark.parametrize("dtype", DTYPES)
def test_softmax_is_silent_between_the_largest_numbers(dtype):
    top = np.finfo(dtype).max
    y = softmax(np.array([[top, -top], [-top, -top]], dtype))
    assert y.tolist() == [[1, 0], [0.5, 0.5]]


def test_softmax_of_logarithms_is_the_shares():
    x = np.log([[1, 2, 5]]) + 1000
    np.testing.assert_allclose(softmax(x), [[0.125, 0.25, 0.625]])


def test_softmax_looks_at_rows_and_not_at_columns():
    y = softmax([[0, 0], [0, 0], [0, 0]])
    assert y.tolist() == [[0.5, 0.5]] * 3


def test_softmax_takes_a_row_and_no_rows_and_more_axes():
    assert softmax([5, 5]).tolist() == [0.5, 0.5]
    assert softmax(np.zeros((0, 3))).shape == (0, 3)
    assert (softmax(np.zeros((2, 3, 4))) == 0.25).all()


@given(arrays(np.float64, array_shapes(max_dims=3), elements=numbers()))
def test_softmax_rows_are_probabilities(x):
    y = softmax(x)
    assert (y >= 0).all()
    np.testing.assert_allclose(y.sum(axis=-1), 1, rtol=1e-14)


@given(arrays(np.float64, (2, 3), elements=numbers(30)), numbers(1000))
def test_a_shift_of_a_row_leaves_softmax_as_it_is(x, shift):
    np.testing.assert_allclose(softmax(x + shift), softmax(x), rtol=1e-11)


@pytest.mark.parametrize("shape", [(), (3, 0)])
def test_softmax_needs_one_class_at_least(shape):
    expected = f"expected shape (..., classes), received {shape}"
    with says(f"softmax: {expected}"):
        softmax(np.zeros(shape))


# ---- the layers

BY_HAND = [  # layer, x, y, slope
    (ReLU(), [-2, 0, 3], [0, 0, 3], [0, 0, 1]),
    (LeakyReLU(), [-2, 0, 3], [-0.02, 0, 3], [0.01, 0.01, 1]),
    (LeakyReLU(0.5), [-2, 0, 3], [-1, 0, 3], [0.5, 0.5, 1]),
    (LeakyReLU(0), [-2, 0, 3], [0, 0, 3], [0, 0, 1]),
    (
        Sigmoid(),
        np.log([1 / 3, 1, 3]),
        [0.25, 0.5, 0.75],
        [0.1875, 0.25, 0.1875],  # y (1 - y)
    ),
    (
        Tanh(),
        np.arctanh([-0.5, 0, 0.5]),
        [-0.5, 0, 0.5],
        [0.75, 1, 0.75],  # 1 - y²
    ),
]


@pytest.mark.parametrize(("layer", "x", "y", "slope"), BY_HAND)
def test_values_and_slopes_by_hand(layer, x, y, slope):
    x, dy = np.array(x, np.float64), np.array([1.0, 10, 100])
    np.testing.assert_allclose(layer.forward(x, train=True), y, atol=1e-15)
    np.testing.assert_allclose(layer.backward(dy), dy * slope)


# P(x), the part of a standard normal below x, from printed tables.
TABLE = {
    0: 0.5,
    1: 0.8413447460685429,
    -1: 0.15865525393145705,
    -5: 2.866515718791939e-7,
    -10: 7.619853024160526e-24,
    -20: 2.753624118606234e-89,
}


@pytest.mark.parametrize("dtype", DTYPES)
def test_gelu_agrees_with_the_tables_of_the_normal_in_both_tails(dtype):
    x = np.array(list(TABLE), np.float64)
    P = np.array(list(TABLE.values()))
    density = np.exp(-x * x / 2) / math.sqrt(2 * math.pi)
    layer = GELU()
    y = layer.forward(x.astype(dtype), train=True)
    dx = layer.backward(np.ones(len(x), dtype))
    assert y.dtype == dx.dtype == dtype
    few = {"rtol": 500 * np.finfo(dtype).eps, "atol": np.finfo(dtype).tiny}
    np.testing.assert_allclose(y, x * P, **few)
    np.testing.assert_allclose(dx, P + x * density, **few)


@pytest.mark.parametrize("dtype", DTYPES)
def test_gelu_is_x_or_0_far_out(dtype):
    x, layer = extremes(dtype), GELU()
    x = x[abs(x) > 100]
    y = layer.forward(x, train=True)
    assert (y == np.where(x > 0, x, 0)).all()
    assert (layer.backward(np.ones_like(x)) == (x > 0)).all()


@given(numbers())
def test_gelu_of_x_and_of_minus_x_differ_by_x(x):
    y, other = GELU().forward(np.array([x, -x]))
    assert y - other == pytest.approx(x, rel=1e-14, abs=1e-300)


LAYERS = [ReLU, LeakyReLU, GELU, Sigmoid, Tanh, Softmax]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("layer", LAYERS)
def test_every_activation_is_silent_for_any_number(layer, dtype):
    f, x = layer(), extremes(dtype)[None]
    assert np.isfinite(f.forward(x, train=True)).all()
    dx = f.backward(np.ones_like(x))
    assert np.isfinite(dx).all()
    assert abs(dx).max() < 1.2  # GELU's steepest slope is 1.13


@pytest.mark.parametrize("layer", LAYERS)
def test_every_activation_lets_nan_through(layer):
    assert np.isnan(layer().forward([[np.nan, 1]])).any()


def test_softmax_goes_back_by_hand():
    layer = Softmax()
    layer.forward(np.log([[1.0, 3]]), train=True)  # y = 1/4, 3/4
    dx = layer.backward([[4, 0]])  # less the mean 1, times y
    np.testing.assert_allclose(dx, [[0.75, -0.75]])


@pytest.mark.parametrize("layer", LAYERS)
def test_another_shape_is_refused_on_the_way_back(layer):
    f = layer()
    f.forward([[1, 2]], train=True)
    received = "expected shape (1, 2), received (2,)"
    with says(f"{layer.__name__}.backward: dy: {received}"):
        f.backward([1, 2])


@pytest.mark.parametrize("layer", LAYERS[:-1])
def test_what_is_no_number_is_refused(layer):
    received = "expected real numbers, received <U1"
    with says(f"{layer.__name__}.forward: x: {received}"):
        layer().forward(["a"])


@pytest.mark.parametrize("f", [sigmoid, softmax])
def test_the_functions_too_refuse_what_is_no_number(f):
    text = f"{f.__name__}: expected real numbers, received complex128"
    with says(text):
        f([1j])


@pytest.mark.parametrize("leak", [-0.1, 1, 2, np.nan])
def test_a_leak_is_a_share_below_1(leak):
    with says(f"LeakyReLU: expected a leak in [0, 1), received {leak}"):
        LeakyReLU(leak)


def test_a_leak_may_be_0():
    assert LeakyReLU(0).forward([-2, 3]).tolist() == [0, 3]


def test_softmax_goes_back_along_the_last_of_any_axes():
    layer, rows = Softmax(), np.log([[1.0, 3], [1, 1]])
    layer.forward(rows, train=True)
    expected = layer.backward([[4, 0], [1, 3]])
    layer.forward(rows[None].swapaxes(0, 1), train=True)  # (2, 1, 2)
    dx = layer.backward([[[4, 0]], [[1, 3]]])
    np.testing.assert_array_equal(dx, expected[:, None])
    layer.forward(rows[0], train=True)
    np.testing.assert_array_equal(layer.backward([4, 0]), expected[0])


def test_a_new_activation_brings_its_function_and_its_slope():
    bare = Elementwise()
    with pytest.raises(NotImplementedError):
        bare.f(np.ones(1))
    with pytest.raises(NotImplementedError):
        bare.slope(np.ones(1), np.ones(1))
