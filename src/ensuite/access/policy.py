"""What a role may do: pure decisions over the roles of the snapshot (wire contract, section 4)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import Any

from ensuite.access.actor import ROOT, Actor
from ensuite.errors import Forbidden
from ensuite.schema.collection import Collection

OWN_SCOPE: Mapping[str, Any] = MappingProxyType(
    {"createdById": {"$eq": "{{ctx.state.currentUser.id}}"}}
)

GROUPS: Mapping[str, str] = {
    "list": "view",
    "get": "view",
    "query": "view",
    "create": "create",
    "firstOrCreate": "create",
    "updateOrCreate": "create",
    "update": "update",
    "move": "update",
    "add": "update",
    "set": "update",
    "remove": "update",
    "toggle": "update",
    "destroy": "destroy",
}
"""Actions of the API by the permission that covers them (section 4.2)."""

PERMISSIONS = frozenset({*GROUPS.values(), "export", "importXlsx", "trigger"})
"""What a role may be given, in general or in a collection."""

ALWAYS_VISIBLE = ("createdAt", "updatedAt", "createdById")


@dataclass(frozen=True, slots=True)
class Grant:
    """A permission: on which fields (None: all) and records (None: all; else a filter)."""

    fields: frozenset[str] | None = None
    scope: Mapping[str, Any] | None = field(default=None, hash=False)

    def allows(self, name: str) -> bool:
        """Whether the field of this name is included."""
        return self.fields is None or name in self.fields


EVERYTHING = Grant()


@dataclass(frozen=True)
class Role:
    """A role as it is configured."""

    name: str
    title: str | None = None
    strategy: frozenset[str] = frozenset()
    """`view`, `view:own`, …: what it may do in collections without a configuration of their own."""
    snippets: tuple[str, ...] = ()
    resources: Mapping[str, Mapping[str, Grant]] = field(default_factory=dict)
    """Collections with their own configuration: only the listed actions are allowed."""

    def has_snippet(self, name: str) -> bool:
        """Whether an administrative permission such as `pm.workflow.workflows` is granted."""
        if self.name == ROOT:
            return True
        if any(fnmatchcase(name, each[1:]) for each in self.snippets if each.startswith("!")):
            return False
        return any(fnmatchcase(name, each) for each in self.snippets)


class Policy:
    """The roles of one snapshot; decisions are computed once and kept with it."""

    def __init__(self, roles: Iterable[Role]) -> None:
        self.roles = {role.name: role for role in roles}
        self._decided: dict[tuple[str, str, str], Grant | None] = {}

    def grant(self, actor: Actor, action: str, collection: Collection) -> Grant:
        """What the actor's role may do with a collection.

        `action` is one of the API's actions (`list`, `create`, …) or a permission (`view`).
        The system's own collections can only be viewed by it, whoever asks: their own routes
        write them.  Otherwise a nested `createdBy: {"password": …}` would be a way around these.

        Raises:
            Forbidden: nothing.

        """
        if collection.system and GROUPS.get(action, action) != "view":
            raise Forbidden
        if actor.role == ROOT:
            return EVERYTHING
        # Bounded by roles x actions x collections; an unknown action never gets here.
        place = (actor.role, action, collection.name)
        if place in self._decided:
            found = self._decided[place]
        else:
            found = self._decided[place] = self._decide(actor.role, action, collection)
        if found is None:
            raise Forbidden
        return found

    def may(self, actor: Actor, action: str, collection: Collection) -> Grant | None:
        """As `grant`, with None in place of the error."""
        try:
            return self.grant(actor, action, collection)
        except Forbidden:
            return None

    def require_snippet(self, actor: Actor, name: str) -> None:
        """Let only those pass who have an administrative permission.

        Raises:
            Forbidden: the role does not have it.

        """
        role = self.roles.get(actor.role)
        if role is None or not role.has_snippet(name):
            raise Forbidden

    def _decide(self, role_name: str, action: str, collection: Collection) -> Grant | None:
        role = self.roles.get(role_name)
        if role is None:
            return None
        permission = GROUPS.get(action, action)
        if collection.name in role.resources:
            found = role.resources[collection.name].get(permission)
            if found is None or permission != "view" or found.fields is None:
                return found
            return Grant(self._visible(found.fields, collection), found.scope)
        if permission in role.strategy:
            return EVERYTHING
        if f"{permission}:own" in role.strategy:
            if permission == "create":
                return EVERYTHING
            return Grant(None, OWN_SCOPE) if "createdById" in collection.columns else None
        return None

    def _visible(self, fields: frozenset[str], collection: Collection) -> frozenset[str]:
        shown = (*collection.primary_key, *collection.target_key, *ALWAYS_VISIBLE)
        return fields | {name for name in shown if name in collection.columns}
