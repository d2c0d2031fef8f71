"""Roles as the database holds them, read into the snapshot's policy."""

import json
from collections import defaultdict

import asyncpg

from ensuite.access.policy import GROUPS, Grant, Policy, Role
from ensuite.storage.database import Row

_RESOURCES = """
SELECT r.role_name, r.name AS collection, a.name AS action, a.fields, s.scope, s.key AS scope_key
FROM ensuite.role_resources r
LEFT JOIN ensuite.role_resource_actions a ON a.resource_id = r.id
LEFT JOIN ensuite.role_scopes s ON s.id = a.scope_id
WHERE r.using_actions_config AND r.data_source_key = 'main'
"""


async def load_policy(connection: asyncpg.Connection) -> Policy:
    """Read every role; call it in the transaction that reads the catalog."""
    resources: dict[str, dict[str, dict[str, Grant]]] = defaultdict(lambda: defaultdict(dict))
    for row in await connection.fetch(_RESOURCES):
        granted = resources[row["role_name"]][row["collection"]]
        if row["action"] is not None:
            permission = GROUPS.get(row["action"], row["action"])
            granted[permission] = _grant(row)
    roles = await connection.fetch("SELECT name, title, strategy, snippets FROM ensuite.roles")
    return Policy(
        Role(
            name=row["name"],
            title=row["title"],
            strategy=frozenset(_actions(row["strategy"])),
            snippets=tuple(json.loads(row["snippets"])),
            resources=resources.get(row["name"], {}),
        )
        for row in roles
    )


def _actions(strategy: str | None) -> list[str]:
    decoded = json.loads(strategy) if strategy else None
    actions = decoded.get("actions") if isinstance(decoded, dict) else None
    return [each for each in actions or () if isinstance(each, str)]


def _grant(row: Row) -> Grant:
    fields = json.loads(row["fields"])
    scope = json.loads(row["scope"]) if row["scope"] else {}
    # No fields means all of them (wire contract, section 4.3).
    return Grant(frozenset(fields) if fields else None, scope or None)
