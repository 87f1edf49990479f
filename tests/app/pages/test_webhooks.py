"""The page of webhooks and what commands say of them; neither shows an address, nor an entry to who may not see it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from app.cli.main import app as commands
from app.webhooks.outbox import Letter, Outbox
from kb.clock import CLOCK
from tests.app.conftest import FILES, MakeClient
from tests.app.signed_in import services_behind, signed_in
from tests.app.slack.workspace import SETTINGS
from tests.app.webhooks.receiving import hooks_file, receiver

PAGE = "/people/webhooks"


@pytest.fixture
def office(make_client: MakeClient, tmp_path: Path) -> TestClient:
    """A server where people sign in, with one receiver and one message that waits."""
    place = hooks_file(tmp_path, {"url": "https://hooks.example.com/services/hidden", "teams": ["sales"]})
    client = make_client(FILES, auth="local", webhooks=place)
    outbox = Outbox(services_behind(client).settings.outbox_file, CLOCK)
    outbox.put("hook0", Letter("deal.ended", "deals/secret", json.dumps({"title": "極秘値引きの商談"})))
    outbox.close()
    return client


def jobs_of(client: TestClient) -> set[str]:
    """Return the background jobs of a server."""
    app: Any = client.app
    return {job.name for job in app.state.supervisor.states()}


def test_administrators_see_the_receivers_but_no_entry_they_may_not_see(
    office: TestClient, make_client: MakeClient
) -> None:
    _, browser = signed_in(office, "root@example.com", "Root", "admin")
    page = browser.get(PAGE).text
    assert "hooks.example.com" in page and "商談の結果" in page and "待ち" in page
    assert "/services" not in page
    assert "極秘" not in page and "deals/secret" not in page
    assert jobs_of(office) > jobs_of(make_client(auth="local")) == jobs_of(office) - {"webhooks"}
    _, reader = signed_in(office, "aoi@example.com", "Aoi")
    assert reader.get(PAGE).status_code == 403


def test_the_page_says_what_is_wrong_with_the_file(make_client: MakeClient, tmp_path: Path) -> None:
    place = tmp_path / "webhooks.yaml"
    place.write_text("webhooks: 5", "utf-8")
    assert "webhooks.yaml" in make_client(webhooks=place).get(PAGE).text
    assert "KB_WEBHOOKS" in make_client().get(PAGE, headers={"accept-language": "en"}).text


def test_commands_list_test_and_examine_receivers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KB_DATA", str(tmp_path / "var"))
    monkeypatch.setenv("KB_ENTRIES", str(tmp_path))
    for name, value in SETTINGS.items():
        monkeypatch.setenv(f"KB_{name.upper()}", value)
    with receiver() as there:
        monkeypatch.setenv("KB_WEBHOOKS", str(hooks_file(tmp_path, {"url": there.url, "events": ["deal.ended"]})))

        def run(*words: str) -> str:
            return CliRunner().invoke(commands, ["--lang", "en", *words]).output

        assert run("webhooks", "test", "hook0") == "127.0.0.1 accepted the test.\n"
        assert there.types() == ["test"]
        assert run("webhooks", "list") == "hook0  127.0.0.1  deal.ended  1 sent, 0 waiting, 0 failed\n"
        there.status = 500
        assert "HTTP 500" in run("webhooks", "test", "hook0")
        assert "There is no webhook named 'x'; there is: hook0." in run("webhooks", "test", "x")
        said = run("doctor")
    assert "ok    Slack: Set up: Slack sends requests to /slack/events." in said
    assert "FAIL  webhooks: 1 receivers, 0 waiting. Last failure: hook0 (HTTP 500)" in said
    monkeypatch.delenv("KB_SLACK_BOT_TOKEN")
    assert "KB_SLACK_BOT_TOKEN is missing" in run("doctor")
