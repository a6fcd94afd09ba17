"""Run a chapter in a fresh kernel."""

from __future__ import annotations

import asyncio
import json
import os
import re
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError

from weave.cells import Cell, WeaveError

# In a traceback the outermost call comes first.
LINE = re.compile(r"In\[\d+\], line (\d+)")
COLOUR = re.compile(r"\x1b\[[\d;]*m")
LOOM = Path(__file__).resolve().parent
ENVIRONMENT = {
    "MKL_NUM_THREADS": "1",
    "MPLBACKEND": "agg",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    # Python takes a compiled file for fresh if the source has the same size
    # and second, and so may miss an edit.
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONHASHSEED": "0",
    "TQDM_DISABLE": "1",
}
# Of the caller's variables a kernel has only those that begin so: no
# other can change what it prints.
INHERITED = (
    "HOME", "JUPYTER_", "LANG", "LC_", "LD_LIBRARY_PATH", "NN_DATA", "PATH",
    "TEMP", "TMP", "USER", "XDG_",
)  # fmt: skip


def run(
    name: str,
    cells: list[Cell],
    root: Path,
    introduced: list[str] | None = None,
    environment: dict[str, str] = ENVIRONMENT,
) -> tuple[list[Any], list[str]]:
    """Return the outputs of each cell, and which files were read.

    `root` is the folder of the book, and the kernel's. `introduced` are
    the modules of `nn` that the chapter may import; None means all.
    """
    begin = f"from weave import kernel as _; _.begin({introduced!r}); del _"
    end = "from weave import kernel; kernel.end()"
    notebook = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_code_cell(code)
            for code in [begin, *(cell.code for cell in cells), end]
        ]
    )
    now = -1

    def note(cell: object, cell_index: int) -> None:
        nonlocal now
        now = cell_index - 1

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
    inherited = {
        variable: value
        for variable, value in os.environ.items()
        if variable.startswith(INHERITED)
    }
    paths = os.pathsep.join([str(root), str(LOOM.parent)])
    variables = inherited | environment | {"PYTHONPATH": paths}
    try:
        asyncio.run(client.async_execute(env=variables))
    except CellExecutionError as error:
        told = f"{error.ename}: {error.evalue}"
        line = LINE.search(COLOUR.sub("", error.traceback))
        at = int(line[1]) if line else 0
        raise WeaveError(_where(name, now, cells, at) + told) from None
    except DeadKernelError:
        told = "the kernel died"
        raise WeaveError(_where(name, now, cells) + told) from None
    _, *outputs, last = (cell.outputs for cell in notebook.cells)
    for number, output in enumerate(outputs):
        for part in output:
            if part.get("name") == "stderr":
                told = f"wrote to stderr: {part.text.strip()}"
                raise WeaveError(_where(name, number, cells) + told)
    return outputs, json.loads(last[0]["text"])


def _where(name: str, index: int, cells: list[Cell], at: int = 0) -> str:
    """Say what runs; before the cells and after them the loom has its own.

    `at` is the line of code, counted from 1; else it is the cell's first.
    """
    if index < 0:
        return f"{name}, before its first cell: "
    if index == len(cells):
        return f"{name}, after its last cell: "
    source = cells[index].source
    if not at or cells[index].kind != "code":
        source, at = source.strip(), 1
    line = source.split("\n")[at - 1].strip()
    return f"{name}, cell {index + 1} ({line}): "
