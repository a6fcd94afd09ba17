# %% [markdown]
# # 5 · Initialization
#
# *Where does one start?*
#
# After this chapter you can say, with a pencil, how large the numbers in
# the fiftieth layer of a network will be, choose the weights so that they
# are neither dust nor infinity, and name the rule that you chose by its
# right name. You will have read every line of `nn/initializers.py`.

# %%
import numpy as np

from nn.activations import ReLU, Tanh
from nn.layers import Dense, Sequential
from nn.losses import binary_cross_entropy

# %% tags=["hide"]
from weave import GRADIENT, INK, VALUE, figure, show, subplots, table

# %% [markdown]
# ## A tower of zeros
#
# Fifty layers of 128 neurons, each followed by a tanh: a tower, tall
# enough to magnify whatever a layer does to its numbers. We send
# 256 rows of numbers up, and gradients down again.

# %%
depth, width, n = 50, 128, 256
rng = np.random.default_rng(0)
x = rng.standard_normal((n, width), dtype=np.float32)
t = rng.standard_normal((n, width), dtype=np.float32)


def tower(start, bend, **how):
    """Fifty times a Dense layer and an activation."""
    stack = []
    for _ in range(depth):
        stack += [Dense(start(width, width, **how)), bend()]
    return stack


def through(stack, dy=None):
    """All values, x first, and all gradients, dx first: 51 each."""
    values = [x]
    for layer in stack:
        values.append(layer.forward(values[-1], train=True))
    if dy is None:  # the loss is half the squares of y - t, over n
        dy = (values[-1] - t) / n
    gradients = [dy]
    for layer in reversed(stack):
        gradients.append(layer.backward(gradients[-1]))
    # Dense and bend alternate: every second entry lies between
    # floors. Gradients were collected from the top: turn them.
    return values[::2], gradients[::-2]


# %% [markdown]
# Zero is the obvious start: it favours nothing. Ten steps against the
# gradient, then count the numbers that have moved at all.

# %%
from nn.initializers import zeros


def learn(stack, steps=10, rate=0.1):
    model = Sequential(*stack)
    before = [p.value.copy() for p in model.params]
    for _ in range(steps):
        through(stack)
        for p in model.params:
            p.value -= rate * p.grad
    return [p.value - old for p, old in zip(model.params, before)]


stack = tower(zeros, Tanh)
moved = learn(stack)
print(*[np.count_nonzero(change) for change in moved[-6:]])

# %% tags=["hide"]
all_numbers = sum(change.size for change in moved)
alive = [np.count_nonzero(change) for change in moved]
assert alive[-1] == width and not any(alive[:-1])
assert all(not np.any(dy) for dy in through(stack)[1][:-1])

# %% tags=["check"]
assert all_numbers == 50 * (128 * 128 + 128)

# %% [markdown]
# These are the last three layers, weights and biases in turn. Of
# {{ all_numbers:, }} numbers {{ sum(alive) }} have moved: the last biases.
# The chain rule of chapter 2 says why, in its two lines,
# [](layers.py#eq-dense-weights) and [](layers.py#eq-dense-input)
# (all letters: [notation](notation.md)):
#
# $$
# \label{two-products: the way back through a Dense layer}
# \underset{(d_\text{in},\ d_\text{out})}{\grad{dW}} =
# \underset{(d_\text{in},\ n)}{\val{x}^\top}\
# \underset{(n,\ d_\text{out})}{\grad{dy}},
# \qquad
# \underset{(n,\ d_\text{in})}{\grad{dx}} =
# \underset{(n,\ d_\text{out})}{\grad{dy}}\
# \underset{(d_\text{out},\ d_\text{in})}{W^\top}.
# $$
#
# By [](#eq-two-products), with $W = 0$ every layer hands down $dx = 0$,
# exactly. And as
# $\tanh 0 = 0$, every layer but the first receives $x = 0$, so its $dW$ is
# 0 even where $dy$ is not. Nothing inside the tower will ever move.
#
# ## A tower of copies
#
# Then equal numbers, but not zero: every weight $1/128$, so that each
# neuron begins as the mean of its inputs. Now the gradients arrive.

# %%
def equal(d_in, d_out):
    return np.full((d_in, d_out), 1 / d_in, np.float32)


stack = tower(equal, Tanh)
moved = learn(stack)
weights = [layer.weight.value for layer in stack[::2]]
different = [1 + np.any(abs(W - W[:, :1]) > 1e-7, axis=0).sum()
             for W in weights]  # the first, and those unlike it
ranks = [np.linalg.matrix_rank(W) for W in weights]
print("different columns:", *different[:3], "...", *different[-3:])
print("rank:             ", *ranks[:3], "...", *ranks[-3:])

# %% tags=["hide"]
assert all(np.all(change) for change in moved)
assert set(different[:-1]) == {1} and set(ranks) == {1}
first_change = abs(moved[0]).max() / (1 / width)

# %% [markdown]
# Every number has moved. But in each layer except the last, which alone
# sees different targets, the 128 columns are still one column, 128 times.
# (What is apart by less than `1e-7` counts as the same, for some processors
# round the same sum otherwise in some of the columns.) A column is a neuron.
# Two neurons of a layer with the same weights answer
# the same; if moreover the layer above treats them alike, they get the
# same gradient, make the same step, and are still the same. This is
# called a *symmetry*, and no number of steps breaks it. The *rank* of a
# matrix is the smallest number of columns from whose multiples all the others
# can be added up; here it is 1. (In the last layer each column is a multiple
# of any other.) Up to there, layers of 128 neurons work as single neurons in
# a chain.
#
# So the weights must differ from each other, and nothing tells us how.
# We leave it to chance.
#
# Biases need no chance. Where the weights differ the neurons differ, and
# so do the gradients of their biases. `Dense` starts them at zero unless
# told otherwise. The opening of the module, and its simplest initializer:

# %%
show("initializers:")
show("initializers:zeros")

# %% [markdown]
# All six initializers are called alike, with `d_in` and `d_out`, and give a
# matrix $(d_\text{in}, d_\text{out})$. `_check` refuses sizes that are not
# [whole and positive](#/number(d, whole=True) > 0), and types other than
# [the two](#/np.dtype(dtype)) in which this book computes.

# %%
show("initializers:_check")

# %% [markdown]
# ## Random numbers
#
# A *random number* is one that nobody can predict; of many of them, much
# can be predicted. A *generator* makes them from a *seed*, here 5: without
# a pattern that one could see, but always the same.

# %%
rng = np.random.default_rng(5)
print(rng.standard_normal(5).round(2))
u = rng.standard_normal(100_000)
v = rng.uniform(-1, 1, 100_000)

# %% tags=["hide"]
def power(number):
    """A number in TeX, with a power of ten where it needs one."""
    if number == 0 or 0.01 <= abs(number) < 1000:
        return f"{number:.2g}" if abs(number) < 100 else f"{number:.0f}"
    digits, exponent = f"{number:.1e}".split("e")
    return rf"{{{digits} \cdot 10^{{{int(exponent)}}}}}"  # never broken


within = np.mean(abs(u) < 1)
fourth = np.mean(u**4)
assert abs(fourth - 3) < 0.1
assert abs(u.mean()) < 0.02 and abs(u.var() - 1) < 0.02
assert abs(v.var() - 1 / 3) < 0.01
fig, (left, right) = subplots(1, 2, figsize=(5.4, 2.0), sharex=True)
grid = np.linspace(-4, 4, 200)
for ax, draws in ((left, u), (right, v)):
    counts, edges = np.histogram(draws, bins=40, density=True)
    ax.stairs(counts, edges, fill=True, color=VALUE, alpha=0.35)
    s = draws.std()
    ax.plot([-s, s], [0.04, 0.04], color=INK, marker="|", ms=7, lw=1)
    ax.set(yticks=[], ylim=(0, 0.56), xlim=(-4, 4))
    ax.spines["left"].set_visible(False)
left.plot(grid, np.exp(-grid**2 / 2) / np.sqrt(2 * np.pi), color=INK,
          lw=0.9)
left.set(title="standard normal")
right.set(title="uniform in $[-1, 1]$")
figure(
    fig,
    "bell-and-box",
    alt="Two histograms. On the left a bell, highest at 0 and nearly "
    "empty beyond 3, with a curve through the tops of its bars. On the "
    "right a flat box from minus 1 to 1. Under each a bar from minus one "
    "to plus one standard deviation; the right one is shorter.",
    caption="A hundred thousand draws of each kind. The bar reaches one "
    "standard deviation to each side.",
)

# %% tags=["check"]
assert abs(within - 0.683) < 0.02

# %% [markdown]
# The *mean* $\operatorname{E}(u)$ is what
# the average of ever more draws tends to. The *variance* is the mean
# squared distance from it, and its root is the *standard deviation*:
#
# $$
# \label{variance: the variance}
# \operatorname{Var}(u) = \operatorname{E}\bigl((u -
# \operatorname{E}(u))^2\bigr).
# $$
#
# If the mean is 0, the variance is the mean square,
# $\operatorname{Var}(u) = \operatorname{E}(u^2)$. Twice the number has
# four times the variance:
# $\operatorname{Var}(cu) = c^2 \operatorname{Var}(u)$. A *standard normal*
# number has mean 0 and variance 1 and follows the curve on the left of
# [](#fig-bell-and-box), proportional to $e^{-u^2/2}$; {{ within:.0% }} of the
# draws lie within one standard deviation. For another spread,
# [multiply](#/std * draws).

# %%
show("initializers:normal")

# %% [markdown]
# (The $0.01$ is no advice, as we shall see.) Whoever calls it must bring a
# generator, `rng`. `generator` insists on it; the [`assert`](#/assert)
# is for type checkers:

# %%
show("initializers:generator")

# %% [markdown]
# Why not one seed for the whole program, set in its first line? Because
# then every draw depends on all the draws before it, anywhere. Here a
# library that we call draws one number for itself:

# %%
def three_weights(drawn_elsewhere):
    everybody = np.random.default_rng(0)  # one for the whole program
    everybody.random(drawn_elsewhere)
    return everybody.standard_normal(3)


print(three_weights(drawn_elsewhere=0).round(3))
print(three_weights(drawn_elsewhere=1).round(3))

# %% tags=["hide"]
from nn.initializers import normal

again = [normal(3, 2, rng=np.random.default_rng(7)) for _ in range(2)]
assert np.array_equal(*again)
double = normal(3, 2, rng=np.random.default_rng(7), dtype=np.float64)
assert np.array_equal(double.astype(np.float32), again[0])
assert not np.isclose(three_weights(0), three_weights(1)).any()

# %% [markdown]
# Other weights, from the same seed. A generator that is handed from call
# to call is disturbed by our own draws at most. And hand on the *same*
# one: a fresh `default_rng(0)` for each layer would give equal layers.
#
# ## Dust and infinity
#
# How large? Three starts that look harmless: standard deviation $0.01$,
# standard deviation $1$, and $1$ once more with ReLU for tanh. From here
# on the gradient that comes in at the top is a table of random numbers
# too, of mean square 1, as the data is. As the size of a table we take the
# root of its mean square.

# %%
def mean_square(numbers):
    numbers = np.asarray(numbers, np.float64)  # squares get large
    return float(np.mean(numbers * numbers))


rng = np.random.default_rng(1)
dy = rng.standard_normal((n, width), dtype=np.float32)

with np.errstate(over="ignore", invalid="ignore"):  # it will happen
    small = through(tower(normal, Tanh, rng=rng, std=0.01), dy)
    large = through(tower(normal, Tanh, rng=rng, std=1), dy)
    relus = through(tower(normal, ReLU, rng=rng, std=1), dy)

for values, gradients in (small, large, relus):
    print(f"values {np.sqrt(mean_square(values[-1])):.2g},",
          f"gradients {np.sqrt(mean_square(gradients[0])):.2g}")

# %% tags=["hide"]
def histograms(rows, layers=(1, 2, 5, 20, 50), log=()):
    """Small multiples: a row for each tower, a column for each layer."""
    fig, axes = subplots(len(rows), len(layers),
                         figsize=(5.6, 1.15 * len(rows) + 0.25),
                         squeeze=False)
    for i, (name, values) in enumerate(rows.items()):
        for ax, layer in zip(axes[i], layers):
            y = values[layer].ravel().astype(np.float64)
            low, high, ticks = -1.1, 1.1, [-1, 0, 1]
            labels = ["−1", "0", "1"]
            if name in log:
                low, high, ticks = -3, 41, [0, 20, 40]
                labels = ["1", "$10^{20}$", "$10^{40}$"]
            ax.set(xlim=(low, high), yticks=[])
            ax.set_xticks(ticks, labels, fontsize=7.5)
            ax.spines["left"].set_visible(False)
            if not np.isfinite(y).all():
                ax.text(0.5, 0.45, "overflow", ha="center",
                        transform=ax.transAxes, color=INK, fontsize=8.5)
            else:
                if name in log:
                    y = np.log10(y[y > 0])
                counts, edges = np.histogram(y, 44, range=(low, high))
                ax.stairs(counts, edges, fill=True, color=VALUE)
            if i == 0:
                ax.set_title(f"layer {layer}", fontsize=9)
        axes[i][0].set_ylabel(name, fontsize=9)
    return fig


def first(values, fine):
    """The number of the first layer whose values are not fine."""
    return next(i for i, y in enumerate(values) if not fine(y))


dust = first(small[0], np.any)
least = float(np.finfo(np.float32).smallest_subnormal)
overflow = first(relus[0], lambda y: np.isfinite(y).all())
at_the_ends = np.mean(abs(large[0][-1]) > 0.99)
slope2 = mean_square([1 - y.astype(float) ** 2 for y in large[0][1:]])
large_dx = np.sqrt(mean_square(large[1][0]))
assert dust < depth and overflow < depth and at_the_ends > 0.8
assert large_dx > 1e15 and slope2 < 0.1
foretold_dx = (width * slope2) ** (depth / 2)
assert 1 / 20 < foretold_dx / large_dx < 20
assert not np.any(small[1][0])
figure(
    histograms({"tanh, 0.01": small[0], "tanh, 1": large[0],
                "ReLU, 1": relus[0]}, log=["ReLU, 1"]),
    "failures",
    alt="Three rows of histograms, for layers 1, 2, 5, 20 and 50. First "
    "row: a narrow bell around 0 that is a single spike from layer 2 on. "
    "Second row: two spikes at minus 1 and 1 in every layer. Third row: "
    "a narrow heap that moves to the right on a logarithmic axis, past "
    "ten to the fifteen in layer 20; in layer 50 it says overflow.",
    caption="The values in five of fifty layers, for three starts. In "
    "the last row the axis is logarithmic, and the zeros that ReLU makes "
    "are left out.",
)

# %% tags=["check"]
assert 1.4e-45 < least < 1.41e-45

# %% [markdown]
# Too small ([](#fig-failures), first row): each layer shrinks what it gets,
# and in layer {{ dust }} every value is 0, because `float32` has no positive
# number below ${{ power(least) }}$. The gradients do the same on their way
# down; the first layers get none. Too large, with ReLU: in layer
# {{ overflow }} the numbers outgrow `float32`. Infinities meet with opposite
# signs, and what comes out is `nan`, *not a number*.[^nan]
#
# Too large, with tanh: nothing can outgrow 1, so the neurons are
# *saturated*, {{ at_the_ends:.0% }} of them beyond $0.99$ in size. A
# saturated tanh has a slope near 0, so we had expected the gradients to
# vanish, as behind the sigmoids of [chapter 3](activations.py). They do
# not: those of the data have the size ${{ power(large_dx) }}$. There a
# layer was one neuron. Here each gradient is a sum over 128, with weights
# of size 1. That alone makes its mean square 128 times as large
# ([](#eq-backward-variance) will say so). The slopes, of mean square
# {{ slope2:.3f }}, leave a factor
# {{ width * slope2:.1f }} a layer, and the root of its fiftieth power is
# ${{ power(foretold_dx) }}$. Saturation only hid the explosion in the values.
#
# ## One layer with a pencil
#
# What does one layer do to the size of its numbers? Take a neuron $j$:
#
# $$
# \val{y_j} = \sum_k \val{x_k} W_{kj},
# \qquad
# \underset{(n,\ d_\text{out})}{\val{y}} =
# \underset{(n,\ d_\text{in})}{\val{x}}\
# \underset{(d_\text{in},\ d_\text{out})}{W}.
# $$
#
# We need one more word. Two random numbers are *independent* if knowing one
# tells nothing about the other, as with two dice. Then the mean of the
# product is the product of the means, since among all pairs of faces each of
# one goes with each of the other:
#
# $$
# \label{independent-product: the mean of an independent product}
# \operatorname{E}(uv) =
# \frac{1}{36} \sum_{u=1}^{6} \sum_{v=1}^{6} u v =
# \Bigl(\frac{1}{6} \sum_{u=1}^{6} u\Bigr)
# \Bigl(\frac{1}{6} \sum_{v=1}^{6} v\Bigr) =
# \operatorname{E}(u) \operatorname{E}(v).
# $$
#
# For sums no such condition is needed:
# $\operatorname{E}(u + v) = \operatorname{E}(u) + \operatorname{E}(v)$,
# always. So, for independent $u$ and $v$:
#
# **A sum**, both means 0. In the square the middle term drops out,
# because $\operatorname{E}(u)\operatorname{E}(v) = 0$:
#
# $$
# \label{variance-sum: the variance of a sum}
# \operatorname{Var}(u + v) = \operatorname{E}(u^2) +
# 2 \operatorname{E}(uv) + \operatorname{E}(v^2) =
# \operatorname{Var}(u) + \operatorname{Var}(v).
# $$
#
# **A product**, where $u$ has mean 0, and $v$ any mean. Then $uv$ has mean
# 0 too; the squares of $u$ and $v$ are independent as well, so
#
# $$
# \label{variance-product: the variance of a product}
# \operatorname{Var}(uv) = \operatorname{E}(u^2 v^2) =
# \operatorname{Var}(u) \operatorname{E}(v^2).
# $$
#
# The last factor is the mean *square* of $v$, not its variance. Both
# rules, [](#eq-variance-sum) and [](#eq-variance-product), on a hundred
# thousand draws:
#
# [^nan]: The gradient of the data is 0, since ReLU asks whether its input is
#     above 0, and `nan` is not.

# %%
v = rng.uniform(0, 1, 100_000)       # mean 0.5, taken off below
print(f"{(u + v - 0.5).var():.3f} {u.var() + v.var():.3f}")
print(f"{(u * v).var():.3f} {u.var() * np.mean(v * v):.3f} "
      f"{u.var() * v.var():.3f}")

# %% tags=["hide"]
assert np.isclose((u * v).var(), u.var() * np.mean(v * v), rtol=0.02)
assert np.isclose((u + v).var(), u.var() + v.var(), rtol=0.02)

# %% [markdown]
# The last number on the second line, with the variance in place of the
# mean square, is wrong.
#
# Now the neuron. Assume that
#
# 1. the weights have mean 0, all the same variance
#    $\operatorname{Var}(W)$, and are independent of each other;
# 2. they are independent of the inputs;
# 3. the bias is 0.
#
# The row of data is fixed. The weights are drawn, in this layer and in those
# below, and $\operatorname{E}$ is the mean over all these draws. Square the
# sum. By assumption 2 and [](#eq-independent-product), the mean of each
# product splits into one of inputs and one of weights:
#
# $$
# \label{layer-square: the mean square of an output}
# \operatorname{E}(\val{y_j}^2) =
# \sum_k \sum_{k'} \operatorname{E}(\val{x_k} \val{x_{k'}})
# \operatorname{E}(W_{kj} W_{k'j}) =
# \sum_k \operatorname{E}(\val{x_k}^2) \operatorname{Var}(W).
# $$
#
# Of the double sum only the terms with $k = k'$ remain: the others
# contain $\operatorname{E}(W_{kj}) \operatorname{E}(W_{k'j})$, which is 0
# by assumption 1. There are $d_\text{in}$ terms left. Without an index,
# $\operatorname{E}(\val{x}^2)$ is the average of
# $\operatorname{E}(\val{x_k}^2)$ over the inputs $k$. As $y_j$ has mean 0,
# its mean square is its variance, the same for every $j$:
#
# $$
# \label{layer-variance: what a layer does to the variance}
# \operatorname{Var}(\val{y}) = d_\text{in} \cdot \operatorname{Var}(W)
# \cdot \operatorname{E}(\val{x}^2)
# $$
#
# Look at what [](#eq-layer-variance) did *not* assume. The inputs need not be
# independent of
# each other, nor normal, nor of mean 0; the weights need not be normal. Four
# kinds of inputs, 100 matrices each ([](#tab-one-layer)):

# %%
inputs = {
    "normal": rng.standard_normal(width),
    "all alike": np.ones(width),
    "after a ReLU": np.maximum(rng.standard_normal(width), 0),
    "one large, the rest 0": 5.0 * (np.arange(width) == 3),
}
std = 0.1
measured = {
    name: mean_square(v @ normal(width, 100 * width, rng=rng, std=std))
    for name, v in inputs.items()
}

# %% tags=["hide"]
rows = []
for name, numbers in inputs.items():
    theory = width * std**2 * mean_square(numbers)
    rows.append([name, mean_square(numbers), theory, measured[name]])
    assert np.isclose(theory, measured[name], rtol=0.05)
table(
    rows,
    header=["inputs", r"$\operatorname{E}(x^2)$",
            r"$d_\text{in} \operatorname{Var}(W) \operatorname{E}(x^2)$",
            r"measured $\operatorname{E}(y^2)$"],
    caption="One layer, weights with standard deviation $0.1$: mean "
    "squares predicted and measured, over 100 draws of the matrix.",
    name="one-layer",
    formats=["", ".3f", ".3f", ".3f"],
)

# %% [markdown]
# The second assumption holds only at the start, before the first step: a
# layer's inputs come from the data and from *other* layers' weights. A
# step changes each weight by a gradient, in which those inputs stand, and
# the weights above.
#
# **Fifty layers** multiply. As long as the bend does nothing, the mean
# square after $\ell$ layers is
#
# $$
# \label{tower-variance: the mean square after many layers}
# \operatorname{E}(\val{y_\ell}^2) = \bigl(d_\text{in}
# \operatorname{Var}(W)\bigr)^{\ell}\ \operatorname{E}(\val{x}^2).
# $$

# %%
factor = width * 0.01**2        # of the mean square, in each layer
smallest = float(np.finfo(np.float32).smallest_subnormal)
# Dust: where the mean square is that of the smallest number.
layers = np.log(smallest**2) / np.log(factor)
print(f"factor a layer {factor:.4f}, dust after {layers:.1f} layers")

# %% tags=["hide"]
assert abs(layers - dust) < 2
measured_factor = mean_square(small[0][10]) / mean_square(small[0][9])
assert np.isclose(measured_factor, factor, rtol=0.1)

# %% [markdown]
# [](#eq-tower-variance) is what we saw in layer {{ dust }}. (So close to 0 the
# tanh is a straight
# line, and the bend does nothing.) An initializer has one thing to do:
# make the factor 1.
#
# $$
# \label{lecun: LeCun's variance}
# \operatorname{Var}(W) = \frac{1}{d_\text{in}}
# $$
#
# LeCun, Bottou, Orr and Müller [wrote this down](#/math.sqrt(1 / d_in)) in
# 1998.[^lecun] In code:

# %%
show("initializers:lecun_normal")

# %% [markdown]
# ## The way back
#
# The gradient walks down through the same weights, $dx = dy\,W^\top$
# ([](layers.py#eq-dense-input)):
#
# $$
# \label{one-gradient: the gradient of one input, for one example}
# \grad{dx_k} = \sum_j W_{kj}\, \grad{dy_j}
# $$
#
# [](#eq-one-gradient) is the same sum, with $d_\text{out}$ terms in place of $d_\text{in}$. So, by
# the same argument,
#
# $$
# \label{backward-variance: what a layer does to its gradient}
# \begin{aligned}
# &\operatorname{E}(\grad{dx}^2) = d_\text{out} \cdot
# \operatorname{Var}(W) \cdot \operatorname{E}(\grad{dy}^2), \\
# &\text{which asks for}\quad
# \operatorname{Var}(W) = \frac{1}{d_\text{out}}.
# \end{aligned}
# $$
#
# One assumption has become doubtful. The second now says that $dy$ is
# independent of the weights, but a loss computes $dy$ from $y$, and $y$
# came from the weights. We measure below what that costs.
#
# One demand, [](#eq-lecun), says $1/\operatorname{Var}(W) = d_\text{in}$, the
# other
# $d_\text{out}$; they agree only in a square layer. Glorot and Bengio took
# the mean of the two:[^glorot]
#
# $$
# \label{glorot: Glorot's variance}
# \operatorname{Var}(W) = \frac{2}{d_\text{in} + d_\text{out}}
# $$
#
# Let the tower taper, from 256 neurons
# at the bottom to 64 at the top, and multiply the fifty factors.

# %%
sizes = np.geomspace(256, 64, depth + 1).round()  # equal ratios
d_in, d_out = sizes[:-1], sizes[1:]
rules = {
    "$1/d_\\text{in}$": 1 / d_in,
    "$1/d_\\text{out}$": 1 / d_out,
    "$2/(d_\\text{in}+d_\\text{out})$": 2 / (d_in + d_out),
}
tapered = [
    [rule, np.prod(d_in * variance), np.prod(d_out * variance)]
    for rule, variance in rules.items()
]

# %% tags=["hide"]
assert np.isclose(tapered[0][2], 1 / 4) and np.isclose(tapered[1][1], 4)
assert np.allclose(tapered[2][1:], [2, 1 / 2], rtol=0.01)
table(
    tapered,
    header=["variance", r"$\val{\text{values}}$, mean square",
            r"$\grad{\text{gradients}}$, mean square"],
    caption="A tower without bends that tapers from 256 to 64 neurons: "
    "by how much mean squares grow on their way through it.",
    name="taper",
    formats=["", ".2f", ".2f"],
)

# %% [markdown]
# Either rule, [](#eq-lecun) or [](#eq-backward-variance), leaves one direction
# whole and lets the other drift by the
# ratio of the widths at the two ends, here 4. The compromise gives each
# direction the root of it.
#
# Glorot and Bengio drew from a flat box, not from a bell. The derivation
# does not mind. It wants the variance of a number spread evenly over
# $[-c, c]$, which is the mean of $u^2$ over that interval, an integral
# from school:
#
# $$
# \label{uniform-variance: the variance of an even spread}
# \operatorname{Var}(u) = \frac{1}{2c} \int_{-c}^{c} u^2\, du
# = \frac{1}{2c} \cdot \frac{2 c^3}{3} = \frac{c^2}{3}
# $$
#
# Set $c^2/3 = 2/(d_\text{in} + d_\text{out})$, [](#eq-glorot), and the
# [limit](#/limit = math.sqrt) is
# $c = \sqrt{6/(d_\text{in} + d_\text{out})}$:

# %%
show("initializers:glorot_uniform")

# %% [markdown]
# ## The half that ReLU drops
#
# Now the bend. Call the numbers before it $a = xW$, so that
# $y = \max(a, 0)$. The bell and the box are symmetric: for every matrix $W$
# the matrix $-W$ is as likely, so for every $a$ the number $-a$ is as
# likely. ReLU keeps the square of one of the two and drops that of the
# other:
#
# $$
# \label{relu-half: what ReLU does to the mean square}
# \operatorname{E}(\val{y}^2) =
# \tfrac{1}{2} \operatorname{E}(\val{a}^2) =
# \tfrac{1}{2}\, d_\text{in} \operatorname{Var}(W)
# \operatorname{E}(\val{x}^2)
# $$
#
# On the way back, ReLU passes a gradient where $a > 0$ and stops it
# elsewhere, half of the time each: its mean square is halved too, if
# the gradient does not depend on the sign of $a$ (the doubtful assumption
# once more). So one direction asks for $2/d_\text{in}$, the other for
# $2/d_\text{out}$. One suffices, since the other then drifts, as in
# [](#tab-taper), only by the ratio of the widths at the two ends, however
# many layers lie between. He, Zhang, Ren and Sun
# [concluded](#/math.sqrt(2 / d_in))[^he]
#
# $$
# \label{he: He's variance}
# \operatorname{Var}(W) = \frac{2}{d_\text{in}}.
# $$

# %%
show("initializers:he_normal")

# %% [markdown]
# The outputs of a ReLU are never negative, so their variance is smaller
# than their mean square. Whoever writes $\operatorname{Var}(x)$ for
# $\operatorname{E}(x^2)$ gets a wrong factor.
#
# **And tanh?** For small numbers it is the line $y = a$, and the factor is
# 1. But it is a little flatter than the line, and each layer loses
# something. How much? A sum of many small independent terms is nearly
# normal, whatever the terms (the *central limit theorem*), and a neuron is
# such a sum. So $a$ is a standard normal number
# times a standard deviation that we know, and a mean over it is a sum
# along the bell. On the way back a layer multiplies the mean square by
# $d \operatorname{Var}(W) \operatorname{E}(f'(a)^2)$.

# %%
points = np.linspace(-8, 8, 4001)
bell = np.exp(-points**2 / 2)
bell /= bell.sum()


def theory(f, slope, variance):
    """Mean squares through the tower: values up, gradients down."""
    values, factors, gradients = [1.0], [], [1.0]
    for _ in range(depth):
        a = np.sqrt(width * variance * values[-1]) * points
        values.append(np.sum(bell * f(a) ** 2))
        factors.append(width * variance * np.sum(bell * slope(a) ** 2))
    for factor in reversed(factors):
        gradients.append(factor * gradients[-1])
    return np.array(values), np.array(gradients[::-1])


def tanh_slope(a):
    return 1 - np.tanh(a) ** 2


# %% tags=["hide"]
from nn.initializers import glorot_uniform, he_normal, lecun_normal


def relu(a):
    return np.maximum(a, 0)


def relu_slope(a):
    return a > 0


bends = {"tanh": (Tanh, np.tanh, tanh_slope),
         "ReLU": (ReLU, relu, relu_slope)}
starts = {"LeCun": lecun_normal, "Glorot": glorot_uniform,
          "He": he_normal}
seen, predicted = {}, {}
for bend, (layer, f, slope) in bends.items():
    for variance in (1, 2):
        predicted[bend, variance] = theory(f, slope, variance / width)
    for name, start in starts.items():
        rng = np.random.default_rng(2)
        values, gradients = through(tower(start, layer, rng=rng), dy)
        seen[bend, name] = (
            np.array([mean_square(y) for y in values]),
            np.array([mean_square(d) for d in gradients]),
            values,
        )

fig, axes = subplots(2, 2, figsize=(5.6, 4.4), sharex=True)
every = np.arange(0, depth + 1, 5)
for column, bend in enumerate(bends):
    for row, color in enumerate((VALUE, GRADIENT)):
        ax = axes[row, column]
        for variance, style in ((1, "-"), (2, "--")):
            line = predicted[bend, variance][row]
            ax.semilogy(line, style, color=color, lw=1.1,
                        label=f"theory, ${variance}/d$")
        for name, marker in (("LeCun", "o"), ("Glorot", "x"),
                             ("He", "^")):
            found = seen[bend, name][row]
            ax.semilogy(every, found[every], marker, color=color,
                        ms=4.5, mfc="none", label=name)
        ax.minorticks_off()
    axes[0, column].set_title(bend)
    axes[1, column].set(xlabel="layer")
axes[0, 0].set(ylabel="values, mean square", ylim=(3e-3, 3e2))
axes[1, 0].set(ylabel="gradients, mean square", ylim=(3e-3, 3e2))
axes[0, 0].legend(ncols=2, fontsize=7.5, columnspacing=1)
figure(
    fig,
    "theory",
    alt="Four panels over the layers 0 to 50, logarithmic. Above, blue "
    "values; below, orange gradients; left tanh, right ReLU. Points lie "
    "along lines. Tanh: with variance one over d values sink to about a "
    "hundredth and gradients likewise towards the first layer; with two "
    "over d values level off near a third and those of gradients grow "
    "about a hundredfold towards the first layer. ReLU: with one over d both "
    "fall in a straight line to ten to the minus fifteen; with two over d "
    "both stay near 1, and the points wander around the line.",
    caption="Predicted (lines) and measured (points) mean squares in one "
    "tower for each start. Values begin with 1 at the left and walk "
    "right; gradients begin with 1 at the right and walk left. In a "
    "square tower LeCun and Glorot have the same variance, $1/d$ with "
    "$d = 128$; He has $2/d$.",
)


def far(bend, name, variance):
    """By which factor is a point away from the theory, at most?"""
    return max(
        np.exp(abs(np.log(found / line)).max())
        for found, line in zip(seen[bend, name][:2],
                               predicted[bend, variance])
    )


tanh_far = max(far("tanh", "LeCun", 1), far("tanh", "Glorot", 1),
               far("tanh", "He", 2))
relu_far = max(far("ReLU", "LeCun", 1), far("ReLU", "Glorot", 1),
               far("ReLU", "He", 2))
assert tanh_far < 2.5 and relu_far < 40
tanh_top = seen["tanh", "LeCun"][0][-1]
tanh_bottom = seen["tanh", "LeCun"][1][0]
lost = predicted["ReLU", 1][0][-1]
expected_dx = np.sqrt(theory(np.tanh, tanh_slope, 1.0)[1][0])
assert 1 / 20 < expected_dx / large_dx < 20
assert np.isclose(lost, 2.0**-depth, rtol=0.01)

# The same towers, but the gradient at the top comes from a loss.
from_loss = {}
for bend, name, variance in (("tanh", "LeCun", 1), ("tanh", "He", 2),
                             ("ReLU", "He", 2)):
    rng = np.random.default_rng(2)
    stack = tower(starts[name], bends[bend][0], rng=rng)
    sizes = np.array([mean_square(d) for d in through(stack)[1]])
    line = predicted[bend, variance][1]
    off = np.exp(abs(np.log(sizes / sizes[-1] / line)).max())
    from_loss[bend, name] = off, sizes[0] / sizes[-1]
loss_far = max(from_loss["tanh", name][0] for name in ("LeCun", "He"))
loss_relu = from_loss["ReLU", "He"][1]
parts = []                  # of the last one: y / n alone, t / n alone
for part in (through(stack)[0][-1] / n, t / n):
    sizes = [mean_square(d) for d in through(stack, part)[1]]
    parts.append(sizes[0] / sizes[-1])
assert parts[0] > 100 > 10 > parts[1]
assert loss_far < 2 and loss_relu > 100
relu_down = seen["ReLU", "He"][1][0]
assert relu_down < loss_relu / 50

# %% tags=["check"]
assert 0.004 < tanh_top < 0.015
assert 0.005 < tanh_bottom < 0.02

# %% [markdown]
# In [](#fig-theory) the lines come from the bell, the points from towers of
# layers. With tanh no point is off by more than a factor {{ tanh_far:.1f }}.
# With ReLU, LeCun's rule ([](#eq-lecun)) loses half in every layer: $2^{-50}$
# in all, which is ${{ power(2.0**-depth) }}$. He's factor 2, in [](#eq-he),
# repairs it. With tanh, what LeCun's rule loses in a layer is not a fixed
# factor: the smaller the numbers, the straighter the tanh, and the less is
# lost.[^leak] After fifty layers {{ tanh_top:.3f }} of the mean square is
# left, and {{ tanh_bottom:.3f }} of the gradients': a slow leak, not a
# collapse.
#
# The doubtful assumption remains: this $dy$ was drawn apart from all
# weights. A loss's gradient, $(y - t)/n$, was not. In the same towers with
# tanh it stays within a factor {{ loss_far:.1f }} of the line. With ReLU
# and He's start its mean square grows {{ loss_relu:.0f }}-fold on the way
# down, where the figure ends at {{ relu_down:.0f }}. The part that depends
# on the weights does it: sent down alone, $y/n$ grows
# {{ parts[0]:.0f }}-fold, $t/n$ {{ parts[1]:.0f }}-fold.
#
# [](#fig-repaired) has the two towers with tanh as histograms.

# %% tags=["hide"]
figure(
    histograms({"tanh, LeCun": seen["tanh", "LeCun"][2],
                "tanh, He": seen["tanh", "He"][2]}),
    "repaired",
    alt="Two rows of histograms for layers 1, 2, 5, 20 and 50. First "
    "row: in layer 1 broad, with peaks near both ends; in layer 2 broad "
    "and rounded; from layer 5 on a bell that becomes narrower. Second "
    "row: in layer 1 two spikes at the ends, in layer 2 a valley between "
    "them; from layer 5 on a broad heap that fills the range from minus 1 "
    "to 1 and stays the same.",
    caption="The same layers as in [](#fig-failures), from two better "
    "starts.",
)

# %% [markdown]
# ## One tower is not the mean
#
# With ReLU the points wander: the worst is off by a factor
# {{ relu_far:.0f }}. The theory speaks of the mean over all
# draws of the weights, and we drew one tower. So draw more, and send one
# row through each.

# %%
def towers(width, depth, count, rng):
    """The mean square after He layers with ReLU, many times."""
    found = []
    for _ in range(count):
        row = rng.standard_normal((1, width))
        row /= np.sqrt(mean_square(row))
        for _ in range(depth):
            W = he_normal(width, width, rng=rng)
            row = np.maximum(row @ W, 0)
        found.append(mean_square(row))
    return np.array(found)


rng = np.random.default_rng(3)
found = {
    (d, D): towers(d, D, count, rng)
    for d, D, count in ((32, 50, 200), (128, 50, 60), (32, 12, 1000))
}

# %% tags=["hide"]
rows = []
for (d, D), ends in found.items():
    spread, expected = np.log(ends).std(), np.sqrt(5 * D / d)
    assert np.isclose(spread, expected, rtol=0.1)
    rows.append([f"{d}", f"{D}", f"{len(ends)}", ends.mean(),
                 np.median(ends), spread, expected])
assert np.median(found[32, 50]) < 0.2 and found[32, 50].mean() < 0.8
assert np.median(found[128, 50]) < 0.8 and np.median(found[32, 12]) < 0.8
assert abs(found[32, 12].mean() - 1) < 0.15
table(
    rows,
    header=["width", "layers", "towers", "mean", "median",
            "std of the log", r"$\sqrt{5D/d}$"],
    caption="The mean square after $D$ ReLU layers of $d$ neurons from "
    "He's start. The theory of the mean says 1; “std” is the standard "
    "deviation.",
    name="spread",
    align="rrrrrrr",
    formats=["", "", "", ".2f", ".3f", ".2f", ".2f"],
)

# %% [markdown]
# Each layer multiplies the mean square by a random factor that is 1 only
# on average. The factors $1/2$ and $3/2$ have the mean 1, but one after
# the other they give $3/4$: the typical tower sinks, and a few with huge
# values hold up the mean. In the last row of [](#tab-spread) we drew enough of
# those, in the first we did not.
#
# How far do the logarithms spread? A layer's factor is the average,
# over its neurons, of $\val{y}^2$ divided by the mean square of $\val{x}$.
# Given $\val{x}$, $\operatorname{Var}(\val{a})$ is twice that mean square,
# so one neuron contributes $2\max(u, 0)^2$, where $u$ is standard normal:
# mean 1. Its square has the mean
# $\tfrac{1}{2} \cdot 4 \operatorname{E}(u^4) = 6$, for
# $\operatorname{E}(u^4) = 3$ ({{ fourth:.2f }} in the draws above); so its
# variance is $6 - 1 = 5$. The sum over $d$ independent neurons has
# variance $5d$, their mean $5d/d^2 = 5/d$. The logarithm of a factor near 1
# is about its distance from 1, and logarithms of factors add up. So $D$
# layers have variance $5D/d$: in the last two columns the roots agree
# within a tenth. What counts is depth divided by width.[^hanin]
#
# The mean square does not see the angle between two examples. For rows of
# length 1 its cosine is the sum of their products, 1 if they point the
# same way. The median over pairs, at the bottom and at the top of He's
# ReLU tower:

# %%
def cosine(y, rows=60):
    y = y[:rows].astype(np.float64)
    y /= np.linalg.norm(y, axis=1, keepdims=True)
    return np.median((y @ y.T)[np.triu_indices(rows, 1)])


top = seen["ReLU", "He"][2][-1]     # seen: the towers drawn above
print(f"{abs(cosine(x)):.2f} {cosine(top):.4f}")

# %% tags=["hide"]
assert cosine(top) > 0.95 and abs(cosine(x)) < 0.1

# %% [markdown]
# The values kept their size and lost what told the examples apart. How
# such angles change from layer to layer has a theory of its
# own.[^schoenholz]
#
# ## What “Xavier” is
#
# Xavier is the first name of Xavier Glorot, and “Xavier initialization” means
# the rule of that paper, [](#eq-glorot). But in Caffe, a library that many
# learned from, it is by default the variance $1/d_\text{in}$.[^caffe] In some
# tutorials it is the standard deviation `sqrt(2 / d_in)`, which is He's rule.
# An older rule, which Glorot and Bengio set out to improve,[^glorot] has the
# variance $1/(3\,d_\text{in})$; PyTorch's `Linear` still starts from
# it.[^torch] [](#tab-effect) shows the difference after fifty layers (in a
# square tower the first two differ only by box, bell and luck).

# %% tags=["hide"]
def third(d_in, d_out, rng):
    limit = np.sqrt(1 / d_in)
    return rng.uniform(-limit, limit, (d_in, d_out)).astype(np.float32)


for bend in bends:
    rng = np.random.default_rng(2)
    values, gradients = through(tower(third, bends[bend][0], rng=rng), dy)
    seen[bend, "third"] = [[mean_square(y) for y in side]
                           for side in (values, gradients)]
effect = []
for rule, name in ((r"Glorot, $2/(d_\text{in}+d_\text{out})$", "Glorot"),
                   (r"LeCun, $1/d_\text{in}$", "LeCun"),
                   (r"He, $2/d_\text{in}$", "He"),
                   (r"older, $1/(3\,d_\text{in})$", "third")):
    effect.append([rule] + [
        float(number) for bend in bends
        for number in (seen[bend, name][0][-1], seen[bend, name][1][0])
    ])
assert effect[0][3] < 1e-13 < 1e-2 < effect[2][3]
assert effect[2][2] > 10 and effect[3][1] < 1e-20
table(
    [[rule, *(f"${power(number)}$" for number in numbers)]
     for rule, *numbers in effect],
    header=["variance", r"tanh: $\val{\text{values}}$",
            r"$\grad{\text{gradients}}$",
            r"ReLU: $\val{\text{values}}$",
            r"$\grad{\text{gradients}}$"],
    caption="Mean squares that are left of 1 after all fifty layers: "
    "values at the top, gradients at the bottom.",
    name="effect",
    align="lrrrr",
)
he_tanh = effect[2][2]

# %% tags=["check"]
assert 40 < he_tanh < 170

# %% [markdown]
# Glorot's rule, [](#eq-glorot), before a ReLU lets everything vanish; it was
# derived for
# units that are straight near 0, as their paper says. He's rule before a tanh
# keeps the values in play, while the mean square of the gradients grows
# {{ he_tanh:.0f }}-fold on the way down. The old rule, a third of LeCun's,
# vanishes with either.
#
# ## Lengths kept exactly
#
# All this holds on average. Some matrices hold it exactly:
#
# $$
# \begin{pmatrix} 3 & 1 \end{pmatrix}
# \begin{pmatrix} 0.6 & 0.8 \\ -0.8 & 0.6 \end{pmatrix} =
# \begin{pmatrix} 1 & 3 \end{pmatrix}
# $$
#
# Here $3^2 + 1^2 = 1^2 + 3^2$. Each row of this $W$ has length 1, and the
# products of the two, entry by entry, add up to $-0.48 + 0.48 = 0$. Such rows
# are *perpendicular*, in the plane as in 128 dimensions. The squared length
# of $xW$ is the double sum of [](#eq-layer-square), without a mean, and again
# only $k = k'$ remains:
#
# $$
# |\val{x} W|^2 =
# \sum_k \sum_{k'} \val{x_k} \val{x_{k'}} \sum_j W_{kj} W_{k'j} =
# \sum_k \val{x_k}^2.
# $$
#
# As one table, $\underset{(d,\ d)}{W W^\top} = I$, with ones on the
# diagonal, from top left to bottom right, and zeros elsewhere. Linear
# algebra adds that then the columns of a square $W$ are perpendicular too.
# $W$ is *orthogonal*, a rotation, perhaps with a mirror. So on the way
# back, through $W^\top$, gradients keep their length as well.
#
# To make one, draw a matrix and straighten it. Keep the first column's
# direction. Take from the second what points along the first, from
# the third what points along the first two, and so on; scale each to
# length 1. The result is $Q$, and $R$, with zeros below its diagonal,
# records what was done: $QR$ is the matrix that we drew. NumPy has it as
# `np.linalg.qr`. Is what it returns a *random* rotation? Look at one entry:

# %%
rng = np.random.default_rng(4)
corners = []
for _ in range(400):
    q, r = np.linalg.qr(rng.standard_normal((3, 3)))
    corners.append(q[0, 0])
print(np.mean(np.array(corners) > 0))

# %% tags=["hide"]
assert not np.any(np.array(corners) > 0)

# %% [markdown]
# In 400 draws it was never positive. Turn a column of $Q$ and the matching
# row of $R$ around, and their product is the same. Of these $2^3$ choices
# the routine makes one, and seven of eight orthogonal matrices never occur.
# The cure is to choose the signs so that the diagonal of $R$ is positive,
# which makes the answer unique and all rotations equally
# likely.[^mezzadri] [One line](#/np.sign):

# %%
show("initializers:orthogonal")

# %%
from nn.initializers import orthogonal

corners = [orthogonal(3, 3, rng=rng)[0, 0] for _ in range(400)]
print(np.mean(np.array(corners) > 0))

# %% tags=["hide"]
assert 0.4 < np.mean(np.array(corners) > 0) < 0.6

# %% [markdown]
# A matrix that is not square can keep only one of the two. With more columns
# than rows its rows are perpendicular, and values keep their length; with
# fewer, its columns are, and gradients keep theirs.[^length]
#
# What is gained over LeCun's rule, which keeps the mean square too?
# Without bends the tower is one matrix, the product of fifty. A
# matrix that doubles the first of two numbers and halves the second turns
# a circle into an ellipse with half-axes 2 and $1/2$; fifty of them, with
# $2^{50}$ and $2^{-50}$. Every matrix has such stretches, its *singular
# values*.
#
# [^length]: Length, not mean square: that of 2 numbers, spread over 32, falls
#     16-fold.

# %%
def stretches(start, layers):
    """Singular values of a product of so many layers, largest first."""
    rng = np.random.default_rng(6)
    product = np.eye(width)
    for _ in range(layers):
        product = product @ start(width, width, rng=rng,
                                  dtype=np.float64)
    return np.linalg.svd(product, compute_uv=False)


spectra = {layers: stretches(lecun_normal, layers)
           for layers in (1, 2, 10, 50)}
kept = stretches(orthogonal, 50)
print(f"orthogonal: from {kept[-1]:.12f} to {kept[0]:.12f}")

# %% tags=["hide"]
assert abs(kept - 1).max() < 1e-12
top, middle = spectra[50][0], spectra[50][width // 2]
count = int(np.sum(spectra[50] > 0.01 * top))
assert count < 20 and middle < 1e-3
fig, ax = subplots(figsize=(5.4, 2.9))
for (layers, values), style in zip(spectra.items(),
                                   ("-", "--", "-.", ":")):
    ax.semilogy(np.where(values > 1e-11, values, np.nan), style,
                color=VALUE,
                label=f"LeCun, {layers} layer{'s' * (layers > 1)}")
ax.semilogy(kept, color=INK, lw=1, label="orthogonal, 50 layers")
ax.set(xlabel="direction, from the most stretched to the least",
       ylabel="stretch", ylim=(1e-11, 1e2))
ax.minorticks_off()
ax.legend(loc="lower left")
figure(
    fig,
    "singular",
    alt="Singular values of products of 1, 2, 10 and 50 matrices on a "
    "logarithmic axis. For one matrix the curve sinks from 2 slowly to "
    "near 0 at the right end; the more matrices, the steeper it falls. "
    "For fifty it starts above 1 and is below ten to the minus ten "
    "before the end. The orthogonal product is a level line at 1.",
    caption="How much the tower without bends stretches each of its 128 "
    "directions. Stretches under $10^{-11}$ are left out: rounding "
    "makes them.",
)

# %% [markdown]
# In [](#fig-singular), fifty normal matrices keep {{ count }} of {{ width }}
# directions within a factor 100 of the largest; the middle one is shrunk to
# ${{ power(middle) }}$. The mean square is kept, on average over draws, by a
# few lucky directions; two inputs that differ along one of the others give
# nearly the same output. The orthogonal tower keeps all of them. Saxe,
# McClelland and Ganguli showed how this sets the speed at which deep linear
# networks learn.[^saxe] With bends in between, lengths are no longer kept
# exactly.
#
# ## What it buys
#
# *Two moons* are two half circles that reach
# into each other, here of 32 points each; to which one does a point
# belong? The network: 15 hidden layers of 32 neurons, and an output layer
# for one logit. Plain steps against the gradient, equally many at the same
# rate from every start.

# %% tags=["hide"]
def moons(n, rng):
    angle = rng.uniform(0, np.pi, n)
    second = np.arange(n) % 2
    sign = 1 - 2 * second
    points = np.stack([second + sign * np.cos(angle),
                       0.5 * second + sign * np.sin(angle)], axis=1)
    points += 0.1 * rng.standard_normal((n, 2))
    points = (points - points.mean(axis=0)) / points.std(axis=0)
    return points.astype("f4"), second[:, None].astype("f4")


points, labels = moons(64, np.random.default_rng(0))


# %%
steps, rate, trials = 150, 0.03, 20     # trials: one for each seed


def train(start, bend, seed, steps=steps, rate=rate):
    rng = np.random.default_rng(seed)
    layers, d_in = [], 2
    for d_out in [32] * 15:
        layers += [Dense(start(d_in, d_out, rng=rng)), bend()]
        d_in = d_out
    model = Sequential(*layers, Dense(start(32, 1, rng=rng)))
    for step in range(steps):
        z = model.forward(points, train=True)
        if not np.isfinite(z).all():
            return np.inf
        loss, dz = binary_cross_entropy(z, labels)
        model.backward(dz)
        for p in model.params:
            p.value -= rate * p.grad
    return loss


# %% tags=["hide"]
def of_size(std):
    return lambda d_in, d_out, rng: normal(d_in, d_out, rng=rng, std=std)


def orthogonal_twice(d_in, d_out, rng):
    return np.float32(np.sqrt(2)) * orthogonal(d_in, d_out, rng=rng)


contestants = {
    "normal, 0.01": of_size(0.01),
    "normal, 1": of_size(1.0),
    "LeCun": lecun_normal,
    "Glorot": glorot_uniform,
    "He": he_normal,
    "orthogonal": orthogonal,
    "orthogonal × √2": orthogonal_twice,
}
reached = {}
with np.errstate(all="ignore"):  # the second start overflows with ReLU
    for bend in (Tanh, ReLU):
        for name, start in contestants.items():
            reached[bend, name] = np.array(
                [train(start, bend, seed) for seed in range(trials)]
            )


def lecun_below(start):
    """This start, but LeCun's in the first layer."""
    return lambda d_in, d_out, rng: (lecun_normal if d_in == 2 else start)(
        d_in, d_out, rng=rng)


def again(start, rate=rate):
    return np.array([train(start, Tanh, seed, rate=rate)
                     for seed in range(trials)])


low = {
    name: int(np.sum(losses < 0.1))
    for name, losses in (
        ("LeCun", reached[Tanh, "LeCun"]),
        ("Glorot", reached[Tanh, "Glorot"]),
        ("orthogonal", reached[Tanh, "orthogonal"]),
        ("Glorot above", again(lecun_below(glorot_uniform))),
        ("orthogonal above", again(lecun_below(orthogonal))))
}
assert low["orthogonal"] == 0 and low["Glorot"] < low["LeCun"]
assert low["LeCun"] < trials
assert low["Glorot above"] > low["Glorot"] + 2
assert low["orthogonal above"] > 2


def hidden(start):
    """Mean squares after each of the 15 hidden layers."""
    y, rng, found = points, np.random.default_rng(0), []
    for d_in in [2] + [32] * 14:
        y = np.tanh(y @ start(d_in, 32, rng=rng))
        found.append(mean_square(y))
    return found


tiny = hidden(of_size(0.01))[-1]
once, twice = hidden(orthogonal), hidden(orthogonal_twice)
assert tiny < 1e-35 and once[-1] < once[0] / 2 and twice[-1] > 2 * twice[0]
slower = np.median(again(lecun_normal, rate / 3))
faster = np.median(again(lecun_normal, rate * 3))
assert min(slower, faster) > 5 * np.median(reached[Tanh, "He"])
with np.errstate(all="ignore"):
    for seed in range(trials):  # the first pass ends, the second does not
        assert np.isfinite(train(of_size(1.0), ReLU, seed, steps=1))
        assert np.isinf(train(of_size(1.0), ReLU, seed, steps=2))


def said(losses):
    if not np.isfinite(losses).all():
        return "overflow"
    return (f"{np.median(losses):.3f} ({losses.min():.3f} to "
            f"{losses.max():.3f})")


still = np.log(2)
assert abs(reached[Tanh, "normal, 0.01"] - still).max() < 1e-3
assert abs(reached[ReLU, "normal, 0.01"] - still).max() < 1e-3
assert np.isinf(reached[ReLU, "normal, 1"]).all()
assert (np.median(reached[ReLU, "He"])
        < 0.5 * np.median(reached[ReLU, "LeCun"]))
assert (np.median(reached[ReLU, "He"])
        < 0.5 * np.median(reached[ReLU, "Glorot"]))
for name in "LeCun", "Glorot":
    assert (np.median(reached[Tanh, "He"])
            < 0.5 * np.median(reached[Tanh, name]))
for bend in Tanh, ReLU:
    assert (np.median(reached[bend, "orthogonal × √2"])
            < 2 * np.median(reached[bend, "He"]))
table(
    [[name, said(reached[Tanh, name]), said(reached[ReLU, name])]
     for name in contestants],
    header=["start", "tanh", "ReLU"],
    caption=f"The loss after {steps} steps, median of {trials} seeds, "
    "with the lowest and the highest.",
    name="moons",
    align="lrr",
)

# %% [markdown]
# A network that knows nothing has a loss of $\log 2$, which is
# {{ still:.3f }}. With weights of size $0.01$ that is what it still has:
# hardly a value reached the top (mean square ${{ power(tiny) }}$ with
# tanh), and hardly a gradient the first layer. With weights of size 1, tanh
# learns a little, and with ReLU no run survives its first step. With ReLU,
# He's start is far ahead of LeCun's and Glorot's, as the factors said.
# (Orthogonal has LeCun's variance, so it needs the $\sqrt 2$ as well.)
#
# With tanh, [](#tab-moons) contradicts the textbooks, this one included: He's
# start beats the other two. Variance $1/d$ was derived for a straight line,
# and tanh loses a little in every layer; with $2/d$ the values stop sinking,
# as [](#fig-theory) shows. Two other rates do not bring LeCun's start there:
# it ends at {{ slower:.3f }} with a third of the rate, at {{ faster:.3f }}
# with three times as much.
#
# Few runs with Glorot or orthogonal end low, largely because of one layer,
# the first: for 2 inputs and 32 neurons their variances are $2/34$ and
# $1/32$, and LeCun's is $1/2$. Under a loss of $0.1$ come {{ low["LeCun"] }}
# of {{ trials }} runs with LeCun, {{ low["Glorot"] }} with Glorot,
# {{ low["orthogonal"] }} with orthogonal, but {{ low["Glorot above"] }} and
# {{ low["orthogonal above"] }} if LeCun's rule makes the first layer.
# (Orthogonal times $\sqrt 2$ has $2/32$ there, but in the layers above the
# mean square grows, from {{ twice[0]:.3f }} to {{ twice[-1]:.2f }}; with
# orthogonal it falls, from {{ once[0]:.3f }} to {{ once[-1]:.3f }}.)
#
# What to take, then? For ReLU `he_normal`; for tanh, in networks as tall
# as these, `he_normal` too, where textbooks say LeCun or Glorot.
# Orthogonal times $\sqrt 2$ did about as well with both. But this is one
# task and {{ trials }} seeds, and the optimizers of
# [chapter 6](optimizers.py) scale each gradient by themselves.
#
# ## What we have now
#
# - Why weights must differ, and why biases may start at 0.
# - One line, $\operatorname{Var}(y) = d_\text{in} \operatorname{Var}(W)
#   \operatorname{E}(x^2)$, from which LeCun, Glorot and He follow, checked
#   through fifty layers; and what it misses: the luck of one tower, a
#   loss's gradient before ReLUs, the angles between examples.
# - Every line of `initializers.py`, and seven starts compared.
#
# ## Exercises
#
# ### Exercise 5.1 · What moves
#
# A network has 4 inputs, 8 hidden neurons and 3 outputs, Dense,
# activation, Dense, and all its 67 weights and biases are 0. The loss
# sends down a $dy$ of which no column adds up to 0, and no input is 0.
# How many of the 67 get a gradient that is not 0, if the activation is
# tanh? If it is the sigmoid?
#
# ??? tip "Hint"
#
#     What does the second Dense layer see as its $x$? The sigmoid of 0 is
#     not 0.

# %% tags=["starter"]
with_tanh = None
with_sigmoid = None

# %% tags=["solution"]
# tanh: the upper layer sees x = 0, so dW = 0; its 3 biases move. Below,
# dx = dy W.T = 0.
with_tanh = 3
# sigmoid: the upper layer sees x = 1/2, so its 8 * 3 weights move too.
# But the 8 hidden neurons all get the same weights: they are copies.
with_sigmoid = 8 * 3 + 3

# %% tags=["tests"]
assert with_tanh is not None and with_sigmoid is not None, "two numbers"
assert with_tanh == 3, "tanh(0) = 0, so the upper dW is 0"
assert with_sigmoid == 27, "sigmoid(0) = 1/2; does dx reach the bottom?"

# %% [markdown]
# ### Exercise 5.2 · A compromise that pleases nobody
#
# The widths of a tower without bends go up and down: 64, 256, 64, 256 and
# so on. The weights follow Glorot's rule. By which factor do two layers,
# one up and one down, multiply the mean square of the values? And of the
# gradients? And with LeCun's rule, the values?
#
# ??? tip "Hint"
#
#     Values: $d_\text{in} \operatorname{Var}(W)$ for each layer. In one of
#     them $d_\text{in}$ is 64, in the other 256.

# %% tags=["starter"]
glorot_values = None
glorot_gradients = None
lecun_values = None

# %% tags=["solution"]
V = 2 / (64 + 256)
glorot_values = (64 * V) * (256 * V)
# Backward the same two factors, in the other order. In fifty layers
# both shrink by 0.64**25, about 1e-5; LeCun's values stay whole.
glorot_gradients = (256 * V) * (64 * V)
lecun_values = 1.0

# %% tags=["tests"]
answers = glorot_values, glorot_gradients, lecun_values
assert None not in answers, "three numbers"
assert abs(glorot_values - 0.64) < 1e-6, "64 * V times 256 * V"
assert abs(glorot_gradients - 0.64) < 1e-6, "256 * V times 64 * V"
assert abs(lecun_values - 1) < 1e-6, "each layer's factor is 1"

# %% [markdown]
# ### Exercise 5.3 · He from a box
#
# Write `he_uniform`: numbers spread evenly over $[-c, c]$, with the
# variance that He's rule, [](#eq-he), wants.
#
# ??? tip "Hint"
#
#     The variance of the box is $c^2/3$ ([](#eq-uniform-variance)).

# %% tags=["starter"]
import numpy as np


def he_uniform(d_in, d_out, *, rng):
    """A weight (d_in, d_out), uniform, of variance 2 / d_in."""
    raise NotImplementedError("your code")

# %% tags=["solution"]
def he_uniform(d_in, d_out, *, rng):
    limit = np.sqrt(6 / d_in)  # limit**2 / 3 = 2 / d_in
    return rng.uniform(-limit, limit, (d_in, d_out))

# %% tags=["tests"]
W = he_uniform(600, 200, rng=np.random.default_rng(0))
assert W.shape == (600, 200), "rows are inputs, columns are neurons"
assert abs(W.var() * 600 - 2) < 0.03, "the variance is 2 / d_in"
assert abs(W.mean()) < 1e-3, "the mean is 0"
assert abs(abs(W).max() - 0.1) < 1e-3, "the limit is sqrt(6 / 600)"
again = he_uniform(600, 200, rng=np.random.default_rng(0))
assert np.array_equal(W, again), "draw from rng and nothing else"

# %% [markdown]
# ### Exercise 5.4 · A factor for every bend
#
# He's 2 undoes what ReLU does to a standard normal $a$: it is
# $1/\operatorname{E}(f(a)^2)$. Write `gain(f)`, which finds this number
# for any activation that works on arrays. What is it for tanh, and what
# does that say about the table of the two moons?
#
# ??? tip "Hint"
#
#     Draw many standard normal numbers; or, without chance, take a fine
#     grid from −8 to 8 and weigh each point with $e^{-a^2/2}$.

# %% tags=["starter"]
import numpy as np


def gain(f):
    """1 / E(f(a)**2) for standard normal a."""
    raise NotImplementedError("your code")

# %% tags=["solution"]
def gain(f):
    a = np.linspace(-8, 8, 20_001)
    weight = np.exp(-a * a / 2)
    return weight.sum() / (weight * f(a) ** 2).sum()


# For tanh about 2.5: to keep the mean square of a at 1, the weights need
# the variance 2.5 / d. He's 2 / d is close to it; LeCun's 1 / d is not.
print(f"{gain(np.tanh):.3f}")

# %% tags=["tests"]
assert abs(gain(lambda a: a) - 1) < 0.01, "a line loses nothing"
assert abs(gain(lambda a: np.maximum(a, 0)) - 2) < 0.03, "He"
leaky = gain(lambda a: np.where(a > 0, a, 0.5 * a))
assert abs(leaky - 2 / 1.25) < 0.02, "half, and a quarter of a half"
squared = gain(lambda a: a * a)
assert abs(squared - 1 / 3) < 0.02, "the mean square, not the variance"

# %% [markdown]
# ### Exercise 5.5 · Perpendicular by hand
#
# Write the straightening of columns yourself: from each column take away
# its part along every earlier result, then scale it to length 1. Do you
# need the sign fix?
#
# ??? tip "Hint"
#
#     If $q$ has length 1, the part of $w$ along it is $(q \cdot w)\, q$.

# %% tags=["starter"]
import numpy as np


def straighten(W):
    """Perpendicular columns of length 1, from W (d, m), m <= d."""
    raise NotImplementedError("your code")

# %% tags=["solution"]
def straighten(W):
    Q = np.zeros_like(W)
    for j in range(W.shape[1]):
        column = W[:, j].copy()
        for k in range(j):
            column -= (Q[:, k] @ column) * Q[:, k]
        # Dividing by a length, which is positive, is the sign fix.
        Q[:, j] = column / np.linalg.norm(column)
    return Q

# %% tags=["tests"]
W = np.random.default_rng(0).standard_normal((6, 4))
kept = W.copy()
Q = straighten(W)
assert np.array_equal(W, kept), "leave W as it is"
assert Q.shape == (6, 4), "as many columns as W has"
assert np.allclose(Q.T @ Q, np.eye(4)), "perpendicular, of length 1"
R = Q.T @ W
assert np.allclose(R, np.triu(R)), "only earlier columns are taken away"
assert np.all(np.diag(R) > 0), "no column may be turned around"

# %% [markdown]
# ### Exercise 5.6 · A project: measure, then scale
#
# No formula knows your network as well as your data does. Write
# `rescale(weights, f, x)`: go up layer by layer, $a = xW$, $y = f(a)$, and
# divide each weight by a number so that the *measured* mean square of $a$
# is 1 in every layer. Return the new weights. (Published, for orthogonal
# weights and the variance of $a$, as layer-sequential unit-variance
# initialization.[^mishkin]) Then start a tower of your own from bad weights.
#
# ??? tip "Hint"
#
#     Scaling $W$ by a number scales $a$ by the same. Compute the next
#     layer's $x$ from the *scaled* weight.

# %% tags=["starter"]
import numpy as np


def rescale(weights, f, x):
    """Weights, each times a number, so that every a has E(a**2) = 1."""
    raise NotImplementedError("your code")

# %% tags=["solution"]
def rescale(weights, f, x):
    scaled = []
    for W in weights:
        a = x @ W
        W = W / np.sqrt(np.mean(a * a))
        scaled.append(W)
        x = f(x @ W)  # the next layer sees what the new weight makes
    return scaled

# %% tags=["tests"]
rng = np.random.default_rng(0)
sizes = [20, 64, 16, 128, 32, 32, 32]
for f in (np.tanh, lambda a: np.maximum(a, 0)):
    x = 3 + rng.standard_normal((200, 20))
    bad = [0.01 * rng.standard_normal(s) for s in zip(sizes, sizes[1:])]
    kept = [W.copy() for W in bad]
    good = rescale(bad, f, x)
    assert all(map(np.array_equal, bad, kept)), "leave the old ones"
    assert len(good) == len(bad), "a weight for each layer"
    for W, old in zip(good, bad):
        assert np.allclose(W / W[0, 0], old / old[0, 0]), "only scaled"
        assert W[0, 0] * old[0, 0] > 0, "by a positive number"
        a = x @ W
        assert abs(np.mean(a * a) - 1) < 1e-6, "mean square 1"
        x = f(a)

# %% [markdown]
# ## Notes
#
# That values and gradients can shrink or grow exponentially with the
# number of layers was analysed by Hochreiter in 1991, for recurrent
# networks.[^hochreiter] The recipe of 1998 stands in a paper of practical
# advice, beside a scaled tanh, chosen so that a variance of 1 stays near
# 1.[^lecun] Glorot and Bengio plotted activations and gradients layer by
# layer, as we did.[^glorot] He and others report a network of 30 layers
# that learns from their start and not from the one they call Xavier.[^he]
# The recursion behind our lines, a mean over a normal number in each
# layer, is that of Poole and others.[^poole]
#
# [^lecun]: [LeCun and others 1998](bibliography.md#lecun-1998),
#     section 4.6.
# [^glorot]: [Glorot and Bengio 2010](bibliography.md#glorot-2010), section
#     4.2; the older rule is their equation 1.
# [^he]: [He and others 2015](bibliography.md#he-2015), section 2.2. What
#     they call Xavier has half their variance: one over the width, as in
#     the library Caffe.
# [^leak]: For small $a$, $\tanh a \approx a - a^3/3$, so
#     $\tanh^2 a \approx a^2 - \tfrac{2}{3} a^4$. For a normal number
#     $\operatorname{E}(a^4) = 3 \operatorname{E}(a^2)^2$. So a layer turns
#     a mean square $u$ into about $u - 2 u^2$, and $1/u$ grows by 2 a
#     layer: $u \approx 1/(2\ell)$, a hundredth in layer fifty.
# [^hanin]: [Hanin and Rolnick 2018](bibliography.md#hanin-2018).
# [^schoenholz]: [Schoenholz and others
#     2017](bibliography.md#schoenholz-2017).
# [^caffe]: Caffe’s documentation of
#     [`XavierFiller`](https://caffe.berkeleyvision.org/doxygen/classcaffe_1_1XavierFiller.html):
#     uniform with the limit $\sqrt{3/N}$, $N$ being $d_\text{in}$,
#     $d_\text{out}$ or their mean, by an option.
# [^torch]: PyTorch’s documentation of
#     [`Linear`](https://docs.pytorch.org/docs/stable/generated/torch.nn.Linear.html):
#     uniform with the limit $1/\sqrt{d_\text{in}}$.
# [^mezzadri]: [Mezzadri 2007](bibliography.md#mezzadri-2007).
# [^saxe]: [Saxe and others 2013](bibliography.md#saxe-2013).
# [^mishkin]: [Mishkin and Matas 2016](bibliography.md#mishkin-2016).
# [^hochreiter]: [Hochreiter 1991](bibliography.md#hochreiter-1991).
# [^poole]: [Poole and others 2016](bibliography.md#poole-2016).
