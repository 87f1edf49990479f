"""Record in a deal's file what was used in the deal."""

from __future__ import annotations

from collections.abc import Mapping

from ingest.document import Document
from ingest.form import values_of
from ingest.front_matter import edited
from ingest.store import EntryStore
from ingest.yaml_text import Plain, YamlTextError
from kb.errors import RefusedTextError
from kb.playbook import Playbook
from kb.viewer import OPERATOR


def note_use(store: EntryStore, playbook: Playbook, deal_id: str, entry_id: str, *, author: str = "") -> bool:
    """Add an entry to the `used` list of a deal; return whether it is new there.

    Raises EntryNotFoundError, StaleEditError, RefusedTextError, NotSavedError, ReadOnlyError.
    """
    source = store.source(deal_id)
    document = Document.of(source.text)
    try:
        used = values_of(document, "deal", playbook)["used"]
    except YamlTextError as error:
        raise RefusedTextError(error.sentence) from error
    if entry_id in used:
        return False
    text = with_fields(document, {"used": [*used, entry_id]})
    # Whoever reads may record a use: only this list changes, whoever owns the deal.
    whole = store.of(OPERATOR)
    whole.update(deal_id, text, source.content_hash, force=True, author=author, reason=f"used: {entry_id}")
    return True


def with_fields(document: Document, changes: Mapping[str, Plain | None]) -> str:
    """Return a file with some fields set. Raises RefusedTextError if its front matter is not valid YAML."""
    try:
        return edited(document, changes)
    except YamlTextError as error:
        raise RefusedTextError(error.sentence) from error
