"""Copies of a file are recognised by their names, and are one hit."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.index.copies import original_of
from kb.search.copies import grouped


@pytest.mark.parametrize(
    "name",
    [
        "議事 のコピー", "議事 - コピー", "議事 - コピー (2)", "議事 (1)", "議事（2）", "議事 copy", "議事 - Copy (3)",
        "議事 (佐藤の競合コピー 2026-09-03)", "議事 (Sato's conflicted copy 2026-09-03)",
        "Copy of 議事", "コピー ～ 議事", "議事 (コピー)", "議事 (copy)", "議事 (1) (1)", "議事_copy",
        "議事_conflict-20260903-101112", "議事 (Case Conflict)", "議事 [Conflict]",
        "議事 (conflicted copy 2026-09-03 101112)", "議事.sync-conflict-20260903-101112-ABCDEFG",
    ],
)  # fmt: skip
def test_a_copy_is_recognised_by_its_name_beside_its_original(name: str) -> None:
    assert original_of(f"notes/{name}.md", {"notes/議事.md", f"notes/{name}.md"}) == "notes/議事.md"
    assert original_of(f"notes/{name}.md", {"deals/議事.md", f"notes/{name}.md"}) == ""


@pytest.mark.parametrize(
    "name",
    [
        "議事 2",
        "議事 conflicting",
        "議事 (競合)",
        "議事 (タスキナとの競合)",
        "議事 - 競合",
        "議事 (conflict of interest)",
        "議事コピー機",
        "議事 (案)",
        "2026年度(1年目)",
        "議事-2026",
    ],
)
def test_other_names_are_no_copies(name: str) -> None:
    assert original_of(f"{name}.md", {"議事.md", "2026年度.md", f"{name}.md"}) == ""


@pytest.mark.parametrize(
    ("entries", "shown"),
    [
        ([1, 2, 3], {0: (), 1: (), 2: ()}),
        ([11, 2, 1], {2: (11,), 1: ()}),  # the original, where its copy stood
        ([12, 2, 11], {0: (11,), 1: ()}),  # the original was not found
        ([111, 11, 1], {2: (111, 11)}),  # a copy of a copy
    ],
)
def test_a_group_shows_its_original_with_the_copies_that_were_found(
    entries: list[int], shown: dict[int, tuple[int, ...]]
) -> None:
    found = grouped(entries, {11: 1, 12: 1, 111: 11})
    assert (found, list(found)) == (shown, list(shown))


@given(st.permutations(range(8)), st.dictionaries(st.integers(1, 7), st.integers(0, 6)))
def test_every_entry_is_shown_or_named_once(entries: list[int], drawn: dict[int, int]) -> None:
    originals = {copy: original for copy, original in drawn.items() if original < copy}
    found = grouped(entries, originals)
    assert sorted([entries[place] for place in found] + [copy for copies in found.values() for copy in copies]) == list(
        range(8)
    )
