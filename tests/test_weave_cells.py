"""The cells of a chapter, and the packages that they need."""

from __future__ import annotations

import re
from pathlib import Path

import numpy
import pytest
import small_book

from weave import cells as cells_
from weave import key as keys
from weave.cells import Cell, noted, read, version
from weave.execute import execute
from weave.key import key

ROOT = Path(__file__).parent.parent

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


NOTE = """\
!!! note "Left out: this build had no {}"

    `pip install ".[frameworks]"` adds it."""


def test_a_chapter_is_read_cell_by_cell(tmp_path: Path) -> None:
    path = tmp_path / "needs.py"
    path.write_text(NEEDS)
    first, code, text, hidden, *_ = read(path)
    assert first == Cell("markdown", "# 2 · Needs", [], [], [], [], "")
    assert code.source == "import nowhere\n\ny = nowhere.number()"
    assert (code.kind, code.tags, code.needs) == ("code", [], ["nowhere"])
    assert (text.kind, text.tags, text.needs) == ("markdown", [], ["nowhere"])
    assert hidden == Cell(
        "code", "print(y)", ["hide"], needs=["nowhere", "nothing"]
    )


def test_without_marks_a_chapter_is_one_cell(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text("# Words.\n\nx = 1\n")
    assert read(path) == [Cell("code", "# Words.\n\nx = 1", [])]


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        (Cell("code", "x = '{{ y }}'", []), "x = '{{ y }}'"),
        (Cell("code", "x = 1", [], needs=["numpy"]), "x = 1"),
        (Cell("code", "x = 1", [], needs=["numpy", "nowhere"]), ""),
        (Cell("markdown", "It is {{ x }}.", [], needs=["nowhere"]), ""),
        (Cell("markdown", "It is `{{ x }}`.", []), ""),
        (
            Cell("markdown", "It is {{ x }}, not {{ y:d }}.", []),
            '__import__("weave.inline").inline.evaluate'
            "(['x', 'y:d'], globals())",
        ),
    ],
)
def test_what_the_kernel_has_to_run(cell: Cell, code: str) -> None:
    assert cell.code == code


def test_a_text_is_filled_and_knows_what_was_asked() -> None:
    cell = Cell("markdown", "It is {{ x }}, not {{ y }}.", [])
    cell.fill(["1", "2"])
    assert cell.source == "It is 1, not 2."
    assert cell.asked == "It is {{ x }}, not {{ y }}."
    assert cell.numbers == ["1", "2"]


def test_the_version_of_a_package() -> None:
    assert version("numpy") == numpy.__version__
    assert version("nowhere") is None


def test_neighbours_without_a_package_share_a_note() -> None:
    def lacks(kind: str, source: str, *names: str) -> Cell:
        return Cell(kind, source, [], needs=["numpy", *names])

    first, last = Cell("markdown", "First.", []), Cell("code", "last", [])
    code, more = lacks("code", "a", "no"), lacks("code", "b", "nor", "no")
    text, here = lacks("markdown", "c", "no"), lacks("markdown", "d")
    alone = lacks("code", "e", "none")
    assert noted([first, code, text, more, here, alone, last]) == [
        first,
        code,
        more,
        Cell("markdown", NOTE.format("`no` and no `nor`"), []),
        here,
        alone,
        Cell("markdown", NOTE.format("`none`"), []),
        last,
    ]


def test_what_needs_a_missing_package_is_left_out(tmp_path: Path) -> None:
    small_book.write(tmp_path, needs=NEEDS)
    cells = execute(tmp_path / "docs" / "needs.py", tmp_path)
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
    for module in (cells_, keys):
        monkeypatch.setattr(module, "version", lambda n: found.get(n, "0"))
    second = key(read(path), tmp_path / "nn")
    cells = execute(path, tmp_path)
    assert [cell.source for cell in cells if cell.kind == "markdown"] == [
        "# 2 · Needs",
        "It is 7, in it.",
        "The sum is 3.0.",
    ]
    assert cells[3].outputs[0]["text"] == "7\n"
    found["nothing"] = "2.1"
    assert len({first, second, key(read(path), tmp_path / "nn")}) == 3


def test_the_frameworks_may_be_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cells_, "version", lambda name: None)
    (tmp_path / "nn").symlink_to(ROOT / "nn")
    (tmp_path / "node_modules").symlink_to(ROOT / "node_modules")
    cells = execute(ROOT / "docs" / "frameworks.py", tmp_path)
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
