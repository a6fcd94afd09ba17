"""Optimizers: first steps by hand, and errors. docs/parity.py compares
their long ways with PyTorch's."""

import math
import tracemalloc

import numpy as np
import pytest
from errors import says

from nn import (
    SGD,
    AdaGrad,
    Adam,
    AdamW,
    Dense,
    Parameter,
    RMSProp,
    Sequential,
    clip_gradients,
    mean_squared_error,
)
from nn.optimizers import Optimizer

ALL = [SGD, AdaGrad, RMSProp, Adam, AdamW]


def walk(optimizer, gradients, start=0.0, **settings):
    """Where one number, in float64, stands after each step."""
    p = Parameter(np.array([start]))
    steps, places = optimizer([p], **settings), []
    for g in gradients:
        p.grad[:] = g
        steps.step()
        places.append(p.value.item())
    return places


def test_sgd_steps_against_the_gradient():
    assert walk(SGD, [4, -2], lr=0.5) == [-2, -1]


def test_momentum_remembers_past_gradients():
    # m = 4, then 4/2 + 4 = 6, then 6/2 + 0 = 3
    places = walk(SGD, [4, 4, 0], lr=1, momentum=0.5)
    assert places == [-4, -10, -13]


def test_nesterov_looks_ahead():
    # m as above; each step is g + m/2 = 6, then 7, then 1.5
    places = walk(SGD, [4, 4, 0], lr=1, momentum=0.5, nesterov=True)
    assert places == [-6, -13, -14.5]


@pytest.mark.parametrize("optimizer", [SGD, AdaGrad, RMSProp, Adam])
def test_weight_decay_adds_to_the_gradient_and_leaves_it_alone(optimizer):
    p, q = Parameter(np.array([3.0])), Parameter(np.array([3.0]))
    p.grad[:], q.grad[:] = 1, 1 + 0.5 * 3
    optimizer([p], weight_decay=0.5).step()
    optimizer([q]).step()
    assert p.value == q.value
    assert p.grad == [1]


def test_adamw_decays_apart_from_the_gradient():
    # 8 (1 - 0.5 * 0.25) = 7, then lr against the sign of g
    places = walk(AdamW, [1e6], start=8, lr=0.5, weight_decay=0.25)
    assert places == [pytest.approx(6.5)]


def test_adagrad_divides_by_all_past_gradients():
    places = walk(AdaGrad, [3, 4], lr=1, eps=0)
    assert places == [-1, pytest.approx(-1 - 4 / 5)]


def test_rmsprop_forgets_old_gradients():
    # v = 3/4 · 16 = 12, then 12/4 + 3/4 · 16 = 15
    places = walk(RMSProp, [4, 4], lr=1, alpha=0.25, eps=0)
    assert places[0] == pytest.approx(-4 / math.sqrt(12))
    assert places[1] - places[0] == pytest.approx(-4 / math.sqrt(15))


def test_adams_first_step_is_lr_however_long_the_gradient():
    for g in (1e-3, 1, 1e3):
        (place,) = walk(Adam, [g], lr=0.5, eps=0)
        assert place == pytest.approx(-0.5)


def test_adams_second_step_by_hand():
    # m = 4/2, then 2/2 + 0 = 1, corrected by 1 - 1/4
    # v = 16/4, then 4 · 3/4 + 0 = 3, corrected by 1 - 9/16
    places = walk(Adam, [4, 0], lr=1, betas=(0.5, 0.75), eps=0)
    m, v = 1 / (3 / 4), 3 / (7 / 16)
    assert places == [-1, pytest.approx(-1 - m / math.sqrt(v))]


@pytest.mark.parametrize(
    ("optimizer", "root"), [(AdaGrad, 1), (RMSProp, 0.5), (Adam, 1)]
)
def test_eps_is_added_to_the_root(optimizer, root):
    settings = {"alpha": 0.75} if optimizer is RMSProp else {}
    (place,) = walk(optimizer, [1], lr=1, eps=3, **settings)
    assert place == pytest.approx(-1 / (root + 3))


@pytest.mark.parametrize("optimizer", [AdaGrad, RMSProp, Adam, AdamW])
def test_a_gradient_of_0_moves_nothing_and_is_silent(optimizer):
    assert walk(optimizer, [0, 0], weight_decay=0) == [0, 0]


@pytest.mark.parametrize("optimizer", ALL)
def test_lr_may_be_set_between_steps(optimizer):
    p = Parameter(np.array([1.0]))
    p.grad[:] = 1
    steps = optimizer([p])
    steps.lr = 0
    steps.step()
    assert p.value == [1]
    steps.lr = 0.1
    steps.step()
    assert p.value < 1
    assert steps.steps == 2


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("optimizer", ALL)
def test_values_are_written_in_place_and_gradients_are_only_read(
    optimizer, dtype
):
    params = [Parameter(np.ones(s, dtype)) for s in [(2, 3), (3,)]]
    values = [p.value for p in params]
    for p in params:
        p.grad[:] = 1
        p.grad.setflags(write=False)
    steps = optimizer(iter(params), lr=0.1, weight_decay=0.1)
    for _ in range(3):
        steps.step()
    for p, value in zip(params, values, strict=True):
        assert p.value is value
        assert value.dtype == dtype
        assert (value < 1).all()


@pytest.mark.parametrize("optimizer", ALL)
def test_each_finds_the_least_of_a_parabola(optimizer):
    model = Sequential(Dense(np.zeros((1, 1)), np.zeros(1)))
    x, t = np.array([[-1.0], [0], [1]]), np.array([[-1.0], [1], [3]])
    settings = {AdaGrad: {"lr": 0.5}, AdamW: {"weight_decay": 0}}
    steps = optimizer(model.params, **settings.get(optimizer, {}))
    for step in range(1500):
        if optimizer is not AdaGrad:
            steps.lr = 0.05 * 0.99 ** (step / 5)
        _, dy = mean_squared_error(model.forward(x, train=True), t)
        model.backward(dy)
        steps.step()
    found = [p.value.item() for p in model.params]
    assert found == pytest.approx([2, 1], abs=0.01)  # t = 2x + 1


# ---- clip_gradients


def parameters_with(*gradients):
    params = [Parameter(np.zeros(len(g))) for g in gradients]
    for p, g in zip(params, gradients, strict=True):
        p.grad[:] = g
    return params


def test_long_gradients_are_shortened_together():
    params = parameters_with([2.0, 3], [6])  # length 7
    grads = [p.grad for p in params]
    assert clip_gradients(iter(params), max_norm=3.5) == 7
    np.testing.assert_allclose(grads[0], [1, 1.5], rtol=1e-6)
    np.testing.assert_allclose(grads[1], [3], rtol=1e-6)
    assert all(p.grad is g for p, g in zip(params, grads, strict=True))


def test_short_gradients_stay_as_they_are():
    (p,) = params = parameters_with([3.0, 4])
    assert clip_gradients(params, max_norm=6) == 5
    assert p.grad.tolist() == [3, 4]


def test_gradients_of_0_have_length_0():
    assert clip_gradients(parameters_with([0]), max_norm=1) == 0


def test_lengths_are_summed_in_float64():
    p = Parameter(np.zeros(2, np.float32))
    p.grad[:] = 3e38, 0  # its square is no float32
    assert clip_gradients([p], max_norm=1) == pytest.approx(3e38)
    assert p.grad == pytest.approx([1, 0])


@pytest.mark.parametrize("max_norm", [0, -1, np.nan])
def test_the_longest_length_is_above_0(max_norm):
    text = f"expected max_norm > 0, received {max_norm}"
    with says(f"clip_gradients: {text}"):
        clip_gradients([], max_norm)


@pytest.mark.parametrize("bad", [np.inf, np.nan])
def test_a_length_that_is_not_finite_is_refused_and_nothing_scaled(bad):
    params = parameters_with([3.0, 4], [bad])
    with says(f"clip_gradients: expected a finite length, received {bad}"):
        clip_gradients(params, max_norm=1)
    assert params[0].grad.tolist() == [3, 4]


def test_gradients_are_divided_by_their_length_and_a_millionth():
    p = Parameter(np.zeros(2))
    p.grad[:] = 3e-6, 4e-6
    clip_gradients([p], max_norm=1e-6)
    np.testing.assert_allclose(p.grad, [3e-6 / 6, 4e-6 / 6], rtol=1e-12)


# ---- errors


@pytest.mark.parametrize("optimizer", ALL)
@pytest.mark.parametrize("params", [(), (3,)])
def test_parameters_are_needed(optimizer, params):
    text = f"expected Parameters: model.params, received {params}"
    with says(f"{optimizer.__name__}: {text}"):
        optimizer(params)


def test_a_model_is_no_parameters():
    with says("SGD: expected Parameters: model.params, received ()"):
        SGD(3)


@pytest.mark.parametrize("lr", [-1, np.inf, np.nan])
@pytest.mark.parametrize("optimizer", ALL)
def test_a_step_with_a_wrong_lr_moves_nothing(optimizer, lr):
    p = Parameter([1])
    p.grad[:] = 1
    steps = optimizer([p])
    steps.lr = lr
    with says(f"{optimizer.__name__}: expected lr >= 0, received {lr}"):
        steps.step()
    with says(f"{optimizer.__name__}: expected lr >= 0, received {lr}"):
        optimizer([p], lr=lr)
    assert (p.value, steps.steps) == ([1], 0)


@pytest.mark.parametrize(
    ("optimizer", "setting"),
    [(each, "weight_decay") for each in ALL]
    + [(SGD, "momentum")]
    + [(each, "eps") for each in ALL[1:]],
)
@pytest.mark.parametrize("wrong", [-1, np.inf, np.nan])
def test_settings_are_not_negative(optimizer, setting, wrong):
    text = f"expected {setting} >= 0, received {wrong}"
    with says(f"{optimizer.__name__}: {text}"):
        optimizer([Parameter([1])], **{setting: wrong})


def test_nesterov_needs_a_momentum():
    with says("SGD: expected a momentum for nesterov, received 0.0"):
        SGD([Parameter([1])], nesterov=True)


def test_an_rmsprop_that_remembers_nothing_divides_by_the_gradient():
    places = walk(RMSProp, [4, -9], lr=1, alpha=0, eps=0)
    assert places == [-1, 0]


def test_an_adam_that_remembers_nothing_divides_by_the_gradient():
    places = walk(Adam, [4, -9], lr=1, betas=(0, 0), eps=0)
    assert places == [-1, 0]


@pytest.mark.parametrize("optimizer", ALL)
def test_a_step_makes_no_new_arrays(optimizer):
    p = Parameter(np.ones(100_000))
    p.grad[:] = 1
    settings = {"momentum": 0.9} if optimizer is SGD else {}
    steps = optimizer([p], **settings)
    steps.step()
    tracemalloc.start()
    steps.step()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < p.value.nbytes / 10


@pytest.mark.parametrize("alpha", [-0.1, 1])
def test_alpha_is_a_share_below_1(alpha):
    with says(f"RMSProp: expected alpha in [0, 1), received {alpha}"):
        RMSProp([Parameter([1])], alpha=alpha)


@pytest.mark.parametrize("optimizer", [Adam, AdamW])
@pytest.mark.parametrize("betas", [(0.9, 1), (-0.1, 0.9), (0.9,)])
def test_betas_are_two_shares_below_1(optimizer, betas):
    text = f"expected two betas in [0, 1), received {betas}"
    with says(f"{optimizer.__name__}: {text}"):
        optimizer([Parameter([1])], betas=betas)


def test_a_new_optimizer_brings_its_rule():
    with pytest.raises(NotImplementedError):
        Optimizer([Parameter([1])], lr=1).step()
