"""The built book as one PDF: `python -m weave.press.printing`.

The pages of the site, in the order of the navigation, become one
document, which Chromium prints twice. The first print tells on which
page each heading came to stand, the second has that in its contents.
A further one follows where the contents moved what they tell of.
"""

from __future__ import annotations

import io
import logging
import mimetypes
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from importlib.metadata import metadata
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

from bs4 import BeautifulSoup, Tag
from mkdocs.config import load_config
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.utils import get_build_date
from playwright.sync_api import Page, Route, sync_playwright
from pypdf import PdfReader, PdfWriter
from pypdf.generic import Fit, IndirectObject

from weave.press.browser import FLAGS, HELP, find_chromium

NAME = "neural-networks-line-by-line"
STYLE = Path(__file__).with_name("print.css")
# The attributes that hold ids of the same page.
REFERENCES = (
    "aria-controls",
    "aria-describedby",
    "aria-labelledby",
    "for",
    "headers",
    "popovertarget",
)
POINTER = (
    '<p class="address"><a href="{}">Starter, tests, hint and solution: '
    "on the web</a></p>"
)
# What is of use on a screen alone.
SCREEN = (
    ".headerlink, nav, button, input, .mentions, .around, .downloads, "
    "details:is(.code, .tip):not(.starter), .starter ~ .output"
)
NUMBER = re.compile(r"^Chapter (\d+)\s*")
HOME = "About this book"  # whose page is called like the book


@dataclass(frozen=True)
class Entry:
    """A line of the contents: 1 part, 2 chapter, 3 section."""

    level: int
    title: str
    anchor: str


@dataclass(frozen=True)
class Leaf:
    """A page of the site, and the part of the book that it is in."""

    part: str
    file: str

    @property
    def anchor(self) -> str:
        """The id of the page in the document."""
        return Path(self.file).stem

    @property
    def sheet(self) -> str:
        """What CSS calls the sheets of paper that the page is printed on."""
        return f"page-{self.anchor}"


def leaves(nav: list[Any], part: str = "") -> Iterator[Leaf]:
    """Yield the pages of MkDocs' navigation, in its order."""
    for item in nav:
        for title, what in (
            item.items() if isinstance(item, dict) else [("", item)]
        ):
            if isinstance(what, list):
                yield from leaves(what, title)
            else:
                yield Leaf(part, str(Path(what).with_suffix(".html")))


def anchor(leaf: Leaf, fragment: str) -> str:
    """Return what an id of a page is called in the document."""
    return f"{leaf.anchor}--{fragment}" if fragment else leaf.anchor


def link(href: str, leaf: Leaf, home: str, book: Mapping[str, Leaf]) -> str:
    """Return a page's link as one of the document.

    `book` has the pages by their public address; what is not among them
    keeps its own.
    """
    address, fragment = urldefrag(urljoin(home + leaf.file, href))
    target = book.get(address)
    if target is None:
        return urljoin(home + leaf.file, href)
    return "#" + anchor(target, unquote(fragment))


def spelled(value: object) -> str:
    """Return an attribute as it is written; what is a list there is words."""
    return " ".join(value) if isinstance(value, list) else str(value)


def adopt(
    article: Tag, leaf: Leaf, home: str, book: Mapping[str, Leaf]
) -> None:
    """Make a page's ids and links those of the document."""
    for element in article.find_all(True):
        for name, value in list(element.attrs.items()):
            text = spelled(value)
            if name == "id":
                element[name] = anchor(leaf, text)
            elif name in REFERENCES:
                words = (anchor(leaf, word) for word in text.split())
                element[name] = " ".join(words)
            elif name == "href" and element.find_parent(class_="address"):
                pass  # on the web, and nowhere else
            elif name == "href" and element.name == "a":
                element[name] = link(text, leaf, home, book)
            elif name == "src":
                element[name] = urljoin(home + leaf.file, text)
            elif name in ("href", "xlink:href") and text.startswith("#"):
                element[name] = "#" + anchor(leaf, text[1:])
            elif "url(#" in text:
                element[name] = re.sub(
                    r"(?<=url\(#)[^)]+", lambda m: anchor(leaf, m[0]), text
                )


def tidy(article: Tag, address: str) -> None:
    """Leave out what is of use on a screen alone.

    What an exercise folds away is a link to its page.
    """
    for element in article.select(SCREEN):
        element.decompose()
    for element in article.select("details.starter"):
        exercise = element.find_previous("h3", id=True)
        place = f"{address}#{exercise['id']}" if exercise else address
        element.replace_with(
            BeautifulSoup(POINTER.format(escape(place)), "html.parser")
        )


def plain(title: str) -> str:
    """Return a title in one line: the number stands over a chapter's."""
    return NUMBER.sub(r"\1 · ", title)


def entries(article: Tag, leaf: Leaf, site_name: str) -> list[Entry]:
    """Return a chapter's lines of the contents.

    Its headings are told their places in the whole book.
    """
    found = []
    for heading in article.find_all(re.compile("^h[1-6]$")):
        level = int(heading.name[1])
        heading["aria-level"] = str(level + 1 if leaf.part else level)
        letter = level == 2 and len(heading.get_text()) == 1  # a glossary's
        if level > 2 or letter:
            continue
        if level == 1:
            heading["id"] = leaf.anchor
            if heading.get_text() == site_name:
                heading.string = HOME
        title = plain(" ".join(heading.get_text().split()))
        found.append(Entry(level + 1, title, str(heading["id"])))
    return found


def quote(text: str) -> str:
    """Return a string of CSS."""
    return '"' + re.sub(r'["\\]', r"\\\g<0>", text) + '"'


def head(leaf: Leaf, title: str) -> str:
    """Return the rules that set a chapter's title above its pages."""
    return (
        f"#{leaf.anchor}-leaf {{ page: {leaf.sheet}; }}\n"
        f"@page {leaf.sheet} {{ @top-left {{ content: {quote(title)}; }} }}\n"
    )


def opening(page: BeautifulSoup, name: str) -> str:
    """Return a page's opening tag of that name, for a document like it."""
    tag = page.find(name)
    attrs = tag.attrs.items() if isinstance(tag, Tag) else ()
    inside = "".join(f' {key}="{escape(spelled(v))}"' for key, v in attrs)
    return f"<{name}{inside}>"


def title_page(config: MkDocsConfig, cover: str) -> str:
    """Return the first page."""
    about = metadata(NAME)
    lines = [
        f"Version {about['Version']}, {get_build_date()}",
        f'<a href="{config.site_url}">{config.site_url}</a>',
        escape(config.copyright or ""),
    ]
    return (
        '<section class="cover">'
        f'<p class="title">{escape(config.site_name)}</p>'
        f'<p class="subtitle">{escape(config.site_description or "")}</p>'
        f"{cover}<p>{'<br>'.join(lines)}</p></section>"
    )


def contents(lines: list[Entry]) -> str:
    """Return the contents, whose page numbers are still to come."""
    rows = "".join(
        f'<li class="level-{line.level}"><a href="#{line.anchor}">'
        f"<span>{escape(line.title)}</span>"
        f'<span class="number" data-to="{line.anchor}">000</span></a></li>'
        for line in lines
    )
    return (
        '<section class="page listing"><h1>Contents</h1>'
        f"<ul>{rows}</ul></section>"
    )


def document(config: MkDocsConfig) -> tuple[str, list[Entry]]:
    """Return the book as one page of HTML, and its contents."""
    site, home = Path(config.site_dir), str(config.site_url)
    order = list(leaves(config.nav or []))
    book = {home + leaf.file: leaf for leaf in order}
    book[home] = order[0]
    lines: list[Entry] = []
    body: list[str] = []
    rules = STYLE.read_text("utf-8")
    part = outer = inner = ""
    for leaf in order:
        html = (site / leaf.file).read_text("utf-8")
        page = BeautifulSoup(html, "html.parser")
        outer = outer or opening(page, "html")
        inner = inner or opening(page, "body")
        if leaf.part and leaf.part != part:
            mark = f"part-of-{leaf.anchor}"
            lines.append(Entry(1, leaf.part, mark))
            body.append(
                f'<section class="page opening" style="page: {leaf.sheet}">'
                f'<h1 id="{mark}">{escape(leaf.part)}</h1></section>'
            )
        part = leaf.part
        article = page.find("article")
        if not isinstance(article, Tag):
            raise ValueError(f"{leaf.file} has no article")
        tidy(article, home + leaf.file)
        adopt(article, leaf, home, book)
        found = entries(article, leaf, config.site_name)
        article["id"] = f"{leaf.anchor}-leaf"
        rules += head(leaf, found[0].title)
        lines += found
        body.append(str(article))
    image = '<img src="assets/cover.svg" alt="">'
    cover = image if (site / "assets" / "cover.svg").exists() else ""
    html = (
        f'<!doctype html>{outer}<head><meta charset="utf-8">'
        f"<title>{escape(config.site_name)}</title>"
        f'<link rel="stylesheet" href="{home}assets/book.css">'
        f"<style>{rules}</style></head>{inner}"
        f"{title_page(config, cover)}{contents(lines)}{''.join(body)}"
        "</body></html>"
    )
    return html, lines


def serve(page: Page, config: MkDocsConfig, html: str) -> str:
    """Hand the site out at its public address; return the document's.

    So what links to a file of the site leads to the web, and nothing
    leaves this machine.
    """
    site, home = Path(config.site_dir), str(config.site_url)
    address = home + "print.html"

    def answer(route: Route) -> None:
        url = urldefrag(route.request.url)[0]
        file = site / unquote(urlsplit(url.removeprefix(home)).path)
        if url == address:
            route.fulfill(body=html, content_type="text/html")
        elif url.startswith(home) and file.is_file():
            kind = mimetypes.guess_type(file)[0]
            route.fulfill(path=file, content_type=kind)
        else:
            route.abort()

    page.route("**/*", answer)
    return address


def numbers(pdf: bytes) -> dict[str, int]:
    """Return the page of every anchor that a link leads to."""
    reader = PdfReader(io.BytesIO(pdf))
    pages = {
        name.lstrip("/"): reader.get_destination_page_number(place)
        for name, place in reader.named_destinations.items()
    }
    return {name: page + 1 for name, page in pages.items() if page is not None}


FILL = """numbers => {
  for (const place of document.querySelectorAll("[data-to]"))
    place.textContent = numbers[place.dataset.to];
}"""


def press(html: str, config: MkDocsConfig, paper: str) -> bytes:
    """Print the document, until its contents are right."""
    chromium = find_chromium()
    if chromium is None:
        raise SystemExit(HELP)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=list(FLAGS)
        )
        page = browser.new_page(color_scheme="light")
        page.set_default_timeout(0)
        page.goto(serve(page, config, html))
        page.evaluate("document.fonts.ready")
        known: dict[str, int] = {}
        while True:
            pdf = page.pdf(
                format=paper,
                prefer_css_page_size=True,
                print_background=True,
                tagged=bool(known),  # the first is only looked at
            )
            found = numbers(pdf)
            if found == known:
                break
            page.evaluate(FILL, found)
            known = found
        browser.close()
    return pdf


def add_outline(writer: PdfWriter, pdf: bytes, lines: list[Entry]) -> None:
    """Give a PDF the outline that its contents have, chapters closed."""
    named = PdfReader(io.BytesIO(pdf)).named_destinations
    tops = {name.lstrip("/"): place.top for name, place in named.items()}
    numbered = numbers(pdf)
    above: list[tuple[int, IndirectObject]] = []
    for line in lines:
        while above and above[-1][0] >= line.level:
            above.pop()
        item = writer.add_outline_item(
            title=line.title,
            page_number=numbered[line.anchor] - 1,
            parent=above[-1][1] if above else None,
            fit=Fit.xyz(top=tops[line.anchor]),
            is_open=line.level == 1,
        )
        above.append((line.level, item))


def bind(pdf: bytes, lines: list[Entry], config: MkDocsConfig) -> bytes:
    """Say in the PDF what it is; open it with its outline."""
    writer = PdfWriter(clone_from=io.BytesIO(pdf))
    date = get_build_date().replace("-", "")
    writer.metadata = {
        "/Title": config.site_name,
        "/Author": metadata(NAME)["Author"],
        "/Subject": config.site_description or "",
        "/CreationDate": f"D:{date}000000Z",
        "/Producer": "Chromium, pypdf",
    }
    add_outline(writer, pdf, lines)
    writer.page_mode = "/UseOutlines"
    stream = io.BytesIO()
    writer.write(stream)
    return stream.getvalue()


def main(paper: str = "A4", configuration: str = "mkdocs.yml") -> Path:
    """Print the site that is built; return the file."""
    logging.getLogger("pypdf").setLevel(logging.ERROR)
    config = load_config(configuration)
    html, lines = document(config)
    pdf = bind(press(html, config, paper), lines, config)
    target = Path(config.config_file_path).parent / "build" / f"{NAME}.pdf"
    target.parent.mkdir(exist_ok=True)
    target.write_bytes(pdf)
    print(target)
    return target


if __name__ == "__main__":
    main(*sys.argv[1:])
