"""Docstrings for the API reference."""

from __future__ import annotations

import griffe
import pytest

from weave.docstrings import markdown

CODE = '''\
class Bare:
    """y = a * b * c | d, `x_1` & <1>.

    >>> 2 * 3 * 4
    24
    """


class Child(Bare):
    pass


@register
class Wrapped:
    pass


class Made:
    def __init__(self, x):
        pass
'''


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("It is 1 < 2.", "<p>It is 1 &lt; 2.</p>"),
        ('It\'s "so" & `so`.', '<p>It\'s "so" &amp; <code>so</code>.</p>'),
        (
            "\nOne\nline.\n\n   \n>>> 1 < 2\nTrue\n\nA >>> `b`, `c`.\n",
            "<p>One\nline.</p>\n\n```pycon\n>>> 1 < 2\nTrue\n```\n\n"
            "<p>A &gt;&gt;&gt; <code>b</code>, <code>c</code>.</p>",
        ),
    ],
)
def test_paragraphs_become_html_and_sessions_blocks(
    text: str, made: str
) -> None:
    assert markdown(text) == made


def test_docstrings_are_left_as_they_are() -> None:
    extensions = griffe.load_extensions("weave.docstrings")
    with griffe.temporary_visited_module(CODE, extensions=extensions) as made:
        docstring = made["Bare"].docstring
        assert docstring
        assert docstring.value == (
            "<p>y = a * b * c | d, <code>x_1</code> &amp; &lt;1&gt;.</p>\n\n"
            "```pycon\n>>> 2 * 3 * 4\n24\n```"
        )
        assert made["Child"].docstring is None


def test_a_class_with_nothing_of_its_own_shows_how_to_call_it() -> None:
    extensions = griffe.load_extensions("weave.docstrings")
    with griffe.temporary_visited_module(CODE, extensions=extensions) as made:
        assert {
            name: [
                (key, [(p.name, p.kind) for p in member.parameters])
                for key, member in made[name].members.items()
            ]
            for name in made.members
        } == {
            "Bare": [
                (
                    "__init__",
                    [("self", griffe.ParameterKind.positional_or_keyword)],
                )
            ],
            "Child": [],
            "Wrapped": [],
            "Made": [
                (
                    "__init__",
                    [
                        ("self", griffe.ParameterKind.positional_or_keyword),
                        ("x", griffe.ParameterKind.positional_or_keyword),
                    ],
                )
            ],
        }
