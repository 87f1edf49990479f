"""What an earlier version logged still shows on every page; one that does not fit is named, not empty."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from app.cli.doctor import Finding, examine
from app.settings import Settings
from app.words.reader import Reader
from kb.loop.activity import Activity
from kb.loop.schema import STEPS, revisions
from tests.app.conftest import MakeClient
from tests.kb.loop.old_files import DUMPS, change, old_file
from tests.words import note

JA = {"accept": "text/html", "accept-language": "ja"}
NEWEST = revisions(STEPS)[-1]
pytestmark = pytest.mark.files  # of earlier versions
NEWER = f"より新しいバージョンで作成されています（スキーマ 9999、このバージョンの対応は {NEWEST} まで）"


def _settings(place: Path) -> Settings:
    return Settings(data=place / "var", entries=place / "entries")


def _client(make_client: MakeClient, place: Path) -> TestClient:
    settings = _settings(place)
    files = {"talk-tracks/migration.md": note("移行", "費用の話。")}
    return make_client(files, data=settings.data, entries=settings.entries)


def _doctor(place: Path) -> Finding:
    return next(finding for finding in examine(_settings(place), Reader.of("en")) if finding.name == "activity")


@pytest.mark.parametrize("dump", DUMPS, ids=lambda dump: dump.stem)
def test_searches_of_each_earlier_version_are_gaps_and_in_the_meeting(
    make_client: MakeClient, tmp_path: Path, dump: Path
) -> None:
    old_file(_settings(tmp_path).activity_file, dump, day=datetime.now(UTC).date().isoformat())
    then = "current" if dump.stem == NEWEST else f"upgraded to {NEWEST} when it is next opened"
    assert _doctor(tmp_path) == Finding("activity", True, f"schema {dump.stem}, {then}")
    client = _client(make_client, tmp_path)
    (gap,) = client.get("/api/v1/gaps").json()
    assert (gap["wording"], gap["owner"], gap["due"], gap["people"]) == ("夜間の窓口", "大橋", "2026-12-01", 1)
    assert "夜間の窓口" in str(client.get("/api/v1/meeting").json()["gaps"])
    assert client.get("/readyz").json()["activity"] == ""
    assert _doctor(tmp_path) == Finding("activity", True, f"schema {NEWEST}, current")


@pytest.fixture
def newer(make_client: MakeClient, tmp_path: Path) -> TestClient:
    """A server over a file that a newer version made."""
    file = _settings(tmp_path).activity_file
    Activity(file).close()
    change(file, "UPDATE alembic_version SET version_num = '9999'")
    return _client(make_client, tmp_path)


@pytest.mark.parametrize("page", ["/gaps", "/meeting", "/loop"])
def test_pages_that_need_a_file_that_does_not_fit_say_so(newer: TestClient, page: str) -> None:
    answer = newer.get(page, headers=JA)
    assert answer.status_code == 500 and NEWER in answer.text and "管理者" in answer.text


def test_pages_that_do_without_it_go_on(newer: TestClient) -> None:
    found = newer.get("/", params={"q": "費用"}, headers=JA)
    assert found.status_code == 200 and "/entries/talk-tracks/migration" in found.text
    assert "利用の記録に書き込めません" in found.text
    assert newer.get("/", headers=JA).status_code == 200
    assert newer.get("/entries/talk-tracks/migration", headers=JA).status_code == 200


def test_programs_are_told_too(newer: TestClient, tmp_path: Path) -> None:
    assert newer.get("/api/v1/search", params={"q": "値引き"}).status_code == 200
    state = newer.get("/readyz")
    assert state.status_code == 200
    assert f"(schema 9999; this version supports up to {NEWEST})" in state.json()["activity"]
    error = newer.get("/api/v1/gaps").json()["error"]
    assert error["code"] == "activity_schema" and error["message"] == state.json()["activity"]
    assert _doctor(tmp_path) == Finding("activity", False, error["message"])


def test_doctor_names_what_cannot_be_read_and_makes_no_file(tmp_path: Path) -> None:
    assert _doctor(tmp_path) == Finding("activity", True, "nothing logged yet")
    file = _settings(tmp_path).activity_file
    assert not file.exists()
    file.parent.mkdir()
    file.write_bytes(b"no database" * 500)
    assert _doctor(tmp_path) == Finding("activity", False, "cannot be read: file is not a database")
