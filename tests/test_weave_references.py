"""References, on one page and across pages, and the links back."""

from __future__ import annotations

from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from weave.cells import WeaveError
from weave.references import Book, Label, equations

LABELS = {
    "layers.py": {
        "eq-dense": Label("Equation 2.3", "a Dense layer’s output"),
        "fig-a": Label("Figure 2.1", "Where 1 < 2"),
    },
    "losses.py": {"tab-a": Label("Table 4.1", "")},
    "notation.md": {},
}


def book(**texts: str) -> Book:
    """Return a book of chapters 2 and 4 and the notation."""
    made = Book()
    layers = texts.get("layers", "# 2 · Layers\n")
    losses = texts.get("losses", "# 4 · Losses\n")
    notation = texts.get("notation", "# Notation\n")
    pages = {"layers.py": layers, "losses.py": losses}
    made.read(LABELS, {**pages, "notation.md": notation})
    return made


def link(markdown: str, page: str = "layers.py", ids: bool = False) -> str:
    return book().link(markdown, page, ids)[0]


def complete(page: str, html: str, **texts: str) -> BeautifulSoup:
    made = book(**texts)
    done = made.complete(html, page, lambda other: f"to-{other[:-3]}")
    return BeautifulSoup(done, "html.parser")


def test_a_reference_on_its_own_page() -> None:
    assert link("By [](#eq-dense), and [](#fig-a).") == (
        "By [Equation 2.3](#eq-dense), and [Figure 2.1](#fig-a)."
    )


def test_a_reference_to_another_page() -> None:
    assert link("By [](layers.py#eq-dense).", "notation.md") == (
        "By [Equation 2.3](layers.py#eq-dense)."
    )


def test_a_reference_in_words_of_its_own() -> None:
    assert link("see [the rule](#eq-dense)") == "see [the rule](#eq-dense)"


def test_references_can_be_found_again() -> None:
    text, mentions = book().link("[](#eq-dense) [](#eq-dense)", "layers.py")
    assert text == (
        "[Equation 2.3](#eq-dense){ #ref-eq-dense-1 } "
        "[Equation 2.3](#eq-dense){ #ref-eq-dense-2 }"
    )
    assert [m.id for m in mentions] == ["ref-eq-dense-1", "ref-eq-dense-2"]


@pytest.mark.parametrize(
    "code", ["```text\n# [](#eq-z)\n```", "Write `[](#eq-z)`."]
)
def test_code_is_left_alone(code: str) -> None:
    assert link(code) == code


@pytest.mark.parametrize(
    ("markdown", "told"),
    [
        ("[](#eq-z)", "a link to #eq-z, which is not on the page"),
        ("[](losses.py#eq-z)", "losses.py#eq-z, which is not on that page"),
        ("[](notation.md#eq-z)", "notation.md#eq-z, which is not on that"),
    ],
)
def test_a_reference_to_nothing(markdown: str, told: str) -> None:
    with pytest.raises(WeaveError, match=f"^layers.py: .*{told}"):
        link(markdown)


def test_a_page_that_is_not_there_is_left_to_mkdocs() -> None:
    assert link("[](gone.py#eq-z)") == "[eq-z](gone.py#eq-z)"


EQUATION = (
    '<div class="arithmatex">\\[\n\\label{dense: a Dense layer\'s output}\n'
    "y = x W\n\\]</div>"
)


def test_an_equation_has_a_number_that_is_a_link_to_it() -> None:
    page = complete("layers.py", EQUATION)
    (equation,) = page.select("div.equation#eq-dense")
    formula, number = equation.find_all(True, recursive=False)
    assert formula.get_text().split() == ["\\[", "y", "=", "x", "W", "\\]"]
    assert formula["aria-label"] == "Equation 2.3, a Dense layer’s output"
    assert number.get_text() == "(2.3)"
    assert number["href"] == "#eq-dense"
    assert number["aria-label"] == "Link to Equation 2.3"


def test_other_formulas_are_left_alone() -> None:
    html = '<div class="arithmatex">\\[\nx\n\\]</div>'
    assert book().complete(html + html, "layers.py", str) == html + html


def test_an_equation_tells_where_it_is_mentioned() -> None:
    page = complete(
        "layers.py",
        EQUATION,
        layers="# 2 · Layers\n\n## Way *back*\n\n[](#eq-dense)",
        losses="# 4 · Losses\n\n## p & t\n\n[](layers.py#eq-dense)",
        notation="[](layers.py#eq-dense)\n\n# Notation",
    )
    links = page.select(".equation > .mentions > a")
    assert [a["href"] for a in links] == [
        "#ref-eq-dense-1",
        "to-losses#ref-eq-dense-1",
        "to-notation#ref-eq-dense-1",
    ]
    texts = [a.get_text().replace("\ufe0e", "") for a in links]
    assert texts == ["↩", "↩\xa04", "↩\xa0Notation"]
    where = "Back to where Equation 2.3 is mentioned"
    assert [a["aria-label"] for a in links] == [
        f"{where} in Way back",
        f"{where} in p & t, chapter 4",
        f"{where}, Notation",
    ]


def test_a_section_that_mentions_it_twice_is_listed_once() -> None:
    text = "## One\n[](#eq-dense) [](#eq-dense)\n## Two\n[](#eq-dense)"
    page = complete("layers.py", EQUATION, layers=text)
    assert [a["href"] for a in page.select(".mentions a")] == [
        "#ref-eq-dense-1",
        "#ref-eq-dense-3",
    ]


def figure(anchor: str, back: str = "") -> str:
    """Return a figure and the end of its caption."""
    return (
        f'<figure class="plot wide"{anchor}><div></div><figcaption>One.{back}'
        "</figcaption></figure>"
    )


def test_a_caption_tells_where_its_figure_is_mentioned() -> None:
    made = book(layers="[](#fig-a)", losses="[](layers.py#fig-a)\n# Losses")
    html = figure(' id="fig-a"') + figure(' id="fig-b"') + figure("")
    where = 'aria-label="Back to where Figure 2.1 is mentioned'
    back = (
        f' <span class="mentions"><a href="#ref-fig-a-1" {where}">'
        f'&#8617;&#xFE0E;</a> <a href="to-losses#ref-fig-a-1" {where}, '
        'Losses">&#8617;&#xFE0E;\xa0Losses</a></span>'
    )
    done = made.complete(html, "layers.py", lambda other: f"to-{other[:-3]}")
    assert done == (
        figure(' id="fig-a"', back) + figure(' id="fig-b"') + figure("")
    )


def test_a_reference_has_a_title() -> None:
    made = book(layers="[](#eq-dense) [](#fig-a)")
    html = '<a id="ref-eq-dense-1"{}>Equation 2.3</a><a id="ref-fig-a-1"{}>'
    done = made.complete(html.format("", ""), "layers.py", str)
    assert done == html.format(
        ' title="a Dense layer’s output"', ' title="Where 1 &lt; 2"'
    )


def test_a_label_without_a_name_is_its_text() -> None:
    equation, table = LABELS["layers.py"]["eq-dense"], LABELS["losses.py"]
    assert equation.title == "Equation 2.3, a Dense layer’s output"
    assert table["tab-a"].title == "Table 4.1"


NAMED = """\
# %% [markdown]
# # 2 · Layers
#
# $$
# \\label{dense: a layer} y = x W
# $$
#
# $$ z \\label{bent: bent} $$ and $$ 1 $$

# %%
r"$$ \\label{code: code} x $$"
"""


def test_equations_with_a_name_are_found_by_their_address(
    tmp_path: Path,
) -> None:
    (tmp_path / "b.py").write_text(NAMED, "utf-8")
    (tmp_path / "a.py").write_text(NAMED.replace("dense", "flat"), "utf-8")
    (tmp_path / "c.md").write_text("$$ \\label{md: md} x $$", "utf-8")
    assert list(equations(tmp_path).items()) == [
        ("a.py#eq-flat", "y = x W"),
        ("a.py#eq-bent", "z"),
        ("b.py#eq-dense", "y = x W"),
        ("b.py#eq-bent", "z"),
    ]


def test_a_book_is_read_afresh() -> None:
    made = book(layers="[](#eq-dense)")
    made.read(LABELS, {"layers.py": "Nothing."})
    assert made.mentions == {}
    assert made.targets == {}
