"""An assistant over standard input and output, with the SDK's own client."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client, StdioServerParameters
from typer.testing import CliRunner

from app.cli.main import app
from app.services import open_people
from app.settings import Settings
from tests.app.conftest import FILES
from tests.waiting import found_by
from tests.words import write

pytestmark = pytest.mark.slow  # starts processes
ROOT = Path(__file__).parents[3]


def talk(place: Path, about: Callable[[Client], Awaitable[None]], *address: str) -> None:
    for path, text in FILES.items():
        write(place / "entries", path, text)
    arguments = ["-m", "tests.app.mcp.serving", str(place), *address]
    started = StdioServerParameters(command=sys.executable, args=arguments, cwd=ROOT, env={"PYTHONPATH": str(ROOT)})

    async def run() -> None:
        async with Client(started) as client:
            await about(client)

    anyio.run(run)


async def found(client: Client, query: str) -> list[Any]:
    """Return the hits of a search, once the server has read the entries."""

    async def hits() -> list[Any] | None:
        answer = await client.call_tool("search", {"query": query})
        return None if answer.is_error else list(answer.structured_content["hits"])

    return await found_by(hits, "an answer to a search")


def test_a_client_on_this_machine_searches_reads_and_proposes(tmp_path: Path) -> None:
    async def about(client: Client) -> None:
        hits = await found(client, "極秘")
        assert hits[0]["id"] == "deals/secret"
        assert hits[0]["address"] == "http://127.0.0.1:8000/entries/deals/secret"
        with anyio.move_on_after(0):
            await client.call_tool("search", {"query": "価格"})
        saved = await client.call_tool("propose_entry", {"text": "# 納期の不安\n\n納期は三週間です。\n"})
        read = await client.call_tool("read_entry", {"id": saved.structured_content["id"]})
        assert "status: draft" in read.structured_content["text"]

    talk(tmp_path, about)


def test_who_asks_as_a_person_finds_what_that_person_may_see(tmp_path: Path) -> None:
    people = open_people(Settings(entries=tmp_path / "entries", data=tmp_path / "var", auth="local"))
    people.people.add("mori@example.com", "Mori", "reader", ["marketing"])
    people.close()

    async def about(client: Client) -> None:
        assert "deals/secret" not in {hit["id"] for hit in await found(client, "極秘値引き")}
        assert (await client.call_tool("read_entry", {"id": "deals/secret"})).is_error
        assert (await client.call_tool("propose_entry", {"text": "# 題\n\n本文。\n"})).is_error

    talk(tmp_path, about, "mori@example.com")


def test_an_unknown_person_is_refused_before_anything_is_served(tmp_path: Path) -> None:
    write(tmp_path / "entries", "notes/a.md", "# a\n\nb\n")
    environment = {"KB_ENTRIES": str(tmp_path / "entries"), "KB_DATA": str(tmp_path / "var")}
    result = CliRunner().invoke(app, ["--lang", "en", "mcp", "--as", "nobody@example.com"], env=environment)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "nobody@example.com" in result.stderr
