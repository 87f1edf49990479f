"""Read `entries/playbook.yaml` into a playbook and the problems its authors should fix."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from ingest.fields import FieldError, to_choice, to_count, to_date, to_text, to_texts, to_visibility
from ingest.masking_rules import KEY as MASKING
from ingest.masking_rules import masking_rules
from ingest.yaml_text import Line, Plain, YamlTextError, duplicate_key, read_mapping
from kb.choices import CHOICES, KINDS
from kb.currencies import HOME, ExchangeRates
from kb.entry import PRIVATE, Problem
from kb.fields import AGREED
from kb.loop.ratios import EXAMPLES, read_ratio
from kb.loop.targets import share_target
from kb.money import find_money
from kb.playbook import ClosedDeals, Playbook, Term, Vocabulary
from kb.wording import say

PLAYBOOK_NAME = "playbook.yaml"
STARTER = Path(__file__).parent / "templates" / PLAYBOOK_NAME  # for a folder that has none
_PARTS = (
    "company", "kgi", "kpis", "lead_stages", "sla", "reasons", "closed_deals", "rates", "synonyms", "visibility",
    "masking",
)  # fmt: skip
_KNOWN = (*_PARTS, *AGREED.values())
_CLOSED = Vocabulary.of(term for term in CHOICES["outcome"].terms if term.key != "open")


def parse_playbook(text: str, path: str = PLAYBOOK_NAME) -> tuple[Playbook, tuple[Problem, ...]]:
    """Parse the text of a playbook. Never raises on what an author wrote."""
    found = load_playbook(text, path)
    return (Playbook(), (found,)) if isinstance(found, Problem) else found


def load_playbook(text: str, path: str = PLAYBOOK_NAME) -> tuple[Playbook, tuple[Problem, ...]] | Problem:
    """Parse the text of a playbook; a Problem if it is not YAML at all, as when half of it is written."""
    try:
        lines, repeated = read_mapping(text.removeprefix("\ufeff"))
    except YamlTextError as error:
        return Problem(path, error.line, error.sentence)
    problems = [Problem(path, line.line, duplicate_key(line)) for line in repeated]
    problems += [Problem(path, line.line, _unknown_part(line.key)) for line in lines if line.key not in _KNOWN]
    is_masking = any(line.key == MASKING for line in lines)
    rules, of_rules = masking_rules(text.removeprefix("\ufeff"), path) if is_masking else ((), [])
    problems += of_rules
    reader = _Parts(path, {line.key: line for line in lines}, problems)
    kgi = reader.mapping("kgi")
    vocabularies = {name: reader.vocabulary(part) for name, part in AGREED.items()}
    playbook = Playbook(
        company=reader.text("company"),
        kgi=kgi,
        kpis=reader.with_targets(reader.unique("kpis", reader.mappings("kpis"))),
        lead_stages=reader.unique("lead_stages", reader.mappings("lead_stages")),
        sla=reader.mappings("sla"),
        vocabularies=vocabularies,
        reasons=reader.reasons(),
        closed_deals=reader.closed_deals(vocabularies["industry"]),
        rates=reader.rates(str(kgi.get("target", ""))),
        synonyms=reader.synonyms(),
        visibility=reader.visibility(),
        masking=rules,
    )
    return playbook, tuple(problems)


def _unknown_part(key: str) -> str:
    return say("Unknown key '{key}'; a playbook has {choices}.", key=key, choices=", ".join(_KNOWN))


def _period(text: str) -> tuple[str, str]:
    """Return the first and last day as ISO text, empty if open; reversed days are swapped."""
    days = [to_date(part).isoformat() if part.strip() else "" for part in text.partition("/")[::2]]
    return (min(days), max(days)) if all(days) else (days[0], days[1])


class _Parts:
    """The parts of a playbook by name."""

    def __init__(self, path: str, lines: Mapping[str, Line], problems: list[Problem]) -> None:
        self.path = path
        self.lines = lines
        self.problems = problems

    def _wrong(self, name: str, what: str, *, part: str = "") -> None:
        key = f"{name}.{part}" if part else name
        message = say("{field}: {what}", field=key, what=what)
        self.problems.append(Problem(self.path, self.lines[name].line, message))

    def _value(self, name: str) -> Plain:
        return self.lines[name].value if name in self.lines else ""

    def text(self, name: str) -> str:
        value = self._value(name)
        return value if isinstance(value, str) else ""

    def mapping(self, name: str) -> Mapping[str, Any]:
        value = self._value(name)
        if value and not isinstance(value, dict):
            self._wrong(name, say("expected 'key: value' lines below this key."))
        return value if isinstance(value, dict) else {}

    def mappings(self, name: str) -> tuple[Mapping[str, Any], ...]:
        return tuple(self._mappings(name, self._value(name)))

    def unique(self, name: str, items: Sequence[Mapping[str, Any]]) -> tuple[Mapping[str, Any], ...]:
        """Return the items with unique keys: repeated stages would form a circle."""
        known: dict[str, Mapping[str, Any]] = {}
        for at, item in enumerate(items):
            key = str(item.get("key") or item.get("name") or at)
            if known.setdefault(key.casefold(), item) is not item:
                self._wrong(name, say("duplicate '{key}'; only the first one is used.", key=key))
        return tuple(known.values())

    def with_targets(self, kpis: tuple[Mapping[str, Any], ...]) -> tuple[Mapping[str, Any], ...]:
        """Return the KPIs; a missing target is a problem, because a meeting compares with it."""
        for kpi in kpis:
            if not kpi.get("target"):
                name = str(kpi.get("key") or kpi.get("name") or "")
                self._wrong("kpis", say("'{key}' has no target; add one such as 'target: 28%'.", key=name))
            self._check_ratio(kpi)
        return kpis

    def _check_ratio(self, kpi: Mapping[str, Any]) -> None:
        """Report a target share that does not say which share: it is compared with nothing."""
        name, ratio = str(kpi.get("key") or kpi.get("name") or ""), kpi.get("ratio")
        if ratio and not read_ratio(str(ratio)):
            known = ", ".join(EXAMPLES)
            self._wrong(
                "kpis", say("'{key}': unknown ratio '{ratio}'; use {known}.", key=name, ratio=ratio, known=known)
            )
        elif not ratio and share_target(str(kpi.get("target") or "")) is not None:
            what = say(
                "'{key}': which ratio is its target of? Add one such as 'ratio: won/sql', else nothing is compared.",
                key=name,
            )
            self._wrong("kpis", what)

    def _mappings(self, name: str, value: Plain) -> list[dict[str, Plain]]:
        if not value:
            return []
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            self._wrong(name, say("expected a list of items with 'key: value' lines."))
            return []
        return [item for item in value if isinstance(item, dict)]

    def vocabulary(self, name: str) -> Vocabulary:
        return Vocabulary.of(self._terms(name, self._value(name)))

    def _terms(self, name: str, value: Plain) -> list[Term]:
        terms = []
        for item in self._mappings(name, value):
            key = item.get("key") or item.get("code") or item.get("name")
            ja, en = item.get("ja") or item.get("name") or key, item.get("en") or key
            if not (isinstance(key, str) and isinstance(ja, str) and isinstance(en, str)):
                self._wrong(name, say("each item needs a key (or code, or name)."))
                continue
            terms.append(Term(key, ja, en, self._aliases(name, item.get("aliases", []))))
        return terms

    def _aliases(self, name: str, value: Plain) -> tuple[str, ...]:
        try:
            return to_texts(value)
        except FieldError as error:
            self._wrong(name, error.sentence, part="aliases")
            return ()

    def reasons(self) -> Mapping[str, Vocabulary]:
        reasons = {}
        for outcome, value in self.mapping("reasons").items():
            try:
                reasons[to_choice(outcome, CHOICES["outcome"])] = Vocabulary.of(self._terms("reasons", value))
            except FieldError as error:
                self._wrong("reasons", error.sentence)
        return reasons

    def closed_deals(self, industries: Vocabulary) -> tuple[ClosedDeals, ...]:
        totals: list[ClosedDeals] = []
        for item in self.mappings("closed_deals"):
            try:
                industry = to_text(item.get("industry", ""))
                term = industries.find(industry)
                date_from, date_to = _period(to_text(item.get("period", "")))
                total = ClosedDeals(
                    outcome=to_choice(item.get("outcome", ""), _CLOSED),
                    count=to_count(item.get("count", "")),
                    industry=term.key if term else industry,
                    date_from=date_from,
                    date_to=date_to,
                )
                if any(map(total.overlaps, totals)):
                    what = say("two totals of '{outcome}' overlap; only the first one is used.", outcome=total.outcome)
                    self._wrong("closed_deals", what)
                else:
                    totals.append(total)
            except FieldError as error:
                example = "{outcome: won, count: 12, period: 2026-04-01/2026-09-30}"
                what = say("expected items such as {example} ({error})", example=example, error=error.sentence)
                self._wrong("closed_deals", what)
        return tuple(totals)

    def rates(self, goal: str) -> ExchangeRates:
        """Return the exchange rates, all into the currency of the goal."""
        home = (find_money(goal) or (0, None))[1] or HOME
        rates: dict[str, tuple[Decimal, date]] = {}
        for item in self.mappings("rates"):
            try:
                code, rate = to_text(item.get("currency", "")).upper(), Decimal(to_text(item.get("rate", "")))
                day = to_date(item.get("day", ""))
            except (FieldError, InvalidOperation):
                code, rate, day = "", Decimal(0), date.min
            if not code or code == home or not rate.is_finite() or rate <= 0:
                example = "{currency: USD, rate: 150, day: 2026-04-01}"
                self._wrong("rates", say("expected items such as {example}, in {home}.", example=example, home=home))
                continue
            rates.setdefault(code, (rate, day))
        return ExchangeRates(home, rates)

    def visibility(self) -> dict[str, str]:
        """Return for whom new entries of a kind are; only for their owners where that is not understood."""
        given = self._value("visibility")
        is_wrong = bool(given) and not isinstance(given, dict)
        found: dict[str, str] = dict.fromkeys(KINDS if is_wrong else (), PRIVATE)
        for name, value in self.mapping("visibility").items():
            try:
                kind = to_choice(name, CHOICES["kind"])
                found[kind] = PRIVATE
                found[kind] = to_visibility(value)
            except FieldError as error:
                self._wrong("visibility", error.sentence)
        return found

    def synonyms(self) -> tuple[tuple[str, ...], ...]:
        value = self._value("synonyms")
        groups = []
        for item in value if isinstance(value, list) else [value] if value else []:
            try:
                words = to_texts(item)
            except FieldError:
                words = ()
            if len(words) < 2:
                self._wrong("synonyms", say("expected lists of two or more words, such as [乗り換え, リプレイス]."))
                continue
            groups.append(words)
        return tuple(groups)
