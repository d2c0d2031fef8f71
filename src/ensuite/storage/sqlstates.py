"""What PostgreSQL's error codes mean to a client: one table, used at one place."""

import re
from collections.abc import Callable

import asyncpg

from ensuite.errors import (
    AssociationTargetMissing,
    Conflict,
    DatabaseFull,
    DatabaseUnavailable,
    EnsuiteError,
    InvalidFields,
    InvalidFilter,
    InvalidRequest,
    Issue,
    NotNullViolation,
    RecordLocked,
    UniqueViolation,
    ValueOutOfRange,
)

DATABASE_TROUBLE = (
    OSError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    EnsuiteError,
)
"""What a statement may fail with through no fault of its own: for loops that have to go on."""

STALE_SCHEMA = frozenset({"42P01", "42703"})
"""Undefined table or column: this process' snapshot is older than the database."""

CONTENTION = frozenset({"40001", "40P01", "55P03"})
"""Serialisation failure, deadlock, and a lock that was not to be had in time."""

_by_sqlstate: dict[str, type[EnsuiteError]] = {
    "22001": ValueOutOfRange,  # string too long
    "22003": ValueOutOfRange,  # number out of range
    "22008": ValueOutOfRange,  # date or time out of range
    "22021": InvalidFields,  # a character that UTF-8 or PostgreSQL does not have
    "22000": InvalidFields,  # asyncpg could not encode a value for its column
    "22P05": InvalidFields,  # \u0000 inside JSON
    "22P02": InvalidFields,  # text that is no number, uuid, …
    "2201B": InvalidFilter,  # invalid regular expression
    "22023": InvalidRequest,
    "23503": AssociationTargetMissing,
    "23514": InvalidFields,
    "40001": Conflict,  # serialisation failure
    "40P01": Conflict,  # deadlock
    "55P03": RecordLocked,  # lock timeout
    "57014": Conflict,  # statement timeout
    "53100": DatabaseFull,  # disk full
    "42P07": Conflict,  # the name is in use, for an index that is
    "54000": InvalidRequest,  # program limit exceeded
    "54011": InvalidRequest,  # too many columns
    "54001": InvalidFilter,  # statement too complex
}

_key_columns = re.compile(r"Key \((.*?)\)=")


class CollectionChanged(EnsuiteError):
    """The collection was changed or dropped while the request ran; read its fields and retry."""

    code = "COLLECTION_CHANGED"
    status = 409


class StatementOutdated(CollectionChanged):
    """A column has changed under a prepared statement: the same request works when repeated."""


def is_contention(error: BaseException) -> bool:
    """Whether PostgreSQL chose this transaction to give way to another: it may simply run again.

    Also where the error is one for clients that was made of PostgreSQL's.
    """
    found = error.__cause__ if isinstance(error, EnsuiteError) else error
    return isinstance(found, asyncpg.PostgresError) and found.sqlstate in CONTENTION


def is_connection_loss(error: BaseException) -> bool:
    """Whether the connection is gone, as opposed to the statement being wrong."""
    if isinstance(error, (OSError, asyncpg.PostgresConnectionError, EOFError)):
        return True
    if isinstance(error, asyncpg.PostgresError):
        # 57P01..57P03: shut down, crash shutdown, cannot connect now; 53300: no connection free;
        # 25P03: cut off after standing still in a transaction.
        return (error.sqlstate or "").startswith("57P0") or error.sqlstate in {"53300", "25P03"}
    if isinstance(error, asyncpg.InternalClientError):
        # What asyncpg says where a connection dies while it looks away, as after the server's last
        # words; the other one is about a type that was changed.
        return not isinstance(error, asyncpg.OutdatedSchemaCacheError)
    return isinstance(error, asyncpg.InterfaceError) and "connection" in str(error)


def translated(error: Exception, title: Callable[[str], str] = str) -> EnsuiteError | None:
    """The error as a client should see it, or None when it is a fault of our own.

    `title` turns the name of a column into what the user calls the field.
    """
    if isinstance(error, EnsuiteError):
        return error
    if is_connection_loss(error):
        return DatabaseUnavailable()
    if not isinstance(error, asyncpg.PostgresError):
        return None
    if isinstance(error, asyncpg.InvalidCachedStatementError):
        return StatementOutdated()
    state = error.sqlstate or ""
    if state in STALE_SCHEMA:
        return CollectionChanged()
    if state == "23505":
        found = _key_columns.search(error.detail or "")
        columns = found.group(1).replace('"', "").split(", ") if found else []
        issues = [
            Issue(f"{title(column)} already exists", UniqueViolation.code, column)
            for column in columns
        ]
        return UniqueViolation(issues[0].message if issues else None, issues=issues)
    if state == "23502":
        column = error.column_name or ""
        message = f"{title(column)} cannot be null"
        return NotNullViolation(message, issues=[Issue(message, NotNullViolation.code, column)])
    kind = _by_sqlstate.get(state)
    if kind in {DatabaseFull, RecordLocked}:
        # PostgreSQL's own words would name a file of the server, or a timeout of ours.
        return kind()
    return kind(str(error)) if kind else None
