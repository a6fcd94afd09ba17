"""Make the faces of the site from the fonts that npm brings.

Of a font the pages need some characters, some weights and a few
OpenType features. What is left is written as small woff2 files, with
the `@font-face` rules for them.

Until a face has arrived, text stands in one that the reader's system
has. Those are scaled until their lines are as wide and as high as ours,
so that nothing moves when the face comes.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Collection, Iterable, Iterator
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from weave.store import keep

if TYPE_CHECKING:
    from fontTools.ttLib import TTFont

FEATURES = ["ccmp", "kern", "liga", "locl", "mark", "mkmk"]
FEATURES += ["lnum", "onum", "pnum", "tnum"]  # figures
# What a font tells about itself: its names, and whose it is.
NAMES = (1, 4, 6)
RIGHTS = (0, 14)


class Face(NamedTuple):
    """A face of the site, and the font that it is made of."""

    family: str
    style: str
    file: str
    package: str
    weights: tuple[int, int]


FACES = (
    Face("Book Serif", "normal", "serif", "source-serif-4", (400, 650)),
    Face("Book Serif", "italic", "serif-italic", "source-serif-4", (400, 650)),
    Face("Book Sans", "normal", "sans", "source-sans-3", (400, 700)),
    Face("Book Code", "normal", "code", "source-code-pro", (400, 600)),
)


class Fallback(NamedTuple):
    """Faces of the reader's system that are all `width` em wide."""

    name: str
    style: str
    fonts: tuple[str, ...]
    width: float


# Prose whose letters are about as frequent as in all English.
SAMPLE = (
    "A network is a function with numbers in it that can be changed. "
    "Training changes them, a little at a time, until the function does "
    "what we want: it maps the pictures to their digits, say. Nobody "
    "writes those numbers down. They are found by asking of each of them "
    "which way it should move to make the error smaller, and by how much."
)

# The mean width of a character of SAMPLE. It was measured on Liberation,
# whose widths are those of Times New Roman, Arial and Courier New, and on
# DejaVu, whose Sans Mono became Menlo. Georgia is 913/832 times as wide as
# Times (npm's @capsizecss/metrics); its italic is taken to be so, too.
FALLBACKS = {
    "Book Serif": (
        Fallback("Georgia", "normal", ("Georgia",), 0.4433),
        Fallback("Georgia", "italic", ("Georgia Italic",), 0.4433),
        Fallback(
            "Times", "normal", ("Times New Roman", "Liberation Serif"), 0.404
        ),
        Fallback(
            "Times",
            "italic",
            ("Times New Roman Italic", "Liberation Serif Italic"),
            0.4029,
        ),
        Fallback("DejaVu", "normal", ("DejaVu Serif",), 0.5145),
        Fallback("DejaVu", "italic", ("DejaVu Serif Italic",), 0.5145),
    ),
    "Book Sans": (
        Fallback(
            "Arial",
            "normal",
            ("Arial", "Helvetica", "Liberation Sans"),
            0.4425,
        ),
        Fallback("DejaVu", "normal", ("DejaVu Sans",), 0.5084),
    ),
    "Book Code": (
        Fallback(
            "Courier", "normal", ("Courier New", "Liberation Mono"), 0.6001
        ),
        Fallback("Menlo", "normal", ("Menlo", "DejaVu Sans Mono"), 0.6021),
    ),
}


def characters(pages: Iterable[str], sheets: Iterable[str]) -> set[str]:
    """Return the characters that pages, style sheets and scripts show.

    Those that nobody sees are left out: of a page its tags, and what a
    formula says to a screen reader.
    """
    hidden = re.compile(
        r"<(script|style|math)\b.*?</\1>|<!--.*?-->|<[^>]*>", re.DOTALL
    )
    found = {c for page in pages for c in unescape(hidden.sub("", page))}
    escape = re.compile(r"\\u?\{?([0-9a-fA-F]{4,5})\b")
    for sheet in sheets:
        found.update(sheet)
        found.update(chr(int(code, 16)) for code in escape.findall(sheet))
    return {c for c in found if c >= " "}


def faces(
    modules: Path, shown: Collection[str], target: Path, cache: Path
) -> str:
    """Write the faces of the site; return their rules.

    The rules are for a style sheet that lies beside the folder `target`.
    """
    rules: list[str] = []
    for face in FACES:
        package = modules / "@fontsource-variable" / face.package
        for alphabet, held in _alphabets(package, face, shown):
            suffix = "" if alphabet == "latin" else f"-{alphabet}"
            name = f"{face.file}{suffix}.woff2"
            data = subset(_font(package, face, alphabet), held, cache, face)
            write(target / name, data)
            rules.append(
                _rule(
                    face.family,
                    face.style,
                    f'url({target.name}/{name}) format("woff2")',
                    font_display="swap",
                    font_weight=f"{face.weights[0]} {face.weights[1]}",
                    unicode_range=_ranges(held),
                )
            )
            if alphabet == "latin":
                rules += _fallbacks(face, data)
    return "\n".join(rules) + "\n"


def _font(package: Path, face: Face, alphabet: str) -> Path:
    name = f"{package.name}-{alphabet}-wght-{face.style}.woff2"
    return package / "files" / name


def _alphabets(
    package: Path, face: Face, shown: Collection[str]
) -> Iterator[tuple[str, set[str]]]:
    """Yield the alphabets that are needed, with their characters.

    The font comes as one file an alphabet, which overlap a little; what
    Latin has is taken from there.
    """
    ranges = json.loads((package / "unicode.json").read_text("utf-8"))
    left = set(shown)
    for alphabet in sorted(ranges, key=lambda name: (name != "latin", name)):
        held = {c for c in left if _within(ord(c), ranges[alphabet])}
        if held:
            held &= _repertoire(_font(package, face, alphabet))
        left -= held
        if held:
            yield alphabet, held


def _within(code: int, ranges: str) -> bool:
    """Say whether a code is in ranges like `U+0000-00FF,U+0131`."""
    for span in ranges.replace("U+", "").split(","):
        first, _, last = span.partition("-")
        if int(first, 16) <= code <= int(last or first, 16):
            return True
    return False


def _ranges(held: Iterable[str]) -> str:
    """Write characters as ranges like `U+0-FF,U+131`."""
    spans: list[list[int]] = []
    for code in sorted(map(ord, held)):
        if spans and code == spans[-1][1] + 1:
            spans[-1][1] = code
        else:
            spans.append([code, code])
    return ",".join(
        f"U+{first:X}-{last:X}" if first < last else f"U+{first:X}"
        for first, last in spans
    )


def _rule(family: str, style: str, src: str, **descriptors: str) -> str:
    """Return an `@font-face` rule."""
    given = {"font_family": f'"{family}"', "font_style": style, "src": src}
    lines = [
        f"  {name.replace('_', '-')}: {value};"
        for name, value in sorted((given | descriptors).items())
    ]
    return "\n".join(["@font-face {", *lines, "}"])


def _fallbacks(face: Face, data: bytes) -> Iterator[str]:
    """Yield the rules of what stands in for a face."""
    font = _open(io.BytesIO(data))
    em = font["head"].unitsPerEm
    widths, glyphs = font["hmtx"], font.getBestCmap()
    advances = [widths[glyphs[ord(c)]][0] for c in SAMPLE if ord(c) in glyphs]
    width = sum(advances) / len(advances) / em
    for fallback in FALLBACKS[face.family]:
        if fallback.style != face.style:
            continue
        scale = width / fallback.width
        yield _rule(
            f"{face.family} {fallback.name}",
            face.style,
            ", ".join(f'local("{font}")' for font in fallback.fonts),
            size_adjust=f"{scale:.2%}",
            ascent_override=f"{font['hhea'].ascent / em / scale:.2%}",
            descent_override=f"{-font['hhea'].descent / em / scale:.2%}",
            line_gap_override=f"{font['hhea'].lineGap / em / scale:.2%}",
        )


def _open(file: Path | io.BytesIO) -> TTFont:
    # Loading fontTools takes a while; not every import of the loom needs it.
    from fontTools.ttLib import TTFont

    return TTFont(file, recalcTimestamp=False)


def _repertoire(path: Path) -> set[str]:
    """Return the characters of a font."""
    with _open(path) as font:
        return set(map(chr, font.getBestCmap()))


def subset(
    path: Path, held: Collection[str], cache: Path, face: Face | None = None
) -> bytes:
    """Return a font with only these characters, as woff2.

    Of a variable font those weights are left that the face has. What was
    made once is kept in `cache`.
    """
    key = hashlib.sha256(path.read_bytes())
    key.update(f"{sorted(map(ord, held))} {face}".encode())
    key.update(Path(__file__).read_bytes())
    kept = cache / f"{key.hexdigest()}.woff2"
    if not kept.exists():
        keep(kept, _subset(path, held, face))
    return kept.read_bytes()


def _subset(path: Path, held: Collection[str], face: Face | None) -> bytes:
    from fontTools import subset
    from fontTools.varLib import instancer

    font = _open(path)
    options = subset.Options()
    options.layout_features = FEATURES
    options.hinting = bool(face)  # of KaTeX's fonts it is a third
    options.name_IDs = [*NAMES, *RIGHTS]
    work = subset.Subsetter(options)
    work.populate(unicodes=map(ord, held))
    work.subset(font)
    if face:
        font = instancer.instantiateVariableFont(font, {"wght": face.weights})
        # The name Source is reserved for what has not been changed.
        for name in NAMES:
            font["name"].setName(face.family, name, 3, 1, 0x409)
    font.flavor = "woff2"
    data = io.BytesIO()
    font.save(data)
    return data.getvalue()


def write(path: Path, data: bytes) -> None:
    """Write a file, and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
