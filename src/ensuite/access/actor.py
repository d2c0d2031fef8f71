"""Who acts: a user in one role, by a session's token or by an API key."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec

from ensuite.ids import UserId

ROOT = "root"


@dataclass(frozen=True, slots=True)
class Actor:
    """A user and the role of this request; made once per token and role, then cached."""

    user_id: UserId
    role: str
    user: Mapping[str, Any] = field(repr=False)
    """The user's record without hidden fields, as the API shows it."""
    roles: tuple[str, ...] = ()
    via: Literal["token", "api_key"] = "token"
    user_json: bytes = field(default=b"null", repr=False)
    """`user`, encoded once."""
    as_context: bytes = field(init=False, repr=False)
    """The members `user` and `roleName` of an execution's context, in JSON."""

    def __post_init__(self) -> None:
        """Encode what every execution repeats."""
        role = msgspec.json.encode(self.role)
        parts = b'"user":' + self.user_json + b',"roleName":' + role
        object.__setattr__(self, "as_context", parts)

    @property
    def is_root(self) -> bool:
        """Root may do everything; no configuration limits it."""
        return self.role == ROOT
