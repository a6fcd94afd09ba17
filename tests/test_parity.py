"""The same numbers as PyTorch's: layers, losses, optimizers, schedules.

Whoever moves on to PyTorch shall meet no surprise."""

import inspect

import numpy as np
import pytest
from registry import LAYERS, LOSSES, inputs, layer_named, pullback

import nn
from nn import (
    SGD,
    AdaGrad,
    Adam,
    AdamW,
    BatchNorm,
    Dense,
    Dropout,
    Parameter,
    Residual,
    RMSProp,
    Sequential,
    clip_gradients,
    cosine,
    exponential_decay,
    huber,
    one_cycle,
    sigmoid,
    softmax_cross_entropy,
    step_decay,
)
from nn.optimizers import Optimizer

VERSION = "2.13.0"

try:
    import torch
except ImportError:
    torch = None


def must_be_here(torch):
    found = getattr(torch, "__version__", "none").partition("+")[0]
    if found != VERSION:
        pytest.fail(
            f"these tests need PyTorch {VERSION}, found {found}: "
            'run `make test`, or pip install -e ".[test]"',
            pytrace=False,
        )


@pytest.fixture(autouse=True)
def _torch():
    must_be_here(torch)
    torch.set_num_threads(1)


def test_without_torch_the_tests_fail_with_the_command_that_brings_it():
    text = r'found none: run `make test`, or pip install -e "\.\[test\]"'
    with pytest.raises(pytest.fail.Exception, match=text):
        must_be_here(None)


every_dtype = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def close(ours, theirs, dtype, few=50):
    """Equal up to `few` roundings of the largest number."""
    theirs = theirs.detach().numpy()
    assert ours.shape == theirs.shape
    assert ours.dtype == theirs.dtype == dtype
    atol = few * np.finfo(dtype).eps * max(1, abs(theirs).max(initial=0))
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=atol)


# ---- layers


def twin(layer):
    """PyTorch's module for a layer, with the same parameters."""
    name = type(layer).__name__
    if isinstance(layer, Dense):
        module = torch.nn.Linear(*layer.weight.value.shape)
        copy_to(module.weight, layer.weight.value.T)
        copy_to(module.bias, layer.bias.value)
        return module
    if isinstance(layer, BatchNorm):
        module = torch.nn.BatchNorm1d(len(layer.beta.value), eps=layer.eps)
        module.momentum = layer.momentum
        copy_to(module.weight, layer.gamma.value)
        copy_to(module.bias, layer.beta.value)
        copy_to(module.running_mean, layer.running_mean)
        copy_to(module.running_var, layer.running_variance)
        return module
    if isinstance(layer, Sequential):
        return torch.nn.Sequential(*map(twin, layer.layers))
    if isinstance(layer, Residual):
        return Around(*map(twin, layer.layers))
    if name == "Softmax":
        return torch.nn.Softmax(dim=-1)
    if name == "LeakyReLU":
        return torch.nn.LeakyReLU(layer.leak)
    return getattr(torch.nn, name)()


def copy_to(tensor, array):
    tensor.data = torch.tensor(np.ascontiguousarray(array))


if torch is not None:

    class Around(torch.nn.Sequential):
        def forward(self, x):
            return x + super().forward(x)


@every_dtype
@pytest.mark.parametrize("name", [n for n in LAYERS if n != "Dropout"])
def test_layers_and_their_gradients(name, dtype):
    layer, x = layer_named(name, dtype), inputs(32, dtype)
    module = twin(layer)
    x_t = torch.tensor(x, requires_grad=True)
    y, y_t = layer.forward(x, train=True), module(x_t)
    close(y, y_t, dtype)
    dy = np.random.default_rng(3).standard_normal(y.shape).astype(dtype)
    dx = pullback(layer, dy)
    y_t.backward(torch.tensor(dy))
    close(dx, x_t.grad, dtype)
    pairs = zip(layer.params, module.parameters(), strict=True)
    for p, p_t in pairs:
        close(p.grad.T, p_t.grad, dtype)
    close(layer.forward(x), module.eval()(x_t), dtype)


@every_dtype
@pytest.mark.parametrize("rate", [0.0, 0.4])
def test_dropout_scales_as_torch_does(rate, dtype):
    x = np.ones((50, 50), dtype)
    y = Dropout(rate, rng=np.random.default_rng(0)).forward(x, train=True)
    y_t = torch.nn.Dropout(rate)(torch.tensor(x)).numpy()
    np.testing.assert_allclose(np.unique(y), np.unique(y_t), rtol=1e-6)


@every_dtype
@pytest.mark.parametrize("settings", [{}, {"momentum": 0.3, "eps": 0.5}])
def test_batch_norm_over_batches_and_in_use(settings, dtype):
    layer = BatchNorm(4, dtype=dtype, **settings)
    module = torch.nn.BatchNorm1d(4, **settings)
    module.to(getattr(torch, dtype.__name__))
    for size, seed in [(8, 0), (8, 1), (3, 2), (2, 3)]:
        x = 3 * inputs(size, dtype, seed) + 1
        close(layer.forward(x, train=True), module(torch.tensor(x)), dtype)
        close(layer.running_mean, module.running_mean, dtype)
        close(layer.running_variance, module.running_var, dtype)
    module.eval()
    for rows in (5, 1):
        x = inputs(rows, dtype)
        close(layer.forward(x), module(torch.tensor(x)), dtype)


def test_sigmoid_and_gelu_far_out():
    x = np.array([-700, -100, -30, -5, 5, 30, 100, 700.0])
    exact = torch.special.expit(torch.tensor(x)).numpy()
    np.testing.assert_allclose(sigmoid(x), exact, rtol=1e-14)
    y_t = torch.nn.functional.gelu(torch.tensor(x))
    close(layer_named("GELU").forward(x), y_t, np.float64)


# ---- losses


def torch_loss(name):
    F = torch.nn.functional
    return {
        "mean_squared_error": F.mse_loss,
        "huber": F.huber_loss,
        "binary_cross_entropy": F.binary_cross_entropy_with_logits,
    }.get(name, F.cross_entropy)


@every_dtype
@pytest.mark.parametrize("size", [1, 10, 1e4])
@pytest.mark.parametrize("name", LOSSES)
def test_losses_and_their_gradients(name, size, dtype):
    loss, target = LOSSES[name]
    rng = np.random.default_rng(0)
    p = (size * rng.standard_normal((5, 3))).astype(dtype)
    t = target(rng)
    t = t if t.dtype.kind == "i" else t.astype(dtype)
    p_t = torch.tensor(p, requires_grad=True)
    value_t = torch_loss(name)(p_t, torch.tensor(t))
    value_t.backward()
    value, dp = loss(p, t)
    few = float(50 * np.finfo(dtype).eps)
    assert value == pytest.approx(value_t.item(), rel=few)
    close(dp, p_t.grad, dtype)


@pytest.mark.parametrize("delta", [0.1, 1.0, 3.0])
def test_huber_bends_where_torchs_does(delta):
    p = np.linspace(-4, 4, 33)
    p_t = torch.tensor(p, requires_grad=True)
    zeros = np.zeros(33)
    value_t = torch.nn.functional.huber_loss(
        p_t, torch.tensor(zeros), delta=delta
    )
    value_t.backward()
    value, dp = huber(p, zeros, delta)
    assert value == pytest.approx(value_t.item(), rel=1e-14)
    close(dp, p_t.grad, np.float64)


@pytest.mark.parametrize("size", [1000.0, 1e4, 3e38])
def test_float32_logits_of_any_size_cost_what_torch_says_in_float64(size):
    z = np.float32([[size, -size, 0], [0, 1, 2], [-size, size, size]])
    labels = np.array([1, 2, 0])
    z_t = torch.tensor(z.astype(np.float64), requires_grad=True)
    value_t = torch.nn.functional.cross_entropy(z_t, torch.tensor(labels))
    value_t.backward()
    value, dz = softmax_cross_entropy(z, labels)
    assert value == pytest.approx(value_t.item(), rel=1e-14)
    np.testing.assert_allclose(dz, z_t.grad, rtol=1e-6)


# ---- optimizers

NAMES = {
    SGD: "SGD",
    AdaGrad: "Adagrad",
    RMSProp: "RMSprop",
    Adam: "Adam",
    AdamW: "AdamW",
}
SETTINGS = [
    (SGD, {}),
    (SGD, {"lr": 0.1, "weight_decay": 0.1}),
    (SGD, {"lr": 0.1, "momentum": 0.9}),
    (SGD, {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.1}),
    (SGD, {"lr": 0.1, "momentum": 0.9, "nesterov": True}),
    (
        SGD,
        {"lr": 0.1, "momentum": 0.5, "nesterov": True, "weight_decay": 0.1},
    ),
    (AdaGrad, {}),
    (AdaGrad, {"lr": 0.1, "weight_decay": 0.1, "eps": 1e-3}),
    (RMSProp, {}),
    (RMSProp, {"lr": 2e-3, "alpha": 0.9, "weight_decay": 0.1}),
    (RMSProp, {"alpha": 0.5, "eps": 1e-3}),
    (Adam, {}),
    (Adam, {"lr": 2e-3, "betas": (0.8, 0.9), "weight_decay": 0.1}),
    (Adam, {"lr": 0.1, "betas": (0.0, 0.99), "eps": 1e-3}),
    (AdamW, {}),
    (AdamW, {"lr": 0.1, "weight_decay": 0.5}),
    (AdamW, {"lr": 0.1, "betas": (0.5, 0.9), "weight_decay": 0}),
]


def label(case):
    optimizer, settings = case
    return f"{optimizer.__name__} {settings or 'as it comes'}"


def test_every_optimizer_is_compared():
    kinds = {
        kind
        for kind in vars(nn).values()
        if inspect.isclass(kind) and issubclass(kind, Optimizer)
    }
    assert kinds == set(NAMES) == {kind for kind, _ in SETTINGS}


@every_dtype
@pytest.mark.parametrize("case", SETTINGS, ids=label)
def test_200_steps_of_an_optimizer(case, dtype):
    optimizer, settings = case
    rng = np.random.default_rng(0)
    # Long gradients and short ones, so short that eps counts; and none.
    scales = np.array([10, 1, 1e-3, 1e-8, 1e-10, 0])
    values = rng.standard_normal((3, 6)), rng.standard_normal(6)
    params = [Parameter(value.astype(dtype)) for value in values]
    theirs = [torch.tensor(p.value, requires_grad=True) for p in params]
    ours = optimizer(params, **settings)
    steps = getattr(torch.optim, NAMES[optimizer])(theirs, **settings)
    for step in range(200):
        for p, p_t in zip(params, theirs, strict=True):
            p.grad[:] = scales * (p.value + rng.standard_normal(p.grad.shape))
            p_t.grad = torch.tensor(p.grad)
        if step == 100:
            ours.lr = steps.param_groups[0]["lr"] = ours.lr / 2
        ours.step()
        steps.step()
        if step < 3 or step % 20 == 19:
            for p, p_t in zip(params, theirs, strict=True):
                close(p.value, p_t, dtype, few=200)


@pytest.mark.parametrize("optimizer", NAMES)
def test_defaults_are_torchs(optimizer):
    known = inspect.signature(getattr(torch.optim, NAMES[optimizer]))
    for name, ours in inspect.signature(optimizer).parameters.items():
        if name != "params":
            assert ours.default == known.parameters[name].default, name


@every_dtype
@pytest.mark.parametrize("max_norm", [0.1, 1.0, 1e3])
def test_clipping(max_norm, dtype):
    rng = np.random.default_rng(0)
    params = [Parameter(np.zeros(s, dtype)) for s in [(3, 4), (4,)]]
    theirs = [torch.tensor(p.value, requires_grad=True) for p in params]
    for p, p_t in zip(params, theirs, strict=True):
        p.grad[:] = rng.standard_normal(p.grad.shape)
        p_t.grad = torch.tensor(p.grad)
    norm = clip_gradients(params, max_norm)
    norm_t = torch.nn.utils.clip_grad_norm_(theirs, max_norm)
    assert norm == pytest.approx(norm_t.item(), rel=1e-6)
    for p, p_t in zip(params, theirs, strict=True):
        close(p.grad, p_t.grad, dtype)


def test_gradients_of_0_are_clipped_to_0():
    p, p_t = Parameter([1]), torch.ones(1, requires_grad=True)
    p_t.grad = torch.zeros(1)
    norm_t = torch.nn.utils.clip_grad_norm_([p_t], 1)
    assert clip_gradients([p], 1) == norm_t.item() == 0
    close(p.grad, p_t.grad, np.float32)


# ---- schedules

STEPS = 200


@pytest.mark.parametrize(
    ("schedule", "name", "settings"),
    [
        (step_decay(0.5, 30), "StepLR", {"step_size": 30}),
        (step_decay(0.5, 7, 0.9), "StepLR", {"step_size": 7, "gamma": 0.9}),
        (exponential_decay(0.5, 0.97), "ExponentialLR", {"gamma": 0.97}),
        (cosine(0.5, STEPS), "CosineAnnealingLR", {"T_max": STEPS}),
        (
            cosine(0.5, STEPS, final=0.1),
            "CosineAnnealingLR",
            {"T_max": STEPS, "eta_min": 0.1},
        ),
        (
            one_cycle(0.5, STEPS),
            "OneCycleLR",
            {"max_lr": 0.5, "total_steps": STEPS},
        ),
        (
            one_cycle(0.5, STEPS, rise=0.43, start=0.5, final=0.05),
            "OneCycleLR",
            {
                "max_lr": 0.5,
                "total_steps": STEPS,
                "pct_start": 0.43,
                "div_factor": 2,
                "final_div_factor": 10,
            },
        ),
    ],
)
def test_200_steps_of_a_schedule(schedule, name, settings):
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=0.5)
    theirs = getattr(torch.optim.lr_scheduler, name)(optimizer, **settings)
    for step in range(STEPS):
        lr = optimizer.param_groups[0]["lr"]
        assert schedule(step) == pytest.approx(lr, rel=1e-10, abs=1e-15)
        optimizer.step()
        if step < STEPS - 1:
            theirs.step()
