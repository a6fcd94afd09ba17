"""The back matter: every symbol is in the notation, every source cited."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from weave.cells import read
from weave.inline import PATTERN

DOCS = Path(__file__).parent.parent / "docs"
CHAPTERS = sorted(DOCS.glob("*.py"))

chapters = pytest.mark.parametrize(
    "chapter", CHAPTERS, ids=[path.stem for path in CHAPTERS]
)

# No symbols: layout, the signs of school, and words but for $…$ in them.
SILENT = re.compile(
    r"""
    \\(?:val|grad|left|right|[bB]ig[lr]?|[td]?frac|sqrt|underset|overset
       |underbrace|q?quad|(?:text|display)style|limits|[lr][vV]ert|cdot
       |times|pm|mp|[lc]?dots|leq?|geq?|neq?|lt|gt|ll|gg|to)(?![A-Za-z])
    | \\label\{[^{}]*\}
    | \\(?:text\w*|mathtt|begin|end)\{((?:[^{}]|\{[^{}]*\})*)\}(?:\{[lcr]+\})?
    | \\\\(?:\[[^]]*\])?
    """,
    re.VERBOSE,
)
SYMBOL = re.compile(
    r"""
    \\(?:operatorname|mathrm)\*?\{(?P<name>[^{}]+)\}  # \operatorname{Var}
    | \\(?P<hat>hat|bar|tilde|mathcal|mathbb)
      [\s{]*(?P<under>\\?[A-Za-z]+)                   # \hat m
    | d(?:[A-Za-z]|\\(?:theta|beta|gamma|sigma|hat)(?![a-z]))  # dW, not d_i
    | \\[A-Za-z]+                                     # \eta
    | [A-Za-z]'*                                      # x, f'
    """,
    re.VERBOSE,
)


def symbols(tex: str) -> set[str]:
    """Return the symbols of a formula, those of its subscripts too."""
    tex = SILENT.sub(
        lambda words: " ".join(re.findall(r"\$(.+?)\$", words[1] or "")), tex
    )
    return {
        rf"\{found['hat']} {found['under']}"
        if found["hat"]
        else found["name"] or found[0]
        for found in SYMBOL.finditer(tex)
    }


def formulas(chapter: Path) -> Iterator[str]:
    """Yield the formulas in prose, captions and the labels of figures."""
    for cell in read(chapter):
        texts = [cell.source]
        if cell.kind == "code":
            nodes = ast.walk(ast.parse(cell.source))
            texts = [
                str(n.value) for n in nodes if isinstance(n, ast.Constant)
            ]
        for text in texts:
            prose = PATTERN.sub("0", text)  # never an empty formula
            for match in re.finditer(r"(?s)(\$\$?)(.+?)\1", prose):
                yield match[2]


def listed(page: Path) -> set[str]:
    """Return the symbols in the first column of a page's tables."""
    cells = re.findall(r"(?m)^\|([^|]+)\|", page.read_text("utf-8"))
    found = re.findall(r"\$(.+?)\$", "".join(cells))
    return {symbol for tex in found for symbol in symbols(tex)}


EXAMPLES = [
    (r"\underset{(n,\ d_\text{in})}{\grad{dW_{kj}}}", "n, d, dW, k, j"),
    (r"\hat{m} / \sqrt{\hat v} \le \grad{\bar g}'", r"\hat m, \hat v, \bar g"),
    (
        r"\frac{\partial L}{\partial \val{y_0}} \approx d\theta",
        r"\partial, L, y, \approx, d\theta",
    ),
    (r"\operatorname{Var}(x W) = f'(\val{x}^\top)", r"Var, x, W, f', \top"),
    (r"\begin{cases} x & \text{if $t$ or so} \\[2pt] 1 \end{cases}", "x, t"),
    (
        r"\label{rule: a name} n\,d_\text{in}\,dx \quad"
        r"\textstyle\sum_i \mathtt{lr}",
        r"n, d, dx, \sum, i",
    ),
]


@pytest.mark.parametrize(("tex", "found"), EXAMPLES)
def test_symbols_are_found(tex: str, found: str) -> None:
    assert symbols(tex) == set(found.split(", "))


@chapters
def test_every_symbol_is_in_the_notation(chapter: Path) -> None:
    used = {s for tex in formulas(chapter) for s in symbols(tex)}
    assert used - listed(DOCS / "notation.md") == set()


def test_the_notation_lists_nothing_else() -> None:
    used = {
        symbol
        for chapter in CHAPTERS
        for tex in formulas(chapter)
        for symbol in symbols(tex)
    }
    assert listed(DOCS / "notation.md") - used == set()


@chapters
def test_the_notation_is_at_hand_where_formulas_begin(chapter: Path) -> None:
    prose = "\n\n".join(c.source for c in read(chapter) if c.kind != "code")
    displayed = prose.find("$$")
    if displayed >= 0:
        assert "](notation.md" in prose[:displayed]


def test_every_work_in_the_bibliography_is_cited() -> None:
    page = (DOCS / "bibliography.md").read_text("utf-8")
    works = re.findall(r"\{ #(\S+) \.reference \}", page)
    names = [work.partition("-")[0] for work in works]
    assert names == sorted(names)
    text = "".join(path.read_text("utf-8") for path in CHAPTERS)
    cited = set(re.findall(r"bibliography\.md#([\w-]+)", text))
    assert cited - set(works) == set()
    assert set(works) - cited == set()
