"""The one place that turns errors into HTTP responses."""

from __future__ import annotations

import logging
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from starlette.exceptions import HTTPException

from app.http.dependencies import reader_of, services_of
from app.http.headers import HEADERS
from app.http.methods import allowed
from app.shapes.search import ErrorDetail, ErrorOut
from kb.errors import (
    ActivitySchemaError,
    ActivityUnavailableError,
    ActivityVersionError,
    AddressTooLongError,
    BadFilterError,
    BadPeriodError,
    BusyError,
    CrmDealNotFoundError,
    DatabaseAwayError,
    DuplicateTextError,
    EmbeddingAwayError,
    EmptyRequestError,
    EncodedBodyError,
    EntryNotFoundError,
    ForbiddenError,
    GapNotClosedError,
    HeadersTooLargeError,
    IndexBusyError,
    IndexNotReadyError,
    IndexTurnLostError,
    KBError,
    KeyReusedError,
    MissingVersionError,
    ModelUnavailableError,
    NotSavedError,
    PartlyShownError,
    PartNotReadyError,
    PlaybookUnknownError,
    QueryTooLongError,
    ReadOnlyError,
    RefusedTextError,
    RequestTooLargeError,
    SampleRefusedError,
    StaleEditError,
    StaleFormError,
    TextTooLongError,
    TooManyFilesError,
    UnknownTypeError,
    UntitledError,
)
from kb.people.errors import (
    AddressTakenError,
    BadPasskeyError,
    BadPersonError,
    BadTokenError,
    LastAdminError,
    LastWayError,
    NameTakenError,
    NoGroupsError,
    NotLoggedError,
    PasskeyRefusedError,
    PeopleUnavailableError,
    PersonNotFoundError,
    ProviderAwayError,
    ProxyNeededError,
    SignInNeededError,
    SignInRefusedError,
    TokenNotFoundError,
    TokensUnusedError,
    TooManyRequestsError,
    UnknownRoleError,
    WeakPasswordError,
)
from kb.wording import say

STATUS: dict[type[KBError], int] = {
    EntryNotFoundError: 404,
    CrmDealNotFoundError: 404,
    QueryTooLongError: 422,
    TextTooLongError: 413,
    BadFilterError: 422,
    BadPeriodError: 422,
    EmptyRequestError: 422,
    IndexNotReadyError: 503,
    IndexBusyError: 503,
    IndexTurnLostError: 503,
    DatabaseAwayError: 503,
    PartNotReadyError: 503,
    PlaybookUnknownError: 503,
    ModelUnavailableError: 503,
    EmbeddingAwayError: 503,
    StaleEditError: 412,
    DuplicateTextError: 409,
    RefusedTextError: 422,
    UntitledError: 422,
    ReadOnlyError: 403,
    StaleFormError: 403,
    SampleRefusedError: 409,
    PartlyShownError: 403,
    ActivityUnavailableError: 503,
    ActivitySchemaError: 500,
    ActivityVersionError: 503,
    GapNotClosedError: 409,
    NotSavedError: 507,
    KeyReusedError: 422,
    MissingVersionError: 428,
    RequestTooLargeError: 413,
    TooManyFilesError: 413,
    UnknownTypeError: 415,
    AddressTooLongError: 414,
    HeadersTooLargeError: 431,
    EncodedBodyError: 415,
    BusyError: 503,
    PeopleUnavailableError: 503,
    PersonNotFoundError: 404,
    AddressTakenError: 409,
    NameTakenError: 409,
    BadPersonError: 422,
    LastAdminError: 409,
    NoGroupsError: 409,
    ProxyNeededError: 401,
    SignInRefusedError: 403,
    ProviderAwayError: 503,
    NotLoggedError: 503,
    BadTokenError: 422,
    TokenNotFoundError: 404,
    TokensUnusedError: 401,
    TooManyRequestsError: 429,
    UnknownRoleError: 422,
    WeakPasswordError: 422,
    BadPasskeyError: 422,
    LastWayError: 409,
    PasskeyRefusedError: 401,
    ForbiddenError: 403,
    SignInNeededError: 401,
}
Answers = dict[int | str, dict[str, Any]]


def declared(**when: str) -> Answers:
    """Return for OpenAPI the errors of a route, all of the one shape: `_404="No entry has this id."`."""
    return {int(status[1:]): {"model": ErrorOut, "description": text} for status, text in when.items()}


API_ERRORS = declared(
    _401="Nobody is signed in, and no valid token was sent.",
    _403="The role does not allow it, the host or site is not served, or the server is read-only.",
    _422="A parameter is unknown or has an invalid value.",
    _429="The person or the token has sent too many requests; `Retry-After` says when to try again.",
    _503="The index or the model is not ready yet, or too many requests are waiting.",
)
BODY_ERRORS = declared(_413="The request is too large.", _415="The body is neither JSON nor another type listed here.")
RETRY_SECONDS = 5  # after a 503
FOR_PROGRAMS = ("/api/", "/mcp", "/slack/", "/healthz", "/readyz", "/openapi.json", "/static/")
log = logging.getLogger(__name__)


def install_error_handlers(app: FastAPI) -> None:
    """Turn every error into the one JSON shape, or into a page for a browser."""

    @app.exception_handler(KBError)
    def _known(request: Request, error: KBError) -> Response:
        return error_answer(request, error)

    @app.exception_handler(IndexNotReadyError)
    def _preparing(request: Request, error: IndexNotReadyError) -> Response:
        progress = services_of(request).intake.preparation
        response = error_answer(request, IndexNotReadyError(progress.sentence) if progress else error)
        if progress and request.method == "GET" and wants_page(request):
            response.headers["Refresh"] = str(RETRY_SECONDS)  # the page opens by itself as soon as it can
        return response

    @app.exception_handler(EmbeddingAwayError)
    def _without_meaning(request: Request, error: EmbeddingAwayError) -> Response:
        said = say("Comparing by meaning is not possible at the moment. Try again in a few minutes.")
        return error_answer(request, error, said)  # why it is not stands in the log and in `/readyz`

    @app.exception_handler(PartNotReadyError)
    def _putting_together(request: Request, error: PartNotReadyError) -> Response:
        response = error_answer(request, error)
        response.headers["Refresh"] = str(RETRY_SECONDS)
        return response

    @app.exception_handler(RequestValidationError)
    def _invalid(request: Request, error: RequestValidationError) -> Response:
        fields = [{"name": _place(item), "message": _advice(item)} for item in error.errors()]
        return _answer(request, 422, "invalid_request", _joined(fields), fields)

    @app.exception_handler(HTTPException)
    def _http(request: Request, error: HTTPException) -> Response:
        if error.status_code == 405:
            return _not_allowed(request)
        code = "not_found" if error.status_code == 404 else "http_error"
        return _answer(request, error.status_code, code, str(error.detail))

    @app.exception_handler(Exception)
    def _unknown(request: Request, error: Exception) -> Response:
        log.exception("%s %s failed", request.method, request.url.path, exc_info=error)
        message = say("Something went wrong on the server; its log says what.")
        response = _answer(request, 500, "internal_error", message)
        response.headers.update(HEADERS)  # this handler runs outside all middleware
        return response


def error_answer(request: Request, error: KBError, sentence: str = "") -> Response:
    """Return an error as JSON, or as a page for a browser; with another sentence than its own if one is given."""
    fields = [{"name": error.field, "message": error.sentence}] if isinstance(error, UntitledError) else None
    response = _answer(request, STATUS.get(type(error), 500), _code(error), sentence or error.sentence, fields)
    if response.status_code in (429, 503):
        response.headers["Retry-After"] = str(getattr(error, "seconds", RETRY_SECONDS))
    return response


def error_response(status: int, code: str, message: str, fields: list[dict[str, str]] | None = None) -> JSONResponse:
    """Return an error in the one JSON shape."""
    body = ErrorOut(error=ErrorDetail(code=code, message=message, fields=fields or []))
    return JSONResponse(body.model_dump(), status_code=status)


def invalid_target(request: Request, fields: list[dict[str, str]]) -> Response:
    """Refuse a request whose path or query string is not clean text."""
    if not wants_page(request):
        return error_response(422, "invalid_request", _joined(fields), fields)
    return _answer(request, 422, "", say("The address contains characters that are not text. Enter it again."))


def refusal(request: Request, message: str) -> Response:
    """Refuse a request from another site; a browser gets plain text, since a page's files would be refused too."""
    if not wants_page(request):
        return error_response(403, "refused", message)
    return PlainTextResponse(reader_of(request).say(message), 403)


def wants_page(request: Request) -> bool:
    """Whether a browser asks for a page rather than a program for data."""
    return not request.url.path.startswith(FOR_PROGRAMS) and "html" in request.headers.get("accept", "html")


def _answer(
    request: Request, status: int, code: str, message: str, fields: list[dict[str, str]] | None = None
) -> Response:
    if not wants_page(request):
        return error_response(status, code, message, fields)
    from app.pages.errors import render_error

    return render_error(request, status, message)


def _not_allowed(request: Request) -> Response:
    """Say which methods the address answers: 204 to OPTIONS, otherwise 405."""
    methods = ", ".join(allowed(request.scope))
    if request.method == "OPTIONS":
        response = Response(status_code=204)
    else:
        message = f"{request.method} is not possible here; this address answers {methods}."
        response = _answer(request, 405, "method_not_allowed", message)
    response.headers["Allow"] = methods
    return response


def _joined(fields: list[dict[str, str]]) -> str:
    return "; ".join(f"{field['name']}: {field['message']}" for field in fields[:5])


def _code(error: KBError) -> str:
    name = type(error).__name__.removesuffix("Error")
    return "".join("_" + c.lower() if c.isupper() else c for c in name).lstrip("_")


def _place(item: dict[str, Any]) -> str:
    return ".".join(map(str, item["loc"][1:])) or str(item["loc"][0])


def _advice(item: dict[str, Any]) -> str:
    return "Unknown parameter." if item["type"] == "extra_forbidden" else str(item["msg"])
