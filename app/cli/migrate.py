"""`kb migrate`: copy what cannot be rebuilt from files into a database, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.common import reader_of, settings_or_fail
from kb.errors import KBError
from kb.wording import say

if TYPE_CHECKING:
    from app.settings import Settings
    from kb.shared.database import Database

FILES = "files"


class NothingToMigrateError(KBError):
    """There is nothing to migrate."""


def migrate(
    ctx: typer.Context,
    to: Annotated[str, typer.Option(help="A postgresql+psycopg://… address, or `files` for KB_DATA.")] = "",
) -> None:
    """Migrate activity, people, audit log and vectors to an empty database, or back to files. Stop servers first.

    Without --to, bring the tables in the database of KB_DATABASE_URL up to this version.
    """
    from app.data_folder import held
    from app.engines import database_at, shared_database

    reader = reader_of(ctx)
    settings = settings_or_fail(reader)
    database = database_at(settings, to) if to not in ("", FILES) else shared_database(settings)
    if database is None:
        raise NothingToMigrateError(say("KB_DATABASE_URL is not set, so there is no database to migrate from."))
    if not to:
        _update(settings, database)
        typer.echo(reader("cli.tables_updated", place=database.name))
        return
    places = [str(settings.data), database.name]
    if to == FILES:
        places.reverse()
    with held(settings.data):
        rows = _carry(settings, database, is_back=to == FILES)
    typer.echo(reader("cli.migrated", rows=reader.number(rows), source=places[0], place=places[1]))


def _update(settings: Settings, database: Database) -> None:
    """Bring the tables up to date."""
    from contextlib import closing

    from kb.loop.activity import Activity
    from kb.people.file import PeopleFile

    with (
        closing(database),
        closing(PeopleFile(settings.people_file, database)) as people,
        closing(Activity(settings.activity_file, is_kept=False, database=database)) as activity,
    ):
        people.migrate()
        activity.migrate()


def _carry(settings: Settings, database: Database, *, is_back: bool) -> int:
    from contextlib import ExitStack, closing

    from kb.index.database_place import shared_cache
    from kb.index.embedding_cache import EmbeddingCache
    from kb.index.folder_place import CACHE
    from kb.loop.activity import Activity
    from kb.people.file import PeopleFile

    with ExitStack() as opened:
        opened.callback(database.close)
        people = [opened.enter_context(closing(PeopleFile(settings.people_file, one))) for one in (None, database)]
        own = settings.index_folder / CACHE
        if not (is_back or people[0].exists or settings.activity_file.is_file() or own.is_file()):
            raise NothingToMigrateError(say("There is nothing to migrate in '{folder}'.", folder=str(settings.data)))
        activity = [
            opened.enter_context(closing(Activity(settings.activity_file, is_kept=False, database=one)))
            for one in (None, database)
        ]
        caches = [opened.enter_context(closing(cache)) for cache in (EmbeddingCache(own), shared_cache(database))]
        if is_back:
            people.reverse()
            activity.reverse()
            caches.reverse()
        rows = people[1].take_over(people[0]) if people[0].exists else 0
        rows += activity[1].take_over(activity[0])
        return rows + caches[1].take_over(caches[0])
