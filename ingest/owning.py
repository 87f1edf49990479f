"""Whose entry it is: what an author may change, for pages, API and whatever saves."""

from __future__ import annotations

from kb.entry import Entry, owner_key
from kb.errors import ForbiddenError
from kb.owners import is_owner
from kb.viewer import Viewer
from kb.wording import say

EDITORS_WORD = ("verified_on", "verified_by", "status")  # fields that only an editor sets


def is_own(viewer: Viewer, entry: Entry, first_author: str = "") -> bool:
    """Whether a viewer may change an entry: an editor any, an author their own and those that nobody owns.

    `first_author` is whoever wrote it first: the id of the person, else the name in the history.
    """
    if viewer.is_at_least("editor"):
        return True
    return viewer.is_at_least("author") and (
        not entry.owner or is_owner(viewer, entry.owner) or is_owner(viewer, first_author)
    )


def refuse_verdict(viewer: Viewer, before: Entry | None, after: Entry) -> None:
    """Refuse what an author writes by hand that is an editor's to decide. Raises ForbiddenError."""
    if viewer.is_at_least("editor"):
        return
    for field in EDITORS_WORD:
        value, earlier = getattr(after, field), getattr(before, field, None)
        is_decision = value == "archived" or earlier == "archived" if field == "status" else bool(value)
        if is_decision and value != earlier:
            raise ForbiddenError(
                say("Verification and archiving are up to an editor. Leave '{field}' as it was.", field=field)
            )


def refuse_change(owner: str, asker: str) -> ForbiddenError:
    """Return the refusal to change somebody else's entry; to who has the owner's name, what makes the name theirs."""
    if asker and owner_key(owner) == owner_key(asker):
        return ForbiddenError(
            say(
                "The owner of this entry is written as '{owner}', and it is not confirmed that this is you. "
                "Ask an administrator to confirm it on the page People, or an editor to change the entry.",
                owner=owner,
            )
        )
    return ForbiddenError(say("This entry belongs to {owner}. Ask {owner} or an editor to change it.", owner=owner))
