"""The manual page's two calls, from nothing."""

from tests.client import Client


async def test_the_documented_call_runs_the_bound_workflow(api: Client) -> None:
    await api.blog()
    await api.collection("audit", {"name": "note", "type": "string"})
    await api.workflow(
        "posts",
        {
            "type": "create",
            "config": {
                "collection": "audit",
                "params": {"values": {"note": "made {{$context.data.title}}"}},
            },
        },
        key="k1",
    )
    reply = await api.call(
        "POST",
        "posts:create?triggerWorkflows=k1",
        content=b'{"title": "Bonjour, le monde!", "content": "Ceci est un message de test."}',
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )

    assert reply.data["title"] == "Bonjour, le monde!"
    [entry] = reply.workflows
    assert entry["key"] == "k1"
    assert entry["state"] == "queued"
    execution = await api.ended(entry["executionId"])
    assert execution["status"] == 1, execution
    [audit] = (await api.get("audit:list")).data
    assert audit["note"] == "made Bonjour, le monde!"


async def test_the_second_call_runs_the_workflow_of_the_category(api: Client) -> None:
    await api.blog()
    await api.workflow("categories", key="k2")
    reply = await api.post(
        "posts:create?triggerWorkflows=k2!category",
        {"title": "x", "category": {"title": "Catégorie de test"}},
    )

    [entry] = reply.workflows
    assert entry == {
        "key": "k2",
        "path": "category",
        "state": "queued",
        "executionId": entry["executionId"],
    }
    execution = await api.ended(entry["executionId"])
    assert execution["context"]["data"]["title"] == "Catégorie de test"
