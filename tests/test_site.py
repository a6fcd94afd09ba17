"""The whole site, built for real and looked at in Chromium."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

import nbformat
import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import Browser, Page, Request, sync_playwright

from weave.browser import FLAGS, HELP, find_chromium

ROOT = Path(__file__).parent.parent
CHAPTERS = sorted(path.stem for path in (ROOT / "docs").glob("*.py"))
PAGES = [
    f"{path.stem}.html"
    for suffix in ("py", "md")
    for path in sorted((ROOT / "docs").glob(f"*.{suffix}"))
] + ["404.html"]
SIZES = {"desk": (1280, 900), "phone": (390, 844)}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the book as `make site` does, into a folder of its own."""
    folder = tmp_path_factory.mktemp("site")
    run = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "-d", folder],
        cwd=ROOT,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    assert "WARNING" not in run.stderr
    return folder


@pytest.fixture(scope="module")
def soups(site: Path) -> dict[Path, BeautifulSoup]:
    """Every page of the site, parsed once."""
    return {
        path: BeautifulSoup(path.read_text("utf-8"), "html.parser")
        for path in site.rglob("*.html")
    }


class Quiet(SimpleHTTPRequestHandler):
    """Serve the site under its path, as its real host does."""

    def translate_path(self, path: str) -> str:
        return super().translate_path(path.removeprefix("/book"))

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    handler = functools.partial(Quiet, directory=str(site))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/book/"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = find_chromium()
    assert path, HELP
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=path, args=list(FLAGS)
        )
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def axe() -> str:
    path = ROOT / "node_modules" / "axe-core" / "axe.min.js"
    assert path.exists(), "axe is not in node_modules/; `npm ci` brings it"
    return path.read_text("utf-8")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_whole_on_every_screen(
    page: str, scheme: str, size: str, address: str, browser: Browser, axe: str
) -> None:
    width, height = SIZES[size]
    view = browser.new_page(
        viewport={"width": width, "height": height},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    said: list[str] = []
    asked: list[str] = []

    def note(request: Request) -> None:
        if not request.url.startswith((address, "data:", "blob:")):
            asked.append(request.url)

    view.on("request", note)
    view.on("pageerror", lambda error: said.append(str(error)))
    view.on("console", lambda line: said.append(line.text))
    view.goto(address + page, wait_until="networkidle")
    assert (
        view.evaluate("document.body.dataset.mdColorScheme")
        == {"light": "default", "dark": "slate"}[scheme]
    )
    over = view.evaluate("document.documentElement.scrollWidth") - width
    faults = violations(view, axe)
    view.close()
    assert asked == [], "a request to another host"
    assert said == [], "the console is not empty"
    assert over <= 0, f"the page is {over} px wider than the screen"
    assert faults == []


def violations(view: Page, axe: str) -> list[str]:
    """Return what axe finds, each with the rule and the element."""
    view.evaluate(axe)
    found = view.evaluate("axe.run({resultTypes: ['violations']})")
    return [
        f"{fault['id']}: {node['html'][:200]} {node['failureSummary']}"
        for fault in found["violations"]
        for node in fault["nodes"]
    ]


def test_axe_would_notice(browser: Browser, axe: str) -> None:
    view = browser.new_page()
    view.set_content("<html lang=en><title>x</title><img src='data:,'>")
    assert any(f.startswith("image-alt:") for f in violations(view, axe))
    view.close()


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


def test_the_search_finds_words_in_code(site: Path) -> None:
    index = json.loads((site / "search" / "search_index.json").read_text())
    text = json.dumps(index["docs"])
    assert "DejaVu" not in text
    assert "<svg" not in text


def test_pages_need_no_script_for_mathematics_and_figures(
    soups: dict[Path, BeautifulSoup],
) -> None:
    for path, soup in soups.items():
        assert not soup.select(".arithmatex"), path
        assert not soup.select("[data-woven]"), path
        for plot in soup.select("svg.plot"):
            assert plot["aria-label"], path
