"""What to write to close a gap."""

from __future__ import annotations

import re

from app.words.reader import Reader

_SAID = re.compile(
    r"と言われ|って言われ|と聞かれ|切り返し|返し方|断られ|too expensive|how to answer|they say|objection", re.I
)


def proposed_kind(query: str, reader: Reader) -> str:
    """Return the kind of entry that would answer a search: a talk track for what customers say, else a note."""
    speaks_of_competitor = any(
        spelling.casefold() in query.casefold()
        for term in reader.playbook.vocabulary("competitor").terms
        for spelling in (term.key, term.ja, term.en, *term.aliases)
        if len(spelling) > 1
    )
    return "talk-track" if speaks_of_competitor or _SAID.search(query) else "note"
