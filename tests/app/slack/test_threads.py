"""A draft from a thread, links that unfold, and the connection that the server opens."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.slack.blocks import plain_text
from app.slack.socket import SocketLink
from kb.people.audit import Wanted
from tests.app.conftest import ADDRESS, FILES, MakeClient
from tests.app.signed_in import services_behind
from tests.app.slack.workspace import (
    Workspace,
    chosen_for_draft,
    command,
    filled,
    member,
    posted_links,
    send,
    workspace,
)
from tests.waiting import wait_until

SAID = "A社で、<@U2> が <https://example.com/plan|移行計画> を見せたら &lt;即決&gt; でした"


@pytest.fixture
def here() -> Iterator[Workspace]:
    """A workspace."""
    with workspace(U1=member("aoi@example.com"), U2=member("kim@example.com", "en-US")) as running:
        yield running


def draft(client: TestClient, here: Workspace, channel: str = "sales", user: str = "U1") -> Any:
    """Draft an entry from a message, and return the note with its address."""
    send(client, chosen_for_draft(here, SAID, channel, user))
    view = here.next_call("views.open")["view"]
    assert view["blocks"][0]["element"]["initial_value"].startswith("A社で、")
    kind = {"selected_option": {"value": "talk-track"}}
    given = filled(view, user, title={"value": "移行計画で即決"}, kind=kind, lesson={"value": "先に計画を見せる"})
    send(client, given)
    return here.next_call("chat.postMessage")


def test_a_thread_becomes_a_draft_with_its_address(make_client: MakeClient, here: Workspace) -> None:
    here.thread = [{"user": "U1", "text": SAID, "ts": "171.5"}, {"user": "U2", "text": "次も使えますね", "ts": "171.6"}]
    client = make_client(**here.settings)
    told = draft(client, here)
    assert told["channel"] == "U1"
    assert "下書きとして保存しました" in told["text"]
    store = services_behind(client)
    (entry,) = [one for one in store.library.entries.drafts() if one.title == "移行計画で即決"]
    assert (entry.kind, entry.status, entry.visibility) == ("talk-track", "draft", "all")
    body = store.library.entries.get(entry.id).body
    assert "## 要点\n先に計画を見せる" in body
    assert "> **aoi**: A社で、@kim が [移行計画](https://example.com/plan) を見せたら <即決> でした" in body
    assert "> **kim**: 次も使えますね" in body
    assert "(https://aoba.slack.com/archives/C1/p171.5)" in body


def test_where_the_app_may_not_read_the_channel_the_message_is_quoted(make_client: MakeClient, here: Workspace) -> None:
    client = make_client(FILES, auth="local", **here.settings)
    people = services_behind(client).people.people
    people.add("aoi@example.com", "Aoi", "author", ["sales"])
    assert "下書きとして保存しました" in draft(client, here, "privategroup")["text"]
    (entry,) = [one for one in services_behind(client).library.entries.drafts() if one.title == "移行計画で即決"]
    assert (entry.owner, entry.visibility, entry.title) == ("Aoi", "private", "移行計画で即決")
    assert "> A社で、@… が" in services_behind(client).library.entries.get(entry.id).body
    services_behind(client).people.audit.retry(at_once=True)
    (saved,) = services_behind(client).people.audit.rows(Wanted(event="entry-saved"))
    assert (saved.name, saved.way, saved.about) == ("Aoi", "Slack", entry.id)


def test_what_was_typed_comes_back_if_it_cannot_be_saved(make_client: MakeClient, here: Workspace) -> None:
    told = draft(make_client(readonly=True, **here.settings), here)
    assert "> 先に計画を見せる" in told["text"]
    assert "entries/" not in told["text"]


def test_who_may_not_write_drafts_nothing(make_client: MakeClient, here: Workspace) -> None:
    client = make_client(FILES, auth="local", **here.settings)
    services_behind(client).people.people.add("aoi@example.com", "Aoi", "reader", ["sales"])
    send(client, chosen_for_draft(here, SAID))
    assert "役割" in here.next_call("respond")["text"] or "権限" in here.got("respond")[0]["text"]
    assert here.got("views.open") == []


def test_a_link_to_an_entry_unfolds(make_client: MakeClient, here: Workspace) -> None:
    client = make_client(**here.settings)
    url = f"{ADDRESS}/entries/talk-tracks/price"
    for more in ({"is_ext_shared_channel": True}, {}):
        send(client, posted_links(url, "https://elsewhere.example/entries/deals/aoba", f"{ADDRESS}/loop", **more))
    shown = here.next_call("chat.unfurl")
    assert list(shown["unfurls"]) == [url]
    assert "何と比べての高いでしょうか" in str(shown["unfurls"][url])
    assert len(here.got("chat.unfurl")) == 1


def test_the_server_opens_a_connection_where_only_an_app_token_is_given(
    make_client: MakeClient, here: Workspace
) -> None:
    settings = {**here.settings, "slack_signing_secret": "", "slack_app_token": "xapp-test"}
    client: Any = make_client(**settings)
    services = services_behind(client)
    assert "slack" in {job.name for job in client.app.state.supervisor.states()}
    services.library.search.answer("勝ち筋")
    assert services.settings.slack_over_socket
    payload = command(here, "価格が高いと言われた")
    here.to_send.put(
        {"type": "slash_commands", "envelope_id": "E1", "payload": payload, "accepts_response_payload": True}
    )
    link = SocketLink(services)
    link.keep_up()
    try:
        wait_until(lambda: bool(here.got("link")), "an answer")
    finally:
        link.close()
    answer = here.got("link")[0]
    assert answer["envelope_id"] == "E1"
    assert "何と比べての高いでしょうか" in str(answer["payload"]["blocks"])


@pytest.mark.parametrize(
    ("sent", "shown"),
    [("<@U1>", "@aoi"), ("<@U9>", "@…"), ("<#C1|sales>", "sales"), ("<!here>", "here"), ("<!date^1^x|今日>", "今日"),
     ("<https://a.example>", "https://a.example"), ("a &amp;&lt;b&gt;", "a &<b>"), ("<", "<"), ("<<a>>", "<a>")],
)  # fmt: skip
def test_marks_of_slack_become_words(sent: str, shown: str) -> None:
    assert plain_text(sent, {"U1": "aoi"}) == shown
