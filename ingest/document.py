"""The text of an entry file, parsed once: front matter, body and problems."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise

from markdown_it.token import Token

from ingest.markdown import Excess, parse
from ingest.yaml_text import MAX_FRONT_MATTER, Line, YamlTextError, read_mapping
from kb.entry import Problem
from kb.wording import say, together

LONGEST_HEADING = 500  # characters; a longer one is text, or each passage below would repeat it

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|$)")
_UNCLOSED = re.compile(r"-{3,}[ \t]*\n[^\s:#]+[ \t]*:")  # hyphens, then a key
_FENCE = re.compile(r"`{3,}|~{3,}")


@dataclass(frozen=True, slots=True)
class Document:
    """The parts of an entry file's text, independent of its path and the playbook.

    `head`, `yaml`, `closing` and `stored_body` concatenated are the text.
    """

    text: str  # as stored
    head: str  # opening line of the front matter, if any
    yaml: str  # between the --- lines, with its final line break
    closing: str  # closing line of the front matter
    lines: tuple[Line, ...]  # keys with their values; line numbers of the file, places in `yaml` with plain line breaks
    fault: Problem | None  # why the front matter cannot be read; problems here have no path
    body: str  # text after the front matter, with LF line breaks
    body_line: int  # of the file, from 1
    tokens: tuple[Token, ...]  # of the body, with lines relative to it; do not modify
    problems: tuple[Problem, ...]  # of the text itself

    @classmethod
    def of(cls, text: str) -> Document:
        """Parse a text: Markdown once and, where there is front matter, YAML once. Never raises."""
        plain = plain_newlines(text.removeprefix("\ufeff"))
        tokens, excess = parse(plain, front_matter=True)
        front = tokens.pop(0) if tokens and tokens[0].type == "front_matter" else None
        lines, fault = _mapping(front.content) if front else ((), None)
        height = front.map[1] if front and front.map else 0
        head, yaml, closing = _cut(text, height)
        for token in tokens:
            token.map = [line - height for line in token.map] if token.map else None
        body = "\n".join(plain.split("\n")[height:])
        problems = [fault] if fault else []
        problems += [Problem("", excess.line + 1, why_plain(excess))] if excess else []
        problems += _missing(plain, body, height)
        problems += _unclosed_fences(tokens, body, height)
        return cls(text, head, yaml, closing, lines, fault, body, height + 1, tuple(tokens), tuple(problems))

    @property
    def stored_body(self) -> str:
        """The text after the front matter, as stored."""
        return self.text[len(self.head) + len(self.yaml) + len(self.closing) :]

    @property
    def hides_fields(self) -> bool:
        """Whether the text has front matter that is not understood, so that nobody knows its fields."""
        return self.fault is not None or (not self.head and self.text.lstrip("\ufeff \t\r\n").startswith("---"))

    @property
    def heading(self) -> str:
        """The text of the first level-1 heading, or an empty string."""
        return next(_main_headings(self.tokens), "")


def plain_text(inline: Token) -> str:
    """Return the text of an inline token without markup."""
    parts = [
        t.content if t.type in ("text", "code_inline") else " "
        for t in inline.children or []
        if t.content or t.type == "softbreak"
    ]
    return " ".join("".join(parts).split())


def plain_newlines(text: str) -> str:
    """Return a text with LF line breaks only."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _mapping(yaml: str) -> tuple[tuple[Line, ...], Problem | None]:
    """Read front matter; its first line is the second of the file."""
    try:
        lines, repeated = read_mapping(yaml, MAX_FRONT_MATTER)
    except YamlTextError as error:
        return (), Problem("", error.line + 1, error.sentence)
    return tuple(Line(one.key, one.value, one.line + 1, one.start, one.end) for one in (*lines, *repeated)), None


def _cut(text: str, height: int) -> tuple[str, str, str]:
    if not height:
        return "", "", ""
    ends = [line.end() for line in islice(_LINE.finditer(text), height)]
    return text[: ends[0]], text[ends[0] : ends[-2]], text[ends[-2] : ends[-1]]


def _missing(plain: str, body: str, height: int) -> Iterator[Problem]:
    if not height and _UNCLOSED.match(plain):
        yield Problem("", 1, say("The front matter is not closed; end it with a line of three hyphens (---)."))
    if not plain.strip():
        yield Problem("", 1, say("The file is empty; write at least a heading and a sentence."))
    elif not body.strip():
        yield Problem("", height + 1, say("There is no text after the front matter; write the body."))


def why_plain(excess: Excess) -> str:
    """Return why a text is shown as it is, and what its author can do."""
    sentence = say("The text is shown without formatting and headings because {what}.", what=excess.what)
    return together(sentence, excess.advice)


def _unclosed_fences(tokens: Sequence[Token], body: str, height: int) -> Iterator[Problem]:
    lines = body.split("\n")
    for token in tokens:
        if token.type != "fence" or token.map is None or token.level:
            continue
        last = lines[min(token.map[1], len(lines)) - 1].strip()
        if token.map[1] - token.map[0] < 2 or not _FENCE.fullmatch(last):
            message = say("This code block is not closed; end it with a {fence} line.", fence=token.markup)
            yield Problem("", height + token.map[0] + 1, message)


def _main_headings(tokens: Sequence[Token]) -> Iterator[str]:
    for token, inline in pairwise(tokens):
        if token.type == "heading_open" and token.tag == "h1" and len(heading := plain_text(inline)) <= LONGEST_HEADING:
            yield heading
