"""An entry without its body as JSON text in the catalogue, and back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, replace
from datetime import date
from functools import lru_cache
from typing import Any

from kb.entry import PARTS, Campaign, Deal, Entry, Reason, TalkTrack, Variant
from kb.fields import Field, Shape, own_fields

_PARTS = {"deal": Deal, "talk-track": TalkTrack, "campaign": Campaign}
MOST_REMEMBERED = 1_024  # entries; a page shows dozens, and the next page mostly the same
LONGEST_REMEMBERED = 20_000  # characters


def to_document(entry: Entry) -> str:
    """Serialise an entry without its body as JSON."""
    return json.dumps(asdict(replace(entry, body="")), ensure_ascii=False, default=str)


def from_document(document: str, body: str = "") -> Entry:
    """Parse the JSON of `to_document`, with the body if needed."""
    parse = _remembered if len(document) + len(body) <= LONGEST_REMEMBERED else _parsed
    return parse(document, body)


def _parsed(document: str, body: str) -> Entry:
    return Entry(**_fields(document), body=body)


def _fields(document: str) -> Mapping[str, Any]:
    """Return what an entry is made of, without its body."""
    fields: dict[str, Any] = json.loads(document)
    del fields["body"]
    fields["extra"] = tuple((key, value) for key, value in fields["extra"])
    for kind, part in PARTS.items():
        if details := fields.pop(part):
            fields[part] = _PARTS[kind](**_restored(details, own_fields(kind)))
    return _restored(fields, own_fields(""))


_remembered = lru_cache(maxsize=MOST_REMEMBERED)(_parsed)


def _restored(values: dict[str, Any], fields: Iterable[Field]) -> dict[str, Any]:
    """Convert JSON values to the model's types."""
    return values | {f.name: _RESTORED[f.shape](values[f.name]) for f in fields if f.shape in _RESTORED}


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


_RESTORED: Mapping[Shape, Callable[[Any], Any]] = {
    "day": _day,
    "list": tuple,
    "links": tuple,
    "reasons": lambda reasons: tuple(Reason(**reason) for reason in reasons),
    "variants": lambda variants: tuple(Variant(**variant) for variant in variants),
}
