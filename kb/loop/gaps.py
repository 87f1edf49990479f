"""What people searched for and did not find, grouped by what they meant, the most pressing first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from kb.index.analysis import fold
from kb.loop.activity import GapRow, Searched

Why = Literal["nothing", "weak", "unopened", "filtered"]
WHYS: tuple[Why, ...] = ("nothing", "weak", "filtered", "unopened")
OPENING_MINUTES = 30  # a search whose hits are still unopened after so long was no help
LOOKED_BACK = timedelta(days=90)
MOST_QUERIES = 1_000  # different wordings that are grouped, the latest
LEAST_UNOPENED = 2  # people: one who did not open anything may just have read the snippet
PROGRAM = "api"  # searches by programs open nothing

Cluster = Callable[[Sequence[str]], Sequence[int]]  # different wordings → number of the group of each
Namer = Callable[[Sequence[str]], int]  # wordings of a group → place of the one that stands for all


@dataclass(frozen=True, slots=True)
class Gap:
    """A need nobody has written down yet."""

    query: str  # folded; by which it is known again
    wording: str  # as somebody typed it
    filters: str  # of that search, as the log keeps them
    why: Why  # most often
    whys: Mapping[str, int]
    times: int
    askers: frozenset[str]
    amount: int  # of the open deals it was asked for
    deals: tuple[str, ...]
    wordings: tuple[str, ...]  # the frequent ones first
    last: str  # UTC, ISO
    decided: GapRow | None = None


def gaps(
    searches: Sequence[Searched],
    opened: Collection[str],
    decided: Mapping[str, GapRow],
    cluster: Cluster,
    name: Namer,
    amounts: Mapping[str, int],
    now: datetime,
) -> list[Gap]:
    """Return the gaps that are open, by the amount of the open deals they were asked for, then by how many asked.

    `opened` are ids of searches that led somewhere, `amounts` the open deals with theirs. A gap that was closed or
    dismissed comes back when it is searched for in vain again afterwards.
    """
    why = {s.id: reason for s in searches if (reason := why_not(s, s.id in opened, now))}
    failed = [search for search in searches if search.id in why]
    folded = {query: fold(query) for query in {search.query for search in failed}}  # many ask the same
    wordings = list(dict.fromkeys(folded[search.query] for search in reversed(failed)))[:MOST_QUERIES]
    groups: dict[int, list[str]] = {}
    for wording, group in zip(wordings, cluster(wordings), strict=True):
        groups.setdefault(group, []).append(wording)
    by_wording: dict[str, list[Searched]] = {}
    for search in failed:
        by_wording.setdefault(folded[search.query], []).append(search)
    found = []
    for members in groups.values():
        known = next((decided[wording] for wording in members if wording in decided), None)
        asked = [search for wording in members for search in by_wording[wording] if _counts(search, known)]
        if asked:
            found.append(_gap(members, asked, why, known, name, amounts))
    kept = [gap for gap in found if gap.why != "unopened" or len(gap.askers) >= LEAST_UNOPENED]
    return sorted(kept, key=lambda gap: (-gap.amount, -len(gap.askers), -gap.times, gap.query))


def why_not(search: Searched, is_opened: bool, now: datetime) -> Why | None:
    """Return in which way a search was in vain; None when it was not, or when that is not known yet."""
    if is_opened:
        return None
    if search.confidence == "none" or not search.total:
        if search.hidden:
            return "filtered"
        return "weak" if search.total else "nothing"
    waited = now - datetime.fromisoformat(search.at) >= timedelta(minutes=OPENING_MINUTES)
    return "unopened" if waited and search.asker != PROGRAM else None


def _counts(search: Searched, known: GapRow | None) -> bool:
    return known is None or known.state == "open" or search.at > known.changed_at


def _gap(
    members: Sequence[str],
    asked: Sequence[Searched],
    why: Mapping[str, Why],
    known: GapRow | None,
    name: Namer,
    amounts: Mapping[str, int],
) -> Gap:
    is_open = known is not None and known.state == "open"
    query = known.query if known and is_open else members[name(members)]
    said = Counter(search.query for search in asked)
    named = [search for search in asked if fold(search.query) == query] or list(asked)
    deals = tuple(sorted({search.deal for search in asked if search.deal in amounts}))
    reasons = Counter(why[search.id] for search in asked)
    return Gap(
        query=query,
        wording=known.wording if known and is_open else named[-1].query,
        filters=known.filters if known and is_open else named[-1].filters,
        why=max(WHYS, key=lambda reason: reasons[reason]),
        whys={reason: reasons[reason] for reason in WHYS if reasons[reason]},
        times=len(asked),
        askers=frozenset(search.asker for search in asked),
        amount=sum(amounts[deal] for deal in deals),
        deals=deals,
        wordings=tuple(text for text, _ in said.most_common()),
        last=max(search.at for search in asked),
        decided=known if is_open else None,
    )
