"""Snippets: the part of a passage that shows why it matched, with the query's words highlighted."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from kb.index import analysis
from kb.index.plain import plain

SNIPPET_CHARS = {"ja": 110, "en": 220}  # two to three lines of the result list
SENTENCE_TERMS = 2  # terms that the sentence nearest in meaning is worth
_SENTENCE_END = re.compile(r"[。．！？!?]\s*|\.\s+|\n+")


@dataclass(frozen=True, slots=True)
class Snippet:
    """Part of a passage as plain text."""

    text: str
    highlights: tuple[tuple[int, int], ...]  # character ranges in the text: start, end (exclusive)


def make_snippet(
    passage: str,
    terms: Sequence[str],
    language: str = "ja",
    words: Sequence[tuple[str, int, int]] | None = None,
    sentence: str = "",
) -> Snippet:
    """Return the window of a passage with the most terms, all their occurrences highlighted.

    With `words` the passage is plain text, already analysed; without, it is Markdown. The `sentence` nearest in meaning
    counts as much as SENTENCE_TERMS terms.
    """
    text = plain(passage) if words is None else passage
    known = analysis.words(text) if words is None and terms else words or ()
    wanted = set(terms)
    found = [(start, end) for term, start, end in known if term in wanted]
    nearest = text.find(sentence) if sentence else -1
    start, end = _window(text, found, SNIPPET_CHARS.get(language, SNIPPET_CHARS["ja"]), nearest)
    head, tail = ("…" if start else ""), ("…" if end < len(text) else "")
    moved = len(head) - start
    inside = [(a + moved, b + moved) for a, b in found if start <= a and b <= end]
    snippet = head + text[start:end] + tail
    return Snippet(snippet, _merged(inside, snippet))


def _window(text: str, found: Sequence[tuple[int, int]], size: int, nearest: int) -> tuple[int, int]:
    """Return the range to show; `nearest` is where the sentence nearest in meaning starts, -1 without one."""
    if len(text) <= size:
        return 0, len(text)
    best, most = 0, -1
    starts = [0, *([nearest] if nearest >= 0 else []), *(max(0, a - size // 4) for a, _ in found)]
    for start in dict.fromkeys(starts):
        covered = len({text[a:b] for a, b in found if start <= a and b <= start + size})
        if 0 <= nearest - start <= size // 2:
            covered += SENTENCE_TERMS
        if covered > most:
            best, most = start, covered
    best = min(best, len(text) - size)
    start = _sentence_start(text, best, size)
    return _whole(text, start), _whole(text, min(len(text), start + size))


def _sentence_start(text: str, at: int, size: int) -> int:
    """Move a cut back to the start of a nearby sentence, or of a word where spaces separate words."""
    if at <= 0:
        return 0
    ends = [m.end() for m in _SENTENCE_END.finditer(text, max(0, at - size // 4), at + 1)]
    if ends:
        return ends[-1]
    space = text.rfind(" ", max(0, at - 20), at + 1)
    return space + 1 if space >= 0 else at


def _whole(text: str, at: int) -> int:
    """Move a cut so that it does not split combined characters (marks, joined emoji) or words."""
    while 0 < at < len(text) and (
        unicodedata.category(text[at]).startswith("M")
        or text[at] in "\u200d\uff9e\uff9f"
        or text[at - 1] == "\u200d"
        or 0x1F3FB <= ord(text[at]) <= 0x1F3FF
    ):
        at -= 1
    if 0 < at < len(text) and text[at].isascii() and text[at].isalnum() and text[at - 1].isascii():
        space = text.rfind(" ", max(0, at - 20), at)
        return space + 1 if space >= 0 else at
    return at


def _merged(ranges: Sequence[tuple[int, int]], text: str) -> tuple[tuple[int, int], ...]:
    """Merge adjacent highlights, so that a compound word has one."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(ranges):
        if joined and (start <= joined[-1][1] or text[joined[-1][1] : start] == " "):
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return tuple(joined)
