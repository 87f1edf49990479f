"""What people do in the page, in a real browser."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

pytestmark = pytest.mark.browser
PAGES = ["/", "/?q=価格が高い", "/?q=zzzzqqqq&kind=deal", "/entries/talk-tracks/price-too-high",
         "/entries/deals/2026-06-kurogane-works", "/entries/campaigns/2026-04-taskina-switch", "/problems",
         "/playbook"]  # fmt: skip
FORMS = ["/new", "/new/deal-lost", "/new/talk-track", "/new/content", "/new/files", "/playbook/edit", "/judge", "/mine",
         "/me/data"]  # fmt: skip
BOARDS = ["/deals/similar", "/scoreboard", "/scoreboard?view=money", "/meeting", "/loop", "/gaps", "/review"]


def test_typing_shows_results_without_a_reload_and_the_address_can_be_shared(page: Page, address: str) -> None:
    page.goto(address)
    page.evaluate("window.kept = true")
    page.keyboard.press("/")
    page.keyboard.type("価格が高いと言われた")
    expect(page.locator("#results")).to_contain_text("価格が高いと言われたときの切り返し")
    expect(page).to_have_url(re.compile("q="))
    assert page.evaluate("window.kept") is True
    shared = page.url
    page.goto(shared)
    expect(page.locator("#results")).to_contain_text("価格が高いと言われたときの切り返し")


def test_a_filter_narrows_the_results_and_back_widens_them(page: Page, address: str) -> None:
    page.goto(f"{address}/?q=監査")
    page.locator("input[name=outcome][value=lost]").check()
    expect(page).to_have_url(re.compile("outcome=lost"))
    expect(page.locator("#results")).to_contain_text("失注")
    page.go_back()
    expect(page).not_to_have_url(re.compile("outcome=lost"))


def test_arrows_and_enter_open_a_hit(page: Page, address: str) -> None:
    page.goto(f"{address}/?q=タスキナ")
    page.keyboard.press("/")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/entries/"))
    expect(page.locator("h1")).to_be_visible()


def test_the_language_switch_changes_the_page_and_is_remembered(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.locator("html")).to_have_attribute("lang", "ja")
    page.goto(f"{address}/?lang=en")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.goto(f"{address}/playbook")
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_everything_works_without_javascript(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False, locale="ja-JP")
    page = context.new_page()
    page.goto(address)
    page.locator("input[name=q]").fill("補助金")
    page.locator("input[name=q]").press("Enter")
    expect(page.locator("#results")).to_contain_text("補助金")
    page.locator("#results h2 a, #results h3 a").first.click()
    expect(page).to_have_url(re.compile("/entries/"))
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["ja", "en"])
def test_no_page_breaks_the_accessibility_rules(browser: Browser, address: str, language: str, scheme: str) -> None:
    context = browser.new_context(color_scheme=scheme, locale=language, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    broken = {}
    for path in PAGES:
        page.goto(f"{address}{path}{'&' if '?' in path else '?'}lang={language}")
        found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]})
        if found.violations_count:
            broken[path] = found.generate_report()
    context.close()
    assert not broken, broken


def test_every_target_is_large_enough_on_a_phone(browser: Browser, address: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 800}, locale="ja-JP")
    page = context.new_page()
    broken = {}
    for path in (*PAGES, *FORMS, *BOARDS):
        page.goto(f"{address}{path}")
        found = Axe().run(page, options={"runOnly": {"type": "rule", "values": ["target-size"]}})
        if found.violations_count:
            broken[path] = found.generate_report()
    context.close()
    assert not broken, broken


@pytest.mark.parametrize("path", PAGES)
def test_nothing_scrolls_sideways_on_a_phone(browser: Browser, address: str, path: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 800}, locale="ja-JP")
    page = context.new_page()
    page.goto(f"{address}{path}")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    context.close()


def test_nothing_jumps_after_the_first_paint(page: Page, address: str) -> None:
    page.add_init_script(
        "window.shift = 0; new PerformanceObserver(list => { for (const entry of list.getEntries())"
        " if (!entry.hadRecentInput) window.shift += entry.value }).observe({type: 'layout-shift', buffered: true})"
    )
    for path in PAGES:
        page.goto(f"{address}{path}")
        page.wait_for_load_state("networkidle")
        assert page.evaluate("window.shift") == 0, path


def test_a_page_weighs_at_most_120_kilobytes(page: Page, address: str) -> None:
    sizes: list[int] = []
    page.on("response", lambda response: sizes.append(len(response.body())))
    page.goto(f"{address}/?q=価格")
    page.wait_for_load_state("networkidle")
    assert 0 < sum(sizes) <= 120_000


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_route_is_tried_in_the_reference_within_the_strict_policy(page: Page, address: str, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.goto(f"{address}/docs")
    page.locator("#operations-search-search_api_v1_search_get .opblock-summary-control").click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_placeholder("q", exact=True).fill("価格が高い")
    page.get_by_role("button", name="Execute").click()
    expect(page.locator(".live-responses-table .response-col_description").last).to_contain_text(
        "talk-tracks/price-too-high"
    )
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
