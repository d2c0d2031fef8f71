"""A trace goes through: from the call, with the executions that it starts, to the calls of these."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pytest

from ensuite.server.app import running
from ensuite.settings import Settings
from tests.client import ROOT_EMAIL, ROOT_PASSWORD, Client, Reply

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
GIVEN = f"00-{TRACE}-00f067aa0ba902b7-01"


@dataclass
class Receiver:
    """Somebody whom workflows call, who keeps the headers."""

    url: str = ""
    received: list[dict[str, str]] = field(default_factory=list[dict[str, str]])

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[1:-2]
            named = (line.partition(": ") for line in head)
            self.received.append({name.lower(): value for name, _, value in named})
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok")
            await writer.drain()
        writer.close()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    one = Receiver()
    server = await asyncio.start_server(one.answer, "127.0.0.1", 0)
    one.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    async with server:
        yield one


def calling(receiver: Receiver, **headers: str) -> dict[str, Any]:
    named = [{"name": name, "value": value} for name, value in headers.items()]
    return {"type": "request", "config": {"url": receiver.url, "headers": named}}


async def created(api: Client, key: str, traceparent: str | None = GIVEN) -> Reply:
    client = api if traceparent is None else api.acting(traceparent=traceparent)
    return await client.post("posts:create", {"title": "x"}, triggerWorkflows=key)


async def ended(api: Client, reply: Reply) -> dict[str, Any]:
    return await api.ended(reply.workflows[0]["executionId"])


@pytest.fixture
async def blog(api: Client) -> Client:
    await api.blog()
    return api


async def test_an_execution_keeps_the_trace_of_its_call_and_sends_it_on(
    blog: Client, receiver: Receiver
) -> None:
    _ = await blog.workflow("posts", calling(receiver), calling(receiver), key="k")
    execution = await ended(blog, await created(blog, "k"))
    sent = [each["traceparent"] for each in receiver.received]

    assert execution["traceparent"] == GIVEN
    assert len(set(sent)) == 2
    assert {each.split("-")[1] for each in sent} == {TRACE}
    assert GIVEN not in sent


async def test_a_sync_workflow_is_in_the_trace_too(blog: Client, receiver: Receiver) -> None:
    _ = await blog.workflow("posts", calling(receiver), key="k", sync=True)
    _ = await created(blog, "k")

    assert receiver.received[0]["traceparent"].split("-")[1] == TRACE


@pytest.mark.parametrize("given", [None, "00-nonsense"])
async def test_without_a_trace_nothing_is_kept_and_nothing_is_sent(
    blog: Client, receiver: Receiver, given: str | None
) -> None:
    _ = await blog.workflow("posts", calling(receiver), key="k")
    execution = await ended(blog, await created(blog, "k", given))

    assert execution["traceparent"] is None
    assert "traceparent" not in receiver.received[0]


async def test_a_node_may_name_a_trace_of_its_own(blog: Client, receiver: Receiver) -> None:
    own = GIVEN.replace(TRACE, "f" * 32)
    _ = await blog.workflow("posts", calling(receiver, traceparent=own), key="k")
    _ = await ended(blog, await created(blog, "k"))

    assert receiver.received[0]["traceparent"] == own


async def test_whoever_claims_an_execution_goes_on_with_its_trace(
    settings: Settings, receiver: Receiver
) -> None:
    async with running(settings, works=False) as ensuite, Client(ensuite.endpoint) as api:
        _ = await api.sign_in(ROOT_EMAIL, ROOT_PASSWORD)
        await api.blog()
        _ = await api.workflow("posts", calling(receiver), key="k")
        reply = await created(api, "k")
        async with running(settings, kind="worker"):
            _ = await ended(api, reply)

    assert receiver.received[0]["traceparent"].split("-")[1] == TRACE


async def test_an_execution_that_is_started_by_hand_is_in_the_trace(blog: Client) -> None:
    made = await blog.workflow("posts", key="k")
    post = (await blog.post("posts:create", {"title": "x"})).data
    user = (await blog.get("auth:check")).data
    reply = await blog.acting(traceparent=GIVEN).post(
        f"workflows:execute/{made['id']}", {"data": post["id"], "userId": user["id"]}
    )

    assert reply.status == 200, reply.body
    assert [each["traceparent"] for each in await blog.executions(key="k")] == [GIVEN]
