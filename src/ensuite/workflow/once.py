"""An operation under an idempotency key: what it did is written with what it did.

The listeners of one such call, in place of those of all calls: whoever sends no key pays nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import asyncpg

from ensuite.clock import Clock
from ensuite.data import idempotency
from ensuite.data.changes import Change, Listener, Operation, Rider
from ensuite.data.idempotency import Facts, Key
from ensuite.schema.collection import Collection
from ensuite.storage.database import Transaction
from ensuite.workflow.captured import Captured
from ensuite.workflow.selection import (
    NOTHING_SELECTED,
    Selection,
    Skip,
    entry,
    nothing_started,
)


@dataclass
class Once:
    """Listens to the changes of one call, and lets the key's row ride with them.

    Where a single statement writes the record, the row is part of it.  In a transaction it is
    written first, so that a second call waits for the first, and completed last.
    """

    key: Key
    action: str
    resource: str
    """The action and the collection of the call itself, if it changes no records but links."""
    links: bool
    clock: Clock
    listeners: Sequence[Listener]
    """Those of every call."""
    kept: bool = False
    """Whether the call wrote something, and the row with it."""
    _claimed: bool = False
    _told: list[tuple[Change, Sequence[Rider]]] = field(default_factory=list)
    _selection: Selection = NOTHING_SELECTED

    # --- in a transaction -----------------------------------------------------------------

    async def claim_in(self, tx: Transaction) -> None:
        """Write the row, before anything else.

        Raises:
            KeyTaken: a call under this key has been carried out.

        """
        self.kept, self._told = False, []
        await idempotency.claim_in(tx, self.key, self.action, self.clock.now())
        self._claimed = True

    async def complete_in(self, tx: Transaction) -> None:
        """Say what was done, right before the commit; of a call that did nothing, nothing stays."""
        self._claimed = False
        if self._told or self.links:
            await idempotency.complete_in(tx, self.key, self._facts(self._told))
            self.kept = True
        else:
            await idempotency.forget(tx, self.key, self.key.operation_id)

    def _facts(self, told: Sequence[tuple[Change, Sequence[Rider]]]) -> Facts:
        if not told:
            return Facts(self.action, self.resource, (), ())
        first = told[0][0]
        names = first.collection.primary_key
        riders = [rider for _, riders in told for rider in riders]
        return Facts(
            first.action,
            first.collection.name,
            [[change.record[name] for name in names] for change, _ in told],
            _outlined(self._selection, riders),
        )

    # --- as a listener --------------------------------------------------------------------

    def decides_alone(self, operation: Operation, collection: Collection) -> bool:
        """Whether all listeners do."""
        return all(each.decides_alone(operation, collection) for each in self.listeners)

    def riders(self, operation: Operation, change: Change) -> Sequence[Rider]:
        """The rows of all listeners, and the key's."""
        riders = [rider for each in self.listeners for rider in each.riders(operation, change)]
        return self._with_key(operation, change, riders)

    async def riders_after_reading(
        self, tx: asyncpg.Connection, operation: Operation, change: Change
    ) -> Sequence[Rider]:
        """The same, where one of the listeners has to read."""
        riders: list[Rider] = []
        for each in self.listeners:
            if each.decides_alone(operation, change.collection):
                riders += each.riders(operation, change)
            else:
                riders += await each.riders_after_reading(tx, operation, change)
        return self._with_key(operation, change, riders)

    def _with_key(
        self, operation: Operation, change: Change, riders: list[Rider]
    ) -> Sequence[Rider]:
        if isinstance(operation.wanted, Selection):
            self._selection = operation.wanted
        if self._claimed:
            self._told.append((change, riders))
            return riders
        self.kept = True
        facts = self._facts([(change, riders)])
        return [*riders, idempotency.rider(self.key, facts, self.clock.now())]


def _outlined(selection: Selection, riders: Sequence[Rider]) -> list[dict[str, Any]]:
    """The entries of `meta.workflows`, with the executions of each in place of its state."""
    captured = [each for each in riders if isinstance(each, Captured)]
    outline: list[dict[str, Any]] = []
    for start in selection.entries:
        shown = entry(start)
        if isinstance(start, Skip):
            shown["reason"] = start.reason.value
        elif own := [each.execution_id for each in captured if each.start is start]:
            shown["executionIds"] = own
        else:
            reason = nothing_started(start, no_record=False)
            shown["reason"] = reason.value
        outline.append(shown)
    return outline
