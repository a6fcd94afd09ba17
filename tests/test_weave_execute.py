"""Running chapters, and not running them again."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import nbclient
import pytest
import small_book

from weave import execute
from weave.execute import WeaveError, key, reached, read

ROOT = Path(__file__).parent.parent
CHAPTER = """\
# %% [markdown]
# # 1 · A chapter
#
# Before: `{{ x }}`.

# %% tags=["hide"]
import os
from nn import relu
from weave import show, table

# %%
x = relu(3)
show("base:Base")
x

# %% [markdown]
# It is {{ x + 1:.1f }}.

# %%
print(os.environ["OPENBLAS_NUM_THREADS"], os.path.basename(os.getcwd()))
"""


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a book whose chapter has run once."""
    root = tmp_path_factory.mktemp("book")
    small_book.write(root, a=CHAPTER)
    execute.execute(root / "docs" / "a.py", root)
    return root


def forbid(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(*args: object, **options: object) -> None:
        raise AssertionError("a kernel was started")

    monkeypatch.setattr(nbclient.NotebookClient, "async_execute", run)


def test_a_chapter_runs(ran: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    forbid(monkeypatch)
    cells = execute.execute(ran / "docs" / "a.py", ran)
    assert [cell.kind for cell in cells] == [
        "markdown",
        "code",
        "code",
        "markdown",
        "code",
    ]
    assert cells[0].source.endswith("Before: `{{ x }}`.")
    assert cells[1].tags == ["hide"]
    shown, result = cells[2].outputs
    assert "class Base" in shown["data"]["text/plain"]
    assert result["data"]["text/plain"] == "3"
    assert cells[3].source == "It is 4.0."
    assert cells[3].outputs == []
    assert cells[4].outputs[0]["text"] == f"1 {ran.name}\n"


def test_prose_runs_nothing(
    ran: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forbid(monkeypatch)
    path = ran / "docs" / "a.py"
    path.write_text(CHAPTER.replace("It is", "Now it is"))
    cells = execute.execute(path, ran)
    assert cells[3].source == "Now it is 4.0."
    path.write_text(CHAPTER)


@pytest.mark.parametrize(
    ("old", "new"), [("relu(3)", "relu(4)"), ("x + 1", "x + 2")]
)
def test_code_and_expressions_are_in_the_key(
    old: str, new: str, ran: Path, tmp_path: Path
) -> None:
    other = tmp_path / "a.py"
    other.write_text(CHAPTER.replace(old, new))
    first = key(read(ran / "docs" / "a.py"), ran / "nn")
    assert key(read(other), ran / "nn") != first


def test_the_package_is_in_the_key(tmp_path: Path) -> None:
    small_book.write(tmp_path, a=CHAPTER, b="# %%\nfrom nn import LIMIT\n")
    keys = []
    for change in ["", "\n# Changed.\n"]:
        with (tmp_path / "nn" / "layers.py").open("a") as file:
            file.write(change)
        keys += [
            key(read(tmp_path / "docs" / f"{name}.py"), tmp_path / "nn")
            for name in "ab"
        ]
    assert keys[0] != keys[2], "this chapter imports the changed module"
    assert keys[1] == keys[3], "this one does not"


def test_a_file_that_the_chapter_reads_is_in_the_key(tmp_path: Path) -> None:
    reads = '# %%\nopen("docs/assets/log.json").read()\n'
    small_book.write(tmp_path, a=reads, b="# %%\n1\n")
    a, b = (read(tmp_path / "docs" / f"{name}.py") for name in "ab")
    log = tmp_path / "docs" / "assets" / "log.json"
    log.parent.mkdir(parents=True, exist_ok=True)
    keys = []
    for text in (None, "1", "2"):
        if text:
            log.write_text(text)
        keys.append((key(a, tmp_path / "nn"), key(b, tmp_path / "nn")))
    assert len({first for first, _ in keys}) == 3
    assert len({other for _, other in keys}) == 1


@pytest.mark.parametrize("name", ["PACKAGES", "ENVIRONMENT"])
def test_versions_and_environment_are_in_the_key(
    name: str, ran: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cells = read(ran / "docs" / "a.py")
    first = key(cells, ran / "nn")
    monkeypatch.setattr(execute, name, type(getattr(execute, name))())
    assert key(cells, ran / "nn") != first


def test_the_loom_in_the_kernel_is_in_the_key() -> None:
    code = (
        "import sys, weave, weave.inline; weave.subplots();"
        "print(*sorted(m[6:] for m in sys.modules if m[:6] == 'weave.'))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert set(done.stdout.split()) <= set(execute.IN_KERNEL)


@pytest.mark.parametrize(
    ("code", "modules"),
    [
        ("from nn import relu", "base layers"),
        ("from nn.layers import relu", "base layers"),
        ("from nn import LIMIT", "base"),
        ("from .base import LIMIT", "base"),
        ("import numpy\nfrom os import path", ""),
        ("show('base:')", "base"),
        ("recall('base:Base')", "base"),
        ("def f():\n    from nn import LIMIT", "base"),
        ("import nn", "base layers other"),
        ("import nn.base", "base layers other"),
        ("from nn import *", "base layers other"),
        ("from nn import unheard_of", "base layers other"),
        ("from nn.unheard import of", "base layers other"),
        ("show(name)", "base layers other"),
        ("a syntax error", "base layers other"),
    ],
)
def test_modules_that_a_chapter_reaches(
    code: str, modules: str, tmp_path: Path
) -> None:
    package = small_book.write(tmp_path) / "nn"
    (package / "other.py").write_text("x = 1\n")
    found = [path.stem for path in reached(code, package)]
    assert found == ["__init__", *modules.split()]


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


# ---- Packages that a cell needs besides.

NEEDS = """\
# %% [markdown]
# # 2 · Needs

# %% needs=["nowhere"]
import nowhere

y = nowhere.number()

# %% [markdown] needs=["nowhere"]
# It is {{ y }}, in [](#tab-left-out).

# %% needs=["nowhere", "nothing"] tags=["hide"]
print(y)

# %%
print("alone")

# %% needs=["numpy"]
import numpy

# %% [markdown] needs=["numpy"]
# The sum is {{ numpy.ones(3).sum() }}.
"""


def test_what_needs_a_missing_package_is_left_out(tmp_path: Path) -> None:
    small_book.write(tmp_path, needs=NEEDS)
    cells = execute.execute(tmp_path / "docs" / "needs.py", tmp_path)
    _, code, more, note, alone, _, there = cells
    assert "import nowhere" in code.source
    assert "print(y)" in more.source
    assert code.outputs == more.outputs == []
    assert 'had no `nowhere` and no `nothing`"' in note.source
    assert alone.outputs[0]["text"] == "alone\n"
    assert there.source == "The sum is 3.0."


def test_with_the_package_it_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_book.write(tmp_path, needs=NEEDS.replace("[](#tab-left-out)", "it"))
    (tmp_path / "nowhere.py").write_text("number = int('7').conjugate\n")
    path = tmp_path / "docs" / "needs.py"
    first = key(read(path), tmp_path / "nn")
    found = {"nowhere": "1.0", "nothing": "2.0"}
    monkeypatch.setattr(execute, "version", lambda name: found.get(name, "0"))
    second = key(read(path), tmp_path / "nn")
    cells = execute.execute(path, tmp_path)
    assert [cell.source for cell in cells if cell.kind == "markdown"] == [
        "# 2 · Needs",
        "It is 7, in it.",
        "The sum is 3.0.",
    ]
    assert cells[3].outputs[0]["text"] == "7\n"
    found["nothing"] = "2.1"
    assert len({first, second, key(read(path), tmp_path / "nn")}) == 3


def test_a_missing_package_changes_no_other_chapter(
    ran: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cells = read(ran / "docs" / "a.py")
    first = key(cells, ran / "nn")
    monkeypatch.setattr(execute, "version", lambda name: None)
    assert key(cells, ran / "nn") == first


def test_the_frameworks_may_be_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(execute, "version", lambda name: None)
    (tmp_path / "nn").symlink_to(ROOT / "nn")
    (tmp_path / "node_modules").symlink_to(ROOT / "node_modules")
    cells = execute.execute(ROOT / "docs" / "frameworks.py", tmp_path)
    notes = [cell.source for cell in cells if "Left out" in cell.source]
    for name in ("torch", "keras"):
        assert any(f"no `{name}`" in note for note in notes)
    assert all(not cell.outputs for cell in cells if cell.missing)
    texts = [cell.source for cell in cells if cell.kind == "markdown"]
    whole = "\n".join(texts)
    assert "{{ " not in whole
    notes = re.findall(r"(?m)^\[\^(\w+)\]:", whole)
    for name in notes:  # or MkDocs would warn
        assert whole.count(f"[^{name}]") > 1
