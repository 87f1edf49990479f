"""Figures for an assistant: similar deals, the scoreboard and gaps, each number with how many deals are behind it."""

from __future__ import annotations

from collections.abc import Iterable

from app.mcp.caller import Caller
from app.mcp.reading import following, short
from app.shapes.asked import asked_from
from app.shapes.assistants import (
    MOST_NAMED,
    BoardIn,
    BoardOut,
    BoardRowOut,
    CaseOut,
    CasesOut,
    CountedOut,
    CountedRateOut,
    DifferenceRowOut,
    GapRowOut,
    GapsIn,
    GapsOut,
    SimilarIn,
    UsedOut,
)
from app.shapes.similar import RateOut
from app.words.board_labels import board_labels
from app.words.deals import ValueNames, dimension_name
from app.words.similar_words import foretelling_words, headline
from kb.entry import Entry
from kb.insight.asked import FACTS, Asked
from kb.insight.contrast import Contrast
from kb.insight.pairs import Suggestion
from kb.insight.scoreboard import Counts, OutcomeOf, Row
from kb.insight.similar import SimilarDeals
from kb.loop.gaps import Gap

MOST_DIFFERENCES = 8
DIGITS = 4


def similar_deals(caller: Caller, asked: SimilarIn) -> CasesOut:
    """Find past deals like a live one: how they ended, what differed between won and lost ones, what was used.

    Give notes as `text`, an entry's `deal_id`, or facts. Say n with every rate; the guide says what a rate is worth.
    """
    library, reader = caller.library, caller.reader
    deal = asked_from(library, asked.text, asked.deal_id, asked.facts())
    filters, strength = asked.filters.filters(), caller.services.settings.strength
    found = library.deals.similar(deal, filters=filters, count=asked.k, strength=strength)
    names = ValueNames.for_similar(reader, library, found)
    told = [contrast for contrast in found.contrasts if contrast.verdict in ("won", "lost")]
    sides = {name: [_case(one.entry, caller) for one in deals] for name, deals in found.by_outcome.items()}
    return CasesOut(
        confidence=reader(f"similar.confidence_{found.confidence}"),
        note="" if any(sides.values()) else reader("similar.none_inside" if filters else "similar.no_deals"),
        understood=_understood(found.asked),
        rate=_rate(found, caller),
        won=sides["won"],
        lost=sides["lost"],
        no_decision=sides["no-decision"],
        open=sides["open"],
        differences=[_difference(contrast, names, caller) for contrast in told[:MOST_DIFFERENCES]],
        used=[_used(one, found, names, caller) for one in found.suggestions[:MOST_NAMED]],
    )


def scoreboard(caller: Caller, asked: BoardIn) -> BoardOut:
    """Count how deals ended by angle, reason, competitor, industry, talk track …, the best supported first.

    Say n with every rate. These are patterns in the records, no promise that using something wins.
    """
    library, reader, settings = caller.library, caller.reader, caller.services.settings
    board = library.deals.scoreboard(
        asked.by, filters=asked.filters(), outcome_of=asked.outcome_of, strength=settings.strength
    )
    rows = board.scores.rows[asked.offset : asked.offset + asked.limit]
    labels = board_labels(asked.by, [row.key for row in rows], reader, library)
    base = board.scores.base
    counted = _counted(base.counts, asked.outcome_of, base.mean, base.low, base.high)
    return BoardOut(
        note="" if counted.n else reader("board.empty_filtered" if asked.filters() else "board.empty_lead"),
        base=counted,
        rows=[_row(row, labels[row.key], asked.outcome_of, caller) for row in rows],
        total=len(board.scores.rows),
        next_offset=following(asked.offset, len(rows), len(board.scores.rows)),
        address=f"{caller.base}/scoreboard",
    )


def gaps(caller: Caller, asked: GapsIn) -> GapsOut:
    """List what people searched for and no entry answers, the most pressing first."""
    every = caller.seen.gap_board.gaps()
    page = every[asked.offset : asked.offset + asked.limit]
    return GapsOut(
        gaps=[_gap(gap, caller) for gap in page],
        total=len(every),
        next_offset=following(asked.offset, len(page), len(every)),
        address=f"{caller.base}/gaps",
    )


def _case(entry: Entry, caller: Caller) -> CaseOut:
    deal, reader = entry.deal, caller.reader
    if deal is None:
        raise TypeError(f"{entry.id} is no deal")
    return CaseOut(
        id=entry.id,
        title=short(entry.title),
        customer=short(deal.customer),
        outcome=deal.outcome,
        date=entry.sort_date,
        amount="" if deal.amount is None else reader.money(deal.amount, deal.currency),
        reasons=[short(reader.label("reason", one.code, deal.outcome)) for one in deal.reasons[:MOST_NAMED]],
        address=caller.address(entry.id),
    )


def _understood(asked: Asked) -> dict[str, list[str]]:
    several = {name: [short(value) for value in getattr(asked, name)[:MOST_NAMED]] for name in FACTS}
    single = {name: [short(str(value))] for name in ("size", "amount", "stage") if (value := getattr(asked, name))}
    return {name: values for name, values in {**several, **single}.items() if values}


def _rate(found: SimilarDeals, caller: Caller) -> CountedRateOut:
    foretelling = caller.library.deals.foretelling()
    return CountedRateOut(
        **RateOut.model_validate(found.rate).model_dump(),
        n=found.rate.won + found.rate.lost,
        words=headline(found, foretelling.verdict, caller.reader),
        guide=foretelling_words(foretelling, caller.reader),
    )


def _difference(contrast: Contrast, names: ValueNames, caller: Caller) -> DifferenceRowOut:
    counts = {name: getattr(contrast, name) for name in ("won", "won_of", "lost", "lost_of")}
    return DifferenceRowOut(
        what=dimension_name(contrast.factor, caller.reader),
        value=short(names.of(contrast.factor, contrast.value)),
        more_in="won" if contrast.verdict == "won" else "lost",
        deals=_some(contrast.evidence),
        **counts,
    )


def _used(one: Suggestion, found: SimilarDeals, names: ValueNames, caller: Caller) -> UsedOut:
    return UsedOut(
        id=one.value,
        title=short(names.of(one.factor, one.value)),
        kind=names.kind(one.factor, one.value),
        address="" if one.factor == "angle" else caller.address(one.value),
        because=names.because(one, found),
        deals=_some(one.evidence),
    )


def _row(row: Row, label: str, outcome_of: OutcomeOf, caller: Caller) -> BoardRowOut:
    rate, reader = row.rate, caller.reader
    counted = _counted(row.counts, outcome_of, rate.mean, rate.low, rate.high, means=not row.is_one_sided)
    side = "won" if row.counts.won else "lost" if row.counts.lost else "none"
    verdict = reader(f"verdict.only_{side}" if row.is_one_sided else f"verdict.{row.verdict}")
    return BoardRowOut(
        **counted.model_dump(), key=short(row.key), label=short(label), verdict=verdict, deals=_some(row.evidence)
    )


def _counted(
    counts: Counts, outcome_of: OutcomeOf, mean: float, low: float, high: float, *, means: bool = True
) -> CountedOut:
    n = counts.won + counts.lost + (counts.no_decision if outcome_of == "closed" else 0)
    rate = (round(mean, DIGITS), round(low, DIGITS), round(high, DIGITS)) if n and means else (None, None, None)
    return CountedOut(
        won=counts.won,
        lost=counts.lost,
        no_decision=counts.no_decision,
        open=counts.open,
        n=n,
        rate=rate[0],
        low=rate[1],
        high=rate[2],
    )


def _gap(gap: Gap, caller: Caller) -> GapRowOut:
    reader = caller.reader
    return GapRowOut(
        wording=short(gap.wording),
        why=reader(f"gaps.why_{gap.why}"),
        n=gap.times,
        people=len(gap.askers),
        amount=reader.sums(gap.amount, gap.currency, gap.apart),
        deals=_some(gap.deals),
        wordings=[short(wording) for wording in gap.wordings[:MOST_NAMED]],
        owner=reader.person(gap.decided.owner) if gap.decided else "",
        due=gap.decided.due if gap.decided else "",
    )


def _some(ids: Iterable[str]) -> list[str]:
    return list(ids)[:MOST_NAMED]
