"""Session tokens, without a server: what is believed, what is not, and for how long."""

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensuite.access import tokens
from ensuite.access.tokens import (
    RENEWAL_WINDOW,
    SESSION_LIFETIME,
    TOKEN_LIFETIME,
    ExpiredSession,
    ExpiredToken,
    InvalidToken,
)
from ensuite.ids import UserId

SECRET = "a secret that is long enough for tests only"
NOW = datetime(2026, 11, 23, 18, 0, 0, 250_000, tzinfo=UTC)
ALICE = UserId(399_351_559_684_096)
MOMENT = timedelta(seconds=1)


def payload_of(token: str) -> dict[str, Any]:
    return jwt.decode(token, options={"verify_signature": False})


def signed(**changes: Any) -> str:
    """A token that is properly signed, with other content; None leaves a claim out."""
    payload = payload_of(tokens.issue(SECRET, ALICE, now=NOW)) | changes
    kept = {name: value for name, value in payload.items() if value is not None}
    return jwt.encode(kept, SECRET, algorithm="HS256")


def unsigned(header: Mapping[str, str]) -> str:
    """A token of the right content with an empty signature."""
    payload = payload_of(tokens.issue(SECRET, ALICE, now=NOW))
    parts = [base64.urlsafe_b64encode(json.dumps(each).encode()) for each in (header, payload)]
    return ".".join(part.rstrip(b"=").decode() for part in parts) + "."


def test_a_token_has_the_payload_of_the_contract() -> None:
    token = tokens.issue(SECRET, ALICE, now=NOW)
    payload = payload_of(token)

    assert jwt.get_unverified_header(token)["alg"] == "HS256"
    assert set(payload) == {"userId", "temp", "iat", "signInTime", "exp", "jti"}
    assert payload["userId"] == ALICE
    assert payload["temp"] is True
    assert payload["iat"] == int(NOW.timestamp())
    assert payload["signInTime"] == int(NOW.timestamp() * 1000)
    assert payload["exp"] - payload["iat"] == 86_400


def test_a_fresh_token_says_who_and_needs_no_renewal() -> None:
    claims, has_expired = tokens.verified(SECRET, tokens.issue(SECRET, ALICE, now=NOW), now=NOW)

    assert claims.user_id == ALICE
    assert claims.signed_in_at == NOW.timestamp()
    assert not has_expired


def test_every_session_has_a_name_of_its_own() -> None:
    issued = [tokens.issue(SECRET, ALICE, now=NOW) for _ in range(100)]

    assert len({payload_of(each)["jti"] for each in issued}) == 100


@pytest.mark.parametrize(
    ("age", "outcome"),
    [
        (timedelta(0), "good"),
        (TOKEN_LIFETIME - MOMENT, "good"),
        (TOKEN_LIFETIME, "renewable"),
        (TOKEN_LIFETIME + RENEWAL_WINDOW - MOMENT, "renewable"),
        (TOKEN_LIFETIME + RENEWAL_WINDOW, ExpiredToken),
        (SESSION_LIFETIME - MOMENT, ExpiredToken),
        (SESSION_LIFETIME, ExpiredSession),
    ],
)
def test_the_age_of_a_token_decides(age: timedelta, outcome: str | type[Exception]) -> None:
    token = tokens.issue(SECRET, ALICE, now=NOW)
    if isinstance(outcome, str):
        _, has_expired = tokens.verified(SECRET, token, now=NOW + age)

        assert has_expired is (outcome == "renewable")
    else:
        with pytest.raises(outcome):
            _ = tokens.verified(SECRET, token, now=NOW + age)


def test_a_renewed_token_is_of_the_same_session() -> None:
    first, _ = tokens.verified(SECRET, tokens.issue(SECRET, ALICE, now=NOW), now=NOW)
    later = NOW + TOKEN_LIFETIME
    second, has_expired = tokens.verified(
        SECRET, tokens.renewed(SECRET, first, now=later), now=later
    )

    assert not has_expired
    assert second.jti == first.jti
    assert second.signed_in_at == first.signed_in_at
    assert second.expires_at == first.expires_at + TOKEN_LIFETIME.total_seconds()


def test_renewing_does_not_lengthen_a_session() -> None:
    token, now = tokens.issue(SECRET, ALICE, now=NOW), NOW
    for _ in range(6):
        now += TOKEN_LIFETIME
        claims, has_expired = tokens.verified(SECRET, token, now=now)
        assert has_expired
        token = tokens.renewed(SECRET, claims, now=now)

    with pytest.raises(ExpiredSession):
        _ = tokens.verified(SECRET, token, now=NOW + SESSION_LIFETIME)


@pytest.mark.parametrize(
    "forged",
    [
        "",
        ".",
        "..",
        "abc",
        "a.b.c",
        "é.é.é",
        jwt.encode({"userId": 1}, "another secret that is also long enough", algorithm="HS256"),
        unsigned({"alg": "none", "typ": "JWT"}),
        unsigned({"alg": "HS256", "typ": "JWT"}),
        unsigned({"alg": "RS256", "typ": "JWT"}),
        jwt.encode(payload_of(signed()), SECRET * 2, algorithm="HS512"),
        signed(userId=None),
        signed(jti=None),
        signed(iat=None),
        signed(exp=None),
        signed(signInTime=None),
        signed(userId="somebody"),
        signed(userId=[1]),
        signed(signInTime="once"),
        signed(nbf=int(NOW.timestamp()) + 10**9),
        signed(aud="somewhere else"),
    ],
    # Not by their text: each process that collects the tests signs other ones.
    ids=[f"forged-{number}" for number in range(21)],
)
def test_what_this_server_did_not_sign_so_is_invalid(forged: str) -> None:
    with pytest.raises(InvalidToken):
        _ = tokens.verified(SECRET, forged, now=NOW)


def test_another_algorithm_with_the_right_key_is_invalid() -> None:
    other = jwt.encode(payload_of(signed()), SECRET + "x" * 32, algorithm="HS384")

    with pytest.raises(InvalidToken):
        _ = tokens.verified(SECRET + "x" * 32, other, now=NOW)


@given(st.integers(0, 10_000), st.characters(codec="ascii"))
def test_a_token_with_one_character_changed_is_invalid(place: int, character: str) -> None:
    token = tokens.issue(SECRET, ALICE, now=NOW)
    place %= len(token) - 1  # the last character holds bits that are not decoded
    changed = token[:place] + character + token[place + 1 :]
    if changed == token:
        assert tokens.verified(SECRET, changed, now=NOW)[0].user_id == ALICE
    else:
        with pytest.raises(InvalidToken):
            _ = tokens.verified(SECRET, changed, now=NOW)


@given(st.text())
def test_no_text_at_all_breaks_the_check(text: str) -> None:
    with pytest.raises(InvalidToken):
        _ = tokens.verified(SECRET, text, now=NOW)
