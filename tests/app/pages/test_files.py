"""Whatever a marketer has is dropped on the page: shown first, then written, with the same words as in the terminal."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from ingest.importers.uploads import MOST_ROWS
from tests.app.conftest import MakeClient
from tests.ingest.importers.tables import DEAL, HEADERS, csv_text, files, write_workbook
from tests.ingest.importers.test_documents import docx, pdf, pptx, xlsx

JA = {"accept-language": "ja", "accept": "text/html"}
VTT = "WEBVTT\n\n00:01.000 --> 00:03.000\n<v 佐藤>月次の締めに二日かかる\n"
EXPORT = csv_text([HEADERS, DEAL]).encode("cp932")


@pytest.fixture
def client(make_client: MakeClient) -> TestClient:
    return make_client({"playbook.yaml": "industries:\n  - {name: 製造業}\n"})


def _folder(client: TestClient) -> Path:
    path: Path = client.app.state.services.settings.entries  # type: ignore[attr-defined]
    return path


def _drop(client: TestClient, *dropped: tuple[str, bytes]) -> str:
    sent = [("files", (name, raw, "application/octet-stream")) for name, raw in dropped]
    return client.post("/new/files", files=sent, headers=JA).text


def _save(client: TestClient, page: str, *, all_ticked: bool = False) -> str:
    """Save what is ticked in a preview, as a browser would."""
    parts: list[tuple[str, tuple[None, str]]] = []
    for name in ("name", "export"):
        parts += [(name, (None, html.unescape(value))) for value in re.findall(f'name="{name}" value="([^"]*)"', page)]
    for name in ("text", "table"):
        values = re.findall(rf'<textarea name="{name}" hidden>\n?(.*?)</textarea>', page, re.DOTALL)
        parts += [(name, (None, html.unescape(value))) for value in values]
    for name in ("take", "import"):
        boxes = re.findall(rf'name="{name}" value="(\d+)"( checked)?', page)
        parts += [(name, (None, number)) for number, is_ticked in boxes if is_ticked or all_ticked]
    return client.post("/new/files/save", files=parts, headers=JA).text


def test_documents_and_transcripts_are_shown_with_their_text_and_become_notes(client: TestClient) -> None:
    page = _drop(
        client,
        ("紹介.pptx", pptx()),
        ("議事.docx", docx(("Heading2", "決めたこと"), ("Normal", "三月に試す"))),
        ("price.xlsx", xlsx()),
        ("flyer.pdf", pdf("Three buttons on the shop floor")),
        ("page.html", "<h1>導入の手順</h1><p>一日で終わる</p>".encode()),
        ("call.vtt", VTT.encode()),
        ("call.txt", "佐藤: 月に二日かかる\n林: 何にですか\n佐藤: 締めです\n".encode()),
        ("memo.txt", "朝の電話の覚え書き。".encode()),
    )
    assert re.findall(r'class="planned planned-(\w+)"', page) == ["add"] * 8
    for words in (
        "三つのボタン",
        "三月に試す",
        "価格表",
        "Three buttons",
        "一日で終わる",
        "月次の締め",
        "何にですか",
        "朝の電話",
    ):
        assert words in page
    assert files(_folder(client)).keys() == {"playbook.yaml"}
    assert _save(client, page).count("追加しました") == 8
    assert "source: 紹介.pptx" in (_folder(client) / "notes/紹介.md").read_text("utf-8")
    again = _drop(client, ("紹介.pptx", pptx()), ("call.vtt", VTT.encode()))
    assert "planned-add" not in again


def test_what_cannot_be_read_says_why_and_does_not_stop_the_rest(client: TestClient) -> None:
    page = _drop(client, ("broken.pptx", b"PK\x03\x04?"), ("photo.png", b"\x89PNG"), ("ok.md", "# 話\n本文".encode()))
    assert re.findall(r'class="planned planned-(\w+)"', page) == ["refuse", "refuse", "add"]
    assert "拡張子" in page.partition("photo.png")[0]
    assert ".pptx" in page.partition("photo.png")[2]


def test_a_file_with_problems_is_not_ticked(client: TestClient) -> None:
    page = _drop(
        client,
        ("a.md", "---\ntitle: 良い話\n---\n本文".encode()),
        ("b.md", "---\ntitle: 日付\ndate: きのう\n---\n別".encode()),
    )
    assert re.findall(r'name="take" value="\d"( checked)?', page) == [" checked", ""]
    assert _save(client, page).count("追加しました") == 1


def test_figures_are_shown_before_anything_is_saved(client: TestClient) -> None:
    text = "---\nkind: campaign\ntitle: 展示会\nmetrics: {leads: 1200, mql: 80, cost: 300万円}\n---\n話。"
    page = re.sub(r"\s+", " ", _drop(client, ("fair.md", text.encode())))
    assert "<dt>リード</dt><dd>1,200</dd>" in page and "<dt>費用</dt><dd>300万円</dd>" in page


def test_an_export_shows_the_preview_of_the_terminal_and_is_imported(client: TestClient, tmp_path: Path) -> None:
    book = write_workbook(tmp_path / "deals.xlsx", HEADERS, ("D-2", *DEAL[1:])).read_bytes()
    page = _drop(client, ("商談.csv", EXPORT), ("deals.xlsx", book))
    assert page.count("planned-export") == 2 and "CP932" in page and "商談ID" in page
    assert files(_folder(client)).keys() == {"playbook.yaml"}
    assert "1件" in _save(client, page)
    deals = [text for path, text in files(_folder(client)).items() if path.startswith("deals/")]
    assert len(deals) == 2 and all("customer: 青葉精工" in text for text in deals)
    assert client.get("/api/v1/search?q=青葉精工").json()["total"] == 2


def test_the_page_shows_a_sample_in_its_own_words_with_the_reason(client: TestClient) -> None:
    rows = [["案件ID", "顧客名", "結果", "失注理由"], ["1", "青葉精工", "失注", "値段で負けた"]]
    page = _drop(client, ("deals.csv", csv_text(rows).encode()))
    lines = page.partition("見本 1")[2]
    assert "結果: 失注" in lines and "顧客名: 青葉精工" in lines and "本文: 理由 値段で負けた" in lines
    assert "outcome" not in lines and "失注 → 失注" in page and "→ lost" not in page


def test_an_export_with_problems_is_not_ticked(client: TestClient) -> None:
    unknown = csv_text([HEADERS, (*DEAL[:-1], "宇宙"), [*DEAL, "x"]]).encode()
    page = _drop(client, ("deals.csv", unknown))
    assert re.findall(r'name="import" value="\d"( checked)?', page) == [""]
    _save(client, page)
    assert files(_folder(client)).keys() == {"playbook.yaml"}
    _save(client, page, all_ticked=True)
    assert len(files(_folder(client))) == 2


def test_a_table_that_is_no_export_says_what_is_missing(client: TestClient) -> None:
    page = _drop(client, ("list.csv", "名前,電話\nA,1\n".encode()))
    assert "planned-refuse" in page and 'name="import"' not in page


def test_a_very_long_export_is_left_to_the_terminal(client: TestClient) -> None:
    rows = [(f"D-{n}", *DEAL[1:]) for n in range(MOST_ROWS + 1)]
    page = _drop(client, ("deals.csv", csv_text([HEADERS, *rows]).encode()))
    assert "kb import crm" in page and 'name="import"' not in page


def test_a_readonly_server_imports_nothing(make_client: MakeClient) -> None:
    client = make_client({}, readonly=True)
    _save(client, _drop(client, ("deals.csv", EXPORT)), all_ticked=True)
    assert not _folder(client).exists() or files(_folder(client)) == {}


def test_what_was_not_chosen_is_named_and_can_still_be_saved(client: TestClient) -> None:
    unknown = csv_text([HEADERS, (*DEAL[:-1], "宇宙"), [*DEAL, "x"]]).encode()
    page = _drop(client, ("a.md", "---\ntitle: 良い話\n---\n本文".encode()), ("deals.csv", unknown))
    saved = _save(client, page)
    assert "次の1件は、選ばれていないため" in saved and "planned-export" in saved and "planned-add" not in saved
    later = _save(client, saved, all_ticked=True)
    assert "1件を取り込みました" in later and "kb sync" not in later and "選ばれていない" not in later
    assert len(files(_folder(client))) == 3


def test_saving_without_a_choice_shows_the_files_again(client: TestClient) -> None:
    page = _drop(client, ("b.md", "---\ntitle: 日付\ndate: きのう\n---\n別".encode()))
    saved = _save(client, page)
    assert "次の1件は" in saved and 'name="take"' in saved and "ファイルがありません" not in saved


def test_what_was_left_out_stays_without_a_tick(client: TestClient) -> None:
    page = _drop(client, ("a.md", "# 良い話\n本文".encode()), ("deals.csv", EXPORT))
    saved = _save(client, page.replace(" checked", ""))
    assert 'name="take" value="0"' in saved and 'name="import" value="0"' in saved and " checked" not in saved


def _undo(client: TestClient, saved: str) -> str:
    number = re.findall('name="import" value="([0-9a-f]{16})"', saved)
    return client.post("/new/files/undo", data={"import": number[0] if number else ""}, headers=JA).text


def test_an_import_can_be_undone_once_and_nothing_else_goes(client: TestClient) -> None:
    _save(client, _drop(client, ("先の話.md", "# 先の話\n本文\n".encode())))
    before = {path: path.read_bytes() for path in _folder(client).rglob("*.md")}
    changed, new = "# 先の話\n書き足した本文\n".encode(), "# 新しい話\n別の本文\n".encode()
    saved = _save(client, _drop(client, ("先の話.md", changed), ("新しい話.md", new), ("deals.csv", EXPORT)))
    assert len(list(_folder(client).rglob("*.md"))) == 3
    page = _undo(client, saved)
    assert "追加した2件を削除しました" in page and "更新した1件を元の内容に戻しました" in page
    assert {path: path.read_bytes() for path in _folder(client).rglob("*.md")} == before
    assert client.get("/api/v1/entries").json()["total"] == 1
    assert "もう取り消せません" in _undo(client, saved)


def test_the_totals_an_import_set_go_with_it(client: TestClient) -> None:
    playbook = _folder(client) / "playbook.yaml"
    before = playbook.read_bytes()
    saved = _save(client, _drop(client, ("deals.csv", EXPORT)))
    assert b"closed_deals" in playbook.read_bytes()
    page = _undo(client, saved)
    assert "追加した1件を削除しました" in page and "終了件数も、取り込み前に戻しました" in page
    assert playbook.read_bytes() == before


def test_what_was_changed_since_the_import_stays(client: TestClient) -> None:
    saved = _save(client, _drop(client, ("deals.csv", EXPORT)))
    (deal,) = _folder(client).rglob("*.md")
    deal.write_text(deal.read_text("utf-8") + "\n書き足した。\n", "utf-8")
    assert "書き換えられた1件は残しました" in _undo(client, saved) and deal.is_file()


@pytest.mark.parametrize("number", ["", "../activity", "0" * 16])
def test_an_unknown_import_undoes_nothing(client: TestClient, number: str) -> None:
    answer = client.post("/new/files/undo", data={"import": number}, headers=JA)
    assert answer.status_code == 404 and "もう取り消せません" in answer.text


_SELECT = re.compile(r'<select name="(column|stage)" aria-label="([^"]*)">(.*?)</select>', re.DOTALL)
_OPTION = re.compile(r'<option value="([^"]*)"( selected)?>([^<]*)')


def _answered(client: TestClient, page: str, address: str, ticked: str = "0", **chosen: str) -> str:
    """Send the preview of one export, ticked or not, with other options of its selects, as a browser would."""
    fields = [("export", "deals.csv"), ("table", _table(page)), ("import", ticked)]
    for name, label, text in _SELECT.findall(page):
        options = [
            (html.unescape(value), bool(is_selected), words) for value, is_selected, words in _OPTION.findall(text)
        ]
        wanted = chosen.get(html.unescape(label))
        taken = [value for value, is_selected, words in options if (words == wanted if wanted else is_selected)]
        fields.append((name, [options[0][0], *taken][-1]))
    parts = [(name, (None, value)) for name, value in fields]
    return client.post(f"/new/files/{address}", files=parts, headers=JA).text


def _table(page: str) -> str:
    found = re.search(r'<textarea name="table" hidden>\n?(.*?)</textarea>', page, re.DOTALL)
    assert found
    return found[1]


def _asked(page: str) -> list[str]:
    return [label for name, label, _ in _SELECT.findall(page) if name == "stage"]


def test_a_column_and_a_stage_are_corrected_on_the_page_and_remembered(client: TestClient) -> None:
    headers = ["商談ID", "商談名", "取引先名", "フェーズ", "金額", "税込合計"]
    export = csv_text([headers, ["D-1", "現場ログ", "青葉精工", "祝杯", "1", "1,320,000"]]).encode()
    page = _drop(client, ("deals.csv", export))
    assert _asked(page) == ["祝杯"]
    seen = _answered(client, page, "again", 税込合計="金額", 祝杯="受注")
    assert "JPY 1,320,000" in seen and "受注" in seen and 'value="0" checked' in seen
    assert files(_folder(client)).keys() == {"playbook.yaml"}
    done = _answered(client, seen, "save")
    assert "mappings/salesforce-deals.yaml" in done
    deal = next(text for path, text in files(_folder(client)).items() if path.startswith("deals/"))
    assert "amount: 1320000" in deal and "outcome: won" in deal
    later = _drop(client, ("deals.csv", export.replace(b"D-1", b"D-2")))
    assert "JPY 1,320,000" in later and not _asked(later) and 'value="0" checked' in later


def test_an_export_is_ticked_once_its_stages_are_answered_though_one_value_cannot_be_read(client: TestClient) -> None:
    headers = ["商談ID", "商談名", "取引先名", "フェーズ", "完了予定日"]
    rows = [["D-1", "点呼", "青葉精工", "祝杯", "10月12日ごろ"], ["D-2", "検品", "みどり精機", "涙", "2026/10/2"]]
    page = _drop(client, ("deals.csv", csv_text([headers, *rows]).encode()))
    assert sorted(_asked(page)) == ["涙", "祝杯"] and " checked" not in page
    one = _answered(client, page, "again", ticked="", 祝杯="受注")
    assert " checked" not in one
    both = _answered(client, one, "again", ticked="", 涙="失注")
    assert "日付として読めません" in both and 'name="import" value="0" checked' in both


def test_a_list_without_ids_is_imported_with_a_warning(client: TestClient) -> None:
    export = csv_text(
        [["商談名", "取引先名", "フェーズ", "金額"], ["現場ログ", "青葉精工", "受注", "120万円"]]
    ).encode()
    page = _drop(client, ("deals.csv", export))
    assert "ID は 商談名, 取引先名 から作りました" in page
    _save(client, page, all_ticked=True)
    assert sum(path.startswith("deals/") for path in files(_folder(client))) == 1
    assert "変更なし1件" in _drop(client, ("deals.csv", export))


def test_a_table_with_unknown_columns_becomes_an_export_by_naming_them(client: TestClient) -> None:
    page = _drop(client, ("deals.csv", csv_text([["Nr", "Was"], ["7", "現場ログ"]]).encode()))
    assert "planned-refuse" in page
    assert "planned-export" in _answered(client, page, "again", Nr="CRM番号", Was="タイトル")
