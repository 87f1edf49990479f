"""Who asks in Slack: a member of our workspace, and through the e-mail address a person who may sign in here."""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackClientError

from app.services import Services
from app.signin.claims import plain_address
from kb.errors import KBError
from kb.viewer import NOBODY, OPERATOR, Viewer
from kb.wording import say

KNOWN_SECONDS = 300.0  # how long an answer of Slack about a member counts
MOST_KNOWN = 2_000
log = logging.getLogger(__name__)


class StrangerError(KBError):
    """Somebody asks in Slack who may see nothing here."""


class SlackAwayError(KBError):
    """Slack does not say who somebody is."""

    def __init__(self) -> None:
        super().__init__(say("Slack did not say who you are. Try again in a moment."))


@dataclass(frozen=True, slots=True)
class Workspace:
    """Where the app is installed."""

    team: str
    enterprise: str = ""  # of an Enterprise Grid


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody in Slack, as Slack describes them."""

    id: str
    address: str  # e-mail, as addresses are compared; empty if it is not certain to be theirs
    name: str
    locale: str
    is_ours: bool  # a person of this workspace, not a bot and nobody from a connected company
    asker: str  # what they are called in the log of searches where it is not known which person they are


class Members:
    """What Slack says about members, remembered for some minutes. Thread-safe."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._known: OrderedDict[str, tuple[float, Member]] = OrderedDict()

    def find(self, client: WebClient, workspace: Workspace, user: str) -> Member:
        """Return a member. Raises SlackAwayError."""
        with self._lock:
            known = self._known.get(user)
        if known and self._monotonic() - known[0] < KNOWN_SECONDS:
            return known[1]
        asker = known[1].asker if known else secrets.token_hex(8)
        try:
            answer = client.users_info(user=user, include_locale=True)
        except (SlackClientError, OSError) as error:
            log.warning("Slack does not say who asks: %s", error_in(error))
            raise SlackAwayError from error
        member = _member(user, answer.get("user") or {}, workspace, asker)
        with self._lock:
            self._known[user] = self._monotonic(), member
            self._known.move_to_end(user)
            while len(self._known) > MOST_KNOWN:
                self._known.popitem(last=False)
        return member


def viewer_of(member: Member, services: Services) -> Viewer:
    """Return what a member may see and do: as the person with their address. Raises StrangerError."""
    if not member.is_ours:
        raise StrangerError(say("Only members of the workspace in which this app is installed can use it."))
    if services.settings.auth == "none":
        return OPERATOR  # as on the pages: everybody sees and does everything
    person = services.people.people.by_address(member.address) if member.address else None
    if person is not None and not person.is_disabled:
        return person.viewer
    if person is None and services.settings.slack_everyone:
        return NOBODY  # sees what is for everyone
    if not member.address:
        raise StrangerError(say("Slack has no confirmed e-mail address for you, so it is not known who you are here."))
    address = member.address
    raise StrangerError(
        say("{address} has no account in the knowledge base. Ask an administrator to add you.", address=address)
    )


def error_in(error: Exception) -> str:
    """Return what Slack calls a failure, or what kind it is: for the log, without anything else of the answer."""
    answer = getattr(error, "response", None)
    return str((answer and answer.get("error")) or type(error).__name__)


def _member(user: str, found: Mapping[str, Any], workspace: Workspace, asker: str) -> Member:
    profile = found.get("profile") or {}
    is_certain = found.get("is_email_confirmed", True) is not False
    return Member(
        id=user,
        address=plain_address(str(profile.get("email") or "")) if is_certain else "",
        name=str(profile.get("display_name") or profile.get("real_name") or found.get("name") or ""),
        locale=str(found.get("locale") or ""),
        is_ours=_is_ours(found, workspace),
        asker=asker,
    )


def _is_ours(found: Mapping[str, Any], workspace: Workspace) -> bool:
    """Whether our own workspace vouches for somebody: elsewhere, whoever runs it decides which address they have."""
    if any(found.get(mark) for mark in ("deleted", "is_bot", "is_stranger", "is_workflow_bot")):
        return False
    enterprise = (found.get("enterprise_user") or {}).get("enterprise_id", "")
    is_of_enterprise = bool(workspace.enterprise) and enterprise == workspace.enterprise
    return is_of_enterprise or (bool(workspace.team) and found.get("team_id") == workspace.team)
