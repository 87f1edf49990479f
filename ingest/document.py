"""The text of an entry file, parsed once: front matter, body and problems."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice, pairwise

from markdown_it.token import Token

from ingest.fences import Notation, Place
from ingest.front import read_front
from ingest.markdown import Excess, parse
from ingest.shown import shown
from ingest.signs import conflict_line
from ingest.yaml_text import Line
from kb.entry import Problem
from kb.wording import say, together

UNFINISHED_MERGE = say(
    "A merge was not finished: two versions follow. Keep one and delete the lines of <<<, === and >>>."
)
MOST_REMEMBERED = 4  # texts
LONGEST_REMEMBERED = 100_000  # characters, whose tokens may take 30 MB
LONGEST_HEADING = 500  # characters; a longer one is text, or each passage below would repeat it

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|$)")
_FENCE = re.compile(r"`{3,}|~{3,}")


@dataclass(frozen=True, slots=True)
class Document:
    """The parts of an entry file's text, independent of its path and the playbook.

    `head`, `yaml`, `closing` and `stored_body` concatenated are the text.
    """

    text: str  # as stored
    notation: Notation  # of the front matter; empty if there is none
    head: str  # up to the opening line of the front matter, if any
    yaml: str  # between the fences, with its final line break
    closing: str  # closing line of the front matter
    lines: tuple[Line, ...]  # keys with their values; line numbers of the file, places in `yaml` with plain line breaks
    fault: Problem | None  # why the front matter cannot be read; problems here have no path
    is_partial: bool  # some of the front matter could not be read
    body: str  # text after the front matter, with LF line breaks
    body_line: int  # of the file, from 1
    shown: str  # the body as people read and search it, line by line
    tokens: tuple[Token, ...]  # of `shown`, with lines relative to it; do not modify
    problems: tuple[Problem, ...]  # of the text itself
    is_repaired: bool = False  # the front matter has mistakes, so that no program should change it
    is_conflicted: bool = False  # an unfinished merge left two versions in it

    @classmethod
    def of(cls, text: str) -> Document:
        """Parse a text: Markdown once and, where there is front matter, its notation once. Never raises.

        The texts parsed last are remembered: an editor's page sends the file it started from with each preview, and
        what is checked is saved next.
        """
        return _remembered(text) if len(text) <= LONGEST_REMEMBERED else cls._parsed(text)

    @classmethod
    def _parsed(cls, text: str) -> Document:
        plain = plain_newlines(text.removeprefix("\ufeff")).split("\n")
        front = read_front(plain)
        height = front.place.after
        body = "\n".join(plain[height:])
        clean = shown(body)
        tokens, excess = parse(clean)
        problems = [*front.problems, *_conflicts(plain)]
        problems += [Problem("", height + excess.line + 1, why_plain(excess))] if excess else []
        problems += _missing(plain, body, height)
        problems += _unclosed_fences(tokens, clean, height)
        return cls(
            text, front.notation, *_cut(text, front.place), front.lines, front.fault, front.is_partial, body,
            height + 1, clean, tuple(tokens), tuple(problems), front.is_repaired,
            conflict_line(plain) is not None,
        )  # fmt: skip

    @property
    def stored_body(self) -> str:
        """The text after the front matter, as stored."""
        return self.text[len(self.head) + len(self.yaml) + len(self.closing) :]

    @property
    def hides_fields(self) -> bool:
        """Whether the text has front matter that is not all understood, so that nobody knows its fields."""
        return self.is_partial or (not self.notation and self.text.lstrip("\ufeff \t\r\n").startswith("---"))

    @property
    def heading(self) -> str:
        """The text of the first level-1 heading, or an empty string."""
        return next(_main_headings(self.tokens), "")


_remembered = lru_cache(maxsize=MOST_REMEMBERED)(Document._parsed)


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


def _cut(text: str, place: Place) -> tuple[str, str, str]:
    if not place.notation:
        return "", "", ""
    ends = [0, *(line.end() for line in islice(_LINE.finditer(text), place.after))]
    start, end, after = ends[place.start], ends[place.end], ends[place.after]
    return text[:start], text[start:end], text[end:after]


def _conflicts(plain: list[str]) -> Iterator[Problem]:
    at = conflict_line(plain)
    if at is not None:
        yield Problem("", at + 1, UNFINISHED_MERGE)


def _missing(plain: list[str], body: str, height: int) -> Iterator[Problem]:
    if not "".join(plain).strip():
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
