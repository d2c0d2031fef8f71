"""Errors as responses: RFC 9457 problems that also carry NocoBase's `errors` (section 1.9)."""

from collections.abc import Mapping
from typing import Any

import msgspec
import structlog

from ensuite.api.call import Answer
from ensuite.api.french import in_french
from ensuite.errors import EnsuiteError
from ensuite.storage.sqlstates import translated

log = structlog.get_logger(__name__)

PROBLEM = b"application/problem+json"

_titles: Mapping[int, str] = {
    400: "Bad request",
    401: "Not signed in",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    409: "Conflict",
    412: "Changed meanwhile",
    413: "Body too large",
    415: "Unsupported content type",
    422: "Not processable",
    429: "Too many attempts",
    500: "Internal error",
    503: "Not available now",
}


def problem(
    error: EnsuiteError,
    request_id: str,
    extra: Mapping[str, Any] | None = None,
    *,
    french: bool = False,
) -> bytes:
    """The body of an error's response; programs read its codes, so its words can be French."""
    return msgspec.json.encode(
        {
            "type": f"urn:ensuite:error:{error.code}",
            "title": _titles.get(error.status, "Error"),
            "status": error.status,
            "detail": _said(error, error.code, error.message, french=french),
            "code": error.code,
            "requestId": request_id,
            "errors": shown_errors(error, french=french),
            **(extra or {}),
        }
    )


def shown_errors(error: EnsuiteError, *, french: bool) -> list[dict[str, Any]]:
    """What is wrong, as clients of NocoBase read it: one entry for each thing."""
    errors: list[dict[str, Any]] = []
    for issue in error.issues:
        shown = {"message": _said(error, issue.code, issue.message, french=french)}
        if issue.code is not None:
            shown["code"] = issue.code
        if issue.field is not None:
            shown["field"] = issue.field
        errors.append(shown)
    return errors


def _said(error: EnsuiteError, code: str | None, message: str, *, french: bool) -> str:
    return in_french(code, message, error.usual) if french else message


def failure(error: Exception, request_id: int, *, french: bool) -> tuple[Answer, bytes]:
    """What a call is answered that ended with an error; one that nobody expected is logged."""
    known = error if isinstance(error, EnsuiteError) else translated(error)
    if known is None:
        log.error("request.failed", request=f"{request_id:x}", exc_info=error)
        known = EnsuiteError("an internal error; the log has it under this request id")
    headers = [(name.encode(), value.encode()) for name, value in known.headers]
    body = problem(known, f"{request_id:x}", known.extra, french=french)
    return Answer(status=known.status, headers=headers, content_type=PROBLEM), body
