"""Numbers in prose: `{{ expression:format }}` in a Markdown cell.

The braces have a space inside them, which LaTeX's groups do not. They
are found in text and in formulas, but not in code, fenced or inline.
Expression and format are read as in an f-string.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from weave.chapter import minus

PATTERN = re.compile(
    r"^ *(?P<fence>`{3,}|~{3,}).*?^ *(?P=fence)"
    r"|(?P<ticks>`+)(?!`).*?(?<!`)(?P=ticks)(?!`)"
    r"|\{\{ (?P<field>.+?) \}\}",
    re.MULTILINE | re.DOTALL,
)


def fields(markdown: str) -> list[str]:
    """Return what stands between double braces, in order."""
    found = (match["field"] for match in PATTERN.finditer(markdown))
    return [field for field in found if field]


def fill(markdown: str, values: Iterable[str]) -> str:
    """Return the text with its fields replaced by `values`."""
    rest = iter(values)
    return PATTERN.sub(
        lambda match: next(rest) if match["field"] else match[0], markdown
    )


def split(field: str) -> tuple[str, str]:
    """Split a field into expression and format, as an f-string does.

    >>> split("errors[1:3].mean():.2%")
    ('errors[1:3].mean()', '.2%')
    """
    for colon in re.finditer(":", field):
        try:
            compile(field[: colon.start()].strip(), "", "eval")
        except SyntaxError:
            continue
        return field[: colon.start()].strip(), field[colon.end() :]
    return field.strip(), ""


def evaluate(found: list[str], names: dict[str, Any]) -> None:
    """Print the value of each field, in the chapter's own kernel."""
    values = []
    for field in found:
        expression, form = split(field)
        try:
            values.append(minus(format(eval(expression, names), form)))
        except Exception as error:
            raise ValueError(
                f"{{{{ {field} }}}}: {type(error).__name__}: {error}"
            ) from None
    print(json.dumps(values))


def code(found: list[str]) -> str:
    """Return the code that computes these fields in a kernel."""
    return f'__import__("weave.inline").inline.evaluate({found!r}, globals())'


def values(outputs: list[Any]) -> list[str]:
    """Return what that code has printed."""
    texts: list[str] = json.loads("".join(o["text"] for o in outputs))
    return texts
