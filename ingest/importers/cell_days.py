"""Days as spreadsheets and CRM interfaces write them: serial numbers, epoch time, with a time of day."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime, timedelta

from ingest.importers.days import Order, day_of

_FIRST = date(1899, 12, 30)  # day 0 of a spreadsheet
_SERIALS = range(18_264, 73_051)  # 1950 to 2099
_SERIAL = re.compile(r"(\d{5})(\.\d+)?")
_SECONDS = re.compile(r"(\d{9,10})(\.\d+)?|(\d{12,13})")
_TIME = re.compile(
    r"(.*\d\D?)[ T]+\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?\s*([ap]\.?m\.?)?\s*(Z|[A-Z]{3,4}|[+-]\d{2}:?\d{2})?", re.I
)


def cell_day(text: str, order: Order = "month-first") -> date:
    """Read a day from a cell of a column of days. Raises FieldError."""
    plain = unicodedata.normalize("NFKC", text).strip()
    serial = _SERIAL.fullmatch(plain)
    if serial and int(serial[1]) in _SERIALS:
        return _FIRST + timedelta(days=int(serial[1]))
    epoch = _SECONDS.fullmatch(plain)
    if epoch:
        seconds = int(epoch[1]) if epoch[1] else int(epoch[3]) // 1000
        return datetime.fromtimestamp(seconds, UTC).date()
    timed = _TIME.fullmatch(plain)
    return day_of(timed[1] if timed else plain, order)
