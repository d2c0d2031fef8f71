"""A collection as one frozen value: its fields, its table, what it is associated with."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import sqlalchemy as sa

from ensuite.errors import UnknownField
from ensuite.schema.association import Association
from ensuite.schema.field import Field

USER_SCHEMA = "public"
SYSTEM_SCHEMA = "ensuite"

MOMENTS = frozenset({"createdAt", "updatedAt"})
ACTORS = frozenset({"createdById", "updatedById"})


@dataclass(frozen=True)
class Holder:
    """A column elsewhere that refers to records of a collection, and what a deletion does to it."""

    collection: str
    column: str
    refers_to: str
    on_delete: str


@dataclass(frozen=True)
class Collection:
    """A table that clients see.  Immutable: a change to it makes another."""

    name: str
    fields: Mapping[str, Field]
    table: sa.Table
    key: str = ""
    title: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    associations: Mapping[str, Association] = field(default_factory=dict)
    """The associations whose target and keys exist; others stay pending in `fields`."""
    holders: tuple[Holder, ...] = ()
    system: bool = False

    @cached_property
    def columns(self) -> Mapping[str, Field]:
        """The fields that store a value in the table, by name."""
        return {name: each for name, each in self.fields.items() if each.column_type() is not None}

    @cached_property
    def visible(self) -> tuple[str, ...]:
        """The names of the stored fields that are not hidden."""
        return tuple(name for name, each in self.columns.items() if not each.hidden)

    @cached_property
    def primary_key(self) -> tuple[str, ...]:
        """The names of the primary key's fields; empty for a table without one."""
        return tuple(name for name, each in self.columns.items() if each.primary_key)

    @cached_property
    def target_key(self) -> tuple[str, ...]:
        """The fields that `filterByTk` names (wire contract, section 1.3)."""
        chosen = self.options.get("filterTargetKey")
        names = [chosen] if isinstance(chosen, str) else chosen
        if isinstance(names, list) and names and all(name in self.columns for name in names):
            return tuple(names)
        return self.primary_key

    @property
    def identity(self) -> tuple[str, ...]:
        """The fields that tell records apart; empty where nothing does."""
        return self.primary_key or self.target_key

    @cached_property
    def automatic(self) -> str | None:
        """The field whose value the database counts up, if there is one."""
        return next((name for name, each in self.columns.items() if each.auto_increment), None)

    @cached_property
    def filled_by_server(self) -> frozenset[str]:
        """The fields that say when and by whom; what a client sends for them is not used."""
        return frozenset(name for name, each in self.columns.items() if is_filled_by_server(each))

    def column(self, name: str) -> sa.Column[Any]:
        """The table's column for a stored field."""
        return self.table.c[self.columns[name].column_name or name]

    def stored_field(self, name: str) -> Field:
        """The stored field of this name.

        Raises:
            UnknownField: the collection has none.

        """
        found = self.columns.get(name)
        if found is None:
            message = f"{self.name!r} has no field {name!r}"
            raise UnknownField(message)
        return found

    def title_of(self, column: str) -> str:
        """What error messages call the field that is stored in `column`."""
        for each in self.columns.values():
            if column in (each.column_name, each.name):
                return each.title
        return column


def is_filled_by_server(field: Field) -> bool:
    """Whether the server says when or by whom; a field of that name may also be of another type."""
    if field.name in MOMENTS:
        return field.type == "date"
    return field.name in ACTORS and isinstance(field.column_type(), sa.BigInteger)


def make_table(name: str, fields: Mapping[str, Field], *, schema: str) -> sa.Table:
    """The SQLAlchemy table that statements over these fields are built from."""
    columns: dict[str, sa.Column[Any]] = {}
    for each in fields.values():
        column_type = each.column_type()
        column_name = each.column_name or each.name
        if column_type is not None and column_name not in columns:
            columns[column_name] = sa.Column(column_name, column_type)
    return sa.Table(name, sa.MetaData(), *columns.values(), schema=schema)
