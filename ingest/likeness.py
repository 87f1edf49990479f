"""How much of one text stands in another, to see that something was written down twice."""

from __future__ import annotations

import unicodedata

GRAM = 5  # characters: long enough to tell sentences apart, short enough to survive a changed word
NEAR = 0.7  # share from which two texts are nearly the same


def same_words(text: str, other: str) -> bool:
    """Whether two texts differ in nothing but spaces and the way letters are encoded."""
    return folded(text) == folded(other) != ""


def shared(text: str, other: str) -> float:
    """Return the share of all five-letter sequences that both texts have (Jaccard 1901), from 0 to 1."""
    mine, theirs = _grams(text), _grams(other)
    return len(mine & theirs) / len(mine | theirs) if mine and theirs else 0.0


def folded(text: str) -> str:
    """Return a text without its spaces and with letters encoded one way."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def _grams(text: str) -> set[str]:
    letters = folded(text)
    return {letters[at : at + GRAM] for at in range(max(1, len(letters) - GRAM + 1))} if letters else set()
