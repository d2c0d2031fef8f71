"""The rules that a field's `validation` option can give, and the sentences that explain them."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from ensuite.schema.field import InvalidFieldOptions
from ensuite.schema.validation import compiled


def verdict(kind: str, name: str, args: Any, value: Any) -> str | None:
    check = compiled({"type": kind, "rules": [{"key": "r1", "name": name, "args": args}]}, "Code")
    assert check is not None
    return check(value)


@pytest.mark.parametrize(
    ("kind", "name", "args", "good", "bad", "sentence"),
    [
        ("string", "min", {"limit": 3}, "abc", "ab", "must be at least 3 characters long"),
        ("string", "max", {"limit": 3}, "abc", "abcd", "must be at most 3 characters long"),
        ("string", "length", {"limit": "3"}, "abc", "ab", "must be 3 characters long"),
        ("string", "pattern", {"regex": "^a{2}"}, "aab", "ab", "must match the pattern ^a{2}"),
        ("string", "pattern", {"regex": r"/^\d+$/"}, "12", "٣", r"must match the pattern ^\d+$"),
        ("string", "pattern", {"regex": "/^a/i"}, "Ab", "b", "must match the pattern ^a"),
        ("string", "email", {}, "a.b+c@d.example", "a@b", "must be an e-mail address"),
        ("string", "email", None, "a@b.fr", "a b@c.fr", "must be an e-mail address"),
        (
            "string",
            "uri",
            {"scheme": ["http", "https"]},
            "https://example.org/a?b=c",
            "ftp://example.org",
            "must be an address such as https://example.org",
        ),
        (
            "string",
            "url",
            {},
            "mailto:a@b.fr",
            "http://[",
            "must be an address such as https://example.org",
        ),
        (
            "string",
            "uuid",
            {},
            "0F8FAD5B-D9CB-469F-A165-70867728950E",
            "0f8fad5b",
            "must be a UUID",
        ),
        (
            "string",
            "uri",
            {"scheme": "HTTPS"},
            "https://example.org",
            "http://example.org",
            "must be an address such as https://example.org",
        ),
        ("string", "hex", {}, "c0Ffee", "0x1", "must be hexadecimal digits only"),
        ("string", "alphanum", {}, "a1", "é", "must be letters and digits only"),
        ("string", "token", {}, "a_1", "a-1", "must be letters, digits and _ only"),
        ("string", "uppercase", {}, "ÀB1", "Ab", "must be upper case"),
        ("string", "lowercase", {}, "àb1", "Ab", "must be lower case"),
        ("string", "case", {"direction": "upper"}, "AB", "Ab", "must be upper case"),
        ("number", "min", {"limit": 3}, 3, 2.9, "must be at least 3"),
        ("number", "max", {"limit": 3.5}, Decimal("3.5"), "3.51", "must be at most 3.5"),
        ("number", "greater", {"limit": 3}, 3.1, 3, "must be greater than 3"),
        ("number", "less", {"limit": 3}, 2, 3, "must be less than 3"),
        ("number", "multiple", {"base": 0.1}, 0.3, 0.35, "must be a multiple of 0.1"),
        ("number", "precision", {"limit": 2}, 1.25, 1.255, "must have at most 2 decimal places"),
        ("number", "integer", {}, 2.0, 2.5, "must be whole"),
        ("number", "positive", {}, 1, 0, "must be greater than zero"),
        ("number", "negative", {}, -1, 0, "must be less than zero"),
        (
            "date",
            "min",
            {"date": "2026-01-01"},
            "2026-01-01",
            date(2025, 12, 31),
            "must be 2026-01-01T00:00:00Z or later",
        ),
        (
            "date",
            "max",
            {"date": "2026-01-01T00:00:00Z"},
            datetime(2026, 1, 1, tzinfo=UTC),
            "2026-01-01 00:00:01",
            "must be 2026-01-01T00:00:00Z or earlier",
        ),
        (
            "date",
            "greater",
            {"date": "2026-01-01"},
            "2026-01-01T00:00:00.001Z",
            "2026-01-01",
            "must be later than 2026-01-01T00:00:00Z",
        ),
        (
            "date",
            "less",
            {"date": "2026-01-01"},
            "2025-12-31",
            "2026-01-01",
            "must be earlier than 2026-01-01T00:00:00Z",
        ),
        ("array", "min", {"limit": 2}, [1, 2], [1], "must have at least 2 values"),
        ("array", "max", {"limit": 1}, [1], [1, 2], "must have at most 1 values"),
        ("array", "length", {"limit": 1}, [1], [], "must have 1 values"),
    ],
)
def test_a_rule_holds_or_says_what_it_wants(
    kind: str, name: str, args: Any, good: Any, bad: Any, sentence: str
) -> None:
    assert verdict(kind, name, args, good) is None
    assert verdict(kind, name, args, bad) == f"Code {sentence}"


@pytest.mark.parametrize("kind", ["string", "number", "date", "array", "boolean", "object", "any"])
def test_a_value_may_be_required(kind: str) -> None:
    assert verdict(kind, "required", {}, None) == "Code is required"
    assert verdict(kind, "required", {}, "") == "Code is required"
    assert verdict(kind, "required", {}, 0) is None
    assert verdict(kind, "required", {}, []) is None


@pytest.mark.parametrize("nothing", [None, ""])
def test_no_value_keeps_every_rule_but_that(nothing: Any) -> None:
    assert verdict("string", "min", {"limit": 3}, nothing) is None


def test_a_value_of_another_type_is_left_to_the_field() -> None:
    assert verdict("string", "min", {"limit": 3}, 5) is None
    assert verdict("number", "min", {"limit": 3}, "five") is None
    assert verdict("date", "min", {"date": 0}, "soon") is None
    assert verdict("array", "min", {"limit": 3}, "ab") is None


def test_numbers_of_any_size_may_be_allowed() -> None:
    assert verdict("number", "unsafe", {}, 2**60) is None


@pytest.mark.parametrize("huge", ["1e999999", "1e-999999"])
def test_a_number_with_a_huge_exponent_is_no_work(huge: str) -> None:
    assert verdict("number", "multiple", {"base": 3}, huge) == "Code must be a multiple of 3"


def test_the_first_broken_rule_is_told() -> None:
    rules = [{"name": "min", "args": {"limit": 2}}, {"name": "uppercase"}]
    check = compiled({"type": "string", "rules": rules}, "Code")

    assert check is not None
    assert check("a") == "Code must be at least 2 characters long"
    assert check("ab") == "Code must be upper case"
    assert check("AB") is None


@pytest.mark.parametrize("rules", [None, []])
def test_without_rules_there_is_nothing_to_check(rules: Any) -> None:
    assert compiled({"type": "string", "rules": rules}, "Code") is None


@pytest.mark.parametrize(
    "validation",
    [
        {},
        {"type": "symbol"},
        {"type": ["string"]},
        {"type": "string", "rules": "min"},
        {"type": "string", "rules": ["min"]},
        {"type": "string", "rules": [{"name": ["min"]}]},
        {"type": "string", "rules": [{"name": "creditCard"}]},
        {"type": "string", "rules": [{"name": "greater", "args": {"limit": 1}}]},
        {"type": "string", "rules": [{"name": "min"}]},
        {"type": "string", "rules": [{"name": "min", "args": {"limit": -1}}]},
        {"type": "string", "rules": [{"name": "pattern", "args": {"regex": "("}}]},
        {"type": "string", "rules": [{"name": "pattern", "args": {"regex": "a" * 501}}]},
        {"type": "string", "rules": [{"name": "pattern", "args": {"regex": 5}}]},
        {"type": "string", "rules": [{"name": "case", "args": {"direction": "title"}}]},
        {"type": "string", "rules": [{"name": "uri", "args": {"scheme": [5]}}]},
        {"type": "number", "rules": [{"name": "multiple", "args": {"base": 0}}]},
        {"type": "number", "rules": [{"name": "min", "args": {"limit": "many"}}]},
        {"type": "date", "rules": [{"name": "min", "args": {"date": "soon"}}]},
        {"type": "string", "rules": [{"name": "required"}] * 51},
    ],
)
def test_a_rule_that_cannot_be_kept_is_refused_when_the_field_is_made(validation: Any) -> None:
    with pytest.raises(InvalidFieldOptions, match=r"^Code: "):
        _ = compiled(validation, "Code")
