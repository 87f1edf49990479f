"""Join deals with a table of accounts, by CRM id or by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ingest.importers.columns import choose
from ingest.importers.errors import ImportRefusedError
from ingest.importers.identity import key_of
from ingest.importers.record import RowReader
from ingest.importers.stages import folded
from ingest.importers.table import RowProblem, Table
from ingest.yaml_text import Plain
from kb.wording import say


@dataclass(frozen=True, slots=True)
class Account:
    """One customer account."""

    name: str = ""
    industry: Plain = ""
    size: str = ""


@dataclass(frozen=True, slots=True)
class Accounts:
    """The accounts of a CRM."""

    by_id: Mapping[str, Account] = field(default_factory=dict)
    by_name: Mapping[str, Account] = field(default_factory=dict)

    def find(self, account_id: str, name: str) -> Account:
        """Return the account of a deal, or an empty one."""
        return self.by_id.get(key_of(account_id)) or self.by_name.get(folded(name)) or Account()


def read_accounts(table: Table) -> Accounts:
    """Read the table of accounts. Raises ImportRefusedError if it has nothing to join on."""
    columns = choose(table.headers, ["accounts"])
    if not columns.places.keys() & {"account_id", "customer"}:
        raise ImportRefusedError(say("The accounts table needs an id column or a name column."))
    by_id: dict[str, Account] = {}
    by_name: dict[str, Account] = {}
    for row in table.rows():
        if isinstance(row, RowProblem):
            continue
        cells = RowReader(columns, row)
        account = Account(cells.text("customer"), cells.several("industry"), cells.text("size"))
        by_id.setdefault(key_of(cells.text("account_id")), account)
        by_name.setdefault(folded(account.name), account)
    by_id.pop("", None)
    by_name.pop("", None)
    return Accounts(by_id, by_name)
