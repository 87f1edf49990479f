"""What an import assumed, for a person to check in the preview."""

from __future__ import annotations

from collections.abc import Iterator

from ingest.importers.campaigns import CampaignReader
from ingest.importers.columns import Columns
from ingest.importers.deals import DealReader
from ingest.importers.table import Table
from kb.wording import say


def notes_of(table: Table, columns: Columns, reader: DealReader | CampaignReader) -> Iterator[str]:
    """Yield what was assumed about the table and its deals."""
    if table.errors:
        yield say("Cells with an error such as #N/A were read as empty: {cells}.", cells=", ".join(table.errors))
    if columns.tied:
        yield say(
            "The columns fit {profile} as well as {others}; {profile} was chosen by its id column '{header}'.",
            profile=columns.profile.name,
            others=", ".join(columns.tied),
            header=columns.used.get("crm_id", ""),
        )
    if columns.profile.id_from:
        yield say(
            "The ids are made from {fields}. If one of them changes in the CRM,"
            " the next import creates a second entry.",
            fields=", ".join(columns.used[name] for name in columns.profile.id_from),
        )
    if isinstance(reader, DealReader):
        yield from _of_deals(reader)


def _of_deals(reader: DealReader) -> Iterator[str]:
    if reader.in_sentences:
        yield say(
            "{count} deals give their reason in sentences. It is kept as text and not counted among the reasons.",
            count=reader.in_sentences,
        )
    if reader.unlinked:
        count, first = sum(reader.unlinked.values()), next(iter(reader.unlinked))
        yield say(
            "{count} deals belong to a campaign that has no entry, for example '{first}'. Import the campaigns first.",
            count=count,
            first=first,
        )
    if reader.amounts and not reader.currencies:
        yield say("No amount has a currency, so JPY is assumed. If that is wrong, add 'currency: USD' to a mapping.")
