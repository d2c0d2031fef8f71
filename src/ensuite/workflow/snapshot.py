"""One immutable picture of schema, roles and workflows, and the keeper that replaces it.

A request reads the reference once and never queries users, roles, fields or workflows.  A change
raises the version in its own transaction and notifies; this process reads the new snapshot before
it answers, others when they hear of it, or within a second by themselves.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import structlog

from ensuite.access.policy import Policy
from ensuite.access.roles import load_policy
from ensuite.clock import Clock
from ensuite.data.changes import Listener
from ensuite.data.records import Records
from ensuite.ids import IdGenerator
from ensuite.schema.catalog import Catalog, load_catalog
from ensuite.storage.database import Database
from ensuite.storage.sqlstates import DATABASE_TROUBLE
from ensuite.workflow.bindings import Bindings, load_bindings

log = structlog.get_logger(__name__)

POLL_SECONDS = 1.0


@dataclass(frozen=True)
class Snapshot:
    """Everything that requests are decided by, at one version."""

    version: int
    catalog: Catalog
    policy: Policy
    bindings: Bindings
    records: Records
    decided: dict[Any, Any] = field(default_factory=dict)
    """What requests of this snapshot had decided once (bounded by who uses it)."""


class SnapshotKeeper:
    """Holds the current snapshot of this process."""

    def __init__(
        self, database: Database, ids: IdGenerator, clock: Clock, listeners: Sequence[Listener]
    ) -> None:
        self._database = database
        self._ids = ids
        self._clock = clock
        self._listeners = listeners
        self._reading = asyncio.Lock()
        self._poller: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()
        self.current: Snapshot

    async def open(self) -> None:
        """Read the first snapshot and begin to watch for changes."""
        self.current = await self._read()
        self._poller = asyncio.create_task(self._watch(), name="snapshot-watch")

    async def close(self) -> None:
        """Stop watching."""
        if self._poller is not None:
            _ = self._poller.cancel()
            with suppress(asyncio.CancelledError):
                await self._poller

    def heard(self, payload: str | None) -> None:
        """A change was notified; None: one may have been missed."""
        if payload is None or int(payload) > self.current.version:
            self._wake.set()

    async def reload(self) -> Snapshot:
        """The newest snapshot, read again where this process' one is older than the database."""
        async with self._reading:
            # Asked even after waiting here: the one before may have read before our change.
            row = await self._database.fetchrow("SELECT version FROM ensuite.snapshot")
            if row is not None and row[0] != self.current.version:
                self.current = await self._read()
        return self.current

    async def _read(self) -> Snapshot:
        async with self._database.transaction(isolation="repeatable_read") as tx:
            catalog = await load_catalog(tx)
            policy = await load_policy(tx)
            bindings = await load_bindings(tx)
        records = Records(catalog, self._database, self._ids, self._clock, self._listeners)
        return Snapshot(catalog.version, catalog, policy, bindings, records)

    async def _watch(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(POLL_SECONDS):
                    _ = await self._wake.wait()
            self._wake.clear()
            try:
                _ = await self.reload()
            except DATABASE_TROUBLE as error:
                log.warning("snapshot.reload_failed", error=str(error))
