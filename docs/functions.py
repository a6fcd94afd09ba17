# %% [markdown]
# # 10 · Learning a function
#
# *How does a network become a curve, and where does it stop being that
# curve?*
#
# After this chapter you can fit a function from samples, tell how good
# the fit is on points that the network has not seen, see when noise is
# being learned, and know what not to ask of a network: anything outside
# its data.

# %%
from weave import DATA, GRADIENT, INK, PINK, VALUE
from weave import figure, subplots, table

# %% [markdown]
# ## A sine, and a failure
#
# The task: 512 points $x$ between −3 and 3, drawn at random, and
# $\sin x$ for each. For evaluation, 601 other points, evenly spaced. The
# loss is the mean squared error. The first model has a hidden layer of 32
# units, and nothing else.

# %%
import numpy as np

from nn import SGD, Dense, Sequential, Tanh, fit, glorot_uniform
from nn import mean_squared_error, sample_function

rng = np.random.default_rng
data = sample_function(np.sin, 512, rng=rng(0))
unseen = sample_function(np.sin, 601)
x, t = unseen

straight = Sequential(
    Dense(glorot_uniform(1, 32, rng=rng(1))),
    Dense(glorot_uniform(32, 1, rng=rng(2))),
)
fit(
    straight, mean_squared_error, SGD(straight.params, lr=0.05), data,
    epochs=100, batch_size=64, rng=rng(3), progress=False,
)
straight_loss, _ = mean_squared_error(straight.forward(x), t)

slope, height = np.polyfit(data[0].ravel(), data[1].ravel(), deg=1)
line_loss, _ = mean_squared_error(slope * x + height, t)
print(f"network {straight_loss:.4f}, straight line {line_loss:.4f}")
assert abs(straight_loss - line_loss) < 0.02

# %% [markdown]
# It learned, and what it learned is a straight line: nearly the loss of
# the best line through the points, found by least squares. No training
# would do better. Two linear layers are one,
#
# $$
# (x W_1 + b_1) W_2 + b_2 = x\,(W_1 W_2) + (b_1 W_2 + b_2),
# $$
#
# and 97 numbers do the work of two. Something has to bend between
# the layers. We put a tanh there, and a second hidden layer; and we take
# Adam with a rate that first warms up, then sinks to zero along a cosine.

# %%
from nn import Adam, cosine


def network(seed, hidden=32):
    r = rng(seed)
    return Sequential(
        Dense(glorot_uniform(1, hidden, rng=r)), Tanh(),
        Dense(glorot_uniform(hidden, hidden, rng=r)), Tanh(),
        Dense(glorot_uniform(hidden, 1, rng=r)),
    )


def ours(model, data, evaluation, seed, epochs=400, batch_size=64):
    steps = epochs * -(-len(data[0]) // batch_size)  # rounded up
    return fit(
        model, mean_squared_error, Adam(model.params), data,
        epochs=epochs, batch_size=batch_size, rng=rng(seed),
        schedule=cosine(0.02, steps, warmup=50),
        validation=evaluation, progress=False,
    )


bent = network(seed=0)
history = ours(bent, data, unseen, seed=0)
worst = float(abs(bent.forward(x) - t).max())
print(f"loss {history.validation_loss[-1]:.1e}, worst {worst:.4f}")
assert history.validation_loss[-1] < 1e-3

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
# The residual in [](#fig-sine) is never larger than {{ worst:.4f }}, and
# the loss on unseen points, {{ history.validation_loss[-1]:.1e }}, is
# {{ straight_loss / history.validation_loss[-1]:,.0f }} times smaller
# than the line's. Look at the residual, not at the fit, to see what a
# network has not learned: a fit this close hides everything.
#
# ## How bends add up
#
# One hidden layer can be taken apart. Its output is a sum,
#
# $$
# y = \sum_i v_i \tanh(w_i x + b_i) + c ,
# $$
#
# one bend for each unit. Six units will do for a sine.

# %%
from nn import normal

r = rng(0)
six = Sequential(
    Dense(normal(1, 6, rng=r, std=1), bias=r.uniform(-2, 2, 6)),
    Tanh(),
    Dense(normal(6, 1, rng=r, std=0.5)),
)
ours(six, data, unseen, seed=0, epochs=300)
bends = Sequential(*six.layers[:2]).forward(x)  # (601, 6)
parts = bends * six.layers[2].weight.value.T  # v_i tanh(...)
total = parts.sum(axis=1, keepdims=True) + six.layers[2].bias.value
assert np.allclose(total, six.forward(x), atol=1e-5)
six_error = float(abs(total - t).max())
assert six_error < 0.2

# %% [markdown]
# And weights by hand, without training. A steep sigmoid is a step. A
# step up and, a little later, a step down make a bump. So for any
# function: cut the interval into pieces, and put on each a bump as high
# as the function there.

# %%
from nn import Sigmoid


def bumps(f, n, low=-3, high=3):
    """A network 1-2n-1 whose output is n bumps side by side."""
    edges = np.linspace(low, high, n + 1)
    up, down = edges[:-1], edges[1:]
    steep = 40 * n / (high - low)
    places = np.concatenate([up, down])
    heights = f((up + down) / 2)
    return Sequential(
        Dense(np.full((1, 2 * n), steep), bias=-steep * places),
        Sigmoid(),  # a step up at each of the 2n places
        Dense(np.concatenate([heights, -heights])[:, None]),
    )


inside = x[5:-5].astype(np.float64)  # the last step is only half done
staircase = {}
for n in (8, 32, 128, 512):
    error = bumps(np.sin, n).forward(inside) - np.sin(inside)
    staircase[n] = float(abs(error).max())
    print(f"{n:4} bumps: largest error {staircase[n]:.4f}")
assert staircase[512] < staircase[8] / 30

# %% tags=["hide"]
fig, (left, right) = subplots(1, 2, figsize=(5.8, 2.8), sharey=True)
for part in parts.T:
    left.plot(x[::10], part[::10], color=DATA, lw=0.9)
left.plot(x[::6], total[::6], color=VALUE)
left.set(title="six tanh units, trained", xlabel="$x$", ylabel="$y$",
         ylim=(-1.6, 1.6))
dense_x = np.linspace(-3.2, 3.2, 481)[:, None]
right.plot(dense_x[::8], np.sin(dense_x)[::8], color=DATA, lw=0.9)
right.plot(dense_x, bumps(np.sin, 12).forward(dense_x), color=VALUE)
right.set(title="twelve bumps, by hand", xlabel="$x$")
figure(
    fig, "bends",
    alt="Left, six grey S-shaped curves of different heights and places, "
    "and their sum, a blue sine. Right, a blue staircase of twelve flat "
    "pieces along a thin grey sine.",
    caption="A curve as a sum. Left: what each of six units adds (grey), "
    "and the sum (blue). Right: twelve bumps, and the sine they follow.",
)

# %% [markdown]
# Away from the two ends, where a step is only half done, four times as
# many bumps leave about a quarter of the error. There is nothing special
# about the sine in it, but that its slope is bounded: any continuous
# function on an interval will do, if not at that rate. The bumps make
# believable what a theorem says in general: one hidden layer can come as
# close as you like to any continuous function on a closed and bounded
# region.[^cybenko] [^hornik] It says that good weights exist. It does
# not say that training finds them, or how many units it takes. Training
# uses units better than we did by hand: six trained bends are within
# {{ six_error:.3f }} of the sine, eight bumps within
# {{ staircase[8]:.3f }}, though neighbours could share the step between
# them and do with nine units.
#
# ## Three functions, a recipe as it is printed
#
# $x^2$, $|x|$ and $3 \sin x$ on the interval from −3 to 3 are a popular
# exercise, with this recipe: 1-32-32-1 with tanh, 400 epochs, batches of
# 64, plain gradient descent with a rate of 0.05. We run it as it is,
# with 512 training points, and count on 601 others. The usual progress
# bar shows the training loss, the loss on unseen points, and the mean
# size of a gradient; here are some of its lines.

# %%
def printed(model, data, evaluation, seed):
    return fit(
        model, mean_squared_error, SGD(model.params, lr=0.05), data,
        epochs=400, batch_size=64, rng=rng(seed),
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
            sample = sample_function(f, 512, rng=rng(100 + seed))
            h = recipe(model, sample, evaluation, seed)
            runs[name, recipe].append((model, h))

h = runs["3 sin x", printed][0][1]
for epoch in (1, 2, 5, 10, 50, 100, 200, 300, 400):
    print(
        f"epoch {epoch:3}"
        f"  train loss {h.train_loss[epoch - 1]:.4f}"
        f"  evaluation loss {h.validation_loss[epoch - 1]:.4f}"
        f"  mean gradient {h.mean_gradient[epoch - 1]:.1e}"
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


def spread(values):
    mean, sd = 1000 * values.mean(), 1000 * values.std(ddof=1)
    gap = "\N{NARROW NO-BREAK SPACE}"
    return f"{mean:.1f}{gap}±{gap}{sd:.1f}"


rows, gain = [], {}
for name in FUNCTIONS:
    for recipe in (printed, ours):
        rms, largest = errors(name, recipe)
        trained = np.sqrt([h.train_loss[-1]
                           for _, h in runs[name, recipe]])
        rows.append([name, recipe.__name__,
                     spread(trained), spread(rms), spread(largest)])
    gain[name] = errors(name, printed)[0].mean() / rms.mean()
assert min(gain.values()) > 1.3
assert gain["3 sin x"] > 10
assert max(FUNCTIONS, key=lambda f: errors(f, ours)[0].mean()) == "|x|"

# %% tags=["hide"]
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
# {{ gain["|x|"]:.0f }} times for $|x|$, and
# {{ gain["3 sin x"]:.0f }} times for $3 \sin x$. What is left is largest
# for $|x|$, which has a corner, and tanh has none: the network must round
# it off. [](#fig-curves) shows both recipes on the way.

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
# move; so it jumps, and often lies above the other. It is never far below,
# which would be the sign of learning by heart.
#
# Our recipe differs from the printed one in two things. Which of them
# does it? We run the two mixtures as well, on $3 \sin x$.

# %%
curve = sample_function(FUNCTIONS["3 sin x"], 601)
mixtures = []
for rule, rate in ((SGD, 0.05), (Adam, 0.02)):
    for sinks in (False, True):
        found = []
        for seed in range(3):
            model = network(seed)
            sample = sample_function(
                FUNCTIONS["3 sin x"], 512, rng=rng(100 + seed)
            )
            falling = cosine(rate, 3200, warmup=50)
            fit(
                model, mean_squared_error, rule(model.params, rate),
                sample, epochs=400, batch_size=64, rng=rng(seed),
                schedule=falling if sinks else None, progress=False,
            )
            L, _ = mean_squared_error(model.forward(curve[0]), curve[1])
            found.append(np.sqrt(L))
        path = "sinking" if sinks else "constant"
        mixtures.append([rule.__name__, path, np.array(found)])
mean = [found.mean() for _, _, found in mixtures]
assert mean[1] < mean[0] and mean[3] < mean[2] < mean[0]

# %% tags=["hide"]
table(
    [[rule, rate, spread(found)] for rule, rate, found in mixtures],
    header=["rule", "rate", "unseen"],
    caption="Root of the mean squared error on unseen points, in "
    "thousandths, for $3 \\sin x$; three seeds.",
    name="mixtures",
    align="llr",
)

# %% [markdown]
# Each batch asks for a slightly different curve, and with a constant rate
# the network follows the last batch for ever. A rate that sinks lets the
# batches average out, with either rule; Adam does the larger part.
#
# Could the printed rate be larger, to get there sooner? We try four times
# as much, on $x^2$; and, in case its values of up to 9 are to blame, on
# $x^2 / 9$.

# %%
import textwrap

from nn import Diverged

points, squares = sample_function(np.square, 512, rng=rng(100))
diverged = 0
for target in (squares, squares / 9):
    model = network(seed=0)
    try:
        fit(
            model, mean_squared_error, SGD(model.params, lr=0.2),
            (points, target), epochs=400, batch_size=64, rng=rng(0),
            progress=False,
        )
    except Diverged as error:
        print(textwrap.fill(str(error), 64))
        diverged += 1
assert diverged == 2

# %% [markdown]
# It is too much for this network from this beginning, whether the curve
# is high or low. Where the cliff stands, and how to know before one falls
# off it, is a question for chapter 6.
#
# ## Noise
#
# Measured data are never on the curve. We add normal noise with a
# standard deviation of 0.3 to the sine and train three times: on 32
# points to the end; on the same points with early stopping, where
# another 32 noisy points say when; and on 2,048 points.

# %%
NOISE = 0.3
few = sample_function(np.sin, 32, noise=NOISE, rng=rng(3))
others = sample_function(np.sin, 32, noise=NOISE, rng=rng(4))
plenty = sample_function(np.sin, 2048, noise=NOISE, rng=rng(5))

to_the_end = network(0)
h_end = ours(to_the_end, few, unseen, 0, epochs=1500, batch_size=32)

stopped = network(0)
h_stop = fit(
    stopped, mean_squared_error, Adam(stopped.params, lr=0.005), few,
    epochs=1500, batch_size=32, validation=others, patience=100,
    progress=False,
)
much = network(0)
h_much = ours(much, plenty, unseen, 0, epochs=60, batch_size=128)


def off(model):
    """Root mean square distance from the sine without noise."""
    return float(np.sqrt(np.mean((model.forward(x) - t) ** 2)))


noise_rows = [
    ["32 points, to the end", np.sqrt(h_end.train_loss[-1]),
     off(to_the_end)],
    ["32 points, stopped early",
     np.sqrt(h_stop.train_loss[h_stop.best]), off(stopped)],
    ["2,048 points", np.sqrt(h_much.train_loss[-1]), off(much)],
]
assert np.sqrt(h_end.train_loss[-1]) < 0.9 * NOISE
assert off(much) < off(to_the_end) / 2
assert off(much) < 0.1
assert 0.27 < np.sqrt(h_much.train_loss[-1]) < 0.33

# %% tags=["hide"]
table(
    noise_rows,
    header=["training", "from the noisy data", "from the sine"],
    formats=["", ".3f", ".3f"],
    caption="Root mean square distances, from the points it learned from "
    "and from the sine behind them.",
    name="noise",
)

# %% tags=["hide"]
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
# Trained to the end on 32 points, the network is closer to its data,
# {{ noise_rows[0][1]:.3f }}, than the true curve is, which misses them by
# about {{ NOISE }}. It has learned noise, and pays for it with
# {{ noise_rows[0][2]:.3f }} from the sine. Stopping early helps
# ({{ noise_rows[1][2]:.3f }}), at the price of more points, kept apart to
# tell when. More data helps most: with 2,048 points the
# training error stops at {{ noise_rows[2][1]:.3f }}, the size of the
# noise, which nobody can predict; and the curve is within
# {{ noise_rows[2][2]:.3f }} of the sine. A training error well below the
# error on points kept apart is the warning.
#
# ## Outside the data
#
# The sine network knows the sine from −3 to 3. We ask it from −9 to 9;
# four tanh networks, which differ only in their seed, and four with ReLU.

# %%
from nn import ReLU, he_normal


def relu_network(seed, hidden=32):
    r = rng(seed)
    return Sequential(
        Dense(he_normal(1, hidden, rng=r)), ReLU(),
        Dense(he_normal(hidden, hidden, rng=r)), ReLU(),
        Dense(glorot_uniform(hidden, 1, rng=r)),
    )


far = np.linspace(-9, 9, 181, dtype=np.float32)[:, None]
answers = {}
for kind in (network, relu_network):
    answers[kind] = []
    for seed in range(4):
        model = kind(seed)
        ours(model, data, unseen, seed, epochs=120)
        answers[kind].append(model.forward(far))
    answers[kind] = np.array(answers[kind])[..., 0]  # (4, 181)

near = abs(far[:, 0]) <= 3
wrong = abs(np.array(list(answers.values())) - np.sin(far[:, 0]))
inside_error = float(wrong[..., near].max())
outside_error = wrong[..., ~near].max(axis=-1)  # (2, 4)
assert inside_error < 0.2
assert outside_error.min() > 0.7

# %% tags=["hide"]
fig, ax = subplots(figsize=(5.8, 3.2))
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
ax.legend(loc="upper left", bbox_to_anchor=(1, 1))
figure(
    fig, "outside",
    alt="A dotted sine from −9 to 9. Inside the shaded strip from "
    "−3 to 3 eight curves lie on it. Outside they fan out: the "
    "blue tanh curves flatten at different heights, the dashed ReLU ones "
    "run off as straight lines in different directions.",
    caption="Four tanh and four ReLU networks that learned the sine "
    "inside the shaded strip. All agree there. Outside, each goes its own "
    "way, and none goes the way of the sine.",
)

# %% [markdown]
# Inside, the largest error of all eight is {{ inside_error:.3f }}. Outside
# it is {{ outside_error.min():.1f }} for the best of them and
# {{ outside_error.max():.1f }} for the worst. A tanh network goes flat
# where all its units saturate; a ReLU network goes straight behind its
# last corner.[^xu] Nothing in the data told them otherwise. That several
# networks disagree is a useful sign that one has left the data; that a
# single one is smooth and sure of itself is no sign of anything.
#
# ## What we have now
#
# - A network with one hidden layer is a sum of bends; without the bends
#   it is a line.
# - Judge a fit by its residual on unseen points, over seeds, against the noise.
# - A network knows its data's range and nothing beyond.
#
# ## Notes
#
# The bumps make the universal approximation theorem believable; the
# proofs of 1989 go other ways.[^cybenko] [^hornik] Hornik showed two years
# later that the particular bend hardly matters.[^later] That ReLU
# networks become straight lines outside their data is proved, for
# training by gradient descent, by Xu and others.[^xu]
#
# [^cybenko]: George Cybenko, "Approximation by superpositions of a
#     sigmoidal function", *Mathematics of Control, Signals, and Systems*
#     2, 303–314, 1989,
#     [doi:10.1007/BF02551274](https://doi.org/10.1007/BF02551274).
#
# [^hornik]: Kurt Hornik, Maxwell Stinchcombe and Halbert White,
#     "Multilayer feedforward networks are universal approximators",
#     *Neural Networks* 2(5), 359–366, 1989,
#     [doi:10.1016/0893-6080(89)90020-8](https://doi.org/10.1016/0893-6080%2889%2990020-8).
#
# [^later]: Kurt Hornik, "Approximation capabilities of multilayer
#     feedforward networks", *Neural Networks* 4(2), 251–257, 1991,
#     [doi:10.1016/0893-6080(91)90009-T](https://doi.org/10.1016/0893-6080%2891%2990009-T).
#
# [^xu]: Keyulu Xu, Mozhi Zhang, Jingling Li, Simon S. Du, Ken-ichi
#     Kawarabayashi and Stefanie Jegelka, "How neural networks
#     extrapolate: from feedforward to graph neural networks", ICLR 2021,
#     [arXiv:2009.11848](https://arxiv.org/abs/2009.11848).
