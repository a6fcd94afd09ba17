"""How fast `nn` learns beside others: `make bench` prints the tables.

In each round every contender in turn starts an epoch of MNIST and takes a
slice of its steps, so that a busy machine slows all of them alike. The time
of an epoch is the start's and as many slices' as make 60,000 digits. Ratios
are taken within a round, and of them the median and the quartiles."""

import argparse
import os
import platform
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date
from itertools import product
from pathlib import Path

import contenders
import numpy as np
from threadpoolctl import threadpool_info

import nn

BATCHES = 32, 128, 512
RULES = "SGD", "Adam"
# Who races, and what is asked of nn: its time over theirs, at most, by
# batch and rule.
RACE: dict[str, tuple[Callable[..., Iterator[None]], dict[int, list[float]]]]
RACE = {
    "nn": (contenders.ours, {}),
    "PyTorch eager": (
        contenders.pytorch, {32: [0.62, 0.56], 128: [0.72, 0.66]},
    ),
    "scikit-learn": (contenders.sklearn, {n: [0.7, 0.7] for n in BATCHES}),
    "tutorial style": (
        contenders.tutorial, {n: [1 / 3.5, 1 / 3.5] for n in BATCHES},
    ),
    "JAX, jitted loop": (contenders.jitted, {}),
    "bare products": (contenders.products, {128: [1.3, 1.3]}),
}  # fmt: skip
ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false",
}


def race(size: int, rule: str, rounds: int) -> dict[str, list[float]]:
    """Each contender's seconds for an epoch, one number a round."""
    (x, t), _ = nn.mnist()
    steps = 40 + 2000 // size
    slices = len(x) / (size * steps)
    racing, seconds = {}, {}
    for name, (contender, _) in RACE.items():
        with suppress(ImportError):
            racing[name] = contender(x, t, size, rule, steps)
            next(racing[name]), next(racing[name])  # compiles, warms up
            seconds[name] = []
    for _ in range(rounds):
        for name in random.sample(list(racing), len(racing)):
            began = time.process_time()
            next(racing[name])
            ready = time.process_time()
            next(racing[name])
            run = time.process_time() - ready
            seconds[name].append(ready - began + run * slices)
    return seconds


def print_table(rounds: int) -> None:
    """Race in this process, with the kernel and the threads it has."""
    for blas in threadpool_info():
        if blas["user_api"] == "blas":
            print("\n## {internal_api} {version}, {architecture} kernel, "
                  "{num_threads} thread\n".format(**blas))  # fmt: skip
    print("Seconds an epoch; nn's time over theirs (quartiles), asked\n")
    print("| batch, rule |", " | ".join(RACE), "|")
    print("|---" * (1 + len(RACE)) + "|")
    wall, cpu = time.process_time(), time.process_time()
    for size, rule in product(BATCHES, RULES):
        seconds = race(size, rule, rounds)
        cells = [f"{size}, {rule}"]
        for name, (_, asked) in RACE.items():
            cell = "not installed"
            if name in seconds:
                cell = f"{np.median(seconds[name]):.3f}"
            if name in seconds and name != "nn":
                ratios = np.divide(seconds["nn"], seconds[name])
                low, middle, high = np.quantile(ratios, (0.25, 0.5, 0.75))
                cell += f"; **{middle:.2f}** ({low:.2f} to {high:.2f})"
                if size in asked:
                    most = asked[size][RULES.index(rule)]
                    cell += f" {'≤' if middle <= most else '> !'} {most:.2f}"
            cells.append(cell)
        print("|", " | ".join(cells), "|", flush=True)
    cores = (time.process_time() - cpu) / (time.process_time() - wall)
    modules = [sys.modules.get(m) for m in ("numpy", "torch", "sklearn", "jax")]
    versions = [f"{m.__name__} {m.__version__}" for m in modules if m]
    print(f"\n{', '.join(versions)}; {cores:.2f} cores kept busy")


def processor() -> str:
    """The processor's name, as the system gives it."""
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(": ")[1]
    return platform.processor() or platform.machine()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--here", action="store_true", help="as it is set up")
    options = parser.parse_args()
    if options.here:
        return print_table(options.rounds)
    print(f"# An epoch of 784-128-64-10 on MNIST\n\n{date.today()}, "
          f"{processor()}, {os.cpu_count()} cores, Python "
          f"{platform.python_version()}, {options.rounds} rounds")  # fmt: skip
    given = os.environ.get("OPENBLAS_CORETYPE")
    for kernel in (given, None if given else "Haswell"):
        environment = os.environ | ONE_THREAD
        environment.pop("OPENBLAS_CORETYPE", None)
        if kernel:
            environment["OPENBLAS_CORETYPE"] = kernel
        print(f"\nOPENBLAS_CORETYPE={kernel or ''}", flush=True)
        command = [sys.executable, __file__, "--here"]
        command += ["--rounds", str(options.rounds)]
        subprocess.run(command, env=environment, check=True)


if __name__ == "__main__":
    main()
