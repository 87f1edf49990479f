"""Entries that no figure counts: the second one with a CRM number, and deals closed in the future."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Literal

from kb.entry import Entry, Problem
from kb.wording import say

Why = Literal["repeated", "future"]
COUNTED = ("deal", "campaign")  # kinds that figures count


def uncounted(entries: Iterable[Entry], today: date | None) -> dict[str, tuple[Why, str]]:
    """Return, by id, why an entry does not count, with the path of the one that counts instead; the first path does."""
    found: dict[str, tuple[Why, str]] = {}
    first: dict[tuple[str, str], str] = {}
    for entry in sorted(entries, key=lambda entry: entry.path):
        number = _crm_number(entry)
        owner = first.setdefault((entry.kind, number), entry.path) if number else entry.path
        if owner != entry.path:
            found[entry.id] = "repeated", owner
        elif _is_ahead(entry, today):
            found[entry.id] = "future", ""
    return found


def uncounted_problems(entries: Iterable[Entry], today: date) -> list[Problem]:
    """Return a problem for each entry that does not count."""
    by_id = {entry.id: entry for entry in entries}
    problems = []
    for entry_id, (why, owner) in uncounted(by_id.values(), today).items():
        entry = by_id[entry_id]
        if why == "repeated":
            what = say(
                "crm_id: '{id}' is also in {owner}; only that entry is counted.", id=_crm_number(entry), owner=owner
            )
        else:
            what = say("closed_on: {day} is in the future; the deal is counted from that day.", day=entry.sort_date)
        problems.append(Problem(entry.path, 1, what))
    return problems


def _crm_number(entry: Entry) -> str:
    if entry.deal:
        return entry.deal.crm_id.strip()
    return next((value.strip() for key, value in entry.extra if key == "crm_id"), "")


def _is_ahead(entry: Entry, today: date | None) -> bool:
    is_closed = entry.outcome not in (None, "open")
    return bool(today and is_closed and entry.deal and entry.deal.closed_on and entry.deal.closed_on > today)
