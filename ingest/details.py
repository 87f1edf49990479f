"""Read the fields of a file's front matter, each by its shape in the field register."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from ingest.field_reader import FieldReader
from ingest.fields import (
    CONVERTERS,
    MAX_VALUES,
    FieldError,
    to_choice,
    to_count,
    to_money,
    to_text,
    unknown_term,
)
from ingest.yaml_text import Plain
from kb.choices import CHOICES, MONEY_METRICS
from kb.entry import Campaign, Deal, Reason, TalkTrack, Variant
from kb.fields import Field, own_fields
from kb.loop.ratios import too_many
from kb.money import money_note
from kb.playbook import Playbook
from kb.wording import say

T = TypeVar("T")
_SPACED = re.compile(r"[\w-]+(?:\s+[\w-]+)+")
_DEAL_FIELDS = ("customer", "amount", "started_on", "closed_on", "cycle_days", "lead_source", "reasons", "crm_id")


def values_of(reader: FieldReader, fields: Iterable[Field], playbook: Playbook) -> dict[str, Any]:
    """Return the values of some fields by name, without missing ones."""
    read = {field.name: _value(reader, field, playbook) for field in fields}
    _hint_at_spaces(reader, read.get("tag"))
    return {name: value for name, value in read.items() if value is not None}


def _hint_at_spaces(reader: FieldReader, tags: Any) -> None:
    """Note a line of tags with spaces between them, as other tools have them: nobody can tell it from one tag."""
    for key, text in reader.written("tag"):
        if tags and _SPACED.fullmatch(text):
            message = say(
                "'{value}' is one tag. For several write {key}: [{parts}], for one {key}: [{value}].",
                key=key,
                value=tags[0],
                parts=", ".join(text.split()),
            )
            reader.note(reader.line_of("tag"), message)


def details_of(reader: FieldReader, kind: str, playbook: Playbook) -> dict[str, Any]:
    """Read the fields that only entries of this kind have."""
    found = values_of(reader, own_fields(kind), playbook)
    if kind == "deal":
        return {"deal": _deal(reader, found, playbook)}
    if kind == "talk-track":
        return {"talk_track": TalkTrack(**found)}
    return {"campaign": Campaign(**found)} if kind == "campaign" else {}


def _deal(reader: FieldReader, found: dict[str, Any], playbook: Playbook) -> Deal:
    if reader.has("kind", *_DEAL_FIELDS) and not reader.has("outcome"):  # a plain page in deals/ needs none
        reader.note(
            1, say("A deal needs an outcome (won, lost, no-decision or open); without one it is left out of win rates.")
        )
    found["outcome"] = outcome = _one_outcome(reader, found.get("outcome"))
    found["reasons"] = _reasons(reader, outcome, playbook)
    started, closed = found.get("started_on"), found.get("closed_on")
    if started and closed and started > closed:
        what = say(
            "{started} is after the closing date ({closed}); the deal has no start until one of them is corrected.",
            started=found.pop("started_on"), closed=closed,
        )  # fmt: skip
        reader.wrong("started_on", what)
    amount, named_currency = found.pop("amount", (None, None))
    reader.extra += [(key, note) for key, text in reader.written("amount") if amount and (note := money_note(text))]
    return Deal(**{"currency": named_currency or "JPY", **found, "amount": amount})


def _one_outcome(reader: FieldReader, outcome: str | None) -> str | None:
    """Return the outcome of a deal; None for contradicting ones, which would silently distort win rates."""
    for value in reader.repeated("outcome"):
        try:
            other = to_choice(value, CHOICES["outcome"])
        except FieldError:
            continue  # an invalid value is reported elsewhere
        if outcome and other != outcome:
            reader.wrong(
                "outcome",
                say(
                    "two different values, '{one}' and '{other}'; until one is deleted, it is left out of win rates.",
                    one=outcome,
                    other=other,
                ),
            )
            return None
    return outcome


def _value(reader: FieldReader, field: Field, playbook: Playbook) -> Any:
    """Return the value of a field; None if it is missing or its shape needs more context to be read."""
    if field.name == "visibility":
        return None  # what cannot be read must hide the entry
    if field.shape == "choice":
        return reader.read(field.name, lambda value: to_choice(value, CHOICES[field.name]), None)
    if field.shape == "list":
        return reader.terms(field.name, playbook.vocabulary(field.name), keep_unknown=not field.is_strict)
    if field.shape == "metrics":
        return _metrics(reader, field.name)
    if field.shape == "variants":
        return tuple(v for item in _items(reader, field.name) if (v := _variant(reader, item, playbook)))
    convert = CONVERTERS.get(field.shape)
    return reader.read(field.name, convert, None) if convert else None


def _items(reader: FieldReader, name: str) -> list[dict[str, Plain]]:
    """Return a list of mappings; a plain text is short for {code: text}."""

    def convert(value: Plain) -> list[dict[str, Plain]]:
        items = value if isinstance(value, list) else [value]
        if len(items) > MAX_VALUES:
            raise FieldError(say("expected at most {limit} values.", limit=MAX_VALUES))
        kept: list[dict[str, Plain]] = [
            {"code": item} if isinstance(item, str) else item for item in items if isinstance(item, (str, dict))
        ]
        if len(kept) != len(items):
            raise FieldError(say("expected a list of items such as {{code: price, source: buyer}}."))
        return kept

    return reader.read(name, convert, [])


def _reasons(reader: FieldReader, outcome: str | None, playbook: Playbook) -> tuple[Reason, ...]:
    reasons: list[Reason] = []
    for item in _items(reader, "reasons"):
        code = _part(reader, "reasons", item, "code", to_text, "")
        term = playbook.reason(outcome, code) if code else None
        words = playbook.reasons.get(outcome or "")
        if not code or (words and term is None):
            reader.wrong("reasons", unknown_term(code, words) if code and words else say("each item needs a code."))
            continue
        source: Any = _part(reader, "reasons", item, "source", lambda v: to_choice(v, CHOICES["source"]), "") or None
        reasons.append(Reason(term.key if term else code, source, _part(reader, "reasons", item, "note", to_text, "")))
    return tuple(reasons)


def _metrics(reader: FieldReader, field: str) -> dict[str, int]:
    def convert(value: Plain) -> dict[str, Plain]:
        if not isinstance(value, dict):
            raise FieldError(say("expected names with numbers such as {{leads: 40, mql: 12}}."))
        return value

    metrics: dict[str, int] = {}
    nothing: dict[str, Plain] = {}
    for key, value in reader.read(field, convert, nothing).items():
        term = CHOICES["metric"].find(key)
        name = term.key if term else key
        read: Callable[[Plain], int | None] = _amount if name in MONEY_METRICS else to_count
        number = _part(reader, field, {key: value}, key, read, None)
        if number is not None:
            metrics[name] = number
    if field == "metrics" and (pair := too_many(metrics)):
        then, first = pair
        what = say(
            "{then} ({more}) is more than {first} ({count}); this campaign is left out of their ratio.",
            then=then, more=metrics[then], first=first, count=metrics[first],
        )  # fmt: skip
        reader.wrong(field, what)
    return metrics


def _variant(reader: FieldReader, item: dict[str, Plain], playbook: Playbook) -> Variant | None:
    angle = _part(reader, "variants", item, "angle", to_text, "")
    shown = _part(reader, "variants", item, "shown", to_count, -1)
    responded = _part(reader, "variants", item, "responded", to_count, -1)
    words = playbook.vocabulary("angle")
    term = words.find(angle)
    if words and term is None:
        reader.wrong("variants", unknown_term(angle, words))
        return None
    if shown < 0 or responded < 0 or responded > shown:
        reader.wrong(
            "variants", say("expected {{angle, shown, responded}}, where responded is not greater than shown.")
        )
        return None
    return Variant(term.key if term else angle, shown, responded)


def _amount(value: Plain) -> int:
    return to_money(value)[0]


def _part(
    reader: FieldReader, name: str, item: dict[str, Plain], key: str, convert: Callable[[Plain], T], default: T
) -> T:
    if key not in item:
        return default
    try:
        return convert(item[key])
    except FieldError as error:
        reader.wrong(name, error.sentence, part=key)
        return default
