"""Answer an API request in this process when no server runs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from app.library import make_library
from app.settings import Settings
from app.shapes.ask import AskOut
from app.shapes.search import AnswerOut, SearchParams
from app.words.reader import Reader
from ingest.check import read_playbook
from kb.search.bounds import with_playbook_keys
from kb.search.query import parse_query


def answer_here(settings: Settings, path: str, params: list[tuple[str, str]], reader: Reader) -> Any:
    """Return what the server would answer to a search or a question."""
    is_asked = path.endswith("/ask")
    try:
        search = _search(params)
    except ValidationError as error:
        return {"error": {"message": f"{path}: {error.errors()[0]['msg']}"}}
    library = make_library(settings)
    try:
        answer = library.search.answer(
            search.q,
            filters=search.filters(),
            limit=search.limit,
            explain=search.explain,
            as_typed=search.as_typed,
            quote=is_asked,
        )
        if is_asked:
            return AskOut.of(answer).model_dump(mode="json")
        shaped = AnswerOut.of(answer, replace(reader, playbook=library.playbook), library.loop.trust_of)
        return shaped.model_dump(mode="json")
    finally:
        library.close()


def check_here(settings: Settings, params: list[tuple[str, str]]) -> None:
    """Check a query again that the server refused in English. Raises QueryTooLongError, BadFilterError."""
    try:
        search = _search(params)
    except ValidationError:
        return
    parse_query(search.q)
    with_playbook_keys(search.filters(), read_playbook(settings.entries)[0])


def _search(params: list[tuple[str, str]]) -> SearchParams:
    values: dict[str, Any] = {}
    for name, value in params:
        if name in ("q", "limit", "explain", "as_typed"):
            values[name] = value
        else:
            values.setdefault(name, []).append(value)
    return SearchParams.model_validate(values)
