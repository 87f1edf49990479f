"""The turns of a transcript with speaker and time, and their form in Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

SECTION_SECONDS = 300  # a heading every five minutes, to find the place in the recording
PATIENCE_SECONDS = 60  # a section may run over by this to finish a sentence
_SENTENCE_END = re.compile(r"[。．.!?！？…][」』）)\"'”’]*$")
_WIDE = re.compile(r"[\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]")
_BLOCK_SIGN = re.compile(r"^(?:#{1,6}(?=\s|$)|>|[-+](?=\s|$)|={3,}|-{3,}|~{3,})")
_LIST_NUMBER = re.compile(r"^(\d{1,9})([.)])(?=\s|$)")
_INLINE_SIGN = re.compile(r"[\\*`]|~~")


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of a speaker."""

    text: str
    speaker: str = ""  # empty if the file has none
    start: int | None = None  # seconds from the beginning; None if the file has none


def joined(turns: Iterable[Turn]) -> list[list[Turn]]:
    """Merge consecutive turns of a speaker, and split the turns into sections of a few minutes."""
    sections: list[list[list[Turn]]] = []  # section → turn → pieces
    begun: int | None = None  # start of the section
    for turn in turns:
        last = sections[-1][-1][-1] if sections else None
        if last is None or _is_due(begun, last, turn):
            sections.append([[turn]])
            begun = turn.start
        elif last.speaker == turn.speaker and (turn.speaker or last.start is not None):
            sections[-1][-1].append(turn)
        else:
            sections[-1].append([turn])
        begun = turn.start if begun is None else begun
    return [[replace(pieces[0], text=_run_on(pieces)) for pieces in section] for section in sections]


def to_markdown(turns: Iterable[Turn]) -> str:
    """Return turns as paragraphs with the speaker in bold, under headings with the time."""
    parts: list[str] = []
    for section in joined(turns):
        start = next((turn.start for turn in section if turn.start is not None), None)
        parts += [f"## {clock(start)}"] if start is not None else []
        parts += _paragraphs(section)
    return "\n\n".join(parts)


def clock(seconds: int) -> str:
    """Return seconds as HH:MM:SS."""
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def _is_due(begun: int | None, last: Turn, turn: Turn) -> bool:
    """Whether a turn starts a new section; a sentence is only split if it runs on for too long."""
    if begun is None or turn.start is None:
        return begun is None and turn.start is not None
    late = turn.start - begun - SECTION_SECONDS
    in_sentence = last.speaker == turn.speaker and not _SENTENCE_END.search(last.text)
    return late >= (PATIENCE_SECONDS if in_sentence else 0)


def _run_on(pieces: list[Turn]) -> str:
    """Join the pieces of a turn, without spaces between Japanese characters."""
    parts = [pieces[0].text]
    for before, after in pairwise(piece.text for piece in pieces):
        parts += ["" if _WIDE.match(before[-1:]) and _WIDE.match(after[:1]) else " ", after]
    return "".join(parts)


def _paragraphs(turns: list[Turn]) -> Iterator[str]:
    for turn in turns:
        words = _INLINE_SIGN.sub(lambda sign: "".join(f"\\{c}" for c in sign[0]), turn.text)
        if turn.speaker:
            yield f"**{turn.speaker}**: {words}"
        else:
            yield _LIST_NUMBER.sub(r"\1\\\2", _BLOCK_SIGN.sub(lambda sign: f"\\{sign[0]}", words))
