r"""References to equations, figures and tables, and the way back.

`[](#eq-name)` is filled in with "Equation 2.3", `[](layers.py#fig-name)`
with a figure of another chapter. An equation has a number if a line of
it says `\label{name: what it is called}`. Whatever is referred to lists
the places that do, each a link back to the first one of its section.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from weave.cells import WeaveError, read
from weave.prose import plain, title

LABEL = re.compile(r"\\label\{(?P<name>[a-z0-9-]+): (?P<called>[^{}]+)\}")
# Code is found only to be left alone.
REFERENCE = re.compile(
    r"^ *(?P<fence>`{3,}|~{3,}).*?^ *(?P=fence)"
    r"|(?P<ticks>`+)(?!`).*?(?<!`)(?P=ticks)(?!`)"
    r"|^#+ (?P<heading>[^\n]+)$"
    r"|\[(?P<text>[^\[\]]*)\]"
    r"\((?P<page>[\w-]+\.(?:py|md))?#(?P<anchor>(?:eq|fig|tab)-[a-z0-9-]+)\)",
    re.MULTILINE | re.DOTALL,
)
EQUATION = re.compile(
    r'<div class="arithmatex">(?P<open>\s*\\\[\s*)'
    rf"{LABEL.pattern}\s*(?P<tex>.*?\\\]\s*)</div>",
    re.DOTALL,
)
DISPLAYED = re.compile(r"\$\$(.+?)\$\$", re.DOTALL)
FIGURE = re.compile(
    r'<figure class="(?:plot|table)[^>]* id="(?P<anchor>[\w-]+)".*?'
    r"(?=</figcaption>)",
    re.DOTALL,
)


@dataclass(frozen=True)
class Label:
    """What a thing is called: "Equation 2.3", and in words."""

    text: str
    name: str

    @property
    def title(self) -> str:
        return f"{self.text}, {self.name}" if self.name else self.text


@dataclass(frozen=True)
class Mention:
    """A place that refers to an anchor of a page."""

    page: str
    section: str
    id: str
    target: tuple[str, str]


@dataclass
class Book:
    """The labels of all pages, and where they are mentioned."""

    labels: Mapping[str, Mapping[str, Label]] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    mentions: dict[tuple[str, str], list[Mention]] = field(
        default_factory=dict
    )
    targets: dict[tuple[str, str], Label] = field(default_factory=dict)

    def read(
        self,
        labels: Mapping[str, Mapping[str, Label]],
        texts: Mapping[str, str],
    ) -> None:
        """Take in the labels and the Markdown of all pages."""
        self.labels = labels
        self.mentions = {}
        self.targets = {}
        self.titles = {
            page: title(text).partition(" · ")[0]
            for page, text in texts.items()
        }
        for page, text in texts.items():
            for mention in self.link(text, page)[1]:
                target, anchor = mention.target
                self.targets[page, mention.id] = labels[target][anchor]
                known = self.mentions.setdefault(mention.target, [])
                places = [(other.page, other.section) for other in known]
                if (mention.page, mention.section) not in places:
                    known.append(mention)

    def link(
        self, markdown: str, page: str, ids: bool = True
    ) -> tuple[str, list[Mention]]:
        """Fill in the references of a text, and return them, too.

        With `ids` they can be found again. A page that is not in the
        book is left to MkDocs, which says so.
        """
        section = ""
        counts: Counter[str] = Counter()
        mentions: list[Mention] = []

        def fill(match: re.Match[str]) -> str:
            nonlocal section
            anchor = match["anchor"]
            if anchor is None:
                section = plain(match["heading"] or section)
                return match[0]
            target = match["page"] or page
            to = f"({match['page'] or ''}#{anchor})"
            if target not in self.labels:
                return f"[{match['text'] or anchor}]{to}"
            if anchor not in self.labels[target]:
                where = "that" if match["page"] else "the"
                raise WeaveError(
                    f"{page}: a link to {to[1:-1]}, which is not on "
                    f"{where} page"
                )
            counts[anchor] += 1
            name = f"ref-{anchor}-{counts[anchor]}"
            mentions.append(Mention(page, section, name, (target, anchor)))
            text = match["text"] or self.labels[target][anchor].text
            return f"[{text}]{to}" + (f"{{ #{name} }}" if ids else "")

        return REFERENCE.sub(fill, markdown), mentions

    def complete(self, html: str, page: str, url: Callable[[str], str]) -> str:
        """Number the equations of a page and add the links back.

        `url` tells where, seen from this page, another one is.
        """

        def equation(match: re.Match[str]) -> str:
            anchor = f"eq-{match['name']}"
            label = self.labels[page][anchor]
            number = label.text.partition(" ")[2]
            return (
                f'<div class="equation" id="{anchor}">'
                f'<div class="arithmatex" aria-label="{label.title}">'
                f"{match['open']}{match['tex']}</div>"
                f'<a class="number" href="#{anchor}" '
                f'aria-label="Link to {label.text}">({number})</a>'
                f"{self._back(page, anchor, url)}</div>"
            )

        def figure(match: re.Match[str]) -> str:
            return match[0] + self._back(page, match["anchor"], url)

        def titled(match: re.Match[str]) -> str:
            title = self.targets[page, match["id"]].name
            return f'{match[0]} title="{escape(title)}"'

        html = EQUATION.sub(equation, html)
        html = FIGURE.sub(figure, html)
        return re.sub(
            r' id="(?P<id>ref-(?:eq|fig|tab)-[a-z0-9-]+)"',
            titled,
            html,
        )

    def _back(self, page: str, anchor: str, url: Callable[[str], str]) -> str:
        """Return the links back to where something is mentioned."""
        mentions = self.mentions.get((page, anchor))
        if not mentions:
            return ""
        text = self.labels[page][anchor].text
        links = []
        for mention in mentions:
            away = mention.page != page
            there, sign = (url(mention.page) if away else ""), ""
            where = f" in {mention.section}" if mention.section else ""
            if away:
                sign = f"\N{NO-BREAK SPACE}{self.titles[mention.page]}"
                number = "chapter " if sign[1:].isdigit() else ""
                where += f", {number}{sign[1:]}"
            links.append(
                f'<a href="{there}#{mention.id}" aria-label="Back to where '
                f'{text} is mentioned{escape(where)}">&#8617;&#xFE0E;'
                f"{escape(sign)}</a>"
            )
        return f' <span class="mentions">{" ".join(links)}</span>'


def equations(docs: Path) -> dict[str, str]:
    """Return the equations that have a name, as TeX, by their address.

    The address of one in docs/layers.py is `layers.py#eq-name`.
    """
    return {
        f"{path.name}#eq-{label['name']}": LABEL.sub("", tex).strip()
        for path in sorted(docs.glob("*.py"))
        for cell in read(path)
        if cell.kind == "markdown"
        for tex in DISPLAYED.findall(cell.source)
        for label in LABEL.finditer(tex)
    }


def first_sentence(caption: str) -> str:
    """Return the first sentence of a caption as words.

    >>> first_sentence("Two lines, *a* and 1.5. The rest.")
    'Two lines, a and 1.5'
    """
    return plain(re.split(r"[.?!:](?:\s|$)", caption)[0])
