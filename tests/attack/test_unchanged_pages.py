"""A page the browser has is not sent again, and nobody is taken for somebody else."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from tests.app.conftest import MakeClient, client, make_client

__all__ = ["client", "make_client"]
PAGES = ["/", "/?q=価格", "/playbook", "/problems", "/entries/deals/aoba", "/new", "/scoreboard?by=angle", "/loop"]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_with_nothing_new_is_not_sent_again(client: TestClient, path: str) -> None:
    client.get(path)  # the first visit sets the cookie, and pictures may not be drawn yet
    first = client.get(path)
    assert first.status_code == 200 and first.headers["cache-control"] == "private, no-cache"
    again = client.get(path, headers={"if-none-match": f'"other", W/{first.headers["etag"]}'})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"] and "Cookie" in again.headers["vary"]
    assert "content-security-policy" in again.headers and "content-length" not in again.headers


@pytest.mark.parametrize("header", [{"accept-language": "en"}, {"cookie": "lang=en"}, {"x-fragment": "results"}])
def test_a_page_for_somebody_else_is_sent(client: TestClient, header: dict[str, str]) -> None:
    first = client.get("/?q=価格", headers={"accept-language": "ja"})
    other = client.get("/?q=価格", headers={"accept-language": "ja", **header, "if-none-match": first.headers["etag"]})
    assert other.status_code == 200 and other.headers["etag"] != first.headers["etag"]


def test_a_page_changes_its_tag_with_what_people_do(make_client: MakeClient) -> None:
    client = make_client()
    page = "/entries/talk-tracks/price"
    first = client.get(page).headers["etag"]
    client.post("/helpful/talk-tracks/price", follow_redirects=False)
    assert client.get(page, headers={"if-none-match": first}).status_code == 200


def test_errors_and_answers_to_forms_have_no_tag(client: TestClient) -> None:
    assert "etag" not in client.get("/entries/nothing").headers
    assert "etag" not in client.post("/deals/similar", data={"text": "価格" * 2_000}).headers
