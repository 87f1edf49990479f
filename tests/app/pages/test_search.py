"""The result page: whether to use a hit, what the question names, and what to do where there is no answer."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.app.conftest import MakeClient
from tests.words import note

JA, EN = {"accept-language": "ja", "accept": "text/html"}, {"accept-language": "en", "accept": "text/html"}
TABLE = "| 社名 | 価格が高い |\n| --- | --- |\n| 青葉 | はい |\n"
PLAYBOOK = "competitors:\n  - {name: タスキナ, en: Taskina}\nindustries:\n  - {name: 製造業, en: Manufacturing}\n"


def _track(title: str, line: str, **fields: str) -> str:
    front = "".join(f"{name}: {value}\n" for name, value in fields.items())
    return f"---\ntitle: {title}\nkind: talk-track\ncompetitors: [タスキナ]\n{front}---\n## 話す一文\n> {line}\n"


def _deals(used: str, *outcomes: str) -> dict[str, str]:
    return {
        f"deals/{used}-{n}.md": note(
            f"商談{used}{n}",
            outcome=outcome,
            closed_on="2026-01-10",
            used=f"[talk-tracks/{used}]",
            industry="製造業",
            competitors="[タスキナ]",
        )
        for n, outcome in enumerate(outcomes)
    }


FILES = {
    "playbook.yaml": PLAYBOOK,
    "talk-tracks/weak.md": _track("価格が高いと言われたときの値引き", "値引きを約束します。", verified_on="2026-06-01"),
    "talk-tracks/good.md": _track("価格が高いと言われたときの比較", "何と比べて高いでしょうか。"),
    "notes/price.md": note(
        "価格が高いと言われた話", "価格が高いと言われた。\n\n| 社名 | 価格が高い |\n| --- | --- |\n| 青葉 | はい |\n"
    ),
    **_deals("weak", "lost", "lost", "lost", "no-decision", "no-decision"),
    **_deals("good", "won", "won", "lost"),
}


@pytest.fixture(scope="module")
def client(make_client: MakeClient) -> TestClient:
    return make_client(FILES)


def _page(client: TestClient, headers: dict[str, str] = JA, **asked: str) -> str:
    return html.unescape(client.get("/", params=asked, headers=headers).text)


def _hit(page: str, title: str) -> str:
    return next(part for part in page.split('<li class="hit ')[1:] if f">{title}</a></h3>" in part)


def test_a_record_is_drawn_and_adds_up_and_a_bad_one_names_a_better_line(client: TestClient) -> None:
    hit = _hit(_page(client, q="価格が高いと言われたら"), "価格が高いと言われたときの値引き")
    marks = re.findall(r'<i\s+class="outcome-([\w-]+)">(.)</i>', hit.split("losing")[0])
    assert [sign for _, sign in marks] == ["✕", "✕", "✕", "–", "–"] and "0勝3敗・見送り2" in hit
    assert "この言い方では負けが続いています" in hit and "要注意" in hit and "確認済み" not in hit
    beside = hit.split('class="losing"')[1]
    assert "価格が高いと言われたときの比較" in beside and "2勝1敗" in beside
    assert 'data-copy="何と比べて高いでしょうか。"' in beside
    good = _hit(_page(client, q="価格が高いと言われたら"), "価格が高いと言われたときの比較")
    assert "losing" not in good and "2勝1敗" in good


def test_a_line_that_won_as_often_as_it_lost_is_not_called_better(make_client: MakeClient) -> None:
    even = {path: text for path, text in FILES.items() if not path.startswith("deals/good")}
    client = make_client({**even, **_deals("good", "won", "lost")})
    hit = _hit(_page(client, q="価格が高いと言われたら"), "価格が高いと言われたときの値引き")
    assert "この言い方では負けが続いています" in hit and "こちらのほうが勝っています" not in hit


def test_the_page_of_a_losing_talk_track_offers_the_better_line_too(client: TestClient) -> None:
    page = html.unescape(client.get("/entries/talk-tracks/weak", headers=JA).text)
    assert "この言い方では負けが続いています" in page and "何と比べて高いでしょうか。" in page
    assert "primary copy" not in page and "primary copy" in client.get("/entries/talk-tracks/good", headers=JA).text


def test_a_better_line_that_is_copied_is_a_use_of_the_search(make_client: MakeClient) -> None:
    client = make_client(FILES)
    _page(client, q="価格が高いと言われたときの値引き", kind="talk-track")
    assert client.post("/uses/talk-tracks/good", data={"how": "copied"}).status_code == 204
    app: Any = client.app
    assert list(app.state.services.activity.opened_of("").values()) == [["talk-tracks/good"]]


def test_sentences_to_say_stand_first_unless_a_kind_or_an_order_is_chosen(client: TestClient) -> None:
    question = "価格が高いと言われた話"
    page = _page(client, q=question)
    order = re.findall(r'class="hit-link" href="/entries/([^/"]+)/', page)
    assert 'class="talk"' in page and order[:2] == ["talk-tracks"] * 2
    for chosen in ({"kind": "note"}, {"sort": "newest"}, {"page": "2"}):
        assert 'class="talk"' not in _page(client, q=question, **chosen)
    assert 'class="talk"' not in _page(client, q="価格が高い")


def test_what_a_question_names_is_offered_and_not_applied(client: TestClient) -> None:
    page = _page(client, q="lost to Taskina manufacturing")
    (offers,) = re.findall(r'<ul class="offers".*?</ul>', page, re.DOTALL)
    assert "失注 × タスキナ × 製造業" in offers and "4件" in offers
    (address,) = re.findall(r'href="([^"]+)"', offers)
    assert "outcome=lost" in address and "competitor=" in address and "industry=" in address
    assert 'class="active"' not in page and "商談good0" in _page(client, q="商談good0")
    narrowed = client.get(address, headers=JA).text
    assert 'class="active"' in narrowed and 'class="offers"' not in narrowed
    board = _page(client, q="失注理由 ランキング")
    assert "理由の勝敗表を見る" in board and 'href="/scoreboard?by=reason"' in board
    assert client.get("/scoreboard?by=reason").status_code == 200
    assert "Lost × Taskina × Manufacturing" in _page(client, EN, q="taskina manufacturing lost")


@pytest.mark.parametrize(("headers", "said"), [(JA, ("一致: 高い", "近いもの")), (EN, ("Match: high", "near it"))])
def test_the_match_is_not_called_as_the_probability_of_a_deal_is(
    client: TestClient, headers: dict[str, str], said: tuple[str, ...]
) -> None:
    page = _page(client, headers, q="価格が高いと言われた話")
    assert all(words in page for words in said) and "確度" not in page


def test_every_hit_says_why_in_words_before_numbers(client: TestClient) -> None:
    hit = _hit(_page(client, q="価格が高い 値引き"), "価格が高いと言われたときの値引き")
    why = hit.split('class="why"')[1]
    assert why.index("が書かれています") < why.index("数字で見る") < why.index("位")
    assert "要注意なので、少し下に出ています" in why and "open" not in why.split(">")[0]


def test_cells_of_a_table_stay_apart(client: TestClient) -> None:
    page = re.sub("</?mark>", "", _page(client, q="青葉 社名", kind="note"))
    assert "社名 | 価格が高い / 青葉 | はい" in page


@pytest.mark.parametrize("text", ["???", "。"])
def test_signs_alone_are_no_question_and_match_nothing_well(client: TestClient, text: str) -> None:
    page = _page(client, q=text)
    assert "検索する言葉がないため" in page and "一致:" not in page and "価格が高いと言われた話" in page
    assert "一致:" in _page(client, q="価格")


def test_no_answer_leads_to_a_report_and_a_talk_track_and_shows_no_file(make_client: MakeClient) -> None:
    files = {"notes/a.md": note("監査"), "deals/open.md": note("あかね精機", outcome="open", amount="500万円")}
    client = make_client(files)
    question = "zzz qqq 夜間窓口"
    page = _page(client, q=question)
    assert "一致: 低い" in page and "<pre" not in page and ".md" not in page
    assert "/new/talk-track?" in page and "トークとして書く" in page and "あかね精機" in page
    (address,) = re.findall(r'name="address" value="([^"]+)"', page)
    form = {"address": address, "by": "佐藤", "deal": "deals/open"}
    reported = client.post("/gaps/report", data=form, headers=JA)
    assert "「足りない知識」に出しました" in reported.text
    (gap,) = client.get("/api/v1/gaps").json()
    assert (gap["wording"], gap["amount"]) == (question, 5_000_000)
    assert "必要としている人" in client.get("/gaps", headers=JA).text and "佐藤" in client.get("/gaps", headers=JA).text


def test_where_nothing_fits_the_nearest_stand_first_and_the_box_after_them(make_client: MakeClient) -> None:
    client = make_client({f"notes/{n}.md": note(f"監査の話 {n}") for n in range(5)})
    page = _page(client, q="zzz qqq 夜間窓口")
    assert "一致: 低い" in page and "ぴったりの記録は見つかりませんでした" in page and "該当なし" not in page
    before, box = page.split('class="nothing"')
    assert (before.count('class="hit band'), box.count('class="hit band')) == (3, 2)
    assert '<span class="term">夜間窓口</span>' in box and page.count("<ol") == page.count("</ol>")
    assert "No close match" in _page(client, EN, q="zzz qqq 夜間窓口")


def test_a_search_of_an_empty_base_says_how_to_begin(make_client: MakeClient) -> None:
    page = _page(make_client({}), q="価格")
    assert "まだ記録がない" in page and "不足として出す" not in page
