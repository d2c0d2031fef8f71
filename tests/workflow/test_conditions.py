"""Basic conditions: groups of comparisons, which compare as JavaScript does."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from ensuite.workflow.conditions import (
    MAX_CALCULATIONS,
    MAX_GROUP_DEPTH,
    Criterion,
    InvalidCondition,
    calculators,
    check,
    holds,
)
from ensuite.workflow.expressions import ExpressionFailed, InvalidExpression

YES: dict[str, Any] = {"calculator": "equal", "operands": [1, 1]}
NO: dict[str, Any] = {"calculator": "equal", "operands": [1, 2]}


def group(kind: str, *calculations: Any) -> dict[str, Any]:
    return {"group": {"type": kind, "calculations": list(calculations)}}


def compared(calculator: str, *operands: Any) -> bool:
    return holds({"calculator": calculator, "operands": list(operands)}, {})


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (1, 1.0),
        (5, "5"),
        (5, " 5.0 "),
        ("", 0),
        (" ", 0),
        ("0x1F", 31),
        ("1e3", 1000),
        (True, 1),
        (True, "1"),
        (False, 0),
        (False, ""),
        (None, None),
        ([1, 2], "1,2"),
        ([5], 5),
        ([], ""),
        ([None, [1]], ",1"),
        ({"a": 1}, "[object Object]"),
        ({"a": [1]}, {"a": [1]}),
    ],
)
def test_equal_is_loose(left: Any, right: Any) -> None:
    assert compared("equal", left, right)
    assert compared("==", right, left)
    assert not compared("notEqual", left, right)
    assert not compared("!=", right, left)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("5", "5.0"),
        (None, 0),
        (None, ""),
        (None, False),
        (None, "null"),
        (True, 2),
        (True, "true"),
        ("5 apples", 5),
        ("1_000", 1000),
        ("nan", "NaN"),
        ("a", "A"),
        ([1, 2], [1]),
        ({}, None),
    ],
)
def test_not_everything_is_equal(left: Any, right: Any) -> None:
    assert not compared("equal", left, right)
    assert compared("notEqual", right, left)


@pytest.mark.parametrize(
    ("calculator", "left", "right", "answer"),
    [
        ("gt", 2, 1, True),
        (">", "10", 9, True),
        ("gt", "10", "9", False),
        ("gte", 2, 2.0, True),
        (">=", None, 0, True),
        ("lt", None, 1, True),
        ("<", "2026-03-14T09:26:53.589Z", "2026-03-15", True),
        ("lte", True, 1, True),
        ("<=", "a", 1, False),
        ("gt", "a", 1, False),
        ("gt", [3], 2, True),
        ("gt", {}, 1, False),
    ],
)
def test_order_is_by_text_or_by_number(
    calculator: str, left: Any, right: Any, *, answer: bool
) -> None:
    assert compared(calculator, left, right) is answer


@pytest.mark.parametrize(
    ("calculator", "left", "right", "answer"),
    [
        ("includes", "workflow", "flow", True),
        ("includes", "workflow", "Flow", False),
        ("includes", ["a", "b"], "b", True),
        ("includes", [1, 2], "1", False),
        ("includes", [1, 2], 1.0, True),
        ("includes", [1], True, False),
        ("includes", 2026, 26, True),
        ("startsWith", "workflow", "work", True),
        ("startsWith", 2026, "20", True),
        ("endsWith", "workflow", "flow", True),
        ("endsWith", "workflow", "", True),
        ("includes", None, "a", False),
        ("startsWith", "null", None, False),
        ("endsWith", None, None, False),
    ],
)
def test_text_comparisons_have_negations(
    calculator: str, left: Any, right: Any, *, answer: bool
) -> None:
    negation = f"not{calculator[0].upper()}{calculator[1:]}"

    assert compared(calculator, left, right) is answer
    assert compared(negation, left, right) is not answer


@pytest.mark.parametrize(
    ("condition", "answer"),
    [
        (group("and", YES, YES), True),
        (group("and", YES, NO), False),
        (group("or", NO, YES), True),
        (group("or", NO, NO), False),
        (group("and", YES, group("or", NO, group("and", YES))), True),
        (group("or", NO, group("and", YES, NO)), False),
    ],
)
def test_groups_join_comparisons_and_groups(condition: dict[str, Any], *, answer: bool) -> None:
    assert holds(condition, {}) is answer


@pytest.mark.parametrize(
    "condition",
    [
        None,
        {},
        group("and"),
        group("or"),
        {"group": {"type": "and"}},
        {"operands": [1, 2]},
        {"calculator": "equal"},
        {"calculator": "equal", "operands": []},
        {"calculator": None, "operands": [1, 2]},
    ],
)
def test_a_condition_that_asks_nothing_holds(condition: dict[str, Any] | None) -> None:
    check(condition)

    assert holds(condition, {}) is True


def test_a_missing_operand_is_null() -> None:
    assert compared("equal", None)
    assert not compared("equal", 1)


def test_operands_are_templates_and_nothing_else_is() -> None:
    scope = {"$context": {"data": {"paid": True, "rule": YES}}}
    operands = ["{{$context.data.paid}}", True]

    assert holds(group("and", {"calculator": "equal", "operands": operands}), scope)
    with pytest.raises(InvalidCondition, match="both objects"):
        check(group("and", "{{$context.data.rule}}"))


def test_an_unknown_calculator_is_an_error_once_it_is_needed() -> None:
    unknown = {"calculator": "soundsLike", "operands": [1, 1]}
    check(group("and", NO, unknown))

    assert not holds(group("and", NO, unknown), {})
    with pytest.raises(InvalidCondition, match=r"no calculator 'soundsLike'; there are equal, "):
        _ = holds(group("and", YES, unknown), {})


def nested(levels: int) -> Any:
    condition: Any = YES
    for _ in range(levels):
        condition = group("and", condition)
    return condition


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ({"group": {"type": "xor", "calculations": []}}, "and"),
        ({"group": []}, "and"),
        ({"group": {"type": "and", "calculations": {"a": 1}}}, "a list"),
        ({"calculator": "equal", "operands": "1"}, "a list of two"),
        ({"calculator": 5, "operands": [1, 2]}, "its name"),
        (nested(MAX_GROUP_DEPTH), "20 levels"),
        (group("or", *[NO] * MAX_CALCULATIONS), "500 comparisons"),
    ],
)
def test_the_form_of_a_condition_is_checked(condition: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidCondition, match=said):
        check(condition)
    with pytest.raises(ValidationError, match=said):
        _ = Criterion(calculation=condition)


def test_a_criterion_may_be_an_expression_that_gives_a_boolean() -> None:
    scope = {"$context": {"data": {"n": 2, "note": None}}}

    assert Criterion(engine="cel", expression="context.data.n > 1").holds(scope)
    assert not Criterion(engine="cel", expression="{{$context.data.n}} > 2").holds(scope)
    assert not Criterion(engine="cel", expression="context.data.note").holds(scope)
    with pytest.raises(ExpressionFailed, match="true or false, not 2"):
        _ = Criterion(engine="cel", expression="context.data.n").holds(scope)


def test_an_expression_is_checked_with_the_configuration_but_may_still_be_empty() -> None:
    with pytest.raises(ValidationError, match="line 1, column 4"):
        _ = Criterion(engine="cel", expression="1 +")
    with pytest.raises(ValidationError, match="'basic' or 'cel'"):
        _ = Criterion.model_validate({"engine": "math.js", "expression": "1"})
    with pytest.raises(InvalidExpression, match="empty"):
        _ = Criterion(engine="cel").holds({})


operands = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=5,
)


@given(st.sampled_from(sorted(calculators)), operands, operands)
def test_every_comparison_of_any_values_has_an_answer(
    calculator: str, left: Any, right: Any
) -> None:
    assert compared(calculator, left, right) in (True, False)


@given(operands, operands)
def test_equal_is_symmetric(left: Any, right: Any) -> None:
    assert compared("equal", left, right) is compared("equal", right, left)
