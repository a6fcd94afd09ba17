"""Every layer and every loss, once, for the tests that concern them all.

A layer here takes inputs (n, 4); `test_contracts` asserts that none is
missing."""

import numpy as np

from nn import (
    GELU,
    BatchNorm,
    Dense,
    Dropout,
    LeakyReLU,
    ReLU,
    Residual,
    Sequential,
    Sigmoid,
    Softmax,
    Tanh,
    binary_cross_entropy,
    huber,
    mean_squared_error,
    softmax_cross_entropy,
)


def dense(d_out, rng, dtype):
    W = rng.standard_normal((4, d_out)).astype(dtype)
    return Dense(W, bias=rng.standard_normal(d_out).astype(dtype))


def batch_norm(rng, dtype):
    layer = BatchNorm(4, dtype=dtype)
    for p in layer.params:
        p.value += rng.standard_normal(4)
    layer.running_mean += rng.standard_normal(4)
    layer.running_variance += rng.random(4)
    return layer


def nested(rng, dtype):
    block = Residual(dense(4, rng, dtype), GELU(), batch_norm(rng, dtype))
    return Sequential(
        Tanh(),
        dense(4, rng, dtype),
        Sequential(block, Residual(LeakyReLU()), Sigmoid()),
        dense(3, rng, dtype),
    )


LAYERS = {  # name: (rng, dtype) -> layer
    "Dense": lambda rng, dtype: dense(3, rng, dtype),
    "ReLU": lambda rng, dtype: ReLU(),
    "LeakyReLU": lambda rng, dtype: LeakyReLU(0.1),
    "GELU": lambda rng, dtype: GELU(),
    "Sigmoid": lambda rng, dtype: Sigmoid(),
    "Tanh": lambda rng, dtype: Tanh(),
    "Softmax": lambda rng, dtype: Softmax(),
    "BatchNorm": batch_norm,
    "Residual": lambda rng, dtype: Residual(dense(4, rng, dtype), Tanh()),
    "Dropout": lambda rng, dtype: Dropout(0.4, rng=rng),
    "Sequential": nested,
}


def labels(rng):
    return rng.integers(0, 3, 5)


def rows(rng):
    return rng.dirichlet(np.ones(3), 5)


LOSSES = {  # name: (loss, rng -> a target for predictions (5, 3))
    "mean_squared_error": (
        mean_squared_error,
        lambda rng: rng.standard_normal((5, 3)),
    ),
    "huber": (huber, lambda rng: rng.standard_normal((5, 3))),
    "binary_cross_entropy": (
        binary_cross_entropy,
        lambda rng: rng.random((5, 3)),
    ),
    "softmax_cross_entropy, labels": (softmax_cross_entropy, labels),
    "softmax_cross_entropy, rows": (softmax_cross_entropy, rows),
}


def inputs(n=6, dtype=np.float64, seed=1):
    """Rows (n, 4) whose numbers lie 0.2 or more from the kink at 0."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(0.2, 2, (n, 4)) * rng.choice([-1, 1], (n, 4))
    return x.astype(dtype)


def layer_named(name, dtype=np.float64):
    return LAYERS[name](np.random.default_rng(2), dtype)


def pullback(layer, dy):
    """dL/dx, from a Sequential as well."""
    if isinstance(layer, Sequential):
        return layer.backward(dy, need_dx=True)
    return layer.backward(dy)
