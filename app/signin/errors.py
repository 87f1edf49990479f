"""Why somebody could not sign in, in a sentence for the page; details for the operator go to the log."""

from __future__ import annotations

from kb.errors import KBError
from kb.wording import say


class SignInSettingsError(KBError):
    """The settings of the sign-in contradict each other, or miss something."""


class SignInRefusedError(KBError):
    """The provider or the proxy does not vouch for this person, or not in a way that can be trusted."""


class ProviderAwayError(KBError):
    """The identity provider does not answer, or not with what it should; trying again may help."""

    def __init__(self, sentence: str = "") -> None:
        super().__init__(sentence or say("The identity provider does not answer. This page tries again by itself."))


def disabled() -> SignInRefusedError:
    """Return the refusal of somebody whose account an administrator has disabled."""
    return SignInRefusedError(say("This account is disabled. An administrator can enable it again."))
