"""What the book's own search finds: entries, made of the pages' HTML.

An entry is a section, an exercise, a piece of the program, a name in the
API reference, a figure or table, a word of the glossary, or a work of the
bibliography. What is an entry of its own is not in its section's text.
The index is made of them in the browser, when somebody searches.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from html import escape, unescape
from itertools import pairwise, takewhile
from pathlib import Path
from xml.etree import ElementTree

from bs4 import BeautifulSoup
from bs4.element import NavigableString, PageElement, Tag

from weave.mathematics import FORMULA, Mathematics

# What nobody searches for, or what is found elsewhere: results, downloads,
# the modules of the program as a whole.
SILENT = {
    *("headerlink", "downloads", "output", "place", "module"),
    *("mentions", "around", "number", "cite", "chart"),
}
DRAWING = {"Code", "What is claimed here, checked"}
HEADINGS = {"h1", "h2", "h3"}
BLOCKS = {
    *("dd", "div", "dl", "dt", "figcaption", "figure", "h4", "li", "ol"),
    *("p", "pre", "section", "summary", "table", "tr", "ul"),
}
ACCENTS = {"^": "\u0302", "~": "\u0303", "ˉ": "\u0304", "‾": "\u0304"}


@dataclass(frozen=True)
class Entry:
    """One thing to find; each line of its text is a block of the page."""

    kind: str
    title: str
    anchor: str
    text: str


@dataclass(frozen=True)
class Found:
    """All that can be found on one page."""

    url: str
    title: str
    entries: list[Entry]


def script(pages: Iterable[Found]) -> str:
    """Return the entries as a script that sets one name, `bookEntries`.

    A page that was opened as a file may run a script, but not fetch data.
    """
    lines: list[str] = []
    for page in pages:
        rows = [[e.kind, e.title, e.anchor, e.text] for e in page.entries]
        told = [page.url, page.title, rows]
        lines.append(
            json.dumps(told, ensure_ascii=False, separators=(",", ":"))
        )
    return "const bookEntries = [\n" + ",\n".join(lines) + "\n];\n"


def library(modules: Path) -> str:
    """Return MiniSearch as a script that sets one name, `MiniSearch`."""
    path = modules / "minisearch" / "dist" / "umd" / "index.js"
    return re.sub(r"//# source\S+\s*", "", path.read_text("utf-8"))


@lru_cache(64)  # a saved page is read anew, the others are known
def entries(html: str, mathematics: Mathematics) -> list[Entry]:
    """Return what is to be found in HTML with formulas still as TeX."""

    def text(match: re.Match[str]) -> str:
        tex, display = unescape(match["tex"]).strip(), match["tag"] == "div"
        formula = plain(mathematics.formula(tex, display))
        return escape(formula + match["stop"])

    html = FORMULA.sub(text, html)
    html = re.sub(r'<span\s+class="sidenote-number">\d+</span>', "", html)
    # A <span> says how something looks; most are the colours of code.
    soup = BeautifulSoup(re.sub(r"</?span\b[^>]*>", "", html), "html.parser")
    for tag in filter(_is_silent, soup.find_all()):
        tag.extract()
    items = map(_item, soup.find_all(id=True))
    return [*filter(None, items), *_sections(soup)]


def _is_silent(tag: Tag) -> bool:
    classes = set(tag.get_attribute_list("class"))
    match tag.name:
        case "svg" | "button":
            return True
        case "figure":  # a piece of the program, shown once more
            return "piece" in classes and not tag.get("id")
        case "details":
            return tag.summary is not None and _text([tag.summary]) in DRAWING
    return bool(SILENT & classes)


def _item(tag: Tag) -> Entry | None:
    """Take off the page what has an entry of its own."""
    anchor, classes = str(tag["id"]), tag.get_attribute_list("class")
    match tag.name:
        case "figure" if "piece" in classes:
            title = _name(anchor.split("-"))
            return _take("code", title, tag, tag.find_all("pre"))
        case "figure":
            label = tag.figcaption and tag.figcaption.strong
            title = _text([label.extract()]) if label else ""
            return _take("figure", title.removesuffix("."), tag, [tag])
        case "dt":
            after = tag.find_next_siblings()
            meaning = takewhile(lambda tag: tag.name == "dd", after)
            return _take("term", _text([tag]), tag, meaning)
        case "p" if "reference" in classes:
            text = _text([tag])
            quoted = re.search(r"“(.+)”", text)
            slanted = _text(tag.find_all("em", limit=1))
            title = quoted[1] if quoted else slanted
            return _take("work", title, tag, [tag])
    if "doc-heading" in classes:
        whole = tag.find_parent(class_="doc-object")
        if not tag.code:  # else it is a method's signature
            tag.clear()
        title = _name(anchor.split("."))
        return _take("api", title, tag, [whole] if whole else [])
    return None


def _take(kind: str, title: str, tag: Tag, body: Iterable[Tag]) -> Entry:
    parts = list(body)
    entry = Entry(kind, title, str(tag["id"]), _text(parts))
    for part in [*parts, tag]:
        part.extract()
    return entry


def _name(parts: list[str]) -> str:
    """Return `Dense.forward` for nn, layers, Dense, forward."""
    return ".".join(parts[2:] or parts)


def _sections(soup: BeautifulSoup) -> Iterator[Entry]:
    """Yield what stands between one heading and the next."""
    nodes = list(soup.descendants)
    places = [n for n, node in enumerate(nodes) if _is_heading(node)]
    for first, last in pairwise([*places, len(nodes)]):
        heading = nodes[first]
        assert isinstance(heading, Tag)
        anchor = "" if heading.name == "h1" else str(heading["id"])
        title = _text([heading])
        kind = "exercise" if title.startswith("Exercise ") else "section"
        if len(title) > 1:  # not a letter of the glossary
            text = nodes[first + 1 + len([*heading.descendants]) : last]
            yield Entry(kind, title, anchor, _join(text))


def _is_heading(node: PageElement) -> bool:
    return isinstance(node, Tag) and node.name in HEADINGS


def _text(tags: Iterable[Tag]) -> str:
    return _join(node for tag in tags for node in [tag, *tag.descendants])


def _join(nodes: Iterable[PageElement]) -> str:
    """Return the text of the nodes, a line for each block or row.

    A line of code is a line; elsewhere the end of a line is a space.
    """
    parts: list[str] = []
    for node in nodes:
        if isinstance(node, NavigableString):
            code = node.find_parent("pre")
            parts.append(node if code else re.sub(r"\s+", " ", node))
        elif isinstance(node, Tag) and node.name in BLOCKS:
            parts.append("\n")
        elif isinstance(node, Tag) and node.name in ("td", "th"):
            parts.append(" · ")
    lines = (
        " ".join(line.split()).removeprefix("· ")
        for line in "".join(parts).split("\n")
    )
    return "\n".join(filter(None, lines))


def plain(formula: str) -> str:
    """Return a formula as a line of text, from the MathML that KaTeX made.

    >>> plain("<math><mfrac><mi>d</mi><mi>x</mi></mfrac></math>")
    'd/x'
    """
    found = re.search(r"<math\b.*?</math>", formula, re.DOTALL)
    assert found, formula
    line = _line(ElementTree.fromstring(found[0]))
    # Between a function and what it is applied to stands a mark.
    line = re.sub(r"\u2061(?=[(_^])", "", line).replace("\u2061", " ")
    return " ".join(line.split())


def _line(node: ElementTree.Element) -> str:
    parts = [_line(child) for child in node]
    match node.tag, parts:
        case "mo", []:
            sign = node.text or " "
            return f" {sign} " if sign in "=≈≠≤≥<>+→←↦∼∈" else sign
        case "mfrac", [over, under]:
            return f"{_guard(over)}/{_guard(under)}"
        case "msub", [base, low]:
            return f"{base}_{_guard(low)}"
        case "munder", [base, low]:
            return f"{base}_{_guard(low)} "
        case "msup", [base, high]:
            return f"{base}^{_guard(high)}"
        case "msubsup", [base, low, high]:
            return f"{base}_{_guard(low)}^{_guard(high)}"
        case "munderover", [base, low, high]:
            return f"{base}_{_guard(low)}^{_guard(high)} "
        case "mover", [base, mark]:
            accent = ACCENTS.get(mark, mark)
            return unicodedata.normalize("NFC", base + accent)
        case "msqrt", _:
            return f"√{_guard(''.join(parts))}"
        case "mspace" | "mtr", _:
            return " ".join([*parts, " "])
    return "".join([node.text or "", *parts])


def _guard(text: str) -> str:
    """Put brackets around what is more than one thing and has none."""
    bare = text.strip()
    return bare if re.fullmatch(r"[\w.]*|\([\w.]+\)", bare) else f"({bare})"
