"""Gradients without calculus, to check those with it: nudge, measure.

All in float64. Away from kinks right code differs by 1e-7 or less,
one percent too much by 5e-3; a loss that falls proves nothing."""

from __future__ import annotations

import copy
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from nn.initializers import Generator, generator
from nn.layers import (
    Array,
    Layer,
    Parameter,
    Sequential,
    as_float,
    expect,
    number,
)
from nn.models import parameters


def _exact(values: ArrayLike, where: str) -> Array:
    as_float(values, where)  # for what it refuses
    return np.array(values, np.float64)


def numerical_gradient(
    f: Callable[[Array], float], x: ArrayLike, h: float = 1e-5
) -> Array:
    """(f(x + h) - f(x - h)) / 2h for every number of x, as float64.

    >>> numerical_gradient(lambda x: float(x[0] ** 2), [3.0]).round(6)
    array([6.])
    """
    x = _exact(x, "numerical_gradient: x")
    expect(number(h) > 0, "numerical_gradient", "h > 0", h)
    gradient = np.empty_like(x)
    for i in np.ndindex(x.shape):
        original = x[i]
        x[i] = original + h
        above = f(x)
        x[i] = original - h
        gradient[i] = (above - f(x)) / (2 * h)
        x[i] = original
    return gradient


def relative_error(
    a: ArrayLike, b: ArrayLike, floor: float = 0.0
) -> float:
    """|a - b| / max(|a| + |b|, floor), lengths of vectors; 0 if equal.

    >>> relative_error([3, 4], [3, 4]), relative_error([1], [-1])
    (0.0, 1.0)
    """
    a, b = _exact(a, "relative_error"), _exact(b, "relative_error")
    expect(number(floor) >= 0, "relative_error", "floor >= 0", floor)
    expect(a.shape == b.shape, "relative_error", a.shape, b.shape)
    sizes = float(np.linalg.norm(a) + np.linalg.norm(b))
    apart = float(np.linalg.norm(a - b))
    return apart / max(sizes, floor) if apart else 0.0


def check_gradients(
    layer: Layer, x: ArrayLike, *, rng: Generator, h: float = 1e-5
) -> dict[str, float]:
    """The relative error of `backward`, for x and for each parameter.

    L = sum of r * y, with random r of the shape of y, so dL/dy = r. The
    layer itself is left alone: copies of it, in float64, do the work,
    and each begins with the same random state (Dropout, say). A
    gradient that is 0 but for rounding is measured against |r| / 1000.

    >>> from nn import Dense
    >>> rng = np.random.default_rng(0)
    >>> errors = check_gradients(Dense([[1, 2]]), [[3], [4]], rng=rng)
    >>> sorted(errors), max(errors.values()) < 1e-7
    (['0 Dense/bias', '0 Dense/weight', 'x'], True)
    """
    x = _exact(x, "check_gradients: x")
    exact = copy.deepcopy(layer)
    for p in exact.params:
        p.value = p.value.astype(np.float64)
        p.grad = np.zeros_like(p.value)
    shape = copy.deepcopy(exact).forward(x, train=True).shape
    r = generator(rng, "check_gradients").standard_normal(shape)

    def L(x: Array) -> float:
        y = copy.deepcopy(exact).forward(x, train=True)
        return float(np.sum(r * y))

    used = copy.deepcopy(exact)
    used.forward(x, train=True)
    ask = {"need_dx": True} if isinstance(used, Sequential) else {}
    dx = used.backward(r, **ask)
    floor = float(np.linalg.norm(r)) / 1000
    numerical = numerical_gradient(L, x, h)
    errors = {"x": relative_error(dx, numerical, floor)}
    for name, p in parameters(exact).items():

        def L_of(value: Array, p: Parameter = p) -> float:
            p.value = value
            return L(x)

        numerical = numerical_gradient(L_of, p.value, h)
        grad = parameters(used)[name].grad
        errors[name] = relative_error(grad, numerical, floor)
    return errors
