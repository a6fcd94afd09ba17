"""Where MkDocs calls the press: what is made of pages that are woven.

Named under `hooks` in mkdocs.yml, after the loom's own. A page gets what
tells others of it, and is read for the search; when all are there, they
get their style sheet, and the site its lists, its feed and its archive.
"""

from __future__ import annotations

from pathlib import Path

from markupsafe import escape
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.plugins import event_priority
from mkdocs.structure.files import Files
from mkdocs.structure.nav import Navigation
from mkdocs.structure.pages import Page

from weave import build, prose
from weave.build import chapters, mathematics, root
from weave.cells import Cell, WeaveError
from weave.mathematics import MathematicsError
from weave.press import (
    archive,
    cards,
    changes,
    citation,
    feed,
    policy,
    search,
    sitemap,
    styles,
)
from weave.references import LABEL

CARDS = "assets/cards"
LOG = "changes.md"

dates: dict[str, str] = {}
findable: dict[str, search.Found] = {}


def on_config(config: MkDocsConfig) -> None:
    """Tell the pages of the feed, if there is a change log to make it of."""
    if Path(config.docs_dir, LOG).exists():
        config.extra["feed"] = feed.NAME


def on_nav(nav: Navigation, config: MkDocsConfig, files: Files) -> None:
    """Find out when the pages changed."""
    findable.clear()
    dates.clear()
    dates.update(sitemap.dates(Path(config.docs_dir)))


def on_page_markdown(
    markdown: str, page: Page, config: MkDocsConfig, files: Files
) -> str:
    """Set what other sites may show of a page; complete the change log."""
    name = page.file.src_uri
    cells = chapters.get(str(page.file.abs_src_path), [])
    try:
        _share(page, cells[0].source if cells else markdown, cells, config)
    except WeaveError as error:
        raise PluginError(f"{name}: {error}") from None
    return _changes(markdown, config) if name == LOG else markdown


def _changes(log: str, config: MkDocsConfig) -> str:
    """Compare this build's numbers with those of the last release."""
    record = changes.load(root(config) / changes.FILE)
    now = [
        changes.numbers(path.stem, chapters[str(path)])
        for path in changes.chapters(Path(config.docs_dir))
    ]
    _, last = ([("", {}), *record.numbers.items()])[-1]
    return changes.page(log, record, changes.differences(last, now))


def _share(
    page: Page, begun: str, cells: list[Cell], config: MkDocsConfig
) -> None:
    """Set what other sites may show of a page; `meta.html` writes it."""
    told = prose.describe(begun) or config.site_description or ""
    page.meta.setdefault("description", escape(told))
    page.update_date = dates.get(page.file.src_uri, page.update_date)
    if page.is_homepage:
        page.canonical_url = config.site_url
    book, url = _cited(config), page.canonical_url or ""
    if book and (cells or page.is_homepage):
        title = "" if page.is_homepage else prose.title(begun)
        page.meta["citation"] = citation.tags(book, title, url)
        page.meta["cite"] = citation.block(book, title, url)
    wanted = config.extra.get("cards")
    if not wanted or not config.site_url:
        return
    name = f"{Path(page.file.src_uri).stem}.png"
    figure = cards.choose(cells, wanted.get(Path(name).stem))
    words = cards.words(
        config.site_name,
        config.site_description or "",
        begun,
        page.is_homepage,
    )
    store = cards.Cards(mathematics.modules, root(config) / ".cache" / "cards")
    folder = Path(config.site_dir, CARDS)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(store.png(words, figure.svg if figure else ""))
    page.meta["card"] = f"{config.site_url}{CARDS}/{name}"
    page.meta["card_alt"] = cards.alt(words, figure)


def _cited(config: MkDocsConfig) -> citation.Book | None:
    """Return what is cited, if there is a file that says so."""
    path = root(config) / "CITATION.cff"
    return citation.read(path) if path.exists() else None


def on_page_content(
    html: str, page: Page, config: MkDocsConfig, files: Files
) -> str:
    """Say at the end of a chapter how to cite it; read it for the search."""
    try:
        entries = search.entries(LABEL.sub("", html), mathematics)
    except MathematicsError as error:
        raise PluginError(f"{page.file.src_uri}: {error}") from None
    findable[page.url] = search.Found(page.url, str(page.title), entries)
    return html + page.meta.get("cite", "")


@event_priority(-100)
def on_post_build(config: MkDocsConfig) -> None:
    """Write what comes of all pages: their style, their list, the feed.

    Last, the site is packed, for those who read without a net.
    """
    folder, url = Path(config.site_dir), config.site_url or ""
    styles.make(folder, mathematics.modules, root(config) / ".cache/fonts")
    if not build.serving:
        styles.enclose(folder)
        policy.write(folder)
    (folder / "robots.txt").write_text(sitemap.robots(url), "utf-8")
    book = _cited(config)
    log = Path(config.docs_dir, LOG)
    if book and log.exists():
        entries = feed.feed(book, log.read_text("utf-8"), url)
        (folder / feed.NAME).write_bytes(entries)
    found = search.script(findable.values())
    (folder / "assets" / "search-entries.js").write_text(found, "utf-8")
    library = search.library(mathematics.modules)
    (folder / "assets" / "minisearch.js").write_text(library, "utf-8")
    if not build.serving:
        (folder / archive.BOOK).write_bytes(archive.site(folder))
