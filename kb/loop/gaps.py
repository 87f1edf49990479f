"""Gaps: failed searches, grouped by meaning, most urgent first.

A search whose hits nobody used is no gap: something was found. Those are a list of their own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from kb.currencies import HOME, Worth
from kb.index.analysis import fold
from kb.loop.activity import GapRow, Searched
from kb.loop.noise import is_noise, on_the_way

Why = Literal["nothing", "weak", "unopened", "filtered"]
WHYS: tuple[Why, ...] = ("nothing", "weak", "filtered")  # of gaps
UNUSED: tuple[Why, ...] = ("unopened",)  # something was found, but nothing of it opened, copied or called helpful
OPENING_MINUTES = 30  # a search without a used hit after this time
LOOKED_BACK = timedelta(days=90)
MOST_QUERIES = 1_000  # distinct wordings to cluster, the latest
LEAST_UNOPENED = 2  # devices: a single reader may have found the snippet sufficient
PROGRAM = "api"  # asker of API searches, which open nothing

Cluster = Callable[[Sequence[str]], Sequence[int]]  # distinct wordings → group of each
Namer = Callable[[Sequence[str]], int]  # wordings of a group → index of the representative one


@dataclass(frozen=True, slots=True)
class Gap:
    """A need no entry answers yet."""

    query: str  # folded; identifies the gap
    wording: str  # as typed
    filters: str  # of that search, as logged
    why: Why  # most often
    whys: Mapping[str, int]
    times: int
    askers: frozenset[str]
    amount: int  # of the open deals it was searched for, in `currency`
    deals: tuple[str, ...]
    wordings: tuple[str, ...]  # most frequent first
    last: str  # UTC, ISO
    decided: GapRow | None = None
    currency: str = HOME
    apart: tuple[tuple[str, int], ...] = ()  # amounts in currencies without a rate


def gaps(
    searches: Sequence[Searched],
    opened: Collection[str],
    decided: Mapping[str, GapRow],
    cluster: Cluster,
    name: Namer,
    worth: Worth,
    now: datetime,
    whys: Collection[Why] = WHYS,
) -> list[Gap]:
    """Return the open gaps, by the amount of their open deals, then by the number of askers.

    An amount in a currency without a rate is larger than none and smaller than any in the home currency.

    With `whys` UNUSED, return the searches whose hits nobody used instead. `opened` are ids of searches with a used
    hit, `worth` the amounts of open deals by id. A closed or dismissed gap is reopened by a later failed search.
    """
    passing = on_the_way(searches)
    asked_for = (s for s in searches if s.id not in passing and not is_noise(s.query))
    why = {s.id: reason for s in asked_for if (reason := failure(s, s.id in opened, now)) in whys and reason}
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
            found.append(_gap(members, asked, why, known, name, worth))
    kept = [gap for gap in found if gap.why != "unopened" or len(gap.askers) >= LEAST_UNOPENED]
    return sorted(kept, key=lambda gap: (-gap.amount, not gap.apart, -len(gap.askers), -gap.times, gap.query))


def failure(search: Searched, is_opened: bool, now: datetime) -> Why | None:
    """Return how a search failed; None if it did not, or if it is too early to tell."""
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
    worth: Worth,
) -> Gap:
    is_open = known is not None and known.state == "open"
    often = Counter(fold(search.query) for search in asked)
    heads = [wording for wording in members if often[wording] == max(often.values())]
    query = known.query if known and is_open else heads[name(heads)]
    typed = Counter(search.query for search in asked)
    named = [search for search in asked if fold(search.query) == query] or list(asked)
    deals = tuple(sorted({search.deal for search in asked if search.deal in worth.of}))
    amount, apart = worth.total(deals)
    reasons = Counter(why[search.id] for search in asked)
    return Gap(
        query=query,
        wording=known.wording if known and is_open else named[-1].query,
        filters=known.filters if known and is_open else named[-1].filters,
        why=max((*WHYS, *UNUSED), key=lambda reason: reasons[reason]),
        whys={reason: reasons[reason] for reason in (*WHYS, *UNUSED) if reasons[reason]},
        times=len(asked),
        askers=frozenset(search.asker for search in asked),
        amount=amount,
        deals=deals,
        wordings=tuple(text for text, _ in typed.most_common()),
        last=max(search.at for search in asked),
        decided=known if is_open else None,
        currency=worth.home,
        apart=apart,
    )
