"""While nobody can read which rules the playbook has, nothing is shown; it may mask what is in the entries."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from app.connections import puller_of
from app.main import create_app
from app.playbook import playbook_in_force
from app.services import open_services
from app.settings import Settings
from ingest.check import PlaybookFile
from kb.errors import PlaybookUnknownError
from kb.viewer import OPERATOR
from tests.app.cli.test_main import Place
from tests.app.cli.test_starting_without import PAGE, asked, ready, serving
from tests.app.conftest import ADDRESS
from tests.engines import Engines
from tests.viewing import seen_by, viewer
from tests.waiting import wait_until
from tests.words import WordEmbedder, note, write

RULES = "visibility: {deal: sales}\nmasking:\n  - {what: [customer, amount], teams: [marketing]}\n"
BROKEN = RULES + "kpis: [zqunclosed\n"
DEAL = note("暁光製作所の商談", "暁光製作所は価格が高いと言った。", kind="deal", customer="暁光製作所", outcome="lost")
SAID = "playbook.yaml:5 cannot be read"


def _broken(place: Path, playbook: str = BROKEN) -> Settings:
    write(place, "entries/playbook.yaml", playbook)
    write(place, "entries/deals/gyoko.md", DEAL)
    return Settings(entries=place / "entries", data=place / "var")


@pytest.mark.slow
def test_a_server_shows_nothing_until_the_playbook_can_be_read_and_then_opens_by_itself(tmp_path: Path) -> None:
    _broken(tmp_path)
    with serving(tmp_path, KB_MODEL=str(tmp_path / "no-model")) as (server, url):
        wait_until(lambda: bool(ready(url)) or server.poll() is not None, "an answer")
        assert SAID in ready(url)["reason"] and asked(f"{url}/healthz")[0] == 200
        for path in ("/", "/?q=x", "/entries/deals/gyoko"):
            status, page = asked(f"{url}{path}", PAGE)
            assert status == 503 and "記録は表示していません" in page
            assert "暁光" not in page and "zqunclosed" not in page
        status, answer = asked(f"{url}/api/v1/entries")
        assert (status, json.loads(answer)["error"]["code"]) == (503, "playbook_unknown")
        write(tmp_path, "entries/playbook.yaml", RULES)
        wait_until(lambda: asked(f"{url}/api/v1/entries?limit=1")[0] == 200, "entries")
        assert server.poll() is None


@pytest.mark.parametrize(
    "words",
    [
        ("search", "価格"), ("ask", "価格"), ("show", "deals/gyoko"), ("export", "--format", "jsonl"), ("meeting",),
        ("judge",), ("quality",), ("people", "names"), ("mcp",), ("digest", "--to", "mori@example.com"),
        ("import", "crm", "DEALS"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_commands_that_hand_out_entries_end_with_the_reason(words: tuple[str, ...], tmp_path: Path) -> None:
    _broken(tmp_path)
    table = write(tmp_path, "deals.csv", "商談ID,取引先名,フェーズ,完了予定日\nD-1,青葉精工,受注,2026-03-27\n")
    given = [str(table) if word == "DEALS" else word for word in words]
    ended = Place(tmp_path / "entries", tmp_path / "var").kb("--lang", "en", *given)
    assert ended.exit_code == 1 and SAID in ended.stderr
    assert "暁光" not in ended.output


def test_commands_that_check_still_work_and_name_the_fault(tmp_path: Path) -> None:
    _broken(tmp_path)
    place = Place(tmp_path / "entries", tmp_path / "var")
    checked, examined, synced = (place.kb("--lang", "en", word) for word in ("check", "doctor", "sync"))
    assert checked.exit_code == 1 and "playbook.yaml:5: This is not valid YAML" in checked.stdout
    assert f"FAIL  entries: {SAID}" in examined.stdout
    assert synced.exit_code == 0 and "playbook.yaml:5" in synced.output
    assert SAID in place.kb("--lang", "en", "search", "価格").stderr  # nor is what was indexed without the rules


def test_nothing_is_imported_while_nobody_knows_for_whom_deals_are(tmp_path: Path) -> None:
    settings = _broken(tmp_path)
    crm = settings.model_copy(update={"hubspot_token": Settings(hubspot_token="t").hubspot_token})  # type: ignore[arg-type]
    with pytest.raises(PlaybookUnknownError):
        puller_of(crm, "hubspot", lambda _seconds: None)


def test_what_cannot_be_looked_for_counts_as_unreadable(tmp_path: Path) -> None:
    folder = tmp_path / "entries"
    folder.symlink_to(folder)
    with pytest.raises(PlaybookUnknownError):
        PlaybookFile(folder).in_force()


@pytest.mark.parametrize("playbook", [None, "", RULES, "masking: wrong\n", "kpis: wrong\n"])
def test_a_playbook_that_is_missing_or_has_a_wrong_part_is_in_force(playbook: str | None, tmp_path: Path) -> None:
    if playbook is not None:
        write(tmp_path, "playbook.yaml", playbook)
    has_rules = playbook is not None and "masking" in playbook
    assert bool(PlaybookFile(tmp_path).in_force().masking) is has_rules


def test_the_last_good_version_is_in_force_after_a_restart(tmp_path: Path, engines: Engines) -> None:
    settings = _broken(tmp_path, RULES).model_copy(update=engines.settings(tmp_path))
    with closing(open_services(settings, WordEmbedder())) as services:
        services.intake.index_files()
    write(tmp_path, "entries/playbook.yaml", BROKEN)
    assert playbook_in_force(settings).visibility == {"deal": "sales"}
    with closing(open_services(settings, WordEmbedder())) as services:
        assert services.playbook.masking


def test_a_first_playbook_that_is_broken_closes_a_running_server_until_it_is_mended(
    tmp_path: Path, engines: Engines
) -> None:
    write(tmp_path, "entries/notes/price.md", note("価格の話", "価格が高いと言われた。"))
    settings = Settings(entries=tmp_path / "entries", data=tmp_path / "var", **engines.settings(tmp_path))
    services = open_services(settings, WordEmbedder())
    services.intake.index_files()
    app = seen_by(create_app(settings, services), viewer("marketing"))
    with closing(services):
        client = TestClient(app, base_url=ADDRESS)
        assert client.get("/?q=価格", headers=PAGE).status_code == 200
        _broken(tmp_path)
        services.intake.index_noticed(["playbook.yaml", "deals/gyoko.md"])
        for path in ("/?q=価格", "/entries/deals/gyoko", "/api/v1/search?q=価格", "/deals/similar"):
            answer = client.get(path, headers=PAGE)
            assert answer.status_code == 503 and "暁光" not in answer.text
        health = client.get("/readyz", headers={"accept-language": "en"})
        assert health.status_code == 503 and SAID in health.json()["reason"]
        assert client.get("/healthz").status_code == 200
        with pytest.raises(PlaybookUnknownError):
            services.seen_by(OPERATOR)
        write(tmp_path, "entries/playbook.yaml", RULES)
        services.intake.index_noticed(["playbook.yaml"])
        page = client.get("/entries/deals/gyoko", headers=PAGE)
        assert page.status_code in (200, 404) and "暁光" not in page.text
        assert client.get("/?q=価格", headers=PAGE).status_code == 200
