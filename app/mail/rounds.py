"""The rounds of a server that sends mail: every minute what is due."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

from app.mail.asking import plan_questions, send_questions
from app.mail.handing import MailConnection
from app.mail.sending import Post
from app.mail.weekly import LATE, addressees, due_week, send_digests
from app.services import Services

TIDY = timedelta(hours=1)  # how often letters that nobody will send any more are given up


class Rounds:
    """Sends what is due, as long as the server runs."""

    def __init__(self, services: Services, is_stopping: Callable[[], bool]) -> None:
        self._services = services
        self._is_stopping = is_stopping
        self._looked: tuple[str, date] | None = None  # in which state of the index, and on which day, for questions
        self._tidied: datetime | None = None

    def make(self) -> None:
        """Send what is due. Raises MailServerError."""
        services = self._services
        settings, state, now = services.settings, services.library.state(), services.clock.now()
        if not state.ready or services.intake.preparation:
            return
        self._tidy(now)
        with MailConnection(settings) as connection:
            post = Post(services, settings.public_address, connection)
            if week := due_week(settings, now):
                for _ in send_digests(post, week, addressees(services, is_signed=settings.auth != "none")):
                    if self._is_stopping():
                        return
            if settings.ask_reasons and settings.auth != "none" and not settings.readonly:
                if (looked := (state.generation, services.clock.today())) != self._looked:
                    plan_questions(services)
                    self._looked = looked
                send_questions(post)

    def _tidy(self, now: datetime) -> None:
        if self._tidied is None or now - self._tidied > TIDY:
            self._services.people.mailing.tidy("digest", now - LATE)
            self._tidied = now
