"""Do the chapters' assertions hold with another machine's arithmetic?

`make elsewhere` runs each chapter as it is run here, with two threads where
the book takes one, and with the routines of older processors, whose sums
are rounded in another order. It tells how many of the numbers in the prose
come out otherwise, and fails if an assertion does. What has run is kept, so
it can be stopped and begun again.
"""

from __future__ import annotations

import os
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy
from threadpoolctl import threadpool_info

from weave.cells import Cell, WeaveError
from weave.execute import execute
from weave.run import ENVIRONMENT

ROOT = Path(__file__).parent.parent
THREADS = "MKL_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"


def processor(name: str, lacks: str) -> dict[str, str]:
    """Return what makes OpenBLAS and NumPy compute as on a processor."""
    simd = numpy.show_config(mode="dicts")["SIMD Extensions"]
    off = [part for part in simd.get("found", []) if re.match(lacks, part)]
    return {
        "OPENBLAS_CORETYPE": name,
        "NPY_DISABLE_CPU_FEATURES": " ".join(off),
    }


SETTINGS = {
    "here": {},
    "two threads": dict.fromkeys(THREADS, "2"),
    # Of 2013, half as wide as what came later.
    "Haswell": processor("Haswell", "AVX512|X86_V4"),
    # Of 2008, half as wide again, and no fused products.
    "Nehalem": processor("Nehalem", ""),
}


def numbers(cells: list[Cell]) -> list[str]:
    """Return the numbers in a chapter's prose."""
    return [number for cell in cells for number in cell.numbers]


def compare(path: Path) -> tuple[str, list[str]]:
    """Return what a chapter's numbers do elsewhere, and its faults."""
    told, faults = [f"{path.stem:16}"], []
    usual: list[str] = []
    for name, setting in SETTINGS.items():
        try:
            found = numbers(execute(path, ROOT, ENVIRONMENT | setting))
        except WeaveError as error:
            faults.append(f"{name}: {error}")
            told.append(f"{name}: fails")
            continue
        usual = usual or found
        pairs = zip(usual, found, strict=True)
        other = sum(here != there for here, there in pairs)
        told.append(f"{name}: {other} of {len(found)} other")
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
