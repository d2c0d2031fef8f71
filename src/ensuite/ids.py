"""Ids: integers below 2^53 that grow with time, made without asking the database.

The layout is NocoBase's (wire contract, section 2.3): seconds since 2020-11-10T16:00:00Z, five
bits of node number, sixteen bits of sequence.  A node number belongs to one process at a time
(`storage.node_number`).
"""

import time
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

# The predecessor that held this node number may have run ahead of its clock by this much.
START_AHEAD_SECONDS = 2


class IdGenerator:
    """Makes the ids of one process: strictly increasing, unique across node numbers."""

    __slots__ = ("_last", "_node")

    def __init__(self, node: int, *, start_seconds: int | None = None) -> None:
        if not 0 <= node < NODE_NUMBERS:
            message = f"a node number is between 0 and {NODE_NUMBERS - 1}, not {node}"
            raise ValueError(message)
        self._node = node << SEQUENCE_BITS
        started = int(time.time()) if start_seconds is None else start_seconds
        self._last = self._floor(started + START_AHEAD_SECONDS) - 1

    def _floor(self, seconds: int) -> int:
        return ((seconds - EPOCH_SECONDS) << SECOND_SHIFT) | self._node

    def __call__(self) -> int:
        """The next id; past 65,536 in a second it borrows from the seconds to come."""
        floor = self._floor(int(time.time()))
        following = self._last + 1
        if following <= floor:
            following = floor
        elif following & 0xFFFF == 0:
            # The sequence is used up: the carry would run into the node number.
            following = ((self._last >> SECOND_SHIFT) + 1 << SECOND_SHIFT) | self._node
        self._last = following
        return following
