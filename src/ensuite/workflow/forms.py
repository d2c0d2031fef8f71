"""The forms of node and trigger types: what the editor needs to draw one, from its class.

JSON Schema says what a configuration may be; a form says in which order its fields are asked for,
what they are called in each language and which widget asks.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from pydantic import BaseModel

from ensuite.workflow.node import Node, node_types
from ensuite.workflow.options import Options
from ensuite.workflow.trigger import Trigger, trigger_types

OWN_KEYS = frozenset({"label", "widget", "hint", "section"})
"""What `configuration.config` puts into a field's schema besides JSON Schema."""

TRIGGERS = "trigger"
"""The group of every trigger type."""


@cache
def of_nodes() -> list[dict[str, Any]]:
    """Every node type; the types have to be loaded, and are as they were at the first call."""
    return [_node(each) for _, each in sorted(node_types.items())]


@cache
def of_triggers() -> list[dict[str, Any]]:
    """Every trigger type; the types have to be loaded, and are as they were at the first call."""
    return [_trigger(each) for _, each in sorted(trigger_types.items())]


@cache
def of_options() -> list[dict[str, Any]]:
    """The fields of a workflow's options."""
    schema = Options.model_json_schema(by_alias=True)
    return list(_fields(schema, schema.get("$defs", {})))


def _node(cls: type[Node]) -> dict[str, Any]:
    return {
        "type": cls.type,
        "group": cls.group,
        "icon": cls.icon,
        "branches": list(cls.branches),
        **_form(cls, cls.label, cls.description),
    }


def _trigger(cls: type[Trigger]) -> dict[str, Any]:
    return {
        "type": cls.type,
        "group": TRIGGERS,
        "icon": cls.icon,
        "branches": [],
        **_form(cls, cls.label, cls.description),
    }


def _form(
    cls: type[BaseModel], label: Mapping[str, str], description: Mapping[str, str]
) -> dict[str, Any]:
    schema = cls.model_json_schema(by_alias=True)
    return {
        "title": dict(label),
        "description": _in_both(description),
        "fields": list(_fields(schema, schema.get("$defs", {}))),
        "schema": schema,
    }


def _in_both(said: Mapping[str, str]) -> dict[str, str]:
    return {"en": said["en"], "fr": said.get("fr", said["en"])}


def _fields(schema: Mapping[str, Any], parts: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    required = schema.get("required", ())
    # What every type has comes from the base class, first; a form ends with it.
    described = schema.get("properties", {}).items()
    for name, field in sorted(described, key=lambda each: each[1].get("section") is not None):
        part = _part(field)
        yield {
            "name": name,
            "title": field["label"],
            "description": field.get("hint"),
            "widget": field["widget"],
            "section": field.get("section"),
            "required": name in required,
            "default": field.get("default"),
            "schema": _inlined({k: v for k, v in field.items() if k not in OWN_KEYS}, parts),
            "fields": None if part is None else list(_fields(parts[part], parts)),
        }


def _part(schema: Mapping[str, Any]) -> str | None:
    """The name of the part that a value is, or that each of its items is."""
    for each in (schema, schema.get("items", {}), *schema.get("anyOf", ())):
        if "$ref" in each:
            return _named(each)
    return None


def _named(reference: Mapping[str, Any]) -> str:
    return str(reference["$ref"]).rpartition("/")[2]


def _inlined(schema: Any, parts: Mapping[str, Any]) -> Any:
    """A schema with the parts that it names in their places; parts do not hold themselves."""
    if isinstance(schema, list):
        return [_inlined(each, parts) for each in schema]
    if not isinstance(schema, Mapping):
        return schema
    if "$ref" in schema:
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        schema = {**parts[_named(schema)], **beside}
    return {key: _inlined(value, parts) for key, value in schema.items()}
