"""The faces of the site: what is kept of the fonts from npm."""

from __future__ import annotations

import re
from pathlib import Path

import matplotlib
import pytest
from fontTools.ttLib import TTFont

from weave.press import fonts

ROOT = Path(__file__).parent.parent
MODULES = ROOT / "node_modules"
TEXT = set("Aab, σ1")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("site")
    css = fonts.faces(MODULES, TEXT, folder / "fonts", folder / "cache")
    return folder, css


def rules(css: str) -> list[dict[str, str]]:
    return [
        dict(re.findall(r"([\w-]+): (.*);", body))
        for body in re.findall(r"@font-face \{(.*?)\}", css, re.DOTALL)
    ]


def test_characters_that_are_seen_count() -> None:
    page = (
        '<p title="X">a&amp; b<math>M\nN</math><!-- C --></p>\n'
        "<script>S</script><svg><style>T</style><text>2</text></svg>"
    )
    assert fonts.characters([page], []) == set("a& b2")
    sheet = r'"\2192 q\2014" "\u2026" "\u{1D6fc}"'
    assert fonts.characters([], [sheet]) >= set("→—…q𝛼")


def test_the_files_are_those_that_the_rules_name(
    made: tuple[Path, str],
) -> None:
    folder, css = made
    named = set(re.findall(r"url\(fonts/([^)]+)\)", css))
    assert named == {path.name for path in (folder / "fonts").iterdir()}
    assert named == {
        f"{face}{alphabet}.woff2"
        for face in ("serif", "serif-italic", "sans", "code")
        for alphabet in ("", "-greek")
    }


def test_a_file_holds_the_characters_and_weights_of_its_rule(
    made: tuple[Path, str],
) -> None:
    folder, css = made
    for rule in rules(css):
        if "url(" not in rule["src"]:
            continue
        (path,) = re.findall(r"url\(([^)]+)\)", rule["src"])
        font = TTFont(folder / path)
        held = {chr(code) for code in font.getBestCmap()}
        assert held == (set("σ") if "greek" in path else TEXT - {"σ"})
        spans = rule["unicode-range"]
        assert all(fonts._within(ord(c), spans) for c in held)
        assert not fonts._within(ord("z"), spans)
        (axis,) = font["fvar"].axes
        weights = f"{axis.minValue:.0f} {axis.maxValue:.0f}"
        assert (axis.axisTag, weights) == ("wght", rule["font-weight"])
        assert rule["font-display"] == "swap"
        assert font["name"].getDebugName(1) == rule["font-family"].strip('"')
        assert "Adobe" in font["name"].getDebugName(0)


def test_ranges_are_short() -> None:
    assert fonts._ranges("cab×z") == "U+61-63,U+7A,U+D7"


def test_features_of_text_are_kept(tmp_path: Path) -> None:
    everything = {chr(code) for code in range(32, 127)} | {"½"}
    css = fonts.faces(MODULES, everything, tmp_path / "fonts", tmp_path)
    assert "greek" not in css
    font = TTFont(tmp_path / "fonts" / "serif.woff2")
    tags = {
        record.FeatureTag
        for table in ("GSUB", "GPOS")
        for record in font[table].table.FeatureList.FeatureRecord
    }
    assert {"kern", "liga", "pnum", "tnum"} <= tags
    assert "frac" not in tags


def test_a_fallback_is_as_wide_and_high_as_the_face(
    made: tuple[Path, str],
) -> None:
    _, css = made
    family = '"Book Code Courier"'
    (rule,) = [rule for rule in rules(css) if rule["font-family"] == family]
    # Both are 0.6 em wide, so that nothing is scaled.
    assert rule["size-adjust"] == "99.98%"
    code = TTFont(
        MODULES / "@fontsource-variable/source-code-pro/files"
        "/source-code-pro-latin-wght-normal.woff2"
    )
    high = code["hhea"].ascent / code["head"].unitsPerEm
    assert float(rule["ascent-override"].rstrip("%")) == pytest.approx(
        100 * high / 0.9998, abs=0.02
    )
    assert 'local("Liberation Mono")' in rule["src"]
    serif = [r for r in rules(css) if r["font-family"] == '"Book Serif Times"']
    assert [r["font-style"] for r in serif] == ["normal", "italic"]


POSTSCRIPT = {
    "LiberationSerif": "Times-Roman",
    "LiberationSerif-Italic": "Times-Italic",
    "LiberationSans": "Helvetica",
    "LiberationMono": "Courier",
}


@pytest.mark.parametrize(
    ("family", "fallback"),
    [
        (family, fallback)
        for family, fallbacks in fonts.FALLBACKS.items()
        for fallback in fallbacks
        if fallback.name != "Georgia"  # which Linux does not have
    ],
    ids=lambda value: value if isinstance(value, str) else value.fonts[-1],
)
def test_the_widths_of_fallbacks_are_those_measured(
    family: str, fallback: fonts.Fallback
) -> None:
    """Matplotlib brings DejaVu, and the widths of PostScript's faces, which
    Times New Roman, Arial, Courier New and Liberation share."""
    folder = Path(matplotlib.get_data_path(), "fonts")
    name = fallback.fonts[-1].replace(" Italic", "-Italic").replace(" ", "")
    if name in POSTSCRIPT:
        told = folder / "pdfcorefonts" / f"{POSTSCRIPT[name]}.afm"
        found = re.findall(r"C (\d+) ; WX (\d+)", told.read_text("latin-1"))
        widths = {chr(int(code)): int(wide) / 1000 for code, wide in found}
    else:
        font = TTFont(folder / "ttf" / f"{name}.ttf")
        em, glyphs = font["head"].unitsPerEm, font.getBestCmap()
        widths = {
            c: font["hmtx"][glyphs[ord(c)]][0] / em for c in fonts.SAMPLE
        }
    mean = sum(widths[c] for c in fonts.SAMPLE) / len(fonts.SAMPLE)
    assert mean == pytest.approx(fallback.width, abs=1.5e-4)


def test_the_sheet_of_the_book_names_the_faces_and_fallbacks() -> None:
    css = (ROOT / "docs" / "assets" / "book.css").read_text("utf-8")
    families = {
        name
        for family, fallbacks in fonts.FALLBACKS.items()
        for name in (family, *(f"{family} {f.name}" for f in fallbacks))
    }
    assert families == set(re.findall(r'"(Book (?:[^"]+))"', css))
    assert families >= {face.family for face in fonts.FACES}


def test_what_was_made_is_kept_and_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = MODULES / "katex/dist/fonts/KaTeX_Size1-Regular.woff2"
    first = fonts.subset(path, "∑∫", tmp_path / "one")
    assert fonts.subset(path, "∫∑", tmp_path / "two") == first
    assert fonts.subset(path, "∑", tmp_path / "two") != first
    monkeypatch.setattr(fonts, "_subset", None)
    assert fonts.subset(path, "∑∫", tmp_path / "one") == first
    assert not list(tmp_path.rglob("*.part"))
