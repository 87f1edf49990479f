"""Writing in a real browser: by keyboard, interrupted, beside somebody else, with files dropped."""

from __future__ import annotations

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

pytestmark = pytest.mark.browser
MOST_INTERACTIONS = 12


def test_the_end_of_a_deal_is_recorded_with_the_keyboard_alone(page: Page, site: str, folder: Path) -> None:
    page.goto(site)
    keys = page.keyboard
    interactions = [
        lambda: (page.locator("body").press("Escape"), page.locator("body").press("n"), page.wait_for_url("**/new")),
        lambda: page.get_by_role("link", name="失注した商談").press("Enter"),
        lambda: (_ready(page), keys.type("すみれ野工業")),
        lambda: (keys.press("Enter"), keys.press("Tab")),  # closed today
        lambda: page.get_by_label("業種").press("Enter"),
        lambda: page.get_by_label("競合", exact=True).select_option("タスキナ"),
        lambda: page.get_by_role("group", name="お客様が話した理由").get_by_label("価格").press("Space"),
        lambda: page.get_by_label("どこに、どの場面で負けたか").fill("見積もりの場面で、月額の安さに負けた。"),
        lambda: page.get_by_label("次はどうするか").fill("先に一年分の手間を一緒に数える。"),
        lambda: keys.press("Control+Enter"),
    ]
    assert len(interactions) <= MOST_INTERACTIONS
    for interact in interactions:
        interact()
    page.wait_for_url("**/entries/**")
    expect(page.get_by_role("heading", name="すみれ野工業 失注", level=1)).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="保存しました")).to_be_visible()
    text = (folder / "deals/すみれ野工業-失注.md").read_text("utf-8")
    assert "competitors: タスキナ" in text and "{code: price, source: buyer}" in text and text.count("## ") == 2


def _ready(page: Page) -> None:
    """Wait as a person does: until the cursor stands in the first question of a page that is there whole."""
    page.wait_for_load_state()
    expect(page.get_by_label("顧客名")).to_be_focused()


def test_problems_and_similar_entries_appear_while_typing(page: Page, site: str) -> None:
    page.goto(f"{site}/new/talk-track")
    page.get_by_label("題名").fill("価格が高いと言われたら")
    page.get_by_label("本文").fill("## 話す一文\n> 何と比べて高いかを先に聞く。")
    expect(page.locator("#review")).to_contain_text("価格の切り返し")
    expect(page.locator("#review .said")).to_contain_text("何と比べて")
    page.get_by_text("ほかの項目").click()
    page.get_by_label("日付").evaluate("box => { box.type = 'text' }")
    page.get_by_label("日付").fill("きのう")
    expect(page.locator('[data-ask="date"] .wrong')).to_contain_text("きのう")


def test_a_draft_survives_a_closed_tab(page: Page, site: str) -> None:
    page.goto(f"{site}/new/note")
    page.get_by_label("題名").fill("書きかけの題")
    page.get_by_label("本文").fill("書きかけの本文")
    page.goto(site)
    page.goto(f"{site}/new/note")
    page.get_by_role("button", name="下書きを復元").click()
    expect(page.get_by_label("題名")).to_have_value("書きかけの題")
    expect(page.get_by_label("本文")).to_have_value("書きかけの本文")


def test_a_draft_of_a_whole_file_comes_back_as_a_whole_file(page: Page, site: str) -> None:
    page.goto(f"{site}/new/campaign")
    page.get_by_role("button", name="ファイルとして編集").click()
    page.get_by_label("ファイル全体").fill("---\nkind: campaign\nmy_key: 残る\n---\n# 展示会\n本文\n")
    page.goto(site)
    page.goto(f"{site}/new/campaign")
    page.get_by_role("button", name="下書きを復元").click()
    expect(page.get_by_label("ファイル全体")).to_be_visible()
    page.goto(site)  # nothing typed since
    page.goto(f"{site}/new/campaign")
    page.get_by_role("button", name="下書きを復元").click()
    expect(page.get_by_label("ファイル全体")).to_have_value("---\nkind: campaign\nmy_key: 残る\n---\n# 展示会\n本文\n")


def test_a_draft_never_overwrites_what_somebody_saved_since(browser: Browser, site: str, folder: Path) -> None:
    place = folder / "talk-tracks/price.md"
    before = place.read_text("utf-8")
    context = browser.new_context(locale="ja-JP")  # the browser itself reports the 412 as a fault
    page = context.new_page()
    page.goto(f"{site}/edit/talk-tracks/price")
    page.get_by_label("本文").fill("わたしの書きかけ。")
    page.goto(site)
    place.write_text(before + "ほかの人の行。\n", "utf-8")
    page.goto(f"{site}/edit/talk-tracks/price")
    page.get_by_role("button", name="下書きを復元").click()
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.locator(".difference .removed").filter(has_text="ほかの人の行。")).to_be_visible()
    assert place.read_text("utf-8") == before + "ほかの人の行。\n"
    place.write_text(before, "utf-8")
    context.close()


def test_a_lost_network_loses_nothing(browser: Browser, site: str, folder: Path) -> None:
    context = browser.new_context(locale="ja-JP")
    page = context.new_page()
    page.goto(f"{site}/new/note")
    page.get_by_label("題名").fill("網が切れても")
    page.get_by_label("本文").fill("残っている。")
    context.set_offline(True)
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.locator("#lost")).to_contain_text("このブラウザに残っています")
    context.set_offline(False)
    page.get_by_role("button", name="保存", exact=True).click()
    page.wait_for_url("**/entries/**")
    expect(page.get_by_role("heading", name="網が切れても", level=1)).to_be_visible()
    assert (folder / "notes/網が切れても.md").is_file()
    context.close()


def test_a_double_click_saves_once(page: Page, site: str, folder: Path) -> None:
    page.goto(f"{site}/new/note")
    page.get_by_label("題名").fill("二度押し")
    page.get_by_label("本文").fill("一つだけ。")
    page.get_by_role("button", name="保存", exact=True).dblclick()
    page.wait_for_url("**/entries/**")
    expect(page.get_by_role("heading", name="二度押し", level=1)).to_be_visible()
    assert len(list(folder.glob("notes/二度押し*.md"))) == 1


def test_a_conflict_is_seen_and_merged(browser: Browser, site: str, folder: Path) -> None:
    context = browser.new_context(locale="ja-JP")  # the browser itself reports the 412 as a fault
    page = context.new_page()
    page.goto(f"{site}/new/note")
    page.get_by_label("題名").fill("二人で書く")
    page.get_by_label("本文").fill("はじめの行。")
    page.get_by_role("button", name="保存", exact=True).click()
    page.wait_for_url("**/entries/**")
    page.get_by_role("link", name="編集する", exact=True).click()
    page.wait_for_url("**/edit/**")
    place = folder / "notes/二人で書く.md"
    place.write_text(place.read_text("utf-8") + "ほかの人の行。\n", "utf-8")
    page.get_by_label("本文").fill("はじめの行。\nわたしの行。")
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.locator(".difference .removed")).to_contain_text("ほかの人の行。")
    whole = page.get_by_label("ファイル全体")
    whole.fill(whole.input_value() + "\nほかの人の行。\n")
    page.get_by_role("button", name="保存", exact=True).click()
    page.wait_for_url("**/entries/**")
    expect(page.get_by_role("heading", name="二人で書く", level=1)).to_be_visible()
    text = place.read_text("utf-8")
    assert "わたしの行。" in text and "ほかの人の行。" in text
    context.close()


def test_a_dropped_file_is_looked_at_and_added(page: Page, site: str, folder: Path) -> None:
    page.goto(f"{site}/new/files")
    transfer = page.evaluate_handle(
        """() => { const all = new DataTransfer();
        all.items.add(new File(['---\\ntitle: 落とした話\\nkind: talk-track\\n---\\n見学の一言。\\n'], 'dropped.md'));
        return all; }"""
    )
    page.dispatch_event("#drop", "drop", {"dataTransfer": transfer})
    expect(page.get_by_role("heading", name="dropped.md")).to_be_visible()
    assert not (folder / "talk-tracks/dropped.md").exists()
    page.get_by_role("button", name="選んだものを保存").click()
    expect(page.get_by_role("link", name="dropped.md")).to_be_visible()
    assert (folder / "talk-tracks/dropped.md").read_text("utf-8").endswith("見学の一言。\n")


def test_too_many_dropped_files_are_refused_before_they_are_sent(page: Page, site: str) -> None:
    page.goto(f"{site}/new/files")
    transfer = page.evaluate_handle(
        """() => { const all = new DataTransfer();
        for (let n = 0; n < 201; n++) all.items.add(new File(['x'], `${n}.md`));
        return all; }"""
    )
    page.dispatch_event("#drop", "drop", {"dataTransfer": transfer})
    expect(page.get_by_role("alert")).to_contain_text("200件まで")
    expect(page).to_have_url(f"{site}/new/files")


def test_it_works_without_javascript(browser: Browser, site: str, folder: Path) -> None:
    context = browser.new_context(java_script_enabled=False, locale="ja-JP")
    page = context.new_page()
    page.goto(f"{site}/new/deal-won")
    page.get_by_label("顧客名").fill("日向フーズ")
    page.keyboard.press("Enter")  # saves nothing
    page.get_by_label("決め手は何だったか").fill("試行で現場が気に入った。")
    page.get_by_role("button", name="チェックする").click()
    expect(page.locator("#review")).to_contain_text("日向フーズ 受注")
    page.get_by_role("button", name="保存", exact=True).click()
    page.wait_for_url("**/entries/**")
    expect(page.get_by_role("heading", name="日向フーズ 受注", level=1)).to_be_visible()
    assert len(list(folder.glob("deals/日向フーズ*.md"))) == 1
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["ja", "en"])
def test_no_accessibility_violations(browser: Browser, site: str, scheme: str, language: str) -> None:
    context = browser.new_context(color_scheme=scheme, locale=language)  # type: ignore[arg-type]
    page = context.new_page()
    for path in ("/new", "/new/deal-lost", "/edit/talk-tracks/price", "/new/files", "/history/talk-tracks/price"):
        page.goto(f"{site}{path}")
        found = Axe().run(page)
        assert found.violations_count == 0, f"{path}: {found.generate_report()}"
    context.close()


@pytest.mark.parametrize("path", ["/new", "/new/deal-lost", "/new/files", "/edit/talk-tracks/price"])
def test_a_phone_never_scrolls_sideways(browser: Browser, site: str, path: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 800}, locale="ja-JP")
    page = context.new_page()
    page.goto(f"{site}{path}")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    context.close()
