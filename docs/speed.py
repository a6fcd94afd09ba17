# %% [markdown]
# # 14 · Speed and memory
#
# *Where does the time go?*
#
# After this chapter you can count what a training step computes and moves,
# measure it fairly on a busy machine, and name the few habits that decide
# its speed. You can take a network that is too deep for the memory forward
# and back, train one in half of the bits, and one on data that are never in
# memory as a whole.

# %%
import copy
import json
import os
import platform
import tempfile
import time
import tracemalloc
from pathlib import Path

import numpy as np
from threadpoolctl import ThreadpoolController, threadpool_info

from nn.activations import ReLU
from nn.digits import mnist
from nn.dropout import Dropout
from nn.evaluation import accuracy
from nn.initializers import he_normal
from nn.layers import Dense, Parameter, Sequential
from nn.losses import softmax_cross_entropy
from nn.optimizers import SGD, Adam
from nn.schedules import cosine
from nn.training import fit

# %% tags=["hide"]
from weave import DATA, GRADIENT, INK, PINK, VALUE
from weave import figure, subplots, table


def processor():
    """The processor's name, as the system gives it."""
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(": ")[1]
    except OSError:
        pass
    return platform.processor() or platform.machine()


blas = next(b for b in threadpool_info() if b["user_api"] == "blas")
kernel = blas.get("architecture", "unnamed")
library = f"{blas['internal_api']} {blas['version']}"
cores = os.cpu_count()

# %% [markdown]
# ## A loop in Python
#
# The network of this chapter is the third of
# [chapter 11's](digits.py#three-networks-from-tutorials) tutorials:
# 784-128-64-10, 128 pictures a step. Its first layer is a product $xW$.
# Here it is as the definition says it, number by number.

# %%
(pictures, labels), _ = mnist()
x, t = pictures[:128], labels[:128]                 # (128, 784)
W = he_normal(784, 128, rng=np.random.default_rng(0))


def loop(x, W):
    """x @ W, one number after the other."""
    y = []
    for row in x:
        y.append([])
        for j in range(len(W[0])):
            total = 0.0
            for k in range(len(W)):
                total += row[k] * W[k][j]
            y[-1].append(total)
    return y


few, weights = x[:2].tolist(), W.tolist()   # loops like lists better
assert np.allclose(loop(few, weights), x[:2] @ W, atol=1e-4)

# %% [markdown]
# How slow is that? A stopwatch does not answer. The machine that made this
# page is shared: an {{ processor() }} with {{ cores }} cores, on which
# others work at the same time, now more, now less. So we take two
# precautions. `process_time` counts only the time that the processor spends
# on us. And whatever is compared runs in turns, in a new order each round;
# a ratio is taken within a round, and of all rounds the median. A
# disturbance then hits both sides, or a round that the median ignores.
# Trust the ratios on this page to a digit or so, its seconds much less.

# %%
shuffle = np.random.default_rng(0)


def race(*runs, rounds=15, calls=1, clock=time.process_time):
    """Seconds a call, (rounds, runs). In each round all take a turn."""
    seconds = np.zeros((rounds, len(runs)))
    for run in runs:
        run()                                       # warm up
    for turn in seconds:
        for i in shuffle.permutation(len(runs)):
            began = clock()
            for _ in range(calls):
                runs[i]()
            turn[i] = (clock() - began) / calls
    return seconds


def times(seconds, i, j):
    """How many times as long i takes as j: the median of all rounds."""
    return np.median(seconds[:, i] / seconds[:, j])


def by_outputs():
    return [[row @ W[:, j] for j in range(128)] for row in x[:2]]


def by_rows():
    return [row @ W for row in x]


seconds = race(lambda: loop(few, weights), by_outputs, by_rows,
               lambda: x @ W, rounds=9)
adds = np.array([2, 2, 128, 128]) * 784 * 128   # multiply-adds of each
each = seconds / adds

# %% tags=["hide"]
def two_digits(number):
    """3,565.1 is 3,600, and 0.0239 is 0.024."""
    return f"{float(f'{number:.2g}'):,.10g}"


loop_times, dot_times, row_times = (times(each, i, 3) for i in range(3))
assert loop_times > 20 and dot_times > 2
assert np.allclose(by_rows(), x @ W, atol=1e-4)
table(
    [[what, calls, two_digits(np.median(each[:, i]) * 1e9),
      two_digits(times(each, i, 3))]
     for i, (what, calls) in enumerate([
         ("three loops", 128 * 784 * 128),
         ("`x[i] @ W[:, j]` for each output", 128 * 128),
         ("`x[i] @ W` for each row", 128),
         ("`x @ W`", 1)])],
    header=["for 128 pictures", "Python's turns", "ns a multiply-add",
            "times `x @ W`"],
    formats=["", ",d", "", ""],
    align="lrrr",
    caption="The same sums in four ways; the first two were timed on two "
    "pictures. A nanosecond (ns) is a billionth of a second.",
    name="loops",
)

# %% [markdown]
# The loops take about {{ two_digits(loop_times) }} times as long
# ([](#tab-loops)). A multiply-add is the least of it. For each one, Python
# looks up objects, asks for their types, and makes new ones. `x[i] @ W[:, j]`
# asks once for 784 of them, and still pays: for the asking, and for a column
# of $W$, whose numbers do not lie side by side.
#
# In the third row Python hardly matters, with one turn for 100,352
# multiply-adds, and it takes {{ row_times:.1f }} times as long as the
# product of the whole. It fetches all of $W$, {{ W.nbytes / 1e3:.0f }}
# kilobytes, for each of the 128 rows. Between main memory and the
# arithmetic lie *caches*, the smaller the faster. A product of two tables
# takes a block of $W$ into the innermost, and uses it for many rows before
# it lets it go.[^goto] Such products are the business of a library, the
# *BLAS* (basic linear algebra subprograms). NumPy's `@` hands tables to it;
# on this build it is {{ library }}, with the kernel {{ kernel }}.
#
# ## Counting first
#
# Time is measured, work can be counted. The unit is the *FLOP*, a
# floating-point operation; a multiply-add is two. A Dense layer's output
# has $n \cdot d_\text{out}$ numbers, each a sum of $d_\text{in}$ products.
# For its gradients look at the shapes (all letters:
# [notation](notation.md)):
#
# $$
# \label{flops: the three products of a Dense layer}
# \begin{aligned}
# \underset{(n,\ d_\text{out})}{\val{y}}
# &= \underset{(n,\ d_\text{in})}{\val{x}}\;
# \underset{(d_\text{in},\ d_\text{out})}{W}
# && n \cdot d_\text{out} \text{ sums of } d_\text{in} \\[4pt]
# \underset{(d_\text{in},\ d_\text{out})}{\grad{dW}}
# &= \underset{(d_\text{in},\ n)}{\val{x}^\top}\;
# \underset{(n,\ d_\text{out})}{\grad{dy}}
# && d_\text{in} \cdot d_\text{out} \text{ sums of } n \\[4pt]
# \underset{(n,\ d_\text{in})}{\grad{dx}}
# &= \underset{(n,\ d_\text{out})}{\grad{dy}}\;
# \underset{(d_\text{out},\ d_\text{in})}{W^\top}
# && n \cdot d_\text{in} \text{ sums of } d_\text{out}
# \end{aligned}
# $$
#
# Three products in [](#eq-flops), each of $2\, n\, d_\text{in}\, d_\text{out}$
# FLOPs. The
# way back costs twice the way forward. In the first layer, and only there,
# $\grad{dx}$ would be the gradient of the data, from which nobody learns
# anything, and `Sequential.backward` leaves it out.
#
# For the bytes, count each table once: a product reads two and writes one.
# The FLOPs divided by the bytes are its *arithmetic intensity*: how much it
# computes with what it moves.

# %%
SHAPES = (784, 128), (128, 64), (64, 10)


def flops(n, d_in, d_out):
    return 2 * n * d_in * d_out


def traffic(n, d_in, d_out, itemsize=4):
    return itemsize * (n * d_in + d_in * d_out + n * d_out)


step_flops = sum(3 * flops(128, *shape) for shape in SHAPES)
step_flops -= flops(128, *SHAPES[0])        # the data's gradient

# %% tags=["hide"]
table(
    [[f"{a} × {b}", *[flops(128, a, b) / 1e6] * 2,
      flops(128, a, b) / 1e6 if a != 784 else "–",
      traffic(128, a, b) / 1e6, flops(128, a, b) / traffic(128, a, b)]
     for a, b in SHAPES],
    header=["$W$", r"$\val{y}$", r"$\grad{dW}$", r"$\grad{dx}$",
            "MB, one product", "FLOPs a byte"],
    formats=["", ".2f", ".2f", ".2f", ".3f", ".1f"],
    caption="Millions of FLOPs of the products of one step, 128 pictures; "
    "and millions of bytes (MB) that one product reads and writes.",
    name="count",
    align="lrrrrr",
)
saved = flops(128, *SHAPES[0]) / (step_flops + flops(128, *SHAPES[0]))
forward_flops = sum(flops(128, *shape) for shape in SHAPES)
first_share = flops(128, *SHAPES[0]) / forward_flops
assert 0.3 < saved < 0.32 and 0.9 < first_share < 0.93

# %% [markdown]
# Is the count in [](#tab-count) right? An array can keep the books itself. If
# its class defines `__array_ufunc__`, NumPy calls that instead of computing.
# `ufunc` is what was to be computed: for `@`, `np.matmul`. Dressed in this
# class, the parameters of a network see every product that it makes:
# $\val{x}^\top \grad{dy}$ too, whose factors are plain, for it is written into
# `p.grad`, its `out`.


# %%
class Counted(np.ndarray):
    """An array that adds up the FLOPs of its products.

    `method` is "__call__" here, and `how` whatever else was said.
    """

    total = 0

    def __array_ufunc__(self, ufunc, method, *given, out=None, **how):
        def plain(a):
            return a.view(np.ndarray) if isinstance(a, Counted) else a

        given = [plain(a) for a in given]
        if ufunc is np.matmul:
            Counted.total += flops(*given[0].shape, given[1].shape[1])
        if out is not None:
            how["out"] = tuple(plain(a) for a in out)
        return getattr(ufunc, method)(*given, **how)


def network(dtype=np.float32):
    rng = np.random.default_rng(0)
    layers = []
    for shape in SHAPES:
        weight = he_normal(*shape, rng=rng, dtype=dtype)
        layers += [Dense(weight), ReLU()]
    return Sequential(*layers[:-1])


def counted(model, x, dy, **how):
    """FLOPs of the products of forward and backward."""
    for p in model.params:
        p.value, p.grad = p.value.view(Counted), p.grad.view(Counted)
    Counted.total = 0
    model.forward(x, train=True)
    model.backward(dy, **how)
    return Counted.total


dy = np.full((128, 10), 0.01, np.float32)
full = counted(network(), x, dy, need_dx=True)
assert counted(network(), x, dy) == step_flops
assert full - step_flops == flops(128, 784, 128)
print(f"{step_flops:,} FLOPs; {full:,} with the data's gradient")

# %% [markdown]
# Without the gradient of the data a step has {{ saved:.0% }} less to
# compute. The first layer is {{ first_share:.0% }} of the way forward, so
# here the way back costs hardly more than that. Now the clock, for each
# part of a step, beside what it must do. Adam's update has no products: [in
# `nn`](optimizers.py#nn-optimizers-Adam) it is twelve operations on arrays.
# Eight, like `m *= b1`, read one and write one; four, like `v += scratch`,
# read two: in all $8 \cdot 2 + 4 \cdot 3 = 28$ arrays move. A whole step:

# %%
def step(model, optimizer, x=x, need_dx=False):
    _, dz = softmax_cross_entropy(model.forward(x, train=True), t)
    model.backward(dz, need_dx=need_dx)
    optimizer.step()


# %% tags=["hide"]
rng = np.random.default_rng(1)
model = network()
adam = Adam(model.params, lr=1e-5)
count = sum(p.value.size for p in model.params)
parts = ["gather", "forward", "loss", "backward", "Adam"]
spans = []
for turn in range(150):
    pick = rng.permutation(60_000)[:128]
    marks = [time.process_time()]
    xs, ts = pictures[pick], labels[pick]
    marks.append(time.process_time())
    z = model.forward(xs, train=True)
    marks.append(time.process_time())
    _, dz = softmax_cross_entropy(z, ts)
    marks.append(time.process_time())
    model.backward(dz)
    marks.append(time.process_time())
    adam.step()
    marks.append(time.process_time())
    spans.append(np.diff(marks))
spans = np.array(spans)
shares = np.median(spans / spans.sum(axis=1, keepdims=True), axis=0)
shares = dict(zip(parts, shares / shares.sum()))

h1, h2, y3 = (np.ones((128, d), np.float32) for _, d in SHAPES)
W1, W2, W3 = (p.value for p in model.params[::2])


def products():
    x @ W1, h1 @ W2, h2 @ W3
    y3 @ W3.T, h2 @ W2.T
    h2.T @ y3, h1.T @ h2, x.T @ h1


large = np.ones((768, 768), np.float32)
long = np.ones(1 << 23, np.float32)
also = np.ones_like(long)
plain = network()
sgd = SGD(plain.params, lr=1e-5)
timed = race(lambda: step(model, adam), lambda: step(plain, sgd), products,
             lambda: large @ large, lambda: np.copyto(also, long), calls=2)
best_rate = 2 * 768**3 / np.median(timed[:, 3])
bandwidth = 2 * long.nbytes / np.median(timed[:, 4])
floor = step_flops / best_rate
over_floor = times(timed, 2, 3) * 2 * 768**3 / step_flops
over_products, sgd_over_products = times(timed, 0, 2), times(timed, 1, 2)

forward_bytes = sum(traffic(128, *shape) for shape in SHAPES)
bends = 128 * (128 + 64)
work = {                                  # FLOPs, bytes
    "gather": (0, 2 * x.nbytes),
    "forward": (forward_flops + 128 * 202 + bends,
                forward_bytes + 4 * (2 * 128 * 202 + 2 * bends)),
    "loss": (10 * 1280, 10 * 2 * 8 * 1280),
    "backward": (step_flops - forward_flops + 128 * 202 + 2 * bends,
                 2 * forward_bytes - traffic(128, *SHAPES[0])
                 + 4 * (128 * 202 + 5 * bends)),
    "Adam": (12 * count, 28 * 4 * count),
}
all_flops = sum(a for a, _ in work.values())
does = {"gather": "`x[pick]`, 128 rows", "forward": "three products",
        "loss": "softmax, in float64", "backward": "five products",
        "Adam": f"{count:,} parameters"}
table(
    [[part, does[part], a / 1e6, b / 1e6, a / all_flops, shares[part]]
     for part, (a, b) in work.items()],
    header=["part", "what it does", "MFLOP", "MB", "of the FLOPs",
            "of the time"],
    formats=["", "", ".2f", ".2f", ".1%", ".0%"],
    caption="A training step, 128 pictures: millions of FLOPs, and millions "
    "of bytes read and written, counted; the share of the time, measured, "
    "150 steps. Of the loss the count is rough.",
    name="parts",
)
work_adam = 12 * count / (28 * 4 * count)
adam_rate = work["Adam"][1] / np.median(spans[:, 4])
adam_bytes = 5 * 4 * count          # value, gradient, m, v, scratch
assert work["Adam"][0] / all_flops < 0.05
assert 0.02 < shares["Adam"] < 0.6 and 9 < 1 / work_adam < 10
assert best_rate > bandwidth > 0 and 2e6 < adam_bytes < 2.3e6
assert over_products > 1 and sgd_over_products > 1

# %% [markdown]
# The arithmetic of Adam is {{ work["Adam"][0] / all_flops:.1% }} of a step,
# and its time {{ shares["Adam"]:.0% }} ([](#tab-parts)). For each FLOP it
# moves {{ 1 / work_adam:.0f }} bytes, while the first layer's product has
# {{ flops(128, 784, 128) / traffic(128, 784, 128):.0f }} FLOPs for a byte.
# By the rule of the *roofline*[^roofline] a computation is bounded by
# arithmetic or by traffic, by whichever takes longer. On this machine a
# large product ran at {{ best_rate / 1e9:.0f }} billion FLOPs a second, and
# a copy through main memory moved {{ bandwidth / 1e9:.0f }} billion bytes.
# What has an intensity below the quotient of the two,
# {{ best_rate / bandwidth:.1f }}, is bounded by memory, unless its arrays
# stay in a cache. Adam's arrays, {{ adam_bytes / 1e6:.1f }} MB together, can
# stay in one: its update moved {{ adam_rate / 1e9:.0f }} billion bytes a
# second, {{ adam_rate / bandwidth:.1f }} times as many as the copy.
#
# At the rate of the large product, the step's products would take
# {{ floor * 1e6:.0f }} millionths of a second. Alone, they take
# {{ over_floor:.1f }} times that: tables of 128 rows are small. A whole
# step, without the gathering, takes {{ over_products:.2f }} times as long
# as its products with Adam, {{ sgd_over_products:.2f }} with SGD. Only this
# surplus could `nn` still save.
#
# ## What each habit costs
#
# Tutorials tend to write steps that are slower than this one, by four
# habits. `float64`, NumPy's own choice, has twice the bytes, and half as
# many numbers fit into one instruction. The gradient of the data, we have
# counted. Data are shuffled by copying all of them, each epoch. And the
# optimizer says what it means, with a new array for each sign in
# [](optimizers.py#eq-adam):


# %%
class FreshAdam:
    """Adam as it is read, with fresh arrays throughout."""

    def __init__(self, params, lr):
        self.params, self.lr, self.steps = params, lr, 0
        self.m = [np.zeros_like(p.value) for p in params]
        self.v = [np.zeros_like(p.value) for p in params]

    def step(self):
        self.steps += 1
        for i, p in enumerate(self.params):
            g = p.grad
            self.m[i] = 0.9 * self.m[i] + 0.1 * g
            self.v[i] = 0.999 * self.v[i] + 0.001 * g**2
            m_hat = self.m[i] / (1 - 0.9**self.steps)
            v_hat = self.v[i] / (1 - 0.999**self.steps)
            change = self.lr * m_hat / (np.sqrt(v_hat) + 1e-8)
            p.value[:] = p.value - change


ours, theirs = network(), network()
in_place = Adam(ours.params, lr=0.001)
fresh = FreshAdam(theirs.params, lr=0.001)
for _ in range(3):
    step(ours, in_place)
    step(theirs, fresh)
for p, q in zip(ours.params, theirs.params):
    assert np.allclose(p.value, q.value, atol=1e-5)

# %% [markdown]
# Both follow the same path. How much memory they ask for on the way,
# `tracemalloc` tells: NumPy reports every array to it.


# %%
def peak(run):
    """The most bytes, newly asked for, that `run` holds at once."""
    tracemalloc.start()
    run()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most


largest, fresh_peak = W.nbytes, peak(fresh.step)
print(f"in place {peak(in_place.step):,} bytes, "
      f"fresh {fresh_peak:,}; the largest array: {largest:,}")
assert peak(in_place.step) < 100_000
assert fresh_peak > 2 * largest

# %% tags=["hide"]
doubles = network(np.float64)
adam64 = Adam(doubles.params, lr=1e-5)
x64 = x.astype(np.float64)
doubles.forward(x64)
for optimizer in (in_place, fresh):
    optimizer.lr = 1e-5
some = pictures[:12_800]
whole_order = rng.permutation(len(some))


def gather():
    for i in range(0, len(some), 128):
        some[whole_order[i : i + 128]]


def copy_all():
    fresh = some[whole_order]
    for i in range(0, len(some), 128):
        fresh[i : i + 128]


room = np.empty_like(some)
gathered = race(
    gather, copy_all,
    lambda: np.take(some, whole_order, axis=0, out=room, mode="clip"),
    rounds=5,
)
habits = race(
    lambda: step(ours, in_place),
    lambda: step(doubles, adam64, x64),
    lambda: step(ours, in_place, need_dx=True),
    lambda: step(theirs, fresh),
    lambda: (in_place.step(), None),
    lambda: fresh.step(),
    calls=3,
)
habits_cost = [times(habits, i, 0) for i in range(4)]
adam_times = times(habits, 5, 4)
assert adam_times > 1
copy_times, room_times = times(gathered, 1, 0), times(gathered, 2, 0)
assert copy_times > room_times
copy_memory, gather_memory = peak(copy_all), peak(gather)
assert copy_memory > 50 * gather_memory
step_memory = [peak(lambda: step(ours, in_place)),
               peak(lambda: step(doubles, adam64, x64)),
               peak(lambda: step(ours, in_place, need_dx=True)),
               peak(lambda: step(theirs, fresh))]
assert step_memory[0] < min(step_memory[1:])
names = ["as in `nn`", "`float64`", "the data’s gradient too",
         "Adam with fresh arrays"]
quartiles = [np.quantile(habits[:, i] / habits[:, 0], (0.25, 0.75))
             for i in range(4)]
table(
    [[name, cost,
      "–" if i == 0 else f"{low:.2f} to {high:.2f}", memory / 1e6]
     for i, (name, cost, (low, high), memory) in enumerate(
         zip(names, habits_cost, quartiles, step_memory))],
    header=["a step …", "time over `nn`’s", "half of all rounds",
            "MB at once"],
    formats=["", ".2f", "", ".2f"],
    align="lrrr",
    caption="What one habit more, each alone, makes of a step with Adam: its "
    "time over that of the first row, and the most memory, newly asked for, "
    "that it holds at once.",
    name="habits",
)

# %% [markdown]
# In [](#tab-habits) the middle half of all rounds lies in the range given.
# The update alone takes {{ adam_times:.1f }} times as long with fresh
# arrays. They take {{ fresh_peak / largest:.0f }} times the bytes of the
# largest array; two are the next $m$ and $v$. Room for each must be found,
# and none is in the cache yet. `nn` allocates one array for scratch, once,
# for every intermediate result. The reader pays: the lines in chapter 6
# look less like Adam than the six above.
#
# The fourth habit, the shuffled copy, took {{ copy_times:.1f }} times as
# long as gathering the rows batch by batch, and held
# {{ copy_memory / 1e6:.0f }} MB for it instead of
# {{ gather_memory / 1e6:.1f }}, here with 12,800 pictures. The copied bytes
# are the same. Written into an array that is there already, they took
# {{ room_times:.1f }} times as long as the batches: what costs is new
# memory, which the system fills with zeros first. A batch reuses the last
# one's.
#
# ## How many at a time
#
# The calls from Python and the update of Adam cost the same for one picture
# and for a hundred. So a larger batch is cheaper for each example. Up to
# what size?

# %% tags=["hide"]
sizes = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024]
again = {n: max(2, 128 // n) for n in sizes}        # turns in a row


def of_size(n):
    """A step, one without Adam, and its products, in batches of n."""
    xs, ts = pictures[:n], labels[:n]
    a1, a2, a3 = (np.ones((n, d), np.float32) for _, d in SHAPES)

    def bare():
        for _ in range(again[n]):
            xs @ W1, a1 @ W2, a2 @ W3
            a3 @ W3.T, a2 @ W2.T
            a2.T @ a3, a1.T @ a2, xs.T @ a1

    def both_ways(end=lambda: None):
        for _ in range(again[n]):
            z = ours.forward(xs, train=True)
            ours.backward(softmax_cross_entropy(z, ts)[1])
            end()

    return lambda: both_ways(in_place.step), both_ways, bare


found = race(*(run for n in sizes for run in of_size(n)), rounds=9)
found = found.reshape(9, len(sizes), 3)
found /= np.array([[n * again[n]] for n in sizes])
by_size = np.median(found, axis=0) * 1e6                # µs an example


def dearer(n, m):
    """How many times as long an example takes in n as in m at a time."""
    return times(found[:, :, 0], sizes.index(n), sizes.index(m))


one_times = dearer(1, 128)
assert one_times > 3

fig, ax = subplots()
for column, (name, color, line, mark) in enumerate((
        ("a step with Adam", INK, "-", "o"),
        ("forward, loss, backward", PINK, "--", "^"),
        ("the products alone", DATA, ":", "s"))):
    ax.loglog(sizes, by_size[:, column], line, color=color, marker=mark,
              mfc="none", ms=4.5, label=name)
ax.set(xlabel="examples in a batch", ylabel="µs for each example",
       xticks=[1, 4, 16, 64, 256, 1024],
       xticklabels=["1", "4", "16", "64", "256", "1,024"])
ax.yaxis.set_major_formatter("{x:,.0f}")
ax.minorticks_off()
ax.legend()
figure(
    fig,
    "batch",
    alt="Three falling curves on two logarithmic axes: microseconds for "
    "each example against the batch size from 1 to 1,024. The curve of a "
    "whole step is on top and falls steeply at first; that without the "
    "optimizer lies below it, that of the products alone lowest. To the "
    "right the three approach each other.",
    caption="What an example costs, by the size of its batch; medians of "
    "nine rounds.",
)

# %% [markdown]
# With batches of one an example takes {{ one_times:.0f }} times as long as
# with 128; from there to 1,024, the factor is another
# {{ dearer(128, 1024):.1f }} ([](#fig-batch)). At $n = 1$ even the products
# are expensive: $\grad{dW}$ has {{ 784 * 128:, }} numbers in the first
# layer, which are written for a single example, and Adam reads them all.
# That is the price of an *example*, not of learning. [Chapter
# 7](training.py#how-many-examples-a-step) measured what a pass at each size
# buys, and small batches bought more. So weigh the two: here a pass in
# batches of 32 costs {{ dearer(32, 128):.1f }} times what one of 128 does,
# and {{ dearer(64, 128):.1f }} times with 64.
#
# ## Two threads
#
# A BLAS can divide a product among the cores. `threadpoolctl` sets how many
# threads it may use. Other threads' time counts as ours in `process_time`,
# so here the clock on the wall has to do, on a machine that others use too.


# %%
threads = ThreadpoolController()
large = np.ones((768, 768), np.float32)


def with_threads(number, run):
    def limited():
        with threads.limit(limits=number, user_api="blas"):
            run()
    return limited


def first_layer():
    for _ in range(10):
        x @ W


tasks = {
    "(128, 784) times (784, 128), 10 times": first_layer,
    "(768, 768) times (768, 768)": lambda: large @ large,
    "a step with Adam, 128 pictures": lambda: step(ours, in_place),
}
walls = {
    name: race(with_threads(2, run), with_threads(1, run),
               rounds=7, clock=time.perf_counter)
    for name, run in tasks.items()
}

# %% tags=["hide"]
def rough(number):
    return f"{number:.1f}" if number < 10 else f"{number:.0f}"


table(
    [[name, rough(times(wall, 0, 1)),
      " to ".join(map(rough, np.quantile(wall[:, 0] / wall[:, 1],
                                         (0.25, 0.75))))]
     for name, wall in walls.items()],
    header=["task", "two threads over one", "half of all rounds"],
    align="lrr",
    caption="Time on the wall with two threads, over that with one. Below "
    "1, two are faster; one half would be the best.",
    name="threads",
)
two = [rough(times(wall, 0, 1)) for wall in walls.values()]

# %% [markdown]
# [](#tab-threads) is one hour on one shared machine: with two threads the
# small products took {{ two[0] }} times as long as with one, the large one
# {{ two[1] }} times, the step {{ two[2] }} times. The next hour is different;
# the reasons stay. Threads must be woken, given their part, and waited for. A
# product that lasts less than a thousandth of a second hardly pays for that.
# And if somebody else needs the second core, the first thread waits for a
# partner who does not come. That can make two threads the slower ones even
# with the large product, which lasts longer, about
# {{ 2e3 * 768**3 / best_rate:.0f }} thousandths. So this book's `Makefile`
# sets `OPENBLAS_NUM_THREADS=1`.
# The second core is better used by a second network, as chapter 11 does.
#
# ## What forward keeps
#
# Memory sets a limit that patience does not move. Take a deep network: 36
# layers of 256 neurons, each with its ReLU, and 512 examples. For the way
# back, a Dense layer keeps its $\val{x}$ and its $\val{y}$, and so does
# ReLU. But one's $\val{y}$ is the next one's $\val{x}$, the same array, so
# that a layer with its bend keeps two: what comes before the bend, and what
# comes after it.[^one]
#
# [^one]: One would do: ReLU's slope can be read off its $\val{y}$, and
#     `Dense` needs its $\val{y}$ only to check a shape.

# %%
depth, width, n = 36, 256, 512


def tower(*extra):
    """The layers of a deep network, in pairs (with `extra`: more)."""
    rng = np.random.default_rng(0)
    return [layer for _ in range(depth)
            for layer in (Dense(he_normal(width, width, rng=rng)),
                          ReLU(), *(make() for make in extra))]


rng = np.random.default_rng(1)
deep_x = rng.standard_normal((n, width)).astype(np.float32)
deep_dy = rng.standard_normal((n, width)).astype(np.float32) / n


def both_ways(model):
    model.forward(deep_x, train=True)
    model.backward(deep_dy)


kept_bytes = 2 * depth * n * width * 4
plain = Sequential(*tower())
measured = peak(lambda: plain.forward(deep_x, train=True))
plain_peak = peak(lambda: both_ways(plain))
weight_bytes = sum(p.value.nbytes for p in plain.params)
print(f"counted {kept_bytes / 1e6:.1f} MB, "
      f"measured {measured / 1e6:.1f} MB")
assert abs(measured - kept_bytes) < 0.05 * kept_bytes

# %% tags=["check"]
assert 9e6 < weight_bytes < 10e6

# %% [markdown]
# The weights have {{ weight_bytes / 1e6:.1f }} MB. The values on the way up
# need {{ kept_bytes / weight_bytes:.0f }} times that, and unlike weights
# they grow with the batch.
#
# There is a trade.[^checkpoint] Keep the input of a part of the network and
# nothing else. When the gradient arrives from above, go forward through the
# part once more, this time keeping all, and then back. This is
# *checkpointing*. The layers of `nn` make it short: with `train=False` they
# keep nothing, so `forward` has little to do. In `backward`, `copy.copy`
# makes layers with the same `Parameter` objects: the gradients land in
# ours. What they keep hangs on the copies, and is freed with them. Six
# segments of six layers, for a start:


# %%
class Checkpoint:
    """Layers in a row that keep x alone, and go forward twice."""

    def __init__(self, *layers):
        self.body = Sequential(*layers)
        self.layers, self.params = self.body.layers, self.body.params

    def forward(self, x, train=False):
        if train:
            self.x = x
        return self.body.forward(x)                 # keeps nothing

    def backward(self, dy, need_dx=True):
        again = Sequential(*map(copy.copy, self.layers))
        again.forward(self.x, train=True)
        return again.backward(dy, need_dx)

    def set_gradients(self, dy):        # a Sequential asks its first
        self.backward(dy, need_dx=False)


def in_segments(layers, number):
    size = len(layers) // number
    return Sequential(*(Checkpoint(*layers[i : i + size])
                        for i in range(0, len(layers), size)))


saving = in_segments(tower(), 6)
both_ways(plain)
both_ways(saving)
for p, q in zip(plain.params, saving.params):
    assert np.array_equal(p.grad, q.grad)           # to the last bit
saving_peak = peak(lambda: both_ways(saving))
assert saving_peak < 0.6 * plain_peak
stays = 2 * weight_bytes                    # with their gradients
print(f"{plain_peak / 1e6:.1f} MB, in six segments "
      f"{saving_peak / 1e6:.1f} MB")

# %% [markdown]
# The same gradients, to the last bit, in {{ saving_peak / plain_peak:.0% }}
# of the memory for values. Weights and their gradients,
# {{ stays / 1e6:.0f }} MB, are there in both cases; counted in, it is
# {{ (saving_peak + stays) / (plain_peak + stays):.0% }}. What does it cost? A
# pass forward and back is three products a layer; with checkpoints
# it is four, so the count rises by a third. And how many segments are best?
# Cut $D$ layers into $K$ segments. Kept are the $K$ inputs; and, while one
# segment goes forward again, its two arrays for each of $D/K$ layers. The
# product of these two counts is $2D$, whatever $K$ is, and of two numbers
# with a given product the sum is least where they are equal:
#
# $$
# \label{segments: the best number of segments}
# \begin{gathered}
# K + \frac{2 D}{K} \ \ge\ 2 \sqrt{2 D},
# \\
# \text{equal where}\quad K = \frac{2 D}{K}
# \quad \Longrightarrow \quad
# K = \sqrt{2 D}
# \end{gathered}
# $$
#
# Here [](#eq-segments) gives $\sqrt{72} \approx 8.5$; of the divisors of 36,
# nine is nearest. So
# the memory for values grows with the *root* of the depth: a network four
# times as deep needs twice as much, and still only one forward pass more.

# %%
numbers = [1, 2, 3, 4, 6, 9, 12, 18, 36]
peaks = {}
for number in numbers:
    model = in_segments(tower(), number)
    peaks[number] = peak(lambda model=model: both_ways(model))
least = min(peaks, key=peaks.get)

nine = in_segments(tower(), 9)
took = race(lambda: both_ways(nine), lambda: both_ways(plain), rounds=5)
more_time = times(took, 0, 1)
more_flops = (counted(in_segments(tower(), 9), deep_x, deep_dy)
              / counted(Sequential(*tower()), deep_x, deep_dy))
assert more_flops == (4 * depth - 1) / (3 * depth - 1)
assert peaks[9] < 0.4 * plain_peak and 4 <= least <= 18

# %% tags=["hide"]
assert 1 < more_time < 2.5
one = n * width * 4
fig, ax = subplots()
line = np.geomspace(1, 36, 100)
ax.plot(line, (line - 1 + 2 * depth / line) * one / 1e6, color=DATA, ls="--",
        label="counted")
ax.plot(numbers, [peaks[k] / 1e6 for k in numbers], "o", color=VALUE,
        label="measured")
ax.axhline(plain_peak / 1e6, color=INK, lw=0.8, ls=":")
ax.annotate("without checkpoints", (36, plain_peak / 1e6), (36, plain_peak
            / 1e6 - 0.6), ha="right", va="top")
ax.set(xscale="log", xlabel="segments", ylabel="MB at most",
       xticks=numbers, xticklabels=numbers, ylim=(0, None))
ax.minorticks_off()
ax.legend(loc="lower left", bbox_to_anchor=(0.02, 0.02))
figure(
    fig,
    "segments",
    alt="Megabytes against the number of segments on a logarithmic axis. "
    "One segment needs as much as no checkpoints at all, a dotted line at "
    "the top. From there the measured points fall to a flat bottom between "
    "6 and 12, at about a quarter, and rise again towards 36. A dashed "
    "curve, the count, runs a little below them.",
    caption="The most memory for values and their gradients that one pass "
    "forward and back needs, by the number of segments. The dashed line "
    "counts $K + 2D/K$ arrays, less the data, which were there before; the "
    "points lie above it by the gradients on their way down.",
)

# %% [markdown]
# Measured, {{ least }} segments need least,
# {{ peaks[least] / plain_peak:.0% }} of the whole ([](#fig-segments)). One
# segment is of no use: when it goes forward again, it keeps everything at
# once. The work is {{ more_flops:.2f }} times as much, counted as above;
# the time came out at {{ more_time:.2f }} times.
#
# There is a trap. Going forward again must be *the same* forward. Put a
# [dropout](generalization.py#dropout) into each layer:

# %%
def dropping(kind):
    """Three segments of three layers, each with its dropout."""
    rng = np.random.default_rng(0)
    layers = tower(lambda: Dropout(0.2, rng=rng))
    return Sequential(*(kind(*layers[i : i + 9]) for i in (0, 9, 18)))


def gradients(model, steps=1):
    for _ in range(steps):
        both_ways(model)
    return np.concatenate([p.grad.ravel() for p in model.params])


def apart(g, h):
    return np.linalg.norm(g - h) / np.linalg.norm(g)


right = gradients(dropping(Sequential))
wrong = gradients(dropping(Checkpoint))
print(f"apart by {apart(right, wrong):.0%} of the right one's length")
assert apart(right, wrong) > 0.1

# %% [markdown]
# No error, and the gradient of no loss that was computed: we went up
# without dropout, for our `forward` says `train=False`, and down with it.
# Batch normalization would fare alike. Going up with `train=True`, through
# copies, is half a cure: the two passes draw different masks. The second
# has to draw from where the first began: `bit_generator.state` says where a
# generator stands, and can be set. Afterwards it must stand where it stood
# before, lest the next step draws old masks again.


# %%
class Replay(Checkpoint):
    """A Checkpoint whose second pass draws what the first one drew."""

    def draws(self):
        return [layer.rng.bit_generator for layer in self.layers
                if hasattr(layer, "rng")]

    def forward(self, x, train=False):
        if not train:
            return self.body.forward(x)
        self.x = x
        self.before = [draw.state for draw in self.draws()]
        again = Sequential(*map(copy.copy, self.layers))
        return again.forward(x, train=True)

    def backward(self, dy, need_dx=True):
        now = [draw.state for draw in self.draws()]
        for draw, state in zip(self.draws(), self.before):
            draw.state = state
        dx = super().backward(dy, need_dx)
        for draw, state in zip(self.draws(), now):
            draw.state = state
        return dx


same = gradients(dropping(Replay), steps=2)
assert np.array_equal(same, gradients(dropping(Sequential), steps=2))

# %% [markdown]
# The second step agrees too, so the generator was put back. Two limits
# remain. A copy of a layer with layers inside, such as `Residual`, shares
# these with it, so what they keep is not freed. And batch normalization
# moves its running mean in both of `Replay`'s passes ([exercise
# 14.5](#exercise-145-twice-through-a-norm)).
#
# ## Half of the bits
#
# If `float32` is so much faster than `float64`, why not halve again?
# `float16`, *half precision*, has 16 bits: one for the sign, five for the
# exponent, ten for the binary places. Four lines show what is lost.

# %%
with np.errstate(over="ignore"):
    print("too large", float(np.float16(65519)), np.float16(65520))
print("too small", float(np.float16(3e-8)), np.float16(2.9e-8))
print("count up ", float(np.ones(5000, np.float16).cumsum()[-1]))
w = np.float16(0.05)
print("a step   ", float(w), float(w - np.float16(1e-5)))

# %% tags=["hide"]
assert np.ones(5000, np.float16).cumsum()[-1] == 2048
assert np.float16(0.05) - np.float16(1e-5) == np.float16(0.05)
assert np.float16(2.9e-8) == 0 == np.float16(2**-25) < np.float16(3e-8)
narrow, narrow_W = x[:16].astype(np.float16), W.astype(np.float16)
slow = race(lambda: narrow @ narrow_W, lambda: x[:16] @ W, rounds=5)
assert times(slow, 0, 1) > 10

# %% [markdown]
# The largest number is 65,504; from 65,520 on, all is infinity. Up to
# $2^{-25}$, about $3 \cdot 10^{-8}$, all is nothing, and below $2^{-14}$
# the spacing shrinks no more: numbers lose their bits one by one. Counting
# up by ones stops at 2,048, for beyond it numbers are 2 apart, and the 1 is
# rounded away. And a weight of $0.05$, whose neighbours are $2^{-15}$
# apart, ignores every step smaller than half of that. With $\eta = 0.001$ a
# gradient would have to be larger than $0.015$ to be felt.
#
# Graphics processors compute in half precision, and fast. NumPy has no BLAS
# for it: here its product of `float16` takes
# {{ times(slow, 0, 1):,.0f }} times as long as that of `float32`. So what
# follows shows no gain in speed. It computes in `float32` and rounds to
# `float16` and back: each layer's values on their way up, each gradient
# on its way down, the weights' gradients, and the weights. Sums inside a
# product stay in `float32`, as they do in such hardware.[^mixed]
#
# Against the loss of small steps there is the *master copy* of the weights
# in `float32`. To it the steps are added, and for each pass it is rounded
# anew. Small steps add up there, until the rounded weight moves. In `learn`
# it is `exact`. `scale` is for later.


# %%
def half(a):
    with np.errstate(over="ignore"):
        return a.astype(np.float16).astype(np.float32)


class Half:
    """Lets through what float16 can hold, upwards and downwards."""

    params = ()

    def forward(self, x, train=False):
        return half(x)

    def backward(self, dy):
        return half(dy)


def halved(model):
    layers = []
    for layer in model.layers:
        layers += [layer, Half()] if layer.params else [layer]
    return Sequential(*layers)


def learn(narrow, master=True, scale=1.0):
    """Mean loss of each epoch, and the scale at each step."""
    rounded = half if narrow else np.asarray        # which does nothing
    model = halved(network()) if narrow else network()
    exact = [Parameter(p.value) for p in model.params]      # copied
    sgd = SGD(exact, lr=0.0003)
    adapt, calm = scale != 1, 0
    order, losses, scales = np.random.default_rng(0), [], []
    for step in range(24 * 62):
        if step % 62 == 0:                          # 62 batches of 32
            batches = order.permutation(1984).reshape(62, 32)
        for p, q in zip(model.params, exact):
            p.value[:] = rounded(q.value)
            if not master:
                q.value[:] = p.value
        pick = batches[step % 62]
        z = model.forward(pictures[pick], train=True)
        loss, dz = softmax_cross_entropy(z, labels[pick])
        with np.errstate(over="ignore", invalid="ignore"):
            model.backward(dz * np.float32(scale))
        g = [rounded(p.grad) for p in model.params]
        losses.append(loss)
        scales.append(scale)
        if not all(np.isfinite(a).all() for a in g):
            scale, calm = scale / 2, 0              # and skip the step
            continue
        for q, a in zip(exact, g):
            np.divide(a, np.float32(scale), out=q.grad)
        sgd.step()
        calm += 1
        if adapt and calm % 200 == 0:
            scale *= 2
    return np.reshape(losses, (24, 62)).mean(axis=1), scales


single, _ = learn(narrow=False)
pure, _ = learn(narrow=True, master=False)
print(f"float32 {single[-1]:.3f}, float16 {pure[-1]:.3f}")

# %% tags=["hide"]
progress = (pure[0] - pure[-1]) / (single[0] - single[-1])
assert progress < 0.6
first = halved(network())
first.forward(pictures[:32], train=True)
for p in first.params:
    p.value[:] = half(p.value)
z = first.forward(pictures[:32], train=True)
first.backward(softmax_cross_entropy(z, labels[:32])[1])
stuck = [half(p.value - np.float32(0.0003) * half(p.grad)) == p.value
         for p in first.params[::2]]
felt = [half(p.grad) != 0 for p in first.params[::2]]
lost = (sum((a & b).sum() for a, b in zip(stuck, felt))
        / sum(b.sum() for b in felt))
assert lost > 0.5

known_model = network()
fit(known_model, softmax_cross_entropy, Adam(known_model.params),
    (pictures[:2000], labels[:2000]), epochs=15, progress=False,
    rng=np.random.default_rng(0))
z = known_model.forward(pictures[:128], train=True)
_, dz = softmax_cross_entropy(z, labels[:128])
known = accuracy(known_model.forward(pictures[:2000]), labels[:2000])
assert known > 0.98
going = [dz]
for layer in reversed(known_model.layers[1:]):
    going.append(layer.backward(going[-1]))
groups = {r"$\grad{dz}$, the ten logits’": dz,
          r"$\grad{dx}$ of the third layer": going[1],
          r"$\grad{dx}$ of the second layer": going[3]}
vanish = {name: [np.mean(half(g[g != 0] * np.float32(up)) == 0)
                 for up in (1, 1024)] for name, g in groups.items()}

# %% [markdown]
# The rate is small on purpose, and learning has only begun: to guess costs
# {{ np.log(10):.2f }}. The mean loss of an epoch falls from
# {{ single[0]:.2f }} to {{ single[-1]:.2f }} in `float32`, and in pure half
# precision, without the master copy, from {{ pure[0]:.2f }} to
# {{ pure[-1]:.2f }}, {{ progress:.0% }} of the way. Its first step leaves
# {{ lost:.0% }} of all weights that have a gradient where they were: what
# they should move is less than half of the distance to their neighbour.
#
# The second danger is for gradients. They sit far down: the loss is a mean,
# so they carry $1/n$, and what the network knows already gives little. We
# let the network learn until it reads {{ known:.0% }} of 2,000 pictures,
# and look at its gradients.

# %% tags=["hide"]
both, scales = learn(narrow=True, scale=2.0**24)
kept_copy, _ = learn(narrow=True)
skipped = sum(b < a for a, b in zip(scales, scales[1:]))
assert abs(both[-1] - single[-1]) < 0.03
assert abs(kept_copy[-1] - single[-1]) < 0.03
gone = list(vanish.values())
assert gone[0][0] > 1.5 * gone[0][1] and gone[1][0] > 2 * gone[1][1]
assert 0 < skipped < 30 and 0.01 < gone[2][0] < 0.1
assert abs(single[0] - np.log(10)) < 0.3

fig, (left, right) = subplots(1, 2, figsize=(7.2, 3.0))
epochs = np.arange(1, 25)
left.plot(epochs, pure, color=PINK, ls="--", marker="s", mfc="none", ms=4,
          label="float16")
left.plot(epochs, single, color=DATA, lw=4, alpha=0.5, label="float32")
left.plot(epochs, both, color=INK, lw=1, marker="o", ms=3,
          label="float16, master copy, scale")
left.set(xlabel="epoch", ylabel="mean loss", ylim=(1.95, 2.47))
left.legend(loc="lower left")
edges = np.arange(-48, 1, 1.5)
for g, line, name in zip(groups.values(), ("-", "--", ":"),
                         ("logits", "third layer", "second layer")):
    logs = np.clip(np.log2(np.abs(g[g != 0])), -48, -0.1)
    height, _ = np.histogram(logs, edges)
    right.stairs(height / len(logs), edges, color=GRADIENT, ls=line, lw=1.2,
                 label=name)
top = right.get_ylim()[1] * 1.35
for place, line, name in ((-25, "-", "nothing\nbelow"),
                          (-35, (0, (4, 3)), "the same,\nscaled")):
    right.axvline(place, color=INK, lw=0.9, ls=line)
    right.annotate(name, (place - 0.7, top), ha="right", va="top",
                   fontsize=8)
right.set(xlabel="size of a number, as a power of 2", xlim=(-49, 0),
          ylabel="share of the numbers", ylim=(0, top))
right.legend(fontsize=8, loc="upper right")
figure(
    fig,
    "half",
    wide=True,
    alt="Left, loss against 24 epochs. A dashed curve, float16 alone, "
    "falls slowly and stays far above two curves that lie on each other: "
    "float32, and float16 with master copy and scale. Right, three "
    "histograms of sizes of gradients, in powers of two. That of the logits "
    "is wide and reaches from minus 48 to minus 8; those of two hidden "
    "layers are narrower and lie around minus 20. A line at minus 25 cuts "
    "off a good part of the first and the tail of the others, a dashed one "
    "at minus 35 much less.",
    caption="Left: learning 1,984 pictures at a rate of 0.0003, in both "
    "precisions. Right: the gradients of a network that knows its pictures, "
    "by size. Left of the solid line `float16` has only 0; with a scale of "
    "1,024, the dashed line takes its place.",
)
table(
    [[name, *shares] for name, shares in vanish.items()],
    header=["gradient", "as it is", "times 1,024"],
    formats=["", ".1%", ".1%"],
    caption="Numbers of a gradient that are 0 in `float16`, but not in "
    "`float32`: the share.",
    name="vanish",
)

# %% [markdown]
# Of the numbers with which the way back begins, {{ gone[0][0]:.0% }} are
# lost, further down {{ gone[1][0]:.1% }} and {{ gone[2][0]:.1% }}
# ([](#tab-vanish)). But there is room at the other end. Multiply the loss
# by 1,024 (`learn` multiplies $\grad{dz}$, which by the chain rule is the
# same), and every gradient moves up by ten powers of two; divide by 1,024,
# in `float32`, before the step. That is *loss scaling*. Which scale? As
# large as possible, and nobody needs to know: begin too high. If infinity
# turns up in a gradient, skip the step and halve the scale; after each 200
# good steps in a row, double it. Begun at $2^{24}$, `learn` skipped
# {{ skipped }} of {{ len(scales):,d }} steps, and was at
# $2^{{{ np.log2(scales[-1]):.0f }}}$ in the end.
#
# With both, half precision ends at {{ both[-1]:.3f }}, where `float32` has
# {{ single[-1]:.3f }} ([](#fig-half)). The master copy alone ends at
# {{ kept_copy[-1]:.3f }}: in this run it did all the good. While a network
# still guesses, its logits' gradients are about $0.1 / 32$, far above
# $2^{-25}$. Other networks have been seen to fail without the
# scale.[^mixed-fail]
#
# ## More data than memory
#
# As `float32`, the 50,000 pictures of chapter 11's training set take
# {{ 50_000 * 784 * 4 / 1e6:.0f }} MB. Suppose that we may have sixteen. The
# pictures lie in a file, a byte a pixel, and in the order of their classes,
# as they are often collected:

# %%
folder = tempfile.TemporaryDirectory()
files = Path(folder.name)
by_digit = np.argsort(labels[:50_000], kind="stable")
bytes_of = np.rint(pictures[by_digit] * 255).astype(np.uint8)
np.save(files / "x.npy", bytes_of)
np.save(files / "t.npy", labels[by_digit])
validation = pictures[50_000:], labels[50_000:]
del bytes_of

# %% [markdown]
# `fit` takes anything that yields batches and can be walked through once an
# epoch ([chapter 7](training.py)). A generator will not do, for it is empty
# after the first epoch; an object with `__iter__`, which starts a new one
# each time, will. `mmap_mode="r"` opens a file as an array without reading
# it: the system fetches what is touched, and may drop it when it likes.


# %%
class Stream:
    """Batches from files: blocks of `rows` in random order, of which
    `mixed` at a time are in memory, shuffled together."""

    def __init__(self, files, rows, mixed, rng, size=128):
        self.x = np.load(files / "x.npy", mmap_mode="r")
        self.t = np.load(files / "t.npy", mmap_mode="r")
        self.rows, self.mixed = rows, mixed
        self.rng, self.size = rng, size

    def __iter__(self):
        first = np.arange(0, len(self.t), self.rows)
        first = self.rng.permutation(first)
        for i in range(0, len(first), self.mixed):
            blocks = [slice(k, k + self.rows)
                      for k in first[i : i + self.mixed]]
            x = np.concatenate([self.x[block] for block in blocks])
            t = np.concatenate([self.t[block] for block in blocks])
            order = self.rng.permutation(len(t))
            for j in range(0, len(t), self.size):
                pick = order[j : j + self.size]
                yield x[pick] / np.float32(255), t[pick]


def read_digits(data):
    """Validation accuracy, and the bytes that training needed."""
    model = network()
    adam = Adam(model.params)

    def run():
        fit(model, softmax_cross_entropy, adam, data, epochs=3,
            schedule=cosine(0.001, 3 * 391), progress=False,
            rng=np.random.default_rng(2))

    needed = peak(run)
    return accuracy(model.forward(validation[0]), validation[1]), needed


def stream(rows, mixed):
    rng = np.random.default_rng(1)
    return Stream(files, rows=rows, mixed=mixed, rng=rng)


digit_by_digit = read_digits(stream(rows=4096, mixed=1))
well_mixed = read_digits(stream(rows=16, mixed=256))
in_memory = read_digits((pictures[:50_000], labels[:50_000]))
assert well_mixed[1] < 16_000_000
assert abs(well_mixed[0] - in_memory[0]) < 0.01

# %% tags=["hide"]
folder.cleanup()
assert digit_by_digit[0] < well_mixed[0] - 0.02
picture_bytes = 50_000 * 784 * 4
assert picture_bytes / 4 < in_memory[1] < 1.1 * picture_bytes / 4
table(
    [["4,096 rows in a row", *digit_by_digit[:1], digit_by_digit[1] / 1e6],
     ["256 blocks of 16 rows", *well_mixed[:1], well_mixed[1] / 1e6],
     ["arrays in memory", in_memory[0],
      (in_memory[1] + picture_bytes) / 1e6]],
    header=["at a time in memory", "accuracy", "MB"],
    formats=["", ".2%", ".1f"],
    caption="After three epochs: accuracy on the validation set, and the "
    "memory that training needed, with the data and without the network. "
    "One run each.",
    name="stream",
)

# %% [markdown]
# Shuffled in the same small buffer, pictures read in long pieces give an
# accuracy of {{ digit_by_digit[0]:.1% }}, in short ones
# {{ well_mixed[0]:.1% }}; from memory it is {{ in_memory[0]:.1% }}
# ([](#tab-stream); of the {{ (in_memory[1] + picture_bytes) / 1e6:.0f }} MB
# the pictures are {{ picture_bytes / 1e6:.0f }}, and nearly all others a byte
# for each pixel, while `fit` checks that all are finite). A long piece of a
# sorted file is one digit or two: for 32 steps the network sees nothing but
# nines, say, and forgets the rest. A buffer mixes only what is in it. Short
# blocks from many places make a disk seek more often, so take them as long as
# the order of the file allows. Better still, shuffle the file, once.
#
# The pages that `mmap` has fetched are not in these megabytes: they belong
# to the system.
#
# ## A race
#
# How good is all this beside others? `make bench` lets six contenders train
# this network on MNIST, in turns as above, on one thread: `nn`; PyTorch,
# [as one writes it](frameworks.py); scikit-learn's `MLPClassifier`; a
# network as tutorials write it, with all four habits and its examples in
# columns; JAX, with the loop over the steps compiled as a whole; and the
# eight products of a step and nothing else.

# %% tags=["hide"]
record = json.loads(Path("docs/assets/benchmark.json").read_text("utf-8"))
raced = record["tables"][0]
race_rows = {(row["batch"], row["rule"]): row["times"]
             for row in raced["rows"]}
rivals = [name for name in raced["rows"][0]["times"] if name != "nn"]
called = {"PyTorch eager": "PyTorch", "JAX, jitted loop": "JAX, compiled loop"}


def beside(times):
    low, middle, high = times["ratio"]
    return f"**{middle:.2f}**<br>{low:.2f}\u2060–\u2060{high:.2f}"


versions = raced["versions"]
made_with = (f"PyTorch {versions.get('torch', '–')}, scikit-learn "
             f"{versions.get('sklearn', '–')}, JAX "
             f"{versions.get('jax', '–')}, NumPy {versions['numpy']}")
table(
    [[f"{size},\u00a0{rule}", f"{found['nn']['seconds']:.2f}\u00a0s",
      *[beside(found[name]) if name in found else "–" for name in rivals]]
     for (size, rule), found in race_rows.items()],
    header=["batch", "`nn`, an epoch", *(called.get(r, r) for r in rivals)],
    align="lr" + "r" * len(rivals),
    caption=f"Not made by this build: {record['date']}, "
    f"{record['processor']}, {record['cores']} cores, one thread, "
    f"{raced['blas']} with its {raced['kernel']} kernel; {made_with}. The "
    "second column is the processor’s time for 60,000 pictures with `nn`, "
    "at another time in each row; the "
    "others are `nn`’s time over theirs, below 1 where `nn` is faster: "
    f"median and quartiles of {record['rounds']} rounds.",
    name="race",
)


def ratio(name, size=128, rule="SGD"):
    return race_rows[size, rule][name]["ratio"][1]


def wins(name):
    return sum(found[name]["ratio"][1] < 1 for found in race_rows.values()
               if name in found)


for name in ("PyTorch eager", "scikit-learn"):
    assert ratio(name, 32) < ratio(name, 512)
    assert wins(name) == len(race_rows) == 6
assert wins("JAX, jitted loop") == 0

# %% [markdown]
# A quiet machine would be best; while [](#tab-race) was made, the race got
# {{ raced["busy"]:.0% }} of one core's time. At 128 pictures and SGD, `nn`
# needs {{ ratio("PyTorch eager"):.2f }} of PyTorch's time and
# {{ ratio("tutorial style"):.2f }} of the tutorial's. By its medians it is
# ahead of PyTorch and of scikit-learn in all {{ len(race_rows) }} rows, of
# the compiled loop in none.
#
# But the network is small, and the smaller the batch, the larger the lead
# over PyTorch and scikit-learn: with SGD the ratio to PyTorch is
# {{ ratio("PyTorch eager", 32):.2f }} at 32 pictures and
# {{ ratio("PyTorch eager", 512):.2f }} at 512. What `nn` saves there is
# overhead, calls and not products. On a large network both wait for the
# same products, and on a graphics processor `nn` does not run at all. JAX
# shows what is left: it compiles the steps, joins passes over arrays into
# one, and returns to Python once for many. At 128 pictures `nn` takes
# {{ ratio("bare products"):.2f }} times as long as the bare products with
# SGD and {{ ratio("bare products", rule="Adam"):.2f }} with Adam. This
# page's build, at another time and without the gathering, measured
# {{ sgd_over_products:.2f }} and {{ over_products:.2f }}.
#
# ## What we have now
#
# - A count of FLOPs and bytes for every part of a step, and a way to
#   measure that a busy machine spoils less.
# - Four habits that make a step fast: `float32`, no gradient that nobody
#   needs, no copy of all the data, no new array where an old one will do.
# - Depth beyond the memory by checkpoints, `float16` with a master copy and
#   a loss scale, and data from files, a buffer at a time.
#
# ## Exercises
#
# ### Exercise 14.1 · Count it
#
# Write `step_flops(sizes, n)`: the FLOPs of the products of one training
# step of a network with Dense layers of these sizes, without the gradient
# of the data. Then: what share of all FLOPs, its own included, would that
# gradient have in a network 784-10 of one layer?
#
# ??? tip "Hint"
#
#     Three products a layer, but two in the first.

# %% tags=["starter"]
def step_flops(sizes, n):
    """FLOPs of all products, forward and back, for n examples."""
    raise NotImplementedError("your code")


share = None

# %% tags=["solution"]
def step_flops(sizes, n):
    pairs = list(zip(sizes, sizes[1:]))
    return sum((2 if i == 0 else 3) * 2 * n * a * b
               for i, (a, b) in enumerate(pairs))


# One of three products of equal size.
share = 1 / 3

# %% tags=["tests"]
assert step_flops([3, 2], 1) == 24, "y and dW, six multiply-adds each"
assert step_flops([3, 2, 4], 5) == 5 * (2 * 12 + 3 * 16), "two layers"
assert step_flops([784, 128, 64, 10], 128) == 58_163_200, "the chapter's"
assert share is not None and abs(share - 1 / 3) < 1e-9, "of all, with it"

# %% [markdown]
# ### Exercise 14.2 · Nothing new
#
# Write the step of SGD with momentum, $m \leftarrow \beta m + \grad{g}$,
# $\theta \leftarrow \theta - \eta m$, so that it makes no new array.
# Scratch space is given.
#
# ??? tip "Hint"
#
#     `np.multiply(a, b, out=c)` writes into `c`. `a = a + b` makes an
#     array, `a += b` does not.

# %% tags=["starter"]
import tracemalloc

import numpy as np


def momentum_step(theta, g, m, scratch, lr, beta):
    """Write the new m and theta into m and theta."""
    raise NotImplementedError("your code")

# %% tags=["solution"]
def momentum_step(theta, g, m, scratch, lr, beta):
    m *= beta
    m += g
    np.multiply(m, lr, out=scratch)  # lr * m would be a new array
    theta -= scratch

# %% tags=["tests"]
rng = np.random.default_rng(0)
theta, g, m = rng.standard_normal((3, 100_000))
before, given = theta.copy(), g.copy()
want_m = 0.9 * m + g
scratch = np.zeros_like(theta)
momentum_step(theta, g, m, scratch, 0.1, 0.9)
assert np.allclose(m, want_m), "m, in place"
assert np.allclose(theta, before - 0.1 * want_m), "theta, in place"
assert np.array_equal(g, given), "the gradient is only read"
tracemalloc.start()
momentum_step(theta, g, m, scratch, 0.1, 0.9)
most = tracemalloc.get_traced_memory()[1]
tracemalloc.stop()
assert most < 100_000, f"{most:,} bytes were asked for"

# %% [markdown]
# ### Exercise 14.3 · Too small to be felt
#
# Write `felt(w, step)`: whether `w - step` is another number than `w` in
# `float16`. Then find, by trying, the largest power of two by which a
# weight of $0.05$ can be lowered without moving: its exponent.
#
# ??? tip "Hint"
#
#     A difference of two `float16` is computed exactly and then rounded.
#     Ties go to the neighbour with an even last digit.

# %% tags=["starter"]
import numpy as np


def felt(w, step):
    """Does w, a float16, move when step is taken from it?"""
    raise NotImplementedError("your code")


exponent = None

# %% tags=["solution"]
def felt(w, step):
    w = np.float16(w)
    return bool(w - np.float16(step) != w)


# Neighbours of 0.05 are 2**-15 apart. Half of that, 2**-16, is a tie, and
# 0.05 in float16 has an even last digit: it stays.
exponent = max(k for k in range(-24, 0) if not felt(0.05, 2.0**k))

# %% tags=["tests"]
assert felt(1.0, 0.5) and felt(1.0, 2.0**-11), "below 1 they lie closer"
assert not felt(1.0, 2.0**-13), "a quarter of the distance"
assert not felt(2048.0, 0.25) and felt(2048.0, 1.0)
assert felt(0.0, 1e-7) and not felt(0.0, 1e-8), "around 0 it is fine"
assert exponent is not None, "an integer"
assert not felt(0.05, 2.0**exponent) and felt(0.05, 2.0 ** (exponent + 1))

# %% [markdown]
# ### Exercise 14.4 · How many segments
#
# Write `best_segments(depth, kept)` for a network whose layers keep `kept`
# arrays each: of the divisors $K$ of the depth, the one for which the count
# of arrays is smallest, and that count. Then, with pen and paper, the best
# $K$ being any number: how many times as deep may a network be with three
# times the memory for its values?
#
# ??? tip "Hint"
#
#     For the first, try all divisors. For the second: how does the least
#     count depend on $D$?

# %% tags=["starter"]
def best_segments(depth, kept):
    """The best number of segments, and the arrays that it needs."""
    raise NotImplementedError("your code")


times_as_deep = None

# %% tags=["solution"]
def best_segments(depth, kept):
    def arrays(K):  # the inputs, and one segment in full
        return K + kept * depth // K

    K = min((K for K in range(1, depth + 1) if depth % K == 0), key=arrays)
    return K, arrays(K)


# The least count grows with the root of D, so D with the square of it.
times_as_deep = 9

# %% tags=["tests"]
assert best_segments(36, 2) == (9, 17), "the chapter's"
assert best_segments(36, 1) == (6, 12), "the root of 36"
assert best_segments(36, 4) == (12, 24), "keep more, cut more"
assert best_segments(7, 2) == (7, 9), "a prime number: all or nothing"
assert best_segments(1, 2) == (1, 3)
assert times_as_deep is not None and times_as_deep == 9, "not 3"

# %% [markdown]
# ### Exercise 14.5 · Twice through a norm
#
# In `Replay`, batch normalization goes forward twice and moves its running
# mean and variance twice. Mend it. The class below is `Replay` without
# dropout. Both of its passes work with copies of the layers: write
# `copied(layer, first)`, which makes one; `first` is true in the pass up.
# Arrays that are no parameters, but change as a layer runs, are named in
# its `statistics`.
#
# ??? tip "Hint"
#
#     A copy shares these arrays with its layer. Which of the two passes
#     should move them? Give the copies of the other pass arrays of their
#     own.

# %% tags=["starter"]
import copy

import numpy as np

from nn.layers import Dense, Sequential
from nn.normalization import BatchNorm


def copied(layer, first):
    """A copy that shares parameters, and statistics if it should."""
    raise NotImplementedError("your code")


class Replay:
    def __init__(self, *layers):
        self.body = Sequential(*layers)
        self.layers, self.params = self.body.layers, self.body.params

    def copies(self, first):
        return Sequential(*(copied(layer, first) for layer in self.layers))

    def forward(self, x, train=False):
        if not train:
            return self.body.forward(x)
        self.x = x
        return self.copies(first=True).forward(x, train=True)

    def backward(self, dy, need_dx=True):
        again = self.copies(first=False)
        again.forward(self.x, train=True)
        return again.backward(dy, need_dx)

# %% tags=["solution"]
def copied(layer, first):
    twin = copy.copy(layer)
    if not first:  # moved once, on the way up; this time it is thrown away
        for name in getattr(layer, "statistics", ()):
            setattr(twin, name, getattr(layer, name).copy())
    return twin

# %% tags=["tests"]
def layers():
    rng = np.random.default_rng(0)
    W, V = rng.standard_normal((2, 4, 4))
    return Dense(W), BatchNorm(4), Dense(V)


rng = np.random.default_rng(1)
plain, saving = Sequential(*layers()), Replay(*layers())
for _ in range(3):
    x, dy = rng.standard_normal((2, 8, 4))
    y = plain.forward(x, train=True)
    assert np.allclose(saving.forward(x, train=True), y), "the same values"
    dx = plain.backward(dy, need_dx=True)
    assert np.allclose(saving.backward(dy), dx), "the same dx"
for p, q in zip(plain.params, saving.params):
    assert np.allclose(p.grad, q.grad), "the same gradients"
for name in BatchNorm.statistics:
    a, b = (getattr(m.layers[1], name) for m in (plain, saving))
    assert np.allclose(a, b), f"{name}: moved once a step"
try:
    saving.body.backward(dy)
    raise AssertionError("the layers themselves have kept something")
except RuntimeError:
    pass

# %% [markdown]
# ### Exercise 14.6 · A project: gradients of a batch that does not fit
#
# A batch too large for the memory can be walked through in pieces, if the
# pieces' gradients are added up. Write
# `accumulate(model, loss, x, t, piece)`: afterwards each `p.grad` is that
# of the whole batch, if no layer mixes examples as batch normalization
# does, and the mean loss comes back. The layers overwrite their gradients,
# a loss carries the $1/n$ of its own piece, and the last piece may be
# shorter. Then measure: how does the memory depend on the piece, and the
# time?
#
# ??? tip "Hint"
#
#     A mean over all is the pieces' means, weighed by their share of the
#     examples.

# %% tags=["starter"]
import tracemalloc

import numpy as np

from nn.activations import ReLU
from nn.layers import Dense, Sequential
from nn.losses import softmax_cross_entropy


def accumulate(model, loss, x, t, piece):
    """The mean loss; the whole batch's gradients in every p.grad."""
    raise NotImplementedError("your code")

# %% tags=["solution"]
import time


def accumulate(model, loss, x, t, piece):
    sums = [np.zeros_like(p.grad) for p in model.params]
    mean = 0.0
    for i in range(0, len(x), piece):
        xs, ts = x[i : i + piece], t[i : i + piece]
        share = len(xs) / len(x)
        L, dz = loss(model.forward(xs, train=True), ts)
        model.backward(dz * dz.dtype.type(share))
        mean += L * share
        for total, p in zip(sums, model.params):
            total += p.grad
    for total, p in zip(sums, model.params):
        p.grad[:] = total
    return mean


# Memory falls with the piece, down to the gradients' own; time hardly
# rises, until the pieces are so small that the calls and sums cost more.
rng = np.random.default_rng(0)
model = Sequential(Dense(rng.standard_normal((64, 256)) / 8), ReLU(),
                   Dense(rng.standard_normal((256, 10)) / 16))
x, t = rng.standard_normal((2048, 64)), rng.integers(0, 10, 2048)
for piece in (2048, 256, 32, 4):
    tracemalloc.start()
    accumulate(model, softmax_cross_entropy, x, t, piece)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    began = time.process_time()
    accumulate(model, softmax_cross_entropy, x, t, piece)
    spent = time.process_time() - began
    print(f"{piece:4} at a time: {most / 1e6:5.1f} MB, {spent:.3f} s")

# %% tags=["tests"]
def small():
    r = np.random.default_rng(0)
    return Sequential(Dense(r.standard_normal((20, 64))), ReLU(),
                      Dense(r.standard_normal((64, 3))))


r = np.random.default_rng(1)
x, t = r.standard_normal((1000, 20)), r.integers(0, 3, 1000)
whole, pieces = small(), small()
L, dz = softmax_cross_entropy(whole.forward(x, train=True), t)
whole.backward(dz)
grads = [p.grad for p in pieces.params]
for piece in (1000, 300, 64):
    mean = accumulate(pieces, softmax_cross_entropy, x, t, piece)
    assert np.isclose(mean, L), "the last piece weighs less"
    for p, q in zip(whole.params, pieces.params):
        assert np.allclose(p.grad, q.grad), f"in pieces of {piece}"
assert all(p.grad is g for p, g in zip(pieces.params, grads)), "in place"
tracemalloc.start()
accumulate(small(), softmax_cross_entropy, x, t, 50)
most = tracemalloc.get_traced_memory()[1]
tracemalloc.stop()
assert most < 600_000, "never all at once"

# %% [markdown]
# ## Notes
#
# Checkpointing is older than deep learning: to reverse a long computation
# with little memory is a classic of automatic differentiation, where
# repeated cuts bring the memory down to the logarithm of the length, at the
# price of more passes.[^griewank]
#
# [^goto]: How, is the subject of [Goto and van de Geijn
#     2008](bibliography.md#goto-2008).
# [^roofline]: [Williams, Waterman and Patterson
#     2009](bibliography.md#williams-2009).
# [^checkpoint]: [Chen and others 2016](bibliography.md#chen-2016), who
#     have the root of the depth in their section 4.
# [^mixed]: The recipe of this section, master copy, loss scaling and sums
#     in `float32`, is that of [Micikevicius and others
#     2018](bibliography.md#micikevicius-2018), section 3.
# [^mixed-fail]: [Micikevicius and others
#     2018](bibliography.md#micikevicius-2018) report both: networks that
#     did not need the scale, and a detector of objects that diverged
#     without it.
# [^griewank]: [Griewank and Walther
#     2008](bibliography.md#griewank-2008), on checkpointing.
