"""Turn Japanese and English text into terms of the keyword index."""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

import sudachipy
from sudachipy import Dictionary, SplitMode

ANALYSIS = "sudachi-A-normalised-1"  # part of the index fingerprint
MAX_PIECE = 4_000  # characters per call of SudachiPy, which rejects more than 49,149 bytes
_DROPPED = {"助詞", "助動詞", "補助記号", "空白", "記号"}
_PIECE = re.compile(
    r"(?P<code>[a-z0-9]+(?:[-_.'’][a-z0-9]+)*)|(?P<japanese>[\u3005-\u3007\u3041-\u30ff\u31f0-\u31ff\u3400-\u9fff\uf900-\ufaff]+)|(?P<other>[^\W_]+)"
)
# Stop words.
_STOP_EN = """
    a an and any are as at be been being by can could did do does for from had has have how i if in is its me my of on
    or our shall should so than that the their them then there these they this to us was we were what when where which
    who whom why will with would you your am into about
"""
_STOP_JA = "為る 居る 有る 成る 事 物 此れ 其れ 何 時 為 れる られる 様 ます です 出来る 言う 御"
_STOP = frozenset(_STOP_EN.split()) | frozenset(_STOP_JA.split())


class Word(NamedTuple):
    """One word of a text: its index term and its position."""

    term: str
    start: int
    end: int


class _Tokenizers(threading.local):
    """One SudachiPy tokenizer per thread: it is not thread-safe."""

    def __init__(self) -> None:
        self.tokenizer = _dictionary().tokenizer(mode=SplitMode.A)


@lru_cache(maxsize=1)
def _dictionary() -> Dictionary:
    return Dictionary(dict="core")


@lru_cache(maxsize=1)
def _tokenizers() -> _Tokenizers:
    return _Tokenizers()


def version() -> str:
    """Return the version of the analysis, for the index fingerprint."""
    return f"{ANALYSIS}-{sudachipy.__version__}"


def fold(text: str) -> str:
    """Return the text normalised (NFKC) and in lower case; its length may change."""
    return unicodedata.normalize("NFKC", text).lower()


def terms(text: str) -> list[str]:
    """Return the index terms of a text in order; codes also as their parts (`gl-200` gives gl_200, gl, 200)."""
    return [term for word in words(text) for term in with_parts(word.term)]


def words(text: str) -> Iterator[Word]:
    """Yield the words of a text except stop words, with their positions in the original text."""
    folded, starts, ends = _folded_with_positions(text)
    for match in _PIECE.finditer(folded):
        if match.lastgroup == "japanese":
            found = list(_japanese(match[0], match.start()))
        else:
            found = [Word(stem(match[0].replace("’", "'")), match.start(), match.end())]
        for word in found:
            if word.term and word.term not in _STOP:
                yield Word(_token(word.term), starts[word.start], ends[word.end - 1])


def stem(word: str) -> str:
    """Return an English word without its plural or verb ending; a light stemmer that never changes codes."""
    word = word.removesuffix("'s")
    if len(word) < 4 or not word.isascii() or not word.isalpha():
        return word
    for ending, rest in (("ies", "y"), ("sses", "ss"), ("ings", ""), ("ing", ""), ("ed", ""), ("es", "e"), ("s", "")):
        if word.endswith(ending) and len(word) - len(ending) >= 3 and not word.endswith(("ss", "us", "is")):
            return _without_double(word[: -len(ending)] + rest)
    return word.removesuffix("e") if len(word) > 4 else word


def _without_double(word: str) -> str:
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "aeiouls":
        word = word[:-1]
    return word.removesuffix("e") if len(word) > 4 else word


def with_parts(term: str) -> list[str]:
    """Return a term, and for a code its parts."""
    parts = [part for part in term.split("_") if len(part) > 1]
    return [term, *parts] if "_" in term else [term]


def _token(term: str) -> str:
    """Return a term as one token of the keyword index, whose tokenizer splits at every ASCII symbol but `_`."""
    return re.sub(r"[\x00-\x2f\x3a-\x40\x5b-\x60\x7b-\x7f]+", "_", term).strip("_")


def _japanese(run: str, offset: int) -> Iterator[Word]:
    tokenizer = _tokenizers().tokenizer
    for at in range(0, len(run), MAX_PIECE):
        for morpheme in tokenizer.tokenize(run[at : at + MAX_PIECE]):
            if morpheme.part_of_speech()[0] not in _DROPPED:
                start = offset + at
                yield Word(fold(morpheme.normalized_form()), start + morpheme.begin(), start + morpheme.end())


def _folded_with_positions(text: str) -> tuple[str, Sequence[int], Sequence[int]]:
    """Return the folded text and, for each of its characters, the start and end of its origin in the text."""
    folded = fold(text)
    if len(folded) == len(text):
        return folded, range(len(text)), range(1, len(text) + 1)
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for match in re.finditer(
        r"[\uff61-\uff9f][\uff9e\uff9f]?|.", text, re.DOTALL
    ):  # half-width kana combine with their marks
        piece = fold(match[0])
        pieces.append(piece)
        starts += [match.start()] * len(piece)
        ends += [match.end()] * len(piece)
    return "".join(pieces), starts, ends
