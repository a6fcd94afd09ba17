"""Are two cold builds the same, byte by byte?

`make repeat` copies what git knows of the checkout twice, builds both
copies without a cache, and compares the sites. The page on speed tells
times; it, and what is made of it, may differ.
"""

from __future__ import annotations

import filecmp
import os
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parent.parent
TIMED = "speed."  # the page, its notebook, its card
HOLDING = {"book.zip"}  # holds the page


def copy(folder: Path) -> Path:
    """Copy what git knows into a new folder, with the environment."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True
    )
    for name in listed.stdout.decode().split("\0")[:-1]:
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, target)
    for name in (".venv", "node_modules", ".git"):
        (folder / name).symlink_to(ROOT / name)
    return folder


def build(folder: Path) -> Path:
    """Build the book of a folder, and return its site."""
    subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet"],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder)},
        check=True,
    )
    return folder / "site"


def files(site: Path) -> set[str]:
    return {str(p.relative_to(site)) for p in site.rglob("*") if p.is_file()}


def differences(one: Path, two: Path) -> list[str]:
    """Return the files that are not the same in both folders."""
    apart = files(one) ^ files(two)
    both = sorted(files(one) & files(two))
    _, unequal, unread = filecmp.cmpfiles(one, two, both, shallow=False)
    return sorted({*apart, *unequal, *unread})


def main() -> int:
    with TemporaryDirectory() as folder:
        sites = [build(copy(Path(folder, name))) for name in ("one", "two")]
        found = differences(*sites)
        count = len(files(sites[0]))
    timed = {f for f in found if Path(f).name.startswith(TIMED)}
    timed |= HOLDING if timed else set()
    print(f"{count} files, {len(found)} differ", *found, sep="\n")
    return bool(set(found) - timed)


if __name__ == "__main__":
    sys.exit(main())
