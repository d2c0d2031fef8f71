"""What clients asked for and were told, and what has to be in the database because of it.

A client gives each version of a post a title of its own, so that every row and every execution can
be traced to the one request that made it.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import asyncpg
import httpx2
import msgspec

from tests.client import Client

Action = Literal["create", "update", "destroy"]

BIG = 50
"""Posts with more views than this take the branch of `g`."""

LOCAL = ("k", "s", "e")
STEPS = {"g": 5, "k": 3, "s": 2, "e": 2}
"""The jobs of a workflow; `g` has one less where its condition is not met."""

STATUS = {"g": 1, "k": 1, "s": 1, "e": -1}


def noting(form: str, *, apart: bool = False) -> dict[str, Any]:
    """Write a note about the post; `apart`: in a transaction, not in the flight of its job."""
    params: dict[str, Any] = {"values": {"note": f"{form} {{{{$context.data.title}}}}"}}
    if apart:
        params["appends"] = ["createdBy"]
    return {"type": "create", "config": {"collection": "audit", "params": params}}


async def arrange(api: Client, receiver_url: str) -> None:
    """Posts, notes about them, and workflows of every kind that write notes."""
    await api.collection("audit", {"name": "note", "type": "string"})
    views = {"name": "views", "type": "integer"}
    await api.collection("posts", {"name": "title", "type": "string"}, views)
    everywhere = {"global": True, "actions": ["create", "update", "destroy"]}
    over = {"engine": "cel", "expression": f"context.data.views > {BIG}.0", "rejectOnFalse": False}
    made = await api.workflow(
        "posts",
        noting("g.first"),
        {"type": "condition", "key": "asks", "config": over},
        {"type": "delay", "config": {"duration": 3, "unit": 1}},
        noting("g.last", apart=True),
        key="g",
        config=everywhere,
        enabled=False,
    )
    [asks] = (
        await api.get("flow_nodes:list", filter={"workflowId": made["id"], "key": "asks"})
    ).data
    inside = {**noting("g.big"), "upstreamId": asks["id"], "branchIndex": 1}
    _ = (await api.post(f"workflows/{made['id']}/nodes:create", inside)).data
    _ = (await api.post(f"workflows:update/{made['id']}", {"enabled": True})).data
    call = {"type": "request", "key": "call", "config": {"url": receiver_url, "timeout": 60_000}}
    _ = await api.workflow("posts", noting("k.first"), call, noting("k.last", apart=True), key="k")
    _ = await api.workflow(
        "posts", noting("s.first"), noting("s.last", apart=True), key="s", sync=True
    )
    ends = {"type": "end", "config": {"endStatus": -1}}
    _ = await api.workflow("posts", noting("e.first"), ends, key="e")


def notes_of(key: str, title: str, views: int) -> list[str]:
    """The notes that one execution writes."""
    forms = {"k": ["k.first", "k.last"], "s": ["s.first", "s.last"], "e": ["e.first"]}.get(
        key, ["g.first", *(["g.big"] if views > BIG else []), "g.last"]
    )
    return [f"{form} {title}" for form in forms]


@dataclass
class Write:
    """One request to write a post."""

    action: Action
    title: str
    keys: tuple[str, ...] = ()
    saved: bool = False
    """Whether the client was told so; else nobody can know before looking."""


@dataclass
class Ledger:
    """The writes of all clients."""

    writes: list[Write] = field(default_factory=list[Write])
    answers: Counter[str] = field(default_factory=Counter[str])
    """How requests ended, by status and code or by the kind of the failed connection."""

    async def write(self, api: Client, write: Write, path: str, values: Any) -> Any:
        """Send one write and note what came of it; the answer's data where it is saved."""
        self.writes.append(write)
        try:
            reply = await api.post(path, values, triggerWorkflows=",".join(write.keys))
        except httpx2.TransportError as error:
            self.answers[type(error).__name__] += 1
            return None
        if reply.status == 200:
            self.answers["200"] += 1
        else:
            self.answers[f"{reply.status} {reply.codes[0]}"] += 1
        if "data" not in reply.body:
            return None
        write.saved = True
        return reply.body["data"]


async def customer(
    ledger: Ledger,
    name: str,
    chance: random.Random,
    choose: Callable[[], Awaitable[Client]],
    goes_on: Callable[[], bool],
) -> None:
    """Create, update and destroy posts, one after the other, as long as one may."""
    own: list[tuple[int, str]] = []
    number = 0
    while goes_on():
        number += 1
        title, views = f"{name}-{number}", chance.randrange(100)
        keys = tuple(key for key in LOCAL if chance.random() < 0.4)
        dice = chance.random()
        if own and dice < 0.25:
            id_, _ = own.pop()
            write = Write("update", title, keys)
            values = {"title": title, "views": views}
            if await ledger.write(await choose(), write, f"posts:update/{id_}", values) is not None:
                own.append((id_, title))
        elif own and dice < 0.4:
            id_, last = own.pop(chance.randrange(len(own)))
            write = Write("destroy", last, keys)
            _ = await ledger.write(await choose(), write, f"posts:destroy/{id_}", None)
        else:
            write = Write("create", title, keys)
            values = {"title": title, "views": views}
            made = await ledger.write(await choose(), write, "posts:create", values)
            if made is not None:
                own.append((made["id"], title))


@dataclass(frozen=True)
class Found:
    """What the database holds in the end."""

    titles: Counter[str]
    executions: list[asyncpg.Record]
    notes: Counter[str]
    jobs: dict[int, list[int]]
    """The statuses of each execution's jobs."""

    @classmethod
    async def read(cls, connection: asyncpg.Connection) -> "Found":
        """Read it past the API."""
        jobs: defaultdict[int, list[int]] = defaultdict(list)
        for row in await connection.fetch("SELECT execution_id, status FROM ensuite.jobs"):
            jobs[row["execution_id"]].append(row["status"])
        posts = await connection.fetch("SELECT title FROM posts")
        notes = await connection.fetch("SELECT note FROM audit")
        executions = await connection.fetch(
            "SELECT id, key, action, status, context FROM ensuite.executions"
        )
        return cls(
            Counter(row["title"] for row in posts),
            executions,
            Counter(row["note"] for row in notes),
            dict(jobs),
        )


OPEN = "SELECT count(*) FROM ensuite.executions WHERE status IS NULL OR status = 0"


def broken(ledger: Ledger, found: Found, calls: Counter[str]) -> list[str]:
    """Every way in which what is there differs from what was promised; none: all is well."""
    wrong = _broken_executions(found)
    ran: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    notes: Counter[str] = Counter()
    called: set[str] = set()
    for row in found.executions:
        post = msgspec.json.decode(row["context"])["data"]
        ran[row["action"], post["title"]].append(row["key"])
        notes.update(notes_of(row["key"], post["title"], post["views"]))
        if row["key"] == "k":
            called.add(f"{row['id']}/call/0")
    for write in ledger.writes:
        wrong += _broken_promises(
            write, sorted(ran.pop((write.action, write.title), [])), found.titles
        )
    wrong += [f"nobody asked for {action} {title}" for action, title in ran]
    wrong += [f"{n} posts {title}" for title, n in found.titles.items() if n > 1]
    wrong += [f"{n} × {note} too many" for note, n in (found.notes - notes).items()]
    wrong += [f"{n} × {note} missing" for note, n in (notes - found.notes).items()]
    wrong += [f"never called: {key}" for key in called - calls.keys()]
    wrong += [f"called for nothing: {key}" for key in calls.keys() - called]
    return wrong


def _broken_executions(found: Found) -> list[str]:
    """Executions that did not end as their workflow does, or without a turn of each node."""
    wrong: list[str] = []
    for row in found.executions:
        post = msgspec.json.decode(row["context"])["data"]
        if row["status"] != STATUS[row["key"]]:
            wrong.append(f"execution {row['id']} of {row['key']} ended with {row['status']}")
        jobs = found.jobs.get(row["id"], [])
        steps = STEPS[row["key"]] - (row["key"] == "g" and post["views"] <= BIG)
        if len(jobs) != steps or 0 in jobs:
            wrong.append(f"execution {row['id']} of {row['key']} has jobs {jobs}")
    return wrong


def _broken_promises(write: Write, started: list[str], titles: Counter[str]) -> list[str]:
    """What was said of a write, or written of it, and is only half true."""
    wrong: list[str] = []
    here = write.title in titles
    if started and started != sorted(("g", *write.keys)):
        wrong.append(f"{write} started {started}")
    if write.saved and not started:
        wrong.append(f"{write} was acknowledged and started nothing")
    if write.action == "destroy" and here == bool(started):
        wrong.append(f"{write}: the row is {'' if here else 'not '}there, started {started}")
    if write.action != "destroy" and here and not started:
        wrong.append(f"{write}: the row is there, and no execution")
    if write.action == "create" and started and not write.saved and not here:
        wrong.append(f"{write}: there are executions, and no row")
    return wrong
