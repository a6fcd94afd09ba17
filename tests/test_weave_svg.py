"""From Matplotlib's figure to a light element of a page."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bs4 import BeautifulSoup
from drawing import draw, plain_matplotlib  # noqa: F401

import weave
from weave import figures, palette
from weave.svg import inline

ROOT = Path(__file__).parent.parent
HEAD = (
    '<svg xmlns="http://www.w3.org/2000/svg" '
    'xmlns:xlink="http://www.w3.org/1999/xlink" '
    'width="30pt" height="30pt" viewBox="0 0 30 30">'
)


def woven(fig: Any, name: str = "f") -> BeautifulSoup:
    svg = inline(figures.standalone(fig, name), name, "x")
    return BeautifulSoup(svg, "html.parser")


def small(*elements: str) -> str:
    """Return what becomes of some elements of an SVG document."""
    html = inline(HEAD + "".join(elements) + "</svg>", "f", "x")
    return html.partition(">")[2].removesuffix("</svg>")


def line(d: str, style: str, more: str = "") -> str:
    return f'<path d="{d}" {more} style="{style}"/>'


def test_an_inline_figure_follows_the_page() -> None:
    svg = inline(figures.standalone(draw(), "f"), "f", 'A "b"')
    assert svg.startswith(
        '<svg class="plot" role="img" aria-label="A &quot;b&quot;" '
    )
    assert re.search(r'width="518" height="307" viewBox="0 0 388', svg)
    assert 'stroke="var(--value)"' in svg
    assert 'stroke="var(--gradient)"' in svg
    assert 'stroke="currentColor"' in svg
    assert "width:28.8rem" in svg, "as the text grows, so do figures"
    assert 'style="fill:currentColor;' in svg, "whatever the style sheet says"
    for colour in [*palette.VARIABLES, "#000000"]:
        assert colour not in svg
    for rest in ["<?xml", "<!DOCTYPE", "<!--", "metadata", "<style", "xmlns"]:
        assert rest not in svg


def test_ids_in_a_figure_are_its_own_and_used() -> None:
    fig, axes = weave.subplots(1, 2)
    for ax in axes:
        ax.plot([0, 1], [0, 9])
        ax.set_ylim(0, 1)
    svg = inline(figures.standalone(fig, "f"), "f", "x")
    ids = re.findall(r' id="([^"]*)"', svg)
    assert ids == ["f-1", "f-2"]
    assert set(re.findall(r"url\(#([^)]+)\)", svg)) == set(ids)


def test_a_window_that_hides_nothing_is_dropped() -> None:
    fig, ax = weave.subplots()
    ax.plot([0, 1], [0, 1])
    assert "clipPath" in figures.standalone(fig, "f")
    assert "clip" not in str(woven(fig))


def test_a_figure_has_few_elements() -> None:
    fig, ax = weave.subplots()
    ax.scatter(range(100), range(100), color=weave.DATA, s=9)
    ax.plot([1, 50], [2, 2], "o", color=weave.PINK, markerfacecolor="none")
    svg = woven(fig)
    texts = len(svg.find_all("text"))
    # Ticks, the two axes, dots and rings; nothing else.
    kinds = [e.name for e in svg.find_all(True) if e.name != "text"]
    assert kinds == ["svg", *["path"] * 4]
    assert texts == len(svg.find_all(True)) - 5
    dots = svg.find("path", stroke="var(--data)")
    assert dots
    assert dots["stroke-linecap"] == "round"
    assert str(dots["d"]).count("h0") == 100
    rings = svg.find_all("path", stroke="var(--pink)", fill="none")
    assert any(str(ring["d"]).count("a") == 4 for ring in rings)


def test_transparent_dots_do_not_melt() -> None:
    fig, ax = weave.subplots()
    x = [0, 0.001, 0.5, 1]
    ax.scatter(x, x, color=weave.VALUE, alpha=0.5, linewidths=0)
    over, apart = woven(fig).find_all("path", fill="var(--value)")
    assert apart["fill-opacity"] == "0.5"
    assert [str(p["d"]).count("a") for p in (apart, over)] == [6, 2]


def test_what_lies_above_stays_above() -> None:
    blue = "fill: none; stroke: #0072b2"
    pink = "fill: none; stroke: #c46a9b"
    assert (
        small(
            line("M 0 0 L 9 9", blue),
            line("M 0 9 L 9 0", pink),
            line("M 1 0 L 9 8", blue),
        ).count("<path")
        == 3
    )
    assert (
        small(
            line("M 0 0 L 9 9", blue),
            line("M 20 9 L 29 0", pink),
            line("M 1 0 L 9 8", blue),
        ).count("<path")
        == 2
    )


def test_filled_outlines_that_meet_stay_apart() -> None:
    fill = "fill: #0072b2"
    square = "M 0 0 L 9 0 L 9 9 L 0 9 z"
    other = "M 5 5 L 5 15 L 15 15 L 15 5 z"
    far = "M 20 20 L 20 29 L 29 29 z"
    html = small(line(square, fill), line(other, fill), line(far, fill))
    assert html.count("<path") == 2


@pytest.mark.parametrize(
    "style", ["fill: none", "fill: none; stroke: none", "fill-opacity: 0"]
)
def test_what_nobody_sees_is_left_out(style: str) -> None:
    assert small(line("M 0 0 L 9 0 L 9 9 z", style)) == ""


def test_a_mark_has_its_own_look_first() -> None:
    html = small(
        '<defs><path id="m" d="M 0 0 L 0 3" style="stroke: #000000"/></defs>',
        '<g clip-path="url(#none)"><g/></g>',
        '<use xlink:href="#m" x="1.04" y="2" '
        'style="fill: #000000; stroke: #0072b2; stroke-width: 0.7"/>',
    )
    assert html == (
        '<path fill="none" stroke="currentColor" stroke-width="0.7" '
        'd="M1 2v3"/>'
    )


def test_a_window_is_kept_where_it_cuts() -> None:
    html = small(
        '<g clip-path="url(#w)">',
        line("M 0 0 L 9 9 L 9 0 z", "fill: #0072b2"),
        "</g>",
        '<defs><clipPath id="w"><rect x="1" y="1" width="5.123" height="5"/>'
        "</clipPath></defs>",
    )
    assert html == (
        '<path clip-path="url(#f-1)" fill="var(--value)" d="M0 0l9 9v-9z"/>'
        '<clipPath id="f-1"><rect x="1" y="1" width="5.12" height="5"/>'
        "</clipPath>"
    )


def test_a_pattern_keeps_its_name() -> None:
    html = small(
        line("M 0 0 L 9 9 L 9 0 z", "fill: url(#h)"),
        '<defs><pattern id="h" width="72" height="72"><path d="M 0 0 L 1 1"/>'
        "</pattern></defs>",
    )
    assert 'fill="url(#f-1)"' in html
    assert '<pattern id="f-1" width="72"' in html


def test_the_colour_of_a_text_prevails_over_the_style_sheet() -> None:
    style = "font-size: 9.5px; font-family: 'DejaVu Sans'; text-anchor: end"
    html = small(
        f'<text style="{style}; fill: #0072b2" x="1" y="2" '
        'transform="rotate(-0 1 2)">a &lt; b</text>',
        f'<text style="{style}; fill: #1b1b1c" x="1" y="2" '
        'transform="rotate(-90 1.2345 2)">c</text>',
    )
    assert html == (
        '<text font-size="9.5" text-anchor="end" style="fill:var(--value)" '
        'x="1" y="2">a &lt; b</text>'
        '<text transform="rotate(-90 1.23 2)" font-size="9.5" '
        'text-anchor="end" x="1" y="2">c</text>'
    )


def test_a_formula_is_a_text_with_places() -> None:
    def part(x: float, y: float, letters: str, style: str) -> str:
        return f'<tspan x="{x}" y="{y}" style="{style}">{letters}</tspan>'

    small_print = "font-size: 6px; fill: #1b1b1c"
    italic = "font-style: oblique; font-size: 9px; fill: #1b1b1c"
    html = small(
        '<g style="fill: #1b1b1c" transform="translate(10 20)"><text>',
        part(0, 1, "a", italic),
        part(5, 1, "b", italic),
        part(9, 3.004, "12", small_print),
        part(15, 3, "c", small_print),
        "</text></g>",
    )
    assert html == (
        '<text font-size="9" font-style="oblique" x="10 15" y="21">ab'
        '<tspan font-style="normal" font-size="6" x="19" y="23">12</tspan>'
        '<tspan font-style="normal" font-size="6" x="25" y="23">c</tspan>'
        "</text>"
    )
    turned = small(
        '<g transform="translate(1 2) rotate(-90)"><text>',
        part(0, 1, "a", "fill: #0072b2"),
        part(0, 2, "b", "fill: #d55e00"),
        "</text></g>",
    )
    assert turned.startswith('<text transform="translate(1 2) rotate(-90)"')
    assert '<tspan fill="var(--gradient)" x="0" y="2">b' in turned


def picture(draw_it: Any) -> Any:
    fig, ax = weave.subplots(figsize=(2, 2))
    draw_it(ax)
    ax.set_axis_off()
    svg = woven(fig)
    found = svg.find("image")
    assert found
    assert str(found["href"]).startswith("data:image/webp;base64,")
    return found


def test_a_picture_of_cells_is_sharp_and_upright() -> None:
    from weave import raster

    values = np.arange(12).reshape(3, 4)
    found = picture(lambda ax: ax.imshow(values, cmap="gray"))
    assert found["class"] == ["crisp"]
    pixels = raster.read(found["href"])
    assert pixels.shape == (3, 4, 4)
    assert pixels[0, 0, 0] == 0
    assert pixels[2, 3, 0] == 255
    assert (np.diff(pixels[..., 0].astype(int), axis=0) > 0).all()


def test_a_smooth_picture_stays_smooth() -> None:
    values = np.arange(12).reshape(3, 4)
    found = picture(lambda ax: ax.imshow(values, interpolation="bilinear"))
    assert "class" not in found.attrs
    assert found["preserveaspectratio"] == "none"


def test_points_drawn_as_a_picture_lie_where_they_lay() -> None:
    fig, ax = weave.subplots(figsize=(2, 2))
    ax.scatter([0, 1], [0, 1], rasterized=True)
    before = figures.standalone(fig, "f")
    told = re.search(r'translate\(0 -(\S+)\)" x="(\S+)" y="(\S+)"', before)
    assert told
    image = BeautifulSoup(inline(before, "f", "x"), "html.parser").image
    assert image
    height, x, y = map(float, told.groups())
    assert float(str(image["x"])) == pytest.approx(x)
    upper = height - y - float(str(image["height"]))
    assert float(str(image["y"])) == pytest.approx(upper, abs=0.01)


def test_cells_placed_by_a_matrix() -> None:
    fig, ax = weave.subplots(figsize=(2, 2))
    ax.imshow(np.eye(3), interpolation="none")
    svg = woven(fig)
    image = svg.image
    assert image
    assert image["class"] == ["crisp"]
    assert float(str(image["width"])) > 50


def test_what_is_unknown_stays() -> None:
    html = small(
        '<g clip-path="url(#w)"><image xlink:href="a.png" width="9" '
        'height="9" transform="rotate(45)"/></g>',
        '<g transform="rotate(45)"><circle r="3"/></g>',
        '<defs><clipPath id="w"><rect x="1" y="1" width="5" height="5"/>'
        "</clipPath></defs>",
    )
    assert '<g clip-path="url(#f-1)"><image width="9"' in html
    assert 'href="a.png"' in html
    assert '<g transform="rotate(45)"><circle r="3" /></g>' in html
