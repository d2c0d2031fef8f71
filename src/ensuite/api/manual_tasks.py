"""`workflowManualTasks:*`, `userWorkflowTasks:*`: what executions ask of people (section 5.4).

Whoever is asked may read the task and answer it, in any role.  Of the record that the execution
is about, they see what their role may view.  Who may manage workflows may ask somebody else, also
in place of a user who has been deleted: that user's tasks stay open.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ensuite.api import records
from ensuite.api.call import Answer, Call, enveloped, routes
from ensuite.api.conditions import scope_of
from ensuite.api.lists import DEFAULT_PAGE_SIZE, shown_names
from ensuite.api.workflows import MANAGE, UserNotFound, named_id
from ensuite.data.changes import identity_of
from ensuite.data.filters import Filter, Keys, Parser
from ensuite.data.query import MAX_OFFSET, Query, Selection, parse_sort
from ensuite.data.reading import Record
from ensuite.data.values import plain_object
from ensuite.data.variables import substituted
from ensuite.errors import Conflict, Forbidden, InvalidRequest, NotFound
from ensuite.ids import JobId
from ensuite.schema.collection import Collection
from ensuite.storage.database import Row, Transaction
from ensuite.workflow import tasks
from ensuite.workflow.outcome import Status
from ensuite.workflow.questions import checked

TASKS = "workflowManualTasks"

MAX_PAGE_SIZE = 100

_Key = tuple[str | None, str | None]
"""A collection's name and the key of one of its records."""

_COUNTS = """
SELECT
    (SELECT count(*) FROM ensuite.manual_tasks WHERE user_id = $1 AND status = 0) AS pending,
    (SELECT count(*) FROM ensuite.manual_tasks WHERE user_id = $1) AS every
"""


class TaskNotFound(NotFound):
    """There is no such task; `workflowManualTasks:listMine` shows yours."""

    code = "TASK_NOT_FOUND"


class TaskNotPending(InvalidRequest):
    """The task has been answered, or the execution does not wait for it any more."""

    code = "TASK_NOT_PENDING"


class TaskExpired(InvalidRequest):
    """Execution timed out"""  # noqa: D400 - the contract's wording

    code = "EXECUTION_TIMED_OUT"


class AlreadyAsked(Conflict):
    """This user is asked by another task of the same step; name somebody who is not."""

    code = "ALREADY_ASKED"


@routes.add(TASKS, "listMine", writes=False)
async def list_mine(call: Call) -> Answer:
    """One page of the caller's tasks, newest first, each with what it is about."""
    parameters, catalog = call.parameters, call.snapshot.catalog
    collection = catalog[TASKS]
    size = parameters.number("pageSize", DEFAULT_PAGE_SIZE, least=1, most=MAX_PAGE_SIZE)
    page = parameters.number("page", 1, least=1, most=MAX_OFFSET // MAX_PAGE_SIZE)
    sort = parse_sort(
        catalog, collection, parameters.names("sort") or ["-id"], viewable=_only_tasks
    )
    parser = Parser(catalog, call.zone, viewable=_only_tasks)
    condition = parser.parse(collection, {"userId": {"$eq": call.actor.user_id}})
    given = parameters.filter()
    if given is not None:
        condition &= parser.parse(collection, substituted(given, call.actor, call.zone))
    query = Query(Selection(collection.visible), condition, sort).limited(size, (page - 1) * size)
    found = await call.snapshot.records.reader().page(collection, query)
    count = found.count or 0
    meta = {"count": count, "page": page, "pageSize": size, "totalPage": -(-count // size)}
    return enveloped(await _shown(call, found.records), meta)


@routes.add(TASKS, "get", writes=False)
async def get_task(call: Call) -> Answer:
    """One of the caller's tasks, with what it is about."""
    return enveloped(await _one(call, named_id(call)))


@routes.add(TASKS, "submit")
async def submit(call: Call) -> Answer:
    """Answer a task: `{result: {form: {…}, _: <actionKey>}}`; 202, the execution goes on."""
    task_id, body = named_id(call), plain_object(call.body)
    now = call.means.clock.now()
    async with call.means.database.transaction() as tx:
        job_id = JobId((await _own(tx, call, task_id))["job_id"])
        job = await tasks.waiting_job(tx, job_id)
        # Read again: under the lock of its execution no other answer and no deadline comes between.
        task = await _own(tx, call, task_id)
        if job is None or task["status"] != Status.STARTED:
            raise TaskNotPending
        if task["expires_at"] is not None and task["expires_at"] <= now:
            raise TaskExpired
        status, result = checked(tasks.form_of(task), body.get("result"))
        decided = await tasks.answer(tx, job, task, status, result, now)
    if decided:
        call.means.dispatcher.announce()
    return Answer({"data": await _one(call, task_id)}, status=202)


@routes.add(TASKS, "reassign", permission=MANAGE)
async def reassign(call: Call) -> Answer:
    """Ask somebody else in place of who has an open task: `{userId}`; a draft is let go."""
    task_id, user_id = named_id(call), _user_id(plain_object(call.body))
    now = call.means.clock.now()
    async with call.means.database.transaction() as tx:
        job = await tasks.waiting_job(tx, JobId((await _any(tx, task_id))["job_id"]))
        # Read again under the lock of its execution, as an answer does.
        task = await _any(tx, task_id)
        if job is None or task["status"] != Status.STARTED:
            raise TaskNotPending
        if task["expires_at"] is not None and task["expires_at"] <= now:
            raise TaskExpired
        if not await tx.fetchval("SELECT 1 FROM ensuite.users WHERE id = $1", user_id):
            raise UserNotFound
        if not await tasks.reassign(tx, job, task, user_id, now):
            raise AlreadyAsked
    collection = call.snapshot.catalog[TASKS]
    query = Query(Selection(collection.visible), records.by_keys(collection, task_id))
    return enveloped((await call.snapshot.records.reader().find(collection, query))[0])


def _user_id(body: Mapping[str, Any]) -> int:
    given = body.get("userId")
    if isinstance(given, bool) or not isinstance(given, int) or not 0 < given < 2**53:
        raise UserNotFound
    return given


@routes.add("userWorkflowTasks", "listMine", writes=False)
async def count_mine(call: Call) -> Answer:
    """How many tasks the caller has: `stats` counts those that are `pending`, and `all`."""
    row = await call.means.database.fetchrow(_COUNTS, call.actor.user_id)
    assert row is not None, "a count is a row"
    stats = {"pending": row["pending"], "all": row["every"]}
    return enveloped([{"userId": call.actor.user_id, "type": "manual", "stats": stats}])


async def _own(tx: Transaction, call: Call, task_id: int) -> Row:
    """A task of the caller.

    Raises:
        TaskNotFound: there is none.
        Forbidden: somebody else is asked.

    """
    task = await _any(tx, task_id)
    if task["user_id"] != call.actor.user_id:
        raise Forbidden
    return task


async def _any(tx: Transaction, task_id: int) -> Row:
    task = await tx.fetchrow("SELECT * FROM ensuite.manual_tasks WHERE id = $1", task_id)
    if task is None:
        raise TaskNotFound
    return task


async def _one(call: Call, task_id: int) -> dict[str, Any]:
    collection = call.snapshot.catalog[TASKS]
    query = Query(Selection(collection.visible), records.by_keys(collection, task_id))
    found = await call.snapshot.records.reader().find(collection, query)
    if not found:
        raise TaskNotFound
    if found[0]["userId"] != call.actor.user_id:
        raise Forbidden
    return (await _shown(call, found))[0]


def _only_tasks(collection: Collection) -> frozenset[str] | None:
    """Nobody finds out by filters what lies behind a task."""
    return None if collection.name == TASKS else frozenset()


async def _shown(call: Call, found: Sequence[Record]) -> list[dict[str, Any]]:
    """Tasks with their workflow, their node, and the record as far as the role may view it."""
    workflows = await _by_id(call, "workflows", ("id", "key", "title"), found, "workflowId")
    nodes = await _by_id(call, "flow_nodes", ("id", "key", "title"), found, "nodeId")
    names = ("id", "status", "collection", "recordKey", "createdAt")
    executions = await _by_id(call, "executions", names, found, "executionId")
    viewed = await _records(call, executions.values())
    shown: list[dict[str, Any]] = []
    for task in found:
        execution = dict(executions.get(task["executionId"]) or {})
        about = (execution.pop("collection", None), execution.pop("recordKey", None))
        record = viewed.get(about)
        workflow, node = workflows.get(task["workflowId"]), nodes.get(task["nodeId"])
        title = task["title"] or (node or {}).get("title") or (workflow or {}).get("title")
        shown.append(
            {
                **task,
                "title": title,
                "workflow": workflow,
                "node": node,
                "execution": execution or None,
                "collection": None if record is None else about[0],
                "recordKey": None if record is None else about[1],
                "record": record,
            }
        )
    return shown


async def _by_id(
    call: Call, name: str, fields: tuple[str, ...], found: Sequence[Record], reference: str
) -> Mapping[int, Record]:
    ids = list({task[reference] for task in found})
    if not ids:
        return {}
    query = Query(Selection(fields), Filter(Keys("id"), (ids,)))
    rows = await call.snapshot.records.reader().find(call.snapshot.catalog[name], query)
    return {row["id"]: row for row in rows}


async def _records(call: Call, executions: Iterable[Record]) -> Mapping[_Key, Record]:
    """The records that executions are about, by collection and key: those the role may view."""
    keys: dict[str, set[str]] = defaultdict(set)
    for execution in executions:
        if execution["collection"] is not None and execution["recordKey"] is not None:
            keys[execution["collection"]].add(execution["recordKey"])
    viewed: dict[_Key, Record] = {}
    for name, wanted in keys.items():
        collection = call.snapshot.catalog.collections.get(name)
        # A key of several fields is not written in a form that can be looked up.
        if collection is None or len(collection.primary_key) != 1:
            continue
        grant = call.snapshot.policy.may(call.actor, "get", collection)
        if grant is None:
            continue
        [key] = collection.primary_key
        parsed = [collection.columns[key].parse(each) for each in wanted]
        condition = Filter(Keys(key), (parsed,)) & scope_of(call, collection, grant)
        query = Query(Selection(shown_names(collection, grant)), condition)
        for record in await call.snapshot.records.reader().find(collection, query):
            viewed[name, identity_of(collection, record)] = record
    return viewed
