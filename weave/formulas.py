r"""Compare displayed equations with the program that they describe.

`Formulas` holds the TeX of all numbered equations. `check` reads one,
puts random numbers in, and compares every side of every = in it with
what `nn` computes, and with an independent derivative. What differs is a
`FormulaError` that names the equation. A check keeps its inputs, so that
`run` can repeat it with other TeX: with a wrong sign it has to fail.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any

import numpy as np
import sympy
from numpy.typing import NDArray

from weave.symbolic import (
    Chain,
    Outcome,
    Scope,
    TexError,
    UnknownName,
    Value,
    braced,
    chains,
    each,
    free,
    read,
    single,
)

Array = NDArray[Any]
Function = Callable[..., Value]
Result = tuple[float | None, float | None]  # from `nn`, from the derivative
# What reading or evaluating TeX that means nothing may raise.
UNREADABLE = TexError, TypeError, ValueError, LookupError, ArithmeticError
LAMBDIFY = [{"Heaviside": lambda x, half=0.5: float(x > 0)}, "math"]


class FormulaError(Exception):
    """A displayed equation that is not what is computed."""


@dataclass
class Evaluation:
    """A scope whose symbols have numbers."""

    scope: Scope
    numbers: dict[sympy.Symbol, float] = field(default_factory=dict)

    def let(self, name: str, value: Value, formula: Value = None) -> None:
        """Let a name stand for symbols with these numbers.

        Whole numbers stay what they are. With a `formula` for each entry
        the symbols are defined by it.
        """
        if isinstance(value, int):
            self.scope = self.scope.where(names={name: sympy.Integer(value)})
            return
        array = np.asarray(value, np.float64)
        symbols = np.empty(array.shape, object)
        definitions = {}
        for place in np.ndindex(array.shape):
            symbol = symbols[place] = sympy.Dummy(name, real=True)
            self.numbers[symbol] = float(array[place])
            if formula is not None:
                definitions[symbol] = np.asarray(formula, object)[place]
        self.scope = self.scope.where(
            names={name: symbols[()]}, definitions=definitions
        )

    def number(self, values: Value) -> Array:
        """Return numbers for expressions in the symbols."""
        array = np.asarray(values, object)
        made = sympy.lambdify(
            list(self.numbers), list(array.flat), modules=LAMBDIFY
        )
        flat = made(*self.numbers.values())
        return np.array(flat, np.float64).reshape(array.shape)

    def side(self, side: Sequence[str], indices: Sequence[str]) -> Value:
        """Evaluate a side, for every value of its free indices."""
        meaning = read(side, self.scope.functions)
        if not indices:
            return meaning(self.scope)
        ranges = [range(self.scope.sizes[name]) for name in indices]
        values = [
            meaning(
                self.scope.where(index=dict(zip(indices, at, strict=True)))
            )
            for at in product(*ranges)
        ]
        shape = [len(numbers) for numbers in ranges]
        return np.array(values, object).reshape(*shape, *np.shape(values[0]))

    def chain(self, chain: Chain) -> list[Value]:
        """Return the sides that can be computed; give the first its name.

        The first side may be what is called so, and known by nothing else.
        """
        first, *rest = chain.sides
        indices = free(first, self.scope.sizes)
        values = [self.side(side, indices) for side in rest]
        if not chain.arrow:
            try:
                return [self.side(first, indices), *values]
            except UnknownName:
                if not (single(first) and values):
                    raise
        self.let(chain.called, self.number(values[-1]), values[-1])
        return values


@dataclass(frozen=True)
class Check:
    """A comparison of an equation with numbers from elsewhere."""

    where: str
    against: str
    expected: Sequence[Value]
    slopes: Sequence[Value]
    parts: Sequence[int]
    steps: Sequence[Mapping[str, Value]]
    series: str
    within: float
    kept: Sequence[str]
    sides: int | None
    begin: Callable[[Mapping[str, Value]], Evaluation]

    def run(self, tex: str) -> Result:
        """Return the largest differences, from `nn` and from the slopes."""
        try:
            if self.steps:
                return self._walk(tex), None
            return self._compare(tex)
        except UNREADABLE as error:
            raise FormulaError(
                f"Equation {self.where}: {type(error).__name__}: {error}"
            ) from error

    def _compare(self, tex: str) -> Result:
        now = self.begin({})
        worst: list[float] = []
        steepest: list[float] = []
        for place, chain in self._chains(tex):
            expected, slopes = self.expected[place], self.slopes[place]
            values = now.chain(chain)
            if self.series:
                worst.append(self._series(now, chain, values))
                values = [
                    value
                    for value, side in zip(values, chain.sides, strict=True)
                    if r"\dots" not in side
                ]
            numbers = [now.number(value) for value in values]
            told = numbers[0] if expected is None else expected
            for side in numbers[1:] if expected is None else numbers:
                worst.append(self._differs(chain, side, told))
            for side in [] if slopes is None else numbers:
                off = self._differs(chain, side, slopes, "its derivative")
                steepest.append(off)
        return max(worst, default=None), max(steepest, default=None)

    def _chains(self, tex: str) -> Iterator[tuple[int, Chain]]:
        """Yield the chains to compare, each with its place in the lists."""
        for number, chain in enumerate(chains(tex)):
            if number in self.parts:
                sides = chain.sides[: self.sides]
                yield self.parts.index(number), replace(chain, sides=sides)

    def _walk(self, tex: str) -> float:
        """Take the steps of a rule; what it assigns is kept for the next."""
        worst = 0.0
        kept: dict[str, Value] = {}
        for step, expected in zip(self.steps, self.expected, strict=True):
            now = self.begin({**kept, **step})
            for _, chain in self._chains(tex):
                values = [now.number(value) for value in now.chain(chain)]
                for side in values[:-1]:
                    self._differs(chain, side, values[-1], "its last side")
            for name in self.kept:
                kept[name] = now.number(now.scope.names[name])
            for name, value in expected.items():
                off = self._differs(chain, kept[name], value, name=name)
                worst = max(worst, off)
        return worst

    def _series(
        self, now: Evaluation, chain: Chain, values: list[Value]
    ) -> float:
        """Compare powers with those of the other side, up to the dots."""
        by = now.scope.names[self.series]
        dotted = [r"\dots" in side for side in chain.sides]
        whole = values[dotted.index(False)]
        part = sympy.expand(values[dotted.index(True)])
        upto = sympy.degree(part, by) + 1
        rest = sympy.expand(sympy.series(whole, by, 0, upto).removeO() - part)
        powers = range(-2, upto)  # below 0, what a division by h leaves
        left = now.number([rest.coeff(by, power) for power in powers])
        return self._differs(chain, left, np.zeros(len(powers)), "its series")

    def _differs(
        self,
        chain: Chain,
        value: Array,
        expected: Value,
        told: str = "",
        name: str = "",
    ) -> float:
        wanted = np.asarray(expected, np.float64)
        where = f"Equation {self.where}, {name or chain.called}: "
        if value.shape != wanted.shape:
            raise FormulaError(
                f"{where}has shape {value.shape}, expected {wanted.shape}"
            )
        off = np.abs(value - wanted)
        worst = float(off.max()) / max(1.0, float(np.abs(wanted).max()))
        if not worst <= self.within:
            at = np.unravel_index(off.argmax(), off.shape)
            place = f" at {[int(i) for i in at]}" if at else ""
            raise FormulaError(
                f"{where}differs from {told or self.against} by "
                f"{off.max():.2g}{place}"
            )
        return worst


@dataclass
class Formulas:
    """Equations with their TeX, and the checks that they have passed."""

    equations: Mapping[str, str]
    checks: list[Check] = field(default_factory=list)
    found: dict[str, list[Result]] = field(default_factory=dict)

    def tex(self, where: str) -> str:
        if where not in self.equations:
            raise FormulaError(f"there is no equation {where}")
        return self.equations[where]

    def begin(
        self,
        values: Mapping[str, Value],
        *,
        functions: Mapping[str, Function] = {},
        sizes: Mapping[str, int] = {},
        outcomes: Iterable[tuple[float, Mapping[str, Value]]] = (),
        given: Sequence[str] = (),
    ) -> Evaluation:
        """Return a scope in which names have values.

        `given` equations define more names; "where:2" is a chain of one.
        """
        exact: list[Outcome] = [
            (
                sympy.sympify(chance),
                {name: each(sympy.sympify, v) for name, v in of.items()},
            )
            for chance, of in outcomes
        ]
        now = Evaluation(
            Scope(functions=functions, sizes=sizes, outcomes=exact)
        )
        for name, value in values.items():
            now.let(name, value)
        for other in given:
            place, _, part = other.partition(":")
            told = chains(self.tex(place) if ".py#" in place else place)
            for chain in [told[int(part)]] if part else told:
                now.chain(chain)
        return now

    def check(
        self,
        where: str,
        against: str,
        values: Mapping[str, Value],
        *,
        nn: Sequence[Value] = (None,),
        slope: Sequence[Value] | None = None,
        part: int | Sequence[int] | None = None,
        steps: Sequence[Mapping[str, Value]] = (),
        keep: Sequence[str] = (),
        sides: int | None = None,
        series: str = "",
        within: float = 1e-12,
        **scope: Any,
    ) -> None:
        """Compare each chain of an equation, or a part, with numbers.

        `nn` has an entry for each chain, or with `steps` one for each
        step: what names are then; those to `keep` go on from there.
        `slope` is the derivative. An entry None leaves it to the sides to
        agree. Of a chain only the first `sides` are compared, if there is
        such a number.
        """
        tex = self.tex(where)
        parts = range(len(chains(tex))) if part is None else part
        if isinstance(parts, int):
            parts = [parts]
        slopes = [None] * len(parts) if slope is None else slope
        if not steps and not len(nn) == len(slopes) == len(parts):
            raise FormulaError(
                f"Equation {where}: {len(parts)} chains, but {len(nn)} of nn "
                f"and {len(slopes)} slopes"
            )
        check = Check(
            where,
            against,
            nn,
            slopes,
            list(parts),
            steps,
            series,
            within,
            keep,
            sides,
            lambda more: self.begin({**values, **more}, **scope),
        )
        result = check.run(tex)
        self.checks.append(check)
        self.found.setdefault(where, []).append(result)

    def unchecked(self) -> list[str]:
        """Return the chains of equations that no check has compared."""
        parts: dict[str, set[int]] = {}
        for check in self.checks:
            parts.setdefault(check.where, set()).update(check.parts)
        return [
            f"{where}:{number}"
            for where, tex in self.equations.items()
            for number in range(len(chains(tex)))
            if number not in parts.get(where, ())
        ]

    def function(
        self,
        where: str,
        of: str = "x",
        names: Mapping[str, Value] | None = None,
        **functions: Function,
    ) -> Function:
        """Return a displayed function of one number, for SymPy's values.

        It is the last side of a chain, with the other `names` and
        `functions` in it.
        """
        place, _, part = where.partition(":")
        told = chains(self.tex(place))[int(part or -1)]
        u = sympy.Dummy(of, real=True)
        scope = Scope(names={**(names or {}), of: u}, functions=functions)
        return _of(u, read(told.sides[-1], functions)(scope))

    def gradient(
        self,
        of: str,
        to: str,
        values: Mapping[str, Value],
        *,
        given: Sequence[str],
        dy: Value = 1.0,
        **scope: Any,
    ) -> Array:
        """Return the derivative of sum(dy * of), by SymPy.

        `given` equations define `of` as a function of the values.
        """
        now = self.begin(values, given=given, **scope)
        total = np.sum(now.scope.expanded(now.scope.names[of]) * dy)
        return now.number(
            each(lambda symbol: sympy.diff(total, symbol), now.scope.names[to])
        )


def derivative(function: Function) -> Function:
    """Return the slope of a function of one number, by SymPy."""
    u = sympy.Dummy("u", real=True)
    return _of(u, sympy.diff(function(u), u))


def _of(u: sympy.Symbol, made: Value) -> Function:
    """Return a function of u, for numbers and for arrays."""
    return lambda value: each(lambda entry: made.subs(u, entry), value)


def numbers(function: Function, values: Array) -> Array:
    """Return a function's values, entry by entry, as numbers."""
    return np.vectorize(lambda x: float(function(sympy.Float(x, 30))))(values)


def short(tex: str) -> str:
    r"""Return TeX for a line of a table: without the shapes below letters.

    >>> short(r"\underset{(n,\ d)}{\grad{dx}} = |x|")
    '{\\grad{dx}} = \\vert{}x\\vert{}'
    """
    while found := re.search(r"\\underset\{", tex):
        tex = tex[: found.start()] + tex[braced(tex, found.end() - 1) :]
    tex = tex.replace(r"\right|", r"\right\vert").replace("|", r"\vert{}")
    return " ".join(tex.split()).rstrip(".,; ")
