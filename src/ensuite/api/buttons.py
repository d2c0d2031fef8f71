"""`buttons:*`: what the page of a collection offers to press, and which workflows it starts."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self

import asyncpg
from pydantic import Field, StringConstraints, ValidationInfo, field_validator, model_validator

from ensuite.api.bodies import Body, Labels, Sentences, checked, within
from ensuite.api.call import Answer, Call, enveloped, routes
from ensuite.api.conditions import named_keys
from ensuite.api.workflows import an_id, checked_key, named_id
from ensuite.clock import to_wire
from ensuite.data.filters import Parser
from ensuite.data.values import plain_object
from ensuite.data.variables import substituted
from ensuite.errors import EnsuiteError, InvalidRequest, NotFound
from ensuite.schema.collection import Collection
from ensuite.storage.database import Row
from ensuite.workflow.selection import MAX_PATH, walked

MANAGE = "pm.ui.buttons"

MAX_BUTTONS = 100
"""Buttons of a collection."""

MAX_WORKFLOWS = 20
MAX_ROLES = 100
MAX_ICON_LENGTH = 64
MAX_JSON_BYTES = 16 * 1024
"""Of the condition, and of the values, as JSON."""

SET_BY_SERVER = frozenset({"id", "sort", "createdAt", "updatedAt"})
"""Parts of a button that are not written as they come."""

COLUMNS = {
    "label": "label",
    "icon": "icon",
    "style": "style",
    "scope": "scope",
    "visibleWhen": "visible_when",
    "roles": "roles",
    "confirm": "confirm",
    "workflows": "workflows",
    "values": '"values"',
}
"""What `update` writes, by the name that clients know."""

WITH_VALUES = frozenset({"record", "selection"})


class InvalidButton(InvalidRequest):
    """A button cannot be like this; each entry of `errors` names one field of it."""

    code = "INVALID_BUTTON"


class ButtonNotFound(NotFound):
    """There is no such button; `buttons:list` shows those that exist."""

    code = "BUTTON_NOT_FOUND"


@dataclass(frozen=True)
class Around:
    """What a button is checked against."""

    call: Call
    collection: Collection | None
    """The button's own; None where it names none that exists."""


class Started(Body):
    """A workflow that a button starts: for the record, or for what `path` leads to from it."""

    key: str
    path: Annotated[str, StringConstraints(strip_whitespace=True)] = ""

    @field_validator("key")
    @classmethod
    def _is_a_key(cls, key: str) -> str:
        try:
            return checked_key(key)
        except InvalidRequest as error:
            raise ValueError(error.message) from error

    @field_validator("path")
    @classmethod
    def _leads_somewhere(cls, given: str, info: ValidationInfo) -> str:
        around = _around(info)
        names = tuple(given.split(".")) if given else ()
        if len(names) > MAX_PATH:
            raise ValueError(f"has {MAX_PATH} names at most")
        at = around.collection
        if at is not None and walked(around.call.snapshot.catalog, at, names) is None:
            raise ValueError(f"{at.name!r} has no associations {given!r}")
        return given


class Button(Body):
    """A button as clients write it; the context of its validation is an `Around`."""

    collection: str
    label: Labels
    icon: Annotated[str, StringConstraints(max_length=MAX_ICON_LENGTH)] | None = None
    style: Literal["default", "primary", "danger"] = "default"
    scope: Literal["form", "record", "selection", "table"]
    visible_when: dict[str, Any] | None = None
    roles: list[str] = Field(default_factory=list, max_length=MAX_ROLES)
    confirm: Sentences | None = None
    workflows: list[Started] = Field(default_factory=list, max_length=MAX_WORKFLOWS)
    values: dict[str, Any] | None = None

    @model_validator(mode="before")
    @classmethod
    def _null_is_unset(cls, given: Mapping[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in given.items() if value is not None}

    @field_validator("collection")
    @classmethod
    def _exists(cls, name: str, info: ValidationInfo) -> str:
        if _around(info).collection is None:
            raise ValueError(f"there is no collection {name!r}")
        return name

    @field_validator("visible_when")
    @classmethod
    def _filters(cls, given: dict[str, Any], info: ValidationInfo) -> dict[str, Any]:
        within(given, MAX_JSON_BYTES)
        call, collection = _around(info).call, _around(info).collection
        if collection is not None:
            try:
                parser = Parser(call.snapshot.catalog, call.zone)
                _ = parser.parse(collection, substituted(given, call.maybe_actor, call.zone))
            except EnsuiteError as error:
                raise ValueError(error.message) from error
        return given

    @field_validator("roles")
    @classmethod
    def _are_roles(cls, names: list[str], info: ValidationInfo) -> list[str]:
        unknown = [name for name in names if name not in _around(info).call.snapshot.policy.roles]
        if unknown:
            raise ValueError(f"there is no role {unknown[0]!r}")
        return list(dict.fromkeys(names))

    @field_validator("values")
    @classmethod
    def _are_of_fields(cls, given: dict[str, Any], info: ValidationInfo) -> dict[str, Any]:
        within(given, MAX_JSON_BYTES)
        collection = _around(info).collection
        unknown = [] if collection is None else [n for n in given if n not in collection.fields]
        if unknown:
            raise ValueError(f"there is no field {unknown[0]!r}")
        return given

    @model_validator(mode="after")
    def _sets_values_of_records(self) -> Self:
        if self.values is not None and self.scope not in WITH_VALUES:
            raise ValueError("values: only a button of a record or a selection sets values")
        return self


def _around(info: ValidationInfo) -> Around:
    assert isinstance(info.context, Around), "the context of the validation"
    return info.context


def _checked(call: Call, given: Mapping[str, Any]) -> Button:
    """A button as a client wrote it.

    Raises:
        InvalidButton: with an issue for each part that does not fit.

    """
    found = call.snapshot.catalog.collections.get(str(given.get("collection")))
    around = Around(call, None if found is None or found.system else found)
    own = {name: value for name, value in given.items() if name not in SET_BY_SERVER}
    return checked(Button, own, InvalidButton, around)


def _shown(row: Row) -> dict[str, Any]:
    def decoded(name: str) -> Any:
        return None if row[name] is None else json.loads(row[name])

    return {
        "id": row["id"],
        "collection": row["collection"],
        "label": decoded("label"),
        "icon": row["icon"],
        "style": row["style"],
        "scope": row["scope"],
        "visibleWhen": decoded("visible_when"),
        "roles": decoded("roles"),
        "confirm": decoded("confirm"),
        "workflows": decoded("workflows"),
        "values": decoded("values"),
        "sort": row["sort"],
        "createdAt": to_wire(row["created_at"]),
        "updatedAt": to_wire(row["updated_at"]),
    }


def _stored(button: Button) -> list[Any]:
    """The values of `COLUMNS`, as asyncpg takes them."""
    shown = button.model_dump(by_alias=True)
    plain = {"icon", "style", "scope"}
    return [
        shown[name] if name in plain or shown[name] is None else json.dumps(shown[name])
        for name in COLUMNS
    ]


async def _locked(tx: asyncpg.Connection, collection: str) -> list[asyncpg.Record]:
    """The buttons of a collection in their order, which nobody else changes meanwhile.

    Raises:
        ButtonNotFound: the collection is gone, and with it they are.

    """
    if not await tx.fetchval(
        "SELECT 1 FROM ensuite.collections WHERE name = $1 FOR NO KEY UPDATE", collection
    ):
        raise ButtonNotFound
    return await tx.fetch(
        "SELECT * FROM ensuite.buttons WHERE collection = $1 ORDER BY sort, id", collection
    )


async def _found(tx: asyncpg.Connection, button_id: int) -> asyncpg.Record:
    row = await tx.fetchrow("SELECT * FROM ensuite.buttons WHERE id = $1", button_id)
    if row is None:
        raise ButtonNotFound
    return row


@routes.add("buttons", "list", writes=False)
async def list_buttons(call: Call) -> Answer:
    """The buttons of a collection, or all; without those that are for other roles."""
    collection = call.parameters.text("collection")
    rows = await call.means.database.fetch(
        "SELECT * FROM ensuite.buttons WHERE $1::text IS NULL OR collection = $1"
        " ORDER BY collection, sort, id",
        collection or None,
    )
    role = call.snapshot.policy.roles.get(call.actor.role)
    sees_all = role is not None and role.has_snippet(MANAGE)
    found = [_shown(row) for row in rows]
    return enveloped(
        [
            each
            for each in found
            if sees_all or not each["roles"] or call.actor.role in each["roles"]
        ]
    )


@routes.add("buttons", "create", permission=MANAGE)
async def create_button(call: Call) -> Answer:
    """Make a button: `{collection, label: {en, fr}, scope, workflows: [{key, path}], …}`."""
    button = _checked(call, plain_object(call.body))
    now = call.means.clock.now()
    async with call.means.database.transaction() as tx:
        others = await _locked(tx, button.collection)
        if len(others) >= MAX_BUTTONS:
            message = f"{button.collection!r} has {MAX_BUTTONS} buttons: destroy some first"
            raise InvalidButton(message)
        row = await tx.fetchrow(
            f"INSERT INTO ensuite.buttons (id, collection, sort, created_at, updated_at,"  # noqa: S608 - names of our own
            f" {', '.join(COLUMNS.values())})"
            " VALUES ($1, $2, $3, $4, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) RETURNING *",
            call.means.ids(),
            button.collection,
            1 + max((each["sort"] for each in others), default=0),
            now,
            *_stored(button),
        )
    assert row is not None, "RETURNING gives the row"
    return enveloped(_shown(row))


@routes.add("buttons", "update", permission=MANAGE)
async def update_button(call: Call) -> Answer:
    """Change parts of a button; it stays with its collection."""
    button_id, given = named_id(call), plain_object(call.body)
    async with call.means.database.transaction() as tx:
        name = (await _found(tx, button_id))["collection"]
        _ = await _locked(tx, name)
        # Read after the collection is locked: another change may have been made meanwhile.
        before = _shown(await _found(tx, button_id))
        if given.get("collection", name) != name:
            message = f"collection: a button stays with its collection, {name!r}"
            raise InvalidButton(message)
        button = _checked(call, {**before, **given})
        sets = ", ".join(f"{column} = ${n}" for n, column in enumerate(COLUMNS.values(), 3))
        row = await tx.fetchrow(
            f"UPDATE ensuite.buttons SET updated_at = $2, {sets} WHERE id = $1 RETURNING *",  # noqa: S608 - names of our own
            button_id,
            call.means.clock.now(),
            *_stored(button),
        )
    assert row is not None, "it is locked"
    return enveloped([_shown(row)])


@routes.add("buttons", "destroy", permission=MANAGE)
async def destroy_buttons(call: Call) -> Answer:
    """Delete buttons, and say how many there were."""
    keys = named_keys(call)
    ids = [an_id(each) for each in keys] if isinstance(keys, list) else [named_id(call)]
    tag = await call.means.database.execute(
        "DELETE FROM ensuite.buttons WHERE id = ANY($1::bigint[])", ids
    )
    return enveloped(int(tag.rsplit(" ", 1)[-1]))


@routes.add("buttons", "move", permission=MANAGE)
async def move_button(call: Call) -> Answer:
    """Put a button before or after another of its collection: `{before: id}` or `{after: id}`."""
    button_id, body = named_id(call), plain_object(call.body)
    place = next((each for each in ("before", "after") if each in body), None)
    if place is None or len(body) != 1:
        message = "say before or after which button: {before: id} or {after: id}"
        raise InvalidButton(message)
    async with call.means.database.transaction() as tx:
        row = await _found(tx, button_id)
        ids = [each["id"] for each in await _locked(tx, row["collection"])]
        if body[place] not in ids or button_id not in ids:
            raise ButtonNotFound
        order = [each for each in ids if each != button_id]
        if body[place] != button_id:
            order.insert(order.index(body[place]) + (place == "after"), button_id)
            _ = await tx.execute(
                "UPDATE ensuite.buttons b SET sort = o.sort"
                " FROM unnest($1::bigint[]) WITH ORDINALITY AS o (id, sort) WHERE b.id = o.id",
                order,
            )
        rows = await _locked(tx, row["collection"])
    return enveloped([_shown(each) for each in rows])
