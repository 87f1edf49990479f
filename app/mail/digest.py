"""The weekly digest of one addressee: how the week went, answers to what they searched for, what they should review."""

from __future__ import annotations

from collections.abc import Collection, Sequence
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
from kb.loop.lessons import lesson_of
from kb.loop.meeting import Ending, Meeting
from kb.loop.period import Period
from kb.loop.review import Standing
from kb.people.mailing import Recipient

MOST_ROWS = 5  # figures
MOST_LISTED = 5  # answers, and entries to review
SHORT = 12  # letters of the signature of a deal: a digest keeps one for each of its week
MIDWEEK = timedelta(days=4)  # until Thursday a digest is about the week before, from Friday on about this one


@dataclass(frozen=True, slots=True)
class Digest:
    """A digest, and the signatures of the answers and deals it tells."""

    mail: Mail | None  # None: nothing happened that concerns the addressee
    told: frozenset[str]


def week_of(day: date) -> Period:
    """Return the week that a digest written on a day is about."""
    return Period.week_of(day - MIDWEEK)


def digest(desk: Desk, week: Period) -> Digest:
    """Write the digest of a week."""
    library, reader, viewer, to = desk.seen.library, desk.reader, desk.to.viewer, desk.to.recipient
    found, known = library.loop.meeting(week.key), desk.services.people.mailing.told(to)
    askers = desk.services.people.askers.of(viewer.person) if viewer.is_signed_in else ()
    own = own_work(library, desk.services.activity, viewer.names, askers, asks_again=bool(askers))
    answers = {to.signed(f"{one.query}\n{one.entry.id}"): one for one in own.answers}
    new = dict([pair for pair in answers.items() if pair[0] not in known][:MOST_LISTED])
    late = _late(desk, week.before(), known)
    told = frozenset([*new, *(_signed(to, one) for one in (*_ended(desk, week), *late))])
    if not (found.closed or new or late or own.reviews):
        return Digest(None, told)
    view = in_words(found, library, reader)
    rows = [Row(row.name, row.now, _before(row.before)) for row in view.rows if row.now and found.closed]
    parts = [_endings(desk, found), _added(desk, late), _answers(desk, list(new.values())), _reviews(desk, own.reviews)]
    mail = Mail(
        subject=_subject(found, len(new) + len(late) + len(own.reviews), reader),
        heading=reader("mail.digest_heading"),
        lead=(view.span, *([headline(found, reader)] if found.closed else [])),
        why=reader("mail.digest_why"),
        stop=desk.stop("digest"),
        key=f"digest.{week.key}.{to.id}",
        rows=tuple(rows[:MOST_ROWS]),
        parts=tuple(part for part in parts if part.items),
        button=(reader("mail.digest_open"), f"{desk.base}/meeting?period={week.key}"),
    )
    return Digest(mail, told)


def _ended(desk: Desk, week: Period) -> list[Entry]:
    """Return the deals won and lost in a week, without bodies."""
    deals = desk.seen.library.deals.table.counted
    return [one for one in deals if one.deal and one.outcome in ("won", "lost") and week.contains(one.deal.closed_on)]


def _late(desk: Desk, week: Period, known: Collection[str]) -> list[Entry]:
    """Return the deals of the week before that were not there yet when its digest was written."""
    if not desk.services.people.mailing.has(desk.to.recipient, "digest", week.key):
        return []
    late = [one.id for one in _ended(desk, week) if _signed(desk.to.recipient, one) not in known]
    return list(desk.seen.library.entries.published(late).values())


def _signed(to: Recipient, deal: Entry) -> str:
    return to.signed(f"deal\n{deal.id}")[:SHORT]


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


def _added(desk: Desk, late: Sequence[Entry]) -> Part:
    """Return the part of the deals that were entered after the digest of their week."""
    shown = [
        Ending(one.id, one.title, str(one.outcome), one.deal.amount, one.deal.currency, lesson_of(one.body))
        for one in late[:MOST_LISTED]
        if one.deal
    ]
    more = len(late) - len(shown)
    return Part(
        desk.reader("mail.added"),
        tuple(_ending(desk, one) for one in shown),
        desk.reader("meeting.more", count=more) if more else "",
        f"{desk.base}/?kind=deal&sort=newest",
    )


def _ending(desk: Desk, one: Ending) -> Item:
    reader = desk.reader
    return Item(
        title=one.title,
        address=desk.base + entry_address(one.entry_id),
        mark=one.outcome,
        label=reader.label("outcome", one.outcome),
        aside="" if one.amount is None else reader.money(one.amount, one.currency),
        notes=(one.lesson,) if one.lesson else (),  # no label: without a section on lessons it is the first sentence
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
