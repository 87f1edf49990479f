"""What a CRM may change in an entry that is there: its own fields, and what nobody has filled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ingest.fields import CONVERTERS, FieldError, to_choice, to_money
from ingest.importers.known import is_empty
from ingest.importers.record import Record
from ingest.yaml_text import Plain
from kb.choices import CHOICES
from kb.fields import BY_NAME

OWNED = ("outcome", "stage", "amount", "currency", "closed_on", "cycle_days", "metrics")  # the CRM knows them best
_FIXED = ("kind", "crm_id")
_OF_CLOSED = ("closed_on", "cycle_days")


def changes(record: Record, there: Mapping[str, Plain]) -> dict[str, Plain | None]:
    """Return the fields to set in an entry (None takes one out); none when the CRM says nothing new."""
    found: dict[str, Plain | None] = {}
    for name, value in record.fields.items():
        old = there.get(name)
        if name in _FIXED:
            continue
        if name not in OWNED:
            if is_empty(old):
                found[name] = value
        elif name == "metrics":
            merged = _merged(value, old)
            found |= {} if merged == old else {name: merged}
        elif name == "currency":
            found |= {} if value == _currency(there) else {name: value}
        elif is_empty(old) or not _same(name, value, old):
            found[name] = value
    if "amount" in found and is_empty(there.get("currency")):
        named = record.fields.get("currency") or _currency(there)  # the old amount may have been all that said it
        found |= {"currency": named} if named != "JPY" else {}
    if found.get("outcome") == "open":  # opened again
        found |= {name: None for name in _OF_CLOSED if name in there}
    return found


def _same(name: str, value: Plain, old: Plain | None) -> bool:
    try:
        return old is not None and bool(_meaning(name, value) == _meaning(name, old))
    except FieldError:
        return False


def _meaning(name: str, value: Plain) -> Any:
    """Return what a value of a field means; an amount without its currency, which is a field of its own."""
    shape = BY_NAME[name].shape
    if shape == "choice":
        return to_choice(value, CHOICES[name])
    return to_money(value)[0] if shape == "money" else CONVERTERS[shape](value)


def _currency(there: Mapping[str, Plain]) -> str:
    """Return the currency an entry's amount is in, as a reader of the entry understands it."""
    own = there.get("currency")
    if isinstance(own, str) and not is_empty(own):
        return own.strip().upper()
    try:
        return to_money(there.get("amount") or "")[1] or "JPY"
    except FieldError:
        return "JPY"


def _merged(new: Plain, old: Plain | None) -> dict[str, Plain]:
    """Return the numbers of a campaign with those of the CRM set; each keeps the spelling it has."""
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
