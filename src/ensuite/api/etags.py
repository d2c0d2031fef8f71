"""`ETag` and `If-Match` (RFC 9110, sections 8.8.3 and 13.1.1): who writes has seen what is there.

An entity tag is a digest of a state.  It is read no later than what it stands for, and compared in
the transaction that writes, with the row locked: of two writers that saw the same, one wins.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

import asyncpg
import msgspec

from ensuite.api.call import Answer, Call
from ensuite.errors import EnsuiteError
from ensuite.schema.collection import Collection

# What an execution changes by itself is no edit that somebody could overwrite.
_WORKFLOW = """
SELECT md5(
    (to_jsonb(w) - 'executed_at' - 'deleted_executions')::text
    || coalesce(
        (
            SELECT jsonb_agg(to_jsonb(n) ORDER BY n.id)::text
            FROM ensuite.flow_nodes n WHERE n.workflow_id = w.id
        ),
        ''
    )
)
FROM ensuite.workflows w WHERE w.id = $1
"""

DIGEST_BYTES = 12


class PreconditionFailed(EnsuiteError):
    """It has changed since you read it, or is gone; read it again before you write."""

    code = "PRECONDITION_FAILED"
    status = 412


def tagged(answer: Answer, tag: str | None) -> Answer:
    """The answer with its entity tag, if there is one."""
    if tag is not None:
        answer.headers = [*answer.headers, (b"etag", tag.encode())]
    return answer


def expected(call: Call) -> str | None:
    """What `If-Match` says; None: the call writes whatever is there."""
    given = call.headers.get(b"if-match")
    return None if given is None else given.decode("latin-1")


def require(call: Call, tag: str | None) -> None:
    """Let only those write whose `If-Match` names this state; None: nothing is there.

    Raises:
        PreconditionFailed: it names others, or `*` where nothing is.

    """
    wanted = expected(call)
    if wanted is None:
        return
    names = {each.strip() for each in wanted.split(",")}
    if tag is None or not names & {"*", tag}:
        raise PreconditionFailed


async def of_workflow(connection: asyncpg.Connection, workflow_id: int) -> str | None:
    """The entity tag of a workflow with its nodes; None where there is no such workflow."""
    digest = await connection.fetchval(_WORKFLOW, workflow_id)
    return None if digest is None else f'"{digest}"'


def of_value(value: Any) -> str:
    """The entity tag of what is shown as JSON."""
    digest = hashlib.blake2b(msgspec.json.encode(value), digest_size=DIGEST_BYTES)
    return f'"{digest.hexdigest()}"'


def of_record(collection: Collection, record: Mapping[str, Any]) -> str | None:
    """The entity tag of a record: its key and when it was updated.

    None where it does not show these, or where nobody keeps the time of updates.
    """
    names = (*collection.identity, "updatedAt")
    if collection.system or "updatedAt" not in collection.filled_by_server:
        return None
    if not all(record.get(name) is not None for name in names):
        return None
    return of_value([record[name] for name in names])
