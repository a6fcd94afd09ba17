"""What the formulas need of KaTeX's fonts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from weave.mathematics import Mathematics
from weave.press import glyphs

KATEX = Path(__file__).parent.parent / "node_modules" / "katex" / "dist"
CSS = (KATEX / "katex.min.css").read_text("utf-8")


@pytest.fixture(scope="module")
def katex() -> Iterator[Mathematics]:
    setter = Mathematics(KATEX.parent.parent)
    yield setter
    setter.close()


@pytest.mark.parametrize(
    ("tex", "look", "text"),
    [
        ("x < 1", ("KaTeX_Math", "italic", "400"), "x"),
        ("x < 1", ("KaTeX_Main", "normal", "400"), "<1"),
        (r"\mathbf{W}", ("KaTeX_Main", "normal", "700"), "W"),
        (r"\boldsymbol{w}", ("KaTeX_Math", "italic", "700"), "w"),
        (r"\text{\textit{b}}", ("KaTeX_Main", "italic", "400"), "b"),
        (r"\mathbb{R}", ("KaTeX_AMS", "normal", "400"), "R"),
        (r"\sum", ("KaTeX_Size2", "normal", "400"), "∑"),
        (r"\Bigg(", ("KaTeX_Size4", "normal", "400"), "("),
        (
            r"\left\{\begin{matrix}1\\1\\1\\1\\1\\1\end{matrix}\right.",
            ("KaTeX_Size4", "normal", "400"),
            "⎧⎨⎩",
        ),
    ],
)
def test_classes_say_which_font_shows_what(
    tex: str, look: tuple[str, ...], text: str, katex: Mathematics
) -> None:
    page = f"<p>{katex.formula(tex, True)} and prose</p>"
    assert glyphs.shown(CSS, [page])[look] == set(text)


def test_prose_is_no_formula(katex: Mathematics) -> None:
    page = f"<p>p{katex.formula('x', False)}q<span>r</span></p>"
    assert set().union(*glyphs.shown(CSS, [page]).values()) == {"x"}


def test_what_is_drawn_is_no_text(katex: Mathematics) -> None:
    page = katex.formula(r"\sqrt{x}", False)
    assert "<svg" in page
    whole = set().union(*glyphs.shown(CSS, [page]).values())
    assert whole - {"\u200b"} == {"x"}
    assert glyphs.shown(CSS, [f"{glyphs.FORMULA}cut"])[glyphs.BEGIN]


def test_a_class_counts_where_its_rule_says() -> None:
    inner = '<span class="delim-size1"><span>(</span></span>'
    page = f"{glyphs.FORMULA}{inner}</span>"
    assert set(glyphs.shown(CSS, [page])) == {glyphs.BEGIN}
    outer = f'<span class="delimsizing mult">{inner}</span>'
    page = f"{glyphs.FORMULA}{outer}</span>"
    ((family, *_),) = glyphs.shown(CSS, [page])
    assert family == "KaTeX_Size1"


def test_a_class_right_within_another_is_within_it() -> None:
    css = ".katex .outer>.inner{font-weight:700}"
    page = (
        f'{glyphs.FORMULA}<span class="outer"><span class="inner">a</span>'
        '</span><span class="inner">b</span></span>'
    )
    bold = ("KaTeX_Main", "normal", "700")
    assert glyphs.shown(css, [page]) == {bold: {"a"}, glyphs.BEGIN: {"b"}}


def test_fonts_that_nothing_needs_are_left_out(
    tmp_path: Path, katex: Mathematics
) -> None:
    page = katex.formula("x + y", False)
    target = tmp_path / "fonts"
    css = glyphs.keep(CSS, KATEX, [page], target, tmp_path / "cache")
    there = {path.name for path in target.iterdir()}
    assert there == {"KaTeX_Main-Regular.woff2", "KaTeX_Math-Italic.woff2"}
    assert set(re.findall(r"url\(fonts/([^)]+)\)", css)) == there
    assert css.count("@font-face") == css.count("url(") == 2
    rules = re.sub(r"@font-face\{[^}]*\}", "", CSS)
    assert re.sub(r"@font-face\{[^}]*\}", "", css) == rules, "not the rest"
    font = TTFont(target / "KaTeX_Math-Italic.woff2")
    assert set(font.getBestCmap()) == {ord("x"), ord("y")}


def test_a_look_that_no_font_has_is_shown_by_the_nearest(
    tmp_path: Path,
) -> None:
    """And with it by that font what has its look."""
    page = (
        f'{glyphs.FORMULA}<span class="mathcal textit">A</span>'
        '<span class="mathcal">B</span><span class="mathcal textbf">C</span>'
        '<span class="mathcal textit textbf">D</span></span>'
    )
    css = glyphs.keep(CSS, KATEX, [page], tmp_path / "fonts", tmp_path)
    rules = re.findall(r"@font-face\{[^}]*\}", css)
    shown = {
        path.name: "".join(map(chr, sorted(TTFont(path).getBestCmap())))
        for path in (tmp_path / "fonts").iterdir()
    }
    assert shown == {
        "KaTeX_Caligraphic-Regular.woff2": "AB",
        "KaTeX_Caligraphic-Bold.woff2": "CD",
    }
    assert len(rules) == 2


def test_without_formulas_there_is_no_font(tmp_path: Path) -> None:
    css = glyphs.keep(CSS, KATEX, ["<p>x</p>"], tmp_path / "fonts", tmp_path)
    assert "@font-face" not in css
    assert not (tmp_path / "fonts").exists()
