"""How to cite: one source, and everywhere the same."""

from __future__ import annotations

import datetime
import re
import tomllib
from pathlib import Path

import pytest
from mkdocs.exceptions import ConfigurationError

from weave.press import changes, citation
from weave.press.citation import Book

ROOT = Path(__file__).parent.parent
BOOK = Book("On Nets", ["Ada <A>", "B. Beta"], "1.2.0", "2026-03-04", "u://b")
URL = "u://b/c.html"


def test_version_and_date_are_the_same_everywhere() -> None:
    book = citation.read(ROOT / "CITATION.cff")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert project["project"]["version"] == book.version
    log = (ROOT / "docs" / "changes.md").read_text("utf-8")
    newest = changes.releases(log)[0]
    assert (newest.version, newest.date) == (book.version, book.date)
    record = changes.load(ROOT / changes.FILE)
    assert list(record.numbers)[-1] == book.version
    datetime.date.fromisoformat(book.date)


def test_readme_cites_the_same() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    entry = citation.bibtex(citation.read(ROOT / "CITATION.cff"))
    assert f"```bibtex\n{entry}```" in readme


def test_the_site_is_where_the_citation_says() -> None:
    told = (ROOT / "mkdocs.yml").read_text("utf-8")
    book = citation.read(ROOT / "CITATION.cff")
    assert f"\nsite_url: {book.url}\n" in told
    assert f"site_name: {book.title}\n" in told


def test_a_citation_is_read_and_never_run(tmp_path: Path) -> None:
    path = tmp_path / "CITATION.cff"
    path.write_text(f"title: !!python/object/apply:os.mkdir ['{tmp_path}/x']")
    with pytest.raises(ConfigurationError, match="python/object/apply"):
        citation.read(path)
    assert not (tmp_path / "x").exists()


def test_authors_are_persons_or_groups(tmp_path: Path) -> None:
    path = tmp_path / "CITATION.cff"
    path.write_text(
        "title: T\nversion: 1\ndate-released: 2026-01-02\nurl: u\n"
        "authors:\n- name: All\n- given-names: Ada\n  family-names: Love\n"
    )
    book = citation.read(path)
    assert book == Book("T", ["All", "Ada Love"], "1", "2026-01-02", "u")


@pytest.mark.parametrize(
    ("chapter", "url", "line"),
    [
        ("", "", "*On Nets*. Version 1.2.0, 2026. u://b"),
        (
            "3 · Bends",
            URL,
            f"“Bends”, chapter 3 of *On Nets*, version 1.2.0, 2026. {URL}",
        ),
        ("How", URL, f"“How”, in *On Nets*, version 1.2.0, 2026. {URL}"),
        (
            "3 · To · fro",
            "",
            "“To · fro”, chapter 3 of *On Nets*, version 1.2.0, 2026. u://b",
        ),
    ],
)
def test_a_line(chapter: str, url: str, line: str) -> None:
    told = citation.line(BOOK, chapter, url)
    assert told == f"Ada <A>, B. Beta. {line}"


def test_without_a_chapter_or_an_address_it_is_the_book() -> None:
    assert citation.line(BOOK) == citation.line(BOOK, "", "")
    assert citation.line(BOOK, "How").endswith(", 2026. u://b")
    assert citation.bibtex(BOOK, "How") == citation.bibtex(
        BOOK, "How", "u://b"
    )
    assert citation.block(BOOK, "How") == citation.block(BOOK, "How", "u://b")


@pytest.mark.parametrize(
    ("chapter", "title", "published"),
    [
        ("", "On Nets", "Version 1.2.0"),
        ("3 · Bends", "Bends", "Chapter 3 of {On Nets}, version 1.2.0"),
        ("How", "How", "In {On Nets}, version 1.2.0"),
    ],
)
def test_bibtex(chapter: str, title: str, published: str) -> None:
    entry = citation.bibtex(BOOK, chapter, URL)
    fields = dict(re.findall(r"^  (\w+) += \{(.*)\},$", entry, re.MULTILINE))
    assert fields == {
        "author": "{Ada <A>} and {B. Beta}",
        "title": f"{{{title}}}",
        "howpublished": published,
        "year": "2026",
        "url": URL,
    }
    assert entry.count("{") == entry.count("}")
    assert re.match(r"@misc\{[a-z-]+,\n", entry)


def test_an_entry_has_a_key_and_a_field_a_line() -> None:
    assert citation.bibtex(BOOK, "3 · Big Bends", URL) == (
        "@misc{nn-line-by-line-big-bends,\n"
        "  author       = {{Ada <A>} and {B. Beta}},\n"
        "  title        = {{Big Bends}},\n"
        "  howpublished = {Chapter 3 of {On Nets}, version 1.2.0},\n"
        "  year         = {2026},\n"
        "  url          = {u://b/c.html},\n"
        "}\n"
    )
    assert citation.bibtex(BOOK) == (
        "@misc{nn-line-by-line,\n"
        "  author       = {{Ada <A>} and {B. Beta}},\n"
        "  title        = {{On Nets}},\n"
        "  howpublished = {Version 1.2.0},\n"
        "  year         = {2026},\n"
        "  url          = {u://b},\n"
        "}\n"
    )


def test_a_block_is_marked_up_and_escaped() -> None:
    html = citation.block(BOOK, "3 · Bends", URL)
    assert "<strong>Cite this chapter.</strong> Ada &lt;A&gt;" in html
    assert "chapter 3 of <cite>On Nets</cite>, version" in html
    assert "{Ada &lt;A&gt;}" in html
    assert "Cite this book" in citation.block(BOOK)
    assert citation.bibtex(BOOK).replace("<", "&lt;").replace(">", "&gt;") in (
        citation.block(BOOK)
    )


def test_a_block_is_a_line_and_the_entry_folded_away() -> None:
    html = citation.block(BOOK, "3 · Bends", URL)
    line, entry = html.split(
        '</p><details class="code"><summary>BibTeX</summary>'
        '<pre tabindex="0" role="group" aria-label="BibTeX"><code>'
    )
    head = '<div class="cite" data-search-exclude><p><strong>Cite this chapter'
    assert line.startswith(f"{head}.</strong>")
    assert URL in line
    told = citation.bibtex(BOOK, "3 · Bends", URL)
    told = told.replace("<", "&lt;").replace(">", "&gt;")
    assert entry == f"{told}</code></pre></details></div>"
    quoted = Book('Say "Nets"', ["Ada"], "1", "2026-03-04", "u://b")
    assert citation.block(quoted).count('Say "Nets"') == 2


def test_tags() -> None:
    authors = [("citation_author", "Ada <A>"), ("citation_author", "B. Beta")]
    rest = [
        ("citation_publication_date", "2026/03/04"),
        ("citation_language", "en"),
    ]
    assert citation.tags(BOOK, "3 · Bends", URL) == [
        ("citation_title", "Bends"),
        ("citation_inbook_title", "On Nets"),
        *authors,
        *rest,
        ("citation_fulltext_html_url", URL),
    ]
    assert citation.tags(BOOK, "", "u://b") == [
        ("citation_title", "On Nets"),
        *authors,
        *rest,
        ("citation_fulltext_html_url", "u://b"),
    ]
