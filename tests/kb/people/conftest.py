"""A database of people in a temporary folder, and a clock that tests turn."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kb.clock import Clock
from kb.people.file import PeopleFile
from kb.people.people import People


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


@pytest.fixture
def clock(hands: Hands) -> Clock:
    """A clock that shows what its hands say."""
    return Clock(lambda: hands.now)


@pytest.fixture
def people_file(tmp_path: Path) -> Iterator[PeopleFile]:
    """An empty database."""
    file = PeopleFile(tmp_path / "var" / "people.sqlite")
    yield file
    file.close()


@pytest.fixture
def people(people_file: PeopleFile, clock: Clock) -> People:
    """Nobody yet."""
    return People(people_file, clock)
