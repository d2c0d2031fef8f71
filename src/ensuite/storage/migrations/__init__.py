"""The system tables: numbered SQL files, applied in order, forward only.

A file once released never changes.  All that are missing are applied at start in one transaction
under an advisory lock, so that processes starting together do it once.
"""

from importlib import resources

import asyncpg
import structlog

from ensuite.errors import EnsuiteError

log = structlog.get_logger(__name__)

MIGRATION_LOCK = 0x656E7375697465  # "ensuite"


class DatabaseIsNewer(EnsuiteError):
    """A newer Ensuite has used this database; start that version, or restore an older backup."""

    code = "DATABASE_IS_NEWER"
    status = 503


def known() -> dict[int, str]:
    """The SQL of each migration by its number."""
    files = resources.files(__name__).iterdir()
    return {
        int(file.name.split("_", 1)[0]): file.read_text(encoding="utf-8")
        for file in sorted(files, key=lambda file: file.name)
        if file.name.endswith(".sql")
    }


async def apply(connection: asyncpg.Connection) -> list[int]:
    """Bring the system tables up to this version; gives the numbers that were applied.

    Raises:
        DatabaseIsNewer: the database has migrations that this version does not know.

    """
    migrations = known()
    async with connection.transaction():
        _ = await connection.execute("SELECT pg_advisory_xact_lock($1)", MIGRATION_LOCK)
        _ = await connection.execute(
            "CREATE SCHEMA IF NOT EXISTS ensuite;"
            "CREATE TABLE IF NOT EXISTS ensuite.migrations"
            " (number integer PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())"
        )
        rows = await connection.fetch("SELECT number FROM ensuite.migrations")
        done = {row["number"] for row in rows}
        if unknown := done - migrations.keys():
            message = f"{DatabaseIsNewer.__doc__} It holds migration {max(unknown)}."
            raise DatabaseIsNewer(message)
        missing = [number for number in migrations if number not in done]
        for number in missing:
            _ = await connection.execute(migrations[number])
            _ = await connection.execute("INSERT INTO ensuite.migrations VALUES ($1)", number)
            log.info("migration.applied", number=number)
    return missing
