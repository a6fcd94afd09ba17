# %% [markdown]
# # 1 · The chain rule
#
# *How does a change at the input reach the output?*
#
# After this chapter you can say, by hand and by program, how a result
# changes with every number behind it. You know why a single walk from the
# end to the beginning finds all these slopes at once. And you have read
# every line of `nn/scalar.py`, an engine that does it.

# %%
import math

import numpy as np

from nn.scalar import Value

# %% tags=["hide"]
from matplotlib.patches import Circle

from weave import DATA, GRADIENT, INK, PAPER, VALUE
from weave import figure, show, subplots, table

# %% [markdown]
# ## Three numbers
#
# One input, one weight, one bias, and a loss that is small if $xw + b$ is
# near zero (all letters of the book: [notation](notation.md)):

# %%
x, w, b = 3.0, 2.0, -1.0

u = x * w     # 6
a = u + b     # 5
L = a**2      # 25

# %% [markdown]
# To make $L$ smaller we must know how it changes with each of the three,
# with $x$ too, for in a network the input of one neuron is what others
# gave. One way needs no thought. Change one number a little, leave the others
# alone, run the program again, and divide the change of the result by the
# change of the number. We call the little change a *nudge*, and write $h$
# for it.

# %%
passes = 0


def loss(numbers):
    global passes
    passes += 1
    x, w, b = numbers
    return (x * w + b) ** 2


def nudge_each(f, numbers, h=0.001):
    """How f changes with each of its numbers, by trying."""
    before = f(numbers)
    slopes = []
    for i in range(len(numbers)):
        nudged = list(numbers)
        nudged[i] += h
        slopes.append((f(nudged) - before) / h)
    return slopes


measured = nudge_each(loss, [x, w, b])
print([round(slope, 6) for slope in measured], passes, "passes")

# %% tags=["check"]
right = [20, 30, 10]
assert np.allclose(measured, right, rtol=1e-3)
passes_of_three = passes
assert passes_of_three == 1 + len(right)

# %% [markdown]
# Raise $w$ by a little, and $L$ rises about {{ measured[1]:.0f }} times as
# much. For this the program ran {{ passes_of_three }} times: once as it
# is, and once for each number. Now the network of
# [chapter 0](start.py), with its 33 numbers, at its random beginning:

# %%
switches = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
lamp = np.array([[0], [1], [1], [0]])
rng = np.random.default_rng(0)
start = np.concatenate([rng.normal(size=16), np.zeros(8),
                        rng.normal(size=8), np.zeros(1)])


def network_loss(numbers):
    """The loss of chapter 0, as a function of its 33 numbers."""
    global passes
    passes += 1
    numbers = np.array(numbers)
    W1, b1 = numbers[:16].reshape(2, 8), numbers[16:24]
    W2, b2 = numbers[24:32].reshape(8, 1), numbers[32:]
    hidden = np.tanh(switches @ W1 + b1)
    p = 1 / (1 + np.exp(-(hidden @ W2 + b2)))
    return -np.mean(np.log(np.where(lamp == 1, p, 1 - p)))


passes = 0
network_slopes = nudge_each(network_loss, start)
print(len(start), "numbers,", passes, "passes")

# %% tags=["check"]
passes_of_33 = passes
assert passes_of_33 == 34
sizes = [784, 128, 64, 10]
many = sum((d_in + 1) * d_out for d_in, d_out in zip(sizes, sizes[1:]))
products = sum(d_in * d_out for d_in, d_out in zip(sizes, sizes[1:]))
assert many > 100_000
assert products == 784 * 128 + 128 * 64 + 64 * 10

# %% [markdown]
# One pass a number, and one more. By nudging, the thousand steps of
# chapter 0 would have cost {{ 1000 * passes_of_33:, }} passes. A network
# that reads handwritten digits, with 784 inputs and layers of
# {{ sizes[1] }}, {{ sizes[2] }} and {{ sizes[3] }} neurons, each of which
# sees all that the layer before it gives, has {{ many:, }} numbers. It
# would run {{ many + 1:, }} times for a single step, at {{ products:, }}
# multiplications a run. That is {{ (many + 1) * products / 1e9:.1f }}
# billion multiplications to learn once from one digit.
#
# And the answer is not even exact. The second slope came out as
# {{ measured[1]:.3f }}, though the true one is 30: $(5 + 3h)^2$ is
# $25 + 30h + 9h^2$, so dividing the change by $h$ leaves $30 + 9h$. The
# slope itself changes on the way. A smaller $h$ helps, for a while:

# %% tags=["hide"]
rows = []
for power in (1, 3, 6, 9, 12, 15, 16):
    h = 10.0**-power
    ahead = ((x * (w + h) + b) ** 2 - 25) / h
    around = ((x * (w + h) + b) ** 2 - (x * (w - h) + b) ** 2) / (2 * h)
    rows.append([f"$10^{{-{power}}}$", ahead, abs(ahead - 30),
                 abs(around - 30)])
errors_ahead = [row[2] for row in rows]
assert errors_ahead[2] < errors_ahead[0] and rows[-1][1] == 0
table(
    rows,
    header=["$h$", "slope of $w$", "its error", "error, both sides"],
    caption="The same slope from ever smaller nudges; last, from two "
    "nudges, $h$ up and $h$ down.",
    name="nudges",
    formats=["", ".6f", ".0e", ".0e"],
    align="lrrr",
)

# %% [markdown]
# Python keeps about 16 digits of a number. The smaller the nudge, the more
# of the change is lost among them, and the smallest nudge is lost
# altogether: the slope is measured as {{ rows[-1][1]:.0f }}. (With
# $h = 10^{-15}$ the result is
# {{ repr((3.0 * (2.0 + 1e-15) - 1.0) ** 2) }}: of the change one digit is
# left, or two.) So the error of this nudge, to one side, is smallest
# somewhere in the middle of [](#tab-nudges).
#
# Nudging to *both* sides is better: $(25 + 30h + 9h^2) - (25 - 30h + 9h^2)$
# is $60h$, which divided by $2h$ is 30. The $9h^2$ has cancelled, at two
# passes a number. For a square nothing else is left, and large nudges do
# best; for most functions it is the middle again, and
# [chapter 8](gradients.py) finds out where.
# Nudging is slow and never quite right. But it needs no calculus, so it
# stays with us as a witness.
#
# ## Along a path, slopes multiply
#
# Follow one nudge on its way. Raise $w$ by $h$. Then $u = xw$ rises by
# $3h$, because $x$ is 3. The sum $a = u + b$ rises by as much as $u$ did.
# And $L = a^2$ rises about 10 times as much as $a$, because the slope of
# a square at 5 is $2 \cdot 5$. Together: $3 \cdot 1 \cdot 10$, or 30
# times $h$. This is the chain rule of school: the slope of the whole is
# the product of the slopes along the way.[^arrows]
#
# $$
# \label{chain-rule-example: the chain rule along one path}
# \begin{aligned}
# \frac{\partial L}{\partial w}
# &= \frac{\partial L}{\partial \val{a}} \cdot
#   \frac{\partial \val{a}}{\partial \val{u}} \cdot
#   \frac{\partial \val{u}}{\partial w} \\[8pt]
# &= 2\val{a} \cdot 1 \cdot \val{x}
# = 10 \cdot 1 \cdot 3 = 30
# \end{aligned}
# $$
#
# The round d, $\partial$, says that several numbers could have changed,
# and that all of them stay except the one under the bar. $\partial L /
# \partial w$ is how $L$ changes with $w$ while $x$ and $b$ stand still:
# the slope of $L$ *toward* $w$, for short. The slopes of the one final
# result, $L$, are its *gradients* (elsewhere the whole list of them is
# called the gradient), and there will be so many that they get short names:
#
# [^arrows]: The arrows under an equation lead back to where it is used; a
#     number beside one is that of another chapter.
#
# $$
# \label{gradient-name: the short name of a gradient}
# \grad{dw} = \frac{\partial L}{\partial w}
# $$
#
# Two letters, one name. In other books $dw$ may mean a small change of
# $w$; here it is always the slope of $L$ toward $w$, and in programs the
# variable `dw`. Now all of them, by [](#eq-chain-rule-example), from the
# end to the beginning. Each line
# takes the gradient from a line above and multiplies it by one slope of
# school calculus, as [](#eq-gradient-name) names them:
#
# $$
# \label{backward-example: all gradients of the example}
# \begin{aligned}
# \grad{dL} &= 1 \\
# \grad{da} &= \grad{dL} \cdot 2\val{a} &&= 1 \cdot 10 &&= 10 \\
# \grad{du} &= \grad{da} \cdot 1 &&= 10 \\
# \grad{db} &= \grad{da} \cdot 1 &&= 10 \\
# \grad{dx} &= \grad{du} \cdot w &&= 10 \cdot 2 &&= 20 \\
# \grad{dw} &= \grad{du} \cdot \val{x} &&= 10 \cdot 3 &&= 30
# \end{aligned}
# $$
#
# The first line of [](#eq-backward-example) holds for every $L$: it changes
# with itself one to one.
# In letters the last line is $\grad{dw} = 2(xw + b)\,x$, which you could
# have found in one go. What matters is that nobody has to. Each line knows
# one operation and nothing of the rest.[^tables] As a program:
#
# [^tables]: Every letter here is a single number. From chapter 2 on they are
#     tables, and the shape of each will stand under it.

# %%
dL = 1
da = dL * 2 * a      # L = a**2
du = da * 1          # a = u + b
db = da * 1
dx = du * w          # u = x * w
dw = du * x
print(dx, dw, db)

errors = [abs(slope - by_rule)
          for slope, by_rule in zip(measured, [dx, dw, db])]
print(*[f"{error:.0e}" for error in errors])

# %% tags=["check"]
assert [dx, dw, db] == right
assert max(errors) < 0.01

# %% [markdown]
# The second line printed is the distance to the nudged slopes of the
# beginning: $h$ times 4, 9 and 1. That is the error of nudging. We saw the
# $9h$; the two others come in the same way from $(5 + 2h)^2$ and
# $(5 + h)^2$.

# %% tags=["hide"]
def node(ax, place, text, color=INK, radius=0.3):
    ax.add_patch(Circle(place, radius, facecolor=PAPER, edgecolor=color,
                        linewidth=1.2, zorder=3))
    ax.text(*place, text, ha="center", va="center", zorder=4, fontsize=11)


def edge(ax, start, end, value, grad, shift=(0, 0), bend=0.0, gap=0.3,
         strong=False, at=0.5, wide=0.0):
    """An arrow; its value in blue above, its gradient in orange below."""
    (x0, y0), (x1, y1) = start, end
    length = math.hypot(x1 - x0, y1 - y0)
    ux, uy = (x1 - x0) / length, (y1 - y0) / length
    ax.annotate(
        "", (x1 - gap * ux, y1 - gap * uy),
        (x0 + gap * ux, y0 + gap * uy), zorder=2,
        arrowprops={"arrowstyle": "-|>", "color": INK, "shrinkA": 0,
                    "shrinkB": 0, "linewidth": 2.4 if strong else 1.0,
                    "connectionstyle": f"arc3,rad={bend}"},
    )
    nx, ny = (-uy, ux) if ux >= 0 else (uy, -ux)  # upward
    mx = x0 + at * (x1 - x0) + shift[0] + bend * length / 2 * uy
    my = y0 + at * (y1 - y0) + shift[1] - bend * length / 2 * ux
    for text, color, side in ((value, VALUE, 1), (grad, GRADIENT, -1)):
        text = text.replace("-", "−")
        away = 0.29 * side + (wide if side > 0 else 0)
        ax.text(mx + away * nx, my + away * ny, text,
                color=color, ha="center", va="center", fontsize=10.5,
                fontweight="bold" if side < 0 else "normal", zorder=5)


def canvas(ax, right, bottom, top):
    ax.set(xlim=(-0.4, right), ylim=(bottom, top), aspect="equal")
    ax.axis("off")


fig, (ax, path) = subplots(
    2, 1, figsize=(4.4, 3.5), height_ratios=[3.8, 1.7]
)
X, W, B = (0, 3.0), (0, 1.1), (2.0, 0)
TIMES, PLUS, SQUARE, END = (2.0, 2.05), (4.1, 1.1), (5.8, 1.1), (7.4, 1.1)
edge(ax, X, TIMES, "3", "20", at=0.44)
edge(ax, W, TIMES, "2", "30", strong=True, at=0.44)
edge(ax, B, PLUS, "-1", "10", at=0.44)
edge(ax, TIMES, PLUS, "$u$ = 6", "10", strong=True, at=0.47, wide=0.18)
edge(ax, PLUS, SQUARE, "$a$ = 5", "10", strong=True)
edge(ax, SQUARE, END, "25", "1", strong=True)
for place, text in ((X, "$x$"), (W, "$w$"), (B, "$b$"), (END, "$L$")):
    node(ax, place, text)
for place, text in ((TIMES, "×"), (PLUS, "+"), (SQUARE, "( )²")):
    node(ax, place, text, color=DATA)
canvas(ax, 7.75, -0.4, 3.4)
for i, (name, value, grad, slope) in enumerate([
    ("$w$", "2", "30", "3"), ("$u$", "6", "10", "1"),
    ("$a$", "5", "10", "10"), ("$L$", "25", "1", None),
]):
    place = (0.4 + 2.2 * i, 0)
    node(path, place, name)
    path.text(place[0], 0.6, value, color=VALUE, ha="center",
              va="center", fontsize=10.5)
    path.text(place[0], -0.6, grad, color=GRADIENT, ha="center",
              va="center", fontsize=10.5, fontweight="bold")
    if slope:
        path.annotate("", (place[0] + 0.35, 0), (place[0] + 1.85, 0),
                      arrowprops={"arrowstyle": "-|>", "color": GRADIENT,
                                  "shrinkA": 0, "shrinkB": 0})
        path.text(place[0] + 1.1, 0.17, f"times {slope}", ha="center",
                  va="bottom", fontsize=9.5)
canvas(path, 7.75, -0.85, 0.85)
figure(
    fig,
    "graph",
    alt="Above: a graph. x and w meet in a product, whose result u is 6; "
    "u and b meet in a sum, a is 5; its square is L, 25. On each arrow "
    "the value stands in blue above and the gradient in orange below: 20 "
    "at x, 30 at w, 10 at b, at u and at a, and 1 at L. Below: the way "
    "from L back to w alone: 1, times 10 is 10, times 1 is 10, times 3 "
    "is 30.",
    caption="Values (blue, above) go forward; gradients (orange and bold, "
    "below) come back. The thick path, walked from $L$ to $w$: at each "
    "step the gradient is multiplied by one slope.",
)

# %% [markdown]
# What is it good for? `dw` is {{ dw:.0f }} and positive, so a smaller $w$
# means a smaller $L$. Lower $w$ by a hundredth, and $L$ should fall by
# about {{ dw / 100:.1f }}. It falls by
# {{ 25 - (x * (w - 0.01) + b) ** 2:.4f }}.
#
# ## Where paths meet, slopes add
#
# Let a program do the six lines. Every result must remember which
# numbers it came from, and with which slope. For a sum both slopes are 1.
# For a product $uv$ they are $v$ and $u$.

# %%
class Node:
    """A number with pairs: what it came from, and the slope."""

    def __init__(self, value, *came_from):
        self.value, self.came_from = value, came_from
        self.grad = 0

    def __add__(self, other):
        return Node(self.value + other.value, (self, 1), (other, 1))

    def __mul__(self, other):
        return Node(self.value * other.value,
                    (self, other.value), (other, self.value))


def send_back(y, dy):
    """First try: hand the gradient on, times the slope."""
    y.grad = dy
    for x, slope in y.came_from:
        send_back(x, dy * slope)


x, w, b = Node(3), Node(2), Node(-1)
a = x * w + b
send_back(a * a, 1)
print(x.grad, w.grad, b.grad)

# %% tags=["check"]
halves = [x.grad, w.grad, b.grad]
assert halves == [10, 15, 5]

# %% [markdown]
# All three are half of what they should be. `a * a` uses $a$ twice, and
# the second use has overwritten what the first one had found. Here are
# two smaller cases:

# %%
x, w = Node(3), Node(2)
send_back(x * x, 1)
print("x * x:    ", x.grad, "instead of", 3 + 3)

x = Node(3)
send_back(x + x * w, 1)
print("x + x * w:", x.grad, "instead of", 1 + 2)

# %% tags=["check"]
assert x.grad == 2
truth = nudge_each(lambda n: n[0] + n[0] * n[1], [3.0, 2.0])
assert np.isclose(truth[0], 3)

# %% [markdown]
# In $x + xw$ a nudge of $x$ travels on two paths ([](#fig-fan-out)). Along the
# first it arrives as $h$, along the second as $2h$, and the sum rises by both:
# $3h$. In $x \cdot x$ the paths meet in a product,
# $(3 + h)(3 + h) = 9 + 3h + 3h + h^2$. Each use of $x$ brings $3h$, as if the
# other stood still. What they do together, $h^2$, is too small to count: make
# $h$ a thousand times smaller, and it becomes a million times smaller. So it
# is wherever paths meet: small changes add, and slopes of different paths are
# added.

# %% tags=["hide"]
fig, ax = subplots(figsize=(4.2, 2.15))
X, W, TIMES, PLUS = (0, 1.9), (0, 0), (2.2, 0.8), (4.2, 1.9)
END = (5.8, 1.9)
edge(ax, X, PLUS, "3", "1", bend=-0.22, gap=0.32)
edge(ax, X, TIMES, "3", "2")
edge(ax, W, TIMES, "2", "3")
edge(ax, TIMES, PLUS, "6", "1")
edge(ax, PLUS, END, "9", "1")
for place, text in ((X, "$x$"), (W, "$w$"), (END, "$L$")):
    node(ax, place, text)
for place, text in ((TIMES, "×"), (PLUS, "+")):
    node(ax, place, text, color=DATA)
ax.text(-0.05, 2.5, "1 + 2 = 3", color=GRADIENT, ha="center", va="center",
        fontsize=10.5, fontweight="bold")
canvas(ax, 6.2, -0.4, 2.85)
ax.set_xlim(-0.8, 6.2)
figure(
    fig,
    "fan-out",
    alt="A graph. From x one arrow leads straight to a sum, another to a "
    "product with w, and from there to the sum. The gradients that come "
    "back to x on the two arrows are 1 and 2; beside x stands 1 + 2 = 3.",
    caption="$L = x + xw$ for $x = 3$, $w = 2$. Two gradients come back "
    "to $x$, and they add up.",
)

# %% [markdown]
# That is the whole chain rule. Whenever $x$ goes into a result $y$, that
# use brings the gradient of $y$ times the slope of this one operation, all
# its other inputs standing still; and all uses add up:
#
# $$
# \label{chain-rule: the chain rule, uses added up}
# \grad{dx} = \sum_{\text{uses of } x} \grad{dy} \cdot
# \frac{\partial \val{y}}{\partial \val{x}}
# $$
#
# By [](#eq-chain-rule), in $x \cdot x$ the two uses count as two inputs, each
# with slope $x$. In the program it is a plus:

# %%
visits = 0


def send_back(y, dy):
    """Second try: what comes back on several paths adds up."""
    global visits
    visits += 1
    y.grad += dy
    for x, slope in y.came_from:
        send_back(x, dy * slope)


x, w, b = Node(3), Node(2), Node(-1)
a = x * w + b
L = a * a
send_back(L, 1)
print(x.grad, w.grad, b.grad)

# %% tags=["check"]
assert [x.grad, w.grad, b.grad] == right

# %% [markdown]
# Right. But it has two faults, which the right numbers hide. Call it
# again:

# %%
send_back(L, 1)
print(x.grad, w.grad, b.grad)

# %% tags=["check"]
assert [x.grad, w.grad, b.grad] == [40, 60, 20]

# %% [markdown]
# The new gradients were added to the old. In an engine that adds, the
# caller has to set every gradient to zero before each step; whoever forgets
# takes each step along the sum of all gradients so far. The engine of this
# book will begin each walk at zero by itself.
#
# The other fault is speed. Double a number, double the result, and so on:

# %%
for doublings in (4, 8, 16):
    x = y = Node(1)
    for _ in range(doublings):
        y = y + y
    visits = 0
    send_back(y, 1)
    print(doublings, "doublings:", x.grad, "in", visits, "visits")

# %% tags=["check"]
assert doublings == 16
assert x.grad == 2**doublings and visits == 2 ** (doublings + 1) - 1
paths = sizes[1] * sizes[2] * sizes[3]
assert paths == 128 * 64 * 10

# %% [markdown]
# The gradients are right. But {{ doublings }} additions took
# {{ visits:, }} visits, because every path was walked by itself, and each
# addition doubles the number of paths. Networks are made of such
# crossings. In the one that reads digits, each neuron feeds all those of
# the next layer, and {{ paths:, }} paths lead from a single input to the
# answers.
#
# ## Each number once, in the right order
#
# So visit each number only once. Start at the end, and when you meet a
# number for the first time, put it at the end of a queue:

# %%
def each_once(L):
    """Third try: every number once, in the order we meet it."""
    L.grad = 1
    queue, met = [L], {L}
    while queue:
        y = queue.pop(0)
        for x, slope in y.came_from:
            x.grad += y.grad * slope
            if x not in met:
                met.add(x)
                queue.append(x)


x = Node(3)
u = x * x
v = u * Node(3)
each_once(v + u)
print("v + u:", x.grad)

x = Node(3)
u = x * x
v = u * Node(3)
each_once(u + v)
print("u + v:", x.grad)

# %% tags=["check"]
assert x.grad == 6
truth = nudge_each(lambda n: n[0] ** 2 + n[0] ** 2 * 3, [3.0], h=1e-6)
assert np.isclose(truth[0], 24, rtol=1e-5)

# %% [markdown]
# The sum is $x^2 + 3x^2 = 4x^2$, whose slope at 3 is 24. Written one way
# round the engine finds it. Written the other way it says 6, without a
# word of warning. In `u + v` the number $u$ comes first in the queue. It
# passes on the gradient that it has, 1, while the other 3 is still on its
# way through $v$: so $x$ gets 6, and not the 24 of [](#fig-order).

# %% tags=["hide"]
fig, ax = subplots(figsize=(4.2, 1.95))
X, U, V, PLUS = (0, 0.75), (1.9, 0.75), (3.7, 0), (5.5, 0.75)
edge(ax, X, U, "3", "24")
edge(ax, U, PLUS, "9", "1", bend=-0.3)
edge(ax, U, V, "9", "3")
edge(ax, V, PLUS, "27", "1")
for place, text, number in (
    (X, "$x$", 1), (U, "$u$", 2), (V, "$v$", 3), (PLUS, "$L$", 4)
):
    node(ax, place, text)
    ax.text(place[0], place[1] - 0.52, f"{number}.", ha="center",
            va="center", fontsize=10)
ax.text(1.75, 1.35, "1 + 3 = 4", color=GRADIENT, ha="center", va="center",
        fontsize=10.5, fontweight="bold")
canvas(ax, 5.9, -0.75, 2.05)
figure(
    fig,
    "order",
    alt="A graph. x leads to u; u leads straight to L and also to v, "
    "which leads to L. The numbers 1 to 4 under the circles give an order: "
    "x, u, v, L. Two gradients come back to u, 1 and 3, and make 4; the "
    "gradient on the way from u to x is 24.",
    caption="$u = x^2$, $v = 3u$, $L = u + v$. Circles are numbers now, "
    "and 1 to 4 is an order in which inputs stand before results. Walked "
    "from the end, $u$ has both of its gradients before it passes on their "
    "sum. (Both uses of $x$ are drawn as one arrow.)",
)

# %% [markdown]
# A number may pass its gradient on only when all of it has arrived, that
# is, when every result between it and $L$ has had its turn. So first make a
# list in which inputs stand before results, a *topological order*; then
# walk it from its end. The list is made depth first: before a number is
# written down, its inputs are.

# %%
def in_order(y, order, seen):
    if y not in seen:
        seen.add(y)
        for x, _ in y.came_from:
            in_order(x, order, seen)
        order.append(y)


def backward(L):
    """Fourth try: inputs before results, walked from the end."""
    order = []
    in_order(L, order, set())
    L.grad = 1
    for y in reversed(order):
        for x, slope in y.came_from:
            x.grad += y.grad * slope


x = Node(3)
u = x * x
backward(u + u * Node(3))
print(x.grad)

# %% tags=["check"]
assert x.grad == 24

# %% [markdown]
# It is right, and each number was visited once. One thing is left to break.
# Add up ten thousand numbers:

# %%
y = Node(0)
for _ in range(10_000):
    y = y + Node(1)
try:
    backward(y)
except RecursionError as error:
    print(error)

# %% [markdown]
# `in_order` calls itself at each step on the way to the inputs, and Python
# allows about a thousand calls inside each other. The engine keeps a list
# of its own in their place, a stack: take the last thing from it, put
# what comes next on top.
#
# ## The engine
#
# The fifth try is the one that stays.[^comments]
#
# [^comments]: In its comments `dL/dx` is the fraction, which we call $dx$.
#     *Reverse mode* is the name for walking back. What stands after a colon,
#     as in `value: float`, tells the reader what kind of thing is meant;
#     Python does not look at it.

# %%
show("scalar:")
show("scalar:Value.")
show("scalar:Value.__init__")

# %% [markdown]
# `Node` has become `Value`. It has two numbers, `value` and `grad`, the
# blue and the orange one of [](#fig-graph), and
# [the pairs](#/self.came_from =). Its backward walk is the fourth try, with
# a stack and with zeros at the beginning:

# %%
show("scalar:Value.backward")

# %% [markdown]
# A number that comes off the stack for the first time goes back onto it,
# [marked `True`](#/(y, True)), with its inputs on top. When it comes off
# again, all of them have been written down, and
# [now so is it](#/order.append). Here is the stack for $L = u + v$ of
# [](#fig-order). The constant 3 is left out, the top of the stack is at the
# right, and a bare letter is one that is not marked:
#
# | comes off | stack after it | written down |
# |---|---|---|
# | $L$ | ($L$, true), $u$, $v$ | |
# | $v$ | ($L$, true), $u$, ($v$, true), $u$ | |
# | $u$ | ($L$, true), $u$, ($v$, true), ($u$, true), $x$, $x$ | |
# | $x$ | ($L$, true), $u$, ($v$, true), ($u$, true), $x$, ($x$, true) | |
# | $x$, true | ($L$, true), $u$, ($v$, true), ($u$, true), $x$ | $x$ |
# | $x$, met before | ($L$, true), $u$, ($v$, true), ($u$, true) | $x$ |
# | $u$, true | ($L$, true), $u$, ($v$, true) | $x$, $u$ |
# | $v$, true | ($L$, true), $u$ | $x$, $u$, $v$ |
# | $u$, met before | ($L$, true) | $x$, $u$, $v$ |
# | $L$, true | | $x$, $u$, $v$, $L$ |
#
# Then all gradients are
# [set to 0](#/y.grad = 0.0) and the last one [to 1](#/self.grad = 1.0), and
# the two lines at the end are the [chain rule](#/x.grad += y.grad). Because
# of the zeros, calling `backward` twice gives the same gradients, and a new
# step with the same numbers needs no preparation.
#
# What is left are the operations. Each computes its result and the slope
# toward every input, for which school calculus is enough. $u$ and $v$
# here are any two numbers. (`_value` makes a `Value` of a plain number; it
# stands further down.)
#
# **A sum.** If $u$ moves by $h$, $u + v$ moves by $h$.
# [Both slopes are 1](#/(u, 1.0)).

# %%
show("scalar:Value.__add__")

# %% [markdown]
# **A product.** $(u + h)\,v - uv = hv$, so the slope toward $u$ is $v$,
# and in the same way the slope toward $v$ is $u$.
# [Each gets the other](#/(u, v.value)).

# %%
show("scalar:Value.__mul__")

# %% [markdown]
# **A power**, with a constant exponent $c$ (a whole number if $u$ is negative,
# for most other powers of it are not real): [the slope](#/c * u **) of $u^c$
# is $c\,u^{c-1}$.

# %%
show("scalar:Value.__pow__")

# %% [markdown]
# **The exponential function** is [its own slope](#/(self, y)).

# %%
show("scalar:Value.exp")

# %% [markdown]
# **The logarithm** undoes it: $e^{y} = u$ for $y = \log u$. Take slopes
# toward $u$ on both sides, the left one by the chain rule:
# $e^{y} \cdot \partial y / \partial u = 1$. And $e^y$ is $u$, so
# [$\partial y / \partial u = 1/u$](#/1 / self.value).

# %%
show("scalar:Value.log")

# %% [markdown]
# **The hyperbolic tangent**, `tanh`, bends every number into the range
# from −1 to 1. Chapter 0 used it; why a network needs such a bend is
# the question of [chapter 3](activations.py). It is a quotient,
#
# $$
# \label{tanh: the hyperbolic tangent}
# \val{y} = \tanh \val{u} =
# \frac{e^{\val{u}} - e^{-\val{u}}}{e^{\val{u}} + e^{-\val{u}}},
# $$
#
# and the slope of its numerator is its denominator, and the other way
# round. The quotient rule gives the denominator's square less the
# numerator's square, over the denominator's square:
#
# $$
# \label{tanh-slope: the slope of tanh}
# \frac{\partial \val{y}}{\partial \val{u}} =
# \frac{(e^{\val{u}} + e^{-\val{u}})^2 - (e^{\val{u}} - e^{-\val{u}})^2}
# {(e^{\val{u}} + e^{-\val{u}})^2} = 1 - \val{y}^2.
# $$

# %%
show("scalar:Value.tanh")

# %% [markdown]
# **Differences and quotients** need no slopes of their own: $u - v$ is
# $u + (-1)v$, and $u / v$ is $u\,v^{-1}$. The chain rule does the rest.
# Python calls `__radd__`, `__rsub__` and so on if the left operand is a
# plain number, as in `2 * u`.

# %%
show("scalar:Value.__neg__")
show("scalar:Value.__sub__")
show("scalar:Value.__truediv__")
show("scalar:Value.__rsub__")
show("scalar:Value.__rtruediv__")

# %% [markdown]
# Last, `_value`, and `__repr__`, which says what is printed.

# %%
show("scalar:_value")
show("scalar:Value.__repr__")

# %% [markdown]
# Eight operations. Nudge each, to both sides, at two arbitrary numbers:

# %%
operations = {
    "u + v": lambda u, v: u + v,
    "u - v": lambda u, v: u - v,
    "u * v": lambda u, v: u * v,
    "u / v": lambda u, v: u / v,
    "u ** 3": lambda u, v: u**3,
    "exp u": lambda u, v: u.exp(),
    "log u": lambda u, v: u.log(),
    "tanh u": lambda u, v: u.tanh(),
}
h = 1e-5
errors = {}
print("operation  toward u  toward v    error")
for name, f in operations.items():
    u, v = Value(0.7), Value(1.9)
    f(u, v).backward()
    du = (f(u + h, v).value - f(u - h, v).value) / (2 * h)
    dv = (f(u, v + h).value - f(u, v - h).value) / (2 * h)
    errors[name] = max(abs(u.grad - du), abs(v.grad - dv))
    print(f"{name:9} {u.grad:9.6f} {v.grad:9.6f} {errors[name]:8.0e}")

# %% tags=["check"]
worst_error = max(errors.values())
assert worst_error < 1e-9

# %% [markdown]
# The error is the larger of the two distances to the nudged slopes, at
# worst {{ worst_error:.0e }}. Now the example of this chapter, once and then
# again:

# %%
x, w, b = Value(3), Value(2), Value(-1)
L = (x * w + b) ** 2
L.backward()
print(L, x.grad, w.grad, b.grad)
L.backward()
print(L, x.grad, w.grad, b.grad)

# %% tags=["check"]
assert [L.value, x.grad, w.grad, b.grad] == [25, *right]

# %% [markdown]
# ## Why backward?
#
# A product can be multiplied from either end. One could begin at an input
# and carry along, with the values, how fast each of them changes with it.
# For $w$: $w$ itself 1, $u$ 3, $a$ 3, $L$ 30. It is exact, it needs no
# memory of the way, and it is called *forward mode*. To begin at the end,
# as we did, is *reverse mode*, or in networks *backpropagation*.

# %% tags=["hide"]
a = L.came_from[0][0]
u = a.came_from[0][0]
columns = []
names = ["x", "w", "b", "u", "a", "L"]
for which in range(3):
    s_x, s_w, s_b = (float(k == which) for k in range(3))
    s_u = s_x * w.value + s_w * x.value
    s_a = s_u + s_b
    columns.append([s_x, s_w, s_b, s_u, s_a, 2 * a.value * s_a])
graph = [x, w, b, u, a, L]
assert [column[-1] for column in columns] == right
assert [v.grad for v in graph] == [*right, 10, 10, 1]
table(
    [[f"${name}$", v.value, *(column[i] for column in columns), v.grad]
     for i, (name, v) in enumerate(zip(names, graph))],
    header=["number", "value", "slope toward $x$", "toward $w$", "toward $b$",
            "slope of $L$"],
    caption="Three passes forward, a column each, from top to bottom; and "
    "one pass backward, the last column, from bottom to top.",
    name="modes",
    formats=["", ".0f", ".0f", ".0f", ".0f", ".0f"],
    align="lrrrrr",
)

# %% [markdown]
# Read [](#tab-modes) by its directions. A pass forward tells how
# *everything* changes with *one* number. A pass backward tells how *one*
# number changes with *everything*. What we want, 20, 30 and 10, is the
# last row of the three columns, and the first three rows of the last one.
# A network has a single loss and a hundred thousand weights. That is why
# we go backward.
#
# Count it. Give the neuron $N$ inputs instead of one, so that
# $L = (x_0 w_0 + \dots + x_{N-1} w_{N-1} + b)^2$ depends on $2N + 1$
# numbers. Every result in the graph is one operation on the way forward.
# On the way back every pair costs two, a multiplication and an addition.

# %%
def size(L):
    """How many results, and how many pairs, stand behind L."""
    results = pairs = 0
    stack, seen = [L], {L}
    while stack:
        y = stack.pop()
        results += bool(y.came_from)
        pairs += len(y.came_from)
        for x, _ in y.came_from:
            if x not in seen:
                seen.add(x)
                stack.append(x)
    return results, pairs


def neuron_loss(numbers):
    global passes
    passes += 1
    N = len(numbers) // 2
    a = numbers[-1]
    for i in range(N):
        a = a + numbers[i] * numbers[N + i]
    return a**2


counts = []
for N in (1, 3, 10, 30, 100, 300):
    plain = [math.sin(i + 1) for i in range(2 * N + 1)]
    passes = 0
    slopes = nudge_each(neuron_loss, plain)
    passes_nudging = passes

    numbers = [Value(number) for number in plain]
    L = neuron_loss(numbers)
    L.backward()
    results, pairs = size(L)
    counts.append((2 * N + 1, passes_nudging * results,
                   results + 2 * pairs))

# %% tags=["hide"]
assert np.allclose([v.grad for v in numbers], slopes, atol=2e-3)
assert results == 2 * N + 1 and passes_nudging == len(plain) + 1
many_numbers, by_nudging, by_walking = (np.array(c) for c in zip(*counts))
multiple = by_walking / (by_nudging / (many_numbers + 1))
assert np.all(multiple < 5)
fig, ax = subplots(figsize=(4.6, 2.8))
ax.loglog(many_numbers, by_nudging, "s--", color=INK)
ax.loglog(many_numbers, by_walking, "o-", color=GRADIENT)
ax.text(150, 2e5, "nudging", ha="right", va="center")
ax.text(75, 95, "one pass forward,\none backward", ha="left", va="center",
        color=GRADIENT)
ax.set(xlabel="numbers behind $L$", ylabel="operations",
       xlim=(2, 1100), ylim=(8, 1e6))
figure(
    fig,
    "cost",
    alt="Operations against the number of inputs, weights and biases, "
    "both axes logarithmic. Two straight lines begin close together at 3 "
    "numbers. The one for nudging rises twice as steeply and ends two "
    "orders of magnitude above the other.",
    caption="All $2N + 1$ slopes of a neuron with $N$ inputs, counted: by "
    "nudging, and by one pass forward and one backward.",
)

# %% [markdown]
# With {{ many_numbers[-1] }} numbers, at the right end of [](#fig-cost),
# nudging takes {{ by_nudging[-1]:, }} operations, the two passes
# {{ by_walking[-1]:, }}. Nudging pays for every number with a pass over all of
# them, so ten times the numbers cost a hundred times as much. The two passes
# together cost less than five times a pass forward, however many numbers there
# are: {{ results }} operations there, {{ 2 * pairs:, }} back. (To find the
# slopes themselves, such as $2a$, is not counted.) A bound of this kind holds
# for any program made of simple operations: a gradient costs at most a small
# multiple of the result. It is called the *cheap gradient
# principle*.[^griewank] The price is memory: what the slopes need of the way
# forward has to be kept until the way back.
#
# Now we can check chapter 0. Its network once more, out of single numbers,
# with one walk back for all 33 slopes. Its loss is minus the logarithm of
# what it gave to the right answer, on average (why a logarithm:
# [chapter 4](losses.py)); `sum` begins with a plain 0, which is what
# `__radd__` is for:

# %%
numbers = [Value(number) for number in start]
W1, b1 = [numbers[:8], numbers[8:16]], numbers[16:24]
W2, b2 = numbers[24:32], numbers[32]


def answer(case):
    hidden = [
        (case[0] * W1[0][j] + case[1] * W1[1][j] + b1[j]).tanh()
        for j in range(8)
    ]
    z = sum(hidden[j] * W2[j] for j in range(8)) + b2
    return 1 / (1 + (-z).exp())


L = 0
for case, t in [((0, 0), 0), ((0, 1), 1), ((1, 0), 1), ((1, 1), 0)]:
    p = answer(case)
    L = L - (p if t == 1 else 1 - p).log() / 4
L.backward()
engine_slopes = np.array([number.grad for number in numbers])

# %% [markdown]
# And the same 33 slopes by chapter 0's own lines, the four that began with
# `dz` (its `h` is the row of hidden neurons, no nudge):

# %%
W1, b1 = start[:16].reshape(2, 8), start[16:24]
W2, b2 = start[24:32].reshape(8, 1), start[32:]
h = np.tanh(switches @ W1 + b1)
p = 1 / (1 + np.exp(-(h @ W2 + b2)))

dz = (p - lamp) / 4
dW2, db2 = h.T @ dz, dz.sum(axis=0)
da = (dz @ W2.T) * (1 - h * h)
dW1, db1 = switches.T @ da, da.sum(axis=0)

lines = np.concatenate([dW1.ravel(), db1, dW2.ravel(), db2])
far_lines = abs(engine_slopes - lines).max()
far_nudges = abs(engine_slopes - network_slopes).max()
print(f"{far_lines:.0e} {far_nudges:.0e}")

# %% tags=["check"]
assert far_lines < 1e-15
assert 1e-6 < far_nudges < 1e-3
values_xor, pairs_xor = size(L)

# %% [markdown]
# You may not yet see why those lines are right. But that they are right
# here you know, to {{ far_lines:.0e }}: the engine found the same 33 slopes,
# and of the engine you know every line.[^nudges]
#
# ## A neuron learns
#
# One neuron with `tanh` and two inputs shall learn OR: −1 if both
# switches are off, 1 otherwise, since `tanh` reaches from −1 to 1. Its
# loss is the mean of the squared errors over the four cases, which needs no
# logarithm. A step changes each of the three numbers by a share of its
# gradient, downward.
#
# [^nudges]: The second number is the distance to the nudges of the beginning,
#     to one side, with their $h$ of a thousandth.

# %%
cases = [((0, 0), -1), ((0, 1), 1), ((1, 0), 1), ((1, 1), 1)]
w0, w1, b = Value(0.2), Value(-0.4), Value(0)
lr, losses, answers = 0.1, [], []       # lr: how far a step goes

for step in range(300):
    ys = [(x0 * w0 + x1 * w1 + b).tanh() for (x0, x1), t in cases]
    L = sum((y - t) ** 2 for y, (_, t) in zip(ys, cases)) / 4
    L.backward()
    for number in (w0, w1, b):
        number.value -= lr * number.grad
    losses.append(L.value)
    answers.append([y.value for y in ys])

print([round(y, 3) for y in answers[0]])
print([round(y, 3) for y in answers[-1]])

# %% tags=["hide"]
assert losses[-1] < 0.05 and max(row[0] for row in answers) > 0.2
assert all(later < sooner for sooner, later in zip(losses, losses[1:]))
assert all(y * t > 0.6 for y, (_, t) in zip(answers[-1], cases))
values_or, _ = size(L)
fig, (left, far) = subplots(1, 2, figsize=(5.4, 2.7))
left.semilogy(losses, color=VALUE)
left.set(xlabel="step", ylabel="loss $L$")
for k, (style, name) in enumerate(
    zip(("-", "--", ":", "-."), ("off, off", "off, on", "on, off", "on, on"))
):
    far.plot([row[k] for row in answers], style, color=VALUE, label=name)
far.set(xlabel="step", ylabel="answer $y$", ylim=(-1.08, 1.08),
           yticks=[-1, 0, 1])
far.legend(loc="center right", bbox_to_anchor=(1, 0.34))
figure(
    fig,
    "neuron",
    alt="Left: the loss on a logarithmic axis falls at every step, first "
    "steeply, then slowly. Right: the four answers against the step. They "
    "begin near 0; the one for both switches off rises a little and then "
    "sinks toward −1, the three others go up toward 1.",
    caption="A neuron learns OR, by an engine that knows single numbers "
    "only. Left the loss, right its four answers.",
)

# %% tags=["check"]
assert values_or < 50 and 200 < values_xor < 300

# %% [markdown]
# The loss falls at every step, from {{ losses[0]:.2f }} to
# {{ losses[-1]:.2f }}, and every answer ends on the right side
# ([](#fig-neuron)). The answer for *off, off* first goes the wrong way:
# three of the four cases pull the bias up, and only when their
# errors have shrunk so far that the three together pull less than the
# fourth does the fourth prevail.
#
# It is slow. Each step built {{ values_or }} results, each a Python
# object, for three numbers and four cases (a difference makes two of
# them, and so does a quotient). One step of chapter 0's
# network takes {{ values_xor }}. The one that reads digits multiplies
# {{ products:, }} times for a single digit and adds as often, which makes
# {{ 2 * products * 60_000 / 1e9:.0f }} billion objects to go once through
# sixty thousand digits, forward alone. The operations have to be done. The
# objects do not: [chapter 2](layers.py) does the same for whole tables of
# numbers at once.
#
# ## What we have now
#
# - The chain rule in one line, [](#eq-chain-rule): $dx$ is the sum, over all
#   uses of $x$ in a
#   result $y$, of $dy$ times the slope of $y$ toward $x$. Along a path
#   slopes multiply; where paths meet they add.
# - `Value`, an engine that applies this line from the end to the
#   beginning, each number once, and finds the slopes of chapter 0's
#   network in one walk instead of {{ passes_of_33 }} passes.
# - A neuron that learned, and the price: a Python object for every result
#   of every step.
#
# ## Exercises
#
# ### Exercise 1.1 · By hand
#
# Take the same $L = (xw + b)^2$ at $x = 1$, $w = -2$, $b = 5$. Walk back
# on paper. What are `dx`, `dw` and `db`?
#
# ??? tip "Hint"
#
#     First forward: what is $a$? Then $da = 2a$, and go on from there.

# %% tags=["starter"]
dx = None
dw = None
db = None

# %% tags=["solution"]
# a = 1 * (-2) + 5 = 3, so da = 6; then du = db = 6.
db = 6
dx = 6 * -2
dw = 6 * 1

# %% tags=["tests"]
from nn.scalar import Value

x, w, b = Value(1), Value(-2), Value(5)
((x * w + b) ** 2).backward()
assert None not in (dx, dw, db), "three numbers are asked for"
assert db == b.grad, "b enters a with slope 1, so db = da = 2a"
assert dw == w.grad, "dw = du * x"
assert dx == x.grad, "dx = du * w, and w is negative"

# %% [markdown]
# ### Exercise 1.2 · Many paths, few pairs
#
# Begin with $y = x$, and ten times over replace $y$ by $y + y + y$. How
# many paths lead from $x$ to the end? What is the gradient of $x$? And
# how often does `Value.backward` multiply?
#
# ??? tip "Hint"
#
#     A path takes one of three ways in every round, and all slopes are
#     1. But $y + y + y$ is two sums, and each of them has two pairs.

# %% tags=["starter"]
paths = None
gradient = None
multiplications = None

# %% tags=["solution"]
# Three ways a round, one of them to be chosen in each of ten rounds.
# A path of slopes 1 brings 1, so the gradient counts the paths. The
# engine multiplies once a pair: ten rounds of two sums of two pairs.
paths = 3**10
gradient = 3**10
multiplications = 10 * 2 * 2

# %% tags=["tests"]
from nn.scalar import Value

x = y = Value(1)
pairs = 0
for _ in range(10):
    two = y + y
    y = two + y
    pairs += len(two.came_from) + len(y.came_from)
y.backward()
assert None not in (paths, gradient, multiplications), "three numbers"
assert paths != 30, "every path of one round goes on in three ways"
assert paths == y.value, "ten choices, each among three ways"
assert gradient == x.grad, "a path of slopes 1 brings 1, and paths add"
assert multiplications != paths, "the engine walks no path twice"
assert multiplications == pairs, "one for each pair"

# %% [markdown]
# ### Exercise 1.3 · Two more operations
#
# Give the engine a sine, and the larger of two numbers. Both return a
# `Value` with its pairs. Where does the gradient go in `larger(u, v)`?
#
# ??? tip "Hint"
#
#     `Value(result, (input, slope), …)`. Nudge the smaller of two numbers
#     by a very little: what happens to the larger one?

# %% tags=["starter"]
import math

from nn.scalar import Value


def sine(u):
    """sin(u), a Value that remembers u."""
    raise NotImplementedError("your code")


def larger(u, v):
    """The larger of u and v, a Value with a slope toward both."""
    raise NotImplementedError("your code")

# %% tags=["solution"]
def sine(u):
    return Value(math.sin(u.value), (u, math.cos(u.value)))


def larger(u, v):
    # A small nudge of the smaller one changes nothing: slope 0.
    u_wins = u.value >= v.value
    return Value(max(u.value, v.value), (u, u_wins), (v, not u_wins))

# %% tags=["tests"]
for place in (0.5, 2.0, -4.0):
    u = Value(place)
    y = sine(u)
    assert isinstance(y, Value), "sine returns a Value"
    y.backward()
    assert abs(y.value - math.sin(place)) < 1e-12, "the value is sin(u)"
    assert abs(u.grad - math.cos(place)) < 1e-12, "the slope of sin is cos"

u, v = Value(3), Value(2)
y = larger(u, v)
assert y is not u, "a new Value: u has a gradient of its own"
(y * y).backward()
assert y.value == 3, "the larger one is 3"
assert (u.grad, v.grad) == (6, 0), "only the larger one moves the result"
for pair in ((-1, 4), (-5, 2)):
    u, v = Value(pair[0]), Value(pair[1])
    (larger(u, v) * 10 + u).backward()
    assert (u.grad, v.grad) == (1, 10), "now v is the larger one"

# %% [markdown]
# ### Exercise 1.4 · The order, without an engine
#
# A recipe says for each result which numbers it is made of:
# `{"L": ["u", "v"], "v": ["u"], "u": ["x"]}`. Names that are no keys, as
# `"x"`, are made of nothing. Write `order(recipe, end)`: a list of all
# names behind `end`, each once, inputs before results, `end` last. It
# must not call itself; recipes may be ten thousand steps deep.
#
# ??? tip "Hint"
#
#     The stack of `Value.backward`: a new name goes back onto it, under
#     its inputs. When it comes off again, they are all in the list.

# %% tags=["starter"]
def order(recipe, end):
    """All names behind `end`, inputs before results."""
    raise NotImplementedError("your code")

# %% tags=["solution"]
def order(recipe, end):
    names, seen, stack = [], set(), [(end, False)]
    while stack:
        name, inputs_done = stack.pop()
        if inputs_done:
            names.append(name)
        elif name not in seen:
            seen.add(name)
            # Back under its inputs: it is met again when they are done.
            stack.append((name, True))
            stack.extend((i, False) for i in recipe.get(name, []))
    return names

# %% tags=["tests"]
def check(recipe, end, size):
    names = order(recipe, end)
    assert len(names) == len(set(names)), "each name only once"
    assert len(names) == size, f"{size} names stand behind {end}"
    assert names[-1] == end, "the end comes last"
    place = {name: k for k, name in enumerate(names)}
    for result in names:
        for name in recipe.get(result, []):
            assert place[name] < place[result], f"{name} before {result}"


check({}, "x", 1)
check({"L": ["u", "v"], "v": ["u"], "u": ["x"]}, "L", 4)
check({"L": ["v", "u"], "v": ["u"], "u": ["x"]}, "L", 4)
check({"y": ["x", "x"], "z": ["y"]}, "y", 2)
check({k + 1: [k, k] for k in range(10_000)}, 10_000, 10_001)

# %% [markdown]
# ### Exercise 1.5 · Forward mode
#
# Write `Forward(value, slope)`, a number that carries its own slope
# toward one chosen input: with `+`, `*` and `tanh()`. Then one pass finds
# one of the three columns of [](#tab-modes), with no memory of the way.
#
# ??? tip "Hint"
#
#     For a product: if $u$ moves at the rate $u'$ and $v$ at the rate
#     $v'$, then $uv$ moves at the rate $u'v + uv'$.

# %% tags=["starter"]
import math


class Forward:
    def __init__(self, value, slope=0.0):
        self.value, self.slope = value, slope

    def __add__(self, other):
        raise NotImplementedError("your code")

    def __mul__(self, other):
        raise NotImplementedError("your code")

    def tanh(self):
        raise NotImplementedError("your code")

# %% tags=["solution"]
class Forward:
    def __init__(self, value, slope=0.0):
        self.value, self.slope = value, slope

    def __add__(self, other):
        return Forward(self.value + other.value, self.slope + other.slope)

    def __mul__(self, other):
        # The sum over both paths, as on the way back.
        return Forward(
            self.value * other.value,
            self.slope * other.value + self.value * other.slope,
        )

    def tanh(self):
        y = math.tanh(self.value)
        return Forward(y, self.slope * (1 - y * y))

# %% tags=["tests"]
found = []
for chosen in range(3):
    x, w, b = (Forward(value, float(k == chosen))
               for k, value in enumerate((3.0, 2.0, -1.0)))
    a = x * w + b
    L = a * a
    assert L.value == 25, "the value comes as ever"
    found.append(L.slope)
assert found == [20, 30, 10], "one pass for each of the three"
u = Forward(0.7, 1.0)
assert abs((u * u).tanh().slope - 1.4 / math.cosh(0.49) ** 2) < 1e-12, (
    "the slope of tanh, times that of u * u"
)

# %% [markdown]
# ### Exercise 1.6 · A small project: XOR, number by number
#
# One neuron alone cannot learn XOR ([chapter 9](gates.py) shows
# why). Train a network of `Value`s that can: three neurons with `tanh`
# that see both switches, and one more with `tanh` that sees the three. Off
# is −1 and on is 1, for the lamp because `tanh` gives such answers, for
# the switches to match. `learn(seed)` returns the four answers after
# training.
#
# ??? tip "Hint"
#
#     Begin with 13 random numbers between −1 and 1. A few hundred steps
#     with the mean of the squared errors and `lr = 0.5` are plenty. If
#     nothing changes, look whether you step with `.value`, downward.

# %% tags=["starter"]
import random

from nn.scalar import Value

CASES = [((-1, -1), -1), ((-1, 1), 1), ((1, -1), 1), ((1, 1), -1)]


def learn(seed):
    """Train from the random beginning `seed`; the four answers."""
    rng = random.Random(seed)
    numbers = [Value(rng.uniform(-1, 1)) for _ in range(13)]
    raise NotImplementedError(f"train these {len(numbers)} numbers")

# %% tags=["solution"]
def learn(seed):
    rng = random.Random(seed)
    numbers = [Value(rng.uniform(-1, 1)) for _ in range(13)]

    def answer(x):
        # Numbers 0 to 8: three neurons of three. 9 to 12: the last one.
        hidden = [
            (x[0] * numbers[k] + x[1] * numbers[k + 1] + numbers[k + 2]).tanh()
            for k in (0, 3, 6)
        ]
        products = (y * w for y, w in zip(hidden, numbers[9:12]))
        return (sum(products) + numbers[12]).tanh()

    for _ in range(150):
        L = sum((answer(x) - t) ** 2 for x, t in CASES) / 4
        L.backward()
        for number in numbers:
            number.value -= 0.5 * number.grad
    return [answer(x).value for x, _ in CASES]

# %% tags=["tests"]
learned = 0
for seed in range(3):
    answers = [float(getattr(y, "value", y)) for y in learn(seed)]
    assert len(answers) == 4, "one answer a case"
    assert all(-1 <= y <= 1 for y in answers), "the last neuron has tanh"
    assert len(set(answers)) == 4, "it has learned, not looked it up"
    learned += all(y * t > 0.5 for y, (_, t) in zip(answers, CASES))
assert learned >= 2, "at least two of three beginnings should succeed"

# %% [markdown]
# ## Notes
#
# Wengert described in 1964 how a program can carry slopes forward along
# with its values.[^wengert] Linnainmaa went the other way in his master's
# thesis of 1970, published in 1976: he wanted to know how the rounding
# errors of single steps reach the final result, which is the question of
# this chapter.[^linnainmaa] Rumelhart, Hinton and Williams made the walk
# back the way to train networks.[^rumelhart] That a gradient costs no
# more than a small multiple of the result it belongs to is derived with
# care, operation by operation, in the book of Griewank and
# Walther.[^griewank] Baydin and others tell the history of both modes,
# and what one makes of them in machine learning.[^baydin]
#
# [^wengert]: [Wengert 1964](bibliography.md#wengert-1964).
# [^linnainmaa]: [Linnainmaa 1976](bibliography.md#linnainmaa-1976), which
#     grew out of his thesis of 1970.
# [^rumelhart]: [Rumelhart, Hinton and Williams
#     1986](bibliography.md#rumelhart-1986).
# [^griewank]: [Griewank and Walther 2008](bibliography.md#griewank-2008),
#     chapters 3 and 4.
# [^baydin]: [Baydin and others 2018](bibliography.md#baydin-2018),
#     section 3.
