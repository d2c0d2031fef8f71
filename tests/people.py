"""Users of the API as tests make them: an account with roles, signed in."""

from collections.abc import Mapping
from typing import Any

from tests.client import Client

PASSWORD = "correct horse"


async def person(api: Client, name: str, *roles: str) -> Client:
    """A new user, as a client that has signed in; without roles it gets the default one."""
    values: dict[str, Any] = {"username": name, "email": f"{name}@example.test"}
    values["password"] = PASSWORD
    if roles:
        values["roles"] = list(roles)
    _ = (await api.post("users:create", values)).data
    return await signed_in(api, name)


async def signed_in(api: Client, name: str, password: str = PASSWORD) -> Client:
    """A client of the same server that has signed in by that name."""
    client = api.acting(Authorization="")
    _ = await client.sign_in(name, password)
    return client


async def user_id(client: Client) -> int:
    """The id of who this client is."""
    found: int = (await client.get("auth:check")).data["id"]
    return found


async def role(api: Client, name: str, *strategy: str, snippets: tuple[str, ...] = ()) -> None:
    """A role with a general strategy."""
    values = {"name": name, "strategy": {"actions": list(strategy)}, "snippets": list(snippets)}
    _ = (await api.post("roles:create", values)).data


async def permit(
    api: Client, role_name: str, collection: str, **actions: Mapping[str, Any]
) -> None:
    """A role's own permissions in a collection: `view={"fields": ["title"], "scope": "own"}`."""
    listed = [{"name": name, **options} for name, options in actions.items()]
    values = {"name": collection, "usingActionsConfig": True, "actions": listed}
    _ = (await api.post(f"roles/{role_name}/dataSourceResources:create", values)).data
