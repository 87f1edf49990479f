"""What of a deal's notes tells the situation: what a rep knows before the end.

Outcome and lesson are left out. A comparison that knew them would find the deals that ended alike, not those that were
alike.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from kb.index.analysis import fold

SITUATION_CHARS = 2_000  # more than a model reads at once; the beginning of a note tells the most
_LESSON_JA = """
    次 反省 教訓 学び 振り返 失敗 敗因 勝因 決め手 結末 結果 終わ 断ら 断り 失注 受注 見送り まずかった うまくいか 悔
    手痛 危な 代償 やり直 見落 轍 持ち帰 引き継 宿題 覚え 使い回 残せる 残った 所感 理由 分かれ目 どう読む 約束
    なぜこうなった 成果 その後 ネクスト
"""
_LESSON_EN = """
    lesson lessons next takeaway takeaways take honest honestly decided wrong lost won win loss differently review
    outcome result results reuse sank explanation explanations learned learnt learnings retrospective never risks
    verdict end
"""
_ENDED_JA = """
    受注 失注 見送り 見送ら 契約し 契約に 契約が 契約を 内諾 選ばれ 選んだ 選ばなかった 負け 勝った 勝てた 勝ち 断られ
    お断り 決め手 採用が決 導入が決 発注 押印 成約 敗 破談
"""
_ENDED_EN = "won lost signed declined decided chose chosen win loss rejected awarded contract order deal-breaker"
_SENTENCE = re.compile(r"(?<=[。．！？!?\n])|(?<=\. )")
_WORD = re.compile(r"[a-z][a-z-]+")


def situation_parts(sections: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Return what sections of (innermost heading, plain text) tell of the situation, at most SITUATION_CHARS in all.

    Sections that speak of lessons or of the end are left out, and so are sentences elsewhere that name the end. Notes
    that consist of nothing else are taken whole but for such sentences.
    """
    told = list(sections)
    kept = [text for heading, text in told if not tells_lesson(heading)]
    parts: list[str] = []
    room = SITUATION_CHARS
    for text in kept or [text for _, text in told]:
        part = "".join(sentence for sentence in _SENTENCE.split(text) if not names_end(sentence)).strip()[:room]
        room -= len(part)
        if part:
            parts.append(part)
    return tuple(parts)


def names_end(text: str) -> bool:
    """Whether a text says how a deal ended: as a tag it would be no difference but the outcome itself."""
    return _speaks(text, _ENDED_JA_PARTS, _ENDED_EN_WORDS)


def tells_lesson(heading: str) -> bool:
    """Whether a section speaks of lessons or of the end."""
    return _speaks(heading, _LESSON_JA_PARTS, _LESSON_EN_WORDS)


def _speaks(text: str, parts: tuple[str, ...], words: frozenset[str]) -> bool:
    folded = fold(text)
    return any(part in folded for part in parts) or not words.isdisjoint(_WORD.findall(folded))


_LESSON_JA_PARTS = tuple(_LESSON_JA.split())
_LESSON_EN_WORDS = frozenset(_LESSON_EN.split())
_ENDED_JA_PARTS = tuple(_ENDED_JA.split())
_ENDED_EN_WORDS = frozenset(_ENDED_EN.split())
