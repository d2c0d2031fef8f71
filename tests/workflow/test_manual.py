"""The node `manual`: whom it asks and what; what answers are, and which of them decides."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest

from ensuite.workflow import Branch, Done, Failed, Outcome, Status, Waiting
from ensuite.workflow.catalog import load_node_types
from ensuite.workflow.graph import InvalidNodeConfig, configured
from ensuite.workflow.questions import Form, InvalidAnswer, checked
from ensuite.workflow.tasks import ALL, ANY, FIRST, decision

load_node_types()

MakeTurn = Callable[..., Any]

USERS = [{"id": 3}, {"id": 4}]
SCOPE: dict[str, Any] = {
    "$context": {
        "data": {"id": 7, "title": "Bolts", "owner": {"id": 3}, "owners": [{"id": 3}, {"id": 4}]}
    },
    "$jobsMapByNodeKey": {"found": [3, "4"], "nobody": None},
}
ANSWER = {"userId": 3, "form": {}, "_": "approve"}


async def asked(turn: MakeTurn, **config: Any) -> Waiting:
    outcome = await configured("manual", config).run(turn(SCOPE, found=USERS))
    assert isinstance(outcome, Waiting), outcome
    return outcome


async def refused(turn: MakeTurn, *assignees: Any, found: Sequence[Any] = ()) -> str | None:
    node = configured("manual", {"assignees": list(assignees)})
    outcome = await node.run(turn(SCOPE, found=list(found)))
    assert isinstance(outcome, Failed)
    assert outcome.status is Status.ERROR
    return outcome.error


# whom it asks


@pytest.mark.parametrize(
    "assignees",
    [
        [3, 4],
        ["3", "4", 3],
        ["{{$context.data.owners}}"],
        ["{{$context.data.owner.id}}", 4],
        ["{{$context.data.owner}}", "{{$jobsMapByNodeKey.found}}", "{{$jobsMapByNodeKey.nobody}}"],
    ],
)
async def test_users_and_templates_say_who_is_asked(
    turn: MakeTurn, assignees: list[object]
) -> None:
    waiting = await asked(turn, assignees=assignees)

    assert [task.user_id for task in waiting.tasks] == [3, 4]
    assert waiting.value == {"assignees": [3, 4], "answers": []}


async def test_it_fails_when_nobody_is_asked(turn: MakeTurn) -> None:
    said = "Nobody is asked: the assignees came to no user"

    assert await refused(turn) == said
    assert await refused(turn, "{{$jobsMapByNodeKey.nobody}}", []) == said


async def test_it_fails_when_somebody_is_unknown(turn: MakeTurn) -> None:
    assert await refused(turn, 3, 4, 5, found=USERS[:1]) == "There is no user 4, 5"


async def test_what_is_no_user_is_an_error(turn: MakeTurn) -> None:
    with pytest.raises(TypeError, match="An assignee is the id of a user, not Bolts"):
        _ = await configured("manual", {"assignees": ["{{$context.data.title}}"]}).run(turn(SCOPE))


async def test_it_asks_a_hundred_people_at_most(turn: MakeTurn) -> None:
    scope = {"$context": {"ids": list(range(1, 102))}}
    node = configured("manual", {"assignees": ["{{$context.ids}}"]})

    assert await node.run(turn(scope)) == Failed("More than 100 people are asked", Status.ERROR)


# what it asks


async def test_title_and_description_are_filled_in(turn: MakeTurn) -> None:
    waiting = await asked(
        turn, assignees=[3, 4], title="Order {{$context.data.title}}", description="No. {{x}}"
    )

    assert {(task.title, task.description) for task in waiting.tasks} == {("Order Bolts", "No. ")}


async def test_a_title_that_is_too_long_is_cut(turn: MakeTurn) -> None:
    waiting = await asked(turn, assignees=[3, 4], title="x" * 1000)

    assert len(waiting.tasks[0].title) == 255
    assert waiting.tasks[0].title.endswith("x…")


async def test_without_a_form_it_offers_to_approve_or_reject_with_a_comment(
    turn: MakeTurn,
) -> None:
    form = (await asked(turn, assignees=[3, 4])).tasks[0].form

    assert [(action["key"], action["status"]) for action in form["actions"]] == [
        ("approve", 1),
        ("reject", -5),
    ]
    assert [field["name"] for field in form["fields"]] == ["comment"]


async def test_the_keys_of_nocobase_do_no_harm(turn: MakeTurn) -> None:
    forms = {"f1": {"type": "custom", "actions": [{"status": 1, "key": "resolve"}]}}

    assert await asked(turn, assignees=[3, 4], schema={"tabs": {}}, forms=forms) == await asked(
        turn, assignees=[3, 4]
    )


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"fields": [{"name": "a"}, {"name": "a"}]}, "two fields have the name 'a'"),
        ({"fields": [{"name": "comment"}]}, "two fields have the name 'comment'"),
        ({"fields": [{"name": "a b"}]}, "fields.0.name"),
        ({"fields": [{"name": "a", "type": "select"}]}, "'a' has no options to choose from"),
        ({"actions": [{"key": "a"}, {"key": "a"}]}, "two actions have the key 'a'"),
        ({"actions": [{"key": "a", "status": 0}]}, "one of the actions has to approve or to rej"),
        ({"assignees": [1] * 101}, "assignees"),
        ({"deadline": -1}, "deadline"),
        ({"mode": 2}, "mode"),
    ],
)
def test_a_configuration_that_cannot_be_is_refused(config: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidNodeConfig, match=said):
        _ = configured("manual", config)


# how it goes on


async def test_a_deadline_is_so_long_from_now(turn: MakeTurn) -> None:
    step = turn(SCOPE, found=USERS)
    outcome = await configured("manual", {"assignees": [3], "deadline": 60_000}).run(step)

    assert isinstance(outcome, Waiting)
    assert outcome.until == step.clock.now() + timedelta(minutes=1)
    assert (await asked(turn, assignees=[3])).until is None


WAITED = {"assignees": [3, 4], "answers": [ANSWER]}


@pytest.mark.parametrize(
    ("config", "outcome"),
    [
        ({}, Failed("Nobody decided in time", Status.REJECTED)),
        ({"mode": 1}, Failed("Nobody decided in time", Status.REJECTED, [ANSWER])),
        ({"deadlineStatus": 1}, Done()),
        ({"deadlineStatus": 1, "mode": 1}, Done([ANSWER])),
        ({"endOnReject": False}, Branch(0)),
        ({"endOnReject": False, "deadlineStatus": 1}, Branch(1)),
    ],
)
async def test_a_deadline_that_passes_rejects_or_goes_on(
    turn: MakeTurn, config: dict[str, Any], outcome: Outcome
) -> None:
    node = configured("manual", {"assignees": [3], "deadline": 1, **config})

    assert await node.resume(turn(SCOPE), WAITED) == outcome


@pytest.mark.parametrize(
    ("config", "status", "outcome"),
    [
        ({}, Status.RESOLVED, Done(ANSWER)),
        ({}, Status.REJECTED, Failed(None, Status.REJECTED, ANSWER)),
        ({"endOnReject": False}, Status.RESOLVED, Branch(1, ANSWER)),
        ({"endOnReject": False}, Status.REJECTED, Branch(0, ANSWER)),
        ({"endOnReject": False}, Status.CANCELED, Failed(None, Status.CANCELED, ANSWER)),
    ],
)
async def test_a_decision_ends_the_node_or_chooses_a_branch(
    turn: MakeTurn, config: dict[str, Any], status: Status, outcome: Outcome
) -> None:
    node = configured("manual", {"assignees": [3], **config})

    assert await node.decided(turn(SCOPE), status, ANSWER) == outcome


@pytest.mark.parametrize(
    ("mode", "statuses", "reached"),
    [
        (FIRST, [0, 0], None),
        (FIRST, [0, 1], 1),
        (FIRST, [-5, 0], -5),
        (ALL, [1, 0], None),
        (ALL, [1, 1], 1),
        (ALL, [0, -5], -5),
        (ANY, [-5, 0], None),
        (ANY, [-5, 1], 1),
        (ANY, [-5, -5], -5),
    ],
)
def test_the_mode_says_whose_answer_decides(
    mode: int, statuses: list[int], reached: int | None
) -> None:
    assert decision(mode, statuses) == reached


# what an answer is

FORM = Form.model_validate(
    {
        "fields": [
            {"name": "name", "required": True},
            {"name": "amount", "type": "number"},
            {"name": "good", "type": "boolean"},
            {"name": "day", "type": "date"},
            {"name": "size", "type": "select", "options": ["S", "M"]},
            {"name": "note", "type": "longText"},
        ],
        "actions": [{"key": "yes", "status": 1}, {"key": "draft", "status": 0}],
    }
)


def test_an_answer_keeps_the_values_of_the_form() -> None:
    values = {
        "name": "Ada",
        "amount": 2.5,
        "good": False,
        "day": "2026-03-14T09:30:00Z",
        "size": "M",
        "note": "",
    }
    kept = {**values, "day": "2026-03-14"}
    del kept["note"]

    assert checked(FORM, {"form": values, "_": "yes"}) == (
        Status.RESOLVED,
        {"form": kept, "_": "yes"},
    )


def test_a_draft_need_not_be_whole() -> None:
    assert checked(FORM, {"_": "draft"}) == (Status.STARTED, {"form": {}, "_": "draft"})


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({}, {"name": "name is required"}),
        ({"name": 3}, {"name": "name must be text"}),
        ({"name": "x" * 5001}, {"name": "name must be at most 5,000 characters long"}),
        ({"name": "a\0b"}, {"name": "name must be text"}),
        ({"name": "x", "amount": "1"}, {"amount": "amount must be a number"}),
        ({"name": "x", "amount": True}, {"amount": "amount must be a number"}),
        ({"name": "x", "good": 1}, {"good": "good must be true or false"}),
        ({"name": "x", "day": "soon"}, {"day": "day must be a date such as 2026-03-14"}),
        ({"name": "x", "size": "XL"}, {"size": "size must be one of S, M"}),
        ({"name": "x", "size": ["S"]}, {"size": "size must be one of S, M"}),
        ({"nmae": "x"}, {"nmae": "nmae is no field of the form", "name": "name is required"}),
    ],
)
def test_what_does_not_fit_is_told_by_field(values: dict[str, Any], said: dict[str, str]) -> None:
    with pytest.raises(InvalidAnswer) as raised:
        _ = checked(FORM, {"form": values, "_": "yes"})

    assert {issue.field: issue.message for issue in raised.value.issues} == said


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (None, "result is a JSON object"),
        ([], "result is a JSON object"),
        ({"form": []}, "_ must be one of yes, draft"),
        ({"_": "no"}, "_ must be one of yes, draft"),
        ({"_": "yes", "form": [1]}, "form is a JSON object"),
        (
            {"_": "yes", "form": {"name": "é" * 4000, "note": "é" * 4000}},
            "An answer takes 10,000 bytes at most",
        ),
    ],
)
def test_what_is_no_answer_is_refused(given: object, said: str) -> None:
    with pytest.raises(InvalidAnswer) as raised:
        _ = checked(FORM, given)

    assert raised.value.message == said
