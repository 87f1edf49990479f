"""One's own work, and what is kept of oneself."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from app.forgetting import forget, named, rewrite
from ingest.store import EntryStore
from kb.loop.activity import GapRow
from kb.loop.lessons import taken, taken_by
from kb.people.errors import LastAdminError
from tests.app.conftest import MakeClient
from tests.app.signed_in import services_behind, signed_in
from tests.words import note

ME = "大橋"
JA = {"accept": "text/html", "accept-language": "ja"}
FILES = {
    "notes/draft.md": note("書きかけ", "途中。", status="draft", owner=ME),
    "notes/theirs.md": note("他人の下書き", "途中。", status="draft", owner="三浦"),
    "talk-tracks/old.md": note("古い型", "話。", kind="talk-track", owner=ME, review_by="2020-01-01"),
    "talk-tracks/other.md": note("他人の型", "別の話。", kind="talk-track", owner="三浦", review_by="2020-01-01"),
    "notes/meeting-2026-W30.md": note(
        "会議",
        f"## アクション\n\n- [ ] 見積もりを送る @{ME}\n- [x] 済んだ @{ME}\n- [ ] 電話 @三浦\n- [ ] 誰かがする\n",
        meeting="2026-W30",
    ),
}  # fmt: skip


@pytest.fixture
def client(make_client: MakeClient) -> Iterator[TestClient]:
    client = make_client(FILES)
    client.post("/mine/name", data={"by": ME}, follow_redirects=False)
    activity = services_behind(client).activity
    activity.decide(GapRow("南極", "南極の在庫", owner=ME, due="2026-12-01"))
    activity.decide(GapRow("北極", "北極の在庫", owner="三浦"))
    yield client


def test_own_work_is_what_names_me_and_nothing_of_others(client: TestClient) -> None:
    work = client.get("/api/v1/mine").json()
    assert [one["id"] for one in work["drafts"]] == ["notes/draft"]
    assert [one["entry"]["id"] for one in work["reviews"]] == ["talk-tracks/old"]
    assert [one["wording"] for one in work["gaps"]] == ["南極の在庫"]
    assert [one["text"] for one in work["actions"]] == [f"見積もりを送る @{ME}"]
    assert work["count"] == 4
    page = client.get("/mine", headers=JA).text
    assert all(words in page for words in ("書きかけ", "古い型", "南極の在庫", "見積もりを送る")) and "三浦" not in page
    assert '<span class="tally">4<' in client.get("/new", headers=JA).text


def test_each_is_one_click_from_the_next_step(client: TestClient) -> None:
    action = {"note": "notes/meeting-2026-W30", "period": "2026-W30", "task": f"見積もりを送る @{ME}", "state": "done"}
    done = client.post("/meeting/mark", data={**action, "back": "mine"}, follow_redirects=False)
    assert done.headers["location"] == "/mine?saved=marked"
    verified = client.post("/verify/talk-tracks/old", data={"back": "mine"}, follow_redirects=False)
    assert verified.headers["location"] == "/mine?saved=verified"
    client.post("/gaps", data={"query": "南極", "do": "dismiss"}, follow_redirects=False)
    work = client.get("/api/v1/mine").json()
    assert (work["actions"], work["reviews"]) == ([], [])


def test_an_action_is_taken_on_the_page_of_the_meeting(client: TestClient) -> None:
    action = {"note": "notes/meeting-2026-W30", "period": "2026-W31", "task": "誰かがする", "state": "take"}
    client.post("/meeting/mark", data=action, follow_redirects=False)
    assert f"誰かがする @{ME}" in [one["text"] for one in client.get("/api/v1/mine").json()["actions"]]


def test_a_name_with_an_address_is_read_back_from_an_action() -> None:
    full = "佐藤 花子 (hanako@example.jp)"
    text = taken("- [ ] 電話 @三浦\r\n- [x] 済み\r\n", "電話 @三浦", full)
    assert text == f"- [ ] 電話 @{full}\n- [x] 済み\r\n" or text == f"- [ ] 電話 @{full}\r\n- [x] 済み\r\n"
    assert taken_by(f"電話 @{full}") == full and taken_by("メールは a@example.jp へ") == ""
    assert taken("- [x] 済み\n", "済み", "三浦") == "- [x] 済み\n"


def test_a_search_in_vain_is_answered_once_something_is_found(make_client: MakeClient) -> None:
    client = make_client({"notes/a.md": note("監査", "記録。")})
    client.get("/", params={"q": "夜間ノ窓口"}, headers=JA)
    assert client.get("/api/v1/mine").json()["answers"] == []
    client.post("/api/v1/entries", json={"text": note("夜間ノ窓口", "夜間ノ窓口は二十時まで。")})
    activity = services_behind(client).activity
    activity.decide(
        GapRow("夜間ノ窓口", "夜間ノ窓口", state="closed", entry="notes/夜間ノ窓口"),
        notify=[activity.searches("")[0].asker],
    )
    assert [one["query"] for one in client.get("/api/v1/mine").json()["answers"]][:1] == ["夜間ノ窓口"]
    assert "一覧から外す" in client.get("/mine", headers=JA).text
    client.post("/mine/seen", data={"entry": "notes/夜間ノ窓口"}, follow_redirects=False)
    assert "一覧から外す" not in client.get("/mine", headers=JA).text


def test_the_page_lists_the_published_entries_one_owns(client: TestClient) -> None:
    owned = client.get("/mine", headers=JA).text.partition('id="entries"')[2]
    assert "古い型" in owned and "書きかけ" not in owned and "他人の型" not in owned
    client.post("/mine/name", data={"by": "誰か"}, follow_redirects=False)
    assert "担当者になっている記録はまだありません" in client.get("/mine", headers=JA).text


def test_without_a_name_the_page_asks_for_it(make_client: MakeClient) -> None:
    client = make_client(FILES)
    page = client.get("/mine", headers=JA).text
    assert "名前を入れると" in page and 'name="by"' in page and "書きかけ" not in page
    assert client.get("/api/v1/mine").json()["count"] == 0


def test_one_sees_exports_and_deletes_what_is_kept(make_client: MakeClient) -> None:
    client = make_client({"notes/a.md": note("監査", "監査の記録。")}, auth="local")
    person, browser = signed_in(client, "hanako@example.jp", "佐藤 花子")
    _, other = signed_in(client, "taro@example.jp", "鈴木")
    for one, words in ((browser, "監査の記録"), (other, "記録")):
        one.get("/", params={"q": words}, headers=JA)
        one.post("/helpful/notes/a", follow_redirects=False)
    page = browser.get("/me/data", headers=JA).text
    assert "hanako@example.jp" in page and "監査の記録" in page and "taro" not in page
    assert '<a href="/entries/notes/a" lang="ja">監査</a>' in page and ">notes/a<" not in page
    kept = json.loads(browser.get("/me/data.json").text)
    assert len(kept["searches"]) == 1 and kept["helpful"] == ["notes/a"] and kept["person"]["name"] == "佐藤 花子"
    browser.post("/me/data/delete", follow_redirects=False)
    kept = json.loads(browser.get("/me/data.json").text)
    assert (kept["searches"], kept["helpful"]) == ([], [])
    assert len(json.loads(other.get("/me/data.json").text)["searches"]) == 1
    assert services_behind(client).people.people.get(person.id) == person


def test_a_deleted_person_leaves_entries_and_no_trace_in_the_log(make_client: MakeClient) -> None:
    client = make_client({"notes/a.md": note("監査", "監査の記録。")}, auth="local")
    services = services_behind(client)
    admin, boss = signed_in(client, "boss@example.jp", "部長", "admin")
    person, browser = signed_in(client, "hanako@example.jp", "佐藤 花子")
    browser.get("/", params={"q": "監査の記録"}, headers=JA)
    browser.post("/verify/notes/a", follow_redirects=False)
    entries, names = named(services, person), services.people.names.of(person.id)
    assert [one.id for one in entries] == ["notes/a"]
    with pytest.raises(LastAdminError):
        forget(services.people, services.activity, admin)
    forget(services.people, services.activity, person)
    assert services.people.people.by_address("hanako@example.jp") is None
    assert [one.query for one in services.activity.searches("")] == []
    page = boss.get("/entries/notes/a", headers=JA).text
    assert "元メンバー" in page and "佐藤" not in page
    assert "佐藤 花子" in (services.settings.entries / "notes/a.md").read_text("utf-8")
    done = rewrite(_store(client), entries, names, "元メンバー")
    assert (done.done, done.failed) == (("notes/a",), ())
    text = (services.settings.entries / "notes/a.md").read_text("utf-8")
    assert "verified_by: 元メンバー" in text and "佐藤" not in text and "監査の記録。" in text


def _store(client: TestClient) -> EntryStore:
    return services_behind(client).store
