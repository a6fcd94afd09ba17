"""Residual connections."""

import numpy as np
from errors import says

from nn import Dense, ReLU, Residual, Sequential


def test_what_goes_around_is_added_forth_and_back():
    layer = Residual(Dense([[2]], [1]))
    assert layer.forward([[3]], train=True) == [[3 + 7]]
    assert layer.backward([[1]]) == [[1 + 2]]
    assert layer.params[0].grad == [[3]]
    assert layer.params[1].grad == [1]


def test_the_gradient_passes_a_dead_body():
    layer = Residual(Dense([[1]], [-10]), ReLU())
    assert layer.forward([[3]], train=True) == [[3]]
    assert layer.backward([[5]]) == [[5]]


def test_the_parameters_are_those_of_the_body():
    a, b = Dense([[1]]), Dense([[1]])
    layer = Residual(a, Sequential(ReLU(), b))
    assert layer.params == (*a.params, *b.params)
    assert [type(f).__name__ for f in layer.layers] == [
        "Dense", "ReLU", "Dense"
    ]  # fmt: skip


def test_a_body_that_changes_the_shape_is_refused():
    layer = Residual(Dense([[1, 2]]))
    with says("Residual: f(x): expected (3, 1), received (3, 2)"):
        layer.forward(np.ones((3, 1)))


def test_what_is_no_number_is_refused():
    layer = Residual(ReLU())
    with says("Residual.forward: x: expected real numbers, received <U1"):
        layer.forward(["a"])
    with says("Residual.backward: dy: expected real numbers, received <U1"):
        layer.backward(["a"])


def test_a_residual_has_a_body():
    with says("Sequential: expected layers, each only once, received []"):
        Residual()
