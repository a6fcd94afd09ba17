"""Batch normalization: give every feature mean 0 and variance 1."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from nn.layers import (
    Array,
    Parameter,
    as_float,
    expect,
    gradient_for,
    kept,
    number,
)


class BatchNorm:
    """y = gamma * z + beta, z = (x - mean) / sqrt(variance + eps), each
    column of x (n, d) by itself. In training, mean and variance (1/n)
    are the batch's, and running ones follow, the variance with 1/(n-1);
    in use the running ones serve. Ioffe and Szegedy (2015).

    dx = (dz - mean(dz) - z * mean(dz * z)) / sqrt(variance + eps), with
    dz = dy * gamma: what shifts or stretches a column changes nothing.

    >>> layer = BatchNorm(1, eps=1e-12)
    >>> layer.forward([[1], [3]], train=True)
    array([[-1.],
           [ 1.]], dtype=float32)
    >>> layer.running_mean  # 0.9 * 0 + 0.1 * 2
    array([0.2], dtype=float32)
    """

    statistics = ("running_mean", "running_variance")

    def __init__(
        self,
        d: int,
        *,
        momentum: float = 0.1,
        eps: float = 1e-5,
        dtype: DTypeLike = np.float32,
    ) -> None:
        fine = number(d, whole=True) >= 1 and 0 < number(eps)
        fine = fine and 0 <= number(momentum) <= 1
        expected = "d >= 1, momentum in [0, 1], eps > 0"
        expect(fine, "BatchNorm", expected, (d, momentum, eps))
        self.gamma = Parameter(np.ones(d, dtype))
        self.beta = Parameter(np.zeros(d, dtype))
        self.params = (self.gamma, self.beta)
        self.running_mean = np.zeros_like(self.beta.value)
        self.running_variance = np.ones_like(self.beta.value)
        self.momentum, self.eps = momentum, eps
        self._kept: tuple[Array, Array] | None = None

    def forward(self, x: ArrayLike, train: bool = False) -> Array:
        x = as_float(x, "BatchNorm.forward: x")
        n, d = len(x) if x.ndim else 0, len(self.beta.value)
        fine = x.ndim == 2 and x.shape[1] == d and (n > 1 or not train)
        expected = f"shape (n, {d}), in training n > 1"
        expect(fine, "BatchNorm.forward: x", expected, x.shape)
        mean, variance = self.running_mean, self.running_variance
        if train:
            mean, variance = x.mean(axis=0), x.var(axis=0)
            self._follow(self.running_mean, mean)
            self._follow(self.running_variance, variance * n / (n - 1))
        scale = 1 / np.sqrt(variance + x.dtype.type(self.eps))  # (d,)
        z = (x - mean) * scale
        if train:
            self._kept = z, scale
        return z * self.gamma.value + self.beta.value

    def _follow(self, running: Array, seen: Array) -> None:
        running += self.momentum * (seen - running)

    def backward(self, dy: ArrayLike) -> Array:
        z, scale = kept(self._kept, self)
        dy = gradient_for(z, dy, self)
        np.sum(dy * z, axis=0, out=self.gamma.grad)
        np.sum(dy, axis=0, out=self.beta.grad)
        dz = dy * self.gamma.value
        common = dz.mean(axis=0) + z * np.mean(dz * z, axis=0)
        return scale * (dz - common)
