"""What the program itself writes into entries: people see it, but nobody finds anything by it."""

from __future__ import annotations

from collections.abc import Mapping

from kb.entry import Entry
from kb.loop.lessons import is_decisions, tasks_of

# The first sentence of an imported entry, so that it is never empty.
IMPORTED: Mapping[str, Mapping[str, str]] = {
    "deal": {"ja": "CRMから取り込んだ商談。", "en": "Deal imported from the CRM."},
    "campaign": {"ja": "CRMから取り込んだ施策。", "en": "Campaign imported from the CRM."},
}
_LISTS = ("bullet_list_open", "ordered_list_open")


def is_searched(entry: Entry, heading: str, text: str, kind: str) -> bool:
    """Whether a block of an entry's body is searched; `kind` is the token type that opened it.

    Of a saved meeting these are its decisions and actions alone: not the figures, and not the gaps it quotes.
    """
    if entry.is_meeting:
        return kind in _LISTS and (is_decisions(heading) or bool(tasks_of(text)))
    return text.strip() not in IMPORTED.get(entry.kind, {}).values()
