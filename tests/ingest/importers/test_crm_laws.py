"""Laws of the import of a CRM: importing twice is importing once, and an interrupted import can be finished."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.importers.crm import CrmImport, columns_of
from ingest.importers.table import open_table
from kb.playbook import Playbook
from tests.ingest.importers.tables import (
    HEADERS,
    bring_in,
    files,
    write_csv,
)

_TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
_ROWS = st.lists(
    st.tuples(
        _TEXTS,
        _TEXTS,
        _TEXTS,
        st.sampled_from(["受注", "失注", "見送り", "商談中", "?", ""]),
        st.sampled_from(["¥1,054", "US$ 55 779,40", "x", ""]),
        st.sampled_from(["2026/1/5", "1/5/2026", "13/1/2026", ""]),
        st.sampled_from(["2026/3/5", "0024-01-01", ""]),
        _TEXTS,
        _TEXTS,
    ),
    max_size=6,
)


@given(_ROWS)
def test_to_import_twice_is_to_import_once(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, ...]]
) -> None:
    folder = tmp_path_factory.mktemp("entries")
    export = write_csv(tmp_path_factory.mktemp("export") / "d.csv", HEADERS, *rows)
    first = bring_in(folder, export)
    before = files(folder)
    second = bring_in(folder, export)
    assert files(folder) == before
    assert (second.new, second.changed, second.written, second.unchanged) == (0, 0, 0, first.new)
    assert second.outcomes == first.outcomes


@given(_ROWS, st.data())
def test_an_import_that_was_broken_off_is_finished_by_the_next(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, ...]], data: st.DataObject
) -> None:
    export = write_csv(tmp_path_factory.mktemp("export") / "d.csv", HEADERS, *rows)
    whole, broken = tmp_path_factory.mktemp("whole"), tmp_path_factory.mktemp("broken")
    bring_in(whole, export)
    stop = data.draw(st.integers(0, len(rows) + 1))

    def interrupt(what: str, done: int, _total: int) -> None:
        if what == "Importing" and done > stop:
            raise KeyboardInterrupt

    table = open_table(export)
    CrmImport(broken, table, columns_of(table), Playbook(), progress=interrupt).run(write=True)
    assert files(broken).items() <= files(whole).items()
    bring_in(broken, export)
    assert files(broken) == files(whole)
