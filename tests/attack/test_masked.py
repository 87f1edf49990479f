"""Whoever may not read customers, amounts and contacts reads them nowhere: not on a page, in an answer or in a file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from app.main import create_app
from app.pages.board.address import VIEWS
from app.services import Services, open_services
from app.settings import Settings
from ingest.sync import sync
from kb.clock import Clock
from kb.loop.activity import GapRow, Searched
from kb.viewer import Viewer
from tests.app.conftest import ADDRESS, PLAYBOOK, Browser, in_one_loop
from tests.engines import Engines
from tests.viewing import seen_by, viewer
from tests.words import WordEmbedder, note, write

CLOCK = Clock(lambda: datetime(2026, 9, 18, 3, tzinfo=UTC))
MARKETER = viewer("marketing")
JA = {"accept": "text/html", "accept-language": "ja"}
RULES = (
    "masking:\n  - {what: [customer, amount, contact], teams: [marketing]}\nsynonyms:\n  - [暁光製作所, ギョウコー]\n"
)
CUSTOMERS = ("株式会社暁光製作所", "銀嶺フーズ", "蒼天ロジスティクス(株)", "Northwind Foods Inc.")
SECRET = re.compile(
    r"暁光|銀嶺|ギンレイ|蒼天|northwind|gyoko|ginrei|ギョウコ|(?<!maske)D-77\d\d|77\d\d-crm|田中|鈴木|1,?234万|1234\d{4}|12,34\d|akebono|5678-4321",
    re.IGNORECASE,
)


def _deal(number: int) -> str:
    customer = CUSTOMERS[number % len(CUSTOMERS)]
    name = re.sub(r"株式会社|\(株\)| Inc\.", "", customer)
    fields = {
        "kind": "deal", "customer": f'"{customer}"', "industry": ("製造", "食品")[number % 2], "angles": "[TCO]",
        "outcome": ("won", "lost", "no-decision", "open")[number % 4], "closed_on": f"2026-09-{number + 1:02}",
        "started_on": f"2026-08-{number + 1:02}", "amount": f"1,234{number}万円".replace("4" + str(number), "4"),
        "crm_id": f"D-77{number:02}", "size": "300名", "reasons": "[{code: price, source: buyer}]", "stage": "提案",
        "used": "[talk-tracks/price]", "先方窓口": "田中 太郎 部長、鈴木様", "予算": "12340000",
        "url": f"https://crm.example.com/77{number:02}-crm",
    }  # fmt: skip
    body = f"{name}で価格が高いと言われた{number}回目の商談。工場の紙の日報。田中部長は1,234万円なら買うと言った。"
    body += f"\n\n連絡先は kaku@akebono{number}.example.jp、03-5678-4321。"
    return note(f"{name}の商談", body, **fields)


FILES = {
    "playbook.yaml": PLAYBOOK + RULES,
    **{f"deals/{('gyoko', 'ginrei', 'souten', 'northwind')[n % 4]}-{n}.md": _deal(n) for n in range(8)},
    "talk-tracks/price.md": note(
        "価格が高い", "暁光製作所様では何と比べて高いかを聞いた。1,234万円の話。[商談](../deals/gyoko-0.md)",
        related="[deals/gyoko-0, notes/暁光製作所-議事録]", date="2026-01-10", competitors="[タスキナ]",
        review_by="2026-09-01",
    ),
    "notes/暁光製作所-議事録.md": "銀嶺フーズと蒼天ロジスティクスの比較。値引きはしない。\n",
    "talk-tracks/plain.md": note(
        "日報の話", "工場の紙の日報をやめる。", date="2026-01-10", review_by="2026-09-01"
    ),
    "campaigns/mail.md": note("メール施策", "Northwind Foods が反応した。", date="2026-09-02"),
}  # fmt: skip
QUESTIONS = (
    "",
    "価格が高い",
    "値引き",
    "暁光製作所",
    "銀嶺",
    "D-7700",
    "1,234万円",
    "田中部長",
    "Northwind",
    "工場の紙の日報",
    "gyoko-0",
)
PLACES = (
    *(f"/api/v1/search?explain=true&limit=50&q={quote(q)}" for q in QUESTIONS),
    *(f"/?q={quote(q)}" for q in QUESTIONS),
    *(f"/api/v1/scoreboard/{view}{end}" for view in VIEWS for end in ("", ".csv")),
    *(f"/scoreboard?view={view}" for view in VIEWS),
    *(f"/api/v1/{name}" for name in ("problems", "loop", "gaps", "playbook", "scoreboard?by=industry")),
    *(f"/api/v1/meeting?period={period}" for period in ("2026-W37", "2026-09", "2026-08")),
    "/", "/playbook", "/meeting?period=2026-09", "/review", "/loop", "/gaps", "/problems", "/judge", "/deals/similar",
    "/readyz", "/new/deal-won",
)  # fmt: skip
PAGES_OF = ("/api/v1/entries/{}", "/api/v1/entries/{}/similar?limit=50", "/api/v1/entries/{}/lineage",
            "/api/v1/entries/{}/source", "/entries/{}", "/edit/{}", "/history/{}", "/lineage/{}",
            "/deals/similar?deal={}", "/new/deal-won?from={}")  # fmt: skip


def _open(stack: ExitStack, place: Path, who: Viewer | None, files: dict[str, str], engines: Engines) -> TestClient:
    settings = Settings(entries=place / "entries", data=place / "var", **engines.settings(place))
    for path, text in files.items():
        write(settings.entries, path, text)
    services = open_services(settings, WordEmbedder(), clock=CLOCK)
    stack.callback(services.close)
    services.library.with_index(partial(sync, folder=settings.entries))
    services.library.refresh()
    if who:
        services.seen_by(who)  # made before anybody asks: a busy machine would say that it is being put together
    for at, query in enumerate(("暁光製作所の値引き", "ヘリコプターの値段")):
        services.activity.searched(
            Searched(f"s{at}", f"2026-09-1{at}T00:00:00+00:00", query, confidence="none", asker="a")
        )
        services.activity.decide(GapRow(query, query, needed_by=""))
    app = in_one_loop(seen_by(create_app(settings, services), who), stack)
    return Browser(app, base_url=ADDRESS, raise_server_exceptions=False)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory, engines: Engines) -> Iterator[TestClient]:
    """A server as somebody of marketing has it."""
    with ExitStack() as stack:
        yield _open(stack, tmp_path_factory.mktemp("masked"), MARKETER, FILES, engines)


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory, engines: Engines) -> Iterator[TestClient]:
    """The same, where nobody of marketing has searched."""
    with ExitStack() as stack:
        yield _open(stack, tmp_path_factory.mktemp("untouched"), MARKETER, FILES, engines)


def _services(client: TestClient) -> Services:
    app: Any = client.app
    services: Services = app.state.services
    return services


def _ids(client: TestClient) -> list[str]:
    return _services(client).seen_by(MARKETER).library.entries.ids()


def _told(client: TestClient, place: str) -> str:
    """Return an answer without what was asked, which comes back in it."""
    text = client.get(place, headers=JA).text
    for question in sorted(QUESTIONS, key=len, reverse=True):
        if question and quote(question) in place:
            text = re.sub(rf"(?i){re.escape(question)}|{re.escape(quote(question))}", "?", text)
            text = re.sub("|".join(map(re.escape, re.split(r"[-,]", question))), "?", text)
    return text


@pytest.mark.parametrize("place", PLACES)
def test_no_answer_says_who_the_customer_was(client: TestClient, untouched: TestClient, place: str) -> None:
    found = SECRET.search(told := _told(client if "q=" in place else untouched, place))
    assert found is None, told[max(0, found.start() - 200) : found.end() + 100]


def test_no_page_of_an_entry_says_it(client: TestClient) -> None:
    ids = _ids(client)
    assert len(ids) == len(FILES) - 1 and sum("masked-" in one for one in ids) == 9
    for one in ids:
        for page in PAGES_OF[: None if one.startswith("deals/") else -2]:
            answer = client.get(page.format(quote(one)), headers=JA)
            found = SECRET.search(answer.text)
            assert answer.status_code < 400, (page, one, answer.text[:300])
            assert found is None, (page, answer.text[max(0, found.start() - 200) : found.end() + 100])


def test_similar_deals_and_searches_find_masked_deals_by_everything_else(client: TestClient) -> None:
    hits = client.get("/api/v1/search?q=工場の紙の日報&limit=50").json()["hits"]
    assert any("masked-" in hit["id"] for hit in hits)
    deal = next(one for one in _ids(client) if one.startswith("deals/masked-"))
    answer = client.post("/api/v1/deals/similar", json={"k": 10, "deal_id": deal})
    assert answer.status_code == 200 and not SECRET.search(answer.text) and "masked-" in answer.text


@pytest.mark.parametrize("name", ["銀嶺フーズ", "暁光製作所", "D-7701"])
def test_a_masked_name_is_as_unknown_as_one_that_never_existed(client: TestClient, name: str) -> None:
    found = client.get(f"/api/v1/search?q={quote(name)}&limit=50").json()
    assert found["confidence"] != "strong" and found.get("corrected") in (None, "", {})
    assert not SECRET.search(str([hit["snippet"] for hit in found["hits"]]))


@pytest.mark.parametrize("real", ["deals/gyoko-0", "notes/暁光製作所-議事録"])
def test_the_real_address_of_a_masked_entry_leads_nowhere(client: TestClient, real: str) -> None:
    for page in PAGES_OF[:8]:
        assert client.get(page.format(quote(real)), headers=JA).status_code == 404


def test_a_masked_entry_and_one_that_names_a_customer_cannot_be_changed(client: TestClient) -> None:
    deal = next(one for one in _ids(client) if one.startswith("deals/masked-"))
    for one in (deal, "talk-tracks/price"):
        source = client.get(f"/api/v1/entries/{one}/source")
        answer = client.put(
            f"/api/v1/entries/{one}",
            json={"text": "# 新\n話"},
            headers={"if-match": source.headers["etag"], "origin": ADDRESS},
        )
        assert answer.status_code == 403, answer.text
        assert "hidden from you" in answer.text
    folder = _services(client).settings.entries
    assert "暁光" in (folder / "talk-tracks/price.md").read_text("utf-8")


def test_what_would_be_refused_of_a_masked_entry_is_not_offered(client: TestClient) -> None:
    deal = next(one for one in _ids(client) if one.startswith("deals/masked-"))
    for one in (deal, "talk-tracks/price", "talk-tracks/plain"):
        page = client.get(f"/entries/{one}", headers=JA).text
        is_whole = one == "talk-tracks/plain"
        assert (f'action="/archive/{one}"' in page, f'action="/verify/{one}"' in page) == (is_whole, is_whole)
        assert 'action="/use/' not in page  # all deals are masked here
    queue = client.get("/review", headers=JA).text
    assert re.findall(r'action="/verify/([^"]+)', queue) == ["talk-tracks/plain"]
    assert 'href="/entries/talk-tracks/price"' in queue


def test_a_link_to_a_masked_entry_is_stored_under_its_real_id_and_its_author_edits_on(client: TestClient) -> None:
    deal = next(one for one in _ids(client) if one.startswith("deals/masked-"))
    text = note("自分の話", "受付の話をした。", related=f"[{deal}]")
    saved = client.post("/api/v1/entries", json={"text": text}, headers={"origin": ADDRESS}).json()
    file = _services(client).settings.entries / saved["path"]
    assert "masked-" not in file.read_text("utf-8") and "deals/" in file.read_text("utf-8")
    source = client.get(f"/api/v1/entries/{saved['id']}/source")
    assert deal in source.text and deal in client.get(f"/entries/{saved['id']}", headers=JA).text
    changed = source.text.replace("受付", "倉庫")
    headers = {"if-match": source.headers["etag"], "origin": ADDRESS}
    answer = client.put(f"/api/v1/entries/{saved['id']}", json={"text": changed}, headers=headers)
    assert answer.status_code == 200, answer.text
    assert "倉庫" in file.read_text("utf-8") and "masked-" not in file.read_text("utf-8")
    assert "/edit/" in client.get(f"/entries/{saved['id']}", headers=JA).text
    assert "/edit/" not in client.get(f"/entries/{deal}", headers=JA).text


def test_gaps_and_questions_that_name_a_customer_are_left_out(untouched: TestClient) -> None:
    told = untouched.get("/api/v1/gaps").text
    assert "ヘリコプター" in told and "暁光" not in told


def test_the_amounts_of_masked_deals_count_nowhere(client: TestClient) -> None:
    assert _services(client).library.deals.open_amounts().total(["deals/northwind-3"])[0] > 0
    masked = _services(client).seen_by(MARKETER).library
    assert all(entry.deal is None or entry.deal.amount is None for entry in masked.deals.table.deals)


def test_sales_the_owner_and_the_operator_read_it_all(tmp_path: Path, engines: Engines) -> None:
    with ExitStack() as stack:
        client = _open(stack, tmp_path, viewer("sales"), FILES, engines)
        assert "暁光製作所" in client.get("/entries/deals/gyoko-0", headers=JA).text
        services = _services(client)
        assert services.seen_by(viewer("sales")).library.deals.table.deals[0].deal


def test_a_new_deal_is_masked_at_once_and_its_customer_in_what_was_there_before(
    tmp_path: Path, engines: Engines
) -> None:
    with ExitStack() as stack:
        files = {**FILES, "talk-tracks/moon.md": note("月の話", "月光堂工房の紙の日報。")}
        client = _open(stack, tmp_path, MARKETER, files, engines)
        assert "月光堂工房" in client.get("/entries/talk-tracks/moon", headers=JA).text
        services = _services(client)
        write(services.settings.entries, "deals/moon.md", _deal(1).replace("銀嶺フーズ", "月光堂工房"))
        services.intake.index_files(["deals/moon.md"])
        assert "月光堂工房" not in client.get("/entries/talk-tracks/moon", headers=JA).text
        (services.settings.entries / "deals/moon.md").unlink()
        services.intake.index_files(["deals/moon.md"])
        assert "月光堂工房" in client.get("/entries/talk-tracks/moon", headers=JA).text
