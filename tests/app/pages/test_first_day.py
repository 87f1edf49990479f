"""The first day: an empty base says how to begin, the sample comes and goes, the playbook has a starter."""

from __future__ import annotations

import os
import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from app.services import Services
from ingest.playbook_file import STARTER
from kb.loop.activity import Searched
from tests.app.conftest import MakeClient
from tests.words import note, write

JA, EN = {"accept-language": "ja"}, {"accept-language": "en"}


def _services(client: TestClient) -> Services:
    services: Services = client.app.state.services  # type: ignore[attr-defined]
    return services


def _folder(client: TestClient) -> Path:
    return _services(client).settings.entries


def test_an_empty_base_shows_three_steps_and_nothing_to_filter(make_client: MakeClient) -> None:
    page = make_client({}).get("/", headers=JA).text
    assert page.count("<li><h3>") == 3 and 'href="/new/deal-lost"' in page and 'href="/new/files"' in page
    assert 'action="/sample"' in page and 'action="/playbook/start"' in page
    assert "facets" not in page and "0件" not in page


def test_a_readonly_server_offers_nothing_it_would_refuse(make_client: MakeClient) -> None:
    client = make_client({}, readonly=True)
    assert "<form action" not in client.get("/", headers=JA).text.partition("first-day")[2].partition("</section>")[0]
    assert client.post("/sample", data={"do": "add"}).status_code == 403
    assert client.post("/playbook/start").status_code == 403


def test_a_base_with_a_file_nobody_could_index_is_not_empty(make_client: MakeClient) -> None:
    client = make_client({"deals/new.md": note("まだ索引にない")}, indexed=False)
    assert "first-steps" not in client.get("/", headers=JA).text


def test_the_sample_is_found_and_goes_again_except_what_was_changed(make_client: MakeClient) -> None:
    client = make_client({})
    assert client.post("/sample", data={"do": "add"}, follow_redirects=False).status_code == 303
    page = client.get("/", headers=JA).text
    assert "first-steps" not in page and "見本を取り除く" in page
    assert client.get("/api/v1/search?q=タスキナ").json()["total"]
    path = next(_folder(client).rglob("*.md"))
    path.write_text(path.read_text("utf-8") + "\n書き足した。\n", "utf-8")
    removed = client.post("/sample", data={"do": "remove"}, headers=JA)
    assert (
        "87件を取り除きました" in removed.text
        and "記録1件は残しました" in removed.text
        and "ひな形に戻しました" in removed.text
    )
    assert [one for one in _folder(client).rglob("*.md")] == [path]
    assert "見本を取り除く" not in client.get("/", headers=JA).text


def test_a_search_of_an_empty_base_is_no_gap(make_client: MakeClient) -> None:
    client = make_client({})
    client.get("/?q=監査ログの保存期間", headers=JA)
    client.get("/api/v1/search?q=監査ログの保存期間")
    assert _services(client).activity.searches("") == []


def test_what_was_done_with_the_sample_goes_with_it_and_it_comes_again(make_client: MakeClient) -> None:
    client = make_client({})
    client.post("/sample", data={"do": "add"})
    client.get("/?q=海底ケーブルの点検", headers=JA)
    client.post("/gaps", data={"query": "海底ケーブルの点検", "do": "assign", "by": "佐藤"})
    client.post("/meeting/save", data={"period": "", "decisions": "価格表を見直す"})
    _services(client).intake.index_files(None)
    services, folder = _services(client), _folder(client)
    assert services.activity.gaps() and list(folder.glob("notes/meeting-*.md"))
    removed = client.post("/sample", data={"do": "remove"}, headers=JA).text
    assert "見本の会議の記録1件も取り除きました" in removed, re.findall(r"(?s)<main.*</main>", removed)
    assert not list(folder.rglob("*.md")) and not services.library.state().entries
    assert services.gap_board.gaps() == [] and services.activity.gaps() == {} and not services.activity.searches("")
    client.post("/sample", data={"do": "add"})
    assert "見本を取り除く" in client.get("/", headers=JA).text


def test_what_was_done_after_an_entry_of_ones_own_stays(make_client: MakeClient) -> None:
    client = make_client({})
    client.post("/sample", data={"do": "add"})
    client.get("/?q=海底ケーブルの点検", headers=JA)
    own = write(_folder(client), "deals/ours.md", note("うちの商談"))
    now = _services(client).clock.now().timestamp()
    os.utime(own, (now + 60, now + 60))
    _services(client).activity.searched(
        Searched("later", _stamp(now + 120), "南極の在庫", confidence="none", asker="a")
    )
    client.post("/sample", data={"do": "remove"}, headers=JA)
    assert [search.query for search in _services(client).activity.searches("")] == ["南極の在庫"] and own.is_file()


def _stamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")


def test_a_base_with_entries_refuses_the_sample(make_client: MakeClient) -> None:
    client = make_client({"deals/ours.md": note("うちの商談")})
    answer = client.post("/sample", data={"do": "add"}, headers={**JA, "accept": "text/html"})
    assert answer.status_code == 409 and "見本は入れませんでした" in answer.text


def test_the_starter_playbook_fills_the_lists_of_the_form_at_once(make_client: MakeClient) -> None:
    client = make_client({})
    assert 'action="/playbook/start"' in client.get("/new", headers=JA).text
    assert "既存製品の継続" not in client.get("/new/deal-lost", headers=JA).text
    client.post("/playbook/start")
    assert 'action="/playbook/start"' not in client.get("/new", headers=JA).text
    assert "既存製品の継続" in client.get("/new/deal-lost", headers=JA).text
    own = _folder(client) / "playbook.yaml"
    own.write_text("company: 自社\n", "utf-8")
    client.post("/playbook/start")
    assert own.read_text("utf-8") == "company: 自社\n"


def test_one_deal_has_no_win_rate(make_client: MakeClient) -> None:
    deal = (
        "---\ntitle: 青葉 {n}\noutcome: {outcome}\nclosed_on: 2026-03-0{n}\nindustry: 製造\n---\n## 決め手\n話{n}。\n"
    )
    few = {f"deals/{n}.md": deal.format(n=n, outcome="won" if n % 2 else "lost") for n in range(1, 5)}
    client = make_client(few)
    for address in ("/scoreboard", "/deals/similar?deal=deals/1"):
        assert "5件になるまで、受注率は出しません" in client.get(address, headers=JA).text
    enough = make_client(
        few | {"deals/5.md": deal.format(n=5, outcome="won"), "deals/6.md": deal.format(n=6, outcome="won")}
    )
    assert "受注率は" in enough.get("/scoreboard", headers=JA).text


@pytest.mark.parametrize("headers", [JA, EN])
def test_each_example_question_has_a_strong_answer_in_its_language(
    make_client: MakeClient, headers: dict[str, str]
) -> None:
    tracks = {
        f"talk-tracks/{name}.md": f"---\ntitle: {title}\nobjection: {said}\n---\n## 話す一文\n> {said} {title}\n"
        for name, title, said in (
            ("a", "価格が高いと言われたとき", "価格が高いと言われた"),
            ("b", "会議が動かないとき", "会議の日程が決まらないと言われた"),
            ("c", "When they ask for a discount", "Can you give us a discount on this?"),
            ("d", "When nobody owns the rollout", "Nobody here owns the rollout today"),
        )
    }
    client = make_client(tracks)
    examples = _services(client).examples
    assert 'class="examples"' not in client.get("/", headers=headers).text
    examples.choose()
    page = client.get("/", headers=headers).text
    asked = page.partition('class="examples"')[2].partition("</div>")[0].split("data-live>")[1:]
    questions = [text.partition("</a>")[0] for text in asked]
    assert questions
    for question in questions:
        answer = client.get("/api/v1/search", params={"q": question}).json()
        assert answer["confidence"] == "strong" and answer["hits"][0]["language"] == headers["accept-language"]


def test_example_questions_ask_for_deals_and_are_no_titles(make_client: MakeClient) -> None:
    deal = "---\nkind: deal\ntitle: {title}\ncustomer: 青葉精工\noutcome: lost\n---\n## 敗因\n青葉精工は{title}。\n"
    client = make_client({"deals/a.md": deal.format(title="見積もりが遅れた商談")})
    _services(client).examples.choose()
    page = client.get("/", headers=JA).text.partition('class="examples"')[2].partition("</div>")[0]
    assert "青葉精工に負けたのはなぜ？" in page and "見積もりが遅れた商談" not in page


def test_example_questions_follow_a_change(make_client: MakeClient) -> None:
    said = "話が違うと言われたのですが"
    client = make_client({"talk-tracks/a.md": note("話", said, kind="talk-track", objection=said)})
    services = _services(client)
    services.examples.choose()
    before = client.get("/", headers=JA).text
    write(
        _folder(client),
        "talk-tracks/a.md",
        note("別", "別の会議の準備について", kind="talk-track", objection="会議の準備は誰がするのか"),
    )
    services.intake.index_files(None)
    services.examples.choose()
    assert said in before and said not in client.get("/", headers=JA).text.partition('class="columns"')[0]


def test_success_is_green_and_a_warning_is_not(make_client: MakeClient) -> None:
    client = make_client({"notes/a.md": note("話")})
    assert 'class="notice saved"' in client.get("/entries/notes/a?saved=1", headers=JA).text
    for warned in ("soon", "unanswered", "no_deal"):
        page = client.get(f"/entries/notes/a?saved={warned}", headers=JA).text
        assert 'class="notice" role="status"' in page and 'class="notice saved"' not in page


@pytest.mark.parametrize("address", ["/gaps", "/loop", "/problems", "/review"])
def test_an_empty_base_has_no_good_news(make_client: MakeClient, address: str) -> None:
    page = make_client({"playbook.yaml": "company: 自社\n"}).get(address, headers=JA).text
    assert "記録がまだありません" in page and ">はじめ方を見る</a>" in page
    assert "記録がまだありません" not in make_client({"notes/a.md": note("話")}).get(address, headers=JA).text


def test_a_changed_playbook_of_the_sample_stays_until_somebody_replaces_it(make_client: MakeClient) -> None:
    client = make_client({})
    client.post("/sample", data={"do": "add"})
    own = _folder(client) / "playbook.yaml"
    changed = own.read_text("utf-8") + "\n# 自社の言葉\n"
    own.write_text(changed, "utf-8")
    subprocess.run(["git", "init", "-q", str(own.parent)], check=True)
    page = client.post("/sample", data={"do": "remove"}, headers=JA).text
    assert "プレイブックは書き換えられているので" in page and "/playbook/edit" in page
    assert "アーカイブ" not in page and "ひな形に戻しました" not in page and own.read_text("utf-8") == changed
    base = re.findall(r'name="base" value="(\w+)"', page)[0]
    assert client.post("/playbook/reset", data={"base": "0" * 64}).status_code == 412
    client.post("/playbook/reset", data={"base": base}, headers=JA)
    assert own.read_bytes() == STARTER.read_bytes()
    before = ["git", "-C", str(own.parent), "show", "HEAD~1:playbook.yaml"]
    assert subprocess.run(before, check=True, capture_output=True).stdout.decode() == changed
