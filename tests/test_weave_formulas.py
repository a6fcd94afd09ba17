"""Formulas: each is checked on a page, and each check has teeth."""

from __future__ import annotations

import re
import runpy
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import sympy

from weave.cells import Cell, read
from weave.formulas import (
    Check,
    Evaluation,
    FormulaError,
    Formulas,
    derivative,
    numbers,
    short,
)
from weave.pointing import plain
from weave.references import equations
from weave.render import weave
from weave.symbolic import Scope, UnknownName, chains, tokens

PAGE = Path(__file__).parent.parent / "docs" / "formulas.py"
EQUATIONS = equations(PAGE.parent)


@pytest.fixture(scope="module")
def page() -> dict[str, object]:
    """Run the page that checks all formulas."""
    return runpy.run_path(str(PAGE))


# ---- A wrong sign, a wrong factor.

# A sign inside these is none, or is the last before the dots.
NO_SIGN = re.compile(
    r"\\(?:text|begin|end)\{[^{}]*\}|\\\\\[[^]]*\]|[+-]\s*\\dots"
)
SIDE = re.compile(r"(?:=|\\leftarrow|\\approx|\\ge)(?:\s|&|\\ |-|\\pm)*")
# Wrong on the page they are not: the real part is the same.
ALSO_TRUE = r"\text{real part of } L(\theta - \mathrm{i}h)"


def wrongs(tex: str) -> Iterator[str]:
    """Yield a formula with each sign turned, and each side scaled."""
    silent = [match.span() for match in NO_SIGN.finditer(tex)]
    silent += shapes(tex)
    for sign in re.finditer("[+-]", tex):
        at = sign.start()
        if not any(first <= at < last for first, last in silent):
            turned = "-" if sign[0] == "+" else "+"
            yield tex[:at] + turned + tex[at + 1 :]
    sides = [
        side.end()
        for side in SIDE.finditer(tex)
        if not depth(tex[: side.start()])
    ]
    for at in sides or [0]:
        yield rf"{tex[:at]} 1.01 \cdot {tex[at:]}"


def shapes(tex: str) -> Iterator[tuple[int, int]]:
    """Yield from where to where shapes stand below letters."""
    for found in re.finditer(r"\\underset\{", tex):
        last = found.end()
        while depth(tex[found.end() - 1 : last]):
            last += 1
        yield found.start(), last


def depth(tex: str) -> int:
    """Return how many brackets are open at the end."""
    tex = tex.replace(r"\begin{cases}", "(").replace(r"\end{cases}", ")")
    tex = re.sub(r"\\(?:begin|end)\{\w+\}", "", tex)
    return sum((c in "({[") - (c in ")}]") for c in tex)


def first_error(checks: list[Check], tex: str) -> str:
    """Return what the first check says that fails."""
    for check in checks:
        try:
            check.run(tex)
        except FormulaError as error:
            return str(error)
    return f"nobody sees what is wrong: {tex}"


def test_signs_and_sides_are_found() -> None:
    tex = r"\underset{(n + 1)}{x} = -a_{i-1} + \sum_{u=1} b + \dots"
    assert list(wrongs(tex)) == [
        r"\underset{(n + 1)}{x} = +a_{i-1} + \sum_{u=1} b + \dots",
        r"\underset{(n + 1)}{x} = -a_{i+1} + \sum_{u=1} b + \dots",
        r"\underset{(n + 1)}{x} = -a_{i-1} - \sum_{u=1} b + \dots",
        r"\underset{(n + 1)}{x} = - 1.01 \cdot a_{i-1} + \sum_{u=1} b + \dots",
    ]
    assert list(wrongs("x y")) == [r" 1.01 \cdot x y"]


@pytest.mark.parametrize("where", EQUATIONS)
def test_a_wrong_formula_fails_and_is_named(
    where: str, page: dict[str, object]
) -> None:
    formulas, reasons = page["formulas"], page["reasons"]
    assert isinstance(formulas, Formulas)
    assert isinstance(reasons, dict)
    checks = [check for check in formulas.checks if check.where == where]
    if where in reasons:
        assert not checks
        return
    for tex in wrongs(EQUATIONS[where]):
        if ALSO_TRUE in tex:
            continue
        told = first_error(checks, tex)
        assert told.startswith((f"Equation {where}, ", f"Equation {where}: "))
        assert "TexError" not in told
        assert "UnknownName" not in told


def test_the_table_numbers_equations_as_the_book_does(
    page: dict[str, object],
) -> None:
    place_of, listed = page["place_of"], page["listed"]
    assert callable(place_of)
    assert isinstance(listed, list)
    for path in {where.partition("#")[0] for where in listed}:
        cells = [
            Cell("markdown", plain(cell.source), [])
            for cell in read(PAGE.parent / path)
            if cell.kind == "markdown"
        ]
        for anchor, label in weave(cells, "").labels.items():
            chapter, number = place_of(f"{path}#{anchor}")
            assert label.text == f"Equation {chapter}.{number}"


# ---- Names and numbers.


def test_a_name_stands_for_symbols_with_numbers() -> None:
    now = Evaluation(Scope())
    now.let("n", 2)
    assert now.scope == Scope(names={"n": sympy.Integer(2)})
    assert now.numbers == {}
    now.let("a", 3.0)
    now.let("x", [5.0, 7.0])
    a, x = now.scope.names["a"], now.scope.names["x"]
    assert list(now.numbers.items()) == [(a, 3.0), (x[0], 5.0), (x[1], 7.0)]
    assert [(s.name, s.is_real) for s in (a, *x)] == [
        *(("a", True), ("x", True), ("x", True)),
    ]
    assert now.scope.definitions == {}
    now.let("y", [15.0, 21.0], a * x)
    y = now.scope.names["y"]
    assert now.scope.definitions == {y[0]: a * x[0], y[1]: a * x[1]}
    assert now.number([[y[0], 1], [a**2, x[0] + x[1]]]).tolist() == [
        [15.0, 1.0],
        [9.0, 12.0],
    ]
    assert now.number(a).shape == ()
    assert now.number(sympy.Heaviside(a - 3)) == 0, "as in nn, at the bend"


def test_a_side_has_a_value_for_each_of_its_free_indices() -> None:
    values = {"W": np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), "a": 2.0}
    now = Formulas({}).begin(
        values,
        sizes={"i": 2, "k": 3, "j": 1},
        functions={"f": lambda one: one + 1},
    )
    side = tokens("f(a W_{ik})")
    assert now.number(now.side(side, ["k", "i"])).tolist() == [
        *([3, 9], [5, 11], [7, 13]),
    ]
    both = now.side(tokens("W a"), ["j"])
    assert now.number(both).tolist() == [[[2, 4, 6], [8, 10, 12]]]
    assert now.number(now.side(tokens("f(a)"), [])) == 3


def test_the_first_side_may_be_a_name_for_the_last() -> None:
    now = Formulas({}).begin({"a": 3.0, "x": [5.0, 7.0]}, sizes={"k": 2})

    def sides(tex: str) -> list[object]:
        (chain,) = chains(tex)
        return [now.number(side).tolist() for side in now.chain(chain)]

    assert sides("a = a^2 = 4") == [3, 9, 4]
    assert sides("y_k = a = a x_k") == [[3, 3], [15, 21]]
    assert sides("y_k = 1") == [[15, 21], [1, 1]]
    assert sides(r"a \leftarrow a + 1 = a + 2") == [4, 5]
    assert sides("a") == [5]
    a, y = now.scope.names["a"], now.scope.names["y"]
    assert now.numbers[a] == 5
    assert now.numbers[y[1]] == 21
    for tex in ("q", "q + a = 1", "a = q"):
        with pytest.raises(UnknownName, match=r"^nothing is known of q$"):
            sides(tex)


# ---- What a check says.

EXAMPLES = {
    "a.py#eq-line": r"y = a x + b",
    "a.py#eq-two": r"u = a, \qquad y = u^2 = a^2",
    "a.py#eq-rule": r"m \leftarrow \beta m + g = g + \beta m",
    "a.py#eq-rules": r"m \leftarrow g, \quad v \leftarrow m + v",
    "a.py#eq-row": r"1 + x + x^2 + \dots = \frac{1}{1 - x}",
    "a.py#eq-mean": r"\operatorname{E}(u) = 1, \operatorname{Var} u = 3",
}
LINE = {"a": 2.0, "x": np.array([1.0, -1.0]), "b": 3.0}


@pytest.fixture
def formulas() -> Formulas:
    return Formulas(EXAMPLES)


def test_a_check_measures_the_largest_difference(formulas: Formulas) -> None:
    formulas.check(
        "a.py#eq-line", "us", LINE, nn=[[5.0, 1.0 + 1e-14]], slope=[[5.0, 1.0]]
    )
    (((off, slope),),) = formulas.found.values()
    assert off == pytest.approx(1e-14, rel=0.1)
    assert slope == 0


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ({"nn": [[5.0, 1.125]]}, ", y: differs from us by 0.12 at [1]"),
        ({"nn": [[5 + 6e-12, 1]]}, ", y: differs from us by 6e-12 at [0]"),
        ({"nn": [5.0]}, ", y: has shape (2,), expected ()"),
        (
            {"nn": [None], "slope": [[5.0, 2.0]]},
            ", y: differs from its derivative by 1 at [1]",
        ),
        ({"nn": [None, None]}, ": 1 chains, but 2 of nn and 1 slopes"),
        ({"slope": []}, ": 1 chains, but 1 of nn and 0 slopes"),
        (
            {"nn": [None], "given": ["k = c"]},
            ": UnknownName: nothing is known of c",
        ),
    ],
)
def test_what_differs_is_named(
    formulas: Formulas, options: dict[str, object], fault: str
) -> None:
    with pytest.raises(FormulaError) as error:
        formulas.check("a.py#eq-line", "us", LINE, **options)  # type: ignore[arg-type]
    assert str(error.value) == f"Equation a.py#eq-line{fault}"
    assert formulas.checks == []


@pytest.mark.parametrize(
    ("b", "wanted", "off"),
    [(0.0, [0.0, 0.25], 0.25), (3.0, [3.0, -4.0], 1.75)],
)
def test_a_difference_is_a_share_of_what_is_large(
    b: float, wanted: list[float], off: float, formulas: Formulas
) -> None:
    values = LINE | {"a": 0.0, "b": b}
    formulas.check("a.py#eq-line", "us", values, nn=[wanted], within=off)
    assert formulas.found == {"a.py#eq-line": [(off, None)]}
    with pytest.raises(FormulaError, match="y: differs from us by"):
        formulas.check(
            "a.py#eq-line", "us", values, nn=[wanted], within=off - 0.01
        )


def test_an_equation_that_does_not_exist_is_named(formulas: Formulas) -> None:
    with pytest.raises(
        FormulaError, match=r"^there is no equation a\.py#eq-other$"
    ):
        formulas.check("a.py#eq-other", "us", {})


def test_what_is_unchecked_is_known(formulas: Formulas) -> None:
    formulas.check("a.py#eq-two", "us", {"a": 2.0}, part=0, nn=[2.0])
    assert formulas.unchecked() == [
        "a.py#eq-line:0",
        *("a.py#eq-two:1", "a.py#eq-rule:0"),
        *("a.py#eq-rules:0", "a.py#eq-rules:1", "a.py#eq-row:0"),
        *("a.py#eq-mean:0", "a.py#eq-mean:1"),
    ]
    formulas.check(
        "a.py#eq-two", "us", {"a": 2.0}, part=1, nn=[4.0],
        given=["a.py#eq-two:0"],
    )  # fmt: skip
    formulas.check("a.py#eq-two", "us", {"a": 2.0}, nn=[None, None])
    assert "a.py#eq-two:1" not in formulas.unchecked()
    assert formulas.found["a.py#eq-two"][-1] == (0, None)


def test_numbers_are_in_the_order_of_the_parts(formulas: Formulas) -> None:
    formulas.check(
        "a.py#eq-two", "us", {"a": 2.0}, part=[1, 0], nn=[4.0, 2.5],
        slope=[None, 1.75], within=0.25,
    )  # fmt: skip
    assert formulas.found == {"a.py#eq-two": [(0.2, 0.25 / 1.75)]}
    assert formulas.checks[0].parts == [1, 0]


def test_equations_may_be_given_whole_or_in_part(formulas: Formulas) -> None:
    formulas = Formulas(EXAMPLES | {"a.py#eq-sum": "s = u + y + q"})
    formulas.check(
        "a.py#eq-sum", "us", {"a": 3.0}, nn=[3 + 9 + 4],
        given=["a.py#eq-two", "p = 1, q = a + 1, a = 7:1"],
    )  # fmt: skip
    with pytest.raises(FormulaError) as error:
        formulas.begin({}, given=["b.py#eq-far:0"])
    assert str(error.value) == "there is no equation b.py#eq-far"


def test_a_part_may_be_compared_as_far_as_a_side(formulas: Formulas) -> None:
    formulas.check(
        "a.py#eq-two", "us", {"a": 2.0, "u": 3.0, "y": 9.0}, part=1, sides=2,
        nn=[None],
    )  # fmt: skip
    with pytest.raises(FormulaError, match="differs"):
        formulas.checks[0].run("u = a, y = u^3")


@pytest.mark.parametrize(
    ("tex", "fault"),
    [
        ("y = [i = j]", "KeyError: 'i'"),
        ("y = a_", "TexError: expected more before the end"),
        ("_ = a", "IndexError: tuple index out of range"),
        ("y = u", "UnknownName: nothing is known of u"),
    ],
)
def test_what_means_nothing_is_named(
    tex: str, fault: str, formulas: Formulas
) -> None:
    formulas.check("a.py#eq-two", "us", {"a": 2.0}, nn=[None, None])
    with pytest.raises(FormulaError) as error:
        formulas.checks[0].run(tex)
    assert str(error.value) == f"Equation a.py#eq-two: {fault}"


def test_a_rule_is_followed(formulas: Formulas) -> None:
    formulas.check(
        "a.py#eq-rule", "us", {"m": 1.0, "beta": 0.5}, keep=["m"],
        steps=[{"g": 1.0}, {"g": 2.0}], nn=[{"m": 1.5}, {"m": 2.75}],
    )  # fmt: skip
    (check,) = formulas.checks
    assert formulas.found == {"a.py#eq-rule": [(0.0, None)]}
    for tex, fault in [
        (r"m \leftarrow \beta m + g^2", "us by 2"),
        (r"m \leftarrow \beta m + g = \beta m - g", "its last side by 2"),
        (r"m \leftarrow g = g + 1 = g", "its last side by 1"),
        (r"m \leftarrow g = g = g + 4", "its last side by 4"),
    ]:
        with pytest.raises(FormulaError) as error:
            check.run(tex)
        said = f"Equation a.py#eq-rule, m: differs from {fault}"
        assert str(error.value) == said


def test_a_rule_is_as_far_off_as_in_its_worst_step(
    formulas: Formulas,
) -> None:
    formulas.check(
        "a.py#eq-rules", "us", {"v": 8.0}, keep=["m", "v"],
        steps=[{"g": 1.0}, {"g": 2.0}, {"g": 3.0}], within=0.25,
        nn=[{"m": 1.25, "v": 9.0}, {"v": 11.0, "m": 2.25}, {}],
    )  # fmt: skip
    assert formulas.found == {"a.py#eq-rules": [(0.25 / 1.25, None)]}
    (check,) = formulas.checks
    with pytest.raises(FormulaError) as error:
        check.run(r"m \leftarrow 2 g, \quad v \leftarrow v + g")
    assert str(error.value) == (
        "Equation a.py#eq-rules, m: differs from us by 0.75"
    )


def test_each_step_of_a_rule_has_its_numbers(formulas: Formulas) -> None:
    with pytest.raises(FormulaError) as error:
        formulas.check(
            "a.py#eq-rule", "us", {"m": 1.0, "beta": 0.5}, keep=["m"],
            steps=[{"g": 1.0}, {"g": 2.0}], nn=[{"m": 1.5}],
        )  # fmt: skip
    assert str(error.value) == (
        "Equation a.py#eq-rule: ValueError: "
        "zip() argument 2 is shorter than argument 1"
    )


def test_dots_stand_for_more_of_a_series(formulas: Formulas) -> None:
    formulas.check("a.py#eq-row", "us", {"x": 0.5}, series="x", nn=[2.0])
    assert formulas.found == {"a.py#eq-row": [(0.0, None)]}
    (check,) = formulas.checks
    for tex, fault in [
        (r"1 - x + \dots = \frac{1}{1 - x}", "1-x+dots: 2 at [3]"),
        (
            r"1 + x + 3 x^2 + \dots = \frac{1}{1 - x}",
            "1+x+3x^2+dots: 2 at [4]",
        ),
        (r"x^{-1} + 1 = 1 + x + \dots", "x^-1+1: 1 at [1]"),
        (r"x^{-2} + x = 1 + x + \dots", "x^-2+x: 1 at [0]"),
    ]:
        with pytest.raises(FormulaError) as error:
            check.run(tex)
        called, off = fault.split(": ")
        assert str(error.value) == (
            f"Equation a.py#eq-row, {called}: differs from its series by {off}"
        )


def test_a_mean_goes_over_all_outcomes(formulas: Formulas) -> None:
    formulas.check(
        "a.py#eq-mean", "us", {}, nn=[1.0, 3.0],
        outcomes=[(0.25, {"u": -2.0}), (0.75, {"u": np.array(2.0)})],
    )  # fmt: skip


def test_functions_and_their_slopes_are_read_from_the_page() -> None:
    formulas = Formulas(
        {"a.py#eq-f": r"f(x) = c x^2 \qquad g(x) = f(x) + x = x + f(x)"}
    )
    f = formulas.function("a.py#eq-f:0", names={"c": 3})
    g = formulas.function("a.py#eq-f", f=f)
    points = np.array([1.0, 2.0])
    assert numbers(g, points).tolist() == [4.0, 14.0]
    assert numbers(derivative(g), points).tolist() == [7.0, 13.0]
    assert numbers(derivative(derivative(f)), points).tolist() == [6.0, 6.0]
    k = formulas.function("a.py#eq-f:0", of="c", names={"x": 5})
    assert numbers(k, points).tolist() == [25.0, 50.0]
    assert formulas.function("a.py#eq-f", f=f)(np.array([2])).tolist() == [14]


def test_functions_are_of_real_numbers_with_many_digits() -> None:
    formulas = Formulas(
        {"a.py#eq-f": r"f = \begin{cases} x & x > 0 \\ 2 & \end{cases}"}
    )
    f = formulas.function("a.py#eq-f")
    assert numbers(f, np.array([-1.0, 3.0])).tolist() == [2.0, 3.0]
    slope = derivative(sympy.Abs)
    assert numbers(slope, np.array([-2.0, 3.0])).tolist() == [-1.0, 1.0]
    near = numbers(lambda x: (x + 1) - 1, np.array([2.0**-64]))
    assert near == pytest.approx(2.0**-64, rel=1e-9, abs=0)


def test_gradients_go_through_all_definitions() -> None:
    chain = ["u = a x", "v = u^2 + a"]
    formulas = Formulas({})
    values = {"a": 3.0, "x": np.array([2.0, 5.0])}
    slope = formulas.gradient(
        "v", "a", values, given=chain, dy=np.array([1.0, 0.0])
    )
    assert slope == 2 * 6 * 2 + 1
    slope = formulas.gradient("v", "x", values, given=chain)
    assert slope.tolist() == [2 * 6 * 3, 2 * 15 * 3]
    slope = formulas.gradient(
        "v", "x", values, given=[r"v = \sum_k x_k x_k"], sizes={"k": 2}
    )
    assert slope.tolist() == [4, 10]


def test_partial_derivatives_hold_the_rest_still() -> None:
    formulas = Formulas(
        {
            "a.py#eq-near": r"s = \frac{\partial v}{\partial a}",
            "a.py#eq-far": r"s = \frac{\partial v}{\partial x}",
            "a.py#eq-all": r"s = \frac{\partial}{\partial a}\, 2 v",
        }
    )
    values = {"a": 3.0, "x": 2.0}
    given = ["u = a x", "v = u^2 + a"]
    for name, slope in [("near", 1), ("far", 36), ("all", 50)]:
        formulas.check(
            f"a.py#eq-{name}", "us", values, given=given, nn=[slope]
        )


@pytest.mark.parametrize(
    ("tex", "line"),
    [
        (r"\underset{(n,\ d)}{x} = \underset{()}{y}", "{x} = {y}"),
        (r"\underset{\hat{n}}{ab} c", "{ab} c"),
        ("\n  X &=\n  1 .,;\n", "X &= 1"),
        (". X", ". X"),
        (
            r"\left.|a|\right|_{b}",
            r"\left.\vert{}a\vert{}\right\vert_{b}",
        ),
    ],
)
def test_a_formula_is_short_in_a_table(tex: str, line: str) -> None:
    assert short(tex) == line
