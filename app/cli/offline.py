"""Answer an API request in this process, where no server runs."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from app.services import make_library
from app.settings import Settings
from app.shapes.search import AnswerOut, SearchParams


def answer_here(settings: Settings, path: str, params: list[tuple[str, str]]) -> Any:
    """Return what the server would answer to a search."""
    given: dict[str, Any] = {}
    for name, value in params:
        if name in ("q", "limit", "explain"):
            given[name] = value
        else:
            given.setdefault(name, []).append(value)
    try:
        wanted = SearchParams.model_validate(given)
    except ValidationError as error:
        return {"error": {"message": f"{path}: {error.errors()[0]['msg']}"}}
    library = make_library(settings)
    try:
        answer = library.search.answer(wanted.q, filters=wanted.filters(), limit=wanted.limit, explain=wanted.explain)
        return AnswerOut.of(answer, library.playbook, "ja", library.loop.trust_of).model_dump(mode="json")
    finally:
        library.close()
