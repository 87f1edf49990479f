"""The playbook is read from YAML, and faults in it are problems with a line."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from ingest.playbook_file import parse_playbook

ENTRIES = Path(__file__).parents[2] / "entries"


def test_the_parts_of_a_playbook_are_read() -> None:
    text = "company: Acme\nangles:\n  - {key: roi-proof, ja: 投資対効果, en: Proof of ROI, aliases: [ROI]}\nreasons:\n"
    text += "  受注:\n    - {code: price, ja: 価格, en: Price}\n  lost:\n    - price-too-high\n"
    playbook, problems = parse_playbook(text)
    assert playbook.company == "Acme"
    assert playbook.angles.label("roi", "en") == "Proof of ROI"
    assert [term.key for term in playbook.reasons["won"].terms] == ["price"]
    assert [str(problem) for problem in problems] == [
        "playbook.yaml:4: reasons: expected a list of items with 'key: value' lines."
    ]


def test_unknown_and_repeated_parts_are_told() -> None:
    _, problems = parse_playbook("company: A\nangels: []\ncompany: B")
    assert [problem.line for problem in problems] == [3, 2]
    assert "angels" in problems[1].message


def test_an_item_without_a_key_is_left_out_and_told() -> None:
    playbook, problems = parse_playbook("angles:\n  - {ja: 価格}\n  - {key: roi}")
    assert [term.key for term in playbook.angles.terms] == ["roi"]
    assert "angles: expected a key" in problems[0].message


def test_broken_yaml_gives_an_empty_playbook_and_one_problem() -> None:
    playbook, problems = parse_playbook("company: [")
    assert not playbook.angles
    assert len(problems) == 1


def test_windows_line_ends_and_a_mark_do_no_harm() -> None:
    playbook, problems = parse_playbook("\ufeffcompany: A\r\nangles:\r\n  - {key: roi}\r\n")
    assert (playbook.company, len(playbook.angles.terms), problems) == ("A", 1, ())


def test_the_shipped_playbook_has_no_problems() -> None:
    playbook, problems = parse_playbook((ENTRIES / "playbook.yaml").read_text("utf-8"))
    assert problems == ()
    assert playbook.angles
    assert {"won", "lost"} <= set(playbook.reasons)


_PARTS = st.sampled_from(
    ["company:", "angles:", "reasons:", "kpis:", " - ", "{key: a}", "won:", "[", "]", "a", "\n", "  ", ":"]
)


@given(st.lists(_PARTS, max_size=30).map("".join))
def test_no_text_makes_it_raise(text: str) -> None:
    parse_playbook(text)
