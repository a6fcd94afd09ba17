"""The order of a page: its opening, its sections, its tables."""

from __future__ import annotations

import re

NUMBERED = re.compile(r"(<h1[^>]*>)(\d+) · ")
QUESTION = re.compile(r"(</h1>)\s*<p>(<em>[^<]*</em>)</p>")
TABLE = re.compile(r"<table>.*?</table>", re.DOTALL)
CELL = re.compile(r"(?<=<td)[^>]*>.*?(?=</td>)", re.DOTALL)
WHOLE = r'<span class="whole">\g<0></span>'
TITLED = re.compile(r"(<a [^>]*>\d+) · ")
BESIDE = re.compile(r"(?<=\d) (?=[±%])|(?<=\d ±) (?=\d)")
NO_PROSE = re.compile(
    r"(<(?:pre|code)\b.*?</(?:pre|code)>"
    r'|<(?:span|div) class="arithmatex">.*?</(?:span|div)>|<[^>]*>)',
    re.DOTALL,
)
SIZES = re.compile(r"(?<![^\s>(])\d+(?:-\d+)+(?![^\s<,;:)])")
FOLDED = re.compile(r"<details.*?</details>", re.DOTALL)
HEADING = re.compile(r"(?=<h2[ >])")
SECTION = re.compile(r"<section>(.*?)</section>", re.DOTALL)
TAG = re.compile(r"<[^>]*>")
CODE = re.compile(r"<pre.*?</pre>", re.DOTALL)
BLOCK = re.compile(r"<(?:p|li|tr|dt|h3|pre|summary)\b")


def opening(html: str, downloads: str) -> str:
    """Set the number of a chapter over its title, its question below."""
    html = NUMBERED.sub(
        r'\1<span class="number">Chapter \2</span> ', html, count=1
    )
    html, found = QUESTION.subn(
        rf'\1\n<p class="question">\2</p>{downloads}', html, count=1
    )
    if not found:
        html = html.replace("</h1>", f"</h1>\n{downloads}", 1)
    return html


def sections(html: str) -> str:
    """Wrap every second heading and what follows it in a `<section>`."""
    before, *rest = HEADING.split(html)
    return before + "".join(
        f"<section>{part.rstrip()}</section>\n" for part in rest
    )


def heights(html: str) -> str:
    """Say of each long section how high it may be, in rem.

    The browser lays it out when it comes near the screen, and has to guess
    till then. Rather too high, as on a phone: what is too high moves nothing
    that can be seen, and what is too low would lie under the next section.
    """
    return SECTION.sub(_guessed, html)


def _guessed(section: re.Match[str]) -> str:
    shown = FOLDED.sub("<summary>", section[1])
    letters = len(TAG.sub("", shown))
    lines = letters / 42 + sum(
        code.count("\n") for code in CODE.findall(shown)
    )
    blocks, figures = len(BLOCK.findall(shown)), shown.count("<figure")
    height = round(1.4 * lines + 4 * blocks + 20 * figures)
    style = f' style="--guess: {height}rem"' if height > 90 else ""
    return f"<section{style}>{section[1]}</section>"


def tables(html: str) -> str:
    """Let tables scroll on a phone, and name what their headers head.

    The sizes of layers in a cell, 784-128-10, are not broken over lines.
    """
    html = re.sub(r"<th(?=[ >])", '<th scope="col"', html)
    html = CELL.sub(lambda cell: SIZES.sub(WHOLE, cell[0]), html)
    return TABLE.sub(
        '<div class="scroll" role="group" aria-label="Table" tabindex="0">'
        r"\g<0></div>",
        html,
    )


def numbers(html: str) -> str:
    """Keep numbers with their spread, percent sign or chapter's name."""
    html = TITLED.sub(r"\1&nbsp;·&nbsp;", html)
    parts = NO_PROSE.split(html)
    parts[::2] = [BESIDE.sub("&nbsp;", text) for text in parts[::2]]
    return "".join(parts)
