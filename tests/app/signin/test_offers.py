"""Pages offer what their viewer may do: nothing that would be refused, and everything that is theirs to do."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from functools import partial
from itertools import chain
from urllib.parse import unquote, urljoin, urlsplit

import pytest
from starlette.testclient import TestClient

from app.http.allowed import ALLOWED, may
from ingest.sync import sync
from kb.loop.activity import GapRow
from kb.viewer import OPERATOR, ROLES, Viewer
from tests.app.conftest import MakeClient
from tests.app.signed_in import services_behind
from tests.app.signin.conftest import PAGE, As
from tests.words import note, write

ACTIONS = "## アクション\n\n- [ ] 送る @Author\n- [ ] 電話 @Somebody\n- [ ] 誰かがする\n"
MEETING = note("会議", ACTIONS, meeting="2026-W47", owner="Somebody")
FILES = {
    "notes/own.md": note("書いた人の記録", "価格。", owner="Author", outcome="wonn"),
    "notes/others.md": note("ほかの人の記録", "競合。", owner="Somebody", outcome="wonn"),
    "notes/old.md": note("古い記録", "業種。", owner="Author", review_by="2020-01-01"),
    "notes/draft.md": note("下書き", "業種。", owner="Author", status="draft"),
    "notes/archived.md": note("前の記録", "業種。", status="archived"),
    "talk-tracks/price.md": note(
        "価格の型", "## 話す一文\n> 何と比べてですか。", kind="talk-track", review_by="2020-01-01"
    ),
    "deals/open.md": note("商談", "価格。", kind="deal", outcome="open", amount="500万円", owner="Somebody"),
    "deals/won.md": note(
        "受注", "価格。", kind="deal", outcome="won", closed_on="2026-11-20", used="[talk-tracks/price]"
    ),
    "notes/meeting-2026-W47.md": MEETING,
}
PAGES = (
    "/", "/?q=価格", "/?q=qqq+zzz&kind=campaign", "/mine", "/gaps", "/loop", "/review", "/judge", "/playbook",
    "/problems", "/meeting", "/meeting?period=2026-W48", "/meeting?period=2026-W46", "/scoreboard", "/new",
    "/new/files", "/people",
    "/deals/similar?deal=deals/open", "/people/audit", "/people/tokens", "/me", "/me/tokens", "/me/data",
    *(f"/entries/{path.removesuffix('.md')}" for path in FILES),
)  # fmt: skip
ELSEWHERE = {  # after another form, by a script, only on the first day, only before anybody has signed in, or from mail
    "POST /unsubscribe/{link}", "POST /me/mail", "POST /slack/events",
    "POST /new/files/again", "POST /new/files/save", "POST /new/files/undo", "POST /sample", "POST /playbook/history",
    "POST /history/{entry_id:path}", "POST /meeting/figures", "POST /judge/measure", "POST /sign-in",
    "POST /link/{secret}", "POST /sign-in/passkey", "POST /sign-in/passkey/begin", "POST /link/{secret}/passkey",
    "POST /link/{secret}/passkey/begin", "POST /me/passkeys/begin", "POST /me/passkeys/remove",
    "POST /mine/seen", "POST /playbook/reset", "POST /me/tokens/{token_id}",
    "POST /people/tokens/{token_id}", "POST /me/passkeys", "POST /me/password",
}  # fmt: skip
SIGNED_IN_ONLY = ("POST /me/", "POST /people", "POST /sign-out")
SENT = re.compile(r'<form\b(?=[^>]*method="post")[^>]*?action="([^"]+)|formaction="([^"]+)|data-use="([^"]+)')
LINK = re.compile(r'<a\b[^>]*?href="((?!javascript:)[^"#]+)')  # a bookmarklet runs on other pages


def _route(method: str, path: str) -> str:
    """Return the route of a path, as the table of roles names it; one without parameters first."""
    routes = [route.split(" ", 1)[1] for route in ALLOWED if route.startswith(f"{method} ")]
    for route in sorted(routes, key=lambda one: one.count("{")):
        if re.fullmatch(re.sub(r"\{\w+:path\}", ".+", re.sub(r"\{\w+\}", "[^/]+", route)), path):
            return f"{method} {route}"
    return f"{method} {path}"


def _path(page: str, target: str) -> str:
    return unquote(urlsplit(urljoin(page, html.unescape(target))).path)


def _walk(browser: TestClient) -> Iterator[tuple[str, str]]:
    """Yield (page, route) of each form and link that a browser comes across."""
    waiting, known = list(PAGES), set()
    while waiting:
        page = waiting.pop()
        answer = browser.get(page, headers=PAGE, follow_redirects=True)
        assert answer.status_code in (200, 404, *[403] * (page in PAGES)), (page, answer.status_code)
        if answer.status_code != 200 or "text/html" not in answer.headers["content-type"]:
            continue
        for target in filter(None, chain.from_iterable(SENT.findall(answer.text))):
            yield page, _route("POST", _path(page, target))
        for link in LINK.findall(answer.text):
            address, path = urljoin(page, html.unescape(link)), _path(page, link)
            yield page, (route := _route("GET", path))
            kind = path if "{entry_id" in route else route
            if kind not in known and route in ALLOWED:
                known.add(kind)
                waiting.append(address)


def _decide(browser: TestClient, query: str, do: str, **more: str) -> int:
    return browser.post("/gaps", data={"query": query, "do": do, **more}, headers=PAGE).status_code


def _mark(browser: TestClient, task: str, state: str) -> int:
    sent = {"note": "notes/meeting-2026-W47", "period": "2026-W48", "task": task, "state": state}
    return browser.post("/meeting/mark", data=sent, headers=PAGE).status_code


def test_an_author_answers_gaps_and_takes_those_nobody_took(signed_in: As) -> None:
    author, gaps = signed_in("author"), services_behind(signed_in("author")).activity.gaps
    _prepare(author)
    author.get("/", params={"q": "北極の在庫", "kind": "campaign"}, headers=PAGE)
    for query, do, status in (
        ("qqq zzz", "assign", 303), ("qqq zzz", "leave", 303), ("北極の在庫", "assign", 303),
        ("qqq zzz", "dismiss", 403), ("qqq zzz", "merge", 403), ("qqq zzz", "", 403), ("qqq zzz", "close", 303),
    ):  # fmt: skip
        assert _decide(author, query, do) == status, (query, do)
    assert _decide(author, "qqq zzz", "assign", apart="zzz") == 403
    assert gaps()["qqq zzz"].owner == ""
    assert _decide(signed_in("editor"), "qqq zzz", "assign") == 303
    assert [_decide(author, "qqq zzz", do) for do in ("assign", "leave", "close")] == [403, 403, 303]
    assert _decide(signed_in("reader"), "qqq zzz", "assign") == 403
    assert gaps()["qqq zzz"].owner == "Editor"


def test_an_author_marks_their_own_actions_and_takes_one_that_is_free(signed_in: As) -> None:
    author = signed_in("author")
    _prepare(author)
    page = author.get("/meeting?period=2026-W48", headers=PAGE).text
    assert [page.count(f'name="state"\n                  value="{one}"') for one in ("done",)] == [1]
    for task, state, status in (
        ("電話 @Somebody", "done", 403), ("電話 @Somebody", "take", 403), ("誰かがする", "done", 403),
        ("誰かがする", "", 403), ("誰かがする", "take", 303), ("誰かがする @Author", "done", 303),
        ("誰かがする @Author", "todo", 303),
        ("送る @Author", "done", 303), ("送る @Author", "erase", 403),
    ):  # fmt: skip
        assert _mark(author, task, state) == status, (task, state)
    text = services_behind(author).store.source("notes/meeting-2026-W47").text
    assert text.rstrip().endswith("- [x] 送る @Author\n- [ ] 電話 @Somebody\n- [ ] 誰かがする @Author")
    assert _mark(signed_in("reader"), "送る @Author", "todo") == 403
    assert _mark(signed_in("editor"), "電話 @Somebody", "done") == 303


def _prepare(client: TestClient) -> None:
    services = services_behind(client)
    for path, text in FILES.items():
        write(services.settings.entries, path, text)
    services.library.with_index(partial(sync, folder=services.settings.entries))
    services.library.refresh()
    client.get("/", params={"q": "qqq zzz", "kind": "campaign"}, headers=PAGE)
    for query, owner in (("南極", "Author"), ("北極", "Somebody"), ("深海", "")):
        services.activity.decide(GapRow(query, f"{query}の在庫", owner=owner))


@pytest.mark.parametrize("role", ["none", *ROLES])
def test_pages_offer_what_their_viewer_may_do_and_nothing_else(
    role: str, request: pytest.FixtureRequest, make_client: MakeClient
) -> None:
    if role == "none":
        browser, viewer = make_client({}), OPERATOR
        _prepare(browser)
    else:
        signed_in: As = request.getfixturevalue("signed_in")
        browser, viewer = signed_in(role), Viewer("p", role, role, None)  # type: ignore[arg-type]
        _prepare(browser)
    found = list(_walk(browser))
    refused = {(page, route) for page, route in found if not may(viewer, route) and route != "GET /openapi.json"}
    assert refused == set()
    offered = {route for _, route in found}
    others = ("POST /api/", "POST /mcp", *(SIGNED_IN_ONLY if role == "none" else ("POST /mine/name",)))
    theirs = {one for one in ALLOWED if one.startswith("POST ") and may(viewer, one) and not one.startswith(others)}
    assert theirs - offered - ELSEWHERE == set()
    assert len(found) > 200
