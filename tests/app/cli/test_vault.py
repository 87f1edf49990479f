"""`kb import vault`: a folder of Obsidian, Logseq or Notion is previewed, and becomes entries after a yes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli.main import app
from tests.app.cli.test_main import Place, place
from tests.ingest.importers.tables import files
from tests.words import write

__all__ = ["place"]

ID = "0123456789abcdef0123456789abcdef"
OBSIDIAN = {
    "商談/北港倉庫.md": "---\ntags: [倉庫]\n---\n結果:: 失注\n\n[[見積の出し方|見積]]を急いだ。%%内緒%%\n",
    "見積の出し方.md": "# 見積の出し方\n\n> [!tip] 当日に\n> 概算を送る。\n",
    "Templates/日報.md": "{{title}}\n",
    ".obsidian/app.json": "{}",
    "図.png": "x",
}
LOGSEQ = {
    "pages/商談___北港倉庫.md": "結果:: 失注\nタグ:: 倉庫\n\n- [[見積の出し方]] を急いだ\n",
    "pages/見積の出し方.md": "- 当日に概算を送る\n",
    "journals/2026_09_18.md": "- 北港倉庫から電話\n",
    "logseq/bak/pages/古い.md": "- 古い\n",
}
NOTION = {
    f"商談 {ID}/北港倉庫 {ID}.md": "# 北港倉庫\n\n結果: 失注\nタグ: 倉庫\n\n本文。\n",
    f"商談 {ID}.csv": "名前,結果,備考\n北港倉庫,失注,夜間\n南港倉庫,受注,\n南港倉庫,失注,別の年\n",
    f"商談 {ID}_all.csv": "名前,結果,備考\n北港倉庫,失注,夜間\n南港倉庫,受注,\n南港倉庫,失注,別の年\n",
}
CASES = [
    pytest.param(
        OBSIDIAN,
        {"商談/北港倉庫.md", "見積の出し方.md"},
        ("1 (templates and settings)", "1 (not Markdown)"),
        "[[notes/v/見積の出し方|見積]]",
        id="obsidian",
    ),
    pytest.param(
        LOGSEQ,
        {"pages/商談/北港倉庫.md", "pages/見積の出し方.md", "journals/2026_09_18.md"},
        ("1 (templates and settings)",),
        "[[notes/v/pages/見積の出し方|見積の出し方]]",
        id="logseq",
    ),
    pytest.param(NOTION, {"商談/北港倉庫.md", "南港倉庫.md", "南港倉庫-2.md"}, (), "備考: 夜間", id="notion"),
]


@pytest.mark.parametrize(("tree", "paths", "left_out", "words"), CASES)
def test_a_folder_is_previewed_and_written_after_a_yes(
    place: Place, tmp_path: Path, tree: Mapping[str, str], paths: set[str], left_out: tuple[str, ...], words: str
) -> None:
    for path, text in tree.items():
        write(tmp_path / "v", path, text)
    before = files(place.entries)
    arguments = ["import", "vault", str(tmp_path / "v")]
    preview = CliRunner().invoke(app, arguments, input="n\n", env=place.environment)
    assert (preview.exit_code, files(place.entries)) == (1, before)
    assert all(f"→ notes/v/{path}" in preview.stdout for path in paths)
    assert all(one in preview.stdout for one in left_out)
    assert CliRunner().invoke(app, arguments, input="y\n", env=place.environment).exit_code == 0
    written = {path.removeprefix("notes/v/"): text for path, text in files(place.entries).items() if path not in before}
    assert written.keys() == paths
    deal = next(text for path, text in written.items() if path.endswith("北港倉庫.md"))
    assert words in deal
    again = CliRunner().invoke(app, [*arguments, "--yes"], env=place.environment)
    assert again.exit_code == 1 and f"{len(paths)} (an entry of this name is there already)" in again.stdout
