"""Clipping: no step on a cliff. Pascanu, Mikolov and Bengio (2013)."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from nn.layers import Parameter, expect, number


def clip_gradients(
    params: Iterable[Parameter], max_norm: float
) -> float:
    """Where all gradients together are longer than max_norm, multiply
    them by max_norm / (length + 1e-6), the 1e-6 being PyTorch's; return
    the length they had.

    >>> p = Parameter([0, 0]); p.grad[:] = 3, 4
    >>> clip_gradients([p], max_norm=1), p.grad.round(3)
    (5.0, array([0.6, 0.8], dtype=float32))
    """
    fine = number(max_norm) > 0
    expect(fine, "clip_gradients", "max_norm > 0", max_norm)
    grads = [p.grad for p in params]
    squares = [np.sum(np.square(g, dtype=np.float64)) for g in grads]
    norm = math.sqrt(sum(squares))
    expect(norm < math.inf, "clip_gradients", "a finite length", norm)
    factor = max_norm / (norm + 1e-6)
    if factor < 1:
        for g in grads:
            g *= factor
    return norm
