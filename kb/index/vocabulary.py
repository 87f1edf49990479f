"""The words of an index by sound and by letters, to find the one that was meant."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rapidfuzz import process
from rapidfuzz.distance import OSA

from kb.index import analysis
from kb.index.catalog import Catalog
from kb.index.sounds import sound

LONGEST = 24  # letters of a word; longer ones are addresses and codes
MOST_OF_A_SOUND = 8
FEWEST_LETTERS = 5  # in shorter words one letter changes too much: rate, date


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words of one generation of an index, without codes and numbers."""

    generation: str
    by_sound: dict[str, tuple[str, ...]]  # sound → Japanese words, the most frequent first
    letters: dict[int, list[str]]  # length → Latin words
    sounds: dict[int, list[str]]  # length → sounds of words in katakana
    ordered: list[str]  # all words, sorted

    def sounding(self, katakana: str) -> list[tuple[str, str]]:
        """Return (word, reading) of the words that sound like this; those with exactly this reading first."""
        found = [(word, analysis.reading(word)) for word in self.by_sound.get(sound(katakana), ())]
        return sorted(found, key=lambda pair: pair[1] != katakana)

    def similar(self, word: str) -> list[str]:
        """Return the Latin words one letter away: wrong, missing, doubled or swapped with the next."""
        return _one_away(word, self.letters)

    def sounding_similar(self, katakana: str) -> list[str]:
        """Return the words in katakana one letter away."""
        return [word for key in _one_away(sound(katakana), self.sounds) for word in self.by_sound[key]]

    def beginning_with(self, start: str) -> Iterator[str]:
        """Yield the words that begin with some letters."""
        for word in self.ordered[bisect_left(self.ordered, start) :]:
            if not word.startswith(start):
                return
            yield word

    def containing(self, part: str) -> Iterator[str]:
        """Yield the words with a part."""
        return (word for word in self.ordered if part in word)


NO_WORDS = Vocabulary("", {}, {}, {}, [])


def read_vocabulary(catalog: Catalog, generation: str, before: Vocabulary = NO_WORDS) -> Vocabulary:
    """Read the words of an index; readings of words the previous generation had are taken from there."""
    known = {word: key for key, words in before.by_sound.items() for word in words}
    by_sound: dict[str, tuple[str, ...]] = {}
    letters: dict[int, list[str]] = {}
    sounds: dict[int, list[str]] = {}
    listed = [
        w
        for w in catalog.keywords.words_by_count()
        if len(w) <= LONGEST and not any(map(str.isdigit, w)) and "_" not in w
    ]
    for word in listed:
        if word.isascii():
            letters.setdefault(len(word), []).append(word)
            continue
        key = known.get(word) or sound(analysis.reading(word))
        words = by_sound.get(key, ())
        if key and len(words) < MOST_OF_A_SOUND:
            by_sound[key] = (*words, word)
            if not words and analysis.is_katakana(word):
                sounds.setdefault(len(key), []).append(key)
    return Vocabulary(generation, by_sound, letters, sounds, sorted(listed))


def _one_away(word: str, by_length: dict[int, list[str]]) -> list[str]:
    if len(word) < FEWEST_LETTERS:
        return []
    sizes = [size for size in (len(word), len(word) - 1, len(word) + 1) if size >= FEWEST_LETTERS]
    near: Sequence[str] = [w for size in sizes for w in by_length.get(size, ()) if w[0] == word[0]]
    found = process.extract(word, near, scorer=OSA.distance, score_cutoff=1, limit=MOST_OF_A_SOUND)
    return [str(match[0]) for match in found]
