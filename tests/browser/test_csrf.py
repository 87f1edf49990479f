"""A form whose session changed while it was open: nothing typed is lost, and nothing is sent without a click."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


def test_a_draft_is_kept_and_saved_with_a_second_click(page: Page, site: str, folder: Path) -> None:
    page.goto(f"{site}/new/note")
    page.get_by_label("題名").fill("夜間の窓口の話")
    page.get_by_label("本文").fill("二十時まで開いている。")
    page.context.clear_cookies(name="form")
    save = page.locator("button[name=do][value=save]")
    with page.expect_response(lambda response: response.url.endswith("/write") and response.status == 403):
        save.click()
    expect(page.get_by_role("alert").filter(has_text="まだ保存されていません")).to_be_visible()
    expect(page.get_by_label("本文")).to_have_value("二十時まで開いている。")
    assert not (folder / "notes/夜間の窓口の話.md").exists()
    save.click()
    page.wait_for_url("**/entries/**")
    assert "二十時まで開いている。" in (folder / "notes/夜間の窓口の話.md").read_text("utf-8")


def test_another_form_is_sent_again_from_the_page_that_refuses_it(page: Page, site: str) -> None:
    page.goto(f"{site}/entries/talk-tracks/price")
    page.context.clear_cookies(name="form")
    page.get_by_role("button", name="役に立った").click()
    expect(page.get_by_role("heading", name="まだ送信されていません")).to_be_visible()
    page.get_by_role("button", name="もう一度送る").click()
    expect(page.get_by_role("button", name="役に立った")).to_contain_text("1")


def test_a_use_that_a_script_sends_carries_the_token(page: Page, site: str) -> None:
    page.goto(f"{site}/?q=価格の切り返し")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    buttons = page.locator("[data-use]")
    if not buttons.count():
        pytest.skip("no hit has a sentence to copy here")
    with page.expect_response(lambda response: "/uses/" in response.url) as sent:
        buttons.first.click()
    assert sent.value.status == 204
