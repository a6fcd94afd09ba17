"""Find what a chapter gave the last time, or run it.

The outputs are kept in .cache/weave under their `key`, with the digests
of the files that the chapter has read. If one of these has changed the
chapter runs again, and so it does if what is kept cannot be read.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from weave import inline
from weave.cells import Cell, noted, read
from weave.key import introduced, key
from weave.run import ENVIRONMENT, run


def execute(
    path: Path,
    root: Path,
    environment: dict[str, str] = ENVIRONMENT,
    writing: bool = False,
) -> list[Cell]:
    """Return the cells of a chapter with their outputs.

    `root` holds the package `nn` and the cache. Numbers have been put
    into the prose. A cell that fails or writes to stderr is an error; of
    one that did not run, for want of a package, a note tells. While
    somebody is `writing`, a chapter that reads what they write does not
    run for each of their words.
    """
    cells = read(path)
    allowed = introduced(path)
    name = key(cells, root / "nn", allowed, environment)
    kept = root / ".cache" / "weave" / f"{path.stem}-{name}.json"
    outputs = _find(kept, len(cells), None if writing else root)
    if outputs is None:
        outputs, reads = run(path.name, cells, root, allowed, environment)
        digests = {name: digest(root / name) for name in reads}
        _keep(kept, {"reads": digests, "outputs": outputs})
    for cell, output in zip(cells, outputs, strict=True):
        if cell.kind == "code":
            cell.outputs = output
        elif output:
            cell.fill(inline.values(output))
    return noted(cells)


def _find(kept: Path, count: int, root: Path | None) -> list[Any] | None:
    """Return what was kept of `count` cells, if it is there, whole and true.

    True it is if what was read below `root` has not changed since.
    """
    try:
        found = json.loads(kept.read_text("utf-8"))
        outputs: list[Any] = found["outputs"]
        reads = found["reads"].items()
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return None
    fresh = not root or all(digest(root / n) == known for n, known in reads)
    return outputs if fresh and len(outputs) == count else None


def _keep(kept: Path, found: dict[str, Any]) -> None:
    """Write a file in one step: it is there as a whole or not at all."""
    kept.parent.mkdir(parents=True, exist_ok=True)
    partial = kept.with_suffix(f".{os.getpid()}")
    partial.write_text(json.dumps(found), "utf-8")
    partial.replace(kept)


def digest(path: Path) -> str | None:
    """Return a digest of a file, or of the names in a folder."""
    if path.is_dir():
        content = "\n".join(sorted(os.listdir(path))).encode()
    elif path.is_file():
        content = path.read_bytes()
    else:
        return None
    return hashlib.sha256(content).hexdigest()[:24]
