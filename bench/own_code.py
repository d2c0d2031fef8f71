"""What one create costs in our own code: no socket, no database, minus an empty ASGI answer."""

import asyncio
import json
import statistics
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any
from unittest.mock import patch

from bench import setting
from bench.process import ROOT_EMAIL, ROOT_PASSWORD
from ensuite.server.app import running
from ensuite.settings import Settings

CALLS = 20_000

App = Callable[[Mapping[str, Any], Any, Any], Awaitable[None]]


async def empty(_: Mapping[str, Any], receive: Any, send: Any) -> None:
    """The least that an ASGI application can do with a POST."""
    _ = await receive()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"{}"})


async def per_create(dsn: str, folder: Path, count: int) -> float:
    """Microseconds of our own code in one create that captures one execution."""
    settings = Settings(
        data_dir=folder, database_url=dsn, root_email=ROOT_EMAIL, root_password=ROOT_PASSWORD
    )
    async with running(settings, works=False) as ensuite:
        token = await _token(ensuite.endpoint)
        request = setting.create(token, "empty")
        path, _, query = request.path.partition("?")
        scope = {
            "type": "http",
            "method": "POST",
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "headers": [(k.lower().encode(), v.encode()) for k, v in request.headers.items()],
        }
        body = request.body.encode()
        loop = asyncio.get_running_loop()

        def committed(_: str, __: Any) -> asyncio.Future[Any]:
            future = loop.create_future()
            future.set_result((True,))
            return future

        figures: list[float] = []
        # The database is what is left out on purpose: only our own code is measured.
        with patch.object(ensuite.database.lanes, "submit", committed):
            for _ in range(count):
                ours = await _timed(ensuite.endpoint, scope, body)
                figures.append(ours - await _timed(empty, scope, body))
        return statistics.median(figures)


async def _timed(app: App, scope: Mapping[str, Any], body: bytes) -> float:
    message = {"type": "http.request", "body": body, "more_body": False}
    statuses: set[int] = set()

    async def receive() -> Mapping[str, Any]:
        return message

    async def send(event: Mapping[str, Any]) -> None:
        if event["type"] == "http.response.start":
            statuses.add(event["status"])

    begun = time.process_time()
    for _ in range(CALLS):
        await app(scope, receive, send)
    taken = time.process_time() - begun
    if statuses != {200}:
        raise SystemExit(f"the create answered {statuses}")
    return taken / CALLS * 1e6


async def _token(endpoint: App) -> str:
    body = json.dumps({"account": "member@bench.test", "password": "a member"}).encode()
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/api/auth:signIn",
        "raw_path": b"/api/auth:signIn",
        "query_string": b"",
        "headers": [(b"content-type", b"application/json")],
    }
    answers: list[bytes] = []

    async def receive() -> Mapping[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(event: Mapping[str, Any]) -> None:
        if event["type"] == "http.response.body":
            answers.append(event["body"])

    await endpoint(scope, receive, send)
    return json.loads(answers[0])["data"]["token"]
