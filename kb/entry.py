"""The domain model: what one entry of the knowledge base is.

Standard library only, besides the register of its fields: every other module may import this one.
"""

from __future__ import annotations

import datetime
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from kb.choices import CHOICES
from kb.choices import KINDS as KINDS
from kb.choices import OUTCOMES as OUTCOMES
from kb.fields import BY_NAME, FIELDS, FILTERS
from kb.fields import FACETS as FACETS

Kind = Literal["talk-track", "deal", "campaign", "content", "note"]
Team = Literal["sales", "marketing"]
Outcome = Literal["won", "lost", "no-decision", "open"]
Language = Literal["ja", "en"]
Status = Literal["draft", "published", "archived"]
Audience = Literal["all", "sales", "marketing", "joint", "private"]  # besides groups, which have any name
Visibility = str  # the names of one or several audiences, with commas between them
ReasonSource = Literal["rep", "buyer", "manager", "crm"]

VISIBILITIES: frozenset[str] = frozenset(CHOICES["visibility"].keys)  # shown together: everything is, groups as well
JOINT: Audience = "joint"  # for members of all teams
PRIVATE: Audience = "private"  # for the owner; shown to others only where everything is
AUDIENCES = VISIBILITIES - {JOINT, PRIVATE}  # what a server can be set to show
TEAMS = AUDIENCES - {"all"}
_PERIOD = re.compile(r"\d{4}-(?:W\d{2}|\d{2})")  # of a meeting: an ISO week or a month
PARTS = {"deal": "deal", "talk-track": "talk_track", "campaign": "campaign"}  # kind → field that holds its own details


def shown_to(audiences: frozenset[str]) -> frozenset[str]:
    """Return the visibilities shown to some audiences: all of them only where no audience is missing."""
    return VISIBILITIES if audiences >= AUDIENCES else audiences


def narrowest(quoted: Iterable[str]) -> Visibility:
    """Return the visibility of a text that quotes entries with these: where it is shown, all of them are.

    That is every audience whose members see all of them; where there is none, its owner alone.
    """
    restricted = [names for one in quoted if "all" not in (names := one.split(", "))]
    if not restricted:
        return "all"
    known = {JOINT}.union(*restricted)
    fit = {one for one in known if all(any(implies(one, other) for other in names) for names in restricted)}
    widest = {one for one in fit if not any(implies(one, other) for other in fit - {one})}
    return ", ".join(sorted(widest, key=lambda name: (name not in TEAMS, name))) or PRIVATE


def implies(audience: str, other: str) -> bool:
    """Whether the members of an audience see what is for another: those of /Sales/Tokyo see what is for /Sales."""
    one, above = audience_key(audience), audience_key(other)
    return one == above or (one == JOINT and above in TEAMS) or (above[:1] == "/" and one.startswith(f"{above}/"))


def audience_key(name: str) -> str:
    """Return the name of an audience as names are compared; a team may be written in any of its spellings."""
    key = unicodedata.normalize("NFKC", name).strip().rstrip("/").casefold()
    team = CHOICES["team"].find(key)
    return team.key if team else key


def owner_key(name: str) -> str:
    """Return the name of an owner as owners are compared: without case, width and spaces."""
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())


def is_shown(audiences: Iterable[str], visible: frozenset[str]) -> bool:
    """Whether what is for some audiences is visible."""
    return visible >= VISIBILITIES or not visible.isdisjoint(audiences)


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
    """Why a deal was won or lost, according to whom."""

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
    """Details of a deal."""

    outcome: Outcome | None = None
    customer: str = ""
    size: int | None = None  # employees
    amount: int | None = None  # in whole units of `currency`
    currency: str = "JPY"
    started_on: datetime.date | None = None
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
    """Details of a talk track."""

    persona: str = ""
    stage: str = ""
    objection: str = ""


@dataclass(frozen=True, slots=True)
class Campaign:
    """Details of a campaign."""

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
    tag: tuple[str, ...] = ()
    industry: tuple[str, ...] = ()
    product: tuple[str, ...] = ()
    competitor: tuple[str, ...] = ()
    angle: tuple[str, ...] = ()  # keys of the playbook
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
    def audiences(self) -> tuple[str, ...]:
        """Who sees the entry: the names of audiences as they are compared, that of the owner if it is private."""
        names = tuple(audience_key(name) for name in self.visibility.split(", "))
        return tuple(f"{PRIVATE}:{owner_key(self.owner)}" if name == PRIVATE else name for name in names)

    @property
    def outcome(self) -> Outcome | None:
        """The outcome of a deal; None for everything else."""
        return self.deal.outcome if self.deal else None

    @property
    def meeting(self) -> str:
        """The period of a meeting note, as written; empty for everything else."""
        named = (value.strip() for key, value in self.extra if key == "meeting")
        return next(named, "") if self.kind == "note" else ""

    @property
    def is_meeting(self) -> bool:
        """Whether this is the note of a saved meeting."""
        return bool(_PERIOD.fullmatch(self.meeting.upper()))

    @property
    def sort_date(self) -> str:
        """The day an entry is listed under, as ISO text; empty when it has none."""
        day = (self.deal.closed_on if self.deal else None) or self.date
        return day.isoformat() if day else ""

    def value(self, name: str) -> Any:
        """Return the value of a field of the register; None where entries of this kind have no such field."""
        kinds = BY_NAME[name].kinds
        holders = (getattr(self, PARTS[kind]) for kind in kinds) if kinds else (self,)
        return next((getattr(holder, name) for holder in holders if holder is not None), None)

    def values(self, name: str) -> tuple[str, ...]:
        """Return the non-empty values of a field of the register as a tuple."""
        found = self.value(name)
        return found if isinstance(found, tuple) else (found,) if found else ()

    def facet_values(self) -> Mapping[str, Sequence[str]]:
        """Return the entry's values for each filter of the register."""
        return {name: self.values(name) for name in FILTERS}

    def links(self) -> Sequence[tuple[str, str]]:
        """Return (relation, entry id) of every link in the front matter."""
        named = (field.name for field in FIELDS if field.shape in ("link", "links"))
        return [(name, target) for name in named for target in self.values(name)]


@dataclass(frozen=True, slots=True)
class Chunk:
    """A passage small enough to embed, and its place in the file."""

    id: str  # entry, heading and slot: stable while other sections change or move
    entry_id: str
    headings: tuple[str, ...]  # outermost first, without the entry's title
    text: str  # the passage as written
    line_start: int  # in the file, from 1
    line_end: int  # inclusive

    @property
    def heading(self) -> str:
        """The heading path as one line; empty before the first heading."""
        return " › ".join(self.headings)
