"""A deal that ended without a reason: its owner is asked once, and answers in a short form."""

from __future__ import annotations

from functools import partial
from typing import Any

from starlette.testclient import TestClient

from app.mail.rounds import Rounds
from ingest.sync import sync
from tests.app.mail.conftest import BASE, Opened, deal, html_of, of, text_of
from tests.app.mail.mailbox import Mailbox
from tests.app.signed_in import browser_of
from tests.hands import Hands
from tests.words import write

PLAYBOOK = "reasons:\n  lost:\n    - {code: price, ja: 価格, en: Price}\n    - {code: late, ja: 接触の遅れ, en: Late}\n"
BARE = {"playbook.yaml": PLAYBOOK, "deals/aoi.md": deal("すみれ工業の失注", "lost", owner="Aoi", crm_id="D-7")}


def rounds_of(client: TestClient) -> Rounds:
    """Return the rounds of a server."""
    return Rounds(of(client), lambda: False)


def change(client: TestClient, path: str, text: str) -> None:
    """Write a file, as an import does, and index it."""
    services = of(client)
    write(services.settings.entries, path, text)
    services.library.with_index(partial(sync, folder=services.settings.entries))
    services.library.refresh()


def browser(client: TestClient, name: str) -> Any:
    """Return the browser of somebody."""
    person = of(client).people.people.by_address(f"{name}@example.com")
    assert person is not None
    return browser_of(client, person)


def asked(opened: Opened, files: dict[str, str], hands: Hands, **chosen: Any) -> TestClient:
    """Return an application whose server has made its rounds for some hours."""
    client = opened(files, digest="", ask_reasons=True, **chosen)
    rounds = rounds_of(client)
    rounds.make()
    hands.forward(hours=2)
    rounds.make()
    return client


def test_the_owner_is_asked_once_with_a_link_to_the_form(opened: Opened, box: Mailbox, hands: Hands) -> None:
    client = asked(opened, BARE, hands)
    ((to, message),) = box.mail
    assert to == "aoi@example.com" and "すみれ工業の失注" in message["subject"]
    for part in (text_of(message), html_of(message)):
        assert f"{BASE}/reasons/deals/aoi" in part and "失注" in part
    change(client, "deals/renamed.md", BARE["deals/aoi.md"])  # imported again, under another name
    (of(client).settings.entries / "deals/aoi.md").unlink()
    change(client, "deals/aoi2.md", BARE["deals/aoi.md"] + "\n")
    rounds_of(client).make()
    hands.forward(days=2)
    rounds_of(client).make()
    assert len(box.mail) == 1


def test_a_deal_named_like_a_kind_of_mail_does_not_sign_its_link(opened: Opened, box: Mailbox, hands: Hands) -> None:
    named = {**BARE, "deals/aoi.md": BARE["deals/aoi.md"].replace("D-7", "digest")}
    people = of(asked(opened, named, hands)).people
    ((_, message),) = box.mail
    signed = message["Message-ID"].partition(".")[2].partition("@")[0]
    to = next(one for one in people.mailing.recipients() if one.person and message["List-Unsubscribe"].count(one.id))
    assert signed and people.mailing.by_link(f"digest.{to.id}.{signed}") is None
    assert people.mailing.by_link(to.link("digest")) is not None


def test_whoever_adds_the_reason_within_the_hour_is_not_asked(opened: Opened, box: Mailbox, hands: Hands) -> None:
    client = opened(BARE, digest="", ask_reasons=True)
    rounds = rounds_of(client)
    rounds.make()
    change(
        client, "deals/aoi.md", deal("すみれ工業の失注", "lost", owner="Aoi", crm_id="D-7", reasons="[{code: price}]")
    )
    hands.forward(hours=2)
    rounds.make()
    assert box.mail == []


def test_nobody_is_asked_about_what_is_not_theirs_to_answer(opened: Opened, box: Mailbox, hands: Hands) -> None:
    files = {
        "playbook.yaml": PLAYBOOK,
        "deals/nobody.md": deal("持ち主のない失注", "lost"),
        "deals/other.md": deal("知らない人の失注", "lost", owner="Somebody"),
        "deals/hidden.md": deal("見えない失注", "lost", owner="Mori", visibility="sales"),
        "deals/open.md": deal("続いている商談", "open", owner="Aoi"),
        "deals/old.md": deal("昔の失注", "lost", "2026-08-01", owner="Aoi"),
        "deals/told.md": deal("文章で理由のある失注", "lost", owner="Aoi", body="## 敗因\n価格で負けた。\n"),
        "deals/draft.md": deal("下書きの失注", "lost", owner="Aoi", status="draft"),
    }
    asked(opened, files, hands)
    assert [message["subject"] for _, message in box.mail] == []


def test_readers_and_those_who_stopped_are_not_asked(opened: Opened, box: Mailbox, hands: Hands) -> None:
    files = {**BARE, "deals/mori.md": deal("森の失注", "lost", owner="Mori")}
    client = opened(files, digest="", ask_reasons=True)
    people = of(client).people
    aoi, mori = (people.people.by_address(f"{name}@example.com") for name in ("aoi", "mori"))
    assert aoi and mori
    people.people.change(aoi.id, role="reader")
    people.mailing.stop(people.mailing.of_person(mori.id).id, "question")
    rounds = rounds_of(client)
    rounds.make()
    hands.forward(hours=2)
    rounds.make()
    assert box.mail == []


def test_an_import_of_many_deals_asks_a_few_a_day(opened: Opened, box: Mailbox, hands: Hands) -> None:
    files = {f"deals/{at}.md": deal(f"失注{at}", "lost", owner="Aoi", body=f"{at}番の経緯。\n") for at in range(5)}
    client = asked(opened, files, hands)
    assert len(box.mail) == 3
    hands.forward(days=1, hours=1)
    rounds_of(client).make()
    assert len(box.mail) == 5 and len({message["subject"] for _, message in box.mail}) == 5


def test_without_the_setting_nobody_is_asked(opened: Opened, box: Mailbox, hands: Hands) -> None:
    client = opened(BARE, digest="mon 08:00")
    rounds = rounds_of(client)
    rounds.make()
    hands.forward(hours=2)
    rounds.make()
    assert box.mail == []


def test_the_short_form_adds_reasons_and_lesson(opened: Opened) -> None:
    client = opened(
        {**BARE, "deals/aoi.md": deal("すみれ工業の失注", "lost", owner="Aoi", crm_id="D-7", body="取込時のメモ。\n")}
    )
    aoi = browser(client, "aoi")
    page = aoi.get("/reasons/deals/aoi")
    assert page.status_code == 200 and "すみれ工業の失注" in page.text and "接触の遅れ" in page.text
    base = page.text.partition('name="base" value="')[2].partition('"')[0]
    assert "/reasons/deals/aoi" in aoi.get("/entries/deals/aoi").text
    nothing = aoi.post("/reasons/deals/aoi", data={"base": base, "text0": " "})
    assert nothing.status_code == 422
    given = {"base": base, "reasons.buyer": "price", "reasons.rep": ["late", ""], "text3": "早く会う。"}
    saved = aoi.post("/reasons/deals/aoi", data=given, follow_redirects=False)
    assert saved.status_code == 303 and saved.headers["location"].startswith("/entries/deals/aoi?saved=")
    entry = of(client).library.entries.get("deals/aoi")
    assert entry.deal and [(one.code, one.source) for one in entry.deal.reasons] == [
        ("price", "buyer"),
        ("late", "rep"),
    ]
    assert entry.body.startswith("取込時のメモ。") and entry.body.endswith("## 次はどうするか\n早く会う。\n")
    assert entry.owner == "Aoi" and entry.deal.crm_id == "D-7"
    stale = aoi.post("/reasons/deals/aoi", data={**given, "text0": "残る言葉"})
    assert stale.status_code == 412 and "残る言葉" in stale.text
    assert "/reasons/deals/aoi" not in aoi.get("/entries/deals/aoi").text
    again = aoi.get("/reasons/deals/aoi").text  # what is answered is not asked again
    assert "次はどうするか" not in again and 'value="price" checked' in again


def test_the_short_form_is_for_ended_deals_of_ones_own(opened: Opened) -> None:
    files = {
        **BARE,
        "deals/open.md": deal("続いている商談", "open", owner="Aoi"),
        "deals/hidden.md": deal("見えない失注", "lost", owner="Aoi", visibility="marketing"),
    }
    client = opened(files)
    assert browser(client, "mori").get("/reasons/deals/aoi").status_code == 403
    aoi = browser(client, "aoi")
    assert aoi.get("/reasons/deals/open", follow_redirects=False).headers["location"] == "/edit/deals/open"
    assert aoi.get("/reasons/deals/hidden").status_code == aoi.get("/reasons/deals/none").status_code == 404
