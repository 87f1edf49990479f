"""Which fields of a CRM hold what: its profile, or the mapping that was kept for it in entries/mappings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from ingest.connectors.deals import Connector, CrmField
from ingest.connectors.errors import CrmRefusedError
from ingest.importers.answers import kept_mapping
from ingest.importers.columns import Columns, apply
from ingest.importers.crm import need_ids
from ingest.importers.headers import Header
from ingest.importers.profiles import profiles, read_profile
from ingest.importers.table import Lines, Part, Table
from kb.wording import say


def columns_of(connector: Connector, fields: Sequence[CrmField], entries: Path) -> tuple[Columns, str]:
    """Return what each field is taken for, and the name of the mapping that says so; empty: the profile.

    Raises ImportRefusedError if nothing identifies a deal, CrmRefusedError if the connection may read no field.
    """
    if not fields:
        raise CrmRefusedError(connector.place, say("the connection may read no field of deals"))
    headers = tuple(field.header for field in fields)
    columns = apply(next(one for one in profiles("deals") if one.name == connector.name), headers)
    kept = kept_mapping(entries, columns)
    if kept:
        columns = apply(read_profile(kept), headers)
    need_ids(columns)
    return columns, kept.name if kept else ""


def narrowed(columns: Columns, fields: Sequence[CrmField]) -> tuple[Columns, list[CrmField]]:
    """Return the columns of the fields that are used, and those fields: nothing else is asked for."""
    places = sorted(set(columns.places.values()))
    of_place = {place: at for at, place in enumerate(places)}
    used = {name: of_place[place] for name, place in columns.places.items()}
    headers = tuple(columns.headers[place] for place in places)
    return replace(columns, places=used, headers=headers), [fields[place] for place in places]


def table_of(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    """Return deals as a table; `rows` yields the same ones each time it is iterated."""

    def lines() -> Iterator[tuple[int, Sequence[str], frozenset[int]]]:
        return ((number, cells, frozenset()) for number, cells in enumerate(rows, start=2))

    read: Lines = lines
    part = Part("", Header(1, tuple(headers), "", len(headers)), read)
    return Table(tuple(headers), "", "", (part,), form="connection")
