# %% [markdown]
# # 13 · Generalization
#
# *When is a good fit a bad one?*
#
# After this chapter you can make a network learn by heart, and see what
# that costs. You know eight cures, and what four of them do to a loss or its
# gradient. You can try each of them fairly, tell which one helps and which
# one only looks as if it did, and say how many digits a cure is worth.

# %%
from functools import cache
from itertools import combinations
from typing import NamedTuple

import numpy as np

from nn.activations import ReLU, softmax
from nn.data import add_noise
from nn.digits import mnist
from nn.distortions import distort, shift
from nn.dropout import Dropout
from nn.evaluation import accuracy
from nn.initializers import he_normal
from nn.layers import Dense, Sequential
from nn.losses import mean_squared_error, one_hot
from nn.losses import softmax_cross_entropy
from nn.optimizers import SGD
from nn.schedules import cosine
from nn.training import fit

# %% tags=["hide"]
from weave import DATA, INK, VALUE
from weave import figure, recall, subplots, table

# %% [markdown]
# ## A thousand digits
#
# Of [chapter 11's](digits.py) digits we take the first thousand, and a
# network with 128 hidden neurons. It learns for 800 steps, by SGD with
# momentum, at a rate that sinks along a cosine.

# %%
(x, y), _ = mnist()
thousand = x[:1000], y[:1000]
validation = x[50_000:], y[50_000:]
BATCH, STEPS = 50, 800


def network(rng, width=128, rate=0.0):
    layers = [
        Dense(he_normal(784, width, rng=rng)), ReLU(),
        Dense(he_normal(width, 10, rng=rng)),
    ]
    if rate:  # dropout before each Dense; 0 for now
        layers = [Dropout(rate, rng=rng), *layers[:2],
                  Dropout(rate, rng=rng), layers[2]]
    return Sequential(*layers)


def by_heart(labels, steps=STEPS):
    rng = np.random.default_rng(0)
    model = network(rng)
    history = fit(
        model, softmax_cross_entropy, SGD(model.params, momentum=0.9),
        (thousand[0], labels), epochs=steps // 20, batch_size=BATCH,
        rng=rng, schedule=cosine(0.1, steps), validation=validation,
        metric=accuracy, progress=False,
    )
    return accuracy(model.forward(thousand[0]), labels), history


seen, history = by_heart(thousand[1])
print(f"seen   {seen:.1%}, loss {history.train_loss[-1]:.4f}")
print(f"unseen {history.accuracy[-1]:.1%}, "
      f"loss {history.validation_loss[-1]:.4f}")

# %% tags=["hide"]
lowest = history.validation_loss[history.best]
last = history.validation_loss[-1]
then = history.accuracy[history.best]
assert seen == 1 and 0.88 < history.accuracy[-1] < 0.92
assert history.best < 20 and last > 1.05 * lowest
assert history.train_loss[-1] < 0.01 < 0.3 < last
assert 0.87 < then < 0.92
assert abs(history.accuracy[-1] - then) < 0.01

# %% [markdown]
# Every one of the thousand is read rightly, and of 10,000 others one in
# ten is not. The loss on the seen digits goes to nothing. On the unseen
# ones it falls to {{ lowest:.3f }}, after {{ history.best + 1 }} epochs, and
# rises to {{ last:.3f }} ([](#fig-heart)). That is overfitting, as in
# [chapter 7](training.py#learning-by-heart): the network gets no worse at
# reading ({{ then:.1% }} were right at the best epoch,
# {{ history.accuracy[-1]:.1% }} at the last), but surer, also of what it
# misreads. To *generalize* is to be right on what one has not learned from,
# and the difference between seen and unseen is the *generalization gap*.
#
# ## Any labels at all
#
# Can a network learn by heart whatever it is told? Shuffle the labels, so
# that they have nothing to do with the pictures.[^zhang] The same
# network gets twice the steps.

# %%
shuffled = np.random.default_rng(1).permutation(thousand[1])
seen_shuffled, nonsense = by_heart(shuffled, steps=2 * STEPS)
print(f"seen   {seen_shuffled:.1%}, loss {nonsense.train_loss[-1]:.4f}")
print(f"unseen {nonsense.accuracy[-1]:.1%}, "
      f"loss {nonsense.validation_loss[-1]:.4f}")

# %% tags=["hide"]
assert seen_shuffled > 0.998 and nonsense.train_loss[-1] < 0.05
assert 0.06 < nonsense.accuracy[-1] < 0.16


def epochs_to(history, goal=0.1):
    return int(np.argmax(np.array(history.train_loss) < goal)) + 1


assert epochs_to(nonsense) > 3 * epochs_to(history)

fig, axes = subplots(1, 3, figsize=(7.4, 2.7))
for ax, title, found in ((axes[0], "true labels", history),
                         (axes[2], "shuffled labels", nonsense)):
    epochs = np.arange(1, len(found.train_loss) + 1)
    ax.semilogy(epochs, found.train_loss, color=DATA, label="seen")
    ax.semilogy(epochs, found.validation_loss, "--", color=VALUE,
                label="unseen")
    ax.set(title=title, xlabel="epoch", xlim=(0, len(epochs)),
           ylim=(0.001, 20), yticks=[0.01, 0.1, 1, 10],
           yticklabels=["0.01", "0.1", "1", "10"])
    ax.minorticks_off()
axes[0].set_ylabel("loss")
axes[0].legend(loc="center right", fontsize=8.5)
axes[1].plot(range(1, 41), history.validation_loss, "--", color=VALUE)
axes[1].axvline(history.best + 1, color=DATA, lw=0.8, ls=":")
axes[1].set(title="true labels, unseen", xlabel="epoch", xlim=(0, 40),
            ylim=(0.35, 0.65))
figure(
    fig,
    "heart",
    wide=True,
    alt="Three panels, loss against epochs. With true labels the grey "
    "curve of the seen digits falls below a hundredth, and the dashed blue "
    "curve of the unseen ones soon stays where it is. Enlarged, it falls "
    "with jolts, turns at a dotted line in the first quarter and rises "
    "slowly to the end. With shuffled labels the grey curve falls as well, "
    "only later, and the blue one rises from the start to more than five.",
    caption="Loss on the thousand seen digits (grey) and on unseen ones "
    "(dashed blue); these keep their true labels. In the middle the "
    "blue curve of the left panel, enlarged; dotted, where it is lowest.",
)

# %% [markdown]
# It learns nonsense by heart as well. Its loss on seen digits is
# {{ nonsense.train_loss[-1]:.3f }}, which one would call excellent; of
# unseen ones it reads {{ nonsense.accuracy[-1]:.0% }}, as by chance. It has
# {{ 784 * 128 + 128 + 1280 + 10:,d }} numbers to adjust, a hundred for each
# digit. So a low loss on what was learned from proves nothing, and what
# both networks share, their size and their rule, cannot explain why one of
# them reads nine of ten new digits. What differs is the data. With true
# labels there was something to find, and it was found sooner: the seen loss
# was below one tenth after {{ epochs_to(history) }} epochs, with shuffled
# labels after {{ epochs_to(nonsense) }}.
#
# We cannot forbid learning by heart. We can make it cost more than finding
# what is there.
#
# ## A fair trial
#
# Eight cures follow. A cure that helps with one seed may have been lucky,
# and one that was given more steps may have had more time. So each gets the
# same thousand digits, the same network, the same 800 steps (but for what it
# changes itself), and several seeds. Most have a strength, and 0 turns them
# off; it is chosen on the validation set. But [choosing is learning
# too](training.py#the-test-set-once): the last word belongs to a sealed set
# of 10,000 others, opened once, at the end. (The test set stays as chapter 11
# left it.) Each argument of `learn` is explained when its turn comes.

# %%
sealed = x[40_000:50_000], y[40_000:50_000]


def learn(seed, digits=1000, width=128, decay=0.0, noise=0.0, rate=0.0,
          pixels=0, bend=0.0, soft=0.0, apart=0):
    rng = np.random.default_rng(seed)
    model = network(rng, width, rate)

    def changed(batch):
        if bend:
            batch = distort(
                batch, rng=rng, pixels=bend, degrees=10 * bend,
                stretch=0.12 * bend, shear=0.12 * bend,
                bend=0.75 * bend,
            )
        if pixels:
            down, right = rng.integers(-pixels, pixels + 1, 2)
            batch = shift(batch, down, right)
        if noise:
            batch = add_noise(batch, noise, rng=rng)
        return batch

    t = (1 - soft) * one_hot(y[:digits], 10) + soft / 10
    used = digits - apart
    fit(
        model, softmax_cross_entropy,
        SGD(model.params, momentum=0.9, weight_decay=decay),
        (x[:used], t[:used]), epochs=STEPS * BATCH // used,
        batch_size=BATCH, rng=rng, schedule=cosine(0.1, STEPS),
        transform=changed if bend or pixels or noise else None,
        validation=(x[used:digits], t[used:digits]) if apart else None,
        patience=5 if apart else None, progress=False,
    )
    return model


class Run(NamedTuple):
    model: Sequential
    seen: float  # share read rightly
    z: np.ndarray  # logits for the validation set


@cache  # the same run is never made twice
def run(seed, **cure):
    model = learn(seed, **cure)
    n = cure.get("digits", 1000) - cure.get("apart", 0)
    seen = accuracy(model.forward(x[:n]), y[:n])
    return Run(model, seen, model.forward(validation[0]))


def misread(z, labels=validation[1]):
    """In percent."""
    return 100 * (1 - accuracy(z, labels))


def loss(z, labels=validation[1]):
    return softmax_cross_entropy(z, labels)[0]


TRIES, SEEDS = 3, 4  # seeds for choosing, and for the results


def measure(what, seeds=SEEDS, **cure):
    """A number for each seed."""
    runs = [run(seed, **cure) for seed in range(seeds)]
    return np.array([what(each.z) for each in runs])


def spread(values, places=1):
    mean, deviation = np.mean(values), np.std(values, ddof=1)
    return f"{mean:.{places}f} ± {deviation:.{places}f}"


nothing = measure(misread)
print("no cure:", spread(nothing), "% misread")

# %% tags=["hide"]
assert 9 < nothing.mean() < 11.5 and nothing.std(ddof=1) < 0.6
assert all(run(seed).seen == 1 for seed in range(SEEDS))

# %% [markdown]
# That is the number to beat: {{ spread(nothing) }} % of unseen digits
# misread, mean and standard deviation of {{ SEEDS }} seeds.
#
# ## Weight decay
#
# To bend around single digits a network should need large weights. So let
# weights cost something. For every number $\theta$ that is learned, with
# $\grad{g}$ its gradient of $L$ alone, the loss gets a *penalty* (all
# letters: [notation](notation.md)):
#
# $$
# \label{penalty: weight decay as a penalty}
# \val{L} + \frac{\lambda}{2} \sum \val{\theta}^2
# \qquad\Longrightarrow\qquad
# \text{gradient } \grad{g} + \lambda\, \val{\theta}
# $$
#
# Where learning comes to rest, the gradient of the sum is 0, so
# $\grad{g} = -\lambda\, \val{\theta}$: a weight stays as far from 0 as the
# digits pay for, and what none of them asks for sinks to 0. For
# plain SGD this is the same as taking a share $\eta\lambda$ off each weight
# in each step, which gave it its name; with Adam it is not, which is
# why there is [AdamW](optimizers.py#weights-that-should-shrink). Our rule
# has momentum, and here `weight_decay` is the gradient of the penalty. (It
# falls on the biases too. They are few.)
#
# Does `weight_decay` do what [](#eq-penalty) says? One step at a rate of 1
# takes off the gradient itself. Beside it, for the 128 weights of one
# output, a central difference of the penalized loss:

# %%
model = network(np.random.default_rng(2))
digits, labels = thousand[0][:50], thousand[1][:50]
W = model.layers[-1].weight


def penalized(lam):
    size = sum(np.sum(p.value.astype(float) ** 2) for p in model.params)
    return loss(model.forward(digits), labels) + lam / 2 * size


lam, h, differences, before = 0.5, 1e-2, [], W.value.copy()
for k in range(128):
    W.value[k, 0] += h
    up = penalized(lam)
    W.value[k, 0] -= 2 * h
    differences.append((up - penalized(lam)) / (2 * h))
    W.value[:] = before
_, dz = softmax_cross_entropy(model.forward(digits, True), labels)
model.backward(dz)
SGD(model.params, lr=1.0, weight_decay=lam).step()
stepped = before - W.value
error = np.linalg.norm(stepped[:, 0] - differences)
error /= np.linalg.norm(differences)
print(f"apart: {error:.0e} of the gradient")

# %% tags=["hide"]
assert error < 2e-3

DECAYS = 0.0, 0.001, 0.003, 0.03


def size(seed, **cure):
    params = run(seed, **cure).model.params
    return np.sqrt(sum(np.sum(p.value**2) for p in params[::2]))


rows, decayed = [], {}
for lam in DECAYS:
    cure = {"decay": lam} if lam else {}
    errors = measure(misread, TRIES, **cure)
    losses = measure(loss, TRIES, **cure)
    sizes = [size(seed, **cure) for seed in range(TRIES)]
    share = np.mean([run(seed, **cure).seen for seed in range(TRIES)])
    rows.append([f"{lam:g}", np.mean(sizes), 100 * share, spread(errors),
                 spread(losses, 3)])
    decayed[lam] = np.mean(sizes), errors.mean(), losses.mean()
table(
    rows,
    header=["$\\lambda$", "size of weights", "seen, right (%)",
            "unseen, misread (%)", "unseen, loss"],
    formats=["", ".1f", ".1f", "", ""],
    align="rrrrr",
    name="decay",
    caption=f"Weight decay: means and standard deviations of {TRIES} seeds. "
    "The size is the root of the sum of the squares of all weights.",
)
assert decayed[0.003][2] < 0.85 * decayed[0.0][2]
assert decayed[0.03][2] > 1.2 * decayed[0.003][2]
assert abs(decayed[0.003][1] - decayed[0.0][1]) < 0.8
assert decayed[0.03][1] > decayed[0.003][1] + 1
assert decayed[0.003][0] < 0.6 * decayed[0.0][0]

# %% [markdown]
# [](#tab-decay) holds a surprise. At `0.003` the weights shrink, as they
# should, to half. The loss on unseen digits gets much better,
# {{ decayed[0.003][2]:.3f }} in place of {{ decayed[0.0][2]:.3f }}. But as
# many are misread as before, and more when the decay is so strong that the
# thousand cannot all be learned.
#
# How can a loss fall by so much while the answers stay as bad? Multiply all
# logits by a number below 1. The largest of ten stays the largest, so not
# one answer changes, but all become less sure. This is *temperature
# scaling*.[^guo] Which number is best is a choice, and half of the
# validation set makes it; the other half, which is easier, judges.

# %%
choose, judge = slice(0, 5000), slice(5000, 10_000)
factors = np.linspace(0.2, 1.0, 17, dtype=np.float32)
cooled = []
for seed in range(TRIES):
    z = run(seed).z
    tried = [loss(f * z[choose], validation[1][choose])
             for f in factors]
    f = factors[np.argmin(tried)]
    cooled.append([f] + [
        loss(c * run(seed, **cure).z[judge], validation[1][judge])
        for c, cure in ((1, {}), (f, {}), (1, {"decay": 0.003}))
    ])
f, as_is, cooler, decays = np.mean(cooled, axis=0)
print(f"no cure {as_is:.3f}, logits times {f:.2f} {cooler:.3f}, "
      f"weight decay {decays:.3f}")

# %% tags=["hide"]
bought = (as_is - cooler) / (as_is - decays)
assert as_is < decayed[0.0][2]
assert bought > 0.6

# %% [markdown]
# One factor, found after training, does
# {{ 100 * bought:.0f }} % of what weight decay did for the loss. So nearly
# all that weight decay does for it here is to make the network less sure.
# That is worth having, if someone reads the probabilities. But the digits
# are read no better: {{ spread(measure(misread, decay=0.003)) }} % misread
# over {{ SEEDS }} seeds, {{ spread(nothing) }} % without. Here weight decay
# is not a cure for learning by heart. (In tasks where the *targets* are
# noisy there is more for it to do.[^krogh])
#
# ## Noise
#
# A digit with a little noise on it is still that digit. If each digit comes
# with new noise every time, there is no fixed picture to learn by heart.
#
# What does noise do to a loss? First in numbers: a neuron
# $y = \val{x} w$ with $w = (3, -1)$, at $\val{x} = (1, 2)$, so
# $\val{y} = 1$; the target is 0, the squared error 1. Nudge both inputs by
# `0.1` up or down, at random: the four outputs are `1.2`, `1.4`, `0.6` and
# `0.8`, and the mean of their squares is `1.1`. It has grown by `0.1`, which
# is $0.1^2 \cdot (3^2 + 1^2)$.
#
# In general, let $r$ be noise, $(1,\ d_\text{in})$, its numbers independent,
# with mean 0 and standard deviation $\tau$. Write
# $d = \val{x} w + b - t$ for the error without noise. Then
#
# $$
# \label{noise-penalty: noise as a penalty}
# \begin{aligned}
# \operatorname{E}\Big(\big(
# \underset{(1,\ d_\text{in})}{(\val{x} + r)}
# \underset{(d_\text{in},\ 1)}{w} + b - t\big)^2\Big)
# &= \operatorname{E}\big((\val{d} + r w)^2\big) \\
# &= \val{d}^2 + 2\, \val{d}\, \operatorname{E}(r w)
#  + \operatorname{E}\big((r w)^2\big) \\
# &= \val{d}^2 + \tau^2 \sum_k w_k^2 .
# \end{aligned}
# $$
#
# The middle term is 0, for $\operatorname{E}(r_k) = 0$. In
# $(r w)^2 = \sum_k \sum_{j} r_k r_j\, w_k w_j$ the products of two different
# numbers have mean 0, and $\operatorname{E}(r_k^2) = \tau^2$. What is
# left is the penalty of weight decay, with $\lambda = 2 \tau^2$: for this
# neuron, *on average, noise on the inputs is weight decay*.[^bishop] The
# penalty's gradient is $2 \tau^2 w$. Measured, on fifty pixels from the
# middle of a hundred digits, with 2,000 draws of noise for each:

# %%
rng = np.random.default_rng(3)
neuron = Dense(rng.normal(0, 0.1, (50, 1)))
digits = x[:100, 380:430].astype(float)
t = np.float64(y[:100, None] == 3)
tau, w = 0.3, neuron.weight


def loss_and_gradient(x, t):
    L, dy = mean_squared_error(neuron.forward(x, True), t)
    neuron.backward(dy)
    return L, w.grad.copy()


L, g = loss_and_gradient(digits, t)
copies = np.tile(digits, (2000, 1))
noisy = add_noise(copies, tau, rng=rng)
L_noisy, g_noisy = loss_and_gradient(noisy, np.tile(t, (2000, 1)))
penalty, pull = tau**2 * np.sum(w.value**2), 2 * tau**2 * w.value
off = np.linalg.norm(g_noisy - g - pull) / np.linalg.norm(pull)
print(f"loss:     {L_noisy - L:.4f} more, formula {penalty:.4f}")
print(f"gradient: {off:.1%} of the formula's length off")

# %% tags=["hide"]
assert abs((L_noisy - L) / penalty - 1) < 0.05 and off < 0.1

noisy = measure(misread, noise=0.4)
noisy_size = np.mean([size(seed, noise=0.4) for seed in range(TRIES)])
assert noisy.mean() < nothing.mean() - 1.2
assert noisy_size > 1.1 * decayed[0.0][0]

# %% [markdown]
# If noise is weight decay, and weight decay is no cure, is noise none? It
# is one: with $\tau = 0.4$ only {{ spread(noisy) }} % are misread.
# And the weights have not shrunk. Their size is {{ noisy_size:.1f }},
# where it was {{ decayed[0.0][0]:.1f }} without any cure.
# [](#eq-noise-penalty) was
# for one neuron without a bend and for squared errors. Our network has
# bends, another loss, and noise that is not small: two fifths of the way
# from paper to ink. What the derivation explains is the tendency: noise
# punishes answers that hang on single pixels. What it hides is that a
# network has other ways out than small weights.
#
# ## Dropout
#
# Noise disturbs the inputs by adding. [Dropout](digits.py#nn-dropout-Dropout)
# disturbs any layer's numbers by multiplying:

# %%
recall("dropout:Dropout.forward")

# %% [markdown]
# Let $c$ be the rate, and $u$ a number of the [mask](#/mask = self.rng): 1
# with chance $1 - c$, else 0. Its mean is $1 - c$, and its variance
# $(1 - c)\,c$, as for any coin ([](training.py#eq-share-variance)). So what
# $\val{x}$ is multiplied by has
#
# $$
# \label{dropout-noise: mean and variance of dropout}
# \operatorname{E}\Big(\frac{u}{1 - c}\Big) = \frac{1 - c}{1 - c} = 1,
# \qquad
# \operatorname{Var}\Big(\frac{u}{1 - c}\Big)
# = \frac{(1 - c)\, c}{(1 - c)^2} = \frac{c}{1 - c} .
# $$
#
# The first half of [](#eq-dropout-noise) says why nothing needs to be
# changed [in use](#/return x): on average every number is what it was. The
# second is the strength of the disturbance. Put
# $\val{x}_k (u_k / (1 - c) - 1)$ for $r_k$ in [](#eq-noise-penalty), and the
# penalty becomes $\frac{c}{1-c} \sum_k \val{x}_k^2 w_k^2$: weight decay
# again, in which the weights of large inputs cost most.[^wager]
#
# The other way to see dropout: every mask is another, thinner network, and
# all of them share their weights. In use one reads something like their
# mean answer.[^srivastava][^like]
#
# [^like]: *Something like*: the mean goes through bends, and the mean of a
#     bent number is not the bent mean.

# %%
dropped = {rate: measure(misread, TRIES, rate=rate)
           for rate in (0.1, 0.3, 0.6)}
for rate, errors in dropped.items():
    print(f"rate {rate}: {spread(errors)} % misread")

# %% tags=["hide"]
dropout = measure(misread, rate=0.3)
drowned = np.mean([run(seed, rate=0.6).seen for seed in range(TRIES)])
assert drowned < 0.98
assert dropped[0.6].mean() > nothing.mean() + 1
assert dropout.mean() < nothing.mean() - 1

# %% [markdown]
# Here it falls on pixels and hidden neurons, at one rate for both.
# Too much of it is worse than none: at a rate of `0.6` the network reads
# only {{ 100 * drowned:.0f }} % of the *seen* digits rightly after 800 steps.
#
# ## Shifts and distortions
#
# Noise and dropout know nothing of digits. We do. A shifted three
# is a three, and so is a tilted one, but no writer ever made a three of snow.
# The disturbance that helps most should be the one that the world makes
# itself. `shift` moves a batch by some whole pixels, at random up to a
# limit (`pixels`); `distort` turns, stretches, shears, moves and bends each
# picture, as in [chapter 11](digits.py#second-cure-show-it-more). Its
# strength (`bend`) multiplies all its settings.

# %% tags=["hide"]
rng = np.random.default_rng(5)
five = x[:1]
keep = [(rng.random(784) >= rate) / (1 - rate) for rate in (0.1, 0.3, 0.6)]


def all_of(strength):
    return {"pixels": strength, "degrees": 10 * strength,
            "stretch": 0.12 * strength, "shear": 0.12 * strength,
            "bend": 0.75 * strength}


disturbed = {
    "noise": [add_noise(five, std, rng=rng) for std in (0.2, 0.4, 0.8)],
    "dropout": [five * mask for mask in keep],
    "shift": [shift(five, s, -s) for s in (1, 2, 4)],
    "distort": [distort(five, rng=rng, **all_of(s))
                for s in (0.75, 1.5, 3)],
}
fig, axes = subplots(2, 2, figsize=(5.6, 2.9))
for ax, (name, pictures) in zip(axes.flat, disturbed.items()):
    whole = np.full((28, 3 * 28 + 2 * 3), np.nan)
    for i, picture in enumerate(pictures):
        whole[:, i * 31 : i * 31 + 28] = picture.reshape(28, 28)
    ax.imshow(whole, cmap="amount", vmin=0, vmax=1)
    ax.set_title(name)
    ax.set_xticks([14, 45, 76], ["weak", "best", "strong"], fontsize=8)
    ax.set_yticks([])
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
figure(
    fig,
    "disturbed",
    alt="The same handwritten five, three times under each of four "
    "disturbances. Under the strongest noise it hardly shows; of the "
    "strongest dropout scattered dots are left; the strongest shift moves "
    "it to the border; the strongest distortion makes it hard to "
    "read.",
    caption="The first of the thousand, a five, as four cures show it: at "
    "half or less of the strength that proved best, at the best, and at "
    "twice that.",
)

# %% [markdown]
# [](#fig-disturbed) shows what the network gets to see,
# [](#fig-strengths) what comes of it, beside weight decay and soft targets,
# whose turn is next.[^strengths]
#
# [^strengths]: More strengths were tried before this page was built, on
#     validation digits alone.

# %%
STRENGTHS = {
    "decay": (0.001, 0.003, 0.03),
    "soft": (0.05, 0.2, 0.8),
    "rate": (0.1, 0.3, 0.6),
    "noise": (0.2, 0.4, 0.8),
    "pixels": (1, 2, 4),
    "bend": (0.75, 1.5, 3.0),
}
sweeps = {
    cure: [measure(misread, TRIES, **{cure: s}) for s in strengths]
    for cure, strengths in STRENGTHS.items()
}

# %% tags=["hide"]
NAMES = {"decay": "weight decay", "soft": "soft targets",
         "rate": "dropout", "noise": "noise", "pixels": "shifts",
         "bend": "distortions"}
fig, axes = subplots(2, 3, figsize=(7.2, 4.2), sharey=True)
for ax, (cure, errors) in zip(axes.flat, sweeps.items()):
    means = [e.mean() for e in (nothing[:TRIES], *errors)]
    bars = [e.std(ddof=1) for e in (nothing[:TRIES], *errors)]
    ax.errorbar(range(4), means, bars, color=VALUE, marker="o", ms=4,
                lw=1.2, capsize=3)
    ax.axhline(nothing.mean(), color=DATA, lw=0.8, ls="--")
    ax.set_xticks(range(4), ["0", *(f"{s:g}" for s in STRENGTHS[cure])])
    ax.set(title=NAMES[cure], ylim=(3.5, 21.5), xlim=(-0.3, 3.3))
for ax in axes[:, 0]:
    ax.set_ylabel("unseen, misread (%)")
figure(
    fig,
    "strengths",
    wide=True,
    alt="Six panels: misread unseen digits against the strength of a cure, "
    "three strengths and none. Weight decay stays level and rises at the "
    "end. Soft targets fall a little and come back. Dropout and noise "
    "fall and then rise above the start. Shifts fall deeper and come back, "
    "distortions deepest, to less than half, and end far above the start.",
    caption=f"Each cure alone, at three strengths: mean and standard "
    f"deviation of {TRIES} seeds. Dashed: no cure.",
)
for cure in ("rate", "noise", "pixels", "bend"):
    low, best, high = (e.mean() for e in sweeps[cure])
    assert best < nothing.mean() - 1 and high > best + 2, cure
    assert cure == "pixels" or best < low - 0.3, cure
assert all(e.mean() < nothing.mean() - 0.3 for e in sweeps["soft"][:2])

shifts, bent = measure(misread, pixels=2), measure(misread, bend=1.5)
assert bent.mean() < shifts.mean() - 0.3 < dropout.mean() - 1
assert bent.mean() < 0.6 * nothing.mean()

# %% [markdown]
# Too little, enough, too much: nearly every panel is a U. Shifts
# by up to 2 pixels leave {{ spread(shifts) }} % misread, distortions at
# one and a half times `distort`'s defaults {{ spread(bent) }} %, less than
# half of what we began with. They are the same thousand digits. What has
# been added is knowledge of what may change in a picture without changing
# what it is.
#
# ## Softer targets
#
# The seen loss can always be made smaller: it is 0 only when the right
# logit is infinitely far above the others ([chapter
# 4](losses.py#why-it-is-p-t-again)). So the network never ceases to pull
# them apart. *Label smoothing* gives it a goal that can be reached: take a
# share $\alpha$ (`soft`) off the one, and spread it over all ten.[^szegedy]
#
# $$
# \label{label-smoothing: label smoothing}
# \underset{(n,\ 10)}{\tilde t}
# = (1 - \alpha)\, \underset{(n,\ 10)}{t} + \frac{\alpha}{10},
# \qquad
# \underset{(n,\ 10)}{\grad{dz}} = \frac{\val{p} - \tilde t}{n}
# $$
#
# The gradient is [](losses.py#eq-softmax-cross-entropy-gradient), which holds
# for any rows of
# probabilities. It is 0 where $\val{p} = \tilde t$. As the softmax makes
# ratios of differences, $p_j / p_k = e^{z_j - z_k}$, the right logit is then
# ahead of each of the others by
#
# $$
# \log \frac{1 - \alpha + \alpha / 10}{\alpha / 10},
# $$
#
# and no further. With $\alpha = 0.2$ that is
# {{ np.log(0.82 / 0.02):.2f }}. How far ahead is it in our networks, on the
# seen digits?

# %%
def lead(model):
    """Right logit less mean of the nine others; the median digit's."""
    z = model.forward(thousand[0])
    right = z[np.arange(1000), thousand[1]]
    return np.median(right - (z.sum(axis=1) - right) / 9)


leads = {}
for soft, cure in ((0.0, {}), (0.2, {"soft": 0.2})):
    leads[soft] = np.mean([lead(run(seed, **cure).model)
                           for seed in range(TRIES)])
    print(f"alpha {soft}: ahead by {leads[soft]:.2f}")

# %% tags=["hide"]
assert abs(leads[0.2] - np.log(0.82 / 0.02)) < 0.15 < 5 < leads[0]
softened = measure(misread, soft=0.2)
assert softened.mean() < nothing.mean() - 0.8

# %% [markdown]
# As predicted. And the reading gets better too: {{ spread(softened) }} %
# misread. Why this helps reading, and the modesty of weight decay did not,
# we cannot derive.
#
# ## Stop, or begin smaller
#
# *Early stopping* ends where the unseen loss turns. But it needs digits to see
# that with, and they must come from the thousand: 800 to learn from, 200 to
# tell when (`apart`), with a patience of 5 epochs. And fewer neurons have less
# to learn by heart with.

# %%
ends = {}
for name, cure in (("1,000, to the end", {}),
                   ("800, to the end", {"digits": 800}),
                   ("800, stopped early", {"apart": 200})):
    ends[name] = measure(misread, **cure), measure(loss, **cure)
    print(f"{name:18} {spread(ends[name][0])} % misread, "
          f"loss {spread(ends[name][1], 3)}")
WIDTHS = 8, 32, 128, 512
widths = {}
for width in WIDTHS:
    cure = {} if width == 128 else {"width": width}
    widths[width] = measure(misread, TRIES, **cure)

# %% tags=["hide"]
whole, fewer, stopped = ends.values()
learned = {w: np.mean([run(s, **({} if w == 128 else {"width": w})).seen
                       for s in range(TRIES)]) for w in WIDTHS}
assert whole[0].mean() < fewer[0].mean() < stopped[0].mean() - 0.4
assert whole[1].mean() - 0.03 < stopped[1].mean() < fewer[1].mean() - 0.02
assert widths[8].mean() > widths[32].mean() + 2
assert widths[32].mean() > widths[128].mean() + 0.5
assert widths[512].mean() < min(widths[32].mean() - 0.5,
                                widths[128].mean() + 0.5)
assert min(learned[32], learned[128], learned[512]) > 0.999

# %% [markdown]
# Stopping does not help. To do without a fifth of the digits costs
# {{ fewer[0].mean() - whole[0].mean():.1f }} points, and to stop, on the word
# of 200 and while the rate is still high, another
# {{ stopped[0].mean() - fewer[0].mean():.1f }} (before
# rounding). Stopping mends the loss of the 800, but a thousand to the end are
# no worse. Early stopping is for those who have digits to spare and care for
# the loss.
#
# Every width from 32 on learns the thousand by heart ([](#fig-sizes), left),
# and 32 neurons misread
# {{ widths[32].mean():.1f }} %, 512 of them {{ widths[512].mean():.1f }} %.
# The old picture, in which a network gets worse as it gets larger than the
# data call for, does not describe what we see. Others have seen the error
# rise up to the size at which everything is learned by heart, and fall
# again behind it.[^belkin] Between our widths there is no such rise.
#
# ## More
#
# What all cures stand in for is plain: more digits. Again there are 800
# steps, so that of 40,000 digits each is seen once, of 250 each is seen
# 160 times.

# %%
SIZES = 250, 500, 1000, 2000, 4000, 8000, 20_000, 40_000
curve = {}
for n in SIZES:
    cure = {} if n == 1000 else {"digits": n}
    curve[n] = measure(misread, TRIES, **cure)


def worth(errors):
    """How many plain digits lead to such an error."""
    heights = np.log([curve[n].mean() for n in SIZES])
    # errors fall, np.interp wants numbers that rise: hence the minus
    place = np.interp(-np.log(np.mean(errors)), -heights, np.log(SIZES))
    return round(np.exp(place), -3)


# %% tags=["hide"]
points = np.log([[n, curve[n].mean()] for n in SIZES])
middle = [250 <= n <= 8000 for n in SIZES]
slope, height = np.polyfit(*points[middle].T, 1)
bow = np.abs(slope * points[middle, 0] + height - points[middle, 1]).max()
heights = [curve[n].mean() for n in SIZES]
doubled = [curve[2 * n].mean() / curve[n].mean() for n in SIZES[:5]]
read_once = np.mean([run(seed, digits=40_000).seen for seed in range(TRIES)])
assert np.all(np.diff(heights) < 0) and read_once < 0.985
assert 0.66 < min(doubled) and max(doubled) < 0.86
assert -0.55 < slope < -0.3 and bow < 0.12
assert 5000 < worth(bent) < 13_000

fig, (left, right) = subplots(1, 2, figsize=(7.2, 3.2))
left.errorbar(WIDTHS, [widths[w].mean() for w in WIDTHS],
              [widths[w].std(ddof=1) for w in WIDTHS], color=VALUE,
              marker="o", ms=4, lw=1.2, capsize=3)
left.set(xscale="log", xlabel="hidden neurons", ylim=(0, 33),
         ylabel="unseen, misread (%)")
left.set_xticks(WIDTHS, [f"{w}" for w in WIDTHS])
left.axvspan(24, 700, color=DATA, alpha=0.15, lw=0)
left.text(130, 31, "learned by heart", ha="center", va="center", fontsize=9)
left.set_xlim(6, 700)
right.errorbar(SIZES, [curve[n].mean() for n in SIZES],
               [curve[n].std(ddof=1) for n in SIZES], color=VALUE,
               marker="o", ms=4, lw=1.2, capsize=3)
right.loglog(SIZES, np.exp(slope * np.log(SIZES) + height), ":", color=INK,
             lw=1)
for errors, name, style in ((noisy, "noise", "-."),
                            (bent, "distortions", "--")):
    right.plot([1000, worth(errors)], [errors.mean()] * 2, style,
               color=INK, lw=1)
    right.plot(1000, errors.mean(), "s", color=INK, ms=5)
    right.text(880, errors.mean(), name, ha="right", va="center",
               fontsize=9)
right.set(xlabel="digits", ylim=(2.4, 26))
right.set_xticks([250, 1000, 4000, 20_000], ["250", "1,000", "4,000",
                                             "20,000"])
right.set_yticks([3, 5, 10, 20], ["3", "5", "10", "20"])
for ax in (left, right):
    ax.minorticks_off()
figure(
    fig,
    "sizes",
    wide=True,
    alt="Left, misread digits against hidden neurons: a steep fall from 8 "
    "to 32, then a gentle one to 512, inside a grey area called learned by "
    "heart. Right, on two logarithmic axes, misread digits against digits "
    "learned from: the points lie on a falling straight dotted line up to "
    "8,000 and a little above it from there. Dashed lines lead from the "
    "square marks of noise and distortions at 1,000 digits to the right, "
    "to the curve.",
    caption=f"Left: smaller and larger networks on a thousand digits. "
    f"Right: plain networks on more and fewer digits, and two cures on a "
    f"thousand, each drawn across to the plain digits that it is worth. "
    f"Means and standard deviations of {TRIES} seeds, of the two cures "
    f"{SEEDS}.",
)

# %% [markdown]
# On logarithmic axes the points lie nearly on a line, up to 8,000 digits
# ([](#fig-sizes), right): twice the digits leave
# {{ 100 * min(doubled):.0f }} to {{ 100 * max(doubled):.0f }} % of the errors,
# wherever we begin. Such lines have been found for many tasks.[^hestness]
# Beyond, where each digit is seen twice or once, the steps are likely too
# few: of 40,000 *seen* ones {{ 100 * read_once:.0f }} % are read rightly.
#
# So there is a price list, in whole thousands. Noise makes a thousand digits
# worth {{ worth(noisy):,.0f }}, distortions make them worth
# {{ worth(bent):,.0f }}.
#
# ## Together
#
# If one cure helps, what do two do? We take the four that helped most;
# shifts are part of distortions.[^seeds]
#
# [^seeds]: Here over three seeds; results above are over four, hence other
#     last digits.

# %%
CURES = {"soft": 0.2, "rate": 0.3, "noise": 0.4, "bend": 1.5}
alone = {cure: measure(misread, TRIES, **{cure: s})
         for cure, s in CURES.items()}
pairs = {
    (a, b): measure(misread, TRIES, **{a: CURES[a], b: CURES[b]})
    for a, b in combinations(CURES, 2)
}

# %% tags=["hide"]
table(
    [[NAMES[a], *("" if list(CURES).index(b) < list(CURES).index(a)
                  else f"*{alone[a].mean():.1f}*" if a == b
                  else f"{pairs[a, b].mean():.1f}" for b in CURES)]
     for a in CURES],
    header=["cure", *(NAMES[cure] for cure in CURES)],
    align="lrrrr",
    name="pairs",
    caption=f"Unseen, misread (%): each cure alone (in italics) and in "
    f"pairs, each at its own best strength; means of {TRIES} seeds. No cure "
    f"at all: {nothing[:TRIES].mean():.1f}.",
)
left_over = {cure: errors.mean() / nothing[:TRIES].mean()
             for cure, errors in alone.items()}


def hoped(a, b):
    """If the shares that two cures leave over were multiplied."""
    return alone[a].mean() * left_over[b]


def better(a, b):
    return min(alone[a].mean(), alone[b].mean())


assert all(errors.mean() > hoped(*pair) for pair, errors in pairs.items())
assert pairs["rate", "bend"].mean() > better("rate", "bend") + 1
assert pairs["noise", "bend"].mean() > better("noise", "bend") + 1
assert pairs["rate", "noise"].mean() > better("rate", "noise") + 0.3
harmed = sum(errors.mean() > better(*pair) + 0.5
             for pair, errors in pairs.items())
assert 0.7 < left_over["rate"] < 0.9
assert 4 < alone["bend"].mean() < 5.5
assert 2 <= harmed <= 4

# %% [markdown]
# Dropout leaves {{ 100 * left_over["rate"]:.0f }} % of the errors. If, after
# distortions, it left the same share again, the two together would misread
# {{ hoped("rate", "bend"):.1f }} %. They misread
# {{ pairs["rate", "bend"].mean():.1f }} %, distortions alone
# {{ alone["bend"].mean():.1f }} %. By more than half a point
# {{ harmed }} of the {{ len(pairs) }} pairs in [](#tab-pairs) are worse than
# the better one alone, and not one does as well as its shares promise. Each
# cure was chosen as strong as the network can bear; two are often more. So
# take all four, and turn them down together:

# %%
def at(factor):
    return {cure: factor * s for cure, s in CURES.items()}


four = {factor: measure(misread, TRIES, **at(factor))
        for factor in (1.0, 0.5)}
for factor, errors in four.items():
    learned_too = np.mean([run(seed, **at(factor)).seen
                           for seed in range(TRIES)])
    print(f"all four, times {factor}: {spread(errors)} % misread, "
          f"seen {learned_too:.1%} right")

# %% tags=["hide"]
assert four[1.0].mean() > nothing.mean() + 0.5
assert four[0.5].mean() < four[1.0].mean() - 2
assert bent.mean() < four[0.5].mean() - 0.4

# %% [markdown]
# All four at full strength leave {{ spread(four[1.0]) }} %: four cures are
# worse than none. It is another illness, and it shows on the *seen* digits:
# the network cannot learn what it is shown. That is
# *underfitting*. At half strength they do well, and still not as well as
# distortions alone, with {{ spread(bent) }} % (and at half of their strength
# {{ spread(sweeps["bend"][0]) }} %). Here, one good cure is enough.
#
# What does add up was not among the cures: more neurons. On plain digits 512
# in place of 128 take away
# {{ 100 * (1 - widths[512].mean() / widths[128].mean()):.0f }} % of the
# errors (before rounding). Under distortions no picture comes twice, and
# there is more to learn.

# %%
best = {"bend": 1.5, "width": 512}
wide = measure(misread, **best)
print("distortions, 512 neurons:", spread(wide), "% misread")

# %% tags=["hide"]
assert wide.mean() < bent.mean() - 0.3

# %% [markdown]
# That is {{ 100 * (1 - wide.mean() / bent.mean()):.0f }} % fewer than
# with 128, before rounding.
#
# ## A committee
#
# Two seeds, two networks, and on some digits two opinions. Let them vote, by
# the mean of their probabilities. For one class of one digit, let $p$ be the
# probability that a member gives, $t$ the target, and
# $\bar p = \operatorname{E}(p)$ the mean over all members. Then
#
# $$
# \label{vote: what a vote gains}
# \begin{aligned}
# \operatorname{E}\big((\val{p} - t)^2\big)
# &= \operatorname{E}\big((\val{\bar p} - t + \val{p} - \val{\bar p})^2\big) \\
# &= (\val{\bar p} - t)^2
# + 2\,(\val{\bar p} - t) \operatorname{E}(\val{p} - \val{\bar p})
# + \operatorname{E}\big((\val{p} - \val{\bar p})^2\big) \\
# &= (\val{\bar p} - t)^2 + \operatorname{Var}(\val{p}) .
# \end{aligned}
# $$
#
# In [](#eq-vote) the middle term is 0, for $\bar p - t$ is the same for all
# members, and
# $p - \bar p$ has mean 0. What a member costs on average is what the
# committee costs, plus how much its members disagree. The first part is
# called *bias* (squared; not the $b$ of a neuron), the second
# *variance*.[^geman] A committee keeps only the bias. Measured, squared
# errors summed over ten classes, and rounded:

# %%
t = one_hot(validation[1], 10)


def committee(**cure):
    p = np.array([softmax(run(seed, **cure).z.astype(float))
                  for seed in range(SEEDS)])  # (seeds, n, 10)
    mean = p.mean(axis=0)
    parts = (p - t) ** 2, (mean - t) ** 2, p.var(axis=0)
    return mean, [10 * np.mean(part) for part in parts]


votes = {}
for name, cure in (("no cure", {}), ("distortions, 512", best)):
    mean, (each, bias, variance) = committee(**cure)
    votes[name] = misread(mean), variance / each
    print(f"{name:16} {each:.4f} = {bias:.4f} + {variance:.4f}, "
          f"committee {misread(mean):.1f} % misread")
    assert np.isclose(each, bias + variance, rtol=1e-9)

# %% tags=["hide"]
both = votes["distortions, 512"]
assert 0.02 < votes["no cure"][1] < both[1] < 0.4
assert both[0] < wide.mean() - 0.1
assert votes["no cure"][0] < nothing.mean()
assert bent.mean() + 2 < votes["no cure"][0]

# %% [markdown]
# Without a cure little of the error is disagreement:
# {{ 100 * votes["no cure"][1]:.0f }} % is variance over seeds, and the
# committee misreads {{ votes["no cure"][0]:.1f }} %. All members learned the
# same thousand by heart, and share what they did not learn.
# With distortions
# {{ 100 * both[1]:.0f }} % are variance, and four vote
# {{ wide.mean():.1f }} % down to {{ both[0]:.1f }} %.
#
# ## The last word
#
# Nothing is left to choose. The sealed digits are read here for the first
# time, by all networks that [](#tab-final) names.

# %%
TABLE = {
    "no cure": {},
    "weight decay, 0.003": {"decay": 0.003},
    "800 digits, early stopping": {"apart": 200},
    "32 neurons": {"width": 32},
    "soft targets, 0.2": {"soft": 0.2},
    "dropout, 0.3": {"rate": 0.3},
    "noise, 0.4": {"noise": 0.4},
    "shifts, 2 pixels": {"pixels": 2},
    "distortions, 1.5": {"bend": 1.5},
    "four cures, half strength": at(0.5),
    "distortions, 512 neurons": best,
    "8,000 digits, no cure": {"digits": 8000},
    "40,000 digits, no cure": {"digits": 40_000},
}
final, probabilities = {}, {}
for name, cure in TABLE.items():
    runs = [run(seed, **cure) for seed in range(SEEDS)]
    p = [softmax(r.model.forward(sealed[0])) for r in runs]
    errors = np.array([misread(each, sealed[1]) for each in p])
    sure = np.array([100 * each.max(axis=1).mean() for each in p])
    probabilities[name] = np.mean(p, axis=0)
    final[name] = (100 * np.mean([r.seen for r in runs]), errors,
                   sure - (100 - errors))
together = misread(probabilities["distortions, 512 neurons"], sealed[1])

# %% tags=["hide"]
rows = [[name, f"{seen:.1f}", spread(errors),
         f"{sure.mean():+.1f}".replace("-", "−")]
        for name, (seen, errors, sure) in final.items()]
rows.insert(11, ["the same, a committee of four", "–", f"{together:.1f}",
                 "–"])
table(
    rows,
    header=["network", "seen, right (%)", "sealed, misread (%)",
            "too sure by (points)"],
    align="lrrr",
    name="final",
    caption=f"The sealed digits: means and standard deviations of {SEEDS} "
    "seeds. Too sure by: mean confidence less the share that is right. Digits "
    "are a thousand where nothing else is said.",
)


def sealed_errors(name):
    return final[name][1].mean()


base = sealed_errors("no cure")
assert base > nothing.mean() + 0.7
assert abs(sealed_errors("weight decay, 0.003") - base) < 0.8
for name in ("soft targets, 0.2", "dropout, 0.3", "noise, 0.4",
             "shifts, 2 pixels", "distortions, 1.5"):
    assert sealed_errors(name) < base - 0.5, name
for name in ("800 digits, early stopping", "32 neurons"):
    assert sealed_errors(name) > base + 0.3, name
assert sealed_errors("distortions, 1.5") < 0.6 * base
assert abs(sealed_errors("distortions, 1.5")
           - sealed_errors("8,000 digits, no cure")) < 1
assert together < sealed_errors("distortions, 512 neurons")
assert together < sealed_errors("8,000 digits, no cure") - 0.5
assert together < sealed_errors("40,000 digits, no cure")
assert final["no cure"][2].mean() > 3
assert final["soft targets, 0.2"][2].mean() < -15

# %% [markdown]
# These digits are harder: without a cure, where nothing was chosen,
# {{ base:.1f }} % are misread in place of {{ nothing.mean():.1f }} %. The
# order of the cures has held. Distortions on a thousand leave
# {{ spread(final["distortions, 1.5"][1]) }} % misread, 8,000 plain digits
# {{ spread(final["8,000 digits, no cure"][1]) }} %. With four times the
# neurons and four votes it is {{ together:.1f }} %, less than one network
# makes of 40,000 plain digits in its 800 steps,
# {{ spread(final["40,000 digits, no cure"][1]) }} %. It costs sixteen times
# the arithmetic, but not one more label.
#
# The last column is another measure of a good fit. Without a cure the
# network is {{ final["no cure"][2].mean():.1f }} points surer than it is
# right. Weight decay mends that and nothing else. Soft
# targets overdo it: networks that were told never to be sure are
# {{ -final["soft targets, 0.2"][2].mean():.0f }} points *less* sure than they
# could be.
#
# All this holds for a thousand digits, 800 steps and one kind of network. A
# strength that is too much here may be right where there is more time or more
# data. What carries over is how to find out.
#
# ## What we have now
#
# - The illness, made at will: any labels can be learned by heart, so a low
#   loss on seen digits proves nothing.
# - Eight cures, four of them with their formulas, and a fair trial: same
#   digits, same steps, several seeds, strengths chosen on one set and judged
#   on another.
# - A price list in digits. What we *know* of pictures was worth most; cures
#   together are not their sum, and too much of them is another illness.
#
# ## Exercises
#
# ### Exercise 13.1 · What a neuron hears
#
# A neuron has the weights $(2, -1, 3)$ and no bias. Its input $(1, 2, 1)$
# goes through dropout at a rate of one half. Which mean and which variance
# has its output, over all masks?
#
# ??? tip "Hint"
#
#     The three products are independent, so their variances add. Each is
#     a fixed number times $u / (1 - c)$.

# %% tags=["starter"]
mean = None
variance = None

# %% tags=["solution"]
# The products are 2, -2 and 3; c / (1 - c) is 1, so the variance is the
# sum of their squares.
mean = 2 - 2 + 3
variance = 4 + 4 + 9

# %% tags=["tests"]
import itertools

assert mean is not None and variance is not None, "two numbers"
outputs = [2 * 1 * a - 1 * 2 * b + 3 * 1 * c
           for a, b, c in itertools.product((0, 2), repeat=3)]
average = sum(outputs) / 8
assert mean == average, "dropout keeps the mean"
assert variance == sum((y - average) ** 2 for y in outputs) / 8

# %% [markdown]
# ### Exercise 13.2 · Never quite sure
#
# Write `soften(labels, alpha, classes)`, which makes softened targets of
# class numbers, and `least(alpha, classes)`, the smallest
# cross-entropy that a network can reach on them. (It is not 0. So how would
# you see that such targets have been learned by heart?)
#
# ??? tip "Hint"
#
#     `np.eye(classes)[labels]` are the rows of ones and zeros. The loss is
#     least where $p = \tilde t$; put that into $-\sum_k \tilde t_k \log p_k$.

# %% tags=["starter"]
import numpy as np


def soften(labels, alpha, classes):
    """Rows (n, classes) of targets."""
    raise NotImplementedError("your code")


def least(alpha, classes):
    """The smallest loss on such targets."""
    raise NotImplementedError("your code")

# %% tags=["solution"]
def soften(labels, alpha, classes):
    return (1 - alpha) * np.eye(classes)[labels] + alpha / classes


def least(alpha, classes):
    t = soften(np.array([0]), alpha, classes)
    t = t[t > 0]  # 0 log 0 is 0
    return -np.sum(t * np.log(t))


# A loss that comes close to this number has nothing left to learn.
print(f"{least(0.2, 10):.3f}")

# %% tags=["tests"]
rows = soften(np.array([2, 0]), 0.3, 3)
assert np.allclose(rows, [[0.1, 0.1, 0.8], [0.8, 0.1, 0.1]]), rows
assert np.allclose(soften(np.arange(10), 0.2, 10).sum(axis=1), 1)
by_hand = -0.82 * np.log(0.82) - 9 * 0.02 * np.log(0.02)
assert abs(least(0.2, 10) - by_hand) < 1e-9, by_hand
assert least(0, 10) == 0, "a sure target can be met"
assert abs(least(1, 4) - np.log(4)) < 1e-9, "nothing is known"

# %% [markdown]
# ### Exercise 13.3 · The weights that noise leads to
#
# For a neuron without bend or bias, squared errors and noise of standard
# deviation $\tau$ on the inputs, the loss is on average that without noise,
# plus $\tau^2 \sum_k w_k^2$. Where is it least? Write `ridge(x, t, tau)`, for
# $x$ of shape $(n,\ d_\text{in})$ and $t$ of shape $(n,\ 1)$.
#
# ??? tip "Hint"
#
#     Set the gradient to 0:
#     $\tfrac{2}{n}\, x^\top (x w - t) + 2 \tau^2 w = 0$. Collect what
#     multiplies $w$; `np.linalg.solve` does the rest.

# %% tags=["starter"]
import numpy as np


def ridge(x, t, tau):
    """Weights (d_in, 1) with the least loss under noise, on average."""
    raise NotImplementedError("your code")

# %% tags=["solution"]
# (x.T x / n + tau**2 I) w = x.T t / n. The literature calls it ridge
# regression.
def ridge(x, t, tau):
    n, d = x.shape
    return np.linalg.solve(x.T @ x / n + tau**2 * np.eye(d), x.T @ t / n)

# %% tags=["tests"]
rng = np.random.default_rng(0)
x = rng.standard_normal((200, 5)) * [1, 2, 0.5, 1, 0.1]
t = x @ np.array([[1.0], [-1.0], [2.0], [0.0], [3.0]])
assert np.allclose(ridge(x, t, 0.0), np.linalg.lstsq(x, t, rcond=None)[0])
copies = np.tile(x, (400, 1))
copies += rng.normal(0, 0.5, copies.shape)
noisy = np.linalg.lstsq(copies, np.tile(t, (400, 1)), rcond=None)[0]
assert np.allclose(ridge(x, t, 0.5), noisy, atol=0.05), "not what noise does"
assert abs(ridge(x, t, 0.5)[4, 0]) < 0.5, "a faint input is trusted least"

# %% [markdown]
# ### Exercise 13.4 · As sure as it should be
#
# The chapter tried 17 factors for the logits. Find the best one by its
# slope: write `slope(factor, z, labels)`, the derivative of the mean
# cross-entropy of `factor * z` with the factor, and `cool(z, labels)`, which
# finds where it is 0, between `0.01` and 10.
#
# ??? tip "Hint"
#
#     A chain: the gradient for the logits is $(p - t) / n$, and the logits'
#     slope with the factor is $z$. The loss is curved upwards in the
#     factor, so its slope only rises: halve the interval thirty times.

# %% tags=["starter"]
import numpy as np


def slope(factor, z, labels):
    """dL/dfactor, for logits z (n, classes) and class numbers (n,)."""
    raise NotImplementedError("your code")


def cool(z, labels):
    """The factor with the least loss."""
    raise NotImplementedError("your code")

# %% tags=["solution"]
def slope(factor, z, labels):
    a = factor * z
    p = np.exp(a - a.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    right = z[np.arange(len(z)), labels]
    return np.mean(np.sum(p * z, axis=1) - right)  # sum of (p - t) z


def cool(z, labels):
    low, high = 0.01, 10.0
    for _ in range(30):
        middle = (low + high) / 2
        if slope(middle, z, labels) < 0:
            low = middle
        else:
            high = middle
    return (low + high) / 2

# %% tags=["tests"]
rng = np.random.default_rng(0)
honest = rng.normal(0, 2, (20_000, 4))
p = np.exp(honest)
p /= p.sum(axis=1, keepdims=True)
labels = np.argmax(p.cumsum(axis=1) > rng.random((20_000, 1)), axis=1)


def loss(factor, z):
    a = factor * z
    return np.mean(np.log(np.exp(a).sum(axis=1))
                   - a[np.arange(len(z)), labels])


for factor in (0.3, 1.7):
    difference = loss(factor + 1e-5, honest) - loss(factor - 1e-5, honest)
    assert abs(slope(factor, honest, labels) - difference / 2e-5) < 1e-6
assert abs(cool(honest, labels) - 1) < 0.03, "honest: leave it"
assert abs(cool(3 * honest, labels) - 1 / 3) < 0.01, "three times too sure"
assert slope(1.0, honest + 1000, labels) < 1, "and it must not overflow"

# %% [markdown]
# ### Exercise 13.5 · A project: nothing to spare
#
# Early stopping gave up 200 of a thousand digits. *Cross-validation* gives
# up none for good: cut the data into `k` parts, the folds, let each judge
# once what was learned from all the others, and take the mean. Write
# `folds(n, k, rng)`, which yields `k` pairs of index arrays, and use
# it in `choose(x, t, strengths, rng)`: the strength of weight decay, of those
# given, whose neurons have the least mean squared error on the part
# they have not seen, over ten folds. `fit` is given.
#
# ??? tip "Hint"
#
#     `np.array_split(rng.permutation(n), k)` are the parts. Learn from
#     `np.setdiff1d(np.arange(n), part)`. All strengths should be judged on
#     the same folds.

# %% tags=["starter"]
import numpy as np


def fit(x, t, strength):
    """The weights (d_in, 1) of a neuron with weight decay."""
    d = x.shape[1]
    return np.linalg.solve(x.T @ x + strength * np.eye(d), x.T @ t)


def folds(n, k, rng):
    """k pairs (indices to learn from, indices to judge by)."""
    raise NotImplementedError("your code")


def choose(x, t, strengths, rng):
    """The strength that does best on what was not learned from."""
    raise NotImplementedError("your code")

# %% tags=["solution"]
def folds(n, k, rng):
    for part in np.array_split(rng.permutation(n), k):
        yield np.setdiff1d(np.arange(n), part), part


def choose(x, t, strengths, rng):
    pairs = list(folds(len(x), 10, rng))  # the same for all strengths
    errors = [
        np.mean([np.mean((x[judge] @ fit(x[learn], t[learn], s)
                          - t[judge]) ** 2) for learn, judge in pairs])
        for s in strengths
    ]
    return strengths[int(np.argmin(errors))]

# %% tags=["tests"]
rng = np.random.default_rng(0)
pairs = list(folds(103, 10, rng))
assert len(pairs) == 10, "k pairs"
for learn, judge in pairs:
    assert not set(learn) & set(judge), "nobody judges what it has seen"
    assert len(learn) + len(judge) == 103, "and nothing is lost"
assert sorted(np.concatenate([j for _, j in pairs])) == list(range(103))
assert sorted(pairs[0][1]) != list(range(len(pairs[0][1]))), "shuffled"

strengths = [1e-6, 1e-2, 1.0, 30.0, 1e3, 1e6]
w = rng.standard_normal((40, 1))
x = rng.standard_normal((60, 40))
noisy = x @ w + rng.normal(0, 6, (60, 1))
clean = x @ w
assert choose(x, clean, strengths, rng) <= 1e-2, "no noise, no decay"
found = choose(x, noisy, strengths, rng)
assert 1.0 <= found <= 1e3, "noisy targets ask for decay"
new = rng.standard_normal((5000, 40))
off = [np.mean((new @ fit(x, noisy, s) - new @ w) ** 2)
       for s in (1e-6, found)]
assert off[1] < 0.8 * off[0], "and on new data it pays"

# %% [markdown]
# ## Notes
#
# Zhang and others trained large networks on photographs with random labels,
# and on noise in place of photographs, and got the seen error to 0; their
# paper asks what, then, makes networks generalize.[^zhang] Krogh and Hertz
# studied what weight decay does for that: it takes out of the weights what
# the examples do not ask for, and some of the noise on their
# targets.[^krogh] That noise on the inputs is a penalty on slopes, in any
# network if the noise is small, is due to Bishop.[^bishop] To let several
# networks vote was proposed by Hansen and Salamon.[^hansen]
#
# [^zhang]: [Zhang and others 2017](bibliography.md#zhang-2017).
# [^guo]: [Guo, Pleiss, Sun and Weinberger
#     2017](bibliography.md#guo-2017), who found it to be enough for
#     networks much larger than ours.
# [^krogh]: [Krogh and Hertz 1992](bibliography.md#krogh-1992).
# [^bishop]: [Bishop 1995](bibliography.md#bishop-1995).
# [^wager]: [Wager, Wang and Liang 2013](bibliography.md#wager-2013) derive
#     what becomes of it behind a sigmoid.
# [^srivastava]: [Srivastava and others
#     2014](bibliography.md#srivastava-2014).
# [^szegedy]: [Szegedy and others 2016](bibliography.md#szegedy-2016),
#     section 7.
# [^belkin]: [Belkin and others 2019](bibliography.md#belkin-2019) call it
#     double descent: the error rises up to the size that learns
#     everything by heart, and falls behind it.
# [^hestness]: [Hestness and others 2017](bibliography.md#hestness-2017).
# [^geman]: [Geman, Bienenstock and Doursat
#     1992](bibliography.md#geman-1992), whose mean is over the sets of
#     examples that could have been drawn.
# [^hansen]: [Hansen and Salamon 1990](bibliography.md#hansen-1990).
