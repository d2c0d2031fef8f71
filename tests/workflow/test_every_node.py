"""What every node type promises, built in or installed."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ensuite.workflow import Branch, Failed, Node, Waiting, forms
from ensuite.workflow.catalog import load_node_types, load_trigger_types
from ensuite.workflow.node import DuplicateNodeType, node_types
from ensuite.workflow.node import node_type as register
from ensuite.workflow.trigger import trigger_types

load_node_types()

ID = "{{$context.data.id}}"
QUESTION = {"group": {"type": "and", "calculations": [{"calculator": "gt", "operands": [ID, 5]}]}}
EXPRESSION = {"engine": "cel", "expression": "context.data.id < 0"}

# Configurations as a client saves them; a new type adds its own here.
CONFIGS: dict[str, list[dict[str, Any]]] = {
    "aggregate": [
        {"aggregator": "avg", "collection": "posts", "params": {"field": "id"}, "precision": 0},
        {
            "aggregator": "count",
            "associated": True,
            "association": {
                "associatedCollection": "posts",
                "name": "comments",
                "associatedKey": ID,
            },
            "params": {"field": "id", "distinct": True, "filter": {"id": ID}},
        },
    ],
    "calculation": [
        {"engine": "cel", "expression": "context.data.id * 1.5"},
        {"engine": "string", "expression": f"No. {ID}"},
    ],
    "condition": [
        {"rejectOnFalse": False, "engine": "basic", "calculation": QUESTION},
        {"rejectOnFalse": False, **EXPRESSION},
        {"rejectOnFalse": True, **EXPRESSION},
    ],
    "create": [{"collection": "posts", "params": {"values": {"title": ID}, "appends": ["tags"]}}],
    "delay": [{"duration": 2, "unit": 60_000, "endStatus": -1}, {"duration": ID}],
    "destroy": [{"collection": "posts", "params": {"filter": {"id": ID}}}],
    "end": [{"endStatus": 1}, {"endStatus": -1}],
    "manual": [
        {"assignees": [1, ID]},
        {
            "assignees": ["{{$context.data.owners}}"],
            "mode": -1,
            "title": f"No. {ID}",
            "description": "Look at it.",
            "fields": [
                {"name": "amount", "type": "number", "required": True},
                {
                    "name": "why",
                    "label": {"en": "Why", "fr": "Pourquoi"},
                    "type": "select",
                    "options": ["cheap", "good"],
                },
            ],
            "actions": [
                {"key": "yes", "label": {"en": "Yes", "fr": "Oui"}, "status": 1},
                {"key": "later", "status": 0},
            ],
            "comment": False,
            "deadline": 60_000,
            "deadlineStatus": 1,
            "endOnReject": False,
        },
    ],
    "multi-conditions": [
        {
            "conditions": [
                {"uid": "a", "title": "First", **EXPRESSION},
                {"uid": "b", "calculation": QUESTION},
            ]
        },
        {"conditions": [], "continueOnNoMatch": True},
        {"conditions": [EXPRESSION]},
    ],
    "output": [{"value": {"id": ID}}],
    "query": [
        {
            "collection": "posts",
            "multiple": True,
            "failOnEmpty": True,
            "params": {
                "filter": {"id": ID},
                "sort": [{"field": "id", "direction": "desc"}],
                "page": 1,
                "pageSize": 20,
                "appends": ["tags"],
            },
        }
    ],
    "request": [
        {
            "url": f"http://127.0.0.1/{ID}",
            "method": "POST",
            "contentType": "application/json",
            "headers": [{"name": "X-Id", "value": ID}],
            "params": [{"name": "id", "value": ID}],
            "data": {"id": ID},
            "timeout": 1000,
            "ignoreFail": True,
            "onlyData": True,
        }
    ],
    "response-message": [{"message": f"Thank you for {ID}"}],
    "update": [{"collection": "posts", "params": {"filter": {"id": ID}, "values": {"n": ID}}}],
    "variable": [{"value": ID}, {"target": "1q2w3e", "value": [ID]}],
}

ELSEWHERE = """
from ensuite.workflow import Node, node_type


@node_type("elsewhere", group="logic", icon="x", en="Elsewhere", fr="Ailleurs")
class Elsewhere(Node):
    'Do nothing.'
"""

each_type = pytest.mark.parametrize("node_type", node_types.values(), ids=node_types.keys())
each_config = pytest.mark.parametrize(
    ("node_type", "config"),
    [(node_types[name], config) for name, configs in CONFIGS.items() for config in configs],
    ids=[f"{name}-{number}" for name in CONFIGS for number in range(len(CONFIGS[name]))],
)

MakeTurn = Callable[..., Any]


@each_type
def test_it_is_named_in_every_language(node_type: type[Node]) -> None:
    schema = node_type.model_json_schema(by_alias=True)
    assert node_type.label.keys() == {"en", "fr"}
    assert all(node_type.label.values())
    for model in [schema, *schema.get("$defs", {}).values()]:
        for name, field in model["properties"].items():
            assert field["label"].keys() == {"en", "fr"}, name
            assert all(field["label"].values()), name
            assert field["widget"], name


@each_type
def test_it_says_in_one_sentence_what_it_does(node_type: type[Node]) -> None:
    first_line, *rest = (node_type.__doc__ or "").splitlines()

    assert re.fullmatch(r"[A-Z][^.]*\.", first_line)
    assert not rest or not rest[0]


@each_type
def test_it_has_a_place_in_the_editor(node_type: type[Node]) -> None:
    assert node_type.group in {"logic", "data", "people", "call", "caller"}
    assert re.fullmatch(r"[a-z0-9-]+", node_type.icon)


@each_type
def test_it_has_example_configurations(node_type: type[Node]) -> None:
    assert CONFIGS[node_type.type]


@each_config
def test_its_configuration_keeps_its_keys_through_json(
    node_type: type[Node], config: dict[str, Any]
) -> None:
    node = node_type.model_validate(config)
    saved = node.model_dump_json(by_alias=True)

    assert node_type.model_validate_json(saved) == node
    assert json.loads(saved).keys() >= config.keys()


@each_config
def test_keys_that_it_does_not_know_and_nulls_for_empty_fields_do_no_harm(
    node_type: type[Node], config: dict[str, Any]
) -> None:
    optional = {
        field.alias: None
        for field in node_type.model_fields.values()
        if not field.is_required() and field.alias not in config
    }

    assert node_type.model_validate({**config, **optional, "unheardOf": 1}) == (
        node_type.model_validate(config)
    )


@each_config
async def test_it_only_takes_branches_that_it_has(
    node_type: type[Node], config: dict[str, Any], turn: MakeTurn
) -> None:
    node = node_type.model_validate(config)
    for number in (-1, 1, 9):
        outcome = await node.run(turn({"$context": {"data": {"id": number}}}))
        if isinstance(outcome, Branch):
            assert outcome.index in node.branch_names()
        elif not isinstance(outcome, Waiting | Failed):
            assert not node.branch_names()


@each_config
async def test_a_repeated_turn_comes_to_the_same(
    node_type: type[Node], config: dict[str, Any], turn: MakeTurn
) -> None:
    node = node_type.model_validate(config)
    first, second = (turn({"$context": {"data": {"id": 7}}}) for _ in range(2))
    outcome = await node.run(first)

    assert await node.run(second) == outcome
    assert second.http.sent == first.http.sent
    assert second.records.calls == first.records.calls
    if isinstance(outcome, Waiting):
        assert await node.resume(first, outcome.value) == await node.resume(second, outcome.value)


@each_type
def test_what_goes_out_to_others_is_on_record_before(node_type: type[Node]) -> None:
    assert node_type.calls_out == (node_type.group == "call")


def every_field(fields: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The fields of a form, with those of its parts."""
    for each in fields:
        yield each
        yield from every_field(each["fields"] or [])


def every_form() -> list[dict[str, Any]]:
    load_trigger_types()
    return [*forms.of_nodes(), *forms.of_triggers()]


@pytest.mark.parametrize("form", every_form(), ids=lambda form: form["type"])
def test_its_form_speaks_every_language(form: dict[str, Any]) -> None:
    cls = {**node_types, **trigger_types}[form["type"]]

    assert cls.description.keys() == {"en", "fr"}
    for text in (form["title"], form["description"]):
        assert text["en"]
        assert text["fr"]
    for field in every_field(form["fields"]):
        assert field["title"].keys() == {"en", "fr"}
        assert field["description"] is None or field["description"].keys() == {"en", "fr"}
        # A description that JSON Schema knows is one that was said in one language only.
        assert field["description"] or "description" not in form["schema"]["properties"].get(
            field["name"], {}
        )


@pytest.mark.parametrize("form", every_form(), ids=lambda form: form["type"])
def test_its_form_asks_for_its_fields_in_order(form: dict[str, Any]) -> None:
    cls = {**node_types, **trigger_types}[form["type"]]
    fields = cls.model_fields.items()
    # What every type has stands behind its own.
    names = [field.alias or name for name, field in fields if name != "on_failure"]
    names += [field.alias for name, field in fields if name == "on_failure"]

    assert [field["name"] for field in form["fields"]] == names
    assert "$ref" not in json.dumps([field["schema"] for field in form["fields"]])


def test_a_name_is_taken_once() -> None:
    with pytest.raises(DuplicateNodeType):
        _ = register("condition", group="logic", icon="x", en="Again", fr="Encore")(Node)


def test_an_installed_package_may_announce_a_type(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    announced = tmp_path / "elsewhere-1.0.dist-info" / "entry_points.txt"
    announced.parent.mkdir()
    _ = announced.write_text("[ensuite.nodes]\nelsewhere = ensuite_elsewhere:Elsewhere\n")
    _ = (tmp_path / "ensuite_elsewhere.py").write_text(ELSEWHERE)
    monkeypatch.syspath_prepend(tmp_path)
    try:
        load_node_types()

        assert node_types["elsewhere"].label["fr"] == "Ailleurs"
    finally:
        _ = node_types.pop("elsewhere", None)


def test_the_trigger_types_are_found_too() -> None:
    load_trigger_types()

    assert "action" in trigger_types


def test_finding_the_types_again_changes_nothing() -> None:
    before = dict(node_types)
    load_node_types()

    assert node_types == before
