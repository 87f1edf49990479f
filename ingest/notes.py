"""Read the notes of a live deal that somebody pastes: plain text, Markdown, or a whole entry with its front matter."""

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

PASTED = "deals/pasted.md"  # the folder says that it is a deal


def read_notes(text: str, playbook: Playbook, count_tokens: Callable[[str], int]) -> Asked:
    """Return the situation the notes tell, and the facts their front matter states."""
    whole = text.encode("utf-8", "ignore").decode()  # half of a character is nothing a model reads
    document = Document.of(whole)
    entry = entry_of(document, PASTED, playbook).entry
    notes = situation_of(chunk_entry(entry, document.tokens, count_tokens))
    return replace(asked_of(entry, playbook), notes=notes, deal_id="")


def situation_of(chunks: Iterable[Chunk]) -> tuple[str, ...]:
    """Return the situation that passages tell, without outcome and lesson."""
    return situation_parts((c.headings[-1] if c.headings else "", plain(c.text)) for c in chunks)
