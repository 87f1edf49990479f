"""What somebody is told who sees a part of the entries and wants to do what touches all of them."""

from __future__ import annotations

from app.services import Services
from kb.errors import PartlyShownError
from kb.viewer import EVERYTHING
from kb.wording import say

MOST_NAMED = 3


def need_everything(services: Services, command: str) -> PartlyShownError:
    """Return the refusal, which says who can do it instead: whoever sees everything, or a command on the server."""
    if services.settings.auth == "none":
        return PartlyShownError(
            say("This server shows only some of the entries. Use '{command}' where they are stored.", command=command)
        )
    people = [one for one in services.people.people.all() if EVERYTHING in one.teams and not one.is_disabled]
    can = [one.name for one in people if one.viewer.is_at_least("editor")][:MOST_NAMED]
    if not can:
        return PartlyShownError(
            say(
                "This concerns all entries, and you see only some. An administrator can let somebody see everything;"
                " or use '{command}' on the server.",
                command=command,
            )
        )
    return PartlyShownError(
        say(
            "This concerns all entries, and you see only some. Ask somebody who sees everything ({names}).",
            names=", ".join(can),
        )
    )
