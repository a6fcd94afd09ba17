# %% [markdown]
# # 12 · Deep networks
#
# *Why does depth fail, and what repairs it?*
#
# After this chapter you can say by what factor a layer changes the size
# of a gradient, measure what a deep network forgets of its input, and
# repair both. You will have derived the gradient of batch normalization,
# and read every line of `nn/residual.py`.

# %%
import copy
from functools import cache

import numpy as np

from nn.activations import ReLU, Sigmoid, Tanh, softmax
from nn.clipping import clip_gradients
from nn.digits import mnist
from nn.evaluation import accuracy
from nn.gradients import check_gradients
from nn.initializers import glorot_uniform, he_normal, lecun_normal
from nn.initializers import normal, orthogonal
from nn.layers import Dense, Parameter, Sequential
from nn.losses import softmax_cross_entropy
from nn.normalization import BatchNorm
from nn.optimizers import SGD, Adam
from nn.residual import Residual
from nn.training import Diverged, fit

# %% tags=["hide"]
from weave import DATA, GRADIENT, GREEN, INK, PINK, VALUE
from weave import figure, recall, show, subplots, table

# %% [markdown]
# ## One more layer
#
# The task is [chapter 11's](digits.py), made small: 1,000 digits to learn
# from, 1,000 others to judge by, and each picture shrunk to 7 by 7 pixels,
# the means of squares of 4 by 4. (All are from the training set. The
# envelope stays closed.) The network is a tower: $D$ layers of 32
# neurons, each with its bend, and a layer of ten at the top, which $D$
# does not count. All letters: [notation](notation.md).

# %%
(pictures, labels), _ = mnist()
squares = pictures[:2000].reshape(-1, 7, 4, 7, 4)
x = squares.mean(axis=(2, 4)).reshape(-1, 49)      # (2000, 49)
x = (x - x.mean()) / x.std()
learning = x[:1000], labels[:1000]
others = x[1000:], labels[1000:2000]
width = 32


def tower(depth, bend, start, rng, norm=False):
    layers, d_in = [], 49
    for _ in range(depth):
        layers.append(Dense(start(d_in, width, rng=rng)))
        if norm:
            layers.append(BatchNorm(width))
        layers.append(bend())
        d_in = width
    return Sequential(*layers, Dense(start(width, 10, rng=rng)))


def train(model, lr, epochs=7, **how):
    """Loss on the digits learned from; accuracy on the others."""
    history = fit(
        model, softmax_cross_entropy, SGD(model.params, lr=lr),
        learning, epochs=epochs, batch_size=50,
        rng=np.random.default_rng(0), progress=False, **how,
    )  # fmt: skip
    right = accuracy(model.forward(others[0]), others[1])
    return history.train_loss[-1], right


# %%
first = {}
for depth in (2, 8, 32):
    model = tower(depth, ReLU, he_normal, np.random.default_rng(0))
    first[depth] = train(model, lr=0.1)
    loss, right = first[depth]
    print(f"{depth} layers: loss {loss:.2f}, right {right:.0%}")

# %% tags=["hide"]
assert first[2][1] > 0.75 and first[32][1] < 0.3
assert first[2][0] < first[8][0] < first[32][0]

# %% [markdown]
# The tallest tower has {{ 30 * (32 * 32 + 32):,d }} more numbers to learn
# with than the lowest, and it does not learn. This is no overfitting: the
# loss is that of the digits *learned from*. Nor is it a lack of means. The
# tall tower could do what the low one does, if thirty of its layers
# handed on what they get. It does not find that out.[^degradation]
#
# One recipe proves little. So: three activations; four starts, `normal`
# with a standard deviation of `0.01`, LeCun's, He's and the orthogonal
# one; three seeds; and two rates: `0.03` and `0.3`, or for the sigmoid,
# whose slopes are small, `0.1` and `1`. Glorot's rule is left out here,
# for in a square tower it has LeCun's variance.[^side-by-side]
#
# [^side-by-side]: The seeds run side by side, in arrays of one more
#     dimension; the folded code checks them against `nn`.

# %% tags=["hide"]
class Denses:
    """Dense layers of several models side by side: (models, n, d)."""

    def __init__(self, layers):
        weights = [layer.weight.value for layer in layers]
        biases = [layer.bias.value for layer in layers]
        self.weight = Parameter(np.stack(weights))
        self.bias = Parameter(np.stack(biases)[:, None])
        self.params = self.weight, self.bias

    def forward(self, x, train=False):
        self.x = x
        y = x @ self.weight.value
        y += self.bias.value
        return y

    def set_gradients(self, dy):
        np.matmul(self.x.swapaxes(1, 2), dy, out=self.weight.grad)
        ones = np.ones((1, dy.shape[1]), dy.dtype)
        np.matmul(ones, dy, out=self.bias.grad)

    def backward(self, dy):
        self.set_gradients(dy)
        return dy @ self.weight.value.swapaxes(1, 2)


class BatchNorms:
    """The same for BatchNorm. A product with a row of 1/n is a mean."""

    def __init__(self, layers):
        self.gamma, self.beta, self.mean, self.variance = (
            Parameter(np.stack(rows)[:, None])
            for rows in zip(*[(a.gamma.value, a.beta.value, a.running_mean,
                               a.running_variance) for a in layers]))
        self.params = self.gamma, self.beta
        self.momentum = np.float32(layers[0].momentum)
        self.eps = np.float32(layers[0].eps)

    def forward(self, x, train=False):
        n = x.shape[1]
        mean, variance = self.mean.value, self.variance.value
        if train:
            self.row = np.full((1, n), 1 / n, x.dtype)
            mean = self.row @ x
            z = x - mean
            variance = self.row @ (z * z)
            for old, new in (
                (self.mean.value, mean),
                (self.variance.value, variance * np.float32(n / (n - 1))),
            ):
                old += self.momentum * (new - old)
        else:
            z = x - mean
        self.scale = 1 / np.sqrt(variance + self.eps)
        z *= self.scale
        self.z = z
        return z * self.gamma.value + self.beta.value

    def backward(self, dy):
        stretch, shift = self.row @ (dy * self.z), self.row @ dy
        np.multiply(stretch, dy.shape[1], out=self.gamma.grad)
        np.multiply(shift, dy.shape[1], out=self.beta.grad)
        dx = dy - shift
        dx -= self.z * stretch
        dx *= self.scale * self.gamma.value
        return dx


def together(layers):
    """Models of the same form as one; seeds cost less side by side."""
    if isinstance(layers[0], Dense):
        return Denses(layers)
    if isinstance(layers[0], BatchNorm):
        return BatchNorms(layers)
    if hasattr(layers[0], "layers"):
        rows = zip(*[model.layers for model in layers])
        return type(layers[0])(*map(together, rows))
    return layers[0]                    # an activation takes any shape


def power(number):
    """A number in TeX, with a power of ten where it needs one."""
    if number == 0 or 0.01 <= abs(number) < 1000:
        return f"{number:.2g}" if abs(number) < 100 else f"{number:.0f}"
    digits, exponent = f"{number:.1e}".split("e")
    return rf"{{{digits} \cdot 10^{{{int(exponent)}}}}}"


SEEDS, RATES, GENTLE = 3, (0.03, 0.3), (0.1, 1.0)
LADDER = 2, 3, 6, 12, 24, 48


@cache
@np.errstate(all="ignore")              # some runs diverge
def learn(recipe, depth, rate, n=50, steps=140, optimizer=SGD):
    """Accuracies on the other digits, one a seed."""
    rngs = [np.random.default_rng(seed) for seed in range(SEEDS)]
    model = together([recipe(depth, rng) for rng in rngs])
    rule = optimizer(model.params, lr=rate)
    t = np.eye(10, dtype=np.float32)[learning[1]]
    for step in range(steps):
        at = step * n % 1000
        if at == 0:
            order = np.stack([rng.permutation(1000) for rng in rngs])
        batch = order[:, at : at + n]
        z = model.forward(learning[0][batch], train=True)
        if not np.isfinite(z).any():    # all seeds have diverged
            break
        model.backward((softmax(z) - t[batch]) / np.float32(n))
        rule.step()
    z = model.forward(np.broadcast_to(others[0], (SEEDS, 1000, 49)))
    return np.array([accuracy(np.nan_to_num(a), others[1]) for a in z])


def plain(bend, start, norm=False):
    return lambda depth, rng: tower(depth, bend, start, rng, norm)


def small(d_in, d_out, rng):
    return normal(d_in, d_out, rng=rng, std=0.01)


bends = {"sigmoid": Sigmoid, "tanh": Tanh, "ReLU": ReLU}
starts = {"0.01": small, "LeCun": lecun_normal, "He": he_normal,
          "orthogonal": orthogonal}
recipes = {(bend, start): plain(bends[bend], starts[start])
           for bend in bends for start in starts}
reached = {}
for (bend, start), recipe in recipes.items():
    for depth in LADDER[:-1]:
        rates = GENTLE if bend == "sigmoid" else RATES
        tries = [learn(recipe, depth, rate) for rate in rates]
        reached[bend, start, depth] = np.median(tries, axis=1).max()
        if reached[bend, start, depth] < 0.2:   # dead; so are deeper ones
            break

looks = {"0.01": (DATA, ":", "s"), "LeCun": (INK, "-", "o"),
         "He": (PINK, "--", "^"), "orthogonal": (GREEN, "-.", "D")}
fig, axes = subplots(1, 3, figsize=(7.2, 2.7), sharey=True)
for ax, bend in zip(axes, bends):
    for start, (color, line, marker) in looks.items():
        found = [(d, share) for (b, s, d), share in reached.items()
                 if (b, s) == (bend, start)]
        ax.plot(*zip(*found), line, color=color, marker=marker, ms=4,
                mfc="none", label=start)
    ax.axhline(0.1, color=DATA, lw=0.6)
    ax.set_xscale("log", base=2)
    ax.set_xticks(LADDER[:-1], [f"{d}" for d in LADDER[:-1]])
    ax.minorticks_off()
    ax.set(title=bend, xlabel="depth $D$", ylim=(0, 1), xlim=(1.8, 27))
axes[0].set_ylabel("right, other digits")
axes[0].legend(fontsize=8)
figure(
    fig,
    "fails",
    wide=True,
    alt="Accuracy against depth in three panels. Sigmoid: the small start "
    "is at chance at 2; the three others fall from 2 to 3 and are at chance "
    "by 6, He's last. Tanh: the small "
    "start falls at 3; the three others stay high to 12, and at 24 "
    "LeCun's has lost most, He's less, the orthogonal one least. ReLU: the "
    "small start never learns; LeCun's and the orthogonal one fall beyond "
    "6, He's later.",
    caption="What 140 steps reach: median of three seeds, at the better of "
    "two rates. The thin line is chance. A line ends where neither rate "
    "comes beyond twice that.",
)


assert all(("sigmoid", start, 12) not in reached for start in starts)
assert all((reached["sigmoid", start, 3] > 0.5) == (start == "He")
           for start in ("LeCun", "He", "orthogonal"))
assert all(reached["sigmoid", start, 6] < 0.2
           for start in ("LeCun", "He", "orthogonal"))
assert (reached["tanh", "LeCun", 24] < reached["tanh", "He", 24]
        < reached["tanh", "orthogonal", 24])
assert reached.get(("ReLU", "LeCun", 24), 0) < 0.2  # some stop at 12
assert 0.2 < reached["ReLU", "He", 24] < 0.4

# The towers side by side are the towers of nn.
check = [tower(4, ReLU, he_normal, np.random.default_rng(s), norm=True)
         for s in (0, 1)]
pair = together(check)
for part in check, [pair]:
    for one in part:
        where = (2, 50, 49) if one is pair else (50, 49)
        y = one.forward(np.broadcast_to(x[:50], where), train=True)
        one.backward(y / 100)
        y = one.forward(np.broadcast_to(x[50:100], where))
for p, q, r in zip(pair.params, *[one.params for one in check]):
    apart = np.reshape(p.grad[0], q.grad.shape) - q.grad
    assert abs(apart).max() < 1e-4
    assert abs(np.reshape(p.grad[1], r.grad.shape) - r.grad).max() < 1e-4
assert np.allclose(y[1], check[1].forward(x[50:100]), atol=1e-4)

# %% [markdown]
# A sigmoid tower of six layers learns from no start ([](#fig-fails)), and
# with three only He's gets beyond half. ReLU with LeCun's start dies
# between 6 and 24 layers; with He's, which [chapter 5](initializers.py)
# derived for it, 12 layers still get to {{ reached["ReLU", "He", 12]:.0% }}
# and 24 to {{ reached["ReLU", "He", 24]:.0% }}, where guessing gives 10.
# With tanh the start decides more. At 24 layers LeCun's reaches
# {{ reached["tanh", "LeCun", 24]:.0% }}, He's
# {{ reached["tanh", "He", 24]:.0% }}, and the orthogonal one, a rotation,
# {{ reached["tanh", "orthogonal", 24]:.0% }}. The rotation's lead we can
# explain below. Why He's is ahead of LeCun's stays open.
#
# ## A product of thirty factors
#
# Look inside: towers of 30 layers, 200 digits, all values on the way up
# and all gradients on the way down.

# %%
def walk(model, n=200):
    """Values and gradients below, between and above the layers."""
    values = [learning[0][:n]]
    for layer in model.layers:
        values.append(layer.forward(values[-1], train=True))
    _, dz = softmax_cross_entropy(values[-1], learning[1][:n])
    gradients = [dz]
    for layer in reversed(model.layers):
        gradients.append(layer.backward(gradients[-1]))
    return values, gradients[::-1]


def size(numbers):
    """The root of the mean square."""
    return np.sqrt(np.mean(np.square(numbers, dtype=np.float64)))


# %% tags=["hide"]
high = 30


def at_layers(model, kinds):
    """Where in walk's lists the outputs of the D layers stand."""
    return [i + 1 for i, layer in enumerate(model.layers)
            if isinstance(layer, kinds)]


def sizes(model, kinds):
    values, gradients = walk(model)
    places = at_layers(model, kinds)
    return np.array([[size(side[i]) for i in places]
                     for side in (values, gradients)])


everywhere = {**starts, "Glorot": glorot_uniform}
looks["Glorot"] = (INK, (0, (1, 1)), "x")
inside, later, moved = {}, {}, {}
for bend, layer in bends.items():
    for start, how in everywhere.items():
        model = tower(high, layer, how, np.random.default_rng(0))
        inside[bend, start] = sizes(model, layer)
        weights = [p.value for p in model.params[::2]]
        old = copy.deepcopy(weights)
        train(model, lr=1.0 if bend == "sigmoid" else 0.03, epochs=1)
        moved[bend, start] = [size(new - w) / size(w)
                              for new, w in zip(weights, old)]
        later[bend, start] = sizes(model, layer)

fig, axes = subplots(3, 3, figsize=(7.2, 6.0), sharex=True, sharey="row")
heights = np.arange(1, high + 1)
for column, bend in enumerate(bends):
    for start in looks:
        _, line, marker = looks[start]
        for row, (found, color) in enumerate((
            (inside[bend, start][0], VALUE),
            (inside[bend, start][1], GRADIENT),
            (later[bend, start][1], GRADIENT),
        )):
            axes[row, column].semilogy(
                heights, np.maximum(found, 1e-60), ls=line, color=color,
                lw=1.0, marker=marker, mfc="none", ms=4,
                markevery=(4, 8), label=start)
    axes[0, column].set_title(bend)
    axes[2, column].set_xlabel("layer")
axes[0, 0].set(ylim=(1e-8, 30), ylabel="values", xlim=(0, 31))
axes[1, 0].set(ylim=(1e-13, 1), ylabel="gradients")
axes[2, 0].set(ylim=(1e-13, 1), ylabel="gradients, 20 steps later")
for ax in axes.flat:
    ax.minorticks_off()
axes[0, 0].legend(fontsize=7.5, loc="lower left")
figure(
    fig,
    "inside",
    wide=True,
    alt="Nine panels over the layers 1 to 30, logarithmic. Top, blue "
    "values: for sigmoid all lines are flat at one half; for tanh they "
    "stay level or sink gently, except the smallest start, which plunges; "
    "for ReLU only "
    "He's stays level. Middle, orange gradients: for sigmoid all lines "
    "plunge from the top layer down and leave the picture; for tanh all "
    "but the smallest are nearly level; for ReLU He's is level, the "
    "others fall. Bottom: the same lines, changed little.",
    caption="Sizes (roots of mean squares) in towers of thirty layers, for "
    "five starts. Values are made from left to right, gradients from right "
    "to left. The 20 steps are at rate `1` for the sigmoid, `0.03` for the "
    "others. Lines that leave a panel go on falling.",
)

sigmoid_top, sigmoid_bottom = inside["sigmoid", "LeCun"][1][[-1, 0]]
assert sigmoid_bottom / sigmoid_top < 1e-15
assert np.allclose(inside["sigmoid", "LeCun"][0], 0.5, atol=0.1)
kept_he = inside["ReLU", "He"][1][0] / inside["ReLU", "He"][1][-1]
assert 0.1 < kept_he < 10
assert later["sigmoid", "LeCun"][1][0] < 1e-15
assert moved["sigmoid", "LeCun"][0] == 0
top_moved = moved["sigmoid", "LeCun"][-1]
assert 0.05 < top_moved < 0.5

# %% [markdown]
# In the sigmoid column of [](#fig-inside) all values are one half, and nothing
# looks wrong. But from layer 30 to layer 1 the gradients' size falls from
# ${{ power(sigmoid_top) }}$ to ${{ power(sigmoid_bottom) }}$. Twenty steps
# later the picture is the same: the topmost weights have moved by
# {{ top_moved:.0% }} of their length, the lowest by nothing that float32 can
# show. This is the *vanishing gradient*, found by Hochreiter in
# 1991.[^hochreiter]
#
# Its size can be predicted. A gradient comes down through a bend and a
# weight:
#
# $$
# \label{tower-gradient: a gradient on its way down}
# \underset{(n,\ d)}{\grad{da}} =
# \underset{(n,\ d)}{\grad{dy}} \odot \underset{(n,\ d)}{f'(\val{a})},
# \qquad
# \underset{(n,\ d)}{\grad{dx}} =
# \underset{(n,\ d)}{\grad{da}}\ \underset{(d,\ d)}{W^\top}.
# $$
#
# [](initializers.py#eq-backward-variance) has the arithmetic for the
# product in [](#eq-tower-gradient): with
# weights by lot, and $dy$ independent of them and of the slopes, the mean
# squares multiply:
#
# $$
# \label{tower-shrink: what one layer leaves of a gradient}
# \operatorname{E}(\grad{dx}^2) = d \cdot \operatorname{Var}(W) \cdot
# \operatorname{E}\bigl(f'(\val{a})^2\bigr) \cdot
# \operatorname{E}(\grad{dy}^2).
# $$
#
# For the sigmoid with LeCun's start, $d \operatorname{Var}(W) = 1$. Its
# slope is at most $1/4$, so a layer leaves at most $1/16$ of the mean
# square, and $1/4$ of the size. He's start doubles the mean square, which
# cannot help: sixteen would be needed. We give the *factor* of the size
# from here on. For normal numbers $a$, on a fine grid under the bell:

# %%
u = np.linspace(-8, 8, 16_000)
bell = np.exp(-u * u / 2)
bell /= bell.sum()                      # bell @ y: the mean of y


def factors(bend, gain, layers=high):
    """What each layer makes of a gradient's size, the lowest first."""
    mean_square, layer, found = 1.0, bend(), []
    for _ in range(layers):
        a = np.sqrt(gain * mean_square) * u
        mean_square = bell @ layer.forward(a, train=True) ** 2
        slopes = layer.backward(np.ones_like(a))
        found.append(np.sqrt(gain * (bell @ slopes**2)))
    return found


# %% tags=["hide"]
rows = []
for bend, start, gain in (("sigmoid", "LeCun", 1), ("sigmoid", "He", 2),
                          ("tanh", "LeCun", 1), ("tanh", "He", 2),
                          ("ReLU", "LeCun", 1), ("ReLU", "He", 2)):
    found = inside[bend, start][1]
    measured = (found[0] / found[-1]) ** (1 / 29)
    product = np.prod(factors(bends[bend], gain)[1:])
    said = product ** (1 / 29)
    assert abs(np.log(measured / said)) < 0.08
    rows.append([f"{bend}, {start}", said, measured,
                 f"${power(product)}$"])
table(
    rows,
    header=["tower", "factor a layer", "measured",
            "29 layers"],
    caption="By what a gradient's size is multiplied on its way down "
    "through a layer, from layer 30 to layer 1, in the geometric mean: from "
    "the formula, and in the towers of the figure. At the right, the "
    "formula's product.",
    name="factors",
    align="lrrr",
    formats=["", ".3f", ".3f", ""],
)

# %% [markdown]
# [](#tab-factors) is the whole of the first illness. Depth is an exponent.
# A factor of {{ rows[0][1]:.2f }} is nothing after thirty layers, and only
# factors next to 1 survive. If it is larger than 1 the gradient
# *explodes*. ([](#eq-tower-shrink) is a mean over many starts;
# most starts lie a little below.)
#
# ## What depth forgets
#
# But look again at ReLU with He's start. Its gradients nearly keep their
# size: in layer 1 they are {{ kept_he:.1f }} times what they are at the
# top. Yet a tower of 32 layers does not learn. A second illness must be at
# work, and chapter 5 has met it: the rows become alike. Take a hundred
# digits and the cosine between each two of them, at the bottom and in layer
# 30. How alike are two rows? And do those that were alike at the bottom
# still stand out? For this take the *correlation* of the cosines at the top
# with those at the bottom, over all pairs: 1 if all pairs lie on one rising
# line, 0 if no line, rising or falling, fits better than a level one. We
# call it the tower's *memory*.

# %%
def cosines(y, n=100):
    """Of the angles between each two of n rows."""
    y = y[:n].astype(np.float64)        # (n, d)
    y /= np.linalg.norm(y, axis=1, keepdims=True)
    return (y @ y.T)[np.triu_indices(n, 1)]


def memory(model):
    """Likeness at the top, and its correlation with the bottom's."""
    values, _ = walk(model)
    top = cosines(values[-2])           # what the last layer sees
    if np.ptp(top) < 1e-10:             # apart by rounding alone
        return np.median(top), 0.0
    return np.median(top), np.corrcoef(cosines(x), top)[0, 1]


# %% tags=["hide"]
def memories(recipe):
    return np.mean([memory(recipe(high, np.random.default_rng(seed)))
                    for seed in range(5)], axis=0)


remembered = {}
for bend, start in (("sigmoid", "LeCun"), ("ReLU", "He"),
                    ("tanh", "LeCun"), ("tanh", "He"),
                    ("tanh", "orthogonal")):
    remembered[f"{bend}, {start}"] = memories(recipes[bend, start])
at_bottom = np.median(cosines(x))
width = 128                             # and back, two lines below
wide_memory = memories(recipes["tanh", "LeCun"])[1]
width = 32
assert wide_memory > remembered["tanh, LeCun"][1] + 0.15
table(
    [[name, *found] for name, found in remembered.items()],
    header=["tower of 30", "likeness", "memory"],
    caption="What thirty untrained layers leave: the median cosine between "
    f"two digits (at the bottom it is {at_bottom:.2f}), and its "
    "correlation with the cosine at the bottom. Means over five seeds.",
    name="memory",
    align="lrr",
    formats=["", ".3f", ".2f"],
)
assert remembered["sigmoid, LeCun"][1] == 0
assert remembered["ReLU, He"][0] > 0.93
assert abs(remembered["ReLU, He"][1]) < 0.15
assert remembered["tanh, orthogonal"][1] > 0.8

# %% [markdown]
# At the top of the ReLU tower all digits point the same way, and the memory is
# {{ remembered["ReLU, He"][1]:.2f }} ([](#tab-memory)). A ReLU puts out no
# negative numbers, so all rows lean to the same side, and each layer pulls
# them closer. And each cosine passes through 32 neurons drawn by lot, so each
# layer adds an error of chance, which scatters what is left. (With 128 neurons
# the tanh tower from LeCun's start remembers {{ wide_memory:.2f }} instead of
# {{ remembered["tanh, LeCun"][1]:.2f }}.) The last layer cannot separate what
# it cannot see.[^shattered] The rotation under a tanh forgets least,
# {{ remembered["tanh, orthogonal"][1]:.2f }}: a rotation keeps all angles, and
# a tanh near 0 is nearly a line. That is the tower that was best at 24.
#
# So a deep tower must do two things at the start: keep its gradients'
# size, and remember its input.
#
# ## Clipping, for what it is worth
#
# The cheapest repair is
# [chapter 6's](optimizers.py#nn-clipping-clip_gradients): shorten a
# gradient that is too long. Start eight layers of ReLU with twice He's
# weights; then values and gradients double in each layer.

# %%
def twice(d_in, d_out, rng):
    return 2 * he_normal(d_in, d_out, rng=rng)


for max_norm in (None, 10, 1):
    model = tower(8, ReLU, twice, np.random.default_rng(0))
    z = model.forward(learning[0])
    exploded, _ = softmax_cross_entropy(z, learning[1])
    try:
        loss, right = train(model, lr=0.03, max_norm=max_norm)
        print(f"clipped at {max_norm}: loss {loss:.2f},",
              f"right {right:.0%}")
    except Diverged as error:
        print(str(error).split(". ")[0])

model = tower(8, Sigmoid, lecun_normal, np.random.default_rng(0))
walk(model)
before = [size(p.grad) for p in model.params[::2]]
length = clip_gradients(model.params, 0.1)
after = [size(p.grad) for p in model.params[::2]]
print(f"{before[-1] / before[0]:.1e} {after[-1] / after[0]:.1e}")

# %% tags=["hide"]
assert max_norm == 1 and right < 0.5 and length > 0.1
assert np.isclose(before[-1] / before[0], after[-1] / after[0], rtol=1e-4)
ratio = before[-1] / before[0]
assert exploded > 100 and 1e4 < ratio < 1e6

# %% [markdown]
# Clipping saves this run: the numbers stay finite. It does not save the
# learning. The loss began at {{ exploded:.0f }}, for weights twice too
# large, and a step clipped at 1 has a length of `0.03` at most.
# Clipping multiplies *all* gradients by *one* number that is never
# above 1. In a sigmoid tower of eight layers the last weight's gradient is
# ${{ power(ratio) }}$ times as large as the first one's; clipped it is
# still the same. Clipping is for the rare cliff on a road that is good
# otherwise, as Pascanu and others meant it.[^pascanu]
#
# ## Batch normalization
#
# Chapter 5 chose weights so that values *begin* with the right size.
# Ioffe and Szegedy proposed to *make* them of the right size, at every
# step, in every layer.[^ioffe] From each column take its mean over the
# batch, and divide by its standard deviation. Three examples, one column,
# $0, 2, 4$: the mean is 2, the variance $(4 + 0 + 4)/3 = 8/3$, and what
# comes out is $-1.22, 0, 1.22$. Or in letters, for one
# column, $i$ counting the examples ($v$ is the variance here, and $z$ a
# value without mean and spread):
#
# $$
# \label{batch-statistics: mean and variance of a column}
# \underset{(d,)}{\val{\bar x}} = \frac{1}{n} \sum_i \val{x_i}, \qquad
# \underset{(d,)}{\val{v}} = \frac{1}{n} \sum_i (\val{x_i} -
# \val{\bar x})^2,
# $$
#
# $$
# \label{batch-norm: batch normalization}
# \underset{(n,\ d)}{\val{z_i}} =
# \frac{\val{x_i} - \val{\bar x}}{\sqrt{\val{v} + \varepsilon}}, \qquad
# \underset{(n,\ d)}{\val{y_i}} = \underset{(d,)}{\gamma}\, \val{z_i} +
# \underset{(d,)}{\beta}.
# $$
#
# $\gamma$ and $\beta$ of [](#eq-batch-norm) are learned, begin at 1 and 0, and
# let each column have any mean and any spread again. This is *batch
# normalization*. [Chapter 11](digits.py#nn-normalization-BatchNorm) showed
# its source, and used it on credit. Its forward pass, [](#eq-batch-norm),
# again:

# %%
recall("normalization:BatchNorm.forward")

# %% [markdown]
# (To divide a gradient by $n$ is another thing, which a popular tutorial
# calls by this name; see [chapter 8](gradients.py).)
#
# ## Its way back, by three paths
#
# $\gamma$ and $\beta$ are easy. Each stands in all $n$ rows, and
# [fan-out adds](#/self.gamma.grad):
#
# $$
# \label{batch-norm-parameters: the gradients of scale and shift}
# \begin{gathered}
# \underset{(d,)}{\grad{d\beta}} = \sum_i \grad{dy_i}, \qquad
# \underset{(d,)}{\grad{d\gamma}} = \sum_i \grad{dy_i}\, \val{z_i},
# \\[1ex]
# \underset{(n,\ d)}{\grad{dz_i}} = \gamma\, \grad{dy_i}.
# \end{gathered}
# $$
#
# Now $x_i$. It reaches the loss by three paths: through its own $z_i$;
# through the mean, which stands in every $z$; and through the variance,
# which does too. Write $s = \sqrt{v + \varepsilon}$ for the divisor, of
# shape $(d,)$, and $k$ for any example, as $i$ is taken.
#
# **Through itself.** The slope of $z_i = (x_i - \bar x)/s$, with $\bar x$
# and $s$ held still, is $1/s$:
#
# $$
# \label{batch-norm-itself: the path through the value itself}
# \underset{(n,\ d)}{\frac{1}{s}\, \grad{dz_i}}
# $$
#
# **Through the variance.** First down to $v$. Since
# $z_k = (x_k - \bar x)\,(v + \varepsilon)^{-1/2}$, its slope in $v$ is
# $-\tfrac12 (x_k - \bar x)\,(v + \varepsilon)^{-3/2}$, and that is
# $-z_k / (2 s^2)$. All $k$ add up. Then from $v$ to $x_i$: the slope of the
# mean square is $2 (x_i - \bar x)/n$, which is $2 s z_i / n$.
#
# $$
# \label{batch-norm-variance: the path through the variance}
# \begin{gathered}
# \underset{(d,)}{\grad{dv}} = -\frac{1}{2 s^2} \sum_k \grad{dz_k}\,
# \val{z_k}, \\[1ex]
# \grad{dv} \cdot \frac{2 s\, \val{z_i}}{n} =
# \underset{(n,\ d)}{-\frac{1}{s}\, \val{z_i} \cdot
# \frac{1}{n} \sum_k \grad{dz_k}\, \val{z_k}}
# \end{gathered}
# $$
#
# **Through the mean.** Each $z_k$ has the slope $-1/s$ in $\bar x$. The
# variance contains $\bar x$ too, but its slope there is
# $-\tfrac{2}{n} \sum_k (x_k - \bar x)$, and deviations from a mean add up
# to 0. From $\bar x$ to $x_i$ the slope is $1/n$:
#
# $$
# \label{batch-norm-mean: the path through the mean}
# \begin{gathered}
# \underset{(d,)}{\grad{d\bar x}} = -\frac{1}{s} \sum_k \grad{dz_k},
# \\[1ex]
# \grad{d\bar x} \cdot \frac{1}{n} =
# \underset{(n,\ d)}{-\frac{1}{s} \cdot \frac{1}{n}
# \sum_k \grad{dz_k}}
# \end{gathered}
# $$
#
# The three, [](#eq-batch-norm-itself), [](#eq-batch-norm-variance) and
# [](#eq-batch-norm-mean), together:
#
# $$
# \label{batch-norm-gradient: the gradient through batch normalization}
# \underset{(n,\ d)}{\grad{dx_i}} = \frac{1}{s} \Bigl(
# \underset{(n,\ d)}{\grad{dz_i}} -
# \underset{(d,)}{\frac{1}{n} \sum_k \grad{dz_k}} -
# \underset{(n,\ d)}{\val{z_i}}\,
# \underset{(d,)}{\frac{1}{n} \sum_k \grad{dz_k}\, \val{z_k}} \Bigr)
# $$
#
# [](#eq-batch-norm-gradient) is the [last line](#/dz - common) of
# `backward`, and its [`common`](#/common = dz) is what is taken away:

# %%
recall("normalization:BatchNorm.backward")

# %%
layer = BatchNorm(3)
layer.gamma.value[:] = 0.5, 1, 2
rng = np.random.default_rng(0)
errors = check_gradients(layer, rng.normal(5, 3, (8, 3)), rng=rng)
for name, error in errors.items():
    print(f"{name:20} {error:.1e}")

# %% tags=["hide"]
worst = max(errors.values())
assert worst < 1e-7
y = layer.forward(columns3 := rng.normal(5, 3, (8, 3)), train=True)
dx = layer.backward(rng.standard_normal((8, 3)))
assert abs(dx.sum(axis=0)).max() < 1e-6
assert abs((dx * columns3).sum(axis=0)).max() < 1e-4

# %% [markdown]
# Chapter 8's check finds no error above ${{ power(worst) }}$.
# [](#eq-batch-norm-gradient)
# says more than it computes. Add the same number to a whole column, and
# the layer takes it away again; so the gradient has no part in that
# direction, and $\sum_i dx_i = 0$. Stretch the column about its mean, and
# the layer undoes that too; so $\sum_i dx_i z_i = 0$, but for
# $\varepsilon$. Those are the two terms taken away. And if the weights
# of a neuron below are made twice as large, $y$ is the same, while $dx$ is
# half as long, and so is their gradient: weights that have grown too large
# are moved less.[^scale]
#
# ## One for learning, one for use
#
# In use there may be no batch. A digit's answer must not depend on which
# digits come along. So while it learns the layer keeps a running mean of
# its means and variances, of which each step replaces a tenth, and in use
# these serve. A batch's own mean lies nearer to its rows than the true mean
# does, so the variance around it is too small, in the mean by the factor
# $(n - 1)/n$:[^bessel]

# %%
draws = np.random.default_rng(0).standard_normal((10_000, 50))
print(" n  seen (n - 1)/n")
for n in (2, 5, 50):
    seen = draws[:, :n].var(axis=1).mean()
    print(f"{n:2} {seen:.3f} {(n - 1) / n:.3f}")

# %% [markdown]
# The running variance is to stand for all digits, not for a batch. So it
# follows [$v \cdot n/(n - 1)$](#/n / (n - 1)) (`momentum` is that tenth,
# not chapter 6's):

# %%
recall("normalization:BatchNorm._follow")

# %% [markdown]
# In learning the $1/n$ is right: $z$ shall have variance 1 in *this*
# batch. A batch of one has no variance at all, and every $z$ would be 0:

# %%
try:
    BatchNorm(3).forward([[1, 2, 3]], train=True)
except ValueError as error:
    print(str(error).replace(", received", ",\nreceived"))

# %% [markdown]
# How far apart are learning and use? One tower, the same digits twice:

# %%
model = tower(6, ReLU, he_normal, np.random.default_rng(0), norm=True)
sgd = SGD(model.params, lr=0.3)
few = learning[0][:250], learning[1][:250]
print("steps batch running")
for data, epochs in ((few, 1), (learning, 1), (learning, 6)):
    fit(model, softmax_cross_entropy, sgd, data, epochs=epochs,
        batch_size=50, progress=False)
    twin = copy.deepcopy(model)         # looking must not change it
    batch = twin.forward(learning[0], train=True)
    use = model.forward(learning[0])
    losses = [softmax_cross_entropy(z, learning[1])[0]
              for z in (batch, use)]
    print(f"{sgd.steps:5} {losses[0]:.3f} {losses[1]:.3f}")
    if data is few:
        early = losses

# %% tags=["hide"]
assert early[1] > early[0] + 0.15

# %% [markdown]
# The loss with the statistics of the digits at hand, and with those that
# ran along. After five steps the latter are still more than half what they
# began with,
# $0.9^5$, and for the same weights the loss in use is higher by
# {{ early[1] - early[0]:.2f }}. Later they lag behind by little. Whoever
# uses a network with `train=True` gets answers that depend on the company,
# and no error.
#
# ## What it buys
#
# Rate, first. Six layers of ReLU, from He's start:

# %% tags=["hide"]
many_rates = (0.03, 0.1, 0.3, 1.0)
variants = {False: recipes["ReLU", "He"],
            True: plain(ReLU, he_normal, norm=True)}
by_rate = {
    norm: [np.median(learn(recipe, 6, rate)) for rate in many_rates]
    for norm, recipe in variants.items()
}
by_batch = [
    [n, *(np.median(learn(recipe, 3, 0.1, n=n))
          for recipe in variants.values())]
    for n in (2, 4, 8, 20, 50)
]
assert by_rate[True][-1] > 0.7 and by_rate[False][-1] < 0.3
assert by_rate[True][0] < by_rate[False][0] + 0.05
assert by_rate[True][-1] > max(by_rate[True]) - 0.04
assert by_batch[0][2] < by_batch[0][1] - 0.1
assert all(abs(b - a) < 0.08 for n, a, b in by_batch[1:])
lengths = []
model = tower(6, ReLU, he_normal, np.random.default_rng(0), norm=True)
for _ in range(2):
    lengths.append(np.linalg.norm(model.params[0].value))
    train(model, lr=1.0)
assert lengths[1] > 1.2 * lengths[0]
costs = 100 * (by_rate[False][0] - by_rate[True][0])
assert costs > 1
table(
    [[f"{rate:g}", a, b]
     for rate, a, b in zip(many_rates, *by_rate.values())],
    header=["learning rate", "plain", "batch norm"],
    caption="Six layers: other digits right, median of three seeds.",
    name="rates",
    align="rrr",
    formats=["", ".0%", ".0%"],
)

# %% [markdown]
# At the smallest rate of [](#tab-rates) it costs {{ costs:.0f }} in a hundred.
# But at a rate of 1, thirty times that, the plain tower breaks, and the
# normalized one learns about as well as at any. Why it does is disputed. The
# authors of batch norm said that each layer is spared the drifting of those
# below it;[^ioffe] later measurements found the drift unchanged, and the loss
# smoother.[^santurkar] What we can say: as $y$ does not change with the length of a neuron's
# weights, their gradient is at a right angle to them (but for $\varepsilon$),
# and every step of SGD makes them longer: at rate 1 the lowest layer's length
# goes from {{ lengths[0]:.1f }} to {{ lengths[1]:.1f }}, and is then moved
# less.
#
# It has a price where batches are small. Three layers, `140` steps,
# rate `0.1`:

# %% tags=["hide"]
table(
    by_batch,
    header=["batch", "plain", "batch norm"],
    caption="Small batches, three layers: other digits right, median of "
    "three seeds.",
    name="batches",
    align="rrr",
    formats=["", ".0%", ".0%"],
)

# %% [markdown]
# Two different numbers normalized are $-1$ and $1$ (but for
# $\varepsilon$), whatever they were. A batch of
# two tells each neuron which of the two digits has more, and not how much
# ({{ by_batch[0][2]:.0% }} against {{ by_batch[0][1]:.0% }} in
# [](#tab-batches)).
#
# ## How deep it goes
#
# Does it cure depth? Its values cannot vanish. Its gradients, by the
# arithmetic of [](#eq-tower-shrink): a layer now consists of a weight, a
# normalization
# and a bend. The weight reads the bend below, $f(u)$ for about normal
# numbers $u$ of variance 1, which is what the norm there made. It hands on
# the variance $d \operatorname{Var}(W) \operatorname{Var}(f(u))$ *over the
# batch*; what is the same in all rows counts for nothing, since the norm
# takes it away. On the way down the
# gradient's mean square is multiplied by the inverse of that, $1/s^2$, by
# $d \operatorname{Var}(W)$ and by $\operatorname{E}(f'^2)$, and the weights
# cancel. (We neglect the two terms that are taken away: 2
# directions of the 200 that a column of 200 digits has.)
#
# $$
# \label{norm-growth: how a gradient grows between norms}
# \frac{\operatorname{E}(\grad{dx}^2)}{\operatorname{E}(\grad{dy}^2)}
# \approx
# \frac{d \operatorname{Var}(W) \operatorname{E}(f'(u)^2)}
# {d \operatorname{Var}(W) \operatorname{Var}(f(u))} =
# \frac{\operatorname{E}(f'(u)^2)}{\operatorname{Var}(f(u))}
# $$
#
# No start can change this number. For ReLU the numerator is $1/2$. The
# mean of $f(u)$ is $\int_0^\infty u\, e^{-u^2/2}\, du / \sqrt{2\pi} =
# 1/\sqrt{2\pi}$, the variance $\tfrac12 - \tfrac{1}{2\pi}$, and the
# quotient $\pi/(\pi - 1)$. Its root is the factor of the size:

# %%
print("        foretold measured")
for name, bend in bends.items():
    layer = bend()
    y = layer.forward(u, train=True)
    slopes = layer.backward(np.ones_like(u))
    variance = bell @ y**2 - (bell @ y) ** 2
    foretold = np.sqrt(bell @ slopes**2 / variance)
    model = tower(high, bend, he_normal, np.random.default_rng(0), True)
    found = sizes(model, bend)[1]
    measured = (found[4] / found[24]) ** (1 / 20)
    print(f"{name:8}{foretold:8.3f} {measured:8.3f}")
    assert abs(measured / foretold - 1) < 0.03

# %% tags=["hide"]
assert name == "ReLU"
assert np.isclose(foretold, np.sqrt(np.pi / (np.pi - 1)), rtol=1e-3)
grown = np.sqrt(np.pi / (np.pi - 1)) ** (high - 1)
assert 100 < grown < 1000
for bend, layer in (("ReLU", ReLU), ("sigmoid", Sigmoid)):
    remembered[f"{bend}, batch norm"] = memories(
        plain(layer, he_normal, norm=True))
assert abs(remembered["ReLU, batch norm"][1]) < 0.2

# %% [markdown]
# All are above 1, and must be: for a normal $u$,
# $\operatorname{Var}(f(u)) \leq \operatorname{E}(f'(u)^2)$ for every $f$
# with a slope and without jumps, equal only for a line.[^chernoff] Batch
# normalization forbids the gradient to vanish. It makes it explode
# instead,[^yang] slowly with a sigmoid, which it has made nearly straight,
# and with ReLU, says [](#eq-norm-growth), by a factor of {{ grown:.0f }} from
# layer
# 30 to layer 1. It does not cure forgetting either. The likeness stays at
# {{ remembered["ReLU, batch norm"][0]:.2f }}, so the digits no longer
# collapse onto one; but the memory is
# {{ remembered["ReLU, batch norm"][1]:.2f }} ([](#tab-memories), in the next
# section). They are scattered. Being alike is not the only way to forget.
#
# ## A way around
#
# The tall tower of the first section failed to find out how to hand on
# what it gets. So hand it on, and let a layer only *add* to it:
#
# $$
# \label{residual: a residual connection}
# \underset{(n,\ d)}{\val{y}} = \underset{(n,\ d)}{\val{x}} +
# \underset{(n,\ d)}{f(\val{x})}
# $$
#
# where $f$ is no bend now, but any layers in a row whose output has the
# shape of their input. $x$ reaches $y$ by two ways, and gradients along two
# ways add. Along the first the slope is 1; along the second it is whatever
# the layers of $f$ make of $dy$. Where $f$ treats each row by itself, that
# is, for one row, a product with $J$, the table of all slopes, a row for
# each output of $f$ and a column for each input:
#
# $$
# \label{residual-gradient: the gradient of a residual connection}
# \underset{(d,)}{\grad{dx}} = \underset{(d,)}{\grad{dy}} +
# \underset{(d,)}{\grad{dy}}\ \underset{(d,\ d)}{J}
# $$
#
# [](#eq-residual) is a *residual connection*, by He, Zhang, Ren and
# Sun.[^he] However small the slopes of $f$, the
# [first term](#/return dy + dx) of [](#eq-residual-gradient) is there.
# Through thirty blocks it is still there, whole.[^cancel]
#
# [^cancel]: Terms can cancel; but nothing makes the sum a product of thirty
#     small numbers.

# %%
show("residual:")
show("residual:Residual")

# %% [markdown]
# A `Sequential` computes its $dx$ [only when asked](#/need_dx=True). A
# block in our tower has one bend and one weight, in this order,[^order] so
# that $D$ counts the same things as before:

# %%
def blocks(depth, bend, start, rng, norm=False, share=1.0):
    def before():
        return [BatchNorm(width), bend()] if norm else [bend()]

    layers = [Dense(start(49, width, rng=rng))]
    for _ in range(depth - 1):
        W = start(width, width, rng=rng) * np.float32(share)
        layers.append(Residual(*before(), Dense(W)))
    top = Dense(start(width, 10, rng=rng))
    return Sequential(*layers, *before(), top)


rng = np.random.default_rng(0)
block = Residual(BatchNorm(4), Tanh(), Dense(he_normal(4, 4, rng=rng)))
errors = check_gradients(block, rng.standard_normal((5, 4)), rng=rng)
print(f"{max(errors.values()):.1e}")

model = blocks(high, ReLU, he_normal, np.random.default_rng(0))
values, gradients = walk(model)
print([f"{size(values[at]) ** 2:.3g}" for at in (1, 2, 3, 10, 20, 30)])

# %% tags=["hide"]
found = np.array([size(y) ** 2 for y in values[1:high + 1]])
doubling = (found[-1] / found[0]) ** (1 / (high - 1))
assert 1.85 < doubling < 2.15
assert max(errors.values()) < 1e-7

# %% [markdown]
# The gradients are right. The values explode: their mean square grows by a
# factor of {{ doubling:.2f }} a block. Under He's start
# $f(x)$ has the mean square of $x$. Its weights have mean 0 and are
# independent of $x$, so $\operatorname{E}(x f(x)) = 0$, and in the square of
# the sum the mixed term drops out:
#
# $$
# \label{residual-growth: how a residual tower grows}
# \operatorname{E}(\val{y}^2) = \operatorname{E}(\val{x}^2) +
# \operatorname{E}\bigl(f(\val{x})^2\bigr) =
# 2 \operatorname{E}(\val{x}^2).
# $$
#
# The gradients double too, for the same reason. Two answers.
#
# **A smaller share.** Multiply the start of each block's weight by a
# $c$ below 1. Then the mean
# square is multiplied by $1 + c^2$, and with $c = 1/\sqrt D$
# its $D - 1$ blocks have $(1 + 1/D)^{D - 1}$, which is less than $e$,
# however deep.[^fixup]
#
# **A norm within.** Let each block normalize what it reads. The ReLU halves
# the mean square ([](initializers.py#eq-relu-half)), He's weights double it:
# $f(x)$ has mean square 1 whatever $x$ is, so the mean square of the values
# grows by 1 a block, to about $D$, not to $2^D$ as by
# [](#eq-residual-growth). As $x$ grows, each block adds a smaller share of
# it, by itself.[^de] On the way back the block at height $\ell$ divides by
# the spread over the batch. Each block below added
# $2 \operatorname{Var}(\text{ReLU}(u)) = 1 - 1/\pi$ to the variance, which is
# about $(1 - 1/\pi)\,\ell$, so the gradient's mean square is multiplied by
# $1 + q/\ell$ with $q = \pi/(\pi - 1)$. The product of these grows like
# $D^q$, not like $2^D$. For thirty layers the size is foretold to grow by a
# factor of {{ 30 ** (np.pi / (np.pi - 1) / 2):.0f }}.

# %% tags=["hide"]
def around(depth, rng):
    return blocks(depth, ReLU, he_normal, rng)


def with_share(depth, rng):
    return blocks(depth, ReLU, he_normal, rng, share=depth**-0.5)


def with_both(depth, rng):
    return blocks(depth, ReLU, he_normal, rng, norm=True)


builds = {"plain": recipes["ReLU", "He"],
          "batch norm": plain(ReLU, he_normal, norm=True),
          "residual": around, "residual, share": with_share,
          "both": with_both}
lines = {"plain": ":", "batch norm": "--", "residual": "-.",
         "residual, share": (0, (1, 1)), "both": "-"}
marks = {"plain": "s", "batch norm": "^", "residual": "D",
         "residual, share": "x", "both": "o"}
fig, axes = subplots(1, 2, figsize=(7.2, 3.2))
ends = {}
for name, build in builds.items():
    model = build(high, np.random.default_rng(0))
    if "Residual" in str([type(a).__name__ for a in model.layers]):
        values, gradients = walk(model)
        found = np.array([[size(side[i]) for i in range(1, high + 1)]
                          for side in (values, gradients)])
        remembered[name] = memories(build)
    else:
        found = sizes(model, ReLU)
    ends[name] = found
    for ax, row, color in zip(axes, found, (VALUE, GRADIENT)):
        ax.semilogy(heights, row / row[0 if color == VALUE else -1],
                    color=color, ls=lines[name], marker=marks[name],
                    mfc="none", ms=4, markevery=(4, 8), lw=1.1,
                    label=name)
for ax, name in zip(axes, ("values, layer 1 = 1",
                           "gradients, layer 30 = 1")):
    ax.minorticks_off()
    ax.set(xlabel="layer", title=name, ylim=(0.05, 1e5), xlim=(0, 31))
axes[1].legend(fontsize=8)
figure(
    fig,
    "around",
    wide=True,
    alt="Two logarithmic panels over the layers 1 to 30. Left, values in "
    "blue: the residual tower rises in a straight line beyond ten "
    "thousand; the one with both rises slowly to a few; the others stay "
    "near 1. Right, gradients in orange, from layer 30 down to layer 1: "
    "the residual tower rises as steeply, batch norm alone to some "
    "hundreds, both to about ten, plain and the residual tower with a "
    "smaller share stay near 1.",
    caption="ReLU towers of thirty layers at the start, He's weights. Left "
    "each is measured by its first layer, right by its last.",
)
both_values = ends["both"][0][-1] / ends["both"][0][0]
both_gradients = ends["both"][1][0] / ends["both"][1][-1]
assert both_values < 10 and both_gradients < 20
assert remembered["residual, share"][1] > 0.5
assert remembered["both"][1] > 0.25
table(
    [[name, *remembered[name]] for name in
     ("ReLU, He", "ReLU, batch norm", "residual", "residual, share",
      "both")],
    header=["tower of 30", "likeness", "memory"],
    caption="What thirty untrained layers of ReLU leave of a likeness of "
    f"{at_bottom:.2f}. Means over five seeds.",
    name="memories",
    align="lrr",
    formats=["", ".3f", ".2f"],
)

# %% [markdown]
# With both, the gradients' size grows by a factor of {{ both_gradients:.0f }}
# ([](#fig-around), right). The residual tower alone forgets nearly as much as
# the plain one ([](#tab-memories)): where each block adds as much as there
# was, the input is soon a small part of the sum. With either answer it
# remembers. That is what the way around is for.
#
# ## How deep
#
# All of it in one table. A tower *learns* if at one of its two rates,
# within 140 steps, it gets at least half of the other digits right, in the
# median of three seeds as in [](#fig-fails). We go up a ladder of depths to
# the first that fails; three towers that we had seen learn at 48 are run
# only there, and higher we did not look. Adam's rates are `0.001` and
# `0.01`; ReLU with batch norm may also try `1`.

# %%
def deepest(recipe, ladder=LADDER, rates=RATES, **how):
    """The last depth of the ladder before the first that fails."""
    reached = 0
    for depth in ladder:
        if not any(np.median(learn(recipe, depth, rate, **how)) >= 0.5
                   for rate in rates):
            break
        reached = depth
    return reached

# %% tags=["hide"]
TOP = LADDER[-1:]                       # seen to learn there: no climb
gentle = plain(Sigmoid, he_normal, norm=True)
last = {
    "sigmoid, LeCun": (recipes["sigmoid", "LeCun"], {"rates": GENTLE}),
    "sigmoid, He": (recipes["sigmoid", "He"], {"rates": GENTLE}),
    "sigmoid, He, batch norm": (gentle, {"ladder": TOP, "rates": GENTLE}),
    "tanh, LeCun": (recipes["tanh", "LeCun"], {}),
    "tanh, He": (recipes["tanh", "He"], {}),
    "tanh, orthogonal": (recipes["tanh", "orthogonal"], {}),
    "ReLU, LeCun": (recipes["ReLU", "LeCun"], {}),
    "ReLU, He": (recipes["ReLU", "He"], {}),
    "ReLU, He, Adam": (recipes["ReLU", "He"],
                       {"optimizer": Adam, "rates": (0.001, 0.01)}),
    "ReLU, He, batch norm": (variants[True], {"rates": (*RATES, 1.0)}),
    "ReLU, He, residual": (around, {}),
    "ReLU, He, residual, share": (with_share, {"ladder": TOP}),
    "ReLU, He, both": (with_both, {"ladder": TOP, "rates": RATES[::-1]}),
}
depths, rows = {}, []
for name, (recipe, how) in last.items():
    depths[name] = deepest(recipe, **how)
    changes = []
    for seed in range(5):
        model = recipe(high, np.random.default_rng(seed))
        kinds = Residual if "esid" in name or "both" in name else (
            Sigmoid if "sig" in name else Tanh if "tanh" in name else ReLU)
        found = sizes(model, kinds)[1]
        changes.append((found[0] / found[-1]) ** (1 / (len(found) - 1)))
    kept = memories(recipe)[1]
    rows.append([name, np.median(changes), kept, f"{depths[name]}"])
deep = {name for name in depths if depths[name] == LADDER[-1]}
assert deep == {"sigmoid, He, batch norm", "tanh, orthogonal",
                "ReLU, He, residual, share", "ReLU, He, both"}
assert depths["sigmoid, LeCun"] == 2 and depths["sigmoid, He"] == 3
assert max(depths["ReLU, He"], depths["ReLU, He, Adam"],
           depths["ReLU, He, batch norm"]) <= 24
assert depths["ReLU, He, residual"] <= 12
assert depths["tanh, LeCun"] < depths["tanh, He"] < LADDER[-1]
lifted = max(depths["ReLU, He, Adam"], depths["ReLU, He, batch norm"])
assert depths["ReLU, He"] <= lifted
table_rows = {name: row for name, *row in rows}
between = [*table_rows["tanh, LeCun"][:2], *table_rows["tanh, He"][:2]]
gentle_memory = table_rows["sigmoid, He, batch norm"][1]
assert gentle_memory < between[3] < between[1]
two_layers = max(learn(recipes["ReLU", "He"], 2, rate).min()
                 for rate in RATES)
both_at_top = learn(with_both, 48, 0.3).min()
others_at_top = {name: max(learn(last[name][0], 48, rate).min()
                           for rate in RATES)
                 for name in ("tanh, orthogonal",
                              "ReLU, He, residual, share")}
assert others_at_top["tanh, orthogonal"] < both_at_top - 0.1
assert max(others_at_top.values()) < both_at_top + 0.05
assert both_at_top > two_layers - 0.05
fine = table_rows["ReLU, He"][0]
assert 0.9 < fine < 1.1 and depths["ReLU, He"] <= 12
table(
    rows,
    header=["tower", r"$\grad{\text{gradient}}$ a layer", "memory",
            "depth"],
    caption="Of towers of thirty layers at the start: the factor by which "
    "a layer multiplies the gradient's size on its way down (median of five "
    "seeds), and the memory. Then the greatest depth of 2, 3, 6, 12, 24 "
    "and 48 that still learns.",
    name="depths",
    align="lrrr",
    formats=["", ".2f", ".2f", ""],
)

# %% [markdown]
# Read [](#tab-depths) by its two middle columns. Where the factor is far
# from 1 the tower is shallow: sigmoids without a norm, ReLU from LeCun's
# start, the residual tower that explodes. Where nothing is remembered it
# is shallow too, even if the factor is fine: ReLU from He's start, and
# neither Adam nor batch norm lifts it above {{ lifted }}. The four that reach
# the top have a factor near 1, and most of them a memory. It is no law. The
# sigmoid with batch norm remembers only {{ gentle_memory:.2f }}. The two
# tanh towers between remember more, with factors of {{ between[0]:.2f }} and
# {{ between[2]:.2f }}, and stop at {{ depths["tanh, LeCun"] }} and
# {{ depths["tanh, He"] }}. And thirteen towers on
# one task are not the world. But the usual story, gradients and nothing
# else, does not explain why ReLU from He's start, with a factor of
# {{ fine:.2f }}, ends at {{ depths["ReLU, He"] }}.
#
# Two things we had not expected. A sigmoid with batch norm learns where
# ReLU with batch norm does not. And a rotation under a tanh needs no repair
# at all to get to 48, so the start of [chapter 5](initializers.py) ends
# later than we thought. But at that depth its weakest seed reads
# {{ others_at_top["tanh, orthogonal"]:.0% }} of the digits, the weakest of
# the residual tower with a share
# {{ others_at_top["ReLU, He, residual, share"]:.0% }}, and of the one with
# both {{ both_at_top:.0% }}; the weakest with two layers of ReLU reads
# {{ two_layers:.0% }}. With both, depth does no harm. That
# it does good, these small digits do not ask for.
#
# ## What we have now
#
# - Two illnesses of depth, each with a number to watch: the gradient's
#   factor a layer, and the memory of the input.
# - Batch normalization, derived by three paths and checked: it buys rate,
#   keeps values in size, and makes gradients grow instead of vanish.
# - Residual connections, every line of `residual.py`; and why they need a
#   smaller share, or a norm.
#
# ## Exercises
#
# ### Exercise 12.1 · How far down
#
# A bend has slopes of at most $1/3$. In a tower of it with LeCun's start a
# gradient begins at the top with size 1. After how many layers is it below
# one millionth, at the latest? And which $d \operatorname{Var}(W)$ would a
# start need to keep its size, if all slopes were at their largest?
#
# ??? tip "Hint"
#
#     Sizes are roots: a mean square is multiplied by
#     $d \operatorname{Var}(W)$ times the mean square of the slope.

# %% tags=["starter"]
layers = None
gain = None

# %% tags=["solution"]
# 3**12 is 531,441; 3**13 is 1,594,323.
layers = 13
# gain * (1/3)**2 = 1. With such weights a bend like the sigmoid would
# saturate, and the slopes would not be at their largest.
gain = 9

# %% tags=["tests"]
assert layers is not None and gain is not None, "two numbers"
assert layers == 13, "the first power of 3 above a million"
assert gain == 9, "it multiplies a square, the slope is squared too"

# %% [markdown]
# ### Exercise 12.2 · The layer that disappears
#
# In use, batch normalization is one multiplication and one addition a
# column, and so can be put into the Dense layer *below* it. Write
# `fold(W, b, gamma, beta, mean, variance, eps)`: a weight and a bias that
# do the work of both layers. (In training, which
# gradient does that layer's $b$ get?)
#
# ??? tip "Hint"
#
#     Write $y = \gamma\,(xW + b - \bar x)/s + \beta$ and collect what
#     multiplies $x$. A column of $W$ belongs to a column of $y$.

# %% tags=["starter"]
import numpy as np


def fold(W, b, gamma, beta, mean, variance, eps):
    """(weight, bias) of a Dense layer that is Dense and BatchNorm."""
    raise NotImplementedError("your code")

# %% tags=["solution"]
def fold(W, b, gamma, beta, mean, variance, eps):
    scale = gamma / np.sqrt(variance + eps)  # (d_out,): one a column
    # In training b gets the gradient 0: the batch's mean contains b, and
    # is taken away. beta does its work; such a Dense needs no bias.
    return W * scale, (b - mean) * scale + beta

# %% tags=["tests"]
rng = np.random.default_rng(0)
W, x = rng.standard_normal((4, 3)), rng.standard_normal((7, 4))
b, gamma, beta, mean = rng.standard_normal((4, 3))
variance = np.array([0.01, 1.0, 9.0])
kept = W.copy(), b.copy()
y = gamma * (x @ W + b - mean) / np.sqrt(variance + 0.1) + beta
W2, b2 = fold(W, b, gamma, beta, mean, variance, 0.1)
assert np.shape(W2) == (4, 3) and np.shape(b2) == (3,), "shapes stay"
assert np.allclose(x @ W2 + b2, y), "the same answers for every x"
assert np.array_equal(W, kept[0]) and np.array_equal(b, kept[1]), "copies"

# %% [markdown]
# ### Exercise 12.3 · The factor of a bend
#
# Under batch normalization a layer multiplies the mean square of a
# gradient by $\operatorname{E}(f'(u)^2) / \operatorname{Var}(f(u))$. Write
# `growth(f, slope)` for it, with $u$ standard normal. What does $|u|$ give?
#
# ??? tip "Hint"
#
#     A fine grid from −8 to 8, each point weighed with $e^{-u^2/2}$; the
#     variance is the mean square less the square of the mean.

# %% tags=["starter"]
import numpy as np


def growth(f, slope):
    """E(slope(u)**2) / Var(f(u)), for standard normal u."""
    raise NotImplementedError("your code")

# %% tags=["solution"]
def growth(f, slope):
    u = np.linspace(-8, 8, 160_001)
    weight = np.exp(-u * u / 2)
    weight /= weight.sum()
    mean = weight @ f(u)
    variance = weight @ f(u) ** 2 - mean**2
    return weight @ slope(u) ** 2 / variance


# |u| folds half of its inputs onto the other half, and pays for it.
print(f"{growth(abs, np.sign):.3f}")

# %% tags=["tests"]
one = np.ones_like
assert abs(growth(lambda u: 3 * u + 5, lambda u: 3 * one(u)) - 1) < 1e-3, (
    "a line loses nothing, wherever it lies")
relu = growth(lambda u: np.maximum(u, 0), lambda u: (u > 0) * 1.0)
assert abs(relu - np.pi / (np.pi - 1)) < 1e-3, "ReLU: pi / (pi - 1)"
square = growth(lambda u: u * u, lambda u: 2 * u)
assert abs(square - 2) < 1e-3, "E(4 u**2) = 4 over Var(u**2) = 2"
assert abs(growth(abs, np.sign) - 1 / (1 - 2 / np.pi)) < 1e-3, "|u|"

# %% [markdown]
# ### Exercise 12.4 · A share to order
#
# In a residual tower of `blocks` blocks, each $f(x)$ begins with $c$
# times the size of its $x$. Write `share(blocks, growth)`: the $c$ with
# which the *size* of the values, not its square, grows by the factor
# `growth` in all.
#
# ??? tip "Hint"
#
#     A block multiplies the mean square by $1 + c^2$.

# %% tags=["starter"]
import numpy as np


def share(blocks, growth):
    """c, so that sqrt(1 + c**2) ** blocks is growth."""
    raise NotImplementedError("your code")

# %% tags=["solution"]
def share(blocks, growth):
    # (1 + c**2) ** (blocks / 2) = growth; expm1 keeps its digits where
    # growth ** (2 / blocks) is close to 1.
    return np.sqrt(np.expm1(2 * np.log(growth) / blocks))

# %% tags=["tests"]
assert abs(share(1, np.sqrt(2)) - 1) < 1e-9, "He's start doubles the square"
for blocks in (1, 10, 1000):
    c = share(blocks, 3.0)
    assert abs((1 + c * c) ** (blocks / 2) - 3) < 1e-6, "size 3 at the top"
rng = np.random.default_rng(0)
x = rng.standard_normal((50, 400))
for _ in range(10):
    W = rng.standard_normal((400, 400)) / 20
    x = x + share(10, 3.0) * (x @ W)
assert 2.7 < np.sqrt(np.mean(x * x)) < 3.3, "and measured"

# %% [markdown]
# ### Exercise 12.5 · Rows instead of columns
#
# A batch of one has no spread over its rows, but its one row has a spread
# over its columns. *Layer normalization*[^ba] normalizes each row by
# itself: learning and use are the same, and nothing runs along. Write it,
# without $\gamma$ and $\beta$, and its way back.
#
# ??? tip "Hint"
#
#     The three paths are the same. Only the axis is another.

# %% tags=["starter"]
import numpy as np


class LayerNorm:
    """Each row gets mean 0 and variance 1."""

    def forward(self, x, eps=1e-5):
        raise NotImplementedError("your code")

    def backward(self, dy):
        raise NotImplementedError("your code")

# %% tags=["solution"]
class LayerNorm:
    def forward(self, x, eps=1e-5):
        mean = x.mean(axis=1, keepdims=True)  # (n, 1)
        self.scale = 1 / np.sqrt(x.var(axis=1, keepdims=True) + eps)
        self.z = (x - mean) * self.scale
        return self.z

    def backward(self, dy):
        shift = dy.mean(axis=1, keepdims=True)
        stretch = np.mean(dy * self.z, axis=1, keepdims=True)
        return self.scale * (dy - shift - self.z * stretch)

# %% tags=["tests"]
rng = np.random.default_rng(0)
x, r = rng.normal(5, 3, (4, 6)), rng.standard_normal((4, 6))
layer = LayerNorm()
y = layer.forward(x)
assert np.allclose(y.mean(axis=1), 0) and np.allclose(y.std(axis=1), 1,
                                                      atol=1e-4), "rows"
assert np.allclose(layer.forward(x[:1]), y[:1]), "one row is enough"
layer.forward(x)
dx = layer.backward(r)
assert np.shape(dx) == (4, 6), "a gradient has the shape of its value"
for place in np.ndindex(4, 6):
    h = np.zeros((4, 6))
    h[place] = 1e-5
    up, down = LayerNorm().forward(x + h), LayerNorm().forward(x - h)
    assert abs(np.sum(r * (up - down)) / 2e-5 - dx[place]) < 1e-6, place

# %% [markdown]
# ### Exercise 12.6 · A project: let it choose its share
#
# Our share is fixed by hand. Let the block learn it: $y = x + c f(x)$ with
# one number $c$ that begins at 0, so that the tower begins as if it had no
# blocks.[^de] Write the layer `Gated(*layers)`, with the given layers in a
# row as $f$. Then try it on the chapter's digits: does a tower of 48
# learn, and which $c$ does it find?
#
# ??? tip "Hint"
#
#     $c$ stands before every number of $f(x)$, so its gradient is a sum
#     over all of them. With $c = 0$ the body gets no gradient in the first
#     step, but $c$ does. A `Sequential` computes its $dx$ only with
#     `need_dx=True`.

# %% tags=["starter"]
import numpy as np

from nn.activations import ReLU
from nn.layers import Dense, Parameter, Sequential


class Gated:
    """y = x + c * f(x); c is learned and begins at 0."""

    def __init__(self, *layers):
        self.body = Sequential(*layers)
        self.c = Parameter([0.0])
        self.params = (self.c, *self.body.params)

    def forward(self, x, train=False):
        raise NotImplementedError("your code")

    def backward(self, dy):
        raise NotImplementedError("your code")

# %% tags=["solution"]
from nn.digits import mnist
from nn.evaluation import accuracy
from nn.initializers import he_normal
from nn.losses import softmax_cross_entropy
from nn.optimizers import SGD
from nn.training import fit


class Gated:
    def __init__(self, *layers):
        self.body = Sequential(*layers)
        self.c = Parameter([0.0])
        self.params = (self.c, *self.body.params)

    def forward(self, x, train=False):
        f = self.body.forward(x, train)
        if train:
            self.f = f
        return x + self.c.value * f

    def backward(self, dy):
        self.c.grad[:] = np.sum(dy * self.f)  # every number has the same c
        return dy + self.body.backward(self.c.value * dy, need_dx=True)


# It learns, and c has about the size of our share, 1 / sqrt(48) = 0.144,
# with either sign.
rng = np.random.default_rng(0)
(x, labels), _ = mnist()
x = x[:2000].reshape(-1, 7, 4, 7, 4).mean(axis=(2, 4)).reshape(-1, 49)
x = (x - x.mean()) / x.std()
gates = [Gated(ReLU(), Dense(he_normal(32, 32, rng=rng))) for _ in range(47)]
tower = Sequential(Dense(he_normal(49, 32, rng=rng)), *gates,
                   ReLU(), Dense(he_normal(32, 10, rng=rng)))
fit(tower, softmax_cross_entropy, SGD(tower.params, lr=0.1),
    (x[:1000], labels[:1000]), epochs=7, batch_size=50, rng=rng,
    progress=False)
c = np.array([gate.c.value[0] for gate in gates])
print(f"right: {accuracy(tower.forward(x[1000:]), labels[1000:2000]):.0%}")
print(f"c: size {np.sqrt(np.mean(c * c)):.3f}, "
      f"from {c.min():.2f} to {c.max():.2f}")

# %% tags=["tests"]
rng = np.random.default_rng(0)
x, r = rng.standard_normal((2, 5, 3))
dense = Dense(rng.standard_normal((3, 3)))
layer = Gated(ReLU(), dense)
bent = np.maximum(x, 0)
assert np.allclose(layer.forward(x), x), "with c = 0 nothing happens"
layer.forward(x, train=True)
assert np.allclose(layer.backward(r), r), "nor on the way back"
dc = np.sum(r * dense.forward(bent))
assert np.isclose(layer.c.grad[0], dc), "but c has a gradient"
layer.c.value[:] = 0.5
layer.forward(x, train=True)
dx = layer.backward(r)
W = dense.weight.value
assert np.isclose(layer.c.grad[0], dc), "written anew, not added up"
assert np.allclose(dx, r + 0.5 * (r @ W.T) * (x > 0)), "two ways, added"
assert np.allclose(dense.weight.grad, 0.5 * bent.T @ r), (
    "the body hears half of dy")
tower = Sequential(Dense(np.eye(3)), layer, Gated(Dense(np.eye(3))))
assert len(tower.params) == 8, "it is a layer of nn"

# %% [markdown]
# ## Notes
#
# Hochreiter's diploma thesis of 1991 has the product of slopes and
# weights, for networks that run through time;[^hochreiter] Glorot and
# Bengio measured it layer by layer.[^glorot] A way around layers is older
# than the residual network: the highway networks of 2015 have one with a
# gate that opens and closes.[^highway] He and others took the gate away and
# trained networks of 152 layers on photographs.[^he] One can
# multiply out what the blocks do to a gradient,
# $(1 + J_1)(1 + J_2) \dots$, into $2^{D - 1}$ ways through the tower, most of
# them about half as long as it is tall;
# Veit and others find that nearly all of the gradient comes along the much
# shorter ones.[^veit]
#
# [^degradation]: So argue [He and others 2016a](bibliography.md#he-2016),
#     section 1, who call it degradation.
# [^hochreiter]: [Hochreiter 1991](bibliography.md#hochreiter-1991).
# [^glorot]: [Glorot and Bengio 2010](bibliography.md#glorot-2010),
#     section 4.
# [^shattered]: [Balduzzi and others 2017](bibliography.md#balduzzi-2017)
#     measure the like for gradients under ReLU: with depth, those of
#     neighbouring inputs become as unrelated as noise, and residual
#     connections keep them related for longer.
# [^pascanu]: [Pascanu, Mikolov and Bengio
#     2013](bibliography.md#pascanu-2013), section 3.2.
# [^ioffe]: [Ioffe and Szegedy 2015](bibliography.md#ioffe-2015). The
#     drift they call internal covariate shift.
# [^scale]: [Ioffe and Szegedy 2015](bibliography.md#ioffe-2015),
#     section 3.3.
# [^bessel]: In $x_i - \bar x$ the number $x_i$ stands $1 - 1/n$ times, each
#     of the $n - 1$ others $-1/n$ times. For independent numbers variances
#     add, and $(1 - 1/n)^2 + (n - 1)/n^2 = (n - 1)/n$.
# [^santurkar]: [Santurkar and others
#     2018](bibliography.md#santurkar-2018).
# [^chernoff]: [Chernoff 1981](bibliography.md#chernoff-1981). ReLU has no
#     slope in one point, which does not matter; a jump would.
# [^yang]: [Yang and others 2019](bibliography.md#yang-2019), who find it
#     for every bend and every start, and less of it the straighter the
#     bend.
# [^he]: [He and others 2016a](bibliography.md#he-2016).
# [^order]: First the bend, then the weight, after [He and others
#     2016b](bibliography.md#he-2016-identity), who found this order better
#     than the one of their first paper, which bends the sum.
# [^fixup]: Starting without a norm by making branches small is studied by
#     [Zhang and others 2019](bibliography.md#zhang-2019).
# [^de]: [De and Smith 2020](bibliography.md#de-2020) show that this is
#     what batch normalization does for residual networks, and begin $c$
#     at 0 instead.
# [^highway]: [Srivastava and others
#     2015](bibliography.md#srivastava-2015).
# [^veit]: [Veit and others 2016](bibliography.md#veit-2016).
# [^ba]: [Ba and others 2016](bibliography.md#ba-2016).
