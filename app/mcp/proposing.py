"""Drafts that an assistant writes down; a person completes and publishes them."""

from __future__ import annotations

from app.http.allowed import WRITING, refused
from app.mcp.caller import Caller
from app.mcp.reading import short
from app.shapes.assistants import MOST_NAMED, NearlyOut, ProposedOut, ProposeIn
from ingest.document import Document
from ingest.front_matter import edited, fields_in
from ingest.history import signature
from ingest.marks import is_mark
from ingest.parse import entry_of
from ingest.stored import acceptable, place_of
from ingest.unverified import VERIFICATION
from ingest.yaml_text import Plain
from kb.errors import RefusedTextError
from kb.people.acting import acting
from kb.wording import say

REASON = "proposed by an assistant"  # in the history
ROUTE = "POST /mcp propose_entry"  # in the audit log, when it is refused
MOST_PROBLEMS = 10


def propose(caller: Caller, asked: ProposeIn, *, reason: str = REASON, route: str = ROUTE) -> ProposedOut:
    """Save a draft of a new entry. It is in no search until a person has read, completed and published it.

    Search first: the knowledge may be there already. A text that another entry has is refused.
    """
    _need_author(caller, route)
    document = _drafted(caller, asked)
    saver = caller.services.saving_as(caller.viewer)
    store = caller.seen.store if saver == caller.viewer else caller.services.seen_by(saver).store
    found = store.check(document, kind=asked.kind)
    author = signature(caller.name, caller.viewer.person)
    saved = store.create(document, kind=asked.kind, author=author, reason=reason)
    problems = [f"{one.line}: {caller.reader.say(one.message)}" for one in saved.problems[:MOST_PROBLEMS]]
    return ProposedOut(
        id=saved.id,
        title=short(found.entry.title),
        address=caller.address(saved.id),
        note=caller.reader("mcp.drafted" if saved.is_findable else "mcp.drafted_later"),
        problems=problems,
        nearly=[
            NearlyOut(
                id=twin.entry.id,
                title=short(twin.entry.title),
                share=round(twin.share, 3),
                address=caller.address(twin.entry.id),
            )
            for twin in found.near[:MOST_NAMED]
        ],
    )


def _need_author(caller: Caller, route: str) -> None:
    """Refuse who may not write: a reader, or a token that may only read. Raises ForbiddenError."""
    if not caller.viewer.is_at_least(WRITING.role):
        people = caller.services.people
        people.audit.denied(route, 403, acting())
        raise refused(WRITING, caller.viewer, people.people)


def _drafted(caller: Caller, asked: ProposeIn) -> Document:
    """Return the text as a draft that says nothing about who verified it. Raises RefusedTextError."""
    document = acceptable(asked.text)
    if document.fault:
        raise RefusedTextError(document.fault.message)
    fields = fields_in(document)
    changes: dict[str, Plain | None] = {line.key: None for line in document.lines if is_mark(line.key)}
    changes |= {name: None for name in VERIFICATION if name in fields}
    changes |= {"status": "draft"}
    kind = entry_of(document, place_of(asked.kind), caller.reader.playbook).entry.kind
    visibility = caller.reader.playbook.visibility.get(kind, "")
    if visibility and "visibility" not in fields:
        changes["visibility"] = visibility
    if caller.name and "owner" not in fields:
        changes["owner"] = caller.name
    drafted = acceptable(edited(document, changes))
    if entry_of(drafted, place_of(asked.kind), caller.reader.playbook).entry.status != "draft":
        raise RefusedTextError(say("The text could not be marked as a draft. Leave out 'status'."))
    return drafted
