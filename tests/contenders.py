"""The network 784-128-64-10 on MNIST, trained in six ways, for benchmark.py.

Each is a generator without end: one `next` starts an epoch, the following
one takes `steps` steps of it, and so on. What it needs it imports itself,
so that whoever is not installed does not race."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

import numpy as np

import nn
from nn.data import slices

Array = np.ndarray[Any, Any]
Steps = Iterator[None]
SHAPES = (784, 128), (128, 64), (64, 10)
LR = {"SGD": 0.1, "Adam": 0.001}


def ours(x: Array, t: Array, size: int, rule: str, steps: int) -> Steps:
    rng = np.random.default_rng(0)
    row: list[nn.Layer] = []
    for shape in SHAPES:
        row += [nn.Dense(nn.he_normal(*shape, rng=rng)), nn.ReLU()]
    model = nn.Sequential(*row[:-1])
    optimizer = getattr(nn, rule)(model.params, LR[rule])
    while True:
        drawn = slices(x, t, size, rng)  # checked before, as in fit
        yield
        for xs, ts in islice(drawn, steps):
            logits = model.forward(xs, train=True)
            _, dy = nn.softmax_cross_entropy(logits, ts)
            model.backward(dy)
            optimizer.step()
        yield


def pytorch(x: Array, t: Array, size: int, rule: str, steps: int) -> Steps:
    import torch

    torch.set_num_threads(1)
    xs, ts = torch.from_numpy(x), torch.from_numpy(t)
    row: list[torch.nn.Module] = []
    for shape in SHAPES:
        row += [torch.nn.Linear(*shape), torch.nn.ReLU()]
    model = torch.nn.Sequential(*row[:-1])
    optimizer = getattr(torch.optim, rule)(model.parameters(), LR[rule])
    while True:
        order = torch.randperm(len(x))
        yield
        for pick in order[: steps * size].split(size):
            logits = model(xs[pick])
            loss = torch.nn.functional.cross_entropy(logits, ts[pick])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        yield


def sklearn(x: Array, t: Array, size: int, rule: str, steps: int) -> Steps:
    """It checks and shuffles what one call is given: here a slice."""
    from sklearn.neural_network import MLPClassifier

    settings = {"learning_rate_init": LR[rule], "momentum": 0, "alpha": 0}
    model = MLPClassifier(
        (128, 64), solver=rule.lower(), batch_size=size, **settings
    )
    rows = slice(steps * size)
    while True:
        yield
        model.partial_fit(x[rows], t[rows], classes=np.arange(10))
        yield


def tutorial(x: Array, t: Array, size: int, rule: str, steps: int) -> Steps:
    """As tutorials write it: an example is a column; all is float64 and
    fresh; each epoch copies the data to shuffle it; every dA is computed."""
    rng, lr, i = np.random.default_rng(0), LR[rule], 0
    X, Y = x.T.astype(np.float64), np.eye(10)[t].T
    p = [rng.standard_normal((j, i)) * np.sqrt(2 / i) for i, j in SHAPES]
    p += [np.zeros((j, 1)) for _, j in SHAPES]
    g, m, v = ([np.zeros_like(a) for a in p] for _ in range(3))
    while True:
        order = rng.permutation(len(t))
        X_shuffled, Y_shuffled = X[:, order], Y[:, order]
        yield
        for k in range(0, steps * size, size):
            A, y = [X_shuffled[:, k : k + size]], Y_shuffled[:, k : k + size]
            for n in range(3):
                Z = np.dot(p[n], A[n]) + p[n + 3]
                A.append(np.maximum(0, Z))
            e = np.exp(Z - np.max(Z, axis=0, keepdims=True))
            P = e / np.sum(e, axis=0, keepdims=True)
            _loss = -np.sum(y * np.log(P + 1e-8)) / size
            dZ = P - y
            for n in (2, 1, 0):
                g[n] = np.dot(dZ, A[n].T) / size
                g[n + 3] = np.sum(dZ, axis=1, keepdims=True) / size
                dA = np.dot(p[n].T, dZ)
                dZ = dA * (A[n] > 0) if n else dA
            i += 1
            for n in range(6):
                if rule == "SGD":
                    p[n] = p[n] - lr * g[n]
                    continue
                m[n] = 0.9 * m[n] + 0.1 * g[n]
                v[n] = 0.999 * v[n] + 0.001 * g[n] ** 2
                m_hat, v_hat = m[n] / (1 - 0.9**i), v[n] / (1 - 0.999**i)
                p[n] = p[n] - lr * m_hat / (np.sqrt(v_hat) + 1e-8)
        yield


def jitted(x: Array, t: Array, size: int, rule: str, steps: int) -> Steps:
    """The loop over the steps of a slice is compiled as a whole."""
    import jax
    from jax import numpy as jnp

    def loss(p: Any, x: Any, t: Any) -> Any:
        for W, b in p[:-1]:
            x = jax.nn.relu(x @ W + b)
        log_p = jax.nn.log_softmax(x @ p[-1][0] + p[-1][1])
        return -jnp.take_along_axis(log_p, t[:, None], 1).mean()

    def step(state: Any, pick: Any) -> tuple[Any, None]:
        (p, m, v, i, x, t), each, lr = state, jax.tree.map, LR[rule]
        g, i = jax.grad(loss)(p, x[pick], t[pick]), i + 1
        if rule == "SGD":
            return (each(lambda p, g: p - lr * g, p, g), m, v, i, x, t), None
        m = each(lambda m, g: 0.9 * m + 0.1 * g, m, g)
        v = each(lambda v, g: 0.999 * v + 0.001 * g * g, v, g)
        a, b = lr / (1 - 0.9**i), 1 / (1 - 0.999**i)
        d = each(lambda m, v: a * m / (jnp.sqrt(b * v) + 1e-8), m, v)
        return (each(jnp.subtract, p, d), m, v, i, x, t), None

    rng = np.random.default_rng(0)
    p = [(nn.he_normal(*s, rng=rng), np.zeros(s[1], "f")) for s in SHAPES]
    zeros, data = jax.tree.map(np.zeros_like, p), jax.device_put((x, t))
    state = p, zeros, zeros, 0.0
    loop = jax.jit(lambda s, picks: jax.lax.scan(step, s, picks)[0][:4])
    while True:
        picks = rng.permutation(len(x))[: steps * size].reshape(steps, size)
        yield
        state = jax.block_until_ready(loop((*state, *data), picks))
        yield


def products(x: Array, t: Array, size: int, rule: str, steps: int) -> Steps:
    """Nothing but a step's eight products: y, dW, and dx but the first."""
    rng = np.random.default_rng(0)
    W1, W2, W3 = (rng.random(shape, "f") for shape in SHAPES)
    h1, h2, y = (rng.random((size, width), "f") for _, width in SHAPES)
    while True:
        yield
        for i in range(0, steps * size, size):
            rows = x[i : i + size]
            _y = rows @ W1, h1 @ W2, h2 @ W3
            _dx = y @ W3.T, h2 @ W2.T
            _dW = h2.T @ y, h1.T @ h2, rows.T @ h1
        yield
