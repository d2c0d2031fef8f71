"""The executions of one call that its caller follows on the answer's stream."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ensuite.workflow.captured import Captured
from ensuite.workflow.watch import Subscription

MAX_FOLLOWED = 100
"""Executions that one stream follows; of a call that starts more, only the record is told."""


@dataclass(slots=True)
class Following:
    """What a call started, from the commit on."""

    subscription: Subscription
    """Reserved before the write, so that a stream that has begun has its place."""
    captured: Sequence[Captured] = ()
    running: asyncio.Task[Any] | None = None
    """Runs the sync executions, one after the other; its result is what the call came to."""
