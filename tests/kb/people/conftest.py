"""A database of people in a temporary folder, and a clock that tests turn."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kb.clock import Clock
from kb.people.file import PeopleFile
from kb.people.people import People
from tests.hands import Hands, hands

__all__ = ["hands"]


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
