"""Names of speakers in a line of a transcript: how they are marked, and what only looks like a name."""

from __future__ import annotations

import re
from collections.abc import Iterable

LONGEST_NAME = 30  # characters; anything longer before a colon is a sentence
TIME = r"(?:\d{1,3}[:：])?\d{1,3}[:：]\d{2}(?:[.,]\d{1,3})?"
LEAST_LINES, LEAST_SHARE = 2, 0.3  # lines, and their share, from which a rare mark is how this file names speakers
_NAME = rf"([^:：。、！？!?「」{{}}\"<>=|\\\n]{{1,{LONGEST_NAME}}}?)"
_PART = r"[^\s:：。、！？!?「」『』()（）【】\[\]{}\"<>=|\\]{1,15}"
_SHORT = rf"({_PART}(?: {_PART})?)"
COLON = re.compile(rf"{_NAME}\s*[:：](?!//)(?!(?<=\d[:：])\d\d)\s*(.*)")  # not a URL or a time of day
_MARKS = (  # each form with the name and the words
    re.compile(
        rf"(?:【{_NAME}】|\[{_NAME}\]|［{_NAME}］|[＜<]{_NAME}[＞>]|\((speaker\s\S+?)\))\s*[:：]?\s*(.*)", re.IGNORECASE
    ),
    re.compile(
        rf"[○◯〇●◎]\s?(?:({_PART}(?:（[^）]*）| {_PART})?)(?:[\t\u3000]+|[:：])"
        rf"|({_PART}(?:（[^）]*）)?)(?:\s+|$))\s*(.*)"
    ),
    re.compile(rf"{_SHORT}\s?[「『](.*?)[」』]?"),
    re.compile(rf"{_SHORT}[)）]\s*(.*)"),
    re.compile(r"([QAＱＡ問答]\d{0,3})[.．、]\s*(.*)"),
    re.compile(rf"{_SHORT}[\u3000\t]+(\S.*)"),
)
BRACKETED, _, _QUOTED, _LISTED, _, SPACED = _MARKS
MOST = 0.8  # share of lines with a wide space after the first word, from which that word is a name, if one recurs
_LETTER = re.compile(r"[^\W\d_]")
_SENTENCE = re.compile(r"[はがを](?=[^\u3041-\u3096ー])|[はをへ]$")  # a particle between words: 「ポイントは三つ」
_PROGRAM = re.compile(r"[a-z]+_[a-z_]+$|speaker_turn$|blank")  # messages of whisper.cpp
_LIST_LETTER = re.compile(r"[a-z]|[ivx]+", re.IGNORECASE)
_NOT_NAMES = frozenset((  # labels in minutes, and sounds in captions
    "日時", "日付", "場所", "会場", "出席者", "参加者", "出席", "参加", "欠席者", "欠席",
    "議題", "件名", "議事録", "目的", "記録", "資料", "時間", "録音", "録画", "開始", "終了", "会議名", "作成者",
    "まとめ", "ポイント", "結論", "理由", "補足", "注意", "注", "例", "例えば", "メモ", "備考", "宿題", "次回", "課題",
    "要点", "決定事項", "決定", "アクション", "アクションアイテム", "スケジュール", "予定", "背景", "経緯", "概要",
    "対応", "期限", "担当",
    "音楽", "拍手", "笑", "笑い", "笑い声", "無音", "不明", "聞き取れず", "聞き取り不能",
    "date", "time", "place", "location", "attendees", "participants", "present", "absent",
    "agenda", "subject", "title", "duration", "recorded", "kind", "language",
    "todo", "to do", "summary", "note", "notes", "action", "actions", "action items", "next steps", "decision",
    "decisions", "conclusion", "reason", "example", "http", "https", "music", "applause", "laughter", "silence",
    "inaudible", "crosstalk", "blank_audio",
))  # fmt: skip


class Labels:
    """Finds the names of speakers in the lines of one file."""

    def __init__(self, lines: Iterable[str] = (), speakers: Iterable[str] = (), *, is_transcript: bool = False) -> None:
        """Choose the mark that names speakers in most lines; a colon unless another is more frequent.

        In what is known for a transcript by its times, one name in brackets is enough.
        """
        self._speakers = frozenset(map(str.casefold, speakers))  # the only names; empty for all
        self._mark: re.Pattern[str] | None = None
        rows = [line for line in map(str.strip, lines) if line]
        most = sum(self._colon(row) is not None for row in rows)
        for mark in _MARKS:
            names = [label[0] for row in rows if (label := self._marked(mark, row))]
            share = MOST if mark is SPACED else LEAST_SHARE
            is_sure = len(names) >= max(LEAST_LINES, share * len(rows)) and (
                mark is not SPACED or len(set(names)) < len(names)
            )
            if len(names) > most and (is_sure or (is_transcript and mark is BRACKETED)):
                most, self._mark = len(names), mark

    def split(self, line: str) -> tuple[str | None, str]:
        """Return the speaker, None if no name is marked, and the words."""
        label = self._marked(self._mark, line) if self._mark else self._colon(line)
        is_end = label is None and self._mark is _QUOTED and line.count("」") > line.count("「")
        return label or (None, line.removesuffix("」") if is_end else line)

    def is_name(self, text: str) -> bool:
        """Whether a text may be the name of a speaker."""
        name = tidy_name(text).casefold()
        if self._speakers:
            return name in self._speakers
        is_word = bool(_LETTER.search(name)) and not _PROGRAM.match(name) and not _SENTENCE.search(name)
        return is_word and name not in _NOT_NAMES

    def _colon(self, line: str) -> tuple[str, str] | None:
        found = COLON.fullmatch(line)
        if found and self.is_name(found[1]):
            return tidy_name(found[1]), found[2]
        return self._marked(BRACKETED, line) if found is None and self._speakers else None

    def _marked(self, mark: re.Pattern[str], line: str) -> tuple[str, str] | None:
        found = mark.fullmatch(line)
        if not found:
            return None
        *names, words = found.groups()
        name = next(filter(None, names), "")
        is_list = mark is _LISTED and _LIST_LETTER.fullmatch(name)
        return (tidy_name(name), words) if self.is_name(name) and not is_list else None


def tidy_name(text: str) -> str:
    """Return a name without brackets, dashes and repeated spaces."""
    name = text.strip(" \t\u3000-–—―>»*○◯〇●◎")
    if name[:1] + name[-1:] in ("[]", "【】", "［］"):
        name = name[1:-1]
    return " ".join(name.split())


def seconds(time: str) -> int:
    """Return a time such as 01:02:03.400 or 2:03 as whole seconds."""
    total = 0
    for part in re.split(r"[:：]", re.split(r"[.,]", time)[0]):
        total = total * 60 + int(part)
    return total
