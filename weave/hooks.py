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
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import Abort, PluginError
from mkdocs.plugins import event_priority
from mkdocs.structure.files import Files
from mkdocs.structure.nav import Navigation
from mkdocs.structure.pages import Page
from mkdocs.utils import get_relative_url

from weave import (
    build,
    chart,
    code,
    exercises,
    layout,
    notes,
    package,
    prose,
    raster,
    reference,
    render,
    store,
)
from weave.build import (
    chapters,
    mathematics,
    pages,
    references,
    root,
    rows,
    urls,
)
from weave.cells import WeaveError
from weave.execute import execute
from weave.mathematics import MathematicsError

CACHE = (
    "What a build computes is kept there: make it writable, or a link to a "
    "folder that is, or build in a copy of the book"
)
SITE = "The pages go there: build elsewhere, `mkdocs build -d FOLDER`"
MKDOCSTRINGS = "assets/_mkdocstrings.css"


def on_startup(
    command: Literal["build", "gh-deploy", "serve"], dirty: bool
) -> None:
    """Note whether this is `mkdocs serve`, which does without some things."""
    build.serving = command == "serve"


def on_config(config: MkDocsConfig) -> None:
    """Look for KaTeX and for room to write, before anything is trained.

    The style sheet of mkdocstrings is left out: book.css has the few
    rules that the API reference needs.
    """
    mathematics.modules = root(config) / "node_modules"
    try:
        mathematics.package()
        store.check(root(config) / ".cache", CACHE)
        store.check(Path(config.site_dir), SITE)
    except (MathematicsError, store.StoreError) as error:
        raise PluginError(str(error)) from None
    others = [css for css in config.extra_css if css != MKDOCSTRINGS]
    config.extra_css = others


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
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        runs = pool.map(
            lambda path: execute(path, root(config), writing=build.serving),
            paths,
        )
        try:
            found = list(runs)
        except WeaveError as error:
            pool.shutdown(cancel_futures=True)
            raise PluginError(str(error)) from None
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
    references.read({name: labels.get(name, {}) for name in texts}, texts)


def _chart(nav: Navigation, config: MkDocsConfig) -> str:
    """Return the chart of the chapters that have a number."""
    drawn = []
    for page in nav.pages:
        number, dot, title = str(page.title).partition(" · ")
        if dot and page.parent:
            name, part = Path(page.file.src_uri).stem, str(page.parent.title)
            cells = chapters[str(page.file.abs_src_path)]
            asks = prose.question(cells[0].source)
            drawn.append(chart.Chapter(name, number, title, part, asks))
    if not drawn:
        return ""
    chart.find_needs(drawn, Path(config.docs_dir), root(config) / "nn")
    return chart.page(drawn, chart.lay_out(drawn))


def on_env(env: Environment, config: MkDocsConfig, files: Files) -> None:
    """Keep compiled templates; compiling takes a third of a rebuild."""
    folder = root(config) / ".cache" / "templates"
    folder.mkdir(parents=True, exist_ok=True)
    env.bytecode_cache = FileSystemBytecodeCache(str(folder))


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
    """Give a page its Markdown, and back matter what is made."""
    name = page.file.src_uri
    if name in MADE:
        return f"{markdown}\n\n{MADE[name](config)}"
    text = pages[name].markdown if name in pages else markdown
    return references.link(text, name)[0]


def on_page_content(
    html: str, page: Page, config: MkDocsConfig, files: Files
) -> str:
    """Lay the page out, and offer a chapter's downloads.

    MkDocs learns that equations can be linked to, which it could not see.
    """
    html = layout.tables(layout.numbers(code.quiet(notes.aside(html))))
    html = html.replace(chart.PLACE, config.extra["chart"])
    name = page.file.src_uri
    if name in pages:
        assert page.present_anchor_ids is not None
        page.present_anchor_ids |= pages[name].labels.keys()
        stem, home = Path(name).stem, page.is_homepage
        downloads = (
            f'<p class="downloads">This {"page" if home else "chapter"} as '
            f'<a href="{stem}.ipynb" download>a notebook</a> or '
            f'<a href="{stem}.py" download>plain Python</a></p>'
        )
        # The cover's stand at its end.
        html = html + downloads if home else layout.opening(html, downloads)
    return html if name == "api.md" else layout.sections(html)


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    """Complete a page: its formulas, then figures and printed text.

    Only now, since what was kept aside is not for the search. A chapter's
    notebook and its exercises are written beside it.
    """
    name = page.file.src_uri
    output = references.complete(
        output, name, lambda other: get_relative_url(urls[other], page.url)
    )
    try:
        html = mathematics.typeset(output)
    except MathematicsError as error:
        raise PluginError(f"{name}: {error}") from None
    folder = Path(page.file.abs_dest_path).parent
    folder.mkdir(parents=True, exist_ok=True)
    if name == "package.md":
        nn = root(config) / "nn"
        (folder / "nn.zip").write_bytes(package.archive(nn))
    woven = pages.get(name)
    if woven is not None:
        html, pictures = raster.apart(woven.restore(html), Path(name).stem)
        for picture, data in pictures.items():
            path = Path(config.site_dir, picture)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        source = Path(name).with_suffix(".ipynb")
        cells = chapters[str(page.file.abs_src_path)]
        for cell in cells:
            if cell.kind == "markdown":
                cell.source, _ = references.link(cell.source, name, ids=False)
        (folder / source.name).write_text(render.notebook(cells), "utf-8")
        for exercise in woven.exercises.values():
            path = folder / exercise.file
            path.write_text(exercise.begun, "utf-8")
    return layout.heights(html)


def on_build_error(error: Exception) -> None:
    """Say plainly what the disk refused."""
    if told := store.refusal(error):
        raise Abort(told) from None


def on_shutdown() -> None:
    """End Node, which waits for more formulas."""
    mathematics.close()
