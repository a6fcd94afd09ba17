"""Make one page of Markdown, and one notebook, of a chapter that ran.

Prose stays Markdown and code becomes fenced code. What Markdown should
not touch, the figures and printed text, is kept aside in fragments; a
`<div data-woven="3"></div>` marks the place of fragment 3.
"""

from __future__ import annotations

import ast
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

from weave import svg
from weave.cells import Cell, WeaveError
from weave.chapter import MIME
from weave.exercises import Exercise, exercises, part_of
from weave.package import Place, Shown
from weave.pointing import Lines, plain
from weave.references import LABEL, Label, first_sentence

# The tags of cells whose code is folded, and what stands on the fold.
FOLDED = {
    "hide": "Code",
    "check": "What is claimed here, checked",
}
Rows = Mapping[str, Sequence[Shown]]
ANCHORS = {"Equation": "eq", "Figure": "fig", "Table": "tab"}


@dataclass
class Page:
    """The Markdown of a page and the HTML that goes into it."""

    blocks: list[str] = field(default_factory=list)
    fragments: list[str] = field(default_factory=list)
    labels: dict[str, Label] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    exercises: dict[int, Exercise] = field(default_factory=dict)
    number: str = ""
    lines: Lines = field(default_factory=Lines)
    rows: Rows = field(default_factory=dict)

    @property
    def markdown(self) -> str:
        return "\n\n".join(self.blocks) + "\n"

    def aside(self, html: str) -> str:
        """Keep `html` aside; return what stands in its place."""
        self.fragments.append(html)
        return f'<div data-woven="{len(self.fragments) - 1}"></div>'

    def label(self, kind: str, name: str | None, called: str) -> str:
        """Return the next label of its kind, like `Figure 2.1`."""
        self.counts[kind] += 1
        label = f"{kind} {self.number}{self.counts[kind]}"
        anchor = f"{ANCHORS[kind]}-{name}"
        if anchor in self.labels:
            raise WeaveError(f"two things on a page are called {name!r}")
        if name:
            self.labels[anchor] = Label(label, called)
        return label

    def restore(self, html: str) -> str:
        """Put the fragments back into the HTML of the page."""
        return re.sub(
            r'<div data-woven="(\d+)"></div>',
            lambda match: self.fragments[int(match[1])],
            html,
        )


def weave(
    cells: list[Cell], source_url: str, rows: Rows | None = None
) -> Page:
    """Return the page of an executed chapter.

    `source_url` is where the repository shows a file; a path and lines
    are added to it. `rows` are the pieces of each module that the book
    shows. Equations are numbered; in `cells`, for the notebook, the number
    stands in place of the label. References wait until all pages are known.
    """
    page = Page(rows=rows or {}, lines=Lines.of(_pieces(cells)))
    linked = [
        page.lines.linked(cell.source) if cell.kind == "markdown" else ""
        for cell in cells
    ]
    title = re.match(r"# (\d+)\b", cells[0].source if cells else "")
    page.number = f"{title[1]}." if title else ""
    page.exercises = exercises(cells)
    for place, cell in enumerate(cells):
        if place in page.exercises:
            page.blocks.append(_begin(page.exercises[place]))
        elif cell.kind == "markdown":
            page.blocks.append(linked[place])
            cell.source = LABEL.sub(
                lambda match: _tag(page, match), plain(cell.source)
            )
        else:
            page.blocks += _cell(page, cell, source_url)
    return page


def _pieces(cells: list[Cell]) -> Iterator[dict[str, Any]]:
    """Yield what the cells tell of the pieces that they show."""
    for cell in cells:
        for output in cell.outputs:
            told = output.get("data", {}).get(MIME, {"kind": "text"})
            if told["kind"] in ("show", "recall"):
                yield told


def _tag(page: Page, match: re.Match[str]) -> str:
    """Label an equation; return its number as TeX has it."""
    called = match["called"].replace("'", "’")
    label = page.label("Equation", match["name"], called)
    return rf"\tag{{{label.partition(' ')[2]}}}"


def _cell(page: Page, cell: Cell, source_url: str) -> list[str]:
    """Return the blocks of Markdown that show a cell."""
    merged = _merged(cell.outputs)
    wide = " wide" if "wide" in cell.tags else ""
    outputs = [_output(page, out, source_url, wide) for out in merged]
    code = _fence(cell.source)
    if not cell.source.strip() or _only_loom(cell.source):
        return outputs
    if part_of(cell) == "solution":
        return [_fold("Solution", code, *outputs)]
    if part_of(cell) == "tests":  # they stand in the starter's fold
        return outputs
    for tag, summary in FOLDED.items():
        if tag in cell.tags:
            return [*outputs, _fold(summary, code)]
    return [code, *outputs]


def _fold(summary: str, *blocks: str, kind: str = "code") -> str:
    """Return what unfolds below its summary."""
    inside = "\n\n".join(blocks)
    return (
        f'<details class="{kind}" markdown="1">'
        f"<summary>{summary}</summary>\n\n{inside}\n\n</details>"
    )


def _begin(exercise: Exercise) -> str:
    """Return the fold with an exercise's starter, tests and file."""
    return _fold(
        "Starter and tests",
        _fence(exercise.starter),
        f'<p class="downloads">Done when these tests pass (<a href="'
        f'{exercise.file}" download>all of it as a file</a>):</p>',
        _fence(exercise.tests),
        kind="code starter",
    )


def _merged(outputs: list[Any]) -> list[Any]:
    """Join what was printed in pieces; where it broke is chance.

    A result that is displayed as nothing is left out.
    """
    merged: list[Any] = []
    for output in outputs:
        if output.get("data", {}).get("text/plain") == "":
            continue
        last = merged[-1]["output_type"] if merged else ""
        if output["output_type"] == last == "stream":
            text = merged[-1]["text"] + output["text"]
            merged[-1] = {**output, "text": text}
        else:
            merged.append(output)
    return merged


def _only_loom(code: str) -> bool:
    """Say whether code only asks for what the page shows anyway."""
    for node in ast.parse(code).body:
        match node:
            case ast.ImportFrom(module="weave"):
                pass
            case ast.Expr(ast.Call(ast.Name("show" | "recall"))):
                pass
            case _:
                return False
    return True


def _fence(code: str) -> str:
    """Return code as a fenced block, whatever fences it contains."""
    runs = re.findall(r"`{3,}", code)
    fence = "`" * (max(map(len, runs), default=2) + 1)
    return f"{fence}python\n{code}\n{fence}"


def _output(page: Page, output: Any, source_url: str, wide: str) -> str:
    """Return the Markdown of one output of a cell.

    A table of a cell tagged `wide` may be wider than the text.
    """
    if output["output_type"] == "stream":
        return page.aside(_printed(output["text"]))
    told = output["data"].get(MIME, {"kind": "text"})
    match told["kind"]:
        case "show" | "recall":
            return _piece(page, told, source_url)
        case "figure":
            caption = told["caption"]
            name = first_sentence(caption)
            label = page.label("Figure", told["name"], name)
            wide = " wide" if told["wide"] else ""
            data = output["data"]
            plot = svg.inline(
                data["image/svg+xml"], told["name"], data["text/plain"]
            )
            if wide:  # On a phone it keeps a legible size, and scrolls.
                plot = (
                    f'<div class="scroll" role="group" aria-label="{label}" '
                    f'tabindex="0">{plot}</div>'
                )
            return (
                f'<figure class="plot{wide}" id="fig-{told["name"]}" '
                f'markdown="1">\n\n{page.aside(plot)}\n\n'
                f"{_caption(label, caption)}\n</figure>"
            )
        case "table":
            return _table(page, told, wide)
    return page.aside(_printed(output["data"]["text/plain"]))


def _printed(text: str) -> str:
    return (
        '<pre class="output" role="group" aria-label="Output" tabindex="0">'
        f"{escape(text.rstrip())}</pre>"
    )


def _caption(label: str, text: str) -> str:
    return f'<figcaption markdown="span">**{label}.** {text}</figcaption>'


def _piece(page: Page, piece: dict[str, Any], source_url: str) -> str:
    """Return a piece of source under its name, file and lines."""
    name, first, last = piece["name"], piece["first"], piece["last"]
    module = name.partition(":")[0]
    lines = f"lines {first}–{last}" if first < last else f"line {first}"
    url = f"{source_url}{piece['file']}#L{first}-L{last}"
    where = f"[{_words(piece['file'])}, {lines}]({url})"
    row = page.rows.get(module, ())
    if piece["kind"] == "show":
        words = "-".join(re.findall(r"\w+", f"nn:{name}"))
        attributes, more = f' id="{words}"', ""
        around = _around(page, name, row)
    else:
        attributes, around = "", ""
        more = ", once more" + _first(row, last)
    if pointed := page.lines.pointed.pop(name, None):
        numbers = " ".join(map(str, sorted(pointed)))
        attributes += f' data-lines="{module} {first} {numbers}"'
    return (
        f'<figure class="piece"{attributes} markdown="1">\n'
        f'<figcaption markdown="span">**{_called(name)}** '
        f"{where}{more}</figcaption>\n\n{_fence(piece['text'])}\n\n"
        f"{around}</figure>"
    )


def _words(code: str) -> str:
    """Return a name of Python as Markdown."""
    return code.replace("_", r"\_")


def _called(name: str) -> str:
    """Return what the book calls a piece."""
    inside = name.partition(":")[2]
    if not inside:
        return "Opening"
    return _words(f"class {inside[:-1]}" if inside[-1] == "." else inside)


def _chapter(place: Place) -> str:
    """Return what the book calls the page of a place."""
    number = re.match(r"\d+", place.title)
    return f"chapter {number[0]}" if number else place.title


def _first(row: Sequence[Shown], line: int) -> str:
    """Return the link from a piece shown again to its first place."""
    for shown in row:
        if line <= shown.last:
            place = shown.place
            link = f"{place.chapter.name}#{place.anchor}"
            return f", first in [{_chapter(place)}]({link})"
    return ""


def _around(page: Page, name: str, row: Sequence[Shown]) -> str:
    """Return a module's length with the piece in it, and its neighbours."""
    names = [shown.name for shown in row]
    if name not in names or len(row) == 1:
        return ""
    place = names.index(name)
    here = row[place]
    bar = (
        f'<svg class="part" viewBox="0 0 {row[-1].last} 1" '
        'preserveAspectRatio="none" aria-hidden="true">'
        f'<path d="M{here.first - 1} 0H{here.last}V1H{here.first - 1}"/></svg>'
    )
    links = [
        f"{_neighbour(shown, here)}{{ .{side} }}"
        for shown, side in [
            *((shown, "before") for shown in row[:place][-1:]),
            *((shown, "after") for shown in row[place + 1 :][:1]),
        ]
    ]
    return (
        f'{page.aside(bar)}\n\n<p class="around" markdown="span">'
        f"{' '.join(links)}</p>\n\n"
    )


def _neighbour(shown: Shown, here: Shown) -> str:
    """Return a link to a piece, with its chapter if that is another."""
    link = f"#{shown.place.anchor}"
    if shown.place.chapter == here.place.chapter:
        return f"[{_called(shown.name)}]({link})"
    return (
        f"[{_called(shown.name)}, {_chapter(shown.place)}]"
        f"({shown.place.chapter.name}{link})"
    )


def _table(page: Page, told: dict[str, Any], wide: str) -> str:
    """Return a table, which Markdown renders, under its caption."""
    name = first_sentence(told["caption"])
    label = page.label("Table", told["name"], name)
    anchor = f' id="tab-{told["name"]}"' if told["name"] else ""
    rule = [{"l": ":--", "c": ":-:", "r": "--:"}[a] for a in told["align"]]
    rows = [list(map(_guard, row)) for row in told["rows"]]
    head = list(map(_guard, told["header"]))
    lines = [f"| {' | '.join(row)} |" for row in [head, rule, *rows]]
    return (
        f'<figure class="table{wide}"{anchor} markdown="1">\n'
        f"{_caption(label, told['caption'])}\n\n"
        + "\n".join(lines)
        + "\n\n</figure>"
    )


def _guard(cell: str) -> str:
    """Protect the bars in a cell from being read as its borders."""
    mathematics = re.compile(r"\$[^$]+\$")
    cell = mathematics.sub(lambda m: m[0].replace("|", r"\vert{}"), cell)
    return cell.replace("|", "&#124;")


def notebook(cells: list[Cell]) -> str:
    """Return the chapter as a Jupyter notebook with its outputs."""
    made: list[dict[str, Any]] = []
    for number, cell in enumerate(cells, 1):
        made.append(
            {
                "cell_type": cell.kind,
                "id": f"cell-{number}",
                "metadata": {"tags": cell.tags},
                "source": cell.source,
            }
        )
        if cell.kind == "code":
            made[-1]["execution_count"] = None
            made[-1]["outputs"] = [_public(out) for out in cell.outputs]
    kernel = {
        "display_name": "Python 3",
        "language": "python",
        "name": "python3",
    }
    result = {
        "cells": made,
        "metadata": {"kernelspec": kernel},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(result, indent=1, ensure_ascii=False) + "\n"


def _public(output: dict[str, Any]) -> dict[str, Any]:
    """Return an output without what only the loom understands."""
    if "data" not in output:
        return output
    data = {k: v for k, v in output["data"].items() if k != MIME}
    return {**output, "data": data}
