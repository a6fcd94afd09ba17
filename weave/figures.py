"""From a Matplotlib figure to one inline SVG for light and dark."""

from __future__ import annotations

import io
import re
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from weave import palette

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def apply_style() -> None:
    """Make the book's style and colour maps Matplotlib's defaults."""
    import matplotlib as mpl
    from matplotlib import style
    from matplotlib.colors import LinearSegmentedColormap

    for name in palette.MAPS.keys() - mpl.colormaps.keys():
        colours = palette.MAPS[name]
        mpl.colormaps.register(
            LinearSegmentedColormap.from_list(name, colours)
        )
    style.use(Path(__file__).with_name("book.mplstyle"))


def standalone(fig: Figure, name: str) -> str:
    """Return `fig` as an SVG document, the same bytes every time."""
    import matplotlib as mpl

    stream = io.StringIO()
    nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": name}):
        fig.savefig(stream, format="svg", metadata=nothing)
    return stream.getvalue()


def inline(svg: str, name: str, alt: str) -> str:
    """Return an SVG document as an element of a page.

    Its colours follow the page (its font does so by the style sheet),
    and its ids begin with `name`, so that many figures can share a page.
    """
    svg = svg[svg.index("<svg") :].strip()
    svg = re.sub(r"<!--.*?-->\n?", "", svg, flags=re.S)
    svg = re.sub(r"\s*<metadata>.*?</metadata>", "", svg, flags=re.S)
    svg = re.sub(
        r"\s*<defs>\s*<style[^>]*>.*?</style>\s*</defs>", "", svg, flags=re.S
    )
    for sentinel, variable in palette.VARIABLES.items():
        svg = svg.replace(sentinel, variable)
    svg = re.sub(r"#000000\b", "currentColor", svg)
    used = set(re.findall(r'(?:href="|url\()#([^")]+)', svg))

    def rename(match: re.Match[str]) -> str:
        return f' id="{name}-{match[1]}"' if match[1] in used else ""

    svg = re.sub(r' id="([^"]*)"', rename, svg)
    svg = re.sub(r'(href="|url\()#', rf"\1#{name}-", svg)
    svg = re.sub(r"\n\s*", "\n", svg)
    return re.sub(r"<svg [^>]*>", lambda m: _head(m[0], alt), svg, count=1)


def _head(tag: str, alt: str) -> str:
    """Return the opening tag of an inline SVG, sized in CSS pixels."""
    told = dict(re.findall(r'(\w+)="([^"]*)"', tag))
    width, height = (
        round(float(told[side].removesuffix("pt")) * 4 / 3)
        for side in ("width", "height")
    )
    return (
        f'<svg class="plot" role="img" aria-label="{escape(alt)}" '
        f'width="{width}" height="{height}" viewBox="{told["viewBox"]}" '
        'xmlns="http://www.w3.org/2000/svg" '
        'xmlns:xlink="http://www.w3.org/1999/xlink">'
    )
