"""Losses: values by hand, extremes, errors, and what must always hold."""

import math

import numpy as np
import pytest
from errors import says
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from registry import LOSSES

from nn import (
    Sigmoid,
    Softmax,
    binary_cross_entropy,
    huber,
    mean_squared_error,
    one_hot,
    relative_error,
    softmax,
    softmax_cross_entropy,
)

DTYPES = [np.float32, np.float64]
LOG2 = math.log(2)


def test_mean_squared_error_is_a_mean_over_all_numbers():
    value, dp = mean_squared_error([[3, 1], [5, 2]], [[1, 1], [1, 2]])
    assert value == (4 + 0 + 16 + 0) / 4
    assert dp.tolist() == [[1, 0], [2, 0]]  # 2 d / 4


def test_huber_is_a_parabola_and_then_a_line():
    value, dp = huber([3, 0.5, -2], [0, 0, 0])
    assert value == (2.5 + 0.125 + 1.5) / 3
    np.testing.assert_allclose(dp, np.float32([1, 0.5, -1]) / 3, rtol=1e-7)


def test_huber_bends_at_delta():
    value, dp = huber([3, 1], [0, 0], delta=2)
    assert value == (2 * (3 - 1) + 0.5) / 2
    assert dp.tolist() == [1, 0.5]


def test_huber_with_a_large_delta_is_half_the_squared_error():
    p, t = np.array([3.0, -7]), np.array([1.0, 5])
    value, dp = mean_squared_error(p, t)
    half, dp_half = huber(p, t, delta=100)
    assert half == value / 2
    assert (dp_half == dp / 2).all()


def test_binary_cross_entropy_of_a_guess_is_log_2():
    value, dz = binary_cross_entropy([[0], [0]], [[1], [0]])
    assert value == pytest.approx(LOG2)
    assert dz.tolist() == [[-0.25], [0.25]]  # (p - t) / 2


def test_binary_cross_entropy_by_hand():
    z = np.log([[3.0], [3.0]])  # p = 3/4
    value, dz = binary_cross_entropy(z, [[1], [0]])
    assert value == pytest.approx((math.log(4 / 3) + math.log(4)) / 2)
    np.testing.assert_allclose(dz, [[-0.125], [0.375]])


def test_binary_cross_entropy_takes_shares_as_targets():
    value, dz = binary_cross_entropy(np.log([3.0]), [0.75])
    entropy = 0.75 * math.log(4 / 3) + 0.25 * math.log(4)
    assert value == pytest.approx(entropy)
    assert abs(dz) < 1e-15


def test_softmax_cross_entropy_of_a_guess_is_log_classes():
    value, dz = softmax_cross_entropy(np.zeros((2, 4)), [3, 0])
    assert value == pytest.approx(math.log(4))
    assert dz.tolist() == [
        [0.125, 0.125, 0.125, -0.375],  # (1/4 - t) / 2
        [-0.375, 0.125, 0.125, 0.125],
    ]


def test_softmax_cross_entropy_is_a_mean_over_rows_not_over_numbers():
    z = np.log([[1.0, 3], [1, 1]])
    value, _ = softmax_cross_entropy(z, [0, 1])
    assert value == pytest.approx((math.log(4) + LOG2) / 2)


def test_labels_and_their_one_hot_rows_give_the_same():
    z = np.random.default_rng(0).standard_normal((4, 3))
    value, dz = softmax_cross_entropy(z, [2, 0, 1, 1])
    value_rows, dz_rows = softmax_cross_entropy(z, one_hot([2, 0, 1, 1], 3))
    assert value == value_rows
    assert (dz == dz_rows).all()


@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.int64])
def test_labels_are_integers_of_any_size(dtype):
    labels = np.array([1, 0], dtype)
    assert softmax_cross_entropy(np.zeros((2, 2)), labels)[0] == LOG2


def test_the_formula_is_the_long_way_back_through_softmax():
    rng = np.random.default_rng(0)
    z, t = rng.standard_normal((5, 4)), softmax(rng.standard_normal((5, 4)))
    layer = Softmax()
    p = layer.forward(z, train=True)
    value, dz = softmax_cross_entropy(z, t)
    assert value == pytest.approx(-np.sum(t * np.log(p)) / 5, rel=1e-14)
    assert relative_error(dz, layer.backward(-t / p / 5)) < 1e-14


def test_the_formula_is_the_long_way_back_through_sigmoid():
    z = np.array([[-3.0, 0.5, 2.0]])
    t = np.array([[1, 0, 0.25]])
    layer = Sigmoid()
    p = layer.forward(z, train=True)
    _, dz = binary_cross_entropy(z, t)
    dp = (p - t) / (p * (1 - p)) / 3
    assert relative_error(dz, layer.backward(dp)) < 1e-14


def test_two_classes_of_softmax_are_one_sigmoid():
    z = np.array([[-3.0], [0.5], [2.0]])
    value, dz = binary_cross_entropy(z, [[1], [0], [1]])
    both = np.hstack([np.zeros((3, 1)), z])
    value_rows, dz_rows = softmax_cross_entropy(both, [1, 0, 1])
    assert value == pytest.approx(value_rows, rel=1e-14)
    np.testing.assert_allclose(dz_rows[:, 1:], dz, rtol=1e-14)


# ---- extremes


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("size", [1000, 1e4, 3e38])
def test_binary_cross_entropy_is_exact_and_silent(size, dtype):
    z = np.array([size, size, -size, -size], dtype)
    value, dz = binary_cross_entropy(z, [1, 0, 1, 0])
    assert value == float(z[0]) / 2  # two of four are wrong, by |z| each
    assert dz.dtype == dtype
    assert dz.tolist() == [0, 0.25, -0.25, 0]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("size", [1000, 1e4, 3e38])
def test_softmax_cross_entropy_is_exact_and_silent(size, dtype):
    z = np.array([[size, -size], [size, -size]], dtype)
    value, dz = softmax_cross_entropy(z, [0, 1])
    assert value == float(z[0, 0])  # (0 + 2 |z|) / 2
    assert dz.dtype == dtype
    assert dz.tolist() == [[0, 0], [0.5, -0.5]]


def test_a_small_loss_is_not_rounded_to_0():
    tiny = math.exp(-40)  # log(1 + exp(-40))
    value, _ = binary_cross_entropy(np.float32([40]), [1])
    assert value == pytest.approx(tiny, rel=1e-12)


@pytest.mark.parametrize("dtype", DTYPES)
def test_subnormal_logits_count_as_0(dtype):
    z = np.full((1, 2), np.finfo(dtype).smallest_subnormal, dtype)
    assert softmax_cross_entropy(z, [0])[0] == LOG2
    assert binary_cross_entropy(z, [[0, 1]])[0] == LOG2


def test_the_largest_of_all_numbers_are_silent():
    top = np.finfo(np.float64).max
    z = np.array([[top, -top]])
    value, dz = softmax_cross_entropy(z, [1])
    assert math.isfinite(value)
    assert dz.tolist() == [[1, -1]]
    value, dz = binary_cross_entropy(z, [[0, 1]])
    assert math.isfinite(value)
    assert dz.tolist() == [[0.5, -0.5]]


# ---- what must always hold

logits = arrays(np.float64, (3, 4), elements=st.floats(-1e4, 1e4))
shares = arrays(np.float64, (3, 4), elements=st.floats(0, 1))
classes = arrays(np.int64, 3, elements=st.integers(0, 3))


@given(logits, shares)
def test_binary_cross_entropy_is_never_negative(z, t):
    value, dz = binary_cross_entropy(z, t)
    assert value >= 0
    assert abs(dz).max() <= 1 / 12


@given(logits, classes)
def test_softmax_cross_entropy_is_never_negative(z, t):
    value, dz = softmax_cross_entropy(z, t)
    assert value >= 0
    np.testing.assert_allclose(dz.sum(axis=1), 0, atol=1e-15)


@given(logits, classes, st.floats(-1e4, 1e4))
def test_a_shift_of_the_logits_leaves_softmax_cross_entropy(z, t, shift):
    value, _ = softmax_cross_entropy(z, t)
    shifted, _ = softmax_cross_entropy(z + shift, t)
    assert shifted == pytest.approx(value, rel=1e-9, abs=1e-9)


@given(logits, logits)
def test_distances_are_0_only_on_the_spot(p, t):
    for loss in (mean_squared_error, huber):
        assert loss(p, p)[0] == 0
        assert (loss(p, t)[0] == 0) == (abs(p - t).max() < 1e-160)


@pytest.mark.parametrize("name", LOSSES)
def test_a_batch_said_twice_has_the_same_loss_and_half_the_gradient(name):
    loss, target = LOSSES[name]
    rng = np.random.default_rng(0)
    p, t = rng.standard_normal((5, 3)), target(rng)
    value, dp = loss(p, t)
    again, dp2 = loss(np.concatenate([p, p]), np.concatenate([t, t]))
    assert again == pytest.approx(value, rel=1e-14)
    assert relative_error(dp2, np.concatenate([dp, dp]) / 2) < 1e-14


# ---- one_hot


@pytest.mark.parametrize("classes", [0, -1, 2.5])
def test_one_hot_has_a_column_at_least(classes):
    with says(f"one_hot: expected classes >= 1, received {classes}"):
        one_hot([0], classes)


def test_one_hot_of_no_labels_has_no_rows():
    assert one_hot(np.zeros(0, int), 1).shape == (0, 1)


def test_one_hot_by_hand():
    rows = one_hot([2, 0], 3)
    assert rows.tolist() == [[0, 0, 1], [1, 0, 0]]
    assert rows.dtype == np.float32


@given(arrays(np.int64, st.integers(0, 5), elements=st.integers(0, 6)))
def test_one_hot_rows_have_their_1_at_the_label(labels):
    rows = one_hot(labels, 7)
    assert rows.shape == (len(labels), 7)
    assert (rows.sum(axis=1) == 1).all()
    assert (rows.argmax(axis=1) == labels).all()


# ---- errors

ELEMENTWISE = [mean_squared_error, huber, binary_cross_entropy]
FIRST = {mean_squared_error: "prediction", huber: "prediction"}
ALL = [*ELEMENTWISE, softmax_cross_entropy]


@pytest.mark.parametrize("loss", ELEMENTWISE)
def test_a_target_has_the_shape_of_the_prediction(loss):
    where = f"{loss.__name__}: target"
    with says(f"{where}: expected shape (2, 1), received (2,)"):
        loss([[0], [0]], [0, 0])


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("loss", ALL)
def test_predictions_are_finite(loss, bad):
    where = f"{loss.__name__}: {FIRST.get(loss, 'logits')}"
    with says(f"{where}: expected finite numbers, received nan or inf"):
        loss([[0, bad]], [[0, 1]])


@pytest.mark.parametrize("loss", ALL)
def test_targets_are_finite(loss):
    where = f"{loss.__name__}: target"
    with says(f"{where}: expected finite numbers, received nan or inf"):
        loss([[0, 0]], [[np.nan, 1]])


@pytest.mark.parametrize("loss", ALL)
def test_an_empty_batch_has_no_loss(loss):
    where = f"{loss.__name__}: {FIRST.get(loss, 'logits')}"
    text = "expected one number at least, received shape (0, 2)"
    with says(f"{where}: {text}"):
        loss(np.zeros((0, 2)), np.zeros((0, 2)))


@pytest.mark.parametrize("loss", ALL)
def test_predictions_are_numbers(loss):
    where = f"{loss.__name__}: {FIRST.get(loss, 'logits')}"
    with says(f"{where}: expected real numbers, received <U1"):
        loss([["a"]], [[0]])


@pytest.mark.parametrize("delta", [0, -1, np.inf, np.nan])
def test_delta_is_above_0(delta):
    with says(f"huber: expected delta > 0, received {delta}"):
        huber([0], [0], delta)


@pytest.mark.parametrize(
    ("target", "received"), [([0, 2], "0 to 2"), ([-0.5, 1], "-0.5 to 1")]
)
def test_binary_targets_lie_between_0_and_1(target, received):
    where = "binary_cross_entropy: target"
    with says(f"{where}: expected 0 to 1, received {received}"):
        binary_cross_entropy([0, 0], target)


@pytest.mark.parametrize(
    ("z", "t", "received"),
    [
        ([[0, 0]], [0, 1], "(2,) for (1, 2)"),
        ([[0, 0]], [[0]], "(1, 1) for (1, 2)"),
        ([0, 0], [0, 1], "(2,) for (2,)"),
        ([[0, 0]], 0, "() for (1, 2)"),
    ],
)
def test_shapes_of_logits_and_labels_belong_together(z, t, received):
    expected = "(n,) labels or (n, classes) for logits (n, classes)"
    where = "softmax_cross_entropy: target"
    with says(f"{where}: expected {expected}, received {received}"):
        softmax_cross_entropy(z, t)


@pytest.mark.parametrize(
    ("label", "received"), [(3, "0 to 3"), (-1, "-1 to 0")]
)
def test_labels_out_of_range_are_refused(label, received):
    text = f"expected 0 to 2, received {received}"
    with says(f"softmax_cross_entropy: target: {text}"):
        softmax_cross_entropy(np.zeros((2, 3)), [0, label])
    with says(f"one_hot: {text}"):
        one_hot([0, label], 3)


@pytest.mark.parametrize(
    ("labels", "received"),
    [
        ([0.0, 1.0], "float64 (2,)"),
        ([True, False], "bool (2,)"),
        ([[1]], "int64 (1, 1)"),
        (1, "int64 ()"),
    ],
)
def test_labels_are_a_row_of_integers(labels, received):
    with says(f"one_hot: expected integers (n,), received {received}"):
        one_hot(labels, 3)


def test_labels_given_as_decimals_are_refused():
    where = "softmax_cross_entropy: target"
    text = "expected integers (n,), received float64 (2,)"
    with says(f"{where}: {text}"):
        softmax_cross_entropy(np.zeros((2, 3)), [0.0, 1.0])


@pytest.mark.parametrize(
    ("row", "received"),
    [
        ([0.5, 0.75], "sums off by 0.25"),
        ([1.5, -0.5], "-0.5"),
        ([0, 0], "sums off by 1"),
    ],
)
def test_rows_of_targets_are_probabilities(row, received):
    where = "softmax_cross_entropy: target"
    text = f"expected rows of probabilities, received {received}"
    with says(f"{where}: {text}"):
        softmax_cross_entropy([[0, 0]], [row])


def test_rows_of_targets_may_be_off_by_rounding():
    third = np.full((1, 3), 1 / 3, np.float32)
    value, _ = softmax_cross_entropy(np.zeros((1, 3)), third)
    assert value == pytest.approx(math.log(3))
