"""The scoreboard over HTTP: the page, the API and the CSV."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import date
from html import escape

import pytest
from starlette.datastructures import QueryParams
from starlette.testclient import TestClient

from app.pages.board.address import VIEWS, BoardAddress
from tests.app.conftest import MakeClient

PLAYBOOK = """\
angles:
  - {key: peer, ja: 同業の事例, en: Peer case}
  - {key: price, ja: 値引き, en: Discount}
industries:
  - {name: 食品, en: Food}
reasons:
  won: [{code: proof, ja: 実績, en: Proof}]
  lost: [{code: price, ja: 価格, en: Price}]
closed_deals:
  - {outcome: won, count: 8}
  - {outcome: lost, count: 40}
"""
ROW = {
    "key", "label", "won", "lost", "no_decision", "open", "mean", "low", "high", "shrunk_mean", "shrunk_low",
    "shrunk_high", "p_above_base", "verdict", "is_one_sided", "fair", "agreement", "response", "evidence",
}  # fmt: skip


def board_files() -> dict[str, str]:
    files = {"playbook.yaml": PLAYBOOK, "talk-tracks/a.md": "---\ntitle: '=見学の話'\n---\n話す。\n"}
    for number in range(16):
        won = number < 7
        head = f"---\ntitle: 商談{number}\nkind: deal\noutcome: {'won' if won else 'lost'}\nindustry: 食品\n"
        head += f"closed_on: 2026-0{1 + number % 6}-10\nangles: [{'peer' if won else 'price'}]\n"
        head += f"reasons: [{'proof' if won else 'price'}]\n"
        files[f"deals/{number:02}.md"] = f"{head}used: [talk-tracks/a]\n---\n本文\n"
    files["deals/old.md"] = "---\nkind: deal\noutcome: no-decision\nclosed_on: 0024-03-01\nproduct: 棚\n---\n本文\n"
    files["deals/none.md"] = "---\nkind: deal\nangles: [peer]\n---\n本文\n"
    return files


@pytest.fixture(scope="module")
def client(make_client: MakeClient) -> Iterator[TestClient]:
    yield make_client(board_files())


def page_of(client: TestClient, address: str, language: str = "ja") -> str:
    """Return a page as it is once its pictures are drawn."""
    headers = {"accept": "text/html", "accept-language": language}
    answer = client.get(address, headers=headers)
    assert answer.status_code == 200
    if pending := pending_in(answer.text):
        assert [client.get(place).status_code for place in pending] == [200] * len(pending)
        answer = client.get(address, headers=headers)
    return answer.text


def pending_in(page: str) -> list[str]:
    return re.findall(r'data-picture="([^"]+)"', page)


def test_rows_say_counts_rate_and_verdict_in_words(client: TestClient) -> None:
    page = page_of(client, "/scoreboard")
    assert "7勝0敗 (7件)" in page and "上回る" in page and "下回る" in page
    assert "全体では 7勝9敗 (16件)" in page
    assert "Peer case" in page_of(client, "/scoreboard", "en")


def test_a_warning_says_that_losses_are_missing(client: TestClient) -> None:
    assert "受注は8件中7件、失注は40件中9件しか記録がない" in page_of(client, "/scoreboard")


def test_deals_without_an_outcome_are_named_as_left_out(client: TestClient) -> None:
    assert "結果の書かれていない商談が1件" in page_of(client, "/scoreboard")


def test_closed_deals_a_period_cannot_place_are_named(client: TestClient) -> None:
    words = "日付のわからない商談が1件あり"
    assert words in page_of(client, "/scoreboard?date_from=2026-01-01") and words not in page_of(client, "/scoreboard")
    asked = {"by": "angle", "date_from": "2026-01-01", "industry": "食品"}
    assert client.get("/api/v1/scoreboard", params=asked).json()["looked_at"]["undated"] == 0


def test_every_number_opens_its_deals(client: TestClient) -> None:
    page = page_of(client, "/scoreboard")
    row = page.split("board-counts")[1].split("</td>")[0]
    assert 'href="/entries/deals/00"' in row and 'aria-label="受注"' in row and "2026/01/10" in row
    assert 'href="/?sort=newest&amp;angle=peer&amp;kind=deal"' in page
    assert 'href="/?sort=newest&amp;kind=deal&amp;outcome=won&amp;outcome=lost"' in page.split("base-line")[1]
    listed = client.get("/api/v1/search?kind=deal&outcome=won&outcome=lost").json()
    assert listed["total"] == 16


def test_a_row_of_many_deals_lists_the_newest_and_leads_to_the_others(make_client: MakeClient) -> None:
    deal = "---\nkind: deal\noutcome: won\nindustry: 食品\nclosed_on: 2026-01-{day:02}\n---\n本文\n"
    many = {f"deals/{place:02}.md": deal.format(day=1 + place % 28) for place in range(53)}
    row = page_of(make_client(many), "/scoreboard?by=industry").split("board-counts")[1].split("</td>")[0]
    assert (
        row.count('href="/entries/') == 50 and "industry=%E9%A3%9F%E5%93%81&amp;kind=deal" in row and "ほか3件" in row
    )
    assert "●53</span>" in row  # more than a row can draw one by one


def test_cells_and_months_open_their_deals(client: TestClient) -> None:
    page = page_of(client, "/scoreboard?industry=食品")
    assert "industry=%E9%A3%9F%E5%93%81&amp;angle=peer&amp;kind=deal&amp;outcome=won" in page.split('class="heat"')[1]
    months = page_of(client, "/scoreboard?by=reason&date_from=2026-01-05").split('class="months"', 1)[1]
    address = "/scoreboard?by=reason&open=price&date_from=2026-02-01&date_to=2026-02-28#open"
    assert f'href="{escape(address)}"' in months and "date_from=2026-01-05&amp;date_to=2026-01-31" in months
    opened = page_of(client, address)
    assert 'id="open"' in opened and re.search(r"<details open><summary>.*?失注2件", opened, re.DOTALL)


def test_a_number_the_filters_of_a_search_cannot_say_is_no_link(client: TestClient) -> None:
    page = page_of(client, "/scoreboard?angle=price&angle=peer")
    assert "<td>7勝0敗 (7件)</td>" in page.split('class="heat"')[1]


def test_filters_in_force_are_named_and_can_be_taken_away(client: TestClient) -> None:
    page = page_of(client, "/scoreboard?team=sales&industry=食品&date_from=2026-02-01&sort=name")
    for words in ("部門: 営業", "業種: 食品", "期間: 2026/02/01–"):
        assert words in page
    assert 'href="/scoreboard?by=angle&amp;sort=name&amp;team=sales&amp;date_from=2026-02-01"' in page
    assert 'class="active"' not in page_of(client, "/scoreboard")


def test_a_period_is_one_click(client: TestClient) -> None:
    page = page_of(client, "/scoreboard?by=industry&product=x")
    since = BoardAddress.read(QueryParams("by=industry")).periods(date(2026, 8, 31))
    assert [address.partition("date_from=")[2] for _, address, _ in since] == [
        "2026-05-31",
        "2026-02-28",
        "2025-08-31",
        "",
    ]
    assert "直近3か月" in page and "product=x&amp;date_from=" in page
    assert 'aria-current="true">全期間' in page


def test_the_picture_stands_under_what_it_shows(client: TestClient) -> None:
    assert "全体の受注率を上回っているのは、同業の事例です。下回っているのは、値引きです。" in page_of(
        client, "/scoreboard"
    )
    assert "Above the win rate of all deals: Peer case. Below it: Discount." in page_of(client, "/scoreboard", "en")
    assert "はっきり差のあるものは、まだありません" in page_of(client, "/scoreboard?by=talk-track")


def test_a_verdict_says_how_sure_it_is_and_whether_like_deals_agree(client: TestClient) -> None:
    page = page_of(client, "/scoreboard")
    assert "全体を上回る確率 98%" in page and "全体を下回る確率 98%" in page
    assert "業種をそろえて比べても、同じ傾向です（比べられた商談 7件）" in page


def test_reasons_stand_by_how_often_they_were_given(client: TestClient) -> None:
    page = page_of(client, "/scoreboard?by=reason")
    assert page.index("失注9件") < page.index("受注7件") and "0勝9敗" not in page and "失注だけに付いた理由" in page


def test_the_share_of_closed_deals_with_a_note_is_shown(client: TestClient) -> None:
    table = page_of(client, "/scoreboard").split('class="coverage"')[1].split("</table>")[0]
    assert "8件中7件" in table and "88%" in table and "40件中9件" in table and "22%" in table


def test_the_base_with_the_deals_nobody_wrote_down_stands_beside_the_noted_one(client: TestClient) -> None:
    sentence = "記録のない商談も数えると、実際の受注率はおよそ17%です（90%の幅 "
    page = page_of(client, "/scoreboard")
    assert "受注率は44%" in page and sentence in page and "推定です" in page
    assert "the real win rate is about 17%" in page_of(client, "/scoreboard", "en")
    base = client.get("/api/v1/scoreboard?by=angle").json()["base"]
    assert base["corrected"]["mean"] == round(8 / 48, 4) and base["corrected"]["high"] < base["mean"]
    assert client.get("/api/v1/scoreboard?by=angle&outcome_of=closed").json()["base"]["corrected"] is None
    assert sentence in page_of(client, "/deals/similar?deal=deals/00")
    asked = client.post("/api/v1/deals/similar", json={"deal_id": "deals/00"}).json()
    assert asked["corrected"]["mean"] == base["corrected"]["mean"]
    may = page_of(client, "/meeting?period=2026-05")
    assert "記録のない商談も数えると" not in may  # of three deals a corrected rate says nothing


def test_too_few_deals_have_words_and_no_picture(client: TestClient) -> None:
    page = page_of(client, "/scoreboard?date_from=2026-01-01&date_to=2026-01-31")
    assert "まだ少ないが" in page and 'class="chart' not in page.split("<tbody>")[0]


def test_filters_that_leave_nothing_lead_back(client: TestClient) -> None:
    page = page_of(client, "/scoreboard?by=competitor&date_from=2030-01-01")
    assert "数えられる商談がありません" in page and 'href="/scoreboard?by=competitor"' in page


@pytest.mark.parametrize("by", ["reason", "competitor", "industry", "talk-track", "campaign", "lead_source", "product"])
def test_every_tab_is_apage_of(client: TestClient, by: str) -> None:
    assert 'aria-current="page"' in page_of(client, f"/scoreboard?by={by}&outcome_of=closed&sort=name")


def test_nonsense_in_the_address_is_ignored(client: TestClient) -> None:
    assert "同業の事例" in page_of(client, "/scoreboard?by=<b>&sort=x&outcome_of=1&date_from=soon")


def test_rows_can_be_sorted_by_name(client: TestClient) -> None:
    page = page_of(client, "/scoreboard?sort=name")
    assert page.index(">値引き<") < page.index(">同業の事例<")


def test_the_api_answers_with_the_documented_shape(client: TestClient) -> None:
    answer = client.get("/api/v1/scoreboard", params={"by": "angle"}).json()
    assert set(answer) == {"by", "outcome_of", "base", "rows", "looked_at", "note"}
    assert set(answer["rows"][0]) == ROW and answer["rows"][0]["key"] == "peer"
    assert answer["looked_at"]["losses_under_recorded"] and answer["looked_at"]["without_outcome"] == 1
    english = client.get("/api/v1/scoreboard", params={"by": "angle"}, headers={"accept-language": "en"}).json()
    assert [row["label"] for row in english["rows"]] == ["Peer case", "Discount"]


def test_an_empty_answer_of_the_api_says_why(client: TestClient) -> None:
    asked = {"by": "angle", "date_from": "2031-01-01"}
    answer = client.get("/api/v1/scoreboard", params=asked).json()
    assert answer["rows"] == [] and answer["note"] == "この絞り込みに当てはまる、決着した商談がありません。"
    assert client.get("/api/v1/scoreboard", params={"by": "angle"}).json()["note"] == ""


@pytest.mark.parametrize(
    "params", [{}, {"by": "colour"}, {"by": "angle", "x": "1"}, {"by": "angle", "outcome": "maybe"}]
)
def test_the_api_refuses_what_it_does_not_know(client: TestClient, params: dict[str, str]) -> None:
    assert client.get("/api/v1/scoreboard", params=params).status_code == 422


def test_the_csv_opens_in_a_spreadsheet_as_it_is_meant(client: TestClient) -> None:
    answer = client.get("/api/v1/scoreboard.csv", params={"by": "talk-track"})
    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert "scoreboard-talk-track.csv" in answer.headers["content-disposition"]
    header, row = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert header[:3] == ["key", "label", "won"] and row[:4] == ["talk-tracks/a", "'=見学の話", "7", "9"]


def test_the_csv_holds_the_fair_comparison_and_the_deals(client: TestClient) -> None:
    answer = client.get("/api/v1/scoreboard.csv", params={"by": "angle"})
    peer = next(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert (peer["key"], peer["fair_by"], peer["fair_deals"], peer["response_shown"]) == ("peer", "industry", "7", "")
    assert "deals/00" in peer["evidence"].split()


def test_the_tables_below_count_the_same_deals_as_the_pictures(client: TestClient) -> None:
    page = page_of(client, "/scoreboard")
    heat = page.split('class="heat"')[1].split("</table>")[0]
    assert "7勝0敗 (7件)" in heat and "0勝9敗 (9件)" in heat
    picture = page.split("切り口と業種の組み合わせ</h2>")[1].split("</svg>")[0]
    assert ">7/7<" in picture and ">0/9<" in picture and "var(--heat-1)" in picture
    assert 'class="heat"' not in page_of(client, "/scoreboard?by=campaign")


def test_the_rates_are_drawn_with_the_numbers_of_their_rows(client: TestClient) -> None:
    page = page_of(client, "/scoreboard")
    picture = (
        page.split("<svg", 2)[2].split("</svg>")[0] if "icon" in page.split("<svg", 2)[1] else page.split("<svg")[1]
    )
    rows = [row.split("</td>")[0] for row in page.split('class="board-rate">')[1:]]
    assert len(rows) == 2 and all(row in picture for row in rows) and "同業の事例" in picture
    assert 'aria-label="切り口ごとの受注率と90%の幅の図' in page


def test_nothing_in_the_page_needs_inline_styles_or_scripts(client: TestClient) -> None:
    page = page_of(client, "/scoreboard")
    assert " style=" not in page and "<script>" not in page


def test_every_row_draws_its_deals_and_few_of_them_claim_nothing(make_client: MakeClient) -> None:
    deal = "---\nkind: deal\noutcome: {end}\nangles: [{angle}]\nclosed_on: 2026-01-10\n---\n本文\n"
    files = {"playbook.yaml": PLAYBOOK}
    files |= {f"deals/l{n}.md": deal.format(end="lost", angle="price") for n in range(4)}
    files["deals/n.md"] = deal.format(end="no-decision", angle="price")
    files["deals/w.md"] = deal.format(end="won", angle="peer")
    page = page_of(make_client(files), "/scoreboard")
    row = page.split("値引き</a>")[1].split("</tr>")[0]
    assert "✕✕✕✕" in row and 'aria-label="受注0・失注4・見送り1"' in row and "まだ少ないが0勝4敗" in row
    assert "%" not in row and "確率" not in row
    assert "全勝か全敗: 値引きは0勝4敗" in page and "同業の事例は" not in page.split("</table>")[0]


def test_five_wins_without_a_loss_are_named_before_four_losses(
    make_client: MakeClient,
) -> None:
    deal = "---\nkind: deal\noutcome: {end}\nangles: [{angle}]\nclosed_on: 2026-01-10\n---\n本文\n"
    ends = {"peer": "w" * 5, "price": "l" * 4, "a": "lwlwl", "b": "wlwllw", "c": "llwlw", "d": "lwllwl"}
    files = {"playbook.yaml": PLAYBOOK} | {
        f"deals/{angle}{n}.md": deal.format(end={"w": "won", "l": "lost"}[end], angle=angle)
        for angle, all_of in ends.items()
        for n, end in enumerate(all_of)
    }
    page = page_of(make_client(files), "/scoreboard?date_from=2026-01-01")
    assert "全勝か全敗: 同業の事例は5勝0敗、値引きは0勝4敗。件数が少なく、たまたまかもしれません。" in page


@pytest.mark.parametrize(("end", "said"), [("won", "失注の記録がまだない"), ("lost", "受注の記録がまだない")])
def test_where_all_deals_ended_alike_nothing_is_compared(make_client: MakeClient, end: str, said: str) -> None:
    deal = f"---\nkind: deal\noutcome: {end}\nangles: [peer]\nclosed_on: 2026-01-10\n---\n本文\n"
    page = page_of(make_client({"playbook.yaml": PLAYBOOK} | {f"deals/{n}.md": deal for n in range(8)}), "/scoreboard")
    assert said in page and "確率" not in page


def test_the_page_speaks_without_terms_of_statistics(client: TestClient) -> None:
    page = page_of(client, "/scoreboard")
    assert "分母" not in page and "確かな順" not in page
    for view in VIEWS:
        words = page_of(client, f"/scoreboard?view={view}")
        assert not re.search("分母|ブートストラップ|カプラン|中央値|信用区間", words)
    assert page.index('class="finding"') < page.index("<figure") < page.index('class="board-filters"')
