"""The chart of the chapters: what needs what, drawn beside their names.

A chapter needs the chapters that explain what its code imports from `nn`,
or what the modules that it explains import. Of these only the nearest are
drawn; what they need in turn goes without saying.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from weave import source
from weave.key import exported, imports

# Where a page wants the chart.
PLACE = '<div class="chapters"></div>'


@dataclass
class Chapter:
    """A chapter's place in the book, and what it shows and needs."""

    name: str
    number: str
    title: str
    part: str
    question: str = ""
    needs: set[str] = field(default_factory=set)
    row: int = 0
    lane: int = 0


def find_needs(chapters: list[Chapter], docs: Path, nn: Path) -> None:
    """Find the nearest earlier chapters that each chapter needs."""
    public = exported(nn / "__init__.py")
    codes = {c.name: (docs / f"{c.name}.py").read_text() for c in chapters}
    explained: dict[str, str] = {}
    for name, code in codes.items():
        for piece, _ in source.calls(code, "show"):
            explained.setdefault(piece.partition(":")[0], name)
    reached: dict[str, set[str]] = {}
    for chapter in chapters:
        modules = set(imports(ast.parse(codes[chapter.name]), nn, public))
        for module, by in explained.items():
            if by == chapter.name:
                tree = ast.parse((nn / f"{module}.py").read_bytes())
                modules.update(imports(tree, nn, public))
        direct = {explained[m] for m in modules if m in explained}
        direct &= reached.keys()  # exercises may look ahead
        behind = set().union(*(reached[name] for name in direct))
        chapter.needs = direct - behind
        reached[chapter.name] = direct | behind


def lay_out(chapters: list[Chapter]) -> int:
    """Give chapters rows and lanes; return how many rows there are.

    A part takes a row for its name. A lane belongs to a chapter from the
    first row of those that it needs down to its own.
    """
    part, row = "", 0
    rows: dict[str, Chapter] = {}
    taken: dict[int, int] = {}  # lanes, each down to which row
    for chapter in chapters:
        row += 1 + (chapter.part != part)
        part = chapter.part
        chapter.row, rows[chapter.name] = row - 1, chapter
        above = [rows[name] for name in chapter.needs]
        first = min((c.row for c in above), default=chapter.row)
        wanted = [c.lane for c in sorted(above, key=lambda c: c.row)]
        chapter.lane = next(
            lane
            for lane in [*wanted, *range(len(chapters))]
            if first >= taken.get(lane, 0)
        )
        taken[chapter.lane] = chapter.row
    return row


def page(chapters: list[Chapter], rows: int) -> str:
    """Return the chart as HTML."""
    places = {chapter.name: chapter for chapter in chapters}
    lines = [
        f'<path vector-effect="non-scaling-stroke" '
        f'd="{_line(places[name], chapter)}"/>'
        for chapter in chapters
        for name in sorted(chapter.needs, key=lambda n: places[n].row)
    ]
    lanes = max(chapter.lane for chapter in chapters) + 1
    items, part = [], ""
    for chapter in chapters:
        if chapter.part != part:
            part = chapter.part
            items.append(f'<li class="part">{escape(part)}</li>')
        after = [
            places[name].number
            for name in sorted(chapter.needs, key=lambda n: places[n].row)
        ]
        needs = f", after {' and '.join(after)}" if after else ""
        items.append(
            f'<li style="--lane:{chapter.lane}"><a href="{chapter.name}.html">'
            f'<span class="number">{chapter.number}</span> '
            f"{escape(chapter.title)}</a> "
            f'<span class="unseen">{needs}</span>'
            f'<span class="asks">{escape(chapter.question)}</span></li>'
        )
    return (
        f'<div class="chart" style="--lanes:{lanes};--rows:{rows}">'
        f'<svg viewBox="0 0 {lanes} {rows}" preserveAspectRatio="none" '
        f'aria-hidden="true">{"".join(lines)}</svg>'
        f"<ol>{''.join(items)}</ol></div>"
    )


def _line(above: Chapter, below: Chapter) -> str:
    """Return the path from a chapter to one that needs it."""
    x, y = above.lane + 0.5, above.row + 0.5
    to, end = below.lane + 0.5, below.row + 0.5
    return f"M{x} {y}C{x} {y + 0.6} {to} {y + 0.4} {to} {y + 1}V{end}"
