"""A shop whose workflows the tests run: orders, a clock that the test moves, a server to call."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from ensuite.clock import SystemClock
from ensuite.server.app import Ensuite
from tests.client import Client
from tests.patience import until


@dataclass
class ManualClock:
    """It is now, plus what the test has added."""

    ahead: timedelta = timedelta()

    def now(self) -> datetime:
        return SystemClock().now() + self.ahead


@dataclass
class Timed:
    """A running Ensuite whose time the test moves."""

    api: Client
    clock: ManualClock
    ensuite: Ensuite

    async def later(self, **amount: float) -> None:
        self.clock.ahead += timedelta(**amount)
        self.ensuite.dispatcher.wake()


async def arrange(api: Client) -> None:
    await api.collection("audit", {"name": "note", "type": "string", "unique": True})
    await api.collection(
        "lines", {"name": "item", "type": "string"}, {"name": "price", "type": "double"}
    )
    await api.collection(
        "orders",
        {"name": "title", "type": "string"},
        {"name": "total", "type": "double"},
        {"name": "lines", "type": "hasMany", "target": "lines", "foreignKey": "orderId"},
    )


def node(type_: str, key: str | None = None, **config: Any) -> dict[str, Any]:
    return {"type": type_, "config": config, **({"key": key} if key else {})}


def noting(note: str, key: str | None = None) -> dict[str, Any]:
    return node("create", key, collection="audit", params={"values": {"note": note}})


def cel(expression: str, key: str | None = None) -> dict[str, Any]:
    return node("calculation", key, expression=expression)


async def notes(api: Client) -> list[str]:
    rows = (await api.get("audit:list", sort="id", pageSize="1000")).data
    return [row["note"] for row in rows]


async def start(api: Client, values: Mapping[str, Any] | None = None, key: str = "k") -> int:
    reply = await api.post("orders:create", values or {"title": "x"}, triggerWorkflows=key)
    found: int = reply.workflows[0]["executionId"]
    return found


async def ran(api: Client, *nodes: Mapping[str, Any], **values: Any) -> dict[str, Any]:
    """The execution of a workflow with these nodes for a new order with these values."""
    _ = await api.workflow("orders", *nodes, key="k")
    return await api.ended(await start(api, values))


def results(execution: Mapping[str, Any]) -> list[Any]:
    return [job["result"] for job in execution["jobs"]]


def statuses(execution: Mapping[str, Any]) -> list[int]:
    return [job["status"] for job in execution["jobs"]]


async def parked(api: Client, execution_id: int) -> None:
    """Return when the execution waits: its job says so."""

    async def waits() -> bool:
        jobs = (await api.get("jobs:list", filter={"executionId": execution_id})).data
        return any(job["status"] == 0 for job in jobs)

    await until(waits)


@dataclass
class Receiver:
    """A server on the loopback: it keeps what it was sent, and answers as the path says."""

    url: str = ""
    received: list[dict[str, Any]] = field(default_factory=list)
    refuses: list[str] = field(default_factory=list)
    """What it answers first: status lines, each with header lines behind it if need be."""
    hold: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        first, *lines = head.split("\r\n")
        method, path, _ = first.split(" ")
        pairs = (line.split(": ", 1) for line in lines if line)
        headers = {name.lower(): value for name, value in pairs}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        self.received.append({"method": method, "path": path, "headers": headers, "body": body})
        if path == "/slow":
            _ = await self.hold.wait()
        said = self.refuses.pop(0) if self.refuses else ""
        status = path.removeprefix("/status/") if path.startswith("/status/") else "200"
        content = json.dumps({"ok": status == "200"}).encode()
        writer.write(
            f"HTTP/1.1 {said or f'{status} Said'}\r\ncontent-type: application/json\r\n"
            f"content-length: {len(content)}\r\nconnection: close\r\n\r\n".encode()
            + content
        )
        await writer.drain()
        writer.close()
