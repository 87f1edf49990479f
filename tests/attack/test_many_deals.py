"""The work for deals that do not count grows with their number, and no faster."""

from __future__ import annotations

import sys
from datetime import date
from types import FrameType
from typing import Any

from kb.insight import uncounted
from tests.deals import deal

TODAY = date(2026, 11, 20)


def _lines(number: int) -> int:
    """Return how many lines of the module run for deals that all repeat one CRM id."""
    deals, count, before = [deal(f"{n:05}", "won", crm_id="006A") for n in range(number)], [0], sys.gettrace()

    def note(frame: FrameType, event: str, _arg: object) -> Any:
        count[0] += event == "line"
        return note if frame.f_code.co_filename == uncounted.__file__ else None

    sys.settrace(note)
    try:
        problems = uncounted.uncounted_problems(deals, TODAY)
    finally:
        sys.settrace(before)
    assert len(problems) == number - 1
    return count[0]


def test_problems_of_deals_with_one_crm_id_are_found_in_one_pass() -> None:
    assert _lines(800) < 5 * _lines(200)
