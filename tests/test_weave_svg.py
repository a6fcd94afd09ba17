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
from weave import figures, palette, raster
from weave.svg import USUAL, inline

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


# What is made of elements written by hand, all of it. A disc has a radius
# of 5; its eight corners are what Matplotlib's curves run between.
CORNERS = [(4, 3), (0, 5), (-4, 3), (-5, 0), (-4, -3), (0, -5), (4, -3)]
CURVES = "".join(f" C 0 0 0 0 {x} {y}" for x, y in [*CORNERS, (5, 0)])
DISC = f"M 5 0{CURVES} z"
RING = 'd="M-5 0a5 5 0 1 0 10 0a5 5 0 1 0-10 0z"'
ROUND = 'stroke-linecap="round"'
CORNER = "M 0 0 L 9 0 L 9 9 z"
BLUE = "fill: none; stroke: blue"


def window(left: float, top: float, right: float, bottom: float) -> str:
    """Return the definition of a window of which the edges are told."""
    return (
        f'<defs><clipPath id="w"><rect x="{left}" y="{top}" '
        f'width="{right - left}" height="{bottom - top}"/></clipPath></defs>'
    )


def behind(*elements: str) -> str:
    return f'<g clip-path="url(#w)">{"".join(elements)}</g>'


def block(left: float, top: float, right: float, bottom: float) -> str:
    d = f"M {left} {top} L {right} {top} L {right} {bottom} L {left} {bottom}"
    return line(f"{d} z", "fill: red")


def image(pixels: Any, more: str) -> str:
    return f'<image xlink:href="{raster.write(pixels, True)}" {more}/>'


def shown(pixels: Any, place: str, sharp: bool = False) -> str:
    crisp = ' class="crisp"' if sharp else ""
    href = raster.write(pixels, not sharp)
    return f'<image {place} preserveAspectRatio="none"{crisp} href="{href}"/>'


def grey(values: Any) -> Any:
    """Return an opaque picture of these values."""
    pixels = np.repeat(np.array(values, np.uint8)[..., None], 4, axis=2)
    pixels[..., 3] = 255
    return pixels


def test_a_figure_is_as_wide_as_its_document_in_the_texts_unit() -> None:
    svg = HEAD.replace('"30pt" height="30pt"', '"31.6pt" height="60pt"')
    assert inline(f"{svg}</svg>", "f", 'A "b"') == (
        '<svg class="plot" role="img" aria-label="A &quot;b&quot;" '
        'width="42" height="80" viewBox="0 0 30 30" '
        'style="fill:currentColor;width:2.33rem" stroke-linejoin="round">'
        "</svg>"
    )


@pytest.mark.parametrize(
    ("told", "becomes"),
    [
        *palette.VARIABLES.items(),
        ("#000000", "currentColor"),
        ("#00000080",) * 2,
    ],
)
def test_colours_follow_the_page(told: str, becomes: str) -> None:
    assert small(line(CORNER, f"fill: none; stroke: {told}")) == (
        f'<path fill="none" stroke="{becomes}" d="M0 0h9v9z"/>'
    )


@pytest.mark.parametrize(
    ("d", "style", "look"),
    [
        (CORNER, "", 'd="M0 0h9v9z"'),
        (
            "M 0.04 0.06 L 5 0.03 L 9 0 L 9 9 z",
            "fill: red",
            'fill="red" d="M0 .1l9-.1v9z"',
        ),
        (
            CORNER,
            "fill: none; fill-opacity: 0.5; stroke: blue",
            'fill="none" stroke="blue" d="M0 0h9v9z"',
        ),
        (
            CORNER,
            "stroke-width: 2.126px; stroke: blue; fill-opacity: 0; fill: red",
            'fill="none" stroke="blue" stroke-width="2.13" d="M0 0h9v9z"',
        ),
        (
            CORNER,
            "fill: red; stroke: none; stroke-linecap: round; stroke-width: 3",
            'fill="red" d="M0 0h9v9z"',
        ),
        (
            CORNER,
            "".join(f"{k}: {v};" for k, v in USUAL.items() if k != "stroke")
            + "stroke: red",
            'stroke="red" d="M0 0h9v9z"',
        ),
        (
            "M 0 0 L 9 9",
            "fill: red; stroke: red",
            'fill="none" stroke="red" d="M0 0l9 9"',
        ),
        (
            DISC,
            "fill: red",
            f'fill="none" stroke="red" {ROUND} stroke-width="10" d="M0 0h0"',
        ),
        (
            DISC,
            "",
            f'fill="none" stroke="currentColor" {ROUND} stroke-width="10" '
            'd="M0 0h0"',
        ),
        (
            DISC,
            "fill: red; stroke: red; stroke-linejoin: miter",
            f'fill="none" stroke="red" {ROUND} stroke-width="11" d="M0 0h0"',
        ),
        (
            DISC,
            "fill: red; stroke: red; stroke-width: 2.5",
            f'fill="none" stroke="red" {ROUND} stroke-width="12.5" d="M0 0h0"',
        ),
        (
            DISC,
            "fill: red; stroke: blue",
            f'fill="red" stroke="blue" {RING}',
        ),
        (DISC, "fill: none; stroke: red", f'fill="none" stroke="red" {RING}'),
        (
            DISC,
            "fill: red; fill-opacity: 0.5",
            f'fill="red" fill-opacity="0.5" {RING}',
        ),
        (
            DISC,
            "fill: red; opacity: 0.5",
            f'fill="red" opacity="0.5" {RING}',
        ),
        (
            DISC,
            "fill: red; stroke: red; stroke-opacity: 0.5",
            f'fill="red" stroke="red" stroke-opacity="0.5" {RING}',
        ),
    ],
)
def test_an_outline_says_what_is_unusual(
    d: str, style: str, look: str
) -> None:
    assert small(line(d, style)) == f"<path {look}/>"


@pytest.mark.parametrize(
    ("d", "style", "edges"),
    [
        ("M 2 3 L 6 8", "stroke: red", (1, 2, 7, 9)),
        ("M 2 3 L 6 8", "stroke: red; stroke-width: 2", (0, 1, 8, 10)),
        ("M 2 3 L 6 3 L 6 8 z", "fill: red", (2, 3, 6, 8)),
        (DISC, "fill: red", (-10, -10, 10, 10)),
    ],
)
def test_a_window_goes_where_all_lies_in_it_with_its_line(
    d: str, style: str, edges: tuple[float, ...]
) -> None:
    drawn = small(line(d, style))
    assert small(behind(line(d, style)), window(*edges)) == drawn
    for side, inwards in enumerate([0.5, 0.5, -0.5, -0.5]):
        tight = list(edges)
        tight[side] += inwards
        left, top, right, bottom = tight
        assert small(behind(line(d, style)), window(*tight)) == (
            drawn.replace("<path", '<path clip-path="url(#f-1)"')
            + f'<clipPath id="f-1"><rect x="{left:g}" y="{top:g}" '
            f'width="{right - left:g}" height="{bottom - top:g}"/></clipPath>'
        )


def test_what_no_window_cuts_is_one_outline() -> None:
    assert (
        small(
            line("M 0 0 L 9 9", BLUE),
            behind(line("M 0 9 L 9 0", BLUE)),
            f'<g clip-path="url(#z)">{behind(line("M 0 1 L 0 2", BLUE))}</g>',
            window(-9, -9, 18, 18),
        )
        == '<path fill="none" stroke="blue" d="M0 0l9 9m-9 0l9-9m-9 1v1"/>'
    )


@pytest.mark.parametrize(
    ("looks", "paths"),
    [
        ([BLUE, BLUE], 1),
        ([f"{BLUE}; opacity: 0.5"] * 2, 2),
        ([f"{BLUE}; stroke-opacity: 0.5"] * 2, 2),
        ([BLUE, f"{BLUE}; stroke-width: 2", BLUE], 2),
        ([BLUE, "fill: none; stroke: red", BLUE], 3),
        ([BLUE, f"{BLUE}; stroke-opacity: 0.5", BLUE], 3),
        ([BLUE, f"{BLUE}; opacity: 0.5", BLUE], 3),
    ],
)
def test_lines_that_cross_are_one_outline_if_solid_and_of_a_colour(
    looks: list[str], paths: int
) -> None:
    across = ["M 0 0 L 9 9", "M 9 0 L 0 9", "M 0 1 L 8 9"]
    html = small(*map(line, across, looks))
    assert html.count("<path") == paths
    assert html.count("M") + html.count("m") == len(looks)


@pytest.mark.parametrize(
    "between", ["fill: none; stroke: red", "fill: blue; stroke: red"]
)
def test_what_has_two_colours_keeps_its_place(between: str) -> None:
    both = "fill: red; stroke: blue"
    html = small(
        line("M 20 20 L 29 20 L 29 29 z", both),
        line(CORNER, between),
        line(CORNER, both),
    )
    assert re.findall('fill="[^"]+" stroke="[^"]+"', html) == [
        'fill="red" stroke="blue"',
        between.replace(": ", '="').replace("; ", '" ') + '"',
        'fill="red" stroke="blue"',
    ]


@pytest.mark.parametrize("over", [(0, 0, 2, 2), (6, 6, 8, 8)])
def test_an_outline_lies_wherever_one_of_its_parts_lies(
    over: tuple[float, ...],
) -> None:
    apart = small(block(0, 0, 1, 1), block(5, 5, 7, 7))
    assert apart == '<path fill="red" d="M0 0h1v1h-1zm5 5h2v2h-2z"/>'
    last = small(block(*over))
    assert small(block(0, 0, 1, 1), block(5, 5, 7, 7), block(*over)) == (
        apart + last
    )


@pytest.mark.parametrize(
    "earlier",
    [
        block(10, 20, 30, 60),
        # To join the first one, what follows has to pass the picture.
        block(90, 90, 99, 99)
        + image(
            grey([[0]]),
            'width="1" height="1" transform="matrix(20 0 0 40 10 20)"',
        ),
    ],
)
@pytest.mark.parametrize(
    ("beside", "over"),
    [
        ((0, 20, 10, 60), (0, 20, 10.1, 60)),
        ((30, 20, 40, 60), (29.9, 20, 40, 60)),
        ((10, 0, 30, 20), (10, 0, 30, 20.1)),
        ((10, 60, 30, 70), (10, 59.9, 30, 70)),
    ],
)
def test_what_overlaps_on_any_side_stays_on_top(
    earlier: str, beside: tuple[float, ...], over: tuple[float, ...]
) -> None:
    assert small(earlier, block(*beside)).count("<path") == 1
    assert small(earlier, block(*over)).count("<path") == 2


def test_marks_are_drawn_where_they_are_used() -> None:
    html = small(
        "<metadata><g/></metadata>",
        '<defs><style>g {}</style><path id="m" d="M 0 0 L 0.03 3"/></defs>',
        behind(
            f'<use xlink:href="#m" x="1.04" y="2" style="{BLUE}"/>',
            f'<use xlink:href="#m" x="4" y="2.96" style="{BLUE}"/>',
        ),
        window(0, 0, 3, 4),
    )
    assert html == (
        '<path clip-path="url(#f-1)" fill="none" stroke="blue" '
        'd="M1 2l.03 3m2.97-2l.03 3"/>'
        '<clipPath id="f-1"><rect x="0" y="0" width="3" height="4"/>'
        "</clipPath>"
    )


def test_what_is_not_known_is_copied_with_what_it_needs() -> None:
    html = small(
        '<defs><symbol id="t"/><symbol id="s"><path d="M 0 0"/></symbol>'
        "</defs>",
        line("M 0 0 L 9 9", BLUE),
        '<g transform="scale(2)"> <use xlink:href="#s" x="1"/> </g> ',
        '<g transform="scale(2)"><text>a</text><text>b</text></g>',
        behind('<circle r="3"/>', '<image xlink:href="a.png"/>'),
        line("M 0 0 L 9 9", BLUE),
        window(1, 2, 4, 6),
    )
    assert html == (
        '<path fill="none" stroke="blue" d="M0 0l9 9"/>'
        '<g transform="scale(2)"> <use x="1" href="#f-2" /> </g>'
        '<g transform="scale(2)"><text>a</text><text>b</text></g>'
        '<g clip-path="url(#f-3)"><circle r="3" /></g>'
        '<g clip-path="url(#f-3)"><image href="a.png" /></g>'
        '<path fill="none" stroke="blue" d="M0 0l9 9"/>'
        '<symbol id="f-1" /><symbol id="f-2"><path d="M 0 0" /></symbol>'
        '<clipPath id="f-3"><rect x="1" y="2" width="3" height="4"/>'
        "</clipPath>"
    )


@pytest.mark.parametrize(
    ("svg", "html"),
    [
        ("<text>a</text>", '<text x="0" y="0">a</text>'),
        ('<text x="1" y="-0.001"/>', '<text x="1" y="0"></text>'),
        (
            '<text style="text-anchor: start; font-size: 9.5px; font: 9px x; '
            'font-family: y; fill: red" x="1.234" y="2">a &lt; b</text>',
            '<text font-size="9.5" style="fill:red" x="1.23" y="2">a &lt; b'
            "</text>",
        ),
        (
            '<g transform="translate(1.5 -2)" style="fill: red; opacity: 0.5">'
            '<text x="1" y="3" style="fill: blue">a</text></g>',
            '<text opacity="0.5" style="fill:blue" x="2.5" y="1">a</text>',
        ),
        (
            '<g transform="rotate(9)"><text transform="rotate(-5.126)">a'
            "</text></g>",
            '<text transform="rotate(-5.13)" x="0" y="0">a</text>',
        ),
        (
            '<text transform="rotate(-0 1 2)" x="1" y="2">a</text>',
            '<text x="1" y="2">a</text>',
        ),
        # Above each other, as in a fraction: each letter has its place.
        (
            '<text style="fill: red"><tspan style="font-style: oblique">&lt;'
            '</tspan><tspan x="5">b</tspan><tspan x="3" y="9">&gt;</tspan>'
            '<tspan x="1" y="9">d</tspan></text>',
            '<text font-style="oblique" style="fill:red" x="0" y="0">&lt;'
            '<tspan font-style="normal" x="5" y="0">b</tspan>'
            '<tspan font-style="normal" x="3 1" y="9">&gt;d</tspan></text>',
        ),
        # In one row, each letter begins where the one before ended: an `a`
        # is 6.13 wide in a size of 10.
        (
            '<g transform="translate(10 20)" style="fill: blue"><text>'
            '<tspan style="font-style: oblique; font-size: 10px">a</tspan>'
            '<tspan style="font-size: 10px" x="8.13">a</tspan>'
            '<tspan style="font-size: 10px;" x="14.26">a</tspan>'
            '<tspan style="font-size: 10px;" x="20.39" y="-3">&lt;</tspan>'
            "</text></g>",
            '<text font-size="10" font-style="oblique" style="fill:blue" '
            'x="10.00" y="20.00">a'
            '<tspan font-style="normal" dx="2">a</tspan>'
            '<tspan font-style="normal">a</tspan>'
            '<tspan font-style="normal" dy="-3">&lt;</tspan></text>',
        ),
        (
            '<text transform="rotate(-90 1.234 2)" style="opacity: 0.5">'
            '<tspan x="1.234" y="2.345">&lt;a</tspan>'
            '<tspan x="30" y="4.345" style="fill: red">a</tspan>'
            '<tspan x="36.13" y="2.345" style="fill:currentColor">&lt;'
            "</tspan></text>",
            '<text transform="rotate(-90 1.23 2)" opacity="0.5" '
            'x="1.23" y="2.35">&lt;a'
            '<tspan fill="red" dx="14.26" dy="2">a</tspan>'
            '<tspan fill="currentColor" dy="-2">&lt;</tspan></text>',
        ),
        (
            '<text><tspan style="font-size: 10px">a</tspan>'
            '<tspan style="font-size: 10px" x="6.13"/>'
            '<tspan x="6.13" style="font-size: 10px;">&lt;</tspan></text>',
            '<text font-size="10" x="0.00" y="0.00">a&lt;</text>',
        ),
    ],
)
def test_a_text_has_its_look_and_each_run_what_differs(
    svg: str, html: str
) -> None:
    assert small(svg) == html


@pytest.mark.parametrize("x", [0, 9])
@pytest.mark.parametrize("mine", ["blue", "red"])
@pytest.mark.parametrize("first", ["blue", "red"])
@pytest.mark.parametrize("second", ["blue", "red"])
def test_a_line_may_pass_a_text_of_its_own_colour(
    x: int, mine: str, first: str, second: str
) -> None:
    text = (
        f'<text><tspan style="fill: {first}">a</tspan>'
        f'<tspan x="{x}" style="fill: {second}">b</tspan></text>'
    )
    one = line("M 0 0 L 9 9", f"fill: none; stroke: {mine}")
    html = small(one, text, one)
    assert html.count("<path") == (1 if {first, second} == {mine} else 2)


ROWS = grey(np.arange(12).reshape(4, 3))


@pytest.mark.parametrize(
    ("more", "html"),
    [
        (
            'x="1" y="2" width="6" height="8" '
            'transform="scale(1 -1) translate(0 -20.5)"',
            shown(ROWS[::-1], 'x="1" y="10.5" width="6" height="8"'),
        ),
        (
            'width="6.126" height="8" style="image-rendering: pixelated" '
            'transform="scale(1 -1) translate(0 -20.5)"',
            shown(ROWS[::-1], 'x="0" y="12.5" width="6.13" height="8"', True),
        ),
        (
            'x="1" y="2" width="4" height="5" '
            'transform="matrix(2 0 0 0.5 5 7)"',
            shown(ROWS, 'x="5" y="7" width="8" height="2.5"'),
        ),
        (
            'width="4" height="5" transform="matrix(2 0 0 -3 5 37)"',
            shown(ROWS[::-1], 'x="5" y="22" width="8" height="15"'),
        ),
    ],
)
def test_a_picture_is_upright_and_in_its_place(more: str, html: str) -> None:
    assert small(image(ROWS, more)) == html


@pytest.mark.parametrize(
    "move", ["matrix(1 0.5 0 1 0 0)", "matrix(1 0 0.5 1 0 0)", "scale(1 1)"]
)
def test_a_picture_that_leans_is_copied(move: str) -> None:
    svg = f'<image transform="{move}" xlink:href="a.png"/>'
    assert small(svg) == f'<image transform="{move}" href="a.png" />'


def cut(pixels: Any, edges: tuple[float, ...], style: str = "") -> str:
    """Show a picture, 2 pixels a pt wide and 4 high, behind a window."""
    height, width, _ = pixels.shape
    size = f'width="{width}" height="{height}" style="{style}"'
    move = 'transform="matrix(0.5 0 0 0.25 5 10)"'
    return small(behind(image(pixels, f"{size} {move}")), window(*edges))


def test_cells_fill_their_window() -> None:
    values = np.arange(20).reshape(4, 5)
    # Cells are 3 pixels high and 2 wide; the picture has one more on each
    # side, of which the window shows nothing.
    large = np.pad(values.repeat(3, 0).repeat(2, 1), 1, mode="edge")
    edges = 5.5, 10.25, 10.5, 13.25
    assert cut(grey(large), edges) == shown(
        grey(values), 'x="5.5" y="10.25" width="5" height="3"', True
    )
    kept = shown(grey(large), 'x="5" y="10" width="6" height="3.5"', True)
    assert cut(grey(large), edges, "image-rendering: pixelated") == (
        f'<g clip-path="url(#f-1)">{kept}</g><clipPath id="f-1">'
        '<rect x="5.5" y="10.25" width="5" height="3"/></clipPath>'
    )


def test_a_picture_without_cells_is_cut_by_its_window() -> None:
    kept = shown(ROWS, 'x="5" y="10" width="1.5" height="1"')
    assert cut(ROWS, (5.5, 10.25, 10.5, 13.25)) == (
        f'<g clip-path="url(#f-1)">{kept}</g><clipPath id="f-1">'
        '<rect x="5.5" y="10.25" width="5" height="3"/></clipPath>'
    )


@pytest.mark.parametrize("sharp", [False, True])
def test_only_a_sharp_picture_has_fewer_colours(sharp: bool) -> None:
    values = np.zeros((100, 201))
    values[5, 5] = 1
    size = 'width="201" height="100" transform="matrix(1 0 0 1 0 0)"'
    style = "image-rendering: pixelated" if sharp else ""
    assert small(image(grey(values), f'{size} style="{style}"')) == shown(
        grey(np.zeros_like(values) if sharp else values),
        'x="0" y="0" width="201" height="100"',
        sharp,
    )


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
