"""The order of a page: opening, sections, tables."""

import pytest

from weave import layout

TITLE = '<h1 id="2-layers">2 · Layers</h1>'
ASKS = "<p><em>What is\nit?</em></p>"


def test_a_chapter_opens_with_number_title_question_and_downloads() -> None:
    html = layout.opening(f"{TITLE}\n{ASKS}\n<p>Text.</p>", "<p>Take it.</p>")
    assert html == (
        '<h1 id="2-layers"><span class="number">Chapter 2</span> Layers</h1>\n'
        '<p class="question"><em>What is\nit?</em></p><p>Take it.</p>\n'
        "<p>Text.</p>"
    )


def test_a_page_without_a_question_gets_its_downloads_all_the_same() -> None:
    html = layout.opening("<h1>Proof</h1>\n<p>Text.</p>", "<p>Take it.</p>")
    assert html == "<h1>Proof</h1>\n<p>Take it.</p>\n<p>Text.</p>"


def test_only_a_number_and_a_question_are_set_apart() -> None:
    html = layout.opening(
        "<h1>2 days · more</h1>\n<p>Oh <em>what?</em></p>", ""
    )
    assert html == "<h1>2 days · more</h1>\n\n<p>Oh <em>what?</em></p>"


def test_a_page_opens_only_once() -> None:
    again = f"{TITLE}\n{ASKS}\n<h1>Proof</h1>"
    once = layout.opening(TITLE + ASKS, "<p>Take it.</p>")
    html = layout.opening(f"{TITLE}{ASKS}{again}", "<p>Take it.</p>")
    assert html == once + again
    html = layout.opening("<h1>Proof</h1><h1>More</h1>", "<p>Take it.</p>")
    assert html == "<h1>Proof</h1>\n<p>Take it.</p><h1>More</h1>"


def test_each_second_heading_begins_a_section() -> None:
    html = '<h1>T</h1><p>a</p><h2 id="x">X</h2><p>b</p>\n<h2>Y</h2><h3>c</h3>'
    assert layout.sections(html) == (
        '<h1>T</h1><p>a</p><section><h2 id="x">X</h2><p>b</p></section>\n'
        "<section><h2>Y</h2><h3>c</h3></section>\n"
    )


def test_a_page_without_second_headings_has_no_sections() -> None:
    assert layout.sections("<h1>T</h1><p>a</p>") == "<h1>T</h1><p>a</p>"


@pytest.mark.parametrize(
    ("section", "height"),
    [
        ("<h2>X</h2><p>" + "a" * 4200, 144),  # 100 lines, 1 paragraph
        ("<h2>X</h2>" + "<p>a</p>" * 24, 97),
        ("<h2>X</h2>" + "<figure></figure>" * 5, 100),
        ("<h2>X</h2><pre>" + "\n" * 70 + "</pre>", 104),
        (
            "<h2>X</h2>" + "<details>" + "<p>a</p>" * 9 + "</details>" * 30,
            None,
        ),
        ("<h2>X</h2>" + "<details><p>a</p></details>" * 30, 120),
        ("<h2>X</h2>" + "<p>a</p>" * 9, None),
        ("<h2>X</h2>" + "<p>aaa</p>" * 22, None),  # 88 + 1.4 * 67 / 42: 90
        ("<h2>X</h2>" + "<p>aaaa</p>" * 22, 91),  # 88 + 1.4 * 89 / 42
    ],
)
def test_a_long_section_says_how_high_it_may_be(
    section: str, height: int | None
) -> None:
    html = layout.heights(f"<section>{section}</section><section></section>")
    style = f' style="--guess: {height}rem"' if height else ""
    assert html == f"<section{style}>{section}</section><section></section>"


def test_tables_scroll_and_their_headers_have_a_scope() -> None:
    html = layout.tables('<table><thead><th>a<th style="x">b</thead></table>')
    assert html == (
        '<div class="scroll" role="group" aria-label="Table" tabindex="0">'
        '<table><thead><th scope="col">a<th scope="col" style="x">b</thead>'
        "</table></div>"
    )


def test_a_number_stays_with_its_spread_and_percent_sign() -> None:
    html = layout.numbers("<td>98.66 ± 0.05 %</td><p>5 % of 7</p>")
    assert html == (
        "<td>98.66&nbsp;±&nbsp;0.05&nbsp;%</td><p>5&nbsp;% of 7</p>"
    )


def test_code_and_formulas_are_not_prose() -> None:
    html = (
        '<pre><code>7 % 3</code></pre><code>5 % 3</code><a title="4 % x">'
        r'<span class="arithmatex">\(1 ± 2\)</span></a>'
    )
    assert layout.numbers(html) == html


def test_the_number_of_a_chapter_stays_with_its_name() -> None:
    html = layout.numbers('<a href="start.html">5 · Start here</a> 6 · Six')
    assert html == (
        '<a href="start.html">5&nbsp;·&nbsp;Start here</a> 6 · Six'
    )


def test_the_sizes_of_layers_stay_on_a_line_of_a_table() -> None:
    html = layout.tables('<table><td><a href="1-2">plain, 784-64-10</a></td>')
    assert 'href="1-2">plain, <span class="whole">784-64-10</span><' in html
