"""What the book promises: all the code, once, and no number by hand."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import yaml

from weave.cells import read
from weave.exercises import PARTS, exercises
from weave.inline import PATTERN, fields
from weave.key import number
from weave.prose import question
from weave.references import LABEL, REFERENCE
from weave.render import FOLDED
from weave.source import calls, find, unshown

ROOT = Path(__file__).parent.parent
NN = ROOT / "nn"
CHAPTERS = sorted((ROOT / "docs").glob("*.py"))
# These train for minutes. The site's build runs them, each in a kernel
# of its own; as scripts they are only compiled here.
SLOW = {
    "digits", "frameworks", "functions", "gates", "generalization", "speed",
}  # fmt: skip
# Used where they are installed, and imported there and then.
OPTIONAL = {"matplotlib", "tqdm"}

chapters = pytest.mark.parametrize(
    "chapter", CHAPTERS, ids=[path.stem for path in CHAPTERS]
)


def test_every_line_of_the_package_is_shown_exactly_once() -> None:
    assert unshown(CHAPTERS, NN) == []


@chapters
def test_every_piece_that_a_chapter_names_exists(chapter: Path) -> None:
    for name, _ in calls(chapter.read_text("utf-8"), "show", "recall"):
        assert find(name, NN).text


def test_modules_import_only_what_comes_before_them() -> None:
    init = ast.parse((NN / "__init__.py").read_text("utf-8"))
    order = [
        node.module.removeprefix("nn.")
        for node in init.body
        if isinstance(node, ast.ImportFrom) and node.module
    ]
    assert sorted(order) == sorted(
        path.stem for path in NN.glob("*.py") if path.stem != "__init__"
    )
    for place, module in enumerate(order):
        tree = ast.parse((NN / f"{module}.py").read_text("utf-8"))
        allowed = {f"nn.{earlier}" for earlier in order[:place]}
        for name, nested in imports(tree):
            top = name.partition(".")[0]
            assert (
                name in allowed
                or top in sys.stdlib_module_names
                or top == "numpy"
                or (nested and top in OPTIONAL)
            ), f"nn/{module}.py imports {name}"


def imports(tree: ast.Module) -> Iterator[tuple[str, bool]]:
    """Yield each imported module, and whether inside a function."""
    functions = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)]
    nested = {id(n) for f in functions for n in ast.walk(f)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, id(node) in nested
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "a relative import"
            yield str(node.module), id(node) in nested


@chapters
def test_a_chapter_runs_as_a_plain_script(chapter: Path) -> None:
    if chapter.stem in SLOW:
        compile(chapter.read_text("utf-8"), chapter.name, "exec")
        return
    done = subprocess.run(
        [sys.executable, chapter],
        cwd=ROOT,
        env=os.environ | {"MPLBACKEND": "agg"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""


@chapters
def test_code_fits_on_the_page(chapter: Path) -> None:
    folded = {*FOLDED, *PARTS}
    for place, cell in enumerate(read(chapter), 1):
        if cell.kind == "code":
            width = 79 if folded & set(cell.tags) else 72
            for line in cell.source.splitlines():
                assert len(line) <= width, f"cell {place}: {line}"


def test_the_package_fits_on_the_page() -> None:
    for path in NN.glob("*.py"):
        for line in path.read_text("utf-8").splitlines():
            assert len(line) <= 72, f"{path.name}: {line}"


def test_the_contents_say_what_the_chapters_are_called() -> None:
    class Loader(yaml.SafeLoader):
        """Reads mkdocs.yml, whatever its tags."""

    Loader.add_multi_constructor("", lambda loader, suffix, node: None)
    config = yaml.load((ROOT / "mkdocs.yml").read_text("utf-8"), Loader)

    def entries(nav: list[dict[str, object]]) -> Iterator[tuple[str, str]]:
        for entry in nav:
            for title, value in entry.items():
                if isinstance(value, list):
                    yield from entries(value)
                else:
                    yield title, str(value)

    for title, name in entries(config["nav"]):
        if name.endswith(".py") and title != "Cover":
            first = read(ROOT / "docs" / name)[0].source
            assert first.partition("\n")[0] == f"# {title}", name


def test_the_map_asks_what_the_chapters_ask() -> None:
    tree = ast.parse((ROOT / "docs" / "start.py").read_text("utf-8"))
    (rows,) = (
        ast.literal_eval(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        and ast.unparse(node.targets[0]) == "chapters"
    )
    assert rows
    for link, asked, _ in rows:
        title, name = link.strip("[)").split("](")
        first = read(ROOT / "docs" / name)[0].source
        assert first.partition("\n")[0] == f"# {title}", name
        assert question(first) == asked, name


# ---- Exercises.


@chapters
def test_a_chapter_has_its_exercises(chapter: Path) -> None:
    numbers = [e.number for e in exercises(read(chapter)).values()]
    own = number(chapter)
    assert numbers == [f"{own}.{i + 1}" for i in range(len(numbers))]
    if own >= 0:
        assert 4 <= len(numbers) <= 6
    text = "".join(c.source for c in read(chapter) if c.kind == "markdown")
    assert text.count('\n??? tip "Hint"\n') == len(numbers)


@chapters
def test_each_solution_passes_and_each_starter_fails(chapter: Path) -> None:
    for exercise in exercises(read(chapter)).values():
        exec(compile(exercise.solved, exercise.number, "exec"), {})
        with pytest.raises((AssertionError, NotImplementedError)):
            exec(compile(exercise.begun, exercise.number, "exec"), {})


@chapters
def test_no_exercise_asks_with_a_number_of_a_solution(chapter: Path) -> None:
    # The kernel has run the solutions above; their names may be anything.
    texts = [c.source for c in read(chapter) if c.kind == "markdown"]
    places = [i for i, t in enumerate(texts) if "## Exercises" in t]
    for text in texts[places[0] + 1 :] if places else []:
        assert fields(text) == []


# ---- What has a number is referred to.


def named(code: str) -> Iterator[str]:
    """Yield the anchors of the figures and tables that code makes."""
    tree = ast.parse(code)
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id="figure" | "table" as kind)):
                name = argument(node, "name", 1 if kind == "figure" else 99)
                for given in values(name, node, tree) if name else ():
                    assert isinstance(given, ast.Constant), ast.unparse(node)
                    yield f"{kind[:3]}-{given.value}"


def argument(call: ast.Call, name: str, place: int) -> ast.expr | None:
    """Return what a call gives for a parameter."""
    by_name = [word.value for word in call.keywords if word.arg == name]
    return (by_name or call.args[place : place + 1] or [None])[0]


def values(
    value: ast.expr, place: ast.Call, tree: ast.Module
) -> list[ast.expr | None]:
    """Return what a value stands for at a place, if it is a variable.

    That is a parameter of a function, or runs through a list of tuples.
    """
    if not isinstance(value, ast.Name):
        return [value]
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=function):
                names = [parameter.arg for parameter in node.args.args]
                if value.id in names and place in ast.walk(node):
                    return [
                        argument(call, value.id, names.index(value.id))
                        for call in ast.walk(tree)
                        if isinstance(call, ast.Call)
                        and ast.unparse(call.func) == function
                    ]
            case ast.For(target=ast.Tuple(targets), iter=ast.List(rows)):
                names = [ast.unparse(target) for target in targets]
                if value.id in names and place in ast.walk(node):
                    at = names.index(value.id)
                    return [r.elts[at] for r in rows if hasattr(r, "elts")]
    return [value]


@cache
def referred() -> set[tuple[str, str]]:
    """Return each page with an anchor to which the prose refers."""
    prose = {path: path.read_text("utf-8") for path in ROOT.glob("docs/*.md")}
    for path in CHAPTERS:
        cells = [c.source for c in read(path) if c.kind == "markdown"]
        prose[path] = "\n\n".join(cells)
    return {
        (found["page"] or path.name, found["anchor"])
        for path, text in prose.items()
        for found in REFERENCE.finditer(text)
        if found["anchor"]
    }


@chapters
def test_what_has_a_number_is_referred_to(chapter: Path) -> None:
    if chapter.stem == "index":  # the cover has a picture, and no argument
        return
    numbered: set[str] = set()
    for cell in read(chapter):
        if cell.kind == "code":
            numbered |= set(named(cell.source))
        else:
            labels = LABEL.finditer(cell.source)
            numbered |= {f"eq-{label['name']}" for label in labels}
    assert {(chapter.name, name) for name in numbered} - referred() == set()


def test_the_names_of_figures_and_tables_are_found() -> None:
    code = """
figure(fig, "a", alt="", caption="")
figure(fig, name="b", alt="", caption="")
table(rows, header=[], caption="")
def pair(fig, name, alt):
    figure(fig, name, alt=alt)
pair(fig, "c", "")
pair(fig, alt="", name="d")
for key, rows in [("e", []), ("f", [])]:
    table(rows, header=[], name=key)
"""
    found = {"fig-a", "fig-b", "fig-c", "fig-d", "tab-e", "tab-f"}
    assert set(named(code)) == found
    with pytest.raises(AssertionError, match="table"):
        set(named("for key in keys:\n    table([], name=key)"))


# ---- No result is typed by hand.
#
# A number with a percent sign or with two decimals, a time, a spread or a
# ratio of speeds is taken for a result, and so is a share of the runs, in
# words too. It has to come from the run, in {{ … }}. What the book cites has
# a footnote's mark in its sentence, and a note that cites has a link; a
# setting stands in `code` or in a $formula$, or is a "rate of 0.05".

COUNT = r"""(?:\d[\d,]*|one|two|three|four|five|six|seven|eight|nine|ten
    |twelve|twenty|thirty|forty|fifty|hundred)"""
RUNS = r"(?:\w+\s)?(?:runs|seeds|starts|trials|networks)\b"
RESULT = re.compile(
    rf"""\d\s?\\?%                                    # 98.4 %
    | \bper\s?cent\b
    | (?<![\d.])\d+\.\d{{2,}}(?!\d|\.\d)              # 0.973
    | \d\s?%?\s?±\s?\d
    | \b\d[\d.]*\s?(?:ms|µs|s|seconds|minutes)\b
    | \b\d[\d.]*\s?(?:×|times)\s(?:faster|slower)
    | \b(?:accuracy|loss|error)\b[^.\d]{{0,30}}\d+\.\d  # a loss of 0.3
    | \b{COUNT}\s(?:out\s)?(?:of|in)\s(?:the\s|all\s|our\s)?{COUNT}\s{RUNS}
    | \b(?:half|thirds?|quarters?|fifths?|tenths?)\sof\s(?:the|all|our)\s{RUNS}
    | \b(?:twice|{COUNT}\stimes)\s(?:as\s)?(?:fast|slow)(?:er)?\b
    | \b(?:halv|doubl|tripl)(?:es|ed)\s(?:the|its)\s
      (?:loss|error|accuracy|time|memory)\b
    """,
    re.VERBOSE | re.IGNORECASE,
)
NOTE = re.compile(r"^\[\^[^\]]+\]:.*(?:\n(?:[ ]{4}.*|(?=\n[ ]{4})))*", re.M)
FORMULA = re.compile(r"\$\$.+?\$\$|\$[^$]+\$", re.S)


def typed_results(prose: str) -> list[str]:
    """Return the sentences in which a result seems to be typed."""
    prose = NOTE.sub(
        lambda note: "" if "](" in note[0] else f"\n{note[0][2:]}", prose
    )
    prose = PATTERN.sub("", prose)
    settings = r"\b(?:Python|Keras|rates? of) \d[\d.]*\d|3\.14\d*…"
    prose = re.sub(settings, "", prose)
    prose = re.sub(r"\]\([^)]*\)|<[^>]+>", "]", prose)
    prose = FORMULA.sub(
        lambda match: "5 %" if re.search(r"\d\s?\\%", match[0]) else "", prose
    )
    prose = re.sub(r"([.!?:](?:\[\^[^\]]+\])*)\s", r"\1\n\n", prose)
    sentences = re.split(r"\n\s*\n|\n(?=[|#])", prose)
    return [
        " ".join(sentence.split())
        for sentence in sentences
        if RESULT.search(sentence) and "[^" not in sentence
    ]


@pytest.mark.parametrize(
    "prose",
    [
        "It reaches 97.9 % of the digits.",
        "It reaches 98%.",
        r"It reaches $98.4\,\%$, or $98\%$.",
        "The value is 0.973.",
        "An accuracy of about 0.9 is good.",
        "Over 20 seeds, 98 ± 1 of them.",
        "It took 12 seconds.",
        "It is 3.5 times faster.",
        "| one | 0.97 |",
        "Fine.[^a] But 0.97 is not.\n\n[^a]: A note.",
        "Fine.[^a]\n\n[^a]: In our runs\n    it was 0.97.",
        "About 98 percent, or 98 per cent.",
        "It levels off above two percent.",
        "Nine of ten runs learn XOR.",
        "It works for about two thirds of the networks.",
        "It fails in 3 of the 20 seeds, in one of 50 random starts.",
        "Two thirds of the runs reach it.",
        "It is twice as fast, and ten times slower.",
        "That halves the loss.",
    ],
)
def test_a_typed_result_is_found(prose: str) -> None:
    assert typed_results(prose)


@pytest.mark.parametrize(
    "prose",
    [
        "It reaches {{ accuracy:.1%}} and {{ accuracy:.2% }}.",
        "With `lr=0.01` and a rate of $0.001$, nothing; `50 %`.",
        "```python\nx = 0.97  # 97 %\n```",
        "They report 98.4 %.[^a]\n\n[^a]: At 1.25 %, [there](a.md#simard).",
        "[^a]: One, in [a book](https://doi.org/1).\n\n    More at 0.97.",
        "The median of three seeds, each of ten runs, twice as many.",
        "$\\pi$ is 3.141…, in Keras 3.15.",
        "Python 3.11, inputs of ±1 and a learning rate of 0.05.",
        "Chapter 2.1 has 1.5 pages, 3 layers and 784 inputs.",
        "A [link](https://doi.org/10.1109/5.726791), version 1.2.3.",
    ],
)
def test_what_is_no_typed_result_is_left_alone(prose: str) -> None:
    found = typed_results(prose.replace("{{ accuracy:.1%}} and ", ""))
    assert found == []


@chapters
def test_no_result_is_typed_by_hand(chapter: Path) -> None:
    for place, cell in enumerate(read(chapter), 1):
        if cell.kind == "markdown":
            assert typed_results(cell.source) == [], f"cell {place}"
        for text in captions(cell.source if cell.kind == "code" else ""):
            assert typed_results(text) == [], f"cell {place}"


# The bibliography has years, volumes and addresses; it cites, and no more.
@pytest.mark.parametrize(
    "page",
    sorted(
        {*ROOT.glob("docs/*.md"), ROOT / "README.md"}
        - {ROOT / "docs" / "bibliography.md"}
    ),
    ids=lambda path: path.stem,
)
def test_no_result_is_typed_on_a_page_without_code(page: Path) -> None:
    assert typed_results(page.read_text("utf-8")) == []


WORDS = {"alt", "caption", "label", "title", "xlabel", "ylabel"}
DRAWS = {
    "annotate", "set_title", "set_xlabel", "set_ylabel", "suptitle", "text",
}  # fmt: skip


def captions(code: str) -> Iterator[str]:
    """Yield the typed parts of captions, alternative texts and labels."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.keyword) and node.arg in WORDS:
            yield from typed(node.value)
        elif isinstance(node, ast.Call):
            called = getattr(node.func, "attr", "")
            for argument in node.args if called in DRAWS else ():
                yield from typed(argument)


def typed(text: ast.expr) -> Iterator[str]:
    """Yield what is typed of a text, and not computed."""
    computed = {
        id(inner)
        for part in ast.walk(text)
        if isinstance(part, ast.FormattedValue)
        for inner in ast.walk(part)
    }
    for part in ast.walk(text):
        match part:
            case ast.Constant(value=str(words)) if id(part) not in computed:
                yield words


def test_captions_are_looked_at() -> None:
    code = 'figure(fig, "a", alt="It is 0.97.", caption=f"{x:.2%} and 98 %")'
    assert any(map(typed_results, captions(code)))
    assert sum(map(bool, map(typed_results, captions(code)))) == 2
    drawn = 'ax.text(0.25, 1, "98 %"); ax.set(title="0.97"); f(ax, "0.97")'
    assert sum(map(bool, map(typed_results, captions(drawn)))) == 2
