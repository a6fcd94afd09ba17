"""The book, counted."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from weave.census import census

# The same in every folder; what counts is where it stands.
CODE = '''\
# %% [markdown]
# # 3 · Counted
#
# $x$ is {{ x }} and {{ y }}, and `{{ z }}` is not. So
# $$
# z = {{ z }}
# $$

# %%
show("layers:relu")
show("base:")
figure(1)
figure(2)
table(3)
table(4)
table(5)
census("nn")

# %% [markdown]
# ### Exercise 3.1 · One

# %% tags=["starter"]
one = None


def test_one():
    """
    >>> 1
    1
    >>> 2
    2
    """
    assert one


# %% tags=["solution"]
def helps():
    """
    >>> 3
    3
    """


# %% tags=["tests"]
def test_two():
    assert one
    assert True
'''
LINES = 38  # that are not blank


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A book of one file in each folder, and what is none of it."""
    for folder in "nn", "weave", "tests", "docs", "other":
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "one.py").write_text(CODE, "utf-8")
        (tmp_path / folder / "one.txt").write_text(CODE, "utf-8")
    return tmp_path


def test_everything_is_counted_where_it_belongs(root: Path) -> None:
    assert census(root) == {
        "lines of nn": LINES,
        "doctests": 2,
        "lines of weave": LINES,
        "lines of tests": LINES,
        "tests": 2,
        "lines of docs": LINES,
        "pieces": 2,
        "figures": 2,
        "tables": 3,
        "assertions": 3,
        "exercises": 1,
        "numbers": 3,
        "formulas": 2,
    }


def test_a_file_more_is_added_and_a_changed_one_counted_anew(
    root: Path,
) -> None:
    before = census(root)
    file = root / "docs" / "two.py"
    file.write_text("assert 1\n\nassert 2\n", "utf-8")
    after = before | {"lines of docs": LINES + 2, "assertions": 5}
    assert census(root) == after
    written = file.stat().st_mtime_ns
    file.write_text("assert 1\n", "utf-8")
    os.utime(file, ns=(written, written + 1))
    after |= {"lines of docs": LINES + 1, "assertions": 4}
    assert census(root) == after


def test_what_is_not_there_is_not_counted(tmp_path: Path) -> None:
    assert census(tmp_path) == {}
