# %% [markdown]
# # How this book is built
#
# *Why should you believe a number in a book?*
#
# In ten minutes you will have seen one page made, from its file to what
# your browser shows, and will know which machine keeps each promise of this
# book. It needs no chapter to follow, only Python.
#
# ## What goes wrong
#
# Here is a book of one program and one sentence. Its author ran the
# program, and typed into the sentence what came out.

# %%
program = """
w = 1.0
for step in range(10):
    w -= 0.1 * 2 * w
loss = w * w
"""
sentence = "After ten steps the loss is 0.0115."

# %% [markdown]
# Later someone finds that steps twice as long learn faster, and changes
# that one line.

# %%
program = program.replace("0.1", "0.2")
names = {}
exec(program, names)
print("The book:", sentence)
print(f"The program: {names['loss']:.4f}")

# %% tags=["check"]
assert f"{names['loss']:.4f}" not in sentence
exec(program.replace("0.2", "0.1"), names)
assert f"{names['loss']:.4f}" in sentence

# %% [markdown]
# Nothing broke. No test failed, for there is none that reads prose. The
# page goes on saying what was once true. Careful people have met this. In
# a book on neural networks from scratch a reader ran the final program of
# a chapter and got other losses than those that stand below it.[^output]
# A book on Rust assumed one version of its compiler on the title page and
# showed the messages of an older one.[^version] It had also printed a
# listing again after the listing had changed.[^copy] In a book that builds
# an interpreter step by step, the program did not compile where the text
# said that it ran; its author then wrote a script that watches
# this.[^steps] And in the notes of a course, a derivative is said to have
# the wrong factor.[^equation] None of this is carelessness. A thing that
# stands in two places comes apart.
#
# ## Five promises, each kept by a machine
#
# So here nothing is typed in two places, and where it must be, a test
# compares them.
#
# **The book is the program.** Each line of `nn` that is not blank is
# explained in one place. A chapter names the piece,
# `show("layers:Dense.forward")`, and the source is fetched when the page
# is made. Where a piece is shown once more, with `recall`, it is fetched as
# well, and its caption says so and leads back. [One page](package.md) has
# the modules whole.
# [`tests/test_book.py`](https://github.com/neural-networks-line-by-line/book/blob/main/tests/test_book.py)
# compares all chapters with all lines. This is what it says if chapter 2
# is forgotten:

# %%
from pathlib import Path

from weave.source import unshown

chapters = sorted(Path("docs").glob("*.py"))
without = [path for path in chapters if path.stem != "layers"]
faults = unshown(without, Path("nn"))
print(*faults[:2], f"and {len(faults) - 2} more", sep="\n")

# %% tags=["check"]
assert faults[0] == "nn/layers.py:1: not shown"
assert unshown(chapters, Path("nn")) == []

# %% [markdown]
# **Every result is computed.** Figures, tables and printed text come from
# the run of the code beside them. (Two tables take longer than a build
# may. `make record` and `make bench` write what they show to files, with
# date and machine.) Prose takes its numbers from there too, between double
# braces. What a sentence claims stands as an assertion in a cell, most
# often a folded one. [The same
# tests](https://github.com/neural-networks-line-by-line/book/blob/main/tests/test_book.py)
# read the prose and reject whatever looks like a result and was typed;
# what the book cites from others wears a footnote.
#
# **Every formula is checked.** Each numbered equation is read from its
# chapter, evaluated on numbers, mostly random, and compared with `nn`, or
# with a plain computation where `nn` has nothing to say; a derivative also
# with an independent one. [One page](formulas.py) does that and lists the
# differences; a wrong sign ends the build.
# [`tests/test_gradients.py`](https://github.com/neural-networks-line-by-line/book/blob/main/tests/test_gradients.py)
# compares each layer and loss of `nn` with nudges, and with the [adjoint
# test](gradients.py#one-number-for-all);
# [one page](parity.py) compares them, a hundred steps of every optimizer,
# and whatever else `nn` computes, with PyTorch.
# [`tests/test_notation.py`](https://github.com/neural-networks-line-by-line/book/blob/main/tests/test_notation.py)
# reads all formulas: a letter that is not in the [notation](notation.md)
# fails.
#
# **Every page is complete.**
# [`tests/test_site.py`](https://github.com/neural-networks-line-by-line/book/blob/main/tests/test_site.py)
# opens each page in a real browser, light and dark, at four widths from a
# phone to a large screen; without scripts, without a server, on paper. A
# request to another host fails, and so do a line on the console, a page
# wider than its screen or heavier than 300 KB, text that moves while the
# page loads, a link into nothing, and what a program for accessibility
# finds. `make audit` adds the checker of the W3C and Lighthouse.
#
# **Everything shown can be run.** Each chapter is a plain Python file. The
# tests run all but the slowest from the command line, each by itself. The
# build lets a chapter import only the modules that the book has shown by
# then. Each exercise
# is tested from both sides: its solution has to pass, its empty starter
# has to fail.
#
# ## One page, from file to screen
#
# A chapter is a Python file in which `# %%` begins a cell, and cells of
# prose are comments. Here is the smallest one that has everything: code
# that uses `nn`, a result, a sentence with a formula, and in the formula a
# number from the run.

# %%
chapter = r"""# %% [markdown]
# # Twice and one

# %%
from nn.layers import Dense
y = Dense([[2.0]], bias=[1.0]).forward([[3.0]])
print(y)

# %% [markdown]
# So $\val{y} = 2 \cdot 3 + 1 = {{ y[0, 0]:.0f }}$.
"""

# %% tags=["hide"]
from matplotlib.patches import Rectangle

from weave import DATA, INK, VALUE, figure, subplots, table

things = [
    ("a chapter, docs/*.py", "prose and code"),
    ("cells with outputs", "and numbers in the prose"),
    ("one page of Markdown", "figures and text kept aside"),
    ("HTML", "with formulas still as TeX"),
    ("the page", "beside it its notebook and exercises"),
]
steps = [
    ("execute, run, inline", "a fresh kernel runs nn, or the cache knows"),
    ("render, exercises", "pieces of nn, captions, folds"),
    ("MkDocs and Material", "Markdown, links, contents"),
    ("hooks, code, mathematics", "KaTeX; what was kept aside returns"),
]
fig, ax = subplots(figsize=(4.5, 4.3))
middle = {"ha": "center", "va": "center"}
for row, (thing, what) in enumerate(things):
    y = -2 * row
    ax.text(0, y + 0.2, thing, color=VALUE, fontweight="bold", **middle)
    ax.text(0, y - 0.22, what, color=INK, fontsize=8, **middle)
    ax.add_patch(Rectangle((-1.35, y - 0.52), 2.7, 1.04, fill=False,
                           edgecolor=DATA, linewidth=0.8))
for row, (module, what) in enumerate(steps):
    y = -2 * row - 1
    ax.annotate("", (0, y - 0.45), (0, y + 0.45),
                arrowprops={"arrowstyle": "-|>", "color": INK,
                            "shrinkA": 0, "shrinkB": 0})
    ax.text(0.2, y + 0.18, module, fontweight="bold", fontsize=8,
            va="center")
    ax.text(0.2, y - 0.2, what, fontsize=8, va="center")
ax.set(xlim=(-1.4, 2.7), ylim=(-8.6, 0.6))
ax.axis("off")
figure(
    fig,
    "path",
    alt="Five boxes in a column, joined by arrows: a chapter, cells with "
    "outputs, one page of Markdown, HTML, the page. Beside each arrow stand "
    "the modules of the loom that make the next thing of the one before.",
    caption="The way of a chapter. In the boxes, what it is at that "
    "point; beside the arrows, what makes the next.",
)

# %% [markdown]
# [](#fig-path) is the way. The program that leads a chapter along it is
# called the loom, and stands in the folder `weave`; but for MkDocs and its
# theme, the names beside the arrows are its modules. We put our chapter into
# a folder with `nn` beside it and let the loom go step by step. First
# `execute` starts a fresh kernel, a process of Python that waits for cells,
# so that nothing is left over from another chapter, and runs the cells in
# it.

# %%
from concurrent.futures import ThreadPoolExecutor
from tempfile import TemporaryDirectory

from weave.cells import read
from weave.execute import execute
from weave.key import key, reached

with TemporaryDirectory() as folder, ThreadPoolExecutor() as pool:
    root = Path(folder)
    (root / "nn").symlink_to(Path("nn").resolve())
    path = root / "small.py"
    path.write_text(chapter)
    before = read(path)
    cells = pool.submit(execute, path, root).result()

print(cells[1].outputs[0]["text"], end="")
print(before[2].source)
print(cells[2].source)

# %% tags=["check"]
assert cells[1].outputs[0]["text"] == "[[7.]]\n"
assert "= 7$" in cells[2].source

# %% [markdown]
# The first line is the output of the second cell; then comes the third cell
# before the run and after it. (We start the kernel from another thread,
# because this page itself runs in a kernel.) If a cell had raised an error,
# or written to stderr as warnings do, the build would have ended here, with
# the name of the chapter and the cell.
#
# `render` makes a page of Markdown. What Markdown must not touch, printed
# text and figures, is kept aside, and a numbered mark holds the place.

# %%
from weave.render import weave

woven = weave(cells, "https://github.com/")
print(woven.markdown)

# %% [markdown]
# From here on it is a page like any other. MkDocs turns Markdown into
# HTML, with extensions that `mkdocs.yml` names; our page needs two of them.

# %%
from markdown import markdown

html = markdown(
    woven.markdown,
    extensions=["pymdownx.superfences", "pymdownx.arithmatex"],
    extension_configs={"pymdownx.arithmatex": {"generic": True}},
)
print(html)

# %% tags=["check"]
assert r"\(\val{y} = 2 \cdot 3 + 1 = 7\)" in html
assert 'class="highlight"' in html

# %% [markdown]
# The code has a class for each kind of word. `code` keeps the few that say
# something: keywords in bold, values blue, gradients orange. What was kept
# aside returns, and `mathematics` asks KaTeX for the formula. The answer is
# long, because it holds the formula twice: drawn, for eyes, and as MathML,
# for screen readers. No script is left to run in your browser.

# %%
from weave.mathematics import Mathematics

mathematics = Mathematics(Path("node_modules").resolve())
final = mathematics.typeset(woven.restore(html))
mathematics.close()
formula = final[final.index("<p>So ") :]
print(final[final.index("<pre class=") :][: -len(formula)])
print(formula[:100], "…")

# %% tags=["check"]
assert "<math" in formula and "value" in formula

# %% [markdown]
# The whole formula has {{ len(formula):, }} characters. In a build
# `hooks` calls these steps where MkDocs passes, and adds what every page
# needs: tables that scroll on a phone, the downloads below the title, and
# what the search finds.
#
# ## What runs again, and when
#
# Training every network of the book takes minutes, changing a comma should
# take none. So outputs are kept, under a key: a digest of the code, of the
# expressions in the prose, of the modules of `nn` that the code reaches and
# the names of all that it may reach, of the loom's part in the kernel and
# the kernel's settings, of the versions of Python and of the packages that
# the code imports, and of the processor's kind. Beside them are kept digests
# of the files that the chapter opened while it ran; if one has changed since,
# the outputs are thrown away. Our chapter reaches these modules:

# %%
print(*(path.name for path in reached(before[1].source, Path("nn"))))

# %% [markdown]
# Now change one thing at a time, and look whether the key changes.

# %% tags=["hide"]
from copy import deepcopy


def runs_again(old, new, module=None):
    """Whether the key changes if `old` becomes `new`."""
    with TemporaryDirectory() as folder:
        package = Path(folder) / "nn"
        package.mkdir()
        for path in Path("nn").glob("*.py"):
            text = path.read_text()
            if path.name == module:
                assert old in text
                text = text.replace(old, new)
            (package / path.name).write_text(text)
        cells = deepcopy(before)
        for cell in [] if module else cells:
            cell.source = cell.source.replace(old, new)
        return key(cells, package) != key(before, Path("nn"))


changes = {
    "a word of the prose": runs_again("So ", "Thus "),
    "the format of the number in the formula": runs_again(".0f", ".1f"),
    "the weight in the code": runs_again("2.0", "4.0"),
    "a line of `nn/layers.py`": runs_again("+= b", "-= b", "layers.py"),
    "a line of `nn/losses.py`": runs_again("mean", "sum", "losses.py"),
}
assert list(changes.values()) == [False, True, True, True, False]
table(
    [[what, "yes" if again else "no"] for what, again in changes.items()],
    header=["what changes", "does the chapter run again?"],
    caption="What the key of the kept outputs depends on, for the small "
    "chapter above.",
    name="again",
)

# %% [markdown]
# By [](#tab-again) one can rewrite a sentence and see it in the browser at
# once, or change a loss and wait only for the chapters that use it.[^counts]
#
# ## How much of everything
#
# [^counts]: This page reads the whole book to count it, so any change
#     does.

# %% tags=["hide"]
from weave.census import census

count = census(Path())
table(
    [
        ["lines of `nn`, the program", count["lines of nn"]],
        ["lines of `docs`, the chapters", count["lines of docs"]],
        ["lines of `weave`, the loom", count["lines of weave"]],
        ["lines of `tests`", count["lines of tests"]],
        ["pieces of `nn` that chapters show", count["pieces"]],
        ["figures", count["figures"]],
        ["tables with results", count["tables"]],
        ["numbers in the prose that come from a run", count["numbers"]],
        ["formulas in the prose", count["formulas"]],
        ["exercises", count["exercises"]],
        ["assertions in the chapters", count["assertions"]],
        ["definitions in `nn` with a doctest", count["doctests"]],
        ["tests, each a function", count["tests"]],
    ],
    header=["what", "how many"],
    formats=["", ",d"],
    caption="The book in numbers, counted by the run that made this page. "
    "Lines are those that are not blank; figures and tables are calls in "
    "the chapters, of which a loop may make several.",
    name="census",
)
assert count["lines of nn"] < 3000

# %% [markdown]
# [](#tab-census) says how much there is. For every line of the program
# there are {{ count["lines of tests"] / count["lines of nn"]:.1f }} lines
# of tests. They run every line and take every branch of `nn` and of the
# loom; a line that no test reaches fails as well.
#
# ## Build it, mend it
#
# With the
# [repository](https://github.com/neural-networks-line-by-line/book),
# Python and `make`, `make site` builds all this, `make serve` shows it
# while you write, and `make test` checks it. They bring what they need
# into the folder, and leave the rest of your machine alone. [Chapter
# 0](start.py#run-it-copy-it-cite-it) has the few words about it.
#
# **You have found an error?** Then a test is missing. Say where it is in
# an [issue](https://github.com/neural-networks-line-by-line/book/issues),
# with the sentence or the number; no more is needed.
#
# **You want to write?**
# [CONTRIBUTING.md](https://github.com/neural-networks-line-by-line/book/blob/main/CONTRIBUTING.md)
# is a page long and says how a chapter, an exercise and a test are made
# here. Begin with a cell that fails.
#
# ## Made with
#
# The site is built by MkDocs (BSD), Material for MkDocs (MIT), mkdocs-jupyter
# (Apache 2.0), mkdocstrings (ISC), Python-Markdown (BSD) and PyMdown
# Extensions (MIT). Jupytext (MIT), nbclient and ipykernel (both BSD) read and
# run the chapters, Pygments (BSD) parts code into words, KaTeX (MIT) sets
# formulas, with its own fonts, in Node (MIT). Text is set in Adobe's Source
# Serif, Source Sans and Source Code Pro (OFL), of which fontTools (MIT) cuts
# what the pages need. MiniSearch (MIT) finds, resvg (MPL) draws the cards
# that are shared, pypdf (BSD) binds the printed book. NumPy and scikit-learn
# (both BSD) compute, Matplotlib (its own, free licence) draws. pytest (MIT),
# Hypothesis (MPL), mypy and ruff (both MIT), Playwright (Apache 2.0), axe
# (MPL), Lighthouse (Apache 2.0) and the checker of the W3C (MIT) check. Our
# thanks go to all who make them.
#
# [^output]: [nnfs_book, issue
#     7](https://github.com/Sentdex/nnfs_book/issues/7).
# [^version]: [rust-lang/book, issue
#     4636](https://github.com/rust-lang/book/issues/4636).
# [^copy]: [rust-lang/book, issue
#     909](https://github.com/rust-lang/book/issues/909); the version in
#     the works had it right already.
# [^steps]: [craftinginterpreters, issue
#     464](https://github.com/munificent/craftinginterpreters/issues/464).
# [^equation]: [cs231n.github.io, issue
#     229](https://github.com/cs231n/cs231n.github.io/issues/229), open
#     since 2020.
