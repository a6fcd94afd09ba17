"""Initializers: (d_in, d_out, rng=) -> a weight (d_in, d_out) to start
from. All but `zeros` and `normal` choose the spread of its numbers so
that what passes through many layers keeps its size."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import DTypeLike

from nn.layers import Array, expect, number

Generator = np.random.Generator
F32: DTypeLike = np.float32


def generator(rng: Generator | None, where: str) -> Generator:
    """Return rng, or say how to make one. There is no global seed."""
    expected = "rng=numpy.random.default_rng(seed)"
    expect(isinstance(rng, Generator), where, expected, repr(rng))
    assert rng is not None
    return rng


def _check(d_in: int, d_out: int, dtype: DTypeLike) -> None:
    for d in (d_in, d_out):
        fine = number(d, whole=True) > 0
        expect(fine, "initializer", "a whole number above 0", d)
    fine = np.dtype(dtype) in (np.float32, np.float64)
    expect(fine, "initializer", "dtype float32 or float64", dtype)


def zeros(
    d_in: int,
    d_out: int,
    *,
    rng: Generator | None = None,
    dtype: DTypeLike = F32,
) -> Array:
    """All 0. Right for a bias; as a weight it makes all units alike.

    >>> zeros(1, 2)
    array([[0., 0.]], dtype=float32)
    """
    _check(d_in, d_out, dtype)
    return np.zeros((d_in, d_out), dtype)


def normal(
    d_in: int,
    d_out: int,
    *,
    rng: Generator,
    dtype: DTypeLike = F32,
    std: float = 0.01,
) -> Array:
    """Normal numbers of mean 0 and standard deviation `std`.

    >>> normal(3, 2, rng=np.random.default_rng(0), std=5).shape
    (3, 2)
    """
    _check(d_in, d_out, dtype)
    expect(0 <= number(std), "normal", "std >= 0", std)
    draws = generator(rng, "normal").standard_normal((d_in, d_out))
    return (std * draws).astype(dtype)


def lecun_normal(
    d_in: int, d_out: int, *, rng: Generator, dtype: DTypeLike = F32
) -> Array:
    """Normal, variance 1 / d_in: y = xW has the mean square of x.
    LeCun, Bottou, Orr and Müller (1998).

    >>> W = lecun_normal(400, 300, rng=np.random.default_rng(0))
    >>> round(float(W.std()), 3)  # 1 / sqrt(400)
    0.05
    """
    _check(d_in, d_out, dtype)
    std = math.sqrt(1 / d_in)
    return normal(d_in, d_out, rng=rng, dtype=dtype, std=std)


def he_normal(
    d_in: int, d_out: int, *, rng: Generator, dtype: DTypeLike = F32
) -> Array:
    """Normal, variance 2 / d_in: twice as much, for ReLU stops half.
    He, Zhang, Ren and Sun (2015).

    >>> W = he_normal(800, 300, rng=np.random.default_rng(0))
    >>> round(float(W.std()), 3)  # sqrt(2 / 800)
    0.05
    """
    _check(d_in, d_out, dtype)
    std = math.sqrt(2 / d_in)
    return normal(d_in, d_out, rng=rng, dtype=dtype, std=std)


def glorot_uniform(
    d_in: int, d_out: int, *, rng: Generator, dtype: DTypeLike = F32
) -> Array:
    """Uniform in +-sqrt(6 / (d_in + d_out)). The variance,
    2 / (d_in + d_out), lies between 1 / d_in, which keeps signals, and
    1 / d_out, which keeps gradients. Glorot and Bengio (2010), whose
    first name is Xavier.

    >>> W = glorot_uniform(400, 200, rng=np.random.default_rng(0))
    >>> round(float(abs(W).max()), 3)  # sqrt(6 / 600)
    0.1
    """
    _check(d_in, d_out, dtype)
    limit = math.sqrt(6 / (d_in + d_out))
    rng = generator(rng, "glorot_uniform")
    return rng.uniform(-limit, limit, (d_in, d_out)).astype(dtype)


def orthogonal(
    d_in: int, d_out: int, *, rng: Generator, dtype: DTypeLike = F32
) -> Array:
    """A random rotation: rows, or columns if they are fewer, of length
    1 and perpendicular. Saxe, McClelland and Ganguli (2013).

    >>> W = orthogonal(3, 2, rng=np.random.default_rng(0))
    >>> np.allclose(W.T @ W, np.eye(2), atol=1e-6)
    True
    """
    _check(d_in, d_out, dtype)
    shape = max(d_in, d_out), min(d_in, d_out)
    rng = generator(rng, "orthogonal")
    q, r = np.linalg.qr(rng.standard_normal(shape))
    q *= np.sign(np.diag(r))  # every direction alike: Mezzadri (2007)
    return (q if d_in >= d_out else q.T).astype(dtype)
