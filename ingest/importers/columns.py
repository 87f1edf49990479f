"""Which column of a table holds which field, by the profile whose headers it has."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ingest.importers.errors import ImportRefusedError
from ingest.importers.profiles import FIELDS, Profile, profiles
from ingest.importers.stages import folded
from ingest.importers.units import UNIT_TAIL, Unit, unit_in_header
from kb.choices import MONEY_METRICS
from kb.wording import say

MONEY = ("amount", "expected_amount", *MONEY_METRICS)
STATUS = ("Status", "Deal Status", "ステータス", "状態", "案件ステータス", "商談ステータス")
_CURRENCIES = ("{} Currency", "Currency of {}", "{} 通貨", "{}の通貨")
_MARKS = re.compile(r"^[\s*※●○◎■□▼▲]+|[\s*※↑↓▲▼]+$")
_BRACKETED = re.compile(r"\s*[(\[【〔<][^()\[\]【】〔〕<>%]*[)\]】〕>]\s*$")


@dataclass(frozen=True, slots=True)
class Columns:
    """A profile applied to the headers of a table."""

    profile: Profile
    places: Mapping[str, int]  # field → column index
    headers: tuple[str, ...]
    units: Mapping[str, Unit] = field(default_factory=dict)  # field → unit of its column
    tied: tuple[str, ...] = ()  # other profiles that match as many headers

    @property
    def used(self) -> dict[str, str]:
        """The header of each field that has a column."""
        return {name: self.headers[place] for name, place in self.places.items()}

    @property
    def ignored(self) -> list[str]:
        """The headers without a field."""
        return [header for place, header in enumerate(self.headers) if place not in self.places.values()]

    def with_column(self, name: str, header: str) -> Columns:
        """Return the columns with another one for a field; an empty header takes it away. Raises ImportRefusedError."""
        if name not in FIELDS[self.profile.kind]:
            allowed = ", ".join(FIELDS[self.profile.kind])
            raise ImportRefusedError(say("Unknown field '{name}'; use {choices}.", name=name, choices=allowed))
        if not header:
            return self.with_place(name, None)
        place = next((at for at, text in enumerate(self.headers) if spelled(text) == spelled(header)), None)
        if place is None:
            named = ", ".join(filter(None, self.headers))[:500]
            raise ImportRefusedError(say("No column '{header}'. Columns: {headers}.", header=header, headers=named))
        return self.with_place(name, place)

    def with_place(self, name: str, place: int | None) -> Columns:
        """Return the columns with the one at a place for a field; None takes the field away."""
        places = {n: at for n, at in self.places.items() if n != name and at != place}
        places |= {} if place is None else {name: place}
        ordered = {n: places[n] for n in FIELDS[self.profile.kind] if n in places}
        units = {n: unit for n, unit in self.units.items() if n in places and n != name}
        if name in MONEY and place is not None and (unit := unit_in_header(self.headers[place])):
            units[name] = unit
        return replace(self, places=ordered, units=units)


def choose(headers: Sequence[str], kinds: Iterable[str]) -> Columns:
    """Return the profile that matches most headers, applied; among equals the one whose id column is there."""
    applied = [apply(profile, headers) for kind in kinds for profile in profiles(kind)]
    most = max(len(columns.places) for columns in applied)
    equal = [columns for columns in applied if len(columns.places) == most]
    best = min(equal, key=_id_rank)
    if "crm_id" not in best.places and best.profile.kind != "accounts":
        of_kind = [columns for columns in applied if columns.profile.kind == best.profile.kind]
        best = max((c for c in of_kind if "crm_id" in c.places), key=lambda c: len(c.places), default=best)
    others = {c.profile.name for c in equal if c.profile.kind == best.profile.kind}
    others -= {best.profile.name, "generic"}
    return replace(best, tied=tuple(sorted(others)))


def apply(profile: Profile, headers: Sequence[str]) -> Columns:
    """Find the column of each field: by its first matching header, else by one with a unit or remark in brackets."""
    exact: dict[str, int] = {}
    loose: dict[str, int] = {}
    for at, header in enumerate(headers):
        exact.setdefault(spelled(header), at)
    for at, header in enumerate(headers):
        loose.setdefault(spelled(bare(header)), at)
    places: dict[str, int] = {}
    for by_spelling in (exact, loose):
        for name, spellings in profile.fields.items():
            if name not in places:
                _place(places, name, [by_spelling.get(spelled(text)) for text in spellings])
    if profile.kind == "deals":
        _beside(places, headers, exact)
    ordered = {name: places[name] for name in FIELDS[profile.kind] if name in places}
    units = {name: unit_in_header(headers[ordered[name]]) for name in MONEY if name in ordered}
    return Columns(profile, ordered, tuple(headers), {name: unit for name, unit in units.items() if unit})


def bare(header: str) -> str:
    """Return a header without marks, and without a unit or a remark in brackets at its end."""
    plain = _MARKS.sub("", unicodedata.normalize("NFKC", header).strip())
    return UNIT_TAIL.sub("", _MARKS.sub("", _BRACKETED.sub("", plain))) or plain


def spelled(text: str) -> str:
    """Return a header in the form used to compare spellings."""
    return folded(unicodedata.normalize("NFKC", text).strip().removesuffix("__c"))


def known_headers(kinds: Iterable[str]) -> frozenset[str]:
    """Return all spellings of headers that profiles know, to recognise a header row."""
    of_all = (profile for kind in kinds for profile in profiles(kind))
    return frozenset(spelled(text) for p in of_all for spellings in p.fields.values() for text in spellings)


def _beside(places: dict[str, int], headers: Sequence[str], exact: Mapping[str, int]) -> None:
    """Find the currency of the amount's own column, and a status beside a stage, which says more than it."""
    if "amount" in places:
        own = [exact.get(spelled(form.format(headers[places["amount"]]))) for form in _CURRENCIES]
        if any(place is not None for place in own):
            places.pop("currency", None)
            _place(places, "currency", own)
    if "stage" in places and "outcome" not in places:
        _place(places, "outcome", [exact.get(spelled(text)) for text in STATUS])


def _place(places: dict[str, int], name: str, candidates: Iterable[int | None]) -> None:
    place = next((place for place in candidates if place is not None and place not in places.values()), None)
    if place is not None:
        places[name] = place


def _id_rank(columns: Columns) -> int:
    """Return how far down its profile's list the header of the id column stands."""
    place = columns.places.get("crm_id")
    if place is None:
        return len(columns.headers) + 100
    spellings = [spelled(text) for text in columns.profile.fields.get("crm_id", ())]
    header = spelled(columns.headers[place])
    return spellings.index(header) if header in spellings else len(spellings)
