"""What each node type does: what it asks for, and what it comes to."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from ensuite.errors import EnsuiteError
from ensuite.workflow import (
    Branch,
    Done,
    Failed,
    Finish,
    HttpAnswer,
    Node,
    Outcome,
    Status,
    Waiting,
)
from ensuite.workflow.catalog import load_node_types
from ensuite.workflow.expressions import ExpressionFailed, InvalidExpression
from ensuite.workflow.filters import UnboundedFilter
from ensuite.workflow.graph import InvalidNodeConfig, configured
from ensuite.workflow.outcome import NOTHING

load_node_types()

MakeTurn = Callable[..., Any]

SCOPE: dict[str, Any] = {
    "$context": {"data": {"id": 7, "title": "Bolts", "price": 2.5}},
    "$jobsMapByNodeKey": {"found": [{"id": 1}, {"id": 2}]},
}
ID = "{{$context.data.id}}"
OVER_FIVE = {"group": {"type": "and", "calculations": [{"calculator": "gt", "operands": [ID, 5]}]}}
OVER_NINE = {"calculator": "gt", "operands": [ID, 9]}


async def ran(step: Any, type_name: str, **config: Any) -> Outcome:
    return await configured(type_name, config).run(step)


# condition


@pytest.mark.parametrize(("calculation", "answer"), [(OVER_FIVE, True), (OVER_NINE, False)])
async def test_condition_takes_the_branch_of_its_answer(
    turn: MakeTurn, calculation: dict[str, Any], *, answer: bool
) -> None:
    outcome = await ran(turn(SCOPE), "condition", rejectOnFalse=False, calculation=calculation)

    assert outcome == Branch(int(answer), answer)


async def test_condition_with_reject_on_false_fails_the_workflow(turn: MakeTurn) -> None:
    config = {"rejectOnFalse": True, "engine": "cel"}

    assert await ran(turn(SCOPE), "condition", expression="1 > 2", **config) == Failed(
        value=False, permanent=True
    )
    assert await ran(turn(SCOPE), "condition", expression="2 > 1", **config) == Branch(
        1, value=True
    )


async def test_condition_that_cannot_be_answered_is_an_error(turn: MakeTurn) -> None:
    with pytest.raises(ExpressionFailed, match="Key not found"):
        _ = await ran(
            turn(SCOPE),
            "condition",
            rejectOnFalse=False,
            engine="cel",
            expression="context.data.missing > 1",
        )


# multi-conditions

NO = {"engine": "cel", "expression": "false"}
YES = {"engine": "cel", "expression": "true"}
BROKEN = {"engine": "cel", "expression": "context.missing"}


async def test_multi_conditions_takes_the_branch_of_the_first_that_holds(turn: MakeTurn) -> None:
    outcome = await ran(turn(SCOPE), "multi-conditions", conditions=[NO, YES, BROKEN])

    assert outcome == Branch(2, value=True)


@pytest.mark.parametrize(
    ("goes_on", "then"), [(True, Status.RESOLVED), (False, Status.FAILED), (None, Status.FAILED)]
)
async def test_multi_conditions_without_a_match_takes_the_default_branch(
    turn: MakeTurn, *, goes_on: bool | None, then: Status
) -> None:
    outcome = await ran(turn(SCOPE), "multi-conditions", conditions=[NO], continueOnNoMatch=goes_on)

    assert outcome == Branch(0, value=False, then=then)


async def test_multi_conditions_stops_at_an_error(turn: MakeTurn) -> None:
    with pytest.raises(ExpressionFailed):
        _ = await ran(turn(SCOPE), "multi-conditions", conditions=[BROKEN, YES])


def test_multi_conditions_names_its_branches_by_their_titles() -> None:
    node = configured("multi-conditions", {"conditions": [{"title": "Large"}, {}]})

    assert node.branch_names() == {0: "default", 1: "Large", 2: "2"}


# calculation


@pytest.mark.parametrize(
    ("config", "value"),
    [
        ({"expression": "{{$context.data.price}} * 2"}, 5.0),
        ({"engine": "cel", "expression": "context.data.title + '!'"}, "Bolts!"),
        (
            {"engine": "string", "expression": "{{$context.data.title}} x {{$context.data.id}}"},
            "Bolts x 7",
        ),
        ({"engine": "string", "expression": ID}, "7"),
        ({"engine": "string", "expression": "{{$context.data.missing}}"}, ""),
    ],
)
async def test_calculation_gives_a_value(
    turn: MakeTurn, config: dict[str, Any], value: Any
) -> None:
    assert await ran(turn(SCOPE), "calculation", **config) == Done(value)


async def test_calculation_without_an_expression_is_an_error(turn: MakeTurn) -> None:
    with pytest.raises(InvalidExpression, match="empty"):
        _ = await ran(turn(SCOPE), "calculation")


@pytest.mark.parametrize(
    ("type_name", "config", "said"),
    [
        ("calculation", {"engine": "math.js", "expression": "1"}, "'cel' or 'string'"),
        ("calculation", {"engine": "cel", "expression": "1 +"}, "line 1, column 4"),
        ("condition", {"rejectOnFalse": False, "engine": "formula.js"}, "'basic' or 'cel'"),
        ("condition", {}, '"rejectOnFalse" is required'),
        ("multi-conditions", {"conditions": [{"engine": "cel", "expression": "+"}]}, "line 1"),
        ("multi-conditions", {"conditions": ["yes"]}, "conditions.0"),
        ("query", {}, '"collection" is required'),
        ("aggregate", {"aggregator": "median", "params": {"field": "id"}}, "'sum', 'avg'"),
        (
            "aggregate",
            {"aggregator": "sum", "params": {"field": "id"}},
            '"collection" is required',
        ),
        (
            "aggregate",
            {"aggregator": "sum", "associated": True, "params": {"field": "id"}},
            "needs association",
        ),
        ("request", {"url": "x", "contentType": "multipart/form-data"}, "'application/json'"),
        ("request", {"url": "x", "method": "TRACE"}, "'GET', 'POST'"),
        ("request", {"url": "x", "timeout": 0}, "greater than or equal to 1"),
        ("delay", {"unit": 5}, "1, 1000, 60000"),
        ("end", {"endStatus": 0}, "1 or -1"),
        ("nothing", {}, "not registered"),
    ],
)
def test_a_configuration_that_does_not_fit_is_refused(
    type_name: str, config: dict[str, Any], said: str
) -> None:
    with pytest.raises(InvalidNodeConfig, match=said):
        _ = configured(type_name, config)


@pytest.mark.parametrize(
    ("type_name", "config", "places"),
    [
        ("calculation", {"expression": "1 +"}, ["config.expression"]),
        (
            "condition",
            {"rejectOnFalse": 1.5, "onFailure": {"delay": -1}},
            ["config.onFailure.delay", "config.rejectOnFalse"],
        ),
        (
            "multi-conditions",
            {"conditions": [{}, {"engine": "cel", "expression": "+"}]},
            ["config.conditions.1.expression"],
        ),
        ("aggregate", {"aggregator": "sum", "params": {}}, ["config.params.field"]),
        ("aggregate", {"aggregator": "sum", "params": {"field": "id"}}, ["config.collection"]),
        ("manual", {"fields": [{"name": "comment"}]}, ["config.fields"]),
        ("nothing", {}, [None]),
    ],
)
def test_what_is_wrong_with_a_configuration_names_its_place(
    type_name: str, config: dict[str, Any], places: list[str | None]
) -> None:
    with pytest.raises(InvalidNodeConfig) as raised:
        _ = configured(type_name, config)

    assert sorted((each.field or "") for each in raised.value.issues) == [
        each or "" for each in places
    ]


# query


async def test_query_finds_a_page_of_records(turn: MakeTurn) -> None:
    step = turn(SCOPE, found=[{"id": 1}])
    outcome = await ran(
        step,
        "query",
        collection="posts",
        multiple=True,
        params={
            "filter": {"$and": [{"authorId": ID}]},
            "sort": [
                {"field": "createdAt", "direction": "desc"},
                {"field": "title", "direction": "asc"},
                {"field": "id"},
                {"direction": "asc"},
            ],
            "page": "{{$jobsMapByNodeKey.found.1.id}}",
            "pageSize": 50,
            "appends": ["tags"],
        },
    )

    assert outcome == Done([{"id": 1}])
    assert step.records.calls == [
        (
            "find",
            "posts",
            {
                "filter": {"$and": [{"authorId": 7}]},
                "sort": ["-createdAt", "title", "id"],
                "appends": ["tags"],
                "page": 2,
                "page_size": 50,
            },
        )
    ]


async def test_query_of_one_record_reads_no_more_than_one(turn: MakeTurn) -> None:
    step = turn(SCOPE, found=[{"id": 1}])

    assert await ran(step, "query", collection="posts") == Done({"id": 1})
    assert step.records.calls[0][2]["page_size"] == 1
    assert await ran(turn(SCOPE), "query", collection="posts") == Done(None)


@pytest.mark.parametrize(("multiple", "value"), [(True, []), (False, None)])
async def test_query_may_fail_when_nothing_is_found(
    turn: MakeTurn, *, multiple: bool, value: Any
) -> None:
    outcome = await ran(
        turn(SCOPE), "query", collection="posts", multiple=multiple, failOnEmpty=True
    )

    assert outcome == Failed(status=Status.FAILED, value=value)


# create, update, destroy


async def test_create_gives_the_created_record(turn: MakeTurn) -> None:
    step = turn(SCOPE)
    outcome = await ran(
        step,
        "create",
        collection="posts",
        params={"values": {"title": "On {{$context.data.title}}"}, "appends": ["tags"]},
    )

    assert outcome == Done({"id": 1, "title": "On Bolts"})
    assert step.records.calls == [
        ("create", "posts", {"values": {"title": "On Bolts"}, "appends": ["tags"]})
    ]


async def test_update_gives_the_number_of_records(turn: MakeTurn) -> None:
    step = turn(SCOPE)
    outcome = await ran(
        step,
        "update",
        collection="posts",
        params={"filter": {"id": ID}, "values": {"price": "{{$context.data.price}}"}},
    )

    assert outcome == Done(3)
    assert step.records.calls == [
        ("update", "posts", {"values": {"price": 2.5}, "filter": {"id": 7}})
    ]


async def test_destroy_gives_the_number_of_records(turn: MakeTurn) -> None:
    step = turn(SCOPE)

    assert await ran(step, "destroy", collection="posts", params={"filter": {"id": ID}}) == Done(2)
    assert step.records.calls == [("destroy", "posts", {"filter": {"id": 7}})]


@pytest.mark.parametrize("type_name", ["update", "destroy"])
@pytest.mark.parametrize(
    "filter_",
    [
        None,
        {},
        {"$and": []},
        {"$and": [{}, {"$or": []}]},
        {"$or": [{"id": 1}, {}]},
        {"$and": [None]},
    ],
)
async def test_a_filter_that_leaves_no_record_out_is_refused(
    turn: MakeTurn, type_name: str, filter_: Any
) -> None:
    step = turn(SCOPE)
    with pytest.raises(UnboundedFilter):
        _ = await ran(step, type_name, collection="posts", params={"filter": filter_})

    assert step.records.calls == []


@pytest.mark.parametrize(
    "filter_",
    [
        {"id": 1},
        {"id": None},
        {"$and": [{}, {"id": 1}]},
        {"$or": [{"id": 1}, {"$and": [{"id": 2}]}]},
        {"$not": {"id": 1}},
    ],
)
async def test_a_filter_with_a_condition_is_enough(turn: MakeTurn, filter_: dict[str, Any]) -> None:
    outcome = await ran(turn(SCOPE), "destroy", collection="posts", params={"filter": filter_})

    assert outcome == Done(2)


# aggregate


async def test_aggregate_works_over_a_collection(turn: MakeTurn) -> None:
    step = turn(SCOPE, number=12)
    outcome = await ran(
        step,
        "aggregate",
        aggregator="sum",
        collection="lines",
        params={"field": "amount", "filter": {"orderId": ID}, "distinct": True},
    )

    assert outcome == Done(12)
    assert step.records.calls == [
        (
            "aggregate",
            "lines",
            {
                "function": "sum",
                "field": "amount",
                "filter": {"orderId": 7},
                "distinct": True,
                "source_key": None,
            },
        )
    ]


async def test_aggregate_works_over_an_association(turn: MakeTurn) -> None:
    step = turn(SCOPE, number=2)
    outcome = await ran(
        step,
        "aggregate",
        aggregator="count",
        collection="lines",
        associated=True,
        association={"associatedCollection": "orders", "name": "lines", "associatedKey": ID},
        params={"field": "id"},
    )
    _, collection, options = step.records.calls[0]

    assert outcome == Done(2)
    assert (collection, options["source_key"]) == ("orders.lines", 7)


@pytest.mark.parametrize(
    ("number", "precision", "value"),
    [
        (None, 2, 0),
        (5, 2, 5),
        (2.345, 2, 2.35),
        (2.5, 0, 3.0),
        (-2.5, 0, -3.0),
        (1.005, 2, 1.01),
        (1 / 3, 14, 0.33333333333333),
        (1e300, 14, 1e300),
    ],
)
async def test_aggregate_rounds(
    turn: MakeTurn, number: float | None, precision: int, value: float
) -> None:
    outcome = await ran(
        turn(SCOPE, number=number),
        "aggregate",
        aggregator="avg",
        collection="lines",
        params={"field": "amount"},
        precision=precision,
    )

    assert outcome == Done(value)


# request


async def test_request_sends_what_the_templates_make(turn: MakeTurn) -> None:
    step = turn(SCOPE)
    outcome = await ran(
        step,
        "request",
        method="put",
        url=" http://localhost/{{$context.data.title}}",
        headers=[
            {"name": "X-Id", "value": ID},
            {"name": "Content-Type", "value": "text/html"},
            {"name": "", "value": "left empty"},
        ],
        params=[{"name": "id", "value": ID}, {"name": "id", "value": None}],
        data={"title": "{{$context.data.title}}", "price": "{{$context.data.price}}"},
        timeout=1500,
    )

    assert outcome == Done({"status": 200, "headers": {"x-answer": "1"}, "data": {"ok": True}})
    assert step.http.sent == [
        {
            "method": "PUT",
            "url": "http://localhost/Bolts",
            "headers": {
                "idempotency-key": "1/node/0",
                "x-id": "7",
                "content-type": "application/json",
            },
            "params": [("id", "7"), ("id", "")],
            "content": b'{"title":"Bolts","price":2.5}',
            "timeout_seconds": 1.5,
        }
    ]


@pytest.mark.parametrize(
    ("content_type", "data", "content"),
    [
        ("application/json", [ID], b"[7]"),
        ("application/json", "{{$context.data.title}}", b'"Bolts"'),
        (
            "application/x-www-form-urlencoded",
            [{"name": "a b", "value": "{{$context.data.title}}&"}, {"name": ""}, {"name": "c"}],
            b"a+b=Bolts%26&c=",
        ),
        ("application/x-www-form-urlencoded", {"id": ID}, b"id=7"),
        ("application/xml", "<t>{{$context.data.title}}</t>", b"<t>Bolts</t>"),
        ("text/plain", "№ {{$context.data.id}}", "№ 7".encode()),
    ],
)
async def test_request_writes_the_body_by_its_content_type(
    turn: MakeTurn, content_type: str, data: Any, content: bytes
) -> None:
    step = turn(SCOPE)
    _ = await ran(step, "request", url="http://x", contentType=content_type, data=data)

    assert step.http.sent[0]["content"] == content
    assert step.http.sent[0]["headers"]["content-type"] == content_type


@pytest.mark.parametrize("method", ["GET", "get", "HEAD", "OPTIONS"])
async def test_request_has_no_body_where_the_method_has_none(turn: MakeTurn, method: str) -> None:
    step = turn(SCOPE)
    _ = await ran(step, "request", url="http://x", method=method, data={"a": 1})

    assert step.http.sent[0]["content"] is None
    assert "content-type" not in step.http.sent[0]["headers"]


async def test_request_may_name_its_own_idempotency_key(turn: MakeTurn) -> None:
    step = turn(SCOPE)
    headers = [{"name": "Idempotency-Key", "value": "order-{{$context.data.id}}"}]
    _ = await ran(step, "request", url="http://x", headers=headers)

    assert step.http.sent[0]["headers"] == {"idempotency-key": "order-7"}


@pytest.mark.parametrize(
    ("name", "value"), [("X-A", "a\r\nX-B: b"), ("X-A", "a\nb"), ("X A", "a"), ("X-A:", "a")]
)
async def test_request_refuses_headers_that_would_split(
    turn: MakeTurn, name: str, value: str
) -> None:
    step = turn({"$context": {"data": value}})
    headers = [{"name": name, "value": "{{$context.data}}"}]
    with pytest.raises(ValueError, match="HTTP forbids"):
        _ = await ran(step, "request", url="http://x", headers=headers)

    assert step.http.sent == []


async def test_request_may_keep_only_the_body(turn: MakeTurn) -> None:
    outcome = await ran(turn(SCOPE), "request", url="http://x", onlyData=True)

    assert outcome == Done({"ok": True})


REFUSED = HttpAnswer(422, {"x": "y"}, "no")
REFUSED_RESULT = {"status": 422, "headers": {"x": "y"}, "data": "no"}
LATE = "There was no whole answer within 5000 ms"


@pytest.mark.parametrize(
    ("answer", "failed"),
    [
        (
            REFUSED,
            Failed("The answer was HTTP status 422", Status.FAILED, REFUSED_RESULT, permanent=True),
        ),
        (OSError("no route"), Failed("no route", Status.FAILED, {"message": "no route"})),
        (TimeoutError(), Failed(LATE, Status.ABORTED, {"message": LATE})),
    ],
)
async def test_request_fails_with_the_call_unless_failures_are_ignored(
    turn: MakeTurn, answer: HttpAnswer | Exception, failed: Failed
) -> None:
    assert await ran(turn(SCOPE, answer=answer), "request", url="http://x") == failed
    assert await ran(
        turn(SCOPE, answer=answer), "request", url="http://x", ignoreFail=True
    ) == Done(failed.value)


@pytest.mark.parametrize(
    ("status", "permanent"),
    [
        (400, True),
        (404, True),
        (408, False),
        (409, False),
        (423, False),
        (425, False),
        (429, False),
        (301, False),
        (500, False),
        (503, False),
    ],
)
async def test_request_says_whether_another_attempt_may_help(
    turn: MakeTurn, status: int, *, permanent: bool
) -> None:
    failed = await ran(turn(SCOPE, answer=HttpAnswer(status, {}, "")), "request", url="http://x")

    assert isinstance(failed, Failed)
    assert failed.permanent is permanent


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        ("120", 120),
        (" 0 ", 0),
        ("Sat, 14 Mar 2026 09:27:53 GMT", 59.411),
        ("Sat, 14 Mar 2020 09:27:53 GMT", 0),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("9" * 40, None),
    ],
)
async def test_request_keeps_what_retry_after_asks_for(
    turn: MakeTurn, given: str, seconds: float | None
) -> None:
    answer = HttpAnswer(503, {"retry-after": given}, "")
    failed = await ran(turn(SCOPE, answer=answer), "request", url="http://x")

    assert isinstance(failed, Failed)
    assert failed.retry_after == (None if seconds is None else timedelta(seconds=seconds))


@pytest.mark.parametrize("data", ["a=b", 5, ["a"]])
async def test_request_refuses_a_form_without_names(turn: MakeTurn, data: Any) -> None:
    step = turn(SCOPE)
    with pytest.raises(ValueError, match="names and values"):
        _ = await ran(
            step,
            "request",
            url="http://x",
            contentType="application/x-www-form-urlencoded",
            data=data,
        )

    assert step.http.sent == []


# variable, delay, response-message, output, end


async def test_variable_keeps_a_value_or_gives_another_variable_one(turn: MakeTurn) -> None:
    value = {"ids": "{{$jobsMapByNodeKey.found.id}}"}

    assert await ran(turn(SCOPE), "variable", value=value) == Done({"ids": [1, 2]})
    assert await ran(turn(SCOPE), "variable", target="total", value=ID) == Done(7, assigns="total")
    assert await ran(turn(SCOPE), "variable", target="", value=ID) == Done(7)


@pytest.mark.parametrize(
    ("config", "milliseconds"),
    [
        ({}, 1000),
        ({"duration": 2, "unit": 60_000}, 120_000),
        ({"duration": 0.5}, 500),
        ({"duration": ID, "unit": 86_400_000}, 604_800_000),
        ({"duration": "3"}, 3000),
        ({"duration": -3}, 0),
    ],
)
async def test_delay_waits_until_its_time_has_come(
    turn: MakeTurn, config: dict[str, Any], milliseconds: int
) -> None:
    step = turn(SCOPE)
    until = step.clock.now() + timedelta(milliseconds=milliseconds)

    assert await ran(step, "delay", **config) == Waiting(until, milliseconds)


@pytest.mark.parametrize(
    ("end_status", "outcome"), [(1, Done(500)), (-1, Failed(value=500, permanent=True))]
)
async def test_delay_then_goes_on_or_fails(
    turn: MakeTurn, end_status: int, outcome: Outcome
) -> None:
    node = configured("delay", {"endStatus": end_status})

    assert await node.resume(turn(SCOPE), 500) == outcome


@pytest.mark.parametrize(
    ("duration", "said"),
    [("1e300", "ten years"), ("nan", "ten years"), ("soon", "float"), ("{{$context}}", "number")],
)
async def test_delay_needs_a_time_that_can_be_waited_for(
    turn: MakeTurn, duration: str, said: str
) -> None:
    with pytest.raises((TypeError, ValueError), match=said):
        _ = await ran(turn(SCOPE), "delay", duration=duration)


async def test_response_message_speaks_to_a_caller_who_waits(turn: MakeTurn) -> None:
    config = {"message": "Thank you for {{$context.data.title}}"}
    said = "Thank you for Bolts"

    assert await ran(turn(SCOPE, waits_for_caller=True), "response-message", **config) == Done(
        said, message=said
    )
    assert await ran(turn(SCOPE), "response-message", **config) == Done()


@pytest.mark.parametrize("message", ["", None, "{{$context.data.missing}}"])
async def test_an_empty_response_message_adds_nothing(turn: MakeTurn, message: str | None) -> None:
    outcome = await ran(turn(SCOPE, waits_for_caller=True), "response-message", message=message)

    assert outcome == Done()


async def test_output_is_what_the_execution_gives_back(turn: MakeTurn) -> None:
    assert await ran(turn(SCOPE), "output", value={"id": ID}) == Done({"id": 7}, output={"id": 7})
    assert await ran(turn(SCOPE), "output") == Done(None, output=None)
    assert Done(None).output is NOTHING


@pytest.mark.parametrize("end_status", [1, -1])
async def test_end_finishes_the_execution(turn: MakeTurn, end_status: int) -> None:
    assert await ran(turn(SCOPE), "end", endStatus=end_status) == Finish(Status(end_status))


async def test_a_node_that_never_waits_cannot_be_resumed(turn: MakeTurn) -> None:
    with pytest.raises(NotImplementedError):
        _ = await configured("end", {}).resume(turn(SCOPE), None)
    with pytest.raises(NotImplementedError):
        _ = await Node().run(turn(SCOPE))


def test_an_error_of_a_node_says_what_to_do() -> None:
    assert issubclass(UnboundedFilter, EnsuiteError)
    assert UnboundedFilter().message.endswith("leaves some records out.")
