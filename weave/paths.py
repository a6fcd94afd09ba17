"""The outlines in a figure: read, moved, thinned out and written short.

A point is a complex number, in hundredths of a pt. An outline is a list
of steps: a letter (M, L, C, Q, Z as in SVG, O for a circle) and points.
Of a circle these are the centre and the radius.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

Step = tuple[str, tuple[complex, ...]]
Box = tuple[float, float, float, float]

# How far a corner may lie from the line that is drawn without it. That
# and the grid are in hundredths of a pt; a pt is 4/3 pixels of CSS.
TOLERANCE = 5.0
GRID = 10


def read(d: str) -> list[Step]:
    """Return the steps of an outline as Matplotlib writes it."""
    steps: list[Step] = []
    for letter, rest in re.findall(r"([MLCQz])([^MLCQz]*)", d):
        numbers = [100 * float(number) for number in rest.split()]
        points = map(complex, numbers[::2], numbers[1::2])
        steps.append((letter.upper(), tuple(points)))
    return _circle(steps) or steps


def _circle(steps: list[Step]) -> list[Step]:
    """Return what Matplotlib drew with eight curves as a circle."""
    if [letter for letter, _ in steps] != ["M", *"CCCCCCCC", "Z"]:
        return []
    ends = [points[-1] for _, points in steps[:9]]
    centre = sum(ends[:8]) / 8
    radius = abs(ends[0] - centre)
    if any(abs(abs(end - centre) - radius) > radius / 99 for end in ends):
        return []
    return [("O", (centre, complex(radius)))]


def snap(steps: Iterable[Step], grid: float) -> list[Step]:
    """Move points to a grid; one coordinate at a time is rounded."""

    def near(point: complex) -> complex:
        return complex(
            round(point.real / grid) * grid, round(point.imag / grid) * grid
        )

    return [
        (letter, (near(points[0]), points[1]))
        if letter == "O"
        else (letter, tuple(map(near, points)))
        for letter, points in steps
    ]


def move(steps: Iterable[Step], by: complex) -> list[Step]:
    """Return the outline at another place."""
    return [
        (letter, (points[0] + by, points[1]))
        if letter == "O"
        else (letter, tuple(point + by for point in points))
        for letter, points in steps
    ]


def box(steps: Iterable[Step]) -> Box:
    """Return the left, top, right and bottom of an outline."""
    points: list[complex] = []
    for letter, found in steps:
        if letter == "O":
            corner = found[1] * (1 + 1j)
            found = found[0] - corner, found[0] + corner
        points += found
    across = [point.real for point in points]
    down = [point.imag for point in points]
    return min(across), min(down), max(across), max(down)


def within(inner: Box, outer: Box) -> bool:
    """Say whether one box lies in another."""
    starts = zip(inner[:2], outer[:2], strict=True)
    ends = zip(inner[2:], outer[2:], strict=True)
    return all(a >= b for a, b in starts) and all(a <= b for a, b in ends)


def thin(steps: list[Step]) -> list[Step]:
    """Drop the corners of lines that nobody would miss."""
    thinned: list[Step] = []
    line: list[complex] = []
    for letter, points in [*steps, ("", ())]:
        if letter == "L":
            line += points
            continue
        if line:
            start = thinned[-1][1][-1]
            thinned += [("L", (p,)) for p in _simple([start, *line])[1:]]
            line = []
        thinned.append((letter, points))
    return thinned[:-1]


def _simple(line: list[complex]) -> list[complex]:
    """Simplify a line (Ramer, Douglas and Peucker)."""
    kept = {0, len(line) - 1}
    spans = [(0, len(line) - 1)]
    while spans:
        first, last = spans.pop()
        away = line[last] - line[first]
        far, place = TOLERANCE, 0
        for i in range(first + 1, last):
            point = line[i] - line[first]
            if away:
                along = (point * away.conjugate()).real / abs(away) ** 2
                point -= min(max(along, 0), 1) * away
            if abs(point) > far:
                far, place = abs(point), i
        if place:
            kept.add(place)
            spans += [(first, place), (place, last)]
    return [line[i] for i in sorted(kept)]


def write(steps: Iterable[Step]) -> str:
    """Return an outline, on whole hundredths, as short path data."""
    text = ""
    here = start = 0j
    for letter, points in steps:
        match letter:
            case "Z":
                text += "z"
                here = start
                continue
            case "O":
                centre, r = points[0], round(points[1].real)
                arc = f"a{_number(r)} {_number(r)} 0 1 0"
                text += _step("m", [centre - r - here])
                text += arc + _numbers([2 * r, 0])
                text += arc + _numbers([-2 * r, 0]) + "z"
                here = start = centre - r
                continue
            case "M":
                start = points[0]
        text += _step(letter.lower(), [point - here for point in points])
        here = points[-1]
    return "M" + text[1:]


def _step(letter: str, points: list[complex]) -> str:
    """Write a step; letters that repeat or rest on an axis are short."""
    if letter == "l" and points[0].imag == 0:
        return "h" + _number(points[0].real)
    if letter == "l" and points[0].real == 0:
        return "v" + _number(points[0].imag)
    numbers = [n for point in points for n in (point.real, point.imag)]
    return letter + _numbers(numbers).lstrip()


def _numbers(numbers: Iterable[float]) -> str:
    text = ""
    last = ""
    for number in map(_number, numbers):
        # `-1-1` and `.5.5` are two numbers each.
        free = number[0] == "-" or (number[0] == "." and "." in last)
        text += number if free else f" {number}"
        last = number
    return text


def _number(hundredths: float) -> str:
    """Write hundredths as a number without needless digits."""
    whole, rest = divmod(abs(round(hundredths)), 100)
    text = f"{whole}.{rest:02}".rstrip("0").rstrip(".")
    text = text.removeprefix("0") or "0"
    return f"-{text}" if hundredths < 0 and text != "0" else text
