"""A chapter in a fresh kernel."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest
import small_book
from nbclient.exceptions import CellExecutionError, DeadKernelError
from nbformat import NotebookNode
from nbformat.v4 import new_output

from weave import execute
from weave import run as runs
from weave.cells import Cell, WeaveError
from weave.run import ENVIRONMENT, INHERITED, run

# ---- With a kernel that only repeats what it is told.


class Kernel:
    """Has an answer to each cell, and keeps what it was asked."""

    def __init__(self, *answers: list[NotebookNode] | Exception) -> None:
        self.answers = answers

    def __call__(self, notebook: NotebookNode, **options: Any) -> Kernel:
        self.notebook, self.options = notebook, options
        self.start = options.pop("on_cell_start")
        return self

    async def async_execute(self, env: dict[str, str]) -> None:
        self.env = env
        for index, answer in enumerate(self.answers):
            cell = self.notebook.cells[index]
            self.start(cell=cell, cell_index=index)
            if isinstance(answer, Exception):
                raise answer
            cell.outputs = answer


def stream(text: str, name: str = "stdout") -> NotebookNode:
    return new_output("stream", name=name, text=text)


CELLS = [
    Cell("markdown", "# A title", []),
    Cell("code", "\nx = 1\nprint(x)\n", []),
    Cell("markdown", "It is\n{{ x }}.", []),
    Cell("code", "import nowhere", [], needs=["nowhere"]),
]
PICTURE = new_output("display_data", {"text/plain": "A picture."})
ANSWERS = [[], [], [stream("1\n"), PICTURE], [stream('["1"]\n')], []]


def test_what_a_kernel_is_asked_and_what_it_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kernel = Kernel(*ANSWERS, [stream('["a", "b/c"]\n')])
    monkeypatch.setattr(runs, "NotebookClient", kernel)
    outputs, reads = run("a.py", CELLS, Path("/book"), ["base"])
    assert (outputs, reads) == (ANSWERS[1:], ["a", "b/c"])
    assert [cell.source for cell in kernel.notebook.cells] == [
        "from weave import kernel as _; _.begin(['base']); del _",
        "",
        "\nx = 1\nprint(x)\n",
        "__import__(\"weave.inline\").inline.evaluate(['x'], globals())",
        "",
        "from weave import kernel; kernel.end()",
    ]
    assert kernel.options == {
        "timeout": None,
        "kernel_name": "python3",
        "allow_errors": False,
        "extra_arguments": [
            "--log-level=ERROR",
            "--HistoryManager.hist_file=:memory:",
        ],
        "resources": {"metadata": {"path": "/book"}},
    }


@pytest.mark.parametrize("own", [ENVIRONMENT, {"OMP_NUM_THREADS": "2"}])
def test_the_variables_of_a_kernel(
    own: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in os.environ:
        if name.startswith(INHERITED):
            monkeypatch.delenv(name)
    taken = {"PATH": "/bin", "LC_ALL": "C"}
    left = {"PYTHONWARNINGS": "error", "MY_PATH": "/", "PYTHONPATH": "/"}
    for name, value in (taken | left | {"OMP_NUM_THREADS": "7"}).items():
        monkeypatch.setenv(name, value)
    kernel = Kernel([], [stream("[]")])
    monkeypatch.setattr(runs, "NotebookClient", kernel)
    assert run("a.py", [], Path("/book"), None, own) == ([], [])
    paths = f"/book{os.pathsep}{runs.LOOM.parent}"
    assert kernel.env == taken | own | {"PYTHONPATH": paths}


TRACE = """\
\x1b[36mCell\x1b[39m\x1b[36m \x1b[39m\x1b[32mIn[\x1b[1;31m5]\x1b[39m, line 3
\x1b[36mCell\x1b[39m\x1b[36m \x1b[39m\x1b[32mIn[4]\x1b[39m, line 2
"""


class Dead(Kernel):
    async def async_execute(self, env: dict[str, str]) -> None:
        raise DeadKernelError("Kernel died")


@pytest.mark.parametrize(
    ("kernel", "message"),
    [
        (
            Kernel([], CellExecutionError("", "NameError", "no y")),
            "cell 1 (# A title): NameError: no y",
        ),
        (
            Kernel([], [], [], CellExecutionError(TRACE, "NameError", "no z")),
            "cell 3 (It is): NameError: no z",
        ),
        (
            Kernel([], [], CellExecutionError("", "NameError", "no x")),
            "cell 2 (x = 1): NameError: no x",
        ),
        (
            Kernel([], [], CellExecutionError(TRACE, "NameError", "no x")),
            "cell 2 (print(x)): NameError: no x",
        ),
        (
            Kernel([], [], [], DeadKernelError("Kernel died")),
            "cell 3 (It is): the kernel died",
        ),
        (Dead(), "before its first cell: the kernel died"),
        (
            Kernel(CellExecutionError("", "ImportError", "no nn")),
            "before its first cell: ImportError: no nn",
        ),
        (
            Kernel(*ANSWERS, DeadKernelError("Kernel died")),
            "after its last cell: the kernel died",
        ),
        (
            Kernel([], [], [stream("1"), stream("\n  oh\n ah\n", "stderr")]),
            "cell 2 (x = 1): wrote to stderr: oh\n ah",
        ),
    ],
)
def test_the_cell_where_a_chapter_fails(
    kernel: Kernel, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "NotebookClient", kernel)
    with pytest.raises(WeaveError) as error:
        run("a.py", CELLS, Path("/book"))
    assert str(error.value) == f"a.py, {message}"


# ---- With a kernel.


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
        ("x = 1\n1 / 0", "(1 / 0): ZeroDivisionError: division by zero"),
        (
            "def f():\n    1 / 0\n\nif True:\n    f()",
            "(f()): ZeroDivisionError: division by zero",
        ),
        ("x = 1\nassert (\n    x == 2)", "(x == 2)): AssertionError: "),
        ("x = 1\nx = = 2", "(x = = 2): SyntaxError: invalid syntax"),
        (
            "import warnings\nwarnings.warn('oh')",
            "(import warnings): wrote to stderr: .*UserWarning: oh",
        ),
        (
            "from weave import show\nshow('layers:Rely')",
            "(show('layers:Rely')): ValueError: no piece 'layers:Rely'",
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
