"""Training: draw a batch, go forward, go back, step; and again."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from itertools import count

import numpy as np
from numpy.typing import ArrayLike

from nn.data import checked_pair, slices
from nn.history import History, progress_bar
from nn.initializers import Generator
from nn.layers import Array, Layer, expect
from nn.models import arrays
from nn.optimizers import Optimizer, clip_gradients
from nn.schedules import Schedule

Loss = Callable[[Array, Array], tuple[float, Array]]
Metric = Callable[[Array, Array], float]
# Arrays (x, target), or anything to iterate over for such pairs.
Data = tuple[ArrayLike, ArrayLike] | Iterable[tuple[ArrayLike, ArrayLike]]


class Diverged(ArithmeticError):
    """Numbers stopped being finite. `history` has the epochs before."""

    history: History


def accuracy(prediction: ArrayLike, target: ArrayLike) -> float:
    """The share of rows answered rightly. Predictions (n, classes) answer
    with their largest column; (n,) and (n, 1), logits, with 1 above 0.

    >>> accuracy([[1, 3], [2, 0]], [1, 1]), accuracy([-3, 2], [0, 1])
    (0.5, 1.0)
    """
    p, t = checked_pair(prediction, target, "accuracy")
    if p.ndim == 2 and p.shape[1] > 1:
        answer = p.argmax(axis=1)
        truth = t.argmax(axis=1) if t.shape == p.shape else t
    else:
        answer, truth = p.ravel() > 0, t.ravel() > 0.5
    fine = answer.shape == truth.shape
    expect(fine, "accuracy", f"a target a row of {p.shape}", t.shape)
    return float(np.mean(answer == truth))


def _passes(
    data: Data, size: int, rng: Generator | None, where: str
) -> Callable[[], Iterator[tuple[Array, Array]]]:
    """A function that starts a pass over arrays, or over batches."""
    expected = "arrays (x, target), or an iterable of batches like them"
    if isinstance(data, tuple):
        expect(len(data) == 2, where, expected, f"{len(data)} things")
        x, t = checked_pair(data[0], data[1], where)
        return lambda: slices(x, t, size, rng)
    expect(isinstance(data, Iterable), where, expected, type(data))
    return lambda: (checked_pair(x, t, where) for x, t in data)


def evaluate(
    model: Layer,
    loss: Loss,
    data: Data,
    *,
    metric: Metric | None = None,
    batch_size: int = 1000,
) -> tuple[float, float]:
    """The mean loss, and the mean of `metric` (nan without one), over
    arrays (x, target) or batches, with the model as it is in use.

    >>> from nn import Dense, mean_squared_error
    >>> evaluate(Dense([[2]]), mean_squared_error, ([[1]], [[5]]))
    (9.0, nan)
    """
    n, losses, metrics = 0, 0.0, 0.0
    for x, t in _passes(data, batch_size, None, "evaluate")():
        y = model.forward(x)
        n += len(y)
        losses += loss(y, t)[0] * len(y)
        metrics += (metric(y, t) if metric else math.nan) * len(y)
    expect(n, "evaluate", "one batch at least", "none")
    return losses / n, metrics / n


def _finite(numbers: ArrayLike, what: str, optimizer: Optimizer) -> None:
    if not np.isfinite(numbers).all():
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
    """One pass: the mean loss, and the mean size in the last gradient."""
    n, losses = 0, 0.0
    for x, t in batches:
        L, dy = loss(model.forward(x, train=True), t)
        model.backward(dy)
        before_step()
        optimizer.step()
        n += len(x)
        losses += L * len(x)
    expect(n, "fit", "a batch in every epoch", "none: is it an iterator?")
    for p in model.params:
        _finite(p.value, "a parameter", optimizer)
    size = sum(float(np.abs(p.grad).sum()) for p in model.params)
    return losses / n, size / sum(p.grad.size for p in model.params)


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

    `data` are arrays (x, target), shuffled anew each epoch if there is an
    rng; or batches, anything that can be iterated over once an epoch.
    `transform` changes each batch's x as it is drawn; `schedule` sets lr
    at each step; `max_norm` clips. With `patience`, training ends after
    that many epochs without a lower validation loss, and the best
    epoch's arrays are put back. Ctrl-C ends it and keeps what was
    learned; a loss that is not finite ends it with Diverged.

    >>> from nn import SGD, Dense, mean_squared_error
    >>> model = Dense([[0]])
    >>> history = fit(model, mean_squared_error, SGD(model.params, 0.125),
    ...     ([[1]], [[4]]), epochs=2, progress=False)
    >>> history.train_loss, model.weight.value  # 0 -> 1 -> 1.5
    ([16.0, 4.0], array([[1.5]], dtype=float32))
    """
    fine = patience is None or (validation is not None and patience > 0)
    expect(fine, "fit", "patience > 0, with validation", patience)
    start = _passes(data, batch_size, rng, "fit")
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

    history = History()
    best: dict[str, Array] = {}
    with np.errstate(all="ignore"), progress_bar(epochs, progress) as show:
        try:
            for epoch in range(epochs):
                drawn = start()
                if transform is not None:
                    drawn = ((transform(x), t) for x, t in drawn)
                learned = _learn(model, checked, optimizer, drawn, before_step)
                seen = math.nan, math.nan
                if validation is not None:
                    seen = evaluate(model, checked, validation, metric=metric)
                history.append(*learned, *seen)
                show(history)
                if patience and history.best == epoch:
                    best = {k: a.copy() for k, a in arrays(model).items()}
                elif patience and epoch - history.best >= patience:
                    history.stopped = f"no better for {patience} epochs"
                    break
        except KeyboardInterrupt:
            history.stopped = "interrupted"
        except Diverged as error:
            error.history = history
            raise
    for name, values in best.items():
        arrays(model)[name][...] = values
    return history
