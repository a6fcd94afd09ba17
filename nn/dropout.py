"""Dropout: in training, silence some numbers at random."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from nn.initializers import Generator, generator
from nn.layers import (
    Array,
    Parameter,
    as_float,
    expect,
    gradient_for,
    kept,
    number,
)


class Dropout:
    """y = x * mask / (1 - rate), mask 0 with probability rate, else 1;
    dx = dy * mask / (1 - rate). In use, y = x: the division has kept
    the mean where it was. Srivastava et al. (2014).

    >>> layer = Dropout(0.5, rng=np.random.default_rng(1))
    >>> layer.forward([1, 1, 1, 1], train=True)
    array([0., 2., 2., 2.], dtype=float32)
    >>> layer.forward([1, 1, 1, 1])
    array([1., 1., 1., 1.], dtype=float32)
    """

    params: tuple[Parameter, ...] = ()

    def __init__(self, rate: float, *, rng: Generator) -> None:
        fine = 0 <= number(rate) < 1
        expect(fine, "Dropout", "a rate in [0, 1)", rate)
        self.rate, self.rng = rate, generator(rng, "Dropout")
        self._scale: Array | None = None

    def forward(self, x: ArrayLike, train: bool = False) -> Array:
        x = as_float(x, "Dropout.forward: x")
        if not train:
            return x
        mask = self.rng.random(x.shape, np.float32) >= self.rate
        self._scale = mask * x.dtype.type(1 / (1 - self.rate))
        return x * self._scale

    def backward(self, dy: ArrayLike) -> Array:
        scale = kept(self._scale, self)
        return gradient_for(scale, dy, self) * scale
