"""Where requests from Slack are answered: each for a member, in their language, with what they may see."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from slack_bolt import BoltContext
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from app.mcp.caller import Caller
from app.services import Services
from app.slack.blocks import Message, escaped
from app.slack.members import Member, Members, SlackAwayError, Workspace, error_in, viewer_of
from app.words.catalogue import DEFAULT_LOCALE, choose_locale
from app.words.reader import Reader
from kb.errors import ForbiddenError, KBError
from kb.people.acting import Acting, act_as
from kb.viewer import Viewer
from kb.wording import say

WAY = "Slack"  # in the audit log
FAILED = say("Something went wrong on the server; its log says what.")
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Asking:
    """A member who asks, and what they work with."""

    services: Services
    members: Members
    client: WebClient
    workspace: Workspace
    member: Member
    viewer: Viewer
    reader: Reader  # of the member's language, without the terms of the playbook, which `caller` has

    @cached_property
    def caller(self) -> Caller:
        """What they work with; it takes a moment if nobody with the same audiences came before."""
        return Caller.here(self.services, self.viewer, self.reader)

    @property
    def askers(self) -> tuple[str, ...]:
        """What they are called in the log of searches, the current name first."""
        if self.viewer.is_signed_in:
            return self.services.people.askers.of(self.viewer.person)
        return (self.member.asker,)

    @property
    def may_write(self) -> bool:
        """Whether it is known who they are, or need not be."""
        return self.viewer.is_signed_in or self.services.settings.auth == "none"

    def name_of(self, user: str) -> str:
        """Return the name of another member as plain text; empty if Slack does not say it."""
        try:
            name = self.members.find(self.client, self.workspace, user).name
        except SlackAwayError:
            return ""
        return " ".join("".join(" " if sign in "*_`[]<>\\" else sign for sign in name).split())

    def need_account(self) -> None:
        """Refuse whoever sees what is for everyone without an account. Raises ForbiddenError."""
        if not self.may_write:
            raise ForbiddenError(say("This needs an account in the knowledge base. Ask an administrator to add you."))


Work = Callable[[Asking], Message]


class Desk:
    """Finds out who asks, and says in a sentence what is in the way. Thread-safe."""

    def __init__(self, services: Services, members: Members) -> None:
        self.services = services
        self.members = members

    def answer(self, client: WebClient, context: BoltContext, work: Work) -> Message:
        """Return the answer to whoever sent a request, or why there is none."""
        reader = Reader.of(DEFAULT_LOCALE, clock=self.services.clock)
        try:
            workspace = _workspace(context)
            member = self.members.find(client, workspace, context.user_id or "")
            reader = Reader.of(choose_locale(None, None, member.locale), clock=self.services.clock)
            viewer = viewer_of(member, self.services)
            act_as(Acting(viewer, WAY))
            return work(Asking(self.services, self.members, client, workspace, member, viewer, reader))
        except KBError as error:
            return Message(escaped(reader.say(error.sentence)))
        except SlackApiError as error:  # it does not take what was sent, or not in time
            log.error("Slack refused a request: %s", error_in(error))
            return Message(escaped(reader.say(FAILED)))
        except Exception:
            log.exception("A request from Slack failed")
            return Message(reader.say(FAILED))


def _workspace(context: BoltContext) -> Workspace:
    found = context.authorize_result
    return Workspace((found and found.team_id) or "", (found and found.enterprise_id) or "")
