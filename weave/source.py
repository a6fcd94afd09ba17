"""Pieces of source by name, and the check that the book shows them all.

A name is a module and, after a colon, what is meant inside it:

    "layers:"               the module up to its first definition
    "layers:relu"           a function, a whole class or an assignment
    "layers:Dense."         a class up to its first method
    "layers:Dense.forward"  a method, or an assignment in a class body

The pieces of a module cover it without gaps or overlaps: comments above
a statement belong to it, and a statement without a name of its own
belongs to the piece before it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

DEFINITION = (ast.FunctionDef, ast.ClassDef)


@dataclass(frozen=True)
class Piece:
    """Lines `first` to `last` (counted from 1) of the file `file`."""

    name: str
    file: str
    first: int
    last: int
    text: str


def pieces(path: Path) -> dict[str, tuple[int, int]]:
    """Return the first and last line of every piece of a module."""
    source = path.read_text("utf-8")
    body = ast.parse(source, str(path)).body
    end = len(source.splitlines())
    spans = _spans(body, "", (1, end), 1)
    for node in body:
        if isinstance(node, ast.ClassDef):
            inner = _spans(
                node.body, f"{node.name}.", spans[node.name], _top(node.body)
            )
            spans |= inner
    return spans


def _top(body: list[ast.stmt]) -> int:
    """Return the line where `body` begins, decorators included."""
    first = body[0]
    decorators = first.decorator_list if isinstance(first, DEFINITION) else []
    return min([first.lineno, *(node.lineno for node in decorators)])


def _spans(
    body: list[ast.stmt], head: str, span: tuple[int, int], top: int
) -> dict[str, tuple[int, int]]:
    """Cut the lines `span`, which hold `body` from line `top` on.

    The piece called `head` is the opening. It ends where the first
    function or class begins; from there on assignments are pieces too.
    """
    first, last = span
    starts = {head: first}
    inside: dict[str, tuple[int, int]] = {}
    opening, previous = True, top - 1
    for node in body:
        opening = opening and not isinstance(node, DEFINITION)
        names = [head + name for name in _names(node)]
        end = node.end_lineno or node.lineno
        if opening:
            inside |= dict.fromkeys(names, (node.lineno, end))
        elif names and names[0] not in starts:
            starts[names[0]] = previous + 1
        previous = end
    cuts = [*starts.values(), last + 1]
    spans = zip(starts, cuts, cuts[1:], strict=False)
    return inside | {n: (a, b - 1) for n, a, b in spans if a < b}


def _names(node: ast.stmt) -> list[str]:
    """Return the names that a statement binds, if it has a plain one."""
    match node:
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            return [name]
        case ast.Assign():
            return [t.id for t in node.targets if isinstance(t, ast.Name)]
        case ast.AnnAssign(target=ast.Name(id=name)):
            return [name]
    return []


def find(name: str, package: Path) -> Piece:
    """Return the piece called `name`, without the blank lines above it."""
    module, colon, _ = name.partition(":")
    path = package / f"{module}.py"
    if not colon or not path.is_file():
        known = ", ".join(f"{p.stem}:" for p in sorted(package.glob("*.py")))
        raise ValueError(f"no piece {name!r}; the modules are {known}")
    spans = {f"{module}:{key}": span for key, span in pieces(path).items()}
    if name not in spans:
        raise ValueError(f"no piece {name!r}; there are {', '.join(spans)}")
    first, last = spans[name]
    lines = path.read_text("utf-8").splitlines()
    while not lines[first - 1].strip():
        first += 1
    text = "\n".join(lines[first - 1 : last])
    return Piece(name, f"{package.name}/{path.name}", first, last, text)


def calls(code: str, *functions: str) -> Iterator[tuple[str, int]]:
    """Yield name and line of each piece that `code` asks for.

    `functions` are the calls to look for, `show` and `recall` say. Their
    argument has to be a plain string, so that it can be read here.
    """
    for node in ast.walk(ast.parse(code)):
        match node:
            case ast.Call(func=ast.Name(id=called)) if called in functions:
                match node.args:
                    case [ast.Constant(value=str(name))]:
                        yield name, node.lineno
                    case _:
                        raise ValueError(
                            f"line {node.lineno}: {called}() takes one "
                            "name, written as a plain string"
                        )


def unshown(chapters: Iterable[Path], package: Path) -> list[str]:
    """Return what keeps the book from showing each line exactly once.

    `chapters` are read for their `show` calls. The list is empty if every
    non-blank line of every module is shown in exactly one place.
    """
    shown: dict[Path, dict[int, list[str]]] = {
        path: {
            number: []
            for number, line in enumerate(
                path.read_text("utf-8").splitlines(), 1
            )
            if line.strip()
        }
        for path in sorted(package.glob("*.py"))
    }
    for chapter in chapters:
        for name, line in calls(chapter.read_text("utf-8"), "show"):
            piece = find(name, package)
            lines = shown[package / f"{name.partition(':')[0]}.py"]
            for number in range(piece.first, piece.last + 1):
                if number in lines:
                    lines[number].append(f"{chapter.name}:{line}")
    faults = []
    for path, lines in shown.items():
        for number, places in lines.items():
            where = f"{package.name}/{path.name}:{number}"
            if not places:
                faults.append(f"{where}: not shown")
            elif len(places) > 1:
                faults.append(f"{where}: shown in {' and '.join(places)}")
    return faults
