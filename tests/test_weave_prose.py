"""Markdown as plain words."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from weave.cells import read
from weave.prose import (
    LONGEST,
    SHORTEST,
    describe,
    plain,
    question,
    title,
)

DOCS = Path(__file__).parent.parent / "docs"
CHAPTER = """\
# 3 · Activations

*Why bend
the line?*

After this chapter you can say why.
"""


@pytest.mark.parametrize(
    ("markdown", "words"),
    [
        ("a *b* **c** `d_e`", "a b c d_e"),
        ("[a](b.md#c) and _d_[^e]", "a and d"),
        ("falls ([](#fig-a)), see", "falls, see"),
        (r"$\val{x} = \beta \cdot 2$, *so*", "x = β · 2, so"),
        ("a\n\n$$\nx\n$$\n\nb", "a b"),
        ("a\n\n```python\nx = 1\n\ny = 2\n```\n\nb", "a b"),
        ("a <b>c</b> { #d }e", "a c e"),
        ("a\n\n[^b]: c\n    d\n\ne", "a e"),
        ("---\ntitle: a\n---\nb", "b"),
        ("The `code` of **Adam** { #adam }", "The code of Adam"),
        (r"$\grad{dx}$ and [a link](b.md)[^note]", "dx and a link"),
    ],
)
def test_markup_goes(markdown: str, words: str) -> None:
    assert plain(markdown) == words


def test_heading_and_question() -> None:
    assert title(CHAPTER) == "3 · Activations"
    assert question(CHAPTER) == "Why bend the line?"
    assert title("No heading") == question("# Title\n\nNo question.") == ""


def test_a_short_beginning_is_taken_whole() -> None:
    words = "Why bend the line? After this chapter you can say why."
    assert describe(CHAPTER) == words
    assert describe(f"{'a' * 120}. {'b' * 37}.") == f"{'a' * 120}. {'b' * 37}."
    assert describe("# A heading\nand a line.") == "and a line."


def test_what_stands_far_below_is_not_the_beginning() -> None:
    told = describe("\n\n".join(f"{n}." for n in range(12)))
    assert told == "0. 1. 2. 3. 4. 5. 6. 7. 8."


@pytest.mark.parametrize(
    ("markdown", "words"),
    [
        (f"{'a' * 120}. {'b' * 90}.", f"{'a' * 120}."),
        (f"Why? {'a' * 70}, {'b' * 90}, c.", f"Why? {'a' * 70}."),
        (f"{'ab ' * 60}.", f"{'ab ' * 53}".strip() + "…"),
        # A sentence is better than a part of one, if it has 110 characters;
        (f"{'a' * 109}. {'b' * 9}, {'c' * 90}.", f"{'a' * 109}."),
        (f"{'a' * 108}. {'b' * 8}, {'c' * 90}.", f"{'a' * 108}. {'b' * 8}."),
        # a part has 50 at least, and the whole no more than 160.
        (f"{'a' * 49}, {'b' * 150}.", f"{'a' * 49}."),
        (f"{'a' * 40} {'b' * 7}, {'c' * 150}.", f"{'a' * 40} {'b' * 7},…"),
        (f"{'a' * 159}. {'b' * 9}.", f"{'a' * 159}."),
        (f"{'a' * 119}. {'b' * 39}. {'c' * 9}.", f"{'a' * 119}."),
        (f"{'a' * 99} {'b' * 59} {'c' * 9}.", f"{'a' * 99} {'b' * 59}…"),
        (f"{'a' * 99} {'b' * 60} {'c' * 9}.", f"{'a' * 99}…"),
    ],
)
def test_a_long_one_ends_where_a_reader_would_pause(
    markdown: str, words: str
) -> None:
    assert describe(markdown) == words


def test_each_page_of_the_book_has_a_description_of_its_own() -> None:
    begun = [
        read(path)[0].source
        if path.suffix == ".py"
        else path.read_text("utf-8")
        for path in sorted(DOCS.glob("*.*"))
    ]
    told = [describe(text) for text in begun]
    assert len(set(told)) == len(told)
    for words in told:
        assert SHORTEST <= len(words) <= LONGEST
        assert not re.search(r"[\\$*`{}<>\[\]#_\"]", words), words
        assert words[-1] in ".?!", words
