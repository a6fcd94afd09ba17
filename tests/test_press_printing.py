"""The book as one PDF: its parts, then all of it from the real Chromium."""

from __future__ import annotations

import io
import logging
import re
import runpy
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock, Mock, call

import pytest
from bs4 import BeautifulSoup, Tag
from mkdocs.config import load_config
from playwright.sync_api import sync_playwright
from pypdf import PdfReader, PdfWriter
from pypdf.generic import (
    ArrayObject,
    Destination,
    DictionaryObject,
    NameObject,
    NullObject,
    NumberObject,
)

from weave.press import browser, printing
from weave.press.printing import Entry, Leaf

ROOT = Path(__file__).parent.parent
HOME = "https://book.test/it/"
CONFIG = f"""\
site_name: 'A "small" book'
site_description: Of two chapters.
site_url: {HOME}
copyright: MIT & CC
theme: {{name: material}}
use_directory_urls: false
nav:
  - index.md
  - Part I:
      - 1 · One: one.py
      - 2 · Two: two.md
"""
PAGE = """\
<!doctype html>
<html lang="en" class="dark" data-x="a &amp; b"><head><title>A page</title>
<link rel="stylesheet" href="assets/book.css">
<style>.dark {{ color-scheme: dark; }}</style>
<script>document.title = "ran"</script></head>
<body data-md-color-scheme="default"><header>The header</header>
<nav>Navigation</nav>
<main class="md-main__inner"><article class="page" id="page">
<p class="address"><a href="{url}">{url}</a></p>
<h1 id="top">{title}<a class="headerlink" href="#top">¶</a></h1>
<section>{body}</section>
</article></main><footer>The footer</footer></body></html>
"""
LONG = "<p>{}</p>".format("Many words. " * 60)
INDEX = '<p>See <a href="one.html">one</a> and <a href="./">home</a>.</p>'
ONE = f"""
<h2 id="here">Here &amp; now</h2><p id="p">To
<a href="#here">here</a>, <a href="two.html#far">far</a>,
<a href="one.ipynb">a notebook</a>, <a href="https://e.org/x">e.org</a>.
<img src="https://elsewhere.test/x.png" alt="none" aria-labelledby="p here">
</p><button>Copy</button>
<div class="highlight"><pre><code><span class="line" id="nn-a-1"><b>if</b> a:
</span>{"#" * 72}</code></pre></div>
<svg class="plot" width="20" height="20"><defs><clipPath id="clip"><path
id="a" d="M0 0h9v9z"/></clipPath></defs><g clip-path="url(#clip)"><use
href="#a"/></g></svg>
<details class="code"><summary>Code</summary><p>folded</p></details>
<h3 id="ex">Exercise 1.1</h3><details class="code starter">
<summary>Starter and tests</summary><p>begun</p></details>
<details class="code"><summary>Solution</summary></details>
<pre class="output">solved</pre>
{LONG * 12}<h2 id="later">Later</h2>
<p>Noted.<sup class="sidenote-ref" data-note="1"><input type="checkbox"></sup
><span class="sidenote">Beside.</span></p>
"""
PLAIN = f"""\
site_name: Q & A
site_url: {HOME}
theme: {{name: material}}
nav: [index.md]
"""
TWO = f"""
<details class="code starter"><summary>Starter</summary></details>
{LONG * 9}<h2 id="far">Far</h2><p>The end.</p>
<details class="note"><summary>Why</summary><p>Because.</p></details>
"""


def write(root: Path) -> Path:
    """Write a book as it is when it has been built; return its site."""
    (root / "docs").mkdir()
    (root / "mkdocs.yml").write_text(CONFIG)
    site = root / "site"
    (site / "assets").mkdir(parents=True)
    for name in ("book.css", "cover.svg"):
        shutil.copy(ROOT / "docs" / "assets" / name, site / "assets")
    for name, title, body in [
        ("index", 'A "small" book', INDEX),
        ("one", '<span class="number">Chapter 1</span> One', ONE),
        ("two", "2 · Two", TWO),
    ]:
        url = f"{HOME}{name}.html"
        page = PAGE.format(title=title, body=body, url=url)
        (site / f"{name}.html").write_text(page, "utf-8")
    return site


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("book")
    write(root)
    return root


@pytest.fixture(scope="module")
def pdf(root: Path) -> PdfReader:
    monkeypatch = pytest.MonkeyPatch()
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    target = printing.main("A4", str(root / "mkdocs.yml"))
    monkeypatch.undo()
    assert target == root / "build" / f"{printing.NAME}.pdf"
    return PdfReader(target)


@pytest.fixture(scope="module")
def soup(root: Path) -> BeautifulSoup:
    html, _ = printing.document(load_config(str(root / "mkdocs.yml")))
    return BeautifulSoup(html, "html.parser")


def flat(
    outline: list[Any], depth: int = 0
) -> Iterator[tuple[int, Destination]]:
    """The items of an outline, and how deep each is."""
    for item in outline:
        if isinstance(item, list):
            yield from flat(item, depth + 1)
        else:
            yield depth, item


def titles(outline: list[Any]) -> list[tuple[int, str]]:
    return [(depth, str(item.title)) for depth, item in flat(outline)]


def text(pdf: PdfReader) -> str:
    return "\n".join(page.extract_text() for page in pdf.pages)


def parse(html: str) -> Tag:
    return BeautifulSoup(html, "html.parser")


def printed(places: dict[str, tuple[int, int]], *, pages: int = 3) -> bytes:
    """A PDF with anchors: their pages, counted from 0, and their heights."""
    writer = PdfWriter()
    found = DictionaryObject()
    for _ in range(pages):
        writer.add_blank_page(100, 200)
    for name, (page, top) in places.items():
        numbers = NumberObject(0), NumberObject(top), NumberObject(0)
        sheet = writer.pages[page].indirect_reference
        found[NameObject(f"/{name}")] = ArrayObject(
            [sheet or NullObject(), NameObject("/XYZ"), *numbers]
        )
    gone = ArrayObject([NullObject(), NameObject("/Fit")])
    found[NameObject("/gone")] = gone
    writer.root_object[NameObject("/Dests")] = found
    stream = io.BytesIO()
    writer.write(stream)
    return stream.getvalue()


@pytest.fixture
def about(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the book say which version it is, and be built on a day."""
    told = {printing.NAME: {"Version": "1.2.3", "Author": "The authors"}}
    monkeypatch.setattr(printing, "metadata", told.__getitem__)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")


def test_the_order_is_that_of_the_navigation() -> None:
    inner = {"Q": ["deep/e.md"]}
    nav = ["a.md", {"B": "b.py"}, {"P": [{"C": "c.py"}, "d.md", inner]}]
    assert list(printing.leaves([*nav, "f.md"])) == [
        Leaf("", "a.html"),
        Leaf("", "b.html"),
        Leaf("P", "c.html"),
        Leaf("P", "d.html"),
        Leaf("Q", "deep/e.html"),
        Leaf("", "f.html"),
    ]


@pytest.mark.parametrize(
    ("href", "there"),
    [
        ("", "#one"),
        ("#here", "#one--here"),
        ("../two.html", "#two"),
        ("../two.html#so%20far", "#two--so far"),
        ("../#top", "#two--top"),
        (f"{HOME}two.html#far", "#two--far"),
        ("one.ipynb#here", f"{HOME}deep/one.ipynb#here"),
        ("https://e.org/two.html#far", "https://e.org/two.html#far"),
    ],
)
def test_a_link_to_a_page_stays_in_the_document(href: str, there: str) -> None:
    one, two = Leaf("P", "deep/one.html"), Leaf("", "two.html")
    book = {f"{HOME}deep/one.html": one, f"{HOME}two.html": two, HOME: two}
    assert printing.link(href, one, HOME, book) == there


def test_a_page_adopted_speaks_of_the_document() -> None:
    one = Leaf("", "deep/one.html")
    article = parse(
        '<p class="address"><i><a href="one.html">here</a></i></p>'
        '<p class="b c" id="p" title="p">To <a href="#p">p</a>, '
        '<a name="p">p</a>.</p>'
        '<td headers="p q"></td><label for="p">P</label>'
        '<div aria-controls="p" aria-describedby="p  q" role="none">'
        '<i aria-labelledby="q" popovertarget="p"></i></div>'
        '<img src="x.png"/><script src="../y.js"></script>'
        '<use href="#a"></use><use xlink:href="#b"></use>'
        '<use href="z.svg#a"></use>'
        '<g clip-path="url(#c)" style="fill:url(#d);mask:url(#e)"></g>'
    )
    printing.adopt(article, one, HOME, {f"{HOME}deep/one.html": one})
    assert str(article) == (
        '<p class="address"><i><a href="one.html">here</a></i></p>'
        '<p class="b c" id="one--p" title="p">To <a href="#one--p">p</a>, '
        '<a name="p">p</a>.</p>'
        '<td headers="one--p one--q"></td><label for="one--p">P</label>'
        '<div aria-controls="one--p" aria-describedby="one--p one--q" '
        'role="none">'
        '<i aria-labelledby="one--q" popovertarget="one--p"></i></div>'
        f'<img src="{HOME}deep/x.png"/><script src="{HOME}y.js"></script>'
        '<use href="#one--a"></use><use xlink:href="#one--b"></use>'
        '<use href="z.svg#a"></use>'
        '<g clip-path="url(#one--c)" '
        'style="fill:url(#one--d);mask:url(#one--e)"></g>'
    )


def test_an_exercise_is_a_link_to_its_page() -> None:
    article = parse(
        '<div><details class="starter">first</details></div>'
        '<h3 id="ex">1<a class="headerlink" href="#ex">¶</a></h3><h3>No</h3>'
        '<nav>n</nav><button>b</button><input/><p class="mentions">m</p>'
        '<p class="around">a</p><p class="downloads">d</p>'
        '<details class="code">c</details><details class="tip">t</details>'
        '<details class="note">Kept.</details><pre class="output">Kept.</pre>'
        '<details class="code starter">second</details>'
        '<pre class="output">solved</pre>'
    )
    printing.tidy(article, "https://e.org/?a&b")
    link = (
        '<p class="address"><a href="https://e.org/?a&amp;b{}">'
        "Starter, tests, hint and solution: on the web</a></p>"
    )
    assert str(article) == (
        f'<div>{link.format("")}</div><h3 id="ex">1</h3><h3>No</h3>'
        '<details class="note">Kept.</details><pre class="output">Kept.</pre>'
        f"{link.format('#ex')}"
    )


@pytest.mark.parametrize(
    ("title", "line"),
    [
        ("Chapter 12 One", "12 · One"),
        ("Chapter 12One", "12 · One"),
        ("After Chapter 12", "After Chapter 12"),
    ],
)
def test_the_number_of_a_chapter_comes_before_its_title(
    title: str, line: str
) -> None:
    assert printing.plain(title) == line


@pytest.mark.parametrize(("part", "more"), [("", 0), ("Part I", 1)])
def test_headings_are_told_their_places_in_the_book(
    part: str, more: int
) -> None:
    article = parse(
        '<h1 id="top">Chapter 1\n <i>The  one</i></h1><h2 id="a">A</h2>'
        '<h2 id="as">As &amp;  so</h2><h3 id="x">Exercise</h3><h6>Deep</h6>'
    )
    leaf = Leaf(part, "one.html")
    assert printing.entries(article, leaf, "A book") == [
        Entry(2, "1 · The one", "one"),
        Entry(3, "As & so", "as"),
    ]
    assert str(article) == (
        f'<h1 aria-level="{1 + more}" id="one">Chapter 1\n <i>The  one</i>'
        f'</h1><h2 aria-level="{2 + more}" id="a">A</h2>'
        f'<h2 aria-level="{2 + more}" id="as">As &amp;  so</h2>'
        f'<h3 aria-level="{3 + more}" id="x">Exercise</h3>'
        f'<h6 aria-level="{6 + more}">Deep</h6>'
    )


def test_the_page_that_is_called_like_the_book_is_about_it() -> None:
    article = parse("<h1>A book</h1>")
    leaf = Leaf("", "index.html")
    line = Entry(2, "About this book", "index")
    assert printing.entries(article, leaf, "A book") == [line]
    assert article.get_text() == "About this book"


def test_a_title_with_quotes_is_a_string_of_css() -> None:
    assert printing.head(Leaf("", "deep/one.html"), 'a "b" \\') == (
        "#one-leaf { page: page-one; }\n"
        '@page page-one { @top-left { content: "a \\"b\\" \\\\"; } }\n'
    )


def test_a_tag_is_opened_as_it_was_on_the_page() -> None:
    page = BeautifulSoup(
        '<html class="a b" data-x="&quot;&amp;" hidden lang="en"></html>',
        "html.parser",
    )
    assert printing.opening(page, "body") == "<body>"
    assert printing.opening(page, "html") == (
        '<html class="a b" data-x="&quot;&amp;" hidden="" lang="en">'
    )


@pytest.mark.usefixtures("about")
@pytest.mark.parametrize(
    ("settings", "title", "subtitle", "rights"),
    [
        (
            CONFIG,
            "A &quot;small&quot; book",
            "Of two chapters.",
            "MIT &amp; CC",
        ),
        (PLAIN, "Q &amp; A", "", ""),
    ],
)
def test_the_first_page_says_what_the_book_is(
    settings: str, title: str, subtitle: str, rights: str, tmp_path: Path
) -> None:
    write(tmp_path)
    (tmp_path / "mkdocs.yml").write_text(settings)
    config = load_config(str(tmp_path / "mkdocs.yml"))
    assert printing.title_page(config, "<img>") == (
        f'<section class="cover"><p class="title">{title}</p>'
        f'<p class="subtitle">{subtitle}</p><img>'
        "<p>Version 1.2.3, 1970-01-02<br>"
        f'<a href="{HOME}">{HOME}</a><br>{rights}</p></section>'
    )


def test_the_contents_are_links_with_a_place_for_the_page() -> None:
    lines = [Entry(1, "Q & A", "part-of-one"), Entry(2, "1 · One", "one")]
    assert printing.contents(lines) == (
        '<section class="page listing"><h1>Contents</h1><ul>'
        '<li class="level-1"><a href="#part-of-one"><span>Q &amp; A</span>'
        '<span class="number" data-to="part-of-one">000</span></a></li>'
        '<li class="level-2"><a href="#one"><span>1 · One</span>'
        '<span class="number" data-to="one">000</span></a></li>'
        "</ul></section>"
    )


@pytest.mark.usefixtures("about")
def test_the_pages_become_one_document(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = write(tmp_path)
    style = tmp_path / "print.css"
    style.write_text("/* Sheets */\n")
    monkeypatch.setattr(printing, "STYLE", style)
    for name, page in {
        "index": '<html lang="en"><body class="a b"><nav>No</nav><article>'
        '<h1>A "small" book</h1><a href="./">–</a></article></body></html>',
        "one": '<html lang="de"><body><article class="page"><h1>One</h1>'
        '<h2 id="x">X &amp; Y</h2></article></body></html>',
        "two": '<article><h1 id="t">Two</h1><a href="one.html#x">x</a>'
        '<details class="starter"></details></article>',
    }.items():
        (site / f"{name}.html").write_text(page, "utf-8")
    config = load_config(str(tmp_path / "mkdocs.yml"))
    html, lines = printing.document(config)
    assert lines == [
        Entry(2, "About this book", "index"),
        Entry(1, "Part I", "part-of-one"),
        Entry(2, "One", "one"),
        Entry(3, "X & Y", "one--x"),
        Entry(2, "Two", "two"),
    ]
    cover = '<img src="assets/cover.svg" alt="">'
    assert html == (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        "<title>A &quot;small&quot; book</title>"
        f'<link rel="stylesheet" href="{HOME}assets/book.css">'
        "<style>/* Sheets */\n"
        "#index-leaf { page: page-index; }\n"
        '@page page-index { @top-left { content: "About this book"; } }\n'
        "#one-leaf { page: page-one; }\n"
        '@page page-one { @top-left { content: "One"; } }\n'
        "#two-leaf { page: page-two; }\n"
        '@page page-two { @top-left { content: "Two"; } }\n'
        '</style></head><body class="a b">'
        f"{printing.title_page(config, cover)}{printing.contents(lines)}"
        '<article id="index-leaf"><h1 aria-level="1" id="index">'
        'About this book</h1><a href="#index">–</a></article>'
        '<section class="page opening" style="page: page-one">'
        '<h1 id="part-of-one">Part I</h1></section>'
        '<article class="page" id="one-leaf">'
        '<h1 aria-level="2" id="one">One</h1>'
        '<h2 aria-level="3" id="one--x">X &amp; Y</h2></article>'
        '<article id="two-leaf"><h1 aria-level="2" id="two">Two</h1>'
        '<a href="#one--x">x</a>'
        f'<p class="address"><a href="{HOME}two.html">'
        "Starter, tests, hint and solution: on the web</a></p></article>"
        "</body></html>"
    )


def test_a_page_without_an_article_is_named(tmp_path: Path) -> None:
    site = write(tmp_path)
    (site / "two.html").write_text("<p>Nothing.</p>")
    with pytest.raises(ValueError) as error:
        printing.document(load_config(str(tmp_path / "mkdocs.yml")))
    assert str(error.value) == "two.html has no article"


def test_a_book_without_a_cover_has_a_title_page(tmp_path: Path) -> None:
    site = write(tmp_path)
    (site / "assets" / "cover.svg").unlink()
    config = load_config(str(tmp_path / "mkdocs.yml"))
    html, lines = printing.document(config)
    assert f"{printing.title_page(config, '')}<section" in html
    assert "cover.svg" not in html
    assert lines[:2] == [
        Entry(2, "About this book", "index"),
        Entry(1, "Part I", "part-of-one"),
    ]


def test_the_site_is_handed_out_and_nothing_else(tmp_path: Path) -> None:
    site, page = write(tmp_path), MagicMock()
    (site / "a b").touch()
    config = load_config(str(tmp_path / "mkdocs.yml"))
    address = printing.serve(page, config, "<p>All.</p>")
    assert address == f"{HOME}print.html"
    pattern, answer = page.route.call_args.args
    assert pattern == "**/*"
    whole = call.fulfill(body="<p>All.</p>", content_type="text/html")
    css = site / "assets" / "book.css"
    for url, answered in {
        address: whole,
        f"{address}#one": whole,
        f"{HOME}assets/book.css?v=1": call.fulfill(
            path=css, content_type="text/css"
        ),
        f"{HOME}a%20b#c": call.fulfill(path=site / "a b", content_type=None),
        f"{HOME}gone.css": call.abort(),
        css.as_uri(): call.abort(),
        "https://elsewhere.test/x.png": call.abort(),
    }.items():
        route = MagicMock()
        route.request.url = url
        answer(route)
        assert route.method_calls == [answered], url


def test_the_page_of_an_anchor_is_counted_from_1() -> None:
    pdf = printed({"XOR": (0, 150), "two--far": (2, 90)})
    assert printing.numbers(pdf) == {"XOR": 1, "two--far": 3}


def test_it_is_printed_until_its_contents_are_right(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first, second = printed({"one": (0, 9)}), printed({"one": (1, 9)})
    driver, serve, config = MagicMock(), Mock(return_value="there"), Mock()
    monkeypatch.setattr(printing, "find_chromium", lambda: "/bin/chromium")
    monkeypatch.setattr(printing, "sync_playwright", driver)
    monkeypatch.setattr(printing, "serve", serve)
    started = call().__enter__().chromium.launch
    page = driver().__enter__().chromium.launch().new_page()
    page.pdf.side_effect = [first, second, second + b"\n"]
    driver.reset_mock()
    assert printing.press("<p>", config, "A5") == second + b"\n"
    assert serve.mock_calls == [call(page, config, "<p>")]
    window = started()
    view = window.new_page()
    sheet = {
        "format": "A5",
        "prefer_css_page_size": True,
        "print_background": True,
    }
    assert driver.mock_calls == [
        call(),
        call().__enter__(),
        started(executable_path="/bin/chromium", args=list(browser.FLAGS)),
        window.new_page(color_scheme="light"),
        view.set_default_timeout(0),
        view.goto("there"),
        view.evaluate("document.fonts.ready"),
        view.pdf(**sheet, tagged=False),
        view.evaluate(printing.FILL, {"one": 1}),
        view.pdf(**sheet, tagged=True),
        view.evaluate(printing.FILL, {"one": 2}),
        view.pdf(**sheet, tagged=True),
        window.close(),
        call().__exit__(None, None, None),
    ]


def test_without_a_chromium_the_reader_is_told_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(printing, "find_chromium", lambda: None)
    with pytest.raises(SystemExit) as stopped:
        printing.press("<p>", Mock(), "A4")
    assert str(stopped.value) == browser.HELP


@pytest.mark.usefixtures("about")
def test_the_pdf_has_an_outline_and_says_what_it_is(tmp_path: Path) -> None:
    places = {
        "index": (0, 190),
        "part-of-XOR": (1, 180),
        "XOR": (1, 170),
        "XOR--here": (1, 20),
        "XOR--later": (2, 160),
        "two": (2, 50),
        "part-of-end": (3, 150),
        "end": (3, 140),
    }
    lines = [
        Entry(2, "About this book", "index"),
        Entry(1, "Part I", "part-of-XOR"),
        Entry(2, "1 · XOR", "XOR"),
        Entry(3, "Here & now", "XOR--here"),
        Entry(3, "Later", "XOR--later"),
        Entry(2, "2 · Two", "two"),
        Entry(1, "Part II", "part-of-end"),
        Entry(2, "The end", "end"),
    ]
    write(tmp_path)
    config = load_config(str(tmp_path / "mkdocs.yml"))
    pdf = printing.bind(printed(places, pages=4), lines, config)
    reader = PdfReader(io.BytesIO(pdf))
    assert titles(reader.outline) == [
        (0, "About this book"),
        (0, "Part I"),
        (1, "1 · XOR"),
        (2, "Here & now"),
        (2, "Later"),
        (1, "2 · Two"),
        (0, "Part II"),
        (1, "The end"),
    ]
    items = [item for _, item in flat(reader.outline)]
    assert [
        (reader.get_destination_page_number(item), item.top) for item in items
    ] == list(places.values())
    # Below an item that is open are so many, below one that is closed −so.
    counts = [item.outline_count for item in items]
    assert counts == [0, 2, -2, 0, 0, 0, 1, 0]
    assert reader.page_mode == "/UseOutlines"
    assert reader.metadata == {
        "/Title": 'A "small" book',
        "/Author": "The authors",
        "/Subject": "Of two chapters.",
        "/CreationDate": "D:19700102000000Z",
        "/Producer": "Chromium, pypdf",
    }


@pytest.mark.usefixtures("about")
def test_a_book_of_which_nothing_is_said_has_no_subject(
    tmp_path: Path,
) -> None:
    write(tmp_path)
    (tmp_path / "mkdocs.yml").write_text(PLAIN)
    config = load_config(str(tmp_path / "mkdocs.yml"))
    about = PdfReader(io.BytesIO(printing.bind(printed({}), [], config)))
    assert about.metadata
    assert about.metadata["/Subject"] == ""


@pytest.mark.parametrize(
    ("given", "paper"), [((), "A4"), (("Letter", "other.yml"), "Letter")]
)
def test_the_site_that_is_built_is_printed(
    given: tuple[str, ...],
    paper: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    write(tmp_path)
    name = "other.yml" if given else "mkdocs.yml"
    (tmp_path / "mkdocs.yml").rename(tmp_path / name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(logging.getLogger("pypdf"), "level", logging.DEBUG)
    document = Mock(return_value=("<p>", [Entry(2, "One", "one")]))
    press, bind = Mock(return_value=b"pressed"), Mock(return_value=b"bound")
    monkeypatch.setattr(printing, "document", document)
    monkeypatch.setattr(printing, "press", press)
    monkeypatch.setattr(printing, "bind", bind)
    for _ in range(2):  # the second time build/ is there
        target = printing.main(*given)
        config = document.call_args.args[0]
        assert config.site_name == 'A "small" book'
        assert press.call_args == call("<p>", config, paper)
        lines = [Entry(2, "One", "one")]
        assert bind.call_args == call(b"pressed", lines, config)
        assert target.read_bytes() == b"bound"
        assert capsys.readouterr().out == f"{target}\n"
    assert target.resolve() == (
        tmp_path / "build" / "neural-networks-line-by-line.pdf"
    )
    assert logging.getLogger("pypdf").level == logging.ERROR


def test_the_pdf_says_what_it_is(pdf: PdfReader) -> None:
    about = pdf.metadata
    assert about
    assert about.title == 'A "small" book'
    assert about.subject == "Of two chapters."
    assert "authors" in str(about.author)
    assert str(about["/CreationDate"]).startswith("D:19700102")
    first = pdf.pages[0].extract_text()
    assert 'A "small" book' in first
    assert "1970-01-02" in first
    assert HOME in first
    assert "MIT & CC" in first
    root = pdf.trailer["/Root"].get_object()
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en"
    assert root["/PageMode"] == "/UseOutlines"


def test_the_outline_has_parts_chapters_and_sections(pdf: PdfReader) -> None:
    assert titles(pdf.outline) == [
        (0, "About this book"),
        (0, "Part I"),
        (1, "1 · One"),
        (2, "Here & now"),
        (2, "Later"),
        (1, "2 · Two"),
        (2, "Far"),
    ]


def test_the_contents_say_on_which_page_each_heading_is(
    pdf: PdfReader,
) -> None:
    listed = pdf.pages[1].extract_text()
    headings = {
        "About this book": r"About this book\s+(\d+)",
        "Part I": r"Part I\s+(\d+)",
        "1 · One": r"1 · One\s+(\d+)",
        "Here & now": r"Here & now\s+(\d+)",
        "Later": r"Later\s+(\d+)",
        "2 · Two": r"2 · Two\s+(\d+)",
        "Far": r"Far\s+(\d+)",
    }
    pages = []
    for title, pattern in headings.items():
        found = re.search(pattern, listed)
        assert found, listed
        pages.append(int(found[1]))
        page = pdf.pages[pages[-1] - 1].extract_text()
        assert title in page
        assert page.splitlines()[0].split()[-1] == found[1]
    assert pages == sorted(pages)
    assert len(pdf.pages) > 6
    assert pages[4] > pages[3]


def test_each_page_has_its_chapter_and_its_number(pdf: PdfReader) -> None:
    last = pdf.pages[-1].extract_text().splitlines()
    assert last[0] == f"2 · Two {len(pdf.pages)}"
    assert pdf.pages[0].extract_text().splitlines()[0] == 'A "small" book'


def test_links_lead_into_the_document_or_to_the_web(pdf: PdfReader) -> None:
    web: set[str] = set()
    within: set[str] = set()
    for page in pdf.pages:
        for note in page.get("/Annots") or []:
            target = note.get_object()
            if "/Dest" in target:
                within.add(str(target["/Dest"]).lstrip("/"))
            else:
                web.add(str(target["/A"]["/URI"]))
    assert {"one", "index", "one--here", "two--far"} <= within
    assert within <= set(printing.numbers(pdf.stream.getvalue()))
    assert web == {
        HOME,
        f"{HOME}one.html#ex",
        f"{HOME}one.ipynb",
        f"{HOME}two.html",
        "https://e.org/x",
    }
    assert b"file://" not in pdf.stream.getvalue()


def test_what_is_for_the_screen_is_left_out(pdf: PdfReader) -> None:
    printed = text(pdf)
    for word in ("¶", "Copy", "folded", "begun", "solved", "Navigation"):
        assert word not in printed
    assert "The header" not in printed
    assert "Because." in printed
    assert "hint and solution: on the web" in printed
    # Where the line ends depends on the faces that are installed.
    assert "e.org (https://e.org/x)" in " ".join(printed.split())
    assert "#" * 72 in printed
    assert "Beside." in printed


def test_ids_are_those_of_one_document(soup: BeautifulSoup) -> None:
    ids = [element["id"] for element in soup.select("[id]")]
    assert sorted(ids) == sorted(set(ids))
    group = soup.find("g")
    use = soup.find("use")
    image = soup.select_one("img[aria-labelledby]")
    assert group
    assert use
    assert image
    assert group["clip-path"] == "url(#one--clip)"
    assert use["href"] == "#one--a"
    assert image["aria-labelledby"] == "one--p one--here"
    assert {"one--clip", "one--a", "one--p", "one--here"} <= set(ids)
    assert not soup.find("script")
    assert soup.html
    assert soup.html["data-x"] == "a & b"
    assert soup.html["class"] == ["dark"]


def test_no_chromium_is_said(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(browser, "find_chromium", lambda: None)
    monkeypatch.chdir(root)
    monkeypatch.setattr("sys.argv", ["printing", "Letter"])
    with pytest.raises(SystemExit, match="needs a Chromium"):
        runpy.run_path(
            str(ROOT / "weave" / "press" / "printing.py"), run_name="__main__"
        )


@pytest.mark.parametrize("width", [168, 174])
def test_a_page_prints_light_without_its_surroundings(
    width: int, root: Path
) -> None:
    chromium = browser.find_chromium()
    assert chromium, browser.HELP
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=chromium, args=list(browser.FLAGS)
        )
        view = started.new_page(
            color_scheme="dark",
            viewport={"width": round(width / 25.4 * 96), "height": 900},
        )
        view.emulate_media(media="print")
        view.goto((root / "site" / "one.html").as_uri())
        style = "getComputedStyle(document.documentElement)"
        assert view.evaluate(f"{style}.colorScheme") == "light"
        over = view.evaluate(
            "document.documentElement.scrollWidth - innerWidth"
        )
        assert over <= 0
        for name in ("header", "nav", "footer", "button", ".headerlink"):
            assert not view.locator(name).first.is_visible(), name
        assert view.locator(".address").first.is_visible()
        assert view.get_by_text("Starter and tests").is_visible()
        assert not view.get_by_text("begun").is_visible()
        assert not view.get_by_text("folded").is_visible()
        assert not view.get_by_text("solved").is_visible()
        code = view.locator("pre > code").bounding_box()
        note = view.locator(".sidenote").bounding_box()
        assert code
        assert note
        assert note["x"] >= code["x"] + code["width"]
        lines = (code["height"] - 2 * 2 * 96 / 25.4) / (8 * 1.4 * 96 / 72)
        assert round(lines) == 2, "72 columns are broken"
        started.close()
