"""The package on one page: every module of `nn`, in the book's order.

And all of it as one archive, the same bytes from the same files.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from weave.key import exported, number
from weave.press.archive import pack
from weave.source import calls, pieces


@dataclass(frozen=True)
class Place:
    """Where the book shows a piece of `nn`."""

    chapter: Path
    title: str
    anchor: str

    @property
    def link(self) -> str:
        """A link to the piece, named after its chapter."""
        return f"[{self.title}]({self.chapter.name}#{self.anchor})"


@dataclass(frozen=True)
class Shown:
    """A piece where the book shows it, and its lines in the module."""

    name: str
    place: Place
    first: int
    last: int


def order(package: Path) -> list[Path]:
    """Return the modules as the book reads them; `__init__` is the last."""
    names = exported(package / "__init__.py").values()
    return [package / f"{n}.py" for n in [*dict.fromkeys(names), "__init__"]]


def places(chapters: Iterable[Path], package: Path) -> dict[str, Place]:
    """Return where each piece is shown, in the order of the chapters."""
    shown: dict[str, Place] = {}
    for chapter in sorted(chapters, key=number):
        text = chapter.read_text("utf-8")
        for name, _ in calls(text, "show"):
            words = re.findall(r"\w+", f"{package.name}:{name}")
            anchor = "-".join(words)
            shown[name] = Place(chapter, _title(text), anchor)
    return shown


def rows(chapters: Iterable[Path], package: Path) -> dict[str, list[Shown]]:
    """Return the shown pieces of each module, in the module's order."""
    found: dict[str, list[Shown]] = defaultdict(list)
    for name, place in places(chapters, package).items():
        module, _, inside = name.partition(":")
        first, last = pieces(package / f"{module}.py")[inside]
        found[module].append(Shown(name, place, first, last))
    for row in found.values():
        row.sort(key=lambda shown: shown.first)
    return dict(found)


def _title(text: str) -> str:
    found = re.search(r"^# # (.+)$", text, re.M)
    return found[1] if found else ""


def page(package: Path, chapters: Iterable[Path]) -> str:
    """Return the Markdown that shows every module whole.

    A button, which a script brings to life, copies them all; each has
    one of its own.
    """
    shown = places(chapters, package)
    blocks = [
        '<p class="downloads"><button type="button" class="copy-all">'
        "Copy all</button> "
        f'<a href="{package.name}.zip" download>{package.name}.zip</a></p>'
    ]
    for path in order(package):
        source = path.read_text("utf-8").rstrip()
        file = f"{package.name}/{path.name}"
        links = {
            place.title: place.link
            for name, place in reversed(shown.items())
            if name.partition(":")[0] == path.stem
        }
        where = " and ".join(reversed(links.values()))
        lines = f"{len(source.splitlines())} lines"
        blocks += [
            f"## {file.replace('_', chr(92) + '_')}",
            f"{lines}, explained in {where}." if where else f"{lines}.",
            f'<div class="module" data-file="{file}" markdown="1">',
            f"```python\n{source}\n```",
            "</div>",
        ]
    return "\n\n".join(blocks) + "\n"


def archive(package: Path) -> bytes:
    """Return the package and its licence as a zip file."""
    files = [*package.glob("*.py"), *package.glob("py.typed")]
    files += package.parent.glob("LICENSE")
    return pack({f"{package.name}/{p.name}": p.read_bytes() for p in files})
