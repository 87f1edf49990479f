"""What a newer entry replaces stands behind it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.search.successors import behind_successors


@pytest.mark.parametrize(
    ("successors", "order"),
    [
        ({}, [10, 11, 12, 13]),
        ({10: (12,)}, [11, 12, 10, 13]),
        ({10: (11,), 11: (12,)}, [12, 11, 10, 13]),
        ({10: (11, 13)}, [11, 12, 13, 10]),
        ({10: (99,)}, [10, 11, 12, 13]),  # its successor was not found
        ({11: (10,)}, [10, 11, 12, 13]),
        ({10: (11,), 11: (10,)}, [12, 13, 10, 11]),
        ({10: (10,)}, [11, 12, 13, 10]),
    ],
)
def test_a_replaced_entry_stands_directly_behind_its_successors(
    successors: dict[int, tuple[int, ...]], order: list[int]
) -> None:
    entries = [10, 11, 12, 13]
    assert [entries[place] for place in behind_successors(entries, successors)] == order


@given(st.dictionaries(st.integers(0, 8), st.lists(st.integers(0, 8), max_size=3)), st.permutations(range(9)))
def test_nothing_is_lost_or_doubled(successors: dict[int, list[int]], entries: list[int]) -> None:
    assert sorted(behind_successors(entries, successors)) == list(range(9))
