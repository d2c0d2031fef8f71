"""A node's turn on trial: it runs for real, and what it wrote in the database is undone."""

from collections.abc import Mapping
from typing import Any

from ensuite.data.changes import Operation
from ensuite.workflow.executions import as_job, encoded_result
from ensuite.workflow.node import Node
from ensuite.workflow.outcome import Done, Outcome
from ensuite.workflow.progress import Progress
from ensuite.workflow.runner import Means, failed_by
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
        scope=Progress(results=dict(jobs)).scope(context, system_scope(means.clock, means.next_id)),
    )
    try:
        outcome = await node.run(turn)
        if records.planned is not None:
            _ = await records.transaction()
        _ = encoded_result(as_job(outcome)[1])
    except Exception as error:  # noqa: BLE001 - whatever a node raises fails its turn
        outcome = failed_by(error, node=node.type)
    finally:
        await records.roll_back()
    return _shown(outcome)


def _shown(outcome: Outcome) -> dict[str, Any]:
    status, result, _, log = as_job(outcome)
    if isinstance(outcome, Done) and outcome.message is not None:
        log = outcome.message
    return {"status": status, "result": result, "log": log}
