"""Undo an import that was just made on the page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, replace
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from starlette.datastructures import ImmutableMultiDict

from app.http.body import posted_form
from app.http.dependencies import ReaderDep, SeenDep, ServicesDep
from app.http.names import signature_of
from app.http.who import ViewerDep
from app.pages.view import render
from app.services import Services
from app.words.addresses import entry_address
from app.words.reader import Reader
from ingest.playbook_file import PLAYBOOK_NAME
from ingest.undo import Imports, Undone
from kb.errors import ReadOnlyError
from kb.library import Library

PAGE = "/new/files/undo"
INDEXED_AT_ONCE = 200  # files that are out of the search when the page returns
MOST_LISTED = 50

router = APIRouter()
Form = Annotated[ImmutableMultiDict[str, str], Depends(posted_form)]


@router.post(PAGE)
def undo(
    request: Request, services: ServicesDep, seen: SeenDep, reader: ReaderDep, viewer: ViewerDep, form: Form
) -> Response:
    """Remove and bring back what an import wrote, except what has been changed since."""
    settings, store = services.settings, seen.store
    if store.is_readonly:
        raise ReadOnlyError
    author, reason = signature_of(request), reader("files.undo")
    done = imports_of(services).undo(
        form.get("import", ""),
        settings.entries,
        settings.saving_lock,
        lambda path: store.history.commit(path, author, reason),
        viewer.person,
    )
    if done:
        paths = (*done.gone, *done.restored)
        services.people.audit.note("import-undone", viewer, entries=len(paths))
        services.intake.index_files(paths if len(paths) <= INDEXED_AT_ONCE else None)
    done = _shown(done, seen.library) if done else None
    context = {"done": done, "sentences": _said(done, reader) if done else [], "kept": _kept(done, seen.library)}
    return render(request, "undone.html", context, status=200 if done else 404)


def imports_of(services: Services) -> Imports:
    """Return the imports that can be undone."""
    return Imports(services.settings.data / "imports")


def _shown(done: Undone, library: Library) -> Undone:
    """Return what was done without files that are kept and now hidden from whoever imported them."""
    if library.shows_everything:
        return done
    known = library.entries.ids_at(done.kept)
    return replace(done, kept=tuple(path for path in done.kept if path in known or path == PLAYBOOK_NAME))


def _said(done: Undone, reader: Reader) -> list[str]:
    counts = {name: len(_entries(paths)) for name, paths in asdict(done).items()}
    said = [reader.counted(f"files.undone_{name}", count) for name, count in counts.items() if count]
    totals = [name for name in ("restored", "kept") if PLAYBOOK_NAME in getattr(done, name)]
    return said + [reader(f"files.totals_{name}") for name in totals]


def _entries(paths: Iterable[str]) -> list[str]:
    return [path for path in paths if path != PLAYBOOK_NAME]


def _kept(done: Undone | None, library: Library) -> list[tuple[str, str]]:
    ids = [path.removesuffix(".md") for path in _entries(done.kept)[:MOST_LISTED]] if done else []
    titles = library.entries.summaries(ids)
    return [(titles[i].title if i in titles else i, entry_address(i)) for i in ids]
