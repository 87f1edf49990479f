"""The sample company read and counted apart from the product: YAML, and plain Python."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

JAPANESE = {
    "種別": "kind", "結果": "outcome", "業種": "industry", "競合": "competitors", "切り口": "angles", "理由": "reasons",
    "使った話": "used", "成約日": "closed_on", "日付": "date", "流入": "lead_source", "製品": "product",
    "施策": "campaign", "金額": "amount", "数値": "metrics", "期間": "period", "商談期間": "cycle_days",
}  # fmt: skip
ENDS = {"受注": "won", "失注": "lost", "見送り": "no-decision", "継続中": "open"}
FOLDERS = {"deal": "deals", "campaign": "campaigns", "talk-track": "talk-tracks"}
Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sample:
    """The deals and campaigns of a folder, and what its playbook calls things."""

    deals: dict[str, Record]  # by id
    campaigns: dict[str, Record]
    keys: dict[str, dict[str, str]]  # list of the playbook → folded spelling → key


def read(folder: Path) -> Sample:
    """Read a folder of entries."""
    found: dict[str, dict[str, Record]] = {
        kind: {f"{name}/{path.stem}": _head(path) for path in sorted((folder / name).glob("*.md"))}
        for kind, name in FOLDERS.items()
    }
    playbook = yaml.safe_load((folder / "playbook.yaml").read_text("utf-8"))
    lists = {name: playbook[name] for name in ("angles", "industries", "products", "competitors", "lead_sources")}
    lists["reasons"] = [term for terms in playbook["reasons"].values() for term in terms]
    return Sample(found["deal"], found["campaign"], {name: _spellings(terms) for name, terms in lists.items()})


def values(sample: Sample, by: str) -> Callable[[Record], set[str]]:
    """Return what a deal counts under on a tab of the scoreboard."""
    plural = {"angle": "angles", "competitor": "competitors"}
    agreed = {"angle": "angles", "competitor": "competitors", "industry": "industries", "product": "products"}
    agreed["lead_source"] = "lead_sources"
    if by == "reason":
        return lambda deal: {one["code"] for one in deal.get("reasons", ())}
    if by == "talk-track":
        return lambda deal: {one for one in listed(deal.get("used")) if one.startswith("talk-tracks/")}
    if by == "campaign":
        return lambda deal: set(listed(deal.get("campaign")))
    known = sample.keys[agreed[by]]
    return lambda deal: {known.get(fold(one), one) for one in listed(deal.get(plural.get(by, by)))}


def ends_by(sample: Sample, by: str) -> dict[str, Counter[str]]:
    """Count the deals by value and outcome."""
    counted: dict[str, Counter[str]] = {}
    for deal in sample.deals.values():
        for value in values(sample, by)(deal):
            counted.setdefault(value, Counter())[end_of(deal)] += 1
    return counted


def closed_in(sample: Sample, first: date, last: date) -> list[Record]:
    """Return the deals closed on these days."""
    return [deal for deal in sample.deals.values() if end_of(deal) != "open" and first <= closing_day(deal) <= last]


def ended_in(sample: Sample, first: date, last: date) -> list[dict[str, int]]:
    """Return the counts of the campaigns that ended on these days."""
    return [one.get("metrics", {}) for one in sample.campaigns.values() if first <= _end(one) <= last]


def end_of(deal: Record) -> str:
    """Return how a deal ended."""
    return ENDS.get(deal["outcome"], deal["outcome"])


def closing_day(deal: Record) -> date:
    """Return the day a deal was closed."""
    return _day(deal.get("closed_on") or deal["date"])


def yen(deal: Record) -> int:
    """Return the amount of a deal."""
    text = unicodedata.normalize("NFKC", str(deal.get("amount", "0"))).replace(",", "")
    number = re.search(r"\d+(?:\.\d+)?", text)
    return round(float(number[0]) * (10_000 if "万" in text else 1)) if number else 0


def listed(value: Any) -> list[str]:
    """Return one or several texts as a list."""
    return [] if value is None else [str(value)] if not isinstance(value, list) else [str(one) for one in value]


def fold(text: str) -> str:
    """Return a spelling without case and width."""
    return unicodedata.normalize("NFKC", text).casefold()


def _head(path: Path) -> Record:
    fields = yaml.safe_load(path.read_text("utf-8").split("---\n")[1])
    return {JAPANESE.get(name, name): value for name, value in fields.items()}


def _spellings(terms: Iterable[Record]) -> dict[str, str]:
    found: dict[str, str] = {}
    for term in terms:
        key = term.get("key") or term.get("code") or term["name"]
        texts = [key, *(term[name] for name in ("name", "ja", "en") if name in term), *term.get("aliases", ())]
        found |= {fold(text): key for text in texts}
    return found


def _end(campaign: Record) -> date:
    return _day(str(campaign["period"]).split("/")[-1])


def _day(value: object) -> date:
    return date(*(int(part) for part in re.findall(r"\d+", str(value))[:3]))
