"""The style of figures, and a figure as an SVG document."""

from __future__ import annotations

import io
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
