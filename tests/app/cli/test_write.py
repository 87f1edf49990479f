"""`kb new` and `kb add`."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.words import note, write

pytestmark = pytest.mark.slow  # a process each, which loads all there is

ROOT = Path(__file__).parents[3]
EDITOR = """#!{python}
import sys, pathlib
place = pathlib.Path(sys.argv[1])
text = place.read_text("utf-8")
{change}
place.write_text(text, "utf-8")
"""


def _kb(folder: Path, *arguments: str, editor: str = "true") -> subprocess.CompletedProcess[str]:
    environment = os.environ | {
        "KB_ENTRIES": str(folder),
        "EDITOR": editor,
        "VISUAL": "",
        "PYTHONPATH": str(ROOT),
        "LC_ALL": "C.UTF-8",
    }
    command = [sys.executable, "-c", "from app.cli.main import main; main()", *arguments]
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )


def _editor(tmp_path: Path, change: str) -> str:
    place = write(tmp_path, "editor", EDITOR.format(python=sys.executable, change=change))
    place.chmod(place.stat().st_mode | stat.S_IEXEC)
    return str(place)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(
        tmp_path / "entries", "deals/old.md", note("前の話", "倉庫の点検を紙でやめた話。", kind="deal", outcome="won")
    )
    return tmp_path / "entries"


def test_a_deal_is_written_in_the_editor_from_its_template(folder: Path, tmp_path: Path) -> None:
    change = 'assert "competitors:" in text; text = text.replace("title:", "title: すみれ野工業", 1)'
    change += '.replace("## お客様が話した理由\\n", "## お客様が話した理由\\n安いほうで十分。\\n")'
    done = _kb(folder, "new", "deal", "--outcome", "lost", editor=_editor(tmp_path, change))
    assert done.returncode == 0, done.stderr
    text = (folder / "deals/すみれ野工業.md").read_text("utf-8")
    assert "安いほうで十分。" in text and text.count("## ") == 4
    assert text.startswith(
        "---\nkind: deal\noutcome: lost\ntitle: すみれ野工業\n---\n"
    )  # what stayed empty is left out


def test_nothing_written_is_nothing_saved(folder: Path) -> None:
    done = _kb(folder, "new", "note")
    assert done.returncode == 1 and "nothing was saved" in done.stderr
    assert not (folder / "notes").exists()


def test_what_cannot_be_saved_is_kept(folder: Path, tmp_path: Path) -> None:
    change = 'text = "---\\ntitle: 別の題\\n---\\n## 要点\\n倉庫の点検を紙でやめた話。\\n"'
    done = _kb(folder, "new", "note", editor=_editor(tmp_path, change))
    assert done.returncode == 1 and "deals/old" in done.stderr
    kept = Path(done.stderr.strip().split(" ")[-1].rstrip("."))
    assert "倉庫の点検" in kept.read_text("utf-8")
    kept.unlink()


def test_an_editor_that_does_not_work_is_said(folder: Path) -> None:
    done = _kb(folder, "new", "note", editor="/no/such/editor")
    assert done.returncode == 1 and "Choose another with EDITOR" in done.stderr


def test_files_are_added_to_the_folder_of_their_kind(folder: Path, tmp_path: Path) -> None:
    good = write(tmp_path, "見学の話.md", note("見学", "班長同士で話してもらう。", kind="talk-track"))
    again = write(tmp_path, "again.md", note("別の題", "倉庫の点検を紙でやめた話。"))
    picture = write(tmp_path, "picture.md", b"\x89PNG\x00")
    done = _kb(folder, "add", str(good), str(again), str(picture), str(tmp_path / "none.md"))
    assert done.returncode == 1 and (folder / "talk-tracks/見学の話.md").read_bytes() == good.read_bytes()
    assert "deals/old" in done.stderr and "Not a text file" in done.stderr and "none.md" in done.stderr
    assert _kb(folder, "add", "--force", str(again)).returncode == 0
    assert (folder / "notes/again.md").is_file()
