r"""From the TeX of a displayed equation to SymPy.

SymPy has parsers of LaTeX, but takes $dy$ for $d$ times $y$, and knows
neither tables of numbers nor $\leftarrow$, $\odot$ or a sum over $k$. So
the mathematics of this book, and no more, is read here.

An equation is made of chains, a = b = c, which have sides. What a side
means depends on the `Scope` in which it is evaluated: names stand for
SymPy expressions or for NumPy arrays of them, and two tables side by side
are a matrix product. What cannot be read raises `TexError`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import numpy as np
import sympy

Value = Any  # a SymPy expression, or an array of them
Meaning = Callable[["Scope"], Value]
Outcome = tuple[Value, Mapping[str, Value]]

RELATIONS = {"=", r"\leftarrow", r"\approx", r"\ge", r"\le", ">", "<"}
OPEN = {"(", "[", "{", r"\cases", r"\lfloor"}
CLOSE = {")", "]", "}", r"\endcases", r"\rfloor"}
BREAKS = {r"\qquad", r"\quad", r"\Longrightarrow", ","}
SIGNS = {"+": 1, "-": -1, r"\pm": 1}
MARKS = {r"\hat", r"\bar", r"\tilde"}
CONSTANTS = {
    "e": sympy.E,
    "pi": sympy.pi,
    "infty": sympy.oo,
    "i": sympy.I,  # \mathrm{i}
}
# What in an equation is layout and no mathematics.
LAYOUT = re.compile(
    r"\\(?:[bB]igg?[lr]?|left(?!\.)|right(?!\|_)|textstyle)(?![A-Za-z])"
    r"|(?<!\\)\\[,;! ]|\\(?:begin|end)\{(?:aligned|gathered)\}"
)
TOKEN = re.compile(
    r"\\\\(?:\[[^\]]*\])?|\\right\||\\left\.|\\[A-Za-z]+"
    r"|\d+(?:\.\d+)?|[^\s\\]"
)
CHANCE = {"E", "Var"}
WORD = re.compile(r"[a-z]+")
OPERATIONS: dict[str, Callable[[Value], Value]] = {
    "imaginary part of": lambda value: sympy.im(sympy.expand(value)),
    "row sums of": lambda value: np.sum(value, axis=1, keepdims=True),
    "the column sums of": lambda value: np.sum(value, axis=0),
    "real part of": lambda value: sympy.re(sympy.expand(value)),
}


class TexError(Exception):
    """TeX that this module cannot read, or a name without a meaning."""


class UnknownName(TexError):
    """A name that the scope does not hold."""


def each(function: Callable[..., Value], *values: Value) -> Value:
    """Apply a function of numbers to numbers or arrays, entry by entry."""
    return np.frompyfunc(function, len(values), 1)(*values)


@dataclass(frozen=True)
class Scope:
    """What names stand for.

    `sizes` says from where to where an index runs: 3 for 0, 1, 2. Names
    with a definition are symbols, of which a derivative is taken as if
    nothing else depended on them. `outcomes` are all that chance may
    bring, each with its probability and what names stand for then.
    """

    names: Mapping[str, Value] = field(default_factory=dict)
    functions: Mapping[str, Callable[..., Value]] = field(default_factory=dict)
    sizes: Mapping[str, int] = field(default_factory=dict)
    index: Mapping[str, int] = field(default_factory=dict)
    definitions: Mapping[sympy.Symbol, Value] = field(default_factory=dict)
    outcomes: Sequence[Outcome] = ()

    def where(self, **changes: Mapping[str, Any]) -> Scope:
        """Return a scope with more names, or with more indices set."""
        return replace(
            self,
            **{key: getattr(self, key) | new for key, new in changes.items()},
        )

    def name(self, base: str, below: Sequence[str]) -> Value:
        """Return what a name with a subscript stands for."""
        whole = "_".join([base, "".join(below)]) if below else base
        if whole in self.names:
            return self.names[whole]
        families = [f"{base}_", base] if below else [base]
        family = next((name for name in families if name in self.names), "")
        if family and below and below[0].isdigit():  # counted from 1
            return self.names[family][int(below[0]) - 1]
        indices = [self.index.get(letter) for letter in below]
        if family and None not in indices:
            return self.names[family][tuple(indices)]
        if whole in CONSTANTS:
            return CONSTANTS[whole]
        raise UnknownName(f"nothing is known of {whole}")

    def mean(self, called: str, of: Meaning) -> Value:
        """Return what is known of E(…), or the mean of all outcomes."""
        if called in self.names:
            return self.names[called]
        if not self.outcomes:
            raise UnknownName(f"nothing is known of {called}")
        return sum(
            chance * of(self.where(names=names))
            for chance, names in self.outcomes
        )

    def expanded(self, value: Value) -> Value:
        """Return a value with all definitions put in."""

        def expand(entry: Value) -> Value:
            entry = sympy.sympify(entry)
            while known := entry.free_symbols & self.definitions.keys():
                entry = entry.xreplace({s: self.definitions[s] for s in known})
            return entry

        return each(expand, value)


@dataclass(frozen=True)
class Chain:
    """Sides with = or an arrow between them, and how it follows the last.

    `relation` is the sign between the chain and the one before it.
    """

    sides: tuple[tuple[str, ...], ...]
    arrow: bool = False
    relation: str = ""

    @property
    def called(self) -> str:
        """The first side as a name: theta, dW, Var(W)."""
        return canonical(self.sides[0])


def canonical(tokens: Sequence[str]) -> str:
    r"""Return tokens as a name.

    >>> canonical(["{", r"\D", "W", "_", "{", "k", "j", "}", "}"])
    'dW'
    """
    text = "".join(
        token.lstrip("\\!") + " " * (token in MARKS)
        for token in tokens
        if token not in "{}"
    )
    return re.sub(r"^D(?=.)", "d", text.partition("_")[0])


def braced(text: str, start: int) -> int:
    """Return the place behind the brace that closes the one at `start`."""
    depth = 0
    for place in range(start, len(text)):
        depth += (text[place] == "{") - (text[place] == "}")
        if not depth:
            return place + 1
    raise TexError(f"a brace is not closed: {text[start:]}")


def plain(tex: str) -> str:
    r"""Return TeX without colours, sizes and the shapes below letters.

    >>> plain(r"\underset{(n,\ d)}{\grad{dx}}")
    '{ \\D x }'
    """
    tex = re.sub(r"\\grad\{d(?=[A-Za-z\\])", r"\\grad{\\D ", tex)
    tex = tex.replace(r"\begin{cases}", r"\cases ")
    tex = tex.replace(r"\end{cases}", r"\endcases ")
    while found := re.search(r"\\(val|grad|underset|underbrace)\{", tex):
        end = braced(tex, found.end() - 1)
        inside, rest = tex[found.end() : end - 1], tex[end:]
        if found[1] == "underset":
            inside = ""
        elif found[1] == "underbrace":
            rest = rest[braced(rest, 1) :]
        tex = f"{tex[: found.start()]} {inside} {rest}"
    return " ".join(LAYOUT.sub(" ", tex).split())


def tokens(tex: str) -> list[str]:
    r"""Return the tokens of an equation.

    Words in `\text` are a name if it is one, an operation, or a remark,
    which is left out.
    """
    found: list[str] = []
    place, tex = 0, plain(tex)
    while place < len(tex):
        if word := re.compile(r"\\(?:text|mathrm|operatorname)\{").match(
            tex, place
        ):
            place = braced(tex, word.end() - 1)
            inside = tex[word.end() : place - 1]
            if inside.strip() in OPERATIONS or inside in CHANCE:
                found.append(rf"\!{inside.strip()}")
            elif WORD.fullmatch(inside):
                found.append(rf"\{inside}")
        elif token := TOKEN.match(tex, place):
            found.append("\\\\" if token[0][:2] == "\\\\" else token[0])
            place = token.end()
        else:
            place += 1
    return found


@cache
def chains(tex: str) -> tuple[Chain, ...]:
    r"""Return the chains of an equation, in order.

    A row that begins with a sign = goes on with the chain before. What
    stands behind `&&` is a chain of its own.
    """
    found: list[Chain] = []
    notes: list[Chain] = []
    into, sides, arrow, relation = found, [[]], False, ""  # type: ignore[var-annotated]

    def end(soft: bool) -> None:
        nonlocal sides, arrow, relation
        filled = tuple(tuple(trimmed(side)) for side in sides)
        if relation == "" and soft and sides[0] == [] and into:
            last = into.pop()
            chain = Chain(last.sides + filled[1:], last.arrow, last.relation)
        else:
            filled = filled[:1] + tuple(side for side in filled[1:] if side)
            chain = Chain(filled, arrow, relation)
        if any(chain.sides):
            into.append(chain)
        sides, arrow, relation = [[]], False, ""

    depth, cases, row, given = 0, 0, False, tokens(tex)
    for place, token in enumerate(given):
        depth += (token in OPEN) - (token in CLOSE)
        cases += (token == r"\cases") - (token == r"\endcases")
        if depth or token in CLOSE:
            if cases or token not in {"&", "\\\\"}:
                sides[-1].append(token)
        elif token == "\\\\" or token in BREAKS:
            end(soft=row)
            into, row = found, token == "\\\\"
        elif token == "&":
            behind = given[place + 1 : place + 2]
            if given[place - 1] == "&" and behind != ["="]:
                end(soft=row)
                into, row = notes, False
        elif token in RELATIONS:
            if token in {"=", r"\leftarrow"}:
                arrow |= token != "="
                sides.append([])
            else:
                end(soft=row)
                relation = token
        else:
            sides[-1].append(token)
    end(soft=row)
    return tuple(found + notes)


def trimmed(side: list[str]) -> list[str]:
    """Return a side without the full stop behind it."""
    return side[:-1] if side[-1:] == ["."] else side


def index_letters(below: Sequence[str]) -> list[str]:
    """Return a subscript's letters, each with its primes.

    >>> index_letters(["k", "'", "j"])
    ["k'", 'j']
    """
    letters: list[str] = []
    for token in below:
        if token == "'":
            letters[-1] += token
        elif token not in "{}":
            letters.append(token.removeprefix("\\"))
    return letters


def free(side: Sequence[str], sizes: Mapping[str, int]) -> list[str]:
    """Return the indices of a side that no sum runs over, in order."""
    letters: dict[str, bool] = {}
    for place, token in enumerate(side):
        if token == "_":
            rest = side[place + 1 :]
            group = rest[: rest.index("}")] if rest[0] == "{" else rest[:1]
            for letter in index_letters(group):
                letters.setdefault(letter, side[place - 1] != r"\sum")
    return [name for name, alone in letters.items() if alone and name in sizes]


def single(side: Sequence[str]) -> bool:
    """Say whether a side may be what is called so: no sign is in it."""
    return not {"+", "-"}.intersection(side)


class Reader:
    """Reads the tokens of one side; a meaning is a function of a scope."""

    def __init__(
        self, side: Sequence[str], functions: frozenset[str] = frozenset()
    ) -> None:
        self.left = list(side)
        self.functions = functions
        self.bars = 0  # how many |…| are open

    @property
    def next(self) -> str:
        return self.left[0] if self.left else ""

    def take(self, expected: str = "") -> str:
        if not self.left or (expected and self.next != expected):
            rest = " ".join(self.left[:8]) or "the end"
            raise TexError(f"expected {expected or 'more'} before {rest}")
        return self.left.pop(0)

    def whole(self) -> Meaning:
        """Read everything."""
        meaning = self.sum()
        if self.left:
            raise TexError(f"cannot read on at {' '.join(self.left[:8])}")
        return meaning

    def sum(self) -> Meaning:
        """Read terms with + and - between them."""
        first = SIGNS[self.take()] if self.next in SIGNS else 1
        terms = [(first, self.term())]
        while self.next in SIGNS:
            sign = SIGNS[self.take()]
            terms.append((sign, self.term()))

        def meaning(scope: Scope) -> Value:
            return sum(sign * term(scope) for sign, term in terms)

        return meaning

    def term(self) -> Meaning:
        """Read factors, with a sign of multiplication or none."""
        first, factors = self.power(), list[tuple[str, Meaning]]()
        while self.next not in self.stops():
            sign = ""
            while self.next in {r"\cdot", r"\cdots", r"\odot", "/"}:
                sign = self.take()  # dots stand for nothing more
            factors.append((sign, self.power()))

        def meaning(scope: Scope) -> Value:
            value = first(scope)
            for sign, factor in factors:
                value = times(value, factor(scope), sign)
            return value

        return meaning

    def stops(self) -> set[str]:
        """Return the tokens at which a term ends."""
        ends = {"", "&", "\\\\", ",", r"\right|", *SIGNS, *CLOSE, *RELATIONS}
        return ends | ({"|"} if self.bars else set())

    def power(self) -> Meaning:
        """Read a factor with what stands above it."""
        base = self.primary()
        while self.next == "^":
            self.take()
            if self.next == r"\top":
                self.take()
                base = _transposed(base)
            else:
                base = _raised(base, self.argument())
        return base

    def argument(self) -> Meaning:
        """Read a group, or a single letter or digit."""
        if self.next.isdigit() and len(self.next) > 1:  # \frac12
            digits = self.take()
            self.left[:0] = [digits[0], digits[1:]]
        return self.primary()

    def group(self) -> list[str]:
        """Take a group, or a single token, as it stands."""
        if self.next != "{":
            return [self.take()]
        self.take()
        depth, inside = 1, list[str]()
        while depth:
            token = self.take()
            depth += (token == "{") - (token == "}")
            inside.append(token)
        return inside[:-1]

    def inner(self, side: Sequence[str]) -> Meaning:
        """Read other tokens, all of them."""
        return Reader(side, self.functions).whole()

    def primary(self) -> Meaning:
        """Read a number, a name, a function or what is in brackets."""
        token = self.take()
        if token[0].isdigit():
            number = sympy.Rational(token)
            return lambda scope: number
        match token:
            case "(" | "{":
                return self.bracket(")" if token == "(" else "}")
            case "[":
                return self.iverson()
            case r"\lfloor":
                (whole,) = self.entries(r"\rfloor")
                return lambda scope: each(sympy.floor, whole(scope))
            case "|":
                self.bars += 1
                inside = self.sum()
                self.bars -= 1
                self.take("|")
                return lambda scope: size(inside(scope))
            case r"\frac" | r"\tfrac":
                return self.fraction()
            case r"\sqrt":
                return self.root()
            case r"\sum":
                return self.total()
            case r"\int":
                return self.integral()
            case r"\cases":
                return self.cases()
            case r"\left.":
                return self.at()
            case r"\dots":
                return lambda scope: sympy.Integer(0)
            case r"\max" | r"\min":
                return self.extreme(token)
            case r"\log" | r"\exp" | r"\tanh" | r"\cos":
                function, inside = getattr(sympy, token[1:]), self.power()
                return lambda scope: each(function, inside(scope))
            case r"\!E" | r"\!Var":
                return self.chance(token)
        if token[:2] == r"\!" and token[2:] in OPERATIONS:
            operation, rest = OPERATIONS[token[2:]], self.term()
            return lambda scope: operation(rest(scope))
        return self.name(token)

    def bracket(self, end: str) -> Meaning:
        """Read up to a closing bracket; with commas it is a row."""
        entries = self.entries(end)
        if len(entries) == 1:
            return entries[0]
        return lambda scope: np.array([e(scope) for e in entries], object)

    def entries(self, end: str = ")") -> list[Meaning]:
        """Read what stands between commas, up to a closing bracket."""
        bars, self.bars = self.bars, 0
        entries = [self.sum()]
        while self.next == ",":
            self.take()
            entries.append(self.sum())
        self.take(end)
        self.bars = bars
        return entries

    def iverson(self) -> Meaning:
        """Read [j = k]."""
        one, _, other = self.take(), self.take("="), self.take()
        self.take("]")
        return lambda scope: sympy.Integer(
            scope.index[one] == scope.index[other]
        )

    def fraction(self) -> Meaning:
        r"""Read what follows \frac, a derivative among others."""
        if self.left[:2] == ["{", r"\partial"]:
            return self.derivative()
        if self.left[:5] == [*"{d}{d"]:
            del self.left[:5]
            by, _ = self.name(self.take()), self.take("}")
            rest = self.term()
            return lambda scope: each(sympy.diff, rest(scope), by(scope))
        above, below = self.argument(), self.argument()
        return lambda scope: times(above(scope), below(scope), "/")

    def derivative(self) -> Meaning:
        """Read a partial derivative, of a name or of what follows."""
        above, below = self.group()[1:], self.group()[1:]
        by = self.inner(below)
        if above:
            of = self.inner(above)

            def one(value: Value, to: Value, scope: Scope) -> Value:
                made = scope.definitions.get(value)
                if made is None:
                    raise UnknownName(f"nothing is known of the slope in {to}")
                if to not in made.free_symbols:
                    made = scope.expanded(made)
                return sympy.diff(made, to)

            return lambda scope: each(
                lambda value, to: one(value, to, scope), of(scope), by(scope)
            )
        rest = self.term()
        return lambda scope: each(
            sympy.diff, scope.expanded(rest(scope)), by(scope)
        )

    def root(self) -> Meaning:
        r"""Read what follows \sqrt."""
        degree = 2
        if self.next == "[":
            _, degree, _ = self.take(), int(self.take()), self.take("]")
        inside = self.argument()
        return lambda scope: inside(scope) ** sympy.Rational(1, degree)

    def total(self) -> Meaning:
        r"""Read a sum: over an index, from a number to another, over so
        many things of a kind, or over all entries of an array.
        """
        over, upto = list[str](), None
        if self.next == "_":
            self.take()
            over = self.group()
        if self.next == "^":
            self.take()
            upto = self.argument()
        rest = self.term()
        if upto and over[1:2] == ["="]:
            begin, end = self.inner(over[2:]), upto
            return lambda scope: sum(
                rest(scope.where(names={over[0]: sympy.Integer(number)}))
                for number in range(int(begin(scope)), int(end(scope)) + 1)
            )
        letter = "".join(index_letters(over))

        def meaning(scope: Scope) -> Value:
            if letter not in scope.sizes:
                return np.sum(rest(scope))
            return sum(
                rest(scope.where(index={letter: number}))
                for number in range(scope.sizes[letter])
            )

        return meaning

    def integral(self) -> Meaning:
        r"""Read \int_a^b … du."""
        self.take("_")
        begin = self.argument()
        self.take("^")
        end = self.argument()
        place = self.left.index("d")
        body = self.inner(self.left[:place])
        name = self.left[place + 1]
        del self.left[: place + 2]
        u = sympy.Dummy(name, real=True)
        return lambda scope: each(
            lambda low, high: sympy.integrate(
                body(scope.where(names={name: u})), (u, low, high)
            ),
            begin(scope),
            end(scope),
        )

    def cases(self) -> Meaning:
        """Read values, each with a condition."""
        parts: list[Meaning] = []  # a value, its condition, a value …
        while self.next != r"\endcases":
            value, condition = self.sum(), list[str]()
            self.take("&")
            while self.next not in {"\\\\", r"\endcases"}:
                condition.append(self.take())
            if self.next == "\\\\":
                self.take()
            parts += value, self.condition(condition)
        self.take()
        return lambda scope: each(
            lambda *given: sympy.Piecewise(
                *zip(given[::2], given[1::2], strict=True)
            ),
            *(part(scope) for part in parts),
        )

    def condition(self, side: list[str]) -> Meaning:
        """Read an inequality; where there is none, all other cases."""
        for place, token in enumerate(side):
            if token in COMPARED:
                one = self.inner(side[:place])
                other = self.inner(side[place + 1 :])
                compare = COMPARED[token]
                return lambda scope: each(compare, one(scope), other(scope))
        return lambda scope: sympy.true

    def at(self) -> Meaning:
        r"""Read what stands before \right|_{h = 0}, at this h."""
        rest = self.sum()
        _, _ = self.take(r"\right|"), self.take("_")
        place = self.group()
        name, to = self.inner(place[:1]), self.inner(place[2:])
        return lambda scope: each(
            lambda value: value.subs(name(scope), to(scope)), rest(scope)
        )

    def extreme(self, token: str) -> Meaning:
        """Read the largest or the smallest of some values."""
        function = sympy.Max if token == r"\max" else sympy.Min
        self.take("(")
        entries = self.entries()
        return lambda scope: each(function, *(e(scope) for e in entries))

    def chance(self, token: str) -> Meaning:
        """Read a mean or a variance over all outcomes."""
        before = list(self.left)
        of = self.primary()
        inside = before[: len(before) - len(self.left)]
        if inside[0] != "(":
            inside = ["(", *inside, ")"]
        text = "".join(
            "d" if t == r"\D" else t.lstrip("\\!")
            for t in inside
            if t not in "{}"
        )
        if token == r"\!E":
            return lambda scope: scope.mean(f"E{text}", of)

        def meaning(scope: Scope) -> Value:
            def square(inner: Scope) -> Value:
                return of(inner) ** 2

            if f"Var{text}" in scope.names:
                return scope.names[f"Var{text}"]
            mean = scope.mean("E" + text, of)
            return scope.mean(f"E({text}^2)", square) - mean**2

        return meaning

    def name(self, token: str) -> Meaning:
        """Read a name with marks, primes and subscript, or a call."""
        base = token.removeprefix("\\")
        if token in MARKS or token == r"\D":
            group = self.group()
            base = canonical([token, *group[:1]])
            if group[0] in MARKS:  # \D \bar x
                base = "d" + canonical([*group, *self.group()])
        elif not (token.isalpha() or token[1:].isalpha()):
            raise TexError(f"cannot read {token}")
        while self.next == "'":
            base += self.take()
        if self.next == "(" and base in self.functions:
            self.take()
            inside = self.entries()
            return lambda scope: scope.functions[base](
                *(entry(scope) for entry in inside)
            )
        below: list[str] = []
        if self.next == "_":
            self.take()
            below = index_letters(self.group())
        return lambda scope: scope.name(base, below)


COMPARED: dict[str, Callable[[Value, Value], Value]] = {
    r"\le": sympy.Le,
    r"\ge": sympy.Ge,
    "<": sympy.Lt,
    ">": sympy.Gt,
}


def times(one: Value, other: Value, sign: str) -> Value:
    """Multiply or divide; without a sign, tables as matrices."""
    if sign == "/":
        return one / other
    dimensions = sorted([np.ndim(one), np.ndim(other)])
    if sign == "" and dimensions in ([1, 2], [2, 2]):
        return one @ other
    return one * other


def size(value: Value) -> Value:
    """Return a number without its sign, or the length of a vector."""
    if np.ndim(value):
        return sympy.sqrt(np.sum(value * value))
    return sympy.Abs(value)


def _transposed(base: Meaning) -> Meaning:
    return lambda scope: base(scope).T


def _raised(base: Meaning, above: Meaning) -> Meaning:
    return lambda scope: base(scope) ** above(scope)


def read(side: Sequence[str], functions: Mapping[str, Any]) -> Meaning:
    """Return what a side of a chain means."""
    return Reader(side, frozenset(functions)).whole()
