"""The settings of Slack, and the manifest that the documentation has."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from app.settings import Settings
from app.slack.agreement import SlackSettingsError, need_slack
from app.slack.drafting import ACTION
from app.slack.http import PATH

DOC = Path(__file__).parents[3] / "docs/chat.md"


@pytest.mark.parametrize(
    ("given", "said"),
    [({"slack_signing_secret": "s"}, "KB_SLACK_BOT_TOKEN is missing"), ({"slack_bot_token": "b"}, "Slack needs one of"),
     ({"slack_bot_token_file": "/nothing"}, "'/nothing' cannot be read"), ({"slack_bot_token": "b", "slack_app_token":
     "a", "slack_api": "http://10.0.0.8/"}, "must be an https:// address")],
)  # fmt: skip
def test_settings_that_do_not_agree_are_refused(given: dict[str, str], said: str) -> None:
    with pytest.raises(SlackSettingsError, match=re.escape(said)):
        need_slack(Settings(**given))  # type: ignore[arg-type]


def test_a_signing_secret_goes_before_an_app_token_and_nothing_is_off(tmp_path: Path) -> None:
    kept = tmp_path / "token"
    kept.write_text("xoxb-1\n", "utf-8")
    tokens = {"slack_bot_token_file": kept, "slack_app_token": "a"}
    assert need_slack(Settings()) == ""
    assert need_slack(Settings(**tokens)) == "socket"  # type: ignore[arg-type]
    both = Settings(**tokens, slack_signing_secret="s")  # type: ignore[arg-type]
    assert (need_slack(both), both.slack_over_socket, both.slack_secret("bot_token")) == ("http", False, "xoxb-1")


def test_the_manifest_in_the_documentation_is_that_of_the_app() -> None:
    manifest = yaml.safe_load(re.findall(r"```yaml\n(display_information.*?)```", DOC.read_text("utf-8"), re.DOTALL)[0])
    assert [one["callback_id"] for one in manifest["features"]["shortcuts"]] == [ACTION]
    addresses = (manifest["features"]["slash_commands"][0]["url"], *(
        manifest["settings"][part]["request_url"] for part in ("event_subscriptions", "interactivity")
    ))  # fmt: skip
    assert all(address.endswith(PATH) for address in addresses)
    assert manifest["settings"]["event_subscriptions"]["bot_events"] == ["link_shared"]
    assert len(manifest["features"]["shortcuts"][0]["name"]) <= 24
