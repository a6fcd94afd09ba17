"""What the loom does inside a chapter's kernel, before its first cell.

It lets the chapter import only those modules of `nn` that the book has
introduced by then, and remembers which files below the book's folder the
chapter reads. It runs in Python of any kind; the tests need no kernel.
"""

from __future__ import annotations

import ast
import json
import os
import sys
from collections.abc import Iterable
from importlib.util import find_spec, module_from_spec
from pathlib import Path

# What is no part of the book, and what `key` knows already.
ELSEWHERE = {".cache", ".git", ".venv", "__pycache__"}
READING = "open", "os.listdir", "os.scandir"
seen: set[str] = set()


def begin(introduced: list[str] | None) -> None:
    """Watch what is read, and open only what was introduced."""
    if introduced is not None:
        restrict("nn", introduced)
    watch(Path.cwd())


def restrict(package: str, introduced: Iterable[str]) -> None:
    """Leave in a package only the modules that were introduced.

    It has the names that they export, and no other module is found.
    """
    allowed = {f"{package}.{name}" for name in introduced}
    spec = find_spec(package)
    assert spec and spec.origin, f"no package {package}"
    tree = ast.parse(Path(spec.origin).read_bytes(), spec.origin)
    tree.body = [
        node
        for node in tree.body
        if not isinstance(node, ast.ImportFrom) or node.module in allowed
    ]
    sys.meta_path.insert(0, Early(package, allowed))
    module = sys.modules[package] = module_from_spec(spec)
    exec(compile(tree, spec.origin, "exec"), module.__dict__)


class Early:
    """Finds no module of the package that comes too early."""

    def __init__(self, package: str, allowed: set[str]):
        self.package, self.allowed = package, allowed

    def find_spec(
        self, name: str, path: object = None, target: object = None
    ) -> None:
        if name.startswith(f"{self.package}.") and name not in self.allowed:
            raise ImportError(
                f"{name} is used before a chapter has shown it; so far the "
                f"book has {', '.join(sorted(self.allowed))}"
            )


def watch(root: Path) -> None:
    """Remember, from now on, each file or folder below `root` that is read.

    What Python reads to import a module does not count.
    """
    top = f"{root}{os.sep}"

    def hear(event: str, details: tuple[object, ...]) -> None:
        named = event in READING and details[0]
        if not isinstance(named, str | bytes):
            return
        if event == "open" and _writes(details[2]):
            return
        if "importlib" in sys._getframe(1).f_code.co_filename:
            return
        path = os.path.abspath(os.fsdecode(named))
        if path.startswith(top) and not ELSEWHERE & {*Path(path).parts}:
            seen.add(path.removeprefix(top))

    sys.addaudithook(hear)


def _writes(flags: object) -> bool:
    return isinstance(flags, int) and flags & os.O_ACCMODE == os.O_WRONLY


def end() -> None:
    """Print what was read, as JSON."""
    print(json.dumps(sorted(seen)))
