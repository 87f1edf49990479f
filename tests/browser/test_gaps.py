"""From a search without an answer to a closed gap, in a real browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

pytestmark = pytest.mark.browser
QUESTION = "夜間ニ窓口ハ有リマスカ"


def test_a_search_in_vain_is_answered_and_the_asker_sees_it(
    browser: Browser, page: Page, site: str, folder: Path
) -> None:
    context = browser.new_context(locale="ja-JP")
    asker = context.new_page()
    asker.goto(site)
    asker.get_by_role("searchbox").fill(QUESTION)
    asker.get_by_role("button", name="検索", exact=True).click()
    asker.wait_for_url("**/?q=**")
    page.goto(site)
    page.get_by_text("整える", exact=True).click()
    page.get_by_role("link", name="足りない知識").click()
    expect(page.get_by_role("heading", name=QUESTION)).to_be_visible()
    page.locator("summary", has_text="引き受ける").click()
    page.get_by_label("担当").fill("大橋")
    page.get_by_role("button", name="引き受ける", exact=True).click()
    expect(page.locator(".gap")).to_contain_text("担当: 大橋")
    page.get_by_role("link", name="ノートとして書く").click()
    expect(page.get_by_label("題名")).to_have_value(QUESTION)
    page.get_by_label("本文").fill(f"## 答え\n{QUESTION}。平日は22時まで受けます。")
    page.get_by_role("button", name="保存", exact=True).click()
    page.wait_for_url("**/entries/**")
    expect(page.locator(".saved")).to_contain_text("「足りない知識」から外しました")
    page.goto(f"{site}/gaps")
    expect(page.get_by_role("heading", name="足りない知識はありません")).to_be_visible()
    asker.goto(site)
    asker.locator(".answered a").click()
    expect(asker.get_by_role("heading", name=QUESTION, level=1)).to_be_visible()
    context.close()
    assert (folder / "notes").is_dir()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_board_is_accessible_and_fits_a_phone(browser: Browser, site: str, scheme: str, language: str) -> None:
    context = browser.new_context(color_scheme=scheme, locale=language, viewport={"width": 390, "height": 800})  # type: ignore[arg-type]
    page = context.new_page()
    for query in ("zzz qqq xxx", "国外 データ 保管 zzz"):
        page.goto(f"{site}/?q={query}")
    page.goto(f"{site}/gaps")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    context.close()
