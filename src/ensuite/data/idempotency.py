"""Keys under which a call is carried out once: their rows, and how they are written.

The row of a call on records is written in the statement, or in the transaction, that writes the
records: either both are there or neither is.  A row is looked at for 24 hours.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from ensuite.data.changes import Rider
from ensuite.storage.database import Database, Transaction

KEPT = timedelta(hours=24)
"""How long a key stands for its call; after that it is a new one."""

MAX_BODY_BYTES = 4 * 1024 * 1024
"""Of an answer that is kept; after a larger one a repeat is answered from the database."""

idempotency_keys = sa.Table(
    "idempotency_keys",
    sa.MetaData(),
    sa.Column("user_id", sa.BigInteger()),
    sa.Column("key", sa.Text()),
    sa.Column("fingerprint", postgresql.BYTEA()),
    sa.Column("operation_id", sa.BigInteger()),
    sa.Column("owner", sa.BigInteger()),
    sa.Column("created_at", sa.DateTime(timezone=True)),
    sa.Column("action", sa.Text()),
    sa.Column("collection", sa.Text()),
    sa.Column("record_keys", postgresql.JSON()),
    sa.Column("workflows", postgresql.JSON()),
    schema="ensuite",
)
"""The columns that are written with the records; the answer comes later."""

_FIND = """
SELECT fingerprint, operation_id, owner, created_at, action, collection, record_keys, workflows,
    status, headers, body
FROM ensuite.idempotency_keys WHERE user_id = $1 AND key = $2
"""

# Waits for whoever is about to commit the same key, and does nothing then.
_CLAIM = """
INSERT INTO ensuite.idempotency_keys
    (user_id, key, fingerprint, operation_id, owner, created_at, action)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT DO NOTHING
RETURNING operation_id
"""

_COMPLETE = """
UPDATE ensuite.idempotency_keys
SET action = $4, collection = $5, record_keys = $6, workflows = $7
WHERE user_id = $1 AND key = $2 AND operation_id = $3
"""

_ANSWER = """
UPDATE ensuite.idempotency_keys SET status = $4, headers = $5, body = $6
WHERE user_id = $1 AND key = $2 AND operation_id = $3
"""

_FORGET = """
DELETE FROM ensuite.idempotency_keys WHERE user_id = $1 AND key = $2 AND operation_id = $3
"""

# An advisory lock of eight bytes shows as two numbers of four.
_IS_ALIVE = """
SELECT EXISTS (
    SELECT 1 FROM pg_locks
    WHERE locktype = 'advisory' AND objsubid = 1 AND granted
        AND (classid::bigint << 32) | objid::bigint = $1
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
)
"""


class KeyTaken(Exception):
    """Another call has been carried out under this key meanwhile: nothing was written."""


class Key(msgspec.Struct, frozen=True):
    """A key as one call gives it."""

    user_id: int
    text: str
    fingerprint: bytes
    operation_id: int
    owner: int


class Facts(msgspec.Struct, frozen=True):
    """What a call did, as far as an answer can be made of it."""

    action: str
    collection: str
    record_keys: Sequence[Sequence[Any]]
    """The primary keys of the records that it touched, as JSON values."""
    workflows: Sequence[Mapping[str, Any]]
    """Entries of `meta.workflows`, with the executions in place of their states."""


class Done(msgspec.Struct, frozen=True):
    """What is known of the call that was made under a key."""

    fingerprint: bytes
    operation_id: int
    owner: int
    facts: Facts | None
    """None: it was no call on records."""
    status: int | None
    headers: Sequence[tuple[bytes, bytes]]
    body: bytes | None


def rider(key: Key, facts: Facts, now: datetime) -> Rider:
    """The key's row, to be written with a record."""
    return Rider(
        idempotency_keys,
        (
            key.user_id,
            key.text,
            key.fingerprint,
            key.operation_id,
            key.owner,
            now,
            facts.action,
            facts.collection,
            _json(facts.record_keys),
            _json(facts.workflows),
        ),
    )


async def claim_in(tx: Transaction, key: Key, action: str, now: datetime) -> None:
    """Write the key's row before anything else of a transaction.

    Raises:
        KeyTaken: it is there already.

    """
    made = await tx.fetchval(
        _CLAIM,
        key.user_id,
        key.text,
        key.fingerprint,
        key.operation_id,
        key.owner,
        now,
        action,
    )
    if made is None:
        raise KeyTaken


async def complete_in(tx: Transaction, key: Key, facts: Facts) -> None:
    """Say in a claimed row what the transaction did."""
    _ = await tx.execute(
        _COMPLETE,
        key.user_id,
        key.text,
        key.operation_id,
        facts.action,
        facts.collection,
        _json(facts.record_keys),
        _json(facts.workflows),
    )


async def forget(connection: Transaction | Database, key: Key, operation_id: int) -> None:
    """Let the key stand for nothing, unless another call has taken it meanwhile."""
    _ = await connection.execute(_FORGET, key.user_id, key.text, operation_id)


async def keep_answer(
    database: Database,
    key: Key,
    status: int,
    headers: Sequence[tuple[bytes, bytes]],
    body: bytes | None,
) -> None:
    """Store what the call is answered; None: it has been answered, but that is not kept."""
    if body is not None and len(body) > MAX_BODY_BYTES:
        body = None
    shown = _json([(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers])
    _ = await database.execute(
        _ANSWER, key.user_id, key.text, key.operation_id, status, shown, body
    )


async def found(database: Database, key: Key, now: datetime) -> Done | None:
    """What was done under the key in the last 24 hours; an older row makes room."""
    row = await database.fetchrow(_FIND, key.user_id, key.text)
    if row is None:
        return None
    if row["created_at"] <= now - KEPT:
        await forget(database, key, row["operation_id"])
        return None
    return _done(row)


async def is_alive(database: Database, owner: int) -> bool:
    """Whether the process that claimed a key still runs."""
    row = await database.fetchrow(_IS_ALIVE, owner)
    return row is not None and bool(row[0])


def _done(row: asyncpg.Record) -> Done:
    facts = None
    if row["collection"] is not None:
        facts = Facts(
            row["action"],
            row["collection"],
            msgspec.json.decode(row["record_keys"]),
            msgspec.json.decode(row["workflows"]),
        )
    headers = msgspec.json.decode(row["headers"] or "[]")
    return Done(
        row["fingerprint"],
        row["operation_id"],
        row["owner"],
        facts,
        row["status"],
        [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers],
        row["body"],
    )


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
