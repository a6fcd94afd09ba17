"""Formulas: each is checked on a page, and each check has teeth."""

from __future__ import annotations

import re
import runpy
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from weave.cells import Cell, read
from weave.formulas import (
    Check,
    FormulaError,
    Formulas,
    derivative,
    numbers,
    short,
)
from weave.pointing import plain
from weave.references import equations
from weave.render import weave
from weave.symbolic import TexError, chains

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


# ---- How TeX is read.

THREE = np.array([0.5, -1.5, 2.0])
SQUARE = np.array([[1.0, 2.0], [3.0, 5.0]])
VALUES = {
    "a": 3.0,
    "b": 0.5,
    "n": 2,
    "x": THREE,
    "W": SQUARE,
    "dx": 7.0,
    "hat m": 11.0,
    "theta'": 13.0,
    "kappa_min": 17.0,
    "bar g_1": 19.0,
    "E(a^2)": 23.0,
    "Var(W)": 29.0,
    "dbar x": 31.0,
}


def value(tex: str, **scope: object) -> object:
    """Return the numbers that TeX stands for, with the values above."""
    now = Formulas({}).begin(VALUES, **scope)  # type: ignore[arg-type]
    (chain,) = chains(tex)
    return now.number(now.chain(chain)[0]).tolist()


@pytest.mark.parametrize(
    ("tex", "result"),
    [
        (r"2 a + b", 6.5),
        (r"-a + b \pm 1", -1.5),
        (r"a - b \cdot 2", 2.0),
        (r"(& a \\ & + b)", 3.5),
        (r"a / b / 2", 3.0),
        (r"\frac12 a", 1.5),
        (r"\tfrac a2", 1.5),
        (r"\frac{a}{b} \cdots b", 3.0),
        (r"a^2 b^{-1}", 18.0),
        (r"\sqrt[3]{n^n \cdot 2}", 2.0),
        (r"\sqrt 4", 2.0),
        (r"|{-a}| |b|", 1.5),
        (r"|x|", np.sqrt(6.5)),
        (r"|a \cdot (b - |a|)|", 7.5),
        (r"\left(1 + \dots\right)", 1.0),
        (r"\max(a, b, -a) - \min(a, b)", 2.5),
        (r"\log e^a", 3.0),
        (r"\bigl[ a \bigr] \!", None),
        (r"\lfloor a b \rfloor", 1.0),
        (r"\cos(\pi) + \exp 0", 0.0),
        (r"\grad{dx}", 7.0),
        (r"\grad{d\bar x}", 31.0),
        (r"\val{\hat m} + \hat{m}", 22.0),
        (r"\theta'", 13.0),
        (r"\kappa_\text{min}", 17.0),
        (r"\bar g_1", 19.0),
        (r"\operatorname{E}(a^2) + \operatorname{Var} W", 52.0),
        (r"\underset{(n,)}{\val{x}} \odot x", [0.25, 2.25, 4.0]),
        (r"x_2", -1.5),
        (r"\sum x", 1.0),
        (r"\sum_{\text{numbers}} x^2", 6.5),
        (r"\sum_k x_k + 1", 2.0),
        (r"\sum_{u=1}^{n + 1} u", 6.0),
        (r"\sum_{\text{places}} a", 12.0),
        (r"\sum_i \sum_j [i = j] W_{ij} + \sum_{i'} x_{i'}", 7.0),
        (r"x_k", [0.5, -1.5, 2.0]),
        (r"W W^\top", [[5.0, 13.0], [13.0, 34.0]]),
        (r"(a, b) W", [4.5, 8.5]),
        (r"W \cdot W", [[1.0, 4.0], [9.0, 25.0]]),
        (r"\text{row sums of } W", [[3.0], [8.0]]),
        (r"\text{the column sums of } W", [4.0, 7.0]),
        (r"\text{real part of } (a + \mathrm{i} b)", 3.0),
        (r"\text{imaginary part of } (a + \mathrm{i} b)", 0.5),
        (r"\int_0^a u^2 \, du", 9.0),
        (r"\int_{-\infty}^{0} e^{u} du", 1.0),
        (r"\frac{d}{dh} (a h + h)", None),
        (r"\left.\frac{d}{db} a b^2\right|_{b = 1}", 6.0),
        (
            r"\begin{cases} 1 & \text{if } x_k \ge 2 \\ "
            r"2 & x_k < 0 \\[1ex] 3 & \text{if not} \end{cases}",
            [3.0, 2.0, 1.0],
        ),
        (r"\begin{cases} 1 & a > b \\ 2 & a \le b \end{cases}", 1.0),
        (r"f(a, b)", 1.5),
        (r"f'(a)^2", 36.0),
        (r"\underbrace{a + b}_{\text{both}}", 3.5),
        (r"a + b .", 3.5),
    ],
)
def test_tex_is_read(tex: str, result: object) -> None:
    scope = {
        "sizes": {"i": 2, "j": 2, "i'": 3, "k": 3, "places": 4},
        "functions": {"f": lambda u, v: u * v, "f'": lambda u: 2 * u},
    }
    if result is None:
        with pytest.raises(TexError):
            value(tex, **scope)
    else:
        np.testing.assert_allclose(value(tex, **scope), result, rtol=1e-14)


@pytest.mark.parametrize(
    ("tex", "fault"),
    [
        (r"a + ", "expected more before the end"),
        (r"(a", r"expected \) before the end"),
        (r"a )", r"cannot read on at \)"),
        (r"a \% b", "cannot read %"),
        (r"\underset{(n", "a brace is not closed"),
        (r"c + a", "nothing is known of c"),
        (r"a_i", "nothing is known of a_i"),
        (r"\operatorname{E}(a)", r"nothing is known of E\(a\)"),
        (r"\frac{\partial a}{\partial b}", "nothing is known of the slope"),
    ],
)
def test_what_cannot_be_read_is_an_error(tex: str, fault: str) -> None:
    with pytest.raises(TexError, match=fault):
        value(tex)


def test_an_equation_has_chains() -> None:
    tex = r"""
    \begin{aligned}
    a &= b && \text{for } c = 1 \\
    &= c \\
    d &\leftarrow e &&= f \\
    g \ge h &= i, \qquad \text{and so} \quad \Longrightarrow k
    \end{aligned}
    """
    found = [
        (chain.relation, ["".join(side) for side in chain.sides], chain.arrow)
        for chain in chains(tex)
    ]
    assert found == [
        ("", ["a", "b", "c"], False),
        ("", ["d", "e", "f"], True),
        ("", ["g"], False),
        (r"\ge", ["h", "i"], False),
        ("", ["k"], False),
        ("", ["c", "1"], False),
    ]


# ---- What a check says.

EXAMPLES = {
    "a.py#eq-line": r"y = a x + b",
    "a.py#eq-two": r"u = a, \qquad y = u^2 = a^2",
    "a.py#eq-rule": r"m \leftarrow \beta m + g = g + \beta m",
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
        *("a.py#eq-two:1", "a.py#eq-rule:0", "a.py#eq-row:0"),
        *("a.py#eq-mean:0", "a.py#eq-mean:1"),
    ]
    formulas.check(
        "a.py#eq-two", "us", {"a": 2.0}, part=1, nn=[4.0],
        given=["a.py#eq-two:0"],
    )  # fmt: skip
    formulas.check("a.py#eq-two", "us", {"a": 2.0}, nn=[None, None])
    assert "a.py#eq-two:1" not in formulas.unchecked()
    assert formulas.found["a.py#eq-two"][-1] == (0, None)


def test_a_part_may_be_compared_as_far_as_a_side(formulas: Formulas) -> None:
    formulas.check(
        "a.py#eq-two", "us", {"a": 2.0, "u": 3.0, "y": 9.0}, part=1, sides=2,
        nn=[None],
    )  # fmt: skip
    with pytest.raises(FormulaError, match="differs"):
        formulas.checks[0].run("u = a, y = u^3")


def test_a_rule_is_followed(formulas: Formulas) -> None:
    formulas.check(
        "a.py#eq-rule", "us", {"m": 1.0, "beta": 0.5}, keep=["m"],
        steps=[{"g": 1.0}, {"g": 2.0}], nn=[{"m": 1.5}, {"m": 2.75}],
    )  # fmt: skip
    (check,) = formulas.checks
    with pytest.raises(FormulaError, match="m: differs from us by 2"):
        check.run(r"m \leftarrow \beta m + g^2")
    with pytest.raises(FormulaError, match="m: differs from its last side"):
        check.run(r"m \leftarrow \beta m + g = \beta m - g")


def test_dots_stand_for_more_of_a_series(formulas: Formulas) -> None:
    formulas.check("a.py#eq-row", "us", {"x": 0.5}, series="x", nn=[2.0])
    (check,) = formulas.checks
    with pytest.raises(FormulaError, match=r"differs from its series .*\[3\]"):
        check.run(r"1 - x + \dots = \frac{1}{1 - x}")


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
