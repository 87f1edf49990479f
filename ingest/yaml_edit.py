"""Change lists and mappings of a YAML file; comments, unknown keys and everything unchanged stay as written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ingest.yaml_text import Place, Plain, in_flow, places

Fields = Mapping[str, Plain]  # an empty value stands for a missing one
_INDENT = "  "


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
    if place.is_flow:
        return _applied(text, [_Edit(place.start, place.end, in_flow(_as_values(place, rows)))])
    known = {row.at: row.fields for row in rows if row.at is not None}
    edits: list[_Edit] = []
    for at, item in enumerate(place.items):
        edits += _changed(text, item, known[at]) if at in known else [_without_line(text, item)]
    added = [in_flow(_filled(row.fields)) for row in rows if row.at is None and _filled(row.fields)]
    if added:
        indent = _column(text, place.items[0])
        end = _line_end(text, place.items[-1].end)
        edits.append(_Edit(end, end, "".join(f"{_newline(text)}{' ' * indent}- {item}" for item in added)))
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
            values.append(before)
        elif fields := _filled({**before, **row.fields}):
            values.append(fields)
    return values


def _changed(text: str, item: Place, fields: Fields) -> list[_Edit]:
    """Return the edits of a mapping; nothing where it says the same already."""
    if not item.pairs:
        return []
    edits = []
    added: dict[str, Plain] = {}
    for key, value in fields.items():
        place = item.part(key)
        if place is None:
            added |= {key: value} if value else {}
        elif not _same(place.value, value):
            edits.append(_Edit(place.start, place.end, _rewritten(text, place, value)))
    if added and item.is_flow:
        end = len(text[: item.end - 1].rstrip())
        comma = "" if text[:end].endswith((",", "{")) else ","
        edits.append(_Edit(end, end, f"{comma} " + ", ".join(f"{in_flow(k)}: {in_flow(v)}" for k, v in added.items())))
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
    gap = " " if place.start == place.end else ""  # `key:` without a value
    return gap + in_flow(value)


def _with_value(text: str, path: Sequence[str], place: Place | None, value: Plain) -> str:
    """Return a text with a list or mapping where there was none."""
    if place is not None:
        return _applied(text, [_Edit(place.start, place.end, _rewritten(text, place, value))])
    newline, parent = _newline(text), _found(text, path[:-1]) if len(path) > 1 else None
    if parent is not None and parent.pairs and not parent.is_flow:
        end = _line_end(text, parent.end)
        block = newline + newline.join(_block(path[-1:], value, parent.column))
        return text[:end] + block + text[end:]
    if parent is not None:
        return with_fields(text, path[:-1], {path[-1]: value})
    before = text.rstrip()
    return before + (newline * 2 if before else "") + newline.join(_block(path, value, 0)) + newline


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
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end), reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text
