"""`kb connect`, `kb pull` and `kb write-back`, run as people run them against a CRM on this machine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.background import Background
from app.connections import puller_of
from app.services import open_services
from app.settings import Settings
from tests.app.cli.test_main import Place
from tests.ingest.connectors.crm_server import TOKEN, Crm, serving
from tests.ingest.importers.tables import files
from tests.waiting import wait_until
from tests.words import WordEmbedder

pytestmark = pytest.mark.slow  # starts servers and background work


@pytest.fixture
def crm() -> Crm:
    """A CRM with three deals."""
    crm = Crm()
    for number, outcome in enumerate(("won", "lost", "open"), start=1):
        crm.add(100 * number, outcome)
    return crm


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """An empty folder of entries."""
    (tmp_path / "entries").mkdir()
    return Place(tmp_path / "entries", tmp_path / "var")


@pytest.fixture
def environment(crm: Crm) -> Iterator[dict[str, str]]:
    """The settings of a connection to kintone."""
    with serving(crm) as address:
        yield {"KB_KINTONE_URL": address, "KB_KINTONE_APP": "5", "KB_KINTONE_TOKEN": TOKEN}


@pytest.mark.parametrize("command", ["connect", "write-back"])
def test_without_a_name_the_choices_are_said(place: Place, command: str) -> None:
    refused = place.kb(command)
    assert refused.exit_code == 1
    assert refused.output == "Name a CRM: salesforce, hubspot, kintone.\n"


def test_connect_shows_the_fields_and_keeps_a_correction(place: Place, environment: dict[str, str]) -> None:
    shown = place.kb("connect", "kintone", **environment)
    assert shown.exit_code == 0, shown.output
    for part in (
        "customer     会社名",
        "amount       合計費用",
        "受注 → won",
        "Nothing was",
        "Unused fields: 更新日時",
        "kb pull kintone",
    ):
        assert part in shown.stdout.replace("nothing was", "Nothing was")
    assert files(place.entries) == {}
    saved = place.kb(
        "connect", "kintone", "--column", "reason=案件名", "--stage", "商談中=lost", "--save", **environment
    )
    assert "mappings/kintone-deals.yaml" in saved.stdout
    pulled = place.kb("pull", "kintone", "--json", **environment)
    report = json.loads(pulled.stdout)
    assert report["mapping"] == "kintone-deals.yaml"
    assert report["report"]["outcomes"] == {"lost": 2, "won": 1}


def test_pull_writes_only_when_told(place: Place, environment: dict[str, str]) -> None:
    shown = place.kb("pull", **environment)
    assert "kb pull kintone --apply" in shown.stdout and files(place.entries) == {}
    written = place.kb("pull", "kintone", "--apply", **environment)
    assert "3 files written." in written.stdout and len(files(place.entries)) == 3
    again = place.kb("pull", "--apply", **environment)
    assert "There is nothing to import." in again.stdout
    assert TOKEN not in shown.output + written.output + again.output


def test_deals_of_two_crms_with_the_same_numbers_do_not_overwrite_each_other(
    place: Place, environment: dict[str, str], crm: Crm
) -> None:
    place.kb("pull", "kintone", "--apply", **environment)
    before = files(place.entries)
    crm.add(400)
    both = {**environment, "KB_HUBSPOT_URL": environment["KB_KINTONE_URL"], "KB_HUBSPOT_TOKEN": TOKEN}
    assert "3 deals are not imported" in place.kb("pull", "hubspot", "--apply", **both).stdout
    assert {path: text for path, text in files(place.entries).items() if path in before} == before
    assert len(files(place.entries)) == 4


def test_without_a_connection_it_says_what_to_set(place: Place) -> None:
    assert "Run kb connect with salesforce, hubspot, kintone" in place.kb("pull").stderr
    assert "KB_KINTONE_URL, KB_KINTONE_APP, KB_KINTONE_TOKEN" in place.kb("connect", "kintone").stderr
    assert "salesforce, hubspot, kintone" in place.kb("connect", "siebel").stderr


def test_doctor_says_how_the_last_pull_went(place: Place, environment: dict[str, str], crm: Crm) -> None:
    place.kb("pull", "kintone", "--apply", **environment)
    assert "ok    kintone: Last pulled" in place.kb("doctor", **environment).stdout
    crm.faults = [(403, {})]
    place.kb("pull", "kintone", **environment)
    said = place.kb("doctor", **environment).stdout
    assert "FAIL  kintone: The pull at" in said and "HTTP 403" in said and TOKEN not in said


def test_the_server_pulls_by_itself_once_somebody_has_looked(
    place: Place, environment: dict[str, str], crm: Crm, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    settings = Settings(entries=place.entries, data=place.data, pull_minutes=60, watch=False)
    services = open_services(settings, WordEmbedder())
    background = Background(services, first_retry=0.0)
    states = lambda: {one.name: one for one in background.supervisor.states()}  # noqa: E731
    background.start()
    try:
        wait_until(lambda: states()["pull_kintone"].succeeded is not None, "a pull")
        assert files(place.entries) == {} and crm.asked == []
        puller_of(settings, "kintone", lambda _seconds: None).run(write=True)
        crm.later(3600)
        crm.add(900)
        wake = next(j for j in background.supervisor._records.values() if j.job.name == "pull_kintone").job.wake
        wake.set()
        wait_until(lambda: len(files(place.entries)) == 4, "the new deal")
    finally:
        background.stop()
        services.close()


def test_write_back_is_off_shown_first_and_sends_nothing_twice(
    place: Place, environment: dict[str, str], crm: Crm
) -> None:
    place.kb("pull", "kintone", "--apply", **environment)
    assert "KB_KINTONE_LINK_FIELD" in place.kb("write-back", "kintone", "--apply", **environment).stderr
    fields = {"KB_KINTONE_LINK_FIELD": "ナレッジ", "KB_KINTONE_REASONS_FIELD": "理由コード"}
    assert "KB_PUBLIC_URL" in place.kb("write-back", "kintone", **environment, **fields).stderr
    there = {**environment, **fields, "KB_PUBLIC_URL": "https://kb.example.com"}
    (lost,) = (path for path in place.entries.rglob("*.md") if "outcome: lost" in path.read_text("utf-8"))
    lost.write_text(
        lost.read_text("utf-8").replace("crm_id", "reasons: [{code: price, source: buyer}]\ncrm_id", 1), "utf-8"
    )
    (hidden,) = (path for path in place.entries.rglob("*.md") if "outcome: open" in path.read_text("utf-8"))
    hidden.write_text(hidden.read_text("utf-8").replace("crm_id", "visibility: marketing\ncrm_id", 1), "utf-8")
    assert "kb write-back kintone --apply" in place.kb("write-back", "kintone", **there).stdout
    assert crm.wrote == []
    assert "2 deals written" in place.kb("write-back", "kintone", "--apply", **there).stdout
    written = dict(crm.wrote)
    assert set(written) == {"1", "2"} and set(written["1"]) == {"ナレッジ"}
    assert written["2"]["理由コード"] == "price" and written["2"]["ナレッジ"].startswith(
        "https://kb.example.com/entries/deals/"
    )
    assert "There is nothing to write" in place.kb("write-back", "kintone", **there).stdout
    assert "0 deals written" in place.kb("write-back", "kintone", "--apply", **there).stdout
    assert len(crm.wrote) == 2
