"""Ids: integers below 2^53 that grow with time, made without asking the database.

The layout is NocoBase's (wire contract, section 2.3): seconds since 2020-11-10T16:00:00Z, five
bits of node number, sixteen bits of sequence.  A node number belongs to one process at a time
(`storage.notifications`).

The sequence counts the ticks of a second, 65,536 of them, so that the process that takes a node
number over within the same second still begins after the ids of the one before.
"""

import time
from collections.abc import Callable
from datetime import datetime
from typing import NewType

ExecutionId = NewType("ExecutionId", int)
JobId = NewType("JobId", int)
WorkflowId = NewType("WorkflowId", int)
NodeId = NewType("NodeId", int)
UserId = NewType("UserId", int)

EPOCH_SECONDS = 1_605_024_000
NODE_NUMBERS = 32
SEQUENCE_BITS = 16
SECOND_SHIFT = 21
TICKS_PER_SECOND = 1 << SEQUENCE_BITS
EPOCH_TICKS = EPOCH_SECONDS << SEQUENCE_BITS
SEQUENCE_MASK = TICKS_PER_SECOND - 1

# The clock may have been set back by this much since the predecessor that held this node number.
START_AHEAD_SECONDS = 2


def first_id_of(moment: datetime) -> int:
    """The least id that can have been made in the second of this moment, by any process."""
    return max(0, int(moment.timestamp()) - EPOCH_SECONDS) << SECOND_SHIFT


class IdGenerator:
    """Makes the ids of one process: strictly increasing, unique across node numbers."""

    __slots__ = ("_node", "_seconds", "_ticks")

    def __init__(self, node: int, seconds: Callable[[], float] = time.time) -> None:
        self._seconds = seconds
        self._ticks = 0
        self.renumber(node)

    def renumber(self, node: int) -> None:
        """Go on with another node number, after the ids of whoever held it before."""
        if not 0 <= node < NODE_NUMBERS:
            message = f"a node number is between 0 and {NODE_NUMBERS - 1}, not {node}"
            raise ValueError(message)
        self._node = node << SEQUENCE_BITS
        ahead = self._seconds() + START_AHEAD_SECONDS - EPOCH_SECONDS
        # In a later second than the last id: within one, a smaller number would make a smaller id.
        self._ticks = max(self._ticks + TICKS_PER_SECOND, int(ahead * TICKS_PER_SECOND) - 1)

    def __call__(self) -> int:
        """The next id; faster than 65,536 in a second it borrows from the time to come."""
        ticks = int(self._seconds() * TICKS_PER_SECOND) - EPOCH_TICKS
        if ticks <= self._ticks:
            ticks = self._ticks + 1
        self._ticks = ticks
        return ticks >> SEQUENCE_BITS << SECOND_SHIFT | self._node | ticks & SEQUENCE_MASK
