"""Dropout."""

import numpy as np
import pytest
from errors import says

from nn import Dropout


def dropout(rate, seed=0):
    return Dropout(rate, rng=np.random.default_rng(seed))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_numbers_are_silenced_or_scaled_up(dtype):
    y = dropout(0.75).forward(np.ones((20, 20), dtype), train=True)
    assert set(y.ravel()) == {0, 4}  # 1 / (1 - 0.75)
    assert y.dtype == dtype


def test_the_share_is_the_rate_and_the_mean_stays():
    y = dropout(0.2).forward(np.ones(100_000), train=True)
    # Standard deviations: 0.0013 of the share, 0.0016 of the mean.
    assert np.mean(y == 0) == pytest.approx(0.2, abs=0.006)
    assert y.mean() == pytest.approx(1, abs=0.008)


def test_the_gradient_goes_where_the_number_went():
    layer, x = dropout(0.5), np.full((50,), 3.0)
    y = layer.forward(x, train=True)
    dx = layer.backward(np.ones(50))
    np.testing.assert_array_equal(dx, y / 3)


def test_in_use_nothing_is_dropped_and_nothing_drawn():
    layer, x = dropout(0.5), np.arange(50.0)
    before = layer.rng.bit_generator.state
    np.testing.assert_array_equal(layer.forward(x), x)
    assert layer.rng.bit_generator.state == before


def test_each_batch_is_dropped_anew_and_a_seed_repeats_it():
    x = np.ones(50)
    layer = dropout(0.5)
    first, second = layer.forward(x, True), layer.forward(x, True)
    assert (first != second).any()
    np.testing.assert_array_equal(first, dropout(0.5).forward(x, True))


def test_rate_0_drops_nothing():
    y = dropout(0).forward(np.arange(50.0), train=True)
    np.testing.assert_array_equal(y, np.arange(50.0))


def test_a_number_is_dropped_only_by_a_draw_below_the_rate():
    class Zero(np.random.Generator):
        def random(self, size, dtype):
            return np.zeros(size, dtype)  # the least that can be drawn

    for rate, expected in [(0, 1), (1e-9, 0)]:
        layer = Dropout(rate, rng=Zero(np.random.PCG64(0)))
        assert layer.forward(np.ones(2), train=True).tolist() == [expected] * 2


@pytest.mark.parametrize("rate", [-0.1, 1, 1.5, np.nan])
def test_the_rate_is_a_share_below_1(rate):
    with says(f"Dropout: expected a rate in [0, 1), received {rate}"):
        dropout(rate)


@pytest.mark.parametrize("rng", [None, 0])
def test_it_needs_a_generator(rng):
    expected = "rng=numpy.random.default_rng(seed)"
    with says(f"Dropout: expected {expected}, received {rng}"):
        Dropout(0.5, rng=rng)


def test_backward_refuses_another_shape():
    layer = dropout(0.5)
    layer.forward(np.ones((2, 3)), train=True)
    text = "Dropout.backward: dy: expected shape (2, 3), received (3,)"
    with says(text):
        layer.backward(np.ones(3))


def test_what_is_no_number_is_refused():
    with says("Dropout.forward: x: expected real numbers, received <U1"):
        dropout(0.5).forward(["a"])
