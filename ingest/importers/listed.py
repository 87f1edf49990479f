"""Read transcripts saved as data: JSON of Whisper, whisper.cpp and WhisperX, and tables of turns."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from ingest.importers.labels import TIME, Labels, seconds
from ingest.importers.spoken import Turn
from kb.errors import RefusedTextError
from kb.wording import say

_LISTS = ("segments", "transcription", "chunks", "utterances", "monologues")
_CLOCK = re.compile(TIME)
_COLUMNS: Mapping[str, frozenset[str]] = {
    "start": frozenset((
        "start", "start time", "time", "timestamp", "from",
        "開始", "開始時間", "開始時刻", "時刻", "時間", "タイムスタンプ",
    )),
    "end": frozenset(("end", "end time", "to", "終了", "終了時間", "終了時刻")),
    "speaker": frozenset((
        "speaker", "speaker name", "name",
        "話者", "話者名", "発言者", "発話者", "スピーカー", "名前", "氏名",
    )),
    "text": frozenset((
        "text", "transcript", "sentence",
        "テキスト", "発言", "発言内容", "発話", "発話内容", "内容", "本文", "文字起こし",
    )),
}  # fmt: skip


def json_turns(text: str) -> list[Turn] | None:
    """Return the turns of a JSON file; None for other texts. Raises RefusedTextError."""
    if not text.lstrip().startswith(("{", "[")):
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        found = _json_lines(text)
        if found is None and re.match(r"\s*(?:\{|\[\s*\{)", text):
            raise RefusedTextError(say("The JSON file is damaged.")) from error
        if found is None:
            return None  # [佐藤] …
    if isinstance(found, list) and not any(isinstance(item, dict) for item in found):
        return None  # [1] …
    items = found if isinstance(found, list) else _segments(found)
    turns = [turn for item in items if isinstance(item, dict) and (turn := _turn(item))]
    if not turns or any(not isinstance(item, dict) or not isinstance(item.get("text"), str) for item in items):
        raise RefusedTextError(
            say(
                "The JSON file is not a transcript that can be read: expected a list named {names}, each item with a"
                " text and a start time or a speaker.",
                names=", ".join(_LISTS[:3]),
            )
        )
    return turns


def _json_lines(text: str) -> list[Any] | None:
    """Return the items of a file with one JSON object per line; None for other texts."""
    try:
        return [json.loads(line) for line in text.split("\n") if line.strip()]
    except (ValueError, RecursionError):
        return None


def table_turns(lines: list[str]) -> list[Turn] | None:
    """Return the turns of a table with a header line, separated by tabs or commas; None for other texts."""
    rows = [line for line in lines if line.strip()]
    for separator in "\t,":
        names = [name.strip(' "\u3000').casefold() for name in rows[0].split(separator)] if rows else []
        at = {key: number for number, name in enumerate(names) for key, known in _COLUMNS.items() if name in known}
        if "text" in at and len(at) > 1 and ("start" in at or "speaker" in at):
            in_milliseconds = {"start", "end", "text"} <= set(names)  # as Whisper writes them
            is_plain = separator == "\t" and '\t"' not in "\n".join(rows[1:])  # Whisper quotes nothing in TSV
            cells = csv.reader(rows[1:], delimiter=separator, quoting=csv.QUOTE_NONE if is_plain else csv.QUOTE_MINIMAL)
            return list(_rows(cells, at, separator, in_milliseconds))
    return None


def _rows(rows: Iterator[list[str]], at: Mapping[str, int], separator: str, in_milliseconds: bool) -> Iterator[Turn]:
    for row in rows:
        cell = {key: row[number].strip() if number < len(row) else "" for key, number in at.items()}
        if at["text"] == max(at.values()):  # a separator in the words
            cell["text"] = separator.join(row[at["text"] :])
        start = _time(cell.get("start"), in_milliseconds=in_milliseconds)
        yield _named(cell["text"], cell.get("speaker", ""), start)


def _segments(found: Any) -> list[Any]:
    """Return the list of turns wherever it is: at the top or one level below."""
    for holder in [found, *(inner for inner in found.values() if isinstance(inner, dict))]:
        for name in _LISTS:
            if isinstance(holder.get(name), list):
                return list(holder[name])
    return []


def _turn(item: Mapping[str, Any]) -> Turn | None:
    if not isinstance(item.get("text"), str):
        return None
    times = next((item[key] for key in ("timestamps", "timestamp", "offsets") if item.get(key)), None)
    start = item.get("start", item.get("start_time"))
    if start is None:
        start = times.get("from") if isinstance(times, dict) else times[0] if isinstance(times, list) else times
    speaker = next((item[key] for key in ("speaker", "speaker_name", "speaker_id") if item.get(key) is not None), "")
    if speaker == "":  # WhisperX may name the speakers of the words alone
        words = item.get("words")
        named = (
            [word["speaker"] for word in words if isinstance(word, dict) and word.get("speaker")]
            if isinstance(words, list)
            else []
        )
        speaker = Counter(map(str, named)).most_common(1)[0][0] if named else ""
    return _named(item["text"], str(speaker), _time(start))


def _named(text: str, speaker: str, start: int | None) -> Turn:
    """Return a turn; WhisperX puts the name before the words where the form has no column for it."""
    name, words = (speaker, text) if speaker else Labels([text], is_transcript=True).split(text.strip())
    return Turn(" ".join(words.split()), name or "", start)


def _time(value: Any, *, in_milliseconds: bool = False) -> int | None:
    if isinstance(value, str) and _CLOCK.fullmatch(value.strip()):
        return seconds(value.strip())
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    is_whole = isinstance(value, str) and value.strip().isdigit()
    return int(number / 1000 if in_milliseconds and is_whole else number) if 0 <= number < 1e10 else None
