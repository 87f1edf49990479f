"""A new field is one line of the register and one attribute of an entry: every place for it derives from these."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from app.pages.board.address import VIEWS

ROOT = Path(__file__).parents[2]
PARTS = ("kb", "ingest", "app", "docs", "tests")
FIELD = """\
    Field("territory", "担当地区", "Territory", ("territory", "担当地区"), "a list; where the customer is", "list",
          words="territories", facet=10, is_filter=True, form=_ALL),
"""
LINES = {  # file → (the line before, what is added)
    "kb/fields.py": ("FIELDS: tuple[Field, ...] = (\n", FIELD),
    "kb/entry.py": ("    industry: tuple[str, ...] = ()\n", "    territory: tuple[str, ...] = ()\n"),
}

pytestmark = pytest.mark.slow  # a process that loads a copy of the program


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What every place shows of the field in a copy of the program that has it."""
    copy = tmp_path_factory.mktemp("copy")
    for part in PARTS:
        shutil.copytree(ROOT / part, copy / part, ignore=shutil.ignore_patterns("__pycache__"))
    for file, (before, added) in LINES.items():
        text = (copy / file).read_text("utf-8")
        assert text.count(before) == 1
        (copy / file).write_text(text.replace(before, before + added), "utf-8")
    command = [sys.executable, "-m", "tests.app.extended"]
    done = subprocess.run(command, cwd=copy, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_files_and_playbook_with_the_field_have_no_problem(seen: dict[str, Any]) -> None:
    assert seen["problems"] == []
    assert seen["entry"] == ["関東"] and seen["playbook"] == ["関東", "関西"]


def test_a_search_is_narrowed_by_it_and_says_it(seen: dict[str, Any]) -> None:
    assert seen["hits"] == {"deals/west": ["関東"]}
    assert seen["facet"] == [["関東", 1]]


def test_the_api_describes_it(seen: dict[str, Any]) -> None:
    assert set(seen["parameters"]) == {
        "/api/v1/search", "/api/v1/ask", "/api/v1/entries", "/api/v1/scoreboard", "/api/v1/scoreboard.csv",
        *(f"/api/v1/scoreboard/{view}" for view in (*VIEWS, "{view}.csv")),
    }  # fmt: skip
    assert sorted(seen["shapes"]) == ["BoundsParams", "HitOut", "PlaybookOut", "SimilarDealOut"]


def test_commands_have_it_as_an_option_and_tables_as_a_column(seen: dict[str, Any]) -> None:
    assert seen["options"] == ["search", "ask", "export"]
    head, *rows = seen["exported"]
    assert "territory" in head.split(",") and len(rows) == 1 and "関東" in rows[0].split(",")


def test_every_page_shows_it(seen: dict[str, Any]) -> None:
    assert seen["missing"] == {}


def test_the_reference_of_the_format_names_it(seen: dict[str, Any]) -> None:
    assert seen["reference"]
