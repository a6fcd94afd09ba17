"""The change log as a feed, in Atom, for those who wait for a release."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from markdown import markdown

from weave.press.changes import anchor, releases
from weave.press.citation import Book

ATOM = "http://www.w3.org/2005/Atom"
NAME = "feed.xml"


def feed(book: Book, log: str, url: str) -> bytes:
    """Return the feed of a site at `url`, with an entry for each release."""
    entries = releases(log)
    root = ET.Element("feed", {"xmlns": ATOM, "xml:lang": "en"})
    _add(root, "title", book.title)
    _add(root, "id", url)
    _add(root, "link", rel="self", href=url + NAME)
    _add(root, "link", rel="alternate", href=f"{url}changes.html")
    _add(root, "updated", f"{entries[0].date}T00:00:00Z")
    for name in book.authors:
        _add(_add(root, "author"), "name", name)
    for entry in entries:
        address = f"{url}changes.html#{anchor(entry.version)}"
        item = _add(root, "entry")
        _add(item, "title", f"{book.title}, {entry.version}")
        _add(item, "id", address)
        _add(item, "link", rel="alternate", href=address)
        _add(item, "updated", f"{entry.date}T00:00:00Z")
        words = absolute(entry.words, url)
        _add(item, "content", markdown(words), type="html")
    ET.indent(root)
    return ET.tostring(root, "utf-8", xml_declaration=True) + b"\n"


def absolute(words: str, url: str) -> str:
    """Return Markdown whose links lead to the site from anywhere.

    >>> absolute("[chapter 3](activations.py#bends)", "https://a.org/")
    '[chapter 3](https://a.org/activations.html#bends)'
    """
    link = r"\]\(([\w-]+)\.(?:py|md)\b"
    return re.sub(link, rf"]({url}\1.html", words)


def _add(
    parent: ET.Element, tag: str, text: str | None = None, **told: str
) -> ET.Element:
    element = ET.SubElement(parent, tag, told)
    element.text = text
    return element
