"""From executed cells to Markdown, and to a notebook."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from bs4 import BeautifulSoup

from weave.cells import Cell, WeaveError
from weave.chapter import MIME
from weave.package import Place, Shown
from weave.references import Label
from weave.render import Page, notebook, weave

URL = "https://example.org/blob/main/"
TWICE = "^two things on a page are called 'a'$"


def stream(text: str) -> dict[str, Any]:
    return {"output_type": "stream", "name": "stdout", "text": text}


def display(told: dict[str, Any] | None = None) -> dict[str, Any]:
    data = {"text/plain": "plain & simple"} | ({MIME: told} if told else {})
    return {"output_type": "display_data", "metadata": {}, "data": data}


def piece(kind: str = "show", **change: Any) -> dict[str, Any]:
    told = {"kind": kind, "name": "layers:Dense.forward", "text": "x = 1"}
    span = {"file": "nn/layers.py", "first": 3, "last": 5}
    return display(told | span | change)


def plot(name: str, caption: str = "A plot.", wide: bool = False) -> Any:
    told = {"kind": "figure", "name": name, "caption": caption, "wide": wide}
    shown = display(told)
    shown["data"]["image/svg+xml"] = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="9pt" height="9pt" '
        f'viewBox="0 0 9 9"><defs><pattern id="p"/></defs>'
        f'<text x="1" y="1">{name}</text></svg>'
    )
    return shown


def grid(name: str | None = None, **change: Any) -> Any:
    told = {"kind": "table", "name": name, "caption": "Numbers."}
    cells = {"header": ["a", "b"], "rows": [["x", "1"]], "align": "lr"}
    return display(told | cells | change)


def code(source: str, *outputs: Any, tags: tuple[str, ...] = ()) -> Cell:
    return Cell("code", source, list(tags), list(outputs))


def text(source: str) -> Cell:
    return Cell("markdown", source, [])


def page(*cells: Cell) -> Page:
    return weave(list(cells), URL)


def test_prose_stays_and_code_is_fenced() -> None:
    woven = page(text("# A *title*\n\nProse."), code("x = 1"))
    assert woven.markdown == (
        "# A *title*\n\nProse.\n\n```python\nx = 1\n```\n"
    )


def test_a_fence_is_longer_than_those_in_the_code() -> None:
    woven = page(code('x = """\n````\n"""'))
    assert woven.markdown.startswith("`````python\n")
    assert woven.markdown.endswith("\n`````\n")


def test_printed_text_and_results_are_kept_aside() -> None:
    woven = page(code("x", stream("<b>\n"), display()))
    assert woven.markdown == (
        '```python\nx\n```\n\n<div data-woven="0"></div>\n\n'
        '<div data-woven="1"></div>\n'
    )
    box = '<pre class="output" role="group" aria-label="Output" tabindex="0">'
    assert woven.restore(woven.markdown) == (
        f"```python\nx\n```\n\n{box}&lt;b&gt;</pre>\n\n"
        f"{box}plain &amp; simple</pre>\n"
    )


@pytest.mark.parametrize(
    ("tag", "summary"),
    [
        ("hide", "Code"),
        ("check", "What is claimed here, checked"),
    ],
)
def test_a_folded_input_unfolds_below_its_outputs(
    tag: str, summary: str
) -> None:
    woven = page(code("x = 1", stream("out"), tags=(tag,)))
    assert woven.blocks == [
        '<div data-woven="0"></div>',
        f'<details class="code" markdown="1"><summary>{summary}</summary>'
        "\n\n```python\nx = 1\n```\n\n</details>",
    ]


@pytest.mark.parametrize(
    "source",
    [
        "",
        "show('layers:')",
        "from weave import show\nshow('a:')\nrecall('b:')",
    ],
)
def test_a_cell_of_loom_calls_has_no_input(source: str) -> None:
    assert "python" not in page(code(source, stream("x"))).markdown


@pytest.mark.parametrize(
    "source", ["show('a:')\nx = 1", "print('a')", "from nn import Dense"]
)
def test_any_other_cell_has_its_input(source: str) -> None:
    assert f"```python\n{source}\n```" in page(code(source)).markdown


def test_starter_and_tests_share_a_fold_above_the_solution() -> None:
    woven = page(
        text("### Exercise 3.1 · Twice"),
        code("def f(x):\n    ...", tags=("starter",)),
        code("def f(x):\n    return 2 * x", stream("6"), tags=("solution",)),
        code("assert f(2) == 4", stream("a spoiler"), tags=("tests",)),
    )
    assert woven.blocks == [
        "### Exercise 3.1 · Twice",
        '<details class="code starter" markdown="1">'
        "<summary>Starter and tests</summary>\n\n"
        "```python\ndef f(x):\n    ...\n```\n\n"
        '<p class="downloads">Done when these tests pass '
        '(<a href="exercise-3-1.py" download>all of it as a file</a>):</p>'
        "\n\n```python\nassert f(2) == 4\n```\n\n</details>",
        '<details class="code" markdown="1"><summary>Solution</summary>\n\n'
        "```python\ndef f(x):\n    return 2 * x\n```\n\n"
        '<div data-woven="0"></div>\n\n</details>',
        '<div data-woven="1"></div>',
    ]


def test_a_piece_stands_under_its_file_and_lines() -> None:
    assert page(code("show('…')", piece())).markdown == (
        '<figure class="piece" id="nn-layers-Dense-forward" markdown="1">\n'
        '<figcaption markdown="span">**Dense.forward** '
        f"[nn/layers.py, lines 3–5]({URL}nn/layers.py#L3-L5)</figcaption>"
        "\n\n```python\nx = 1\n```\n\n</figure>\n"
    )


def test_one_line_is_a_line() -> None:
    assert "nn/layers.py, line 3]" in page(code("", piece(last=3))).markdown


def test_a_recalled_piece_has_no_anchor_and_says_so() -> None:
    assert page(code("recall('…')", piece("recall"))).markdown == (
        '<figure class="piece" markdown="1">\n'
        '<figcaption markdown="span">**Dense.forward** '
        f"[nn/layers.py, lines 3–5]({URL}nn/layers.py#L3-L5), once more"
        "</figcaption>\n\n```python\nx = 1\n```\n\n</figure>\n"
    )


LAYERS = Path("docs", "layers.py")
ROW = [
    Shown("layers:", Place(LAYERS, "2 · Layers", "nn-layers"), 1, 2),
    Shown(
        "layers:Dense.forward",
        Place(LAYERS, "2 · Layers", "nn-layers-Dense-forward"),
        3,
        5,
    ),
    Shown("layers:_a", Place(Path("docs", "b.py"), "About", "a"), 6, 10),
]


def around(*row: Shown, **change: Any) -> Page:
    shown = code("show('…')", piece(**change))
    return weave([shown], URL, {"layers": row})


def test_a_piece_tells_its_name_and_its_place_in_the_module() -> None:
    woven = around(*ROW)
    assert "**Dense.forward** [nn/layers.py, lines 3–5]" in woven.markdown
    assert woven.restore(woven.markdown).endswith(
        "\n```\n\n"
        '<svg class="part" viewBox="0 0 10 1" preserveAspectRatio="none" '
        'aria-hidden="true"><path d="M2 0H5V1H2"/></svg>\n\n'
        '<p class="around" markdown="span">[Opening](#nn-layers){ .before } '
        "[\\_a, About](b.py#a){ .after }</p>\n\n</figure>\n"
    )


def test_only_the_nearest_pieces_are_neighbours() -> None:
    place = Place(LAYERS, "2 · Layers", "p")
    names = "a", "b", "Dense.forward", "c", "d"
    row = [Shown(f"layers:{name}", place, 3, 5) for name in names]
    markdown = around(*row).markdown
    assert re.findall(r"\[(\w)\]\(#p\)", markdown) == ["b", "c"]
    assert "before" not in around(*row, name="layers:else").markdown


def test_the_ends_of_a_module_have_one_neighbour() -> None:
    first = around(*ROW[1:]).markdown
    assert ".before }" not in first
    assert ".after }" in first
    last = around(*ROW[:2]).markdown
    assert ".before }" in last
    assert ".after }" not in last


def test_a_piece_that_is_a_module_has_no_neighbours() -> None:
    woven = around(ROW[1])
    assert woven.markdown == page(code("show('…')", piece())).markdown
    assert woven.fragments == []


@pytest.mark.parametrize(
    ("name", "called"),
    [
        ("layers:", "Opening"),
        ("layers:Dense.", "class Dense"),
        ("layers:Dense.__init__", r"Dense.\_\_init\_\_"),
    ],
)
def test_what_a_piece_is_called(name: str, called: str) -> None:
    assert f"**{called}** " in around(name=name).markdown


def test_a_recalled_piece_leads_to_its_first_place() -> None:
    for name in ("layers:Dense.forward", "layers:Dense"):
        markdown = around(*ROW, kind="recall", name=name).markdown
        assert (
            ", once more, first in "
            "[chapter 2](layers.py#nn-layers-Dense-forward)" in markdown
        )
        assert "around" not in markdown
    later = around(*ROW, kind="recall", last=11).markdown
    assert ", once more</figcaption>" in later


def test_words_point_at_lines_of_the_page() -> None:
    cells = [
        text("See [it](#/x = 1) below [that](#/z)."),
        code("# [no](#/y)", piece(text="z\ny\nx = 1")),
        code("", piece("recall", text="z\ny\nx = 1")),
    ]
    prose, shown, again = weave(cells, URL).blocks
    assert prose == (
        'See <a class="to-line" href="#nn-layers-5">it</a> below '
        '<a class="to-line" href="#nn-layers-3">that</a>.'
    )
    assert shown.startswith(
        '<figure class="piece" id="nn-layers-Dense-forward" '
        'data-lines="layers 3 3 5" markdown="1">\n'
    )
    assert again.startswith('<figure class="piece" markdown="1">\n')
    assert cells[0].source == "See it below that.", "as a notebook has it"


@pytest.mark.parametrize("kind", ["show", "recall"])
def test_words_point_at_what_is_shown_or_recalled(kind: str) -> None:
    woven = page(text("[it](#/x = 1)"), code("", piece(kind)))
    assert woven.blocks[0] == '<a class="to-line" href="#nn-layers-3">it</a>'
    assert ' data-lines="layers 3 3" markdown="1">' in woven.blocks[1]


def test_figures_are_numbered_in_a_chapter() -> None:
    woven = page(
        text("# 2 · Layers\n\nSee [](#fig-b)."),
        code("", plot("a", "After [](#fig-b).")),
        code("", plot("b", wide=True)),
    )
    assert "See [](#fig-b)." in woven.markdown, "until all are known"
    assert "**Figure 2.1.** After [](#fig-b)." in woven.markdown
    assert '<figure class="plot" id="fig-a" markdown="1">' in woven.markdown
    assert '<figure class="plot wide" id="fig-b"' in woven.markdown
    html = woven.restore(woven.markdown)
    assert 'aria-label="plain &amp; simple"' in html
    assert '<text x="1" y="1">b</text><pattern id="b-1" /></svg>' in html


def test_a_wide_figure_scrolls_above_its_caption() -> None:
    (shown,) = page(code("", plot("a"))).fragments
    for wide, around in [
        (False, "{}"),
        (
            True,
            '<div class="scroll" role="group" aria-label="Figure 1" '
            'tabindex="0">{}</div>',
        ),
    ]:
        woven = page(code("", plot("a", "A plot: *so*.", wide)))
        assert woven.markdown == (
            f'<figure class="plot{" wide" * wide}" id="fig-a" markdown="1">'
            '\n\n<div data-woven="0"></div>\n\n'
            '<figcaption markdown="span">**Figure 1.** A plot: *so*.'
            "</figcaption>\n</figure>\n"
        )
        assert woven.fragments == [around.format(shown)]


def test_figures_and_tables_count_apart() -> None:
    woven = page(code("", plot("a"), grid("a"), grid(), plot("c")))
    assert woven.labels == {
        "fig-a": Label("Figure 1", "A plot"),
        "tab-a": Label("Table 1", "Numbers"),
        "fig-c": Label("Figure 2", "A plot"),
    }
    assert "**Table 2.**" in woven.markdown


def test_equations_are_numbered_in_a_chapter() -> None:
    labelled = "$$\n\\label{rule: the rule's name}\nx\n$$"
    cells = [
        text(f"# 2 · Layers\n\n{labelled}\n\n$$\nz\n$$"),
        text(labelled.replace("rule:", "other:")),
    ]
    woven = page(*cells)
    assert woven.labels == {
        "eq-rule": Label("Equation 2.1", "the rule’s name"),
        "eq-other": Label("Equation 2.2", "the rule’s name"),
    }
    assert labelled in woven.markdown
    assert "$$\n\\tag{2.1}\nx\n$$" in cells[0].source
    assert "$$\n\\tag{2.2}\nx\n$$" in cells[1].source


def test_two_equations_of_one_name() -> None:
    labelled = text("$$\n\\label{a: one}\nx\n$$")
    with pytest.raises(WeaveError, match=TWICE):
        page(labelled, text("$$\n\\label{a: two}\nx\n$$"))


def test_a_table_is_rendered_by_markdown() -> None:
    cells = {
        "header": ["|a|", "$|b|$", "c"],
        "rows": [["$|x|$ | `y`", "1", "2"], ["$|$ $|$", "", "3"]],
        "align": "lcr",
    }
    assert page(code("", grid("t", **cells))).markdown == (
        '<figure class="table" id="tab-t" markdown="1">\n'
        '<figcaption markdown="span">**Table 1.** Numbers.</figcaption>\n\n'
        "| &#124;a&#124; | $\\vert{}b\\vert{}$ | c |\n"
        "| :-- | :-: | --: |\n"
        "| $\\vert{}x\\vert{}$ &#124; `y` | 1 | 2 |\n"
        "| $\\vert{}$ $\\vert{}$ |  | 3 |\n\n</figure>\n"
    )


def test_a_table_may_be_wider_than_the_text() -> None:
    wide = page(code("", grid("t"), tags=("wide",)), code("", grid("u")))
    assert '<figure class="table wide" id="tab-t" ' in wide.markdown
    assert '<figure class="table" id="tab-u" ' in wide.markdown


def test_a_table_without_a_name_has_no_anchor() -> None:
    assert '<figure class="table" markdown="1">' in (
        page(code("", grid())).markdown
    )


def test_two_figures_of_one_name() -> None:
    with pytest.raises(WeaveError, match=TWICE):
        page(code("", plot("a"), plot("a")))


def test_an_empty_chapter() -> None:
    assert page().markdown == "\n"


def test_the_notebook_holds_what_jupyter_knows() -> None:
    cells = [
        text("# Title\n\nSee it."),
        code("x", stream("1\n"), plot("a"), tags=("hide",)),
    ]
    weave(cells, URL)
    book = nbformat.reads(notebook(cells), as_version=4)
    nbformat.validate(book)
    assert book.cells[0].source.endswith("See it.")
    assert book.cells[1].metadata.tags == ["hide"]
    printed, drawn = book.cells[1].outputs
    assert printed.text == "1\n"
    assert drawn.data["text/plain"] == "plain & simple"
    assert drawn.data["image/svg+xml"].startswith("<svg xmlns=")
    assert MIME in cells[1].outputs[1]["data"], "the page still needs it"


def test_the_notebook_is_written_to_be_read_in_a_diff() -> None:
    cells = [
        code("x", stream("é\n"), display({"kind": "text"}), tags=("hide",)),
        text("# A"),
    ]
    assert (
        notebook(cells)
        == """\
{
 "cells": [
  {
   "cell_type": "code",
   "id": "cell-1",
   "metadata": {
    "tags": [
     "hide"
    ]
   },
   "source": "x",
   "execution_count": null,
   "outputs": [
    {
     "output_type": "stream",
     "name": "stdout",
     "text": "é\\n"
    },
    {
     "output_type": "display_data",
     "metadata": {},
     "data": {
      "text/plain": "plain & simple"
     }
    }
   ]
  },
  {
   "cell_type": "markdown",
   "id": "cell-2",
   "metadata": {
    "tags": []
   },
   "source": "# A"
  }
 ],
 "metadata": {
  "kernelspec": {
   "display_name": "Python 3",
   "language": "python",
   "name": "python3"
  }
 },
 "nbformat": 4,
 "nbformat_minor": 5
}
"""
    )


def test_what_was_printed_in_pieces_is_one_text() -> None:
    woven = page(
        code("x", stream("a\n"), stream("b\n"), display(), stream("c\n"))
    )
    texts = [BeautifulSoup(f, "html.parser").text for f in woven.fragments]
    assert texts == ["a\nb", "plain & simple", "c"]


def test_what_is_displayed_as_nothing_is_left_out() -> None:
    empty = display() | {"data": {"text/plain": "", "text/html": "<pre>"}}
    woven = page(code("x", empty, stream("a\n")))
    texts = [BeautifulSoup(f, "html.parser").text for f in woven.fragments]
    assert texts == ["a"]
