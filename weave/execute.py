"""Run a chapter in a fresh kernel, or find what it gave the last time.

Outputs are kept in a cache. Its key is all that can change them: the
code (and the expressions in the prose), the modules of `nn` that the
chapter reaches, the files in docs/assets that it names, the loom's part
in the kernel, the versions. Prose is
not in the key, so rewriting a sentence runs nothing.

A cell says which packages it needs besides those of every chapter,
`# %% needs=["torch"]`. Where one is missing the cell does not run. Its
code stays on the page, a text with numbers from such a run does not, and
a note says what was left out.
"""

from __future__ import annotations

import ast
import asyncio
import hashlib
import json
import os
import platform
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import metadata
from itertools import groupby
from pathlib import Path
from typing import Any

import jupytext
import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError

from weave import inline, source

LOOM = Path(__file__).resolve().parent
IN_KERNEL = "chapter", "execute", "figures", "inline", "palette", "source"
DATA = re.compile(r"\bdocs/assets/[\w-]+\.\w+")
PACKAGES = "numpy", "matplotlib", "scikit-learn", "ipykernel"
ENVIRONMENT = {
    "MKL_NUM_THREADS": "1",
    "MPLBACKEND": "agg",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
    "TQDM_DISABLE": "1",
}


class WeaveError(Exception):
    """A fault in a chapter; the message says where and what."""


@dataclass
class Cell:
    """A cell of a chapter, and what came out of it."""

    kind: str
    source: str
    tags: list[str]
    outputs: list[Any] = field(default_factory=list)
    needs: list[str] = field(default_factory=list)

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


def execute(path: Path, root: Path) -> list[Cell]:
    """Return the cells of a chapter with their outputs.

    `root` holds the package `nn` and the cache. Numbers have been put
    into the prose. A cell that fails or writes to stderr is an error; of
    one that did not run, for want of a package, a note tells.
    """
    cells = read(path)
    store = root / ".cache" / "weave"
    kept = store / f"{path.stem}-{key(cells, root / 'nn')}.json"
    if kept.exists():
        outputs = json.loads(kept.read_text("utf-8"))
    else:
        outputs = _run(path.name, cells, root)
        store.mkdir(parents=True, exist_ok=True)
        partial = kept.with_suffix(f".{os.getpid()}")
        partial.write_text(json.dumps(outputs), "utf-8")
        partial.replace(kept)
    for cell, output in zip(cells, outputs, strict=True):
        if cell.kind == "code":
            cell.outputs = output
        elif output:
            found = inline.values(output)
            cell.source = inline.fill(cell.source, found)
    return _noted(cells)


def _noted(cells: list[Cell]) -> list[Cell]:
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


def _run(name: str, cells: list[Cell], root: Path) -> list[Any]:
    """Return the outputs of each cell, from a kernel started for it."""
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(cell.code) for cell in cells]
    )
    now = 0

    def note(cell: object, cell_index: int) -> None:
        nonlocal now
        now = cell_index

    client = NotebookClient(
        notebook,
        timeout=None,
        kernel_name="python3",
        allow_errors=False,
        on_cell_start=note,
        extra_arguments=[
            "--log-level=ERROR",
            "--HistoryManager.hist_file=:memory:",
        ],
        resources={"metadata": {"path": str(root)}},
    )
    paths = os.pathsep.join([str(root), str(LOOM.parent)])
    environment = os.environ | ENVIRONMENT | {"PYTHONPATH": paths}
    try:
        asyncio.run(client.async_execute(env=environment))
    except CellExecutionError as error:
        told = f"{error.ename}: {error.evalue}"
        raise WeaveError(_where(name, now, cells) + told) from None
    except DeadKernelError:
        told = "the kernel died"
        raise WeaveError(_where(name, now, cells) + told) from None
    for number, cell in enumerate(notebook.cells):
        for output in cell.outputs:
            if output.get("name") == "stderr":
                told = f"wrote to stderr: {output.text.strip()}"
                raise WeaveError(_where(name, number, cells) + told)
    return [cell.outputs for cell in notebook.cells]


def _where(name: str, index: int, cells: list[Cell]) -> str:
    line = cells[index].source.strip().partition("\n")[0]
    return f"{name}, cell {index + 1} ({line}): "


def key(cells: list[Cell], package: Path) -> str:
    """Return a digest of all that the outputs of `cells` depend on."""
    code = "\n".join(cell.source for cell in cells if cell.kind == "code")
    files = [
        *reached(code, package),
        *(LOOM / f"{module}.py" for module in IN_KERNEL),
        LOOM / "book.mplstyle",
    ]
    named = [package.parent / name for name in sorted(set(DATA.findall(code)))]
    files += [path for path in named if path.is_file()]
    facts = [
        [cell.code for cell in cells],
        [[file.name, file.read_text("utf-8")] for file in files],
        [platform.python_version(), platform.machine(), platform.system()],
        [metadata.version(package) for package in PACKAGES],
        ENVIRONMENT,
    ]
    if needs := sorted({name for cell in cells for name in cell.needs}):
        facts.append([[name, version(name)] for name in needs])
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:24]


def reached(code: str, package: Path) -> list[Path]:
    """Return the files of `package` that `code` imports or shows.

    Imports are followed from module to module; `from nn import Dense`
    leads to the module that defines it. Where that cannot be told, all
    files count.
    """
    everything = sorted(package.glob("*.py"))
    exports = exported(package / "__init__.py")
    found: set[str] = {"__init__"}
    try:
        names = [name for name, _ in source.calls(code, "show", "recall")]
        new = {name.partition(":")[0] for name in names}
        new |= set(_imports(ast.parse(code), package, exports))
        while new := new - found:
            found |= new
            new = {
                name
                for module in new
                for name in _imports(
                    ast.parse((package / f"{module}.py").read_bytes()),
                    package,
                    exports,
                )
            }
    except (LookupError, OSError, SyntaxError, ValueError):
        return everything
    return [path for path in everything if path.stem in found]


def exported(init: Path) -> dict[str, str]:
    """Return the names that the package exports, each with its module."""
    return {
        alias.name: node.module.rpartition(".")[2]
        for node in ast.parse(init.read_bytes()).body
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    }


def _imports(
    tree: ast.AST, package: Path, exports: dict[str, str]
) -> Iterator[str]:
    """Yield the modules of `package` that `tree` imports.

    Raises LookupError if that cannot be told.
    """
    for node in ast.walk(tree):
        match node:
            case ast.Import():
                for alias in node.names:
                    if alias.name.partition(".")[0] == package.name:
                        raise LookupError(alias.name)
            case ast.ImportFrom(level=level):
                full = [package.name] * level + [node.module or ""]
                top, _, module = ".".join(filter(None, full)).partition(".")
                if top == package.name and module:
                    yield module
                elif top == package.name:
                    for alias in node.names:
                        yield exports[alias.name]
