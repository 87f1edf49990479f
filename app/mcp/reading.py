"""Search and read for an assistant: exact passages with their addresses."""

from __future__ import annotations

from app.mcp.caller import Caller
from app.shapes.assistants import MOST_PASSAGE, MOST_TEXT, MOST_TITLE, PassageOut, ReadIn, ReadOut, SearchIn, SearchOut
from kb.entry import Entry
from kb.loop.gaps import PROGRAM
from kb.search.answer import Answer, Hit


def search(caller: Caller, asked: SearchIn) -> SearchOut:
    """Find the entries that best answer a question, each with the passage that matches, exactly as written.

    Cite the address. An answer with low confidence is no evidence: say that nothing was found.
    """
    answer = caller.library.search.answer(asked.query, filters=asked.filters(), limit=asked.limit, offset=asked.offset)
    if not asked.offset:
        caller.logbook.search(answer, asked.filters(), PROGRAM, caller.reader.locale)
    return SearchOut(
        confidence=_confidence(answer, caller),
        note=_note(answer, caller),
        total=answer.total,
        hits=[_passage(hit, caller) for hit in answer.hits],
        next_offset=following(asked.offset, len(answer.hits), answer.total),
    )


def read(caller: Caller, asked: ReadIn) -> ReadOut:
    """Read an entry's file exactly as written, 8,000 characters at a time."""
    source = caller.seen.store.source(asked.id)
    entry, total = source.entry, len(source.text)
    end = asked.offset + MOST_TEXT
    return ReadOut(
        id=entry.id,
        title=short(entry.title),
        kind=entry.kind,
        trust=trust_words(entry, caller),
        address=caller.address(entry.id),
        text=source.text[asked.offset : end],
        total=total,
        next_offset=end if end < total else None,
    )


def short(text: str) -> str:
    """Return a title in bounded length."""
    return text if len(text) <= MOST_TITLE else text[: MOST_TITLE - 1] + "…"


def following(offset: int, count: int, total: int) -> int | None:
    """Return where the next page begins; None after the last one."""
    return offset + count if count and offset + count < total else None


def trust_words(entry: Entry, caller: Caller) -> str:
    """Return whether somebody has verified an entry, in words; empty for most deals."""
    state = caller.library.loop.trust_of(entry)
    return caller.reader(f"trust.{state}") if state else ""


def _passage(hit: Hit, caller: Caller) -> PassageOut:
    entry = hit.entry
    return PassageOut(
        id=entry.id,
        title=short(entry.title),
        kind=entry.kind,
        outcome=entry.outcome,
        date=entry.sort_date,
        heading=short(hit.heading),
        passage=hit.passage[:MOST_PASSAGE],
        is_cut=len(hit.passage) > MOST_PASSAGE,
        match=caller.reader(f"band.{hit.band}"),
        trust=trust_words(entry, caller),
        address=caller.address(entry.id),
    )


def _confidence(answer: Answer, caller: Caller) -> str:
    if answer.query.is_empty:
        return ""
    return caller.reader("confidence.nothing" if not answer.hits else f"confidence.{answer.confidence}")


def _note(answer: Answer, caller: Caller) -> str:
    reader, notes = caller.reader, []
    if answer.query.corrected:
        notes.append(reader("mcp.corrected", text=answer.query.corrected))
    if answer.hidden_by_filters:
        notes.append(reader.counted("mcp.hidden_by_filters", answer.hidden_by_filters))
    if progress := caller.services.intake.progress_for(caller.library):
        notes.append(reader.say(progress))
    return reader.sentences(notes)
