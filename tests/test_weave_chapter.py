"""What chapters call, in a notebook and in a plain script."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

import pytest
from drawing import draw, plain_matplotlib  # noqa: F401
from matplotlib import colors, pyplot, rcParams

import weave
from weave import chapter, figures, palette
from weave.chapter import MIME, minus

ROOT = Path(__file__).parent.parent


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Collect what would be displayed."""
    bundles: list[dict[str, Any]] = []
    monkeypatch.setattr(chapter, "_display", bundles.append)
    return bundles


def test_show_and_recall_say_where_a_piece_is(
    shown: list[dict[str, Any]],
) -> None:
    weave.show("layers:")
    weave.recall("layers:")
    first, again = shown
    assert first[MIME]["kind"] == "show"
    assert again[MIME]["kind"] == "recall"
    assert first[MIME]["file"] == "nn/layers.py"
    source = (ROOT / "nn" / "layers.py").read_text("utf-8")
    assert source.startswith(first["text/plain"])
    assert f"lines 1–{first[MIME]['last']}" in first["text/markdown"]


def test_where_nn_is(monkeypatch: pytest.MonkeyPatch) -> None:
    assert chapter.package() == ROOT / "nn"
    spec = ModuleSpec("nn", None)  # a folder without __init__.py is so
    monkeypatch.setattr(chapter, "find_spec", {"nn": spec}.get)
    with pytest.raises(AssertionError):
        chapter.package()


def test_show_rejects_an_unknown_name() -> None:
    with pytest.raises(ValueError, match="no piece 'layers:Dunce'"):
        weave.show("layers:Dunce")


def test_a_figure_for_page_and_notebook(shown: list[dict[str, Any]]) -> None:
    first, second = draw(), draw()
    weave.figure(first, "a-b", alt="Two <lines>", caption="$x$")
    assert pyplot.get_fignums() == [second.number], "the first is closed"
    weave.figure(second, "c", alt="x", caption="y", wide=True)
    bundle, wide = shown
    svg = bundle["image/svg+xml"]
    assert svg.startswith("<?xml")
    assert weave.VALUE in svg
    assert svg == figures.standalone(draw(), "a-b")
    told = {"kind": "figure", "name": "a-b", "caption": "$x$", "wide": False}
    assert bundle == {  # the kernel sends the picture once
        MIME: told,
        "image/svg+xml": svg,
        "text/plain": "Two <lines>",
    }
    assert wide[MIME] == told | {"name": "c", "caption": "y", "wide": True}


def test_several_axes_at_once() -> None:
    fig, axes = weave.subplots(1, 2, figsize=(4, 3))
    assert axes.shape == (2,)
    assert tuple(fig.get_size_inches()) == (4, 3)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"alt": " "}, "figure 'a' has no alt text"),
        ({"caption": ""}, "figure 'a' has no caption"),
        ({"name": "A b"}, "figure 'A b': a name is made of a-z, 0-9"),
    ],
)
def test_a_figure_says_what_it_lacks(
    change: dict[str, str], message: str
) -> None:
    words = {"name": "a", "alt": "x", "caption": "y"} | change
    with pytest.raises(ValueError, match=message):
        weave.figure(draw(), **words)


def test_alt_text_is_required() -> None:
    with pytest.raises(TypeError, match="alt"):
        weave.figure(draw(), "a", caption="y")  # type: ignore[call-arg]


def test_a_figure_is_the_same_bytes_every_time() -> None:
    first = figures.standalone(draw(), "f")
    assert figures.standalone(draw(), "f") == first
    assert "<dc:date>" not in first


def test_the_style_speaks_the_palette() -> None:
    figures.apply_style()
    figures.apply_style()
    for key in ["text.color", "axes.edgecolor", "xtick.color"]:
        assert colors.to_hex(rcParams[key]) == palette.INK
    cycle = [
        colors.to_hex(colour)
        for colour in rcParams["axes.prop_cycle"].by_key()["color"]
    ]
    assert cycle[:2] == [palette.VALUE, palette.GRADIENT]
    assert set(cycle) <= set(palette.VARIABLES)


def test_the_colour_map_of_surfaces_goes_from_orange_to_blue() -> None:
    figures.apply_style()
    surface = pyplot.get_cmap("surface")
    red, _, blue, _ = surface(0.0)
    assert red > 2 * blue
    red, _, blue, _ = surface(1.0)
    assert blue > 2 * red
    middle = surface(0.5)[:3]
    assert max(middle) - min(middle) < 0.05


def test_every_colour_is_known_to_both_schemes() -> None:
    css = (ROOT / "docs" / "assets" / "book.css").read_text("utf-8")
    for variable in palette.VARIABLES.values():
        if variable != "currentColor":
            name = variable.removeprefix("var(").removesuffix(")")
            assert css.count(f"  {name}: light-dark(#") == 1, name


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_coloured_text_has_contrast(scheme: str) -> None:
    css = (ROOT / "docs" / "assets" / "book.css").read_text("utf-8")
    pair = r"--(\w+): light-dark\((#\w{6}), (#\w{6})\)"
    tones = {
        name: light if scheme == "light" else dark
        for name, light, dark in re.findall(pair, css)
    }
    assert len(tones) == 11

    def light(name: str) -> float:
        linear = [
            c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
            for c in colors.to_rgb(tones[name])
        ]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    for ground in ["paper", "well"]:
        for name in tones.keys() - {"paper", "well", "rule"}:
            pair = sorted([light(ground), light(name)])
            ratio = (pair[1] + 0.05) / (pair[0] + 0.05)
            assert ratio >= 4.5, (name, ground)


def test_a_table_formats_its_numbers(shown: list[dict[str, Any]]) -> None:
    weave.table(
        [["SGD", 3, -0.5], ["`Adam`", 12, "none"]],
        header=["rule", "$n$", "loss"],
        formats=["", "d", ".2f"],
        caption="What came out.",
        name="rules",
    )
    text = (
        "| rule | $n$ | loss |\n"
        "| :-- | --: | :-- |\n"
        "| SGD | 3 | −0.50 |\n"
        "| `Adam` | 12 | none |\n"
        "\n"
        "*What came out.*"
    )
    told = {
        "kind": "table",
        "name": "rules",
        "caption": "What came out.",
        "header": ["rule", "$n$", "loss"],
        "rows": [["SGD", "3", "−0.50"], ["`Adam`", "12", "none"]],
        "align": "lrl",
    }
    assert shown == [{MIME: told, "text/markdown": text, "text/plain": text}]


def test_a_table_goes_where_it_is_told(shown: list[dict[str, Any]]) -> None:
    weave.table([[1, 2, 3]], header=["a", "b", "c"], caption="d", align="clr")
    (bundle,) = shown
    assert bundle[MIME]["name"] is None
    assert "\n| :-: | :-- | --: |\n" in bundle["text/plain"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rows": [[1]]}, r"a row of 1 cells under a header of 2: \[1\]"),
        ({"align": "l"}, "align and formats need 2 entries"),
        ({"align": "lX"}, "align and formats need 2 entries"),
        ({"formats": ["d"]}, "align and formats need 2 entries"),
        ({"name": "A"}, "table 'A': a name is made of"),
    ],
)
def test_a_table_says_what_is_wrong(
    change: dict[str, Any], message: str
) -> None:
    words: dict[str, Any] = {"rows": [[1, 2]], "header": ["a", "b"]}
    with pytest.raises(ValueError, match=message):
        weave.table(**words | {"caption": "c"} | change)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("-1.5", "−1.5"), ("  -.5", "  −.5"), ("-a", "-a"), ("1e-05", "1e-05")],
)
def test_minus(text: str, expected: str) -> None:
    assert minus(text) == expected


def test_in_a_script_only_tables_are_printed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "IPython", raising=False)
    weave.show("layers:")
    weave.figure(draw(), "a", alt="x", caption="y")
    assert capsys.readouterr().out == ""
    weave.table([[1]], header=["a"], caption="One.")
    assert capsys.readouterr().out == "| a |\n| --: |\n| 1 |\n\n*One.*\n"


def test_in_a_notebook_results_are_displayed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Python:
        class display:
            @staticmethod
            def display(bundle: dict[str, Any], raw: bool) -> None:
                print(json.dumps([sorted(bundle), raw]))

        @staticmethod
        def get_ipython() -> object:
            return object()

    monkeypatch.setitem(sys.modules, "IPython", Python)
    weave.table([[1]], header=["a"], caption="One.")
    assert json.loads(capsys.readouterr().out) == [
        [MIME, "text/markdown", "text/plain"],
        True,
    ]


def test_importing_the_loom_is_light() -> None:
    code = (
        "import sys, weave; heavy = {'matplotlib', 'mkdocs', 'nbclient',"
        "'nn', 'numpy'}; sys.exit(bool(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT)
    assert done.returncode == 0
