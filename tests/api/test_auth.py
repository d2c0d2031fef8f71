"""Signing in and out, tokens and what they are worth (wire contract, section 3)."""

import base64
import json
import time
from collections.abc import AsyncIterator, Mapping
from typing import Any

import asyncpg
import jwt
import pytest
from argon2 import PasswordHasher

from ensuite.access import passwords
from ensuite.access.attempts import MAX_ATTEMPTS, WINDOW_SECONDS
from ensuite.access.sessions import MAX_TOKEN_BYTES, RECHECK_SECONDS
from ensuite.server.app import Ensuite, running
from ensuite.settings import Settings
from tests.client import ROOT_EMAIL, ROOT_PASSWORD, Client, Reply
from tests.movable_clock import MovableClock
from tests.patience import until
from tests.people import PASSWORD, person, signed_in, user_id


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
async def timed(settings: Settings, clock: MovableClock) -> AsyncIterator[Client]:
    """The API with a clock that the test moves, called as root."""
    async with running(settings, clock=clock) as ensuite, Client(ensuite.endpoint) as client:
        _ = await client.sign_in(ROOT_EMAIL, ROOT_PASSWORD)
        yield client


@pytest.fixture
async def other(ensuite: Ensuite, settings: Settings) -> AsyncIterator[Client]:
    """A second process on the same database; nobody is signed in."""
    async with running(settings) as second, Client(second.endpoint) as client:
        assert second is not ensuite
        yield client


def refused(reply: Reply) -> str | None:
    """The code of a 401."""
    assert reply.status == 401, (reply.status, reply.body)
    [code] = reply.codes
    assert reply.body["code"] == code
    assert reply.headers["content-type"] == "application/problem+json"
    return code


async def database(settings: Settings, sql: str, *arguments: Any) -> None:
    """Change a row behind the server's back."""
    connection = await asyncpg.connect(settings.database_url)
    try:
        _ = await connection.execute(sql, *arguments)
    finally:
        await connection.close()


# --- signing in ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [{"account": ROOT_EMAIL}, {"email": ROOT_EMAIL}, {"username": "root"}, {"account": "root"}],
)
async def test_one_signs_in_by_address_or_user_name(
    anonymous: Client, name: Mapping[str, str]
) -> None:
    signed = (await anonymous.post("auth:signIn", {**name, "password": ROOT_PASSWORD})).data

    assert set(signed) == {"user", "token"}
    assert signed["user"]["email"] == ROOT_EMAIL
    assert "password" not in signed["user"]
    checked = await anonymous.acting(Authorization=f"Bearer {signed['token']}").get("auth:check")
    assert checked.data["id"] == signed["user"]["id"]


async def test_the_answer_does_not_tell_a_wrong_password_from_an_unknown_user(
    anonymous: Client,
) -> None:
    unknown = await anonymous.post("auth:signIn", {"account": "nobody", "password": "x" * 8})
    wrong = await anonymous.post("auth:signIn", {"account": "root", "password": "x" * 8})

    assert refused(wrong) == "WRONG_CREDENTIALS"
    message = "The username/email or password is incorrect, please re-enter"
    assert wrong.body["errors"] == [{"message": message, "code": "WRONG_CREDENTIALS"}]
    for reply in (wrong, unknown):
        del reply.body["requestId"]
    assert unknown.body == wrong.body
    assert unknown.status == wrong.status


@pytest.fixture
def costly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords are hashed as in earnest."""
    monkeypatch.setattr(passwords, "hasher", PasswordHasher.from_parameters(passwords.COST))


@pytest.mark.usefixtures("costly")
async def test_neither_does_the_time_that_it_takes(api: Client, anonymous: Client) -> None:
    _ = await person(api, "alice", "member")

    async def quickest(account: str) -> float:
        times: list[float] = []
        for _ in range(3):
            begun = time.perf_counter()
            _ = await anonymous.post("auth:signIn", {"account": account, "password": "x" * 8})
            times.append(time.perf_counter() - begun)
        return min(times)

    known, unknown = await quickest("alice"), await quickest("nobody")

    assert 0.3 < unknown / known < 3


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"account": ""},
        {"account": "root"},
        {"password": ROOT_PASSWORD},
        {"account": "root", "password": 5},
        {"account": ["root"], "password": ROOT_PASSWORD},
        {"account": {"$ne": ""}, "password": ROOT_PASSWORD},
        {"account": None, "password": ROOT_PASSWORD},
    ],
)
async def test_an_incomplete_sign_in_is_a_bad_request(anonymous: Client, body: object) -> None:
    reply = await anonymous.post("auth:signIn", body)

    assert reply.status == 400
    assert reply.codes == ["CREDENTIALS_MISSING"]


async def test_a_password_of_a_megabyte_is_not_hashed(anonymous: Client) -> None:
    reply = await anonymous.post("auth:signIn", {"account": "root", "password": "x" * 1_000_000})

    assert refused(reply) == "WRONG_CREDENTIALS"


async def test_a_sign_in_by_form_works_too(anonymous: Client) -> None:
    reply = await anonymous.call(
        "POST",
        "auth:signIn",
        content=b"account=root&password=" + ROOT_PASSWORD.replace(" ", "+").encode(),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )

    assert reply.data["user"]["username"] == "root"


async def test_guessing_is_held_back_and_goes_on_later(timed: Client, clock: MovableClock) -> None:
    _ = await person(timed, "alice", "member")
    anonymous = timed.acting(Authorization="")

    async def attempt(password: str, name: str = "alice") -> Reply:
        return await anonymous.post("auth:signIn", {"account": name, "password": password})

    for _ in range(MAX_ATTEMPTS):
        assert refused(await attempt("a wrong guess")) == "WRONG_CREDENTIALS"
    held = await attempt(PASSWORD)

    assert held.status == 429
    assert held.codes == ["TOO_MANY_ATTEMPTS"]
    assert 0 < int(held.headers["retry-after"]) <= WINDOW_SECONDS + 1
    # Others, and who is signed in already, do not feel it.
    assert (await attempt(ROOT_PASSWORD, "root")).status == 200
    assert (await timed.get("auth:check")).status == 200
    clock.move(seconds=int(held.headers["retry-after"]))
    assert (await attempt(PASSWORD)).status == 200


async def test_guesses_at_a_user_that_does_not_exist_are_held_back_alike(timed: Client) -> None:
    anonymous = timed.acting(Authorization="")
    replies = [
        await anonymous.post("auth:signIn", {"account": "nobody", "password": "a guess"})
        for _ in range(MAX_ATTEMPTS + 1)
    ]

    assert [each.status for each in replies] == [401] * MAX_ATTEMPTS + [429]


# --- who one is ---------------------------------------------------------------------------


async def test_check_tells_the_user_with_roles(api: Client) -> None:
    checked = (await api.get("auth:check")).data

    assert checked["email"] == ROOT_EMAIL
    assert [role["name"] for role in checked["roles"]] == ["root", "admin", "member"]
    assert checked["currentRole"] == "root"
    assert not {"password", "passwordChangeTz"} & set(checked)


async def test_the_token_comes_in_a_header_or_in_the_query(api: Client) -> None:
    token = api.headers["Authorization"].removeprefix("Bearer ")
    anonymous = api.acting(Authorization="")

    for header in (f"Bearer {token}", f"bearer {token}", f"BEARER   {token} ", token):
        assert (await anonymous.acting(Authorization=header).get("auth:check")).status == 200
    assert (await anonymous.get("auth:check", token=token)).status == 200
    del anonymous.headers["Authorization"]
    assert (await anonymous.get("auth:check", token=token)).status == 200
    assert refused(await anonymous.get("auth:check", token="")) == "EMPTY_TOKEN"


def unsigned(token: str) -> str:
    """The token's content with `alg: none`."""
    header = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').rstrip(b"=").decode()
    return f"{header}.{token.split('.')[1]}."


async def test_a_forged_token_is_invalid(api: Client, settings: Settings) -> None:
    token = api.headers["Authorization"].removeprefix("Bearer ")
    payload = jwt.decode(token, options={"verify_signature": False})
    assert settings.secret_key is not None
    forged = [
        "nonsense",
        "en_" + "A" * 43,
        token[:-6] + "AAAAAA",
        unsigned(token),
        jwt.encode(payload, "another key that is long enough as well", algorithm="HS256"),
        jwt.encode(payload, settings.secret_key * 2, algorithm="HS512"),
        "x" * (MAX_TOKEN_BYTES + 1),
        "x" * 1_000_000,
        "\xff\xfe",
    ]

    for each in forged:
        reply = await api.call(
            "GET",
            "auth:check",
            headers={"Authorization": f"Bearer {each}".encode("latin-1")},  # pyright: ignore[reportArgumentType] - bytes pass, too
        )
        assert refused(reply) == "INVALID_TOKEN", each[:50]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "posts:list"),
        ("GET", "nothing:here"),
        ("POST", "auth:signOut"),
        ("GET", "posts:create"),
        ("POST", "posts:create"),
        ("POST", "a/b/c/d/e/f"),
        ("GET", "posts:list?filter={"),
        ("GET", "posts:list?page=0"),
        ("GET", "posts:list?token[a]=b"),
        ("GET", "posts:list?" + "x&" * 1_100),
        ("GET", ""),
        ("PUT", "posts"),
        ("POST", "users:create"),
        ("GET", "roles:list"),
        ("HEAD", "posts"),
    ],
)
async def test_anonymous_is_told_so_before_anything_else(
    anonymous: Client, method: str, path: str
) -> None:
    reply = await anonymous.call(method, path, content=b"no JSON {" if method == "POST" else None)

    assert reply.status == 401
    if method != "HEAD":
        assert refused(reply) == "EMPTY_TOKEN"


@pytest.mark.parametrize("action", ["authenticators:publicList", "app:getInfo"])
@pytest.mark.parametrize("authorization", ["", "Bearer nonsense"])
async def test_some_actions_are_for_everybody(
    anonymous: Client, action: str, authorization: str
) -> None:
    assert (await anonymous.acting(Authorization=authorization).get(action)).status == 200


# --- roles of a request -------------------------------------------------------------------


async def test_x_role_chooses_among_the_roles_held(api: Client) -> None:
    assert (await api.acting(X_Role="member").get("auth:check")).data["currentRole"] == "member"
    assert (await api.acting(X_Role="member").get("roles:list")).status == 403
    assert (await api.acting(X_Role="admin").get("roles:list")).status == 200


@pytest.mark.parametrize("name", ["editor", "anonymous", "Root", "root ,member", "é", "__union"])
async def test_a_role_that_the_user_does_not_hold_is_refused(api: Client, name: str) -> None:
    alice = await person(api, "alice", "member")
    alice.headers["X-Role"] = name

    reply = await alice.call("GET", "auth:check", headers={"X-Role": name.encode()})  # pyright: ignore[reportArgumentType]
    assert refused(reply) == "ROLE_NOT_FOUND_FOR_USER"


async def test_the_union_of_roles_falls_back_to_the_default_role(api: Client) -> None:
    checked = await api.acting(X_Role="__union__").get("auth:check")

    assert checked.data["currentRole"] == "root"


async def test_without_roles_nobody_gets_in(api: Client) -> None:
    alice = await person(api, "alice", "member")
    _ = (await api.post(f"users:update/{await user_id(alice)}", {"roles": []})).data

    assert refused(await alice.get("auth:check")) == "USER_HAS_NO_ROLES_ERR"


async def test_a_changed_role_counts_from_the_next_request(api: Client, other: Client) -> None:
    alice = await person(api, "alice", "member")
    elsewhere = other.acting(**alice.headers)
    for client in (alice, elsewhere):
        assert (await client.get("roles:list")).status == 403
    _ = (await api.post(f"users:update/{await user_id(alice)}", {"roles": ["admin"]})).data

    assert (await alice.get("roles:list")).status == 200

    async def heard() -> bool:
        return (await elsewhere.get("roles:list")).status == 200

    await until(heard)


async def test_a_deleted_user_is_refused_everywhere(api: Client, other: Client) -> None:
    alice = await person(api, "alice", "member")
    elsewhere = other.acting(**alice.headers)
    assert (await elsewhere.get("auth:check")).status == 200
    _ = (await api.post(f"users:destroy/{await user_id(alice)}")).data

    assert refused(await alice.get("auth:check")) == "NOT_EXIST_USER"

    async def heard() -> bool:
        return (await elsewhere.get("auth:check")).status == 401

    await until(heard)


async def test_what_no_notification_told_is_noticed_after_a_minute(
    timed: Client, clock: MovableClock, settings: Settings
) -> None:
    alice = await person(timed, "alice", "member")
    alice_id = await user_id(alice)
    await database(settings, "DELETE FROM ensuite.roles_users WHERE user_id = $1", alice_id)
    assert (await alice.get("auth:check")).status == 200
    clock.move(seconds=RECHECK_SECONDS)

    assert refused(await alice.get("auth:check")) == "USER_HAS_NO_ROLES_ERR"


# --- the life of a token ------------------------------------------------------------------


async def test_a_token_is_good_for_a_day(timed: Client, clock: MovableClock) -> None:
    clock.move(days=1, seconds=-1)
    reply = await timed.get("auth:check")

    assert reply.status == 200
    assert "x-new-token" not in reply.headers


async def test_for_another_day_it_is_exchanged_for_a_new_one(
    timed: Client, clock: MovableClock
) -> None:
    clock.move(days=1)
    renewed = await timed.get("auth:check")
    assert renewed.status == 200
    fresh = timed.acting(Authorization=f"Bearer {renewed.headers['x-new-token']}")
    clock.move(hours=23)
    used = await fresh.get("auth:check")

    assert used.status == 200
    assert "x-new-token" not in used.headers
    # The old one has an hour left in which it is exchanged, then it is too old.
    assert "x-new-token" in (await timed.get("auth:check")).headers
    clock.move(hours=1)
    assert refused(await timed.get("auth:check")) == "EXPIRED_TOKEN"


async def test_after_a_week_one_signs_in_again(timed: Client, clock: MovableClock) -> None:
    client = timed
    for _ in range(6):
        clock.move(days=1)
        new_token = (await client.get("auth:check")).headers["x-new-token"]
        client = client.acting(Authorization=f"Bearer {new_token}")
    clock.move(days=1)

    assert refused(await client.get("auth:check")) == "EXPIRED_SESSION"


async def test_how_long_a_session_lasts_is_a_setting(
    settings: Settings, clock: MovableClock
) -> None:
    own = settings.model_copy(update={"session_days": 2})
    async with running(own, clock=clock) as ensuite, Client(ensuite.endpoint) as client:
        _ = await client.sign_in(ROOT_EMAIL, ROOT_PASSWORD)
        assert (await client.get("app:getInfo")).data["sessionDays"] == 2
        clock.move(days=1)
        new_token = (await client.get("auth:check")).headers["x-new-token"]
        renewed = client.acting(Authorization=f"Bearer {new_token}")
        clock.move(days=1)

        assert refused(await renewed.get("auth:check")) == "EXPIRED_SESSION"


async def test_an_expired_token_is_refused_from_the_cache_as_well(
    timed: Client, clock: MovableClock
) -> None:
    clock.move(days=1, seconds=-1)
    assert (await timed.get("auth:check")).status == 200
    clock.move(seconds=1)

    assert "x-new-token" in (await timed.get("auth:check")).headers


async def test_a_refused_call_hands_the_new_token_over_too(
    timed: Client, clock: MovableClock
) -> None:
    clock.move(days=1)

    assert "x-new-token" in (await timed.get("nothing:list")).headers


async def test_sign_out_ends_the_session_with_all_its_tokens(
    timed: Client, clock: MovableClock
) -> None:
    clock.move(days=1)
    new_token = (await timed.get("auth:check")).headers["x-new-token"]
    fresh = timed.acting(Authorization=f"Bearer {new_token}")
    reply = await fresh.post("auth:signOut")

    assert reply.status == 200
    assert reply.body == {}
    assert refused(await fresh.get("auth:check")) == "BLOCKED_TOKEN"
    assert refused(await timed.get("auth:check")) == "BLOCKED_TOKEN"
    again = await signed_in(timed, "root", ROOT_PASSWORD)
    assert (await again.get("auth:check")).status == 200


async def test_a_signed_out_token_stays_refused_as_long_as_it_could_be_renewed(
    timed: Client, clock: MovableClock
) -> None:
    _ = await timed.post("auth:signOut")
    for _ in range(13):
        clock.move(hours=12)
        # Each sign-out also forgets those that have ended by themselves.
        _ = await (await signed_in(timed, "root", ROOT_PASSWORD)).post("auth:signOut")
        assert refused(await timed.get("auth:check")) in {"BLOCKED_TOKEN", "EXPIRED_TOKEN"}


async def test_sign_out_in_one_process_counts_in_another(api: Client, other: Client) -> None:
    elsewhere = other.acting(**api.headers)
    assert (await elsewhere.get("auth:check")).status == 200
    _ = await api.post("auth:signOut")

    assert refused(await api.get("auth:check")) == "BLOCKED_TOKEN"

    async def heard() -> bool:
        return (await elsewhere.get("auth:check")).status == 401

    await until(heard)
    assert refused(await elsewhere.get("auth:check")) == "BLOCKED_TOKEN"


async def test_sign_out_of_one_session_leaves_the_others(api: Client) -> None:
    second = await signed_in(api, "root", ROOT_PASSWORD)
    _ = await api.post("auth:signOut")

    assert (await second.get("auth:check")).status == 200


async def test_sign_out_everywhere_ends_all_sessions_of_the_account(
    timed: Client, clock: MovableClock
) -> None:
    alice = await person(timed, "alice", "member")
    second = await signed_in(timed, "alice")
    assert (await alice.post("auth:signOutEverywhere")).status == 200
    clock.move(milliseconds=1)

    assert refused(await alice.get("auth:check")) == "INVALID_TOKEN"
    assert refused(await second.get("auth:check")) == "INVALID_TOKEN"
    assert (await timed.get("auth:check")).status == 200
    assert (await (await signed_in(timed, "alice")).get("auth:check")).status == 200


# --- passwords ----------------------------------------------------------------------------


async def test_a_changed_password_ends_older_sessions(timed: Client, clock: MovableClock) -> None:
    alice = await person(timed, "alice", "member")
    second = await signed_in(timed, "alice")
    clock.move(seconds=1)
    change = {"oldPassword": PASSWORD, "newPassword": "another horse"}
    assert (await alice.post("auth:changePassword", change)).status == 200

    assert refused(await alice.get("auth:check")) == "INVALID_TOKEN"
    assert refused(await second.get("auth:check")) == "INVALID_TOKEN"
    again = await signed_in(timed, "alice", "another horse")
    assert (await again.get("auth:check")).status == 200
    old = await timed.post("auth:signIn", {"account": "alice", "password": PASSWORD})
    assert old.status == 401


async def test_also_within_the_same_second(timed: Client, clock: MovableClock) -> None:
    clock.moment = clock.moment.replace(microsecond=0)
    alice = await person(timed, "alice", "member")
    clock.move(milliseconds=400)
    change = {"oldPassword": PASSWORD, "newPassword": "another horse"}
    _ = await alice.post("auth:changePassword", change)
    clock.move(milliseconds=400)
    again = await signed_in(timed, "alice", "another horse")

    assert refused(await alice.get("auth:check")) == "INVALID_TOKEN"
    assert (await again.get("auth:check")).status == 200


async def test_a_password_that_an_administrator_sets_ends_the_users_sessions(
    timed: Client, clock: MovableClock
) -> None:
    alice = await person(timed, "alice", "member")
    clock.move(seconds=1)
    _ = (await timed.post(f"users:update/{await user_id(alice)}", {"password": "set for me"})).data

    assert refused(await alice.get("auth:check")) == "INVALID_TOKEN"
    assert (await (await signed_in(timed, "alice", "set for me")).get("auth:check")).status == 200


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"oldPassword": "wrong", "newPassword": "good enough"}, "WRONG_OLD_PASSWORD"),
        ({"newPassword": "good enough"}, "WRONG_OLD_PASSWORD"),
        ({"oldPassword": ROOT_PASSWORD, "newPassword": "short"}, "WEAK_PASSWORD"),
        ({"oldPassword": ROOT_PASSWORD, "newPassword": "x" * 257}, "WEAK_PASSWORD"),
        ({"oldPassword": ROOT_PASSWORD, "newPassword": 123456789}, "WEAK_PASSWORD"),
        ({"oldPassword": ROOT_PASSWORD}, "WEAK_PASSWORD"),
    ],
)
async def test_a_password_is_not_changed_for_nothing(
    api: Client, body: Mapping[str, Any], code: str
) -> None:
    reply = await api.post("auth:changePassword", body)

    assert reply.status == 400
    assert reply.codes == [code]
    assert (await api.get("auth:check")).status == 200


async def test_a_stolen_token_is_no_way_to_guess_the_password(api: Client) -> None:
    body = {"oldPassword": "a guess", "newPassword": "good enough"}
    statuses = [
        (await api.post("auth:changePassword", body)).status for _ in range(MAX_ATTEMPTS + 1)
    ]

    assert statuses == [400] * MAX_ATTEMPTS + [429]


@pytest.mark.usefixtures("costly")
async def test_a_password_is_stored_as_an_argon2_hash(api: Client, settings: Settings) -> None:
    _ = await person(api, "alice", "member")
    connection = await asyncpg.connect(settings.database_url)
    try:
        stored = await connection.fetchval(
            "SELECT password FROM ensuite.users WHERE username = 'alice'"
        )
    finally:
        await connection.close()

    # What RFC 9106 asks for at least, in KiB, passes and threads.
    assert stored.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert PASSWORD not in json.dumps(stored)
