"""The navigation in a browser: on a phone, by keyboard, without scripts."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

pytestmark = pytest.mark.browser
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]  # the last one has the size of targets


@pytest.mark.parametrize("language", ["ja", "en"])
def test_on_a_phone_nothing_of_the_navigation_is_cut(browser: Browser, address: str, language: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 800}, locale=language, has_touch=True)
    page = context.new_page()
    page.goto(f"{address}/playbook?lang={language}")
    links = page.locator(".bar nav > a, .upkeep > summary, .tool.add")
    assert links.count() == 6
    boxes = [box for link in links.all() if (box := link.bounding_box())]
    assert all(box["x"] >= 0 and box["x"] + box["width"] <= 390 and box["height"] >= 40 for box in boxes)
    assert len({box["y"] for box in boxes[:5]}) == 1
    found = [Axe().run(page, options={"runOnly": RULES})]
    page.locator(".upkeep > summary").tap()
    menu = page.locator(".upkeep > ul").bounding_box()
    assert menu and menu["x"] >= 0 and menu["x"] + menu["width"] <= 390
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    found.append(Axe().run(page, context=".top", options={"runOnly": RULES}))  # the open menu covers what is below
    context.close()
    assert not any(one.violations_count for one in found), [one.generate_report() for one in found]


def test_the_menu_works_by_keyboard(page: Page, address: str) -> None:
    page.goto(f"{address}/playbook")
    page.locator(".bar nav > a").last.focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".upkeep > ul")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".upkeep > ul")).to_be_hidden()
    expect(page.locator(".upkeep > summary")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/gaps"))


def test_the_menu_works_without_scripts(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False, locale="ja-JP")
    page = context.new_page()
    page.goto(f"{address}/playbook")
    page.get_by_text("整える", exact=True).click()
    page.get_by_role("link", name="直すところ").click()
    expect(page).to_have_url(re.compile("/problems"))
    context.close()
