# %% [markdown]
# # 4 · Losses
#
# *What does “wrong” cost?*
#
# After this chapter you can choose a loss for a task, derive its slope,
# and say what it does to an answer that is badly wrong; and you will
# have read every line of `nn/losses.py`.

# %%
import math
import warnings

import numpy as np

from nn.activations import Sigmoid, Softmax, sigmoid, softmax
from nn.layers import Dense, Sequential
from nn.losses import binary_cross_entropy, huber, mean_squared_error
from nn.losses import softmax_cross_entropy

# %% tags=["hide"]
from weave import DATA, GRADIENT, INK, VALUE
from weave import figure, show, subplots, table

# %% [markdown]
# ## The more wrong, the slower
#
# One neuron, one input, a sigmoid at its end. The input is 1, and the
# task could not be smaller: answer 0. With $p$ for the *prediction*, $t$
# for the *target* and, as in [chapter 2](layers.py), half a square for
# the loss (all letters: [notation](notation.md)):
#
# $$
# \begin{aligned}
# \underset{(1,\ 1)}{\val{z}} &=
# \underset{(1,\ 1)}{\val{x}}\ \underset{(1,\ 1)}{W} +
# \underset{(1,)}{b} \\
# \underset{(1,\ 1)}{\val{p}} &= \sigma(\underset{(1,\ 1)}{\val{z}}) \\
# L &= \tfrac12 (\underset{(1,\ 1)}{\val{p}} -
# \underset{(1,\ 1)}{t})^2
# \end{aligned}
# $$
#
# A number that goes into the last sigmoid is called a *logit*, $z$. The
# neuron starts from one of two places. They are those of a demonstration
# by Michael Nielsen,[^nielsen] and so is the learning rate,
# $\eta = 0.15$, in the code `rate`.

# %%
x, t, rate = np.array([[1.0]]), np.array([[0.0]]), 0.15


def learn(weight, bias, steps=300):
    model = Sequential(
        Dense(np.array([[weight]]), np.array([bias])), Sigmoid()
    )
    answers = []
    for step in range(steps + 1):
        p = model.forward(x, train=True)
        answers.append(p.item())
        model.backward(p - t)                # dL/dp
        for parameter in model.params:
            parameter.value -= rate * parameter.grad
    return np.array(answers)


near, far = learn(0.6, 0.9), learn(2.0, 2.0)
for step in (0, 50, 100, 150, 200, 300):
    print(f"{step:3}  {near[step]:.3f}  {far[step]:.3f}")

# %% tags=["hide"]
half_near = int((near < 0.5).argmax())
half_far = int((far < 0.5).argmax())
assert half_far > 5 * half_near
assert round(near[-1], 2) == 0.09 and round(far[-1], 2) == 0.20
moved = far[0] - far[100]
assert moved < 0.02
starts = {"near": (0.6, 0.9), "far": (2.0, 2.0)}

# %% [markdown]
# The first start says {{ near[0]:.2f }} where 0 is right; after
# {{ half_near }} steps its answer is below one half. The second says
# {{ far[0]:.2f }}. It is more wrong, and for a hundred steps it learns
# next to nothing: its answer moves by {{ moved:.3f }}. It needs
# {{ half_far }} steps to get below one half.
#
# Why? A step follows the slope of $L$, and on its way back from $L$ to
# $z$ the slope passes the sigmoid:
#
# $$
# \label{stuck-gradient: the gradient of the stuck neuron}
# \underset{(1,\ 1)}{\grad{dz}}
# = \frac{\partial L}{\partial \val{p}} \cdot
#   \frac{\partial \val{p}}{\partial \val{z}}
# = \underset{(1,\ 1)}{(\val{p} - t)} \odot
#   \underset{(1,\ 1)}{\sigma'(\val{z})}
# $$
#
# The first factor of [](#eq-stuck-gradient) is the error. The second,
# $\sigma'(z) = p\,(1 - p)$ ([](activations.py#eq-sigmoid-slope)),
# does not know what the error is; it is near 0 wherever the sigmoid is flat,
# right or wrong ([](#tab-factors)).

# %% tags=["hide"]
rows = []
slope_of = {}
for name, (weight, bias) in starts.items():
    z0 = weight + bias
    p0 = float(sigmoid(np.float64(z0)))
    slope_of[name] = p0 * p0 * (1 - p0)
    rows.append([f"{weight} and {bias}", z0, p0, p0 * (1 - p0),
                 slope_of[name]])
assert slope_of["near"] > 6 * slope_of["far"]
table(
    rows,
    header=["weight and bias", "$z$", "error $p - t$",
            "$\\sigma'(z)$", "$dz$"],
    caption="The first step of both starts. The larger error has the "
    "smaller gradient.",
    name="factors",
    align="lrrrr",
    formats=["", ".1f", ".3f", ".4f", ".4f"],
)

# %% tags=["hide"]
def loss_and_slope(ax, at, L, slope, marks=(), where=""):
    """A loss in blue, its slope in orange and dashed, on one axis."""
    ax.axhline(0, color=DATA, linewidth=0.6)
    ax.plot(at, L, color=VALUE, label="loss")
    ax.plot(at, slope, "--", color=GRADIENT, label="slope")
    for mark, marker in zip(marks, "os"):
        k = abs(at - mark).argmin()
        ax.plot(at[k], L[k], marker, color=VALUE, markersize=5)
        ax.plot(at[k], slope[k], marker, color=GRADIENT, markersize=5)
    ax.set(xlabel=where)


line = np.linspace(-6, 8, 281)
p_line = sigmoid(line)
fig, (left, right) = subplots(1, 2, figsize=(6.0, 2.7))
left.plot(near, color=VALUE, label="0.6 and 0.9")
left.plot(far, "-.", color=VALUE, label="2.0 and 2.0")
left.plot(0, near[0], "o", color=VALUE, markersize=5, clip_on=False)
left.plot(0, far[0], "s", color=VALUE, markersize=5, clip_on=False)
left.set(xlabel="step", ylabel="answer $p$", ylim=(0, 1.03))
left.legend(title="weight and bias")
loss_and_slope(right, line, p_line**2 / 2, p_line**2 * (1 - p_line),
               (1.5, 4.0), "logit $z$")
right.legend()
figure(
    fig,
    "slow",
    alt="Left: the answers of the two starts over 300 steps. One falls "
    "at once. The other stays near 1 for about 150 steps, and only then "
    "falls. Right: the loss rises with the logit and levels off near one "
    "half; its slope is a hump, high at the first start and almost 0 at "
    "the second.",
    caption="Half a squared error behind a sigmoid, target 0. Left, the "
    "two starts. Right, loss and slope by the logit; the circle is the "
    "first start, the square the second.",
)

# %% [markdown]
# In [](#fig-slow), right, the loss climbs from one flat end to another. At
# the left one the neuron is right, at the right one it is as wrong as it
# can be, and the slope cannot tell the two apart.
#
# ## The mean of the squares
#
# The squared error is a fine loss in other company. Without the sigmoid,
# answer and target may be any numbers. With $n$ examples and
# $d_\text{out}$ outputs there are $m = n\,d_\text{out}$ numbers, and the
# *mean squared error* is the mean over all of them. (It has no half, so
# its slope has a 2.)
#
# $$
# \label{squared-error: the mean squared error}
# L = \frac1m \sum_{i} \sum_{j}
# \bigl(\underset{(n,\ d_\text{out})}{\val{p_{ij}}} -
# \underset{(n,\ d_\text{out})}{t_{ij}}\bigr)^2
# $$
#
# A prediction $p_{ij}$ stands in one term of that sum and in no other.
# The slope of a square is twice what is squared, so
#
# $$
# \label{squared-error-gradient: the gradient of the mean squared error}
# \underset{(n,\ d_\text{out})}{\grad{dp}} = \frac{2}{m}\,
# \bigl(\underset{(n,\ d_\text{out})}{\val{p}} -
# \underset{(n,\ d_\text{out})}{t}\bigr)
# $$

# %% tags=["hide"]
wide = np.linspace(-3, 3, 241)
fig, ax = subplots(figsize=(4.2, 2.4))
loss_and_slope(ax, wide, wide**2, 2 * wide, where="error $p - t$")
ax.legend()
figure(
    fig,
    "squares",
    alt="A parabola with its lowest point at error 0, and its slope, a "
    "straight line through 0.",
    caption="The squared error of one number, and its slope: where "
    "the error doubles, the slope doubles.",
)

# %% [markdown]
# Where does the division belong? Here, once, by the number of what was
# averaged; the layers only sum. Two mistakes look as good. One divides the
# slope by $n$ only, though the loss is the mean over all $m$ numbers. The
# other divides by $m$, and then every layer divides its $dW$ by $n$. Measure
# the slope for the weights of one layer, $p = xW$:

# %%
x2 = np.array([[1.0], [2.0]])                          # (2, 1)
W2 = np.array([[2.0, 0.5, -1.0]])                      # (1, 3)
t2 = np.array([[1.0, 0.0, 1.0], [1.0, 1.0, 1.0]])      # (2, 3)
n, m, h = 2, 6, 1e-6


def measured(loss, values):
    """The slope of loss(values) for each number, by nudging it."""
    slopes = np.empty_like(values)
    for index in np.ndindex(values.shape):
        nudge = np.zeros_like(values)
        nudge[index] = h
        more, less = loss(values + nudge), loss(values - nudge)
        slopes[index] = (more - less) / (2 * h)
    return slopes


truth = measured(lambda W: np.mean((x2 @ W - t2) ** 2), W2)
d = x2 @ W2 - t2
rules = {
    "2 d / m": x2.T @ (2 * d / m),
    "2 d / n": x2.T @ (2 * d / n),
    "2 d / m, dW / n": x2.T @ (2 * d / m) / n,
}

# %% tags=["hide"]
ratio = {rule: np.mean(slope / truth) for rule, slope in rules.items()}
for rule, slope in rules.items():
    assert np.allclose(slope / truth, ratio[rule])
assert np.allclose(list(ratio.values()), [1, 3, 0.5])
table(
    [[f"`{rule}`", slope[0, 0], truth[0, 0], ratio[rule]]
     for rule, slope in rules.items()],
    header=["rule", "says", "measured", "ratio"],
    caption="The slope for the first of three weights, by three rules, "
    "with `d = p - t`; two examples, three outputs.",
    name="divisors",
    formats=["", ".4f", ".4f", ".2f"],
)

# %% [markdown]
# [](#eq-squared-error-gradient) divides by $m$. With three outputs the second
# rule of [](#tab-divisors) is {{ ratio["2 d / n"]:.0f }} times too large; with
# two examples the third is {{ 1 / ratio["2 d / m, dW / n"]:.0f }} times too
# small, and with 128 it would be 128 times. Both point the right way within
# one table of weights; but where $dW$ is divided and $db$ is not, the weights
# lag behind the biases. Nothing fails: the learning rate seems odd, and has to
# be found anew for every other number of outputs or examples.
#
# The shapes lay a second trap. Here are four answers, all of them right.
# The answers have shape (4, 1), as `Dense` makes them; the targets came
# from a file, and have shape (4,).

# %%
answers = np.array([[1.0], [2.0], [3.0], [6.0]])
targets = np.array([1.0, 2.0, 3.0, 6.0])
d = answers - targets
print(d.shape, np.mean(d**2))

drawn = answers.copy()
for step in range(200):
    d = drawn - targets
    drawn -= 0.4 * (2 / 16) * d.sum(axis=1, keepdims=True)
print(drawn.ravel(), np.mean(d**2))

# %% tags=["hide"]
assert d.shape == (4, 4) and np.isclose(np.mean(d**2), 3.5)
assert np.allclose(drawn, targets.mean())

# %% [markdown]
# NumPy stretches the column to the right and the row downward, and
# subtracts every target from every answer: 16 differences, four for each
# answer. Steps down the slope of their mean square halve it and spoil four
# right answers: all end at {{ drawn.mean():.0f }}, the mean of the
# targets. So `nn` looks at the shapes before it subtracts:

# %%
try:
    mean_squared_error(answers, targets)
except ValueError as error:
    print(error)

# %% [markdown]
# That is the first loss of `nn/losses.py`, and here is the file. `_exact`
# keeps the predictions [twice](#/return own), as they came and in
# `float64`; the loss is computed in the second, and its slope goes back [in
# the type of the first](#losses:mean_squared_error/own.dtype). It also
# stops a prediction that is [not finite](#/np.isfinite), before it spoils
# the weights. (`as_float` and `expect` are those of [chapter
# 2](layers.py#nn-layers-as_float).)

# %%
show("losses:")
show("losses:_exact")
show("losses:_target_like")
show("losses:mean_squared_error")

# %% [markdown]
# ## What a surprise costs
#
# Back to the neuron. Its answer lies between 0 and 1 and wants to be a
# probability: $p$ is the one it gives to a 1, $1 - p$ the one it gives to a
# 0. Then one of the two happens. What should that cost? Nothing, if it had
# been given the probability 1; the more, the less it had been given.
# And when two things happen that have nothing to do with each other,
# their probabilities multiply (two heads: $\tfrac12 \cdot \tfrac12$), but
# their costs should add. So $\tfrac14$ costs twice what $\tfrac12$ costs,
# $\sqrt{\tfrac12}$ half, and so on: only the unit is free. Products into
# sums: that is the logarithm, here the natural one. The cost, minus the
# logarithm of the probability, is called *surprise*.

# %%
for p in (1.0, 0.9, 0.5, 0.1, 0.001):
    print(f"{p:5}  {np.log(1 / p):.3f}")     # log(1 / p) is -log p

# %% [markdown]
# Adding has a second merit. The probability of all that happened is a
# product with a factor for every example. Two thousand tosses of a fair
# coin:

# %%
tosses = np.full(2000, 0.5)
product, total = np.prod(tosses), np.sum(-np.log(tosses))
print(product, total)

# %% tags=["hide"]
assert product == 0 and np.isclose(total, 2000 * np.log(2))
assert np.prod(np.tile([0.6, 0.4], 1000)) == 0
share = np.linspace(0.01, 0.99, 99)
costs = -(7 * np.log(share) + 3 * np.log(1 - share)) / 10
best = share[costs.argmin()]
assert np.isclose(best, 0.7)

# %% [markdown]
# The product is rounded to 0, as it would be for a bent coin; only the sum
# can tell the two apart. Here is the rule by which most networks are
# trained: choose the parameters under which what happened was as probable
# as possible; or, the same in numbers that a computer can hold, make the
# mean surprise as small as possible. Statistics calls it *maximum
# likelihood*.[^likelihood] For a coin that fell heads in 7 of 10 tosses the
# mean surprise is $-(7 \log p + 3 \log(1 - p)) / 10$, and the slope of
# that, $-0.7/p + 0.3/(1 - p)$, is 0 at $p = 0.7$.
#
# For a target $t$ that is 1 or 0, the surprise is $-\log p$ or
# $-\log(1 - p)$. Both are in $-t \log p - (1 - t) \log(1 - p)$, where one
# half is then 0. With a target of $0.7$ this is the coin's mean surprise.
# Its mean over $m$ numbers is the *binary cross-entropy*: *entropy* is a mean
# surprise, and “cross” says that two are in it, $t$, how often a thing
# happens, and $p$, how often it was expected.
#
# $$
# \label{cross-entropy: binary cross-entropy}
# \begin{aligned}
# L = \frac1m \sum_{i} \sum_{j} \Bigl(
# &-\underset{(n,\ d_\text{out})}{t_{ij}}
#  \log \underset{(n,\ d_\text{out})}{\val{p_{ij}}} \\
# &- (1 - t_{ij}) \log (1 - \val{p_{ij}}) \Bigr)
# \end{aligned}
# $$
#
# ## The factor that cancels
#
# First the slope for $p$ (tables are divided entry by entry):
#
# $$
# \label{cross-entropy-slope: the slope of binary cross-entropy}
# \begin{aligned}
# \underset{(n,\ d_\text{out})}{\grad{dp}}
# &= \frac1m \Bigl( -\frac{t}{\val{p}} +
#   \frac{1 - t}{1 - \val{p}} \Bigr) \\
# &= \frac1m \cdot
#   \frac{-t \odot (1 - \val{p}) + (1 - t) \odot \val{p}}
#   {\val{p} \odot (1 - \val{p})} \\
# &= \frac1m \cdot
# \underset{(n,\ d_\text{out})}{\frac{\val{p} - t}
#   {\val{p} \odot (1 - \val{p})}}
# \end{aligned}
# $$
#
# Look at what stands below in [](#eq-cross-entropy-slope): $p\,(1 - p)$, the
# sigmoid's slope, the factor that stopped the neuron. Now go back through
# the sigmoid:
#
# $$
# \label{cross-entropy-gradient: the gradient of binary cross-entropy}
# \begin{aligned}
# \underset{(n,\ d_\text{out})}{\grad{dz}}
# &= \underset{(n,\ d_\text{out})}{\grad{dp}} \odot
#    \underset{(n,\ d_\text{out})}{\sigma'(\val{z})} \\
# &= \frac1m \cdot \frac{\val{p} - t}{\val{p} \odot (1 - \val{p})} \odot
#   \val{p} \odot (1 - \val{p}) \\
# &= \frac1m \bigl(\underset{(n,\ d_\text{out})}{\val{p}} -
#   \underset{(n,\ d_\text{out})}{t}\bigr)
# \end{aligned}
# $$
#
# In [](#eq-cross-entropy-gradient) the factor is gone. What is left is the
# error. The badly wrong neuron
# starts with a slope of {{ far[0]:.2f }} in place of
# {{ slope_of["far"]:.4f }}. The same run, with the new loss, which takes
# the logit and has the sigmoid inside:

# %%
def learn_logit(weight, bias, steps=300):
    model = Dense(np.array([[weight]]), np.array([bias]))
    answers = []
    for step in range(steps + 1):
        z = model.forward(x, train=True)
        answers.append(sigmoid(z).item())
        _, dz = binary_cross_entropy(z, t)   # (p - t) / m
        model.backward(dz)
        for parameter in model.params:
            parameter.value -= rate * parameter.grad
    return np.array(answers)


near_ce, far_ce = learn_logit(0.6, 0.9), learn_logit(2.0, 2.0)
for answers in (near_ce, far_ce):
    print((answers < 0.5).argmax())          # the first True

# %% tags=["hide"]
half_near_ce = int((near_ce < 0.5).argmax())
half_far_ce = int((far_ce < 0.5).argmax())
assert half_far_ce < half_far / 10

fig, (left, right) = subplots(1, 2, figsize=(6.0, 2.7))
left.plot(near, ":", color=DATA, linewidth=1.4)
left.plot(far, ":", color=DATA, linewidth=1.4, label="squared error")
left.plot(near_ce, color=VALUE, label="cross-entropy")
left.plot(far_ce, "-.", color=VALUE)
left.plot(0, near[0], "o", color=VALUE, markersize=5, clip_on=False)
left.plot(0, far[0], "s", color=VALUE, markersize=5, clip_on=False)
left.set(xlabel="step", ylabel="answer $p$", ylim=(0, 1.03))
left.legend()
loss_and_slope(right, line, np.logaddexp(0, line), p_line, (1.5, 4.0),
               "logit $z$")
right.set(ylim=(-0.3, 6))
right.legend()
figure(
    fig,
    "cross-entropy",
    alt="Left: with cross-entropy both starts fall at once; the two "
    "dotted grey curves of the squared error lie far above them. Right: "
    "the loss rises with the logit, at last as a straight line; its "
    "slope rises from 0 to 1 and stays there.",
    caption="The same neuron. Left, cross-entropy (blue) beside the "
    "squared error of [](#fig-slow) (grey, dotted). Right, cross-entropy "
    "and its slope by the logit, target 0: the more wrong the answer, the "
    "closer the slope to 1.",
)


def steps_to_half(z, slope, eta=rate):
    """Steps until p < 1/2; weight and bias both move, so z moves twice."""
    count = 0
    while z > 0:
        p = 1 / (1 + math.exp(-z))
        z -= 2 * eta * slope(p)
        count += 1
    return count


far_starts = (1.5, 4.0, 6.0, 8.0, 10.0)
counts = {z: (steps_to_half(z, lambda p: p * p * (1 - p)),
              steps_to_half(z, lambda p: p)) for z in far_starts}
assert counts[1.5] == (half_near, half_near_ce)
assert counts[4.0] == (half_far, half_far_ce)
quick_near, quick_far = (
    steps_to_half(z, lambda p: p * p * (1 - p), 5 * rate)
    for z in (1.5, 4.0)
)
assert quick_near == half_near_ce and quick_far > 2 * half_far_ce
growth = counts[10.0][0] / counts[8.0][0]
assert abs(growth / math.exp(2) - 1) < 0.01

# %% [markdown]
# Is the gain in [](#fig-cross-entropy) only a larger step in disguise? With
# five times the rate the squared error brings the first start below one half
# in {{ quick_near }} steps too. The second then needs {{ quick_far }}, where
# cross-entropy takes {{ half_far_ce }}. And it gets worse with the distance:

# %% tags=["hide"]
table(
    [[z, *counts[z]] for z in far_starts],
    header=["first logit $z$", "squared error", "cross-entropy"],
    caption="Steps until the answer is below one half, target 0.",
    name="steps",
    formats=[".1f", ",d", ",d"],
)

# %% [markdown]
# Weight and bias both move, so a step moves the logit by $2\eta$ times the
# slope. With cross-entropy that is $p$, far out nearly 1, and the steps in
# [](#tab-steps) grow as the distance. With the squared error it is
# $p^2\,(1 - p)$, far out about $e^{-z}$, and they grow as the exponential of
# the distance: two logits further out, it takes {{ growth:.1f }} times as
# many.
#
# ## The logarithm of 0
#
# [](#eq-cross-entropy) still has a weak place. Put far logits into it as it
# stands:

# %%
def naive(z, t):
    p = sigmoid(z)
    return -t * np.log(p) - (1 - t) * np.log(1 - p)


print("logit target loss")
for z, target in [(1000.0, 0), (1000.0, 1), (-1000.0, 1)]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        L = naive(np.float64(z), target)
    print(f"{z:5.0f} {target:6} {L:4}")
    for warning in caught:
        print("            ", warning.message)

# %% tags=["hide"]
def full(dtype):
    """The first whole logit whose sigmoid is exactly 1."""
    return next(z for z in range(100) if sigmoid(dtype(z)) == 1)


single, double = full(np.float32), full(np.float64)
with np.errstate(all="ignore"):
    assert np.isinf(naive(np.float64(1000), 0))
    assert np.isnan(naive(np.float64(1000), 1))

# %% tags=["check"]
assert (single, double) == (17, 37)

# %% [markdown]
# The sigmoid is the careful one, [](activations.py#eq-sigmoid-stable); it is
# the logarithm that breaks. A wrong answer costs infinity. A *right* one
# costs “not a number”, because $0 \cdot \log 0$ is none. And it does not
# take a thousand: of the logits 1, 2, 3 and so on, {{ single }} is the first
# whose $p$ is rounded to 1 in `float32`, and {{ double }} in `float64`.
#
# The common repair keeps $p$ between $10^{-7}$ and $1 - 10^{-7}$. The
# warnings go away, and something else with them:

# %%
def clipped(z, t):
    p = np.clip(sigmoid(z), 1e-7, 1 - 1e-7)
    return -t * np.log(p) - (1 - t) * np.log(1 - p)


# %% tags=["hide"]
rows = []
for z in (4.0, 12.0, 20.0, 1000.0):
    at = np.array([[z]])
    slope = measured(lambda z: clipped(z, 0).item(), at).item()
    L, dz = binary_cross_entropy(at, t)
    rows.append([z, clipped(at, 0).item(), slope, L, dz.item()])
    if z >= 20:
        assert slope == 0 and dz.item() > 0.999
    else:
        assert abs(slope - dz.item()) < 1e-4
clip_cap = rows[-1][1]
assert np.isclose(clip_cap, -np.log(1e-7))
table(
    rows,
    header=["$z$", "clipped", "its slope", "exact", "$p - t$"],
    caption="A wrong answer, target 0, ever more wrong. The slope of "
    "the clipped loss is measured.",
    name="clipped",
    formats=["g", ".3f", ".3f", ".3f", ".3f"],
)

# %% [markdown]
# Where $p$ is clipped the answer costs $-\log 10^{-7}$, which is
# {{ clip_cap:.1f }}, however wrong it is, so the slope is 0
# ([](#tab-clipped)). The neuron that is most wrong does not learn at all: the
# failure with which we began, made by hand.
#
# Nothing has to be clipped, neither probabilities nor logits. The trouble
# is the detour through $p$: the sigmoid rounds, and the logarithm cannot
# get back what was lost. Go from the logit to the loss in one piece. Two
# facts of the sigmoid are enough:
#
# $$
# \begin{aligned}
# -\log \sigma(\val{z}) &= \log(1 + e^{-\val{z}}), \\
# 1 - \sigma(\val{z}) &= \frac{e^{-\val{z}}}{1 + e^{-\val{z}}}.
# \end{aligned}
# $$
#
# The logarithm of the second fraction is a difference, and
# $\log e^{-z} = -z$, so $-\log(1 - \sigma(z)) = z + \log(1 + e^{-z})$. Put
# both into the loss of a single number:
#
# $$
# \begin{aligned}
# &\ t \log(1 + e^{-\val{z}}) +
#   (1 - t)\,\bigl(\val{z} + \log(1 + e^{-\val{z}})\bigr) \\
# =&\ \val{z} - \val{z}\,t + \log(1 + e^{-\val{z}})
# \end{aligned}
# $$
#
# There is no logarithm of 0 any more; but for a very negative $z$ the
# exponential overflows. For such $z$ take $e^{-z}$ out of the bracket:
# $1 + e^{-z} = e^{-z}\,(e^{z} + 1)$, so
# $\log(1 + e^{-z}) = -z + \log(e^{z} + 1)$. This $-z$ cancels the $z$ in
# front:
#
# $$
# \begin{aligned}
# z \ge 0:\quad & \val{z} - \val{z}\,t + \log(1 + e^{-\val{z}}) \\
# z < 0:\quad & 0 - \val{z}\,t + \log(1 + e^{\val{z}})
# \end{aligned}
# $$
#
# Both lines are one. The exponent is never positive, so nothing
# overflows:
#
# $$
# \label{cross-entropy-logits: binary cross-entropy of logits}
# \begin{aligned}
# L = \frac1m \sum_{i} \sum_{j} \Bigl(
# &\max(\underset{(n,\ d_\text{out})}{\val{z_{ij}}}, 0) -
# \val{z_{ij}}\, \underset{(n,\ d_\text{out})}{t_{ij}} \\
# &+ \log\bigl(1 + e^{-|\val{z_{ij}}|}\bigr) \Bigr)
# \end{aligned}
# $$

# %%
show("losses:binary_cross_entropy")

# %% tags=["hide"]
small, _ = binary_cross_entropy(np.array([-40.0]), np.array([0.0]))
rounded = float(np.log(1 + np.exp(-40.0)))
assert rounded == 0 and np.isclose(small, math.exp(-40), rtol=1e-12)

# %% [markdown]
# [`np.log1p(u)`](#/np.log1p) is $\log(1 + u)$, found without forming the
# sum: at
# $z = -40$ the loss is {{ small:.1e }}, while `np.log(1 + u)` makes it
# {{ rounded:.0f }}, because $1 + u$ is rounded to 1. The loss takes logits,
# so the network in front of it ends with a `Dense`, not with a `Sigmoid`.
# To *read* the answer, put the logit through `sigmoid`.
#
# ## Half a cross-entropy
#
# A tutorial that [chapter 11](digits.py#three-networks-from-tutorials)
# examines has a shorter formula behind its sigmoids, $-\sum t \log p$, the
# first half of [](#eq-cross-entropy) alone. Ask it about our neuron. The
# target is 0, so the loss
# is $-0 \cdot \log {{ far[0]:.3f }} = 0$: perfect. With ten outputs, one
# for each digit, let all ten logits be 16, a network that answers “yes” to
# every question. Beside the half, the whole:

# %%
def half(z, t):
    return -np.sum(t * np.log(sigmoid(z))) / len(z)


def whole(z, t):
    return 10 * binary_cross_entropy(z, t)[0]    # ten times their mean


yes, digit = np.full((1, 10), 16.0), np.zeros((1, 10))
digit[0, 3] = 1
print(f"{half(yes, digit):.7f}  {whole(yes, digit):.1f}")

# %% tags=["hide"]
half_loss = half(yes, digit)
assert half_loss < 2e-7
rng = np.random.default_rng(4)
z10 = rng.normal(size=(1, 10))
used = sigmoid(z10) - digit
of_half = measured(lambda z: half(z, digit), z10)
of_whole = measured(lambda z: whole(z, digit), z10)
assert np.allclose(used, of_whole, atol=1e-8)
assert abs(used - of_half).max() > 0.3
assert np.allclose(used[0, 3], of_half[0, 3], atol=1e-8)


def wrong_after(slope, z, steps=300):
    """How many of the ten answers are wrong after so many steps."""
    for _ in range(steps):
        z = z - rate * slope(z)
    return int(np.sum((z > 0) != (digit == 1)))


along_whole = wrong_after(lambda z: sigmoid(z) - digit, yes)
along_half = wrong_after(
    lambda z: measured(lambda v: half(v, digit), z), yes)
assert along_whole == 0 and along_half == 9
table(
    [[str(j), digit[0, j], of_half[0, j], used[0, j], of_whole[0, j]]
     for j in (2, 3, 4)],
    header=["output", "$t$", "half, measured", "used: $p - t$",
            "whole, measured"],
    caption="Three of ten outputs, at random logits: the slopes of both "
    "losses, by nudging, and the formula that is used with either.",
    name="half",
    align="lrrrr",
    formats=["", ".0f", ".4f", ".4f", ".4f"],
)

# %% [markdown]
# The half is satisfied: {{ half_loss:.7f }}. The whole counts nine wrong
# answers, 16 each. Move these ten logits themselves, in 300 steps at our
# `rate`: along $p - t$, {{ along_whole }} answers stay wrong; along the
# half's own slope, {{ along_half }}. [](#tab-half) shows why: $p - t$ is
# the slope of the *whole*, and for targets 0 the half has no slope at all.
# A program that prints the half and steps along $p - t$ learns, but not
# from what it prints.
#
# ## One of many
#
# There is a network for which $-\sum t \log p$ is whole: one whose
# probabilities sum to 1, so that none can rise unless others fall. The
# softmax of chapter 3, [](activations.py#eq-softmax), makes such
# probabilities, one for
# each of $d_\text{out}$ classes, out of a row of logits:
#
# $$
# \underset{(n,\ d_\text{out})}{\val{p_{ij}}} =
# \frac{e^{\val{z_{ij}}}}{\sum_k e^{\val{z_{ik}}}}
# $$
#
# A target is a row too, $t_i$, with a 1 at the right class, else 0. The
# surprise is $-\log p$ of that class; the sum picks it out. We divide by
# $n$ and not by $m$, since a row is one event:
#
# $$
# \label{softmax-cross-entropy: softmax cross-entropy}
# L = -\frac1n \sum_{i} \sum_{j}
# \underset{(n,\ d_\text{out})}{t_{ij}}
# \log \underset{(n,\ d_\text{out})}{\val{p_{ij}}}
# $$
#
# This is *softmax cross-entropy*. Again we go from logits to loss in one
# piece. The logarithm of a fraction is a difference, and that of $e^z$ is
# $z$:
#
# $$
# \log \underset{(n,\ d_\text{out})}{\val{p_{ij}}} =
# \underset{(n,\ d_\text{out})}{\val{z_{ij}}} -
# \underset{(n,\ 1)}{\log \sum_k e^{\val{z_{ik}}}}
# $$
#
# The last term is known as *log-sum-exp*, and with a logit of 1000 it
# overflows. So take the largest logit of the row, $c_i$, out of the sum:
#
# $$
# \label{log-sum-exp: log-sum-exp without overflow}
# \begin{aligned}
# \underset{(n,\ 1)}{\log \sum_k e^{\val{z_{ik}}}}
# &= \log \Bigl( e^{c_i} \sum_k e^{\val{z_{ik}} - c_i} \Bigr) \\
# &= \underset{(n,\ 1)}{c_i} +
#   \underset{(n,\ 1)}{\log \sum_k e^{\val{z_{ik}} - c_i}}
# \end{aligned}
# $$
#
# No exponent is positive now, and one of them is 0. The sum lies between
# 1 and $d_\text{out}$: no overflow, and no logarithm of 0. Our neuron has
# a place in this picture: two classes with logits 0 and $z$.

# %%
print(binary_cross_entropy([[4.0]], [[0.0]])[0],
      softmax_cross_entropy([[0.0, 4.0]], [[1.0, 0.0]])[0],
      softmax_cross_entropy([[0.0, 1000.0]], [[1.0, 0.0]])[0])

# %% tags=["check"]
assert np.isclose(binary_cross_entropy([[4.0]], [[0.0]])[0],
                  softmax_cross_entropy([[0.0, 4.0]], [0])[0])
assert softmax_cross_entropy([[0.0, 1000.0]], [0])[0] == 1000

# %% [markdown]
# ## Why it is p − t again
#
# First to the probabilities: $p_{ij}$ stands in one term, and the slope
# of the logarithm is $1/p$.
#
# $$
# \label{softmax-cross-entropy-slope: the slope in a probability}
# \underset{(n,\ d_\text{out})}{\grad{dp_{ij}}} =
# -\frac1n \cdot \frac{t_{ij}}{\val{p_{ij}}}
# $$
#
# Then through the softmax. Every logit moves every probability of its
# row; their slopes are those of [](activations.py#eq-softmax-slopes), with
# $[j = k]$ for 1 if the two are
# equal and 0 if not:
#
# $$
# \label{softmax-row-slopes: the slopes of softmax, row by row}
# \frac{\partial \val{p_{ij}}}{\partial \val{z_{ik}}} =
# \val{p_{ij}}\,([j = k] - \val{p_{ik}})
# $$
#
# So $z_{ik}$ gets a share from every $p_{ij}$, and they add:
#
# $$
# \label{softmax-row-paths: all paths from a logit}
# \underset{(n,\ d_\text{out})}{\grad{dz_{ik}}} =
# \sum_j \grad{dp_{ij}}\,
# \frac{\partial \val{p_{ij}}}{\partial \val{z_{ik}}}
# $$
#
# Put both slopes, [](#eq-softmax-cross-entropy-slope) and
# [](#eq-softmax-row-slopes), into [](#eq-softmax-row-paths). Each $p_{ij}$
# meets its own $1/p_{ij}$ and is gone.
# Of the sum over $t_{ij}\,[j = k]$ only the term with $j = k$ remains,
# $t_{ik}$; and $p_{ik}$, the same for every $j$, comes out in front of its
# sum:
#
# $$
# \label{softmax-cross-entropy-gradient: the gradient of softmax cross-entropy}
# \begin{aligned}
# \underset{(n,\ d_\text{out})}{\grad{dz_{ik}}}
# &= -\frac1n \sum_j \frac{t_{ij}}{\val{p_{ij}}} \cdot
#    \val{p_{ij}}\,([j = k] - \val{p_{ik}}) \\
# &= -\frac1n \Bigl( \underset{(n,\ d_\text{out})}{t_{ik}} -
#    \underset{(n,\ d_\text{out})}{\val{p_{ik}}}
#    \underset{(n,\ 1)}{\textstyle\sum_j t_{ij}} \Bigr) \\
# &= \frac1n \bigl( \underset{(n,\ d_\text{out})}{\val{p_{ik}}} -
#    \underset{(n,\ d_\text{out})}{t_{ik}} \bigr)
# \end{aligned}
# $$
#
# The last step needs $\sum_j t_{ij} = 1$: every row of targets must sum
# to 1. So there are two ways to the slope,
# [](#eq-softmax-cross-entropy-gradient) and the long way
# through `Softmax`, with nudging as referee. Five rows, four classes, random
# logits and random shares as targets:

# %%
rng = np.random.default_rng(0)
z5 = 2 * rng.normal(size=(5, 4))
t5 = softmax(rng.normal(size=(5, 4)))

L, dz = softmax_cross_entropy(z5, t5)          # the formula

layer = Softmax()                              # the long way
p5 = layer.forward(z5, train=True)
long_way = layer.backward(-t5 / p5 / 5)

nudging = measured(lambda z: softmax_cross_entropy(z, t5)[0], z5)

# %% tags=["hide"]
def relative(a, b):
    return np.linalg.norm(a - b) / (np.linalg.norm(a) + np.linalg.norm(b))


checks = [
    ["formula, long way", dz, long_way],
    ["long way, nudging", long_way, nudging],
    ["formula, nudging", dz, nudging],
]
errors = [[pair, abs(a - b).max(), relative(a, b)]
          for pair, a, b in checks]
assert errors[0][-1] < 1e-15
perfect, _ = softmax_cross_entropy(np.eye(10), np.arange(10))
assert np.isclose(perfect, np.log(np.e + 9) - 1)
table(
    errors,
    header=["compared", "largest difference", "relative error"],
    caption="The slope of softmax cross-entropy found in three ways, in "
    "`float64`, with $h = 10^{-6}$.",
    name="checks",
    formats=["", ".0e", ".0e"],
)

# %% [markdown]
# Formula and long way agree to the last digits, nudging as far as it can. And
# no answer is too wrong to learn from: far out the slope in [](#fig-softmax)
# goes to $-1$ or 1, not to 0.

# %% tags=["hide"]
zs = np.linspace(-6, 6, 241)
rows3 = np.stack([zs, 0 * zs, 0 * zs], axis=1)
fig, axes = subplots(1, 2, figsize=(6.0, 2.5), sharey=True)
for ax, k, word in zip(axes, (0, 1), ("the right", "a wrong")):
    each = [softmax_cross_entropy(row[None], [k]) for row in rows3]
    loss_and_slope(ax, zs, np.array([L for L, _ in each]),
                   np.array([dz[0, 0] for _, dz in each]),
                   where=f"logit of {word} class")
axes[1].legend()
figure(
    fig,
    "softmax",
    alt="Left: the loss falls as the logit of the right class grows, "
    "first as a straight line, then levelling off at 0; the slope goes "
    "from minus 1 to 0. Right: the loss rises with the logit of a wrong "
    "class; the slope goes from 0 to 1.",
    caption="Softmax cross-entropy of three classes, and its slope, by "
    "one logit; the other two are 0. What is left of the loss at the far "
    "left of the right panel is the fault of the third class.",
)

# %% [markdown]
# In the code the targets are class numbers, one for each row, as data sets
# have them, or rows of probabilities. `one_hot` turns the first into the
# second, by [comparing](#/np.equal.outer) every label with every class:

# %%
show("losses:one_hot")
show("losses:_probability_rows")

# %% [markdown]
# Labels must be [whole numbers](#/k.dtype.kind): 1.0 as a class is more
# often a mistake than a wish. Rows must [sum to 1](#/off < 1e-4), as the
# derivation of [](#eq-softmax-cross-entropy-gradient) asks. Then the loss is
# log-sum-exp as in [](#eq-log-sum-exp); $c_i$ is
# [subtracted](#/z = z - z.max) from $z_{ij}$ at once, and so need not be
# added again.[^vdot] One line more, the [`maximum`](#/np.finfo), is for logits
# so far apart that their difference is not finite.
#
# [^vdot]: [`np.vdot`](#/np.vdot) multiplies entry by entry and sums.

# %%
show("losses:softmax_cross_entropy")

# %% [markdown]
# With a `Softmax` layer in front of this loss the softmax is taken twice.
# Nothing complains, but of ten classes even a perfect answer, one 1 and
# nine 0, then costs $\log(e + 9) - 1$, which is {{ perfect:.2f }}.
#
# The squared error, [](#eq-squared-error), is a surprise too. Let errors
# $d = p - t$ be spread
# along [chapter 3](activations.py)'s bell, of height $e^{-d^2/2}$ times a
# constant. The probability of a narrow strip is that height times the
# width, which is the same for every $d$. So minus its logarithm is $d^2/2$
# plus a constant,[^normal] and the slope is $p - t$ again. Far out the
# bell is all but 0, and the surprise enormous.
#
# ## One wild number
#
# Now the neuron without its sigmoid: $y = xW + b$, a line. Twenty points
# lie near the line $1 + 2x$. Then a decimal point slips, and one target is
# ten times what it was: an *outlier*. Fit both by the mean squared error
# and by the loss that this section derives.

# %%
def fit_line(loss, x, t, steps=400):
    line = Dense(np.zeros((1, 1)))
    for step in range(steps):
        _, dy = loss(line.forward(x, train=True), t)
        line.backward(dy)
        for parameter in line.params:
            parameter.value -= 0.4 * parameter.grad
    return line.weight.value.item(), line.bias.value.item()


def points(seed):
    rng = np.random.default_rng(seed)
    x = np.linspace(-1, 1, 20)[:, None]
    clean = 1 + 2 * x + rng.normal(0, 0.2, x.shape)
    slipped = clean.copy()
    slipped[17] *= 10
    return x, clean, slipped


xs, clean, slipped = points(seed=0)
for loss in (mean_squared_error, huber):
    for ts in (clean, slipped):
        rise, height = fit_line(loss, xs, ts)
        print(f"{loss.__name__:18}  {height:.2f} + {rise:.2f} x")

# %% tags=["hide"]
trials = {(loss.__name__, k): np.array(
    [fit_line(loss, points(seed)[0], points(seed)[k])[0] for seed in range(20)]
) for loss in (mean_squared_error, huber) for k in (1, 2)}
spread = {key: (got.mean(), got.std()) for key, got in trials.items()}
assert np.allclose(trials["mean_squared_error", 1], trials["huber", 1],
                   atol=1e-3)
assert spread["mean_squared_error", 2][0] > 3
assert abs(spread["huber", 2][0] - 2) < 0.3
for seed in range(20):  # without the outlier all errors end within delta
    x1, t1, _ = points(seed)
    rise, height = fit_line(huber, x1, t1)
    assert abs(rise * x1 + height - t1).max() < 1
distance = abs(slipped - 1 - 2 * xs)
off = distance.max()
pull = off / np.delete(distance, 17).mean()
assert distance.argmax() == 17

fig, (left, right) = subplots(
    1, 2, figsize=(6.2, 2.9), width_ratios=[1.15, 1]
)
left.plot(xs, slipped, "o", color=DATA, markersize=4)
ends = np.array([-1.0, 1.0])
for loss, style, label in [(mean_squared_error, "--", "squared error"),
                           (huber, "-", "Huber")]:
    rise, height = fit_line(loss, xs, slipped)
    left.plot(ends, rise * ends + height, style, color=VALUE,
              label=label)
rise, height = fit_line(mean_squared_error, xs, clean)
left.plot(ends, rise * ends + height, ":", color=INK, linewidth=1.2,
          label="no outlier")
left.set(xlabel="$x$", ylabel="$y$")
left.legend(loc="upper left")
loss_and_slope(right, wide, *np.array(
    [[L, g.item()] for L, g in (huber([v], [0.0]) for v in wide)]).T,
    where="error $p - t$")
right.plot(wide, wide**2 / 2, ":", color=DATA, label="half a square")
right.set(ylim=(-1.4, 4.6))
right.legend(loc="upper center")
figure(
    fig,
    "huber",
    alt="Left: twenty points along a line, one of them far above the "
    "rest. The line fitted by the squared error is steeper and higher "
    "than the points; the Huber line lies close to the dotted line that "
    "was fitted without the outlier. Right: Huber's loss is a parabola "
    "between minus 1 and 1 and straight outside; its slope is a ramp "
    "between minus 1 and 1, and flat outside.",
    caption="Left, one outlier and two losses. Right, Huber's loss "
    "of one number and its slope, $\\delta = 1$; dotted, half a square.",
)

# %% tags=["check"]
assert 20 < off < 26 and 100 < pull < 250

# %% [markdown]
# The squared error leaves nineteen points to please one. Over
# {{ len(trials["huber", 1]) }} such data sets its line rises by
# {{ spread["mean_squared_error", 2][0]:.2f }} ±
# {{ spread["mean_squared_error", 2][1]:.2f }}, where 2 is right.[^spread]
# [](#fig-squares) says why: the pull, the size of the slope, grows with
# the distance. The outlier of [](#fig-huber), {{ off:.0f }} away from the
# true line, pulls at it {{ pull:.0f }} times as hard as the others do on
# average. So keep the parabola for small errors, $|d| \le \delta$ with
# $d = p - t$, and from there go on straight. At $\delta$ the slope of
# $d^2/2$ is $\delta$; the line that continues with this slope from the
# height $\delta^2/2$ is
# $\delta^2/2 + \delta\,(|d| - \delta) = \delta\,(|d| - \delta/2)$.
#
# $$
# \label{huber: Huber's loss}
# L = \frac1m \sum_{i} \sum_{j}
# \begin{cases}
# \val{d_{ij}}^2 / 2 & \text{if } |\val{d_{ij}}| \le \delta \\
# \delta\,(|\val{d_{ij}}| - \delta / 2) & \text{if not}
# \end{cases}
# $$
#
# $$
# \label{huber-gradient: the gradient of Huber's loss}
# \underset{(n,\ d_\text{out})}{\val{d}} =
# \underset{(n,\ d_\text{out})}{\val{p}} -
# \underset{(n,\ d_\text{out})}{t}
# \qquad
# \underset{(n,\ d_\text{out})}{\grad{dp}} = \frac1m
# \underset{(n,\ d_\text{out})}{\max\bigl(-\delta,\
# \min(\delta,\ \val{d})\bigr)}
# $$
#
# This is Huber's loss.[^huber] In [](#eq-huber-gradient) the slope of the
# first case is $d$, that of the second $\pm\delta$: the same number,
# [cut off](#/np.clip). With it, both cases become one formula,
# [`cut * (d - cut / 2)`](#/L = np.mean). Inside, `cut` is $d$, which gives
# $d^2/2$; outside it is $\pm\delta$, which gives
# $\delta\,|d| - \delta^2/2$.
#
# [^spread]: Mean and standard deviation, the root of the mean squared
#     distance from the mean.

# %%
show("losses:huber")

# %% tags=["check"]
for better, worse in zip(spread["huber", 1],
                         spread["mean_squared_error", 1]):
    assert abs(better - worse) < 0.01
assert abs(spread["huber", 1][0] - 2) < 0.05

# %% [markdown]
# With the outlier Huber's line rises by {{ spread["huber", 2][0]:.2f }} ±
# {{ spread["huber", 2][1]:.2f }}. It is still pulled, but no harder than by
# a point at distance $\delta$. Without the outlier both losses find the
# same lines, {{ spread["huber", 1][0]:.2f }} ±
# {{ spread["huber", 1][1]:.2f }}: around them no error is larger than
# $\delta$. The price is $\delta$ itself: it is measured in the units of the
# target, and somebody has to say what counts as wild.
#
# The slopes of the other three losses, against nudging as in
# [](#tab-checks):

# %% tags=["hide"]
worst = errors[-1][-1]
zb, tb = rng.normal(size=(5, 4)), rng.integers(0, 2, (5, 4)) * 1.0
for loss in (mean_squared_error, huber, binary_cross_entropy):
    by_nudging = measured(lambda z, loss=loss: loss(z, tb)[0], zb)
    error = relative(loss(zb, tb)[1], by_nudging)
    worst = max(worst, error)
    print(f"{loss.__name__:20}  relative error {error:.0e}")
assert worst < 1e-8

# %% [markdown]
# ## Which loss for what

# %% tags=["hide"]
table(
    [
        ["any number",
         "[mean squared error](#nn-losses-mean_squared_error)",
         "of the shape of $y$", "$y$ itself"],
        ["any number, with outliers", "[Huber](#nn-losses-huber)",
         "of the shape of $y$", "$y$ itself"],
        ["yes or no; several such, independent",
         "[binary cross-entropy](#nn-losses-binary_cross_entropy)",
         "of the shape of $z$, from 0 to 1", "$\\sigma(z)$"],
        ["one class of several",
         "[softmax cross-entropy](#nn-losses-softmax_cross_entropy)",
         "class numbers, $(n,)$",
         "softmax of $z$, or the class of its largest"],
        ["shares that sum to 1", "softmax cross-entropy",
         "rows of shares, of the shape of $z$", "softmax of $z$"],
    ],
    header=["the answer", "loss", "targets", "read it as"],
    caption="Which loss for which answer. In each case the network ends "
    "with a `Dense`.",
    name="which",
)

# %% [markdown]
# ## What we have now
#
# - Every line of `losses.py`: four losses, for five kinds of answers
#   ([](#tab-which)), each with a slope that was derived and checked; the
#   largest relative error was {{ worst:.0e }}.
# - The reason for logits: behind a sigmoid or a softmax, cross-entropy
#   cancels the factor that stops a badly wrong neuron. What is left is
#   $p - t$.
# - Three checks for any loss that you meet: nudge it, put $\pm 1000$
#   into it, and look at its shapes.
#
# ## Exercises
#
# ### Exercise 4.1 · The cheapest number
#
# Five targets: 1, 2, 3, 4 and 100. A model answers the same number to all
# of them. Which answer has the least mean squared error? And which the
# least Huber loss, with $\delta = 1$? Pen and paper are enough.
#
# ??? tip "Hint"
#
#     At the least loss the slope is 0. For the squared error the five
#     errors sum to 0; for Huber's the five errors *cut off at 1* do.

# %% tags=["starter"]
least_squares = None
least_huber = None

# %% tags=["solution"]
# The squared error takes the mean, and the mean goes where the wild
# number is. Huber's errors at 3 are 2, 1, 0, -1, -97; cut off at 1 they
# are 1, 1, 0, -1, -1, which sum to 0. It would be the same for 1000.
least_squares = (1 + 2 + 3 + 4 + 100) / 5
least_huber = 3

# %% tags=["tests"]
assert least_squares is not None, "give both numbers"
assert least_huber is not None, "give both numbers"
assert abs(least_squares - 22) < 1e-9, "the five errors sum to 0"
assert abs(least_huber - 3) < 1e-9, "the five cut errors sum to 0"

# %% [markdown]
# ### Exercise 4.2 · The first loss
#
# Before it has learned anything, a network with all its logits at 0
# prints its first loss. What must it be for ten classes with softmax
# cross-entropy? And for five independent yes-or-no questions with binary
# cross-entropy? A first loss far from these is a sign of a mistake, or of
# a start that is too sure of itself.
#
# ??? tip "Hint"
#
#     Which probability does the network give to what happens? The loss is
#     a mean, not a sum.

# %% tags=["starter"]
import math

ten_classes = None
five_questions = None

# %% tags=["solution"]
ten_classes = math.log(10)     # -log(1/10)
five_questions = math.log(2)   # the mean of five times -log(1/2)

# %% tags=["tests"]
assert ten_classes is not None, "give both numbers"
assert five_questions is not None, "give both numbers"
assert abs(ten_classes - math.log(10)) < 1e-3, "p is 1/10, whatever happens"
assert abs(five_questions - 5 * math.log(2)) > 1e-3, "a mean, not a sum"
assert abs(five_questions - math.log(2)) < 1e-3, "p is 1/2, whatever happens"

# %% [markdown]
# ### Exercise 4.3 · Not quite sure
#
# A target may be `0.75`: three of four people said yes. Which $p$ has the
# least binary cross-entropy, and how large is it then? Is it 0?
#
# ??? tip "Hint"
#
#     The slope for the logit is $p - t$. Then put that $p$ into
#     [](#eq-cross-entropy).

# %% tags=["starter"]
best_p = None
least_loss = None

# %% tags=["solution"]
# Not 0: even who knows the odds is surprised now and then. The least
# mean surprise is called the entropy of the target. So do not wait for
# a loss of 0 where the targets themselves are unsure.
import math

best_p = 0.75
least_loss = -0.75 * math.log(0.75) - 0.25 * math.log(0.25)

# %% tags=["tests"]
assert best_p is not None, "give both numbers"
assert least_loss is not None, "give both numbers"
assert abs(best_p - 0.75) < 1e-9, "where is p - t = 0?"
assert abs(least_loss - 0.562335) < 1e-4, "-t log p - (1 - t) log(1 - p)"

# %% [markdown]
# ### Exercise 4.4 · The mean of small probabilities
#
# One of two coins was tossed, each with probability one half. Under the
# first the tosses have probability $p_0$, under the second $p_1$, so all
# in all the mean of both. You have only $\log p_0$ and $\log p_1$; the
# probabilities are rounded to 0. Write `log_mean(logs)`, the logarithm of
# the mean, for any number of logarithms, large or small.
#
# ??? tip "Hint"
#
#     Which factor may be taken out of a mean, and out of the exponential?

# %% tags=["starter"]
import numpy as np


def log_mean(logs):
    """The logarithm of the mean of exp(logs); logs has shape (m,)."""
    raise NotImplementedError("your code")

# %% tags=["solution"]
# The largest is taken out, as from log-sum-exp. Of what is left one
# number is exp(0) = 1, so the mean is at least 1 / m: no log of 0.
def log_mean(logs):
    c = np.max(logs)
    return float(c + np.log(np.mean(np.exp(logs - c))))

# %% tags=["tests"]
with np.errstate(all="raise", under="ignore"):
    plain = log_mean(np.log([0.1, 0.2, 0.6]))
    coins = log_mean(np.array([-1386.0, -1426.0]))
    large = log_mean(np.array([1000.0, 0.0, 1000.0, 0.0]))
assert np.isclose(plain, np.log(0.3)), "the mean of 0.1, 0.2, 0.6 is 0.3"
assert np.isclose(coins, -1386 - np.log(2)), "half of the larger one"
assert np.isclose(large, 1000 - np.log(2)), "two of four count"

# %% [markdown]
# ### Exercise 4.5 · Whose gradient is it?
#
# A program computes `loss` as below, the mean over *all* entries of the
# table, and steps along `(p - t) / n`. Nudging disagrees. Write the
# `gradient` that belongs to this loss as it is.
#
# ??? tip "Hint"
#
#     How many numbers does `np.mean` divide by here, and by how many does
#     the loss of this chapter?

# %% tags=["starter"]
import numpy as np


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def loss(z, t):
    return np.mean(-t * np.log(softmax(z)))


def gradient(z, t):
    """dL/dz for the loss above; z and t have shape (n, d_out)."""
    raise NotImplementedError("your code")

# %% tags=["solution"]
# The mean runs over n * d_out numbers, so the slope has to as well. The
# program's was d_out times too large: with ten classes, ten times.
def gradient(z, t):
    return (softmax(z) - t) / z.size

# %% tags=["tests"]
rng = np.random.default_rng(0)
for shape in [(2, 3), (4, 2)]:
    z, h = rng.normal(size=shape), 1e-6
    t = np.eye(shape[1])[rng.integers(0, shape[1], shape[0])]
    got = gradient(z, t)
    assert np.shape(got) == shape, "the gradient has the shape of z"
    for index in np.ndindex(shape):
        nudge = np.zeros(shape)
        nudge[index] = h
        slope = (loss(z + nudge, t) - loss(z - nudge, t)) / (2 * h)
        assert abs(got[index] - slope) < 1e-7, f"wrong by nudging, {shape}"

# %% [markdown]
# ### Exercise 4.6 · A small project: the answer that is rarely too low
#
# A baker wants to bake as many loaves as are enough on nine days of ten.
# That is no mean. Let an answer that is too low cost `share` for each
# unit, and one that is too high `1 - share`. The loss, known as the
# *pinball loss*,[^koenker] is the mean of
# `max(share * (t - p), (share - 1) * (t - p))` over all numbers. Write it
# with its slope, in the manner of `nn/losses.py`, with a `ValueError` if
# the shapes differ. Then write `least`, which finds the one answer for
# all targets by steps against the slope. Where it ends, nine of ten
# targets are not above it; can you say why?
#
# ??? tip "Hint"
#
#     Where $t > p$ the slope for $p$ is `-share / m`, where $t < p$ it
#     is `(1 - share) / m`. In `least` one number stands in all places, so
#     these slopes add. Take about 2,000 steps, shorter toward the end:
#     `rate / (1 + 0.01 * step)`, with a `rate` like `np.std(targets)`.

# %% tags=["starter"]
import numpy as np


def pinball(prediction, target, share):
    """Return (L, dL/dprediction); both arguments have one shape."""
    raise NotImplementedError("your code")


def least(targets, share):
    """Return the number p that costs least for all targets."""
    raise NotImplementedError("your code")

# %% tags=["solution"]
# Where the loss is least the slope changes its sign: there the pull up,
# `share` for each target above, gives way to the pull down, `1 - share`
# for each one below. So that share of them is not above, as nearly as
# whole targets allow. With 1/2 it is the median.
def pinball(prediction, target, share):
    p, t = np.asarray(prediction, float), np.asarray(target, float)
    if p.shape != t.shape:
        raise ValueError(f"expected shape {p.shape}, received {t.shape}")
    d = t - p
    L = np.mean(np.maximum(share * d, (share - 1) * d))
    return float(L), np.where(d > 0, -share, 1 - share) / d.size


def least(targets, share):
    p, rate = float(np.mean(targets)), float(np.std(targets))
    for step in range(2000):
        _, dp = pinball(np.full(targets.shape, p), targets, share)
        p -= rate / (1 + 0.01 * step) * dp.sum()
    return p

# %% tags=["tests"]
p, t = np.array([[1.0], [5.0]]), np.array([[3.0], [4.0]])
L, dp = pinball(p, t, 0.9)
assert np.isclose(L, (0.9 * 2 + 0.1 * 1) / 2), "too low costs 0.9 a unit"
assert np.shape(dp) == (2, 1), "the slope has the shape of p"
assert np.allclose(dp, [[-0.45], [0.05]]), "nudge p: what does L do?"
_, dp = pinball(np.zeros((2, 3)), np.ones((2, 3)), 0.9)
assert np.allclose(dp, -0.9 / 6), "six numbers, in rows of three"
try:
    pinball(p, np.array([3.0, 4.0]), 0.9)
    refused = False
except ValueError:
    refused = True
assert refused, "(2, 1) and (2,) do not belong together"

rng = np.random.default_rng(0)
loaves = 50 + 150 * rng.random(1000) ** 2       # most days are quiet ones
for share in (0.5, 0.9):
    answer = least(loaves, share)
    enough = np.mean(loaves <= answer)
    assert abs(enough - share) < 0.02, f"enough on {enough:.0%} of days"

# %% [markdown]
# ## Notes
#
# Rumelhart, Hinton and Williams trained networks of sigmoids with half
# the summed squared error.[^rumelhart] Bridle gave the softmax its name,
# and with it the pair of this chapter: outputs that are probabilities, and
# a likelihood as the loss.[^bridle] Nielsen gives the cross-entropy a rate
# of its own; here both have the same.[^nielsen] Surprise and its mean, the
# entropy, are the subject of information theory.[^cover] Glorot and Bengio
# saw fewer plateaus with cross-entropy than with the squared
# error.[^glorot] Huber asked which estimate does best when a share of the
# measurements is as wild as can be; his loss is the answer.[^huber]
#
# [^nielsen]: [Nielsen 2015](bibliography.md#nielsen-2015), chapter 3,
#     “The cross-entropy cost function”. The code here is our own.
# [^likelihood]: [Goodfellow, Bengio and Courville 2016](bibliography.md#goodfellow-2016),
#     section 5.5; cross-entropy, logits and saturation, section 6.2.2.
# [^normal]: [Goodfellow, Bengio and Courville 2016](bibliography.md#goodfellow-2016),
#     section 5.5.1.
# [^huber]: [Huber 1964](bibliography.md#huber-1964).
# [^glorot]: [Glorot and Bengio 2010](bibliography.md#glorot-2010),
#     section 4.1.
# [^koenker]: [Koenker and Bassett 1978](bibliography.md#koenker-1978)
#     built regression on this loss.
# [^rumelhart]: [Rumelhart, Hinton and Williams 1986](bibliography.md#rumelhart-1986).
# [^bridle]: [Bridle 1990](bibliography.md#bridle-1990).
# [^cover]: [Cover and Thomas 2006](bibliography.md#cover-2006),
#     chapter 2.
