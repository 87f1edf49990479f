"""Entries are written together, as if one after the other."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import event

from kb.entry import Problem
from kb.index.index import Index
from kb.index.records import StoredEntry
from tests.kb.index.both import stored


def _at(path: str, name: str, text: str) -> StoredEntry:
    entry = stored(name, text)
    return replace(entry, entry=replace(entry.entry, path=path), problems=(Problem(path, 1, text),))


def test_of_entries_with_the_same_path_or_id_the_last_one_stays(index: Index) -> None:
    first, second, third = _at("a.md", "one", "価格"), _at("b.md", "one", "納期"), _at("b.md", "two", "保守")
    together = [first, _at("c.md", "three", "教育"), second, third]
    index.catalog.replace(together)
    assert index.catalog.states().keys() == {"b.md", "c.md"}
    assert index.catalog.entries().keys() == {"two", "three"}
    assert [problem.message for problem in index.catalog.problems()] == ["価格", "保守", "教育"]
    assert index.catalog.keywords.counts(["価格", "納期", "保守", "教育"]).keys() == {"保守", "教育"}
    assert index.catalog.counts()["chunks"] == 2


def test_an_entry_that_is_not_written_stays_though_its_id_is_the_path_of_another(index: Index) -> None:
    index.catalog.replace([_at("a.md", "b.md", "価格")])
    index.catalog.replace([_at("b.md", "two", "納期")])
    assert index.catalog.states().keys() == {"a.md", "b.md"}


@pytest.mark.parametrize("size", [2, 12])
def test_more_entries_take_no_more_statements(index: Index, size: int) -> None:
    statements: list[str] = []
    engine = index.catalog._engine
    event.listen(engine, "before_cursor_execute", lambda *told: statements.append(told[2]))
    index.catalog.replace([_at(f"{number}.md", f"n{number}", f"本文{number}") for number in range(size)])
    assert index.catalog.counts()["entries"] == size and len(statements) == len(set(statements))
