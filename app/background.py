"""The server's background work: load the model, index changed entries, notice other processes."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from app.connections import connected, is_scheduled
from app.keeper import Keeper
from app.pages.board.page import prepare
from app.seen import Seen
from app.services import Services
from app.slack.socket import LOOK_SECONDS, SocketLink
from app.supervisor import FIRST_RETRY, Job, Supervisor
from app.watcher import Watcher
from ingest.arrivals import Arrivals
from ingest.atomic import sweep
from ingest.indexing import UNCHANGED
from ingest.watch import changes
from kb.errors import ActivitySchemaError, EmbeddingAwayError

if TYPE_CHECKING:
    from app.mail.rounds import Rounds
    from app.webhooks.work import Webhooks

POLL_SECONDS = 2.0  # delay until a sync by another process is noticed, and until a busy index is tried again
WARM_SECONDS = 10.0  # how often a server without an index looks whether it can answer a question
STANDINGS_SECONDS = 20.0  # delay until a change affects the rank of other entries
GROUP_SECONDS = 120.0  # how often new failed searches are grouped
UPKEEP_SECONDS = 5.0  # delay until the menu counts what a change left to do
DRAW_SECONDS = 10.0  # delay until charts show a change
EXAMPLES_SECONDS = 20.0  # delay until example questions follow a change
CHECK_SECONDS = 600.0  # how often all files are compared with the index: a network drive announces nothing
FORETELL_SECONDS = 120.0  # delay until similar deals are measured after the base has grown by a tenth
FORGET_SECONDS = 3_600.0  # how often the words of old searches, and files left by killed processes, are erased
MEANING_SECONDS = 2.0  # how often a service that embeds is looked for while it is away
VECTORS_SECONDS = 5.0  # how often a Chroma server that was away is looked for
OTHERS_SECONDS = 1.0  # how often changes that other servers noticed are looked for
USE_SECONDS = 60.0  # how often a server says which build of the index it uses
LISTEN_SECONDS = 1.0  # until a lost connection, on which other processes are heard, is made again
EMBED_LEASE = 20.0  # seconds: longer than a portion takes
LEASE_PERIODS = 1.5  # of a job, after which another server does it
NOTE_SECONDS = 5.0  # how often events that wait for the audit log are written
MAIL_SECONDS = 60.0  # how often mail is sent that is due
A_DAY = 86_400.0  # how often old rows of the audit log are removed, and its newest hash is logged
WEBHOOK_SECONDS = 10.0  # delay until receivers are sent what happened
LATE_SECONDS = 30.0  # how often late jobs are looked for
QUESTION = "勝ち筋"  # answered once before the server counts as ready
ANSWERS = "Questions are answered from now on."
log = logging.getLogger(__name__)


class Background:
    """The jobs that run as long as the server, under a supervisor."""

    def __init__(self, services: Services, *, is_prepared: bool = True, first_retry: float = FIRST_RETRY) -> None:
        """Unless the index `is_prepared`, bringing it up to date is the first thing to do, while others answer."""
        self._library = services.library
        self._intake = services.intake
        self._settings = services.settings
        self._services = services
        self._keeper = Keeper(services.settings.data, is_alone=services.settings.workers == 1)
        self._watcher = Watcher(services.settings.entries, services.leases, self._is_reached)
        self._arrivals = Arrivals(services.settings.entries)
        self._drawn = ""  # the generation that the pictures show
        self._rounds: Rounds | None = None  # of the mail
        self._index_job = Job("index", self._index, POLL_SECONDS)
        self._embed_job = Job("embed", self._embed, POLL_SECONDS)
        self._warm_job = Job("warm", self._warm, WARM_SECONDS, at_once=True)
        self._prepare_job = Job("prepare", self._prepare, POLL_SECONDS, at_once=True)
        self._poll_job = Job("poll", self._poll, POLL_SECONDS)
        self._examples_job = Job("examples", self._choose_examples, EXAMPLES_SECONDS, at_once=True)
        self._is_prepared = is_prepared
        jobs = [
            self._warm_job,
            self._poll_job,
            Job("saved", services.intake.retry, POLL_SECONDS),
            self._embed_job,
            Job("standings", self._update_standings, STANDINGS_SECONDS),
            Job("forget", self._once("forget", FORGET_SECONDS, services.activity.purge_expired), FORGET_SECONDS),
            Job("sweep", self._once("sweep", FORGET_SECONDS, self._sweep), FORGET_SECONDS, at_once=True),
            Job("gaps", self._group, GROUP_SECONDS),
            Job("charts", self._once("charts", DRAW_SECONDS, self._draw), DRAW_SECONDS),
            Job("foretelling", self._measure, FORETELL_SECONDS),
            self._examples_job,
            Job("upkeep", self._count, UPKEEP_SECONDS),
            Job("monitor", self._monitor, LATE_SECONDS),
        ]
        jobs += self._upkeep_jobs()
        if not is_prepared:
            services.intake.begin_preparing()
        jobs.append(self._prepare_job)
        self._slack = SocketLink(services) if services.settings.slack_over_socket else None
        self._webhooks = self._made_webhooks() if services.settings.webhooks else None
        jobs += [*self._watching(), *self._channels(), *self._pulls()]
        self.supervisor = Supervisor(jobs, services.clock, first_retry=first_retry)

    def _upkeep_jobs(self) -> list[Job]:
        """Return the jobs of parts that are there only with some settings."""
        services, jobs = self._services, []
        if services.notices:
            jobs.append(Job("listen", self._listen, LISTEN_SECONDS, at_once=True))
            jobs.append(Job("builds", self._note_use, USE_SECONDS, at_once=True))
        if service := services.library.embedding_service:
            jobs.append(Job("meaning", service.look, MEANING_SECONDS))
        if services.settings.chroma_url:
            jobs.append(Job("vectors", services.intake.catch_up, VECTORS_SECONDS))
        if services.people.audit.is_kept:
            jobs.append(Job("audit", services.people.audit.retry, NOTE_SECONDS))
            jobs.append(Job("audit_day", self._once("audit_day", A_DAY, self._keep_audit), A_DAY, at_once=True))
        return jobs

    def _watching(self) -> list[Job]:
        """Return the jobs that follow changed files."""
        if not self._settings.watch:
            return []
        jobs = [
            Job("watch", self._watch, POLL_SECONDS, at_once=True),
            self._index_job,
            Job("check", self._check, CHECK_SECONDS),
        ]
        return [*jobs, Job("others", self._take_changes, OTHERS_SECONDS)] if self._services.changes else jobs

    def _channels(self) -> list[Job]:
        """Return the jobs that bring knowledge to people."""
        settings, jobs = self._settings, []
        if settings.sends_mail and (settings.digest or settings.ask_reasons):
            jobs.append(Job("mail", self._once("mail", MAIL_SECONDS, self._send_mail), MAIL_SECONDS))
        if self._slack:
            jobs.append(Job("slack", self._keep_slack, LOOK_SECONDS, at_once=True))
        if self._webhooks:
            jobs.append(Job("webhooks", self._once("webhooks", WEBHOOK_SECONDS, self._webhooks.work), WEBHOOK_SECONDS))
        return jobs

    def _once(self, name: str, every: float, work: Callable[[], object]) -> Callable[[], object]:
        """Return work that, of several servers, one does: the next takes over when that one has not for a while.

        On one machine no second process begins while the first is still at it.
        """
        leases = self._services.leases
        if leases is None:
            return work

        def work_once() -> None:
            if self._is_reached() and leases.take(name, every * LEASE_PERIODS):
                with self._keeper.alone(name) as is_free:
                    if is_free:
                        work()

        return work_once

    def _is_reached(self) -> bool:
        """Whether the database that servers share can be reached; if not, `/readyz` says so, and no job fails."""
        return self._services.database is not None and not self._services.database.trouble()

    def start(self) -> None:
        """Start the jobs."""
        self.supervisor.start()

    def stop(self) -> None:
        """Stop the jobs soon; a sync under way may be abandoned safely."""
        self.supervisor.stop()
        if self._slack:
            self._slack.close()
        if self._webhooks:
            self._webhooks.close()
        self._keeper.close()

    def _made_webhooks(self) -> Webhooks:
        from app.webhooks.work import Webhooks  # which loads what sends

        return Webhooks(self._services)

    @property
    def _stopping(self) -> threading.Event:
        return self.supervisor.stopping

    def _pulls(self) -> list[Job]:
        """Return a job for each CRM the server pulls from."""
        settings = self._settings
        every = settings.pull_minutes * 60.0

        def pull(name: str) -> None:
            from app.pulling import pull_by_itself  # which loads what asks and writes

            pull_by_itself(self._services, name, self._stopping.wait, self._stopping.is_set)

        return [
            Job(f"pull_{name}", self._once(f"pull_{name}", every, partial(pull, name)), every, at_once=True)
            for name in connected(settings)
            if is_scheduled(settings, name)
        ]

    def _warm(self) -> None:
        """Load the model and answer a question, before the first person asks one."""
        if self._library.search.has_answered:
            return
        self._library.warm()
        if self._library.state().ready:
            self._library.search.answer(QUESTION)
            log.info(ANSWERS)
            self._examples_job.wake.set()

    def _prepare(self) -> None:
        """Index what changed while no server was running; wait while another process does."""
        if self._is_prepared:
            return
        report = self._intake.prepare() if self._keeper.is_me() else None
        if report is None and (self._keeper.is_me() or not self._intake.leave_preparing()):
            return
        self._is_prepared = True
        for job in (self._warm_job, self._embed_job, self._index_job):
            job.wake.set()
        if report is None or report is UNCHANGED:  # others have indexed and counted it
            return
        count, waiting = len(report.added) + len(report.changed), self._intake.preparation
        log.info(
            "%d entries indexed, %d removed; %d texts are still to be embedded; %d problems (kb check lists them).",
            count, len(report.removed), waiting.total if waiting else 0, len(report.problems),
        )  # fmt: skip

    def _sweep(self) -> None:
        sweep(self._settings.entries)
        self._library.with_index(lambda index: index.place.forget_superseded())

    def _note_use(self) -> None:
        if self._is_reached():
            self._library.with_index(lambda index: index.place.note_use())

    def _poll(self) -> None:
        if self._intake.renew_if_gone():
            log.warning("The index was deleted; it is built again from the entries.")
            self._is_prepared = False
            self._prepare_job.wake.set()
        if self._intake.notice():
            log.info("The index changed; it was read again.")
        self._services.views.refresh()
        self._services.masked.work()

    def _listen(self) -> None:
        """Read the index again once another process has changed it; start again what failed without the database."""
        if self._services.notices and self._is_reached():
            for number, is_told in enumerate(self._services.notices.heard(self._stopping)):
                self.supervisor.succeeded("listen")
                if number == 0:
                    self.supervisor.try_again()
                if is_told:
                    self._poll_job.wake.set()

    def _group(self) -> None:
        """Group failed searches, so that nobody who opens the meeting waits for it."""
        if self._library.state().ready:
            with suppress(ActivitySchemaError, EmbeddingAwayError):  # already logged, and shown on pages
                for seen in self._in_use():
                    seen.gap_board.gaps()

    def _draw(self) -> None:
        """Draw the scoreboard's charts after a change, so that nobody who opens it waits."""
        state = self._library.state()
        if state.ready and state.generation != self._drawn:
            prepare(self._services, self._library, self._stopping.is_set)
            self._drawn = state.generation

    def _measure(self) -> None:
        """Measure whether similar deals foretell outcomes, if the base is another one than last time."""
        if self._library.state().ready and not self._intake.preparation:
            for seen in self._in_use():
                seen.library.deals.measure_foretelling(self._settings.strength, self._stopping.is_set)

    def _choose_examples(self) -> None:
        """Choose the example questions of the start page after a change: each is tried, which takes some searches.

        A server that starts answers people first.
        """
        if not self._library.search.has_answered:
            return
        for seen in self._in_use():
            seen.examples.choose(self._stopping.is_set)

    def _update_standings(self) -> None:
        for seen in self._in_use():
            seen.library.loop.update_standings()

    def _count(self) -> None:
        for seen in self._in_use():
            seen.upkeep.count()

    def _in_use(self) -> Iterator[Seen]:
        """Yield what everybody works with who came lately, the whole first."""
        for seen in self._services.seen_in_use:
            if self._stopping.is_set():
                return
            yield seen

    def _keep_audit(self) -> None:
        """Remove old rows of the audit log, and write its newest hash to the server's log, which lives elsewhere."""
        audit = self._services.people.audit
        audit.trim()
        log.info("The newest row of the audit log: %s", audit.head() or "none yet")

    def _send_mail(self) -> None:
        """Send the mail that is due."""
        if self._rounds is None:
            from app.mail.rounds import Rounds

            self._rounds = Rounds(self._services, self._is_mail_stopping)
        self._rounds.make()

    def _is_mail_stopping(self) -> bool:
        """Say, after each mail of a round that may take long, that it goes on, and whether it should."""
        self.supervisor.succeeded("mail")
        return self._stopping.is_set()

    def _monitor(self) -> None:
        self.supervisor.log_late()

    def _watch(self) -> None:
        """Pass on what changes; at first anything may have, since nobody watched before."""
        if not self._watches():
            return
        for paths in changes(self._settings.entries, self._stopping):
            self._arrived(paths)
            if paths and self._services.changes:
                self._services.changes.note(paths)
            self.supervisor.succeeded("watch")
            if not self._watches():
                return

    def _watches(self) -> bool:
        """Whether this process takes in what changes in the folder."""
        return self._keeper.is_me() and self._watcher.is_me()

    def _arrived(self, paths: frozenset[str] | None) -> None:
        self._arrivals.add(paths)
        if paths is None or paths:
            self._index_job.wake.set()

    def _check(self) -> None:
        if self._watches():
            self._arrived(None)

    def _keep_slack(self) -> None:
        if self._slack and self._keeper.is_me():
            self._slack.keep_up()

    def _take_changes(self) -> None:
        """Pass on what other servers noticed: where the folder is a network drive, nothing else announces it."""
        if self._services.changes and self._keeper.is_me() and self._is_reached():
            taken = self._services.changes.taken()
            if self._watcher.is_me():
                self._arrived(taken)

    def _index(self) -> None:
        """Index what has arrived: gone files first, then a few at a time, so that others get in between."""
        if not self._is_prepared:
            return
        for paths in self._arrivals.take(self._intake.differences):
            try:
                report = self._intake.index_noticed(paths)
            except BaseException:
                self._arrivals.put_back(paths)
                raise
            if report is None:  # another process is writing; what it read may be older than the change
                self._arrivals.put_back(paths)
                return
            self._embed_job.wake.set()
            self.supervisor.succeeded("index")
            count = len(report.added) + len(report.changed)
            if count or report.removed:
                log.info("%d entries indexed, %d removed.", count, len(report.removed))

    def _embed(self) -> None:
        """Embed what waits, one process at a time: what one has embedded the next finds in the cache.

        While the service that embeds is away, `/readyz` says so, and no job fails.
        """
        if not self._intake.has_to_embed or self._services.meaning_trouble:
            return
        if not self._may_embed():
            self._intake.count_embedded()
            return
        with suppress(EmbeddingAwayError):
            self._intake.embed_waiting(self._stopping, self._embedded)

    def _embedded(self) -> None:
        self.supervisor.succeeded("embed")
        self._may_embed()  # which prolongs the lease

    def _may_embed(self) -> bool:
        leases = self._services.leases
        return leases is None or not self._is_reached() or leases.take("embed", EMBED_LEASE) > 0
