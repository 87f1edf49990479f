"""Does the win rate of similar deals predict outcomes? Leave-one-out over all decided deals."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench import sets
from bench.indexes import Bench, sample_library
from bench.report import Figure, publish
from bench.sets import as_entry
from kb.entry import Deal, Entry
from kb.index.snapshot import SituationTable
from kb.insight.asked import asked_of
from kb.insight.deals import LOST, WON, DealTable, deal_table
from kb.insight.foretelling import forecast
from kb.insight.likeness import parts_of, together
from kb.insight.situations import Situations
from kb.playbook import Playbook

CRM = sets.SHARED / "crm_maven"
OUTCOMES = {"Won": "won", "Lost": "lost"}
RESAMPLES = 2_000  # of the deals, for the intervals
JUDGED = Path(__file__).parent / "similar_deals.jsonl"
FIRST = 5
PAIRS = 2_000  # of a won and a lost deal, for the AUC
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Forecasts:
    """Leave-one-out predictions of decided deals, and leave-pair-out comparisons of a won and a lost deal."""

    won: NDArray[np.bool_]  # per deal
    predicted: Floats
    base: Floats  # the share of wins of all others: the baseline
    pairs: NDArray[np.int64]  # one row per pair: indexes of the won and the lost deal in the columns above
    right: Floats  # 1 if the won deal of a pair has the higher prediction, 1/2 for a tie


def measure_outcomes(bench: Bench) -> None:
    """Measure how well similar deals predict outcomes."""
    library = sample_library(bench)
    insights = library.deals.insights
    figures = [_judged(insights.deals, insights.situations, library.playbook)]
    figures += _figures("sample entries", predict(insights.deals, insights.situations, library.playbook))
    library.close()
    if CRM.is_dir():
        table = deal_table(list(enumerate(crm_deals())), Playbook(), {})
        nothing = Situations.of(table, SituationTable(np.zeros(0, np.int64), (), np.zeros((0, 0), np.float32), ()))
        figures += _figures("CRM export, facts only", predict(table, nothing, Playbook()))
    else:
        bench.console.print(f"[yellow]{CRM} not found: skipping its deals.[/]")
    publish(bench.console, bench.folder, "outcomes", figures)


def _judged(table: DealTable, situations: Situations, playbook: Playbook) -> Figure:
    """Return the recall of pairs judged similar among the FIRST nearest, of any outcome."""
    found = judged = 0
    for line in JUDGED.read_text("utf-8").splitlines():
        row = json.loads(line)
        deal = table.places[row["deal"]]
        asked = asked_of(table.deals[deal], playbook)
        likeness = together(parts_of(asked, table, situations, situations.of_deal(deal)), len(table))
        likeness[deal] = -1
        first = {table.deals[place].id for place in np.argsort(-likeness, kind="stable")[:FIRST]}
        found += len(first & set(row["similar"]))
        judged += len(row["similar"])
    return Figure(f"judged similar pairs among the first {FIRST}", found / judged, "", ">=", 0.8, f"{judged} pairs")


def predict(table: DealTable, situations: Situations, playbook: Playbook) -> Forecasts:
    """Predict every decided deal, and pairs.

    Leaving out a won deal lowers the rate of similar ones, leaving out a lost one raises it. So wins look worse than
    losses even without any signal, and the AUC is taken over pairs left out together (Airola and others 2011).
    """
    decided = np.flatnonzero(np.isin(table.outcomes, (WON, LOST)))
    won = table.outcomes[decided] == WON
    rate = partial(forecast, table, situations, playbook)
    predicted = np.array([rate(deal, (deal,)) for deal in decided.tolist()])
    pairs = _pairs(won)
    right = []
    for first, second in pairs:
        both = (int(decided[first]), int(decided[second]))
        better = rate(both[0], both) - rate(both[1], both)
        right.append(0.5 if better == 0 else float(better > 0))
    return Forecasts(won, predicted, (won.sum() - won) / (len(won) - 1), pairs, np.array(right))


def _pairs(won: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return all pairs of a won and a lost deal, or up to PAIRS disjoint random ones."""
    random = np.random.default_rng(1)
    wins, losses = np.flatnonzero(won), np.flatnonzero(~won)
    if len(wins) * len(losses) <= PAIRS:
        return np.stack([axis.ravel() for axis in np.meshgrid(wins, losses)], axis=1)
    count = min(PAIRS, len(wins), len(losses))
    return np.stack([random.permutation(wins)[:count], random.permutation(losses)[:count]], axis=1)


def crm_deals() -> Iterator[Entry]:
    """Return the closed deals of the CRM export as entries with facts only."""
    accounts = {row["account"]: row for row in _rows(CRM / "accounts.csv")}
    closed = (row for row in _rows(CRM / "sales_pipeline.csv") if row["deal_stage"] in OUTCOMES)
    for row in closed:
        account = accounts.get(row["account"], {})
        employees = account.get("employees", "")
        outcome = OUTCOMES[row["deal_stage"]]
        yield as_entry(
            f"crm/{row['opportunity_id']}",
            row["opportunity_id"],
            "",
            kind="deal",
            date=date.fromisoformat(row["close_date"]),
            industry=(account["sector"],) if account else (),
            product=(row["product"],),
            deal=Deal(outcome=outcome, size=int(employees) if employees else None),  # type: ignore[arg-type]
        )


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        yield from csv.DictReader(file)


def _figures(name: str, found: Forecasts) -> list[Figure]:
    """Return the Brier scores of prediction and base rate, and the AUC, with 90 % bootstrap intervals."""
    count = len(found.won)
    gains = (found.base - found.won) ** 2 - (found.predicted - found.won) ** 2
    random = np.random.default_rng(1)
    times = random.multinomial(count, np.full(count, 1 / count), size=RESAMPLES)  # frequency of each deal per resample
    weights = times[:, found.pairs[:, 0]] * times[:, found.pairs[:, 1]]
    aucs = (weights @ found.right) / np.maximum(weights.sum(axis=1), 1)
    return [
        Figure(f"{name}: deals", count),
        Figure(f"{name}: Brier score of similar deals", float(np.mean((found.predicted - found.won) ** 2))),
        Figure(f"{name}: Brier score of the base rate", float(np.mean((found.base - found.won) ** 2))),
        Figure(f"{name}: gain over the base rate", float(gains.mean()), note=f"90 %: {_span(times @ gains / count)}"),
        Figure(f"{name}: AUC", float(found.right.mean()), note=f"90 %: {_span(aucs)}; {len(found.right):,} pairs"),
    ]


def _span(values: Floats) -> str:
    low, high = np.quantile(values, [0.05, 0.95])
    return f"{low:.3f} to {high:.3f}"
