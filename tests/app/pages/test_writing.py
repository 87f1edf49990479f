"""The page to write, without a browser: forms, files, conflicts, history."""

from __future__ import annotations

import html
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from starlette.testclient import TestClient

from ingest.templates import NEW
from tests.app.conftest import MakeClient
from tests.words import note

PLAYBOOK = """\
angles:
  - {key: peer, ja: 同業の事例, en: Peer case}
reasons:
  lost:
    - {code: price, ja: 価格, en: Price}
    - {code: late, ja: 接触の遅れ, en: Too late}
industries:
  - {name: 食品, en: Food, aliases: [食品製造]}
competitors:
  - {name: タスキナ, en: Taskina}
"""
DEAL = (
    "---\r\n種別: deal  # 手で書いた\r\ntitle: 青葉精工 失注\r\n結果: 失注\r\n業種: 食品製造\r\n"
    "my_key: 残る\r\nreasons:\r\n  - {code: late, source: buyer, note: 遅かった}\r\n---\r\n"
    "## 経緯\r\n値引きで負けた。\r\n"
)
JA = {"accept": "text/html", "accept-language": "ja"}


@pytest.fixture
def client(make_client: MakeClient) -> Iterator[TestClient]:
    yield make_client({"playbook.yaml": PLAYBOOK, "deals/aoba.md": DEAL})


def _folder(client: TestClient) -> Path:
    app: Any = client.app
    return Path(app.state.services.settings.entries)


def _form(page: str) -> dict[str, list[str]]:
    """Return the fields of the writing form as a browser would send them untouched."""
    form = page.split('id="writing"')[1].split("</form>")[0]
    fields: dict[str, list[str]] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        attributes = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        if attributes.get("type") != "checkbox" or "checked" in tag:
            fields.setdefault(attributes["name"], []).append(html.unescape(attributes.get("value", "")))
    for name, text in re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>\n?(.*?)</textarea>', form, re.DOTALL):
        fields.setdefault(name, []).append(html.unescape(text).replace("\r\n", "\n").replace("\n", "\r\n"))
    for name, options in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.findall(r'value="([^"]*)" selected', options)
        fields.setdefault(name, []).append(html.unescape(chosen[0]) if chosen else "")
    return fields


def _open(client: TestClient, address: str) -> dict[str, list[str]]:
    answer = client.get(address, headers=JA)
    assert answer.status_code == 200
    return _form(answer.text)


def _send(client: TestClient, fields: dict[str, list[str]], **changed: str) -> Any:
    data = {**fields, **{name: [value] for name, value in changed.items()}}
    return client.post("/write", data=data, headers=JA, follow_redirects=False)


@pytest.mark.parametrize("name", NEW)
@pytest.mark.parametrize("language", ["ja", "en"])
def test_every_kind_of_entry_can_be_begun(client: TestClient, name: str, language: str) -> None:
    page = client.get(f"/new/{name}", headers={"accept": "text/html", "accept-language": language}).text
    assert 'id="writing"' in page and "write." not in page and "form." not in page


@contextmanager
def _queries(client: TestClient) -> Iterator[list[str]]:
    """Collect what the catalogue is asked."""
    app: Any = client.app
    asked: list[str] = []

    def note_query(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        asked.append(statement)

    engine = app.state.services.library.with_index(lambda index: index.catalog.engine)
    event.listen(engine, "before_cursor_execute", note_query)
    yield asked
    event.remove(engine, "before_cursor_execute", note_query)


def test_lists_to_choose_from_are_one_query_each(make_client: MakeClient) -> None:
    files = {f"talk-tracks/{n}.md": note(f"話{n}", date=f"2026-01-0{n}", kind="talk-track") for n in (1, 2, 3)}
    files |= {"campaigns/mail.md": note("メール", kind="campaign", date="2026-01-02")}
    files |= {"talk-tracks/draft.md": note("下書き", kind="talk-track", status="draft")}
    files |= {"talk-tracks/hidden.md": note("極秘", kind="talk-track", visibility="sales")}
    client = make_client(files, visibility="all")
    with _queries(client) as asked:
        page = client.get("/new/deal-won", headers=JA).text
    assert len(asked) == 2
    lists = dict(re.findall(r'<datalist id="(\w+)">(.*?)</datalist>', page))
    assert re.findall(r'value="([^"]+)"', lists["entries"]) == [
        "話3", "メール", "話2", "話1",
    ]  # fmt: skip
    assert lists["campaigns"] == '<option value="メール"></option>'


def test_the_deals_an_entry_was_used_in_are_chosen_from_the_open_and_the_newest(make_client: MakeClient) -> None:
    deals = {f"deals/{n}.md": note(f"商談{n}", kind="deal", date=f"2026-01-0{n}", outcome="won") for n in (1, 2)}
    deals["deals/open.md"] = note("続く商談", kind="deal", date="2025-01-01", outcome="open")
    deals["deals/none.md"] = note("結果なし", kind="deal", date="2024-01-01")
    client = make_client({**deals, "talk-tracks/a.md": note("話", kind="talk-track")})
    page = client.get("/entries/talk-tracks/a", headers=JA).text.split('id="use-deal"')[1].split("</select>")[0]
    groups = re.findall(r'<optgroup label="([^"]+)">(.*?)</optgroup>', page, re.DOTALL)
    assert [(label, re.findall(r">([^<]+)</option>", some)) for label, some in groups] == [
        ("継続中", ["続く商談"]),
        ("受注", ["商談2", "商談1"]),
        ("結果なし", ["結果なし"]),
    ]


def test_a_lost_deal_has_four_questions_and_a_won_one_three(client: TestClient) -> None:
    assert len(_open(client, "/new/deal-lost")["question"]) == 4
    assert len(_open(client, "/new/deal-won")["question"]) == 3
    assert len(_open(client, "/new/deal-no-decision")["question"]) == 4


def test_a_deal_is_recorded_with_what_was_answered(client: TestClient) -> None:
    fields = _open(client, "/new/deal-lost")
    fields |= {"customer": ["すみれ野工業"], "industry": ["食品"], "reasons.buyer": ["price", "late"]}
    fields["answer"] = ["タスキナ。見積もりの場面で。", "", "初回の電話が遅れた。", ""]
    answer = _send(client, fields)
    assert answer.status_code == 303
    page = client.get(answer.headers["location"], headers=JA).text
    assert "すみれ野工業 失注" in page and "保存しました" in page
    text = next(_folder(client).glob("deals/す*.md")).read_text("utf-8")
    assert "industry: 食品\n" in text and "- {code: price, source: buyer}\n- {code: late, source: buyer}\n" in text
    assert text.count("## ") == 2 and "タスキナ。見積もりの場面で。" in text


@pytest.mark.parametrize(("name", "field"), [("deal-lost", "customer"), ("note", "title")])
def test_an_entry_nothing_names_is_refused_at_the_field(client: TestClient, name: str, field: str) -> None:
    before = sorted(_folder(client).rglob("*.md"))
    fields = _open(client, f"/new/{name}")
    answer = _send(
        client, fields | ({"answer": ["値引きで負けた話。", "", "", ""]} if name != "note" else {"body": ["本文"]})
    )
    shown = answer.text.split(f'data-ask="{field}"')[1].split("</div>")[0]
    assert answer.status_code == 422 and "題名" in shown.split('class="wrong"')[1]
    assert "値引きで負けた話。" in answer.text or "本文" in answer.text
    assert sorted(_folder(client).rglob("*.md")) == before


def test_a_double_click_makes_one_entry(client: TestClient) -> None:
    fields = _open(client, "/new/note") | {"title": ["一つだけ"], "body": ["本文です。"]}
    first, second = _send(client, fields), _send(client, fields)
    assert first.headers["location"] == second.headers["location"]


def test_what_is_added_after_a_save_whose_answer_got_lost_is_not_lost(client: TestClient) -> None:
    fields = _open(client, "/new/note") | {"title": ["答えが消えた"], "body": ["一行目。"]}
    _send(client, fields)
    _send(client, fields | {"body": ["一行目。\r\n書き足した二行目。"]})
    (path,) = _folder(client).glob("notes/答えが消えた*.md")
    assert path.read_text("utf-8").endswith("書き足した二行目。")


def test_an_entry_opened_and_saved_is_the_same_to_the_byte(client: TestClient) -> None:
    assert _send(client, _open(client, "/edit/deals/aoba")).status_code == 303
    assert (_folder(client) / "deals/aoba.md").read_bytes() == DEAL.encode()


def test_only_what_was_changed_in_the_form_changes_in_the_file(client: TestClient) -> None:
    fields = _open(client, "/edit/deals/aoba")
    assert fields["industry"] == ["食品"] and fields["reasons.buyer"] == ["late"]
    _send(client, fields, customer="青葉精工")
    changed = DEAL.replace("note: 遅かった}\r\n---", "note: 遅かった}\r\ncustomer: 青葉精工\r\n---")
    assert (_folder(client) / "deals/aoba.md").read_bytes() == changed.encode()


def test_form_and_file_lead_into_each_other_without_loss(client: TestClient) -> None:
    fields = _open(client, "/edit/deals/aoba") | {"customer": ["青葉精工"]}
    whole = _form(_send(client, fields, do="whole").text)
    assert "# 手で書いた" in whole["whole"][0] and "customer: 青葉精工" in whole["whole"][0]
    back = _form(_send(client, whole, do="form").text)
    assert back["customer"] == ["青葉精工"]
    _send(client, back)
    text = (_folder(client) / "deals/aoba.md").read_bytes().decode()
    assert "種別: deal  # 手で書いた\r\n" in text and "my_key: 残る\r\n" in text and "customer: 青葉精工\r\n" in text


def test_front_matter_that_is_no_yaml_is_shown_as_a_file_with_its_problem(client: TestClient) -> None:
    whole = _form(_send(client, _open(client, "/edit/deals/aoba"), do="whole").text)
    page = _send(client, whole | {"whole": ["---\r\n- [a\r\n---\r\n本文\r\n"]}, do="check").text
    assert 'name="whole"' in page and "YAML" in page and 'value="form"' not in page


def test_a_competitor_no_list_knows_can_be_written_beside(client: TestClient) -> None:
    fields = _open(client, "/new/deal-lost") | {"customer": ["日向フーズ"]}
    assert fields["competitor"] == ["", ""]
    _send(client, fields | {"competitor": ["タスキナ", "新参社、後発社"], "answer": ["負けた。", "", "", ""]})
    text = next(_folder(client).glob("deals/日向*.md")).read_text("utf-8")
    assert re.search(r"competitors:\s+- タスキナ\s+- 新参社\s+- 後発社|competitors: \[タスキナ, 新参社, 後発社\]", text)


def test_problems_stand_at_their_field(client: TestClient) -> None:
    page = _send(client, _open(client, "/edit/deals/aoba"), amount="たくさん", do="check").text
    field = page.split('data-ask="amount"')[1].split("</div>")[0]
    assert "たくさん" in field.split('class="wrong"')[1]
    whole = {"kind": "deal", "mode": "whole", "whole": "---\nkind: deal\noutcome: x\n---\nあ\n", "do": "check"}
    fragment = client.post("/write", data=whole, headers={**JA, "x-fragment": "review"}).text
    assert 'data-field="outcome" data-line="3"' in fragment and "<html" not in fragment


def test_a_conflict_shows_both_versions_and_the_next_save_merges(client: TestClient) -> None:
    fields = _open(client, "/edit/deals/aoba") | {"customer": ["わたしの版"]}
    other = DEAL.replace("値引きで負けた。", "値引きと納期で負けた。")
    (_folder(client) / "deals/aoba.md").write_bytes(other.encode())
    answer = _send(client, fields)
    assert answer.status_code == 412 and "納期" in answer.text and "わたしの版" in answer.text
    assert (_folder(client) / "deals/aoba.md").read_bytes() == other.encode()
    merged = _form(answer.text)
    merged["whole"] = [merged["whole"][0].replace("値引きで", "値引きと納期で")]
    assert _send(client, merged).status_code == 303
    text = (_folder(client) / "deals/aoba.md").read_bytes().decode()
    assert "値引きと納期で負けた。" in text and "customer: わたしの版" in text


def test_what_is_similar_says_why_also_where_it_is_only_spoken_of(client: TestClient) -> None:
    text = note("青葉精工の話", "食品の現場で値引きの話が出た。")
    fields = {"kind": "note", "mode": "whole", "whole": text, "do": "check"}
    page = client.post("/write", data=fields, headers={**JA, "x-fragment": "review"}).text
    assert "/entries/deals/aoba" in page and re.search(r"共通: [^<]*食品", page)


def test_the_same_text_is_refused_with_a_way_to_save_it_all_the_same(client: TestClient) -> None:
    fields = _open(client, "/new/note") | {"title": ["別"], "body": ["## 経緯\r\n値引きで負けた。"]}
    answer = _send(client, fields)
    assert answer.status_code == 409 and 'value="force"' in answer.text and "/entries/deals/aoba" in answer.text
    assert _send(client, _form(answer.text), do="force").status_code == 303


def test_nothing_written_is_nothing_saved(client: TestClient) -> None:
    fields = _open(client, "/edit/deals/aoba")
    whole = _form(_send(client, fields, do="whole").text) | {"whole": [""]}
    answer = _send(client, whole)
    assert answer.status_code == 422 and (_folder(client) / "deals/aoba.md").read_bytes() == DEAL.encode()


def test_an_entry_is_archived_and_brought_back_on_its_page(client: TestClient) -> None:
    page = client.post("/archive/deals/aoba", headers=JA).text
    assert "アーカイブしました" in page and 'action="/restore/deals/aoba"' in page
    assert "アーカイブから戻しました" in client.post("/restore/deals/aoba", headers=JA).text
    assert (_folder(client) / "deals/aoba.md").read_bytes().decode().count("status: published\r\n") == 1


def test_versions_are_listed_compared_and_restored(client: TestClient) -> None:
    folder = _folder(client)
    assert "履歴は残していません" in client.get("/history/deals/aoba", headers=JA).text
    for command in (
        ["init", "-q"],
        ["add", "-A"],
        ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "初版"],
    ):
        subprocess.run(["git", *command], cwd=folder, check=True)
    _send(client, _open(client, "/edit/deals/aoba"), customer="青葉精工", author="三浦", reason="名前を足した")
    page = client.get("/history/deals/aoba", headers=JA).text
    assert "三浦" in page and "名前を足した" in page and "初版" in page
    first = re.findall(r"version=([0-9a-f]{40})", page)[-1]
    old = client.get(f"/history/deals/aoba?version={first}", headers=JA).text
    assert '<span class="removed">− customer: 青葉精工' in old
    base = re.findall(r'name="base" value="(\w+)"', old)[0]
    by_hand = (folder / "deals/aoba.md").read_bytes() + "手で書いた。\n".encode()
    (folder / "deals/aoba.md").write_bytes(by_hand)
    stale = client.post(f"/history/deals/aoba?version={first}", data={"base": base}, headers=JA)
    assert (
        stale.status_code == 412 and "手で書いた" in stale.text and (folder / "deals/aoba.md").read_bytes() == by_hand
    )
    base = re.findall(r'name="base" value="(\w+)"', stale.text)[0]
    client.post(f"/history/deals/aoba?version={first}", data={"base": base}, headers=JA)
    log = subprocess.run(["git", "log", "-p"], cwd=folder, capture_output=True, check=True).stdout.decode()
    assert "+手で書いた" in log and "-手で書いた" in log
    assert (folder / "deals/aoba.md").read_bytes() == DEAL.encode()
    assert client.get(f"/history/deals/aoba?version={'0' * 40}", headers=JA).status_code == 404
    client.post("/archive/deals/aoba", headers=JA)
    page = client.get("/history/deals/aoba", headers=JA).text
    assert "アーカイブした" in page and f"{first[:10]} の版に戻した" in page and page.count("三浦") == 3


def _drop(client: TestClient, *files: tuple[str, bytes]) -> str:
    sent = [("files", (name, raw, "text/markdown")) for name, raw in files]
    return client.post("/new/files", files=sent, headers=JA).text


def test_dropped_files_say_what_they_would_do_before_anything_is_written(client: TestClient) -> None:
    before = {p: p.read_bytes() for p in _folder(client).rglob("*.md")}
    changed = DEAL.replace("値引きで", "納期で")
    files = (
        ("new-talk.md", note("新しい話", "はじめての本文。").encode()),
        ("aoba.md", changed.encode()),
        ("same.md", "## 経緯\n値引きで負けた。\n".encode()),
        ("scan.pdf", b"%PDF"),
        ("../../x.md", b"\xff\xfe\x00"),
    )
    page = _drop(client, *files)
    found = re.findall(r'class="planned planned-(\w+)"', page)
    assert found == ["add", "change", "refuse", "refuse", "refuse"]
    assert {p: p.read_bytes() for p in _folder(client).rglob("*.md")} == before
    names = [html.unescape(n) for n in re.findall(r'name="name" value="([^"]+)"', page)]
    texts = [html.unescape(t) for t in re.findall(r'<textarea name="text" hidden>\n(.*?)</textarea>', page, re.DOTALL)]
    done = _take(client, names, texts)
    assert "追加しました" in done and "変更しました" in done
    assert (_folder(client) / "notes/new-talk.md").is_file()
    assert "納期で負けた" in (_folder(client) / "deals/aoba.md").read_bytes().decode()


def _take(client: TestClient, names: list[str], texts: list[str]) -> str:
    parts = [("take", (None, str(number))) for number in range(len(names))]
    parts += [("name", (None, name)) for name in names] + [("text", (None, text)) for text in texts]
    return client.post("/new/files/save", files=parts, headers=JA).text


def test_of_files_that_say_or_change_the_same_the_first_is_taken(client: TestClient) -> None:
    files = [(name, note(name, "同じ本文。").encode()) for name in ("one.md", "two.md")]
    files += [("aoba.md", DEAL.replace("値引き", change).encode()) for change in ("納期", "品質")]
    assert re.findall(r'class="planned planned-(\w+)"', _drop(client, *files)) == ["add", "refuse", "change", "refuse"]


def test_a_file_nothing_names_goes_by_its_name(client: TestClient) -> None:
    assert "朝の覚え書き" in _drop(client, ("朝の覚え書き.md", "本文だけ。".encode()))


def test_a_pasted_text_goes_by_its_title_and_changes_no_other(client: TestClient) -> None:
    for number in (1, 2):
        text = note(f"貼った話{number}", f"{number}つ目の本文。")
        page = client.post("/new/files", data={"text": text}, files={"files": ("", b"")}, headers=JA).text
        assert "planned-add" in page and f"<span>貼った話{number}</span>" in page
        assert "追加しました" in _take(client, [""], [text])
    assert sorted(p.name for p in _folder(client).glob("notes/*")) == ["貼った話1.md", "貼った話2.md"]
    page = client.post("/new/files", data={"text": "見出しのない話"}, files={"files": ("", b"")}, headers=JA).text
    assert "見出しのない話</textarea>" in page and "題名を入力してください" in page
    given = {"text": "見出しのない話", "title": "朝の電話", "kind": "talk-track"}
    page = client.post("/new/files", data=given, files={"files": ("", b"")}, headers=JA).text
    assert "<span>朝の電話</span>" in page and "kind: talk-track" in page and "<p>見出しのない話</p>" in page


def test_what_was_looked_at_can_be_written_however_long(client: TestClient) -> None:
    parts = [("name", (None, name)) for name in ("short.md", *(f"long-{n}.md" for n in range(7)))]
    parts += [("text", (None, text)) for text in (note("短い話"), *["長い話。" * 150_000] * 7)]
    done = client.post("/new/files/save", files=[("take", (None, "0")), *parts], headers=JA)
    assert done.status_code == 200 and done.text.count("追加しました") == 1


def test_ten_thousand_files_are_refused_in_words(client: TestClient) -> None:
    answer = client.post(
        "/new/files", files=[("files", (f"{n}.md", b"x", "text/plain")) for n in range(10_000)], headers=JA
    )
    assert answer.status_code == 413 and "200件まで" in answer.text


LOST = {"kind": "deal", "mode": "form", "source": "---\nkind: deal\n---\n", "customer": "林精機", "outcome": "lost"}


def test_what_was_used_is_picked_by_title(client: TestClient) -> None:
    client.post("/api/v1/entries", json={"text": note("貼る話", "本文の話。", kind="talk-track")})
    given = {**LOST, "used": ["貼る話", "deals/aoba", "貼る話"], "body": "話。"}
    answer = client.post("/write", data=given, headers=JA, follow_redirects=False)
    assert answer.status_code == 303
    text = (_folder(client) / "deals/林精機.md").read_text("utf-8")
    assert "used: [talk-tracks/貼る話, deals/aoba]" in text
    page = client.get("/edit/deals/林精機", headers=JA).text
    assert re.search(r'value="talk-tracks/貼る話" checked>\s*<span>貼る話</span>', page)


def test_an_unknown_title_is_refused_at_its_field_and_stays_there(client: TestClient) -> None:
    before = sorted(_folder(client).rglob("*.md"))
    given = {**LOST, "used": "ない資料", "body": "話。"}
    answer = client.post("/write", data=given, headers=JA)
    assert answer.status_code == 422 and sorted(_folder(client).rglob("*.md")) == before
    field = answer.text.partition('data-ask="used"')[2].partition("</div>")[0]
    assert 'value="ない資料"' in field and "「ない資料」という題名の記録はありません" in field
    assert "「ない資料」" in client.post("/write", data={**given, "do": "check"}, headers=JA).text


def test_a_link_that_broke_later_does_not_stop_a_save(client: TestClient) -> None:
    text = "---\nkind: deal\ntitle: 古い商談\nused: [talk-tracks/gone]\n---\n話。\n"
    saved = client.post("/api/v1/entries", json={"text": text}).json()
    form = {"kind": "deal", "id": saved["id"], "base": saved["content_hash"], "mode": "form", "source": text}
    form |= {"title": "古い商談", "used": "talk-tracks/gone", "body": "新しい話。"}
    assert client.post("/write", data=form, headers=JA, follow_redirects=False).status_code == 303


def test_a_period_is_two_dates(client: TestClient) -> None:
    page = client.get("/new/campaign", headers=JA).text
    assert page.partition('data-ask="period"')[2].partition("</div>")[0].count('type="date"') == 2
    form = {"kind": "campaign", "mode": "form", "source": "---\nkind: campaign\n---\n", "title": "秋の展示会"}
    given = {**form, "period": ["2026-11-05", "2026-11-20"], "body": "話。"}
    assert client.post("/write", data=given, headers=JA, follow_redirects=False).status_code == 303
    assert "period: 2026-11-05/2026-11-20" in (_folder(client) / "campaigns/秋の展示会.md").read_text("utf-8")
    given = {**form, "period": ["2026-11-20", "2026-11-05"], "body": "話。", "do": "check"}
    assert "終わりが始まりより前" in client.post("/write", data=given, headers=JA).text


def test_the_owner_of_a_deal_is_remembered_on_the_device(client: TestClient) -> None:
    assert 'value="三浦"' not in client.get("/new/deal-lost", headers=JA).text
    given = {**LOST, "owner": "三浦", "team": "sales", "body": "話。"}
    client.post("/write", data=given, headers=JA, follow_redirects=False)
    page = client.get("/new/deal-won", headers=JA).text
    above = page[: page.index('<details class="more"')]
    assert re.search(r'name="owner" type="text"\s+value="三浦"', above) and 'name="amount"' in above
    assert re.search(r'<option value="sales" selected>', above)
    assert 'value="三浦"' not in client.get("/new/note", headers=JA).text


def test_the_customers_reason_and_our_part_are_asked_once(make_client: MakeClient) -> None:
    client = make_client({"playbook.yaml": "reasons:\n  lost:\n    - {code: price, ja: 価格}\n"})
    page = client.get("/new/deal-lost", headers=JA).text
    assert page.count("お客様が話した理由</legend>") == 1 and "お客様が挙げた理由" not in page
    assert page.count('name="reasons.buyer"') == page.count('name="reasons.rep"') == 1


def test_what_could_not_be_read_is_said_after_the_save(client: TestClient) -> None:
    fields = _open(client, "/new/deal-lost") | {"customer": ["日向フーズ"]}
    saved = _send(client, fields, amount="三百くらい").headers["location"]
    assert "金額: 「三百くらい」は金額として読み取れません" in client.get(saved, headers=JA).text
    assert "三百くらい" not in client.get(saved.partition("?")[0], headers=JA).text.partition('class="wrongs"')[2]


def test_a_value_outside_the_playbook_is_named_once_in_the_words_of_the_form(client: TestClient) -> None:
    fields = _open(client, "/new/deal-lost") | {"customer": ["日向フーズ"]}
    page = _send(client, fields | {"industry": ["宇宙産業"]}, do="check").text
    shown = page.split('data-ask="industry"')[1].split("</div>")[0].split('class="wrong"')[1]
    assert "業種: 「宇宙産業」はプレイブックにありません。" in shown and 'href="/playbook/edit"' in shown
    assert "playbook.yaml" not in page.partition('id="review"')[2] and "playbook.yaml" not in shown
    (item,) = re.findall(r'<li data-field="industry"[^>]*>', page)
    assert item.endswith(" hidden>") and "行目" not in page.partition('id="review"')[2]


def test_the_form_of_a_new_entry_starts_with_the_visibility_of_the_playbook(make_client: MakeClient) -> None:
    client = make_client({"playbook.yaml": "visibility: {deal: sales, note: private}\n"})
    deal, note, content = (client.get(f"/new/{name}", headers=JA).text for name in ("deal-won", "note", "content"))
    assert re.search(r'<option value="sales" selected>', deal) and re.search(r'<option value="private" selected>', note)
    assert not re.search(r'<option value="(sales|private)" selected>', content)
