"""The whole site, built for real and looked at in Chromium."""

from __future__ import annotations

import itertools
import re
import statistics
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

import nbformat
import pages
import pytest
import repeat
import small_book
from bs4 import BeautifulSoup
from pages import CHAPTERS, PAGES, PHONE, ROOT
from playwright.sync_api import Browser, Route

# Pages that have everything between them: prose, woven code, figures,
# formulas, tables, folds, notes, and the longest of each.
SOME = ["index.html", "layers.html", "digits.html", "api.html"]
SEARCH = re.compile(r"search", re.IGNORECASE)
SCHEME = re.compile(r"\b(dark|light|scheme|colou?rs?)\b", re.IGNORECASE)


@pytest.fixture(scope="module")
def soups(site: Path) -> dict[Path, BeautifulSoup]:
    """Every page of the site, parsed once."""
    return {
        path: BeautifulSoup(path.read_text("utf-8"), "html.parser")
        for path in site.rglob("*.html")
    }


# ---- every page, without what a browser usually has


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_complete_without_scripts(
    page: str, address: str, browser: Browser
) -> None:
    with pages.visit(
        browser,
        address + page,
        java_script_enabled=False,
        color_scheme="dark",
    ) as visit:
        assert visit.ask("paper") < 0.2
        assert visit.ask("over") <= 0
        assert visit.ask("cut") == []
        leads = visit.view.evaluate(
            "looks.seen('nav a[href]').map(a => a.href.split('#')[0])"
        )
        hidden = visit.view.evaluate(
            "[...document.querySelectorAll('main :is(h1, h2, h3, p, pre,"
            " figure, svg, table, .katex):not(details *, .address)')]"
            ".filter(e => looks.unseen(e)).map(looks.name)"
        )
        for fold in visit.view.locator("main details > summary").all()[:3]:
            inside = fold.locator("xpath=following-sibling::*").first
            closed = not inside.is_visible()
            fold.click()
            assert inside.is_visible() == closed, fold.inner_text()
    assert {address + page for page in PAGES[:-1]} <= set(leads)
    assert hidden == []


def test_a_phone_without_scripts_has_the_contents(
    address: str, browser: Browser
) -> None:
    with pages.visit(
        browser, address + SOME[1], PHONE, java_script_enabled=False
    ) as visit:
        link = visit.view.locator("nav a[href$='training.html']").first
        if not link.is_visible():
            visit.view.locator("header .contents-open").click()
        link.click()
        visit.view.wait_for_url("**/training.html")


@pytest.mark.parametrize("page", PAGES[:-1])
def test_a_page_opens_from_its_folder(
    page: str, site: Path, browser: Browser
) -> None:
    with pages.visit(browser, (site / page).as_uri()) as visit:
        visit.read()
        assert visit.foreign(site.as_uri()) == []
        assert visit.failed == []
        assert visit.said == []
        assert visit.refused() == []
        visit.view.locator("nav a[href$='training.html']").first.click()
        visit.view.wait_for_url((site / "training.html").as_uri())
        assert "Training" in visit.view.locator("h1").inner_text()
        assert visit.said == []


@pytest.mark.parametrize("page", SOME)
def test_words_are_seen_in_forced_colours(
    page: str, address: str, browser: Browser
) -> None:
    for scheme in ("light", "dark"):
        with pages.visit(
            browser,
            address + page,
            forced_colors="active",
            color_scheme=scheme,
        ) as visit:
            assert visit.ask("faint") == [], scheme


@pytest.mark.parametrize("page", SOME)
def test_nothing_moves_for_those_who_ask(
    page: str, address: str, browser: Browser
) -> None:
    with pages.visit(
        browser, address + page, reduced_motion="reduce"
    ) as visit:
        assert visit.ask("moving") == []


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_whole_at_twice_the_size(
    page: str, address: str, browser: Browser
) -> None:
    """Zoom to 200 % on a screen of 1280 by 900."""
    with pages.visit(
        browser,
        address + page,
        viewport={"width": 640, "height": 450},
        device_scale_factor=2,
    ) as visit:
        assert visit.ask("over") <= 0
        assert visit.ask("cut") == []


@pytest.mark.parametrize("page", SOME)
def test_paper_shows_the_text_alone(
    page: str, address: str, browser: Browser
) -> None:
    with pages.visit(browser, address + page, color_scheme="dark") as visit:
        visit.view.emulate_media(media="print", color_scheme="dark")
        shown = visit.view.evaluate(
            "looks.seen('nav, input, button, [role=search]').map(looks.name)"
        )
        assert shown == []
        assert visit.view.locator("h1").is_visible()
        assert visit.ask("paper") > 0.9, "a dark page is printed dark"


# ---- what a page may run and load

AWAY = "https://elsewhere.test/"
FONT = ROOT / "node_modules/katex/dist/fonts/KaTeX_Main-Regular.woff2"
# What a stranger's text in a page might try, and the rule that forbids it.
# Where it is let, each calls `did`.
ATTACKS = {
    "a script": ("made('script', {textContent: 'did()'})", "script-src-elem"),
    "a script from elsewhere": (
        "made('script', {src: `${away}x.js`})",
        "script-src-elem",
    ),
    "a script of words": ("setTimeout('did()')", "script-src"),
    "a handler": (
        "made('p', {innerHTML: '<b onclick=did()>x</b>'}).firstChild.click()",
        "script-src-attr",
    ),
    "a link": (
        "made('a', {href: 'javascript:did()', textContent: 'x'}).click()",
        "script-src-elem",
    ),
    "a sheet": (
        "made('style', {textContent: 'h1 {opacity: 0}'});"
        "const title = document.querySelector('h1');"
        "if (getComputedStyle(title).opacity === '0') did()",
        "style-src-elem",
    ),
    "a sheet from elsewhere": (
        "made('link', {rel: 'stylesheet', href: `${away}x.css`, onload: did})",
        "style-src-elem",
    ),
    "a picture from elsewhere": (
        "made('img', {src: `${away}x.svg`, onload: did})",
        "img-src",
    ),
    "a picture that a style names": (
        "made('p', {style: `background: url(${away}y.svg)`});"
        "new PerformanceObserver(list => list.getEntriesByName("
        "`${away}y.svg`).forEach(did)).observe({type: 'resource'})",
        "img-src",
    ),
    "a face from elsewhere": (
        "new FontFace('x', `url(${away}x.woff2)`).load().then(did, () => {})",
        "font-src",
    ),
    "a page from elsewhere": (
        "made('iframe', {src: `${away}x.html`, onload: did})",
        "frame-src",
    ),
    "a message": (
        "fetch(`${away}x`, {mode: 'no-cors'}).then(did, () => {})",
        "connect-src",
    ),
    "a form": (
        "const frame = made('iframe', {name: 'bin'});"
        "frame.onload = did;"
        "made('form', {action: `${away}x.html`, target: 'bin'}).submit()",
        "form-action",
    ),
    "a base": (
        "made('base', {href: away});if (document.baseURI === away) did()",
        "base-uri",
    ),
}
TRY = """async () => new Promise((over) => {
  const away = %r;
  addEventListener("securitypolicyviolation", (event) => {
    over(event.effectiveDirective);
  });
  window.did = () => over("did");
  const made = (name, properties) => {
    const node = Object.assign(document.createElement(name), properties);
    document.body.append(node);
    return node;
  };
  %s
})"""


def attacked(visit: pages.Visit) -> tuple[dict[str, str], set[str]]:
    """Try each attack; return the rule that forbade it, or `did`.

    And which kinds of file the other host was asked for.
    """
    answers = {
        ".js": b"did()",
        ".svg": (ROOT / "docs/assets/mark.svg").read_bytes(),
        ".woff2": FONT.read_bytes(),
    }
    asked: set[str] = set()

    def elsewhere(route: Route) -> None:
        kind = Path(urlsplit(route.request.url).path).suffix
        asked.add(kind)
        route.fulfill(
            body=answers.get(kind, b""),
            content_type=pages.TYPES[kind],
            headers={"Access-Control-Allow-Origin": "*"},
        )

    visit.view.route(f"{AWAY}**", elsewhere)
    return {
        name: visit.view.evaluate(TRY % (AWAY, attack))
        for name, (attack, _) in ATTACKS.items()
    }, asked


@pytest.mark.parametrize("page", PAGES)
def test_a_page_runs_and_loads_nothing_but_its_own(
    page: str, address: str, browser: Browser
) -> None:
    with pages.visit(browser, address + page) as visit:
        visit.read()
        assert visit.refused() == []
        refused, asked = attacked(visit)
    assert asked == set()
    assert refused == {name: rule for name, (_, rule) in ATTACKS.items()}


def test_a_page_in_a_folder_runs_and_loads_nothing_but_its_own(
    site: Path, browser: Browser
) -> None:
    with pages.visit(browser, (site / SOME[1]).as_uri()) as visit:
        refused, asked = attacked(visit)
    assert asked == set()
    assert refused == {name: rule for name, (_, rule) in ATTACKS.items()}


def test_without_its_policy_a_page_would(
    address: str, browser: Browser
) -> None:
    with pages.visit(browser, address + SOME[1], bypass_csp=True) as visit:
        done, asked = attacked(visit)
    assert done == dict.fromkeys(ATTACKS, "did")
    assert asked >= {".js", ".css", ".svg", ".woff2", ".html", ""}


def test_a_page_holds_one_script_and_one_sheet(
    soups: dict[Path, BeautifulSoup],
) -> None:
    """A chapter's own would be let run: the sums are of what is there."""
    for path, soup in soups.items():
        assert len(soup.select("script:not([src])")) == 1, path
        assert len(soup.select("style, [rel=stylesheet]")) == 1, path
        said = soup.select("meta[http-equiv=Content-Security-Policy]")
        assert len(said) == 1, path


# ---- what a reference refers to


@pytest.mark.parametrize("begin", ["#eq-", "#fig-", "scalar.html#eq-"])
def test_a_reference_shows_what_it_refers_to(
    begin: str, address: str, browser: Browser
) -> None:
    with pages.visit(browser, address + "layers.html") as visit:
        view = visit.view
        preview = view.locator("#preview")
        link = view.locator(f"article p > a[href^='{begin}']").first
        assert not preview.is_visible()
        link.hover()
        preview.wait_for(state="visible")
        kind = "svg" if "fig" in begin else ".katex"
        assert preview.locator(kind).count() >= 1
        view.keyboard.press("Escape")
        preview.wait_for(state="hidden")
        view.mouse.move(0, 0)
        view.keyboard.press("Tab")  # now the keyboard leads
        link.focus()
        preview.wait_for(state="visible")
        assert link.get_attribute("aria-describedby") == "preview"
        assert visit.violations() == []
        view.keyboard.press("Escape")
        preview.wait_for(state="hidden")
        assert visit.said == []


# ---- by keyboard


@pytest.mark.parametrize("page", SOME)
def test_the_first_key_skips_to_the_text(
    page: str, address: str, browser: Browser
) -> None:
    with pages.visit(browser, address + page) as visit:
        visit.view.keyboard.press("Tab")
        visit.ask("frames")
        link = visit.ask("focused")
        assert link["href"].startswith("#"), link
        assert link["inside"], "the link to skip is not on the screen"
        visit.view.keyboard.press("Enter")
        visit.view.keyboard.press("Tab")
        visit.ask("frames")
        assert visit.ask("focused")["main"]


def tabs(visit: pages.Visit, most: int) -> Iterator[dict[str, str]]:
    """Press Tab, and yield what has the focus, up to the page's end."""
    for _ in range(most):
        visit.view.keyboard.press("Tab")
        visit.ask("frames")
        focused = visit.ask("focused")
        if focused["tag"] == "body":
            return
        yield focused


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("page", SOME)
def test_the_focus_is_seen(
    page: str, scheme: str, address: str, browser: Browser
) -> None:
    with pages.visit(browser, address + page, color_scheme=scheme) as visit:
        found = list(tabs(visit, 60))
    assert len(found) > 30
    assert [f["html"] for f in found if not f["marked"]] == []
    assert [f["html"] for f in found if not f["inside"]] == []


@pytest.mark.parametrize("width", [PHONE, 1280])
def test_keys_reach_the_search_and_the_scheme(
    width: int, address: str, browser: Browser
) -> None:
    with pages.visit(browser, address + SOME[1], width) as visit:
        names = [found["name"] for found in tabs(visit, 60)]
    assert any(map(SEARCH.search, names)), names
    assert any(map(SCHEME.search, names)), names


def test_keys_change_the_scheme(address: str, browser: Browser) -> None:
    with pages.visit(browser, address + SOME[1]) as visit:
        for found in tabs(visit, 60):
            if SCHEME.search(found["name"]):
                break
        papers = set()
        for _ in range(3):  # system, light, dark
            visit.view.keyboard.press("Enter")
            visit.ask("frames")
            papers.add(visit.ask("paper") < 0.2)
    assert papers == {True, False}


# ---- how it reads


def test_a_line_of_prose_has_60_to_75_characters(
    address: str, browser: Browser
) -> None:
    counts = []
    for page in SOME[1:3]:
        with pages.visit(browser, address + page) as visit:
            counts += visit.ask("lines")
    assert len(counts) > 20
    assert 60 <= statistics.mean(counts) <= 75


def test_a_second_build_is_the_same(site: Path, tmp_path: Path) -> None:
    """Even if sets are in another order, in another place of the world."""
    other = {"PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo"}
    again = pages.build(tmp_path / "again", **other)
    assert repeat.differences(site, again) == []


def test_headings_are_in_order(soups: dict[Path, BeautifulSoup]) -> None:
    for path, soup in soups.items():
        levels = [
            int(heading.name[1])
            for heading in soup.select("h1, h2, h3, h4, h5, h6")
        ]
        assert levels.count(1) == 1, path
        assert levels[0] == 1, path
        for above, level in itertools.pairwise(levels):
            assert level <= above + 1, path


def test_a_page_has_its_landmarks(soups: dict[Path, BeautifulSoup]) -> None:
    for path, soup in soups.items():
        for landmark in ("header", "main", "footer"):
            tops = [
                element
                for element in soup.select(landmark)
                if not element.find_parent(["main", "article", "section"])
            ]
            assert len(tops) == 1, f"{path}: {landmark}"
        names = [nav.get("aria-label") for nav in soup.select("nav")]
        assert names, path
        assert all(names), f"{path}: a <nav> without a name"
        assert soup.select_one("html[lang=en]"), path
        assert soup.select_one("[role=search], search, [type=search]"), path


# ---- what is in the folder


def test_links_and_anchors_lead_somewhere(
    site: Path, soups: dict[Path, BeautifulSoup]
) -> None:
    home = "https://book.test/"
    anchors = {
        path: {element["id"] for element in soup.select("[id]")}
        for path, soup in soups.items()
    }
    for path, soup in soups.items():
        page = urljoin(home, path.relative_to(site).as_posix())
        for element in soup.select("[href], [src]"):
            link = str(element.get("href") or element.get("src"))
            target, fragment = urldefrag(urljoin(page, link))
            # 404.html, which serves any address, has links from the root.
            if path.name == "404.html" or not target.startswith(home):
                continue
            file = site / unquote(urlsplit(target).path).lstrip("/")
            if file.is_dir():
                file /= "index.html"
            assert file.exists(), f"{page}: {link}"
            if fragment and fragment != "__search" and file in soups:
                assert unquote(fragment) in anchors[file], f"{page}: {link}"


def test_ids_are_unique(soups: dict[Path, BeautifulSoup]) -> None:
    for path, soup in soups.items():
        ids = [element["id"] for element in soup.select("[id]")]
        assert sorted(ids) == sorted(set(ids)), path


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_chapter_can_be_taken_home(chapter: str, site: Path) -> None:
    source = (ROOT / "docs" / f"{chapter}.py").read_bytes()
    assert (site / f"{chapter}.py").read_bytes() == source
    notebook = nbformat.read(site / f"{chapter}.ipynb", as_version=4)
    nbformat.validate(notebook)
    assert notebook.cells[0].source.startswith("# ")
    assert "{{ " not in "".join(
        c.source for c in notebook.cells if c.cell_type == "markdown"
    ).replace("`{{ ", "")


def test_the_search_leads_to_what_is_there(
    site: Path, soups: dict[Path, BeautifulSoup]
) -> None:
    pages = small_book.searched(site)
    assert {page.url for page in pages} == {*PAGES} - {"404.html"}
    for page in pages:
        ids = {tag["id"] for tag in soups[site / page.url].select("[id]")}
        for entry in page.entries:
            assert entry.anchor in {"", *ids}, entry
            assert entry.title, entry
    kinds = {entry.kind for page in pages for entry in page.entries}
    assert len(kinds) == 7


def test_the_search_finds_words_and_no_figures(site: Path) -> None:
    text = (site / "assets" / "search-entries.js").read_text("utf-8")
    assert "DejaVu" not in text
    assert "<svg" not in text
    assert "katex" not in text


def test_the_search_knows_every_piece_of_the_program(
    site: Path, soups: dict[Path, BeautifulSoup]
) -> None:
    shown = {
        f"{path.name}#{piece['id']}"
        for path, soup in soups.items()
        for piece in soup.select("figure.piece[id]")
    }
    found = {
        f"{page.url}#{entry.anchor}"
        for page in small_book.searched(site)
        for entry in page.entries
        if entry.kind == "code"
    }
    assert found == shown


def test_pages_need_no_script_for_mathematics_and_figures(
    soups: dict[Path, BeautifulSoup],
) -> None:
    for path, soup in soups.items():
        assert not soup.select(".arithmatex"), path
        assert not soup.select("[data-woven]"), path
        for plot in soup.select("svg.plot"):
            assert plot["aria-label"], path
