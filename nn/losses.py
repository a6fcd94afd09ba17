"""Losses: (prediction, target) -> (L, dL/dprediction).

L is a mean, a float. The gradient has the prediction's shape and dtype
and carries the division of that mean, so that layers need only sum. All
is computed in float64: a last layer is small, so precision is cheap."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from nn.activations import sigmoid
from nn.layers import Array, as_float, expect, number


def _exact(values: ArrayLike, where: str) -> tuple[Array, Array]:
    """`values` in their own dtype and in float64, if finite."""
    own = as_float(values, where)
    expect(own.size, where, "one number at least", "shape", own.shape)
    finite = np.isfinite(own).all()
    expect(finite, where, "finite numbers", "nan or inf")
    return own, own.astype(np.float64)


def _target_like(target: ArrayLike, p: Array, where: str) -> Array:
    """The target in float64. Its shape must be that of the prediction:
    NumPy would turn (n,) - (n, 1) into (n, n) without a word."""
    t = _exact(target, where)[1]
    expect(t.shape == p.shape, where, f"shape {p.shape}", t.shape)
    return t


def mean_squared_error(
    prediction: ArrayLike, target: ArrayLike
) -> tuple[float, Array]:
    """L = mean of (p - t)**2 over all m numbers, dL/dp = 2 (p - t) / m.

    >>> mean_squared_error([[3], [1]], [[1], [1]])
    (2.0, array([[2.],
           [0.]], dtype=float32))
    """
    own, p = _exact(prediction, "mean_squared_error: prediction")
    d = p - _target_like(target, p, "mean_squared_error: target")
    return float(np.mean(d * d)), (2 * d / d.size).astype(own.dtype)


def huber(
    prediction: ArrayLike, target: ArrayLike, delta: float = 1.0
) -> tuple[float, Array]:
    """L = mean of d**2 / 2 where |d| <= delta, else of
    delta (|d| - delta / 2), with d = p - t; dL/dp = d / m, cut off at
    +-delta / m. Huber (1964).

    >>> huber([[3], [0.5]], [[0], [0]])
    (1.3125, array([[0.5 ],
           [0.25]], dtype=float32))
    """
    expect(0 < number(delta), "huber", "delta > 0", delta)
    own, p = _exact(prediction, "huber: prediction")
    d = p - _target_like(target, p, "huber: target")
    cut = np.clip(d, -delta, delta)
    L = np.mean(cut * (d - cut / 2))  # one formula for both branches
    return float(L), (cut / d.size).astype(own.dtype)


def binary_cross_entropy(
    logits: ArrayLike, target: ArrayLike
) -> tuple[float, Array]:
    """L = mean of -t log p - (1 - t) log(1 - p), p = sigmoid(z), for
    the m logits z; dL/dz = (p - t) / m. Targets lie in [0, 1].

    Computed as max(z, 0) - z t + log(1 + exp(-|z|)): no log of 0.

    >>> L, dz = binary_cross_entropy([[0], [10000]], [[1], [1]])
    >>> round(L, 6), dz.ravel()  # log(2) / 2
    (0.346574, array([-0.25,  0.  ], dtype=float32))
    """
    own, z = _exact(logits, "binary_cross_entropy: logits")
    where = "binary_cross_entropy: target"
    t = _target_like(target, z, where)
    low, high = t.min(), t.max()
    expect(
        0 <= low <= high <= 1, where, "0 to 1", f"{low:g} to {high:g}"
    )
    costs = np.maximum(z, 0) - z * t + np.log1p(np.exp(-np.abs(z)))
    L = np.sum(costs / z.size)  # divided first: cannot overflow
    return float(L), ((sigmoid(z) - t) / z.size).astype(own.dtype)


def softmax_cross_entropy(
    logits: ArrayLike, target: ArrayLike
) -> tuple[float, Array]:
    """L = mean over n rows of -sum of t log p, p = softmax(z), for
    logits z (n, classes); dL/dz = (p - t) / n.

    Targets are n class numbers, or rows of probabilities like z.

    >>> L, dz = softmax_cross_entropy([[0, 0]], [1])
    >>> round(L, 6), dz  # log(2)
    (0.693147, array([[ 0.5, -0.5]], dtype=float32))
    """
    own, z = _exact(logits, "softmax_cross_entropy: logits")
    t = _probability_rows(target, z, "softmax_cross_entropy: target")
    with np.errstate(over="ignore"):
        z = z - z.max(axis=1, keepdims=True)  # the largest is now 0
    z = np.maximum(z, np.finfo(z.dtype).min)  # not -inf: 0 * inf is nan
    log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    L = -np.vdot(t, log_p / len(z))
    return float(L), ((np.exp(log_p) - t) / len(z)).astype(own.dtype)


def _probability_rows(target: ArrayLike, z: Array, where: str) -> Array:
    """Targets for z (n, classes) as rows; a class number as one-hot."""
    t = np.asarray(target)
    fine = z.ndim == 2 and t.shape in (z.shape, z.shape[:1])
    expected = "(n,) labels or (n, classes) for logits (n, classes)"
    expect(fine, where, expected, t.shape, "for", z.shape)
    if t.ndim == 2:
        rows = _target_like(target, z, where)
        low, off = rows.min(), abs(rows.sum(axis=1) - 1).max()
        expected = "rows of probabilities"
        expect(low >= 0, where, expected, f"{low:g}")
        expect(off < 1e-4, where, expected, f"sums off by {off:g}")
        return rows
    return one_hot(t, z.shape[1], where).astype(np.float64)


def one_hot(
    labels: ArrayLike, classes: int, where: str = "one_hot"
) -> Array:
    """Rows (n, classes) with a 1 at each label, integers (n,), else 0.

    >>> one_hot([2, 0], 3)
    array([[0., 0., 1.],
           [1., 0., 0.]], dtype=float32)
    """
    k = np.asarray(labels)
    fine = k.ndim == 1 and k.dtype.kind in "iu"
    expect(fine, where, "integers (n,)", k.dtype, k.shape)
    fine = number(classes, whole=True) > 0
    expect(fine, where, "classes >= 1", classes)
    low, high = (k.min(), k.max()) if k.size else (0, 0)
    fine = 0 <= low <= high < classes
    expect(fine, where, f"0 to {classes - 1}", low, "to", high)
    return np.equal.outer(k, np.arange(classes)).astype(np.float32)
