"""What a question is after: a sentence to say, filters of the playbook, the scoreboard. Offered, never applied."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import takewhile

from kb.index.analysis import fold
from kb.playbook import Playbook
from kb.search.answer import Hit

MOST_TALK = 3  # tracks shown first: what is seen without scrolling
LEAST_LETTERS = 2  # of a spelling; shorter ones are in too many words by chance
NAMED = ("competitor", "industry")  # what people name in a question besides outcomes, in the order of the chips
_SAY = re.compile(
    r"(?:と|って)(?:言|い)われ|と聞かれ|聞かれたら|切り返|返し方|言い方|言い返|話し方|伝え方|説明の仕方|反論|断られ|言い訳"
    r"|どう(?:返|答|言|話|切り出|伝|説明)|(?:何|なに|なん)(?:と|て|を)(?:言|話|答|返)|トーク|一言|ひとこと|セリフ|台詞"
    r"|what (?:to|do (?:i|we)|should (?:i|we)) (?:say|tell|answer|reply)|how (?:to|do (?:i|we)|should (?:i|we)) "
    r"(?:say|answer|respond|reply|handle|counter|open|explain)|objection|talk ?track|pitch|script"
    r"|they say|says? (?:it|we|they)",
    re.IGNORECASE,
)
_ENDED: Mapping[str, re.Pattern[str]] = {  # besides the labels of outcomes
    "won": re.compile(r"受注|勝った|勝てた|勝因|決め手|\bw[io]n(?:s|ning)?\b"),
    "lost": re.compile(r"失注|負け|敗因|敗け|競り負|\blos[et](?:s|ing)?\b|\bloss(?:es)?\b"),
    "no-decision": re.compile(r"見送|no[- ]decision|stalled"),
}
_BOARD: Mapping[str, re.Pattern[str]] = {  # dimension of the scoreboard → words for it
    "reason": re.compile(r"理由|敗因|勝因|reason|why (?:do )?we (?:lose|win|lost|won)"),
    "angle": re.compile(r"切り口|訴求|angle"),
    "competitor": re.compile(r"競合|他社|competitor"),
    "industry": re.compile(r"業種|業界|industr(?:y|ies)"),
}
_COMPARED = re.compile(
    r"ランキング|順位|一覧|勝率|受注率|失注率|勝敗|比較|多い|トップ|上位|集計"
    r"|\brank|win rate|\bmost\b|\btop\b|\bcompare"
)
_KATAKANA = {code: code + 0x60 for code in range(0x3041, 0x3097)}  # from hiragana


@dataclass(frozen=True, slots=True)
class Intent:
    """What a question names: values of filters, and the dimension of the scoreboard that answers it."""

    values: tuple[tuple[str, str], ...] = ()  # (facet, key), the outcome first
    board: str = ""

    def __bool__(self) -> bool:
        return bool(self.values or self.board)


def asks_what_to_say(text: str) -> bool:
    """Whether a question asks for words to say."""
    return bool(_SAY.search(fold(text)))


def talk_first(hits: Sequence[Hit]) -> tuple[tuple[Hit, ...], tuple[Hit, ...]]:
    """Return the first talk tracks that match well, and the other hits as evidence, both in their order.

    Those the search puts first count as well. Others that match less well would displace better answers: see
    docs/measurements.md.
    """
    leading = takewhile(lambda hit: hit.entry.kind == "talk-track" and hit.band != "weak", hits)
    chosen = {hit.entry.id for hit in leading}
    chosen |= {hit.entry.id for hit in hits if hit.entry.kind == "talk-track" and hit.band == "strong"}
    talk = [hit for hit in hits if hit.entry.id in chosen][:MOST_TALK]
    return tuple(talk), tuple(hit for hit in hits if hit not in talk)


def intent_of(text: str, playbook: Playbook) -> Intent:
    """Return what a question names, in any spelling of the playbook: labels, aliases, kana, Latin letters."""
    folded = fold(text)
    ended = [("outcome", key) for key, words in _ENDED.items() if words.search(folded)]
    values = (*(ended if len(ended) == 1 else ()), *_named(folded, playbook))
    board = next((by for by, words in _BOARD.items() if words.search(folded)), "")
    return Intent(values, board if ended or _COMPARED.search(folded) else "")


def _named(folded: str, playbook: Playbook) -> list[tuple[str, str]]:
    """Return the values of vocabularies that a question names; a longer spelling hides the shorter ones within it."""
    left = _sound(folded)
    spellings = [
        (_spoken(spelling), facet, term.key)
        for facet in NAMED
        for spelling, term in playbook.vocabulary(facet).spellings.items()
        if len(spelling) >= LEAST_LETTERS
    ]
    found: dict[tuple[str, str], None] = {}
    for spelling, facet, key in sorted(spellings, key=lambda one: -len(one[0])):
        words = re.escape(spelling)
        place = re.search(rf"\b{words}\b" if spelling.isascii() else words, left, re.ASCII)
        if place:
            found[facet, key] = None
            left = f"{left[: place.start()]} {left[place.end() :]}"
    return sorted(found, key=lambda one: NAMED.index(one[0]))


@lru_cache(maxsize=4_096)
def _spoken(spelling: str) -> str:
    """Return a spelling of the playbook as questions are compared with it."""
    return _sound(fold(spelling))


def _sound(text: str) -> str:
    """Return a text with one kind of kana."""
    return text.translate(_KATAKANA)
