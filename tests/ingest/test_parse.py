"""An entry file becomes an entry and problems; the cases stand in tests/cases/*.md."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.parse import detect_language, parse_entry
from ingest.playbook_file import parse_playbook
from kb.playbook import Playbook

CASES = Path(__file__).parents[1] / "cases"
ENTRIES = Path(__file__).parents[2] / "entries"


def read_cases(path: Path) -> Iterator[tuple[str, str, list[str]]]:
    """Yield (name, input, expected lines): a name line, '.', the input, '.', the expected lines, '.'."""
    lines = iter(path.read_text("utf-8").split("\n"))
    for line in lines:
        if not line.strip():
            continue
        assert next(lines) == ".", f"{path.name}: expected '.' after '{line}'"
        given_text, expected = [list(iter(lambda: next(lines), ".")) for _ in range(2)]
        yield line, "\n".join(given_text) + "\n", expected


@pytest.fixture(scope="module")
def playbook() -> Playbook:
    return parse_playbook((CASES / "playbook.yaml").read_text("utf-8"))[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(text, expected, id=f"{file.stem}: {name}")
        for file in sorted(CASES.glob("*.md"))
        for name, text, expected in read_cases(file)
    ],
)
def test_the_problems_of_a_file_are_those_of_its_case(text: str, expected: list[str], playbook: Playbook) -> None:
    parsed = parse_entry(text, "deals/acme.md", playbook)
    assert [f"{problem.line}: {problem.message}" for problem in parsed.problems] == expected


def test_every_field_of_a_deal_is_read(playbook: Playbook) -> None:
    text = (
        "---\n題名: アクメ 受注\n種別: 商談\nチーム: 営業\n担当: 大橋\n日付: 2026年9月18日\n"
        "タグ: 価格、ROI\n結果: 受注\n顧客: アクメ\n規模: 210名\n"
        "金額: 1,200万円\n決着日: 2026/9/1\n理由:\n  - {code: price, source: 顧客, note: 安い}\n"
        "切り口: [ROI]\n使った話: [talk-tracks/x.md]\nfoo: bar\n---\n本文\n"
    )
    entry = parse_entry(text, "x.md", playbook, "hash").entry
    assert (entry.title, entry.kind, entry.team, entry.owner, entry.tag) == (
        "アクメ 受注",
        "deal",
        "sales",
        "大橋",
        ("価格", "ROI"),
    )
    assert (entry.date, entry.sort_date, entry.outcome) == (date(2026, 9, 18), "2026-09-01", "won")
    assert entry.deal is not None
    assert (entry.deal.size, entry.deal.amount, entry.deal.currency) == (210, 12_000_000, "JPY")
    assert [(r.code, r.source, r.note) for r in entry.deal.reasons] == [("price", "buyer", "安い")]
    assert (entry.angle, entry.deal.used, entry.extra) == (("roi-proof",), ("talk-tracks/x",), (("foo", "bar"),))
    assert (entry.body, entry.body_line, entry.content_hash) == ("本文\n", 19, "hash")


def test_a_file_without_front_matter_takes_kind_from_its_folder_and_title_from_its_heading() -> None:
    parsed = parse_entry("# 値引きの前に\n\nまず聞く。\n", "talk-tracks/price.md", Playbook())
    assert (parsed.entry.kind, parsed.entry.title, parsed.entry.id) == (
        "talk-track",
        "値引きの前に",
        "talk-tracks/price",
    )
    assert parsed.problems == ()


def test_the_title_falls_back_to_the_file_name() -> None:
    assert parse_entry("text", "deals/2026-01-acme.md", Playbook()).entry.title == "2026-01-acme"


@pytest.mark.parametrize("wanted", ["../etc/passwd", "/abs", "a//b", "a?b", "a#b", "a%2e", ".", "x" * 301])
def test_an_id_that_would_break_an_address_is_refused(wanted: str) -> None:
    parsed = parse_entry(f'---\nid: "{wanted}"\n---\ntext\n', "deals/acme.md", Playbook())
    assert parsed.entry.id == "deals/acme"
    assert "id: expected a path" in parsed.problems[0].message


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("値引きの前に聞く", "ja"),
        ("Ask first", "en"),
        ("", "en"),
        ("Kintone と SAP の API 連携", "ja"),
        ("The word 改善 (kaizen) is well known abroad", "en"),
    ],
)
def test_the_language_is_the_one_most_is_written_in(text: str, language: str) -> None:
    assert detect_language(text) == language


def test_windows_line_ends_change_nothing(playbook: Playbook) -> None:
    text = "---\ntitle: A\nkind: deal\n---\n## B\ntext\n"
    same = parse_entry(text.replace("\n", "\r\n"), "a.md", playbook)
    assert same == parse_entry(text, "a.md", playbook)


def test_the_shipped_entries_have_no_problems() -> None:
    shipped, _ = parse_playbook((ENTRIES / "playbook.yaml").read_text("utf-8"))
    paths = sorted(path for path in ENTRIES.rglob("*.md"))
    problems = [
        p
        for path in paths
        for p in parse_entry(path.read_text("utf-8"), path.relative_to(ENTRIES).as_posix(), shipped).problems
    ]
    assert problems == []
    assert len(paths) > 50


_PIECES = [
    "---\n",
    "title: ",
    "kind: deal\n",
    "outcome: won\n",
    "reasons:\n  - ",
    "metrics: {",
    "}",
    "[",
    "```\n",
    "# A\n",
    "- x\n",
    "| a |\n",
    "id: ",
    "date: 2026",
    "\r\n",
    "\x00",
    "\ud800",
    "値",
]


@given(
    st.lists(st.sampled_from(_PIECES) | st.text(max_size=20), max_size=20).map("".join),
    st.sampled_from(["a.md", "deals/b.md", "施策/c.md"]),
)
def test_no_text_makes_it_raise_and_problems_stand_inside_the_file(text: str, path: str) -> None:
    parsed = parse_entry(text, path, Playbook())
    assert all(1 <= problem.line <= len(text) + 2 for problem in parsed.problems)
    assert parsed.entry.title
