"""The bookmarklet, clicked on the pages of other sites: it takes the number of a deal out of their address."""

from __future__ import annotations

from urllib.parse import unquote

import pytest
from playwright.sync_api import Page

from app.pages.similar.bookmarklet import bookmarklet
from app.shapes.by_crm import record_in

pytestmark = pytest.mark.browser

HERE = "https://kb.example.com/deals/similar?crm_id="


@pytest.mark.parametrize(
    "address",
    [
        "https://x.lightning.force.com/lightning/r/Opportunity/006000000000012AAA/view?ws=%2Flightning",
        "https://app.hubspot.com/contacts/123/record/0-3/987654?eschref=x",
        "https://x.cybozu.com/k/5/show#record=8&l.view=1",
    ],
)
def test_it_opens_the_deal_whose_page_it_is_clicked_on(page: Page, address: str) -> None:
    page.context.route("**/*", lambda route: route.fulfill(body="<title>a deal</title>", content_type="text/html"))
    page.goto(address)
    script = unquote(bookmarklet(HERE, "not a deal").removeprefix("javascript:"))
    with page.expect_popup() as opened:
        page.evaluate(script)
    opened.value.wait_for_url("https://kb.example.com/**")
    assert opened.value.url == f"{HERE}{record_in(address)}"


def test_elsewhere_it_says_where_to_click(page: Page) -> None:
    page.context.route("**/*", lambda route: route.fulfill(body="<title>mail</title>", content_type="text/html"))
    page.goto("https://mail.example.com/inbox/1")
    said: list[str] = []

    def close(dialog: object) -> None:
        said.append(dialog.message)  # type: ignore[attr-defined]
        dialog.dismiss()  # type: ignore[attr-defined]

    page.on("dialog", close)
    page.evaluate(unquote(bookmarklet(HERE, "商談の画面で").removeprefix("javascript:")))
    assert said == ["商談の画面で"]
