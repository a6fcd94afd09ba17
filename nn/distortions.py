"""Distortions: new pictures from old ones, with the same labels.

Pictures are rows of x (n, side * side), dark around their edges."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from numpy.typing import ArrayLike

from nn.initializers import Generator, generator
from nn.layers import Array, as_float, expect, number


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
    whole = [number(k, whole=True) for k in (down, right)]
    fine = not np.isnan(whole).any()
    expect(fine, "shift", "whole numbers", down, right)
    side = pictures.shape[1]
    down, right = np.clip([down, right], -side, side)
    pad = max(abs(down), abs(right))
    padded = np.pad(pictures, ((0, 0), (pad, pad), (pad, pad)))
    top, left = pad - down, pad - right
    moved = padded[:, top : top + side, left : left + side]
    return moved.reshape(len(moved), side * side)


def distort(
    x: ArrayLike,
    *,
    rng: Generator,
    pixels: float = 1.0,
    degrees: float = 10.0,
    stretch: float = 0.12,
    shear: float = 0.12,
    bend: float = 0.75,
) -> Array:
    """Every picture shifted, turned, scaled, sheared and bent a little,
    each in its own way. Simard, Steinkraus and Platt (2003).

    Pixel (r, c), counted from the middle, takes the colour that x has
    at (r, c) A + b + bumps(r, c), mixed from the four pixels around it;
    what comes in is 0. A (2, 2), near the unit matrix, and b (2,) are
    drawn uniformly up to the sizes given; bumps is a smooth field of
    `bend` pixels or so.

    >>> x = np.zeros((1, 9)); x[0, 4] = 1  # bright in the middle
    >>> still = dict(pixels=0, degrees=0, stretch=0, shear=0, bend=0)
    >>> distort(x, rng=np.random.default_rng(0), **still).reshape(3, 3)
    array([[0., 0., 0.],
           [0., 1., 0.],
           [0., 0., 0.]])
    """
    pictures = _pictures(x, "distort")
    sizes = (pixels, degrees, stretch, shear, bend)
    fine = all(0 <= number(size) for size in sizes)
    expect(fine, "distort", "finite settings of 0 or more", sizes)
    n, side, _ = pictures.shape
    u = generator(rng, "distort").uniform(-1, 1, (6, n))
    angle = math.radians(degrees) * u[0]
    tall, wide = 1 + stretch * u[1], 1 + stretch * u[2]
    cos, sin, lean = np.cos(angle), np.sin(angle), shear * u[3]
    # (r, c) -> (r, c + lean r), then stretched, turned and shifted
    affine = np.array([
        [tall * cos - wide * sin * lean, -wide * sin, pixels * u[4]],
        [tall * sin + wide * cos * lean, wide * cos, pixels * u[5]],
    ])  # fmt: skip
    heights = bend * rng.standard_normal(
        (2, KNOTS * KNOTS, n), np.float32
    )
    weights = np.hstack([affine, heights], dtype=np.float32)
    # (2, n, 39) @ (39, side * side): rows and columns, for every pixel
    places = weights.transpose(0, 2, 1) @ _fields(side)
    return _bilinear(pictures, *places)


KNOTS = 6  # the bumps stand on a grid of 6 by 6


@cache
def _fields(side: int) -> Array:
    """What places are sums of, (39, side * side): r, c and 1; and a
    bump of Gaussian shape around each knot of a coarse grid, such that
    bumps of random heights sum to numbers of standard deviation 1."""
    line = np.arange(side) - (side - 1) / 2
    knots = np.linspace(line[0], line[-1], KNOTS)
    distance = (line - knots[:, None]) / (knots[1] - knots[0])
    bump = np.exp(-(distance**2))  # (KNOTS, side)
    bump /= np.sqrt(np.sum(bump**2, axis=0))
    r, c = np.meshgrid(line, line, indexing="ij")
    plane = np.array([r, c, np.ones_like(r)]).reshape(3, -1)
    return np.vstack([plane, np.kron(bump, bump)], dtype=np.float32)


def _bilinear(pictures: Array, rows: Array, cols: Array) -> Array:
    """The colours (n, side * side) at places between pixels, counted
    from the middle. To save time it writes over the places."""
    n, side, _ = pictures.shape
    width = side + 3  # a dark frame, for places outside
    framed = np.zeros((n, width, width), pictures.dtype)
    framed[:, 1:-2, 1:-2] = pictures
    for places in (rows, cols):
        places += np.float32((side + 1) / 2)
        np.clip(places, 0, side + 1, out=places)
    top, left = np.floor(rows), np.floor(cols)
    rows -= top  # how far below the upper neighbours, from 0 to 1
    cols -= left
    corner = (top * width + left).astype(np.intp)
    corner += np.arange(0, framed.size, width * width)[:, None]
    flat = framed.ravel()
    colour, lower = flat.take(corner), flat[width:].take(corner)
    colour += rows * (lower - colour)
    right, lower = flat[1:].take(corner), flat[width + 1 :].take(corner)
    right += rows * (lower - right)
    colour += cols * (right - colour)
    return colour
