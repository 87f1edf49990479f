"""What is wrong with the settings of the sign-in."""

from __future__ import annotations

from kb.errors import KBError


class SignInSettingsError(KBError):
    """The settings of the sign-in contradict each other, or miss something."""
