"""Training: draw a batch, go forward, go back, step; and again."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import count

import numpy as np
from numpy.typing import ArrayLike

from nn.clipping import clip_gradients
from nn.evaluation import Data, Loss, Metric, evaluate, passes
from nn.history import History, progress_bar
from nn.initializers import Generator
from nn.layers import Array, Layer, expect, number
from nn.models import arrays
from nn.optimizers import Optimizer
from nn.schedules import Schedule


class Diverged(ArithmeticError):
    """Numbers stopped being finite. `history` has the epochs before."""

    history: History


def _finite(x: ArrayLike, what: str, optimizer: Optimizer) -> None:
    if not np.isfinite(x).all():
        raise Diverged(
            f"fit: {what} is not finite after step {optimizer.steps}. "
            f"Likely causes: lr = {optimizer.lr:g} is too large, the "
            "weights began too large, or x is not scaled"
        )


def _learn(
    model: Layer,
    loss: Loss,
    optimizer: Optimizer,
    batches: Iterator[tuple[Array, Array]],
    before_step: Callable[[], None],
) -> tuple[float, float]:
    """One pass: the mean loss, and how large the last gradient is."""
    n, losses = 0, 0.0
    for x, t in batches:
        L, dy = loss(model.forward(x, train=True), t)
        model.backward(dy)
        before_step()
        optimizer.step()
        n += len(x)
        losses += L * len(x)
    got = "none: is it an iterator?"
    expect(n, "fit", "a batch in every epoch", got)
    for p in model.params:
        _finite(p.value, "a parameter", optimizer)
    size = sum(float(np.abs(p.grad).sum()) for p in model.params)
    return losses / n, size / sum(p.grad.size for p in model.params)


@np.errstate(all="ignore")  # what overflows is found and reported
def fit(
    model: Layer,
    loss: Loss,
    optimizer: Optimizer,
    data: Data,
    *,
    epochs: int,
    batch_size: int = 128,
    rng: Generator | None = None,
    transform: Callable[[Array], Array] | None = None,
    schedule: Schedule | None = None,
    max_norm: float | None = None,
    validation: Data | None = None,
    metric: Metric | None = None,
    patience: int | None = None,
    progress: bool = True,
) -> History:
    """Train a model in place; return the History.

    `data` are arrays (x, target), shuffled anew each epoch if there is
    an rng; or batches, anything to iterate over once an epoch.
    `transform` changes each batch's x as it is drawn; `schedule` sets
    lr at each step; `max_norm` clips. With `patience`, training ends
    after that many epochs without a lower validation loss, and the best
    epoch's arrays are put back. Ctrl-C ends it and keeps what was
    learned; a loss that is not finite ends it with Diverged.

    >>> from nn import SGD, Dense, mean_squared_error
    >>> model = Dense([[0]])
    >>> sgd = SGD(model.params, lr=0.125)
    >>> history = fit(model, mean_squared_error, sgd, ([[1]], [[4]]),
    ...     epochs=2, progress=False)
    >>> history.train_loss, model.weight.value  # 0 -> 1 -> 1.5
    ([16.0, 4.0], array([[1.5]], dtype=float32))
    """
    fine = number(epochs, whole=True) >= 0
    expect(fine, "fit", "epochs >= 0", epochs)
    fine = max_norm is None or number(max_norm) > 0
    expect(fine, "fit", "max_norm > 0", max_norm)
    fine = patience is None or (
        validation is not None and number(patience) > 0
    )
    expect(fine, "fit", "patience > 0, with validation", patience)
    if validation is not None:  # now, and not after an epoch
        passes(validation, 1, None, "fit: validation")
    start = passes(data, batch_size, rng, "fit")
    steps = count()

    def checked(y: Array, t: Array) -> tuple[float, Array]:
        _finite(y, "the output", optimizer)
        L, dy = loss(y, t)
        _finite(L, "the loss", optimizer)
        return L, dy

    def before_step() -> None:
        if max_norm is not None:
            for p in model.params:
                _finite(p.grad, "a gradient", optimizer)
            clip_gradients(model.params, max_norm)
        if schedule is not None:
            optimizer.lr = schedule(next(steps))

    history, named = History(), arrays(model)
    best: dict[str, Array] = {}
    try:
        with progress_bar(epochs, progress) as show:
            for epoch in range(epochs):
                batches = start()
                if transform is not None:
                    batches = ((transform(x), t) for x, t in batches)
                learned = _learn(
                    model, checked, optimizer, batches, before_step
                )
                seen = math.nan, math.nan
                if validation is not None:
                    seen = evaluate(
                        model, checked, validation, metric=metric
                    )
                history.append(*learned, *seen)
                show(history)
                if patience and history.best == epoch:
                    best = {k: a.copy() for k, a in named.items()}
                elif patience and epoch - history.best >= patience:
                    history.stopped = f"no better for {patience} epochs"
                    break
    except KeyboardInterrupt:
        history.stopped = "interrupted"
    except Diverged as error:
        error.history = history
        raise
    finally:
        for name, values in best.items():
            named[name][...] = values
    return history
