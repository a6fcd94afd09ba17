"""Distortions: new pictures from old ones, with the same labels.

Pictures are rows of x (n, side * side), dark around their edges."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from nn.initializers import Generator, generator
from nn.layers import Array, as_float, expect


def _pictures(x: ArrayLike, where: str) -> Array:
    x = as_float(x, f"{where}: x")
    side = math.isqrt(x.shape[-1]) if x.ndim == 2 else 0
    fine = side > 1 and side * side == x.shape[1]
    expect(fine, where, "square pictures (n, side * side)", x.shape)
    return x.reshape(len(x), side, side)


def shift(x: ArrayLike, down: int, right: int) -> Array:
    """Every picture moved by whole pixels; what comes in is 0.

    >>> shift([[1, 2, 3, 4]], down=1, right=0)  # the rows 1 2 and 3 4
    array([[0., 0., 1., 2.]], dtype=float32)
    """
    pictures = _pictures(x, "shift")
    side, pad = pictures.shape[1], max(abs(down), abs(right))
    padded = np.pad(pictures, ((0, 0), (pad, pad), (pad, pad)))
    top, left = pad - down, pad - right
    moved = padded[:, top : top + side, left : left + side]
    return moved.reshape(len(moved), -1)


def distort(
    x: ArrayLike,
    *,
    rng: Generator,
    pixels: float = 1.5,
    degrees: float = 12.0,
    stretch: float = 0.15,
    shear: float = 0.15,
    bend: float = 1.0,
) -> Array:
    """Every picture shifted, turned, scaled, sheared and bent a little,
    each in its own way. Simard, Steinkraus and Platt (2003).

    Pixel (r, c), counted from the middle, takes the colour that x has at
    (r, c) A + b + bumps(r, c), mixed from its four neighbours (bilinear).
    A (2, 2), near the unit matrix, and b (2,) are drawn uniformly up to
    the sizes given; bumps is a smooth field of `bend` pixels or so.

    >>> x = np.zeros((1, 9)); x[0, 4] = 1  # one bright pixel in the middle
    >>> still = dict(pixels=0, degrees=0, stretch=0, shear=0, bend=0)
    >>> distort(x, rng=np.random.default_rng(0), **still).reshape(3, 3)
    array([[0., 0., 0.],
           [0., 1., 0.],
           [0., 0., 0.]])
    """
    pictures = _pictures(x, "distort")
    n, side, _ = pictures.shape
    u = generator(rng, "distort").uniform(-1, 1, (7, n, 1, 1))
    u = u.astype(np.float32)
    angle = np.radians(degrees) * u[0]
    tall, wide = 1 + stretch * u[1], 1 + stretch * u[2]
    cos, sin, lean = np.cos(angle), np.sin(angle), shear * u[3]
    line = np.arange(side, dtype=np.float32) - (side - 1) / 2
    r, c = line[:, None], line  # (side, 1) and (side,)
    # (r, c) -> sheared -> stretched -> turned: (n, side, side) each
    rows = tall * cos * r - (wide * sin) * (c + lean * r) + pixels * u[4]
    cols = tall * sin * r + (wide * cos) * (c + lean * r) + pixels * u[5]
    if bend:
        rows += bend * _bumps(n, side, rng)
        cols += bend * _bumps(n, side, rng)
    return _bilinear(pictures, rows, cols).reshape(n, -1)


def _bumps(n: int, side: int, rng: Generator) -> Array:
    """Smooth random fields (n, side, side), of size 1: heights drawn on a
    coarse grid, spread by Gaussian bumps about half as wide as its mesh.
    """
    knots = np.linspace(0, side - 1, 6)
    mesh = knots[1]
    at = np.arange(side)[:, None] - knots  # (side, 6)
    bump = np.exp(-((at / mesh) ** 2)).astype(np.float32)
    bump /= np.sqrt(np.sum(bump**2, axis=1, keepdims=True))
    heights = rng.standard_normal((n, 6, 6), np.float32)
    return bump @ heights @ bump.T


def _bilinear(pictures: Array, rows: Array, cols: Array) -> Array:
    """The colours at places (row, col) from the middle, between pixels."""
    n, side, _ = pictures.shape
    middle, last = np.float32((side - 1) / 2), np.float32(side - 1)
    rows = np.clip(rows + middle, 0, last)
    cols = np.clip(cols + middle, 0, last)
    r = np.minimum(rows.astype(np.int32), side - 2)
    c = np.minimum(cols.astype(np.int32), side - 2)
    below, beside = rows - r, cols - c  # how far on, from 0 to 1
    corner = r * side + c
    corner += (np.arange(n, dtype=np.int32) * side * side)[:, None, None]
    flat = pictures.ravel()
    left = flat[corner]
    left += below * (flat[corner + side] - left)
    right = flat[corner + 1]
    right += below * (flat[corner + side + 1] - right)
    left += beside * (right - left)
    return left
