"""Numerical gradients; and with them, every layer and every loss."""

import copy
import math
import pickle

import numpy as np
import pytest
from errors import says
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from registry import LAYERS, LOSSES, inputs, layer_named, pullback

from nn import (
    BatchNorm,
    Dense,
    Dropout,
    Residual,
    Sequential,
    Tanh,
    check_gradients,
    normal,
    numerical_gradient,
    relative_error,
)

# ---- the adjoint test: one random direction through everything


def slope_at_0(f, h=1e-4):
    """df/dh at 0 by differences of the fourth order."""
    near, far = f(h) - f(-h), f(2 * h) - f(-2 * h)
    return (8 * near - far) / (12 * h)


@pytest.mark.parametrize("name", LAYERS)
def test_each_layer_goes_back_as_it_goes_forth(name):
    rng = np.random.default_rng(3)
    layer, x = layer_named(name), inputs()
    dx = rng.standard_normal(x.shape)
    dps = [rng.standard_normal(p.value.shape) for p in layer.params]
    used = copy.deepcopy(layer)
    r = rng.standard_normal(used.forward(x, train=True).shape)

    def L(h):
        nudged = copy.deepcopy(layer)  # Dropout draws the same mask again
        for p, dp in zip(nudged.params, dps, strict=True):
            p.value += h * dp
        return np.sum(r * nudged.forward(x + h * dx, train=True))

    slope = np.sum(pullback(used, r) * dx)
    for p, dp in zip(used.params, dps, strict=True):
        slope += np.sum(p.grad * dp)
    assert relative_error(slope, slope_at_0(L)) < 1e-6


@pytest.mark.parametrize("name", LOSSES)
def test_each_loss_returns_its_own_gradient(name):
    loss, target = LOSSES[name]
    rng = np.random.default_rng(3)
    p, dp = rng.standard_normal((2, 5, 3))
    t = target(rng)
    slope = np.sum(loss(p, t)[1] * dp)
    by_differences = slope_at_0(lambda h: loss(p + h * dp, t)[0])
    assert relative_error(slope, by_differences) < 1e-6


# ---- numerical_gradient


def test_a_parabola_is_measured_exactly():
    gradient = numerical_gradient(lambda x: float(np.sum(x**2)), [[3, -1]])
    np.testing.assert_allclose(gradient, [[6, -2]], rtol=1e-9)
    assert gradient.dtype == np.float64


def test_each_number_is_nudged_alone_and_the_input_stays():
    x = np.array([2.0, 5])
    gradient = numerical_gradient(lambda x: float(x[0] * x[1]), x)
    np.testing.assert_allclose(gradient, [5, 2], rtol=1e-9)
    assert x.tolist() == [2, 5]


def test_the_nudge_can_be_chosen_and_goes_both_ways():
    gradient = numerical_gradient(lambda x: float(x**3), 1.0, h=0.5)
    assert gradient == (1.5**3 - 0.5**3) / 1


def test_the_nudge_is_a_hundred_thousandth_unless_told():
    gradient = numerical_gradient(lambda x: float(x**3), 1.0)
    assert gradient == ((1 + 1e-5) ** 3 - (1 - 1e-5) ** 3) / 2e-5


# ---- relative_error


def test_relative_error_by_hand():
    assert relative_error([3, 4], [3, 4]) == 0
    assert relative_error([1], [-1]) == 1
    assert relative_error([0, 0], [0, 0]) == 0
    assert relative_error([3, 0], [0, 4]) == 5 / 7
    assert relative_error([], []) == 0


vectors = arrays(np.float64, 3, elements=st.floats(-1e9, 1e9))


@given(vectors, vectors)
def test_relative_error_is_symmetric_and_between_0_and_1(a, b):
    error = relative_error(a, b)
    assert error == relative_error(b, a)
    assert 0 <= error <= 1 + 1e-15


def test_relative_error_of_nan_is_nan_and_so_never_small():
    assert math.isnan(relative_error([np.nan], [1]))


@pytest.mark.parametrize("c", [-2, -1, 0, 0.5, 1, 1.01, 2, 3, 8])
def test_a_factor_shows_in_the_relative_error(c):
    g = np.array([[3.0, -1], [0.5, 2]])
    expected = abs(c - 1) / (abs(c) + 1)
    assert math.isclose(relative_error(c * g, g), expected, abs_tol=1e-15)


def test_relative_error_has_no_floor_unless_told():
    assert relative_error([1e-9], [3e-9]) == pytest.approx(0.5)
    assert relative_error([1e-9], [3e-9], floor=1) == pytest.approx(2e-9)


@pytest.mark.parametrize("dtypes", [("f4", "f8"), ("f8", "f4")])
def test_relative_error_measures_in_float64(dtypes):
    a, b = (np.array([3e30, 4e30], dtype) for dtype in dtypes)
    assert relative_error(a, -b) == 1  # squares of 1e30 are no float32


def test_relative_error_compares_equal_shapes():
    with says("relative_error: expected (2,), received (2, 1)"):
        relative_error([1, 2], [[1], [2]])


# ---- check_gradients


class NoBias(Dense):
    """Forgets the gradient of its bias."""

    def set_gradients(self, dy):
        dy = super().set_gradients(dy)
        self.bias.grad[:] = 0
        return dy


class Transposed(Dense):
    """Goes back through W instead of W.T."""

    def backward(self, dy):
        return self.set_gradients(dy) @ self.weight.value


def errors_of(layer, x):
    return check_gradients(layer, x, rng=np.random.default_rng(0))


@pytest.mark.parametrize(
    ("planted", "where"),
    [(NoBias, "0 NoBias/bias"), (Transposed, "x")],
)
def test_a_wrong_gradient_is_found_where_it_is(planted, where):
    rng = np.random.default_rng(1)
    errors = errors_of(planted(rng.random((3, 3))), rng.random((4, 3)))
    assert errors.pop(where) > 0.1
    assert len(errors) == 2
    assert max(errors.values()) < 1e-7


@pytest.mark.parametrize("name", LAYERS)
def test_every_layer_passes_in_float32_too(name):
    layer = layer_named(name, np.float32)
    errors = errors_of(layer, inputs(dtype=np.float32))
    assert max(errors.values()) < 1e-7
    assert len(errors) == 1 + len(layer.params)


def test_each_part_of_a_model_is_named():
    model = Sequential(Tanh(), Residual(Dense(np.eye(2))))
    assert list(errors_of(model, [[1, 2]])) == [
        "x",
        "1 Residual/0 Dense/weight",
        "1 Residual/0 Dense/bias",
    ]


def test_the_layer_itself_is_left_alone():
    layer = Sequential(
        Dense(np.eye(2, dtype=np.float32)),
        Dropout(0.5, rng=np.random.default_rng(0)),
    )
    before = pickle.dumps(layer)
    errors_of(layer, [[1, 2], [3, 4]])
    assert pickle.dumps(layer) == before


@pytest.mark.parametrize("x", [[[1, 2]], np.ones((1, 2), np.float32)])
def test_it_computes_in_float64_whatever_it_is_given(x):
    assert errors_of(Tanh(), x)["x"] < 1e-9


def test_a_larger_nudge_is_a_larger_error_for_x_and_for_parameters():
    model = Sequential(Dense([[1.0]]), Tanh())
    rng = np.random.default_rng(0)
    errors = check_gradients(model, [[1.0]], rng=rng, h=0.5)
    assert min(errors.values()) > 1e-3


def test_what_ought_to_be_0_is_measured_against_a_thousandth_of_r():
    class Constant(Tanh):
        def forward(self, x, train=False):
            return np.zeros_like(x)

        def backward(self, dy):
            return 1e-6 * dy  # wrong, by a millionth

    assert errors_of(Constant(), [[1.0]])["x"] == pytest.approx(1e-3)


def test_a_nudge_is_above_0_and_a_floor_is_not_below():
    with says("numerical_gradient: expected h > 0, received 0"):
        numerical_gradient(np.sum, [1.0], h=0)
    with says("relative_error: expected floor >= 0, received -1"):
        relative_error([1], [1], floor=-1)


def test_words_are_refused_each_in_its_place():
    text = "expected real numbers, received <U1"
    with says(f"numerical_gradient: x: {text}"):
        numerical_gradient(len, ["a"])
    with says(f"relative_error: {text}"):
        relative_error(["a"], [1])
    with says(f"relative_error: {text}"):
        relative_error([1], ["a"])
    with says(f"check_gradients: x: {text}"):
        errors_of(Tanh(), ["a"])


def test_it_needs_a_generator():
    expected = "expected rng=numpy.random.default_rng(seed), received 0"
    with says(f"check_gradients: {expected}"):
        check_gradients(Tanh(), [[1]], rng=0)


def test_a_gradient_of_0_raises_no_alarm() -> None:
    """Batch normalization takes back what a bias before it adds."""
    rng = np.random.default_rng(0)
    layer = Sequential(Dense(normal(3, 4, rng=rng, std=1.0)), BatchNorm(4))
    x = rng.standard_normal((5, 3))
    errors = check_gradients(layer, x, rng=rng)
    assert max(errors.values()) < 1e-7
