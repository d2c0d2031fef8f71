"""Definitions of collections and fields as clients send them: cleaned, and checked beyond types.

Pure.  What comes out of here can be made; what only the catalog knows is `schema.alter`'s affair.
"""

import secrets
import string
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from ensuite.errors import InvalidRequest
from ensuite.schema import validation
from ensuite.schema.association import Association
from ensuite.schema.collection import Collection
from ensuite.schema.field import Field, InvalidFieldOptions, make_field, type_registry

MAX_FIELDS = 800
"""PostgreSQL allows 1,600 columns; half of it leaves room for dropped ones, which still count."""

MAX_DEPTH = 64
"""Levels of lists and objects in a definition; forms (`uiSchema`) have about ten."""

WITHOUT_KEYS = frozenset({"none", "array", "json"})
"""The groups of fields (`Field.operators`) whose values identify nothing."""

COUNTED = frozenset({"integer", "bigInt", "snowflakeId"})


class FieldExists(InvalidRequest):
    """The collection already has a field of this name; choose another one."""

    code = "FIELD_EXISTS"


class InvalidCollectionOptions(InvalidRequest):
    """A collection cannot have these options; the message says which one and what it may be."""

    code = "INVALID_COLLECTION_OPTIONS"


def random_key(length: int = 11) -> str:
    """A key as NocoBase makes them: lower-case letters and digits."""
    alphabet = string.ascii_lowercase + string.digits
    return "".join(secrets.choice(alphabet) for _ in range(length))


def collection_options(given: Mapping[str, Any]) -> dict[str, Any]:
    """A collection's options without its fields; those that are null were not sent.

    Raises:
        InvalidCollectionOptions: a value is of the wrong kind.

    """
    options = {name: value for name, value in given.items() if name != "fields"}
    for name in ("title", "description"):
        if not isinstance(options.get(name), str | None):
            message = f"{name} is text"
            raise InvalidCollectionOptions(message)
    if not _is_shallow(options, MAX_DEPTH):
        message = f"a collection's options nest {MAX_DEPTH} levels deep at most"
        raise InvalidCollectionOptions(message)
    return {
        name: value
        for name, value in options.items()
        if value is not None or name in {"title", "description"}
    }


def check_target_key(collection: Collection) -> None:
    """See to it that `filterTargetKey`, where it is given, names fields that identify records.

    Raises:
        InvalidCollectionOptions: it does not.

    """
    given = collection.options.get("filterTargetKey")
    if given is None:
        return
    names = cast("list[object]", given) if isinstance(given, list) else [given]
    fields = [collection.columns.get(name) if isinstance(name, str) else None for name in names]
    if not fields or any(
        each is None or each.hidden or each.operators in WITHOUT_KEYS for each in fields
    ):
        message = f"filterTargetKey names fields that identify a record, not {given!r}"
        raise InvalidCollectionOptions(message)


def field_definitions(given: object) -> list[dict[str, Any]]:
    """The definitions in a collection's `fields`.

    Raises:
        InvalidFieldOptions: it is no list of definitions, or too long.

    """
    if given is None:
        return []
    if not isinstance(given, Sequence) or not all(isinstance(each, Mapping) for each in given):
        message = "`fields` must be a list of field definitions"
        raise InvalidFieldOptions(message)
    if len(given) > MAX_FIELDS:
        message = f"a collection has {MAX_FIELDS} fields at most"
        raise InvalidFieldOptions(message)
    return [named(each) for each in given]


def named(definition: Mapping[str, Any]) -> dict[str, Any]:
    """A client's definition with a name; where the values are stored is not the client's choice.

    Raises:
        InvalidFieldOptions: it nests too deep.

    """
    if not _is_shallow(definition, MAX_DEPTH):
        message = f"a field's options nest {MAX_DEPTH} levels deep at most"
        raise InvalidFieldOptions(message)
    given = {k: v for k, v in definition.items() if v is not None and k != "columnName"}
    return {"name": f"f_{random_key()}", **given}


def with_key(definitions: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The definitions with a primary key: their own, else a field `id` that counts up."""
    if any(each.get("primaryKey") in (True, "true", 1) for each in definitions):
        return list(definitions)
    own = next((each for each in definitions if each.get("name") == "id"), None)
    if own is None:
        own = {"name": "id", "type": "bigInt", "autoIncrement": True, "interface": "id"}
    elif own.get("type") in ("integer", "bigInt"):
        own = {"autoIncrement": True, **own}
    others = [each for each in definitions if each.get("name") != "id"]
    return [{**own, "primaryKey": True}, *others]


def is_association(definition: Mapping[str, Any]) -> bool:
    """Whether the definition is one of an association; an unknown type is none."""
    type_name = definition.get("type")
    known = type_registry.get(type_name) if isinstance(type_name, str) else None
    return known is not None and issubclass(known, Association)


def checked_field(definition: Mapping[str, Any]) -> Field:
    """The field of a definition.

    Raises:
        InvalidFieldOptions: it cannot have these options.
        UnsupportedFieldType: there is no such type.

    """
    field = make_field(definition)
    if field.primary_key and field.operators in WITHOUT_KEYS:
        message = f"{field.name!r}: a field of type {field.type!r} cannot be the primary key"
        raise InvalidFieldOptions(message)
    if field.primary_key and field.hidden:
        message = f"{field.name!r}: the primary key cannot be hidden"
        raise InvalidFieldOptions(message)
    if field.auto_increment and field.type not in COUNTED:
        message = f"{field.name!r}: a field of type {field.type!r} cannot count up"
        raise InvalidFieldOptions(message)
    if field.column_type() is not None:
        _check_default(field)
        _check_validation(field)
    return field


def _check_default(field: Field) -> None:
    default = field.default_value
    if default is None or (isinstance(default, str) and "{{" in default):
        # A template is for the client's form: the server has nothing to fill it with.
        return
    try:
        _ = field.parse(default)
    except (ValueError, OverflowError) as error:
        message = f"{field.title}: the default value {error}"
        raise InvalidFieldOptions(message) from error


def _check_validation(field: Field) -> None:
    rules = (field.model_extra or {}).get("validation")
    if rules is None or rules == {}:
        return
    if not isinstance(rules, Mapping):
        message = f"{field.title}: validation is an object with type and rules"
        raise InvalidFieldOptions(message)
    _ = validation.compiled(cast("Mapping[str, Any]", rules), field.title)


def check_together(collection: str, fields: Iterable[Field]) -> None:
    """See to it that the fields of one collection can exist side by side.

    Raises:
        FieldExists: two have the same name.
        InvalidFieldOptions: two count up.

    """
    seen: set[str] = set()
    counted: str | None = None
    for field in fields:
        if field.name in seen:
            message = f'Field name "{field.name}" already exists in collection "{collection}"'
            raise FieldExists(message)
        seen.add(field.name)
        if field.auto_increment:
            if counted is not None:
                message = f"{counted!r} and {field.name!r} cannot both count up"
                raise InvalidFieldOptions(message)
            counted = field.name


def _is_shallow(value: object, levels: int) -> bool:
    if isinstance(value, Mapping):
        return levels > 0 and all(_is_shallow(each, levels - 1) for each in value.values())
    if isinstance(value, list):
        return levels > 0 and all(
            _is_shallow(each, levels - 1) for each in cast("list[object]", value)
        )
    return True
