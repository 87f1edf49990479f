"""The side panel of an entry: the front matter in the reader's words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from app.pages.search.address import facet_address
from app.words.reader import Reader
from kb.choices import METRICS, MONEY_METRICS
from kb.entry import Campaign, Entry
from kb.fields import FIELDS, FILTERS, Field

FUNNEL = tuple(name for name in METRICS if name not in MONEY_METRICS)  # from first contact to order
ABOVE = ("id", "title", "kind", "team", "outcome", "language", "status", "visibility")  # shown with the title, or not
OWN_PLACE = ("link", "links", "metrics", "variants", "currency")  # shapes shown as sections, tables, with the amount
MACHINE = ("source_hash",)  # keys that only the program reads
UNITS = {"size": "people", "cycle_days": "days"}


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a fact, with a note in small print and a link to more of the same."""

    text: str
    address: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """A label and its values."""

    label: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class FunnelRow:
    """A stage of a campaign: its count, and the share of the previous stage."""

    label: str
    count: str
    share: str


@dataclass(frozen=True, slots=True)
class VariantRow:
    """An arm of a test with its numbers."""

    label: str
    address: str
    shown: str
    responded: str
    rate: str


def facts_of(entry: Entry, reader: Reader) -> list[Fact]:
    """Return the facts of an entry, the most important first, an author's own keys last."""
    found = ((field, _values(entry, field, reader)) for field in sorted(FIELDS, key=_place) if _is_fact(field, entry))
    facts = [Fact(reader.field(field.name), values) for field, values in found if values]
    return facts + [_extra(key, value, reader) for key, value in entry.extra if value and key not in MACHINE]


def _extra(key: str, value: str, reader: Reader) -> Fact:
    """Return a key that the register does not know; those the program writes have labels."""
    if key == "meeting":
        return Fact(reader("fact.meeting"), (Value(value, f"/meeting?{urlencode({'period': value, 'stored': 1})}"),))
    return Fact(reader("fact.source") if key == "source" else key, (Value(value),))


def _is_fact(field: Field, entry: Entry) -> bool:
    is_of_kind = not field.kinds or entry.kind in field.kinds
    return is_of_kind and field.shape not in OWN_PLACE and field.name not in ABOVE


def _place(field: Field) -> int:
    """Return the group of a field: details of the kind, filters, reasons, ownership."""
    if field.shape == "reasons":
        return 2
    return 0 if field.kinds else 1 if field.is_filter else 3


def funnel_of(campaign: Campaign, reader: Reader) -> list[FunnelRow]:
    """Return the stages of a campaign with the share of the previous stage."""
    rows: list[FunnelRow] = []
    before = 0
    for name in FUNNEL:
        count = campaign.metrics.get(name)
        if count is None:
            continue
        rows.append(
            FunnelRow(reader.label("metric", name), reader.number(count), reader.percent(count, before) if rows else "")
        )
        before = count
    return rows


def money_of(campaign: Campaign, reader: Reader) -> list[FunnelRow]:
    """Return cost, revenue and the other figures of a campaign that are not stages."""
    metrics: Mapping[str, int] = campaign.metrics
    rows = [
        FunnelRow(reader.label("metric", name), reader.money(metrics[name]), "")
        for name in MONEY_METRICS
        if name in metrics
    ]
    others = [name for name in metrics if name not in METRICS]
    return rows + [FunnelRow(name, reader.number(metrics[name]), "") for name in others]


def variants_of(campaign: Campaign, reader: Reader) -> list[VariantRow]:
    """Return the arms of a campaign's test."""
    return [
        VariantRow(
            reader.label("angle", variant.angle),
            facet_address("angle", variant.angle),
            reader.number(variant.shown),
            reader.number(variant.responded),
            reader.percent(variant.responded, variant.shown),
        )
        for variant in campaign.variants
    ]


def _values(entry: Entry, field: Field, reader: Reader) -> tuple[Value, ...]:
    """Return the values of a field in the reader's words."""
    if field.shape == "reasons":
        return _reasons(entry, reader)
    if field.name in FILTERS:
        texts = entry.values(field.name)
        return tuple(Value(reader.label(field.name, text), facet_address(field.name, text)) for text in texts)
    value = entry.value(field.name)
    return () if value in (None, "") else (Value(_in_words(entry, field, value, reader)),)


def _in_words(entry: Entry, field: Field, value: Any, reader: Reader) -> str:
    if field.name in UNITS:
        return reader.counted(UNITS[field.name], value)
    if field.shape == "money":
        return reader.money(value, entry.value("currency"))
    if field.shape == "day":
        return reader.date(value)
    if field.shape == "count":
        return reader.number(value)
    if field.name in ("owner", "verified_by"):
        return reader.person(str(value))
    first, between, last = value.partition("/") if field.name == "period" else (value, "", "")
    return f"{first} – {last}" if between and "/" not in last else reader.label(field.name, value)


def _reasons(entry: Entry, reader: Reader) -> tuple[Value, ...]:
    values = []
    for reason in entry.deal.reasons if entry.deal else ():
        source = reader.label("source", reason.source) if reason.source else ""
        separator = ":" if reader.locale == "ja" else ": "
        note = separator.join(part for part in (source, reason.note) if part)
        values.append(Value(reader.label("reason", reason.code, entry.outcome), note=note))
    return tuple(values)
