"""The SQL that changes tables, rendered by Alembic's operations, so that quoting is SQLAlchemy's."""

import hashlib
import io
from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations

from ensuite.schema.collection import USER_SCHEMA
from ensuite.schema.field import Field

MAX_IDENTIFIER = 63


def rendered(operate: Callable[[Operations], object]) -> str:
    """The SQL of what `operate` does to the operations that it is given."""
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
        nullable=field.allow_null and not field.primary_key,
        primary_key=field.primary_key,
        autoincrement=False,
    )


def index_name(table: str, columns: Sequence[str], suffix: str) -> str:
    """PostgreSQL's own way to name indexes; shortened by a digest where it would be cut."""
    name = "_".join([table, *columns, suffix])
    if len(name) <= MAX_IDENTIFIER:
        return name
    digest = hashlib.blake2b(name.encode(), digest_size=6).hexdigest()
    return f"{name[: MAX_IDENTIFIER - 13]}_{digest}"


def create_table(name: str, fields: Sequence[Field]) -> str:
    """CREATE TABLE with all stored fields, then their indexes."""
    stored = [field for field in fields if field.column_type() is not None]
    table = rendered(lambda op: op.create_table(name, *map(column_of, stored), schema=USER_SCHEMA))
    return table + "".join(create_indexes(name, field) for field in stored)


def drop_table(name: str) -> str:
    """DROP TABLE."""
    return rendered(lambda op: op.drop_table(name, schema=USER_SCHEMA))


def add_column(table: str, field: Field) -> str:
    """ADD COLUMN, then its indexes."""
    column = column_of(field)
    if not column.nullable and not field.auto_increment and field.default_value is not None:
        # Existing rows get the default once; new ones get it from the record's own rules.
        column.server_default = sa.DefaultClause(_literal(field))
    return rendered(lambda op: op.add_column(table, column, schema=USER_SCHEMA)) + create_indexes(
        table, field
    )


def _literal(field: Field) -> Any:
    column_type = field.column_type()
    assert column_type is not None, "only stored fields have defaults"
    return sa.cast(sa.literal(str(field.default_value), sa.Text()), column_type)


def drop_column(table: str, name: str) -> str:
    """DROP COLUMN; its indexes go with it."""
    return rendered(lambda op: op.drop_column(table, name, schema=USER_SCHEMA))


def create_indexes(table: str, field: Field) -> str:
    """The unique constraint and the index that a field asks for."""
    if field.unique and not field.primary_key:
        return rendered(
            lambda op: op.create_unique_constraint(
                index_name(table, [field.name], "key"), table, [field.name], schema=USER_SCHEMA
            )
        )
    if field.index or field.is_foreign_key:
        return rendered(
            lambda op: op.create_index(
                index_name(table, [field.name], "idx"), table, [field.name], schema=USER_SCHEMA
            )
        )
    return ""


def drop_indexes(table: str, field: Field) -> str:
    """Undo `create_indexes`."""
    if field.unique and not field.primary_key:
        return rendered(
            lambda op: op.drop_constraint(
                index_name(table, [field.name], "key"), table, schema=USER_SCHEMA
            )
        )
    if field.index or field.is_foreign_key:
        return rendered(
            lambda op: op.drop_index(
                index_name(table, [field.name], "idx"), table, schema=USER_SCHEMA
            )
        )
    return ""


def set_nullable(table: str, name: str, *, nullable: bool) -> str:
    """SET or DROP NOT NULL."""
    return rendered(lambda op: op.alter_column(table, name, nullable=nullable, schema=USER_SCHEMA))
