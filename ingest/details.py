"""Read the keys that only deals, talk tracks or campaigns have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from ingest import vocabulary as spelled
from ingest.field_reader import FieldReader
from ingest.fields import (
    FieldError,
    entry_id,
    to_choice,
    to_count,
    to_date,
    to_entry_ids,
    to_money,
    to_text,
    unknown_term,
)
from ingest.yaml_text import Plain
from kb.entry import Campaign, Deal, Reason, TalkTrack, Variant
from kb.playbook import Playbook
from kb.wording import say

T = TypeVar("T")
_DEAL_FIELDS = ("customer", "amount", "closed_on", "cycle_days", "lead_source", "reasons", "crm_id")


def deal_of(reader: FieldReader, playbook: Playbook) -> Deal:
    """Read what only a deal note has."""
    outcome: Any = _outcome(reader) or None
    if reader.has("kind", *_DEAL_FIELDS) and not reader.has("outcome"):  # a plain page in deals/ claims nothing
        reader.note(
            1, say("A deal needs an outcome (won, lost, no-decision or open); without one no win rate counts it.")
        )
    nothing: tuple[int | None, str | None] = (None, None)
    amount, named_currency = reader.read("amount", to_money, nothing)
    return Deal(
        outcome=outcome,
        customer=reader.read("customer", to_text, ""),
        size=reader.read("size", to_count, None),
        amount=amount,
        currency=reader.read("currency", _currency, "") or named_currency or "JPY",
        closed_on=reader.read("closed_on", to_date, None),
        cycle_days=reader.read("cycle_days", to_count, None),
        stage=reader.read("stage", to_text, ""),
        lead_source=reader.read("lead_source", to_text, ""),
        campaign=reader.read("campaign", lambda v: entry_id(to_text(v)), ""),
        reasons=_reasons(reader, outcome, playbook),
        used=reader.read("used", to_entry_ids, ()),
        crm_id=reader.read("crm_id", to_text, ""),
    )


def _outcome(reader: FieldReader) -> str:
    """Read how a deal ended. Two ends are none: whichever came first would move a win rate unseen."""
    outcome = reader.read("outcome", _to_outcome, "")
    for value in reader.said_again("outcome"):
        try:
            other = _to_outcome(value)
        except FieldError:
            continue  # what no one can read contradicts nothing
        if outcome and other != outcome:
            reader.wrong(
                "outcome",
                say(
                    "'{one}' and '{other}' cannot both be true; until one is left, no win rate counts this deal.",
                    one=outcome,
                    other=other,
                ),
            )
            return ""
    return outcome


def _to_outcome(value: Plain) -> str:
    return to_choice(value, spelled.OUTCOME_SPELLINGS)


def talk_track_of(reader: FieldReader) -> TalkTrack:
    """Read what only a talk track has."""
    return TalkTrack(
        persona=reader.read("persona", to_text, ""),
        stage=reader.read("stage", to_text, ""),
        objection=reader.read("objection", to_text, ""),
    )


def campaign_of(reader: FieldReader, playbook: Playbook) -> Campaign:
    """Read what only a campaign result has."""
    return Campaign(
        channel=reader.read("channel", to_text, ""),
        period=reader.read("period", to_text, ""),
        audience=reader.read("audience", to_text, ""),
        metrics=_metrics(reader),
        variants=tuple(v for item in _items(reader, "variants") if (v := _variant(reader, item, playbook))),
    )


def _currency(value: Plain) -> str:
    code = to_text(value).upper()
    if len(code) != 3 or not code.isalpha():
        raise FieldError(say("'{value}' is not a currency; expected three letters such as JPY.", value=code[:20]))
    return code


def _items(reader: FieldReader, name: str) -> list[dict[str, Plain]]:
    """Return a list of mappings; a bare text in it stands for its code."""

    def convert(value: Plain) -> list[dict[str, Plain]]:
        items = value if isinstance(value, list) else [value]
        kept: list[dict[str, Plain]] = [
            {"code": item} if isinstance(item, str) else item for item in items if isinstance(item, (str, dict))
        ]
        if len(kept) != len(items):
            raise FieldError(say("expected a list of items such as {{code: price, source: buyer}}."))
        return kept

    return reader.read(name, convert, [])


def _reasons(reader: FieldReader, outcome: str | None, playbook: Playbook) -> tuple[Reason, ...]:
    reasons: list[Reason] = []
    for item in _items(reader, "reasons"):
        code = _part(reader, "reasons", item, "code", to_text, "")
        term = playbook.reason(outcome, code) if code else None
        words = playbook.reasons.get(outcome or "")
        if not code or (words and term is None):
            reader.wrong("reasons", unknown_term(code, words) if code and words else say("each item needs a code."))
            continue
        source: Any = (
            _part(reader, "reasons", item, "source", lambda v: to_choice(v, spelled.SOURCE_SPELLINGS), "") or None
        )
        reasons.append(Reason(term.key if term else code, source, _part(reader, "reasons", item, "note", to_text, "")))
    return tuple(reasons)


def _metrics(reader: FieldReader) -> dict[str, int]:
    def convert(value: Plain) -> dict[str, Plain]:
        if not isinstance(value, dict):
            raise FieldError(say("expected a mapping such as {{leads: 40, mql: 12}}."))
        return value

    metrics: dict[str, int] = {}
    nothing: dict[str, Plain] = {}
    for key, value in reader.read("metrics", convert, nothing).items():
        name = spelled.METRIC_SPELLINGS.get(key.lower())
        number = _part(reader, "metrics", {key: value}, key, _amount if name in ("cost", "revenue") else to_count, -1)
        if number >= 0:
            metrics[name or key] = number
    return metrics


def _variant(reader: FieldReader, item: dict[str, Plain], playbook: Playbook) -> Variant | None:
    angle = _part(reader, "variants", item, "angle", to_text, "")
    shown = _part(reader, "variants", item, "shown", to_count, -1)
    responded = _part(reader, "variants", item, "responded", to_count, -1)
    term = playbook.angles.find(angle)
    if playbook.angles and term is None:
        reader.wrong("variants", unknown_term(angle, playbook.angles))
        return None
    if shown < 0 or responded < 0 or responded > shown:
        reader.wrong("variants", say("expected {{angle, shown, responded}} with responded at most shown."))
        return None
    return Variant(term.key if term else angle, shown, responded)


def _amount(value: Plain) -> int:
    return to_money(value)[0]


def _part(
    reader: FieldReader, name: str, item: dict[str, Plain], key: str, convert: Callable[[Plain], T], default: T
) -> T:
    if key not in item:
        return default
    try:
        return convert(item[key])
    except FieldError as error:
        reader.wrong(name, error.sentence, part=key)
        return default
