"""`Idempotency-Key`: a write that is sent again happens once, and is answered the same."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from ensuite.data import idempotency
from ensuite.server.app import Ensuite, running
from ensuite.settings import Settings
from tests.client import ROOT_EMAIL, ROOT_PASSWORD, Client, Reply
from tests.movable_clock import MovableClock
from tests.people import permit, person, role

SUM: dict[str, Any] = {"type": "calculation", "config": {"expression": "1 + 1"}}
REFUSAL: dict[str, Any] = {"type": "end", "config": {"endStatus": -1}}


@pytest.fixture
async def blog(api: Client) -> Client:
    await api.blog()
    return api


@pytest.fixture
async def other(settings: Settings, ensuite: Ensuite) -> AsyncIterator[Client]:
    """The same site, served by a second server that shares nothing with it but the database."""
    assert ensuite.settings is settings
    async with running(settings) as second, Client(second.endpoint) as client:
        _ = await client.sign_in(ROOT_EMAIL, ROOT_PASSWORD)
        yield client


async def keyed(
    api: Client, key: str, path: str, values: Any = None, *, method: str = "POST", **params: Any
) -> Reply:
    """A call under a key."""
    content = b"" if values is None else json.dumps(values).encode()
    headers = {"Idempotency-Key": key, "Content-Type": "application/json"}
    return await api.call(method, path, content=content, params=params, headers=headers)


async def count(api: Client, collection: str = "posts") -> int:
    found: int = (await api.get(f"{collection}:list")).body["meta"]["count"]
    return found


def is_replayed(reply: Reply) -> bool:
    return reply.headers.get("idempotency-replayed") == "true"


# --- every action that writes -------------------------------------------------------------


@dataclass(frozen=True)
class Scenario:
    """A write on a blog that has one post (its key is `{post}`), one category and two tags."""

    name: str
    path: str
    values: Any = None
    params: dict[str, Any] = field(default_factory=dict)
    counted: str = "posts:list"
    """What is read to see how often it happened."""
    after: int = 1
    """How many records that shows after it has happened once."""


SCENARIOS = [
    Scenario("create", "posts:create", {"title": "new"}, after=2),
    Scenario("create, with nested records", "posts:create", {"tags": [{"name": "x"}]}, after=2),
    Scenario("create of an array", "posts:create", [{"title": "a"}, {"title": "b"}], after=3),
    Scenario("update", "posts:update/{post}", {"title": "changed"}),
    Scenario("destroy", "posts:destroy/{post}", after=0),
    Scenario(
        "firstOrCreate",
        "posts:firstOrCreate",
        {"title": "new"},
        {"filterKeys": "title"},
        after=2,
    ),
    Scenario(
        "updateOrCreate that creates",
        "posts:updateOrCreate",
        {"title": "new"},
        {"filterKeys": "title"},
        after=2,
    ),
    Scenario(
        "updateOrCreate that updates",
        "posts:updateOrCreate",
        {"title": "first", "views": 5},
        {"filterKeys": "title"},
    ),
    Scenario("a linked create", "posts/{post}/tags:create", {"name": "z"}, counted="tags:list"),
    Scenario("add", "posts/{post}/tags:add", [1], counted="posts/{post}/tags:list"),
    Scenario("toggle", "posts/{post}/tags:toggle", [1], counted="posts/{post}/tags:list"),
    Scenario("collections:create", "collections:create", {"name": "c"}, counted="collections:list"),
    Scenario("roles:create", "roles:create", {"name": "editor"}, counted="roles:list"),
    Scenario(
        "workflows:create",
        "workflows:create",
        {"type": "action", "title": "w", "config": {"collection": "posts"}},
        counted="workflows:list",
    ),
]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda each: each.name)
async def test_a_write_under_a_key_happens_once(blog: Client, scenario: Scenario) -> None:
    post = (await blog.post("posts:create", {"title": "first"})).data["id"]
    if scenario.path.endswith(("add", "toggle")):
        _ = (await blog.post("tags:create", {"id": 1, "name": "t"})).data
    path, counted = (each.format(post=post) for each in (scenario.path, scenario.counted))
    first = await keyed(blog, "k", path, scenario.values, **scenario.params)
    seen = (await blog.get(counted)).body
    again = await keyed(blog, "k", path, scenario.values, **scenario.params)

    assert first.status == 200, first.body
    assert not is_replayed(first)
    assert is_replayed(again)
    assert (again.status, again.body) == (first.status, first.body)
    assert again.headers.get("etag") == first.headers.get("etag")
    assert (await blog.get(counted)).body == seen
    if scenario.counted == "posts:list":
        assert seen["meta"]["count"] == scenario.after


@pytest.mark.parametrize("scenario", SCENARIOS[:11], ids=lambda each: each.name)
async def test_where_the_answer_was_lost_it_is_made_of_what_was_committed(
    blog: Client, ensuite: Ensuite, scenario: Scenario
) -> None:
    post = (await blog.post("posts:create", {"title": "first"})).data["id"]
    if scenario.path.endswith(("add", "toggle")):
        _ = (await blog.post("tags:create", {"id": 1, "name": "t"})).data
    path, counted = (each.format(post=post) for each in (scenario.path, scenario.counted))
    first = await keyed(blog, "k", path, scenario.values, **scenario.params)
    # What a crash between commit and answer leaves behind.
    _ = await ensuite.database.execute(
        "UPDATE ensuite.idempotency_keys SET status = NULL, headers = NULL, body = NULL"
    )
    seen = (await blog.get(counted)).body
    again = await keyed(blog, "k", path, scenario.values, **scenario.params)

    assert is_replayed(again)
    assert again.status == 200, again.body
    assert (await blog.get(counted)).body == seen
    if isinstance(first.body.get("data"), (bool, int)):
        assert again.body == first.body
    elif "data" in first.body:
        one = {key: value for key, value in _first(first).items() if key != "tags"}
        assert one.items() <= _first(again).items()
        assert isinstance(again.data, list) == isinstance(first.data, list)


def _first(reply: Reply) -> dict[str, Any]:
    found: dict[str, Any] = reply.data[0] if isinstance(reply.data, list) else reply.data
    return found


# --- which call a key stands for ----------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "valid"),
    [
        ("8a6c7cfe-9a3c-4d1c-a4a7-7b1bd4f8bd0f", True),
        ("x" * 255, True),
        ("x" * 256, False),
        ("", False),
        ("é", False),
    ],
)
async def test_a_key_is_up_to_255_printable_characters(
    blog: Client, key: str, *, valid: bool
) -> None:
    headers = {"Idempotency-Key": key.encode()}
    reply = await blog.call("POST", "posts:create", content=b"{}", headers=headers)  # pyright: ignore[reportArgumentType] - bytes as they are

    assert reply.status == (200 if valid else 400)
    assert valid or reply.codes == ["INVALID_IDEMPOTENCY_KEY"]
    assert await count(blog) == int(valid)


@pytest.mark.parametrize(
    ("path", "values", "params"),
    [
        ("posts:create", {"title": "b"}, {}),
        ("posts:create", {"title": "a"}, {"triggerWorkflows": "k"}),
        ("posts:updateOrCreate", {"title": "a"}, {"filterKeys": "title"}),
        ("tags:create", {"title": "a"}, {}),
        ("collections:create", {"name": "c"}, {}),
    ],
    ids=["other body", "other query", "other action", "other collection", "system resource"],
)
async def test_a_key_stands_for_one_request(
    blog: Client, path: str, values: Any, params: dict[str, Any]
) -> None:
    _ = (await keyed(blog, "k", "posts:create", {"title": "a"})).data
    reply = await keyed(blog, "k", path, values, **params)

    assert reply.status == 422
    assert reply.codes == ["IDEMPOTENCY_KEY_REUSED"]
    assert await count(blog) == 1


async def test_users_have_keys_of_their_own(blog: Client) -> None:
    ann = await person(blog, "ann", "admin")
    first = await keyed(blog, "k", "posts:create", {"title": "a"})
    second = await keyed(ann, "k", "posts:create", {"title": "a"})

    assert not is_replayed(second)
    assert second.data["id"] != first.data["id"]


async def test_another_role_of_the_same_user_is_not_shown_what_the_first_saw(blog: Client) -> None:
    await role(blog, "writer", "create", "view")
    await role(blog, "blind", "create")
    ann = await person(blog, "ann", "writer", "blind")
    first = await keyed(ann.acting(X_Role="writer"), "k", "posts:create", {"title": "a"})
    second = await keyed(ann.acting(X_Role="blind"), "k", "posts:create", {"title": "a"})

    assert first.data["title"] == "a"
    assert second.codes == ["IDEMPOTENCY_KEY_REUSED"]


async def test_after_24_hours_a_key_is_a_new_one(settings: Settings) -> None:
    clock = MovableClock()
    async with running(settings, clock=clock) as ensuite, Client(ensuite.endpoint) as api:
        _ = await api.sign_in(ROOT_EMAIL, ROOT_PASSWORD)
        await api.blog()
        first = await keyed(api, "k", "posts:create", {"title": "a"})
        clock.move(hours=23, minutes=59)
        _ = await api.sign_in(ROOT_EMAIL, ROOT_PASSWORD)
        before = await keyed(api, "k", "posts:create", {"title": "a"})
        clock.move(minutes=1)
        _ = await api.sign_in(ROOT_EMAIL, ROOT_PASSWORD)
        after = await keyed(api, "k", "posts:create", {"title": "b"})

    assert before.data == first.data
    assert after.data["title"] == "b"


async def test_reading_actions_have_no_use_for_a_key(blog: Client) -> None:
    for _ in range(2):
        assert not is_replayed(await keyed(blog, "bad\tkey", "posts:list"))
        assert not is_replayed(await keyed(blog, "k", "workflows:list", method="GET"))


# --- what is kept -------------------------------------------------------------------------


async def test_a_refusal_leaves_the_key_free_for_the_corrected_call(blog: Client) -> None:
    refused = await keyed(blog, "k", "posts:create", {"views": "many"})
    strict = blog.acting(Prefer="handling=strict")
    stale = await keyed(strict, "k", "posts:create", {"views": 1}, triggerWorkflows="gone")
    wrong = await keyed(blog, "k", "collections:create", {"name": "a b"})
    corrected = await keyed(blog, "k", "posts:create", {"views": 1})

    assert [refused.status, stale.status, wrong.status] == [400, 400, 400]
    assert corrected.data["views"] == 1


async def test_what_wrote_nothing_is_not_kept(blog: Client) -> None:
    missed = await keyed(blog, "k", "posts:update", {"views": 1}, filter={"title": "a"})
    post = (await blog.post("posts:create", {"title": "a"})).data
    hit = await keyed(blog, "k", "posts:update", {"views": 1}, filter={"title": "a"})
    values, keys = {"title": "a"}, {"filterKeys": "title"}
    found = [await keyed(blog, "f", "posts:firstOrCreate", values, **keys) for _ in range(2)]

    assert missed.data == []
    assert [each["id"] for each in hit.data] == [post["id"]]
    assert not is_replayed(hit)
    assert not any(is_replayed(each) for each in found)


async def test_the_first_answer_is_given_although_the_record_has_changed(blog: Client) -> None:
    first = await keyed(blog, "k", "posts:create", {"title": "a"})
    _ = (await blog.post(f"posts:update/{first.data['id']}", {"title": "b"})).data
    again = await keyed(blog, "k", "posts:create", {"title": "a"})
    _ = (await blog.post(f"posts:destroy/{first.data['id']}")).data
    at_last = await keyed(blog, "k", "posts:create", {"title": "a"})

    assert again.body == at_last.body == first.body


async def test_a_sync_workflow_that_fails_is_answered_again_and_not_run_again(
    blog: Client,
) -> None:
    _ = await blog.workflow("posts", REFUSAL, key="k", sync=True)
    first = await keyed(blog, "1", "posts:create", {"title": "a"}, triggerWorkflows="k")
    again = await keyed(blog, "1", "posts:create", {"title": "a"}, triggerWorkflows="k")

    assert first.status == 400
    assert first.codes == ["WORKFLOW_REJECTED"]
    assert (again.status, again.body) == (first.status, first.body)
    assert again.headers["content-type"] == "application/problem+json"
    assert is_replayed(again)
    assert await count(blog) == 1
    assert len(await blog.executions()) == 1


async def test_key_and_waiting_go_together(blog: Client) -> None:
    _ = await blog.workflow("posts", SUM, key="k")
    client = blog.acting(Prefer="wait=20")
    first = await keyed(client, "1", "posts:create", {"title": "a"}, triggerWorkflows="k")
    again = await keyed(client, "1", "posts:create", {"title": "a"}, triggerWorkflows="k")

    assert first.workflows[0]["state"] == "succeeded"
    assert first.headers["preference-applied"] == "wait=20"
    assert again.body == first.body
    assert is_replayed(again)


async def test_a_lost_answer_says_what_became_of_the_executions(
    blog: Client, ensuite: Ensuite
) -> None:
    _ = await blog.workflow("posts", SUM, key="good")
    _ = await blog.workflow("posts", REFUSAL, key="bad")
    triggers = "good,bad,unknown,good!category"
    values = {"title": "a"}
    first = await keyed(blog, "1", "posts:create", values, triggerWorkflows=triggers)
    for entry in first.workflows[:2]:
        _ = await blog.ended(entry["executionId"])
    _ = await ensuite.database.execute("UPDATE ensuite.idempotency_keys SET status = NULL")
    again = await keyed(blog, "1", "posts:create", values, triggerWorkflows=triggers)

    states = ["succeeded", "failed", "skipped", "skipped"]
    expected = [{**e, "state": s} for e, s in zip(first.workflows, states, strict=True)]
    assert again.workflows == expected
    assert len(await blog.executions()) == 2


async def test_a_lost_answer_shows_what_the_role_may_view(blog: Client, ensuite: Ensuite) -> None:
    await role(blog, "writer", "create", "view")
    ann = await person(blog, "ann", "writer")
    first = await keyed(ann, "k", "posts:create", {"title": "a", "content": "b"})
    _ = await ensuite.database.execute("UPDATE ensuite.idempotency_keys SET status = NULL")
    await permit(blog, "writer", "posts", create={}, view={"fields": ["title"]})
    again = await keyed(ann, "k", "posts:create", {"title": "a", "content": "b"})

    assert first.data["content"] == "b"
    assert again.data["title"] == "a"
    assert "content" not in again.data


async def test_of_an_answer_that_is_too_large_the_records_are_told(
    blog: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idempotency, "MAX_BODY_BYTES", 100)
    first = await keyed(blog, "k", "posts:create", {"title": "a"})
    made = await keyed(blog, "r", "roles:create", {"name": "a", "title": "x" * 90})
    again = await keyed(blog, "k", "posts:create", {"title": "a"})
    role_again = await keyed(blog, "r", "roles:create", {"name": "a", "title": "x" * 90})

    assert again.data == first.data
    assert is_replayed(again)
    assert made.status == 200
    assert role_again.codes == ["IDEMPOTENCY_ANSWER_NOT_KEPT"]


async def test_an_api_key_is_shown_once_and_stored_nowhere(api: Client, ensuite: Ensuite) -> None:
    values = {"name": "robot", "role": {"name": "root"}}
    first = await keyed(api, "k", "apiKeys:create", values)
    again = await keyed(api, "k", "apiKeys:create", values)
    row = await ensuite.database.fetchrow("SELECT body FROM ensuite.idempotency_keys")

    assert first.data["token"]
    assert again.codes == ["IDEMPOTENCY_ANSWER_NOT_KEPT"]
    assert row is not None
    assert row["body"] is None
    assert await count(api, "apiKeys") == 1


# --- at the same moment -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("posts:create", {"title": "a"}),
        ("posts:create", [{"title": "a"}]),
        ("posts:create", {"title": "a", "tags": [{"name": "t"}]}),
        ("roles:create", {"name": "a"}),
    ],
)
async def test_of_identical_calls_at_the_same_moment_one_writes(
    blog: Client, other: Client, path: str, values: Any
) -> None:
    collection = path.partition(":")[0]
    before = await count(blog, collection)
    replies = await asyncio.gather(
        *(keyed(each, "k", path, values) for each in (blog, other, blog, other, other))
    )

    told = [each for each in replies if each.status == 200]
    refused = [each for each in replies if each.status != 200]
    assert told
    assert len([each for each in told if not is_replayed(each)]) <= 1
    assert all(each.body == told[0].body for each in told)
    assert [each.body for each in refused if each.codes != ["IDEMPOTENCY_KEY_IN_USE"]] == []
    assert all(each.headers["retry-after"] == "1" for each in refused)
    assert await count(blog, collection) == before + 1
    assert is_replayed(await keyed(other, "k", path, values))


async def test_other_writes_go_on_while_a_batch_holds_the_same_key_twice(
    blog: Client, other: Client
) -> None:
    both = (blog, other)
    same = [keyed(each, "k", "posts:create", {"title": "same"}) for each in both]
    many = [keyed(blog, str(n), "posts:create", {"title": f"{n}"}) for n in range(20)]
    replies = await asyncio.gather(*same, *many)

    assert {each.status for each in replies[2:]} == {200}
    assert await count(blog) == 21


async def test_a_call_whose_claim_was_left_alone_is_of_unknown_outcome(
    api: Client, ensuite: Ensuite
) -> None:
    _ = (await keyed(api, "k", "roles:create", {"name": "a"})).data
    _ = await ensuite.database.execute(
        "UPDATE ensuite.idempotency_keys SET status = NULL, body = NULL, owner = 1"
    )
    reply = await keyed(api, "k", "roles:create", {"name": "a"})

    assert reply.status == 409
    assert reply.codes == ["IDEMPOTENCY_OUTCOME_UNKNOWN"]
    assert "retry-after" not in reply.headers


async def test_pages_of_other_origins_may_send_and_read_the_headers(api: Client) -> None:
    asked = {"Origin": "https://x.test", "Access-Control-Request-Method": "POST"}
    preflight = await api.call("OPTIONS", "posts:create", headers=asked)
    reply = await api.call("GET", "auth:check", headers={"Origin": "https://x.test"})

    assert {"idempotency-key", "prefer"} <= set(
        preflight.headers["access-control-allow-headers"].split(", ")
    )
    exposed = reply.headers["access-control-expose-headers"].split(", ")
    assert {"Idempotency-Replayed", "Preference-Applied", "ETag", "Retry-After"} <= set(exposed)
