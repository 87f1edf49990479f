"""The page of connected CRMs: how the last pulls went, for administrators."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request, Response

from app.connections import CRMS, is_scheduled, missing, state_of, write_back
from app.http.dependencies import ReaderDep, SettingsDep
from app.pages.people.view import tabs
from app.pages.view import render
from app.settings import Settings
from app.words.connection_view import counts_of, said_of
from app.words.reader import Reader
from kb.errors import KBError

PAGE = "/connections"

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Shown:
    """A CRM on the page."""

    name: str  # in commands
    label: str
    missing: tuple[str, ...]  # settings; empty: it is connected
    place: str = ""
    said: str = ""
    is_failing: bool = False
    counts: str = ""
    schedule: str = ""
    writes: str = ""
    command: str = ""  # the next step in the terminal


@router.get(PAGE)
def connections_page(request: Request, settings: SettingsDep, reader: ReaderDep) -> Response:
    """Show each CRM."""
    shown = [_shown(settings, name, reader) for name in CRMS]
    context: dict[str, Any] = {"tabs": tabs(PAGE, reader) if settings.auth != "none" else []}
    context["crms"] = sorted(shown, key=lambda one: bool(one.missing))
    return render(request, "connections.html", context)


def _shown(settings: Settings, name: str, reader: Reader) -> Shown:
    lacking = tuple(missing(settings, name))
    if lacking:
        return Shown(name, CRMS[name], lacking)
    try:
        progress = state_of(settings, name).progress
    except KBError as error:
        return Shown(name, CRMS[name], (), said=reader.say(error.sentence), is_failing=True)
    back = write_back(settings, name)
    return Shown(
        name,
        CRMS[name],
        (),
        progress.place,
        said_of(progress, reader),
        bool(progress.failed_at),
        counts_of(progress, reader),
        _schedule(settings, name, reader, is_seen=bool(progress.written_at)),
        reader("connections.writes", fields=", ".join(filter(None, (back.link, back.reasons)))) if back else "",
        "" if progress.written_at else f"kb pull {name} --apply" if progress.read_at else f"kb connect {name}",
    )


def _schedule(settings: Settings, name: str, reader: Reader, *, is_seen: bool) -> str:
    if not is_scheduled(settings, name):
        return reader("connections.by_hand", name=name)
    key = "connections.every" if is_seen else "connections.after_first"
    return reader(key, minutes=reader.number(settings.pull_minutes))
