"""From a talk track to content to a deal that was won, and the picture of it; then the meeting, in a real browser."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import ENTRIES, serving
from tests.waiting import wait_until
from tests.words import note, write

pytestmark = pytest.mark.browser


def test_a_talk_becomes_content_that_wins_a_deal_and_a_picture_shows_it(page: Page, site: str, folder: Path) -> None:
    deal = note("青葉精工 受注", "試行で決まった。", kind="deal", outcome="won", closed_on="2026-11-10")
    assert page.request.post(f"{site}/api/v1/entries", data={"text": deal}).status == 201
    page.goto(f"{site}/entries/talk-tracks/price")
    page.get_by_role("link", name="これをもとにコンテンツを作る").click()
    page.get_by_label("題名").fill("価格の読み物")
    page.get_by_role("button", name="保存", exact=True).click()
    page.wait_for_url("**/entries/content/**")
    page.get_by_label("商談で使った").select_option(index=1)  # the only deal there is
    page.get_by_role("button", name="使ったと記録する").click()
    expect(page.locator(".saved")).to_contain_text("記録しました")
    assert "used: [content/" in (folder / "deals/青葉精工-受注.md").read_text("utf-8")
    page.get_by_role("link", name="系譜を見る").click()
    expect(page.locator("svg text").filter(has_text="価格の切り返し").first).to_be_visible()
    expect(page.get_by_role("link", name="青葉精工 受注").first).to_be_visible()
    expect(page.get_by_role("link", name="価格の切り返し").first).to_be_visible()


def test_a_meeting_is_kept_and_found(page: Page, site: str) -> None:
    page.goto(f"{site}/meeting?period=2026-10")
    page.get_by_label("決定").fill("見学の段取りを標準にする")
    page.get_by_label("アクション").fill("大橋: 見学先を二つ決める")
    page.get_by_role("button", name="会議を保存").click()
    expect(page.locator(".notice.saved")).to_contain_text("会議を保存しました")
    search = f"{site}/api/v1/search?q=見学の段取りを標準にする"
    wait_until(lambda: "notes/meeting-2026-10" in page.request.get(search).text(), "a meeting that is found")
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


def _busy(folder: Path) -> Path:
    """Write a busy month: more of everything than fits on the sheet."""
    tracks = sorted(path.stem for path in (ENTRIES / "talk-tracks").glob("*.md"))
    for number in range(60):
        fields = {
            "kind": "deal",
            "outcome": ("won", "lost", "lost", "no-decision")[number % 4],
            "closed_on": ("2026-10-12", "2026-10-14", "2026-10-21")[number % 3],
            "amount": str(1_000_000 + number),
            "used": f"[talk-tracks/{tracks[number % 9]}, talk-tracks/{tracks[number % 5]}]",
            "angles": f"[{('roi-proof', 'peer-case', 'small-pilot')[number % 2]}]",
        }
        title, told = (
            f"架空商事{number}号の検査表の置き換え、三社の見積もりの最後で",
            "決裁者に会うのが遅く、比較表を直せなかった。",
        )
        write(folder, f"deals/busy-{number}.md", note(title, told, **fields))
    for name in tracks:
        write(folder, f"talk-tracks/{name}.md", note(f"{name} の話し方", review_by="2026-01-01", owner="大橋"))
    decided = "\n".join(f"- 見学会を毎月ひらき、招待状は営業が先に直す {n}" for n in range(3))
    tasks = "\n".join(f"- [ ] 大橋: 見学先を決めて、月末までに共有する {n}" for n in range(5))
    for period in ("2026-W41", "2026-09"):
        text = f"---\ntitle: 会議 {period}\nmeeting: {period}\n---\n## 決定\n{decided}\n\n## アクション\n{tasks}\n"
        write(folder, f"notes/meeting-{period}.md", text)
    return folder


def test_a_week_prints_on_one_sheet_and_a_month_on_two(browser: Browser, tmp_path: Path) -> None:
    write(tmp_path / "entries", "playbook.yaml", (ENTRIES / "playbook.yaml").read_bytes())
    with serving(_busy(tmp_path / "entries"), tmp_path / "var") as address:
        for language in ("ja", "en"):
            context = browser.new_context(locale=language)
            page = context.new_page()
            for period, most in (("2026-W42", 1), ("2026-10", 2)):
                page.goto(f"{address}/meeting?period={period}")
                assert page.locator(".part-review .meeting-lines li").count() > 5, "a sheet that is full"
                sheets = len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4")))
                assert sheets <= most, f"{language} {period}: {sheets} sheets"
            context.close()
