"""The pictures of pages, for where their addresses are shared."""

from __future__ import annotations

import io
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from PIL import Image

from weave import palette
from weave.cells import Cell, WeaveError
from weave.chapter import MIME
from weave.press import cards
from weave.press.cards import Cards, Figure, Words, alt, choose, words

ROOT = Path(__file__).parent.parent
SVG = """\
<?xml version="1.0"?>
<svg width="200pt" height="100pt" viewBox="0 0 200 100"
 xmlns="http://www.w3.org/2000/svg">
 <rect width="200" height="100" fill="#0072b2"/>
 <text style="font: 9px 'DejaVu Sans', sans-serif">one</text>
 <g style="image-rendering: pixelated"/>
</svg>
"""
BENDS = Words("Activations", "Chapter 3", "Why & where?", "The Book")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Cards:
    return Cards(ROOT / "node_modules", tmp_path_factory.mktemp("cards"))


def cell(name: str) -> Cell:
    data = {"image/svg+xml": name, "text/plain": "Alt.", MIME: {"name": name}}
    outputs = [{"output_type": "stream", "text": "x"}, {"data": data}]
    return Cell("code", "", [], outputs)


def test_a_figure_is_chosen_by_name_or_the_first() -> None:
    cells = [Cell("markdown", "", []), cell("a"), cell("b")]
    assert choose(cells) == Figure("a", "Alt.")
    assert choose(cells, "b") == Figure("b", "Alt.")
    assert choose([]) is None
    with pytest.raises(WeaveError, match="'c'; there is none"):
        choose(cells, "c")


def test_words_come_from_how_a_page_begins() -> None:
    begun = "# 3 · Bends\n\n*Why?*\n\nBecause."
    assert words("Book", "A book.", begun, home=False) == Words(
        "Bends", "Chapter 3", "Why?", "Book"
    )
    assert words("Book", "A book.", "# Notes\n\nNo.", home=False) == Words(
        "Notes", foot="Book"
    )
    assert words("Book", "A book.", begun, home=True) == Words(
        "Book", text="A book."
    )


def test_a_card_is_told_in_words() -> None:
    assert alt(Words("Notes"), None) == "Notes"
    figure = Figure(SVG, "A line.")
    assert alt(BENDS, figure) == "Chapter 3. Activations. A line."
    long = alt(BENDS, Figure(SVG, 500 * "x"))
    assert len(long) == cards.ALT
    assert long.endswith("x…")


def test_a_card_holds_its_words_and_the_figure(store: Cards) -> None:
    root = ET.fromstring(store.compose(BENDS, SVG))
    space = "{http://www.w3.org/2000/svg}"
    told = [text.text for text in root.iter(f"{space}text")]
    assert told[:4] == ["Chapter 3", "Activations", "Why & where?", "The Book"]
    assert told[4:] == ["one"]
    (figure,) = root.findall(f"{space}svg")
    assert figure.get("viewBox") == "0 0 200 100"
    left, width = (float(figure.get(name, "")) for name in ("x", "width"))
    assert left + width == cards.WIDTH - cards.EDGE
    assert left > cards.EDGE + cards.COLUMN
    assert "DejaVu" not in store.compose(BENDS, SVG)
    assert "pixelated" not in store.compose(BENDS, SVG)


@pytest.mark.parametrize(
    "title", ["Bends", "On to PyTorch and Keras", "W" * 9]
)
def test_a_title_is_as_large_as_fits(title: str, store: Cards) -> None:
    card = store.compose(Words(title), SVG)
    lines = re.findall(r'font-size="(\d+)".*weight="600">(.*)<', card)
    assert " ".join(text for _, text in lines) == title
    assert len(lines) <= 3
    for size, text in lines:
        length = store._length(text, cards.TITLE, int(size))
        assert length <= cards.COLUMN


def test_a_title_that_fits_nowhere_is_small(store: Cards) -> None:
    card = store.compose(Words(40 * "W"), SVG)
    assert f'font-size="{cards.SIZES[-1]}"' in card


def test_lines_are_of_nearly_one_width(store: Cards) -> None:
    face, size = cards.QUESTION, 33
    lines = store._wrap("What do the frameworks add?", face, size, 380)
    assert lines == ["What do the", "frameworks add?"]
    assert store._wrap("", face, size, 380) == []


def test_a_card_is_a_picture_of_the_size_that_sites_want(
    store: Cards,
) -> None:
    png = store.png(BENDS, SVG)
    assert len(png) < 120_000
    image = Image.open(io.BytesIO(png))
    assert (image.size, image.mode) == ((1200, 630), "P")
    seen = image.convert("RGB")
    hexed = "#{:02x}{:02x}{:02x}".format
    assert hexed(*seen.getpixel((5, 5))) == palette.PAPER
    assert hexed(*seen.getpixel((800, 315))) == palette.VALUE
    title = seen.crop((0, 90, 466, 180)).convert("L")
    assert title.getextrema()[0] < 40, "the title is not there"


def test_cards_are_the_same_each_time(store: Cards, tmp_path: Path) -> None:
    again = Cards(ROOT / "node_modules", tmp_path)
    assert again.png(BENDS, SVG) == store.png(BENDS, SVG)


def test_a_known_card_is_not_drawn_again(
    store: Cards, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = store.png(BENDS, SVG)

    def fail(*_: object) -> str:
        raise AssertionError("drawn")

    monkeypatch.setattr(cards, "node", fail)
    fresh = Cards(store.modules, store.store)
    assert fresh.png(BENDS, SVG) == first
    with pytest.raises(AssertionError, match="drawn"):
        fresh.png(BENDS, SVG.replace("one", "two"))
