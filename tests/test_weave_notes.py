"""Footnotes of Markdown, turned into side notes."""

from __future__ import annotations

from bs4 import BeautifulSoup
from markdown import markdown

from weave.notes import aside

EXTENSIONS = ["footnotes", "tables", "pymdownx.arithmatex"]


def page(text: str) -> BeautifulSoup:
    options = {"pymdownx.arithmatex": {"generic": True}}
    html = markdown(text, extensions=EXTENSIONS, extension_configs=options)
    return BeautifulSoup(aside(html), "html.parser")


def notes(soup: BeautifulSoup) -> list[str]:
    return [note.get_text() for note in soup.select(".sidenote")]


def test_a_page_without_notes_is_left_alone() -> None:
    assert aside("<p>One.</p>") == "<p>One.</p>"


def test_a_note_follows_its_number() -> None:
    soup = page("One.[^a] More.\n\n[^a]: A *note*.\n\nTwo.")
    one, two = soup.select("p")
    assert two.get_text() == "Two."
    (number,) = one.select("sup.sidenote-ref")
    note = number.find_next_sibling()
    assert note
    assert note["role"] == "note"
    assert note.get_text() == "1 A note."
    assert note.select("em")
    assert not soup.select(".footnote, .footnote-backref, ol")


def test_its_number_unfolds_the_note() -> None:
    soup = page("One.[^a]\n\n[^a]: A.")
    (box,) = soup.select("sup > input[type=checkbox]")
    assert box["aria-label"] == "Note 1"
    (number,) = soup.select("sup:has(input) + .sidenote#sn-1")
    (number,) = soup.select("sup")
    assert number["data-note"] == "1"


def test_a_stop_stands_before_the_note_that_unfolds() -> None:
    (paragraph,) = page("So[^a]: this.\n\n[^a]: A.").select("p")
    assert paragraph.get_text() == "So:1 A. this."


def test_notes_count_as_they_are_met() -> None:
    assert notes(page("B[^b] a[^a].\n\n[^a]: A.\n[^b]: B.")) == [
        "1 B.",
        "2 A.",
    ]


def test_a_note_referred_to_twice_stands_twice() -> None:
    text = 'A[^a] b[^b] a[^a].\n\n[^a]: <a id="x">A</a>.\n[^b]: B.'
    soup = page(text)
    assert notes(soup) == ["1 A.", "2 B.", "1 A."]
    ids = [str(tag["id"]) for tag in soup.select("[id]")]
    assert ids == ["sn-1", "x", "sn-2", "sn-1-2"]
    assert str(soup).endswith("</span> <a>A</a>.</span></p>\n")


def test_notes_of_a_table_stand_below_it() -> None:
    soup = page(
        "Before.[^b]\n\n| a[^a] |\n|---|\n| b[^b] |\n| c[^b] |\n\n"
        "[^a]: A.\n[^b]: B."
    )
    assert notes(soup) == ["1 B.", "2 A.", "1 B."]
    (table,) = soup.select("table")
    assert not table.select(".sidenote")
    assert [s["data-note"] for s in table.select("sup")] == ["2", "1", "1"]
    assert str(table.td) == (
        '<td>b<sup class="sidenote-ref" data-note="1"></sup></td>'
    ), "there is nothing to fold"
    below = [str(tag.name or tag) for tag in table.next_siblings]
    assert below == ["span", "span", "\n"]


def test_a_table_without_notes_stays() -> None:
    soup = page("| a |\n|---|\n| b |\n\nOne.[^a]\n\n[^a]: A.")
    assert soup.select("table td")
    assert notes(soup) == ["1 A."]


def test_only_what_may_stand_in_a_line_is_left() -> None:
    soup = page(
        "One.[^a]\n\n[^a]: A [link](x.html), $y$.\n\n    - two\n\n"
        "    $$\n    z\n    $$\n"
    )
    (note,) = soup.select(".sidenote")
    assert {tag.name for tag in note.find_all(True)} == {"span", "a"}
    formulas = [f.get_text().split() for f in note.select(".arithmatex")]
    assert formulas == [["\\(y\\)"], ["\\(", "z", "\\)"]]
    assert note.get_text() == "1 A link, \\(y\\). two \\( z \\)"
