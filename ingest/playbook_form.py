"""The playbook as a form: parts with rows of fields, written back where they changed."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ingest.yaml_edit import Row, with_fields, with_rows
from ingest.yaml_text import Place, Plain, places
from kb.wording import say

SHAPES = {"aliases": "list", "conditions": "lines"}  # of fields that are lists; others are one line of text
_LABELS = ("ja", "name")  # either is the Japanese label of a term
_KEYS = ("key", "code", "name")  # either names a term


@dataclass(frozen=True, slots=True)
class Part:
    """One list of the playbook, or its goal."""

    name: str  # of the inputs and of messages
    path: tuple[str, ...]
    fields: tuple[str, ...]  # the first one is required
    key: str = ""  # of a new term, taken from its label; empty: the first field is the key
    is_list: bool = True


def _terms(name: str, key: str) -> Part:
    return Part(name, tuple(name.split(".")), ("label", "en", "aliases"), key)


PARTS: tuple[Part, ...] = (
    Part("kgi", ("kgi",), ("name", "en", "target", "period", "owner"), is_list=False),
    Part("kpis", ("kpis",), ("key", "name", "en", "target", "owner")),
    Part("lead_stages", ("lead_stages",), ("key", "name", "en", "conditions")),
    Part("sla", ("sla",), ("promise", "from", "to", "en")),
    _terms("angles", "key"),
    *(_terms(f"reasons.{outcome}", "code") for outcome in ("won", "lost", "no-decision")),
    *(_terms(name, "name") for name in ("industries", "products", "competitors")),
    _terms("lead_sources", "key"),
)


@dataclass(frozen=True, slots=True)
class FormRow:
    """One row of a part: what its inputs hold."""

    at: int | None  # of the item in the file; None: new
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong at one input."""

    part: str
    row: int
    field: str
    message: str


def rows_of(text: str) -> dict[str, list[FormRow]]:
    """Return the rows of each part of a playbook. Raises YamlTextError."""
    whole = places(text)
    return {part.name: _rows(part, _found(whole, part.path)) for part in PARTS}


def faults_of(parts: Mapping[str, Sequence[FormRow]]) -> list[Fault]:
    """Return the inputs to fill in or to change: rows without a name, and one spelling for two terms."""
    faults = []
    for part in PARTS:
        seen: dict[str, str] = {}
        for number, row in enumerate(parts.get(part.name, ())):
            name = row.values.get(part.fields[0], "")
            if not any(row.values.values()):
                continue
            if not name and part.is_list:
                faults.append(Fault(part.name, number, part.fields[0], say("Enter a name, or clear the whole row.")))
            for field in ("label", "en", "aliases") if part.key else part.fields[:1]:
                faults += _repeated(part, number, row, field, seen)
    return faults


def with_form(text: str, parts: Mapping[str, Sequence[FormRow]]) -> str:
    """Return the playbook with the submitted rows; an emptied row is removed."""
    before = places(text)
    for part in PARTS:
        if part.name not in parts:
            continue
        place = _found(before, part.path)
        if not part.is_list:
            text = with_fields(text, part.path, {f: v for f, v in parts[part.name][0].values.items()})
            continue
        filled = [row for row in parts[part.name] if any(row.values.values())]
        text = with_rows(text, part.path, [Row(row.at, _fields(part, row, place)) for row in filled])
    return text


def _found(place: Place | None, path: Iterable[str]) -> Place | None:
    for key in path:
        place = place.part(key) if place else None
    return place


def _rows(part: Part, place: Place | None) -> list[FormRow]:
    if not part.is_list:
        return [FormRow(0, {field: _shown(field, place.part(field) if place else None) for field in part.fields})]
    found = enumerate(place.items if place else ())
    return [
        FormRow(at, {field: _shown(field, item.part(_key(field, item))) for field in part.fields})
        for at, item in found
        if item.pairs
    ]


def _shown(field: str, place: Place | None) -> str:
    if place is None or isinstance(place.value, dict):
        return ""
    if isinstance(place.value, str):
        return place.value
    texts = [item for item in place.value if isinstance(item, str)]
    return ("\n" if SHAPES.get(field) == "lines" else "、").join(texts)


def _key(field: str, item: Place | None) -> str:
    """Return the key under which an item holds a field."""
    if field != "label":
        return field
    return next((key for key in _LABELS if item and item.part(key)), "ja")


def _fields(part: Part, row: FormRow, place: Place | None) -> dict[str, Plain]:
    """Return what a row says as keys of the file; a new term is called by its label."""
    known = place.items if place else ()
    item = known[row.at] if row.at is not None and row.at < len(known) else None
    fields: dict[str, Plain] = {}
    label = row.values.get("label", "")
    if part.key and not (item and any(item.part(key) for key in _KEYS)):
        fields[part.key] = label
    if part.key == "name" and item is None:
        return fields | {field: _value(field, row.values.get(field, "")) for field in part.fields if field != "label"}
    if item and part.key and _key("label", item) == "name" and not item.part("key") and label != _named(item):
        fields |= {"key": _named(item)}  # entries name the term by this; only its label changes
    for field in part.fields:
        name = _key(field, item)
        value = _value(field, row.values.get(field, ""))
        if item and (before := item.part(name)) and _shown(field, before) == row.values.get(field, ""):
            value = before.value  # as written, such as a list in one line of text
        fields[name] = value
    return fields


def _named(item: Place) -> str:
    place = item.part("name")
    return place.value if place and isinstance(place.value, str) else ""


def _value(field: str, text: str) -> Plain:
    shape = SHAPES.get(field)
    if shape == "lines":
        return [line.strip() for line in text.splitlines() if line.strip()]
    if shape == "list":
        return [word for part in text.replace("，", ",").replace(",", "、").split("、") if (word := part.strip())]
    return " ".join(text.split())


def _repeated(part: Part, number: int, row: FormRow, field: str, seen: dict[str, str]) -> list[Fault]:
    """Return a fault for each spelling that another row has; `seen` holds the rows by spelling."""
    own = str(number)
    value = _value(field, row.values.get(field, ""))
    faults = []
    for text in [value] if isinstance(value, str) else [one for one in value if isinstance(one, str)]:
        folded = unicodedata.normalize("NFKC", text).strip().casefold()
        if folded and seen.setdefault(folded, own) != own:
            faults.append(Fault(part.name, number, field, say("'{text}' is in this list already.", text=text)))
    return faults
