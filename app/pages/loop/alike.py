"""Words the log of searches proposes as synonyms, for the gaps page."""

from __future__ import annotations

from dataclasses import dataclass

from app.words.addresses import entry_address
from kb.clock import CLOCK
from kb.library import Library
from kb.loop.activity import Activity
from kb.loop.alike import alike
from kb.loop.gaps import LOOKED_BACK

SHOWN = 10


@dataclass(frozen=True, slots=True)
class Proposed:
    """One pair of words, the entry it led to and the line for the playbook."""

    failed: str
    found: str
    people: int
    title: str
    address: str
    line: str


def proposed_synonyms(activity: Activity, library: Library) -> list[Proposed]:
    """Return the proposals that lead to entries this server shows."""
    since = (CLOCK.now() - LOOKED_BACK).isoformat(timespec="seconds")
    found = alike(activity.searches(since), activity.opened_of(since), library.search.treats_as_one)
    known = library.entries.summaries([pair.entry for pair in found])
    return [
        Proposed(
            pair.failed,
            pair.found,
            pair.people,
            known[pair.entry].title,
            entry_address(pair.entry),
            f"  - [{pair.failed}, {pair.found}]",
        )
        for pair in found
        if pair.entry in known
    ][:SHOWN]
