"""A role saved as a whole: all of it, or nothing."""

from typing import Any

import pytest

from tests.client import Client
from tests.people import permit, role


@pytest.fixture
async def blog(api: Client) -> Client:
    """Root's API with posts, categories, tags, and a role `editor`."""
    await api.blog()
    await role(api, "editor", "view")
    await permit(api, "editor", "tags", view={"fields": ["name"]})
    return api


async def resources(api: Client) -> dict[str, list[str]]:
    found = (await api.get("roles/editor/dataSourceResources:list")).data
    return {each["name"]: sorted(a["name"] for a in each["actions"]) for each in found}


async def test_all_of_a_role_is_saved_at_once(blog: Client) -> None:
    values = {
        "title": "Editor",
        "strategy": {"actions": ["view", "update:own"]},
        "snippets": ["pm.users"],
        "resources": {
            "posts": {"actions": [{"name": "update", "fields": ["title"]}, {"name": "view"}]},
            "tags": None,
        },
    }
    [saved] = (await blog.post("roles:save/editor", values)).data

    assert (saved["title"], saved["snippets"]) == ("Editor", ["pm.users"])
    assert await resources(blog) == {"posts": ["update", "view"]}


async def test_what_is_not_named_stays(blog: Client) -> None:
    _ = (await blog.post("roles:save/editor", {"title": "E"})).data
    _ = (await blog.post("roles:save/editor", {"resources": {"posts": {"actions": []}}})).data

    assert await resources(blog) == {"posts": [], "tags": ["view"]}
    found = (await blog.get("roles:get/editor")).data
    assert (found["title"], found["strategy"]) == ("E", {"actions": ["view"]})


async def test_permissions_are_replaced(blog: Client) -> None:
    for name in ("create", "destroy"):
        wanted = {"tags": {"actions": [{"name": name}]}}
        _ = (await blog.post("roles:save/editor", {"resources": wanted})).data

    assert await resources(blog) == {"tags": ["destroy"]}


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"resources": {"nowhere": {"actions": []}}}, 400),
        ({"resources": {"posts": {"actions": [{"name": "fly"}]}}}, 400),
        ({"resources": {"posts": {"actions": [{"name": "view", "fields": ["x"]}]}}}, 400),
        ({"resources": {"posts": {}}}, 400),
        ({"resources": {"posts": 3}}, 400),
        ({"resources": []}, 400),
        ({"strategy": {"actions": ["fly"]}}, 400),
    ],
)
async def test_of_a_role_that_cannot_be_nothing_is_saved(
    blog: Client, wrong: dict[str, Any], status: int
) -> None:
    good = {"title": "Changed", "resources": {"tags": None}}
    values = {**good, **wrong, "resources": wrong.get("resources", good["resources"])}
    if isinstance(values["resources"], dict):
        values["resources"] = {"tags": None, **values["resources"]}
    reply = await blog.post("roles:save/editor", values)

    assert reply.status == status
    assert await resources(blog) == {"tags": ["view"]}
    assert (await blog.get("roles:get/editor")).data["title"] is None


async def test_roots_role_and_unknown_ones_are_not_saved(blog: Client) -> None:
    assert (await blog.post("roles:save/root", {"title": "x"})).status == 403
    assert (await blog.post("roles:save/nobody", {"title": "x"})).status == 404
