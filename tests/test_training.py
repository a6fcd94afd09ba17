"""The training loop: what it learns, how it ends, what it refuses."""

import builtins
import math
import re

import numpy as np
import pytest
from errors import says
from hypothesis import given
from hypothesis import strategies as st

from nn import (
    SGD,
    Adam,
    BatchNorm,
    Dense,
    Diverged,
    Sequential,
    Sigmoid,
    Tanh,
    accuracy,
    batches,
    binary_cross_entropy,
    evaluate,
    fit,
    glorot_uniform,
    logic_gate,
    mean_squared_error,
)
from nn.models import arrays

mse = mean_squared_error
CAUSES = (
    "Likely causes: lr = {} is too large, the weights began too large, or "
    "x is not scaled"
)


def rng(seed=0):
    return np.random.default_rng(seed)


def line(n=8):
    """Examples (n, 1) of t = 2 x."""
    x = np.arange(n, dtype=np.float32)[:, None]
    return x, 2 * x


def snapshot(model):
    return {name: array.tolist() for name, array in arrays(model).items()}


def train(model, data, lr=0.0, loss=mse, **settings):
    """`fit` without progress, by plain gradient descent."""
    settings = {"epochs": 1, "progress": False} | settings
    return fit(model, loss, SGD(model.params, lr), data, **settings)


class Watch:
    """A layer that passes x on, and remembers it."""

    params = ()

    def __init__(self):
        self.trained, self.used = [], []

    def forward(self, x, train=False):
        (self.trained if train else self.used).append(x.ravel().tolist())
        return x

    def backward(self, dy):
        return dy


def watched():
    watch = Watch()
    return watch, Sequential(watch, Dense([[0]]))


class Stream:
    """Batches anew for each pass, as a file or a generator gives them."""

    def __init__(self, data, size):
        self.data, self.size = data, size

    def __iter__(self):
        yield from batches(*self.data, self.size)


# accuracy


@pytest.mark.parametrize(
    ("prediction", "target", "share"),
    [
        ([[1, 3], [2, 0], [0, 1], [5, 4]], [1, 1, 1, 1], 0.5),
        ([[1, 3], [2, 0]], [[0.1, 0.9], [0.4, 0.6]], 0.5),
        ([[1, 2, 3], [3, 2, 1]], np.array([2, 0], np.uint8), 1.0),
        ([[-1], [2], [3], [-4]], [[0], [1], [0], [0]], 0.75),
        ([[-1], [2]], [0, 1], 1.0),
        ([-1, 2, 0], [[0], [1], [0]], 1.0),
        ([-1, 0.2], [0.2, 0.9], 1.0),
        ([-1, 2], [0.5, 0.9], 1.0),
    ],
)
def test_accuracy_is_the_share_of_right_answers(prediction, target, share):
    assert accuracy(prediction, target) == share


@pytest.mark.parametrize(
    ("prediction", "target", "shapes"),
    [
        ([[1, 2], [3, 4]], [[1], [0]], "(2, 2), received (2, 1)"),
        ([[1], [2]], [[1, 0], [0, 1]], "(2, 1), received (2, 2)"),
        ([[]], [[]], "(1, 0), received (1, 0)"),
        ([[[1, 2]]], [[[1, 0]]], "(1, 1, 2), received (1, 1, 2)"),
    ],
)
def test_accuracy_needs_a_target_a_row(prediction, target, shapes):
    with says(f"accuracy: expected a target a row of {shapes}"):
        accuracy(prediction, target)


def test_accuracy_of_nothing_is_refused():
    with says(
        "accuracy: expected examples x, and as many targets, "
        "received (0,) and (0,)"
    ):
        accuracy([], [])


# evaluate


def test_evaluate_gives_the_mean_loss_and_metric_of_all_examples():
    x, t = [[1], [2], [4]], [[0], [0], [0]]
    model = Dense([[1]])
    for size in (1, 2, 3):  # (1 + 4 + 16) / 3
        seen = evaluate(model, mse, (x, t), batch_size=size)
        assert seen == (7, pytest.approx(math.nan, nan_ok=True))
    right = evaluate(
        model,
        binary_cross_entropy,
        ([[-1], [2], [3]], [[1], [1], [1]]),
        metric=accuracy,
        batch_size=2,
    )[1]
    assert right == pytest.approx(2 / 3)


def test_evaluate_uses_the_model_and_does_not_train_it():
    watch, model = watched()
    before = snapshot(model)
    evaluate(model, mse, line(3), batch_size=2)
    assert (watch.used, watch.trained) == ([[0, 1], [2]], [])
    assert snapshot(model) == before


def test_evaluate_takes_1000_examples_at_a_time_unless_told():
    sizes = []

    def loss(y, t):
        sizes.append(len(y))
        return mse(y, t)

    evaluate(Dense([[2]]), loss, line(2500))
    assert sizes == [1000, 1000, 500]


@given(n=st.integers(1, 20), size=st.integers(1, 25))
def test_batches_of_any_size_weigh_their_examples_alike(n, size):
    x, t = rng(n).standard_normal((2, n, 1))
    model = Dense(np.array([[0.5]]))
    whole = pytest.approx(mse(model.forward(x), t)[0])
    assert evaluate(model, mse, (x, t), batch_size=size)[0] == whole
    assert evaluate(model, mse, Stream((x, t), size))[0] == whole
    assert train(model, (x, t), batch_size=size).train_loss == [whole]


def test_evaluate_says_its_name_when_it_refuses_data():
    with says(
        "evaluate: expected arrays (x, target), or an iterable of batches "
        "like them, received <class 'int'>"
    ):
        evaluate(Dense([[2]]), mse, 3)


def test_evaluate_of_no_batches_is_refused():
    with says("evaluate: expected one batch at least, received none"):
        evaluate(Dense([[1]]), mse, [])


# Learning.


def test_it_learns_xor():
    data, r = logic_gate("XOR"), rng(1)
    model = Sequential(
        Dense(glorot_uniform(2, 8, rng=r)),
        Tanh(),
        Dense(glorot_uniform(8, 1, rng=r)),
    )
    history = fit(
        model,
        binary_cross_entropy,
        Adam(model.params, 0.05),
        data,
        epochs=300,
        progress=False,
    )
    assert history.train_loss[-1] < 0.02 < 0.5 < history.train_loss[0]
    answers = Sequential(model, Sigmoid()).forward(data[0])
    assert np.round(answers).tolist() == data[1].tolist()


def test_a_step_by_hand():
    # y = 0, dy = 2 (0 - 4) = -8, both gradients are -8.
    model = Dense([[0]])
    history = train(model, ([[1]], [[4]]), lr=0.125)
    assert snapshot(model) == {"0 Dense/weight": [[1]], "0 Dense/bias": [1]}
    assert history.train_loss == [16]
    assert history.mean_gradient == [8]
    assert np.isnan(history.validation_loss + history.accuracy).all()
    assert history.stopped == "all epochs done"


def test_the_mean_gradient_is_that_of_the_last_step():
    data = [([[1]], [[9]]), ([[0]], [[4]])]  # then dW = 0, db = -8
    assert train(Dense([[0]]), data).mean_gradient == [4]


def test_the_gradient_of_the_data_is_not_computed():
    class First(Dense):
        def backward(self, dy):
            raise AssertionError("nobody learns from it")

    model = Sequential(First([[1.0]]), Tanh(), Dense([[1.0]]))
    train(model, line(), lr=0.01)
    assert model.layers[0].weight.value != 1


def test_the_examples_come_in_order_and_the_last_batch_is_short():
    watch, model = watched()
    train(model, line(5), batch_size=2, epochs=2)
    assert watch.trained == [[0, 1], [2, 3], [4]] * 2


def test_a_batch_has_128_examples_unless_told():
    sizes = []

    def loss(y, t):
        sizes.append(len(y))
        return mse(y, t)

    train(Dense([[2]]), line(300), loss=loss)
    assert sizes == [128, 128, 44]


def test_with_a_generator_each_epoch_has_another_order():
    def orders(seed):
        watch, model = watched()
        train(model, line(20), batch_size=20, epochs=3, rng=rng(seed))
        return watch.trained

    first = orders(1)
    assert all(sorted(order) == list(range(20)) for order in first)
    assert len({tuple(order) for order in [*first, range(20)]}) == 4
    assert orders(1) == first
    assert orders(2) != first


def test_the_same_seed_learns_the_same():
    def learned(seed):
        model = Dense([[0]])
        train(model, line(), lr=0.001, batch_size=3, rng=rng(seed), epochs=3)
        return snapshot(model)

    assert learned(1) == learned(1) != learned(2)


def test_arrays_and_batches_of_them_teach_the_same():
    def learned(data, **settings):
        model = Dense([[0]])
        history = train(model, data, lr=0.001, epochs=3, **settings)
        return snapshot(model), history.train_loss

    data = line(5)
    expected = learned(data, batch_size=2)
    assert learned(list(batches(*data, 2))) == expected
    assert learned(Stream(data, 2)) == expected


def test_arguments_are_not_written_to():
    data = line(5)
    for array in data:
        array.flags.writeable = False
    train(Dense([[0]]), data, lr=0.001, rng=rng(), validation=data)


def test_a_transform_changes_what_is_learned_from_and_nothing_else():
    watch, model = watched()
    data = line(3)
    train(model, data, transform=lambda x: 10 * x, validation=data)
    assert watch.trained == [[0, 10, 20]]
    assert watch.used == [[0, 1, 2]]


def test_a_schedule_is_asked_at_each_step_from_0():
    asked = []
    train(
        Dense([[0]]),
        line(5),
        schedule=lambda step: asked.append(step) or 0.0,
        batch_size=2,
        epochs=2,
    )
    assert asked == [0, 1, 2, 3, 4, 5]


def test_a_schedule_sets_lr_before_the_step():
    model = Dense([[0]])
    schedule = [0.125, 0.0].__getitem__
    train(model, ([[1]], [[4]]), lr=9, schedule=schedule, epochs=2)
    assert model.weight.value == 1


def test_max_norm_clips_before_the_step():
    model = Dense([[0]])  # gradients (-8, -8), of length sqrt(128)
    history = train(model, ([[1]], [[4]]), lr=1.0, max_norm=1.0)
    assert model.weight.value == pytest.approx(math.sqrt(0.5))
    assert history.mean_gradient == [pytest.approx(math.sqrt(0.5))]


def test_validation_comes_after_each_epoch():
    model = Dense([[0]])
    history = train(
        model,
        ([[1]], [[4]]),
        lr=0.125,
        epochs=2,
        validation=([[1], [1]], [[4], [4]]),
        metric=lambda y, t: float(y[0, 0]),
    )
    assert history.train_loss == [16, 4]  # y = 0, 2, then 3
    assert history.validation_loss == [4, 1]
    assert history.accuracy == [2, 3]


def test_validation_may_be_a_stream():
    history = train(Dense([[0]]), line(), validation=Stream(line(3), 2))
    assert history.validation_loss == [pytest.approx((0 + 4 + 16) / 3)]


# Early stopping.


class Planned:
    """A model with statistics, and a loss whose values on the validation
    data, targets of 99, are planned. `snapshots` has the epochs."""

    validation = (np.zeros((1, 2)), np.full((1, 1), 99))

    def __init__(self, *plan):
        self.model = Sequential(BatchNorm(2), Dense([[1], [2]]))
        self.plan, self.snapshots = iter(plan), []

    def loss(self, y, t):
        if t[0, 0] != 99:
            return mse(y, t)
        self.snapshots.append(snapshot(self.model))
        L = next(self.plan)
        if isinstance(L, KeyboardInterrupt):
            raise L
        return L, y

    def train(self, **settings):
        x = rng().standard_normal((4, 2))
        data = x, x[:, :1]
        settings = {"validation": self.validation} | settings
        return train(self.model, data, 0.01, self.loss, **settings)


def test_it_stops_after_epochs_without_a_lower_validation_loss():
    planned = Planned(3, 1, 2, 1)  # 1 again is not lower
    history = planned.train(epochs=9, patience=2)
    assert history.validation_loss == [3, 1, 2, 1]
    assert history.best == 1
    assert history.stopped == "no better for 2 epochs"


def test_a_lower_loss_renews_the_patience():
    planned = Planned(5, 6, 4, 6, 3)
    history = planned.train(epochs=5, patience=2)
    assert history.validation_loss == [5, 6, 4, 6, 3]
    assert history.stopped == "all epochs done"


@pytest.mark.parametrize(
    ("plan", "best"), [((3, 1, 2, 1), 1), ((1, 2), 0), ((3, 2, 1), 2)]
)
def test_the_best_epoch_is_put_back_statistics_and_all(plan, best):
    planned = Planned(*plan)
    own = arrays(planned.model)
    planned.train(epochs=len(plan), patience=2)
    now = snapshot(planned.model)
    for epoch, then in enumerate(planned.snapshots):
        for name in ("0 BatchNorm/running_mean", "1 Dense/weight"):
            assert (now[name] == then[name]) is (epoch == best)
    assert now == planned.snapshots[best]
    assert all(arrays(planned.model)[k] is a for k, a in own.items())


def test_without_patience_the_last_epoch_stays():
    planned = Planned(1, 2, 3)
    planned.train(epochs=3)
    assert snapshot(planned.model) == planned.snapshots[2]


@pytest.mark.parametrize("patience", [0, -1])
def test_patience_is_more_than_0(patience):
    with says(
        f"fit: expected patience > 0, with validation, received {patience}"
    ):
        Planned().train(patience=patience)


def test_patience_needs_validation():
    with says("fit: expected patience > 0, with validation, received 1"):
        Planned().train(patience=1, validation=None)


# Ctrl-C.


def interrupt(after):
    """A loss that is interrupted, once it was asked so many times."""
    asked = []

    def loss(y, t):
        asked.append(y)
        if len(asked) > after:
            raise KeyboardInterrupt
        return mse(y, t)

    return loss


def test_ctrl_c_returns_the_history_and_keeps_what_was_learned():
    stopped, expected = Dense([[0]]), Dense([[0]])
    settings = {"lr": 0.001, "batch_size": 4}
    loss = interrupt(after=3)  # in the second of two batches
    history = train(stopped, line(), loss=loss, epochs=9, **settings)
    assert history.stopped == "interrupted"
    assert len(history.train_loss) == 1
    data = [*batches(*line(), 4), next(batches(*line(), 4))]
    train(expected, data, lr=0.001)
    assert snapshot(stopped) == snapshot(expected)


def test_ctrl_c_at_once_returns_an_empty_history():
    model = Dense([[0]])
    history = train(model, line(), lr=1, loss=interrupt(after=0))
    assert history.train_loss == []
    assert model.weight.value == 0


def test_ctrl_c_with_patience_puts_the_best_epoch_back():
    planned = Planned(2, 1, 3, KeyboardInterrupt())
    history = planned.train(epochs=9, patience=5)
    assert history.stopped == "interrupted"
    assert history.validation_loss == [2, 1, 3]
    assert snapshot(planned.model) == planned.snapshots[1]


# Numbers that stop being finite.


def test_a_loss_that_is_not_finite_stops_with_step_causes_and_history():
    values = iter([1.0, 2.0, math.nan])

    def loss(y, t):
        return next(values), np.zeros_like(y)

    with says(
        "fit: the loss is not finite after step 2. " + CAUSES.format("0.5"),
        Diverged,
    ) as caught:
        train(Dense([[0]]), ([[1]], [[1]]), lr=0.5, loss=loss, epochs=9)
    assert caught.value.history.train_loss == [1, 2]


def test_a_learning_rate_that_is_too_large_is_named():
    with says(
        "fit: the output is not finite after step 2. "
        + CAUSES.format("1e+30"),
        Diverged,
    ):
        train(Dense([[0]]), [([[1]], [[4]])] * 9, lr=1e30)


def test_a_parameter_that_is_not_finite_is_found_after_the_last_step():
    with says(
        "fit: a parameter is not finite after step 1. " + CAUSES.format("1"),
        Diverged,
    ) as caught:
        train(Dense([[0]]), ([[1e30]], [[1e20]]), lr=1)
    assert caught.value.history.train_loss == []


def test_a_gradient_that_cannot_be_clipped_is_found():
    with says(
        "fit: a gradient is not finite after step 0. " + CAUSES.format("1"),
        Diverged,
    ):
        train(Dense([[0]]), ([[1e30]], [[1e20]]), lr=1, max_norm=1)


def test_an_output_that_is_not_finite_in_validation_is_found():
    with says(
        "fit: the output is not finite after step 1. " + CAUSES.format("0"),
        Diverged,
    ) as caught:
        train(Dense([[1e20]]), ([[1]], [[1]]), validation=([[1e30]], [[1]]))
    assert caught.value.history.train_loss == []


def test_a_validation_loss_that_is_not_finite_is_found():
    with says(
        "fit: the loss is not finite after step 2. " + CAUSES.format("0.01"),
        Diverged,
    ) as caught:
        Planned(1, math.nan).train(epochs=2, patience=1)
    assert caught.value.history.validation_loss == [1]


def test_diverged_is_an_arithmetic_error():
    assert issubclass(Diverged, ArithmeticError)


# What is refused, before anything is learned.

PAIR = "fit: expected examples x, and as many targets, received {}"
ROW = "fit: expected finite numbers, received nan or inf in row 1"
KIND = "expected arrays (x, target), or an iterable of batches like them"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (([[1], [2]], [[1]]), PAIR.format("(2, 1) and (1, 1)")),
        ((np.ones((0, 1)), np.ones((0, 1))), PAIR.format("(0, 1) and (0, 1)")),
        (([[1], [np.nan]], [[1], [1]]), ROW),
        (([[1], [1]], [[1], [np.inf]]), ROW),
        ([([[1], [np.nan]], [[1], [1]])], ROW),
        ((["a"], [1]), "fit: x: expected real numbers, received <U1"),
        (([1], ["a"]), "fit: target: expected real numbers, received <U1"),
        (([[1]],), f"fit: {KIND}, received 1 things"),
        (([[1]], [[1]], [[1]]), f"fit: {KIND}, received 3 things"),
        (7, f"fit: {KIND}, received <class 'int'>"),
        ([], "fit: expected a batch in every epoch, received none: is it an "
             "iterator?"),
    ],
)  # fmt: skip
def test_bad_data_is_refused(data, text):
    model = Dense([[0]])
    with says(text):
        train(model, data, lr=1)
    assert model.weight.value == 0


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"batch_size": 0}, "batches: expected a size of 1 or more, "
                            "received 0"),
        ({"rng": 1}, "batches: expected rng=numpy.random.default_rng(seed), "
                     "received 1"),
        ({"max_norm": 0}, "fit: expected max_norm > 0, received 0"),
        ({"epochs": -1}, "fit: expected epochs >= 0, received -1"),
        ({"epochs": 1.5}, "fit: expected epochs >= 0, received 1.5"),
        ({"schedule": lambda step: math.nan}, "SGD: expected lr >= 0, "
                                              "received nan"),
        ({"validation": ([[1]], [])}, "fit: validation: expected examples "
                                      "x, and as many targets, received "
                                      "(1, 1) and (0,)"),
    ],
)  # fmt: skip
def test_bad_settings_are_refused(settings, text):
    with says(text):
        train(Dense([[0]]), line(), **settings)


def test_a_generator_serves_one_epoch_and_is_refused_in_the_second():
    assert train(Dense([[0]]), batches(*line())).stopped == "all epochs done"
    with says(
        "fit: expected a batch in every epoch, received none: "
        "is it an iterator?"
    ):
        train(Dense([[0]]), batches(*line()), epochs=2)
    with says("evaluate: expected one batch at least, received none"):
        train(Dense([[0]]), line(), validation=batches(*line()), epochs=2)


def test_no_epochs_change_nothing():
    model = Dense([[0]])
    history = train(model, line(), lr=1, epochs=0)
    assert history.train_loss == []
    assert model.weight.value == 0


# Progress.


def show(**settings):
    validation = [[1]], [[4]]
    train(
        Dense([[0]]),
        ([[1]], [[4]]),
        lr=0.125,
        epochs=2,
        validation=validation,
        metric=lambda y, t: 0.5,
        **settings,
    )


def test_progress_is_a_bar(capsys):
    show(progress=True)
    out, err = capsys.readouterr()
    assert out == ""
    assert "2/2" in err
    assert (
        "epoch 2  loss 4.0000  validation 1.0000"
        "  accuracy 0.5000  gradient 4.0e+00"
    ) in err
    assert re.search("epoch/s|s/epoch", err)
    # It is not drawn between two states, with what is yet to be counted.
    assert not re.search("0/2[^\r]*loss", err)


def test_progress_is_shown_unless_told(capsys):
    model = Dense([[0]])
    fit(model, mse, SGD(model.params, lr=0), line(), epochs=1)
    assert "1/1" in capsys.readouterr().err


def test_progress_is_a_line_an_epoch_without_tqdm(capsys, monkeypatch):
    real = builtins.__import__

    def absent(name, *args, **kwargs):
        if name == "tqdm":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", absent)
    show(progress=True)
    assert capsys.readouterr().out == (
        "epoch 1  loss 16.0000  validation 4.0000"
        "  accuracy 0.5000  gradient 8.0e+00\n"
        "epoch 2  loss 4.0000  validation 1.0000"
        "  accuracy 0.5000  gradient 4.0e+00\n"
    )


def test_no_progress_prints_nothing(capsys):
    show()
    assert capsys.readouterr() == ("", "")
