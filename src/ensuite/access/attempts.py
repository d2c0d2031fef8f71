"""How often somebody may try a password: a bound on guessing, kept by each process for itself."""

from ensuite.clock import Clock
from ensuite.errors import EnsuiteError

MAX_ATTEMPTS = 10
WINDOW_SECONDS = 300
MAX_ACCOUNTS = 10_000
MAX_NAME_LENGTH = 320
"""Of a longer name only the beginning counts: names come from clients."""


class TooManyAttempts(EnsuiteError):
    """Too many wrong passwords for this account; try again after the time in `Retry-After`."""

    code = "TOO_MANY_ATTEMPTS"
    status = 429


class Attempts:
    """The failed attempts of the last minutes, by account name, whether the account exists or not.

    It may be the account's owner who is held back; sessions that exist are not.  When the table
    is full the oldest entry goes: to push one out takes 10,000 password hashes, which are minutes.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._begun: dict[str, tuple[float, int]] = {}

    def begin(self, name: str) -> None:
        """Count an attempt; call it before the password is checked.

        It counts from its start, so that many at once are as many.

        Raises:
            TooManyAttempts: this one has to wait.

        """
        key, now = name[:MAX_NAME_LENGTH], self._clock.now().timestamp()
        since, count = self._begun.get(key, (now, 0))
        if now - since >= WINDOW_SECONDS:
            del self._begun[key]
            since, count = now, 0
        if count >= MAX_ATTEMPTS:
            wait = max(1, int(since + WINDOW_SECONDS - now) + 1)
            raise TooManyAttempts(headers=(("retry-after", str(wait)),))
        if key not in self._begun and len(self._begun) >= MAX_ACCOUNTS:
            del self._begun[next(iter(self._begun))]
        self._begun[key] = (since, count + 1)

    def succeeded(self, name: str) -> None:
        """The password was right: forget the failures before."""
        _ = self._begun.pop(name[:MAX_NAME_LENGTH], None)
