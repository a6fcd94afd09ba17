"""Code on the page, with few of the many spans that Pygments makes.

Keywords and names that are defined are bold; docstrings and comments
are soft, and a comment that tells a shape is small, too. As in formulas,
values are blue and gradients orange. A gradient is also told by its
name, a d before the name of the value. All else is plain text.
"""

from __future__ import annotations

import re
from html import unescape

BOLD = {"fm", "k", "kn", "nc", "nf", "ow"}
SOFT = {"c1", "sd"}
# What a session shows before and after what is typed.
SESSION = {"gp", "go"}

BLOCK = re.compile(
    r"<pre>(?:<span></span>)?<code>(.*?)</code></pre>", re.DOTALL
)
TOKEN = re.compile(r'<span class="(\w+)">([^<]*)</span>')
INLINE = re.compile(r'<code(?: class="([^"]*)")?>([^<]+)</code>')
# (n, d_in) @ (d_in, d_out), or a word about it behind.
SHAPE = re.compile(r"#\s+\([^()]*,[^()]*\)")
POINTED = re.compile(
    r' data-lines="(?P<module>\w+) (?P<first>\d+) (?P<lines>[\d ]+)"'
    r"(?P<before>[^>]*>.*?<code>)(?P<code>.*?)(?=</code></pre>)",
    re.DOTALL,
)

GRADIENT = re.compile(r"d[abchpuvwxyzLW]\d?|(?:\w+\.)*grad")
VALUE = re.compile(r"[xyz]\d?")


def meaning(name: str) -> str:
    """Return what a name stands for: `gradient`, `value` or nothing."""
    if GRADIENT.fullmatch(name):
        return "gradient"
    return "value" if VALUE.fullmatch(name) else ""


def quiet(html: str) -> str:
    """Return a page whose code has only the elements that it needs.

    Code may be wider than its box, so the keyboard can reach it. A name
    that stands in the text has its colour, too.
    """
    html = POINTED.sub(_lines, html)
    html = BLOCK.sub(
        lambda block: (
            f'<pre><code tabindex="0">{TOKEN.sub(_token, block[1])}'
            "</code></pre>"
        ),
        html,
    )
    return INLINE.sub(_inline, html)


def _lines(piece: re.Match[str]) -> str:
    """Return a piece of which some lines can be pointed at."""
    lines = piece["code"].splitlines(keepends=True)
    for number in map(int, piece["lines"].split()):
        place = number - int(piece["first"])
        anchor = line_id(piece["module"], number)
        lines[place] = (
            f'<span class="line" id="{anchor}">{lines[place]}</span>'
        )
    return piece["before"] + "".join(lines)


def line_id(module: str, number: int) -> str:
    """Return the anchor of a line of a module."""
    return f"nn-{module}-{number}"


def _token(token: re.Match[str]) -> str:
    kind, text = token.groups()
    if kind in BOLD:
        return f"<b>{text}</b>"
    if kind in SESSION:
        return token[0]
    style = meaning(text) if kind == "n" else ""
    if kind in SOFT:
        style = "shape" if SHAPE.match(unescape(text)) else "soft"
    return f'<span class="{style}">{text}</span>' if style else text


def _inline(code: re.Match[str]) -> str:
    style = meaning(code[2])
    if not style:
        return code[0]
    classes = f"{code[1]} {style}" if code[1] else style
    return f'<code class="{classes}">{code[2]}</code>'
