"""Schedules: closed forms, warm-up, bounds and errors."""

import math

import numpy as np
import pytest
from errors import says
from hypothesis import given
from hypothesis import strategies as st

from nn import cosine, exponential_decay, one_cycle, step_decay


def course(schedule, steps):
    return [schedule(step) for step in range(steps)]


def test_step_decay_is_a_stair():
    lrs = course(step_decay(8, every=3, factor=0.5), 7)
    assert lrs == [8, 8, 8, 4, 4, 4, 2]


def test_step_decay_divides_by_10_unless_told():
    assert step_decay(1, every=1)(2) == pytest.approx(0.01)


def test_exponential_decay_loses_the_same_share_each_step():
    assert course(exponential_decay(8, 0.5), 4) == [8, 4, 2, 1]


def test_cosine_falls_from_lr_to_final_and_stays():
    lrs = course(cosine(3, steps=4, final=1), 7)
    r = math.sqrt(0.5)
    np.testing.assert_allclose(lrs, [3, 2 + r, 2, 2 - r, 1, 1, 1])


def test_cosine_ends_at_0_unless_told():
    assert cosine(1, steps=4)(4) == 0


def test_one_cycle_rises_and_falls_along_half_cosines():
    schedule = one_cycle(1, steps=10, rise=0.5, start=0.2, final=0.1)
    # Top at step 0.5 * 10 - 1 = 4, end at step 9.
    assert schedule(0) == pytest.approx(0.2)
    assert schedule(2) == pytest.approx(0.6)  # halfway up
    assert schedule(4) == 1
    quarter = 0.1 + 0.9 * (1 + math.cos(math.pi * 0.2)) / 2
    assert schedule(5) == pytest.approx(quarter)
    assert schedule(9) == schedule(99) == pytest.approx(0.1)


def test_one_cycle_s_ends_are_shares_of_lr():
    schedule = one_cycle(2, steps=10, rise=0.5, start=0.2, final=0.1)
    assert (schedule(0), schedule(9)) == pytest.approx((0.4, 0.2))


@pytest.mark.parametrize(
    "make",
    [
        lambda warmup: step_decay(8, every=2, warmup=warmup),
        lambda warmup: exponential_decay(8, 0.5, warmup=warmup),
        lambda warmup: cosine(8, 10 + warmup, final=2, warmup=warmup),
    ],
)
def test_warm_up_climbs_evenly_and_then_the_schedule_begins(make):
    warm, cold = course(make(4), 12), course(make(0), 8)
    assert warm == [2, 4, 6, 8, *cold]


def test_warm_up_counts_among_the_steps_of_cosine():
    schedule = cosine(1, steps=6, warmup=2)
    assert schedule(2) == 1
    assert schedule(4) == pytest.approx(0.5)
    assert schedule(6) == 0


steps = st.integers(0, 200)


@given(steps, st.integers(1, 50), st.floats(0.01, 1), st.integers(0, 20))
def test_decay_stays_within_0_and_lr(step, every, factor, warmup):
    stair = step_decay(2, every, factor, warmup=warmup)
    assert 0 <= stair(step) <= 2
    assert 0 <= exponential_decay(2, factor, warmup=warmup)(step) <= 2


@given(steps, st.integers(2, 150), st.floats(0, 2))
def test_cosine_stays_within_final_and_lr(step, length, final):
    lr = cosine(2, length, final=final)(step)
    assert final * (1 - 1e-15) <= lr <= 2 * (1 + 1e-15)


@given(steps, st.integers(4, 150), st.floats(0.3, 0.9), st.floats(0, 1))
def test_one_cycle_stays_within_its_ends_and_lr(step, length, rise, end):
    schedule = one_cycle(2, length, rise=rise, start=0.5, final=end)
    least = min(1, 2 * end)
    assert least * (1 - 1e-14) <= schedule(step) <= 2 * (1 + 1e-14)


ALL = [
    lambda lr=1, **warm: step_decay(lr, 2, **warm),
    lambda lr=1, **warm: exponential_decay(lr, 0.5, **warm),
    lambda lr=1, **warm: cosine(lr, 9, final=min(lr, 0), **warm),
    lambda lr=1: one_cycle(lr, 9),
]


@pytest.mark.parametrize("make", ALL)
def test_steps_count_from_0(make):
    with says("schedule: expected a step >= 0, received -1"):
        make()(-1)


@pytest.mark.parametrize("lr", [np.inf, np.nan, -1])
@pytest.mark.parametrize("make", [ALL[0], ALL[1], ALL[3]])
def test_the_learning_rate_is_not_negative(make, lr):
    with says(f"schedule: expected lr >= 0, received {lr}"):
        make(lr)


@pytest.mark.parametrize("make", ALL[:3])
def test_warm_up_is_not_negative(make):
    with says("schedule: expected warmup >= 0, received -1"):
        make(warmup=-1)


@pytest.mark.parametrize("factor", [0, -1, 1.1])
def test_factors_lie_above_0_and_up_to_1(factor):
    text = f"expected factor in (0, 1], received {factor}"
    with says(f"step_decay: {text}"):
        step_decay(1, 2, factor)
    with says(f"exponential_decay: {text}"):
        exponential_decay(1, factor)


def test_a_bound_that_is_allowed_is_allowed():
    assert step_decay(0, every=1)(0) == 0
    assert step_decay(0.5, every=1, factor=1)(9) == 0.5
    assert exponential_decay(0.5, factor=1)(9) == 0.5
    assert cosine(0.5, steps=4, final=0.5)(3) == pytest.approx(0.5)
    level = one_cycle(0.5, steps=9, start=1, final=1)
    assert course(level, 9) == pytest.approx([0.5] * 9)


def test_a_stair_is_one_step_wide_at_least():
    with says("step_decay: expected every >= 1, received 0"):
        step_decay(1, 0)


def test_cosine_has_steps_left_after_warming_up():
    with says("cosine: expected steps > warmup, received 5"):
        cosine(1, 5, warmup=5)


@pytest.mark.parametrize("final", [-0.1, 1.1])
def test_cosine_ends_between_0_and_lr(final):
    with says(f"cosine: expected final in [0, lr], received {final}"):
        cosine(1, 5, final=final)


@pytest.mark.parametrize("rise", [0, 0.1, 1, 2, np.nan])
def test_one_cycle_rises_for_a_part_of_its_steps(rise):
    text = f"expected rise * steps in (1, steps), received {rise * 10}"
    with says(f"one_cycle: {text}"):
        one_cycle(1, 10, rise=rise)


@pytest.mark.parametrize(
    ("shares", "received"),
    [({"start": -1}, "(-1, 4e-06)"), ({"final": 2}, "(0.04, 2)")],
)
def test_one_cycle_starts_and_ends_at_shares_of_lr(shares, received):
    expected = f"expected start and final in [0, 1], received {received}"
    with says(f"one_cycle: {expected}"):
        one_cycle(1, 10, **shares)
