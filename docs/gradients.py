# %% [markdown]
# # 8 · Trusting a gradient
#
# *How do I know that it is right?*
#
# After this chapter you can measure any gradient without calculus,
# suspect from the size of an error what kind of mistake made it, and say
# why a falling loss is no evidence. You will also have met some thirty
# mistakes that textbooks and programs really contain, each with the
# check that catches it.

# %%
import copy

import numpy as np

from nn.activations import GELU, LeakyReLU, ReLU, Sigmoid
from nn.activations import Elementwise, Softmax, Tanh, sigmoid
from nn.data import batches, logic_gate
from nn.gradients import check_gradients, numerical_gradient
from nn.gradients import relative_error
from nn.initializers import glorot_uniform, he_normal
from nn.layers import Dense, Sequential
from nn.losses import binary_cross_entropy, huber, one_hot
from nn.losses import mean_squared_error, softmax_cross_entropy
from nn.optimizers import SGD, Adam
from nn.training import fit

# %% tags=["hide"]
from weave import DATA, GRADIENT, INK, VALUE
from weave import figure, show, subplots, table

# %% [markdown]
# ## The wrong one wins
#
# A network of 16 hidden neurons learns a parabola from 32 of its
# points. There are two versions. In the second, the gradient of the bias
# is wrong: where [`Dense`](layers.py#nn-layers-Dense-set_gradients) adds
# up the columns of $dy$, somebody has forgotten `axis=0`. The sum over
# everything is one number, NumPy copies it to all neurons, and nothing
# complains.

# %%
class ForgotAxis(Dense):
    def set_gradients(self, dy):
        dy = super().set_gradients(dy)
        self.bias.grad[:] = dy.sum()    # right: dy.sum(axis=0)
        return dy


def network(kind, seed):
    rng = np.random.default_rng(seed)
    W1 = glorot_uniform(1, 16, rng=rng, dtype=np.float64)
    W2 = glorot_uniform(16, 1, rng=rng, dtype=np.float64)
    return Sequential(kind(W1), Tanh(), kind(W2))


def train(model, lr=0.1, steps=400):
    """Full batches; the loss before each step."""
    sgd = SGD(model.params, lr=lr)
    return fit(model, mean_squared_error, sgd, (x, t), epochs=steps,
               batch_size=len(x), progress=False).train_loss


x = np.linspace(-3, 3, 32)[:, None]     # (32, 1)
t = x**2 / 9                            # (32, 1)
right = train(network(Dense, seed=0))
wrong = train(network(ForgotAxis, seed=0))
print(f"right gradient: loss {right[-1]:.5f}")
print(f"wrong gradient: loss {wrong[-1]:.5f}")

# %% tags=["check"]
assert wrong[-1] < right[-1] / 2

# %% [markdown]
# The wrong gradient learns. Its loss ends at
# {{ wrong[-1] / right[-1]:.0% }} of the right one's. One seed proves
# little, so we train both from more beginnings, and, not to pick the case
# that suits us, on four curves at three learning rates.

# %% tags=["hide"]
SEEDS, RATES = 50, (0.05, 0.1, 0.2)
CURVES = {
    "parabola": t,
    "absolute value": abs(x) / 3,
    "sine": np.sin(x),
    "step": (x > 0).astype(np.float64),
}


@np.errstate(all="ignore")                      # some runs diverge
def train_many(target, lr, forget=False, longer=1.0, steps=400):
    """The same two networks, all seeds at once: losses (step, seed), the
    cosine of the angle between the step made and the right one, and how
    many times too long the hidden biases' part of it is. Or the right
    gradient, with that part made longer on purpose."""
    starts = [[p.value for p in network(Dense, seed).params]
              for seed in range(SEEDS)]
    W1, b1, W2, b2 = (np.stack(ps) for ps in zip(*starts))
    b1, b2 = b1[:, None], b2[:, None]
    losses, cosines, ratios = [], [], []
    for _ in range(steps):
        y1 = np.tanh(x @ W1 + b1)
        d = y1 @ W2 + b2 - target
        losses.append((d * d).mean(axis=(1, 2)))
        dy = 2 * d / len(x)
        da = (dy @ W2.transpose(0, 2, 1)) * (1 - y1 * y1)
        grads = [x.T @ da, da.sum(axis=1, keepdims=True),
                 y1.transpose(0, 2, 1) @ dy, dy.sum(axis=1, keepdims=True)]
        if forget:
            honest = grads[1]
            grads[1] = np.broadcast_to(
                da.sum(axis=(1, 2), keepdims=True), honest.shape)
            common = sum((g * g).sum(axis=(1, 2))
                         for g in (grads[0], grads[2], grads[3]))
            dot = common + (grads[1] * honest).sum(axis=(1, 2))
            sizes = [common + (g * g).sum(axis=(1, 2))
                     for g in (honest, grads[1])]
            cosines.append(dot / np.sqrt(sizes[0] * sizes[1]))
            ratios.append(np.sqrt((sizes[1] - common)
                                  / (sizes[0] - common)))
        grads[1] = longer * grads[1]
        for p, g in zip((W1, b1, W2, b2), grads):
            p -= lr * g
    return np.array(losses), np.array(cosines), np.array(ratios)


runs = {(curve, lr): (train_many(target, lr)[0],
                      *train_many(target, lr, forget=True))
        for curve, target in CURVES.items() for lr in RATES}
R, F, _, ratios = runs["parabola", 0.1]
longer = np.median(ratios)
assert longer > 2
stretched = np.median(train_many(t, 0.1, longer=longer)[0][-1])
assert stretched < 1.1 * np.median(F[-1]) < 0.5 * np.median(R[-1])
at_03, wrong_at_03 = (
    int((~(train_many(t, 0.3, forget)[0][-1] < 1)).sum())
    for forget in (False, True))
assert wrong_at_03 > at_03 > 10
S, T, *_ = runs["sine", 0.2]
assert np.allclose(S[100], T[100], rtol=1e-9)
assert not np.allclose(S[-1], T[-1], rtol=0.01)
assert np.isclose(R[-1, 0], right[-1]) and np.isclose(F[-1, 0], wrong[-1])
lower = {key: int((F[-1] < 0.99 * R[-1]).sum())
         for key, (R, F, *_) in runs.items()}
higher = {key: int((~(F[-1] <= 1.01 * R[-1])).sum())
          for key, (R, F, *_) in runs.items()}
alive = {key: F[-1] < 1 for key, (_, F, *_) in runs.items()}
downhill = min(c[:, alive[key]].min() for key, (_, _, c, _) in runs.items())
angle = float(np.degrees(np.arccos(downhill)))
blown = sum(int((~ok).sum()) for ok in alive.values())
blown_right = sum(int((~(R[-1] < 1)).sum()) for R, *_ in runs.values())
medians = [(np.median(R[-1]), np.median(F[-1]))
           for R, F, *_ in (runs["parabola", lr] for lr in RATES)]
best_right, best_wrong = (min(column) for column in zip(*medians))
assert lower["parabola", 0.1] > 0.9 * SEEDS
assert 1.3 * best_wrong < best_right < 0.01
assert 0.5 < stretched / medians[1][1] < 2
assert downhill > 0 and 80 < angle < 90 and blown > 0 == blown_right
assert max(n["sine", lr] for n in (lower, higher)
           for lr in RATES[:2]) == 0
assert lower["parabola", 0.2] < 0.75 * SEEDS
assert higher["step", 0.05] > 2 * lower["step", 0.05]
table(
    [[curve, *(f"{lower[curve, lr]} : {higher[curve, lr]}"
               for lr in RATES)] for curve in CURVES],
    header=["curve", *(f"rate {lr}" for lr in RATES)],
    caption=f"Of {SEEDS} beginnings, how many end lower : higher with the "
    "wrong gradient than with the right one, by more than a hundredth of "
    "the right one's loss, at the 400th step.",
    name="lower",
    align="lrrr",
)

# %% tags=["hide"]
R, F, *_ = runs["parabola", 0.1]
fig, ax = subplots(figsize=(5.4, 2.7))
for curves, style, color, name in ((R, "-", INK, "right gradient"),
                                   (F, "--", GRADIENT, "wrong gradient")):
    low, middle, high = np.quantile(curves, [0.1, 0.5, 0.9], axis=1)
    ax.fill_between(range(len(low)), low, high, color=color, alpha=0.15,
                    linewidth=0)
    ax.semilogy(middle, style, color=color, label=name)
ax.set(xlabel="step", ylabel="training loss")
ax.legend()
figure(
    fig,
    "wins",
    alt="Training loss over 400 steps on a logarithmic axis. Both curves "
    "fall; from step 50 on the dashed one, of the wrong gradient, lies "
    "below the solid one, and the bands around them hardly touch at the "
    "end.",
    caption=f"The parabola, learning rate 0.1, {SEEDS} beginnings: median, "
    "and the band that holds eight runs of ten.",
)

# %% [markdown]
# On the parabola at rate 0.1 ([](#fig-wins)) the wrong gradient ends lower in
# {{ lower["parabola", 0.1] }} of {{ SEEDS }} runs, at 0.2 in
# {{ lower["parabola", 0.2] }}. If each may take the best of the three rates,
# the median is {{ best_right:.4f }} for the right one and
# {{ best_wrong:.4f }} for the wrong one. On the step function, at $0.05$, the
# right one is ahead, {{ higher["step", 0.05] }} to {{ lower["step", 0.05] }}.
# On the sine, at the two smaller rates, you cannot see the mistake at all. The curve is odd, and
# so is a tanh network without biases; the gradients $da$ of the hidden sums
# at $x$ and at $-x$ cancel when they are added up, and the biases stay at
# zero.[^rounding]
#
# Why does it learn? A short step changes the loss by about $-\eta$ times
# the right gradient times the wrong one, summed over all parameters. That
# sum is the product of the two lengths and of the cosine of the angle
# between them. Below 90° it is positive, and the loss falls. In no run that
# stayed finite did the angle exceed {{ angle:.1f }}°.
#
# Why does it learn *better* here? A sum over all neurons tends to be longer
# than its parts: on the parabola the steps of the hidden biases are
# {{ longer:.1f }} times too long in the median. Stretch that part of the
# *right* gradient as much, and its median at rate 0.1 is
# {{ stretched:.4f }}, beside the wrong one's {{ medians[1][1]:.4f }}. For a
# parabola is even, a tanh network without biases odd, so the biases have to
# move first.
#
# It is luck: {{ blown }} of the runs behind [](#tab-lower) blew up with the
# wrong gradient, none with the right one. On the parabola at $0.3$ it is
# {{ wrong_at_03 }} to {{ at_03 }}, of {{ SEEDS }}.
#
# Many wrong gradients are like this one. A mistake in one part leaves the
# others to lead downhill, and they make up for it. So neither "the loss
# falls" nor "it falls lower" says that the code computes what the formula
# says.
#
# What is needed is a second way to the same number.
#
# ## Nudge and measure
#
# We know one: nudge, and see what the loss does. Take a single number of
# the network of seed 0, the bias of hidden neuron 3, call it $\theta$,
# and write the loss as a function of it (all letters:
# [notation](notation.md)). The function is written out, for we shall soon
# feed it other kinds of numbers.
#
# [^rounding]: At the largest rate rounding errors grow: the losses agree to
#     nine digits at step 100, and no longer at the end.

# %%
first, _, second = network(Dense, seed=0).layers
W1, W2 = first.weight.value, second.weight.value    # (1, 16), (16, 1)


def L(theta, dtype=np.float64):
    """The loss, if the bias of neuron 3 is theta."""
    b1 = np.zeros(16, dtype)
    b1[3] = theta
    y = np.tanh(x.astype(dtype) @ W1.astype(dtype) + b1)
    return np.mean((y @ W2.astype(dtype) - t.astype(dtype)) ** 2)


def slope_by(kind):
    """What backward says about the same bias."""
    model = network(kind, seed=0)
    y = model.forward(x, train=True)
    model.backward(mean_squared_error(y, t)[1])
    return model.layers[0].bias.grad[3]


h = 1e-5
print("one side  ", (L(h) - L(0)) / h)
print("two sides ", (L(h) - L(-h)) / (2 * h))
print("right code", slope_by(Dense))
print("wrong code", slope_by(ForgotAxis))

# %% tags=["hide"]
exact, two_sides = slope_by(Dense), (L(h) - L(-h)) / (2 * h)
one_side = (L(h) - L(0)) / h
assert abs(two_sides - exact) < 1e-9 * abs(exact) * 10
assert abs(one_side - exact) > 1e3 * abs(two_sides - exact)
by_ten = [abs(rule(1e-2) - exact) / abs(rule(1e-3) - exact) for rule in (
    lambda h: (L(h) - L(0)) / h, lambda h: (L(h) - L(-h)) / (2 * h))]
assert 9 < by_ten[0] < 11 and 95 < by_ten[1] < 105

# %% [markdown]
# The wrong code is found out. But the two measurements differ too, from
# each other and from the right code, and to use them as judges we have to
# know by how much they may. Near a point, a smooth function is almost a
# polynomial. *Taylor's formula* is the polynomial in $h$ that agrees with
# it at $h = 0$: in its value $L$, its slope $L'$, the slope $L''$ of that,
# and so on.[^twice]
#
# $$
# \label{taylor: Taylor's formula}
# L(\theta + h) = L + h\,\grad{L'} + \tfrac{h^2}{2} L'' +
# \tfrac{h^3}{6} L''' + \dots
# $$
#
# In [](#eq-taylor) subtract $L$, divide by
# $h$, and you have the *forward difference*:
#
# $$
# \label{forward-difference: the forward difference}
# \frac{L(\theta + h) - L(\theta)}{h} = \grad{L'} +
# \tfrac{h}{2} L'' + \dots
# $$
#
# The error of [](#eq-forward-difference) is proportional to $h$. Now write
# [](#eq-taylor) for $-h$ as
# well. The odd terms change their sign, the even ones do not, and in the
# difference of the two the even ones are gone. That is the *central
# difference*:
#
# $$
# \label{central-difference: the central difference}
# \frac{L(\theta + h) - L(\theta - h)}{2h} = \grad{L'} +
# \tfrac{h^2}{6} L''' + \dots
# $$
#
# Its error is proportional to $h^2$. Here, a nudge of $10^{-3}$ instead of
# $10^{-2}$ makes the first error {{ by_ten[0]:.0f }} times smaller and the
# second {{ by_ten[1]:.0f }} times.
#
# So make $h$ tiny? A computer stores a number only to a relative
# precision $u$, the *unit roundoff*:[^higham] for float64 $2^{-53} \approx
# 10^{-16}$, for float32 $2^{-24} \approx 6 \cdot
# 10^{-8}$. As a model, let each of the two losses be off by $uL$. Then
# their difference may be off by $2uL$, and dividing by $h$ or $2h$
# enlarges that.[^elsewhere] The total errors are about
#
# $$
# \label{difference-errors: the errors of two differences}
# \underbrace{\tfrac{h}{2} |L''| + \tfrac{2u}{h} |L|}_{\text{forward}}
# \qquad
# \underbrace{\tfrac{h^2}{6} |L'''| + \tfrac{u}{h} |L|}_{\text{central}}
# $$
#
# In [](#eq-difference-errors) one term grows with $h$, the other shrinks.
# Where the derivative in $h$
# is zero, the sum is smallest: $\tfrac12 |L''| = \tfrac{2u}{h^2} |L|$ on
# the left, $\tfrac{h}{3} |L'''| = \tfrac{u}{h^2} |L|$ on the right. So the
# best nudges are
#
# $$
# \label{best-nudge: the best nudges}
# \begin{aligned}
# h_{\text{forward}} &= 2\sqrt{u\,|L / L''|} \\
# h_{\text{central}} &= \sqrt[3]{3u\,|L / L'''|}
# \end{aligned}
# $$
#
# If $L$ and its derivatives are of the size of 1, the nudges of
# [](#eq-best-nudge) are about
# $u^{1/2}$ and $u^{1/3}$, and put back into the errors they leave $u^{1/2}$
# and $u^{2/3}$: of sixteen digits the forward difference saves eight, the
# central one ten or eleven. In float32, with seven digits, they save three
# or four and about five.
#
# [^twice]: Differentiate $h^2/2$ twice, or $h^3/6$ three times, and 1
#     remains.
# [^elsewhere]: Our $\theta$ is 0. Elsewhere the rounding of $\theta \pm h$
#     adds about $u|\theta||L'|/h$.

# %% tags=["hide"]
def complex_slope(theta, h=1e-200):
    return L(complex(theta, h), complex).imag / h


g0 = complex_slope(0.0)
d = 1e-3
L2 = (complex_slope(d) - complex_slope(-d)) / (2 * d)
L3 = (complex_slope(d) - 2 * g0 + complex_slope(-d)) / d**2
L0 = L(0.0)
nudges = 10.0 ** np.arange(-14, 0.01, 0.125)
fig, axes = subplots(1, 2, figsize=(6.6, 3.3), sharey=True)
best = {}
for ax, dtype, name in zip(axes, (np.float64, np.float32),
                           ("float64", "float32")):
    u = np.finfo(dtype).eps / 2
    start = -14 if dtype == np.float64 else -7
    hs = nudges[nudges >= 10.0 ** start]
    exactly = np.array([(float(dtype(h)), h) for h in hs])[:, 0]
    up = np.array([float(L(dtype(h), dtype)) for h in exactly])
    down = np.array([float(L(dtype(-h), dtype)) for h in exactly])
    here = float(L(dtype(0), dtype))
    forward = abs((up - here) / exactly / g0 - 1)
    central = abs((up - down) / (2 * exactly) / g0 - 1)
    says = (hs / 2 * abs(L2) + 2 * u * L0 / hs) / abs(g0)
    says2 = (hs**2 / 6 * abs(L3) + u * L0 / hs) / abs(g0)
    ax.loglog(hs, says, ":", color=INK, linewidth=1)
    ax.loglog(hs, says2, ":", color=INK, linewidth=1)
    ax.loglog(hs, np.maximum(forward, 1e-16), "s", color=DATA,
              markersize=2.5, label="one side")
    ax.loglog(hs, np.maximum(central, 1e-16), "o", color=GRADIENT,
              markersize=2.5, label="two sides")
    best[name] = {
        "forward": 2 * np.sqrt(u * abs(L0 / L2)),
        "central": (3 * u * abs(L0 / L3)) ** (1 / 3),
        "forward error": forward.min(), "central error": central.min(),
        "at": hs[central.argmin()], "default": float(np.interp(
            -5, np.log10(hs), central)),
    }
    for key, style in (("forward", DATA), ("central", GRADIENT)):
        ax.axvline(best[name][key], color=style, linewidth=0.7,
                   linestyle="--")
    ax.set(xlabel="nudge $h$", title=name, ylim=(3e-17, 30),
           xticks=10.0 ** np.arange(start + start % 2, 1,
                                    4 if start < -9 else 2),
           yticks=10.0 ** np.arange(-16, 1, 4))
    ax.minorticks_off()
hs64 = nudges
exact_errors = [abs(complex_slope(0.0, h) / g0 - 1) for h in hs64]
axes[0].loglog(hs64, np.maximum(exact_errors, 2e-16), "-", color=VALUE,
               label="complex step")
axes[0].set(ylabel="error / slope")
axes[1].legend(*axes[0].get_legend_handles_labels(), loc="lower left")
assert best["float64"]["central error"] < 1e-9
assert best["float64"]["forward error"] > 1e-10
assert 0.02 < best["float64"]["at"] / best["float64"]["central"] < 50
assert best["float32"]["default"] > 1e-3
figure(
    fig,
    "nudges",
    alt="Two panels with logarithmic axes, float64 and float32: the "
    "error of a slope, divided by the slope, against the nudge. In each, two "
    "V-shaped clouds follow dotted lines: on the right they fall with "
    "slope 1 for one side and slope 2 for two sides, on the left both "
    "rise again with slope minus 1. The two-sided one reaches deeper. In "
    "float64 a third curve, the complex step, falls with slope 2 and "
    "then stays at the bottom.",
    caption="The slope of the loss toward one bias, measured with nudges "
    "of all sizes: the error, as a part of the slope. Dotted: what the "
    "formulas above predict. Dashed: the best nudge that they predict. (The "
    "blue curve comes in the next section.)",
    wide=True,
)

# %% [markdown]
# The dots follow the prediction: from the right, as $h$ shrinks, they fall
# with slopes 1 and 2; then rounding takes over, and they rise with slope −1.
# In float64 the best central nudge should be
# {{ best["float64"]["central"]:.0e }}; the smallest error in the figure,
# {{ best["float64"]["central error"]:.0e }} of the slope, belongs to a nudge
# of {{ best["float64"]["at"]:.0e }}. Now look at $h = 10^{-5}$ in the right
# panel: {{ best["float32"]["default"]:.0% }} off, by the same
# [](#eq-central-difference) and the same code, in float32. So gradients are
# checked in float64, whatever the network computes in later.
#
# `nn` does it for every number of an array, one after the other, with
# $h = 10^{-5}$ unless told otherwise:

# %%
show("gradients:_exact")
show("gradients:numerical_gradient")

# %% [markdown]
# [`np.ndindex`](#/np.ndindex) runs through all the places of an array of
# any shape. `x` is [a copy](#/np.array(values, np.float64)), in float64; each
# number is [put back](#/x[i] = original) before the next one is nudged.
#
# ## Without subtracting
#
# The rounding of the losses does harm because two nearly equal ones are
# subtracted. There is a way around that: nudge sideways, by $\mathrm{i}h$,
# where $\mathrm{i}^2 = -1$. A complex number is an ordinary one, its *real
# part*, plus $\mathrm{i}$ times another, its *imaginary part*. In
# [](#eq-taylor) $h$ becomes $\mathrm{i}h$, $h^2$ becomes $-h^2$, and $h^3$
# becomes $-\mathrm{i}h^3$:
#
# $$
# \label{complex-step: a step sideways}
# \begin{aligned}
# \text{real part of } L(\theta + \mathrm{i}h) &=
# L - \tfrac{h^2}{2} L'' + \dots \\
# \text{imaginary part of } L(\theta + \mathrm{i}h) &=
# h\,\grad{L'} - \tfrac{h^3}{6} L''' + \dots
# \end{aligned}
# $$
#
# In [](#eq-complex-step) the slope stands alone in the imaginary part. Divide
# it by $h$: the error
# is $\tfrac{h^2}{6}|L'''|$ again, but nothing was subtracted, so $h$ may be
# tiny, as long as $h L'$ is still a float of full precision. This is the
# *complex step*.[^squire]

# %%
print("complex step", L(1e-200j, complex).imag / 1e-200)
print("right code  ", slope_by(Dense))

# %% tags=["hide"]
apart = relative_error(g0, exact)
assert apart < 3e-16

# %% [markdown]
# They agree to fifteen digits at least, and in [](#fig-nudges) the blue
# curve goes down and stays down. The price: every operation on the way must
# be *analytic*, that is, given exactly by Taylor's formula continued without
# end, for a complex $h$ too. Sums, products, quotients, `exp`, and what is
# made of them, as `tanh`, are. Where a program asks which number is larger, or
# takes a size, it may not be:[^martins]

# %%
def naive(z):
    return 1 / (1 + np.exp(-z))


def stable(z):                          # as in nn, chapter 3
    e = np.exp(-np.abs(z))
    return np.where(z.real >= 0, 1, e) / (1 + e)


def slope(f, z):
    return f(np.array(complex(z, 1e-200))).imag / 1e-200


y = sigmoid(0.5)
for name, f, z, truth in (
    ("tanh", np.tanh, 0.5, 1 - np.tanh(0.5) ** 2),
    ("sigmoid, naive", naive, 0.5, y * (1 - y)),
    ("sigmoid, stable", stable, 0.5, y * (1 - y)),
    ("abs", np.abs, 0.5, 1.0),
    ("max(z, 0)", lambda z: np.maximum(z, 0), 0.5, 1.0),
):
    print(f"{name:16} {slope(f, z):.6f}  truth {truth:.6f}")

# %% tags=["check"]
assert np.isclose(slope(naive, 0.5), y * (1 - y))
assert np.isclose(slope(np.tanh, 0.5), 1 - np.tanh(0.5) ** 2)
assert slope(lambda z: np.maximum(z, 0), 0.5) == 1
assert slope(np.abs, 0.5) == 0 and slope(stable, 0.5) == 0

# %% [markdown]
# The size of $\theta + \mathrm{i}h$ does not notice a small $\mathrm{i}h$,
# so `abs` reports a slope of 0, and the stable sigmoid, which contains it,
# as well. `max` is right, because NumPy happens to compare real parts
# first. Layers of `nn` refuse complex numbers rather than risk it. The
# complex step is for functions that you write out yourself. For the rest,
# central differences.
#
# ## How large is an error?
#
# A difference of $10^{-6}$ is splendid beside a gradient of 1,000 and
# hopeless beside one of $10^{-7}$. So divide, as in
# [chapter 2](layers.py): with $|g|$ for the length of a vector, the
# *relative error* of two gradients is
#
# $$
# \label{relative-error: the relative error}
# \frac{|g_\text{code} - g_\text{measured}|}
# {|g_\text{code}| + |g_\text{measured}|}.
# $$
#
# [](#eq-relative-error) does not care which of the two is trusted, and lies
# between 0 and 1. What
# if both are zero? Then they are equal, and the error is 0. What if both are
# zero *but for rounding*? That happens. Here is a layer that takes from each
# column its mean, so that a bias in front of it has no effect whatever:

# %%
class Center:
    params = ()

    def forward(self, x, train=False):
        return x - x.mean(axis=0)

    def backward(self, dy):
        return dy - dy.mean(axis=0)


rng = np.random.default_rng(0)
biased = Sequential(Dense(rng.normal(size=(3, 4))), Center())
xs, r = rng.normal(size=(5, 3)), rng.normal(size=(5, 4))
bias = biased.layers[0].bias


def L_of(b):
    bias.value[:] = b
    return np.sum(r * biased.forward(xs))


measured = numerical_gradient(L_of, np.zeros(4))
biased.forward(xs, train=True)
biased.backward(r)
floor = np.linalg.norm(r) / 1000
print("code      ", bias.grad.round(20))
print("measured  ", measured.round(15))
print(f"no floor   {relative_error(bias.grad, measured):.4f}")
print(f"with floor {relative_error(bias.grad, measured, floor):.0e}")

# %% tags=["check"]
assert relative_error(bias.grad, measured) > 0.5
assert relative_error(bias.grad, measured, floor) < 1e-7

# %% [markdown]
# Both say "nothing", each with its own rounding, and the relative error
# takes that for a disagreement. A *floor*
# [under the denominator](#/max(sizes, floor)) silences it. Where the two
# lengths add up to less than $|r|/1000$, we divide by
# $|r|/1000$ instead ($r$ came in from above as $dy$). Rounding leaves
# about $10^{-11}|r|$ in a measured slope, which over the floor is
# $10^{-8}$. The price: in a gradient far below the floor, a mistake passes
# as well.

# %%
show("gradients:relative_error")

# %% [markdown]
# ## What the number says
#
# Suppose that the code is wrong by a factor: it returns $c\,g$ where $g$
# is right. Then in [](#eq-relative-error) $g$ cancels, and the error depends
# on $c$ alone:
#
# $$
# \label{factor-error: the relative error of a wrong factor}
# \frac{|c\,g - g|}{|c\,g| + |g|} = \frac{|c - 1|}{|c| + 1}
# $$
#
# By [](#eq-factor-error), twice too large gives $\tfrac13$, and so does half.
# Every $c \le 0$ gives 1,
# because then $|c - 1| = |c| + 1$: a wrong sign and a forgotten term look
# alike. If $c$ is nearly 1, the error is half of what is missing. And two
# vectors that have nothing to do with each other, as long as each other
# and at right angles, give $\sqrt{2}/2 \approx$ {{ 2**0.5 / 2:.2f }}. If a
# square gradient is transposed, its diagonal cancels in the difference; the
# squares of the rest, with 5 rows $\tfrac45$ of them, count twice. On
# average that leaves $\sqrt{\tfrac45}\sqrt{2}/2 \approx$ {{ 0.4**0.5:.2f }}.
#
# The faults of [](#tab-diagnosis) were planted, in the weight of a layer of 5
# inputs and 5 neurons for $n = 8$ examples. `check_gradients` of `nn`, which
# is printed [below](#the-check-of-nn), returns the relative error for $x$ and
# for each parameter, by name.

# %%
class Planted(Dense):
    def __init__(self, weight, fault):
        super().__init__(weight)
        self.fault = fault

    def set_gradients(self, dy):
        dy = super().set_gradients(dy)
        self.weight.grad[:] = self.fault(self.weight.grad)
        return dy


def without_a_column(g):
    return g * (np.arange(5) < 4)


rng = np.random.default_rng(8)
W5, x8 = rng.normal(size=(5, 5)), rng.normal(size=(8, 5))
r8 = rng.normal(size=(8, 5))            # for dy


def error_of(fault):
    errors = check_gradients(Planted(W5, fault), x8, rng=rng)
    return errors["0 Planted/weight"]


# %% tags=["hide"]
right8 = x8.T @ r8


def bent(W):
    return float(np.sum(r8 * np.tanh(x8 @ W)))


bent_g = x8.T @ (r8 * (1 - np.tanh(x8 @ W5) ** 2))
one_sided = np.array([
    [(bent(W5 + 1e-5 * np.outer(np.arange(5) == k, np.arange(5) == j))
      - bent(W5)) / 1e-5 for j in range(5)] for k in range(5)])
x4, r4 = x8.astype(np.float32), r8.astype(np.float32)


def in_float32(h):
    def f(W):
        return float(np.sum(r4 * np.tanh(x4 @ W.astype(np.float32))))

    return relative_error(bent_g, numerical_gradient(f, W5, h))


def by_factor(c):
    return abs(c - 1) / (abs(c) + 1)


small = [
    ["nothing", "–", error_of(lambda g: g), "none: it is right"],
    ["nothing; a one-sided nudge", "–", relative_error(bent_g, one_sided),
     "the check: use two sides"],
    ["nothing; float32, $h = 10^{-2}$", "–", in_float32(1e-2),
     "the check: use float64"],
    ["nothing; float32, $h = 10^{-5}$", "–", in_float32(1e-5),
     "the check: use float64"],
]
factors = [
    ["1 % too large", 1.01, "a factor near 1: $n - 1$ for $n = 100$"],
    ["2 times", 2, "the 2 of a square, or `backward` twice, added"],
    ["½ times", 0.5, "the 2 of a square is missing"],
    ["3 times", 3, "a mean of 3 outputs, divided by $n$ alone"],
    ["$n$ times ($n = 8$)", 8, "the mean's 1/n is missing, or there twice"],
    ["a sign", -1, "$t - p$ for $p - t$"],
    ["missing", 0, "a line was never written, or never runs"],
]
measured_factors = [(c, error_of(lambda g, c=c: c * g))
                    for _, c, _ in factors]
parts = [
    ["one column of 5 missing", f"{0.2**0.5 / (1 + 0.8**0.5):.3f}",
     error_of(without_a_column),
     "one part is wrong: look entry by entry"],
    ["transposed", f"{0.4**0.5:.3f}", error_of(lambda g: g.T),
     "the right numbers stand in wrong places"],
]
for c, error in measured_factors:
    assert np.isclose(error, by_factor(c), atol=1e-6)
assert small[0][2] < 1e-9 and 1e-7 < small[1][2] < 1e-3
assert 1e-6 < small[2][2] < 1e-3
assert measured_factors[0][1] < small[3][2] < 1
assert measured_factors[0][1] > 1e4 * small[0][2]
assert 0.05 < parts[0][2] < 0.6 < parts[1][2] < 0.85


def shown(error):
    return f"{error:.0e}" if error < 1e-2 else f"{error:.3f}"


table(
    [[a, b, shown(e), d] for a, b, e, d in small]
    + [[a, shown(by_factor(c)), shown(e), d]
       for (a, c, d), (_, e) in zip(factors, measured_factors)]
    + [[a, b, shown(e), d] for a, b, e, d in parts],
    header=["planted", "predicted", "measured", "suspect"],
    caption="The relative error as a symptom. Measured by "
    "`check_gradients` on a layer with that fault; in the three rows with a "
    "bad check, on a layer with tanh whose gradient is right.",
    name="diagnosis",
    align="lrrl",
)

# %% [markdown]
# With two sides and float64 the right code stands at
# {{ small[0][2]:.0e }}; a factor of `1.01` makes
# {{ measured_factors[0][1]:.0e }}. Check badly, and the two meet: right code
# in float32 reports {{ small[3][2]:.2f }}. So an error below $10^{-7}$ is
# right, as a rule. Between $10^{-7}$ and $10^{-4}$ repair the check first,
# and draw other random numbers. With a good check, more is a mistake or a
# kink (next section), and near a fraction of the table you have a suspect. No
# more than that: the missing column, predicted as if all were equally long,
# is a long one and shows {{ parts[0][2]:.2f }}, and "3 times"
# {{ measured_factors[3][1]:.2f }}. Divide the code's gradient
# by the measured one, entry by entry: only a factor gives the same ratio
# everywhere.

# %%
measured = numerical_gradient(lambda W: np.sum(r8 * (x8 @ W)), W5)
for fault in (lambda g: 3 * g, without_a_column):
    layer = Planted(W5, fault)
    layer.forward(x8, train=True)
    layer.backward(r8)
    ratio = layer.weight.grad / measured
    print("first row", ratio[0].round(6))

# %% tags=["check"]
assert np.allclose(ratio, np.arange(5) < 4)

# %% [markdown]
# ## A kink
#
# ReLU has a corner at 0, and no slope there ([chapter 3](activations.py)).
# The code says 0. A central difference straddles the corner and says ½:
#
# $$
# \frac{\max(h, 0) - \max(-h, 0)}{2h} = \frac{h - 0}{2h} = \frac12
# $$
#
# One would think that no number is ever exactly 0. But the first row of
# XOR is, and biases start there:

# %%
rng = np.random.default_rng(1)
gate, lamp = logic_gate("XOR")
cornered = Sequential(
    Dense(he_normal(2, 4, rng=rng)), ReLU(),
    Dense(glorot_uniform(4, 1, rng=rng)))
at_corner = check_gradients(cornered, gate, rng=rng)
cornered.layers[0].bias.value += 0.001 * rng.normal(size=4)
beside_it = check_gradients(cornered, gate, rng=rng)
for part in at_corner:
    print(f"{part:15} {at_corner[part]:.0e} {beside_it[part]:.0e}")

# %% tags=["check"]
alarm, calm = (e["0 Dense/bias"] for e in (at_corner, beside_it))
assert alarm > 0.01 and max(beside_it.values()) < 1e-9

# %% [markdown]
# In the first column the network is as it starts; in the second, the first
# biases are shifted by about a thousandth. Their error of {{ alarm:.2f }}
# became {{ calm:.0e }}, and nothing was repaired. An alarm that goes away
# under such a tiny random shift was a kink; a mistake stays. So check at
# random numbers, never at zeros.
#
# ## One number for all
#
# The network of the parabola has 49 parameters, and the check takes two
# passes for each; for the network that reads digits in chapter 11 it would
# be more than two hundred thousand passes. Two are enough. Nudge
# *everything at once*, along a random direction $q$, one random number for
# each parameter. Along it the loss is a function of one
# number, and by the chain rule its slope is
#
# $$
# \label{direction-slope: the slope along a direction}
# \left.\frac{d}{dh} L(\theta + h\,q)\right|_{h = 0} =
# \sum_k \grad{\frac{\partial L}{\partial \theta_k}}\, q_k .
# $$
#
# On the right of [](#eq-direction-slope) stands what the code computed, on the
# left something that two
# passes can measure. If the code is wrong by a vector $e$, the two sides
# differ by $\sum_k e_k q_k$. For independent standard normal $q_k$ the
# variances add up ([](initializers.py#eq-variance-sum)), and that is a normal
# number with standard deviation $|e|$. If $e$ is about as long as the
# gradient and we tolerate errors of $10^{-6}$, the mistake passes when that
# number comes out about a million times smaller than $|e|$: one $q$ in a
# million or so.

# %%
def direction_error(model, x, t, rng):
    """All parameters at once, along one random direction."""
    dy = mean_squared_error(model.forward(x, train=True), t)[1]
    model.backward(dy)
    q = [rng.standard_normal(p.value.shape) for p in model.params]
    by_code = sum(np.sum(p.grad * qp) for p, qp in zip(model.params, q))

    def L_along(h):
        nudged = copy.deepcopy(model)
        for p, qp in zip(nudged.params, q):
            p.value += h * qp
        return mean_squared_error(nudged.forward(x), t)[0]

    measured = (L_along(1e-5) - L_along(-1e-5)) / 2e-5
    return relative_error(by_code, measured)


rng = np.random.default_rng(0)
for kind in (Dense, ForgotAxis):
    error = direction_error(network(kind, 0), x, t, rng)
    print(f"{kind.__name__:10} {error:.0e}")

# %% tags=["hide"]
TRIES = 500
spread = {kind: np.array([direction_error(network(kind, 0), x, t, rng)
                          for _ in range(TRIES)])
          for kind in (Dense, ForgotAxis)}
worst_right, best_of_wrong = spread[Dense].max(), spread[ForgotAxis].min()
false_alarms = int((spread[Dense] > 1e-6).sum())
assert false_alarms < TRIES / 100 and best_of_wrong > 1e-6
assert np.median(spread[Dense]) < 1e-9
assert np.median(spread[ForgotAxis]) > 1e-2
fig, ax = subplots(figsize=(5.4, 2.3))
edges = np.logspace(-13, 0, 53)
ax.hist(spread[Dense], edges, color=INK, alpha=0.75, label="right code")
ax.hist(spread[ForgotAxis], edges, histtype="step", hatch="////",
        edgecolor=GRADIENT, label="wrong code")
ax.set(xscale="log", xlabel="relative error along one direction",
       ylabel=f"of {TRIES} directions")
ax.legend(loc="upper center")
figure(
    fig,
    "directions",
    alt="Two histograms on a logarithmic axis. The errors of the right "
    "code lie in a heap around ten to the minus nine, those of the "
    "wrong code pile up below 1, with a gap of some powers of ten between "
    "them.",
    caption="One random direction for all 49 parameters, many times over. "
    "The tails reach toward each other when a slope happens to be near 0.",
)

# %% [markdown]
# Over {{ TRIES }} directions ([](#fig-directions)) the wrong code is off by
# {{ best_of_wrong:.0e }} at least. The right code comes above $10^{-6}$ too,
# along {{ false_alarms }} of them, with {{ worst_right:.0e }}. That is a false
# alarm: the slope along that $q$ is nearly 0, and rounding is large beside it.
# False alarms are far more frequent than misses. So above $10^{-6}$ draw
# another direction; a mistake stays.
#
# The same works for one layer without a loss. String the numbers of $x$ out
# in one row, $x_k$, those of $y$ in another, $y_j$, and let $J_{jk}$ be the
# slope of $y_j$ in $x_k$. A small step $q$ of the input moves $y_j$ by
# $\sum_k J_{jk} q_k$. `backward`, given random numbers $r$ for $dy$, should
# return $\grad{dx_k} = \sum_j r_j J_{jk}$. So
#
# $$
# \label{adjoint: the two ways through a layer}
# \sum_j r_j \Big(\sum_k J_{jk}\, q_k\Big) =
# \sum_k \grad{dx_k}\, q_k ,
# $$
#
# since both are the sum of all $r_j J_{jk} q_k$. The left side of
# [](#eq-adjoint) is measured with `forward`, the right side is code:

# %%
def adjoint_error(layer, x, rng, h=1e-5):
    q = rng.standard_normal(x.shape)
    ahead = layer.forward(x + h * q) - layer.forward(x - h * q)
    r = rng.standard_normal(ahead.shape)
    layer.forward(x, train=True)
    dx = layer.backward(r)
    return relative_error(np.sum(dx * q), np.sum(r * ahead) / (2 * h))


for layer in (Dense(W5), Tanh(), Softmax(), ForgotAxis(W5)):
    error = adjoint_error(layer, x8, rng)
    print(f"{type(layer).__name__:10} {error:.0e}")
    assert error < 1e-6

# %% [markdown]
# Two directions through the same table, $q$ forward and $r$ backward: they
# are called *adjoint*, and this is the *adjoint test*.[^griewank] But
# `ForgotAxis` has passed it, since its $dx$ is right. For
# $dW$ and $db$ the parameters must move as well. The tests of `nn` move
# both, in every layer.
#
# ## The check of nn
#
# `check_gradients` takes the loss $\sum_j r_j y_j$ with
# [random $r$](#/r = generator), and nudges number by number. That is slower
# than a direction, and it says *where* the mistake is. It works on two
# kinds of copies in float64, so that the layer keeps its numbers, its
# precision, and its random state: [`exact`](#/exact = copy) is nudged,
# [`used`](#/used = copy) goes forward and back once.

# %%
show("gradients:")
show("gradients:check_gradients")

# %% [markdown]
# A [fresh copy](#/y = copy) runs each pass: a layer
# that draws random numbers, as `Dropout` of [chapter 11](digits.py), draws
# the same ones every time. The [first `forward`](#/shape = copy) only asks
# for the shape of
# $y$. `parameters`, from [chapter 7](training.py), gives `exact` and `used`
# the same names.
# `L_of` [puts a new array](#/p.value = value) into a parameter, against the
# rule of chapter 2: `exact` is a copy that nobody else holds, and at the
# end of `numerical_gradient` the array has its old numbers.
# [`p = p`](#/p: Parameter = p) gives to each `L_of` the parameter of its
# own round. `Sequential` has to be [asked for `dx`](#/ask = ). The floor is
# the one that `Center` taught us.
#
# Now everything that we have read so far, layers first, then the losses,
# whose gradient comes with their value:

# %%
def loss_error(loss, p, t):
    """The relative error of the gradient that a loss returns."""
    measured = numerical_gradient(lambda p: loss(p, t)[0], p)
    return relative_error(loss(p, t)[1], measured)


rng = np.random.default_rng(0)
xs = rng.normal(size=(6, 5))
layers = [Dense(rng.normal(size=(5, 3))), ReLU(), LeakyReLU(), GELU(),
          Sigmoid(), Tanh(), Softmax(), network(Dense, 0)]
errors = []
for layer in layers:
    data = xs[:, :1] if isinstance(layer, Sequential) else xs
    found = check_gradients(layer, data, rng=rng)
    errors.append(max(found.values()))

ts = {mean_squared_error: xs + rng.normal(size=xs.shape),
      huber: xs + rng.normal(size=xs.shape),
      binary_cross_entropy: rng.random(xs.shape),
      softmax_cross_entropy: rng.integers(5, size=6)}
errors += [loss_error(loss, xs, target) for loss, target in ts.items()]
print(f"the worst of {len(errors)}: {max(errors):.0e}")

found = check_gradients(network(ForgotAxis, 0), x, rng=rng)
for part, error in found.items():
    print(f"{part:20} {error:.0e}")

# %% tags=["check"]
assert max(errors) < 1e-8
assert [part for part, e in found.items() if e > 1e-7] == [
    "0 ForgotAxis/bias"]

# %% [markdown]
# All {{ len(errors) }} are right, and of the network we began with one
# line is wrong: `0 ForgotAxis/bias`. The bias of its second layer passes.
# With a single neuron, forgetting the axis changes nothing. A
# mistake can hide where a size is 1, or where two sizes are equal, so
# check with sizes that all differ.

# %% [markdown]
# ## The gallery
#
# Every mistake that follows stands, or stood, in a tutorial, a textbook or
# a library for learners.[^found] None is named, for what you will meet again
# is the mistake and not its author. Each exhibit has the broken code, with
# the repair beside it, then a run that shows what one sees. The check is
# the `assert` marked *caught*: it passes because the mistake is there and
# is seen.

# %%
rng = np.random.default_rng(8)
x5, W3 = rng.normal(size=(4, 5)), W5[:, :3]     # all sizes differ


def worst(layer, x=x5):
    """The largest relative error of a layer's gradients."""
    rng = np.random.default_rng(0)
    return max(check_gradients(layer, x, rng=rng).values())


# %% [markdown]
# ### Scale
#
# **Dividing by n twice**, in the loss and in the layer: every step of plain
# SGD is $n$ times too short.

# %%
class DividesAgain(Dense):
    def set_gradients(self, dy):
        dy = super().set_gradients(dy)
        self.weight.grad /= len(dy)  # right: without
        self.bias.grad /= len(dy)  # right: without
        return dy

# %%
slow = train(network(DividesAgain, 0))[-1]
print(f"loss {slow:.5f}, as with a rate of {0.1 / 32}")
assert np.isclose(slow, train(network(Dense, 0), lr=0.1 / 32)[-1])
twice_n = worst(DividesAgain(W3))
print(f"error {twice_n:.2f}")
assert np.isclose(twice_n, (4 - 1) / (4 + 1))  # caught, n = 4

# %% [markdown]
# **A mean over all, a gradient over n.** With three outputs the loss
# divides by $3n$, the gradient by $n$: three times too large.

# %%
def mean_of_all(p, t):  # (n, 3)
    return np.mean((p - t) ** 2), 2 * (p - t) / len(p)  # right: p.size

# %%
over_n = loss_error(mean_of_all, rng.normal(size=(4, 3)), 0)
print(f"error {over_n:.2f}")
assert np.isclose(over_n, 1 / 2)  # caught, c = 3

# %% [markdown]
# **Adding where one should write** ([chapter 2](layers.py#the-code)). A
# gradient check calls `backward` once and sees nothing. Call it twice.

# %%
class Adds(Dense):
    def set_gradients(self, dy):
        self.weight.grad += self._xy[0].T @ dy  # right: [:] =
        self.bias.grad += dy.sum(axis=0)  # right: [:] =
        return dy

# %%
def second_call(layer):
    layer.forward(x5, train=True)
    layer.backward(np.ones((4, 3)))
    once = layer.weight.grad.copy()
    layer.backward(np.ones((4, 3)))
    return relative_error(layer.weight.grad, once)


print(f"checked once {worst(Adds(W3)):.0e}")
print(f"called twice {second_call(Adds(W3)):.2f}")
assert np.isclose(second_call(Adds(W3)), 1 / 3)  # caught, c = 2
assert second_call(Dense(W3)) == 0  # right code

# %% [markdown]
# **A mean over a rounded count** ([chapter
# 7](training.py#the-last-batch-is-short)). The mean of ones must be 1.

# %%
losses = [1.0 for _ in batches(np.zeros((56_000, 1)),
                               np.zeros(56_000), 128)]
mean_loss = sum(losses) / (56_000 // 128)  # right: len(losses)

# %%
print(f"{len(losses)} batches, mean {mean_loss:.4f}")
assert mean_loss != 1  # caught
assert sum(losses) / len(losses) == 1  # right code

# %% [markdown]
# **“Xavier”**, a name of three formulas ([chapter
# 5](initializers.py#what-xavier-is)). Measure what you were given.

# %%
xavier = np.sqrt(2 / 784)  # right: np.sqrt(2 / (784 + 128))

# %%
given = glorot_uniform(784, 128, rng=rng).std()
print(f"'Xavier' {xavier:.4f}, Glorot {given:.4f}")
assert abs(given / np.sqrt(2 / (784 + 128)) - 1) < 0.01
assert abs(xavier / given - 1) > 0.05  # caught

# %% [markdown]
# ### A term is missing
#
# **The forgotten axis** has had its section. **No bias**
# ([chapter 0](start.py#take-one-line-away)): (0, 0) always gets one half.

# %%
V, w = rng.normal(size=(2, 3)), rng.normal(size=(3, 1))


def no_bias(x):
    return sigmoid(np.tanh(x @ V) @ w)  # right: + b, twice

# %%
half = no_bias(np.zeros((1, 2))).item()
print("at (0, 0):", half)
assert half == 0.5  # caught

# %% [markdown]
# **Half a cross-entropy** ([chapter 4](losses.py#half-a-cross-entropy)),
# of [](losses.py#eq-cross-entropy).
# Answer 1 to everything, and it is nearly 0.

# %%
def half_entropy(z, t):
    p = sigmoid(z)
    L = -np.mean(t * np.log(p))  # right: also for 1 - t
    return L, (p - t) / t.size

# %%
bits = np.array([[1.0], [0.0], [1.0], [0.0]])
all_ones = half_entropy(np.full((4, 1), 16.0), bits)[0]
half_error = loss_error(half_entropy, rng.normal(size=(4, 1)), bits)
print(f"all ones: loss {all_ones:.1e}, error {half_error:.2f}")
assert half_error > 0.1  # caught

# %% [markdown]
# **Softmax by its diagonal**, though every logit moves every $p$
# ([](activations.py#eq-softmax-slopes)).

# %%
class Diagonal(Softmax):
    def backward(self, dy):
        return dy * self._y * (1 - self._y)  # right: the whole table

# %%
diagonal = worst(Diagonal())
print(f"error {diagonal:.2f}")
assert diagonal > 0.1  # caught

# %% [markdown]
# **Adam without its root.** The gradient is right, so no gradient check
# can help. Adam promises a first step of the length `lr` for gradients of
# any size. Ask for that.

# %%
def rootless(g, lr=0.001):
    m_hat, v_hat = g, g * g  # at step 1
    return lr * m_hat / (v_hat + 1e-8)  # right: sqrt(v_hat)

# %%
def adam(g, lr=0.001):
    layer = Dense([[0.0]])
    layer.weight.grad[:] = g
    Adam(layer.params, lr=lr).step()
    return -layer.weight.value.item()


steps = {g: (rootless(g), adam(g)) for g in (0.01, 1.0, 100.0)}
print(*(f"g = {g}: {a:.0e} and {b:.0e}" for g, (a, b) in
        steps.items()), sep="\n")
assert all(np.isclose(b, 0.001) for _, b in steps.values())  # nn
assert not np.isclose(rootless(100.0), 0.001)  # caught

# %% [markdown]
# **A way back that nobody ever went.** A name that does not exist is no
# error in Python until the line runs. Check every layer, without exception.

# %%
class Cube(Elementwise):
    def f(self, x):
        return x**3

    def slope(self, x, y):
        return 3 * self.fn_x**2  # right: x

# %%
print("forward", Cube().forward([2.0], train=True))
try:
    worst(Cube())
    never_ran = "nothing"
except AttributeError as error:
    never_ran = str(error)
print("check  ", never_ran)
assert "fn_x" in never_ran  # caught

# %% [markdown]
# ### The right thing in the wrong place
#
# **A slope of the output, given the input** ([chapter
# 3](activations.py#a-slope-of-what)), here of tanh.

# %%
def tanh_slope(x):  # right: y
    return 1 - x**2  # right: y

# %%
by_x, by_y = tanh_slope(2.0), tanh_slope(np.tanh(2.0))
measured = numerical_gradient(np.tanh, 2.0)
print(f"{by_x:.4f} {by_y:.4f}, measured {measured:.4f}")
assert not np.isclose(by_x, measured)  # caught
assert np.isclose(by_y, measured)  # right code

# %% [markdown]
# **A softmax that passes $dy$ through** ([chapter
# 3](activations.py#a-softmax-that-hands-back-what-it-gets)).

# %%
class PassesOn(Softmax):
    def backward(self, dy):
        return dy  # right: J.T @ dy

# %%
passed_on = worst(PassesOn())
print(f"error {passed_on:.2f}")
assert passed_on > 0.1  # caught

# %% [markdown]
# **A softmax of the whole batch.** Written for one example, used for four:
# the sum runs over everything. The check scares with large errors in a
# backward pass that looks right. It is the forward pass that is wrong.

# %%
def batch_softmax(z):
    e = np.exp(z - np.max(z))
    return e / np.sum(e)  # right: axis=1


def entropy(z, t):
    p = batch_softmax(z)
    return -np.sum(t * np.log(p)) / len(z), (p - t) / len(z)

# %%
z4, t4 = rng.normal(size=(4, 3)), one_hot([0, 1, 2, 0], 3)
whole, alone = (loss_error(entropy, z4[:n], t4[:n]) for n in (4, 1))
print("rows sum to", batch_softmax(z4).sum(axis=1).round(2))
print(f"error {whole:.2f}; with one example {alone:.0e}")
assert whole > 0.1 and alone < 1e-7  # caught, with n > 1

# %% [markdown]
# **$x$ for $W$, and an index turned round.** $dx = dy\,x^\top$ and
# $y_{ij} = \sum_k x_{ik} W_{jk}$ are one letter away from the truth, and
# both run where all sizes are equal ([chapter
# 2](layers.py#right-shapes-wrong-numbers)). `einsum`
# takes the letters as they stand and sums over `k`.

# %%
def turned(x, W):
    return np.einsum("ik,jk->ij", x, W)  # right: ik,kj->ij

# %%
for W in (W5, W5[:, :3]):
    try:
        fits = turned(x5, W).shape == (x5 @ W).shape
    except ValueError:
        fits = False
    print(x5.shape, W.shape, "fits" if fits else "does not fit")
assert not fits  # caught
assert not np.allclose(turned(x5, W5), x5 @ W5)  # fits, and wrong

# %% [markdown]
# **A sign in a printed formula.** Series, indices and signs go wrong in the
# best of books. Run the formula.

# %%
def log1p_series(a):
    return a + a**2 / 2 + a**3 / 3  # right: a - a**2 / 2

# %%
print(f"{log1p_series(0.1):.4f} {np.log1p(0.1):.4f}")
assert abs(log1p_series(0.1) - np.log1p(0.1)) > 1e-3  # caught
assert abs(0.1 - 0.01 / 2 + 0.001 / 3 - np.log1p(0.1)) < 1e-4

# %% [markdown]
# **“Batch normalization”** for averaging a gradient over the batch. It is
# something else ([chapter 11](digits.py)): before a learned scale and shift,
# every column has mean 0 and standard deviation 1, or nearly. Test what a
# name promises.

# %%
def batch_normalization(dy):
    return dy / len(dy)  # right: call it a mean

# %%
def keeps_promise(y):
    return np.allclose(y.mean(axis=0), 0) and np.allclose(y.std(0), 1)


print("std", batch_normalization(x5).std(axis=0).round(2))
assert not keeps_promise(batch_normalization(x5))  # caught
assert keeps_promise((x5 - x5.mean(axis=0)) / x5.std(axis=0))

# %% [markdown]
# ### Numbers that break
#
# **A sigmoid that overflows**, and **a “stable” one by `np.where`** ([chapter
# 3](activations.py#the-curve-that-overflows)). The check: warnings are errors.

# %%
def naive(z):
    return 1 / (1 + np.exp(-z))  # right: nn's sigmoid


def by_where(z):
    e = np.exp(z)  # right: -abs(z)
    return np.where(z >= 0, 1 / (1 + np.exp(-z)), e / (1 + e))

# %%
complaints = []
for f in (naive, by_where, sigmoid):
    try:
        with np.errstate(over="raise", invalid="raise"):
            f(np.array([-1000.0, 1000.0]))
        complaints.append("fine")
    except FloatingPointError as error:
        complaints.append(str(error))
    print(f"{f.__name__:9}", complaints[-1])
assert "fine" not in complaints[:2]  # caught
assert complaints[2] == "fine"  # nn

# %% [markdown]
# **Clipping what should not overflow.** Logits cut at ±500, probabilities
# at `1e-7`: no warning, and where it cuts, the loss has slope 0. The
# example that is most wrong teaches nothing; or the code returns $p - t$
# all the same, which is not the gradient of this loss. Check there.

# %%
def clipped(z, t):  # right: loss from the logits, not cut
    p = np.clip(sigmoid(np.clip(z, -500, 500)), 1e-7, 1 - 1e-7)
    L = -np.mean(t * np.log(p) + (1 - t) * np.log(1 - p))
    return L, (p - t) / p.size

# %%
z40 = np.array([[-40.0]])
clip_error = loss_error(clipped, z40, 1)
print(f"loss {clipped(z40, 1)[0]:.1f}, in truth", end=" ")
print(binary_cross_entropy(z40, [[1]])[0])
print(f"error {clip_error:.2f}")
assert np.isclose(clip_error, 1)  # caught
assert loss_error(binary_cross_entropy, z40, [[1]]) < 1e-7

# %% [markdown]
# **A rounded number goes on.** A figure shows the output of a sigmoid with
# two digits; a reader continues with them, and misses the next figure.
# Round what you show, say so, and never use it.

# %%
y1 = sigmoid(np.array(1.0)).item()
passed = round(y1 * (1 - y1), 2)  # right: do not round

# %%
onward, truly = 2 * passed, 2 * y1 * (1 - y1)
print(f"{passed:.2f} times 2 is {onward:.2f}, and {truly:.2f}")
assert f"{onward:.2f}" != f"{truly:.2f}"  # caught

# %% [markdown]
# **Checking in float32.** Right code, and an error that scares
# ([](#fig-nudges)). Look at the type first.

# %%
def bent32(x):
    return np.sum(np.tanh(x.astype(np.float32)))  # right: float64

# %%
slopes = 1 - np.tanh(x5) ** 2
scare = relative_error(slopes, numerical_gradient(bent32, x5))
sober = relative_error(
    slopes, numerical_gradient(lambda x: np.sum(np.tanh(x)), x5))
print(f"float32 {scare:.0e}, float64 {sober:.0e}")
assert scare > 1e-4 and sober < 1e-9  # caught: the check is wrong

# %% [markdown]
# **float64 by accident.** NumPy's generators draw float64, `np.sqrt(2.0)` is
# float64, and all that one of them touches becomes float64: twice the memory,
# and more time. Compare the type that goes in with the one that comes out.
# **A new array each time** costs time as well ([chapter 14](speed.py)
# measures both). Ask whether it is still the same one.

# %%
W64 = rng.standard_normal((784, 10)) * 0.05  # right: dtype="f4"
digit = np.zeros((1, 784), np.float32)


def step(W, dW):
    return W - 0.1 * dW  # right: W -= 0.1 * dW


# %%
print(digit.dtype, "->", (digit @ W64).dtype)
reader = Dense(W64.astype(np.float32))
held = reader.weight.value
print("same array:", step(held, held) is held, end=", ")
SGD(reader.params, lr=0.1).step()
print("with nn:", reader.weight.value is held)
assert (digit @ W64).dtype != digit.dtype  # caught
assert step(held, held) is not held  # caught
assert reader.forward(digit).dtype == digit.dtype
assert reader.weight.value is held

# %% [markdown]
# **A dead start** ([chapter 3](activations.py#neurons-that-die)). On XOR,
# without a bias, a ReLU is shut wherever both its weights are negative: one in
# four, and a network of four has none to spare. Count before training.

# %%
def hidden():
    return gate @ he_normal(2, 4, rng=rng)  # right: more than 4


# %%
dead = [int(np.sum((hidden() <= 0).all(axis=0)))
        for _ in range(1000)]
print(f"dead of 4: {np.mean(dead):.2f} on average, at most", max(dead))
assert abs(np.mean(dead) - 4 / 4) < 0.15  # caught: one of four

# %% [markdown]
# ### Honest measurement
#
# **Output that no run made.** What is typed beside a program may never have
# been true, or is stale after the next change. Python has a check for it built
# in, the doctest; `nn` has one at every public name.

# %%
import doctest


def halve(a):
    """Half of a.

    >>> halve(3)
    1
    """
    return a / 2  # right: 1.5 above

# %%
example = doctest.DocTestFinder().find(halve, globs={"halve": halve})
report = doctest.DocTestRunner().run(example[0], out=lambda text: None)
print(report)
assert report.failed == 1  # caught

# %% [markdown]
# **A seed for the whole program.** One more draw anywhere, and all that
# follows is another run. Hand the generator over, as `nn`
# does. The check: run again, with a draw in between.

# %%
import random


def weights_after(draws, seed=None):
    random.seed(0)  # right: an rng
    for _ in range(draws):
        random.random()
    if seed is not None:
        return np.random.default_rng(seed).normal(size=2)
    return np.array([random.gauss(), random.gauss()])

# %%
print("global seed  ", weights_after(0), weights_after(1))
print("own generator", weights_after(0, 7), weights_after(1, 7))
assert not np.allclose(weights_after(0), weights_after(1))  # caught
assert np.array_equal(weights_after(0, 7), weights_after(1, 7))

# %% [markdown]
# **Choosing by the test set.** Fifty models that toss coins, a hundred
# test examples: the best seems to have learned something, until it meets
# new ones. Choose on validation data ([chapter
# 7](training.py#the-test-set-once)).

# %%
answers = rng.integers(2, size=(50, 1000))  # 50 coin tossers
truth = rng.integers(2, size=1000)
on_test = (answers == truth)[:, :100].mean(axis=1)
chosen = on_test.argmax()  # right: on validation
on_new = (answers == truth)[chosen, 100:].mean()
print(f"chosen by test {on_test[chosen]:.2f}, on new {on_new:.2f}")
assert on_test[chosen] > on_new + 0.07  # caught

# %% [markdown]
# **One run.** Two people train the *same* network, each with a seed of
# their own, and compare. Show many seeds, and the spread. (Here, all pairs of
# seeds of the right code on the step of [](#tab-lower); `runs` and `SEEDS`
# are from the fold of that table.)

# %%
finals = runs["step", 0.1][0][-1]  # one loss for each seed
one, other = np.triu_indices(SEEDS, k=1)  # pairs 0 1, 0 2, …
ratio = finals[one] / finals[other]  # right: all of finals
progress = np.mean(np.minimum(ratio, 1 / ratio) < 0.95)
print(f"{progress:.0%} of pairs: 'my loss is 5 % lower'")
assert progress > 0.3  # caught

# %% [markdown]
# **A random split of what belongs together.** Somebody's digits look like
# that person's other digits. Shuffle, cut, and every writer of the test is
# in the training set as well. Here are 40 writers whose labels are coin
# tosses, and an answer copied from the nearest example:

# %%
writers = np.repeat(np.arange(40), 20)
habit = rng.normal(size=(40, 2))[writers]
strokes = habit + 0.05 * rng.normal(size=(800, 2))
label = rng.integers(2, size=40)[writers]


def copied(train):
    apart = strokes[~train, None] - strokes[train]  # (test, train, 2)
    far = (apart**2).sum(axis=2)  # (test, train)
    return np.mean(label[train][far.argmin(axis=1)] == label[~train])


by_chance = copied(rng.random(800) < 0.5)  # right: by writer
by_writer = copied(writers < 20)
print(f"random split {by_chance:.2f}, split by writer {by_writer:.2f}")
assert by_chance > by_writer + 0.2  # caught

# %% [markdown]
# The {{ by_writer:.2f }} is a coin's, over 20 strangers. MNIST's own test
# set comes from other people than its training set.[^mnist]
#
# **Work for nobody.** The gradient of the data is computed and thrown away.
# The result is right; only time is lost. Count the products, three of the
# same size a layer ([](layers.py#eq-dense-input) is the third).

# %%
def first_layer_back(dy, W):
    return dy @ W.T  # right: not at all


# %%
sizes = [784, 128, 64, 10]
products = [a * b for a, b in zip(sizes, sizes[1:])]
wasted = products[0] / (3 * sum(products))
print(f"{wasted:.0%} of the arithmetic")
assert wasted > 0.3  # caught
model = network(Dense, 0)
model.forward(x, train=True)
assert model.backward(np.ones((32, 1))) is None  # nn skips it

# %% [markdown]
# ### On one page

# %% tags=["hide"]
rows = [
    ["*Scale*", "", ""],
    ["dividing by n twice", f"error {twice_n:.2f} at n = 4",
     "gradient check"],
    ["mean over all, gradient over n", f"error {over_n:.2f}",
     "gradient check of the loss"],
    ["adding to the last gradient",
     f"error {second_call(Adds(W3)):.2f}, second call", "`backward` twice"],
    ["`n // batch`", f"{mean_loss:.4f} for 1", "the mean of ones"],
    ["“Xavier”", f"{xavier / given:.2f} times Glorot's", "measure the spread"],
    ["*A term is missing*", "", ""],
    ["the forgotten axis", f"error {found['0 ForgotAxis/bias']:.2f}",
     "gradient check, sizes not 1"],
    ["no bias", f"{half} at (0, 0), always", "put in zeros"],
    ["half a cross-entropy", f"all ones: loss {all_ones:.0e}",
     "gradient check of the loss"],
    ["softmax by its diagonal", f"error {diagonal:.2f}", "gradient check"],
    ["Adam without the root", f"first step {rootless(0.01) / 0.001:.0f} "
     "times `lr`", "the first step is `lr`"],
    ["a way back never gone", "no such attribute", "check every layer"],
    ["*In the wrong place*", "", ""],
    ["slope of y, given x", f"−{-by_x:.0f} for {by_y:.2f}", "gradient check"],
    ["softmax passes dy on", f"error {passed_on:.2f}", "gradient check"],
    ["softmax of the batch", f"error {whole:.2f}", "rows sum to 1"],
    ["x for W, turned indices", "wrong or `ValueError`",
     "sizes that differ"],
    ["a sign in a formula", f"{log1p_series(0.1):.4f} for "
     f"{np.log1p(0.1):.4f}", "run the formula"],
    ["“batch normalization”", "columns keep their spread",
     "test the promise"],
    ["*Numbers that break*", "", ""],
    ["naive sigmoid, `np.where`", complaints[0].split(" in ")[0],
     "±1000, warnings are errors"],
    ["clipping", f"loss {clipped(z40, 1)[0]:.1f} for 40",
     "gradient check at ±40"],
    ["rounding on the way",
     f"{onward:.2f} or {truly:.2f}",
     "round only what is shown"],
    ["checking in float32", f"error {scare:.0e}", "float64"],
    ["float64 by accident, new arrays", "twice the bytes",
     "type in = type out"],
    ["a dead start", f"{np.mean(dead):.2f} of 4 neurons",
     "count before training"],
    ["*Honest measurement*", "", ""],
    ["output no run made", f"{report.failed} doctest failed",
     "doctests, builds"],
    ["a global seed", "another run", "a draw in between"],
    ["choosing by the test set",
     f"{on_test[chosen]:.2f}, then {on_new:.2f}", "validation data"],
    ["one run", f"{progress:.0%} of pairs “better”", "many seeds, spread"],
    ["a random split", f"{by_chance:.2f}, then {by_writer:.2f}",
     "split by source"],
    ["work for nobody", f"{wasted:.0%} of the arithmetic",
     "count products"],
]
table(
    rows,
    header=["mistake", "symptom, in the runs above", "check"],
    caption="The gallery. *Error* is the relative error of a gradient.",
    name="gallery",
    align="lll",
)

# %% [markdown]
# Six checks catch most of [](#tab-gallery): central differences in float64,
# sizes that all differ, `backward` twice, extreme inputs with warnings as
# errors, a test of what each name promises, and more than one seed.
#
# ## The whole machine
#
# This closes Part I. One file is left, `nn/__init__.py`, the door to the
# package. It names all that is in it, in the order of the book:

# %%
show("__init__:")

# %% tags=["hide"]
import ast
from pathlib import Path

import nn.layers

door = ast.parse((Path(nn.layers.__file__).parent / "__init__.py")
                 .read_text("utf-8"))
order = [node.module.removeprefix("nn.") for node in door.body
         if isinstance(node, ast.ImportFrom)]
later = order[order.index("gradients") + 1:]
assert later == ["digits", "dropout", "normalization", "distortions",
                 "residual"]

# %% [markdown]
# Below `gradients` stand {{ len(later) }} modules that you have not met.
# Four of them come with the handwriting of [chapter 11](digits.py), and
# `residual` with the deep networks of [chapter 12](deep.py). Their layers
# will have to pass `check_gradients` like the rest.
#
# ## What we have now
#
# - A judge: central differences, right to about ten digits in float64, and
#   for functions written out, the complex step, right to the last.
# - A way to read its verdict: factor, sign, place, kink, or only rounding.
# - The machine of Part I, read to the last line. Its layers and its losses
#   have all stood before the judge.

# %% [markdown]
# ## Exercises
#
# ### Exercise 8.1 · Name the factor
#
# A check reports a relative error of $0.6$ for every parameter. The batch
# had 4 examples. The gradients point the right way and are too large. By
# which factor are they wrong? And what would the check report for a gradient
# that is ten times too *small*?
#
# ??? tip "Hint"
#
#     Solve $(c - 1)/(c + 1) = 0.6$ for $c$.

# %% tags=["starter"]
factor = None          # c, for an error of 0.6
error_of_a_tenth = None  # the error if c = 1/10

# %% tags=["solution"]
# c - 1 = 0.6 c + 0.6, so c = 1.6 / 0.4 = 4: the 1/n was forgotten.
factor = 4
error_of_a_tenth = (1 - 0.1) / (1 + 0.1)

# %% tags=["tests"]
assert factor == 4, "put your c into (c - 1) / (c + 1)"
assert error_of_a_tenth is not None, "|c - 1| / (|c| + 1)"
assert abs(error_of_a_tenth - 9 / 11) < 1e-3, "|c - 1| is 1 - c here"

# %% [markdown]
# ### Exercise 8.2 · Four nudges
#
# Two nudges cancel the even terms of [](#eq-taylor). With four, at
# $\pm h$ and $\pm 2h$, the term with $h^2$ goes as well. Find weights
# $c_1$ and $c_2$ for which
#
# $$
# c_1\,\frac{L(\theta + h) - L(\theta - h)}{2h} +
# c_2\,\frac{L(\theta + 2h) - L(\theta - 2h)}{4h}
# $$
#
# has an error proportional to $h^4$, and write the function.
#
# ??? tip "Hint"
#
#     The errors of the two fractions are $\tfrac{h^2}{6}L'''$ and
#     $\tfrac{4h^2}{6}L'''$. The slopes must add up to one slope, the errors
#     to nothing.

# %% tags=["starter"]
import numpy as np


def slope(f, x, h=1e-3):
    """df/dx with an error proportional to h**4."""
    raise NotImplementedError("your code")

# %% tags=["solution"]
def slope(f, x, h=1e-3):
    # c1 + c2 = 1 and c1 + 4 c2 = 0: c1 = 4/3, c2 = -1/3.
    near = (f(x + h) - f(x - h)) / (2 * h)
    far = (f(x + 2 * h) - f(x - 2 * h)) / (4 * h)
    return (4 * near - far) / 3

# %% tags=["tests"]
assert abs(slope(lambda x: x**3, 2.0, h=0.5) - 12) < 1e-9, (
    "for a cubic it is exact, whatever h")
assert abs(slope(lambda x: x**4, 2.0, h=0.5) - 32) < 1e-9, (
    "for a fourth power as well")
errors = [abs(slope(np.exp, 0.0, h) - 1) for h in (0.2, 0.1)]
assert 12 < errors[0] / errors[1] < 20, (
    "half the nudge should leave a sixteenth of the error")
assert abs(slope(np.tanh, 0.5) - (1 - np.tanh(0.5) ** 2)) < 1e-11

# %% [markdown]
# ### Exercise 8.3 · Sideways
#
# Write `complex_gradient`, the complex step for every number of an array.
# Then write `softplus`, $\log(1 + e^x)$, in a form that does not overflow
# at 1,000 *and* that the complex step can go through.
#
# ??? tip "Hint"
#
#     $\log(1 + e^x) = m + \log(e^{-m} + e^{x - m})$ for any $m$. Choose
#     $m$ by the real part; it is only a number. `np.exp` and `np.log` take
#     complex numbers.

# %% tags=["starter"]
import numpy as np


def complex_gradient(f, x, h=1e-200):
    """df/dx for a scalar function of a real array, by complex steps."""
    raise NotImplementedError("your code")


def softplus(x):
    """log(1 + exp(x)), for real and for complex arrays."""
    raise NotImplementedError("your code")

# %% tags=["solution"]
def complex_gradient(f, x, h=1e-200):
    x = np.array(x, complex)
    gradient = np.empty(x.shape)
    for i in np.ndindex(x.shape):
        x[i] += 1j * h
        gradient[i] = f(x).imag / h
        x[i] = x[i].real         # nudge back
    return gradient


def softplus(x):
    # m follows the real part alone: the formula holds for any m, so m is
    # a constant to the complex step, and neither exponent is positive.
    m = np.maximum(np.real(x), 0)
    return m + np.log(np.exp(-m) + np.exp(x - m))

# %% tags=["tests"]
x = np.array([[0.5, -1.0], [2.0, 0.0]])
g = complex_gradient(lambda x: np.sum(np.tanh(x) ** 2), x)
y = np.tanh(x)
assert g.shape == x.shape and g.dtype == np.float64
assert np.allclose(g, 2 * y * (1 - y * y), rtol=1e-14, atol=0)
assert np.array_equal(x, [[0.5, -1.0], [2.0, 0.0]]), "leave x alone"
with np.errstate(over="raise"):
    big = softplus(np.array([-1000.0, 0.0, 1000.0]))
assert np.allclose(big, [0.0, np.log(2), 1000.0])
g = complex_gradient(lambda x: np.sum(softplus(x)), x)
assert np.allclose(g, 1 / (1 + np.exp(-x)), rtol=1e-13, atol=0), (
    "the slope of softplus is the sigmoid")

# %% [markdown]
# ### Exercise 8.4 · One of five
#
# Five layers, each a pair of a forward and a backward function (`swish` is
# $x\,\sigma(x)$). One is wrong, and one raises a false alarm. Write `error`,
# the adjoint test for such a pair at a given $x$, with a random $r$ for $dy$
# and a random direction $q$; then name the two.
#
# ??? tip "Hint"
#
#     `np.sum(backward(x, r) * q)` against the central difference of
#     `np.sum(r * forward(x + h * q))`. For the false alarm, look at what
#     the test's $x$ contains, and try another $x$.

# %% tags=["starter"]
import numpy as np

PAIRS = {
    "square": (lambda x: x**2, lambda x, dy: 2 * x * dy),
    "relu": (lambda x: np.maximum(x, 0), lambda x, dy: (x > 0) * dy),
    "swish": (lambda x: x / (1 + np.exp(-x)),
              lambda x, dy: dy / (1 + np.exp(-x))),
    "mean": (lambda x: x.mean(axis=1),
             lambda x, dy: np.ones_like(x) * dy[:, None] / x.shape[1]),
    "center": (lambda x: x - x.mean(axis=0),
               lambda x, dy: dy - dy.mean(axis=0)),
}
X = np.array([[0.0, 1.0, -2.0], [3.0, 0.0, 0.5]])


def error(forward, backward, x, rng, h=1e-5):
    """|a - b| / (|a| + |b|) for the two sides of the adjoint test."""
    raise NotImplementedError("your code")


wrong = None
false_alarm = None

# %% tags=["solution"]
def error(forward, backward, x, rng, h=1e-5):
    r = rng.standard_normal(forward(x).shape)
    q = rng.standard_normal(x.shape)
    a = np.sum(backward(x, r) * q)
    above, below = forward(x + h * q), forward(x - h * q)
    b = np.sum(r * (above - below)) / (2 * h)
    return abs(a - b) / (abs(a) + abs(b))


for name, pair in PAIRS.items():
    rng = np.random.default_rng(0)
    print(f"{name:7} {error(*pair, X, rng):.0e}", end=" ")
    print(f"{error(*pair, X + 0.1, rng):.0e}")
wrong = "swish"          # the product rule's second term is missing
false_alarm = "relu"     # X has zeros, and relu a corner there

# %% tags=["tests"]
rng = np.random.default_rng(1)
assert error(*PAIRS["square"], X, rng) < 1e-8
assert error(*PAIRS["mean"], X, rng) < 1e-8
twice = (lambda x: x, lambda x, dy: 2 * dy)
assert abs(error(*twice, X, rng) - 1 / 3) < 1e-6, "twice too large"
assert error(*PAIRS["swish"], X + 0.1, rng) > 1e-3
assert wrong == "swish", "which one fails at every x?"
assert false_alarm == "relu", "which one fails only at a corner?"

# %% [markdown]
# ### Exercise 8.5 · Is it a gradient at all?
#
# A small project. A gradient has a property that most lists of functions
# lack. The slope of $\partial L/\partial \theta_j$ toward $\theta_k$
# equals the slope of $\partial L/\partial \theta_k$ toward $\theta_j$: for
# a smooth $L$ both are the same second derivative. So code that returns a
# gradient can be tested *without its loss*: nudge the parameters, difference
# the gradients, and see whether the table is symmetric, equal to its
# transpose. Write `asymmetry`, and use it to say which of three gradient
# functions of a tiny network cannot be the gradient of any loss. Which kind
# of mistake can this test never find?
#
# ??? tip "Hint"
#
#     Row $k$ of the table is `(g(theta + s) - g(theta - s)) / (2 * h)`,
#     where `s` is $h$ at place $k$ and 0 elsewhere. For the last question,
#     ask which of the three is wrong and symmetric.

# %% tags=["starter"]
import numpy as np

x = np.linspace(-1, 1, 8)[:, None]
t = x**2


def gradient(theta, bias=lambda da: da.sum(axis=0), scale=1.0):
    """Of a 1-3-1 tanh network's squared error; theta has 9 numbers."""
    w1, b1, w2 = theta.reshape(3, 3)
    y1 = np.tanh(x * w1 + b1)
    dy = 2 * (y1 @ w2[:, None] - t) / len(x)
    da = dy * w2 * (1 - y1**2)
    dw1, db1, dw2 = (x * da).sum(axis=0), bias(da), y1.T @ dy[:, 0]
    return scale * np.concatenate([dw1, db1, dw2])


def candidate_a(theta):
    return gradient(theta, scale=2.0)


def candidate_b(theta):
    return gradient(theta, bias=lambda da: np.full(3, da.sum()))


def candidate_c(theta):
    return gradient(theta)


def asymmetry(g, theta, h=1e-5):
    """|H - H.T| / |H + H.T| (lengths) for the slopes H of g at theta."""
    raise NotImplementedError("your code")


no_gradient = None     # "a", "b" or "c"
wrong_but_symmetric = None

# %% tags=["solution"]
def asymmetry(g, theta, h=1e-5):
    steps = h * np.eye(len(theta))
    H = np.stack([(g(theta + s) - g(theta - s)) / (2 * h) for s in steps])
    return np.linalg.norm(H - H.T) / np.linalg.norm(H + H.T)


theta = np.random.default_rng(0).normal(size=9)
for candidate in (candidate_a, candidate_b, candidate_c):
    print(candidate.__name__, f"{asymmetry(candidate, theta):.0e}")
no_gradient = "b"      # the forgotten axis: no loss has this gradient
# A factor for all is the gradient of another loss, twice as large. The
# test cannot see a mistake that is a right gradient of a wrong loss.
wrong_but_symmetric = "a"

# %% tags=["tests"]
theta = np.random.default_rng(5).normal(size=9)
assert asymmetry(candidate_c, theta) < 1e-7
A = np.array([[1.0, 2.0], [0.0, 1.0]])
found = asymmetry(lambda v: A @ v, np.zeros(2))
assert abs(found - np.sqrt(8) / 4) < 1e-6, (
    "for a linear g the table is its matrix")
assert no_gradient == "b", "which table is not symmetric?"
assert wrong_but_symmetric == "a", "compare it with candidate_c"

# %% [markdown]
# ## Notes
#
# A widely read textbook advises to compare every gradient with
# differences, with the complex step, and along random directions, and
# tells how a wrong update of the biases can go unnoticed because the
# weights make up for it.[^goodfellow] Differences are one way to a
# derivative without calculus, and not a cheap one; the survey of Baydin
# and others sets them beside automatic differentiation, which is what our
# `backward` does by hand and `Value` by itself.[^baydin]
#
# Squire and Trapp made the complex step known, in a note of three
# pages.[^squire] Martins, Sturdza and Alonso, who trace the idea back to
# Lyness and Moler in 1967, carried it into large programs and worked out
# what has to be changed there: comparisons, and the absolute
# value.[^martins] The unit roundoff and the model of rounding used here
# are those of Higham.[^higham]
#
# [^higham]: [Higham 2002](bibliography.md#higham-2002), chapter 2.
# [^squire]: [Squire and Trapp 1998](bibliography.md#squire-1998).
# [^martins]: [Martins, Sturdza and Alonso
#     2003](bibliography.md#martins-2003).
# [^griewank]: That the reverse mode applies the transposed table, and what
#     it costs, is the subject of [Griewank and Walther
#     2008](bibliography.md#griewank-2008), chapters 3 and 4.
# [^found]: About two thirds come from five popular tutorials, run as they
#     are printed; the others from errata and issue lists.
# [^mnist]: [LeCun, Cortes and Burges
#     1998](bibliography.md#lecun-1998-mnist).
# [^goodfellow]: [Goodfellow, Bengio and Courville
#     2016](bibliography.md#goodfellow-2016), section 11.5.
# [^baydin]: [Baydin and others 2018](bibliography.md#baydin-2018), section
#     2.1.
