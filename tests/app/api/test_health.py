"""Whether the server lives and can answer, and what it says of itself."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from app.services import Services
from app.words.catalogue import LOCALES, catalogue_of
from kb.errors import IndexNotReadyError
from tests.app.conftest import FILES, MakeClient

STATE = {"activity", "ready", "fingerprint", "model", "generation", "entries", "chunks", "problems"}
STATE |= {"reason", "degraded", "jobs", "vectors", "meaning", "waiting"}
JOBS = {
    "charts",
    "examples",
    "foretelling",
    "upkeep",
    "check",
    "embed",
    "forget",
    "gaps",
    "index",
    "monitor",
    "poll",
    "prepare",
    "saved",
    "standings",
    "sweep",
    "warm",
    "watch",
}
METHODS = {
    "/api/v1/deals/similar": {"get", "post"},
    "/api/v1/entries": {"get", "post"},
    "/api/v1/entries/check": {"post"},
    "/api/v1/entries/{entry_id}": {"get", "put"},
    "/api/v1/entries/{entry_id}/archive": {"post"},
    "/api/v1/entries/{entry_id}/restore": {"post"},
}


def test_a_server_without_an_index_lives_but_is_not_ready(make_client: MakeClient) -> None:
    empty = make_client(indexed=False)
    alive = empty.get("/healthz").json()
    assert alive["status"] == "ok" and len(alive["base"]) == 32
    response = empty.get("/readyz", headers={"accept-language": "en"})
    assert response.status_code == 503
    assert response.json()["ready"] is False
    assert response.json()["reason"] == str(IndexNotReadyError()) and int(response.headers["retry-after"]) > 0
    found = empty.get("/api/v1/search?q=a")
    assert found.status_code == 503
    assert found.json()["error"]["code"] == "index_not_ready"


@pytest.mark.parametrize("locale", LOCALES)
def test_every_job_has_a_name_for_people(locale: str) -> None:
    catalogue = catalogue_of(locale)
    assert not [name for name in JOBS if catalogue.get(f"doctor.job_{name}") is None]


@pytest.mark.files  # engines have jobs of their own
def test_a_ready_server_tells_the_state_of_its_index(client: TestClient) -> None:
    client.get("/api/v1/search?q=a")
    response = client.get("/readyz")
    assert response.status_code == 200
    assert set(response.json()) == STATE
    assert response.json()["entries"] == len(FILES) - 1
    assert {job["name"] for job in response.json()["jobs"]} == JOBS
    assert (response.json()["reason"], response.json()["degraded"]) == ("", [])


def test_a_server_is_not_ready_until_a_question_was_answered(make_client: MakeClient) -> None:
    fresh = make_client()
    fresh.get("/api/v1/search?q=")  # a list: no model is needed
    early = fresh.get("/readyz", headers={"accept-language": "ja"})
    assert (early.status_code, early.json()["ready"]) == (503, False)
    assert early.json()["reason"].startswith("サーバーを起動しています。")
    fresh.get("/api/v1/search?q=価格")
    assert fresh.get("/readyz").json()["ready"] is True


def test_an_index_that_cannot_be_read_is_a_reason_and_no_error(make_client: MakeClient) -> None:
    broken = make_client()
    broken.get("/api/v1/search?q=a")
    services: Services = broken.app.state.services  # type: ignore[attr-defined]
    with services.library.with_index(lambda index: index.catalog.engine).begin() as connection:
        connection.exec_driver_sql("DROP TABLE meta")
    response = broken.get("/readyz", headers={"accept-language": "en"})
    assert (response.status_code, response.json()["ready"]) == (503, False)
    assert "log" in response.json()["reason"]
    assert broken.get("/healthz").status_code == 200


def test_an_empty_folder_gives_a_ready_server_that_finds_nothing(make_client: MakeClient) -> None:
    bare = make_client({"playbook.yaml": "company: 架空\n"})
    for query in ("", "価格"):
        answer = bare.get("/api/v1/search", params={"q": query}).json()
        assert (answer["total"], answer["hits"], answer["confidence"]) == (0, [], "none")
    assert bare.get("/readyz").status_code == 200


def test_the_schema_describes_every_route_and_its_errors(client: TestClient) -> None:
    schema = client.get("/openapi.json").json()
    for path, methods in schema["paths"].items():
        assert set(methods) == METHODS.get(path, {"get"}), path
        for described in methods.values():
            assert described["description"]
            refused = described["responses"]["422"]["content"]["application/json"]["schema"]
            assert refused == {"$ref": "#/components/schemas/ErrorOut"}
            done = described["responses"].get("200") or described["responses"]["201"]
            assert path.endswith((".csv", "/source")) or done["content"]["application/json"]["schema"]
    assert "HTTPValidationError" not in schema["components"]["schemas"]
