"""Labels with mathematics become runs of text."""

import re

import pytest
from matplotlib import rc_context
from matplotlib.figure import Figure

from weave import figures, labels


def drawn(text: str) -> str:
    """The figure of one label, as Matplotlib writes it."""
    fig = Figure()
    fig.text(0.1, 0.1, text)
    with rc_context(
        {"svg.fonttype": "none", "mathtext.fontset": "dejavusans"}
    ):
        return figures.standalone(fig, "label")


def test_the_advance_is_that_of_the_font_matplotlib_measures_with() -> None:
    assert labels.advance("a") == pytest.approx(1255 / 2048)


def test_a_word_and_a_letter_are_two_runs() -> None:
    svg = labels.flow(drawn("error $p$"))
    assert svg.count("<tspan") == 2
    assert re.search(">error\xa0</tspan><tspan[^>]*oblique", svg)
    assert ">p</tspan></text>" in svg


def test_gaps_around_operators_stay() -> None:
    svg = labels.flow(drawn("$p - t$"))
    assert svg.count("<tspan dx=") == 2
    assert svg.index(">p<") < svg.index(">−<") < svg.index(">t<")


def test_exponents_stay_raised() -> None:
    svg = labels.flow(drawn("$10^{-3}$"))
    assert '>10</tspan><tspan dy="-' in svg
    assert ">−3</tspan>" in svg


def test_letters_above_each_other_stay_where_they_are() -> None:
    svg = drawn(r"$\frac{a}{b}$")
    assert labels.flow(svg) == svg


def test_plain_labels_and_what_must_be_escaped() -> None:
    svg = drawn("a & b")
    assert labels.flow(svg) == svg
    assert "&amp;" in labels.flow(drawn("a & $b$"))


def test_a_letter_without_a_size_has_matplotlibs_own() -> None:
    assert labels.Glyph(0, 0, "fill: red", "a").size == 10
