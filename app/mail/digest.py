"""The weekly digest of one addressee: how the week went, answers to what they searched for, what they should review."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from app.mail.addressees import Desk
from app.mail.message import Item, Mail, Part, Row
from app.own_work import Answered, own_work
from app.words.addresses import entry_address
from app.words.doubts import sentence_of
from app.words.meeting_headline import ends_of, headline
from app.words.meeting_view import in_words
from app.words.reader import Reader
from kb.entry import Entry
from kb.loop.meeting import Ending, Meeting
from kb.loop.period import Period
from kb.loop.review import Standing

MOST_ROWS = 5  # figures
MOST_LISTED = 5  # answers, and entries to review
MIDWEEK = timedelta(days=4)  # until Thursday a digest is about the week before, from Friday on about this one


@dataclass(frozen=True, slots=True)
class Digest:
    """A digest, and the signatures of the answers it tells."""

    mail: Mail
    told: tuple[str, ...]


def week_of(day: date) -> Period:
    """Return the week that a digest written on a day is about."""
    return Period.week_of(day - MIDWEEK)


def digest(desk: Desk, week: Period) -> Digest | None:
    """Write the digest of a week; None if nothing happened that concerns the addressee."""
    library, reader, viewer = desk.seen.library, desk.reader, desk.to.viewer
    found = library.loop.meeting(week.key)
    askers = desk.services.people.askers.of(viewer.person) if viewer.is_signed_in else ()
    own = own_work(library, desk.services.activity, viewer.names, askers, asks_again=bool(askers))
    known = desk.services.people.mailing.told(desk.to.recipient)
    answers = {desk.to.recipient.signed(f"{one.query}\n{one.entry.id}"): one for one in own.answers}
    new = {signature: one for signature, one in answers.items() if signature not in known}
    new = dict(list(new.items())[:MOST_LISTED])
    if not (found.closed or new or own.reviews):
        return None
    view = in_words(found, library, reader)
    parts = [_endings(desk, found), _answers(desk, list(new.values())), _reviews(desk, own.reviews)]
    mail = Mail(
        subject=_subject(found, len(new) + len(own.reviews), reader),
        heading=reader("mail.digest_heading"),
        lead=(view.span, *([headline(found, reader)] if found.closed else [])),
        why=reader("mail.digest_why"),
        stop=desk.stop("digest"),
        key=f"digest.{week.key}.{desk.to.recipient.id}",
        rows=tuple(Row(row.name, row.now, _before(row.before)) for row in view.rows if row.now)[:MOST_ROWS]
        if found.closed
        else (),
        parts=tuple(part for part in parts if part.items),
        button=(reader("mail.digest_open"), f"{desk.base}/meeting?period={week.key}"),
    )
    return Digest(mail, tuple(new))


def _before(value: str) -> str:
    return "" if value == "–" else value


def _subject(found: Meeting, count: int, reader: Reader) -> str:
    """Return the subject: how deals ended, without names that somebody reads over a shoulder."""
    if not found.closed:
        return reader.counted("mail.digest_own", count)
    ends = {end: count for end, count in ends_of(found).items() if count}
    said = [reader(f"meeting.headline_{end}", count=reader.number(count)) for end, count in ends.items()]
    return reader("mail.digest_subject", ends=reader("comma").join(said))


def _endings(desk: Desk, found: Meeting) -> Part:
    more = found.ended - len(found.endings)
    return Part(
        desk.reader("meeting.endings"),
        tuple(_ending(desk, one) for one in found.endings),
        desk.reader("meeting.more", count=more) if more > 0 else "",
        f"{desk.base}/meeting?period={found.period}",
    )


def _ending(desk: Desk, one: Ending) -> Item:
    reader = desk.reader
    return Item(
        title=one.title,
        address=desk.base + entry_address(one.entry_id),
        mark=one.outcome,
        label=reader.label("outcome", one.outcome),
        aside="" if one.amount is None else reader.money(one.amount, one.currency),
        notes=(reader("mail.lesson", lesson=one.lesson),) if one.lesson else (),
    )


def _answers(desk: Desk, answers: Sequence[Answered]) -> Part:
    items = [_item(desk, one.entry, desk.reader("mine.searched", query=one.query)) for one in answers]
    return Part(desk.reader("mine.answers"), tuple(items))


def _reviews(desk: Desk, reviews: Sequence[tuple[Entry, Standing]]) -> Part:
    items = [
        _item(desk, entry, *(sentence_of(doubt, desk.reader) for doubt in standing.doubts[:1]))
        for entry, standing in reviews[:MOST_LISTED]
    ]
    more = len(reviews) - len(items)
    return Part(
        desk.reader("mine.reviews"),
        tuple(items),
        desk.reader("meeting.more", count=more) if more > 0 else "",
        f"{desk.base}/mine#reviews",
    )


def _item(desk: Desk, entry: Entry, *notes: str) -> Item:
    return Item(entry.title, desk.base + entry_address(entry.id), notes=notes)
