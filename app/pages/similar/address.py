"""The query of the similar-deals page: read from an address or a form, written into links."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar
from urllib.parse import urlencode

from starlette.datastructures import ImmutableMultiDict

from app.pages.search.address import day_or_nothing
from ingest.fields import FieldError, to_count, to_money
from kb.currencies import HOME
from kb.fields import SEGMENTS
from kb.insight.asked import FACTS, SINGLE_FACTS
from kb.search.query import Filters

T = TypeVar("T")
PAGE = "/deals/similar"
WITHIN = (*(f"in_{name}" for name in SEGMENTS), "date_from", "date_to")  # which deals to compare with


@dataclass(frozen=True, slots=True)
class DealAddress:
    """A live deal as stated in the form."""

    text: str = ""
    deal: str = ""  # id of an existing deal
    several: tuple[tuple[str, tuple[str, ...]], ...] = ()  # (fact, values)
    single: tuple[tuple[str, str], ...] = ()  # (fact, value)
    within: tuple[tuple[str, str], ...] = ()  # (one of WITHIN, value)
    read: str = ""  # fingerprint of the text and entry whose facts the reader has seen

    @classmethod
    def read_from(cls, form: ImmutableMultiDict[str, str]) -> DealAddress:
        """Read an address or a form; `drop` removes one part of it."""
        asked = cls._stated(form)
        if asked.read and not asked.is_confirmed:  # other notes: facts read from the former ones are gone
            asked = asked._without(form.getlist("derived"))
        return asked._dropped(form.get("drop", ""))

    @classmethod
    def _stated(cls, form: ImmutableMultiDict[str, str]) -> DealAddress:
        several = ((name, tuple(v for v in dict.fromkeys(form.getlist(name)) if v.strip())) for name in FACTS)
        single = ((name, form.get(name, "").strip()) for name in SINGLE_FACTS)
        return cls(
            text=form.get("text", "").replace("\r\n", "\n").strip(),
            deal=form.get("deal", "").strip(),
            several=tuple(pair for pair in several if pair[1]),
            single=tuple(pair for pair in single if pair[1]),
            within=tuple((name, value) for name in WITHIN if (value := _bound(name, form.get(name, "").strip()))),
            read=form.get("read", ""),
        )

    @property
    def stated(self) -> frozenset[str]:
        """The facts, each written as `name:value`."""
        several = {f"{name}:{value}" for name, values in self.several for value in values}
        return frozenset(several | {f"{name}:{value}" for name, value in self.single})

    def _without(self, values: Collection[str]) -> DealAddress:
        """Return the same without some facts, each written as `name:value`."""
        several = ((name, tuple(v for v in chosen if f"{name}:{v}" not in values)) for name, chosen in self.several)
        single = ((name, value) for name, value in self.single if f"{name}:{value}" not in values)
        return replace(self, several=tuple(pair for pair in several if pair[1]), single=tuple(single))

    def _dropped(self, what: str) -> DealAddress:
        """Return the same without a fact, the notes (`text:`), the entry (`deal:`) or the scope (`within:`)."""
        seen = self.is_confirmed
        name = what.partition(":")[0]
        text, deal = ("" if name == field else value for field, value in (("text", self.text), ("deal", self.deal)))
        within = () if name == "within" else self.within
        left = replace(self._without([what]), text=text, deal=deal, within=within)
        return replace(left, read=left.mark if seen else self.read)

    @property
    def is_start(self) -> bool:
        """Whether the query is empty."""
        return not (self.text or self.deal or self.several or self.single)

    @property
    def mark(self) -> str:
        """What the form sends back, so that reading text and entry again does not undo corrections."""
        read = f"{self.deal}\n{self.text}" if self.deal else self.text
        return hashlib.sha256(read.encode("utf-8", "replace")).hexdigest()[:8] if read else ""

    @property
    def is_confirmed(self) -> bool:
        """Whether the reader has seen the facts read from this text and entry."""
        return bool(self.read) and self.read == self.mark

    def values(self, name: str) -> tuple[str, ...]:
        """Return the values of a fact with several."""
        return dict(self.several).get(name, ())

    def value(self, name: str) -> str:
        """Return the value of a fact with one."""
        return dict(self.single).get(name, "")

    def bound(self, name: str) -> str:
        """Return the values the deals to compare with are filtered by."""
        return dict(self.within).get(name, "")

    @property
    def filters(self) -> Filters:
        """The filters of the deals to compare with."""
        chosen = ((name, self.bound(f"in_{name}")) for name in SEGMENTS)
        values = tuple((name, (value,)) for name, value in chosen if value)
        return Filters(values, self.bound("date_from"), self.bound("date_to"))

    def facts(self) -> Mapping[str, Any]:
        """Return the stated facts by the library's names."""
        amount, currency = _read(to_money, self.value("amount")) or (None, "")
        return {
            **{name: self.values(name) for name in FACTS},
            "size": _read(to_count, self.value("size")),
            "amount": amount,
            "currency": "" if amount is None else currency or HOME,
            "stage": self.value("stage"),
            "lead_source": self.value("lead_source"),
        }

    def misread(self) -> list[str]:
        """Return messages for invalid numbers; they are not compared."""
        found = []
        readers: tuple[tuple[str, Callable[[str], object]], ...] = (("size", to_count), ("amount", to_money))
        for name, convert in readers:
            try:
                if value := self.value(name):
                    convert(value)
            except FieldError as error:
                found.append(error.sentence)
        return found

    def __str__(self) -> str:
        """Return the address; notes never stand in one, as it is kept in histories and logs."""
        pairs = [("deal", self.deal)] if self.deal else []
        pairs += [(name, value) for name, values in self.several for value in values]
        pairs += [*self.single, *self.within]
        pairs += [("read", self.read)] if self.is_confirmed else []
        return f"{PAGE}?{urlencode(pairs)}" if pairs else PAGE


def _bound(name: str, value: str) -> str:
    return day_or_nothing(value) if name.startswith("date_") else value


def _read(convert: Callable[[str], T], text: str) -> T | None:
    try:
        return convert(text) if text else None
    except FieldError:
        return None
