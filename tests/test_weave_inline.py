"""Numbers in prose."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weave import inline


def test_fields_are_found_in_prose_and_in_formulas() -> None:
    assert inline.fields("a {{ x }} and $p = {{ y:.2f }}$\n{{ z\n}}") == [
        "x",
        "y:.2f",
    ]


def test_fields_are_not_found_in_code_or_in_latex() -> None:
    prose = (
        "`{{ a }}` ``{{ ` b }}`` $x^{{n}}$\n"
        "```python\n{{ c }}\n```\n  ~~~\n{{ d }}\n~~~\n{{ e }}"
    )
    assert inline.fields(prose) == ["e"]
    assert inline.fill(prose, ["1"]) == prose.replace("{{ e }}", "1")


def test_values_are_filled_in_in_order() -> None:
    assert inline.fill("{{ a }}, `b`, {{ c }}", ["1", "2"]) == "1, `b`, 2"


@pytest.mark.parametrize(
    ("field", "parts"),
    [
        ("x", ("x", "")),
        ("x:.2%", ("x", ".2%")),
        ("x[1:2]", ("x[1:2]", "")),
        ("x[1:2]:>8", ("x[1:2]", ">8")),
        ("{'a': 1}['a']:03d", ("{'a': 1}['a']", "03d")),
        ("':' + x", ("':' + x", "")),
        ("(lambda: 3)():d", ("(lambda: 3)()", "d")),
        ("t:%H:%M", ("t", "%H:%M")),
    ],
)
def test_a_field_is_split_like_an_f_string(
    field: str, parts: tuple[str, str]
) -> None:
    assert inline.split(field) == parts


@given(st.floats(allow_nan=False), st.sampled_from([".2f", ".3g", "e", ""]))
def test_values_are_what_an_f_string_gives(x: float, form: str) -> None:
    text = value(f"x:{form}", {"x": x})
    assert text.replace("\N{MINUS SIGN}", "-") == format(x, form)


def value(field: str, names: dict[str, Any]) -> str:
    import contextlib
    import io

    with contextlib.redirect_stdout(io.StringIO()) as printed:
        inline.evaluate([field], names)
    (text,) = inline.values([{"text": printed.getvalue()}])
    return text


def test_what_a_kernel_printed_in_pieces_is_one_list() -> None:
    assert inline.values([{"text": '["1",'}, {"text": ' "2"]'}]) == ["1", "2"]


def test_a_negative_number_has_a_true_minus() -> None:
    assert value("x:.1f", {"x": -0.5}) == "\N{MINUS SIGN}0.5"
    assert value("x", {"x": "-a"}) == "-a"


def test_an_error_names_the_field() -> None:
    with pytest.raises(ValueError) as error:
        inline.evaluate(["accuracy:.2%"], {})
    assert str(error.value) == (
        "{{ accuracy:.2% }}: NameError: name 'accuracy' is not defined"
    )


def test_the_code_runs_in_a_namespace_of_its_own(
    capsys: pytest.CaptureFixture[str],
) -> None:
    names: dict[str, Any] = {"x": 2}
    exec(inline.code(["x", "x + 1:.1f"]), names)
    assert names.keys() == {"x", "__builtins__"}
    assert inline.values([{"text": capsys.readouterr().out}]) == ["2", "3.0"]
