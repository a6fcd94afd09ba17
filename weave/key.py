"""What the outputs of a chapter depend on, as a key for keeping them.

In the key are the code and the expressions in the prose, the modules of
`nn` that the chapter reaches, the loom's part in the kernel, Python and
the packages that the chapter imports, and the arithmetic of the machine.
Prose is not, so rewriting a sentence runs nothing. Files that a chapter
reads while it runs are not known before; `execute` keeps their digests
beside the outputs.
"""

from __future__ import annotations

import ast
import hashlib
import json
import os
import platform
import re
from collections.abc import Iterator
from functools import cache
from importlib import metadata
from pathlib import Path

import numpy
from threadpoolctl import threadpool_info

from weave import source
from weave.cells import Cell, version
from weave.run import ENVIRONMENT

LOOM = Path(__file__).resolve().parent
# The loom's part in the kernel is what this reaches.
IN_KERNEL = """
from weave.chapter import show
from weave.inline import evaluate
from weave.kernel import begin
from weave.run import run
"""
PACKAGES = {"numpy", "matplotlib", "ipykernel"}  # in every kernel
HEADING = re.compile(r"^# # (\d+) · ", re.MULTILINE)


def key(
    cells: list[Cell],
    package: Path,
    introduced: list[str] | None = None,
    environment: dict[str, str] = ENVIRONMENT,
) -> str:
    """Return a digest of all that the outputs of `cells` depend on.

    All but the files that the chapter will read. `introduced` are the
    modules that it may import, `environment` the kernel's variables.
    """
    code = "\n".join(cell.source for cell in cells if cell.kind == "code")
    loom = reached(IN_KERNEL + code, LOOM, shows=False)
    needs = {name for cell in cells for name in cell.needs}
    facts = [
        [cell.code for cell in cells],
        [[f.name, f.read_text("utf-8")] for f in reached(code, package)],
        [[f.name, _without_words(f.read_text("utf-8"))] for f in loom],
        (LOOM / "book.mplstyle").read_text("utf-8"),
        [platform.python_version(), platform.machine(), platform.system()],
        [[name, version(name)] for name in sorted(packages(code) | needs)],
        arithmetic(),
        introduced,
        environment,
    ]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:24]


def _without_words(code: str) -> str:
    """Return what a module does, whatever its comments say."""
    tree = ast.parse(code)
    for node in ast.walk(tree):
        match node:
            case (
                ast.Module(body=body)
                | ast.ClassDef(body=body)
                | ast.FunctionDef(body=body)
            ) if ast.get_docstring(node) is not None:
                del body[0]
    return ast.dump(tree)


@cache
def arithmetic() -> list[str]:
    """Return for which processor NumPy computes.

    That is, what its own loops make use of, and for which its linear algebra
    is made. Other packages bring libraries of their own, and load them later.
    """
    loops = numpy.show_config(mode="dicts")["SIMD Extensions"]
    # Its libraries are in its folder, or beside it.
    home = os.path.realpath(numpy.__path__[0])
    return loops.get("found", []) + sorted(
        info.get("architecture", "")
        for info in threadpool_info()
        if info["filepath"].startswith(home)
    )


@cache
def providers() -> dict[str, list[str]]:
    """Return which packages provide a module, by its name."""
    return dict(metadata.packages_distributions())


def packages(code: str) -> set[str]:
    """Return the packages that `code` imports, as they are installed."""
    try:
        tree = ast.parse(code)
    except SyntaxError:
        return PACKAGES
    names = {
        name
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    tops = {name.partition(".")[0] for name in names}
    return PACKAGES.union(*(providers().get(top, []) for top in tops))


def introduced(path: Path) -> list[str] | None:
    """Return the modules of `nn` that the book has shown by then.

    Chapters stand in the order of their numbers. The cover, chapter 0
    and what has no number look ahead; for them the answer is None.
    """
    own = number(path)
    if own < 1:
        return None
    return sorted(
        {
            name.partition(":")[0]
            for other in path.parent.glob("*.py")
            if 0 <= number(other) <= own
            for name, _ in source.calls(other.read_text("utf-8"), "show")
        }
    )


def number(chapter: Path) -> int:
    """Return the number of a chapter, or -1 if it has none."""
    found = HEADING.search(chapter.read_text("utf-8"))
    return int(found[1]) if found else -1


def reached(code: str, package: Path, shows: bool = True) -> list[Path]:
    """Return the files of `package` that `code` imports or shows.

    Imports are followed from module to module; `from nn import Dense`
    leads to the module that defines it. Where that cannot be told, all
    files count.
    """
    modules = {
        ".".join(path.relative_to(package).with_suffix("").parts): path
        for path in sorted(package.rglob("*.py"))
    }
    exports = exported(package / "__init__.py")
    found: set[str] = {"__init__"}
    try:
        new = set(imports(ast.parse(code), package, exports))
        if shows:
            names = [name for name, _ in source.calls(code, "show", "recall")]
            new |= {name.partition(":")[0] for name in names}
        while new := new - found:
            found |= new
            new = {
                name
                for module in new
                for name in imports(
                    ast.parse(modules[module].read_bytes()), package, exports
                )
            }
    except (LookupError, SyntaxError, ValueError):
        return list(modules.values())
    return [path for name, path in modules.items() if name in found]


def exported(init: Path) -> dict[str, str]:
    """Return the names that the package exports, each with its module."""
    return {
        alias.name: node.module.rpartition(".")[2]
        for node in ast.parse(init.read_bytes()).body
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    }


def imports(
    tree: ast.AST, package: Path, exports: dict[str, str]
) -> Iterator[str]:
    """Yield the modules of `package` that `tree` imports.

    What cannot be told is the module `*`.
    """
    for node in ast.walk(tree):
        match node:
            case ast.Import():
                for alias in node.names:
                    if alias.name.partition(".")[0] == package.name:
                        yield "*"
            case ast.ImportFrom(level=level):
                full = [package.name] * level + [node.module or ""]
                top, _, module = ".".join(filter(None, full)).partition(".")
                if top == package.name and module:
                    yield module
                elif top == package.name:
                    for alias in node.names:
                        yield exports.get(alias.name, alias.name)
