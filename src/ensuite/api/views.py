"""`views:*`: how each user likes to see a collection; everybody has only the own ones."""

import json
from typing import Any

import asyncpg
from pydantic import StrictBool, ValidationInfo, field_validator

from ensuite.api.bodies import Body, Label, checked, within
from ensuite.api.call import Answer, Call, enveloped, routes
from ensuite.api.workflows import named_id
from ensuite.clock import to_wire
from ensuite.data.values import plain_object
from ensuite.errors import InvalidRequest, Issue, NotFound
from ensuite.storage.database import Row

MAX_VIEWS = 50
"""Views that one user keeps of a collection."""

MAX_CONFIG_BYTES = 16 * 1024

SET_BY_SERVER = frozenset({"id", "createdAt", "updatedAt"})
"""Parts of a view that are not written as they come."""


class InvalidView(InvalidRequest):
    """A view cannot be like this; each entry of `errors` names one field of it."""

    code = "INVALID_VIEW"


class ViewNotFound(NotFound):
    """You have no such view; `views:list` shows yours."""

    code = "VIEW_NOT_FOUND"


class View(Body):
    """A view as clients write it; the context of its validation is the call."""

    collection: str
    name: Label
    config: dict[str, Any]
    is_default: StrictBool = False

    @field_validator("collection")
    @classmethod
    def _exists(cls, name: str, info: ValidationInfo) -> str:
        assert isinstance(info.context, Call), "the call is the context of the validation"
        found = info.context.snapshot.catalog.collections.get(name)
        if found is None or found.system:
            raise ValueError(f"there is no collection {name!r}")
        return name

    @field_validator("config")
    @classmethod
    def _fits(cls, config: dict[str, Any]) -> dict[str, Any]:
        within(config, MAX_CONFIG_BYTES)
        return config


def _shown(row: Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "collection": row["collection"],
        "name": row["name"],
        "config": json.loads(row["config"]),
        "isDefault": row["is_default"],
        "createdAt": to_wire(row["created_at"]),
        "updatedAt": to_wire(row["updated_at"]),
    }


async def _own(tx: asyncpg.Connection, call: Call) -> None:
    """Let no other call change the user's views until this transaction ends."""
    _ = await tx.execute(
        "SELECT 1 FROM ensuite.users WHERE id = $1 FOR NO KEY UPDATE", call.actor.user_id
    )


async def _found(tx: asyncpg.Connection, call: Call, view_id: int) -> asyncpg.Record:
    row = await tx.fetchrow(
        "SELECT * FROM ensuite.views WHERE id = $1 AND user_id = $2", view_id, call.actor.user_id
    )
    if row is None:
        raise ViewNotFound
    return row


async def _make_room(tx: asyncpg.Connection, call: Call, view: View, view_id: int) -> None:
    """See that the name is free and the default is this one, if it is to be.

    Raises:
        InvalidView: another view of the collection has the name, or there are too many.

    """
    others = await tx.fetch(
        "SELECT name FROM ensuite.views WHERE user_id = $1 AND collection = $2 AND id <> $3",
        call.actor.user_id,
        view.collection,
        view_id,
    )
    if any(each["name"] == view.name for each in others):
        message = f"name: you have a view {view.name!r} of this collection already"
        raise InvalidView(message, issues=[Issue(message, InvalidView.code, "name")])
    if len(others) >= MAX_VIEWS:
        message = f"you have {MAX_VIEWS} views of this collection: destroy some first"
        raise InvalidView(message)
    if view.is_default:
        _ = await tx.execute(
            "UPDATE ensuite.views SET is_default = false"
            " WHERE user_id = $1 AND collection = $2 AND id <> $3 AND is_default",
            call.actor.user_id,
            view.collection,
            view_id,
        )


@routes.add("views", "list", writes=False)
async def list_views(call: Call) -> Answer:
    """The own views of a collection, or all of them."""
    rows = await call.means.database.fetch(
        "SELECT * FROM ensuite.views"
        " WHERE user_id = $1 AND ($2::text IS NULL OR collection = $2)"
        " ORDER BY collection, name",
        call.actor.user_id,
        call.parameters.text("collection") or None,
    )
    return enveloped([_shown(row) for row in rows])


@routes.add("views", "create")
async def create_view(call: Call) -> Answer:
    """Keep a view: `{collection, name, config, isDefault?}`."""
    given = {k: v for k, v in plain_object(call.body).items() if k not in SET_BY_SERVER}
    view = checked(View, given, InvalidView, call)
    view_id = call.means.ids()
    async with call.means.database.transaction() as tx:
        await _own(tx, call)
        await _make_room(tx, call, view, view_id)
        row = await tx.fetchrow(
            "INSERT INTO ensuite.views"
            " (id, user_id, collection, name, config, is_default, created_at, updated_at)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $7) RETURNING *",
            view_id,
            call.actor.user_id,
            view.collection,
            view.name,
            json.dumps(view.config),
            view.is_default,
            call.means.clock.now(),
        )
    assert row is not None, "RETURNING gives the row"
    return enveloped(_shown(row))


@routes.add("views", "update")
async def update_view(call: Call) -> Answer:
    """Change an own view's name, its configuration, or whether it is the default one."""
    view_id, given = named_id(call), plain_object(call.body)
    async with call.means.database.transaction() as tx:
        await _own(tx, call)
        before = _shown(await _found(tx, call, view_id))
        merged = {k: v for k, v in {**before, **given}.items() if k not in SET_BY_SERVER}
        if merged["collection"] != before["collection"]:
            message = f"collection: a view stays with its collection, {before['collection']!r}"
            raise InvalidView(message)
        view = checked(View, merged, InvalidView, call)
        await _make_room(tx, call, view, view_id)
        row = await tx.fetchrow(
            "UPDATE ensuite.views SET name = $2, config = $3, is_default = $4, updated_at = $5"
            " WHERE id = $1 RETURNING *",
            view_id,
            view.name,
            json.dumps(view.config),
            view.is_default,
            call.means.clock.now(),
        )
    assert row is not None, "its user is locked"
    return enveloped([_shown(row)])


@routes.add("views", "destroy")
async def destroy_view(call: Call) -> Answer:
    """Forget an own view."""
    view_id = named_id(call)
    async with call.means.database.transaction() as tx:
        _ = await _found(tx, call, view_id)
        _ = await tx.execute("DELETE FROM ensuite.views WHERE id = $1", view_id)
    return enveloped(1)
