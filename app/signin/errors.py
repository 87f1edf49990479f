"""What can be wrong with the settings of the sign-in, and with what a browser brings back from the provider."""

from __future__ import annotations

import logging

from kb.errors import KBError
from kb.people.errors import SignInRefusedError
from kb.wording import say

EXPIRED = say("This sign-in has expired or was already used. Sign in again.")
log = logging.getLogger(__name__)


class SignInSettingsError(KBError):
    """The settings of the sign-in contradict each other, or miss something."""


def need_code(error: str, description: str) -> None:
    """Raise what an error means that the browser came back with; the log has the provider's own words."""
    if not error:
        return
    log.warning("The identity provider sent the browser back with an error: %r %r", error[:100], description[:300])
    if error in ("access_denied", "login_required", "interaction_required", "consent_required"):
        raise SignInRefusedError(
            say("The identity provider did not sign you in: it was cancelled, or you may not use this application.")
        )
    if error in ("server_error", "temporarily_unavailable"):
        raise SignInRefusedError(say("The identity provider reports a problem of its own. Try again later."))
    raise SignInRefusedError(say("The identity provider refuses sign-ins from this server. The server's log says why."))
