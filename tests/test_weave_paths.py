"""Outlines, read and written."""

from __future__ import annotations

from math import cos, pi, sin

import pytest
from matplotlib.path import Path

from weave.paths import Step, box, move, read, snap, thin, within, write


def circle(radius: float, stretch: float = 1, at: float = 0) -> str:
    """Return a circle as Matplotlib writes it, its centre at (at, at)."""
    text = ""
    for points, code in Path.unit_circle().iter_segments(curves=True):
        letter = {1: "M", 4: "C", 79: "z"}[int(code)]
        scaled = [
            at + radius * value * (stretch if i % 2 else 1)
            for i, value in enumerate(points if letter != "z" else [])
        ]
        text += f"{letter} {' '.join(map(str, scaled))} \n"
    return text


def lines(*points: complex) -> list[Step]:
    return [("M", (points[0],)), *(("L", (p,)) for p in points[1:])]


def test_an_outline_is_read_and_written_short() -> None:
    d = "M 10 20 \nL 10.5 20 \nL 10.5 19.5 \nC 1 2 3 4 5 6 \nQ 1 1 0 0 \nz"
    steps = read(d)
    assert [letter for letter, _ in steps] == list("MLLCQZ")
    assert (
        write(steps) == "M10 20h.5v-.5c-9.5-17.5-7.5-15.5-5.5-13.5q-4-5-5-6z"
    )


def test_after_the_end_of_a_piece_its_start_counts() -> None:
    steps = read("M 1 1 \nL 2 3 \nz \nM 1 2 \nL 0 0")
    assert write(steps) == "M1 1l1 2zm0 1l-1-2"


@pytest.mark.parametrize(
    ("x", "y", "text"),
    [(0.25, 0.5, "l.25.5"), (-0.5, 1.5, "l-.5 1.5"), (1, 0.5, "l1 .5")],
)
def test_numbers_stand_apart_only_where_they_must(
    x: float, y: float, text: str
) -> None:
    assert write(read(f"M 0 0 L {x} {y}")) == "M0 0" + text


@pytest.mark.parametrize(
    ("across", "text"), [(-0.4, "h0"), (0.9, "h.01"), (-0.9, "h-.01")]
)
def test_a_number_is_a_whole_number_of_hundredths(
    across: float, text: str
) -> None:
    assert write(lines(0, across)) == "M0 0" + text


def test_a_dot_is_a_line_of_no_length() -> None:
    assert write(lines(100 + 100j, 100 + 100j)) == "M1 1h0"


def test_a_circle_is_known() -> None:
    ((letter, (centre, radius)),) = read(circle(1.5, at=4))
    assert letter == "O"
    assert abs(centre - (400 + 400j)) < 1e-9
    assert abs(radius - 150) < 1e-9
    around = snap([("O", (0j, 150 + 0j)), ("O", (500j, 150 + 0j))], 1)
    arc = "a1.5 1.5 0 1 0 3 0a1.5 1.5 0 1 0-3 0z"
    assert write(around) == f"M-1.5 0{arc}m0 5{arc}"


def test_an_ellipse_is_no_circle() -> None:
    assert read(circle(1, stretch=1.2))[0][0] == "M"


def test_points_move_to_the_grid() -> None:
    steps = snap(read("M 1.234 5.678 \nL 2.06 3.04"), 10)
    assert write(steps) == "M1.2 5.7l.9-2.7"
    round_one: list[Step] = [("O", (13 + 8j, 154 + 0j))]
    assert snap(round_one, 10) == [("O", (10 + 10j, 154 + 0j))]


def test_an_outline_is_moved() -> None:
    assert write(move(lines(0, 100), 100j)) == "M0 1h1"
    assert move([("O", (0j, 2 + 0j))], 1j) == [("O", (1j, 2 + 0j))]


def test_the_box_of_an_outline() -> None:
    assert box(lines(1 + 4j, 3 + 2j)) == (1, 2, 3, 4)
    assert box([("O", (5 + 5j, 2 + 0j))]) == (3, 3, 7, 7)
    assert within((1, 1, 2, 2), (0, 1, 2, 3))
    assert not within((1, 1, 2, 4), (0, 1, 2, 3))
    assert not within((1, 0, 2, 2), (0, 1, 2, 3))


def test_corners_that_nobody_sees_are_dropped() -> None:
    assert thin(lines(0, 100 + 5j, 200)) == lines(0, 200)
    assert thin(lines(0, 100 + 6j, 200)) == lines(0, 100 + 6j, 200)
    for far in lines(0, -100, 200), lines(0, 300, 200):
        assert thin(far) == far, "beyond the end of the line is not on it"


def test_a_closed_line_stays_round() -> None:
    ring = [complex(cos(t), sin(t)) * 1000 for t in range(7)]
    steps = [*lines(*ring, ring[0]), ("Z", ()), *lines(0, 1000)]
    assert thin(steps) == steps


def test_a_thinned_curve_is_near_the_curve() -> None:
    curve = [complex(x, 3000 * sin(x / 3000 * pi)) for x in range(0, 6000, 30)]
    kept = [points[0] for _, points in thin(lines(*curve))]
    assert 10 < len(kept) < 60
    assert set(kept) <= set(curve)
