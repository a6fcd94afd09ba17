# %% [markdown]
# # 2 · Layers
#
# *What is the chain rule for a thousand numbers at once?*
#
# After this chapter you can follow a gradient through a matrix product
# without looking anything up, say the shape of every array on the way,
# and you will have read every line of `nn/layers.py`, on which the rest
# of the book stands.

# %%
import numpy as np

from nn.layers import Dense, Parameter, Sequential
from nn.scalar import Value

# %% tags=["hide"]
from matplotlib.patches import Rectangle

from weave import DATA, GRADIENT, INK, VALUE
from weave import figure, recall, show, subplots, table

# %% [markdown]
# ## Three neurons and four numbers
#
# A *neuron* takes some numbers, multiplies each by its *weight*, adds the
# products up, and adds a *bias*. Here are four numbers, and the weights
# and the bias of one neuron:

# %%
inputs = [1.0, 2.0, 3.0, 2.5]
weights = [0.2, 0.8, -0.5, 1.0]
bias = 2.0
sum(a * w for a, w in zip(inputs, weights)) + bias

# %% [markdown]
# A *layer* is several neurons that look at the same numbers. With three
# neurons there are twelve weights and three biases. Put each neuron's
# weights in a column of a table, $W$, and the inputs in a row, $x$; then
# one matrix product does all the multiplying and adding. We give the
# layer a second row of inputs as well, because a network seldom looks at
# one example alone.

# %%
x = np.array([[1.0, 2.0, 3.0, 2.5],
              [2.0, 0.5, -1.0, 1.0]])
W = np.array([[0.20, 0.50, -0.26],
              [0.80, -0.91, -0.27],
              [-0.50, 0.26, 0.17],
              [1.00, -0.50, 0.87]])
b = np.array([2.0, 3.0, 0.5])
y = x @ W + b
print(y)

# %% tags=["check"]
assert np.allclose(y[0], [4.8, 1.21, 2.385])

# %% [markdown]
# The first column of the first row is the neuron from above:
# {{ y[0, 0]:.1f }}. Written out, the product is the sum that the neuron
# made. With $i$ for the example, $k$ for the input and $j$ for the
# neuron, all counted from 0 as in Python (these letters, and all that
# follow, stand in the [notation](notation.md)):
#
# $$
# \label{dense-neuron: one output of a Dense layer}
# \val{y_{ij}} = \sum_{k} \val{x_{ik}}\, W_{kj} + b_j
# $$
#
# And [](#eq-dense-neuron) for the whole tables at once, with $n$ examples,
# $d_\text{in}$ inputs and $d_\text{out}$ neurons:
#
# $$
# \label{dense: a Dense layer}
# \underset{(n,\ d_\text{out})}{\val{y}} =
# \underset{(n,\ d_\text{in})}{\val{x}}\
# \underset{(d_\text{in},\ d_\text{out})}{W} +
# \underset{(d_\text{out},)}{b}
# $$
#
# Read the shapes of [](#eq-dense) as you read units in physics. In a product
# the inner two must agree, and they vanish: in [](#fig-forward),
# $(2, 4)\,(4, 3)$ gives $(2, 3)$. The bias has one number a neuron, and NumPy
# adds it to every row.

# %% tags=["hide"]
def draw_boxes(ax, items, colors, unit=0.28):
    """Draw matrices as boxes to scale, with signs between them."""
    left = 0.0
    for item in items:
        if isinstance(item, str):
            ax.text(left + 0.22, 0, item, ha="center", va="center")
            left += 0.5
            continue
        name, rows, columns = item
        width, height = unit * columns, unit * rows
        corner = left, -height / 2
        color = colors[name]
        ax.add_patch(Rectangle(corner, width, height, fill=False,
                               edgecolor=color, linewidth=1.6))
        for i in range(1, rows):
            ax.plot([left, left + width], [i * unit - height / 2] * 2,
                    color=color, linewidth=0.4)
        for j in range(1, columns):
            ax.plot([left + j * unit] * 2, [-height / 2, height / 2],
                    color=color, linewidth=0.4)
        label = name.rstrip("'") + (r"$^\top$" if "'" in name else "")
        ax.text(left + width / 2, height / 2 + 0.1, label, ha="center",
                va="bottom", color=color)
        ax.text(left + width / 2, -height / 2 - 0.1,
                f"({rows}, {columns})" if name not in ("b", "db")
                else f"({columns},)", ha="center", va="top", fontsize=8.5)
        left += width + 0.3
    ax.set(xlim=(-0.2, 6.4), ylim=(-1.0, 1.0), aspect="equal")
    ax.axis("off")


def shapes_picture(rows):
    colors = {"x": VALUE, "x'": VALUE, "y": VALUE, "W": INK, "W'": INK,
              "b": INK, "dy": GRADIENT, "dW": GRADIENT, "db": GRADIENT,
              "dx": GRADIENT}
    fig, axes = subplots(len(rows), 1, figsize=(5.4, 1.75 * len(rows)))
    for ax, items in zip(np.atleast_1d(axes), rows):
        draw_boxes(ax, items, colors)
    return fig


figure(
    shapes_picture([
        [("x", 2, 4), "@", ("W", 4, 3), "+", ("b", 1, 3), "=",
         ("y", 2, 3)],
    ]),
    "forward",
    alt="Boxes drawn to scale. x has 2 rows and 4 columns, W 4 rows and "
    "3 columns, b one row of 3, and the result y 2 rows and 3 columns.",
    caption="The layer, to scale. A row is an example, a column of $W$ "
    "a neuron.",
)

# %% [markdown]
# Some books turn all this on its side and write an example as a column.
# The arithmetic is the same; only mixing the two conventions hurts. In
# this book an example is always a row.
#
# ## The table nobody can store
#
# Somewhere after our layer a single number $L$ comes out, the *loss*,
# which says how wrong the network is. To learn, we need to know how $L$
# changes when one weight changes and all else stays. That slope is
# written $\partial L / \partial W_{kj}$, with a round d because there are
# many numbers that could have changed instead.
#
# A weight changes outputs, and the outputs change $L$. The chain rule of
# chapter 1, [](scalar.py#eq-chain-rule), says: multiply the slopes along the
# way, and if there are several ways, add them up. With two outputs,
#
# $$
# \text{change of } L \approx
# \frac{\partial L}{\partial y_0} \cdot (\text{change of } y_0) +
# \frac{\partial L}{\partial y_1} \cdot (\text{change of } y_1).
# $$
#
# So we ask for the slopes of the layer itself: how does each output
# change with each weight?
#
# That is a table with a row for every output and a column for every
# weight. Ours is small enough to measure. Nudge each weight in turn, see
# what every output does:

# %%
def outputs(weights):
    return (x @ weights.reshape(4, 3) + b).ravel()  # (6,)


h = 1e-6
slopes = np.empty((6, 12))
for w in range(12):
    nudge = np.zeros(12)
    nudge[w] = h
    more = outputs(W.ravel() + nudge)
    less = outputs(W.ravel() - nudge)
    slopes[:, w] = (more - less) / (2 * h)
zeros_share = np.mean(np.isclose(slopes, 0))

# %% tags=["hide"]
fig, ax = subplots(figsize=(5.4, 2.9))
ax.imshow(np.where(abs(slopes) < 1e-3, np.nan, slopes), cmap="surface",
          vmin=-3.5, vmax=3.5)
for i in range(6):
    for k in range(12):
        if abs(slopes[i, k]) > 1e-3:
            ax.text(k, i, f"{slopes[i, k]:g}".replace("-", "−")
                    if abs(slopes[i, k] - round(slopes[i, k], 1)) > 1e-3
                    else f"{slopes[i, k]:.1f}".replace("-", "−"),
                    ha="center", va="center", fontsize=8,
                    color="#000001")
        else:
            ax.text(k, i, "0", ha="center", va="center", fontsize=8,
                    color=DATA)
ax.set_xticks(range(12), [f"{i}{j}" for i in range(4) for j in range(3)])
ax.set_yticks(range(6), [f"{i}{j}" for i in range(2) for j in range(3)])
ax.set(xlabel="weight $W_{kj}$", ylabel="output $y_{ij}$")
ax.tick_params(length=0)
figure(
    fig,
    "jacobian",
    alt="A table of 6 rows and 12 columns. Two thirds of it are zeros. "
    "The rest repeats the eight inputs, each three times, along "
    "diagonals.",
    caption="How each output changes with each weight. The numbers that "
    "are not zero are the inputs $x$, over and over.",
)

# %% tags=["check"]
assert np.isclose(zeros_share, 2 / 3)
n, d_in, d_out = 128, 784, 128
entries = (n * d_out) * (d_in * d_out)
gigabytes = entries * 4 / 1e9
zeros_mnist = 1 - 1 / d_out

# %% [markdown]
# Now the same table for a layer that reads handwritten digits,
# chapter 11's: {{ d_in }} inputs, {{ d_out }} neurons, {{ n }} digits at
# a time. It has {{ n * d_out:, }} rows and {{ d_in * d_out:, }} columns,
# which makes {{ entries / 1e9:.2f }} billion slopes, or
# {{ gigabytes:.1f }} gigabytes at four bytes each, for one layer at one
# moment. Measuring it would run the layer twice for each of its
# {{ d_in * d_out:, }} weights. Nobody does this, and [](#fig-jacobian) tells
# why nobody needs to. An output depends only on its own neuron's weights, so
# all but one in {{ d_out }} of those slopes are zero. And what is left is
# nothing new: it is $x$.
#
# ## What comes back
#
# We do not want the slopes of the outputs. We want the slope of $L$, one
# number for each weight: a table of the shape of $W$. So let us go
# backward, from $L$.
#
# Suppose the rest of the network has already told us how $L$ changes with
# each output. That is a table of the shape of $y$, and we call it $dy$.
# The two letters are one name, short for $\partial L / \partial y$; so
# are $dW$, $db$ and $dx$ below.
#
# $$
# \label{dy: the gradient of the output}
# \underset{(n,\ d_\text{out})}{\grad{dy_{ij}}} =
# \frac{\partial L}{\partial \val{y_{ij}}}
# $$
#
# For our example we need some $L$. Take half the sum of the squared
# outputs. As a loss it asks every neuron to answer 0, which is of no use
# to anybody; but its slopes are easy, $dy = y$.

# %%
def loss(W, x=x, b=b):
    return 0.5 * np.sum((x @ W + b) ** 2)


dy = y.copy()
print(loss(W))

# %% [markdown]
# Pick one weight, `W[2, 0]`, which leads from the third input to the
# first neuron. Nudge it by a little $h$. In the first example the third input
# is {{ x[0, 2]:.0f }}, so the first output moves by
# {{ x[0, 2]:.0f }} $h$; in the second example it is {{ x[1, 2]:.0f }}, so
# there the first output moves by {{ x[1, 2]:.0f }} $h$. Nothing else
# moves. Each of the two movements changes $L$ at the rate that $dy$ says,
# and we add. Beside it, the same slope measured:

# %%
by_rule = x[0, 2] * dy[0, 0] + x[1, 2] * dy[1, 0]

nudge = np.zeros((4, 3))
nudge[2, 0] = h
by_nudge = (loss(W + nudge) - loss(W - nudge)) / (2 * h)
print(f"{by_rule:.6f} {by_nudge:.6f}")

# %% tags=["check"]
assert abs(by_rule - by_nudge) < 1e-6 * abs(by_rule)

# %% [markdown]
# The same for the weight from input $k$ to neuron $j$, over all examples
# $i$:
#
# $$
# \label{dense-one-weight: the gradient of one weight}
# \grad{dW_{kj}} = \frac{\partial L}{\partial W_{kj}}
# = \sum_{i} \frac{\partial \val{y_{ij}}}{\partial W_{kj}}\, \grad{dy_{ij}}
# = \sum_{i} \val{x_{ik}}\, \grad{dy_{ij}}
# $$
#
# This is a matrix product in disguise. A matrix product sums over the
# *columns* of its first table and the *rows* of its second. Here $i$
# counts the rows of both. So we turn the first: $x^\top$, read "x
# transposed", is $x$ with its rows made columns.
#
# $$
# \label{dense-weights: the gradient of the weights}
# \underset{(d_\text{in},\ d_\text{out})}{\grad{dW}} =
# \underset{(d_\text{in},\ n)}{\val{x}^\top}\
# \underset{(n,\ d_\text{out})}{\grad{dy}}
# $$
#
# The examples of [](#eq-dense-one-weight) have vanished from the shape.
# They were summed over: a
# weight that serves two examples gets the sum of two gradients.
#
# **The bias** enters each output of its neuron with slope 1, once an
# example:
#
# $$
# \grad{db_{j}} = \sum_{i} 1 \cdot \grad{dy_{ij}}
# $$
#
# $$
# \label{dense-bias: the gradient of the bias}
# \underset{(d_\text{out},)}{\grad{db}} =
# \text{the column sums of } \underset{(n,\ d_\text{out})}{\grad{dy}}
# $$
#
# **The input** has gradients too. The layer before ours made $x$, and
# that layer waits for its own $dy$, which is our $dx$. An input feeds
# every neuron, so now the sum runs over $j$:
#
# $$
# \grad{dx_{ik}} = \sum_{j}
# \frac{\partial \val{y_{ij}}}{\partial \val{x_{ik}}}\, \grad{dy_{ij}}
# = \sum_{j} W_{kj}\, \grad{dy_{ij}}
# $$
#
# $$
# \label{dense-input: the gradient of the input}
# \underset{(n,\ d_\text{in})}{\grad{dx}} =
# \underset{(n,\ d_\text{out})}{\grad{dy}}\
# \underset{(d_\text{out},\ d_\text{in})}{W^\top}
# $$
#
# That is all of it. Three lines, [](#eq-dense-weights),
# [](#eq-dense-bias) and [](#eq-dense-input), and the table of slopes was never
# made. They stand in the thirty lines of [chapter 0](start.py) too as
# `h.T @ dz`, `dz.sum(axis=0)` and `dz @ W2.T`[^once]:
#
# [^once]: The third only once, for nobody there asks for the $dx$ of the
#     switches.

# %%
dW = x.T @ dy          # (4, 2) @ (2, 3) -> (4, 3)
db = dy.sum(axis=0)    # (2, 3) -> (3,)
dx = dy @ W.T          # (2, 3) @ (3, 4) -> (2, 4)

# %% tags=["hide"]
figure(
    shapes_picture([
        [("x'", 4, 2), "@", ("dy", 2, 3), "=", ("dW", 4, 3)],
        [("dy", 2, 3), "@", ("W'", 3, 4), "=", ("dx", 2, 4)],
    ]),
    "backward",
    alt="Two rows of boxes to scale. Above: x transposed, 4 by 2, times "
    "dy, 2 by 3, gives dW, 4 by 3. Below: dy, 2 by 3, times W "
    "transposed, 3 by 4, gives dx, 2 by 4.",
    caption="The way back. Every gradient has the shape of what it is "
    "the gradient of.",
)

# %% [markdown]
# ## Right shapes, wrong numbers
#
# [](#fig-backward) suggests a trick: multiply what you have in the only
# way, turned or not, in which the shapes fit. It works as long as $n$,
# $d_\text{in}$ and $d_\text{out}$ are three different numbers. Where two
# of them are equal, two ways fit. Take a layer with as many neurons as
# inputs: $W$ and $W^\top$ have the same shape, and nothing warns whoever
# forgets to turn it. (To have any $dy$ we like, call it $g$ and take
# $L = \sum g_{ij}\, y_{ij}$: how it changes with $y_{ij}$ is $g_{ij}$.)

# %%
rng = np.random.default_rng(2)
square = rng.normal(size=(4, 4))
g = rng.normal(size=(2, 4))         # some dy

right = g @ square.T
wrong = g @ square
print(right.shape, wrong.shape)


def nudged(i, k):
    """dL/dx[i, k] by nudging, for L = sum of g * (x @ square)."""
    move = np.zeros_like(x)
    move[i, k] = h
    change = (x + move) @ square - (x - move) @ square
    return np.sum(g * change) / (2 * h)


measured = np.array([[nudged(i, k) for k in range(4)]
                     for i in range(2)])

# %% tags=["hide"]
def relative(a, b):
    return np.linalg.norm(a - b) / (np.linalg.norm(a) + np.linalg.norm(b))


error_right, error_wrong = relative(right, measured), relative(
    wrong, measured)
assert error_right < 1e-8 and error_wrong > 0.1
table(
    [["`g @ square.T`", str(right.shape), error_right],
     ["`g @ square`", str(wrong.shape), error_wrong]],
    header=["code", "shape", "relative error"],
    caption="Both run, both have the shape of $x$. One is the gradient.",
    name="turned",
    formats=["", "", ".0e"],
)

# %% [markdown]
# The layer that reads digits is such a case: {{ n }} examples,
# {{ d_out }} neurons. So keep the shapes as a guard, and the sum as the
# reason. And measure: a gradient that has not been compared with nudging
# is a guess. (The relative error in [](#tab-turned) is the length of the
# difference, divided by the two lengths added; the length of a table is
# the root of the sum of its squares. 0 is perfect agreement; 1
# is the worst, opposite ways, or one of the two all zeros.)
#
# ## The same in single steps
#
# There is a second witness. `Value`, the engine of
# [chapter 1](scalar.py), knows no matrices. It adds and multiplies single
# numbers, and each result remembers pairs: a number it came from, and the
# slope toward that number. For a product $uv$ the slopes are $v$ and $u$:

# %%
recall("scalar:Value.__mul__")

# %% [markdown]
# From the end it [walks back](scalar.py#nn-scalar-Value-backward) through
# all results, and at each adds slope times gradient to the numbers that it
# came from. If our three lines are right, the engine must find the same
# gradients without knowing them. We build the layer again out of single
# numbers:

# %%
xs = [[Value(number) for number in row] for row in x]
Ws = [[Value(number) for number in row] for row in W]
bs = [Value(number) for number in b]

L = Value(0)
for row in xs:
    for j in range(3):
        neuron = bs[j]
        for k in range(4):
            neuron = neuron + row[k] * Ws[k][j]
        L = L + neuron * neuron * 0.5
L.backward()

# %%
def grads(values):
    return np.array([[value.grad for value in row] for row in values])


differences = [
    abs(grads(ours) - gradient).max()
    for ours, gradient in [(Ws, dW), ([bs], db), (xs, dx)]
]
print(*differences)

# %% tags=["hide"]
largest = max(differences)
assert largest < 1e-13
multiplications = 2 * n * d_in * d_out

# %% [markdown]
# The largest difference is {{ largest:.0e }}: the same numbers, but for
# the order in which they were added. The engine needs an object for every
# product and every sum. For the layer that reads digits these would be
# {{ multiplications / 1e6:.0f }} million objects on the way forward
# alone. The matrix product keeps the numbers and drops the objects.
#
# ## The code
#
# `nn/layers.py` is what we have derived, in the words of Python.

# %%
show("layers:")

# %% [markdown]
# **A parameter** is a value and its gradient, side by side. Weights and
# biases are parameters; what we feed in is not.[^guards]
#
# [^guards]: Four small functions guard the doors of all that follows, and are
#     printed after it: `expect(fine, …)` [raises an error](#/raise ValueError)
#     unless all is fine, `as_float` makes an array, of `float32` if nothing
#     else is given, `kept` and `gradient_for` look after the way back.

# %%
show("layers:Parameter")

# %% [markdown]
# The two arrays live as long as the parameter. A layer fills
# [`grad`](#/self.grad =), and whoever makes the steps, the *optimizer* of
# chapter 6, changes `value`. Neither ever puts a *new* array there. That is
# a guard: a step that has the wrong shape does not fit into the array, and
# NumPy refuses it.
#
# **A layer** is anything with a way forward, a way back, and parameters.
# Python calls such a promise a protocol (and `runtime_checkable` lets
# `isinstance` ask whether it is kept). No class inherits from it:

# %%
show("layers:Layer")

# %% [markdown]
# `forward` has a switch. In training we will go back, and to go back a
# layer must remember what it saw: $dW$ needs $x$. In use we will not, and
# a layer that remembered everything would fill the memory for nothing.
# So a layer keeps something only if `train=True`.
#
# **Dense** is our layer: every input connected to every neuron. It takes
# the weights that it is given. Where weights come from is a question with
# a chapter of its own, the fifth.

# %%
show("layers:Dense.")
show("layers:Dense.__init__")

# %% [markdown]
# Forward is [$y = xW + b$](#/y = x @ W), after a look at the shape of $x$.
# What it [keeps](#/self._xy = x, y) is $x$, for $dW$, and $y$, whose shape
# $dy$ must have.

# %%
show("layers:Dense.forward")

# %% [markdown]
# And back. [`np.matmul(…, out=…)`](#/np.matmul) writes the product into the
# gradient that is already there, so nothing is allocated and nothing is
# added to what was there before. The [third line](#/return dy @ self),
# $dx = dy\,W^\top$, stands apart from the other two, for a reason that
# comes soon.

# %%
show("layers:Dense.set_gradients")
show("layers:Dense.backward")

# %% [markdown]
# The example once more, now by `nn`, and its distance from our three
# lines:

# %%
layer = Dense(W, b)
layer.forward(x, train=True)
dx_layer = layer.backward(dy)
print(abs(layer.weight.grad - dW).max(),
      abs(layer.bias.grad - db).max(),
      abs(dx_layer - dx).max())

# %% tags=["check"]
assert np.allclose(layer.weight.grad, dW, rtol=1e-12)
assert np.allclose(layer.bias.grad, db, rtol=1e-12)
assert np.allclose(dx_layer, dx, rtol=1e-12)

# %% [markdown]
# Overwriting has a reward and a price. Call `backward` twice and you get
# the same gradient, not twice the gradient; nobody has to set gradients
# to zero between steps, and nobody can forget to. The price: a layer
# cannot be used in two places of one network, since the second use would
# wipe out what the first one found.
#
# Now the guards. `expect` gives all errors of `nn` one form: where, what
# was expected, what came.

# %%
show("layers:expect")

# %% [markdown]
# A setting should be a finite number, and some a whole one. `number` lets
# those through; of all else, a word or a list or infinity, it makes "not a
# number", nan. Every comparison with nan is false, so `0 <= number(rate)`
# answers for whatever comes.

# %%
show("layers:number")

# %% [markdown]
# `as_float` makes an array of whatever is given, if it is made of real
# numbers: floating (`f`), whole (`i`, `u`) or true and false (`b`).
# Networks compute in `float32`, four bytes a number, which is precise
# enough to learn and takes half the memory of Python's own eight. To check
# a gradient we want all eight, so arrays of `float64`
# [stay what they are](#/array.astype).

# %%
show("layers:as_float")

# %% [markdown]
# `kept` hands out what the way forward kept, and `gradient_for` looks at
# the shape of what comes back.

# %%
show("layers:kept")
show("layers:gradient_for")

# %% [markdown]
# Three calls that should not work, and what they say:

# %%
for mistake in (
    lambda: layer.forward([[1.0, 2.0]]),
    lambda: layer.backward([[1.0, 0.0, 0.0]]),
    lambda: Dense(W).backward(dy),
):
    try:
        mistake()
    except (ValueError, RuntimeError) as error:
        print(error)

# %% [markdown]
# ## A row of layers
#
# A network is layers in a row. Forward: the output of one is the input
# of the next. Backward: the $dx$ of one is the $dy$ of the one before.
# Inside a layer our three lines ([](#eq-dense-weights) to
# [](#eq-dense-input)), between layers this sentence: together
# they are the chain rule for a thousand numbers. `Sequential` is the
# sentence in Python.

# %%
show("layers:Sequential.")
show("layers:Sequential.__init__")
show("layers:Sequential.forward")

# %% [markdown]
# A `Sequential` inside another is opened, and its layers take their
# places in the row; so one can build a network from parts. The tests in
# `__init__` catch two slips: [a class](#/a_class = isinstance) where a
# layer is meant (`ReLU` for `ReLU()`), and one layer in two places, by its
# [`id`](#/id(layer) for layer):

# %%
try:
    Sequential(layer, layer)
except ValueError as error:
    print(error)

# %% [markdown]
# The way back makes one exception to the promise of a layer: it returns
# `dx` [only if asked](#/if need_dx:).

# %%
show("layers:Sequential.backward")

# %% tags=["hide"]
sizes = [784, 128, 64, 10]
products = [a * b for a, b in zip(sizes, sizes[1:])]
share = products[0] / (3 * sum(products))
assert 0.30 < share < 0.31

# %% [markdown]
# The first layer's $x$ is the data. Its $dx$ would tell how the *pixels*
# should change to please the network, and training does not change the
# pixels. It is a large product, because the data is the widest thing in
# this network. Count multiplications for one that reads digits, with
# layers of {{ sizes[1] }}, {{ sizes[2] }} and {{ sizes[3] }} neurons: each
# layer needs $n\,d_\text{in}\,d_\text{out}$ of them for $y$, as many for
# $dW$, as many for $dx$. The first layer's $dx$ alone is
# {{ share:.0% }} of all. So `Sequential` leaves it out, and that is why
# `Dense` keeps its third line apart: the
# [last statement but one](#/last.backward) calls `set_gradients` where a
# layer has it, and `backward` where not.
#
# ## Downhill
#
# Now use it. Two layers, one after the other, and steps against the
# gradient: every parameter moves by a small share of it, again and again.
# How small? The share is called the *learning rate*. We try three.

# %%
def descend(rate, steps=60):
    rng = np.random.default_rng(1)
    model = Sequential(Dense(W, b), Dense(rng.normal(size=(3, 2))))
    losses = []
    for step in range(steps):
        out = model.forward(x, train=True)
        losses.append(0.5 * np.sum(out**2))
        model.backward(out)                  # dL/dout = out
        for p in model.params:
            p.value -= rate * p.grad
    return model, losses


runs = {rate: descend(rate) for rate in (0.002, 0.01, 0.03)}
model, losses = runs[0.002]

# %% tags=["hide"]
curves = {rate: curve for rate, (_, curve) in runs.items()}
assert losses[-1] < 0.01 * losses[0]
assert np.all(np.diff(losses) < 0)
assert max(np.diff(curves[0.03])) > 0
fig, ax = subplots(figsize=(5.4, 2.5))
for (rate, curve), style in zip(curves.items(), ("-", "--", ":")):
    ax.semilogy(curve, style, color=VALUE, label=f"rate {rate}")
ax.set(xlabel="step", ylabel="$L$")
ax.legend()
figure(
    fig,
    "downhill",
    alt="The loss over 60 steps on a logarithmic axis, for three rates. "
    "At the smallest rate it falls slowly and at every step, at the "
    "middle one faster. At the largest it first jumps up.",
    caption="Steps against the gradient, at three rates.",
)

# %% [markdown]
# At the smallest rate of [](#fig-downhill), $L$ falls at every step, from
# {{ losses[0]:.1f }} to {{ losses[-1]:.2g }}: the two layers learn to answer
# 0, as they were asked to. At the largest it first goes *up*, because the
# slope is only true for small moves. How far one may go is the question of
# chapter 6.
#
# Before you ask two layers for more, look at what they compute:
#
# $$
# \label{two-layers: two layers that are one}
# (\val{x} W_1 + b_1)\, W_2 + b_2 =
# \underset{(n,\ d_\text{in})}{\val{x}}\
# \underset{(d_\text{in},\ d_\text{out})}{(W_1 W_2)} +
# \underset{(d_\text{out},)}{(b_1 W_2 + b_2)}
# $$
#
# (In $(x W_1) W_2$ of [](#eq-two-layers) every entry is the sum, over each way
# from an input
# through a neuron to an output, of three numbers multiplied. Add up the
# neurons first, and it is $x (W_1 W_2)$.) That is one layer, with the
# weight $W_1 W_2$. The program agrees:

# %%
first, second = model.layers
one = Dense(
    first.weight.value @ second.weight.value,
    first.bias.value @ second.weight.value + second.bias.value,
)
gap = abs(one.forward(x) - model.forward(x)).max()
print(gap)

# %% tags=["check"]
assert gap < 1e-12

# %% [markdown]
# Three layers of this kind are one as well, and so are a hundred. Depth
# gains nothing. Something between the layers has to bend, and that is the
# next chapter.
#
# ## What we have now
#
# - A layer in three lines backward: $dW = x^\top dy$, $db$ the column
#   sums of $dy$, $dx = dy\,W^\top$; each found by asking which outputs a
#   number touches, and adding up.
# - Every line of `layers.py`: parameters, layers, rows of layers, and
#   gradients that agree with single steps to {{ largest:.0e }}.
# - A problem: two such layers are one.
#
# ## Exercises
#
# ### Exercise 2.1 · Eight shapes
#
# A layer has 10 inputs and 4 neurons. It is given 32 examples at a time,
# a *batch*. Write
# down the shape of each array.
#
# ??? tip "Hint"
#
#     A row is an example. Every gradient has the shape of what it is the
#     gradient of.

# %% tags=["starter"]
shapes = {  # such as (10, 4), or (4,)
    "x": None, "W": None, "b": None, "y": None,
    "dy": None, "dW": None, "db": None, "dx": None,
}

# %% tags=["solution"]
shapes = {
    "x": (32, 10), "W": (10, 4), "b": (4,), "y": (32, 4),
    "dy": (32, 4), "dW": (10, 4), "db": (4,), "dx": (32, 10),
}

# %% tags=["tests"]
import numpy as np

from nn import Dense

layer = Dense(np.zeros((10, 4)))
x = np.zeros((32, 10))
y = layer.forward(x, train=True)
dy = np.zeros_like(y)
dx = layer.backward(dy)
arrays = {
    "x": x, "W": layer.weight.value, "b": layer.bias.value, "y": y,
    "dy": dy, "dW": layer.weight.grad, "db": layer.bias.grad, "dx": dx,
}
for name, array in arrays.items():
    assert shapes[name] == array.shape, f"{name} is not {shapes[name]}"

# %% [markdown]
# ### Exercise 2.2 · Where the mean belongs
#
# Let $L$ be the *mean* over the $n$ examples of half the sum of their
# squared outputs. What is $dy$ now? Nothing in the layer changes.
#
# ??? tip "Hint"
#
#     A mean is a sum, divided by $n$. So is each of its slopes.

# %% tags=["starter"]
import numpy as np


def loss(y):
    """The mean over the rows of half the sum of squares."""
    return 0.5 * np.sum(y**2) / len(y)


def gradient(y):
    """dL/dy, of the shape of y."""
    raise NotImplementedError("your formula")

# %% tags=["solution"]
# Only the loss knows that it averages, so the 1/n stands here. A second
# 1/n in each layer's dW would make every step n times too small; in dx
# too, n * n times too small for the layer before.
def gradient(y):
    return y / len(y)

# %% tags=["tests"]
y = np.array([[4.8, 1.21, 2.385], [1.9, 2.8, 0.7]])
for index in np.ndindex(y.shape):
    nudge = np.zeros_like(y)
    nudge[index] = 1e-6
    measured = (loss(y + nudge) - loss(y - nudge)) / 2e-6
    found = gradient(y)[index]
    assert abs(found - measured) < 1e-8, f"dy{index} is {measured:.6f}"

# %% [markdown]
# ### Exercise 2.3 · No bias
#
# Write a layer `Linear` for $y = xW$ that can stand in a `Sequential`.
#
# ??? tip "Hint"
#
#     `Dense` without everything that says `bias`. Write *into* the
#     gradient: `grad[...] =`.

# %% tags=["starter"]
import numpy as np

from nn import Dense, Parameter, Sequential


class Linear:
    """y = x W, for x (n, d_in) and W (d_in, d_out)."""

    def __init__(self, weight):
        self.weight = Parameter(weight)
        self.params = (self.weight,)

    def forward(self, x, train=False):
        raise NotImplementedError("your code")

    def backward(self, dy):
        raise NotImplementedError("your code")

# %% tags=["solution"]
class Linear:
    def __init__(self, weight):
        self.weight = Parameter(weight)
        self.params = (self.weight,)

    def forward(self, x, train=False):
        if train:
            self.x = x
        return x @ self.weight.value

    def backward(self, dy):
        self.weight.grad[...] = self.x.T @ dy
        return dy @ self.weight.value.T

# %% tags=["tests"]
rng = np.random.default_rng(0)
x, W = rng.normal(size=(2, 4)), rng.normal(size=(4, 3))
mine, theirs = Linear(W), Dense(W)
gradient = mine.weight.grad
for layer in (mine, theirs):
    layer.y = layer.forward(x, train=True)
    layer.dx = layer.backward(layer.y)
assert np.allclose(mine.y, theirs.y)
assert np.allclose(mine.dx, theirs.dx)
assert np.allclose(mine.weight.grad, theirs.weight.grad)
assert mine.weight.grad is gradient, "write into the array that is there"
model = Sequential(Linear(W), Dense(np.eye(3)))
model.backward(model.forward(x, train=True))
assert np.allclose(model.params[0].grad, theirs.weight.grad)

# %% [markdown]
# ### Exercise 2.4 · The missing sum
#
# A colleague writes `db = dy` and tests it with one example. It works.
# With a batch, what shape does $b$ have after one step
# `b = b - 0.1 * db`, if it was `(3,)` and the batch has 5 examples?
#
# ??? tip "Hint"
#
#     NumPy stretches `(3,)` over the rows of `(5, 3)`.

# %% tags=["starter"]
shape = None  # such as (3,)

# %% tags=["solution"]
# b becomes a table with a row an example: nothing complains, and each
# example learns a bias of its own. `bias.grad[...] = dy` would have been
# refused: (5, 3) does not fit into (3,).
shape = (5, 3)

# %% tags=["tests"]
import numpy as np

b, dy = np.zeros(3), np.ones((5, 3))
assert shape == (b - 0.1 * dy).shape

# %% [markdown]
# ### Exercise 2.5 · A small project: sharing
#
# Overwriting forbids one layer in two places. Write `Place(layer,
# clears)`, of which two may stand in a row around one `Dense`, and which
# *adds* the gradients of both. The starter decides who owns the
# parameters: the place that stands first, since `Sequential` goes back as
# far as the first layer that has some. Which of the two must begin by
# setting the gradients to zero?
#
# ??? tip "Hint"
#
#     Which of the two runs backward first?

# %% tags=["starter"]
import numpy as np

from nn import Dense, Sequential


class Place:
    """One of two places in a row where the same Dense layer stands."""

    def __init__(self, layer, clears):
        self.weight, self.bias = layer.weight, layer.bias
        self.params = () if clears else layer.params
        self.clears = clears

    def forward(self, x, train=False):
        raise NotImplementedError("your code")

    def backward(self, dy):
        raise NotImplementedError("your code")

# %% tags=["solution"]
class Place:
    def __init__(self, layer, clears):
        self.weight, self.bias = layer.weight, layer.bias
        self.params = () if clears else layer.params
        self.clears = clears

    def forward(self, x, train=False):
        if train:
            self.x = x
        return x @ self.weight.value + self.bias.value

    def backward(self, dy):
        if self.clears:
            self.weight.grad[...] = 0
            self.bias.grad[...] = 0
        self.weight.grad += self.x.T @ dy
        self.bias.grad += dy.sum(axis=0)
        return dy @ self.weight.value.T

# %% tags=["tests"]
core = Dense(np.array([[0.5, 0.1], [0.2, -0.3]]), bias=np.array([0.3, -0.1]))
twice = Sequential(Place(core, clears=False), Place(core, clears=True))
pair = np.array([[1.0, 2.0]])
for _ in range(2):  # a second time: nothing may be left of the first
    twice.backward(twice.forward(pair, train=True))
V, c = core.weight.value, core.bias.value


def half_square():
    out = (pair @ V + c) @ V + c
    return 0.5 * np.sum(out**2)


for array, grad in [(V, core.weight.grad), (c, core.bias.grad)]:
    for index in np.ndindex(array.shape):
        array[index] += 1e-6
        more = half_square()
        array[index] -= 2e-6
        less = half_square()
        array[index] += 1e-6
        assert np.isclose(grad[index], (more - less) / 2e-6, atol=1e-6)

# %% [markdown]
# ## Notes
#
# The inputs, weights and biases of the worked example are those of a
# well-known video course, so that whoever comes from there can compare.
#
# How going backward came to networks is told in the notes of
# [chapter 1](scalar.py#notes).
