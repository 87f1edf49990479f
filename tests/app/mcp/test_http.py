"""An assistant over HTTP, with the SDK's own client against a server on a port."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import httpx2
import pytest
from mcp import Client, MCPError
from mcp.client.streamable_http import streamable_http_client
from starlette.testclient import TestClient

from tests.app.conftest import ADDRESS, FILES, MakeClient
from tests.app.signed_in import services_behind
from tests.attack.serving import attacked

Talk = Callable[[Client], Awaitable[None]]
NEW = "---\ntitle: 納期の不安\n---\n## 話す一文\n> 納期は三週間です。\n"


@pytest.fixture(scope="module")
def address(make_client: MakeClient) -> Iterator[str]:
    """The address of a server over the small base."""
    with attacked(make_client().app) as server:
        yield f"http://127.0.0.1:{server.port}/mcp"


@asynccontextmanager
async def connected(address: str, secret: str = "", mode: Any = "auto") -> AsyncIterator[Client]:
    headers = {"accept-language": "en", **({"authorization": f"Bearer {secret}"} if secret else {})}
    async with (
        httpx2.AsyncClient(headers=headers) as sender,
        Client(streamable_http_client(address, http_client=sender), mode=mode) as client,
    ):
        yield client


def talk(address: str, about: Talk, secret: str = "", mode: Any = "auto") -> None:
    async def run() -> None:
        async with connected(address, secret, mode) as client:
            await about(client)

    anyio.run(run)


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_an_assistant_finds_a_passage_as_written_and_its_address(address: str, mode: str) -> None:
    async def about(client: Client) -> None:
        answer = await client.call_tool("search", {"query": "価格が高いと言われた", "industry": "製造業", "limit": "1"})
        (hit,) = answer.structured_content["hits"]
        assert hit["id"] == "talk-tracks/price"
        assert hit["passage"] in FILES["talk-tracks/price.md"]
        assert hit["passage"].endswith("> 価格が高いというのは、何と比べての高いでしょうか。")
        assert hit["address"] == address.replace("/mcp", "/entries/talk-tracks/price")
        assert answer.structured_content["confidence"].startswith("Match: ")
        read = await client.call_tool("read_entry", {"id": hit["id"]})
        assert read.structured_content["text"] == FILES["talk-tracks/price.md"]

    talk(address, about, mode=mode)


def test_what_is_wrong_with_a_call_is_said_in_a_sentence(address: str) -> None:
    async def about(client: Client) -> None:
        for name, arguments, said in (
            ("search", {"query": "価格", "limit": 11}, "limit: Input should be less than or equal to 10"),
            ("search", {"question": "価格"}, "question: Unknown parameter."),
            ("search", {"query": "x" * 1001}, "query: String should have at most 1000 characters"),
            ("read_entry", {"id": "deals/nothing"}, "No entry has the id 'deals/nothing'."),
            ("similar_deals", {}, "deal"),
            ("scoreboard", {"by": "colour"}, "by: Input should be"),
        ):
            answer = await client.call_tool(name, arguments)
            assert answer.is_error
            assert said in answer.content[0].text
        for refused in (client.call_tool("delete_everything", {}), client.read_resource("kb://entries/deals/nothing")):
            with pytest.raises(MCPError):
                await refused

    talk(address, about)


def test_long_lists_have_pages(address: str) -> None:
    async def about(client: Client) -> None:
        offset, found = 0, []
        while offset is not None:
            page = (await client.call_tool("search", {"limit": 2, "offset": offset})).structured_content
            found += [hit["id"] for hit in page["hits"]]
            offset = page["next_offset"]
        assert len(found) == len(set(found)) == page["total"] == 6

    talk(address, about)


def test_figures_come_with_how_many_deals_are_behind_them(address: str) -> None:
    async def about(client: Client) -> None:
        board = (await client.call_tool("scoreboard", {"by": "industry"})).structured_content
        assert (board["base"]["n"], board["base"]["won"], len(board["rows"])) == (2, 1, 2)
        assert [row["n"] for row in board["rows"]] == [1, 1]
        cases = (
            await client.call_tool("similar_deals", {"text": "製造業の商談。価格が高いと言われた"})
        ).structured_content
        assert cases["rate"]["n"] == cases["rate"]["won"] + cases["rate"]["lost"] == 2
        assert cases["won"][0]["address"].endswith("/entries/deals/aoba")
        assert cases["understood"]["industry"] == ["製造業"]

    talk(address, about)


def test_resources_and_prompts_can_be_listed_and_read(address: str) -> None:
    async def about(client: Client) -> None:
        listed = (await client.list_resources()).resources
        assert {"kb://playbook", "kb://entries/deals/aoba"} <= {one.uri for one in listed}
        assert "kb://entries/notes/draft" not in {one.uri for one in listed}
        entry = await client.read_resource("kb://entries/deals/aoba")
        assert entry.contents[0].text == FILES["deals/aoba.md"]
        assert '"total-cost"' in (await client.read_resource("kb://playbook")).contents[0].text
        titles = {prompt.title for prompt in (await client.list_prompts()).prompts}
        assert titles == {"商談の準備", "失注の振り返り", "Prepare for a call", "Review a lost deal"}
        prompt = await client.get_prompt("prepare_call_ja", {"deal": "製造業、{価格}が課題"})
        assert "製造業、{価格}が課題" in prompt.messages[0].content.text
        with pytest.raises(MCPError):
            await client.get_prompt("prepare_call_ja", {"deal": " "})

    talk(address, about)


def test_a_cancelled_call_leaves_the_server_ready(address: str) -> None:
    async def about(client: Client) -> None:
        with anyio.move_on_after(0):
            await client.call_tool("search", {"query": "価格"})
        assert not (await client.call_tool("search", {"query": "価格"})).is_error

    talk(address, about)


def test_every_tool_has_schemas_and_says_whether_it_only_reads(address: str) -> None:
    async def about(client: Client) -> None:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert [name for name, tool in tools.items() if not tool.annotations.read_only_hint] == ["propose_entry"]
        assert all(tool.description and tool.input_schema and tool.output_schema for tool in tools.values())

    talk(address, about)


def test_a_proposed_entry_is_a_draft_whatever_its_text_says(make_client: MakeClient) -> None:
    client = make_client()
    with attacked(client.app) as server:

        async def about(assistant: Client) -> None:
            text = NEW.replace("---\n## ", "status: published\nverified_by: 佐藤\nverified_on: 2026-01-01\n---\n## ")
            answer = await assistant.call_tool("propose_entry", {"text": text, "kind": "talk-track"})
            saved = answer.structured_content
            assert saved["status"] == "draft"
            written = services_behind(client).library.entries.get(saved["id"])
            assert (written.status, written.verified_by, written.verified_on) == ("draft", "", None)
            again = await assistant.call_tool("propose_entry", {"text": text, "kind": "talk-track"})
            assert again.is_error
            assert saved["id"] in again.content[0].text
            empty = await assistant.call_tool("propose_entry", {"text": " "})
            assert empty.is_error

        talk(f"http://127.0.0.1:{server.port}/mcp", about)


def test_a_read_only_server_takes_no_proposal(make_client: MakeClient) -> None:
    client = make_client(readonly=True)
    with attacked(client.app) as server:

        async def about(assistant: Client) -> None:
            answer = await assistant.call_tool("propose_entry", {"text": NEW})
            assert answer.is_error
            assert "read-only" in answer.content[0].text

        talk(f"http://127.0.0.1:{server.port}/mcp", about)


SENT = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}


def test_other_sites_hosts_and_methods_are_refused_as_for_the_api(client: TestClient) -> None:
    headers = {"accept": "application/json"}
    assert client.post("/mcp", json=SENT, headers=headers).status_code == 200
    elsewhere = {**headers, "origin": "https://elsewhere.example"}
    assert client.post("/mcp", json=SENT, headers=elsewhere).status_code == 403
    assert client.post("/mcp", json=SENT, headers={**headers, "host": "elsewhere.example"}).status_code == 403
    assert client.post("/mcp", content=b"x" * 1_000_001, headers=headers).status_code == 413
    assert client.get("/mcp", headers=headers).status_code == 405
    assert client.delete("/mcp", headers={**headers, "origin": ADDRESS}).status_code == 405
    broken = client.post("/mcp", content=b"{", headers={**headers, "content-type": "application/json"})
    assert broken.status_code == 400
