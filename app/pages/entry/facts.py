"""What the side panel of an entry says: the front matter in the reader's words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from app.pages.search.address import facet_address
from app.words.reader import Reader
from kb.choices import METRICS, MONEY_METRICS
from kb.entry import Campaign, Deal, Entry, TalkTrack

FUNNEL = tuple(name for name in METRICS if name not in MONEY_METRICS)  # from the first contact to the order


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a fact; a note in small print; an address when there is more of the same."""

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
    """A stage of a campaign: how many, and which share of the stage before."""

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
    """Return the facts of an entry in the order a reader asks for them."""
    found = [
        *_deal_facts(entry.deal, reader),
        *_faceted(entry, reader),
        *_reasons(entry, reader),
        *_track_facts(entry.talk_track),
        *_campaign_facts(entry.campaign),
        *_care(entry, reader),
    ]
    facts = [Fact(reader("fact." + name), values) for name, values in found if values]
    return facts + [Fact(key, (Value(value),)) for key, value in entry.extra if value]


def funnel_of(campaign: Campaign, reader: Reader) -> list[FunnelRow]:
    """Return the stages of a campaign with the share of the stage before."""
    rows: list[FunnelRow] = []
    before = 0
    for name in FUNNEL:
        count = campaign.metrics.get(name)
        if count is None:
            continue
        rows.append(
            FunnelRow(reader("metric." + name), reader.number(count), reader.percent(count, before) if rows else "")
        )
        before = count
    return rows


def money_of(campaign: Campaign, reader: Reader) -> list[FunnelRow]:
    """Return cost and revenue, and every figure of a campaign that is no stage."""
    metrics: Mapping[str, int] = campaign.metrics
    rows = [
        FunnelRow(reader("metric." + name), reader.money(metrics[name]), "")
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


def _text(text: str) -> tuple[Value, ...]:
    return (Value(text),) if text else ()


def _deal_facts(deal: Deal | None, reader: Reader) -> Iterator[tuple[str, tuple[Value, ...]]]:
    if deal is None:
        return
    yield "customer", _text(deal.customer)
    yield "size", _text(reader.counted("people", deal.size) if deal.size is not None else "")
    yield "amount", _text(reader.money(deal.amount, deal.currency) if deal.amount is not None else "")
    yield "closed_on", _text(reader.date(deal.closed_on))
    yield "cycle_days", _text(reader.counted("days", deal.cycle_days) if deal.cycle_days is not None else "")
    yield "stage", _text(deal.stage)
    yield "lead_source", _text(deal.lead_source)
    yield "crm_id", _text(deal.crm_id)


def _faceted(entry: Entry, reader: Reader) -> Iterator[tuple[str, tuple[Value, ...]]]:
    values = entry.facet_values()
    for facet in ("industry", "product", "competitor", "angle", "tag"):
        yield (
            facet,
            tuple(Value(reader.label(facet, v), facet_address(facet, v)) for v in values[facet]),
        )


def _reasons(entry: Entry, reader: Reader) -> Iterator[tuple[str, tuple[Value, ...]]]:
    values = []
    for reason in entry.deal.reasons if entry.deal else ():
        source = reader("source." + reason.source) if reason.source else ""
        separator = ":" if reader.locale == "ja" else ": "
        note = separator.join(part for part in (source, reason.note) if part)
        values.append(Value(reader.label("reason", reason.code, entry.outcome), note=note))
    yield "reasons", tuple(values)


def _track_facts(track: TalkTrack | None) -> Iterator[tuple[str, tuple[Value, ...]]]:
    if track is not None:
        yield "objection", _text(track.objection)
        yield "persona", _text(track.persona)
        yield "stage", _text(track.stage)


def _campaign_facts(campaign: Campaign | None) -> Iterator[tuple[str, tuple[Value, ...]]]:
    if campaign is not None:
        yield "channel", _text(campaign.channel)
        yield (
            "period",
            _text(campaign.period.replace("/", " – ") if campaign.period.count("/") == 1 else campaign.period),
        )
        yield "audience", _text(campaign.audience)


def _care(entry: Entry, reader: Reader) -> Iterator[tuple[str, tuple[Value, ...]]]:
    yield "owner", _text(entry.owner)
    yield "date", _text(reader.date(entry.date))
    verified = " · ".join(part for part in (entry.verified_by, reader.date(entry.verified_on)) if part)
    yield "verified", _text(verified)
    yield "review_by", _text(reader.date(entry.review_by))
