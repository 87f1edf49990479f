"""Convert rows of CRM campaigns to the fields of campaign entries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ingest.fields import to_count
from ingest.importers.cell_days import cell_day
from ingest.importers.days import Reading
from ingest.importers.record import Record, RowReader, body_of
from ingest.machine import IMPORTED
from ingest.yaml_text import Plain
from kb.choices import METRICS, MONEY_METRICS
from kb.entry import Language
from kb.wording import say

COUNTS = tuple(name for name in METRICS if name not in MONEY_METRICS)  # in funnel order
_DESCRIPTION = {"ja": "説明", "en": "Description"}


@dataclass(frozen=True, slots=True)
class CampaignReader:
    """Turns rows into campaigns."""

    language: Language
    readings: Mapping[str, Reading]  # by date column

    def record(self, cells: RowReader) -> Record:
        """Return the record of a row; problems are collected in `cells`."""
        crm_id = cells.text("crm_id")
        title = cells.text("title") or crm_id
        fields: dict[str, Plain] = {
            "title": title,
            "kind": "campaign",
            "channel": cells.text("channel"),
            "period": self._period(cells),
            "audience": cells.text("audience"),
            "product": cells.several("product"),
            "industry": cells.several("industry"),
            "metrics": metrics_of(cells),
            "owner": cells.text("owner"),
            "crm_id": crm_id,
        }
        body = body_of(IMPORTED["campaign"][self.language], [(_DESCRIPTION[self.language], cells.block("description"))])
        return Record(
            cells.row.number, "campaign", crm_id, title, {name: value for name, value in fields.items() if value}, body
        )

    def _period(self, cells: RowReader) -> str:
        if cells.text("period"):
            return cells.text("period")
        first, last = (self._day(cells, name) for name in ("starts_on", "ends_on"))
        if first and last and last < first:
            cells.problems.append(say("The end date is before the start date; the period was not imported."))
            return ""
        return f"{first}/{last}" if first and last and first != last else first or last

    def _day(self, cells: RowReader, name: str) -> str:
        reading = self.readings.get(cells.columns.used.get(name, ""), Reading())
        day = cells.read(name, lambda text: cell_day(text, reading.order))
        return day.isoformat() if day else ""


def metrics_of(cells: RowReader) -> dict[str, Plain]:
    """Return the metrics of a campaign; a zero before a later step with a count is dropped as unrecorded."""
    metrics: dict[str, int] = {}
    for name in METRICS:
        money = cells.money(name) if name in MONEY_METRICS else None
        value = (money[0] if money else None) if name in MONEY_METRICS else cells.read(name, _count)
        if value is not None:
            metrics[name] = value
    reached = max((place for place, name in enumerate(COUNTS) if metrics.get(name)), default=-1)
    return {
        name: str(value)
        for name, value in metrics.items()
        if value or name in MONEY_METRICS or COUNTS.index(name) > reached
    }


def _count(text: str) -> int:
    whole, _, rest = text.partition(".")
    return to_count(whole if rest and not rest.strip("0") else text)
