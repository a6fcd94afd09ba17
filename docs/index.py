# %% [markdown]
# # Neural Networks, Line by Line
#
# A neural network can be read, like a book. This is that book: a small,
# complete program in Python, about how machines learn from examples,
# and the story of every line in it.
#
# **[Start here →](start.py)**

# %% tags=["hide"]
import numpy as np

from nn import Adam, Dense, Sequential, Tanh
from nn import accuracy, binary_cross_entropy, lecun_normal, sigmoid
from weave import PAPER, figure, subplots

rng = np.random.default_rng(4)

# Two arms of a spiral, 150 points each: x (300, 2), t (300, 1).
angle = np.linspace(0.4, 3.3 * np.pi, 150)
arm = np.stack([angle * np.cos(angle), angle * np.sin(angle)], axis=1)
arm /= angle[-1]
x = np.vstack([arm, -arm]) + rng.normal(0, 0.012, (300, 2))
x = x.astype(np.float32)
t = np.repeat([[1], [0]], 150, axis=0)

model = Sequential(
    Dense(3 * lecun_normal(2, 48, rng=rng)),
    Tanh(),
    Dense(lecun_normal(48, 48, rng=rng)),
    Tanh(),
    Dense(lecun_normal(48, 1, rng=rng)),
)
optimizer = Adam(model.params, lr=0.01)

size, edge = 96, 1.12
line = np.linspace(-edge, edge, size, dtype=np.float32)
plane = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)

shown = [0, 40, 70, 100, 140, 500]
frames, shares = [], []
for step in range(shown[-1] + 1):
    if step in shown:
        frames.append(sigmoid(model.forward(plane)).reshape(size, size))
        shares.append(accuracy(model.forward(x), t))
    z = model.forward(x, train=True)
    loss, dz = binary_cross_entropy(z, t)
    model.backward(dz)
    optimizer.step()
assert shares[0] < 0.7 and shares[-1] == 1

fig, axes = subplots(2, 3, figsize=(7.2, 5.1))
for ax, frame, step in zip(axes.flat, frames, shown):
    ax.imshow(frame, origin="lower", cmap="surface", vmin=0, vmax=1,
              extent=(-edge, edge, -edge, edge), interpolation="none")
    for label, color, marker in ((1, "#00304f", "o"), (0, "#7a3000", "s")):
        ax.scatter(*x[t[:, 0] == label].T, s=6, c=color, marker=marker,
                   edgecolors=PAPER, linewidths=0.4, rasterized=True)
    ax.set_title(f"step {step}")
    ax.axis("off")
figure(
    fig,
    "spiral",
    wide=True,
    alt="Six pictures of a plane with two interleaved spirals of points, "
    "dark blue circles and dark orange squares. At step 0 the plane is "
    "pale and divided at random. From picture to picture the blue and "
    "the orange regions bend further, until at the last one they wind "
    "around each other and each point lies in the region of its colour.",
    caption="A network with three layers of neurons learns to tell two "
    "arms of a spiral apart. It was trained while this page was built, by the "
    "program that the book explains. Points are the examples; the colour "
    "behind them is what the network answers there.",
)

# %% [markdown]
# At the beginning this network guesses, and puts {{ shares[0]:.0% }} of the
# points on the right side. After {{ shown[-1] }} steps it puts
# {{ shares[-1]:.0% }} of them there. What happens in between is
# multiplication, addition, a curve that bends, and the chain rule of
# school calculus, done very often. You can read all of it here.
#
# ## The chapters
#
# A line leads from a chapter to those that build on it. Chapter 0 comes
# before all of them.
#
# <div class="chapters"></div>
#
# ## For whom
#
# For you, if you know Python and what a derivative is. You need not have
# heard of neurons, matrices of derivatives or any framework.
#
# ## What is different here
#
# **The book is the program.** A chapter prints its part of the package
# `nn` whole, from the real source, each line in one place; a few lines
# come once more where they are needed again. What you read is what runs.
#
# **Results are computed.** Each figure and each number that reports what
# a network did was made by the code beside it when the site was built; two
# tables that take too long carry their date and their machine.
# What the text claims about a result stands as an assertion in that code;
# if one fails, there is no site.
#
# **Failure comes first.** You see a network that does not learn, look
# inside, and repair it. Every technique is the answer to a failure.
#
# **Gradients are checked.** A wrong gradient can look better than a right
# one. Each of ours is compared with an independent one.
