"""The package on one page, its archive and the API reference."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
import small_book

from weave import package, reference
from weave.package import Place, Shown

SHOWS = """\
# %% [markdown]
# # 2 · Shows
#
# # Not this

# %%
show("layers:")
recall("base:")
show("layers:Dense.")
"""
MORE = """\
# %% [markdown]
# # 10 · Shows móre

# %%
show("layers:relu")
show("base:Base")
"""


@pytest.fixture
def book(tmp_path: Path) -> Path:
    return small_book.write(tmp_path, b=SHOWS, a=MORE, plain="1\n")


def chapters(book: Path) -> list[Path]:
    return sorted((book / "docs").glob("*.py"))


def test_places_come_in_the_order_of_the_chapters(book: Path) -> None:
    docs = book / "docs"
    (docs / "plain.py").write_text('show("base:")\n', "utf-8")
    first = Place(docs / "b.py", "2 · Shows", "nn-layers")
    assert list(package.places(chapters(book), book / "nn").items()) == [
        ("base:", Place(docs / "plain.py", "", "nn-base")),
        ("layers:", first),
        (
            "layers:Dense.",
            Place(docs / "b.py", "2 · Shows", "nn-layers-Dense"),
        ),
        (
            "layers:relu",
            Place(docs / "a.py", "10 · Shows móre", "nn-layers-relu"),
        ),
        ("base:Base", Place(docs / "a.py", "10 · Shows móre", "nn-base-Base")),
    ]
    assert first.link == "[2 · Shows](b.py#nn-layers)"


def test_pieces_stand_in_the_order_of_their_module(book: Path) -> None:
    place = package.places(chapters(book), book / "nn")
    assert package.rows(chapters(book), book / "nn") == {
        "layers": [
            Shown("layers:", place["layers:"], 1, 7),
            Shown("layers:relu", place["layers:relu"], 8, 13),
            Shown("layers:Dense.", place["layers:Dense."], 14, 19),
        ],
        "base": [Shown("base:Base", place["base:Base"], 4, 7)],
    }


PAGE = f"""\
<p class="downloads"><button type="button" class="copy-all">Copy all</button> \
<a href="nn.zip" download>nn.zip</a></p>

## nn/base.py

7 lines, explained in [10 · Shows móre](a.py#nn-base-Base).

<div class="module" data-file="nn/base.py" markdown="1">

```python
{small_book.BASE}```

</div>

## nn/layers.py

42 lines, explained in [2 · Shows](b.py#nn-layers) and \
[10 · Shows móre](a.py#nn-layers-relu).

<div class="module" data-file="nn/layers.py" markdown="1">

```python
{small_book.LAYERS}```

</div>

## nn/\\_\\_init\\_\\_.py

4 lines.

<div class="module" data-file="nn/__init__.py" markdown="1">

```python
{small_book.INIT}```

</div>
"""


def test_the_page_has_every_module_and_who_explains_it(book: Path) -> None:
    assert package.page(book / "nn", chapters(book)) == PAGE


def test_the_archive_has_the_modules_and_the_licence(book: Path) -> None:
    for name in "nn/py.typed", "nn/notes.txt", "LICENSE", "README.md":
        (book / name).write_text(name, "utf-8")
    with zipfile.ZipFile(io.BytesIO(package.archive(book / "nn"))) as opened:
        files = {name: opened.read(name) for name in opened.namelist()}
    assert files == {
        "nn/LICENSE": b"LICENSE",
        "nn/__init__.py": small_book.INIT.encode(),
        "nn/base.py": small_book.BASE.encode(),
        "nn/layers.py": small_book.LAYERS.encode(),
        "nn/py.typed": b"nn/py.typed",
    }


ASKED = """\
::: nn.base
    options:
      heading_level: 2

::: nn.base.Base
    options:
      heading_level: 3

Line by line in [10 · Shows móre](a.py#nn-base-Base).
{ .place }

::: nn.layers
    options:
      heading_level: 2

Line by line in [2 · Shows](b.py#nn-layers).
{ .place }

::: nn.layers.relu
    options:
      heading_level: 3

Line by line in [10 · Shows móre](a.py#nn-layers-relu).
{ .place }

::: nn.layers.Dense
    options:
      heading_level: 3

Line by line in [2 · Shows](b.py#nn-layers-Dense).
{ .place }

::: nn.layers.Dense.shape
    options:
      heading_level: 4
      separate_signature: false
"""


def test_the_reference_asks_for_each_name_once(book: Path) -> None:
    assert reference.page(book / "nn", chapters(book)) == ASKED


INIT = "from nn.layers import Dense, relu\n"
LAYERS = """\
class Root:
    pass


class Base(Root):
    pass


class Other(Root):
    pass


class Dense(Base, abc.ABC):
    size = 1

    def forward(self): ...

    def _hidden(self): ...


def relu(x):
    def inner(): ...


def helper(): ...
"""


def test_a_base_that_is_not_exported_is_in_the_reference(book: Path) -> None:
    (book / "nn" / "__init__.py").write_text(INIT, "utf-8")
    (book / "nn" / "layers.py").write_text(LAYERS, "utf-8")
    asked = reference.page(book / "nn", []).split("\n")
    assert [line[4:] for line in asked if line.startswith(":::")] == [
        "nn.layers",
        "nn.layers.Base",
        "nn.layers.Dense",
        "nn.layers.Dense.forward",
        "nn.layers.relu",
    ]
