"""Profiles of known CRMs and custom mappings: which headers hold which field, and what stages mean."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from ingest.fields import FieldError, to_choice, to_text, to_texts
from ingest.front_matter import field_of
from ingest.importers.days import ORDERS
from ingest.importers.errors import ImportRefusedError
from ingest.importers.stages import folded
from ingest.yaml_text import Line, Plain, YamlTextError, read_mapping
from kb.choices import CHOICES, METRICS
from kb.entry import Outcome
from kb.errors import why_refused
from kb.playbook import Term, Vocabulary
from kb.wording import say

FOLDER = Path(__file__).parent / "profiles"
ORDER = (
    "salesforce", "hubspot", "pipedrive", "zoho", "dynamics 365", "kintone", "sansan", "mazrica", "generic",
)  # fmt: skip  # in order of preference among equals
FIELDS: Mapping[str, tuple[str, ...]] = {
    "deals": (
        "crm_id", "title", "customer", "account_id", "outcome", "stage", "is_won", "is_closed", "amount",
        "expected_amount", "unit", "currency", "closed_on", "lost_on", "started_on", "cycle_days", "product",
        "industry", "size", "owner", "lead_source", "campaign", "competitor", "reason", "next_step", "description",
        "row_start",
    ),
    "campaigns": (
        "crm_id", "title", "channel", "period", "starts_on", "ends_on", "audience", "product", "industry", *METRICS,
        "owner", "description", "row_start",
    ),
    "accounts": ("account_id", "customer", "industry", "size"),
}  # fmt: skip
_PARTS = ("name", "kind", "fields", "outcomes", "currency", "dates", "id_from")


@dataclass(frozen=True, slots=True)
class Profile:
    """Which headers hold which field, and the defaults for stages, currency and dates."""

    name: str
    kind: str  # one of FIELDS
    fields: Mapping[str, tuple[str, ...]]  # field → headers, in order of preference
    outcomes: Mapping[str, Outcome] = field(default_factory=dict)  # folded stage → outcome
    currency: str = ""  # default of amounts without one
    dates: str = ""  # one of ORDERS; empty: detected
    id_from: tuple[str, ...] = ()  # fields that identify a record of an export without ids


def profiles(kind: str) -> list[Profile]:
    """Return the known profiles of a kind."""
    found = [profile for profile in _all() if profile.kind == kind]
    return sorted(found, key=lambda p: ORDER.index(p.name.lower()) if p.name.lower() in ORDER else len(ORDER))


def parse_profile(text: str, path: str) -> Profile:
    """Parse a profile or a mapping. Raises ImportRefusedError with the line number."""
    try:
        lines, repeated = read_mapping(text.removeprefix("\ufeff"))
    except YamlTextError as error:
        raise _wrong(path, error.line, error.sentence) from error
    for line in (*repeated, *(line for line in lines if line.key not in _PARTS)):
        raise _wrong(path, line.line, _unknown_part(line.key))
    parts = {line.key: line for line in lines}
    profile = Profile("", "deals", {})
    for name, line in parts.items():
        try:
            profile = _with_part(profile, name, line.value)
        except FieldError as error:
            raise _wrong(path, line.line, error.sentence) from error
    allowed = FIELDS[profile.kind]
    unknown = next((name for name in profile.fields if name not in allowed), None)
    if unknown or not profile.fields:
        line = parts.get("fields", Line("fields", "", 1))
        raise _wrong(path, line.line, _unknown_field(unknown or "", allowed))
    return profile


def read_profile(path: Path) -> Profile:
    """Read a mapping file. Raises ImportRefusedError."""
    try:
        profile = parse_profile(path.read_text("utf-8-sig"), path.name)
    except (OSError, UnicodeDecodeError) as error:
        why = why_refused(error) if isinstance(error, OSError) else "UTF-8"
        raise ImportRefusedError(say("'{path}' cannot be read: {why}.", path=str(path), why=why)) from error
    return replace(profile, name=profile.name or path.stem)


@cache
def common_outcomes() -> Mapping[str, Outcome]:
    """Return the outcomes of common stages, by folded spelling."""
    lines, _ = read_mapping((FOLDER / "stages.yaml").read_text("utf-8"))
    return _outcomes({line.key: line.value for line in lines})


def _with_part(profile: Profile, name: str, value: Plain) -> Profile:
    if name == "kind":
        return replace(profile, kind=to_choice(value, _words(FIELDS)))
    if name == "fields":
        return replace(profile, fields={field_of(key): to_texts(headers) for key, headers in _mapping(value).items()})
    if name == "outcomes":
        return replace(profile, outcomes=_outcomes(_mapping(value)))
    if name == "dates":
        return replace(profile, dates=to_choice(value, _words(ORDERS)))
    if name == "id_from":
        return replace(profile, id_from=tuple(field_of(key) for key in to_texts(value)))
    if name == "currency":
        return replace(profile, currency=to_text(value).upper())
    return replace(profile, name=to_text(value))


def _words(keys: Iterable[str]) -> Vocabulary:
    return Vocabulary.of(Term(key, key, key) for key in keys)


def _mapping(value: Plain) -> dict[str, Plain]:
    if not isinstance(value, dict):
        raise FieldError(say("expected 'key: value' lines below this key."))
    return value


def _outcomes(value: Mapping[str, Plain]) -> dict[str, Outcome]:
    outcomes: dict[str, Outcome] = {}
    for spelling, stages in value.items():
        outcome: Outcome = to_choice(spelling, CHOICES["outcome"])  # type: ignore[assignment]  # its values are outcomes
        outcomes |= dict.fromkeys(map(folded, to_texts(stages)), outcome)
    return outcomes


def _wrong(path: str, line: int, what: str) -> ImportRefusedError:
    return ImportRefusedError(say("{path}:{line}: {what}", path=path, line=line, what=what))


def _unknown_part(key: str) -> str:
    return say(
        "Unknown or duplicate key '{key}'; a mapping has {choices}, each once.", key=key, choices=", ".join(_PARTS)
    )


def _unknown_field(name: str, allowed: Sequence[str]) -> str:
    return say("Unknown field '{name}'; use {choices}.", name=name, choices=", ".join(allowed))


@cache
def _all() -> tuple[Profile, ...]:
    files = sorted(path for path in FOLDER.glob("*.yaml") if path.name != "stages.yaml")
    return tuple(parse_profile(path.read_text("utf-8"), path.name) for path in files)
