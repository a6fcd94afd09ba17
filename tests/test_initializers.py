"""Initializers: shapes, spreads, seeds and errors."""

import math

import numpy as np
import pytest
from errors import says
from hypothesis import given
from hypothesis import strategies as st

from nn import (
    glorot_uniform,
    he_normal,
    lecun_normal,
    normal,
    orthogonal,
    zeros,
)

RANDOM = [normal, lecun_normal, he_normal, glorot_uniform, orthogonal]
ALL = [zeros, *RANDOM]


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.mark.parametrize("init", ALL)
def test_a_weight_has_a_row_per_input_and_is_float32_or_float64(init):
    W = init(3, 2, rng=rng())
    assert (W.shape, W.dtype) == ((3, 2), np.float32)
    W = init(np.int64(2), 3, rng=rng(), dtype=np.float64)
    assert (W.shape, W.dtype) == ((2, 3), np.float64)


@pytest.mark.parametrize("init", RANDOM)
def test_a_seed_repeats_a_weight_in_either_dtype(init):
    W = init(3, 2, rng=rng(1), dtype=np.float64)
    np.testing.assert_array_equal(W, init(3, 2, rng=rng(1), dtype="f8"))
    other = init(3, 2, rng=rng(2))
    assert (other != W).all()
    single = init(3, 2, rng=rng(1))
    np.testing.assert_array_equal(single, W.astype(np.float32))


def test_zeros_needs_no_generator():
    assert zeros(1, 2).tolist() == [[0, 0]]


@pytest.mark.parametrize(
    ("init", "variance"),
    [
        (normal, 0.01**2),
        (lecun_normal, 1 / 400),
        (he_normal, 2 / 400),
        (glorot_uniform, 2 / (400 + 100)),
    ],
)
def test_variances_are_those_of_the_papers(init, variance):
    W = init(400, 100, rng=rng(), dtype=np.float64)
    # 40,000 draws: four standard deviations of a variance are 3 %.
    assert W.var() == pytest.approx(variance, rel=0.03)
    assert abs(W.mean()) < 4 * math.sqrt(variance / W.size)


@pytest.mark.parametrize("init", [normal, lecun_normal, he_normal])
def test_the_normal_ones_have_the_tails_of_a_normal(init):
    W = init(400, 100, rng=rng())
    beyond = np.mean(abs(W) > 2 * W.std())
    assert beyond == pytest.approx(0.0455, abs=0.005)


def test_normal_takes_a_standard_deviation():
    W = normal(400, 100, rng=rng(), std=5)
    assert W.std() == pytest.approx(5, rel=0.02)
    assert not normal(2, 2, rng=rng(), std=0).any()


def test_glorot_fills_its_interval_and_no_more():
    W, limit = glorot_uniform(400, 200, rng=rng()), math.sqrt(6 / 600)
    assert 0.999 * limit < W.max() <= np.float32(limit)
    assert -0.999 * limit > W.min() >= -np.float32(limit)


@given(st.integers(1, 9), st.integers(1, 9), st.integers(0, 99))
def test_orthogonal_rows_or_columns_are_perpendicular(d_in, d_out, seed):
    W = orthogonal(d_in, d_out, rng=rng(seed), dtype=np.float64)
    few = W if d_in <= d_out else W.T
    np.testing.assert_allclose(few @ few.T, np.eye(len(few)), atol=1e-13)


def test_orthogonal_favours_no_direction():
    signs = [orthogonal(1, 1, rng=rng(seed)) > 0 for seed in range(200)]
    assert 70 < np.sum(signs) < 130


def test_a_square_orthogonal_weight_is_the_q_of_what_was_drawn():
    drawn = rng(3).standard_normal((4, 4))
    W = orthogonal(4, 4, rng=rng(3), dtype=np.float64)
    r = W.T @ drawn  # drawn = W r, r with 0 below a diagonal above 0
    np.testing.assert_allclose(r, np.triu(r), atol=1e-13)
    assert (np.diag(r) > 0).all()


@pytest.mark.parametrize("init", ALL)
@pytest.mark.parametrize("wrong", [0, -1, 2.0, None])
def test_sizes_are_whole_and_above_0(init, wrong):
    text = f"expected a whole number above 0, received {wrong}"
    for sizes in [(wrong, 2), (2, wrong)]:
        with says(f"initializer: {text}"):
            init(*sizes, rng=rng())


@pytest.mark.parametrize("init", ALL)
def test_other_dtypes_are_refused(init):
    expected = "expected dtype float32 or float64"
    with says(f"initializer: {expected}, received float16"):
        init(2, 2, rng=rng(), dtype="float16")


@pytest.mark.parametrize("init", RANDOM)
@pytest.mark.parametrize("seed", [None, 0])
def test_randomness_comes_from_a_generator(init, seed):
    drawn_by_normal = {lecun_normal, he_normal}
    name = "normal" if init in drawn_by_normal else init.__name__
    expected = "expected rng=numpy.random.default_rng(seed)"
    with says(f"{name}: {expected}, received {seed}"):
        init(2, 2, rng=seed)


@pytest.mark.parametrize("std", [-1, np.inf, np.nan])
def test_a_standard_deviation_is_not_negative(std):
    with says(f"normal: expected std >= 0, received {std}"):
        normal(2, 2, rng=rng(), std=std)
