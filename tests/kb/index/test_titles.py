"""Lists of titles read what they show: no statement over facets reads all values of a field for each entry."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from kb.entry import VISIBILITIES
from kb.index.catalog import Catalog
from kb.index.entries import published_outcomes
from kb.index.filters import outcomes_by_angle, passing
from kb.index.titles import newest_titles
from tests.kb.index.both import stored

DEALS = passing([("kind", ["deal"])], "", "", VISIBILITIES)
Read = Callable[[Catalog], object]


@pytest.mark.parametrize(
    "read",
    [
        lambda catalog: newest_titles(catalog, DEALS, 10),
        lambda catalog: outcomes_by_angle(catalog, DEALS),
        lambda catalog: published_outcomes(catalog, VISIBILITIES),
    ],
)
def test_facets_of_an_entry_are_looked_up_by_the_entry(tmp_path: Path, read: Read) -> None:
    catalog = Catalog.in_file(tmp_path / "catalog.sqlite")
    catalog.replace([stored("a", "本文"), stored("b", "本文")])
    plans = _plans(catalog, read)
    assert any("facet_by_entry (entry=?)" in step for step in plans), plans
    assert not any("LEFT-JOIN" in step and "facet_by_value" in step for step in plans), plans
    catalog.close()


def _plans(catalog: Catalog, read: Read) -> list[str]:
    """Return the steps in which SQLite takes the statements of a read."""
    asked: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, values: Any, *_: object) -> None:
        asked.append((statement, values))

    event.listen(catalog.engine, "before_cursor_execute", note)
    read(catalog)
    event.remove(catalog.engine, "before_cursor_execute", note)
    with catalog.engine.connect() as connection:
        return [
            str(row[3])
            for statement, values in asked
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        ]
