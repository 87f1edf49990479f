"""Open the parts of an installation together: settings in, services out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from app.charts.gallery import Gallery
from app.data_folder import MASKING_KEY
from app.engines import common_key, shared_database
from app.examples import Examples
from app.library import make_library
from app.preparing import Preparing
from app.seen import Seen
from app.settings import Settings
from app.summarising import Summariser
from app.upkeep import Upkeep
from ingest.files import is_bare
from ingest.intake import Intake
from ingest.masked_part import MaskedPart
from ingest.masked_views import MaskedViews
from ingest.playbook_store import PlaybookStore
from ingest.saving import Turn
from ingest.store import EntryStore
from ingest.stored import saved_of, saved_text
from kb.audience import team_of, visible_to
from kb.clock import CLOCK, Clock
from kb.entry import owner_key
from kb.errors import NotSavedError
from kb.index.embedding import Embedder
from kb.library import Library, Part
from kb.loop.activity import Activity
from kb.loop.board import GapBoard
from kb.loop.judging import Judging
from kb.masking import rules_for
from kb.people.askers import Askers
from kb.people.attempts import Attempts
from kb.people.audit import Audit
from kb.people.begun import BegunSignIns
from kb.people.errors import PeopleUnavailableError, PersonNotFoundError
from kb.people.feeds import Feeds
from kb.people.file import PeopleFile
from kb.people.links import Links
from kb.people.mailing import Mailing
from kb.people.names import Names
from kb.people.passkeys import Passkeys
from kb.people.passwords import Hasher, Passwords
from kb.people.people import People
from kb.people.sessions import Sessions
from kb.people.tokens import Tokens
from kb.playbook import Playbook
from kb.shared.changes import Changes
from kb.shared.database import SAVING_LOCK, Database, alone
from kb.shared.leases import Leases
from kb.shared.notices import Notices
from kb.shared.pictures import SharedPictures
from kb.shared.requests import SharedRequests
from kb.viewer import OPERATOR, Viewer
from kb.views import Views
from kb.wording import say

if TYPE_CHECKING:
    from app.signin.oidc import Provider
    from app.signin.proxy import ProxyPeople


@dataclass(frozen=True, slots=True)
class PeopleServices:
    """Who may sign in, who is signed in, and what they did. Nothing is created before the first use."""

    file: PeopleFile
    people: People
    sessions: Sessions
    links: Links
    begun: BegunSignIns
    provider: Provider | None  # with KB_AUTH=oidc
    proxy: ProxyPeople | None  # with KB_AUTH=proxy
    tokens: Tokens
    audit: Audit
    names: Names
    askers: Askers
    passwords: Passwords
    passkeys: Passkeys
    attempts: Attempts
    feeds: Feeds
    mailing: Mailing

    def close(self) -> None:
        """Write what the audit log still has to hold, and close the file."""
        self.audit.close()
        self.file.close()


@dataclass(frozen=True, slots=True)
class Services:
    """What a server, a command or a benchmark works with; opened once, closed at the end."""

    settings: Settings
    clock: Clock
    intake: Intake
    playbook_store: PlaybookStore
    activity: Activity
    gallery: Gallery
    people: PeopleServices
    whole: Seen  # for the operator and for background work
    views: Views[Seen]
    masked: MaskedViews[Seen]
    preparing: Preparing
    summariser: Summariser
    database: Database | None = None  # with KB_DATABASE_URL, as are the next three
    leases: Leases | None = None
    changes: Changes | None = None
    notices: Notices | None = None

    def seen_by(self, viewer: Viewer) -> Seen:
        """Return what a viewer works with; it takes a moment if nobody with the same audiences came before.

        Raises PlaybookUnknownError.
        """
        self.library.need_playbook()
        visible = visible_to(viewer)
        if viewer.audiences is None:
            return self.whole if viewer == OPERATOR else self.whole.saving(visible, viewer)
        seen = self.views.of(visible)
        if rules := rules_for(self.playbook, viewer):
            seen = self.masked.of(_part(seen), viewer, rules)
        return seen.saving(visible, viewer)

    def ready_for(self, viewer: Viewer) -> Seen | None:
        """Return what a viewer works with if that takes no time. Raises PlaybookUnknownError."""
        self.library.need_playbook()
        if viewer.audiences is None:
            return self.seen_by(viewer)
        visible = visible_to(viewer)
        seen = self.views.ready(visible)
        if seen and (rules := rules_for(self.playbook, viewer)):
            seen = self.masked.ready(_part(seen), viewer, rules)
        return seen.saving(visible, viewer) if seen else None

    def written_name(self, viewer: Viewer) -> str:
        """Return how a viewer is written into entries: by id, which always means them, if the name cannot be linked."""
        used = self.names_used
        with suppress(PeopleUnavailableError, PersonNotFoundError):
            return self.people.names.written(viewer.person, lambda name: owner_key(name) in map(owner_key, used()))
        return viewer.person

    def saving_as(self, viewer: Viewer) -> Viewer:
        """Return a viewer who is about to save: with the name that stands under what they save, also the first time."""
        if not viewer.is_signed_in or owner_key(viewer.name) in viewer.names:
            return viewer
        return replace(viewer, names=viewer.names | {owner_key(self.written_name(viewer))})

    @property
    def seen_in_use(self) -> list[Seen]:
        """What everybody works with who came lately, the whole first."""
        return [self.whole, *self.views.in_use(), *self.masked.in_use()]

    @property
    def has_answered(self) -> bool:
        """Whether model and index have answered a question: the next one takes the usual time, for everybody."""
        return self.whole.library.search.has_answered

    @property
    def vectors_trouble(self) -> str:
        """Why the Chroma server cannot be reached; empty if it can, or none is set."""
        return self.whole.library.vectors_trouble()

    @property
    def meaning_trouble(self) -> str:
        """Why questions are answered by words alone; empty if they are not."""
        return self.whole.library.meaning_trouble()

    @property
    def playbook(self) -> Playbook:
        """The company's playbook, which is for everyone."""
        return self.whole.library.playbook

    def names_used(self) -> set[str]:
        """Return the names in all entries, also in hidden ones: nobody may get a name that stands for another."""
        return self.whole.library.entries.names_used()

    @property
    def library(self) -> Library:
        """Everything the server shows; no route may use it."""
        return self.whole.library

    @property
    def store(self) -> EntryStore:
        """The store over everything; no route may use it."""
        return self.whole.store

    @property
    def gap_board(self) -> GapBoard:
        """The gap board over everything; no route may use it."""
        return self.whole.gap_board

    @property
    def judging(self) -> Judging:
        """Judging over everything; no route may use it."""
        return self.whole.judging

    @property
    def examples(self) -> Examples:
        """The example questions over everything; no route may use them."""
        return self.whole.examples

    @property
    def upkeep(self) -> Upkeep:
        """The counts over everything; no route may use them."""
        return self.whole.upkeep

    def close(self) -> None:
        """Close all files."""
        self.preparing.close()
        self.gallery.close()
        self.masked.close()
        self.views.close()
        self.whole.library.close()
        self.activity.close()
        self.people.close()
        if self.database:
            self.database.close()


def open_services(
    settings: Settings,
    embedder: Embedder | None = None,
    *,
    logs: bool = True,
    clock: Clock = CLOCK,
    worker: int = 0,
    hasher: Hasher | None = None,
) -> Services:
    """Open everything an installation has; with `logs` False, activity is read but not logged.

    `worker` is the number of the process among several on one data folder; each has parts for viewers of its own.
    """
    database = shared_database(settings)
    library = make_library(settings, embedder, clock, database)
    people = open_people(settings, clock, database=database, hasher=hasher)
    intake = Intake(library, settings.entries)
    is_kept, days = settings.activity and logs, settings.keep_searches
    activity = Activity(settings.activity_file, is_kept=is_kept, keep_days=days, clock=clock, database=database)
    store, playbook_store = _stores(settings, intake, people.audit, library, database)
    own = f"worker-{worker}" if worker else ""

    def seen(part: Library) -> Seen:
        return Seen.of(part, store.of(part, part.visible), activity, clock, team_of(part.visible))

    def masked(part: MaskedPart) -> Seen:
        team = team_of(part.library.visible)
        return Seen.of(part.library, store.masked(part), activity, clock, team, part.hides)

    return Services(
        settings=settings,
        clock=clock,
        intake=intake,
        playbook_store=playbook_store,
        activity=activity,
        gallery=Gallery(shared=SharedPictures(database, clock) if database else None),
        people=people,
        whole=Seen.of(library, store, activity, clock, settings.team),
        views=Views(library, seen, own=own),
        masked=MaskedViews(settings.entries, lambda: common_key(settings, database, MASKING_KEY), masked, own=own),
        preparing=Preparing(),
        summariser=Summariser(settings),
        database=database,
        leases=Leases(database) if database else None,
        changes=Changes(database, clock) if database else None,
        notices=Notices(database) if database else None,
    )


def _stores(
    settings: Settings, intake: Intake, audit: Audit, library: Library, database: Database | None
) -> tuple[EntryStore, PlaybookStore]:
    """Return what writes files; servers that share a database take turns."""
    turn: Turn = partial(_turn_to_save, database, library, settings.entries) if database else nullcontext
    once = SharedRequests(database, saved_text, saved_of) if database else None
    folder, lock, is_readonly, noted = settings.entries, settings.saving_lock, settings.readonly, audit.noted
    store = EntryStore(library, intake, folder, lock, is_readonly=is_readonly, noted=noted, shared=once, turn=turn)
    return store, PlaybookStore(intake, folder, lock, is_readonly=is_readonly, noted=noted, turn=turn)


@contextmanager
def _turn_to_save(database: Database, library: Library, folder: Path) -> Iterator[None]:
    """Save in turns with other servers; nothing into a folder that is not mounted, whose index would follow it.

    Raises BusyError, NotSavedError.
    """
    if is_bare(folder) and library.has_entries:
        raise NotSavedError(say("the folder is not mounted"))
    with alone(database, SAVING_LOCK):
        yield


def open_people(
    settings: Settings,
    clock: Clock = CLOCK,
    *,
    is_logged: bool = False,
    database: Database | None = None,
    hasher: Hasher | None = None,
) -> PeopleServices:
    """Return what knows people; commands that need nothing else open only this.

    `is_logged`: what is done is logged even if nobody signs in with these settings.
    """
    file = PeopleFile(settings.people_file, database or shared_database(settings))
    people = People(file, clock)
    is_kept = is_logged or settings.auth != "none"
    audit = Audit(file, clock, keep_days=settings.keep_audit, is_kept=is_kept)
    idle, longest = timedelta(hours=settings.session_hours), timedelta(days=settings.session_days)
    return PeopleServices(
        file=file,
        people=people,
        sessions=Sessions(file, clock, idle, longest),
        links=Links(file, clock),
        begun=BegunSignIns(file, clock),
        provider=_provider(settings, clock, audit) if settings.auth == "oidc" else None,
        proxy=_proxy(settings, people, clock, audit) if settings.auth == "proxy" else None,
        tokens=Tokens(file, people, clock),
        audit=audit,
        names=Names(file, people),
        askers=Askers(file, clock, settings.keep_searches),
        passwords=Passwords(file, clock, hasher),
        passkeys=Passkeys(file, clock),
        attempts=Attempts(file, clock),
        feeds=Feeds(file, clock),
        mailing=Mailing(file, clock),
    )


def _provider(settings: Settings, clock: Clock, audit: Audit) -> Provider:
    from app.signin.oidc import Provider  # Authlib takes a third of a second, which no other command should wait

    return Provider(settings, clock, partial(_note_groups, audit, settings))


def _proxy(settings: Settings, people: People, clock: Clock, audit: Audit) -> ProxyPeople:
    from app.signin.proxy import ProxyPeople, TrustedProxy

    proxy = TrustedProxy(settings, clock, partial(_note_groups, audit, settings))
    return ProxyPeople(proxy, people, clock, audit)


def _note_groups(audit: Audit, settings: Settings) -> None:
    """Log that the groups file gives other teams and roles than before."""
    audit.note("groups-changed", OPERATOR, str(settings.groups_file), sha256=settings.groups_hash)


def _part(seen: Seen) -> Part:
    """Return the library of people who see a part."""
    assert isinstance(seen.library, Part)
    return seen.library
