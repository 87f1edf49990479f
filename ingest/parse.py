"""Parse an entry file into an entry and the problems its author should fix."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any

from ingest.details import details_of, values_of
from ingest.document import Document
from ingest.field_reader import FieldReader
from ingest.fields import FieldError, entry_id, to_choice, to_text, to_visibility
from ingest.marks import is_marked, mark_of
from ingest.properties import properties_of
from ingest.said_reasons import SaidReasons, reasons_in
from ingest.yaml_text import Line, Plain
from kb.choices import CHOICES, FOLDER_KINDS
from kb.entry import PRIVATE, Entry, Language, Problem, Status, Visibility, narrowest
from kb.fields import named, own_fields
from kb.playbook import Playbook
from kb.wording import say

MAX_ID_LENGTH = 300  # characters
MOST_PROBLEMS = 100  # of one file; whoever mends them sees the others next
_JAPANESE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uff66-\uff9f]")
_LETTER = re.compile(r"[^\W\d_]")
JAPANESE_SHARE = 0.1  # of all letters; from here on a text is Japanese, even with many Latin product names
_EXPORTED = re.compile(r"(?<=\S)[ _-][0-9a-f]{32}$")  # the id Notion appends to names
_SAFE_ID = re.compile(r"[^\x00-\x1f\x7f\\?#%]+")


@dataclass(frozen=True, slots=True)
class Parsed:
    """The result of parsing a file."""

    entry: Entry
    problems: tuple[Problem, ...] = ()


def parse_entry(text: str, path: str, playbook: Playbook, content_hash: str = "") -> Parsed:
    """Parse the text of an entry file. Never raises on what an author wrote."""
    return entry_of(Document.of(text), path, playbook, content_hash)


def entry_of(document: Document, path: str, playbook: Playbook, content_hash: str = "") -> Parsed:
    """Return the entry of a document at a path, with the playbook's vocabulary."""
    said = properties_of(document.shown)
    above = document.body_line - 1
    lines = [*document.lines, *_not_in(document.lines, said.lines, above)]
    reasons = _reasons_in(lines, document)
    reader = FieldReader(path, [*lines, *_as_line(reasons, above)])
    reader.problems += [replace(problem, path=path) for problem in document.problems]
    reader.problems += [replace(problem, path=path, line=problem.line + above) for problem in said.problems]
    entry = _build(reader, path, document, playbook, said.lines)
    if reasons and not reasons.values and entry.deal and not entry.deal.crm_id:
        what = say("The reason is in sentences only, so it is not counted; add 'reasons' with a code of the playbook.")
        reader.note(reasons.line + above, what)
    tags = tuple(dict.fromkeys((*entry.tag, *said.tags)))
    entry = replace(entry, content_hash=content_hash, extra=tuple(reader.extra), tag=tags)
    return Parsed(entry, tuple(sorted(set(reader.problems))[:MOST_PROBLEMS]))


def _reasons_in(lines: Sequence[Line], document: Document) -> SaidReasons | None:
    """Return the reasons in the text of a deal that has none in its front matter."""
    names = {_field_name(line.key) for line in lines}
    return reasons_in(document.shown) if "outcome" in names and "reasons" not in names else None


def _as_line(reasons: SaidReasons | None, above: int) -> list[Line]:
    return (
        [Line(reasons.key if named(reasons.key) else "reasons", [*reasons.values], reasons.line + above)]
        if reasons and reasons.values
        else []
    )


def detect_language(text: str) -> Language:
    """Return `ja` if at least a tenth of the letters are Japanese, else `en`."""
    letters = len(_LETTER.findall(text))
    return "ja" if letters and len(_JAPANESE.findall(text)) / letters >= JAPANESE_SHARE else "en"


def kind_of_folder(path: str) -> str:
    """Return the default kind of an entry, by its folder."""
    folder = PurePosixPath(path).parts[0] if "/" in path else ""
    return FOLDER_KINDS.get(unicodedata.normalize("NFC", folder).lower(), "note")


def _not_in(front: Sequence[Line], said: Sequence[Line], above: int) -> list[Line]:
    """Return the fields of a body that its front matter does not have, the first of each, with lines of the file."""
    taken = {_field_name(line.key) for line in front}
    found = {name: line for line in reversed(said) if (name := _field_name(line.key)) not in taken}
    return [replace(line, line=line.line + above) for line in found.values()]


def _field_name(key: str) -> str:
    """Return the name of a key's field; the key itself, if it is no field."""
    field = named(key)
    return field.name if field else key


def _kind(reader: FieldReader, path: str) -> str:
    """Return the kind as written, else that of the folder; only deals have an outcome."""
    default = kind_of_folder(path)
    default = "deal" if default == "note" and reader.has("outcome") else default
    return reader.read("kind", lambda value: to_choice(value, CHOICES["kind"]), default)


def _id(reader: FieldReader, path: str) -> str:
    own = entry_id(path)
    chosen = reader.read("id", lambda v: entry_id(to_text(v)), own)
    parts = chosen.split("/")
    if chosen == own or (
        _SAFE_ID.fullmatch(chosen) and len(chosen) <= MAX_ID_LENGTH and not {"", ".", ".."} & set(parts)
    ):
        return chosen
    reader.wrong("id", say("expected a path such as '{path}', without ?, #, % or empty parts.", path=own))
    return own


def _visibility(reader: FieldReader, document: Document) -> Visibility:
    """Return the visibility of an entry; the narrowest where nobody can know what the author meant."""
    if document.hides_fields:
        return PRIVATE
    return narrowest(_audiences(reader, value) for value in reader.values("visibility"))


def _status(reader: FieldReader, document: Document, said: Sequence[Line], written: Status | None) -> Status:
    """Return the status of an entry; a mark of another tool that hides it wins."""
    mark = mark_of([*document.lines, *said])
    if mark is None:
        is_hidden = document.hides_fields and is_marked(document.text)
        return "draft" if is_hidden and written in (None, "published") else written or "published"
    if mark.problem:
        reader.note(mark.line.line, mark.problem)
    if written == "published":
        reader.wrong(
            "status", say("'{key}' says that it is not published; until one is deleted, it appears in no search.",
                          key=mark.line.key)
        )  # fmt: skip
    return mark.status if written in (None, "published") else written


def _audiences(reader: FieldReader, value: Plain) -> str:
    try:
        return to_visibility(value)
    except FieldError as error:
        reader.wrong("visibility", error.sentence)
        return PRIVATE


def _build(reader: FieldReader, path: str, document: Document, playbook: Playbook, said: Sequence[Line]) -> Entry:
    kind: Any = _kind(reader, path)
    values = values_of(reader, (field for field in own_fields("") if field.name not in ("id", "kind")), playbook)
    values["visibility"] = _visibility(reader, document)
    values["status"] = _status(reader, document, said, values.get("status"))
    if document.is_conflicted:
        values = {name: value for name, value in values.items() if name not in ("verified_by", "verified_on")}
    title = values.pop("title", "") or document.heading or _EXPORTED.sub("", PurePosixPath(path).stem)
    return Entry(
        id=_id(reader, path),
        path=path,
        title=title,
        kind=kind,
        body=document.shown,
        body_line=document.body_line,
        content_hash="",
        **{"language": detect_language(title + "\n" + document.shown), **values},
        **details_of(reader, kind, playbook),
    )
