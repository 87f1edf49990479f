"""What was meant by words that stand in no entry: kana for kanji, romaji, wrong conversions, one wrong letter."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from kb.index import analysis
from kb.index.catalog import Catalog
from kb.index.sounds import to_katakana
from kb.index.verbatim import surface_of
from kb.index.vocabulary import Vocabulary
from kb.search.query import MAX_QUERY_CHARS, PART, Query, Synonyms, parse_query
from kb.search.segments import PARTICLES, read_kana

FEWEST_TYPED = 3  # letters of a half-typed word
FEWEST_KANJI = 2
MOST_ENDINGS = 12  # words a half-typed one may become
_RUN = re.compile(
    r"(?P<latin>[a-z]+(?:'[a-z]+)*-?)|(?P<hiragana>[\u3041-\u3096ー]+)|(?P<katakana>[\u30a1-\u30faー]+)"
    r"|(?P<kanji>[\u3005-\u3007\u3400-\u9fff]+)|(?P<other>.)",
    re.DOTALL,
)
_KANA = ("hiragana", "katakana")
_TO_HIRAGANA = {code: code - 0x60 for code in range(0x30A1, 0x30F7)}
_PARTICLES = {kana: kana.translate(_TO_HIRAGANA) for kana in PARTICLES} | {"ワ": "は", "オ": "を", "エ": "へ"}

Likely = Callable[[Sequence[str]], bool]
Run = tuple[str, str]  # script, text


@dataclass(frozen=True, slots=True)
class Speller:
    """Corrects queries with the words of one state of the index."""

    catalog: Catalog
    read: Callable[[], Vocabulary]  # the words of the base, only read where a word is unknown
    is_word: Callable[[str], bool]  # whether the model knows letters as a word, though the base may not

    def corrected(self, query: Query) -> Query:
        """Return the query as it was probably meant; the same query where every word stands in the base."""
        places = [match.span("word") for match in PART.finditer(query.text) if match["word"] and not match["minus"]]
        typed = [query.text[start:end] for start, end in places]
        known = self.catalog.keywords.published(analysis.terms(" ".join(typed)))
        meant_of = {w: self._word(w, known) if self._is_doubtful(w, known) else w for w in dict.fromkeys(typed)}
        meant_words = [meant_of[word] for word in typed]
        if any(word != now and not now.isascii() for word, now in zip(typed, meant_words, strict=True)):
            meant_words = [self._from_romaji(word, known) for word in meant_words]
        text, end_before = "", 0
        for (start, end), word in zip(places, meant_words, strict=True):
            text += query.text[end_before:start] + word
            end_before = end
        text += query.text[end_before:]
        if text == query.text or len(text) > MAX_QUERY_CHARS:  # corrected words may be longer
            return self._completed(query, known)
        meant = parse_query(text)
        return replace(meant, text=query.text, corrected=text)

    def _from_romaji(self, word: str, known: set[str]) -> str:
        """Return what is left of a phrase in romaji as kana: particles, and words that are no others."""
        folded = analysis.fold(word)
        kana = to_katakana(folded) if folded.isascii() and folded.isalpha() else ""
        if kana in _PARTICLES:
            return _PARTICLES[kana]
        is_other = not kana or analysis.stem(folded) in known or any(map(self._is_real, _forms(folded)))
        return word if is_other else kana.translate(_TO_HIRAGANA)

    def _is_published(self, term: str) -> bool:
        return self.catalog.keywords.has_phrase([term])

    def _is_begun(self, start: str) -> bool:
        """Whether some word of the base begins like this."""
        return any(map(self._is_published, self.read().beginning_with(start)))

    def _is_doubtful(self, word: str, known: set[str]) -> bool:
        """Whether some term of a word is not in the base, or its kana were cut into words that never meet."""
        if any(letter.isdigit() for letter in word):
            return False
        terms = analysis.terms(word)
        if not set(terms) <= known:
            return True
        return len(terms) > 1 and bool(_scripts(word) == ["hiragana"]) and not self.catalog.keywords.has_phrase(terms)

    def _word(self, word: str, known: set[str]) -> str:
        """Return a word of the query with its unknown parts corrected."""
        folded = analysis.fold(word)
        kana = _mixed(folded, known)
        if kana and (meant := self._kana(kana, is_exact=True)):
            return meant
        runs, changed, at = list(_runs(folded)), [], 0
        terms = list(analysis.words(folded))
        starts, ends = [term.start for term in terms], [term.end for term in terms]
        for place, (script, text) in enumerate(runs):
            inside = terms[bisect_right(ends, at) : bisect_left(starts, at + len(text))]
            is_whole = all(at <= term.start and term.end <= at + len(text) for term in inside)  # not 消 of 消えた
            is_unknown = any(term.term not in known for term in inside) or (len(runs) == 1 and script == "hiragana")
            changed.append(self._run(runs, place, script) if is_whole and is_unknown else text)
            at += len(text)
        return "".join(changed) if changed != [text for _, text in runs] else word

    def _run(self, runs: Sequence[Run], at: int, script: str) -> str:
        text = runs[at][1]
        if script == "latin":
            return self._latin(text) or text
        if script in _KANA:
            is_real = script == "katakana" and analysis.is_in_dictionary(text)
            return text if is_real else self._kana(to_katakana(text), is_exact=script == "hiragana") or text
        return self._kanji(runs, at) if script == "kanji" and len(text) >= FEWEST_KANJI else text

    def _kanji(self, runs: Sequence[Run], at: int) -> str:
        """Return the kanji with the same reading that stand in the base, where they were taken for others of them."""
        typed = runs[at][1]

        def is_likely(terms: Sequence[str]) -> bool:
            same = sum(one == other for one, other in zip(typed, "".join(terms), strict=False))
            return len("".join(terms)) == len(typed) and same * 2 >= len(typed)

        meant = "".join(self._read(analysis.reading(typed), is_likely, is_exact=True, particles=frozenset()))
        if not meant or not is_likely([meant]):
            return typed
        is_real = analysis.is_in_dictionary(typed)  # 移動 for 異動: only the words around it can tell
        return meant if not is_real or self._fits(runs, at, meant) else typed

    def _latin(self, text: str) -> str:
        if len(text) < FEWEST_TYPED or any(map(self._is_real, _forms(text))):
            return ""
        kana = to_katakana(text)
        if kana and (meant := self._read(kana, is_exact=False, particles=frozenset())):
            return self._written(meant)
        vocabulary = self.read()
        if self._is_begun(text):
            return ""  # half typed
        found = [*vocabulary.similar(analysis.stem(text)), *vocabulary.similar(text)]
        return next((word for term in found if (word := surface_of(self.catalog, term))), "")

    def _is_real(self, word: str) -> bool:
        return analysis.is_in_dictionary(word) or self.is_word(word)

    def _kana(self, kana: str, *, is_exact: bool) -> str:
        """Return the words of the base that sound like this."""
        words = self._read(kana, is_exact=is_exact)
        if not words and not self._is_begun(kana):
            similar = self.read().sounding_similar(kana)
            words = tuple(filter(self._is_published, similar))[:1]
        return self._written(words) if any(_is_telling(word) for word in words) else ""

    def _read(
        self, kana: str, is_likely: Likely = any, *, is_exact: bool, particles: frozenset[str] = PARTICLES
    ) -> tuple[str, ...]:
        def is_phrase(terms: Sequence[str]) -> bool:
            return is_likely(terms) and self.catalog.keywords.has_phrase(terms)

        return read_kana(kana, self.read(), is_phrase, is_exact=is_exact, particles=particles)

    def _written(self, words: Sequence[str]) -> str:
        """Return words as the base writes them: セキュリティ, although its term is セキュリティー."""
        return "".join((analysis.is_katakana(word) and surface_of(self.catalog, word)) or word for word in words)

    def _fits(self, runs: Sequence[Run], at: int, meant: str) -> bool:
        """Whether words stand beside their neighbours somewhere in the base."""
        before = analysis.terms("".join(text for _, text in runs[:at]))[-1:]
        after = analysis.terms("".join(text for _, text in runs[at + 1 :]))[:1]
        terms = analysis.terms(meant)
        pairs = [[*before, terms[0]]] * bool(before) + [[terms[-1], *after]] * bool(after)
        return any(self.catalog.keywords.has_phrase(pair) for pair in pairs)

    def _completed(self, query: Query, known: set[str]) -> Query:
        """Return the query with the words its last word may become, where it stands in no entry."""
        words = query.text.split()
        last = analysis.fold(words[-1]) if words else ""
        if not last or last in known or {script for script, _ in _runs(last)} & {"other", "hiragana"}:
            return query
        is_kanji = len(last) == 1 and _scripts(last) == ["kanji"]
        if (len(last) < FEWEST_TYPED and not is_kanji) or set(analysis.terms(last)) <= known:
            return query
        vocabulary = self.read()
        found = list(vocabulary.containing(last) if is_kanji else vocabulary.beginning_with(last))
        counts = self.catalog.keywords.counts(found)
        ordered = sorted(counts, key=lambda term: -counts[term])
        likely = list(islice(filter(self._is_published, ordered), MOST_ENDINGS))
        if not likely:
            return query
        typed = tuple(term for term in dict.fromkeys(analysis.terms(last)) if term in query.terms)
        endings = Synonyms(typed, tuple((term,) for term in likely))
        return replace(query, synonyms=(*query.synonyms, endings), half_typed=last) if typed else query


def _runs(word: str) -> Iterator[Run]:
    return ((str(match.lastgroup), match[0]) for match in _RUN.finditer(word))


def _scripts(word: str) -> list[str]:
    return [script for script, _ in _runs(analysis.fold(word))]


def _mixed(word: str, known: set[str]) -> str:
    """Return the kana of a word typed with the input method half on, or in both kana; empty if it is none."""
    runs = list(_runs(word))
    scripts = {script for script, _ in runs}
    latin = [text for script, text in runs if script == "latin"]
    if len(runs) < 2 or not scripts <= {"latin", *_KANA} or any(analysis.stem(text) in known for text in latin):
        return ""
    return to_katakana(word)


def _forms(word: str) -> set[str]:
    """Return an English word without its endings as well: a dictionary lists `refuse` and not `refuses`."""
    bare = {word.removesuffix(ending) for ending in ("", "s", "es", "ed", "d", "er", "ing")}
    return {form for form in (*bare, f"{word.removesuffix('ing')}e") if len(form) >= FEWEST_TYPED}


def _is_telling(word: str) -> bool:
    """Whether a word has two letters that are not hiragana: hiragana for 作り or 無い is no mistake."""
    return sum(not "ぁ" <= letter <= "ゖ" for letter in word) > 1
