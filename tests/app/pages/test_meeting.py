"""The meeting over HTTP and on the command line: shown, kept as a note, shown again as it was."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime

import pytest
from starlette.testclient import TestClient

from ingest.intake import Intake
from ingest.review import review
from kb.clock import CLOCK, Clock
from kb.loop.board import GapBoard
from kb.loop.kpis import DEFINITIONS
from kb.loop.period import Period
from tests.app.cli.test_main import Place, place
from tests.app.conftest import MakeClient
from tests.counting import counting

__all__ = ["place"]

PLAYBOOK = """\
kgi: {name: 新規ARR, target: 1億円, period: 2026年4月〜2027年3月}
kpis:
  - {key: win-rate, name: 受注率, target: 28%, ratio: won/decided}
  - {key: first-touch, name: 初回接触までの時間, target: 1営業日以内}
angles:
  - {key: peer, ja: 同業の事例, en: Peer case}
"""
JAPANESE, ENGLISH = {"accept-language": "ja"}, {"accept-language": "en"}
MONTH = "/meeting?period=2026-06"


def _files() -> dict[str, str]:
    files = {"playbook.yaml": PLAYBOOK}
    files["talk-tracks/visit.md"] = "---\ntitle: 見学の話\nreview_by: 2026-01-31\n---\n話す。\n"
    for month, count in ((5, 1), (6, 4)):
        for number in range(count):
            won = number % 2 == 0
            head = (
                f"---\ntitle: 商談{month}-{number}\nkind: deal\noutcome: {'won' if won else 'lost'}\namount: 3000000\n"
            )
            head += f"closed_on: 2026-0{month}-1{number}\nangles: [peer]\nused: [talk-tracks/visit]\n---\n"
            files[f"deals/{month}-{number}.md"] = (
                f"{head}経緯を書いた。\n\n## 次にやること\n\n早めに会う。その後に送る。\n"
            )
    return files


def _indexed(client: TestClient) -> None:
    """Do what the background does after a save."""
    client.app.state.services.intake.retry()  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def shown(make_client: MakeClient) -> TestClient:
    return make_client(_files())


def test_the_parts_stand_in_their_order_with_their_numbers(shown: TestClient) -> None:
    page = shown.get(MONTH, headers=JAPANESE).text
    found = re.findall(r'<h2 id="([^"]+)"', page[: page.index("</main>")])
    assert found == ["funnel", "endings", "figures", "moved", "reused", "review", "broken"]
    for sentence in (
        "月次会議 2026年6月", "50%（4件中2件）", "この数字のある期間が6つになってから判定（今は1つ）",
        "期首からの累計 900万円（目標の9.0%）",
        "受注2件（600万円）、失注2件。期首からの累計は900万円で、目標1億円の9.0%です（期間は25%が経過）。",
        "早めに会う。", "切り口「同業の事例」", "1件 → 4件",
        "4件の商談（受注2・失注2）",
        "期限切れ · 見直し期限(2026/01/31)を過ぎています。", "約束の時間内に連絡できたMQLの件数",
        "まだ計算できない指標が6つあります。",
        "前回の会議の記録はまだありません",
    ):  # fmt: skip
        assert sentence in page
    assert 'href="/entries/deals/6-0"' in page


def test_an_english_reader_gets_english_words(shown: TestClient) -> None:
    page = shown.get(MONTH, headers=ENGLISH).text
    assert "Monthly meeting 2026-06" in page and "50% (2 of 4)" in page and "meeting." not in page


def test_without_a_period_an_empty_base_shows_this_week_and_says_what_is_missing(make_client: MakeClient) -> None:
    page = make_client({"notes/a.md": "何もない。\n"}).get("/meeting", headers=JAPANESE)
    assert page.status_code == 200
    assert "週次会議 20" in page.text and "この期間に決着した商談はありませんでした。" in page.text
    assert "この期間にないもの: " in page.text and "受注した商談の記録に、金額を書くと出ます。" in page.text


def test_without_a_period_the_newest_week_with_an_end_is_shown_and_leads_to_this_one(shown: TestClient) -> None:
    page = shown.get("/meeting", headers=JAPANESE).text
    assert "週次会議 2026-W24" in page and "いちばん新しい週を開いています" in page
    current = re.search(r'href="(/meeting\?period=[^"]+)">今週を開く', page)
    assert current and "この期間に決着した商談はありません" in shown.get(current[1], headers=JAPANESE).text
    assert shown.get("/api/v1/meeting").json()["period"] == "2026-W24"


def test_no_field_name_stands_on_the_page(shown: TestClient) -> None:
    page = shown.get(MONTH, headers=JAPANESE).text
    assert not [name for name in ("metrics", "in_time", "closed_on", "playbook.yaml") if name in page]


def test_the_funnel_is_drawn_with_target_and_the_period_before_also_from_an_earlier_month(
    make_client: MakeClient,
) -> None:
    kpis = "kpis:\n  - {key: mql, name: MQL数, target: 月50件}\n"
    kpis += "  - {key: sal-rate, name: 引受率, target: 60%以上, ratio: sal/mql}\n"
    files = {"playbook.yaml": kpis}
    for month, mql in (("04", 20), ("05", 40)):
        counts = f"{{mql: {mql}, sal: 10, sql: 5, won: 1}}"
        head = f"title: 施策{month}\nkind: campaign\nperiod: 2026-{month}-01〜2026-{month}-20\nmetrics: {counts}\n"
        files[f"campaigns/{month}.md"] = f"---\n{head}---\n本文\n"
    client = make_client(files)
    page = client.get("/meeting?period=2026-05", headers=JAPANESE).text
    assert "目標 50 · 前の期間 20" in page and "目標 24 · 前の期間 10" in page and "↓ 25%" in page
    assert "この期間に終わった施策の件数です" in page
    later = client.get("/meeting?period=2026-06", headers=JAPANESE).text
    assert "いちばん近い2026年5月に終わった施策の件数です" in later and "目標 50 · 前の期間 20" in later


@pytest.mark.parametrize(
    ("period", "said"),
    [("2999-W01", "2か月より先です"), ("2026-W99", "期間として読み取れません"), ("x" * 5, "「xxxxx」")],
)
def test_what_is_no_period_is_said_in_a_sentence(shown: TestClient, period: str, said: str) -> None:
    answer = shown.get("/meeting", params={"period": period}, headers={**JAPANESE, "accept": "text/html"})
    assert (answer.status_code, said in answer.text) == (422, True)
    assert shown.get("/api/v1/meeting", params={"period": period}).json()["error"]["code"] == "bad_period"


def test_programs_get_the_same_numbers(shown: TestClient) -> None:
    found = shown.get("/api/v1/meeting", params={"period": "2026-06"}).json()
    rate = next(figure for figure in found["figures"] if figure["key"] == "win-rate")
    assert (rate["now"]["done"], rate["now"]["of"], rate["change"]) == (2, 4, "no-history")
    assert (found["first_day"], found["last_day"], found["closed"]) == ("2026-06-01", "2026-06-30", 4)
    assert found["moved"] == [
        {"facet": "angle", "key": "peer", "now": 4, "before": 1, "is_sure": False, "p_higher": None}
    ]


def test_a_running_month_names_the_days_it_compares_on_the_page_and_in_exports(make_client: MakeClient) -> None:
    noon = datetime(2026, 6, 12, 12, tzinfo=UTC)
    client = make_client(_files(), clock=Clock(lambda: noon))
    page = client.get(MONTH, headers=JAPANESE).text
    assert "6月1日〜6月12日を5月1日〜5月12日と比べています。" in page and "67%（3件中2件）" in page
    assert "Comparing Jun 1–Jun 12 with May 1–May 12." in client.get(MONTH, headers=ENGLISH).text
    assert client.get("/api/v1/meeting?period=2026-06").json()["until"] == "2026-06-12"
    assert "と比べています" not in client.get("/meeting?period=2026-05", headers=JAPANESE).text


def test_a_rate_whose_deals_are_open_says_so_instead_of_a_verdict(make_client: MakeClient) -> None:
    files = {f"campaigns/{n:02}.md": _campaign(n) for n in range(1, 7)}
    for number in range(10):
        head = f"title: 終わり{number}\nkind: deal\noutcome: lost\nclosed_on: 2026-03-01\ncycle_days: 60\n"
        files[f"deals/{number}.md"] = f"---\n{head}---\n本文\n"
    files["deals/open.md"] = "---\ntitle: 続き\nkind: deal\noutcome: open\ncampaign: campaigns/06\n---\n本文\n"
    noon = datetime(2026, 7, 20, 12, tzinfo=UTC)
    client = make_client(files, clock=Clock(lambda: noon))
    page = client.get(MONTH, headers=JAPANESE).text
    assert "この施策からの商談1件のうち1件が未決着 · 結果が出そろう2026/08/29から判定" in page
    english = client.get(MONTH, headers=ENGLISH).text
    assert "1 of 1 deals from these campaigns still open · no verdict until Aug 29, 2026" in english


def _campaign(month: int) -> str:
    head = f"title: 施策{month}\nkind: campaign\nperiod: 2026-{month:02}-01/2026-{month:02}-20\n"
    return f"---\n{head}metrics: {{mql: 20, sal: 10, sql: 5, won: 1}}\n---\n本文\n"


def test_each_number_is_explained(shown: TestClient) -> None:
    for headers, name in ((JAPANESE, "ジェフリーズ"), (ENGLISH, "Jeffreys")):
        page = shown.get("/meeting/numbers", headers=headers).text
        assert name in page and all(f'id="{key}"' in page for key in ("won-amount", *DEFINITIONS))
        assert ">number." not in page and ">meeting." not in page


def test_a_saved_meeting_is_a_note_that_the_next_one_begins_with(make_client: MakeClient) -> None:
    client = make_client(_files())
    form = {"period": "2026-06", "decisions": "見学会を毎月開く\n- 値引きはしない", "actions": "招待状を直す（藤井）\n"}
    answer = client.post("/meeting/save", data=form, headers=JAPANESE, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/meeting?period=2026-06&saved=1")
    at_once = client.get(answer.headers["location"], headers=JAPANESE).text
    assert "会議を保存しました" in at_once and "値引きはしない" in at_once
    again = client.post("/meeting/save", data=form, headers=JAPANESE)
    assert again.status_code == 409 and "保存済み" in again.text
    _indexed(client)
    note = client.get("/api/v1/entries/notes/meeting-2026-06").json()
    assert (note["title"], note["kind"], note["tag"]) == ("月次会議 2026年6月", "note", ["会議"])
    assert client.get("/api/v1/search", params={"q": "見学会を毎月開く"}).json()["total"] > 0
    source = client.get("/api/v1/entries/notes/meeting-2026-06/source").text
    assert "meeting: 2026-06" in source and "- [ ] 招待状を直す（藤井）" in source
    own = client.get(MONTH, headers=JAPANESE).text.partition('id="funnel"')[0]
    assert "値引きはしない" in own and "招待状を直す（藤井）" in own and "/edit/notes/meeting-2026-06" in own
    following = client.get("/meeting?period=2026-07", headers=JAPANESE).text
    assert "値引きはしない" in following and "未完了" in following and "前回の未完了を入れてあります" in following
    again = client.post("/meeting/save", data=form, headers=JAPANESE)
    assert again.status_code == 409 and "保存済み" in again.text and "/entries/notes/meeting-2026-06" in again.text


def test_saved_numbers_stay_when_the_records_change(make_client: MakeClient) -> None:
    client = make_client(_files())
    client.post("/meeting/save", data={"period": "2026-06"}, headers=JAPANESE)
    _indexed(client)
    text = "---\ntitle: 後から\nkind: deal\noutcome: lost\nclosed_on: 2026-06-20\n---\n後から書いた。\n"
    assert client.post("/api/v1/entries", json={"text": text, "kind": "deal"}).status_code < 300
    assert "40%（5件中2件）" in client.get(f"{MONTH}&live=1", headers=JAPANESE).text
    stored = client.get(MONTH, headers=JAPANESE).text
    told = client.get("/api/v1/meeting", params={"period": "2026-06", "stored": "true"}).json()
    assert told["closed"] == 4 and client.get("/api/v1/meeting?period=2026-06").json()["closed"] == 5
    assert "50%（4件中2件）" in stored and "保存時の数字です" in stored
    assert "まだ保存されていない" in client.get("/meeting?period=2026-05&stored=1", headers=JAPANESE).text


def test_an_action_of_the_last_meeting_is_marked_as_done_in_its_note(make_client: MakeClient) -> None:
    client = make_client(_files())
    form = {"period": "2026-06", "actions": "招待状を直す（藤井）\n見学先を決める"}
    client.post("/meeting/save", data=form, headers=JAPANESE)
    _indexed(client)
    task = {"note": "notes/meeting-2026-06", "period": "2026-07", "task": "招待状を直す（藤井）", "state": "done"}
    for _ in range(2):  # a double click
        page = client.post("/meeting/mark", data=task, headers=JAPANESE).text
    assert "済み" in page and "アクションの状態を更新しました" in page
    source = client.get("/api/v1/entries/notes/meeting-2026-06/source").text
    assert "- [x] 招待状を直す（藤井）\n- [ ] 見学先を決める" in source
    client.post("/meeting/mark", data={**task, "state": "todo"}, headers=JAPANESE)
    assert "- [ ] 招待状を直す（藤井）" in client.get("/api/v1/entries/notes/meeting-2026-06/source").text
    other = client.post(
        "/meeting/mark", data={**task, "note": "deals/6-0"}, headers={**JAPANESE, "accept": "text/html"}
    )
    assert other.status_code == 404


def test_all_sorts_of_broken_places_and_who_has_taken_a_gap_are_listed(make_client: MakeClient) -> None:
    files = _files()
    files["campaigns/old.md"] = "---\ntitle: 古い施策\nkind: campaign\ndate: 2025-01-01\n---\n本文。\n"
    client = make_client(files)
    client.get("/", params={"q": "zzz qqq xxx"})
    query = client.get("/api/v1/gaps").json()[0]["query"]
    client.post("/gaps", data={"query": query, "by": "大橋", "due": "2026-12-01", "do": "assign"})
    page = client.get(MONTH, headers=JAPANESE).text
    assert "しばらく商談で使われていないトークと施策" in page and "担当: 大橋 · 期限: 2026-12-01" in page
    assert all(f'href="{address}"' in page for address in ("/gaps", "/loop", "/review"))


def test_a_server_that_only_reads_offers_no_saving(make_client: MakeClient) -> None:
    client = make_client(_files(), readonly=True)
    assert "/meeting/save" not in client.get(MONTH).text
    assert client.post("/meeting/save", data={"period": "2026-06"}).status_code in (403, 422)


def test_the_command_line_says_what_is_wrong_in_one_sentence(place: Place) -> None:
    done = place.process("meeting", "--period", "2026-06")
    assert (done.returncode, done.stdout) == (1, "")
    assert "There is no index yet" in done.stderr and done.stderr.count("\n") == 1


@pytest.mark.model
def test_the_command_line_writes_the_meeting(place: Place) -> None:
    assert place.process("sync").returncode == 0
    for form, begins in (("md", "# Monthly meeting 2026-03"), ("html", "<!doctype html>"), ("csv", "\ufeffPart")):
        done = place.process("meeting", "--period", "2026-03", "--format", form, "--language", "en")
        assert done.stdout.startswith(begins) and "青葉精工の受注" in done.stdout
    assert {len(row) for row in csv.reader(io.StringIO(done.stdout))} == {7}


def test_saving_waits_neither_for_the_index_nor_for_new_gaps(make_client: MakeClient) -> None:
    client = make_client(_files())
    client.get("/", params={"q": "zzz qqq xxx"})
    client.get("/meeting", params={"period": "2026-06"})  # which looks for gaps
    functions = {"index": Intake.index_files, "saved": Intake.index_saved, "gaps": GapBoard.gaps, "review": review}
    with counting(**functions) as counted:
        answer = client.post("/meeting/save", data={"period": "2026-06"}, headers=JAPANESE, follow_redirects=False)
    assert answer.status_code == 303 and not counted
    assert client.get("/api/v1/entries/notes/meeting-2026-06").status_code == 404
    _indexed(client)
    assert client.get("/api/v1/entries/notes/meeting-2026-06").status_code == 200


def test_the_page_names_both_parts_of_a_ratio_and_what_an_amount_leaves_out(make_client: MakeClient) -> None:
    kpis = "  - {key: win-rate, name: 受注率, target: 28%}\n  - {key: sal-rate, target: 60%, ratio: sal/mql}\n"
    files = {"playbook.yaml": f"kgi: {{target: 2億円}}\nkpis:\n{kpis}"}
    for name, amount in (("a", "amount: 300万円\n"), ("b", "amount: $48,000\n"), ("c", "")):
        head = f"title: {name}\nkind: deal\noutcome: won\nclosed_on: 2026-05-02\n{amount}"
        files[f"deals/{name}.md"] = f"---\n{head}---\n本文\n"
    client = make_client(files)
    page = client.get("/meeting?period=2026-05", headers=JAPANESE).text
    assert "受注 ÷ （受注＋失注）" in page and "目標とは比べていません" in page
    assert "受注3件（300万円と$48,000、金額なし1件）" in page and "300万円（3件中1件）" in page
    figures = {one["key"]: one for one in client.get("/api/v1/meeting?period=2026-05").json()["figures"]}
    assert figures["won-amount"]["apart"] == [["USD", 48_000]] and figures["won-amount"]["left_out"] == 1
    assert figures["win-rate"]["ratio"] == "won/decided" and figures["win-rate"]["target"] is None


def test_what_few_deals_leave_open_is_called_chance_and_no_amount_is_no_zero(make_client: MakeClient) -> None:
    head = "---\ntitle: {name}\nkind: deal\noutcome: won\nclosed_on: 2026-05-0{day}\namount: $48,000\n---\n本文\n"
    kpi = "{key: win-rate, name: 受注率, target: 60%, ratio: won/decided}"
    files = {"playbook.yaml": f"kgi: {{target: 2億円, period: 2026年4月〜2027年3月}}\nkpis:\n  - {kpi}\n"}
    files |= {f"deals/{day}.md": head.format(name=f"商談{day}", day=day) for day in (2, 3)}
    page = make_client(files).get("/meeting?period=2026-05", headers=JAPANESE).text
    assert "100%（2件中2件）" in page and "目標に届いたが、偶然の範囲" in page  # two of two: 43 to 100 %
    assert "$96,000" in page and "0円" not in page and "目標2億円の" not in page


def test_a_meeting_saved_in_one_language_keeps_its_sentences_from_readers_of_the_other(
    make_client: MakeClient,
) -> None:
    client = make_client(_files())
    client.post("/meeting/save", data={"period": "2026-06"}, headers=JAPANESE)
    _indexed(client)
    assert "見直し期限(2026/01/31)を過ぎています" in client.get(MONTH, headers=JAPANESE).text
    page = client.get(MONTH, headers=ENGLISH).text
    assert "期限" not in page and "見学の話" in page


def test_a_coming_week_shows_what_is_still_open(make_client: MakeClient) -> None:
    client = make_client(_files())
    client.post("/meeting/save", data={"period": "2026-06", "actions": "招待状を直す"}, headers=JAPANESE)
    _indexed(client)
    coming = Period.week_of(CLOCK.today()).after().key
    page = client.get("/meeting", params={"period": coming}, headers=JAPANESE)
    assert page.status_code == 200 and "招待状を直す" in page.text and "まだ始まっていません" in page.text
