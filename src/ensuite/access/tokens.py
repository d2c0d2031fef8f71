"""Session tokens: JWT, HS256, with the payload and the policy of wire contract section 3."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import jwt

from ensuite.errors import Unauthenticated
from ensuite.ids import UserId

TOKEN_LIFETIME = timedelta(days=1)
SESSION_LIFETIME = timedelta(days=7)
RENEWAL_WINDOW = timedelta(days=1)
"""How long after its end a token can still be exchanged for a new one."""

_ALGORITHM = "HS256"


class InvalidToken(Unauthenticated):
    """The token is not one of this server's; sign in again."""

    code = "INVALID_TOKEN"


class ExpiredToken(Unauthenticated):
    """The token has expired and is too old to renew; sign in again."""

    code = "EXPIRED_TOKEN"


class ExpiredSession(Unauthenticated):
    """The session has lasted as long as sessions do; sign in again."""

    code = "EXPIRED_SESSION"


class BlockedToken(Unauthenticated):
    """This token was signed out; sign in again."""

    code = "BLOCKED_TOKEN"


@dataclass(frozen=True, slots=True)
class Claims:
    """What a session token says; times in seconds since 1970."""

    user_id: UserId
    jti: str
    """Names the session: it stays over renewals, so that signing out ends all of its tokens."""
    issued_at: int
    signed_in_at: float
    """To the millisecond; it stays over renewals, too."""
    expires_at: int
    lifetime: timedelta = SESSION_LIFETIME
    """How long the session lasts, over all renewals."""

    @property
    def session_ends_at(self) -> float:
        """When no renewal helps any more."""
        return self.signed_in_at + self.lifetime.total_seconds()


def issue(secret: str, user_id: UserId, *, now: datetime) -> str:
    """A new session's first token."""
    return _encoded(secret, user_id, secrets.token_urlsafe(18), now, now.timestamp())


def renewed(secret: str, claims: Claims, *, now: datetime) -> str:
    """A later token of the same session."""
    return _encoded(secret, claims.user_id, claims.jti, now, claims.signed_in_at)


def _encoded(secret: str, user_id: UserId, jti: str, now: datetime, signed_in_at: float) -> str:
    issued = int(now.timestamp())
    payload: dict[str, Any] = {
        "userId": user_id,
        "temp": True,
        "iat": issued,
        # Milliseconds, as NocoBase has it.
        "signInTime": round(signed_in_at * 1000),
        "exp": issued + int(TOKEN_LIFETIME.total_seconds()),
        "jti": jti,
    }
    return jwt.encode(payload, secret, algorithm=_ALGORITHM)


def verified(
    secret: str, token: str, *, now: datetime, lifetime: timedelta = SESSION_LIFETIME
) -> tuple[Claims, bool]:
    """What a token claims, and whether it has to be renewed.

    Raises:
        InvalidToken: the signature or the content is wrong.
        ExpiredToken, ExpiredSession: it is too old.

    """
    try:
        payload = jwt.decode(
            token,
            secret,
            algorithms=[_ALGORITHM],
            options={"verify_exp": False, "verify_iat": False, "require": ["exp", "iat", "jti"]},
        )
        claims = Claims(
            user_id=UserId(int(payload["userId"])),
            jti=str(payload["jti"]),
            issued_at=int(payload["iat"]),
            signed_in_at=int(payload["signInTime"]) / 1000,
            expires_at=int(payload["exp"]),
            lifetime=lifetime,
        )
    except (jwt.PyJWTError, KeyError, TypeError, ValueError) as error:
        raise InvalidToken from error
    seconds = now.timestamp()
    if seconds >= claims.session_ends_at:
        raise ExpiredSession
    if seconds < claims.expires_at:
        return claims, False
    if seconds >= claims.expires_at + RENEWAL_WINDOW.total_seconds():
        raise ExpiredToken
    return claims, True
