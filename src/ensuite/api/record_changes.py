"""`record-changes:list`: what became of one record, for those who may view it."""

import json
from collections.abc import Mapping
from typing import Any, cast

from ensuite.access.policy import Grant
from ensuite.api.call import Answer, Call, enveloped, routes
from ensuite.api.conditions import by_keys, scope_of
from ensuite.clock import to_wire
from ensuite.data.changes import identity_of
from ensuite.data.query import MAX_OFFSET, Query, Selection
from ensuite.errors import InvalidFilter, InvalidParameter, NotFound
from ensuite.schema.collection import Collection
from ensuite.storage.database import Row

MAX_PAGE_SIZE = 100
DEFAULT_PAGE_SIZE = 20

_CHANGES = """
SELECT c.*, u.nickname, u.username, u.id AS known_user
FROM ensuite.record_changes c LEFT JOIN ensuite.users u ON u.id = c.user_id
WHERE c.collection = $1 AND c.record_key = $2
ORDER BY c.id DESC LIMIT $3 OFFSET $4
"""


@routes.add("record-changes", "list", writes=False)
async def list_changes(call: Call) -> Answer:
    """What changed in one record, newest first: `filter={"collection": …, "recordKey": …}`."""
    collection, key = _asked(call)
    size = call.parameters.number("pageSize", DEFAULT_PAGE_SIZE, least=1, most=MAX_PAGE_SIZE)
    page = call.parameters.number("page", 1, least=1, most=MAX_OFFSET // MAX_PAGE_SIZE)
    grant = call.snapshot.policy.grant(call.actor, "get", collection)
    identity = await _identity(call, collection, grant, key)
    rows: list[Any] = []
    if identity is not None:
        rows = await call.means.database.fetch(
            _CHANGES, collection.name, identity, size + 1, (page - 1) * size
        )
    meta = {"hasNext": len(rows) > size, "page": page, "pageSize": size}
    return enveloped([_shown(row, grant) for row in rows[:size]], meta)


def _asked(call: Call) -> tuple[Collection, object]:
    """The collection and the key of the record.

    Raises:
        InvalidFilter: the filter does not name just these two.
        InvalidParameter: another order is asked for.
        NotFound: there is no such collection, or it is the system's.

    """
    given = call.parameters.filter()
    wanted = cast("Mapping[str, object]", given) if isinstance(given, Mapping) else {}
    name = wanted.get("collection")
    if not isinstance(name, str) or set(wanted) != {"collection", "recordKey"}:
        message = 'filter: name the record, as in {"collection": "posts", "recordKey": "12"}'
        raise InvalidFilter(message)
    if call.parameters.names("sort") not in ([], ["-id"]):
        message = "sort: the newest change comes first (-id), there is no other order"
        raise InvalidParameter(message)
    collection = call.snapshot.catalog[name]
    if collection.system:
        message = f"of {collection.name!r} no changes are kept"
        raise NotFound(message)
    return collection, wanted["recordKey"]


async def _identity(call: Call, collection: Collection, grant: Grant, key: object) -> str | None:
    """The record's key as changes are kept under it; None: the role may not know it."""
    condition = by_keys(collection, key) & scope_of(call, collection, grant)
    query = Query(Selection(collection.primary_key), condition, limit=1)
    found = await call.snapshot.records.reader().find(collection, query)
    if found:
        return identity_of(collection, found[0])
    # Of a record that is gone nobody can tell any more whether it was in a role's scope.
    return str(key) if grant.scope is None else None


def _shown(row: Row, grant: Grant) -> dict[str, Any]:
    user = None
    if row["known_user"] is not None:
        user = {"id": row["user_id"], "nickname": row["nickname"], "username": row["username"]}
    return {
        "id": row["id"],
        "collection": row["collection"],
        "recordKey": row["record_key"],
        "action": row["action"],
        "createdAt": to_wire(row["created_at"]),
        "userId": row["user_id"],
        "user": user,
        "executionId": row["execution_id"],
        "changes": [each for each in json.loads(row["changes"]) if grant.allows(each["field"])],
    }
