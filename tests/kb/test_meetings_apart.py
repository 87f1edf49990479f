"""Decisions of meetings are listed where they match, and displace no answer."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from kb.search.answer import Band, Confidence, Why
from kb.search.candidates import Candidate, Found
from kb.search.meetings import with_decisions


def _candidates(bands: Sequence[Band], start: int, *, is_named: bool = False) -> tuple[Candidate, ...]:
    why = Why(None, 0.0, (), (), 1, 0.9, 0.9, None, 0.0, exact_name=is_named, adjustments=())
    return tuple(Candidate(start + n, start + n, n, 1.0, band, why) for n, band in enumerate(bands))


@pytest.mark.parametrize(
    ("confidence", "bands", "meeting", "place"),
    [
        ("strong", ["strong", "good", "good", "good"], "strong", 3),  # the first three never change
        ("strong", ["strong"] * 4 + ["good"], "strong", 4),
        ("strong", ["strong"] * 2 + ["good"] * 3 + ["weak"], "good", 5),
        ("none", ["weak"] * 5, "good", 0),
        ("none", ["weak"] * 5, "weak", None),
        ("strong", ["strong"], "strong", 1),
    ],
)
def test_a_meeting_stands_behind_what_matches_as_well(
    confidence: Confidence, bands: list[Band], meeting: Band, place: int | None
) -> None:
    decided = Found(_candidates([meeting], 100), "strong")
    found = with_decisions(Found(_candidates(bands, 0), confidence), decided)
    entries = [candidate.entry for candidate in found.candidates]
    assert (entries.index(100) if 100 in entries else None) == place and found.confidence == confidence
    assert [entry for entry in entries if entry < 100] == list(range(len(bands)))


def test_a_meeting_that_is_named_comes_first() -> None:
    decided = Found(_candidates(["strong"], 100, is_named=True), "strong")
    assert with_decisions(Found(_candidates(["strong"] * 5, 0), "strong"), decided).candidates[0].entry == 100
