"""A part of an index, for those who may not see everything: a catalogue of its own, and the vectors of the whole.

The rows of the entries that may be seen are copied under their numbers, so that no statistic, name, count or problem of
the part depends on anything else. Afterwards it follows the whole by the difference of the numbers: a changed entry
always has a new one.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    MetaData,
    String,
    Table,
    case,
    cast,
    insert,
    literal,
    or_,
    select,
    text,
)

from kb.entry import Entry, Problem
from kb.index import records
from kb.index.catalog import in_groups
from kb.index.dialect import Listing, one_of
from kb.index.documents import from_document
from kb.index.folder_place import FolderPlace
from kb.index.index import Index
from kb.index.keywords import KeywordIndex, PassageTerms
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
_CLAIMS = _ALL.c.state.contains(" ")  # an id that another file has, see `ENTRIES`
_KEYWORDS = text(
    "INSERT INTO main.keywords(rowid, title, heading, tags, body)"
    " SELECT rowid, title, heading, tags, body FROM whole.keywords WHERE rowid IN"
    " (SELECT number FROM whole.chunks WHERE entry IN (SELECT value FROM json_each(:numbers))) ORDER BY rowid"
)
_KEYWORDS_OF_WHOLE = Listing(
    "SELECT rowid, title, heading, tags, body FROM keywords WHERE rowid IN"
    " (SELECT number FROM chunks WHERE entry {one_of_listed}) ORDER BY rowid"
)


class PartialIndex(Index):
    """What some may see of another index, in a folder of its own."""

    def __init__(self, whole: Index, folder: Path, visible: frozenset[str]) -> None:
        place = FolderPlace(folder.parent, folder.name, whole.cache, has_files=whole.place.has_files)
        super().__init__(place, whole.fingerprint, whole.embedder, visible)
        self.whole = whole
        self._is_compared = not whole.place.schema

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
        with self.catalog.engine.connect() as own, self._beside(own) as whole:
            records.set_meta(own, "visible", " ".join(sorted(self.visible)))  # takes the lock
            has_changed = self._followed(own, whole)
            own.commit()
        return has_changed

    @contextmanager
    def _beside(self, own: Connection) -> Iterator[Connection]:
        """Yield a connection in which `whole` is the schema of the whole as it is at one moment."""
        if schema := self.whole.place.schema:
            options = {"isolation_level": "REPEATABLE READ", "schema_translate_map": {"whole": schema}}
            with self.whole.catalog.engine.connect().execution_options(**options) as whole:
                yield whole
            return
        file = self.whole.catalog.engine.url.database
        own.execute(text("ATTACH DATABASE :whole AS whole"), {"whole": file})
        try:
            yield own
        finally:
            own.rollback()
            own.execute(text("DETACH DATABASE whole"))

    def _followed(self, own: Connection, whole: Connection) -> bool:
        generation, before = _generation(whole), self.catalog.meta(FOLLOWED)
        if self._is_compared and before == generation:
            return False
        if int(generation or 0) < int(before or 0):
            self._is_compared = False  # the database was restored
        of = _OF_WHOLE[AUDIENCES].c
        shown = _ALL.c.number.in_(select(of.entry).where(of.name.in_(sorted(self.visible))))
        claimed, clashes = _own_ids(whole, shown)
        known = _pairs(own, select(ENTRIES.c.number, ENTRIES.c.id))
        other = {number for number in claimed.keys() & known.keys() if claimed[number][1].id != known[number]}
        numbers = set(whole.scalars(select(_ALL.c.number).where(shown)))
        gone = (known.keys() - numbers) | other | self._differing(own, whole)
        records.delete_entries(own, self.catalog.keywords, gone)
        fresh = numbers - (known.keys() - gone)
        _copy(own, whole, fresh, self.catalog.keywords)
        for number in claimed.keys() & fresh:
            records.rename_entry(own, number, *claimed[number])
        has_changed = bool(gone or fresh) | _take_problems(own, whole, shown, clashes)
        records.set_meta(own, FOLLOWED, generation)
        if has_changed:
            records.touch(own)
        self._is_compared = True
        return has_changed

    def _differing(self, own: Connection, whole: Connection) -> set[int]:
        """Return the entries that are others in the whole, at first: a database may be restored to what it was once."""
        if self._is_compared:
            return set()
        kept = {
            (row[0], row[1], row[2]) for row in own.execute(select(ENTRIES.c.number, ENTRIES.c.path, ENTRIES.c.state))
        }
        there = {(row[0], row[1], row[2]) for row in whole.execute(select(_ALL.c.number, _ALL.c.path, _ALL.c.state))}
        return {number for number, _, _ in kept - there}


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


def _copy(own: Connection, whole: Connection, numbers: Collection[int], keywords: KeywordIndex) -> None:
    """Copy entries with everything stored along with them, under their numbers."""
    by = {ENTRIES: "number"} | dict.fromkeys((AUDIENCES, FACET_VALUES, NAMES, LINKS, CHUNKS, SITUATIONS), "entry")
    ordered = sorted(numbers)
    for some in [ordered] if own is whole else in_groups(ordered):
        for table, column in by.items():
            of = _OF_WHOLE[table]
            chosen = select(*_read(of)).where(one_of(whole, of.c[column], some))
            rows = chosen.order_by(of.c.number if "number" in of.c else text("rowid"))
            if own is whole:
                own.execute(insert(table).from_select(table.columns.keys(), rows))
            elif found := [dict(row) for row in whole.execute(rows).mappings()]:
                own.execute(insert(table), found)
        if own is whole:
            own.execute(_KEYWORDS, {"numbers": json.dumps(some)})
        else:
            keywords.add(own, [PassageTerms(*row) for row in _KEYWORDS_OF_WHOLE.rows(whole, some)])


def _read(table: Table) -> Iterable[ColumnElement[Any]]:
    """Yield what is copied; an id that two files claim may be that of another entry here, until it is settled."""
    for column in table.columns:
        is_id = table is _ALL and column.name == "id"
        unsettled = literal("?") + cast(_ALL.c.number, String)
        yield case((_CLAIMS, unsettled), else_=column).label("id") if is_id else column


def _take_problems(
    own: Connection, whole: Connection, shown: ColumnElement[bool], clashes: dict[str, list[Problem]]
) -> bool:
    """Replace the problems by those of the files that may be seen; return whether they are others than before."""
    of = _OF_WHOLE[PROBLEMS].c
    seen = or_(of.path.in_(select(_ALL.c.path).where(shown)), of.path.in_(FOR_ALL))
    rows = whole.execute(select(of.path, of.line, of.message).where(seen).order_by(text("rowid")))
    found = [Problem(path, line, from_json(message)) for path, line, message in rows]
    found = [one for one in found if not (one.path in clashes and _is_clash(one))]
    found += [one for some in clashes.values() for one in some]
    if sorted(found) == sorted(records.problems(own)):
        return False
    own.execute(PROBLEMS.delete())
    by_path: dict[str, list[Problem]] = {}
    for one in found:
        by_path.setdefault(one.path, []).append(one)
    records.set_problems(own, by_path)
    return True


def _is_clash(problem: Problem) -> bool:
    return isinstance(problem.message, Sentence) and problem.message.values.keys() == {"id", "owner", "free"}
