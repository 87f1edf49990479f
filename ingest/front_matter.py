"""Change single keys of a file's front matter, or its body, and keep every other byte as the author wrote it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ingest.parse import front_matter_end
from ingest.yaml_text import Plain, Span, read_spans, written
from kb.fields import BY_NAME, named

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|$)")
_NOTHING: Mapping[str, Plain | None] = {}


@dataclass(frozen=True, slots=True)
class Parts:
    """A file cut in three; joined they are the file again."""

    head: str  # opening line of the front matter; empty where there is none
    yaml: str  # between the lines of hyphens, ending with a line break
    rest: str  # closing line and body; without front matter the whole file
    newline: str  # how this file ends its lines

    @property
    def body(self) -> str:
        """What follows the front matter."""
        return self.rest[len(_first_line(self.rest)) :] if self.head else self.rest


def cut(text: str) -> Parts:
    """Cut a file into front matter and body; front matter that is not closed belongs to the body."""
    newline = "\r\n" if "\r\n" in text else "\n"
    end = front_matter_end(text)
    if not end:
        return Parts("", "", text, newline)
    lines = _LINE.findall(text)
    return Parts(lines[0], "".join(lines[1 : end - 1]), "".join(lines[end - 1 :]), newline)


def edited(text: str, changes: Mapping[str, Plain | None] = _NOTHING, body: str | None = None) -> str:
    """Return a file with some fields set (None takes one out) and, where given, another body.

    A field keeps the spelling its author chose (種別 stays 種別); new ones are added at the end.
    Raises YamlTextError when the front matter is no YAML.
    """
    parts = cut(text)
    yaml = _changed(parts.yaml, changes, parts.newline)
    if body is not None and _plain_newlines(body) != _plain_newlines(parts.body):
        closing = _first_line(parts.rest) if parts.head else ""
        own = _plain_newlines(body).replace("\n", parts.newline)
        rest = (closing if closing.endswith(("\n", "\r")) or not closing else closing + parts.newline) + own
    else:
        rest = parts.rest
    if parts.head:
        return parts.head + yaml + rest
    mark = "\ufeff" if rest.startswith("\ufeff") else ""
    fence = f"---{parts.newline}"
    return f"{mark}{fence}{yaml}{fence}{rest.removeprefix(mark)}" if yaml else rest


def composed(fields: Mapping[str, Plain], body: str) -> str:
    """Return a new file; fields without a value are left out."""
    return edited(body, {name: value for name, value in fields.items() if value})


def field_of(key: str) -> str:
    """Return the field a key means in any spelling; the key itself when it is none of ours."""
    field = named(key)
    return field.name if field else key


def _changed(yaml: str, changes: Mapping[str, Plain | None], newline: str) -> str:
    spans: dict[str, Span] = {}
    for span in read_spans(_plain_newlines(yaml)):
        spans.setdefault(field_of(span.key), span)
    raw_of = _Offsets(yaml)
    pieces: list[tuple[int, int, str]] = []
    added = ""
    for name, value in changes.items():
        found = spans.get(field_of(name))
        if found is None:
            key = BY_NAME[name].key if name in BY_NAME else name
            added += written(key, value) if value is not None else ""
        elif value is None:
            pieces.append((raw_of(found.start), _after_line(yaml, raw_of(found.end)), ""))
        else:
            pieces.append((raw_of(found.start), raw_of(found.end), written(found.key, value).rstrip("\n")))
    for start, end, new in sorted(pieces, reverse=True):
        yaml = yaml[:start] + new.replace("\n", newline) + yaml[end:]
    if added and yaml and not yaml.endswith(("\n", "\r")):
        yaml += newline
    return yaml + added.replace("\n", newline)


class _Offsets:
    """From a place in a text with plain line breaks to the place in the text as it is stored."""

    def __init__(self, stored: str) -> None:
        self._breaks = [match.start() - count for count, match in enumerate(re.finditer("\r\n", stored))]

    def __call__(self, place: int) -> int:
        return place + sum(1 for at in self._breaks if at < place)


def _plain_newlines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _first_line(text: str, at: int = 0) -> str:
    found = _LINE.match(text, at)
    return found[0] if found else ""


def _after_line(text: str, at: int) -> int:
    return at + len(_first_line(text, at))
