"""Outgoing calls against a real server on the loopback interface."""

import asyncio
import gzip
import socket
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from ensuite.server.http_client import MAX_BODY_BYTES, HttpClient, UnreadableAnswer
from ensuite.workflow import HttpAnswer


def answer(
    body: bytes = b"", *headers: str, status: str = "200 OK", length: int | None = None
) -> bytes:
    lines = [
        f"HTTP/1.1 {status}",
        f"content-length: {len(body) if length is None else length}",
        "connection: close",
        *headers,
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@asynccontextmanager
async def serving(respond: Callable[[bytes], bytes | None]) -> AsyncGenerator[str]:
    """Answer each request with what `respond` makes of it; None: never."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            (
                int(line.split(b":")[1])
                for line in head.split(b"\r\n")
                if line.lower().startswith(b"content-length")
            ),
            0,
        )
        response = respond(head + await reader.readexactly(length))
        if response is None:
            # Until the client gives up.
            _ = await reader.read()
        else:
            writer.write(response)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@pytest.fixture
async def client(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[HttpClient]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    async with HttpClient() as client:
        yield client


async def get(client: HttpClient, url: str, *, timeout_seconds: float = 10) -> HttpAnswer:
    return await client.request(
        "GET", url, headers={}, params=[], content=None, timeout_seconds=timeout_seconds
    )


async def test_a_request_goes_out_as_it_was_given(client: HttpClient) -> None:
    received: list[bytes] = []

    def respond(request: bytes) -> bytes:
        received.append(request)
        return answer(b"thanks", "x-answer: 1")

    async with serving(respond) as url:
        result = await client.request(
            "POST",
            f"{url}/in?kept=1",
            headers={"idempotency-key": "1/a/0"},
            params=[("q", "a&b"), ("q", "c")],
            content=b"{}",
            timeout_seconds=10,
        )
    head, _, body = received[0].partition(b"\r\n\r\n")

    assert result.status == 200
    assert result.headers["x-answer"] == "1"
    assert result.body == "thanks"
    assert head.startswith(b"POST /in?kept=1&q=a%26b&q=c HTTP/1.1\r\n")
    assert b"idempotency-key: 1/a/0" in head.lower()
    assert body == b"{}"


@pytest.mark.parametrize(
    ("content_type", "body", "value"),
    [
        ("application/json", b'{"a": [1, null]}', {"a": [1, None]}),
        ("application/problem+json; charset=utf-8", b'{"a": 1}', {"a": 1}),
        ("application/json", b"not json", "not json"),
        ("application/json", b"[" * 100_000, "[" * 100_000),
        ("application/json", b"", ""),
        ("text/plain", b'{"a": 1}', '{"a": 1}'),
        ("text/plain", "é".encode(), "é"),
        ("text/plain; charset=iso-8859-1", "é".encode("latin-1"), "é"),
        ("text/plain; charset=rot13", b"abc", "abc"),
        ("application/octet-stream", b"\xff\x00", "\ufffd\x00"),
    ],
)
async def test_the_body_is_json_where_it_says_so_and_is_else_text(
    client: HttpClient, content_type: str, body: bytes, value: Any
) -> None:
    async with serving(lambda _: answer(body, f"content-type: {content_type}")) as url:
        assert (await get(client, url)).body == value


@pytest.mark.parametrize("status", ["204 No Content", "404 Not Found", "500 Oops"])
async def test_any_status_is_an_answer(client: HttpClient, status: str) -> None:
    async with serving(lambda _: answer(status=status)) as url:
        assert (await get(client, url)).status == int(status[:3])


async def test_an_answer_that_does_not_come_in_time_is_a_timeout(client: HttpClient) -> None:
    async with serving(lambda _: None) as url:
        with pytest.raises(TimeoutError):
            _ = await get(client, url, timeout_seconds=0.1)


async def test_an_answer_that_does_not_end_in_time_is_a_timeout(client: HttpClient) -> None:
    async def trickle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _ = await reader.readuntil(b"\r\n\r\n")
        writer.write(answer(b"beginning", length=1000))
        _ = await reader.read()
        writer.close()

    server = await asyncio.start_server(trickle, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(TimeoutError):
            _ = await get(client, f"http://127.0.0.1:{port}", timeout_seconds=0.1)


async def test_a_body_up_to_the_limit_is_read_and_a_larger_one_is_not(client: HttpClient) -> None:
    async with serving(lambda _: answer(b"x" * MAX_BODY_BYTES)) as url:
        assert len((await get(client, url)).body) == MAX_BODY_BYTES
    async with serving(lambda _: answer(b"x" * (MAX_BODY_BYTES + 1))) as url:
        with pytest.raises(UnreadableAnswer, match="larger than 1048576 bytes"):
            _ = await get(client, url)


async def test_gzip_is_unpacked_up_to_the_limit(client: HttpClient) -> None:
    def packed(body: bytes) -> bytes:
        return answer(gzip.compress(body), "content-encoding: gzip")

    async with serving(lambda _: packed(b"hello")) as url:
        assert (await get(client, url)).body == "hello"
    async with serving(lambda _: packed(bytes(50 * MAX_BODY_BYTES))) as url:
        with pytest.raises(UnreadableAnswer, match="larger"):
            _ = await get(client, url)


@pytest.mark.parametrize(
    ("body", "encoding", "said"),
    [
        (b"hello", "gzip", "no valid gzip"),
        (gzip.compress(b"hello", mtime=0)[:-4], "gzip", "without its end"),
        (b"hello", "br", "'br'"),
        (b"x", "gzip, gzip", "gzip,"),
    ],
)
async def test_what_cannot_be_unpacked_is_an_error(
    client: HttpClient, body: bytes, encoding: str, said: str
) -> None:
    async with serving(lambda _: answer(body, f"content-encoding: {encoding}")) as url:
        with pytest.raises(UnreadableAnswer, match=said):
            _ = await get(client, url)


async def test_an_empty_body_needs_no_unpacking(client: HttpClient) -> None:
    async with serving(lambda _: answer(b"", "content-encoding: br")) as url:
        assert (await get(client, url)).body == ""


async def test_a_refused_connection_is_an_os_error(client: HttpClient) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    with pytest.raises(OSError, match=r"(?i)connect"):
        _ = await get(client, f"http://127.0.0.1:{port}")


@pytest.mark.parametrize(
    "url", ["", "not a url", "/relative", "file:///etc/passwd", "http://", "http://[", "ftp://x/"]
)
async def test_an_address_that_cannot_be_called_is_an_os_error(
    client: HttpClient, url: str
) -> None:
    with pytest.raises(OSError, match=r"."):
        _ = await get(client, url)


async def test_what_is_no_http_is_an_os_error(client: HttpClient) -> None:
    async with serving(lambda _: b"SSH-2.0-OpenSSH\r\n\r\n") as url:
        with pytest.raises(OSError, match=r"."):
            _ = await get(client, url)
    async with serving(lambda _: answer(b"short", length=100)) as url:
        with pytest.raises(OSError, match=r"."):
            _ = await get(client, url)


async def test_redirects_are_followed_but_not_for_ever(client: HttpClient) -> None:
    def respond(request: bytes) -> bytes:
        step = int(request.split()[1].strip(b"/") or b"9")
        if step == 0:
            return answer(b"arrived")
        return answer(b"", f"location: /{step - 1}", status="302 Found")

    async with serving(respond) as url:
        assert (await get(client, f"{url}/5")).body == "arrived"
        with pytest.raises(OSError, match="redirects"):
            _ = await get(client, f"{url}/6")


async def test_no_cookie_goes_from_one_request_to_the_next(client: HttpClient) -> None:
    received: list[bytes] = []

    def respond(request: bytes) -> bytes:
        received.append(request.lower())
        return answer(b"", "set-cookie: session=secret; path=/")

    async with serving(respond) as url:
        _ = await get(client, url)
        _ = await get(client, url)

    assert not any(b"cookie" in request for request in received)


async def test_a_cancelled_request_ends_at_once(client: HttpClient) -> None:
    async with serving(lambda _: None) as url:
        request = asyncio.create_task(get(client, url, timeout_seconds=600))
        await asyncio.sleep(0.05)
        _ = request.cancel()
        async with asyncio.timeout(1):
            with pytest.raises(asyncio.CancelledError):
                _ = await request
