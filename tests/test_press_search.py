"""What can be found, made of a page's HTML."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from weave.mathematics import Mathematics
from weave.press.search import Entry, Found, entries, library, plain, script

ROOT = Path(__file__).parent.parent

PAGE = """
<h1 id="2-layers"><b class="number">Chapter 2</b> Layers<a
 class="headerlink" href="#2-layers">¶</a></h1>
<p class="downloads">This chapter as a notebook</p>
<p>A <em>neuron</em> takes
numbers.<sup class="sidenote-ref"></sup><span class="sidenote"><span
class="sidenote-number">1</span> Rosenblatt.</span></p>
<div class="highlight"><pre><span></span><code><span class="n">x</span> = 1
y = <span class="mi">2</span></code></pre></div>
<pre class="output">4.8</pre>
<details class="code"><summary>Code</summary><pre>ax.plot()</pre></details>
<details class="code"><summary>Solution</summary><pre>solved</pre></details>
<section><h2 id="the-code">The <code>code</code></h2>
<figure class="piece" id="nn-layers"><figcaption>nn/layers.py</figcaption>
<pre>import numpy</pre></figure>
<figure class="piece" id="nn-layers-Dense-set_it"><figcaption>nn/layers.py,
lines 3–4</figcaption><pre>def set_it(self):
    pass</pre></figure>
<figure class="piece"><figcaption>nn/layers.py, once more</figcaption>
<pre>again</pre></figure>
<figure class="plot" id="fig-line"><svg><text>0.75</text></svg><figcaption>
<strong>Figure 2.1.</strong> It rises.</figcaption></figure>
<figure class="table" id="tab-one"><figcaption>One.</figcaption><table><tr>
<th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table></figure>
<p>A product, <span class="arithmatex">\\(\\grad{dW}\\)</span>, of
<span class="arithmatex">\\(d_\\text{in} &lt; 3\\)</span>.</p></section>
<h3 id="go">Go</h3>now
<h3 id="exercise-21-ten">Exercise 2.1 · Ten</h3><p>Say ten.</p>
"""


@pytest.fixture(scope="module")
def katex() -> Iterator[Mathematics]:
    mathematics = Mathematics(ROOT / "node_modules")
    yield mathematics
    mathematics.close()


def test_a_chapter(katex: Mathematics) -> None:
    assert entries(PAGE, katex) == [
        Entry("code", "nn.layers", "nn-layers", "import numpy"),
        Entry(
            "code",
            "Dense.set_it",
            "nn-layers-Dense-set_it",
            "def set_it(self):\npass",
        ),
        Entry("figure", "Figure 2.1", "fig-line", "It rises."),
        Entry("figure", "", "tab-one", "One.\na · b\n1 · 2"),
        Entry(
            "section",
            "Layers",
            "",
            "A neuron takes numbers. Rosenblatt.\nx = 1\ny = 2\n"
            "Solution\nsolved",
        ),
        Entry(
            "section",
            "The code",
            "the-code",
            "A product, dW, of d_in < 3.",
        ),
        Entry("section", "Go", "go", "now"),
        Entry("exercise", "Exercise 2.1 · Ten", "exercise-21-ten", "Say ten."),
    ]


def test_what_only_the_eye_needs_does_not_change_the_text(
    katex: Mathematics,
) -> None:
    """A button, colours; and a formula set apart goes on with the line."""
    page = r"""<h1 id="sums">Sums</h1><button>Copy</button>
    <pre><code><span class="n">a
    </span>b</code></pre><p>In <span class="arithmatex">\(\sum_i^n x\)</span>
    </p><div class="arithmatex">\[\sum_i^n x\]</div>"""
    assert entries(page, katex) == [
        Entry("section", "Sums", "", "a\nb\nIn ∑_i^nx ∑_i^n x")
    ]


def test_back_matter(katex: Mathematics) -> None:
    page = """
    <h1 id="glossary">Glossary</h1><p>Words.</p><h2 id="a">A</h2><dl>
    <dt id="term-adam">Adam</dt><dd>Momentum.</dd><dd>RMSProp.</dd>
    <dt id="term-bias">Bias</dt><dd>A number.</dd></dl>
    <p class="reference" id="ba-2016">J. L. Ba, “Layer normalization” (2016),
    <em>arXiv</em>.</p>
    <p class="reference" id="lay-2012"><b>D. C. Lay</b>, <em>Linear
    Algebra</em>, <em>Pearson</em>, 2012.</p><p id="other">More.</p>
    <section class="module">import this</section>"""
    assert entries(page, katex) == [
        Entry("term", "Adam", "term-adam", "Momentum.\nRMSProp."),
        Entry("term", "Bias", "term-bias", "A number."),
        Entry(
            "work",
            "Layer normalization",
            "ba-2016",
            "J. L. Ba, “Layer normalization” (2016), arXiv.",
        ),
        Entry(
            "work",
            "Linear Algebra",
            "lay-2012",
            "D. C. Lay, Linear Algebra, Pearson, 2012.",
        ),
        Entry("section", "Glossary", "", "Words."),
    ]


def test_the_reference(katex: Mathematics) -> None:
    page = """
    <h1 id="api">API</h1>
    <div class="doc doc-object"><h2 class="doc doc-heading" id="nn.layers">
    <span>layers</span></h2><div><p>Rows.</p></div></div>
    <p class="place">Line by line in 2 · Layers.</p>
    <div class="doc doc-object">
    <h3 class="doc doc-heading" id="nn.layers.Dense">Dense</h3>
    <div class="doc-signature"><pre><code>Dense(weight)</code></pre></div>
    <div><p>y = xW.</p></div></div>
    <div class="doc doc-object"><h4 class="doc doc-heading"
    id="nn.layers.Dense.forward"><code>forward(x)</code></h4></div>
    <p class="doc-heading" id="nn.alone">Alone</p>"""
    assert entries(page, katex) == [
        Entry("api", "nn.layers", "nn.layers", "Rows."),
        Entry("api", "Dense", "nn.layers.Dense", "Dense(weight)\ny = xW."),
        Entry("api", "Dense.forward", "nn.layers.Dense.forward", "forward(x)"),
        Entry("api", "nn.alone", "nn.alone", ""),
        Entry("section", "API", "", ""),
    ]


@pytest.mark.parametrize(
    ("tex", "text"),
    [
        (r"\val{y} = xW + b", "y = xW + b"),
        (r"\frac{a + b}{2}", "(a + b)/2"),
        (r"W_{kj}", "W_kj"),
        (r"\sum_{i=1}^n x_i^2", "∑_(i = 1)^n x_i^2"),
        (r"\hat{y} \le \overline{x}", "ŷ ≤ x̄"),
        (r"\sqrt{x}\,e^{-z}", "√x e^(−z)"),
        (r"x^{(i)}\,y^{(i)z}", "x^(i) y^((i)z)"),
        (r"\begin{aligned}a&=1\\b&=2\end{aligned}", "a = 1 b = 2"),
        (r"\min_x \log p", "min_x log p"),
        (r"\max(0, x)", "max(0,x)"),
        (r"\vec{x}\quad y", "x⃗ y"),
    ],
)
def test_a_formula_as_text(tex: str, text: str, katex: Mathematics) -> None:
    assert plain(katex.formula(tex, True)) == text


@pytest.mark.parametrize(
    ("inside", "text"),
    [
        ("<mi>a</mi><mo></mo><mi>b</mi>", "a b"),
        ("<msqrt><mi>a</mi><mi>b</mi></msqrt>", "√ab"),
        ("\n<mi>a</mi>\n", "a"),
    ],
)
def test_mathml_that_katex_does_not_write_is_read(
    inside: str, text: str
) -> None:
    assert plain(f"<p><math>{inside}</math></p>") == text


def test_a_line_of_code_is_a_line_however_deep(katex: Mathematics) -> None:
    page = """<h1>Deep</h1><pre><code><a><b>one
    </b>two</a></code></pre><ul><li><p><a><b>three
    four</b></a></p></li></ul>"""
    assert entries(page, katex) == [
        Entry("section", "Deep", "", "one\ntwo\nthree four")
    ]


def test_the_script_sets_one_name_with_a_line_for_each_page() -> None:
    entry = Entry("term", "Bias", "term-bias", "A “number”.")
    pages = Found("glossary.html", "Glossary", [entry]), Found("a", "A", [])
    assert script(pages) == (
        "const bookEntries = [\n"
        '["glossary.html","Glossary",'
        '[["term","Bias","term-bias","A “number”."]]],\n'
        '["a","A",[]]\n'
        "];\n"
    )


def test_the_library_names_no_other_file(tmp_path: Path) -> None:
    folder = tmp_path / "minisearch" / "dist" / "umd"
    folder.mkdir(parents=True)
    text = "var a;\n//# sourceMappingURL=index.js.map\n"
    (folder / "index.js").write_text(text)
    assert library(tmp_path) == "var a;\n"
    assert "global.MiniSearch = factory()" in library(ROOT / "node_modules")
