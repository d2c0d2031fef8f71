"""The composition root: the one place that knows all layers and puts them together."""

import asyncio
import gc
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import asyncpg
import psutil
import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route

from ensuite.access import first_account, passwords
from ensuite.access.attempts import Attempts
from ensuite.access.sessions import ACTORS_CHANNEL, Sessions
from ensuite.api import load_routes
from ensuite.api.call import Means
from ensuite.api.endpoint import Endpoint
from ensuite.api.errands import Errands
from ensuite.clock import Clock, SystemClock
from ensuite.data.history import History
from ensuite.errors import EnsuiteError
from ensuite.ids import IdGenerator
from ensuite.schema.alter import SNAPSHOT_CHANNEL
from ensuite.server.families import Measured
from ensuite.server.http_client import HttpClient
from ensuite.server.metrics import LoopLag, Metrics
from ensuite.server.page import Page
from ensuite.settings import Settings
from ensuite.storage import embedded, migrations
from ensuite.storage.database import Database
from ensuite.storage.database_clock import DatabaseClock
from ensuite.storage.notifications import Notifications
from ensuite.storage.presence import Kind, Presence, new_owner
from ensuite.tracing import Tracer
from ensuite.workflow.awaited import Awaited
from ensuite.workflow.capture import Capture
from ensuite.workflow.captured import Captured
from ensuite.workflow.catalog import load_node_types, load_trigger_types
from ensuite.workflow.dispatcher import Dispatcher
from ensuite.workflow.executions import READY_CHANNEL, STOPPED_CHANNEL
from ensuite.workflow.housekeeping import Housekeeper, Keep
from ensuite.workflow.retention import Retention, kept_for
from ensuite.workflow.runner import Means as RunMeans
from ensuite.workflow.snapshot import SnapshotKeeper
from ensuite.workflow.watch import Watcher

log = structlog.get_logger(__name__)

HEALTH = "/api/__health_check"
METRICS = "/metrics"

GC_THRESHOLD = 50_000
"""Objects made between two collections: what lives long is frozen, the rest dies by itself."""


class DatabaseUnreachable(EnsuiteError):
    """The database does not let us in; check `ENSUITE_DATABASE_URL` and that its server runs."""

    code = "DATABASE_UNREACHABLE"
    status = 503


class TracingUnavailable(EnsuiteError):
    """`ENSUITE_TRACING` is on, but its packages are missing: `pip install 'ensuite[otel]'`."""

    code = "TRACING_UNAVAILABLE"
    status = 503


@dataclass
class Ensuite:
    """One running process: its database, its snapshot, its dispatcher and its API."""

    settings: Settings
    database: Database
    snapshots: SnapshotKeeper
    dispatcher: Dispatcher
    watcher: Watcher
    sessions: Sessions
    endpoint: Endpoint
    clock: Clock
    secret: str
    housekeeper: Housekeeper | None
    """None: the process leaves executions, and what becomes of them, to workers."""
    lag: LoopLag

    async def setup_code(self) -> str | None:
        """What makes the first account with `setup:create`; None: there is one."""
        needed = await first_account.is_needed(self.database)
        return first_account.setup_code(self.secret) if needed else None


@asynccontextmanager
async def running(
    settings: Settings,
    *,
    works: bool = True,
    clock: Clock | None = None,
    kind: Kind = "serve",
) -> AsyncGenerator[Ensuite]:
    """Everything that a process needs, started in order and stopped in reverse.

    With `works` false, the process runs sync executions only and leaves the others to workers.
    `kind` is what others are told that it is.

    Raises:
        EnsuiteError: it cannot start; the message says what to do.

    """
    async with AsyncExitStack() as stack:
        tracer = _tracer(stack) if settings.tracing else None
        database, revive = await _database(settings, stack)
        time = clock or await _clock_of(database, stack)
        secret = settings.secret()
        _load_types()
        sessions = Sessions(database, secret, time, settings.session)
        notifications = Notifications(
            database, (SNAPSHOT_CHANNEL, ACTORS_CHANNEL, READY_CHANNEL, STOPPED_CHANNEL), revive
        )
        await notifications.open()
        _ = stack.push_async_callback(notifications.close)
        notifications.handle(ACTORS_CHANNEL, sessions.forget)

        ids = IdGenerator(notifications.node_number)
        notifications.renumbered = ids.renumber
        http = await stack.enter_async_context(HttpClient())
        capture = Capture(
            lambda: snapshots.current.records, lambda: snapshots.current.bindings, ids, time, None
        )
        snapshots = SnapshotKeeper(database, ids, time, [capture, History(ids, time)])
        await snapshots.open()
        _ = stack.push_async_callback(snapshots.close)
        notifications.handle(SNAPSHOT_CHANNEL, snapshots.heard)
        dispatcher = Dispatcher(
            database,
            RunMeans(
                lambda: snapshots.current.records,
                http,
                time,
                ids,
                lambda riders: dispatcher.accept(r for r in riders if isinstance(r, Captured)),
                tracer=tracer,
            ),
            lambda: snapshots.current.bindings,
            owner=new_owner(),
            concurrency=settings.concurrency,
            signs=notifications.fetch,
            works=works,
        )
        capture.holder = dispatcher
        _hear(notifications, dispatcher)

        watcher = Watcher(database, lambda: snapshots.current, time)
        _ = stack.callback(watcher.stop)
        awaited = _awaited(database, dispatcher, stack)
        errands = Errands()

        async def forget_actors() -> None:
            sessions.forget()

        means = Means(
            settings,
            secret,
            database,
            snapshots,
            dispatcher,
            watcher,
            awaited,
            errands,
            ids,
            time,
            Attempts(time),
            forget_actors,
            notifications.life_lock,
            tracer=tracer,
        )
        endpoint = Endpoint(means, sessions)
        housekeeper = Housekeeper(database, time, _kept(settings)) if works else None
        ensuite = Ensuite(
            settings,
            database,
            snapshots,
            dispatcher,
            watcher,
            sessions,
            endpoint,
            time,
            secret,
            housekeeper,
            LoopLag(),
        )
        _ = stack.callback(ensuite.lag.stop)
        if settings.root_password is not None:
            await _ensure_first_account(database, settings.root_email, settings.root_password, ids)
        presence = Presence(database, time, dispatcher.owner, kind, works, settings.concurrency)
        await presence.start()
        _ = stack.push_async_callback(presence.stop)
        dispatcher.start()
        _ = stack.push_async_callback(dispatcher.stop)
        _ = stack.push_async_callback(errands.stop)
        if housekeeper is not None:
            housekeeper.start()
            _ = stack.push_async_callback(housekeeper.stop)
        _freeze()
        log.info("ensuite.started", node=notifications.node_number, works=works)
        yield ensuite
        log.info("ensuite.stopping")


def _tracer(stack: AsyncExitStack) -> Tracer | None:
    """What makes the spans of the process, sent until it has ended.

    Raises:
        TracingUnavailable: OpenTelemetry's packages are not installed.
        InvalidSettings: one of its variables has a value that it cannot have.

    """
    try:
        from ensuite.server.spans import Exporting  # noqa: PLC0415 - an extra, and slow to import
    except ModuleNotFoundError as error:
        raise TracingUnavailable from error
    exporting = Exporting()
    _ = stack.push_async_callback(exporting.stop)
    return exporting.tracer


def _hear(notifications: Notifications, dispatcher: Dispatcher) -> None:
    """Let the dispatcher hear of what others have made ready, and of what they have ended."""
    notifications.handle(READY_CHANNEL, dispatcher.wake)
    notifications.handle(STOPPED_CHANNEL, dispatcher.heard_of_stopped)


def _awaited(database: Database, dispatcher: Dispatcher, stack: AsyncExitStack) -> Awaited:
    """Who waits for executions, told by the dispatcher of those that come to rest here."""
    awaited = Awaited(database)
    _ = stack.callback(awaited.stop)
    dispatcher.rested = awaited.rested
    return awaited


def _load_types() -> None:
    load_node_types()
    load_trigger_types()
    load_routes()


def _freeze() -> None:
    """Take what lives as long as the process out of the collector's way."""
    _ = gc.collect()
    gc.freeze()
    gc.set_threshold(GC_THRESHOLD, 20, 50)


async def _database(
    settings: Settings, stack: AsyncExitStack
) -> tuple[Database, Callable[[], Awaitable[None]] | None]:
    """The open and migrated database, and what brings it back when it is the embedded one."""
    dsn = settings.database_url
    revive: Callable[[], Awaitable[None]] | None = None
    if dsn is None:
        postgres = await asyncio.to_thread(embedded.start, settings.data_dir)
        _ = stack.push_async_callback(asyncio.to_thread, postgres.release)
        dsn = postgres.dsn

        async def ensure_running() -> None:
            await asyncio.to_thread(postgres.ensure_running)

        revive = ensure_running

    database = Database(dsn, write_lanes=settings.write_lanes, connections=settings.connections)
    try:
        connection = await database.connect()
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as error:
        # Not the text of a ValueError: it repeats a part of the URL, perhaps of the password.
        reason = "it is malformed" if isinstance(error, ValueError) else str(error)
        message = f"ENSUITE_DATABASE_URL: the database cannot be reached: {reason}"
        raise DatabaseUnreachable(message) from error
    try:
        _ = await migrations.apply(connection)
    finally:
        await connection.close()
    await database.open()
    _ = stack.push_async_callback(database.close)
    return database, revive


def _kept(settings: Settings) -> Keep:
    """How long the settings want what has ended to be kept."""
    succeeded, failed = kept_for(settings.keep_succeeded_days), kept_for(settings.keep_failed_days)
    return Keep(Retention(succeeded, failed), kept_for(settings.keep_changes_days))


async def _clock_of(database: Database, stack: AsyncExitStack) -> Clock:
    clock = DatabaseClock(SystemClock(), database)
    await clock.open()
    _ = stack.push_async_callback(clock.close)
    return clock


async def _ensure_first_account(
    database: Database, email: str, password: str, ids: IdGenerator
) -> None:
    """Make the account that the settings describe, where there is none.

    Raises:
        WeakPassword: the password is too short.

    """
    if await first_account.is_needed(database):
        hashed = await passwords.hashed(password)
        with suppress(first_account.FirstAccountExists):  # another process on the same database
            _ = await first_account.create(
                database, ids, email=email, hashed=hashed, username="root"
            )


Asgi = Callable[[Any, Any, Any], Awaitable[None]]


async def health(_: Request) -> Response:
    """Answer that the process serves requests."""
    return PlainTextResponse("ok")


def metrics_route(ensuite: Ensuite) -> Route:
    """Where Prometheus asks."""
    ensuite.lag.start()
    token = ensuite.settings.metrics_token
    measured = Measured(
        ensuite.database,
        ensuite.dispatcher,
        ensuite.watcher,
        ensuite.endpoint,
        ensuite.housekeeper,
        ensuite.lag.seconds,
        psutil.Process(),
    )
    return Route(METRICS, Metrics(measured, ensuite.clock, token).answer)


def observed(ensuite: Ensuite) -> Asgi:
    """The application of a process that serves no API: its health and its numbers."""
    return Starlette(routes=[Route(HEALTH, health), metrics_route(ensuite)])


def application(ensuite: Ensuite) -> Asgi:
    """The ASGI application of a running process.

    The API is served by its own endpoint; Starlette, whose routing and middleware cost as much
    as a whole create, serves the rest.
    """
    measured = [metrics_route(ensuite)] if ensuite.settings.metrics == "on" else []
    pages = Starlette(routes=[Route(HEALTH, health), *measured, Mount("/", Page())])

    async def serve(scope: Any, receive: Any, send: Any) -> None:
        path: str = scope.get("path", "")
        if scope["type"] == "http" and path.startswith("/api/") and path != HEALTH:
            await ensuite.endpoint(scope, receive, send)
        else:
            await pages(scope, receive, send)

    return serve
