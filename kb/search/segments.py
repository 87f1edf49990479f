"""Read a run of kana as words of the base."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice, product

from kb.index.sounds import is_same_but_for_length, sound
from kb.index.vocabulary import Vocabulary

PARTICLES = frozenset(
    ["ガ", "ヲ", "ニ", "ハ", "ノ", "デ", "ト", "モ", "ヘ", "ヤ", "カラ", "マデ", "ッテ", "トカ", "ナ"]
)
LONGEST = 10  # kana of one word
LONGEST_RUN = 24  # kana; a whole sentence in kana is cut by the analyser
MOST_READINGS = 4  # words tried for one sound
MOST_CUTS = 12  # ways to cut a run that are tried
MOST_PROBES = 40  # phrases looked up in the index
FEWEST_KANA = 3  # a shorter run can be read as too many words

IsPhrase = Callable[[Sequence[str]], bool]
Segments = tuple[str, ...]


def read_kana(
    kana: str, vocabulary: Vocabulary, is_phrase: IsPhrase, *, is_exact: bool, particles: frozenset[str] = PARTICLES
) -> tuple[str, ...]:
    """Return katakana as words of the base that follow one another there, with their particles; empty if it is none.

    Unless `is_exact`, long vowels do not matter.
    """
    if not FEWEST_KANA <= len(kana if is_exact else sound(kana)) <= LONGEST_RUN:
        return ()
    probes = MOST_PROBES
    for segments in islice(_cuts(kana, vocabulary, particles), MOST_CUTS):
        for words in product(*(_readings(segment, vocabulary, particles, is_exact) for segment in segments)):
            # Particles are not in the index: the words around them follow one another there.
            phrase = [word for segment, word in zip(segments, words, strict=True) if segment not in particles]
            probes -= 1
            if probes < 0:
                return ()
            if phrase and is_phrase(phrase):
                return words
    return ()


def _cuts(kana: str, vocabulary: Vocabulary, particles: frozenset[str]) -> Iterator[Segments]:
    """Yield the ways to cut kana into words of the base and particles, those with the fewest words first."""
    ends = {
        start: [
            end
            for end in range(min(len(kana), start + LONGEST), start, -1)
            if kana[start:end] in particles or (end - start > 1 and sound(kana[start:end]) in vocabulary.by_sound)
        ]
        for start in range(len(kana))
    }
    fewest = {len(kana): 0}
    for start in reversed(range(len(kana))):
        counts = [fewest[end] for end in ends[start] if end in fewest]
        if counts:
            fewest[start] = 1 + min(counts)
    for most in (fewest.get(0, -1), fewest.get(0, -1) + 1):
        yield from _paths(kana, ends, fewest, 0, most)


def _paths(kana: str, ends: dict[int, list[int]], fewest: dict[int, int], start: int, words: int) -> Iterator[Segments]:
    """Yield the cuts from a place on into exactly so many words."""
    if start == len(kana) and words == 0:
        yield ()
    for end in ends.get(start, ()):
        if fewest.get(end, words) < words:
            yield from ((kana[start:end], *rest) for rest in _paths(kana, ends, fewest, end, words - 1))


def _readings(segment: str, vocabulary: Vocabulary, particles: frozenset[str], is_exact: bool) -> Sequence[str]:
    if segment in particles:
        return (segment.translate(_TO_HIRAGANA),)
    found = vocabulary.sounding(segment)
    return [word for word, read in found if not is_exact or is_same_but_for_length(read, segment)][:MOST_READINGS]


_TO_HIRAGANA = {code: code - 0x60 for code in range(0x30A1, 0x30F7)}
