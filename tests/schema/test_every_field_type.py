"""What every field type promises, built in or installed, and what each of them makes of values."""

import hashlib
import json
import re
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from ensuite.schema.association import Association
from ensuite.schema.catalog import load_field_types
from ensuite.schema.field import (
    Field,
    InvalidFieldOptions,
    UnsupportedFieldType,
    field_type,
    make_field,
    type_registry,
)

load_field_types()

OPERATOR_GROUPS = {
    "text",
    "number",
    "boolean",
    "moment",
    "date",
    "time",
    "array",
    "json",
    "exact",
    "none",
}

text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
whole = st.integers(-(2**31), 2**31 - 1)
real = st.floats(allow_nan=False, allow_infinity=False)
instants = st.datetimes(datetime(2, 1, 1), datetime(9998, 12, 31))  # noqa: DTZ001 - naive is UTC
offsets = st.sampled_from(["", "Z", "+08:00", "-03:30"])
moments = st.builds(lambda moment, offset: moment.isoformat() + offset, instants, offsets)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | real | text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4),
    max_leaves=8,
)

VALUES: dict[str, st.SearchStrategy[Any]] = {
    "array": st.lists(json_values),
    "bigInt": st.integers(-(2**63), 2**63 - 1),
    "boolean": st.booleans(),
    "date": moments,
    "dateOnly": st.dates().map(date.isoformat),
    "datetimeNoTz": instants.map(lambda moment: moment.isoformat(" ", "seconds")),
    "decimal": st.decimals(-99_999_999, 99_999_999, places=3).map(str) | st.integers(0, 9**8),
    "double": real,
    "float": real,
    "integer": whole,
    "json": json_values.filter(lambda value: value is not None),
    "nanoid": text,
    "password": text.filter(bool),
    "set": st.lists(json_values),
    "snowflakeId": st.integers(0, 2**53 - 1),
    "string": text,
    "text": text,
    "time": st.times().map(lambda moment: moment.isoformat("seconds")),
    "uid": text,
    "unixTimestamp": moments,
    "uuid": st.uuids().map(str),
}
"""The usual JSON values of each type that stores any."""

stored_types = sorted(
    name
    for name, cls in type_registry.items()
    if name == cls.type and not issubclass(cls, Association)
)
readable_types = [name for name in stored_types if name != "password"]


def field(kind: str, **options: Any) -> Field:
    return make_field({"name": "value", "type": kind, **options})


def sent_back(compared: Field, stored: Any) -> Any:
    """The JSON value that a client gets."""
    shown = stored if compared.json_is_stored else compared.to_json(stored)
    return msgspec.json.decode(msgspec.json.encode(shown))


@pytest.fixture(params=sorted({cls.type for cls in type_registry.values()}))
def cls(request: pytest.FixtureRequest) -> type[Field]:
    return type_registry[request.param]


def test_is_named_in_every_language(cls: type[Field]) -> None:
    assert cls.label.keys() == {"en", "fr"}
    assert all(label and label == label.strip() for label in cls.label.values())


def test_says_in_one_sentence_what_it_is(cls: type[Field]) -> None:
    assert re.fullmatch(r"[A-Z][^\n]*[^.\n]\.", cls.__doc__ or "")
    assert ". " not in (cls.__doc__ or "")


def test_lives_in_a_file_of_its_own_name(cls: type[Field]) -> None:
    assert cls.__module__.rpartition(".")[2] == re.sub("[A-Z]", r"_\g<0>", cls.type).lower()


def test_says_which_operators_apply(cls: type[Field]) -> None:
    assert cls.operators in OPERATOR_GROUPS


@pytest.mark.parametrize(
    ("alias", "name"), [("datetime", "date"), ("datetimeTz", "date"), ("jsonb", "json")]
)
def test_older_names_mean_the_same_type(alias: str, name: str) -> None:
    assert type_registry[alias] is type_registry[name]
    assert field(alias).options()["type"] == name


def test_every_type_that_stores_values_is_tested_here() -> None:
    assert stored_types == sorted(VALUES)


@pytest.mark.parametrize("kind", stored_types)
def test_a_field_without_options_has_a_column(kind: str) -> None:
    assert isinstance(field(kind).column_type(), sa.types.TypeEngine)


@pytest.mark.parametrize("kind", stored_types)
def test_a_field_is_made_again_from_the_options_that_it_shows(kind: str) -> None:
    made = field(kind, title="Other", defaultValue=None, unique=True, uiSchema={"title": "Value"})

    assert make_field(made.options()) == made


@pytest.mark.parametrize("kind", readable_types)
@given(data=st.data())
def test_what_a_client_gets_it_can_send_again(kind: str, data: st.DataObject) -> None:
    compared = field(kind)
    stored = compared.parse(data.draw(VALUES[kind]))

    assert compared.parse(sent_back(compared, stored)) == stored


@pytest.mark.parametrize("kind", readable_types)
@given(data=st.data())
def test_the_same_value_is_always_stored_the_same(kind: str, data: st.DataObject) -> None:
    value = data.draw(VALUES[kind])

    assert field(kind).parse(value) == field(kind).parse(value)


@pytest.mark.parametrize("kind", readable_types)
@given(data=st.data())
def test_the_fast_path_stores_what_the_slow_path_stores(kind: str, data: st.DataObject) -> None:
    compared = field(kind)
    value = data.draw(VALUES[kind])
    decoder = msgspec.json.Decoder(compared.wire | None | msgspec.UnsetType)
    try:
        decoded = decoder.decode(msgspec.json.encode(value))
    except msgspec.ValidationError:
        return

    assert compared.parse(decoded) == compared.parse(value)
    assert decoded == compared.parse(value) or not compared.wire_is_stored


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("array", ["a", 1]),
        ("bigInt", 2**62),
        ("boolean", True),
        ("date", "2026-03-14T09:30:00.000Z"),
        ("date", "2026-03-14T09:30:00+08:00"),
        ("dateOnly", "2026-03-14"),
        ("datetimeNoTz", "2026-03-14 09:30:00"),
        ("decimal", 7),
        ("decimal", "7.00"),
        ("double", 7),
        ("float", 0.5),
        ("integer", 7),
        ("json", {"a": [1]}),
        ("nanoid", "V1StGXR8_Z5j"),
        ("password", "secret"),
        ("set", ["a"]),
        ("snowflakeId", 399351559684096),
        ("string", "a"),
        ("text", "a"),
        ("time", "09:30:00"),
        ("uid", "a"),
        ("unixTimestamp", "2026-03-14T09:30:00.000Z"),
        ("uuid", "0f8fad5b-d9cb-469f-a165-70867728950e"),
    ],
)
def test_the_usual_value_takes_the_fast_path(kind: str, value: Any) -> None:
    compared = field(kind)

    _ = msgspec.json.decode(msgspec.json.encode(value), type=compared.wire)


@pytest.mark.parametrize("kind", stored_types)
@given(value=json_values | st.text())
def test_what_does_not_fit_is_refused_in_words_that_follow_the_title(kind: str, value: Any) -> None:
    if kind == "password" and isinstance(value, str):
        value = ""
    for accept in (field(kind).parse, field(kind).operand):
        try:
            sentence = ""
            _ = accept(value)
        except ValueError as error:
            sentence = str(error)

        assert re.fullmatch(r"|(must|cannot) .*[^.]", sentence)


@pytest.mark.parametrize("kind", stored_types)
def test_a_type_that_generates_values_gives_each_record_another(kind: str) -> None:
    compared = field(kind)
    made = [compared.generate() for _ in range(100)]

    if compared.generates:
        assert len(set(made)) == len(made)
        assert [compared.parse(value) for value in made] == made
    else:
        assert made == [None] * len(made)


@pytest.mark.parametrize(
    ("kind", "options", "form"),
    [
        ("uid", {}, r"[0-9a-z]{11}"),
        ("uid", {"prefix": "r_"}, r"r_[0-9a-z]{11}"),
        ("nanoid", {}, r"[0-9A-Za-z_-]{12}"),
        ("nanoid", {"size": 5, "customAlphabet": "xyz"}, r"[xyz]{5}"),
        ("uuid", {}, r"[0-9a-f-]{36}"),
    ],
)
def test_a_generated_value_has_the_form_that_the_options_give(
    kind: str, options: dict[str, Any], form: str
) -> None:
    assert re.fullmatch(form, str(field(kind, **options).generate()))


@pytest.mark.parametrize("kind", ["uuid", "nanoid"])
def test_a_field_may_be_told_not_to_generate(kind: str) -> None:
    assert field(kind, autoFill=False).generate() is None


MILLISECONDS = {"accuracy": "millisecond"}
SHOWN_MILLISECONDS = {"uiSchema": {"x-component-props": {"accuracy": "millisecond"}}}


@pytest.mark.parametrize(
    ("kind", "options", "value", "stored", "shown"),
    [
        ("string", {"length": 3}, "abc", "abc", "abc"),
        ("string", {"length": 2}, "😀😀", "😀😀", "😀😀"),
        ("string", {"trim": True, "length": 3}, " abc ", "abc", "abc"),
        ("integer", {}, "12", 12, 12),
        ("integer", {}, " -12 ", -12, -12),
        ("integer", {}, 12.0, 12, 12),
        ("bigInt", {}, 2**53 - 1, 2**53 - 1, 2**53 - 1),
        ("bigInt", {}, 2**53, 2**53, "9007199254740992"),
        ("bigInt", {}, "-9223372036854775808", -(2**63), "-9223372036854775808"),
        ("double", {}, "1.5e3", 1500.0, 1500.0),
        ("float", {}, 7, 7.0, 7.0),
        ("decimal", {}, 7, Decimal("7.00"), "7.00"),
        ("decimal", {}, 1.005, Decimal("1.01"), "1.01"),
        ("decimal", {}, "-1.005", Decimal("-1.01"), "-1.01"),
        ("decimal", {}, -0.001, Decimal("0.00"), "0.00"),
        ("decimal", {}, "1e-999999", Decimal("0.00"), "0.00"),
        ("decimal", {}, "99999999.994", Decimal("99999999.99"), "99999999.99"),
        ("decimal", {"precision": 3, "scale": 3}, 0.5, Decimal("0.500"), "0.500"),
        ("decimal", {"precision": 5, "scale": 0}, 2.5, Decimal(3), "3"),
        ("boolean", {}, "true", True, True),
        ("boolean", {}, "0", False, False),
        ("boolean", {}, 1, True, True),
        ("array", {}, ["b", "a", "b"], '["b","a","b"]', ["b", "a", "b"]),
        (
            "set",
            {},
            ["b", "a", "b", 1, "1", True],
            '["b","a",1,"1",true]',
            ["b", "a", 1, "1", True],
        ),
        ("json", {}, "text", '"text"', "text"),
        ("json", {}, {"a": r"\u0000"}, r'{"a":"\\u0000"}', {"a": r"\u0000"}),
        ("dateOnly", {}, "2026-03-14", date(2026, 3, 14), "2026-03-14"),
        ("dateOnly", {}, "2026-03-14T23:30:00+08:00", date(2026, 3, 14), "2026-03-14"),
        ("time", {}, "09:30", time(9, 30), "09:30:00"),
        ("time", {}, "09:30:15.999", time(9, 30, 15), "09:30:15"),
        ("unixTimestamp", {}, "2026-03-14T00:00:00.999Z", 1773446400, "2026-03-14T00:00:00.000Z"),
        ("unixTimestamp", {}, 1773446400999, 1773446400, "2026-03-14T00:00:00.000Z"),
        ("unixTimestamp", {}, "1969-12-31T23:59:59.500Z", -1, "1969-12-31T23:59:59.000Z"),
        (
            "unixTimestamp",
            MILLISECONDS,
            "2026-03-14T00:00:00.999Z",
            1773446400999,
            "2026-03-14T00:00:00.999Z",
        ),
        (
            "unixTimestamp",
            SHOWN_MILLISECONDS,
            "2026-03-14",
            1773446400000,
            "2026-03-14T00:00:00.000Z",
        ),
        (
            "uuid",
            {},
            "0F8FAD5BD9CB469FA16570867728950E",
            UUID("0f8fad5b-d9cb-469f-a165-70867728950e"),
            "0f8fad5b-d9cb-469f-a165-70867728950e",
        ),
    ],
)
def test_a_value_is_stored_and_shown_in_the_form_of_its_type(
    kind: str, options: dict[str, Any], value: Any, stored: Any, shown: Any
) -> None:
    compared = field(kind, **options)

    assert compared.parse(value) == stored
    assert sent_back(compared, compared.parse(value)) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("2026-03-14T09:30:00.123Z", "2026-03-14T09:30:00.123Z"),
        ("2026-03-14T09:30:00.123999Z", "2026-03-14T09:30:00.123Z"),
        ("2026-03-14T09:30:00+08:00", "2026-03-14T01:30:00.000Z"),
        ("2026-03-14 09:30:00 +0800", "2026-03-14T01:30:00.000Z"),
        ("2026-03-14T09:30:00", "2026-03-14T09:30:00.000Z"),
        ("2026-03-14 09:30", "2026-03-14T09:30:00.000Z"),
        ("2026-03-14", "2026-03-14T00:00:00.000Z"),
        (0, "1970-01-01T00:00:00.000Z"),
        (1773446400123.9, "2026-03-14T00:00:00.123Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
    ],
)
def test_a_moment_comes_in_many_forms_and_leaves_in_one(value: Any, shown: str) -> None:
    moment = field("date")

    assert sent_back(moment, moment.parse(value)) == shown


@pytest.mark.parametrize(
    "value",
    [
        "2026-03-14 09:30:00",
        "2026-03-14T09:30:00Z",
        "2026-03-14T09:30:00.999Z",
        "2026-03-14T09:30:00+08:00",
    ],
)
def test_a_wall_clock_time_leaves_an_offset_aside(value: str) -> None:
    moment = field("datetimeNoTz")

    assert sent_back(moment, moment.parse(value)) == "2026-03-14 09:30:00"


@pytest.mark.parametrize(
    ("kind", "options", "value", "sentence"),
    [
        ("string", {"length": 3}, "abcd", "must be at most 3 characters long"),
        ("string", {}, 5, "must be text"),
        ("text", {}, "a\x00b", "cannot hold the character NUL"),
        ("text", {}, "\ud800", "cannot hold half of a surrogate pair"),
        ("integer", {}, True, "must be a whole number between -2,147,483,648 and 2,147,483,647"),
        ("integer", {}, 2**31, "must be a whole number between -2,147,483,648 and 2,147,483,647"),
        ("integer", {}, 1.5, "must be a whole number between -2,147,483,648 and 2,147,483,647"),
        (
            "integer",
            {},
            "9" * 5000,
            "must be a whole number between -2,147,483,648 and 2,147,483,647",
        ),
        ("integer", {}, "", "must be a whole number between -2,147,483,648 and 2,147,483,647"),
        ("double", {}, "abc", "must be a number"),
        ("double", {}, "nan", "must be a number"),
        ("double", {}, float("nan"), "must be a number"),
        ("double", {}, "1e999", "must be a number between -1.8e308 and 1.8e308"),
        ("double", {}, 10**400, "must be a number between -1.8e308 and 1.8e308"),
        ("decimal", {}, Decimal("NaN"), "must be a number"),
        ("decimal", {}, "Infinity", "must be a number"),
        ("decimal", {}, "1e9999999999999999999", "must be a number"),
        ("decimal", {}, "1" * 2001, "must be a number"),
        ("double", {}, "1" * 2001, "must be a number"),
        ("decimal", {}, 99999999.995, "must be a number between -99999999.99 and 99999999.99"),
        ("decimal", {}, "1e999999", "must be a number between -99999999.99 and 99999999.99"),
        ("decimal", {"scale": 0, "precision": 2}, 100, "must be a number between -99 and 99"),
        ("boolean", {}, 2, "must be true or false"),
        ("boolean", {}, "yes", "must be true or false"),
        ("array", {}, "a", "must be a list"),
        ("array", {}, ["\x00"], "cannot hold the character NUL"),
        ("json", {}, {"\ud800": 1}, "cannot hold half of a surrogate pair"),
        ("date", {}, "2026-02-30", "must be a date and time such as 2026-03-14T09:30:00Z"),
        ("date", {}, "2026-03-14T24:00:00", "must be a date and time such as 2026-03-14T09:30:00Z"),
        ("date", {}, True, "must be a date and time such as 2026-03-14T09:30:00Z"),
        ("date", {}, "0001-01-01T00:00:00+08:00", "must be a date between the years 2 and 9999"),
        ("date", {}, "0001-12-31", "must be a date between the years 2 and 9999"),
        ("date", {}, 10**18, "must be a date between the years 2 and 9999"),
        ("datetimeNoTz", {}, 0, "must be a date and time such as 2026-03-14 09:30:00"),
        ("dateOnly", {}, "14/03/2026", "must be a date such as 2026-03-14"),
        ("time", {}, "25:00", "must be a time such as 09:30:00"),
        ("time", {}, "09:30:00Z", "must be a time such as 09:30:00"),
        ("uuid", {}, "no", "must be a UUID such as 0f8fad5b-d9cb-469f-a165-70867728950e"),
        ("password", {}, "", "must not be empty"),
    ],
)
def test_a_value_that_does_not_fit(
    kind: str, options: dict[str, Any], value: Any, sentence: str
) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        _ = field(kind, **options).parse(value)


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("string", {"length": 0}),
        ("string", {"length": "long"}),
        ("decimal", {"precision": 2, "scale": 3}),
        ("decimal", {"precision": 0}),
        ("decimal", {"precision": 1001}),
        ("nanoid", {"size": 1}),
        ("nanoid", {"customAlphabet": "x"}),
        ("unixTimestamp", {"accuracy": "minute"}),
        ("password", {"hidden": False}),
    ],
)
def test_options_that_make_no_sense_are_refused(kind: str, options: dict[str, Any]) -> None:
    with pytest.raises(InvalidFieldOptions, match=r"^field 'value': "):
        _ = field(kind, **options)


def test_a_type_that_does_not_exist_is_refused() -> None:
    with pytest.raises(UnsupportedFieldType, match=r"^unsupported field type 'telepathy'$"):
        _ = field("telepathy")


def test_two_types_cannot_have_one_name() -> None:
    class Other(Field):
        """Another type that wants to be called string."""

    with pytest.raises(ValueError, match=r"^two field types are called 'string'$"):
        _ = field_type("string", en="Other", fr="Autre")(Other)


def test_a_field_is_called_by_the_title_on_its_form() -> None:
    assert field("string", uiSchema={"title": "Name"}).title == "Name"
    assert field("string", uiSchema={"title": ""}).title == "value"
    assert field("string").title == "value"


def test_text_of_any_length_needs_no_second_look() -> None:
    assert field("string").wire_is_stored
    assert not field("string", length=3).wire_is_stored
    assert not field("string", trim=True).wire_is_stored


def test_json_goes_out_as_the_database_wrote_it() -> None:
    stored = '{"a": 1.10, "b": [12345678901234567890]}'

    assert msgspec.json.encode(field("json").to_json(stored)) == stored.encode()
    assert json.loads(field("json").parse(field("json").to_json(stored))) == json.loads(stored)


def test_a_password_is_stored_as_a_digest_with_a_salt_of_its_own() -> None:
    password = field("password")
    stored = password.parse("correct horse")
    scheme, cost, block_size, parallelism, salt, digest = stored.split("$")

    assert scheme == "scrypt"
    assert digest == (
        hashlib.scrypt(
            b"correct horse",
            salt=bytes.fromhex(salt),
            n=int(cost),
            r=int(block_size),
            p=int(parallelism),
            dklen=32,
        ).hex()
    )
    assert stored != password.parse("correct horse")


def test_a_password_is_hidden() -> None:
    assert field("password").hidden
    assert field("password", hidden=True).hidden
