"""A book of a few lines, for the tests of the loom."""

from __future__ import annotations

import json
from pathlib import Path

from weave.press.search import Entry, Found

INIT = '''\
"""A package."""

from nn.base import LIMIT, Base
from nn.layers import Dense, relu
'''
BASE = '''\
"""What others build on."""

LIMIT = 3


class Base:
    """Nothing yet."""
'''
LAYERS = '''\
"""Layers."""

from __future__ import annotations

from nn.base import Base

SCALE = 2


# Bends.
# Twice.
def relu(x):
    return max(x, 0)


class Dense(Base):
    """y = x W."""

    params = ()

    def __init__(self, W):
        self.W = W

    # Forward.
    @property
    def shape(self):
        return 1

    @shape.setter
    def shape(self, value):
        pass

    __call__ = relu


AFTER = 1
SHARED: int = 2

if AFTER:
    AFTER = 2

# The end.
'''


def write(root: Path, **chapters: str) -> Path:
    """Write `nn` and the chapters under `root`, and return `root`."""
    package, docs = root / "nn", root / "docs"
    package.mkdir()
    docs.mkdir()
    for name, text in [
        ("__init__", INIT),
        ("base", BASE),
        ("layers", LAYERS),
    ]:
        (package / f"{name}.py").write_text(text, "utf-8")
    for name, text in chapters.items():
        (docs / f"{name}.py").write_text(text, "utf-8")
    return root


def searched(site: Path) -> list[Found]:
    """Read what the search of a built book finds, page by page."""
    text = (site / "assets" / "search-entries.js").read_text("utf-8")
    rows = json.loads(text[text.index("[") : text.rindex(";")])
    return [
        Found(
            url,
            title,
            [Entry(k, name, at, text) for k, name, at, text in some],
        )
        for url, title, some in rows
    ]
