"""The record of chapter 11's long runs: of these recipes, and complete."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import record

CHECKOUT = Path(__file__).parent.parent
# A chapter in miniature: its network learns which of two numbers is larger.
CHAPTER = """# %% tags=["recipe"]
import numpy as np
from nn import Dense, SGD, Sequential, fit, softmax_cross_entropy

x = np.random.default_rng(0).normal(size=(60, 2)).astype("float32")
y = (x[:, 0] < x[:, 1]).astype(int)
sealed = x[50:], y[50:]
x, y = x[:50], y[:50]


def open_envelope():
    with open("opened", "a") as file:
        file.write("once ")
    return sealed


def network(sizes, rates, rng):
    return Sequential(Dense(rng.normal(size=sizes).astype("float32")))


def train(seed, data, sizes, rates, epochs):
    with open("learned", "a") as file:
        file.write(f"{epochs}-{seed} ")
    model = network(sizes, rates, np.random.default_rng(seed))
    history = fit(
        model, softmax_cross_entropy, SGD(model.params, lr=1.0), data,
        epochs=epochs, batch_size=50, progress=False,
    )
    return model, history

# %%
raise RuntimeError("not a recipe")

# %% tags=["recipe"]
RECIPES = {
    "plain": {"sizes": (2, 2), "rates": (), "epochs": 3},
    "distorted": {"sizes": (2, 2), "rates": (), "epochs": 4},
    "long": {"sizes": (2, 2), "rates": (), "epochs": 200},
}
"""


def make_record(folder, *options):
    return subprocess.run(
        [sys.executable, record.__file__, *options],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(CHECKOUT)},
        capture_output=True,
        text=True,
    )


def words(path):
    return sorted(path.read_text().split())


def test_a_record_is_made_by_the_chapters_own_recipes(tmp_path):
    (tmp_path / "docs/assets").mkdir(parents=True)
    (tmp_path / record.CHAPTER).write_text(CHAPTER)
    seeds = "--plain=2", "--distorted=1", "--long=1"
    result = make_record(tmp_path, *seeds)
    assert result.returncode == 0, result.stderr
    made = json.loads((tmp_path / record.RECORD).read_text())
    names = [(run["recipe"], run["seed"]) for run in made["runs"]]
    assert names == [
        ("distorted", 0), ("long", 0), ("plain", 0), ("plain", 1),
    ]  # fmt: skip
    assert [len(run["losses"]) for run in made["runs"]] == [4, 200, 3, 3]
    assert {run["pictures"] for run in made["runs"]} == {50}
    long = made["runs"][1]
    assert long["losses"][-1] < long["losses"][0] / 2
    assert long["test"] > 0.85
    code = record.recipe_cells(tmp_path / record.CHAPTER)
    assert "not a recipe" not in code
    assert made["recipes"] == record.digest(code)
    assert words(tmp_path / "learned") == ["200-0", "3-0", "3-1", "4-0"]
    assert words(tmp_path / "opened") == ["once"]

    # What has been learned is not learned again; what is new is.
    (tmp_path / "learned").unlink()
    again = make_record(tmp_path, *seeds[1:], "--plain=3")
    assert again.returncode == 0, again.stderr
    assert words(tmp_path / "learned") == ["3-2"]
    made_again = json.loads((tmp_path / record.RECORD).read_text())
    assert made_again["runs"][:4] == made["runs"]

    # A recipe that changed, and a run that fails, write no record.
    before = (tmp_path / record.RECORD).read_bytes()
    broken = CHAPTER.replace("lr=1.0", "lr=-1.0")
    (tmp_path / record.CHAPTER).write_text(broken)
    failed = make_record(tmp_path, *seeds)
    assert failed.returncode != 0
    assert "lr" in failed.stderr
    assert (tmp_path / record.RECORD).read_bytes() == before


def test_the_record_is_of_the_recipes_that_the_chapter_prints():
    made = json.loads((CHECKOUT / record.RECORD).read_text())
    code = record.recipe_cells(CHECKOUT / record.CHAPTER)
    assert made["recipes"] == record.digest(code), "make record"
    runs = {(run["recipe"], run["seed"]) for run in made["runs"]}
    assert len(runs) == len(made["runs"])
    for name, fewest in {"plain": 5, "distorted": 5, "long": 1}.items():
        seeds = [seed for recipe, seed in runs if recipe == name]
        assert sorted(seeds) == list(range(len(seeds))), name
        assert len(seeds) >= fewest, name
    for run in made["runs"]:
        assert run["pictures"] == 60_000, run
        assert 0.98 < run["test"] < 1, run
        assert np.isfinite(run["losses"]).all(), run
