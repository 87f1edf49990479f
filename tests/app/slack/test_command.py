"""`/kachi` in Slack: hits with record and line to say, and the buttons below them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.app.conftest import ADDRESS, MakeClient
from tests.app.signed_in import services_behind
from tests.app.slack.workspace import Workspace, clicked, command, filled, member, said, send, workspace
from tests.waiting import wait_until

SPOKEN = "価格が高いというのは、何と比べての高いでしょうか。"
TRACK = "talk-tracks/price"


@pytest.fixture(scope="module")
def here() -> Iterator[Workspace]:
    """A workspace with one member who reads Japanese, and one who reads English."""
    with workspace(U1=member("aoi@example.com"), U2=member("kim@example.com", "en-US")) as running:
        yield running


@pytest.fixture(scope="module")
def client(make_client: MakeClient, here: Workspace) -> TestClient:
    """A server where nobody signs in."""
    client = make_client(**here.settings)
    services_behind(client).library.search.answer("勝ち筋")  # as a server does when it starts
    return client


def texts(answer: Any) -> str:
    """Return everything an answer says."""
    return "\n".join(
        text["text"] for block in answer["blocks"] for text in (block.get("text"), *block.get("elements", ())) if text
        if isinstance(text.get("text"), str)
    )  # fmt: skip


def test_a_question_is_answered_with_title_record_and_line_to_say(client: TestClient, here: Workspace) -> None:
    answer = send(client, command(here, "価格が高いと言われた")).json()
    text = texts(answer)
    assert answer["response_type"] == "ephemeral"
    assert len([block for block in answer["blocks"] if block["type"] == "section"]) == 3
    assert f"*<{ADDRESS}/entries/{TRACK}|価格が高いと言われたときの切り返し>*" in text
    assert f"> {SPOKEN}" in text
    assert "使われた商談：1勝0敗（n=1）" in text
    assert [button["text"]["text"] for button in answer["blocks"][2]["elements"]] == ["役に立った", "この案件で使った"]


def test_the_language_is_that_of_the_member(client: TestClient, here: Workspace) -> None:
    answer = send(client, command(here, "safety week mail", "U2")).json()
    assert "See all results on the page" in texts(answer)
    assert "Type what the customer said" in said(client, command(here, "", "U2"))


def test_the_search_is_logged_and_the_hit_counts_as_helpful_once(client: TestClient, here: Workspace) -> None:
    services = services_behind(client)
    send(client, command(here, "価格が高いと言われた"))
    for times in (1, 2):
        send(client, clicked(here, "helpful", TRACK))
        told = here.next_call("respond", times - 1)
        assert (told["response_type"], told["replace_original"]) == ("ephemeral", False)
    assert services.activity.helpful_counts()[TRACK] == 1
    wait_until(lambda: any(TRACK in some for some in services.activity.opened_of("0").values()), "the use of a hit")


def test_a_deal_is_chosen_and_keeps_what_was_used(make_client: MakeClient, here: Workspace) -> None:
    client = make_client(**here.settings)
    before = len(here.got("views.open"))
    send(client, clicked(here, "used", "talk-tracks/price"))
    view = here.next_call("views.open", before)["view"]
    (menu,) = [block["element"] for block in view["blocks"] if block["type"] == "input"]
    options = {one["text"]["text"]: one for group in menu["option_groups"] for one in group["options"]}
    chosen = options["すみれ工業の失注"]
    answer = send(client, filled(view, deal={"selected_option": chosen})).json()
    assert answer["response_action"] == "update"
    assert answer["view"]["blocks"][0]["text"]["text"] == "商談に「使ったもの」として記録しました。"
    deal = services_behind(client).library.entries.get("deals/sumire").deal
    assert deal is not None and deal.used == ("talk-tracks/price",)


def test_a_server_that_is_not_ready_answers_a_little_later(make_client: MakeClient, here: Workspace) -> None:
    client = make_client(**here.settings)  # which has answered nothing yet
    before = len(here.got("respond"))
    assert "準備しています" in said(client, command(here, "価格が高いと言われた"))
    assert SPOKEN in texts(here.next_call("respond", before))


def test_while_slack_is_away_a_sentence_says_so(make_client: MakeClient) -> None:
    with workspace(U1=member("aoi@example.com"), U2=member("kim@example.com")) as away:
        client = make_client(**away.settings)
        away.is_away = True
        assert "refused the token" in send(client, command(away, "価格")).text
        away.is_away = False
        said(client, command(away, "ヘルプ"))
        away.is_away = True
        assert "もう一度お試しください" in said(client, command(away, "ヘルプ", "U2"))
        assert "入力してください" in said(client, command(away, "ヘルプ"))  # who was known a moment ago


def test_what_is_wrong_is_said_in_a_sentence(client: TestClient, here: Workspace) -> None:
    assert "1000" in said(client, command(here, "価" * 1_001)).replace(",", "")
    send(client, clicked(here, "helpful", "deals/nothing"))
    wait_until(lambda: any("deals/nothing" in call["text"] for call in here.got("respond")), "a sentence")
