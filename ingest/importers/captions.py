"""Read captions: WebVTT, SubRip and the like, with times above the lines."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from itertools import pairwise

from ingest.importers.labels import TIME, Labels, seconds, tidy_name
from ingest.importers.spoken import Turn

_CUE_TIME = re.compile(rf"\s*({TIME})\s*(?:-{{1,2}}>|,)\s*{TIME}(?:\s.*)?")
_NO_CUE = re.compile(r"(?:WEBVTT|NOTE|STYLE|REGION)(?:\s|$)")
_VOICE = re.compile(r"<v(?:\.[^\s>]*)?\s+([^>]*)>", re.IGNORECASE)
_READING = re.compile(r"<r[tp]\b[^>]*>.*?(?:</r[tp]>|(?=<r[tp]\b|</ruby>)|$)", re.IGNORECASE)  # above ruby text
_TAG = re.compile(r"</?[a-z][^<>]*>|<[\d:.]+>|\{\\[^}]*\}", re.IGNORECASE)
_CHANGE = re.compile(r"(?:[-–—]|>>)\s*")  # another speaker, who may not be named


def has_cues(lines: list[str]) -> bool:
    """Whether any line holds the times of a caption."""
    return any(map(_CUE_TIME.fullmatch, lines))


def cues(lines: list[str], speakers: tuple[str, ...]) -> Iterator[Turn]:
    """Yield the caption lines without ids, settings, notes and styles.

    A speaker named only on change goes on until the next name.
    """
    labels = Labels((_words(line) for _, _, line in _spoken(lines)), speakers, is_transcript=True)
    said = list(_lines(lines, labels))
    named = [name for _, _, name, _ in said if name]
    is_named_each_time = any(name == after for name, after in pairwise(named))  # then a cue without a name is nobody's
    speaker, last = "", -1
    for cue, start, name, words in said:
        goes_on = cue == last or not is_named_each_time
        speaker, last = name if name is not None else speaker if goes_on else "", cue
        yield Turn(words, speaker, start)


def _lines(lines: list[str], labels: Labels) -> Iterator[tuple[int, int | None, str | None, str]]:
    """Yield number and start of the cue, the speaker named in it, and the words."""
    has_voices = any(map(_VOICE.search, lines))  # then a colon is part of the words
    for cue, start, line in _spoken(lines):
        for name, words in _voices(line) if has_voices else _label(line, labels):
            yield cue, start, name, words


def _spoken(lines: list[str]) -> Iterator[tuple[int, int | None, str]]:
    """Yield number and start of the cue, and the line, for each line of speech."""
    start: int | None = None
    cue, is_speech, after_blank = 0, False, True
    for number, line in enumerate(lines):
        time = _CUE_TIME.fullmatch(line)
        if time:
            start, cue, is_speech = seconds(time[1]), cue + 1, True
        elif after_blank and _NO_CUE.match(line):
            is_speech = False
        elif is_speech and line.strip() and not _is_cue_id(lines, number, after_blank):
            yield cue, start, line
        after_blank = not line.strip()


def _is_cue_id(lines: list[str], number: int, after_blank: bool) -> bool:
    """Whether a line is the id of the cue that follows."""
    is_before_times = number + 1 < len(lines) and bool(_CUE_TIME.fullmatch(lines[number + 1]))
    return is_before_times and (after_blank or lines[number].strip().isdigit())


def _voices(line: str) -> Iterator[tuple[str | None, str]]:
    """Yield (speaker, words) of a line with voice tags; None for the speaker of the line above."""
    before, *pieces = _VOICE.split(line)
    if not _CHANGE.fullmatch(words := _words(before)):
        yield None, words
    for name, said in zip(pieces[::2], pieces[1::2], strict=True):
        yield tidy_name(html.unescape(name)), _words(said)


def _label(line: str, labels: Labels) -> Iterator[tuple[str | None, str]]:
    words = _words(line)
    name, said = labels.split(words)
    yield ("" if name is None and _CHANGE.match(words) else name), said


def _words(text: str) -> str:
    return html.unescape(_TAG.sub("", _READING.sub("", text))).strip()
