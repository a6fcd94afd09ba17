"""Schedules: functions of the step, schedule(step) -> lr, steps counted
from 0. Each can warm up: lr / warmup, 2 lr / warmup, ... before it."""

from __future__ import annotations

import math
from collections.abc import Callable

from nn.layers import expect, number

Schedule = Callable[[int], float]


def _warm_up(lr: float, warmup: int, then: Schedule) -> Schedule:
    expect(0 <= number(lr), "schedule", "lr >= 0", lr)
    expect(number(warmup) >= 0, "schedule", "warmup >= 0", warmup)

    def schedule(step: int) -> float:
        expect(number(step) >= 0, "schedule", "a step >= 0", step)
        if step < warmup:
            return lr * (step + 1) / warmup
        return then(step - warmup)

    return schedule


def step_decay(
    lr: float, every: int, factor: float = 0.1, *, warmup: int = 0
) -> Schedule:
    """lr * factor**(step // every): a stair.

    >>> schedule = step_decay(1.0, every=2, factor=0.5)
    >>> [schedule(step) for step in range(5)]
    [1.0, 1.0, 0.5, 0.5, 0.25]
    """
    expect(number(every) >= 1, "step_decay", "every >= 1", every)
    fine = 0 < number(factor) <= 1
    expect(fine, "step_decay", "factor in (0, 1]", factor)
    return _warm_up(
        lr, warmup, lambda step: lr * factor ** (step // every)
    )


def exponential_decay(
    lr: float, factor: float, *, warmup: int = 0
) -> Schedule:
    """lr * factor**step: the same share is lost at every step.

    >>> schedule = exponential_decay(1.0, factor=0.5, warmup=2)
    >>> [schedule(step) for step in range(5)]
    [0.5, 1.0, 1.0, 0.5, 0.25]
    """
    fine = 0 < number(factor) <= 1
    expect(fine, "exponential_decay", "factor in (0, 1]", factor)
    return _warm_up(lr, warmup, lambda step: lr * factor**step)


def cosine(
    lr: float, steps: int, *, final: float = 0.0, warmup: int = 0
) -> Schedule:
    """From lr to `final` in `steps` steps, warm-up included, along half
    a cosine; then `final`. Loshchilov and Hutter (2016).

    >>> schedule = cosine(1.0, steps=4)
    >>> [round(schedule(step), 3) for step in range(6)]
    [1.0, 0.854, 0.5, 0.146, 0.0, 0.0]
    """
    fine = number(steps) > number(warmup)
    expect(fine, "cosine", "steps > warmup", steps)
    fine = 0 <= number(final) <= number(lr)
    expect(fine, "cosine", "final in [0, lr]", final)
    length = steps - warmup
    return _warm_up(
        lr, warmup, lambda step: _ease(lr, final, min(1, step / length))
    )


def one_cycle(
    lr: float,
    steps: int,
    *,
    rise: float = 0.3,
    start: float = 1 / 25,
    final: float = 1e-4 / 25,
) -> Schedule:
    """Along half cosines: from start * lr up to lr in the first `rise`
    of `steps` steps (its warm-up), then down to final * lr at the last.
    Smith and Topin (2018); phases and defaults are PyTorch's.

    >>> schedule = one_cycle(1.0, steps=10, rise=0.5)
    >>> [round(schedule(step), 3) for step in (0, 2, 4, 9)]
    [0.04, 0.52, 1.0, 0.0]
    """
    peak = number(rise) * number(steps)
    fine = 1 < peak < steps
    expect(fine, "one_cycle", "rise * steps in (1, steps)", peak)
    shares = (start, final)
    fine = all(0 <= number(share) <= 1 for share in shares)
    expect(fine, "one_cycle", "start and final in [0, 1]", shares)
    top, last = peak - 1, steps - 1  # the first step is step 0

    def schedule(step: int) -> float:
        if step <= top:
            return _ease(start * lr, lr, step / top)
        share = (step - top) / (last - top)
        return _ease(lr, final * lr, min(1, share))

    return _warm_up(lr, 0, schedule)


def _ease(first: float, last: float, share: float) -> float:
    """From first (share 0) to last (share 1) along half a cosine."""
    fall = (1 + math.cos(math.pi * share)) / 2  # from 1 to 0
    return last + (first - last) * fall
