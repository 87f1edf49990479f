"""The state of a search as its address: read from one, written into links."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from kb.days import DayError, read_day
from kb.entry import FACETS
from kb.loop.review import STATES, TrustState
from kb.search.query import Filters, Sort

PAGE_SIZE = 10
LAST_PAGE = 100  # nobody pages further; a larger number is a mistake


@dataclass(frozen=True, slots=True)
class SearchAddress:
    """The query of a search page."""

    text: str = ""
    values: tuple[tuple[str, tuple[str, ...]], ...] = ()  # (facet, values), without empty ones
    date_from: str = ""
    date_to: str = ""
    sort: Sort = "relevance"
    page: int = 1
    deal: str = ""  # the open deal it is for
    trust: tuple[TrustState, ...] = ()
    as_typed: bool = False

    @classmethod
    def read(cls, query: QueryParams) -> SearchAddress:
        """Read the address of a page; invalid values are ignored."""
        values = [(facet, tuple(dict.fromkeys(v for v in query.getlist(facet) if v))) for facet in FACETS]
        page = query.get("page", "1")
        return cls(
            text=query.get("q", "").strip(),
            values=tuple((facet, chosen) for facet, chosen in values if chosen),
            date_from=day_or_nothing(query.get("date_from", "")),
            date_to=day_or_nothing(query.get("date_to", "")),
            sort="newest" if query.get("sort") == "newest" else "relevance",
            page=min(LAST_PAGE, max(1, int(page))) if page.isascii() and page.isdigit() and len(page) < 9 else 1,
            deal=query.get("for", "").strip()[:500],
            trust=tuple(state for state in STATES if state in query.getlist("trust")),
            as_typed=query.get("as_typed") == "true",
        )

    @classmethod
    def searching(cls, text: str, filters: Filters) -> SearchAddress:
        """Return the address of a search that was logged."""
        trust = tuple(state for state in STATES if state in filters.trust)
        return cls(text, filters.values, filters.date_from, filters.date_to, trust=trust)

    @property
    def filters(self) -> Filters:
        """The filters to search with."""
        return Filters(self.values, self.date_from, self.date_to, self.trust)

    @property
    def offset(self) -> int:
        """How many hits are on the previous pages."""
        return (self.page - 1) * PAGE_SIZE

    @property
    def is_start(self) -> bool:
        """Whether the query is empty."""
        return not self.text and not self.filters

    def chosen(self, facet: str) -> tuple[str, ...]:
        """Return the chosen values of a facet."""
        return dict(self.values).get(facet, ())

    def without(self, facet: str, value: str) -> SearchAddress:
        """Return the same search without one value of a facet."""
        pairs = [(name, tuple(v for v in vs if (name, v) != (facet, value))) for name, vs in self.values]
        return replace(self, values=tuple(pair for pair in pairs if pair[1]), page=1)

    def unfiltered(self) -> SearchAddress:
        """Return the same search without filters."""
        return replace(self, values=(), date_from="", date_to="", trust=(), page=1)

    def without_trust(self, state: str) -> SearchAddress:
        """Return the same search without one state of trust."""
        return replace(self, trust=tuple(other for other in self.trust if other != state), page=1)

    def undated(self) -> SearchAddress:
        """Return the same search over all time."""
        return replace(self, date_from="", date_to="", page=1)

    def sorted_by(self, sort: Sort) -> SearchAddress:
        """Return the same search in another order."""
        return replace(self, sort=sort, page=1)

    def at_page(self, page: int) -> SearchAddress:
        """Return another page of the same search."""
        return replace(self, page=page)

    def uncorrected(self) -> SearchAddress:
        """Return the search for the words as they were typed."""
        return replace(self, as_typed=True, page=1)

    def excluding(self, word: str) -> SearchAddress:
        """Return the same search without the entries that have a word typed after a long vowel mark."""
        return replace(self, text=" ".join(f"-{w[1:]}" if w == word else w for w in self.text.split()), page=1)

    @property
    def summary_address(self) -> str:
        """The address of a summary of the hits."""
        return "/summary" + str(replace(self, page=1, sort="relevance")).removeprefix("/")

    def __str__(self) -> str:
        single: Mapping[str, str] = {
            "q": self.text,
            "date_from": self.date_from,
            "date_to": self.date_to,
            "sort": "newest" if self.sort == "newest" else "",
            "page": str(self.page) if self.page > 1 else "",
            "for": self.deal,
            "as_typed": "true" if self.as_typed else "",
        }
        pairs = [(facet, value) for facet, chosen in self.values for value in chosen]
        pairs += [("trust", state) for state in self.trust]
        query = urlencode([*((k, v) for k, v in single.items() if v), *pairs])
        return f"/?{query}" if query else "/"


@lru_cache(maxsize=4096)
def facet_address(facet: str, value: str) -> str:
    """Return the address of all entries with a value."""
    return str(SearchAddress(values=((facet, (value,)),)))


def day_or_nothing(text: str) -> str:
    """Return a day in ISO form; empty if invalid."""
    try:
        return read_day(text).isoformat()
    except DayError:
        return ""
