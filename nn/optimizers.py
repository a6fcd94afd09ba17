"""Optimizers: which way, and how far, once g = dL/dvalue is known.

Each writes into its parameters' values. Rules and defaults are those of
PyTorch. In this order each mends a fault of one before it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import KW_ONLY, dataclass

import numpy as np

from nn.layers import Array, Parameter, expect, number


@dataclass(eq=False, repr=False)
class Optimizer:
    """What all share: `params`, `lr`, which may be set between steps,
    and `weight_decay`, which adds weight_decay * value to each g."""

    params: Iterable[Parameter]
    lr: float
    _: KW_ONLY
    weight_decay: float = 0.0
    memory = 0  # arrays an optimizer keeps for each parameter

    def __post_init__(self) -> None:
        self._name = type(self).__name__
        given = self.params if isinstance(self.params, Iterable) else ()
        self.params = params = tuple(given)
        fine = params and all(isinstance(p, Parameter) for p in params)
        expect(fine, self._name, "Parameters: model.params", params)
        for name, x in vars(self).items():
            if name in ("lr", "weight_decay", "momentum", "eps"):
                expect(0 <= number(x), self._name, f"{name} >= 0", x)
        self.steps = 0
        count = 1 + self.memory  # made once: new ones would cost time
        self._arrays = [
            [np.zeros_like(p.value) for _ in range(count)]
            for p in params
        ]

    def step(self) -> None:
        """Move every parameter once, against its gradient."""
        expect(0 <= number(self.lr), self._name, "lr >= 0", self.lr)
        self.steps += 1
        for p, arrays in zip(self.params, self._arrays, strict=True):
            self._update(p.value, self._gradient(p), *arrays)

    def _gradient(self, p: Parameter) -> Array:
        if self.weight_decay:
            return p.grad + self.weight_decay * p.value
        return p.grad

    def _update(self, value: Array, g: Array, *arrays: Array) -> None:
        raise NotImplementedError


@dataclass(eq=False, repr=False)
class SGD(Optimizer):
    """value -= lr * g. Robbins and Monro (1951). With momentum,
    m = momentum * m + g and value -= lr * m, Polyak (1964); Nesterov
    (1983) looks ahead: value -= lr * (g + momentum * m).

    >>> p = Parameter([1]); p.grad[:] = 4
    >>> SGD([p], lr=0.125).step(); p.value
    array([0.5], dtype=float32)
    """

    lr: float = 1e-3
    _: KW_ONLY
    momentum: float = 0.0
    nesterov: bool = False
    memory = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        fine = self.momentum or not self.nesterov
        expect(fine, "SGD", "a momentum for nesterov", self.momentum)

    def _update(self, value: Array, g: Array, *arrays: Array) -> None:
        scratch, m = arrays
        if self.momentum:
            m *= self.momentum
            m += g
            g = g + self.momentum * m if self.nesterov else m
        np.multiply(g, self.lr, out=scratch)
        value -= scratch


@dataclass(eq=False, repr=False)
class AdaGrad(Optimizer):
    """v += g**2, value -= lr * g / (sqrt(v) + eps): each number has its
    own step. Duchi, Hazan and Singer (2011).

    >>> p = Parameter([1]); p.grad[:] = 4
    >>> AdaGrad([p], lr=0.5).step(); p.value  # g / sqrt(g**2) = 1
    array([0.5], dtype=float32)
    """

    lr: float = 1e-2
    _: KW_ONLY
    eps: float = 1e-10
    memory = 1

    def _remember(self, v: Array, square: Array) -> None:
        v += square

    def _update(self, value: Array, g: Array, *arrays: Array) -> None:
        scratch, v = arrays
        self._remember(v, np.square(g, out=scratch))
        np.sqrt(v, out=scratch)
        scratch += self.eps
        np.divide(g, scratch, out=scratch)
        scratch *= self.lr
        value -= scratch


@dataclass(eq=False, repr=False)
class RMSProp(AdaGrad):
    """v = alpha * v + (1 - alpha) * g**2, then as AdaGrad: it forgets,
    so that steps do not shrink for ever. Tieleman and Hinton (2012).

    >>> p = Parameter([1]); p.grad[:] = 4
    >>> RMSProp([p], lr=0.5, alpha=0.75).step(); p.value  # 4 / sqrt(4)
    array([0.], dtype=float32)
    """

    _: KW_ONLY
    eps: float = 1e-8
    alpha: float = 0.99

    def __post_init__(self) -> None:
        super().__post_init__()
        fine = 0 <= number(self.alpha) < 1
        expect(fine, "RMSProp", "alpha in [0, 1)", self.alpha)

    def _remember(self, v: Array, square: Array) -> None:
        v *= self.alpha
        square *= 1 - self.alpha
        v += square


@dataclass(eq=False, repr=False)
class Adam(Optimizer):
    """m = b1 * m + (1 - b1) * g, v = b2 * v + (1 - b2) * g**2, with
    (b1, b2) = betas; at step s, with c1 = 1 - b1**s, c2 = 1 - b2**s,
    value -= lr * (m / c1) / (sqrt(v / c2) + eps). Kingma, Ba (2014).

    >>> p = Parameter([1]); p.grad[:] = 4
    >>> Adam([p], lr=0.5).step(); p.value  # step 1: g / sqrt(g**2)
    array([0.5], dtype=float32)
    """

    lr: float = 1e-3
    _: KW_ONLY
    betas: tuple[float, float] = (0.9, 0.999)
    eps: float = 1e-8
    memory = 2

    def __post_init__(self) -> None:
        super().__post_init__()
        fine = np.shape(self.betas) == (2,)
        fine = fine and all(0 <= number(b) < 1 for b in self.betas)
        expect(fine, self._name, "two betas in [0, 1)", self.betas)

    def _update(self, value: Array, g: Array, *arrays: Array) -> None:
        scratch, m, v = arrays
        b1, b2 = self.betas
        m *= b1
        m += np.multiply(g, 1 - b1, out=scratch)
        v *= b2
        np.square(g, out=scratch)
        scratch *= 1 - b2
        v += scratch
        c1, c2 = 1 - b1**self.steps, 1 - b2**self.steps
        np.sqrt(v, out=scratch)
        scratch += self.eps * math.sqrt(c2)
        np.divide(m, scratch, out=scratch)
        scratch *= self.lr * math.sqrt(c2) / c1
        value -= scratch


@dataclass(eq=False, repr=False)
class AdamW(Adam):
    """Adam, with value *= 1 - lr * weight_decay before each step: a
    decay not divided by sqrt(v). Loshchilov and Hutter (2017).

    >>> p = Parameter([1]); p.grad[:] = 0
    >>> AdamW([p], lr=0.5, weight_decay=0.5).step(); p.value
    array([0.75], dtype=float32)
    """

    _: KW_ONLY
    weight_decay: float = 1e-2

    def _gradient(self, p: Parameter) -> Array:
        p.value *= 1 - self.lr * self.weight_decay
        return p.grad
