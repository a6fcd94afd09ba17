"""Do the chapters' assertions hold with another machine's arithmetic?

`make elsewhere` runs each chapter with two threads where the book takes
one, and with the routines of an older processor, whose sums are rounded
in another order. It tells how many of the numbers in the prose come out
otherwise, and fails if an assertion does. What has run is kept, so it can
be stopped and begun again.
"""

from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from threadpoolctl import threadpool_info

from weave.cells import Cell, WeaveError
from weave.execute import execute
from weave.run import ENVIRONMENT

ROOT = Path(__file__).parent.parent
THREADS = "MKL_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"
OLDER = "Nehalem"  # of 2008: half as wide, and no fused products
SETTINGS = {
    "two threads": dict.fromkeys(THREADS, "2"),
    f"as on {OLDER}": {"OPENBLAS_CORETYPE": OLDER},
}


def numbers(cells: list[Cell]) -> list[str]:
    """Return the numbers in a chapter's prose."""
    return [number for cell in cells for number in cell.numbers]


def compare(path: Path) -> tuple[str, list[str]]:
    """Return what a chapter's numbers do elsewhere, and its faults."""
    usual = numbers(execute(path, ROOT))
    told, faults = [f"{path.stem:16}{len(usual):4} numbers"], []
    for name, setting in SETTINGS.items():
        try:
            cells = execute(path, ROOT, ENVIRONMENT | setting)
        except WeaveError as error:
            faults.append(f"{name}: {error}")
            told.append(f"{name}: fails")
            continue
        pairs = zip(usual, numbers(cells), strict=True)
        other = sum(here != there for here, there in pairs)
        told.append(f"{name}: {other} other")
    return "   ".join(told), faults


def main(names: list[str]) -> int:
    libraries = {info["internal_api"] for info in threadpool_info()}
    if "openblas" not in libraries:
        print("NumPy does not compute with OpenBLAS here; nothing to compare")
        return 1
    paths = [
        path
        for path in sorted((ROOT / "docs").glob("*.py"))
        if not names or path.stem in names
    ]
    faults = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for told, found in pool.map(compare, paths):
            print(told, flush=True)
            faults += found
    print(*faults, sep="\n")
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
