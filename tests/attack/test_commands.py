"""Every command has a verdict on who it shows what; those that show a part betray nothing of the rest."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import pytest
import typer
from mcp import Client
from typer.core import TyperGroup
from typer.testing import CliRunner

from app.cli.assistants import _viewer
from app.cli.main import app as kb
from app.data_folder import MASKING_KEY, secret_key
from app.mcp.caller import Caller
from app.mcp.server import make_server
from app.services import Services, open_people, open_services
from app.settings import Settings
from app.words.reader import Reader
from ingest.sync import sync
from kb.people.errors import PersonNotFoundError
from tests.attack.hidden_base import MARKETING, ONLOOKERS, WORD, Onlooker, files, hidden_from, hidden_id, visible_id
from tests.attack.test_viewers import CLOCK
from tests.words import WordEmbedder, write

WHOLE = "the operator's: it works on all files, and shows all"
SHOWN = "shows what KB_VISIBILITY shows"
PERSON = "shows what a person may see"
ABOUT_RECEIVERS = "the operator's: about who hears of changes, not entries"
ABOUT_MODEL = "the operator's: turns texts into vectors, and knows no entries"
ABOUT_PEOPLE = "the operator's: about people, not entries"
VERDICTS = {
    **dict.fromkeys(("serve", "sync", "check", "init", "new", "add", "rebuild", "doctor", "backup", "restore"), WHOLE),
    **dict.fromkeys(("migrate", "connect", "pull", "write-back"), WHOLE),
    "embeddings": ABOUT_MODEL,
    **dict.fromkeys(("import crm", "import transcript", "import docs", "import vault"), WHOLE),
    **dict.fromkeys(("search", "ask", "show", "export", "meeting", "judge", "quality", "people names"), SHOWN),
    **dict.fromkeys(("mcp", "digest"), PERSON),
    **dict.fromkeys(("webhooks list", "webhooks test"), ABOUT_RECEIVERS),
    **dict.fromkeys(("audit verify", "audit head", "audit list", "audit export"), ABOUT_PEOPLE),
    **dict.fromkeys(("tokens make", "tokens list", "tokens revoke"), ABOUT_PEOPLE),
    **dict.fromkeys(
        (f"people {name}" for name in ("add", "list", "change", "link", "disable", "link-name", "unlink-name")),
        ABOUT_PEOPLE,
    ),
    "people forget": WHOLE,
}
MARKETER = Onlooker("kb", sees=(MARKETING,))  # as KB_VISIBILITY=all,marketing has it
NOISE = re.compile(r'"took_ms": [\d.]+|"(?:reused|seconds)": [\d.]+')
SECRET = hidden_from(MARKETER)[0]
ASKED = [
    *(["search", *options, words] for options in ((), ("--json", "--explain")) for words in ("価格が高い", "値引き")),
    *(["search", "--json", f"zq{number:02}body"] for number in (SECRET, 38)),
    ["search", "--json", "--tag", f"zq{SECRET:02}tag", "価格"], ["ask", "価格が高いと言われたら"],
    ["ask", "--json", f"zq{SECRET:02}quote と言った"],
    *(["show", one] for one in (hidden_id(SECRET), hidden_id(38), "notes/nothing", visible_id(1))),
    ["show", "--json", visible_id(1)],
    *(["export", "--format", form] for form in ("jsonl", "csv")),
    *(["meeting", "--period", "2026-09", "--format", form] for form in ("md", "csv")),
    ["meeting", "--period", "2026-09", "--stored"], ["judge"], ["quality"], ["people", "names"],
]  # fmt: skip


def _commands(group: TyperGroup, above: str = "") -> Iterator[str]:
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from _commands(command, f"{above}{name} ")
        else:
            yield f"{above}{name}"


def test_every_command_has_a_verdict() -> None:
    tree = typer.main.get_command(kb)
    assert isinstance(tree, TyperGroup)
    commands = set(_commands(tree))
    assert commands - VERDICTS.keys() == set(), "say in VERDICTS whom it shows what"
    assert VERDICTS.keys() - commands == set()
    tried = {" ".join(arguments[:2]) if arguments[0] == "people" else arguments[0] for arguments in ASKED}
    assert tried == {command for command, verdict in VERDICTS.items() if verdict == SHOWN}


@pytest.mark.slow
@pytest.mark.model
def test_what_commands_show_is_that_of_a_base_without_the_hidden_entries(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = []
    for name, texts in (("holding", files()), ("without", files((MARKETING,)))):
        place = tmp_path / name
        for path, text in texts.items():
            write(place / "entries", path, text)
        monkeypatch.setenv("KB_ENTRIES", str(place / "entries"))
        monkeypatch.setenv("KB_DATA", str(place / "var"))
        monkeypatch.setenv("KB_VISIBILITY", "all,marketing")
        ran = {" ".join(one): CliRunner().invoke(kb, ["--lang", "ja", *one]) for one in (["sync"], *ASKED)}
        del ran["sync"]
        said.append({one: (r.exit_code, NOISE.sub("", r.output).replace(str(place), "")) for one, r in ran.items()})
    assert said[0] == said[1]
    open_words = set(WORD.findall(str(files((MARKETING,)))))
    betrayed = {
        one: set(WORD.findall(text)) - open_words - set(WORD.findall(one)) for one, (_, text) in said[0].items()
    }
    assert not {one: words for one, words in betrayed.items() if words}
    assert [one for one, (code, _) in said[0].items() if code not in (0, 1)] == []
    answered = {one.split()[0] for one, (code, _) in said[0].items() if code == 0}
    assert answered >= {"search", "ask", "show", "export", "meeting", "judge", "people"}
    assert "/seen-" in said[0]["search --json --explain 価格が高い"][1]


@pytest.mark.parametrize(
    "who", [one for one in ONLOOKERS if one.role and not one.token_teams], ids=lambda who: who.name
)
def test_what_an_assistant_of_a_person_gets_from_a_command_is_that_of_a_base_without_the_hidden_entries(
    tmp_path: Path, who: Onlooker
) -> None:
    assert who.role
    secret_key(tmp_path / MASKING_KEY)
    said = []
    for name, texts in (("holding", files()), ("without", files(who.sees))):
        place = tmp_path / name
        for path, text in texts.items():
            write(place / "entries", path, text)
        (place / "var").mkdir()
        shutil.copy(tmp_path / MASKING_KEY, place / "var")  # or masked entries have other addresses
        settings = Settings(entries=place / "entries", data=place / "var")  # without KB_AUTH, as a client starts it
        known = open_people(settings, CLOCK)
        known.people.add("one@example.com", who.name, who.role, who.teams)
        known.close()
        services = open_services(settings, WordEmbedder(), clock=CLOCK)
        try:
            services.library.with_index(partial(sync, folder=settings.entries))
            services.library.refresh()
            said.append(anyio.run(_heard, services, hidden_from(who)))
        finally:
            services.close()
    assert said[0] == said[1]


async def _heard(services: Services, hidden: list[int]) -> list[str]:
    """Return what an assistant hears."""
    person = _viewer(services, "one@example.com")
    server = make_server(lambda _context: Caller.here(services, person, Reader.of("ja")), "0")
    secret, words = hidden_id(hidden[0]), f"zq{hidden[0]:02}body"
    asked: tuple[tuple[str, dict[str, Any]], ...] = (
        ("search", {"query": "価格が高い", "limit": 10}),
        ("search", {"query": words}),
        ("search", {"query": "価格", "tag": [f"zq{hidden[0]:02}tag"]}),
        ("read_entry", {"id": secret}),
        ("read_entry", {"id": visible_id(1)}),
        ("similar_deals", {"text": f"価格が高い {words}"}),
        ("scoreboard", {"by": "reason"}),
        ("gaps", {}),
    )
    heard = []
    async with Client(server) as client:
        for name, arguments in asked:
            answer = await client.call_tool(name, arguments)
            heard.append(f"{name} {answer.is_error} {json.dumps(answer.structured_content, ensure_ascii=False)}")
        resources = await client.list_resources()
        heard.append(str(sorted(str(one.uri) for one in resources.resources)))
    return heard


def test_nobody_asks_as_a_person_who_is_unknown_or_was_disabled(tmp_path: Path) -> None:
    settings = Settings(entries=tmp_path / "entries", data=tmp_path / "var")
    write(settings.entries, "notes/a.md", "# a\n")
    services = open_services(settings, WordEmbedder())
    try:
        person = services.people.people.add("one@example.com", "One", "reader", ())
        services.people.people.change(person.id, is_disabled=True)
        for address in ("one@example.com", "two@example.com"):
            with pytest.raises(PersonNotFoundError):
                _viewer(services, address)
    finally:
        services.close()
