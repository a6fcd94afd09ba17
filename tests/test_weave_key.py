"""What the outputs of a chapter depend on."""

from __future__ import annotations

import ast
import hashlib
import json
import platform
import subprocess
import sys
from pathlib import Path

import numpy
import pytest
import small_book

from weave import key as keys
from weave.cells import Cell, read
from weave.key import (
    arithmetic,
    exported,
    imports,
    introduced,
    key,
    number,
    packages,
    reached,
)
from weave.run import ENVIRONMENT

ROOT = Path(__file__).parent.parent
CHAPTER = """\
# %% [markdown]
# # A chapter
#
# Before: `{{ x }}`.

# %% tags=["hide"]
import os
from nn import relu
from weave import show, table

# %%
x = relu(3)
show("base:Base")
x

# %% [markdown]
# It is {{ x + 1:.1f }}.

# %%
print(os.environ["OPENBLAS_NUM_THREADS"], os.path.basename(os.getcwd()))
"""


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("book")
    small_book.write(root, a=CHAPTER)
    return root


def test_all_that_is_in_a_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A small loom: what the kernel reaches of it, and two more modules."""
    nn, loom = small_book.write(tmp_path) / "nn", tmp_path / "weave"
    loom.mkdir()
    for name in ("chapter", "inline", "kernel", "run", "prose", "other"):
        (loom / f"{name}.py").write_text(f'"""Words."""\n{name} = 1  # one\n')
    (loom / "__init__.py").write_text("from weave.chapter import show\n")
    (loom / "book.mplstyle").write_text("# style")
    monkeypatch.setattr(keys, "LOOM", loom)
    monkeypatch.setattr(keys, "version", {"joblib": "1", "none": "2"}.get)
    monkeypatch.setattr(keys, "arithmetic", lambda: ["Z80"])
    cells = [
        Cell("markdown", "# Not code, {{ x + 1:.1f }}.", []),
        Cell("code", "import joblib\nfrom weave.prose import plain", []),
        Cell("code", "show('base:Base')", ["hide"]),
        Cell("code", "x = 2", [], needs=["none"]),
    ]
    there = ["chapter", "inline", "kernel", "prose", "run"]
    facts = [
        [
            '__import__("weave.inline").inline.evaluate'
            "(['x + 1:.1f'], globals())",
            "import joblib\nfrom weave.prose import plain",
            "show('base:Base')",
            "",  # for there is no package `none`
        ],
        [["__init__.py", small_book.INIT], ["base.py", small_book.BASE]],
        [
            ["__init__.py", does("from weave.chapter import show")],
            *([f"{name}.py", does(f"{name} = 1")] for name in there),
        ],
        "# style",
        [platform.python_version(), platform.machine(), platform.system()],
        [
            ["ipykernel", None],
            ["joblib", "1"],
            ["matplotlib", None],
            ["none", "2"],
            ["numpy", None],
        ],
        ["Z80"],
        ["base"],
        {"A": "1"},
    ]
    digest = hashlib.sha256(json.dumps(facts).encode()).hexdigest()
    assert key(cells, nn, ["base"], {"A": "1"}) == digest[:24]


def does(code: str) -> str:
    return ast.dump(ast.parse(code))


@pytest.mark.parametrize(
    ("code", "bare"),
    [
        ('"""Words."""\nx = 1  # one', "x = 1"),
        ("x = 1\n'no docstring'", "x = 1\n'no docstring'"),
        ('class A:\n    """Words."""\n    x = 1', "class A:\n    x = 1"),
        (
            'class A:\n    def f(self):\n        """Words."""\n        g()',
            "class A:\n    def f(self): g()",
        ),
        ("def f():\n    g()\n    h()", "def f():\n    g()\n    h()"),
    ],
)
def test_comments_and_docstrings_are_no_part_of_what_a_module_does(
    code: str, bare: str
) -> None:
    assert keys._without_words(code) == does(bare)


@pytest.mark.parametrize(
    ("old", "new"), [("relu(3)", "relu(4)"), ("x + 1", "x + 2")]
)
def test_code_and_expressions_are_in_the_key(
    old: str, new: str, book: Path, tmp_path: Path
) -> None:
    other = tmp_path / "a.py"
    other.write_text(CHAPTER.replace(old, new))
    first = key(read(book / "docs" / "a.py"), book / "nn")
    assert key(read(other), book / "nn") != first


def test_the_package_is_in_the_key(tmp_path: Path) -> None:
    small_book.write(tmp_path, a=CHAPTER, b="# %%\nfrom nn import LIMIT\n")
    keys = []
    for change in ["", "\n# Changed.\n"]:
        with (tmp_path / "nn" / "layers.py").open("a") as file:
            file.write(change)
        keys += [
            key(read(tmp_path / "docs" / f"{name}.py"), tmp_path / "nn")
            for name in "ab"
        ]
    assert keys[0] != keys[2], "this chapter imports the changed module"
    assert keys[1] == keys[3], "this one does not"


def test_packages_and_environment_are_in_the_key(
    book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cells = read(book / "docs" / "a.py")
    found = [
        key(cells, book / "nn"),
        key(cells, book / "nn", []),
        key(cells, book / "nn", ["base"]),
        key(cells, book / "nn", None, ENVIRONMENT | {"OMP_NUM_THREADS": "2"}),
    ]
    versions = {"numpy": "0"}
    monkeypatch.setattr(keys, "version", versions.get)
    found.append(key(cells, book / "nn"))
    versions["numpy"] = "1"
    found.append(key(cells, book / "nn"))
    monkeypatch.setattr(keys, "arithmetic", lambda: ["Z80"])
    found.append(key(cells, book / "nn"))
    assert len(set(found)) == len(found)


def test_the_packages_that_a_chapter_imports() -> None:
    code = (
        "import os, joblib\nfrom sklearn.svm import SVC\nfrom . import a\n"
        "def f():\n    import torch.nn"
    )
    found = {"numpy", "matplotlib", "ipykernel"}
    assert packages("print()") == packages("a syntax error") == found
    assert packages(code) == found | {"joblib", "scikit-learn", "torch"}


def test_the_loom_in_the_kernel_is_in_the_key() -> None:
    code = (
        "import sys, weave.run, weave.inline, weave.kernel; weave.subplots();"
        "print(*sorted(m[6:] for m in sys.modules if m[:6] == 'weave.'))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    found = reached(keys.IN_KERNEL, keys.LOOM, shows=False)
    assert set(done.stdout.split()) <= {path.stem for path in found}
    assert "hooks" not in {path.stem for path in found}


def test_a_chapter_about_the_loom_depends_on_what_it_shows(
    book: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loom = tmp_path / "weave"
    loom.mkdir()
    for path in keys.LOOM.glob("*.*"):
        (loom / path.name).write_bytes(path.read_bytes())
    (tmp_path / "a.py").write_text("# %%\nfrom weave.prose import plain\n")
    monkeypatch.setattr(keys, "LOOM", loom)

    def both() -> tuple[str, str]:
        there = read(book / "docs" / "a.py"), read(tmp_path / "a.py")
        first, second = (key(cells, book / "nn") for cells in there)
        return first, second

    def after(name: str, old: str, new: str) -> tuple[bool, bool]:
        before, text = both(), (loom / name).read_text()
        assert old in text
        (loom / name).write_text(text.replace(old, new, 1))
        changed = [a != b for a, b in zip(before, both(), strict=True)]
        (loom / name).write_text(text)
        return changed[0], changed[1]

    assert after("prose.py", "LONGEST = 50, 160", "LONGEST = 50, 99") == (
        False,
        True,
    )
    assert after("chart.py", "PLACE = ", "SPOT = ") == (False, False)
    assert after("figures.py", "import", "import os\nimport") == (True, True)
    assert after("book.mplstyle", "#", "# A") == (True, True)
    assert after("chapter.py", '"""Show a', '"""Lay out a') == (False, False)


NUMBERED = "# %% [markdown]\n# # {} · Title\n\n# %%\nshow({!r})\n"


def test_what_the_book_has_introduced(tmp_path: Path) -> None:
    for name, place, piece in [
        ("a", 0, "late:"),
        ("b", 1, "first:f"),
        ("c", 2, "second:"),
        ("d", 10, "third:"),
    ]:
        (tmp_path / f"{name}.py").write_text(NUMBERED.format(place, piece))
    (tmp_path / "cover.py").write_text("# %%\nshow('cover:')\n")
    found = [introduced(path) for path in sorted(tmp_path.glob("*.py"))]
    assert found == [
        None,
        ["first", "late"],
        ["first", "late", "second"],
        None,
        ["first", "late", "second", "third"],
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# %% [markdown]\n# # 12 · Title\n#\n# # 3 · Later", 12),
        ("# %% [markdown]\n# # 0 · Title", 0),
        ("# %% [markdown]\n# # Title\n#\n# ## 1 · Part", -1),
        ("print(1)  # # 1 · Title", -1),
    ],
)
def test_the_number_of_a_chapter(
    text: str, expected: int, tmp_path: Path
) -> None:
    chapter = tmp_path / "a.py"
    chapter.write_text(text)
    assert number(chapter) == expected


def test_names_that_a_package_exports(tmp_path: Path) -> None:
    init = tmp_path / "__init__.py"
    init.write_text(
        '"""Words."""\nimport os\nfrom . import alone\n'
        "from nn.base import A, B\nfrom .layers import C\nD = 1\n"
    )
    assert exported(init) == {"A": "base", "B": "base", "C": "layers"}


@pytest.mark.parametrize(
    ("code", "modules"),
    [
        ("import nn", ["*"]),
        ("import os.path, nn.base, nn.layers as nn", ["*", "*"]),
        ("import numpy.nn", []),
        ("from os.path import nn", []),
        ("from nn import A, b", ["layers", "b"]),
        ("from nn.base import A", ["base"]),
        ("from nn.deep.down import A", ["deep.down"]),
        ("from . import A, b", ["layers", "b"]),
        ("from .base import A", ["base"]),
        ("from .deep.down import A", ["deep.down"]),
        ("if x:\n    from nn import *\n    y = 1", ["*"]),
    ],
)
def test_modules_that_code_imports(code: str, modules: list[str]) -> None:
    found = imports(ast.parse(code), Path("docs/nn"), {"A": "layers"})
    assert list(found) == modules


def test_modules_of_a_folder_within_the_package(tmp_path: Path) -> None:
    package = small_book.write(tmp_path) / "nn"
    (package / "deep").mkdir()
    (package / "deep" / "down.py").write_text("from nn.base import LIMIT\n")
    found = reached("from nn.deep.down import LIMIT", package)
    names = [str(path.relative_to(package)) for path in found]
    assert names == ["__init__.py", "base.py", "deep/down.py"]


@pytest.mark.parametrize(
    ("code", "modules"),
    [
        ("from nn import relu", "base layers"),
        ("from nn.layers import relu", "base layers"),
        ("from nn import LIMIT", "base"),
        ("from .base import LIMIT", "base"),
        ("import numpy\nfrom os import path", ""),
        ("show('base:')", "base"),
        ("recall('base:Base')", "base"),
        ("from nn import LIMIT\nshow('other:')", "base other"),
        ("def f():\n    from nn import LIMIT", "base"),
        ("import nn", "base layers other"),
        ("import nn.base", "base layers other"),
        ("from nn import *", "base layers other"),
        ("from nn import unheard_of", "base layers other"),
        ("from nn.unheard import of", "base layers other"),
        ("show(name)", "base layers other"),
        ("a syntax error", "base layers other"),
    ],
)
def test_modules_that_a_chapter_reaches(
    code: str, modules: str, tmp_path: Path
) -> None:
    package = small_book.write(tmp_path) / "nn"
    (package / "other.py").write_text("x = 1\n")
    found = [path.stem for path in reached(code, package)]
    assert found == ["__init__", *modules.split()]


def test_the_arithmetic_of_each_of_numpys_libraries(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path.resolve() / "numpy"
    home.mkdir()
    (tmp_path / "link").symlink_to(home)
    monkeypatch.setattr(numpy, "__path__", [str(tmp_path / "link")])
    loaded = [
        {"filepath": f"{home}.libs/one.so", "architecture": "Zen"},
        {"filepath": "/elsewhere/two.so", "architecture": "SkylakeX"},
        {"filepath": f"{home}/three.so"},
        {"filepath": f"{home}/four.so", "architecture": "Haswell"},
    ]
    monkeypatch.setattr(keys, "threadpool_info", lambda: loaded)
    loops = {"baseline": ["SSE2"], "found": ["FMA3", "AVX2"]}
    for simd, found in (loops, ["FMA3", "AVX2"]), ({"baseline": ["NEON"]}, []):
        config = {"SIMD Extensions": simd}
        monkeypatch.setattr(
            numpy,
            "show_config",
            lambda mode, config=config: {"dicts": config}[mode],
        )
        assert arithmetic.__wrapped__() == [*found, "", "Haswell", "Zen"]


def test_the_arithmetic_is_numpys_own() -> None:
    """Other packages load libraries like its, at once or later."""
    found = {
        subprocess.run(
            [
                sys.executable,
                "-c",
                f"{before}; from weave.key import arithmetic; "
                "print(arithmetic())",
            ],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for before in ("pass", "import scipy.linalg, sklearn")
    }
    assert len(found) == 1
