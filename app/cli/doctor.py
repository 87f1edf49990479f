"""Check an installation and say what is missing."""

from __future__ import annotations

import shutil
import sqlite3
import sys
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from app.cli.channels import check_channels
from app.cli.common import people_of
from app.cli.connecting import check_connections
from app.cli.engines import check_engines, check_shared_index
from app.cli.mail_check import check_mail
from app.cli.running import ask, running_server, said_by_server, secret_of
from app.cli.sign_in import check_sign_in
from app.playbook import playbook_in_force
from app.services import open_people
from app.settings import Settings, without_sign_in
from app.words.reader import Reader
from ingest.check import check
from kb.errors import ActivitySchemaError, ActivityUnavailableError, PlaybookUnknownError
from kb.index.folder_place import current_build
from kb.index.place import index_root
from kb.loop.schema import examine as schema_of
from kb.model.package import HUB_NAME, bundled_file
from kb.people.errors import PeopleUnavailableError

NEEDED_BYTES = 2_000_000_000  # unpacked model, index and room to rebuild beside
PACKAGES = ("torch", "sentence-transformers", "chromadb", "SudachiPy", "sudachidict-core", "fastapi", "SQLAlchemy")


@dataclass(frozen=True, slots=True)
class Finding:
    """One check."""

    name: str
    ok: bool
    detail: str


def examine(settings: Settings, reader: Reader) -> list[Finding]:
    """Return the checks, in the order an installation is set up."""
    return [
        _python(reader),
        *(_package(name, reader) for name in PACKAGES),
        _sqlite(reader),
        *(look(settings, reader) for look in (_entries, _disk, _model, _index, _activity, _sign_in, _audit)),
        *(Finding(name, works, what) for name, works, what in check_engines(settings, reader)),
        *(Finding("provider", works, what) for works, what in check_sign_in(settings, reader)),
        *(Finding(name, is_well, what) for name, is_well, what in check_connections(settings, reader)),
        Finding("mail", *check_mail(settings, reader)),
        *_language_model(settings, reader),
        *(Finding(*found) for found in check_channels(settings, reader)),
        *_server(settings, reader),
    ]


def _python(reader: Reader) -> Finding:
    detail = reader("doctor.python_needed", version=sys.version.split()[0])
    return Finding("Python", sys.version_info >= (3, 11), detail)


def _package(name: str, reader: Reader) -> Finding:
    try:
        return Finding(name, True, version(name))
    except PackageNotFoundError:
        return Finding(name, False, reader("doctor.not_installed"))


def _sqlite(reader: Reader) -> Finding:
    with sqlite3.connect(":memory:") as connection:
        has_fts = connection.execute("SELECT sqlite_compileoption_used('ENABLE_FTS5')").fetchone()[0]
    what = "doctor.full_text" if has_fts else "doctor.no_full_text"
    return Finding("SQLite", bool(has_fts), reader(what, version=sqlite3.sqlite_version))


def _entries(settings: Settings, reader: Reader) -> Finding:
    if not settings.entries.is_dir():
        return Finding("entries", False, reader("doctor.no_folder", folder=settings.entries))
    try:
        playbook_in_force(settings)
    except PlaybookUnknownError as error:
        return Finding("entries", False, reader.say(error.sentence))
    count, problems = check(settings.entries)
    numbers = {"count": reader.number(count), "problems": reader.number(len(problems))}
    return Finding("entries", count > 0, reader("doctor.found", folder=settings.entries, **numbers))


def _disk(settings: Settings, reader: Reader) -> Finding:
    place = next((p for p in (settings.data, *settings.data.absolute().parents) if p.exists()), settings.data)
    free = shutil.disk_usage(place).free
    return Finding("disk", free > NEEDED_BYTES, reader("doctor.free", free=f"{free / 1e9:.1f}", folder=settings.data))


def _model(settings: Settings, reader: Reader) -> Finding:
    if settings.model != "bundled":
        return Finding("model", True, settings.model)
    if bundled_file():
        return Finding("model", True, reader("doctor.bundled", name="multilingual-e5-small"))
    return Finding("model", True, reader("doctor.from_hub", name=HUB_NAME))


def _index(settings: Settings, reader: Reader) -> Finding:
    if settings.database_url.get_secret_value():
        return Finding("index", *check_shared_index(settings, reader))
    build = current_build(index_root(settings.index_folder, settings.shown))
    return Finding("index", bool(build), build or reader("doctor.no_index"))


def _activity(settings: Settings, reader: Reader) -> Finding:
    if settings.database_url.get_secret_value():
        return Finding("activity", True, reader("doctor.in_database"))
    if not settings.activity_file.is_file():
        return Finding("activity", True, reader("doctor.no_activity"))
    try:
        version = schema_of(settings.activity_file)
    except ActivitySchemaError as error:
        return Finding("activity", False, reader.say(error.sentence))
    except ActivityUnavailableError as error:
        return Finding("activity", False, reader("doctor.activity_unreadable", why=error.why))
    if version.is_current:
        return Finding("activity", True, reader("doctor.activity_current", revision=version.revision))
    return Finding(
        "activity", True, reader("doctor.activity_old", revision=version.revision or "-", newest=version.newest)
    )


def _audit(settings: Settings, reader: Reader) -> Finding:
    try:
        with people_of(settings) as opened:
            if not opened.file.exists:
                return Finding("audit", True, reader("doctor.no_audit"))
            faults, head = opened.audit.verify(), opened.audit.head()
    except PeopleUnavailableError as error:
        return Finding("audit", False, reader.say(error.sentence))
    if faults:
        return Finding("audit", False, reader.say(faults[0].sentence))
    return Finding("audit", True, reader("doctor.audit_whole", rows=reader.number(head.number if head else 0)))


def _sign_in(settings: Settings, reader: Reader) -> Finding:
    started = said_by_server(settings.data, "auth")
    if started and started != settings.auth:
        return Finding("sign-in", False, reader("doctor.auth_differs", here=settings.auth, there=started))
    if settings.auth == "none":
        is_exposed = bool(settings.hosts) or not settings.is_loopback
        is_well = settings.auth_none_is_fine or not is_exposed
        return Finding("sign-in", is_well, reader("doctor.auth_none_exposed" if is_exposed else "doctor.auth_none"))
    services = open_people(settings)
    try:
        everybody, admins = services.people.all(), services.people.admins()
    except PeopleUnavailableError as error:
        return Finding("sign-in", False, reader.say(error.sentence))
    finally:
        services.close()
    numbers = {"people": reader.number(len(everybody)), "admins": reader.number(len(admins))}
    key = "doctor.auth" if admins else "doctor.auth_no_admin"
    return Finding("sign-in", bool(admins), reader(key, way=settings.auth, **numbers))


def _language_model(settings: Settings, reader: Reader) -> list[Finding]:
    if not settings.llm_url:
        return []
    from app.language_model import models_of

    try:
        known = models_of(settings)
    except ValueError as error:
        return [Finding("llm", False, reader("doctor.llm_away", url=without_sign_in(settings.llm_url), why=error))]
    named = settings.llm_model or reader("doctor.llm_unnamed")
    is_well = known is None or not settings.llm_model or settings.llm_model in known
    key = "doctor.llm_unlisted" if known is None else "doctor.llm_well" if is_well else "doctor.llm_unknown"
    return [Finding("llm", is_well, reader(key, url=without_sign_in(settings.llm_url), model=named))]


def _server(settings: Settings, reader: Reader) -> list[Finding]:
    """Return whether a server runs, is ready, and how its background jobs are doing."""
    url = running_server(settings.data)
    if not url:
        return [Finding("server", True, reader("doctor.no_server"))]
    try:
        health = ask(url, "/readyz", [], reader.locale, secret_of(settings.data))
        ready = Finding("server", not health["reason"], f"{url} {health['reason']}".strip())
        waiting = Finding("saved", not health["waiting"], reader.counted("doctor.waiting", health["waiting"]))
        return [ready, waiting, *(_job(job, reader) for job in health["jobs"])]
    except (OSError, ValueError, KeyError, TypeError) as error:  # another version, or it ended just now
        return [Finding("server", False, reader("doctor.no_health", url=url, why=error))]


def _job(job: dict[str, Any], reader: Reader) -> Finding:
    at = {name: _local(job[name]) or reader("doctor.never") for name in ("succeeded", "failed")}
    key = "doctor.job_failing" if job["failing"] else "doctor.job_late" if job["late"] else "doctor.job_well"
    return Finding(f"job_{job['name']}", not (job["failing"] or job["late"]), reader(key, why=job["why"], **at))


def _local(at: str | None) -> str:
    """Return a time in the machine's time zone, to the second."""
    return datetime.fromisoformat(at).astimezone().isoformat(" ", "seconds") if at else ""
