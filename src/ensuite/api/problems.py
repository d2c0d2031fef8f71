"""Errors as responses: RFC 9457 problems that also carry NocoBase's `errors` (section 1.9)."""

from collections.abc import Mapping
from typing import Any

import msgspec

from ensuite.api.french import in_french
from ensuite.errors import EnsuiteError

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

    def said(code: str | None, message: str) -> str:
        return in_french(code, message, error.usual) if french else message

    errors: list[dict[str, Any]] = []
    for issue in error.issues:
        shown: dict[str, Any] = {"message": said(issue.code, issue.message)}
        if issue.code is not None:
            shown["code"] = issue.code
        if issue.field is not None:
            shown["field"] = issue.field
        errors.append(shown)
    return msgspec.json.encode(
        {
            "type": f"urn:ensuite:error:{error.code}",
            "title": _titles.get(error.status, "Error"),
            "status": error.status,
            "detail": said(error.code, error.message),
            "code": error.code,
            "requestId": request_id,
            "errors": errors,
            **(extra or {}),
        }
    )
