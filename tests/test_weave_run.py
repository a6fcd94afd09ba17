"""A chapter in a fresh kernel."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import small_book

from weave import execute
from weave.cells import WeaveError


def fails(root: Path, code: str) -> str:
    """Return the message of a chapter with `code` in its second cell."""
    small_book.write(root, bad=f"# %% [markdown]\n# # Bad\n\n# %%\n{code}\n")
    with pytest.raises(WeaveError) as error:
        execute.execute(root / "docs" / "bad.py", root)
    assert not (root / ".cache").exists(), "a failure is not kept"
    return str(error.value)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("x = 1\n1 / 0", "(x = 1): ZeroDivisionError: division by zero"),
        (
            "import warnings\nwarnings.warn('oh')",
            "(import warnings): wrote to stderr: .*UserWarning: oh",
        ),
        (
            "from weave import show\nshow('layers:Rely')",
            "(from weave import show): ValueError: no piece 'layers:Rely'",
        ),
        ("import os\nos._exit(1)", "(import os): the kernel died"),
    ],
)
def test_a_failing_cell_is_named(
    code: str, message: str, tmp_path: Path
) -> None:
    pattern = (
        "^"
        + re.escape("bad.py, cell 2 ")
        + re.escape(message).replace(r"\.\*", "(.|\n)*")
    )
    assert re.match(pattern, fails(tmp_path, code))


def test_a_failing_expression_is_named(tmp_path: Path) -> None:
    message = fails(tmp_path, "x = 1\n\n# %% [markdown]\n# Is {{ y:.1f }}.")
    assert message == (
        "bad.py, cell 3 (Is {{ y:.1f }}.): ValueError: {{ y:.1f }}: "
        "NameError: name 'y' is not defined"
    )


def test_what_comes_later_in_the_book_cannot_be_imported(
    tmp_path: Path,
) -> None:
    first = "# %% [markdown]\n# # 1 · A\n\n# %%\nfrom weave import show\n"
    small_book.write(
        tmp_path,
        a=f"{first}show('base:')\nfrom nn import LIMIT\nprint(LIMIT)\n",
        b=first + "show('base:')\ntry:\n    from nn import relu\n"
        "except ImportError:\n    from nn.layers import relu\n",
    )
    cells = execute.execute(tmp_path / "docs" / "a.py", tmp_path)
    assert cells[1].outputs[-1]["text"] == "3\n"
    with pytest.raises(WeaveError) as error:
        execute.execute(tmp_path / "docs" / "b.py", tmp_path)
    assert "ImportError: nn.layers is used before" in str(error.value)
    assert "so far the book has nn.base" in str(error.value)


def test_the_callers_variables_change_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OPENBLAS_CORETYPE", "PYTHONWARNINGS", "MPLCONFIGDIR"):
        monkeypatch.setenv(name, "Haswell")
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    code = "# %%\nimport os\nprint(*sorted(os.environ))\n"
    small_book.write(tmp_path, a=code + "print(os.environ['OMP_NUM_THREADS'])")
    (cell,) = execute.execute(tmp_path / "docs" / "a.py", tmp_path)
    names, threads = cell.outputs[0]["text"].splitlines()
    assert threads == "1"
    assert {"PATH", "PYTHONHASHSEED"} <= set(names.split())
    assert not {"OPENBLAS_CORETYPE", "PYTHONWARNINGS"} & set(names.split())
    assert "MPLCONFIGDIR" not in names
