"""Grading with the keyboard, and the page for everyone."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

pytestmark = pytest.mark.browser


def _ask(page: Page, site: str, *queries: str) -> None:
    for query in queries:
        page.goto(f"{site}/?q={query}")


def test_keys_grade_hit_after_hit_and_enter_saves(page: Page, site: str) -> None:
    _ask(page, site, "価格の切り返し")
    page.goto(f"{site}/judge")
    for _ in range(page.locator("#judging fieldset").count()):
        page.keyboard.press("1")
    expect(page.get_by_role("button", name="採点を保存して次へ")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".saved")).to_contain_text("採点を保存しました。")
    page.get_by_role("button", name="いまの検索を測る").click()
    expect(page.locator("main")).to_contain_text("はじめての計測です。")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_page_is_accessible_and_fits_a_phone(browser: Browser, site: str, scheme: str, language: str) -> None:
    context = browser.new_context(color_scheme=scheme, locale=language, viewport={"width": 390, "height": 800})  # type: ignore[arg-type]
    page = context.new_page()
    _ask(page, site, "何と比べて高いか", "値引き")
    page.goto(f"{site}/judge")
    expect(page.locator("#judging")).to_be_visible()
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    context.close()
