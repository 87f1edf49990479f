"""A deal that ended without a reason: its owner is asked for it by mail, once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from app.mail.addressees import Desk, people_addressed
from app.mail.message import Item, Mail, Part
from app.mail.sending import Post
from app.services import Services
from app.words.addresses import action_address, entry_address
from kb.entry import Entry, owner_key
from kb.insight.situation import tells_lesson
from kb.loop.lessons import sections
from kb.owners import own_names

ENDED = ("won", "lost", "no-decision")
LOOKED_BACK = timedelta(days=30)  # for older deals nobody remembers enough
GRACE = timedelta(hours=1)  # whoever just saved a deal may be about to add the reason
MOST_A_DAY = 3  # to one person; the others follow on the next days
A_DAY = timedelta(days=1)


def plan_questions(services: Services) -> None:
    """Let a question wait for each deal that ended lately without a reason, unless its owner was asked before."""
    mailing = services.people.mailing
    asked, open_deals = mailing.abouts("question"), unexplained(services)
    if not (new := {about: deal for about, deal in open_deals.items() if about not in asked}):
        return
    owners = {name: one for one in people_addressed(services) for name in own_names(one.viewer)}
    at = services.clock.now() + GRACE
    for about, deal in new.items():
        owner = owners.get(owner_key(deal.owner))
        if owner and owner.wants("question") and owner.viewer.is_at_least("author"):
            mailing.plan(owner.recipient, "question", about, at)


def send_questions(post: Post) -> None:
    """Ask what is due. Raises MailServerError."""
    services = post.services
    mailing = services.people.mailing
    if not (due := mailing.due("question")):
        return
    open_deals = unexplained(services)
    known = {one.recipient.id: one for one in people_addressed(services)}
    since = services.clock.now() - A_DAY
    for letter in due:
        to = known.get(letter.recipient)
        if to is None or mailing.sent_since(to.recipient, "question", since) >= MOST_A_DAY:
            continue
        deal = open_deals.get(letter.about)

        def write(desk: Desk, deal: Entry | None = deal) -> Mail | None:
            return question(desk, deal.id) if deal else None

        post.send(to, "question", letter.about, write)


def unexplained(services: Services) -> dict[str, Entry]:
    """Return the deals that ended lately without a reason, by what tells them apart for good; without bodies."""
    return {_name(entry): entry for entry in _unexplained(services)}


def question(desk: Desk, entry_id: str) -> Mail | None:
    """Write the question about a deal; None if its owner may not see or change it, or has explained it meanwhile."""
    entry, reader, to = desk.seen.library.entries.published([entry_id]).get(entry_id), desk.reader, desk.to
    if entry is None or entry.deal is None or not _is_unexplained(entry) or _says_why(entry):
        return None
    if not (to.wants("question") and to.viewer.is_at_least("author") and desk.seen.store.may_change(entry)):
        return None
    outcome = reader.label("outcome", str(entry.outcome))
    amount = "" if entry.deal.amount is None else reader.money(entry.deal.amount, entry.deal.currency)
    item = Item(
        title=entry.title,
        address=desk.base + entry_address(entry.id),
        mark=str(entry.outcome) if entry.outcome in ("won", "lost") else "",
        label=outcome,
        aside=amount,
        notes=(reader("mail.closed_on", day=reader.date(entry.deal.closed_on)),),
    )
    return Mail(
        subject=reader("mail.question_subject", title=entry.title),
        heading=reader("mail.question_heading"),
        lead=(reader("mail.question_lead", outcome=outcome),),
        why=reader("mail.question_why"),
        stop=desk.stop("question"),
        key=f"question.{to.recipient.signed(f'deal {_name(entry)}')}",  # a kind of mail is signed for its link
        parts=(Part(reader("mail.question_deal"), (item,)),),
        button=(reader("reasons.add"), desk.base + action_address("reasons", entry.id)),
    )


def _unexplained(services: Services) -> Iterator[Entry]:
    today = services.clock.today()
    for entry in services.library.deals.table.counted:
        closed = entry.deal.closed_on if entry.deal else None
        if entry.owner and closed and today - LOOKED_BACK <= closed <= today and _is_unexplained(entry):
            yield entry


def _is_unexplained(entry: Entry) -> bool:
    return bool(entry.deal) and entry.outcome in ENDED and not (entry.deal and entry.deal.reasons)


def _says_why(entry: Entry) -> bool:
    """Whether a deal tells in sentences how it ended."""
    return any(tells_lesson(heading) and text.strip() for heading, text in sections(entry.body))


def _name(entry: Entry) -> str:
    """Return what stays the same when a deal is imported again or its file is renamed."""
    return (entry.deal.crm_id if entry.deal else "") or entry.id
