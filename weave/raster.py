"""The pictures in a figure: as small as they can be without a loss.

Matplotlib draws a picture of few cells, like a digit's 28 by 28, with
hundred pixels an inch. Here the cells are found again, one pixel each;
the browser enlarges them.
"""

from __future__ import annotations

import base64
import io
import re
from typing import Any

import numpy as np
from PIL import Image

# A picture of more cells than this is drawn in fewer colours. Of the 255
# steps of red, green, blue and opacity, none is off by more than NEAR,
# which nobody sees from cell to cell; in a smooth picture it would show.
LARGE = 20_000
NEAR = 6

LONG = re.compile(r'href="data:image/webp;base64,([\w+/=]{1200,})"')

Array = np.ndarray[Any, np.dtype[Any]]


def read(uri: str) -> Array:
    """Return the pixels of a data URI, four numbers each."""
    data = base64.b64decode(uri.partition(",")[2])
    return np.array(Image.open(io.BytesIO(data)).convert("RGBA"))


def cells(
    pixels: Array, down: tuple[float, float], across: tuple[float, float]
) -> Array | None:
    """Return a picture's cells, one pixel each, if it consists of cells.

    They fill the rows and columns between the numbers given, which need
    not be whole.
    """
    rows = _rows(pixels, *down)
    columns = _rows(pixels.swapaxes(0, 1), *across)
    if rows is None or columns is None:
        return None
    return pixels[rows][:, columns]


def _rows(pixels: Array, first: float, last: float) -> Array | None:
    """Return a row of pixels from the middle of each row of cells."""
    change = np.any(pixels[1:] != pixels[:-1], axis=(1, 2))
    edges = np.flatnonzero(change) + 1
    for count in range(len(edges) + 1, len(pixels)):
        size = (last - first) / count
        place = np.round((edges - first) / size)
        off = np.abs(first + place * size - edges)
        if len(set(place)) == len(place) and np.all(off < 0.51):
            middle = first + (np.arange(count) + 0.5) * size
            return np.clip(middle.astype(int), 0, len(pixels) - 1)
    return None


def fewer(pixels: Array, near: int) -> Array:
    """Return the picture in colours that are `near` to its own.

    A colour of more than a hundredth of the picture, like its ground,
    stays. Then those come first to which most pixels are near.
    """
    whole = np.ascontiguousarray(pixels).view(np.uint32)
    found, which, counts = np.unique(
        whole.ravel(), return_inverse=True, return_counts=True
    )
    colours = found.view(np.uint8).reshape(-1, 4)
    apart = colours[:, None].astype(np.int16) - colours[None]
    alike = (np.abs(apart).max(axis=2) <= near).astype(np.float32)
    instead = np.arange(len(found))
    left = counts.astype(np.float32)
    while left.any():
        most = int(left.argmax())
        much = left[most] > len(which) / 100
        best = most if much else int((alike @ left).argmax())
        taken = (alike[best] > 0) & (left > 0)
        instead[taken] = best
        left[taken] = 0
    return colours[instead[which.ravel()]].reshape(pixels.shape)


def write(pixels: Array, smooth: bool) -> str:
    """Return a picture as a data URI; many cells in fewer colours."""
    if not smooth and pixels[..., 0].size > LARGE:
        pixels = fewer(pixels, NEAR)
    picture = Image.fromarray(np.ascontiguousarray(pixels))
    if pixels[..., 3].min() == 255:
        picture = picture.convert("RGB")
    stream = io.BytesIO()
    picture.save(stream, "WEBP", lossless=True, quality=100, method=5)
    data = base64.b64encode(stream.getvalue()).decode()
    return f"data:image/webp;base64,{data}"


def apart(html: str, page: str) -> tuple[str, dict[str, bytes]]:
    """Return a page that names its larger pictures, and their files.

    In the page they would keep its first line waiting.
    """
    files: dict[str, bytes] = {}

    def take(picture: re.Match[str]) -> str:
        name = f"assets/figures/{page}-{len(files) + 1}.webp"
        files[name] = base64.b64decode(picture[1])
        return f'href="{name}"'

    return LONG.sub(take, html), files
