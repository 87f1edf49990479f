"""Entries whose ids end like the address of a part or of an action are reached, and so are the parts of others."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from app.words.addresses import api_address, entry_address
from tests.app.conftest import MakeClient
from tests.words import note

PARTS = ("similar", "lineage", "source")
ACTIONS = ("archive", "restore")
WORDS = (*PARTS, *ACTIONS, "history", "edit", "check")


@pytest.fixture(scope="module")
def client(make_client: MakeClient) -> Iterator[TestClient]:
    files = {f"deals/x/{word}.md": note(f"見出し {word}", f"{word} の本文。") for word in WORDS}
    below = {f"notes/{word}.md": note(f"別の {word}", f"{word} は別。") for word in WORDS}
    yield make_client({**files, **below, "deals/x.md": note("親の話"), "deals/y.md": note("隣の話")})


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("folder", ["deals/x", "notes"])
def test_an_entry_named_like_a_part_is_reached(client: TestClient, folder: str, word: str) -> None:
    entry_id = f"{folder}/{word}"
    assert client.get(api_address(entry_id)).json()["id"] == entry_id
    page = client.get(entry_address(entry_id)).text
    assert f"entries/{entry_id}.md<" in page
    for action in ("edit", "history", "lineage"):
        assert entry_id in client.get(f"/{action}/{entry_id}").text


@pytest.mark.parametrize("entry_id", ["deals/y", "deals/x/similar", "deals/x/source", "notes/lineage"])
@pytest.mark.parametrize("part", PARTS)
def test_the_parts_of_any_entry_are_reached_as_before(client: TestClient, entry_id: str, part: str) -> None:
    before, named = client.get(f"{api_address(entry_id)}/{part}"), client.get(f"{api_address(entry_id)}?part={part}")
    assert before.status_code == 200 and before.content == named.content
    if part == "source":
        assert before.headers["etag"] == named.headers["etag"] and before.text.startswith("---\ntitle:")
    elif part == "lineage":
        assert before.json()["entry"]["id"] == entry_id
    else:
        assert before.json() and entry_id not in [hit["id"] for hit in before.json()]


@pytest.mark.parametrize("part", PARTS)
def test_part_says_without_doubt_what_is_asked_for(client: TestClient, part: str) -> None:
    """`deals/x` has a part with the address that is the id of another entry."""
    whole = f"deals/x/{part}"
    assert client.get(f"/api/v1/entries/{whole}?part=entry").json()["id"] == whole
    found = client.get(f"/api/v1/entries/deals/x?part={part}")
    said = {"similar": '"band"', "lineage": '"id":"deals/x"', "source": "title: 親の話"}[part]
    assert found.status_code == 200 and said in found.text
    assert client.get(f"/api/v1/entries/{whole}?part=none").status_code == 422


def test_a_hidden_entry_is_not_betrayed_by_the_address_of_a_part(make_client: MakeClient) -> None:
    files = {
        "deals/x.md": note("親の話"),
        "deals/x/similar.md": note("極秘", visibility="sales"),
        "notes/y.md": note("隣"),
    }
    client = make_client(files, visibility="all")
    assert [hit["id"] for hit in client.get("/api/v1/entries/deals/x/similar").json()] == ["notes/y"]


@pytest.mark.parametrize("word", WORDS)
def test_an_entry_named_like_an_action_is_changed_archived_and_restored(client: TestClient, word: str) -> None:
    address = api_address(f"deals/x/{word}")
    version = client.get(f"{address}/source").headers["etag"]
    text = note(f"見出し {word}", f"{word} の新しい本文。")
    changed = client.put(address, json={"text": text}, headers={"if-match": version})
    assert changed.json()["id"] == f"deals/x/{word}"
    assert client.post(f"{address}/archive").json()["id"] == f"deals/x/{word}"
    assert (
        client.get(address).json()["status"] == "archived"
        and client.get("/api/v1/entries/deals/x").json()["status"] == "published"
    )
    assert client.post(f"{address}/restore").json()["id"] == f"deals/x/{word}"
    assert client.get(address).json()["status"] == "published"
