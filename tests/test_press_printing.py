"""The book as one PDF, printed by the real Chromium."""

from __future__ import annotations

import re
import runpy
import shutil
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from mkdocs.config import load_config
from playwright.sync_api import sync_playwright
from pypdf import PdfReader
from pypdf.generic import Destination

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


def titles(outline: list[object], depth: int = 0) -> list[tuple[int, str]]:
    found: list[tuple[int, str]] = []
    for item in outline:
        if isinstance(item, Destination):
            found.append((depth, str(item.title)))
        elif isinstance(item, list):
            found += titles(item, depth + 1)
    return found


def text(pdf: PdfReader) -> str:
    return "\n".join(page.extract_text() for page in pdf.pages)


def test_the_order_is_that_of_the_navigation() -> None:
    nav = ["a.md", {"B": "b.py"}, {"P": [{"C": "c.py"}, "d.md"]}]
    assert list(printing.leaves(nav)) == [
        Leaf("", "a.html"),
        Leaf("", "b.html"),
        Leaf("P", "c.html"),
        Leaf("P", "d.html"),
    ]


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
    assert "e.org (https://e.org/x)" in printed
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


def test_a_letter_of_the_glossary_is_no_entry() -> None:
    article = BeautifulSoup(
        '<h1>Words</h1><h2 id="a">A</h2><h2 id="as">As</h2>', "html.parser"
    )
    found = printing.entries(article, Leaf("Back", "words.html"), "")
    assert [entry.title for entry in found] == ["Words", "As"]


def test_a_title_with_quotes_is_a_string_of_css() -> None:
    assert printing.quote('a "b" \\') == '"a \\"b\\" \\\\"'


def test_a_page_without_an_article_is_named(tmp_path: Path) -> None:
    site = write(tmp_path)
    (site / "two.html").write_text("<p>Nothing.</p>")
    with pytest.raises(ValueError, match=r"two\.html has no article"):
        printing.document(load_config(str(tmp_path / "mkdocs.yml")))


def test_a_book_without_a_cover_has_a_title_page(tmp_path: Path) -> None:
    site = write(tmp_path)
    (site / "assets" / "cover.svg").unlink()
    html, lines = printing.document(load_config(str(tmp_path / "mkdocs.yml")))
    assert "cover.svg" not in html
    assert lines[:2] == [
        Entry(2, "About this book", "index"),
        Entry(1, "Part I", "part-of-one"),
    ]


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
