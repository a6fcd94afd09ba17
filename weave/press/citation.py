"""How to cite the book and its chapters, by CITATION.cff.

That file is the one source of title, authors, version and date.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape
from pathlib import Path

from mkdocs.utils.yaml import yaml_load
from yaml import SafeLoader


@dataclass(frozen=True)
class Book:
    """What CITATION.cff tells of the book."""

    title: str
    authors: list[str]
    version: str
    date: str  # of the release, as in 2026-11-22
    url: str

    @property
    def year(self) -> str:
        return self.date[:4]


def read(path: Path) -> Book:
    """Return what CITATION.cff says."""
    with path.open(encoding="utf-8") as file:
        told = yaml_load(file, SafeLoader)
    return Book(
        told["title"],
        [_name(author) for author in told["authors"]],
        str(told["version"]),
        str(told["date-released"]),
        told["url"],
    )


def _name(author: dict[str, str]) -> str:
    """Return the name of a person or of a group."""
    if "name" in author:
        return author["name"]
    return f"{author['given-names']} {author['family-names']}"


def split(title: str) -> tuple[str, str]:
    """Split a chapter's title into its number, if any, and its name.

    >>> split("3 · Activations")
    ('3', 'Activations')
    """
    number, dot, name = title.partition(" · ")
    return (number, name) if dot else ("", title)


def line(book: Book, chapter: str = "", url: str = "") -> str:
    """Return the citation of the book, or of a chapter, as Markdown."""
    authors = ", ".join(book.authors)
    if not chapter:
        return (
            f"{authors}. *{book.title}*. "
            f"Version {book.version}, {book.year}. {book.url}"
        )
    number, name = split(chapter)
    part = f"“{name}”, chapter {number} of" if number else f"“{name}”, in"
    return (
        f"{authors}. {part} *{book.title}*, "
        f"version {book.version}, {book.year}. {url or book.url}"
    )


def bibtex(book: Book, chapter: str = "", url: str = "") -> str:
    """Return the same as an entry for BibTeX.

    It is a `misc`: an entry for a chapter would want a publisher.
    """
    number, name = split(chapter)
    words = " ".join(["nn line by line", name]).casefold()
    fields = {
        "author": " and ".join(f"{{{name}}}" for name in book.authors),
        "title": f"{{{name or book.title}}}",
        "howpublished": f"Version {book.version}",
        "year": book.year,
        "url": url or book.url,
    }
    if chapter:
        part = f"Chapter {number} of" if number else "In"
        fields["howpublished"] = (
            f"{part} {{{book.title}}}, version {book.version}"
        )
    entries = [f"  {key:12} = {{{text}}},\n" for key, text in fields.items()]
    key = "-".join(re.findall(r"\w+", words))
    return f"@misc{{{key},\n{''.join(entries)}}}\n"


def block(book: Book, chapter: str = "", url: str = "") -> str:
    """Return the HTML that ends a chapter, or the home page."""
    what = "chapter" if chapter else "book"
    told = escape(line(book, chapter, url), quote=False)
    told = re.sub(r"\*(.+?)\*", r"<cite>\1</cite>", told)
    return (
        '<div class="cite" data-search-exclude>'
        f"<p><strong>Cite this {what}.</strong> {told}</p>"
        '<details class="code"><summary>BibTeX</summary>'
        '<pre tabindex="0" role="group" aria-label="BibTeX"><code>'
        f"{escape(bibtex(book, chapter, url), quote=False)}"
        "</code></pre></details></div>"
    )


def tags(book: Book, chapter: str, url: str) -> list[tuple[str, str]]:
    """Return the `citation_…` tags that scholars' search engines read."""
    title = split(chapter)[1] or book.title
    told = [
        ("citation_title", title),
        *(("citation_author", author) for author in book.authors),
        ("citation_publication_date", book.date.replace("-", "/")),
        ("citation_language", "en"),
        ("citation_fulltext_html_url", url),
    ]
    if chapter:
        told.insert(1, ("citation_inbook_title", book.title))
    return told
