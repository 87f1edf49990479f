"""All spellings of a customer's name, and where they stand in a text.

A short or usual word (みらい, Target) is only taken for the customer beside what marks a company (様, 株式会社), and in
the notes of the customer's own deal, so that other texts stay readable.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

from ingest.masked_letters import Letters, letters_of, squeezed
from kb.index.analysis import cuts, fold, is_common_word, is_in_dictionary, reading
from kb.index.sounds import to_letters

_FORM = (
    "株式会社|有限会社|合同会社|合資会社|合名会社|相互会社|(?:一般|公益|特定非営利活動)?(?:社団|財団)?法人|医療法人(?:社団|財団)?|"
    "学校法人|社会福祉法人|宗教法人|国立大学法人|独立行政法人|特定非営利活動法人|NPO法人|㈱|㈲|㈳|㈶|㍿|[(（](?:株|有|同|資|名|社|財|医|学)[)）]"
)
_FORM_EN = (
    r"inc|incorporated|ltd|limited|corp|corporation|llc|llp|plc|gmbh|ag|s\.?a\.?|s\.?r\.?l\.?|b\.?v\.?|"
    r"pte\.? ltd|pty\.? ltd|co\.?,? ?ltd|k\.?k"
)
_BEFORE = re.compile(rf"(?:{_FORM})[\s*_~`\"“”'「『]*$")
_AFTER = re.compile(rf"[\s*_~`]*(?:(?:{_FORM})|,?\s*(?<![a-z])(?:{_FORM_EN}|company|co)(?![a-z])\.?)", re.IGNORECASE)
_BRACKET = re.compile(r"\s*[(（〔\[]([^()（）〔〕\[\]]*)[)）〕\]]\s*$")
_MARKED = re.compile(
    r"[\s*_~`」』]*(?:様(?![々子式])|さま|さん|御中|殿|氏|社(?![会員内長用])|側|サイド|本社|(?i:'s (?:team|office)))"
)
_TRADE_JA = (  # what a company's name ends with, and people leave out
    "商事|物産|工業|産業|製作所|製造所|製薬|製菓|製鋼|製鉄|製紙|食品|飲料|運輸|運送|物流|海運|倉庫|建設|建築|工務店|不動産|電機|電気|"
    "電子|電力|機械|機工|精機|精工|化学|化成|鉄工|鉄工所|金属|印刷|出版|銀行|信用金庫|証券|保険|病院|医院|大学|学園|観光|交通|鉄道|"
    "薬局|百貨店|ホテル|フーズ|ロジ|ロジスティクス|システムズ?|ソリューションズ?|テック|テクノロジーズ?|ホールディングス|グループ|"
    "サービス|エンジニアリング|コーポレーション"
)
_TRADE_EN = (
    "foods?|trading|systems?|groups?|holdings?|logistics|industries|industrial|technolog(?:y|ies)|solutions?|services?|"
    "international|japan|manufacturing|motors?|electronics?|electric|chemicals?|pharma(?:ceuticals?)?|partners?|"
    "engineering|construction|software|consulting|bank|insurance|stores?|brothers|& sons"
)
_TRADE = re.compile(rf"(?<=..)(?:{_TRADE_JA})+$|(?<=\w)(?:\s+(?:{_TRADE_EN}))+$", re.IGNORECASE)
_USUAL_EN_WORDS = """
    able access action active advance alpha amazon anchor answer apple arrow asset atlas aurora balance base beacon
    best beyond blue bridge bright build canvas care center central choice circle city classic clear cloud compass
    concept connect core corner craft creative crest cross crown data delta design digital direct dream drive eagle
    earth east edge element energy essential ever evergreen express eye field first focus forest forward foundation
    fresh frontier future gap gate general global gold good grand green grid ground group growth guide harbor
    harmony haven health heart high hill home horizon house hub idea impact insight iron island joy key land leaf
    legend level life light link lion live logic loop lotus love magic main major maple mark market matrix meta
    metro mind mission modern moment momentum moon mountain nation native nest network new next noble north note
    nova oak ocean office omega one open optimum oracle orange orbit origin park partner path peak people phoenix
    pilot pioneer pixel planet plus point polar power premier prime pro process progress promise proof pulse pure
    quest rapid reach red relay reliable ridge ring rise river road rock root royal safe sail scale school secure
    select share shell shield shore signal silver simple sky smart snow solid solution south space spark spirit
    spring square stage standard star start state station step stone storm story stream stripe strong studio success
    summit sun support sure sync system target team terra titan top total touch tower track trade tree trend
    triangle true trust union unit united unity valley value vector venture view village vision vista vital wave way
    web west white wind wing wise wood work world zen zero zone
"""
_USUAL_EN = frozenset(_USUAL_EN_WORDS.split())
_KANA = re.compile(r"[ァ-ヴー]+")
_KINDS = (
    re.compile(r"[a-z]"),
    re.compile(r"\d"),
    re.compile(r"[ァ-ヴー]"),
    re.compile(r"[\u3041-\u3096]"),
    re.compile(r"[々〆\u3400-\u9fff\uf900-\ufaff]"),
)
LEAST_READING = 5  # letters of a reading or of Latin letters made from it; shorter ones are other words
LONG_READING = 8  # from here on no other word has them within it
WINDOW = 30  # characters on either side that decide whether a word ends there


class Strength(IntEnum):
    """How much beside a name must say that it is the customer."""

    ANYWHERE = 0
    WORD = 1  # a word of its own
    MARKED = 2  # with 様, 株式会社 and the like; in the customer's own deals a word of its own


@dataclass(frozen=True, slots=True)
class Name:
    """One spelling of a customer's name, in the letters of `squeezed`."""

    letters: str
    strength: Strength
    of: str  # the key of the customer, or what else has the name


@dataclass(frozen=True, slots=True)
class Found:
    """A name in a text, with the legal form beside it."""

    start: int
    end: int
    name: Name


def key_of(customer: str) -> str:
    """Return the key of a customer: the name without legal form and remarks; empty if there is none."""
    return squeezed(_core(customer))


@lru_cache(maxsize=20_000)
def names_of(customer: str, aliases: tuple[str, ...] = ()) -> tuple[Name, ...]:
    """Return all spellings of a customer's name and of what else the customer is called."""
    key, found = key_of(customer), dict[str, Strength]()
    for spelling in (customer, *aliases):
        core = _core(spelling)
        for letters, strength in _spellings(core):
            found[letters] = min(strength, found.get(letters, strength))
        for remark in _remarks(spelling):
            found.setdefault(squeezed(remark), strength_of(remark))
    return tuple(Name(letters, strength, key) for letters, strength in found.items() if letters and key)


def _spellings(core: str) -> Iterator[tuple[str, Strength]]:
    letters = squeezed(core)
    yield letters, strength_of(core)
    stem = _TRADE.sub("", core)
    if stem != core:  # 青葉 is also a place; a word that no dictionary has is the company
        yield squeezed(stem), Strength.MARKED if is_in_dictionary("".join(stem.split())) else strength_of(stem)
    kana = reading(core) if not core.isascii() else ""
    for other in (kana, *to_letters(kana)) if kana else ():
        if len(other) >= LEAST_READING:
            yield squeezed(other), Strength.ANYWHERE if len(other) >= LONG_READING else Strength.WORD


def strength_of(core: str) -> Strength:
    """Return how much must stand beside a name, by its length and by whether it is a usual word."""
    letters = squeezed(core)
    if letters.isascii():
        is_usual = letters in _USUAL_EN or letters.isdigit() or len(letters) < 3
        return Strength.MARKED if is_usual else Strength.ANYWHERE if len(letters) >= LONG_READING else Strength.WORD
    if len(letters) < 2 or is_common_word("".join(core.split())):
        return Strength.MARKED
    least = 5 if _KANA.fullmatch(letters) else 3  # kana of any kind are katakana here
    return Strength.ANYWHERE if len(letters) >= least else Strength.WORD


def _core(customer: str) -> str:
    """Return a name without legal form, honorific and what stands in brackets behind it."""
    before, customer = "", re.sub(r"\s+", " ", customer)  # a long gap would take time with its square
    while customer != before:
        before = customer
        customer = _BRACKET.sub("", customer) or customer
        customer = (
            re.sub(rf"^\s*(?:{_FORM})|(?:{_FORM})\s*$|(?:様(?![々子式])|さま|さん|御中|殿)\s*$", "", customer).strip()
            or customer
        )
        customer = re.sub(rf"(?<=\w)[,、]?\s+(?:{_FORM_EN})\.?\s*$", "", customer, flags=re.IGNORECASE).strip()
    return customer


def _remarks(customer: str) -> Iterator[str]:
    """Yield what stands in brackets behind a name, where it is another name: アオバ, ABC."""
    found = _BRACKET.search(re.sub(r"\s+", " ", customer))
    letters = squeezed(found[1]) if found else ""
    is_name = len(letters) > 2 and (letters.isascii() or bool(_KANA.fullmatch(letters)))
    if found and is_name:
        yield found[1]


class Names:
    """The names of all customers to look for."""

    def __init__(self, names: Iterable[Name]) -> None:
        self._by_start: dict[str, list[Name]] = {}
        for name in names:
            self._by_start.setdefault(name.letters[:2], []).append(name)

    def __bool__(self) -> bool:
        return bool(self._by_start)

    def spellings(self) -> list[tuple[str, str, int]]:
        """Return all names in order, to compare with others."""
        return sorted((one.letters, one.of, one.strength) for names in self._by_start.values() for one in names)

    def find(self, text: str, own: frozenset[str] = frozenset()) -> list[Found]:
        """Return where names stand; those of the customers `own` need nothing beside them."""
        likely = self._likely(_squeezed(text)) if self._by_start else []
        if not likely:
            return []
        letters = _letters_of(text)
        return [found for name in likely for found in _places(text, letters, name, name.of in own)]

    def _likely(self, letters: str) -> list[Name]:
        pairs = {letters[at : at + 2] for at in range(len(letters))} | set(letters)
        starts = pairs & self._by_start.keys()
        return [name for start in starts for name in self._by_start[start] if name.letters in letters]


def _places(text: str, letters: Letters, name: Name, is_own: bool) -> Iterator[Found]:
    at = letters.text.find(name.letters)
    while at >= 0:
        start, end = letters.place(at, at + len(name.letters))
        before, after = _BEFORE.search(text[max(0, start - WINDOW) : start]), _AFTER.match(text, end)
        is_marked = bool(before or after or _MARKED.match(text, end))
        if is_marked or _is_name(text, start, end, name, is_own):
            yield Found(start - len(before[0]) if before else start, after.end() if after else end, name)
        at = letters.text.find(name.letters, at + 1)


def _is_name(text: str, start: int, end: int, name: Name, is_own: bool) -> bool:
    if name.strength is Strength.ANYWHERE:
        return True
    if name.strength is Strength.MARKED and not is_own:
        return False
    is_alone = name.letters.isascii() or (name.strength is Strength.MARKED and not _KANA.fullmatch(name.letters))
    return _ends_word(text, start, end, is_alone=is_alone)


def _ends_word(text: str, start: int, end: int, *, is_alone: bool) -> bool:
    """Whether a word begins at `start` and one ends at `end`; `is_alone`: not as a part of a longer one (青葉区)."""
    places = [place for place in (start, end) if _continues(text[max(0, place - 1) : place], text[place : place + 1])]
    if is_alone or not places:
        return not places
    first = max(0, start - WINDOW)
    found = cuts(text[first : end + WINDOW])
    return all(place - first in found for place in places)


def _continues(one: str, other: str) -> bool:
    """Whether two neighbouring characters are of one script, so that a word may go on."""
    kinds = [next((at for at, kind in enumerate(_KINDS) if kind.match(fold(sign))), -1) for sign in (one, other)]
    return kinds[0] == kinds[1] >= 0


# One text is looked through for names, file names and persons in turn.
_squeezed = lru_cache(maxsize=64)(squeezed)
_letters_of = lru_cache(maxsize=16)(letters_of)


def merged(spans: Sequence[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """Return spans with their replacements in order; of overlapping ones the first, as long as all of them."""
    joined: list[tuple[int, int, str]] = []
    for start, end, new in sorted(spans, key=lambda span: (span[0], -span[1])):
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]), joined[-1][2])
        else:
            joined.append((start, end, new))
    return joined
