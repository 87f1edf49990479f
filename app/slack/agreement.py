"""Whether the settings of Slack agree with each other; a server does not start while they do not."""

from __future__ import annotations

from app.settings import Settings
from app.signin.site import is_safe
from kb.errors import KBError, why_refused
from kb.wording import say

SECRETS = ("bot_token", "signing_secret", "app_token")


class SlackSettingsError(KBError):
    """The settings of Slack contradict each other, or miss something."""


def need_slack(settings: Settings) -> str:
    """Return how requests come from Slack: `http`, `socket`, or empty if it is off. Raises SlackSettingsError."""
    given = [name for name in SECRETS if _secret(settings, name)]
    if not given:
        return ""
    if "bot_token" not in given:
        raise SlackSettingsError(say("{setting} is missing: Slack needs it.", setting="KB_SLACK_BOT_TOKEN"))
    if len(given) == 1:
        names = "KB_SLACK_SIGNING_SECRET, KB_SLACK_APP_TOKEN"
        raise SlackSettingsError(say("Slack needs one of {settings}, too.", settings=names))
    if not is_safe(settings.slack_api):
        raise SlackSettingsError(say("KB_SLACK_API must be an https:// address."))
    return "http" if settings.slack_over_http else "socket"


def _secret(settings: Settings, name: str) -> str:
    """Return a secret, if it is set. Raises SlackSettingsError."""
    file = getattr(settings, f"slack_{name}_file")
    try:
        secret = settings.slack_secret(name)
    except (OSError, UnicodeDecodeError) as error:
        why = why_refused(error) if isinstance(error, OSError) else say("the file is not UTF-8 text")
        raise SlackSettingsError(say("'{file}' cannot be read: {why}", file=str(file), why=why)) from error
    if file and not secret:
        raise SlackSettingsError(say("'{file}' cannot be read: {why}", file=str(file), why=say("it is empty")))
    return secret
