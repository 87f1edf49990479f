"""Parse the text of one entry file into an entry and the problems its author should fix."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import PurePosixPath
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.front_matter import front_matter_plugin
from mdit_py_plugins.tasklists import tasklists_plugin

from ingest.details import details_of, values_of
from ingest.field_reader import FieldReader
from ingest.fields import entry_id, to_choice, to_text
from ingest.yaml_text import Line, YamlTextError, read_mapping
from kb.choices import CHOICES, FOLDER_KINDS
from kb.entry import Entry, Language, Problem
from kb.fields import own_fields
from kb.playbook import Playbook
from kb.wording import say

MAX_ID_LENGTH = 300  # characters; a longer path is a mistake
_JAPANESE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uff66-\uff9f]")
_LETTER = re.compile(r"[^\W\d_]")
JAPANESE_SHARE = 0.1  # of all letters: above it a text is Japanese, however many product names it quotes
_SAFE_ID = re.compile(r"[^\x00-\x1f\x7f\\?#%]+")


@dataclass(frozen=True, slots=True)
class Parsed:
    """What was understood of a file."""

    entry: Entry
    problems: tuple[Problem, ...] = ()


def markdown() -> MarkdownIt:
    """Make the one Markdown parser: CommonMark, tables, task lists, front matter; raw HTML stays text."""
    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    return parser.use(front_matter_plugin).use(tasklists_plugin)


_MARKDOWN = markdown()


def front_matter_end(text: str) -> int:
    """Return how many lines the front matter takes with both its fences; 0 where there is none."""
    tokens = _MARKDOWN.parse(_normal(text))
    return (tokens[0].map or [0, 1])[1] if tokens and tokens[0].type == "front_matter" else 0


def _normal(text: str) -> str:
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def parse_entry(text: str, path: str, playbook: Playbook, content_hash: str = "") -> Parsed:
    """Parse the text of an entry file. Never raises on what an author wrote."""
    text = _normal(text)
    tokens = _MARKDOWN.parse(text)
    lines, body_line, problems = _front_matter(text, tokens, path)
    reader = FieldReader(path, lines)
    body = "\n".join(text.split("\n")[body_line - 1 :])
    if not text.strip():
        reader.note(1, say("The file is empty; write at least a heading and a sentence."))
    elif not body.strip():
        reader.note(body_line, say("There is no text after the front matter."))
    reader.problems += [*problems, *_unclosed_fences(tokens, text, path)]
    entry = _build(reader, path, body, body_line, tokens, playbook)
    entry = replace(entry, content_hash=content_hash, extra=tuple(reader.extra))
    return Parsed(entry, tuple(sorted(set(reader.problems))))


def detect_language(text: str) -> Language:
    """Return `ja` when a tenth of the letters or more are Japanese, else `en`."""
    letters = len(_LETTER.findall(text))
    return "ja" if letters and len(_JAPANESE.findall(text)) / letters >= JAPANESE_SHARE else "en"


def _front_matter(text: str, tokens: list[Token], path: str) -> tuple[list[Line], int, list[Problem]]:
    if not tokens or tokens[0].type != "front_matter":
        looks_meant = re.match(r"-{3,}[ \t]*\n[^\s:#]+[ \t]*:", text)
        message = say("The front matter is not closed; end it with a line of three hyphens (---).")
        return [], 1, [Problem(path, 1, message)] if looks_meant else []
    token = tokens[0]
    end = (token.map or [0, 1])[1]
    try:
        lines, repeated = read_mapping(token.content)
    except YamlTextError as error:
        return [], end + 1, [Problem(path, error.line + 1, error.sentence)]
    return [Line(line.key, line.value, line.line + 1) for line in (*lines, *repeated)], end + 1, []


def _unclosed_fences(tokens: list[Token], text: str, path: str) -> list[Problem]:
    lines = text.split("\n")
    problems = []
    for token in tokens:
        if token.type != "fence" or token.map is None or token.level:
            continue
        last = lines[min(token.map[1], len(lines)) - 1].strip()
        if token.map[1] - token.map[0] < 2 or not re.fullmatch(r"`{3,}|~{3,}", last):
            message = say("This code block is not closed; end it with a line {fence}.", fence=token.markup)
            problems.append(Problem(path, token.map[0] + 1, message))
    return problems


def _first_heading(tokens: list[Token]) -> str:
    for token, inline in pairwise(tokens):
        if token.type == "heading_open" and token.tag == "h1":
            return plain_text(inline)
    return ""


def plain_text(inline: Token) -> str:
    """Return the words of an inline token without its markup."""
    parts = [
        t.content if t.type in ("text", "code_inline") else " "
        for t in inline.children or []
        if t.content or t.type == "softbreak"
    ]
    return " ".join("".join(parts).split())


def kind_of_folder(path: str) -> str:
    """Return the kind of an entry that does not say it: what its folder holds."""
    folder = PurePosixPath(path).parts[0] if "/" in path else ""
    return FOLDER_KINDS.get(unicodedata.normalize("NFC", folder).lower(), "note")


def _kind(reader: FieldReader, path: str) -> str:
    return reader.read("kind", lambda value: to_choice(value, CHOICES["kind"]), kind_of_folder(path))


def _id(reader: FieldReader, path: str) -> str:
    own = entry_id(path)
    wanted = reader.read("id", lambda v: entry_id(to_text(v)), own)
    parts = wanted.split("/")
    if wanted == own or (
        _SAFE_ID.fullmatch(wanted) and len(wanted) <= MAX_ID_LENGTH and not {"", ".", ".."} & set(parts)
    ):
        return wanted
    reader.wrong("id", say("expected a path such as '{path}', without ?, #, % and empty parts.", path=own))
    return own


def _build(reader: FieldReader, path: str, body: str, body_line: int, tokens: list[Token], playbook: Playbook) -> Entry:
    kind: Any = _kind(reader, path)
    found = values_of(reader, (field for field in own_fields("") if field.name not in ("id", "kind")), playbook)
    title = found.pop("title", "") or _first_heading(tokens) or PurePosixPath(path).stem
    return Entry(
        id=_id(reader, path),
        path=path,
        title=title,
        kind=kind,
        body=body,
        body_line=body_line,
        content_hash="",
        **{"language": detect_language(title + "\n" + body), **found},
        **details_of(reader, kind, playbook),
    )
