"""From Matplotlib's SVG to a light element of a page.

A figure is taken apart into what it draws, in the order of drawing, and
put together again with little: no groups, one outline for all ticks and
one for all dots of a colour, short numbers, small pictures. It looks the
same to a tenth of a pt. What is not known here stays as it is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache, cached_property
from html import escape
from typing import TypeGuard
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from weave import labels, palette, paths, raster

SVG = "{http://www.w3.org/2000/svg}"
HREF = "{http://www.w3.org/1999/xlink}href"
# What need not be said: it is so in SVG, or told once for the figure.
USUAL = {
    "fill": "currentColor",
    "fill-opacity": "1",
    "font-style": "normal",
    "font-weight": "400",
    "opacity": "1",
    "stroke": "none",
    "stroke-dashoffset": "0",
    "stroke-linecap": "butt",
    "stroke-linejoin": "round",
    "stroke-opacity": "1",
    "stroke-width": "1",
    "text-anchor": "start",
}
# Pixels of a figure to a rem; so figures grow with the text of a page.
REM = 18
Style = dict[str, str]


@dataclass
class Shape:
    """An outline, or many that look alike, and the boxes they are in."""

    steps: list[paths.Step]
    style: Style
    clip: str
    boxes: list[paths.Box]

    @cached_property
    def paint(self) -> str:
        return _paint(self.style)


@dataclass
class Other:
    """What is written as it is; without boxes it may be anywhere."""

    markup: str
    paint: str = ""
    boxes: list[paths.Box] = field(default_factory=list)


@dataclass
class Figure:
    """What is defined in a figure, and what is drawn, in order."""

    marks: dict[str, Element] = field(default_factory=dict)
    clips: dict[str, paths.Box] = field(default_factory=dict)
    others: list[Element] = field(default_factory=list)
    drawn: list[Shape | Other] = field(default_factory=list)


@cache
def inline(svg: str, name: str, alt: str) -> str:
    """Return an SVG document as an element of a page.

    Its colours follow the page (its font does so by the style sheet),
    and its ids begin with `name`, so that many figures can share a page.
    """
    for sentinel, variable in palette.VARIABLES.items():
        svg = svg.replace(sentinel, variable)
    svg = re.sub(r"#000000\b", "currentColor", svg)
    root = ElementTree.fromstring(svg)
    figure = Figure()
    for element in root.iter():
        element.tag = element.tag.removeprefix(SVG)
        if element.tag == "defs":
            _define(figure, element)
    for element in root:
        _take(figure, element, "")
    width, height = (
        round(float(root.attrib[side].removesuffix("pt")) * 4 / 3)
        for side in ("width", "height")
    )
    return (
        f'<svg class="plot" role="img" aria-label="{escape(alt)}" '
        f'width="{width}" height="{height}" '
        f'viewBox="{root.attrib["viewBox"]}" '
        f'style="fill:currentColor;width:{width / REM:.3g}rem" '
        f'stroke-linejoin="round">{_put(figure, name)}</svg>'
    )


def _define(figure: Figure, defs: Element) -> None:
    """Note what is defined: marks, windows and what else there is."""
    for element in defs:
        kind = element.tag.removeprefix(SVG)
        if kind == "path":
            figure.marks[element.attrib["id"]] = element
        elif kind == "clipPath":
            figure.clips[element.attrib["id"]] = _rectangle(element[0].attrib)
        elif kind != "style":
            figure.others.append(element)


def _rectangle(told: dict[str, str]) -> paths.Box:
    """Return the edges of a rectangle, in hundredths of a pt."""
    x, y, width, height = (
        100 * float(told[key]) for key in ("x", "y", "width", "height")
    )
    return x, y, x + width, y + height


def _take(figure: Figure, element: Element, clip: str) -> None:
    """Take an element apart and add what it draws to the figure."""
    told = element.attrib
    clip = told.get("clip-path", "")[5:-1] or clip
    match element.tag:
        case "g" if "transform" not in told:
            for child in element:
                _take(figure, child, clip)
        case "g" if [child.tag for child in element] == ["text"]:
            figure.drawn.append(_text(element[0], element))
        case "text":
            figure.drawn.append(_text(element, element))
        case "path":
            steps = paths.snap(paths.thin(paths.read(told["d"])), paths.GRID)
            _draw(figure, steps, _style(element), clip)
        case "use":
            mark = figure.marks[told[HREF][1:]]
            place = 100 * complex(float(told["x"]), float(told["y"]))
            steps = paths.snap(paths.read(mark.attrib["d"]), 1)
            (_, (place,)), *_ = paths.snap([("M", (place,))], paths.GRID)
            style = _style(element) | _style(mark)
            _draw(figure, paths.move(steps, place), style, clip)
        case "image":
            figure.drawn.append(_picture(figure, element, clip))
        case "defs" | "metadata":
            pass
        case _:
            figure.drawn.append(Other(_clipped(_raw(element), clip)))


def _raw(element: Element) -> str:
    """Return an element as it came."""
    for child in element.iter():
        if HREF in child.attrib:
            child.attrib["href"] = child.attrib.pop(HREF)
    return ElementTree.tostring(element, "unicode").strip()


def _clipped(markup: str, clip: str) -> str:
    return f'<g clip-path="url(#{clip})">{markup}</g>' if clip else markup


# How things look.


def _style(element: Element) -> Style:
    """Return what an element says about its look."""
    return _styled(element.get("style", ""))


def _styled(style: str) -> Style:
    told = re.findall(r"([\w-]+):\s*([^;]+)", style)
    return {
        key: value.removesuffix("px")
        for key, value in sorted(told)
        if key not in ("font", "font-family")
    }


def _attributes(told: Style, usual: Style = USUAL) -> str:
    """Write a look as attributes, without what need not be said."""
    return "".join(
        f' {key}="{_short(value)}"'
        for key, value in told.items()
        if usual.get(key) != value
    )


def _short(value: str) -> str:
    """Round the numbers in an attribute to hundredths."""
    return re.sub(
        r"-?\d+\.\d+", lambda n: f"{round(float(n[0]), 2) + 0:g}", value
    )


def _paint(style: Style) -> str:
    """Return the colour and opacity of a look, if it has only one."""
    paints = {
        f"{colour} {style.get(f'{kind}-opacity', 1)} {style.get('opacity', 1)}"
        for kind in ("fill", "stroke")
        if (colour := style.get(kind, USUAL[kind])) != "none"
    }
    return paints.pop() if len(paints) == 1 else ""


# Outlines.


def _draw(
    figure: Figure, steps: list[paths.Step], style: Style, clip: str
) -> None:
    """Add an outline to the figure, to one that looks alike if it can.

    Solid lines may cross in one outline. What has one and the same colour
    may change places.
    """
    shape = _shape(figure, steps, style, clip)
    if not shape:
        return
    line = shape.style.get("fill") == "none" and shape.paint.endswith(" 1 1")
    for earlier in reversed(figure.drawn):
        apart = not _overlap(earlier, shape)
        if _alike(earlier, shape) and (line or apart):
            earlier.steps += shape.steps
            earlier.boxes += shape.boxes
            return
        same = shape.paint and shape.paint == earlier.paint
        if not (apart or same):
            break
    figure.drawn.append(shape)


def _shape(
    figure: Figure, steps: list[paths.Step], style: Style, clip: str
) -> Shape | None:
    """Return an outline in its plainest form; None if nothing is seen."""
    style = dict(style)
    if style.get("fill-opacity") == "0" or [s for s, _ in steps] == ["M", "L"]:
        style["fill"] = "none"
    if style.get("fill") == "none":
        style.pop("fill-opacity", None)
    width = float(style.get("stroke-width", 1))
    if style.get("stroke", "none") == "none":
        if style.get("fill") == "none":
            return None
        style = {k: v for k, v in style.items() if k[:6] != "stroke"}
        width = 0
    disc = steps[0][0] == "O" and style.get("fill") != "none"
    if disc and _paint(style).endswith(" 1 1"):
        # A dot is a line without length.
        centre, radius = steps[0][1]
        width += radius.real / 50
        colour = style.get("fill", USUAL["fill"])
        style = {"fill": "none", "stroke": colour, "stroke-linecap": "round"}
        style["stroke-width"] = str(width)
        steps = [("M", (centre,)), ("L", (centre,))]
    left, top, right, bottom = paths.box(steps)
    pad = 100 * width
    box = left - pad, top - pad, right + pad, bottom + pad
    if clip and paths.within(box, figure.clips[clip]):
        clip = ""
    return Shape(steps, style, clip, [box])


def _alike(one: Shape | Other, shape: Shape) -> TypeGuard[Shape]:
    """Say whether both can be one outline."""
    return (
        isinstance(one, Shape)
        and one.style == shape.style
        and one.clip == shape.clip
    )


def _overlap(one: Shape | Other, shape: Shape) -> bool:
    """Say whether a shape may touch what was drawn earlier."""
    ((left, top, right, bottom),) = shape.boxes
    return not one.boxes or any(
        box[0] < right and left < box[2] and box[1] < bottom and top < box[3]
        for box in one.boxes
    )


# Texts and pictures.


def _text(text: Element, outer: Element) -> Other:
    """Return a text, which may be a formula of single letters."""
    style = _style(outer) | _style(text)
    move = text.get("transform", outer.get("transform", ""))
    shift = re.fullmatch(r"translate\((\S+) (\S+)\)", move)
    by = tuple(map(float, shift.groups())) if shift else (0.0, 0.0)
    turn = "" if shift or move.startswith("rotate(-0 ") else _short(move)
    label = _label(text, style, by, turn)
    if label:
        return label
    runs: list[tuple[Style, str, list[str], str]] = []
    for part in text.findall("tspan") or [text]:
        look = style | _style(part)
        x, y = (
            _short(f"{float(part.get(side, 0)) + along:.2f}")
            for side, along in zip("xy", by, strict=True)
        )
        across, letters = [x], part.text or ""
        if runs and runs[-1][:2] == (look, y):
            _, _, places, before = runs[-1]
            if len(places) == len(before):
                across, letters = [*places, x], before + letters
                runs.pop()
        runs.append((look, y, across, letters))
    first = runs[0][0]
    markup = f'<text transform="{turn}"' if turn else "<text"
    markup += _attributes(_lettering(first))
    for number, (look, y, across, letters) in enumerate(runs):
        if number:
            other = {k: USUAL[k] for k in first if k not in look}
            other |= {k: v for k, v in look.items() if first.get(k) != v}
            markup += "<tspan" + _attributes(other, {})
        markup += f' x="{" ".join(across)}" y="{y}">{escape(letters)}'
        if number:
            markup += "</tspan>"
    paints = {_paint(look) for look, *_ in runs}
    return Other(f"{markup}</text>", paints.pop() if len(paints) == 1 else "")


def _label(
    text: Element, style: Style, by: tuple[float, ...], turn: str
) -> Other | None:
    """Return a formula as runs of text, if its letters are in one row."""
    runs = labels.flow(
        labels.Glyph(
            float(part.get("x", 0)) + by[0],
            float(part.get("y", 0)) + by[1],
            part.get("style", ""),
            part.text or "",
        )
        for part in text.findall("tspan")
    )
    if not runs:
        return None
    looks = [style | _styled(run.first.style) for run in runs]
    markup = f'<text transform="{turn}"' if turn else "<text"
    markup += _attributes(_lettering(looks[0]))
    markup += f' x="{runs[0].first.x:.2f}" y="{runs[0].first.y:.2f}">'
    markup += escape(runs[0].letters)
    for run, look in zip(runs[1:], looks[1:], strict=True):
        other = {k: USUAL[k] for k in looks[0] if k not in look}
        other |= {k: v for k, v in look.items() if looks[0].get(k) != v}
        if run.across:
            other["dx"] = f"{run.across:.2f}"
        if run.down:
            other["dy"] = f"{run.down:.2f}"
        told = _attributes(other, {})
        letters = escape(run.letters)
        markup += f"<tspan{told}>{letters}</tspan>" if told else letters
    paints = {_paint(look) for look in looks}
    return Other(f"{markup}</text>", paints.pop() if len(paints) == 1 else "")


def _lettering(style: Style) -> Style:
    """Return the look of a text, its colour as a style.

    An attribute would not prevail over the style sheet of the page.
    """
    told = dict(style)
    if (colour := told.pop("fill", USUAL["fill"])) != USUAL["fill"]:
        told["style"] = f"fill:{colour}"
    return told


def _picture(figure: Figure, element: Element, clip: str) -> Other:
    """Return a picture, in cells if they fill its window."""
    told = element.attrib
    move = told.get("transform", "")
    numbers = [float(n) for n in re.findall(r"-?[\d.]+", move)]
    x, y, width, height = (
        float(told.get(key, 0)) for key in ("x", "y", "width", "height")
    )
    pixels = None
    if move.startswith("scale(1 -1) translate("):
        y = -numbers[3] - y - height
        pixels = raster.read(told[HREF])[::-1]
    elif move.startswith("matrix(") and numbers[1] == numbers[2] == 0:
        wider, _, _, higher, x, y = numbers
        pixels = raster.read(told[HREF])[:: 1 if higher > 0 else -1]
        y += min(higher, 0) * height
        width, height = wider * width, abs(higher) * height
    if pixels is None:
        return Other(_clipped(_raw(element), clip))
    sharp = "pixelated" in told.get("style", "")
    window = figure.clips.get(clip)
    if window and not sharp:
        left, top, right, bottom = (edge / 100 for edge in window)
        across, down = pixels.shape[1] / width, pixels.shape[0] / height
        found = raster.cells(
            pixels,
            ((top - y) * down, (bottom - y) * down),
            ((left - x) * across, (right - x) * across),
        )
        if found is not None:
            pixels, sharp, clip = found, True, ""
            x, y, width, height = left, top, right - left, bottom - top
    place = {"x": x, "y": y, "width": width, "height": height}
    where = _attributes({key: f"{n:.2f}" for key, n in place.items()})
    crisp = ' class="crisp"' if sharp else ""
    markup = (
        f'<image{where} preserveAspectRatio="none"{crisp} '
        f'href="{raster.write(pixels, not sharp)}"/>'
    )
    box = 100 * x, 100 * y, 100 * (x + width), 100 * (y + height)
    return Other(_clipped(markup, clip), boxes=[box])


# The figure put together.


def _put(figure: Figure, name: str) -> str:
    """Return what is drawn and what it refers to, under short ids."""
    markup = "".join(map(_markup, figure.drawn))
    markup += "".join(map(_raw, figure.others))
    for clip, (left, top, right, bottom) in figure.clips.items():
        if f"#{clip})" in markup:
            box = left, top, right - left, bottom - top
            sides = zip(("x", "y", "width", "height"), box, strict=True)
            told = _attributes({key: f"{n / 100:.2f}" for key, n in sides})
            markup += f'<clipPath id="{clip}"><rect{told}/></clipPath>'
    ids = re.findall(r' id="([^"]+)"', markup)
    for number, one in enumerate(ids, 1):
        new = f"{name}-{number}"
        for before, after in ('id="', '"'), ("url(#", ")"), ('href="#', '"'):
            old = f"{before}{one}{after}"
            markup = markup.replace(old, f"{before}{new}{after}")
    return markup


def _markup(thing: Shape | Other) -> str:
    if isinstance(thing, Other):
        return thing.markup
    clip = f' clip-path="url(#{thing.clip})"' if thing.clip else ""
    look = _attributes(thing.style)
    return f'<path{clip}{look} d="{paths.write(thing.steps)}"/>'
