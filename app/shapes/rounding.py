"""Round the numbers of a shape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

DIGITS = 4  # of a share


def rounded(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values with floats rounded."""
    return {name: round(value, DIGITS) if isinstance(value, float) else value for name, value in values.items()}
