"""Read pasted notes of an open deal: plain text, Markdown, or a whole entry with front matter."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from ingest.chunk import chunk_entry
from ingest.document import Document
from ingest.parse import entry_of
from kb.entry import Chunk
from kb.index.plain import plain
from kb.insight.asked import Asked, asked_of
from kb.insight.situation import situation_parts
from kb.playbook import Playbook

PASTED = "deals/pasted.md"  # in deals/, so that it is read as a deal


def read_notes(text: str, playbook: Playbook, count_tokens: Callable[[str], int]) -> Asked:
    """Return the situation described in the notes, and the facts in their front matter."""
    whole = text.encode("utf-8", "ignore").decode()  # drop unpaired surrogates
    document = Document.of(whole)
    entry = entry_of(document, PASTED, playbook).entry
    situation = situation_of(chunk_entry(entry, document.tokens, count_tokens))
    return replace(asked_of(entry, playbook), notes=situation, deal_id="")


def situation_of(chunks: Iterable[Chunk]) -> tuple[str, ...]:
    """Return the situation described in passages, without outcome and lesson."""
    return situation_parts((c.headings[-1] if c.headings else "", plain(c.text, cells=False)) for c in chunks)
