"""`workflows:*`: drawing, enabling, revising and starting workflows (contract, section 5.4)."""

import json
import re
from collections.abc import Mapping
from typing import Any, cast

import asyncpg
import msgspec

from ensuite.access import accounts
from ensuite.access.policy import EVERYTHING
from ensuite.api import etags, records
from ensuite.api.call import Answer, Call, enveloped, routes
from ensuite.data.changes import identity_of
from ensuite.data.query import Query, Selection, parse_selection
from ensuite.data.statements import arranged, flight
from ensuite.data.values import plain_object
from ensuite.errors import InvalidParameter, InvalidRequest, Issue, NotFound
from ensuite.ids import ExecutionId
from ensuite.schema.alter import raise_version, random_key
from ensuite.schema.collection import Collection
from ensuite.workflow import definition, options
from ensuite.workflow.bindings import Workflow, WorkflowNotFound, load_workflow
from ensuite.workflow.capture import event_key
from ensuite.workflow.captured import About, unusual
from ensuite.workflow.options import InvalidWorkflow
from ensuite.workflow.outcome import Status
from ensuite.workflow.trigger import InvalidTriggerConfig, RecordTrigger, configured

MANAGE = "pm.workflow.workflows"
MAX_KEY_LENGTH = 64


class UserNotFound(InvalidRequest):
    """`userId` names nobody; see `users:list`."""

    code = "USER_NOT_FOUND"


def named_id(call: Call) -> int:
    """The row of the system's that a call names.

    Raises:
        InvalidParameter: it names none.

    """
    keys = records.named_keys(call)
    if keys is None or keys == "":
        message = "filterByTk is required"
        raise InvalidParameter(message)
    return an_id(keys)


def an_id(given: object) -> int:
    """An id as a client writes it.

    Raises:
        InvalidParameter: no row can have it.

    """
    if not re.fullmatch(r"[0-9]{1,18}", str(given)):
        message = f"filterByTk: {str(given)[:40]!r} is no id"
        raise InvalidParameter(message)
    return int(str(given))


async def shown(call: Call, found_id: int) -> dict[str, Any]:
    """A revision as the API shows it."""
    collection = call.snapshot.catalog["workflows"]
    query = Query(Selection(collection.visible), records.by_keys(collection, found_id))
    return (await call.snapshot.records.reader().find(collection, query))[0]


def checked_key(key: object) -> str:
    """A workflow's key, as `triggerWorkflows` can name it.

    Raises:
        InvalidWorkflow: it is empty, too long, or has characters with a meaning there.

    """
    if (
        not isinstance(key, str)
        or not 0 < len(key) <= MAX_KEY_LENGTH
        or set(key) & set(",!? &=#%/")
    ):
        message = "key is text without , ! and the like, 64 characters at most"
        raise InvalidWorkflow(message)
    return key


def checked_config(call: Call, type_name: object, config: object) -> Mapping[str, Any]:
    """A trigger's configuration.

    Raises:
        InvalidTriggerConfig: it does not fit the type, or names no collection.

    """
    if not isinstance(config, Mapping):
        message = "config is a JSON object"
        raise InvalidTriggerConfig(message)
    trigger = configured(type_name, config)
    if isinstance(trigger, RecordTrigger) and trigger.collection not in call.snapshot.catalog:
        message = f'Collection "{trigger.collection}" does not exist in data source "main"'
        issue = Issue(message, InvalidTriggerConfig.code, "config.collection")
        raise InvalidTriggerConfig(message, issues=(issue,))
    return config


@routes.add("workflows", "list", permission=MANAGE, writes=False)
async def list_workflows(call: Call) -> Answer:
    """One page of workflows (`filter[current]=true`: one row a workflow)."""
    return await records.list_records(call, call.snapshot.catalog["workflows"], EVERYTHING)


@routes.add("workflows", "get", permission=MANAGE, writes=False)
async def get_workflow(call: Call) -> Answer:
    """One revision; `appends[]=nodes` with its nodes.  Its `ETag` is of it and its nodes."""
    return await get_tagged(call, "workflows", "id")


async def get_tagged(call: Call, name: str, key: str) -> Answer:
    """One row of a system collection, with the entity tag of the workflow that `key` names."""
    async with call.means.database.transaction(isolation="repeatable_read") as tx:
        answer = await records.get_record(call, call.snapshot.catalog[name], EVERYTHING, tx)
        found = answer.content["data"]
        if found is None or key not in found:
            return answer
        return etags.tagged(answer, await etags.of_workflow(tx, found[key]))


@routes.add("workflows", "create", permission=MANAGE)
async def create_workflow(call: Call) -> Answer:
    """Make a workflow: `{title, type, sync, enabled, config, options, key?}`."""
    body = plain_object(call.body)
    config: Mapping[str, Any] = {}
    if body.get("config") is not None:
        config = checked_config(call, body.get("type"), body["config"])
    else:
        _ = _checked_type(body.get("type"))
    key = checked_key(body.get("key") or random_key())
    found_id = call.means.ids()
    async with call.means.database.transaction() as tx:
        if await tx.fetchval("SELECT 1 FROM ensuite.workflows WHERE key = $1", key):
            message = f"there is already a workflow with the key {key!r}"
            raise InvalidWorkflow(message)
        _ = await tx.execute(
            "INSERT INTO ensuite.workflows (id, key, title, description, enabled, current, type,"
            " trigger_title, config, sync, options, created_by_id, updated_by_id)"
            " VALUES ($1, $2, $3, $4, $5, true, $6, $7, $8, $9, $10, $11, $11)",
            found_id,
            key,
            text_of(body, "title"),
            text_of(body, "description"),
            _flag(body, "enabled"),
            body["type"],
            text_of(body, "triggerTitle"),
            json.dumps(config),
            _flag(body, "sync"),
            json.dumps(_options(body.get("options", {"timeout": 0}), sync=_flag(body, "sync"))),
            call.actor.user_id,
        )
        tag = await etags.of_workflow(tx, found_id)
        _ = await raise_version(tx)
    call.snapshot = await call.means.snapshots.reload()
    return etags.tagged(enveloped(await shown(call, found_id)), tag)


def _checked_type(type_name: object) -> str:
    try:
        _ = configured(type_name, {})
    except InvalidTriggerConfig as error:
        if "is required" in error.message and error.message.startswith('"'):
            # The type exists; only its configuration is still missing.
            return str(type_name)
        raise
    return str(type_name)


def text_of(body: Mapping[str, Any], name: str) -> str | None:
    """A text of the body.

    Raises:
        InvalidWorkflow: it is something else.

    """
    value = body.get(name)
    if value is not None and not isinstance(value, str):
        message = f"{name} is text"
        raise InvalidWorkflow(message)
    return value


def _flag(body: Mapping[str, Any], name: str) -> bool:
    value = body.get(name)
    if not isinstance(value, bool | None):
        message = f"{name} is true or false"
        raise InvalidWorkflow(message)
    return bool(value)


def _options(given: object, *, sync: bool) -> dict[str, Any]:
    if not isinstance(given, dict):
        message = "options is a JSON object"
        raise InvalidWorkflow(message)
    if options.parsed(given).flow.holds_back and sync:
        message = "options.flow: a sync workflow runs while its caller waits, so nothing holds it"
        issue = Issue(message, InvalidWorkflow.code, "options.flow")
        raise InvalidWorkflow(message, issues=(issue,))
    return given


@routes.add("workflows", "update", permission=MANAGE)
async def update_workflow(call: Call) -> Answer:
    """Change title, description, options, the trigger's configuration; enable and disable."""
    found_id, body = named_id(call), plain_object(call.body)
    async with call.means.database.transaction() as tx:
        row = await definition.locked(tx, found_id)
        etags.require(call, await etags.of_workflow(tx, found_id))
        if "config" in body:
            config = checked_config(call, row["type"], body["config"])
            if row["executed_at"] is not None and config != json.loads(row["config"]):
                message = "config of executed workflow can not be updated"
                raise definition.WorkflowExecuted(message)
            await _set(tx, found_id, "config", json.dumps(config))
        for name in ("title", "description", "triggerTitle"):
            if name in body:
                column = "trigger_title" if name == "triggerTitle" else name
                await _set(tx, found_id, column, text_of(body, name))
        if "options" in body:
            await _set(
                tx, found_id, "options", json.dumps(_options(body["options"], sync=row["sync"]))
            )
        if "enabled" in body:
            await definition.enable(tx, row, enabled=_flag(body, "enabled"))
        _ = await tx.execute(
            "UPDATE ensuite.workflows SET updated_at = $2, updated_by_id = $3 WHERE id = $1",
            found_id,
            call.means.clock.now(),
            call.actor.user_id,
        )
        tag = await etags.of_workflow(tx, found_id)
        _ = await raise_version(tx)
    call.snapshot = await call.means.snapshots.reload()
    return etags.tagged(enveloped([await shown(call, found_id)]), tag)


async def _set(tx: asyncpg.Connection, found_id: int, column: str, value: object) -> None:
    # `column` is one of our own names, never the client's.
    sql = f"UPDATE ensuite.workflows SET {column} = $2 WHERE id = $1"  # noqa: S608
    _ = await tx.execute(sql, found_id, value)


@routes.add("workflows", "revision", permission=MANAGE)
async def revise(call: Call) -> Answer:
    """A new revision (`filter={"key": …}`), or without the key an independent copy."""
    wanted = call.parameters.filter()
    same_key = isinstance(wanted, dict) and bool(wanted.get("key"))
    async with call.means.database.transaction() as tx:
        row = await definition.locked(tx, named_id(call))
        copy_id = await definition.revise(
            tx, row, call.means.ids, same_key=same_key, actor=call.actor.user_id
        )
        _ = await raise_version(tx)
    call.snapshot = await call.means.snapshots.reload()
    return enveloped(await shown(call, copy_id))


@routes.add("workflows", "destroy", permission=MANAGE)
async def destroy_workflows(call: Call) -> Answer:
    """Delete a revision, or with the current one all of them; executions stay."""
    keys = records.named_keys(call)
    ids = [an_id(each) for each in keys] if isinstance(keys, list) else [named_id(call)]
    deleted = 0
    async with call.means.database.transaction() as tx:
        for each in ids:
            row = await tx.fetchrow(
                "SELECT * FROM ensuite.workflows WHERE id = $1 FOR UPDATE", each
            )
            if etags.expected(call) is not None:
                etags.require(call, await etags.of_workflow(tx, each))
            if row is not None:
                await definition.destroy(tx, row)
                deleted += 1
        _ = await raise_version(tx)
    _ = await call.means.snapshots.reload()
    return enveloped(deleted)


@routes.add("workflows", "sync", permission=MANAGE)
async def sync(call: Call) -> Answer:
    """Read the workflows again (they are read at every change anyway)."""
    _ = await call.means.snapshots.reload()
    return Answer(body=b"", status=204)


@routes.add("workflows", "execute", permission=MANAGE)
async def execute(call: Call) -> Answer:
    """Start a revision by hand, enabled or not: `{data, userId, roleName?}`; it runs at once."""
    found_id, body = named_id(call), plain_object(call.body)
    async with call.means.database.connection() as connection:
        try:
            workflow = await load_workflow(connection, found_id)
        except WorkflowNotFound as error:
            raise NotFound(error.message) from error
    context, about = await _context(call, workflow, body)
    new_version_id = None
    one = unusual(
        execution_id := ExecutionId(call.means.ids()),
        workflow,
        event_key(execution_id, workflow.id, "", "manual"),
        context,
        about,
        call.means.clock.now(),
        call.means.dispatcher.owner,
        None,
        traceparent=call.traceparent,
        manually=True,
    )
    sql, order = flight((one.table,))
    dispatcher = call.means.dispatcher
    _ = await call.means.database.commit(sql, arranged(order, one.values))
    call.wrote = True
    dispatcher.hold([one])
    ran = await dispatcher.run_now(one)
    if call.parameters.text("autoRevision") not in {None, "", "0", "false"}:
        async with call.means.database.transaction() as tx:
            row = await definition.locked(tx, found_id)
            new_version_id = await definition.revise(
                tx, row, call.means.ids, same_key=True, actor=call.actor.user_id
            )
            _ = await raise_version(tx)
        _ = await call.means.snapshots.reload()
    status = Status.STARTED if ran is None else ran.status
    answer: dict[str, Any] = {"execution": {"id": one.execution_id, "status": status}}
    if new_version_id is not None:
        answer["newVersionId"] = new_version_id
    return enveloped(answer)


async def _context(call: Call, workflow: Workflow, body: Mapping[str, Any]) -> tuple[str, About]:
    """The trigger's context of an execution by hand (section 6.8), and what it is about."""
    trigger = workflow.trigger
    if not isinstance(trigger, RecordTrigger):
        message = "the workflow's trigger has no valid configuration"
        raise InvalidWorkflow(message)
    if "data" not in body:
        message = "data: a record, or the key of one"
        raise InvalidWorkflow(message)
    user_id = body.get("userId")
    if isinstance(user_id, bool) or not isinstance(user_id, int) or not 0 < user_id < 2**53:
        message = "userId: the number of the user who acts"
        raise InvalidWorkflow(message)
    try:
        account = await accounts.by_id(call.means.database, user_id)
    except accounts.UserNotFound as error:
        message = "user not found"
        raise UserNotFound(message) from error
    data = body["data"]
    collection = call.snapshot.catalog[trigger.collection]
    if not isinstance(data, dict) or trigger.appends:
        key = data.get(collection.target_key[0]) if isinstance(data, dict) else data
        if key is not None:
            selection = parse_selection(call.snapshot.catalog, collection, appends=trigger.appends)
            query = Query(selection, records.by_keys(collection, key), limit=1)
            found = await call.snapshot.records.reader().find(collection, query)
            data = found[0] if found else None
    role = body.get("roleName") or (account.roles[0] if account.roles else None)
    context = {"data": data, "user": account.profile, "roleName": role}
    about = About(collection.name, _known_key(collection, data), None, user_id)
    return msgspec.json.encode(context).decode(), about


def _known_key(collection: Collection, data: object) -> str | None:
    """The key of the record that is given; None: it has none, or is not saved yet."""
    given = cast("Mapping[str, Any]", data) if isinstance(data, Mapping) else {}
    names = collection.primary_key
    if not names or any(given.get(name) is None for name in names):
        return None
    return identity_of(collection, given)
