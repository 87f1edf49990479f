"""`kb init` makes a folder to begin with, with or without the sample company."""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner, Result

from app.cli.main import app


def _kb(place: Path, *arguments: str) -> Result:
    environment = {"KB_ENTRIES": str(place / "entries"), "KB_DATA": str(place / "var")}
    return CliRunner().invoke(app, ["--lang", "ja", *arguments], env=environment, prog_name="kb")


def test_a_new_folder_gets_a_starter_playbook_once(tmp_path: Path) -> None:
    assert _kb(tmp_path, "check").exit_code == 1  # there is no folder
    assert "ひな形" in _kb(tmp_path, "init").output
    assert "何も変えていません" in _kb(tmp_path, "init").output
    assert _kb(tmp_path, "check").exit_code == 0


def test_the_sample_company_comes_and_goes(tmp_path: Path) -> None:
    assert _kb(tmp_path, "init", "--sample").exit_code == 0
    assert _kb(tmp_path, "check").exit_code == 0
    again = _kb(tmp_path, "init", "--sample")
    assert again.exit_code == 1 and "見本は入れませんでした" in again.output
    changed = next((tmp_path / "entries").rglob("*.md"))
    changed.write_text(changed.read_text("utf-8") + "\n書き足した。\n", "utf-8")
    removed = _kb(tmp_path, "init", "--remove-sample")
    assert changed.relative_to(tmp_path / "entries").as_posix() in removed.output
    assert [*(tmp_path / "entries").rglob("*.md")] == [changed]
    assert _kb(tmp_path, "init", "--remove-sample").output.strip() == "取り除く見本の記録はありません。"
