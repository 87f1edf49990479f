"""The meeting in a browser: a week with nothing in it, saving, accessibility."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.test_navigation import RULES
from tests.words import write

pytestmark = pytest.mark.browser
PAGES = ("/meeting", "/meeting?period=2026-06", "/scoreboard", "/scoreboard?by=reason", "/loop")
DEAL = (
    "---\ntitle: 白樺電装の受注\nkind: deal\noutcome: won\nclosed_on: 2026-03-04\namount: 3000000\n---\n"
    "## 次にやること\n\n早く会う。\n"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Entries with one deal, closed long ago."""
    folder = tmp_path_factory.mktemp("meeting") / "entries"
    write(folder, "deals/a.md", DEAL)
    return folder


def test_the_newest_week_leads_to_the_empty_current_one_and_back(page: Page, site: str) -> None:
    page.goto(f"{site}/meeting")
    expect(page.locator("h1")).to_contain_text("2026-W10")
    expect(page.locator(".headline")).to_contain_text("受注1件（300万円）")
    page.get_by_role("link", name="今週を開く").click()
    expect(page.locator(".headline")).to_contain_text("この期間に決着した商談はありません")
    page.locator(".lacks > summary").click()
    expect(page.locator(".lacks li").first).to_be_visible()


def test_a_saved_meeting_says_so_at_once_and_is_found_soon(page: Page, site: str) -> None:
    page.goto(f"{site}/meeting")
    page.locator("#decisions").fill("見学会を毎月開く")
    page.get_by_role("button", name="会議を保存").click()
    expect(page.locator(".notice.saved")).to_contain_text("会議を保存しました")
    expect(page).to_have_url(re.compile("saved=1"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["ja", "en"])
def test_manager_pages_keep_the_accessibility_rules(browser: Browser, address: str, language: str, scheme: str) -> None:
    broken = {}
    for width in (1280, 390):
        context = browser.new_context(color_scheme=scheme, locale=language, viewport={"width": width, "height": 900})
        page = context.new_page()
        for path in PAGES:
            page.goto(f"{address}{path}{'&' if '?' in path else '?'}lang={language}")
            page.evaluate("for (const part of document.querySelectorAll('main details')) part.open = true")
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path
            found = Axe().run(page, options={"runOnly": RULES})
            if found.violations_count:
                broken[f"{path} {width}"] = found.generate_report()
        context.close()
    assert not broken, broken
