"""Assistants that send nonsense: an answer in the protocol, never a fault of the server, never too much."""

from __future__ import annotations

import json
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.mcp.server import MOST_ANSWER
from app.shapes.assistants import MOST_PASSAGE, MOST_TEXT
from tests.app.conftest import MakeClient
from tests.words import note

HEADERS = {"accept": "application/json", "content-type": "application/json", "accept-language": "en"}
DEEP = "[" * 5_000 + "]" * 5_000
MODERN = {"mcp-protocol-version": "2026-07-28", "mcp-method": "tools/list"}


def call(client: TestClient, name: str, arguments: Any) -> Any:
    sent = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": name, "arguments": arguments}}
    answer = client.post("/mcp", content=json.dumps(sent).encode("ascii"), headers=HEADERS)
    assert answer.status_code < 500, answer.text
    return answer.json()


@pytest.mark.parametrize("name", ["search", "read_entry", "similar_deals", "scoreboard", "gaps", "propose_entry"])
@pytest.mark.parametrize(
    "arguments",
    [
        {"query": "\ud800", "id": "\ud800", "text": "\ud800"},
        {"query": "価格\x00", "id": "notes/\x00", "text": "a\x00b"},
        {"id": "../playbook.yaml"},
        {"id": "x" * 501, "query": "x" * 1_001, "text": "x" * 20_001},
        {"offset": 10**30, "id": "deals/aoba"},
        {"offset": -1, "id": "deals/aoba"},
        {"limit": "many"},
        {"industry": {"a": 1}, "id": [1], "text": 5},
        {"by": "industry", "industry": ["x"] * 51},
    ],
)
def test_nonsense_is_a_result_that_says_so(client: TestClient, name: str, arguments: dict[str, Any]) -> None:
    answer = call(client, name, arguments)
    assert "Something went wrong" not in str(answer)
    assert answer.get("error") or answer["result"].get("isError")


@pytest.mark.parametrize("headers", [{}, MODERN])
@pytest.mark.parametrize(
    "body",
    ["", "{", "[]", "null", "7", DEEP, '{"jsonrpc": "2.0"}', '{"jsonrpc": "2.0", "id": 1, "method": "tools/call"}',
     '{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": []}', "\x00", '{"id": ' + "9" * 5_000 + "}",
     '[{"jsonrpc": "2.0", "id": 1, "method": "tools/list"}]'],
)  # fmt: skip
def test_what_is_no_message_is_refused(client: TestClient, body: str, headers: dict[str, str]) -> None:
    answer = client.post("/mcp", content=body.encode(), headers={**HEADERS, **headers})
    assert 400 <= answer.status_code < 500 or "error" in answer.json()


@pytest.mark.parametrize(
    "uri", ["", "kb://entries/", "kb://entries/%2e%2e/playbook.yaml", "file:///etc/passwd", "x" * 9_000]
)
def test_a_resource_that_is_none_is_refused_and_not_repeated_at_length(client: TestClient, uri: str) -> None:
    sent = {"jsonrpc": "2.0", "id": 1, "method": "resources/read", "params": {"uri": uri}}
    answer = client.post("/mcp", json=sent, headers=HEADERS)
    assert len(answer.text) < 1_000
    assert "error" in answer.json()


@pytest.mark.parametrize("cursor", ["-1", "1e3", "99999999", "１２", "x"])
def test_a_made_up_cursor_is_refused(client: TestClient, cursor: str) -> None:
    sent = {"jsonrpc": "2.0", "id": 1, "method": "resources/list", "params": {"cursor": cursor}}
    assert "error" in client.post("/mcp", json=sent, headers=HEADERS).json()


def test_no_answer_fills_a_conversation(make_client: MakeClient) -> None:
    long, letters = "長い題" * 400, "```\n" + "価格が高い。" * 5_000 + "\n```"
    files = {f"notes/{n}.md": note(f"{long}{n}", letters, tags="[価格]") for n in range(12)}
    files |= {
        f"deals/{n}.md": note(
            f"{long}{n}", letters, outcome=("won", "lost")[n % 2], customer=long, industry=f"業種{n % 3}"
        )
        for n in range(12)
    }
    client = make_client(files)
    for name, arguments in (
        ("search", {"query": "価格が高い", "limit": 10}),
        ("read_entry", {"id": "notes/1"}),
        ("similar_deals", {"text": "価格が高い", "k": 5}),
        ("scoreboard", {"by": "industry", "limit": 20}),
    ):
        result = call(client, name, arguments)["result"]
        assert not result.get("isError"), result
        assert len(result["content"][0]["text"]) < MOST_ANSWER
        if name == "search":
            assert max(len(hit["passage"]) for hit in result["structuredContent"]["hits"]) <= MOST_PASSAGE


def test_a_long_entry_is_read_in_parts_that_make_the_whole(make_client: MakeClient) -> None:
    text = note("長い記録", "価格が高いと言われた。\n" * 2_000)
    client = make_client({"notes/long.md": text})
    read, offset = "", 0
    while offset is not None:
        part = call(client, "read_entry", {"id": "notes/long", "offset": offset})["result"]["structuredContent"]
        assert len(part["text"]) <= MOST_TEXT
        read, offset = read + part["text"], part["next_offset"]
    assert read == text
