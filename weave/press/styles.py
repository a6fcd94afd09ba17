"""Make the one style sheet of the site, and remove what it replaces.

KaTeX's rules come first, then the faces, then the book's own. Comments and
indentation are for those who read the source.
"""

from __future__ import annotations

import re
import shutil
from base64 import b64encode
from pathlib import Path

from weave.press import fonts, glyphs

# What Material brings, and what no page of ours links.
UNUSED = (
    "assets/stylesheets",
    "assets/javascripts",
    "assets/images",
    "assets/_mkdocstrings.css",
)

OF_FORMULAS = re.compile(r"url\((assets/fonts/KaTeX[^)]*)\)")
LINK = '<link rel="stylesheet" href="assets/book.css">'


def make(site: Path, modules: Path, cache: Path) -> None:
    """Write the style sheet and the fonts of a site that is built."""
    for name in UNUSED:
        if (site / name).is_dir():
            shutil.rmtree(site / name)
        (site / name).unlink(missing_ok=True)
    pages = [path.read_text("utf-8") for path in sorted(site.rglob("*.html"))]
    scripts = [p.read_text("utf-8") for p in sorted(site.glob("assets/*.js"))]
    book, target = site / "assets" / "book.css", site / "assets" / "fonts"
    own = book.read_text("utf-8") if book.exists() else ""
    katex = modules / "katex" / "dist"
    formulas = (katex / "katex.min.css").read_text("utf-8")
    shown = fonts.characters(pages, [own, *scripts])
    parts = [
        glyphs.keep(formulas, katex, pages, target, cache),
        fonts.faces(modules, shown, target, cache),
        own,
    ]
    css = re.sub(r"/\*.*?\*/", "", "\n".join(parts), flags=re.DOTALL)
    css = re.sub(r"\n\s+", "\n", css)
    fonts.write(book, css.encode())


def enclose(site: Path) -> None:
    """Put the style sheet into the pages, which then need not wait for it.

    It is a sixth of a page. Where there are formulas it brings their fonts
    along: no other font is as wide as those, so that a line with a formula
    would break anew when they come. The page for addresses that do not
    exist, which may stand anywhere, keeps its link.
    """
    css = (site / "assets" / "book.css").read_text("utf-8").strip()
    css = css.replace("url(fonts/", "url(assets/fonts/")
    whole = OF_FORMULAS.sub(lambda found: _inside(site / found[1]), css)
    for path in site.glob("*.html"):
        html = path.read_text("utf-8")
        style = whole if glyphs.FORMULA in html else css
        path.write_text(
            html.replace(LINK, f"<style>\n{style}\n</style>"), "utf-8"
        )


def _inside(font: Path) -> str:
    data = b64encode(font.read_bytes()).decode()
    return f"url(data:font/woff2;base64,{data})"
