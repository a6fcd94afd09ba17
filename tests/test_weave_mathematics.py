"""Formulas, set by KaTeX."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from weave import mathematics
from weave.mathematics import (
    Mathematics,
    MathematicsError,
    lighter,
    node,
)

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def katex() -> Iterator[Mathematics]:
    setter = Mathematics(ROOT / "node_modules")
    yield setter
    setter.close()


def inline(tex: str) -> str:
    return rf'<span class="arithmatex">\({tex}\)</span>'


def test_a_formula_in_text(katex: Mathematics) -> None:
    html = katex.typeset(f"<p>{inline('a &lt; b')}</p>")
    assert html.startswith('<p><span class="katex">')
    assert "<math" in html, "for screen readers"
    assert "<mo>&lt;</mo>" in html
    assert "arithmatex" not in html


def test_a_formula_keeps_its_comma(katex: Mathematics) -> None:
    html = katex.typeset(f"<p>{inline('x')}, and {inline('y')} too</p>")
    assert html.startswith('<p><span class="whole"><span class="katex">')
    assert '</span>,</span> and <span class="katex">' in html


@pytest.mark.parametrize(("letters", "whole"), [(29, True), (30, False)])
def test_a_long_formula_may_be_broken_before_its_comma(
    letters: int, whole: bool, katex: Mathematics
) -> None:
    html = katex.typeset(inline(letters * "x") + ",")
    assert html.startswith('<span class="whole">') == whole


def test_a_formula_on_its_own_scrolls_in_a_box(katex: Mathematics) -> None:
    html = katex.typeset('<div class="arithmatex">\n\\[\nx\n\\]\n</div>')
    assert html.startswith(
        '<div class="formula" role="group" aria-label="Formula" tabindex="0">'
    )
    assert "katex-display" in html


@pytest.mark.parametrize("tex", [r"\underset{n}{x}", r"\underset{n}{=}"])
def test_what_stands_under_a_letter_is_mathml(
    tex: str, katex: Mathematics
) -> None:
    html = katex.formula(tex, False)
    assert "<munder>" in html
    assert not re.search(r"<m[ion]\b[^>]*><", html)
    assert not re.search(r"<mrow [^>]*space", html)


def test_no_height_is_below_zero(katex: Mathematics) -> None:
    html = katex.formula(r"\hat{w}_{.}", False)
    assert "height:-" not in html


def test_a_formula_may_have_a_name(katex: Mathematics) -> None:
    html = katex.typeset(
        '<div class="arithmatex" aria-label="Equation 2.3, a’s slope">'
        "\\[\nx\n\\]</div>"
    )
    assert 'aria-label="Equation 2.3, a’s slope" tabindex="0"' in html
    assert "arithmatex" not in html


@pytest.mark.parametrize(
    ("macro", "name"), [("val", "value"), ("grad", "gradient")]
)
def test_values_and_gradients_have_a_class(
    macro: str, name: str, katex: Mathematics
) -> None:
    html = katex.formula(rf"\{macro}{{x}}", False)
    assert re.search(rf'class="enclosing {name}"', html)


def test_a_macro_does_not_outlive_its_formula(katex: Mathematics) -> None:
    katex.formula(r"\gdef\secret{x}\secret", False)
    with pytest.raises(MathematicsError):
        katex.formula(r"\secret", False)


@pytest.mark.parametrize(
    "tex", [r"\frac{1}", r"\unheardof", r"\href{http://x}{y}", "é"]
)
def test_bad_latex_names_the_formula(tex: str, katex: Mathematics) -> None:
    with pytest.raises(MathematicsError) as error:
        katex.typeset(inline(tex))
    assert str(error.value).endswith(f"in formula {tex}")


def test_after_an_error_formulas_are_set(katex: Mathematics) -> None:
    with pytest.raises(MathematicsError):
        katex.formula("{", False)
    assert "katex" in katex.formula("x", False)


def test_a_header_that_is_a_formula_has_text(katex: Mathematics) -> None:
    html = katex.typeset(f'<th scope="col">{inline("n")}</th>')
    assert html == (
        '<th scope="col"><span class="unseen">n</span>'
        f'<span aria-hidden="true">{katex.formula("n", False)}</span></th>'
    )
    words = katex.typeset(f"<th>size {inline('n')}</th>")
    assert "unseen" not in words


def test_a_formula_is_set_once(katex: Mathematics) -> None:
    first = katex.formula("x_1", False)
    process = katex._node
    katex._node = None
    assert katex.formula("x_1", False) == first
    assert katex._node is None, "nobody was asked"
    katex._node = process


def test_node_runs_only_when_it_is_needed() -> None:
    setter = Mathematics(ROOT / "node_modules")
    assert setter.typeset("<p>no formula</p>") == "<p>no formula</p>"
    assert setter._node is None
    setter.close()
    setter.formula("x", True)
    process = setter._node
    assert isinstance(process, subprocess.Popen)
    setter.close()
    assert process.returncode == 0
    assert setter._node is None


def test_without_katex_the_command_is_named(tmp_path: Path) -> None:
    with pytest.raises(MathematicsError, match="`npm ci` brings it"):
        Mathematics(tmp_path / "node_modules").formula("x", False)


def test_node_comes_from_pip() -> None:
    assert node().startswith(mathematics.ROOT_DIR)


def test_without_pips_node_it_is_the_one_of_the_system(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mathematics, "ROOT_DIR", str(tmp_path))
    assert node() == "node"


def test_a_formula_does_not_carry_its_source(katex: Mathematics) -> None:
    html = katex.formula(r"\frac{a}{b} = 1", False)
    assert "annotation" not in html
    assert "semantics" not in html
    assert "xmlns" not in html
    assert "<math><mfrac><mi>a</mi><mi>b</mi></mfrac><mo>=</mo>" in html
    lone = katex.formula(r"\begin{matrix} a \\ b \end{matrix}", True)
    assert '<math display="block"><mtable' in lone


def test_spans_without_effect_are_dissolved() -> None:
    def seen(inside: str) -> str:
        html = f'<span class="katex-html">{inside}</span>'
        return lighter(html)[
            len('<span class="katex-html">') : -len("</span>")
        ]

    base = '<span class="katex-base">{}</span>'
    assert seen(
        base.format(
            '<span class="mopen">(</span><span class="mord"><span class="mord '
            'mathnormal mtight">a</span>!</span><span class="mclose">)</span>'
        )
    ) == base.format('(<span class="mathnormal">a</span>!)')
    strut = '<span class="strut"></span>'
    assert seen(strut) == strut, "HTML, in which an empty span has an end"
    # A child of `vlist>span` is a box, and `sqrt` looks at its children.
    for outer in ['<span style="top:1em">', '<span class="sqrt">']:
        kept = f"{outer}<span>1</span></span>"
        old = f'{outer}<span class="mord">1</span></span>'
        assert seen(base.format(old)) == base.format(kept)


def test_a_formula_keeps_its_letters_in_order(katex: Mathematics) -> None:
    html = katex.formula(r"\val{a}(b + c)^{2\cdot d}, \sqrt{e} \le f", False)
    picture = BeautifulSoup(html, "html.parser").select_one(".katex-html")
    assert picture
    letters = picture.get_text().replace("\N{ZERO WIDTH SPACE}", "")
    assert "".join(letters.split()) == "a(b+c)2⋅d,e≤f"
    assert not picture.select(".mord, .mbin, .mrel, .mtight")
