"""Where the sentences of a passage stand in its Markdown, so that they can be quoted exactly."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from kb.index.plain import plain
from kb.index.sentences import MOST, SHORTEST

MOST_REMEMBERED = 1_024  # passages: people see mostly the same ones
_BLANK = r"[^\S\n]"
_LEAD = re.compile(rf"{_BLANK}*(?:>{_BLANK}?|[-*+]{_BLANK}+(?:\[[ xX]\]{_BLANK}+)?|\d+[.)]{_BLANK}+)*")
_NO_PROSE = re.compile(rf"{_BLANK}*(?:#{{1,6}}{_BLANK}|```|~~~|<!--|\[[^\]\n]+\]:|\|?[-:| \t]+$)")
_SEPARATOR = re.compile(r"[-:| \t]+$")  # below the header of a table
_END = re.compile(r"[。．！？]+(?![。．！？」』）)\"”])|[.!?](?=[*_~`]*\s)")
_CLOSING = re.compile(r"\*+|_+|~~|`+")


@dataclass(frozen=True, slots=True)
class Span:
    """A sentence, a row of a table or a line without a full stop, within a passage."""

    start: int  # in the Markdown
    end: int
    text: str  # plain
    plain_start: int  # in the plain text of the passage
    paragraph: int  # its number: sentences of one paragraph may be quoted together

    @property
    def plain_end(self) -> int:
        """Where it ends in the plain text of the passage."""
        return self.plain_start + len(self.text)


@lru_cache(maxsize=MOST_REMEMBERED)
def spans_of(passage: str) -> tuple[Span, ...]:
    """Return the sentences of a passage in Markdown, in order; those of wrapped lines in one piece."""
    whole, at, spans = plain(passage), 0, []
    for start, end, paragraph in _pieces(passage):
        text = plain(passage[start:end])
        found = whole.find(text, at) if len(text) >= SHORTEST else -1
        if found >= 0:
            spans.append(Span(start, end, text, found, paragraph))
            at = found + len(text)
    return tuple(spans[:MOST])


def _pieces(passage: str) -> Iterator[tuple[int, int, int]]:
    """Yield (start, end, number of the paragraph) of the sentences."""
    for number, (start, end) in enumerate(_paragraphs(passage)):
        for a, b in [(start, end)] if passage[start:end].startswith("|") else _sentences(passage, start, end):
            while a < b and passage[a].isspace():
                a += 1
            while b > a and passage[b - 1].isspace():
                b -= 1
            if a < b:
                yield a, b, number


def _paragraphs(passage: str) -> Iterator[tuple[int, int]]:
    """Yield (start, end) of lines that are read on: an item, a row, or a paragraph of several lines."""
    begun, at, is_open = 0, 0, False
    lines = passage.split("\n")
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        end = at + len(line)
        lead = _LEAD.match(line)
        content = lead.end() if lead else 0
        is_header = "|" in line and "-" in following and _SEPARATOR.match(following)
        is_prose = bool(line.strip()) and not is_header and not _NO_PROSE.match(line)
        is_row = line.lstrip().startswith("|")
        continues = is_prose and not is_row and not line[:content].strip()
        if is_open and not continues:
            yield begun, at - 1
        if is_prose and not (is_open and continues):
            begun = at + content
        is_open = is_prose and not is_row
        if is_row and is_prose:
            yield begun, end
        at = end + 1
    if is_open:
        yield begun, len(passage)


def _sentences(passage: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield (start, end) of the sentences of a paragraph; emphasis and links are not cut in two."""
    begun = start
    for match in _END.finditer(passage, start, end):
        cut = match.end()
        closing = _CLOSING.match(passage, cut, end)
        if closing and passage.count(closing[0], begun, cut) % 2:
            cut = closing.end()
        if cut > begun and passage.count("[", begun, cut) <= passage.count("]", begun, cut):
            yield begun, cut
            begun = cut
    if begun < end:
        yield begun, end
