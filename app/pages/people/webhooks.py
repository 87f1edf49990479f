"""Outgoing webhooks: the receivers, and what was sent to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response

from app.http.dependencies import LibraryDep, ReaderDep, ServicesDep
from app.pages.people.view import tabs
from app.pages.view import render
from app.settings import Settings
from app.words.addresses import entry_address
from app.words.reader import Reader
from app.words.sending import said_of
from app.words.token_view import teams_of
from kb.entry import Entry
from kb.errors import KBError

if TYPE_CHECKING:
    from app.webhooks.hooks import Hook
    from app.webhooks.outbox import Delivery

PAGE = "/people/webhooks"
SHOWN = 50
Summaries = Callable[[list[str]], Mapping[str, Entry]]  # entries by id, without those the viewer may not see

router = APIRouter()


@dataclass(frozen=True, slots=True)
class ShownHook:
    """A receiver on the page. Of its address only the host: the rest may be a secret."""

    name: str
    host: str
    events: str
    audience: str
    counts: str


@dataclass(frozen=True, slots=True)
class ShownDelivery:
    """Something that was sent, on the page."""

    at: str
    moment: str
    hook: str
    event: str
    title: str
    address: str  # empty if the reader of the page may not see the entry
    status: str
    why: str


@router.get(PAGE)
def webhooks_page(request: Request, services: ServicesDep, library: LibraryDep, reader: ReaderDep) -> Response:
    """Show the receivers and the newest deliveries."""
    context: dict[str, object] = {"tabs": tabs(PAGE, reader), "hooks": [], "deliveries": [], "problem": ""}
    if services.settings.webhooks:
        context |= _found(services.settings, library.entries.summaries, reader)
    return render(request, "webhooks.html", {**context, "is_unused": services.settings.webhooks is None})


def _found(settings: Settings, summaries: Summaries, reader: Reader) -> dict[str, object]:
    from app.webhooks.hooks import read_hooks
    from app.webhooks.outbox import Outbox
    from kb.clock import CLOCK

    assert settings.webhooks is not None
    outbox = Outbox(settings.outbox_file, CLOCK)
    try:
        counts, newest = outbox.counts(), outbox.newest(SHOWN)
        entries = summaries([one.about for one in newest if one.about])
        return {
            "hooks": [_hook(hook, counts, reader) for hook in read_hooks(settings.webhooks)],
            "deliveries": [_delivery(one, entries.get(one.about), reader) for one in newest],
        }
    except KBError as error:
        return {"problem": reader.say(error.sentence)}
    finally:
        outbox.close()


def _hook(hook: Hook, counts: dict[tuple[str, str], int], reader: Reader) -> ShownHook:
    events = reader("comma").join(reader(f"webhooks.{event}") for event in sorted(hook.events))
    numbers = {status: reader.number(counts.get((hook.name, status), 0)) for status in ("waiting", "sent", "failed")}
    audience = teams_of(hook.teams, reader) or reader("webhooks.for_all")
    return ShownHook(hook.name, hook.host, events, audience, reader("webhooks.counts", **numbers))


def _delivery(one: Delivery, entry: Entry | None, reader: Reader) -> ShownDelivery:
    is_skipped = one.status == "skipped"
    why = reader("webhooks.too_many", count=one.why) if is_skipped else said_of(one.why, reader)
    if one.status == "waiting" and one.attempts:
        why = reader("webhooks.again", why=why, at=reader.moment(datetime.fromisoformat(one.due_at)))
    return ShownDelivery(
        at=one.made_at,
        moment=reader.moment(datetime.fromisoformat(one.made_at)),
        hook=one.hook,
        event=reader(f"webhooks.{one.type}") if one.type else "",
        title=entry.title if entry else "",
        address=entry_address(entry.id) if entry else "",
        status=reader(f"webhooks.status_{one.status}"),
        why=why,
    )
