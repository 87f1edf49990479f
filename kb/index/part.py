"""A part of an index, for those who may not see everything: a catalogue of its own, and the vectors of the whole.

The rows of the entries that may be seen are copied under their numbers, so that no statistic, name, count or problem of
the part depends on anything else. Afterwards it follows the whole by the difference of the numbers: a changed entry
always has a new one.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Connection, MetaData, Table, case, func, insert, literal, or_, select, text

from kb.entry import Entry, Problem
from kb.index import records
from kb.index.documents import from_document
from kb.index.index import Index
from kb.index.own_id import with_own_id
from kb.index.schema import AUDIENCES, CHUNKS, ENTRIES, FACET_VALUES, LINKS, META, NAMES, PROBLEMS, SITUATIONS
from kb.index.vectors import VectorStore
from kb.wording import Sentence, from_json

FOLLOWED = "followed"  # the generation of the whole that the part shows
FOR_ALL = ("playbook.yaml",)  # files whose problems everybody sees
_WHOLE = MetaData(schema="whole")
_OF_WHOLE = {
    table: table.to_metadata(_WHOLE, schema="whole")
    for table in (META, ENTRIES, AUDIENCES, FACET_VALUES, NAMES, LINKS, CHUNKS, SITUATIONS, PROBLEMS)
}
_ALL = _OF_WHOLE[ENTRIES]
_CLAIMS = func.instr(_ALL.c.state, " ") > 0  # an id that another file has, see `ENTRIES`
_KEYWORDS = text(
    "INSERT INTO main.keywords(rowid, title, heading, tags, body)"
    " SELECT rowid, title, heading, tags, body FROM whole.keywords WHERE rowid IN"
    " (SELECT number FROM whole.chunks WHERE entry IN (SELECT value FROM json_each(:numbers))) ORDER BY rowid"
)


class PartialIndex(Index):
    """What some may see of another index, in a folder of its own."""

    def __init__(self, whole: Index, folder: Path, visible: frozenset[str]) -> None:
        super().__init__(folder, whole.fingerprint, whole.embedder, whole.cache, visible)
        self.whole = whole

    @property
    def vectors(self) -> VectorStore:
        """The vectors of the whole."""
        return self.whole.vectors

    @property
    def is_current(self) -> bool:
        """Whether the whole is being served."""
        return self.whole.is_current

    @property
    def shows_everything(self) -> bool:
        """Never: what it does not hold now may exist a moment later."""
        return False

    def close(self) -> None:
        """Close the catalogue; the rest belongs to the whole."""
        self.catalog.close()

    def follow(self) -> bool:
        """Take over what changed in the whole, in one transaction; return whether anything did that may be seen."""
        with self.catalog.engine.connect() as connection:
            connection.execute(text("ATTACH DATABASE :whole AS whole"), {"whole": str(self.whole.catalog.path)})
            try:
                records.set_meta(connection, "visible", " ".join(sorted(self.visible)))  # takes the lock
                has_changed = self._followed(connection)
                connection.commit()
            finally:
                connection.rollback()
                connection.execute(text("DETACH DATABASE whole"))
        return has_changed

    def _followed(self, connection: Connection) -> bool:
        if self.catalog.meta(FOLLOWED) == (generation := _generation(connection)):
            return False
        of = _OF_WHOLE[AUDIENCES].c
        shown = _ALL.c.number.in_(select(of.entry).where(of.name.in_(sorted(self.visible))))
        claimed, clashes = _own_ids(connection, shown)
        known = _pairs(connection, select(ENTRIES.c.number, ENTRIES.c.id).where(ENTRIES.c.number.in_(claimed)))
        other = [number for number, entry_id in known.items() if claimed[number][1].id != entry_id]
        numbers = select(_ALL.c.number).where(shown)
        gone = {*connection.scalars(select(ENTRIES.c.number).where(ENTRIES.c.number.not_in(numbers))), *other}
        records.delete_entries(connection, self.catalog.keywords, gone)
        fresh = set(connection.scalars(numbers.where(_ALL.c.number.not_in(select(ENTRIES.c.number)))))
        _copy(connection, fresh)
        for number in claimed.keys() & fresh:
            records.rename_entry(connection, number, *claimed[number])
        has_changed = bool(gone or fresh) | _take_problems(connection, clashes)
        records.set_meta(connection, FOLLOWED, generation)
        if has_changed:
            records.touch(connection)
        return has_changed


def _generation(connection: Connection) -> str:
    meta = _OF_WHOLE[META].c
    return connection.scalar(select(meta.value).where(meta.key == "generation")) or ""


def _pairs(connection: Connection, query: Any) -> dict[Any, Any]:
    return {key: value for key, value in connection.execute(query)}


def _own_ids(
    connection: Connection, shown: ColumnElement[bool]
) -> tuple[dict[int, tuple[str, Entry]], dict[str, list[Problem]]]:
    """Return the entries whose id another file has as well: their id in the whole, and what they are without the rest.

    In the whole a hidden file may have the id: it must neither keep it nor be named. Returns their problems by path.
    """
    claiming = select(_ALL.c.number, _ALL.c.document, _ALL.c.state).where(_CLAIMS, shown).order_by(_ALL.c.path)
    rows = connection.execute(claiming).all()
    taken = _pairs(connection, select(_ALL.c.id, _ALL.c.path).where(~_CLAIMS, shown)) if rows else {}
    entries: dict[int, tuple[str, Entry]] = {}
    problems: dict[str, list[Problem]] = {}
    for number, document, state in rows:
        stored = from_document(document)
        entry, problems[stored.path] = with_own_id(replace(stored, id=state.partition(" ")[2]), taken)
        entries[number] = stored.id, entry
        taken[entry.id] = entry.path
    return entries, problems


def _copy(connection: Connection, numbers: Collection[int]) -> None:
    """Copy entries with everything stored along with them, under their numbers."""
    values = json.dumps(sorted(numbers))
    among = select(func.json_each(values).table_valued("value").c.value)
    by = {ENTRIES: "number"} | dict.fromkeys((AUDIENCES, FACET_VALUES, NAMES, LINKS, CHUNKS, SITUATIONS), "entry")
    for table, column in by.items():
        rows = select(*_read(_OF_WHOLE[table])).where(_OF_WHOLE[table].c[column].in_(among)).order_by(text("rowid"))
        connection.execute(insert(table).from_select(table.columns.keys(), rows))
    connection.execute(_KEYWORDS, {"numbers": values})


def _read(table: Table) -> Iterable[ColumnElement[Any]]:
    """Yield what is copied; an id that two files claim may be that of another entry here, until it is settled."""
    for column in table.columns:
        is_id = table is _ALL and column.name == "id"
        yield case((_CLAIMS, literal("?") + _ALL.c.number), else_=column) if is_id else column


def _take_problems(connection: Connection, clashes: dict[str, list[Problem]]) -> bool:
    """Replace the problems by those of the files that may be seen; return whether they are others than before."""
    of = _OF_WHOLE[PROBLEMS].c
    seen = or_(of.path.in_(select(ENTRIES.c.path)), of.path.in_(FOR_ALL))
    rows = connection.execute(select(of.path, of.line, of.message).where(seen).order_by(text("rowid")))
    found = [Problem(path, line, from_json(message)) for path, line, message in rows]
    found = [one for one in found if not (one.path in clashes and _is_clash(one))]
    found += [one for some in clashes.values() for one in some]
    if sorted(found) == sorted(records.problems(connection)):
        return False
    connection.execute(PROBLEMS.delete())
    for path in dict.fromkeys(one.path for one in found):
        records.set_problems(connection, path, [one for one in found if one.path == path])
    return True


def _is_clash(problem: Problem) -> bool:
    return isinstance(problem.message, Sentence) and problem.message.values.keys() == {"id", "owner", "free"}
