"""A clock whose hands tests move."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest


class Hands:
    """The time, which stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)

    def forward(self, **by: float) -> None:
        """Let time pass."""
        self.now += timedelta(**by)


@pytest.fixture
def hands() -> Hands:
    """The hands of the clock."""
    return Hands()
