"""Code on the page: what is left of Pygments, and the script that copies."""

from __future__ import annotations

import html
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from markdown import markdown
from playwright.sync_api import Route, sync_playwright

from weave.code import line_id, meaning, quiet
from weave.press.browser import FLAGS, HELP, find_chromium

BOOK_JS = Path(__file__).parent.parent / "docs" / "assets" / "book.js"


def page(code: str, language: str = "python") -> str:
    """Return the HTML of a page that shows `code`."""
    fenced = f"```{language}\n{code}\n```"
    return markdown(fenced, extensions=["pymdownx.superfences"])


def elements(code: str, language: str = "python") -> list[tuple[str, str]]:
    """Return what the quiet page marks in `code`, and how."""
    soup = BeautifulSoup(quiet(page(code, language)), "html.parser")
    shown = soup.select_one(".highlight > pre > code[tabindex='0']")
    assert shown
    assert shown.get_text() == code + "\n"
    return [
        (" ".join(tag.get("class") or [tag.name]), tag.get_text())
        for tag in shown.find_all(True)
    ]


@pytest.mark.parametrize(
    ("name", "what"),
    [
        *((name, "value") for name in ("x", "y", "z", "x1")),
        *((name, "gradient") for name in ("dx", "dW", "db1", "dL", "da")),
        *((name, "gradient") for name in ("grad", "p.grad", "a.b.grad")),
        *((name, "") for name in ("d", "d_in", "data", "del", "do", "df")),
        *((name, "") for name in ("W", "b", "p", "ax", "dxs", "gradient")),
    ],
)
def test_a_name_tells_what_it_stands_for(name: str, what: str) -> None:
    assert meaning(name) == what


def test_only_what_says_something_is_an_element() -> None:
    code = '''\
def backward(self, dy):
    """dW = x.T dy."""
    if dy is None and 1 < 2:  # never
        return "x", b"", 3.5
    layer.W.grad += x.T @ dy'''
    assert elements(code) == [
        ("b", "def"),
        ("b", "backward"),
        ("gradient", "dy"),
        ("soft", '"""dW = x.T dy."""'),
        ("b", "if"),
        ("gradient", "dy"),
        ("b", "is"),
        ("b", "and"),
        ("soft", "# never"),
        ("b", "return"),
        ("gradient", "grad"),
        ("value", "x"),
        ("gradient", "dy"),
    ]


@pytest.mark.parametrize(
    ("comment", "style"),
    [
        ("# (n, d_in) @ (d_in, d_out) -> (n, d_out)", "shape"),
        ("# (d_out,), the same for every row", "shape"),
        ("#   (4, 2)", "shape"),
        ("# (p - t) / m", "soft"),
        ("# pairs (input, slope)", "soft"),
    ],
)
def test_a_shape_is_told_from_other_comments(comment: str, style: str) -> None:
    assert elements(f"a  {comment}") == [(style, comment)]


def test_words_of_a_text_are_no_names() -> None:
    assert elements('a = f"{a}x{b}"') == []


def test_a_session_keeps_its_prompts_and_answers() -> None:
    assert elements(">>> x\n1", "pycon") == [
        ("gp", ">>> "),
        ("value", "x"),
        ("go", "1"),
    ]


def test_a_name_in_the_text_has_its_colour() -> None:
    text = "<code>dW</code> <code class='a'>x</code> <code>W</code>"
    text = text.replace("'", '"') + ' <code class="whole">p.grad</code>'
    assert quiet(text) == (
        '<code class="gradient">dW</code> <code class="a value">x</code> '
        '<code>W</code> <code class="whole gradient">p.grad</code>'
    )


def test_a_line_that_is_pointed_at_stays_in_its_place() -> None:
    piece = '<i data-lines="m 2 3 4"><pre><code>a\nb\nc\nd\n</code></pre>'
    assert quiet(piece) == (
        '<i><pre><code tabindex="0">a\n<span class="line" id="nn-m-3">b\n'
        '</span><span class="line" id="nn-m-4">c\n</span>d\n</code></pre>'
    )


def test_lines_that_are_pointed_at_have_anchors() -> None:
    figures = [
        f'<figure class="piece"{lines}>{page(code)}</figure>'
        for code, lines in [
            ("a = 1", ""),
            ("a = 1\n\n\ndy = 2", ' id="p" data-lines="layers 8 8 11"'),
            ("a = 1", ""),
        ]
    ]
    made = quiet("".join(figures))
    assert "data-lines" not in made
    assert made.count('<figure class="piece"') == 3
    soup = BeautifulSoup(made, "html.parser")
    lines = soup.select("#p .line")
    assert [line["id"] for line in lines] == ["nn-layers-8", "nn-layers-11"]
    assert [line.get_text() for line in lines] == ["a = 1\n", "dy = 2\n"]
    assert lines[1].select_one(".gradient")
    assert len(soup.select(".line")) == 2
    assert line_id("layers", 8) == "nn-layers-8"


SESSION = """\
>>> for i in range(2):
...     print(i)
...
0
1
>>> x = 1"""
SOURCE = '''\
def f():
    """One.

    >>> f()
    1
    """
    return 1 < 2'''


def test_code_is_copied_as_it_would_be_typed() -> None:
    chromium = find_chromium()
    assert chromium, HELP
    body = (
        '<html lang="en"><nav class="contents"></nav>'
        f"{quiet(page(SOURCE))}{quiet(page(SESSION, 'pycon'))}"
        f'<div class="doc-signature highlight"><pre>{html.escape("f(x)")}'
        '</pre></div><a class="to-line" href="#one">one</a>'
        f'<i id="one">1</i><script>{BOOK_JS.read_text("utf-8")}</script>'
    )

    def answer(route: Route) -> None:
        route.fulfill(body=body, content_type="text/html; charset=utf-8")

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=list(FLAGS)
        )
        without = browser.new_context(java_script_enabled=False).new_page()
        without.route("**/*", answer)
        without.goto("http://localhost/")
        assert without.get_by_role("button").count() == 0
        context = browser.new_context()
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        view = context.new_page()
        view.route("**/*", answer)
        view.goto("http://localhost/")
        assert view.get_by_role("button", name="Copy").count() == 2
        copied = []
        for number in range(2):
            button = view.locator("button.copy").nth(number)
            button.focus()
            view.keyboard.press("Enter")
            view.get_by_text("Copied").wait_for()
            copied.append(view.evaluate("navigator.clipboard.readText()"))
            view.get_by_text("Copied").wait_for(state="detached")
        view.get_by_role("link", name="one").focus()
        pointed = view.locator("#one.pointed").count()
        view.get_by_role("link", name="one").blur()
        left = view.locator("#one.pointed").count()
        browser.close()
    assert copied[0] == SOURCE + "\n"
    assert copied[1] == ("for i in range(2):\n    print(i)\n\nx = 1\n")
    assert (pointed, left) == (1, 0)
