"""Keep of KaTeX's fonts what the formulas of the site need.

KaTeX marks with classes which font shows what; its style sheet says
which class means which font. Both are read here as a browser would.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import cache, partial
from html import unescape
from operator import eq
from pathlib import Path

from weave.press.fonts import subset, write

# A font's family, style and weight.
Look = tuple[str, ...]
PROPERTIES = ("font-family", "font-style", "font-weight")
BEGIN: Look = ("KaTeX_Main", "normal", "400")

FORMULA = '<span class="katex-html" aria-hidden="true">'
TOKEN = re.compile(
    r'<span(?: class="(?P<classes>[^"]*)")?[^>]*>'
    r"|(?P<end></span>)|<[^>]*>|(?P<text>[^<]+)"
)
RULE = re.compile(r"(?P<selectors>[^{}]+)\{(?P<body>[^{}]*)\}")
FILE = re.compile(r"url\((?P<path>[^)]*\.woff2)\)")

# The classes of an element and of those around it, and what it changes.
Style = tuple[list[set[str]], dict[str, str]]


def keep(
    css: str, folder: Path, pages: Iterable[str], target: Path, store: Path
) -> str:
    """Write the fonts that formulas need; return the style sheet.

    `css` is KaTeX's and lies in `folder`. The one returned names only
    what was written, and is to lie beside the folder `target`.
    """
    own: dict[Look, str] = {}
    for rule in RULE.finditer(css):
        if rule["selectors"] == "@font-face":
            own[_look(BEGIN, _told(rule["body"]))] = rule[0]
    needed: dict[Look, set[str]] = defaultdict(set)
    for look, text in shown(css, pages).items():
        # The family matters most to a browser, then style, then weight.
        needed[max(own, key=partial(_likeness, look))] |= text
    for look, face in own.items():
        path = FILE.search(face)
        assert path, face
        font = folder / path["path"]
        kept = ""
        if look in needed:
            name = f"{target.name}/{font.name}"
            write(target / font.name, subset(font, needed[look], store))
            kept = re.sub(
                r"src:[^;}]*", f'src:url({name}) format("woff2")', face
            )
        css = css.replace(face, kept)
    return css


def _likeness(one: Look, other: Look) -> list[bool]:
    return list(map(eq, one, other))


def _told(body: str) -> dict[str, str]:
    """Return what the body of a rule says about the font."""
    parts = (part.partition(":") for part in body.split(";"))
    return {name: value for name, _, value in parts if name in PROPERTIES}


def _look(look: Look, told: dict[str, str]) -> Look:
    """Return a look as a rule changes it."""
    return tuple(map(told.get, PROPERTIES, look))


def shown(css: str, pages: Iterable[str]) -> dict[Look, set[str]]:
    """Return the characters that formulas show, by their look."""
    styles = list(_styles(css))

    @cache
    def touching(names: str) -> list[Style]:
        classes = set(names.split())
        return [style for style in styles if style[0][-1] <= classes]

    found: dict[Look, set[str]] = defaultdict(set)
    for page in pages:
        for formula in page.split(FORMULA)[1:]:
            _walk(formula, touching, found)
    return found


def _styles(css: str) -> Iterator[Style]:
    """Yield what KaTeX's rules say about fonts."""
    for rule in RULE.finditer(css):
        told = _told(rule["body"])
        for selector in rule["selectors"].split(",") if told else []:
            parts = selector.removeprefix(".katex ").replace(">", " ").split()
            classes = [set(re.findall(r"\.([\w-]+)", part)) for part in parts]
            # A span without a class inherits the font.
            if any(classes):
                yield [names for names in classes if names], told


def _walk(
    formula: str,
    touching: Callable[[str], list[Style]],
    found: dict[Look, set[str]],
) -> None:
    """Add the characters of a formula, which ends where its span does."""
    looks: list[Look] = [BEGIN]
    around: list[str] = [""]
    for token in TOKEN.finditer(formula):
        if token["text"]:
            found[looks[-1]].update(unescape(token["text"]))
        elif token["end"]:
            looks.pop()
            around.pop()
            if not looks:
                return
        elif token[0].startswith("<span"):
            look = looks[-1]
            for (*outer, _), told in touching(token["classes"] or ""):
                if all(
                    any(names <= set(above.split()) for above in around)
                    for names in outer
                ):
                    look = _look(look, told)
            looks.append(look)
            around.append(token["classes"] or "")
