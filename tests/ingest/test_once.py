"""The same request twice is done once; what failed may be tried again."""

from __future__ import annotations

import pytest

from ingest.once import REMEMBERED, Once
from kb.shared.requests import Note


class _Work:
    """Counts how often it was done."""

    def __init__(self) -> None:
        self.done = 0

    def __call__(self, _note: Note) -> int:
        self.done += 1
        return self.done


def test_without_a_key_everything_is_done_each_time() -> None:
    once, work = Once[int](), _Work()
    assert [once.run("", "text", work), once.run("", "text", work)] == [(1, True), (2, True)]


def test_a_key_seen_before_returns_what_it_returned_then() -> None:
    once, work = Once[int](), _Work()
    assert [once.run("k", "text", work), once.run("k", "text", work)] == [(1, True), (1, True)]
    assert once.run("k", "another text", work) == (1, False)
    assert work.done == 1


def test_what_failed_is_tried_again() -> None:
    once = Once[int]()

    def fail(_note: Note) -> int:
        raise OSError("full")

    with pytest.raises(OSError, match="full"):
        once.run("k", "text", fail)
    assert once.run("k", "text", _Work()) == (1, True)


def test_only_the_last_keys_are_remembered() -> None:
    once, work = Once[int](), _Work()
    for key in range(REMEMBERED + 1):
        once.run(f"k{key}", "text", work)
    assert once.run("k1", "text", work) == (2, True)
    assert once.run("k0", "text", work) == (REMEMBERED + 2, True)
