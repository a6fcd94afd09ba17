"""README.md: its program runs, its links lead somewhere, its claims hold."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")


def test_program_prints_what_its_comment_says(
    capsys: pytest.CaptureFixture[str],
) -> None:
    (program,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    comment = program.rsplit("#", 1)[1]
    exec(compile(program, "README.md", "exec"), {})
    printed = re.findall(r"\d\.\d*", capsys.readouterr().out)
    expected = [float(word) for word in comment.split(",")]
    np.testing.assert_allclose(
        [float(word) for word in printed], expected, atol=0.05
    )


def test_links_lead_to_files() -> None:
    for target in re.findall(r"\]\((?!https?:)([^)]+)\)", README):
        assert (ROOT / target).is_file(), target


def test_map_shows_every_folder() -> None:
    for folder in re.findall(r"^\| `(\w+)/`", README, re.MULTILINE):
        assert (ROOT / folder).is_dir(), folder


def lines_of_code(source: str) -> int:
    """Count the lines that are neither blank, comment nor docstring."""
    told: set[int] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            told.update(range(node.lineno, (node.end_lineno or 0) + 1))
    lines = enumerate(source.splitlines(), 1)
    return sum(
        number not in told and not line.lstrip().startswith("#")
        for number, line in lines
        if line.strip()
    )


def test_package_is_as_small_as_it_says() -> None:
    (claim,) = re.findall(r"about ([\d,]+) lines of code", README)
    lines = sum(
        lines_of_code(path.read_text("utf-8"))
        for path in (ROOT / "nn").glob("*.py")
    )
    assert lines == pytest.approx(int(claim.replace(",", "")), rel=0.05)
