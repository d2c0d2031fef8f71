"""The field types that the designer offers, with what their forms ask."""

from typing import Any

import pytest

from ensuite.data.operators import operators
from ensuite.schema.catalog import load_field_types
from ensuite.schema.field import make_field, type_registry
from tests.client import Client
from tests.people import person

load_field_types()


@pytest.fixture
async def types(shared: Client) -> dict[str, Any]:
    return {each["type"]: each for each in (await shared.get("field-types:list")).data}


def options(one: dict[str, Any]) -> dict[str, Any]:
    return {each["name"]: each for each in one["options"]}


async def test_every_type_is_there_once_under_its_own_name(types: dict[str, Any]) -> None:
    assert set(types) == {cls.type for cls in type_registry.values()}
    assert types["string"]["label"] == {"en": "Text", "fr": "Texte"}
    assert types["json"]["interfaces"] == ["json"]
    assert types["boolean"]["description"]["fr"] == "Oui ou non"


async def test_operators_are_those_that_filters_take(types: dict[str, Any]) -> None:
    for one in types.values():
        group = one["kind"]
        assert one["operators"] == [n for n, each in operators.items() if group in each.groups]
    assert "$gt" in types["integer"]["operators"]
    assert "$gt" not in types["boolean"]["operators"]
    assert "$dateOn" in types["date"]["operators"]
    assert types["password"]["operators"] == []


async def test_options_are_those_of_the_type_alone(types: dict[str, Any]) -> None:
    assert set(options(types["decimal"])) == {"precision", "scale"}
    assert set(options(types["string"])) == {"length", "trim"}
    assert options(types["boolean"]) == {}
    assert set(options(types["belongsTo"])) == {"target", "foreignKey", "targetKey", "onDelete"}
    assert set(options(types["belongsToMany"])) == {
        "target",
        "foreignKey",
        "sourceKey",
        "targetKey",
        "through",
        "otherKey",
    }


async def test_an_option_says_what_it_may_be(types: dict[str, Any]) -> None:
    precision = options(types["decimal"])["precision"]
    assert (precision["kind"], precision["default"]) == ("integer", 10)
    assert (precision["minimum"], precision["maximum"]) == (1, 1_000)
    assert precision["label"] == {"en": "Digits", "fr": "Chiffres"}

    length = options(types["string"])["length"]
    assert (length["kind"], length["default"], length["minimum"]) == ("integer", None, 1)
    assert options(types["string"])["trim"]["kind"] == "boolean"
    assert options(types["nanoid"])["customAlphabet"]["minLength"] == 2
    assert options(types["hasMany"])["sortBy"]["kind"] == "list"


async def test_choices_are_named_in_both_languages(types: dict[str, Any]) -> None:
    on_delete = options(types["belongsTo"])["onDelete"]

    assert on_delete["kind"] == "choice"
    assert on_delete["default"] == "SET NULL"
    assert {
        "value": "CASCADE",
        "label": {"en": "Delete them too", "fr": "Les supprimer aussi"},
    } in on_delete["choices"]


async def test_every_choice_of_an_option_has_a_name(types: dict[str, Any]) -> None:
    for name, one in types.items():
        properties = type_registry[name].model_json_schema(by_alias=True)["properties"]
        for option in one["options"]:
            possible = properties[option["name"]].get("enum", [])
            assert [each["value"] for each in option.get("choices", [])] == possible


async def test_built_in_options_are_named_with_a_hint(types: dict[str, Any]) -> None:
    for one in types.values():
        for option in one["options"]:
            for words in (option["label"], option["hint"]):
                assert words.keys() == {"en", "fr"}, option
                assert all(each.strip() for each in words.values())
            assert option["label"]["en"] != option["name"]


CHANGED = {"precision": 12, "scale": 3, "accuracy": "millisecond", "length": 5, "size": 5}


async def test_an_option_is_fixed_where_stored_values_depend_on_it(types: dict[str, Any]) -> None:
    for name, one in types.items():
        if one["association"]:
            assert options(one)["target"] == {**options(one)["target"], "required": True}
            assert options(one)["target"]["fixed"]
            continue
        before = make_field({"name": "x", "type": name})
        for option in one["options"]:
            default = option["default"]
            other = not default if isinstance(default, bool) else CHANGED.get(option["name"], "abc")
            after = make_field({"name": "x", "type": name, option["name"]: other})
            assert option["fixed"] == (before.representation != after.representation), option


async def test_everybody_who_signed_in_may_ask(shared: Client) -> None:
    member = await person(shared, "typist")

    assert (await member.get("field-types:list")).status == 200
    assert (await shared.acting(Authorization="").get("field-types:list")).status == 401
