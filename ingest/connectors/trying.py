"""Try a connection: read the first deals and show what they would become, without writing anything."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass

from ingest.connectors.deals import START
from ingest.connectors.errors import CrmAwayError
from ingest.connectors.mapped import columns_of, narrowed, table_of
from ingest.connectors.puller import FAULTS, Puller
from ingest.importers.columns import Columns
from ingest.importers.crm import CrmImport
from ingest.importers.report import Report
from kb.errors import KBError


@dataclass(frozen=True, slots=True)
class First:
    """What the first deals of a CRM would become."""

    columns: Columns  # of all fields
    mapping: str  # file that says what they hold; empty: the profile
    report: Report


def tried(puller: Puller, corrected: Callable[[Columns], Columns]) -> First:
    """Read the first page of deals. Raises KBError."""
    with closing(puller.connector) as connector:
        try:
            known = connector.fields()
            columns, mapping = columns_of(connector, known, puller.entries)
            columns = corrected(columns)
            used, fields = narrowed(columns, known)
            page = connector.page(START, fields)
        except KBError:
            raise
        except FAULTS as error:
            raise CrmAwayError(connector.place, type(error).__name__) from error
    rows = [[deal.cells.get(header, "") for header in used.headers] for deal in page.deals]
    table = table_of(used.headers, rows)
    task = CrmImport(puller.entries, table, used, puller.playbook, clock=puller.clock, is_part=True)
    return First(columns, mapping, task.run(write=False))
