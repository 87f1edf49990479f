"""The first day: the sample company and the starter playbook, each with one click."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import ImmutableMultiDict

from app.http.body import posted_form
from app.http.dependencies import PlaybookStoreDep, ServicesDep
from app.pages.view import render
from app.words.addresses import entry_address
from ingest.sample import add_sample, remove_sample
from kb.errors import ReadOnlyError

router = APIRouter()
Form = Annotated[ImmutableMultiDict[str, str], Depends(posted_form)]


@router.post("/sample")
def sample(request: Request, services: ServicesDep, form: Form) -> Response:
    """Add the sample company to an empty base, or remove it."""
    settings = services.settings
    if settings.readonly:
        raise ReadOnlyError
    if form.get("do") != "remove":
        add_sample(settings.entries, services.clock.today(), settings.saving_lock)
        services.intake.index_files(None)
        return RedirectResponse("/", 303)
    removed = remove_sample(settings.entries, settings.saving_lock)
    services.intake.index_files(removed.gone)
    services.intake.take_playbook()
    kept = [(path, entry_address(path.removesuffix(".md")) if path.endswith(".md") else "/playbook")
            for path in removed.kept]  # fmt: skip
    titles = services.library.entries.summaries([path.removesuffix(".md") for path in removed.kept])
    named = [(titles[i].title if (i := path.removesuffix(".md")) in titles else path, address)
             for path, address in kept]  # fmt: skip
    return render(request, "sample_removed.html", {"count": len(removed.gone), "kept": named})


@router.post("/playbook/start")
def start_playbook(store: PlaybookStoreDep) -> Response:
    """Write the starter playbook, if there is none."""
    store.start()
    return RedirectResponse("/playbook", 303)
