"""Signing in in a real browser: by a link, with a wrong password, everywhere out, and in the middle of a draft."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from app.services import PeopleServices, open_people
from app.settings import Settings
from tests.browser.conftest import serving

pytestmark = pytest.mark.browser
PASSWORD = "緑のはしごと静かな雨の夜"


@pytest.fixture(scope="module")
def known(folder: Path) -> Iterator[PeopleServices]:
    """What knows the people of the server."""
    services = open_people(Settings(entries=folder, data=folder.parent / "var"))
    yield services
    services.close()


@pytest.fixture(scope="module")
def guarded(folder: Path, known: PeopleServices) -> Iterator[str]:
    """The address of a server where people sign in."""
    person = known.people.add("aki@example.com", "秋 上田", "author", ["sales"])
    known.passwords.set(person, PASSWORD)
    with serving(folder, folder.parent / "var", auth="local") as address:
        yield address


def _sign_in(page: Page, password: str = PASSWORD) -> None:
    page.get_by_label("メールアドレス").fill("aki@example.com")
    page.get_by_label("パスワード").fill(password)
    page.get_by_role("button", name="サインイン").click()


def test_one_signs_in_where_one_was_going_after_a_wrong_password(browser: Browser, guarded: str) -> None:
    page = browser.new_context(locale="ja-JP").new_page()  # a 401 is an error in the console, and meant here
    page.goto(f"{guarded}/?q=価格")
    assert Axe().run(page).violations_count == 0
    _sign_in(page, "ちがうパスワードです")
    expect(page.get_by_role("alert")).to_contain_text("違います")
    expect(page.get_by_label("メールアドレス")).to_have_value("aki@example.com")
    expect(page.get_by_label("パスワード")).to_be_focused()
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/?q=*")
    expect(page.get_by_role("link", name="秋 上田")).to_be_visible()
    page.context.close()


def test_a_link_sets_a_password_and_signs_in(page: Page, guarded: str, known: PeopleServices) -> None:
    person = known.people.add("mio@example.com", "澪", "reader", [])
    secret = known.links.make(person.id)
    page.goto(f"{guarded}/link/{secret}")
    assert Axe().run(page).violations_count == 0
    page.get_by_label("新しいパスワード").fill(PASSWORD)
    page.get_by_role("button", name="設定してサインイン").click()
    page.get_by_role("link", name="澪").click()
    expect(page.get_by_text("閲覧者", exact=False).first).to_be_visible()
    expect(page.get_by_role("link", name="書く")).to_have_count(0)
    assert Axe().run(page).violations_count == 0
    assert known.links.person_of(secret) is None


def test_signing_out_everywhere_ends_every_browser(browser: Browser, page: Page, guarded: str) -> None:
    page.goto(guarded)
    _sign_in(page)
    other = browser.new_context(locale="ja-JP").new_page()
    other.goto(guarded)
    _sign_in(other)
    other.wait_for_url(f"{guarded}/")
    page.goto(f"{guarded}/me")
    page.get_by_role("button", name="すべての端末でサインアウト").click()
    page.wait_for_url("**/sign-in")
    other.goto(f"{guarded}/scoreboard")
    other.wait_for_url("**/sign-in?next=*")
    other.context.close()


def test_a_draft_survives_the_end_of_the_session_and_is_saved_after_signing_in(
    browser: Browser, guarded: str, known: PeopleServices, folder: Path
) -> None:
    page, faults = browser.new_context(locale="ja-JP").new_page(), []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(f"{guarded}/new/note")
    _sign_in(page)
    page.wait_for_url("**/new/note")
    page.get_by_label("題名").fill("会期の途中で書いた話")
    page.get_by_label("本文").fill("## 話す一文\n> <まだ> 保存していない & 100%")
    person = known.people.by_address("aki@example.com")
    assert person is not None
    known.sessions.end_all(person.id)
    page.get_by_role("button", name="保存").first.click()
    expect(page.get_by_role("status").filter(has_text="有効期限")).to_be_visible()
    expect(page.get_by_label("メールアドレス")).to_be_focused()
    expect(page.get_by_text("保存しています")).to_have_count(0)
    _sign_in(page)
    page.get_by_role("button", name="入力した内容に戻る").click()
    expect(page.get_by_label("題名")).to_have_value("会期の途中で書いた話")
    expect(page.get_by_label("本文")).to_have_value("## 話す一文\n> <まだ> 保存していない & 100%")
    page.get_by_role("button", name="保存").first.click()
    page.wait_for_url("**/entries/**")
    (saved,) = (folder / "notes").glob("会期の途中で書いた話-*.md")  # no name betrays what is hidden
    assert "<まだ> 保存していない & 100%" in saved.read_text("utf-8")
    assert not faults
    page.context.close()


def test_what_an_administrator_changes_counts_at_the_next_request(
    page: Page, guarded: str, known: PeopleServices
) -> None:
    person = known.people.add("sora@example.com", "空", "reader", [])
    known.passwords.set(person, PASSWORD)
    page.goto(guarded)
    page.get_by_label("メールアドレス").fill("sora@example.com")
    page.get_by_label("パスワード").fill(PASSWORD)
    page.get_by_role("button", name="サインイン").click()
    page.wait_for_url(f"{guarded}/")
    expect(page.get_by_role("link", name="書く")).to_have_count(0)
    known.people.change(person.id, role="author", teams=["sales"])
    page.goto(f"{guarded}/me")
    expect(page.get_by_role("link", name="書く")).to_be_visible()
    expect(page.get_by_role("definition").filter(has_text="営業")).to_be_visible()
    known.people.change(person.id, is_disabled=True)
    page.goto(f"{guarded}/gaps")
    page.wait_for_url("**/sign-in?next=*")
