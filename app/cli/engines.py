"""Try the engines an installation uses instead of files, and say what is wrong."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing

from app.embedding import embedding_server
from app.engines import chroma_server, shared_database
from app.settings import Settings, without_sign_in
from app.words.reader import Reader
from kb.errors import EmbeddingAwayError, KBError
from kb.index.database_place import look
from kb.index.place import label_of
from kb.index.served_embedder import PROBES
from kb.shared.database import why_away

SKEW_SECONDS = 30


def check_engines(settings: Settings, reader: Reader) -> Iterator[tuple[str, bool, str]]:
    """Yield what was tried: its name, whether it works, and a sentence."""
    if settings.database_url.get_secret_value():
        yield ("database", *_database(settings, reader))
    if settings.chroma_url:
        yield ("chroma", *_chroma(settings, reader))
    if settings.embeddings_url:
        yield ("embeddings", *_embeddings(settings, reader))


def check_shared_index(settings: Settings, reader: Reader) -> tuple[bool, str]:
    """Return whether there is an index in the database, and may be new ones, with a sentence."""
    try:
        database = shared_database(settings)
        assert database
        found = look(database, label_of(settings.index_folder, settings.shown))
    except KBError as error:
        return False, reader.say(error.sentence)
    if not found.may_create:
        return False, reader("doctor.database_rights", name=database.name)
    if not found.build:
        return False, reader("doctor.no_index")
    said = reader("doctor.index_in_database", build=found.build, name=database.name)
    if not found.others:
        return True, said
    used = [reader("doctor.build_used", build=one.name) if one.is_used else one.name for one in found.others]
    return True, reader("doctor.builds_beside", index=said, builds=reader("comma").join(used))


def _database(settings: Settings, reader: Reader) -> tuple[bool, str]:
    try:
        database = shared_database(settings)
        assert database
        found = database.look()
    except KBError as error:
        return False, reader.say(error.sentence)
    except Exception as error:  # whatever the driver raises
        return False, reader("doctor.database_away", why=why_away(error))
    if found.encoding != "UTF8":
        return False, reader("doctor.database_encoding", name=database.name, encoding=found.encoding)
    if abs(found.skew) > SKEW_SECONDS:
        return False, reader("doctor.database_clock", name=database.name, seconds=round(found.skew))
    took = round(found.seconds * 1_000)
    return True, reader("doctor.database_well", name=database.name, version=found.version, milliseconds=took)


def _chroma(settings: Settings, reader: Reader) -> tuple[bool, str]:
    try:
        server = chroma_server(settings)
    except KBError as error:
        return False, reader.say(error.sentence)
    assert server
    try:
        version, seconds = server.look()
    except Exception as error:  # whatever Chroma and its HTTP client raise
        why = (str(error) or type(error).__name__).splitlines()[0]
        return False, reader("doctor.chroma_away", url=server.url, why=why)
    return True, reader("doctor.chroma_well", url=server.url, version=version, milliseconds=round(seconds * 1_000))


def _embeddings(settings: Settings, reader: Reader) -> tuple[bool, str]:
    url = without_sign_in(settings.embeddings_url)
    try:
        with closing(embedding_server(settings)) as server:
            said = server.said()  # the first request opens the connection
            started = time.perf_counter()
            found = server.embed(PROBES, server.seconds)
            took = time.perf_counter() - started
    except EmbeddingAwayError as error:
        return False, reader("doctor.embeddings_away", url=url, why=error.why)
    except KBError as error:
        return False, reader.say(error.sentence)
    numbers = {"dimensions": found.shape[1], "milliseconds": round(took * 1_000)}
    return True, reader("doctor.embeddings_well", url=url, model=said.name or reader("doctor.llm_unnamed"), **numbers)
