"""The span of a request, as OpenTelemetry's conventions for HTTP servers have it."""

from collections.abc import Mapping
from typing import Any

from ensuite import tracing
from ensuite.api.grammar import Address
from ensuite.api.records import actions, association_actions
from ensuite.schema.catalog import Catalog
from ensuite.tracing import Span, Tracer, Value

RECORD_ACTIONS = frozenset({*actions, *association_actions})

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

SERVER_ERROR = 500
"""From this status on, the server is at fault, and not the client."""


def begun(tracer: Tracer, scope: Mapping[str, Any], headers: Mapping[bytes, bytes]) -> Span:
    """The span of a request of which nothing is known yet but its first line and its headers."""
    method: str = scope["method"]
    known = method in METHODS
    attributes: dict[str, Value] = {
        "http.request.method": method if known else "_OTHER",
        "url.path": scope["path"],
        "url.scheme": scope.get("scheme", "http"),
    }
    given = headers.get(b"traceparent")
    traceparent = None if given is None else tracing.accepted(given)
    return tracer.begin(method if known else "HTTP", "server", traceparent, attributes)


def name(span: Span, method: str, address: Address, catalog: Catalog, *, system: bool) -> None:
    """Say which action it is about, if there is such an action.

    Clients make up names, and a name that nobody else uses helps nobody to find a span.  `system`:
    it is one of the system's own actions, which is known already.
    """
    resource, action, association = address.resource, address.action, address.association
    if not system:
        if resource not in catalog or action not in RECORD_ACTIONS:
            return
        if association is not None and association not in catalog[resource].associations:
            return
    collection = resource if association is None else f"{resource}.{association}"
    span.rename(f"{method if method in METHODS else 'HTTP'} {collection}:{action}")
    span.set({"ensuite.collection": collection, "ensuite.action": action})


def fail(span: Span | None, status: int, error: Exception) -> None:
    """Say which error it is answered with, if that is the server's fault."""
    if span is not None and status >= SERVER_ERROR:
        span.fail(error=error)


def end(span: Span | None, status: int) -> None:
    """End it with the answer's status."""
    if span is None:
        return
    span.set({"http.response.status_code": status})
    if status >= SERVER_ERROR:
        span.fail(str(status))
    span.end()


def abandon(span: Span | None) -> None:
    """End it without an answer: nobody waits for one any more."""
    if span is not None:
        span.end()
