"""Reverse mode on single numbers."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nn import Dense, Sequential, Tanh, Value, mean_squared_error


def test_every_slope_on_the_way_is_multiplied():
    x, w, b = Value(3), Value(2), Value(-1)
    L = (x * w + b) ** 2
    L.backward()
    assert L.value == 25
    # dL/db = 2 (3 * 2 - 1) = 10; dL/dw = 10 x; dL/dx = 10 w
    assert (b.grad, w.grad, x.grad) == (10, 30, 20)
    assert L.grad == 1


def test_slopes_of_two_ways_are_added():
    a = Value(3)
    (a * a + a).backward()
    assert a.grad == 2 * 3 + 1


def test_a_value_used_twice_waits_for_both_of_its_gradients():
    a = Value(2)
    b = a * a  # 4
    (b * b + b).backward()  # a**4 + a**2
    assert a.grad == 4 * 2**3 + 2 * 2


@pytest.mark.parametrize("swapped", [False, True])
def test_no_result_passes_on_half_of_its_gradient(swapped):
    x = Value(3)
    u = x * x
    v = u * 3  # u is needed by v, and beside it
    L = v + u if swapped else u + v
    L.backward()
    assert (u.grad, x.grad) == (4, 4 * 2 * 3)


def test_backward_twice_gives_the_same_gradients():
    a = Value(3)
    L = a * a
    L.backward()
    L.backward()
    assert a.grad == 6


def test_a_second_result_overwrites_the_gradients_of_the_first():
    a = Value(3)
    (a * 5).backward()
    (a * 7).backward()
    assert a.grad == 7


def test_before_backward_a_gradient_is_0():
    assert Value(3).grad == 0


def test_what_is_not_behind_a_result_keeps_its_gradient():
    a, b = Value(1), Value(1)
    (a * 2).backward()
    (b * 3).backward()
    assert (a.grad, b.grad) == (2, 3)


def test_graphs_may_be_deeper_than_pythons_recursion():
    a = L = Value(1)
    for _ in range(5000):
        L = L + a
    L.backward()
    assert a.grad == 5001


@pytest.mark.parametrize(
    ("f", "value", "slope"),
    [
        (lambda a: a + 3, 5, 1),
        (lambda a: 3 + a, 5, 1),
        (lambda a: a - 3, -1, 1),
        (lambda a: 3 - a, 1, -1),
        (lambda a: -a, -2, -1),
        (lambda a: a * 3, 6, 3),
        (lambda a: 3 * a, 6, 3),
        (lambda a: a / 4, 0.5, 0.25),
        (lambda a: 4 / a, 2, -1),
        (lambda a: a**3, 8, 12),
        (lambda a: a.exp(), math.e**2, math.e**2),
        (lambda a: a.log(), math.log(2), 0.5),
        (lambda a: a.tanh(), math.tanh(2), 1 / math.cosh(2) ** 2),
    ],
)
def test_each_operation_at_2(f, value, slope):
    a = Value(2)
    result = f(a)
    result.backward()
    assert result.value == pytest.approx(value, rel=1e-15)
    assert a.grad == pytest.approx(slope, rel=1e-14)


@pytest.mark.parametrize(
    ("f", "slopes"),
    [
        (lambda a, b: a + b, (1, 1)),
        (lambda a, b: a - b, (1, -1)),
        (lambda a, b: a * b, (4, 2)),
        (lambda a, b: a / b, (1 / 4, -2 / 16)),
    ],
)
def test_each_operation_of_two_values_at_2_and_4(f, slopes):
    a, b = Value(2), Value(4)
    f(a, b).backward()
    assert (a.grad, b.grad) == slopes


@given(st.floats(0.5, 2), st.floats(0.5, 2))
def test_slopes_are_those_of_nudging(x, y):
    def f(a, b):
        return ((a * b).tanh() - (a / b).exp()) ** 3 + (a + b).log() * a

    a, b = Value(x), Value(y)
    f(a, b).backward()
    h = 1e-5
    da = f(Value(x + h), Value(y)).value - f(Value(x - h), Value(y)).value
    db = f(Value(x), Value(y + h)).value - f(Value(x), Value(y - h)).value
    assert a.grad == pytest.approx(da / (2 * h), rel=1e-5, abs=1e-5)
    assert b.grad == pytest.approx(db / (2 * h), rel=1e-5, abs=1e-5)


def test_layers_compute_what_single_numbers_compute():
    rng = np.random.default_rng(0)
    W1, W2 = rng.standard_normal((2, 3)), rng.standard_normal((3, 1))
    x, t = rng.standard_normal((4, 2)), rng.standard_normal((4, 1))
    model = Sequential(Dense(W1), Tanh(), Dense(W2))
    L, dy = mean_squared_error(model.forward(x, train=True), t)
    model.backward(dy)

    v1, v2 = np.vectorize(Value)(W1), np.vectorize(Value)(W2)
    hidden = np.vectorize(Value.tanh, otypes=[object])(x @ v1)
    scalar_L = np.sum((hidden @ v2 - t) ** 2) / 4
    scalar_L.backward()

    assert scalar_L.value == pytest.approx(L, rel=1e-13)
    for layer, v in [(model.layers[0], v1), (model.layers[2], v2)]:
        grads = np.vectorize(lambda a: a.grad)(v)
        np.testing.assert_allclose(layer.weight.grad, grads, rtol=1e-12)


def test_it_prints_as_value_and_gradient():
    a = Value(0.5)
    (a * 4).backward()
    assert repr(a) == "Value(0.5, grad=4)"
