"""Read request bodies, up to a limit: JSON, bare Markdown, or a form."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar
from urllib.parse import parse_qsl

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from starlette.datastructures import ImmutableMultiDict

from ingest.files import MAX_FILE_BYTES, decode
from kb.entry import Problem
from kb.errors import RefusedTextError, RequestTooLargeError

MOST_BYTES = 4 * MAX_FILE_BYTES  # a file in a form, each Japanese letter percent-encoded (%E3%81%82)
MOST_FIELDS = 1_000
MARKDOWN = ("text/markdown", "text/plain")
Model = TypeVar("Model", bound=BaseModel)


async def body_of(request: Request, limit: int = MOST_BYTES) -> bytes:
    """Return the body of a request. Raises RequestTooLargeError before more than the limit is read."""
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > limit:
            raise RequestTooLargeError(limit)
        parts.append(part)
    return b"".join(parts)


async def posted_form(request: Request) -> ImmutableMultiDict[str, str]:
    """Return the fields of a form."""
    body = await body_of(request)
    try:
        pairs = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise RequestTooLargeError(MOST_BYTES) from error
    return ImmutableMultiDict(pairs)


async def posted(request: Request, model: type[Model]) -> Model:
    """Return what a program sends: JSON, or Markdown as the body with the other fields in the query string."""
    body = await body_of(request)
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() not in MARKDOWN:
        return _checked(lambda: model.model_validate_json(body))
    decoded = decode(body, "")
    if isinstance(decoded, Problem):
        raise RefusedTextError(decoded.message)
    fields = {**request.query_params, "text": decoded.text}
    return _checked(lambda: model.model_validate(fields))


def _checked(read: Callable[[], Model]) -> Model:
    try:
        return read()
    except ValidationError as error:
        details = [{**item, "loc": ("body", *item["loc"])} for item in error.errors(include_url=False)]
        raise RequestValidationError(details) from error
