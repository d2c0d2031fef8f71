"""`executions:*`, `jobs:*`: looking at executions, cancelling, deleting (contract, section 5.4)."""

from typing import Any

import asyncpg

from ensuite.access.policy import EVERYTHING
from ensuite.api import records
from ensuite.api.call import Answer, Call, enveloped, routes
from ensuite.api.workflows import MANAGE, an_id, named_id
from ensuite.data.query import Query, Selection, parse_sort
from ensuite.data.values import plain_object
from ensuite.errors import Forbidden, InvalidParameter, InvalidRequest, NotFound
from ensuite.ids import ExecutionId, JobId
from ensuite.workflow import tasks
from ensuite.workflow.deletion import delete_executions
from ensuite.workflow.executions import ABORT_JOBS, STOP, ResultTooLarge
from ensuite.workflow.given import InputTooLarge, input_of
from ensuite.workflow.outcome import EndReason, Status
from ensuite.workflow.reruns import MAX_REPEATED, Reruns, Wish

MAX_DELETED = 5_000
MAX_CANCELLED = 1_000


class ExecutionNotFound(NotFound):
    """There is no such execution."""

    code = "EXECUTION_NOT_FOUND"


class ExecutionEnded(InvalidRequest):
    """The execution has ended already: there is nothing left to cancel."""

    code = "EXECUTION_ENDED"


class JobNotFound(NotFound):
    """There is no such job."""

    code = "JOB_NOT_FOUND"


class JobNotWaiting(InvalidRequest):
    """The job has ended, or is at work: only one that waits can be resumed."""

    code = "JOB_NOT_WAITING"


class StepInputTooLarge(InvalidRequest):
    """What the step was given is more than 1 MiB; look at its configuration and at earlier jobs."""

    code = "STEP_INPUT_TOO_LARGE"


@routes.add("executions", "list", permission=MANAGE, writes=False)
async def list_executions(call: Call) -> Answer:
    """One page of executions."""
    return await records.list_records(call, call.snapshot.catalog["executions"], EVERYTHING)


@routes.add("executions", "get", permission=MANAGE, writes=False)
async def get_execution(call: Call) -> Answer:
    """One execution; `appends[]=jobs` with its jobs."""
    return await records.get_record(call, call.snapshot.catalog["executions"], EVERYTHING)


async def _chosen(call: Call, limit: int) -> list[ExecutionId]:
    """The executions that a call is about, oldest first, up to one more than the limit."""
    collection = call.snapshot.catalog["executions"]
    condition = records.chosen(call, collection, EVERYTHING, required=True)
    sort = parse_sort(call.snapshot.catalog, collection, ("id",))
    query = Query(Selection(("id",)), condition, sort, limit=limit + 1)
    found = await call.snapshot.records.reader().find(collection, query)
    return [ExecutionId(each["id"]) for each in found]


def _is_one(call: Call) -> bool:
    """Whether a call names one execution, and not several or those that match a filter."""
    keys = records.named_keys(call)
    return keys is not None and not isinstance(keys, list)


async def _shown(call: Call, ids: list[ExecutionId]) -> list[dict[str, Any]]:
    collection = call.snapshot.catalog["executions"]
    query = Query(Selection(collection.visible), records.by_keys(collection, ids))
    return await call.snapshot.records.reader().find(collection, query)


@routes.add("executions", "cancel", permission=MANAGE)
async def cancel(call: Call) -> Answer:
    """Cancel executions: they end with status -3, and what still runs of them can write nothing.

    One that `filterByTk` names has to be there and at work; of several, or of those that a filter
    matches, the ones that have ended are left as they are.
    """
    if not _is_one(call):
        ids = (await _chosen(call, MAX_CANCELLED))[:MAX_CANCELLED]
        ended = await _stop(call, ids)
        return enveloped(await _shown(call, [ExecutionId(row["id"]) for row in ended]))
    execution_id = ExecutionId(named_id(call))
    if not await _stop(call, [execution_id]):
        known = "SELECT 1 FROM ensuite.executions WHERE id = $1"
        if await call.means.database.fetchrow(known, execution_id) is None:
            raise ExecutionNotFound
        raise ExecutionEnded
    return enveloped((await _shown(call, [execution_id]))[0])


async def _stop(call: Call, ids: list[ExecutionId]) -> list[asyncpg.Record]:
    """End executions, and stop what runs of them in whichever process; those that were at work."""
    now = call.means.clock.now()
    async with call.means.database.transaction() as tx:
        ended = await tx.fetch(STOP, ids, Status.ABORTED, EndReason.MANUAL_CANCEL, now)
        _ = await tx.execute(ABORT_JOBS, [row["id"] for row in ended], now)
    for _ in ended:
        call.means.dispatcher.means.measures.rests(Status.ABORTED)
    await call.means.dispatcher.stopped(ended)
    return ended


@routes.add("executions", "rerun", permission=MANAGE)
async def rerun(call: Call) -> Answer:
    """Run ended executions again: `{from?: failed or start, revision?: same or newest, nodeKey?}`.

    Each becomes a new execution, which names the earlier one as `rerunOfId` and keeps the results
    of the steps before the one that it begins with.
    """
    wish = await _wish(call)
    ids = await _chosen(call, MAX_REPEATED)
    if _is_one(call) and not ids:
        raise ExecutionNotFound
    async with call.means.database.transaction() as tx:
        reruns = Reruns(tx, call.means.ids, call.means.clock, call.span)
        made, left = await reruns.repeat(ids[:MAX_REPEATED], wish)
    call.means.dispatcher.accept(made)
    answer = enveloped(
        [{"id": one.execution_id, "rerunOfId": one.rerun_of} for one in made],
        {
            "skipped": [{"id": each, "reason": reason} for each, reason in left.items()],
            "more": len(ids) > MAX_REPEATED,
        },
    )
    answer.status = 202
    return answer


async def _wish(call: Call) -> Wish:
    body = plain_object(call.body or b"{}")
    start, revision = body.get("from", "failed"), body.get("revision", "same")
    node_key, node_id = body.get("nodeKey"), body.get("nodeId")
    if start not in {"failed", "start"}:
        message = "from: 'failed' or 'start'"
        raise InvalidParameter(message)
    if revision not in {"same", "newest"}:
        message = "revision: 'same' or 'newest'"
        raise InvalidParameter(message)
    if node_id is not None:
        select = "SELECT key FROM ensuite.flow_nodes WHERE id = $1"
        row = await call.means.database.fetchrow(select, an_id(node_id))
        node_key = "" if row is None else row["key"]
    if node_key is not None and not isinstance(node_key, str):
        message = "nodeKey is text"
        raise InvalidParameter(message)
    return Wish(start, node_key, newest=revision == "newest")


@routes.add("executions", "destroy", permission=MANAGE)
async def destroy(call: Call) -> Answer:
    """Delete executions that have ended, with their jobs; those at work are left."""
    collection = call.snapshot.catalog["executions"]
    condition = records.chosen(call, collection, EVERYTHING, required=True)
    query = Query(Selection(("id", "status")), condition, limit=MAX_DELETED)
    found = await call.snapshot.records.reader().find(collection, query)
    ids = [ExecutionId(each["id"]) for each in found if each["status"] not in {None, 0}]
    async with call.means.database.transaction() as tx:
        deleted = await delete_executions(tx, ids)
    return enveloped(deleted)


@routes.add("jobs", "list", permission=MANAGE, writes=False)
async def list_jobs(call: Call) -> Answer:
    """One page of jobs."""
    return await records.list_records(call, call.snapshot.catalog["jobs"], EVERYTHING)


@routes.add("jobs", "get", permission=MANAGE, writes=False)
async def get_job(call: Call) -> Answer:
    """One job, with its result."""
    return await records.get_record(call, call.snapshot.catalog["jobs"], EVERYTHING)


@routes.add("jobs", "input", permission=MANAGE, writes=False)
async def job_input(call: Call) -> Answer:
    """What a job's node was given: its configuration as filled in then; null if that is gone."""
    try:
        found, given = await input_of(call.means.database, JobId(named_id(call)))
    except InputTooLarge as error:
        raise StepInputTooLarge from error
    if not found:
        raise JobNotFound
    return enveloped(given)


@routes.add("jobs", "resume")
async def resume_job(call: Call) -> Answer:
    """Decide for a job that waits, as root: `{status, result}`; 202, the execution goes on."""
    if not call.actor.is_root:
        raise Forbidden
    job_id, body = JobId(named_id(call)), plain_object(call.body)
    status = body.get("status", Status.RESOLVED)
    if isinstance(status, bool) or status not in set(Status) - {Status.STARTED}:
        message = "status is the number of an end, such as 1 or -5"
        raise InvalidRequest(message)
    async with call.means.database.transaction() as tx:
        job = await tasks.waiting_job(tx, job_id)
        if job is None:
            if await tx.fetchval("SELECT 1 FROM ensuite.jobs WHERE id = $1", job_id):
                raise JobNotWaiting
            raise JobNotFound
        try:
            now = call.means.clock.now()
            await tasks.decide(tx, job, Status(status), body.get("result"), now)
        except ResultTooLarge as error:
            raise InvalidRequest(str(error)) from error
    call.means.dispatcher.announce()
    return Answer({"data": {"id": job_id}}, status=202)
