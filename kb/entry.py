"""The domain model: what one entry of the knowledge base is.

Standard library only: every other module may import this one.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

Kind = Literal["talk-track", "deal", "campaign", "note"]
Team = Literal["sales", "marketing"]
Outcome = Literal["won", "lost", "no-decision", "open"]
Language = Literal["ja", "en"]
Status = Literal["draft", "published", "archived"]
Visibility = Literal["all", "sales", "marketing"]
ReasonSource = Literal["rep", "buyer", "manager", "crm"]

KINDS: tuple[str, ...] = get_args(Kind)
TEAMS: tuple[str, ...] = get_args(Team)
OUTCOMES: tuple[str, ...] = get_args(Outcome)
VISIBILITIES: frozenset[str] = frozenset(get_args(Visibility))

# The fields a search can be narrowed by, in the order people see them.
FACETS = ("kind", "outcome", "team", "industry", "product", "competitor", "angle", "tag", "language")


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """Something an author should fix. Collected and shown, never raised."""

    path: str  # below the entries folder, with forward slashes
    line: int  # from 1
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a deal was won or lost, and who says so."""

    code: str
    source: ReasonSource | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Variant:
    """One arm of a campaign's test."""

    angle: str
    shown: int
    responded: int


@dataclass(frozen=True, slots=True)
class Deal:
    """What only a deal note knows."""

    outcome: Outcome | None = None
    customer: str = ""
    size: int | None = None  # employees
    amount: int | None = None  # in whole units of `currency`
    currency: str = "JPY"
    closed_on: datetime.date | None = None
    cycle_days: int | None = None
    stage: str = ""
    lead_source: str = ""
    campaign: str = ""  # entry id
    reasons: tuple[Reason, ...] = ()
    used: tuple[str, ...] = ()  # entry ids
    crm_id: str = ""


@dataclass(frozen=True, slots=True)
class TalkTrack:
    """What only a talk track knows."""

    persona: str = ""
    stage: str = ""
    objection: str = ""


@dataclass(frozen=True, slots=True)
class Campaign:
    """What only a campaign result knows."""

    channel: str = ""
    period: str = ""
    audience: str = ""
    metrics: Mapping[str, int] = field(default_factory=dict)  # counts; cost and revenue in yen
    variants: tuple[Variant, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """One Markdown file of the knowledge base."""

    id: str  # the path below the entries folder without .md
    path: str  # below the entries folder, with forward slashes
    title: str
    kind: Kind
    body: str  # Markdown after the front matter
    body_line: int  # the line of the file the body starts on
    language: Language
    content_hash: str  # SHA-256 of the file's bytes
    team: Team | None = None
    owner: str = ""
    date: datetime.date | None = None
    tags: tuple[str, ...] = ()
    industries: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    competitors: tuple[str, ...] = ()
    angles: tuple[str, ...] = ()  # keys of the playbook
    status: Status = "published"
    verified_by: str = ""
    verified_on: datetime.date | None = None
    review_by: datetime.date | None = None
    visibility: Visibility = "all"
    related: tuple[str, ...] = ()  # entry ids
    supersedes: tuple[str, ...] = ()  # entry ids
    derived_from: tuple[str, ...] = ()  # entry ids
    deal: Deal | None = None
    talk_track: TalkTrack | None = None
    campaign: Campaign | None = None
    extra: tuple[tuple[str, str], ...] = ()  # unknown front matter, as written

    @property
    def outcome(self) -> Outcome | None:
        """The outcome of a deal; None for everything else."""
        return self.deal.outcome if self.deal else None

    @property
    def sort_date(self) -> str:
        """The day an entry is listed under, as ISO text; empty when it has none."""
        day = (self.deal.closed_on if self.deal else None) or self.date
        return day.isoformat() if day else ""

    def facet_values(self) -> Mapping[str, Sequence[str]]:
        """Return the values the entry is found under, a list for each of FACETS."""
        return {
            "kind": [self.kind],
            "outcome": [self.outcome] if self.outcome else [],
            "team": [self.team] if self.team else [],
            "industry": self.industries,
            "product": self.products,
            "competitor": self.competitors,
            "angle": self.angles,
            "tag": self.tags,
            "language": [self.language],
        }

    def links(self) -> Sequence[tuple[str, str]]:
        """Return (relation, entry id) for every other entry the front matter names."""
        pairs = [("related", i) for i in self.related] + [("supersedes", i) for i in self.supersedes]
        pairs += [("derived_from", i) for i in self.derived_from]
        if self.deal:
            pairs += [("used", i) for i in self.deal.used]
            pairs += [("campaign", self.deal.campaign)] if self.deal.campaign else []
        return pairs


@dataclass(frozen=True, slots=True)
class Chunk:
    """A passage small enough to embed, and where a reader finds it."""

    id: str  # entry, heading and slot: stable while other sections change or move
    entry_id: str
    headings: tuple[str, ...]  # from the outermost inwards, without the entry's title
    text: str  # the passage as written
    line_start: int  # in the file, from 1
    line_end: int  # inclusive

    @property
    def heading(self) -> str:
        """The heading path as one line; empty before the first heading."""
        return " › ".join(self.headings)
