"""The engines an installation uses instead of files: settings in, addresses out."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

from app.data_folder import base_id, secret_key
from app.settings import Settings
from ingest.atomic import put
from kb.errors import KBError
from kb.index.chroma_server import ChromaServer
from kb.index.served_vectors import Namespace
from kb.shared.database import MORE, POOL, Database
from kb.shared.keys import shared_key
from kb.wording import say

BASE = "base.id"  # what servers that share a database call it, for all the first one's
LEAST = 10  # connections of one process among several: as many as it answers questions at a time, and some
OWN = 16  # characters of the id of a knowledge base in names on a server
_HEADER = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\x20-\x7e]*?)\s*")


class EngineSettingError(KBError):
    """A setting of an engine cannot be used."""


def shared_database(settings: Settings) -> Database | None:
    """Return the PostgreSQL database, if one is set. Raises EngineSettingError, DatabaseSettingError."""
    address = settings.database_url.get_secret_value()
    return database_at(settings, address) if address else None


def database_at(settings: Settings, address: str) -> Database:
    """Return the database at an address; its password may be in the file that is set for it."""
    file = settings.database_password_file
    try:
        password = file.read_text("utf-8").strip() if file else ""
    except (OSError, UnicodeDecodeError) as error:
        why = say("The file '{file}' of KB_DATABASE_PASSWORD_FILE cannot be read.", file=str(file))
        raise EngineSettingError(why) from error
    return Database(address, password, most=max(LEAST, (POOL + MORE) // settings.workers))


def common_key(settings: Settings, database: Database | None, name: str) -> bytes:
    """Return a random key: of the data folder, or the one that all servers of a database use.

    It is kept in the data folder as well, so that a server can start while the database is away.
    """
    place = settings.data / name
    own = secret_key(place)
    if database is None:
        return own
    common = shared_key(database, name, own)
    if common != own:
        put(place, lambda file: file.write(common))
    return common


def chroma_server(settings: Settings) -> ChromaServer | None:
    """Return the Chroma server, if one is set. Raises EngineSettingError."""
    if not settings.chroma_url:
        return None
    _need_address(settings.chroma_url)
    headers = _headers(settings.chroma_headers_file) if settings.chroma_headers_file else {}
    return ChromaServer(settings.chroma_url, headers, settings.chroma_tenant, settings.chroma_database)


def namespace(settings: Settings, database: Database | None = None) -> Namespace | None:
    """Return where vectors are kept on a Chroma server, if one is set: apart for each data folder or database."""
    if (server := chroma_server(settings)) is None:
        return None
    own = base_id(settings.data)
    if database:
        own = shared_key(database, BASE, own.encode()).decode()
    if not own:
        why = say("The id of the knowledge base cannot be stored in '{folder}'.", folder=str(settings.data))
        raise EngineSettingError(why)
    return Namespace(server, f"{settings.chroma_prefix}-{own[:OWN]}")


def _need_address(url: str) -> None:
    """Refuse what is no address, without quoting it: it may hold a password."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise EngineSettingError(say("KB_CHROMA_URL must be an address such as http://127.0.0.1:8001."))
    if parts.username or parts.password:
        raise EngineSettingError(say("KB_CHROMA_URL holds a password. Put it into the file of KB_CHROMA_HEADERS_FILE."))


def _headers(file: Path) -> dict[str, str]:
    """Return the headers of a file, without ever quoting it."""
    try:
        lines = [line for line in file.read_text("utf-8").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        why = say("The file '{file}' of KB_CHROMA_HEADERS_FILE cannot be read.", file=str(file))
        raise EngineSettingError(why) from error
    found = [_HEADER.fullmatch(line) for line in lines]
    for number, header in enumerate(found, start=1):
        if header is None:
            why = say(
                "Line {line} of '{file}' is not a header such as 'Authorization: Bearer …'.",
                line=str(number),
                file=str(file),
            )
            raise EngineSettingError(why)
    return {header[1]: header[2] for header in found if header}
