"""Folders no program exported: every page is kept or left out with a reason, and nothing leads out of the entries."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.importers.vault import Vault, read_vault, write_vault
from kb.playbook import Playbook
from tests.words import write

ID = "0123456789abcdef0123456789abcdef"


def _read(tmp_path: Path, files: dict[str, str]) -> Vault:
    for path, text in files.items():
        write(tmp_path / "vault", path, text)
    return read_vault(tmp_path / "vault", "notes/v", Playbook(), tmp_path / "entries")


def test_no_page_and_no_row_of_a_thousand_without_a_title_is_lost(tmp_path: Path) -> None:
    pages = {f"無題 {n:032x}.md": f"本文{n}" for n in range(1_100)}
    rows = "名前,結果\n" + "".join(f"未定,{n}\n" for n in range(1_100))
    vault = _read(tmp_path, {**pages, f"表 {ID}.csv": rows, f"表 {ID}_all.csv": rows})
    assert len({page.path for page in vault.kept}) == len(vault.kept) == 2_200
    assert {"notes/v/無題.md", "notes/v/無題-1100.md", "notes/v/未定-1100.md"} <= {page.path for page in vault.kept}


@pytest.mark.parametrize(
    ("table", "names"),
    [
        ("名前,結果\n箱," + "あ" * 200_000 + "\n", []),
        ("名前,結果\r箱,受注\r棚,失注\r", ["棚", "箱"]),
        ('名前,結果\n"箱,受注\n', ["箱-受注"]),
        ("名前,結果\n../../外,受注\n/絶対,失注\n", ["外", "絶対"]),
    ],
    ids=["a long cell", "old line ends", "an open quote", "paths"],
)
def test_an_odd_table_is_read_or_left_out_with_a_reason(tmp_path: Path, table: str, names: list[str]) -> None:
    vault = _read(tmp_path, {f"表 {ID}.csv": table})
    assert sorted(Path(page.path).stem for page in vault.kept) == names
    assert dict(vault.left_out) == ({} if names else {"not a table that can be read": 1})


@pytest.mark.parametrize(
    "name", [" .md", "___.md", "a___..___..___b.md", f"x.. {ID}/y.md", f"{ID}/ {ID}.md", "a\nb.md"]
)
def test_odd_names_stay_below_the_entries(tmp_path: Path, name: str) -> None:
    vault = _read(tmp_path, {name: "本文"})
    assert len(list(write_vault(vault, tmp_path / "entries"))) == 1
    assert len(list((tmp_path / "entries/notes/v").rglob("*.md"))) == 1
