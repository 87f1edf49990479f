"""The API against its own OpenAPI document: random requests, valid and invalid, with all checks of schemathesis.

`make soak` tries some ten thousand of them and prints how many.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.core.failures import AcceptedNegativeData, Failure, FailureGroup
from schemathesis.openapi.checks import RejectedPositiveData
from schemathesis.schemas import APIOperation

from app import api
from tests.app.conftest import ADDRESS, MakeClient

IS_SOAK = settings().max_examples > 1_000
EXAMPLES = 400 if IS_SOAK else 4  # of each operation, valid and invalid


def _operations() -> dict[str, APIOperation]:
    app = FastAPI()
    app.include_router(api.router)
    app.include_router(api.health_router)
    found = [result.ok() for result in schemathesis.openapi.from_dict(app.openapi()).get_all_operations()]
    return {operation.label: operation for operation in found}


OPERATIONS = _operations()
EXCUSED = {"refused_text", "untitled", "empty_request", "bad_period", "missing_version"}  # what no schema can say


def _faults(case: Case, response: Any) -> list[Failure]:
    """Return what schemathesis objects to, but for what the document cannot express."""
    try:
        case.validate_response(response)
    except FailureGroup as group:
        code = response.json()["error"]["code"] if response.status_code >= 400 else ""
        is_any_text = case.media_type == "text/markdown"  # whatever the bytes are, they are a text
        return [
            failure
            for failure in group.exceptions
            if not (isinstance(failure, RejectedPositiveData) and code in EXCUSED)
            and not (isinstance(failure, AcceptedNegativeData) and is_any_text)
        ]
    return []


@pytest.mark.slow
@pytest.mark.hypothesis
@pytest.mark.parametrize("label", OPERATIONS)
def test_answers_are_as_openapi_says(
    make_client: MakeClient, label: str, record_property: Callable[[str, object], None]
) -> None:
    client, operation, sent = make_client(), OPERATIONS[label], [0]
    client.get("/api/v1/search?q=a")  # before its first answer a server is not ready

    def check(case: Case) -> None:
        options = case.as_transport_kwargs(base_url=ADDRESS)
        wanted = {name: options.get(name) for name in ("method", "url", "params", "json", "data")}
        request = requests.Request(**wanted, headers={**(options["headers"] or {}), "origin": ADDRESS}).prepare()
        response = client.request(
            request.method, request.url, headers=dict(request.headers), content=request.body, follow_redirects=False
        )
        sent[0] += 1
        assert _faults(case, response) == []

    modes = [GenerationMode.POSITIVE]
    if operation.body or {p.name for p in operation.query}:  # else nothing could be invalid
        modes.append(GenerationMode.NEGATIVE)
    for mode in modes:
        run = given(case=operation.as_strategy(generation_mode=mode))(lambda case: check(case))
        settings(
            max_examples=EXAMPLES,
            derandomize=True,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.explicit, Phase.generate],
        )(run)()
    if IS_SOAK:
        record_property("requests", sent[0])
