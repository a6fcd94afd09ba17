# %% [markdown]
# # 10 · Learning a function
#
# *How does a network become a curve, and where does it stop being that
# curve?*
#
# After this chapter you can fit a function from samples, tell how good
# the fit is on points that the network has not seen, say what more
# neurons and more layers buy, notice when it learns noise, and you know
# what not to ask of it: anything outside its data.

# %%
import textwrap

import numpy as np

from nn.activations import ReLU, Sigmoid, Tanh
from nn.data import sample_function
from nn.initializers import glorot_uniform, he_normal, normal
from nn.layers import Dense, Sequential
from nn.losses import mean_squared_error
from nn.optimizers import SGD, Adam
from nn.schedules import cosine
from nn.training import Diverged, fit

seeded = np.random.default_rng

# %% tags=["hide"]
from nn.layers import Parameter
from weave import DATA, GRADIENT, INK, PINK, VALUE
from weave import figure, subplots, table

# %% [markdown]
# ## A sine, and a failure
#
# The task: 512 points $x$ between −3 and 3, drawn at random, and
# $\sin x$ for each. For evaluation, 601 other points, evenly spaced. The
# loss is the mean squared error. The first model has a hidden layer of 32
# neurons, and no bend.

# %%
data = sample_function(np.sin, 512, rng=seeded(0))
unseen = sample_function(np.sin, 601)
x, t = unseen

straight = Sequential(
    Dense(glorot_uniform(1, 32, rng=seeded(1))),
    Dense(glorot_uniform(32, 1, rng=seeded(2))),
)
fit(
    straight, mean_squared_error, SGD(straight.params, lr=0.05), data,
    epochs=100, batch_size=64, rng=seeded(3), progress=False,
)
straight_loss, _ = mean_squared_error(straight.forward(x), t)

slope, height = np.polyfit(data[0].ravel(), data[1].ravel(), deg=1)
line_loss, _ = mean_squared_error(slope * x + height, t)
print(f"network {straight_loss:.4f}, straight line {line_loss:.4f}")

# %% tags=["check"]
assert abs(straight_loss - line_loss) < 0.02
assert sum(p.value.size for p in straight.params) == 97

# %% [markdown]
# It learned, and what it learned is a straight line: nearly the loss of
# the best line through the points, found by least squares. No training
# would bend it. Two layers without a bend are one
# ([](layers.py#eq-two-layers)), and 97 numbers do the work
# of two. So we put a tanh between them, and a second hidden layer; and we
# take Adam with a rate that warms up and then sinks to zero along a
# cosine ([](optimizers.py#eq-cosine), after a
# [warm-up](optimizers.py#warm-up)).

# %%
def network(seed, hidden=32):
    r = seeded(seed)
    return Sequential(
        Dense(glorot_uniform(1, hidden, rng=r)), Tanh(),
        Dense(glorot_uniform(hidden, hidden, rng=r)), Tanh(),
        Dense(glorot_uniform(hidden, 1, rng=r)),
    )


def ours(model, data, evaluation, seed, epochs=400, batch_size=64):
    steps = epochs * -(-len(data[0]) // batch_size)  # rounded up
    return fit(
        model, mean_squared_error, Adam(model.params), data,
        epochs=epochs, batch_size=batch_size, rng=seeded(seed),
        schedule=cosine(0.02, steps, warmup=50),
        validation=evaluation, progress=False,
    )


bent = network(seed=0)
history = ours(bent, data, unseen, seed=0)
worst = float(abs(bent.forward(x) - t).max())
print(f"loss {history.validation_loss[-1]:.1e}, worst {worst:.4f}")

# %% tags=["check"]
assert history.validation_loss[-1] < 1e-3
at_worst = float(x[abs(bent.forward(x) - t).argmax(), 0])
assert worst < 0.1 and abs(at_worst) > 2.5

# %% tags=["hide"]
fig, (top, below) = subplots(
    2, 1, figsize=(5.4, 3.9), sharex=True, height_ratios=(2.2, 1)
)
every = slice(None, None, 6)
shown = slice(None, 80)
top.plot(*(a[shown] for a in data), "o", ms=2.6, color=DATA,
         label="data")
top.plot(x[every], straight.forward(x)[every], "--", color=PINK,
         label="without a bend")
top.plot(x[every], bent.forward(x)[every], color=VALUE, label="with tanh")
top.legend()
top.set(ylabel="$y$")
below.plot(x[::3], (bent.forward(x) - t)[::3], color=VALUE)
below.axhline(0, color=DATA, lw=0.7)
below.set(xlabel="$x$", ylabel="residual")
figure(
    fig, "sine",
    alt="Above, grey points along a sine from −3 to 3, a dashed "
    "straight line that misses them, and a blue curve that runs through "
    "all of them. Below, the residual of the blue curve: a small wave "
    "around zero, largest at the ends.",
    caption="Above: 80 of the 512 points, the network without a bend, "
    "and the one with tanh. Below: what the second gets wrong, enlarged.",
)

# %% [markdown]
# The difference from the sine, the *residual*, reaches {{ worst:.4f }} in
# [](#fig-sine), at $x =$ {{ at_worst:.2f }}, and nowhere more. The loss
# on unseen points is
# {{ straight_loss / history.validation_loss[-1]:,.0f }} times smaller
# than the line's. To see what a network has not learned, look at the
# residual; a fit this close hides everything.
#
# ## How bends add up
#
# One hidden layer can be taken apart. Write $w_j$ and $b_j$ for the
# weight and the bias of hidden neuron $j$, and $v_j$ and $c$ for the
# weights and the bias of the last neuron (all letters:
# [notation](notation.md)). The answer is a sum with one bend for each
# neuron:
#
# $$
# \label{sum-of-bends: a network with one hidden layer}
# \val{y} = \sum_j v_j \tanh(w_j \val{x} + b_j) + c
# $$
#
# Six terms of [](#eq-sum-of-bends) will do for a sine.

# %%
r = seeded(0)
six = Sequential(
    Dense(normal(1, 6, rng=r, std=1), bias=r.uniform(-2, 2, 6)),
    Tanh(),
    Dense(normal(6, 1, rng=r, std=0.5)),
)
ours(six, data, unseen, seed=0, epochs=300)
bends = Sequential(*six.layers[:2]).forward(x)  # (601, 6)
parts = bends * six.layers[2].weight.value.T  # v_j tanh(...)
total = parts.sum(axis=1, keepdims=True) + six.layers[2].bias.value
six_error = float(abs(total - t).max())
print(f"largest error {six_error:.3f}")

# %% tags=["check"]
assert np.allclose(total, six.forward(x), atol=1e-5)
assert six_error < 0.2

# %% [markdown]
# It can also be done by hand, without training. A sigmoid with a large
# weight $w$ is a step: nearly 0 before the place where $w x + b = 0$,
# nearly 1 behind it. A step up and, a little later, a step down make a
# bump. So cut the interval into pieces, and put on each a bump as high as
# the function is in its middle.

# %%
def bumps(f, N, low=-3, high=3):
    """A network 1-2N-1 whose output is N bumps side by side."""
    edges = np.linspace(low, high, N + 1)
    up, down = edges[:-1], edges[1:]
    steep = 40 * N / (high - low)
    places = np.concatenate([up, down])
    heights = f((up + down) / 2)
    return Sequential(
        Dense(np.full((1, 2 * N), steep), bias=-steep * places),
        Sigmoid(),  # a step up at each of the 2N places
        Dense(np.concatenate([heights, -heights])[:, None]),
    )


inside = x[5:-5].astype(np.float64)  # the last step is only half done
pieces = 4, 8, 16, 32, 64, 128, 256, 512
staircase = {}
for N in pieces:
    error = bumps(np.sin, N).forward(inside) - np.sin(inside)
    staircase[N] = float(abs(error).max())
for N in (8, 32, 128, 512):
    print(f"{N:4} bumps: largest error {staircase[N]:.4f}")

# %% tags=["hide"]
for N in pieces:
    assert staircase[N] < 3 / N
quarter = [staircase[4 * N] / staircase[N] for N in (8, 32, 128)]
assert all(0.22 < share < 0.28 for share in quarter)
assert six_error < staircase[8] / 2
fig, axes = subplots(2, 2, figsize=(5.8, 5.0))
(left, one), (right, far) = axes
for part in parts.T:
    left.plot(x[::10], part[::10], color=DATA, lw=0.9)
left.plot(x[::6], total[::6], color=VALUE)
left.set(title="six tanh neurons, trained", ylabel="$y$",
         ylim=(-1.6, 1.6))
dense_x = np.linspace(-3.2, 3.2, 481)[:, None]
single = Sequential(Dense([[20, 20]], bias=[10, -10]), Sigmoid())
up, down = single.forward(dense_x).T
one.plot(dense_x[::3], 0.8 * up[::3], "--", color=DATA, lw=1.1)
one.plot(dense_x[::3], -0.8 * down[::3], ":", color=DATA, lw=1.3)
one.plot(dense_x[::3], 0.8 * (up - down)[::3], color=VALUE)
one.set(title="two steps, one bump", ylim=(-1.1, 1.1))
right.plot(dense_x[::8], np.sin(dense_x)[::8], color=DATA, lw=0.9)
right.plot(dense_x, bumps(np.sin, 12).forward(dense_x), color=VALUE)
right.set(title="twelve bumps", xlabel="$x$", ylabel="$y$")
far.loglog(pieces, [3 / N for N in pieces], "--", color=DATA, lw=1)
far.loglog(pieces, list(staircase.values()), "o", color=VALUE, ms=4)
far.set(title="largest error", xlabel="bumps",
        xticks=[4, 16, 64, 256], xticklabels=["4", "16", "64", "256"])
far.minorticks_off()
figure(
    fig, "bends",
    alt="Four panels. Six grey S-shaped curves of different heights and "
    "places, and their sum, a blue sine. A dashed step up, a dotted step "
    "down, and their sum, a blue bump. A blue staircase of twelve flat "
    "pieces along a thin grey sine. Points that fall along a straight "
    "dashed line on logarithmic axes, a little below it.",
    caption="A curve as a sum. Above: what each of six neurons adds (grey), "
    "and the sum (blue); a step up (dashed), a step down (dotted), and "
    "their sum. Below: twelve bumps and the sine; the largest error of "
    "ever more bumps, and the bound of the text (dashed).",
)

# %% [markdown]
# How good is it? Of $N$ pieces each is $6/N$ wide, so no place in it is
# farther than $3/N$ from its middle. The sine is never steeper than 1, so
# a bump as high as its middle is wrong by $3/N$ at most. That is the
# dashed line in [](#fig-bends), and all points lie below it: four times
# as many bumps, a quarter of the error.[^meet] Any continuous
# function on the interval could stand in place of the sine. The pieces
# can always be cut so small that it hardly moves within one; only the
# $3/N$ is owed to the sine's slope.
#
# That makes a theorem believable, that of *universal approximation*: one
# hidden layer with enough neurons can come as close as you like to any
# continuous function on a closed and bounded region.[^cybenko] [^hornik]
# Good weights exist. The theorem does not say that training finds them,
# or how many neurons they take. Here training uses its neurons better
# than we did by hand: six trained bends are within {{ six_error:.3f }} of
# the sine, eight bumps of two neurons each within
# {{ staircase[8]:.3f }}.[^share]
#
# ## A jump
#
# The theorem says *continuous*. Here is a function that is not: 0 up to
# $x = 0$, and 1 beyond. We train for 25, 100 and 400 epochs, three seeds
# each, and look closely at the jump.
#
# [^meet]: Where two bumps meet, the answer lies between their heights and
#     leans to the nearer: the bound holds. The two ends are left out, where a
#     step is only half done.
# [^share]: Neighbours could share the step between them and do with nine,
#     [exercise 10.4](#exercise-104-neighbours-share-a-step).

# %%
def jump(x):
    return np.where(x > 0, 1.0, 0.0)


close = np.linspace(-1, 1, 20_000, dtype=np.float32)[:, None]
jump_unseen = sample_function(jump, 602)
at_jump = {}
for epochs in (25, 100, 400):
    for seed in range(3):
        model = network(seed)
        sample = sample_function(jump, 512, rng=seeded(100 + seed))
        h = ours(model, sample, jump_unseen, seed, epochs=epochs)
        y = model.forward(close)
        ramp = close[(y > 0.1) & (y < 0.9)]
        at_jump[epochs, seed] = (
            np.sqrt(h.validation_loss[-1]), abs(y - jump(close)).max(),
            ramp.max() - ramp.min(), model, sample,
        )

# %% tags=["hide"]
GAP, FIXED = "\N{NARROW NO-BREAK SPACE}", "\N{NO-BREAK SPACE}"


def spread(values):
    """Mean ± standard deviation, in thousandths."""
    mean, sd = 1000 * np.mean(values), 1000 * np.std(values, ddof=1)
    return f"{mean:.0f}{GAP}±{GAP}{sd:.0f}"


measured = {
    epochs: np.array([at_jump[epochs, seed][:3] for seed in range(3)]).T
    for epochs in (25, 100, 400)
}
first, last = (measured[epochs].mean(axis=1) for epochs in (25, 400))
assert last[0] < first[0] / 2 and last[2] < first[2] / 5
assert min(m[1].min() for m in measured.values()) > 0.49
assert last[1] > 0.9 * first[1]
table(
    [[f"{epochs}", *map(spread, m)] for epochs, m in measured.items()],
    header=["epochs", "root mean square", "largest", "ramp"],
    caption="The error at the jump, and the width of the ramp on which the "
    "answer rises from 0.1 to 0.9, all in thousandths; mean ± standard "
    "deviation of three seeds.",
    name="jump",
    align="rrrr",
)

# %% tags=["hide"]
fig, (top, below) = subplots(2, 1, figsize=(5.4, 4.4),
                             height_ratios=(1.4, 1))
sample = at_jump[400, 0][4]
near = abs(sample[0][:, 0]) < 0.6
top.plot(sample[0][near], sample[1][near], "o", ms=2.6, color=DATA)
zoom = close[abs(close[:, 0]) < 0.6][::25]
wide = jump_unseen[0][::2]
for epochs, style in ((25, ":"), (100, "--"), (400, "-")):
    model = at_jump[epochs, 0][3]
    top.plot(zoom, model.forward(zoom), style, color=VALUE, lw=1.3,
             label=f"{epochs} epochs")
    if epochs == 400:
        below.plot(wide, model.forward(wide) - jump(wide), color=VALUE)
below.axhline(0, color=DATA, lw=0.6)
top.set(ylabel="$y$", xlim=(-0.6, 0.6))
below.set(xlabel="$x$", ylabel="residual", ylim=(-0.5, 0.5))
top.legend()
figure(
    fig, "jump",
    alt="Above, near the jump: a slanted ramp through one half, steeper "
    "after 100 epochs than after 25, nearly upright after 400, with small "
    "overshoots beside it. Below, the residual over the whole interval: "
    "near zero, with a tall spike up and a small one down at 0.",
    caption="A jump, one seed. Above: the answer near $x = 0$ and the data. "
    "Below: the residual after 400 epochs over the whole interval.",
)

# %% [markdown]
# The ramp of [](#fig-jump) gets shorter, and the root mean square with it,
# from {{ 1000 * first[0]:.0f }} to {{ 1000 * last[0]:.0f }} thousandths
# ([](#tab-jump)). The largest error does not sink with them. It cannot fall
# below one half: a continuous curve has one value at $x = 0$. That is at least
# one half away from 0 or from 1, so close to the jump, on one side, the curve
# is wrong by as much, or nearly. More neurons or more time can only make the
# place smaller where it is wrong. So which error you measure decides whether
# it works.
#
# ## What width buys, and what depth
#
# How many neurons, and in how many layers? Compare networks with equally
# many numbers to learn. We take $3 \sin x$, whose waves are wide; $|x|$,
# which has a corner; and $\sin 2x^2$, whose waves get ever narrower
# towards both ends. One, two or three hidden layers of tanh, with about
# 100 and about 300 numbers; our recipe for 200 epochs, from two rates,
# for four seeds. `crowd`, in the fold, trains the seeds side by side, as
# chapter 9 did; `learned` counts the numbers.

# %% tags=["hide"]
def crowd(sizes, functions, rate, epochs=200, seeds=4, n=512, size=64):
    """The answers on 601 points (functions, seeds, 601); the weights."""
    count = len(functions)
    draws = [seeded(seed) for seed in range(seeds)]
    start = [[glorot_uniform(*pair, rng=r)
              for pair in zip(sizes, sizes[1:])] for r in draws]
    W = [Parameter(np.stack(column * count)) for column in zip(*start)]
    b = [Parameter(np.zeros_like(w.value[:, :1])) for w in W]
    adam = Adam(W + b)
    steps = epochs * n // size
    schedule = cosine(rate, steps, warmup=50)
    xs = np.stack([sample_function(np.sin, n, rng=seeded(100 + seed))[0]
                   for seed in range(seeds)])
    x = np.concatenate([xs] * count)
    t = np.concatenate([f(xs) for f in functions]).astype(np.float32)
    rows = np.arange(len(x))[:, None]
    draws = [seeded(seed) for seed in range(seeds)]

    def forward(y):
        values = [y]
        for w, c in zip(W, b):
            y = y @ w.value + c.value
            if w is not W[-1]:
                np.tanh(y, out=y)
            values.append(y)
        return values

    for step in range(steps):
        at = step * size % n
        if at == 0:
            order = np.stack([r.permutation(n) for r in draws] * count)
        pick = order[:, at : at + size]
        *values, y = forward(x[rows, pick])
        dy = np.float32(2 / size) * (y - t[rows, pick])
        for w, c, y in zip(W[::-1], b[::-1], values[::-1]):
            np.matmul(y.swapaxes(1, 2), dy, out=w.grad)
            dy.sum(axis=1, keepdims=True, out=c.grad)
            if w is not W[0]:
                dy = dy @ w.value.swapaxes(1, 2)
                dy *= 1 - y * y
        adam.lr = schedule(step)
        adam.step()
    everywhere = np.linspace(-3, 3, 601, dtype=np.float32)[:, None]
    answers = forward(np.broadcast_to(everywhere, (len(x), 601, 1)))[-1]
    return answers.reshape(count, seeds, 601), W


def learned(sizes):
    """How many numbers a network of these sizes learns."""
    return sum((a + 1) * c for a, c in zip(sizes, sizes[1:]))

# %%
TARGETS = {
    "3 sin x": lambda x: 3 * np.sin(x),
    "|x|": np.abs,
    "sin 2x²": lambda x: np.sin(2 * x**2),
}
SHAPES = (
    (1, 2, 1), (1, 8, 1), (1, 33, 1), (1, 100, 1),
    (1, 8, 8, 1), (1, 15, 15, 1),
    (1, 6, 6, 6, 1), (1, 11, 11, 11, 1),
)  # fmt: skip
truth = np.array([f(x[:, 0]) for f in TARGETS.values()])
best, waves = {}, {}  # root mean squares of the better rate; answers
for sizes in SHAPES:
    found = []
    for rate in (0.03, 0.1):
        y, _ = crowd(sizes, tuple(TARGETS.values()), rate)
        rms = np.sqrt(np.mean((y - truth[:, None]) ** 2, axis=2))
        found.append((rms, y))
    for k, name in enumerate(TARGETS):
        rms, y = min(found, key=lambda pair: pair[0][k].mean())
        best[sizes, name] = rms[k]
        waves[sizes] = y[k]  # of the last target (seeds, 601)

wave = bumps(TARGETS["sin 2x²"], 50)  # 100 neurons, not trained
error = wave.forward(inside) - TARGETS["sin 2x²"](inside)
by_hand = float(np.sqrt(np.mean(error**2)))
assert sum(p.value.size for p in wave.params) == learned((1, 100, 1))

# %% tags=["hide"]
again, W = crowd((1, 8, 8, 1), (np.abs,), 0.03, epochs=10, seeds=2)
sample = sample_function(np.abs, 512, rng=seeded(101))
alone = network(1, hidden=8)
fit(
    alone, mean_squared_error, Adam(alone.params), sample, epochs=10,
    batch_size=64, rng=seeded(1), progress=False,
    schedule=cosine(0.03, 80, warmup=50),
)
assert abs(alone.forward(x)[:, 0] - again[0, 1]).max() < 1e-3


def mean_of(sizes, name):
    return 1000 * best[sizes, name].mean()


slim, broad = (1, 33, 1), (1, 100, 1)
tall = (1, 11, 11, 11, 1)
for name in ("3 sin x", "|x|"):
    assert mean_of((1, 2, 1), name) > 1.4 * mean_of((1, 8, 1), name)
assert mean_of((1, 8, 1), "3 sin x") < 0.8 * mean_of(slim, "3 sin x")
assert mean_of(broad, "|x|") < mean_of((1, 8, 1), "|x|")
for name in TARGETS:
    for one, two, three in ((slim, (1, 8, 8, 1), (1, 6, 6, 6, 1)),
                            (broad, (1, 15, 15, 1), (1, 11, 11, 11, 1))):
        deep = max(mean_of(two, name), mean_of(three, name))
        assert deep < mean_of(one, name)
for deep in ((1, 8, 8, 1), (1, 6, 6, 6, 1)):
    assert mean_of((1, 8, 1), "3 sin x") < mean_of(deep, "3 sin x")
assert abs(mean_of(broad, "sin 2x²") / mean_of(slim, "sin 2x²") - 1) < 0.15
assert 2 * by_hand < best[broad, "sin 2x²"].mean()
table(
    [[f",{FIXED}".join(map(str, sizes[1:-1])), learned(sizes),
      *[spread(best[sizes, name]) for name in TARGETS]]
     for sizes in SHAPES],
    header=["hidden", "numbers",
            *[name.replace(" ", FIXED) for name in TARGETS]],
    caption="Root of the mean squared error on unseen points, in "
    "thousandths, by the neurons in the hidden layers, with how many "
    "numbers each network learns. 200 epochs, the better of two rates; "
    "mean ± standard deviation of four seeds.",
    name="shapes",
    align="lrrrr",
)

# %% tags=["hide"]
fig, axes = subplots(3, 1, figsize=(5.4, 5.0), sharex=True, sharey=True)
target = truth[2]
for ax, y, title in zip(
    axes,
    (waves[broad][0], waves[tall][0], wave.forward(x)[:, 0]),
    ("1–100–1, trained", "1–11–11–11–1, trained", "1–100–1, by hand"),
):
    ax.plot(x, target, color=DATA, lw=0.9)
    ax.plot(x, y, color=VALUE, lw=1.3)
    ax.set(title=title, ylabel="$y$", ylim=(-1.5, 1.5))
axes[2].set(xlabel="$x$")
figure(
    fig, "waves",
    alt="Three panels, each with a grey wave that is wide in the middle "
    "and ever narrower towards both ends. The blue curve of the wide "
    "network follows one wave and runs nearly straight through the rest. "
    "That of three layers follows all but the outermost. The one made by "
    "hand follows all of them in small stairs.",
    caption="$\\sin 2x^2$ (grey) and three networks of about 300 numbers, "
    "one seed each.",
)

# %% [markdown]
# *Width* buys a lot at first ([](#tab-shapes)): from two neurons to eight
# the error of $3 \sin x$ falls from
# {{ mean_of((1, 2, 1), "3 sin x"):.0f }} thousandths to
# {{ mean_of((1, 8, 1), "3 sin x"):.0f }}. Then less: on $|x|$ the step
# from eight neurons to a hundred takes off
# {{ 1 - mean_of(broad, "|x|") / mean_of((1, 8, 1), "|x|"):.0% }}, and on
# $3 \sin x$ the wide layers end behind the one with eight. On $\sin 2x^2$
# from eight neurons on they all stay at the same error: the one that is
# drawn in [](#fig-waves) follows one wave and gives up on the rest. It
# could do better. Fifty bumps, set by hand, are a network of the same
# {{ learned((1, 100, 1)) }} numbers, and their error is
# {{ 1000 * by_hand:.0f }}.[^squeezed] The theorem said
# that good weights exist. This training did not find them.
#
# *Depth*, for about as many numbers, is better on all three curves, with
# two layers and with three. (But on $3 \sin x$ one layer of eight, with
# 25 numbers, does at least as well as the deep ones with a hundred.) With
# about 300, three layers reach {{ mean_of(tall, "|x|"):.0f }} on $|x|$ where
# one reaches {{ mean_of(broad, "|x|"):.0f }}, and
# {{ mean_of(tall, "sin 2x²"):.0f }} on $\sin 2x^2$ where one reaches
# {{ mean_of(broad, "sin 2x²"):.0f }}. Whether two layers or three is the
# better choice these few seeds do not tell.
#
# Why can depth be worth so much? Because a second layer bends what is
# bent already. Two ReLU neurons make a hat on the interval from 0 to 1:
# up to 1 in the middle and down again (compare [exercise
# 3.2](activations.py#exercise-32-a-hat)). Put the hat's answer into
# another hat. On its way up and down it runs through the interval twice,
# so now there are two hats. Once more, four.
#
# [^squeezed]: The sigmoid is a tanh, squeezed and shifted, so a tanh network
#     of this size can be the same curve.

# %%
def hats(depth):
    """2 max(x, 0) - 4 max(x - 1/2, 0), so many times over."""
    hat = np.array([[2.0], [-4.0]])
    corners = np.array([0.0, -0.5])
    layers = [Dense(np.ones((1, 2)), corners), ReLU()]
    for _ in range(depth - 1):  # a hat ends, the next begins
        layers += [Dense(hat @ np.ones((1, 2)), corners), ReLU()]
    return Sequential(*layers, Dense(hat))


folds = {}
for depth in (1, 2, 3, 6, 10):
    model = hats(depth)
    numbers = sum(p.value.size for p in model.params)
    fine = np.linspace(0, 1, 4 * 2**depth + 1)[:, None]
    slopes = np.diff(model.forward(fine)[:, 0])
    straight_pieces = 1 + np.sum(np.diff(np.sign(slopes)) != 0)
    flat = (numbers - 1) // 3 + 1  # pieces of one layer, at most
    folds[depth] = numbers, int(straight_pieces), flat
    print(f"{depth:2} layers, {numbers} numbers: {straight_pieces} "
          f"pieces; in one layer {flat} at most")

# %% tags=["check"]
assert all(folds[depth][1] == 2**depth for depth in folds)
assert all(folds[depth][2] == 2 * depth + 1 for depth in folds)

# %% [markdown]
# Each layer of two neurons, six numbers, doubles the pieces. In one layer
# a neuron costs three numbers, two weights and a bias, and adds one
# corner ([exercise 10.1](#exercise-101-how-many-pieces)): with the
# {{ folds[10][0] }} numbers of the deepest tower it makes
# {{ folds[10][2] }} pieces at most, not {{ folds[10][1]:,d }}. Telgarsky
# proved of such zigzags that no shallow network comes near them unless it
# is enormous.[^telgarsky] Again this says what weights *can* do.
#
# ## Three functions, a recipe as it is printed
#
# $x^2$, $|x|$ and $3 \sin x$ on the interval from −3 to 3 are a popular
# exercise, with this recipe: 1-32-32-1 with tanh, 400 epochs, batches of
# 64, plain gradient descent with a rate of 0.05. We run it as it is,
# with 512 training points, and judge it on 601 others. Of each epoch `fit`
# records the training loss, the loss on unseen points, and the mean size
# of a gradient; here are some of them.

# %%
def printed(model, data, evaluation, seed):
    return fit(
        model, mean_squared_error, SGD(model.params, lr=0.05), data,
        epochs=400, batch_size=64, rng=seeded(seed),
        validation=evaluation, progress=False,
    )


FUNCTIONS = {
    "x²": np.square,
    "|x|": np.abs,
    "3 sin x": lambda x: 3 * np.sin(x),
}
runs = {}  # (function, recipe) -> a list of (model, history)
for name, f in FUNCTIONS.items():
    evaluation = sample_function(f, 601)
    for recipe in (printed, ours):
        runs[name, recipe] = []
        for seed in range(3):
            model = network(seed)
            sample = sample_function(f, 512, rng=seeded(100 + seed))
            h = recipe(model, sample, evaluation, seed)
            runs[name, recipe].append((model, h))

h = runs["3 sin x", printed][0][1]
for epoch in (1, 2, 5, 10, 50, 100, 200, 300, 400):
    print(
        f"epoch {epoch:3}"
        f"  training {h.train_loss[epoch - 1]:.4f}"
        f"  unseen {h.validation_loss[epoch - 1]:.4f}"
        f"  gradient {h.mean_gradient[epoch - 1]:.1e}"
    )

# %% [markdown]
# It learns. How well? The loss is in squared units; its root is an error
# in the units of $y$, which we can compare with the height of the curve.
# Three seeds each, training data and initial weights new for each seed,
# mean ± standard deviation; beside it the recipe that we gave the sine.

# %%
def errors(name, recipe):
    """Root of the evaluation loss, and the largest error, per seed."""
    x, t = sample_function(FUNCTIONS[name], 601)
    fits = [model.forward(x) for model, _ in runs[name, recipe]]
    e = np.array(fits) - t  # (seeds, 601, 1)
    return np.sqrt((e**2).mean(axis=(1, 2))), abs(e).max(axis=(1, 2))


# %% tags=["hide"]
rows, gain = [], {}
for name in FUNCTIONS:
    for recipe in (printed, ours):
        rms, largest = errors(name, recipe)
        trained = np.sqrt([h.train_loss[-1]
                           for _, h in runs[name, recipe]])
        ahead = [np.mean(np.greater(h.train_loss, h.validation_loss))
                 for _, h in runs[name, recipe]]
        assert 0.1 < np.mean(ahead) < 0.9
        assert trained.mean() > 0.6 * rms.mean()
        rows.append([name.replace(" ", FIXED),
                     recipe.__name__,
                     spread(trained), spread(rms), spread(largest)])
    gain[name] = errors(name, printed)[0].mean() / rms.mean()

assert min(gain.values()) > 1.3
assert gain["3 sin x"] > 10
assert max(FUNCTIONS, key=lambda f: errors(f, ours)[0].mean()) == "|x|"
for name in FUNCTIONS:
    x, t = sample_function(FUNCTIONS[name], 601)
    for model, _ in runs[name, ours]:
        place = abs(x[abs(model.forward(x) - t).argmax(), 0])
        assert place < 0.2 if name == "|x|" else place > 2.7
x, t = unseen
table(
    rows,
    header=["curve", "recipe", "training", "unseen", "largest"],
    caption="Root of the mean squared error in the last epoch of training "
    "and on unseen points, and the largest error there, all in "
    "thousandths; three seeds.",
    name="recipes",
    align="llrrr",
)

# %% tags=["hide"]
fig, axes = subplots(3, 2, figsize=(5.6, 5.4), sharex=True)
for (top, below), name in zip(axes, FUNCTIONS):
    xs, ts = sample_function(FUNCTIONS[name], 91)
    top.plot(xs[::3], ts[::3], "o", ms=2.6, color=DATA)
    for recipe, style, colour in ((printed, "--", PINK), (ours, "-", VALUE)):
        model, _ = runs[name, recipe][0]
        y = model.forward(xs)
        top.plot(xs, y, style, color=colour, lw=1.3,
                 label=recipe.__name__)
        below.plot(xs, y - ts, style, color=colour, lw=1.1)
    below.axhline(0, color=DATA, lw=0.6)
    top.set(ylabel=name)
axes[0, 0].legend(loc="upper center")
axes[0, 0].set(title="fit")
axes[0, 1].set(title="residual")
for ax in axes[2]:
    ax.set(xlabel="$x$")
figure(
    fig, "three",
    alt="Three fits one above the other, to x squared, the absolute value "
    "of x and 3 sin x: both recipes lie on the grey points. Beside each, "
    "the residuals on a larger scale: those of the printed recipe, dashed, "
    "swing widely, most at the ends of the interval; ours, blue, stay "
    "near zero, with a spike at the corner of the absolute value.",
    caption="Fits and residuals of one seed. Grey: the function; dashed: "
    "the printed recipe; blue: ours. By eye the fits hardly differ; the "
    "residuals do.",
)

# %% [markdown]
# The same network, the same data, the same number of epochs. With Adam
# and a rate that sinks to zero, the root mean square is
# {{ gain["x²"]:.0f }} times smaller for $x^2$,
# {{ gain["|x|"]:.0f }} times for $|x|$, and {{ gain["3 sin x"]:.0f }} times
# for $3 \sin x$ ([](#tab-recipes)). What is left is largest for $|x|$, which
# has a corner, and tanh has none: the network must round it off. There its
# largest error stands at the corner, the spike in [](#fig-three), with every
# seed; with the other two functions it stands at the ends, where a point has
# neighbours on one side only. [](#fig-curves) shows both recipes on the way.

# %% tags=["hide"]
fig, (left, right) = subplots(2, 1, figsize=(5.4, 5.0), sharex=True)
epochs = np.unique(np.geomspace(1, 400, 90).astype(int))
for recipe, style in ((printed, "--"), (ours, "-")):
    h = runs["3 sin x", recipe][0][1]
    left.loglog(epochs, np.array(h.validation_loss)[epochs - 1], style,
                color=VALUE, label=f"{recipe.__name__}, evaluation")
    left.loglog(epochs, np.array(h.train_loss)[epochs - 1], style,
                color=DATA, lw=1, label=f"{recipe.__name__}, training")
    right.loglog(epochs, np.array(h.mean_gradient)[epochs - 1], style,
                 color=GRADIENT, label=recipe.__name__)
left.set(ylabel="loss")
right.set(xlabel="epoch", ylabel="mean gradient")
left.legend()
right.legend()
figure(
    fig, "curves",
    alt="Two panels on logarithmic axes. Above, losses over 400 epochs: "
    "the printed recipe's jump up and down and end near a hundredth; "
    "ours fall, noisily at first, then smoothly, to about a "
    "hundred-thousandth. Training and evaluation lie close together. "
    "Below, mean gradients, orange: the printed recipe's stays large and "
    "rough, ours sinks at the end.",
    caption="Learning $3 \\sin x$. Above: loss in training (grey) and on "
    "unseen points (blue). Below: mean size of a gradient (orange). "
    "Dashed is the printed recipe.",
)

# %% [markdown]
# The training loss is a mean over an epoch, taken while the weights still
# move; so it jumps, and often lies above the other. At the end it is not
# far below, which would be the sign of [learning by
# heart](training.py#learning-by-heart).
#
# Our recipe differs from the printed one in two things, the rule and the
# rate. Which of them does it? We run the two mixtures as well, on
# $3 \sin x$.

# %%
def mixture(rule, rate, schedule, seed):
    model = network(seed)
    sample = sample_function(
        FUNCTIONS["3 sin x"], 512, rng=seeded(100 + seed)
    )
    history = fit(
        model, mean_squared_error, rule(model.params, rate), sample,
        epochs=400, batch_size=64, rng=seeded(seed), progress=False,
        schedule=schedule,
        validation=sample_function(FUNCTIONS["3 sin x"], 601),
    )  # fmt: skip
    return np.sqrt(history.validation_loss[-1])


sinking = cosine(0.05, 3200, warmup=50)
mixtures = [
    ["SGD", "constant", errors("3 sin x", printed)[0]],
    ["SGD", "sinking",
     [mixture(SGD, 0.05, sinking, seed) for seed in range(3)]],
    ["Adam", "constant",
     [mixture(Adam, 0.02, None, seed) for seed in range(3)]],
    ["Adam", "sinking", errors("3 sin x", ours)[0]],
]

# %% tags=["hide"]
plain, sunk, adam, both = (np.mean(found) for _, _, found in mixtures)
assert sunk < plain and both < adam < plain and adam < sunk
assert plain / both > plain / sunk * plain / adam
table(
    [[rule, rate, spread(found)] for rule, rate, found in mixtures],
    header=["rule", "rate", "unseen"],
    caption="Root of the mean squared error on unseen points, in "
    "thousandths, for $3 \\sin x$; three seeds.",
    name="mixtures",
    align="llr",
)

# %% [markdown]
# Each batch asks for a slightly different curve ([chapter
# 7](training.py#right-on-average)), and with a constant rate the network
# follows the last batch for ever. A rate that sinks lets the batches average
# out: in [](#tab-mixtures) it alone makes the error {{ plain / sunk:.1f }}
# times smaller, Adam alone {{ plain / adam:.1f }} times, with a wide spread.
# Together they do more than the product of both, {{ plain / both:.0f }} times.
#
# Could the printed rate be larger, to get there sooner? We try four times
# as much, on $x^2$; and, in case its values of up to 9 are to blame, on
# $x^2 / 9$.

# %%
points, squares = sample_function(np.square, 512, rng=seeded(100))
diverged = 0
for target in (squares, squares / 9):
    model = network(seed=0)
    try:
        fit(
            model, mean_squared_error, SGD(model.params, lr=0.2),
            (points, target), epochs=400, batch_size=64, rng=seeded(0),
            progress=False,
        )
    except Diverged as error:
        print(textwrap.fill(str(error), 64))
        diverged += 1

# %% tags=["check"]
assert diverged == 2

# %% [markdown]
# It is too much for this network from this beginning, whether the curve
# is high or low. Chapter 6 derived where such an edge lies
# ([](optimizers.py#eq-too-far)), at two divided by the largest curvature, and
# [exercise 6.6](optimizers.py#exercise-66-how-curved-is-it) shows how to
# measure the curvature of any loss.
#
# ## Noise
#
# Measured data are never on the curve. We add normal noise with a
# standard deviation of 0.3 to the sine and train in three ways, four
# seeds each: on 32 points to the end; on the same points with a small
# constant rate and early stopping, where another 32 noisy points say
# when; and on 2,048 points.

# %%
NOISE, SEEDS = 0.3, range(4)


def off(model):
    """Root mean square distance from the sine without noise."""
    return float(np.sqrt(np.mean((model.forward(x) - t) ** 2)))


def noisy(seed):
    """Three trainings on a noisy sine: data, models, distances."""
    few, others, plenty = (
        sample_function(np.sin, n, noise=NOISE,
                        rng=seeded([n, part, seed]))
        for part, n in enumerate((32, 32, 2048))
    )  # fmt: skip
    to_the_end, stopped, much = (network(seed) for _ in range(3))
    h_end = ours(to_the_end, few, unseen, seed, 1500, batch_size=32)
    h_stop = fit(
        stopped, mean_squared_error, Adam(stopped.params, lr=0.005),
        few, epochs=1500, batch_size=32, validation=others,
        patience=100, progress=False,
    )
    h_much = ours(much, plenty, unseen, seed, 60, batch_size=128)
    from_data = (h_end.train_loss[-1], h_stop.train_loss[h_stop.best],
                 h_much.train_loss[-1])
    models = to_the_end, stopped, much
    apart = [off(model) for model in models]
    return few, plenty, models, np.sqrt(from_data), apart


noisy_runs = [noisy(seed) for seed in SEEDS]
from_data, from_sine = (np.array([run[k] for run in noisy_runs])
                        for k in (3, 4))  # (seeds, 3)

# %% tags=["hide"]
assert from_data[:, 0].mean() < 0.9 * NOISE
ends, stops, many = from_sine.mean(axis=0)
assert stops < ends and many < stops / 1.5 and many < 0.1
assert 0.28 < from_data[:, 2].mean() < 0.32
table(
    [[name, spread(from_data[:, k]), spread(from_sine[:, k])]
     for k, name in enumerate(("32 points, to the end",
                               "32 points, stopped early",
                               "2,048 points"))],
    header=["training", "from the noisy data", "from the sine"],
    caption="Root mean square distances, from the points it learned from "
    "and from the sine behind them, in thousandths; four seeds.",
    name="noise",
    align="lrr",
)

# %% tags=["hide"]
few, plenty, (to_the_end, stopped, much), *_ = noisy_runs[0]
fig, axes = subplots(1, 2, figsize=(5.8, 2.9), sharey=True)
show_x, show_t = x[::6], t[::6]
axes[0].plot(*few, "o", ms=3.4, color=DATA)
axes[0].plot(show_x, to_the_end.forward(show_x), color=VALUE,
             label="to the end")
axes[0].plot(show_x, stopped.forward(show_x), "--", color=PINK,
             label="stopped early")
axes[1].plot(*(a[:200] for a in plenty), "o", ms=1.8, color=DATA)
axes[1].plot(show_x, much.forward(show_x), color=VALUE)
for ax, title in zip(axes, ("32 points", "2,048 points")):
    ax.plot(show_x, show_t, ":", color=INK, lw=1, label="sine")
    ax.set(title=title, xlabel="$x$")
axes[0].set(ylabel="$y$", ylim=(-2.1, 2.1))
axes[0].legend(loc="upper left")
figure(
    fig, "noise",
    alt="Left, 32 scattered grey points; the blue curve bends towards "
    "single points and leaves the dotted sine; the dashed one is "
    "smoother. Right, a cloud of grey points, and a blue curve that lies "
    "on the dotted sine.",
    caption="Noisy data. Left: 32 points; trained to the end the network "
    "follows the noise. Right: 2,048 points (200 are drawn); it follows "
    "the sine.",
)

# %% [markdown]
# Trained to the end on 32 points, the network comes closer to its data,
# {{ 1000 * from_data[:, 0].mean():.0f }} thousandths in [](#tab-noise), than
# the sine does, which misses them by about {{ 1000 * NOISE:.0f }}. It has
# learned noise ([](#fig-noise), left), and pays for it: it ends
# {{ 1000 * ends:.0f }} from the sine. Stopping early, here at a small constant
# rate, helps ({{ 1000 * stops:.0f }}), at the price of more points, kept apart
# to tell when. More data help most: with 2,048 points the training error stops
# at {{ 1000 * from_data[:, 2].mean():.0f }}, the size of the noise, which
# nobody can predict, and the root mean square distance from the sine is
# {{ 1000 * many:.0f }}. The warning is a training error well below the error
# on points kept apart: on 32 points, the
# {{ 1000 * from_data[:, 0].mean():.0f }} against about
# {{ 1000 * np.hypot(NOISE, ends):.0f }}, for noise and distance add in squares
# ([exercise 10.2](#exercise-102-what-nobody-can-beat)).
#
# ## Outside the data
#
# The sine network knows the sine from −3 to 3. We ask it from −9 to 9;
# four tanh networks, which differ only in their seed, and four with ReLU.

# %%
def relu_network(seed, hidden=32):
    r = seeded(seed)
    return Sequential(
        Dense(he_normal(1, hidden, rng=r)), ReLU(),
        Dense(he_normal(hidden, hidden, rng=r)), ReLU(),
        Dense(glorot_uniform(hidden, 1, rng=r)),
    )


far = np.linspace(-9, 9, 181, dtype=np.float32)[:, None]
answers, trained_as = {}, {}
for kind in (network, relu_network):
    trained_as[kind] = [kind(seed) for seed in range(4)]
    for seed, model in enumerate(trained_as[kind]):
        ours(model, data, unseen, seed, epochs=120)
    answers[kind] = np.array(
        [model.forward(far)[:, 0] for model in trained_as[kind]]
    )  # (4, 181)

near = abs(far[:, 0]) <= 3
wrong = abs(np.array(list(answers.values())) - np.sin(far[:, 0]))
inside_error = float(wrong[..., near].max())
outside_error = wrong[..., ~near].max(axis=-1)  # (2, 4)
every_answer = np.concatenate(list(answers.values()))  # (8, 181)
apart = every_answer.max(axis=0) - every_answer.min(axis=0)
apart_inside, apart_at_end = apart[near].max(), apart[[0, -1]].min()

# %% tags=["check"]
assert inside_error < 0.2
assert outside_error.min() > 0.7
assert apart_at_end > 5 * apart_inside
wide = np.float32([[-3e4], [-2e4], [-1e4], [1e4], [2e4], [3e4]])
for kind in answers:
    for model in trained_as[kind]:
        a, b, c, d, e, f = model.forward(wide)[:, 0]
        size = max(abs(c - a), abs(f - d))
        bend = max(abs(a - 2 * b + c), abs(d - 2 * e + f))
        assert bend <= 1e-3 * size + 1e-5
        assert (size < 1e-3) == (kind is network)

# %% tags=["hide"]
fig, ax = subplots(figsize=(5.4, 3.4))
ax.axvspan(-3, 3, color=DATA, alpha=0.16, lw=0)
ax.plot(far, np.sin(far), ":", color=INK, lw=1.2, label="sine")
for kind, style, colour, label in (
    (network, "-", VALUE, "tanh"), (relu_network, "--", PINK, "ReLU")
):
    for i, y in enumerate(answers[kind]):
        ax.plot(far[::3], y[::3], style, color=colour, lw=1.1,
                label=label if i == 0 else None)
ax.annotate("data", (0, -3.7), ha="center", color=INK)
ax.set(xlabel="$x$", ylabel="$y$", ylim=(-4, 4), xlim=(-9, 9))
fig.legend(*ax.get_legend_handles_labels(), ncols=3,
           loc="outside upper center")
figure(
    fig, "outside",
    alt="A dotted sine from −9 to 9. Inside the shaded strip from "
    "−3 to 3 eight curves lie on it. Outside they fan out: the "
    "blue tanh curves flatten at different heights, the dashed ReLU ones "
    "run off as straight lines of different slopes. None turns back as "
    "the sine does.",
    caption="Four tanh and four ReLU networks that learned the sine "
    "inside the shaded strip. All agree there. Outside they part, and none "
    "goes the way of the sine.",
)

# %% [markdown]
# Inside the strip of [](#fig-outside) the largest error of all eight is
# {{ inside_error:.3f }}. Outside it is {{ outside_error.min():.1f }} for the
# best of them and {{ outside_error.max():.1f }} for the worst. Farther out
# still a tanh network goes flat, where all its neurons are saturated, and a
# ReLU network goes straight behind its last corner.[^xu] Nothing in the data
# told them otherwise. Between −3 and 3 the eight answers lie within
# {{ apart_inside:.2f }} of each other; at −9 and at 9 the highest and the
# lowest are {{ apart_at_end:.1f }} apart or more. So if several networks
# disagree, the input has probably left the data. That a single one is smooth
# and sure of itself is no sign of anything.
#
# ## What we have now
#
# - A network with one hidden layer is a sum of bends; without the bends
#   it is a line. Enough of them can follow any continuous curve, but no
#   jump.
# - That good weights exist does not mean that training finds them. Deep
#   ones were found more easily than wide ones.
# - Judge a fit by its residual on unseen points, over seeds, against the
#   noise.
# - A network knows its data's range and nothing beyond.
#
# ## Exercises
#
# ### Exercise 10.1 · How many pieces?
#
# A network with one input, one hidden layer of 32 ReLU neurons and one
# output gives a broken line. Of how many straight pieces can it consist,
# at most?
#
# ??? tip "Hint"
#
#     How many corners does one neuron make? Cut a rope once: how many
#     pieces?

# %% tags=["starter"]
pieces = None  # a whole number

# %% tags=["solution"]
# Each neuron bends the line at one place, where w x + b = 0. That makes
# 32 corners, if no two coincide, and one piece more than corners.
pieces = 33

# %% tags=["tests"]
import numpy as np

assert pieces is not None, "a number, please"
rng = np.random.default_rng(0)
W1, b1 = rng.normal(size=(1, 32)), rng.normal(size=32)
W2 = rng.normal(size=(32, 1))
corners = np.sort(-b1 / W1[0])
ends = np.concatenate([[corners[0] - 1], corners, [corners[-1] + 1]])
x = (ends[1:] + ends[:-1]) / 2  # a place on each piece
slopes = (W1 * ((x[:, None] * W1 + b1) > 0)) @ W2
measured = len(np.unique(slopes.round(9)))
assert pieces == measured, f"this network has {measured} pieces"

# %% [markdown]
# ### Exercise 10.2 · What nobody can beat
#
# Targets are a curve plus noise of mean 0 and standard deviation $0.3$.
# Judged on very many noisy points that it has not seen, what is the mean
# squared error of the curve itself? And of a network whose root mean
# square distance from the curve is $0.05$?
#
# ??? tip "Hint"
#
#     The network's error is its distance from the curve less the noise.
#     Square the difference. The noise knows nothing of the network, so
#     what is the mean of their product?

# %% tags=["starter"]
curve = None  # the mean squared error of the curve itself
network = None  # and that of the network

# %% tags=["solution"]
# The mean square of the noise is its variance. For the network the
# squares add, and the product of distance and noise is 0 on average.
curve = 0.3**2
network = 0.3**2 + 0.05**2

# %% tags=["tests"]
import numpy as np

assert curve is not None and network is not None, "two numbers, please"
rng = np.random.default_rng(0)
x = rng.uniform(-3, 3, 1_000_000)
noise = rng.normal(0, 0.3, x.size)
away = 0.05 * np.sqrt(2) * np.sin(20 * np.pi * x)  # from the curve
for answer, error in ((curve, noise), (network, noise - away)):
    measured = np.mean(error**2)
    assert abs(answer - measured) < 6e-4, f"a million say {measured:.4f}"

# %% [markdown]
# ### Exercise 10.3 · Straight for ever
#
# To the right of its last corner a ReLU network with one hidden layer is
# a straight line, to the left of its first corner another. Write both
# slopes as formulas in its weights. There is one input and one output.
#
# ??? tip "Hint"
#
#     Far to the right, which neurons are above zero? The bias no longer
#     matters; the sign of one number does. What does such a neuron add to
#     the slope?

# %% tags=["starter"]
import numpy as np


def far_slopes(W1, W2):
    """Slopes far left and far right, for W1 (1, d) and W2 (d, 1)."""
    raise NotImplementedError("your formulas")

# %% tags=["solution"]
# Far right the neurons with w > 0 are on, far left those with w < 0.
# Each that is on adds w times v.
def far_slopes(W1, W2):
    w, v = W1[0], W2[:, 0]
    return np.sum((w * v)[w < 0]), np.sum((w * v)[w > 0])

# %% tags=["tests"]
rng = np.random.default_rng(0)
for d in (1, 5, 40):
    W1, W2 = rng.normal(size=(1, d)), rng.normal(size=(d, 1))
    b1 = rng.normal(size=d)
    far = np.array([[-1e6], [-1e6 + 1], [1e6 - 1], [1e6]])
    y = (np.maximum(far @ W1 + b1, 0) @ W2)[:, 0]
    left, right = far_slopes(W1, W2)
    assert np.isclose(left, y[1] - y[0], atol=1e-6), f"left, {d} neurons"
    assert np.isclose(right, y[3] - y[2], atol=1e-6), f"right, {d} neurons"

# %% [markdown]
# ### Exercise 10.4 · Neighbours share a step
#
# The chapter's bumps take two sigmoid neurons for each piece: one step up
# from 0, one step down to 0. Where two bumps meet, a single step from one
# height to the next would do. Write `stairs` with $N + 1$ neurons for $N$
# pieces, and the same answers.
#
# ??? tip "Hint"
#
#     One neuron stands at each edge. Its weight in the last layer is the
#     height to its right less the height to its left; outside all bumps
#     the height is 0.

# %% tags=["starter"]
import numpy as np

from nn.activations import Sigmoid
from nn.layers import Dense, Sequential


def stairs(f, N, low=-3, high=3):
    """A network 1-(N+1)-1: N flat pieces, each as high as f inside.

    The edges are np.linspace(low, high, N + 1), the first weights all
    40 * N / (high - low), as in the chapter.
    """
    raise NotImplementedError("your code")

# %% tags=["solution"]
# With a 0 put on both ends, np.diff gives the N + 1 differences of height.
def stairs(f, N, low=-3, high=3):
    edges = np.linspace(low, high, N + 1)
    steep = 40 * N / (high - low)
    heights = f((edges[:-1] + edges[1:]) / 2)
    steps = np.diff(heights, prepend=0, append=0)
    return Sequential(
        Dense(np.full((1, N + 1), steep), bias=-steep * edges),
        Sigmoid(),
        Dense(steps[:, None]),
    )

# %% tags=["tests"]
def sharp(f, N, x):
    """The bumps themselves, without a network."""
    width = 6 / N
    inside = abs(x) < 3
    return inside * f((np.floor((x + 3) / width) + 0.5) * width - 3)


for f, N in ((np.sin, 8), (np.cos, 9), (np.exp, 64)):
    model = stairs(f, N)
    assert model.layers[0].weight.value.shape == (1, N + 1), "N + 1 neurons"
    x = -3 + (np.arange(-2, N + 2) + 0.3) * 6 / N  # away from the edges
    error = model.forward(x[:, None])[:, 0] - sharp(f, N, x)
    assert abs(error).max() < 1e-3, f"{N} pieces: {abs(error).max():.3f} off"

# %% [markdown]
# ### Exercise 10.5 · Join the dots
#
# Flat pieces leave an error that falls as one over their number. ReLU
# neurons make sloping pieces. Give a network of them, without any
# training, weights with which it runs straight from each of the given
# points to the next. By how much does the error fall, if there are twice
# as many points?
#
# ??? tip "Hint"
#
#     Put a corner at each point but the last, so that all `W1` may be 1. A
#     neuron adds its weight in `W2` to the slope from its corner on: it has
#     to be the *change* of the slope. The last bias is the height at which
#     the line begins.

# %% tags=["starter"]
import numpy as np

from nn.activations import ReLU
from nn.layers import Dense, Sequential


def through(x, y):
    """A network that joins the points x (N,), rising, and y (N,)."""
    raise NotImplementedError("your code")


factor = None  # error with N points / error with 2 N, about

# %% tags=["solution"]
# Slopes of the pieces, then their changes; before the first, slope 0.
def through(x, y):
    changes = np.diff(np.diff(y) / np.diff(x), prepend=0)
    return Sequential(
        Dense(np.ones((1, len(changes))), bias=-x[:-1]),
        ReLU(),
        Dense(changes[:, None], bias=y[:1]),
    )


# What a straight piece leaves is the bend of the curve: half as long a
# piece leaves a quarter of it.
factor = 4

# %% tags=["tests"]
rng = np.random.default_rng(0)
x = np.sort(rng.uniform(-3, 3, 12))
y = rng.normal(size=12)
model = through(x, y)
middle = (x[1:] + x[:-1]) / 2
assert np.allclose(model.forward(x[:, None])[:, 0], y), "not the points"
assert np.allclose(model.forward(middle[:, None])[:, 0],
                   (y[1:] + y[:-1]) / 2), "not straight between them"


def worst(N):
    x, many = np.linspace(-3, 3, N), np.linspace(-3, 3, 5001)
    answers = through(x, np.sin(x)).forward(many[:, None])[:, 0]
    return abs(answers - np.sin(many)).max()


measured = worst(50) / worst(100)
assert factor is not None, "and the factor?"
assert abs(factor - measured) < 0.3, f"measured: {measured:.2f}"

# %% [markdown]
# ### Exercise 10.6 · A small project: a committee
#
# Networks that agree inside the data and disagree outside can tell you
# where you are. Build a committee of ten that is fitted in a moment: draw
# the weights and biases of 40 tanh neurons at random, leave them as they
# are, and find the last layer by least squares. `committee` returns the
# mean of the ten answers at new places and their standard deviation.
#
# ??? tip "Hint"
#
#     Add a column of ones to the hidden numbers, for the last bias. Then
#     `np.linalg.lstsq(hidden, t, rcond=1e-6)[0]` are the weights with the
#     least squared error; `rcond` keeps them from growing where neurons are
#     nearly alike. Each member needs a generator of its own.

# %% tags=["starter"]
import numpy as np


def committee(x, t, places, members=10, hidden=40):
    """Mean and standard deviation (m, 1) of the answers at places (m, 1).

    Each member fits x (n, 1) and t (n, 1).
    """
    raise NotImplementedError("your code")

# %% tags=["solution"]
# Only the last layer learns, and in it the loss is a bowl: one step of
# linear algebra leads to the bottom. The members differ in their bends.
def committee(x, t, places, members=10, hidden=40):
    answers = []
    for seed in range(members):
        rng = np.random.default_rng(seed)
        W = rng.normal(size=(1, hidden))
        b = rng.uniform(-3, 3, hidden)

        def features(x, W=W, b=b):
            return np.hstack([np.tanh(x @ W + b), np.ones((len(x), 1))])

        last = np.linalg.lstsq(features(x), t, rcond=1e-6)[0]
        answers.append(features(places) @ last)
    return np.mean(answers, axis=0), np.std(answers, axis=0)

# %% tags=["tests"]
rng = np.random.default_rng(0)
x = rng.uniform(-3, 3, (300, 1))
t = np.sin(x) + rng.normal(0, 0.1, x.shape)
inside = np.linspace(-2.8, 2.8, 57)[:, None]
outside = np.linspace(5, 8, 31)[:, None]
mean, apart = committee(x, t, inside)
assert mean.shape == apart.shape == (57, 1), "one number a place"
assert abs(mean - np.sin(inside)).max() < 0.1, "not the sine, inside"
assert apart.max() < 0.1, "they should agree inside"
_, far_apart = committee(x, t, outside)
assert far_apart.min() > 3 * apart.max(), "they should disagree outside"

# %% [markdown]
# ## Notes
#
# The bumps make the universal approximation theorem believable; the
# proofs of 1989 go other ways.[^cybenko] [^hornik] Hornik showed two
# years later that the particular bend hardly matters.[^later] That ReLU
# networks become straight lines outside their data is proved, for
# training by gradient descent, by Xu and others.[^xu]
#
# [^cybenko]: [Cybenko 1989](bibliography.md#cybenko-1989).
# [^hornik]: [Hornik, Stinchcombe and White
#     1989](bibliography.md#hornik-1989).
# [^telgarsky]: [Telgarsky 2016](bibliography.md#telgarsky-2016).
# [^xu]: [Xu and others 2021](bibliography.md#xu-2021).
# [^later]: [Hornik 1991](bibliography.md#hornik-1991).
