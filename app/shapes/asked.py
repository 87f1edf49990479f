"""Turn a request about a live deal into what the library compares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ingest.notes import read_notes
from kb.errors import TextTooLongError
from kb.insight.asked import Asked
from kb.library import Library

MAX_TEXT_CHARS = 20_000  # longer than any note of a deal


def asked_from(
    library: Library, text: str, deal_id: str, facts: Mapping[str, Any], *, is_confirmed: bool = False
) -> Asked:
    """Return the deal asked about: stated facts count more than front matter in the text. Raises TextTooLongError.

    When the reader has seen the facts read from the text (`is_confirmed`), a missing fact is meant to be empty.
    """
    if len(text) > MAX_TEXT_CHARS:
        raise TextTooLongError(len(text), MAX_TEXT_CHARS)
    read = read_notes(text, library.playbook, library.search.count_tokens) if text.strip() else Asked()
    stated = {name: value for name, value in facts.items() if value or is_confirmed}
    return replace(read, **{**stated, "deal_id": deal_id.strip(), "is_confirmed": is_confirmed})
