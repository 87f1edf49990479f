"""A first day in a real browser: from an empty folder to a found entry, and what a hurried writer needs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import ENTRIES, serving
from tests.words import note, write

pytestmark = pytest.mark.browser
COVERED = """() => {
  const at = document.activeElement, bar = document.querySelector(".saving");
  if (!at.closest(".writing-fields") || bar.contains(at)) return 0;
  return at.getBoundingClientRect().bottom - bar.getBoundingClientRect().top;
}"""
MOST_KEYS = 25  # beside text, to record a lost deal


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[str]:
    """The address of a server over a folder without anything."""
    (tmp_path / "entries").mkdir()
    with serving(tmp_path / "entries", tmp_path / "var") as address:
        yield address


def test_from_an_empty_folder_to_a_found_entry(page: Page, empty: str, tmp_path: Path) -> None:
    page.goto(empty)
    expect(page.get_by_role("heading", name="見本の会社で試す")).to_be_visible()
    assert Axe().run(page).violations_count == 0
    page.get_by_role("button", name="プレイブックのひな形を用意する").click()
    page.goto(empty)
    page.get_by_role("link", name="失注を1件書く").click()
    page.get_by_label("顧客名").fill("林精機")
    page.get_by_role("group", name="お客様が話した理由").get_by_label("価格").check()
    page.get_by_label("次はどうするか").fill("先に総額の表を一緒に作る。")
    page.get_by_role("button", name="保存", exact=True).click()
    page.wait_for_url("**/entries/**")
    assert "{code: price, source: buyer}" in (tmp_path / "entries/deals/林精機-失注.md").read_text("utf-8")
    page.goto(f"{empty}/?q=総額の表")
    expect(page.get_by_role("link", name="林精機 失注", exact=True)).to_be_visible()


def test_the_sample_comes_and_goes_with_one_click_each(page: Page, empty: str, tmp_path: Path) -> None:
    page.goto(empty)
    page.get_by_role("button", name="見本で試す").click()
    expect(page.get_by_text("見本の会社(架空)の記録が入っています")).to_be_visible()
    page.goto(f"{empty}/?q=タスキナ")
    expect(page.locator(".hit").first).to_be_visible()
    page.goto(empty)
    page.get_by_role("button", name="見本を取り除く").click()
    expect(page.get_by_text("見本の記録88件を取り除きました")).to_be_visible()
    assert list((tmp_path / "entries").rglob("*.md")) == []
    page.get_by_role("link", name="はじめのページへ").click()
    expect(page.get_by_role("button", name="見本で試す")).to_be_visible()


def test_a_lost_deal_takes_few_keys(page: Page, site: str, folder: Path) -> None:
    page.goto(f"{site}/new/deal-lost")
    page.wait_for_load_state()
    expect(page.get_by_label("顧客名")).to_be_focused()
    keys = 0

    def press(key: str, times: int = 1) -> None:
        nonlocal keys
        for _ in range(times):
            page.keyboard.press(key)
        keys += times

    def to(label: str) -> None:
        while label not in str(page.evaluate("document.activeElement.labels?.[0]?.textContent ?? ''")):
            press("Tab")
            assert keys <= MOST_KEYS, f"{label} is too far away"

    page.keyboard.type("鍵山製作所")
    to("金額")
    page.keyboard.type("360万円")
    to("価格")  # one stop for the whole group
    press("Space")
    press("ArrowRight")
    press("Space")
    to("次はどうするか")
    page.keyboard.type("先に総額を出す。")
    press("Control+Enter")
    page.wait_for_url("**/entries/**")
    text = (folder / "deals/鍵山製作所-失注.md").read_text("utf-8")
    assert text.count("source: buyer") == 2 and "360万円" in text
    assert keys <= MOST_KEYS


def test_no_focused_field_is_behind_the_bar(page: Page, site: str) -> None:
    page.goto(f"{site}/new/deal-lost")
    page.get_by_label("顧客名").focus()
    for _ in range(30):
        page.keyboard.press("Tab")
        covered = page.evaluate(COVERED)
        assert covered <= 0, page.evaluate("document.activeElement.outerHTML")


def test_what_was_used_is_found_by_typing_a_part_of_its_title(page: Page, site: str, folder: Path) -> None:
    page.goto(f"{site}/new/deal-won")
    page.get_by_label("顧客名").fill("箱根機械")
    box = page.get_by_label("使ったトーク・資料を探す")
    box.fill("切り返")
    box.press("Enter")
    expect(page.get_by_label("価格の切り返し")).to_be_checked()
    expect(box).to_have_value("")
    box.fill("ない話")
    expect(page.locator('[data-ask="used"] .wrong')).to_contain_text("「ない話」")
    page.get_by_label("決め手は何だったか").fill("表を見せた。")
    page.get_by_label("使ったトーク・資料を探す").fill("")
    page.get_by_role("button", name="保存", exact=True).click()
    page.wait_for_url("**/entries/**")
    assert "used: [talk-tracks/price]" in (folder / "deals/箱根機械-受注.md").read_text("utf-8")


def test_a_term_is_added_to_the_playbook(page: Page, tmp_path: Path) -> None:
    write(tmp_path / "entries", "playbook.yaml", (ENTRIES / "playbook.yaml").read_bytes())
    write(tmp_path / "entries", "notes/a.md", note("話"))
    with serving(tmp_path / "entries", tmp_path / "var") as address:
        page.goto(f"{address}/playbook/edit")
        part = page.locator('[data-part="competitors"]')
        part.locator("summary").click()
        part.get_by_role("button", name="行を足す").click()
        page.keyboard.type("新顔ソフト")
        assert Axe().run(page).violations_count == 0
        page.get_by_role("button", name="保存", exact=True).click()
        expect(page.get_by_text("保存しました")).to_be_visible()
        assert "name: 新顔ソフト" in (tmp_path / "entries/playbook.yaml").read_text("utf-8")
