"""Read transcripts of calls and meetings: WebVTT, SubRip, and text in which each line names its speaker."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from ingest.files import FileText, decode
from ingest.importers.spoken import Turn, to_markdown
from kb.errors import RefusedTextError
from kb.wording import say

LONGEST_NAME = 30  # characters; what is longer before a colon is a sentence
_TIME = r"(?:\d{1,3}[:：])?\d{1,3}[:：]\d{2}(?:[.,]\d{1,3})?"
_CUE_TIME = re.compile(rf"\s*({_TIME})\s*-->\s*{_TIME}(?:\s.*)?")
_NO_CUE = re.compile(r"(?:WEBVTT|NOTE|STYLE|REGION)(?:\s|$)")
_VOICE = re.compile(r"<v(?:\.[^\s>]*)?\s+([^>]*)>", re.IGNORECASE)
_TAG = re.compile(r"</?[a-z][^<>]*>|<[\d:.]+>|\{\\[^}]*\}", re.IGNORECASE)
_ROLLING = re.compile(r"<\d+:\d\d:\d\d[.,]\d{3}>")
_OPEN_TIME = re.compile(rf"[\[(（【〔]\s*({_TIME})\s*[\])）】〕]\s*|({_TIME})(?=\s|$)\s*")
_NAME = rf"([^:：。、！？!?「」\n]{{1,{LONGEST_NAME}}}?)"
_LABEL = re.compile(rf"{_NAME}\s*[:：](?!//)(?!(?<=\d[:：])\d\d)\s*(.*)")  # neither an address nor a time of day
_SPACED = re.compile(rf"([^\s:：。、！？!?「」]{{1,{LONGEST_NAME}}})(?:\u3000|\t|\s{{2,}})\s*(\S.*)")
_NAME_AND_TIME = re.compile(rf"{_NAME}\s*[\[(（]\s*({_TIME})\s*[\])）]\s*[:：]?\s*(.*)|{_NAME}\s+({_TIME})")
MOST = 0.8  # of the lines with a time: from here on a wide space after the first word means that it is a name
_LETTER = re.compile(r"[^\W\d_]")
_SPACES = re.compile(r"[ \t]+")
_HEAD_WORDS = frozenset(
    [
        "日時",
        "日付",
        "場所",
        "会場",
        "出席者",
        "参加者",
        "出席",
        "参加",
        "欠席者",
        "議題",
        "件名",
        "議事録",
        "目的",
        "記録",
        "資料",
        "時間",
        "録音",
        "録画",
        "date",
        "time",
        "place",
        "location",
        "attendees",
        "participants",
        "present",
        "agenda",
        "subject",
        "title",
        "duration",
        "recorded",
    ]
)  # what stands before a colon at the head of minutes


def read_transcript(name: str, raw: bytes) -> str:
    """Return a transcript as Markdown. Raises RefusedTextError when the file is none."""
    found = decode(raw, name)
    if not isinstance(found, FileText):
        raise RefusedTextError(say("Not a text file. A transcript is a VTT, SRT or text file."))
    turns = read_turns(found.text)
    if not any(turn.speaker or turn.start is not None for turn in turns):
        raise RefusedTextError(say("Not a transcript: the file has no speaker names and no timestamps."))
    return to_markdown(turns)


def read_turns(text: str) -> list[Turn]:
    """Return what was said in the order of the file; empty lines and markup are left out."""
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    has_cues = any(_CUE_TIME.fullmatch(line) for line in lines)
    tidy = (
        replace(turn, text=_SPACES.sub(" ", turn.text).strip()) for turn in (_cues if has_cues else _labelled)(lines)
    )
    turns = [turn for turn in tidy if turn.text]
    if not _ROLLING.search(text):
        return turns
    # captions that roll show each line a second time while the next one comes
    return [turn for before, turn in pairwise([None, *turns]) if turn and (not before or before.text != turn.text)]


def seconds(time: str) -> int:
    """Return a time such as 01:02:03.400 or 2:03 as whole seconds."""
    total = 0
    for part in re.split(r"[:：]", re.split(r"[.,]", time)[0]):
        total = total * 60 + int(part)
    return total


def _cues(lines: list[str]) -> Iterator[Turn]:
    """Yield the lines of captions; ids, settings, notes and styles are not speech."""
    start: int | None = None
    speaker = ""
    is_speech, after_blank = False, True
    for number, line in enumerate(lines):
        time = _CUE_TIME.fullmatch(line)
        if time:
            start, speaker, is_speech = seconds(time[1]), "", True
        elif not line.strip():
            speaker = ""
        elif after_blank and _NO_CUE.match(line):
            is_speech = False
        elif is_speech and not _is_cue_id(lines, number, after_blank):
            for name, words in _voices(line, speaker):
                yield Turn(words, name, start)
                speaker = name
        after_blank = not line.strip()


def _is_cue_id(lines: list[str], number: int, after_blank: bool) -> bool:
    """Whether a line only names the cue whose times follow."""
    is_before_times = number + 1 < len(lines) and bool(_CUE_TIME.fullmatch(lines[number + 1]))
    return is_before_times and (after_blank or lines[number].strip().isdigit())


def _voices(line: str, speaker: str) -> Iterator[tuple[str, str]]:
    """Yield (speaker, words) of a line of captions, whose speakers are tagged or stand before a colon."""
    pieces = _VOICE.split(line)
    if len(pieces) == 1:
        words = _words(line)
        label = _label(words)
        yield label or (speaker, words)
        return
    if _words(pieces[0]):
        yield speaker, _words(pieces[0])
    for name, words in zip(pieces[1::2], pieces[2::2], strict=True):
        yield _tidy_name(html.unescape(name)), _words(words)


def _words(text: str) -> str:
    return html.unescape(_TAG.sub("", text)).strip()


def _labelled(lines: list[str]) -> Iterator[Turn]:
    """Yield the lines of a text; what follows a label without an empty line between is still that speaker's."""
    told = [rest for line in lines if (rest := _OPEN_TIME.sub("", line.strip(), count=1)) != line.strip()]
    with_spaces = sum(1 for rest in told if _spaced(rest)) >= MOST * max(1, len(told))
    speaker, start, is_awaited = "", None, False
    for line in lines:
        rest = line.strip()
        if not rest:
            speaker = speaker if is_awaited else ""
            continue
        time, label, rest = _taken_apart(rest, with_spaces)
        start = time if time is not None else start
        speaker = label if label is not None else "" if time is not None else speaker
        is_awaited = not rest
        yield Turn(rest, speaker, start)


def _taken_apart(line: str, with_spaces: bool) -> tuple[int | None, str | None, str]:
    """Return the time and the speaker a line names, None where it does not, and the words."""
    opening = _OPEN_TIME.match(line)
    if opening:
        rest = line[opening.end() :]
        label = _label(rest) or (_spaced(rest) if with_spaces else None)
        name, words = label or (None, rest)
        return seconds(opening[1] or opening[2]), name, words
    found = _NAME_AND_TIME.fullmatch(line)
    if found and _is_name(found[1] or found[4]):
        return seconds(found[2] or found[5]), _tidy_name(found[1] or found[4]), found[3] or ""
    name, words = _label(line) or (None, line)
    return None, name, words


def _label(text: str) -> tuple[str, str] | None:
    found = _LABEL.fullmatch(text)
    return (_tidy_name(found[1]), found[2]) if found and _is_name(found[1]) else None


def _spaced(text: str) -> tuple[str, str] | None:
    found = _SPACED.fullmatch(text)
    return (found[1], found[2]) if found and _is_name(found[1]) else None


def _tidy_name(text: str) -> str:
    return " ".join(text.strip(" \t\u3000-–>»").split())


def _is_name(text: str) -> bool:
    return bool(_LETTER.search(text)) and _tidy_name(text).casefold() not in _HEAD_WORDS
