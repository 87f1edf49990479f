"""The background job: notice what happened for each receiver, and send what is due."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from app.services import Services
from app.settings import Settings
from app.supervisor import pause_after
from app.webhooks.hooks import Hook, HooksFile
from app.webhooks.noticing import KIND_OF, Event, events_between, state_of
from app.webhooks.outbox import MOST_AT_ONCE, Letter, Outbox
from app.webhooks.sending import Result, attempt
from app.webhooks.writing import TEST, Writer
from app.words.reader import Reader
from kb.clock import CLOCK, Clock
from kb.errors import ActivitySchemaError
from kb.library import Library

OF_SEARCHES = frozenset({"gaps", "closed"})  # facts that change while the index does not
MOST_SENT = 50  # to a receiver in one round
log = logging.getLogger(__name__)


class Webhooks:
    """Everything about outgoing webhooks of one server."""

    def __init__(self, services: Services) -> None:
        settings = services.settings
        self.outbox = Outbox(settings.outbox_file, services.clock)
        self._services = services
        self._file = HooksFile(settings.webhooks)
        self._looked: dict[str, tuple[str, ...]] = {}  # what each receiver's facts were read from
        self._failures: dict[str, tuple[int, datetime]] = {}  # in a row, and until when the receiver has rest
        self._names: tuple[str, ...] | None = None

    def hooks(self) -> tuple[Hook, ...]:
        """Return the receivers. Raises WebhooksFileError."""
        return self._file.hooks()

    def work(self) -> None:
        """Notice and send. Raises WebhooksFileError, OutboxError."""
        hooks = self.hooks()
        names = tuple(hook.name for hook in hooks)
        if names != self._names:
            self.outbox.forget_others(names)
            self._names = names
        for hook in hooks:
            self._notice(hook)
        for hook in hooks:
            self._send(hook)

    def close(self) -> None:
        """Close the outbox."""
        self.outbox.close()

    def _notice(self, hook: Hook) -> None:
        services = self._services
        if services.intake.preparation:
            return  # what is only indexed now did not happen now
        seen, kinds = services.seen_by(hook.viewer), frozenset(KIND_OF[one] for one in hook.events)
        if not seen.library.state().ready:
            return
        mark = (seen.library.state().generation, str(seen.library.today()), ",".join(sorted(kinds)), str(hook))
        if self._looked.get(hook.name) == mark:
            kinds &= OF_SEARCHES
        if not kinds:
            return
        try:
            now = state_of(seen, kinds)
        except ActivitySchemaError:  # already logged, and shown on pages
            return
        audience = ",".join(sorted(hook.teams))
        known = self.outbox.known(hook.name)
        before = {kind: facts for kind, (of, facts) in known.items() if of == audience and kind in kinds}
        if before != now.facts:
            letters = self._letters(hook, seen.library, _heard(hook, list(events_between(before, now))))
            self.outbox.keep(hook.name, audience, now.facts, letters)
        self._looked[hook.name] = mark

    def _letters(self, hook: Hook, library: Library, events: Sequence[Event]) -> list[Letter]:
        at, settings = self._services.clock.now(), self._services.settings
        writer = Writer(hook, Reader.of(hook.language, library.playbook), settings.public_address)
        entries = library.entries.published([event.about for event in events[:MOST_AT_ONCE]])
        letters = []
        for number, event in enumerate(events):
            body = writer.body(event, entries.get(event.about), at) if number < MOST_AT_ONCE else ""
            letters.append(Letter(event.type, event.about if event.about in entries else "", body))
        return letters

    def _send(self, hook: Hook) -> None:
        services, now = self._services, self._services.clock.now()
        failures, rests_until = self._failures.get(hook.name, (0, now))
        if rests_until > now:
            return
        may_stay_inside = services.settings.webhooks_inside
        for delivery in self.outbox.due(hook.name, MOST_SENT):
            result = attempt(hook, delivery, services.clock.now(), may_stay_inside=may_stay_inside)
            if result.is_sent:
                self.outbox.done(delivery)
                self._failures.pop(hook.name, None)
                continue
            self.outbox.failed(delivery, result.why, result.again_in)
            log.warning("The webhook '%s' could not be sent: %s", hook.name, result.detail or result.why)
            if result.is_down:  # whatever else waits would fail as well
                rest = timedelta(seconds=pause_after(failures + 1))
                self._failures[hook.name] = failures + 1, now + rest
                return


def send_test(settings: Settings, hook: Hook, clock: Clock = CLOCK) -> Result:
    """Send a test at once, and return what came of it. Raises OutboxError."""
    now, outbox = clock.now(), Outbox(settings.outbox_file, clock)
    try:
        writer = Writer(hook, Reader.of(hook.language), settings.public_address)
        delivery = outbox.put(hook.name, Letter(TEST, "", writer.test(now)))
        result = attempt(hook, delivery, now, may_stay_inside=settings.webhooks_inside)
        if result.is_sent:
            outbox.done(delivery)
        else:
            outbox.failed(delivery, result.why, None)
        return result
    finally:
        outbox.close()


def _heard(hook: Hook, events: Sequence[Event]) -> list[Event]:
    """Return the events a receiver asked for; in a chat, a new deal that has ended is one message."""
    wanted = [event for event in events if event.type in hook.events]
    ended = {event.about for event in wanted if event.type == "deal.ended"} if hook.form != "json" else set()
    return [event for event in wanted if event.type != "entry.published" or event.about not in ended]
