"""Data: small sets made here, and the mini-batches that training takes
from any set. Rows are examples: x (n, d_in), target (n, ...)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import ArrayLike

from nn.initializers import Generator, generator
from nn.layers import Array, as_float, expect, number

GATES = {
    "AND": (0, 0, 0, 1),
    "OR": (0, 1, 1, 1),
    "NAND": (1, 1, 1, 0),
    "NOR": (1, 0, 0, 0),
    "XOR": (0, 1, 1, 0),
    "XNOR": (1, 0, 0, 1),
    "NOT": (1, 0),
}


def logic_gate(name: str) -> tuple[Array, Array]:
    """The truth table of a gate: inputs (4, 2), or (2, 1) for NOT, and
    outputs (4, 1) or (2, 1).

    >>> x, t = logic_gate("XOR")
    >>> np.hstack([x, t]).tolist()
    [[0.0, 0.0, 0.0], [0.0, 1.0, 1.0], [1.0, 0.0, 1.0], [1.0, 1.0, 0.0]]
    """
    expect(name in GATES, "logic_gate", f"one of {list(GATES)}", name)
    t = np.array(GATES[name], np.float32)[:, None]
    rows = [(0,), (1,)] if name == "NOT" else np.ndindex(2, 2)
    return np.array(list(rows), np.float32), t


def sample_function(
    f: Callable[[Array], Array],
    n: int,
    *,
    low: float = -3.0,
    high: float = 3.0,
    noise: float = 0.0,
    rng: Generator | None = None,
) -> tuple[Array, Array]:
    """n points x (n, 1) of [low, high], and f(x) + noise (n, 1).

    Evenly spaced without rng; with it, drawn at random. `noise` is the
    standard deviation of what is added, and needs rng.

    >>> x, t = sample_function(np.square, 3)
    >>> np.hstack([x, t]).tolist()
    [[-3.0, 9.0], [0.0, 0.0], [3.0, 9.0]]
    """
    span = number(high) - number(low)
    fine = number(n, whole=True) >= 1 and 0 < number(span)
    fine = fine and number(noise) >= 0
    expected = "n >= 1, low < high, noise >= 0"
    expect(fine, "sample_function", expected, (n, low, high, noise))
    if rng is None and not noise:
        x = np.linspace(low, high, n)[:, None]
    else:
        rng = generator(rng, "sample_function")
        x = rng.uniform(low, high, (n, 1))
    t = np.asarray(f(x))
    expect(
        t.shape == x.shape, "sample_function: f(x)", x.shape, t.shape
    )
    if rng is not None:
        t = t + noise * rng.standard_normal(t.shape)
    return x.astype(np.float32), t.astype(np.float32)


def add_noise(x: ArrayLike, std: float, *, rng: Generator) -> Array:
    """x plus independent normal numbers of standard deviation std.

    >>> add_noise(np.ones((1, 2)), 0.0, rng=np.random.default_rng(0))
    array([[1., 1.]])
    """
    x = as_float(x, "add_noise: x")
    expect(0 <= number(std), "add_noise", "std >= 0", std)
    draws = generator(rng, "add_noise").standard_normal(
        x.shape, x.dtype
    )
    return x + draws * x.dtype.type(std)


def checked_pair(
    x: ArrayLike, target: ArrayLike, where: str
) -> tuple[Array, Array]:
    """Both as arrays: equally many examples, all numbers finite."""
    x, t = as_float(x, f"{where}: x"), np.asarray(target)
    fine = x.ndim and t.ndim and len(x) == len(t) > 0
    expected = "examples x, and as many targets"
    expect(fine, where, expected, f"{x.shape} and {t.shape}")
    if t.dtype.kind not in "iu":
        t = as_float(target, f"{where}: target")
    for array in (x, t):
        finite = np.isfinite(array).reshape(len(x), -1).all(axis=1)
        row = f"nan or inf in row {finite.argmin()}"
        expect(finite.all(), where, "finite numbers", row)
    return x, t


def batches(
    x: ArrayLike,
    target: ArrayLike,
    size: int = 128,
    *,
    rng: Generator | None = None,
) -> Iterator[tuple[Array, Array]]:
    """All examples once, `size` at a time, the rest in the last batch;
    in their order, or with rng in a new random one.

    >>> [len(xs) for xs, ts in batches(np.ones((5, 2)), range(5), 2)]
    [2, 2, 1]
    """
    return slices(*checked_pair(x, target, "batches"), size, rng)


def slices(
    x: Array, t: Array, size: int, rng: Generator | None
) -> Iterator[tuple[Array, Array]]:
    """What `batches` yields, of arrays that have been checked."""
    fine = number(size, whole=True) > 0
    expect(fine, "batches", "a size of 1 or more", size)
    starts = range(0, len(x), size)
    if rng is None:
        return ((x[i : i + size], t[i : i + size]) for i in starts)
    order = generator(rng, "batches").permutation(len(x))
    picks = (order[i : i + size] for i in starts)
    return ((x[pick], t[pick]) for pick in picks)  # no copy of all of x
