"""Read front matter in TOML (Hugo, Zola) and JSON as the keys of an entry."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from datetime import date, datetime, time

from ingest.signs import bare
from ingest.yaml_lines import SHOWN, Reading
from ingest.yaml_text import MAX_DEPTH, MAX_FRONT_MATTER, Line, Plain, YamlTextError
from kb.entry import Problem
from kb.fields import named
from kb.wording import say

_GROUPS = ("taxonomies", "params", "extra")  # tables in which other tools keep an author's own keys
_BARE_KEY = re.compile(
    r"^([ \t]*)([^\s\"'=#\[]*[^\x00-\x7f][^\s\"'=]*)([ \t]*=)", re.MULTILINE
)  # 担当 = needs quotes in TOML
_TABLE = re.compile(r"\s*\[.*\]\s*(?:#.*)?")
_STATEMENT = re.compile(r"\s*(\"[^\"]+\"|'[^']+'|[^\s=#\[]+)\s*=\s*(.*)", re.DOTALL)


def read_toml(text: str) -> Reading:
    """Read TOML; where it is broken, statement by statement. Raises YamlTextError if there is no key in it."""
    _refuse_long(text)
    problems: list[Problem] = []
    is_partial = False
    text = _BARE_KEY.sub(r'\1"\2"\3', text)
    pairs: list[tuple[str, Plain, int]] = []
    try:
        pairs = [(key, _plain(value), _toml_line(text, key)) for key, value in tomllib.loads(text).items()]
    except (tomllib.TOMLDecodeError, RecursionError):
        for number, statement in _statements(text):
            pair, why = _statement(statement)
            pairs += [(*pair, number)] if pair else []
            problems += [Problem("", number, why)] if why else []
            is_partial = is_partial or not pair
    if not pairs and text.strip():
        raise YamlTextError(1, say("This is not valid TOML; expected lines of the form key = value."))
    return Reading(tuple(_lines(pairs)), tuple(problems), is_partial, bool(problems))


def read_json(text: str) -> Reading:
    """Read a JSON object; numbers stay as written, a repeated key is kept. Raises YamlTextError."""
    _refuse_long(text)
    try:
        pairs = json.loads(
            text, strict=False, parse_float=str, parse_int=str, parse_constant=str, object_pairs_hook=_Pairs
        )
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", 1)
        raise YamlTextError(
            line, say("The front matter in JSON cannot be read from here on; check commas and quotes.")
        ) from error
    if not isinstance(pairs, _Pairs):
        raise YamlTextError(1, say("Expected lines of the form 'key: value', for example 'kind: deal'."))
    lines = text.split("\n")
    found = []
    for key, value in pairs:
        quoted = json.dumps(key, ensure_ascii=False)
        at = next((number for number, line in enumerate(lines, start=1) if quoted in line), 1)
        found.append((key, _plain(value), at))
    return Reading(tuple(_lines(found)))


class _Pairs(list[tuple[str, object]]):
    """The keys and values of a JSON object in order."""


def _refuse_long(text: str) -> None:
    if len(text) > MAX_FRONT_MATTER:
        limit = MAX_FRONT_MATTER
        raise YamlTextError(
            1, say("The front matter is longer than {limit:,} characters; move long text into the body.", limit=limit)
        )


def _lines(pairs: list[tuple[str, Plain, int]]) -> Iterator[Line]:
    for key, value, line in pairs:
        inner = dict(value) if isinstance(value, dict) and key in _GROUPS else {}
        yield from (Line(bare(name), inner.pop(name), line) for name in list(inner) if named(name))
        if inner or key not in _GROUPS or not isinstance(value, dict):
            yield Line(bare(key), inner or value, line)


def _plain(value: object, depth: int = 0) -> Plain:
    """Return a value of TOML or JSON as text, list or mapping."""
    if depth > MAX_DEPTH:
        return "…"
    if isinstance(value, _Pairs):
        return {key: _plain(inner, depth + 1) for key, inner in value}
    if isinstance(value, dict):
        return {str(key): _plain(inner, depth + 1) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(item, depth + 1) for item in value]
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    return "" if value is None else str(value)


def _toml_line(text: str, key: str) -> int:
    pattern = re.compile(rf"\s*\[*\s*[\"']?{re.escape(key)}[\"']?\s*[=.\]]")
    return next((n for n, line in enumerate(text.split("\n"), start=1) if pattern.match(line)), 1)


def _statements(text: str) -> Iterator[tuple[int, str]]:
    held, first = "", 1
    for number, line in enumerate(text.split("\n"), start=1):
        if held and (_STATEMENT.match(line) or _TABLE.fullmatch(line)):
            yield first, held
            held = ""
        if _TABLE.fullmatch(line):
            continue  # its keys are read as if they had none
        if not held:
            first = number
        if held or (bare(line) and not line.lstrip().startswith("#")):
            held += line + "\n"
    if held:
        yield first, held


def _statement(text: str) -> tuple[tuple[str, Plain] | None, str]:
    try:
        pairs = [(key, _plain(value)) for key, value in tomllib.loads(text).items()]
        if pairs:
            return pairs[0], ""
    except (tomllib.TOMLDecodeError, RecursionError):
        pass
    found = _STATEMENT.fullmatch(text.rstrip())
    if not found:
        shown = bare(text)[:SHOWN]
        return None, say("'{text}' is neither a key nor its value and was left out. Write 'key: value'.", text=shown)
    key, value = found[1].strip("\"'"), bare(found[2]).strip("\"'")
    example = f"{key} = {json.dumps(value[:SHOWN], ensure_ascii=False)}"
    why = say("{field}: the value is not valid TOML and was read as text. Put it in quotes: {example}", field=key,
              example=example)  # fmt: skip
    return (key, value), why
