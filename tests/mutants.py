"""Break nn and weave on purpose, line by line: `make mutants`.

A mutant is the program with one small change: + for -, < for <=, None
for an argument. mutmut makes them all and runs on each those tests of
its module's own file that reach its function; one that no test notices
has survived. Either a test is missing, or no test could tell, and then
tests/mutants.toml says why.

What is known is kept in mutants/: run again, only survivors and changed
functions are tried. This file is also a plugin of the pytest that tries
them."""

import argparse
import importlib.util
import json
import os
import random
import re
import subprocess
import sys
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import libcst as cst
import pytest

WANTED = {"nn": 0.97, "weave": 0.90}  # the share that is killed
EXPLAINED = Path("tests/mutants.toml")
KNOWN = Path("mutants")
UNNOTICED = {None, 0, 5, 33}  # exit codes: not tried, passed, no test
TIMEOUT = {-24, 24, 36, 152, 255}  # killed too: it would not end
PATIENCE = 300.0  # seconds that a chapter may take


# ---- The plugin.


def pytest_configure():
    """An example that fails will do, it need not be the smallest. MkDocs
    calls the modules of its hooks by their paths; a mutant has a name. And
    a chapter's key reads the loom, which with its mutants is very long."""
    import hypothesis  # not before pytest has seen it

    import weave.key

    root = Path(__file__).resolve().parents[1]
    root = root.parent if root.name == KNOWN.name else root
    weave.key.LOOM = root / "weave"
    importlib.util.spec_from_file_location = named_spec

    phases = hypothesis.Phase.explicit, hypothesis.Phase.generate
    hypothesis.settings.register_profile(
        "mutants", hypothesis.settings.default, phases=phases
    )
    hypothesis.settings.load_profile("mutants")


def named_spec(
    name, path, make=importlib.util.spec_from_file_location, **more
):
    before, package, rest = str(path).rpartition("/weave/")
    if package and before.endswith(f"/{KNOWN}"):
        name = f"weave/{rest}".removesuffix(".py").replace("/", ".")
    return make(name, path, **more)


class Noticed(BaseException):
    """The first failure: what pytest would tell of it takes its time."""


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_makereport(call):
    tried = "__mutmut_" in os.environ.get("MUTANT_UNDER_TEST", "")
    if tried and call.excinfo:
        raise Noticed


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
    What is kept for each argument is not: a test that finds it kept
    would not be seen to reach f."""

    def leave_FunctionDef(self, original_node, updated_node):
        names = [
            cst.Module([]).code_for_node(d.decorator)
            for d in updated_node.decorators
        ]
        if not names or names[0] in ("staticmethod", "classmethod"):
            return updated_node
        name = value = updated_node.name.value
        for decorator in reversed(names):
            kept = decorator.partition("(")[0] in ("cache", "lru_cache")
            if not (kept and updated_node.params.params):
                value = f"{decorator}({value})"
        return cst.FlattenSentinel(
            [
                updated_node.with_changes(decorators=[]),
                cst.parse_statement(f"{name} = {value}"),
            ]
        )


def own(module: str, tests: set[str]) -> set[str]:
    """Those of the tests that stand in the module's own file, and its
    doctests; all of them where there are none."""
    name = module.removeprefix("nn.").replace("weave.press", "press")
    file = f"tests/test_{name.replace('.', '_')}.py"
    files = file, f"{module.replace('.', '/')}.py"
    return {t for t in tests if t.startswith(files)} or tests


def shared(item) -> set:
    """The project's fixtures that a test shares with others."""
    if not hasattr(item, "_fixtureinfo"):
        return set()
    found = item._fixtureinfo.name2fixturedefs.values()
    return {f[-1] for f in found if f[-1].baseid and f[-1].scope != "function"}


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
            session = self.session
            if session is None:
                return super().run_tests(mutant_name=mutant_name, tests=tests)
            made = set()  # what one test reached when it was made for many
            for item in session.items:
                if item.nodeid in tests:
                    made |= shared(item)
            session.items = [
                item
                for item in session.items
                if item.nodeid in tests or shared(item) & made
            ]
            with change_cwd(KNOWN):
                try:
                    session.config.hook.pytest_runtestloop(session=session)
                except BaseException:  # Noticed, as a rule
                    return 1
            return 1 if session.testsfailed else 0 if session.items else 5

    return Warm


def run(patterns: list[str], children: int) -> None:
    import mutmut.__main__ as mutmut
    from mutmut.state import state
    from mutmut.workers import isolation

    mutate = mutmut.mutate_file_contents
    collect = mutmut.collect_or_load_stats

    def mutate_bare(filename, code, *lines):
        bare = cst.parse_module(code).visit(Bare()).code
        return mutate(filename, bare, *lines)

    def collect_own(*args, **kwargs):
        collect(*args, **kwargs)
        reach = state().tests_by_mangled_function_name
        for name, tests in reach.items():
            reach[name] = own(named(name)[0], tests)

    mutmut.mutate_file_contents = mutate_bare
    mutmut.collect_or_load_stats = collect_own
    isolation.PytestRunner = warm_runner()
    KNOWN.mkdir(exist_ok=True)
    if not (KNOWN / "node_modules").exists():
        (KNOWN / "node_modules").symlink_to("../node_modules")
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
    return module, name[2:].replace("ǁ", ".")  # x_f, or xǁClassǁmethod


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


def same(what: str) -> bool:
    """Whether only UTF-8 is said otherwise, or not at all: it is what
    Python takes by itself here, for the Makefile sets PYTHONUTF8."""
    bare = re.sub(r'(encoding=)?("utf-8"|"UTF-8"|None)|[, ]', "", what)
    was, becomes = bare[: len(bare) // 2 - 1], bare[len(bare) // 2 + 1 :]
    return '"utf-8"' in what and was == becomes


def report() -> int:
    """Print every module's share and every survivor; return the errors."""
    known, survived, untried = explained(), set(), set()
    counts = defaultdict(Counter)  # of each module, and of each package
    for path, mutant, code in results():
        module, function = named(mutant)
        function = f"{module}.{function}"
        if code is None:
            untried.add(function)
            continue
        kinds = ["mutants", "timeout" if code in TIMEOUT else ""]
        if code not in UNNOTICED:
            kinds.append("killed")
        else:
            what = change(mutant, path)
            survived.add((function, what))
            if (function, what) in known or same(what):
                kinds.append("explained")
            else:
                print(f"{function}: {what}\n    mutmut show {mutant}")
        for name in (module, module.partition(".")[0]):
            counts[name].update(kinds)
    head = ["mutants", "killed", "timeout", "explained"]
    row = "{:26}" + "{:>10}" * 5
    print(row.format("module", *head, "share"))
    for name, count in sorted(counts.items()):
        share = f"{count['killed'] / count['mutants']:.1%}"
        print(row.format(name, *(count[kind] for kind in head), share))
    errors = 0
    for name, wanted in WANTED.items():
        if counts[name]["killed"] < wanted * counts[name]["mutants"]:
            errors += 1
            print(f"{name}: expected {wanted:.0%} killed")
    for function, what in known.keys() - survived:
        if function not in untried:
            errors += 1
            print(f"{EXPLAINED}: no such survivor\n    {function}: {what}")
    return errors


# ---- The book's own assertions.


def by_chapters(sample: int, chapters: list[str]) -> None:
    """Try nn's mutants on the chapters alone, on those named or the quick
    ones: each is run as a plain script, for a sample of the mutants in
    the modules that its code reaches."""
    from test_book import CHAPTERS, SLOW

    from weave.key import reached

    mutants = sorted(m for path, m, _ in results() if path.parts[0] == "nn")
    quick = [path.stem for path in CHAPTERS if path.stem not in SLOW]
    for name in chapters or quick:
        chapter = Path("docs", f"{name}.py")
        code = chapter.read_text("utf-8")
        modules = {
            f"nn.{path.stem}" for path in reached(code, Path("nn"), False)
        }
        near = [m for m in mutants if named(m)[0] in modules]
        if not near or fails(chapter, ""):
            print(f"{name:20}left out: it reaches none, or fails as it is")
            continue
        tried = random.Random(0).sample(near, min(sample, len(near)))
        caught = sum(fails(chapter, m) for m in tried)
        print(f"{name:20}{caught:4} of {len(tried):4}, from {len(near):4}")


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
    parser.add_argument("patterns", nargs="*", help="such as nn.layers.*")
    parser.add_argument("--children", type=int, default=2)
    parser.add_argument("--report", action="store_true", help="only that")
    parser.add_argument(
        "--chapters", type=int, help="try so many mutants on each chapter"
    )
    given = parser.parse_args()
    if given.chapters:
        by_chapters(given.chapters, given.patterns)
        return 0
    if not given.report:
        forget_survivors()
        run(given.patterns, given.children)
    return min(report(), 1)


if __name__ == "__main__":
    sys.exit(main())
