"""`field-types:list`: the field types, what filters on them can ask, and what their forms ask."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from ensuite.api.call import Answer, Call, enveloped, routes
from ensuite.data.operators import operators
from ensuite.schema.alter import LOCKED_OPTIONS
from ensuite.schema.association import Association
from ensuite.schema.field import Field, type_registry

BOUNDS = ("minimum", "maximum", "minLength", "maxLength")
KINDS = {"array": "list", "number": "number", "integer": "integer", "boolean": "boolean"}
"""What the option's kind is called where JSON Schema says this; all others are text."""


@routes.add("field-types", "list", writes=False)
async def list_types(_: Call) -> Answer:
    """Every type of field: its labels, its filter operators and the options of its own."""
    return enveloped(_types())


@cache
def _types() -> list[dict[str, Any]]:
    """Every field type; the types have to be loaded, and are as they were at the first call."""
    classes = {cls.type: cls for cls in type_registry.values()}
    return [_type(cls) for _, cls in sorted(classes.items())]


def _type(cls: type[Field]) -> dict[str, Any]:
    return {
        "type": cls.type,
        "label": dict(cls.label),
        "description": dict(cls.about),
        "interfaces": list(cls.interfaces),
        "kind": cls.operators,
        "operators": [name for name, each in operators.items() if cls.operators in each.groups],
        "association": issubclass(cls, Association),
        "options": list(_options(cls)),
    }


def _options(cls: type[Field]) -> Iterator[dict[str, Any]]:
    schema = cls.model_json_schema(by_alias=True)
    unused = cls.unused if issubclass(cls, Association) else frozenset[str]()
    for attribute, info in cls.model_fields.items():
        if attribute in Field.model_fields or attribute in unused:
            continue
        name = info.alias or attribute
        yield _option(name, schema["properties"][name], required=name in schema.get("required", ()))


def _option(name: str, schema: Mapping[str, Any], *, required: bool) -> dict[str, Any]:
    # A type of an installed package need not say anything about its options.
    said: Mapping[str, Any] = schema.get("asked", {})
    value = _without_null(schema)
    choices = said.get("choices") or [
        {"value": each, "label": {"en": str(each), "fr": str(each)}}
        for each in value.get("enum", ())
    ]
    kind = "choice" if choices else KINDS.get(value.get("type", ""), "string")
    return {
        "name": name,
        "kind": said.get("kind", kind),
        "label": said.get("label", {"en": name, "fr": name}),
        "hint": said.get("hint"),
        "required": required,
        "fixed": name in LOCKED_OPTIONS or said.get("fixed", False),
        "default": schema.get("default"),
        **({"choices": choices} if choices else {}),
        **_bounds(value),
    }


def _without_null(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the option is when it is given: `PositiveInt | None` is a number."""
    alternatives = [each for each in schema.get("anyOf", ()) if each.get("type") != "null"]
    return alternatives[0] if len(alternatives) == 1 else schema


def _bounds(schema: Mapping[str, Any]) -> dict[str, Any]:
    found = {name: schema[name] for name in BOUNDS if name in schema}
    # Only whole numbers have a bound of this kind: the types know no other positive numbers.
    if schema.get("type") == "integer" and "exclusiveMinimum" in schema:
        found["minimum"] = schema["exclusiveMinimum"] + 1
    return found
