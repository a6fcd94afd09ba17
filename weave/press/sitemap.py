"""What tells a search engine where the pages are, and how old.

MkDocs writes sitemap.xml, and would call every page changed on the day
of the build. By `dates` it is the day of the last commit to its file.
"""

from __future__ import annotations

import subprocess
from pathlib import Path


def dates(docs: Path) -> dict[str, str]:
    """Return the day on which each file in `docs` was last committed.

    Without Git, or for a file that is new, there is none.
    """
    command = ["git", "log", "--format=%x00%cs", "--name-only", "--relative"]
    try:
        log = subprocess.run(
            [*command, "--", "."],
            cwd=docs,
            capture_output=True,
            text=True,
        ).stdout
    except OSError:
        return {}
    found: dict[str, str] = {}
    for commit in log.split("\0")[1:]:
        day, *names = filter(None, commit.splitlines())
        for name in names:
            found.setdefault(name, day)
    return found


def robots(url: str) -> str:
    """Return robots.txt: everybody may read everything."""
    return f"User-agent: *\nAllow: /\nSitemap: {url}sitemap.xml\n"
