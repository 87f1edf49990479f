"""Turn Japanese and English text into terms of the keyword index."""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

import sudachipy
from sudachipy import Dictionary, Morpheme, SplitMode

from kb.index.variants import NAME_FORMS, usual_forms, usual_spelling
from kb.money import LARGE_UNITS, MoneyError, read_money

ANALYSIS = "sudachi-A-normalised-3"  # part of the index fingerprint
MAX_PIECE = 4_000  # characters per call of SudachiPy, which rejects more than 49,149 bytes
_DROPPED = {"助詞", "助動詞", "補助記号", "空白", "記号"}
_KANJI = r"\u3400-\u9fff\uf900-\ufaff"
_NUMBER = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
_UNIT = rf"(?:{'|'.join(LARGE_UNITS)})(?!葉)"  # not 千葉
_PIECE = re.compile(
    # 1,275万, 1億2,000万, 12,750,000
    rf"(?P<amount>(?<![a-z0-9_.,-])(?:(?:{_NUMBER}{_UNIT})+(?:{_NUMBER})?|\d{{1,3}}(?:,\d{{3}})+)(?![,.]?\d))"
    r"|(?P<code>[a-z0-9]+(?:[-_.'][a-z0-9]+)*)"
    rf"|(?P<japanese>[\u3005-\u3007\u3041-\u30ff\u31f0-\u31ff{_KANJI}]+)"
    r"|(?P<other>[^\W_]+)",
)
_KE = re.compile(rf"(?<=[{_KANJI}])ケ(?=[{_KANJI}])")  # 旭ケ原
_UNEVEN = re.compile(r"[^\x00-\xac\xae-\xde\u0250-\u02ff\u3000-\u3098\u309b-\u9fff\uff01-\uff9d]")
_ORIGIN = re.compile(r"[\uff61-\uff9f][\uff9e\uff9f]?|.[\u3099\u309a]?", re.DOTALL)  # kana combine with their marks
_CJK = rf"\u3000-\u30ff\uff01-\uffef{_KANJI}"
_BLANK = re.compile(rf"(?<=[{_CJK}]) | (?=[{_CJK}])")
_TO_KATAKANA = {code: code + 0x60 for code in range(0x3041, 0x3097)}
_SPLIT = re.compile(r"[a-z]+|\d+")
_JOINED = re.compile(r"(?<!\d)[-_.']|[-_.'](?!\d)")  # 5.2 is not 52
_PHONE = re.compile(r"0\d{1,4}([-.])\d{1,4}\1\d{3,4}")  # also written without separators
# Stop words.
_STOP_EN = """
    a an and any are as at be been being by can could did do does for from had has have how i if in is its me my of on
    or our shall should so than that the their them then there these they this to us was we were what when where which
    who whom why will with would you your am into about
"""
_STOP_JA = "為る 居る 有る 成る 事 物 此れ 其れ 何 時 為 れる られる 様 ます です 出来る 言う 御"
# In questions alone, and only beside other words: they carry no subject. What is asked for (who, when, why, how to do
# it) and what turns the sense (not, more, the same) stays: entries that answer use these words, and idf weighs them.
_LIGHT_EN = "no get got its they're it's there's i'm just some too very say said"
_LIGHT_JA = """
    方 所 場合 訳 筈 此の 其の あの どの どういう どのような 或る 我が どう 如何 もう 未だ 良い 欲しい
    来る 行く 下さる 貰う 呉れる 頂く 置く 仕舞う 見る 致す
"""
_LIGHT = frozenset(_LIGHT_EN.split()) | frozenset(_LIGHT_JA.split())
_LIGHT_CLASSES = ("代名詞", "接続詞", "感動詞")
_ASKED_FOR = frozenset(("いつ", "誰", "どこ"))  # pronouns
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
    """Return the text in lower case with every character in its usual form (髙 as 高); its length may change."""
    return _legible(text).translate(NAME_FORMS)


def flat(text: str) -> str:
    """Return the folded text to compare phrases in: a line break within a Japanese sentence counts for nothing."""
    return _BLANK.sub("", " ".join(fold(text).split()))


def terms(text: str) -> list[str]:
    """Return the index terms of a text in order; codes also as their parts (`GL-200` gives gl200, gl, 200)."""
    return [word.term for word in words(text)]


def question_terms(text: str) -> list[str]:
    """Return the index terms of a question without function words and formal nouns; all terms where nothing else is."""
    found = list(_words(text))
    return [word.term for word, is_light in found if not is_light] or [word.term for word, _ in found]


def words(text: str) -> Iterator[Word]:
    """Yield the words of a text except stop words, with their positions in the original text."""
    return (word for word, _ in _words(text))


def _words(text: str) -> Iterator[tuple[Word, bool]]:
    """Yield words, and whether each is a function word in a question."""
    folded, starts, ends = _folded_with_positions(text)
    for match in _PIECE.finditer(folded):
        start, end = starts[match.start()], ends[match.end() - 1]
        if match.lastgroup == "japanese":
            at = match.start()
            parts = [(term, light, starts[at + a], ends[at + b - 1]) for term, light, a, b in _japanese(match[0])]
        elif match.lastgroup == "amount":
            parts = [(_amount(match[0]), False, start, end)]
        else:
            parts = [(term, term in _LIGHT, start, end) for term in _code(match[0])]
        for term, is_light, begin, until in parts:
            if term and term not in _STOP and (token := _token(term)):
                yield Word(token, begin, until), is_light


def reading(text: str) -> str:
    """Return the reading of Japanese text in katakana; other characters are left out."""
    return "".join(_reading(morpheme) for morpheme in _tokenizers().tokenizer.tokenize(_legible(text)[:MAX_PIECE]))


def _reading(morpheme: Morpheme) -> str:
    """Return a reading; kana is read as it is written, for the dictionary corrects it (ウエビナー)."""
    surface = morpheme.surface().translate(_TO_KATAKANA)
    return surface if is_katakana(surface) else "".join(filter(is_katakana, morpheme.reading_form()))


def is_in_dictionary(text: str) -> bool:
    """Whether a text is one word of the dictionary: perhaps not of the base, but no mistake."""
    morphemes = _tokenizers().tokenizer.tokenize(text[:MAX_PIECE])
    return len(morphemes) == 1 and not morphemes[0].is_oov()


def is_common_word(text: str) -> bool:
    """Whether a text is one usual word of the language, such as みらい, and no name of the dictionary."""
    morphemes = _tokenizers().tokenizer.tokenize(text[:MAX_PIECE])
    return len(morphemes) == 1 and not morphemes[0].is_oov() and morphemes[0].part_of_speech()[1] != "固有名詞"


def cuts(text: str) -> frozenset[int]:
    """Return the places of a short text where a word begins or ends."""
    morphemes = _tokenizers().tokenizer.tokenize(text[:MAX_PIECE])
    return frozenset((0, *(morpheme.end() for morpheme in morphemes)))


def persons(text: str) -> list[tuple[int, int]]:
    """Return where a short text has names of persons."""
    morphemes = _tokenizers().tokenizer.tokenize(text[:MAX_PIECE])
    return [(m.begin(), m.end()) for m in morphemes if m.part_of_speech()[2] == "人名"]


def is_katakana(text: str) -> bool:
    """Whether a text is katakana alone."""
    return all("ァ" <= letter <= "ヶ" or letter == "ー" for letter in text)


def stem(word: str) -> str:
    """Return an English word without its plural or verb ending; a light stemmer that never changes codes."""
    word = usual_spelling(word.removesuffix("'s"))
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


def _legible(text: str) -> str:
    if text.isascii():
        return text.lower()
    return _KE.sub("ヶ", unicodedata.normalize("NFKC", text).lower().translate(usual_forms()))


def _code(piece: str) -> Iterator[str]:
    """Yield an English word or a code without its separators, then the parts of a code."""
    is_phone = _PHONE.fullmatch(piece)
    whole = re.sub(r"\D", "", piece) if is_phone else stem(_JOINED.sub("", piece.removesuffix("'s")))
    yield whole
    parts = _SPLIT.findall(piece) if "'" not in piece else []
    if len(parts) > 1:
        yield from (stem(part) for part in parts if len(part) > 1)


def _amount(piece: str) -> str:
    """Return a number in digits, whatever its spelling."""
    try:
        return str(read_money(piece)[0])
    except MoneyError:
        return re.sub(r"\D", "", piece)


def _token(term: str) -> str:
    """Return a term as one token of the keyword index, whose tokenizer splits at every ASCII symbol but `_`."""
    return re.sub(r"[\x00-\x2f\x3a-\x40\x5b-\x60\x7b-\x7f]+", "_", term).strip("_")


def _japanese(run: str) -> Iterator[tuple[str, bool, int, int]]:
    """Yield (term, whether it is a function word, start, end)."""
    tokenizer = _tokenizers().tokenizer
    for at in range(0, len(run), MAX_PIECE):
        for morpheme in tokenizer.tokenize(run[at : at + MAX_PIECE]):
            kind = morpheme.part_of_speech()[0]
            if kind not in _DROPPED:
                form = morpheme.normalized_form()
                is_light = form in _LIGHT or (kind in _LIGHT_CLASSES and form not in _ASKED_FOR)
                yield fold(form), is_light, at + morpheme.begin(), at + morpheme.end()


def _folded_with_positions(text: str) -> tuple[str, Sequence[int], Sequence[int]]:
    """Return the text to cut and, for each of its characters, the start and end of its origin in the text."""
    folded = _legible(text)
    if len(folded) == len(text) and not _UNEVEN.search(text):
        return folded, range(len(text)), range(1, len(text) + 1)
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for match in _ORIGIN.finditer(text):
        piece = _legible(match[0])
        pieces.append(piece)
        starts += [match.start()] * len(piece)
        ends += [match.end()] * len(piece)
    return _KE.sub("ヶ", "".join(pieces)), starts, ends
