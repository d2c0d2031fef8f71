"""What a field type is, and those that this process knows.

A field type is one class in one file of `schema/fields`, registered by `@field_type`.  The class
is its own configuration: an instance is one field of one collection, made from its `fields` row.
"""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Literal, TypeVar

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from ensuite.errors import InvalidRequest
from ensuite.schema.names import checked_name

type_registry: dict[str, "type[Field]"] = {}

F = TypeVar("F", bound="Field")


class InvalidFieldOptions(InvalidRequest):
    """A field cannot have these options; the message says which one and what it may be."""

    code = "INVALID_FIELD_OPTIONS"


class UnsupportedFieldType(InvalidRequest):
    """There is no such field type; `docs/reference/field-types.md` lists them."""

    code = "UNSUPPORTED_FIELD_TYPE"


class Field(BaseModel):
    """One field of a collection.

    A stored field has a `column`; an association has none of its own (its foreign key is another
    field).  Values cross two borders: `parse` takes what a client sent (already JSON-decoded) to
    what asyncpg writes, `to_json` takes what asyncpg reads to what a client gets.  Where nothing
    is to convert, the class says so (`wire_is_stored`, `json_is_stored`) and the hot path skips
    the call.
    """

    # Options have their camelCase names only: a second spelling would pass by what is locked.
    model_config = ConfigDict(frozen=True, extra="allow", alias_generator=to_camel)

    type: ClassVar[str]
    label: ClassVar[Mapping[str, str]]
    about: ClassVar[Mapping[str, str]]
    """What the type is for, in a few words, by language."""

    interfaces: ClassVar[tuple[str, ...]] = ()
    operators: ClassVar[str] = "none"
    """Which filter operators apply: `text`, `number`, `boolean`, `moment`, `date`, `time`, `array`,
    `json`, `exact` (equality only) or `none` (see `data.operators`)."""

    wire: ClassVar[Any] = Any
    """What msgspec decodes a request's value to, before `parse`; strict, so that the usual value
    takes the fast path.  What it refuses comes to `parse` as plain JSON for a second look."""

    wire_is_stored: ClassVar[bool] = False
    """A value that msgspec decoded to `wire` is what asyncpg writes: `parse` is not called."""

    json_is_stored: ClassVar[bool] = False
    """What asyncpg reads is what the client gets: `to_json` is not called."""

    generates: ClassVar[bool] = False
    """A new record without a value may get one from `generate`."""

    parses_slowly: ClassVar[bool] = False
    """`parse` takes milliseconds: where requests are served, it belongs into a thread."""

    name: str
    """What requests and responses call the field."""
    interface: str | None = None
    """How a form shows the field; the server only keeps it."""
    default_value: Any = None
    """What a new record has where its client sent nothing."""
    allow_null: bool = True
    """Whether a record may leave the field empty."""
    unique: bool = False
    """Whether no two records may have the same value."""
    index: bool = False
    """Whether the column has an index of its own."""
    primary_key: bool = False
    """Whether the field is the record's key, or a part of it."""
    auto_increment: bool = False
    """Whether the database counts up the value of each new record."""
    hidden: bool = False
    """Whether responses leave the field out."""
    is_foreign_key: bool = False
    """Whether an association keeps its key here."""
    description: str | None = None
    """A note for people."""
    column_name: str | None = None
    """The physical column where it differs from `name`; only system collections set it."""

    @property
    def title(self) -> str:
        """What error messages call the field: the title on its form, else its name."""
        ui_schema = (self.model_extra or {}).get("uiSchema")
        title = ui_schema.get("title") if isinstance(ui_schema, dict) else None
        return title if isinstance(title, str) and title else self.name

    def column_type(self) -> sa.types.TypeEngine[Any] | None:
        """The PostgreSQL type of the field's column; None: the field stores nothing itself."""
        return None

    @property
    def indexed(self) -> Literal["unique", "plain"] | None:
        """The kind of index that the column has besides the primary key's."""
        if self.unique and not self.primary_key:
            return "unique"
        return "plain" if self.index or self.is_foreign_key else None

    @property
    def representation(self) -> tuple[str, ...]:
        """What stored values mean: fields of the same one can read each other's columns."""
        return (repr(self.column_type()), self.operators)

    def parse(self, value: Any) -> Any:
        """Turn a client's JSON value, or an instance of `wire`, never None, into what is written.

        Raises:
            ValueError: the value does not fit; the message completes "`<title>` …".

        """
        return value

    def operand(self, value: Any) -> Any:
        """Turn a filter's operand (never None) into what the column is compared with.

        Unlike `parse`, it neither rounds a value nor refuses one for its length, since the answer
        to "greater than 1.005" would be wrong then.

        Raises:
            ValueError: the column cannot be compared with it; the message completes "`<title>` …".

        """
        return self.parse(value)

    def to_json(self, value: Any) -> Any:
        """Turn a column's value (never None) into what a client gets."""
        return value

    def generate(self) -> Any:
        """The value of a new record that a client left empty; None: none."""
        return None

    def options(self) -> dict[str, Any]:
        """The field as the API shows it: its options under their camelCase names."""
        shown = self.model_dump(by_alias=True, exclude_defaults=True, mode="json")
        return {**shown, "name": self.name, "type": self.type, "interface": self.interface}


def field_type(
    type_name: str,
    *,
    en: str,
    fr: str,
    about: tuple[str, str] | None = None,
    operators: str = "none",
    interfaces: tuple[str, ...] = (),
    aliases: tuple[str, ...] = (),
) -> Callable[[type[F]], type[F]]:
    """Register a class as the field type called `type_name`, and under its older names.

    `about` says in a few words, in English and in French, what the type is for; without it, the
    first line of the docstring does.
    """

    def register(cls: type[F]) -> type[F]:
        cls.type, cls.label = type_name, {"en": en, "fr": fr}
        said = (cls.__doc__ or "").partition("\n")[0]
        cls.about = dict(zip(("en", "fr"), about or (said, said), strict=True))
        cls.operators, cls.interfaces = operators, interfaces
        for each in (type_name, *aliases):
            if each in type_registry:
                message = f"two field types are called {each!r}"
                raise ValueError(message)
            type_registry[each] = cls
        return cls

    return register


def make_field(options: Mapping[str, Any]) -> Field:
    """Make a field from the options that a client sent or the `fields` table holds.

    Raises:
        UnsupportedFieldType: there is no such type.
        InvalidFieldOptions: an option has a value that it cannot have.

    """
    type_name = options.get("type")
    cls = type_registry.get(type_name) if isinstance(type_name, str) else None
    if cls is None:
        message = f"unsupported field type {type_name!r}"
        raise UnsupportedFieldType(message)
    given = {name: value for name, value in options.items() if name != "type" and value is not None}
    _ = checked_name(given.get("name"), what="field")
    try:
        return cls.model_validate(given)
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(map(str, issue['loc']))}: {issue['msg']}" for issue in error.errors()
        )
        message = f"field {given['name']!r}: {wrong}"
        raise InvalidFieldOptions(message) from error
