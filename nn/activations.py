"""Activations bend each number by itself: y = f(x), dx = dy * slope,
all of the shape of x. Softmax alone looks at a whole row."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from nn.layers import (
    Array,
    Parameter,
    as_float,
    expect,
    gradient_for,
    kept,
    number,
)


def sigmoid(x: ArrayLike) -> Array:
    """1 / (1 + exp(-x)), in a form whose exponent is never positive.

    >>> sigmoid([-10000, 0, 10000])
    array([0. , 0.5, 1. ], dtype=float32)
    """
    x = as_float(x, "sigmoid")
    e: Array = np.exp(-np.abs(x))  # in [0, 1]: cannot overflow
    return np.where(x >= 0, e.dtype.type(1), e) / (1 + e)


def softmax(x: ArrayLike) -> Array:
    """exp(x) / (sum of exp(x) over the last axis): rows that sum to 1.

    Subtracting a row's maximum changes nothing but keeps exp in [0, 1].

    >>> softmax([[10000, 10000], [-10000, 10000]])
    array([[0.5, 0.5],
           [0. , 1. ]], dtype=float32)
    """
    x = as_float(x, "softmax")
    fine = x.ndim > 0 and x.shape[-1] > 0
    expect(fine, "softmax", "shape (..., classes)", x.shape)
    with np.errstate(over="ignore"):  # -3e38 - 3e38 = -inf: exp is 0
        e: Array = np.exp(x - x.max(axis=-1, keepdims=True))
    e /= e.sum(axis=-1, keepdims=True)
    return e


class Elementwise:
    """A layer made of a function f(x) and its slope, given x and y."""

    params: tuple[Parameter, ...] = ()
    _xy: tuple[Array, Array] | None = None

    def forward(self, x: ArrayLike, train: bool = False) -> Array:
        x = as_float(x, f"{type(self).__name__}.forward: x")
        y = self.f(x)
        if train:
            self._xy = x, y
        return y

    def backward(self, dy: ArrayLike) -> Array:
        x, y = kept(self._xy, self)
        return gradient_for(y, dy, self) * self.slope(x, y)

    def f(self, x: Array) -> Array:
        raise NotImplementedError

    def slope(self, x: Array, y: Array) -> Array:
        raise NotImplementedError


class ReLU(Elementwise):
    """y = max(x, 0). Nair and Hinton (2010).

    >>> relu = ReLU()
    >>> relu.forward([-2, 3], train=True)
    array([0., 3.], dtype=float32)
    >>> relu.backward([1, 1])
    array([0., 1.], dtype=float32)
    """

    def f(self, x: Array) -> Array:
        return np.maximum(x, 0)

    def slope(self, x: Array, y: Array) -> Array:
        return x > 0


class LeakyReLU(Elementwise):
    """y = x where x > 0, else leak * x. Maas, Hannun and Ng (2013).

    >>> LeakyReLU(0.5).forward([-2, 3])
    array([-1.,  3.], dtype=float32)
    """

    def __init__(self, leak: float = 0.01) -> None:
        fine = 0 <= number(leak) < 1
        expect(fine, "LeakyReLU", "a leak in [0, 1)", leak)
        self.leak = leak

    def f(self, x: Array) -> Array:
        return np.maximum(x, self.leak * x)

    def slope(self, x: Array, y: Array) -> Array:
        return np.where(x > 0, x.dtype.type(1), x.dtype.type(self.leak))


class Sigmoid(Elementwise):
    """y = 1 / (1 + exp(-x)).

    >>> layer = Sigmoid()
    >>> layer.forward([0], train=True), layer.backward([1])
    (array([0.5], dtype=float32), array([0.25], dtype=float32))
    """

    def f(self, x: Array) -> Array:
        return sigmoid(x)

    def slope(self, x: Array, y: Array) -> Array:
        return y * (1 - y)


class Tanh(Elementwise):
    """y = tanh(x).

    >>> layer = Tanh()
    >>> layer.forward([0, 10000], train=True), layer.backward([1, 1])
    (array([0., 1.], dtype=float32), array([1., 0.], dtype=float32))
    """

    def f(self, x: Array) -> Array:
        return np.tanh(x)

    def slope(self, x: Array, y: Array) -> Array:
        return 1 - y * y


class GELU(Elementwise):
    """y = x P(x), with P(x) the part of a standard normal below x; the
    slope is P(x) + x p(x), p its density. Hendrycks and Gimpel (2016).

    NumPy has no P. `math.erfc`, number by number, is exact in both
    tails, and slow.

    >>> GELU().forward([-10000, 0, 10000])
    array([   -0.,     0., 10000.], dtype=float32)
    """

    def f(self, x: Array) -> Array:
        return (x * _normal_below(x)).astype(x.dtype)

    def slope(self, x: Array, y: Array) -> Array:
        z = np.clip(x.astype(np.float64), -40, 40)  # p(40) is 0 already
        p = np.exp(-z * z / 2) / math.sqrt(2 * math.pi)
        return (_normal_below(x) + z * p).astype(x.dtype)


def _normal_below(x: Array) -> Array:
    z = x.astype(np.float64) / math.sqrt(2)
    return np.vectorize(math.erfc, otypes=[np.float64])(-z) / 2


class Softmax:
    """y = softmax(x); dx_k = y_k (dy_k - sum over j of dy_j y_j).

    >>> layer = Softmax()
    >>> layer.forward([[0, 0]], train=True)
    array([[0.5, 0.5]], dtype=float32)
    >>> layer.backward([[1, 0]])
    array([[ 0.25, -0.25]], dtype=float32)
    """

    params: tuple[Parameter, ...] = ()
    _y: Array | None = None

    def forward(self, x: ArrayLike, train: bool = False) -> Array:
        y = softmax(x)
        if train:
            self._y = y
        return y

    def backward(self, dy: ArrayLike) -> Array:
        y = kept(self._y, self)
        dy = gradient_for(y, dy, self)
        return y * (dy - np.sum(dy * y, axis=-1, keepdims=True))
