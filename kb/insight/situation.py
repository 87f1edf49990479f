"""Extract the situation from a deal's notes: what a rep knows before the outcome.

Outcome and lessons are excluded: with them a comparison would find deals with the same outcome, not similar deals.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from kb.index.analysis import fold

SITUATION_CHARS = 2_000  # more than the model's window; notes start with the essentials
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
    """Return the situation from sections of (innermost heading, plain text), at most SITUATION_CHARS in total.

    Sections on lessons or the outcome are dropped, as are sentences that reveal the outcome. If that leaves no section,
    all are used without such sentences.
    """
    everything = list(sections)
    kept = [text for heading, text in everything if not tells_lesson(heading)]
    parts: list[str] = []
    room = SITUATION_CHARS
    for text in kept or [text for _, text in everything]:
        part = "".join(sentence for sentence in _SENTENCE.split(text) if not names_end(sentence)).strip()[:room]
        room -= len(part)
        if part:
            parts.append(part)
    return tuple(parts)


def names_end(text: str) -> bool:
    """Whether a text reveals the outcome: as a tag it would not be a difference but the outcome itself."""
    return _mentions(text, _ENDED_JA_PARTS, _ENDED_EN_WORDS)


def tells_lesson(heading: str) -> bool:
    """Whether a heading is about lessons or the outcome."""
    return _mentions(heading, _LESSON_JA_PARTS, _LESSON_EN_WORDS)


def _mentions(text: str, parts: tuple[str, ...], words: frozenset[str]) -> bool:
    folded = fold(text)
    return any(part in folded for part in parts) or not words.isdisjoint(_WORD.findall(folded))


_LESSON_JA_PARTS = tuple(_LESSON_JA.split())
_LESSON_EN_WORDS = frozenset(_LESSON_EN.split())
_ENDED_JA_PARTS = tuple(_ENDED_JA.split())
_ENDED_EN_WORDS = frozenset(_ENDED_EN.split())
