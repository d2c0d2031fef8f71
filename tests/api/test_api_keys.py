"""API keys: for programs, shown once, bound to one role (wire contract, section 3)."""

from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from ensuite.access import api_keys
from ensuite.clock import to_wire
from ensuite.server.app import running
from ensuite.settings import Settings
from tests.client import ROOT_EMAIL, ROOT_PASSWORD, Client
from tests.movable_clock import MovableClock
from tests.patience import until
from tests.people import person, role, user_id


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
async def timed(settings: Settings, clock: MovableClock) -> AsyncIterator[Client]:
    """The API with a clock that the test moves, called as root."""
    async with running(settings, clock=clock) as ensuite, Client(ensuite.endpoint) as client:
        _ = await client.sign_in(ROOT_EMAIL, ROOT_PASSWORD)
        yield client


async def make_key(api: Client, role_name: str = "root", **values: Any) -> dict[str, Any]:
    """A new key of who this client is."""
    given = {"name": "a key", "role": {"name": role_name}, "expiresIn": "30d", **values}
    made: dict[str, Any] = (await api.post("apiKeys:create", given)).data
    return made


def by_key(api: Client, made: Mapping[str, Any]) -> Client:
    """The API, called by a program that has a key."""
    return api.acting(Authorization=f"Bearer {made['token']}")


async def code_of(client: Client) -> str | None:
    """The code with which a call is refused; None: it is not."""
    reply = await client.get("auth:check")
    return None if reply.status == 200 else reply.codes[0]


async def test_a_key_stands_for_its_owner(api: Client) -> None:
    made = await make_key(api)
    checked = (await by_key(api, made).get("auth:check")).data

    assert set(made) == {"id", "name", "roleName", "expiresIn", "expiresAt", "token"}
    assert made["token"].startswith(api_keys.PREFIX)
    assert checked["id"] == await user_id(api)
    assert (await api.acting(Authorization="").get("auth:check", token=made["token"])).status == 200


async def test_a_key_is_shown_once_and_stored_hashed(api: Client, settings: Settings) -> None:
    made = await make_key(api)
    listed = await api.get("apiKeys:list")
    connection = await asyncpg.connect(settings.database_url)
    try:
        row = await connection.fetchrow("SELECT * FROM ensuite.api_keys")
    finally:
        await connection.close()
    assert row is not None

    secret = made["token"].removeprefix(api_keys.PREFIX)
    assert secret not in str(listed.body)
    assert secret not in str(dict(row))
    assert bytes(row["digest"]) == api_keys.digest(made["token"])
    [shown] = listed.data
    assert shown["name"] == "a key"
    assert shown["role"]["name"] == "root"
    assert made["token"].startswith(shown["prefix"])
    assert not {"digest", "userId", "token"} & set(shown)


async def test_no_two_keys_are_alike(api: Client) -> None:
    keys = [await make_key(api) for _ in range(5)]

    assert len({each["token"] for each in keys}) == 5
    assert len((await api.get("apiKeys:list")).data) == 5


@pytest.mark.parametrize("wanted", ["root", "member", "nothing", ""])
async def test_the_bound_role_beats_x_role(api: Client, wanted: str) -> None:
    program = by_key(api, await make_key(api, "admin")).acting(X_Role=wanted)
    checked = (await program.get("auth:check")).data

    assert checked["currentRole"] == "admin"
    assert [each["name"] for each in checked["roles"]] == ["admin"]


async def test_the_bound_role_is_what_the_key_may_do(api: Client) -> None:
    await api.collection("posts", {"name": "title", "type": "string"})
    member = by_key(api, await make_key(api, "member"))

    assert (await member.post("posts:create", {"title": "x"})).status == 403
    assert (await member.get("roles:list")).status == 403
    admin = by_key(api, await make_key(api, "admin"))
    assert (await admin.post("posts:create", {"title": "x"})).status == 200
    own_id = await user_id(api)
    assert (await admin.post(f"users:update/{own_id}", {"password": "mine now"})).status == 403


async def test_the_bound_role_is_in_the_context_of_workflows(api: Client) -> None:
    await api.blog()
    _ = await api.workflow("posts", key="k1")
    admin = by_key(api, await make_key(api, "admin")).acting(X_Role="root")
    _ = (await admin.post("posts:create?triggerWorkflows=k1", {"title": "x"})).data
    [execution] = await api.executions()

    assert execution["context"]["roleName"] == "admin"


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"role": {"name": "nobody"}}, "INVALID_API_KEY"),
        ({"role": None}, "INVALID_API_KEY"),
        ({"role": {}}, "INVALID_API_KEY"),
        ({"role": ["root"]}, "INVALID_API_KEY"),
        ({"name": ""}, "INVALID_API_KEY"),
        ({"name": "  "}, "INVALID_API_KEY"),
        ({"name": 5}, "INVALID_API_KEY"),
        ({"expiresIn": "0d"}, "INVALID_EXPIRY"),
        ({"expiresIn": "-1d"}, "INVALID_EXPIRY"),
        ({"expiresIn": "1.5d"}, "INVALID_EXPIRY"),
        ({"expiresIn": "soon"}, "INVALID_EXPIRY"),
        ({"expiresIn": "999999d"}, "INVALID_EXPIRY"),
        ({"expiresIn": 30}, "INVALID_EXPIRY"),
        ({"expiresIn": None}, "INVALID_EXPIRY"),
    ],
)
async def test_a_key_that_makes_no_sense_is_refused(
    shared: Client, values: Mapping[str, Any], code: str
) -> None:
    given = {"name": "a key", "role": {"name": "root"}, "expiresIn": "30d", **values}
    reply = await shared.post("apiKeys:create", given)

    assert reply.status == 400
    assert reply.codes == [code]
    assert (await shared.get("apiKeys:list")).data == []


async def test_nobody_makes_a_key_for_a_role_that_he_does_not_hold(api: Client) -> None:
    alice = await person(api, "alice", "member")
    for role_name in ("root", "admin"):
        values = {"name": "x", "role": {"name": role_name}, "expiresIn": "never"}
        assert (await alice.post("apiKeys:create", values)).codes == ["INVALID_API_KEY"]

    assert (await make_key(alice, "member"))["roleName"] == "member"


async def test_a_key_makes_no_keys(api: Client) -> None:
    program = by_key(api, await make_key(api, "root", expiresIn="1d"))
    values = {"name": "x", "role": {"name": "root"}, "expiresIn": "never"}

    assert (await program.post("apiKeys:create", values)).status == 403


# --- its end ------------------------------------------------------------------------------


async def test_a_key_ends_when_it_said_that_it_would(timed: Client, clock: MovableClock) -> None:
    week = by_key(timed, await make_key(timed, expiresIn="7d"))
    for_ever = by_key(timed, await make_key(timed, expiresIn="never"))
    clock.move(days=7, seconds=-1)
    assert await code_of(week) is None
    clock.move(seconds=1)

    assert await code_of(week) == "EXPIRED_TOKEN"
    clock.move(days=36_500)
    assert await code_of(for_ever) is None


async def test_a_key_tells_when_it_ends(timed: Client, clock: MovableClock) -> None:
    made = await make_key(timed, expiresIn="90d")
    [listed] = (await timed.get("apiKeys:list")).data

    assert listed["expiresAt"] == made["expiresAt"] == to_wire(clock.now() + timedelta(days=90))
    assert (await make_key(timed, expiresIn="never"))["expiresAt"] is None


async def test_a_destroyed_key_is_refused_at_once_everywhere(
    api: Client, settings: Settings
) -> None:
    made, kept = await make_key(api), await make_key(api)
    async with running(settings) as second, Client(second.endpoint) as other:
        elsewhere = by_key(other, made)
        assert await code_of(elsewhere) is None
        assert (await api.post(f"apiKeys:destroy/{made['id']}")).data == 1

        assert await code_of(by_key(api, made)) == "INVALID_TOKEN"

        async def heard() -> bool:
            return await code_of(elsewhere) == "INVALID_TOKEN"

        await until(heard)
    assert await code_of(by_key(api, kept)) is None


async def test_several_keys_end_at_once(api: Client) -> None:
    ids = [(await make_key(api))["id"] for _ in range(3)]

    assert (await api.post("apiKeys:destroy", filterByTk=ids[:2])).data == 2
    assert [each["id"] for each in (await api.get("apiKeys:list")).data] == ids[2:]


@pytest.mark.parametrize("key", ["", "all", "²", "9" * 30, "-1", '{"id": 1}', "[[1]]", "[]"])
async def test_what_is_no_key_destroys_none(api: Client, key: str) -> None:
    _ = await make_key(api)
    reply = await api.post("apiKeys:destroy", filterByTk=key)

    assert reply.status == 400 or reply.body == {"data": 0}
    assert len((await api.get("apiKeys:list")).data) == 1
    assert (await api.post("apiKeys:destroy")).status == 400


async def test_a_key_ends_with_the_role_that_its_owner_loses(api: Client) -> None:
    await role(api, "editor", "view")
    alice = await person(api, "alice", "editor", "member")
    program = by_key(api, await make_key(alice, "editor"))
    assert await code_of(program) is None
    _ = await api.post(f"users:update/{await user_id(alice)}", {"roles": ["member"]})

    assert await code_of(program) == "ROLE_NOT_FOUND_FOR_USER"


async def test_a_key_ends_with_its_role_and_with_its_owner(api: Client) -> None:
    await role(api, "editor", "view")
    alice = await person(api, "alice", "editor", "member")
    of_role = by_key(api, await make_key(alice, "editor"))
    of_owner = by_key(api, await make_key(alice, "member"))
    _ = (await api.post("roles:destroy/editor")).data
    assert await code_of(of_role) == "INVALID_TOKEN"
    assert await code_of(of_owner) is None
    _ = (await api.post(f"users:destroy/{await user_id(alice)}")).data

    assert await code_of(of_owner) == "INVALID_TOKEN"


# --- only the own -------------------------------------------------------------------------


async def test_everybody_sees_and_ends_the_own_keys_only(api: Client) -> None:
    alice = await person(api, "alice", "member")
    mine, theirs = await make_key(alice, "member"), await make_key(api)

    assert [each["id"] for each in (await alice.get("apiKeys:list")).data] == [mine["id"]]
    assert [each["id"] for each in (await api.get("apiKeys:list")).data] == [theirs["id"]]
    everything = {"$or": [{"id": {"$gt": 0}}, {"name": {"$ne": "x"}}]}
    found = (await alice.get("apiKeys:list", filter=everything)).data
    assert [each["id"] for each in found] == [mine["id"]]
    assert (await alice.post(f"apiKeys:destroy/{theirs['id']}")).data == 0
    assert await code_of(by_key(api, theirs)) is None
    assert (await alice.get(f"apiKeys:get/{mine['id']}")).status == 404
    assert (await api.post(f"apiKeys:update/{mine['id']}", {"roleName": "root"})).status == 404


async def test_the_list_has_pages_an_order_and_a_filter(api: Client) -> None:
    for name in ("b", "c", "a"):
        _ = await make_key(api, name=name)
    page = await api.get("apiKeys:list", sort="name", pageSize="2")

    assert [each["name"] for each in page.data] == ["a", "b"]
    assert page.body["meta"] == {"count": 3, "page": 1, "pageSize": 2, "totalPage": 2}
    assert [
        each["name"] for each in (await api.get("apiKeys:list", filter={"name": "c"})).data
    ] == ["c"]
