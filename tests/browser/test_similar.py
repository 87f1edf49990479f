"""Similar deals in a real browser: paste, compare, correct, open, print."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

pytestmark = pytest.mark.browser
NOTES = "冷凍倉庫で紙の点検表を使っている。電波が届かない。タスキナの見積もりのほうが安い。"


def test_notes_are_compared_corrected_and_a_deal_opened(page: Page, address: str) -> None:
    page.goto(f"{address}/playbook")
    page.locator("body").press("g")
    page.locator("body").press("m")
    expect(page.get_by_role("heading", name="似た商談を探す")).to_be_visible()
    page.get_by_label("商談のメモ").fill(NOTES)
    page.get_by_role("button", name="似た商談を探す").click()
    expect(page.get_by_role("heading", name="似た受注")).to_be_visible()
    expect(page.locator(".understood")).to_contain_text("タスキナ")
    assert "text=" not in page.url
    page.get_by_text("商談の条件").click()
    page.get_by_role("checkbox", name="タスキナ").uncheck()
    page.get_by_role("checkbox", name="物流").check()
    page.get_by_role("button", name="似た商談を探す").click()
    expect(page.locator(".understood")).to_contain_text("物流")
    expect(page.locator(".understood")).not_to_contain_text("タスキナ")
    page.locator(".three .like a").first.click()
    expect(page.get_by_role("link", name="似た商談を比べる")).to_be_visible()


def test_it_works_without_javascript(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False, locale="ja-JP")
    page = context.new_page()
    page.goto(f"{address}/deals/similar")
    page.get_by_label("商談のメモ").fill(NOTES)
    page.get_by_role("button", name="似た商談を探す").click()
    expect(page.get_by_role("heading", name="似た失注")).to_be_visible()
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["ja", "en"])
def test_no_accessibility_violations(browser: Browser, address: str, scheme: str, language: str) -> None:
    context = browser.new_context(color_scheme=scheme, locale=language)  # type: ignore[arg-type]
    page = context.new_page()
    for place in ("", f"?text={NOTES}"):
        page.goto(f"{address}/deals/similar{place}")
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
    context.close()


def test_a_phone_never_scrolls_sideways(browser: Browser, address: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 800}, locale="ja-JP")
    page = context.new_page()
    page.goto(f"{address}/deals/similar?text={NOTES}")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    expect(page.locator("#language")).to_be_in_viewport()
    context.close()


def test_a_deal_review_is_one_sheet_of_paper(page: Page, address: str) -> None:
    page.goto(f"{address}/deals/similar?text={NOTES}")
    sheets = re.findall(
        rb"/Type\s*/Page\b", page.pdf(format="A4", margin=dict.fromkeys(("top", "bottom", "left", "right"), "10mm"))
    )
    assert len(sheets) == 1
