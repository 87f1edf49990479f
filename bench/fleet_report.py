"""What a campaign has shown: figures with targets, and the details behind them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bench.ledger import FOREVER, Ledger
from bench.report import Figure
from bench.tally import Found, Tally
from kb.index.database_place import TURN_SECONDS

FOUND_SECONDS = 10.0  # until a save is found on every server, for 95 % of them
SLOWEST = 20  # of those that took longest to be found


def details_of(tally: Tally, judged: tuple[list[str], list[str], list[str]], apart: Sequence[str]) -> dict[str, Any]:
    """Return everything that was met with; `judged` are files that are lost, wrong and there twice."""
    lost, wrong, twice = judged
    slowest = sorted(tally.found, key=lambda one: one.up, reverse=True)[:SLOWEST]
    return {
        "answers": dict(tally.answers),
        "errors": dict(tally.errors),
        "kills": dict(tally.kills),
        "timeline": tally.timeline(),
        "seconds until ready again": {
            name: ", ".join(f"{one:.0f}" for one in times) for name, times in tally.starts.items()
        },
        "wrong": [*wrong, *tally.wrong],
        "lost": lost,
        "twice": twice,
        "unfound": tally.unfound,
        "apart": list(apart),
        "slowest to be found": [str(one) for one in slowest],
    }


def figures_of(tally: Tally, ledger: Ledger, details: dict[str, Any]) -> list[Figure]:
    """Return what was met with as figures."""
    acknowledged = sum(len(entry.settled(FOREVER)) for entry in ledger.written)
    starts = [one for name, times in tally.starts.items() if name.startswith("server") for one in times]
    return [
        Figure("requests", tally.answers.total()),
        Figure("kills", tally.kills.total()),
        Figure("acknowledged writes", acknowledged),
        Figure("acknowledged writes lost", len(details["lost"]), "", "<=", 0),
        Figure("wrong answers and texts, servers that did not come back", len(details["wrong"]), "", "<=", 0),
        Figure("entries saved twice", len(details["twice"]), "", "<=", 0),
        Figure("saves not found in time", len(details["unfound"]), "", "<=", 0),
        Figure("servers that show something else than the files", len(details["apart"]), "", "<=", 0),
        Figure("errors while everything was up", sum(details["errors"].values()), "", "<=", 0),
        Figure("p50 while everything was up", _share(tally.seconds, 0.5) * 1_000, "ms"),
        Figure("p95 while everything was up", _share(tally.seconds, 0.95) * 1_000, "ms"),
        *_found_figures(tally.found),
        Figure("longest until a killed server was ready again", max(starts, default=0.0), "s"),
    ]


def _found_figures(found: Sequence[Found]) -> list[Figure]:
    """Return how long saves take to be found; what the lease of a killed server may cost is allowed for."""
    calm = [one.seconds for one in found if not one.down]
    others = [one.up for one in found if one.down]
    allowed = TURN_SECONDS + FOUND_SECONDS
    return [
        Figure("saves looked for on a server", len(found)),
        Figure("p50 until found, nothing down meanwhile", _share(calm, 0.5), "s"),
        Figure("p95 until found, nothing down meanwhile", _share(calm, 0.95), "s", "<=", FOUND_SECONDS, _of(calm)),
        Figure("p50 until found, something down meanwhile *", _share(others, 0.5), "s"),
        Figure("p95 until found, something down meanwhile *", _share(others, 0.95), "s", "<=", allowed, _of(others)),
        Figure("longest until found *", max((one.up for one in found), default=0.0), "s", note="* while up"),
    ]


def _of(values: Sequence[float]) -> str:
    return f"of {len(values)}"


def _share(values: Sequence[float], share: float) -> float:
    """Return the value that a share of the values does not exceed; 0 without values."""
    ordered = sorted(values) or [0.0]
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]
