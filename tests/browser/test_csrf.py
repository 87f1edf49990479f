"""A form whose session changed while it was open: nothing typed is lost, and nothing is sent without a click."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

pytestmark = pytest.mark.browser


@pytest.fixture
def tab(browser: Browser) -> Iterator[Page]:
    """A page in which a 403 is meant; the console calls it an error."""
    context = browser.new_context(locale="ja-JP")
    yield context.new_page()
    context.close()


def test_a_draft_is_kept_and_saved_with_a_second_click(tab: Page, site: str, folder: Path) -> None:
    tab.goto(f"{site}/new/note")
    tab.get_by_label("題名").fill("夜間の窓口の話")
    tab.get_by_label("本文").fill("二十時まで開いている。")
    tab.context.clear_cookies(name="form")
    save = tab.locator("button[name=do][value=save]")
    with tab.expect_response(lambda response: response.url.endswith("/write") and response.status == 403):
        save.click()
    expect(tab.get_by_role("alert").filter(has_text="まだ保存されていません")).to_be_visible()
    expect(tab.get_by_label("本文")).to_have_value("二十時まで開いている。")
    assert not (folder / "notes/夜間の窓口の話.md").exists()
    save.click()
    tab.wait_for_url("**/entries/**")
    assert "二十時まで開いている。" in (folder / "notes/夜間の窓口の話.md").read_text("utf-8")


def test_another_form_is_sent_again_from_the_page_that_refuses_it(tab: Page, site: str) -> None:
    tab.goto(f"{site}/entries/talk-tracks/price")
    tab.context.clear_cookies(name="form")
    tab.get_by_role("button", name="役に立った").click()
    expect(tab.get_by_role("heading", name="まだ送信されていません")).to_be_visible()
    tab.get_by_role("button", name="もう一度送る").click()
    expect(tab.get_by_role("button", name="役に立った")).to_contain_text("1")


def test_a_use_that_a_script_sends_carries_the_token(page: Page, site: str) -> None:
    page.goto(f"{site}/?q=価格の切り返し")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    buttons = page.locator("[data-use]")
    if not buttons.count():
        pytest.skip("no hit has a sentence to copy here")
    with page.expect_response(lambda response: "/uses/" in response.url) as sent:
        buttons.first.click()
    assert sent.value.status == 204
