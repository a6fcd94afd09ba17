"""Distorted pictures against trigonometry and against plain loops."""

import math

import numpy as np
import pytest
from errors import says
from hypothesis import given
from hypothesis import strategies as st

from nn import distort, shift
from nn.distortions import _bilinear

STILL = {"pixels": 0, "degrees": 0, "stretch": 0, "shear": 0, "bend": 0}


def rng(seed=0):
    return np.random.default_rng(seed)


class Fixed(np.random.Generator):
    """A generator whose uniform numbers are all the same share of the
    way, so that each distortion has just the size asked for."""

    def __init__(self, share):
        super().__init__(np.random.PCG64(0))
        self.share = share

    def uniform(self, low=0.0, high=1.0, size=None):
        return np.full(size, low + (high - low) * self.share)


def blob(side=29, row=14, col=14, width=2.0):
    """A picture of one soft round spot, as a row."""
    r, c = np.mgrid[:side, :side]
    distance = (r - row) ** 2 + (c - col) ** 2
    return np.exp(-distance / (2 * width**2)).reshape(1, -1)


def centre(picture):
    """The mean place (row, col) of a picture's light, from the middle."""
    side = math.isqrt(picture.size)
    places = np.mgrid[:side, :side].reshape(2, -1) - (side - 1) / 2
    return (places * picture.ravel()).sum(axis=1) / picture.sum()


def colour(picture, row, col):
    """The colour at (row, col), counted from the corner: four pixels
    mixed by how near they are, each 0 if it lies outside."""
    total, side = 0.0, len(picture)
    for r in (math.floor(row), math.floor(row) + 1):
        for c in (math.floor(col), math.floor(col) + 1):
            if 0 <= r < side and 0 <= c < side:
                near = (1 - abs(row - r)) * (1 - abs(col - c))
                total += near * picture[r, c]
    return total


@given(
    side=st.integers(2, 5),
    down=st.integers(-6, 6),
    right=st.integers(-6, 6),
)
def test_a_shift_moves_each_pixel_and_fills_with_0(side, down, right):
    x = rng().random((2, side * side))
    expected = np.zeros((2, side, side))
    for r in range(side):
        for c in range(side):
            if 0 <= r - down < side and 0 <= c - right < side:
                from_ = x.reshape(2, side, side)[:, r - down, c - right]
                expected[:, r, c] = from_
    x.flags.writeable = False
    assert shift(x, down, right).tolist() == expected.reshape(2, -1).tolist()


@pytest.mark.parametrize(("down", "right"), [(1.0, 2), (0, np.inf)])
def test_a_shift_is_by_whole_pixels(down, right):
    text = f"expected whole numbers, received {down} {right}"
    with says(f"shift: {text}"):
        shift(np.ones((1, 4)), down, right)


@pytest.mark.parametrize("far", [10**12, -(10**12)])
def test_a_shift_beyond_the_edge_leaves_all_dark_and_costs_no_more(far):
    assert not shift(np.ones((1, 4)), far, 0).any()
    assert not shift(np.ones((1, 4)), 0, far).any()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_dtype_is_kept(dtype):
    x = np.ones((2, 16), dtype)
    assert shift(x, 1, 1).dtype == dtype
    assert distort(x, rng=rng()).dtype == dtype


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_nothing_moves_when_every_setting_is_0(dtype):
    x = rng().random((3, 28 * 28)).astype(dtype)
    x.flags.writeable = False
    np.testing.assert_array_equal(distort(x, rng=rng(1), **STILL), x)
    np.testing.assert_array_equal(shift(x, 0, 0), x)


@pytest.mark.parametrize("name", STILL)
def test_each_setting_alone_changes_the_pictures(name):
    x = rng().random((3, 28 * 28))
    setting = STILL | {name: 0.5}
    moved = distort(x, rng=rng(), **setting)
    assert (np.abs(moved - x).max(axis=1) > 0.01).all()


@pytest.mark.parametrize(("down", "right"), [(2, 2), (-3, -3)])
def test_pixels_shift_the_picture(down, right):
    # Each pixel looks `pixels` further on, so the picture moves back.
    share = 0 if down > 0 else 1
    setting = STILL | {"pixels": abs(down)}
    x = rng().random((2, 81))
    moved = distort(x, rng=Fixed(share), **setting)
    np.testing.assert_allclose(moved, shift(x, down, right), atol=1e-6)


@pytest.mark.parametrize("degrees", [90, 30, -30])
def test_a_turn_moves_a_spot_along_its_circle(degrees):
    # (r, c) takes the colour at (r, c) turned; so the spot turns back.
    share = 1 if degrees > 0 else 0
    setting = STILL | {"degrees": abs(degrees)}
    moved = distort(blob(row=14, col=21), rng=Fixed(share), **setting)
    angle = math.radians(degrees)  # rows run down: cos and sin of col, row
    expected = 7 * math.sin(angle), 7 * math.cos(angle)
    np.testing.assert_allclose(centre(moved), expected, atol=0.01)


def test_a_quarter_turn_brings_one_bright_pixel_to_its_place():
    x = np.zeros((5, 5))
    x[2, 4] = 1  # in the middle of the right edge
    turned = distort(x.reshape(1, 25), rng=Fixed(1), **STILL | {"degrees": 90})
    expected = np.zeros((5, 5))
    expected[4, 2] = 1  # in the middle of the lower edge
    np.testing.assert_allclose(turned, expected.reshape(1, 25), atol=1e-6)


def test_stretch_looks_further_out_so_the_picture_shrinks():
    setting = STILL | {"stretch": 0.4}
    moved = distort(blob(row=21, col=7), rng=Fixed(1), **setting)
    np.testing.assert_allclose(centre(moved), (5, -5), atol=0.01)
    assert moved.sum() == pytest.approx(blob().sum() / 1.4**2, rel=0.01)


def test_shear_moves_rows_sideways_by_their_height():
    setting = STILL | {"shear": 0.25}
    moved = distort(blob(row=18, col=14), rng=Fixed(1), **setting)
    np.testing.assert_allclose(centre(moved), (4, -1), atol=0.01)


def test_a_turn_and_a_shift_together_turn_first():
    setting = STILL | {"degrees": 90, "pixels": 3}
    moved = distort(blob(row=14, col=20), rng=Fixed(1), **setting)
    # (r, c) sees (-c + 3, r + 3): the spot (0, 6) is seen from (3, 3).
    np.testing.assert_allclose(centre(moved), (3, 3), atol=0.01)


def test_bend_moves_places_smoothly_by_pixels_of_that_size():
    side = 28
    r, c = np.mgrid[:side, :side].astype(float)
    inner = (slice(None), slice(8, 20), slice(8, 20))
    setting = STILL | {"bend": 1.5}
    for ramp in (r, c):  # its colour tells from where it was taken
        x = np.repeat(ramp.reshape(1, -1), 500, axis=0)
        moved = distort(x, rng=rng(), **setting) - x
        moved = moved.reshape(-1, side, side)[inner]
        assert abs(moved.mean()) < 0.1
        assert abs(moved.std() - 1.5) < 0.15
        steps = np.diff(moved, axis=2), np.diff(moved, axis=1)
        assert max(step.std() for step in steps) < 0.5
        far = moved[:, 0, 0], moved[:, -1, -1]
        assert abs(np.corrcoef(*far)[0, 1]) < 0.2


def looked_at(r, c, u, heights, pixels, degrees, stretch, shear, bend, side):
    """The place that pixel (r, c) of one picture takes its colour from,
    all counted from the middle: what the docstring says, step by step."""
    c_sheared = c + shear * u[3] * r
    r_long, c_long = (1 + stretch * u[1]) * r, (1 + stretch * u[2]) * c_sheared
    angle = math.radians(degrees) * u[0]
    row = math.cos(angle) * r_long - math.sin(angle) * c_long
    col = math.sin(angle) * r_long + math.cos(angle) * c_long
    gap = (side - 1) / 5  # six knots from edge to edge

    def bumps(place):
        knots = [i * gap - (side - 1) / 2 for i in range(6)]
        heights = [math.exp(-(((place - k) / gap) ** 2)) for k in knots]
        return np.array(heights) / math.hypot(*heights)

    height = bend * heights @ np.outer(bumps(r), bumps(c)).ravel()
    return row + pixels * u[4] + height[0], col + pixels * u[5] + height[1]


def test_every_pixel_looks_where_the_six_draws_and_the_bumps_send_it():
    n, side = 2, 9
    x = rng().random((n, side * side))
    sizes = {
        "pixels": 2, "degrees": 50, "stretch": 0.3, "shear": 0.4, "bend": 0.6
    }  # fmt: skip
    r = rng(7)
    u = r.uniform(-1, 1, (6, n))
    heights = r.standard_normal((2, 36, n), np.float32)
    half = (side - 1) / 2
    expected = np.zeros((n, side, side))
    for i, row, col in np.ndindex(n, side, side):
        place = looked_at(
            row - half, col - half, u[:, i], heights[:, :, i], **sizes,
            side=side,
        )  # fmt: skip
        picture = x[i].reshape(side, side)
        expected[i, row, col] = colour(picture, *(p + half for p in place))
    moved = distort(x, rng=rng(7), **sizes)
    np.testing.assert_allclose(moved, expected.reshape(n, -1), atol=1e-5)


def test_the_sizes_are_those_of_the_docstring_unless_told():
    x = rng().random((2, 81))
    told = distort(
        x, rng=rng(1), pixels=1, degrees=10, stretch=0.12, shear=0.12,
        bend=0.75,
    )  # fmt: skip
    np.testing.assert_array_equal(distort(x, rng=rng(1)), told)


def test_places_are_computed_in_float32_for_speed(monkeypatch):
    seen = []

    def spy(pictures, *places):
        seen.extend(place.dtype for place in places)
        return _bilinear(pictures, *places)

    monkeypatch.setattr("nn.distortions._bilinear", spy)
    distort(rng().random((2, 81)), rng=rng())
    assert seen == [np.float32, np.float32]


def test_the_mean_light_is_roughly_kept():
    x = np.repeat(blob(width=4.0), 300, axis=0)
    light = distort(x, rng=rng()).sum(axis=1) / x.sum(axis=1)
    assert abs(light.mean() - 1) < 0.05
    assert 0.5 < light.min() < light.max() < 2


def test_the_mean_place_is_kept():
    x = np.repeat(blob(width=4.0), 300, axis=0)
    assert np.abs(centre(distort(x, rng=rng()).mean(axis=0))).max() < 0.3


def test_each_picture_goes_its_own_way():
    x = np.repeat(blob(), 20, axis=0)
    assert len(np.unique(distort(x, rng=rng()), axis=0)) == 20


def test_the_same_seed_gives_the_same_pictures_another_seed_others():
    x = rng().random((3, 49))
    again = distort(x, rng=rng(1)), distort(x, rng=rng(1))
    np.testing.assert_array_equal(*again)
    assert (again[0] != distort(x, rng=rng(2))).any()


def test_a_call_does_not_change_the_next():
    x = rng().random((3, 49))
    first = distort(x, rng=rng(1))
    distort(rng().random((2, 16)), rng=rng(2))
    np.testing.assert_array_equal(distort(x, rng=rng(1)), first)


@given(seed=st.integers(0, 2**32), side=st.integers(2, 7))
def test_bilinear_agrees_with_a_plain_loop(seed, side):
    r = rng(seed)
    pictures = r.random((3, side, side)).astype(np.float32)
    reach = side / 2 + 2  # some places lie outside
    places = r.uniform(-reach, reach, (2, 3, side * side))
    places[:, 0] = np.round(places[:, 0])  # some exactly on a pixel
    places = places.astype(np.float32)
    expected = [
        [
            colour(picture, row + (side - 1) / 2, col + (side - 1) / 2)
            for row, col in zip(rows, cols, strict=True)
        ]
        for picture, rows, cols in zip(pictures, *places, strict=True)
    ]
    mixed = _bilinear(pictures, *places)
    np.testing.assert_allclose(mixed, expected, atol=1e-5)


def test_what_comes_from_far_outside_is_dark():
    x = np.ones((2, 16))
    far = STILL | {"pixels": 1000}
    assert not distort(x, rng=Fixed(1), **far).any()
    assert not distort(x, rng=Fixed(0), **far).any()


@pytest.mark.parametrize(
    "shape", [(), (3,), (4,), (2, 3), (2, 1), (2, 0), (1, 2, 2)]
)
def test_pictures_are_square_rows(shape):
    expected = "expected square pictures (n, side * side)"
    with says(f"shift: {expected}, received {shape}"):
        shift(np.ones(shape), 1, 1)
    with says(f"distort: {expected}, received {shape}"):
        distort(np.ones(shape), rng=rng())


def test_no_pictures_give_no_pictures():
    none = np.ones((0, 16))
    assert shift(none, 1, 1).shape == (0, 16)
    assert distort(none, rng=rng()).shape == (0, 16)


def test_pictures_are_numbers():
    with says("shift: x: expected real numbers, received <U1"):
        shift([["a"]], 1, 1)


@pytest.mark.parametrize("bad", [-1, np.nan, np.inf])
@pytest.mark.parametrize("name", STILL)
def test_settings_are_finite_and_not_negative(name, bad):
    setting = STILL | {name: bad}
    with says(
        "distort: expected finite settings of 0 or more, "
        f"received {tuple(setting.values())}"
    ):
        distort(np.ones((1, 4)), rng=rng(), **setting)


def test_a_generator_is_needed_not_a_seed():
    with says(
        "distort: expected rng=numpy.random.default_rng(seed), received 0"
    ):
        distort(np.ones((1, 4)), rng=0)
