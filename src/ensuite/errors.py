"""What can go wrong, as a client sees it.

Every error has a stable `code` that a program may compare, an HTTP `status`, and a docstring
that tells the user what to do; `api.problems` turns it into RFC 9457 `application/problem+json`
that also carries NocoBase's `errors: [{message, code}]` (wire contract, section 1.9).
An error belongs to the layer that raises it when only that layer knows it; the ones here are
shared by several layers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing that is wrong with a request; `field` names the offending field, if one is."""

    message: str
    code: str | None = None
    field: str | None = None


class EnsuiteError(Exception):
    """Something failed inside Ensuite; the log holds the traceback under the request's id."""

    code: ClassVar[str] = "INTERNAL_ERROR"
    status: ClassVar[int] = 500

    def __init__(
        self,
        message: str | None = None,
        *,
        issues: Sequence[Issue] = (),
        headers: Sequence[tuple[str, str]] = (),
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        self.message = message or self.usual
        self.issues = tuple(issues) or (Issue(self.message, self.code),)
        self.headers = tuple(headers)
        self.extra = extra or {}
        super().__init__(self.message)

    @property
    def usual(self) -> str:
        """What an error of this class says if nothing more is known."""
        return (type(self).__doc__ or self.code).splitlines()[0]


class InvalidRequest(EnsuiteError):
    """The request cannot be understood; correct the part that the message names."""

    code = "INVALID_REQUEST"
    status = 400


class MalformedJson(InvalidRequest):
    """The body is not JSON; send one JSON object or an array of objects."""

    code = "MALFORMED_JSON"


class InvalidFields(InvalidRequest):
    """Some values do not fit their fields; each entry of `errors` names one field."""

    code = "INVALID_FIELDS"


class InvalidFilter(InvalidRequest):
    """The filter is not valid; the message names the part to correct."""

    code = "INVALID_FILTER"


class UnknownField(InvalidRequest):
    """The collection has no such field; see `collections/{name}/fields:list`."""

    code = "UNKNOWN_FIELD"


class InvalidParameter(InvalidRequest):
    """A query parameter has a value that it cannot have; the message says which are possible."""

    code = "INVALID_PARAMETER"


class UniqueViolation(InvalidRequest):
    """Another record already has this value in a field that must be unique."""

    code = "UNIQUE_VIOLATION"


class NotNullViolation(InvalidRequest):
    """A field that must have a value was left empty."""

    code = "NOT_NULL_VIOLATION"


class ValueOutOfRange(InvalidRequest):
    """A number or text is larger than its field can store."""

    code = "VALUE_OUT_OF_RANGE"


class AssociationTargetMissing(InvalidRequest):
    """The record that an association should point to does not exist; create it first."""

    code = "ASSOCIATION_TARGET_MISSING"


class NotFound(EnsuiteError):
    """There is no such collection, action or record at this address."""

    code = "NOT_FOUND"
    status = 404


class Conflict(EnsuiteError):
    """The request meets a state that does not allow it now; read the state again and retry."""

    code = "CONFLICT"
    status = 409


class RecordLocked(Conflict):
    """Somebody else holds a record that this would change, and has not let go of it; try later."""

    code = "RECORD_LOCKED"


class Unauthenticated(EnsuiteError):
    """Sign in with `auth:signIn` and send the token as `Authorization: Bearer …`."""

    code = "INVALID_TOKEN"
    status = 401


class Forbidden(EnsuiteError):
    """No permissions"""  # noqa: D400 - the contract's wording

    code = "FORBIDDEN"
    status = 403


class PayloadTooLarge(EnsuiteError):
    """The body is larger than the limit; send fewer records at once."""

    code = "PAYLOAD_TOO_LARGE"
    status = 413


class MethodNotAllowed(EnsuiteError):
    """This action changes data and cannot be called by GET; use POST."""

    code = "METHOD_NOT_ALLOWED"
    status = 405


class DatabaseUnavailable(EnsuiteError):
    """The database cannot be reached at the moment; retry after the time in `Retry-After`."""

    code = "DATABASE_UNAVAILABLE"
    status = 503

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message, headers=(("retry-after", "1"),))


class DatabaseFull(DatabaseUnavailable):
    """The database has no room on its disk, so nothing was written; free some, then retry."""

    code = "DATABASE_FULL"
    status = 507
