"""Cut text into the bundled model's tokens, with small tables.

They are the same as those of the unpacked model's tokenizer, whose library takes 280 MB: a hash table per prefix of a
piece. Here one table holds all pieces (45 MB), and it is about as fast.
"""

from __future__ import annotations

import re
from array import array
from functools import lru_cache

from kb.model.packed import PackedModel
from kb.model.tokenizer import SPECIAL_TOKENS, normalizer

UNKNOWN = SPECIAL_TOKENS.index("<unk>")
UNKNOWN_PENALTY = 10.0  # below the least probable piece, as every implementation of Unigram has it
REMEMBERED_WORDS = 10_000  # English repeats its words
REMEMBERED_CHARS = 20  # of a word: a Japanese sentence is one word and seldom repeats
_SPACE = "▁"
_SPECIAL = re.compile("(" + "|".join(SPECIAL_TOKENS) + ")")
_WORD = re.compile(f"{_SPACE}[^{_SPACE}]*")


class Pieces:
    """The vocabulary of the bundled model. Thread-safe."""

    def __init__(self, packed: PackedModel) -> None:
        self._ids = {piece: number for number, piece in enumerate(packed.pieces)}
        self._scores = array("d", packed.scores)
        self._unknown_score = min(packed.scores) - UNKNOWN_PENALTY
        self._longest: dict[str, int] = {}  # first character → length of the longest piece that starts with it
        for piece in packed.pieces:
            if len(piece) > self._longest.get(piece[:1], 0):
                self._longest[piece[:1]] = len(piece)
        self._normalizer = normalizer(packed.replacements)
        self._remembered = lru_cache(REMEMBERED_WORDS)(self._cut)

    def cut(self, text: str) -> list[int]:
        """Return the numbers of a text's tokens, without markers of start and end."""
        numbers: list[int] = []
        sound = text.encode("utf-8", "replace").decode("utf-8")  # half a pair of surrogates is no text
        for at, part in enumerate(_SPECIAL.split(sound)):
            if at % 2:
                numbers.append(SPECIAL_TOKENS.index(part))
                continue
            written = self._normalizer.normalize_str(part).replace(" ", _SPACE)
            if written and not written.startswith(_SPACE):
                written = _SPACE + written
            for word in _WORD.findall(written):
                numbers += self._remembered(word) if len(word) <= REMEMBERED_CHARS else self._cut(word)
        return numbers

    def _cut(self, word: str) -> tuple[int, ...]:
        """Return the most probable pieces of a word, found from left to right (Viterbi)."""
        size = len(word)
        best = [0.0] + [float("-inf")] * size  # by end: the score of the best pieces up to it
        start, last = [0] * (size + 1), [UNKNOWN] * (size + 1)  # by end: where the last of those starts, and its number
        for at in range(size):
            for end in range(at + 1, min(size, at + self._longest.get(word[at], 0)) + 1):
                number = self._ids.get(word[at:end])
                if number is not None and (score := self._scores[number] + best[at]) > best[end]:
                    best[end], start[end], last[end] = score, at, number
            if word[at] not in self._ids and (score := self._unknown_score + best[at]) > best[at + 1]:
                best[at + 1], start[at + 1], last[at + 1] = score, at, UNKNOWN
        return tuple(_backwards(start, last))


def _backwards(start: list[int], last: list[int]) -> list[int]:
    """Follow the best pieces from the end of a word; neighbouring unknown ones are one."""
    numbers: list[int] = []
    end = len(start) - 1
    while end > 0:
        if not (last[end] == UNKNOWN and numbers and numbers[-1] == UNKNOWN):
            numbers.append(last[end])
        end = start[end]
    numbers.reverse()
    return numbers
