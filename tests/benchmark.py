"""How fast `nn` learns beside others: `make bench` prints the tables, and
keeps what it measured for chapter 14 in docs/assets/benchmark.json.

In each round every contender in turn starts an epoch of MNIST and takes a
slice of its steps, so that a busy machine slows all of them alike. The time
of an epoch is the start's and as many slices' as make 60,000 digits; it is
the processor's time, which on one thread and a quiet machine is the clock's.
Ratios are taken within a round, and of them the median and the quartiles."""

import argparse
import json
import os
import platform
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date
from itertools import product
from pathlib import Path
from typing import Any

import contenders
import numpy as np
from threadpoolctl import threadpool_info

import nn
from nn.models import written_whole

RECORD = Path(__file__).parent.parent / "docs/assets/benchmark.json"
ROUNDS = 15  # fewer are for a look, and are not kept unless asked for
BATCHES = 32, 128, 512
# Who races.
RACE: dict[str, Callable[..., Iterator[None]]] = {
    "nn": contenders.ours,
    "PyTorch eager": contenders.pytorch,
    "scikit-learn": contenders.sklearn,
    "tutorial style": contenders.tutorial,
    "JAX, jitted loop": contenders.jitted,
    "bare products": contenders.products,
}
# What is asked of nn: its time over theirs, at most.
ASKED = {
    ("PyTorch eager", 32, "SGD"): 0.62,
    ("PyTorch eager", 32, "Adam"): 0.56,
    ("PyTorch eager", 128, "SGD"): 0.72,
    ("PyTorch eager", 128, "Adam"): 0.66,
    ("bare products", 128, "SGD"): 1.3,
}
for size, rule in product(BATCHES, contenders.LR):
    ASKED["scikit-learn", size, rule] = 0.7
    ASKED["tutorial style", size, rule] = 1 / 3.5
ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false",
}


def race(size: int, rule: str, rounds: int) -> dict[str, np.ndarray]:
    """Each contender's seconds for an epoch, one number a round."""
    (x, t), _ = nn.mnist()
    steps = 40 + 2000 // size
    racing, seconds = {}, {}
    for name, contender in RACE.items():
        with suppress(ImportError):
            epochs = contender(x, t, size, rule, steps)
            next(epochs), next(epochs)  # imports, compiles, warms up
            racing[name], seconds[name] = epochs, np.zeros(rounds)
    for i in range(rounds):
        for name in random.sample(list(racing), len(racing)):
            began = time.process_time()
            next(racing[name])
            ready = time.process_time()
            next(racing[name])
            run = time.process_time() - ready
            seconds[name][i] = ready - began + run * len(x) / (size * steps)
    return seconds


def table(rounds: int) -> dict[str, Any]:
    """Race in this process, with the kernel and the threads it has."""
    blas = next(b for b in threadpool_info() if b["user_api"] == "blas")
    print("## {internal_api} {version}, {architecture} kernel, "
          "{num_threads} thread\n".format(**blas))  # fmt: skip
    print("| batch, rule |", " | ".join(RACE), "|")
    print("|---" * (1 + len(RACE)) + "|")
    clock, busy = time.perf_counter(), time.process_time()
    rows = []
    for size, rule in product(BATCHES, contenders.LR):
        seconds = race(size, rule, rounds)
        row: dict[str, Any] = {"batch": size, "rule": rule, "times": {}}
        cells = [f"{size}, {rule}"]
        for name in RACE:
            cells.append("not installed")
            if name not in seconds:
                continue
            middle = float(np.median(seconds[name]))
            ratios = seconds["nn"] / seconds[name]
            low, ratio, high = np.quantile(ratios, (0.25, 0.5, 0.75)).tolist()
            row["times"][name] = {
                "seconds": round(middle, 4),
                "ratio": [round(r, 4) for r in (low, ratio, high)],
            }
            cells[-1] = f"{middle:.3f} s"
            if name != "nn":
                cells[-1] += f": **{ratio:.2f}** ({low:.2f} to {high:.2f})"
            most = ASKED.get((name, size, rule))
            if most:
                row["times"][name]["asked"] = round(most, 4)
                verdict = "≤" if ratio <= most else "not ≤"
                cells[-1] += f" {verdict} {most:.2f}"
        rows.append(row)
        print("|", " | ".join(cells), "|", flush=True)
    cores = (time.process_time() - busy) / (time.perf_counter() - clock)
    used = [sys.modules.get(m) for m in ("numpy", "torch", "sklearn", "jax")]
    versions = {m.__name__: m.__version__ for m in used if m}
    told = ", ".join(f"{name} {number}" for name, number in versions.items())
    print(f"\n{told}; {cores:.2f} cores kept busy\n", flush=True)
    return {
        "blas": f"{blas['internal_api']} {blas['version']}",
        "kernel": blas["architecture"],
        "threads": blas["num_threads"],
        "busy": round(cores, 3),
        "versions": versions,
        "rows": rows,
    }


def processor() -> str:
    """The processor's name, as the system gives it."""
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(": ")[1]
    return platform.processor() or platform.machine()


def main() -> None:
    parser = argparse.ArgumentParser(description="How fast nn learns.")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument(
        "--record",
        action=argparse.BooleanOptionalAction,
        help=f"keep the numbers for the book; usual from {ROUNDS} rounds on",
    )
    parser.add_argument(
        "--here", metavar="FILE", help="race in this process; numbers in FILE"
    )
    options = parser.parse_args()
    if options.here:
        Path(options.here).write_text(json.dumps(table(options.rounds)))
        return
    measured: dict[str, Any] = {
        "date": date.today().isoformat(),
        "processor": processor(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "rounds": options.rounds,
        "tables": [],
    }
    print("""# An epoch of 784-128-64-10 on MNIST

{date}, {processor}, {cores} cores, Python
{python}, medians of {rounds} rounds. Behind each
time stands nn's over it, with the quartiles, and what is asked.
""".format(**measured))  # fmt: skip
    given = os.environ.pop("OPENBLAS_CORETYPE", None)
    for kernel in (given, None) if given else (None, "Haswell"):
        pinned = {"OPENBLAS_CORETYPE": kernel} if kernel else {}
        print(f"OPENBLAS_CORETYPE: {kernel or 'not set'}\n", flush=True)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "table.json")
            command = [sys.executable, __file__, "--here", str(file)]
            command += ["--rounds", str(options.rounds)]
            environment = os.environ | ONE_THREAD | pinned
            subprocess.run(command, env=environment, check=True)
            numbers = json.loads(file.read_text())
        measured["tables"].append({"pinned": kernel} | numbers)
    keep = options.rounds >= ROUNDS
    if keep if options.record is None else options.record:
        with written_whole(RECORD) as kept:
            kept.write(json.dumps(measured, indent=1).encode() + b"\n")
        print(f"Kept in {RECORD}")
    else:
        print("Not kept: see --record")


if __name__ == "__main__":
    main()
