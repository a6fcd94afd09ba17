"""Whatever a function of nn is given, it answers or says why not.

For each public function, constructor and method CASES has a call that
works. Hypothesis puts other things in the place of some arguments: where
the signature says ArrayLike, any array and much that is none; where it says
Array, one of floats; where it says float, int and so on, any setting. Then

- what is raised is named in a docstring, the function's own or that of
  `expect`, and says what was expected and what came; and nothing has
  changed;
- what is returned for finite numbers is finite. Only where they are so
  large that NumPy overflows, it may warn, which is an error here;
- no setting is nan.

Arguments that are layers, functions or paths are left as they are.
"""

from __future__ import annotations

import copy
import importlib
import inspect
import math
import pickle
import pkgutil
import re
from collections.abc import Iterator
from functools import wraps
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays, from_dtype
from matplotlib.figure import Figure
from registry import LAYERS, inputs, layer_named

import nn
from nn import digits
from nn.layers import Array, Parameter, expect

# ---- what can be given

LARGE = 1e6  # numbers up to here are never too large
EXTREME = [0.0, -0.0, 5e-324, 1e-38, 1e19, 3e38, 1e154, 1e308, -1e308]
BAD = [math.nan, math.inf, -math.inf]
DTYPES = ["f8", "f4", "f2", "i8", "u1", "?"]
ODD = [None, "a", "", b"a", {}, object(), 1j, [[1], [1, 2]], [None], [[]]]
ODD += [10**400, [10**400], np.array(["a"]), np.array([1j, 2])]
ODD += [np.array([None]), np.array([1, "a"], object), np.ones((2, 4), object)]
ODD += [np.ma.masked_array([1.0, 2.0], [True, False]), np.datetime64(1, "s")]
COUNTS = [-1, 0, 1, 2, 3, 2.0, 0.5, True, np.int64(2), np.float32(0.5)]
SETTINGS = [*COUNTS, *EXTREME[:-2], 1e300, *BAD, *ODD[:10], 2**31, 2**63]
SETTINGS += [np.float64(0.25), np.ones(()), np.ones(2), (0.5, 0.5), "0.5"]
RNGS = [None, 0, "rng", np.random.RandomState(0), np.random.default_rng]
PAIRS = [None, (), (0.5,), (1, 1), (0, math.nan), "ab", ("a", "b"), 0.5]
KINDS = ["f8", np.float16, np.int64, None, object, bool, complex, "U1"]
WORDS = ["xor", "", "NOT", None, 0, ["AND"], {}, np.ones(2)]
# No machine has room for so many numbers, or time for so many epochs.
FEW = [x for x in SETTINGS if type(x) is not int or abs(x) <= LARGE]
COUNTED = {"d", "d_in", "d_out", "n", "classes", "epochs", "down", "right"}


def filled(shape, dtype):
    """Arrays of this shape: plain, with extreme numbers, or with bad."""
    dtype = np.dtype(dtype)
    if dtype.kind != "f":
        return arrays(dtype, shape)
    few = from_dtype(dtype, min_value=-3, max_value=3)
    top = float(np.finfo(dtype).max)
    extreme = few | st.sampled_from(
        [dtype.type(x) if abs(x) < top else top for x in EXTREME]
    )
    bad = extreme | st.sampled_from(BAD)
    return st.one_of(
        arrays(dtype, shape, elements=e) for e in (few, extreme, bad)
    )


@st.composite
def array_like(draw, good):
    """An array of the right shape or another, a list, or an odd thing."""
    if draw(st.integers(0, 4)) == 0:
        return draw(st.sampled_from(ODD))
    shape = np.shape(good)
    if draw(st.integers(0, 2)) == 0:
        shape = tuple(draw(st.lists(st.integers(0, 4), max_size=3)))
    array = draw(filled(shape, draw(st.sampled_from(DTYPES))))
    return array if draw(st.booleans()) else array.tolist()


def data(good):
    """Arrays (x, target), batches of them, or neither."""
    some = st.tuples(*map(array_like, good))
    return some | st.lists(some, max_size=2) | st.sampled_from([(), None, 1])


def any_of(things):
    return lambda good: st.sampled_from(things)


STRATEGIES = {  # by annotation; what is not here is left as it is
    "Array": lambda good: filled(good.shape, good.dtype),
    "ArrayLike": array_like,
    "Data": data,
    "DTypeLike": any_of(KINDS),
    "Generator": any_of(RNGS),
    "Word": any_of(WORDS),
    "bool": any_of([False, True]),
    "float": any_of(SETTINGS),
    "int": any_of(SETTINGS),
    "number": lambda good: st.floats(-1e100, 1e100),
    "tuple[float, float]": any_of(PAIRS),
}


def strategy(parameter, good):
    """What may come in the place of an argument, if anything."""
    if parameter.name in COUNTED:
        return st.sampled_from(FEW)
    if parameter.name in ("progress", "show"):
        return None  # tqdm's bar would be all over the test's output
    kind = STRATEGIES.get(str(parameter.annotation).removesuffix(" | None"))
    return kind and kind(good)


# ---- a call that works, for every public name

CASES = {}  # name: () -> (what is called, its arguments)


def call(f, /, **good):
    """Enter a function and arguments that work."""
    CASES[f.__qualname__] = lambda: (f, copy.deepcopy(good))


def length(x):
    return float(np.sum(x * x))


def share(y, t):
    return float(np.mean(y > t))


ROWS, TARGET = inputs(2, np.float32), np.ones((2, 3), np.float32)
PAIR, TWO = (ROWS, TARGET), np.float32([1, -2])
RNG = np.random.default_rng(0)
MODEL = layer_named("Sequential", np.float32)
MSE = nn.mean_squared_error


@wraps(nn.evaluation.passes)
def begun(**arguments):
    return nn.evaluation.passes(**arguments)()


AXES = Figure().add_subplot()
SHAPE = {"d_in": 3, "d_out": 2, "dtype": np.float32}

call(nn.Dense, weight=np.eye(2), bias=TWO)
call(nn.Dropout, rate=0.5, rng=RNG)
call(nn.LeakyReLU, leak=0.1)
call(nn.BatchNorm, d=4, momentum=0.1, eps=1e-5, dtype=np.float32)
call(nn.Parameter, value=TWO)
call(nn.Diverged)
call(nn.History)
for layer in (nn.ReLU, nn.GELU, nn.Sigmoid, nn.Softmax, nn.Tanh):
    call(layer)

decay = {"params": [Parameter(TWO)], "lr": 0.1, "weight_decay": 0.1}
call(nn.SGD, **decay, momentum=0.5, nesterov=True)
call(nn.AdaGrad, **decay, eps=1e-8)
call(nn.RMSProp, **decay, eps=1e-8, alpha=0.9)
call(nn.Adam, **decay, eps=1e-8, betas=(0.5, 0.9))
call(nn.AdamW, **decay, eps=1e-8, betas=(0.5, 0.9))

call(nn.mean_squared_error, prediction=ROWS, target=ROWS + 1)
call(nn.huber, prediction=ROWS, target=ROWS + 1, delta=1.0)
call(nn.binary_cross_entropy, logits=TARGET, target=TARGET)
call(nn.softmax_cross_entropy, logits=ROWS, target=np.array([1, 0]))
call(nn.one_hot, labels=np.array([1, 0]), classes=2)
call(nn.sigmoid, x=ROWS)
call(nn.softmax, x=ROWS)
call(nn.zeros, **SHAPE, rng=None)
call(nn.normal, **SHAPE, rng=RNG, std=1.0)
for start in (nn.glorot_uniform, nn.he_normal, nn.lecun_normal, nn.orthogonal):
    call(start, **SHAPE, rng=RNG)

call(nn.accuracy, prediction=ROWS, target=np.array([1, 2]))
call(nn.add_noise, x=ROWS, std=0.5, rng=RNG)
call(nn.batches, x=ROWS, target=TARGET, size=1, rng=RNG)
call(nn.logic_gate, name="XOR")
bounds = {"low": -1.0, "high": 1.0, "noise": 0.1}
call(nn.sample_function, f=np.square, n=3, **bounds, rng=RNG)
call(nn.shift, x=ROWS, down=1, right=-1)
little = dict.fromkeys(["pixels", "degrees", "stretch", "shear", "bend"], 0.5)
call(nn.distort, x=ROWS, rng=RNG, **little)
call(nn.mnist, directory=None, mirrors=())
call(nn.fashion_mnist, directory=None, mirrors=())

call(nn.evaluate, model=MODEL, loss=MSE, metric=share, data=PAIR)
learner = {"model": MODEL, "loss": MSE, "optimizer": nn.SGD(MODEL.params)}
loop = {"epochs": 2, "batch_size": 2, "rng": RNG, "max_norm": 1.0}
ends = {"validation": PAIR, "patience": 1, "progress": False}
call(nn.fit, **learner, data=PAIR, **loop, **ends)
call(nn.summary, model=MODEL)
call(nn.numerical_gradient, f=length, x=TWO, h=1e-5)
call(nn.relative_error, a=TWO, b=TWO + 1, floor=0.1)
call(nn.check_gradients, layer=MODEL, x=ROWS, rng=RNG, h=1e-5)

call(nn.layers.as_float, values=TWO, where="x")
call(nn.layers.expect, fine=True, where="x", wanted="y")
call(nn.layers.gradient_for, y=ROWS, dy=ROWS, layer=nn.ReLU())
call(nn.layers.number, x=1, whole=False)
call(nn.layers.kept, state=1, layer=nn.ReLU())
call(nn.initializers.generator, rng=RNG, where="x")
call(nn.data.checked_pair, x=ROWS, target=TARGET, where="x")
call(nn.data.slices, x=ROWS, t=TARGET, size=1, rng=RNG)
call(begun, data=PAIR, size=1, rng=RNG, where="x")
call(nn.history.progress_bar, epochs=2, show=False)
for look in (nn.models.arrays, nn.models.parameters, nn.models.parts):
    call(look, model=MODEL)


def layer_case(name, method):
    def make():
        layer = layer_named(name, np.float32)
        y = layer.forward(ROWS, train=True)
        good = {
            "forward": {"x": ROWS.copy(), "train": True},
            "f": {"x": ROWS.copy()},
            "slope": {"x": ROWS.copy(), "y": y},
        }
        dy = {"dy": np.ones_like(y)}
        return getattr(layer, method), good.get(method, dy)

    CASES[f"{name}.{method}"] = make


for name in LAYERS:
    for method in ("forward", "backward", "f", "slope", "set_gradients"):
        if hasattr(layer_named(name), method):
            layer_case(name, method)


def step_case(kind, **settings):
    """A step, with what may be set before it; that is put back after."""

    def make():
        p = Parameter(TWO)
        optimizer = kind([p], 0.1, **settings)

        def step(lr: float, grad: Array):
            optimizer.lr, p.grad[:] = lr, grad
            try:
                optimizer.step()
            finally:
                optimizer.lr, p.grad[:] = 0.1, 0
            return p.value

        step.__self__ = optimizer
        return step, {"lr": 0.1, "grad": TWO.copy()}

    CASES[f"{kind.__name__}.step"] = make


step_case(nn.SGD, momentum=0.5, weight_decay=0.5)
for kind in (nn.AdaGrad, nn.RMSProp, nn.Adam, nn.AdamW):
    step_case(kind)


def clip_case():
    p = Parameter(TWO)

    def clip(max_norm: float, grad: Array):
        p.grad[:] = grad
        try:
            return nn.clip_gradients([p], max_norm), p.grad
        except ValueError:
            np.testing.assert_array_equal(p.grad, grad)
            raise

    return clip, {"max_norm": 1.0, "grad": TWO.copy()}


CASES["clip_gradients"] = clip_case


def schedule_case(make, **settings):
    """A schedule is made, and asked for a rate."""
    told = inspect.signature(make)
    step = inspect.Parameter("step", inspect.Parameter.KEYWORD_ONLY)
    parameters = [*told.parameters.values(), step.replace(annotation="int")]

    def ask(step, **settings):
        return make(**settings)(step)

    ask.__signature__ = told.replace(parameters=parameters)
    CASES[make.__name__] = lambda: (ask, {**settings, "step": 1})


schedule_case(nn.cosine, lr=1.0, steps=9, final=0.5, warmup=1)
schedule_case(nn.exponential_decay, lr=1.0, factor=0.5, warmup=1)
schedule_case(nn.step_decay, lr=1.0, every=2, factor=0.5, warmup=1)
schedule_case(nn.one_cycle, lr=1.0, steps=9, rise=0.5, start=0.1, final=0.1)


def history_case(name, tell):
    def told(train_loss: number, validation_loss: number):  # noqa: F821
        history = nn.History()
        history.append(train_loss, 1.0, validation_loss, 1.0)
        tell(history)

    good = {"train_loss": 1.0, "validation_loss": 1.0}
    CASES[name] = lambda: (told, good)


history_case("History.append", str)
history_case("History.plot", lambda history: history.plot(AXES))


def value_case(name, rule):
    def compute(value: number):  # noqa: F821
        """Raises what `math` raises: ValueError, OverflowError."""
        y = rule(nn.Value(value))
        y.backward()
        return y.value

    CASES[name] = lambda: (compute, {"value": 1.0})


value_case("Value", lambda x: x)
value_case("Value.backward", lambda x: x * x + x)
value_case("Value.exp", nn.Value.exp)
value_case("Value.log", nn.Value.log)
value_case("Value.tanh", nn.Value.tanh)


def file_case(name, use):
    def through_a_file():
        with TemporaryDirectory() as folder:
            path = Path(folder) / "a.npz"
            nn.save(MODEL, path)
            use(path)

    CASES[name] = lambda: (through_a_file, {})


def write(path):
    with nn.models.written_whole(path) as file:
        file.write(b"b")


file_case("save", Path.read_bytes)
file_case("load", lambda path: nn.load(copy.deepcopy(MODEL), path))
file_case("written_whole", write)
for row in (nn.Sequential, nn.Residual):
    CASES[row.__name__] = lambda row=row: (lambda: row(nn.ReLU()), {})

# ---- what must be true

# Of a list with rows of several lengths NumPy says it, of numbers Python.
SAYS = re.compile(r"(?s)expected .+, received |inhomogeneous|math")
ABSTRACT = {"Layer", "Elementwise", "Optimizer"}  # others say it for them


def public():
    """The names of what nn's modules define and anybody can call."""
    for info in pkgutil.iter_modules(nn.__path__, "nn."):
        module = importlib.import_module(info.name)
        for name, thing in vars(module).items():
            own = getattr(thing, "__module__", None) == module.__name__
            if not own or name.startswith("_") or name in ABSTRACT:
                continue
            if not callable(thing) or not hasattr(thing, "__name__"):
                continue
            if inspect.isclass(thing):
                for method, _ in inspect.getmembers(thing, inspect.isfunction):
                    if not method.startswith("_"):
                        yield f"{name}.{method}"
            yield name


def numbers(thing):
    """All numbers in what was given or returned."""
    match thing:
        case np.ndarray() | np.generic() | float() | int():
            if np.asarray(thing).dtype.kind in "fiub":
                yield np.asarray(thing, np.float64).ravel()
            elif isinstance(thing, int):
                yield np.array([math.inf])
        case Parameter():
            yield from numbers(thing.value)
        case dict():
            yield from numbers(list(thing.values()))
        case tuple() | list() | Iterator():
            for one in thing:
                yield from numbers(one)


def documented(f):
    """The errors that its docstring names, or that of its class."""
    owner = getattr(f, "__self__", None)
    texts = [expect.__doc__, f.__doc__, type(owner).__doc__]
    words = " ".join(map(str, texts))
    for other in re.findall(r"as `(\w+)`", words):
        words += getattr(nn, other).__doc__
    return set(re.findall(r"\w+Error|Diverged", words))


def state(f, arguments):
    """What a call that is refused must not change."""
    things = [getattr(f, "__self__", None), *arguments.values()]
    layers = [x for x in things if isinstance(x, nn.Layer)]
    learned = [nn.models.arrays(layer) for layer in layers]
    learned += [p.grad for layer in layers for p in layer.params]
    drawn = nn.Layer, np.random.Generator
    others = [x for x in things if not isinstance(x, drawn)]
    return pickle.dumps([learned, others])


def test_every_public_name_has_a_case():
    names = list(public())
    assert len(names) == len(set(names))
    assert set(CASES) == set(names)


@pytest.fixture(autouse=True, scope="module")
def _no_digits():
    with pytest.MonkeyPatch.context() as patch, TemporaryDirectory() as folder:
        patch.setattr(digits, "CHECKOUT", Path(folder))
        patch.setenv("XDG_CACHE_HOME", folder)
        patch.delenv("NN_DATA", raising=False)
        yield


@pytest.mark.parametrize("name", CASES)
@given(draw=st.data())
def test_it_answers_or_says_why_not(name, draw):
    f, good = CASES[name]()
    before = state(f, good)
    given = dict(good)
    parameters = inspect.signature(f).parameters if good else {}
    fuzzed = {key: strategy(parameters[key], x) for key, x in good.items()}
    fuzzed = {key: some for key, some in fuzzed.items() if some is not None}
    if fuzzed:
        keys = st.lists(st.sampled_from([*fuzzed]), min_size=1, max_size=2)
        for key in draw.draw(keys):
            given[key] = draw.draw(fuzzed[key], label=key)
    known = np.concatenate([*numbers(given), [0.0]])
    try:
        answer = f(**given)
        answer = np.concatenate([*numbers(answer), [0.0]])
    except FloatingPointError:
        assert not abs(known).max() <= LARGE
    except Exception as error:
        kind, told = type(error).__name__, str(error)
        assert kind in documented(f), repr(error)  # noqa: PT017
        assert kind != "ValueError" or SAYS.search(told), told
        # Batches are looked at as they come.
        late = list in map(type, (given.get("data"), given.get("validation")))
        if not late and not isinstance(error, nn.Diverged):
            assert state(f, good) == before
    else:
        nans = {key for key, x in given.items() if x is math.nan}
        assert nans <= {"value", "epochs"}
        if np.isfinite(known).all():
            assert np.isfinite(answer).all()
