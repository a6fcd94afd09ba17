# %% [markdown]
# # Formulas, checked
#
# *Is what stands on the page what the program computes?*
#
# Each numbered equation of this book that can be computed is read from its
# chapter by this page, turned into an expression of SymPy, a Python library
# that calculates with formulas, and compared with `nn`, on random numbers
# where the equation has none of its own. Some equations say nothing about
# `nn`, as a rule about variances: they are compared with a plain
# computation, or their sides with each other. A derivative is compared with
# the derivative of the displayed function, too. [](#tab-formulas) has every
# formula, what it is compared with, and the largest difference. Letters are
# those of the [notation](notation.md).
#
# ## One sign

# %% tags=["hide"]
import math
import re
from itertools import combinations, product
from pathlib import Path
from textwrap import fill

import numpy as np
import sympy

from nn.activations import (
    GELU, LeakyReLU, ReLU, Sigmoid, Softmax, Tanh, sigmoid, softmax,
)
from nn.clipping import clip_gradients
from nn.distortions import distort
from nn.dropout import Dropout
from nn.gradients import numerical_gradient, relative_error
from nn.initializers import glorot_uniform, he_normal, lecun_normal
from nn.layers import Dense, Parameter, Sequential
from nn.losses import (
    binary_cross_entropy, huber, mean_squared_error, softmax_cross_entropy,
)
from nn.normalization import BatchNorm
from nn.optimizers import SGD, AdaGrad, Adam, AdamW, RMSProp
from nn.residual import Residual
from nn.scalar import Value
from nn.schedules import cosine, exponential_decay, one_cycle, step_decay
from weave import table
from weave.formulas import FormulaError, Formulas, derivative, numbers, short
from weave.references import equations

rng = np.random.default_rng(0)
sides = "its sides with each other"
series = "the coefficients of SymPy's series"
alone = "the derivative alone"


def draw(*shape):
    return rng.standard_normal(shape)


def back(layer, x, dy):
    """Return dL/dx."""
    layer.forward(x, train=True)
    if isinstance(layer, Sequential):
        return layer.backward(dy, need_dx=True)
    return layer.backward(dy)

# %% [markdown]
# Here is the derivation of the slope of the sigmoid,
# [](activations.py#eq-sigmoid-slope), as it stands in the file of
# chapter 3. (`\val` only makes a value blue.) At four random numbers its
# three forms are compared with `Sigmoid.backward`, and with the derivative
# that SymPy takes of the displayed [](activations.py#eq-sigmoid).

# %%
formulas = Formulas(equations(Path("docs")))
function, check = formulas.function, formulas.check

x = draw(4)
sigma = function("activations.py#eq-sigmoid")
check(
    "activations.py#eq-sigmoid-slope",
    "`Sigmoid.backward`",
    {"x": x, "y": sigmoid(x)},
    nn=[back(Sigmoid(), x, np.ones_like(x))],
    slope=[numbers(derivative(sigma), x)],
)
tex = formulas.tex("activations.py#eq-sigmoid-slope")
[(off, off_slope)] = formulas.found["activations.py#eq-sigmoid-slope"]
print(tex)
print(f"off from nn: {off:.0e}, from the derivative: {off_slope:.0e}")

# %% [markdown]
# Both differences are roundings. Now a hand slips, and the last sign is
# wrong on the page. The error says how far that is off, and at which of the
# four numbers, counted from 0, it is farthest off:

# %%
try:
    formulas.checks[-1].run(tex.replace("(1 -", "(1 +"))
except FormulaError as error:
    print(fill(str(error)))

# %% tags=["check"]
assert max(off, off_slope) < 1e-15

# %% [markdown]
# On this page such an error ends the build. The
# [tests](https://github.com/neural-networks-line-by-line/book/blob/main/tests/test_weave_formulas.py)
# turn every plus and minus of every formula below into its opposite, one at
# a time, and put a factor of $1.01$ behind every sign = between two sides;
# each time the check has to fail, and to name the formula. A plus before
# dots is left as it is, since nothing is shown behind it, and so is the one
# that may be a minus as well, in the real part of
# [](gradients.py#eq-complex-step).
#
# A formula is read as the notation says: two tables side by side are a
# matrix product, $\odot$ goes entry by entry, $\leftarrow$ changes what a
# letter stands for. All sides of all signs = in a formula are compared. Of
# $>$ and $\ge$ that is the edge, where both sides are equal, and not which
# of them is larger elsewhere. Of $\Longrightarrow$ each side is
# compared by itself, of a series that ends in dots the terms shown.
# Where chance comes in, as in $\operatorname{E}(u)$, small examples are
# chosen whose outcomes can all be listed, so that the mean is exact.
#
# ## Activations
#
# Each activation as displayed is computed beside its layer, and the layer's
# way back beside the derivative that SymPy takes of the displayed formula.
# For softmax the derivative is a table, compared entry by entry.
# [](activations.py#eq-activation-gradient) holds for every activation: it
# gets the $f'$ that SymPy takes, and is compared with the way back and, as
# the derivative, with a central difference of the layer.

# %% tags=["hide"]
x, dy = draw(4), draw(4)
ones = np.ones_like(x)
at = {"x": x}
place = "activations.py#eq-"
leak = {"leak": 0.1}
tanh = function("scalar.py#eq-tanh", "u")
p = function(f"{place}gelu:0")
P = function(f"{place}gelu:1", p=p)
gelu = function(f"{place}gelu:2", P=P)
leaky = function(f"{place}leaky-relu:0", names=leak)
relu = function(f"{place}leaky-relu:0", names={"leak": 0})
erf = {
    "erf": lambda u: np.frompyfunc(sympy.erf, 1, 1)(u),
    "erfc": lambda u: np.frompyfunc(sympy.erfc, 1, 1)(u),
}

for layer, f in [
    (ReLU(), relu), (LeakyReLU(0.1), leaky), (GELU(), gelu),
    (Sigmoid(), sigma), (Tanh(), tanh),
]:
    check(
        f"{place}activation-gradient", f"`{type(layer).__name__}.backward`",
        {"x": x, "dy": dy}, functions={"f'": derivative(f)},
        nn=[back(layer, x, dy)],
        slope=[numerical_gradient(
            lambda u, f=layer.forward: float(np.sum(dy * f(u))), x)],
        within=1e-8,
    )
square = x.reshape(2, 2), dy.reshape(2, 2)
check(
    f"{place}one-activation", "`Sigmoid.backward`",
    {"x": square[0], "dy": square[1]}, sizes={"i": 2, "j": 2},
    functions={"f": sigma, "f'": derivative(sigma)},
    given=["y = f(x)"], nn=[back(Sigmoid(), *square)],
)
for layer, share in [(LeakyReLU(0.1), 0.1), (ReLU(), 0.0)]:
    f = function(f"{place}leaky-relu:0", names={"leak": share})
    check(
        f"{place}leaky-relu", "`LeakyReLU`, `ReLU`",
        {"x": x, "leak": share},
        nn=[layer.forward(x), back(layer, x, ones)],
        slope=[None, numbers(derivative(f), x)],
    )
area = GELU().forward(x) / x
slope = back(GELU(), x, ones)
check(
    f"{place}gelu", "`GELU.forward`, `GELU.backward`", at,
    functions={"p": p, "P": P},
    nn=[(slope - area) / x, area, GELU().forward(x)],
)
check(
    f"{place}gelu-slope", "`GELU.backward`", at,
    functions={"p": p, "P": P, "P'": derivative(P)},
    nn=[slope], slope=[numbers(derivative(gelu), x)],
)
check(f"{place}gelu-area", "`GELU.forward`", at, nn=[area], functions=erf)
check(f"{place}sigmoid", "`sigmoid`", at, nn=[sigmoid(x)])
check(
    f"{place}sigmoid-stable", "`sigmoid`", {"x": x.reshape(2, 2)},
    nn=[sigmoid(x).reshape(2, 2)], sizes={"i": 2, "j": 2},
)
check(
    "scalar.py#eq-tanh", "`Tanh.forward`", {"u": x},
    nn=[Tanh().forward(x)],
)
check(
    "scalar.py#eq-tanh-slope", "`Tanh.backward`",
    {"u": x, "y": Tanh().forward(x)},
    nn=[back(Tanh(), x, ones)], slope=[numbers(derivative(tanh), x)],
)

three = Sequential(Tanh(), Tanh(), Tanh())
first = np.tanh(x)
check(
    f"{place}slope-product", "`Sequential.backward`, three `Tanh`",
    {"a_1": x, "a_2": first, "a_D": np.tanh(first), "dy": dy},
    functions={"f'": derivative(tanh)},
    nn=[back(three, x, dy)],
    slope=[dy * numbers(derivative(lambda u: tanh(tanh(tanh(u)))), x)],
)

z, dz = draw(4), draw(3, 4)
classes = {"j": 4, "k": 4}
forward = [f"{place}softmax"]
check(f"{place}softmax", "`softmax`", {"z": z}, nn=[softmax(z)],
      sizes=classes)
check(
    f"{place}softmax-shift", "`softmax`", {"z": z, "c": 0.7, "p": softmax(z)},
    nn=[softmax(z + 0.7)], sizes=classes,
)
slopes = [
    formulas.gradient("p", "z", {"z": z}, dy=one, given=forward,
                      sizes=classes)
    for one in np.eye(4)
]
check(
    f"{place}softmax-slopes", "`Softmax.backward`",
    {"x": z, "y": softmax(z)}, sizes=classes,
    nn=[[back(Softmax(), z, one) for one in np.eye(4)]], slope=[slopes],
)
J, y = np.array(slopes), softmax(z)
S = float(np.exp(z).sum())
check(
    f"{place}softmax-own", "`Softmax.backward`", {"x": z, "y": y, "S": S},
    sizes=classes, nn=[[back(Softmax(), z, one) @ one for one in np.eye(4)]],
    slope=[np.diag(J)],
)
check(
    f"{place}softmax-other", "`Softmax.backward`",
    {"x_j": z[0], "x_k": z[1:], "y_j": y[0], "y_k": y[1:], "S": S},
    nn=[back(Softmax(), z, np.eye(4)[0])[1:]], slope=[J[0, 1:]],
)
one = draw(4)
check(
    f"{place}softmax-paths", "`Softmax.backward`", {"x": z, "dy": one},
    given=[r"y_j = \frac{e^{x_j}}{\sum_k e^{x_k}}"], sizes=classes,
    nn=[back(Softmax(), z, one)], slope=[one @ J],
)
check(
    f"{place}softmax-one-gradient", "`Softmax.backward`",
    {"y": y, "dy": one}, sizes=classes,
    nn=[back(Softmax(), z, one)], slope=[one @ J],
)
rows = draw(3, 4)
slopes = [
    formulas.gradient("p", "z", {"z": row}, dy=one, given=forward,
                      sizes=classes)
    for row, one in zip(rows, dz)
]
check(
    f"{place}softmax-gradient", "`Softmax.backward`",
    {"y": softmax(rows), "dy": dz},
    nn=[back(Softmax(), rows, dz)], slope=[slopes],
)

# %% [markdown]
# ## Losses
#
# A loss in `nn` returns its value and its gradient. The displayed loss is
# compared with the one; the displayed gradient with the other, and with
# the derivative of the displayed loss.

# %% tags=["hide"]
place = "losses.py#eq-"
entries = {"i": 3, "j": 2}
p, z = draw(3, 2), draw(3, 2)
t = rng.uniform(0.1, 0.9, (3, 2))
at = {"p": p, "t": t, "m": 6}
L, dp = mean_squared_error(p, t)
check(f"{place}squared-error", "`mean_squared_error`", at, nn=[L],
      sizes=entries)
check(
    f"{place}squared-error-gradient", "`mean_squared_error`", at, nn=[dp],
    slope=[formulas.gradient("L", "p", at, sizes=entries,
                             given=[f"{place}squared-error"])],
)

functions = {"sigma": sigma, "sigma'": derivative(sigma)}
L, dz = binary_cross_entropy(z, t)
at = {"z": z, "p": sigmoid(z), "t": t, "m": 6}
check(f"{place}cross-entropy", "`binary_cross_entropy`", at, nn=[L],
      sizes=entries)
check(f"{place}cross-entropy-logits", "`binary_cross_entropy`", at, nn=[L],
      sizes=entries)
start = {"z": z, "t": t, "m": 6}
chain = [r"p = \sigma(z)", f"{place}cross-entropy"]
dp = formulas.gradient("L", "p", at, sizes=entries, given=chain[1:])
slope = sigmoid(z) * (1 - sigmoid(z))
check(f"{place}cross-entropy-slope", "`binary_cross_entropy`", at,
      nn=[dz / slope], slope=[dp])
check(
    f"{place}cross-entropy-gradient", "`binary_cross_entropy`",
    at | {"dp": dp}, functions=functions, nn=[dz],
    slope=[formulas.gradient("L", "z", start, sizes=entries, given=chain,
                             functions=functions)],
)

z1, t1 = draw(1, 1), draw(1, 1)
stuck = [r"p = \sigma(z)", r"L = \tfrac12 (p - t)^2"]
dp = mean_squared_error(sigmoid(z1), t1)[1] / 2
check(
    f"{place}stuck-gradient", "`mean_squared_error`, `Sigmoid.backward`",
    {"z": z1, "t": t1}, functions=functions, given=stuck,
    nn=[back(Sigmoid(), z1, dp)],
    slope=[formulas.gradient("L", "z", {"z": z1, "t": t1}, given=stuck,
                             functions=functions)],
)

z, t = draw(3, 4), softmax(draw(3, 4))
classes = {"i": 3, "j": 4, "k": 4}
L, dz = softmax_cross_entropy(z, t)
at = {"z": z, "p": softmax(z), "t": t, "n": 3}
check(f"{place}softmax-cross-entropy", "`softmax_cross_entropy`", at,
      nn=[L], sizes=classes)
check(
    f"{place}log-sum-exp", "`softmax_cross_entropy`",
    {"z": z, "c": z.max(axis=1)}, sizes=classes,
    nn=[[softmax_cross_entropy(row[None], [0])[0] + row[0] for row in z]],
)
chain = [
    r"p_{ij} = \frac{e^{z_{ij}}}{\sum_k e^{z_{ik}}}",
    f"{place}softmax-cross-entropy",
]
check(
    f"{place}softmax-cross-entropy-gradient", "`softmax_cross_entropy`", at,
    sizes=classes, nn=[dz],
    slope=[formulas.gradient("L", "z", {"z": z, "t": t, "n": 3},
                             given=chain, sizes=classes)],
)

dp = formulas.gradient("L", "p", at, sizes=classes, given=chain[1:])
check(f"{place}softmax-cross-entropy-slope", alone, at, sizes=classes,
      nn=[None], slope=[dp])
check(
    f"{place}softmax-row-slopes", "`Softmax.backward`", at, sizes=classes,
    nn=[np.stack([back(Softmax(), z, np.tile(one, (3, 1)))
                  for one in np.eye(4)], axis=1)],
)
check(f"{place}softmax-row-paths", "`softmax_cross_entropy`",
      {"z": z, "dp": dp}, given=chain[:1], sizes=classes, nn=[dz])

p, t, delta = draw(3, 2), 2 * draw(3, 2), 0.8
L, dp = huber(p, t, delta)
at = {"d": p - t, "delta": delta, "m": 6}
check(f"{place}huber", "`huber`", at, nn=[L], sizes=entries)
check(
    f"{place}huber-gradient", "`huber`",
    {"p": p, "t": t, "delta": delta, "m": 6}, nn=[p - t, dp],
    slope=[None, formulas.gradient("L", "d", at, sizes=entries,
                                   given=[f"{place}huber"])],
)

z, alpha = draw(2, 10), 0.1
t = np.eye(10)[[3, 8]]
smooth = np.where(t == 1, 1 - alpha + alpha / 10, alpha / 10)
check(
    "generalization.py#eq-label-smoothing", "`softmax_cross_entropy`",
    {"t": t, "alpha": alpha, "p": softmax(z), "n": 2},
    nn=[smooth, softmax_cross_entropy(z, smooth)[1]],
)
p, sure = softmax(draw(10)), np.eye(10)[3]
check(
    "frameworks.py#eq-double-softmax", "`softmax_cross_entropy`",
    {"p": p, "p_k": float(p[3])}, sizes={"j": 10},
    nn=[softmax_cross_entropy(row[None], [3])[0] for row in (p, sure)],
)

# %% [markdown]
# ## Layers
#
# Here letters are tables of a few rows and columns, each entry a symbol of
# its own, and the loss is the sum of the outputs, each times a random
# number, which is its $\grad{dy}$.

# %% tags=["hide"]
place = "layers.py#eq-"
x, W, b, dy = draw(3, 2), draw(2, 4), draw(4), draw(3, 4)
dense = Dense(W, b)
dx = back(dense, x, dy)
dW, db = dense.weight.grad, dense.bias.grad
at = {"x": x, "W": W, "b": b}
sizes = {"i": 3, "k": 2, "j": 4}
given = [f"{place}dense"]
slopes = {to: formulas.gradient("y", to, at, dy=dy, given=given) for to in at}

check(f"{place}dense", "`Dense.forward`", at, nn=[dense.forward(x)])
check(f"{place}dense-neuron", "`Dense.forward`", at, sizes=sizes,
      nn=[dense.forward(x)])
check(
    f"{place}dense-one-weight", "`Dense.set_gradients`", at | {"dy": dy},
    sizes=sizes, nn=[dW], slope=[slopes["W"]],
    given=[*given, r"L = \sum_i \sum_j \grad{dy_{ij}} y_{ij}"],
)
check(
    f"{place}dense-one-bias", "`Dense.set_gradients`", {"dy": dy},
    sizes=sizes, nn=[db], slope=[slopes["b"]],
)
check(
    f"{place}dense-one-input", "`Dense.backward`", at | {"dy": dy},
    sizes=sizes, given=given, nn=[dx], slope=[slopes["x"]],
)
check(
    "initializers.py#eq-one-gradient", "`Dense.backward`",
    {"W": W, "dy": dy[0]}, sizes=sizes, nn=[dx[0]],
    slope=[slopes["x"][0]],
)
check(f"{place}dense-weights", "`Dense.set_gradients`", {"x": x, "dy": dy},
      nn=[dW], slope=[slopes["W"]])
check(f"{place}dense-bias", "`Dense.set_gradients`", {"dy": dy},
      nn=[db], slope=[slopes["b"]])
check(f"{place}dense-input", "`Dense.backward`", {"W": W, "dy": dy},
      nn=[dx], slope=[slopes["x"]])
check("initializers.py#eq-two-products", "`Dense.backward`",
      {"x": x, "W": W, "dy": dy}, nn=[dW, dx],
      slope=[slopes["W"], slopes["x"]])
products = 3 * 2 * 4
check(
    "speed.py#eq-flops", f"`Dense`; {products} products",
    {"x": x, "W": W, "dy": dy, "n": 3, "d_in": 2, "d_out": 4},
    nn=[Dense(W).forward(x), dW, dx, products, products, products],
    slope=[None, slopes["W"], slopes["x"], None, None, None],
)
W2, b2 = draw(4, 2), draw(2)
check(
    f"{place}two-layers", "`Sequential.forward`",
    {"x": x, "W_1": W, "b_1": b, "W_2": W2, "b_2": b2},
    nn=[Sequential(dense, Dense(W2, b2)).forward(x)],
)

w, v, b = draw(5), draw(5), draw(5)
top = Dense(v[:, None], np.array([0.3]))
model = Sequential(Dense(w[None], b), Tanh(), top)
check(
    "functions.py#eq-sum-of-bends", "`Sequential.forward`",
    {"x": 0.4, "w": w, "v": v, "b": b, "c": 0.3}, sizes={"j": 5},
    nn=[model.forward(np.array([[0.4]]))[0, 0]],
)
x, w, b = draw(2), draw(2), 0.3
gate = Dense(w[:, None], np.array([b]))
z = gate.forward(x[None])[0, 0]
check(
    "gates.py#eq-gate", "`Dense.forward`, `sigmoid`",
    {"x": x, "w": w, "b": b}, functions={"sigma": sigma},
    nn=[z, sigmoid(z)],
)

place = "deep.py#eq-"
x, W, dy = draw(2, 3), draw(3, 3), draw(2, 3)
bend = Sequential(Dense(W), Tanh())
dx = back(bend, x, dy)
a = Dense(W).forward(x)
at = {"x": x, "W": W}
check(
    f"{place}tower-gradient", "`Sequential.backward`",
    {"a": a, "W": W, "dy": dy}, functions={"f'": derivative(tanh)},
    nn=[back(Tanh(), a, dy), dx],
    slope=[
        formulas.gradient("y", "a", {"a": a}, given=["y = f(a)"], dy=dy,
                          functions={"f": tanh}),
        formulas.gradient("y", "x", at, given=["a = x W", "y = f(a)"], dy=dy,
                          functions={"f": tanh}),
    ],
)
check(
    f"{place}residual", "`Residual.forward`", at,
    functions={"f": lambda u, W=W: tanh(u @ W)},
    nn=[Residual(bend).forward(x)],
)
chain = {"given": ["a = x W", "y = f(a)"], "functions": {"f": tanh}}
J = [
    formulas.gradient("y", "x", {"x": x[0], "W": W}, dy=one, **chain)
    for one in np.eye(3)
]
check(
    f"{place}residual-gradient", "`Residual.backward`",
    {"dy": dy[0], "J": np.array(J)},
    nn=[back(Residual(bend), x[:1], dy[:1])[0]],
    slope=[formulas.gradient("y", "x", {"x": x[0], "W": W}, dy=dy[0],
                             given=["a = x W", "y = x + f(a)"],
                             functions={"f": tanh})],
)

# %% [markdown]
# The way back through batch normalization goes by three paths. Each is the
# derivative in which the other two are held still.

# %% tags=["hide"]
x, dy = draw(4, 3), draw(4, 3)
gamma, beta, eps = draw(3), draw(3), 0.01
norm = BatchNorm(3, momentum=1, eps=eps, dtype=np.float64)
norm.gamma.value[:], norm.beta.value[:] = gamma, beta
y, dx = norm.forward(x, train=True), norm.backward(dy)
mean, v = norm.running_mean, norm.running_variance * 3 / 4
bare = BatchNorm(3, eps=eps, dtype=np.float64)
z = bare.forward(x, train=True)
sizes = {"i": 4, "k": 4}
still = {"x": x, "bar x": mean, "v": v, "varepsilon": eps}
scaled = {"gamma": gamma, "beta": beta}
statistics, normal = f"{place}batch-statistics", f"{place}batch-norm"


def path(of, to, values, dy, *given):
    return formulas.gradient(of, to, values, dy=dy, given=given, sizes=sizes)


check(statistics, "`BatchNorm.forward`", {"x": x, "n": 4}, sizes=sizes,
      nn=[mean, v])
check(normal, "`BatchNorm.forward`", still | scaled, sizes=sizes, nn=[z, y])
dz = path("y", "z", {"z": z} | scaled, dy, f"{normal}:1")
check(
    f"{place}batch-norm-parameters", "`BatchNorm.backward`",
    {"z": z, "dy": dy, "gamma": gamma}, sizes=sizes,
    nn=[norm.beta.grad, norm.gamma.grad, None],
    slope=[
        path("y", "beta", {"z": z} | scaled, dy, f"{normal}:1"),
        path("y", "gamma", {"z": z} | scaled, dy, f"{normal}:1"),
        dz,
    ],
)
at = {"s": np.sqrt(v + eps), "z": z, "dz": dz, "n": 4}
itself = path("z", "x", still, dz, f"{normal}:0")
check(f"{place}batch-norm-itself", alone, at, sizes=sizes, nn=[None],
      slope=[itself])
dv = path("z", "v", still, dz, f"{normal}:0")
by_variance = path("v", "x", {"x": x, "bar x": mean, "n": 4}, dv,
                   f"{statistics}:1")
check(f"{place}batch-norm-variance", sides, at, sizes=sizes, nn=[None, None],
      slope=[dv, by_variance])
dmean = path("z", "bar x", still, dz, f"{normal}:0")
by_mean = path("bar x", "x", {"x": x, "n": 4}, dmean, f"{statistics}:0")
check(f"{place}batch-norm-mean", sides, at, sizes=sizes,
      nn=[None, None], slope=[dmean, by_mean[0]])
check(
    f"{place}batch-norm-gradient", "`BatchNorm.backward`", at, sizes=sizes,
    nn=[dx],
    slope=[path("y", "x", {"x": x, "n": 4, "varepsilon": eps} | scaled, dy,
                statistics, normal)],
)
assert np.allclose(itself + by_variance + by_mean, dx)

# %% [markdown]
# A pixel of a distorted digit takes its colour from a place that
# [](digits.py#eq-distortion) names. Two ramps, one that rises from row to
# row and one from column to column, are distorted alike; the colours of the
# two are then the row and the column of that place. $A$, $b$ and the bumps
# are read off `distort` itself: $b$ from the pixel in the middle, $A$ from
# two of its neighbours, both without bumps, and the bumps of a pixel from
# the difference that they make there. So what is tested is the linear part:
# that at three other pixels the place without bumps is the product and the
# sum.

# %% tags=["hide"]
side = 21
line = np.arange(side) - side // 2.0
ramps = np.stack(np.meshgrid(line, line, indexing="ij"))


def places(bend):
    """Return the place of each pixel, (side, side, 2)."""
    settings = {"pixels": 1.0, "degrees": 10.0, "bend": bend}
    moved = [
        distort(ramp.reshape(1, -1), rng=np.random.default_rng(1), **settings)
        for ramp in ramps
    ]
    return np.stack(moved, axis=-1).reshape(side, side, 2).astype(float)


flat, bent = places(0.0), places(0.75)
middle = side // 2
shift = flat[middle, middle]
A = np.stack([flat[middle + 1, middle], flat[middle, middle + 1]]) - shift
for row, column in [(-4, 3), (5, 2), (2, -5)]:
    where = middle + row, middle + column
    bumps = bent[where] - flat[where]
    check(
        "digits.py#eq-distortion", "`distort`, in float32",
        {"r": float(row), "c": float(column), "A": A, "b": shift},
        functions={"bumps": lambda r, c, bumps=bumps: bumps},
        nn=[bent[where]], within=1e-5,
    )

# %% [markdown]
# ## Initialization
#
# The same generator is asked once by the initializer and once for plain
# numbers, normal or from $-1$ to $1$. The ratio of the two is what the
# initializer multiplies by, to the last digit.

# %% tags=["hide"]
place = "initializers.py#eq-"
fan = {"d_in": 5, "d_out": 3}


def seeded():
    return np.random.default_rng(0)


def variance_of(initializer):
    W = initializer(5, 3, rng=seeded(), dtype=np.float64)
    return float(np.mean(W / seeded().standard_normal((5, 3)))) ** 2


box = glorot_uniform(5, 3, rng=seeded(), dtype=np.float64)
limit = float(np.mean(box / seeded().uniform(-1, 1, (5, 3))))
even = limit * (np.arange(-1_000_000, 1_000_000) + 0.5) / 1_000_000
check(f"{place}lecun", "`lecun_normal`", fan, nn=[variance_of(lecun_normal)])
check(f"{place}he", "`he_normal`", fan, nn=[variance_of(he_normal)])
check(f"{place}glorot", "`glorot_uniform`", fan, nn=[limit**2 / 3])
check(f"{place}uniform-variance", "two million evenly spaced numbers",
      {"c": limit}, nn=[np.mean(even**2)], within=1e-11)

# %% [markdown]
# What layers do to variances: each weight is one of two numbers, and the
# mean goes over all tables of weights.

# %% tags=["hide"]
def tables(*shape, size=0.5):
    """Yield all tables of weights that are -size or size."""
    for signs in product([-size, size], repeat=math.prod(shape)):
        yield np.array(signs).reshape(shape)


x = np.array([1.5, -1.5])  # E(x^2) is that of each number
wide = {"d_in": 2, "d_out": 2, "d": 2, "Var(W)": 0.25, "E(x^2)": 2.25}
y = np.array([Dense(W).forward(x[None])[0, 0] for W in tables(2, 2)])
check(f"{place}layer-variance", "`Dense.forward`, all weights", wide,
      nn=[y.var()])
outcomes = [(1 / 4, {"W": W}) for W in tables(2, 1)]
check(
    f"{place}layer-square", "`Dense.forward`, all weights",
    {"x": x, "Var(W)": 0.25}, sizes={"k": 2, "k'": 2, "j": 1},
    outcomes=outcomes, nn=[[np.mean(y**2)]],
)
y = [
    Sequential(Dense(W1), Dense(W2)).forward(x[None])[0, 0]
    for W1 in tables(2, 2) for W2 in tables(2, 2)
]
check(f"{place}tower-variance", "two `Dense`, all weights",
      wide | {"ell": 2}, nn=[np.mean(np.square(y))])
dy = np.array([[0.7, -0.7]])
dx = [back(Dense(W), x[None], dy)[0, 0] for W in tables(2, 2)]
squares = np.mean(np.square(dx))
check(
    f"{place}backward-variance", "`Dense.backward`, all weights",
    {"d_out": 2, "Var(W)": 0.25, "E(dy^2)": 0.49}, part=0, nn=[squares],
)
check(
    f"{place}backward-variance", "`Dense.backward`, all weights",
    {"d_out": 2}, part=1, nn=[0.25 * 0.49 / squares],
)
a = np.array([Dense(W).forward(x[None])[0, 0] for W in tables(2, 2)])
check(
    f"{place}relu-half", "`ReLU.forward`, all weights",
    wide | {"E(a^2)": float(np.mean(a**2))},
    nn=[np.mean(ReLU().forward(a) ** 2)],
)

f = derivative(tanh)
down = [
    back(Sequential(Dense(W, a - x @ W), Tanh()), x[None], dy[None])[0, 0]
    for W in tables(2, 2)
    for a in map(np.array, product([0.3, -1.1], repeat=2))
    for dy in map(np.array, product([0.7, 0.2], repeat=2))
]
bends = numbers(f, np.array([0.3, -1.1]))
check(
    "deep.py#eq-tower-shrink", "`Sequential.backward`, all weights",
    wide | {"E(f'(a)^2)": float(np.mean(bends**2)),
            "E(dy^2)": (0.7**2 + 0.2**2) / 2},
    nn=[np.mean(np.square(down))],
)
check(
    "deep.py#eq-norm-growth", sides, part=1, nn=[None],
    values=wide | {"E(f'(u)^2)": 0.3, "Var(f(u))": 0.2},
)
y = [
    Residual(Dense([[w]])).forward(np.array([[u]]))[0, 0]
    for w in (-1.0, 1.0) for u in (0.5, 2.0)
]
square = (0.5**2 + 2.0**2) / 2
check(
    "deep.py#eq-residual-growth", "`Residual.forward`, all weights",
    {"E(x^2)": square, "E(f(x)^2)": square}, nn=[np.mean(np.square(y))],
)

# %% [markdown]
# ## Optimizers
#
# Each rule is carried out as displayed, step after step, beside the
# optimizer: the same gradients, the same start.

# %% tags=["hide"]
place = "optimizers.py#eq-"
theta, gradients = draw(3), [draw(3) for _ in range(3)]
steps = [{"g": g, "s": s} for s, g in enumerate(gradients, 1)]
zero = np.zeros(3)
many = 1_000_000  # after so many steps Adam corrects nothing


def walk(rule, before=None, **settings):
    """Return where an optimizer is after each step."""
    parameter = Parameter(theta)
    optimizer, seen = rule([parameter], **settings), []
    for number, g in enumerate(gradients, 1):
        parameter.grad[:] = g
        if before:
            before(optimizer, number)
        optimizer.step()
        seen.append({"theta": parameter.value.copy()})
    return seen


def follow(where, values, rule, before=None, part=None, given=(),
           name=None, **settings):
    check(
        f"{place}{where}" if "#" not in where else where,
        name or f"`{rule.__name__}.step`",
        {"theta": theta, "eta": 0.1} | values, part=part, steps=steps,
        nn=walk(rule, before, lr=0.1, **settings),
        keep=["theta", *({"m", "v"} & set(values))], given=given,
    )


kappa = np.array([1.0, 20.0])
at = {"theta": theta[:2], "kappa": kappa, "eta": 0.03}
check(f"{place}ravine", "the same sum in NumPy", at,
      nn=[0.5 * np.sum(kappa * theta[:2] ** 2)])
ravine = formulas.tex(f"{place}ravine").replace(r"L(\theta)", "L")
parameter = Parameter(theta[:2])
parameter.grad[:] = kappa * theta[:2]
SGD([parameter], lr=0.03).step()
check(
    f"{place}gradient-descent", "`SGD.step`", at, given=[ravine],
    nn=[kappa * theta[:2], parameter.value],
    slope=[formulas.gradient("L", "theta", at, given=[ravine]), None],
)
check(f"{place}shrink-factor", "`SGD.step`", at, sizes={"k": 2},
      nn=[parameter.value])


def factor(rate, curvature):
    """Return what a step of SGD multiplies a parameter by."""
    p = Parameter(np.ones(1))
    p.grad[:] = curvature
    SGD([p], lr=rate).step()
    return p.value[0]


def solve(f, low, high):
    """Return where f changes its sign."""
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if f(middle) > 0 else (low, middle)
    return low


edge = solve(lambda rate: 1 + factor(rate, 20.0), 0.0, 1.0)
check(f"{place}too-far", "`SGD.step`, at the rate from which nothing shrinks",
      {"eta": edge, "kappa_max": 20.0}, nn=[edge, edge])
best = solve(
    lambda rate: abs(factor(rate, 1.0)) - abs(factor(rate, 20.0)), 0.05, 1.0
)
check(
    f"{place}best-rate",
    "`SGD.step`, at the rate where both directions shrink alike",
    {"eta": best, "kappa_max": 20.0, "kappa_min": 1.0},
    nn=[factor(best, 1.0), best],
)

follow("sgd-decay", {"lambda": 0.2}, SGD, weight_decay=0.2)
follow("momentum", {"m": zero, "beta": 0.9}, SGD, momentum=0.9)
follow("adagrad", {"v": zero, "varepsilon": 0.01}, AdaGrad, eps=0.01)
follow("rmsprop", {"v": zero, "varepsilon": 0.01, "alpha": 0.8}, RMSProp,
       eps=0.01, alpha=0.8)
memory = {"m": zero, "v": zero, "varepsilon": 0.01,
          "beta_1": 0.8, "beta_2": 0.95}
adam = {"eps": 0.01, "betas": (0.8, 0.95)}
uncorrected = [f"{place}adam-uncorrected:{part}" for part in (0, 1)]
hats = [*uncorrected, *(f"{place}adam:{part}" for part in (0, 1))]
follow(
    "adam-uncorrected", memory, Adam,
    lambda optimizer, number: setattr(optimizer, "steps", many),
    name="`Adam.step`, told that a million steps lie behind", **adam,
)
follow("adam", memory, Adam, given=uncorrected, **adam)
follow("adamw", memory | {"lambda": 0.2}, AdamW, given=hats,
       weight_decay=0.2, **adam)
two = "frameworks.py#eq-two-adams"
follow(two, memory, Adam, part=0, given=hats, **adam)
follow(
    two, memory, Adam,
    lambda optimizer, number: setattr(
        optimizer, "eps", 0.01 / math.sqrt(1 - 0.95**number)),
    part=1, given=hats, name="`Adam.step`, with Keras's ε", **adam,
)
c1, c2 = 1 - 0.8, 1 - 0.95
m, v = c1 * gradients[0], c2 * gradients[0] ** 2
moved = theta - walk(Adam, lr=0.1, **adam)[0]["theta"]
check(
    f"{place}adam-folded", "`Adam.step`",
    {"eta": 0.1, "varepsilon": 0.01, "m": m, "v": v, "c_1": c1, "c_2": c2},
    nn=[moved],
)
m = 0.0
for _ in range(4):
    m = 0.8 * m + 0.2 * 1.7
check(f"{place}adam-bias", "the memory after four equal gradients",
      {"beta_1": 0.8, "s": 4, "E(g)": 1.7}, nn=[m])


def memory_of(signs):
    """Return how far the last step of SGD with momentum goes."""
    p = Parameter(np.zeros(1))
    optimizer = SGD([p], lr=1.0, momentum=0.5)
    for sign in signs:
        before = p.value.copy()
        p.grad[:] = sign
        optimizer.step()
    return abs(p.value - before)[0]


check(
    f"{place}memory-length", "`SGD.step`, a hundred steps", {"beta": 0.5},
    series="beta", nn=[memory_of([1] * 100), memory_of([1, -1] * 50)],
)

p, seen = Parameter(np.ones(1)), []
heavy = SGD([p], lr=0.1, momentum=0.9)
for _ in range(3):
    p.grad[:] = 2.5 * p.value
    heavy.step()
    seen.append(p.value[0])
check(
    f"{place}heavy-ball", "`SGD.step`",
    {"eta": 0.1, "beta": 0.9, "kappa": 2.5, "theta_s-1": seen[0],
     "theta_s": seen[1], "theta_s+1": seen[2]},
    nn=[seen[2]],
)
kappa = np.array([0.7, 1.3, 2.0])
p, m, hat = Parameter(theta), zero, theta
nesterov = SGD([p], lr=0.1, momentum=0.9, nesterov=True)
for _ in range(3):
    m_before, hat_before = m, hat
    p.grad[:] = kappa * hat
    nesterov.step()
    m, hat = 0.9 * m + p.grad, p.value.copy()
before = hat_before + 0.1 * 0.9 * m_before
after = hat + 0.1 * 0.9 * m
at = {"eta": 0.1, "beta": 0.9, "m": m_before, "theta": before}
check(
    f"{place}nesterov", "`SGD.step`, `nesterov=True`", at,
    functions={"g": lambda u, kappa=kappa: kappa * u}, nn=[m, after],
)
check(
    f"{place}nesterov-ahead", "`SGD.step`, `nesterov=True`",
    at | {"m'": m, "theta'": after, "hat theta": hat_before,
          "g": kappa * hat_before},
    nn=[hat, after, before, None],
)

noise = np.array(list(product([-1.0, 1.0], repeat=10)))
p = Parameter(np.zeros(len(noise)))
for signs in noise.T:
    p.grad[:] = 0.5 * p.value + signs
    SGD([p], lr=1.9).step()
check(
    f"{place}circling", "`SGD.step`, all noise of ten steps",
    {"eta": 1.9, "kappa": 0.5, "Var(theta)": float(p.value.var())},
    nn=[p.value.var()] * 2, within=1e-12,
)

g = 1e7 * draw(3)
p = Parameter(zero)
p.grad[:] = g
length = clip_gradients([p], max_norm=2.0)
check(f"{place}clipping", "`clip_gradients`", {"g": g, "c": 2.0}, part=0,
      nn=[p.grad])
check(f"{place}clipping", "`clip_gradients`", {"g": g}, part=1, nn=[length])
p.grad[:] = 1e-7 * g
clip_gradients([p], max_norm=1e3)
check(f"{place}clipping", "`clip_gradients`", {"g": 1e-7 * g, "c": 1e3},
      part=0, nn=[p.grad])

power = r"L = \sum_k c_k \theta_k^3"
penalty = "generalization.py#eq-penalty"
c = draw(3)
g = 3 * c * theta**2
p = Parameter(theta)
p.grad[:] = g
SGD([p], lr=1.0, weight_decay=0.2).step()
sum_up = "R = " + formulas.tex(penalty).partition(r"\qquad")[0]
at = {"theta": theta, "lambda": 0.2, "c": c}
check(
    penalty, "`SGD.step`, `weight_decay`", at | {"g": g}, given=[power],
    sizes={"k": 3},
    nn=[np.sum(c * theta**3) + 0.1 * np.sum(theta**2), theta - p.value],
    slope=[None, formulas.gradient("R", "theta", at, sizes={"k": 3},
                                   given=[power, sum_up])],
)

# %% [markdown]
# ## Schedules
#
# Each formula is computed at a few steps, beside the schedule.

# %% tags=["hide"]
for step in (0, 3, 7):
    at = {"eta": 0.1, "factor": 0.5, "step": float(step), "every": 3.0,
          "warmup": 9.0}
    check(f"{place}stair", "`step_decay`", at,
          nn=[step_decay(0.1, 3, 0.5)(step)])
    check(f"{place}exponential", "`exponential_decay`", at,
          nn=[exponential_decay(0.1, 0.5)(step)])
    check(f"{place}warm-up", "`exponential_decay`, `warmup=9`", at,
          nn=[exponential_decay(0.1, 0.5, warmup=9)(step)])
    check(
        f"{place}cosine", "`cosine`, `one_cycle`",
        {"first": 0.1, "last": 0.02, "share": step / 10},
        nn=[cosine(0.1, 10, final=0.02)(step)],
    )
cycle = one_cycle(1.0, 11, rise=5 / 11, start=0.1, final=0.01)
for first, last, share, step in [
    (0.1, 1.0, 0.25, 1), (0.1, 1.0, 0.75, 3), (1.0, 0.01, 0.5, 7),
]:
    check(
        f"{place}cosine", "`cosine`, `one_cycle`",
        {"first": first, "last": last, "share": share}, nn=[cycle(step)],
    )

# %% [markdown]
# ## The chain rule, and gradients without it
#
# The scalar engine is compared on the examples of chapter 1, with their own
# numbers, and on a number that is used three times. The series of chapter 8
# are compared power by power: the function is a polynomial, so that SymPy
# knows all its derivatives.

# %% tags=["hide"]
place = "scalar.py#eq-"
x, w, b = Value(3), Value(2), Value(-1)
u = x * w
a = u + b
L = a**2
L.backward()
given = ["u = x w", "a = u + b", "L = a^2"]
at = {"x": 3.0, "w": 2.0, "b": -1.0}
check(f"{place}chain-rule-example", "`Value.backward`", at, given=given,
      nn=[w.grad],
      slope=[formulas.gradient("L", "w", at, given=given)])
check(
    f"{place}backward-example", "`Value.backward`",
    at | {"a": 5.0},
    nn=[n.grad for n in (L, a, u, b, x, w)],
    slope=[None, None, None] + [
        formulas.gradient("L", to, at, given=given) for to in "bxw"
    ],
)
x, weights = Value(0.7), draw(3)
uses = [x**2, x * 3, x.exp()]
sum((use * r for use, r in zip(uses, weights)), Value(0)).backward()
given = ["y = (x^2, 3 x, e^x)"]
check(
    f"{place}chain-rule", "`Value.backward`", {"x": 0.7, "dy": weights},
    given=given, nn=[x.grad],
    slope=[formulas.gradient("y", "x", {"x": 0.7}, dy=weights, given=given)],
)

# %% tags=["hide"]
place = "gradients.py#eq-"


def polynomial(u):
    return u**5 - 2 * u**3 + 3 * u**2 - u


u = sympy.Symbol("u")
primes = [polynomial(u)]
for _ in range(3):
    primes.append(sympy.diff(primes[-1], u))
at = {"theta": 0.7, "h": 0.1, "u": 1e-3} | {
    "L" + "'" * number: float(slope.subs(u, 0.7))
    for number, slope in enumerate(primes)
}
options = {"functions": {"L": polynomial}, "series": "h"}
central = numerical_gradient(lambda u: float(polynomial(u)), 0.7, h=0.1)
check(f"{place}taylor", series, at, nn=[None], **options)
check(f"{place}forward-difference", series, at, nn=[None], **options)
check(f"{place}central-difference", "`numerical_gradient`", at,
      nn=[central], **options)
check(f"{place}complex-step", series, at, nn=[None, None], **options)

h, roundings, size = 0.1, 1e-3, abs(at["L"])
errors = [
    h / 2 * abs(at["L''"]) + 2 * roundings * size / h,
    h**2 / 6 * abs(at["L'''"]) + 2 * roundings * size / (2 * h),
]
check(f"{place}difference-errors", "the same sums in Python", at,
      nn=errors)
names = {name: value for name, value in at.items() if name != "h"}
best = []
for part in (0, 1):
    where = f"{place}difference-errors:{part}"
    slope = derivative(function(where, "h", names))
    best.append(solve(lambda h, f=slope: -float(f(h)), 1e-3, 10.0))
check(f"{place}best-nudge",
      "the $h$ where the slope of the errors changes its sign", at, nn=best)

one, other = draw(4), draw(4)
check(f"{place}relative-error", "`relative_error`",
      {"g_code": one, "g_measured": other}, nn=[relative_error(one, other)])
check(f"{place}factor-error", "`relative_error`", {"g": one, "c": -1.3},
      nn=[relative_error(-1.3 * one, one)])


def surface(v):
    return v[0] ** 3 * v[1] - 2 * v[1] ** 2 * v[2] + v[2]


theta, q = draw(3), draw(3)
at = {"theta": theta, "q": q, "h": 0.1}
options = {"functions": {"L": surface}, "given": [r"L = L(\theta)"]}
check(
    f"{place}direction-slope", "`numerical_gradient`", at, sizes={"k": 3},
    nn=[numerical_gradient(surface, theta) @ q],
    slope=[formulas.gradient("L", "theta", at, **options) @ q],
    within=1e-8, **options,
)

x, W, q, r = draw(1, 2), draw(2, 3), draw(2), draw(3)
dx = back(Sequential(Dense(W), Tanh()), x, r[None])[0]
J = [
    formulas.gradient("y", "x", {"x": x[0], "W": W}, dy=row, **chain)
    for row in np.eye(3)
]
check(
    f"{place}adjoint", "`Sequential.backward`",
    {"r": r, "J": np.array(J), "q": q, "dx": dx}, sizes={"j": 3, "k": 2},
    nn=[dx @ q],
)

# %% [markdown]
# ## Chance
#
# Means and variances: of small examples all that can happen is listed, with
# its probability, so nothing is left to a sample.

# %% tags=["hide"]
place = "initializers.py#eq-"


def equally(values):
    return [(sympy.Rational(1, len(values)), value) for value in values]


values = [1.0, 2.5, -4.0]
check(f"{place}variance", "`np.var`", {}, nn=[np.var(values)],
      outcomes=equally([{"u": u} for u in values]))
die = range(1, 7)
check(
    f"{place}independent-product", "all throws of two dice", {},
    nn=[np.mean(np.outer(die, die))],
    outcomes=equally([{"u": u, "v": v} for u in die for v in die]),
)
pairs = [(u, v) for u in (-1.0, 3.0, -2.0) for v in (2.0, 0.5, -2.5)]
free = equally([{"u": u, "v": v} for u, v in pairs])
check(f"{place}variance-sum", "`np.var`, all pairs", {},
      nn=[np.var([u + v for u, v in pairs])], outcomes=free)
tied = [(1.0, 2.0), (3.0, -1.0), (-4.0, -1.0)]  # E(uv) is not 0
check(
    f"{place}variance-sum", "`np.var`, all pairs", {}, sides=2,
    nn=[np.var([u + v for u, v in tied])],
    outcomes=equally([{"u": u, "v": v} for u, v in tied]),
)
check(f"{place}variance-product", "`np.var`, all pairs", {},
      nn=[np.var([u * v for u, v in pairs])], outcomes=free)

place = "generalization.py#eq-"
x, w, b, t, tau = draw(1, 2), draw(2, 1), 0.3, 0.8, 0.2
noises = list(tables(1, 2, size=tau))
neuron = Dense(w, np.array([b]))
costs = [
    mean_squared_error(neuron.forward(x + r), np.array([[t]]))[0]
    for r in noises
]
check(
    f"{place}noise-penalty", "`Dense`, `mean_squared_error`, all noise",
    {"x": x, "w": w, "b": b, "t": t, "tau": tau,
     "d": neuron.forward(x) - t},
    sizes={"k": 2}, outcomes=equally([{"r": r} for r in noises]),
    nn=[[[np.mean(costs)]]],
)
biased = [(0.7, {"r": noises[0]}), (0.3, {"r": noises[1]})]
check(
    f"{place}noise-penalty", sides,
    {"x": x, "w": w, "b": b, "t": t, "d": neuron.forward(x) - t},
    outcomes=biased, sides=3, nn=[None],
)
silenced = Dropout(0.3, rng=seeded()).forward(np.ones(99), train=True)
kept = silenced.max()
mean = 0.7 * kept
check(
    f"{place}dropout-noise", "`Dropout.forward`", {"c": 0.3},
    outcomes=[(0.7, {"u": 1}), (0.3, {"u": 0})],
    nn=[mean, 0.7 * (kept - mean) ** 2 + 0.3 * mean**2],
)
answers = rng.uniform(0, 1, 3)
check(
    f"{place}vote", "`mean_squared_error`",
    {"t": 1.0, "bar p": float(answers.mean())},
    outcomes=equally([{"p": p} for p in answers]),
    nn=[mean_squared_error(answers, np.ones(3))[0]],
)
check(
    f"{place}vote", sides, {"t": 1.0, "bar p": 0.4}, sides=3, nn=[None],
    outcomes=equally([{"p": p} for p in answers]),
)

place = "training.py#eq-"
x, theta, t = draw(4, 2), draw(2), draw(4)
layer = Dense(theta[:, None])


def learned(rows):
    """Return the gradient of the weights over some of the rows."""
    y = layer.forward(x[rows], train=True)
    layer.backward(mean_squared_error(y, t[rows][:, None])[1] / 2)
    return layer.weight.grad[:, 0].copy()


each = np.array([learned([row]) for row in range(4)])
whole = learned([0, 1, 2, 3])
at = {"x": x, "theta": theta, "t": t, "N": 4}
sizes = {"i": 4, "k": 2}
given = [r"L_i = \tfrac12 (\sum_k x_{ik} \theta_k - t_i)^2"]
check(f"{place}mean-gradient", "`Dense`, `mean_squared_error`",
      at | {"g_": each}, part=0, given=given, sizes=sizes, nn=[whole])
check(f"{place}mean-gradient", "`Dense`, `mean_squared_error`", at, part=1,
      given=given, sizes=sizes, nn=[each])
check(
    f"{place}drawn-gradient", "`Dense`, `mean_squared_error`",
    {"g": whole, "g_": each, "N": 4}, sizes=sizes,
    outcomes=equally([{"g_drawn": g} for g in each]), nn=[whole],
)
batches = list(combinations(range(4), 2))
check(
    f"{place}batch-gradient", "`Dense`, all batches",
    {"g": whole, "n": 2, "E(g_drawn)": whole}, sizes={"places": 2},
    outcomes=equally([{"bar g": learned(list(rows))} for rows in batches]),
    nn=[whole],
)
means = [learned(list(rows))[0] for rows in batches]
check(
    f"{place}batch-variance", "`Dense`, all batches",
    {"n": 2, "N": 4, "Var(g_i)": float(each[:, 0].var())},
    outcomes=equally([{"bar g": g} for g in means]), nn=[np.var(means)],
)
share = 0.3
check(
    f"{place}share-variance", "$u = 0$ and $u = 1$, listed", {"p": share},
    outcomes=[(share, {"u": 1}), (1 - share, {"u": 0})],
    nn=[share * (1 - share) ** 2 + (1 - share) * share**2],
)
check(
    "frameworks.py#eq-shared-batch", "`Dense`, `mean_squared_error`",
    {"g_": each, "n": 4, "n_1": 3, "n_2": 1,
     "bar g_1": learned([0, 1, 2]), "bar g_2": learned([3])},
    sizes=sizes, nn=[whole],
)

q = 0.03
counts = np.arange(201)
chances = [math.comb(200, c) * q**c * (1 - q) ** (200 - c) for c in counts]
average = chances @ counts
check("gates.py#eq-count-spread", "all counts from 0 to 200, listed", {"q": q},
      nn=[math.sqrt(chances @ (counts - average) ** 2)])
depth = 18.0
costs = {K: K + 2 * depth / K for K in range(1, 37)}
K = min(costs, key=costs.get)
check("speed.py#eq-segments", "the least cost, $K$ from 1 to 36 tried",
      {"D": depth, "K": float(K)}, nn=[costs[K], costs[K], K, K])

# %% [markdown]
# ## What is not checked
#
# [](#tab-unchecked) has the numbered equations that are not checked, and
# says why. Of the last one only a step is left out; the rest is checked. A
# numbered equation that is neither here nor checked ends the build.

# %% tags=["hide"]
reasons = {
    "scalar.py#eq-gradient-name": "It gives a derivative its short name.",
    "layers.py#eq-dy": "It gives a derivative its short name.",
    "gates.py#eq-xor-inequalities":
        "Four inequalities that contradict each other; the chapter proves "
        "it.",
    "deep.py#eq-norm-growth:0":
        "The step to the sign ≈; the chapter measures how close it comes.",
}
left = formulas.unchecked()
left = {w if w in reasons else w.rpartition(":")[0] for w in left}
assert left == set(reasons), f"neither checked nor excused: {left}"
table(
    [[f"[]({where.partition(':')[0]})", reason]
     for where, reason in reasons.items()],
    header=["equation", "why not"],
    caption="Numbered equations that are not checked.",
    name="unchecked",
)

# %% [markdown]
# ## Every formula
#
# [](#tab-formulas) has the formulas in the order of the chapters, without
# the shapes below letters.

# %% tags=["hide"]
order = [
    "scalar", "layers", "activations", "losses", "initializers",
    "optimizers", "training", "gradients", "gates", "functions", "digits",
    "deep", "generalization", "speed", "frameworks",
]
against = {}
for one in formulas.checks:
    against.setdefault(one.where, {})[one.against] = True


def largest(values):
    """Return the largest of some differences, in words for a table."""
    known = [value for value in values if value is not None]
    told = f"{max(known):.0e}".replace("0e+00", "0") if known else "–"
    return told.replace("-", "\N{MINUS SIGN}")  # where no line breaks


def place_of(where):
    """Return where in the book an equation stands: 2, 3 for 2.3."""
    page = where.partition("#")[0]
    here = [w for w in formulas.equations if w.startswith(f"{page}#")]
    return order.index(page.removesuffix(".py")) + 1, here.index(where) + 1


def meets_nn(where):
    """Say whether anything of `nn` is named among what it is compared with."""
    names = re.findall(r"`(\w+)", " ".join(against[where]))
    modules = [getattr(globals().get(n), "__module__", "") for n in names]
    return any(module.startswith("nn.") for module in modules)


listed = sorted(formulas.found, key=place_of)
rows = [
    [
        f"[{'.'.join(map(str, place_of(where)))}]({where})",
        "; ".join(against[where]),
        *map(largest, zip(*formulas.found[where])),
        f"${short(formulas.tex(where))}$",
    ]
    for where in listed
]
exact = [w for w in listed if "float32" not in str(against[w])]
worst = {
    side: max(
        found[side] for where in exact for found in formulas.found[where]
        if found[side] is not None
    )
    for side in (0, 1)
}
slopes, no_more = [
    [
        where for where in listed
        if any(s is not None for _, s in formulas.found[where])
        and none == all(n is None for n, _ in formulas.found[where])
    ]
    for none in (False, True)
]
met = [where for where in listed if meets_nn(where)]

# %% tags=["check"]
assert max(worst.values()) < 1e-8  # a central difference
assert len(listed) > 100 and len(slopes) > 30
assert len(listed) - len(met) < 30 and len(no_more) < 5
steps = [where for where in reasons if where.count(":")]
assert len(formulas.equations) - len(listed) == len(reasons) - len(steps)

# %% [markdown]
# Of {{ len(formulas.equations) }} numbered equations {{ len(listed) }} are
# checked, by {{ len(formulas.checks) }} comparisons. {{ len(met) }} meet
# `nn`, {{ len(listed) - len(met) }} something else; {{ len(slopes) }} meet an
# independent derivative as well, {{ len(no_more) }} the derivative alone.
# All is computed in float64, but for `distort`, which works in float32.
# Apart from that the largest difference under “off by” is
# {{ worst[0]:.0e }}, and under “derivative” {{ worst[1]:.0e }}; both stand
# where one of the two numbers is a central difference, which is no more
# exact.

# %% tags=["hide", "wide"]
table(
    rows,
    header=["where", "compared with", "off by", "derivative", "formula"],
    caption="All formulas that are checked, and how far each is off at most: "
    "“off by”, from what the second column names, “derivative”, from an "
    "independent derivative. 0: equal to the last bit; –: not compared. "
    "Where the numbers are larger than 1, the difference is divided by the "
    "largest.",
    name="formulas",
    align="llrrl",
)
