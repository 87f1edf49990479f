"""Applications of one process share their routes, and nothing else."""

from __future__ import annotations

from app.routes import routes
from tests.app.conftest import MakeClient
from tests.app.declared import description_of
from tests.words import note


def test_applications_with_the_same_routes_answer_from_their_own_entries(make_client: MakeClient) -> None:
    one, other = (make_client({"notes/own.md": note(title)}) for title in ("青い話", "赤い話"))
    titles = [client.get("/api/v1/entries/notes/own").json()["title"] for client in (one, other, one)]
    assert titles == ["青い話", "赤い話", "青い話"]


def test_only_where_people_sign_in_the_api_says_how(make_client: MakeClient) -> None:
    open_to_all, signed = make_client(), make_client(auth="local")
    assert routes(is_signed=False) is not routes(is_signed=True)
    for client, has_secrets in ((open_to_all, False), (signed, True)):
        described = description_of(client.app)  # type: ignore[arg-type]
        assert described == client.app.openapi()  # type: ignore[attr-defined]
        search = described["paths"]["/api/v1/search"]["get"]
        assert bool(search.get("security")) is has_secrets
