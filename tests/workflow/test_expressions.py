"""CEL expressions over the variables of an execution."""

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensuite.clock import Clock
from ensuite.workflow.expressions import (
    MAX_EXPRESSION_CHARACTERS,
    MAX_TEMPLATES,
    MAX_VALUES,
    ExpressionFailed,
    InvalidExpression,
    compile,  # noqa: A004 - what it does, in CEL's word
    evaluate,
)
from ensuite.workflow.scope import MAX_DEPTH, system_scope

SCOPE: dict[str, Any] = {
    "$context": {
        "data": {
            "whole": 2,
            "fraction": 1.5,
            "title": "Bolts",
            "paid": True,
            "note": None,
            "tags": [{"name": "new"}, {"name": "cheap"}],
        }
    },
    "$jobsMapByNodeKey": {"sum": {"total": 12}, "1q2w3e": 5},
    "$scopes": {"loop": {"item": "a", "index": 0}},
}


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("1 + 2", 3),
        ("context.data.title + '!'", "Bolts!"),
        ("jobs.sum.total > 10 && context.data.paid", True),
        ("jobs['1q2w3e'] * 2", 10),
        ("scopes.loop.index", 0),
        ("context.data.tags.map(tag, tag.name)", ["new", "cheap"]),
        ("context.data.tags.exists(tag, tag.name == 'new')", True),
        ("has(context.data.missing) ? 1 : 0", 0),
        ("context.data.?missing.orValue('none')", "none"),
        ("context.data.note == null", True),
        ("size(jobs)", 2),
        ("context.data.title.upperAscii()", "BOLTS"),
        ("math.greatest(1, 2, 3)", 3),
    ],
)
def test_an_expression_reads_the_variables(expression: str, value: Any) -> None:
    assert evaluate(expression, SCOPE) == value


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("{{$context.data.whole}} + 1", 3),
        ("{{ $jobsMapByNodeKey.1q2w3e }} == 5", True),
        ("{{$context.data.tags.name}}", ["new", "cheap"]),
        ("{{$context.data.tags}}[0].name", "new"),
        ("{{$context.data.missing}} == null", True),
        ("{{$context.data.missing:none}} + '!'", "none!"),
        ("{{$context.data.whole}} + {{$context.data.whole}}", 4),
        ("'a' == 'a' // {{$context.data.whole}}", True),
    ],
)
def test_a_template_stands_for_the_value_that_its_path_leads_to(
    expression: str, value: Any
) -> None:
    assert evaluate(expression, SCOPE) == value


@pytest.mark.parametrize("title", ["' + 'x", '"', "}}", "{{$context.data.note}}", "1 || true"])
def test_a_value_never_becomes_part_of_the_expression(title: str) -> None:
    scope = {"$context": {"data": {"title": title}}}

    assert evaluate("{{$context.data.title}}", scope) == title


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("context.data.whole + context.data.fraction", 3.5),
        ("context.data.fraction - context.data.whole", -0.5),
        ("context.data.whole * 1.5", 3.0),
        ("1 / context.data.fraction * 3.0", 2.0),
        ("context.data.whole > context.data.fraction", True),
        ("context.data.whole == 2.0", True),
        ("5 / context.data.whole", 2),
        ("double(5) / context.data.whole", 2.5),
        ("5 % context.data.whole", 1),
    ],
)
def test_whole_numbers_and_fractions_mix(expression: str, value: float) -> None:
    result = evaluate(expression, SCOPE)

    assert (result, type(result)) == (value, type(value))


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("null", None),
        ("[null, {'a': null}]", [None, {"a": None}]),
        ("timestamp('2026-03-14T10:26:53.589+01:00')", "2026-03-14T09:26:53.589Z"),
        ("duration('90m')", "5400s"),
        ("duration('3500ms')", "3.5s"),
        ("b'abc'", "YWJj"),
        ("{2: 'a', true: 'b', 'c': 2u}", {"2": "a", "true": "b", "c": 2}),
        ("context.data.tags", [{"name": "new"}, {"name": "cheap"}]),
    ],
)
def test_the_result_is_json(expression: str, value: Any) -> None:
    assert evaluate(expression, SCOPE) == value


def test_nulls_in_results_do_not_wear_out_the_interpreter() -> None:
    # Each took one of None's references away where the binding's own conversion was used; there
    # are a few thousand before Python aborts.
    program = compile("[null, {'a': null}]")
    for _ in range(20_000):
        assert program.evaluate(SCOPE) == [None, {"a": None}]


def test_system_variables_are_made_when_they_are_used(clock: Clock) -> None:
    made: list[int] = []
    scope = {"$system": system_scope(clock, lambda: made.append(1) or 7)}

    assert evaluate("timestamp(system.now).getFullYear()", scope) == 2026
    assert made == []
    assert evaluate("system.genSnowflakeId", scope) == 7


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("", "empty"),
        ("  ", "empty"),
        ("1 +", "line 1, column 4: Syntax error"),
        ("1 +\n nope", r"line 2, column 2: undeclared reference to 'nope'$"),
        ("{{$context.data.whole}} + nope", "column 27: undeclared"),
        ("1 + 'a'", "no matching overload"),
        ("'{{$context.data.title}}'", "without quotes"),
        ('r"{{$context.data.title}}"', "without quotes"),
        ("context.{{$context.data.title}}", "column 9: Syntax error"),
        ("'\ud800'", "no text"),
        ("+".join("1" * 60), "recursion depth of 32"),
        ("x" * (MAX_EXPRESSION_CHARACTERS + 1), "4000 characters"),
        ("+".join(f"{{{{a{n}}}}}" for n in range(MAX_TEMPLATES + 1)), "32 paths"),
    ],
)
def test_what_is_not_valid_is_refused_with_its_place(expression: str, said: str) -> None:
    with pytest.raises(InvalidExpression, match=said) as raised:
        _ = compile(expression)

    assert (raised.value.status, raised.value.code) == (400, "INVALID_EXPRESSION")


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("context.data.missing", 'Key not found in map : "missing"'),
        ("context.data.note + 1", "No matching overloads"),
        ("1 / 0", "^divide by zero$"),
        ("1.5 / 0", "division by zero"),
        ("1.0 / 0.0", "inf, is no number"),
        ("context.?data", "orValue"),
        ("[context.?data]", "orValue"),
        ("type(1)", "a type, which JSON does not have"),
        ("int(context.data.title)", "cannot convert"),
    ],
)
def test_what_cannot_be_evaluated_says_why(expression: str, said: str) -> None:
    with pytest.raises(ExpressionFailed, match=said):
        _ = evaluate(expression, SCOPE)


def test_the_iterations_of_an_expression_are_bounded() -> None:
    scope = {"$context": list(range(200))}

    with pytest.raises(ExpressionFailed, match="Iteration budget exceeded"):
        _ = evaluate("{{$context}}.all(a, {{$context}}.all(b, a + b >= 0))", scope)


def deep(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (deep(MAX_DEPTH + 1), "64 levels"),
        (deep(900), "64 levels"),
        ([0] * MAX_VALUES, "100000 values"),
        ("end\x00of text", "cannot read"),
        (["\ud800"], "cannot read"),
        ({"a": {1, 2}}, "a set, not JSON"),
    ],
)
def test_variables_that_would_harm_the_evaluation_are_refused(value: Any, said: str) -> None:
    with pytest.raises(ExpressionFailed, match=said):
        _ = evaluate("{{$context}} == 1", {"$context": value})


def test_a_result_of_too_many_values_is_refused() -> None:
    scope = {"$context": [0] * 60_000}

    with pytest.raises(ExpressionFailed, match="result holds more than 100000"):
        _ = evaluate("{{$context}} + {{$context}}", scope)


def test_only_the_named_members_of_a_variable_are_read() -> None:
    scope = {"$jobsMapByNodeKey": {"small": 1, "large": [0] * MAX_VALUES}}

    assert evaluate("jobs.small + jobs['small']", scope) == 2


def test_a_number_past_64_bits_is_what_javascript_makes_of_it() -> None:
    assert evaluate("{{$context}} > 0 ? {{$context}} : 0", {"$context": 10**30}) == 1e30


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"])),
            inner,
            max_size=3,
        )
    ),
    max_leaves=10,
)


@given(json_values)
def test_json_goes_in_and_comes_out_unchanged(value: Any) -> None:
    assert evaluate("{{$context}}", {"$context": value}) == value


@given(st.text(max_size=60))
def test_any_text_is_an_expression_or_refused(text: str) -> None:
    with contextlib.suppress(InvalidExpression, ExpressionFailed):
        _ = evaluate(text, SCOPE)
