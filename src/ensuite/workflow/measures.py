"""What a process measures of the executions that it runs."""

from collections import Counter
from collections.abc import Awaitable
from dataclasses import dataclass, field
from datetime import datetime
from time import perf_counter

from ensuite.metrics import Histogram
from ensuite.workflow.executions import Claim
from ensuite.workflow.outcome import Outcome, Status


@dataclass(slots=True)
class Measures:
    """Numbers of one process, since its start."""

    ended: Counter[Status] = field(default_factory=Counter[Status])
    """Executions, by the status that they ended with here."""
    start_delays: Histogram = field(default_factory=Histogram)
    """Seconds from the capture of an execution to its start here."""
    turns: dict[str, Histogram] = field(default_factory=dict[str, Histogram])
    """Seconds that the turns of nodes took, by the type of the node."""
    retries: int = 0
    """Turns that a node had again since the one before had failed."""
    lost: int = 0
    """Executions that somebody else took over, or cancelled, while this process was at them."""
    taken_over: int = 0
    """Executions whose lease had run out in another process."""

    def starts(self, claim: Claim, now: datetime) -> None:
        """An execution begins to run here: for the first time, or again."""
        captured_at = claim.started_at if claim.fresh else claim.captured_at
        if captured_at is not None:
            self.start_delays.observe((now - captured_at).total_seconds())

    def rests(self, status: Status) -> None:
        """An execution has ended here, or waits."""
        if status is not Status.STARTED:
            self.ended[status] += 1

    async def timed(self, node_type: str, turn: Awaitable[Outcome]) -> Outcome:
        """What a node's turn comes to, with the time that it takes counted."""
        histogram = self.turns.get(node_type)
        if histogram is None:
            histogram = self.turns[node_type] = Histogram()
        begun = perf_counter()
        try:
            return await turn
        finally:
            histogram.observe(perf_counter() - begun)
