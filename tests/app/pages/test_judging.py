"""People grade the hits of their own questions on a page, and see what the grades say of the search."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.app.conftest import ADDRESS, Browser, MakeClient
from tests.words import note

JA = {"accept": "text/html", "accept-language": "ja"}
FIRST, SECOND = "価格が高い", "監査ログ"
FILES = {
    "talk-tracks/price.md": note("価格が高い", "何と比べて高いかを聞く。", kind="talk-track"),
    "notes/audit.md": note("監査ログ", "一年残る。"),
}


@pytest.fixture
def client(make_client: MakeClient) -> Iterator[TestClient]:
    client = make_client(FILES)
    app: Any = client.app
    for query in (FIRST, SECOND, FIRST):
        browser = Browser(app, base_url=ADDRESS, headers=JA)
        assert browser.get("/", params={"q": query}).status_code == 200
    yield client


def _page(client: TestClient, address: str = "/judge", language: str = "ja") -> str:
    return client.get(address, headers={**JA, "accept-language": language}).text


def _asked(page: str) -> str:
    found = re.search(r'name="q" value="([^"]+)">\s*<h2>', page)
    return html.unescape(found.group(1)) if found else ""


def _grade(client: TestClient, query: str, **grades: str) -> str:
    data = {"q": query, **{f"grade:{entry.replace('__', '/')}": grade for entry, grade in grades.items()}}
    return client.post("/judge", data=data, headers=JA).text


def test_the_most_frequent_question_is_asked_with_its_hits_in_a_form_that_needs_no_script(client: TestClient) -> None:
    page = _page(client)
    assert _asked(page) == FIRST and "2台の端末で2回検索" in page and "2件中 0件を採点済み" in page
    names = re.findall(r'<input type="radio" name="grade:([^"]+)" value="(\d)"', page)
    assert [value for name, value in names if name == "talk-tracks/price"] == ["3", "2", "0"]
    assert 'action="/judge" method="post"' in page and "採点を保存して次へ" in page


def test_grades_are_saved_and_the_next_question_follows(client: TestClient) -> None:
    page = _grade(client, FIRST, **{"talk-tracks__price": "3", "notes__audit": "0"})
    assert "採点を保存しました。" in page and _asked(page) == SECOND
    again = _page(client, f"/judge?q={FIRST}")
    assert re.findall(r'name="grade:([^"]+)" value="(\d)"\s+data-key="\d" checked', again) == [
        ("talk-tracks/price", "3"), ("notes/audit", "0")
    ]  # fmt: skip
    done = _grade(client, SECOND, notes__audit="3")
    assert "すべて採点済みです" in done and "2件中 2件を採点済み" in done


@pytest.mark.parametrize(("query", "grade", "said"), [
    (FIRST, "9", "採点が選ばれていません。"),
    (FIRST, "", "採点が選ばれていません。"),
    ("だれも検索していない", "3", "この質問は一覧にもうありません。"),
])  # fmt: skip
def test_what_is_no_grade_of_a_listed_question_is_not_saved(
    client: TestClient, query: str, grade: str, said: str
) -> None:
    assert said in _grade(client, query, **{"talk-tracks__price": grade})
    assert "0件を採点済み" in _page(client)


def test_the_search_is_measured_on_the_grades_and_compared_with_the_last_time(client: TestClient) -> None:
    assert "先に" not in _page(client) and "いまの検索を測る" not in _page(client)
    assert "採点が必要です" in client.post("/judge/measure", headers=JA).text
    _grade(client, FIRST, **{"talk-tracks__price": "3", "notes__audit": "0"})
    first = client.post("/judge/measure", headers=JA).text
    assert "採点した質問 1件: nDCG@10 1.000・上位3件に答え 1件中 1件 (27〜100%)" in first
    assert "はじめての計測です。" in first
    _grade(client, FIRST, **{"talk-tracks__price": "2"})
    second = client.post("/judge/measure", headers=JA).text
    assert "前回と同じです（1件）。" in second and second.count('<th scope="row">') == 2
    assert "No change since the last run (1 questions)." in _page(client, language="en")


def test_a_later_measurement_names_the_questions_that_changed(client: TestClient) -> None:
    app: Any = client.app
    services = app.state.services
    _grade(client, FIRST, **{"talk-tracks__price": "3", "notes__audit": "0"})
    run = services.judging.measure()
    (figure,) = run.figures
    worse = replace(figure, ndcg=0.0, rank=0, ranking=("notes/audit", "talk-tracks/price"))
    services.judging.record(replace(run, figures=(worse,), model="x"))
    page = client.post("/judge/measure", headers=JA).text
    assert "前回より 1件 良い・0件 悪い（同じ 0件）。" in page and "変わったもの: モデル。" in page
    assert "2位 → 1位" in page and FIRST in page


def test_uses_are_shown_beside_the_hit_and_decide_nothing(client: TestClient) -> None:
    app: Any = client.app
    reader = Browser(app, base_url=ADDRESS, headers=JA)
    reader.get("/", params={"q": SECOND})
    reader.post("/uses/notes/audit", data={"how": "copied"})
    page = _page(client, f"/judge?q={SECOND}")
    assert "この質問での使われ方: コピー 1" in page and "2件中 0件を採点済み" in page


def test_an_empty_base_says_what_will_stand_here(make_client: MakeClient) -> None:
    assert "採点する言葉がここに並びます" in _page(make_client({}))
    assert "採点する質問はまだありません" in _page(make_client(FILES))
