"""What TeX means: each value here is worked out by hand, and exact."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import sympy

from weave.symbolic import (
    Chain,
    Scope,
    TexError,
    UnknownName,
    braced,
    canonical,
    chains,
    each,
    free,
    index_letters,
    plain,
    read,
    single,
    size,
    times,
    tokens,
    trimmed,
)

HALF = Fraction(1, 2)
ROOT = sympy.sqrt(2)
t, u, v, w, h = sympy.symbols("t u v w h", real=True)


def exact(values: object) -> object:
    """Return a number for SymPy, or an array of them."""
    return each(sympy.sympify, values)


# ---- Words.


@pytest.mark.parametrize(
    ("tex", "line"),
    [
        ("a\n  b", "a b"),
        (r"\grad{dx}", r"\D x"),
        (r"\grad{dW} \grad{d\bar x}", r"\D W \D \bar x"),
        (r"\grad{d} \grad{d_1} \grad{g}", "d d_1 g"),
        (r"\val{x_{i}}y", "x_{i} y"),
        (r"\val{\grad{\val{a} b} c} d", "a b c d"),
        (r"a\underset{(n, d_{in})}{x} b", "a {x} b"),
        (r"a \underbrace{b + c_{d}}_{\text{e}_{f}} g", "a b + c_{d} g"),
        (r"\underbrace{b}_{c}_d e", "b _d e"),
        (
            r"\begin{cases}a & b\end{cases}c",
            r"\cases a & b\endcases c",
        ),
        (r"\begin{aligned}a\end{aligned}b", "a b"),
        (r"\begin{gathered}a\end{gathered}b", "a b"),
        (r"\left(a\right) \left|b\right|", "(a ) |b |"),
        (r"\left.a\right|_{b}", r"\left.a\right|_{b}"),
        (r"\bigl( \Bigl[ \biggl| \Big/ a \bigr)", "( [ | / a )"),
        (r"a\,b\;c\!d\ e \textstyle\sum f", r"a b c d e \sum f"),
        (r"a \\[1ex] b \\ c \leftarrow d", r"a \\[1ex] b \\ c \leftarrow d"),
    ],
)
def test_colours_shapes_and_spaces_are_no_mathematics(
    tex: str, line: str
) -> None:
    assert plain(tex) == line


@pytest.mark.parametrize(
    ("tex", "words"),
    [
        ("a+12.5bc", "a + 12.5 b c"),
        (r"\alpha\beta'_1", r"\alpha \beta ' _ 1"),
        (r"a \\[1ex] b \\ c", r"a \\ b \\ c"),
        (r"\left. a \right|_{h}", r"\left. a \right| _ { h }"),
        (r"\text{min} \mathrm{i} \operatorname{relu}x", r"\min \i \relu x"),
        (r"\operatorname{E}(a) \operatorname{Var}b", r"\!E ( a ) \!Var b"),
        (r"\text{if } a \text{Else} b \text{two words}c", "a b c"),
        (r"a \text{see \mathrm{b}} c", "a c"),
        (r"a\%b", "a % b"),
        (r"\val{a}\grad{dW}", r"a \D W"),
        ("", ""),
    ],
)
def test_tex_is_cut_into_words(tex: str, words: str) -> None:
    assert tokens(tex) == words.split()


@pytest.mark.parametrize(
    "operation",
    [
        *("row sums of", "the column sums of"),
        *("real part of", "imaginary part of"),
    ],
)
def test_some_text_is_an_operation(operation: str) -> None:
    tex = rf"a = \text{{ {operation} }} W"
    assert tokens(tex) == ["a", "=", rf"\!{operation}", "W"]


def test_a_brace_is_closed_by_its_own() -> None:
    assert braced("{a}{b{c}{d}}{e}", 3) == 12
    assert braced("{}", 0) == 2
    with pytest.raises(TexError) as error:
        braced("ab{c{d}", 2)
    assert str(error.value) == "a brace is not closed: {c{d}"


@pytest.mark.parametrize(
    ("tex", "name"),
    [
        (r"\theta", "theta"),
        ("x'", "x'"),
        (r"\hat m", "hat m"),
        (r"\bar{g}_1", "bar g"),
        (r"\tilde x", "tilde x"),
        (r"\grad{dW_{kj}}", "dW"),
        (r"\grad{d\bar x}", "dbar x"),
        (r"X W", "XW"),
        (r"a_{b_c}", "a"),
        ("D", "D"),
        (r"\operatorname{Var}(W)", "Var(W)"),
    ],
)
def test_a_side_is_a_name(tex: str, name: str) -> None:
    assert canonical(tokens(tex)) == name
    assert Chain((tuple(tokens(tex)), ("a",))).called == name


def test_only_at_the_beginning_a_d_is_one_of_a_gradient() -> None:
    assert canonical(["D", "a", r"\D", "b"]) == "daDb"


def test_indices_have_primes() -> None:
    below = ["i", "'", "'", r"\min", "{", "}", "X", "2"]
    assert index_letters(below) == ["i''", "min", "X", "2"]


def test_a_side_may_end_with_a_full_stop() -> None:
    assert trimmed(["a", ".", "b", "."]) == ["a", ".", "b"]
    assert trimmed([".", "b"]) == [".", "b"]
    assert trimmed([]) == []


@pytest.mark.parametrize(
    ("tex", "names"),
    [
        ("x_j W_{jk'}", ["j", "k'"]),
        (r"\sum_j x_j W_{jk}", ["k"]),
        (r"x_j \sum_j x_j", ["j"]),
        (r"x_k y_j z_q W_{kj}", ["k", "j"]),
        ("x_j k", ["j"]),
        (r"\sum_{j} j_k^{i}", ["k"]),
        ("x_1 + y", []),
    ],
)
def test_an_index_is_free_if_no_sum_comes_first(
    tex: str, names: list[str]
) -> None:
    assert free(tokens(tex), {"j": 2, "k": 3, "k'": 3, "i": 4}) == names


def test_a_name_has_no_sign() -> None:
    assert single(tokens("a b"))
    assert not single(tokens("a + b"))
    assert not single(tokens("-b"))


# ---- Chains.


@pytest.mark.parametrize(
    ("tex", "found"),
    [
        ("", []),
        ("a", ["a"]),
        ("a = b = c", ["a = b = c"]),
        ("= b", ["= b"]),
        ("a = = b =", ["a = b"]),
        ("a. = b + c.", ["a = b+c"]),
        (r"a \leftarrow b = c", ["a <- b = c"]),
        (r"a = b \leftarrow c, d = e", ["a <- b = c", "d = e"]),
        (r"a = b, = c", ["a = b", "= c"]),
        (r"a \quad b \qquad c \Longrightarrow d", ["a", "b", "c", "d"]),
        (
            r"a \ge b = c \approx d \le e > f < g, h",
            ["a", r"\ge b = c", r"\approx d", r"\le e", "> f", "< g", "h"],
        ),
        (r"a &= b \\ &= c \\[1ex] &= d, e", ["a = b = c = d", "e"]),
        (r"a \leftarrow b \\ &= c", ["a <- b = c"]),
        (r"a \ge b \\ &= c, d", ["a", r"\ge b = c", "d"]),
        (r"a = b \\ \ge c = d", ["a = b", r"\ge c = d"]),
        (r"a = b \\ &= c \ge d", ["a = b = c", r"\ge d"]),
        (r"a = b \\ c = d \\ = e", ["a = b", "c = d = e"]),
        (r"a = b \\ &= c, &= d", ["a = b = c", "= d"]),
        (r"a = b \\ &= c \quad = d", ["a = b = c", "= d"]),
        (r"a = b \\ \leftarrow c", ["a = b = c"]),
        (r"\\ = a", ["= a"]),
        # What stands behind && comes last, with a = it goes on.
        (r"a &= b && c = d \\ &= e \\ f", ["a = b = e", "f", "c = d"]),
        (r"a &= b &&= c \\ d & e", ["a = b = c", "de"]),
        (r"a && b \\ && c \\ d", ["a", "d", "b", "c"]),
        (r"a && = b \\ c && \ge d = e", ["a = b", "c", r"\ge d = e"]),
        (r"a = b \\ &= c && d = e", ["a = b = c", "d = e"]),
        (r"a \\ b && c, = d", ["a", "b", "= d", "c"]),
        (r"a && b \\ c &&& = d", ["a", "c", "b", "= d"]),
        # What is in brackets is not cut.
        ("f(a, b) = [c = d] + x_{e, f}", ["f(a,b) = [c=d]+x_{e,f}"]),
        (r"\lfloor a, b \rfloor, c", [r"\lfloora,b\rfloor", "c"]),
        (r"(& a \\ & + b), c", ["(a+b)", "c"]),
        (
            r"a = \begin{cases} b & c < d \\ (e & f) \end{cases}, g",
            [r"a = \casesb&c<d\\(e&f)\endcases", "g"],
        ),
        (
            r"\begin{cases} b \end{cases} (& a), (& c)",
            [r"\casesb\endcases(a)", "(c)"],
        ),
    ],
)
def test_an_equation_has_chains(tex: str, found: list[str]) -> None:
    def shown(chain: Chain) -> str:
        first, *rest = ("".join(side) for side in chain.sides)
        signs = ["<-"] * chain.arrow + ["="] * len(rest)
        pairs = zip(signs, rest, strict=False)
        parts = [chain.relation, first, *(p for pair in pairs for p in pair)]
        return " ".join(filter(None, parts))

    assert [shown(chain) for chain in chains(tex)] == found


def test_a_chain_has_sides() -> None:
    assert chains(r"x_1 = \theta, a \leftarrow b \ge c") == (
        Chain((("x", "_", "1"), (r"\theta",)), False, ""),
        Chain((("a",), ("b",)), True, ""),
        Chain((("c",),), False, r"\ge"),
    )


# ---- Scopes.


def test_a_function_is_applied_entry_by_entry() -> None:
    difference = each(lambda one, other: one - other, [5, 7], 2)
    assert difference.tolist() == [3, 5]
    assert difference.dtype == object
    assert each(sympy.sqrt, 4) == 2


def test_a_scope_is_changed_by_making_another() -> None:
    scope = Scope(names={"a": 1, "b": 2}, sizes={"k": 3}, index={"k": 0})
    assert scope.where(names={"b": 5, "c": 6}, index={"j": 1}) == Scope(
        names={"a": 1, "b": 5, "c": 6}, sizes={"k": 3},
        index={"k": 0, "j": 1},
    )  # fmt: skip
    assert scope.names == {"a": 1, "b": 2}


@pytest.mark.parametrize(
    ("base", "below", "value"),
    [
        ("a", [], 7),
        ("a", ["1"], 8),
        ("kappa", ["min"], 9),
        ("W", ["j", "k"], 15),
        ("W", ["k", "j"], 16),
        ("x", ["k"], 12),
        ("x", ["3"], 13),
        ("x", ["12"], 22),
        ("y", [], 5),
        ("y", ["1"], 1),
        ("y", ["k"], 2),
        ("e", [], 30),
        ("i", [], sympy.I),
        ("pi", [], sympy.pi),
        ("infty", [], sympy.oo),
    ],
)
def test_a_name_may_have_a_subscript(
    base: str, below: list[str], value: object
) -> None:
    scope = Scope(
        names={
            "a": 7,
            "a_1": 8,
            "kappa_min": 9,
            "x": np.arange(11, 23),
            "W": np.array([[14, 15], [16, 17]]),
            "y_": np.array([1, 2]),
            "y": 5,
            "e": 30,
        },
        index={"j": 0, "k": 1},
    )
    assert scope.name(base, below) == value


def test_e_is_a_number_if_nothing_else() -> None:
    assert Scope().name("e", []) is sympy.E


@pytest.mark.parametrize(
    ("base", "below", "whole"),
    [
        ("c", [], "c"),
        ("c", ["1"], "c_1"),
        ("y", [], "y"),
        ("e", ["k"], "e_k"),
        ("W", ["k", "q"], "W_kq"),
    ],
)
def test_what_is_unknown_is_named(
    base: str, below: list[str], whole: str
) -> None:
    names = {"y_": np.zeros(2), "W": np.zeros((2, 2))}
    with pytest.raises(UnknownName) as error:
        Scope(names=names, index={"k": 0}).name(base, below)
    assert str(error.value) == f"nothing is known of {whole}"


def test_definitions_are_put_in_until_none_is_left() -> None:
    scope = Scope(definitions={u: v + 1, v: h**2})
    assert scope.expanded(u * v + h) == (h**2 + 1) * h**2 + h
    assert scope.expanded([u, 3]).tolist() == [h**2 + 1, 3]
    assert isinstance(scope.expanded([u, 3])[1], sympy.Integer)


# ---- Sides.

VALUES = {
    "a": 3,
    "b": HALF,
    "c": 5,
    "n": 2,
    "x": [HALF, Fraction(-3, 2), 2],
    "y": [2, 4],
    "W": [[1, 2], [3, 5]],
    "dx": 7,
    "dbar x": 31,
    "dW": [37, 41],
    "hat m": 11,
    "theta'": 13,
    "theta''": 14,
    "kappa_min": 17,
    "bar g_1": 19,
    "f": 43,
    "E(a^2)": 23,
    "E(dx)": 24,
    "E(u)": 25,
    "E(X^2)": 47,
    "E((u)^2)": 630,
    "Var(W)": 29,
}
SCOPE = Scope(
    names={name: exact(value) for name, value in VALUES.items()},
    functions={"f": lambda one, two: one - two, "g'": lambda one: 2 * one},
    sizes={"i": 2, "j": 2, "k": 2, "k'": 3, "places": 4},
    index={"i": 0, "k": 1},
)


def value(tex: str, scope: Scope = SCOPE) -> object:
    """Return what the only side of a formula stands for."""
    ((side,),) = [chain.sides for chain in chains(tex)]
    found = read(side, scope.functions)(scope)
    return found.tolist() if isinstance(found, np.ndarray) else found


@pytest.mark.parametrize(
    ("tex", "result"),
    [
        # Sums and products.
        ("12", 12),
        ("0.25", Fraction(1, 4)),
        ("a + b - c", Fraction(-3, 2)),
        ("-a + b", Fraction(-5, 2)),
        (r"+a \pm b - 1 + 2", Fraction(9, 2)),
        (r"\pm a", 3),
        ("a b c", Fraction(15, 2)),
        (r"a \cdot b \cdots c", Fraction(15, 2)),
        ("a / b / 2", 3),
        (r"a \cdot \cdots \cdot c", 15),
        (r"a \cdots / c", Fraction(3, 5)),
        ("a - b c + 1", Fraction(3, 2)),
        (r"(a + b) (c - 1)", 14),
        (r"{a + b} c", Fraction(35, 2)),
        (r"(& a \\ & + b)", Fraction(7, 2)),
        (r"1 + \dots", 1),
        # Tables.
        ("W y", [10, 26]),
        ("y W", [14, 24]),
        ("W W", [[7, 12], [18, 31]]),
        (r"W \odot W", [[1, 4], [9, 25]]),
        (r"W \cdot y", [[2, 8], [6, 20]]),
        ("y y", [4, 16]),
        ("a y b", [3, 6]),
        ("W / y", [[HALF, HALF], [Fraction(3, 2), Fraction(5, 4)]]),
        (r"W^\top", [[1, 3], [2, 5]]),
        (r"W^\top^2 - 1", [[0, 8], [3, 24]]),
        ("(a, b, c)", [3, HALF, 5]),
        ("(a, c) W", [18, 31]),
        (r"\text{row sums of } W", [[3], [8]]),
        (r"\text{the column sums of } W", [4, 7]),
        (r"\text{row sums of } W W + 1", [[20], [50]]),
        # Above and below.
        ("a^2", 9),
        ("b^{-a}", 8),
        ("2^n^a", 64),
        ("a^12", 6),
        (r"\frac12 a", Fraction(3, 2)),
        (r"\frac123", Fraction(3, 2)),
        (r"\tfrac a2", Fraction(3, 2)),
        (r"\frac{a + 1}{c + 1} b", Fraction(1, 3)),
        (r"\frac{y}{2}", [1, 2]),
        (r"\sqrt 4 a", 6),
        (r"\sqrt{a^2 \cdot 2}", 3 * ROOT),
        (r"\sqrt[3]{8} a", 6),
        # Brackets and functions.
        (r"|{-a}| |b|", Fraction(3, 2)),
        (r"|a - c| + |b|", Fraction(5, 2)),
        ("|y|", 2 * sympy.sqrt(5)),
        ("|c - |1 - a||", 3),
        (r"|a \cdot (1 - |c|) |", 12),
        ("|(a) - c|", 2),
        ("(a |b|) + |(a |b|)|", 3),
        (r"|\sqrt{|1 - c|}|", 2),
        (r"\lfloor a b \rfloor", 1),
        (r"\lfloor x \rfloor", [0, -2, 2]),
        (r"\max(a, c, b) - \min(a, c, b)", Fraction(9, 2)),
        (r"\max(0, x)", [HALF, 0, 2]),
        (r"\log e^a", 3),
        (r"\log y", [sympy.log(2), sympy.log(4)]),
        (r"\exp 0 + \cos\pi + \tanh 0", 0),
        (r"\cos(\pi) a", -3),
        ("f(a, c)", -2),
        ("f(f(a, c), 1) b", Fraction(-3, 2)),
        ("f b", Fraction(43, 2)),
        ("g'(c)^2", 100),
        (r"(f(1, 2), \frac{f(1, 2)}{2}, |f(1, 2)|)", [-1, -HALF, 1]),
        ("[i = i] + [i = k]", 1),
        (r"\text{real part of } (a + \mathrm{i} b)^2", Fraction(35, 4)),
        (r"\text{imaginary part of } (a + \mathrm{i} b)^2", 3),
        # Names.
        (r"\grad{dx} b", Fraction(7, 2)),
        (r"\grad{dW} + \grad{dW_2}", [78, 82]),
        (r"\grad{d\bar x}", 31),
        (r"\grad{d\bar{x}}", 31),
        (r"\hat{m} + \val{\hat m}", 22),
        (r"\theta' + \theta''", 27),
        (r"\kappa_\text{min}", 17),
        (r"\bar g_1 a", 57),
        ("x_2 W_{ik}", -3),
        ("W_{ki}", 3),
        # Sums.
        (r"\sum x", 1),
        (r"\sum x a + 1", 4),
        (r"\sum_{\text{numbers}} x^2", Fraction(13, 2)),
        (r"\sum_{\text{places}} a", 12),
        (r"\sum_j y_j + 1", 7),
        (r"\sum_{k'} x_{k'}", 1),
        (r"\sum_i \sum_j [i = j] W_{ij}", 6),
        (r"\sum_{u=1}^{n + 1} u^2", 14),
        (r"\sum_{c=n}^4 c", 9),
        (r"\sum_k^n y_k", 6),
        (r"\sum^n y", 6),
        # Slopes and integrals.
        (r"\int_0^a u^2 \, du + 1", 10),
        (r"\int_0^y u du", [2, 8]),
        (r"\int_1^a u du", 4),
        (r"\int_{-\infty}^{0} e^{u} du b", HALF),
        (r"\int_0^1 g'(u) du", 1),
        # Cases.
        (
            r"\begin{cases} 1 & \text{if } a > c \\ "
            r"b & \text{if not} \end{cases} a",
            Fraction(3, 2),
        ),
        (
            r"\begin{cases} 1 & x \ge 2 \\ 2 & x < 0 \\[1ex] 3 & \end{cases}",
            [3, 2, 1],
        ),
        (r"\begin{cases} 1 & a \le 3 \\ 2 & a > 3 \end{cases}", 1),
        (r"\begin{cases} 1 & a < 3 \\ 2 & a \ge 3 \end{cases}", 2),
        (r"\begin{cases} x & x > 0 \\ -x & \end{cases}", [HALF, 3 * HALF, 2]),
        (r"\begin{cases} g'(a) & f(a, c) < 0 \\ 1 & \end{cases}", 6),
        # Chance.
        (r"\operatorname{E}(a^2) + \operatorname{Var} W", 52),
        (r"\operatorname{E}(\grad{dx}) b", 12),
        (r"\operatorname{E}{a^{2}}", 23),
        (r"\operatorname{E}(X^{2})", 47),
        (r"\operatorname{Var}(u) + \operatorname{Var} u", 10),
    ],
)
def test_a_side_has_a_value(tex: str, result: object) -> None:
    assert value(tex) == result


@pytest.mark.parametrize(
    ("tex", "fault"),
    [
        ("a +", "expected more before the end"),
        ("(a", "expected ) before the end"),
        ("(a ] b c d e f g h i", "expected ) before ] b c d e f g h"),
        ("{a ) b", "expected } before ) b"),
        (r"\lfloor a ) b", r"expected \rfloor before ) b"),
        ("a ) b c d e f g h i", "cannot read on at ) b c d e f g h"),
        ("|a", "expected | before the end"),
        ("[a b]", "expected = before b ]"),
        ("[a = b)", "expected ] before )"),
        (r"\sqrt[3 a", "expected ] before a"),
        (r"\frac{d}{du)", "expected } before )"),
        (r"\frac{\partial v", "expected more before the end"),
        (r"\max a", "expected ( before a"),
        (r"\int^2 u du", "expected _ before ^ 2 u d u"),
        (r"\int_0 u du", "expected ^ before u d u"),
        (r"\begin{cases} 3 \end{cases}", r"expected & before \endcases"),
        (r"\begin{cases} 3 \\ 4 &", r"expected & before \\ 4 &"),
        (r"\begin{cases} 3 & a", "expected more before the end"),
        (r"\left. a", r"expected \right| before the end"),
        (r"\left. a \right|_b c", "expected more before the end"),
        ("a - - b", "cannot read -"),
        (r"a \% b", "cannot read %"),
        ("_a", "cannot read _"),
    ],
)
def test_what_cannot_be_read_is_an_error(tex: str, fault: str) -> None:
    with pytest.raises(TexError) as error:
        read(tokens(tex), {})
    assert str(error.value) == fault


def test_a_mean_goes_over_all_outcomes() -> None:
    quarter = sympy.Rational(1, 4)
    scope = Scope(
        names={"a": 2, "E(known)": 9},
        outcomes=[(quarter, {"u": 1}), (3 * quarter, {"u": 5})],
    )
    assert value(r"\operatorname{E}(a u)", scope) == 8
    assert value(r"\operatorname{E} u a", scope) == 8
    assert value(r"\operatorname{Var} u", scope) == 3
    assert value(r"\operatorname{Var}(a u)", scope) == 12
    assert scope.mean("E(known)", lambda inner: 0) == 9
    assert scope.mean("E", lambda inner: inner.name("u", [])) == 4
    with pytest.raises(UnknownName) as error:
        value(r"\operatorname{E}(\hat{a}^2)", Scope(names={"hat a": 2}))
    assert str(error.value) == "nothing is known of E(hata^2)"


# v = u^2 + h and w = v^2, with h = 5 u.
SLOPES = Scope(
    names={"t": t, "u": u, "v": v, "w": w, "h": h, "x": np.array([u, h])},
    definitions={w: v**2, v: u**2 + h, h: 5 * u},
    functions={"g": lambda one: one**3},
)


@pytest.mark.parametrize(
    ("tex", "result"),
    [
        (r"\frac{d}{du} u^3 v + 1", 3 * u**2 * v + 1),
        (r"\frac{d}{dx} u v", [v, 0]),
        (r"\left.\frac{d}{du} u^2\right|_{u = 3} v", 6 * v),
        (r"\left. x + u \right|_{u = v}", [2 * v, h + v]),
        (r"\left. g(u) \right|_{u = g(2)}", 512),
        # What is on the way stands still, if there is such a way.
        (r"\frac{\partial v}{\partial u}", 2 * u),
        (r"\frac{\partial v}{\partial h} v", v),
        (r"\frac{\partial {v}}{\partial {u}}", 2 * u),
        (r"\frac{\partial v}{\partial x}", [2 * u, 1]),
        (r"\frac{\partial w}{\partial u}", 2 * (u**2 + 5 * u) * (2 * u + 5)),
        (r"\frac{\partial}{\partial u} v h", 15 * u**2 + 50 * u),
        (r"\frac{\partial}{\partial u} g(u) + 1", 3 * u**2 + 1),
        (r"\frac{\partial}{\partial u} t u", t),
    ],
)
def test_a_slope_is_taken(tex: str, result: object) -> None:
    found = each(sympy.expand, value(tex, SLOPES))
    assert np.array_equal(found, each(sympy.expand, result))


@pytest.mark.parametrize("of", ["u", "u v"])
def test_what_has_no_definition_has_no_slope(of: str) -> None:
    with pytest.raises(UnknownName) as error:
        value(rf"\frac{{\partial {of}}}{{\partial v}}", SLOPES)
    assert str(error.value) == "nothing is known of the slope in v"


def test_cases_stay_while_nothing_is_known_of_them() -> None:
    scope = Scope(names={"u": u})
    found = value(r"\begin{cases} u & u \ge 1 \\ -1 & \end{cases}", scope)
    assert found == sympy.Piecewise((u, u >= 1), (-1, True))


def test_tables_without_a_sign_are_a_matrix_product() -> None:
    W, x = np.array([[1, 2], [3, 5]]), np.array([10, 100])
    assert times(W, W, "").tolist() == [[7, 12], [18, 31]]
    assert times(W, x, "").tolist() == [210, 530]
    assert times(x, W, "").tolist() == [310, 520]
    assert times(x, x, "").tolist() == [100, 10_000]
    assert times(W, x, r"\cdot").tolist() == [[10, 200], [30, 500]]
    assert times(2, W, "").tolist() == [[2, 4], [6, 10]]
    assert times(W, x, "/").tolist() == [[0.1, 0.02], [0.3, 0.05]]


def test_bars_are_a_size() -> None:
    assert size(np.array([u, -3])) == sympy.sqrt(u**2 + 9)
    assert size(-u) == sympy.Abs(u)
