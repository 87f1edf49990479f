"""From a talk track to content to a deal that was won, and the picture of it; then the meeting, in a real browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.words import note

pytestmark = pytest.mark.browser


def test_a_talk_becomes_content_that_wins_a_deal_and_a_picture_shows_it(page: Page, site: str, folder: Path) -> None:
    deal = note("青葉精工 受注", "試行で決まった。", kind="deal", outcome="won", closed_on="2026-11-10")
    assert page.request.post(f"{site}/api/v1/entries", data={"text": deal}).status == 201
    page.goto(f"{site}/entries/talk-tracks/price")
    page.get_by_role("link", name="これをもとにコンテンツを作る").click()
    page.get_by_label("題名").fill("価格の読み物")
    page.get_by_role("button", name="保存", exact=True).click()
    page.wait_for_url("**/entries/notes/**")
    page.get_by_label("この案件で使った").select_option(index=1)  # the only deal there is
    page.get_by_role("button", name="使ったと記録する").click()
    expect(page.locator(".saved")).to_contain_text("記録しました")
    assert "used: [notes/" in (folder / "deals/青葉精工-受注.md").read_text("utf-8")
    page.get_by_role("link", name="系譜を見る").click()
    expect(page.locator("svg text").filter(has_text="価格の切り返し").first).to_be_visible()
    expect(page.get_by_role("link", name="青葉精工 受注").first).to_be_visible()
    expect(page.get_by_role("link", name="価格の切り返し").first).to_be_visible()


def test_a_meeting_is_kept_and_found(page: Page, site: str) -> None:
    page.goto(f"{site}/meeting?period=2026-10")
    page.get_by_label("決定").fill("見学の段取りを標準にする")
    page.get_by_label("アクション").fill("大橋: 見学先を二つ決める")
    page.get_by_role("button", name="会議を保存").click()
    page.goto(f"{site}/?q=見学の段取りを標準にする")
    expect(page.locator("#results")).to_contain_text("2026年10月")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["ja", "en"])
def test_pages_of_the_loop_are_accessible_and_fit_a_phone(
    browser: Browser, address: str, scheme: str, language: str
) -> None:
    context = browser.new_context(color_scheme=scheme, locale=language, viewport={"width": 390, "height": 800})  # type: ignore[arg-type]
    page = context.new_page()
    for path in ("/loop", "/review", "/meeting?period=2026-09", "/meeting/numbers", "/lineage/talk-tracks/peer-visit"):
        page.goto(f"{address}{path}")
        found = Axe().run(page)
        assert found.violations_count == 0, f"{path}: {found.generate_report()}"
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
    context.close()
