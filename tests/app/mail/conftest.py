"""An application with people, deals of this week, and a mail server of ours."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.services import Services
from kb.clock import Clock
from tests.app.conftest import MakeClient, make_client
from tests.app.mail.mailbox import Mailbox, mailbox
from tests.app.signed_in import services_behind
from tests.hands import Hands, hands

__all__ = ["hands", "make_client"]
BASE = "https://kb.example.com"
SENDER = "勝ち筋 <kb@example.com>"
Opened = Callable[..., TestClient]


def deal(title: str, outcome: str = "won", closed: str = "2026-11-25", body: str = "", **fields: str) -> str:
    """Return the text of a deal that ended in the week of the clock's hands."""
    front = "".join(f"{name}: {value}\n" for name, value in fields.items())
    return f"---\nkind: deal\ntitle: {title}\noutcome: {outcome}\nclosed_on: {closed}\n{front}---\n{body}"


FILES = {
    "deals/open-to-all.md": deal(
        "青葉精工の受注",
        reasons="[{code: price, source: buyer}]",
        amount="650万円",
        body="## 次に使うこと\n試算表を見せる。\n",
    ),
    "deals/lost.md": deal(
        "すみれ工業の失注", "lost", reasons="[{code: price}]", body="## 次はどうするか\n早く会う。\n"
    ),
    "deals/of-sales.md": deal(
        "極秘商事の受注", visibility="sales", reasons="[{code: price}]", body="## 次に使うこと\n極秘の学び。\n"
    ),
}


@pytest.fixture
def box() -> Iterator[Mailbox]:
    """A mail server."""
    with mailbox() as opened:
        yield opened


@pytest.fixture
def opened(make_client: MakeClient, hands: Hands, box: Mailbox) -> Opened:
    """A maker of applications that send mail to the box, with two people: one of sales, one of marketing."""

    def make(files: dict[str, str] = FILES, **chosen: Any) -> TestClient:
        usual = {"auth": "local", "smtp_url": box.url, "mail_from": SENDER, "public_url": BASE, "digest": "mon 08:00"}
        client = make_client(files, clock=Clock(lambda: hands.now), **{**usual, **chosen})
        known = services_behind(client).people
        for name, team in (("Aoi", "sales"), ("Mori", "marketing")):
            person = known.people.add(f"{name.lower()}@example.com", name, "author", [team])
            known.names.link(name, person.id)
        return client

    return make


def of(client: TestClient) -> Services:
    """Return the services behind a client."""
    return services_behind(client)


def text_of(message: Any) -> str:
    """Return the plain text of a mail."""
    text: str = message.get_body(("plain",)).get_content()
    return text


def html_of(message: Any) -> str:
    """Return the HTML of a mail."""
    text: str = message.get_body(("html",)).get_content()
    return text
