"""The form fields of an entry: read from a file, and written back where they changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from ingest.document import Document
from ingest.fields import (
    FieldError,
    to_choice,
    to_date,
    to_entry_id,
    to_entry_ids,
    to_span,
    to_text,
    to_texts,
    to_visibility,
)
from ingest.front_matter import edited, fields_in
from ingest.marks import is_mark, mark_of
from ingest.yaml_text import Plain
from kb.choices import CHOICES, KINDS, METRICS
from kb.fields import Field, Shape, asked_of
from kb.playbook import Playbook

Asked = Literal["line", "day", "span", "choice", "term", "terms", "list", "entry", "entries", "reasons", "metric"]
Values = tuple[str, ...]
_ASKED: Mapping[Shape, Asked] = {
    "day": "day", "span": "span", "choice": "choice", "list": "list", "link": "entry", "links": "entries",
    "reasons": "reasons", "metrics": "metric",
}  # fmt: skip
_AGREED: Mapping[Asked, Asked] = {"line": "term", "list": "terms"}  # if the playbook has values for the field
_PARTS: Mapping[Shape, Sequence[str]] = {"reasons": ("buyer", "rep"), "metrics": METRICS}  # one form field each


@dataclass(frozen=True, slots=True)
class FormField:
    """One field of a form."""

    name: str  # the entry field, or `field.part` for a part of it
    shape: Asked = "line"

    @property
    def key(self) -> str:
        """The name of the entry field."""
        return self.name.partition(".")[0]

    @property
    def part(self) -> str:
        """The source of reasons, or the metric."""
        return self.name.partition(".")[2]

    @property
    def is_agreed(self) -> bool:
        """Whether the playbook may have values for the field."""
        return self.shape in _AGREED.values()


def fields_of(kind: str) -> tuple[FormField, ...]:
    """Return the form fields of a kind of entry, the title first."""
    return tuple(question for field in asked_of(kind if kind in KINDS else "note") for question in _questions(field))


def choices_of(field: FormField) -> tuple[str, ...]:
    """Return the fixed values of a field."""
    return CHOICES[field.key].keys


def _questions(field: Field) -> list[FormField]:
    shape = _ASKED.get(field.shape, "line")
    if field.words:
        shape = _AGREED[shape]
    return [FormField(f"{field.name}.{part}", shape) for part in _PARTS.get(field.shape, ())] or [
        FormField(field.name, shape)
    ]


def values_of(document: Document, kind: str, playbook: Playbook) -> dict[str, Values]:
    """Return the values of a document by form field, as agreed keys; invalid values stay as written.

    Raises YamlTextError if the front matter is not valid YAML.
    """
    written = _written(document)
    return {field.name: _values(field, written.get(field.key), playbook) for field in fields_of(kind)}


def with_values(
    document: Document, kind: str, given: Mapping[str, Sequence[str]], playbook: Playbook, body: str
) -> str:
    """Return a file with the values of a form; fields with an unchanged meaning stay as written.

    Raises YamlTextError if the front matter is not valid YAML.
    """
    written, before = _written(document), values_of(document, kind, playbook)
    changes: dict[str, Plain | None] = {}
    for field in fields_of(kind):
        values = tuple(value for item in given.get(field.name, ()) if (value := " ".join(item.split())))
        values = _span(values) if field.shape == "span" else values
        if field.shape in ("list", "entries"):
            values = to_texts(values[0]) if len(values) == 1 else values
        if field.shape == "terms" and values != before[field.name]:
            values = tuple(dict.fromkeys(term for value in values for term in to_texts(value)))
        if values != before[field.name]:
            changes[field.key] = _changed(field, values, changes.get(field.key, written.get(field.key)))
    if "status" in changes:
        changes |= {line.key: None for line in document.lines if is_mark(line.key)}
    return edited(document, changes, body)


def _span(values: Values) -> Values:
    """Join the two dates of a period; a period of one day has one."""
    if len(values) < 2:
        return values
    return values[:1] if values[0] == values[1] else ("/".join(values[:2]),)


def _written(document: Document) -> dict[str, Plain]:
    written = {name: line.value for name, line in fields_in(document).items()}
    mark = mark_of(document.lines)
    return {**written, "status": mark.status} if mark else written


def _values(field: FormField, value: Plain | None, playbook: Playbook) -> Values:
    if value is None or value in ("", "~", "null", [], {}):
        return ()
    try:
        return _understood(field, value, playbook)
    except FieldError:
        return (value,) if isinstance(value, str) else ()


def _understood(field: FormField, value: Plain, playbook: Playbook) -> Values:
    if field.shape == "reasons":
        return tuple(
            dict.fromkeys(_agreed(item["code"], playbook) for item in _items(value) if _is_part(item, field.part))
        )
    if field.shape == "metric":
        return tuple(str(number) for name, number in _numbers(value).items() if _metric(name) == field.part)
    if field.shape in ("list", "entries"):
        return to_entry_ids(value) if field.shape == "entries" else to_texts(value)
    if field.is_agreed:
        words = playbook.vocabulary(field.key)
        keys = ((term.key if (term := words.find(text)) else text) for text in to_texts(value))
        return tuple(dict.fromkeys(keys))
    if field.shape == "day":
        return (to_date(value).isoformat(),)
    if field.shape == "span":
        return (to_span(value),)
    if field.shape == "entry":
        return (to_entry_id(value),)
    if field.key == "visibility":
        return (to_visibility(value),)
    return (to_choice(value, CHOICES[field.key]),) if field.shape == "choice" else (to_text(value),)


def _changed(field: FormField, values: Values, before: Plain | None) -> Plain | None:
    """Return the new value of the field's key; its other parts stay."""
    if field.shape == "reasons":
        items = [item for item in _items(before or []) if not _is_part(item, field.part) or item["code"] in values]
        known = {item["code"] for item in items if _is_part(item, field.part)}
        items += [{"code": value, "source": field.part} for value in values if value not in known]
        return [*items] or None
    if field.shape == "metric":
        numbers = {name: n for name, n in _numbers(before).items() if _metric(name) != field.part}
        return ({**numbers, field.part: values[0]} if values else numbers) or None
    if not values:
        return None
    is_list = field.shape in ("terms", "list", "entries") and (len(values) > 1 or isinstance(before, list))
    return list(values) if is_list or field.shape in ("list", "entries") else values[0]


def _items(value: Plain) -> list[dict[str, Plain]]:
    items = value if isinstance(value, list) else [value]
    mappings = [{"code": item} if isinstance(item, str) else item for item in items]
    return [dict(item) for item in mappings if isinstance(item, dict) and isinstance(item.get("code"), str)]


def _is_part(item: Mapping[str, Plain], source: str) -> bool:
    value = item.get("source")
    term = CHOICES["source"].find(value) if isinstance(value, str) else None
    return term is not None and term.key == source


def _metric(spelling: str) -> str:
    term = CHOICES["metric"].find(spelling)
    return term.key if term else spelling


def _numbers(value: Plain | None) -> dict[str, Plain]:
    return dict(value) if isinstance(value, dict) else {}


def _agreed(code: Plain, playbook: Playbook) -> str:
    term = playbook.reason(None, str(code))
    return term.key if term else str(code)
