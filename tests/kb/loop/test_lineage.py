"""Where entries come from and what came of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kb.entry import Entry
from kb.loop.lineage import FURTHEST, Lineage, Link, lineage, link_cycles

CHAIN: list[Link] = [
    ("content", "derived_from", "talk"),
    ("campaign", "derived_from", "content"),
    ("deal", "campaign", "campaign"),
    ("deal", "used", "talk"),
    ("new-talk", "supersedes", "talk"),
]


def named(entry_id: str) -> Entry:
    return Entry(entry_id, f"{entry_id}.md", entry_id, "note", "", 1, "ja", "")


def followed(links: Iterable[Link], start: str, hidden: str = "") -> Lineage:
    known = {name for a, _, b in links for name in (a, b)} - {hidden}

    def links_with(ids: Sequence[str]) -> list[Link]:
        return [link for link in links if link[0] in ids or link[2] in ids]

    return lineage(named(start), links_with, lambda ids: {i: named(i) for i in ids if i in known})


def steps(found: Lineage) -> dict[str, int]:
    return {step.entry.id: step.generation for step in (*found.earlier, *found.later)}


def test_a_talk_track_leads_to_content_campaign_and_deal() -> None:
    found = followed(CHAIN, "talk")
    assert steps(found) == {"content": 1, "deal": 1, "new-talk": 1, "campaign": 2}
    assert {(line.earlier, line.later) for line in found.lines} >= {("campaign", "deal"), ("talk", "deal")}


def test_a_deal_leads_back_to_its_talk_track() -> None:
    assert steps(followed(CHAIN, "deal")) == {"campaign": -1, "talk": -1, "content": -2}


def test_a_hidden_entry_is_not_passed_through() -> None:
    assert steps(followed(CHAIN, "campaign", hidden="content")) == {"deal": 1}


def test_no_more_than_five_generations_are_followed() -> None:
    links: list[Link] = [(f"e{n + 1}", "derived_from", f"e{n}") for n in range(20)]
    found = followed(links, "e10")
    assert sorted(steps(found).values()) == [*range(-FURTHEST, 0), *range(1, FURTHEST + 1)]


def test_a_circle_ends_and_is_a_problem_of_each_entry_in_it() -> None:
    links: list[Link] = [("a", "derived_from", "b"), ("b", "derived_from", "c"), ("c", "derived_from", "a")]
    assert steps(followed(links, "a")) == {"b": 1, "c": 1} or set(steps(followed(links, "a"))) == {"b", "c"}
    problems = link_cycles([(f"{a}.md", a, r, b) for a, r, b in [*links, ("d", "derived_from", "a")]])
    assert [(p.path, p.line) for p in problems] == [("a.md", 1), ("b.md", 1), ("c.md", 1)]
    assert "'a' → 'b' → 'c' → 'a'" in problems[0].message


def test_entries_that_replace_each_other_are_problems_too() -> None:
    links = [("a.md", "a", "supersedes", "b"), ("b.md", "b", "supersedes", "a"), ("a.md", "a", "derived_from", "b")]
    problems = link_cycles(links)
    assert [problem.path for problem in problems] == ["a.md", "b.md"]
    assert "supersedes" in problems[0].message and "'a' → 'b' → 'a'" in problems[0].message


def test_an_entry_that_names_itself_and_one_between_two_link_cycles() -> None:
    links = [("x.md", "x", "derived_from", "x"), ("m.md", "m", "derived_from", "x"), ("y.md", "y", "derived_from", "m"),
             ("y.md", "y", "derived_from", "y"), ("o.md", "o", "related", "o")]  # fmt: skip
    assert [problem.path for problem in link_cycles(links)] == ["x.md", "y.md"]
