"""What a page may run and load: a Content-Security-Policy in each page.

Nothing, unless it is listed: the site's own scripts, pictures and faces,
and of what stands in the page itself the very text that the press left
there, by its SHA-256. What somebody might bring in, by a hole in a script
or in what a chapter shows, is neither run nor fetched, and can send
nothing away.

`'self'` is the site on the web, and its folder for a page that is opened
as a file. A policy in a page cannot say who may frame it; a server could.

One thing is let pass: an attribute `style`, of which a chapter full of
formulas has up to 3,000, some 270 of them different; their sums would
weigh more than a face. It can misplace the element that it stands on,
but runs nothing, and what it fetches is bounded like all the rest.
"""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256
from pathlib import Path

# A browser obeys from here on, so it comes before all that is bounded.
BEGIN = '<meta charset="utf-8">'
INSIDE = re.compile(
    r"<(?P<kind>script|style)\b(?P<told>[^>]*)>(?P<text>.*?)</(?P=kind)>",
    re.DOTALL,
)
SHEET = '<link rel="stylesheet"'


def digest(text: str) -> str:
    """Return how a policy names the text of a script or a style sheet."""
    found = b64encode(sha256(text.encode()).digest()).decode()
    return f"'sha256-{found}'"


def policy(html: str) -> str:
    """Return the policy of a page: what stands in it, and the site's own."""
    inside: dict[str, list[str]] = {"script": ["'self'"], "style": []}
    if SHEET in html:
        inside["style"].append("'self'")
    for found in INSIDE.finditer(html):
        if " src=" not in found["told"]:
            inside[found["kind"]].append(digest(found["text"]))
    rules = {
        "default-src": ["'none'"],
        "script-src": inside["script"],
        "style-src": inside["style"] or ["'none'"],
        "style-src-attr": ["'unsafe-inline'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'", "data:"],
        "connect-src": ["'self'"],
        "base-uri": ["'none'"],
        "form-action": ["'none'"],
    }
    return "; ".join(
        f"{name} {' '.join(dict.fromkeys(sources))}"
        for name, sources in rules.items()
    )


def write(site: Path) -> None:
    """Give each page of a site that is otherwise done its policy."""
    for path in sorted(site.rglob("*.html")):
        html = path.read_text("utf-8")
        if BEGIN not in html:
            raise ValueError(
                f"{path}: expected {BEGIN}, where the policy goes"
            )
        meta = (
            '<meta http-equiv="Content-Security-Policy" '
            f'content="{policy(html)}">'
        )
        done = html.replace(BEGIN, f"{BEGIN}\n  {meta}", 1)
        path.write_text(done, "utf-8")
