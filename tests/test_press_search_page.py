"""The search, used in Chromium on a part of the book."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pages
import pytest
from mkdocs.commands.build import build
from mkdocs.config import load_config
from playwright.sync_api import Browser, Page, expect

import nn

ROOT = Path(__file__).parent.parent
PARTS = ["layers.py", "api.md", "bibliography.md", "glossary.md"]
PARTS.append("notation.md")
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
SIZES = {"desk": (1280, 900), "phone": (390, 844)}

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build one chapter and the back matter."""
    folder = tmp_path_factory.mktemp("site")
    config = load_config(
        str(ROOT / "mkdocs.yml"),
        nav=PARTS,
        site_dir=str(folder),
        exclude_docs="\n".join(["*.py", "*.md", *(f"!/{p}" for p in PARTS)]),
        strict=False,
    )
    config.plugins.on_startup(command="build", dirty=False)
    build(config)
    config.plugins.on_shutdown()
    return folder


@pytest.fixture(scope="module")
def addresses(site: Path) -> Iterator[dict[str, str]]:
    with pages.serve(site) as address:
        yield {"http": address, "file": f"{site.as_uri()}/"}


@pytest.fixture(params=["http", "file"])
def view(
    request: pytest.FixtureRequest, addresses: dict[str, str], browser: Browser
) -> Iterator[Page]:
    """A page of the book, over a wire and out of a folder."""
    page = browser.new_page()
    page.goto(f"{addresses[request.param]}glossary.html")
    yield page
    page.close()


def ask(view: Page, query: str) -> list[str]:
    """Type a query; return the titles that are found, in order."""
    if not view.locator("dialog.search").is_visible():
        view.keyboard.press("/")
        expect(view.locator("dialog.search")).to_be_visible()
    view.get_by_role("combobox").fill(query)
    expect(view.get_by_role("status")).to_have_text(re.compile("found"))
    return view.locator(".search-title").all_inner_texts()


def test_words_and_names_are_found(view: Page) -> None:
    assert ask(view, "he_normal")[0] == "he_normal"
    assert ask(view, "Dense.backward")[0] == "Dense.backward"
    assert "Dense.backward" in ask(view, "backward")
    assert ask(view, "softmax_cross")[0] == "softmax_cross_entropy"
    assert "Dense.set_gradients" in ask(view, "dW")
    assert ask(view, "chain rule")[0] == "Chain rule"
    assert "Batch normalization" in ask(view, "batches normalized")
    assert ask(view, "figure 2.1")[0] == "Figure 2.1"
    assert ask(view, "glorot 2010")


def test_a_misspelt_word_is_found(view: Page) -> None:
    assert ask(view, "overfiting")[0] == "Overfitting"
    said = view.get_by_role("status")
    expect(said).to_have_text(re.compile(r"^\d+ found that are close$"))
    assert "Overfitting" in ask(view, "overfitting in zanzibar")
    expect(said).to_have_text(re.compile("found with some of these words$"))


def test_where_nothing_is_found_a_way_is_shown(view: Page) -> None:
    assert ask(view, "zzqxv kjhgw") == []
    expect(view.get_by_role("status")).to_have_text("Nothing found")
    dialog = view.get_by_role("dialog")
    for name in ("glossary", "API reference", "notation"):
        expect(dialog.get_by_role("link", name=name)).to_be_visible()
    dialog.get_by_role("link", name="notation").click()
    expect(view).to_have_url(re.compile("/notation.html$"))


def test_the_keyboard_is_enough(view: Page) -> None:
    view.keyboard.press("Tab")
    button = view.get_by_role("button", name="Search")
    button.focus()
    view.keyboard.press("Enter")
    field = view.get_by_role("combobox")
    expect(field).to_be_focused()
    view.keyboard.type("dense")
    expect(field).to_have_attribute("aria-expanded", "true")
    chosen = view.get_by_role("option", selected=True)
    expect(chosen).to_have_count(0)
    results = view.get_by_role("option")
    for key, place in [
        ("ArrowDown", 0),
        ("ArrowDown", 1),
        ("End", results.count() - 1),
        ("Home", 0),
        ("ArrowUp", results.count() - 1),
    ]:
        view.keyboard.press(key)
        expect(chosen).to_have_count(1)
        name = results.nth(place).get_attribute("id")
        assert field.get_attribute("aria-activedescendant") == name
    view.keyboard.press("Escape")
    expect(view.get_by_role("dialog")).to_have_count(0)
    expect(button).to_be_focused()
    view.keyboard.press("Control+k")
    view.keyboard.type("Dense.backward")
    expect(results.first).to_contain_text("Dense.backward")
    view.keyboard.press("Enter")
    expect(view).to_have_url(
        re.compile("/layers.html#nn-layers-Dense-backward$")
    )


def test_more_of_a_kind_is_shown_on_request(view: Page) -> None:
    few = len(ask(view, "layer"))
    more = view.get_by_role("option", name=re.compile(r"^\d+ more$")).first
    rest = int(more.inner_text().split()[0])
    more.click()
    assert len(view.locator(".search-title").all()) == few + rest
    ids = view.locator("[role=option]").evaluate_all(
        "options => options.map(option => option.id)"
    )
    assert len(set(ids)) == len(ids)


def test_a_result_shows_the_words(view: Page) -> None:
    ask(view, "reverse mode")
    marks = view.locator(".search-text mark").all_inner_texts()
    assert {mark.lower() for mark in marks} >= {"reverse", "mode"}
    assert view.locator("mark").evaluate_all(
        "marks => marks.every(mark => !mark.children.length)"
    )


def test_a_result_on_the_same_page_closes_the_search(view: Page) -> None:
    ask(view, "backpropagation")
    view.locator('a[href$="glossary.html#term-backpropagation"]').click()
    expect(view.get_by_role("dialog")).to_have_count(0)
    expect(view).to_have_url(re.compile("#term-backpropagation$"))


def test_the_keys_that_open_it_are_letters_inside(view: Page) -> None:
    view.keyboard.type("//s")
    expect(view.get_by_role("combobox")).to_have_value("/s")


def test_every_public_name_is_the_first_result(
    browser: Browser, addresses: dict[str, str]
) -> None:
    view = browser.new_page()
    view.goto(f"{addresses['http']}api.html")
    firsts = {name: ask(view, name)[0] for name in nn.__all__}
    view.close()
    assert firsts == {name: name for name in nn.__all__}


@pytest.mark.parametrize("forced", ["none", "active"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_the_dialog_is_whole_on_every_screen(
    size: str,
    scheme: str,
    forced: str,
    browser: Browser,
    addresses: dict[str, str],
) -> None:
    width, height = SIZES[size]
    view = browser.new_page(
        viewport={"width": width, "height": height},
        color_scheme="dark" if scheme == "dark" else "light",
        forced_colors="active" if forced == "active" else "none",
    )
    said: list[str] = []
    asked: list[str] = []
    view.on("pageerror", lambda error: said.append(str(error)))
    view.on("request", lambda request: asked.append(request.url))
    view.goto(f"{addresses['file']}layers.html")
    assert not [url for url in asked if "search" in url]
    view.keyboard.press("/")
    expect(view.locator("dialog.search")).to_be_visible()
    for query in ("", "gradient", "zzqxv"):
        if query:
            ask(view, query)
        if query == "gradient":
            view.keyboard.press("ArrowDown")
        dialog = view.locator("dialog.search")
        over = dialog.evaluate("box => box.scrollWidth - box.clientWidth")
        assert over <= 0
        box = dialog.bounding_box()
        assert box
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        view.evaluate(AXE.read_text("utf-8"))
        faults = view.evaluate("axe.run('dialog.search')")
        assert [
            f"{fault['id']}: {node['html'][:200]} {node['failureSummary']}"
            for fault in faults["violations"]
            for node in fault["nodes"]
        ] == []
    view.close()
    assert said == []
    library = [url for url in asked if url.endswith("assets/minisearch.js")]
    assert len(library) == 1


def test_without_a_script_there_is_no_button(
    browser: Browser, addresses: dict[str, str]
) -> None:
    context = browser.new_context(java_script_enabled=False)
    view = context.new_page()
    view.goto(f"{addresses['http']}layers.html")
    expect(view.locator(".search-open")).to_be_hidden()
    context.close()
