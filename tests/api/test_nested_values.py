"""Values of associations in a write (wire contract, sections 1.6 and 4.4)."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.api.blog import EMPTY, post, sizes
from tests.client import Client

Fresh = Callable[[str], str]

FULL: dict[str, Any] = {
    "category": {"title": "c"},
    "tags": [{"name": "x"}, {"name": "y"}],
    "notes": [{"text": "n1"}, {"text": "n2"}],
    "cover": {"url": "u"},
    "marks": [{"name": "m"}],
}
SHOWN: dict[str, Any] = {
    "title": None,
    "category": "c",
    "tags": ["x", "y"],
    "notes": ["n1", "n2"],
    "cover": "u",
    "marks": ["m"],
}


# --- nested values on create --------------------------------------------------------------


async def test_objects_are_created_linked_and_answered(blog: Client) -> None:
    made = (await blog.post("posts:create", FULL)).data

    assert made["category"]["title"] == "c"
    assert made["categoryId"] == made["category"]["id"]
    assert [each["name"] for each in made["tags"]] == ["x", "y"]
    assert [each["postId"] for each in made["notes"]] == [made["id"]] * 2
    assert made["cover"]["postId"] == made["id"]
    assert made["markIds"] == [made["marks"][0]["id"]]
    assert made["category"]["createdById"] == made["createdById"]
    assert await post(blog, made["id"]) == SHOWN


async def test_bare_keys_link_what_exists(blog: Client) -> None:
    first = (await blog.post("posts:create", FULL)).data
    keys = {
        "category": first["category"]["id"],
        "tags": [str(each["id"]) for each in first["tags"]],
        "notes": [each["id"] for each in first["notes"]],
        "cover": first["cover"]["id"],
        "marks": [each["id"] for each in first["marks"]],
    }
    before = await sizes(blog)
    second = (await blog.post("posts:create", keys)).data

    assert second["category"]["title"] == "c"
    assert await post(blog, second["id"]) == SHOWN
    # What belongs to one record only has moved.
    assert await post(blog, first["id"]) == {**SHOWN, "notes": [], "cover": None}
    assert await sizes(blog) - before == {"posts": 1, "postTags": 2}


async def test_nesting_goes_on(blog: Client) -> None:
    body = {"notes": [{"text": "a", "post": 1}], "category": {"region": {"name": "north"}}}
    made = (await blog.post("posts:create", body)).data

    assert made["category"]["region"]["name"] == "north"
    region = (await blog.get(f"regions:get/{made['category']['regionId']}")).data
    assert region["name"] == "north"


async def test_nesting_has_an_end(api: Client) -> None:
    await api.collection("tree", {"name": "parent", "type": "belongsTo", "target": "tree"})
    body: dict[str, Any] = {}
    for _ in range(9):
        body = {"parent": body}
    assert (await api.post("tree:create", {"parent": body})).codes == ["INVALID_FIELDS"]
    assert (await api.get("tree:list")).data == []
    assert (await api.post("tree:create", body["parent"])).status == 200
    assert (await api.get("tree:list")).body["meta"]["count"] == 9


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ({"category": None, "tags": None, "notes": None, "cover": None, "marks": None}, EMPTY),
        ({"tags": [], "notes": [], "marks": []}, EMPTY),
        ({"tags": [None], "notes": [None]}, EMPTY),
        ({"tags": {"name": "x"}, "notes": {"text": "n"}}, {**EMPTY, "tags": ["x"], "notes": ["n"]}),
        ({"category": {}}, EMPTY),
    ],
)
async def test_nothing_is_linked_by_nothing(
    blog: Client, sent: dict[str, Any], expected: dict[str, Any]
) -> None:
    made = (await blog.post("posts:create", sent)).data

    assert await post(blog, made["id"]) == expected


async def test_an_object_with_a_new_key_is_created_with_it(blog: Client) -> None:
    body = {"category": {"id": 7, "title": "c"}, "tags": [{"id": 8, "name": "x"}]}
    made = (await blog.post("posts:create", body)).data

    assert made["categoryId"] == 7
    assert (await blog.get("tags:get/8")).data["name"] == "x"


async def test_the_association_wins_over_its_foreign_key(blog: Client) -> None:
    made = (await blog.post("categories:create", [{}, {}])).data
    one, two = (each["id"] for each in made)

    for sent, expected in (
        ({"categoryId": two, "category": one}, one),
        ({"category": one, "categoryId": two}, one),
        ({"category": None, "categoryId": two}, None),
        ({"categoryId": two}, two),
        # The contract checks the association only: the key alone may point to nothing.
        ({"categoryId": 999_999}, 999_999),
    ):
        made = (await blog.post("posts:create", sent)).data
        assert made["categoryId"] == expected, sent
        [changed] = (await blog.post(f"posts:update/{made['id']}", sent)).data
        assert changed["categoryId"] == expected, sent


async def test_a_pair_can_have_values_of_its_own(blog: Client) -> None:
    body = {"tags": [{"name": "x", "postTags": {"weight": 5}}]}
    made = (await blog.post("posts:create", body)).data
    [tag] = (await blog.get(f"posts/{made['id']}/tags:list")).data

    assert tag["postTags"]["weight"] == 5
    assert tag["_pivot_"] is None
    kept = {"tags": [tag["id"], {"name": "y"}]}
    _ = (await blog.post(f"posts:update/{made['id']}", kept)).data
    record = (await blog.get(f"posts:get/{made['id']}", appends="tags")).data
    assert [each["postTags"]["weight"] for each in record["tags"]] == [5, None]
    changed = {"tags": [{"id": tag["id"], "postTags": {"weight": 6}}]}
    _ = (await blog.post(f"posts:update/{made['id']}", changed)).data
    record = (await blog.get(f"posts:get/{made['id']}", appends="tags")).data
    assert [each["postTags"]["weight"] for each in record["tags"]] == [6]
    wrong = await blog.post(f"posts:update/{made['id']}", {"tags": [{"id": 1, "postTags": 5}]})
    assert wrong.codes == ["INVALID_FIELDS"]


# --- nested values on update --------------------------------------------------------------


async def test_an_update_replaces_what_it_names_and_keeps_the_rest(blog: Client) -> None:
    before = await sizes(blog)
    made = (await blog.post("posts:create", FULL)).data
    path = f"posts:update/{made['id']}"
    [updated] = (await blog.post(path, {"tags": [made["tags"][1]["id"], {"name": "z"}]})).data
    assert [each["name"] for each in updated["tags"]] == ["y", "z"]
    assert await post(blog, made["id"]) == {**SHOWN, "tags": ["y", "z"]}
    _ = (await blog.post(path, {"notes": [{"text": "n3"}, {"id": made["notes"][0]["id"]}]})).data
    assert sorted((await post(blog, made["id"]))["notes"]) == ["n1", "n3"]
    _ = (await blog.post(path, {"cover": {"url": "v"}})).data
    assert (await post(blog, made["id"]))["cover"] == "v"
    _ = (await blog.post(path, {"category": {"title": "d"}, "marks": [made["tags"][0]["id"]]})).data
    assert (await post(blog, made["id"]))["marks"] == ["x"]
    cleared = {"category": None, "tags": [], "notes": None, "cover": None, "marks": []}
    _ = (await blog.post(path, cleared)).data
    assert await post(blog, made["id"]) == EMPTY
    # Unlinking deletes nothing.
    assert await sizes(blog) - before == {
        "posts": 1,
        "categories": 2,
        "tags": 4,
        "notes": 3,
        "covers": 2,
    }


async def test_an_update_of_several_records_links_each(blog: Client) -> None:
    before = await sizes(blog)
    made = (await blog.post("posts:create", [{}, {}])).data
    ids = [each["id"] for each in made]
    body = {"category": {"title": "c"}, "tags": [{"name": "x"}]}
    _ = (await blog.post("posts:update", body, filterByTk=ids)).data

    assert [await post(blog, each) for each in ids] == [
        {**EMPTY, "category": "c", "tags": ["x"]}
    ] * 2
    # One category for both, a tag for each.
    assert await sizes(blog) - before == {"posts": 2, "categories": 1, "tags": 2, "postTags": 2}


async def test_an_update_of_nothing_creates_nothing(blog: Client) -> None:
    body = {"category": {"title": "c"}, "marks": [{"name": "m"}], "tags": [{"name": "x"}]}

    before = await sizes(blog)
    assert (await blog.post("posts:update/99", body)).data == []
    assert await sizes(blog) == before


async def test_a_failure_in_what_is_nested_undoes_everything(blog: Client) -> None:
    made = (await blog.post("posts:create", {"title": "old"})).data
    body = {
        "title": "new",
        "category": {"title": "c"},
        "tags": [{"name": "x"}],
        "notes": [{"text": "fine"}, {"text": 5}],
    }
    before = await sizes(blog)
    for path in ("posts:create", f"posts:update/{made['id']}"):
        assert (await blog.post(path, body)).codes == ["INVALID_FIELD"]
    assert await post(blog, made["id"]) == {**EMPTY, "title": "old"}
    assert await sizes(blog) == before


# --- updateAssociationValues --------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "title", "name"),
    [
        ("", "c", "north"),
        ("updateAssociationValues[]=category", "C", "north"),
        ("updateAssociationValues=category", "C", "north"),
        ("updateAssociationValues[]=category&updateAssociationValues[]=category.region", "C", "N"),
        ("updateAssociationValues[]=category.region", "c", "north"),
        ("updateAssociationValues[]=tags", "c", "north"),
    ],
)
@pytest.mark.parametrize("action", ["create", "update"])
async def test_existing_records_change_where_the_call_says_so(
    blog: Client, query: str, title: str, name: str, action: str
) -> None:
    first = (
        await blog.post(
            "posts:create", {"category": {"title": "c", "rank": 1, "region": {"name": "north"}}}
        )
    ).data
    category = first["category"]
    region = {"id": category["region"]["id"], "name": "N"}
    body = {"category": {"id": category["id"], "title": "C", "region": region}}
    path = "posts:create" if action == "create" else f"posts:update/{first['id']}"
    reply = await blog.call("POST", f"{path}?{query}", content=json.dumps(body).encode())

    answered = reply.data if action == "create" else reply.data[0]
    assert answered["category"]["title"] == title
    stored = (await blog.get(f"categories:get/{category['id']}", appends="region")).data
    assert (stored["title"], stored["rank"], stored["region"]["name"]) == (title, 1, name)


async def test_members_of_a_list_change_as_well(blog: Client) -> None:
    made = (await blog.post("posts:create", FULL)).data
    one, two = (each["id"] for each in made["notes"])
    body = {"notes": [{"id": one, "text": "N1"}, {"id": two, "text": "N2"}]}
    path = f"posts:update/{made['id']}"
    _ = (await blog.post(path, body)).data
    assert (await post(blog, made["id"]))["notes"] == ["n1", "n2"]
    [updated] = (await blog.post(path, body, **{"updateAssociationValues[]": ["notes"]})).data

    assert [each["text"] for each in updated["notes"]] == ["N1", "N2"]
    assert (await post(blog, made["id"]))["notes"] == ["N1", "N2"]


async def test_users_are_linked_and_never_changed(blog: Client) -> None:
    me = (await blog.get("auth:check")).data
    body = {"owner": {"id": me["id"], "nickname": "changed", "password": "changed"}}
    made = (await blog.post("posts:create", {**body, "readers": [me["id"]]})).data

    assert made["owner"]["nickname"] == me["nickname"]
    assert "password" not in made["owner"]
    [reader] = (await blog.get(f"posts/{made['id']}/readers:list")).data
    assert reader["id"] == me["id"]
    assert (await blog.post(f"posts/{made['id']}/readers:remove", [me["id"]])).body == {}
    assert (await blog.post(f"posts/{made['id']}/owner:remove")).body == {}
    assert (await blog.post(f"posts/{made['id']}/owner:set", [me["id"]])).body == {}
    assert (await blog.get(f"posts:get/{made['id']}")).data["ownerId"] == me["id"]
    before = await sizes(blog)
    forced = await blog.post("posts:create", body, **{"updateAssociationValues[]": ["owner"]})
    assert (forced.status, forced.codes) == (403, ["FORBIDDEN"])
    invented = await blog.post("posts:create", {"readers": [{"id": 5, "nickname": "x"}]})
    assert invented.codes == ["INVALID_FIELDS"]
    assert await sizes(blog) == before
    assert (await blog.get("auth:check")).data["nickname"] == me["nickname"]


# --- what a role may do with nested values (section 4.4) ----------------------------------


async def member(api: Client, name: str, **resources: list[dict[str, Any]]) -> Client:
    """A user of this name, in a role with these resources: actions with their fields."""
    _ = (await api.post("roles:create", {"name": name, "title": name})).data
    for resource, actions in resources.items():
        body = {
            "name": resource,
            "dataSourceKey": "main",
            "usingActionsConfig": True,
            "actions": actions,
        }
        _ = (await api.post(f"roles/{name}/dataSourceResources:create", body)).data
    values = {"username": name, "password": "a long password", "roles": [name]}
    _ = (await api.post("users:create", values)).data
    user = api.acting()
    _ = await user.sign_in(name, "a long password")
    return user


def action(name: str, *fields: str, **others: Any) -> dict[str, Any]:
    return {"name": name, "fields": list(fields), **others}


POSTS = [action("create"), action("view"), action("update")]


UPDATES = "updateAssociationValues[]=category"
OWN = {"createdById": "{{ctx.state.currentUser.id}}"}


@pytest.fixture
async def category(blog: Client) -> int:
    """The id of a category that root has made."""
    return (await blog.post("categories:create", {"title": "old", "rank": 5})).data["id"]


@pytest.mark.parametrize(
    ("actions", "query", "known", "expected"),
    [
        ([], "", False, "nothing"),
        ([action("create")], "", False, "new"),
        ([action("create", "rank")], "", False, None),
        ([], "", True, "old"),
        ([], UPDATES, True, "old"),
        ([action("update")], UPDATES, True, "new"),
        ([action("update")], "", True, "old"),
        ([action("update", "rank")], UPDATES, True, "old"),
    ],
)
async def test_nested_values_follow_the_role(
    blog: Client,
    category: int,
    fresh: Fresh,
    actions: list[dict[str, Any]],
    query: str,
    expected: str | None,
    *,
    known: bool,
) -> None:
    eva = await member(blog, fresh("eva"), posts=POSTS, categories=actions)
    sent = {"title": "new", **({"id": category} if known else {})}
    body = json.dumps({"category": sent}).encode()
    made = (await eva.call("POST", f"posts:create?{query}", content=body)).data

    if expected == "nothing":
        assert made["categoryId"] is None
    else:
        assert made["categoryId"] is not None
        assert (await post(blog, made["id"]))["category"] == expected


async def test_nested_updates_stay_in_the_scope_of_the_role(
    blog: Client, category: int, fresh: Fresh
) -> None:
    scope = {"name": "own", "resourceName": "categories", "scope": OWN}
    scope_id = (await blog.post("rolesResourcesScopes:create", scope)).data["id"]
    actions = [action("create"), action("update", scope=scope_id)]
    eva = await member(blog, fresh("eva"), posts=POSTS, categories=actions)
    own = (await eva.post("posts:create", {"category": {"title": "own"}})).data["category"]

    for category_id, expected in ((category, "old"), (own["id"], "hers")):
        body = json.dumps({"category": {"id": category_id, "title": "hers"}}).encode()
        _ = (await eva.call("POST", f"posts:create?{UPDATES}", content=body)).data
        stored = (await blog.get(f"categories:get/{category_id}")).data
        assert stored["title"] == expected


async def test_what_a_role_may_not_view_is_not_in_nested_answers(
    blog: Client, category: int, fresh: Fresh
) -> None:
    actions = [action("create"), action("view", "title")]
    eva = await member(blog, fresh("eva"), posts=POSTS, categories=actions)
    seen = {"id", "title", "createdAt", "updatedAt", "createdById"}
    made = (await eva.post("posts:create", {"category": category})).data
    path = f"posts:update/{made['id']}"
    [updated] = (await eva.post(path, {"category": {"id": category}})).data
    [listed] = (await eva.get("posts:list", appends="category", filter={"id": made["id"]})).data

    assert made["category"].keys() == updated["category"].keys() == seen
    assert listed["category"].keys() == seen
    for params in (
        {"filter": {"category.rank": 5}},
        {"filter": {"category": {"rank.$gt": 1}}},
        {"sort": "category.rank"},
    ):
        assert (await eva.get("posts:list", **params)).status == 400, params
    assert (await eva.get("posts:list", filter={"category.title": "old"})).status == 200


async def test_fields_that_a_role_may_not_view_cannot_be_asked_about(
    blog: Client, category: int, fresh: Fresh
) -> None:
    eva = await member(
        blog,
        fresh("eva"),
        categories=[action("update"), action("destroy")],
        posts=[action("view", "title")],
    )

    guess = await eva.post("categories:update", {"title": "t"}, filter={"rank": 5})
    assert guess.codes == ["INVALID_FILTER"]
    changed = await eva.post(f"categories:update/{category}", {"title": "u"})
    assert changed.data == [{"id": category}]
    for name in ("category", "categoryId"):
        assert (await eva.get("posts:list", filter={name: 1})).codes == ["INVALID_FILTER"]
    assert (await eva.get("posts:list", appends="category")).status == 200
    assert (await eva.get("posts/1/category:get")).status == 403
    assert (await eva.post("posts/1/category:set", [1])).status == 403


async def test_destroying_what_is_out_of_scope_is_forbidden(
    blog: Client, category: int, fresh: Fresh
) -> None:
    scope = {"name": "own", "resourceName": "categories", "scope": OWN}
    scope_id = (await blog.post("rolesResourcesScopes:create", scope)).data["id"]
    actions = [action(name, scope=scope_id) for name in ("view", "update", "destroy")]
    eva = await member(blog, fresh("eva"), categories=actions)

    assert (await eva.get(f"categories:get/{category}")).data is None
    assert (await eva.post(f"categories:update/{category}", {"title": "x"})).data == []
    assert (await eva.post(f"categories:destroy/{category}")).status == 403
    assert (await eva.post("categories:destroy/2")).data == 0
    assert (await blog.get(f"categories:get/{category}")).data["title"] == "old"
