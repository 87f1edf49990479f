"""The scoreboard over HTTP: the page, the API and the CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from tests.app.conftest import MakeClient

PLAYBOOK = """\
angles:
  - {key: peer, ja: 同業の事例, en: Peer case}
  - {key: price, ja: 値引き, en: Discount}
industries:
  - {name: 食品, en: Food}
closed_deals:
  - {outcome: won, count: 8}
  - {outcome: lost, count: 40}
"""
ROW = {
    "key", "label", "won", "lost", "no_decision", "open", "mean", "low", "high", "shrunk_mean", "shrunk_low",
    "shrunk_high", "p_above_base", "verdict", "is_one_sided", "fair", "agreement", "response", "evidence",
}  # fmt: skip


def _files() -> dict[str, str]:
    files = {"playbook.yaml": PLAYBOOK, "talk-tracks/a.md": "---\ntitle: '=見学の話'\n---\n話す。\n"}
    for number in range(16):
        won = number < 7
        head = f"---\ntitle: 商談{number}\nkind: deal\noutcome: {'won' if won else 'lost'}\nindustry: 食品\n"
        head += f"closed_on: 2026-0{1 + number % 6}-10\nangles: [{'peer' if won else 'price'}]\n"
        files[f"deals/{number:02}.md"] = f"{head}used: [talk-tracks/a]\n---\n本文\n"
    files["deals/none.md"] = "---\nkind: deal\nangles: [peer]\n---\n本文\n"
    return files


@pytest.fixture(scope="module")
def client(make_client: MakeClient) -> Iterator[TestClient]:
    yield make_client(_files())


def _page(client: TestClient, address: str, language: str = "ja") -> str:
    answer = client.get(address, headers={"accept": "text/html", "accept-language": language})
    assert answer.status_code == 200
    return answer.text


def test_rows_say_counts_rate_and_verdict_in_words(client: TestClient) -> None:
    page = _page(client, "/scoreboard")
    assert "7勝0敗 (7件)" in page and "上回る" in page and "下回る" in page
    assert "全体では 7勝9敗 (16件)" in page
    assert "Peer case" in _page(client, "/scoreboard", "en")


def test_a_warning_says_that_losses_are_missing(client: TestClient) -> None:
    assert "受注は8件中7件、失注は40件中9件しか記録がない" in _page(client, "/scoreboard")


def test_deals_without_an_outcome_are_named_as_left_out(client: TestClient) -> None:
    assert "結果の書かれていない商談が1件" in _page(client, "/scoreboard")


def test_every_number_opens_its_deals(client: TestClient) -> None:
    page = _page(client, "/scoreboard")
    assert 'href="/entries/deals/00"' in page and "/?angle=peer&amp;kind=deal" in page


def test_too_few_deals_have_words_and_no_picture(client: TestClient) -> None:
    page = _page(client, "/scoreboard?date_from=2026-01-01&date_to=2026-01-31")
    assert "まだ判断できない" in page and 'class="chart' not in page.split("<tbody>")[0]


def test_filters_that_leave_nothing_lead_back(client: TestClient) -> None:
    page = _page(client, "/scoreboard?by=competitor&date_from=2030-01-01")
    assert "数えられる商談がありません" in page and 'href="/scoreboard?by=competitor"' in page


@pytest.mark.parametrize("by", ["reason", "competitor", "industry", "talk-track", "campaign", "lead_source", "product"])
def test_every_tab_is_a_page(client: TestClient, by: str) -> None:
    assert 'aria-current="page"' in _page(client, f"/scoreboard?by={by}&outcome_of=closed&sort=name")


def test_nonsense_in_the_address_is_ignored(client: TestClient) -> None:
    assert "同業の事例" in _page(client, "/scoreboard?by=<b>&sort=x&outcome_of=1&date_from=soon")


def test_rows_can_be_sorted_by_name(client: TestClient) -> None:
    page = _page(client, "/scoreboard?sort=name")
    assert page.index(">値引き<") < page.index(">同業の事例<")


def test_the_api_answers_with_the_documented_shape(client: TestClient) -> None:
    answer = client.get("/api/v1/scoreboard", params={"by": "angle"}).json()
    assert set(answer) == {"by", "outcome_of", "base", "rows", "looked_at"}
    assert set(answer["rows"][0]) == ROW and answer["rows"][0]["key"] == "peer"
    assert answer["looked_at"]["losses_under_recorded"] and answer["looked_at"]["without_outcome"] == 1
    english = client.get("/api/v1/scoreboard", params={"by": "angle"}, headers={"accept-language": "en"}).json()
    assert [row["label"] for row in english["rows"]] == ["Peer case", "Discount"]


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


def test_the_tables_below_count_the_same_deals_as_the_pictures(client: TestClient) -> None:
    page = _page(client, "/scoreboard")
    heat = page.split('class="heat"')[1].split("</table>")[0]
    assert "7勝0敗 (7件)" in heat and "0勝9敗 (9件)" in heat
    picture = page.split("切り口と業種の組み合わせ</h2>")[1].split("</svg>")[0]
    assert ">7/7<" in picture and ">0/9<" in picture and "var(--heat-1)" in picture
    assert 'class="heat"' not in _page(client, "/scoreboard?by=campaign")


def test_the_rates_are_drawn_with_the_numbers_of_their_rows(client: TestClient) -> None:
    page = _page(client, "/scoreboard")
    picture = (
        page.split("<svg", 2)[2].split("</svg>")[0] if "icon" in page.split("<svg", 2)[1] else page.split("<svg")[1]
    )
    rows = [row.split("</td>")[0] for row in page.split('class="board-rate">')[1:]]
    assert len(rows) == 2 and all(row in picture for row in rows) and "同業の事例" in picture
    assert 'aria-label="切り口ごとの受注率と90%の幅の図' in page


def test_nothing_in_the_page_needs_inline_styles_or_scripts(client: TestClient) -> None:
    page = _page(client, "/scoreboard")
    assert " style=" not in page and "<script>" not in page
