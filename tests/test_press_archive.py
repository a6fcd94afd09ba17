"""The archive of the whole site, as it is built."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from mkdocs.commands.build import build
from mkdocs.config import load_config
from playwright.sync_api import sync_playwright

from weave.press import archive
from weave.press.browser import FLAGS, HELP, find_chromium

ROOT = Path(__file__).parent.parent
CONFIG = f"""\
INHERIT: {ROOT / "mkdocs.yml"}
hooks: [{ROOT / "weave" / "hooks.py"}, {ROOT / "weave/press/hooks.py"}]
watch: []
theme: {{custom_dir: {ROOT / "weave" / "theme"}}}
extra: {{cards: false}}
nav: [index.md, other.md]
"""

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def make(root: Path, command: str = "build") -> Path:
    docs = root / "docs"
    (docs / "assets").mkdir(parents=True)
    for name in ("book.css", "book.js", "mark.svg", "search.js"):
        source = ROOT / "docs" / "assets" / name
        (docs / "assets" / name).write_bytes(source.read_bytes())
    (docs / "index.md").write_text("# One\n\nTo [the other](other.md#end).\n")
    (docs / "other.md").write_text("# Two\n\n$x$\n\n## End\n")
    (root / "mkdocs.yml").write_text(CONFIG)
    (root / "node_modules").symlink_to(ROOT / "node_modules")
    config = load_config(str(root / "mkdocs.yml"))
    config.plugins.on_startup(command=command, dirty=False)
    build(config)
    config.plugins.on_shutdown()
    return root / "site"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("book"))


def test_the_archive_is_the_site_without_what_servers_need(
    site: Path,
) -> None:
    with zipfile.ZipFile(site / "book.zip") as opened:
        names = set(opened.namelist())
    files = {p.relative_to(site).as_posix() for p in site.rglob("*.*")}
    left_out = {"book.zip", "404.html", "sitemap.xml", "sitemap.xml.gz"}
    assert left_out <= files
    packed = {name.removeprefix(f"{archive.FOLDER}/") for name in names}
    assert packed == files - left_out
    assert all(name.startswith(f"{archive.FOLDER}/") for name in names)


def test_the_same_site_makes_the_same_archive(site: Path) -> None:
    assert archive.site(site) == (site / "book.zip").read_bytes()


def test_a_book_that_is_being_written_is_not_packed(tmp_path: Path) -> None:
    site = make(tmp_path, "serve")
    assert (site / "index.html").exists()
    assert not (site / "book.zip").exists()


def test_the_unpacked_archive_opens_without_a_server(
    site: Path, tmp_path: Path
) -> None:
    with zipfile.ZipFile(site / "book.zip") as opened:
        opened.extractall(tmp_path)
    chromium = find_chromium()
    assert chromium, HELP
    faults: list[str] = []
    asked: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=list(FLAGS)
        )
        view = browser.new_page()
        view.on("console", lambda line: faults.append(line.text))
        view.on("pageerror", lambda error: faults.append(str(error)))
        view.on("requestfailed", lambda request: faults.append(request.url))
        view.on("request", lambda request: asked.append(request.url))
        start = (tmp_path / archive.FOLDER / "index.html").as_uri()
        view.goto(start, wait_until="networkidle")
        view.get_by_role("link", name="the other").click()
        view.wait_for_load_state("networkidle")
        assert view.url == start.replace("index.html", "other.html#end")
        assert view.title().startswith("Two")
        assert view.evaluate("document.fonts.check('12px KaTeX_Math')")
        browser.close()
    assert faults == []
    assert all(url.startswith(("file:", "data:", "blob:")) for url in asked)
