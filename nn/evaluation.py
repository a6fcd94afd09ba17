"""Evaluation: how well a model answers, pass by pass over examples."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator

import numpy as np
from numpy.typing import ArrayLike

from nn.data import checked_pair, slices
from nn.initializers import Generator
from nn.layers import Array, Layer, expect

Loss = Callable[[Array, Array], tuple[float, Array]]
Metric = Callable[[Array, Array], float]
# Arrays (x, target), or anything to iterate over for such pairs.
Pair = tuple[ArrayLike, ArrayLike]
Data = Pair | Iterable[Pair]


def accuracy(prediction: ArrayLike, target: ArrayLike) -> float:
    """The share of rows answered rightly. Predictions (n, classes)
    answer with their largest column; logits (n,) and (n, 1) with 1
    where they are above 0.

    >>> accuracy([[1, 3], [2, 0]], [1, 1]), accuracy([-3, 2], [0, 1])
    (0.5, 1.0)
    """
    p, t = checked_pair(prediction, target, "accuracy")
    if p.ndim == 2 and p.shape[1] > 1:
        answer = p.argmax(axis=1)
        truth = t.argmax(axis=1) if t.shape == p.shape else t
    else:
        answer, truth = p.ravel() > 0, t.ravel() > 0.5
    fine = answer.shape == truth.shape == (len(p),)
    expect(fine, "accuracy", f"a target a row of {p.shape}", t.shape)
    return float(np.mean(answer == truth))


def passes(
    data: Data, size: int, rng: Generator | None, where: str
) -> Callable[[], Iterator[tuple[Array, Array]]]:
    """A function that starts a pass over arrays, or over batches."""
    expected = "arrays (x, target), or an iterable of batches like them"
    if isinstance(data, tuple):
        expect(len(data) == 2, where, expected, f"{len(data)} things")
        x, t = checked_pair(data[0], data[1], where)
        return lambda: slices(x, t, size, rng)
    expect(isinstance(data, Iterable), where, expected, type(data))
    return lambda: (checked_pair(x, t, where) for x, t in data)


def evaluate(
    model: Layer,
    loss: Loss,
    data: Data,
    *,
    metric: Metric | None = None,
    batch_size: int = 1000,
) -> tuple[float, float]:
    """The mean loss, and the mean of `metric` (nan without one), over
    arrays (x, target) or batches, with the model as it is in use.

    >>> from nn import Dense, mean_squared_error
    >>> evaluate(Dense([[2]]), mean_squared_error, ([[1]], [[5]]))
    (9.0, nan)
    """
    n, losses, metrics = 0, 0.0, 0.0
    for x, t in passes(data, batch_size, None, "evaluate")():
        y = model.forward(x)
        n += len(y)
        losses += loss(y, t)[0] * len(y)
        metrics += (metric(y, t) if metric else math.nan) * len(y)
    expect(n, "evaluate", "one batch at least", "none")
    return losses / n, metrics / n
