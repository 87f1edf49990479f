"""Edit single front matter keys or the body of a file and leave every other byte unchanged."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ingest.document import Document, plain_newlines
from ingest.yaml_text import Line, Plain, YamlTextError, written
from kb.fields import BY_NAME, named

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|$)")
_NOTHING: Mapping[str, Plain | None] = {}


def edited(document: Document, changes: Mapping[str, Plain | None] = _NOTHING, body: str | None = None) -> str:
    """Return a file with some fields set (None removes one) and optionally a new body.

    A key keeps its author's spelling (種別 stays 種別); new keys are added at the end.
    Raises YamlTextError if the front matter is not valid YAML.
    """
    newline = "\r\n" if "\r\n" in document.text else "\n"
    closing, rest = document.closing, document.stored_body
    if document.notation in ("toml", "json") and changes:
        return edited(_as_yaml(document, newline), changes, body)
    yaml = _changed(document, changes, newline)
    if document.notation and not closing and changes:
        closing = f"---{newline}"  # the front matter was not closed
    if body is not None and plain_newlines(body) != plain_newlines(rest):
        closing += newline if closing and not closing.endswith(("\n", "\r")) else ""
        rest = plain_newlines(body).replace("\n", newline)
    if document.notation:
        return document.head + yaml + closing + rest
    mark = "\ufeff" if rest.startswith("\ufeff") else ""
    fence = f"---{newline}"
    return f"{mark}{fence}{yaml}{fence}{rest.removeprefix(mark)}" if yaml else rest


def composed(fields: Mapping[str, Plain], body: str) -> str:
    """Return a new file, without empty fields."""
    return edited(Document.of(body), {name: value for name, value in fields.items() if value})


def field_of(key: str) -> str:
    """Return the field for a key in any spelling, or the key itself if it is unknown."""
    field = named(key)
    return field.name if field else key


def fields_in(document: Document) -> dict[str, Line]:
    """Return the lines of a document by field; of duplicates the first is used.

    Raises YamlTextError if the front matter is not valid YAML.
    """
    if document.fault:
        raise YamlTextError(document.fault.line - 1, document.fault.message)
    by_field: dict[str, Line] = {}
    for line in document.lines:
        by_field.setdefault(field_of(line.key), line)
    return by_field


def _as_yaml(document: Document, newline: str) -> Document:
    """Return a document whose front matter in TOML or JSON is YAML: an edited file has the usual notation.

    Raises YamlTextError if its front matter cannot be read.
    """
    fields_in(document)
    yaml = "".join(written(line.key, line.value) for line in document.lines).replace("\n", newline)
    return Document.of(f"---{newline}{yaml}---{newline}{document.stored_body}")


def _changed(document: Document, changes: Mapping[str, Plain | None], newline: str) -> str:
    lines, yaml = fields_in(document), document.yaml
    raw_of = _Offsets(yaml)
    pieces: list[tuple[int, int, str]] = []
    added = ""
    for name, value in changes.items():
        line = lines.get(field_of(name))
        if line is None:
            key = BY_NAME[name].key if name in BY_NAME else name
            added += written(key, value) if value is not None else ""
        elif value is None:
            pieces.append((raw_of(line.start), _after_line(yaml, raw_of(line.end)), ""))
        else:
            pieces.append((raw_of(line.start), raw_of(line.end), written(line.key, value).rstrip("\n")))
    for start, end, new in sorted(pieces, reverse=True):
        yaml = yaml[:start] + new.replace("\n", newline) + yaml[end:]
    if added and yaml and not yaml.endswith(("\n", "\r")):
        yaml += newline
    return yaml + added.replace("\n", newline)


class _Offsets:
    """Maps offsets in a text with LF line breaks to offsets in the stored text."""

    def __init__(self, stored: str) -> None:
        self._breaks = [match.start() - count for count, match in enumerate(re.finditer("\r\n", stored))]

    def __call__(self, place: int) -> int:
        return place + sum(1 for at in self._breaks if at < place)


def _after_line(text: str, at: int) -> int:
    found = _LINE.match(text, at)
    return found.end() if found else at
