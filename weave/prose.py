r"""Markdown as plain words: for a page's description, and for quoting.

>>> plain("The *loss* $L$ falls, see [chapter 4](losses.py).[^note]")
'The loss L falls, see chapter 4.'
"""

from __future__ import annotations

import re

# What goes, and what stands in its place.
MARKS = [
    (r"(?s)\A---\n.*?\n---\n", ""),  # front matter
    (r"(?ms)^(```|~~~).*?^\1", ""),
    (r"(?m)^\[\^[\w-]+\]:.*(?:\n +.*)*", ""),
    (r"\[\^[\w-]+\]", ""),
    (r"(?s)\$\$.*?\$\$", ""),
    (r"\s*\(\[\]\([^)]*\)\)", ""),  # a reference in brackets
    (r"!\[[^]]*\]\([^)]*\)", ""),
    (r"\[([^]]*)\]\([^)]*\)", r"\1"),
    (r"</?[a-z][^>]*>|\{ ?[:#.][^}]*\}", ""),
    (r"\\(?:val|grad|text|mathbf|mathrm)\b", ""),
    (r"\\beta\b", "β"),
    (r"\\eta\b", "η"),
    (r"\\lambda\b", "λ"),
    (r"\\theta\b", "θ"),
    (r"\\cdot\b", "·"),
    (r"\\pm\b", "±"),
    (r"\\[A-Za-z]+|\\[,;! ]|[$`*{}\\]", ""),
    (r"(?<!\w)_|_(?!\w)", ""),
]
# A search engine shows about so many characters.
SHORTEST, LONGEST = 50, 160


def plain(markdown: str) -> str:
    """Return the words of a text in one line, without their markup."""
    for pattern, words in MARKS:
        markdown = re.sub(pattern, words, markdown)
    return " ".join(markdown.split())


def title(markdown: str) -> str:
    """Return the heading of a page."""
    heading = re.search(r"(?m)^# (.*)", markdown)
    return plain(heading[1]) if heading else ""


def question(markdown: str) -> str:
    """Return what a chapter asks below its heading, in italics."""
    found = re.search(r"(?m)\A# .*\n\n\*([^*]+)\*$", markdown)
    return plain(found[1]) if found else ""


def describe(markdown: str) -> str:
    """Return how a page begins, in 50 to 160 characters.

    What is too long ends with a sentence, if little is lost by that, or
    with a part of one. Headings and what is no sentence are left out.
    """
    body = re.sub(r"(?m)^#.*$", "", markdown)
    paragraphs = map(plain, re.split(r"\n\s*\n", body)[:9])
    words = " ".join(p for p in paragraphs if re.search(r"[.?!:]$", p))
    if len(words) <= LONGEST:
        return words
    for stops, least in (r"[.?!]", 110), (r"[.?!,;:]", SHORTEST):
        ends = [
            stop.end()
            for stop in re.finditer(stops + r"(?= )", words[: LONGEST + 1])
            if stop.end() >= least
        ]
        if ends:
            return re.sub(r"[,;:]$", ".", words[: ends[-1]])
    return words[:LONGEST].rpartition(" ")[0] + "…"
