"""Whoever has not signed in can neither fill the audit log nor ask without end."""

from __future__ import annotations

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from app.services import Services
from kb.people.audit import Wanted
from tests.app.conftest import MakeClient

API = {"accept": "application/json"}


def services(client: TestClient) -> Services:
    assert isinstance(client.app, FastAPI)
    opened: Services = client.app.state.services
    return opened


def denied(client: TestClient) -> list[tuple[str, int]]:
    audit = services(client).people.audit
    audit.retry(at_once=True)
    assert audit.verify() == []
    return [(row.known["route"], row.known["count"]) for row in audit.rows(Wanted(event="denied"))]


def test_made_up_paths_and_methods_are_one_row_without_their_words(make_client: MakeClient) -> None:
    client = make_client({}, auth="local")
    for number in range(30):
        client.request("GET", f"/made-up-{number}/x", headers=API)
        client.request(f"MADE{number}", "/entries/deals/secret", headers=API)
        client.request("GET", f"/api/v1/made-up-{number}", headers=API)
    assert denied(client) == [("…", 90)]


@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer kb_wrong"}, {"cookie": "session=wrong"}])
def test_a_stranger_is_limited_by_network_outside_the_sign_in_page_too(
    make_client: MakeClient, headers: dict[str, str]
) -> None:
    client = make_client({}, auth="local", rate_sign_in=3)
    answers = [client.get(f"/api/v1/search?q={number}", headers=API | headers) for number in range(5)]
    assert [answer.status_code for answer in answers] == [401] * 3 + [429] * 2
    assert client.get("/sign-in").status_code == 200
    assert denied(client) == [("GET /api/v1/search", 3)]
