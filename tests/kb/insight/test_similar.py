"""Similar deals: balanced by outcome, compared by the situation, honest about how much they tell."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.chunk import CHUNKING
from ingest.sync import sync
from kb.entry import Entry
from kb.errors import BadFilterError, EmptyRequestError, EntryNotFoundError
from kb.index.index import Index, open_index
from kb.insight.asked import Asked, asked_of
from kb.insight.likeness import WEIGHTS, parts_of, together
from kb.insight.similar import LEAST_LIKE, SimilarDeals, neighbour_rate, similar_deals
from kb.insight.views import views_of
from kb.insight.words import SharedWords
from kb.library import Library
from kb.playbook import Playbook
from kb.search.query import Filters
from tests.deals import deal, table_of, told
from tests.engines import Engines
from tests.words import write

KINDS = {"talk-tracks/visit": "talk-track", "campaigns/expo": "campaign"}


def _ask(deals: list[Entry], asked: Asked, count: int = 5) -> SimilarDeals:
    table = table_of(*deals, kinds=KINDS)
    within = np.ones(len(table), np.bool_)
    return similar_deals(table, told(table), views_of(Playbook(), KINDS), asked, None, within, count)


def _many() -> list[Entry]:
    won = [deal(f"won-{n:02}", "won", industry=("食品",), size=100 + n) for n in range(40)]
    lost = [deal(f"lost-{n}", "lost", industry=("食品",), size=5_000) for n in range(4)]
    return [*won, *lost, deal("open", "open", industry=("食品",)), deal("stalled", "no-decision")]


def test_forty_wins_do_not_hide_four_losses() -> None:
    found = _ask(_many(), Asked(industry=("食品",), size=100))
    counts = {outcome: len(deals) for outcome, deals in found.by_outcome.items()}
    assert counts == {"won": 5, "lost": 4, "no-decision": 1, "open": 1}
    assert [d.entry.title for d in found.by_outcome["won"]] == ["won-00", "won-01", "won-02", "won-03", "won-04"]


def test_a_deal_is_not_similar_to_itself() -> None:
    deals = _many()
    found = _ask(deals, asked_of(deals[0], Playbook()))
    assert "deals/won-00" not in {d.entry.id for some in found.by_outcome.values() for d in some}


def test_every_part_that_was_asked_for_is_told_with_its_weight() -> None:
    found = _ask(_many(), Asked(industry=("食品",), size=100, competitor=("A社",)))
    parts = {part.name: part for part in found.by_outcome["won"][0].parts}
    assert set(parts) == {"industry", "size", "competitor"}
    assert parts["industry"].likeness == 1.0 and parts["competitor"].likeness is None
    assert sum(part.weight for part in parts.values()) == pytest.approx(1.0)


def test_the_win_rate_of_the_neighbours_does_not_come_from_the_balanced_lists() -> None:
    found = _ask(_many(), Asked(industry=("食品",)))
    assert (found.rate.won, found.rate.lost) == (40, 4)
    assert found.rate.low < found.rate.mean < found.rate.high
    assert found.rate.mean == pytest.approx(0.9, abs=0.02)


def test_the_stage_of_a_won_deal_tells_nothing_and_does_not_move_the_rate() -> None:
    deals = [deal(f"w{n}", "won", stage="契約") for n in range(6)] + [
        deal(f"l{n}", "lost", stage="提案") for n in range(6)
    ]
    found = _ask(deals, Asked(stage="提案"))
    assert found.by_outcome["won"][0].parts[0].likeness is None
    assert found.by_outcome["lost"][0].parts[0].likeness == 1.0
    assert found.rate.mean == pytest.approx(0.5)


def test_deals_that_have_nothing_in_common_are_listed_but_compared_with_nothing() -> None:
    deals = [deal("a", "won", industry=("食品",), angle=("x",)), deal("b", "lost", industry=("食品",))]
    found = _ask(deals, Asked(industry=("建設",)))
    assert found.by_outcome["won"][0].likeness < LEAST_LIKE
    assert (found.confidence, found.contrasts, found.pairs, found.suggestions) == ("none", (), (), ())


def test_almost_equal_deals_with_opposite_ends_are_paired_and_their_difference_named() -> None:
    same = {"industry": ("食品",), "product": ("点検",), "competitor": ("A社",), "size": 150}
    deals = [
        deal("won", "won", **same, angle=("peer",), used=("talk-tracks/visit",), campaign="campaigns/expo"),
        deal("lost", "lost", **same, angle=("price",)),
        deal("other", "lost", industry=("物流",), angle=("price",)),
    ]
    found = _ask(deals, Asked(industry=("食品",), competitor=("A社",)))
    pair = found.pairs[0]
    assert (pair.won.title, pair.lost.title) == ("won", "lost")
    assert ("industry", ("食品",)) in pair.same and ("size", ("1",)) in pair.same
    assert {(d.factor, d.won, d.lost) for d in pair.differs} == {
        ("angle", ("peer",), ("price",)),
        ("content", ("talk-tracks/visit",), ()),
    }
    suggested = {(s.factor, s.value, s.evidence) for s in found.suggestions}
    assert suggested == {
        ("content", "talk-tracks/visit", ("deals/won",)),
        ("campaign", "campaigns/expo", ("deals/won",)),
        ("angle", "peer", ("deals/won",)),
    }


def test_one_use_or_what_is_as_common_elsewhere_is_a_case_and_no_suggestion() -> None:
    near = [deal(f"n{n}", "won", industry=("食品",), angle=("peer", "usual") if n < 2 else ()) for n in range(12)]
    near[2] = deal("once", "won", industry=("食品",), angle=("once",))
    far = [
        deal(f"f{n}", "won", industry=("物流",), angle=("usual",) if n % 2 else ("peer",) * (n == 0)) for n in range(12)
    ]
    found = _ask([*near, *far], Asked(industry=("食品",)))
    assert [(s.value, s.is_supported) for s in found.suggestions] == [("peer", True), ("usual", False), ("once", False)]


def test_what_the_asked_deal_uses_already_is_not_suggested() -> None:
    same = {"industry": ("食品",)}
    deals = [deal("won", "won", **same, angle=("peer", "pilot")), deal("mine", "open", **same, angle=("peer",))]
    found = _ask(deals, asked_of(deals[1], Playbook()))
    assert [s.value for s in found.suggestions] == ["pilot"]


def test_the_told_situation_decides_among_deals_of_the_same_facts() -> None:
    table = table_of(*(deal(name, "won") for name in ("cold", "paper", "price", "silent")))
    situations = told(table, "冷凍倉庫 電波 届かない", "紙 日報 夜勤", "見積もり 高い 値引き", "")
    likeness = situations.likeness(situations.of_deal(0))  # type: ignore[arg-type]
    assert likeness[:3].argmax() == 0 and np.isnan(likeness[3]) and situations.of_deal(3) is None


def test_one_common_trouble_is_found_among_other_parts() -> None:
    table = table_of(*(deal(name, "won") for name in "abcd"))
    trouble = "冷凍庫では電波が届かず記録が消える"
    situations = told(
        table, f"展示会で会った\n{trouble}", f"紹介で来た\n{trouble}", "紹介で来た\n見積もりが高い", "夜勤の日報"
    )
    likeness = situations.likeness(situations.of_deal(0))  # type: ignore[arg-type]
    assert likeness[1] > likeness[2] and likeness[1] > likeness[3]
    assert situations.between(0, 1) == pytest.approx(float(likeness[1]), abs=1e-5)


def test_rare_words_in_common_count_more_than_frequent_ones() -> None:
    words = SharedWords([("日報", "電波", "冷凍"), ("日報", "電波"), ("日報", "監査"), ("日報", "監査"), ()])
    cosines = words.cosines(("日報", "電波", "誰も知らない"))
    assert cosines[1] == pytest.approx(1.0) and cosines[1] > cosines[2] > 0 and cosines[4] == 0
    assert SharedWords([]).cosines(("日報",)).tolist() == []


@given(st.lists(st.sampled_from(["won", "lost", "no-decision", "open"]), max_size=30), st.permutations(list(range(30))))
def test_the_order_of_the_deals_does_not_change_the_rate(ends: list[str], order: list[int]) -> None:
    deals = [deal(f"d{n}", end, industry=("食品",) if n % 3 else (), size=50 * (n + 1)) for n, end in enumerate(ends)]
    asked = Asked(industry=("食品",), size=300)
    rates = []
    for some in (deals, [deals[n] for n in order if n < len(deals)]):
        table = table_of(*some)
        likeness = together(parts_of(asked, table, told(table), None), len(table))
        rates.append(neighbour_rate(table, likeness, np.ones(len(table), np.bool_)))
    assert rates[0].mean == pytest.approx(rates[1].mean)
    assert (rates[0].won, rates[0].lost) == (rates[1].won, rates[1].lost)


def test_the_weights_of_all_parts_are_one_whole() -> None:
    assert sum(WEIGHTS.values()) == pytest.approx(1.0)


@pytest.fixture
def library(index: Index, entries: Path, engines: Engines) -> Iterator[Library]:
    for name, outcome, industry in (("a", "won", "食品"), ("b", "lost", "食品"), ("c", "open", "物流")):
        head = f"---\nkind: deal\noutcome: {outcome}\nindustry: {industry}\n---\n"
        write(entries, f"deals/{name}.md", f"{head}## 経緯\n工場の紙の日報 {name}\n## 結果\n{outcome}\n")
    write(entries, "deals/secret.md", "---\nkind: deal\noutcome: won\nindustry: 食品\nvisibility: sales\n---\n秘密\n")
    narrow = open_index(index.root, index.embedder, CHUNKING, visible=frozenset({"all"}), **engines.of_index())
    sync(narrow, entries)
    yield Library(lambda: narrow)
    narrow.close()


def test_the_library_compares_the_situation_of_stored_deals(library: Library) -> None:
    found = library.deals.similar(Asked(notes=("工場の紙の日報 a",)))
    assert found.by_outcome["won"][0].entry.id == "deals/a"
    assert all(len(deals) == 1 for name, deals in found.by_outcome.items() if name != "no-decision")


def test_what_a_reader_may_not_see_is_in_no_list_and_no_rate(library: Library) -> None:
    found = library.deals.similar(Asked(industry=("食品",)))
    assert [d.entry.id for d in found.by_outcome["won"]] == ["deals/a"]
    assert found.rate.won == 1


def test_filters_bound_everything(library: Library) -> None:
    found = library.deals.similar(Asked(notes=("日報",)), filters=Filters((("industry", ("物流",)),)))
    assert [d.entry.id for some in found.by_outcome.values() for d in some] == ["deals/c"]


def test_mistakes_are_named(library: Library) -> None:
    with pytest.raises(EmptyRequestError):
        library.deals.similar(Asked())
    with pytest.raises(EntryNotFoundError):
        library.deals.similar(Asked(deal_id="deals/none"))
    with pytest.raises(EntryNotFoundError):
        library.deals.similar(Asked(deal_id="deals/secret"))
    with pytest.raises(BadFilterError):
        library.deals.similar(Asked(notes=("x",)), filters=Filters((("outcome", ("maybe",)),)))
