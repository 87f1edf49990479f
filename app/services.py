"""Open the parts of an installation together: settings in, services out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from app.charts.gallery import Gallery
from app.examples import Examples
from app.settings import Settings
from app.upkeep import Upkeep
from ingest.check import PlaybookFile
from ingest.chunk import CHUNKING
from ingest.intake import Intake
from ingest.playbook_store import PlaybookStore
from ingest.store import EntryStore
from ingest.sync import KEPT_PLAYBOOK, problems_of
from kb.clock import CLOCK, Clock
from kb.index.embedding import Embedder, ModelEmbedder
from kb.index.index import Index, open_index
from kb.library import Library
from kb.loop.activity import Activity
from kb.loop.board import GapBoard
from kb.loop.judging import Judging
from kb.loop.logbook import Logbook
from kb.model.package import bundled_file, file_checksum
from kb.people.askers import Askers
from kb.people.attempts import Attempts
from kb.people.file import PeopleFile
from kb.people.links import Links
from kb.people.names import Names
from kb.people.passwords import Passwords
from kb.people.people import People
from kb.people.sessions import Sessions


@dataclass(frozen=True, slots=True)
class PeopleServices:
    """Who may sign in, and who is signed in. Nothing is created before the first use."""

    file: PeopleFile
    people: People
    sessions: Sessions
    links: Links
    names: Names
    askers: Askers
    passwords: Passwords
    attempts: Attempts

    def close(self) -> None:
        """Close the file."""
        self.file.close()


@dataclass(frozen=True, slots=True)
class Services:
    """What a server, a command or a benchmark works with; opened once, closed at the end."""

    settings: Settings
    clock: Clock
    library: Library
    intake: Intake
    store: EntryStore
    playbook_store: PlaybookStore
    activity: Activity
    gap_board: GapBoard
    judging: Judging
    logbook: Logbook
    gallery: Gallery
    examples: Examples
    upkeep: Upkeep
    people: PeopleServices

    def close(self) -> None:
        """Close all files."""
        self.gallery.close()
        self.library.close()
        self.activity.close()
        self.people.close()


def open_services(
    settings: Settings, embedder: Embedder | None = None, *, logs: bool = True, clock: Clock = CLOCK
) -> Services:
    """Open everything an installation has; with `logs` False, activity is read but not logged."""
    library = make_library(settings, embedder, clock)
    intake = Intake(library, settings.entries)
    activity = Activity(
        settings.activity_file, is_kept=settings.activity and logs, keep_days=settings.keep_searches, clock=clock
    )
    gap_board = GapBoard(library.search, activity, library.deals.open_amounts, clock)
    return Services(
        settings=settings,
        clock=clock,
        library=library,
        intake=intake,
        store=EntryStore(library, intake, settings.entries, settings.saving_lock, is_readonly=settings.readonly),
        playbook_store=PlaybookStore(intake, settings.entries, settings.saving_lock, is_readonly=settings.readonly),
        activity=activity,
        gap_board=gap_board,
        judging=make_judging(library, activity, clock),
        logbook=Logbook(activity, settings.team),
        gallery=Gallery(),
        examples=Examples(library, clock),
        upkeep=Upkeep(library, gap_board),
        people=open_people(settings, clock),
    )


def open_people(settings: Settings, clock: Clock = CLOCK) -> PeopleServices:
    """Return what knows people; commands that need nothing else open only this."""
    file = PeopleFile(settings.people_file)
    idle, longest = timedelta(hours=settings.session_hours), timedelta(days=settings.session_days)
    people = People(file, clock)
    return PeopleServices(
        file=file,
        people=people,
        sessions=Sessions(file, clock, idle, longest),
        links=Links(file, clock),
        names=Names(file, people),
        askers=Askers(file, clock, settings.keep_searches),
        passwords=Passwords(file, clock),
        attempts=Attempts(file, clock),
    )


def make_judging(library: Library, activity: Activity, clock: Clock = CLOCK) -> Judging:
    """Return what grades and measures the search of a library."""
    entries = library.entries
    return Judging(library.search, entries.published, library.state, library.visible, activity, clock)


def make_embedder(settings: Settings) -> Embedder:
    """Return the configured model, not loaded yet."""
    return ModelEmbedder(settings.model, settings.models_folder)


def make_index(settings: Settings, embedder: Embedder | None = None, *, fresh: bool = False) -> Index:
    """Open the configured index; a `fresh` one is built beside it and replaces it when complete."""
    chosen = embedder or make_embedder(settings)
    return open_index(settings.index_folder, chosen, CHUNKING, visible=settings.shown, fresh=fresh)


def make_library(settings: Settings, embedder: Embedder | None = None, clock: Clock = CLOCK) -> Library:
    """Return the configured library."""
    bundled = bundled_file()
    playbook_file = PlaybookFile(settings.entries, settings.index_folder / KEPT_PLAYBOOK)
    return Library(
        partial(make_index, settings, embedder),
        read_playbook=lambda: playbook_file.read()[0],
        problems_of=problems_of,
        bundled_checksum=file_checksum(bundled) if bundled else "",
        clock=clock,
    )
