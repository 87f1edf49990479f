"""Using a hit where it stands: copied, read on, explained; and an empty box that has the focus."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import serving
from tests.words import note, write

pytestmark = pytest.mark.browser
LINE = "何と比べて高いでしょうか。"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("searching") / "entries"
    body = f"> {LINE}\n\n## 続き\n三年分を並べる。\n"
    for name, outcome in (("good", "won"), ("weak", "lost")):
        write(
            folder,
            f"talk-tracks/{name}.md",
            f"---\ntitle: 価格が高いと言われたら{name}\nangles: [cost]\n---\n## 話す一文\n{body}",
        )
        for number in range(3):
            deal = note(f"商談{name}{number}", outcome=outcome, used=f"[talk-tracks/{name}]")
            write(folder, f"deals/{name}{number}.md", deal)
    with serving(folder, folder.parent / "var") as address:
        yield address


def test_copying_a_sentence_answers_its_search(page: Page, place: str) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=place)
    page.goto(f"{place}/?q=価格が高いと言われたらgood")
    button = page.locator(".hit", has_text="good").first.locator(".hit-foot [data-copy]")
    with page.expect_response("**/uses/talk-tracks/good") as used:
        button.click()
    assert used.value.status == 204
    expect(button).to_have_text("コピーしました")
    assert page.evaluate("navigator.clipboard.readText()") == LINE


def test_a_passage_is_read_and_a_hit_explained_in_place(page: Page, place: str) -> None:
    page.goto(f"{place}/?q=三年分を並べる")
    hit = page.locator(".hit").first
    hit.get_by_text("ここで続きを読む").click()
    expect(hit.locator("[data-place]")).to_contain_text("三年分を並べる。")
    hit.get_by_text("なぜ?").click()
    assert page.locator("details.why[open]").count() == 1
    assert "explain" not in page.url


def test_a_slash_in_the_empty_box_that_has_the_focus_is_not_searched(page: Page, place: str) -> None:
    page.goto(place)
    box = page.get_by_role("searchbox")
    box.focus()
    page.keyboard.press("/")
    expect(box).to_have_value("")
    box.fill("a")
    page.keyboard.press("/")
    expect(box).to_have_value("a/")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("query", ["価格が高いと言われたら", "lost price", "zzz 夜間窓口"])
def test_results_are_accessible_and_fit(browser: Browser, place: str, scheme: str, width: int, query: str) -> None:
    size = {"width": width, "height": 800}
    context = browser.new_context(color_scheme=scheme, locale="ja-JP", viewport=size)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{place}/?q={query}")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    context.close()
