"""From a request's token to an actor, with a cache: no token is verified twice while it is valid.

The cache is dropped as a whole when users, their roles or tokens change anywhere; that is rare,
and simpler to trust than a list of what exactly changed.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ensuite.access import accounts, api_keys, tokens
from ensuite.access.actor import Actor
from ensuite.clock import Clock
from ensuite.errors import Unauthenticated
from ensuite.storage.database import Database

MAX_CACHED = 10_000
MAX_TOKEN_BYTES = 4_096
RECHECK_SECONDS = 60
"""An entry is looked up again after this time, should a notification have been lost."""

ACTORS_CHANNEL = "ensuite_actors"

DEFAULT_ROLE = frozenset({"", "__union__"})
"""Values of `X-Role` that mean the account's default role; roles are never merged here."""


class EmptyToken(Unauthenticated):
    """Unauthenticated. Please sign in to continue."""

    code = "EMPTY_TOKEN"


@dataclass(frozen=True, slots=True)
class Session:
    """An actor, until when it may be taken from the cache, and a token to replace an old one."""

    actor: Actor
    good_until: datetime
    renewed_token: str | None = None


class Sessions:
    """The actors of this process."""

    def __init__(
        self,
        database: Database,
        secret: str,
        clock: Clock,
        lifetime: timedelta = tokens.SESSION_LIFETIME,
    ) -> None:
        self._lifetime = lifetime
        self._database = database
        self._secret = secret
        self._clock = clock
        self._known: dict[tuple[str, bytes], Session] = {}
        self._epoch = 0

    def forget(self, _: str | None = None) -> None:
        """Look everybody up again."""
        self._epoch += 1
        self._known.clear()

    def cached(self, token: str, role: bytes) -> Session | None:
        """What is known of a token in a role, if it is still good."""
        found = self._known.get(_place(token, role))
        if found is None or self._clock.now() >= found.good_until:
            return None
        return found

    async def session(self, token: str, role: bytes) -> Session:
        """Verify a token and load its account.

        Raises:
            Unauthenticated: see the codes of wire contract section 3.

        """
        if len(token) > MAX_TOKEN_BYTES:
            raise tokens.InvalidToken
        now, epoch = self._clock.now(), self._epoch
        wanted = role.decode("latin-1")
        found = await (
            self._by_api_key(token, now)
            if token.startswith(api_keys.PREFIX)
            else self._by_token(token, None if wanted in DEFAULT_ROLE else wanted, now)
        )
        # What was read before somebody said "forget" is not kept.
        if epoch == self._epoch and found.renewed_token is None:
            if len(self._known) >= MAX_CACHED:
                self._known.clear()
            self._known[_place(token, role)] = found
        return found

    async def _by_token(self, token: str, wanted: str | None, now: datetime) -> Session:
        claims, has_expired = tokens.verified(self._secret, token, now=now, lifetime=self._lifetime)
        account = await accounts.by_claims(self._database, claims)
        renewed = tokens.renewed(self._secret, claims, now=now) if has_expired else None
        until = min(now.timestamp() + RECHECK_SECONDS, claims.expires_at, claims.session_ends_at)
        return Session(account.acting(wanted), datetime.fromtimestamp(until, UTC), renewed)

    async def _by_api_key(self, key: str, now: datetime) -> Session:
        actor, ends = await accounts.by_api_key(self._database, key, now)
        until = now + timedelta(seconds=RECHECK_SECONDS)
        return Session(actor, until if ends is None else min(until, ends))


def _place(token: str, role: bytes) -> tuple[str, bytes]:
    # A key's role is bound, whatever `X-Role` says: it takes one place.
    return token, b"" if token.startswith(api_keys.PREFIX) else role
