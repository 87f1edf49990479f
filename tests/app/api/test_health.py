"""Whether the server lives and can answer, and what it says of itself."""

from __future__ import annotations

from starlette.testclient import TestClient

from tests.app.conftest import FILES, MakeClient

STATE = {"activity", "ready", "fingerprint", "model", "generation", "entries", "chunks", "problems"}
METHODS = {
    "/api/v1/deals/similar": {"post"},
    "/api/v1/entries": {"get", "post"},
    "/api/v1/entries/check": {"post"},
    "/api/v1/entries/{entry_id}": {"get", "put"},
    "/api/v1/entries/{entry_id}/archive": {"post"},
    "/api/v1/entries/{entry_id}/restore": {"post"},
}


def test_a_server_without_an_index_lives_but_is_not_ready(make_client: MakeClient) -> None:
    empty = make_client(indexed=False)
    assert empty.get("/healthz").json() == {"status": "ok"}
    response = empty.get("/readyz")
    assert response.status_code == 503
    assert response.json()["ready"] is False
    found = empty.get("/api/v1/search?q=a")
    assert found.status_code == 503
    assert found.json()["error"]["code"] == "index_not_ready"


def test_a_ready_server_tells_the_state_of_its_index(client: TestClient) -> None:
    response = client.get("/readyz")
    assert response.status_code == 200
    assert set(response.json()) == STATE
    assert response.json()["entries"] == len(FILES) - 1


def test_an_empty_folder_gives_a_ready_server_that_finds_nothing(make_client: MakeClient) -> None:
    bare = make_client({"playbook.yaml": "company: 架空\n"})
    assert bare.get("/readyz").status_code == 200
    for query in ("", "価格"):
        answer = bare.get("/api/v1/search", params={"q": query}).json()
        assert (answer["total"], answer["hits"], answer["confidence"]) == (0, [], "none")


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
