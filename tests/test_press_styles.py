"""The one style sheet of the site."""

from pathlib import Path
from types import ModuleType

import pytest

from weave.press import fonts, glyphs, styles
from weave.press.glyphs import FORMULA

MODULES = Path(__file__).parent.parent / "node_modules"
FONTS = {"serif.woff2", "serif-italic.woff2", "sans.woff2", "code.woff2"}


def site(folder: Path) -> Path:
    """Write a site as MkDocs leaves it."""
    for path, text in {
        "index.html": "<p>Word</p>",
        "assets/book.css": "/* Own,\nlong. */\np {\n  margin: 0;\n}\n",
        "assets/book.js": "say()",
        "assets/stylesheets/main.1a.min.css": ".md{}",
        "assets/javascripts/lunr/min/lunr.de.min.js": "",
        "assets/_mkdocstrings.css": ".doc{}",
    }.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder


def test_a_site_has_one_style_sheet(tmp_path: Path) -> None:
    folder = site(tmp_path / "site")
    styles.make(folder, MODULES, tmp_path / "cache")
    assets = folder / "assets"
    css = (assets / "book.css").read_text()
    places = [css.index(part) for part in (".katex", "Book Serif", "p {")]
    assert places == sorted(places)
    assert "Own" not in css
    assert css.endswith("p {\nmargin: 0;\n}\n")
    assert {path.name for path in (assets / "fonts").iterdir()} == FONTS
    there = {path.name for path in assets.iterdir()}
    assert there == {"book.css", "book.js", "fonts"}


@pytest.mark.parametrize("own", [True, False])
def test_the_sheet_is_katex_then_the_faces_then_the_own_one(
    own: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is made of what the pages, the sheet and the scripts show."""
    folder, modules = site(tmp_path / "site"), tmp_path / "modules"
    target, cache = folder / "assets" / "fonts", tmp_path / "cache"
    book = folder / "assets" / "book.css"
    sheet = book.read_text() if own else ""
    if not own:
        book.unlink()
    (folder / "a.html").write_text("<p>é</p>")
    katex = modules / "katex" / "dist"
    katex.mkdir(parents=True)
    (katex / "katex.min.css").write_text(".all{}")
    asked: list[object] = []

    def answer(module: ModuleType, name: str, result: object) -> None:
        def asking(*given: object) -> object:
            asked.append((name, *given))
            return result

        monkeypatch.setattr(module, name, asking)

    answer(fonts, "characters", {"é"})
    answer(glyphs, "keep", ".katex{}")
    answer(fonts, "faces", "@font-face{}")
    styles.make(folder, modules, cache)
    pages = ["<p>é</p>", "<p>Word</p>"]
    assert asked == [
        ("characters", pages, [sheet, "say()"]),
        ("keep", ".all{}", katex, pages, target, cache),
        ("faces", modules, {"é"}, target, cache),
    ]
    rest = "p {\nmargin: 0;\n}\n" if own else ""
    assert book.read_text() == f".katex{{}}\n@font-face{{}}\n{rest}"


def test_pages_hold_their_style(tmp_path: Path) -> None:
    folder = site(tmp_path / "site")
    page, lost = folder / "index.html", folder / "404.html"
    page.write_text(f"<head>{styles.LINK}</head>")
    lost.write_text('<link rel="stylesheet" href="/book/assets/book.css">')
    (folder / "assets/book.css").write_text("a { src: url(fonts/b.woff2) }\n")
    styles.enclose(folder)
    assert page.read_text() == (
        "<head><style>\na { src: url(assets/fonts/b.woff2) }\n</style></head>"
    )
    assert "link" in lost.read_text()


def test_a_page_with_formulas_alone_brings_their_fonts(tmp_path: Path) -> None:
    folder = site(tmp_path / "site")
    page, other = folder / "index.html", folder / "other.html"
    other.write_text(styles.LINK)
    page.write_text(f"<head>{styles.LINK}</head>{FORMULA}")
    (folder / "assets/book.css").write_text(
        "url(fonts/KaTeX_Main.woff2) url(fonts/b.woff2)"
    )
    (folder / "assets/fonts").mkdir()
    (folder / "assets/fonts/KaTeX_Main.woff2").write_bytes(b"wOF2")
    styles.enclose(folder)
    assert page.read_text() == (
        "<head><style>\nurl(data:font/woff2;base64,d09GMg==) "
        f"url(assets/fonts/b.woff2)\n</style></head>{FORMULA}"
    )
    assert other.read_text() == (
        "<style>\nurl(assets/fonts/KaTeX_Main.woff2) "
        "url(assets/fonts/b.woff2)\n</style>"
    )
