"""The back matter: glossary, API reference, the package on one page."""

from __future__ import annotations

import functools
import io
import re
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import griffe
import pytest
import small_book
from bs4 import BeautifulSoup, Tag
from mkdocs.commands.build import build
from mkdocs.config import load_config
from playwright.sync_api import sync_playwright

import nn
from weave import package
from weave.cells import read
from weave.exercises import anchor_of, overview
from weave.key import exported, number
from weave.press.browser import FLAGS, HELP, find_chromium

ROOT = Path(__file__).parent.parent
NN = ROOT / "nn"
DOCS = ROOT / "docs"
CHAPTERS = sorted(DOCS.glob("*.py"))
EXPORTS = exported(NN / "__init__.py")

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


# ---- The glossary.

# Italics that stress a word. A term of the field stands in the glossary.
STRESSED = {
    " ".join(words.split())
    for words in re.split(
        ",",
        """add, adds, against, all, and, and its bias, another, back, begin,
        below, better, binary, both, but for rounding, can, caught, change,
        columns, continue, continuous, cut off at 1, each epoch, ends,
        everything, everything at once, example, explodes, factor, fewer than
        two, for, into, know, largest, learn, learned from, learns, less,
        make, measured, most, nearest, new, not, off, off off, old, on, one,
        one piece, other, output, over the batch, pixels, prepares,
        probabilities, random, read, report, right, right side, root, rows,
        same, scaled, seen, shut, size, small, something, something like,
        square, that, the same, there, this, toward, up, where, which, whole,
        widest, within 0.1, without its loss""",
    )
}


@functools.cache
def prose(chapter: Path) -> str:
    cells = read(chapter)
    return "\n\n".join(c.source for c in cells if c.kind == "markdown")


def plain(text: str) -> str:
    """Return text in one line and one case, with straight quotes."""
    return " ".join(text.replace("’", "'").lower().split())


GLOSSARY = re.findall(
    r"^(?P<term>\S.*) \{ #(?P<anchor>\S+) \}\n: {3}(?P<text>(?:.+\n)+)",
    (DOCS / "glossary.md").read_text("utf-8"),
    re.M,
)
TERMS = {plain(term) for term, _, _ in GLOSSARY}


def test_the_glossary_is_sorted_and_has_no_duplicates() -> None:
    letters = [re.sub(r"[^a-z]", "", term.lower()) for term, _, _ in GLOSSARY]
    assert len(letters) > 100
    assert letters == sorted(letters)
    assert len(set(letters)) == len(letters)
    assert all(
        anchor == "term-" + anchor_of(re.sub("’s?", "", term))
        for term, anchor, _ in GLOSSARY
    )


@pytest.mark.parametrize(
    ("term", "text"), [(term, text) for term, _, text in GLOSSARY]
)
def test_a_term_leads_to_the_section_that_defines_it(
    term: str, text: str
) -> None:
    assert text.rstrip().endswith(")")
    links = re.findall(r"\[([^]]+)\]\((\w+\.py)#([^)]+)\)", text)
    for _, file, anchor in links:
        headings = re.findall(r"(?m)^##+ (.+)$", prose(DOCS / file))
        anchors = {anchor_of(heading): heading for heading in headings}
        assert anchor in anchors
    label, file, _ = links[-1]
    assert plain(label).endswith(plain(anchors[anchor]))
    chapter = plain((DOCS / file).read_text("utf-8"))
    for word in plain(term).split():
        assert word[:5] in chapter


def italics(text: str) -> Iterator[str]:
    """Yield what stands in italics, and is short."""
    text = re.sub(r"(?ms)^`{3,}.*?^`{3,}|`[^`]*`", "", text)
    text = re.sub(r"(?s)\$\$.*?\$\$|\$[^$]+\$", "", text)
    for words in re.findall(r"(?<![*\w\\])\*(?![\s*])([^*]+?)\*(?!\w)", text):
        if len(words.split()) <= 4 and not words.endswith("?"):
            yield plain(words).removesuffix(".").replace(",", "")


def test_italics_are_found() -> None:
    text = "A *bend* is **bold**, $a * b * c$, `d * e * f`, *what is it?*"
    assert list(italics(text + " A\n*line\nbreak*.")) == ["bend", "line break"]


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda path: path.stem)
def test_a_term_in_italics_is_in_the_glossary(chapter: Path) -> None:
    words = set(italics(prose(chapter)))
    assert {w for w in words if not known(w)} - STRESSED == set()


def known(word: str) -> bool:
    """Say whether a term is, begins or ends what is in the glossary."""
    return (
        any(
            f"{term} ".startswith(f"{word} ")
            or f"{word} ".startswith(f"{term} ")
            for term in TERMS
        )
        or re.sub("(?<=s)es$|s$", "", word) in TERMS
    )


# ---- The bibliography.

WORKS = re.findall(
    r"(?P<entry>(?:.+\n)+)\{ #(?P<work>\S+) \.reference \}",
    (DOCS / "bibliography.md").read_text("utf-8"),
)
CITED = {
    (work, number(path), path.name)
    for path in CHAPTERS
    for work in re.findall(
        r"bibliography\.md#([\w-]+)", path.read_text("utf-8")
    )
}


@pytest.mark.parametrize(("entry", "work"), WORKS)
def test_a_work_names_the_chapters_that_cite_it(entry: str, work: str) -> None:
    links = re.findall(r"\[(\d+)\]\((\w+\.py)\)", entry)
    named = [(work, int(label), name) for label, name in links]
    assert named == sorted(cite for cite in CITED if cite[0] == work)
    assert ("chapters" if len(named) > 1 else "chapter") in entry.split()
    assert entry.endswith(f"]({named[-1][-1]}).\n")


# ---- The package on one page, and the API reference.


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the two pages, without the chapters to which they lead."""
    folder = tmp_path_factory.mktemp("site")
    config = load_config(
        str(ROOT / "mkdocs.yml"),
        nav=[{"API": "api.md"}, {"Package": "package.md"}],
        site_dir=str(folder),
        exclude_docs="*.py\n*.md\n!/api.md\n!/package.md",
        strict=False,
    )
    config.plugins.on_startup(command="build", dirty=False)
    build(config)
    config.plugins.on_shutdown()
    return folder


def soup(path: Path) -> BeautifulSoup:
    return BeautifulSoup(path.read_text("utf-8"), "html.parser")


@pytest.fixture(scope="module")
def api(site: Path) -> BeautifulSoup:
    return soup(site / "api.html")


@pytest.mark.parametrize("name", nn.__all__)
def test_a_public_name_is_in_the_reference(
    name: str, api: BeautifulSoup
) -> None:
    (heading,) = api.find_all(id=f"nn.{EXPORTS[name]}.{name}")
    entry = heading.find_parent(class_="doc-object")
    assert isinstance(entry, Tag)
    text = " ".join(entry.get_text().split())
    sessions = [code.get_text().strip() for code in entry.select("pre code")]
    whole = getattr(nn, name).__doc__
    paragraphs = griffe.Docstring(whole).value.split("\n\n")
    for paragraph in paragraphs:
        if paragraph.startswith(">>>"):
            assert paragraph in sessions
        else:
            assert " ".join(paragraph.replace("`", "").split()) in text
    if name != "Layer" and name != "Diverged":  # nobody calls these
        signature = entry.select_one(".doc-signature.highlight code")
        assert signature
        assert signature.get_text().startswith(f"{name}(")


def test_the_reference_tells_types(api: BeautifulSoup) -> None:
    heading = api.find(id="nn.layers.Dense")
    assert heading
    signature = heading.find_next(class_="doc-signature")
    assert signature
    assert signature.get_text().strip() == (
        "Dense(weight: ArrayLike, bias: ArrayLike | None = None)"
    )
    heading = api.find(id="nn.layers.Dense.forward")
    assert heading
    assert "train: bool = False) -> Array" in heading.get_text()


def test_each_entry_leads_to_its_lines(api: BeautifulSoup) -> None:
    links = {str(a["href"]) for a in api.select(".place a")}
    pieces = package.places(CHAPTERS, NN)
    anchors = {place.anchor for place in pieces.values()}
    assert len(links) > len(nn.__all__)
    assert {link.partition("#")[2] for link in links} <= anchors


def test_the_reference_shows_no_source(api: BeautifulSoup) -> None:
    assert "np.matmul" not in api.get_text()
    assert not api.select('[href*="_mkdocstrings.css"]')


def test_the_search_finds_docstrings_once(site: Path) -> None:
    index = (site / "assets" / "search-entries.js").read_text("utf-8")
    assert index.count("A number that remembers how it was computed.") == 1
    assert "np.matmul" not in index
    names = {
        entry.anchor
        for page in small_book.searched(site)
        for entry in page.entries
        if entry.kind == "api"
    }
    assert {f"nn.{EXPORTS[name]}.{name}" for name in nn.__all__} <= names


def test_the_package_is_whole_on_its_page(site: Path) -> None:
    page = soup(site / "package.html")
    shown = {
        str(module["data-file"]): module.select_one("code")
        for module in page.select("[data-file]")
    }
    assert set(shown) == {f"nn/{path.name}" for path in NN.glob("*.py")}
    assert next(iter(shown)) == "nn/scalar.py"
    assert list(shown)[-1] == "nn/__init__.py"
    for file, code in shown.items():
        assert code
        text = (ROOT / file).read_text("utf-8")
        assert code.get_text().rstrip("\n") == text.rstrip("\n")
    heading = page.find(id="nnlayerspy")
    assert heading
    below = heading.find_next("p")
    assert below
    lines = len((NN / "layers.py").read_text("utf-8").splitlines())
    words = " ".join(below.get_text().split())
    assert words == f"{lines} lines, explained in 2 · Layers."


def test_the_archive_can_be_imported(site: Path, tmp_path: Path) -> None:
    content = (site / "nn.zip").read_bytes()
    assert content == package.archive(NN)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = archive.namelist()
        archive.extractall(tmp_path)
    assert {"nn/LICENSE", "nn/py.typed", "nn/layers.py"} < set(names)
    code = "import nn; print(nn.__file__)"
    run = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert run.stdout.strip() == str(tmp_path / "nn" / "__init__.py")


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        pass


def test_all_modules_can_be_copied_at_once(site: Path) -> None:
    chromium = find_chromium()
    assert chromium, HELP
    handler = functools.partial(Quiet, directory=str(site))
    with (
        ThreadingHTTPServer(("127.0.0.1", 0), handler) as server,
        sync_playwright() as playwright,
    ):
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        address = f"http://127.0.0.1:{server.server_port}/package.html"
        browser = playwright.chromium.launch(
            executable_path=chromium, args=list(FLAGS)
        )
        without = browser.new_context(java_script_enabled=False).new_page()
        without.goto(address)
        assert not without.get_by_text("Copy all").is_visible()
        context = browser.new_context()
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        view = context.new_page()
        view.goto(address)
        view.get_by_role("button", name="Copy all").focus()
        view.keyboard.press("Enter")
        view.get_by_role("button", name="Copied").wait_for()
        copied = view.evaluate("navigator.clipboard.readText()")
        view.get_by_role("button", name="Copy all").wait_for()
        browser.close()
        server.shutdown()
        thread.join()
    modules = re.split(r"(?m)^# (nn/\w+\.py)\n", copied)
    assert modules[0] == ""
    assert len(modules[1::2]) == len(list(NN.glob("*.py")))
    for file, text in zip(modules[1::2], modules[2::2], strict=True):
        assert text.strip() == (ROOT / file).read_text("utf-8").strip()


# ---- The list of exercises.


@pytest.mark.parametrize(
    ("directories", "folder"), [(True, "../z/"), (False, "")]
)
def test_exercises_are_listed_by_chapter(
    directories: bool, folder: str, tmp_path: Path
) -> None:
    three = "".join(
        f'\n\n# %% tags=["{part}"]\n{part} = 1'
        for part in ("starter", "solution", "tests")
    )
    chapters = {}
    for name, own in (("a", 10), ("z", 9)):
        path = tmp_path / f"{name}.py"
        heading = f"# ### Exercise {own}.1 · `x` and *y*"
        path.write_text(
            f"# %% [markdown]\n# # {own} · T{own}\n#\n{heading}{three}"
        )
        chapters[str(path)] = read(path)
    chapters["index.py"] = []
    made = overview(chapters, directories)
    assert re.findall("## (.+)", made) == ["9 · T9", "10 · T10"]
    assert "| 9.1 · [`x` and *y*](z.py#exercise-91-x-and-y) | " in made
    assert f'<a href="{folder}exercise-9-1.py" download ' in made
