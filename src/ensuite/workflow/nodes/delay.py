"""The node `delay`."""

from datetime import timedelta
from typing import Any, Literal

from ensuite.workflow import (
    Done,
    Failed,
    Node,
    Outcome,
    Step,
    Waiting,
    config,
    node_type,
    resolve,
)

MAX_MILLISECONDS = 10 * 366 * 86_400_000


@node_type(
    "delay",
    group="logic",
    icon="timer",
    en="Delay",
    fr="Délai",
    description_fr="Attend un certain temps, puis continue ou termine le flux.",
)
class Delay(Node):
    """Wait for a time, then go on or end the workflow."""

    duration: float | str = config(en="Duration", fr="Durée", widget="number", default=1)
    unit: Literal[1, 1000, 60_000, 3_600_000, 86_400_000, 604_800_000] = config(
        en="Unit (ms)", fr="Unité (ms)", widget="select", default=1000
    )
    end_status: Literal[1, -1] = config(
        en="Afterwards", fr="Ensuite", widget="end-status", default=1
    )

    async def run(self, step: Step) -> Outcome:
        duration = resolve(self.duration, step.scope)
        if not isinstance(duration, int | float | str):
            raise TypeError("The duration of a delay is a number")
        milliseconds = float(duration) * self.unit
        if not milliseconds <= MAX_MILLISECONDS:
            raise ValueError("A delay lasts ten years at most")
        # A deadline that has passed already is no reason to fail.
        whole = max(0, round(milliseconds))
        return Waiting(step.clock.now() + timedelta(milliseconds=whole), whole)

    async def resume(self, step: Step, waited: Any) -> Outcome:
        return Done(waited) if self.end_status == 1 else Failed(value=waited, permanent=True)
