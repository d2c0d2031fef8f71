"""Templates: what `{{ path }}` becomes."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensuite.clock import Clock
from ensuite.workflow.scope import (
    MAX_DEPTH,
    MAX_TEMPLATE_CHARACTERS,
    InvalidTemplate,
    date_ranges,
    lookup,
    references,
    resolve,
    system_scope,
)

SCOPE: dict[str, Any] = {
    "$context": {
        "data": {
            "id": 7,
            "title": "Bolts",
            "price": 2.0,
            "ratio": 0.25,
            "paid": False,
            "note": None,
            "tags": [{"name": "new"}, {"name": "cheap"}, {"label": "unnamed"}],
            "orders": [{"lines": [{"sku": "a"}, {"sku": "b"}]}, {"lines": [{"sku": "c"}]}],
            "0": "zero",
            "": "nameless",
            "trap": "{{$context.data.title}}",
        }
    },
    "$jobsMapByNodeKey": {"1q2w3e": {"total": 12}, "list": [[1, 2], [3]]},
}


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ("{{$context.data.id}}", 7),
        ("{{ $context.data.title }}", "Bolts"),
        ("{{$context.data.price}}", 2.0),
        ("{{$context.data.paid}}", False),
        ("{{$context.data.note}}", None),
        ("{{$jobsMapByNodeKey.1q2w3e}}", {"total": 12}),
        ("{{$context.data.0}}", "zero"),
    ],
)
def test_a_template_that_is_the_whole_string_keeps_the_type_of_the_value(
    template: str, value: Any
) -> None:
    resolved = resolve(template, SCOPE)

    assert (resolved, type(resolved)) == (value, type(value))


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ("No. {{$context.data.id}}: {{$context.data.title}}", "No. 7: Bolts"),
        ("{{$context.data.id}}{{$context.data.id}}", "77"),
        (" {{$context.data.id}}", " 7"),
        ("[{{$context.data.note}}]", "[]"),
        ("[{{$context.data.missing}}]", "[]"),
        ("{{$context.data.price}} EUR", "2 EUR"),
        ("{{$context.data.ratio}} EUR", "0.25 EUR"),
        ("paid: {{$context.data.paid}}", "paid: false"),
        ("= {{$jobsMapByNodeKey.1q2w3e}}", '= {"total":12}'),
        ("= {{$jobsMapByNodeKey.list}}", "= [[1,2],[3]]"),
    ],
)
def test_a_template_inside_text_becomes_text(template: str, value: str) -> None:
    assert resolve(template, SCOPE) == value


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ("{{$context.data.missing:none}}", "none"),
        ("{{$context.data.note: no note }}", "no note"),
        ("{{$context.data.note:}}", ""),
        ("{{$context.data.title:none}}", "Bolts"),
        ("at {{$context.data.missing:10:30}}", "at 10:30"),
    ],
)
def test_a_default_stands_in_for_nothing_and_null(template: str, value: str) -> None:
    assert resolve(template, SCOPE) == value


@pytest.mark.parametrize("text", ["", "no template", "{{}}", "{{ }}", "{single}", "{{open", "}}"])
def test_text_without_a_template_stays_as_it_is(text: str) -> None:
    assert resolve(text, SCOPE) == text


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("$context.data.tags.name", ["new", "cheap"]),
        ("$context.data.orders.lines.sku", ["a", "b", "c"]),
        ("$context.data.tags.missing", []),
        ("$context.data.tags.1.name", "cheap"),
        ("$context.data.tags[1].name", "cheap"),
        ("$context.data.tags.9.name", None),
        ("$context.data.tags.99999999999999999999", None),
        ("$jobsMapByNodeKey.list.0.1", 2),
        ("$context.data.title.length", None),
        ("$context.data.missing.deeper", None),
        ("$nowhere", None),
        ("", SCOPE),
    ],
)
def test_a_path_goes_through_objects_and_lists(path: str, value: Any) -> None:
    assert lookup(path, SCOPE) == value


@pytest.mark.parametrize(
    "path", ["__class__", "__class__.__mro__", "data.__len__", "data.keys", "items", "_scope"]
)
def test_a_path_never_reaches_an_attribute_of_a_python_object(path: str, clock: Clock) -> None:
    assert lookup(path, {"data": {}, "text": "x"}) is None
    assert lookup(f"$system.{path}", {"$system": system_scope(clock)}) is None


def test_templates_are_replaced_at_any_depth_but_not_in_keys() -> None:
    template = {
        "$and": [{"id": {"$eq": "{{$context.data.id}}"}}, "{{$context.data.title}}"],
        "{{$context.data.id}}": 5,
    }

    assert resolve(template, SCOPE) == {
        "$and": [{"id": {"$eq": 7}}, "Bolts"],
        "{{$context.data.id}}": 5,
    }


def test_a_template_in_a_value_is_not_replaced() -> None:
    assert resolve("{{$context.data.trap}}", SCOPE) == "{{$context.data.title}}"
    assert resolve("<{{$context.data.trap}}>", SCOPE) == "<{{$context.data.title}}>"


def test_references_are_the_paths_that_a_configuration_uses() -> None:
    template = {"a": "{{ $context.data.id }}", "b": ["{{x:1}} and {{y}}", {"c": "{{x}}"}], "d": 4}

    assert references(template) == {"$context.data.id", "x", "y"}


def test_a_template_is_bounded_in_length_and_depth_and_in_what_it_makes() -> None:
    with pytest.raises(InvalidTemplate, match="100000 characters"):
        _ = resolve("{{a}}" + "x" * MAX_TEMPLATE_CHARACTERS, SCOPE)
    with pytest.raises(InvalidTemplate, match="10000000 characters"):
        _ = resolve(".{{a}}" * 20, {"a": "x" * 1_000_000})
    deep: Any = "{{a}}"
    for _ in range(MAX_DEPTH):
        deep = [deep]

    assert resolve(deep, {"a": 1}) != deep
    with pytest.raises(InvalidTemplate, match="64 levels"):
        _ = resolve([deep], {"a": 1})
    with pytest.raises(InvalidTemplate, match="64 levels"):
        _ = references([deep])


def test_the_system_variables_are_those_of_the_moment(clock: Clock) -> None:
    ids = iter([41, 42])
    scope = {"$system": system_scope(clock, lambda: next(ids))}

    assert resolve("{{$system.now}}", scope) == "2026-03-14T09:26:53.589Z"
    assert resolve("{{$system.epoch}}", scope) == 1773480413
    assert resolve("{{$system.dateRange.thisQuarter}}", scope) == "2026Q1+00:00"
    assert resolve("{{$system.genSnowflakeId}}", scope) == 41
    assert resolve("{{$system.genSnowflakeId}}", scope) == 42
    assert lookup("$system", {"$system": system_scope(clock)}).keys() == {
        "now",
        "epoch",
        "dateRange",
    }


def test_date_ranges_are_periods_of_the_calendar(clock: Clock) -> None:
    assert date_ranges(clock.now()) == {
        "yesterday": "2026-03-13+00:00",
        "today": "2026-03-14+00:00",
        "tomorrow": "2026-03-15+00:00",
        "lastWeek": "2026W10+00:00",
        "thisWeek": "2026W11+00:00",
        "nextWeek": "2026W12+00:00",
        "lastMonth": "2026-02+00:00",
        "thisMonth": "2026-03+00:00",
        "nextMonth": "2026-04+00:00",
        "lastQuarter": "2025Q4+00:00",
        "thisQuarter": "2026Q1+00:00",
        "nextQuarter": "2026Q2+00:00",
        "lastYear": "2025+00:00",
        "thisYear": "2026+00:00",
        "nextYear": "2027+00:00",
    }


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(json_values)
def test_any_value_passes_through_a_whole_string_template_unchanged(value: Any) -> None:
    assert resolve("{{a}}", {"a": value}) == value


@given(json_values)
def test_a_configuration_without_templates_is_left_alone(value: Any) -> None:
    if "{{" not in json.dumps(value):
        assert resolve(value, SCOPE) == value


@given(st.text(), json_values)
def test_no_path_and_no_value_makes_a_lookup_fail(path: str, value: Any) -> None:
    _ = lookup(path, {"$context": value})
    _ = lookup(f"$context.{path}", {"$context": value})
