"""Convert rows of CRM deals to the fields of deal entries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from ingest.fields import FieldError, to_count
from ingest.importers.accounts import Account, Accounts
from ingest.importers.cell_days import cell_day
from ingest.importers.days import Reading
from ingest.importers.identity import key_of
from ingest.importers.numbers import is_true
from ingest.importers.profiles import common_outcomes
from ingest.importers.record import Record, RowReader, body_of
from ingest.importers.stages import SIGNS, outcome_of_stage, reason_in_stage
from ingest.machine import IMPORTED
from ingest.said_reasons import reasons_in
from ingest.yaml_text import Plain
from kb.entry import Language, Outcome
from kb.wording import say

CLOSED = ("won", "lost", "no-decision")
_REASON = {"ja": "理由", "en": "Reason"}
_DESCRIPTION = {"ja": "説明", "en": "Description"}
_NEXT = {"ja": "次のステップ", "en": "Next step"}


@dataclass(slots=True)
class DealReader:
    """Turns rows into deals; counts their stages."""

    language: Language
    outcomes: Mapping[str, Outcome]  # from the mapping, by folded stage; they override the common ones
    currency: str  # default of amounts without one
    readings: Mapping[str, Reading]  # by date column
    accounts: Accounts
    campaigns: Mapping[str, str]  # CRM id → entry id
    stages: dict[str, str] = field(default_factory=dict)  # stage → outcome it counts as
    guessed: Counter[str] = field(default_factory=Counter)  # unknown stages, which count as open
    amounts: int = 0
    currencies: int = 0  # amounts with a currency
    in_sentences: int = 0  # deals whose reason is no code that could be counted
    unlinked: Counter[str] = field(default_factory=Counter)  # CRM ids of campaigns without an entry

    def record(self, cells: RowReader) -> Record:
        """Return the record of a row; problems are collected in `cells`."""
        outcome = self.outcome(cells)
        customer, account = self._customer(cells)
        amount = cells.money("amount") or cells.money("expected_amount") or (None, None)
        named = self._currency(cells) or amount[1] or self.currency
        self.amounts += amount[0] is not None
        self.currencies += bool(named)
        started_on, closed_on, cycle_days = self._days(cells, outcome)
        product = cells.several("product")
        crm_id = cells.text("crm_id")
        title = cells.text("title") or " ".join(filter(None, [customer, *_texts(product)])) or crm_id
        fields: dict[str, Plain] = {
            "title": title,
            "kind": "deal",
            "outcome": outcome or "",
            "customer": customer,
            "product": product,
            "amount": "" if amount[0] is None else str(amount[0]),
            "currency": named if amount[0] is not None else "",
            "started_on": started_on.isoformat() if started_on else "",
            "closed_on": closed_on.isoformat() if closed_on else "",
            "cycle_days": "" if cycle_days is None else str(cycle_days),
            "stage": cells.text("stage"),
            "lead_source": cells.text("lead_source"),
            "industry": cells.several("industry") or account.industry,
            "size": self._size(cells, account),
            "owner": cells.text("owner"),
            "competitor": cells.several("competitor"),
            "campaign": self._campaign(cells),
            "crm_id": crm_id,
        }
        kept = {name: value for name, value in fields.items() if value}
        return Record(cells.row.number, "deal", crm_id, customer or title, kept, self._body(cells, outcome))

    def outcome(self, cells: RowReader) -> Outcome | None:
        """Return the outcome of a deal: from the won and closed columns, else the outcome column, else the stage."""
        said = self._deciding(cells)
        known = self._known(said) or (SIGNS.get(said) if said == cells.text("outcome") else None)
        ticked = self._ticked(cells, known)
        if ticked and known and (ticked == "won") != (known == "won") and {ticked, known} & {"won"}:
            cells.problems.append(
                say("The stage '{stage}' contradicts the won or closed column; the column is used.", stage=said)
            )
        found = ticked or known
        if not found and said:
            self.guessed[said] += 1
            found = "open"
        if not found:
            cells.problems.append(
                say("The row has neither a stage nor an outcome; the deal is imported without an outcome.")
            )
        elif said and not ticked:
            self.stages.setdefault(said, found)
        return found

    def _deciding(self, cells: RowReader) -> str:
        """Return the cell that says the outcome: the outcome or status, unless only the stage is understood."""
        stage, named = cells.text("stage"), cells.text("outcome")
        if not named or (not self._known(named) and named not in SIGNS and self._known(stage)):
            if named:
                what = say("'{value}' is not a valid outcome; the stage is used.", value=named[:60])
                column = cells.columns.used["outcome"]
                cells.problems.append(say("{column}: {what}", column=column, what=what))
                cells.failed.add("outcome")
            return stage
        return named

    def _known(self, stage: str) -> Outcome | None:
        return outcome_of_stage(stage, self.outcomes) or outcome_of_stage(stage, common_outcomes()) if stage else None

    def _ticked(self, cells: RowReader, by_stage: Outcome | None) -> Outcome | None:
        """Return the outcome by the won and closed columns; None if the stage decides."""
        try:
            won, closed = is_true(cells.text("is_won")), is_true(cells.text("is_closed"))
        except FieldError as error:
            cells.problems.append(error.sentence)
            return None
        if won:
            return "won"
        if closed and cells.has("is_won"):
            return by_stage if by_stage in ("lost", "no-decision") else "lost"
        if cells.has("is_closed") and not closed:
            return "open"
        if by_stage == "won" and cells.text("is_won"):
            cells.problems.append(say("The stage is won, but the column '{column}' says otherwise; the stage is used.",
                                      column=cells.columns.used["is_won"]))  # fmt: skip
        return None

    def _customer(self, cells: RowReader) -> tuple[str, Account]:
        name = cells.text("customer")
        account = self.accounts.find(cells.text("account_id"), name)
        return name or account.name, account

    def _currency(self, cells: RowReader) -> str:
        code = cells.text("currency").upper()
        if code and not (len(code) == 3 and code.isascii() and code.isalpha()):
            what = say("'{value}' is not a currency; write a three-letter code such as JPY.", value=code[:20])
            cells.problems.append(what)
            return ""
        return code

    def _days(self, cells: RowReader, outcome: Outcome | None) -> tuple[date | None, date | None, int | None]:
        """Return start date, close date and cycle days; the expected close date of an open deal is ignored."""
        closed, started = self._closed(cells, outcome), self._day(cells, "started_on")
        if outcome not in CLOSED:
            return started, None, None
        counted = cells.read("cycle_days", to_count)
        if not (closed and started):
            return started, closed, counted
        if closed < started:
            what = say(
                "The close date ({closed}) is before the start date ({started}); the start date was not imported.",
                closed=closed.isoformat(), started=started.isoformat(),
            )  # fmt: skip
            cells.problems.append(what)
            return None, closed, counted
        return started, closed, (closed - started).days if counted is None else counted

    def _closed(self, cells: RowReader, outcome: Outcome | None) -> date | None:
        closed, lost = self._day(cells, "closed_on"), self._day(cells, "lost_on")
        return closed if outcome == "won" else lost or closed

    def _day(self, cells: RowReader, name: str) -> date | None:
        reading = self.readings.get(cells.columns.used.get(name, ""), Reading())
        return cells.read(name, lambda text: cell_day(text, reading.order))

    def _size(self, cells: RowReader, account: Account) -> str:
        size = cells.read("size", to_count)
        if size is None and account.size:
            try:
                size = to_count(account.size)
            except FieldError:
                return ""
        return "" if size is None else str(size)

    def _campaign(self, cells: RowReader) -> str:
        crm_id = cells.text("campaign")
        if crm_id and key_of(crm_id) not in self.campaigns:
            self.unlinked[crm_id] += 1
        return self.campaigns.get(key_of(crm_id), "")

    def _body(self, cells: RowReader, outcome: Outcome | None) -> str:
        parts = ((_REASON, "reason"), (_DESCRIPTION, "description"), (_NEXT, "next_step"))
        texts = {name: cells.block(name) for _, name in parts}
        spellings = {**common_outcomes(), **self.outcomes}
        if self._known(texts["reason"]) == outcome and not reason_in_stage(texts["reason"], spellings):
            texts["reason"] = ""  # it only repeats the outcome
        texts["reason"] = texts["reason"] or self._reason(cells)
        said = reasons_in(f"## {_REASON[self.language]}\n{texts['reason']}")
        self.in_sentences += said is not None and not said.values
        return body_of(
            IMPORTED["deal"][self.language], [(heading[self.language], texts[name]) for heading, name in parts]
        )

    def _reason(self, cells: RowReader) -> str:
        """Return the reason that a stage names."""
        spellings = {**common_outcomes(), **self.outcomes}
        found = (reason_in_stage(cells.text(name), spellings) for name in ("outcome", "stage"))
        return next(filter(None, found), "")


def _texts(value: Plain) -> list[str]:
    return [value] if isinstance(value, str) else [part for part in value if isinstance(part, str)]
