"""Exercises: found in a chapter, folded on its page, taken home."""

from __future__ import annotations

import pytest

from weave.cells import Cell, WeaveError
from weave.exercises import exercises, overview

HEADING = "## Exercises\n\n### Exercise 3.1 · Twice\n\nReturn 2x."
STARTER = "def f(x):\n    raise NotImplementedError"
SOLUTION = "def f(x):\n    return 2 * x"
TESTS = "assert f(2) == 4"


def code(source: str, *tags: str) -> Cell:
    return Cell("code", source, list(tags))


def chapter(heading: str = HEADING, *parts: str) -> list[Cell]:
    sources = {"starter": STARTER, "solution": SOLUTION, "tests": TESTS}
    return [
        Cell("markdown", heading, []),
        *(code(sources[part], part) for part in parts or sources),
    ]


def test_an_exercise_is_found_under_its_heading() -> None:
    (place, exercise), *others = exercises(chapter()).items()
    assert (place, others) == (1, [])
    assert (exercise.number, exercise.title) == ("3.1", "Twice")
    assert exercise.solution == SOLUTION
    assert exercise.file == "exercise-3-1.py"


def test_the_last_heading_above_counts() -> None:
    heading = f"{HEADING}\n\n### Exercise 3.2 · Thrice\n\nReturn 3x."
    (exercise,) = exercises(chapter(heading)).values()
    assert (exercise.number, exercise.title) == ("3.2", "Thrice")


def test_what_is_begun_fails_and_what_is_solved_does_not(
    capsys: pytest.CaptureFixture[str],
) -> None:
    (exercise,) = exercises(chapter()).values()
    with pytest.raises(NotImplementedError):
        exec(exercise.begun, {})
    exec(exercise.solved, {})
    mine = exercise.begun.replace(STARTER, SOLUTION)
    assert capsys.readouterr().out == ""
    exec(mine, {})
    assert capsys.readouterr().out == "Exercise 3.1: all tests pass\n"


def test_what_is_taken_home_says_what_it_is() -> None:
    (exercise,) = exercises(chapter()).values()
    assert exercise.begun == (
        '"""Exercise 3.1 · Twice.\n\n'
        'Neural Networks, Line by Line. Needs NumPy and `nn`."""\n\n'
        f"{STARTER}\n\n\n"
        "# ---- Tests: leave what follows as it is.\n\n"
        f"{TESTS}\n\n"
        'print("Exercise 3.1: all tests pass")\n'
    )
    assert exercise.solved == f"{STARTER}\n\n\n{SOLUTION}\n\n\n{TESTS}\n"


def test_a_list_of_all_goes_by_chapters() -> None:
    title = "# 3 · Bends\n\nText."
    two = HEADING.replace("3.1 · Twice", "3.2 · Half of `x`")
    chapters = {
        "ch/bends.py": [
            Cell("markdown", title, []),
            *chapter(),
            *chapter(two),
        ],
        "ch/none.py": [Cell("markdown", "# 4 · None", [])],
        "ch/gates.py": [
            Cell("markdown", "# 2 · Gates", []),
            *chapter(HEADING.replace("3.1", "2")),
        ],
    }
    row = (
        "| {0} · [{1}]({2}.py#exercise-{3}) | "
        '<a href="{4}exercise-{5}.py" download '
        'aria-label="Starter of exercise {0}">starter</a> |'
    )
    head = "| exercise | to take home |\n|---|---|\n"
    for directories, up in (True, "../{}/"), (False, ""):
        rows = [
            row.format(
                number,
                name,
                page,
                anchor,
                up.format(page),
                number.replace(".", "-"),
            )
            for number, name, page, anchor in [
                ("2", "Twice", "gates", "2-twice"),
                ("3.1", "Twice", "bends", "31-twice"),
                ("3.2", "Half of `x`", "bends", "32-half-of-x"),
            ]
        ]
        assert overview(chapters, directories) == (
            f"## 2 · Gates\n\n{head}{rows[0]}\n\n"
            f"## 3 · Bends\n\n{head}{rows[1]}\n{rows[2]}\n"
        )
    assert overview(chapters) == overview(chapters, True)


@pytest.mark.parametrize(
    ("heading", "parts", "cell"),
    [
        ("## Exercises", (), 2),
        (HEADING, ("starter",), 2),
        (HEADING, ("starter", "tests", "solution"), 2),
        (HEADING, ("starter", "solution"), 2),
        (HEADING, ("solution", "tests"), 2),
        (HEADING, ("starter", "solution", "tests", "tests"), 5),
    ],
)
def test_half_an_exercise_is_an_error(
    heading: str, parts: tuple[str, ...], cell: int
) -> None:
    said = (
        "tests without a starter"
        if len(parts) > 3
        else "solution without a starter"
        if "starter" not in parts and parts
        else "an exercise is a heading like '### Exercise 3.1 · Title' and "
        "then three cells, tagged starter, solution and tests"
    )
    with pytest.raises(WeaveError) as error:
        exercises(chapter(heading, *parts))
    assert str(error.value) == f"cell {cell}: {said}"


def test_a_heading_at_the_end_is_not_above_the_beginning() -> None:
    heading, *parts = chapter()
    with pytest.raises(WeaveError, match=r"^cell 1: an exercise is a heading"):
        exercises([*parts, heading])
