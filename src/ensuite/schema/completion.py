"""What an association implies: default keys, foreign key fields, a collection of pairs.

Pure: from the catalog and the options that a client sent to the full list of fields to make
(wire contract, section 2.4).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from ensuite.schema.association import Association
from ensuite.schema.collection import Collection
from ensuite.schema.field import Field, InvalidFieldOptions, make_field
from ensuite.schema.fields.belongs_to import BelongsTo
from ensuite.schema.fields.belongs_to_array import BelongsToArray
from ensuite.schema.fields.belongs_to_many import BelongsToMany
from ensuite.schema.names import camel_singular, checked_name, shortened

KEY_TYPES: Mapping[str, str] = {
    "bigInt": "bigInt",
    "snowflakeId": "bigInt",
    "integer": "integer",
    "uuid": "uuid",
    "string": "string",
    "text": "string",
    "uid": "string",
    "nanoid": "string",
}
"""The types of fields that can be referred to, and the type of the foreign key that does it."""


@dataclass(frozen=True, slots=True)
class ImpliedField:
    """A field that has to exist in `collection` for another one to work."""

    collection: str
    field: Field


@dataclass(frozen=True, slots=True)
class Completed:
    """An association with all its keys, what it implies, and the collection of pairs it needs."""

    field: Association
    implied: tuple[ImpliedField, ...] = ()
    through: str | None = None


Collections = Mapping[str, Collection]


def completed(
    collections: Collections, collection: Collection, field: Association
) -> Completed | None:
    """Give an association its default keys and name the fields that have to exist for it.

    None while its target does not exist: it stays as it is, pending.

    Raises:
        InvalidFieldOptions: it refers to a key that does not exist or cannot be referred to.

    """
    _ = checked_name(field.target, what="collection")
    if field.target == collection.name:
        target = collection
    elif field.target in collections:
        target = collections[field.target]
    else:
        return None
    target_key = _key(field, target, field.target_key)
    keys = {"targetKey": target_key.name}
    match field:
        case BelongsTo():
            keys["foreignKey"] = field.foreign_key or shortened(f"{field.name}Id")
            implied = _foreign_key(field, collection.name, keys["foreignKey"], target_key)
            return Completed(_with(field, keys), (implied,))
        case BelongsToArray():
            keys["foreignKey"] = field.foreign_key or shortened(f"{camel_singular(field.name)}Ids")
            array = make_field({"name": keys["foreignKey"], "type": "array", "isForeignKey": True})
            return Completed(_with(field, keys), (ImpliedField(collection.name, array),))
        case BelongsToMany():
            source_key = _key(field, collection, field.source_key)
            through = field.through or _pairs_name(collection.name, field.target)
            own = field.foreign_key or shortened(f"{camel_singular(collection.name)}Id")
            other = field.other_key or shortened(f"{camel_singular(field.target)}Id")
            if other == own:
                other = shortened(f"other{other[0].upper()}{other[1:]}")
            keys |= {
                "sourceKey": source_key.name,
                "through": through,
                "foreignKey": own,
                "otherKey": other,
            }
            # The pair of keys identifies a pair, where the collection of pairs is made for it.
            primary = through not in collections
            implied_pair = (
                _foreign_key(field, through, own, source_key, primary=primary),
                _foreign_key(field, through, other, target_key, primary=primary),
            )
            return Completed(_with(field, keys), implied_pair, through)
        case _:
            source_key = _key(field, collection, field.source_key)
            own = field.foreign_key or shortened(f"{camel_singular(collection.name)}Id")
            keys |= {"sourceKey": source_key.name, "foreignKey": own}
            implied = _foreign_key(field, field.target, own, source_key)
            return Completed(_with(field, keys), (implied,))


def _with(field: Association, keys: Mapping[str, str]) -> Association:
    made = make_field({**field.options(), **keys})
    assert isinstance(made, Association), "its type is the same"
    return made


def _key(association: Association, collection: Collection, named: str) -> Field:
    """The field by which an association refers to records of a collection."""
    name = named or next(iter(collection.target_key), "")
    if not name:
        message = f"{association.name!r}: {collection.name!r} has no key to refer to"
        raise InvalidFieldOptions(message)
    found = collection.columns.get(name)
    if found is None or found.hidden:
        message = f"{association.name!r}: {collection.name!r} has no field {name!r} to refer to"
        raise InvalidFieldOptions(message)
    if found.type not in KEY_TYPES:
        message = (
            f"{association.name!r}: {name!r} of {collection.name!r} is of type {found.type!r}, "
            f"which cannot be referred to; these can: {', '.join(KEY_TYPES)}"
        )
        raise InvalidFieldOptions(message)
    return found


def _pairs_name(source: str, target: str) -> str:
    first, second = sorted((source, target))
    return shortened(f"{first}{second[0].upper()}{second[1:]}")


def _foreign_key(
    association: Association, holder: str, name: str, key: Field, *, primary: bool = False
) -> ImpliedField:
    if name == association.name:
        message = f"{name!r}: the foreign key needs a name of its own"
        raise InvalidFieldOptions(message)
    key_type = KEY_TYPES[key.type]
    options: dict[str, Any] = {
        "name": name,
        "type": key_type,
        "interface": "integer" if key_type in {"bigInt", "integer"} else "input",
        "isForeignKey": True,
    }
    if primary:
        options["primaryKey"] = True
    return ImpliedField(holder, make_field(options))


def serves(existing: Field, implied: Field) -> bool:
    """Whether a field that exists can be the foreign key that an association needs."""
    return _kind(existing) is _kind(implied)


def can_refer(foreign_key: Field | None, key: Field | None) -> bool:
    """Whether both exist and the database can compare them."""
    return foreign_key is not None and key is not None and serves(foreign_key, key)


def _kind(field: Field) -> type[object]:
    # A foreign key of eight bytes may refer to a key of four.
    column_type = field.column_type()
    return sa.Integer if isinstance(column_type, sa.Integer) else type(column_type)


_reversed: Mapping[str, tuple[str, ...]] = {
    "belongsTo": ("hasMany", "hasOne"),
    "hasMany": ("belongsTo",),
    "hasOne": ("belongsTo",),
    "belongsToMany": ("belongsToMany",),
}


def reverse_of(collection: str, field: Association, reverse: Mapping[str, Any]) -> dict[str, Any]:
    """The opposite association that `reverseField` asks for, with the keys of the first one.

    Raises:
        InvalidFieldOptions: a field of the wanted type is not the opposite of this one.

    """
    possible = _reversed.get(field.type, ())
    wanted = reverse.get("type") or next(iter(possible), None)
    if wanted not in possible:
        message = f"{field.name!r}: the opposite of {field.type!r} cannot be {wanted!r}"
        raise InvalidFieldOptions(message)
    mirrored: dict[str, Any] = {
        **reverse,
        "type": wanted,
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
    return {name: value for name, value in mirrored.items() if value != ""}
