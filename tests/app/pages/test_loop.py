"""The loop on pages and over HTTP: lineage, use in a deal, what to make next, what to check."""

from __future__ import annotations

import html
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from ingest.verifying import months_later
from tests.app.conftest import PLAYBOOK, MakeClient
from tests.words import note

JA = {"accept": "text/html", "accept-language": "ja"}
EN = {"accept": "text/html", "accept-language": "en"}
FILES = {
    "playbook.yaml": PLAYBOOK,
    "talk-tracks/visit.md": note("同業の見学", angles="[TCO]", industry="食品", date="2026-01-10"),
    "campaigns/mail.md": note("見学メール", kind="campaign", derived_from="[talk-tracks/visit]", date="2026-02-01"),
    "deals/won.md": note(
        "若葉給食 受注", outcome="won", closed_on="2026-03-01", used="[talk-tracks/visit]", campaign="campaigns/mail"
    ),
    "deals/open.md": note("すみれ野 継続中", outcome="open", date="2026-04-01"),
    "deals/secret.md": note(
        "極秘の商談", outcome="won", visibility="sales", used="[talk-tracks/visit]", closed_on="2026-03-02"
    ),
    "notes/alone.md": note("ひとりきりの記録"),
    "notes/round-a.md": note("輪の甲", derived_from="[notes/round-b]"),
    "notes/round-b.md": note("輪の乙", derived_from="[notes/round-a]"),
}


@pytest.fixture
def client(make_client: MakeClient) -> Iterator[TestClient]:
    yield make_client(FILES)


def _text(client: TestClient, path: str) -> str:
    app: Any = client.app
    return (Path(app.state.services.settings.entries) / path).read_text("utf-8")


def test_the_lineage_of_a_talk_track_over_http(client: TestClient) -> None:
    answer = client.get("/api/v1/entries/talk-tracks/visit/lineage").json()
    later = {step["entry"]["id"]: (step["generation"], step["relation"]) for step in answer["later"]}
    assert later == {"campaigns/mail": (1, "derived_from"), "deals/won": (1, "used"), "deals/secret": (1, "used")}
    assert answer["earlier"] == [] and answer["entry"]["title"] == "同業の見学"
    assert {"earlier": "campaigns/mail", "later": "deals/won", "relation": "campaign"} in answer["lines"]
    assert client.get("/api/v1/entries/none/lineage").status_code == 404


def test_what_may_not_be_shown_is_in_no_lineage(make_client: MakeClient) -> None:
    client = make_client(FILES, visibility="all,marketing")
    assert "secret" not in client.get("/api/v1/entries/talk-tracks/visit/lineage").text


@pytest.mark.parametrize(("headers", "heading"), [(JA, "系譜"), (EN, "Lineage")])
def test_the_page_shows_a_picture_and_the_same_as_a_list(
    client: TestClient, headers: dict[str, str], heading: str
) -> None:
    page = client.get("/lineage/deals/won", headers=headers).text
    assert f"<h1>{heading}</h1>" in page and 'role="region"' in page and "lineage." not in page
    picture = page.split("<svg")[1].split("</svg>")[0]
    assert "同業の見学" in picture and "見学メール" in picture and "style=" not in picture
    assert page.count('href="/entries/talk-tracks/visit"') == 1


def test_an_entry_without_links_says_so_and_has_no_link_to_the_page(client: TestClient) -> None:
    assert "つながりがまだありません" in client.get("/lineage/notes/alone", headers=JA).text
    assert 'href="/lineage/' not in client.get("/entries/notes/alone", headers=JA).text
    assert 'href="/lineage/deals/won"' in client.get("/entries/deals/won", headers=JA).text


def test_a_circle_is_a_problem_and_its_page_answers(client: TestClient) -> None:
    page = client.get("/problems", headers=JA).text
    assert page.count("たどると自分自身に戻ります") == 2
    assert client.get("/lineage/notes/round-a", headers=JA).status_code == 200


def _use(client: TestClient, entry: str, deal: str) -> Any:
    return client.post(f"/use/{entry}", data={"deal": deal}, headers=JA, follow_redirects=False)


def test_a_use_is_noted_in_the_deal_once(client: TestClient) -> None:
    page = client.get("/entries/talk-tracks/visit", headers=JA).text
    assert page.index('<option value="deals/open">') < page.index('<option value="deals/won">')
    answer = _use(client, "talk-tracks/visit", "deals/open")
    assert answer.status_code == 303
    assert "「使ったもの」として記録しました" in client.get(answer.headers["location"], headers=JA).text
    text = _text(client, "deals/open.md")
    assert text == FILES["deals/open.md"].replace("---\n##", "used: [talk-tracks/visit]\n---\n##")
    again = client.get(_use(client, "talk-tracks/visit", "deals/open").headers["location"], headers=JA).text
    assert "何も変えていません" in again and _text(client, "deals/open.md") == text
    assert 'href="/entries/deals/open"' in client.get("/entries/talk-tracks/visit", headers=JA).text


def test_a_second_use_stands_beside_the_first(client: TestClient) -> None:
    _use(client, "notes/alone", "deals/won")
    assert "used: [talk-tracks/visit, notes/alone]\n" in _text(client, "deals/won.md")


@pytest.mark.parametrize(("entry", "deal", "status"), [
    ("notes/alone", "deals/none", 404), ("notes/alone", "talk-tracks/visit", 404), ("deals/won", "deals/open", 404),
    ("notes/none", "deals/open", 404), ("notes/alone", "", 303),
])  # fmt: skip
def test_what_cannot_be_used_is_refused(client: TestClient, entry: str, deal: str, status: int) -> None:
    answer = _use(client, entry, deal)
    assert answer.status_code == status
    assert "saved=no_deal" in answer.headers.get("location", "saved=no_deal")
    assert "used:" not in _text(client, "deals/open.md")


def test_what_is_archived_is_not_noted_as_used(client: TestClient) -> None:
    client.post("/archive/notes/alone", headers=JA)
    answer = _use(client, "notes/alone", "deals/open")
    assert "先に公開に戻してください" in client.get(answer.headers["location"], headers=JA).text
    client.post("/archive/deals/open", headers=JA)
    answer = _use(client, "talk-tracks/visit", "deals/open")
    assert "その商談は下書きかアーカイブです" in client.get(answer.headers["location"], headers=JA).text
    assert "used:" not in _text(client, "deals/open.md")


@pytest.mark.parametrize("name", ["campaign", "content"])
def test_a_new_entry_takes_over_what_it_is_made_from(client: TestClient, name: str) -> None:
    assert f'href="/new/{name}?from=talk-tracks%2Fvisit"' in client.get("/entries/talk-tracks/visit", headers=JA).text
    page = client.get(f"/new/{name}?from=talk-tracks/visit", headers=JA).text
    source = html.unescape(page.split('<textarea name="source" hidden>\n')[1].split("</textarea>")[0])
    assert "derived_from: [talk-tracks/visit]\n" in source
    assert ("> 本文です。" in source) is (name == "campaign")  # content is for customers: nothing internal is quoted
    made_from = page.partition("made-from")[2].partition("</p>")[0]
    assert 'href="/entries/talk-tracks/visit"' in made_from
    kind = {"kind": name, "mode": "form", "source": source, "title": "見学の記事", "industry": "食品"}
    answer = client.post("/write", data={**kind, "angle": "total-cost", "body": "新しい本文"}, follow_redirects=False)
    saved = client.get("/api/v1" + answer.headers["location"].partition("?")[0]).json()
    assert saved["derived_from"] == ["talk-tracks/visit"] and saved["angle"] == ["total-cost"]
    later = client.get("/api/v1/entries/talk-tracks/visit/lineage").json()["later"]
    assert saved["id"] in [step["entry"]["id"] for step in later]


def test_content_begins_with_what_is_known_of_its_readers(make_client: MakeClient) -> None:
    track = note(
        "値引き", kind="talk-track", objection="高いですね", persona="購買部長", tags="[値引き]", industry="食品"
    )
    client = make_client({"talk-tracks/price.md": track})
    page = client.get("/new/content?from=talk-tracks/price", headers=JA).text
    source = html.unescape(page.split('<textarea name="source" hidden>\n')[1].split("</textarea>")[0])
    assert "## 読む人と、読んだあとにしてほしいこと\n購買部長\n" in source
    assert "## 読む人の困りごと\n高いですね\n" in source
    assert "tags: [値引き]\n" in source and "industry: [食品]\n" in source and "本文です。" not in source
    campaign = html.unescape(client.get("/new/campaign?from=talk-tracks/price", headers=JA).text)
    assert "audience: 購買部長\n" in campaign and "> 本文です。" in campaign


def test_what_is_made_from_a_hidden_entry_stays_hidden(client: TestClient) -> None:
    page = client.get("/new/talk-track?from=deals/secret", headers=EN).text
    assert "visibility: sales" in page and "From &#34;極秘の商談&#34;" in page
    assert client.get("/new/talk-track?from=deals/none", headers=JA).status_code == 404


@pytest.mark.parametrize(("headers", "heading"), [(JA, "営業⇄マーケのつながり"), (EN, "Sales ⇄ marketing")])
def test_the_work_list_shows_what_is_broken_with_the_next_step(
    make_client: MakeClient, headers: dict[str, str], heading: str
) -> None:
    lost = note("海辺製菓 失注", outcome="lost", closed_on="2026-03-05", reasons="[{code: 決裁者の交代}]")
    talk = note("一枚の見積もり", date="2025-01-10")
    won = note("森の豆腐 受注", outcome="won", closed_on="2025-03-05", used="[talk-tracks/one]")
    client = make_client({**FILES, "deals/lost.md": lost, "talk-tracks/one.md": talk, "deals/won2.md": won})
    page = client.get("/loop", headers=headers).text
    assert f"<h1>{heading}</h1>" in page and "loop." not in page
    assert "/new/content?from=talk-tracks%2Fone" in page and "/new/talk-track?from=deals%2Flost" in page
    answer = client.get("/api/v1/loop").json()
    assert [item["entry"]["id"] for item in answer["proven"]] == ["talk-tracks/one"]
    assert [item["reason"] for item in answer["unanswered"]] == ["決裁者の交代"]
    assert "talk-tracks/one" in [item["entry"]["id"] for item in answer["idle"]]


def test_an_empty_knowledge_base_has_nothing_broken(make_client: MakeClient) -> None:
    client = make_client({"notes/alone.md": FILES["notes/alone.md"]})
    assert "商談がまだありません" in client.get("/loop", headers=JA).text
    assert client.get("/api/v1/loop").json() == {"proven": [], "angles": [], "idle": [], "unanswered": []}


REVIEWED = {
    "talk-tracks/price.md": note("値段の話", owner="大橋", date="2026-01-10", review_by="2026-02-01"),
    "talk-tracks/peer.md": note("見学の話", owner="三浦", date="2026-01-10"),
    "talk-tracks/fine.md": note("確かめた話", verified_on="2026-05-01", date="2026-01-10"),
    "deals/a.md": note("甲社 失注", outcome="lost", closed_on="2026-03-01", used="[talk-tracks/peer]"),
    "deals/c.md": note("丙社 受注", outcome="won", closed_on="2026-02-10", used="[talk-tracks/peer]"),
    "deals/b.md": note("乙社 失注", outcome="lost", closed_on="2026-04-01", used="[talk-tracks/peer]"),
    **{f"deals/more{n}.md": note(f"続き{n} 失注", outcome="lost", closed_on="2026-03-02", used="[talk-tracks/peer]")
       for n in range(9)},
    **{f"deals/early{n}.md": note(f"以前{n} 受注", outcome="won", closed_on="2025-11-02", used="[talk-tracks/peer]")
       for n in range(9)},
}  # fmt: skip


@pytest.fixture
def reviewed(make_client: MakeClient) -> TestClient:
    return make_client(REVIEWED)


@pytest.mark.parametrize(("headers", "heading"), [(JA, "確認待ちの記録"), (EN, "To review")])
def test_the_queue_says_why_with_its_evidence(reviewed: TestClient, headers: dict[str, str], heading: str) -> None:
    page = reviewed.get("/review", headers=headers).text
    assert f"<h1>{heading}</h1>" in page and "review." not in page and "trust." not in page
    assert page.index("値段の話") < page.index("見学の話") < page.index("乙社 失注") and "確かめた話" not in page
    assert "見学の話" not in reviewed.get("/review?owner=大橋", headers=headers).text
    assert "確かめた話" in reviewed.get("/review?state=verified", headers=headers).text
    assert "nothing" in reviewed.get("/review?owner=誰か", headers=headers).text


def test_one_click_verifies_and_moves_the_next_review_ahead(reviewed: TestClient) -> None:
    asked = reviewed.post("/verify/talk-tracks/price", headers=JA, follow_redirects=False)
    assert asked.headers["location"] == "/entries/talk-tracks/price?saved=nobody"
    assert _text(reviewed, "talk-tracks/price.md") == REVIEWED["talk-tracks/price.md"]
    form = {"by": "大橋", "back": "review", "owner": "大橋"}
    answer = reviewed.post("/verify/talk-tracks/price", data=form, headers=JA, follow_redirects=False)
    today, text = date.today(), _text(reviewed, "talk-tracks/price.md")
    assert f"verified_by: 大橋\nverified_on: {today}\n" in text.replace('"', "").replace("'", "")
    assert months_later(today, 6).isoformat() in text and "2026-02-01" not in text
    page = reviewed.get(answer.headers["location"], headers=JA).text
    assert "確認済みにしました" in page and "値段の話" not in page
    reviewed.post("/verify/talk-tracks/peer", headers=JA)  # the name is remembered
    assert "verified_by: 大橋" in _text(reviewed, "talk-tracks/peer.md")
    assert "該当する記録はありません" in reviewed.get("/review", headers=JA).text


def test_hits_and_pages_say_how_far_to_trust(reviewed: TestClient) -> None:
    hits = reviewed.get("/?q=話", headers=JA).text
    assert "trust-needs-review" in hits and "trust-overdue" in hits and "trust-verified" in hits
    page = reviewed.get("/entries/talk-tracks/peer", headers=JA).text
    assert "要注意" in page and "失注した商談11件で使われました" in page and 'action="/verify/talk-tracks/peer"' in page
    assert 'action="/verify/' not in reviewed.get("/entries/talk-tracks/fine", headers=JA).text


@pytest.mark.parametrize(("day", "later"), [("2026-08-31", "2027-02-28"), ("2026-06-30", "2026-12-30")])
def test_six_months_later_is_a_day_of_the_calendar(day: str, later: str) -> None:
    assert months_later(date.fromisoformat(day), 6).isoformat() == later


def test_a_server_that_only_reads_offers_no_writing(make_client: MakeClient) -> None:
    client = make_client(REVIEWED, readonly=True)
    for address in ("/review", "/loop", "/entries/talk-tracks/peer"):
        page = client.get(address, headers=JA).text
        assert 'action="/verify/' not in page and 'action="/use/' not in page and "/new/" not in page
    assert client.post("/verify/talk-tracks/peer", data={"by": "大橋"}, headers=JA).status_code == 403


def test_one_entry_stands_as_it_does_among_all(make_client: MakeClient) -> None:
    lost = {f"deals/l{n}.md": note(f"失注{n}", outcome="lost", closed_on=f"2026-05-{n + 1:02}", angles="[TCO]",
                                   used="[talk-tracks/peer]") for n in range(14)}  # fmt: skip
    won = {f"deals/w{n}.md": note(f"受注{n}", outcome="won", closed_on="2026-05-01") for n in range(6)}
    newer = {"talk-tracks/new.md": note("新しい話", supersedes="[talk-tracks/price]", angles="[TCO]")}
    app: Any = make_client({**REVIEWED, **lost, **won, **newer, "playbook.yaml": PLAYBOOK}).app
    library = app.state.services.library
    ids = library.entries.ids()
    alone = {entry_id: library.loop.standing(entry_id) for entry_id in ids}
    among = {entry.id: standing for entry, standing in library.loop.to_review()}
    assert {entry_id: alone[entry_id] for entry_id in among} == among
    assert {doubt.kind for standing in among.values() for doubt in standing.doubts} == {
        "overdue", "lost", "angle", "newer",
    }  # fmt: skip


def _found(client: TestClient, **asked: str) -> list[str]:
    return sorted(hit["id"] for hit in client.get("/api/v1/search", params=asked).json()["hits"])


def test_a_search_is_narrowed_to_what_can_be_relied_on(reviewed: TestClient) -> None:
    for asked in ({"q": "話"}, {}):  # with words, and a list
        assert _found(reviewed, **asked, trust="verified") == ["talk-tracks/fine"]
        assert _found(reviewed, **asked, trust="overdue") == ["talk-tracks/price"]
        assert "talk-tracks/fine" in _found(reviewed, **asked, kind="talk-track")
    assert reviewed.get("/api/v1/search?trust=certain").status_code == 422
    hits = reviewed.get("/api/v1/search", params={"q": "見学の話"}).json()["hits"]
    assert (hits[0]["id"], hits[0]["trust"]) == ("talk-tracks/peer", "needs-review")
    page = reviewed.get("/?q=話&trust=verified&trust=nonsense", headers=JA).text
    assert 'name="trust" value="verified" checked' in page and "件が隠れています" in page
    reviewed.post("/verify/talk-tracks/peer", data={"by": "三浦"}, headers=JA)
    assert _found(reviewed, trust="verified") == ["talk-tracks/fine", "talk-tracks/peer"]


def test_a_record_that_speaks_against_an_entry_counts_whatever_the_dates(make_client: MakeClient) -> None:
    lost = {f"deals/l{n}.md": note(f"失注{n}", outcome="lost", closed_on=f"2026-0{n}-02", used="[talk-tracks/bad]")
            for n in range(1, 8)}  # fmt: skip
    won = {f"deals/w{n}.md": note(f"受注{n}", outcome="won", closed_on=f"2026-0{n}-02") for n in range(1, 10)}
    bad = note("値引きの話", date="2026-08-20", verified_on="2026-09-01", verified_by="大橋")
    client = make_client({**lost, **won, "talk-tracks/bad.md": bad})
    for _ in range(2):
        page = client.get("/review", headers=JA).text
        assert "値引きの話" in page and "負けが続いています（0勝7敗）" in page
        assert "trust-verified" not in client.get("/?q=値引きの話", headers=JA).text
        client.post("/verify/talk-tracks/bad", data={"by": "大橋"}, headers=JA)
    mark = client.get("/entries/talk-tracks/bad", headers=JA).text.split("<h1")[0]
    assert "要注意" in mark and "確認済み" not in mark


def test_what_needs_review_stands_a_little_lower(reviewed: TestClient) -> None:
    hits = reviewed.get("/api/v1/search", params={"q": "見学の話", "explain": "true"}).json()["hits"]
    marks = {hit["id"]: [one["name"] for one in hit["why"]["adjustments"]] for hit in hits}
    assert "needs_review" in marks["talk-tracks/peer"] and "verified" in marks["talk-tracks/fine"]
    assert marks["talk-tracks/price"] == ["review_overdue"]


def test_the_loop_is_drawn_with_its_numbers_and_says_where_nothing_flows(client: TestClient) -> None:
    page = client.get("/loop", headers=JA).text
    picture = page.split("<figure")[1].split("</figure>")[0]
    assert picture.count("<svg") == 2 and "way-dry" in picture
    assert all(f">{node}<" in picture for node in ("商談", "トーク", "コンテンツ", "施策", "リード"))
    assert "流れが止まっているのは、" in page


def test_five_rows_of_a_kind_are_shown_and_the_rest_is_folded(make_client: MakeClient) -> None:
    old = "---\ntitle: 古い話{n}\nkind: talk-track\ndate: 2020-01-01\n---\n本文{n}\n"
    page = make_client({f"talk-tracks/{n}.md": old.format(n=n) for n in range(7)}).get("/loop", headers=JA).text
    shown, folded = page.split('class="tasks"')[1].split("</ul>")[0], page.split('class="rest-tasks"')[1]
    assert shown.count("<li>") == 5 and "ほか2件" in folded and folded.split("</details>")[0].count("<li>") == 2
