"""What waits for one person: drafts, reviews, gaps, actions and answers. There is no such list of anybody else."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from kb.entry import Entry
from kb.entry import owner_key as folded
from kb.library import Library
from kb.loop.activity import Activity, GapRow
from kb.loop.gaps import LOOKED_BACK
from kb.loop.lessons import Task, taken_by, tasks_of
from kb.loop.logbook import filters_of
from kb.loop.review import Standing

ASKED_AGAIN = 5  # of a person's failed searches, the newest
SURE = "strong"  # how sure an answer must be to count as found


@dataclass(frozen=True, slots=True)
class Answered:
    """A search that found nothing, and the entry that answers it now."""

    query: str
    entry: Entry
    is_told: bool = False  # somebody closed the gap with it, and it can be taken off the list


@dataclass(frozen=True, slots=True)
class OwnWork:
    """What waits for somebody."""

    drafts: tuple[Entry, ...] = ()
    reviews: tuple[tuple[Entry, Standing], ...] = ()
    gaps: tuple[GapRow, ...] = ()
    actions: tuple[Task, ...] = ()
    meeting: Entry | None = None  # the note of the actions
    answers: tuple[Answered, ...] = ()

    @property
    def count(self) -> int:
        """How much there is to do."""
        return sum(map(len, (self.drafts, self.reviews, self.gaps, self.actions, self.answers)))


def own_work(
    library: Library, activity: Activity, names: Collection[str], askers: Collection[str], *, asks_again: bool = False
) -> OwnWork:
    """Return what waits for somebody with these names in entries (folded) and in the log of searches.

    With `asks_again`, failed searches are tried again: they may be answered by an entry nobody wrote for them.
    """
    answers = _closed(library, activity, askers)
    if asks_again:
        answers += _found_now(library, activity, askers, {one.query for one in answers})
    if not names:
        return OwnWork(answers=tuple(answers))
    owned = library.loop.owned()
    note = owned.note
    return OwnWork(
        drafts=tuple(owned.drafts_of(names)),
        reviews=tuple(owned.reviews_of(names)),
        gaps=tuple(gap for gap in activity.open_gaps() if gap.owner and folded(gap.owner) in names),
        actions=tuple(task for task in tasks_of(note.body) if not task.is_done and folded(taken_by(task.text)) in names)
        if note
        else (),
        meeting=note,
        answers=tuple(answers),
    )


def _closed(library: Library, activity: Activity, askers: Collection[str]) -> list[Answered]:
    """Return the gaps somebody searched for and others closed."""
    closed = activity.unseen(askers)
    known = library.entries.published([gap.entry for gap in closed])
    return [Answered(gap.wording, known[gap.entry], is_told=True) for gap in closed if gap.entry in known]


def _found_now(library: Library, activity: Activity, askers: Collection[str], known: Collection[str]) -> list[Answered]:
    """Return what the newest failed searches of somebody find now."""
    since = activity.since(LOOKED_BACK)
    failed = [one for one in activity.searches_of(askers) if one.confidence in ("none", "weak") and one.at >= since]
    found = []
    for one in list({search.query: search for search in failed if search.query not in known}.values())[:ASKED_AGAIN]:
        answer = library.search.answer(one.query, filters=filters_of(one.filters), limit=1)
        if answer.confidence == SURE and answer.hits and not answer.hits[0].entry.is_meeting:
            found.append(Answered(one.query, answer.hits[0].entry))
    return found
