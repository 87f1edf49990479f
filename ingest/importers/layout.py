"""Put the pieces of a printed page together: lines, columns, paragraphs."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from statistics import median

HYPHEN = "\u00ad"  # a hyphen at the end of a line; it may belong to the word
SHORT = 0.55  # of the widest line around; a line shorter than this ends a paragraph
FULL = 0.85  # a line this wide may go on after the end of a sentence, or before a capital letter
APART = 1.0  # heights of a line; pieces further apart are cells or columns
PITCH = 1.45  # of the usual distance; lines further apart are paragraphs
WIDEST_PITCH = 1.6  # heights of a line; a page of single lines has no usual distance
COLUMN_LINES = 3  # lines side by side, from which they are columns
COLUMN_WIDTH = 8  # heights of a line; cells of a table are narrower
MOST_BETWEEN = 2.5  # heights of a line between paragraphs of a column
WIDEST_ROW = 60  # cells of a table side by side
_SENTENCE_END = re.compile(r"[。．.!?！？:：][」』）)\"'”’]*$")
_ITEM = re.compile(r"(?:[・●○■□◆◇▶►•‣–]|[-*]\s|[(（]?(?:\d{1,2}|[a-zA-Z])[.)）．](?!\d)|[①-⑳]|第\d+[章節条])")
_WORD_BREAK = re.compile(r"[a-z]{2,}\u00ad$")
_COMPOUND = re.compile(
    r"(?:-[a-z]+|\b(?:well|self|high|low|long|short|full|half|cross|real|cost|non|all|end|ready))\u00ad$", re.I
)


@dataclass(frozen=True, slots=True)
class Line:
    """Text at a place of a page, in points from the lower left corner."""

    left: float
    bottom: float
    right: float
    top: float
    text: str
    is_row: bool = False  # cells side by side
    room: float = 0.0  # width of its column; 0 if it stands in none

    @property
    def height(self) -> float:
        """Height of the letters."""
        return max(self.top - self.bottom, 0.1)

    @property
    def width(self) -> float:
        """Width of the line."""
        return self.right - self.left

    def is_beside(self, other: Line) -> bool:
        """Whether another piece stands in the same row."""
        common = min(self.top, other.top) - max(self.bottom, other.bottom)
        return common >= 0.5 * min(self.height, other.height)

    def is_followed_by(self, other: Line) -> bool:
        """Whether another piece goes on closely behind this one."""
        height = max(self.height, other.height)
        return self.is_beside(other) and -height <= other.left - self.right <= APART * height

    def with_piece(self, other: Line) -> Line:
        """Return both as one, with a space where a gap shows one."""
        is_kanji = is_wide(self.text[-1]) or is_wide(other.text[0])
        is_tight = is_kanji or self.text.endswith(" ") or other.left - self.right < 0.15 * self.height
        text = self.text + ("" if is_tight else " ") + other.text
        bottom, top = min(self.bottom, other.bottom), max(self.top, other.top)
        return Line(self.left, bottom, max(self.right, other.right), top, text)


def put_together(pieces: list[Line]) -> list[Line]:
    """Return lines in reading order: pieces of a line joined, columns one after the other."""
    rows: list[list[Line]] = []
    for piece in sorted(pieces, key=lambda piece: -piece.top):
        if rows and rows[-1][0].is_beside(piece):
            rows[-1].append(piece)
        else:
            rows.append([piece])
    lines = [line for row in rows for line in _segments(sorted(row, key=lambda piece: piece.left))]
    tidy = [replace(line, text=line.text.strip()) for line in lines]
    return list(_in_order(sorted(tidy, key=lambda line: (-line.top, line.left))))


def paragraphs(lines: list[Line]) -> list[str]:
    """Return lines as paragraphs; which line goes on follows from places, sizes and the ends of sentences."""
    pitches = [before.bottom - after.bottom for before, after in pairwise(lines)]
    usual = median([pitch for pitch in pitches if pitch > 0] or [0])
    texts: list[str] = []
    for number, line in enumerate(lines):
        if number and _goes_on(lines, number, usual):
            texts[-1] = _joined(texts[-1], _close(line.text.strip()))
        else:
            texts.append(_close(line.text.strip()))
    return [text.replace(HYPHEN, "-") if text.endswith(HYPHEN) else text.replace(HYPHEN, "") for text in texts if text]


def _close(text: str) -> str:
    """Return a line without the spaces that spread Japanese letters."""
    letters = text.split(" ")
    is_spread = len(letters) > 2 and all(len(letter) == 1 and is_wide(letter) for letter in letters)
    return "".join(letters) if is_spread else text


def _segments(row: list[Line]) -> Iterator[Line]:
    """Yield the pieces of a row; those close together are one."""
    line = row[0]
    for piece in row[1:]:
        if line.is_followed_by(piece):
            line = line.with_piece(piece)
        else:
            yield line
            line = piece
    yield line


def _in_order(lines: list[Line]) -> Iterator[Line]:
    """Yield the lines of a page; where text stands in columns, the left one first."""
    at = 0
    while at < len(lines):
        taken, gutter = _columns(lines[at:])
        if taken:
            block = lines[at : at + taken]
            yield from _column([line for line in block if line.right <= gutter])
            yield from _column(list(_in_order([line for line in block if line.right > gutter])))
        else:
            row = [line for line in lines[at : at + WIDEST_ROW] if lines[at].is_beside(line)]
            taken = lines.index(row[-1], at) + 1 - at
            yield _row(sorted(lines[at : at + taken], key=lambda line: line.left))
        at += taken


def _column(lines: list[Line]) -> list[Line]:
    room = max(line.width for line in lines)
    return [replace(line, room=line.room or room) for line in lines]


def _columns(lines: list[Line]) -> tuple[int, float]:
    """Return how many lines from the first stand in columns, and where these are separated; 0 if they do not."""
    first = lines[0]
    near = [line for line in lines[1:4] if first.bottom - line.top < 0.8 * first.height]
    pairs = [sorted((first, line), key=lambda line: line.left) for line in near]
    gaps = [(one.right, other.left) for one, other in pairs if other.left - one.right >= APART * first.height]
    if not gaps:
        return 0, 0.0
    left, right = gaps[0]
    taken, gutter, lowest = 0, 0.0, first.bottom
    for line in lines:
        if line.left < right and line.right > left:
            left, right = _narrowed(left, right, line)
        if lowest - line.top > MOST_BETWEEN * line.height or right - left < 0.5 * line.height:
            break
        taken, gutter, lowest = taken + 1, (left + right) / 2, min(lowest, line.bottom)
    sides = [[line for line in lines[:taken] if (line.right <= gutter) == is_left] for is_left in (True, False)]
    prose = [line.width >= COLUMN_WIDTH * line.height for side in sides for line in side]
    is_prose = min(map(len, sides)) >= COLUMN_LINES and sum(prose) >= 0.7 * len(prose)
    return (taken, gutter) if is_prose else (0, 0.0)


def _narrowed(left: float, right: float, line: Line) -> tuple[float, float]:
    """Return what a line leaves of the space between two columns; nothing if it crosses it."""
    if line.left <= left and line.right >= right:
        return 0.0, 0.0
    return (max(left, line.right), right) if line.left <= left else (left, min(right, line.left))


def _row(row: list[Line]) -> Line:
    text = " ".join(line.text.strip() for line in row)
    return replace(row[0], right=row[-1].right, text=text, is_row=len(row) > 1)


def _goes_on(lines: list[Line], number: int, usual: float) -> bool:
    """Whether a line continues the one above."""
    before, line = lines[number - 1], lines[number]
    if before.is_row or line.is_row or _ITEM.match(line.text):
        return False
    if before.text.endswith(HYPHEN):
        return True
    pitch = before.bottom - line.bottom
    most = PITCH * min(max(usual, before.height), WIDEST_PITCH * before.height)
    if pitch > most or abs(before.height - line.height) > 0.25 * line.height:
        return False
    if pitch <= 0:  # the next column
        return not _SENTENCE_END.search(before.text)
    if line.left > before.left + 0.8 * line.height:  # indented, unless below a heading number
        return False
    near = lines[max(0, number - 6) : number + 6]
    around = before.room or max(other.width for other in near if not other.is_row and not other.room)
    if _SENTENCE_END.search(before.text):
        return before.width >= FULL * around
    least = FULL if line.text[0].isupper() else SHORT
    return before.width >= least * around or before.text[-1] in "、，,"


def _joined(text: str, more: str) -> str:
    if text.endswith(HYPHEN):
        is_word = _WORD_BREAK.search(text) and more[:1].islower() and not _COMPOUND.search(text)
        return text[:-1] + ("" if is_word else "-") + more  # inter-operability, but GL-200
    is_number = text[-1].isdigit() and more[:1].isdigit()
    return text + ("" if is_number or is_wide(text[-1]) or is_wide(more[0]) else " ") + more


@lru_cache(maxsize=10_000)
def is_wide(character: str) -> bool:
    """Whether a character is as wide as a kanji."""
    return unicodedata.east_asian_width(character or " ") in "WF"
