"""Let the letters of a formula in a figure stand as their font wants.

Matplotlib places each letter of a label with mathematics by itself, as
wide as its own font has it. The page has another font, narrower, in which
the label would fall apart into letters.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple

from fontTools.ttLib import TTFont

SIZE = re.compile(r"font-size: ([\d.]+)px")
# A gap no wider than this part of the letters' size is chance.
NARROW = 0.08


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
        return self.x + sum(map(advance, self.letter)) * self.size


class Run(NamedTuple):
    """Letters of one look, and how far they are from those before."""

    first: Glyph
    across: float
    down: float
    letters: str


@cache
def advance(letter: str) -> float:
    """Return how wide Matplotlib's own font has a letter, in ems."""
    width, _ = _font()["hmtx"][_font().getBestCmap()[ord(letter)]]
    return float(width / _font()["head"].unitsPerEm)


@cache
def _font() -> Any:
    from matplotlib import get_data_path

    return TTFont(f"{get_data_path()}/fonts/ttf/DejaVuSans.ttf")


def flow(glyphs: Iterable[Glyph]) -> list[Run]:
    """Return the letters as runs, whose gaps are kept.

    Where letters stand above each other, as in a fraction, there are none.
    """
    runs: list[Run] = []
    for before, glyph in pairwise([None, *sorted(glyphs)]):
        assert glyph
        if not before:
            runs.append(Run(glyph, 0, 0, glyph.letter))
            continue
        gap = glyph.x - before.end
        if gap < -1:
            return []
        first, across, down, letters = runs[-1]
        if gap > NARROW * glyph.size or glyph[1:3] != before[1:3]:
            wide = gap if gap > NARROW * glyph.size else 0
            runs.append(Run(glyph, wide, glyph.y - before.y, glyph.letter))
        else:
            runs[-1] = Run(first, across, down, letters + glyph.letter)
    return runs
