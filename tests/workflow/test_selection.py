"""Which workflows a call starts: the parameter's grammar, and the rules of architecture, § 5."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ensuite.errors import EnsuiteError, InvalidParameter
from ensuite.ids import WorkflowId
from ensuite.schema.catalog import Catalog, load_field_types, make_catalog, make_collection
from ensuite.schema.collection import Collection
from ensuite.schema.field import make_field
from ensuite.workflow.bindings import Bindings, Workflow
from ensuite.workflow.catalog import load_trigger_types
from ensuite.workflow.selection import (
    MAX_ITEMS,
    MAX_PATH,
    Item,
    Reason,
    Selection,
    Skip,
    Start,
    entry,
    parse,
    refused,
    select,
    written,
)
from ensuite.workflow.trigger import configured

load_field_types()
load_trigger_types()


def collection(name: str, **associations: Mapping[str, Any]) -> Collection:
    ids = ["id", *(each["foreignKey"] for each in associations.values() if "own" in each)]
    fields = [
        make_field({"name": each, "type": "bigInt", "primaryKey": each == "id"}) for each in ids
    ]
    fields.append(make_field({"name": "title", "type": "string"}))
    fields += [make_field({**each, "name": name}) for name, each in associations.items()]
    return make_collection({"name": name}, fields)


def to_one(target: str) -> dict[str, Any]:
    key = f"{target}Id"
    return {
        "type": "belongsTo",
        "target": target,
        "foreignKey": key,
        "targetKey": "id",
        "own": True,
    }


CATALOG: Catalog = make_catalog(
    1,
    [
        collection("posts", category=to_one("categories")),
        collection("categories", section=to_one("sections")),
        collection("sections"),
    ],
)


def workflow(number: int, key: str, collection: str, **config: Any) -> Workflow:
    trigger = configured("action", {"collection": collection, **config})
    return Workflow(WorkflowId(number), key, "action", sync=False, trigger=trigger)


LOCAL = workflow(1, "local", "posts")
OTHER = workflow(2, "other", "categories")
FAR = workflow(3, "far", "sections")
CREATED = workflow(4, "created", "posts", **{"global": True}, actions=["create"])
TOUCHED = workflow(5, "touched", "posts", **{"global": True}, actions=["update", "destroy"])
IDLE = workflow(6, "idle", "posts", **{"global": True})
ABROAD = workflow(7, "abroad", "categories", **{"global": True}, actions=["create"])
TIMER = Workflow(WorkflowId(8), "timer", "schedule", sync=False, trigger=None)

BINDINGS = Bindings(
    {each.key: each for each in (LOCAL, OTHER, FAR, CREATED, TOUCHED, IDLE, ABROAD, TIMER)},
    frozenset({"asleep"}),
)


def selected(parameter: str, action: str = "create") -> Selection:
    return select(CATALOG, BINDINGS, CATALOG["posts"], action, parse(parameter))


def shown(selection: Selection) -> list[str]:
    """A selection as a line each: what starts, and what is skipped and why."""
    return [
        f"{entry(each).get('key')} {entry(each).get('path', '-')} {each.reason.value}"
        if isinstance(each, Skip)
        else f"{entry(each).get('key')} {entry(each).get('path', '-')}"
        for each in selection.entries
    ]


# --- the grammar --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parameter", "items"),
    [
        ("", []),
        ("k", [("k", "")]),
        ("k!category", [("k", "category")]),
        ("k!category.section", [("k", "category.section")]),
        ("a,b", [("a", ""), ("b", "")]),
        (" a , b ", [("a", ""), ("b", "")]),
        ("a ! category", [("a", "category")]),
        ("k!category!zzz", [("k", "category")]),
        ("k!", [("k", "")]),
        ("k!!", [("k", "")]),
        ("k!.", [("k", "")]),
        ("k!category..section.", [("k", "category.section")]),
        (",,k,,", [("k", "")]),
        ("!category", []),
        (" , ! ", []),
        ("k,k", [("k", "")]),
        ("k,k!", [("k", "")]),
        ("k,k!category,k", [("k", ""), ("k", "category")]),
        ("K,k", [("K", ""), ("k", "")]),
    ],
)
def test_the_grammar(parameter: str, items: list[tuple[str, str]]) -> None:
    assert [(item.key, ".".join(item.path)) for item in parse(parameter)] == items


def test_more_items_than_the_limit_are_refused() -> None:
    most = ",".join(f"k{number}" for number in range(MAX_ITEMS))

    assert len(parse(most)) == MAX_ITEMS
    with pytest.raises(InvalidParameter, match=f"{MAX_ITEMS} items at most"):
        _ = parse(f"{most},one_more")


def test_a_path_longer_than_the_limit_is_refused() -> None:
    longest = ".".join(["a"] * MAX_PATH)

    assert parse(f"k!{longest}") == (Item("k", ("a",) * MAX_PATH),)
    with pytest.raises(InvalidParameter, match=f"{MAX_PATH} names at most"):
        _ = parse(f"k!{longest}.a")


PIECES = st.sampled_from(
    [
        *("local", "other", "far", "created", "timer", "asleep", "category", "section", "title"),
        *(",", "!", ".", " ", "é", "\0", "local!category"),
    ]
)
PARAMETERS = st.one_of(st.text(max_size=200), st.lists(PIECES, max_size=60).map("".join))


@given(PARAMETERS)
@example(",".join(str(number) for number in range(200)))
def test_any_text_is_understood_or_refused_as_the_clients_mistake(parameter: str) -> None:
    try:
        items = parse(parameter)
    except EnsuiteError as error:
        items, status = (), error.status
    else:
        status = 200

    assert status in {200, 400}
    assert all(item.key and item.key == item.key.strip() for item in items)


@given(PARAMETERS)
def test_parsing_what_was_written_gives_the_same_items(parameter: str) -> None:
    try:
        items = parse(parameter)
    except InvalidParameter:
        return

    assert parse(",".join(written(item) for item in items)) == items


@given(PARAMETERS, st.sampled_from(["create", "update", "destroy", "firstOrCreate"]))
def test_each_distinct_item_is_answered_once_and_in_order(parameter: str, action: str) -> None:
    try:
        items = parse(parameter)
    except InvalidParameter:
        return
    selection = select(CATALOG, BINDINGS, CATALOG["posts"], action, items)
    answered = [
        each.item if isinstance(each, Skip) else Item(each.workflow.key, each.path)
        for each in selection.entries
    ]

    assert tuple(answered[: len(items)]) == items
    assert len(set(answered)) == len(answered)
    assert all(
        isinstance(each, Start) and not each.asked for each in selection.entries[len(items) :]
    )


# --- the rules ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "parameter", "lines"),
    [
        ("update", "", ["touched -"]),
        ("create", "local", ["local -", "created -"]),
        ("create", "nobody", ["nobody - unknown_key", "created -"]),
        ("create", "Local", ["Local - unknown_key", "created -"]),
        ("create", "asleep", ["asleep - disabled", "created -"]),
        ("create", "other", ["other - collection_mismatch", "created -"]),
        ("create", "timer", ["timer - wrong_type", "created -"]),
        ("create", "timer!nofield", ["timer nofield wrong_type", "created -"]),
        ("create", "nobody!nofield", ["nobody nofield unknown_key", "created -"]),
        ("create", "asleep!nofield", ["asleep nofield disabled", "created -"]),
        ("create", "other!category", ["other category", "created -"]),
        ("create", "far!category.section", ["far category.section", "created -"]),
        ("create", "other!nofield", ["other nofield unknown_path", "created -"]),
        ("create", "other!title", ["other title unknown_path", "created -"]),
        ("create", "other!category.nofield", ["other category.nofield unknown_path", "created -"]),
        ("create", "local!category", ["local category collection_mismatch", "created -"]),
        # Named, a global workflow takes the item's place and still runs once.
        ("create", "created,local", ["created -", "local -"]),
        ("create", "local,created", ["local -", "created -"]),
        # With a path that leads away it cannot be kept from its own collection.
        ("create", "created!category", ["created category collection_mismatch", "created -"]),
        ("create", "abroad!category", ["abroad category", "created -"]),
        ("create", "abroad", ["abroad - collection_mismatch", "created -"]),
        # A global workflow runs only for its actions, asked for or not.
        ("create", "idle", ["idle - action_mismatch", "created -"]),
        ("create", "touched", ["touched - action_mismatch", "created -"]),
        ("destroy", "", ["touched -"]),
        ("destroy", "local", ["local -", "touched -"]),
        ("destroy", "abroad!category", ["abroad category action_mismatch", "touched -"]),
        # What is found or created is only known when it was done.
        ("firstOrCreate", "", ["created -"]),
        ("updateOrCreate", "", ["created -", "touched -"]),
        ("updateOrCreate", "local", ["local -", "created -", "touched -"]),
    ],
)
def test_what_is_started_and_what_is_skipped(action: str, parameter: str, lines: list[str]) -> None:
    assert shown(selected(parameter, action)) == lines


def test_a_global_workflow_of_another_collection_is_not_started() -> None:
    selection = select(CATALOG, BINDINGS, CATALOG["sections"], "create", ())

    assert selection.entries == ()


@pytest.mark.parametrize(
    ("parameter", "reads"),
    [("local", False), ("nobody!category", False), ("other!category", True)],
)
def test_only_a_path_or_appends_need_the_database(parameter: str, *, reads: bool) -> None:
    assert selected(parameter).reads is reads


def test_a_workflow_that_wants_associations_needs_the_database() -> None:
    wants = workflow(9, "wants", "posts", appends=["category"])
    bindings = Bindings({"wants": wants})

    assert select(CATALOG, bindings, CATALOG["posts"], "create", parse("wants")).reads


# --- strict calls -------------------------------------------------------------------------


def refusal(parameter: str, action: str = "create") -> list[tuple[str | None, str | None, str]]:
    selection = selected(parameter, action)
    error = refused(selection, CATALOG, BINDINGS, CATALOG["posts"], action)
    return [] if error is None else [(i.field, i.code, i.message) for i in error.issues]


def test_a_strict_call_is_refused_with_every_reason_and_the_keys_that_would_do() -> None:
    assert refusal("local,nobody,local!category,other!title") == [
        ("nobody", "unknown_key", "nobody: unknown_key; valid keys here: created, local"),
        (
            "local",
            "collection_mismatch",
            "local!category: collection_mismatch; valid keys here: abroad, other",
        ),
        ("other", "unknown_path", "other!title: unknown_path; valid keys here: none"),
    ]


def test_a_strict_call_without_a_mistake_is_not_refused() -> None:
    assert refusal("local,other!category") == []
    assert refusal("") == []


def test_the_reasons_are_those_of_the_documents() -> None:
    assert {reason.value for reason in Reason} >= {
        "unknown_key",
        "disabled",
        "collection_mismatch",
        "unknown_path",
        "wrong_type",
        "no_related_record",
    }
