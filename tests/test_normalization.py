"""Batch normalization."""

import numpy as np
import pytest
from errors import says

from nn import BatchNorm
from nn import relative_error as error


def test_columns_get_mean_beta_and_deviation_gamma():
    layer = BatchNorm(2, eps=1e-12, dtype=np.float64)
    layer.gamma.value[:] = 1, 5
    layer.beta.value[:] = 0, 10
    y = layer.forward([[1.0, 100], [3, 300]], train=True)
    np.testing.assert_allclose(y, [[-1, 5], [1, 15]], rtol=1e-7)


def test_eps_stands_under_the_root():
    layer = BatchNorm(1, eps=3)
    y = layer.forward([[1], [3]], train=True)  # variance 1
    assert y.ravel().tolist() == [-0.5, 0.5]  # 1 / sqrt(1 + 3)


def test_running_statistics_follow_slowly_the_variance_unbiased():
    layer = BatchNorm(1, momentum=0.5)
    layer.forward([[1], [3]], train=True)  # mean 2, variance 2 with 1/(n-1)
    assert layer.running_mean == [1]  # 0 -> 2, halfway
    assert layer.running_variance == [1.5]  # 1 -> 2, halfway
    layer.forward([[2], [4], [6]], train=True)  # mean 4, variance 4
    assert layer.running_mean == [2.5]
    assert layer.running_variance == [2.75]


def test_the_running_arrays_stay_the_same_arrays():
    layer = BatchNorm(1)
    before = [getattr(layer, name) for name in layer.statistics]
    layer.forward([[1], [3]], train=True)
    after = [getattr(layer, name) for name in layer.statistics]
    assert all(a is b for a, b in zip(before, after, strict=True))


def test_in_use_the_running_statistics_serve():
    layer = BatchNorm(1, eps=1e-12)
    layer.running_mean[:] = 10
    layer.running_variance[:] = 4
    assert layer.forward([[14]]) == [[2]]
    assert (layer.running_mean, layer.running_variance) == ([10], [4])


def test_it_goes_back_by_hand():
    layer = BatchNorm(1, eps=1e-12, dtype=np.float64)
    layer.gamma.value[:] = 3
    layer.forward([[0.0], [2], [4]], train=True)  # z = -r, 0, r; r² = 3/2
    dx = layer.backward(np.array([[0.0], [1], [0]]))
    r = np.sqrt(1.5)
    assert layer.beta.grad == [1]
    assert abs(layer.gamma.grad) < 1e-15
    # dz = 0, 3, 0, less its mean 1, over a deviation of 2 / r
    np.testing.assert_allclose(dx, np.array([[-1], [2], [-1]]) * r / 2)


def test_what_shifts_or_stretches_a_column_has_no_gradient():
    rng = np.random.default_rng(0)
    layer, x = BatchNorm(3, dtype=np.float64), rng.standard_normal((8, 3))
    layer.forward(x, train=True)
    dx = layer.backward(rng.standard_normal((8, 3)))
    assert abs(dx.sum(axis=0)).max() < 1e-12
    assert abs((dx * x).sum(axis=0)).max() < 1e-4  # not 0, for eps


def test_scale_and_shift_of_the_input_change_nothing():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((8, 3))
    layer = BatchNorm(3, eps=1e-12, dtype=np.float64)
    y, moved = (layer.forward(a, train=True) for a in (x, 100 * x - 7))
    assert error(y, moved) < 1e-10


def test_a_column_without_variance_is_silent():
    layer = BatchNorm(1)
    y = layer.forward([[7], [7]], train=True)
    assert y.tolist() == [[0], [0]]
    assert np.isfinite(layer.backward([[1], [2]])).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_all_arrays_have_the_dtype(dtype):
    layer = BatchNorm(2, dtype=dtype)
    arrays = [p.value for p in layer.params]
    arrays += [layer.running_mean, layer.running_variance]
    assert {a.dtype for a in arrays} == {np.dtype(dtype)}


def test_one_row_has_no_variance_to_train_with_but_may_be_used():
    expected = "expected shape (n, 2), in training n > 1, received (1, 2)"
    layer = BatchNorm(2)
    with says(f"BatchNorm.forward: x: {expected}"):
        layer.forward([[1, 2]], train=True)
    assert not layer.running_mean.any()
    assert layer.forward([[1, 2]]).shape == (1, 2)


def test_words_are_refused():
    text = "BatchNorm.forward: x: expected real numbers, received <U1"
    with says(text):
        BatchNorm(1).forward([["a"], ["b"]])


@pytest.mark.parametrize(("momentum", "expected"), [(0, 0), (1, 2)])
def test_running_means_may_never_move_or_move_at_once(momentum, expected):
    layer = BatchNorm(1, momentum=momentum)
    layer.forward([[1], [3]], train=True)
    assert layer.running_mean == expected


@pytest.mark.parametrize("shape", [(3,), (4, 3), (2, 2, 2), ()])
def test_inputs_of_another_width_are_refused(shape):
    expected = f"expected shape (n, 2), in training n > 1, received {shape}"
    with says(f"BatchNorm.forward: x: {expected}"):
        BatchNorm(2).forward(np.ones(shape))


@pytest.mark.parametrize(
    ("d", "settings", "received"),
    [
        (0, {}, "(0, 0.1, 1e-05)"),
        (2.5, {}, "(2.5, 0.1, 1e-05)"),
        (2, {"momentum": -0.1}, "(2, -0.1, 1e-05)"),
        (2, {"momentum": 1.1}, "(2, 1.1, 1e-05)"),
        (2, {"eps": 0}, "(2, 0.1, 0)"),
        (2, {"eps": np.inf}, "(2, 0.1, inf)"),
    ],
)
def test_settings_out_of_range_are_refused(d, settings, received):
    expected = "d >= 1, momentum in [0, 1], eps > 0"
    with says(f"BatchNorm: expected {expected}, received {received}"):
        BatchNorm(d, **settings)
