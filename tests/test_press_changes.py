"""Numbers in the prose, from release to release."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest
import small_book

from weave import inline
from weave.cells import Cell, noted, read
from weave.press import changes
from weave.press.changes import Change, Chapter, Number, Record, Release

ONE = """\
# %% [markdown]
# # 1 · One
#
# Nothing yet.

# %%
n, share = 7, 0.25

# %% [markdown]
# So far {{ share }} and {{ n }}.
#
# <!-- a remark -->
# ## The *first* part
#
# At the end it has read {{ n }} of all of the ten, and {{ n:.1f }} is not
# {{ n }}. So it is.
#
# $$
# x = {{ share:.1% }}
# $$
#
# ### Below
#
# Only $\\beta = {{ share }}$ | here.

# %%
## no heading
m = n

# %% [markdown]
# No number, `{{ n }}`.
#
# Then {{ m }}.

# %% needs=["no-such-package"]
gone = 1

# %% [markdown] needs=["no-such-package"]
# And {{ gone }}.
"""
LOG = """\
# What changed

## 0.2.0 · 2026-03-04

Better.

## 0.1.0 · 2026-01-02

The first.
"""
CHANGE = Change("1 · One", "Part", "it has … of | all", "6", "7")


VALUES = {"n": 7, "m": 7, "share": 0.25}  # of a run of that chapter


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = small_book.write(tmp_path_factory.mktemp("book"), one=ONE)
    (root / "docs" / "speed.py").write_text(ONE)
    (root / "docs" / "assets").mkdir()
    return root


def executed(path: Path, root: Path) -> list[Cell]:
    """Return the cells of the chapter as a run leaves them."""
    assert path.parent == root / "docs"
    cells = read(path)
    for cell in cells:
        asked = inline.fields(cell.source)
        if cell.kind == "markdown" and asked and not cell.missing:
            told = map(inline.split, asked)
            cell.fill([format(VALUES[name], spec) for name, spec in told])
    return noted(cells)


def test_numbers_know_where_they_stand(book: Path) -> None:
    chapter = changes.numbers("one", executed(book / "docs" / "one.py", book))
    assert (chapter.stem, chapter.title) == ("one", "1 · One")
    part = "The first part"
    assert chapter.numbers == [
        Number("", ": share", "0.25", "So far … and 7."),
        Number("", ": n", "7", "So far 0.25 and …."),
        Number(part, f"{part}: n", "7", "the end it has read … of all of"),
        Number(
            part, f"{part}: n:.1f", "7.0", "all of the ten, and … is not 7."
        ),
        Number(
            part, f"{part}: n (2)", "7", "ten, and 7.0 is not …. So it is."
        ),
        Number(part, f"{part}: share:.1%", "25.0%", "`share:.1%`"),
        Number("Below", "Below: share", "0.25", "Only β = … | here."),
        Number("Below", "Below: m", "7", "Then …."),
    ]


def test_pages_that_measure_are_left_out(tmp_path: Path) -> None:
    for name in ("two", "one", *changes.MEASURING):
        (tmp_path / f"{name}.py").touch()
    (tmp_path / "three.md").touch()
    found = changes.chapters(tmp_path)
    assert found == [tmp_path / "one.py", tmp_path / "two.py"]


@pytest.mark.parametrize(
    ("before", "found"),
    [
        ({}, []),
        ({"one": {"Part: other": "1"}}, []),
        ({"two": {"Part: n": "1"}}, []),
        ({"one": {"Part: n": r"7 \cdot 10"}}, []),
        (
            {"one": {"Part: n": r"6 \cdot 10"}},
            [Change("1 · One", "Part", "a … b", "6 · 10", "7 · 10")],
        ),
    ],
)
def test_what_is_printed_is_compared(
    before: dict[str, changes.Table], found: list[Change]
) -> None:
    number = Number("Part", "Part: n", r"7 \cdot 10", "a … b")
    now = [Chapter("one", "1 · One", [number])]
    assert changes.differences(before, now) == found


def test_a_record_is_kept_and_read(tmp_path: Path) -> None:
    path = tmp_path / "numbers.json"
    assert changes.load(path) == Record()
    record = Record({"0.1.0": {"one": {"Part: n": "−7"}}}, {"0.1.0": [CHANGE]})
    changes.save(record, path)
    assert changes.load(path) == record
    assert (
        path.read_text("utf-8")
        == """\
{
 "numbers": {
  "0.1.0": {
   "one": {
    "Part: n": "−7"
   }
  }
 },
 "changes": {
  "0.1.0": [
   [
    "1 · One",
    "Part",
    "it has … of | all",
    "6",
    "7"
   ]
  ]
 }
}
"""
    )


def test_a_release_keeps_its_numbers_and_the_last_ones(
    book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "execute", executed)
    part = "The first part"
    now = {
        "one": {
            ": share": "0.25",
            ": n": "7",
            f"{part}: n": "7",
            f"{part}: n:.1f": "7.0",
            f"{part}: n (2)": "7",
            f"{part}: share:.1%": "25.0%",
            "Below: share": "0.25",
            "Below: m": "7",
        }
    }
    first = changes.release("0.1.0", Record(), book)
    assert first == Record({"0.1.0": now}, {"0.1.0": []})
    assert changes.release("0.1.0", first, book) == first
    before = {"one": now["one"] | {"Below: share": "0.5"}}
    change = Change("1 · One", "Below", "Only β = … | here.", "0.5", "0.25")
    first.numbers["0.1.0"] = before
    second = Record(
        {"0.1.0": before, "0.2.0": now}, {"0.1.0": [], "0.2.0": [change]}
    )
    assert changes.release("0.2.0", first, book) == second
    assert changes.release("0.2.0", second, book) == second
    third = changes.release("0.3.0", second, book)
    assert third == Record(
        {"0.2.0": now, "0.3.0": now},
        {"0.1.0": [], "0.2.0": [change], "0.3.0": []},
    )
    assert list(third.numbers) == ["0.2.0", "0.3.0"]
    assert list(third.changes) == ["0.1.0", "0.2.0", "0.3.0"]


def test_numbers_are_kept_from_the_command_line(
    book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(book)
    (book / "CITATION.cff").write_text(
        "title: T\nversion: 0.1.0\ndate-released: 2026-01-02\nurl: u\n"
        "authors: []\n"
    )
    monkeypatch.delitem(__import__("sys").modules, "weave.press.changes")
    runpy.run_module("weave.press.changes", run_name="__main__")
    record = changes.load(book / changes.FILE)
    assert list(record.numbers["0.1.0"]) == ["one"]


def test_the_log_is_read() -> None:
    assert changes.releases(LOG) == [
        Release("0.2.0", "2026-03-04", "Better."),
        Release("0.1.0", "2026-01-02", "The first."),
    ]


def test_the_page_has_a_table_for_each_release_and_for_this_build() -> None:
    log = f"{LOG}\n### 0.2.0 mends it\n"  # no heading of a release
    record = Record(changes={"0.1.0": [], "0.2.0": [CHANGE]})
    since = """
## Since 0.2.0

These numbers of this build differ from those of the release.

| Chapter | Section | Number | Before | Now |
| --- | --- | --- | --: | --: |
| 2 · Two | End | … | 1 | 2 |
"""
    released = r"""
## 0.2.0 · 2026-03-04 { #release-0.2.0 }

Better.

| Chapter | Section | Number | Before | Now |
| --- | --- | --- | --: | --: |
| 1 · One | Part | it has … of \| all | 6 | 7 |

## 0.1.0 · 2026-01-02 { #release-0.1.0 }

The first.

### 0.2.0 mends it

"""
    assert changes.page(log, record, []) == f"# What changed\n{released}"
    new = Change("2 · Two", "End", "…", "1", "2")
    assert changes.page(log, record, [new]) == (
        f"# What changed\n{since}{released}"
    )


def test_a_release_that_is_not_on_record_has_no_table() -> None:
    page = changes.page(LOG, Record(), [])
    assert page.endswith("{ #release-0.1.0 }\n\nThe first.\n\n")
    assert "|" not in page
