"""Exercises: three cells of a chapter that belong together.

A cell tagged `starter` is what the reader begins with. The `solution`
below it fills what it left open, and the `tests` at the end say when the
work is done. The starter stands on its own, with its own imports, so that
starter and tests together are a file which a reader can take home.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from weave.execute import Cell, WeaveError

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
