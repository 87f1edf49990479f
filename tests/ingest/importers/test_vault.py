"""A folder of Obsidian, Logseq or Notion becomes entries, and what does not is counted with its reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.importers.vault import Vault, read_vault, write_vault
from ingest.parse import parse_entry
from kb.playbook import Playbook
from tests.words import write

ID = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "vault"
    write(
        root,
        "商談/Tana の話.md",
        "---\ntags: #急ぎ #在庫\n---\n結果:: 受注\n\n[[箱の数え方]]と[[無いもの]]を見る。%%内緒%%\n",
    )
    write(root, "箱の数え方.md", "# 箱の数え方\n\n本文。\n")
    write(root, "下書き.markdown", "---\ndraft: true\n---\n本文。\n")
    write(root, f"表 {ID}/棚 {ID}.md", "# 棚\n\n結果: 失注\n\n本文。\n")
    write(
        root,
        f"表 {ID}.csv",
        "名前,結果,顧客,備考\n棚,失注,東西商会 (https://www.notion.so/a-1?pvs=21),至急\n箱,受注,南北商会,\n",
    )
    write(root, "顧客一覧.csv", "案件名,結果\n在庫の件,○\n合計,\n")
    write(root, "Templates/日報.md", "{{title}}\n")
    write(root, "図.png", "x")
    return root


@pytest.fixture
def vault(folder: Path, tmp_path: Path) -> Vault:
    return read_vault(folder, "notes/v", Playbook(), tmp_path / "entries")


def test_every_file_is_an_entry_or_left_out_with_a_reason(vault: Vault) -> None:
    assert {page.source: page.path for page in vault.kept} == {
        "商談/Tana の話.md": "notes/v/商談/tana-の話.md",
        "箱の数え方.md": "notes/v/箱の数え方.md",
        "下書き.markdown": "notes/v/下書き.md",
        f"表 {ID}/棚 {ID}.md": "notes/v/表/棚.md",
        "箱.csv": "notes/v/箱.md",
    }
    assert dict(vault.left_out) == {
        "templates and settings": 1,
        "not Markdown": 1,
        "a table of no Notion database; see 'kb import crm'": 1,
    }


def test_fields_tags_titles_and_links_are_taken_along(vault: Vault) -> None:
    text = {page.title: page.text for page in vault.kept}["Tana の話"]
    entry = parse_entry(text, "notes/v/x.md", Playbook()).entry
    assert (entry.title, entry.tag, entry.outcome) == ("Tana の話", ("急ぎ", "在庫"), "won")
    assert "[[notes/v/箱の数え方|箱の数え方]]と[[無いもの]]" in entry.body and "内緒" not in entry.body


def test_a_row_of_a_database_is_joined_with_its_page_and_one_without_a_page_is_kept(vault: Vault) -> None:
    entries = {page.title: parse_entry(page.text, page.path, Playbook()).entry for page in vault.kept}
    shelf, box = entries["棚"], entries["箱"]
    assert shelf.deal and box.deal
    assert (shelf.outcome, shelf.deal.customer, dict(shelf.extra)["備考"]) == ("lost", "東西商会", "至急")
    assert (box.outcome, box.deal.customer) == ("won", "南北商会")


def test_a_draft_stays_one(vault: Vault) -> None:
    assert [page.title for page in vault.kept if page.status == "draft"] == ["下書き"]


def test_an_entry_that_is_there_already_is_left_alone(folder: Path, vault: Vault, tmp_path: Path) -> None:
    entries = tmp_path / "entries"
    write(entries, "notes/v/箱の数え方.md", "別の本文")
    again = read_vault(folder, "notes/v", Playbook(), entries)
    assert len(list(write_vault(again, entries))) == len(vault.kept) - 1
    assert (entries / "notes/v/箱の数え方.md").read_text("utf-8") == "別の本文"
    assert read_vault(folder, "notes/v", Playbook(), entries).kept == ()
