"""The chart of the chapters: needs, rows, lanes."""

from pathlib import Path

from bs4 import BeautifulSoup

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
    found = [Chapter(n, "1", n, "I") for n in "abc"]
    chart.find_needs(found, docs, nn)
    # a's look ahead is none, and c reaches a by way of b.
    assert [c.needs for c in found] == [set(), {"a"}, {"b"}]


def test_a_line_has_its_lane_to_itself() -> None:
    found = chapters({"a": set(), "b": {"a"}, "c": {"a"}, "d": {"b", "c"}})
    assert chart.lay_out(found) == 5
    assert [c.row for c in found] == [1, 2, 3, 4]
    assert [c.lane for c in found] == [0, 0, 1, 0]


def test_a_new_part_takes_a_row() -> None:
    found = chapters({"a": set()}) + chapters({"b": {"a"}}, "II")
    assert chart.lay_out(found) == 4
    assert [c.row for c in found] == [1, 3]


def test_the_chart_is_a_list_with_lines() -> None:
    found = chapters({"a": set(), "b": {"a"}, "c": {"a", "b"}})
    found[1].question = "Is 1 < 2?"
    page = BeautifulSoup(
        chart.page(found, chart.lay_out(found)), "html.parser"
    )
    assert [a["href"] for a in page.select("a")] == [
        "a.html", "b.html", "c.html",
    ]  # fmt: skip
    assert len(page.select("path")) == 3
    assert page.select("li")[2].get_text() == "1 B , after 0Is 1 < 2?"
    assert page.select("li")[3].get_text() == "2 C , after 0 and 1"


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
