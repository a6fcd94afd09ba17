"""Let the letters of a formula in a figure stand as their font wants.

Matplotlib places each letter of a label with mathematics by itself, as
wide as its own font has it. The page has another font, narrower, in which
the label would fall apart into letters.
"""

from __future__ import annotations

import re
from functools import cache
from html import escape, unescape
from itertools import groupby, pairwise
from typing import Any, NamedTuple

from fontTools.ttLib import TTFont

LABEL = re.compile(
    r"<text>\s*((?:<tspan [^>]*>[^<]*</tspan>\s*)+)</text>", re.DOTALL
)
GLYPH = re.compile(
    r'<tspan x="([^"]*)" y="([^"]*)" style="([^"]*)">([^<]*)</tspan>'
)
SIZE = re.compile(r"font-size: ([\d.]+)px")


class Glyph(NamedTuple):
    """A letter, where Matplotlib has put it, in points."""

    x: float
    y: float
    style: str
    letter: str

    @property
    def size(self) -> float:
        found = SIZE.search(self.style)
        return float(found[1]) if found else 10.0

    @property
    def end(self) -> float:
        """Where the next letter may begin."""
        return self.x + advance(self.letter) * self.size


@cache
def advance(letter: str) -> float:
    """Return how wide Matplotlib's own font has a letter, in ems."""
    width, _ = _font()["hmtx"][_font().getBestCmap()[ord(letter)]]
    return float(width / _font()["head"].unitsPerEm)


@cache
def _font() -> Any:
    from matplotlib import get_data_path

    return TTFont(f"{get_data_path()}/fonts/ttf/DejaVuSans.ttf")


def flow(svg: str) -> str:
    """Return a figure whose labels are runs of text, gaps kept.

    Where letters stand above each other, as in a fraction, nothing moves.
    """
    return LABEL.sub(lambda match: _flow(match[0]), svg)


def _flow(label: str) -> str:
    glyphs = sorted(
        (
            Glyph(float(x), float(y), style, unescape(letter))
            for x, y, style, letter in GLYPH.findall(label)
        ),
        key=lambda glyph: glyph.x,
    )
    if any(after.x < glyph.end - 1 for glyph, after in pairwise(glyphs)):
        return label
    runs, before = [], None
    for (y, style, _), run in groupby(_gapped(glyphs), lambda g: g[0]):
        letters = list(run)
        place = f' dx="{letters[0][1]:.2f}"' if letters[0][1] else ""
        if before is None:
            place = f' x="{glyphs[0].x:g}" y="{y:g}"'
        elif y != before:
            place += f' dy="{y - before:.2f}"'
        before = y
        text = escape("".join(glyph.letter for _, _, glyph in letters))
        runs.append(f'<tspan{place} style="{style}">{text}</tspan>')
    return f"<text>{''.join(runs)}</text>"


Key = tuple[float, str, int]


def _gapped(glyphs: list[Glyph]) -> list[tuple[Key, float, Glyph]]:
    """Give each letter the key of its run, and the gap before it."""
    found: list[tuple[Key, float, Glyph]] = []
    gaps = 0
    for place, glyph in enumerate(glyphs):
        gap = glyph.x - glyphs[place - 1].end if place else 0.0
        gap = gap if gap > 0.08 * glyph.size else 0.0
        gaps += gap > 0
        found.append(((glyph.y, glyph.style, gaps), gap, glyph))
    return found
