"""The scoreboard's query: read from an address, written into links, with links to the deals behind each number."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from app.pages.search.address import SearchAddress
from kb.fields import SEGMENTS
from kb.insight.scoreboard import BYS

PAGE = "/scoreboard"
SORTS = ("low", "share", "deals", "name")
VIEWS = ("cohorts", "quarters", "cycle", "money", "said-by", "stages")
PERIODS = (3, 6, 12)  # months back from today, offered as links


@dataclass(frozen=True, slots=True)
class BoardAddress:
    """The query of the page."""

    by: str
    outcome_of: str
    sort: str
    search: SearchAddress  # filters and period
    opened: str = ""  # key of the row whose deals are open
    view: str = ""  # one of VIEWS instead of a dimension

    @classmethod
    def read(cls, query: QueryParams) -> BoardAddress:
        """Read an address; invalid values are ignored."""
        by, sort = query.get("by", ""), query.get("sort", "")
        by = by if by in BYS else BYS[0]
        outcome_of = "closed" if query.get("outcome_of") == "closed" else "decided"
        sort = sort if sort in SORTS else usual_sort(by)
        view = view if (view := query.get("view", "")) in VIEWS else ""
        return cls(by, outcome_of, sort, SearchAddress.read(query), query.get("open", ""), view)

    def to(self, page: str = PAGE, **changed: str) -> str:
        """Return the address with something changed."""
        own = {"view": self.view, "by": self.by, "outcome_of": self.outcome_of, "sort": self.sort} | changed
        if own["view"]:
            own |= {"by": "", "sort": ""}
        if "sort" not in changed and self.sort == usual_sort(self.by):
            own["sort"] = ""  # each dimension has its own default order
        defaults = {"outcome_of": "decided", "sort": usual_sort(own["by"])}
        pairs = [(name, value) for name, value in own.items() if value and value != defaults.get(name)]
        pairs += [(facet, value) for facet, values in self.search.values for value in values]
        pairs += [(name, day) for name in ("date_from", "date_to") if (day := getattr(self.search, name))]
        return f"{page}?{urlencode(pairs)}"

    def within(self, search: SearchAddress, **changed: str) -> str:
        """Return the address with other filters."""
        return replace(self, search=search).to(**changed)

    def in_month(self, month: str, reason: str) -> str:
        """Return the address with a reason open and its deals of one month (2026-04)."""
        first = date.fromisoformat(f"{month}-01")
        last = date.fromordinal(_months_later(first, 1).toordinal() - 1)
        since = max(first.isoformat(), self.search.date_from)
        until = min(last.isoformat(), self.search.date_to or "9999")
        return self.within(replace(self.search, date_from=since, date_to=until), open=reason) + "#open"

    def deals(self, *, every: bool = False, **chosen: str) -> str:
        """Return the search that lists the deals behind a number; `every` includes all outcomes.

        Empty where the filters of a search cannot say it.
        """
        values = dict(self.search.values)
        if any(values.get(facet, (value,)) != (value,) for facet, value in chosen.items()):
            return ""
        values |= {facet: (value,) for facet, value in chosen.items()} | {"kind": ("deal",)}
        if not every:
            ends = ["won", "lost", "no-decision"] if self.outcome_of == "closed" else ["won", "lost"]
            values["outcome"] = tuple(end for end in ends if end in values.get("outcome", ends))
        return str(replace(self.search, text="", values=tuple(values.items()), page=1, sort="newest"))

    def periods(self, today: date) -> list[tuple[int, str, bool]]:
        """Return (months, address, is active) of the periods up to today; 0 months is all time."""
        found = []
        for months in PERIODS:
            since = _months_later(today, -months).isoformat()
            search = replace(self.search, date_from=since, date_to="")
            found.append((months, self.within(search), search == self.search))
        undated = replace(self.search, date_from="", date_to="")
        return [*found, (0, self.within(undated), undated == self.search)]

    def hidden(self) -> list[tuple[str, str]]:
        """Return the hidden fields of the filter form."""
        # The form offers the segments; other filters come by address.
        others = [(f, v) for f, values in self.search.values if f not in SEGMENTS for v in values]
        own = [("view", self.view)] if self.view else [("by", self.by), ("sort", self.sort)]
        return [*own, *others]


def usual_sort(by: str) -> str:
    """Return the default order of rows: a reason's lower bound is meaningless."""
    return "deals" if by == "reason" else "low"


def _months_later(day: date, months: int) -> date:
    """Return the same day some months later or earlier, at most the last of the month."""
    number = day.year * 12 + day.month - 1 + months
    for last in (day.day, 30, 29, 28):
        try:
            return date(number // 12, number % 12 + 1, min(day.day, last))
        except ValueError:
            continue
    raise ValueError(f"{day} + {months} months")
