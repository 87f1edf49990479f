"""The first day: the sample company and the starter playbook, each with one click."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import ImmutableMultiDict

from app.http.body import posted_form
from app.http.dependencies import PlaybookStoreDep, ReaderDep, SeenDep, ServicesDep
from app.http.names import signature_of
from app.http.who import ViewerDep
from app.pages.view import render
from app.pages.writing.partly import need_everything
from app.words.addresses import entry_address
from ingest.sample import add_sample, remove_sample
from kb.errors import ReadOnlyError

router = APIRouter()
Form = Annotated[ImmutableMultiDict[str, str], Depends(posted_form)]


@router.post("/sample")
def sample(
    request: Request,
    services: ServicesDep,
    seen: SeenDep,
    playbooks: PlaybookStoreDep,
    viewer: ViewerDep,
    form: Form,
) -> Response:
    """Add the sample company to an empty base, or remove it."""
    settings = services.settings
    if settings.readonly:
        raise ReadOnlyError
    if not seen.library.shows_everything:  # what is kept is listed by its path
        raise need_everything(services, "kb init")
    if form.get("do") != "remove":
        today, at = services.clock.today(), services.activity.stamp()
        added = add_sample(settings.entries, today, settings.saving_lock, at)
        services.people.audit.note("imported", viewer, entries=len(added), source="sample")
        services.intake.index_files(None)
        return RedirectResponse("/", 303)
    removed = remove_sample(settings.entries, settings.saving_lock)
    gone = len(removed.gone) + len(removed.meetings)
    services.people.audit.note("import-undone", viewer, entries=gone, source="sample")
    services.intake.index_files((*removed.gone, *removed.meetings))
    if removed.since:
        seen.gap_board.forget(removed.since, removed.until, removed.ids)
    services.intake.take_playbook()
    kept = [path.removesuffix(".md") for path in removed.kept]
    titles = seen.library.entries.summaries(kept)
    context = {
        "count": len(removed.gone),
        "meetings": len(removed.meetings),
        "kept": [(titles[i].title if i in titles else i, entry_address(i)) for i in kept],
        "playbook": removed.playbook,
        "base": playbooks.source().content_hash if removed.playbook == "kept" else "",
    }
    return render(request, "sample_removed.html", context)


@router.post("/playbook/start")
def start_playbook(store: PlaybookStoreDep) -> Response:
    """Write the starter playbook, if there is none."""
    store.start()
    return RedirectResponse("/playbook", 303)


@router.post("/playbook/reset")
def reset_playbook(request: Request, store: PlaybookStoreDep, reader: ReaderDep, form: Form) -> Response:
    """Replace the playbook with the starter; the present one stays in the history."""
    reasons = reader("sample.before_reset"), reader("sample.reset_reason")
    store.reset(form.get("base", ""), author=signature_of(request), reasons=reasons)
    return RedirectResponse("/playbook?saved=1", 303)
