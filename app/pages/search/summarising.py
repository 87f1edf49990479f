"""A summary of the hits, made of quotations; on request, where a language model is configured."""

from __future__ import annotations

from dataclasses import replace

from fastapi import APIRouter, Request, Response

from app.http.asker import is_led_here
from app.http.dependencies import LibraryDep, ReaderDep, ServicesDep
from app.pages.search.address import SearchAddress
from app.pages.search.page import answer_to
from app.pages.search.quoting import quote_card
from app.pages.view import render, wants_fragment
from app.summarising import Summarised
from app.words.reader import Reader
from kb.search.summary import Join

router = APIRouter()


@router.get("/summary")
def summary_page(request: Request, services: ServicesDep, library: LibraryDep, reader: ReaderDep) -> Response:
    """Show the sentences that the model chose; a page of another site that leads here asks it nothing."""
    asked = replace(SearchAddress.read(request.query_params), page=1, sort="relevance")
    is_asked = bool(asked.text) and not is_led_here(request)
    made = services.summariser.of(answer_to(asked, library)) if is_asked else Summarised("off")
    parts = [(_join(part.join, reader), quote_card(part.quote, reader)) for part in made.summary.parts]
    context = {"asked": asked, "state": made.state if is_asked else "unasked", "parts": parts, "made": made}
    return render(request, "_summary.html" if wants_fragment(request) else "summary.html", context)


def _join(join: Join, reader: Reader) -> str:
    return reader(f"summary.join.{join}") if join else ""
