"""How many deals were closed, from an export into the playbook, so that missing notes show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from ingest import atomic
from ingest.importers.record import Record
from ingest.inside import below
from ingest.playbook_file import PLAYBOOK_NAME
from ingest.saving import one_at_a_time
from ingest.undo import Wrote
from ingest.yaml_edit import Row, with_rows
from ingest.yaml_text import Plain, YamlTextError, places
from kb.errors import NotSavedError, why_refused
from kb.wording import say

PART, OUTCOMES = "closed_deals", ("won", "lost", "no-decision")
FROM, CRM = "from", "crm"  # marks the totals an import may replace
Closed = tuple[str, str]  # outcome and day


def closed_of(record: Record, today: date) -> Closed | None:
    """Return how and when a deal was closed; None if it was not, on no known day or on one that is still to come."""
    outcome, day = record.fields.get("outcome"), record.fields.get("closed_on")
    if not isinstance(outcome, str) or outcome not in OUTCOMES or not isinstance(day, str) or day > today.isoformat():
        return None
    return outcome, day


def set_totals(
    folder: Path, closed: Sequence[Closed], lock: Path | None, *, write: bool, wrote: list[Wrote] | None = None
) -> str:
    """Set the totals of closed deals in the playbook; return what they are, or why they stay.

    A change is added to `wrote`. Raises NotSavedError.
    """
    place = below(folder, PLAYBOOK_NAME)
    if not closed or not place.is_file():
        return ""
    try:
        with one_at_a_time(folder, lock if write else None):
            text = place.read_bytes().decode("utf-8")
            fresh = _fresh(text, closed)
            if fresh is None:
                return say("The totals of closed deals in the playbook were entered by hand and stay as they are.")
            if fresh and write and (changed := _with_totals(text, fresh)) != text:
                digest = atomic.replace(place, changed)
                if wrote is not None:
                    wrote.append(Wrote(PLAYBOOK_NAME, digest, text))
    except OSError as error:
        raise NotSavedError(why_refused(error)) from error
    except (UnicodeDecodeError, YamlTextError):
        return ""  # a playbook nobody can read is a problem of its own
    return _said(fresh) if fresh else ""


def _fresh(text: str, closed: Sequence[Closed]) -> list[Closed] | None:
    """Return the deals no total counts yet, apart from those it replaces; None if people wrote the totals."""
    items = _items(text)
    if any(item.get(FROM) != CRM for item in items):
        return None
    first, last = _span(closed)
    spans = (_period(item) for item in items)
    kept = [end for start, end in spans if not first <= start <= end <= last and start <= last and first <= end]
    return [one for one in closed if one[1] > max(kept, default="")]


def _with_totals(text: str, closed: Sequence[Closed]) -> str:
    first, last = _span(closed)
    rows = [Row(at, {}) for at, item in enumerate(_items(text)) if not first <= _period(item)[0] <= last]
    counts = Counter(outcome for outcome, _ in closed)
    made: list[dict[str, Plain]] = [
        {"outcome": end, "count": str(counts[end]), "period": f"{first}/{last}", FROM: CRM}
        for end in OUTCOMES
        if counts[end]
    ]
    return with_rows(text, (PART,), [*rows, *(Row(None, fields) for fields in made)])


def _items(text: str) -> list[dict[str, Plain]]:
    whole = places(text)
    place = whole.part(PART) if whole else None
    return [item.value if isinstance(item.value, dict) else {} for item in place.items] if place else []


def _period(item: dict[str, Plain]) -> tuple[str, str]:
    start, _, end = str(item.get("period", "")).partition("/")
    return start, end or start


def _span(closed: Sequence[Closed]) -> tuple[str, str]:
    days = [day for _, day in closed]
    return min(days), max(days)


def _said(closed: Sequence[Closed]) -> str:
    counts, (first, last) = Counter(outcome for outcome, _ in closed), _span(closed)
    return say(
        "Totals of closed deals for the playbook, {first} to {last}: {won} won, {lost} lost, {undecided} no decision.",
        first=first, last=last, won=counts["won"], lost=counts["lost"], undecided=counts["no-decision"],
    )  # fmt: skip
