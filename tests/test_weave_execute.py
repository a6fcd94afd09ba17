"""Running chapters, and not running them again."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import nbclient
import pytest
import small_book
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from weave import execute, run
from weave.cells import Cell, WeaveError

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
    damage: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_book.write(tmp_path, a="# %%\nprint(7)\n")
    path = tmp_path / "docs" / "a.py"
    runs = count_runs(monkeypatch)
    execute.execute(path, tmp_path)
    (kept,) = (tmp_path / ".cache" / "weave").iterdir()
    whole = kept.read_text()
    kept.write_text(damage(whole))
    (cell,) = execute.execute(path, tmp_path)
    assert cell.outputs[0]["text"] == "7\n"
    assert len(runs) == 2
    assert kept.read_text() == whole


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
        env={"PYTHONPATH": f"{root}:{run.LOOM.parent}"},
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
            (now, _) = simple("a.py", execute.read(chapter), root)
            assert kept == now[-1]
