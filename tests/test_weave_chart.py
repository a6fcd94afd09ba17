"""The chart of the chapters: needs, rows, lanes."""

from pathlib import Path

from weave import chart
from weave.chart import Chapter


def chapters(needs: dict[str, set[str]], part: str = "I") -> list[Chapter]:
    return [
        Chapter(name, str(number), name.upper(), part, needs=needs[name])
        for number, name in enumerate(needs)
    ]


def test_only_the_nearest_needs_are_drawn(tmp_path: Path) -> None:
    nn, docs = tmp_path / "nn", tmp_path / "docs"
    nn.mkdir()
    docs.mkdir()
    (nn / "__init__.py").write_text("from nn.one import first\n")
    (nn / "one.py").write_text("first = 1\n")
    (nn / "two.py").write_text("from nn.one import first\n")
    (nn / "three.py").write_text("from nn.two import second\n")
    (docs / "a.py").write_text('show("one:")\nfrom nn.three import third\n')
    (docs / "b.py").write_text('show("two:")\n')
    (docs / "c.py").write_text('show("three:")\nfrom nn import first\n')
    (nn / "four.py").write_text("from nn import first\n")
    (docs / "d.py").write_text('show("four:")\n')
    found = [Chapter(n, "1", n, "I") for n in "abcd"]
    chart.find_needs(found, docs, nn)
    # a's look ahead is none, and c reaches a by way of b.
    assert [c.needs for c in found] == [set(), {"a"}, {"b"}, {"a"}]


def test_a_line_has_its_lane_to_itself() -> None:
    found = chapters({"a": set(), "b": {"a"}, "c": {"a"}, "d": {"b", "c"}})
    assert chart.lay_out(found) == 5
    assert [c.row for c in found] == [1, 2, 3, 4]
    assert [c.lane for c in found] == [0, 0, 1, 0]


def test_a_new_part_takes_a_row() -> None:
    found = chapters({"a": set()}) + chapters({"b": {"a"}}, "II")
    assert chart.lay_out(found) == 4
    assert [c.row for c in found] == [1, 3]


def test_a_line_keeps_clear_of_a_chapter_in_between() -> None:
    found = chapters({"a": set(), "b": set(), "c": {"a"}, "d": {"b"}})
    assert chart.lay_out(found) == 5
    assert [c.lane for c in found] == [0, 0, 1, 0]


def test_chapters_before_the_first_part_take_no_row_for_its_name() -> None:
    found = chapters({"a": set()}, "") + chapters({"b": {"a"}})
    assert chart.lay_out(found) == 3
    assert [(c.row, c.lane) for c in found] == [(0, 0), (2, 0)]


LINE = '<path vector-effect="non-scaling-stroke" d="{}"/>'.format
CHART = (
    '<div class="chart" style="--lanes:2;--rows:6">'
    '<svg viewBox="0 0 2 6" preserveAspectRatio="none" aria-hidden="true">'
    + LINE("M0.5 0.5C0.5 1.1 0.5 0.9 0.5 1.5V2.5")
    + LINE("M0.5 0.5C0.5 1.1 1.5 0.9 1.5 1.5V3.5")
    + LINE("M0.5 2.5C0.5 3.1 0.5 2.9 0.5 3.5V5.5")
    + LINE("M1.5 3.5C1.5 4.1 0.5 3.9 0.5 4.5V5.5")
    + "</svg><ol>"
    '<li style="--lane:0"><a href="d.html"><span class="number">0</span> D'
    '</a> <span class="unseen"></span><span class="asks"></span></li>'
    '<li class="part">I &amp; J</li>'
    '<li style="--lane:0"><a href="c.html"><span class="number">1</span> '
    'C &lt; D</a> <span class="unseen">, after 0</span>'
    '<span class="asks">Is 1 &lt; 2?</span></li>'
    '<li style="--lane:1"><a href="b.html"><span class="number">2</span> B'
    '</a> <span class="unseen">, after 0</span><span class="asks"></span>'
    '</li><li class="part">II</li>'
    '<li style="--lane:0"><a href="a.html"><span class="number">3</span> A'
    '</a> <span class="unseen">, after 1 and 2</span>'
    '<span class="asks"></span></li></ol></div>'
)


def test_the_chart_is_a_list_with_lines() -> None:
    found = [
        Chapter("d", "0", "D", ""),
        Chapter("c", "1", "C < D", "I & J", "Is 1 < 2?", {"d"}),
        Chapter("b", "2", "B", "I & J", needs={"d"}),
        Chapter("a", "3", "A", "II", needs={"b", "c"}),
    ]
    assert chart.page(found, chart.lay_out(found)) == CHART


def test_the_books_chart_knows_that_training_needs_optimizers() -> None:
    root = Path(__file__).parent.parent
    found = [
        Chapter(name, "", name, "")
        for name in ("scalar", "layers", "optimizers", "training")
    ]
    chart.find_needs(found, root / "docs", root / "nn")
    assert [sorted(c.needs) for c in found] == [
        [], ["scalar"], ["layers"], ["optimizers"],
    ]  # fmt: skip
