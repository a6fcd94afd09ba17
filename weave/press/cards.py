"""The picture of a page that is shown where somebody shares its address.

A card is composed as SVG, of the page's title and one of its figures,
and drawn by resvg with the book's own faces. Nothing comes from the
network. Cards are kept in a cache under all that they depend on.
"""

from __future__ import annotations

import hashlib
import io
import re
import subprocess
from dataclasses import dataclass
from functools import cache, cached_property
from html import escape
from importlib import metadata
from pathlib import Path

import matplotlib as mpl
from fontTools.ttLib import TTFont
from fontTools.varLib import instancer
from PIL import Image, ImageFont

from weave import palette, prose
from weave.cells import Cell, WeaveError
from weave.chapter import MIME
from weave.mathematics import node
from weave.press.citation import split
from weave.store import keep

WIDTH, HEIGHT, EDGE = 1200, 630, 56
COLUMN, GAP = 410, 40  # of the text beside a figure
SIZES = 88, 76, 68, 60, 54, 48, 42  # a title may have these
SOFT = "#5c5f62"
SERIF, SANS = "Source Serif 4", "Source Sans 3"
VERSIONS = " ".join(
    map(metadata.version, ("fonttools", "matplotlib", "pillow"))
)
ALT = 420  # characters, which is what sites take
SCRIPT = Path(__file__).with_name("card.js")


@dataclass(frozen=True)
class Face:
    """One of the book's faces, at one place of its axes."""

    family: str
    file: str  # of the packages @fontsource-variable, without its suffix
    weight: int
    size: int = 0  # the optical one, of faces that have it
    slope: str = "normal"

    @property
    def axes(self) -> dict[str, float]:
        """Where the face stands on the axes of its file."""
        opsz = {"opsz": self.size} if self.size else {}
        return {"wght": self.weight, **opsz}

    def path(self, modules: Path) -> Path:
        """Return the file that npm has brought."""
        folder = self.family.casefold().replace(" ", "-")
        name = f"{folder}-{self.file}-{self.slope}.woff2"
        source = modules / "@fontsource-variable"
        return source / folder / "files" / name


TITLE = Face(SERIF, "latin-opsz", 600, 60)
QUESTION = Face(SERIF, "latin-opsz", 400, 24, "italic")
PLAIN = Face(SANS, "latin-wght", 400)
SLOPED = Face(SANS, "latin-wght", 400, slope="italic")
GREEK = Face(SANS, "greek-wght", 400, slope="italic")
FACES = TITLE, QUESTION, PLAIN, SLOPED, GREEK
# For the signs that the others lack, such as arrows.
REST = Path(mpl.get_data_path(), "fonts", "ttf", "DejaVuSans.ttf")


@dataclass(frozen=True)
class Figure:
    """A figure of a chapter: an SVG document, and what it shows."""

    svg: str
    alt: str


def choose(cells: list[Cell], name: str | None = None) -> Figure | None:
    """Return the chapter's figure of that name, or else its first."""
    for cell in cells:
        for output in cell.outputs:
            data = output.get("data", {})
            if "image/svg+xml" in data and name in (None, data[MIME]["name"]):
                return Figure(data["image/svg+xml"], data["text/plain"])
    if name:
        raise WeaveError(f"the card wants a figure {name!r}; there is none")
    return None


@dataclass(frozen=True)
class Words:
    """What stands on a card beside its figure."""

    title: str
    kicker: str = ""  # above the title
    text: str = ""  # below it
    foot: str = ""


def words(site: str, line: str, begun: str, home: bool) -> Words:
    """Return what a card says of a page that begins like this.

    `site` is the name of the book and `line` what the book is.
    """
    if home:
        return Words(site, text=line)
    number, name = split(prose.title(begun))
    kicker = f"Chapter {number}" if number else ""
    return Words(name, kicker, prose.question(begun), site)


def alt(words: Words, figure: Figure | None) -> str:
    """Return a card in words, for those who cannot see it."""
    told = [words.kicker, words.title, figure.alt if figure else ""]
    text = ". ".join(filter(None, told))
    return text if len(text) <= ALT else f"{text[: ALT - 1]}…"


class Cards:
    """The faces, ready for use, and the cards that were drawn with them."""

    def __init__(self, modules: Path, store: Path) -> None:
        self.modules = modules
        self.store = store

    @cached_property
    def fonts(self) -> dict[Face, Path]:
        """The faces as resvg reads them: without axes, in TrueType."""
        return {face: self._font(face) for face in FACES}

    def _font(self, face: Face) -> Path:
        source = face.path(self.modules).read_bytes()
        made = self.store / f"{_digest(repr(face), VERSIONS, source)}.ttf"
        if not made.exists():
            font = TTFont(io.BytesIO(source))
            instancer.instantiateVariableFont(font, face.axes, inplace=True)
            font["name"].setName(face.family, 1, 3, 1, 0x409)
            font.flavor = None
            stream = io.BytesIO()
            font.save(stream)
            keep(made, stream.getvalue())
        return made

    def png(self, words: Words, figure: str = "") -> bytes:
        """Return a card, from the cache if it was drawn before."""
        resvg = self.modules / "@resvg" / "resvg-js"
        tool = (resvg / "package.json").read_bytes()
        code = Path(__file__).read_bytes() + SCRIPT.read_bytes()
        names = " ".join(path.name for path in self.fonts.values())
        facts = repr(words), figure, VERSIONS, tool, code, names
        kept = self.store / f"{_digest(*facts)}.png"
        if not kept.exists():
            card = self.compose(words, figure)
            run = subprocess.run(
                [node(), SCRIPT, resvg, *self.fonts.values(), REST],
                input=card.encode(),
                stdout=subprocess.PIPE,
                check=True,
            )
            keep(kept, _pack(run.stdout))
        return kept.read_bytes()

    def compose(self, words: Words, figure: str = "") -> str:
        """Return the card as SVG: words on the left, a figure on the right.

        Without a figure the words have the whole width.
        """
        width = COLUMN if figure else WIDTH - 2 * EDGE
        size, lines = self._title(words.title, width)
        shapes = [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" '
            'xmlns:xlink="http://www.w3.org/1999/xlink" '
            f'height="{HEIGHT}"><rect width="100%" height="100%" '
            f'fill="{palette.PAPER}"/>'
        ]
        y = EDGE + 20 if figure else 200
        if words.kicker:
            shapes.append(_text(words.kicker, y, 30, PLAIN, SOFT))
            y += 18
        for line in lines:
            y += round(1.08 * size)
            shapes.append(_text(line, y, size, TITLE))
        y += 24
        for line in self._wrap(words.text, QUESTION, 33, width):
            y += 43
            shapes.append(_text(line, y, 33, QUESTION))
        foot = HEIGHT - EDGE
        shapes.append(_text(words.foot, foot, 27, PLAIN, SOFT))
        if figure:
            shapes.append(_place(figure))
        return "\n".join([*shapes, "</svg>\n"])

    def _title(self, title: str, width: int) -> tuple[int, list[str]]:
        """Return the largest size at which a title fits, and its lines."""
        for size in SIZES:
            lines = self._wrap(title, TITLE, size, width)
            widest = max(self._length(line, TITLE, size) for line in lines)
            if widest <= width and len(lines) <= 3:
                break
        return size, lines

    def _wrap(self, text: str, face: Face, size: int, width: int) -> list[str]:
        """Break a text into few lines, and these of nearly one width."""
        lines = self._fill(text, face, size, width)
        while width := width - 10:
            narrower = self._fill(text, face, size, width)
            widest = max(self._length(x, face, size) for x in [*narrower, ""])
            if len(narrower) > len(lines) or widest > width:
                break
            lines = narrower
        return lines

    def _fill(self, text: str, face: Face, size: int, width: int) -> list[str]:
        lines: list[str] = []
        for word in text.split():
            longer = f"{lines[-1]} {word}" if lines else word
            if lines and self._length(longer, face, size) <= width:
                lines[-1] = longer
            else:
                lines.append(word)
        return lines

    def _length(self, text: str, face: Face, size: int) -> float:
        return _loaded(self.fonts[face], size).getlength(text)


@cache
def _loaded(font: Path, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(font, size)


def _text(
    words: str, y: int, size: int, face: Face, colour: str = palette.INK
) -> str:
    return (
        f'<text x="{EDGE}" y="{y}" font-size="{size}" fill="{colour}" '
        f'font-family="{face.family}" font-style="{face.slope}" '
        f'font-weight="{face.weight}">{escape(words)}</text>'
    )


def _place(figure: str) -> str:
    """Return a figure as an element of a card, in its right part.

    Its text is set in the face of the page. What resvg does not know by
    CSS's word has an older one.
    """
    (box,) = re.findall(r'viewBox="[^"]*"', figure)
    inside = figure[figure.index(">", figure.index("<svg")) + 1 :]
    inside = inside.replace("DejaVu Sans", SANS)
    inside = inside.replace("pixelated", "optimizeSpeed")
    left = EDGE + COLUMN + GAP
    return (
        f'<svg x="{left}" y="{EDGE}" width="{WIDTH - EDGE - left}" '
        f'height="{HEIGHT - 2 * EDGE}" {box}>{inside}'
    )


def _pack(png: bytes) -> bytes:
    """Return a picture in 256 colours, which takes a third of the room."""
    stream = io.BytesIO()
    image = Image.open(io.BytesIO(png)).convert("RGB")
    image.quantize(256).save(stream, "PNG", optimize=True)
    return stream.getvalue()


def _digest(*facts: str | bytes) -> str:
    made = hashlib.sha256()
    for fact in facts:
        made.update(fact if isinstance(fact, bytes) else fact.encode())
        made.update(b"\0")
    return made.hexdigest()[:24]
