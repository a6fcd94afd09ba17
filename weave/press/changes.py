"""Which numbers in the prose have changed from release to release.

A number is known by its chapter, its section and what stands between
the braces, `{{ expression:format }}`; compared are the texts that were
printed, so a difference below the last digit is none. A number that is
new or gone is no change. A few pages are left out, see `MEASURING`.

`python -m weave.press.changes` (`make numbers`) keeps the numbers of a release
in docs/assets/numbers.json, and what differs from the release before.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass, field
from pathlib import Path

from weave import inline
from weave.cells import Cell
from weave.execute import execute
from weave.press import citation
from weave.prose import plain

# These measure the machine that runs them, and the last counts this book.
MEASURING = "speed", "formulas", "parity", "weaving"
FILE = Path("docs", "assets", "numbers.json")
RELEASE = re.compile(
    r"^## (?P<version>\d+\.\d+\.\d+) · (?P<date>\d{4}-\d\d-\d\d)\n"
    r"(?P<words>.*?)(?=^## |\Z)",
    re.MULTILINE | re.DOTALL,
)
MARK = re.compile("\0(\\d+)\0")
Table = dict[str, str]  # what prints a number, and what it prints


@dataclass(frozen=True)
class Number:
    """A number in the prose of a chapter."""

    section: str
    name: str  # section and field; if that is there twice, counted
    text: str
    around: str  # the words about it, with an ellipsis in its place


@dataclass(frozen=True)
class Chapter:
    """A chapter's name and title, and the numbers in its prose."""

    stem: str
    title: str
    numbers: list[Number]


@dataclass(frozen=True)
class Change:
    """A number that two runs print differently."""

    chapter: str
    section: str
    around: str
    before: str
    after: str


@dataclass
class Record:
    """What docs/assets/numbers.json holds, by release, the oldest first.

    Numbers are those of the last two releases, by chapter; changes are
    those of all.
    """

    numbers: dict[str, dict[str, Table]] = field(default_factory=dict)
    changes: dict[str, list[Change]] = field(default_factory=dict)


@dataclass(frozen=True)
class Release:
    """An entry of the change log."""

    version: str
    date: str
    words: str


def releases(log: str) -> list[Release]:
    """Return the entries of the change log, the newest first."""
    return [
        Release(found["version"], found["date"], found["words"].strip())
        for found in RELEASE.finditer(log)
    ]


def chapters(docs: Path) -> list[Path]:
    """Return the chapters whose numbers are compared."""
    paths = sorted(docs.glob("*.py"))
    return [path for path in paths if path.stem not in MEASURING]


def numbers(name: str, cells: list[Cell]) -> Chapter:
    """Return the numbers in the prose of a chapter that has run."""
    title = cells[0].source.partition("\n")[0].removeprefix("# ")
    return Chapter(name, title, list(_numbers(cells)))


def _numbers(cells: list[Cell]) -> Iterator[Number]:
    section = ""
    seen: Counter[str] = Counter()
    for cell in cells:
        if cell.kind == "code":
            continue
        fields, values = inline.fields(cell.asked), cell.numbers
        marks = (f"\0{place}\0" for place in range(len(fields)))
        text = inline.fill(cell.asked, marks) or cell.source
        for block in text.split("\n\n"):
            if heading := re.search(r"^##+ (.*)", block, re.MULTILINE):
                section = plain(heading[1])
            for mark in MARK.finditer(block):
                place = int(mark[1])
                name = f"{section}: {fields[place]}"
                seen[name] += 1
                count = f" ({seen[name]})" if seen[name] > 1 else ""
                words = _around(block, values, place)
                around = words or f"`{fields[place]}`"
                yield Number(section, name + count, values[place], around)


def _around(block: str, values: list[str], place: int) -> str:
    """Return a few words on each side of one of a paragraph's numbers.

    There are none if it stands in a formula of its own.
    """
    told = [*values[:place], "\0", *values[place + 1 :]]
    block = MARK.sub(lambda mark: told[int(mark[1])], block)
    before, here, after = plain(block).partition("\0")
    words = before.split(" ")[-6:], after.split(" ")[:4]
    return f"{' '.join(words[0])}…{' '.join(words[1])}" if here else ""


def differences(
    before: dict[str, Table], now: Iterable[Chapter]
) -> list[Change]:
    """Return which numbers of the book differ from those of a release."""
    return [
        Change(
            chapter.title,
            number.section,
            number.around,
            plain(old),
            plain(number.text),
        )
        for chapter in now
        for number in chapter.numbers
        if (old := before.get(chapter.stem, {}).get(number.name))
        not in (None, number.text)
    ]


def load(path: Path) -> Record:
    """Return the record, which is empty before the first release."""
    if not path.exists():
        return Record()
    told = json.loads(path.read_text("utf-8"))
    changes = {
        version: [Change(*change) for change in found]
        for version, found in told["changes"].items()
    }
    return Record(told["numbers"], changes)


def save(record: Record, path: Path) -> None:
    """Write the record, one number a line."""
    told = {
        "numbers": record.numbers,
        "changes": {
            version: [astuple(change) for change in found]
            for version, found in record.changes.items()
        },
    }
    text = json.dumps(told, indent=1, ensure_ascii=False)
    path.write_text(text + "\n", "utf-8")


def release(version: str, record: Record, root: Path) -> Record:
    """Return the record with the numbers of a release, taken now.

    It may be taken again, as long as no later one is there.
    """
    paths = chapters(root / "docs")
    now = [numbers(path.stem, execute(path, root)) for path in paths]
    kept = {v: told for v, told in record.numbers.items() if v != version}
    last = list(kept.items())[-1:]
    changed = differences(last[0][1] if last else {}, now)
    tables = {
        chapter.stem: {number.name: number.text for number in chapter.numbers}
        for chapter in now
    }
    return Record(
        dict(last) | {version: tables}, record.changes | {version: changed}
    )


def page(log: str, record: Record, since: list[Change]) -> str:
    """Return the change log with a table for each release.

    `since` is what differs in this build from the last of them.
    """
    versions = [entry.version for entry in releases(log)]
    if since:
        words = (
            f"## Since {versions[0]}\n\nThese numbers of this build "
            f"differ from those of the release.\n\n{_table(since)}\n\n"
        )
        log = log.replace(f"## {versions[0]} ", f"{words}## {versions[0]} ", 1)

    def add(entry: re.Match[str]) -> str:
        version, date = entry["version"], entry["date"]
        found = record.changes.get(version)
        return (
            f"## {version} · {date} {{ #{anchor(version)} }}\n\n"
            f"{entry['words'].strip()}\n\n"
            + (f"{_table(found)}\n\n" if found else "")
        )

    return RELEASE.sub(add, log)


def anchor(version: str) -> str:
    """Return where a release stands on the page."""
    return f"release-{version}"


def _table(found: list[Change]) -> str:
    rows = [
        ("Chapter", "Section", "Number", "Before", "Now"),
        ("---", "---", "---", "--:", "--:"),
        *(astuple(change) for change in found),
    ]
    cells = [[cell.replace("|", r"\|") for cell in row] for row in rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in cells)


if __name__ == "__main__":
    book = citation.read(Path("CITATION.cff"))
    save(release(book.version, load(FILE), Path().resolve()), FILE)
