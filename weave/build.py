"""What the loom knows while it builds; the press reads it, too.

It lives as long as the process does, from one build to the next.
"""

from __future__ import annotations

from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig

from weave.cells import Cell
from weave.mathematics import Mathematics
from weave.package import Shown
from weave.references import Book
from weave.render import Page

mathematics = Mathematics(Path("node_modules"))
# The cells of the chapters that ran, by path.
chapters: dict[str, list[Cell]] = {}
# The pieces of each module of `nn`, in order, and where they are shown.
rows: dict[str, list[Shown]] = {}
# The chapters' pages, and where all pages will be, by source file.
pages: dict[str, Page] = {}
urls: dict[str, str] = {}
references = Book()
# Whether this is `mkdocs serve`: somebody writes and wants to look.
serving = False


def root(config: MkDocsConfig) -> Path:
    """Return the folder of mkdocs.yml."""
    return Path(config.config_file_path).parent
