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

from ingest import vocabulary as spelled
from ingest.details import campaign_of, deal_of, talk_track_of
from ingest.field_reader import FieldReader
from ingest.fields import entry_id, to_choice, to_date, to_entry_ids, to_text, to_texts
from ingest.yaml_text import Line, YamlTextError, read_mapping
from kb.entry import Entry, Language, Problem
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


def _kind(reader: FieldReader, path: str) -> str:
    folder = PurePosixPath(path).parts[0] if "/" in path else ""
    default = spelled.FOLDER_KINDS.get(unicodedata.normalize("NFC", folder).lower(), "note")
    return reader.read("kind", lambda v: to_choice(v, spelled.KIND_SPELLINGS), default)


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


def _details(reader: FieldReader, kind: str, playbook: Playbook) -> dict[str, Any]:
    if kind == "deal":
        return {"deal": deal_of(reader, playbook)}
    if kind == "talk-track":
        return {"talk_track": talk_track_of(reader)}
    return {"campaign": campaign_of(reader, playbook)} if kind == "campaign" else {}


def _build(reader: FieldReader, path: str, body: str, body_line: int, tokens: list[Token], playbook: Playbook) -> Entry:
    title = reader.read("title", to_text, "") or _first_heading(tokens) or PurePosixPath(path).stem
    kind: Any = _kind(reader, path)
    language: Any = reader.read("language", lambda v: to_choice(v, spelled.LANGUAGE_SPELLINGS), "")
    team: Any = reader.read("team", lambda v: to_choice(v, spelled.TEAM_SPELLINGS), "") or None
    status: Any = reader.read("status", lambda v: to_choice(v, spelled.STATUS_SPELLINGS), "published")
    visibility: Any = reader.read("visibility", lambda v: to_choice(v, spelled.VISIBILITY_SPELLINGS), "all")
    return Entry(
        id=_id(reader, path),
        path=path,
        title=title,
        kind=kind,
        body=body,
        body_line=body_line,
        language=language or detect_language(title + "\n" + body),
        content_hash="",
        team=team,
        owner=reader.read("owner", to_text, ""),
        date=reader.read("date", to_date, None),
        tags=reader.read("tags", to_texts, ()),
        industries=reader.terms("industry", playbook.industries, keep_unknown=True),
        products=reader.terms("product", playbook.products, keep_unknown=True),
        competitors=reader.terms("competitors", playbook.competitors, keep_unknown=True),
        angles=reader.terms("angles", playbook.angles, keep_unknown=False),
        status=status,
        verified_by=reader.read("verified_by", to_text, ""),
        verified_on=reader.read("verified_on", to_date, None),
        review_by=reader.read("review_by", to_date, None),
        visibility=visibility,
        related=reader.read("related", to_entry_ids, ()),
        supersedes=reader.read("supersedes", to_entry_ids, ()),
        derived_from=reader.read("derived_from", to_entry_ids, ()),
        **_details(reader, kind, playbook),
    )
