"""Read request bodies, which are complete and within their limit here: JSON, bare Markdown, or a form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from starlette.datastructures import FormData, ImmutableMultiDict
from starlette.exceptions import HTTPException

from app.http.csrf import FIELD, UNSENT, need_token
from ingest.batch import MOST_FILES
from ingest.files import MAX_FILE_BYTES, decode
from kb.entry import Problem
from kb.errors import RefusedTextError, RequestTooLargeError, StaleFormError, TooManyFilesError, UnknownTypeError

MOST_BYTES = 4 * MAX_FILE_BYTES  # a file in a form, each Japanese letter percent-encoded (%E3%81%82)
MOST_FIELDS = 1_000
MOST_FILES_BYTES = 3 * MOST_BYTES  # all uploaded files together
MOST_FILE_FIELDS = 3 * MOST_FILES + 5_000  # of a form with files: these, and the columns and stages of exports
FILE_FORMS = "/new/files"  # beginning of the only pages that take files
MARKDOWN = ("text/markdown", "text/plain")
JSON, FORM, FILES = "application/json", "application/x-www-form-urlencoded", "multipart/form-data"
Model = TypeVar("Model", bound=BaseModel)


async def need_own_form(request: Request) -> None:
    """Refuse a change that no page of ours sent: the dependency of all pages. Raises as the two below."""
    if request.method == "POST":
        is_files = _type_of(request) == FILES and request.url.path.startswith(FILE_FORMS)
        await (posted_files if is_files else posted_form)(request)


async def posted_form(request: Request) -> ImmutableMultiDict[str, str]:
    """Return the fields of a form.

    Raises StaleFormError, UnknownTypeError, RequestTooLargeError for too many fields.
    """
    if (kind := _type_of(request)) not in ("", FORM):
        raise UnknownTypeError(kind, FORM)
    body = await request.body()
    try:
        pairs = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise RequestTooLargeError(MOST_BYTES) from error
    form = ImmutableMultiDict(pairs)
    try:
        need_token(request, form.get(FIELD, ""))
    except StaleFormError:
        setattr(request.state, UNSENT, [(name, value) for name, value in pairs if name != FIELD])
        raise
    return form


async def posted_files(request: Request) -> FormData:
    """Return a form with files.

    Raises StaleFormError, TooManyFilesError, RequestTooLargeError, and RequestValidationError for anything else.
    """
    try:
        form = await request.form(max_files=MOST_FILES, max_fields=MOST_FILE_FIELDS, max_part_size=2 * MOST_FILES_BYTES)
    except HTTPException as error:
        if str(error.detail).startswith("Too many"):
            raise TooManyFilesError(MOST_FILES) from error
        if "exceeded maximum size" in str(error.detail):
            raise RequestTooLargeError(MOST_FILES_BYTES) from error
        problem = {"type": "multipart", "loc": ("body",), "msg": str(error.detail)}
        raise RequestValidationError([problem]) from error
    try:
        need_token(request, str(form.get(FIELD) or ""))
    except StaleFormError:
        await form.close()
        raise
    return form


async def posted(request: Request, model: type[Model], *, is_text: bool = True) -> Model:
    """Return what a program sends: JSON, or (`is_text`) Markdown as the body with the other fields in the query string.

    Raises UnknownTypeError, RefusedTextError and RequestValidationError.
    """
    kind, body = _type_of(request), await request.body()
    if kind in ("", JSON):
        _refuse_query(request)
        return _checked(lambda: model.model_validate_json(body, strict=True))
    if not is_text or kind not in MARKDOWN:
        raise UnknownTypeError(kind, f"{JSON} / {MARKDOWN[0]}" if is_text else JSON)
    decoded = decode(body, "")
    if isinstance(decoded, Problem):
        raise RefusedTextError(decoded.message)
    fields = {**request.query_params, "text": decoded.text}
    return _checked(lambda: model.model_validate(fields))


def described(model: type[BaseModel], *, is_text: bool = True) -> dict[str, Any]:
    """Describe for OpenAPI the ways to send a model."""
    content = {JSON: {"schema": _inlined(model.model_json_schema())}}
    if is_text:
        content[MARKDOWN[0]] = {"schema": {"type": "string"}}
    return {"requestBody": {"required": True, "content": content}}


def _inlined(schema: dict[str, Any]) -> dict[str, Any]:
    """Put the parts of a schema where they are used: references into it would point nowhere in the whole document."""
    parts = schema.pop("$defs", {})

    def without_references(node: Any) -> Any:
        if isinstance(node, list):
            return [without_references(item) for item in node]
        if not isinstance(node, dict):
            return node
        found = parts[node["$ref"].rpartition("/")[2]] if "$ref" in node else node
        return {name: without_references(value) for name, value in found.items()}

    inlined: dict[str, Any] = without_references(schema)
    return inlined


def _type_of(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _refuse_query(request: Request) -> None:
    """Refuse parameters in the address beside JSON, where they would be ignored."""
    if names := list(request.query_params):
        raise RequestValidationError([{"type": "extra_forbidden", "loc": ("query", name)} for name in names])


def _checked(read: Callable[[], Model]) -> Model:
    try:
        return read()
    except ValidationError as error:
        details = [{**item, "loc": ("body", *item["loc"])} for item in error.errors(include_url=False)]
        raise RequestValidationError(details) from error
