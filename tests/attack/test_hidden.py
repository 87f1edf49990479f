"""Who may see some entries gets the answers of a base in which the others do not exist.

Two knowledge bases stand side by side: one holds hidden entries, the other never had them. Entries are hidden by the
server, which shows a part (`KB_VISIBILITY`), or from the person who asks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from httpx2 import Response
from starlette.testclient import TestClient
from typer.testing import CliRunner

from app.cli.main import app as kb
from app.main import create_app
from app.pages.board.address import VIEWS
from app.seen import Seen
from app.services import Services, open_services
from app.settings import Settings
from ingest.sync import sync
from kb.clock import Clock
from kb.entry import AUDIENCES, VISIBILITIES, narrowest, shown_to
from kb.loop.activity import GapRow, Searched
from kb.viewer import OPERATOR, Viewer
from tests.app.conftest import ADDRESS, PLAYBOOK, Browser, in_one_loop
from tests.engines import Engines
from tests.viewing import seen_by, viewer
from tests.words import WordEmbedder, note, write

NARROW = "all,marketing"
EVERYTHING = "all,sales,marketing"
MARKETER = viewer("marketing")
CLOCK = Clock(lambda: datetime(2026, 9, 18, 3, tzinfo=UTC))
JA = {"accept": "text/html", "accept-language": "ja"}
TEXT = "半額にすると言うと、その場で決まった。次の更新では元の価格に戻す約束を書面に残した。"
RARE = "極秘値引き"


def _deal(number: int, **fields: str) -> str:
    outcome = ("won", "lost", "no-decision", "open")[number % 4]
    day = f"2026-09-{number % 14 + 1:02}"
    chosen = {"customer": f"顧客{number}", "industry": ("製造", "食品")[number % 2], "angles": "[TCO]"}
    chosen |= {
        "outcome": outcome,
        "closed_on": day,
        "amount": f"{number + 1}00万円",
        "started_on": f"2026-08-{number % 14 + 1:02}",
    }
    chosen |= {"reasons": "[{code: price, source: buyer}]", "stage": "提案", **fields}
    body = f"価格が高いと言われた{number}回目の商談。工場の紙の日報と{('現場', '経理')[number % 2]}の話。"
    return note(f"顧客{number}の商談", body, kind="deal", **chosen)


TOTALS = """\
closed_deals:
  - {outcome: won, count: 30, period: 2026-09-01/2026-09-30}
  - {outcome: lost, count: 40, period: 2026-09-01/2026-09-30}
"""
SHOWN = {
    "playbook.yaml": PLAYBOOK + TOTALS,
    **{f"deals/{n}.md": _deal(n, used="[talk-tracks/price]") for n in range(12)},
    **{
        f"talk-tracks/{n}.md": note(f"切り返し{n}", f"価格の話{n}。値引きしない。", date="2026-01-10")
        for n in (0, 1, 2)
    },
    "talk-tracks/price.md": note(
        "価格が高い", "何と比べて高いか。", competitors="[タスキナ]", verified_on="2026-08-01"
    ),
    "campaigns/mail.md": note("メール施策", "件名で質問した。", visibility="marketing", date="2026-09-02"),
    "notes/links.md": note("宛先のある記録", related="[deals/secret-1, deals/secret-none]"),
    "notes/clash.md": note("同じ id を名乗る", "名乗った。", id="notes/taken"),
    "notes/kept (1).md": note("残った写し", "値引きの写し。"),
    "notes/open.md - Copy.md": note("別の写し", "値引きの別の写し。"),
}
HIDDEN = {
    **{f"deals/secret-{n}.md": _deal(n, visibility="sales", tags=f"[{RARE}]", customer=f"極秘{n}社") for n in range(9)},
    "notes/kept.md": note("残った写し", "値引きの写し。", visibility="sales"),
    "deals/1 のコピー.md": _deal(1, visibility="sales"),
    "talk-tracks/price (1).md": note("価格が高い", "何と比べて高いか。", visibility="sales", competitors="[タスキナ]"),
    "deals/a.md": _deal(1, visibility="sales", used="[talk-tracks/price, talk-tracks/0]", competitors="[極秘競合]"),
    "talk-tracks/new.md": note("新しい型", TEXT, visibility="sales", supersedes="[talk-tracks/price, talk-tracks/1]"),
    "talk-tracks/made.md": note("作った型", "価格", visibility="joint", derived_from="[talk-tracks/0, deals/1]"),
    "notes/a-clash.md": note("先に名乗る", visibility="sales", id="notes/taken"),
    "notes/typo.md": note("綴りを誤った公開範囲", "値引き", visibility="sale"),
    "notes/twice.md": "---\ntitle: 二度書いた公開範囲\nvisibility: all\nvisibility: sales\n---\n値引き\n",
    "notes/broken.md": '---\ntitle: "閉じない引用\nvisibility: sales\n---\n値引き\n',
    "notes/open.md": "---\ntitle: 閉じない欄\nvisibility: sales\n\n値引き\n",
    "notes/late.md": "\n---\ntitle: 一行目が空\nvisibility: sales\n---\n値引き\n",
    "notes/comment.md": "---\n# 社外秘\nvisibility: sales\n値引き\n",
    "notes/problem.md": note("問題のある記録", "値引き", visibility="sales", date="いつか", related="[notes/nowhere]"),
}
UNREADABLE = {"notes/binary.md": b"\x00\x01", "notes/latin.md": b"---\nvisibility: sales\n---\n\xff\xfe\xfa\n"}
QUESTIONS = (
    "", "価格が高い", "値引き", RARE, "極秘3社", "deals/secret-1", "極秘競合", "半額にするとその場で決まる",
    '"価格が高い"', "価格 -工場", "工場の紙の日報", "経理", "新しい型", "切り返し2", "顧客3", "件名", "天気は",
)  # fmt: skip
FILTERS = ("&kind=deal", f"&tag={quote(RARE)}", "&outcome=won", "&trust=needs-review", "&sort=newest")
PLACES = (
    *(f"/api/v1/search?explain=true&limit=50&q={quote(q)}" for q in QUESTIONS),
    *(f"/api/v1/search?explain=true&limit=50&q={quote(q)}{f}" for q in QUESTIONS[:5] for f in FILTERS),
    *(f"/?q={quote(q)}" for q in QUESTIONS[:9]),
    *(f"/api/v1/scoreboard?by={by}" for by in ("angle", "competitor", "industry", "reason", "talk-track")),
    *(f"/api/v1/scoreboard/{view}{end}" for view in VIEWS for end in ("", ".csv")),
    *(f"/scoreboard?view={view}" for view in VIEWS),
    *(f"/api/v1/entries/{i}" for i in ("talk-tracks/price", "deals/secret-1", "deals/a", "notes/taken", "notes/typo")),
    *(f"/api/v1/entries/{i}/similar?limit=50" for i in ("talk-tracks/price", "deals/1", "deals/secret-1")),
    *(f"/api/v1/entries/{i}/lineage" for i in ("talk-tracks/price", "deals/1", "talk-tracks/0", "deals/secret-1")),
    *(f"/api/v1/entries/{i}/source" for i in ("talk-tracks/price", "deals/secret-1", "notes/broken")),
    *(f"/{page}/{i}" for page in ("entries", "edit", "history", "lineage") for i in ("talk-tracks/price", "deals/a")),
    *(f"/api/v1/{name}" for name in ("problems", "entries?limit=100", "loop", "gaps", "scoreboard.csv?by=angle")),
    *(f"/api/v1/meeting?period={period}" for period in ("2026-W37", "2026-09", "2026-08")),
    "/", "/playbook", "/meeting?period=2026-W37", "/review", "/loop", "/gaps", "/scoreboard", "/problems", "/readyz",
    "/judge", *(f"/judge?q={quote(q)}" for q in QUESTIONS[1:6]),
    "/deals/similar", "/deals/similar?deal=deals/3", "/deals/similar?deal=deals/secret-3",
    "/new/deal-won", "/new/note?from=deals/a",
)  # fmt: skip
NOISE = re.compile(r'"(took_ms|generated_at)":[^,}]+|(?<=name="key" value=")[^"]+')
Open = Callable[..., TestClient]


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory, engines: Engines) -> Iterator[Open]:
    """A maker of clients to a server over given files."""
    with ExitStack() as stack:

        def make(
            files: Mapping[str, str | bytes],
            visibility: str = NARROW,
            place: Path | None = None,
            who: Viewer | None = None,
        ) -> TestClient:
            place = place or tmp_path_factory.mktemp("hidden")
            stored = {"visibility": visibility, **engines.settings(place)}
            settings = Settings(entries=place / "entries", data=place / "var", **stored)
            for path, text in files.items():
                write(settings.entries, path, text)
            services = open_services(settings, WordEmbedder(), clock=CLOCK)
            stack.callback(services.close)
            services.library.with_index(partial(sync, folder=settings.entries))
            services.library.refresh()
            app = in_one_loop(seen_by(create_app(settings, services), who), stack)
            app.state.form_key = b"the same of all"  # so that pages differ only in what they say
            client = Browser(app, base_url=ADDRESS, raise_server_exceptions=False)
            client.form_token()
            return client

        yield make


@pytest.fixture(scope="module", params=["by the server", "from the person"])
def hiding(request: pytest.FixtureRequest) -> Mapping[str, Any]:
    """How entries are hidden."""
    return {} if request.param == "by the server" else {"visibility": EVERYTHING, "who": MARKETER}


@pytest.fixture(scope="module")
def holding(opened: Open, hiding: Mapping[str, Any]) -> TestClient:
    """A server over a base with hidden entries; only read."""
    return opened({**SHOWN, **HIDDEN, **UNREADABLE}, **hiding)


@pytest.fixture(scope="module")
def without(opened: Open, hiding: Mapping[str, Any]) -> TestClient:
    """The same server over a base that never had them."""
    return opened(SHOWN, **hiding)


@pytest.fixture(scope="module")
def both(opened: Open, hiding: Mapping[str, Any]) -> tuple[TestClient, TestClient]:
    """The same two servers, to be written to: whatever a test saves, it saves in both."""
    return opened({**SHOWN, **HIDDEN, **UNREADABLE}, **hiding), opened(SHOWN, **hiding)


def _services(client: TestClient) -> Services:
    app: Any = client.app
    services: Services = app.state.services
    return services


def _seen(client: TestClient, hiding: Mapping[str, Any]) -> Seen:
    return _services(client).seen_by(hiding.get("who", OPERATOR))


def _heard(answer: Response) -> tuple[int, str, str]:
    text = NOISE.sub("", answer.text)
    # The tag of a page with a key of its own differs each time, as it is a hash of the page.
    return answer.status_code, text, answer.headers.get("etag", "") if text == answer.text else ""


@pytest.mark.parametrize("place", PLACES)
def test_every_answer_is_that_of_a_base_without_the_hidden_entries(
    holding: TestClient, without: TestClient, place: str
) -> None:
    assert _heard(holding.get(place, headers=JA)) == _heard(without.get(place, headers=JA))


@pytest.mark.parametrize("asked", [{"deal_id": "deals/3"}, {"text": TEXT}, {"deal_id": "deals/secret-3"}])
def test_similar_deals_are_those_of_a_base_without_the_hidden_ones(
    holding: TestClient, without: TestClient, asked: dict[str, str]
) -> None:
    answers = [client.post("/api/v1/deals/similar", json={"k": 10, **asked}) for client in (holding, without)]
    assert _heard(answers[0]) == _heard(answers[1])


def test_example_questions_are_those_of_a_base_without_the_hidden_entries(
    holding: TestClient, without: TestClient, hiding: Mapping[str, Any]
) -> None:
    for client in (holding, without):
        _seen(client, hiding).examples.choose()
    assert _heard(holding.get("/", headers=JA)) == _heard(without.get("/", headers=JA))


def test_what_similar_deals_foretell_is_measured_without_the_hidden_ones(
    opened: Open, hiding: Mapping[str, Any]
) -> None:
    shown = {f"deals/{n}.md": _deal(n) for n in range(110)}
    hidden = {f"deals/secret-{n}.md": _deal(n, visibility="sales") for n in range(60)}
    clients = opened({**shown, **hidden}, **hiding), opened(shown, **hiding)
    for client in clients:
        assert _seen(client, hiding).library.deals.measure_foretelling()
    asked = [client.post("/api/v1/deals/similar", json={"deal_id": "deals/3"}) for client in clients]
    assert asked[0].json()["foretelling"]["asked"] > 0
    assert _heard(asked[0]) == _heard(asked[1])


SAVED = {
    "a link to a hidden entry": note("宛先", related="[deals/secret-1]"),
    "a link almost to a hidden entry": note("宛先", supersedes="[deals/secret-11, talk-tracks/neww]"),
    "a link in the text": note("宛先", "[これ](../deals/secret-1.md) を見る。"),
    "a hidden title": _deal(3, visibility="all").replace("顧客3の商談", "作った型"),
    "a hidden text": note("別の題", TEXT),
    "almost a hidden text": note("別の題", TEXT.replace("半額", "三割引")),
    "a hidden name and kind": note("new", "別の本文。", kind="talk-track"),
    "a hidden id": note("名乗る", "本文その一。", id="deals/secret-1"),
    "a free id": note("名乗る", "本文その一。", id="deals/secret-77"),
    "a visibility that is not shown": note("見えない", "本文その二。", visibility="sales"),
    "fields that cannot be read": '---\ntitle: "x\n---\n本文その三\n',
}


@pytest.mark.parametrize("text", SAVED.values(), ids=SAVED.keys())
def test_what_is_checked_and_saved_betrays_no_hidden_entry(both: tuple[TestClient, TestClient], text: str) -> None:
    heard = []
    for client in both:
        checked = client.post("/api/v1/entries/check", json={"text": text})
        saved = client.post("/api/v1/entries", json={"text": text})
        files = client.post("/files", files=[("files", ("new.md", text.encode(), "text/markdown"))], headers=JA)
        heard.append([_without_token(_heard(answer)) for answer in (checked, saved, files)])
    assert heard[0] == heard[1]


def _without_token(heard: tuple[int, str, str]) -> tuple[int, str, str]:
    return heard[0], re.sub(r"-[0-9a-f]{6}(?=[\".&<])", "-TOKEN", heard[1]), heard[2]


def test_a_dangling_link_and_a_link_to_a_hidden_entry_get_the_same_answer(holding: TestClient) -> None:
    said = [
        str(answer.json()["problems"]).replace(target, "X")
        for target in ("talk-tracks/made", "talk-tracks/mode")
        for answer in [holding.post("/api/v1/entries/check", json={"text": note("宛先", related=f"[{target}]")})]
    ]
    assert said[0] == said[1] and "there is no entry" in said[0]


def test_a_free_and_a_hidden_id_are_refused_alike(both: tuple[TestClient, TestClient]) -> None:
    said = [
        (answer.status_code, answer.text.replace(own, "X"))
        for own in ("deals/secret-1", "deals/secret-77")
        for answer in [both[0].post("/api/v1/entries", json={"text": note("名乗る", id=own)})]
    ]
    assert said[0] == said[1] and said[0][0] == 422


def test_an_entry_keeps_its_own_id_and_another_is_refused(both: tuple[TestClient, TestClient]) -> None:
    address = "/api/v1/entries/notes/taken"
    for client in both:
        version = client.get(f"{address}/source").headers["etag"]
        for own, status in (("notes/taken", 200), ("deals/secret-1", 422)):
            text = note("書き直した", f"新しい本文 {own}", id=own)
            assert client.put(address, json={"text": text}, headers={"if-match": version}).status_code == status


def test_the_name_of_a_new_file_does_not_depend_on_hidden_ones(both: tuple[TestClient, TestClient]) -> None:
    paths = [client.post("/api/v1/entries", json={"text": note("a-clash", "別")}).json()["path"] for client in both]
    assert all(re.fullmatch(r"notes/a-clash-[0-9a-f]{6}\.md", path) for path in paths)


def test_where_everything_is_shown_names_stay_plain_and_ids_free(opened: Open) -> None:
    client = opened(SHOWN, "all,sales,marketing")
    saved = client.post("/api/v1/entries", json={"text": note("新顔", "別", id="notes/chosen")}).json()
    assert (saved["id"], saved["path"]) == ("notes/chosen", "notes/新顔.md")


def test_an_entry_that_becomes_hidden_is_gone_at_once_and_its_file_is_not_read_before(
    opened: Open, hiding: Mapping[str, Any]
) -> None:
    client = opened(SHOWN, **hiding)
    place = _services(client).settings.entries / "deals/3.md"
    place.write_text(_deal(3, visibility="sales"), "utf-8")
    assert client.get("/api/v1/entries/deals/3/source").status_code == 404  # not indexed yet
    _services(client).intake.index_files(["deals/3.md"])
    assert client.get("/api/v1/entries/deals/3").status_code == 404
    _services(client).intake.index_files(None)
    assert client.get("/readyz").json()["entries"] == len(SHOWN) - 2
    place.write_text(_deal(3), "utf-8")
    _services(client).intake.index_files(None)
    assert client.get("/api/v1/entries/deals/3").status_code == 200


def test_changes_to_hidden_files_change_no_answer(opened: Open, hiding: Mapping[str, Any]) -> None:
    clients = opened({**SHOWN, **HIDDEN}, **hiding), opened(SHOWN, **hiding)
    hidden: dict[str, str | None] = {
        "deals/secret-1.md": _deal(9, visibility="sales", supersedes="[deals/1]"),
        "notes/more.md": note("もっと極秘", "値引き", visibility="sales", id="deals/2"),
        "deals/a.md": None,
    }
    shown: dict[str, str | None] = {"deals/3.md": _deal(3, angles="[]"), "notes/clash.md": None}
    for client, step in ((clients[0], hidden), *((client, shown) for client in clients)):
        folder = _services(client).settings.entries
        for path, text in step.items():
            (folder / path).unlink() if text is None else write(folder, path, text)
        _services(client).intake.index_files(step.keys())
    for client in clients:
        _services(client).intake.index_files(None)
    for place in (*PLACES[::9], "/readyz"):
        assert _heard(clients[0].get(place, headers=JA)) == _heard(clients[1].get(place, headers=JA))


def test_a_restricted_version_of_an_open_entry_stays_hidden(
    opened: Open, hiding: Mapping[str, Any], tmp_path: Path
) -> None:
    client = opened({"playbook.yaml": PLAYBOOK}, "all,sales,marketing", tmp_path)
    store = _services(client).store
    store.history._git("init", "-q")
    saved = store.create(note("記録", "極秘の古い本文", visibility="sales"), reason="極秘の理由")
    store.update(saved.id, note("記録", "公開した本文"), saved.content_hash, reason="公開した")
    narrow = opened({}, place=tmp_path, **hiding)
    old, new = (version.number for version in reversed(store.history.versions(saved.path)))
    page = narrow.get(f"/history/{saved.id}", headers=JA).text
    assert new in page and old not in page and "極秘の理由" not in page
    assert narrow.get(f"/history/{saved.id}?version={old}", headers=JA).status_code == 404
    assert client.get(f"/history/{saved.id}?version={old}", headers=JA).status_code == 200


@pytest.mark.parametrize(
    ("quoted", "expected"),
    [
        ([], "all"),
        (["all", "sales"], "sales"),
        (["marketing", "all"], "marketing"),
        (["sales", "marketing"], "joint"),
        (["joint", "all"], "joint"),
    ],
)
def test_a_text_is_shown_only_where_all_it_quotes_is_shown(quoted: list[str], expected: str) -> None:
    assert narrowest(quoted) == expected
    for audiences in (AUDIENCES, {"all"}, {"all", "sales"}, {"all", "marketing"}):
        shown = shown_to(frozenset(audiences))
        assert (expected in shown) == (set(quoted) <= shown)


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"deals/a.md": _deal(4)}, ""),
        ({"deals/a.md": _deal(4, visibility="sales")}, "sales"),
        ({"deals/a.md": _deal(4, visibility="sales"), "deals/b.md": _deal(5, visibility="marketing")}, "joint"),
        ({"deals/a.md": _deal(4, used="[talk-tracks/x]"), "talk-tracks/x.md": note("型", visibility="sales")}, "sales"),
    ],
)
def test_a_saved_meeting_is_as_restricted_as_what_it_quotes(opened: Open, files: dict[str, str], expected: str) -> None:
    client = opened(files, EVERYTHING)
    preview = client.get("/meeting?period=2026-09", headers=JA).text
    assert ('id="note-visibility"' in preview) == bool(expected)
    saved = client.post("/meeting/save", data={"period": "2026-09"}, headers=JA, follow_redirects=False)
    (path,) = _services(client).settings.entries.glob("notes/meeting-*.md")
    assert saved.status_code == 303
    assert re.findall(r"^visibility: (\w+)$", path.read_text("utf-8"), re.MULTILINE) == ([expected] if expected else [])


def test_a_meeting_saved_where_all_is_shown_is_no_meeting_where_some_is(
    opened: Open, hiding: Mapping[str, Any], tmp_path: Path
) -> None:
    files = {**SHOWN, **HIDDEN}
    wide = opened(files, EVERYTHING, tmp_path)
    wide.post("/meeting/save", data={"period": "2026-09"}, headers=JA)
    kept = wide.get("/api/v1/meeting?period=2026-09&stored=true", headers=JA).text
    assert "極秘" in kept or "secret" in kept
    narrow, fresh = opened({}, place=tmp_path, **hiding), opened(SHOWN, **hiding)
    for place in ("/api/v1/meeting?period=2026-09&stored=true", "/meeting?period=2026-09", "/api/v1/entries?limit=100"):
        assert _heard(narrow.get(place, headers=JA)) == _heard(fresh.get(place, headers=JA))


def test_the_log_of_others_names_no_hidden_entry(opened: Open, hiding: Mapping[str, Any], tmp_path: Path) -> None:
    client = opened({**SHOWN, **HIDDEN}, place=tmp_path, **hiding)
    client.get("/?q=%E5%A4%A9%E6%B0%97%E3%81%AF", headers=JA)
    activity = _services(client).activity
    (asker,) = {search.asker for search in activity.searches("2026-01-01")}
    for day in (1, 2):
        activity.searched(
            Searched(f"s{day}", f"2026-09-0{day}T01:00:00.000+00:00", "天気は", asker=asker, deal="deals/secret-3")
        )
        activity.opened(f"s{day}", "deals/secret-1")
    activity.used("s1", "talk-tracks/new", "deals/secret-3")
    activity.decide(GapRow("更新の話", "更新の話", state="closed", entry="talk-tracks/new"), notify=[asker])
    for place in ("/", "/gaps", "/api/v1/gaps", "/loop", "/api/v1/loop", "/review", "/meeting", "/api/v1/meeting"):
        said = client.get(place, headers=JA).text
        assert "secret" not in said and "talk-tracks/new" not in said


NOT_SHOWN = ("deals/secret-1", "notes/typo", "notes/broken", "deals/nothing")


def test_no_command_shows_what_the_server_hides(
    holding: TestClient, without: TestClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    said: list[list[tuple[int, str]]] = []
    for number, client in enumerate((holding, without)):
        settings = _services(client).settings
        monkeypatch.setenv("KB_ENTRIES", str(settings.entries))
        monkeypatch.setenv("KB_DATA", str(tmp_path / str(number)))
        monkeypatch.setenv("KB_VISIBILITY", NARROW)
        ran = [CliRunner().invoke(kb, ["--lang", "en", "show", entry_id]) for entry_id in NOT_SHOWN]
        ran += [CliRunner().invoke(kb, ["--lang", "en", "show", "--json", "deals/1"])]
        ran += [CliRunner().invoke(kb, ["--lang", "en", "export", "-f", form]) for form in ("jsonl", "csv")]
        said.append([(one.exit_code, one.output.replace(str(settings.entries), "")) for one in ran])
    assert said[0] == said[1]
    assert [code for code, _ in said[0]] == [1, 1, 1, 1, 0, 0, 0]


def test_a_command_does_not_ask_a_server_that_shows_more(tmp_path: Path) -> None:
    from app.cli.running import announce, serves

    announce(tmp_path, "127.0.0.1", 8000, VISIBILITIES)
    assert serves(tmp_path, VISIBILITIES) and not serves(tmp_path, shown_to(frozenset({"all", "marketing"})))


def test_servers_that_show_different_parts_share_a_data_folder(opened: Open, tmp_path: Path) -> None:
    files = {**SHOWN, **HIDDEN}
    wide, narrow = (opened(files, visibility, tmp_path) for visibility in ("all,sales,marketing", NARROW))
    again = opened({}, "all,sales,marketing", tmp_path)
    counts = [client.get("/readyz").json()["entries"] for client in (wide, narrow, again)]
    assert counts == [len(files) - 1, len(SHOWN) - 1, len(files) - 1]


def test_hidden_files_are_not_read_again_until_they_change(opened: Open) -> None:
    client = opened({**SHOWN, **HIDDEN})
    known = _services(client).library.with_index(lambda index: index.catalog.withheld())
    assert set(known) == set(HIDDEN)
    (_services(client).settings.entries / "deals/a.md").unlink()
    _services(client).intake.index_files(None)
    assert "deals/a.md" not in _services(client).library.with_index(lambda index: index.catalog.withheld())


def test_the_setting_takes_what_people_may_be_shown(opened: Open) -> None:
    assert Settings().shown == VISIBILITIES
    assert Settings(visibility="marketing,all").shown == {"all", "marketing"}  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="expected one or more of all, marketing, sales"):
        Settings(visibility="all,joint")  # type: ignore[arg-type]


def test_a_server_that_has_answered_somebody_is_ready_for_everybody(opened: Open) -> None:
    client = opened(SHOWN, EVERYTHING, who=MARKETER)
    _services(client).library.search.answer("価格")
    assert client.get("/readyz").status_code == 200


def test_the_scoreboard_says_that_it_counts_what_one_can_see(
    holding: TestClient, without: TestClient, opened: Open
) -> None:
    said = [client.get("/scoreboard", headers=JA).text for client in (holding, without, opened(SHOWN, EVERYTHING))]
    assert ["あなたが見られる商談12件での集計です。" in page for page in said] == [True, True, False]
