"""Read transcripts of calls and meetings: captions, Whisper, chat, and text that names its speakers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import pairwise

from ingest.files import FileText, decode
from ingest.importers import captions, chat, listed
from ingest.importers.converted import Converted
from ingest.importers.labels import LEAST_LINES, LONGEST_NAME, TIME, Labels, seconds, tidy_name
from ingest.importers.spoken import Turn, to_markdown
from kb.errors import RefusedTextError
from kb.wording import say

_ROLLING = re.compile(r"<\d+:\d\d:\d\d[.,]\d{3}>")
_SPAN = rf"({TIME})(?:\s*(?:-{{1,2}}>|[-–~〜～→])\s*{TIME})?"
_OPEN_TIME = re.compile(rf"[\[(（【〔]\s*{_SPAN}\s*[\])）】〕]\s*|({TIME})(?=\s|$)\s*")
_SPACED = re.compile(rf"([^\s:：。、！？!?「」]{{1,{LONGEST_NAME}}})(?:\u3000|\t|\s{{2,}})\s*(\S.*)")
_NAME = rf"([^:：。、！？!?「」\n]{{1,{LONGEST_NAME}}}?)"
_NAME_AND_TIME = re.compile(rf"{_NAME}\s*[\[(（]\s*({TIME})\s*[\])）]\s*[:：]?\s*(.*)|{_NAME}\s+({TIME})")
_OTHER_FORM = re.compile(r"\s*(?:<\?xml|<!doctype|<html|<tt\b|\{\\rtf|\[Script Info\])", re.IGNORECASE)
_ALONE = re.compile(rf"[^:：。、！？!?「」]{{1,{LONGEST_NAME}}}")
_BOLD = re.compile(r"^\*\*(.+?)\*\*")
_TOOL = re.compile(r"Transcri(?:bed by|ption ended)|文字起こし(?:を?終了|が終了)|以上[。.]?$", re.IGNORECASE)
MOST = 0.8  # share of timed lines that name the speaker in the same way
_SPACES = re.compile(r"[ \t]+")


def read_transcript(name: str, raw: bytes, speakers: Iterable[str] = ()) -> Converted:
    """Return a transcript as Markdown; only `speakers`, if any, count as names. Raises RefusedTextError."""
    content = decode(raw, name)
    if not isinstance(content, FileText):
        raise RefusedTextError(say("Not a text file. A transcript is a VTT, SRT, JSON or text file."))
    turns, direct = _read(content.text, tuple(speakers))
    if not any(turn.speaker or turn.start is not None for turn in turns):
        raise RefusedTextError(
            say(
                "Not a transcript. Looked for captions (00:01 --> 00:03), Whisper JSON or TSV, a table with columns for"
                " speaker and text, [00:01:02] before a line, and speakers as 佐藤: …, [佐藤] …, 【佐藤】…,"
                " ○佐藤 …, 佐藤「…」 or 佐藤）…."
            )
        )
    said = Counter(turn.speaker for turn in turns if turn.speaker)
    notes = [say("Direct messages left out: {count}.", count=direct)] if direct else []
    if said:
        notes.append(say("Speakers (lines): {names}.", names=", ".join(f"{who} ({n})" for who, n in said.items())))
    return Converted(to_markdown(turns), tuple(notes))


def read_turns(text: str, speakers: tuple[str, ...] = ()) -> list[Turn]:
    """Return the turns in the order of the file, without empty lines and markup. Raises RefusedTextError."""
    return _read(text, speakers)[0]


def _read(text: str, speakers: tuple[str, ...]) -> tuple[list[Turn], int]:
    """Return the turns, and the number of direct messages left out."""
    if _OTHER_FORM.match(text):
        return [], 0
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    read, direct = _turns(text.removeprefix("\ufeff"), lines, speakers)
    tidy = (replace(turn, text=_SPACES.sub(" ", turn.text).strip()) for turn in read)
    turns = [turn for turn in tidy if turn.text]
    if not _ROLLING.search(text):
        return turns, direct
    # rolling captions repeat each line while the next one appears
    return [now for before, now in pairwise([None, *turns]) if now and (not before or before.text != now.text)], direct


def _turns(text: str, lines: list[str], speakers: tuple[str, ...]) -> tuple[Iterable[Turn], int]:
    data = listed.json_turns(text) or listed.table_turns(lines)
    if data is not None:
        return data, 0
    if captions.has_cues(lines):
        return captions.cues(lines, speakers), 0
    if chat.is_chat(lines):
        return chat.messages(lines)
    return _labelled(lines, speakers), 0


def _labelled(lines: list[str], speakers: tuple[str, ...]) -> Iterator[Turn]:
    """Yield the lines of a text; lines after a name belong to that speaker, without times only up to an empty line."""
    rows = [_BOLD.sub(r"\1", line.strip()) for line in lines]
    form = _Form(rows, speakers)
    speaker, start, awaited, has_time = "", None, "", False  # awaited: a line of a name whose words are still to come
    for row in rows:
        if not row or _TOOL.match(row):
            speaker = speaker if row == "" and (awaited or has_time) else ""
            if not row:
                continue
        time, label, words = form.split(row)
        if awaited and label is not None:
            yield Turn(awaited, "", start)
        start = time if time is not None else start
        has_time = time is not None if label is not None else has_time
        speaker = label if label is not None else speaker
        awaited = row if label is not None and not words else awaited if not words else ""
        yield Turn(words, speaker, start)
    yield Turn(awaited, "", start)  # nobody said anything after it: no name


class _Form:
    """How the lines of one text give times and names."""

    def __init__(self, rows: list[str], speakers: tuple[str, ...]) -> None:
        rests = [_OPEN_TIME.sub("", row, count=1) for row in rows]
        timed = [rest for row, rest in zip(rows, rests, strict=True) if row != rest]
        filled = sum(1 for row in rows if row)
        self._labels = Labels(rests, speakers, is_transcript=bool(timed))
        enough = MOST * max(1, len(timed))
        self._has_spaces = sum(1 for rest in timed if self._spaced(rest)) >= enough
        above = [rest for rest in timed if _ALONE.fullmatch(rest)]
        is_most = len(above) >= MOST * max(LEAST_LINES, sum(1 for rest in timed if rest))
        self._has_names_above = is_most and filled >= 2 * len(timed)

    def split(self, row: str) -> tuple[int | None, str | None, str]:
        """Return time, speaker (None if missing) and words of a line."""
        opening = _OPEN_TIME.match(row)
        if opening:
            rest = row[opening.end() :]
            name, words = self._labels.split(rest)
            if name is None and self._has_spaces:
                name, words = self._spaced(rest) or (None, rest)
            elif name is None and self._has_names_above and _ALONE.fullmatch(rest) and self._labels.is_name(rest):
                name, words = tidy_name(rest), ""
            return seconds(opening[1] or opening[2]), name, words
        found = _NAME_AND_TIME.fullmatch(row)
        if found and self._labels.is_name(found[1] or found[4]):
            return seconds(found[2] or found[5]), tidy_name(found[1] or found[4]), found[3] or ""
        return None, *self._labels.split(row)

    def _spaced(self, text: str) -> tuple[str, str] | None:
        found = _SPACED.fullmatch(text)
        return (found[1], found[2]) if found and self._labels.is_name(found[1]) else None
