"""The cells of a chapter.

A cell says which packages it needs besides those of every chapter,
`# %% needs=["torch"]`. Where one is missing the cell does not run. Its
code stays on the page, a text with numbers from such a run does not, and
a note says what was left out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib import metadata
from itertools import groupby
from pathlib import Path
from typing import Any

import jupytext

from weave import inline


class WeaveError(Exception):
    """A fault in a chapter; the message says where and what."""


@dataclass
class Cell:
    """A cell of a chapter, and what came out of it.

    Once the chapter has run, the `source` of prose has its `numbers` in
    it; `asked` is the same text with its fields open.
    """

    kind: str
    source: str
    tags: list[str]
    outputs: list[Any] = field(default_factory=list)
    needs: list[str] = field(default_factory=list)
    numbers: list[str] = field(default_factory=list)
    asked: str = ""

    def fill(self, numbers: list[str]) -> None:
        """Put numbers into the fields of a text."""
        self.numbers, self.asked = numbers, self.source
        self.source = inline.fill(self.asked, numbers)

    @property
    def missing(self) -> list[str]:
        """The packages that the cell needs and that are not here."""
        return [name for name in self.needs if version(name) is None]

    @property
    def code(self) -> str:
        """What the kernel has to run for this cell, if anything."""
        if self.missing:
            return ""
        if self.kind == "code":
            return self.source
        found = inline.fields(self.source)
        return inline.code(found) if found else ""


def version(package: str) -> str | None:
    """Return which version of a package is installed, if any."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def read(path: Path) -> list[Cell]:
    """Return the cells of a chapter, which have not run yet."""
    notebook = jupytext.read(path, fmt="py:percent")
    return [
        Cell(
            cell.cell_type,
            cell.source,
            cell.metadata.get("tags", []),
            needs=cell.metadata.get("needs", []),
        )
        for cell in notebook.cells
    ]


def noted(cells: list[Cell]) -> list[Cell]:
    """Put a note below cells that lack a package, and drop their texts.

    Neighbours share a note.
    """
    noted: list[Cell] = []
    for lacking, group in groupby(cells, lambda cell: bool(cell.missing)):
        run = list(group)
        if not lacking:
            noted += run
            continue
        noted += [cell for cell in run if cell.kind == "code"]
        missing = dict.fromkeys(n for cell in run for n in cell.missing)
        names = " and no ".join(f"`{name}`" for name in missing)
        text = (
            f'!!! note "Left out: this build had no {names}"\n\n'
            '    `pip install ".[frameworks]"` adds it.'
        )
        noted.append(Cell("markdown", text, []))
    return noted
