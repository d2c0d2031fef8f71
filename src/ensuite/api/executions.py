"""`executions:*`, `jobs:*`: looking at executions, cancelling, deleting (contract, section 5.4)."""

from ensuite.access.policy import EVERYTHING
from ensuite.api import records
from ensuite.api.call import Answer, Call, enveloped, routes
from ensuite.api.workflows import MANAGE, named_id
from ensuite.data.query import Query, Selection
from ensuite.data.values import plain_object
from ensuite.errors import Forbidden, InvalidRequest, NotFound
from ensuite.ids import ExecutionId, JobId
from ensuite.workflow import tasks
from ensuite.workflow.dispatcher import delete_executions
from ensuite.workflow.executions import ABORT_JOBS, ResultTooLarge
from ensuite.workflow.given import InputTooLarge, input_of
from ensuite.workflow.outcome import Status

MAX_DELETED = 5_000


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


@routes.add("executions", "cancel", permission=MANAGE)
async def cancel(call: Call) -> Answer:
    """Cancel an execution: it ends with status -3, and what still runs of it can write nothing."""
    execution_id = ExecutionId(named_id(call))
    now = call.means.clock.now()
    async with call.means.database.transaction() as tx:
        # The raised fence is what stops a worker that is at it: its next write finds no row.
        ended = await tx.fetchval(
            "UPDATE ensuite.executions SET status = $2, reason = 'manual_cancel',"
            " fence = fence + 1, lease_owner = NULL, cancel_requested = true, finished_at = $3"
            " WHERE id = $1 AND (status IS NULL OR status = 0) RETURNING id",
            execution_id,
            Status.ABORTED,
            now,
        )
        if ended is None:
            if not await tx.fetchval(
                "SELECT 1 FROM ensuite.executions WHERE id = $1", execution_id
            ):
                raise ExecutionNotFound
            raise ExecutionEnded
        _ = await tx.execute(ABORT_JOBS, execution_id, now)
    await call.means.dispatcher.cancel_here(execution_id)
    collection = call.snapshot.catalog["executions"]
    query = Query(Selection(collection.visible), records.by_keys(collection, execution_id))
    return enveloped((await call.snapshot.records.reader().find(collection, query))[0])


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
