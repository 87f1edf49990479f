"""Slack as an attacker would use it: forged, late and repeated requests, borrowed addresses, text that is a command."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import anyio
import pytest
from starlette.testclient import TestClient
from starlette.types import Message, Receive, Scope, Send

from app.http.turns import SLACK, TurnsMiddleware
from app.slack.using import WINDOW
from tests.app.conftest import FILES, MakeClient
from tests.app.signed_in import services_behind
from tests.app.slack.workspace import (
    FORM,
    Workspace,
    body_of,
    clicked,
    command,
    filled,
    member,
    posted_links,
    said,
    send,
    signed,
    workspace,
)
from tests.words import note

ASKED = "極秘値引きの商談"
HIDDEN = "deals/secret"


@pytest.fixture(scope="module")
def here() -> Iterator[Workspace]:
    """A workspace with people of ours, and with some who only look like them."""
    with workspace(
        U1=member("aoi@example.com"),
        MARKETING=member("mori@example.com"),
        UNKNOWN=member("new@example.com"),
        GONE=member("gone@example.com"),
        CONNECTED=member("aoi@example.com", team_id="T9", is_stranger=True),
        ELSEWHERE=member("aoi@example.com", team_id="T9"),
        UNCHECKED=member("aoi@example.com", is_email_confirmed=False),
        ALIKE=member("ａoi@example.com"),
        BOT=member("aoi@example.com", is_bot=True),
    ) as running:
        yield running


@pytest.fixture(scope="module")
def office(make_client: MakeClient, here: Workspace) -> TestClient:
    """A server where people sign in."""
    client = make_client(FILES, auth="local", **here.settings)
    people = services_behind(client).people.people
    people.add("aoi@example.com", "Aoi", "reader", ["sales"])
    people.add("mori@example.com", "Mori", "reader", ["marketing"])
    gone = people.add("gone@example.com", "Gone", "reader", ["sales"])
    people.change(gone.id, is_disabled=True)
    services_behind(client).library.search.answer("勝ち筋")
    for who in ("U1", "MARKETING"):  # what they work with is made by the first request
        send(client, command(here, ASKED, who))
    here.next_call("respond", 1)
    return client


def asked(client: TestClient, here: Workspace, user: str) -> str:
    """Return what a member is answered, now or in a moment."""
    before = len(here.got("respond"))
    text = said(client, command(here, ASKED, user))
    return str(here.next_call("respond", before)) if "準備しています" in text else text


def test_a_hidden_entry_is_found_only_by_those_who_may_see_it(office: TestClient, here: Workspace) -> None:
    assert HIDDEN in asked(office, here, "U1")
    assert HIDDEN not in asked(office, here, "MARKETING")
    before = len(here.got("respond"))
    send(office, clicked(here, "helpful", HIDDEN, "MARKETING"))
    assert "deals/secret" in here.next_call("respond", before)["text"]  # as the page says it of any id
    assert services_behind(office).activity.helpful_counts() == {}


def test_a_deal_that_a_member_may_not_see_cannot_be_chosen(office: TestClient, here: Workspace) -> None:
    before = services_behind(office).library.entries.get(HIDDEN).content_hash
    view = {"callback_id": WINDOW, "private_metadata": "talk-tracks/price", "type": "modal"}
    option = {"selected_option": {"value": hashlib.sha256(HIDDEN.encode()).hexdigest()[:32]}}
    told = said(office, filled(view, "MARKETING", deal=option))
    assert "商談を選んでから" in told
    assert services_behind(office).library.entries.get(HIDDEN).content_hash == before


@pytest.mark.parametrize("user", ["UNKNOWN", "GONE", "CONNECTED", "ELSEWHERE", "UNCHECKED", "ALIKE", "BOT", "NOBODY"])
def test_whoever_only_looks_like_a_person_of_ours_sees_nothing(office: TestClient, here: Workspace, user: str) -> None:
    text = asked(office, here, user)
    assert "entries/" not in text
    assert "blocks" not in text


def test_members_without_an_account_read_only_what_is_for_everyone(make_client: MakeClient, here: Workspace) -> None:
    client = make_client(FILES, auth="local", slack_everyone=True, **here.settings)
    services_behind(client).library.search.answer("勝ち筋")
    text = asked(client, here, "UNKNOWN")
    assert "entries/" in text and HIDDEN not in text
    assert '"used"' not in text and "'used'" not in text
    before = len(here.got("respond"))
    send(client, clicked(here, "used", "talk-tracks/price", "UNKNOWN"))
    assert "アカウント" in here.next_call("respond", before)["text"]


@pytest.mark.parametrize("change", ["none", "secret", "late", "early", "body", "number", "letters"])
def test_a_request_that_slack_has_not_signed_now_is_refused(office: TestClient, here: Workspace, change: str) -> None:
    body, _ = body_of(command(here, ASKED))
    now = services_behind(office).clock.now().timestamp()
    headers = {
        "none": {},
        "secret": signed(body, secret="another"),
        "late": signed(body, now - 330),
        "early": signed(body, now + 330),
        "body": signed(body + "&x=1"),
        "number": {**signed(body), "x-slack-request-timestamp": "९"},
        "letters": {**signed(body), "x-slack-signature": "v0=é"},
    }[change]
    raw = {name: value.encode("utf-8") for name, value in {"content-type": FORM, **headers}.items()}
    before = len(here.calls)
    answer = TestClient.request(office, "POST", "/slack/events", content=body.encode(), headers=raw)  # type: ignore[arg-type]
    assert answer.status_code == 401
    assert len(here.calls) == before


def test_a_request_that_is_sent_again_is_refused(office: TestClient, here: Workspace) -> None:
    body, kind = body_of(command(here, "一度だけ"))
    headers = {"content-type": kind, **signed(body)}
    sent = [TestClient.request(office, "POST", "/slack/events", content=body, headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in sent] == [200, 401]


def test_what_a_page_sends_is_no_request_of_slack(office: TestClient, here: Workspace) -> None:
    body, kind = body_of(command(here, ASKED))
    headers = {"content-type": kind, "origin": "https://elsewhere.example", **signed(body)}
    answer = TestClient.request(office, "POST", "/slack/events", content=body, headers=headers)
    assert answer.status_code == 403


def test_without_slack_there_is_no_such_address(make_client: MakeClient) -> None:
    answer = TestClient.request(make_client(), "POST", "/slack/events", content="{}", headers={"content-type": FORM})
    assert answer.status_code == 404


def test_text_of_entries_is_no_command_in_slack(make_client: MakeClient, here: Workspace) -> None:
    loud = "<!channel> <@U1> <https://elsewhere.example|価格> & 値引き"
    files = {"talk-tracks/loud.md": note(f"'価格 {loud}'", f"価格\n\n## 話す一文\n> 価格 {loud}\n")}
    client = make_client(files, **here.settings)
    services_behind(client).library.search.answer("勝ち筋")
    text = said(client, command(here, f"価格 {loud}"))
    assert "&lt;!channel&gt;" in text
    assert "<!channel>" not in text and "<@U1>" not in text and "<https://elsewhere" not in text


def test_no_answer_is_longer_than_slack_takes(make_client: MakeClient, here: Workspace) -> None:
    name, text = "価格" * 40, "価格が高い。" * 2_000
    files = {f"notes/{name}/{name}{number}.md": note(f"価格{text[:900]}{number}", text) for number in range(4)}
    client = make_client(files, **here.settings)
    services_behind(client).library.search.answer("勝ち筋")
    answer = send(client, command(here, ("価格が高い" * 200)[:1_000])).json()
    assert len(answer["blocks"]) >= 7
    parts = [part for block in answer["blocks"] for part in (block.get("text"), *block.get("elements", ())) if part]
    said_all = [part["text"] for part in parts if isinstance(part["text"], str)]
    assert max(map(len, said_all)) <= 3_000
    assert all(text.count("<http") == text.count("|") for text in said_all)  # no link is cut


def test_a_link_unfolds_for_everybody_only_where_everybody_may_see_it(office: TestClient, here: Workspace) -> None:
    base = "http://127.0.0.1:8000/entries"
    before = len(here.got("chat.postEphemeral"))
    send(office, posted_links(f"{base}/{HIDDEN}", f"{base}/talk-tracks/price", f"{base}/notes/draft"))
    shown = here.next_call("chat.postEphemeral", before)
    assert shown["user"] == "U1" and len(shown["blocks"]) == 2
    for user in ("UNKNOWN", "CONNECTED", "MARKETING"):
        send(office, posted_links(f"{base}/{HIDDEN}", user=user))
    send(office, posted_links(f"{base}/talk-tracks/price", user="MARKETING"))
    assert HIDDEN not in str(here.next_call("chat.postEphemeral", before + 1))
    assert here.got("chat.unfurl") == []


def test_whoever_searches_here_does_not_wait_for_slack() -> None:
    done: list[str] = []

    async def all_at_once() -> None:
        slack_answers = anyio.Event()

        async def app(scope: Scope, _receive: Receive, _send: Send) -> None:
            if scope["path"] == SLACK:
                await slack_answers.wait()
            done.append(scope["path"])

        async def receive() -> Message:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(_message: Message) -> None:
            return

        turns = TurnsMiddleware(app, 400)
        async with anyio.create_task_group() as group:
            for method, path in [*[("POST", SLACK)] * 20, ("GET", "/")]:
                scope = {"type": "http", "method": method, "path": path, "query_string": b"q=x"}
                group.start_soon(turns, scope, receive, send)
            await anyio.wait_all_tasks_blocked()
            assert done == ["/"]
            slack_answers.set()

    anyio.run(all_at_once)
    assert done == ["/", *[SLACK] * 20]
