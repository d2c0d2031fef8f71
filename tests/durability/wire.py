"""The wire between a process and PostgreSQL, which a test can cut at an exact statement.

A proxy that understands as much of PostgreSQL's protocol as it needs: where an exchange ends, which
is one statement or one flight of statements, and which SQL it runs.
"""

import asyncio
import struct
import urllib.parse
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Literal

ENCRYPTION_REQUEST = 80877103
HEADER_BYTES = 5
ENDS_AN_EXCHANGE = b"SQXH"  # Sync, Query, Terminate, Flush

Moment = Literal["before", "after", "never", "later"]
"""When to cut.

`before`: PostgreSQL never hears of it; `after`: it has done it, and nobody hears of that; `never`:
the wire stays whole, and only says that the moment has come (`has_struck`); `later`: it does not
cut, but nothing goes on until `thaw`, as where the process is frozen.
"""

BACKGROUND = (
    "SELECT version FROM ensuite.snapshot",
    "pg_notify",
    "UPDATE ensuite.executions SET ready_at = $3",
)
"""What a process says by itself from time to time."""


@dataclass(eq=False)
class Link:
    """One connection through the wire."""

    client: asyncio.StreamWriter
    server: asyncio.StreamWriter
    prepared: dict[bytes, str] = field(default_factory=dict[bytes, str])
    unanswered: int = 1
    """Exchanges that PostgreSQL is at; the first is the greeting."""
    swallows: bool = False
    """What the server answers is not passed on, and after it the link is cut."""

    def cut(self) -> None:
        """End both sides at once."""
        self.client.transport.abort()
        self.server.transport.abort()


@dataclass
class Wire:
    """A proxy in front of a PostgreSQL that listens on a Unix socket."""

    socket: str
    dsn: str = ""
    said: list[str] = field(default_factory=list[str])
    """The SQL of each exchange since the last `cut_at`, without what runs in the background."""
    struck: str | None = None
    """The exchange that was cut."""
    has_struck: asyncio.Event = field(default_factory=asyncio.Event)
    links: set[Link] = field(default_factory=set[Link])
    _behind: str = ""
    _number: int = 0
    _moment: Moment = "before"
    _then: list[tuple[int, Moment]] = field(default_factory=list[tuple[int, Moment]])
    _flowing: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self._flowing.set()

    def cut_at(
        self, number: int, moment: Moment, *then: tuple[int, Moment], behind: str = ""
    ) -> None:
        """Cut the connection at this exchange from now on, counted from 1; 0: at none.

        `then`: where to cut after that, each counted from the one before.
        `behind`: nothing is counted up to and including the exchange that contains this SQL.
        """
        self.said.clear()
        self._behind = behind
        self.has_struck.clear()
        self.struck, self._number, self._moment, self._then = None, number, moment, [*then]

    def thaw(self) -> None:
        """Let everything go on that waits for it."""
        self._flowing.set()

    async def is_quiet(self) -> bool:
        """Whether PostgreSQL has answered everything."""
        return all(link.unanswered == 0 for link in self.links)

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        with suppress(asyncio.IncompleteReadError, OSError):
            start = await _start(reader, writer)
            answers, server = await asyncio.open_unix_connection(self.socket)
            link = Link(writer, server)
            self.links.add(link)
            server.write(start)
            back = asyncio.create_task(_answers(answers, link))
            try:
                await self._requests(reader, link)
            finally:
                link.cut()
                self.links.discard(link)
                _ = await asyncio.gather(back, return_exceptions=True)
        writer.transport.abort()

    async def _requests(self, reader: asyncio.StreamReader, link: Link) -> None:
        exchange: list[bytes] = []
        statements: list[str] = []
        while True:
            kind, message = await _message(reader)
            exchange.append(message)
            _note(kind, message[HEADER_BYTES:], link, statements)
            if kind not in ENDS_AN_EXCHANGE:
                continue
            # A statement that is only prepared does nothing yet.
            moment = self._strikes("; ".join(dict.fromkeys(statements))) if kind in b"SQ" else None
            if moment == "before":
                return
            link.swallows = moment == "after"
            if moment == "later":
                self._flowing.clear()
            _ = await self._flowing.wait()
            link.unanswered += kind in b"SQ"
            link.server.write(b"".join(exchange))
            await link.server.drain()
            exchange.clear()
            statements.clear()

    def _strikes(self, sql: str) -> Moment | None:
        if any(each in sql for each in BACKGROUND):
            return None
        if self._behind:
            self._behind = "" if self._behind in sql else self._behind
            return None
        self.said.append(sql)
        if len(self.said) != self._number:
            return None
        moment, self.struck = self._moment, sql
        self.has_struck.set()
        if self._then:
            self.said.clear()
            self._number, self._moment = self._then.pop(0)
        return moment


def _note(kind: bytes, body: bytes, link: Link, statements: list[str]) -> None:
    """Note which SQL a message is about."""
    if kind == b"P":
        name, sql, _ = body.split(b"\0", 2)
        link.prepared[name] = sql.decode()
        statements.append(f"prepare {sql.decode()}")
    elif kind == b"B":
        name = body.split(b"\0", 2)[1]
        statements.append(link.prepared.get(name, "?"))
    elif kind == b"Q":
        statements.append(body[:-1].decode())


async def _start(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    """The first message of a connection; encryption is declined."""
    while True:
        head = await reader.readexactly(8)
        length, code = struct.unpack("!II", head)
        rest = await reader.readexactly(length - 8)
        if code != ENCRYPTION_REQUEST:
            return head + rest
        writer.write(b"N")


async def _message(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    head = await reader.readexactly(HEADER_BYTES)
    [length] = struct.unpack("!I", head[1:])
    return head[:1], head + await reader.readexactly(length - 4)


async def _answers(reader: asyncio.StreamReader, link: Link) -> None:
    with suppress(asyncio.IncompleteReadError, OSError):
        while True:
            kind, message = await _message(reader)
            link.unanswered -= kind == b"Z"
            if not link.swallows:
                link.client.write(message)
                await link.client.drain()
            elif kind == b"Z":
                break
    link.cut()


@asynccontextmanager
async def wired(dsn: str) -> AsyncGenerator[Wire]:
    """A wire to the database of this dsn, for as long as the block lasts."""
    parts = urllib.parse.urlsplit(dsn)
    query = urllib.parse.parse_qs(parts.query)
    wire = Wire(f"{query['host'][0]}/.s.PGSQL.{query['port'][0]}")
    server = await asyncio.start_server(wire.carry, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    user = parts.netloc.rpartition("@")[0]
    wire.dsn = f"postgresql://{user}@127.0.0.1:{port}{parts.path}?sslmode=disable"
    try:
        yield wire
    finally:
        server.close()
        for link in list(wire.links):
            link.cut()
