"""The one style sheet of the site."""

from __future__ import annotations

from pathlib import Path

import pytest

from weave import styles
from weave.styles import StyleError, purge, tidy

ROOT = Path(__file__).parent.parent
MODULES = ROOT / "node_modules"
PAGE = """\
<html data-scheme="dark"><body><p class="used too" id="here">word
<a href="#nn.Dense">x</a></p><svg style="stroke: var(--drawn)"></svg>
</body></html>
"""
SCRIPT = 'box.classList.add("added"); box.dataset.wasCopied = "yes";'
FONTS = {"serif.woff2", "serif-italic.woff2", "sans.woff2", "code.woff2"}


def site(folder: Path, page: str = PAGE) -> Path:
    """Write a site as MkDocs leaves it."""
    for path, text in {
        "index.html": page,
        "assets/book.css": "/* Own. */ .used{--x:1} p{margin:var(--x)}",
        "assets/book.js": SCRIPT,
        "assets/stylesheets/main.1a.min.css": (
            ".md-unused{color:red}.used{color:blue}"
            "/*# sourceMappingURL=main.1a.min.css.map */"
        ),
        "assets/stylesheets/main.1a.min.css.map": "{}",
        "assets/javascripts/bundle.2b.min.js": "",
        "assets/javascripts/lunr/min/lunr.de.min.js": "",
        "assets/_mkdocstrings.css": ".doc{}",
    }.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder


@pytest.mark.parametrize("whole", [False, True])
def test_a_site_has_one_style_sheet(whole: bool, tmp_path: Path) -> None:
    folder = site(tmp_path / "site")
    styles.make(folder, MODULES, tmp_path / "cache", whole=whole)
    assets = folder / "assets"
    css = (assets / "book.css").read_text()
    assert (".md-unused" in css) == whole
    assert ("Own." in css) == (".katex" in css) == whole
    assert "sourceMappingURL" not in css
    order = [".used{color:blue}", "Book Serif", ".used{--x:1}"]
    places = [css.index(part) for part in order]
    assert places == sorted(places)
    assert {path.name for path in (assets / "fonts").iterdir()} == FONTS
    there = {path.name for path in assets.iterdir()}
    assert there == {"book.css", "book.js", "fonts"}


def test_a_site_need_not_have_a_sheet_of_its_own(tmp_path: Path) -> None:
    folder = site(tmp_path / "site")
    (folder / "assets" / "book.css").unlink()
    styles.make(folder, MODULES, tmp_path / "cache")
    assert ".used" in (folder / "assets" / "book.css").read_text()


def test_what_a_page_names_stays(tmp_path: Path) -> None:
    page = '<a href="bundle.2b.min.js">a</a><a href="lunr.de.min.js">b</a>'
    folder = site(tmp_path, page)
    tidy(folder, [page])
    scripts = folder / "assets" / "javascripts"
    assert {path.name for path in scripts.rglob("*.js")} == {
        "bundle.2b.min.js",
        "lunr.de.min.js",
    }
    assert not (folder / "assets" / "stylesheets").exists()
    tidy(folder, [page])


@pytest.mark.parametrize(
    ("css", "kept"),
    [
        (".used{color:red}", True),
        (".too{color:red}", True),
        (".unused{color:red}", False),
        (".word{color:red}", False),
        ("#here{color:red}", True),
        ("#gone{color:red}", False),
        ("table{color:red}", False),
        ("[data-scheme=dark] p:hover{color:red}", True),
        ("[data-scheme=light] p{color:red}", False),
        ('a[href^="#nn."]{color:red}', True),
        (".added{color:red}", True),
        ("[data-was-copied]{color:red}", True),
        ("@media print{p{color:red}}", True),
        ("@media print{.unused{color:red}}", False),
        (":root{--drawn:red}", True),
        (":root{--idle:red}", False),
        (":root{--drawn:var(--next);--next:red}", True),
        ("@keyframes idle{to{color:red}}", False),
        ("@keyframes turn{to{color:red}}p{animation:turn 1s}", True),
        ("p{color:red}/* said */", True),
    ],
)
def test_what_nothing_uses_goes(css: str, kept: bool, tmp_path: Path) -> None:
    page, script = tmp_path / "a.html", tmp_path / "a.js"
    page.write_text(PAGE)
    script.write_text(SCRIPT)
    left = purge(css, [page, script], MODULES)
    assert ("red" in left) == kept
    assert "said" not in left


def test_a_faulty_sheet_is_named(tmp_path: Path) -> None:
    with pytest.raises(StyleError, match=r"book\.css: .*:1:1: Unclosed"):
        purge("p { color: red", [], MODULES)
