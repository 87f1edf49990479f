"""The loop in numbers."""

from __future__ import annotations

from dataclasses import replace

from kb.entry import Campaign, Deal, Entry
from kb.loop.circuit import NODES, circuit


def _entry(entry_id: str, kind: str, **more: object) -> Entry:
    plain = Entry(id=entry_id, kind=kind, title=entry_id, path=entry_id, body="", body_line=1, language="ja",
                  content_hash="")  # type: ignore[arg-type]  # fmt: skip
    return replace(plain, **more)  # type: ignore[arg-type]


def test_each_arrow_counts_what_is_tied_to_the_stage_before() -> None:
    deals = [
        _entry("deals/a", "deal", deal=Deal(outcome="won", used=("talk-tracks/used",), campaign="campaigns/made")),
        _entry("deals/b", "deal", deal=Deal(outcome="lost")),
    ]
    content = [
        _entry("talk-tracks/used", "talk-track"),
        _entry("talk-tracks/made", "talk-track", derived_from=("deals/b",)),
        _entry("talk-tracks/alone", "talk-track"),
        _entry("content/made", "content", derived_from=("talk-tracks/used",)),
        _entry("content/alone", "content"),
        _entry("notes/alone", "note", derived_from=("talk-tracks/used",)),
        _entry("campaigns/made", "campaign", derived_from=("content/made",), campaign=Campaign(metrics={"leads": 12})),
        _entry("campaigns/alone", "campaign", campaign=Campaign(metrics={"mql": 3})),
    ]
    found = circuit(content, deals)
    assert found.counts == {"deals": 2, "talk": 3, "content": 2, "campaigns": 2, "leads": 15}
    assert found.arrows == {"deals": 1, "talk": 2, "content": 1, "campaigns": 1, "leads": 15}


def test_nothing_flows_through_an_empty_base() -> None:
    found = circuit([], [])
    assert set(found.counts) == set(found.arrows) == set(NODES) and not any(found.arrows.values())
