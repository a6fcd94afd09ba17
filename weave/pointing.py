"""From words in the prose to the line of woven code they are about.

    [`dW`](#/np.matmul)
    [`dW`](#layers:Dense.set_gradients/np.matmul)

Behind the slash is a whole line, or a text that stands in one line only:
of all pieces that the page shows, or of the one that is named before the
slash. In a notebook, which has no such places, only the words are left.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from weave.cells import WeaveError
from weave.code import line_id

POINTER = re.compile(
    r"\[(?P<words>(?:`[^`]+`|[^][`])+)\]"
    r"\(#(?P<piece>\w+:[\w.]*)?/(?P<text>(?:[^()\n]|\([^()\n]*\))+)\)"
)


@dataclass
class Lines:
    """The lines of a page's pieces, and which are pointed at."""

    texts: dict[tuple[str, int], str] = field(default_factory=dict)
    owners: dict[tuple[str, int], str] = field(default_factory=dict)
    pointed: dict[str, set[int]] = field(
        default_factory=lambda: defaultdict(set)
    )

    @classmethod
    def of(cls, pieces: Iterable[dict[str, Any]]) -> Lines:
        """Return the lines of pieces; a line belongs to the first."""
        lines = cls()
        for piece in pieces:
            module = piece["name"].partition(":")[0]
            found = piece["text"].splitlines()
            for number, text in enumerate(found, piece["first"]):
                lines.texts[module, number] = text
                lines.owners.setdefault((module, number), piece["name"])
        return lines

    def linked(self, prose: str) -> str:
        """Return prose whose pointers are links, and remember them."""
        return POINTER.sub(self._link, prose)

    def _link(self, pointer: re.Match[str]) -> str:
        words, piece, text = pointer.groups()
        near = {
            place: line
            for place, line in self.texts.items()
            if text in line and piece in (None, self.owners[place])
        }
        whole = [place for place in near if near[place].strip() == text]
        found = whole or list(near)
        if len(found) != 1:
            words = " ".join(words.split())
            raise WeaveError(
                f"[{words}] points at {text!r}, which stands in "
                f"{len(found) or 'no'} lines of "
                f"{piece or 'the pieces on this page'}"
            )
        module, number = found[0]
        self.pointed[self.owners[module, number]].add(number)
        anchor = line_id(module, number)
        return f'<a class="to-line" href="#{anchor}">{words}</a>'


def plain(prose: str) -> str:
    """Return prose with the words of its pointers only."""
    return POINTER.sub(lambda pointer: pointer["words"], prose)
