"""Train what is too long for a build of the book: `make record`.

Chapter 11 defines its recipes in cells tagged "recipe". Here these cells are
run as they stand, every recipe with several seeds, each in a process of its
own. What a run has learned is kept in .cache/record, so what was interrupted
goes on. When all have learned the test set is read, once, and the record is
written: docs/assets/record.json, which the chapter quotes."""

import argparse
import hashlib
import json
import os
import platform
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from benchmark import processor

import nn
from nn.models import written_whole
from weave.cells import read

# Within the folder where it is run, the project's.
CHAPTER = Path("docs/digits.py")
RECORD = Path("docs/assets/record.json")
STORE = Path(".cache/record")
SEEDS = {"plain": 5, "distorted": 5, "long": 2}


def recipe_cells(chapter: Path) -> str:
    """The code of a chapter's cells that are tagged "recipe"."""
    return "\n\n".join(c.source for c in read(chapter) if "recipe" in c.tags)


def digest(code: str) -> str:
    """What tells one version of the recipes from another."""
    return hashlib.sha256(code.encode()).hexdigest()[:16]


def run_cells(code: str) -> dict[str, Any]:
    """Run the recipes' cells; return the names that they define."""
    names: dict[str, Any] = {}
    exec(compile(code, "recipes", "exec"), names)
    return names


def kept(recipe: str, seed: int, code: str) -> Path:
    return STORE / f"{recipe}-{seed}-{digest(code)}.npz"


def learn(recipe: str, seed: int, code: str) -> None:
    """One run: its model and its losses go to .cache/record."""
    book = run_cells(code)
    began = time.process_time()
    data = book["x"], book["y"]
    model, history = book["train"](seed, data, **book["RECIPES"][recipe])
    seconds = time.process_time() - began
    told = {
        "recipe": recipe,
        "seed": seed,
        "pictures": len(data[0]),
        "losses": [round(loss, 6) for loss in history.train_loss],
        "seconds": round(seconds),
    }
    path = kept(recipe, seed, code)
    with written_whole(path.with_suffix(".json")) as file:
        file.write(json.dumps(told).encode())
    nn.save(model, path)


def record(seeds: dict[str, int], code: str) -> dict[str, Any]:
    """Learn all that is not kept, then read the test set."""
    runs = [(name, seed) for name, n in seeds.items() for seed in range(n)]
    runs.sort(key=lambda run: run[0] != "long")  # the longest ones first

    def ready(run: tuple[str, int]) -> dict[str, Any]:
        path = kept(*run, code)
        if not path.exists():
            command = [sys.executable, __file__, "--run", *map(str, run)]
            subprocess.run(command, check=True)
        told = json.loads(path.with_suffix(".json").read_text())
        print(
            f"{told['recipe']}, seed {told['seed']}: "
            f"{len(told['losses'])} epochs in {told['seconds']} "
            f"core-seconds, last loss {told['losses'][-1]}",
            flush=True,
        )
        return told

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        told = list(pool.map(ready, runs))
    book = run_cells(code)
    x, y = book["open_envelope"]()
    for run in told:
        settings = book["RECIPES"][run["recipe"]]
        rng = np.random.default_rng(0)
        model = book["network"](settings["sizes"], settings["rates"], rng)
        nn.load(model, kept(run["recipe"], run["seed"], code))
        run["test"] = nn.accuracy(model.forward(x), y)
    return {
        "date": str(date.today()),
        "processor": processor(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "recipes": digest(code),
        "runs": sorted(told, key=lambda run: (run["recipe"], run["seed"])),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Chapter 11's long runs.")
    parser.add_argument("--run", nargs=2, help="one recipe, one seed")
    for name, n in SEEDS.items():
        parser.add_argument(f"--{name}", type=int, default=n, help="seeds")
    options = parser.parse_args()
    code = recipe_cells(CHAPTER)
    if options.run:
        recipe, seed = options.run
        learn(recipe, int(seed), code)
        return
    seeds = {name: getattr(options, name) for name in SEEDS}
    result = record(seeds, code)
    with written_whole(RECORD) as file:
        file.write((json.dumps(result, indent=1) + "\n").encode())
    for name in SEEDS:
        test = [r["test"] for r in result["runs"] if r["recipe"] == name]
        spread = np.std(test, ddof=1) if len(test) > 1 else 0.0
        print(f"{name}: test {np.mean(test):.4f} ± {spread:.4f}, {len(test)}")


if __name__ == "__main__":
    main()
