"""What a connector is: pages of deals in the order they changed, and the ids of all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, Protocol

OVERLAP = timedelta(minutes=10)  # clocks of minutes, late commits and slow search indexes of a CRM; read again


class Mark(NamedTuple):
    """How far a CRM has been read: everything up to a time, and of that very time up to an id."""

    at: str  # ISO in UTC, as the connector writes it; empty: from the beginning
    id: str  # empty: nothing of that time


START = Mark("", "")


@dataclass(frozen=True, slots=True)
class CrmField:
    """A field of the CRM's deals."""

    code: str  # as the interface of the CRM names it
    header: str  # as profiles and mappings name it


@dataclass(frozen=True, slots=True)
class CrmDeal:
    """One deal as the CRM has it now."""

    id: str  # of the record
    changed_at: str
    cells: Mapping[str, str]  # header → value, as an export would write it


@dataclass(frozen=True, slots=True)
class Gone:
    """A deal that the CRM no longer has."""

    id: str
    into: str = ""  # the deal it was merged into; empty: it was deleted


@dataclass(frozen=True, slots=True)
class Page:
    """Some deals in the order they changed, and where to go on."""

    deals: Sequence[CrmDeal]
    mark: Mark
    is_last: bool
    gone: Sequence[Gone] = ()


class Connector(Protocol):
    """A CRM that can be read. Methods raise CrmRefusedError, CrmAwayError and CrmLaterError."""

    name: str  # as its profile is called
    place: str  # which part of which CRM, for people and to notice that it is another one

    def fields(self) -> Sequence[CrmField]:
        """Return the fields that deals have and the connection may read."""
        ...

    def page(self, after: Mark, fields: Sequence[CrmField]) -> Page:
        """Return the deals that changed next after a mark; one that changes while pages are read comes again later."""
        ...

    def ids(self) -> Iterator[str]:
        """Yield the ids of all deals there are: what is missing among them was deleted or merged."""
        ...

    def write(self, record: str, values: Mapping[str, str]) -> None:
        """Set fields of a deal, by their codes."""
        ...

    def close(self) -> None:
        """End the connections; the next request makes new ones."""
        ...


def before(mark: Mark) -> Mark:
    """Return where the next pull begins: a little earlier, since deals may have become visible late."""
    if not mark.at:
        return START
    return Mark(stamp(moment(mark.at) - OVERLAP), "")


def moment(text: str) -> datetime:
    """Return an ISO time of a CRM in UTC; one without a zone is meant so. Raises ValueError."""
    at = datetime.fromisoformat(text)
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


def stamp(at: datetime) -> str:
    """Return a time in the form of marks."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def local_day(text: str) -> str:
    """Return the day of a time where this machine is; anything else unchanged."""
    try:
        return moment(text).astimezone().date().isoformat() if "T" in text else text
    except (ValueError, OverflowError):
        return text


def as_text(value: object) -> str:
    """Return a JSON value as an export would write it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, dict):
        return as_text(value.get("name", ""))
    return "\n".join(filter(None, map(as_text, value))) if isinstance(value, list) else str(value)


def with_own_headers(fields: Sequence[CrmField]) -> list[CrmField]:
    """Return fields of which no two have the same header."""
    seen: set[str] = set()
    distinct = []
    for one in fields:
        header = one.header if one.header and one.header not in seen else f"{one.header} ({one.code})"
        seen.add(header)
        distinct.append(CrmField(one.code, header))
    return distinct
