"""Amounts and yes/no cells in exports of different countries."""

from __future__ import annotations

import unicodedata

from ingest.fields import FieldError, to_money
from kb.money import Money
from kb.wording import say

_TRUE, _FALSE = {"1", "true", "yes", "y", "はい", "✓", "○", "有"}, {"", "0", "false", "no", "n", "いいえ", "×", "無"}


def amount_of(text: str) -> Money:
    """Read an amount and its currency from a table cell; ambiguous separators are rejected."""
    return to_money(text, is_strict=True)


def is_true(text: str) -> bool:
    """Read a yes/no cell. Raises FieldError."""
    folded = unicodedata.normalize("NFKC", text).strip().casefold()
    if folded in _TRUE:
        return True
    if folded in _FALSE:
        return False
    raise FieldError(say("'{value}' is neither yes nor no; use for example true or 0.", value=text[:60]))
