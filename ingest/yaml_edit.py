"""Change lists and mappings of a YAML file; comments, unknown keys and everything unchanged stay as written."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ingest.yaml_text import Place, Plain, in_flow, places

Fields = Mapping[str, Plain]  # an empty value stands for a missing one
_INDENT = "  "
_END = re.compile(r"^\.\.\.(?=\s|\Z)", re.MULTILINE)  # of the document: nothing may be added below


@dataclass(frozen=True, slots=True)
class Row:
    """An item of a list as it should be: one that exists with changed fields, or a new one."""

    at: int | None  # the place of the existing item; None: new
    fields: Fields


@dataclass(frozen=True, slots=True)
class _Edit:
    """A replaced span."""

    start: int
    end: int
    text: str


def with_rows(text: str, path: Sequence[str], rows: Sequence[Row]) -> str:
    """Return a text whose list at a path has these rows: items not among them are removed, new ones come last."""
    place = _found(text, path)
    if place is None or not place.items:
        items: list[Plain] = [fields for row in rows if (fields := _filled(row.fields))]
        return _with_value(text, path, place, items) if items else text
    known = {row.at: row.fields for row in rows if row.at is not None}
    if place.is_flow and known.keys() < set(range(len(place.items))):
        return _applied(text, [_Edit(place.start, place.end, in_flow(_as_values(place, rows)))])
    edits: list[_Edit] = []
    for at, item in enumerate(place.items):
        edits += _changed(text, item, known[at]) if at in known else [_without_line(text, item)]
    added = [in_flow(_filled(row.fields)) for row in rows if row.at is None and _filled(row.fields)]
    if added and place.is_flow:
        end = place.items[-1].end
        edits.append(_Edit(end, end, "".join(f", {item}" for item in added)))
    elif added:
        end = _line_end(text, place.items[-1].end)
        edits.append(_Edit(end, end, "".join(f"{_newline(text)}{' ' * place.column}- {item}" for item in added)))
    return _applied(text, edits)


def with_fields(text: str, path: Sequence[str], fields: Fields) -> str:
    """Return a text whose mapping at a path has these values; its other keys stay."""
    place = _found(text, path)
    if place is None or not place.pairs:
        return _with_value(text, path, place, _filled(fields)) if _filled(fields) else text
    return _applied(text, _changed(text, place, fields))


def _found(text: str, path: Sequence[str]) -> Place | None:
    place = places(text)
    for key in path:
        place = place.part(key) if place else None
    return place


def _filled(fields: Fields) -> dict[str, Plain]:
    return {key: value for key, value in fields.items() if value}


def _as_values(place: Place, rows: Sequence[Row]) -> list[Plain]:
    """Return the items of a list in brackets, which is written anew."""
    values: list[Plain] = []
    for row in sorted(rows, key=lambda row: (row.at is None, row.at)):
        before = place.items[row.at].value if row.at is not None else {}
        if not isinstance(before, dict):
            values.append(_filled(row.fields) or before)
        elif (fields := _merged(before, row.fields)) or row.at is not None:
            values.append(fields)
    return values


def _merged(before: Mapping[str, Plain], fields: Fields) -> dict[str, Plain]:
    """Return a mapping with changed values; a value that was emptied goes with its key."""
    merged = {**before, **fields}
    return {key: value for key, value in merged.items() if value or (key in before and not before[key])}


def _changed(text: str, item: Place, fields: Fields) -> list[_Edit]:
    """Return the edits of a mapping; nothing where it says the same already."""
    if not item.pairs:  # a plain text becomes a mapping
        gap = " " if item.start == item.end else ""
        return [_Edit(item.start, item.end, gap + in_flow(filled))] if (filled := _filled(fields)) else []
    edits = []
    added: dict[str, Plain] = {}
    for key, value in fields.items():
        place = item.part(key)
        if place is None:
            added |= {key: value} if value else {}
        elif not _same(place.value, value):
            edits.append(_Edit(place.start, place.end, _rewritten(text, place, value)))
    if added and item.is_flow and text[item.start] != "{" and isinstance(item.value, dict):  # a pair without braces
        return [_Edit(item.start, item.end, in_flow(_merged(item.value, fields)))]
    if added and item.is_flow:
        end = item.pairs[-1][1].end
        edits.append(_Edit(end, end, "".join(f", {in_flow(k)}: {in_flow(v)}" for k, v in added.items())))
    elif added:
        end = _line_end(text, item.end)
        lines = (f"{' ' * item.column}{in_flow(key)}: {in_flow(value)}" for key, value in added.items())
        edits.append(_Edit(end, end, "".join(f"{_newline(text)}{line}" for line in lines)))
    return edits


def _same(before: Plain, value: Plain) -> bool:
    if isinstance(before, str) and isinstance(value, list):
        return [before] == value or (not before and not value)
    return before == value or (not before and not value)


def _rewritten(text: str, place: Place, value: Plain) -> str:
    if isinstance(value, list) and place.items and not place.is_flow and value:
        indent = " " * _column(text, place.items[0])
        return f"{_newline(text)}{indent}".join(f"- {in_flow(item)}" for item in value)
    if not place.is_flow:  # a list below its key: what takes its place stands deeper than the key
        return _INDENT + in_flow(value)
    gap = " " if place.start == place.end else ""  # `key:` without a value
    return gap + in_flow(value)


def _with_value(text: str, path: Sequence[str], place: Place | None, value: Plain) -> str:
    """Return a text with a list or mapping where there was none."""
    if place is not None:
        return _applied(text, [_Edit(place.start, place.end, _rewritten(text, place, value))])
    newline, depth = _newline(text), len(path) - 1
    while depth and _found(text, path[:depth]) is None:
        depth -= 1
    above = _found(text, path[:depth])  # the mapping that gets a key
    if above is not None and (above.is_flow or not above.pairs):
        for key in reversed(path[depth + 1 :]):
            value = {key: value}
        return with_fields(text, path[:depth], {path[depth]: value})
    block = newline.join(_block(path[depth:], value, above.column if above is not None else 0))
    if depth and above is not None:
        end = _line_end(text, above.end)
        return text[:end] + newline + block + text[end:]
    mark = _END.search(text)
    end = mark.start() if mark else len(text)
    before = text[:end].rstrip()
    return before + (newline * 2 if before else "") + block + newline + text[end:]


def _block(path: Sequence[str], value: Plain, column: int) -> list[str]:
    """Return a value below its keys in block style."""
    lines = [f"{' ' * column}{_INDENT * depth}{in_flow(key)}:" for depth, key in enumerate(path)]
    indent = " " * column + _INDENT * len(path)
    if isinstance(value, dict):
        return lines + [f"{indent}{in_flow(key)}: {in_flow(inner)}" for key, inner in value.items()]
    return lines + [f"{indent}- {in_flow(item)}" for item in value]


def _without_line(text: str, item: Place) -> _Edit:
    """Return the edit that removes an item of a block list with its hyphen and the rest of its last line."""
    hyphen = text.rfind("-", 0, item.start)
    start, end = text.rfind("\n", 0, hyphen) + 1, _line_end(text, item.end)
    return _Edit(start, end + len(_newline(text)) if end < len(text) else end, "")


def _column(text: str, item: Place) -> int:
    hyphen = text.rfind("-", 0, item.start)
    return hyphen - text.rfind("\n", 0, hyphen) - 1


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end - (text[end - 1 : end] == "\r")


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _applied(text: str, edits: Sequence[_Edit]) -> str:
    for _, edit in sorted(enumerate(edits), key=lambda one: (one[1].start, one[1].end, one[0]), reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text
