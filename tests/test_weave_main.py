"""One page alone, of a book in which no chapter runs."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import pytest

HOOKS = """\
def on_startup(command, dirty):
    print(command, dirty)


def on_shutdown():
    print("done")
"""
CONFIG = """\
site_name: Book
strict: true
theme: {name: null, custom_dir: theme}
hooks: [hooks.py]
plugins: []
nav: [b.md, a.md]
"""
PAGE = "{% for item in nav %}{{ item.title }}: {% endfor %}{{ page.content }}"


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_one_page_is_built_without_the_others(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    book = tmp_path / "book"
    for name, text in {
        "mkdocs.yml": CONFIG,
        "hooks.py": HOOKS,
        "theme/main.html": PAGE,
        "docs/a.md": "# One\n\n[Gone](gone.md)\n",
        "docs/b.md": "# Two\n",
        "docs/c.py": "1 / 0\n",
        "docs/d.txt": "Text.\n",
    }.items():
        (book / name).parent.mkdir(parents=True, exist_ok=True)
        (book / name).write_text(text, "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["weave", "book/docs/a.md"])
    runpy.run_module("weave.__main__", run_name="weave.__main__")
    site = book / ".cache" / "page" / "a"
    made = {p.name for p in site.rglob("*") if p.is_file()}
    assert made - {"sitemap.xml", "sitemap.xml.gz"} == {"a.html", "d.txt"}
    assert capsys.readouterr().out == (
        f"build False\ndone\n{site / 'a.html'}\n"
    )
    # Strict it is not: a link may lead to a page that is not there.
    assert (site / "a.html").read_text("utf-8") == (
        'a: <h1 id="one">One</h1>\n<p><a href="gone.md">Gone</a></p>'
    )
