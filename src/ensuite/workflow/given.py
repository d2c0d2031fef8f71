"""What a step was given: its configuration, filled in as the engine filled it in at its turn.

Nothing is run again.  What only the moment knew is told as near as it can be: `$system.now` is
when the turn began, and a generated id stays the template that asked for it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

import msgspec

from ensuite.ids import JobId
from ensuite.storage.database import Database
from ensuite.workflow import executions
from ensuite.workflow.executions import MAX_RESULT_BYTES, outcome_of
from ensuite.workflow.progress import Progress
from ensuite.workflow.scope import SystemVariables, resolve, system_scope

GENERATED = "genSnowflakeId"

_TURN = """
SELECT j.execution_id, j.node_key, j.started_at, e.context, n.config
FROM ensuite.jobs j
JOIN ensuite.executions e ON e.id = j.execution_id
LEFT JOIN ensuite.flow_nodes n ON n.id = j.node_id
WHERE j.id = $1
"""


class InputTooLarge(ValueError):
    """The input that was filled in is over 1 MiB."""


@dataclass(frozen=True, slots=True)
class _Then:
    """The clock as it stood when the turn began."""

    moment: datetime

    def now(self) -> datetime:
        return self.moment


async def input_of(database: Database, job_id: JobId) -> tuple[bool, Any]:
    """Whether there is such a job, and what its node was given; None where that is gone.

    Raises:
        InputTooLarge: it is more than an answer may hold.
        InvalidTemplate: a template exceeds its bounds, as it did for the step.

    """
    row = await database.fetchrow(_TURN, job_id)
    if row is None:
        return False, None
    if row["config"] is None:
        return True, None
    progress = Progress()
    for earlier in await database.fetch(executions.JOURNAL, row["execution_id"]):
        if earlier["node_key"] == row["node_key"]:
            break
        outcome = outcome_of(earlier)
        if outcome is not None:
            progress.note(earlier["node_key"], outcome)
    known = system_scope(_Then(row["started_at"]))
    system = SystemVariables(
        {name: _reader(known, name) for name in known}
        | {GENERATED: lambda: f"{{{{$system.{GENERATED}}}}}"}
    )
    given = filled(
        msgspec.json.decode(row["config"]),
        progress.scope(msgspec.json.decode(row["context"]), system),
    )
    if len(msgspec.json.encode(given)) > MAX_RESULT_BYTES:
        raise InputTooLarge(InputTooLarge.__doc__)
    return True, given


def _reader(known: Mapping[str, Any], name: str) -> Any:
    return lambda: known[name]


def filled(config: Mapping[str, Any], scope: Mapping[str, Any]) -> dict[str, Any]:
    """A node's configuration with its templates filled in; an expression in CEL stays one."""
    given: dict[str, Any] = resolve(dict(config), scope)
    given |= _expression(config)
    cases = config.get("conditions")
    if isinstance(cases, list):
        given["conditions"] = [
            {**resolved, **_expression(case)}
            for case, resolved in zip(
                cast("list[dict[str, Any]]", cases), given["conditions"], strict=True
            )
        ]
    return given


def _expression(config: Mapping[str, Any]) -> dict[str, Any]:
    if "expression" in config and config.get("engine") != "string":
        return {"expression": config["expression"]}
    return {}
