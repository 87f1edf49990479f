"""What an import may change in an existing entry: fields the CRM owns, and empty fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ingest.fields import CONVERTERS, FieldError, to_choice, to_money
from ingest.importers.known import is_empty
from ingest.importers.record import Record
from ingest.yaml_text import Plain
from kb.choices import CHOICES
from kb.fields import BY_NAME

OWNED = (
    "outcome",
    "stage",
    "amount",
    "currency",
    "started_on",
    "closed_on",
    "cycle_days",
    "metrics",
)  # the CRM is authoritative for these
_FIXED = ("kind", "crm_id")
_OF_CLOSED = ("closed_on", "cycle_days")


def changes(record: Record, current: Mapping[str, Plain]) -> dict[str, Plain | None]:
    """Return the fields to set in an entry (None removes one); empty if the CRM has nothing new."""
    changed: dict[str, Plain | None] = {}
    for name, value in record.fields.items():
        old = current.get(name)
        if name in _FIXED:
            continue
        if name not in OWNED:
            if is_empty(old):
                changed[name] = value
        elif name == "metrics":
            merged = _merged(value, old)
            changed |= {} if merged == old else {name: merged}
        elif name == "currency":
            changed |= {} if value == _currency(current) else {name: value}
        elif is_empty(old) or not _same(name, value, old):
            changed[name] = value
    if "amount" in changed and is_empty(current.get("currency")):
        named = record.fields.get("currency") or _currency(current)  # the currency may have been part of the old amount
        changed |= {"currency": named} if named != "JPY" else {}
    if changed.get("outcome") == "open":  # reopened
        changed |= {name: None for name in _OF_CLOSED if name in current}
    return changed


def _same(name: str, value: Plain, old: Plain | None) -> bool:
    try:
        return old is not None and bool(_meaning(name, value) == _meaning(name, old))
    except FieldError:
        return False


def _meaning(name: str, value: Plain) -> Any:
    """Return the converted value of a field; an amount without currency, which has its own field."""
    shape = BY_NAME[name].shape
    if shape == "choice":
        return to_choice(value, CHOICES[name])
    return to_money(value)[0] if shape == "money" else CONVERTERS[shape](value)


def _currency(current: Mapping[str, Plain]) -> str:
    """Return the currency of an entry's amount, as the entry parser reads it."""
    own = current.get("currency")
    if isinstance(own, str) and not is_empty(own):
        return own.strip().upper()
    try:
        return to_money(current.get("amount") or "")[1] or "JPY"
    except FieldError:
        return "JPY"


def _merged(new: Plain, old: Plain | None) -> dict[str, Plain]:
    """Return a campaign's metrics updated from the CRM; existing keys keep their spelling."""
    kept = dict(old) if isinstance(old, dict) else {}
    spelled = {term.key if (term := CHOICES["metric"].find(key)) else key: key for key in kept}
    for name, value in new.items() if isinstance(new, dict) else ():
        key = spelled.get(name, name)
        if not _same_number(value, kept.get(key)):
            kept[key] = value
    return kept


def _same_number(value: Plain, old: Plain | None) -> bool:
    try:
        return old is not None and to_money(value)[0] == to_money(old)[0]
    except FieldError:
        return False
