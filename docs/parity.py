# %% [markdown]
# # Parity with PyTorch
#
# *Does this book's package compute what PyTorch computes?*
#
# Here the operations of `nn` meet their counterparts in PyTorch; the few that
# have none stand [further down](#nothing-is-left-out), each with the reason.
# Equal numbers go into both, and the largest difference between what comes
# out stands in a table, in float64 and in float32. All of it runs when the
# book is built.
#
# ## How a difference is measured
#
# Two programs that add the same numbers in another order differ in their
# last digits, so “equal” needs a measure. As in [chapter
# 15](frameworks.py#equal-to-rounding) it is the largest difference between
# two arrays, divided by the largest number in them. Divided by each number
# itself it would say little: where a sum cancels to almost nothing, what
# is left are the roundings of its terms.

# %%
import inspect
import math
from collections import defaultdict
from importlib import import_module
from pathlib import Path

import numpy as np

from nn import (
    GELU, SGD, AdaGrad, Adam, AdamW, BatchNorm, Dense, Dropout,
    LeakyReLU, Parameter, ReLU, Residual, RMSProp, Sequential,
    Sigmoid, Softmax, Tanh, Value, accuracy, add_noise, batches,
    binary_cross_entropy, clip_gradients, cosine, evaluate,
    exponential_decay, fit, glorot_uniform, he_normal, huber,
    lecun_normal, mean_squared_error, normal, one_cycle, one_hot,
    orthogonal, shift, sigmoid, softmax, softmax_cross_entropy,
    step_decay, zeros,
)
from nn import __all__ as public

DTYPES = np.float64, np.float32


def apart(ours, theirs):
    """The largest difference over the largest number."""
    ours, theirs = np.asarray(ours), theirs.detach().numpy()
    assert ours.shape == theirs.shape and ours.dtype == theirs.dtype
    assert np.isfinite(ours).all() and np.isfinite(theirs).all()
    ours, theirs = ours.astype("f8"), theirs.astype("f8")
    difference = abs(ours - theirs).max()
    largest = max(abs(ours).max(), abs(theirs).max())
    return difference / largest if difference else 0.0


def roundings(difference, dtype):
    """How many times the rounding of one number that is."""
    return difference / (np.finfo(dtype).eps / 2)

# %% tags=["hide"]
from weave import table

TRIED = defaultdict(set)  # of each name, the parameters that were given
COMPARED = set()  # the names that have a row
COUNTS = defaultdict(list)  # of each dtype, all differences in roundings
ROWS = defaultdict(list)  # of each table, its rows


def power(number):
    """One digit and a power of ten, in TeX."""
    digit, exponent = f"{number:.0e}".split("e")
    return rf"{digit} \cdot 10^{{{int(exponent)}}}"


def use(thing, *given, **named):
    """Call something of `nn`, and note what it was given."""
    bound = inspect.signature(thing).bind(*given, **named)
    TRIED[thing.__name__] |= set(bound.arguments)
    return thing(*given, **named)


def link(thing):
    """A name that leads to the reference."""
    return f"[`{thing.__name__}`](api.md#{thing.__module__}.{thing.__name__})"


def with_settings(settings):
    """Options as the reader would type them."""
    return "".join(f", `{k}={v}`" for k, v in settings.items())


def judged(thing, words, dtype, difference, limit):
    """Return the difference in roundings, which are fewer than `limit`."""
    count = roundings(difference, dtype)
    assert count < limit, (thing.__name__ + words, dtype.__name__, count)
    COMPARED.add(thing.__name__)
    if limit < math.inf:
        COUNTS[dtype].append(count)
    return count


def named(thing, words, theirs):
    """What a row is about, and PyTorch's name, if it is another."""
    same = theirs == f"`{thing.__name__}`"
    return link(thing) + words + ("" if same else f" ({theirs})")


def short(difference):
    """One digit, and a power of ten; a line never breaks at a minus."""
    return f"{difference:.0e}".replace("-", "−") if difference else "0"


def full(difference, count):
    """The difference, and how many roundings it is, if it is of them."""
    if count > 10_000:
        return f"{difference:.1g}"
    return short(difference) + (f"&nbsp;({count:.1f})" if count else "")


def compare(to, thing, words, theirs, pairs, *given, limit=100,
            dtypes=DTYPES):
    """Make a row of what `pairs(dtype, *given)` holds, two and two.

    Or several, if it holds the pairs of each way, by its name.
    """
    found = []
    for dtype in dtypes:
        ways = pairs(dtype, *given)
        found.append(ways if isinstance(ways, dict) else {"": ways})
    for way in found[0]:
        row = [named(thing, words + way, theirs)]
        for dtype, ways in zip(dtypes, found):
            difference = max(apart(a, b) for a, b in ways[way])
            count = judged(thing, words + way, dtype, difference, limit)
            row.append(full(difference, count))
        ROWS[to].append(row + ["–"] * (3 - len(row)))


def tabulate(name, caption):
    """Show the rows of a table."""
    table(
        ROWS[name],
        header=["operation (in PyTorch)", "float64", "float32"],
        caption=caption,
        name=name,
        align="lrr",
    )


def numbers(shape, dtype, size=1.0, seed=0):
    """Normal numbers."""
    draws = np.random.default_rng(seed).standard_normal(shape)
    return (size * draws).astype(dtype)

# %% [markdown]
# A float64 is rounded by up to ${{ power(np.finfo("f8").eps / 2) }}$ of
# itself, for it has 53 binary digits; a float32, which has 24, by
# ${{ power(np.finfo("f4").eps / 2) }}$. So behind each difference stands,
# in parentheses, how many such roundings it is. Few of them in both columns
# mean one formula, computed in two ways; a factor that is wrong by a
# millionth would be billions in float64. A row may have a hundred; an
# optimizer may have a thousand, and a schedule, `orthogonal` and `fit` ten
# thousand. Beyond that the build stops. Behind the name of an operation
# stands PyTorch's, if it is another.
#
# ## Layers
#
# A layer goes forward and back, on 32 rows, and so does its twin
# with the same parameters. “Backward” is the gradient of the input and of
# each parameter. Batch normalization sees five batches, of 5 to 32 rows:
# “remembered” are its running mean and variance after them, and “in use” is
# what comes out of a layer that is not in training. Dropout is given the mask
# that PyTorch drew.

# %% tags=["hide"] needs=["torch"]
import torch
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

torch.set_num_threads(1)


def tensor(array, learns=False):
    """The same numbers, for PyTorch, in memory of its own."""
    copy = torch.tensor(np.ascontiguousarray(array))
    return copy.requires_grad_() if learns else copy


class Around(torch.nn.Sequential):
    """PyTorch has no layer `Residual`."""

    def forward(self, x):
        return x + super().forward(x)


MODULES = {ReLU: "ReLU", Sigmoid: "Sigmoid", Tanh: "Tanh", GELU: "GELU"}


def twin(layer):
    """PyTorch's module for a layer, with the same parameters."""
    match layer:
        case Dense():
            module = torch.nn.Linear(*layer.weight.value.shape)
        case BatchNorm():
            module = torch.nn.BatchNorm1d(
                len(layer.beta.value), layer.eps, layer.momentum)
            module.to(tensor(layer.beta.value).dtype)
        case Residual() | Sequential():
            kind = Around if isinstance(layer, Residual) else (
                torch.nn.Sequential)
            return kind(*map(twin, layer.layers))
        case LeakyReLU():
            return torch.nn.LeakyReLU(layer.leak)
        case Softmax():
            return torch.nn.Softmax(dim=-1)
        case _:
            return getattr(torch.nn, MODULES[type(layer)])()
    for ours, theirs in zip(layer.params, module.parameters(), strict=True):
        theirs.data = tensor(ours.value.T)
    return module


def there_and_back(layer, module, x):
    """What comes out, and what comes back, in pairs."""
    x_t = tensor(x, learns=True)
    y, y_t = layer.forward(x, train=True), module(x_t)
    dy = numbers(y.shape, y.dtype, seed=1)
    module.zero_grad()
    y_t.backward(tensor(dy))
    whole = {"need_dx": True} if isinstance(layer, Sequential) else {}
    dx = layer.backward(dy, **whole)
    grads = [(p.grad.T.copy(), q.grad) for p, q in
             zip(layer.params, module.parameters(), strict=True)]
    return {", forward": [(y, y_t)], ", backward": [(dx, x_t.grad), *grads]}


def of_batches(layer, module, batches):
    """The same, of all batches together."""
    together = defaultdict(list)
    for x in batches:
        for way, pairs in there_and_back(layer, module, x).items():
            together[way] += pairs
    return together


def compare_layer(to, kind, words, theirs, make, *given, points=None,
                  limit=100):
    """Rows, forward and backward, of what `make(dtype, *given)` makes."""
    def pairs(dtype):
        layer = make(dtype, *given)
        batches = points(dtype) if points else [numbers((32, 20), dtype)]
        return of_batches(layer, twin(layer), batches)

    compare(to, kind, words, theirs, pairs, limit=limit)


def dense(d_in, d_out, dtype, seed=2):
    """A layer with a bias that is not zero."""
    W = numbers((d_in, d_out), dtype, d_in ** -0.5, seed)
    return use(Dense, W, bias=numbers(d_out, dtype, seed=seed + 1))


def around(dtype):
    """A way around two layers."""
    return use(Residual, dense(20, 30, dtype), Tanh(), dense(30, 20, dtype))


def nested(dtype):
    """Layers in layers."""
    return use(Sequential, dense(20, 16, dtype), Tanh(),
               Sequential(dense(16, 16, dtype, 4), GELU()),
               dense(16, 3, dtype, 6))


def normalized(dtype, settings):
    """Five batches, what is remembered of them, and a batch in use."""
    layer = use(BatchNorm, 20, dtype=dtype, **settings)
    for p in layer.params:
        p.value += numbers(20, dtype, seed=3)
    module = twin(layer)
    sizes = 32, 5, 7, 32, 16
    ways = of_batches(layer, module, [
        3 * numbers((n, 20), dtype, seed=n) + 1 for n in sizes])
    ways[", remembered"] = [(layer.running_mean, module.running_mean),
                            (layer.running_variance, module.running_var)]
    x = numbers((32, 20), dtype)
    ways[", in use"] = [(layer.forward(x), module.eval()(tensor(x)))]
    return ways


compare_layer("layers", Dense, "", "`Linear`",
              lambda dtype: dense(20, 10, dtype))
compare_layer("layers", Residual, "", "`x + f(x)`", around)
compare_layer("layers", Sequential, "", "`Sequential`", nested)
for settings in {}, {"momentum": 0.3, "eps": 0.1}:
    compare("layers", BatchNorm, with_settings(settings), "`BatchNorm1d`",
            normalized, settings)


class Given(np.random.Generator):
    """A generator that hands out the numbers it was given.

    They are normal, or uniform from 0 to 1.
    """

    def __init__(self, draws):
        super().__init__(np.random.PCG64(0))
        self.draws = np.asarray(draws)

    def random(self, size=None, dtype=None):
        assert self.draws.shape == size
        return self.draws

    def standard_normal(self, size=None, dtype=None):
        assert self.draws.shape == size
        return self.draws

    def uniform(self, low=0.0, high=1.0, size=None):
        return low + (high - low) * self.random(size)


def dropped(dtype):
    """Forward, backward and in use, with PyTorch's mask."""
    x, dy = numbers((32, 20), dtype), numbers((32, 20), dtype, seed=1)
    x_t = tensor(x, learns=True)
    torch.manual_seed(0)
    y_t, mask = torch.native_dropout(x_t, 0.4, True)
    y_t.backward(tensor(dy))
    layer = use(Dropout, 0.4, rng=Given(mask))  # a 1 is kept, a 0 is not
    return {
        ", forward": [(layer.forward(x, train=True), y_t)],
        ", backward": [(layer.backward(dy), x_t.grad)],
        ", in use": [(layer.forward(x), F.dropout(x_t, 0.4, training=False))],
    }


compare("layers", Dropout, "", "`Dropout`", dropped)
tabulate("layers", "Layers, forward and back, and PyTorch's modules.")

# %% [markdown] needs=["torch"]
# No row of [](#tab-layers) has more than a few roundings, and float32 has
# as few as float64: both sum the same products in another order. Dropout only
# multiplies, and is equal to the last bit.

# %% [markdown]
# ## Activations
#
# Each activation and its slope are compared at ten thousand points from $-6$
# to $6$. Then at extreme points, as far out as $\pm 10^4$ and as near to 0 as
# the smallest number that still has all its digits. Of these, each negative
# point is an array by itself, so that nothing larger hides what comes out of
# it. A positive one is in an array with 0: far to the right the sigmoid's
# slope, $y(1 - y)$, is of the kind that cancels to almost nothing. Softmax is
# given rows of a point, its negative and 0.
#
# Sigmoid and GELU go to 0 on the left and never reach it. There, from $-10$
# to $-10^4$, they have rows of their own, “far left”, each point by itself.

# %% tags=["hide"] needs=["torch"]
def ordinary(dtype):
    """Points in rows of three."""
    return [np.linspace(-6, 6, 10_002).reshape(-1, 3).astype(dtype)]


def sizes(dtype):
    """Next to nothing, and far out."""
    return [np.finfo(dtype).tiny, 1e-30, 1e-4, 20, 100, 1000, 1e4]


def extreme(dtype):
    """Each size with 0; and its negative, which nothing hides."""
    return [np.array([points], dtype)
            for size in sizes(dtype) for points in ([0, size], [-size])]


def extreme_rows(dtype):
    """For softmax, which looks at a whole row."""
    return [np.array([[-size, 0, size]], dtype) for size in sizes(dtype)]


def far_left(dtype):
    """Where a sigmoid and a GELU are almost 0: each point alone."""
    return [np.array([[x]], dtype) for x in (-10, -20, -100, -1000, -1e4)]


def but_far_left(dtype):
    return [x for x in extreme(dtype) if x.min() > -10]


WHOLE = (ordinary, "", 100), (extreme, ", extreme", 100)
ROWWISE = (ordinary, "", 100), (extreme_rows, ", extreme", 100)
TAILED = [(ordinary, "", 100), (but_far_left, ", extreme", 100),
          (far_left, ", far left", math.inf)]


def activation(dtype, kind, settings):
    return use(kind, **settings)


def function(dtype, ours, theirs, points):
    """A function that is no layer."""
    return [(use(ours, x), theirs(tensor(x))) for x in points(dtype)]


for kind, theirs, settings, where in [
    (ReLU, "`ReLU`", {}, WHOLE),
    (LeakyReLU, "`LeakyReLU`", {"leak": 0.2}, WHOLE),
    (Sigmoid, "`Sigmoid`", {}, TAILED), (Tanh, "`Tanh`", {}, WHOLE),
    (GELU, "`GELU`", {}, TAILED), (Softmax, "`Softmax`", {}, ROWWISE),
]:
    for points, words, limit in where:
        compare_layer("activations", kind, words, theirs, activation, kind,
                      settings, points=points, limit=limit)
for ours, theirs, where in [
    (sigmoid, torch.sigmoid, TAILED),
    (softmax, lambda x: torch.softmax(x, -1), ROWWISE),
]:
    for points, words, limit in where:
        compare("activations", ours, words, f"`{ours.__name__}`", function,
                ours, theirs, points, limit=limit)
tabulate("activations", "Activations and their slopes.")

# %% [markdown] needs=["torch"]
# In [](#tab-activations) what selects or multiplies, as ReLU does, is equal
# to the last bit. The others need $\exp$, $\tanh$ or an error function, of
# which NumPy, Python and PyTorch have programs of their own, right but for
# a rounding.
#
# Far left the two part. A difference of 1 is as large as the number
# itself: one of the two says 0. It is PyTorch. Its sigmoid divides 1 by
# $1 + e^{-x}$, and $e^{100}$ is infinite in float32; its GELU adds 1 to an
# error function that at $x = -10$ has become $-1$, in float64 too. The slope
# of GELU lacks the same sum, which is the smaller of its two terms. For these
# rows there is no limit. Instead a check compares `nn` with another way
# through PyTorch, where nothing cancels or overflows: the exponentials of
# `logsigmoid` and `log_ndtr`, in float64, and their slopes. There they agree.

# %% tags=["check"] needs=["torch"]
naive = tensor(np.float32([-100]))
assert (-naive).exp() == math.inf and 1 / (1 + (-naive).exp()) == 0
for dtype in DTYPES:
    assert 1 + torch.erf(tensor(dtype([-10])) / math.sqrt(2)) == 0
    for x in far_left(dtype):
        x_t = tensor(x.astype("f8"), learns=True)
        for layer, right in [
            (Sigmoid(), F.logsigmoid(x_t).exp()),
            (GELU(), x_t * torch.special.log_ndtr(x_t).exp()),
        ]:
            y = layer.forward(x, train=True)
            dx = layer.backward(np.ones_like(x))
            (slope,) = torch.autograd.grad(right, x_t)
            for ours, exact in (y, right.item()), (dx, slope.item()):
                miss = abs(float(ours[0, 0]) - exact)
                few = 1000 * np.finfo(dtype).eps * abs(exact)
                assert miss <= few + 2 * np.finfo(dtype).smallest_subnormal, (
                    type(layer).__name__ + ", far left", x, ours, exact)

# %% [markdown]
# ## Losses
#
# The value of each loss and its gradient are compared for predictions of
# size 1 and of size 10,000. As logits these are so large that in a careless
# formula the exponential overflows. The targets of cross-entropy are “class
# numbers”, one a row; or “rows” of probabilities; or “smoothed rows”,
# [chapter 13](generalization.py)'s, for which PyTorch has an option. “Each
# class alone” is the loss of one row for each class that could be the right
# one.

# %% tags=["hide"] needs=["torch"]
def cost(dtype, loss, theirs, target, settings):
    """The pairs of a loss: its values, its gradients."""
    for size in 1, 1e4:
        p, t = numbers((32, 10), dtype, size), target(dtype)
        p_t = tensor(p, learns=True)
        L_t = theirs(p_t, tensor(t), **settings)
        L_t.backward()
        L, dp = use(loss, p, t, **settings)
        yield np.asarray(L, dtype), L_t
        yield dp, p_t.grad


def normals(dtype):
    return numbers((32, 10), dtype, seed=1)


def shares(dtype):
    return np.random.default_rng(1).random((32, 10)).astype(dtype)


def labels(dtype):
    return np.random.default_rng(1).integers(0, 10, 32)


def rows(dtype):
    return np.random.default_rng(1).dirichlet(np.ones(10), 32).astype(dtype)


def each_class(dtype):
    """What each class would cost, by one call a class, in one array."""
    for size in 1, 1e4:
        z = numbers((1, 10), dtype, size)
        L = [use(softmax_cross_entropy, z, [k])[0] for k in range(10)]
        yield np.array([L], dtype), -F.log_softmax(tensor(z), dim=1)
        lse = np.array([L[0] + float(z[0, 0])], dtype)
        yield lse, torch.logsumexp(tensor(z), dim=1)


def smooth_rows(dtype):
    """Chapter 13's labels, for an option of PyTorch's."""
    return 0.9 * one_hot(labels(dtype), 10).astype(dtype) + 0.1 / 10


def smoothing(p, t):
    return F.cross_entropy(p, t.argmax(1), label_smoothing=0.1)


def hot(dtype):
    k = labels(dtype)
    yield use(one_hot, k, 10), F.one_hot(tensor(k), 10).float()


compare("losses", mean_squared_error, "", "`mse_loss`", cost,
        mean_squared_error, F.mse_loss, normals, {})
for settings in {}, {"delta": 0.1}, {"delta": 3.0}:
    compare("losses", huber, with_settings(settings), "`huber_loss`", cost,
            huber, F.huber_loss, normals, settings)
compare("losses", binary_cross_entropy, "",
        "`binary_cross_entropy_`<wbr>`with_logits`", cost,
        binary_cross_entropy, F.binary_cross_entropy_with_logits, shares, {})
for words, theirs, function_t, target in [
    (", class numbers", "`cross_entropy`", F.cross_entropy, labels),
    (", rows", "`cross_entropy`", F.cross_entropy, rows),
    (", smoothed rows", "`label_smoothing=0.1`", smoothing, smooth_rows),
]:
    compare("losses", softmax_cross_entropy, words, theirs, cost,
            softmax_cross_entropy, function_t, target, {})
compare("losses", softmax_cross_entropy, ", each class alone",
        "`log_softmax`, `logsumexp`", each_class)
compare("losses", one_hot, "", "`one_hot`", hot)
tabulate("losses", "Losses and their gradients.")

# %% [markdown] needs=["torch"]
# Losses of `nn` compute in float64, whatever comes in. So the differences of
# [](#tab-losses) in float32 are roundings of PyTorch's, but for one: `nn`'s
# answer is made a float32 at the end.

# %% [markdown]
# ## Optimizers
#
# Both optimizers are given the same hundred gradients. Their columns are of
# different sizes: some large, some so small that $\varepsilon$ counts, and
# one all zero. After fifty steps the learning rate is halved. Compared are
# the weights, after one step and after all. An optimizer “as it comes” has
# its default options.

# %% tags=["hide"] needs=["torch"]
NAMES = {SGD: "SGD", AdaGrad: "Adagrad", RMSProp: "RMSprop", Adam: "Adam",
         AdamW: "AdamW"}
SETTINGS = [
    (SGD, {}),
    (SGD, {"lr": 0.1, "weight_decay": 0.1}),
    (SGD, {"lr": 0.1, "momentum": 0.9}),
    (SGD, {"lr": 0.1, "momentum": 0.9, "nesterov": True}),
    (SGD, {"lr": 0.1, "momentum": 0.5, "weight_decay": 0.1,
           "nesterov": True}),
    (AdaGrad, {}),
    (AdaGrad, {"lr": 0.1, "weight_decay": 0.1, "eps": 1e-3}),
    (RMSProp, {}),
    (RMSProp, {"lr": 2e-3, "alpha": 0.9, "weight_decay": 0.1}),
    (RMSProp, {"alpha": 0.5, "eps": 1e-3}),
    (Adam, {}),
    (Adam, {"lr": 2e-3, "betas": (0.8, 0.9), "weight_decay": 0.1}),
    (Adam, {"lr": 0.1, "betas": (0.0, 0.99), "eps": 1e-3}),
    (AdamW, {}),
    (AdamW, {"lr": 0.1, "weight_decay": 0.5}),
    (AdamW, {"lr": 0.1, "betas": (0.5, 0.9), "eps": 1e-3,
             "weight_decay": 0}),
]
SCALES = np.array([10, 1, 1e-3, 1e-8, 1e-10, 0])


def steps(kind, settings, dtype):
    """How far apart the weights are, after one step and after all."""
    params = [Parameter(numbers((3, 6), dtype)),
              Parameter(numbers(6, dtype, seed=1))]
    theirs = [tensor(p.value, learns=True) for p in params]
    rule = use(kind, params, **settings)
    rule_t = getattr(torch.optim, NAMES[kind])(theirs, **settings)
    draws, found = np.random.default_rng(2), []
    for step in range(100):
        for p, p_t in zip(params, theirs):
            p.grad[:] = SCALES * draws.standard_normal(p.value.shape)
            p_t.grad = tensor(p.grad)
        if step == 50:
            rule.lr = rule_t.param_groups[0]["lr"] = rule.lr / 2
        rule.step()
        rule_t.step()
        found.append(max(apart(p.value, p_t)
                         for p, p_t in zip(params, theirs)))
    return found[0], found[-1]


after_one, after_all = [], []  # in roundings
for kind, settings in SETTINGS:
    words = with_settings(settings)
    row = [named(kind, words or ", as it comes", f"`{NAMES[kind]}`")]
    for dtype in DTYPES:
        one, hundred = steps(kind, settings, dtype)
        after_one.append(judged(kind, words, dtype, one, limit=1000))
        after_all.append(judged(kind, words, dtype, hundred, limit=1000))
        row.append(full(hundred, after_all[-1]))
    ROWS["optimizers"].append(row)
tabulate("optimizers", "Weights after a hundred steps.")

# %% [markdown] needs=["torch"]
# After one step no weight is further off than {{ max(after_one):.1f }}
# roundings of the largest. A hundred steps, each of which rounds the weights
# anew, leave no more than {{ max(after_all):.1f }} in [](#tab-optimizers).
# What is less than one rounding is a difference of smaller weights.

# %% [markdown]
# ## Schedules
#
# Compared are the learning rates of 200 steps, in float64 alone, for a
# learning rate is a number of Python's.

# %% tags=["hide"] needs=["torch"]
from torch.optim import lr_scheduler

LENGTH = 200


def warmed(steps):
    """PyTorch's warm-up, which is a schedule of its own."""
    return lambda optimizer, then: lr_scheduler.SequentialLR(
        optimizer,
        [lr_scheduler.LinearLR(optimizer, 1 / steps, 1, steps - 1), then],
        [steps])


SCHEDULES = [
    (step_decay, {"every": 30}, "StepLR", {"step_size": 30}),
    (step_decay, {"every": 7, "factor": 0.9, "warmup": 10}, "StepLR",
     {"step_size": 7, "gamma": 0.9}),
    (exponential_decay, {"factor": 0.97}, "ExponentialLR", {"gamma": 0.97}),
    (exponential_decay, {"factor": 0.97, "warmup": 5}, "ExponentialLR",
     {"gamma": 0.97}),
    (cosine, {"steps": LENGTH}, "CosineAnnealingLR", {"T_max": LENGTH}),
    (cosine, {"steps": LENGTH, "final": 0.1, "warmup": 20},
     "CosineAnnealingLR", {"T_max": LENGTH - 20, "eta_min": 0.1}),
    (one_cycle, {"steps": LENGTH}, "OneCycleLR", {"total_steps": LENGTH}),
    (one_cycle,
     {"steps": LENGTH, "rise": 0.43, "start": 0.5, "final": 0.05},
     "OneCycleLR", {"total_steps": LENGTH, "pct_start": 0.43,
                    "div_factor": 2, "final_div_factor": 10}),
]
for schedule, settings, theirs, their_settings in SCHEDULES:
    rate = use(schedule, 0.5, **settings)
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=0.5)
    if theirs == "OneCycleLR":
        their_settings = {"max_lr": 0.5, **their_settings}
    rule = getattr(lr_scheduler, theirs)(optimizer, **their_settings)
    if warmup := settings.get("warmup"):
        rule = warmed(warmup)(optimizer, rule)
    there = []
    for step in range(LENGTH):
        there.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if step < LENGTH - 1:
            rule.step()
    here = np.array([rate(step) for step in range(LENGTH)])
    difference = apart(here, torch.tensor(there, dtype=torch.float64))
    words = with_settings(settings)
    count = judged(schedule, words, np.float64, difference, limit=10_000)
    ROWS["schedules"].append(
        [named(schedule, words, f"`{theirs}`"), full(difference, count)])
table(
    ROWS["schedules"],
    header=["schedule (in PyTorch)", "float64"],
    caption="Learning rates over the whole length. With a warm-up, PyTorch’s "
    "schedule stands behind a `LinearLR` in a `SequentialLR`.",
    name="schedules",
    align="lr",
)

# %% [markdown] needs=["torch"]
# In [](#tab-schedules) `nn` computes each rate from the step, as PyTorch
# does for `OneCycleLR`. The others of PyTorch's go on from the rate before,
# so that roundings add up.

# %% [markdown]
# ## First weights
#
# Two generators of random numbers never agree. So PyTorch draws, first by
# `torch.randn` or `torch.rand`, then, begun again, in its initializer; and
# ours is given what the first call drew. A bound, a spread or a factor that
# differs would show at once.

# %% tags=["hide"] needs=["torch"]
init = torch.nn.init


def drawn(dtype, initializer, theirs, settings, draw=torch.randn,
          shape=(40, 30)):
    """The weights of both, of one draw."""
    d_in, d_out = shape
    W_t = torch.empty(d_out, d_in, dtype=getattr(torch, dtype.__name__))
    torch.manual_seed(0)
    draws = draw(d_out, d_in, dtype=W_t.dtype).numpy()
    wide = initializer is orthogonal and d_in < d_out
    torch.manual_seed(0)
    theirs(W_t)
    yield use(initializer, d_in, d_out, dtype=dtype, **settings,
              rng=Given(draws if wide else draws.T)), W_t.T


def kaiming(kind):
    return lambda W: init.kaiming_normal_(W, nonlinearity=kind)


for initializer, theirs, name, *given in [
    (zeros, init.zeros_, "`zeros_`", {}),
    (normal, lambda W: init.normal_(W, std=0.01), "`normal_`", {}),
    (normal, lambda W: init.normal_(W, std=3), "`normal_`", {"std": 3}),
    (lecun_normal, kaiming("linear"), "`kaiming_normal_`, linear", {}),
    (he_normal, kaiming("relu"), "`kaiming_normal_`, relu", {}),
    (glorot_uniform, init.xavier_uniform_, "`xavier_uniform_`", {},
     torch.rand),
]:
    compare("initializers", initializer, with_settings(given[0]), name,
            drawn, initializer, theirs, *given)
for shape in (40, 30), (30, 40):
    compare("initializers", orthogonal, f", {shape[0]} by {shape[1]}",
            "`orthogonal_`", drawn, orthogonal, init.orthogonal_, {},
            torch.randn, shape, limit=10_000)
tabulate("initializers", "First weights, made of the same draws.")

# %% [markdown] needs=["torch"]
# In [](#tab-initializers) every bound, spread and factor is the same.
# `orthogonal` is the only one with an algorithm behind it, which `nn` runs
# in float64 and PyTorch in the dtype of the weight.

# %% [markdown]
# ## Around a step
#
# What is left is what stands around a step: clipping, batches, pictures
# that move, the share of right answers, chapter 1's numbers that remember,
# and a whole training by `fit`, with all its options.

# %% tags=["hide"] needs=["torch"]
def clipped(dtype):
    """Gradients and their length, cut off and not; and of length 0."""
    for max_norm, size in (0.1, 1), (1.0, 1), (1e3, 1), (1.0, 0):
        params = [Parameter(np.zeros(s, dtype)) for s in [(30, 40), 40]]
        theirs = [tensor(p.value, learns=True) for p in params]
        for p, p_t in zip(params, theirs):
            p.grad[:] = numbers(p.grad.shape, dtype, size)
            p_t.grad = tensor(p.grad)
        norm = use(clip_gradients, params, max_norm)
        yield (np.asarray(norm, dtype),
               torch.nn.utils.clip_grad_norm_(theirs, max_norm))
        yield from ((p.grad, q.grad) for p, q in zip(params, theirs))


def in_batches(dtype):
    """In order; and in a random order, after sorting."""
    x, t = numbers((10, 3), dtype), np.arange(10)
    data = TensorDataset(tensor(x), tensor(t))
    for rng in None, np.random.default_rng(0):
        ours = list(use(batches, x, t, size=4, rng=rng))
        theirs = list(DataLoader(data, 4))
        assert [len(b) for b, _ in ours] == [len(b) for b, _ in theirs]
        order = np.argsort(np.concatenate([ts for _, ts in ours]))
        rows = np.concatenate([xs for xs, _ in ours])
        yield rows[order], torch.cat([xs for xs, _ in theirs])


def shifted(dtype):
    x = np.random.default_rng(0).random((5, 49)).astype(dtype)
    for down, right in (2, -1), (-3, 0), (0, 7):
        moved = F.pad(tensor(x).reshape(5, 7, 7),
                      (right, -right, down, -down))
        yield use(shift, x, down=down, right=right), moved.reshape(5, 49)


def noisy(dtype):
    x = numbers((6, 4), dtype)
    draws = torch.randn(6, 4, dtype=tensor(x).dtype)
    yield (use(add_noise, x, 0.3, rng=Given(draws)), tensor(x) + 0.3 * draws)


def rightly(dtype):
    """Classes, and logits of yes or no."""
    z, t = numbers((99, 5), dtype), np.random.default_rng(1).integers(0, 5, 99)
    same = (tensor(z).argmax(1) == tensor(t)).double().mean()
    yield np.asarray(use(accuracy, z, t)), same
    yes = z[:, :1], (t[:, None] % 2).astype(dtype)
    same = ((tensor(yes[0]) > 0) == (tensor(yes[1]) > 0.5)).double().mean()
    yield np.asarray(accuracy(*yes)), same


def model(dtype):
    """Most layers there are."""
    return Sequential(
        dense(20, 16, dtype), BatchNorm(16, dtype=dtype), ReLU(),
        Residual(dense(16, 16, dtype, 4), GELU()), dense(16, 5, dtype, 6))


def examples(dtype):
    labels = np.random.default_rng(1).integers(0, 5, 70)
    return numbers((70, 20), dtype), labels


def evaluated(dtype):
    """A loss and a share over all, computed in pieces."""
    x, t = examples(dtype)
    layers = model(dtype)
    L, share = use(evaluate, layers, softmax_cross_entropy, (x, t),
                   metric=accuracy, batch_size=32)
    z = twin(layers).eval()(tensor(x))
    yield np.asarray(L, dtype), F.cross_entropy(z, tensor(t))
    yield np.asarray(share), (z.argmax(1) == tensor(t)).double().mean()


def fitted(dtype):
    """Three epochs; the weights, the running statistics, the losses."""
    (x, t), lr = examples(dtype), one_cycle(0.1, 9)
    ours = model(dtype)
    theirs = twin(ours)
    rule = SGD(ours.params, momentum=0.9, weight_decay=0.01)
    history = use(
        fit, ours, softmax_cross_entropy, rule, (x, t), epochs=3,
        batch_size=32, rng=np.random.default_rng(3), transform=np.tanh,
        schedule=lr, max_norm=1.0, validation=(x, t), metric=accuracy,
        patience=9, progress=False)
    rule_t = torch.optim.SGD(theirs.parameters(), 0.1, 0.9, 0, 0.01)
    orders, step, losses = np.random.default_rng(3), 0, []
    for _ in range(3):
        theirs.train()
        order = orders.permutation(70)
        for some in np.split(order, [32, 64]):
            rule_t.param_groups[0]["lr"] = lr(step)
            rule_t.zero_grad()
            L = F.cross_entropy(theirs(tensor(x[some]).tanh()),
                                tensor(t[some]))
            L.backward()
            torch.nn.utils.clip_grad_norm_(theirs.parameters(), 1.0)
            rule_t.step()
            step += 1
        with torch.no_grad():
            z = theirs.eval()(tensor(x))
            losses.append(F.cross_entropy(z, tensor(t)))
    yield np.array(history.validation_loss, dtype), torch.stack(losses)
    yield from ((p.value.T, q) for p, q in
                zip(ours.params, theirs.parameters(), strict=True))
    yield ours.layers[1].running_variance, theirs[1].running_var


def formula(x, w, exp, log, tanh):
    """Everything that a `Value` can do."""
    y = tanh(x * w + 1) ** 3 - log(w + 2) / (1 - x)
    return 2 / exp(-y) + (3 - x) * w - x / 4


def remembered(dtype):
    """A value and its gradients."""
    for a, b in (0.5, -1.2), (-2.0, 3.0), (0.1, 0.2):
        x, w = use(Value, a), use(Value, b)
        L = formula(x, w, Value.exp, Value.log, Value.tanh)
        L.backward()
        pair = torch.tensor([a, b], dtype=torch.float64, requires_grad=True)
        L_t = formula(*pair, torch.exp, torch.log, torch.tanh)
        L_t.backward()
        yield np.asarray(L.value), L_t
        yield np.array([x.grad, w.grad]), pair.grad


for thing, theirs, pairs, options in [
    (clip_gradients, "`clip_grad_norm_`", clipped, {}),
    (batches, "`DataLoader`", in_batches, {}),
    (shift, "`pad`", shifted, {}),
    (add_noise, "`x + std * randn`", noisy, {}),
    (accuracy, "the mean of `==`", rightly, {}),
    (evaluate, "all at once", evaluated, {}),
    (fit, "nine steps", fitted, {"limit": 10_000}),
    (Value, "`backward`", remembered, {"dtypes": DTYPES[:1]}),
]:
    compare("around", thing, "", theirs, pairs, **options)
tabulate("around", "What stands around a step.")

# %% [markdown] needs=["torch"]
# The training in [](#tab-around) has everything at once: batches in a
# random order, a schedule, momentum, weight decay, clipping, validation.
# After nine steps the weights are still equal to rounding. That they stay so
# for thousands, nobody can promise: a network in training [magnifies
# roundings](frameworks.py#a-thousand-steps).

# %% [markdown]
# ## Nothing is left out
#
# Whoever makes such a table forgets something, most easily what is wrong. So
# this cell asks the package itself: every public name, and every function
# and class that a module makes, has a row above or a reason here; and of
# what has a row, each option was tried.

# %% needs=["torch"]
REASONS = {
    "stands in every row": ["Layer", "Parameter"],
    "what rows above are made of": [
        "Elementwise", "Optimizer", "arrays", "as_float",
        "checked_pair", "expect", "generator", "gradient_for", "kept",
        "number", "parameters", "parts", "passes", "slices",
    ],
    "tells, or keeps; computes nothing": [
        "Diverged", "History", "load", "progress_bar", "save",
        "summary", "written_whole",
    ],
    "data, of which PyTorch alone has none": [
        "fashion_mnist", "logic_gate", "mnist", "sample_function",
    ],
    "draws its pictures; the tests compare it with plain loops": [
        "distort",
    ],
    "judges gradients; PyTorch's gradcheck says yes or no": [
        "check_gradients", "numerical_gradient", "relative_error",
    ],
}
excused = {name for names in REASONS.values() for name in names}

everything = {}
for path in Path("nn").glob("[!_]*.py"):
    module = import_module(f"nn.{path.stem}")
    for name, thing in vars(module).items():
        made = inspect.isclass(thing) or inspect.isfunction(thing)
        here = made and thing.__module__ == module.__name__
        if here and not name.startswith("_"):
            everything[name] = thing

assert set(public) <= set(everything)
assert not COMPARED & excused
amiss = (COMPARED | excused) ^ set(everything)
assert not amiss, amiss
INNER = {"where", "came_from"}    # for messages; of Value, its past
for name in sorted(COMPARED):
    options = set(inspect.signature(everything[name]).parameters)
    assert options - INNER <= TRIED[name], name

# %% [markdown] needs=["torch"]
# So {{ len(COMPARED) }} names are compared, in
# {{ sum(map(len, ROWS.values())) }} rows, between `nn` on NumPy
# {{ np.__version__ }} and PyTorch {{ torch.__version__.split("+")[0] }}. But
# for the far left of two activations, the largest difference is
# {{ max(COUNTS[np.float64]):.0f }} roundings in float64 and
# {{ max(COUNTS[np.float32]):.0f }} in float32. Whoever moves a network from
# here to PyTorch finds the same functions there. What is not the same comes
# next.

# %% tags=["check"] needs=["torch"]
def momenta(kind, **settings):
    """What `OneCycleLR` makes of the momentum, or of the first beta."""
    optimizer = kind([torch.zeros(1)], lr=0.1)
    rule = lr_scheduler.OneCycleLR(
        optimizer, 0.1, total_steps=LENGTH, **settings)
    group, found = optimizer.param_groups[0], []
    for _ in range(LENGTH - 1):
        found.append(group.get("momentum", group.get("betas", [0])[0]))
        optimizer.step()
        rule.step()
    return found


moved = momenta(torch.optim.SGD)
assert moved == momenta(torch.optim.Adam)
assert set(momenta(torch.optim.SGD, cycle_momentum=False)) == {0}


def default(thing, name):
    return inspect.signature(thing).parameters[name].default


assert default(Dropout, "rate") is inspect.Parameter.empty
for ours, theirs, names in [
    (huber, F.huber_loss, ["delta"]),
    (BatchNorm, torch.nn.BatchNorm1d, ["momentum", "eps"]),
]:
    for name in names:
        assert default(ours, name) == default(theirs, name)
assert default(LeakyReLU, "leak") == default(
    torch.nn.LeakyReLU, "negative_slope")

# %% [markdown] needs=["torch"]
# ## Where the two are not alike
#
# Where nothing spoke against it, `nn` took PyTorch's convention: the
# momentum of `BatchNorm` is the share of the new batch, the variance is
# divided by $n$ where it normalizes and by $n - 1$ where it is remembered,
# $\varepsilon$ stands under the root there and outside of it in Adam,
# and all defaults of optimizers are the same. These are not:
#
# - **Weights lie the other way**, $(d_\text{in},\ d_\text{out})$: so the
#   code is $xW + b$, as the formula is.
# - **A gradient is overwritten**, where PyTorch adds to it. Nobody can forget
#   `zero_grad`; the price is that no layer may stand in two places.
# - **A loss is a mean**, of all numbers or of all rows. PyTorch has sums,
#   weights of classes and labels to be ignored besides. Smoothed labels are
#   an option there, and here rows like any others.
# - **A loss computes in float64**: a last layer is small, so precision is
#   cheap.
# - **A schedule is a function of the step**, and warm-up one of its
#   arguments. PyTorch's are objects that count, and write the rate into an
#   optimizer. `OneCycleLR` writes more than the rate: unless it is told
#   `cycle_momentum=False`, it moves the momentum (of Adam, $\beta_1$) between
#   {{ min(moved) }} and {{ max(moved) }}, and gives one to an `SGD` that was
#   made without. `one_cycle` is a learning rate and nothing else.
# - **First weights are drawn in float64**, then rounded, and a layer never
#   chooses its own, as `Linear` does.
# - **Gradients are clipped by their length alone.** `clip_grad_value_`, which
#   cuts off each number, also turns their direction.
# - **Three defaults are others.** `normal` has a spread of
#   {{ default(normal, "std") }} and `normal_` one of
#   {{ default(init.normal_, "std"):g }}; `batches` have
#   {{ default(batches, "size") }} rows and those of a `DataLoader`
#   {{ default(DataLoader, "batch_size") }}; the rate of `Dropout` has to be
#   said, and PyTorch's is {{ default(torch.nn.Dropout, "p") }}.
# - **Options that the book never needs are not there.**

# %% [markdown] needs=["torch"]
# [](#tab-options) asks PyTorch for the options of its optimizers, its losses
# and batch normalization that `nn` has not. Those that say how and where it
# computes are left out, and the deprecated ones. And far out, `nn` is more
# exact: at $-100$ PyTorch's `sigmoid` gives 0 in float32, and at $-10$ so does
# its `GELU`, the far left of [](#tab-activations). Where a loss is too large
# for a float32, PyTorch's is infinite in float32; `nn`'s, a float64, is not.

# %% needs=["torch"]
far = np.float32([-100, -10])
print("sigmoid:", sigmoid(far[0]), torch.sigmoid(tensor(far))[0].item())
print("GELU:", GELU().forward(far)[1], F.gelu(tensor(far))[1].item())
z = np.float32([[3e38, -3e38]])
print("loss:", softmax_cross_entropy(z, [1])[0],
      F.cross_entropy(tensor(z), torch.tensor([1])).item())

# %% tags=["check"] needs=["torch"]
exact = math.exp(-100) / (1 + math.exp(-100))
assert abs(float(sigmoid(far[0])) - exact) < 2e-45      # the last bit
assert torch.sigmoid(tensor(far))[0] == F.gelu(tensor(far))[1] == 0
exact = -5 * math.erfc(10 / math.sqrt(2))
assert abs(float(GELU().forward(far)[1]) / exact - 1) < 1e-6
assert abs(softmax_cross_entropy(z, [1])[0] / 6e38 - 1) < 1e-6
assert F.cross_entropy(tensor(z), torch.tensor([1])) == math.inf

# %% tags=["hide"] needs=["torch"]
HOW = {"capturable", "differentiable", "foreach", "fused"}  # not what
MORE = [(kind, getattr(torch.optim, name)) for kind, name in NAMES.items()]
MORE += [
    (mean_squared_error, F.mse_loss), (huber, F.huber_loss),
    (binary_cross_entropy, F.binary_cross_entropy_with_logits),
    (softmax_cross_entropy, F.cross_entropy),
    (BatchNorm, torch.nn.BatchNorm1d),
]
OLD = {"size_average", "reduce"}  # in favour of `reduction`
KNOWN = {"input", "target", "num_features", "device"}
lacking = []
for ours, theirs in MORE:
    here = set(inspect.signature(ours).parameters)
    there = [name for name in inspect.signature(theirs).parameters
             if name not in here | HOW | OLD | KNOWN]
    words = ", ".join(f"`{name}`" for name in there)
    lacking.append([link(ours), words.replace("_", "_`<wbr>`")])
assert "amsgrad" in lacking[3][1] and "reduction" in lacking[5][1]
table(
    lacking,
    header=["operation", "what PyTorch's has besides"],
    caption="Options of PyTorch that `nn` has not.",
    name="options",
)
