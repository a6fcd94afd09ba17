"""The pictures of pages, for where their addresses are shared."""

from __future__ import annotations

import hashlib
import io
import re
import subprocess
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree as ET

import pytest
from fontTools.ttLib import TTFont
from PIL import Image

from weave import palette
from weave.cells import Cell, WeaveError
from weave.chapter import MIME
from weave.press import cards
from weave.press.cards import Cards, Face, Figure, Words, alt, choose, words

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
    with pytest.raises(WeaveError) as error:
        choose(cells, "c")
    assert str(error.value) == "the card wants a figure 'c'; there is none"


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
    just = alt(BENDS, Figure(SVG, (cards.ALT - 24) * "x"))
    assert just == "Chapter 3. Activations. " + (cards.ALT - 24) * "x"


@pytest.mark.parametrize(
    ("face", "axes", "path"),
    [
        (
            cards.QUESTION,
            {"wght": 400, "opsz": 24},
            "source-serif-4/files/source-serif-4-latin-opsz-italic.woff2",
        ),
        (
            cards.PLAIN,
            {"wght": 400},
            "source-sans-3/files/source-sans-3-latin-wght-normal.woff2",
        ),
    ],
)
def test_a_face_is_a_place_on_the_axes_of_a_file(
    face: Face, axes: dict[str, float], path: str
) -> None:
    assert face.axes == axes
    folder = Path("modules/@fontsource-variable")
    assert face.path(Path("modules")) == folder / path


@pytest.fixture
def even(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cards:
    """Cards on which each letter of a serif is half as wide as high."""

    def length(self: Cards, text: str, face: Face, size: int) -> float:
        assert face.family == cards.SERIF
        return len(text) * size / 2

    monkeypatch.setattr(Cards, "_length", length)
    return Cards(tmp_path, tmp_path)


def shape(y: int, size: int, ink: str, font: str, words: str) -> str:
    return (
        f'<text x="56" y="{y}" font-size="{size}" fill="{ink}" {font}>'
        f"{words}</text>"
    )


SMALL = 'font-family="Source Sans 3" font-style="normal" font-weight="400"'
LARGE = 'font-family="Source Serif 4" font-style="normal" font-weight="600"'
ASKED = 'font-family="Source Serif 4" font-style="italic" font-weight="400"'
BEGIN = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="1200" '
    'xmlns:xlink="http://www.w3.org/1999/xlink" height="630">'
    f'<rect width="100%" height="100%" fill="{palette.PAPER}"/>'
)


def test_words_stand_below_each_other_left_of_the_figure(even: Cards) -> None:
    words = Words("On to Keras", "Chapter 3", "Why & where?", "The Book")
    assert even.compose(words, SVG).split("\n") == [
        BEGIN,
        shape(76, 30, cards.SOFT, SMALL, "Chapter 3"),
        shape(189, 88, palette.INK, LARGE, "On to"),
        shape(284, 88, palette.INK, LARGE, "Keras"),
        shape(351, 33, palette.INK, ASKED, "Why &amp; where?"),
        shape(574, 27, cards.SOFT, SMALL, "The Book"),
        '<svg x="506" y="56" width="638" height="518" viewBox="0 0 200 100">',
        ' <rect width="200" height="100" fill="#0072b2"/>',
        " <text style=\"font: 9px 'Source Sans 3', sans-serif\">one</text>",
        ' <g style="image-rendering: optimizeSpeed"/>',
        "</svg>",
        "",
        "</svg>",
        "",
    ]


WIDE = " ".join(["wide"] * 7)


@pytest.mark.parametrize("asked", [[f"{12 * 'wide '}wider"], [WIDE, WIDE]])
def test_words_without_a_figure_have_the_whole_width(
    asked: list[str], even: Cards
) -> None:
    """In which 65 letters of a question fit, and 69 do not."""
    words = Words("The wide book of letters", text=" ".join(asked))
    assert even.compose(words).split("\n") == [
        BEGIN,
        shape(295, 88, palette.INK, LARGE, "The wide book of letters"),
        *(
            shape(362 + 43 * n, 33, palette.INK, ASKED, line)
            for n, line in enumerate(asked)
        ),
        shape(574, 27, cards.SOFT, SMALL, ""),
        "</svg>",
        "",
    ]


@pytest.mark.parametrize(
    ("title", "width", "size", "lines"),
    [
        (10 * "a", 440, 88, [10 * "a"]),
        (10 * "a", 430, 76, [10 * "a"]),
        ("aaaa bbbb cccc", 200, 88, ["aaaa", "bbbb", "cccc"]),
        ("aaaa bbbb cccc dddd", 200, 42, ["aaaa bbbb", "cccc dddd"]),
        (40 * "a", 200, 42, [40 * "a"]),
    ],
)
def test_a_title_has_three_lines_at_most_and_is_as_large_as_fits(
    title: str, width: int, size: int, lines: list[str], even: Cards
) -> None:
    assert even._title(title, width) == (size, lines)


@pytest.mark.parametrize(
    ("text", "size", "width", "lines"),
    [
        ("aa bb cc dd ee", 20, 120, ["aa bb cc", "dd ee"]),
        ("aa b c", 20, 40, ["aa", "b c"]),
        ("aaaa b", 20, 40, ["aaaa", "b"]),
        # at 90 the first two were one line, at 70 there are three
        (
            f"{40 * 'a'} {45 * 'b'} {32 * 'c'}",
            2,
            110,
            [40 * "a", f"{45 * 'b'} {32 * 'c'}"],
        ),
    ],
)
def test_lines_get_narrower_until_there_are_more(
    text: str, size: int, width: int, lines: list[str], even: Cards
) -> None:
    assert even._wrap(text, cards.TITLE, size, width) == lines


def test_a_picture_is_packed_without_a_change_that_is_seen() -> None:
    """So few colours stay as they are; what could be seen through does not."""
    image = Image.new("RGBA", (200, 200))
    for x in range(200):
        image.paste((x, 7 * x % 200, 90, 255), (x, x % 9, x + 1, 200))
    stream, plain = io.BytesIO(), io.BytesIO()
    image.save(stream, "PNG")
    packed = cards._pack(stream.getvalue())
    seen = Image.open(io.BytesIO(packed))
    assert (seen.format, seen.mode) == ("PNG", "P")
    assert "transparency" not in seen.info
    assert seen.convert("RGB").tobytes() == image.convert("RGB").tobytes()
    seen.save(plain, "PNG")
    assert len(packed) < len(plain.getvalue())


def test_a_digest_tells_where_one_fact_ends() -> None:
    whole = hashlib.sha256("é\0b\0".encode()).hexdigest()
    assert cards._digest("é", b"b") == whole[:24]


def test_a_card_is_drawn_anew_when_what_it_depends_on_changes(
    even: Cards, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = io.BytesIO()
    Image.new("RGB", (2, 2), "red").save(stream, "PNG")
    drawn: list[object] = []

    def run(command: list[object], **how: object) -> SimpleNamespace:
        drawn.append((command, how))
        return SimpleNamespace(stdout=stream.getvalue())

    monkeypatch.setattr(subprocess, "run", run)
    resvg = tmp_path / "@resvg" / "resvg-js"
    resvg.mkdir(parents=True)
    (resvg / "package.json").write_text("1.0")
    fonts = [Path("fonts", f"{n}.ttf") for n in range(5)]
    even.fonts = dict(zip(cards.FACES, fonts, strict=True))
    words = Words("É")
    first = even.png(words, SVG)
    assert first == even.png(words, SVG) == cards._pack(stream.getvalue())
    given = even.compose(words, SVG).encode()
    call = [cards.node(), cards.SCRIPT, resvg, *fonts, cards.REST]
    how = {"input": given, "stdout": subprocess.PIPE, "check": True}
    assert drawn == [(call, how)]

    even.png(Words("E"), SVG)
    even.png(words)
    (resvg / "package.json").write_text("1.1")
    even.png(words)
    even.fonts[cards.PLAIN] = Path("other.ttf")
    even.png(words)
    monkeypatch.setattr(cards, "VERSIONS", "2")
    even.png(words)
    monkeypatch.setattr(cards, "SCRIPT", resvg / "package.json")
    even.png(words)
    assert len(drawn) == 7
    assert len(list(tmp_path.glob("*.png"))) == 7


def test_a_face_is_made_once(tmp_path: Path) -> None:
    store = Cards(tmp_path, tmp_path / "store")
    known = {}
    for face in cards.FACES:
        source = face.path(tmp_path)
        source.parent.mkdir(parents=True, exist_ok=True)
        source.write_bytes(face.slope.encode())
        facts = repr(face), cards.VERSIONS, face.slope
        known[face] = store.store / f"{cards._digest(*facts)}.ttf"
        store.store.mkdir(exist_ok=True)
        known[face].touch()
    assert store.fonts == known


def test_a_face_has_no_axes_and_one_name(tmp_path: Path) -> None:
    font = TTFont(Cards(ROOT / "node_modules", tmp_path)._font(cards.GREEK))
    assert "fvar" not in font
    assert font.flavor is None
    assert font["OS/2"].usWeightClass == 400
    names = [name for name in font["name"].names if name.nameID == 1]
    assert [name.toUnicode() for name in names] == [cards.SANS]
    assert [(n.platformID, n.platEncID, n.langID) for n in names] == [
        (3, 1, 0x409)
    ]


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
