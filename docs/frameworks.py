# %% [markdown]
# # 15 · On to PyTorch and Keras
#
# *What do the big frameworks add?*
#
# After this chapter you can write a network of this book in PyTorch and in
# Keras, carry the weights of its `Dense` layers there and back, and check
# that nothing was lost on the way. You will know the defaults that bite,
# see chapter 1 inside PyTorch, and share one batch between two processes.

# %%
import inspect
import math
import subprocess
import sys
import tempfile
import textwrap
import time
from pathlib import Path

import numpy as np

from nn.activations import ReLU, sigmoid
from nn.data import logic_gate
from nn.digits import mnist
from nn.evaluation import accuracy
from nn.initializers import glorot_uniform, he_normal
from nn.layers import Dense, Sequential
from nn.losses import binary_cross_entropy, softmax_cross_entropy
from nn.models import arrays, load, save, summary
from nn.normalization import BatchNorm
from nn.optimizers import SGD, Adam
from nn.scalar import Value
from nn.training import fit

# %% needs=["torch", "keras"]
import os

os.environ["KERAS_BACKEND"] = "torch"      # before Keras is imported
os.environ["KERAS_HOME"] = ".cache/keras"  # its settings: none of ours
import keras
import torch
from torch.nn import functional as F

torch.set_num_threads(1)

# %% tags=["hide"]
from weave import GRADIENT, INK, VALUE, figure, subplots, table


def power(number):
    """One digit and a power of ten, in TeX."""
    digit, exponent = f"{number:.0e}".split("e")
    return rf"{digit} \cdot 10^{{{int(exponent)}}}"

# %% [markdown]
# ## The same network, line beside line
#
# Both frameworks are an extra: `pip install ".[frameworks]"`. Keras lets
# others do its arithmetic, here PyTorch. The network is one of
# [chapter 11](digits.py)'s kind, 784-64-64-10. In `nn`:

# %%
def in_nn(rng, dtype=np.float32):
    return Sequential(
        Dense(he_normal(784, 64, rng=rng, dtype=dtype)), ReLU(),
        Dense(he_normal(64, 64, rng=rng, dtype=dtype)), ReLU(),
        Dense(he_normal(64, 10, rng=rng, dtype=dtype)),
    )


def step_nn(model, rule, x, t):
    z = model.forward(x, train=True)
    L, dz = softmax_cross_entropy(z, t)
    model.backward(dz)
    rule.step()
    return L

# %% [markdown]
# In PyTorch:

# %% needs=["torch"]
def in_torch(dtype=torch.float32):
    return torch.nn.Sequential(
        torch.nn.Linear(784, 64), torch.nn.ReLU(),
        torch.nn.Linear(64, 64), torch.nn.ReLU(),
        torch.nn.Linear(64, 10),
    ).to(dtype)


def step_torch(model, rule, x, t):
    z = model(torch.from_numpy(x))
    L = F.cross_entropy(z, torch.from_numpy(t))
    rule.zero_grad()
    L.backward()
    rule.step()
    return L.item()

# %% [markdown]
# A *tensor* is PyTorch's array. One that depends on weights remembers how
# it was computed: `detach()` gives it without that memory, and under
# `no_grad()` none begins. `from_numpy` leads in; `numpy()` leads out, and
# for a single number `item()`.
#
# In Keras the loss and the rule are given once, to `compile`:

# %% needs=["torch", "keras"]
def in_keras(rule):
    model = keras.Sequential([
        keras.Input((784,)),
        keras.layers.Dense(64, activation="relu"),
        keras.layers.Dense(64, activation="relu"),
        keras.layers.Dense(10),
    ])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer=rule, loss=loss)
    return model


def step_keras(model, x, t):
    return float(model.train_on_batch(x, t))

# %% [markdown]
# `Dense` is called `Linear`; forward, backward and step stand where ours
# stand. But there is no `dz`: PyTorch begins at the number $L$ and knows
# the way back. How, and what `zero_grad` is for, comes later.
# Keras puts the ReLU into the layer and the whole step into one call. And
# both choose the first weights themselves.
#
# ## A message that says too little
#
# Train the network in `nn`, on 10,000 digits, and judge it by 2,000
# others, all from the training set. Then carry it to PyTorch. What
# `save` writes is a list of arrays by name, and PyTorch's *state dict* is
# one, too.

# %%
(pictures, labels), _ = mnist()
x = pictures[:12000].reshape(-1, 784)
learning = x[:10000], labels[:10000]
others = x[10000:], labels[10000:12000]

room = tempfile.TemporaryDirectory()
folder = room.name
trained = in_nn(np.random.default_rng(0))
fit(trained, softmax_cross_entropy, SGD(trained.params, lr=0.1),
    learning, epochs=4, batch_size=50,
    rng=np.random.default_rng(0), progress=False)
save(trained, f"{folder}/trained.npz")
right = accuracy(trained.forward(others[0]), others[1])
print(f"right: {right:.1%}")
assert right > 0.88

# %% needs=["torch"]
copy = in_torch()
with np.load(f"{folder}/trained.npz") as archive:
    saved = {name: archive[name] for name in archive}
for here, there in zip(saved, copy.state_dict()):
    print(f"{here:15} {saved[here].shape!s:10} {there}")

state = {
    name: torch.from_numpy(array)
    for name, array in zip(copy.state_dict(), saved.values())
}
try:
    copy.load_state_dict(state)
except RuntimeError as error:
    for line in str(error).splitlines()[1:]:
        print(textwrap.fill(line.strip(), 70))

# %% [markdown]
# PyTorch keeps a weight as $(d_\text{out},\ d_\text{in})$ and computes
# $x W^\top + b$. (All letters: [notation](notation.md).) So two weights
# do not fit, and PyTorch says so. Do what the message suggests, and
# transpose these two:

# %% needs=["torch"]
def right_in_torch(model):
    with torch.no_grad():
        z = model(torch.from_numpy(others[0])).numpy()
    return accuracy(z, others[1])


for name in ("0.weight", "4.weight"):
    state[name] = state[name].T
print(copy.load_state_dict(state))
two_of_three = right_in_torch(copy)
print(f"right: {two_of_three:.1%}")

state["2.weight"] = state["2.weight"].T
copy.load_state_dict(state)
all_three = right_in_torch(copy)
print(f"with all three transposed: {all_three:.1%}")
assert two_of_three < 0.3 and abs(all_three - right) < 0.002

# %% [markdown] needs=["torch"]
# All keys match, and of the digits {{ two_of_three:.1% }} are right, where
# guessing gives a tenth and the network that was saved had {{ right:.1% }}.
# The weight in the middle is square. It fits both ways round, so no message
# named it. **A shape that fits proves nothing.** What proves something is
# to put the same numbers through both networks.

# %% [markdown]
# ## There and back
#
# For `Dense` layers the way over transposes every array, and the way back
# does it again.[^bias]
#
# [^bias]: `.T` leaves a bias, which has one axis, as it is.

# %% needs=["torch"]
def into_torch(path, model):
    with np.load(path) as archive:
        arrays = [archive[name].T for name in archive]
    model.load_state_dict({
        name: torch.from_numpy(array)
        for name, array in zip(model.state_dict(), arrays, strict=True)
    })


def out_of_torch(model, path, names):
    found = [v.numpy().T for v in model.state_dict().values()]
    np.savez(path, **dict(zip(names, found, strict=True)))


names, first = list(arrays(trained)), others[0][:200]
torch.manual_seed(0)
stranger = in_torch()                   # with weights of its own
out_of_torch(stranger, f"{folder}/theirs.npz", names)
back = in_nn(np.random.default_rng(1))
load(back, f"{folder}/theirs.npz")
z = stranger(torch.from_numpy(first)).detach().numpy()
apart = abs(back.forward(first) - z).max() / abs(z).max()
print(f"answers apart: {apart:.0e}")

into_torch(f"{folder}/trained.npz", stranger)
out_of_torch(stranger, f"{folder}/back.npz", names)
load(back, f"{folder}/back.npz")
for a, b in zip(back.params, trained.params, strict=True):
    assert np.array_equal(a.value, b.value)
assert apart < 1e-5

# %% [markdown]
# With PyTorch's own random weights `nn` gives the same answers, and a round
# trip does not change a single bit. Keras keeps its weights as we do:

# %% needs=["torch", "keras"]
def into_keras(path, model):
    with np.load(path) as archive:
        model.set_weights([archive[name] for name in archive])


def out_of_keras(model, path, names):
    np.savez(path, **dict(zip(names, model.get_weights(), strict=True)))

# %% tags=["hide"] needs=["torch", "keras"]
keras.utils.set_random_seed(0)
stranger = in_keras(keras.optimizers.SGD(0.1))
out_of_keras(stranger, f"{folder}/theirs.npz", names)
load(back, f"{folder}/theirs.npz")
z = stranger.predict_on_batch(first)
apart = abs(back.forward(first) - z).max() / abs(z).max()
print(f"Keras, answers apart: {apart:.0e}")

into_keras(f"{folder}/trained.npz", stranger)
out_of_keras(stranger, f"{folder}/back.npz", names)
load(back, f"{folder}/back.npz")
for a, b in zip(back.params, trained.params, strict=True):
    assert np.array_equal(a.value, b.value)
assert apart < 1e-5

# %% [markdown]
# ## Equal to rounding
#
# The same weights, the same 128 digits: are the answers equal, the loss,
# the gradients? And the weights after ten steps, each with the next 128
# digits? Two sums of the same numbers in another order differ in their
# last digits, so "equal" needs a measure: the largest difference in an
# array, divided by its largest number. A float32 rounds by
# up to ${{ power(np.finfo("f4").eps / 2) }}$ of itself, a float64 by
# ${{ power(np.finfo("f8").eps / 2) }}$.
#
# First, Adam. `nn` took its Adam from PyTorch. Keras
# has another: it adds $\varepsilon$ to $\sqrt{v}$, before the correction
# by $1 - \beta_2^s$, where $s$ is the number of the step. Divide above and
# below by $\sqrt{1 - \beta_2^s}$, to see both alike:[^adam]
#
# $$
# \label{two-adams: the Adam of nn and that of Keras}
# \begin{aligned}
# \text{nn:} \quad
# \theta &\leftarrow \theta - \eta\, \frac{\hat m}
# {\sqrt{\hat v} + \varepsilon} \\[0.4em]
# \text{Keras:} \quad
# \theta &\leftarrow \theta - \eta\, \frac{\hat m \sqrt{1 - \beta_2^s}}
# {\sqrt{v} + \varepsilon} \\
# &= \theta - \eta\, \frac{\hat m}
# {\sqrt{\hat v} + \varepsilon / \sqrt{1 - \beta_2^s}}
# \end{aligned}
# $$
#
# By [](#eq-two-adams), in the first step $\varepsilon$ is divided by
# $\sqrt{1 - \beta_2} =
# \sqrt{0.001}$. And it is ten times PyTorch's from the outset: `1e-7`
# against `1e-8`. Together that is {{ 10 / math.sqrt(0.001):.0f }} times as
# much, about $3 \cdot 10^{-6}$. If this is all, then the lines below turn
# our Adam into theirs.

# %%
class KerasAdam(Adam):
    def step(self):
        c2 = 1 - self.betas[1] ** (self.steps + 1)
        self.eps = 1e-7 / math.sqrt(c2)
        super().step()

# %% [markdown]
# All comparisons share their start, their batches, and the measure:

# %%
def start(dtype=np.float32):
    model = in_nn(np.random.default_rng(2), dtype)
    save(model, f"{folder}/start.npz")
    return model


def batch(s, dtype=np.float32):
    rows = slice(128 * s, 128 * s + 128)
    return learning[0][rows].astype(dtype), learning[1][rows]


def apart_by_array(here, there):
    """The largest difference over the largest number, of each pair."""
    return [abs(a - b).max() / abs(b).max()
            for a, b in zip(here, there, strict=True)]


def relative(here, there):
    return max(apart_by_array(here, there))

# %% tags=["hide"] needs=["torch", "keras"]
def against_torch(rule, their_rule, dtype=np.float32, steps=10):
    """Output, loss, gradients of the first step; weights after all."""
    model = start(dtype)
    other = in_torch(torch.float64 if dtype == np.float64 else torch.float32)
    into_torch(f"{folder}/start.npz", other)
    rule, their_rule = rule(model.params), their_rule(other.parameters())
    for s in range(steps):
        xs, ts = batch(s, dtype)
        if s == 0:
            z = model.forward(xs)
            y = other(torch.from_numpy(xs)).detach().numpy()
            output = relative([z], [y])
        L = step_nn(model, rule, xs, ts)
        their_loss = step_torch(other, their_rule, xs, ts)
        if s == 0:
            loss = abs(L - their_loss) / L
            gradient = relative([p.grad.T for p in model.params],
                                [p.grad.numpy() for p in other.parameters()])
    weights = apart_by_array([p.value.T for p in model.params],
                             [p.detach().numpy() for p in other.parameters()])
    return output, loss, gradient, weights


def against_keras(rule, their_rule, steps=10):
    model, other = start(), in_keras(their_rule)
    into_keras(f"{folder}/start.npz", other)
    rule = rule(model.params)
    for s in range(steps):
        xs, ts = batch(s)
        if s == 0:
            output = relative([model.forward(xs)],
                              [other.predict_on_batch(xs)])
        L = step_nn(model, rule, xs, ts)
        their_loss = step_keras(other, xs, ts)
        if s == 0:
            loss = abs(L - their_loss) / L
            gradient = relative([p.grad for p in model.params],
                                [w.value.grad.numpy()
                                 for w in other.trainable_weights])
    weights = apart_by_array([p.value for p in model.params],
                             other.get_weights())
    return output, loss, gradient, weights


def sgd(params):
    return SGD(params, lr=0.1)


def adam(params):
    return Adam(params, lr=0.001)


def torch_sgd(params):
    return torch.optim.SGD(params, lr=0.1)


def torch_adam(params):
    return torch.optim.Adam(params, lr=0.001)


found = {
    "PyTorch, float64": (against_torch(sgd, torch_sgd, np.float64),
                         against_torch(adam, torch_adam, np.float64)),
    "PyTorch, float32": (against_torch(sgd, torch_sgd),
                         against_torch(adam, torch_adam)),
    "Keras, float32": (
        against_keras(sgd, keras.optimizers.SGD(0.1)),
        against_keras(lambda p: KerasAdam(p, lr=0.001),
                      keras.optimizers.Adam(0.001))),
}
unlike = against_keras(adam, keras.optimizers.Adam(0.001))[3]
columns = [[*by_sgd[:3], max(by_sgd[3]), max(by_adam[3])]
           for by_sgd, by_adam in found.values()]
in_the_keras = found["Keras, float32"][1][3]
beta = float(np.float32(0.999))
correction = abs(math.sqrt((1 - beta) / (1 - 0.999)) - 1)
other = in_torch()
model = start()
into_torch(f"{folder}/start.npz", other)
pair = adam(model.params), torch_adam(other.parameters())
for s in range(10):
    step_nn(model, pair[0], *batch(s))
    step_torch(other, pair[1], *batch(s))
    if s == 0:
        firsts = [np.concatenate([g.ravel() for g in grads]) for grads in (
            [p.grad for p in model.params],
            [p.grad.numpy().T for p in other.parameters()])]
ended = [np.concatenate([v.ravel() for v in values]) for values in (
    [p.value for p in model.params],
    [p.detach().numpy().T for p in other.parameters()])]
lone = abs(ended[0] - ended[1]).argmax()
lone = abs(firsts[0][lone]), abs(firsts[1][lone])
sizes = abs(firsts[0])
small = np.mean((0 < sizes) & (sizes < 10 * 1e-8 / math.sqrt(0.001)))
table(
    list(zip(("outputs", "loss", "gradients",
              "weights and biases, 10 steps of SGD",
              "weights and biases, 10 steps of Adam"), *columns)),
    header=["largest difference", *found],
    caption="`nn` against the frameworks: the same start, the same digits; "
    "each difference divided by the largest number of its array, and the "
    "worst array shown. Keras's Adam is compared with `KerasAdam`.",
    name="equal",
    formats=["", ".0e", ".0e", ".0e"],
)
for name, column in zip(found, columns):
    *most, by_adam = column
    assert max(most) < (1e-13 if "64" in name else 1e-5)
    assert by_adam < (1e-11 if "64" in name else 1e-3)
assert max(unlike) == max(unlike[1::2]) > 0.005  # a bias
assert lone[0] < 1e-5 and small < 0.02
assert 0 < abs(lone[0] / lone[1] - 1) < 0.5 and 1e-6 < correction < 1e-5
assert max(in_the_keras[1::2]) < 5 * min(in_the_keras[1::2])

# %% [markdown] needs=["torch", "keras"]
# In [](#tab-equal) all is equal to rounding; only Adam's row stands out.
# What would a real difference look like? With `Adam` in place of
# `KerasAdam`, the last number would be ${{ power(max(unlike)) }}$. The worst
# array is then a bias, which began at zero and has hardly moved. Of all
# first gradients {{ small:.1% }} are below $3 \cdot 10^{-6}$, Keras's
# $\varepsilon$ in the first step, and not zero. There it steps shorter, and
# every later gradient depends on all weights. Whoever reads `Adam(0.001)`
# does not see this setting.
#
# And what is left in Adam's row? In Keras all three biases are off, by up
# to ${{ power(columns[2][4]) }}$: it computes $1 - \beta_2^s$ in
# float32, which moves the first step by ${{ power(correction) }}$ of itself.
# In PyTorch, in float32, the number farthest off has a first gradient that
# nearly cancelled: ${{ power(lone[0]) }}$, where the largest is
# {{ sizes.max():.2f }}, and ours and PyTorch's are
# {{ abs(lone[0] / lone[1] - 1):.1% }} apart. Even from so small a gradient
# Adam makes nearly a full step, rounding included.

# %% tags=["hide"] needs=["torch", "keras"]
exact = keras.layers.Dense(64, dtype="float64")
rng = np.random.default_rng(0)
W = he_normal(784, 64, rng=rng, dtype=np.float64)
xs, _ = batch(0, np.float64)
exact.build((None, 784))
exact.kernel.assign(W)
y = exact(xs)
lost = relative([y.detach().numpy()], [xs @ W])
assert 1e-9 < lost < 1e-5 and y.dtype == torch.float64

# %% [markdown]
# Keras in float64 has no column. With PyTorch below it, a `Dense` in float64
# gives an answer that calls itself float64 and has the digits of
# float32.[^lattice] We found out because a first version of the table had
# `2e-7` where there should have been `7e-16`.
#
# This was one network. Every operation of `nn`, by itself and at its
# extremes, is beside PyTorch's [in the back matter](parity.py).

# %% [markdown]
# ## A thousand steps
#
# For a thousand steps take [chapter 9](gates.py)'s gates and three layers,
# first in Keras, then in `nn`:

# %% needs=["torch", "keras"]
def gate_in_keras(inputs=2):
    model = keras.Sequential([
        keras.Input((inputs,)),
        keras.layers.Dense(10, activation="relu"),
        keras.layers.Dense(10, activation="relu"),
        keras.layers.Dense(1, activation="sigmoid"),
    ])
    model.compile(optimizer="adam", loss="binary_crossentropy",
                  metrics=["binary_accuracy"])
    return model


keras.utils.clear_session()
keras.utils.set_random_seed(0)
gate_in_keras().summary(print_fn=print, line_length=56)

# %%
def gate_in_nn(rng, inputs=2):
    def dense(d_in, d_out):
        return Dense(glorot_uniform(d_in, d_out, rng=rng))

    return Sequential(
        dense(inputs, 10), ReLU(), dense(10, 10), ReLU(), dense(10, 1)
    )                                   # what it gives are logits


model = gate_in_nn(np.random.default_rng(0))
print(summary(model))
count = sum(p.value.size for p in model.params)
assert count == 3 * 10 + 11 * 10 + 11 == 151

# %% [markdown]
# Keras's `None` is our `n`. Its last layer includes the sigmoid, so the
# loss gets probabilities (ours takes logits,
# [](losses.py#eq-cross-entropy-logits)) and has to clip them, with the harm
# that [chapter 4](losses.py#the-logarithm-of-0) showed.

# %% needs=["torch", "keras"]
def train_gate(model, x, t, looks=(1, 10, 100, 1000)):
    """The answers after the first step, the tenth, and so on."""
    answers = []
    for s in range(1, max(looks) + 1):
        model.train_on_batch(x, t)
        if s in looks:
            answers.append(model.predict_on_batch(x))
    return answers


answers, begun = {}, {}
for name in ("NOT", "AND", "OR", "XOR"):
    bits, t = logic_gate(name)
    keras.utils.set_random_seed(0)
    model = gate_in_keras(bits.shape[1])
    begun[name] = model.get_weights()
    *early, answers[name] = train_gate(model, bits, t)
    loss, share = model.test_on_batch(bits, t)
    print(f"{name:4} {model.count_params()} numbers, loss {loss:.3f}, "
          f"binary accuracy {share:.0%}")
    assert share == 1

# %% tags=["hide"] needs=["torch", "keras"]
rows = []
for i, (one, two) in enumerate(logic_gate("XOR")[0]):
    row = [f"{one:.0f}", f"{two:.0f}"]
    for name in ("AND", "OR", "XOR"):
        row.append(f"{logic_gate(name)[1][i, 0]:.0f}: "
                   f"{answers[name][i, 0]:.3f}")
    row.append(f"{1 - i}: {answers['NOT'][i, 0]:.3f}" if i < 2 else "")
    rows.append(row)
table(
    rows,
    header=["x₁", "x₂", "AND", "OR", "XOR", "NOT x₂"],
    caption="Keras after 1,000 steps from seed 0: the truth, and the "
    "answer.",
    name="gates",
    align="cccccc",
)

# %% [markdown] needs=["torch", "keras"]
# Give `nn` the start from which Keras began the XOR of [](#tab-gates), and
# compare the answers on the way:

# %%
def xor_in_nn(model, looks=(1, 10, 100, 1000)):
    bits, t = logic_gate("XOR")
    rule = KerasAdam(model.params, lr=0.001)
    answers = []
    for s in range(1, max(looks) + 1):
        z = model.forward(bits, train=True)
        _, dz = binary_cross_entropy(z, t)
        model.backward(dz)
        rule.step()
        if s in looks:
            answers.append(sigmoid(model.forward(bits)))
    return answers

# %% needs=["torch", "keras"]
twin = gate_in_nn(np.random.default_rng(0))
for p, w in zip(twin.params, begun["XOR"], strict=True):
    p.value[...] = w
*rest, last = xor_in_nn(twin)
gaps = [abs(a - b).max()
        for a, b in zip([*rest, last], [*early, answers["XOR"]])]
for steps, gap in zip((1, 10, 100, 1000), gaps):
    print(f"after {steps:4} steps {gap:.0e} apart")
worst = [abs(a - t).max() for a in (last, answers["XOR"])]
print("farthest from the truth: nn {:.3f}, Keras {:.3f}".format(*worst))
assert max(gaps[:2]) < 1e-5 and gaps[3] < 0.05

# %% [markdown]
# A difference in the eighth digit has grown. Equal to rounding is a
# promise about a few steps; after a thousand, the runs are as good as each
# other, not the same. Was it one lucky seed? With `nn` for Keras, how many
# of 20 end on the right side of a half?

# %%
truth = logic_gate("XOR")[1]
worst = np.zeros(20)
for seed in range(20):
    model = gate_in_nn(np.random.default_rng(seed))
    (found,) = xor_in_nn(model, looks=(1000,))
    worst[seed] = abs(found - truth).max()
print(f"right side: {sum(worst < 0.5)} of 20, within 0.1: "
      f"{sum(worst < 0.1)} of 20, worst {worst.max():.2f}")
assert sum(worst < 0.5) >= 18

# %% [markdown]
# ## Where the three differ
#
# The square weight and Adam's $\varepsilon$ you know. Five more:
#
# **1. PyTorch adds.** `nn` overwrites a gradient, `L.backward()` adds to it.
# Leave out `zero_grad`, and each step goes along the sum of all gradients
# so far. Chapter 6 has a name for that: momentum,
# [](optimizers.py#eq-momentum), with $\beta = 1$, a
# ball without friction.

# %% needs=["torch"]
class Forgetful(torch.optim.SGD):
    def zero_grad(self):
        pass                            # this line is the mistake


model, other = start(), in_torch()
into_torch(f"{folder}/start.npz", other)
rolling = SGD(model.params, lr=0.01, momentum=1.0)
forgetful = Forgetful(other.parameters(), lr=0.01)
for s in range(10):
    step_nn(model, rolling, *batch(s))
    step_torch(other, forgetful, *batch(s))
same = relative([p.value.T for p in model.params],
                [p.detach().numpy() for p in other.parameters()])
print(f"ten steps, apart: {same:.0e}")
assert same < 1e-4

# %% [markdown]
# It has a use. Two backward passes over two halves of a batch, each loss
# halved, add up to the gradient of the whole, with only one half at a time
# in memory.
#
# **2. What the loss takes.** `F.cross_entropy` takes logits, as ours
# does ([](losses.py#eq-softmax-cross-entropy)). A network that ends in a
# softmax gets a second one. Then the
# "logits" $p_j$ lie between 0 and 1. For the true class $k$ and the nine
# others $p_j - p_k \ge -1$, so
#
# $$
# \label{double-softmax: the floor of a second softmax}
# \begin{aligned}
# L = \log \sum_j e^{p_j - p_k}
# &\ge \log(1 + 9 e^{-1}) \\
# &= \log(e + 9) - 1
# \end{aligned}
# $$
#
# This floor is what a sure and right answer costs. A sure and wrong one
# costs $\log(e + 9)$, exactly one more. So a network that is always sure
# has the floor plus its share of errors.

# %% needs=["torch"]
def descend(model, twice=False, epochs=4):
    """The losses of all batches, and the last epoch's errors."""
    rule = torch.optim.SGD(model.parameters(), lr=0.1)
    pictures, labels = map(torch.from_numpy, learning)
    order = torch.Generator().manual_seed(0)
    losses, errors = [], []
    for epoch in range(epochs):
        for rows in torch.randperm(10000, generator=order).split(50):
            z, t = model(pictures[rows]), labels[rows]
            if twice:
                z = z.softmax(dim=1)
            L = F.cross_entropy(z, t)
            rule.zero_grad()
            L.backward()
            rule.step()
            losses.append(L.item())
            errors.append((z.argmax(dim=1) != t).float().mean().item())
    return losses, np.mean(errors[-200:])


floor = math.log(math.e + 9) - 1
ends = {}
for twice in (False, True):
    torch.manual_seed(0)
    model = in_torch()
    losses, errors = descend(model, twice)
    share = right_in_torch(model)
    ends[twice] = min(losses), np.mean(losses[-200:]), share
    name = "softmax twice" if twice else "once"
    print(f"{name:14} last epoch's loss {ends[twice][1]:.2f}, "
          f"right {share:.1%}")
print(f"floor {floor:.2f} + errors {errors:.2f} = {floor + errors:.2f}")
assert ends[True][0] > floor > ends[False][1]
assert ends[True][2] < ends[False][2] - 0.05
assert abs(floor + errors - ends[True][1]) < 0.15

# %% [markdown] needs=["torch"]
# No batch of the {{ 4 * 200 }} came below {{ ends[True][0]:.2f }}, and the
# last epoch's loss is near the floor of [](#eq-double-softmax) plus errors.
# **A loss that stays above a
# number you can compute is a mistake you can find.** The network does
# learn something, {{ ends[True][2]:.0% }} against {{ ends[False][2]:.0% }}.

# %% [markdown]
# Keras takes *probabilities*, unless told `from_logits=True`. The opposite
# mistake, then: logits without a softmax.

# %% needs=["torch", "keras"]
for from_logits in (True, False):
    keras.utils.set_random_seed(0)
    model = in_keras(keras.optimizers.SGD(0.1))
    loss = keras.losses.SparseCategoricalCrossentropy(
        from_logits=from_logits)
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss=loss)
    losses = []
    for i in range(0, 10000, 50):
        pair = learning[0][i : i + 50], learning[1][i : i + 50]
        losses.append(step_keras(model, *pair))
    share = accuracy(model.predict_on_batch(others[0]), others[1])
    kind = "taken for logits" if from_logits else "for probabilities"
    print(f"{kind:17} loss {losses[0]:5.2f} -> "
          f"{np.mean(losses[-20:]):5.2f}, right {share:.1%}")
z = model.predict_on_batch(learning[0])
true = np.take_along_axis(z, learning[1][:, None], axis=1)[:, 0]
stuck = np.mean(true / z.sum(axis=1) < 1e-7)
assert np.mean(losses[-20:]) > 3 and share < 0.3 and stuck > 0.2

# %% [markdown] needs=["torch", "keras"]
# With PyTorch below it, Keras divides each row by its sum, cuts the result
# to `1e-7` and `1 - 1e-7`, and takes the logarithm. Where the true class
# has less, as with a negative quotient, the row costs
# $-\log 10^{-7} = 16.1$, and its slope is zero: it teaches nothing. At the
# end these are {{ stuck:.0% }} of the rows.
#
# **3. A PyTorch model is born in training mode.** Ours is in use unless
# `train=True` is said, and so is a Keras model called as `model(x)`. In
# PyTorch one has to say `model.eval()`, or batch normalization looks at the
# rest of the batch, and dropout goes on dropping:

# %% needs=["torch"]
torch.manual_seed(0)
noisy = torch.nn.Sequential(in_torch(), torch.nn.Dropout(0.5))
one = torch.from_numpy(others[0][:1])
assert noisy.training
assert not torch.equal(noisy(one), noisy(one))
noisy.eval()
assert torch.equal(noisy(one), noisy(one))

# %% [markdown]
# **4. Momentum of batch normalization** is the share of the *new* batch in
# PyTorch and in `nn`, and the share of the *old* in Keras. There a 0.1
# carried over as it stands keeps only a tenth of the past at each batch.
# For the running variance PyTorch and `nn` divide by $n - 1$, Keras by $n$;
# and Keras's $\varepsilon$ is a hundred times ours.

# %% needs=["torch", "keras"]
norm, torch_norm = BatchNorm(1), torch.nn.BatchNorm1d(1)
keras_norm = keras.layers.BatchNormalization()
four = np.float32([[3], [5], [5], [7]])  # mean 5, variance 2
norm.forward(four, train=True)
torch_norm(torch.from_numpy(four))
keras_norm(four, training=True)
stored = keras_norm.non_trainable_weights
running = [
    (norm.running_mean[0], norm.running_variance[0]),
    (torch_norm.running_mean.item(), torch_norm.running_var.item()),
    tuple(float(w.numpy()[0]) for w in stored),
]
assert np.allclose(running[0], (0.5, 0.9 + 0.1 * 2 * 4 / 3))
assert np.allclose(running[1], running[0])
assert np.allclose(running[2], (0.05, 0.99 + 0.01 * 2))

# %% [markdown]
# **5. Where they start.** `nn` has no default. PyTorch draws a weight *and
# its bias* evenly within $\pm 1 / \sqrt{d_\text{in}}$, a variance of
# $1 / (3 d_\text{in})$ and a third of LeCun's.[^start] Keras follows
# Glorot, with biases of zero. Neither is He's start,
# [](initializers.py#eq-he), derived for ReLU: PyTorch's variance is a
# sixth of it. Give PyTorch our start, and the same digits in the same
# order as before:

# %% needs=["torch"]
model = in_torch()
into_torch(f"{folder}/start.npz", model)
losses, _ = descend(model)
he = np.mean(losses[-200:]), right_in_torch(model)
print(f"PyTorch's start: loss {ends[False][1]:.2f}, "
      f"right {ends[False][2]:.1%}")
print(f"He's start:      loss {he[0]:.2f}, right {he[1]:.1%}")
assert he[0] < 0.9 * ends[False][1] and he[1] > ends[False][2]

# %% tags=["hide"] needs=["torch", "keras"]
def plain(number):
    return f"{number:g}" if number >= 1e-4 else f"{number:.0e}"


torch.manual_seed(0)
keras.utils.set_random_seed(0)
w, kernel = torch.nn.Linear(784, 64), keras.layers.Dense(64)
kernel.build((None, 784))
bound = w.weight.abs().max().item(), float(abs(kernel.kernel.numpy()).max())
assert 0.98 / 28 < bound[0] <= 1 / 28 and w.bias.abs().max() > 0
glorot = math.sqrt(6 / (784 + 64))
assert 0.98 * glorot < bound[1] <= glorot
assert not kernel.bias.numpy().any()
spread = w.weight.std().item(), float(kernel.kernel.numpy().std())
eps = [Adam(trained.params).eps,
       torch.optim.Adam(w.parameters()).defaults["eps"],
       keras.optimizers.Adam().epsilon]
table(
    [
        ["weight", *(f"({a}, {b})" for a, b in (
            trained.params[0].value.shape, w.weight.shape,
            kernel.kernel.shape))],
        ["Adam's ε", *map(plain, eps)],
        ["1 · `backward`", "overwrites", "adds", "hidden in `fit`"],
        ["2 · loss takes", "logits", "logits", "probabilities"],
        ["3 · mode", "in use", "training", "in use"],
        ["4 · new share", *map(plain, (
            norm.momentum, torch_norm.momentum, 1 - keras_norm.momentum))],
        ["norm’s ε", *map(plain, (
            norm.eps, torch_norm.eps, keras_norm.epsilon))],
        ["norm’s mean", *(plain(round(m, 4)) for m, _ in running)],
        ["norm’s variance", *(f"{v:.4f}" for _, v in running)],
        ["5 · spread", "as you say", *(f"{v:.3f}" for v in spread)],
    ],
    header=["setting", "`nn`", "PyTorch", "Keras"],
    caption="What one has when one has said nothing. The four rows from 4 on "
    "are batch normalization's: a new batch's share; the ε under the "
    "variance; and the running mean and variance, which began at 0 and 1, "
    "after one batch of mean 5 and variance 2. The first row is the shape, "
    "the last the spread of a weight from 784 to 64 neurons; He's spread "
    f"would be {math.sqrt(2 / 784):.3f}.",
    name="defaults",
    align="llll",
)

# %% [markdown] needs=["torch", "keras"]
# When a result does not survive the move to another framework, look into
# [](#tab-defaults) first.

# %% [markdown]
# ## Chapter 1, again
#
# How does PyTorch know the way back? Take the example of
# [chapter 1](scalar.py), $L = (x w + b)^2$, in its scalar engine and in
# PyTorch:

# %%
a = [Value(3), Value(2), Value(-1)]
number = (a[0] * a[1] + a[2]) ** 2
number.backward()
print("nn:     ", number.value, *(v.grad for v in a))

# %% needs=["torch"]
c = [torch.tensor(v, requires_grad=True) for v in (3.0, 2.0, -1.0)]
tensor = (c[0] * c[1] + c[2]) ** 2
tensor.backward()
print("PyTorch:", tensor.item(), *(v.grad.item() for v in c))
assert [v.grad for v in a] == [v.grad.item() for v in c]

# %% [markdown]
# A `Value` remembers in `came_from` which numbers it was made of. A
# tensor has a `grad_fn`, and that has `next_functions`. Walk down:

# %% needs=["torch"]
def walk(node, depth=0):
    print("    " * depth + type(node).__name__)
    for below, _ in node.next_functions:
        walk(below, depth + 1)


walk(tensor.grad_fn)

# %% [markdown] needs=["torch"]
# It is chapter 1's graph, as [](#fig-graphs) shows. PyTorch's names say
# what to do on the way *back*: `PowBackward0` multiplies by the slope of
# the power, and `AccumulateGrad` is the `+=` at the end. While your Python
# runs forward, the framework writes down what you did, and later reads it
# backward. That is *automatic differentiation*. A loop is written down as
# often as it ran, an `if` as the branch that was taken.

# %% tags=["hide"] needs=["torch"]
def places(node, inputs, depth=0, row=0):
    """All nodes as (node, depth, row, parent's place), leaves in rows."""
    below, rows = [], []
    for other in inputs(node):
        found = places(other, inputs, depth + 1, row)
        row = max(place[2] for place in found) + 1
        below += found
        rows.append(found[-1][2])
    mine = (node, depth, float(np.mean(rows)) if rows else float(row))
    for k, (other, d, r, *parent) in enumerate(below):
        if d == depth + 1:
            below[k] = (other, d, r, mine[1:])
    return [*below, mine]


graphs = [
    places(number, lambda v: [u for u, _ in v.came_from]),
    places(tensor.grad_fn, lambda f: [g for g, _ in f.next_functions]),
]
assert [p[1:] for p in graphs[0]] == [p[1:] for p in graphs[1]]
words = [
    [f"{v.value:g}".replace("-", "\N{MINUS SIGN}") for v, *_ in graphs[0]],
    [f.name().rpartition("::")[2].removesuffix("Backward0")
     .replace("AccumulateGrad", "Accumulate\nGrad") for f, *_ in graphs[1]],
]
fig, axes = subplots(1, 2, figsize=(6.6, 2.5), width_ratios=(2, 3))
for ax, graph, labels, title in zip(
        axes, graphs, words, ("Value.came_from", "grad_fn.next_functions")):
    values = ax is axes[0]
    for (node, depth, row, *parent), word in zip(graph, labels):
        if parent:
            leaf = "Grad" in word
            ax.annotate("", (-depth, -row), (-parent[0][0], -parent[0][1]),
                        arrowprops={"arrowstyle": "->", "color": GRADIENT,
                                    "shrinkA": 14 if values else 18,
                                    "shrinkB": 32 if leaf else 18})
        ax.text(-depth, -row, word, ha="center", va="center",
                fontsize=10 if values else 8.5, color=VALUE if values else INK,
                bbox={"boxstyle": "round,pad=0.35", "fc": "none", "ec": INK,
                      "lw": 0.8})
        if values:
            ax.text(-depth, -row - 0.55, f"{node.grad:g}", ha="center",
                    va="center", color=GRADIENT, fontsize=10)
    ax.set(xlim=(-3.6, 0.4), ylim=(-2.8, 0.6), title=title)
    ax.axis("off")
figure(
    fig, "graphs",
    alt="Two drawings of the same graph. A result on the right, arrows to "
    "the left: to a sum, from there to a product and to a leaf, from the "
    "product to two leaves. Left, values in blue and gradients in orange "
    "below them. Right, the names Pow, Add, Mul and AccumulateGrad.",
    caption="The graph behind $L = (xw + b)^2$, walked from the result. "
    "Left, ours, with values and gradients; right, PyTorch's, with what "
    "each node will do on the way back.",
)

# %% [markdown]
# What is in these nodes? The lines of chapter 2,
# [](layers.py#eq-dense-weights) to [](layers.py#eq-dense-input). A node gets
# $\grad{dy}$ and returns $\grad{dx}$; it never builds the table $J$ of
# all slopes, only its product with $\grad{dy}$, the *vector–Jacobian
# product*. One can hand PyTorch a node of one's own. `ctx` is where it
# keeps what it will need, and `apply` puts it into the graph. Hand it our
# `Dense`, and for comparison build $J$ after all:

# %% needs=["torch"]
class OurDense(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, W, b):
        ctx.save_for_backward(x, W)
        return x @ W + b

    @staticmethod
    def backward(ctx, dy):
        x, W = ctx.saved_tensors
        return dy @ W.T, x.T @ dy, dy.sum(0)


torch.manual_seed(0)
shapes = (5, 4), (4, 3), (3,)
given = [torch.randn(s, dtype=torch.float64, requires_grad=True)
         for s in shapes]
print("gradcheck:", torch.autograd.gradcheck(OurDense.apply, given))

dy = torch.randn(5, 3, dtype=torch.float64)
J = torch.autograd.functional.jacobian(
    lambda x: OurDense.apply(x, *given[1:]), given[0])
(dx,) = torch.autograd.grad(OurDense.apply(*given), given[0], dy)
print(f"J: {J.numel()} numbers, {(J == 0).sum()} of them zero;",
      f"dx: {dx.numel()}")
assert torch.allclose(dx, torch.einsum("nj,njik->ik", dy, J))

# %% [markdown]
# `gradcheck` is chapter 8's central difference,
# [](gradients.py#eq-central-difference). The
# three expressions after `return` are what this book derived. PyTorch
# brings many such nodes, and differentiates whatever is composed of them.
#
# ## What they add
#
# For a start, all the gradients that this book did not derive. A
# *convolution* slides a small table of weights over a picture and takes a
# weighted sum at each place. Here the first has 8 tables, 5 by 5, and
# moves them two pixels at a time, over a picture with 2 pixels of zeros
# around it: 14 places each way. The second has 16, each 5 by 5 for all 8
# results of the first: 200 weights.

# %% needs=["torch"]
def convolution():
    return torch.nn.Sequential(
        torch.nn.Unflatten(1, (1, 28, 28)),
        torch.nn.Conv2d(1, 8, 5, stride=2, padding=2),
        torch.nn.ReLU(),                # (8, 14, 14)
        torch.nn.Conv2d(8, 16, 5, stride=2, padding=2),
        torch.nn.ReLU(),                # (16, 7, 7)
        torch.nn.Flatten(), torch.nn.Linear(16 * 7 * 7, 10),
    )


products = {                            # for one digit
    in_torch: 784 * 64 + 64 * 64 + 64 * 10,
    convolution: 14**2 * 8 * 25 + 7**2 * 16 * 200 + 784 * 10,
}
shares = {}
for form, epochs in ((in_torch, 2), (convolution, 2), (in_torch, 7)):
    shares[form, epochs] = []
    for seed in (0, 1, 2):
        torch.manual_seed(seed)
        model = form()
        rule = torch.optim.Adam(model.parameters())
        for epoch in range(epochs):
            for rows in torch.randperm(10000).split(50):
                picked = rows.numpy()
                step_torch(model, rule, learning[0][picked],
                           learning[1][picked])
        shares[form, epochs].append(right_in_torch(model))
    count = sum(p.numel() for p in model.parameters())
    print(f"{form.__name__:11} {count:6,d} numbers, "
          f"{products[form]:7,d} products, {epochs} epochs:",
          *(f"{share:.1%}" for share in shares[form, epochs]))
dense, sliding, longer = (np.mean(three) for three in shares.values())
assert dense < sliding < longer
assert 3.5 < products[convolution] / products[in_torch] < 4

# %% [markdown] needs=["torch"]
# After two epochs each {{ sliding:.1% }} are right against {{ dense:.1% }},
# with a fifth of the weights. The price is
# {{ products[convolution] / products[in_torch]:.1f }} times the products:
# for about as many the dense network has seven epochs, and {{ longer:.1% }}.
# Whoever goes on alone with `nn` pays for each such idea with a
# derivation, a `backward` and a test.
#
# And speed? Measure an epoch of each.

# %% needs=["torch", "keras"]
def epoch(step, *given):
    for i in range(0, 10000, 50):
        step(*given, learning[0][i : i + 50], learning[1][i : i + 50])


ours, other = in_nn(np.random.default_rng(2)), in_torch()
runs = {
    "nn": (step_nn, ours, SGD(ours.params, lr=0.1)),
    "PyTorch": (step_torch, other,
                torch.optim.SGD(other.parameters(), lr=0.1)),
    "Keras": (step_keras, in_keras(keras.optimizers.SGD(0.1))),
}
seconds = {name: [] for name in runs}
for _ in range(2):
    for name, given in runs.items():
        begin = time.process_time()
        epoch(*given)
        seconds[name].append(time.process_time() - begin)
best = {name: min(two) for name, two in seconds.items()}
at_least = 4
assert best["PyTorch"] > best["nn"]
assert best["Keras"] > at_least * best["nn"]

# %% [markdown] needs=["torch", "keras"]
# On the machine that built this page PyTorch took longer than `nn`, and
# Keras more than {{ at_least }} times as long: each call has its price,
# and these calls have little to do.

# %% [markdown]
# So arrays as small as these are no test of it. Frameworks are made for large
# ones, on a graphics processor, to which model and data must be sent first
# (`.to("cuda")`) and which `nn` cannot use. They also read data in other
# processes while the network learns.[^whole]
#
# What they hide is what you have read here: where the division by $n$
# stands, what a layer keeps for the way back, what is done in training
# only. When a loss stands still, you will want to know.
#
# ## When one machine is too small
#
# A batch of 128 can be shared. Each of two workers has all the weights
# and half of the digits. Each computes the mean gradient of its half.
# Let $n_1$ and $n_2$ be the sizes of the parts, $n_1 + n_2 = n$, and
# $\grad{\bar g_1}$ and $\grad{\bar g_2}$ their mean gradients. The
# gradient of the whole is
#
# $$
# \label{shared-batch: the gradient of a shared batch}
# \begin{aligned}
# \underset{(M,)}{\grad{\bar g}}
# = \frac{1}{n} \sum_{i} \grad{g_i}
# &= \frac{1}{n} \left( n_1 \grad{\bar g_1} + n_2 \grad{\bar g_2} \right) \\
# &= \frac{n_1}{n}\, \underset{(M,)}{\grad{\bar g_1}}
# + \frac{n_2}{n}\, \underset{(M,)}{\grad{\bar g_2}}
# \end{aligned}
# $$
#
# and if the parts are equal, that is $(\grad{\bar g_1} +
# \grad{\bar g_2}) / 2$: the mean of the means is the mean of all. The
# workers have to tell each other their gradients, take the mean, and make
# the same step; being equal at the start, they stay equal. That is all of
# *data parallelism*. Without a framework (`off` is the length of the
# difference over the gradient's):

# %%
def gradient(model, x, t):
    _, dz = softmax_cross_entropy(model.forward(x, train=True), t)
    model.backward(dz)
    return np.concatenate([p.grad.ravel() for p in model.params])


model = in_nn(np.random.default_rng(2), np.float64)
x, t = learning[0][:128].astype(np.float64), learning[1][:128]
exact = gradient(model, x, t)


def shared(cut, weights):
    parts = (x[:cut], t[:cut]), (x[cut:], t[cut:])
    return sum(w * gradient(model, *p) for w, p in zip(weights, parts))


def off(g, whole):
    return np.linalg.norm(g - whole) / np.linalg.norm(whole)


even = off(shared(64, (1/2, 1/2)), exact)
uneven = off(shared(96, (1/2, 1/2)), exact)
weighted = off(shared(96, (96/128, 32/128)), exact)
print(f"64 + 64, mean:     {even:.0e}")
print(f"96 + 32, mean:     {uneven:.0e}")
print(f"96 + 32, weighted: {weighted:.0e}")
assert max(even, weighted) < 1e-13 and uneven > 0.05

# %% [markdown]
# With unequal parts the mean of the means is {{ uneven:.0% }} off. A digit
# of the small part counts three times as much as one of the large part.
#
# Now with two processes of this machine, which share no memory, and
# PyTorch's `DistributedDataParallel`.[^ddp] This function becomes a file
# of its own, for each process is a new Python. It gets its number, the
# *rank*, and a folder, where they also meet; `gloo` carries the messages.

# %%
def worker(rank, folder):
    """One process of two: all of the model, its part of each batch."""
    import datetime

    import numpy as np
    import torch
    from torch import distributed
    from torch.nn import Linear, ReLU, Sequential
    from torch.nn.functional import cross_entropy
    from torch.nn.parallel import DistributedDataParallel

    torch.set_num_threads(1)
    distributed.init_process_group(
        "gloo", init_method=f"file://{folder}/meeting-place",
        rank=rank, world_size=2,        # number 0 or 1, of 2
        timeout=datetime.timedelta(minutes=5),
    )
    model = Sequential(
        Linear(784, 64), ReLU(), Linear(64, 64), ReLU(), Linear(64, 10)
    )
    with np.load(f"{folder}/start.npz") as start:
        model.load_state_dict({
            name: torch.from_numpy(start[ours].T)
            for name, ours in zip(model.state_dict(), start)
        })
    model = DistributedDataParallel(model)
    rule = torch.optim.SGD(model.parameters(), lr=0.1)
    found = {}

    def note(name, numbers):
        flat = [p.detach().numpy().T.ravel() for p in numbers]
        found[name] = np.concatenate(flat)

    with np.load(f"{folder}/data.npz") as data:
        x, t = map(torch.from_numpy, (data["x"], data["t"]))
    for cut in (96, 64):                # only to compare gradients
        mine = slice(0, cut) if rank == 0 else slice(cut, 128)
        rule.zero_grad()
        cross_entropy(model(x[mine]), t[mine]).backward()
        note(f"gradient {cut}", [p.grad for p in model.parameters()])
    for s in range(10):                 # ten steps, equal parts
        mine = slice(128 * s + 64 * rank, 128 * s + 64 * rank + 64)
        rule.zero_grad()
        cross_entropy(model(x[mine]), t[mine]).backward()
        rule.step()
    note("weights", model.parameters())
    np.savez(f"{folder}/rank-{rank}.npz", **found)
    distributed.destroy_process_group()

# %% [markdown]
# `DistributedDataParallel(model)` gives all processes the weights of
# rank 0. During `backward`, as soon as enough gradients are there, the
# processes exchange them and put the means in their place. The rest of
# the loop is that of one process.

# %% needs=["torch"]
model = in_nn(np.random.default_rng(2))
save(model, f"{folder}/start.npz")
x, t = learning[0][:1280], learning[1][:1280]
np.savez(f"{folder}/data.npz", x=x, t=t)
script = Path(folder, "worker.py")
script.write_text(
    f"import sys\n\n{inspect.getsource(worker)}\n\n"
    "worker(int(sys.argv[1]), sys.argv[2])\n"
)
processes = [
    subprocess.Popen([sys.executable, script, str(rank), folder],
                     stderr=subprocess.PIPE, text=True)
    for rank in (0, 1)
]
told = [process.communicate()[1] for process in processes]
assert not any(process.returncode for process in processes), told

single = gradient(model, *batch(0))
rule = SGD(model.params, lr=0.1)
for s in range(10):
    step_nn(model, rule, *batch(s))
after = np.concatenate([p.value.ravel() for p in model.params])
ranks = []
for rank in (0, 1):
    with np.load(f"{folder}/rank-{rank}.npz") as archive:
        ranks.append({name: archive[name] for name in archive})
assert all(np.array_equal(ranks[0][k], ranks[1][k]) for k in ranks[0])
halves, unequal = (off(ranks[0][f"gradient {cut}"], single)
                   for cut in (64, 96))
steps = abs(ranks[0]["weights"] - after).max() / abs(after).max()
print(f"gradient, 64 + 64: {halves:.0e} off")
print(f"gradient, 96 + 32: {unequal:.0e} off")
print(f"weights after ten steps, 64 + 64: {steps:.0e} off")
assert halves < 1e-5 and steps < 1e-5 and unequal > 0.05

# %% [markdown] needs=["torch"]
# Two processes have the gradient of one, to rounding, and after ten steps
# the same weights as `nn` on its own, the two of them to the last bit. In
# each step a worker has {{ single.size:,d }} numbers to tell,
# {{ single.nbytes / 1e6:.2f }} megabytes, whatever the size of the batch.
# With 96 and 32 PyTorch, too, takes the mean of the means and is
# {{ unequal:.0% }} off.

# %% [markdown]
# More workers usually mean a larger batch, and that is a different
# training; the learning rate has to follow.[^goyal] And batch
# normalization looks at its own worker's part only, so with it even equal
# halves do not give the gradient of the whole.
#
# All this needs the model to fit into each worker. If it does not, there
# are three ways to cut it. *Pipelines* put the first layers here and the
# later ones there, and send small batches through one behind the other so
# that few wait.[^gpipe] *Tensor parallelism* cuts the weights of one
# layer, columns here, rows there.[^megatron] And with *sharding* every
# worker still computes every layer whole, but stores only a part, a
# shard, of the weights, the gradients and Adam's $m$ and $v$, and fetches
# the rest of a layer before it is used.[^zero]
#
# ## What we have now
#
# - The network of this book in three dialects, with its weights carried
#   over and a few steps equal to rounding; and a list of what is *not*
#   the same by default.
# - Automatic differentiation is a list of what was done, read backward.
#   Each entry is a `backward` as in chapter 2.
# - A batch may be shared between processes, if each part counts by its
#   size.
#
# ## Exercises
#
# ### Exercise 15.1 · Which way round
#
# What is the shape of the weight of PyTorch's `Linear(300, 20)`? And how
# many square weights has a network 784-100-100-100-10, where forgetting to
# transpose stays unnoticed?
#
# ??? tip "Hint"
#
#     PyTorch computes $x W^\top + b$ with $x$ of the shape
#     $(n,\ d_\text{in})$.

# %% tags=["starter"]
shape = None  # such as (3, 4)
unnoticed = None

# %% tags=["solution"]
# Rows are outputs. Square are the two between layers of 100 neurons.
shape = (20, 300)
unnoticed = 2

# %% tags=["tests"]
import numpy as np

W = np.zeros((300, 20))
assert shape == W.T.shape, "the transposed of ours"
sizes = [784, 100, 100, 100, 10]
assert unnoticed == sum(a == b for a, b in zip(sizes, sizes[1:]))

# %% [markdown]
# ### Exercise 15.2 · The floor of a wrong loss
#
# Write the floor of the loss of a network with `k` classes whose
# probabilities are taken for logits once more. Then the floor of the
# *binary* cross-entropy of a network whose sigmoid is followed by
# another, if half of the targets are 1 and half are 0.
#
# ??? tip "Hint"
#
#     In the binary case the second sigmoid gets a number between 0 and 1.
#     For which target is that worse? Take the mean of both targets.

# %% tags=["starter"]
import numpy as np


def softmax_floor(k):
    raise NotImplementedError("your code")


def sigmoid_floor():
    """Half of the targets are 1, half are 0."""
    raise NotImplementedError("your code")

# %% tags=["solution"]
def softmax_floor(k):
    return np.log(np.e + k - 1) - 1


def sigmoid_floor():
    # Target 1: at best sigmoid(1). Target 0: at best sigmoid(0), a half.
    return (np.log1p(np.exp(-1.0)) + np.log(2)) / 2

# %% tags=["tests"]
from nn.losses import binary_cross_entropy, softmax_cross_entropy

for k in (2, 10, 100):
    best = softmax_cross_entropy(np.eye(k), np.arange(k))[0]
    assert np.isclose(softmax_floor(k), best), f"{k} classes"
best = binary_cross_entropy(np.array([[1.0], [0.0]]), [[1.0], [0.0]])[0]
assert np.isclose(sigmoid_floor(), best)

# %% [markdown]
# ### Exercise 15.3 · Batch normalization moves house
#
# A Keras layer of batch normalization has a momentum, an $\varepsilon$
# and a running variance, and has seen `batches` batches of `n` examples.
# Return the momentum and the $\varepsilon$ that make `nn` do the same, and
# the running variance that `nn` would have, had it seen the same batches
# with them. Both began with a variance of 1.
#
# ??? tip "Hint"
#
#     A running variance is a weighted sum: some share of the 1 at the
#     start, and the rest from the batches. Only the rest needs the factor
#     `n / (n - 1)`.

# %% tags=["starter"]
import numpy as np


def moved(momentum, eps, variance, batches, n):
    """Keras's numbers; return those of nn: momentum, eps, variance."""
    raise NotImplementedError("your code")

# %% tags=["solution"]
def moved(momentum, eps, variance, batches, n):
    of_the_start = momentum**batches
    seen = variance - of_the_start
    return 1 - momentum, eps, of_the_start + seen * n / (n - 1)

# %% tags=["tests"]
from nn.normalization import BatchNorm

rng = np.random.default_rng(0)
for momentum, batches, n in ((0.99, 3, 4), (0.5, 1, 2), (0.9, 20, 8)):
    theirs = np.ones(2)
    ours = BatchNorm(2, momentum=1 - momentum, dtype=np.float64)
    for _ in range(batches):
        x = rng.normal(1, 3, (n, 2))
        theirs = momentum * theirs + (1 - momentum) * x.var(axis=0)
        ours.forward(x, train=True)
    got = moved(momentum, 0.001, theirs, batches, n)
    assert np.allclose(got[:2], (1 - momentum, 0.001))
    assert np.allclose(got[2], ours.running_variance)

# %% [markdown]
# ### Exercise 15.4 · Parts of any size
#
# Workers hand in their mean gradients and how many examples each had.
# Return the gradient of the whole batch. Then say by which factor each
# worker has to multiply its *loss* so that a framework that takes the
# plain mean over the workers gets it right, too.
#
# ??? tip "Hint"
#
#     The plain mean divides by the number of workers. Undo that.

# %% tags=["starter"]
import numpy as np


def together(gradients, sizes):
    raise NotImplementedError("your code")


def factors(sizes):
    raise NotImplementedError("your code")

# %% tags=["solution"]
def together(gradients, sizes):
    return np.average(gradients, axis=0, weights=sizes)


def factors(sizes):
    return np.asarray(sizes) * len(sizes) / np.sum(sizes)

# %% tags=["tests"]
rng = np.random.default_rng(0)
each = rng.normal(size=(10, 7))  # a gradient an example
for sizes in ([5, 5], [8, 2], [1, 2, 7], [10]):
    ends = np.cumsum(sizes)
    means = [each[e - s : e].mean(axis=0) for s, e in zip(sizes, ends)]
    assert np.allclose(together(means, sizes), each.mean(axis=0)), sizes
    scaled = [f * g for f, g in zip(factors(sizes), means)]
    assert np.allclose(np.mean(scaled, axis=0), each.mean(axis=0)), sizes

# %% [markdown]
# ### Exercise 15.5 · A small project: the ring
#
# How do many workers take the mean, without one worker that hears them all?
# In a ring.[^ring] Each cuts its gradient into as many pieces as there are
# workers. In every round each worker sends *one piece* to its right
# neighbour, all at once. In the first rounds a piece that arrives is
# added to one's own; in the later ones it replaces it. Write `ring`, which
# plays all workers (the mean is then a division). It gets a list of
# arrays of equal length, one a worker, and changes each in place into
# their sum. Whatever a worker sends must go through `send(piece)`, a call
# for each message, which returns what the neighbour receives.
#
# ??? tip "Hint"
#
#     In round `r` worker `w` sends piece `w - r` (modulo the number of
#     workers). After one round fewer than there are workers, which piece
#     is complete, and where? From there it travels once more around.

# %% tags=["starter"]
import numpy as np


def ring(arrays, send):
    """Make each array the sum of all, by messages to the right."""
    raise NotImplementedError("your code")

# %% tags=["solution"]
def ring(arrays, send):
    k = len(arrays)
    pieces = [np.array_split(array, k) for array in arrays]  # views
    for r in range(2 * (k - 1)):
        # In the first k - 1 rounds sums grow; then worker w has piece
        # w + 1 complete and passes it on.
        sent = [send(pieces[w][(w - r) % k]) for w in range(k)]
        for w in range(k):
            mine = pieces[(w + 1) % k][(w - r) % k]
            if r < k - 1:
                mine += sent[w]
            else:
                mine[...] = sent[w]

# %% tags=["tests"]
rng = np.random.default_rng(0)
for workers, length in ((1, 3), (2, 6), (3, 7), (5, 1000)):
    arrays = [rng.normal(size=length) for _ in range(workers)]
    total, count = np.sum(arrays, axis=0), []

    def send(piece, count=count):
        count.append(piece.size)
        return piece.copy()

    ring(arrays, send)
    for array in arrays:
        assert np.allclose(array, total), f"{workers} workers"
    # Less than twice its own gradient is what a worker sends, however
    # many workers there are.
    assert sum(count) == 2 * (workers - 1) * length
    assert max(count, default=0) <= -(-length // workers), "a piece only"

# %% [markdown]
# ## Notes
#
# Theano took a formula written in Python, differentiated it and compiled
# it, for graphics processors too.[^theano] Torch, in Lua, was built of
# layers with a forward and a backward, as `nn` is.[^torch7] That one may
# write the graph down while plain Python runs was shown by Chainer and by
# Autograd for NumPy.[^chainer] TensorFlow cut the graph up and laid it over
# many machines.[^tensorflow] PyTorch names Torch, Chainer and Autograd as its
# ancestors.[^ancestors] JAX keeps Autograd's way of writing, and compiles
# again.[^jax] Keras is a short way to say a network that others compute,
# today JAX, TensorFlow or PyTorch.[^keras]
#
# The idea below them all is much older: see the notes of
# [chapter 1](scalar.py#notes).
#
# [^adam]: The form that Keras has is also in
#     [Kingma and Ba 2014](bibliography.md#kingma-2014), at the end of
#     section 2, as a faster way to compute the same; there
#     $\varepsilon$ gets a hat, for it is then not the same number.
# [^lattice]: In Keras 3.15, `keras/src/backend/common/dtypes.py`: the
#     result of two float64 is float64 with TensorFlow alone.
# [^start]: PyTorch’s documentation of `torch.nn.Linear`. In its code the
#     rule is `kaiming_uniform_` with `a=sqrt(5)`: He's formula, for a
#     leaky ReLU with a slope of $\sqrt{5}$.
# [^whole]: [Paszke and others 2019](bibliography.md#paszke-2019), who
#     describe the whole of PyTorch.
# [^ddp]: [Li and others 2020](bibliography.md#li-2020). Their word
#     for enough is a bucket.
# [^goyal]: [Goyal and others 2017](bibliography.md#goyal-2017).
# [^gpipe]: [Huang and others 2019](bibliography.md#huang-2019).
# [^megatron]: [Shoeybi and others 2019](bibliography.md#shoeybi-2019).
# [^zero]: [Rajbhandari and others 2020](bibliography.md#rajbhandari-2020).
#     In PyTorch: `torch.distributed.fsdp`.
# [^ring]: [Patarasuk and Yuan 2009](bibliography.md#patarasuk-2009), who
#     also show that no way can do with less.
# [^theano]: [Bergstra and others 2010](bibliography.md#bergstra-2010).
# [^torch7]: [Collobert and others 2011](bibliography.md#collobert-2011).
# [^chainer]: [Tokui and others 2015](bibliography.md#tokui-2015);
#     [Maclaurin and others 2015](bibliography.md#maclaurin-2015).
# [^tensorflow]: [Abadi and others 2016](bibliography.md#abadi-2016).
# [^ancestors]: [Paszke and others 2017](bibliography.md#paszke-2017).
# [^jax]: [Frostig and others 2018](bibliography.md#frostig-2018).
# [^keras]: The documentation of Keras, at [keras.io](https://keras.io/).
