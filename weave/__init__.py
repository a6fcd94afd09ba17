"""The loom: from a chapter, which is a Python file, to a page.

A chapter imports from here what it shows its results with:

    from weave import figure, recall, show, subplots, table
    from weave import DATA, GRADIENT, VALUE

The way of a chapter through the loom, one module a step:

    execute      runs its code in a fresh kernel, or finds the results
    inline       computes the {{ expressions }} in its prose
    exercises    finds starters, solutions and tests among the cells
    render       makes one Markdown page of prose, code and results
    pointing     leads words in the prose to lines of the code
    code         keeps of the highlighted code's HTML what says something
    svg          makes figures light, with `paths` and `raster`
    mathematics  sets the formulas in the page's final HTML
    styles       makes one style sheet for all pages, with the faces of
                 text (`fonts`) and of formulas (`glyphs`)
    hooks        is where MkDocs calls the steps

and what the chapter calls while it runs: `chapter`, with `source` for
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
