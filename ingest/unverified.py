"""A text that nobody has verified any more: an editor checked another one."""

from __future__ import annotations

from ingest.document import Document
from ingest.front_matter import edited, fields_in

VERIFICATION = ("verified_by", "verified_on")


def changed_by_author(document: Document, before: Document) -> Document:
    """Return a text that replaces another one without the verification of that one.

    One that differs is left for the store to refuse.
    """
    if document.fault or before.fault or document.text == before.text:
        return document
    was = {name: line.value for name, line in fields_in(before).items()}
    now = {name: line.value for name, line in fields_in(document).items()}
    is_same = all(now[name] == was.get(name) for name in VERIFICATION if name in now)
    return unverified(document) if is_same else document


def unverified(document: Document) -> Document:
    """Return a text that says nothing about who verified it, and when."""
    while not document.fault and (found := [name for name in VERIFICATION if name in fields_in(document)]):
        document = Document.of(edited(document, dict.fromkeys(found)))  # a key may stand there twice
    return document
