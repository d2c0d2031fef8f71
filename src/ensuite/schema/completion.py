"""What a field definition implies: default keys, foreign key fields, collections of pairs.

Pure: from the catalog and the options that a client sent to the full list of fields to make
(wire contract, section 2.4).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ensuite.errors import InvalidRequest
from ensuite.schema.association import Association
from ensuite.schema.collection import Collection
from ensuite.schema.field import Field, make_field
from ensuite.schema.fields.belongs_to import BelongsTo
from ensuite.schema.fields.belongs_to_array import BelongsToArray
from ensuite.schema.fields.belongs_to_many import BelongsToMany
from ensuite.schema.names import camel_singular, checked_name

KEY_TYPES = {
    "bigInt": "bigInt",
    "snowflakeId": "bigInt",
    "integer": "integer",
    "uuid": "uuid",
}
"""The type of a foreign key by the type of the key that it refers to; every other type: string."""


class UnknownTarget(InvalidRequest):
    """The collection that refers to itself through this field needs a key; give it one first."""

    code = "UNKNOWN_TARGET"


@dataclass(frozen=True, slots=True)
class ImpliedField:
    """A field that has to exist in `collection` for another one to work."""

    collection: str
    field: Field


@dataclass(frozen=True, slots=True)
class Completed:
    """A field with all its keys, what it implies, and the collection of pairs it may need."""

    field: Field
    implied: tuple[ImpliedField, ...] = ()
    through: str | None = None


Collections = Mapping[str, Collection]


def completed(collections: Collections, collection: Collection, field: Field) -> Completed:
    """Give an association its default keys and name the fields that have to exist for it."""
    if not isinstance(field, Association):
        return Completed(field)
    checked_name(field.target, what="collection")
    target = collections.get(field.target) if field.target != collection.name else collection
    own_key = field.source_key or _first_key(collection)
    target_key = field.target_key or (_first_key(target) if target else "id")
    keys = {"sourceKey": own_key, "targetKey": target_key}
    match field:
        case BelongsTo():
            keys["foreignKey"] = field.foreign_key or f"{field.name}Id"
            implied = _foreign_key(collection.name, keys["foreignKey"], target, target_key)
            return Completed(_with(field, keys), (implied,))
        case BelongsToArray():
            keys["foreignKey"] = field.foreign_key or f"{camel_singular(field.name)}Ids"
            array = make_field({"name": keys["foreignKey"], "type": "array", "isForeignKey": True})
            return Completed(_with(field, keys), (ImpliedField(collection.name, array),))
        case BelongsToMany():
            through = field.through or _pairs_name(collection.name, field.target)
            keys["through"] = through
            keys["foreignKey"] = field.foreign_key or f"{camel_singular(collection.name)}Id"
            other = field.other_key or f"{camel_singular(field.target)}Id"
            if other == keys["foreignKey"]:
                other = f"other{other[0].upper()}{other[1:]}"
            keys["otherKey"] = other
            implied_pair = (
                _foreign_key(through, keys["foreignKey"], collection, own_key, primary=True),
                _foreign_key(through, other, target, target_key, primary=True),
            )
            return Completed(_with(field, keys), implied_pair, through)
        case _:
            keys["foreignKey"] = field.foreign_key or f"{camel_singular(collection.name)}Id"
            implied = _foreign_key(field.target, keys["foreignKey"], collection, own_key)
            return Completed(_with(field, keys), (implied,))


def _with(field: Association, keys: Mapping[str, str]) -> Field:
    return make_field({**field.options(), **keys})


def _first_key(collection: Collection) -> str:
    return collection.target_key[0] if collection.target_key else "id"


def _pairs_name(source: str, target: str) -> str:
    first, second = sorted((source, target))
    return f"{first}{second[0].upper()}{second[1:]}"


def _foreign_key(
    holder: str,
    name: str,
    target: Collection | None,
    target_key: str,
    *,
    primary: bool = False,
) -> ImpliedField:
    referred = target.columns.get(target_key) if target else None
    key_type = "bigInt" if referred is None else KEY_TYPES.get(referred.type, "string")
    options: dict[str, Any] = {
        "name": name,
        "type": key_type,
        "interface": "integer" if key_type in {"bigInt", "integer"} else "input",
        "isForeignKey": True,
    }
    if primary:
        options["primaryKey"] = True
    return ImpliedField(holder, make_field(options))


def reverse_of(collection: str, field: Association, reverse: Mapping[str, Any]) -> dict[str, Any]:
    """The opposite association that `reverseField` asks for, with the keys of the first one."""
    mirrored: dict[str, Any] = {
        "type": {"belongsTo": "hasMany", "hasMany": "belongsTo", "hasOne": "belongsTo"}.get(
            field.type, field.type
        ),
        **reverse,
        "target": collection,
        "foreignKey": field.foreign_key,
        "sourceKey": field.target_key,
        "targetKey": field.source_key,
    }
    if isinstance(field, BelongsToMany):
        mirrored |= {
            "through": field.through,
            "foreignKey": field.other_key,
            "otherKey": field.foreign_key,
        }
    return mirrored
