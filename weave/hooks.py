"""Where MkDocs calls the loom; named under `hooks` in mkdocs.yml.

The plugin mkdocs-jupyter finds the chapters and makes pages of them.
Their content comes from here, and passes through Markdown like that of
every other page.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal

from jinja2 import Environment, FileSystemBytecodeCache
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.plugins import event_priority
from mkdocs.structure.files import Files
from mkdocs.structure.nav import Navigation
from mkdocs.structure.pages import Page
from mkdocs.utils import get_relative_url

from weave import archive, census, exercises, package, reference, render
from weave.execute import Cell, WeaveError, execute
from weave.mathematics import Mathematics, MathematicsError

KATEX = "assets/katex"
MKDOCSTRINGS = "assets/_mkdocstrings.css"


# What lives as long as the process does, from one build to the next.
mathematics = Mathematics(Path("node_modules"))
chapters: dict[str, list[Cell]] = {}
pages: dict[str, render.Page] = {}
serving = False


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


def on_nav(nav: Navigation, config: MkDocsConfig, files: Files) -> None:
    """Run all chapters, a few at a time, before the first page."""
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
    pages.clear()
    chapters.clear()
    chapters.update(zip(map(str, paths), found, strict=True))


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
    """Give a chapter's page its Markdown, and back matter what is made."""
    if page.file.src_uri in MADE:
        return f"{markdown}\n\n{MADE[page.file.src_uri](config)}"
    cells = chapters.get(str(page.file.abs_src_path))
    if cells is None:
        return markdown
    try:
        woven = render.weave(cells, f"{config.repo_url}/blob/main/")
    except WeaveError as error:
        raise PluginError(f"{page.file.src_uri}: {error}") from None
    pages[page.file.src_uri] = woven
    return woven.markdown


def on_page_content(
    html: str, page: Page, config: MkDocsConfig, files: Files
) -> str:
    """Make tables scroll on a phone, and offer a chapter's downloads.

    Code that scrolls has to be reached with the keyboard. Material sees
    to that by script, late on a long page, and undoes it where all fits.
    """
    html = html.replace(
        "<pre><span></span><code>", '<pre><span></span><code tabindex="0">'
    )
    html = html.replace('"doc-signature ', '"doc-signature no-copy ')
    html = re.sub(r"<th(?=[ >])", '<th scope="col"', html)
    html = re.sub(
        r"<table>.*?</table>",
        '<div class="scroll" role="group" aria-label="Table" tabindex="0">'
        r'<table class="plain">\g<0></div>',
        html,
        flags=re.DOTALL,
    ).replace('<table class="plain"><table>', '<table class="plain">')
    if page.file.src_uri not in pages:
        return html
    stem = Path(page.file.src_uri).stem
    downloads = (
        '<p class="downloads">This chapter as '
        f'<a href="{stem}.ipynb" download>a notebook</a> or '
        f'<a href="{stem}.py" download>plain Python</a></p>'
    )
    return html.replace("</h1>", f"</h1>{downloads}", 1)


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    """Complete a page: its formulas, then figures and printed text.

    Only now, since what was kept aside is not for the search index, nor
    is the page's address, for its readers on paper. A chapter's notebook
    and its exercises are written beside it.
    """
    try:
        html = mathematics.typeset(output)
        if html != output:
            style = get_relative_url(f"{KATEX}/katex.css", page.url)
            link = f'<link rel="stylesheet" href="{style}">'
            html = html.replace("</head>", f"{link}</head>", 1)
            mathematics.copy(Path(config.site_dir, KATEX))
    except MathematicsError as error:
        raise PluginError(f"{page.file.src_uri}: {error}") from None
    folder = Path(page.file.abs_dest_path).parent
    folder.mkdir(parents=True, exist_ok=True)
    if page.file.src_uri == "package.md":
        nn = root(config) / "nn"
        (folder / "nn.zip").write_bytes(package.archive(nn))
    woven = pages.get(page.file.src_uri)
    if woven is not None:
        html = woven.restore(html)
        source = Path(page.file.src_uri).with_suffix(".ipynb")
        cells = chapters[str(page.file.abs_src_path)]
        (folder / source.name).write_text(render.notebook(cells), "utf-8")
        for exercise in woven.exercises.values():
            path = folder / exercise.file
            path.write_text(exercise.begun, "utf-8")
    address = page.canonical_url
    where = f'<p class="address"><a href="{address}">{address}</a></p>'
    return mend(html.replace("</h1>", f"</h1>{where}", 1))


def on_post_template(
    output_content: str, template_name: str, config: MkDocsConfig
) -> str:
    """Mend the page for addresses that do not exist, too."""
    return mend(output_content)


def mend(html: str) -> str:
    """Repair what Material leaves to be wished in a page.

    It would ask GitHub for the number of stars, and its search dialog
    has no name.
    """
    html = html.replace(' data-md-component="source"', "")
    dialog = ' data-md-component="search" role="dialog"'
    return html.replace(dialog, f'{dialog} aria-label="Search"')


@event_priority(-100)
def on_post_build(config: MkDocsConfig) -> None:
    """Pack the site, complete by now, for those who read without a net."""
    if not serving:
        site = Path(config.site_dir)
        (site / archive.BOOK).write_bytes(archive.site(site))


def on_shutdown() -> None:
    """End Node, which waits for more formulas."""
    mathematics.close()
