"""The SQL that changes tables, rendered by Alembic's operations: quoting is SQLAlchemy's."""

import hashlib
import io
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import asyncpg

from ensuite.schema.collection import USER_SCHEMA
from ensuite.schema.field import Field

if TYPE_CHECKING:
    from alembic.operations import Operations

ROOM_FOR_NAMES = 50
"""Bytes of an index's name that tell what it is of; the rest keeps it distinct."""


def rendered(operate: "Callable[[Operations], object]") -> str:
    """The SQL of what `operate` does to the operations that it is given."""
    # Alembic takes a tenth of a second to import, and most processes never change a table.
    from alembic.migration import MigrationContext  # noqa: PLC0415
    from alembic.operations import Operations  # noqa: PLC0415

    buffer = io.StringIO()
    context = MigrationContext.configure(
        dialect_name="postgresql", opts={"as_sql": True, "output_buffer": buffer}
    )
    operate(Operations(context))
    return buffer.getvalue()


def column_of(field: Field) -> sa.Column[Any]:
    """The physical column of a stored field, with its constraints but not its indexes."""
    return sa.Column(
        field.name,
        field.column_type(),
        *([sa.Identity(always=False)] if field.auto_increment else []),
        nullable=field.allow_null and not field.primary_key and not field.auto_increment,
        primary_key=field.primary_key,
        autoincrement=field.auto_increment,
    )


def index_name(table: str, field: Field) -> str:
    """The name of a field's index.

    With a digest: without one, `a_b` of `c` and `a` of `b_c` would be the same name.
    """
    digest = hashlib.blake2b(f"{table}.{field.name}".encode(), digest_size=4).hexdigest()
    suffix = "key" if field.indexed == "unique" else "idx"
    return f"{f'{table}_{field.name}'[:ROOM_FOR_NAMES]}_{digest}_{suffix}"


def create_table(name: str, fields: Sequence[Field]) -> str:
    """CREATE TABLE with all stored fields, then their indexes."""
    stored = [field for field in fields if field.column_type() is not None]
    table = rendered(lambda op: op.create_table(name, *map(column_of, stored), schema=USER_SCHEMA))
    return table + "".join(create_index(name, field) for field in stored)


def drop_table(name: str) -> str:
    """DROP TABLE."""
    return rendered(lambda op: op.drop_table(name, schema=USER_SCHEMA))


def add_column(table: str, field: Field, *, nullable: bool) -> str:
    """ADD COLUMN, then what the field wants of it."""
    column = column_of(field)
    column.nullable = nullable
    column.primary_key = False
    sql = rendered(lambda op: op.add_column(table, column, schema=USER_SCHEMA))
    if field.primary_key:
        sql += rendered(
            lambda op: op.create_primary_key(None, table, [field.name], schema=USER_SCHEMA)
        )
    return sql + create_index(table, field)


def drop_column(table: str, name: str) -> str:
    """DROP COLUMN; its indexes go with it."""
    return rendered(lambda op: op.drop_column(table, name, schema=USER_SCHEMA))


def fill_column(table: str, field: Field) -> str:
    """UPDATE that gives a new column the value `$1` in every row that exists."""
    column = sa.column(field.name, field.column_type())
    value = sa.bindparam("value", type_=field.column_type())
    update = sa.update(sa.table(table, column, schema=USER_SCHEMA)).values({column: value})
    return str(update.compile(dialect=asyncpg.dialect()))


def create_index(table: str, field: Field) -> str:
    """The unique constraint or the index that a field asks for."""
    match field.indexed:
        case "unique":
            return rendered(
                lambda op: op.create_unique_constraint(
                    index_name(table, field), table, [field.name], schema=USER_SCHEMA
                )
            )
        case "plain":
            return rendered(
                lambda op: op.create_index(
                    index_name(table, field), table, [field.name], schema=USER_SCHEMA
                )
            )
        case None:
            return ""


def drop_index(table: str, field: Field) -> str:
    """Undo `create_index`."""
    match field.indexed:
        case "unique":
            return rendered(
                lambda op: op.drop_constraint(index_name(table, field), table, schema=USER_SCHEMA)
            )
        case "plain":
            return rendered(
                lambda op: op.drop_index(index_name(table, field), table, schema=USER_SCHEMA)
            )
        case None:
            return ""


def set_nullable(table: str, name: str, *, nullable: bool) -> str:
    """SET or DROP NOT NULL."""
    return rendered(lambda op: op.alter_column(table, name, nullable=nullable, schema=USER_SCHEMA))
