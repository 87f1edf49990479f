"""The letters of a text as names are looked for in them: without markup, in one width and one kind of kana.

Each letter knows its place in the text, so that what is found can be replaced and everything else stays as it is.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import unescape
from urllib.parse import unquote

from kb.index.analysis import fold

_MARKS = "\u3099\u309a\uff9e\uff9f"  # of voiced kana
_UNIT = re.compile(
    r"(?P<entity>&(?:\#\d{1,7}|\#[xX][0-9a-fA-F]{1,6}|[A-Za-z]\w{1,31});)"
    r"|(?P<percent>(?:%[0-9A-Fa-f]{2})+)"
    r"|(?P<break>\r?\n(?![ \t>]*\r?\n)[ \t]*(?:>[ \t]*)*)"  # within a paragraph or a quotation
    rf"|(?P<other>.[{_MARKS}]*)",
    re.DOTALL,
)
_ENCODED = re.compile(r"&\#?\w{1,31};|%[0-9A-Fa-f]{2}")
_DROPPED = re.compile(r"[\s*_~`\\・=\-.,'\u200b-\u200f]+")
_KANA = {code: code + 0x60 for code in range(0x3041, 0x3097)} | dict(
    zip(map(ord, "ァィゥェォッャュョヮヵヶ"), "アイウエオツヤユヨワカケ", strict=True)
)
_KANA |= {
    ord(small): large for small, large in zip("ぁぃぅぇぉっゃゅょゎゕゖ", "アイウエオツヤユヨワカケ", strict=True)
}


@dataclass(frozen=True, slots=True)
class Letters:
    """Letters of a text, and where each begins and ends in it."""

    text: str
    starts: Sequence[int]
    ends: Sequence[int]

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Return where a run of letters stands in the text."""
        return self.starts[start], self.ends[end - 1]


def squeezed(text: str) -> str:
    """Return the letters of a text without their places: a name that is not in here stands nowhere in the text."""
    text = unquote(unescape(text), errors="ignore") if _ENCODED.search(text) else text
    return _DROPPED.sub("", fold(text).translate(_KANA))


def letters_of(text: str) -> Letters:
    """Return the letters in which names are looked for; a blank line ends a name."""
    return _spread(text, _letters)


def signs_of(text: str) -> Letters:
    """Return every character in its usual width, for amounts and telephone numbers."""
    return _spread(text, lambda unit: unicodedata.normalize("NFKC", _decoded(unit)))


def _spread(text: str, read: Callable[[re.Match[str]], str]) -> Letters:
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for unit in _UNIT.finditer(text):
        if piece := read(unit):
            pieces.append(piece)
            starts += [unit.start()] * len(piece)
            ends += [unit.end()] * len(piece)
    return Letters("".join(pieces), starts, ends)


def _letters(unit: re.Match[str]) -> str:
    if unit.lastgroup == "break":
        return ""
    return "\n" if unit[0] == "\n" else _squeezed(_decoded(unit))


def _decoded(unit: re.Match[str]) -> str:
    if unit.lastgroup == "entity":
        return unescape(unit[0])
    return unquote(unit[0], errors="ignore") if unit.lastgroup == "percent" else unit[0]


_squeezed = lru_cache(maxsize=20_000)(squeezed)
