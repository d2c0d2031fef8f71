"""The first start: nobody has an account, and who reads what the server prints makes one."""

import asyncio
from typing import Any

import pytest

from ensuite.server.app import Ensuite
from tests.client import Client

ACCOUNT = {"nickname": "Ada", "email": "ada@example.test", "password": "a good password"}


@pytest.fixture
async def nobody(ensuite: Ensuite) -> Client:
    """The API of a server without users."""
    async with ensuite.database.transaction() as tx:
        _ = await tx.execute("DELETE FROM ensuite.users")
    ensuite.sessions.forget()
    return Client(ensuite.endpoint)


async def code(ensuite: Ensuite) -> str:
    found = await ensuite.setup_code()
    assert found is not None
    return found


async def test_the_first_account_is_made_and_signed_in(ensuite: Ensuite, nobody: Client) -> None:
    assert (await nobody.get("setup:check")).data == {"needed": True}
    made = (await nobody.post("setup:create", {**ACCOUNT, "code": await code(ensuite)})).data
    ada = nobody.acting(Authorization=f"Bearer {made['token']}")
    known = (await ada.get("auth:check")).data

    assert (known["nickname"], known["email"]) == ("Ada", "ada@example.test")
    assert [each["name"] for each in known["roles"]] == ["root", "admin", "member"]
    assert known["currentRole"] == "root"
    assert await nobody.sign_in("ada@example.test", "a good password")
    assert (await nobody.get("setup:check")).data == {"needed": False}


async def test_a_second_one_cannot_be_made_so(ensuite: Ensuite, nobody: Client) -> None:
    known = await code(ensuite)
    _ = (await nobody.post("setup:create", {**ACCOUNT, "code": known})).data
    other = {**ACCOUNT, "email": "eve@example.test", "code": known}
    reply = await nobody.post("setup:create", other)

    assert (reply.status, reply.codes) == (409, ["FIRST_ACCOUNT_EXISTS"])
    assert await ensuite.setup_code() is None


async def test_of_many_at_once_one_is_made(ensuite: Ensuite, nobody: Client) -> None:
    known = await code(ensuite)
    replies = await asyncio.gather(
        *(
            nobody.post("setup:create", {**ACCOUNT, "email": f"{n}@example.test", "code": known})
            for n in range(4)
        )
    )

    assert sorted(each.status for each in replies) == [200, 409, 409, 409]


@pytest.mark.parametrize("wrong", ["", "0" * 32, None, 12, "é" * 32])
async def test_without_the_code_nobody_makes_one(nobody: Client, wrong: Any) -> None:
    reply = await nobody.post("setup:create", {**ACCOUNT, "code": wrong})

    assert (reply.status, reply.codes) == (403, ["WRONG_SETUP_CODE"])
    assert (await nobody.get("setup:check")).data == {"needed": True}


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"email": "nobody"}, "INVALID_ACCOUNT"),
        ({"nickname": ""}, "INVALID_ACCOUNT"),
        ({"password": "short"}, "WEAK_PASSWORD"),
        ({"role": "root"}, "INVALID_ACCOUNT"),
    ],
)
async def test_an_account_that_cannot_be_is_refused(
    ensuite: Ensuite, nobody: Client, wrong: dict[str, str], expected: str
) -> None:
    reply = await nobody.post("setup:create", {**ACCOUNT, **wrong, "code": await code(ensuite)})

    assert reply.status == 400
    assert set(reply.codes) == {expected}
