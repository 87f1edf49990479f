"""`kb export`, run as people run it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.app.cli.test_main import ROOT, Place, place
from tests.words import write

pytestmark = pytest.mark.slow  # a process each, which loads all there is

__all__ = ["place"]


def test_a_zip_file_is_written_and_counted(place: Place, tmp_path: Path) -> None:
    result = place.kb("export", "--format", "zip", "-o", str(tmp_path / "all.zip"))
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "6 entries.\n")
    names = zipfile.ZipFile(tmp_path / "all.zip").namelist()
    assert names[0] == "playbook.yaml" and "notes/draft.md" not in names


def test_without_a_file_lines_go_to_the_standard_output(place: Place) -> None:
    done = place.process("export", "-f", "jsonl", "--kind", "deal", "--outcome", "lost", KB_VISIBILITY="all")
    assert [json.loads(line)["path"] for line in done.stdout.splitlines()] == ["deals/sumire.md"]
    assert done.stderr == "1 entries.\n"


def test_days_are_read_as_people_write_them(place: Place, tmp_path: Path) -> None:
    days = "--date-from", "2026年3月1日", "--date-to", "2026/3/31"
    assert place.kb("export", "-f", "jsonl", "-o", str(tmp_path / "x"), *days).exit_code == 0
    lines = (tmp_path / "x").read_text("utf-8").splitlines()
    assert [json.loads(line)["path"] for line in lines] == ["deals/aoba.md"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--outcome", "wonn"), "'wonn' is not a valid outcome; use one of won"),
        (("--date-from", "soon"), "--date-from: 'soon' is not a valid date"),
        (("-o", "/proc/nothing/x"), "Nothing was saved"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence(place: Place, options: tuple[str, ...], said: str) -> None:
    done = place.process("export", "-f", "csv", *options)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(said) and done.stderr.count("\n") == 1


def test_a_file_left_out_is_named_and_the_exit_code_says_so(place: Place) -> None:
    write(place.entries, "notes/picture.md", b"\x00")
    done = place.process("export", "-f", "csv")
    assert done.returncode == 1
    assert "notes/picture.md:1: " in done.stderr and "6 entries, 1 files left out." in done.stderr


def test_a_device_is_written_to_and_never_replaced(place: Place) -> None:
    assert place.kb("export", "-f", "csv", "-o", "/dev/null").exit_code == 0
    assert Path("/dev/null").is_char_device()


def test_nothing_heavy_is_loaded_and_a_missing_folder_is_said(place: Place) -> None:
    code = "import sys\nfrom app.cli.main import app\napp(['export', '-f', 'csv'], standalone_mode=False)\n"
    code += "sys.exit(any(name in sys.modules for name in ('torch', 'chromadb', 'fastapi', 'markitdown')))"
    variables = {**os.environ, **place.environment, "PYTHONPATH": str(ROOT)}
    assert subprocess.run([sys.executable, "-c", code], env=variables, capture_output=True, check=False).returncode == 0
    for command in (("export", "-f", "csv"), ("import", "docs", "x.pdf"), ("import", "transcript", "x.vtt")):
        done = place.process(*command, KB_ENTRIES=str(place.entries / "none"))
        assert done.returncode == 1 and done.stderr.startswith("There is no folder ")
