"""What receivers are sent: changes and nothing else, what they may see, signed, and until they have it."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from app.services import Services, open_services
from app.settings import Settings
from app.webhooks.hooks import WebhookNotFoundError, hook_named, read_hooks
from app.webhooks.work import Webhooks, send_test
from ingest.sync import sync
from kb.clock import CLOCK, Clock
from kb.loop.activity import GapRow, Searched
from tests.app.conftest import FILES, PLAYBOOK
from tests.app.webhooks.receiving import SECRET, Receiver, hooks_file, receiver, verified
from tests.engines import Engines
from tests.hands import Hands
from tests.words import WordEmbedder, note, write

EXAMPLE = Path(__file__).parents[3] / "docs/examples/webhook_receiver.py"
DEAL = "---\ntitle: みどり食品の商談\noutcome: {outcome}\n{more}---\n## 敗因\n納期が合わなかった。\n"


@pytest.fixture
def there() -> Iterator[Receiver]:
    """A receiver."""
    with receiver() as running:
        yield running


class Base:
    """A knowledge base whose entries change."""

    def __init__(self, place: Path, hands: Hands, hooks: Path, **more: Any) -> None:
        self.settings = Settings(entries=place / "entries", data=place / "var", webhooks=hooks, **more)
        for path, text in FILES.items():
            write(self.settings.entries, path, text)
        self.clock = Clock(lambda: hands.now)
        self.services: Services = open_services(self.settings, WordEmbedder(), clock=self.clock)
        self.webhooks = Webhooks(self.services)
        self.index()

    def index(self) -> None:
        """Bring the index up to date."""
        self.services.library.with_index(partial(sync, folder=self.settings.entries))
        self.services.library.refresh()
        self.services.views.refresh()

    def write(self, path: str, text: str) -> None:
        """Save an entry."""
        write(self.settings.entries, path, text)
        self.index()

    def close(self) -> None:
        """Stop."""
        self.webhooks.close()
        self.services.close()

    def restarted(self) -> None:
        """Stop, and start again."""
        self.close()
        self.services = open_services(self.settings, WordEmbedder(), clock=self.clock)
        self.webhooks = Webhooks(self.services)


MakeBase = Callable[..., Base]


@pytest.fixture
def make_base(tmp_path: Path, hands: Hands, engines: Engines) -> Iterator[MakeBase]:
    """A maker of bases with receivers."""
    with ExitStack() as stack:

        def make(*hooks: dict[str, Any], **more: Any) -> Base:
            base = Base(tmp_path, hands, hooks_file(tmp_path, *hooks), **engines.settings(), **more)
            stack.callback(lambda: base.close())
            return base

        yield make


def test_what_is_there_at_the_start_is_no_event_and_what_changes_is_one(make_base: MakeBase, there: Receiver) -> None:
    base = make_base({"url": there.url})
    base.webhooks.work()
    assert there.got == []
    base.write("deals/midori.md", DEAL.format(outcome="open", more=""))
    base.webhooks.work()
    base.write("deals/midori.md", DEAL.format(outcome="lost", more="reasons: [{code: price}]\n"))
    base.webhooks.work()
    base.webhooks.work()
    assert there.types() == ["entry.published", "deal.ended"]
    assert there.bodies[1]["data"] == {
        "address": "http://127.0.0.1:8000/entries/deals/midori", "id": "deals/midori", "kind": "deal",
        "title": "みどり食品の商談", "outcome": "lost", "reasons": ["price"],
    }  # fmt: skip
    assert len({headers["webhook-id"] for headers, _ in there.got}) == 2


def test_changes_while_the_server_was_down_are_sent_when_it_is_back(make_base: MakeBase, there: Receiver) -> None:
    base = make_base({"url": there.url})
    base.webhooks.work()
    base.write("notes/new.md", note("納期の工夫"))
    base.restarted()
    base.webhooks.work()
    assert [body["data"]["id"] for body in there.bodies] == ["notes/new"]


def test_a_message_is_sent_until_it_arrives_also_after_a_restart(
    make_base: MakeBase, there: Receiver, hands: Hands
) -> None:
    base = make_base({"url": there.url})
    base.webhooks.work()
    base.write("notes/new.md", note("納期の工夫"))
    there.status = 503
    base.webhooks.work()
    base.webhooks.work()
    assert len(there.got) == 1  # it has rest
    base.restarted()
    hands.forward(seconds=6)
    there.headers = {"retry-after": "900"}
    base.webhooks.work()
    hands.forward(minutes=14)
    base.webhooks.work()
    assert len(there.got) == 2
    there.status = 204
    hands.forward(minutes=2)
    base.webhooks.work()
    ids = [headers["webhook-id"] for headers, _ in there.got]
    assert len(ids) == 3 and len(set(ids)) == 1
    (sent,) = base.webhooks.outbox.newest(10)
    assert (sent.status, sent.attempts, sent.body) == ("sent", 3, "")


def test_a_receiver_that_is_gone_gets_nothing_more_of_it(make_base: MakeBase, there: Receiver, hands: Hands) -> None:
    base = make_base({"url": there.url})
    base.webhooks.work()
    base.write("notes/new.md", note("納期の工夫"))
    there.status = 410
    for _ in range(3):
        base.webhooks.work()
        hands.forward(days=1)
    (failed,) = base.webhooks.outbox.newest(10)
    assert (len(there.got), failed.status, failed.why) == (1, "failed", "HTTP 410")


def test_a_message_is_given_up_after_some_days(make_base: MakeBase, there: Receiver, hands: Hands) -> None:
    base = make_base({"url": there.url})
    base.webhooks.work()
    base.write("notes/new.md", note("納期の工夫"))
    there.status = 500
    for _ in range(30):
        base.webhooks.work()
        hands.forward(hours=6)
    (failed,) = base.webhooks.outbox.newest(10)
    assert (failed.status, failed.attempts, len(there.got)) == ("failed", 10, 10)


def test_a_receiver_hears_only_of_entries_for_everyone_unless_it_is_of_a_team(
    make_base: MakeBase, there: Receiver
) -> None:
    base = make_base({"url": there.url}, {"url": there.url, "teams": ["sales"]}, auth="local")
    base.webhooks.work()
    base.write("deals/hidden.md", DEAL.format(outcome="won", more="visibility: sales\n"))
    base.webhooks.work()
    assert [(one.hook, one.type) for one in base.webhooks.outbox.newest(10)] == [
        ("hook1", "deal.ended"), ("hook1", "entry.published"),
    ]  # fmt: skip


def test_what_is_masked_for_a_team_is_masked_for_its_receiver(make_base: MakeBase, there: Receiver) -> None:
    base = make_base({"url": there.url, "teams": ["partners"]}, auth="local")
    base.write("playbook.yaml", f"{PLAYBOOK}masking:\n  - {{what: [customer], teams: [partners]}}\n")
    base.webhooks.work()
    base.write("deals/midori.md", DEAL.format(outcome="won", more="customer: みどり食品\n"))
    base.services.masked.work()
    base.webhooks.work()
    assert there.types() == ["entry.published", "deal.ended"]
    assert all("みどり" not in body.decode() and b"midori" not in body for _, body in there.got)


def test_an_import_of_hundreds_is_no_news_of_hundreds(make_base: MakeBase, there: Receiver) -> None:
    base = make_base({"url": there.url, "events": ["entry.published"]})
    base.webhooks.work()
    for number in range(130):
        write(base.settings.entries, f"notes/n{number}.md", note(f"記録{number}"))
    base.index()
    for _ in range(4):
        base.webhooks.work()
    skipped = [one for one in base.webhooks.outbox.newest(200) if one.status == "skipped"]
    assert len(there.got) == 100
    assert [one.why for one in skipped] == ["30"]


def searched(base: Base, number: int, text: str) -> None:
    """Note a search that found nothing."""
    activity = base.services.activity
    row = Searched(str(number), activity.stamp(), text, "ja", confidence="none", asker=f"a{number}")
    activity.searched(row)


def test_a_gap_is_news_when_it_opens_and_when_it_closes(make_base: MakeBase, there: Receiver, hands: Hands) -> None:
    base = make_base({"url": there.url, "events": ["gap.opened", "gap.closed"]})
    for number in (0, 1):
        searched(base, number, "海外拠点の導入事例")
    base.webhooks.work()
    asked = ("海外拠点の導入事例", "解約の違約金はいくらか", "解約の違約金はいくらか", "一人だけが探したこと")
    for number, text in enumerate(asked, 2):
        searched(base, number, text)
    board = base.services.seen_by(read_hooks(base.settings.webhooks)[0].viewer).gap_board  # type: ignore[arg-type]
    board.gaps()  # as the server does every two minutes
    base.webhooks.work()
    base.webhooks.work()
    assert [(body["type"], body["data"]["question"]) for body in there.bodies] == [
        ("gap.opened", "解約の違約金はいくらか")
    ]
    closed = GapRow("解約の違約金はいくらか", "解約の違約金はいくらか", state="closed", entry="talk-tracks/price")
    base.services.activity.decide(closed)
    base.webhooks.work()
    assert there.bodies[1]["data"] == {
        "address": "http://127.0.0.1:8000/entries/talk-tracks/price", "question": "解約の違約金はいくらか",
        "id": "talk-tracks/price", "kind": "talk-track", "title": "価格が高いと言われたときの切り返し",
    }  # fmt: skip
    kept = base.webhooks.outbox.known("hook0"), [one.body for one in base.webhooks.outbox.newest(10)]
    assert "違約金" not in str(kept)  # the words of searches are kept as long as the searches, and no longer


def test_an_entry_whose_review_is_due_is_news_once(make_base: MakeBase, there: Receiver, hands: Hands) -> None:
    base = make_base({"url": there.url, "events": ["review.due"]})
    base.write("notes/soon.md", note("来月見直す", review_by="2026-11-30"))
    base.webhooks.work()
    hands.forward(days=5)
    base.webhooks.work()
    base.webhooks.work()
    assert [(body["data"]["id"], body["data"]["why"]) for body in there.bodies] == [("notes/soon", ["overdue"])]


def test_chats_get_a_text_in_their_language_and_teams_a_card(make_base: MakeBase, there: Receiver) -> None:
    base = make_base(
        {"url": there.url, "format": "text"},
        {"url": there.url, "format": "card", "language": "en", "events": ["deal.ended"]},
    )
    base.webhooks.work()
    base.write("deals/midori.md", DEAL.format(outcome="lost", more="").replace("みどり", "<!channel>"))
    base.webhooks.work()
    text, card = there.bodies
    heading, line, address = text["text"].split("\n")
    assert (heading, line) == ("商談の結果", "&lt;!channel&gt;食品の商談 · 失注、納期が合わなかった")
    assert address == "http://127.0.0.1:8000/entries/deals/midori"
    content = card["attachments"][0]["content"]
    assert content["body"][0]["text"] == "Deal ended"
    assert content["body"][1]["inlines"][0]["text"] == "<!channel>食品の商談 · Lost, 納期が合わなかった"


def test_the_example_receiver_takes_what_is_genuine_and_nothing_else(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    started = [sys.executable, str(EXAMPLE), str(port)]
    with subprocess.Popen(started, stdout=subprocess.PIPE, text=True, env={"RECEIVER_SECRET": SECRET}) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == str(port)
        try:
            url = f"http://127.0.0.1:{port}/"
            place = hooks_file(tmp_path, {"url": url}, {"url": url, "format": "text", "secret_file": None})
            settings = Settings(data=tmp_path / "var", webhooks=place)
            genuine, unsigned = read_hooks(place)
            assert send_test(settings, genuine).is_sent
            assert process.stdout.readline().strip() == "test"
            assert send_test(settings, unsigned).why == "HTTP 401"
            late = Clock(lambda: CLOCK.now().replace(year=2020))
            assert send_test(settings, genuine, late).why == "HTTP 401"
        finally:
            process.terminate()


def test_what_is_sent_is_signed_by_the_scheme(tmp_path: Path, there: Receiver) -> None:
    place = hooks_file(tmp_path, {"url": there.url})
    send_test(Settings(data=tmp_path / "var", webhooks=place), read_hooks(place)[0])
    headers, body = there.got[0]
    assert verified(headers, body)["type"] == "test"
    assert headers["host"] == f"127.0.0.1:{there.port}"
    assert json.loads(body)["timestamp"].endswith("Z")


def test_without_a_name_the_webhooks_are_named(tmp_path: Path) -> None:
    hooks = read_hooks(hooks_file(tmp_path, {"url": "http://127.0.0.1:9/"}, {"url": "http://127.0.0.1:9/"}))
    with pytest.raises(WebhookNotFoundError, match=f"^Name a webhook: {hooks[0].name}, {hooks[1].name}\\.$"):
        hook_named(hooks, "")
