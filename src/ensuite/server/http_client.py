"""Outgoing HTTP, as nodes are given it: one pool of connections, bounded answers, no cookies."""

import asyncio
import ssl
import zlib
from collections.abc import Mapping, Sequence
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from types import TracebackType
from typing import Any, Self

import httpx2
import msgspec

from ensuite.workflow import HttpAnswer

MAX_BODY_BYTES = 1024 * 1024
MAX_CONNECTIONS = 100
MAX_KEPT_CONNECTIONS = 20
MAX_REDIRECTS = 5

GZIP_WINDOW_BITS = 31

# Codecs of web pages.  Python has others, some of them slow enough to hold up the process.
_charsets = frozenset(
    {
        "us-ascii",
        "iso-8859-1",
        "iso-8859-15",
        "windows-1252",
        "utf-16",
        "gb2312",
        "gbk",
        "gb18030",
        "big5",
        "shift_jis",
        "euc-jp",
        "euc-kr",
    }
)


class UnreadableAnswer(OSError):
    """The answer is larger than 1 MiB, or compressed in another way than gzip."""


class HttpClient:
    """Sends the requests of all workflows of this process."""

    __slots__ = ("_client",)

    def __init__(self) -> None:
        # A cookie that one workflow's request was answered with is not for another's.
        no_cookies = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
        self._client = httpx2.AsyncClient(
            cookies=no_cookies,
            follow_redirects=True,
            headers={"accept-encoding": "gzip", "user-agent": "Ensuite"},
            limits=httpx2.Limits(
                max_connections=MAX_CONNECTIONS, max_keepalive_connections=MAX_KEPT_CONNECTIONS
            ),
            max_redirects=MAX_REDIRECTS,
            timeout=None,
            verify=_trusted(),
        )

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        params: Sequence[tuple[str, str]],
        content: bytes | None,
        timeout_seconds: float,
    ) -> HttpAnswer:
        """Send one request and read the answer, following up to five redirects.

        Raises:
            TimeoutError: there was no whole answer in time.
            OSError: the call could not be made, or the answer cannot be read.

        """
        try:
            address = httpx2.URL(url)
            for name, value in params:
                address = address.copy_add_param(name, value)
            async with (
                # One limit for everything from the wait for a connection to the last byte.
                asyncio.timeout(timeout_seconds),
                self._client.stream(method, address, headers=headers, content=content) as response,
            ):
                body = await _body(response)
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise OSError(str(error) or type(error).__name__) from error
        return HttpAnswer(response.status_code, dict(response.headers), _decoded(body, response))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._client.aclose()


@cache
def _trusted() -> ssl.SSLContext:
    """Whom this machine trusts; to read all the certificates takes a while."""
    return httpx2.create_ssl_context()


async def _body(response: httpx2.Response) -> bytes:
    """The body, decompressed here: a decoder of the client's would not stop at the limit."""
    received = bytearray()
    async for chunk in response.aiter_raw():
        received += chunk
        if len(received) > MAX_BODY_BYTES:
            raise UnreadableAnswer(f"The answer is larger than {MAX_BODY_BYTES} bytes")
    match response.headers.get("content-encoding", "identity").lower():
        case "identity" | "":
            return bytes(received)
        case "gzip" | "x-gzip" if received:
            return _decompressed(received)
        case _ if not received:
            return b""
        case encoding:
            raise UnreadableAnswer(f"The answer is compressed with {encoding!r}")


def _decompressed(received: bytearray) -> bytes:
    decompressor = zlib.decompressobj(GZIP_WINDOW_BITS)
    try:
        body = decompressor.decompress(received, MAX_BODY_BYTES + 1)
    except zlib.error as error:
        raise UnreadableAnswer(f"The answer is no valid gzip: {error}") from error
    if len(body) > MAX_BODY_BYTES:
        raise UnreadableAnswer(f"The answer is larger than {MAX_BODY_BYTES} bytes")
    if not decompressor.eof:
        raise UnreadableAnswer("The answer is gzip without its end")
    return body


def _decoded(body: bytes, response: httpx2.Response) -> Any:
    """JSON where the answer says so and it is, else text."""
    media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type.endswith(("/json", "+json")):
        try:
            return msgspec.json.decode(body)
        except (msgspec.DecodeError, RecursionError):
            pass  # What it is not, it may still be as text.
    charset = (response.charset_encoding or "").lower()
    return body.decode(charset if charset in _charsets else "utf-8", "replace")
