"""From words to lines of code, and what cannot be pointed at."""

from __future__ import annotations

from typing import Any

import pytest

from weave.cells import WeaveError
from weave.pointing import Lines, plain


def piece(name: str, first: int, text: str) -> dict[str, Any]:
    return {"name": name, "first": first, "text": text}


@pytest.fixture
def lines() -> Lines:
    return Lines.of(
        [
            piece("a:f", 3, "def f(x):\n    return x"),
            piece("a:g", 8, "def g(x):\n    x = f(x)\n    return x + 1"),
            piece("a:f", 3, "def f(x):\n    return x"),
        ]
    )


@pytest.mark.parametrize(
    ("prose", "anchor", "words"),
    [
        ("[it](#/x + 1)", "nn-a-10", "it"),
        ("[a call of `f(x)`](#/x = f(x))", "nn-a-9", "a call of `f(x)`"),
        ("[returns](#/return x)", "nn-a-4", "returns"),
        ("[`[...]`](#a:g/def)", "nn-a-8", "`[...]`"),
        ("[two\nlines](#/def f)", "nn-a-3", "two\nlines"),
    ],
)
def test_words_point_at_a_line(
    prose: str, anchor: str, words: str, lines: Lines
) -> None:
    link = f'<a class="to-line" href="#{anchor}">{words}</a>'
    assert lines.linked(f"See {prose}.") == f"See {link}."
    assert plain(f"See {prose}.") == f"See {words}."


def test_what_is_pointed_at_is_remembered(lines: Lines) -> None:
    lines.linked("[a](#/def g) [b](#/def f) [c](#/def g) [d](#/x + 1)")
    assert lines.pointed == {"a:g": {8, 10}, "a:f": {3}}


@pytest.mark.parametrize(
    ("prose", "told"),
    [
        ("[it](#/y)", "[it] {} 'y', {} no lines of {}"),
        ("[is\nit](#/def)", "[is it] {} 'def', {} 2 lines of {}"),
        ("[it](#a:h/def)", "[it] {} 'def', {} no lines of a:h"),
        ("[it](#a:g/def f)", "[it] {} 'def f', {} no lines of a:g"),
    ],
)
def test_a_text_has_to_stand_in_one_line(
    prose: str, told: str, lines: Lines
) -> None:
    words = "points at", "which stands in", "the pieces on this page"
    with pytest.raises(WeaveError) as error:
        lines.linked(prose)
    assert str(error.value) == told.format(*words)


@pytest.mark.parametrize(
    "prose", ["[a](#fig-a)", "[a](b.py#c/d)", "[](#fig-a)", "a [b] (#/c)"]
)
def test_other_links_are_left_alone(prose: str, lines: Lines) -> None:
    assert lines.linked(prose) == plain(prose) == prose
