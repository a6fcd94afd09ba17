"""The feed is what readers of feeds expect."""

from __future__ import annotations

from datetime import datetime
from xml.etree import ElementTree as ET

import pytest

from weave.press.citation import Book
from weave.press.feed import ATOM, feed

URL = "https://a.org/b/"
BOOK = Book("Nets & Co", ["Ada", "All"], "0.2.0", "2026-03-04", URL)
LOG = """\
# What changed

Words.

## 0.2.0 · 2026-03-04

Better, see [chapter 3](bends.py#a) and [others](https://b.org/c.py).

## 0.1.0 · 2026-01-02

The *first*.
"""


@pytest.fixture(scope="module")
def root() -> ET.Element:
    return ET.fromstring(feed(BOOK, LOG, URL))


def texts(element: ET.Element, name: str) -> list[str | None]:
    return [found.text for found in element.findall(f"{{{ATOM}}}{name}")]


def test_a_feed_has_what_atom_requires(root: ET.Element) -> None:
    assert root.tag == f"{{{ATOM}}}feed"
    assert texts(root, "title") == ["Nets & Co"]
    assert texts(root, "id") == [URL]
    assert len(root.findall(f"{{{ATOM}}}author")) == 2
    entries = root.findall(f"{{{ATOM}}}entry")
    assert len(entries) == 2
    for element in (root, *entries):
        for name in "id", "title", "updated":
            assert len(texts(element, name)) == 1
        (when,) = texts(element, "updated")
        assert when
        assert datetime.fromisoformat(when.replace("Z", "+00:00")).tzinfo
    assert texts(root, "updated") == ["2026-03-04T00:00:00Z"]


def test_addresses_are_absolute(root: ET.Element) -> None:
    links = {
        link.get("href")
        for link in root.iter(f"{{{ATOM}}}link")
        if link.get("rel") == "alternate"
    }
    assert links == {
        f"{URL}changes.html",
        f"{URL}changes.html#release-0.2.0",
        f"{URL}changes.html#release-0.1.0",
    }
    (link,) = root.findall(f"{{{ATOM}}}link[@rel='self']")
    assert link.get("href") == f"{URL}feed.xml"


def test_entries_have_their_words_as_html(root: ET.Element) -> None:
    first, second = root.findall(f".//{{{ATOM}}}content")
    assert first.get("type") == "html"
    assert first.text == (
        f'<p>Better, see <a href="{URL}bends.html#a">chapter 3</a> and '
        '<a href="https://b.org/c.py">others</a>.</p>'
    )
    assert second.text == "<p>The <em>first</em>.</p>"


def test_a_feed_is_a_file_of_these_lines() -> None:
    log = "## 0.1.0 · 2026-01-02\n\nThe *first*, of Müller.\n"
    book = Book("Nets & Co", ["Ada"], "0.1.0", "2026-01-02", URL)
    assert feed(book, log, URL).decode() == (
        "<?xml version='1.0' encoding='utf-8'?>\n"
        f'<feed xmlns="{ATOM}" xml:lang="en">\n'
        "  <title>Nets &amp; Co</title>\n"
        f"  <id>{URL}</id>\n"
        f'  <link rel="self" href="{URL}feed.xml" />\n'
        f'  <link rel="alternate" href="{URL}changes.html" />\n'
        "  <updated>2026-01-02T00:00:00Z</updated>\n"
        "  <author>\n"
        "    <name>Ada</name>\n"
        "  </author>\n"
        "  <entry>\n"
        "    <title>Nets &amp; Co, 0.1.0</title>\n"
        f"    <id>{URL}changes.html#release-0.1.0</id>\n"
        f'    <link rel="alternate" href="{URL}changes.html#release-0.1.0" '
        "/>\n"
        "    <updated>2026-01-02T00:00:00Z</updated>\n"
        '    <content type="html">&lt;p&gt;The &lt;em&gt;first&lt;/em&gt;, '
        "of Müller.&lt;/p&gt;</content>\n"
        "  </entry>\n"
        "</feed>\n"
    )
