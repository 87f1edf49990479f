"""Amounts, counts and yes or no as exports of different countries write them."""

from __future__ import annotations

import unicodedata

from ingest.fields import FieldError, to_money
from kb.money import Money
from kb.wording import say

_TRUE, _FALSE = {"1", "true", "yes", "y", "はい", "✓", "○", "有"}, {"", "0", "false", "no", "n", "いいえ", "×", "無"}


def amount_of(text: str) -> Money:
    """Read an amount of a table and the currency it names; what may be thousands or decimals is refused."""
    return to_money(text, is_strict=True)


def is_true(text: str) -> bool:
    """Read a column of ticks. Raises FieldError."""
    folded = unicodedata.normalize("NFKC", text).strip().casefold()
    if folded in _TRUE:
        return True
    if folded in _FALSE:
        return False
    raise FieldError(say("'{value}' is neither yes nor no; use for example true or 0.", value=text[:60]))
