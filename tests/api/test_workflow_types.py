"""The types that the editor offers, with their forms."""

import re
from collections.abc import Iterator
from itertools import chain
from typing import Any

from tests.client import Client
from tests.people import person


async def test_the_types_are_served_with_the_fields_of_their_forms(shared: Client) -> None:
    types = (await shared.get("workflow-types")).data
    query = next(each for each in types["nodes"] if each["type"] == "query")
    params = next(each for each in query["fields"] if each["name"] == "params")

    assert query["title"] == {"en": "Query records", "fr": "Rechercher"}
    assert query["group"] == "data"
    assert [each["name"] for each in params["fields"]][:2] == ["filter", "sort"]
    assert params["widget"] == "object"
    assert params["schema"]["properties"]["sort"]["items"]["type"] == "object"
    assert query["schema"]["required"] == ["collection"]
    assert [each["required"] for each in query["fields"]] == [True, False, False, False, False]


async def test_the_triggers_are_among_them_with_their_hints(shared: Client) -> None:
    types = (await shared.get("workflow-types:list")).data
    action = next(each for each in types["triggers"] if each["type"] == "action")
    fields = {each["name"]: each for each in action["fields"]}

    assert fields["global"]["default"] is False
    assert fields["global"]["description"]["fr"].startswith("Activé")
    assert fields["actions"]["schema"]["items"]["enum"] == [
        "create",
        "update",
        "destroy",
        "updateOrCreate",
    ]


async def test_a_form_ends_with_what_every_node_does_about_failures(shared: Client) -> None:
    types = (await shared.get("workflow-types:list")).data
    for each in types["nodes"]:
        *own, last = each["fields"]

        assert (last["name"], last["section"]) == ("onFailure", "failure")
        assert {field["section"] for field in own} <= {None}


def within(fields: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for each in fields:
        yield each
        yield from within(each["fields"] or [])


async def test_hints_call_choices_by_the_names_that_the_form_gives_them(shared: Client) -> None:
    types = (await shared.get("workflow-types:list")).data
    forms = [each["fields"] for each in (*types["nodes"], *types["triggers"])]
    quoted = {
        (field["name"], value)
        for field in within([*chain(*forms), *types["options"]])
        for value in field["schema"].get("enum") or field["schema"].get("items", {}).get("enum", ())
        for hint in (field["description"] or {}).values()
        if re.search(rf"(?:^|[.] ){re.escape(str(value))}\s*:", hint)
    }

    assert quoted == set()


async def test_the_options_of_a_workflow_have_a_form(shared: Client) -> None:
    options = (await shared.get("workflow-types:list")).data["options"]
    fields = {each["name"]: each for each in options}

    assert [*fields] == [
        "timeout",
        "stackLimit",
        "deleteExecutionOnStatus",
        "flow",
        "retention",
    ]
    assert [each["name"] for each in fields["flow"]["fields"]] == [
        "concurrency",
        "key",
        "mode",
        "debounce",
        "rate",
    ]


async def test_they_are_for_those_who_draw_workflows(shared: Client) -> None:
    member = await person(shared, "someone")

    assert (await member.get("workflow-types")).status == 403
