"""The pages about people are readable for everybody: by the rules of accessibility, in both languages and schemes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext

from app.services import open_people
from app.settings import Settings
from tests.browser.conftest import serving
from tests.words import note, write

pytestmark = pytest.mark.browser
OF_ADMIN = (
    "/people", "/people/tokens", "/people/audit", "/me", "/me/tokens", "/me/data", "/mine", "/new/talk-track",
    "/connections", "/people/webhooks", "/people/mail", "/me/mail", "/deals/bookmarklet", "/reasons/deals/ended",
)  # fmt: skip
OF_READER = ("/people", "/new", "/entries/notes/nothing")  # refused, or not there
OF_NOBODY = ("/sign-in", "/sign-in?next=/gaps", "/link/{secret}", "/link/gone")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
OPEN_ALL = "document.querySelectorAll('main details').forEach(one => { one.open = true })"


@dataclass(frozen=True, slots=True)
class Office:
    """A server with people, and the secrets with which they come."""

    address: str
    admin: str
    author: str
    reader: str
    link: str

    def pages(self) -> Iterator[tuple[str, str]]:
        """Yield pages, and the session of who looks at them."""
        yield from ((path, self.admin) for path in OF_ADMIN)
        yield from ((path, self.reader) for path in OF_READER)
        yield from ((path.format(secret=self.link), "") for path in OF_NOBODY)


@pytest.fixture(scope="module")
def office(folder: Path) -> Iterator[Office]:
    """A server where people sign in, with something on every page."""
    write(folder, "deals/ended.md", note("終わった商談", "短い経緯。", kind="deal", outcome="lost"))
    write(folder, "notes/checked.md", note("確認した話", "本文。", verified_by="上田", verified_on="2026-09-01"))
    data = folder.parent / "var-people"
    known = open_people(Settings(entries=folder, data=data, auth="local"))
    admin = known.people.add("aki@example.com", "秋 上田", "admin", ["*"])
    author = known.people.add("rin@example.com", "凛", "author", ["sales"])
    reader = known.people.add("mio@example.com", "澪", "reader", ["sales"])
    known.people.change(known.people.add("old@example.com", "古賀 元", "author", []).id, is_disabled=True)
    known.tokens.make(admin, "夜間の集計")
    known.passkeys.add(admin, "key", b"key", 0, "MacBook")
    known.passwords.set(admin, "緑のはしごと静かな雨の夜")
    known.audit.note("person-changed", admin.viewer, reader.id, role="author → reader", teams=["sales"])
    sessions = [known.sessions.begin(one.id, device="test", way="password") for one in (admin, author, reader)]
    link = known.links.make(reader.id)
    known.close()
    with serving(folder, data, auth="local") as address:
        yield Office(address, *sessions, link)


def _broken(context: BrowserContext, office: Office, rules: dict[str, object], language: str) -> dict[str, str]:
    """Return what breaks the rules, by page; everything that folds is open."""
    page, broken = context.new_page(), {}
    for path, session in office.pages():
        context.clear_cookies()
        if session:
            context.add_cookies([{"name": "session", "value": session, "url": office.address}])
        answer = page.goto(f"{office.address}{path}{'&' if '?' in path else '?'}lang={language}")
        assert answer and (answer.status == 200 or session != office.admin), path
        page.evaluate(OPEN_ALL)
        found = Axe().run(page, options={"runOnly": rules})
        if found.violations_count:
            broken[path] = found.generate_report()
        if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            broken[f"{path} is too wide"] = ""
    return broken


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["ja", "en"])
def test_no_page_about_people_breaks_the_accessibility_rules(
    browser: Browser, office: Office, language: str, scheme: str
) -> None:
    dark_or_light = "dark" if scheme == "dark" else "light"
    context = browser.new_context(color_scheme=dark_or_light, viewport={"width": 1280, "height": 900})
    broken = _broken(context, office, {"type": "tag", "values": RULES}, language)
    context.close()
    assert not broken, broken


@pytest.mark.parametrize("language", ["ja", "en"])
def test_every_target_on_pages_about_people_is_large_enough_on_a_phone(
    browser: Browser, office: Office, language: str
) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 800})
    broken = _broken(context, office, {"type": "rule", "values": ["target-size"]}, language)
    context.close()
    assert not broken, broken


def test_the_form_stays_in_its_column_below_the_sentence_about_verification(browser: Browser, office: Office) -> None:
    context = browser.new_context(locale="ja", viewport={"width": 1280, "height": 900})
    context.add_cookies([{"name": "session", "value": office.author, "url": office.address}])
    page = context.new_page()
    page.goto(f"{office.address}/edit/notes/checked")
    said, form, review = (page.locator(f".writing > {one}").bounding_box() for one in (".lead", "form", "#review"))
    context.close()
    assert said and form and review
    assert form["x"] == said["x"] < review["x"] and form["y"] > said["y"]
