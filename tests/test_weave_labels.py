"""Labels with mathematics become runs of text."""

import re

import pytest
from matplotlib import rc_context
from matplotlib.figure import Figure

from weave import figures, labels, svg


def drawn(text: str) -> str:
    """The label of a figure, as the page has it."""
    fig = Figure()
    fig.text(0.1, 0.1, text)
    with rc_context(
        {"svg.fonttype": "none", "mathtext.fontset": "dejavusans"}
    ):
        inline = svg.inline(figures.standalone(fig, "label"), "label", "A.")
    found = re.search("<text.*</text>", inline)
    assert found
    return found[0]


def test_the_advance_is_that_of_the_font_matplotlib_measures_with() -> None:
    assert labels.advance("a") == pytest.approx(1255 / 2048)


def test_a_word_and_a_letter_are_two_runs() -> None:
    text = drawn("error $p$")
    assert text.count("<tspan") == 1
    assert '>error\xa0<tspan font-style="oblique">p</tspan></text>' in text


def test_gaps_around_operators_stay() -> None:
    text = drawn("$p - t$")
    assert re.search('>p<tspan[^>]* dx="[12]', text)
    assert re.search('dx="[12][^>]*>−</tspan><tspan[^>]*dx="[12]', text)


def test_exponents_stay_raised_and_what_follows_comes_down() -> None:
    up, down = map(float, re.findall(' dy="([^"]*)"', drawn("$10^{-3}x$")))
    assert up == pytest.approx(-down)
    assert up < -3
    assert ">−3</tspan>" in drawn("$10^{-3}$")


def test_letters_above_each_other_stay_where_they_are() -> None:
    assert (
        labels.flow([labels.Glyph(0, 0, "", "a"), labels.Glyph(0, 5, "", "b")])
        == []
    )


WIDE = 1255 / 2048 * 25  # an a of this size, for which a gap of 2 is chance
UPRIGHT, SLOPED = "font-size: 25px", "font-size: 25px; font-style: oblique"


@pytest.mark.parametrize(
    ("gap", "down", "style", "told"),
    [
        (0, 0, UPRIGHT, ["aaa"]),
        (2, 0, UPRIGHT, ["aaa"]),
        (2.5, 0, UPRIGHT, ["a", (2.5, 0, "aa")]),
        (2, 0, SLOPED, ["a", (0, 0, "aa")]),
        (1, 4, UPRIGHT, ["a", (0, 4, "aa")]),
        (9, -4, SLOPED, ["a", (9, -4, "aa")]),
        (-1, 0, UPRIGHT, ["aaa"]),
        (-1.5, 0, UPRIGHT, []),
    ],
)
def test_a_run_ends_at_a_gap_or_where_the_look_changes(
    gap: float, down: float, style: str, told: list[str | tuple[float, ...]]
) -> None:
    """The letters come in any order; the last two belong together."""
    begin, second = 3, 3 + WIDE + gap
    one = labels.Glyph(begin, 7, UPRIGHT, "a")
    two = labels.Glyph(second, 7 + down, style, "a")
    three = labels.Glyph(second + WIDE, 7 + down, style, "a")
    runs = labels.flow([three, one, two])
    assert [run.first for run in runs] == [one, two][: len(told)]
    assert [run[1:] for run in runs] == [
        (0, 0, part) if isinstance(part, str) else part for part in told
    ]


def test_plain_labels_and_what_must_be_escaped() -> None:
    assert ">a &amp; b</text>" in drawn("a & b")
    assert "&amp;" in drawn("a & $b$")


def test_a_letter_without_a_size_has_matplotlibs_own() -> None:
    assert labels.Glyph(0, 0, "fill: red", "a").size == 10
