"""The playbook as a form: parts with rows of fields, written back where they changed."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ingest.yaml_edit import Row, with_fields, with_rows
from ingest.yaml_text import Place, Plain, YamlTextError, places
from kb.wording import say

# Of fields that are lists; others are one line of text.
SHAPES = {"aliases": "list", "conditions": "lines", "what": "list", "teams": "list", "roles": "list"}
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
    is_named: bool = True  # the first field tells the rows apart


def _terms(name: str, key: str) -> Part:
    return Part(name, tuple(name.split(".")), ("label", "en", "aliases"), key)


PARTS: tuple[Part, ...] = (
    Part("kgi", ("kgi",), ("name", "en", "target", "period", "owner"), is_list=False),
    Part("kpis", ("kpis",), ("key", "name", "en", "target", "ratio", "owner")),
    Part("lead_stages", ("lead_stages",), ("key", "name", "en", "conditions")),
    Part("sla", ("sla",), ("promise", "from", "to", "en")),
    _terms("angles", "key"),
    *(_terms(f"reasons.{outcome}", "code") for outcome in ("won", "lost", "no-decision")),
    *(_terms(name, "name") for name in ("industries", "products", "competitors")),
    _terms("lead_sources", "key"),
    Part("masking", ("masking",), ("what", "teams", "roles", "until_days_after_end"), is_named=False),
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
    """Return the rows of each part of a playbook. Raises YamlTextError, also for a part that no form can show."""
    whole = _whole(text)
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
            for field in ("label", "en", "aliases") if part.key else part.fields[:1] if part.is_named else ():
                faults += _repeated(part, number, row, field, seen)
    return faults


def with_form(text: str, parts: Mapping[str, Sequence[FormRow]]) -> str:
    """Return the playbook with the submitted rows; an emptied row is removed, what no row shows stays.

    Raises YamlTextError as `rows_of` does.
    """
    before = _whole(text)
    for part in PARTS:
        if part.name not in parts:
            continue
        place = _found(before, part.path)
        if part.is_list:
            text = with_rows(text, part.path, _changed(part, parts[part.name], place))
        elif not _is_same(row := parts[part.name][0], _rows(part, place)[0]):
            text = with_fields(text, part.path, _fields(part, row, place))
    return text


def _whole(text: str) -> Place | None:
    """Return the places of a playbook whose parts a form can show. Raises YamlTextError."""
    whole = places(text)
    for part in PARTS:
        for depth in range(1, len(part.path) + 1):
            place = _found(whole, part.path[:depth])
            is_list = part.is_list and depth == len(part.path)
            if place and place.value and not (place.items if is_list else place.pairs):
                line, key = text.count("\n", 0, place.start) + 1, ".".join(part.path[:depth])
                raise YamlTextError(line, say("The form cannot show '{key}' as written here; edit the file.", key=key))
    return whole


def _changed(part: Part, rows: Sequence[FormRow], place: Place | None) -> list[Row]:
    """Return the items as they should be: only an item whose row was shown and emptied is missing."""
    items = place.items if place else ()
    shown = {row.at: row for row in _rows(part, place)}
    changed: list[Row] = []
    gone: set[int] = set()
    for row in rows:
        at = row.at if row.at in shown else None
        if at is not None and _is_same(row, shown[at]):
            continue
        if any(row.values.values()):
            changed.append(Row(at, _fields(part, row, items[at] if at is not None else None)))
        elif at is not None:
            gone.add(at)
    named = {row.at for row in changed}
    return changed + [Row(at, {}) for at in range(len(items)) if at not in gone and at not in named]


def _is_same(row: FormRow, shown: FormRow) -> bool:
    """Whether a row came back as it was shown."""
    return all(_spaced(field, row.values.get(field, "")) == text for field, text in shown.values.items())


def _found(place: Place | None, path: Iterable[str]) -> Place | None:
    for key in path:
        place = place.part(key) if place else None
    return place


def _rows(part: Part, place: Place | None) -> list[FormRow]:
    if not part.is_list:
        return [FormRow(0, {field: _shown(field, place.part(field) if place else None) for field in part.fields})]
    found = enumerate(place.items if place else ())
    return [
        FormRow(at, {field: _shown(field, _of(item, field, part)) for field in part.fields})
        for at, item in found
        if item.pairs or (item.value and isinstance(item.value, str))
    ]


def _of(item: Place, field: str, part: Part) -> Place | None:
    """Return where an item holds a field; a plain text is the first one."""
    if isinstance(item.value, str):
        return item if field == part.fields[0] else None
    return item.part(_key(field, item))


def _shown(field: str, place: Place | None) -> str:
    if place is None or isinstance(place.value, dict):
        return ""
    if isinstance(place.value, str):
        return _spaced(field, place.value)
    texts = [item for item in place.value if isinstance(item, str)]
    return _spaced(field, ("\n" if SHAPES.get(field) == "lines" else "、").join(texts))


def _spaced(field: str, text: str) -> str:
    """Return a text as an input holds it: a browser keeps line breaks only where there are several lines."""
    if SHAPES.get(field) == "lines":
        return "\n".join(line.strip() for line in text.splitlines() if line.strip())
    return " ".join(text.split())


def _key(field: str, item: Place | None) -> str:
    """Return the key under which an item holds a field."""
    if field != "label":
        return field
    return next((key for key in _LABELS if item and item.part(key)), "ja")


def _fields(part: Part, row: FormRow, item: Place | None) -> dict[str, Plain]:
    """Return what a row says as keys of the file; a new term is called by its label."""
    if item and item.value and isinstance(item.value, str):
        return _of_text(part, row, item.value)
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
        if item and (before := item.part(name)) and _shown(field, before) == _spaced(field, row.values.get(field, "")):
            value = before.value  # as written, such as a list in one line of text
        fields[name] = value
    return fields


def _of_text(part: Part, row: FormRow, text: str) -> dict[str, Plain]:
    """Return the keys that a plain text gets; entries go on naming a term by the text."""
    fields = _fields(part, row, None)
    is_renamed = part.key and row.values.get("label") != text
    return fields | ({"key" if part.key == "name" else part.key: text} if is_renamed else {})


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
