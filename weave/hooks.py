"""Where MkDocs calls the loom; named under `hooks` in mkdocs.yml.

The plugin mkdocs-jupyter finds the chapters and makes pages of them.
Their content comes from here, and passes through Markdown like that of
every other page.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal

from jinja2 import Environment, FileSystemBytecodeCache
from markupsafe import escape
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.plugins import event_priority
from mkdocs.structure.files import Files
from mkdocs.structure.nav import Navigation
from mkdocs.structure.pages import Page
from mkdocs.utils import get_relative_url

from weave import (
    archive,
    cards,
    census,
    changes,
    chart,
    citation,
    code,
    exercises,
    feed,
    fonts,
    layout,
    notes,
    package,
    prose,
    raster,
    reference,
    render,
    search,
    sitemap,
    styles,
)
from weave.execute import Cell, WeaveError, execute
from weave.mathematics import Mathematics, MathematicsError
from weave.references import LABEL, Book

CARDS = "assets/cards"
MKDOCSTRINGS = "assets/_mkdocstrings.css"


# What lives as long as the process does, from one build to the next.
mathematics = Mathematics(Path("node_modules"))
chapters: dict[str, list[Cell]] = {}
pages: dict[str, render.Page] = {}
dates: dict[str, str] = {}
findable: dict[str, search.Found] = {}
rows: dict[str, list[package.Shown]] = {}
serving = False
book = Book()
urls: dict[str, str] = {}


def root(config: MkDocsConfig) -> Path:
    """Return the folder of mkdocs.yml."""
    return Path(config.config_file_path).parent


def on_startup(
    command: Literal["build", "gh-deploy", "serve"], dirty: bool
) -> None:
    """Note whether this is `mkdocs serve`, which packs no archive."""
    global serving
    serving = command == "serve"


def on_config(config: MkDocsConfig) -> None:
    """Look for KaTeX beside mkdocs.yml, before anything is trained.

    The style sheet of mkdocstrings is left out: book.css has the few
    rules that the API reference needs.
    """
    mathematics.modules = root(config) / "node_modules"
    try:
        mathematics.package()
    except MathematicsError as error:
        raise PluginError(str(error)) from None
    others = [css for css in config.extra_css if css != MKDOCSTRINGS]
    config.extra_css = others
    if _log(config).exists():
        config.extra["feed"] = feed.NAME


def _log(config: MkDocsConfig) -> Path:
    """Return the path of the change log."""
    return Path(config.docs_dir, "changes.md")


def _book(config: MkDocsConfig) -> citation.Book | None:
    """Return what is cited, if there is a file that says so."""
    path = root(config) / "CITATION.cff"
    return citation.read(path) if path.exists() else None


def on_nav(nav: Navigation, config: MkDocsConfig, files: Files) -> None:
    """Run and weave all chapters before the first page is made.

    They run a few at a time. A page may refer to any other.
    """
    paths = [
        Path(file.abs_src_path)
        for file in files.documentation_pages()
        if file.abs_src_path and file.src_uri.endswith(".py")
    ]
    paths.sort(key=lambda path: -path.stat().st_size)
    census.forget(paths, root(config))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        runs = pool.map(lambda path: execute(path, root(config)), paths)
        try:
            found = list(runs)
        except WeaveError as error:
            pool.shutdown(cancel_futures=True)
            raise PluginError(str(error)) from None
    dates.clear()
    dates.update(sitemap.dates(Path(config.docs_dir)))
    findable.clear()
    rows.clear()
    rows.update(package.rows(paths, root(config) / "nn"))
    chapters.clear()
    chapters.update(zip(map(str, paths), found, strict=True))
    try:
        _weave(nav, config, files)
    except WeaveError as error:
        raise PluginError(str(error)) from None
    config.extra["chart"] = _chart(nav, config)


def _weave(nav: Navigation, config: MkDocsConfig, files: Files) -> None:
    """Make the chapters' pages, and connect what refers to another.

    In the order of the contents, for so the links back are listed.
    """
    pages.clear()
    blob = f"{config.repo_url}/blob/main/"
    texts: dict[str, str] = {}
    ordered = [page.file for page in nav.pages]
    for file in dict.fromkeys([*ordered, *files.documentation_pages()]):
        name = file.src_uri
        urls[name] = file.url
        cells = chapters.get(str(file.abs_src_path))
        if cells is None:
            texts[name] = file.content_string
            continue
        try:
            pages[name] = render.weave(cells, blob, rows)
        except WeaveError as error:
            raise WeaveError(f"{name}: {error}") from None
        texts[name] = pages[name].markdown
    labels = {name: page.labels for name, page in pages.items()}
    book.read({name: labels.get(name, {}) for name in texts}, texts)


def _chart(nav: Navigation, config: MkDocsConfig) -> str:
    """Return the chart of the chapters that have a number."""
    drawn = []
    for page in nav.pages:
        number, dot, title = str(page.title).partition(" · ")
        if dot and page.parent:
            name, part = Path(page.file.src_uri).stem, str(page.parent.title)
            asks = chart.question(chapters[str(page.file.abs_src_path)])
            drawn.append(chart.Chapter(name, number, title, part, asks))
    chart.find_needs(drawn, Path(config.docs_dir), root(config) / "nn")
    return chart.page(drawn, chart.lay_out(drawn)) if drawn else ""


def on_env(env: Environment, config: MkDocsConfig, files: Files) -> None:
    """Keep compiled templates; compiling takes a third of a rebuild."""
    store = root(config) / ".cache" / "templates"
    store.mkdir(parents=True, exist_ok=True)
    env.bytecode_cache = FileSystemBytecodeCache(str(store))


def _package(config: MkDocsConfig) -> str:
    chapters = Path(config.docs_dir).glob("*.py")
    return package.page(root(config) / "nn", chapters)


def _reference(config: MkDocsConfig) -> str:
    chapters = Path(config.docs_dir).glob("*.py")
    return reference.page(root(config) / "nn", chapters)


def _solutions(config: MkDocsConfig) -> str:
    return exercises.overview(chapters, config.use_directory_urls)


# Pages of which the book's author writes only the beginning.
MADE: dict[str, Callable[[MkDocsConfig], str]] = {
    "api.md": _reference,
    "package.md": _package,
    "solutions.md": _solutions,
}


@event_priority(-100)
def on_pre_page(page: Page, config: MkDocsConfig, files: Files) -> Page:
    """Take back the `render` that mkdocs-jupyter put on a chapter."""
    vars(page).pop("render", None)
    return page


def on_page_markdown(
    markdown: str, page: Page, config: MkDocsConfig, files: Files
) -> str:
    """Give a page its Markdown, and back matter what is made.

    What the page says of itself elsewhere comes from how it begins.
    """
    name = page.file.src_uri
    cells = chapters.get(str(page.file.abs_src_path), [])
    try:
        _share(page, cells[0].source if cells else markdown, cells, config)
    except WeaveError as error:
        raise PluginError(f"{name}: {error}") from None
    if name == "changes.md":
        return _changes(markdown, config)
    if name in MADE:
        return f"{markdown}\n\n{MADE[name](config)}"
    text = pages[name].markdown if name in pages else markdown
    return book.link(text, name)[0]


def _changes(log: str, config: MkDocsConfig) -> str:
    """Compare this build's numbers with those of the last release."""
    record = changes.load(root(config) / changes.FILE)
    paths = changes.chapters(Path(config.docs_dir))
    now = [changes.numbers(path, root(config)) for path in paths]
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
    book, url = _book(config), page.canonical_url or ""
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


def on_page_content(
    html: str, page: Page, config: MkDocsConfig, files: Files
) -> str:
    """Lay the page out, and offer a chapter's downloads.

    MkDocs learns that equations can be linked to, which it could not see.
    """
    html = layout.tables(layout.numbers(code.quiet(notes.aside(html))))
    html = html.replace(chart.PLACE, config.extra["chart"])
    if page.file.src_uri in pages:
        assert page.present_anchor_ids is not None
        page.present_anchor_ids |= pages[page.file.src_uri].labels.keys()
    stem = Path(page.file.src_uri).stem
    kind = "page" if page.is_homepage else "chapter"
    downloads = (
        f'<p class="downloads">This {kind} as '
        f'<a href="{stem}.ipynb" download>a notebook</a> or '
        f'<a href="{stem}.py" download>plain Python</a></p>'
    )
    if page.file.src_uri not in pages:
        downloads = ""
    html = layout.opening(html, "" if page.is_homepage else downloads)
    html += downloads if page.is_homepage else ""
    html += page.meta.get("cite", "")
    return html if page.file.src_uri == "api.md" else layout.sections(html)


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    """Complete a page: its formulas, then figures and printed text.

    Only now, since what was kept aside is not for the search. A chapter's
    notebook and its exercises are written beside it.
    """
    name = page.file.src_uri
    output = book.complete(
        output, name, lambda other: get_relative_url(urls[other], page.url)
    )
    try:
        html = mathematics.typeset(output)
        content = LABEL.sub("", page.content or "")
        entries = search.entries(content, mathematics)
    except MathematicsError as error:
        raise PluginError(f"{name}: {error}") from None
    findable[page.url] = search.Found(page.url, str(page.title), entries)
    folder = Path(page.file.abs_dest_path).parent
    folder.mkdir(parents=True, exist_ok=True)
    if name == "package.md":
        nn = root(config) / "nn"
        (folder / "nn.zip").write_bytes(package.archive(nn))
    woven = pages.get(name)
    if woven is not None:
        html, pictures = raster.apart(woven.restore(html), Path(name).stem)
        for picture, data in pictures.items():
            fonts.write(Path(config.site_dir, picture), data)
        source = Path(name).with_suffix(".ipynb")
        cells = chapters[str(page.file.abs_src_path)]
        for cell in cells:
            if cell.kind == "markdown":
                cell.source, _ = book.link(cell.source, name, ids=False)
        (folder / source.name).write_text(render.notebook(cells), "utf-8")
        for exercise in woven.exercises.values():
            path = folder / exercise.file
            path.write_text(exercise.begun, "utf-8")
    return html


@event_priority(-100)
def on_post_build(config: MkDocsConfig) -> None:
    """Write what comes of all pages: their style, their list, the feed.

    Last, the site is packed, for those who read without a net.
    """
    folder, url = Path(config.site_dir), config.site_url or ""
    styles.make(folder, mathematics.modules, root(config) / ".cache/fonts")
    if not serving:
        styles.enclose(folder)
    (folder / "robots.txt").write_text(sitemap.robots(url), "utf-8")
    book = _book(config)
    if book and _log(config).exists():
        log = _log(config).read_text("utf-8")
        (folder / feed.NAME).write_bytes(feed.feed(book, log, url))
    entries = search.script(findable.values())
    (folder / "assets" / "search-entries.js").write_text(entries, "utf-8")
    library = search.library(mathematics.modules)
    (folder / "assets" / "minisearch.js").write_text(library, "utf-8")
    if not serving:
        (folder / archive.BOOK).write_bytes(archive.site(folder))


def on_shutdown() -> None:
    """End Node, which waits for more formulas."""
    mathematics.close()
