"""Assistants of people who sign in: a token says whose, and what they may."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.services import PeopleServices
from kb.people.audit import Wanted
from kb.people.person import Person
from kb.people.tokens import Scope
from tests.app.conftest import FILES, MakeClient
from tests.app.signed_in import services_behind

HEADERS = {"accept": "application/json", "accept-language": "en"}


@dataclass(frozen=True, slots=True)
class Office:
    """A base where people sign in."""

    client: TestClient
    known: PeopleServices
    person: Person  # an author in marketing

    def secret(self, scope: Scope) -> str:
        """Return the secret of a new token."""
        return self.known.tokens.make(self.person, f"assistant {scope}", scope)[1]

    def call(self, secret: str, name: str, **arguments: Any) -> Any:
        """Return the result of a tool."""
        params = {"name": name, "arguments": arguments}
        sent = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
        headers = {**HEADERS, "authorization": f"Bearer {secret}"}
        return self.client.post("/mcp", json=sent, headers=headers).json()["result"]


@pytest.fixture
def office(make_client: MakeClient) -> Iterator[Office]:
    """A base with an entry for sales, and somebody of marketing."""
    client = make_client(FILES, auth="local")
    known = services_behind(client).people
    yield Office(client, known, known.people.add("mori@example.com", "Mori", "author", ["marketing"]))


def test_without_a_token_nothing_is_answered(office: Office) -> None:
    sent = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    for headers in (HEADERS, {**HEADERS, "authorization": "Bearer kb_wrong"}):
        answer = office.client.post("/mcp", json=sent, headers=headers)
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")


def test_an_assistant_finds_only_what_its_person_may_see(office: Office) -> None:
    secret = office.secret("read")
    found = office.call(secret, "search", query="極秘値引きの商談")["structuredContent"]
    assert "deals/secret" not in {hit["id"] for hit in found["hits"]}
    refused = office.call(secret, "read_entry", id="deals/secret")
    assert refused["content"][0]["text"] == "No entry has the id 'deals/secret'."


def test_a_token_that_may_only_read_proposes_nothing_and_the_refusal_is_logged(office: Office) -> None:
    refused = office.call(office.secret("read"), "propose_entry", text="# 納期\n\n三週間。\n")
    assert refused["isError"]
    assert "scope 'read and write'" in refused["content"][0]["text"]
    office.known.audit.retry(at_once=True)
    (row,) = office.known.audit.rows(Wanted(event="denied"))
    assert row.known["route"] == "POST /mcp propose_entry"


def test_a_proposal_is_its_persons_and_logged_under_the_token(office: Office) -> None:
    saved = office.call(office.secret("write"), "propose_entry", text="# 納期\n\n三週間。\n")["structuredContent"]
    entry = services_behind(office.client).library.entries.get(saved["id"])
    assert (entry.status, entry.owner) == ("draft", "Mori")
    (row,) = office.known.audit.rows(Wanted(event="entry-saved"))
    assert (row.about, row.name, row.way) == (saved["id"], "Mori", "assistant write")


def test_requests_of_assistants_count_as_the_tokens(make_client: MakeClient) -> None:
    client = make_client(FILES, auth="local", rate_token=2)
    known = services_behind(client).people
    secret = known.tokens.make(known.people.add("mori@example.com", "Mori", "reader", []), "assistant", "read")[1]
    sent = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    headers = {**HEADERS, "authorization": f"Bearer {secret}"}
    assert [client.post("/mcp", json=sent, headers=headers).status_code for _ in range(3)] == [200, 200, 429]
