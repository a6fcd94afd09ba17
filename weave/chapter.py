"""What chapters call: `show`, `recall`, `figure`, `table`, `subplots`.

A chapter runs in three places. In a notebook, the loom's own kernel
included, results are displayed; run as a plain script, tables are
printed and figures are closed. What the loom needs beyond the display
travels in a MIME type of its own, which Jupyter ignores.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from weave import source

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MIME = "application/vnd.weave+json"


def show(name: str) -> None:
    """Show a piece of `nn`, in the one place that explains it."""
    _piece("show", name)


def recall(name: str) -> None:
    """Show again a piece of `nn` that was shown before."""
    _piece("recall", name)


def package() -> Path:
    """Return the folder of `nn`, wherever Python finds it."""
    spec = find_spec("nn")
    assert spec and spec.origin
    return Path(spec.origin).parent


def _piece(kind: str, name: str) -> None:
    piece = source.find(name, package())
    where = f"{piece.file}, lines {piece.first}–{piece.last}"
    _display(
        {
            MIME: {"kind": kind, **asdict(piece)},
            "text/markdown": f"```python\n{piece.text}\n```\n*{where}*",
            "text/plain": piece.text,
        }
    )


def subplots(*args: Any, **options: Any) -> tuple[Figure, Any]:
    """Return a figure and its axes, as Matplotlib does, in our style."""
    from matplotlib import pyplot

    from weave.figures import apply_style

    apply_style()
    return pyplot.subplots(*args, **options)


def figure(
    fig: Figure, name: str, *, alt: str, caption: str, wide: bool = False
) -> None:
    """Show a Matplotlib figure, and close it.

    `alt` says in words what can be seen, for those who cannot see it.
    `caption` is Markdown. The text links to it as `[](#fig-name)`. A
    `wide` figure may be wider than the text.
    """
    from matplotlib import pyplot

    from weave.figures import standalone

    _check_name("figure", name)
    if not alt.strip():
        raise ValueError(f"figure {name!r} has no alt text")
    if not caption.strip():
        raise ValueError(f"figure {name!r} has no caption")
    svg = standalone(fig, name)
    pyplot.close(fig)
    content = {"kind": "figure", "name": name, "caption": caption}
    _display(
        {
            MIME: {**content, "wide": wide},
            "image/svg+xml": svg,
            "text/plain": alt,
        }
    )


def table(
    rows: Sequence[Sequence[object]],
    *,
    header: Sequence[str],
    caption: str,
    name: str | None = None,
    align: str | None = None,
    formats: Sequence[str] | None = None,
) -> None:
    """Show rows of numbers and words.

    `header`, `caption` and words in the rows are Markdown. `formats` has
    one format specification a column; it applies to numbers. `align` has
    one letter a column, l, c or r; without it columns of numbers go to
    the right. With a `name` the text links to it as `[](#tab-name)`.
    """
    columns = len(header)
    if name is not None:
        _check_name("table", name)
    formats = formats or [""] * columns
    for row in rows:
        if len(row) != columns:
            raise ValueError(
                f"table {caption!r}: a row of {len(row)} cells under a "
                f"header of {columns}: {list(row)}"
            )
    if align is None:
        align = "".join(
            "l" if any(isinstance(row[i], str) for row in rows) else "r"
            for i in range(columns)
        )
    if not len(align) == len(formats) == columns or set(align) - set("lcr"):
        raise ValueError(
            f"table {caption!r}: align and formats need {columns} entries"
        )
    cells = [
        [
            cell if isinstance(cell, str) else minus(format(cell, spec))
            for cell, spec in zip(row, formats, strict=True)
        ]
        for row in rows
    ]
    content = {"kind": "table", "name": name, "caption": caption}
    rule = [{"l": ":--", "c": ":-:", "r": "--:"}[a] for a in align]
    lines = ["| " + " | ".join(r) + " |" for r in [header, rule, *cells]]
    text = "\n".join([*lines, "", f"*{caption}*"])
    _display(
        {
            MIME: {
                **content,
                "header": list(header),
                "rows": cells,
                "align": align,
            },
            "text/markdown": text,
            "text/plain": text,
        }
    )


def minus(text: str) -> str:
    """Return a formatted number with a true minus sign in front."""
    return re.sub(r"^(\s*)-(?=[\d.])", "\\1\N{MINUS SIGN}", text)


def _check_name(kind: str, name: str) -> None:
    if not re.fullmatch(r"[a-z][a-z0-9-]*", name):
        raise ValueError(
            f"{kind} {name!r}: a name is made of a-z, 0-9 and hyphens"
        )


def _display(bundle: dict[str, Any]) -> None:
    """Display a result in a notebook; in a script print a table only."""
    ipython = sys.modules.get("IPython")
    if ipython and ipython.get_ipython():
        ipython.display.display(bundle, raw=True)
    elif bundle[MIME]["kind"] == "table":
        print(bundle["text/plain"])
