"""The one style sheet of the site."""

from pathlib import Path

from weave.press import styles
from weave.press.glyphs import FORMULA

MODULES = Path(__file__).parent.parent / "node_modules"
FONTS = {"serif.woff2", "serif-italic.woff2", "sans.woff2", "code.woff2"}


def site(folder: Path) -> Path:
    """Write a site as MkDocs leaves it."""
    for path, text in {
        "index.html": "<p>Word</p>",
        "assets/book.css": "/* Own,\nlong. */\np {\n  margin: 0;\n}\n",
        "assets/book.js": "",
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


def test_a_site_need_not_have_a_sheet_of_its_own(tmp_path: Path) -> None:
    folder = site(tmp_path / "site")
    (folder / "assets" / "book.css").unlink()
    styles.make(folder, MODULES, tmp_path / "cache")
    assert "Book Serif" in (folder / "assets" / "book.css").read_text()


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


def test_a_page_with_formulas_brings_their_fonts(tmp_path: Path) -> None:
    folder = site(tmp_path / "site")
    page = folder / "index.html"
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
