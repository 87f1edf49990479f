"""Read an .xls workbook in a process of its own: the library may end the process over a damaged one."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path

from ingest.importers.errors import ImportRefusedError
from ingest.importers.workbook import Sheet, SheetRow, sheets_of
from kb.wording import say

MEMORY = 2_000_000_000  # bytes; a full sheet has 65,536 rows
SECONDS = 120  # of computing
_WAIT = 600  # seconds on the clock, on a busy machine


def old_sheets_of(path: Path) -> list[Sheet]:
    """Return the sheets of an .xls workbook. Raises ImportRefusedError."""
    command = [sys.executable, "-P", "-m", "ingest.importers.old_workbook", str(path.absolute())]
    try:
        run = subprocess.run(command, capture_output=True, timeout=_WAIT, check=True)  # noqa: S603 - our own module
        found = json.loads(run.stdout)
    except (subprocess.SubprocessError, ValueError) as error:
        raise ImportRefusedError(
            say("The workbook is password-protected or damaged. Save it as .xlsx or CSV, without password.")
        ) from error
    return [
        Sheet(name, is_hidden, [SheetRow(number, cells, frozenset(filled)) for number, cells, filled in rows].__iter__)
        for name, is_hidden, rows in found
    ]


def main() -> None:
    """Print the sheets of a workbook as JSON."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sheets = sheets_of(Path(sys.argv[1]), is_old=True)
    json.dump(
        [
            (sheet.name, sheet.is_hidden, [(row.number, row.cells, sorted(row.filled)) for row in sheet.rows()])
            for sheet in sheets
        ],
        sys.stdout,
    )


if __name__ == "__main__":
    main()
