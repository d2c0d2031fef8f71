"""Which node comes next: examples first, then what holds for every workflow and every journal."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensuite.workflow import Branch, Done, Failed, Finish, Outcome, Status, Waiting
from ensuite.workflow.failure import ERROR_BRANCH
from ensuite.workflow.interpreter import Ended, Ready, Waits, advance
from ensuite.workflow.outcome import Retrying


@dataclass(frozen=True)
class Place:
    key: str
    branches: Mapping[int, Sequence["Place"]] = field(default_factory=dict)
    then: Literal["stop", "continue", "branch"] = "stop"


approve, refuse, notify = Place("approve"), Place("refuse"), Place("notify")
limit = Place("limit", {1: [approve], 0: [refuse]})
WORKFLOW = [limit, notify]
RESOLVED = Ended(Status.RESOLVED)


def test_a_workflow_without_nodes_is_resolved_at_once() -> None:
    assert advance([], {}) == RESOLVED


def test_the_first_node_without_an_outcome_is_next() -> None:
    assert advance(WORKFLOW, {}) == Ready(limit)


def test_only_the_chosen_branch_runs() -> None:
    assert advance(WORKFLOW, {"limit": Branch(1)}) == Ready(approve)
    assert advance(WORKFLOW, {"limit": Branch(0)}) == Ready(refuse)


def test_a_branch_without_nodes_is_passed() -> None:
    assert advance(WORKFLOW, {"limit": Branch(7)}) == Ready(notify)


def test_what_follows_a_branching_node_runs_after_the_branch() -> None:
    assert advance(WORKFLOW, {"limit": Branch(1), "approve": Done()}) == Ready(notify)
    journal = {"limit": Branch(1), "approve": Done(), "notify": Done()}

    assert advance(WORKFLOW, journal) == RESOLVED


def test_a_branch_may_end_the_execution_once_it_is_through() -> None:
    chosen = Branch(0, then=Status.FAILED)

    assert advance(WORKFLOW, {"limit": chosen}) == Ready(refuse)
    assert advance(WORKFLOW, {"limit": chosen, "refuse": Done()}) == Ended(Status.FAILED)
    assert advance([limit], {"limit": Branch(7, then=Status.FAILED)}) == Ended(Status.FAILED)


def test_a_waiting_node_holds_what_follows_it() -> None:
    waiting = Waiting(value=1000)

    assert advance(WORKFLOW, {"limit": Branch(1), "approve": waiting}) == Waits(approve, waiting)


@pytest.mark.parametrize("status", [Status.FAILED, Status.ERROR, Status.ABORTED])
def test_a_failure_inside_a_branch_ends_the_execution(status: Status) -> None:
    journal = {"limit": Branch(1), "approve": Failed("no", status)}

    assert advance(WORKFLOW, journal) == Ended(status)


@pytest.mark.parametrize("status", [Status.RESOLVED, Status.FAILED])
def test_an_end_node_inside_a_branch_ends_the_execution(status: Status) -> None:
    journal = {"limit": Branch(1), "approve": Finish(status)}

    assert advance(WORKFLOW, journal) == Ended(status, by_end_node=True)


def test_a_failure_that_is_continued_is_passed() -> None:
    tolerant = Place("tolerant", then="continue")

    assert advance([tolerant, notify], {"tolerant": Failed("no")}) == Ready(notify)


def test_a_failure_leads_into_the_error_branch_and_then_on() -> None:
    guarded = Place("guarded", {ERROR_BRANCH: [refuse], 1: [approve]}, then="branch")
    journal = {"guarded": Failed("no", Status.ERROR)}

    assert advance([guarded, notify], journal) == Ready(refuse)
    assert advance([guarded, notify], {**journal, "refuse": Done()}) == Ready(notify)
    assert advance([guarded, notify], {**journal, "refuse": Failed()}) == Ended(Status.FAILED)


def test_an_error_branch_without_nodes_is_passed() -> None:
    assert advance([Place("guarded", then="branch"), notify], {"guarded": Failed()}) == Ready(
        notify
    )


def test_an_error_branch_is_passed_where_nothing_failed() -> None:
    guarded = Place("guarded", {ERROR_BRANCH: [refuse]}, then="branch")

    assert advance([guarded, notify], {"guarded": Done()}) == Ready(notify)


def test_a_node_that_is_tried_again_holds_what_follows_it() -> None:
    retrying = Retrying(datetime(2026, 3, 14, tzinfo=UTC), Failed("no"))

    assert advance([limit, notify], {"limit": retrying}) == Waits(limit, retrying)


# Any workflow, and any way it may go.

BRANCHES = [0, 1, 2]
INDEXES = [ERROR_BRANCH, *BRANCHES]
AFTERWARDS = st.sampled_from(["stop", "stop", "continue", "branch"])

shapes = st.recursive(
    st.just([]),
    lambda inner: st.lists(
        st.tuples(AFTERWARDS, st.dictionaries(st.sampled_from(INDEXES), inner)), max_size=4
    ),
    max_leaves=12,
)

negative = st.sampled_from([Status.FAILED, Status.ERROR, Status.ABORTED])
passing = st.builds(Done, st.integers()) | st.builds(Branch, st.sampled_from(BRANCHES))
stopping = (
    st.builds(Failed, st.text(), negative)
    | st.builds(Finish, st.sampled_from([Status.RESOLVED, Status.FAILED]))
    | st.builds(Branch, st.sampled_from(BRANCHES), then=negative)
    | st.builds(Waiting)
    | st.builds(Retrying, st.just(datetime(2026, 3, 14, tzinfo=UTC)), st.builds(Failed))
)
outcomes = st.one_of(passing, passing, passing, stopping)


def placed(shape: list[Any], prefix: str = "n") -> list[Place]:
    return [
        Place(
            f"{prefix}{number}",
            {index: placed(inner, f"{prefix}{number}.{index}.") for index, inner in each.items()},
            then,
        )
        for number, (then, each) in enumerate(shape)
    ]


workflows = shapes.map(placed)


def all_places(sequence: Sequence[Place]) -> Iterator[Place]:
    for place in sequence:
        yield place
        for index in sorted(place.branches):
            yield from all_places(place.branches[index])


def run(workflow: Sequence[Place], coming: Mapping[str, Outcome]) -> list[str]:
    """The keys of the nodes in the order in which they had their turns."""
    journal: dict[str, Outcome] = {}
    while isinstance(step := advance(workflow, journal), Ready):
        assert step.node.key not in journal
        journal[step.node.key] = coming[step.node.key]
    return list(journal)


@st.composite
def workflows_and_outcomes(draw: st.DrawFn) -> tuple[list[Place], dict[str, Outcome]]:
    workflow = draw(workflows)
    return workflow, {place.key: draw(outcomes) for place in all_places(workflow)}


@given(workflows_and_outcomes(), st.data())
def test_any_journal_has_an_answer_and_always_the_same(
    drawn: tuple[list[Place], dict[str, Outcome]], data: st.DataObject
) -> None:
    workflow, journal = drawn
    kept = data.draw(st.sets(st.sampled_from(sorted(journal)))) if journal else set[str]()
    partial = {key: outcome for key, outcome in journal.items() if key in kept}
    reordered = dict(reversed(partial.items()))

    assert isinstance(advance(workflow, partial), Ready | Waits | Ended)
    assert advance(workflow, partial) == advance(workflow, reordered)


@given(workflows_and_outcomes())
def test_no_node_has_two_turns_and_each_comes_after_those_before_it(
    drawn: tuple[list[Place], dict[str, Outcome]],
) -> None:
    workflow, coming = drawn
    order = [place.key for place in all_places(workflow)]
    turns = run(workflow, coming)

    assert turns == sorted(turns, key=order.index)
    assert len(turns) == len(set(turns))


def chosen_by(place: Place, outcome: Outcome) -> int | None:
    """The branch that an outcome leads into."""
    match outcome:
        case Branch(index):
            return index
        case Failed() if place.then == "branch":
            return ERROR_BRANCH
        case _:
            return None


@given(workflows_and_outcomes())
def test_a_branch_that_was_not_chosen_never_runs(
    drawn: tuple[list[Place], dict[str, Outcome]],
) -> None:
    workflow, coming = drawn
    turns = set(run(workflow, coming))
    for place in all_places(workflow):
        chosen = chosen_by(place, coming[place.key])
        for index, inner in place.branches.items():
            if index != chosen or place.key not in turns:
                assert turns.isdisjoint(each.key for each in all_places(inner))


@given(workflows_and_outcomes())
def test_nothing_runs_after_a_failure_an_end_or_a_wait(
    drawn: tuple[list[Place], dict[str, Outcome]],
) -> None:
    workflow, coming = drawn
    turns = run(workflow, coming)
    last = advance(workflow, {key: coming[key] for key in turns})
    stops = {place.key for place in all_places(workflow) if place.then == "stop"}
    for key in turns[:-1]:
        assert not isinstance(coming[key], Finish | Waiting | Retrying)
        assert not (isinstance(coming[key], Failed) and key in stops)
    match coming[turns[-1]] if turns else Done():
        case Failed(_, status) if turns[-1] in stops:
            assert last == Ended(status)
        case Finish(status):
            assert last == Ended(status, by_end_node=True)
        case Waiting() | Retrying():
            assert isinstance(last, Waits)
        case Done() | Branch() | Failed():
            assert isinstance(last, Ended)
            assert not last.by_end_node


@given(workflows_and_outcomes())
def test_every_beginning_of_a_journal_leads_to_the_node_that_came_next(
    drawn: tuple[list[Place], dict[str, Outcome]],
) -> None:
    workflow, coming = drawn
    turns = run(workflow, coming)
    for number, key in enumerate(turns):
        step = advance(workflow, {earlier: coming[earlier] for earlier in turns[:number]})

        assert isinstance(step, Ready)
        assert step.node.key == key


@given(workflows)
def test_where_every_node_is_done_the_main_line_runs_to_its_end(workflow: list[Place]) -> None:
    coming: dict[str, Outcome] = {place.key: Done() for place in all_places(workflow)}

    assert run(workflow, coming) == [place.key for place in workflow]
    assert advance(workflow, coming) == RESOLVED
