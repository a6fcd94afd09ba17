"""Pictures in figures, made small."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from PIL import Image

from weave import raster
from weave.raster import NEAR, cells, fewer, read, write

RNG = np.random.default_rng(0)


def noise(height: int, width: int) -> raster.Array:
    pixels = RNG.integers(0, 256, (height, width, 4), np.uint8)
    pixels[..., 3] = 255
    return pixels


def png(pixels: raster.Array) -> str:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    code = base64.b64encode(stream.getvalue()).decode()
    return f"data:image/png;base64,{code}"


def enlarged(small: raster.Array, rows: float, shift: float) -> raster.Array:
    """Draw cells as Matplotlib does: a pixel shows what its middle is in."""
    count = round(rows * len(small))
    at = (np.arange(count) + 0.5 - shift) / rows
    return small[np.clip(at.astype(int), 0, len(small) - 1)]


@pytest.mark.parametrize(
    ("scale", "shift"), [(2, 0), (1.2, 0), (1.51, 0.1), (3.7, -0.3), (3, 2)]
)
def test_cells_are_found_again(scale: float, shift: float) -> None:
    small = noise(28, 30)
    large = enlarged(small, scale, shift)
    large = enlarged(large.swapaxes(0, 1), scale, shift).swapaxes(0, 1)
    found = cells(
        large,
        (shift, shift + 28 * scale),
        (shift, shift + 30 * scale),
    )
    assert found is not None
    assert np.array_equal(found, small)


def test_a_picture_without_cells_stays() -> None:
    smooth = noise(20, 20)
    assert cells(smooth, (0, 20), (0, 20)) is None
    tall = enlarged(smooth, 2, 0)
    assert cells(tall, (0, 40), (0, 20)) is None


def test_cells_side_by_side_may_be_alike() -> None:
    small = noise(3, 1)
    uneven = small.repeat([1, 4, 5], axis=0).repeat(2, axis=1)
    found = cells(uneven, (0, 10), (0, 2))
    assert found is not None, "none is off by more than half a pixel"
    assert np.array_equal(found, small.repeat([1, 3, 4], axis=0))


@pytest.mark.parametrize("down", [(0, 9), (0, 30), (-30, 9)])
def test_one_colour_is_one_cell(down: tuple[float, float]) -> None:
    plain = np.full((9, 9, 4), 255, np.uint8)
    found = cells(plain, down, (0, 9))
    assert found is not None
    assert found.shape == (1, 1, 4)


def test_fewer_colours_are_near_the_true_ones() -> None:
    ramp = np.zeros((1, 256, 4), np.uint8)
    ramp[..., :3] = np.arange(256)[:, None]
    ramp[..., 3] = 255
    drawn = fewer(ramp, 4)
    assert np.abs(drawn.astype(int) - ramp).max() <= 4
    assert len(np.unique(drawn[0], axis=0)) < 256 / 8
    assert np.array_equal(fewer(ramp, 0), ramp)


def grey(*levels: int) -> raster.Array:
    return np.array(levels, np.uint8)[None, :, None].repeat(4, axis=2)


@pytest.mark.parametrize(
    ("levels", "drawn"),
    [
        ([0] * 82 + [0, 1, 2, 3, 4, 5, 6, 7], [0] * 87 + [5] * 3),
        ([0] * 50 + [4] + [8] * 49, [0] * 51 + [8] * 49),
        ([0] * 97 + [100, 104, 108], [0] * 97 + [104] * 3),
    ],
    ids=["the ground stays", "the first takes", "a hundredth is not more"],
)
def test_frequent_colours_are_kept(
    levels: list[int], drawn: list[int]
) -> None:
    assert np.array_equal(fewer(grey(*levels), 4), grey(*drawn))


@pytest.mark.parametrize("alpha", [255, 100])
def test_a_small_picture_is_exact(alpha: int) -> None:
    pixels = noise(9, 7)
    pixels[0, 0, 3] = alpha
    uri = write(pixels, smooth=False)
    assert uri.startswith("data:image/webp;base64,")
    assert np.array_equal(read(uri), pixels)


def test_many_cells_have_fewer_colours() -> None:
    pixels = noise(160, 160)
    pixels[..., :3] = pixels[..., :1]
    uri = write(pixels, smooth=False)
    drawn = read(uri)
    assert 0 < np.abs(drawn.astype(int) - pixels).max() <= NEAR
    assert len(uri) < len(png(pixels)) / 2
    assert np.array_equal(read(write(pixels, smooth=True)), pixels)
    assert np.array_equal(read(png(pixels)), pixels)


def test_larger_pictures_have_files_of_their_own() -> None:
    small, large = base64.b64encode(b"s").decode(), b"large" * 400
    uri = base64.b64encode(large).decode()
    begin = '<image href="data:image/webp;base64,'
    html, files = raster.apart(f'{begin}{small}"/>{begin}{uri}"/>', "deep")
    assert files == {"assets/figures/deep-1.webp": large}
    assert html == (
        f'{begin}{small}"/><image href="assets/figures/deep-1.webp"/>'
    )
