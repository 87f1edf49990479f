"""The scoreboard in a real browser."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

pytestmark = pytest.mark.browser


def test_tabs_filters_and_the_deals_behind_a_number(page: Page, address: str) -> None:
    page.goto(f"{address}/playbook")
    page.locator("body").press("g")
    page.locator("body").press("s")
    expect(page.get_by_role("heading", name="勝敗")).to_be_visible()
    page.get_by_role("link", name="競合別の勝敗", exact=True).click()
    expect(page.get_by_role("rowheader", name="タスキナ", exact=True)).to_be_visible()
    page.get_by_text("業種・期間などで絞り込む").click()
    page.get_by_label("業種").select_option("製造業")
    page.get_by_role("button", name="絞り込む").click()
    assert "industry=" in page.url and "by=competitor" in page.url
    page.locator("summary", has_text="勝").first.click()
    page.locator(".board-counts li a").first.click()
    expect(page.get_by_role("link", name="似た商談を比べる")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["ja", "en"])
def test_no_accessibility_violations(browser: Browser, address: str, scheme: str, language: str) -> None:
    context = browser.new_context(color_scheme=scheme, locale=language)  # type: ignore[arg-type]
    page = context.new_page()
    for chosen in ("by=angle", "by=reason", "view=cycle", "view=said-by", "view=stages"):
        page.goto(f"{address}/scoreboard?{chosen}")
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
    context.close()


@pytest.mark.parametrize("chosen", ["by=angle", "by=talk-track", "view=money", "view=quarters"])
def test_a_phone_never_scrolls_sideways(browser: Browser, address: str, chosen: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 800}, locale="ja-JP")
    page = context.new_page()
    page.goto(f"{address}/scoreboard?{chosen}")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    context.close()
