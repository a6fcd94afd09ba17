"""Make the one style sheet of the site, and remove what it replaces.

Material's style sheet comes first, then KaTeX's, the faces, and the
book's own. Of these only what the pages use is kept, which PurgeCSS
finds out; while somebody writes, all of it is, for that is faster.
"""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

from weave import fonts, glyphs
from weave.mathematics import node

SCRIPT = Path(__file__).with_name("purge.js")
THEME = (
    "assets/stylesheets/**/*",
    "assets/javascripts/**/*",
    "assets/_mkdocstrings.css",
)


class StyleError(Exception):
    """A style sheet that cannot be read."""


def make(site: Path, modules: Path, cache: Path, whole: bool = False) -> None:
    """Write the style sheet and the fonts of a site that is built.

    What the pages do not use is kept if the `whole` is asked for.
    """
    paths = sorted(site.rglob("*.html"))
    pages = [path.read_text("utf-8") for path in paths]
    material = [
        path.read_text("utf-8")
        for path in site.glob("assets/stylesheets/main.*.css")
    ]
    tidy(site, pages)
    scripts = sorted(site.glob("assets/**/*.js"))
    book, target = site / "assets" / "book.css", site / "assets" / "fonts"
    own = [book.read_text("utf-8")] if book.exists() else []
    shown = fonts.characters(
        pages, [*own, *(path.read_text("utf-8") for path in scripts)]
    )
    katex = modules / "katex" / "dist"
    formulas = (katex / "katex.min.css").read_text("utf-8")
    css = "\n".join(
        [
            *material,
            glyphs.keep(formulas, katex, pages, target, cache),
            fonts.faces(modules, shown, target, cache),
            *own,
        ]
    )
    css = re.sub(r"/\*# sourceMappingURL=.*?\*/", "", css)
    if not whole:
        css = purge(css, [*paths, *scripts], modules)
    fonts.write(book, css.encode())


def tidy(site: Path, pages: list[str]) -> None:
    """Remove those of the theme's files that no page names."""
    for pattern in THEME:
        for path in sorted(site.glob(pattern), reverse=True):
            if path.is_dir():
                if not any(path.iterdir()):
                    path.rmdir()
            elif not any(path.name in page for page in pages):
                path.unlink()
        folder = site / pattern.partition("/*")[0]
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


def purge(css: str, content: list[Path], modules: Path) -> str:
    """Return those rules that pages or scripts may use."""
    run = subprocess.run(
        [node(), str(SCRIPT), str(modules.resolve())],
        input=json.dumps({"css": css, "content": list(map(str, content))}),
        capture_output=True,
        encoding="utf-8",
    )
    if run.returncode:
        raise StyleError(f"book.css: {run.stderr}")
    return run.stdout
