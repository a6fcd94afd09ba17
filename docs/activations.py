# %% [markdown]
# # 3 · Activations
#
# *Why bend the line?*
#
# After this chapter you can say what a network without a bend can never
# do, take a gradient through any of five bends and through softmax, and
# name the price of each: which one overflows, which one stops learning
# far out, which one dies. And you will have read every line of
# `nn/activations.py`.

# %%
import math
import warnings

import numpy as np

from nn.activations import GELU, LeakyReLU, ReLU, Sigmoid, Softmax, Tanh
from nn.activations import sigmoid, softmax
from nn.layers import Dense, Sequential

# %% tags=["hide"]
from weave import DATA, GRADIENT, INK, PAPER, VALUE
from weave import figure, show, subplots, table

# %% [markdown]
# ## Two layers that are one
#
# XOR once more: two switches, and a lamp that is on if exactly one of
# them is. This time we set the weights by hand. Two neurons look at the
# switches, and a third one looks at the two:

# %%
x = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]])  # the switches
t = np.array([[0.0], [1], [1], [0]])              # the lamp

W1, b1 = np.array([[1.0, 1], [1, 1]]), np.array([0.0, -1])
W2, b2 = np.array([[1.0], [-2]]), np.array([0.0])

a = x @ W1 + b1          # (4, 2)
two = a @ W2 + b2        # (4, 1)
print(np.hstack([a, two, t]))

# %% [markdown]
# A row is a case: the numbers of the first two neurons, the answer, and
# what it should have been. Three cases are right. For two switches off
# the network says {{ two[0, 0]:.0f }} instead of 0. Can better weights
# mend that? No weights can. Chapter 2 ended with the reason,
# [](layers.py#eq-two-layers):
# two layers in a row are one, with the weights $W_1 W_2$ and the bias
# $b_1 W_2 + b_2$ (all letters: [notation](notation.md)).

# %%
W, b = W1 @ W2, b1 @ W2 + b2
one = x @ W + b
print(W.ravel(), b)
print(two.ravel(), one.ravel())

# %% tags=["check"]
assert np.array_equal(two, one)

# %% [markdown]
# The same answers to the last digit, from three numbers instead of nine: two
# weights $w_0$, $w_1$ and a bias $b$. They have a law to obey. The answers
# for both switches off and for both on add up to $b + (w_0 + w_1 + b)$, the
# other two to $(w_1 + b) + (w_0 + b)$, which is the same. The right answers
# add up to 0 for the first pair and to 2 for the second. So the first pair
# says $w_0 + w_1 + 2b$ too much, the second $2 - (w_0 + w_1 + 2b)$ too
# little. Count a miss $u$ as positive if it is too much where the lamp is
# off, or too little where it is on: the four add up to 2. For each,
# $(u - \tfrac{1}{2})^2 \ge 0$, so $u^2 \ge u - \tfrac{1}{4}$. The four
# squares add up to at least $2 - 1 = 1$, so their mean is at least
# $\tfrac{1}{4}$. It is just that if each miss is a half, as with weights of 0
# and a bias of one half.
#
# So we know the best that training can do. Eight neurons in the first
# layer, the mean of the squared misses as the loss, ten random
# beginnings; `rate`, the *learning rate*, is how far a step goes, chapter
# 0's `lr`:

# %%
def train_linear(seed, rate=0.05, steps=1000):
    rng = np.random.default_rng(seed)
    model = Sequential(Dense(rng.normal(size=(2, 8))),
                       Dense(rng.normal(size=(8, 1))))
    for step in range(steps):
        y = model.forward(x, train=True)
        model.backward(2 * (y - t) / 4)     # dL/dy of the mean square
        for parameter in model.params:
            parameter.value -= rate * parameter.grad
    return model.forward(x)


ends = np.array([train_linear(seed) for seed in range(10)])
print(ends[0].ravel())

# %% tags=["check"]
from_half = abs(ends - 0.5).max()
assert from_half < 1e-9

# %% [markdown]
# One half, four times, in all {{ len(ends) }} runs, to within
# {{ from_half:.0e }}. Training found the best answer there is, and it
# does not look at the switches.
#
# ## The bend
#
# Now put one thing between the two layers. Of the first layer's numbers
# keep those above zero, and make 0 of all others. The weights stay.

# %%
bent = np.maximum(a, 0)
y = bent @ W2 + b2
print(np.hstack([bent, y, t]))

# %% tags=["check"]
assert np.array_equal(y, t)

# %% [markdown]
# XOR, exactly. A function that is put on every number between two layers
# is called an *activation function*, and this one, $\max(x, 0)$, the
# *rectified linear unit*, ReLU. Of the eight numbers one was below zero,
# the −1 of the first case. The third neuron weighs it with −2, and that
# is where the wrong 2 came from.
#
# [](#fig-fold) shows the same as a picture. Both neurons look only at how
# many switches are on, so the cases lie on one straight line: off, on,
# off. No cut parts the middle from both ends. The bend folds the line,
# and then one cut does.

# %% tags=["hide"]
fig, axes = subplots(1, 2, figsize=(5.6, 2.7), sharex=True, sharey=True)
line = np.linspace(-0.35, 2.35, 200)
for ax, f, title in zip(axes, (lambda v: v, lambda v: np.maximum(v, 0)),
                        ("before the bend", "after it")):
    ax.plot(f(line), f(line - 1), color=VALUE, zorder=1)
    for (first, second), (lamp,) in zip(f(a), t):
        ax.plot(first, second, "o", color=INK, markersize=8,
                markerfacecolor=INK if lamp else PAPER, zorder=3)
    ax.set(title=title, xlabel="first neuron", xticks=[0, 1, 2],
           yticks=[-1, 0, 1], aspect="equal", ylim=(-1.4, 1.5))
cut = np.array([-0.35, 2.35])
axes[1].plot(cut, (cut - 0.5) / 2, "--", color=INK, linewidth=1)
axes[1].text(1.35, 0.14, "the cut", ha="left", va="top")
axes[0].set(ylabel="second neuron")
figure(
    fig,
    "fold",
    alt="Two plots of the second neuron's number against the first's. "
    "Left, a straight rising line with a hollow point, a filled one and "
    "again a hollow one on it. Right, the line runs level up to the "
    "filled point and rises only after it. A dashed straight line now has "
    "the filled point on its lower side and both hollow points on its "
    "upper side.",
    caption="The cases as the first layer sees them. Filled is lamp on; "
    "the filled point stands for two cases. Dashed, the third neuron's "
    "cut, where its answer is one half.",
)

# %% [markdown]
# These weights were set by hand. To *learn* them we must go back through
# the bend.
#
# ## The slope of a bend
#
# An activation takes each number by itself. Seen as a layer, its input is
# called $x$; in the network above that is $a$. The output $y_{ij}$ depends on
# $x_{ij}$ alone, so there is one path, and the chain rule has one factor, the
# slope of $f$ at that place:
#
# $$
# \val{y_{ij}} = f(\val{x_{ij}})
# $$
#
# $$
# \label{one-activation: the gradient through one activation}
# \grad{dx_{ij}} = \frac{\partial \val{y_{ij}}}{\partial \val{x_{ij}}}\,
# \grad{dy_{ij}} = f'(\val{x_{ij}})\, \grad{dy_{ij}}
# $$
#
# [](#eq-one-activation) holds at every place of the table:
#
# $$
# \label{activation-gradient: the gradient through an activation}
# \underset{(n,\ d)}{\grad{dx}} =
# \underset{(n,\ d)}{\grad{dy}} \odot
# \underset{(n,\ d)}{f'(\val{x})}
# $$
#
# The dot in a circle of [](#eq-activation-gradient) multiplies entry by entry,
# like `*` in NumPy. All
# that an activation needs to be a layer is $f$ and $f'$.
# `nn/activations.py` opens with what it borrows from chapter 2, and says
# this once for all of them:

# %%
show("activations:")
show("activations:Elementwise")

# %% [markdown]
# There is nothing to learn in it, so
# [`params`](#activations:Elementwise/params) is empty. `forward`
# [keeps the pair](#/self._xy = x, y) of input and output if it is told to;
# `kept` and `gradient_for` are the guards of chapter 2. A particular
# activation fills in `f` and `slope`. The slope may look at $x$ or at $y$,
# whichever is cheaper.
#
# ReLU's slope is 1 above zero, since there $y = x$, and 0 below, where
# nothing moves. That is the [array of answers](#/return x > 0) to “is $x$
# above 0?”:

# %%
show("activations:ReLU")

# %% [markdown]
# ## Exactly on the edge
#
# We compare with nudging. Take half the sum of the squared answers as
# $L$, so that $dy = y$, and ask for the gradient of the two biases in the
# first layer.

# %%
def half_square(b1):
    """L of the network with this first bias."""
    return 0.5 * np.sum((np.maximum(x @ W1 + b1, 0) @ W2 + b2) ** 2)


def bias_gradients(b1, h=1e-6):
    """The gradient by the rule, and by nudging each bias."""
    relu = ReLU()
    bent = relu.forward(x @ W1 + b1, train=True)
    da = relu.backward((bent @ W2 + b2) @ W2.T)
    nudged = [(half_square(b1 + move) - half_square(b1 - move))
              / (2 * h) for move in h * np.eye(2)]  # one bias each
    return da.sum(axis=0), np.array(nudged)


on_edge, on_edge_nudged = bias_gradients(b1)
print(on_edge, on_edge_nudged.round(6))

# %% tags=["check"]
assert np.allclose(on_edge, [2, 0])
assert np.allclose(on_edge_nudged, [2, -2])

# %% [markdown]
# The first bias agrees. The second does not: {{ on_edge[1]:.0f }} by the
# rule, {{ on_edge_nudged[1]:.0f }} by nudging. The rule is not wrong, and
# neither is the nudge. In the two cases with one switch on, the second
# neuron's number is exactly 0, and there ReLU has a *kink*. To the left
# its slope is 0, to the right it is 1, and at the kink itself there is no
# slope. Seen from the left the gradient is 0; from the right, with
# $dy = 1$ in both cases and a weight of −2, it is −4. Nudging to both
# sides, the *central difference*, takes the middle. Move the bias away
# from the edge and both agree:

# %%
off_edge, off_edge_nudged = bias_gradients(b1 + 0.1)
print(off_edge, abs(off_edge - off_edge_nudged).max())

# %% tags=["check"]
off_error = abs(off_edge - off_edge_nudged).max()
assert off_error < 1e-8

# %% [markdown]
# At exactly 0 a program has to say *something*. `x > 0` says 0. Any
# number from 0 to 1 would do: numbers computed from real data almost
# never fall on the kink. Numbers placed by hand do, and so do rows of
# zeros: with both switches off and a bias of 0, a neuron's number is 0.
# Whoever checks gradients should keep away.
#
# ## Neurons that die
#
# Now let the network learn its weights. One run proves little, so here
# are fifty networks at once, each with eight neurons between the switches
# and the lamp. The axis in front counts the networks. `@` multiplies the
# last two, `swapaxes(1, 2)` transposes them, and `keepdims` leaves a sum
# its axis, so that it fits the biases. `last` may be one more layer
# behind the answers.

# %%
def train(bend, rate, bias=0.0, t=t, last=None, steps=1000):
    """50 networks on XOR: the answers, each neuron's highest a."""
    rng = np.random.default_rng(0)
    W1 = rng.normal(size=(50, 2, 8))
    b1 = np.full((50, 1, 8), bias)
    W2 = rng.normal(size=(50, 8, t.shape[1]))
    b2 = np.zeros((50, 1, t.shape[1]))
    highest = []
    for step in range(steps):
        a = x @ W1 + b1                             # (50, 4, 8)
        highest.append(a.max(axis=1))               # (50, 8)
        hidden = bend.forward(a, train=True)        # (50, 4, 8)
        y = hidden @ W2 + b2                        # (50, 4, 1)
        if last:
            y = last.forward(y, train=True)
        dy = 2 * (y - t) / t.size                   # mean of squares
        if last:
            dy = last.backward(dy)
        da = bend.backward(dy @ W2.swapaxes(1, 2))  # (50, 4, 8)
        W2 -= rate * hidden.swapaxes(1, 2) @ dy
        b2 -= rate * dy.sum(axis=1, keepdims=True)
        W1 -= rate * x.T @ da                       # x serves all 50
        b1 -= rate * da.sum(axis=1, keepdims=True)
    return y, np.array(highest)


def solved(y, t=t):
    """How many networks are right on all four cases, to within 0.1."""
    return int((abs(y - t).max(axis=(1, 2)) < 0.1).sum())


y, highest = train(ReLU(), rate=0.3)
shut = highest <= 0                                 # (1000, 50, 8)
print("shut at the start", shut[0].sum(), "of", shut[0].size)
print("shut at the end  ", shut[-1].sum(), "of", shut[-1].size)
silent = int(shut[-1].all(axis=1).sum())
print("networks with all neurons shut", silent, "of", len(y))
print("networks that solved XOR", solved(y), "of", len(y))

# %% tags=["check"]
assert (shut[1:] >= shut[:-1]).all()  # once shut, shut for ever
assert shut[-1].sum() > 2 * shut[0].sum()
assert solved(y) < 25
everybody = shut[0].size
assert silent >= 5

# %% [markdown]
# We call a neuron *shut* when its number is 0 or less in all four cases.
# Of the {{ everybody }} neurons {{ shut[0].sum() }} begin like this: both
# weights came out negative, and no switch can lift them. At the end
# {{ shut[-1].sum() }} are shut, and {{ silent }} of the {{ len(y) }}
# networks have no neuron left.

# %% tags=["hide"]
pick, window = 33, 31
y_some, some = train(ReLU(), rate=0.2)
gone = some[:, pick] <= 0
fig, ax = subplots(figsize=(5.4, 3.0))
for j in range(8):
    path = some[:window, pick, j]
    dead = np.flatnonzero(path <= 0)
    first = dead[0] if len(dead) else window - 1
    ax.plot(path[:first + 1], color=VALUE, linewidth=1.3)
    if len(dead):
        ax.plot(range(first, window), path[first:], ":", color=INK,
                linewidth=1.3)
    if len(dead) and first > 0:
        ax.plot(first, path[first], "x", color=INK, markersize=6)
ax.axhline(0, color=DATA, linewidth=0.7)
ax.set(xlabel="step", ylabel="highest of its four numbers")
born_off, alive = int(gone[0].sum()), int((~gone[-1]).sum())
died = int((gone[-1] & ~gone[0]).sum())
assert (born_off, died, alive) == (2, 5, 1)
assert gone[window - 1].sum() == gone[-1].sum()
figure(
    fig,
    "dying",
    alt="Eight lines over thirty steps. Two begin at zero and are "
    "level. Five jump up and down, fall below zero one after the other, "
    "are marked with a cross there, and go on as level dotted lines. One "
    "stays above.",
    caption="One network, learning rate $0.2$: for each of its eight "
    f"neurons the highest of its four numbers. At the start {born_off} "
    f"are shut, {died} die on the way (crosses), {alive} is left. Dotted "
    "lines are level.",
)

# %% [markdown]
# [](#fig-dying) shows one network, at a shorter step, chosen because much
# happens in it. Where a neuron is shut its line stays level.
# [](#eq-activation-gradient) says why: shut means $f'(a) = 0$ in every case,
# so $da = 0$
# in every row, so the gradients of this neuron's weights and of its bias
# are sums of zeros. No such step moves it again. Such a neuron is called
# *dead*. Long steps kill: one that overshoots pushes the weights and the
# bias far down. A bad beginning kills too.[^deeper]
#
# ## A leak, and a round corner
#
# The repair is a slope that is not 0. Maas, Hannun and Ng, who saw this
# danger, let a small share of a negative number through; that is
# *LeakyReLU*, [](#eq-leaky-relu).[^maas] A leak of 0 gives ReLU.
#
# $$
# \label{leaky-relu: LeakyReLU and its slope}
# f(x) = \max(x,\ \text{leak} \cdot x) \qquad
# f'(x) = \begin{cases} 1 & x > 0 \\ \text{leak} & x \le 0 \end{cases}
# $$
#
# [^deeper]: In a deeper network the layers before it might still lift it.
#     Here its inputs are the data.

# %%
show("activations:LeakyReLU")

# %% [markdown]
# [`np.where`](#/x.dtype.type(self.leak)) gets the two slopes in the dtype
# of $x$. From plain Python numbers it would make `float64`, and all
# gradients before this layer would follow.
#
# The kink is still there. The *Gaussian error linear unit*,
# GELU,[^hendrycks] takes the whole corner away. ReLU multiplies $x$ by 1
# or by 0, GELU by a number in between, the nearer to 1 the larger $x$ is:
# the area $P(x)$ under the bell-shaped curve $p$ to the left of $x$
# ([](#fig-bell)):
#
# $$
# \label{gelu: GELU}
# p(x) = \frac{1}{\sqrt{2\pi}}\, e^{-x^2/2} \qquad
# P(x) = \int_{-\infty}^{x} p(u)\, du \qquad
# f(x) = x\, P(x)
# $$
#
# The factor in front makes the whole area 1. So $P(x)$ is a probability:
# that a number drawn from the *standard normal distribution*, whose
# *density* is $p$, falls below $x$. Nothing is drawn when GELU runs; it
# multiplies by the probability itself.

# %% tags=["hide"]
points, edge = np.linspace(-3.5, 3.5, 281), 0.8
bell = np.exp(-points**2 / 2) / math.sqrt(2 * math.pi)
fig, axes = subplots(1, 2, figsize=(5.4, 1.8), sharey=True)
for ax, low, label in zip(axes, (-4, -edge), ("$P(x)$", "erf")):
    inside = (points >= low - 1e-9) & (points <= edge + 1e-9)
    ax.fill_between(points, bell, where=inside, color=DATA, alpha=0.35,
                    linewidth=0)
    ax.plot(points, bell, color=VALUE)
    ax.text(0, 0.13, label, ha="center")
    ax.set(ylim=(0, 0.5), yticks=[], xticks=[0, edge],
           xticklabels=["0", "$x$"])
axes[1].set(xticks=[-edge, 0, edge], xticklabels=["$-x$", "0", "$x$"])
axes[0].set(ylabel="$p$")
figure(
    fig,
    "bell",
    alt="The same bell twice, highest at 0. Left, everything under it up "
    "to a place x is shaded; right, the part from minus x to x.",
    caption="The bell, and two areas under it. The right one is "
    r"$\text{erf}(x / \sqrt 2)$, of which more below.",
)

# %% [markdown]
# The slope of $P$ is the height of the bell, $P' = p$: move the right
# edge of an area a little, and what you gain is a strip of that height.
# With the product rule, [](#eq-gelu) has the slope
#
# $$
# \label{gelu-slope: the slope of GELU}
# f'(x) = 1 \cdot P(x) + x \cdot P'(x) = P(x) + x\, p(x)
# $$

# %%
show("activations:GELU")

# %% tags=["check"]
fine = np.linspace(-5, 5, 10_001)
gelu = GELU()
lowest = fine[gelu.forward(fine, train=True).argmin()]
least = gelu.backward(np.ones_like(fine)).min()
assert lowest < 0 and -0.2 < least < 0

# %% [markdown]
# Left of {{ lowest:.2f }} the slope, [](#eq-gelu-slope), is a little
# negative, at worst {{ least:.2f }}: there GELU falls. (The `-0.` above is a negative number
# times 0.)
#
# NumPy has no $P$. Python's `math` has the *error function*, erf:
# $\text{erf}(x / \sqrt 2)$ is the area between $-x$ and $x$, and
# $\text{erf}(-z) = -\text{erf}(z)$. What that area leaves of 1 lies half on
# each side, so with $z = x / \sqrt 2$,
# $P(x) = \text{erf}(z) + (1 - \text{erf}(z))/2$. There is a trap in this.
# Python also has $\text{erfc}(z) = 1 - \text{erf}(z)$, computed without
# subtracting. That makes two formulas, equal on paper:
#
# $$
# \label{gelu-area: the area under the bell, by two functions}
# P(x) = \frac{1 + \text{erf}(x / \sqrt 2)}{2}
# = \frac{\text{erfc}(-x / \sqrt 2)}{2}
# $$

# %%
for number in (-1.0, -5.0, -10.0):
    z = number / math.sqrt(2)
    print(f"{number:5}", (1 + math.erf(z)) / 2, math.erfc(-z) / 2)

# %% tags=["check"]
assert (1 + math.erf(-10 / math.sqrt(2))) / 2 == 0
assert math.erfc(10 / math.sqrt(2)) / 2 > 0

# %% [markdown]
# In the left *tail*, far from the middle, erf is −1 and a tiny rest.
# Adding 1 leaves the rest with the few digits that had room behind the
# −1, in the end with none. So `nn` [takes erfc](#/math.erfc, otypes), the
# second form of [](#eq-gelu-area), number by number, since `math` knows no
# arrays.[^below]
#
# [^below]: `_normal_below` is $P$. In `slope`, the [`clip`](#/np.clip) is
#     there for $z^2$, which overflows where $z$ is very large.

# %%
show("activations:_normal_below")

# %% [markdown]
# Now the same fifty networks with each bend, the same random beginnings,
# the same steps:

# %%
BENDS = {"ReLU": ReLU(), "leak 0.01": LeakyReLU(),
         "leak 0.1": LeakyReLU(0.1), "GELU": GELU()}
SETTINGS = [(0.03, 0.0), (0.1, 0.0), (0.3, 0.0), (0.5, 0.0),
            (0.1, -1.0), (0.1, -2.0)]                # rate, first bias
counts = {}
with np.errstate(over="ignore", invalid="ignore"):  # too large
    for name, bend in BENDS.items():
        for rate, bias in SETTINGS:
            y, highest = train(bend, rate, bias)
            finite = np.isfinite(y).all(axis=(1, 2))
            shut = highest[:, finite] <= 0
            counts[name, rate, bias] = {
                "finite": finite,
                "at first": int(shut[0].sum()),
                "ever": int(shut.any(axis=0).sum()),
                "at the end": int(shut[-1].sum()),
                "all shut": (highest[-1] <= 0).all(axis=1),
                "solved": solved(y),
            }
for bias in (-1.0, -2.0):
    print(f"bias {bias}: shut at the start",
          counts["ReLU", 0.1, bias]["at first"])

# %% tags=["hide"]
def shut_cell(count):
    left = 8 * count["finite"].sum()
    whole = f" of\u00a0{left}" if left < everybody else ""
    return f"{count['at the end']}/{count['ever']}{whole}"


def solved_cell(count):
    diverged = (~count["finite"]).sum()
    return f"{count['solved']}" + f"\u00a0({diverged})" * bool(diverged)


for name, cell, caption in [
        ("shut", shut_cell, "Neurons: shut at the end / ever shut, of "
         f"{everybody}; by learning rate and first bias. Networks that "
         "diverged are left out; “of” says how many neurons the others "
         "have."),
        ("solved", solved_cell, "Networks that solved XOR, of 50. In "
         "brackets, those that diverged.")]:
    table(
        [[f"{rate:g}", f"{bias:g}".replace("-", "−")]
         + [cell(counts[bend, rate, bias]) for bend in BENDS]
         for rate, bias in SETTINGS],
        header=["rate", "bias", *BENDS],
        caption=caption,
        name=name,
        align="rrrrrr",
    )


def of(name, what):
    return [counts[name, *setting][what] for setting in SETTINGS]


relu_shut = of("ReLU", "at the end")
assert relu_shut[:4] == sorted(relu_shut[:4])
assert relu_shut[3] > 0.9 * everybody and relu_shut == of("ReLU", "ever")
buried = of("ReLU", "at first")[4:]
assert min(buried) > everybody / 2
ranks = [of(name, "solved") for name in BENDS]
for relu, usual, tenth, gelu_ in zip(*ranks):
    assert relu <= usual < tenth <= gelu_
assert all(map(int.__lt__, of("GELU", "at the end"), relu_shut))
gain = max(b - a for a, b in zip(*ranks[:2]))
assert gain <= 5
diverged = {name: [int((~finite).sum()) for finite in of(name, "finite")]
            for name in BENDS}
assert not any(diverged["ReLU"] + diverged["GELU"])
assert sum(diverged["leak 0.1"]) > 20
assert all(not (n[0] or n[1] or n[4] or n[5]) for n in diverged.values())
known = counts["leak 0.1", 0.1, 0.0], counts["GELU", 0.1, 0.0]
returned = [count["ever"] - count["at the end"] for count in known]
braked = sum(int((~finite & relu).sum())
             for name in ("leak 0.01", "leak 0.1")
             for finite, relu in zip(of(name, "finite"),
                                     of("ReLU", "all shut")))
lost = sum(map(sum, diverged.values()))
assert lost - 1 <= braked <= lost

# %% tags=["check"]
assert min(count["ever"] for count in known) > 100
shares = [back / count["ever"] for back, count in zip(returned, known)]
assert 0 < shares[0] < 0.4 < shares[1] < 1

# %% [markdown]
# In ReLU's column of [](#tab-shut) both numbers are the same in every row:
# none ever came back. With every longer step more are shut, from
# {{ relu_shut[0] }} to {{ relu_shut[3] }}, and a first bias of −1 or −2
# buries {{ buried[0] }} or {{ buried[1] }} before the first step. A leaky
# neuron that is shut still learns. At a rate of 0.1 from a bias of 0,
# {{ returned[0] }} of the {{ known[0]["ever"] }} with a leak of one
# tenth came back; of the {{ known[1]["ever"] }} GELUs,
# {{ returned[1] }}.
#
# [](#tab-solved) has a surprise. The usual leak of one hundredth saves at
# most {{ gain }} networks of 50 in any row. A slope of one hundredth
# makes a step of one hundredth, and a thousand such steps do not lead
# far. (Maas and others found little difference to ReLU as well.[^maas])
# Ten times the leak helps more, and GELU most: at a rate of 0.3 it lifts
# {{ counts["ReLU", 0.3, 0.0]["solved"] }} to
# {{ counts["GELU", 0.3, 0.0]["solved"] }}. A leak has a price. At the two
# longest steps {{ lost }} leaky networks *diverged*: they ended in
# numbers too large to write down. In {{ braked }} of these cases ReLU,
# from the same beginning, ended with all neurons shut: dead ones at least
# stop growing. And look down ReLU's column: a shorter step,
# [chapter 6](optimizers.py), and a better start,
# [chapter 5](initializers.py), mend most of it without another bend.
#
# ## The curve that overflows
#
# The lamp should be on or off, and a network is rarely sure. An answer
# between 0 and 1 can be read as a probability. The *sigmoid* squeezes
# any number in between:
#
# $$
# \label{sigmoid: the sigmoid}
# \sigma(x) = \frac{1}{1 + e^{-x}}
# $$
#
# Written as [](#eq-sigmoid) stands, it works until a large number comes along.
# We catch and print what NumPy complains about:

# %%
def naive(x):
    return 1 / (1 + np.exp(-x))


def mirrored(x):
    return np.exp(x) / (1 + np.exp(x))


def by_where(x):
    return np.where(x >= 0, naive(x), mirrored(x))


def listen(f, x):
    """f(x), and what NumPy complains about meanwhile."""
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        y = f(x)
    return y, [str(w.message) for w in heard]


extreme = np.array([-1000.0, 0.0, 1000.0])
for f in (naive, mirrored, by_where, sigmoid):
    y, heard = listen(f, extreme)
    print(f.__name__, y, *heard, sep="\n    ")

# %% tags=["check"]
assert listen(naive, extreme)[1] == ["overflow encountered in exp"]
assert np.isnan(listen(mirrored, extreme)[0][2])
assert len(listen(by_where, extreme)[1]) == 4
assert not listen(sigmoid, extreme)[1]
low = np.array([-90.0], "f4")
assert listen(naive, low)[0] == 0 < sigmoid(low)

# %% [markdown]
# The naive form computes $e^{1000}$, which no float can hold; it becomes
# infinite. 1 divided by it is 0, as it should be. `mirrored` divides
# infinity by infinity, which is not a number, `nan`. `by_where` takes each
# on its good side. All three numbers are right, and it complains *most*:
# both formulas are computed for every number, and `np.where` only chooses
# among results. Whoever gets used to such warnings misses the one that
# matters; in the tests of `nn` each is an error.
#
# On paper both formulas are right. Multiply numerator and denominator of
# [](#eq-sigmoid) by $e^{x}$, and you have the second:
#
# $$
# \sigma(x) = \frac{1}{1 + e^{-x}}
# = \frac{e^{x}}{e^{x} + 1}
# $$
#
# Use the first where $x \ge 0$ and the second where $x < 0$. Then the
# exponent is $-|x|$ on both sides, which is never positive. So one
# exponential, which lies between 0 and 1, serves both. The denominators
# agree too, and only the numerator has to be [chosen](#/x >= 0), 1 where
# $x \ge 0$:
#
# $$
# \label{sigmoid-stable: the sigmoid without overflow}
# \underset{(n,\ d)}{\val{y_{ij}}} = \begin{cases}
# \frac{1}{1 + \exp(-|\val{x_{ij}}|)}
# & \text{if } \val{x_{ij}} \ge 0 \\[1.5ex]
# \frac{\exp(-|\val{x_{ij}}|)}{1 + \exp(-|\val{x_{ij}}|)} & \text{if not}
# \end{cases}
# $$
#
# In the code, [`e`](#/cannot overflow) is the exponential of
# [](#eq-sigmoid-stable):

# %%
show("activations:sigmoid")

# %% [markdown]
# On the left nothing is lost until the floats end: in float32 σ(−90) is
# {{ sigmoid(low)[0]:.0e }}, where the naive form says 0.
#
# For the slope, write $\val{y} = (1 + e^{-x})^{-1}$ and go from the
# outside in:
#
# $$
# \label{sigmoid-slope: the slope of the sigmoid}
# f'(x) = -(1 + e^{-x})^{-2} \cdot (-e^{-x})
# = \frac{1}{1 + e^{-x}} \cdot \frac{e^{-x}}{1 + e^{-x}}
# = \val{y}\,(1 - \val{y})
# $$
#
# The last step is that the second fraction and the first add up to 1. The
# slope can be had from the *output* alone, without another exponential.
# The *hyperbolic tangent* is a sigmoid made symmetric, from −1 to 1:
#
# $$
# \tanh x = \frac{e^{x} - e^{-x}}{e^{x} + e^{-x}}
# = \frac{1 - e^{-2x}}{1 + e^{-2x}}
# = \frac{2 - (1 + e^{-2x})}{1 + e^{-2x}} = 2\, \sigma(2x) - 1
# $$
#
# (The first step multiplies numerator and denominator by $e^{-x}$.) Its slope,
# [$1 - y^2$](#/1 - y * y), is [](scalar.py#eq-tanh-slope).

# %%
show("activations:Sigmoid")
show("activations:Tanh")

# %% [markdown]
# ## A slope of what?
#
# This function is quickly written:

# %%
def sigmoid_slope(x):
    return x * (1 - x)

# %% [markdown]
# It calls its argument `x`, and it is right only if it is given $y$.
# Whoever believes the name gets the last column of [](#tab-which):

# %% tags=["hide"]
places, h = np.array([-2.0, 0.0, 0.5, 2.0, 4.0]), 1e-5
measured = (sigmoid(places + h) - sigmoid(places - h)) / (2 * h)
given_y, given_x = sigmoid_slope(sigmoid(places)), sigmoid_slope(places)
assert np.allclose(given_y, measured, atol=1e-9)
assert (given_x < 0).sum() == 3 and given_x[1] == 0
table(
    [list(row) for row in zip(places, measured, given_y, given_x)],
    header=["$x$", "nudged", "given $y$", "given $x$"],
    caption="The slope of the sigmoid: measured, and what the function "
    "above says if it is given the output or the input.",
    name="which",
    formats=["g", ".4f", ".4f", ".4f"],
)

# %% [markdown]
# The sigmoid rises everywhere, so its slope is never negative. The last
# column is negative at three places of five, and at 0, where the sigmoid
# is steepest, it says that nothing moves. In training it looks like this:

# %%
class Mistaken(Sigmoid):
    def slope(self, x, y):
        return sigmoid_slope(x)


mistaken = {}
with np.errstate(over="ignore", invalid="ignore"):
    for bend, rate, steps in [
            (Sigmoid(), 0.3, 1000), (Mistaken(), 0.3, 1000),
            (Mistaken(), 0.01, 1000), (Mistaken(), 0.001, 1000),
            (Mistaken(), 0.0001, 1000), (Mistaken(), 0.0001, 4000)]:
        y, _ = train(bend, rate, steps=steps)
        nans = int(np.isnan(y).any(axis=(1, 2)).sum())
        mistaken[type(bend).__name__, rate, steps] = solved(y), nans
        print(f"{type(bend).__name__:8} rate {rate:<6} steps {steps} "
              f"solved {solved(y):2}  not a number {nans:2}")

# %% tags=["check"]
right, *wrong = mistaken.values()
relu_solved = counts["ReLU", 0.3, 0.0]["solved"]
assert right[0] > 45 > relu_solved and right[1] == 0
assert not any(count for count, _ in wrong)
assert wrong[0][1] == wrong[1][1] == 50 > wrong[2][1] > wrong[3][1] > 0
assert wrong[4][1] > 2 * wrong[3][1]

# %% [markdown]
# (With the right slope the sigmoid solves {{ right[0] }}, at a rate where
# ReLU solved {{ relu_solved }}. Behind one layer its flat ends do little
# harm; [](#fig-vanish) stacks them.)
#
# A wrong sign in the slope turns downhill into uphill. The numbers grow,
# and the wrong slope grows with their square. A shorter step only puts
# off the end: at the shortest, four times the steps raise
# {{ wrong[3][1] }} explosions among 50 to {{ wrong[4][1] }}. That is the
# symptom to remember: if a shorter step only delays the explosion,
# suspect the gradient and not the step. `Elementwise` hands both $x$ and
# $y$ to `slope`, under these names, so that nobody has to guess.
#
# ## Far out
#
# Both curves flatten. How fast does the slope go?

# %% tags=["hide"]
far = np.array([0.0, 2.0, 5.0, 10.0, 20.0, 40.0])


def slopes_of(layer, x):
    layer.forward(x, train=True)
    return layer.backward(np.ones_like(x))


s8, t8 = slopes_of(Sigmoid(), far), slopes_of(Tanh(), far)
t4 = slopes_of(Tanh(), far.astype("f4"))
left = slopes_of(Sigmoid(), -far)
table(
    [[f"{v:g}", *(f"{s:.1e}" if s else "0" for s in row)]
     for v, *row in zip(far, s8, left, t8, t4)],
    header=["$x$", "σ′(x)", "σ′(−x)", "tanh′(x)", "tanh′(x), float32"],
    caption="Slopes far out, as `nn` computes them in float64 and, in "
    "the last column, in float32.",
    name="far",
    align="rrrrr",
)
assert s8[0] == 0.25 and t8[0] == 1
assert s8[-1] == 0 < left[-1] and t8[-2] == 0 and t4[3] == 0 < t8[3]

# %% [markdown]
# A neuron out there is *saturated*. It is not dead, but its gradient is
# multiplied by next to nothing. [](#tab-far) also shows a defect of ours.
# The sigmoid is symmetric, and the slopes at 40 and at −40 should be the
# same. They are not: at 40 the output rounds to exactly 1, and $1 - y$ is
# 0. For learning it makes no difference, a step of {{ left[-1]:.0e }}
# moves nothing; but zero is not the truth. And in float32, in which
# networks compute, tanh's slope is 0 at 10 already.
#
# One such factor may be bearable. A network multiplies them. Through $D$
# layers, each of them one neuron with a weight of 1, the slope of the
# whole is the product of $D$ slopes,
#
# $$
# \label{slope-product: a gradient through many layers}
# \grad{dx} = f'(\val{a_1}) \cdot f'(\val{a_2}) \cdots f'(\val{a_D})
# \cdot \grad{dy}
# $$
#
# where $a_\ell$ is what the activation of layer $\ell$ receives. For the
# sigmoid each factor of [](#eq-slope-product) is at most $1/4$: the
# largest value of $y(1 - y)$, [](#eq-sigmoid-slope),
# at $y = 1/2$. [](#fig-vanish) measures it with layers of `nn`, from
# $x = 1$ and $dy = 1$:

# %%
def arrives(bend, depth, weight=1.0):
    """dL/dx through `depth` layers of one neuron, if dL/dy is 1."""
    row = []
    for _ in range(depth):
        row += Dense(np.array([[weight]])), bend()
    model = Sequential(*row)
    model.forward(np.array([[1.0]]), train=True)
    return model.backward(np.array([[1.0]]), need_dx=True).item()


depths = range(1, 21)
passed = {bend.__name__: [arrives(bend, D) for D in depths]
          for bend in (ReLU, Tanh, Sigmoid)}

# %% tags=["hide"]
ten = {name: values[9] for name, values in passed.items()}
bound = [0.25**D for D in depths]
assert all(s <= q for s, q in zip(passed["Sigmoid"], bound))
assert ten["ReLU"] == 1 and ten["Tanh"] < 0.1
assert 55 < 1 / passed["Tanh"][-1] < 65
heavy = {w: arrives(Sigmoid, 10, weight=w) for w in (2.0, 4.0, 8.0)}
assert heavy[8.0] < heavy[4.0] < ten["Sigmoid"] < heavy[2.0] < 1e-5
fig, ax = subplots(figsize=(5.4, 2.8))
for (name, values), mark in zip(passed.items(), "os^"):
    ax.semilogy(depths, values, mark + "-", color=GRADIENT,
                markersize=3.5, linewidth=1.1)
    ax.annotate(name, (20, values[-1]), (6, 0), va="center",
                textcoords="offset points")
ax.semilogy(depths, bound, "--", color=DATA, linewidth=1.1)
ax.annotate("$(1/4)^D$", (20, bound[-1]), (6, 0), va="center",
            textcoords="offset points")
ax.set(xlabel="layers $D$", ylabel="gradient that arrives",
       xticks=[1, 5, 10, 15, 20], xlim=(0, 23.5))
figure(
    fig,
    "vanish",
    alt="The gradient on a logarithmic axis against 1 to 20 layers. For "
    "ReLU it is level at 1, for tanh it sinks slowly to about a sixtieth, "
    "for sigmoid it falls along a straight line by more than ten powers of "
    "ten, a little below a dashed line.",
    caption="What is left of a gradient of 1 after $D$ layers of one "
    "neuron with a weight of 1. Dashed, the most that a sigmoid can let "
    "through.",
)

# %% [markdown]
# After ten sigmoids a gradient of 1 is {{ ten["Sigmoid"]:.0e }}. After
# ten tanhs, whose slope at 0 is 1, it is {{ ten["Tanh"]:.2f }}. After ten
# ReLUs it is still {{ ten["ReLU"]:.0f }}, for a number above 0; for one
# below, it is 0. This, the *vanishing gradient*, is one reason why the
# sigmoid left the middle of networks.[^glorot] Larger weights, with
# biases of 0, help little and then harm. The ten layers leave
# {{ heavy[2.0]:.0e }} with weights of 2, {{ heavy[4.0]:.0e }} with 4 and
# {{ heavy[8.0]:.0e }} with 8: each layer multiplies by more, but the
# numbers move out to where the slope is small. Which weights do help is
# the question of chapter 5.
#
# ## Five bends side by side
#
# [](#fig-bends) draws each with its slope.

# %%
five = {"ReLU": ReLU(), "LeakyReLU": LeakyReLU(0.1), "GELU": GELU(),
        "Sigmoid": Sigmoid(), "Tanh": Tanh()}

# %% tags=["hide"]
line = np.linspace(-4, 4, 401)
fig, axes = subplots(2, 3, figsize=(6.0, 3.9), sharex=True, sharey=True)
for ax, (name, layer) in zip(axes.flat, five.items()):
    ax.axhline(0, color=DATA, linewidth=0.5)
    ax.axvline(0, color=DATA, linewidth=0.5)
    value, = ax.plot(line, layer.forward(line, train=True), color=VALUE)
    slope = layer.backward(np.ones_like(line))
    if "ReLU" in name:  # leave the jump open
        slope = np.where(abs(line) < 0.005, np.nan, slope)
    slope, = ax.plot(line, slope, "--", color=GRADIENT)
    ax.set(title=name, ylim=(-1.3, 2.3), xticks=[-4, 0, 4],
           yticks=[-1, 0, 1, 2])
axes[0, 2].tick_params(labelbottom=True)
axes[1, 2].axis("off")
axes[1, 2].legend([value, slope], ["value", "slope"], loc="center",
                  fontsize=10)
figure(
    fig,
    "bends",
    alt="Five small plots from −4 to 4. ReLU is 0 and then a diagonal, "
    "its slope jumps from 0 to 1. LeakyReLU descends gently to the left. "
    "GELU dips a little below 0; its slope runs smoothly from 0 through "
    "slightly less than 0, then over slightly more than 1, to 1. Sigmoid "
    "is a flat S with a low hill as slope, tanh a steep S with a hill of "
    "height 1.",
    caption="Each function, solid blue, and its slope, dashed orange. "
    "LeakyReLU has a leak of one tenth here, to be seen at all.",
)

# %% [markdown]
# Then each slope against nudging, at twenty random places away from the
# kinks, in [](#tab-checks). The error is the relative one of chapter 2:
# the length of the difference over the sum of the lengths.
# [](#tab-choice) gathers which bend serves where.

# %%
def nudged_dx(layer, x, dy, h=1e-5):
    """dL/dx, entry by entry, for L = sum of dy * y."""
    dx = np.empty_like(x)
    for index in np.ndindex(x.shape):
        move = np.zeros_like(x)
        move[index] = h
        change = layer.forward(x + move) - layer.forward(x - move)
        dx[index] = np.sum(dy * change) / (2 * h)
    return dx


def error_of(layer, x, dy):
    """The relative error of dx against nudging."""
    layer.forward(x, train=True)
    ours, nudged = layer.backward(dy), nudged_dx(layer, x, dy)
    lengths = np.linalg.norm(ours) + np.linalg.norm(nudged)
    return float(np.linalg.norm(ours - nudged) / lengths)


rng = np.random.default_rng(3)
random_x, random_dy = rng.normal(size=(2, 5, 4))    # (5, 4) each
assert abs(random_x).min() > 1e-3
errors = {name: error_of(layer, random_x, random_dy)
          for name, layer in five.items()}

# %% tags=["hide"]
assert max(errors.values()) < 1e-9
formula = {"ReLU": "1 or 0", "LeakyReLU": "1 or leak",
           "GELU": "$P(x) + x\\,p(x)$", "Sigmoid": "$y\\,(1 - y)$",
           "Tanh": "$1 - y^2$"}
table(
    [[name, formula[name], slopes_of(layer, line).max(), errors[name]]
     for name, layer in five.items()],
    header=["layer", "slope", "steepest", "relative error"],
    caption="The slopes that were derived, the largest value of each, "
    "and its disagreement with central differences.",
    name="checks",
    formats=["", "", ".2f", ".0e"],
)

# %% tags=["hide"]
import time

many = rng.normal(size=20_000)


def seconds(layer):
    """The best of five ways forward."""
    best = math.inf
    for _ in range(5):
        start = time.process_time()
        layer.forward(many)
        best = min(best, time.process_time() - start)
    return best


at_least = 20
assert seconds(GELU()) > at_least * seconds(ReLU())
table(
    [["ReLU", "between layers; a comparison is cheap", "neurons die"],
     ["LeakyReLU", "between layers; a leak of one tenth, not less",
      "diverges at long steps"],
     ["GELU", "between layers; solved most here",
      f"forward, more than {at_least} times ReLU’s time in `nn`"],
     ["Sigmoid", "at the end, for one probability; between two layers",
      "saturates; lets a quarter through at most"],
     ["Tanh", "between a few layers", "saturates"]],
    header=["bend", "where it serves", "its price"],
    caption="Which bend to take, as far as this chapter’s runs tell.",
    name="choice",
)

# %% [markdown]
# ## From scores to probabilities
#
# One sigmoid tells on from off. A network that reads digits has ten
# answers to weigh, and its last layer gives ten *scores*, any numbers at
# all, called *logits*. We want probabilities: none negative, and their
# sum 1. Make the scores positive by $\exp$, then divide by their sum.
# That is *softmax*.[^bridle] For one row of scores $z$:
#
# $$
# \label{softmax: softmax}
# \val{p_j} = \frac{e^{z_j}}{\sum_k e^{z_k}}
# $$
#
# Our XOR network can give two scores for each case. For “off” the score
# is always 0. For “on” it is four times what the third neuron said, less
# 2, so that its 0 and 1 become −2 and 2:

# %%
z = (bent @ W2 + b2) * [0, 4] + [0, -2]              # (4, 2)
p = softmax(z)                                       # (4, 2)
print(np.hstack([z, p.round(3)]))
print(p.sum(axis=1), abs(p[:, 1] - sigmoid(z[:, 1])).max())

# %% tags=["check"]
assert np.allclose(p.sum(axis=1), 1)
assert np.allclose(p[:, 1], sigmoid(z[:, 1] - z[:, 0]))
assert np.array_equal(p[:, 1] > 0.5, t[:, 0] == 1)

# %% [markdown]
# Every row sums to 1. And where the score of “off” is 0, the probability
# of “on” is its sigmoid: $e^z / (e^0 + e^z)$. Softmax is the sigmoid for
# more than two.
#
# Add the same number $c$ to all scores of a row. Above and below the
# fraction bar a factor $e^c$ appears, and cancels:
#
# $$
# \label{softmax-shift: softmax of shifted scores}
# \frac{e^{z_j + c}}{\sum_k e^{z_k + c}}
# = \frac{e^c\, e^{z_j}}{e^c \sum_k e^{z_k}} = \val{p_j}
# $$
#
# By [](#eq-softmax-shift) only differences between scores count. That is a
# gift, because $\exp$
# overflows here as well. Take away the row's largest score. Then no
# exponent is positive, and the largest is 0, so that the sum is at least
# 1 and no division fails.

# %%
def naive_softmax(z):
    e = np.exp(z)
    return e / e.sum(axis=-1, keepdims=True)


large = np.array([[1000.0, 999.0, 0.0]])
for f in (naive_softmax, softmax):
    y, heard = listen(f, large)
    print(f.__name__, y, *heard, sep="\n    ")
print(abs(softmax(large) - softmax(large - 1000)).max())

# %% tags=["check"]
assert np.isnan(naive_softmax_answer := listen(naive_softmax, large)[0]
                ).any()
assert not listen(softmax, large)[1]

# %%
show("activations:softmax")

# %% [markdown]
# The sum runs over the last axis and keeps it, so that a
# [column of sums](#/e /= e.sum)
# $(n, 1)$ divides a table $(n, d)$ row by row. [`errstate`](#/np.errstate)
# is for one harmless case: the difference between the largest and the
# smallest float is minus infinity, and its exponential is 0, as it should
# be.
#
# ## The slopes of a row
#
# Softmax does not take each number by itself. Raise one score, and its
# probability rises, and every other of the row falls, because the sum it
# is divided by has grown. So there is a path from every input of a row to
# every output of it, and we need $d \times d$ slopes. In the letters of a
# layer, let one row be $x$ with $y_j = e^{x_j} / S$ and
# $S = \sum_k e^{x_k}$.
#
# **An output and its own input.** $x_j$ stands above the bar and below
# it. The rule for quotients, with $\partial S / \partial x_j = e^{x_j}$:
#
# $$
# \label{softmax-own: the slope of an output in its own input}
# \frac{\partial \val{y_j}}{\partial \val{x_j}}
# = \frac{e^{x_j}\, S - e^{x_j}\, e^{x_j}}{S^2}
# = \frac{e^{x_j}}{S} - \frac{e^{x_j}}{S} \cdot \frac{e^{x_j}}{S}
# = \val{y_j}\,(1 - \val{y_j})
# $$
#
# That is the slope of the sigmoid, [](#eq-sigmoid-slope).
#
# **An output and another input.** $x_k$ stands only below the bar:
#
# $$
# \label{softmax-other: the slope of an output in another input}
# \frac{\partial \val{y_j}}{\partial \val{x_k}}
# = \frac{0 \cdot S - e^{x_j}\, e^{x_k}}{S^2}
# = -\val{y_j}\, \val{y_k}
# $$
#
# [](#eq-softmax-own) and [](#eq-softmax-other) at once, with $[j = k]$ for
# 1 where $j = k$ and 0 elsewhere:
#
# $$
# \label{softmax-slopes: the slopes of softmax}
# \underset{(d,\ d)}{\frac{\partial \val{y_j}}{\partial \val{x_k}}}
# = \val{y_j}\,([j = k] - \val{y_k})
# $$
#
# Three scores, the nine slopes by [](#eq-softmax-slopes), and by nudging:

# %%
row = np.log([1.0, 2.0, 5.0])
y = softmax(row)
by_formula = y[:, None] * (np.eye(3) - y)  # row j, column k
by_nudging = np.array([
    (softmax(row + move) - softmax(row - move)) / 2e-5
    for move in 1e-5 * np.eye(3)           # one score at a time
]).T                                       # each made a column
print(y)
print(by_formula)
print(abs(by_formula - by_nudging).max())

# %% tags=["check"]
jacobian_error = abs(by_formula - by_nudging).max()
assert jacobian_error < 1e-10
assert np.allclose(by_formula.sum(axis=0), 0)

# %% [markdown]
# Its columns sum to 0: what one output gains, the others lose. Backward
# we want $dx$, one number for each input. From $x_k$ a path leads to
# every output of its row, so we add over $j$:
#
# $$
# \label{softmax-paths: all paths from an input of softmax}
# \grad{dx_k} = \sum_j \frac{\partial \val{y_j}}{\partial \val{x_k}}\,
# \grad{dy_j}
# = \sum_j \val{y_j}\, [j = k]\, \grad{dy_j}
# - \sum_j \val{y_j}\, \val{y_k}\, \grad{dy_j}
# $$
#
# At the end of [](#eq-softmax-paths) stand two sums. In the first only
# $j = k$ remains. From the second, $y_k$ can be taken out:
#
# $$
# \label{softmax-one-gradient: the gradient of one input of softmax}
# \grad{dx_k} = \val{y_k} \Bigl( \grad{dy_k}
# - \sum_j \grad{dy_j}\, \val{y_j} \Bigr)
# $$
#
# [](#eq-softmax-one-gradient) for all rows at once, the sum over a row
# making a column:
#
# $$
# \label{softmax-gradient: the gradient through softmax}
# \underset{(n,\ d)}{\grad{dx}} = \underset{(n,\ d)}{\val{y}} \odot
# \Bigl( \underset{(n,\ d)}{\grad{dy}} -
# \underset{(n,\ 1)}{\text{row sums of } \grad{dy} \odot \val{y}} \Bigr)
# $$
#
# [](#eq-softmax-gradient) in words: compare each $dy$ with the [average
# $dy$](#/dy * y) of its row, weighted by the probabilities. Only what is
# better or worse than average moves a score.

# %%
show("activations:Softmax")

# %%
softmax_error = error_of(Softmax(), random_x, random_dy)
print(softmax_error)

# %% tags=["check"]
assert softmax_error < 1e-9

# %% [markdown]
# ## A softmax that hands back what it gets
#
# Suppose somebody writes the backward of softmax as one line,
# `return dy`. We give our XOR networks two outputs, a softmax behind them,
# the squared error as before, and train them both ways:

# %%
class HandsBack(Softmax):
    def backward(self, dy):
        return dy


both = np.hstack([1 - t, t])                         # off, on  (4, 2)
for last in (Softmax(), HandsBack()):
    y, _ = train(Tanh(), rate=0.3, t=both, last=last)
    L = np.median(np.mean((y - both) ** 2, axis=(1, 2)))
    error = error_of(last, random_x, random_dy)
    print(f"{type(last).__name__:9} solved {solved(y, both)} of "
          f"{len(y)}  median loss {L:.1e}  gradient error {error:.0e}")

# %% tags=["hide"]
right, _ = train(Tanh(), rate=0.3, t=both, last=Softmax())
wrong, _ = train(Tanh(), rate=0.3, t=both, last=HandsBack())
good, bad = solved(right, both), solved(wrong, both)
assert bad > good
assert L < np.median(np.mean((right - both) ** 2, axis=(1, 2)))
hands_back = error_of(HandsBack(), random_x, random_dy)
assert hands_back > 0.1

# %% [markdown]
# The wrong gradient wins, {{ bad }} networks to {{ good }}, and with a
# lower loss. This is no reason to keep it. With two outputs and four
# cases, what it hands back is $2(p - t)/8 = (p - t)/4$. That is, exactly,
# the gradient of *another* loss, chapter 0's, the *cross-entropy*;
# [chapter 4](losses.py) derives it, and shows why it learns faster. The
# line is right only in front of that loss. Put this softmax anywhere
# else, and it is wrong without a word: against nudging its relative error
# is {{ hands_back:.1f }}.
#
# ## What we have now
#
# - A reason to bend: without it, any number of layers is one layer, and
#   XOR ends at one half.
# - Every line of `activations.py`: five bends with slopes that agree with
#   nudging to {{ max(errors.values()):.0e }}, and softmax, which ties the
#   numbers of a row together.
# - Three ways in which a gradient goes wrong, each measured: a dead ReLU,
# a saturated sigmoid, a slope of the wrong letter.
#
# ## Exercises
#
# ### Exercise 3.1 · Five sigmoids
#
# A gradient of 1 comes back through five sigmoid layers of one neuron
# each, all weights 1. What is the most that can be left of it? And which
# bias must the layers 2 to 5 have, so that it is reached when the first
# activation receives 0? Work it out on paper.
#
# ??? tip "Hint"
#
#     The slope of a sigmoid is largest at 0. What does a layer receive if
#     the one before it was at 0?

# %% tags=["starter"]
most = None  # of a gradient of 1, after five sigmoids
bias = None  # of layers 2 to 5

# %% tags=["solution"]
# Each slope is at most 1/4, at 0. A sigmoid at 0 says 1/2, which the
# next layer's bias has to take away.
most = (1 / 4) ** 5
bias = -1 / 2

# %% tags=["tests"]
import math

assert most is not None and bias is not None, "two numbers, please"
a, gradient = 0.0, 1.0
for layer in range(5):
    y = 1 / (1 + math.exp(-a))
    gradient *= y * (1 - y)
    a = y + bias
assert abs(a) < 1e-12, f"the next layer would receive {a}, not 0"
assert abs(most - gradient) < 1e-12, "not the product of these slopes"

# %% [markdown]
# ### Exercise 3.2 · A hat
#
# Set the weights of three ReLU neurons, by hand, so that the network's
# answer is a hat: 0 up to $x = 0$, rising to 1 at $x = 1$, falling to 0
# at $x = 2$, and 0 from there on.
#
# ??? tip "Hint"
#
#     A ReLU neuron switches a new slope on at the place of its kink. Walk
#     from left to right: by how much must the slope change at 0, at 1
#     and at 2?

# %% tags=["starter"]
import numpy as np

W1 = None  # (1, 3)
b1 = None  # (3,)
W2 = None  # (3, 1)

# %% tags=["solution"]
# Slope 1 from 0 on, two less from 1 on, one more from 2 on: 1, -1, 0.
W1 = np.array([[1.0, 1.0, 1.0]])
b1 = np.array([0.0, -1.0, -2.0])
W2 = np.array([[1.0], [-2.0], [1.0]])

# %% tags=["tests"]
assert all(part is not None for part in (W1, b1, W2)), "set all three"
assert np.shape(W1) == (1, 3) and np.shape(W2) == (3, 1), "look at shapes"


def answer(x):
    hidden = np.maximum(np.array([[x]]) @ W1 + b1, 0)
    return (hidden @ np.array(W2)).item()


for x in np.linspace(-10, 10, 81):
    y = max(0, 1 - abs(x - 1))
    assert abs(answer(x) - y) < 1e-12, f"at {x}: {answer(x)}, not {y}"

# %% [markdown]
# ### Exercise 3.3 · A corner without a kink
#
# *Softplus* is $\log(1 + e^x)$, a rounded ReLU. Write it so that no
# number overflows, and write its slope, which you have met in this
# chapter. Both take arrays.
#
# ??? tip "Hint"
#
#     $1 + e^x = e^x (e^{-x} + 1)$. Which of the two forms has no positive
#     exponent, on which side? `np.log1p(u)` is $\log(1 + u)$, exact for
#     small $u$.

# %% tags=["starter"]
import numpy as np


def softplus(x):
    """log(1 + exp(x)), for any x."""
    raise NotImplementedError("your code")


def softplus_slope(x):
    """The derivative of softplus at x."""
    raise NotImplementedError("your code")

# %% tags=["solution"]
# For x > 0 take e^x out of the logarithm: x + log(1 + e^-x). For x < 0
# nothing is taken out. The exponent is -|x| on both sides.
def softplus(x):
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def softplus_slope(x):
    """e^x / (1 + e^x): the sigmoid."""
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, e) / (1 + e)

# %% tags=["tests"]
x = np.array([-1000.0, -40, -1, 0, 1, 40, 1000])
with np.errstate(over="raise", invalid="raise", divide="raise"):
    y, slope = softplus(x), softplus_slope(x)
assert np.isclose(y[3], np.log(2)), "softplus(0) is log 2"
assert y[-1] == 1000 and y[0] == 0, "far out it is ReLU"
assert np.isclose(y[1], np.exp(-40), rtol=1e-9), "the left tail is lost"
near = np.linspace(-3, 3, 25)
change = softplus(near + 1e-5) - softplus(near - 1e-5)
assert np.allclose(softplus_slope(near), change / 2e-5, atol=1e-8)
assert slope[0] == 0 and slope[-1] == 1, "from 0 to 1"

# %% [markdown]
# ### Exercise 3.4 · Three slips
#
# This softmax and its backward work for a single row, an `x` of shape
# $(d,)$, and go wrong for a table of rows. There are three mistakes in
# them, each a matter of *which* numbers are taken together. Repair them.
#
# ??? tip "Hint"
#
#     Every row is a case of its own. Whatever is computed from one row
#     must not see another. Look at each `max` and `sum` in turn.

# %% tags=["starter"]
import numpy as np


def softmax(x):
    e = np.exp(x - x.max())
    return e / e.sum(axis=0)


def softmax_backward(y, dy):
    return y * (dy - np.sum(dy * y))

# %% tags=["solution"]
# All three go along a row: axis=-1. keepdims keeps the sums as a
# column, (n, 1), which NumPy then repeats along the rows.
def softmax(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def softmax_backward(y, dy):
    return y * (dy - np.sum(dy * y, axis=-1, keepdims=True))

# %% tags=["tests"]
x = np.log([[1.0, 2.0, 5.0], [3.0, 3.0, 2.0]])
y = softmax(x)
shares = [[0.125, 0.25, 0.625], [0.375, 0.375, 0.25]]
assert np.allclose(y, shares), f"rows should be shares, got {y}"
with np.errstate(all="ignore"):
    apart = softmax(np.array([[0.0, 0.0], [2000.0, 2000.0]]))
assert np.allclose(apart, 0.5), f"one row harms the other: {apart}"
dy = np.array([[8.0, 0.0, 0.0], [0.0, 0.0, 8.0]])
dx = softmax_backward(y, dy)
assert np.allclose(dx.sum(axis=1), 0), "a row of dx sums to 0"
assert np.allclose(dx, [[0.875, -0.25, -0.625], [-0.75, -0.75, 1.5]]), dx

# %% [markdown]
# ### Exercise 3.5 · A small project: learn the leak
#
# How large should a leak be? Let the network find out. Write a layer
# whose leak is a `Parameter`, one number for the whole layer, with its
# gradient, as He and others did.[^he] Then give it to XOR in place of
# `LeakyReLU`, and see where the leak goes.
#
# ??? tip "Hint"
#
#     The leak is used in many places, once for each number that is not
#     above 0. How does $y$ change with it there? Add up over all of
#     them, and write *into* `leak.grad`.

# %% tags=["starter"]
import numpy as np

from nn.layers import Dense, Parameter, Sequential


class LearnedLeak:
    """y = x where x > 0, else leak * x, and the leak is learned."""

    def __init__(self, leak=0.25):
        self.leak = Parameter([leak])
        self.params = (self.leak,)

    def forward(self, x, train=False):
        raise NotImplementedError("your code")

    def backward(self, dy):
        raise NotImplementedError("your code")

# %% tags=["solution"]
# dy/dleak is x where x is not above 0, and 0 elsewhere: min(x, 0). The
# leak serves every entry, so its gradient is a sum over all of them. On
# XOR, from these weights, it goes below 0: the bend becomes a V.
class LearnedLeak:
    def __init__(self, leak=0.25):
        self.leak = Parameter([leak])
        self.params = (self.leak,)
        self.x = None

    def forward(self, x, train=False):
        if train:
            self.x = x
        return np.where(x > 0, x, self.leak.value * x)

    def backward(self, dy):
        self.leak.grad[0] = np.sum(dy * np.minimum(self.x, 0))
        return dy * np.where(self.x > 0, 1, self.leak.value)

# %% tags=["tests"]
layer = LearnedLeak(0.5)
x = np.array([[-2.0, 3.0], [4.0, -6.0]])
dy = np.array([[10.0, 1.0], [1.0, 1.0]])
assert np.array_equal(layer.forward(x, train=True), [[-1, 3], [4, -3]])
for again in range(2):
    assert np.array_equal(layer.backward(dy), [[5, 1], [1, 0.5]]), "dx"
    assert layer.leak.grad.shape == (1,), "the shape of the leak"
    assert layer.leak.grad[0] == -26, "-26, written, not added"

xor = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]])
lamp = np.array([[0.0], [1], [1], [0]])
rng = np.random.default_rng(1)
model = Sequential(Dense(rng.normal(size=(2, 8))), LearnedLeak(),
                   Dense(rng.normal(size=(8, 1))))
for step in range(2000):
    p = model.forward(xor, train=True)
    model.backward((p - lamp) / 2)
    for parameter in model.params:
        parameter.value -= 0.1 * parameter.grad
assert abs(p - lamp).max() < 0.1, "XOR is not learned"
leak = model.params[2].value[0]
assert leak != 0.25, "the leak has not moved"
print(f"the leak went from 0.25 to {leak:.2f}")

# %% [markdown]
# ## Notes
#
# The weights that solve XOR by hand are, but for names, those of a
# textbook by Goodfellow, Bengio and Courville.[^goodfellow] Minsky and
# Papert's book is where XOR became the emblem of what one layer cannot
# do.[^minsky]
#
# Fukushima used rectified neurons to find lines in pictures in
# 1969.[^fukushima] Nair and Hinton brought them to Boltzmann machines,
# networks that answer by chance,[^nair] and Glorot, Bordes and Bengio
# showed that deep networks of them train well from random
# weights.[^glorot11] Maas, Hannun and Ng gave them a leak.[^maas] GELU is
# by Hendrycks and Gimpel.[^hendrycks]
#
# That saturated sigmoids block deep networks was measured layer by layer
# by Glorot and Bengio.[^glorot] LeCun, Bottou, Orr and Müller had advised
# a symmetric curve such as tanh long before, because outputs around zero
# make the next layer's task easier.[^lecun]
#
# Bridle gave softmax its name, as the sigmoid for many
# outputs.[^bridle]
#
# [^maas]: [Maas, Hannun and Ng 2013](bibliography.md#maas-2013).
# [^hendrycks]: [Hendrycks and Gimpel
#     2016](bibliography.md#hendrycks-2016).
# [^glorot]: [Glorot and Bengio 2010](bibliography.md#glorot-2010).
# [^bridle]: [Bridle 1990](bibliography.md#bridle-1990).
# [^he]: [He, Zhang, Ren and Sun 2015](bibliography.md#he-2015).
# [^goodfellow]: [Goodfellow, Bengio and Courville
#     2016](bibliography.md#goodfellow-2016), section 6.1.
# [^minsky]: [Minsky and Papert 1969](bibliography.md#minsky-1969).
# [^fukushima]: [Fukushima 1969](bibliography.md#fukushima-1969).
# [^nair]: [Nair and Hinton 2010](bibliography.md#nair-2010).
# [^glorot11]: [Glorot, Bordes and Bengio
#     2011](bibliography.md#glorot-2011).
# [^lecun]: [LeCun, Bottou, Orr and Müller
#     1998](bibliography.md#lecun-1998), section 4.4.
