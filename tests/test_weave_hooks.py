"""The loom inside MkDocs: small books, built in this process."""

from __future__ import annotations

import logging
import re
import runpy
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Literal
from xml.etree import ElementTree as ET

import nbclient
import nbformat
import pytest
import small_book
from bs4 import BeautifulSoup
from jinja2 import Environment
from mkdocs.commands.build import build
from mkdocs.config import load_config
from mkdocs.exceptions import Abort, PluginError

from weave import chart
from weave.mathematics import Mathematics

ROOT = Path(__file__).parent.parent
GOOD = """\
# %% [markdown]
# # 1 · Good
#
# A formula $\\val{x}$, and [](#fig-line), and [the other](index.md#end).
#
# | $n$ | size |
# | --- | ---- |
# | 1   | 2    |

# %%
from nn import relu
from weave import figure, show, subplots, table

# %% tags=["hide"]
fig, ax = subplots()
ax.plot([0, relu(1)])
figure(fig, "line", alt="A line.", caption="It rises.")

# %%
show("layers:relu")
table([["a", 1]], header=["name", "number"], caption="One.")
print("1 < 2")
show("base:")

# %% [markdown]
# ### Exercise 1.1 · Ten
#
# Say ten.

# %% tags=["starter"]
ten = None

# %% tags=["solution"]
ten = 10

# %% tags=["tests"]
assert ten == 10
"""
INDEX = "# Index\n\nNo mathematics.\n\n## End\n"
CONFIG = f"""\
INHERIT: {ROOT / "mkdocs.yml"}
hooks: [{ROOT / "weave" / "hooks.py"}, {ROOT / "weave/press/hooks.py"}]
watch: []
extra: {{cards: false}}
extra_css: []
extra_javascript: []
theme: {{custom_dir: {ROOT / "weave" / "theme"}}}
nav:
"""

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def write(root: Path, index: str = INDEX, **chapters: str) -> Path:
    """Write a book that is configured like ours."""
    small_book.write(root, **chapters)
    (root / "docs" / "index.md").write_text(index)
    nav = "".join(f"  - {name}.py\n" for name in chapters)
    (root / "mkdocs.yml").write_text(CONFIG + "  - index.md\n" + nav)
    (root / "node_modules").symlink_to(ROOT / "node_modules")
    return root


def make(root: Path, command: Literal["build", "serve"] = "build") -> None:
    config = load_config(str(root / "mkdocs.yml"))
    config.plugins.on_startup(command=command, dirty=False)
    try:
        build(config)
    finally:
        config.plugins.on_shutdown()


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = write(tmp_path_factory.mktemp("book"), good=GOOD)
    make(root)
    return root


def soup(path: Path) -> BeautifulSoup:
    return BeautifulSoup(path.read_text("utf-8"), "html.parser")


@pytest.fixture(scope="module")
def page(book: Path) -> BeautifulSoup:
    return soup(book / "site" / "good.html")


def test_a_figure_is_on_the_page(page: BeautifulSoup) -> None:
    figure = page.find(id="fig-line")
    assert figure
    assert figure.select_one("svg.plot[aria-label='A line.']")
    caption = figure.find("figcaption")
    assert caption
    assert caption.get_text().startswith("Figure 1.1. It rises.")
    (back,) = caption.select(".mentions > a")
    assert page.select_one(str(back["href"]))
    assert page.select_one('a[href="#fig-line"]')


def test_source_is_on_the_page(page: BeautifulSoup) -> None:
    piece = page.find(id="nn-layers-relu")
    assert piece
    code = piece.select_one(".highlight code")
    assert code
    assert "def relu(x):" in code.get_text()
    link = piece.find("a")
    assert link
    assert str(link["href"]).endswith("/blob/main/nn/layers.py#L10-L13")


def test_a_hidden_cell_is_folded(page: BeautifulSoup) -> None:
    fold = page.select_one("details.code:not([open])")
    assert fold
    assert "ax.plot" in fold.get_text()


def test_tables_scroll_and_tell_their_headers(page: BeautifulSoup) -> None:
    tables = page.find_all("table")
    assert len(tables) == 2
    for table in tables:
        box = table.parent
        assert box
        assert (box["class"], box["tabindex"]) == (["scroll"], "0")
        heads = table.find_all("th")
        assert [head["scope"] for head in heads] == ["col", "col"]


def test_output_is_text(page: BeautifulSoup) -> None:
    output = page.select_one("pre.output")
    assert output
    assert output.get_text() == "1 < 2"


def test_formulas_are_set(page: BeautifulSoup) -> None:
    assert page.select_one(".katex .value")


@pytest.mark.parametrize("name", ["index.html", "good.html", "404.html"])
def test_a_page_has_one_style_sheet(name: str, book: Path) -> None:
    page = soup(book / "site" / name)
    links = page.select("link[rel=stylesheet]")
    assert len(links) + len(page.select("head style")) == 1
    if name == "404.html":
        assert str(links[0]["href"]).endswith("assets/book.css")


def test_the_style_sheet_is_what_the_pages_need(book: Path) -> None:
    assets = book / "site" / "assets"
    css = (assets / "book.css").read_text()
    assert ".katex" in css
    for path in re.findall(r"url\((fonts/[^)]+)\)", css):
        assert (assets / path).exists()
    assert not (assets / "stylesheets").exists()


def test_an_equation_is_mentioned_on_another_page(tmp_path: Path) -> None:
    labelled = "#\n# $$\n# \\label{one: the first}\n# x\n# $$\n"
    text = "See [](b.py#eq-one) and [the first](b.py#eq-one).[^a]\n\n[^a]: A."
    root = write(tmp_path, f"# Index\n\n{text}", b=TITLE + labelled)
    make(root)
    index = soup(root / "site" / "index.html")
    b = soup(root / "site" / "b.html")
    links = index.select('a[href*="#eq-one"]')
    assert [a.get_text() for a in links] == ["Equation 1", "the first"]
    assert [a["title"] for a in links] == ["the first", "the first"]
    (back,) = b.select("#eq-one > .mentions > a")
    assert str(back["href"]).endswith("#" + str(links[0]["id"]))
    assert b.select_one('.formula[aria-label="Equation 1, the first"]')
    assert index.select(".sidenote")
    assert not index.select(".footnote")


def test_a_chapter_can_be_downloaded(page: BeautifulSoup, book: Path) -> None:
    links = [str(a["href"]) for a in page.select("h1 + .downloads a")]
    assert links == ["good.ipynb", "good.py"]
    folder = book / "site"
    assert (folder / "good.py").read_text() == GOOD
    notebook = nbformat.read(folder / "good.ipynb", as_version=4)
    assert "[Figure 1.1](#fig-line)" in notebook.cells[0].source
    assert "image/svg+xml" in notebook.cells[2].outputs[0].data


def test_an_exercise_can_be_downloaded(
    page: BeautifulSoup, book: Path
) -> None:
    (link,) = page.select('a[href$="exercise-1-1.py"]')
    assert link.has_attr("download")
    begun = (book / "site" / "exercise-1-1.py").read_text()
    with pytest.raises(AssertionError):
        exec(begun, {})
    exec(begun.replace("None", "10"), {})


def test_other_pages_are_left_alone(book: Path) -> None:
    index = soup(book / "site" / "index.html")
    assert not index.select(".downloads")
    assert "No mathematics." in index.get_text()


@pytest.mark.parametrize("name", ["index.html", "404.html"])
def test_material_is_mended(name: str, book: Path) -> None:
    page = soup(book / "site" / name)
    assert not page.select("[data-md-component=source]")


def test_the_search_does_not_find_ticks_of_figures(book: Path) -> None:
    index = (book / "site" / "assets" / "search-entries.js").read_text()
    assert "It rises." in index
    assert "0.75" not in index


@pytest.fixture
def kernels(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Collect the first line of every chapter that is executed."""
    seen: list[str] = []
    run = nbclient.NotebookClient.async_execute

    def execute(self: nbclient.NotebookClient, **options: object) -> object:
        seen.append("kernel")
        return run(self, **options)

    monkeypatch.setattr(nbclient.NotebookClient, "async_execute", execute)
    return seen


def test_building_again_is_the_same_and_runs_nothing(
    book: Path, kernels: list[str]
) -> None:
    files = [path for path in (book / "site").rglob("*.*") if path.is_file()]
    before = {
        path: path.read_bytes() for path in files if path.suffix != ".gz"
    }
    make(book)
    for path, content in before.items():
        assert path.read_bytes() == content, path
    assert kernels == []


def test_templates_are_compiled_once(
    book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled: list[str] = []
    generate = Environment._generate

    def note(
        self: Environment, source: Any, name: str, *args: Any, **options: Any
    ) -> str:
        compiled.append(name)
        return generate(self, source, name, *args, **options)

    monkeypatch.setattr(Environment, "_generate", note)
    make(book)
    assert "base.html" not in compiled


def test_a_word_of_prose_is_on_the_page_and_runs_nothing(
    tmp_path: Path, kernels: list[str]
) -> None:
    root = write(tmp_path, a="# %% [markdown]\n# # A\n\n# %%\nx = 1\n")
    make(root)
    assert kernels == ["kernel"]
    path = root / "docs" / "a.py"
    path.write_text(path.read_text().replace("# # A", "# # A\n#\n# Word."))
    make(root)
    assert kernels == ["kernel"]
    assert "Word." in soup(root / "site" / "a.html").get_text()


def test_a_line_of_the_package_runs_what_depends_on_it(
    tmp_path: Path, kernels: list[str]
) -> None:
    root = write(
        tmp_path,
        a="# %% [markdown]\n# # A\n\n# %%\nfrom nn import LIMIT\nLIMIT",
        b="# %% [markdown]\n# # B\n\n# %%\nfrom nn import relu\nrelu(7)",
    )
    make(root)
    assert len(kernels) == 2
    layers = root / "nn" / "layers.py"
    layers.write_text(layers.read_text().replace("max(x, 0)", "-x"))
    make(root)
    assert len(kernels) == 3
    page = soup(root / "site" / "b.html")
    output = page.select_one("pre.output")
    assert output
    assert output.get_text() == "-7"


BACK = "# Back\n\nHere it begins.\n"


def test_back_matter_is_completed(tmp_path: Path) -> None:
    root = write(tmp_path, good=GOOD)
    with (root / "mkdocs.yml").open("a") as config:
        for name in ("api", "package", "solutions"):
            (root / "docs" / f"{name}.md").write_text(BACK)
            config.write(f"  - {name}.md\n")
    make(root)
    pages = {
        name: soup(root / "site" / f"{name}.html")
        for name in ("api", "package", "solutions")
    }
    for page in pages.values():
        assert "Here it begins." in page.get_text()
    entry = pages["api"].select_one("#nn\\.layers\\.Dense")
    assert entry
    assert pages["api"].select('[href="good.html#nn-layers-relu"]')
    code = pages["package"].select_one("[data-file='nn/base.py'] code")
    assert code
    assert code.get_text() == small_book.BASE
    links = pages["solutions"].select("td a")
    assert [str(link["href"]) for link in links] == [
        "good.html#exercise-11-ten",
        "exercise-1-1.py",
    ]
    assert (root / "site" / "exercise-1-1.py").exists()
    archive = (root / "site" / "nn.zip").read_bytes()
    make(root)
    again = (root / "site" / "nn.zip").read_bytes()
    assert again == archive


def test_a_page_that_counts_runs_again(
    tmp_path: Path, kernels: list[str]
) -> None:
    counting = (
        "\n# %%\nfrom pathlib import Path\n"
        "from weave.census import census\ncensus(Path())\n"
    )
    root = write(tmp_path, a=TITLE + counting, b=TITLE)
    make(root)
    assert len(kernels) == 2
    make(root)
    assert len(kernels) == 2
    path = root / "docs" / "b.py"
    path.write_text(path.read_text() + "#\n# A formula, $x$.\n")
    make(root)
    assert len(kernels) == 3


TITLE = "# %% [markdown]\n# # Title\n"


@pytest.mark.parametrize(
    ("faulty", "told"),
    [
        (
            "\n# %%\n1 / 0",
            "bad.py, cell 2 (1 / 0): ZeroDivisionError: division by zero",
        ),
        (
            "\n# %%\nimport sys\nprint('x', file=sys.stderr)",
            "bad.py, cell 2 (import sys): wrote to stderr: x",
        ),
        (
            "\n# %%\nfrom weave import show\n\n# %%\nshow('layers:relo')",
            "bad.py, cell 3 (show('layers:relo')): ValueError: no piece",
        ),
        (
            "\n# %%\nimport weave\nfig, _ = weave.subplots()\n"
            "weave.figure(fig, 'f', alt='', caption='x')",
            "bad.py, cell 2 (weave.figure(fig, 'f', alt='', caption='x')): "
            "ValueError: figure 'f' has no alt text",
        ),
        ("#\n# A {{ nothing }}.", "cell 1 (# Title): ValueError: {{ noth"),
        ("#\n# Bad $\\frac{1}$.", r"in formula \frac{1}"),
        ("#\n# See [](#fig-gone).", "bad.py: a link to #fig-gone, which"),
        ("#\n# See [](index.md#fig-a).", "bad.py: a link to index.md#fig-a"),
        (
            "#\n# $$\n# \\label{a: b}\n# $$\n#\n# $$\n# \\label{a: c}\n# $$",
            "bad.py: two things on a page are called 'a'",
        ),
        ("#\n# A [link](gone.md).", "bad.py' contains a link 'gone.md'"),
        ("#\n# A [link](#gone).", "bad.py' contains a link '#gone'"),
        ("#\n# A [link](index.md#gone).", "does not contain an anchor '#gon"),
    ],
)
def test_a_fault_fails_the_build_and_is_named(
    faulty: str, told: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    root = write(tmp_path, bad=TITLE + faulty)
    with caplog.at_level(logging.WARNING), pytest.raises(Abort):
        make(root)
    assert told in caplog.text
    assert "Traceback" not in caplog.text
    page = root / "site" / "bad.html"
    assert not page.exists() or "Traceback" not in page.read_text()


def test_one_page_alone(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    root = write(tmp_path, a=TITLE, bad="# %%\n1 / 0")
    arguments = ["weave", str(root / "docs" / "a.py")]
    monkeypatch.setattr(sys, "argv", arguments)
    runpy.run_module("weave", run_name="__main__")
    page = Path(capsys.readouterr().out.strip())
    assert page == root / ".cache" / "page" / "a" / "a.html"
    assert "Title" in soup(page).get_text()


def test_the_loom_alone_names_a_bad_formula(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    root = write(tmp_path, INDEX + "\n\n$\\bad$\n")
    config = root / "mkdocs.yml"
    alone = f"hooks: [{ROOT / 'weave' / 'hooks.py'}]\nwatch"
    config.write_text(re.sub("hooks: .*\nwatch", alone, config.read_text()))
    with pytest.raises(Abort):
        make(root)
    assert "index.md" in caplog.text
    assert r"in formula \bad" in caplog.text


PICTURE = """\
# %% [markdown]
# # 2 · Picture
#
# *What is seen?*

# %%
import numpy as np
from weave import figure, subplots

fig, ax = subplots()
ax.imshow(np.random.default_rng(0).normal(size=(60, 60)))
figure(fig, "noise", alt="Noise.", caption="Nothing.")
"""


def test_a_chart_of_the_chapters_and_a_large_picture(tmp_path: Path) -> None:
    root = write(tmp_path, f"# Index\n\n{chart.PLACE}\n", b=PICTURE)
    config = (root / "mkdocs.yml").read_text()
    part = "  - Part I:\n    - 2 · Picture: b.py\n"
    config = config.replace("  - b.py\n", part)
    (root / "mkdocs.yml").write_text(config)
    make(root)
    site = root / "site"
    (link,) = soup(site / "index.html").select(".chart a")
    assert link["href"] == "b.html"
    assert "What is seen?" in soup(site / "index.html").get_text()
    (image,) = soup(site / "b.html").select("svg image")
    assert image["href"] == "assets/figures/b-1.webp"
    assert (site / "assets/figures/b-1.webp").read_bytes()[8:12] == b"WEBP"


def test_a_missing_katex_is_named_before_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from weave import hooks

    monkeypatch.setattr(hooks, "mathematics", Mathematics(tmp_path))
    config = SimpleNamespace(config_file_path=str(tmp_path / "mkdocs.yml"))
    with pytest.raises(PluginError, match="`npm ci` brings it"):
        hooks.on_config(config)


# ---- what a page says of itself elsewhere

SHARED = """\
# %% [markdown]
# # 1 · "Lines" & more
#
# *Which way is up, and how far is it from here to there?*
#
# After this chapter you can say so.

# %%
from weave import figure, subplots

for name in "first", "second":
    fig, ax = subplots()
    ax.plot([0, 1])
    figure(fig, name, alt=f"The {name}.", caption="It rises.")

# %% [markdown]
# ## Up
#
# It rises by {{ len(name) }} steps.
"""
LOG = "# What changed\n\nNews.\n\n## 0.2.0 · 2026-03-04\n\nBetter.\n"
CITED = """\
title: The Book
version: 0.2.0
date-released: 2026-03-04
url: https://a.org/b/
authors: [{name: Everybody}]
"""
SITE = """\
site_url: https://a.org/b/
site_name: The Book
site_description: A book of lines.
"""


def shared(root: Path, figure: str = "second") -> Path:
    """Write a book that is cited, and has a change log and cards."""
    write(root, one=SHARED)
    (root / "docs" / "changes.md").write_text(LOG)
    (root / "docs" / "assets").mkdir()
    (root / "docs" / "assets" / "numbers.json").write_text(
        '{"numbers": {"0.2.0": {"one": {"Up: len(name)": "5"}}},'
        ' "changes": {}}'
    )
    (root / "CITATION.cff").write_text(CITED)
    config = (root / "mkdocs.yml").read_text()
    config = config.replace("cards: false", f"cards: {{one: {figure}}}")
    (root / "mkdocs.yml").write_text(f"{SITE}{config}  - changes.md\n")
    return root


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = shared(tmp_path_factory.mktemp("shared"))
    make(root)
    return root / "site"


def head(path: Path) -> dict[str, str]:
    """Return what a page's head tells, by name."""
    return {
        str(tag.get("name") or tag.get("property")): str(tag["content"])
        for tag in soup(path).select("meta[content]")
    }


@pytest.mark.parametrize("name", ["index", "one", "changes"])
def test_a_page_says_what_to_show_of_it(name: str, site: Path) -> None:
    url = "https://a.org/b/" + ("" if name == "index" else f"{name}.html")
    page = soup(site / f"{name}.html")
    (link,) = page.select("link[rel=canonical]")
    assert link["href"] == url
    (feed,) = page.select('link[type="application/atom+xml"]')
    assert feed["href"] == "feed.xml"
    told = head(site / f"{name}.html")
    assert told["og:url"] == url
    assert told["og:site_name"] == "The Book"
    assert told["description"] == told["og:description"] != ""
    assert told["twitter:card"] == "summary_large_image"
    card = f"assets/cards/{name}.png"
    assert told["og:image"] == f"https://a.org/b/{card}"
    assert (site / card).read_bytes().startswith(b"\x89PNG")


def test_a_chapter_tells_its_question_and_its_figure(site: Path) -> None:
    told = head(site / "one.html")
    assert told["og:type"] == "article"
    assert told["og:title"] == '1 · "Lines" & more'
    assert told["description"].startswith("Which way is up, and how far")
    assert told["og:image:alt"] == 'Chapter 1. "Lines" & more. The second.'
    assert told["citation_title"] == '"Lines" & more'
    assert told["citation_inbook_title"] == "The Book"
    cite = soup(site / "one.html").select_one(".cite")
    assert cite
    assert "chapter 1 of The Book, version 0.2.0" in cite.get_text()
    assert "url          = {https://a.org/b/one.html}" in cite.get_text()


def test_home_stands_for_the_book_and_back_matter_for_itself(
    site: Path,
) -> None:
    home, back = head(site / "index.html"), head(site / "changes.html")
    assert home["og:type"] == "website"
    assert home["og:title"] == home["citation_title"] == "The Book"
    assert len(soup(site / "index.html").select(".cite")) == 1
    assert not any(name.startswith("citation_") for name in back)
    assert not soup(site / "changes.html").select_one(".cite")


def test_the_change_log_tells_what_differs(site: Path) -> None:
    page = soup(site / "changes.html")
    assert page.find(id="release-0.2.0")
    row = page.select_one("tbody tr")
    assert row
    told = [cell.get_text() for cell in row.find_all("td")]
    assert told == [
        '1 · "Lines" & more',
        "Up",
        "It rises by … steps.",
        "5",
        "6",
    ]


def test_machines_find_the_pages_and_the_news(site: Path) -> None:
    assert "https://a.org/b/sitemap.xml" in (site / "robots.txt").read_text()
    assert b"changes.html#release-0.2.0" in (site / "feed.xml").read_bytes()
    places = ET.parse(site / "sitemap.xml").getroot()
    assert {loc.text for loc in places.iter() if loc.tag.endswith("}loc")} == {
        "https://a.org/b/",
        "https://a.org/b/one.html",
        "https://a.org/b/changes.html",
    }


def test_a_card_with_a_figure_that_is_gone_is_named(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    root = shared(tmp_path, figure="third")
    with caplog.at_level(logging.WARNING), pytest.raises(Abort):
        make(root)
    assert "one.py: the card wants a figure 'third'" in caplog.text


def test_a_page_is_as_old_as_its_commit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from weave.press import sitemap

    monkeypatch.setattr(sitemap, "dates", lambda _: {"a.py": "2026-01-02"})
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    root = write(tmp_path, a=TITLE)
    make(root)
    told = (root / "site" / "sitemap.xml").read_text()
    assert told.count("<lastmod>2026-01-02<") == 1
    assert told.count("<lastmod>1970-01-01<") == 1
