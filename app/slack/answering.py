"""The slash command: the best hits for a question, each with its record and the line to say."""

from __future__ import annotations

from urllib.parse import urlencode

from app.mcp.caller import Caller
from app.pages.cards import HitCard, card_of, hit_card
from app.pages.record import Record, record_of
from app.slack.blocks import Block, Message, actions, button, escaped, link, one_line, quoted, section, small
from app.slack.desk import Asking
from app.words.reader import Reader
from app.words.rendering import spoken_line
from kb.entry import Entry
from kb.search.answer import Answer
from kb.search.bounds import NO_FILTERS
from kb.search.intent import asks_what_to_say, talk_first

SHOWN = 3
LOOKED_AT = 10  # hits among which talk tracks come first, as on the page
HELPFUL, USED = "helpful", "used"  # buttons
MOST_ID = 1_900  # characters; the value of a button has 2,000


def usage(command: str, reader: Reader) -> Message:
    """Return how to ask."""
    return Message(escaped(reader("slack.usage", command=command)))


def answer_to(asking: Asking, text: str) -> Message:
    """Search, log the search and return the best hits. Raises KBError."""
    caller = asking.caller
    answer = caller.library.search.answer(text, filters=NO_FILTERS, limit=LOOKED_AT)
    caller.logbook.search(answer, NO_FILTERS, asking.askers[0], caller.reader.locale)
    heading = _heading(answer, caller)
    if not answer.hits:
        return Message(heading, (section(heading), _more(text, caller)))
    talk, others = talk_first(answer.hits) if asks_what_to_say(text) else ((), answer.hits)
    best = (*talk, *others)[:SHOWN]
    used = caller.library.entries.used_in([hit.entry.id for hit in best if hit.entry.kind != "deal"])
    blocks: list[Block] = [small(heading)]
    if answer.confidence == "none":
        blocks.append(section(escaped(caller.reader("slack.no_good"))))
    for hit in best:
        card = hit_card(hit, caller.reader, caller.library, used, answer.hits)
        blocks += [section(*_lines(card, hit.snippet.text, caller)), *_buttons(card.card.entry, asking)]
    return Message(heading, (*blocks, _more(text, caller)))


def lines_about(entry: Entry, caller: Caller) -> list[str]:
    """Return what a link to an entry shows: title, what it is, the line to say, and its record."""
    lines = _head(entry, caller)
    if entry.kind == "talk-track":
        lines.append(quoted(spoken_line(entry.body)))
    used = [] if entry.kind == "deal" else caller.library.entries.used_in([entry.id])[entry.id]
    if record := record_of(used, caller.reader):
        lines.append(record_line(record, caller.reader))
    return lines


def record_line(record: Record, reader: Reader) -> str:
    """Return won and lost with the number of deals behind it."""
    return escaped(reader("slack.record", words=record.words, n=reader.number(len(record.marks) + record.more)))


def _heading(answer: Answer, caller: Caller) -> str:
    reader = caller.reader
    sure = reader(f"confidence.{answer.confidence}" if answer.hits else "confidence.nothing")
    parts = [reader("slack.asked", text=one_line(answer.query.text)), sure]
    if answer.query.corrected:
        parts.append(escaped(reader("mcp.corrected", text=answer.query.corrected)))
    if progress := caller.services.intake.progress_for(caller.library):
        parts.append(escaped(reader.say(progress)))
    return " · ".join(parts)


def _head(entry: Entry, caller: Caller) -> list[str]:
    card = card_of(entry, caller.reader)
    about = " · ".join(filter(None, (card.outcome_label, card.kind, card.team, card.day)))
    return [f"*{link(entry.title, caller.address(entry.id))}*", escaped(about)]


def _lines(card: HitCard, snippet: str, caller: Caller) -> list[str]:
    reader, lines = caller.reader, _head(card.card.entry, caller)
    if card.trust and card.trust != "unverified":
        lines[-1] += f" · {escaped(reader(f'trust.{card.trust}'))}"
    lines.append(quoted(card.spoken or snippet))
    if card.record:
        lines.append(record_line(card.record, reader))
    if card.is_losing:
        is_talk = card.card.entry.kind == "talk-track"
        lines.append(f"*{escaped(reader('record.losing' if is_talk else 'record.losing_content'))}*")
    if card.better:
        better = card.better.card.entry
        words = record_line(card.better.record, reader)
        lines += [
            f"{escaped(reader('record.better'))} {link(better.title, caller.address(better.id))} {words}",
            quoted(card.better.spoken),
        ]
    return lines


def _buttons(entry: Entry, asking: Asking) -> list[Block]:
    if len(entry.id) > MOST_ID:
        return []
    reader = asking.reader
    some = [button(HELPFUL, reader("slack.helpful"), entry.id)]
    if entry.kind != "deal" and asking.may_write:
        some.append(button(USED, reader("slack.used"), entry.id))
    return [actions(*some)]


def _more(text: str, caller: Caller) -> Block:
    return small(link(caller.reader("slack.more"), f"{caller.base}/?{urlencode({'q': text})}"))
