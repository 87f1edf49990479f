"""The values of a deal that similar deals are compared by."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter

from kb.entry import Entry
from kb.insight.asked import FACTS
from kb.insight.deals import lead_sources, reason_codes, size_class
from kb.insight.differences import Factor
from kb.insight.pairs import Reading
from kb.playbook import Playbook


@dataclass(frozen=True, slots=True)
class Views:
    """Functions that return values of a deal, by name."""

    contrasted: Mapping[Factor, Callable[[Entry], Sequence[str]]]
    same: Reading  # facts two deals may share
    differing: Reading  # what may have made the difference
    used: Reading  # what can be used again


def views_of(playbook: Playbook, kinds: Mapping[str, str]) -> Views:
    """Return the views; `kinds` are the kinds of entries by id."""

    def source(entry: Entry) -> Sequence[str]:
        return lead_sources(entry, playbook)

    def stage(entry: Entry) -> Sequence[str]:
        return [entry.deal.stage] if entry.deal and entry.deal.stage else ()

    def content(entry: Entry) -> Sequence[str]:
        return [used for used in entry.deal.used if used in kinds] if entry.deal else ()

    def campaign(entry: Entry) -> Sequence[str]:
        return [entry.deal.campaign] if entry.deal and entry.deal.campaign in kinds else ()

    def size(entry: Entry) -> Sequence[str]:
        known = size_class(entry.deal.size if entry.deal else None)
        return [str(known)] if known >= 0 else ()

    angle, competitor = attrgetter("angle"), attrgetter("competitor")
    return Views(
        contrasted={
            "angle": angle,
            "reason": reason_codes,
            "competitor": competitor,
            "content": content,
            "lead_source": source,
            "stage": stage,
            "tag": attrgetter("tag"),
        },
        same={
            **{name: attrgetter(name) for name in FACTS},
            "size": size,
            "lead_source": source,
        },
        differing={
            "angle": angle,
            "content": content,
            "competitor": competitor,
            "lead_source": source,
            "size": size,
            "reason": reason_codes,
        },
        used={"content": content, "campaign": campaign, "angle": angle},
    )
