"""The bound on guessing a password, with a clock that the test moves."""

import pytest

from ensuite.access.attempts import (
    MAX_ACCOUNTS,
    MAX_ATTEMPTS,
    MAX_NAME_LENGTH,
    WINDOW_SECONDS,
    Attempts,
    TooManyAttempts,
)
from tests.movable_clock import MovableClock


def wrong(attempts: Attempts, name: str, times: int) -> None:
    for _ in range(times):
        attempts.begin(name)


def test_after_ten_wrong_passwords_one_has_to_wait() -> None:
    clock = MovableClock()
    attempts = Attempts(clock)
    wrong(attempts, "alice", MAX_ATTEMPTS)
    clock.move(seconds=100)

    with pytest.raises(TooManyAttempts) as refused:
        attempts.begin("alice")
    assert refused.value.status == 429
    assert dict(refused.value.headers) == {"retry-after": str(WINDOW_SECONDS - 100 + 1)}


def test_after_the_time_of_retry_after_it_goes_on() -> None:
    clock = MovableClock()
    attempts = Attempts(clock)
    wrong(attempts, "alice", MAX_ATTEMPTS)
    clock.move(seconds=WINDOW_SECONDS)
    wrong(attempts, "alice", MAX_ATTEMPTS)

    with pytest.raises(TooManyAttempts):
        attempts.begin("alice")


def test_a_refused_attempt_does_not_lengthen_the_wait() -> None:
    clock = MovableClock()
    attempts = Attempts(clock)
    wrong(attempts, "alice", MAX_ATTEMPTS)
    for _ in range(50):
        clock.move(seconds=5)
        with pytest.raises(TooManyAttempts):
            attempts.begin("alice")
    clock.move(seconds=WINDOW_SECONDS - 250)

    attempts.begin("alice")


def test_the_right_password_forgets_the_wrong_ones() -> None:
    attempts = Attempts(MovableClock())
    for _ in range(5):
        wrong(attempts, "alice", MAX_ATTEMPTS)
        attempts.succeeded("alice")

    attempts.begin("alice")


def test_another_account_is_not_held_back() -> None:
    attempts = Attempts(MovableClock())
    wrong(attempts, "alice", MAX_ATTEMPTS)

    attempts.begin("bob")


def test_what_is_kept_is_bounded_and_the_oldest_goes() -> None:
    attempts = Attempts(MovableClock())
    wrong(attempts, "alice", MAX_ATTEMPTS)
    wrong(attempts, "bob", MAX_ATTEMPTS)
    for number in range(MAX_ACCOUNTS - 1):
        attempts.begin(f"user {number}")

    assert len(attempts._begun) == MAX_ACCOUNTS  # pyright: ignore[reportPrivateUsage]
    attempts.begin("alice")
    wrong(attempts, f"user {MAX_ACCOUNTS - 2}", MAX_ATTEMPTS - 1)
    with pytest.raises(TooManyAttempts):
        attempts.begin(f"user {MAX_ACCOUNTS - 2}")


def test_names_that_begin_alike_beyond_the_bound_count_as_one() -> None:
    attempts = Attempts(MovableClock())
    for number in range(MAX_ATTEMPTS):
        attempts.begin("x" * MAX_NAME_LENGTH + str(number))

    with pytest.raises(TooManyAttempts):
        attempts.begin("x" * MAX_NAME_LENGTH + "more")
