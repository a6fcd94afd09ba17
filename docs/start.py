# %% [markdown]
# # 0 · Start here
#
# *What will I have at the end?*
#
# After this chapter you will have seen a whole neural network, running,
# in thirty lines; you will know which questions those lines raise, and
# where in this book each of them is answered.
#
# ## Thirty lines
#
# Two switches, one lamp. The lamp is on if exactly one of the switches
# is. The rule is called *exclusive or*, XOR, and it is the smallest
# puzzle that needs a network.[^perceptrons] This program learns it from
# its four cases:

# %%
import numpy as np

x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])  # the switches (4, 2)
t = np.array([[0], [1], [1], [0]])              # the lamp     (4, 1)

rng = np.random.default_rng(0)
W1, b1 = rng.normal(size=(2, 8)), np.zeros(8)   # 2 inputs, 8 neurons
W2, b2 = rng.normal(size=(8, 1)), np.zeros(1)   # 8 neurons, 1 answer
lr, losses = 1.0, []                            # how far a step goes

for step in range(1000):
    # forward: from the switches to an answer between 0 and 1
    h = np.tanh(x @ W1 + b1)                    # (4, 8)
    p = 1 / (1 + np.exp(-(h @ W2 + b2)))        # (4, 1)
    losses.append(-np.mean(np.log(np.where(t == 1, p, 1 - p))))

    # backward: how the loss changes with every number above
    dz = (p - t) / 4                            # (4, 1)
    dW2, db2 = h.T @ dz, dz.sum(axis=0)
    da = (dz @ W2.T) * (1 - h * h)              # (4, 8)
    dW1, db1 = x.T @ da, da.sum(axis=0)

    # a step: every number a little against its gradient
    W1 -= lr * dW1
    b1 -= lr * db1
    W2 -= lr * dW2
    b2 -= lr * db2

print(np.hstack([x, t, p.round(3)]))

# %% tags=["check"]
assert abs(p - t).max() < 0.01
numbers = W1.size + b1.size + W2.size + b2.size
assert numbers == 2 * 8 + 8 + 8 * 1 + 1
seeds, close = range(20), 0.1  # of the trials below

# %% [markdown]
# A row is a case: the two switches, the lamp, and what the network says.
# It is right on all four, to within {{ abs(p - t).max():.3f }}. Nobody
# told it the rule. It began with {{ numbers }} numbers, most of them
# random, and changed each of them a thousand times, always a little in
# the direction that made the answers less wrong.
#
# You need not understand it yet; only see its parts. (`@` multiplies two
# tables, `.T` turns one, as chapter 2 shows; the comments give the shape of
# each, rows first.) `W1` and `W2` are *weights*, with which numbers are
# multiplied; `b1` and `b2` are *biases*, which are added. A *neuron* is a
# column of weights with its bias, and a *network* is neurons that feed others.
# The *loss* is one number that says how wrong the answers are. (Take $p$ for
# the network's share for *on*, and the rest, $1 - p$, for *off*. The loss is
# minus the logarithm of the share that the right answer got, averaged over the
# cases; chapter 4 says why a logarithm.) And `dW1` is a *gradient*: it says,
# for each weight, how the loss changes with it.

# %% tags=["hide"]
from weave import VALUE, figure, subplots, table


def surface(W1, b1, W2, b2, size=80):
    """What the network answers everywhere between the four cases."""
    line = np.linspace(-0.35, 1.35, size)
    grid = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)
    z = np.tanh(grid @ W1 + b1) @ W2 + b2
    return (1 / (1 + np.exp(-z))).reshape(size, size)


fig, (left, right) = subplots(
    1, 2, figsize=(5.6, 2.6), width_ratios=[1.25, 1]
)
left.semilogy(losses, color=VALUE)
left.set(xlabel="step", ylabel="loss")
right.imshow(
    surface(W1, b1, W2, b2), origin="lower", cmap="surface", vmin=0,
    vmax=1, extent=(-0.35, 1.35, -0.35, 1.35), interpolation="bilinear",
)
for (a, c), (lamp,) in zip(x, t):
    right.plot(a, c, "o", color="#000001", markersize=7,
               markerfacecolor="#000001" if lamp else "#fffffe")
right.set(xlabel="first switch", ylabel="second switch",
          xticks=[0, 1], yticks=[0, 1])
figure(
    fig,
    "xor",
    alt="Left: the loss falls over a thousand steps on a logarithmic "
    "axis, steeply at first and then ever more slowly. Right: the plane "
    "of the two switches. An orange band runs across it from the lower "
    "left case to the upper right case; the two other corners are blue.",
    caption="Left, how wrong the network was, step by step. Right, what "
    "it answers between the four cases: blue for on, orange for off. "
    "Black points are the cases with the lamp on, white ones those with "
    "the lamp off.",
)

# %% [markdown]
# ## Take one line away
#
# Why these lines and no others? Change one thing at a time and train
# again, a thousand steps from each of {{ len(seeds) }} random beginnings.
# A run counts as a success if all four answers end within
# {{ close:.1f }} of the truth.

# %% tags=["hide"]
def learn(seed, bend=True, size=1.0, lr=1.0, bias=True, neurons=8):
    """The program above, with one thing changed; the worst error."""
    rng = np.random.default_rng(seed)
    W1, b1 = size * rng.normal(size=(2, neurons)), np.zeros(neurons)
    W2, b2 = size * rng.normal(size=(neurons, 1)), np.zeros(1)
    for _ in range(1000):
        a = x @ W1 + b1
        h = np.tanh(a) if bend else a
        p = 1 / (1 + np.exp(-(h @ W2 + b2)))
        dz = (p - t) / 4
        da = (dz @ W2.T) * ((1 - h * h) if bend else 1)
        W1 -= lr * x.T @ da
        W2 -= lr * h.T @ dz
        if bias:
            b1 -= lr * da.sum(axis=0)
            b2 -= lr * dz.sum(axis=0)
    return abs(p - t).max()


changes = [
    ("nothing", {}, "–"),
    ("one neuron in the middle", {"neurons": 1}, "[9](gates.py)"),
    ("two neurons in the middle", {"neurons": 2}, "[9](gates.py)"),
    ("no bias", {"bias": False},
     "[exercise 0.3](#exercise-03-no-bias)"),
    ("no `tanh`", {"bend": False}, "[3](activations.py)"),
    ("all weights start at 0", {"size": 0.0}, "[5](initializers.py)"),
    ("all weights start near 0", {"size": 0.001}, "[5](initializers.py)"),
    ("steps a hundred times shorter", {"lr": 0.01}, "[6](optimizers.py)"),
    ("steps a hundred times longer", {"lr": 100.0}, "[6](optimizers.py)"),
]
successes = {
    change: sum(learn(seed, **how) < close for seed in seeds)
    for change, how, _ in changes
}
assert successes["nothing"] == len(seeds)
never = [name for name, count in successes.items() if count == 0]
assert len(never) >= 6
table(
    [[name, f"{successes[name]} of {len(seeds)}", chapter]
     for name, _, chapter in changes],
    header=["what is changed", "successes", "why: chapter"],
    caption="The thirty lines with one change, each from "
    f"{len(seeds)} random beginnings.",
    name="changes",
    align="lrr",
)

# %% [markdown]
# In {{ len(never) }} rows of [](#tab-changes) not one run succeeds. The
# answers show that; what they do not show is why. No line is marked as wrong,
# and four numbers between 0 and 1 come out, whether the steps were too short,
# the weights too small or a bias was missing. So this book goes inside, and
# shows each idea as the cure of a failure that you have seen.
#
# ## The same with `nn`
#
# Beside the book stands a small package, `nn`, written in plain NumPy.
# The book explains it line by line. A module that has a chapter is
# printed there whole, from the real source, no line twice and none left
# out; a test checks it. Here is XOR once more, in the words of `nn`:

# %%
from nn import Adam, Dense, Sequential, Tanh
from nn import binary_cross_entropy, fit, glorot_uniform, logic_gate
from nn import sigmoid

rng = np.random.default_rng(0)
model = Sequential(
    Dense(glorot_uniform(2, 8, rng=rng)),
    Tanh(),
    Dense(glorot_uniform(8, 1, rng=rng)),
)
inputs, lamp = logic_gate("XOR")
fit(model, binary_cross_entropy, Adam(model.params, lr=0.05),
    (inputs, lamp), epochs=300, progress=False)
print(sigmoid(model.forward(inputs)).round(3).T)

# %% tags=["check"]
assert abs(sigmoid(model.forward(inputs)) - lamp).max() < 0.05

# %% [markdown]
# (`fit` takes the steps; an epoch is one look at all four cases.) With the
# same few words the later chapters teach a network to follow a
# sine and to read handwriting. None of them is a black box to you by
# then. You will have read `Dense` in [chapter 2](layers.py), `Tanh` in
# [chapter 3](activations.py), `Adam` in [chapter 6](optimizers.py), and
# checked the gradients yourself.
#
# ## A map
#
# Part I builds the machine, a chapter for each module. Part II lets it
# work. Part III goes on from there.

# %% tags=["hide"]
from pathlib import Path

import nn


def length(*modules):
    """The lines of these modules that are not blank."""
    folder = Path(nn.__file__).parent
    texts = [(folder / f"{name}.py").read_text() for name in modules]
    return sum(bool(line.strip()) for text in texts
               for line in text.splitlines())


chapters = [
    ("[1 · The chain rule](scalar.py)", "How does a change at the input "
     "reach the output?", ["scalar"]),
    ("[2 · Layers](layers.py)", "What is the chain rule for a thousand "
     "numbers at once?", ["layers"]),
    ("[3 · Activations](activations.py)", "Why bend the line?",
     ["activations"]),
    ("[4 · Losses](losses.py)", "What does “wrong” cost?", ["losses"]),
    ("[5 · Initialization](initializers.py)", "Where does one start?",
     ["initializers"]),
    ("[6 · Optimizers](optimizers.py)", "Which way, and how far?",
     ["optimizers", "schedules", "clipping"]),
    ("[7 · Training](training.py)", "How do the pieces learn together?",
     ["data", "models", "evaluation", "history", "training"]),
    ("[8 · Trusting a gradient](gradients.py)", "How do I know that it is "
     "right?", ["gradients"]),
    ("[9 · Logic gates and XOR](gates.py)", "What can one neuron decide, "
     "and what does a second one add?", []),
    ("[10 · Learning a function](functions.py)", "How does a network "
     "become a curve, and where does it stop being that curve?", []),
    ("[11 · Reading digits](digits.py)", "Can the parts built so far read "
     "handwriting, and how would we know?",
     ["digits", "dropout", "normalization", "distortions"]),
    ("[12 · Deep networks](deep.py)", "Why does depth fail, and what "
     "repairs it?",
     ["residual"]),
    ("[13 · Generalization](generalization.py)", "When is a good fit a "
     "bad one?", []),
    ("[14 · Speed and memory](speed.py)", "Where does the time go?", []),
    ("[15 · On to PyTorch and Keras](frameworks.py)", "What do the big "
     "frameworks add?", []),
]
table(
    [[name, question, ", ".join(f"`{m}`" for m in modules) or "–",
      f"{length(*modules)}" if modules else "–"]
     for name, question, modules in chapters],
    header=["chapter", "its question", "reads", "lines"],
    caption="The chapters, and the part of the program that each of "
    "them prints and explains.",
    name="map",
    align="lllr",
)
everything = length(*[m for _, _, modules in chapters for m in modules])

# %% tags=["check"]
assert 1000 < everything < 3000

# %% [markdown]
# Together the modules of [](#tab-map) have {{ everything:, }} lines, comments
# and examples included. Part I is meant to be read in order: each chapter's
# code uses only what came before it. Which chapter needs which is drawn on
# the [cover](index.py#the-chapters).
#
# In formulas and curves two colours have a meaning.
# $\val{\text{Values}}$, which flow forward, are blue.
# $\grad{\text{Gradients}}$, which flow back, are orange. (In a map like
# [](#fig-xor), right, they stand for high and low.) And from chapter 2 on the
# names are always the same: $x$ goes in, $y$ comes out, $W$ and $b$ are
# weights and biases, and $dx$ says how the loss $L$ changes with $x$. All
# letters stand in the [notation](notation.md).
#
# ## Run it, copy it, cite it
#
# What you read was made by running it. Each number, table and picture
# was computed when this site was built, from the code beside it. Code
# that is folded away, as for the pictures, unfolds under its result. Two
# tables take longer than a build may, the longest runs of [chapter
# 11](digits.py#the-envelope) and the race of [chapter 14](speed.py); they
# carry their date and machine, and commands that make them again. [How
# this book is built](weaving.py) has the rest.
#
# **Run.** Every chapter is also a notebook and a plain Python file; both
# are offered at its top. Or take the whole book. With the
# [repository](https://github.com/neural-networks-line-by-line/book),
# Python 3.11 or newer and `make`, two commands do it:
#
# ```sh
# make site    # build this book, with all its results
# make test    # check it, every gradient and every page
# ```
#
# **Copy.** The package needs nothing but NumPy. `pip install .` installs
# it; or carry off a single file, with those that it imports: all of them
# stand on [one page](package.md). The code is
# under the MIT licence, text and figures under
# [CC BY 4.0](https://creativecommons.org/licenses/by/4.0/).
#
# **Cite.** Each chapter ends with the line that cites it, and the [first
# page](index.py) with the one for the book; `CITATION.cff` is its source.
# [What changed](changes.md) lists, for each release, the numbers that differ
# from the one before.
#
# ## What we have now
#
# - A network that learned XOR in thirty lines, and a list of changes
#   after which it does not.
# - A map of the answers.
# - Two commands that rebuild all of it.
#
# ## Exercises
#
# ### Exercise 0.1 · Another rule
#
# Let the lamp be on only if *both* switches are. Does the program learn
# it with no neurons in the middle at all? Fill in the gradients of the
# one neuron that is left; copy the pattern of the thirty lines, the reasons
# come in chapters 1 to 4.
#
# ??? tip "Hint"
#
#     The last neuron of the thirty lines sees `h`. This one sees `x`.

# %% tags=["starter"]
import numpy as np

x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
t = np.array([[0], [0], [0], [1]])


def learn_and(seed, steps=1000, lr=1.0):
    """The four answers of one neuron after so many steps."""
    rng = np.random.default_rng(seed)
    W, b = rng.normal(size=(2, 1)), np.zeros(1)
    for _ in range(steps):
        p = 1 / (1 + np.exp(-(x @ W + b)))
        raise NotImplementedError("dz, and two steps")
    return p

# %% tags=["solution"]
# A line can part one corner from the other three; see chapter 9.
def learn_and(seed, steps=1000, lr=1.0):
    rng = np.random.default_rng(seed)
    W, b = rng.normal(size=(2, 1)), np.zeros(1)
    for _ in range(steps):
        p = 1 / (1 + np.exp(-(x @ W + b)))
        dz = (p - t) / 4
        W -= lr * x.T @ dz
        b -= lr * dz.sum(axis=0)
    return p

# %% tags=["tests"]
for seed in range(20):
    worst = abs(learn_and(seed) - t).max()
    assert worst < 0.1, f"seed {seed}: an answer is {worst:.2f} off"

# %% [markdown]
# ### Exercise 0.2 · Count
#
# How many numbers does a network of this kind learn, with `neurons` in
# the middle?
#
# ??? tip "Hint"
#
#     Each neuron has a weight for everything that it looks at, and one
#     bias.

# %% tags=["starter"]
def count(neurons):
    """The weights and biases from 2 switches to 1 lamp."""
    raise NotImplementedError("your formula")

# %% tags=["solution"]
# 2 weights and a bias for each neuron; then one neuron that sees all.
def count(neurons):
    return (2 * neurons + neurons) + (neurons + 1)

# %% tags=["tests"]
import numpy as np

for neurons in (8, 100):
    arrays = [np.zeros(shape) for shape in
              [(2, neurons), neurons, (neurons, 1), 1]]
    numbers = sum(array.size for array in arrays)
    assert count(neurons) == numbers, f"not so with {neurons} neurons"
assert count(0) == 1, "the last bias is always there"

# %% [markdown]
# ### Exercise 0.3 · No bias
#
# Without a bias no run succeeds. Look at the first case, both switches
# off. What does the network answer then, for any weights whatever?
#
# ??? tip "Hint"
#
#     Follow the zeros: what is `x @ W1`, what is its `tanh`?

# %% tags=["starter"]
import numpy as np

answer = None  # a number: what the network says to (0, 0)

# %% tags=["solution"]
# x is (0, 0), so h = tanh(0) = 0 and p = 1 / (1 + exp(0)) = 1/2.
answer = 1 / 2

# %% tags=["tests"]
rng = np.random.default_rng(0)
none = np.zeros((1, 2))
for _ in range(5):
    W1, W2 = rng.normal(size=(2, 8)), rng.normal(size=(8, 1))
    p = 1 / (1 + np.exp(-(np.tanh(none @ W1) @ W2)))
    assert answer == p.item(), "some network answers otherwise"

# %% [markdown]
# ### Exercise 0.4 · A small project: adding
#
# Teach a network the sum of two binary digits: two inputs, and two
# outputs, one for each binary digit of 0, 1 or 2. What must change in
# the thirty lines, and what need not?
#
# ??? tip "Hint"
#
#     Only what has the width of the answer changes: `t`, `W2` and `b2`.

# %% tags=["starter"]
import numpy as np

x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
t = None  # (4, 2): the twos, the ones


def learn_sum(seed, steps=1000):
    """The answers (4, 2) of a network with 8 neurons in the middle."""
    raise NotImplementedError("your thirty lines")

# %% tags=["solution"]
# The gradients stay as they are, if the loss still divides by the four
# examples and not by the eight answers.
t = np.array([[0, 0], [0, 1], [0, 1], [1, 0]])


def learn_sum(seed, steps=1000):
    rng = np.random.default_rng(seed)
    W1, b1 = rng.normal(size=(2, 8)), np.zeros(8)
    W2, b2 = rng.normal(size=(8, 2)), np.zeros(2)
    for _ in range(steps):
        h = np.tanh(x @ W1 + b1)
        p = 1 / (1 + np.exp(-(h @ W2 + b2)))
        dz = (p - t) / 4
        da = (dz @ W2.T) * (1 - h * h)
        W2 -= h.T @ dz
        b2 -= dz.sum(axis=0)
        W1 -= x.T @ da
        b1 -= da.sum(axis=0)
    return p

# %% tags=["tests"]
sums = x.sum(axis=1)  # 0, 1, 1, 2
for seed in range(3):
    twos, ones = learn_sum(seed).T
    assert np.array_equal(2 * twos.round() + ones.round(), sums)

# %% [markdown]
# ## Notes
#
# Minsky and Papert proved in 1969 what networks with a single layer of
# adjustable weights cannot compute; telling odd from even is their
# best-known case, and XOR is that question for two switches. Rumelhart,
# Hinton and Williams showed in 1985 how a layer in between can be
# trained, and XOR was among their examples.[^pdp]
#
# [^perceptrons]: [Minsky and Papert 1969](bibliography.md#minsky-1969).
# [^pdp]: [Rumelhart, Hinton and Williams
#     1985](bibliography.md#rumelhart-1985).
