"""The further views of the scoreboard: page, API and CSV say the same."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from html import unescape

import pytest
from starlette.testclient import TestClient

from app.pages.board.address import VIEWS
from kb.clock import Clock
from tests.app.conftest import MakeClient
from tests.app.pages.test_board import PLAYBOOK, page_of

CLOCK = Clock(lambda: datetime(2026, 6, 30, 3, tzinfo=UTC))
HEAD = "---\nkind: deal\noutcome: {end}\nindustry: 食品\nstarted_on: 2026-0{month}-01\n{more}---\n本文\n"
REASON = "reasons:\n  - {{code: price, source: {who}}}\n"
EMPTY = {"notes/a.md": "---\ntitle: 記録\n---\n本文\n"}


def deals() -> dict[str, str]:
    """Four wins and four losses from January, of one and two million yen, and two deals open since March."""
    files = {"playbook.yaml": PLAYBOOK}
    for n in range(8):
        end = "won" if n < 4 else "lost"
        more = f"closed_on: 2026-0{1 + n % 4}-20\namount: {100 if n < 4 else 200}万円\nstage: 提案\n"
        more += REASON.format(who="buyer" if n % 2 else "rep") if end == "lost" else ""
        files[f"deals/{n}.md"] = HEAD.format(end=end, month=1, more=more)
    return files | {f"deals/open{n}.md": HEAD.format(end="open", month=3, more="") for n in range(2)}


@pytest.fixture(scope="module")
def client(make_client: MakeClient) -> Iterator[TestClient]:
    yield make_client(deals(), clock=CLOCK)


def _json(client: TestClient, view: str, query: str = "") -> dict[str, object]:
    answer = client.get(f"/api/v1/scoreboard/{view}?{query}")
    assert answer.status_code == 200
    found: dict[str, object] = answer.json()
    return found


def _table(client: TestClient, view: str) -> list[dict[str, str]]:
    answer = client.get(f"/api/v1/scoreboard/{view}.csv")
    assert f"scoreboard-{view}.csv" in answer.headers["content-disposition"]
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("language", ["ja", "en"])
def test_every_view_has_a_tab_a_picture_or_bars_and_says_what_it_cannot_say(
    client: TestClient, view: str, language: str
) -> None:
    page = page_of(client, f"/scoreboard?view={view}", language)
    assert f'href="/scoreboard?view={view}" aria-current="page"' in page
    assert 'class="limit"' in page and 'class="figures"' in page and f"/api/v1/scoreboard/{view}.csv" in page
    assert 'class="chart' in page or 'class="bars"' in page
    assert "view." not in page.replace("?view=", "") and 'class="nothing' not in page


@pytest.mark.parametrize("view", VIEWS)
def test_an_empty_view_says_what_to_record(make_client: MakeClient, view: str) -> None:
    page = page_of(make_client(EMPTY), f"/scoreboard?view={view}")
    assert 'class="nothing' in page and "書くと" in page and 'class="limit"' not in page


def test_start_months_show_open_deals_and_page_api_and_csv_agree(client: TestClient) -> None:
    rows = _json(client, "cohorts")["rows"]
    assert isinstance(rows, list)
    assert [(r["period"], r["counts"], r["is_enough"]) for r in rows] == [
        ("2026-01", {"won": 4, "lost": 4, "no_decision": 0, "open": 0}, True),
        ("2026-02", {"won": 0, "lost": 0, "no_decision": 0, "open": 0}, False),
        ("2026-03", {"won": 0, "lost": 0, "no_decision": 0, "open": 2}, False),
    ]
    first = _table(client, "cohorts")[0]
    assert (first["period"], first["won"], first["lost"], first["mean"]) == ("2026-01", "4", "4", "0.5")
    page = page_of(client, "/scoreboard?view=cohorts")
    assert "4勝4敗、見送り0件、継続中2件" in page and "50% (24〜76%)" in page
    assert page.split('class="figures"')[1].count("5件未満") == 2  # no rate of two open deals or of none


def test_a_period_narrows_the_start_of_deals_so_that_open_ones_stay(client: TestClient) -> None:
    rows = _json(client, "cohorts", "date_from=2026-03-01")["rows"]
    assert isinstance(rows, list) and rows[0]["counts"]["open"] == 2 and len(rows) == 1
    assert _json(client, "cycle", "date_from=2026-03-01")["open"] == 2
    assert _json(client, "cycle", "date_to=2026-01-31")["closed"] == 8


def test_quarters_count_what_closed(client: TestClient) -> None:
    rows = _table(client, "quarters")
    assert [(r["period"], r["won"], r["lost"], r["is_running"]) for r in rows] == [
        ("2026-Q1", "3", "3", "False"), ("2026-Q2", "1", "1", "True"),
    ]  # fmt: skip
    assert "2026年4〜6月（途中）" in page_of(client, "/scoreboard?view=quarters")


def test_the_cycle_length_counts_open_deals_and_says_what_closed_ones_alone_would(client: TestClient) -> None:
    # Closed after 19, 50, 78 and 109 days, two each; two are open for 121 days: 8/10, 6/10, 4/10 are left.
    found = _json(client, "cycle")
    assert (found["closed"], found["open"], found["median"], found["median_of_closed"]) == (8, 2, 78, 64.0)
    assert [row["share"] for row in _table(client, "cycle")] == ["0.8", "0.6", "0.4", "0.2"]
    page = page_of(client, "/scoreboard?view=cycle")
    assert "半分の商談が終わるまで78日" in page and "終了した商談だけを数えると64日" in page


def test_money_is_weighed_only_where_lost_deals_have_amounts(client: TestClient, make_client: MakeClient) -> None:
    (row,) = _table(client, "money")
    assert (row["won_amount"], row["lost_amount"], row["by_count"]) == ("4000000", "8000000", "0.5")
    assert float(row["share"]) == pytest.approx(1 / 3, abs=0.0001)
    assert "JPY建ての8件では、金額の33%を受注しています" in page_of(client, "/scoreboard?view=money")
    bare = {path: text.replace("amount: 200万円\n", "") for path, text in deals().items()}
    page = page_of(make_client(bare), "/scoreboard?view=money")
    assert "失注が4件中0件です。失注の金額が足りず" in page and "金額での受注率" in page and "100%を受注" not in page
    assert "失注した商談にも" in page


def test_reasons_stand_beside_each_other_by_who_gave_them(client: TestClient) -> None:
    page = unescape(page_of(client, "/scoreboard?view=said-by"))
    customer, rep = page.split("お客様（2件）")[1].split("営業担当（2件）")
    assert "価格" in customer and "2件中2件" in customer and "価格" in rep.split("上長（0件）")[0]
    assert "まだ記録がありません" in rep
    row = next(r for r in _table(client, "said-by") if r["speaker"] == "buyer")
    assert (row["outcome"], row["label"], row["count"], row["of"], row["is_enough"]) == (
        "lost",
        "価格",
        "2",
        "2",
        "False",
    )


def test_loss_reasons_are_counted_by_stage(client: TestClient) -> None:
    assert _table(client, "stages") == [{"code": "price", "label": "価格", "stage": "提案", "count": "4"}]
    assert "「提案」で終わり、理由が「価格」の4件" in page_of(client, "/scoreboard?view=stages")


def test_filters_hold_and_tabs_keep_them(client: TestClient) -> None:
    page = page_of(client, "/scoreboard?view=cohorts&industry=建設")
    assert 'class="nothing' in page and "/scoreboard?view=money&amp;industry=%E5%BB%BA%E8%A8%AD" in page
    assert 'href="/scoreboard?by=angle&amp;industry=%E5%BB%BA%E8%A8%AD"' in page
    assert 'name="view" value="cohorts"' in page


def test_an_unknown_view_is_the_usual_page_and_no_route(client: TestClient) -> None:
    assert 'aria-current="page"' in page_of(client, "/scoreboard?view=<b>")
    assert client.get("/api/v1/scoreboard/nonsense.csv").status_code == 422


def test_competitors_have_a_tab_that_says_what_it_cannot_say(client: TestClient) -> None:
    page = page_of(client, "/scoreboard?by=competitor")
    assert "競合別の勝敗</a>" in page and "相手が分かっている商談だけの勝敗です" in page
