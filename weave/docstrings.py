"""Docstrings for the API reference, as they are meant to be read.

Those of `nn` are plain text: paragraphs, `names` in backticks, formulas
in which a star is a product, and sessions that begin with `>>>`. Markdown
would take the stars for italics and the prompts for quotations. So prose
becomes HTML, which it leaves alone, and a session a fenced block.
"""

from __future__ import annotations

import re
from html import escape
from typing import Any

import griffe


def markdown(text: str) -> str:
    """Return a docstring as Markdown that shows it as it is.

    >>> markdown("y = a * b, from `c`")
    '<p>y = a * b, from <code>c</code></p>'
    """
    blocks = re.split(r"\n\s*\n", text.strip())
    return "\n\n".join(
        f"```pycon\n{block}\n```"
        if block.startswith(">>>")
        else f"<p>{_code(escape(block, quote=False))}</p>"
        for block in blocks
    )


def _code(html: str) -> str:
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html)


class Docstrings(griffe.Extension):
    """Puts each docstring that griffe reads into that form.

    And a class without an `__init__` of its own, or of a base, gets one,
    so that its entry shows how to call it: `ReLU()`.
    """

    def on_instance(self, *, obj: griffe.Object, **options: Any) -> None:
        if obj.docstring:
            obj.docstring.value = markdown(obj.docstring.value)

    def on_class_members(self, *, cls: griffe.Class, **options: Any) -> None:
        if not (cls.bases or cls.decorators or "__init__" in cls.members):
            kind = griffe.ParameterKind.positional_or_keyword
            itself = griffe.Parameters(griffe.Parameter("self", kind=kind))
            init = griffe.Function("__init__", parameters=itself)
            cls.set_member("__init__", init)
