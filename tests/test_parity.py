"""The same numbers as PyTorch's: what docs/parity.py cannot say itself.

The page compares every operation, and runs in `test_book` as a script.
Here are the defaults, what PyTorch computes only in float64, and faults
that the page has to find."""

import inspect
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from nn import SGD, AdaGrad, Adam, AdamW, RMSProp, softmax_cross_entropy

ROOT = Path(__file__).parent.parent
VERSION = "2.13.0"

try:
    import torch
except ImportError:
    torch = None


def must_be_here(torch):
    found = getattr(torch, "__version__", "none").partition("+")[0]
    if found != VERSION:
        pytest.fail(
            f"these tests need PyTorch {VERSION}, found {found}: "
            'run `make test`, or pip install -e ".[test]"',
            pytrace=False,
        )


@pytest.fixture(autouse=True)
def _torch():
    must_be_here(torch)
    torch.set_num_threads(1)


def test_without_torch_the_tests_fail_with_the_command_that_brings_it():
    text = r'found none: run `make test`, or pip install -e "\.\[test\]"'
    with pytest.raises(pytest.fail.Exception, match=text):
        must_be_here(None)


@pytest.mark.parametrize("size", [1000.0, 1e4, 3e38])
def test_float32_logits_of_any_size_cost_what_torch_says_in_float64(size):
    z = np.float32([[size, -size, 0], [0, 1, 2], [-size, size, size]])
    labels = np.array([1, 2, 0])
    z_t = torch.tensor(z.astype(np.float64), requires_grad=True)
    value_t = torch.nn.functional.cross_entropy(z_t, torch.tensor(labels))
    value_t.backward()
    value, dz = softmax_cross_entropy(z, labels)
    assert value == pytest.approx(value_t.item(), rel=1e-14)
    np.testing.assert_allclose(dz, z_t.grad, rtol=1e-6)


NAMES = {
    SGD: "SGD",
    AdaGrad: "Adagrad",
    RMSProp: "RMSprop",
    Adam: "Adam",
    AdamW: "AdamW",
}


@pytest.mark.parametrize("optimizer", NAMES)
def test_defaults_are_torchs(optimizer):
    known = inspect.signature(getattr(torch.optim, NAMES[optimizer]))
    for name, ours in inspect.signature(optimizer).parameters.items():
        if name != "params":
            assert ours.default == known.parameters[name].default, name


# ---- what the page finds

FAULTS = {  # what it says: (module, a line, what becomes of it)
    "'Adam'": (
        "optimizers",
        "scratch += self.eps * math.sqrt(c2)",
        "scratch += self.eps",
    ),
    "'SGD, `lr=0.1`, `momentum=0.9`, `nesterov=True`'": (
        "optimizers",
        "g = g + self.momentum * m if self.nesterov else m",
        "g = m",
    ),
    "'BatchNorm, remembered'": (
        "normalization",
        "variance * n / (n - 1)",
        "variance",
    ),
    "'ReLU, extreme, backward'": (
        "activations",
        "return x > 0",
        "return x >= 0",
    ),
    "'Sigmoid, far left'": (
        "activations",
        "return np.where(x >= 0, e.dtype.type(1), e) / (1 + e)",
        "return 1 / (1 + np.exp(-x))",
    ),
    "'GELU, far left'": (
        "activations",
        "np.vectorize(math.erfc, otypes=[np.float64])(-z) / 2",
        "(1 + np.vectorize(math.erf, otypes=[np.float64])(z)) / 2",
    ),
    "'cosine, `steps=200`'": (
        "schedules",
        "step / length",
        "step / (length + 1)",
    ),
    "'clip_gradients'": ("clipping", "norm + 1e-6", "norm + 1e-7"),
    "AssertionError: {'hinge'}": (
        "losses",
        "def one_hot(",
        "def hinge(p, t):\n    pass\n\n\ndef one_hot(",
    ),
    "AssertionError: SGD": (
        "optimizers",
        "    nesterov: bool = False\n",
        "    nesterov: bool = False\n    dampening: float = 0.0\n",
    ),
}


@pytest.mark.parametrize("said", FAULTS)
def test_the_page_finds_a_fault(said, tmp_path):
    module, old, new = FAULTS[said]
    shutil.copytree(ROOT / "nn", tmp_path / "nn")
    path = tmp_path / "nn" / f"{module}.py"
    text = path.read_text("utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), "utf-8")
    paths = os.pathsep.join([str(tmp_path), str(ROOT)])
    done = subprocess.run(
        [sys.executable, ROOT / "docs" / "parity.py"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": paths},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "AssertionError" in done.stderr
    assert said in done.stderr
