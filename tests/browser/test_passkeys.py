"""Passkeys in a real browser, with a device in software: added, signed in with, removed, and refused elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from app.services import PeopleServices, open_people
from app.settings import Settings
from tests.browser.conftest import serving

pytestmark = pytest.mark.browser
PASSWORD = "緑のはしごと静かな雨の夜"
DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Where the server keeps people."""
    return tmp_path / "var"


@pytest.fixture
def known(folder: Path, data: Path) -> Iterator[PeopleServices]:
    """What knows the people of the server."""
    services = open_people(Settings(entries=folder, data=data))
    services.people.add("aki@example.com", "秋 上田", "author", ["sales"])
    yield services
    services.close()


@pytest.fixture
def guarded(folder: Path, data: Path, known: PeopleServices) -> Iterator[str]:
    """The address of a server where people sign in, by a name."""
    with serving(folder, data, auth="local") as address:
        yield address.replace("127.0.0.1", "localhost")


def _give_device(page: Page) -> None:
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})


def test_a_passkey_is_made_with_a_link_and_signs_in(page: Page, guarded: str, known: PeopleServices) -> None:
    person = known.people.by_address("aki@example.com")
    assert person is not None
    _give_device(page)
    page.goto(f"{guarded}/link/{known.links.make(person.id)}")
    page.get_by_role("button", name="パスキーを登録してサインイン").click()
    page.wait_for_url(f"{guarded}/")
    page.goto(f"{guarded}/me")
    page.get_by_role("button", name="サインアウト", exact=True).first.click()
    page.goto(f"{guarded}/gaps")
    page.get_by_role("button", name="パスキーでサインイン").click()
    page.wait_for_url(f"{guarded}/gaps")
    expect(page.get_by_role("link", name="秋 上田")).to_be_visible()


def test_a_passkey_is_added_and_removed(page: Page, guarded: str, known: PeopleServices) -> None:
    person = known.people.by_address("aki@example.com")
    assert person is not None
    known.passwords.set(person, PASSWORD)
    _give_device(page)
    page.goto(f"{guarded}/sign-in")
    page.get_by_label("メールアドレス").fill("aki@example.com")
    page.get_by_label("パスワード").fill(PASSWORD)
    page.get_by_role("button", name="サインイン", exact=True).click()
    page.goto(f"{guarded}/me")
    page.get_by_label("名前").fill("会社のノート")
    page.get_by_role("button", name="パスキーを追加").click()
    expect(page.get_by_role("status").filter(has_text="追加しました")).to_be_visible()
    page.get_by_role("button", name="パスキーを追加").click()
    expect(page.get_by_role("alert")).to_contain_text("すでにあります")
    page.get_by_role("button", name="パスキー「会社のノート」を削除").click()
    expect(page.get_by_role("status").filter(has_text="削除しました")).to_be_visible()
    assert known.passkeys.of(person.id) == []


def test_a_passkey_does_not_answer_another_host(page: Page, guarded: str, known: PeopleServices) -> None:
    _give_device(page)
    page.goto(f"{guarded}/sign-in")
    page.get_by_role("button", name="パスキーでサインイン").click()  # the device holds none for this host
    expect(page.get_by_role("alert")).to_contain_text("使えませんでした")
    page.goto(f"{guarded.replace('localhost', '127.0.0.1')}/sign-in")
    expect(page.get_by_role("button", name="パスキーでサインイン")).to_have_count(0)
