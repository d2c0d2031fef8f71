"""The keys that link records: foreign keys of `hasOne` and `hasMany`, pairs of `belongsToMany`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg
import sqlalchemy as sa

from ensuite.data.query import Statements
from ensuite.data.statements import Statement, array_of, compiled
from ensuite.schema.association import Association
from ensuite.schema.catalog import Catalog
from ensuite.schema.collection import Collection
from ensuite.schema.fields.belongs_to_many import BelongsToMany
from ensuite.storage.database import Transaction
from ensuite.storage.sqlstates import translated


@dataclass(frozen=True, slots=True)
class Links:
    """The links of associations whose keys are not in the record's own table.

    Keys are stored values: what asyncpg reads and writes.
    """

    catalog: Catalog
    statements: Statements
    tx: Transaction

    async def link(self, association: Association, key: Any, members: Sequence[Any]) -> None:
        """Set the foreign key of the members: `hasOne` and `hasMany`."""
        if not members:
            return
        statement = self.statements.once(
            ("link", association.works_by), lambda: self._link_statement(association)
        )
        await self._run(association, statement, {"key": key, "members": list(members)})

    async def _run(
        self, association: Association, statement: Statement, values: Mapping[str, Any]
    ) -> None:
        try:
            _ = await self.tx.execute(statement.sql, *statement.arguments(values))
        except asyncpg.PostgresError as error:
            holder, _, _ = self._holder(association)
            raise translated(error, holder.title_of) or error from error

    def _link_statement(self, association: Association) -> Statement:
        holder, owner, member = self._holder(association)
        key = sa.bindparam("key", type_=owner.type)
        members = sa.bindparam("members", type_=array_of(member))
        update = sa.update(holder.table).values({owner: key})
        return compiled(update.where(member == sa.func.any(members)))

    async def linked(self, association: Association, key: Any) -> list[Any]:
        """The keys of what the record with this key is linked to."""
        statement = self.statements.once(
            ("linked keys", association.works_by), lambda: self._linked_statement(association)
        )
        rows = await self.tx.fetch(statement.sql, *statement.arguments({"key": key}))
        return [row[0] for row in rows]

    def _linked_statement(self, association: Association) -> Statement:
        holder, owner, member = self._holder(association)
        key = sa.bindparam("key", type_=owner.type)
        # Locked, so that two calls that toggle the same pair do not both find it.
        return compiled(
            sa.select(member).select_from(holder.table).where(owner == key).with_for_update()
        )

    async def unlink_others(self, association: Association, key: Any, kept: Sequence[Any]) -> None:
        """Unlink all but `kept` of what the record with this key is associated with."""
        await self._unlink(association, key, kept, keep=True)

    async def unlink(self, association: Association, key: Any, members: Sequence[Any]) -> None:
        """Unlink these members from the record with this key."""
        await self._unlink(association, key, members, keep=False)

    async def _unlink(
        self, association: Association, key: Any, members: Sequence[Any], *, keep: bool
    ) -> None:
        statement = self.statements.once(
            ("unlink", association.works_by, keep),
            lambda: self._unlink_statement(association, keep=keep),
        )
        await self._run(association, statement, {"key": key, "members": list(members)})

    def _unlink_statement(self, association: Association, *, keep: bool) -> Statement:
        holder, owner, member = self._holder(association)
        change = (
            sa.delete(holder.table)
            if isinstance(association, BelongsToMany)
            else sa.update(holder.table).values({owner: sa.null()})
        )
        members = sa.bindparam("members", type_=array_of(member))
        chosen = member == sa.func.any(members)
        if keep:
            chosen = sa.not_(sa.func.coalesce(chosen, sa.false()))
        return compiled(change.where(owner == sa.bindparam("key", type_=owner.type), chosen))

    def _holder(
        self, association: Association
    ) -> tuple[Collection, sa.Column[Any], sa.Column[Any]]:
        """Where the keys of an association are: the owner's and the member's column."""
        if isinstance(association, BelongsToMany):
            pairs = self.catalog[association.through]
            return pairs, pairs.column(association.foreign_key), pairs.column(association.other_key)
        target = self.catalog[association.target]
        return target, target.column(association.foreign_key), target.column(association.target_key)
