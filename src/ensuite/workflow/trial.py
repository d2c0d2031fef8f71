"""A node's turn on trial: it runs for real, and what it wrote in the database is undone."""

from collections.abc import Mapping
from typing import Any

import msgspec

from ensuite.data.changes import Operation
from ensuite.errors import EnsuiteError
from ensuite.storage.sqlstates import translated
from ensuite.workflow.executions import MAX_RESULT_BYTES, as_job
from ensuite.workflow.node import Node
from ensuite.workflow.outcome import Done, Failed, Outcome, Status
from ensuite.workflow.runner import Means
from ensuite.workflow.scope import system_scope
from ensuite.workflow.step import StepRecords, Turn


async def tried(
    means: Means, node: Node, context: Mapping[str, Any], jobs: Mapping[str, Any]
) -> dict[str, Any]:
    """What a node comes to: `{status, result, log}`, as its job would have them.

    `context` is the trigger's, `jobs` are the results of earlier nodes by their keys.  Records
    are written in a transaction that is rolled back, so that what the database refuses is known.
    """
    operation = Operation(means.next_id(), "workflow", origin="workflow")
    records = StepRecords(means.records(), operation, means.clock)
    turn = Turn(
        key=f"{operation.id}/trial/0",
        waits_for_caller=False,
        clock=means.clock,
        records=records,
        http=means.http,
        scope={
            "$context": context,
            "$jobsMapByNodeKey": dict(jobs),
            "$scopes": {},
            "$system": system_scope(means.clock, means.next_id),
        },
    )
    try:
        outcome = await node.run(turn)
        if records.planned is not None:
            _ = await records.transaction()
    except Exception as error:  # noqa: BLE001 - whatever a node raises fails its turn
        outcome = _failed(error)
    finally:
        await records.roll_back()
    return _shown(outcome)


def _failed(error: Exception) -> Failed:
    explained = error if isinstance(error, EnsuiteError) else translated(error)
    message = explained.message if explained else f"{type(error).__name__}: {error}"
    return Failed(message, Status.ERROR)


def _shown(outcome: Outcome) -> dict[str, Any]:
    status, result, _, log = as_job(outcome)
    if len(msgspec.json.encode(result)) > MAX_RESULT_BYTES:
        status, result, log = Status.ERROR, None, "the result is larger than a job may have"
    if isinstance(outcome, Done) and outcome.message is not None:
        log = outcome.message
    return {"status": status, "result": result, "log": log}
