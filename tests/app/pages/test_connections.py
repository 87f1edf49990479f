"""The page of connected CRMs: what is set, how the last pull went and what to do next, without any secret."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from app.connections import state_of
from app.settings import Settings
from ingest.connectors.errors import CrmAwayError
from ingest.connectors.puller import Puller
from tests.app.conftest import MakeClient
from tests.ingest.connectors.crm_server import TOKEN, Crm, serving

PAGE = {"accept": "text/html", "accept-language": "ja"}
ENGLISH = {"accept": "text/html", "accept-language": "en"}


def _settings(client: TestClient) -> Settings:
    settings: Settings = client.app.state.services.settings  # type: ignore[attr-defined]
    return settings


def _puller(settings: Settings) -> Puller:
    from app.connections import puller_of

    return puller_of(settings, "kintone", lambda _seconds: None)


def test_what_is_not_connected_says_what_to_set(make_client: MakeClient) -> None:
    page = make_client().get("/connections", headers=PAGE).text
    assert "未接続です。設定するもの:" in page and "KB_KINTONE_TOKEN" in page and "KB_HUBSPOT_TOKEN" in page


def test_a_connection_says_how_it_is_doing_and_what_comes_next(make_client: MakeClient) -> None:
    crm = Crm()
    crm.add(100, "won")
    with serving(crm) as address:
        client = make_client(kintone_url=address, kintone_app="5", kintone_token=TOKEN, pull_minutes=15)
        settings = _settings(client)
        assert "kb connect kintone</code>" in client.get("/connections", headers=PAGE).text
        _puller(settings).run(write=False)
        shown = client.get("/connections", headers=PAGE).text
        assert "まだ何も書き込んでいません" in shown and "kb pull kintone --apply</code>" in shown
        _puller(settings).run(write=True)
        written = client.get("/connections", headers=ENGLISH).text
        assert "1 new, 0 changed" in written and "pulled every 15 minutes" in written
        crm.faults = [(500, {})] * 5
        with pytest.raises(CrmAwayError):
            _puller(settings).run(write=True)
        failed = client.get("/connections", headers=PAGE).text
    assert "取得に失敗しました" in failed and "HTTP 500" in failed
    assert TOKEN not in shown + written + failed


def test_a_secret_comes_from_a_file_and_one_that_is_missing_is_said(tmp_path: Path) -> None:
    crm, secret = Crm(), tmp_path / "kintone.token"
    with serving(crm) as address:
        settings = Settings(
            entries=tmp_path, data=tmp_path / "var", kintone_url=address, kintone_app="5", kintone_token_file=secret
        )
        with pytest.raises(Exception, match="KB_KINTONE_TOKEN_FILE"):
            _puller(settings)
        secret.write_text(f"{TOKEN}\n", "utf-8")
        assert _puller(settings).run(write=True).read == 0
    assert state_of(settings, "kintone").progress.written_at


def test_a_damaged_state_is_said_and_does_not_break_the_page(make_client: MakeClient) -> None:
    client = make_client(kintone_url="https://x.cybozu.com", kintone_app="5", kintone_token="x")
    place = _settings(client).data / "crm/kintone/progress.json"
    place.parent.mkdir(parents=True)
    place.write_text("{", "utf-8")
    answer = client.get("/connections", headers=ENGLISH)
    assert answer.status_code == 200 and "Delete it to pull everything again" in answer.text
