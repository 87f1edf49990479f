"""From a search in vain to a gap, its owner, the entry that closes it, and those who asked."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import unquote

import pytest
from starlette.testclient import TestClient

from tests.app.conftest import ADDRESS, Browser, MakeClient
from tests.words import note

JA = {"accept": "text/html", "accept-language": "ja"}
NIGHT = "夜間ニ窓口ハ有リマスカ"
QUESTION = "海外の工場でデータを国内に置けるか"


@pytest.fixture
def client(make_client: MakeClient) -> Iterator[TestClient]:
    deal = note("あかね精機", "海外の工場の話。", kind="deal", outcome="open", amount="500万円")
    yield make_client({"deals/akane.md": deal, "talk-tracks/price.md": note("価格", "何と比べて高いか。")})


def _browser(client: TestClient) -> TestClient:
    """Another browser on the same server."""
    app: Any = client.app
    return Browser(app, base_url=ADDRESS, headers=JA)


def _search(browser: TestClient, query: str, **params: str) -> None:
    assert browser.get("/", params={"q": query, **params}, headers=JA).status_code == 200


def _board(client: TestClient) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get("/api/v1/gaps").json()
    return found


def test_a_search_in_vain_becomes_a_gap_by_the_amount_it_was_asked_for(client: TestClient) -> None:
    first, second = _browser(client), _browser(client)
    _search(first, "zzz qqq xxx")
    _search(second, QUESTION, **{"for": "deals/akane", "kind": "campaign"})
    found = _board(client)
    assert [gap["wording"] for gap in found] == [QUESTION, "zzz qqq xxx"]
    assert (found[0]["amount"], found[0]["deals"], found[0]["people"]) == (5_000_000, ["deals/akane"], 1)
    page = client.get("/gaps", headers=JA).text
    assert QUESTION in page and "500万円" in page and "ノートとして書く" in page


def test_typing_on_is_one_search(client: TestClient) -> None:
    browser = _browser(client)
    for length in range(3, 9):
        _search(browser, QUESTION[:length], kind="campaign")
    assert [gap["times"] for gap in _board(client)] == [1]


def test_a_gap_is_assigned_and_dismissed(client: TestClient) -> None:
    _search(_browser(client), QUESTION, kind="campaign")
    query = _board(client)[0]["query"]
    client.post("/gaps", data={"query": query, "by": "大橋", "due": "2026-12-01", "do": "assign"}, headers=JA)
    assert (_board(client)[0]["owner"], _board(client)[0]["due"]) == ("大橋", "2026-12-01")
    page = client.post("/gaps", data={"query": query, "do": "dismiss"}, headers=JA).text
    assert "一覧から外しました" in page and _board(client) == []


def _write(client: TestClient, question: str, title: str, body: str) -> str:
    page = client.get("/gaps", headers=JA).text
    address = html.unescape(re.findall(r'href="(/new/note\?[^"]+)"', page)[0])
    form = client.get(address, headers=JA).text
    assert question in form
    fields = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form))
    source = form.split('name="source" hidden>\n')[1].split("</textarea>")[0]
    data = {name: html.unescape(value) for name, value in fields.items()}
    answer = client.post(
        "/write", data={**data, "source": html.unescape(source), "title": title, "body": body}, headers=JA
    )
    assert answer.status_code == 200
    return answer.text


def test_a_gap_is_closed_only_when_its_search_finds_the_entry_and_those_who_asked_see_it(client: TestClient) -> None:
    asker, other = _browser(client), _browser(client)
    _search(asker, NIGHT)
    _search(asker, NIGHT + "？")
    assert len(_board(client)) == 1
    page = _write(client, NIGHT, NIGHT, f"## 答え\n{NIGHT}。平日は22時まで受ける。")
    assert "「足りない知識」から外しました" in page and _board(client) == []
    start = asker.get("/", headers=JA).text
    assert "以前検索した内容の記録ができました" in start and "以前検索した内容" not in other.get("/", headers=JA).text
    address = re.findall(r'以前検索した内容の記録ができました: <a href="([^"]+)"', start)[0]
    asker.get(unquote(address), headers=JA)
    assert "以前検索した内容" not in asker.get("/", headers=JA).text


def test_an_entry_that_the_search_does_not_find_leaves_the_gap_open(client: TestClient) -> None:
    _search(_browser(client), QUESTION, kind="campaign")
    page = _write(client, QUESTION, "別のこと", "まったく関係のない話。")
    assert "同じ検索ではまだ上位に出ません" in page and len(_board(client)) == 1


def test_the_ways_to_search_in_vain_are_kept_apart(client: TestClient) -> None:
    _search(_browser(client), "zzz qqq xxx")
    _search(_browser(client), QUESTION, kind="campaign")
    assert sorted(gap["why"] for gap in _board(client)) == ["filtered", "weak"]
    page = client.get("/gaps?why=filtered", headers=JA).text
    assert f">{QUESTION}</a>" in page and ">zzz qqq xxx</a>" not in page
    assert "絞り込みを外して検索" in page and "絞り込み: 施策" in page
    assert "絞り込みを外して検索" not in client.get("/gaps?why=weak", headers=JA).text


def test_an_entry_that_came_by_another_way_closes_a_gap_when_the_search_finds_it(client: TestClient) -> None:
    asker = _browser(client)
    _search(asker, NIGHT)
    form = {"query": _board(client)[0]["query"], "do": "close"}
    page = client.post("/gaps", data={**form, "entry": "talk-tracks/price"}, headers=JA).text
    assert "まだ上位に出ません" in page and len(_board(client)) == 1
    written = note(NIGHT, f"{NIGHT}。平日は22時まで受ける。")
    saved = client.post("/api/v1/entries", json={"text": written, "kind": "note"}).json()["id"]
    page = client.get("/gaps", headers=JA).text
    assert f'name="entry" value="{saved}"' in page
    page = client.post("/gaps", data={**form, "entry": saved}, headers=JA).text
    assert "一覧から外しました" in page and _board(client) == []
    assert "以前検索した内容の記録ができました" in asker.get("/", headers=JA).text
    again = client.post("/gaps", data={**form, "entry": saved}, headers=JA).text  # a double click
    assert "もう一覧にありません" in again


def test_gaps_are_joined_and_set_apart_by_hand(client: TestClient) -> None:
    for query in ("zzz qqq xxx", QUESTION):
        _search(_browser(client), query, kind="campaign")
    first, second = (gap["query"] for gap in _board(client))
    assert "まとめました" in client.post("/gaps", data={"query": first, "do": "merge", "into": second}, headers=JA).text
    (gap,) = _board(client)
    assert set(gap["wordings"]) == {"zzz qqq xxx", QUESTION}
    again = client.post("/gaps", data={"query": first, "do": "merge", "into": second}, headers=JA).text
    assert "もう一覧にありません" in again
    page = client.get("/gaps", headers=JA).text
    assert 'name="apart"' in page and "分ける" in page
    assert "分けました" in client.post("/gaps", data={"query": gap["query"], "apart": QUESTION}, headers=JA).text
    assert sorted(len(one["wordings"]) for one in _board(client)) == [1, 1]


def test_the_meeting_lists_gaps_as_they_were_joined_a_moment_ago(client: TestClient) -> None:
    for query in ("zzz qqq xxx", QUESTION):
        _search(_browser(client), query, kind="campaign")
    app: Any = client.app
    board = app.state.services.gap_board
    first, second = (gap.query for gap in board.recent_gaps())
    assert board.merge(first, second) and len(board.recent_gaps()) == 1
    assert board.split_off(board.recent_gaps()[0].query, QUESTION) and len(board.recent_gaps()) == 2


def test_an_opened_hit_is_no_gap(client: TestClient) -> None:
    browser = _browser(client)
    _search(browser, QUESTION)
    browser.get("/entries/deals/akane", headers=JA)
    assert _board(client) == []


PRICE = note("価格の切り返し", "価格が高いと言われたら、何と比べて高いかを聞く。", kind="talk-track")


@pytest.mark.parametrize("how", ["copied", "passage", "helpful", "page"])
def test_every_use_of_a_hit_is_an_answer(make_client: MakeClient, how: str) -> None:
    client = make_client({"talk-tracks/price.md": PRICE, "notes/other.md": note("監査", "記録を残す。")})
    browser = _browser(client)
    _search(browser, "価格の切り返し")
    _search(browser, "監査の記録", kind="note")  # in another tab
    if how == "copied":
        assert browser.post("/uses/talk-tracks/price", data={"how": how}).status_code == 204
    elif how == "passage":
        shown = browser.get("/passages/talk-tracks/price", params={"heading": "要点"}).text
        assert "何と比べて" in shown and "<html" not in shown
    else:
        address = {"helpful": "/helpful/talk-tracks/price", "page": "/entries/talk-tracks/price"}[how]
        (browser.post if how == "helpful" else browser.get)(address)
    app: Any = client.app
    activity = app.state.services.activity
    used = {search.query: activity.opened_of("").get(search.id, [])[:1] for search in activity.searches("")}
    assert used == {"価格の切り返し": ["talk-tracks/price"], "監査の記録": []}


def test_the_use_of_a_hit_that_nobody_was_shown_is_not_logged(client: TestClient) -> None:
    browser = _browser(client)
    assert browser.post("/uses/talk-tracks/price", data={"how": "copied"}).status_code == 204
    assert browser.post("/uses/none", data={"how": "copied"}).status_code == 404
    app: Any = client.app
    assert app.state.services.activity.opened_of("") == {}


def test_what_was_used_from_a_search_is_taken_down_with_the_team(make_client: MakeClient) -> None:
    deal = note("あかね精機", kind="deal", outcome="open")
    files = {"deals/akane.md": deal, "talk-tracks/price.md": note("価格", "何と比べて高いか。")}
    client = make_client(files, visibility="all,sales")
    _search(client, "価格")
    client.post("/use/talk-tracks/price", data={"deal": "deals/akane"}, headers=JA)
    app: Any = client.app
    (search,) = app.state.services.activity.searches("")
    assert search.team == "sales" and set(app.state.services.activity.opened_of("")[search.id]) == {"talk-tracks/price"}


@pytest.mark.slow
def test_fifty_who_search_at_once_are_all_answered_and_logged(client: TestClient) -> None:
    def ask(number: int) -> None:
        browser = _browser(client)
        for part in range(3):
            _search(browser, f"{part}つめの質問{number}")

    with ThreadPoolExecutor(50) as pool:
        list(pool.map(ask, range(50)))
    app: Any = client.app
    app.state.services.activity.close()
    assert len(app.state.services.activity.searches("")) == 150


def test_helpful_counts_a_reader_once(client: TestClient) -> None:
    browser = _browser(client)
    for _ in range(2):
        page = browser.post("/helpful/talk-tracks/price", headers=JA).text
    assert "<b>1</b><small>台の端末" in page
    assert "<b>2</b>" in _browser(client).post("/helpful/talk-tracks/price", headers=JA).text
    assert client.post("/helpful/none", headers=JA).status_code == 404


def test_nothing_is_logged_where_that_is_switched_off(make_client: MakeClient) -> None:
    client = make_client({"notes/a.md": note("a")}, activity=False)
    _search(_browser(client), QUESTION)
    assert _board(client) == []


@pytest.mark.files
def test_a_damaged_activity_database_leaves_the_search_alone_and_is_said(
    make_client: MakeClient, tmp_path: Any
) -> None:
    (tmp_path / "var").mkdir()
    (tmp_path / "var/activity.sqlite").write_bytes(b"no database" * 500)
    client = make_client({"notes/a.md": note("a")}, data=tmp_path / "var", entries=tmp_path / "entries")
    _search(client, QUESTION)
    assert "not a database" in client.get("/readyz").json()["activity"]
    assert "検索は通常どおり使えます" in client.get("/gaps", headers=JA).text
    assert client.post("/helpful/notes/a", headers=JA).status_code == 503
    page = client.get("/", params={"q": "a"}, headers=JA).text
    assert "利用の記録に書き込めません" in page and "/entries/notes/a" in page


def test_words_that_led_two_people_to_an_entry_are_proposed_as_synonyms(client: TestClient) -> None:
    for browser in (_browser(client), _browser(client)):
        _search(browser, "定価表")
        _search(browser, "価格")
        assert browser.get("/entries/talk-tracks/price", headers=JA).status_code == 200
    page = client.get("/gaps", headers=JA).text
    assert "  - [定価表, 価格]" in page and "/entries/talk-tracks/price" in page
