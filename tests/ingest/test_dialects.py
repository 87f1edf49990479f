"""Files of other tools are read as they were meant, or named; the cases stand in tests/cases/dialects/*.md.

A case is a name, the file, and what is read of it: `field = value`, `extra.key = value`, `body = a part of the text`,
and each of its problems. `\\u200b` stands for an invisible sign.
"""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

import pytest

from app.words.rendering import render_body
from ingest.copies import copies
from ingest.files import list_files
from ingest.parse import parse_entry
from kb.entry import Entry
from kb.playbook import Playbook
from tests.ingest.test_parse import read_cases

DIALECTS = Path(__file__).parents[1] / "cases" / "dialects"
CASES = [
    pytest.param(text, expected, id=f"{file.stem}: {name}")
    for file in sorted(DIALECTS.glob("*.md"))
    for name, text, expected in read_cases(file)
]
_VALUE = re.compile(r"([\w.-]+) =(?: (.*))?")


def _unescaped(text: str) -> str:
    return re.sub(r"\\u([0-9a-f]{4})", lambda sign: chr(int(sign[1], 16)), text)


def _read(entry: Entry, name: str) -> str:
    if name.startswith("extra."):
        return dict(entry.extra).get(name.removeprefix("extra."), "")
    found = getattr(entry, name) if name in ("title", "kind", "body") else entry.value(name)
    return ", ".join(found) if isinstance(found, tuple) else "" if found is None else str(found)


def test_the_id_that_notion_appends_to_a_name_is_no_part_of_the_title() -> None:
    path = "notes/棚の話 0123456789abcdef0123456789abcdef.md"
    assert parse_entry("本文。\n", path, Playbook()).entry.title == "棚の話"


@pytest.mark.parametrize(
    ("link", "address", "text"),
    [
        ("[[talk-tracks/haste|急ぎの話]]", "/entries/talk-tracks/haste", "急ぎの話"),
        ("[[stock#数え方]]", "/entries/notes/stock#s-", "stock"),
        ("[[notes/stock.md]]", "/entries/notes/stock", "stock"),
    ],
)
def test_a_link_of_obsidian_leads_to_its_entry(link: str, address: str, text: str) -> None:
    shown = unquote(str(render_body(f"まず {link} を見る。\n", "notes/x.md").html))
    assert f'href="{address}' in shown and f">{text}</a>" in shown


def test_a_picture_of_obsidian_is_named() -> None:
    assert "[図1.png]" in render_body("![[図1.png]]\n", "notes/x.md").html


@pytest.mark.parametrize(
    "name",
    [
        "棚 (Ueno's conflicted copy 2025-07-03).md", "棚の競合コピー.md", "棚 のコピー.md", "棚 - コピー.md",
        "棚 (1).md", "棚.sync-conflict-20250703-101112-ABCDEFG.md", "棚 copy 2.md", "棚 - Copy.md",
        "棚 (西 の競合コピー 2025-07-03).md",
    ],
)  # fmt: skip
def test_a_copy_is_named_with_its_original(name: str) -> None:
    assert [(p.path, "notes/棚.md" in p.message) for p in copies({f"notes/{name}", "notes/棚.md"})] == [
        (f"notes/{name}", True)
    ]
    assert copies({f"notes/{name}", "deals/棚.md", "notes/棚と箱.md"}) == []


@pytest.mark.parametrize("name", ["a.markdown", "a.mdown"])
def test_another_ending_of_markdown_is_reported(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("# 題\n", "utf-8")
    listing = list_files(tmp_path)
    assert listing.files == [] and [(p.path, ".md" in p.message) for p in listing.problems] == [(name, True)]


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_a_file_of_another_tool_is_read_as_its_case_says(text: str, expected: list[str]) -> None:
    parsed = parse_entry(_unescaped(text), "notes/x.md", Playbook())
    values = [match for line in expected if (match := _VALUE.fullmatch(line))]
    for match in values:
        read, wanted = _read(parsed.entry, match[1]), _unescaped(match[2] or "")
        assert wanted in read if match[1] == "body" else read == wanted, match[1]
    problems = [line for line in expected if not _VALUE.fullmatch(line)]
    assert [f"{problem.line}: {problem.message}" for problem in parsed.problems] == problems
