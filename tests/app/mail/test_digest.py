"""The weekly digest: to each person once, with what they may see, however the mail server behaves."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from html.parser import HTMLParser
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from app.mail.digest import week_of
from app.mail.handing import MailConnection, MailServerError
from app.mail.rounds import Rounds
from app.mail.sending import Post
from app.mail.weekly import addressees, due_week, send_digests
from app.services import Services, open_services
from ingest.sync import sync
from kb.clock import Clock
from kb.loop.activity import Searched
from kb.loop.period import Period
from tests.app.mail.conftest import BASE, FILES, Opened, deal, html_of, of, text_of
from tests.app.mail.mailbox import Mailbox
from tests.hands import Hands
from tests.words import WordEmbedder, note, write

WEEK = Period.read("2026-W48")
MONDAY = datetime(2026, 12, 1, tzinfo=UTC)  # after 8 o'clock on Monday the 30th, and less than 48 hours, everywhere


def sent(client: TestClient, week: Period = WEEK) -> dict[str, str]:
    """Send the digest; return what became of each."""
    services = of(client)
    with MailConnection(services.settings) as connection:
        post = Post(services, BASE, connection)
        to = addressees(services, is_signed=services.settings.auth != "none")
        return {one.address: state for one, state in send_digests(post, week, to)}


def letters(services: Services) -> dict[str, str]:
    """Return the state of each letter by its recipient's address."""
    people = {person.id: person.address for person in services.people.people.all()}
    known = {one.id: people.get(one.person, one.address) for one in services.people.mailing.recipients()}
    return {known[one.recipient]: one.state for one in services.people.mailing.recent(99)}


def test_everybody_gets_what_they_may_see_and_nothing_else(opened: Opened, box: Mailbox) -> None:
    client = opened()
    assert set(sent(client).values()) == {"sent"}
    mail = dict(box.mail)
    sales, marketing = mail["aoi@example.com"], mail["mori@example.com"]
    for part in (text_of, html_of):
        assert "極秘商事の受注" in part(sales) and "極秘の学び。" in part(sales)
        assert "極秘" not in part(marketing)
        assert "青葉精工の受注" in part(marketing) and "試算表を見せる。" in part(marketing)
        assert f"{BASE}/entries/deals/open-to-all" in part(marketing)
    assert "受注1件、失注1件" in marketing["subject"] and "受注2件、失注1件" in sales["subject"]


def test_a_mail_is_complete_and_asks_nothing_of_another_address(opened: Opened, box: Mailbox) -> None:
    sent(opened())
    message = dict(box.mail)["aoi@example.com"]
    assert message["from"].addresses[0].addr_spec == "kb@example.com" and message["to"] == "aoi@example.com"
    assert message["auto-submitted"] == "auto-generated" and message["date"].datetime.year == 2026
    assert re.fullmatch(r"<digest\.2026-W48\.[0-9a-f]+@example\.com>", message["message-id"])
    assert message["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"
    raw = box.raw[0].decode("ascii")
    assert re.search(r"^List-Unsubscribe: <https://kb\.example\.com/unsubscribe/\S+>\r$", raw, re.MULTILINE)
    assert max(len(line) for line in raw.split("\r\n") if not line.startswith("List-Unsubscribe")) <= 100
    found = _Addresses(html_of(message))
    assert found.tags.isdisjoint({"script", "img", "iframe", "link", "form", "object", "svg"})
    assert found.addresses and all(address.startswith(f"{BASE}/") for address in found.addresses)
    assert "url(" not in html_of(message) and "@import" not in html_of(message)


class _Addresses(HTMLParser):
    """The tags of a page, and all addresses in it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.addresses: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        self.tags.add(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("href", "src", "background", "srcset")]


def test_titles_are_text_and_break_no_header(opened: Opened, box: Mailbox) -> None:
    title = '"<img src=x onerror=alert(1)>\\r\\nBcc: mallory@example.com"'
    sent(opened({"deals/odd.md": deal(title, reasons="[{code: price}]")}))
    _, message = box.mail[0]
    assert "<img" not in html_of(message) and "&lt;img" in html_of(message)
    assert message["bcc"] is None and sorted(box.recipients) == ["aoi@example.com", "mori@example.com"]
    assert "\nBcc:" not in text_of(message)


def test_nobody_gets_a_week_twice_and_an_empty_one_at_all(opened: Opened, box: Mailbox) -> None:
    client = opened()
    assert len(sent(client)) == 2
    assert sent(client) == {} and len(box.mail) == 2
    assert set(sent(client, Period.read("2026-W20")).values()) == {"empty"} and len(box.mail) == 2


def test_two_servers_and_a_restart_send_once(opened: Opened, box: Mailbox, hands: Hands) -> None:
    client = opened()
    first = of(client)
    second = open_services(first.settings, WordEmbedder(), clock=Clock(lambda: hands.now))
    try:
        second.library.refresh()
        hands.now = MONDAY
        rounds = [Rounds(services, lambda: False) for services in (first, second, first)]
        for one in rounds:
            one.make()
        assert sorted(box.recipients) == ["aoi@example.com", "mori@example.com"]
    finally:
        second.close()


def test_one_recipient_that_is_refused_stops_nobody(opened: Opened, box: Mailbox, hands: Hands) -> None:
    client = opened()
    box.refused = {"aoi@example.com": "450 4.2.1 mailbox busy", "mori@example.com": "550 5.1.1 no such user"}
    of(client).people.people.add("root@example.com", "Root", "admin", ["*"])
    assert sent(client) == {"aoi@example.com": "waiting", "mori@example.com": "failed", "root@example.com": "sent"}
    box.refused = {}
    assert sent(client) == {}  # not yet
    hands.forward(minutes=16)
    assert sent(client) == {"aoi@example.com": "sent"}  # the other one was refused for good
    assert box.recipients == ["root@example.com", "aoi@example.com"]


def test_what_is_refused_again_and_again_is_given_up(opened: Opened, box: Mailbox, hands: Hands) -> None:
    client = opened()
    box.refused = {"aoi@example.com": "450 4.2.1 mailbox busy"}
    states = []
    for _ in range(5):
        states.append(sent(client).get("aoi@example.com"))
        hands.forward(hours=13)
    assert states == ["waiting"] * 4 + ["failed"] and sent(client) == {}


def test_a_server_that_takes_no_mail_loses_none(opened: Opened, box: Mailbox) -> None:
    client = opened()
    box.says_no_to_sender = "451 4.3.0 try again later"
    with pytest.raises(MailServerError, match="try again later"):
        sent(client)
    box.says_no_to_sender = ""
    assert len(sent(client)) == 2 and len(box.mail) == 2


def test_what_may_have_arrived_is_not_sent_again(opened: Opened, box: Mailbox) -> None:
    client = opened()
    box.breaks = True
    assert set(sent(client).values()) == {"unclear"}
    box.breaks = False
    assert sent(client) == {} and len(box.mail) == 2


def test_odd_addresses_are_sent_to_or_refused(opened: Opened, box: Mailbox) -> None:
    client = opened({})
    write(of(client).settings.entries, "deals/a.md", FILES["deals/lost.md"])
    of(client).library.with_index(lambda index: sync(index, of(client).settings.entries))
    of(client).library.refresh()
    people = of(client).people.people
    for number, address in enumerate(("o'neil+kb@例え.jp", "a,b@example.com", "x@y@example.com", "名前@example.com")):
        try:
            people.add(address, f"Odd {number}", "reader", [])
        except Exception as error:  # refused as nobody's address
            assert "not an e-mail address" in str(error)
    states = sent(client)
    assert states["o'neil+kb@例え.jp"] == "sent" and "o'neil+kb@xn--r8jz45g.jp" in box.recipients
    assert states["a,b@example.com"] == states["名前@example.com"] == "failed"
    assert states["aoi@example.com"] == "sent"


def test_without_sign_in_the_addresses_of_the_settings_get_what_is_for_all(opened: Opened, box: Mailbox) -> None:
    client = opened(auth="none", digest_to="team@example.com,boss@example.com")
    assert set(sent(client)) == {"team@example.com", "boss@example.com"}
    assert all("極秘" not in text_of(message) and "青葉" in text_of(message) for _, message in box.mail)


def test_a_search_that_failed_and_an_entry_to_review_are_told_to_their_person_only(
    opened: Opened, box: Mailbox, hands: Hands
) -> None:
    files = {
        "talk-tracks/night.md": note("夜間窓口の受付時間", "夜間窓口は二十二時まで。", kind="talk-track"),
        "talk-tracks/old.md": note("古いトーク", kind="talk-track", owner="Aoi", review_by="2026-01-01"),
    }
    client = opened(files)
    services = of(client)
    aoi = services.people.people.by_address("aoi@example.com")
    assert aoi is not None
    asker, at = services.people.askers.of(aoi.id)[0], hands.now.isoformat(timespec="milliseconds")
    services.activity.searched(Searched("s1", at, "夜間窓口の受付時間", confidence="none", asker=asker))
    assert sent(client) == {"aoi@example.com": "sent", "mori@example.com": "empty"}
    told = text_of(box.mail[0][1])
    assert "検索した言葉: 夜間窓口の受付時間" in told and "古いトーク" in told
    hands.forward(days=7)
    sent(client, Period.read("2026-W49"))
    again = text_of(box.mail[1][1])
    assert "夜間窓口" not in again and "古いトーク" in again  # an answer is told once


def test_a_deal_entered_after_the_digest_of_its_week_is_in_the_next(opened: Opened, box: Mailbox, hands: Hands) -> None:
    client = opened()
    services = of(client)
    sent(client)
    write(services.settings.entries, "deals/late.md", deal("遅れて入った受注", body="## 次に使うこと\n早く書く。\n"))
    services.library.with_index(lambda index: sync(index, services.settings.entries))
    services.library.refresh()
    hands.forward(days=7)
    assert set(sent(client, Period.read("2026-W49")).values()) == {"sent"}
    late = text_of(box.mail[-1][1])
    assert "遅れて入った受注" in late and "早く書く。" in late and "青葉精工" not in late
    hands.forward(days=7)
    assert set(sent(client, Period.read("2026-W50")).values()) == {"empty"}


def test_each_reads_it_in_their_language(opened: Opened, box: Mailbox) -> None:
    client = opened(mail_language="en")
    mailing, mori = of(client).people.mailing, of(client).people.people.by_address("mori@example.com")
    assert mori is not None
    mailing.choose(mailing.of_person(mori.id).id, "ja", ())
    sent(client)
    mail = dict(box.mail)
    assert "1 won, 1 lost" not in mail["mori@example.com"]["subject"]
    assert "2 won, 1 lost" in mail["aoi@example.com"]["subject"]
    assert mail["aoi@example.com"]["content-language"] == "en" and '<html lang="ja">' in html_of(
        mail["mori@example.com"]
    )


@pytest.mark.parametrize(
    ("day", "week"),
    [("2026-11-30", "W48"), ("2026-12-02", "W48"), ("2026-12-03", "W48"), ("2026-12-04", "W49"), ("2026-12-06", "W49")],
)
def test_a_digest_is_about_the_week_that_is_over_or_nearly(day: str, week: str) -> None:
    assert week_of(datetime.fromisoformat(day).date()).key == f"2026-{week}"


def test_a_digest_is_due_from_its_time_on_for_two_days(opened: Opened) -> None:
    settings = of(opened()).settings
    at = datetime(2026, 11, 30, 8).astimezone()  # on the machine's clock
    due = [due_week(settings, at + timedelta(hours=hours)) for hours in (-1, 0, 47, 49)]
    assert [week.key if week else "" for week in due] == ["", "2026-W48", "2026-W48", ""]


def test_a_server_that_was_killed_in_the_middle_sends_nothing_twice(opened: Opened, box: Mailbox, hands: Hands) -> None:
    client = opened()
    services, hands.now = of(client), MONDAY
    to = addressees(services, is_signed=True)[0]
    assert services.people.mailing.claim(to.recipient, "digest", WEEK.key)  # and then it was killed
    Rounds(services, lambda: False).make()
    assert to.address not in box.recipients and len(box.recipients) == 1
    hands.forward(days=3)
    Rounds(services, lambda: False).make()
    assert letters(services)[to.address] == "unclear"


def test_files_show_a_mail_as_it_would_be_sent(opened: Opened, tmp_path: Path) -> None:
    from app.mail.addressees import Desk
    from app.mail.digest import digest
    from app.mail.message import composed
    from app.mail.server import sender_of

    services = of(opened())
    to = addressees(services, is_signed=True)[0]
    desk = Desk.of(services, BASE, to)
    mail = digest(desk, WEEK).mail
    assert mail is not None
    place = tmp_path / "a.eml"
    place.write_bytes(
        composed(mail, sender_of("kb@example.com"), to.address, services.clock.now(), desk.reader).as_bytes()
    )
    again = message_from_bytes(place.read_bytes(), policy=policy.default)
    assert again["to"] == to.address and "試算表" in text_of(again)
    assert letters(services) == {}
