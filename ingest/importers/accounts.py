"""What another table knows of the companies deals are with: joined by their id in the CRM or by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ingest.importers.errors import ImportRefusedError
from ingest.importers.profiles import choose
from ingest.importers.record import RowReader
from ingest.importers.stages import folded
from ingest.importers.table import RowProblem, Table
from ingest.yaml_text import Plain
from kb.wording import say


@dataclass(frozen=True, slots=True)
class Account:
    """One company."""

    name: str = ""
    industry: Plain = ""
    size: str = ""


@dataclass(frozen=True, slots=True)
class Accounts:
    """The companies of a CRM."""

    by_id: Mapping[str, Account] = field(default_factory=dict)
    by_name: Mapping[str, Account] = field(default_factory=dict)

    def find(self, account_id: str, name: str) -> Account:
        """Return the company of a deal; an empty one where it is not known."""
        return self.by_id.get(account_id) or self.by_name.get(folded(name)) or Account()


def read_accounts(table: Table) -> Accounts:
    """Read the table of companies. Raises ImportRefusedError when nothing can be joined by it."""
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
        by_id.setdefault(cells.text("account_id"), account)
        by_name.setdefault(folded(account.name), account)
    by_id.pop("", None)
    by_name.pop("", None)
    return Accounts(by_id, by_name)
