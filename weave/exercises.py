"""Exercises: three cells of a chapter that belong together.

A cell tagged `starter` is what the reader begins with. The `solution`
below it fills what it left open, and the `tests` at the end say when the
work is done. The starter stands on its own, with its own imports, so that
starter and tests together are a file which a reader can take home.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from weave.cells import Cell, WeaveError

PARTS = "starter", "solution", "tests"
HEADING = re.compile(r"^### Exercise ([\d.]+) · (.+)$", re.M)


@dataclass(frozen=True)
class Exercise:
    """The code of an exercise, and the number and title above it."""

    number: str
    title: str
    starter: str
    solution: str
    tests: str

    @property
    def file(self) -> str:
        """The name of the file that a reader takes home."""
        return f"exercise-{self.number.replace('.', '-')}.py"

    @property
    def begun(self) -> str:
        """What is in that file: it fails until the reader has solved it."""
        return (
            f'"""Exercise {self.number} · {self.title}.\n\n'
            'Neural Networks, Line by Line. Needs NumPy and `nn`."""\n\n'
            f"{self.starter}\n\n\n# ---- Tests: leave what follows as it is."
            f"\n\n{self.tests}\n\n"
            f'print("Exercise {self.number}: all tests pass")\n'
        )

    @property
    def solved(self) -> str:
        """The same with the solution."""
        return f"{self.starter}\n\n\n{self.solution}\n\n\n{self.tests}\n"


def exercises(cells: list[Cell]) -> dict[int, Exercise]:
    """Return the exercises of a chapter by the place of their starter.

    An exercise without a heading, or without all of its parts in order,
    is an error.
    """
    found: dict[int, Exercise] = {}
    for place, cell in enumerate(cells):
        part = part_of(cell)
        if part == "starter":
            three = cells[place : place + 3]
            above = cells[place - 1].source if place else ""
            headings = list(HEADING.finditer(above))
            if tuple(map(part_of, three)) != PARTS or not headings:
                raise WeaveError(
                    f"cell {place + 1}: an exercise is a heading like "
                    "'### Exercise 3.1 · Title' and then three cells, "
                    "tagged starter, solution and tests"
                )
            number, title = headings[-1].groups()
            found[place] = Exercise(
                number, title, *(part.source for part in three)
            )
        elif part and not {place - 1, place - 2} & found.keys():
            raise WeaveError(f"cell {place + 1}: {part} without a starter")
    return found


def part_of(cell: Cell) -> str:
    """Return which part of an exercise a cell is, or nothing."""
    return next((tag for tag in cell.tags if tag in PARTS), "")


def overview(
    chapters: Mapping[str, list[Cell]], directories: bool = True
) -> str:
    """Return the Markdown of a list of all exercises, by chapter.

    `chapters` are the cells of each by its path. A starter is a file
    beside its chapter's page, which is a folder if `directories`.
    """
    blocks: dict[int, str] = {}
    for path, cells in chapters.items():
        found = exercises(cells).values()
        if found:
            file = Path(path)
            title = cells[0].source.partition("\n")[0].removeprefix("# ")
            folder = f"../{file.stem}/" if directories else ""
            lines = [
                f"## {title}\n",
                "| exercise | to take home |",
                "|---|---|",
            ]
            for exercise in found:
                name = f"Exercise {exercise.number} · {exercise.title}"
                anchor = anchor_of(name)
                lines.append(
                    f"| {exercise.number} · [{exercise.title}]"
                    f"({file.name}#{anchor}) | "
                    f'<a href="{folder}{exercise.file}" download '
                    f'aria-label="Starter of exercise {exercise.number}">'
                    "starter</a> |"
                )
            number = int(next(iter(found)).number.partition(".")[0])
            blocks[number] = "\n".join(lines)
    return "\n\n".join(text for _, text in sorted(blocks.items())) + "\n"


def anchor_of(heading: str) -> str:
    """Return the id that Markdown gives to a heading.

    >>> anchor_of("Exercise 2.5 · A small project: `x` and Müller’s")
    'exercise-25-a-small-project-x-and-mullers'
    """
    plain = unicodedata.normalize("NFKD", heading).encode("ascii", "ignore")
    words = re.sub(r"[^\w\s-]", "", plain.decode()).strip().lower()
    return re.sub(r"[-\s]+", "-", words)
