"""How similar two texts are, to find duplicates."""

from __future__ import annotations

import unicodedata

GRAM = 5  # characters; long enough to tell sentences apart, short enough to tolerate a changed word
NEAR = 0.7  # from this share on, two texts are near duplicates


def same_words(text: str, other: str) -> bool:
    """Whether two texts differ only in spaces, case and Unicode forms."""
    return folded(text) == folded(other) != ""


def shared(text: str, other: str) -> float:
    """Return the share of five-letter sequences in common (Jaccard 1901), from 0 to 1."""
    mine, theirs = _grams(text), _grams(other)
    return len(mine & theirs) / len(mine | theirs) if mine and theirs else 0.0


def folded(text: str) -> str:
    """Return a text without spaces, case-folded and NFKC-normalized."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def _grams(text: str) -> set[str]:
    letters = folded(text)
    return {letters[at : at + GRAM] for at in range(max(1, len(letters) - GRAM + 1))} if letters else set()
