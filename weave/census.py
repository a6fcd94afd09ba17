"""What the book consists of, counted: for the page on how it is built."""

from __future__ import annotations

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path

from weave import inline
from weave.cells import read
from weave.exercises import exercises

FORMULA = re.compile(r"(?s)(\$\$?).+?\1")


def census(root: Path) -> dict[str, int]:
    """Return how much of everything there is, by name.

    Lines are counted if they are not blank. A test is a function; many
    run several times, with other arguments.
    """
    total: Counter[str] = Counter()
    for folder in ("nn", "weave", "tests", "docs"):
        for path in sorted((root / folder).glob("*.py")):
            total += _counts(folder, path, path.stat().st_mtime_ns)
    return dict(total)


@cache
def _counts(folder: str, path: Path, changed: int) -> Counter[str]:
    """Count one file; `changed` tells when it was written."""
    text = path.read_text("utf-8")
    lines = [line for line in text.splitlines() if line.strip()]
    found = Counter({f"lines of {folder}": len(lines)})
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.FunctionDef(name=name) if folder == "tests":
                found["tests"] += name.startswith("test_")
            case ast.Assert() if folder == "docs":
                found["assertions"] += 1
            case ast.Call(func=ast.Name(id="show")) if folder == "docs":
                found["pieces"] += 1
            case ast.Call(func=ast.Name(id="figure" | "table" as name)) if (
                folder == "docs"
            ):
                found[f"{name}s"] += 1
            case ast.Constant(value=str(words)) if folder == "nn":
                found["doctests"] += ">>> " in words
    if folder == "docs":
        cells = read(path)
        prose = [c.source for c in cells if c.kind == "markdown"]
        found["exercises"] = len(exercises(cells))
        found["numbers"] = sum(len(inline.fields(text)) for text in prose)
        found["formulas"] = sum(len(FORMULA.findall(t)) for t in prose)
    return found
