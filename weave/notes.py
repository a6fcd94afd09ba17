"""Side notes: what Markdown gathers at the end, put beside its line.

A note follows its number in the text, as a span. On a wide screen it
stands in the margin. On a narrow one it is folded away, and its number, a
box that can be checked, unfolds it in the text without any script.
"""

from __future__ import annotations

import re

LIST = re.compile(r'<div class="footnote">.*', re.DOTALL)
ITEM = re.compile(
    r'<li id="fn:(?P<name>[^"]+)">(?P<text>.*?)'
    r'(?=<li id="fn:|</ol>\s*</div>\s*\Z)',
    re.DOTALL,
)
BACK = re.compile(r'(?:&#160;)?<a class="footnote-backref".*?</a>')
DISPLAYED = re.compile(
    r'<div class="arithmatex">\s*\\\[(.*?)\\\]\s*</div>', re.DOTALL
)
BLOCK = re.compile(r"</?(?:p|ul|ol|li|div|pre|blockquote)\b[^>]*>")
# The stop behind a number stays with it when the note unfolds between
# that and the next word.
REFERENCE = re.compile(
    r'<sup id="fnref\d*:(?P<name>[^"]+)">.*?</sup>(?P<stop>[,.;:!?)”]*)',
    re.DOTALL,
)
TABLE = re.compile(r"<table>.*?</table>", re.DOTALL)


def aside(html: str) -> str:
    """Return the page with its notes where they are referred to.

    Notes are numbered as they are met. One that is referred to twice
    stands in both places; those of a table stand below it.
    """
    end = LIST.search(html)
    if not end:
        return html
    texts = {
        item["name"]: flat(item["text"]) for item in ITEM.finditer(end[0])
    }
    numbers: dict[str, int] = {}
    given: dict[str, int] = {}

    def note(name: str) -> str:
        given[name] = given.get(name, 0) + 1
        again = given[name] > 1
        text = texts[name]
        if again:
            text = re.sub(r' id="[^"]*"', "", text)
        number = numbers[name]
        return (
            f'<span class="sidenote" id="{_id(number, given[name])}" '
            f'role="note"><span class="sidenote-number">{number}'
            f"</span> {text}</span>"
        )

    def reference(name: str, folded: bool) -> str:
        number = numbers.setdefault(name, len(numbers) + 1)
        box = f'<input type="checkbox" aria-label="Note {number}">'
        return (
            f'<sup class="sidenote-ref" data-note="{number}">'
            f"{box if folded else ''}</sup>"
        )

    def in_text(match: re.Match[str]) -> str:
        name = match["name"]
        return reference(name, True) + match["stop"] + note(name)

    def in_table(match: re.Match[str]) -> str:
        names = dict.fromkeys(m["name"] for m in REFERENCE.finditer(match[0]))
        table = REFERENCE.sub(
            lambda m: reference(m["name"], False) + m["stop"], match[0]
        )
        return table + "".join(map(note, names))

    both = re.compile(f"{TABLE.pattern}|{REFERENCE.pattern}", re.DOTALL)
    return both.sub(
        lambda match: in_text(match) if match["name"] else in_table(match),
        html[: end.start()],
    )


def flat(html: str) -> str:
    """Return a note as what may stand in a line: text, links, formulas."""
    html = BACK.sub("", html)
    html = DISPLAYED.sub(r'<span class="arithmatex">\\(\1\\)</span>', html)
    return " ".join(BLOCK.sub(" ", html).split())


def _id(number: int, time: int) -> str:
    return f"sn-{number}" + (f"-{time}" if time > 1 else "")
