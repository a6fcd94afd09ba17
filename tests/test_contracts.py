"""What every layer and every loss promises."""

import copy
import importlib
import inspect
import pickle
import pkgutil

import numpy as np
import pytest
from errors import says
from registry import LAYERS, LOSSES, inputs, layer_named, pullback

import nn
from nn import SGD, Dense, Layer, Residual, Sequential, clip_gradients
from nn.models import parts

DTYPES = [np.float32, np.float64]
every_layer = pytest.mark.parametrize("name", LAYERS)
every_loss = pytest.mark.parametrize("name", LOSSES)
every_dtype = pytest.mark.parametrize("dtype", DTYPES)


def read_only(array):
    array.setflags(write=False)
    return array


def some_like(y):
    rng = np.random.default_rng(4)
    return read_only(rng.standard_normal(y.shape).astype(y.dtype))


def grads_of(layer):
    return [p.grad.copy() for p in layer.params]


def same(a, b):
    for x, y in zip(a, b, strict=True):
        np.testing.assert_array_equal(x, y)


# ---- the registry and the package are complete


def everything():
    """What the modules of nn define."""
    for info in pkgutil.iter_modules(nn.__path__, "nn."):
        module = importlib.import_module(info.name)
        for thing in vars(module).values():
            if getattr(thing, "__module__", None) == module.__name__:
                yield thing


def test_the_registry_has_every_layer():
    layers = {
        thing.__name__
        for thing in everything()
        if inspect.isclass(thing)
        and hasattr(thing, "forward")
        and hasattr(thing, "backward")
    }
    models = [layer_named(name) for name in LAYERS]
    found = {type(layer) for layer in models}
    assert layers - {"Layer", "Elementwise"} == {f.__name__ for f in found}
    assert {f.__name__ for f in found} <= set(nn.__all__)
    assert all(isinstance(layer, Layer) for layer in models)


def test_the_registry_has_a_model_in_a_model():
    names = [name for name, _ in parts(layer_named("Sequential"))]
    assert "2 Residual/2 BatchNorm" in names


def test_the_registry_has_every_loss():
    losses = {
        thing.__name__
        for thing in everything()
        if inspect.isfunction(thing)
        and thing.__annotations__.get("return") == "tuple[float, Array]"
    }
    found = {loss.__name__ for loss, _ in LOSSES.values()}
    assert losses == found
    assert found <= set(nn.__all__)


def test_all_names_are_there_and_documented():
    assert len(nn.__all__) == len(set(nn.__all__))
    for name in nn.__all__:
        assert getattr(nn, name).__doc__, name


def test_all_names_every_name_that_the_package_imports():
    imported = {
        name
        for name, thing in vars(nn).items()
        if not name.startswith("_") and not inspect.ismodule(thing)
    }
    assert imported == set(nn.__all__)


# ---- layers


@every_dtype
@every_layer
def test_the_dtype_is_kept(name, dtype):
    layer, x = layer_named(name, dtype), inputs(dtype=dtype)
    assert layer.forward(x).dtype == dtype
    y = layer.forward(x, train=True)
    assert y.dtype == dtype
    assert pullback(layer, some_like(y)).dtype == dtype
    for p in layer.params:
        assert p.value.dtype == p.grad.dtype == dtype


@every_dtype
@every_layer
def test_shapes_belong_together(name, dtype):
    layer, x = layer_named(name, dtype), inputs(dtype=dtype)
    y = layer.forward(x, train=True)
    assert len(y) == len(x)
    assert y.shape == layer.forward(x).shape
    assert pullback(layer, some_like(y)).shape == x.shape
    assert isinstance(layer.params, tuple)
    for p in layer.params:
        assert p.value.shape == p.grad.shape


@every_dtype
@every_layer
def test_arguments_may_be_read_only_and_are_not_written(name, dtype):
    layer, x = layer_named(name, dtype), read_only(inputs(dtype=dtype))
    before = x.copy()
    layer.forward(x)
    y = layer.forward(x, train=True)
    read_only(y)  # the next layer's argument
    dy = some_like(y)
    dy_before, y_before = dy.copy(), y.copy()
    pullback(layer, dy)
    same([before, dy_before, y_before], [x, dy, y])


@every_layer
def test_neither_way_changes_a_parameters_value(name):
    layer = layer_named(name)
    for p in layer.params:
        read_only(p.value)
    y = layer.forward(inputs(), train=True)
    pullback(layer, some_like(y))


@every_layer
def test_parameters_keep_their_arrays(name):
    layer = layer_named(name)
    params = layer.params
    arrays = [a for p in params for a in (p.value, p.grad)]
    values = [p.value.copy() for p in params]
    y = layer.forward(inputs(), train=True)
    pullback(layer, some_like(y))
    if params:
        clip_gradients(params, 1e-3)
        SGD(params, lr=1).step()
    assert all(p is q for p, q in zip(layer.params, params, strict=True))
    after = [a for p in params for a in (p.value, p.grad)]
    assert all(a is b for a, b in zip(after, arrays, strict=True))
    for p, value in zip(params, values, strict=True):
        assert (p.value != value).any()  # they did learn


@every_layer
def test_gradients_are_overwritten_not_added_to(name):
    layer = layer_named(name)
    for p in layer.params:
        p.grad[...] = np.nan
    dy = some_like(layer.forward(inputs(), train=True))
    dx, grads = pullback(layer, dy), grads_of(layer)
    assert all(np.isfinite(g).all() for g in grads)
    same([dx, *grads], [pullback(layer, dy), *grads_of(layer)])


@every_layer
def test_the_last_batch_may_be_short(name):
    layer, x = layer_named(name), inputs()
    for size in (6, 3):
        y = layer.forward(x[:size], train=True)
        assert pullback(layer, some_like(y)).shape == (size, 4)
    rng = np.random.default_rng(0)
    errors = nn.check_gradients(layer, x[:3], rng=rng)
    assert max(errors.values()) < 1e-7


@every_layer
def test_in_use_nothing_is_kept_and_nothing_changes(name):
    layer = layer_named(name)
    before = pickle.dumps(layer)
    layer.forward(inputs())
    assert pickle.dumps(layer) == before


@every_layer
def test_using_a_layer_does_not_disturb_its_training(name):
    layer = layer_named(name)
    dy = some_like(layer.forward(inputs(), train=True))
    alone = copy.deepcopy(layer)
    layer.forward(inputs(2, seed=5))
    dx = pullback(layer, dy)
    same([dx, *grads_of(layer)], [pullback(alone, dy), *grads_of(alone)])


@every_layer
def test_in_use_rows_are_answered_one_by_one(name):
    layer, x = layer_named(name), inputs()
    y = layer.forward(x)
    for i in range(len(x)):
        row = layer.forward(x[i : i + 1])
        np.testing.assert_allclose(row, y[i : i + 1], rtol=1e-12)


@every_dtype
@every_layer
def test_no_rows_give_no_rows(name, dtype):
    layer = layer_named(name, dtype)
    y = layer.forward(np.zeros((0, 4), dtype))
    assert y.shape == (0, layer.forward(inputs(dtype=dtype)).shape[1])
    assert y.dtype == dtype


def innermost(layer):
    """The layer that is the first to go back."""
    while isinstance(layer, (Sequential, Residual)):
        layer = layer.layers[-1]
    return type(layer).__name__


@every_layer
def test_backward_without_forward_in_training_says_what_to_call(name):
    layer = layer_named(name)
    dy = some_like(layer.forward(inputs()))
    inner = innermost(layer)
    text = f"call {inner}.forward(x, train=True) first"
    with says(f"{inner}.backward: {text}", RuntimeError):
        layer.backward(dy)


@every_layer
def test_a_gradient_of_another_length_is_refused_and_nothing_written(name):
    layer = layer_named(name)
    y = layer.forward(inputs(), train=True)
    n, d = y.shape
    text = f"expected shape {(n, d)}, received {(n - 1, d)}"
    with says(f"{innermost(layer)}.backward: dy: {text}"):
        layer.backward(some_like(y[1:]))
    assert not any(g.any() for g in grads_of(layer))


@every_layer
def test_copies_and_pickles_work_alike(name):
    layer = layer_named(name)
    layer.forward(inputs(), train=True)
    twins = copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))
    y = layer.forward(inputs(), train=True)
    for twin in twins:
        same([y], [twin.forward(inputs(), train=True)])


def test_two_layers_share_no_array():
    W = np.eye(2)
    a, b = Dense(W), Dense(W)
    a.weight.value += 1
    assert b.weight.value.tolist() == np.eye(2).tolist()
    assert W.tolist() == np.eye(2).tolist()


# ---- losses


def case(name, dtype=np.float64):
    loss, target = LOSSES[name]
    rng = np.random.default_rng(0)
    p = read_only(rng.standard_normal((5, 3)).astype(dtype))
    return loss, p, read_only(np.asarray(target(rng)))


@every_dtype
@every_loss
def test_a_loss_is_a_float_and_its_gradient_like_the_prediction(name, dtype):
    loss, p, t = case(name, dtype)
    L, dp = loss(p, t)
    assert type(L) is float
    assert (dp.shape, dp.dtype) == (p.shape, dtype)


@every_loss
def test_a_loss_writes_to_neither_argument(name):
    loss, p, t = case(name)
    before = p.copy(), t.copy()
    _, dp = loss(p, t)
    same(before, (p, t))
    assert not np.shares_memory(dp, p)
    assert not np.shares_memory(dp, t)


@every_loss
def test_the_order_of_the_rows_does_not_matter(name):
    loss, p, t = case(name)
    order = np.array([3, 0, 4, 1, 2])
    L, dp = loss(p, t)
    L_shuffled, dp_shuffled = loss(p[order], t[order])
    assert pytest.approx(L, rel=1e-14) == L_shuffled
    np.testing.assert_allclose(dp_shuffled, dp[order], rtol=1e-14)


@every_loss
def test_one_row_is_a_batch_and_all_rows_are_their_mean(name):
    loss, p, t = case(name)
    each = [loss(p[i : i + 1], t[i : i + 1])[0] for i in range(len(p))]
    assert loss(p, t)[0] == pytest.approx(np.mean(each), rel=1e-14)
