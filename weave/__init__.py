"""The loom: from a chapter, which is a Python file, to a page.

A chapter imports from here what it shows its results with:

    from weave import figure, recall, show, subplots, table
    from weave import DATA, GRADIENT, VALUE

The way of a chapter through the loom, one module a step:

    execute      finds what it gave the last time, or lets it run: `cells`
                 reads it, `key` says what its results depend on, `run`
                 runs it in a fresh kernel, which `kernel` watches
    inline       computes the {{ expressions }} in its prose
    exercises    finds starters, solutions and tests among the cells
    render       makes one Markdown page of prose, code and results, with
                 `svg`, `paths`, `raster` and `labels` for its figures
    pointing     leads words in the prose to lines of the code
    references   numbers equations, and leads to them and back
    prose        says it in plain words, for where no markup can be
    notes, code, layout
                 put the page's HTML in order
    mathematics  sets the formulas in the page's final HTML
    hooks        is where MkDocs calls the steps; `build` keeps what they
                 know, `store` what was made for the next time

Some pages are made: `package`, `reference` and `docstrings` show all of
`nn`, `chart` what needs what, `census` counts. What becomes of pages that
are woven, from their faces to the printed book, is in `weave.press`.

A chapter calls, while it runs, `chapter`, with `source` for
pieces of `nn`, `figures` and `palette`.
"""

from weave.chapter import figure, recall, show, subplots, table
from weave.palette import DATA, GOLD, GRADIENT, GREEN, INK, PAPER, PINK, VALUE

__all__ = [
    "DATA",
    "GOLD",
    "GRADIENT",
    "GREEN",
    "INK",
    "PAPER",
    "PINK",
    "VALUE",
    "figure",
    "recall",
    "show",
    "subplots",
    "table",
]
