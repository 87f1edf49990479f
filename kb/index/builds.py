"""The builds of an index in a database: which of them a server uses, and which may go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, text

from kb.shared.leases import Leases

USED_SECONDS = 300.0  # that a build counts as used after a server said so
UNFINISHED_HOURS = 24  # after which a build that was never served is deleted
_OTHERS = text(
    "SELECT name FROM builds WHERE label = :label AND name <> :name"
    " AND (served IS NOT NULL OR made < clock_timestamp() - make_interval(hours => :hours))"
    " ORDER BY served DESC NULLS LAST"
)
_HAS_LEASES = text("SELECT to_regclass('leases') IS NOT NULL")
_USED = text("SELECT name FROM leases WHERE starts_with(name, :beginning) AND until > clock_timestamp()")


@dataclass(frozen=True, slots=True)
class Build:
    """A build beside the one that is asked about."""

    name: str
    is_used: bool  # by a server, within the last minutes


def use(leases: Leases, label: str, name: str) -> None:
    """Say that a server uses a build. Raises SQLAlchemyError."""
    leases.share(f"{_beginning(label)}{name}", USED_SECONDS)


def other_builds(connection: Connection, label: str, name: str) -> list[Build]:
    """Return the builds beside one that were served, the last first, then those never finished."""
    names = connection.scalars(_OTHERS, {"label": label, "name": name, "hours": UNFINISHED_HOURS}).all()
    used: set[str] = set()
    if connection.scalar(_HAS_LEASES):
        beginning = _beginning(label)
        used = {one.removeprefix(beginning) for one in connection.scalars(_USED, {"beginning": beginning})}
    return [Build(one, one in used) for one in names]


def superseded(others: Sequence[Build], beginning: str) -> list[str]:
    """Return the names of builds that nobody needs any more, beside one whose name begins with `beginning`.

    The previous one stays, that of the last version or model before, and whatever a server uses.
    """
    own = [one for one in others if one.name.startswith(beginning)]
    foreign = [one for one in others if not one.name.startswith(beginning)]
    return [one.name for one in (*own[1:], *foreign[1:]) if not one.is_used]


def _beginning(label: str) -> str:
    return f"used-{label}-"
