"""Break nn and weave on purpose, line by line: `make mutants`.

A mutant is the program with one small change: + for -, < for <=, None
for an argument. mutmut makes them all and runs on each the tests that
reach its function; one that no test notices has survived. Either a test
is missing, or no test could tell, and then tests/mutants.toml says why.

What is known is kept in mutants/: run again, only survivors and changed
functions are tried. This file is also a plugin of the pytest that tries
them."""

import argparse
import json
import os
import random
import subprocess
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import libcst as cst

WANTED = {"nn": 0.97, "weave": 0.90}  # the share that is killed
EXPLAINED = Path("tests/mutants.toml")
KNOWN = Path("mutants")
UNNOTICED = {None, 0, 5, 33}  # exit codes: not tried, passed, no test
PATIENCE = 300.0  # seconds that a chapter may take


# ---- The plugin.


def pytest_configure():
    """An example that fails will do, it need not be the smallest."""
    import hypothesis  # not before pytest has seen it

    phases = hypothesis.Phase.explicit, hypothesis.Phase.generate
    hypothesis.settings.register_profile(
        "mutants", hypothesis.settings.default, phases=phases
    )
    hypothesis.settings.load_profile("mutants")


def pytest_collection_modifyitems(items):
    """Quick files first, in each its quick tests; and no docstring of a
    mutant, for all are the same."""
    items[:] = [item for item in items if "__mutmut_" not in item.nodeid]
    stats = Path("mutmut-stats.json")  # pytest runs within mutants/
    if stats.exists():
        took = json.loads(stats.read_text())["duration_by_test"]
        files = defaultdict(float)
        for item in items:
            files[item.path] += took.get(item.nodeid, 0)
        items.sort(
            key=lambda item: (
                files[item.path],
                item.path,
                took.get(item.nodeid, 0),
            )
        )


# ---- The mutants.


class Bare(cst.CSTTransformer):
    """`@d def f` as `def f; f = d(f)`: mutmut leaves out decorated ones.
    No cache: with one, not all tests that reach f would be seen to."""

    def leave_FunctionDef(self, original_node, updated_node):
        names = [
            cst.Module([]).code_for_node(d.decorator)
            for d in updated_node.decorators
        ]
        if not names or names[0] in ("staticmethod", "classmethod"):
            return updated_node
        name = value = updated_node.name.value
        for decorator in reversed(names):
            if decorator.partition("(")[0] not in ("cache", "lru_cache"):
                value = f"{decorator}({value})"
        return cst.FlattenSentinel(
            [
                updated_node.with_changes(decorators=[]),
                cst.parse_statement(f"{name} = {value}"),
            ]
        )


def warm_runner() -> type:
    """mutmut's runner of pytest, but one that collects all tests once:
    the process of a mutant, forked from this, starts with the tests."""
    from _pytest.config import _prepareconfig
    from _pytest.main import Session
    from mutmut.runners.harness import PytestRunner
    from mutmut.utils.file_utils import change_cwd

    class Warm(PytestRunner):
        session: Session | None = None

        def warm_up(self):
            chosen = self._pytest_args_regular_run([])
            given = ["--rootdir=.", "-s", *chosen, *self._pytest_add_cli_args]
            with change_cwd(KNOWN):
                config = _prepareconfig(given)
                config._do_configure()
                self.session = Session.from_config(config)
                config.hook.pytest_sessionstart(session=self.session)
                self.session.perform_collect()

        def run_tests(self, *, mutant_name, tests):
            session, tests = self.session, set(tests)
            if session is None:
                return super().run_tests(mutant_name=mutant_name, tests=tests)
            session.items = [i for i in session.items if i.nodeid in tests]
            with change_cwd(KNOWN):
                try:
                    session.config.hook.pytest_runtestloop(session=session)
                except BaseException:  # the first failure ends the loop
                    return 1
            return 1 if session.testsfailed else 0 if session.items else 5

    return Warm


def run(patterns: list[str], children: int) -> None:
    import mutmut.__main__ as mutmut
    from mutmut.workers import isolation

    mutate = mutmut.mutate_file_contents

    def mutate_bare(filename, code, *lines):
        bare = cst.parse_module(code).visit(Bare()).code
        return mutate(filename, bare, *lines)

    mutmut.mutate_file_contents = mutate_bare
    isolation.PytestRunner = warm_runner()
    mutmut._run(patterns, children)


def forget_survivors() -> None:
    """What survived is tried again: there may be a new test. And what
    was being written when a run ended is written again."""
    for package in WANTED:
        for path in (KNOWN / package).rglob("*.py"):
            if not path.with_suffix(".py.meta").exists():
                path.unlink()
    for path in KNOWN.rglob("*.meta"):
        meta = json.loads(path.read_text())
        codes = meta["exit_code_by_key"]
        for name, code in codes.items():
            codes[name] = None if code in UNNOTICED else code
        path.write_text(json.dumps(meta, indent=4))


# ---- The report.


def named(mutant: str) -> tuple[str, str]:
    """The module and the function of a mutant, as one would say them."""
    module, _, name = mutant.partition("__mutmut_")[0].rpartition(".")
    return module, name.removeprefix("x").strip("_ǁ").replace("ǁ", ".")


def change(mutant: str, path: Path) -> str:
    """What the mutant changes: "was -> becomes"."""
    from mutmut.mutation.diff_apply import get_diff_for_mutant

    sides = {"-": [], "+": []}
    for line in get_diff_for_mutant(mutant, path=path).splitlines()[2:]:
        if line[:1] in sides:
            sides[line[0]].append(line[1:].strip())
    return " -> ".join(" ".join(side) for side in sides.values())


def results() -> Iterator[tuple[Path, str, int | None]]:
    for path in sorted(KNOWN.rglob("*.meta")):
        codes = json.loads(path.read_text())["exit_code_by_key"]
        for name, code in codes.items():
            yield path.relative_to(KNOWN).with_suffix(""), name, code


def explained() -> dict[tuple[str, str], str]:
    """(function, "was -> becomes"): why no test could tell."""
    with EXPLAINED.open("rb") as file:
        listed = tomllib.load(file)
    return {
        (function, what): why
        for function, reasons in listed.items()
        for what, why in reasons.items()
    }


def report() -> int:
    """Print every module's share and every survivor; return the errors."""
    known = explained()
    counts = defaultdict(lambda: [0, 0, 0])  # mutants, killed, explained
    unused, survivors, untried = dict(known), [], 0
    for path, mutant, code in results():
        module, function = named(mutant)
        if code is None:
            untried += 1
            continue
        count = counts[module]
        count[0] += 1
        if code not in UNNOTICED:
            count[1] += 1
            continue
        what = f"{module}.{function}", change(mutant, path)
        unused.pop(what, None)
        if what in known:
            count[2] += 1
        else:
            survivors.append((mutant, *what))
    for mutant, function, what in survivors:
        print(f"{function}: {what}\n    mutmut show {mutant}")
    row = "{:32}{:>8}{:>8}{:>11}{:>8}"
    print(row.format("module", "mutants", "killed", "explained", "share"))
    errors = 0
    for package, wanted in WANTED.items():
        total = [0, 0, 0]
        for module in sorted(counts):
            if module.split(".")[0] == package:
                print_row(row, module, counts[module])
                total = [
                    a + b for a, b in zip(total, counts[module], strict=True)
                ]
        if total[0]:
            print_row(row, f"{package}, all", total)
            if total[1] / total[0] < wanted:
                errors += 1
                print(f"{package}: expected {wanted:.0%} killed")
    for function, what in unused:
        if untried == 0 or function.rpartition(".")[0] in counts:
            errors += 1
            print(f"{EXPLAINED}: no such survivor\n    {function}: {what}")
    print(f"{len(survivors)} survivors, {untried} not tried")
    return errors


def print_row(row: str, name: str, count: list[int]) -> None:
    share = f"{count[1] / count[0]:.1%}"
    print(row.format(name, *count, share))


# ---- The book's own assertions.


def by_chapters(sample: int) -> None:
    """Try a sample of nn's mutants on the quick chapters alone: each is
    run as a plain script, where its code reaches what was changed."""
    from test_book import SLOW

    from weave.key import reached

    mutants = [m for path, m, _ in results() if path.parts[0] == "nn"]
    chosen = random.Random(0).sample(sorted(mutants), sample)
    caught, tried = defaultdict(int), defaultdict(int)
    noticed = set()
    for chapter in sorted(Path("docs").glob("*.py")):
        if chapter.stem in SLOW:
            continue
        code = chapter.read_text("utf-8")
        modules = {
            f"nn.{path.stem}" for path in reached(code, Path("nn"), False)
        }
        near = [m for m in chosen if named(m)[0] in modules]
        if not near or fails(chapter, ""):
            continue
        for mutant in near:
            tried[chapter.stem] += 1
            if fails(chapter, mutant):
                caught[chapter.stem] += 1
                noticed.add(mutant)
        print(
            f"{chapter.stem:20}{caught[chapter.stem]:4} of "
            f"{tried[chapter.stem]:4} that it reaches",
            flush=True,
        )
    print(f"{'all of them':20}{len(noticed):4} of {sample:4} in the sample")


def fails(chapter: Path, mutant: str) -> bool:
    """Whether the chapter notices the mutant, or never comes to an end."""
    there = KNOWN.resolve()
    env = os.environ | {
        "MPLBACKEND": "agg",
        "MUTANT_UNDER_TEST": mutant,
        "PYTHONPATH": str(there),
    }
    command = [sys.executable, there / chapter]
    try:
        done = subprocess.run(
            command, cwd=there, env=env, capture_output=True, timeout=PATIENCE
        )
    except subprocess.TimeoutExpired:
        return True
    return done.returncode != 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("patterns", nargs="*", help="nn.layers.*")
    parser.add_argument("--children", type=int, default=2)
    parser.add_argument("--report", action="store_true", help="only that")
    parser.add_argument(
        "--chapters", type=int, help="try so many mutants on the chapters"
    )
    given = parser.parse_args()
    if given.chapters:
        by_chapters(given.chapters)
        return 0
    if not given.report:
        forget_survivors()
        run(given.patterns, given.children)
    return min(report(), 1)


if __name__ == "__main__":
    sys.exit(main())
