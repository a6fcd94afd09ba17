# %% [markdown]
# # 11 · Reading digits
#
# *Can the parts built so far read handwriting, and how would we know?*
#
# After this chapter you can train a network that reads 99 of 100
# handwritten digits, find out what it still gets wrong, and say how good
# it is in a sentence that nobody has to take on trust.

# %% tags=["recipe"]
import itertools
import json
from pathlib import Path

import numpy as np
from joblib import Parallel, delayed

from nn.activations import ReLU, Sigmoid, Tanh, softmax
from nn.data import add_noise
from nn.digits import mnist
from nn.distortions import distort, shift
from nn.dropout import Dropout
from nn.evaluation import accuracy
from nn.initializers import glorot_uniform, he_normal, lecun_normal
from nn.layers import Dense, Sequential
from nn.losses import (
    binary_cross_entropy,
    one_hot,
    softmax_cross_entropy,
)
from nn.models import summary
from nn.normalization import BatchNorm
from nn.optimizers import SGD, AdamW
from nn.schedules import one_cycle
from nn.training import fit
from weave import DATA, GREEN, INK, PINK, VALUE
from weave import figure, show, subplots, table

# %% [markdown]
# (`weave` draws the figures of this book, and `joblib` lets two networks
# learn at a time.)
#
# ## Seventy thousand digits
#
# Clerks of the United States Census Bureau and high-school students wrote
# them on forms; LeCun, Cortes and Burges scaled each to fit 20 by 20
# pixels and set its centre of mass in the middle of 28 by 28.[^lecun]
# The collection is called MNIST.

# %% tags=["recipe"]
(x, y), sealed = mnist()

# %%
print(x.shape, x.dtype, x.min(), x.max(), y[:8])

# %% tags=["hide"]


def tile(pictures, columns, gap=2):
    """Put rows of 784 numbers side by side in one picture."""
    rows = -(-len(pictures) // columns)
    step = 28 + gap
    whole = np.full((rows * step - gap, columns * step - gap), np.nan)
    for i, picture in enumerate(pictures):
        r, c = i // columns * step, i % columns * step
        whole[r : r + 28, c : c + 28] = picture.reshape(28, 28)
    return whole


def show_tile(ax, pictures, columns, gap=2, **options):
    options = {"cmap": "amount", "vmin": 0, "vmax": 1} | options
    ax.imshow(tile(pictures, columns, gap), **options)
    ax.axis("off")


examples = np.concatenate(
    [np.flatnonzero(y == digit)[:14] for digit in range(10)]
)
assert x.shape[1] == 28 * 28
fig, ax = subplots(figsize=(5.4, 3.9))
show_tile(ax, x[examples], 14)
figure(
    fig,
    "digits",
    alt="Ten rows of fourteen handwritten digits, one row for each digit "
    "from 0 to 9. Slant, thickness and shape differ from one to the next; "
    "some sevens are crossed, some fours open, some ones lean far over.",
    caption="The first fourteen of each digit, as they come.",
)

# %% [markdown]
# Each picture of [](#fig-digits) is a row of {{ x.shape[1] }} numbers, from 0
# (paper) to 1 (ink). That a pixel has neighbours is something the network is
# never told.
#
# The data come as four files, and a result is worth no more than its
# data. So the loader knows the files by their content: the SHA-256 of
# each, a checksum that nobody knows how to forge, stands in the source,
# and what has another sum [is not used](#/received == digest), wherever it
# comes from.

# %%
show("digits:")
show("digits:mnist")
show("digits:_load")
show("digits:_verify")
show("digits:_unpacked")

# %% [markdown]
# Whoever has not got the files needs a download, and downloads fail in
# many ways: a server refuses, stalls, lies or stops half-way. Each mirror
# is [tried in turn](#/for mirror in mirrors),
# [within bounds](#/time.monotonic() > end) of size and time. Unpacking
# ([31 means gzip](#/decompressobj)) was bounded too, for a small file can
# unpack to a huge one. What came is put in place in one move, with
# `written_whole` of [chapter 7](training.py#into-a-file), so that a broken
# file is never found later.

# %%
show("digits:_download")
show("digits:_fetch")
show("digits:_keep")

# %% [markdown]
# The files are in the IDX format, made for this collection: two zero
# bytes, the type of number (8, a byte), the number of dimensions, each
# dimension in four bytes, and then the numbers.
# [Dividing by a `float32`](#/np.float32(255)) keeps `float32`; dividing by
# 255.0 would too, but only since NumPy 2.

# %%
show("digits:_read_idx")

# %% [markdown]
# Other collections have taken over the format, and with it the loader. In
# Fashion-MNIST, meant to be harder, the ten classes are clothes.[^xiao]
# The pictures are as large and as many, so each network of this chapter
# can be tried on them by changing one name. This page did not try: its
# build has no Fashion-MNIST. The files are checked as they are published,
# packed.

# %%
show("digits:fashion_mnist")

# %% [markdown]
# ## Three sets, and an envelope
#
# [Chapter 7](training.py#the-test-set-once) cut its data in three and let
# coin tossers show why: choosing is learning too. So do we. The network
# learns from the first 50,000 pictures of the training set. The other
# 10,000, the validation set, judge every choice we make: sizes, rates,
# epochs, when to stop tuning. The 10,000 of the test set answer one
# question, once, when nothing is left to choose. Until then they stay in
# an envelope. It has a seal:

# %% tags=["recipe"]
learning = x[:50_000], y[:50_000]
validation = x[50_000:], y[50_000:]


def open_envelope():
    """The test set. A second call fails: `sealed` is gone."""
    global sealed
    test, sealed = sealed, None
    if test is None:
        raise RuntimeError("the test set has been read already")
    return test


# %% [markdown]
# The settings of this chapter were found before this page was built, by
# trying, and by validation accuracy alone.
#
# ## Three networks from tutorials
#
# Many people meet these digits in a tutorial. Here are the networks of
# three, with their own settings, on our layers.
#
# The first has 128 sigmoids, then ten more, one for each digit, trained
# by gradient descent on all pictures at once: learning rate 0.1, a
# thousand epochs. It does not say how many pictures that is; we take the
# first 1,000, with which a thousand passes take seconds. Its cross-entropy
# sums over the ten outputs where ours takes the mean, so its rate of 0.1
# is our 1.[^half] It
# also proposes to add noisy copies of the pictures.
#
# [^half]: Its formula is half a cross-entropy, and its steps follow the whole
#     one, which we use: [chapter 4](losses.py#half-a-cross-entropy).

# %%
def sigmoid_network(noise):
    rng = np.random.default_rng(2)
    inputs, targets = x[:1_000], one_hot(y[:1_000], 10)
    if noise:
        copies = add_noise(inputs, noise, rng=rng)
        inputs = np.vstack([inputs, copies])
        targets = np.vstack([targets, targets])
    model = Sequential(
        Dense(lecun_normal(784, 128, rng=rng)), Sigmoid(),
        Dense(lecun_normal(128, 10, rng=rng)),  # sigmoid: in the loss
    )  # fmt: skip
    history = fit(
        model, binary_cross_entropy, SGD(model.params, lr=1.0),
        (inputs, targets), epochs=1000, batch_size=len(inputs),
        progress=False,
    )  # fmt: skip
    return model, history


# %% [markdown]
# The second has two hidden layers of 32, tanh, and learns in batches of
# 64 at a rate of $0.05$ for 40 epochs. The third has ReLUs, 128 and 64 of
# them, batches of 128, the same rate, 50 epochs.


# %%
def small_network(sizes, bend, initialize, batch_size, epochs, data):
    rng = np.random.default_rng(3)
    layers = []
    for d_in, d_out in itertools.pairwise(sizes):
        layers += [Dense(initialize(d_in, d_out, rng=rng)), bend()]
    model = Sequential(*layers[:-1])  # the last layer is not bent
    history = fit(
        model, softmax_cross_entropy, SGD(model.params, lr=0.05), data,
        epochs=epochs, batch_size=batch_size, rng=rng,
        validation=validation, metric=accuracy, progress=False,
    )  # fmt: skip
    return model, history


tanh = [784, 32, 32, 10], Tanh, glorot_uniform, 64, 40
relu = [784, 128, 64, 10], ReLU, he_normal, 128, 50

# Two networks learn at a time, each in a process of its own.
in_parallel = Parallel(n_jobs=2, max_nbytes=None)
noisy_run, relu_run, tanh_run, sigmoid_run = in_parallel([
    delayed(sigmoid_network)(0.1),
    delayed(small_network)(*relu, learning),
    delayed(small_network)(*tanh, learning),
    delayed(sigmoid_network)(0.0),
])
noisy_model, _ = noisy_run
relu_model, relu_history = relu_run
tanh_model, tanh_history = tanh_run
sigmoid_model, sigmoid_history = sigmoid_run

# %% tags=["hide"]
seen = accuracy(relu_model.forward(learning[0]), learning[1])
unseen = relu_history.accuracy[-1]
least = relu_history.best + 1

fig, axes = subplots(1, 3, figsize=(7.2, 2.6), sharey=True)
for ax, name, history in [
    (axes[0], "sigmoid, all at once", sigmoid_history),
    (axes[1], "tanh, batches of 64", tanh_history),
    (axes[2], "ReLU, batches of 128", relu_history),
]:
    epochs = np.arange(1, len(history.train_loss) + 1)
    thin = slice(None, None, max(1, len(epochs) // 100))
    ax.semilogy(epochs[thin], history.train_loss[thin], color=DATA)
    ax.semilogy(epochs, history.validation_loss, color=VALUE, ls="--")
    ax.set(xlabel="epoch", title=name)
axes[0].set_ylabel("loss")
axes[1].annotate("learning", (40, tanh_history.train_loss[-1]), (22, 0.012))
axes[1].annotate("validation", (20, 0.2), (14, 0.3), color=VALUE)
figure(
    fig,
    "tutorials",
    wide=True,
    alt="Loss against epochs on a logarithmic scale, three panels. For the "
    "sigmoid network a single grey line sinks slowly over a thousand "
    "epochs. For tanh and ReLU the grey learning loss keeps falling, for "
    "ReLU to about a hundredth, while the dashed blue validation loss "
    "stays where it was after ten or twenty epochs.",
    caption="Loss on the pictures learned from (grey) and on the "
    "validation set (dashed blue), for the networks of three tutorials. "
    "Of the first one every tenth epoch is drawn, and its loss is another "
    "one than that of the other two.",
)

# %% [markdown]
# The last panel of [](#fig-tutorials) is the failure that this chapter is
# about. On the pictures it has learned from, the ReLU network is right in
# {{ 100 * seen:.2f }} % of all cases. Hardly anything is left to learn
# there, and nothing is wrong with the optimizer. On the validation set it
# is right in
# {{ 100 * unseen:.2f }} %, and its loss there was least after epoch
# {{ least }}. What it has gone on to learn is of no use to anybody: it
# [overfits](training.py#learning-by-heart).

# %% tags=["check"]
assert seen > 0.998 and unseen < 0.983 and least < 45

# %% [markdown]
# What this network lacks is not size, as [](#fig-growth) will show. It has
# been shown too little.
#
# ## First cure: do not rely on anyone
#
# One way to keep a network from learning by heart is to disturb it while
# it learns. *Dropout* silences numbers at random, anew for each example,
# so that no neuron can count on another being there. What is left is
# [divided](#/1 / (1 - self.rate)) by the share that stays, so that on
# average every number is what it was. On the way back
# [the same factors](#dropout:Dropout/scale = kept) multiply the gradients.
# When this helps, and how much, is the business of [chapter
# 13](generalization.py).

# %%
show("dropout:")
show("dropout:Dropout")

# %% [markdown]
# *Batch normalization* disturbs too, if less: it gives every neuron mean 0
# and variance 1 over the batch, so that what one picture becomes depends
# a little on which others came along. A learned scale and shift follow,
# `gamma` and `beta`. In use a picture may come alone; then
# [running means](#/mean, variance = self.running_mean), kept from the
# batches, stand in for theirs. Above all it lets the rate be larger. Its
# way back is the one formula in this chapter that is used before it is
# derived: the batch's mean and variance depend on every example, so each
# $dx$ does too. The tests of `nn` put it through [chapter
# 8](gradients.py#the-check-of-nn)'s check;
# [](deep.py#eq-batch-norm-gradient) is the formula, derived in chapter 12,
# which also measures what it does for the rate.

# %%
show("normalization:")
show("normalization:BatchNorm")

# %% [markdown]
# The network gets larger at the same time, 784-1024-512-10, for dropout
# costs it a fifth of the pixels and half of its neurons at every step.
# AdamW and a one-cycle schedule, both of [chapter 6](optimizers.py), get
# it there in few epochs: the rate rises for three tenths of the way, then
# falls to almost nothing.

# %% tags=["recipe"]
def network(sizes, rates, rng):
    layers = []
    for rate, (d_in, d_out) in zip(
        rates, itertools.pairwise(sizes), strict=True
    ):
        layers += [Dropout(rate, rng=rng)] if rate else []
        layers += [Dense(he_normal(d_in, d_out, rng=rng))]
        layers += [BatchNorm(d_out), ReLU()]
    return Sequential(*layers[:-2])  # the last layer is Dense


def train(seed, data, sizes, rates, epochs, transform=None, **more):
    rng = np.random.default_rng(seed)
    model = network(sizes, rates, rng)
    steps = epochs * -(-len(data[0]) // 256)  # batches, rounded up
    history = fit(
        model, softmax_cross_entropy,
        AdamW(model.params, weight_decay=0.1), data,
        epochs=epochs, batch_size=256, rng=rng,
        schedule=one_cycle(5e-3, steps),
        transform=transform and (lambda x: transform(x, rng=rng)),
        progress=False, **more,
    )  # fmt: skip
    return model, history


RECIPES = {
    "plain": {
        "sizes": [784, 1024, 512, 10], "rates": (0.2, 0.5, 0.5),
        "epochs": 20,
    },
}  # fmt: skip

# %% [markdown]
# ## Second cure: show it more
#
# A two that is moved by two pixels is still a two. To us.

# %%
show("distortions:")
show("distortions:_pictures")
show("distortions:shift")

# %%
for right in range(5):
    moved = shift(validation[0], down=0, right=right)
    print(right, accuracy(relu_model.forward(moved), validation[1]))

# %% tags=["hide"]
moved = shift(validation[0], down=0, right=2)
two_off = accuracy(relu_model.forward(moved), validation[1])
assert two_off < 0.9

# %% [markdown]
# Two pixels to the right, and the network that was right in
# {{ 100 * unseen:.1f }} % of all cases is right in {{ 100 * two_off:.1f }} %.
# It has no idea of a picture: to it pixel 300 and pixel 301 are as
# unrelated as any other two. What we know of pictures can be put into the
# network; then it is a convolutional one, of which this book has none. Or
# it can be put into the data: show every digit moved, turned, stretched
# and bent, a little differently each time. The labels stay true, and the
# network never sees the same picture twice. Simard, Steinkraus and Platt
# showed in 2003 how far this goes.[^simard]
#
# To distort a picture, ask for each pixel of the new one which place of
# the old one it shows. Let $r$ and $c$ be the pixel's row and column,
# counted from the middle of the picture (all letters:
# [notation](notation.md)). The places form a plane that $A$ turns,
# stretches and shears and $b$ shifts, plus a smooth random field that
# bends it:
#
# $$
# \label{distortion: where a pixel of a distorted digit comes from}
# \text{place}(r, c) =
# \underset{(2,)}{(r, c)}\ \underset{(2, 2)}{A} + \underset{(2,)}{b} +
# \text{bumps}(r, c)
# $$

# %%
show("distortions:distort")

# %% [markdown]
# All of this is a weighted sum of fixed fields. The row of the place is
# some amount of $r$, some of $c$, a constant, and some of each of 36
# bumps; so is its column. For a batch of 256 pictures that is
# [one product](#/weights.transpose) of (2, 256, 39) with (39, 784), and
# nothing is left to loop over. The bumps are [scaled](#/bump /= ) so that
# random heights of size 1 add up to a field of size 1, everywhere.

# %%
show("distortions:KNOTS")
show("distortions:_fields")

# %% [markdown]
# A place seldom hits a pixel. Its colour is mixed from the four around
# it: first [down the left side](#/colour += rows), then
# [down the right](#/right += rows), then [across](#/colour += cols). At row
# `3.25`, below a pixel $a$ of row 3 and above its neighbour $b$, that is
# $a + 0.25\,(b - a)$.

# %%
show("distortions:_bilinear")

# %% tags=["hide"]
from nn.distortions import _bilinear, _fields

# Bilinear mixing, written out for one place.
rng = np.random.default_rng(0)
picture = rng.random((1, 28, 28))
places = np.full((2, 1, 784), -9.25), np.full((2, 1, 784), 4.75)
mixed = _bilinear(picture, places[0][0].copy(), places[1][0].copy())
p = picture[0, 4:6, 18:20]  # around row 13.5 - 9.25, column 13.5 + 4.75
by_hand = np.array([0.75, 0.25]) @ p @ np.array([0.75, 0.25])
assert np.allclose(mixed, by_hand)
assert np.allclose((_fields(28)[3:] ** 2).sum(axis=0), 1)

chosen = [np.flatnonzero(y == digit)[3] for digit in (2, 4, 5, 7, 8)]
versions = []
for i in chosen:
    twelve = np.repeat(x[i : i + 1], 12, axis=0)
    twelve[1:] = distort(twelve[1:], rng=rng)
    versions.append(twelve)
fig, ax = subplots(figsize=(5.4, 2.5))
show_tile(ax, np.concatenate(versions), 12)
figure(
    fig,
    "distorted",
    alt="Five rows of twelve digits. The first of each row is a digit of "
    "the training set, the other eleven are the same digit shifted, "
    "tilted, stretched and bent a little. All are easy to read.",
    caption="On the left a two, a four, a five, a seven and an eight as "
    "they are; then each in eleven distorted versions.",
)

# %% [markdown]
# How much may one distort? Less than would make a person hesitate, and below
# that the validation set decides. It preferred the sizes of
# [](#fig-distorted), now the defaults of `distort`, to larger ones.


# %% tags=["recipe"]
RECIPES["distorted"] = {
    "sizes": [784, 512, 256, 10], "rates": (0, 0, 0),
    "epochs": 26, "transform": distort,
}  # fmt: skip

# %%
SEEDS = 2  # one more trains two networks more

ours = in_parallel(
    delayed(train)(
        seed, learning, **RECIPES[recipe], metric=accuracy,
        validation=None if seed else validation,  # it takes time
    )
    for recipe in ("distorted", "plain")
    for seed in range(SEEDS)
)  # fmt: skip
distorted, distorted_histories = zip(*ours[:SEEDS])
plain, plain_histories = zip(*ours[SEEDS:])
print(summary(plain[0]))

# %% tags=["hide"]
fig, ax = subplots(figsize=(5.4, 3.2))
for name, history, place, color, style in [
    ("tutorial's ReLU network", relu_history, (18, 3.3), INK, ":"),
    ("dropout", plain_histories[0], (20.4, 1.42), GREEN, "--"),
    ("distortions", distorted_histories[0], (15, 0.8), VALUE, "-"),
]:
    wrong = 100 - 100 * np.array(history.accuracy[:30])
    ax.semilogy(range(1, len(wrong) + 1), wrong, style, color=color)
    ax.text(*place, name, color=color, va="center")
ax.set(xlabel="epoch", ylabel="misread, validation (%)", xlim=(0, 31),
       yticks=[0.5, 1, 2, 4], yticklabels=["0.5", "1", "2", "4"],
       ylim=(0.5, 8))
ax.minorticks_off()
figure(
    fig,
    "curves",
    alt="Share of the validation set that is misread, on a logarithmic "
    "axis, against epochs. The dotted line of the tutorial's network "
    "soon levels off, the highest of the three. The dashed line with "
    "dropout ends after 20 epochs well under it. The solid blue line with "
    "distortions falls on for 26 epochs and ends lowest.",
    caption="Validation errors while learning, first seeds: with dropout "
    "(dashed green), with distortions (blue), and for comparison the "
    "tutorial's ReLU network (dotted), its first 30 epochs.",
)


def percent(values):
    if len(values) == 1:
        return f"{100 * values[0]:.2f} %"
    spread = np.std(values, ddof=1)
    return f"{100 * np.mean(values):.2f} ± {100 * spread:.2f} %"


# %%
def right(models, data):
    """The accuracy of each model on (x, y)."""
    return np.array([
        accuracy(model.forward(data[0]), data[1]) for model in models
    ])


plain_valid = right(plain, validation)
distorted_valid = right(distorted, validation)
print("dropout", plain_valid, "distortions", distorted_valid)

# %% tags=["check"]
distorted_seen = right(distorted, learning).mean()
gap = distorted_seen - distorted_valid.mean()
moved_too = accuracy(distorted[0].forward(moved), validation[1])
assert plain_valid.mean() > 0.984 and distorted_valid.mean() > 0.992
assert distorted_seen > 0.995 and gap < 0.01 < seen - unseen
assert moved_too > 0.97

# %% [markdown]
# Over {{ SEEDS }} seeds, {{ percent(plain_valid) }} of the validation set are
# read rightly with dropout, and {{ percent(distorted_valid) }} with
# distortions ([](#fig-curves)); what follows ± is always the standard
# deviation from seed to seed.[^share] The pictures they learned from,
# undistorted, the networks with distortions read rightly in
# {{ 100 * distorted_seen:.2f }} % of all cases: a gap of {{ 100 * gap:.1f }}
# points, where the tutorial's network had {{ 100 * (seen - unseen):.1f }}. Two
# pixels to the right cost little now: {{ 100 * moved_too:.1f }} %.
#
# ## More pictures, more neurons, more time
#
# What would ten times the pictures bring, or twice the neurons, or three
# times the patience? One hidden layer of ReLUs, neither dropout nor
# distortions, and only one thing changed at a time:
#
# [^share]: Batch normalization, AdamW and the schedule have their share.

# %%
def grow(seed, pictures=50_000, width=128, shown=250_000):
    rng = np.random.default_rng(seed)
    data = learning[0][:pictures], learning[1][:pictures]
    model = Sequential(
        Dense(he_normal(784, width, rng=rng)), ReLU(),
        Dense(he_normal(width, 10, rng=rng)),
    )  # fmt: skip
    epochs = round(shown / pictures)
    steps = epochs * -(-pictures // 250)
    fit(
        model, softmax_cross_entropy, AdamW(model.params), data,
        epochs=epochs, batch_size=250, rng=rng, progress=False,
        schedule=one_cycle(5e-3, steps),
    )  # fmt: skip
    return 1 - accuracy(model.forward(validation[0]), validation[1])


change = {
    "pictures": [500, 2_000, 5_000, 20_000, 50_000],
    "width": [4, 16, 64, 128, 256],
    "shown": [50_000, 100_000, 250_000, 750_000],
}
trials = [
    (name, value, seed)
    for name, values in change.items()
    for value in values
    for seed in range(2)
]
misread = in_parallel(
    delayed(grow)(seed, **{name: value}) for name, value, seed in trials
)

# %% tags=["hide"]
fig, axes = subplots(1, 3, figsize=(7.2, 2.7), sharey=True)
mean = {}
for ax, (name, values), label in zip(
    axes, change.items(), ["pictures", "neurons", "pictures shown"]
):
    points = np.array([
        [m for m, t in zip(misread, trials) if t[:2] == (name, value)]
        for value in values
    ])
    mean[name] = dict(zip(values, points.mean(axis=1)))
    ax.loglog(values, 100 * points.mean(axis=1), color=VALUE)
    ax.loglog(values, 100 * points, "o", color=VALUE, ms=3)
    ax.set(xlabel=label, ylim=(1, 30), yticks=[1, 2, 5, 10, 20],
           yticklabels=["1", "2", "5", "10", "20"])
    ax.minorticks_off()
axes[0].set(ylabel="misread, validation (%)", xticks=[500, 5_000, 50_000],
            xticklabels=["500", "5,000", "50,000"])
axes[1].set(xticks=[4, 32, 256], xticklabels=["4", "32", "256"])
axes[2].set(xticks=[5e4, 5e5], xticklabels=["50,000", "500,000"])
figure(
    fig,
    "growth",
    wide=True,
    alt="Three panels on logarithmic axes, the share misread against one "
    "quantity. Against the number of pictures it falls along an almost "
    f"straight line, from {100 * mean['pictures'][500]:.0f} to "
    f"{100 * mean['pictures'][50_000]:.0f} %. Against the number of neurons "
    "it falls steeply at first and flattens after a hundred. Against the "
    "number of pictures shown it falls from "
    f"{100 * mean['shown'][50_000]:.0f} to "
    f"{100 * mean['shown'][250_000]:.0f} %, then flattens.",
    caption="784-128-10 that is shown 250,000 pictures, two seeds, with "
    "one quantity changed: how many different pictures there are, how many "
    "hidden neurons, how many pictures are shown in all.",
)
assert mean["pictures"][500] > 4 * mean["pictures"][50_000]
assert mean["width"][4] > 4 * mean["width"][128]
assert mean["shown"][50_000] > 1.8 * mean["shown"][250_000]
late = mean["shown"][250_000] - mean["shown"][750_000]
assert mean["pictures"][5_000] - mean["pictures"][50_000] > 3 * abs(late)
per_ten = (mean["pictures"][500] / mean["pictures"][50_000]) ** 0.5
assert 2 < per_ten < 3

# %% [markdown]
# With ten times the pictures {{ per_ten:.1f }} mistakes become one, almost
# straight on two logarithmic axes ([](#fig-growth)): in this range a power
# law, in which mistakes go with the number of pictures to the power
# −{{ np.log10(per_ten):.1f }}. The first hundred neurons help much, the next
# hundred little. To show the same pictures five times and not once helps as
# well, from {{ 100 * mean["shown"][50_000]:.1f }} to
# {{ 100 * mean["shown"][250_000]:.1f }} % misread; fifteen times leave
# {{ 100 * mean["shown"][750_000]:.1f }}. What is short is data, and to distort
# them makes more.
#
# ## The envelope
#
# Nothing is left to choose. Here the envelope is opened.

# %%
x_test, y_test = open_envelope()


plain_test = right(plain, (x_test, y_test))
distorted_test = right(distorted, (x_test, y_test))
print("dropout", plain_test, "distortions", distorted_test)
assert plain_test.mean() >= 0.984
assert distorted_test.mean() >= 0.992

# %% [markdown]
# Over {{ SEEDS }} seeds, {{ percent(plain_test) }} for the larger network with
# dropout (the code calls it `plain`, for its pictures are left as they are)
# and {{ percent(distorted_test) }} for the one with distortions. With 10,000
# pictures, chance alone moves the accuracy of one network by
# {{ 100 * np.sqrt(0.99 * 0.01 / 10_000):.1f }} points, one standard
# deviation, when 99 in 100 are right; so one run says little about the
# second decimal. The spread over seeds does not cover the choice of test
# pictures, which all of them share.
#
# These are few seeds. Some of the published networks that ours will
# stand beside have learned from all 60,000 pictures, validation set
# included, and now that nothing is left to choose, so may ours. And one
# recipe, found like the others by validation, is too long for this page:
# distorted pictures never run out, so let the larger network have 120
# epochs of them.

# %% tags=["recipe"]
RECIPES["long"] = {
    "sizes": [784, 1024, 512, 10], "rates": (0, 0.2, 0.2),
    "epochs": 120, "transform": distort,
}  # fmt: skip

# %% [markdown]
# So it is done apart, by a command of this book's repository, `make record`
# ([how this book is built](weaving.py)). It runs the very cells above, lets
# each recipe learn from all 60,000 with more than one seed, opens its envelope
# once, at the end, and writes down what it saw.

# %% tags=["hide"]
record = json.loads(Path("docs/assets/record.json").read_text("utf-8"))
recorded = {
    name: [run for run in record["runs"] if run["recipe"] == name]
    for name in RECIPES
}
tested = {
    name: np.array([run["test"] for run in runs])
    for name, runs in recorded.items()
}
rows = []
for name, runs in recorded.items():
    sizes = "-".join(map(str, RECIPES[name]["sizes"]))
    minutes = np.mean([run["seconds"] for run in runs]) / 60
    rows.append([f"{name}, {sizes}", RECIPES[name]["epochs"], len(runs),
                 percent(tested[name]), minutes])
table(
    rows,
    header=["recipe", "epochs", "seeds", "test", "minutes"],
    formats=["", "", "", "", ".0f"],
    align="lrrrr",
    name="record",
    caption="`plain` is the recipe with dropout. "
    f"What `make record` found on {record['date']} "
    f"({record['processor']}, {record['cores']} cores, NumPy "
    f"{record['numpy']}). Minutes are of one core, for one network.",
)
assert tested["plain"].mean() >= 0.986
assert tested["distorted"].mean() >= 0.993
assert tested["long"].mean() >= 0.9945

# %% [markdown]
# The longest recipe reads {{ percent(tested["long"]) }} of the test set
# rightly ([](#tab-record)). But its {{ len(tested["long"]) }} runs, with
# {{ " and ".join(str(round(10_000 * share)) for share in tested["long"]) }}
# pictures, are too few for their ± to mean much. [The
# log](assets/record.json) has each run, and the build of this book fails
# if the recipes on this page are no longer those that were recorded.
#
# Now that the seal is broken, two more networks may learn, while we look
# at mistakes. Two of the tutorials mix all 70,000 digits, learn from four
# fifths of them and test on the rest.

# %%
mixed = np.random.default_rng(4).permutation(70_000)
x_mixed = np.vstack([x, x_test])[mixed]
y_mixed = np.concatenate([y, y_test])[mixed]
own_learning = x_mixed[:56_000], y_mixed[:56_000]
own_runs = Parallel(n_jobs=2, max_nbytes=None, return_as="generator")(
    delayed(small_network)(*settings, own_learning)
    for settings in (tanh, relu)
)

# %% [markdown]
# ## What it still gets wrong
#
# A number says how often a network is wrong; the pictures say why. First
# the distortion networks together: what was read as what?

# %% tags=["hide"]
logits = [model.forward(x_test) for model in distorted]
confusion = np.zeros((10, 10), int)
for z in logits:
    np.add.at(confusion, (y_test, z.argmax(axis=1)), 1)
assert confusion.sum() == SEEDS * 10_000
off = confusion.copy()
np.fill_diagonal(off, 0)
pair = np.unravel_index(off.argmax(), off.shape)
assert 2 < off[pair] < 40

fig, ax = subplots(figsize=(4.2, 3.9))
ax.imshow(off, cmap="amount")
for true, said in np.argwhere(off):
    count = off[true, said]
    ax.text(said, true, count, ha="center", va="center", fontsize=8,
            color="#fffffe" if count > 0.35 * off.max() else "#000001")
ax.set(xticks=range(10), yticks=range(10), xlabel="read as",
       ylabel="written")
ax.tick_params(length=0)
ax.spines[:].set_visible(False)
figure(
    fig,
    "confusion",
    alt="A table of ten by ten: rows are the digits that were written, "
    "columns what was read. The diagonal is left empty. The largest count "
    f"is {off.max()}, {pair[0]} read as {pair[1]}.",
    caption=f"Misread test digits, {SEEDS} networks with distortions added "
    "up; the rightly read ones of the diagonal are left out.",
)

# %% [markdown]
# The most frequent mistake in [](#fig-confusion) is a {{ pair[0] }} read as a
# {{ pair[1] }}: {{ off.max() }} times among the
# {{ SEEDS * int((y_test == pair[0]).sum()):, }} readings of that digit. Now
# the first network alone, and its most confident mistakes. A softmax turns its
# ten outputs into shares; the largest is its confidence.

# %% tags=["hide"]
p = softmax(logits[0])
said = p.argmax(axis=1)
wrong = np.flatnonzero(said != y_test)
wrong = wrong[np.argsort(-p[wrong, said[wrong]])]
top = wrong[:40]
sure = p.max(axis=1) > 0.99
sure_right = np.mean(said[sure] == y_test[sure])

fig, ax = subplots(figsize=(7.2, 5.6))
show_tile(ax, x_test[top], 8, gap=16)
for i, k in enumerate(top):
    ax.text(i % 8 * 44 + 14, i // 8 * 44 + 35,
            f"{y_test[k]} as {said[k]}, {100 * p[k, said[k]]:.0f} %",
            ha="center", va="center", fontsize=8)
ax.set_ylim(5 * 44 - 2, -2)
figure(
    fig,
    "misread",
    wide=True,
    alt="Forty misread test digits, each with what was written, what was "
    "read, and the confidence. Many are broken, crossed out or so drawn "
    "that a person would hesitate; a few are plain to a person.",
    caption=f"The {len(top)} most confident of the {len(wrong)} mistakes "
    "of the first network: what was written, what it read, and how sure "
    "it was.",
)

# %% [markdown]
# Some digits of [](#fig-misread) nobody can read; of some one would like to
# ask the writer; a few are plain.
#
# Can the confidence be believed? If it can, then of the answers given with
# a confidence of 0.8 four in five are right. Sort the answers by their
# confidence, and count.

# %% tags=["hide"]
edges = np.array([0, 0.6, 0.8, 0.9, 0.97, 0.99, 1])


def reliability(models):
    """Mean confidence, share right and count of each bin of answers."""
    z = np.concatenate([model.forward(x_test) for model in models])
    p = softmax(z)
    sure = p.max(axis=1)
    hit = p.argmax(axis=1) == np.tile(y_test, len(models))
    bins = np.digitize(sure, edges[1:-1])
    count = np.bincount(bins, minlength=len(edges) - 1)
    mean = np.bincount(bins, sure, len(count)) / count
    return mean, np.bincount(bins, hit, len(count)) / count, count, sure


fig, ax = subplots(figsize=(4.6, 3.6))
ax.plot([0.4, 1], [0.4, 1], color=DATA, lw=1)
ax.text(0.62, 0.645, "as sure as right", color=DATA, ha="right")
claims = {}
for name, models, color, mark in [
    ("tutorial's ReLU network", [relu_model], PINK, "s:"),
    ("dropout", plain, GREEN, "^--"),
    ("distortions", distorted, VALUE, "o-"),
]:
    mean, share, count, sure = reliability(models)
    hits = right(models, (x_test, y_test)).mean()
    assert np.isclose(hits, share @ count / count.sum())
    claims[name] = sure.mean(), hits, share[2]
    ax.plot(mean, share, mark, color=color, label=name)
ax.set(xlabel="mean confidence", ylabel="share right", xlim=(0.4, 1.02),
       ylim=(0.3, 1.02))
ax.legend(loc="lower right")
figure(
    fig,
    "calibration",
    alt="Share of right answers against mean confidence, for six bins of "
    "answers and three recipes. A grey diagonal marks confidence that can "
    "be believed. The squares of the tutorial's network lie below it, far "
    "below in the middle, the triangles of dropout less far. The circles "
    "of distortions begin a little below it, then lie above it or on it.",
    caption="Test answers in bins of confidence. Below the grey line a "
    "network is surer than it is right, above it less sure.",
)
boast, modest = (
    claims[name][0] - claims[name][1]
    for name in ("tutorial's ReLU network", "distortions")
)
assert boast > 0.005 and modest < 0.003

# %% [markdown]
# The tutorial's network, which knows its own pictures by heart, has learned
# from them that it is never wrong. Its mean confidence is
# {{ 100 * claims["tutorial's ReLU network"][0]:.2f }} %, of its answers
# {{ 100 * claims["tutorial's ReLU network"][1]:.2f }} % are right, and
# [](#fig-calibration) shows where the difference lies. The networks with
# dropout lie below the line too, if less far:
# {{ 100 * claims["dropout"][0]:.2f }} % sure,
# {{ 100 * claims["dropout"][1]:.2f }} % right. Those with distortions have
# never seen a picture twice; to the end they made mistakes while learning,
# and paid for being too sure: {{ 100 * claims["distortions"][0]:.2f }} % sure,
# {{ 100 * claims["distortions"][1]:.2f }} % right. (Their circle between
# 0.6 and 0.8 stands for only {{ count[1] }} answers; chance moves it by
# {{ 100 * np.sqrt(share[1] * (1 - share[1]) / count[1]):.0f }} points.)
# That large networks are often surer than they are right is well
# known.[^guo]
#
# ## What it looks at
#
# Each neuron of the first layer has 784 weights, one for each pixel, so
# they make a picture.

# %% tags=["hide"]


def unit_pictures(model, count=32):
    """The weights of the neurons that weigh most, each scaled to 1."""
    W = next(p.value for p in model.params)
    most = np.argsort(-np.linalg.norm(W, axis=0))[:count]
    return (W[:, most] / np.abs(W[:, most]).max(axis=0)).T


fig, axes = subplots(1, 2, figsize=(7.2, 3.7))
for ax, model, title in [
    (axes[0], relu_model, "tutorial's ReLU network"),
    (axes[1], distorted[0], "with distortions"),
]:
    show_tile(ax, unit_pictures(model, 36), 6, cmap="surface", vmin=-1)
    ax.set_title(title)
figure(
    fig,
    "weights",
    wide=True,
    alt="Two tiles of 36 small pictures of weights. In the tutorial's "
    "network they look like noise with faint blobs, speckled to the "
    "borders. In the network with distortions there are smooth strokes "
    "and arcs: an orange line with blue beside it, over a few pixels.",
    caption="First-layer weights, the 36 neurons with the largest. Ink on "
    "blue pixels drives a neuron up, ink on orange pixels down.",
)

# %% [markdown]
# The tutorial's network has faint blobs under speckle ([](#fig-weights),
# left); many weights still are what they were drawn as, for where there
# never is ink there is no gradient. With distortions there has been ink
# nearly everywhere, a single pixel says little, weight decay shrinks what
# is of no use, and strokes are what remains.
#
# ## What it makes of the pictures
#
# The last layer turns each picture into ten numbers. t-SNE, here that of
# scikit-learn, draws points of many dimensions in two, such that near
# neighbours stay near; distances between far groups mean nothing.[^tsne] It
# sees no labels.

# %%
from sklearn.manifold import TSNE


def flat(model):
    outputs = model.forward(x_test[:1_000])
    return TSNE(random_state=0).fit_transform(outputs)


maps = [flat(tanh_model), flat(distorted[0])]

# %% tags=["hide"]
fig, axes = subplots(1, 2, figsize=(7.2, 3.7))
strays = []
for ax, model, points, title in [
    (axes[0], tanh_model, maps[0], "784-32-32-10, tanh"),
    (axes[1], distorted[0], maps[1], "784-512-256-10, distortions"),
]:
    true = y_test[: len(points)]
    bad = model.forward(x_test[: len(points)]).argmax(axis=1) != true
    strays.append(int(bad.sum()))
    ax.scatter(*points[~bad].T, s=2, color=DATA, rasterized=True)
    ax.scatter(*points[bad].T, s=16, marker="x", color=PINK, lw=1)
    for digit in range(10):
        place = np.median(points[true == digit], axis=0)
        ax.text(*place, digit, ha="center", va="center", weight="bold",
                fontsize=13, color=INK)
    ax.set_title(title)
    ax.axis("off")
figure(
    fig,
    "tsne",
    wide=True,
    alt="Two clouds of grey points, each in ten groups with the digit "
    "written on it. On the left some groups nearly touch, and pink crosses "
    "lie between them and at their rims. On the right the ten groups are "
    "apart, with few crosses.",
    caption="The outputs for the first 1,000 test digits, drawn by t-SNE. "
    "Crosses are misread. Axes have no meaning.",
)

# %% [markdown]
# The tanh network misreads {{ strays[0] }} of the digits in [](#fig-tsne),
# many at the rim of a group. The other misreads {{ strays[1] }}.
#
# ## Beside the others
#
# How good is that? First the two networks with their own split, then all.

# %%
own_models = [model for model, _ in own_runs]
own_seen = right(own_models, own_learning)
own = right(own_models, (x_mixed[56_000:], y_mixed[56_000:]))

# %% tags=["hide"]
relu_test, tanh_test, sigmoid_test, noisy_test = right(
    [relu_model, tanh_model, sigmoid_model, noisy_model], (x_test, y_test)
)

# One standard deviation of a difference of two shares, by chance alone
by_chance = np.sqrt(own * (1 - own) * (1 / 10_000 + 1 / 14_000))
assert np.all(abs(own - [tanh_test, relu_test]) < 3 * by_chance)
assert noisy_test < sigmoid_test + 0.01
assert 0.98 < own_seen[0] < own_seen[1]


def once(value):
    return f"{100 * value:.2f} %"


table(
    [
        ["*Tutorials, one run each, here*", ""],
        ["784-128-10, sigmoid, 1,000 pictures", once(sigmoid_test)],
        ["the same, and noisy copies", once(noisy_test)],
        ["784-32-32-10, tanh", once(tanh_test)],
        ["the same, its own split of 70,000 (the tutorial says 96.66 %)",
         once(own[0])],
        ["784-128-64-10, ReLU", once(relu_test)],
        ["the same, its own split of 70,000 (the tutorial says about 97 %)",
         once(own[1])],
        ["*Ours, from the record*", ""],
        ["**784-1024-512-10, dropout**", f"**{percent(tested['plain'])}**"],
        ["**784-512-256-10, distortions**",
         f"**{percent(tested['distorted'])}**"],
        ["**784-1024-512-10, distortions, 120 epochs**",
         f"**{percent(tested['long'])}**"],
        ["*As published, not run here*", ""],
        ["784-30-10, sigmoid[^nielsen]", "95.42 %"],
        ["784-512-10, ReLU[^chollet]", "97.77 %"],
        ["784-100-10, weight decay[^nielsen]", "98.04 %"],
        ["784-800-10[^simard]", "98.4 %"],
        ["784-500-300-10, weight decay[^hinton]", "98.47 %"],
        ["784-800-10, affine distortions[^simard]", "98.9 %"],
        ["784-800-10, elastic distortions[^simard]", "99.3 %"],
        ["784-2500-2000-1500-1000-500-10, distortions[^ciresan]",
         "99.65 %"],
    ],
    header=["network", "test accuracy"],
    name="results",
    align="lr",
    caption="Networks without convolution on the test set. The two own "
    "splits have test sets of their own.",
)

# %% [markdown]
# The networks with distortions stand where Simard and his colleagues
# stood with 800 units in one layer ([](#tab-results)), the longest run a
# little above. Cireşan and his colleagues went on along the same road,
# with distortions, nine times the weights of our largest network and a
# graphics card.
#
# Two of the tutorials give a number, and their networks do about what they
# say. They are not the very same: losses, gradients and initial weights
# are those of this book, and but for the split of all 70,000 they learn
# from {{ len(learning[0]):, }} pictures, because validation needs the rest.
# A split of all 70,000 gives a number that can be compared with no
# other. The writers of the standard test set wrote nothing of the training
# set;[^lecun] in a mixture, most writers are on both sides ([chapter
# 8](gradients.py#honest-measurement) has the mistake in its gallery). Here
# the difference, {{ 100 * (own[0] - tanh_test):+.2f }} points for tanh and
# {{ 100 * (own[1] - relu_test):+.2f }} for ReLU, proves nothing: its
# standard deviation by chance alone is {{ 100 * by_chance[0]:.2f }} and
# {{ 100 * by_chance[1]:.2f }}, and there are 6,000 pictures more to learn
# from. Of their own pictures the two read {{ 100 * own_seen[0]:.1f }} and
# {{ 100 * own_seen[1]:.1f }} %. Noisy copies take the sigmoid network, whose
# first answers are in [](#fig-guesses), from {{ 100 * sigmoid_test:.1f }} to
# {{ 100 * noisy_test:.1f }} %: no gain.

# %% tags=["hide"]
guess = sigmoid_model.forward(x_test[:20]).argmax(axis=1)
fig, ax = subplots(figsize=(5.4, 1.5))
show_tile(ax, x_test[:20], 10, gap=12)
for i, (said, true) in enumerate(zip(guess, y_test)):
    ax.text(
        i % 10 * 40 + 14, i // 10 * 40 + 33,
        f"{said}" if said == true else f"{said}, not {true}",
        ha="center", va="center", fontsize=8.5,
        color=INK if said == true else PINK,
        weight="normal" if said == true else "bold",
    )  # fmt: skip
ax.set_ylim(78, -2)
missed = int((guess != y_test[:20]).sum())
figure(
    fig,
    "guesses",
    alt="The first twenty test digits in two rows, with the answer of the "
    f"first tutorial's network under each. {missed} of the answers "
    "are wrong and say what the digit was.",
    caption="The first twenty test digits, and what the first tutorial's "
    "network reads. Wrong answers are bold and name the right one.",
)

# %% [markdown]
# ## What we have now
#
# - A network of plain layers that reads {{ percent(tested["distorted"]) }}
#   of digits that it has never seen, over {{ len(tested["distorted"]) }}
#   seeds, the test set kept until nothing was left to choose.
# - Two cures for learning by heart, and a picture of the illness.
# - A way to say how good a network is that leaves little room to fool
#   oneself.
#
# ## Exercises
#
# ### Exercise 11.1 · Two zero bytes
#
# This chapter read the IDX format. Write it: a function that makes the
# bytes of an array of bytes (`uint8`), of any number of dimensions.
#
# ??? tip "Hint"
#
#     Two zero bytes, the type 8, the number of dimensions; each dimension
#     in four bytes, the most significant first; then the numbers, row by
#     row. `int.to_bytes` and `ndarray.tobytes` are of use.

# %% tags=["starter"]
import numpy as np


def idx(array):
    """The bytes of an IDX file that holds this array of uint8."""
    raise NotImplementedError("your code")

# %% tags=["solution"]
# The most significant first is "big": 300 becomes 0, 0, 1, 44.
def idx(array):
    sizes = b"".join(size.to_bytes(4, "big") for size in array.shape)
    return bytes([0, 0, 8, array.ndim]) + sizes + array.tobytes()

# %% tags=["tests"]
table = np.arange(6, dtype=np.uint8).reshape(2, 3)
expected = bytes([0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 0, 1, 2, 3, 4, 5])
assert idx(table) == expected, idx(table)
assert idx(table.T)[-6:] == bytes([0, 3, 1, 4, 2, 5]), "row by row"
long = idx(np.full(300, 7, np.uint8))
assert long[:8] == bytes([0, 0, 8, 1, 0, 0, 1, 44]), "300 is 256 + 44"
assert len(long) == 8 + 300

# %% [markdown]
# ### Exercise 11.2 · How many pictures?
#
# A network reads 99 of 100 digits. Tested on 10,000 pictures its accuracy
# has a standard deviation of about a tenth of a percentage point, by
# chance alone. How many pictures does it take to halve that? And how many
# does it take to tell the network from one that reads 99.1 of 100, if the
# standard deviation shall be a quarter of the difference?
#
# ??? tip "Hint"
#
#     The standard deviation of a share $p$ of $N$ pictures is
#     $\sqrt{p\,(1 - p) / N}$. Solve for $N$; take $p$ as `0.99`.

# %% tags=["starter"]
halved = None  # a number of pictures
told_apart = None  # another

# %% tags=["solution"]
# N = p (1 - p) / deviation**2: half the deviation costs four times as
# many. A quarter of 0.1 points is 0.00025.
halved = 4 * 10_000
told_apart = 0.99 * 0.01 / 0.00025**2

# %% tags=["tests"]
assert halved is not None and told_apart is not None, "two numbers"
for answer, goal in ((halved, 0.000497), (told_apart, 0.00025)):
    deviation = (0.99 * 0.01 / answer) ** 0.5
    assert abs(deviation - goal) < 0.01 * goal, (
        f"{answer} pictures: {100 * deviation:.4f} points"
    )

# %% [markdown]
# ### Exercise 11.3 · Read as what?
#
# Write the table behind the chapter's picture of confusions: its entry
# `[j, k]` is how many of the pictures of digit $j$ were read as $k$.
# Someone proposes `table[y, said] += 1`. Try it first, and see what it
# counts.
#
# ??? tip "Hint"
#
#     NumPy collects what is to be written, and writes once to each place:
#     two equal pairs count as one. `np.add.at` adds as often as it is
#     told to. Or number the pairs from 0 to 99, and use `np.bincount`.

# %% tags=["starter"]
import numpy as np


def confusion(y, said, classes=10):
    """A table (classes, classes) of counts: written, read as."""
    raise NotImplementedError("your code")

# %% tags=["solution"]
# Pair (j, k) has the number 10 j + k; count the numbers, make a table.
def confusion(y, said, classes=10):
    counts = np.bincount(classes * y + said, minlength=classes**2)
    return counts.reshape(classes, classes)

# %% tags=["tests"]
rng = np.random.default_rng(0)
y, said = rng.integers(0, 10, (2, 5000))
table = confusion(y, said)
assert table.shape == (10, 10)
assert table.sum() == 5000, f"{table.sum()} counted, not 5000"
assert np.array_equal(table.sum(axis=1), np.bincount(y)), "rows: written"
assert table[3, 8] == np.sum((y == 3) & (said == 8)), "[written, read]"
assert confusion(np.array([1, 1]), np.array([0, 0]), 3)[1, 0] == 2

# %% [markdown]
# ### Exercise 11.4 · Between the pixels
#
# Write the mixing of colours for a single place: `colour(picture, r, c)`
# at row `r` and column `c`, which need not be whole, counted from the
# upper left pixel. The place lies inside the picture.
#
# ??? tip "Hint"
#
#     Go down the left side, then down the right side, then across. At a
#     quarter of the way from $a$ to $b$ the colour is
#     $a + \tfrac14 (b - a)$. On the last row there is no pixel below; but
#     then nothing of it is needed.

# %% tags=["starter"]
import numpy as np


def colour(picture, r, c):
    """The colour between the four pixels around (r, c)."""
    raise NotImplementedError("your code")

# %% tags=["solution"]
# min keeps the corner one pixel away from the last row and column; there
# the share of the way is then a full 1.
def colour(picture, r, c):
    top = min(int(r), len(picture) - 2)
    left = min(int(c), picture.shape[1] - 2)
    (a, b), (below_a, below_b) = picture[top : top + 2, left : left + 2]
    first = a + (r - top) * (below_a - a)
    second = b + (r - top) * (below_b - b)
    return first + (c - left) * (second - first)

# %% tags=["tests"]
small = np.array([[0.0, 1.0, 0.0], [0.0, 1.0, 0.0], [2.0, 3.0, 2.0]])
assert colour(small, 1, 1) == 1.0, "on a pixel: its own colour"
assert colour(small, 0, 0.25) == 0.25, "a quarter of the way across"
assert colour(small, 1.5, 0) == 1.0, "half of the way down"
assert colour(small, 2, 2) == 2.0, "the last pixel of all"
r, c = np.mgrid[:5, :7]
plane = 3.0 * r - 2.0 * c + 1  # mixing four points of a plane is exact
rng = np.random.default_rng(0)
for r, c in rng.uniform(0, 1, (50, 2)) * (4, 6):
    assert np.isclose(colour(plane, r, c), 3 * r - 2 * c + 1), (r, c)

# %% [markdown]
# ### Exercise 11.5 · As sure as it is right?
#
# If a network is right in 9 of 10 cases in which it is sure by `90 %`, its
# confidence can be believed. Sort the answers into ten bins by their
# confidence, from 0 to 0.1, from 0.1 to 0.2 and so on. In each bin compare
# the mean confidence with the share that is right, and return the mean of
# the differences (without sign), each weighted by how many answers its bin
# has.
#
# ??? tip "Hint"
#
#     `np.minimum(10 * confidence, 9).astype(int)` numbers the bins. Skip
#     those that are empty. Weight times difference of means is a difference
#     of sums, divided by the number of all.

# %% tags=["starter"]
import numpy as np


def miscalibration(confidence, right):
    """0 if confidence (n,) can be believed; right (n,) is 1 or 0."""
    raise NotImplementedError("your code")

# %% tags=["solution"]
# In a bin, (count / n) |mean confidence - mean right| is the size of the
# sum of all differences in it, divided by n. Empty bins add 0.
def miscalibration(confidence, right):
    bins = np.minimum(10 * confidence, 9).astype(int)
    difference = np.bincount(bins, weights=confidence - right)
    return np.sum(abs(difference)) / len(confidence)

# %% tags=["tests"]
sure, right = np.array([0.95, 0.95, 0.65, 1.0]), np.array([1, 0, 1, 1])
by_hand = 3 / 4 * abs(2.9 / 3 - 2 / 3) + 1 / 4 * abs(0.65 - 1)
assert np.isclose(miscalibration(sure, right), by_hand), f"{by_hand:.4f}"

rng = np.random.default_rng(0)
p = rng.uniform(0.1, 1, 100_000)
honest = rng.random(p.size) < p
assert miscalibration(p, honest) < 0.01, "honest: nearly 0"
boastful = rng.random(p.size) < p - 0.1
assert abs(miscalibration(p, boastful) - 0.1) < 0.01, "0.1 too sure"

# %% [markdown]
# ### Exercise 11.6 · A small project: more out of two hundred
#
# The second cure does not need a network. The plainest reader of all
# learns nothing: it gives a picture the label of the *nearest* picture
# that it has. Write it, and write `shifted`, which makes nine of each
# picture, moved by one pixel or none, up or down, left or right. Then see
# how much of 300 others two hundred digits can read, without their shifts
# and with them, and how much if the 300 are moved by two pixels.
#
# ??? tip "Hint"
#
#     The squared distance of a picture $u$ and a candidate $v$ is
#     $u \cdot u - 2\,u \cdot v + v \cdot v$. So one matrix product gives
#     all distances; and $u \cdot u$ may be left out, for it is the same for
#     all candidates.

# %% tags=["starter"]
import numpy as np

from nn.digits import mnist
from nn.distortions import shift

(x, y), _ = mnist()
pictures, truth = x[50_000:50_300], y[50_000:50_300]
moved = shift(pictures, down=0, right=2)


def nearest(x, y, pictures):
    """For each of the pictures (m, 784) the label of its nearest x."""
    raise NotImplementedError("your code")


def shifted(x, y):
    """Nine times as many pictures, and their labels."""
    raise NotImplementedError("your code")

# %% tags=["solution"]
# The labels stay true, in the same order: np.tile, not np.repeat.
def nearest(x, y, pictures):
    far = np.sum(x**2, axis=1) - 2 * pictures @ x.T  # (m, n)
    return y[far.argmin(axis=1)]


def shifted(x, y):
    nine = [shift(x, down, right)
            for down in (-1, 0, 1) for right in (-1, 0, 1)]
    return np.vstack(nine), np.tile(y, 9)


for data in ((x[:200], y[:200]), shifted(x[:200], y[:200])):
    print(len(data[0]), np.mean(nearest(*data, pictures) == truth),
          np.mean(nearest(*data, moved) == truth))

# %% tags=["tests"]
corners = np.array([[0.0, 0.0], [3.0, 0.0], [0.0, 3.0]])
labels = np.array([5, 6, 7])
found = nearest(corners, labels, np.array([[2.0, 0.5], [0.1, 2.0]]))
assert found.tolist() == [6, 7], found

few, more = (x[:200], y[:200]), shifted(x[:200], y[:200])
assert more[0].shape == (1800, 784) and more[1].shape == (1800,)
dots = np.zeros((2, 9))
dots[:, 4] = 1, 2  # two pictures of one pixel, as bright as its label
many, their = shifted(dots, np.array([1, 2]))
assert np.array_equal(many.sum(axis=1), their), "labels have moved"
assert len(np.unique(many, axis=0)) == 18, "nine different shifts each"

share = [np.mean(nearest(*data, test) == truth)
         for data in (few, more) for test in (pictures, moved)]
assert share[0] > 0.7 and share[2] > share[0], share
assert share[3] > share[1] + 0.2, share

# %% [markdown]
# ## Notes
#
# **Data.** The two parts of MNIST come from different writers; those of
# the training set wrote nothing of the test set.[^lecun] Its test set has
# been read by so many for so long that whole families of methods may be
# fitted to it. Our envelope keeps us honest, not the field.
#
# **Distortions.** LeCun and others trained with affine distortions
# in 1998;[^lenet] Simard, Steinkraus and Platt added the elastic
# ones.[^simard] Theirs are random fields smoothed with a Gaussian. Ours
# stand on a coarse grid of bumps, which comes to much the same and is one
# matrix product.
#
# **Dropout** is due to Srivastava and others,[^dropout] batch
# normalization to Ioffe and Szegedy,[^batch] the one-cycle schedule to
# Smith and Topin.[^cycle]
#
# [^lecun]: [LeCun, Cortes and Burges
#     1998](bibliography.md#lecun-1998-mnist). Their table of results is the
#     source of error rates given there.
# [^xiao]: [Xiao, Rasul and Vollgraf 2017](bibliography.md#xiao-2017).
# [^simard]: [Simard, Steinkraus and Platt
#     2003](bibliography.md#simard-2003).
# [^guo]: [Guo, Pleiss, Sun and Weinberger
#     2017](bibliography.md#guo-2017).
# [^tsne]: [Van der Maaten and Hinton 2008](bibliography.md#maaten-2008).
# [^nielsen]: [Nielsen 2015](bibliography.md#nielsen-2015), chapters 1 and 3.
# [^chollet]: [Chollet 2017](bibliography.md#chollet-2017), notebook 2.1.
# [^hinton]: G. E. Hinton, unpublished, 2005; in the table of [LeCun, Cortes
#     and Burges 1998](bibliography.md#lecun-1998-mnist).
# [^ciresan]: [Cireşan, Meier, Gambardella and Schmidhuber
#     2010](bibliography.md#ciresan-2010).
# [^lenet]: [LeCun, Bottou, Bengio and Haffner
#     1998](bibliography.md#lecun-1998-gradient).
# [^dropout]: [Srivastava and others
#     2014](bibliography.md#srivastava-2014).
# [^batch]: [Ioffe and Szegedy 2015](bibliography.md#ioffe-2015).
# [^cycle]: [Smith and Topin 2018](bibliography.md#smith-2018).
