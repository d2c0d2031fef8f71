"""The nodes of a revision, over the API: added, moved, changed, deleted (contract, section 5.4)."""

from typing import Any

import pytest

from tests.client import Client, Reply

YES, NO, ERROR = 1, 0, -1


class Canvas:
    """A workflow that is being drawn; its nodes are called by their keys."""

    def __init__(self, api: Client, workflow: dict[str, Any]) -> None:
        self.api = api
        self.id: int = workflow["id"]

    async def rows(self) -> dict[str, dict[str, Any]]:
        reply = await self.api.get("flow_nodes:list", filter={"workflowId": self.id}, sort="id")
        return {row["key"]: row for row in reply.data}

    async def try_add(
        self,
        key: str,
        after: str | None = None,
        branch: int | None = None,
        type_: str = "calculation",
        **others: Any,
    ) -> Reply:
        upstream = None if after is None else (await self.rows())[after]["id"]
        values = {"type": type_, "key": key, "upstreamId": upstream, "branchIndex": branch}
        return await self.api.post(f"workflows/{self.id}/nodes:create", {**values, **others})

    async def add(self, key: str, after: str | None = None, branch: int | None = None) -> None:
        type_ = "condition" if key.startswith("if") else "calculation"
        _ = (await self.try_add(key, after, branch, type_)).data

    async def move(self, key: str, after: str | None, branch: int | None = None) -> Reply:
        rows = await self.rows()
        upstream = None if after is None else rows[after]["id"]
        values = {"upstreamId": upstream, "branchIndex": branch}
        return await self.api.post(f"flow_nodes:move/{rows[key]['id']}", values)

    async def destroy(self, key: str, **parameters: str) -> Reply:
        return await self.api.post(
            f"flow_nodes:destroy/{(await self.rows())[key]['id']}", **parameters
        )

    async def shape(self) -> list[Any]:
        """The lines of the workflow: keys, and for a node with branches a dict of lines."""
        rows = await self.rows()
        by_id = {row["id"]: key for key, row in rows.items()}

        def line(head: str | None) -> list[Any]:
            found: list[Any] = []
            while head is not None:
                found.append(head)
                inside = {
                    row["branchIndex"]: line(key)
                    for key, row in rows.items()
                    if row["upstreamId"] == rows[head]["id"] and row["branchIndex"] is not None
                }
                if inside:
                    found.append(inside)
                following = by_id.get(rows[head]["downstreamId"])
                if following is not None:
                    # Both ends of a link say the same.
                    assert rows[following]["upstreamId"] == rows[head]["id"]
                    assert rows[following]["branchIndex"] is None
                head = following
            return found

        heads = [key for key, row in rows.items() if row["upstreamId"] is None]
        assert len(heads) <= 1, heads
        drawn = line(heads[0] if heads else None)
        assert str(drawn).count("'") == 2 * len(rows), "every node is in its place"
        return drawn


@pytest.fixture
async def canvas(api: Client) -> Canvas:
    await api.collection("posts", {"name": "title", "type": "string"})
    return Canvas(api, await api.workflow("posts", key="k", enabled=False))


# --- create -------------------------------------------------------------------------------


async def test_a_node_without_an_upstream_becomes_the_head(canvas: Canvas) -> None:
    await canvas.add("b")
    await canvas.add("a")

    assert await canvas.shape() == ["a", "b"]


async def test_a_node_is_spliced_between_two(canvas: Canvas) -> None:
    await canvas.add("a")
    await canvas.add("c", "a")
    await canvas.add("b", "a")

    assert await canvas.shape() == ["a", "b", "c"]


async def test_a_node_becomes_the_head_of_its_branch(canvas: Canvas) -> None:
    await canvas.add("if")
    await canvas.add("end", "if")
    await canvas.add("yes2", "if", YES)
    await canvas.add("yes1", "if", YES)
    await canvas.add("no", "if", NO)

    assert await canvas.shape() == ["if", {YES: ["yes1", "yes2"], NO: ["no"]}, "end"]


async def test_the_answer_is_the_node(canvas: Canvas) -> None:
    config = {"engine": "string", "expression": "x"}
    made = (await canvas.try_add("a", title="First", config=config)).data

    assert (made["key"], made["title"], made["type"]) == ("a", "First", "calculation")
    assert made["config"] == config
    assert (made["upstreamId"], made["branchIndex"], made["downstreamId"]) == (None, None, None)
    assert made["workflowId"] == canvas.id


async def test_a_node_without_a_key_gets_one(canvas: Canvas) -> None:
    path = f"workflows/{canvas.id}/nodes:create"
    made = (await canvas.api.post(path, {"type": "calculation"})).data

    assert made["key"]
    assert made["config"] == {}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "is not registered"),
        ({"type": "nope"}, 'Node type "nope" is not registered'),
        ({"type": ["calculation"]}, "is not registered"),
        ({"type": "calculation", "config": []}, "config is a JSON object"),
        ({"type": "calculation", "config": {"engine": "perl"}}, '"engine"'),
        ({"type": "condition", "config": {"engine": "cel"}}, '"rejectOnFalse"'),
        ({"type": "end", "config": {"endStatus": 2}}, '"endStatus"'),
        ({"type": "calculation", "title": 5}, "title is text"),
        ({"type": "calculation", "key": 5}, "key is text"),
        ({"type": "calculation", "branchIndex": 0}, "branchIndex needs an upstreamId"),
        ({"type": "calculation", "upstreamId": "x"}, "upstreamId is a number"),
        ({"type": "calculation", "upstreamId": 10**30}, "upstreamId is a number"),
        ({"type": "calculation", "upstreamId": 1, "branchIndex": -2}, "branchIndex is a number"),
        ({"type": "calculation", "upstreamId": 1, "branchIndex": 2**40}, "branchIndex is a number"),
        ({"type": "calculation", "key": "taken"}, "already exists"),
    ],
)
async def test_a_node_that_cannot_be_is_refused(
    canvas: Canvas, values: dict[str, Any], message: str
) -> None:
    await canvas.add("taken")
    reply = await canvas.api.post(f"workflows/{canvas.id}/nodes:create", values)

    assert reply.status == 400, reply.body
    assert message in reply.body["errors"][0]["message"]
    assert await canvas.shape() == ["taken"]


async def test_extra_keys_of_a_configuration_are_allowed(canvas: Canvas) -> None:
    config = {"engine": "string", "expression": "x", "extra": {"y": 1}}

    assert (await canvas.try_add("a", config=config)).data["config"] == config


async def test_the_upstream_is_a_node_of_the_same_workflow(canvas: Canvas) -> None:
    other = Canvas(canvas.api, await canvas.api.workflow("posts", key="other", enabled=False))
    await other.add("theirs")
    theirs = (await other.rows())["theirs"]["id"]
    path = f"workflows/{canvas.id}/nodes:create"
    replies = [
        await canvas.api.post(path, {"type": "calculation", "upstreamId": given})
        for given in (theirs, 123456)
    ]

    assert [reply.status for reply in replies] == [404, 404]
    assert await canvas.shape() == []


@pytest.mark.parametrize(("upstream", "branch"), [("if", 2), ("plain", 0)])
async def test_a_branch_that_the_upstream_does_not_have_is_refused(
    canvas: Canvas, upstream: str, branch: int
) -> None:
    await canvas.add(upstream)
    reply = await canvas.try_add("lost", upstream, branch)

    assert (reply.status, reply.body["code"]) == (400, "INVALID_PLACE")
    assert await canvas.shape() == [upstream]


async def test_branches_that_the_configuration_names_may_be_drawn_before_it(
    canvas: Canvas,
) -> None:
    _ = (await canvas.try_add("cases", type_="multi-conditions")).data
    for branch in (0, 1, 2):
        await canvas.add(f"in{branch}", "cases", branch)

    assert await canvas.shape() == ["cases", {0: ["in0"], 1: ["in1"], 2: ["in2"]}]


async def test_a_node_of_no_workflow_is_a_404(canvas: Canvas) -> None:
    reply = await canvas.api.post("workflows/123456/nodes:create", {"type": "calculation"})

    assert reply.status == 404


@pytest.mark.parametrize("given", ["abc", "9" * 40])
async def test_a_workflow_id_that_cannot_be_is_the_clients_mistake(
    canvas: Canvas, given: str
) -> None:
    reply = await canvas.api.post(f"workflows/{given}/nodes:create", {"type": "calculation"})

    assert reply.status == 400


# --- update -------------------------------------------------------------------------------


async def test_title_and_configuration_can_be_updated(canvas: Canvas) -> None:
    await canvas.add("a")
    config = {"engine": "string", "expression": "hello"}
    path = f"flow_nodes:update/{(await canvas.rows())['a']['id']}"
    values = {"title": "T", "config": config, "type": "end", "key": "z", "upstreamId": 5}
    _ = (await canvas.api.post(path, values)).data
    row = (await canvas.rows())["a"]

    assert (row["title"], row["config"]) == ("T", config)
    assert (row["type"], row["upstreamId"]) == ("calculation", None)


@pytest.mark.parametrize("values", [{"config": {"engine": "perl"}}, {"config": 5}, {"title": 5}])
async def test_an_update_that_does_not_fit_changes_nothing(
    canvas: Canvas, values: dict[str, Any]
) -> None:
    _ = (await canvas.try_add("a", title="before", config={"expression": "1"})).data
    reply = await canvas.api.post(
        f"flow_nodes:update/{(await canvas.rows())['a']['id']}", {"title": "after", **values}
    )
    row = (await canvas.rows())["a"]

    assert reply.status == 400
    assert (row["title"], row["config"]) == ("before", {"expression": "1"})


@pytest.mark.parametrize("action", ["update", "move", "destroy"])
async def test_a_node_that_is_not_there_is_a_404(canvas: Canvas, action: str) -> None:
    reply = await canvas.api.post(f"flow_nodes:{action}/123456", {"title": "x"})
    unnamed = await canvas.api.post(f"flow_nodes:{action}", {"title": "x"})

    assert (reply.status, reply.body["code"]) == (404, "NODE_NOT_FOUND")
    assert unnamed.status == 400


# --- move ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "after", "branch", "shape"),
    [
        ("c", "a", None, ["a", "c", "b", "if", {YES: ["y1", "y2"], NO: ["n"]}, "z"]),
        ("c", None, None, ["c", "a", "b", "if", {YES: ["y1", "y2"], NO: ["n"]}, "z"]),
        ("a", "b", None, ["b", "a", "c", "if", {YES: ["y1", "y2"], NO: ["n"]}, "z"]),
        ("a", "z", None, ["b", "c", "if", {YES: ["y1", "y2"], NO: ["n"]}, "z", "a"]),
        ("a", "if", YES, ["b", "c", "if", {YES: ["a", "y1", "y2"], NO: ["n"]}, "z"]),
        ("a", "y1", None, ["b", "c", "if", {YES: ["y1", "a", "y2"], NO: ["n"]}, "z"]),
        ("y1", "if", NO, ["a", "b", "c", "if", {YES: ["y2"], NO: ["y1", "n"]}, "z"]),
        ("y1", "y2", None, ["a", "b", "c", "if", {YES: ["y2", "y1"], NO: ["n"]}, "z"]),
        ("y1", None, None, ["y1", "a", "b", "c", "if", {YES: ["y2"], NO: ["n"]}, "z"]),
        ("n", "z", None, ["a", "b", "c", "if", {YES: ["y1", "y2"]}, "z", "n"]),
        ("if", "z", None, ["a", "b", "c", "z", "if", {YES: ["y1", "y2"], NO: ["n"]}]),
        ("if", None, None, ["if", {YES: ["y1", "y2"], NO: ["n"]}, "a", "b", "c", "z"]),
    ],
)
async def test_a_node_moves_with_its_branches(
    canvas: Canvas, key: str, after: str | None, branch: int | None, shape: list[Any]
) -> None:
    await drawn(canvas)
    reply = await canvas.move(key, after, branch)

    assert reply.status == 200, reply.body
    assert await canvas.shape() == shape


async def drawn(canvas: Canvas) -> None:
    """`a b c if(yes: y1 y2, no: n) z`."""
    for key, after, branch in (
        ("a", None, None),
        ("b", "a", None),
        ("c", "b", None),
        ("if", "c", None),
        ("y1", "if", YES),
        ("y2", "y1", None),
        ("n", "if", NO),
        ("z", "if", None),
    ):
        await canvas.add(key, after, branch)
    expected = ["a", "b", "c", "if", {YES: ["y1", "y2"], NO: ["n"]}, "z"]
    assert await canvas.shape() == expected


@pytest.mark.parametrize(
    ("key", "after", "branch", "status", "code"),
    [
        ("b", "a", None, 400, "INVALID_MOVE"),
        ("a", None, None, 400, "INVALID_MOVE"),
        ("y1", "if", YES, 400, "INVALID_MOVE"),
        ("b", "b", None, 400, "INVALID_MOVE"),
        ("if", "if", YES, 400, "INVALID_MOVE"),
        ("if", "y2", None, 400, "INVALID_MOVE"),
        ("a", "if", 2, 400, "INVALID_PLACE"),
        ("a", "z", 0, 400, "INVALID_PLACE"),
    ],
)
async def test_a_move_that_cannot_be_is_refused(
    canvas: Canvas, key: str, after: str | None, branch: int | None, status: int, code: str
) -> None:
    await drawn(canvas)
    before = await canvas.shape()
    reply = await canvas.move(key, after, branch)

    assert (reply.status, reply.body["code"]) == (status, code)
    assert await canvas.shape() == before


async def test_a_move_to_another_workflow_or_to_nowhere_is_refused(canvas: Canvas) -> None:
    await canvas.add("a")
    other = Canvas(canvas.api, await canvas.api.workflow("posts", key="other", enabled=False))
    await other.add("theirs")
    path = f"flow_nodes:move/{(await canvas.rows())['a']['id']}"
    for upstream in ((await other.rows())["theirs"]["id"], 123456):
        reply = await canvas.api.post(path, {"upstreamId": upstream})
        assert reply.status == 404


# --- destroy ------------------------------------------------------------------------------


async def test_destroying_a_node_closes_the_gap(canvas: Canvas) -> None:
    for key, after in (("a", None), ("b", "a"), ("c", "b")):
        await canvas.add(key, after)
    _ = (await canvas.destroy("b")).data
    assert await canvas.shape() == ["a", "c"]
    _ = (await canvas.destroy("a")).data
    assert await canvas.shape() == ["c"]
    _ = (await canvas.destroy("c")).data
    assert await canvas.shape() == []


async def test_destroying_a_node_takes_its_branches_along(canvas: Canvas) -> None:
    await drawn(canvas)
    await canvas.add("if2", "y1")
    await canvas.add("deep", "if2", NO)
    _ = (await canvas.destroy("if")).data

    assert await canvas.shape() == ["a", "b", "c", "z"]


@pytest.mark.parametrize(
    ("keep", "shape"),
    [
        ("1", ["a", "b", "c", "y1", "y2", "z"]),
        ("0", ["a", "b", "c", "n", "z"]),
        ("7", ["a", "b", "c", "z"]),
    ],
)
async def test_one_branch_may_take_the_nodes_place(
    canvas: Canvas, keep: str, shape: list[str]
) -> None:
    await drawn(canvas)
    _ = (await canvas.destroy("if", keepBranch=keep)).data

    assert await canvas.shape() == shape


async def test_a_kept_branch_keeps_its_own_branches(canvas: Canvas) -> None:
    await canvas.add("if")
    await canvas.add("if2", "if", YES)
    await canvas.add("deep", "if2", NO)
    await canvas.add("gone", "if", NO)
    await canvas.add("after", "if2")
    _ = (await canvas.destroy("if", keepBranch="1")).data

    assert await canvas.shape() == ["if2", {NO: ["deep"]}, "after"]


async def test_a_branch_kept_inside_a_branch_stays_there(canvas: Canvas) -> None:
    await canvas.add("if")
    await canvas.add("if2", "if", YES)
    await canvas.add("kept", "if2", NO)
    await canvas.add("after", "if2")
    _ = (await canvas.destroy("if2", keepBranch="0")).data

    assert await canvas.shape() == ["if", {YES: ["kept", "after"]}]


async def test_the_head_of_a_branch_gives_its_place_to_the_next(canvas: Canvas) -> None:
    await drawn(canvas)
    _ = (await canvas.destroy("y1")).data

    assert await canvas.shape() == ["a", "b", "c", "if", {YES: ["y2"], NO: ["n"]}, "z"]


async def test_an_error_branch_may_take_the_nodes_place(canvas: Canvas) -> None:
    policy = {"onFailure": {"then": "branch"}}
    _ = (await canvas.try_add("risky", config={"expression": "1", **policy})).data
    await canvas.add("caught", "risky", ERROR)
    await canvas.add("z", "risky")
    _ = (await canvas.destroy("risky", keepBranch="-1")).data

    assert await canvas.shape() == ["caught", "z"]


@pytest.mark.parametrize("keep", ["x", "-2", "²", "9" * 30])
async def test_a_branch_to_keep_that_cannot_be_is_refused(canvas: Canvas, keep: str) -> None:
    await canvas.add("if")
    reply = await canvas.destroy("if", keepBranch=keep)

    assert reply.status == 400
    assert await canvas.shape() == ["if"]


# --- executed revisions -------------------------------------------------------------------


async def test_nodes_of_an_executed_revision_stay_as_they_are(canvas: Canvas) -> None:
    api = canvas.api
    for key, after in (("a", None), ("b", "a")):
        _ = (await canvas.try_add(key, after, config={"expression": "1"})).data
    _ = (await api.post(f"workflows:update/{canvas.id}", {"enabled": True})).data
    reply = await api.post("posts:create", {"title": "x"}, triggerWorkflows="k")
    assert (await api.ended(reply.workflows[0]["executionId"]))["status"] == 1
    before = await canvas.rows()
    path = f"flow_nodes:update/{before['a']['id']}"
    replies = [
        await canvas.try_add("c", "b"),
        await api.post(path, {"config": {"expression": "2"}}),
        await canvas.move("b", None),
        await canvas.destroy("a"),
    ]

    assert [(each.status, each.body["code"]) for each in replies] == [
        (400, "WORKFLOW_EXECUTED")
    ] * 4
    assert await canvas.rows() == before


async def test_a_revision_that_only_was_enabled_may_still_change(canvas: Canvas) -> None:
    _ = (await canvas.api.post(f"workflows:update/{canvas.id}", {"enabled": True})).data
    await canvas.add("a")

    assert await canvas.shape() == ["a"]


async def test_a_node_is_read_by_its_id_and_with_its_workflow(canvas: Canvas) -> None:
    await canvas.add("a")
    node_id = (await canvas.rows())["a"]["id"]
    shown = (await canvas.api.get(f"flow_nodes:get/{node_id}", appends="workflow")).data
    listed = (await canvas.api.get(f"workflows/{canvas.id}/nodes:list")).data

    assert shown["workflow"]["key"] == "k"
    assert [row["id"] for row in listed] == [node_id]
