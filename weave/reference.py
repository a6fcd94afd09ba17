"""The API reference: what mkdocstrings is asked for, name by name.

It says what each name of `nn` is called with, and what its docstring
tells. The source stands in the chapters, so a link leads there.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

from weave.key import exported
from weave.package import Place, order, places
from weave.source import DEFINITION


def page(package: Path, chapters: Iterable[Path]) -> str:
    """Return the Markdown that asks for every public name, once."""
    shown = places(chapters, package)
    exports = exported(package / "__init__.py")
    blocks: list[str] = []
    for path in order(package)[:-1]:
        module = f"{package.name}.{path.stem}"
        blocks += [_ask(module, 2), *_link(shown, f"{path.stem}:")]
        for node in _public(path, exports):
            name = f"{module}.{node.name}"
            blocks += [
                _ask(name, 3),
                *_link(shown, f"{path.stem}:{node.name}"),
                *(_ask(f"{name}.{method}", 4) for method in _methods(node)),
            ]
    return "\n\n".join(blocks) + "\n"


def _ask(name: str, level: int) -> str:
    """Return the request for one entry; a method's is a single line."""
    lines = [f"::: {name}", "options:", f"  heading_level: {level}"]
    if level == 4:
        lines.append("  separate_signature: false")
    return "\n    ".join(lines)


def _link(shown: dict[str, Place], name: str) -> list[str]:
    """Return the line that leads to where the book shows `name`."""
    place = shown.get(name) or shown.get(f"{name}.")
    return [f"Line by line in {place.link}.\n{{ .place }}"] if place else []


def _public(
    path: Path, exports: Iterable[str]
) -> Iterator[ast.FunctionDef | ast.ClassDef]:
    """Yield what the package exports of a module, and the bases of that."""
    body = ast.parse(path.read_bytes()).body
    made = [node for node in body if isinstance(node, DEFINITION)]
    bases = {
        base.id
        for node in made
        if isinstance(node, ast.ClassDef) and node.name in exports
        for base in node.bases
        if isinstance(base, ast.Name)
    }
    yield from (node for node in made if node.name in {*exports, *bases})


def _methods(node: ast.FunctionDef | ast.ClassDef) -> list[str]:
    """Return the public methods of a class; a function has none."""
    inside = node.body if isinstance(node, ast.ClassDef) else []
    names = [n.name for n in inside if isinstance(n, ast.FunctionDef)]
    # A property that can be set is defined twice.
    return [n for n in dict.fromkeys(names) if not n.startswith("_")]
