"""Ids: integers below 2^53 that grow, whatever the clock does and whichever process makes them."""

import itertools
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensuite.ids import (
    EPOCH_SECONDS,
    NODE_NUMBERS,
    SECOND_SHIFT,
    SEQUENCE_BITS,
    START_AHEAD_SECONDS,
    IdGenerator,
)

NOW = 1_795_000_000.0
LARGEST_SAFE = 2**53 - 1

nodes = st.integers(0, NODE_NUMBERS - 1)
clocks = st.lists(st.floats(NOW, NOW + 10), min_size=2, max_size=60)


def made(node: int, times: Sequence[float]) -> list[int]:
    """One id at each time; the first time is that of the start."""
    ticking: Iterator[float] = iter(times)
    ids = IdGenerator(node, lambda: next(ticking))
    return [ids() for _ in times[1:]]


def node_of(made_id: int) -> int:
    return (made_id >> SEQUENCE_BITS) % NODE_NUMBERS


@given(nodes, clocks)
def test_ids_grow_strictly_also_when_the_clock_jumps_back(node: int, times: list[float]) -> None:
    ids = made(node, times)

    assert all(before < after for before, after in itertools.pairwise(ids))


@given(nodes, st.integers(2026, 2150))
def test_ids_stay_exact_in_json_for_more_than_a_century(node: int, year: int) -> None:
    seconds = (year - 1970) * 31_556_952.0
    [made_id] = made(node, [seconds, seconds])

    assert 0 < made_id <= LARGEST_SAFE


@given(st.sets(nodes, min_size=2, max_size=5), clocks)
def test_processes_with_different_node_numbers_never_make_the_same_id(
    numbers: set[int], times: list[float]
) -> None:
    ids = [each for node in numbers for each in made(node, times)]

    assert len(set(ids)) == len(ids)


@given(nodes, clocks)
def test_each_id_carries_the_node_number_of_its_process(node: int, times: list[float]) -> None:
    assert {node_of(each) for each in made(node, times)} == {node}


@pytest.mark.parametrize("node", [0, 7, NODE_NUMBERS - 1])
def test_more_ids_than_a_second_holds_borrow_from_the_next_and_keep_their_node(node: int) -> None:
    ids = made(node, [NOW] * 150_000)

    assert len(set(ids)) == len(ids)
    assert ids == sorted(ids)
    assert {node_of(each) for each in ids} == {node}
    assert (ids[-1] >> SECOND_SHIFT) - (ids[0] >> SECOND_SHIFT) == 2


@given(nodes, st.floats(0.001, 3), st.integers(1, 60))
def test_a_process_that_takes_a_node_number_over_begins_after_the_one_before(
    node: int, later: float, count: int
) -> None:
    first = made(node, [NOW] * (count + 1))
    second = made(node, [NOW + later] * 2)

    assert second[0] > first[-1]


def test_a_successor_bears_a_clock_that_was_set_back_a_little() -> None:
    before = made(3, [NOW, NOW + 60])
    after = made(3, [NOW + 60 - START_AHEAD_SECONDS + 0.5] * 2)

    assert after[0] > before[-1]


def test_another_node_number_goes_on_after_both_who_had_it_and_what_was_made() -> None:
    ids = IdGenerator(9, lambda: NOW)
    before = [ids() for _ in range(3)]
    of_another = made(4, [NOW - 1, NOW - 1])
    ids.renumber(4)
    after = ids()

    assert node_of(after) == 4
    assert after > max(*before, *of_another)


def test_an_id_tells_the_second_that_it_was_made_in() -> None:
    [made_id] = made(0, [NOW, NOW + 60])

    assert (made_id >> SECOND_SHIFT) + EPOCH_SECONDS == NOW + 60


@pytest.mark.parametrize("node", [-1, NODE_NUMBERS])
def test_a_node_number_that_does_not_fit_is_refused(node: int) -> None:
    with pytest.raises(ValueError, match="a node number is between 0 and 31"):
        _ = IdGenerator(node)
