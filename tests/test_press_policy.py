"""What a page may run and load."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from weave.press import policy

HEAD = '<!doctype html><head>\n  <meta charset="utf-8">\n'


def rules(html: str) -> dict[str, list[str]]:
    """Return the policy of a page as a browser reads it."""
    found = {}
    for rule in policy.policy(html).split("; "):
        name, *sources = rule.split(" ")
        assert name not in found
        found[name] = sources
    return found


def test_a_page_may_do_nothing_that_is_not_listed() -> None:
    assert rules("<p>Word</p>") == {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'none'"],
        "style-src-attr": ["'unsafe-inline'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'", "data:"],
        "connect-src": ["'self'"],
        "base-uri": ["'none'"],
        "form-action": ["'none'"],
    }


def test_what_stands_in_a_page_is_named_by_its_sum() -> None:
    script, style = "\n  say('é');\n", "p {\n  margin: 0;\n}"
    found = rules(f"<script>{script}</script><style>\n{style}</style>")
    given = base64.b64encode(hashlib.sha256(script.encode()).digest())
    assert found["script-src"] == ["'self'", f"'sha256-{given.decode()}'"]
    given = base64.b64encode(hashlib.sha256(f"\n{style}".encode()).digest())
    assert found["style-src"] == [f"'sha256-{given.decode()}'"]


def test_a_script_of_its_own_has_no_sum_and_the_same_text_one() -> None:
    html = '<script src="assets/book.js" defer></script>'
    assert rules(html)["script-src"] == ["'self'"]
    html += "<script>a</script><script type=module>b</script>"
    html += "<script>a</script>"
    known = [policy.digest("a"), policy.digest("b")]
    assert rules(html)["script-src"] == ["'self'", *known]


def test_a_page_with_a_linked_sheet_may_load_it() -> None:
    found = rules('<link rel="stylesheet" href="/book/assets/book.css">')
    assert found["style-src"] == ["'self'"]


def test_every_page_gets_its_policy_before_all_else(tmp_path: Path) -> None:
    pages = [tmp_path / "index.html", tmp_path / "part" / "one.html"]
    (tmp_path / "part").mkdir()
    for path in pages:
        path.write_text(f"{HEAD}<script>{path.name}</script></head>")
    policy.write(tmp_path)
    for path in pages:
        head = BeautifulSoup(path.read_text(), "html.parser").head
        assert head
        first, second, third = head.find_all(True)
        assert first["charset"] == "utf-8"
        assert second["http-equiv"] == "Content-Security-Policy"
        assert policy.digest(path.name) in str(second["content"])
        assert third.get_text() == path.name


def test_the_policy_stands_once_on_a_line_of_its_own(tmp_path: Path) -> None:
    path, rest = tmp_path / "index.html", f"<pre>{policy.BEGIN}</pre>\n"
    path.write_text(HEAD + rest)
    policy.write(tmp_path)
    assert path.read_text() == (
        f'{HEAD}  <meta http-equiv="Content-Security-Policy" '
        f'content="{policy.policy(rest)}">\n{rest}'
    )


def test_a_page_that_cannot_get_one_is_named(tmp_path: Path) -> None:
    path = tmp_path / "bare.html"
    path.write_text("<p>Word</p>")
    with pytest.raises(ValueError) as error:
        policy.write(tmp_path)
    assert str(error.value) == (
        f'{path}: expected <meta charset="utf-8">, where the policy goes'
    )
