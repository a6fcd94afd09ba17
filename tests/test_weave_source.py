"""Pieces of source by name, and the exactly-once check."""

from __future__ import annotations

from pathlib import Path

import pytest
import small_book

from weave.source import calls, find, pieces, unshown


@pytest.fixture
def package(tmp_path: Path) -> Path:
    return small_book.write(tmp_path) / "nn"


def text(name: str, package: Path) -> str:
    return find(name, package).text


def test_the_opening_ends_before_the_first_definition(package: Path) -> None:
    opening = find("layers:", package)
    assert opening.text.startswith('"""Layers."""')
    assert opening.text.endswith("SCALE = 2")
    assert (opening.file, opening.first, opening.last) == (
        "nn/layers.py",
        1,
        7,
    )


def test_comments_above_a_definition_belong_to_it(package: Path) -> None:
    assert text("layers:relu", package) == (
        "# Bends.\n# Twice.\ndef relu(x):\n    return max(x, 0)"
    )


def test_a_class_up_to_its_first_method(package: Path) -> None:
    piece = text("layers:Dense.", package)
    assert piece.startswith("class Dense(Base):")
    assert piece.endswith("params = ()")


def test_a_whole_class(package: Path) -> None:
    piece = text("layers:Dense", package)
    assert piece.startswith("class Dense(Base):")
    assert piece.endswith("__call__ = relu")


def test_a_method_with_its_decorator_and_its_setter(package: Path) -> None:
    piece = text("layers:Dense.shape", package)
    assert piece.startswith("    # Forward.\n    @property\n")
    assert piece.endswith("        pass")


def test_assignments_have_names(package: Path) -> None:
    assert text("layers:Dense.__call__", package) == "    __call__ = relu"
    assert text("layers:SCALE", package) == "SCALE = 2"
    assert text("layers:Dense.params", package) == "    params = ()"
    assert text("layers:AFTER", package) == "AFTER = 1"


def test_what_has_no_name_belongs_to_the_piece_before(package: Path) -> None:
    assert text("layers:SHARED", package) == (
        "SHARED: int = 2\n\nif AFTER:\n    AFTER = 2\n\n# The end."
    )


def test_a_class_that_begins_with_a_decorated_method(tmp_path: Path) -> None:
    code = "class A:\n    @staticmethod\n    def f():\n        pass\n"
    (tmp_path / "m.py").write_text(code)
    assert text("m:A.", tmp_path) == "class A:"
    assert text("m:A.f", tmp_path).startswith("    @staticmethod\n")


def test_a_module_without_an_opening_has_none(tmp_path: Path) -> None:
    (tmp_path / "m.py").write_text("def f(): pass\n")
    assert pieces(tmp_path / "m.py") == {"f": (1, 1)}


def test_a_module_that_is_no_python_is_named(tmp_path: Path) -> None:
    path = tmp_path / "m.py"
    path.write_text("x =\n")
    with pytest.raises(SyntaxError) as error:
        pieces(path)
    assert error.value.filename == str(path)


def test_all_assignments_of_an_opening_have_names(tmp_path: Path) -> None:
    (tmp_path / "m.py").write_text("A = B = 1\n\nC = 2\n")
    assert pieces(tmp_path / "m.py") == {
        "A": (1, 1), "B": (1, 1), "C": (3, 3), "": (1, 3)
    }  # fmt: skip


@pytest.mark.parametrize("name", ["m:A.g", "m:A:f"])
def test_an_unknown_name_is_told_with_the_known_ones(
    name: str, tmp_path: Path
) -> None:
    (tmp_path / "m.py").write_text("class A:\n    def f(self): pass\n")
    assert find("m:A", tmp_path).name == "m:A"
    with pytest.raises(ValueError) as error:
        find(name, tmp_path)
    assert str(error.value) == f"no piece {name!r}; there are m:A, m:A., m:A.f"


@pytest.mark.parametrize("name", ["lairs:", "layers"])
def test_an_unknown_module_is_told(name: str, package: Path) -> None:
    expected = f"no piece '{name}'; the modules are __init__:, base:, layers:"
    with pytest.raises(ValueError, match=expected):
        find(name, package)


def test_calls_are_found_with_their_lines() -> None:
    code = "show('a:')\nx = 1\nrecall('b:')\n"
    assert list(calls(code, "show", "recall")) == [("a:", 1), ("b:", 3)]
    assert list(calls(code, "show")) == [("a:", 1)]


@pytest.mark.parametrize("call", ["show(x)", "show()", "show('a', 'b')"])
def test_a_name_has_to_be_a_plain_string(call: str) -> None:
    with pytest.raises(ValueError, match=r"line 2: show\(\) takes one name"):
        list(calls(f"x = 1\n{call}", "show"))


SHOWN = """\
show("__init__:")
show("base:")
show("base:Base")
show("layers:")
show("layers:relu")
recall("layers:relu")
show("layers:Dense.")
show("layers:Dense.__init__")
show("layers:Dense.shape")
show("layers:Dense.__call__")
show("layers:AFTER")
show("layers:SHARED")
"""


def faults(package: Path, chapter: str) -> list[str]:
    path = package.parent / "docs" / "a.py"
    path.write_text(chapter)
    return unshown([path], package)


def test_everything_shown_once(package: Path) -> None:
    assert faults(package, SHOWN) == []


def test_a_line_that_is_not_shown(package: Path) -> None:
    chapter = SHOWN.replace('show("layers:AFTER")\n', "")
    assert faults(package, chapter) == ["nn/layers.py:36: not shown"]


def test_a_recalled_piece_is_not_shown(package: Path) -> None:
    chapter = SHOWN.replace('show("layers:AFTER")', 'recall("layers:AFTER")')
    assert faults(package, chapter) == ["nn/layers.py:36: not shown"]


def test_a_line_that_is_shown_twice(package: Path) -> None:
    assert faults(package, SHOWN + 'show("layers:SCALE")') == [
        "nn/layers.py:7: shown in a.py:4 and a.py:13"
    ]


def test_a_renamed_piece(package: Path) -> None:
    with pytest.raises(ValueError, match="no piece 'layers:rely'"):
        faults(package, SHOWN.replace("relu", "rely"))
