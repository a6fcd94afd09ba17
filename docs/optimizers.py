# %% [markdown]
# # 6 · Optimizers
#
# *Which way, and how far?*
#
# After this chapter you can tell from a curvature at which learning rate
# a training blows up, and how fast; you can say of each common optimizer
# which fault of an earlier one it mends and which it keeps; and
# you will have read every line of `nn/optimizers.py`, `nn/schedules.py`
# and `nn/clipping.py`.

# %%
from math import cos, pi, sqrt
from types import SimpleNamespace

import numpy as np

from nn.clipping import clip_gradients
from nn.layers import Parameter
from nn.optimizers import SGD, AdaGrad, Adam, AdamW, RMSProp
from nn.schedules import (
    cosine,
    exponential_decay,
    one_cycle,
    step_decay,
)

# %%
from weave import DATA, GRADIENT, INK, VALUE
from weave import figure, show, subplots, table

# %% [markdown]
# ## A ravine
#
# The gradient says which way the loss rises fastest, so we step the other
# way. It does not say how far. In [chapter 2](layers.py#downhill) three
# guesses gave a slow run, a good one and one that first went up. To see
# why, we need a loss with as few parameters as can go wrong: two, which
# we call $\theta_1$ and $\theta_2$. ($\theta$, theta, is from here on any
# parameter; all letters: [notation](notation.md).) This loss is a ravine.
# Along $\theta_1$ it falls gently to its lowest point, at 0; across, along
# $\theta_2$, its walls are steep.
#
# $$
# \label{ravine: the ravine}
# L(\theta) = \tfrac12 \left(\kappa_1 \theta_1^2 + \kappa_2 \theta_2^2\right)
# $$
#
# with $\kappa_1 = 1$ and $\kappa_2 = 25$. The slope of
# $\tfrac12 \kappa\, \theta^2$ is $\kappa\, \theta$. So the gradient, and the
# rule that every network so far has learned by, are
#
# $$
# \label{gradient-descent: gradient descent}
# \begin{aligned}
# \underset{(2,)}{\grad{g}} &= \frac{\partial L}{\partial \theta} =
# \underset{(2,)}{\left(\kappa_1 \theta_1,\ \kappa_2 \theta_2\right)} \\[1ex]
# \underset{(2,)}{\theta} &\leftarrow
# \underset{(2,)}{\theta} - \eta\, \underset{(2,)}{\grad{g}}
# \end{aligned}
# $$
#
# The arrow says that the left side becomes the right. The number $\kappa$
# says how fast the slope itself changes: it is the *curvature*. $\eta$ is
# the *learning rate*, and the rule is *gradient descent*.

# %%
kappa = np.array([1.0, 25.0])


def loss(theta):                      # (..., 2) -> (...)
    return 0.5 * np.sum(kappa * theta**2, axis=-1)


def slope(theta):                     # (..., 2) -> (..., 2)
    return kappa * theta


def descend(lr, steps, start=(-9.0, 2.0)):
    path = [np.array(start)]
    for _ in range(steps):
        path.append(path[-1] - lr * slope(path[-1]))
    return np.array(path)             # (steps + 1, 2)


h, start = 1e-5, np.array([-9.0, 2.0])
nudged = [(loss(start + nudge) - loss(start - nudge)) / (2 * h)
          for nudge in h * np.eye(2)]
print("gradient", slope(start))
print("from nudging", abs(slope(start) - nudged).max())

# %% [markdown]
# The gradient is right. Now walk, at three rates.

# %% tags=["hide"]
assert abs(slope(start) - nudged).max() < 1e-6
LEVELS = [0.15, 1, 3, 8, 18, 35, 60, 90, 130]


def terrain(ax, height=loss, levels=LEVELS):
    """The ravine from above: lines of equal loss."""
    across, along = np.linspace(-2.6, 2.6, 90), np.linspace(-10, 4, 140)
    grid = np.stack(np.meshgrid(along, across), axis=-1)
    ax.contour(along, across, height(grid), levels=levels, colors=VALUE,
               linewidths=0.4)
    ax.set(xlim=(-10, 4), ylim=(-2.6, 2.6), xticks=[-8, -4, 0, 4],
           yticks=[-2, 0, 2])


def draw(ax, path, title, height=loss, levels=LEVELS):
    terrain(ax, height, levels)
    ax.plot(*path.T, "-o", color=INK, linewidth=0.9, markersize=2)
    ax.plot(0, 0, "+", color=GRADIENT, markersize=9)
    ax.set_title(title, fontsize=9)


def label(axes, across=r"$\theta_2$", along=r"$\theta_1$"):
    for ax in axes[-1]:
        ax.set_xlabel(along)
    for ax in axes[:, 0]:
        ax.set_ylabel(across)


fig, axes = subplots(3, 1, figsize=(5.4, 4.8), sharex=True)
for ax, (rate, steps) in zip(axes, [(0.01, 40), (0.075, 40), (0.081, 18)]):
    draw(ax, descend(rate, steps), rf"$\eta = {rate}$, {steps} steps")
    ax.set_ylabel(r"$\theta_2$")
axes[-1].set_xlabel(r"$\theta_1$")
figure(
    fig,
    "rates",
    alt="Three maps of an elongated valley seen from above, each with a "
    "path from the upper left. At the smallest rate the path drops to the "
    "valley floor and has covered only a third of the way along it. At "
    "the middle rate it bounces from wall to wall, less and less, and "
    "arrives. At the largest rate each bounce is wider than the last.",
    caption="Gradient descent in the ravine. Blue: lines of equal loss. "
    "The cross is the lowest point.",
)

# %% [markdown]
# In [](#fig-rates) the small rate crawls along the floor. The middle one
# zigzags: it spends its steps on jumping across. The large one climbs the
# walls. No rate is good, because the floor asks for long steps and the walls
# for short.
#
# ## How far is too far
#
# Put $g = \kappa\, \theta$ into [](#eq-gradient-descent), for one of the
# two numbers:
#
# $$
# \label{shrink-factor: what a step multiplies by}
# \theta_k \leftarrow \theta_k - \eta\, \kappa_k \theta_k
# = (1 - \eta\, \kappa_k)\, \theta_k
# $$
#
# Each step multiplies $\theta_k$ by $1 - \eta \kappa_k$, whatever the
# other number does. While this factor is between 0 and 1, $\theta_k$
# shrinks. Below 0, $\theta_k$ changes sides at every step: the zigzag.
# Below $-1$ it changes sides and grows. At least one of the numbers does
# so exactly when
#
# $$
# \label{too-far: the rate at which steps diverge}
# \eta > \frac{2}{\kappa_\text{max}}
# $$
#
# with $\kappa_\text{max}$ the largest curvature.[^lecun] Here that is
# $2 / 25 = 0.08$. So [](#eq-too-far) predicts: just below it, at `0.079`, the
# steep number
# shrinks to $|1 - 0.079 \cdot 25| = 0.975$ of itself a step; at `0.081`
# it grows by $1.025$. And then look:

# %%
for rate in (0.079, 0.08, 0.081):
    path = descend(rate, 200)
    seen = abs(path[[0, 50, 100, 150, 200], 1])
    foretold = abs(1 - rate * 25) ** 200 * seen[0]
    print(rate, seen.round(4), "foretold:", round(foretold, 4))

# %% tags=["check"]
assert np.isclose(foretold, seen[-1], rtol=1e-9) and seen[-1] > 200
assert abs(descend(0.079, 200)[-1, 1]) < 0.02

# %% [markdown]
# On the boundary $\theta_2$ jumps between $2$ and $-2$ for ever. A
# hair's breadth above, it is at {{ seen[-1]:.0f }} after two hundred
# steps, and nothing but the rate was different.
#
# What is the best rate? The slower of the two directions decides. Raise
# $\eta$, and the gentle direction gets faster; the steep one, past
# $1 / \kappa_\text{max}$, gets worse. The best is where their factors have
# the same size, one positive, one negative:
#
# $$
# \label{best-rate: the best rate}
# 1 - \eta\, \kappa_\text{min} = -(1 - \eta\, \kappa_\text{max})
# \quad\Longrightarrow\quad
# \eta = \frac{2}{\kappa_\text{min} + \kappa_\text{max}}
# $$
#
# and with it the factor a step is
#
# $$
# 1 - \eta\, \kappa_\text{min} =
# \frac{\kappa_\text{max} - \kappa_\text{min}}
# {\kappa_\text{max} + \kappa_\text{min}}
# $$

# %% tags=["hide"]
best = 2 / kappa.sum()
fastest = (kappa[1] - kappa[0]) / kappa.sum()
grid = np.linspace(0.001, 0.084, 400)
tried = np.array([0.005, 0.015, 0.03, 0.045, 0.06, 0.07, best, 0.0785,
                  0.08, 0.082])
measured = []
for rate in tried:
    sizes = np.linalg.norm(descend(rate, 400), axis=1)
    measured.append((sizes[-1] / sizes[200]) ** (1 / 200))
theory = np.max(abs(1 - np.outer(tried, kappa)), axis=1)
assert np.allclose(measured, theory, rtol=2e-3)
under, over = (max(abs(1 - share * best * kappa)) for share in (0.9, 1.1))
assert under < 0.94 and over > 1.1
assert abs(fastest - max(abs(1 - best * kappa))) < 1e-9
fig, ax = subplots(figsize=(5.4, 2.7))
for k, style in zip((0, 1), ("--", ":")):
    ax.plot(grid, abs(1 - grid * kappa[k]), style, color=INK,
            label=rf"$|1 - \eta\,\kappa_{k + 1}|$")
ax.plot(tried, measured, "o", color=VALUE, markersize=5, label="measured")
ax.axhline(1, color=DATA, linewidth=0.8)
ax.set(xlabel=r"learning rate $\eta$", ylabel="factor a step",
       ylim=(0.6, 1.08))
ax.legend(loc="lower center")
figure(
    fig,
    "factor",
    alt="A falling dashed line and a V-shaped dotted line against the "
    "learning rate. Ten measured points lie on whichever is higher: they "
    "sink slowly, turn where the lines cross, and rise steeply through 1.",
    caption="How $|\\theta|$ changes a step, foretold and measured. Below "
    "the grey line it shrinks.",
)

# %% [markdown]
# Even the best rate, {{ best:.4f }}, shrinks $\theta$ only to
# {{ fastest:.3f }} of itself a step ([](#fig-factor)). What counts is the
# ratio $\kappa_\text{max} / \kappa_\text{min}$, the *condition number*.
# And mind the shape. A tenth under the best rate the factor is
# {{ under:.3f }}, and little is lost; a tenth over it is {{ over:.3f }},
# and everything is.
#
# A network's loss is no ravine of two numbers. But close to any point a
# smooth loss looks like a tilted ravine in more dimensions. There are as
# many perpendicular directions as parameters, each with a curvature of its
# own.[^hessian] The largest one sets the limit. [Exercise
# 6.6](#exercise-66-how-curved-is-it) measures it.
#
# ## What all optimizers share
#
# An optimizer holds the parameters, and writes into their `value` what
# its rule makes of their `grad`.
#
# [^hessian]: We take this on trust. A negative one bends down, as on a
#     hilltop. Together they are called the eigenvalues of the *Hessian*, the
#     table of second derivatives.

# %%
show("optimizers:")
show("optimizers:Optimizer.")

# %% [markdown]
# `dataclass` makes every name with a type a setting, and writes an
# `__init__` that stores them, then calls `__post_init__`. Settings after
# `KW_ONLY` must be named: `AdaGrad(params, 0.1, weight_decay=0.01)`.
# [`memory`](#/memory = 0), without a type, stays a constant of the class.
# (`eq=False, repr=False`: no methods for comparing and printing.)
#
# `lr` is $\eta$, an ordinary attribute: it may be set between two steps.
# `weight_decay`, $\lambda$, is for those who want small weights. They add
# $\tfrac{\lambda}{2}\,\theta^2$ to the loss for each parameter, and its
# slope [to the gradient](#/weight_decay * p.value):
#
# $$
# \label{sgd-decay: SGD with weight decay}
# \begin{aligned}
# \theta &\leftarrow \theta - \eta\,(\grad{g} + \lambda\, \theta) \\
# &= (1 - \eta \lambda)\, \theta - \eta\, \grad{g}
# \end{aligned}
# $$
#
# Every step first takes away the same share of each weight. That is
# *weight decay*; [chapter 13](generalization.py) asks what small weights
# are good for.

# %%
show("optimizers:Optimizer.__post_init__")
show("optimizers:Optimizer.step")
show("optimizers:Optimizer._gradient")
show("optimizers:Optimizer._update")

# %% [markdown]
# `__post_init__` looks at the arguments (`vars(self)` holds all settings,
# a subclass's too) and makes, for each parameter, a scratch array and
# [`memory` more](#/count = 1 + self.memory), for what the rule must
# remember. All rules work number by number, so all arrays have the shape of
# their parameter. `_update`, which gets them as `arrays`, scratch first, is
# the rule: all that the classes below have to bring.
#
# ## Momentum
#
# Look at the zigzag again, through its gradients. Across the ravine they
# change sign at every step. Along it they always agree. So do not follow
# the last gradient; follow a running total of all gradients, in which old
# ones fade. What alternates cancels, what agrees adds up:
#
# $$
# \label{momentum: momentum}
# m \leftarrow \beta\, m + \grad{g}, \qquad
# \theta \leftarrow \theta - \eta\, m
# $$
#
# This is *momentum*, by Polyak.[^polyak] $\beta$, between 0 and 1, is the
# share that survives a step.[^velocity] How long does $m$ get? Suppose $g$ is
# always 1, or always 1 and $-1$ in turn. Then in the long run $m$ is
#
# $$
# \label{memory-length: how long the memory gets}
# \begin{aligned}
# 1 + \beta + \beta^2 + \beta^3 + \dots &= \frac{1}{1 - \beta}
# && \text{if they agree,} \\[1ex]
# \pm\,(1 - \beta + \beta^2 - \beta^3 + \dots) &= \pm\frac{1}{1 + \beta}
# && \text{if they alternate.}
# \end{aligned}
# $$
#
# With $\beta = 0.9$ the first of [](#eq-memory-length) is
# {{ 1 / (1 - 0.9):.0f }}, the second
# {{ 1 / (1 + 0.9):.2f }}. The floor gets steps ten times as long, and the
# walls half. Now the ravine:
#
# [^velocity]: Many books write $v$, for velocity; here $v$ will be a memory
#     of squares.

# %%
def walk(optimizer, steps, start=(-9.0, 2.0), slope=slope, jolt=1,
         **settings):
    p = Parameter(np.array(start))
    rule = optimizer([p], **settings)
    path = [p.value.copy()]
    for s in range(steps):
        p.grad[...] = slope(p.value)
        if s == 0:
            p.grad *= jolt            # a first gradient made larger
        rule.step()
        path.append(p.value.copy())
    return np.array(path)


def steps_needed(path, goal=1e-3, height=loss):
    """The step after which the loss stays below the goal."""
    above = np.flatnonzero(height(path) >= goal)
    return int(above[-1]) + 1 if above[-1] + 1 < len(path) else None


plain = steps_needed(walk(SGD, 500, lr=best))
print("descent:", plain)
heavy = {}
for rate in (0.01, 0.02, 0.04, 0.08):
    path = walk(SGD, 500, lr=rate, momentum=0.9)
    heavy[rate] = steps_needed(path)
print("momentum:", heavy)

# %% tags=["hide"]
b25 = ((sqrt(25) - 1) / (sqrt(25) + 1)) ** 2
polyak = steps_needed(walk(SGD, 500, lr=(2 / 6) ** 2, momentum=b25))
covers = ((1 + sqrt(0.9)) / (1 - sqrt(0.9))) ** 2
assert min(heavy.values()) > plain > 2 * polyak
assert max(heavy.values()) < 1.1 * min(heavy.values())
assert 1400 < covers < 1500


def pair(runs, name, alt, caption):
    fig, axes = subplots(2, 1, figsize=(5.4, 3.3), sharex=True,
                         squeeze=False)
    for ax, (title, settings) in zip(axes.flat, runs):
        draw(ax, walk(SGD, 40, **settings), title)
    label(axes)
    figure(fig, name, alt=alt, caption=caption)


pair(
    [(r"descent, $\eta = 0.077$", {"lr": best}),
     (r"momentum, $\eta = 0.02$", {"lr": 0.02, "momentum": 0.9})],
    "momentum",
    "Two paths over the same contour lines. Descent zigzags all the way. "
    "Momentum swings widely across the floor and runs past the goal.",
    "Forty steps each; $\\beta = 0.9$.",
)

# %% [markdown]
# No gain. Descent at the rate of [](#eq-best-rate) needs {{ plain }} steps to
# bring the loss under $0.001$, momentum {{ min(heavy.values()) }} or more.
# [](#fig-momentum) shows why: the walls are tamed, but what has gathered
# speed runs past the goal, turns, and swings. And the count is nearly the
# same over a factor of eight in the rate. That is no accident.
#
# ??? note "Why: momentum shrinks everything alike"
#
#     For one number, $\theta_s$ after step $s$: put
#     $m_s = (\theta_{s-1} - \theta_s) / \eta$ from the second rule of
#     [](#eq-momentum) into the first, with $g = \kappa\, \theta$:
#
#     $$
#     \label{heavy-ball: momentum without its memory}
#     \theta_{s+1} = (1 + \beta - \eta \kappa)\, \theta_s - \beta\, \theta_{s-1}
#     $$
#
#     Try $\theta_s = q^s$ in [](#eq-heavy-ball): it fits if
#     $q^2 - (1 + \beta - \eta \kappa)\, q + \beta = 0$. From school: the
#     two roots of a quadratic multiply to its last number, here $\beta$.
#     Where it has no real roots, the two are complex, mirror images of the
#     same length, and so that length is $\sqrt{\beta}$: neither $\eta$ nor
#     $\kappa$ is in it. That is so where
#     $(1 + \beta - \eta \kappa)^2 < 4 \beta$, or
#     $1 - \sqrt{\beta} < \sqrt{\eta \kappa} < 1 + \sqrt{\beta}$.
#
#     Fastest is the smallest $\beta$ for which all curvatures fit into
#     that window. (That none outside it does better, we take from
#     Polyak.) Then both ends touch:
#
#     $$
#     1 - \sqrt{\beta} = \sqrt{\eta\, \kappa_\text{min}}, \qquad
#     1 + \sqrt{\beta} = \sqrt{\eta\, \kappa_\text{max}}
#     $$
#
#     Their sum gives $\eta$, and then their difference $\sqrt{\beta}$:
#
#     $$
#     \eta = \left(\frac{2}{\sqrt{\kappa_\text{max}} +
#     \sqrt{\kappa_\text{min}}}\right)^2, \qquad
#     \sqrt{\beta} = \frac{\sqrt{\kappa_\text{max}} - \sqrt{\kappa_\text{min}}}
#     {\sqrt{\kappa_\text{max}} + \sqrt{\kappa_\text{min}}}
#     $$
#
#     At the ends the two roots are one, and $\theta_s$ shrinks a little
#     more slowly, like $s\, q^s$.
#
# As long as $\eta$ is neither tiny nor too large, momentum in the long
# run shrinks all directions by the same factor a step, $\sqrt{\beta}$.
# With $\beta = 0.9$ that is {{ sqrt(0.9):.3f }}. The window in the fold
# then has room for condition numbers up to
# $(1 + \sqrt{\beta})^2 / (1 - \sqrt{\beta})^2$, or {{ covers:,.0f }}.
# For our mild ravine the best is $\beta = (4/6)^2$ with
# $\eta = (2/6)^2$. With the best settings for each:

# %% tags=["hide"]
rows, gain = [], {}
for ratio in (25, 100, 1000, 10000):
    curved = np.array([1.0, ratio])
    slow = (ratio - 1) / (ratio + 1)
    quick = (sqrt(ratio) - 1) / (sqrt(ratio) + 1)
    long, short = (
        steps_needed(walk(SGD, limit, slope=curved.__mul__, **kw),
                     height=lambda at, by=curved: 0.5 * at**2 @ by)
        for limit, kw in (
            (6 * ratio, {"lr": 2 / (1 + ratio)}),
            (2000, {"lr": 4 / (1 + sqrt(ratio))**2, "momentum": quick**2}),
        ))
    gain[ratio] = long / short
    rows.append([f"{ratio:,}", slow, long, quick, short])
assert (rows[0][2], rows[0][4]) == (plain, polyak)
table(
    rows,
    header=["$\\kappa_\\text{max} / \\kappa_\\text{min}$", "descent: "
            "factor", "steps", "momentum: factor", "steps"],
    caption="The best factor a step, by the formulas; and the steps that "
    "it took to bring the loss under $0.001$ from the same start.",
    name="condition",
    align="rrrrr",
    formats=["", ".4f", ",.0f", ".4f", ",.0f"],
)

# %% [markdown]
# Momentum puts the square root of the condition number in its place
# ([](#tab-condition)). Our ravine then takes {{ gain[25]:.0f }} times fewer
# steps, the narrowest {{ gain[10000]:.0f }} times fewer. What gained nothing
# was $\beta = 0.9$.
#
# ## Look ahead
#
# Momentum overshoots because it learns too late that the ground rises. We
# know where $m$ will carry us: to $\theta - \eta \beta m$, even before the
# next gradient. So ask for the gradient *there*. That is the idea of
# Nesterov,[^nesterov] in the form that came to neural
# networks:[^sutskever]
#
# $$
# \label{nesterov: Nesterov's step}
# m' = \beta\, m + \grad{g}(\theta - \eta \beta m), \qquad
# \theta' = \theta - \eta\, m'
# $$
#
# (A prime marks the value after the step.) A nuisance: the network must be run
# at a place where its weights are not. So store the place ahead,
# $\hat\theta = \theta - \eta \beta m$, and call *that* the parameter. One step
# moves it to
#
# $$
# \label{nesterov-ahead: Nesterov's step from the place ahead}
# \begin{aligned}
# \hat\theta' &= \theta' - \eta \beta\, m' \\
# &= \theta - \eta\, m' - \eta \beta\, m'
# && \text{the rule for } \theta' \\
# &= \hat\theta + \eta \beta\, m - \eta\, m' - \eta \beta\, m'
# && \theta = \hat\theta + \eta \beta\, m \\
# &= \hat\theta - \eta\,(\grad{g} + \beta\, m')
# && \beta\, m = m' - \grad{g}
# \end{aligned}
# $$
#
# with $g$ taken at $\hat\theta$, where the parameter now is.
# [](#eq-nesterov-ahead) is
# PyTorch's form, and ours. Plain, with momentum or looking ahead, `SGD` is
# one class.[^stochastic]
#
# [^stochastic]: The S is for *stochastic*: the gradient may come from a
#     random part of the data. More on that under [noise](#noise).

# %%
show("optimizers:SGD.")
show("optimizers:SGD.__post_init__")
show("optimizers:SGD._update")

# %% [markdown]
# `value -= lr * m` would make a new array at each step;
# [`out=scratch`](#/self.lr, out=scratch) writes into one that is there. The
# line [`g = …`](#/g = g + self) leaves the parameter's `grad` alone.
#
# Both forms of Nesterov must visit the same places. The first in five
# lines, the second by `nn`:

# %%
theta, m, ahead = start, np.zeros(2), []
for _ in range(60):
    ahead.append(theta - 0.02 * 0.9 * m)
    m = 0.9 * m + slope(ahead[-1])
    theta = theta - 0.02 * m

path = walk(SGD, 59, lr=0.02, momentum=0.9, nesterov=True)
print("furthest apart:", abs(path - ahead).max())
for rate in (0.01, 0.02, 0.04, 0.05):
    path = walk(SGD, 500, lr=rate, momentum=0.9, nesterov=True)
    print(rate, steps_needed(path))

# %% tags=["hide"]
assert np.allclose(walk(SGD, 59, lr=0.02, momentum=0.9, nesterov=True),
                   ahead, rtol=0, atol=1e-13)
looking = steps_needed(path)
assert looking < plain < min(heavy.values())


def edge(**settings):
    """The largest lr * curvature at which momentum still shrinks."""
    curvature = np.linspace(1, 4, 3001)
    p = Parameter(np.ones(3001))
    rule = SGD([p], lr=1, momentum=0.9, **settings)
    for _ in range(500):
        p.grad[...] = curvature * p.value.clip(-1e9, 1e9)
        rule.step()
    return curvature[abs(p.value) < 1].max()


edges = edge(), edge(nesterov=True)
assert abs(edges[0] - 2 * (1 + 0.9)) < 0.02 and edges[1] < edges[0] / 2
pair(
    [(r"Nesterov, $\beta = 0.9$, $\eta = 0.02$",
      {"lr": 0.02, "momentum": 0.9, "nesterov": True}),
     (r"momentum, best $\beta$ and $\eta$",
      {"lr": (2 / 6) ** 2, "momentum": b25})],
    "ahead",
    "Two more paths. Nesterov's settles on the floor at once and runs only "
    "a little past the goal. Momentum with the best settings leaves the "
    "map with its first moves, comes back and arrives soon.",
    "Forty steps each. The lower path leaves the map at first.",
)

# %% [markdown]
# At $\eta = 0.05$ Nesterov needs {{ looking }} steps where descent needed
# {{ plain }} and momentum {{ min(heavy.values()) }} or more
# ([](#fig-ahead)). The gradient ahead is
# $\kappa\, \theta - \eta \kappa \beta m$. Its second part brakes, and most
# where the walls are steep. Brakes have a
# price: momentum bears $\eta\kappa$ up to {{ edges[0]:.2f }}, Nesterov up
# to {{ edges[1]:.2f }}, both measured.
# [Exercise 6.3](#exercise-63-the-price-of-looking-ahead) asks for
# formulas.
#
# Each rule, here [](#eq-momentum) and [](#eq-nesterov), is checked as well
# against its formula with plain numbers:
# how far apart do the two come in 200 steps with random gradients?

# %%
def distance(formula, optimizer, **settings):
    p = Parameter(np.array([1.0]))
    rule = optimizer([p], lr=0.1, **settings)
    now = SimpleNamespace(theta=1.0, m=0.0, v=0.0)
    gradients = np.random.default_rng(0).normal(size=200)
    apart = 0.0
    for s, g in enumerate(gradients, 1):
        now.theta -= 0.1 * formula(g, s, now)
        p.grad[:] = g
        rule.step()
        apart = max(apart, abs(p.value.item() - now.theta))
    return apart


def momentum(g, s, now):
    now.m = 0.9 * now.m + g
    return now.m


def nesterov(g, s, now):
    now.m = 0.9 * now.m + g
    return g + 0.9 * now.m


def decay(g, s, now):
    return g + 0.5 * now.theta


checks = {
    "momentum": distance(momentum, SGD, momentum=0.9),
    "Nesterov": distance(nesterov, SGD, momentum=0.9, nesterov=True),
    "decay": distance(decay, SGD, weight_decay=0.5),
}
print(checks)

# %% tags=["check"]
assert max(checks.values()) < 1e-13

# %% [markdown]
# ## A rate for every number
#
# Momentum still has one rate for all. The ravine would be easy with two:
# a small one across, where gradients are large, and a large one along.
# *AdaGrad*[^duchi] adds up the squares of all gradients that a number has
# seen, and divides by the root of the sum:
#
# $$
# \label{adagrad: AdaGrad}
# v \leftarrow v + \grad{g}^2, \qquad
# \theta \leftarrow \theta - \eta\, \frac{\grad{g}}{\sqrt{v} + \varepsilon}
# $$
#
# The [tiny $\varepsilon$](#optimizers:AdaGrad._update/self.eps) keeps
# $0 / 0$ away. In the ravine this is the cure. With $g = \kappa\, \theta$,
# and $\theta_r$ its place at step
# $r$,
#
# $$
# \frac{\grad{g}}{\sqrt{v}} =
# \frac{\kappa\, \theta}{\sqrt{\sum_r \kappa^2 \theta_r^2}} =
# \frac{\theta}{\sqrt{\sum_r \theta_r^2}}
# $$
#
# and the curvature is gone. Walls and floor look alike.

# %%
show("optimizers:AdaGrad.")
show("optimizers:AdaGrad._remember")
show("optimizers:AdaGrad._update")

# %%
def adagrad(g, s, now):
    now.v += g**2
    return g / (sqrt(now.v) + 1e-10)


checks["AdaGrad"] = distance(adagrad, AdaGrad)
bold = walk(AdaGrad, 1000, lr=5)
print("apart:", checks["AdaGrad"], "steps:", steps_needed(bold))

# %% [markdown]
# A bold rate, $\eta = 5$, is there in {{ steps_needed(bold) }} steps,
# fewer than any rule before. Now the fault. Walk twice at a modest rate,
# $0.5$; the second time, the very first gradient is a hundred times too
# large, as after one bad example.

# %%
clean = walk(AdaGrad, 400, lr=0.5)
spoilt = walk(AdaGrad, 400, lr=0.5, jolt=100)

# %% tags=["hide"]
assert checks["AdaGrad"] < 1e-13 and steps_needed(bold) < 20
squares = slope(clean[:-1]) ** 2
spoilt_squares = slope(spoilt[:-1]) ** 2
spoilt_squares[0] *= 100**2
rates, spoilt_rates = (0.5 / np.sqrt(np.cumsum(each, axis=0))[:, 0]
                       for each in (squares, spoilt_squares))
at = [1, 10, 100, 400]
table(
    [[f"{s:,}", rates[s - 1], loss(clean[s]), spoilt_rates[s - 1],
      loss(spoilt[s])] for s in at],
    header=["step", "rate along", "loss", "rate, spoilt", "loss, spoilt"],
    caption="AdaGrad with `lr=0.5`. The rate along the floor is "
    "$\\eta / \\sqrt{v}$, what multiplies $g$.",
    name="adagrad",
    align="rrrrr",
    formats=["", ".4f", ".2g", ".5f", ".2g"],
)
assert loss(spoilt[-1]) > 20 and loss(clean[-1]) < 0.01

# %% [markdown]
# $v$ only grows, so the rates only fall ([](#tab-adagrad)). The clean walk
# gets near all the same. But the bad gradient is never forgotten: after 400
# steps the second walk has a loss of {{ loss(spoilt[-1]):.0f }}, the first
# one of {{ loss(clean[-1]):.3f }}.
#
# ## Forget
#
# So let old squares fade, as old gradients do in momentum. *RMSProp*
# keeps a running mean instead of a sum. It was published on a slide of a
# lecture:[^tieleman]
#
# $$
# \label{rmsprop: RMSProp}
# v \leftarrow \alpha\, v + (1 - \alpha)\, \grad{g}^2, \qquad
# \theta \leftarrow \theta - \eta\, \frac{\grad{g}}{\sqrt{v} + \varepsilon}
# $$
#
# To get [](#eq-rmsprop) from [](#eq-adagrad), [one
# method](#/v *= self.alpha) changes.

# %%
show("optimizers:RMSProp.")
show("optimizers:RMSProp.__post_init__")
show("optimizers:RMSProp._remember")

# %%
def rmsprop(g, s, now):
    now.v = 0.9 * now.v + 0.1 * g**2
    return g / (sqrt(now.v) + 1e-8)


checks["RMSProp"] = distance(rmsprop, RMSProp, alpha=0.9)
print("apart:", checks["RMSProp"])
clean = walk(RMSProp, 1000, lr=0.1, alpha=0.9)
fade = walk(RMSProp, 1000, lr=0.1, alpha=0.9, jolt=100)
for s in (1, 999, 1000):
    print(s, fade[s])

# %% tags=["hide"]
assert checks["RMSProp"] < 1e-13
first_move = abs(fade[1] - fade[0]).max()
dance = loss(fade[500:])
assert dance.min() > 1e-3 and abs(np.diff(fade[500:], axis=0)).min() > 0.05
moves = np.sqrt(np.mean(np.diff(fade[500:], axis=0) ** 2))
table(
    [[f"{s:,}", loss(clean[s]), loss(fade[s])]
     for s in (1, 10, 100, 200, 1000)],
    header=["step", "loss", "loss, spoilt"],
    caption="RMSProp with `lr=0.1` and `alpha=0.9`; in the last column "
    "the first gradient is a hundred times too large.",
    name="rmsprop",
    align="rrr",
    formats=["", ".2g", ".2g"],
)
assert loss(fade[100]) > 50 * loss(clean[100])
assert max(loss(fade[200:]).max(), loss(clean[200:]).max()) < 0.1
assert 0.9**100 * 100**2 < 1
assert abs(first_move - sqrt(0.1)) < 0.01 and 0.08 < moves < 0.12

# %% [markdown]
# (The first step is {{ first_move:.2f }}, not $0.1$: $v$ holds a tenth of
# the first square. Adam will mend that.) The bad square is ten thousand
# times too large. After a hundred steps $0.9^{100}$ of it is left,
# {{ 0.9**100 * 100**2:.1f }} of a right one; by step 200 the spoilt walk
# has caught up ([](#tab-rmsprop)). (The default $\alpha = 0.99$ keeps
# {{ 0.99**100:.0% }}.) The rate no longer dies. Now it does not even rest.
# Near the goal gradients are small, their running mean is too, and the
# quotient stays. From step 500 to 1,000 each number still moves by
# {{ moves:.2f }} at every step: it jumps over the goal, back and forth. A
# rule that divides by the size of the latest gradients cannot slow down by
# itself. (The cure comes with the [schedules](#noise).)
#
# ## Adam
#
# *Adam*[^kingma] puts the two memories together: momentum's, now as a
# running mean too, over RMSProp's.
#
# $$
# \label{adam-uncorrected: Adam before its correction}
# \begin{aligned}
# m &\leftarrow \beta_1 m + (1 - \beta_1)\, \grad{g} \\
# v &\leftarrow \beta_2 v + (1 - \beta_2)\, \grad{g}^2 \\
# \theta &\leftarrow \theta - \eta\, \frac{m}{\sqrt{v} + \varepsilon}
# && \text{(not yet)}
# \end{aligned}
# $$
#
# The usual settings are $\beta_1 = 0.9$ and $\beta_2 = 0.999$. Take
# these, and a gradient that is 1 at every step, so that a step should
# have the length $\eta$:

# %%
m = v = 0.0
lengths = []
for s in range(1, 1001):
    m = 0.9 * m + 0.1 * 1
    v = 0.999 * v + 0.001 * 1**2
    lengths.append(m / sqrt(v))
print([(s, round(lengths[s - 1], 2)) for s in (1, 2, 5, 12, 100, 1000)])

# %% tags=["hide"]
longest = int(np.argmax(lengths)) + 1
assert max(lengths) > 6 and lengths[0] > 3 and 11 <= longest <= 13

# %% [markdown]
# The first step is {{ lengths[0]:.1f }} times too long, step
# {{ longest }} even {{ max(lengths):.1f }} times, and after a thousand it
# is still not right. The two memories begin at 0 and fill at different
# speeds. How full are they after $s$ steps? Unroll $m$ of
# [](#eq-adam-uncorrected):
#
# $$
# m_s = (1 - \beta_1) \sum_{r=1}^{s} \beta_1^{\,s - r}\, \grad{g_r}
# $$
#
# If the gradients have all the same mean, $\operatorname{E}(g)$, the sum
# of the weights is what stands before it, and by the formula for a
# geometric series
#
# $$
# \label{adam-bias: how full the memory is}
# \operatorname{E}(m_s) = (1 - \beta_1)\,
# \frac{1 - \beta_1^{\,s}}{1 - \beta_1}\, \operatorname{E}(\grad{g})
# = (1 - \beta_1^{\,s})\, \operatorname{E}(\grad{g})
# $$
#
# By [](#eq-adam-bias), $m_s$ is, on average, too small by a known factor, and
# $v_s$ by
# $1 - \beta_2^{\,s}$. Divide by them. This is the *bias correction*, and
# with it Adam is complete:
#
# $$
# \label{adam: Adam}
# \begin{gathered}
# \hat m = \frac{m}{1 - \beta_1^{\,s}}, \qquad
# \hat v = \frac{v}{1 - \beta_2^{\,s}} \\[1ex]
# \theta \leftarrow \theta - \eta\, \frac{\hat m}{\sqrt{\hat v} + \varepsilon}
# \end{gathered}
# $$
#
# Both divisors are single numbers, so two arrays can be saved. With
# $c_1 = 1 - \beta_1^{\,s}$ and $c_2 = 1 - \beta_2^{\,s}$, multiply above
# and below by $\sqrt{c_2}$:
#
# $$
# \label{adam-folded: Adam with its constants folded}
# \eta\, \frac{m / c_1}{\sqrt{v / c_2} + \varepsilon} =
# \frac{\eta \sqrt{c_2}}{c_1} \cdot
# \frac{m}{\sqrt{v} + \varepsilon \sqrt{c_2}}
# $$
#
# The [last lines](#/math.sqrt(c2) / c1) of the class are the right-hand
# side of [](#eq-adam-folded):

# %%
show("optimizers:Adam.")
show("optimizers:Adam.__post_init__")
show("optimizers:Adam._update")

# %%
def adam(g, s, now):
    now.m = 0.9 * now.m + 0.1 * g
    now.v = 0.999 * now.v + 0.001 * g**2
    m_hat = now.m / (1 - 0.9**s)
    v_hat = now.v / (1 - 0.999**s)
    return m_hat / (sqrt(v_hat) + 1e-3)


# A large eps: with a tiny one, an error in its place would not show.
checks["Adam"] = distance(adam, Adam, eps=1e-3)
print("apart:", checks["Adam"])
places = walk(Adam, 1000, slope=np.ones_like, lr=1e-3)[:, 0]
steady = places[:-1] - places[1:]      # the gradient is always 1
print("steps:", steady[[0, 1, 4, 11, 99, 999]])

# %% tags=["check"]
assert checks["Adam"] < 1e-13
assert np.allclose(steady, 1e-3, rtol=1e-4)

# %% tags=["hide"]
runs = [
    ("AdaGrad, $\\eta = 0.5$", AdaGrad, {"lr": 0.5}),
    ("AdaGrad, $\\eta = 5$", AdaGrad, {"lr": 5}),
    ("RMSProp, $\\eta = 0.3$, $\\alpha = 0.9$", RMSProp,
     {"lr": 0.3, "alpha": 0.9}),
    ("Adam, $\\eta = 0.3$", Adam, {"lr": 0.3}),
]
fig, axes = subplots(2, 2, figsize=(6.4, 3.4), sharex=True, sharey=True)
for ax, (name, rule, settings) in zip(axes.flat, runs):
    draw(ax, walk(rule, 40, **settings), name)
label(axes)
figure(
    fig,
    "adaptive",
    alt="Four paths over the same contour lines. AdaGrad with the small "
    "rate creeps and is little past half way. With the large rate its "
    "first step leaves the map, and it arrives a few steps later. RMSProp "
    "drops to the floor and runs along it with steps of equal length, "
    "then jumps around the goal. Adam runs "
    "straight to the floor, swings a little, and goes past the goal.",
    caption="Forty steps each, from the same place. In the first step of "
    "AdaGrad and of Adam both numbers move by $\\eta$, however steep "
    "their slopes.",
)

# %% [markdown]
# Now a constant gradient moves $\theta$ by $\eta$ from the first step to
# the last. While its gradients agree, a number moves by about $\eta$ a
# step, whatever their size. So Adam's rate is a
# distance in $\theta$, in whatever unit the loss is measured.
#
# But the ravine of [](#fig-adaptive) lay in a lucky position. Turn it by 45
# degrees: now both numbers have gradients of similar size, and a rate for each
# number has little to tell apart.

# %%
turn = np.array([[1.0, -1.0], [1.0, 1.0]]) / sqrt(2)


def turned_slope(theta):
    return slope(theta @ turn) @ turn.T


def turned_loss(theta):
    return loss(theta @ turn)


# %% tags=["hide"]
contest = [
    ("descent", SGD, {}, (best,)),
    ("momentum, best", SGD, {"momentum": b25}, ((2 / 6) ** 2,)),
    ("momentum, 0.9", SGD, {"momentum": 0.9}, (0.01, 0.02, 0.04, 0.08)),
    ("AdaGrad", AdaGrad, {}, (1, 2, 3, 5, 8, 20)),
    ("Adam", Adam, {}, (0.1, 0.2, 0.3, 0.5, 0.7)),
    ("Adam, $\\beta_1 = 0.5$", Adam, {"betas": (0.5, 0.999)},
     (0.1, 0.2, 0.3, 0.5, 0.7, 1)),
]
rows, lucky = [], {}
for name, rule, settings, tries in contest:
    straight, turned = (
        min((steps_needed(walk(rule, 600, lr=rate, **settings, **where),
                          height=height) or 601, rate) for rate in tries)
        for where, height in (
            ({}, loss),
            ({"start": turn @ start, "slope": turned_slope}, turned_loss)))
    lucky[name] = straight[0], turned[0]
    if len(tries) > 1:
        assert min(tries) <= straight[1] < max(tries)
        assert min(tries) <= turned[1] < max(tries)
    rows.append([name, f"`{straight[1]:.3g}`", straight[0],
                 f"`{turned[1]:.3g}`", turned[0]])
assert lucky["descent"][0] == lucky["descent"][1]
assert lucky["AdaGrad"][1] > 10 * lucky["AdaGrad"][0]
assert max(lucky["descent"]) < min(lucky["Adam"])
quicker = lucky["Adam, $\\beta_1 = 0.5$"]
assert 2 * quicker[0] < lucky["descent"][1] < quicker[1]
table(
    rows,
    header=["rule", "straight: $\\eta$", "steps", "turned: $\\eta$", "steps"],
    caption="Steps until the loss stays below $0.001$, in the ravine and in "
    "the same ravine turned by 45 degrees, at the best of a few rates: "
    + "; ".join(f"{name}: `{min(tries)}` to `{max(tries)}`"
                for name, *_, tries in contest if len(tries) > 1) + ".",
    name="turned",
    align="lrrrr",
)

# %% [markdown]
# Descent and momentum do not notice, says [](#tab-turned). AdaGrad needs
# {{ lucky["AdaGrad"][1] / lucky["AdaGrad"][0]:.0f }} times as many steps. Adam
# needs about as many as momentum with the same 0.9, either way: what the
# division gains, the long memory loses by swinging. With $\beta_1 = 0.5$ it
# needs {{ quicker[0] }}, and {{ quicker[1] }} in the turned ravine. Descent is
# faster there. Where the curvatures are known, as here, the best rate for
# descent can be computed, and Adam is not needed.
#
# And Adam need not arrive at all. Reddi, Kale and Kumar found
# gradients for which it walks the wrong way, and an error in the proof
# that it converges.[^reddi] Let the gradient be 3, then $-1$, then $-1$,
# and so on. It is positive on average, so $\theta$ should fall.

# %%
p = Parameter(np.array([0.0]))
rule = Adam([p], lr=0.01, betas=(0, 0.1))
for s in range(300):
    p.grad[:] = 3 if s % 3 == 0 else -1
    rule.step()
print("theta", p.value)

# %% tags=["check"]
assert p.value > 0.5
q = Parameter(np.array([0.0]))
usual = Adam([q], lr=0.01)
for s in range(300):
    q.grad[:] = 3 if s % 3 == 0 else -1
    usual.step()
assert q.value < -0.5

# %% [markdown]
# It rises: a short memory divides the rare large gradient by its own
# size, and counts it as one vote against two. With the usual
# $\beta_2 = 0.999$ this does no harm; but for every pair with
# $\beta_1 < \sqrt{\beta_2}$ they show a sequence that does.
# [Exercise 6.5](#exercise-65-never-forget-the-largest) has the repair.
#
# ## Weights that should shrink
#
# Weight decay ([](#eq-sgd-decay)) adds $\lambda\, \theta$ to the gradient.
# Under Adam, [](#eq-adam), the
# sum is then divided by $\sqrt{\hat v}$, and so is the decay in it. Give
# one row of weights noisy gradients of size 100 and another row gradients
# of size $0.01$, with no direction in them at all. Only the decay pulls.
# Both rows start at 1 and should sink alike.

# %%
def decayed(optimizer):
    rng = np.random.default_rng(0)
    p = Parameter(np.ones((2, 1000)))           # 1000 weights a row
    rule = optimizer([p], lr=1e-3, weight_decay=0.5)
    for _ in range(1000):
        p.grad[...] = rng.normal(size=(2, 1000)) * [[100], [0.01]]
        rule.step()
    return p.value.mean(axis=1)


print("Adam", decayed(Adam), "AdamW", decayed(AdamW))

# %% tags=["hide"]
coupled, decoupled = decayed(Adam), decayed(AdamW)
meant = (1 - 1e-3 * 0.5) ** 1000
assert coupled[0] > 0.98 and coupled[1] < 0.5
assert np.allclose(decoupled, meant, atol=0.01)

# %% [markdown]
# Under Adam the first row stays at {{ coupled[0]:.3f }}: weights with
# large gradients hardly decay. The second row sinks to
# {{ coupled[1]:.2f }}: there the decay is far larger than the gradient, and
# Adam makes of it steps of {{ 1 - coupled[1]:.2f }} $\eta$ on average. With
# plain SGD both would be at $(1 - \eta\lambda)^{1000}$, or {{ meant:.3f }}.
# Loshchilov and Hutter said what to do:[^loshchilov] let the decay be a
# decay. Take the share $\eta\lambda$ off first, and keep $\lambda$ out of
# $g$:
#
# $$
# \label{adamw: AdamW}
# \theta \leftarrow (1 - \eta \lambda)\, \theta
# - \eta\, \frac{\hat m}{\sqrt{\hat v} + \varepsilon}
# $$
#
# For [](#eq-adamw), `step` calls `_gradient` for each parameter before
# `_update`. So the share is [taken off there](#/p.value *= 1), and $g$ is
# handed on bare.

# %%
show("optimizers:AdamW.")
show("optimizers:AdamW._gradient")

# %%
def adamw(g, s, now):
    return 0.5 * now.theta + adam(g, s, now)


checks["AdamW"] = distance(adamw, AdamW, weight_decay=0.5, eps=1e-3)
print("apart:", checks["AdamW"])

# %% tags=["check"]
assert checks["AdamW"] < 1e-13

# %% [markdown]
# Both rows of AdamW's run end within {{ abs(decoupled - meant).max():.4f }}
# of {{ meant:.3f }}. In all {{ len(checks) }} checks by `distance`, formula
# and code are at most {{ max(checks.values()):.0e }} apart.
#
# ## Noise
#
# A network seldom sees its true gradient. It sees that of a few examples,
# chapter 7's mini-batch: the truth plus noise. So add to both slopes of
# the ravine random numbers of mean 0 and variance 1, new ones at each
# step. A thousand walkers at once, each with its own noise:

# %%
def crowd(optimizer, steps, schedule=None, start=(-9.0, 2.0), noise=1,
          **more):
    rng = np.random.default_rng(0)
    p = Parameter(np.tile(start, (1000, 1)))     # (1000, 2)
    rule = optimizer([p], **more)
    places = [p.value.copy()]
    for step in range(steps):
        if schedule is not None:
            rule.lr = schedule(step)
        random = rng.normal(size=(1000, 2))
        p.grad[...] = slope(p.value) + noise * random
        rule.step()
        places.append(p.value.copy())
    return np.array(places)                      # (steps + 1, 1000, 2)


for rate in (0.04, 0.02, 0.01):
    places = crowd(SGD, 1000, lr=rate)
    along = abs(places.mean(axis=1)[:, 0])       # of the mean walker
    spread = places[-1].var(axis=0)
    print(rate, "near after", np.argmax(along < 0.09), "steps;",
          "variance", spread)
    print("    foretold", rate / (kappa * (2 - rate * kappa)))

# %% tags=["check"]
assert np.allclose(
    spread, rate / (kappa * (2 - rate * kappa)), rtol=0.15)

# %% [markdown]
# They never arrive. (“Near” means: of its way along the floor the mean walker
# has a hundredth left, $0.09$.) They circle the bottom, at a distance that the
# rate decides. How far? Each step multiplies $\theta$ by $1 - \eta \kappa$
# ([](#eq-shrink-factor)) and adds $\eta$ times the noise. Variances of
# independent things add, so when the circling neither widens nor narrows,
#
# $$
# \label{circling: the variance at the bottom}
# \operatorname{Var}\theta = (1 - \eta\kappa)^2 \operatorname{Var}\theta + \eta^2
# \quad\Longrightarrow\quad
# \operatorname{Var}\theta = \frac{\eta}{\kappa\,(2 - \eta\kappa)}
# $$
#
# These are the numbers printed as foretold. Half the rate, at most half the
# variance, and twice the steps along the floor. One wants a large rate first
# and a small one at the end. Robbins and Monro proved how.[^robbins] The walk
# is sure to arrive if the sum of the rates is infinite, so that no goal is too
# far, and the sum of their squares, with which noise enters the variance, is
# finite.
#
# A *schedule* is a function from the step to the rate, steps counted from 0.
# Four are in common use ([](#fig-schedules)).[^conditions] Their `expect`
# lines refuse what makes no sense.
#
# [^conditions]: None fulfils both conditions: a real training ends.

# %%
show("schedules:")

# %% [markdown]
# **A stair**, [](#eq-stair): every so many steps, multiply by a factor.
# **Exponential decay**, [](#eq-exponential): multiply at each step. With
# $\eta$ the rate to begin with,
#
# $$
# \label{stair: a stair}
# \eta \cdot \text{factor}^{\lfloor \text{step} / \text{every} \rfloor}
# $$
#
# $$
# \label{exponential: exponential decay}
# \eta \cdot \text{factor}^{\text{step}}
# $$
#
# `_warm_up`, printed [below](#warm-up), adds nothing without a `warmup`:
# it checks, and follows its last argument.

# %%
show("schedules:step_decay")
show("schedules:exponential_decay")

# %% [markdown]
# **Half a cosine**[^cosine] stays high for long, falls, and levels out.
# From the angle 0 to $\pi$, $(1 + \cos)/2$ [eases from 1 to 0](#/math.cos),
# flat at both ends. From any first rate to any last:
#
# $$
# \label{cosine: half a cosine}
# \text{last} + (\text{first} - \text{last})\,
# \frac{1 + \cos(\pi \cdot \text{share})}{2}
# $$

# %%
show("schedules:_ease")
show("schedules:cosine")

# %% [markdown]
# **One cycle**[^onecycle] rises first, along one half cosine, and falls
# along another. The rise ends at step [`rise * steps - 1`](#/top, last =):
# with half of 10 steps, at step 4, the fifth. It is a warm-up itself;
# `_warm_up(lr, 0, …)` only checks the arguments.

# %%
show("schedules:one_cycle")

# %% tags=["hide"]
steps = 600
plans = [
    ("step_decay", step_decay(0.04, 150, 0.3),
     step_decay(0.04, 150, 0.3, warmup=60)),
    ("exponential_decay", exponential_decay(0.04, 0.994),
     exponential_decay(0.04, 0.994, warmup=60)),
    ("cosine", cosine(0.04, steps), cosine(0.04, steps, warmup=60)),
    ("one_cycle", one_cycle(0.04, steps), None),
]
assert cosine(1, 8)(3) == (1 + cos(pi * 3 / 8)) / 2
fig, axes = subplots(2, 2, figsize=(5.6, 3.3), sharex=True, sharey=True)
for ax, (name, cold, warm) in zip(axes.flat, plans):
    ax.plot([cold(step) for step in range(steps)], color=INK)
    if warm:
        ax.plot([warm(step) for step in range(steps)], "--", color=DATA)
    ax.set_title(name, fontsize=9)
    ax.set_ylim(0, 0.043)
label(axes, r"$\eta$", "step")
figure(
    fig,
    "schedules",
    alt="Four small curves of the learning rate over 600 steps: a stair "
    "with four treads, an exponential decay, half a cosine from the top "
    "to zero, and a rise followed by a longer fall. Dashed beside the "
    "first three, the same after a straight rise from zero.",
    caption="The four schedules; dashed, with 60 steps of warm-up.",
)

# %%
constant = loss(crowd(SGD, steps, lr=0.04)).mean(axis=1)
falling = {name: loss(crowd(SGD, steps, plan)).mean(axis=1)
           for name, plan, _ in plans}

# %% tags=["hide"]
floor = np.sum(0.04 / (2 - 0.04 * kappa)) / 2
assert abs(constant[-100:].mean() / floor - 1) < 0.05
ends = {name: curve[-1] for name, curve in falling.items()}
assert max(ends.values()) < floor / 5
assert min(ends, key=ends.get) == "exponential_decay"
assert max(ends, key=ends.get) == "one_cycle"
restless, rested = (
    loss(crowd(RMSProp, steps, plan, noise=0, lr=0.1, alpha=0.9)[-1]).mean()
    for plan in (None, cosine(0.1, steps)))
assert rested < 1e-9 and restless > 0.01
fig, ax = subplots(figsize=(5.6, 3))
ax.semilogy(constant, color=DATA, label="constant")
for (name, curve), style in zip(falling.items(), ("-", "--", ":", "-.")):
    ax.semilogy(curve, style, color=VALUE, label=name, linewidth=1.3)
ax.axhline(floor, color=INK, linewidth=0.7)
ax.set(xlabel="step", ylabel="mean loss")
ax.legend()
figure(
    fig,
    "floor",
    alt="The mean loss over 600 steps on a logarithmic axis. The constant "
    "rate reaches the level of the thin line and stays there. All four "
    "schedules end far below it.",
    caption="Noisy descent. The thin line is the floor that the formula "
    "foretells for $\\eta = 0.04$.",
)

# %% [markdown]
# In [](#fig-floor) the constant rate stops at its floor, {{ floor:.3f }} by
# [](#eq-circling) (the losses are $\tfrac12 \kappa \operatorname{Var}\theta$,
# added up). The schedules end between {{ min(ends.values()):.4f }}
# (`exponential_decay`) and {{ max(ends.values()):.4f }} (`one_cycle`).
# RMSProp, without noise as before, ends at {{ restless:.3f }} with
# $\eta = 0.1$, and at {{ rested:.0e }} with a cosine from $0.1$ to 0.
#
# ## Warm-up
#
# Adam divides by a running mean of squares. After one step that mean has
# seen one gradient, and $\hat m / \sqrt{\hat v}$ is $g / |g|$: a full step
# of length $\eta$ for every number, whether there is a reason to move or not.
# Put the walkers at the very bottom, where there is nothing but noise,
# and watch how long Adam's steps are, in units of $\eta$:

# %%
places = crowd(Adam, 300, start=(0.0, 0.0), lr=1e-4)
lengths = np.sqrt(np.mean(np.diff(places, axis=0) ** 2, axis=(1, 2)))
print((lengths / 1e-4)[[0, 1, 4, 19, 99, 299]])

# %% tags=["hide"]
settled = sqrt(0.1 / 1.9)
assert abs(lengths[-1] / 1e-4 - settled) < 0.03
harmless = loss(crowd(Adam, 300, start=(0.0, 0.0), lr=0.01)).mean(axis=1)
assert harmless[:50].max() < 1.1 * harmless[-50:].mean()

# %% [markdown]
# Later, $m$ averages noise away. Its gradients stand there with the
# weights $(1 - \beta_1)\, \beta_1^{\,r}$, and variances add with the squares
# of the weights ([](initializers.py#eq-variance-sum)):
#
# $$
# (1 - \beta_1)^2\,(1 + \beta_1^2 + \beta_1^4 + \dots) =
# \frac{1 - \beta_1}{1 + \beta_1}
# $$
#
# The root of that is {{ settled:.2f }}. The
# first step, when Adam knows least, is more than four times as long. In
# our ravine that does no harm. In a network long first steps can, even
# without noise. Take one input, two layers
# of 16 tanh neurons, one output, to follow a sine. Ten random beginnings,
# each trained by Adam until the loss is below `0.01`, or for 500 steps.
# *Warm-up*[^goyal] raises the rate from near 0 to its full height $\eta$
# over the first steps, [in equal parts](#/lr * (step + 1)):
#
# $$
# \label{warm-up: warm-up}
# \eta \cdot \frac{\text{step} + 1}{\text{warmup}}
# $$
#
# With [](#eq-warm-up), step 0 takes one part of the rate, and the last step
# of the warm-up all of it.

# %%
show("schedules:_warm_up")

# %% tags=["hide"]
class Task:
    """A tanh network to train from many beginnings at once.

    Each parameter has one more axis in front, for the beginning. All the
    rules work number by number, so none of them notices.
    """

    def __init__(self, x, t, sizes, logits, goal, seeds=10, std=None):
        self.x, self.t, self.sizes, self.logits = x, t, sizes, logits
        self.goal, self.seeds, self.std = goal, seeds, std

    def begin(self):
        rngs = [np.random.default_rng(seed) for seed in range(self.seeds)]
        for a, b in zip(self.sizes, self.sizes[1:]):
            std = self.std or sqrt(1 / a)
            yield Parameter(np.stack(
                [std * rng.normal(size=(a, b)) for rng in rngs]))
            yield Parameter(np.zeros((self.seeds, 1, b)))

    def learn(self, optimizer, limit, schedule=None, **settings):
        """The step at which each beginning reaches the goal, or inf."""
        params = list(self.begin())
        rule = optimizer(params, **settings)
        first = np.full(self.seeds, np.inf)
        pairs = list(zip(params[::2], params[1::2]))
        for step in range(limit + 1):
            kept = [self.x]
            for place, (W, b) in enumerate(pairs, 1):
                y = kept[-1] @ W.value + b.value
                kept.append(np.tanh(y) if place < len(pairs) else y)
            L, dy = self.loss(y)
            first[(L < self.goal) & np.isinf(first)] = step
            if np.isfinite(first).all() or not np.isfinite(L).all():
                break
            for place, (W, b) in reversed(list(enumerate(pairs))):
                x = kept[place]
                W.grad[...] = np.swapaxes(x, -1, -2) @ dy
                b.grad[...] = dy.sum(axis=1, keepdims=True)
                if place:
                    dy = dy @ W.value.swapaxes(1, 2) * (1 - x * x)
            if schedule is not None:
                rule.lr = schedule(step)
            rule.step()
        self.kept = kept
        return first

    def loss(self, y):
        n = len(self.x)
        if self.logits:
            L = np.logaddexp(0, y) - y * self.t
            dy = (1 / (1 + np.exp(-np.clip(y, -700, 700))) - self.t) / n
            return L.mean(axis=(1, 2)), dy
        return ((y - self.t) ** 2).mean(axis=(1, 2)), 2 * (y - self.t) / n


line = np.linspace(-1, 1, 32)[:, None]
sine = Task(line, np.sin(2 * np.pi * line), (1, 16, 16, 1), False, 0.01)
counts = {}
for rate in (0.03, 0.1, 0.3):
    for warmup in (0, 10, 100):
        plan = exponential_decay(rate, 1.0, warmup=warmup)
        counts[rate, warmup] = sine.learn(Adam, 500, plan)


def result(first):
    reached = np.isfinite(first).sum()
    if reached == len(first):
        return f"{np.median(first):.0f}"
    return f"{reached} of {len(first)}"


table(
    [[f"`{rate}`", *(result(counts[rate, warmup])
                     for warmup in (0, 10, 100))]
     for rate in (0.03, 0.1, 0.3)],
    header=["$\\eta$", "no warm-up", "10 steps", "100 steps"],
    caption="Adam on the sine: the median of the steps needed over ten "
    "beginnings; or how many of the ten arrive, where not all do.",
    name="warmup",
    align="rrrr",
)
cold = np.isfinite(counts[0.3, 0]).sum()
warm = np.isfinite(counts[0.3, 10]).sum()
assert cold <= 2 and warm == 10
quickest = np.median(counts[0.3, 10])
assert all(quickest < np.median(first) for key, first in counts.items()
           if key != (0.3, 10))
saturated = []
for warmup in (0, 10):
    sine.learn(Adam, 10, exponential_decay(0.3, 1.0, warmup=warmup))
    saturated.append(np.mean(abs(sine.kept[2]) > 0.99))
sine.learn(Adam, 10, lr=0.1)
saturated.append(np.mean(abs(sine.kept[2]) > 0.99))
assert saturated[0] > 0.5 > 0.1 > max(saturated[1:])

# %% [markdown]
# At $\eta = 0.3$ hardly a beginning arrives without warm-up, {{ cold }} of
# ten. With ten steps of it all ten do, and in the shortest time anywhere in
# [](#tab-warmup). The first step moves all 16 weights of a neuron in the
# second layer by $0.3$ at once, and they begin at about $1/\sqrt{16}$: it
# outweighs them. After ten steps that layer's outputs are beyond $\pm 0.99$,
# where tanh hardly slopes, in {{ saturated[0]:.0% }} of all cases; with ten
# steps of warm-up in {{ saturated[1]:.0% }}, and at $\eta = 0.1$ without it in
# {{ saturated[2]:.0% }}. At the smaller rates warm-up changes little.
#
# ## A cliff
#
# The walls so far got steeper evenly. Those of networks do not. Their
# outputs are products of many layers' weights, and a product of fifty
# factors is next to nothing for long and then suddenly huge:
# [chapter 5](initializers.py) saw it explode. So give the ravine other
# walls, $\cosh(5\,\theta_2) - 1$. The slope of
# $\cosh u = \tfrac12 (e^u + e^{-u})$ is
# $\sinh u = \tfrac12 (e^u - e^{-u})$, whose slope is $\cosh u$ again. So
# the walls have the slope $5 \sinh(5\,\theta_2)$ and the curvature
# $25 \cosh(5\,\theta_2)$: 25 at the bottom, but it grows like
# $e^{5 |\theta_2|}$. From the same start, at half the rate that 25 allows:

# %%
def cliff_slope(theta):
    return np.array([theta[0], 5 * np.sinh(5 * theta[1])])


with np.errstate(over="ignore"):
    thrown = walk(SGD, 2, slope=cliff_slope, lr=0.04)
print("first gradient", cliff_slope(start))
print(thrown)

# %% tags=["check"]
assert abs(thrown[1, 1]) > 1000 and not np.isfinite(thrown[2]).all()

# %% [markdown]
# One gradient of {{ cliff_slope(start)[1]:,.0f }}, one step (dashed in
# [](#fig-cliff)), and $\theta_2$ is at {{ thrown[1, 1]:,.0f }}; one more, and
# it is infinite. The direction was right. Only the length was absurd. So keep
# the direction, and limit the length. Let $|g|$ be the length of all gradients
# of the network together, as if written in one long row. For a length of at
# most $c$, multiply all by [one number](#/factor = max_norm):
#
# $$
# \label{clipping: gradient clipping}
# \grad{g} \leftarrow \grad{g} \cdot \min\left(1,\ \frac{c}{|g|}\right),
# \qquad |g| = \sqrt{\sum_{\text{parameters}}\ \sum_{\text{numbers}} \grad{g}^2}
# $$
#
# [](#eq-clipping) is *gradient clipping*, by Pascanu, Mikolov and
# Bengio.[^pascanu]

# %%
show("clipping:")
show("clipping:clip_gradients")

# %%
def clipped(theta):
    p = Parameter(theta)
    p.grad[...] = cliff_slope(theta)
    clip_gradients([p], max_norm=8)
    return p.grad


path = walk(SGD, 120, slope=clipped, lr=0.04)
print(path[[0, 1, 2, 120]])

# %% tags=["hide"]
assert np.linalg.norm(path[-1]) < 0.1


def cliff(theta):
    with np.errstate(over="ignore"):
        return 0.5 * theta[..., 0] ** 2 + np.cosh(5 * theta[..., 1]) - 1


g = cliff_slope(start)
p = Parameter(start)
p.grad[...] = g
assert clip_gradients([p], 8) == np.sqrt(np.sum(g**2))
by_formula = g * min(1, 8 / np.sqrt(np.sum(g**2)))
clip_apart = abs(p.grad - by_formula).max()
assert clip_apart < 1e-8
fig, ax = subplots(figsize=(5.4, 2.3))
draw(ax, path, "clipped at 8", cliff,
     [0.15, 1, 3, 8, 18, 35, 100, 1e3, 1e4])
ax.annotate("", (-9, -2.5), (-9, 2), arrowprops={
    "arrowstyle": "->", "color": GRADIENT, "linestyle": "--"})
ax.text(-8.8, -2.25, "not clipped", color=GRADIENT, fontsize=9)
ax.set(xlabel=r"$\theta_1$", ylabel=r"$\theta_2$")
figure(
    fig,
    "cliff",
    alt="The ravine with walls whose contour lines crowd together. A "
    "dashed arrow leaves the start straight down and off the map. The "
    "clipped path descends the wall in short equal steps, turns at the "
    "floor and follows it to the goal.",
    caption="The cliff, and a step with and without clipping. The arrow's "
    "end lies far below the picture.",
)

# %% [markdown]
# The `1e-6` in the code guards against dividing by a length of 0, and
# moves the result by {{ clip_apart:.0e }} here. The lengths are added in
# `float64` because the square of a large `float32` is not a `float32`. A
# gradient that is not finite has no direction to keep, and is refused.
#
# Cutting every number off by itself, say at 1, would not do: a gradient
# of $(3, 400)$ would become $(1, 1)$, another way altogether.
#
# ## Which one?
#
# Two networks, seven rules, a few rates for each: the XOR
# network of [chapter 0](start.py), 2-8-1, until its loss is below `0.01`;
# and the sine. Ten random beginnings each, no schedule, and at most 800
# steps.

# %% tags=["hide"]
switches = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]])
lamp = np.array([[0.0], [1], [1], [0]])
xor = Task(switches, lamp, (2, 8, 1), True, 0.01, std=1.0)
heavy9 = {"momentum": 0.9}
field = [
    ("SGD", SGD, {}, (1, 3, 10), (0.03, 0.1, 0.3)),
    ("SGD, momentum", SGD, heavy9, (0.3, 1, 3), (0.02, 0.05, 0.1, 0.2)),
    ("SGD, Nesterov", SGD, {**heavy9, "nesterov": True},
     (0.3, 1, 3), (0.02, 0.05, 0.1, 0.2)),
    ("AdaGrad", AdaGrad, {}, (0.3, 1, 3), (0.1, 0.3, 1)),
    ("RMSProp", RMSProp, {}, (0.03, 0.1, 0.3), (0.01, 0.03, 0.1)),
    ("Adam", Adam, {}, (0.1, 0.3, 1), (0.03, 0.1, 0.3)),
    ("AdamW", AdamW, {}, (0.1, 0.3, 1), (0.03, 0.1, 0.3)),
]


def best_of(task, rule, settings, rates):
    """The rate with most arrivals; among equals, the lowest median."""
    with np.errstate(all="ignore"):
        runs = {rate: task.learn(rule, 800, lr=rate, **settings)
                for rate in rates}
    return min(runs.items(), key=lambda run: (
        np.isinf(run[1]).sum(), np.median(run[1])))


winners, rows = {}, []
for name, rule, settings, *rates in field:
    row = [name]
    for task, some in zip((xor, sine), rates):
        rate, first = best_of(task, rule, settings, some)
        winners[name, task] = first
        if np.isinf(first).all():
            row += [", ".join(map(str, some)), "none arrived"]
            continue
        assert min(some) < rate < max(some)  # the grid was wide enough
        row += [", ".join(f"**{each}**" if each == rate else str(each)
                          for each in some), result(first)]
    rows.append(row)
table(
    rows,
    header=["rule", "XOR: $\\eta$", "steps", "sine: $\\eta$", "steps"],
    caption="The rates tried, the best in bold; with it, the median of "
    "the steps needed over ten beginnings, or how many arrived.",
    name="contest",
    align="lrrrr",
)
medians = {key: np.median(first) for key, first in winners.items()}
assert max(medians["SGD, momentum", xor], medians["SGD, Nesterov", xor]
           ) < min(m for (name, task), m in medians.items()
                   if task is xor and "," not in name)
assert np.isinf(winners["SGD", sine]).all()
assert medians["Adam", sine] < min(
    medians[name, sine] for name in ("SGD, momentum", "SGD, Nesterov",
                                     "AdaGrad", "RMSProp"))

# %% [markdown]
# The order in [](#tab-contest) is not a law. On XOR the two rules with
# momentum are the fastest. On the sine Adam and AdamW are far ahead (and ten
# steps of warm-up brought Adam to {{ quickest:.0f }}), plain SGD does not
# arrive, and Nesterov, whose limit is {{ edges[0] / edges[1]:.1f }} times
# lower, does worse than momentum with the same rates. These are two small
# problems with exact gradients; for large ones Bottou, Curtis and Nocedal
# survey the theory.[^bottou] What holds for every rule is the lesson of
# [](#fig-factor): find the rate first. Try a few, each three times the one
# before, until it fails; then step back.
#
# ## What we have now
#
# | rule | mends | keeps |
# |---|---|---|
# | momentum | the zigzag | one rate for all; it swings |
# | Nesterov | the swings | one rate for all; a lower limit |
# | AdaGrad | one rate for all | it never forgets; the ravine must lie well |
# | RMSProp | the endless memory | it does not rest; first steps that are too long |
# | Adam | first steps that are too long | it does not rest; a full first step on a single gradient |
# | AdamW | decay divided by gradients | what Adam keeps |
#
# - A number that limits every descent, $2 / \kappa_\text{max}$, and a
#   ratio that says how slow it will be.
# - These rules, checked against their formulas; schedules, warm-up and
#   clipping for what they keep.
# - A network, a loss, a start, and steps. What is missing is the loop
#   around them, and data. That is chapter 7.
#
# ## Exercises
#
# ### Exercise 6.1 · Before you run it
#
# A loss $\tfrac12 \kappa\, \theta^2$ has the curvature $\kappa = 4$, and
# gradient descent starts at $\theta = 1$ with $\eta = 0.4$. By what number
# is $\theta$ multiplied at each step? At which rate does it begin to
# diverge? With which rate does it arrive in a single step? Find all three
# on paper.
#
# ??? tip "Hint"
#
#     Everything is in $1 - \eta\kappa$. Mind the sign.

# %% tags=["starter"]
factor = None      # what each step multiplies theta by, at lr = 0.4
limit = None       # above this rate it diverges
one_step = None    # this rate arrives at once

# %% tags=["solution"]
factor = 1 - 0.4 * 4   # -0.6: it changes sides and shrinks
limit = 2 / 4
one_step = 1 / 4       # the factor is then 1 - 1 = 0

# %% tags=["tests"]
answers = (factor, limit, one_step)
assert None not in answers, "three numbers, please"
theta = 1.0
theta -= 0.4 * 4 * theta
assert abs(theta - factor) < 1e-12, "run one step: the factor is signed"
assert abs(abs(1 - limit * 4) - 1) < 1e-12 and limit > 0, "not the limit"
assert abs(1 - one_step * 4) < 1e-12, "one step must lead to 0"

# %% [markdown]
# ### Exercise 6.2 · Ten times the loss
#
# Somebody reports a loss in millimetres instead of centimetres: $L$ and
# all its gradients are ten times as large. The rates stay as they are.
# For which rules does the path stay the same (but for $\varepsilon$)?
# Answer `True` for the same path, `False` for another.
#
# ??? tip "Hint"
#
#     Replace $g$ by $10\,g$ in each rule, and see what is left of the 10.
#     Mind where the weight decay enters.

# %% tags=["starter"]
same_path = {
    "SGD": None,
    "SGD with momentum": None,
    "AdaGrad": None,
    "RMSProp": None,
    "Adam": None,
    "Adam with weight_decay=0.1": None,
    "AdamW with weight_decay=0.1": None,
}

# %% tags=["solution"]
# Whatever divides by the root of the squares forgets the 10. Adam with
# weight decay in the gradient does not: 10 g + 0.1 theta is another
# mixture than g + 0.1 theta. AdamW keeps the two apart.
same_path = {
    "SGD": False,
    "SGD with momentum": False,
    "AdaGrad": True,
    "RMSProp": True,
    "Adam": True,
    "Adam with weight_decay=0.1": False,
    "AdamW with weight_decay=0.1": True,
}

# %% tags=["tests"]
import numpy as np

from nn.layers import Parameter
from nn.optimizers import SGD, AdaGrad, Adam, AdamW, RMSProp

rules = {
    "SGD": (SGD, {}),
    "SGD with momentum": (SGD, {"momentum": 0.9}),
    "AdaGrad": (AdaGrad, {}),
    "RMSProp": (RMSProp, {}),
    "Adam": (Adam, {}),
    "Adam with weight_decay=0.1": (Adam, {"weight_decay": 0.1}),
    "AdamW with weight_decay=0.1": (AdamW, {"weight_decay": 0.1}),
}


def end_of_path(rule, settings, scale):
    p = Parameter(np.array([1.0, -2.0]))
    optimizer = rule([p], lr=0.01, **settings)
    for _ in range(20):
        p.grad[...] = scale * (np.array([1.0, 5.0]) * p.value + 3)
        optimizer.step()
    return p.value


for name, (rule, settings) in rules.items():
    assert same_path[name] is not None, f"no answer for {name}"
    ends = [end_of_path(rule, settings, scale) for scale in (1, 10)]
    same = np.allclose(*ends, atol=1e-6)
    assert same_path[name] == same, f"{name}: run it and see"

# %% [markdown]
# ### Exercise 6.3 · The price of looking ahead
#
# Plain descent diverges above $2 / \kappa$ ([](#eq-too-far)). Momentum allows
# more, Nesterov less. Write a function for both limits, for any curvature and
# any $\beta$. Find them on paper, or by trying rates.
#
# ??? tip "Hint"
#
#     At the limit $\theta$ and $m$ change sign at each step and keep their
#     size. Put $m' = -m$ and $\theta' = -\theta$ into the two rules. The
#     second gives $\eta\, m = -2\, \theta$; put that into the first.

# %% tags=["starter"]
def largest_rate(curvature, beta, nesterov):
    """Above this rate, it diverges on 1/2 curvature theta**2."""
    raise NotImplementedError("your code")

# %% tags=["solution"]
def largest_rate(curvature, beta, nesterov):
    # momentum: -m = beta m + curvature theta, with lr m = -2 theta:
    # 2 (1 + beta) = lr curvature. With theta - lr beta m in place of
    # theta, which is (1 + 2 beta) theta, the right side grows as much.
    limit = 2 * (1 + beta) / curvature
    return limit / (1 + 2 * beta) if nesterov else limit

# %% tags=["tests"]
import numpy as np

from nn.layers import Parameter
from nn.optimizers import SGD


def ends_at(curvature, beta, nesterov, lr):
    p = Parameter(np.array([1.0]))
    sgd = SGD([p], lr=lr, momentum=beta, nesterov=nesterov)
    for _ in range(3000):
        p.grad[...] = curvature * p.value
        sgd.step()
    return abs(p.value.item())


for case in [(4, 0.0, False), (25, 0.5, False), (2, 0.9, False),
             (25, 0.5, True), (2, 0.9, True)]:
    limit = largest_rate(*case)
    where = "curvature {}, beta {}, nesterov {}".format(*case)
    below = ends_at(*case, 0.99 * limit)
    above = ends_at(*case, 1.01 * limit)
    assert below < 1e-3, f"{where}: your rate is too large"
    assert above > 1e3, f"{where}: more would be possible"

# %% [markdown]
# ### Exercise 6.4 · Up, along, down
#
# Another schedule has the shape of a trapezoid. It warms up over `warmup`
# steps as those of this chapter do: `lr / warmup`, `2 lr / warmup`, …,
# `lr`. It stays at `lr`. In the last `down` of its `steps` steps it falls
# in equal parts, so that the very last step, `steps - 1`, has
# `lr / down`. Afterwards the rate is 0.
#
# ??? tip "Hint"
#
#     The smallest of three lines. Count the last steps from the end:
#     `steps - step`.

# %% tags=["starter"]
def trapezoid(lr, steps, warmup, down):
    """Return a function schedule(step) -> lr, steps counted from 0."""
    raise NotImplementedError("your code")

# %% tags=["solution"]
def trapezoid(lr, steps, warmup, down):
    def schedule(step):
        # three lines; the rate is the lowest of them, but never below 0
        up, fall = (step + 1) / warmup, (steps - step) / down
        return lr * max(0.0, min(1.0, up, fall))

    return schedule

# %% tags=["tests"]
schedule = trapezoid(1.0, steps=10, warmup=4, down=5)
seen = [round(schedule(step), 10) for step in range(12)]
assert seen[:4] == [0.25, 0.5, 0.75, 1], "the warm-up"
assert seen[4:6] == [1, 1], "the plateau"
assert seen[6:10] == [0.8, 0.6, 0.4, 0.2], "the way down"
assert seen[10:] == [0, 0], "it is over"
assert abs(trapezoid(0.3, 100, 10, 20)(50) - 0.3) < 1e-12, "lr is 0.3"

# %% [markdown]
# ### Exercise 6.5 · Never forget the largest
#
# Adam went the wrong way because $v$ forgot the large gradient. Reddi,
# Kale and Kumar repair it: divide by the root of the *largest* $v$ so
# far. Write *AMSGrad* for one number, from $\theta = 0$, without bias
# correction, and return the place after each step.
#
# ??? tip "Hint"
#
#     One line more than Adam: `largest = max(largest, v)`.

# %% tags=["starter"]
def amsgrad(gradients, lr, beta1, beta2, eps=1e-8):
    """The places after each step, beginning at 0. A list."""
    raise NotImplementedError("your code")

# %% tags=["solution"]
def amsgrad(gradients, lr, beta1, beta2, eps=1e-8):
    theta = m = v = largest = 0.0
    places = []
    for g in gradients:
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g * g
        largest = max(largest, v)  # Adam would divide by v itself
        theta -= lr * m / (largest**0.5 + eps)
        places.append(theta)
    return places

# %% tags=["tests"]
places = amsgrad([4.0, 0.0], lr=1.0, beta1=0.5, beta2=0.75, eps=0)
assert len(places) == 2, "one place a step"
# m = 2, v = 4: one step of 2 / 2. Then m = 1, v = 3, the largest still 4.
assert abs(places[0] + 1) < 1e-12, "the first step is m / sqrt(v)"
assert abs(places[1] + 1.5) < 1e-12, "divide by the largest v so far"
around = [3.0, -1.0, -1.0] * 100
assert amsgrad(around, 0.01, 0.0, 0.1)[-1] < -0.2, "still the wrong way"

# %% [markdown]
# ### Exercise 6.6 · How curved is it?
#
# A small project: find the largest curvature of a loss without the table
# of second derivatives. In a direction $q$ of length 1, the change of the
# gradient is nearly the second derivatives times $q$:
#
# $$
# \frac{g(\theta + h q) - g(\theta - h q)}{2h}
# $$
#
# Start from a random $q$. Replace it, again and again, by this vector,
# made of length 1. In the ravine $(q_1, q_2)$ becomes
# $(\kappa_1 q_1, \kappa_2 q_2)$: each time the most curved direction
# gains. In the end $q$ points along it, and the vector's length is
# $\kappa_\text{max}$, if no negative curvature is larger in size. The
# method is called *power iteration*. The tests try it on a neuron that
# learns from data, and train just below and just above your
# $2 / \kappa_\text{max}$.
#
# ??? tip "Hint"
#
#     Five lines. `np.linalg.norm` gives a length, and `h = 1e-4` will do.

# %% tags=["starter"]
import numpy as np


def largest_curvature(gradient, theta, rng, rounds=200):
    """kappa_max at theta; `gradient` is a function of theta."""
    raise NotImplementedError("your code")

# %% tags=["solution"]
def largest_curvature(gradient, theta, rng, rounds=200):
    h, q = 1e-4, rng.normal(size=theta.shape)
    for _ in range(rounds):
        q = q / np.linalg.norm(q)
        change = gradient(theta + h * q) - gradient(theta - h * q)
        q = change / (2 * h)      # the Hessian times the old q
    return np.linalg.norm(q)

# %% tags=["tests"]
rng = np.random.default_rng(0)


def ravine(theta):
    return np.array([1.0, 25.0]) * theta


found = largest_curvature(ravine, np.array([-9.0, 2.0]), rng)
assert abs(found - 25) < 1e-3, f"the ravine has 25, not {found}"

x = rng.normal(size=(40, 5)) * [1, 2, 3, 0.5, 0.1]
t = x @ rng.normal(size=5)


def neuron(w):
    """The gradient of half the mean squared error of x @ w."""
    return x.T @ (x @ w - t) / len(x)


kappa = largest_curvature(neuron, np.zeros(5), rng)
losses = {}
for share in (0.98, 1.02):
    w = np.zeros(5)
    for _ in range(2000):
        w -= share * 2 / kappa * neuron(w)
    losses[share] = np.mean((x @ w - t) ** 2) / np.mean(t**2)
assert losses[0.98] < 0.1, "just below your limit it should learn"
assert losses[1.02] > 1e3, "just above your limit it should diverge"

# %% [markdown]
# ## Notes
#
# Cauchy proposed to follow the gradient downhill, for equations of
# astronomy.[^cauchy] Robbins and Monro allowed for noise; the word in
# their title became the S in SGD. Polyak's momentum and Nesterov's method
# are from the theory of optimization; Sutskever and others made the case
# for both in deep learning, with the look-ahead derived here.
#
# Other books put $\eta$ into $m$; that differs only when the rate changes
# on the way. In the paper on AdamW the decay is multiplied by the schedule
# alone, not by $\eta$; PyTorch and `nn` multiply by both.
#
# [^lecun]: [LeCun, Bottou, Orr and Müller 1998](bibliography.md#lecun-1998),
#     section 5.
# [^polyak]: [Polyak 1964](bibliography.md#polyak-1964).
# [^nesterov]: [Nesterov 1983](bibliography.md#nesterov-1983).
# [^sutskever]: [Sutskever, Martens, Dahl and Hinton 2013](bibliography.md#sutskever-2013).
# [^duchi]: [Duchi, Hazan and Singer 2011](bibliography.md#duchi-2011).
# [^tieleman]: [Tieleman and Hinton 2012](bibliography.md#tieleman-2012).
# [^kingma]: [Kingma and Ba 2014](bibliography.md#kingma-2014).
# [^reddi]: [Reddi, Kale and Kumar 2018](bibliography.md#reddi-2018).
# [^loshchilov]: [Loshchilov and Hutter 2017](bibliography.md#loshchilov-2017).
# [^robbins]: [Robbins and Monro 1951](bibliography.md#robbins-1951).
# [^cosine]: [Loshchilov and Hutter 2016](bibliography.md#loshchilov-2016),
#     who also start it anew several times.
# [^onecycle]: [Smith and Topin 2018](bibliography.md#smith-2018).
# [^goyal]: [Goyal and others 2017](bibliography.md#goyal-2017), who needed
#     it for very large batches.
# [^pascanu]: [Pascanu, Mikolov and Bengio 2013](bibliography.md#pascanu-2013),
#     with a picture of a cliff.
# [^bottou]: [Bottou, Curtis and Nocedal 2018](bibliography.md#bottou-2018).
# [^cauchy]: [Cauchy 1847](bibliography.md#cauchy-1847).
