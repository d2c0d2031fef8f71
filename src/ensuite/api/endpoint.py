"""The one ASGI endpoint under `/api`: from bytes to a call, from an answer to bytes.

Routes are dynamic (`{resource}:{action}`), so this is a plain callable: no router, no dependency
injection, no middleware between a request and its handler.
"""

import asyncio
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Mapping,
    MutableMapping,
)
from contextlib import aclosing
from functools import partial
from time import perf_counter
from typing import Any, cast

import msgspec

from ensuite.access.sessions import EmptyToken, Session, Sessions
from ensuite.api import spans
from ensuite.api.call import Answer, Call, Means, Route, routes
from ensuite.api.choice import Choice
from ensuite.api.french import wants_french
from ensuite.api.grammar import Address, form_as_object, parse_path, parse_query
from ensuite.api.idempotency import carried_out_once
from ensuite.api.preferences import preferences
from ensuite.api.problems import failure
from ensuite.api.records import LINKING, READING, actions, record_action
from ensuite.api.write_streams import EVENT_STREAM, streamed
from ensuite.errors import (
    EnsuiteError,
    Forbidden,
    InvalidFilter,
    MethodNotAllowed,
    NotFound,
    PayloadTooLarge,
    Unauthenticated,
    UnknownField,
)
from ensuite.metrics import Requests
from ensuite.storage.sqlstates import CollectionChanged
from ensuite.tracing import Span

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

WHOLE_ANSWER = "ensuite.whole_answer"
"""In the scope's `extensions`, where the server can: takes status, headers and body at once."""

OVER = b'event: end\ndata: {"reason": "session"}\n\n'
"""The last part of a stream whose session ended or whose role lost the permission."""

REQUEST_HEADERS = b"authorization, content-type, if-match, idempotency-key, prefer"
"""What a page of another origin may send, where it does not say what it wants to."""

EXPOSED_HEADERS = (
    b"x-new-token, content-disposition, X-Request-Id, ETag, Retry-After, Idempotency-Replayed, "
    b"Preference-Applied"
)
"""What such a page may read of an answer besides its body."""

WRITING = (actions.keys() | LINKING) - READING


_NOTHING: Mapping[str, Any] = {}


class UnsupportedContentType(EnsuiteError):
    """Send the record as JSON (`Content-Type: application/json`)."""

    code = "UNSUPPORTED_CONTENT_TYPE"
    status = 415


class ClientDisconnected(Exception):
    """The client hung up before its request was complete."""


async def _hung_up(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _sent(parts: AsyncIterator[bytes], gone: asyncio.Task[None], send: Send) -> None:
    """Send parts until they end, or `gone` is done: whichever comes first."""
    while True:
        following = asyncio.ensure_future(anext(parts, None))
        try:
            _ = await asyncio.wait({following, gone}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            if not following.done():
                _ = following.cancel()
                _ = await asyncio.wait({following})
        if gone.done() or (part := following.result()) is None:
            return
        await send({"type": "http.response.body", "body": part, "more_body": True})


class Endpoint:
    """Everything below `/api`."""

    def __init__(self, means: Means, sessions: Sessions) -> None:
        self._means = means
        self._sessions = sessions
        self._tracer = means.tracer
        self._body_limit = means.settings.body_limit
        self.requests = Requests()

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        """Serve one request."""
        begun = perf_counter()
        request_id = self._means.ids()
        headers: dict[bytes, bytes] = dict(scope["headers"])
        span = None if self._tracer is None else spans.begun(self._tracer, scope, headers)
        extra: list[tuple[bytes, bytes]] = [(b"x-request-id", b"%x" % request_id)]
        origin = headers.get(b"origin")
        if origin is not None:
            extra += _cross_origin(origin)
        try:
            if scope["method"] == "OPTIONS":
                answer = Answer(body=b"", status=204, headers=_preflight(headers))
            else:
                answer = await self._answer(scope, receive, headers, request_id, extra, span)
            body = answer.body
            if answer.stream is not None:
                self.requests.answered(answer.status, perf_counter() - begun)
                spans.end(span, answer.status)
                await self._stream(scope, receive, send, answer, answer.stream, extra)
                return
            if body is None:
                body = msgspec.json.encode(answer.content)
        except ClientDisconnected:
            spans.abandon(span)
            return
        except Exception as error:  # noqa: BLE001 - the request is the other edge
            answer, body = failure(error, request_id, french=wants_french(headers))
            spans.fail(span, answer.status, error)
        extra += [
            (b"content-type", answer.content_type),
            (b"content-length", b"%d" % len(body)),
            *answer.headers,
        ]
        if scope["method"] == "HEAD":
            body = b""
        self.requests.answered(answer.status, perf_counter() - begun)
        if span is not None:
            spans.end(span, answer.status)
        at_once = scope.get("extensions", _NOTHING).get(WHOLE_ANSWER)
        if at_once is None or not at_once(answer.status, extra, body):
            await send({"type": "http.response.start", "status": answer.status, "headers": extra})
            await send({"type": "http.response.body", "body": body})

    async def _answer(
        self,
        scope: Mapping[str, Any],
        receive: Receive,
        headers: Mapping[bytes, bytes],
        request_id: int,
        extra: list[tuple[bytes, bytes]],
        span: Span | None,
    ) -> Answer:
        method: str = scope["method"]
        reads = method in {"GET", "HEAD"}
        path = (scope.get("raw_path") or scope["path"].encode()).decode(errors="replace")
        token = _header_token(headers)
        try:
            parameters = parse_query(scope["query_string"])
            if token is None:
                token = parameters.text("token") or None
            address = parse_path("GET" if reads else method, path.partition("/api/")[2])
        except EnsuiteError:
            # Who is not signed in is told that before anything else.
            _ = await self._session(headers, token, optional=False)
            raise
        route = _system_route(address)
        if span is not None:
            catalog = self._means.snapshots.current.catalog
            spans.name(span, method, address, catalog, system=route is not None)
        if route is not None and route.streams and b"x-role" not in headers:
            headers = {**headers, b"x-role": (parameters.text("role") or "").encode()}
        session = await self._session(headers, token, optional=route is not None and route.public)
        if session is not None and session.renewed_token is not None:
            extra.append((b"x-new-token", session.renewed_token.encode()))
        if reads and (route.writes if route is not None else address.action in WRITING):
            raise MethodNotAllowed(headers=(("allow", "POST"),))
        body = b"" if reads else await self._body(receive, headers)
        call = Call(
            id=request_id,
            address=address,
            parameters=parameters,
            body=body,
            headers=headers,
            means=self._means,
            snapshot=self._means.snapshots.current,
            maybe_actor=None if session is None else session.actor,
            token=token,
        )
        if span is not None:
            call.span = span
        if route is not None:
            return await self._system_action(call, route, f"{method} {path}")
        if _chooses(headers):
            return await self._as_chosen(call, f"{method} {path}", scope["headers"], extra)
        return await self._record_action(call)

    async def _system_action(self, call: Call, route: Route, request: str) -> Answer:
        """An action on one of the system's own resources."""
        if route.permission is not None:
            call.snapshot.policy.require_snippet(call.actor, route.permission)
        if b"idempotency-key" in call.headers and route.writes and not route.public:
            return await carried_out_once(call, route.handler, request, system=True)
        answer = await route.handler(call)
        if answer.stream is not None and call.token is not None:
            parts, permission = answer.stream, route.permission
            answer.stream = self._while_allowed(parts, call.headers, call.token, permission)
        return answer

    async def _as_chosen(
        self,
        call: Call,
        request: str,
        headers: Iterable[tuple[bytes, bytes]],
        extra: list[tuple[bytes, bytes]],
    ) -> Answer:
        """An action on records, as its caller chose by headers that only writes look at."""
        if call.address.action not in WRITING:
            return await self._record_action(call)
        # A header that is repeated is one list (RFC 9110, section 5.3).
        prefer = b",".join(value for name, value in headers if name == b"prefer")
        choice = call.choice = Choice(preferences(prefer))
        act = self._record_action
        if EVENT_STREAM in call.headers.get(b"accept", b""):
            act = partial(streamed, act)
        try:
            if b"idempotency-key" in call.headers:
                answer = await carried_out_once(call, act, request, system=False)
            else:
                answer = await act(call)
        finally:
            if choice.applied:
                extra.append((b"preference-applied", ", ".join(choice.applied).encode()))
        if answer.stream is not None and call.token is not None:
            answer.stream = self._while_allowed(answer.stream, call.headers, call.token, None)
        return answer

    async def _stream(
        self,
        scope: Mapping[str, Any],
        receive: Receive,
        send: Send,
        answer: Answer,
        parts: AsyncIterator[bytes],
        extra: list[tuple[bytes, bytes]],
    ) -> None:
        """Send the parts of a stream as they come, until it ends or the client hangs up."""
        headers = [*extra, (b"content-type", answer.content_type), *answer.headers]
        async with aclosing(cast("AsyncGenerator[bytes]", parts)) as stream:
            # Begun before anything can fail: only then its end is certain to come.
            first = await anext(stream, b"")
            await send({"type": "http.response.start", "status": answer.status, "headers": headers})
            if scope["method"] != "HEAD":
                await send({"type": "http.response.body", "body": first, "more_body": True})
                gone = asyncio.create_task(_hung_up(receive), name="stream-client")
                try:
                    await _sent(stream, gone, send)
                finally:
                    _ = gone.cancel()
            await send({"type": "http.response.body", "body": b""})

    async def _while_allowed(
        self,
        parts: AsyncIterator[bytes],
        headers: Mapping[bytes, bytes],
        token: str,
        permission: str | None,
    ) -> AsyncGenerator[bytes]:
        """A stream for as long as its session is good and its role has the permission."""
        async with aclosing(cast("AsyncGenerator[bytes]", parts)) as stream:
            async for part in stream:
                try:
                    session = await self._session(headers, token, optional=False)
                    if session is not None and permission is not None:
                        policy = self._means.snapshots.current.policy
                        policy.require_snippet(session.actor, permission)
                except (Unauthenticated, Forbidden):
                    yield OVER
                    return
                yield part

    async def _record_action(self, call: Call) -> Answer:
        try:
            return await record_action(call)
        except (NotFound, UnknownField, InvalidFilter, CollectionChanged):
            if call.wrote:
                raise
            # Another process may have made what this one does not know yet.
            snapshot = await self._means.snapshots.reload()
            if snapshot is call.snapshot:
                raise
            call.renew(snapshot)
            return await record_action(call)

    async def _session(
        self, headers: Mapping[bytes, bytes], token: str | None, *, optional: bool
    ) -> Session | None:
        if token is None:
            if optional:
                return None
            raise EmptyToken
        role = headers.get(b"x-role", b"")
        try:
            return self._sessions.cached(token, role) or await self._sessions.session(token, role)
        except Unauthenticated:
            if optional:
                return None
            raise

    async def _body(self, receive: Receive, headers: Mapping[bytes, bytes]) -> bytes:
        declared = headers.get(b"content-length")
        if declared is not None and declared.isdigit() and int(declared) > self._body_limit:
            raise PayloadTooLarge
        parts: list[bytes] = []
        size = 0
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnected
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > self._body_limit:
                raise PayloadTooLarge
            more = message.get("more_body", False)
        body = parts[0] if len(parts) == 1 else b"".join(parts)
        return _as_json(body, headers.get(b"content-type", b"").lower())


def _as_json(body: bytes, content_type: bytes) -> bytes:
    """JSON whatever the client called it: curl's `-d` says it sends a form (architecture, § 5)."""
    if not body or b"json" in content_type or body.lstrip()[:1] in {b"{", b"["}:
        return body
    if content_type.startswith(b"multipart/"):
        raise UnsupportedContentType
    if content_type.startswith(b"application/x-www-form-urlencoded"):
        return form_as_object(body)
    return body


def _chooses(headers: Mapping[bytes, bytes]) -> bool:
    """Whether a caller says more than what is to be written."""
    return (
        b"prefer" in headers
        or b"idempotency-key" in headers
        or EVENT_STREAM in headers.get(b"accept", b"")
    )


def _header_token(headers: Mapping[bytes, bytes]) -> str | None:
    given = headers.get(b"authorization")
    if given is None:
        return None
    text = given.decode("latin-1").strip()
    if text[:7].lower() == "bearer ":
        text = text[7:].strip()
    return text or None


def _system_route(address: Address) -> Route | None:
    name = address.resource
    if address.association is not None:
        name = f"{name}.{address.association}"
    return routes.by_name.get((name, address.action))


def _cross_origin(origin: bytes) -> list[tuple[bytes, bytes]]:
    return [
        (b"access-control-allow-origin", origin),
        (b"vary", b"Origin"),
        (
            b"access-control-expose-headers",
            EXPOSED_HEADERS,
        ),
    ]


def _preflight(headers: Mapping[bytes, bytes]) -> list[tuple[bytes, bytes]]:
    asked = headers.get(b"access-control-request-headers", REQUEST_HEADERS)
    return [
        (b"access-control-allow-methods", b"GET, POST, PUT, PATCH, DELETE"),
        (b"access-control-allow-headers", asked),
        (b"access-control-max-age", b"600"),
    ]
