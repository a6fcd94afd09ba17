"""Running chapters, and not running them again."""

from __future__ import annotations

import copy
import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import nbclient
import pytest
import small_book
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from weave import execute, run
from weave.cells import Cell, WeaveError, read
from weave.key import key

CHAPTER = """\
# %% [markdown]
# # A chapter
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


# ---- What is kept, without a kernel.

NUMBERED = """\
# %% [markdown]
# # 1 · A chapter

# %%
show("base:Base")

# %% [markdown]
# It is {{ x }}.

# %% needs=["nowhere"]
import nowhere
"""
SHOWN: list[object] = [{"output_type": "display_data", "data": {"a": "ü"}}]
OUTPUTS = [[], SHOWN, [{"text": '["7"]'}], []]


class Runs(list[tuple[object, ...]]):
    """Says what came out of a chapter, and remembers who asked for it."""

    def __init__(self, *reads: str) -> None:
        self.reads = list(reads)

    def __call__(self, *given: object) -> tuple[list[object], list[str]]:
        self.append(copy.deepcopy(given))
        return OUTPUTS, self.reads


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:24]


def test_what_came_out_is_kept_and_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_book.write(tmp_path, b="", a=NUMBERED)
    runs = Runs("docs", "gone", "nn/base.py")
    monkeypatch.setattr(execute, "run", runs)
    path, variables = tmp_path / "docs" / "a.py", {"A": "1"}
    cells = execute.execute(path, tmp_path, variables)
    title, code, text, left, note = cells
    assert title == Cell("markdown", "# 1 · A chapter", [])
    assert code == Cell("code", 'show("base:Base")', [], SHOWN)
    assert text == Cell(
        "markdown", "It is 7.", [], numbers=["7"], asked="It is {{ x }}."
    )
    assert left == Cell("code", "import nowhere", [], needs=["nowhere"])
    assert note.source.startswith("!!! note")
    asked = read(path)
    assert runs == [("a.py", asked, tmp_path, ["base"], variables)]

    (kept,) = (tmp_path / ".cache" / "weave").iterdir()
    name = key(asked, tmp_path / "nn", ["base"], variables)
    assert kept.name == f"a-{name}.json"
    assert json.loads(kept.read_text()) == {
        "reads": {
            "docs": digest(b"a.py\nb.py"),
            "gone": None,
            "nn/base.py": digest(small_book.BASE.encode()),
        },
        "outputs": OUTPUTS,
    }
    assert execute.execute(path, tmp_path, variables) == cells
    assert len(runs) == 1


def test_only_while_somebody_writes_may_what_was_read_have_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_book.write(tmp_path, a=NUMBERED)
    path, log = tmp_path / "docs" / "a.py", tmp_path / "log"
    runs = Runs("nn/base.py", "log")
    monkeypatch.setattr(execute, "run", runs)
    log.write_text("1")
    cells = execute.execute(path, tmp_path)
    log.write_text("2")
    assert execute.execute(path, tmp_path, writing=True) == cells
    assert len(runs) == 1
    assert execute.execute(path, tmp_path) == cells
    assert len(runs) == 2
    assert execute.execute(path, tmp_path) == cells
    assert len(runs) == 2


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[: len(text) // 2],
        lambda text: "",
        lambda text: "\0" * len(text),
        lambda text: "[]",
        lambda text: '{"outputs": [[]]}',
        lambda text: text.replace("[[", "[[], [", 1),
    ],
)
def test_what_cannot_be_read_is_run_anew(
    damage: Callable[[str], str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    small_book.write(tmp_path, a=NUMBERED)
    path, runs = tmp_path / "docs" / "a.py", Runs()
    monkeypatch.setattr(execute, "run", runs)
    cells = execute.execute(path, tmp_path)
    (kept,) = (tmp_path / ".cache" / "weave").iterdir()
    whole = kept.read_text()
    kept.write_text(damage(whole))
    assert execute.execute(path, tmp_path) == cells
    assert len(runs) == 2
    assert kept.read_text() == whole


# ---- Chapters in a kernel.


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


def count_runs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Collect the chapters that run from now on."""
    seen: list[str] = []

    def counted(name: str, *rest: object) -> object:
        seen.append(name)
        return run.run(name, *rest)

    monkeypatch.setattr(execute, "run", counted)
    return seen


READS = """\
# %%
from pathlib import Path

print(Path("docs/assets/log.json").exists(), list(Path("docs").glob("*.md")))

# %%
print(open("docs/assets/log.json").read())
"""


def test_a_chapter_whose_file_has_changed_runs_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_book.write(tmp_path, a=READS)
    path, log = tmp_path / "docs" / "a.py", tmp_path / "docs/assets/log.json"
    log.parent.mkdir()
    log.write_text("1")
    runs = count_runs(monkeypatch)

    def printed() -> str:
        return str(execute.execute(path, tmp_path)[1].outputs[0]["text"])

    assert printed() == printed() == "1\n"
    assert len(runs) == 1
    log.write_text("2")
    assert printed() == "2\n"
    (tmp_path / "docs" / "new.md").write_text("# New")
    printed()
    assert len(runs) == 3, "it looked through the folder"
    log.write_text("3")
    writing = execute.execute(path, tmp_path, writing=True)
    assert writing[1].outputs[0]["text"] == "2\n"
    log.unlink()
    with pytest.raises(WeaveError, match="FileNotFoundError"):
        printed()


# ---- Whatever is edited, what was kept is what a run would give.

MODULES = "base", "layers"
EDITS = st.lists(
    st.tuples(
        st.sampled_from(["base", "layers", "log", "loss", "code", "prose"]),
        st.integers(0, 2),
    ),
    min_size=1,
    max_size=6,
)


def simple(
    name: str, cells: list[Cell], root: Path, *rest: object
) -> tuple[list[list[dict[str, str]]], list[str]]:
    """Run a chapter in a plain Python, which starts faster than a kernel."""
    code = "\n".join(
        [
            "from weave import kernel; kernel.begin(None)",
            *(cell.code for cell in cells),
            "kernel.end()",
        ]
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=root,
        env={
            "PYTHONPATH": f"{root}:{run.LOOM.parent}",
            "PYTHONDONTWRITEBYTECODE": "1",
        },
        capture_output=True,
        text=True,
        check=True,
    )
    *printed, reads = done.stdout.splitlines()
    outputs: list[list[dict[str, str]]] = [[] for _ in cells]
    outputs[-1] = [{"text": "\n".join(printed)}]
    return outputs, json.loads(reads)


def text(what: str, value: int) -> str:
    return {
        "base": f"VALUE = {value}\n",
        "layers": f"from nn.base import VALUE\n\nMORE = VALUE + {value}\n",
        "log": f"{value}\n",
        "loss": f"{value}\n",
        "code": (
            "print(open('docs/assets/log.txt').read())",
            "from nn.layers import MORE; print(MORE)",
            "from nn import VALUE; print(VALUE)",
        )[value],
        "prose": "#" + " word" * value,
    }[what]


@given(EDITS)
@settings(
    max_examples=15,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_what_was_kept_is_what_a_run_would_give(
    tmp_path_factory: pytest.TempPathFactory,
    edits: list[tuple[str, int]],
) -> None:
    root = tmp_path_factory.mktemp("book")
    places = {
        "base": root / "nn" / "base.py",
        "layers": root / "nn" / "layers.py",
        "log": root / "docs" / "assets" / "log.txt",
        "loss": root / "docs" / "assets" / "other.txt",
    }
    for path in places.values():
        path.parent.mkdir(parents=True, exist_ok=True)
    (root / "nn" / "__init__.py").write_text("from nn.base import VALUE\n")
    state = dict.fromkeys([*places, "code", "prose"], 0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(execute, "run", simple)
        for what, value in [("prose", 0), *edits]:
            state[what] = value
            for name, path in places.items():
                path.write_text(text(name, state[name]))
            prose, code = text("prose", state["prose"]), state["code"]
            chapter = root / "docs" / "a.py"
            chapter.write_text(
                f"# %% [markdown]\n{prose}\n\n# %%\n{text('code', code)}\n"
            )
            kept = execute.execute(chapter, root)[-1].outputs
            (now, _) = simple("a.py", read(chapter), root)
            assert kept == now[-1]
