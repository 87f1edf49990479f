"""A database of people in a temporary folder, and a clock that tests turn."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from kb.clock import Clock
from kb.people.file import PeopleFile
from kb.people.people import People
from kb.shared.database import Database
from tests.hands import Hands, hands

__all__ = ["hands"]


@pytest.fixture
def clock(hands: Hands) -> Clock:
    """A clock that shows what its hands say."""
    return Clock(lambda: hands.now)


@pytest.fixture(params=["file", pytest.param("database", marks=pytest.mark.slow)])
def people_file(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[PeopleFile]:
    """Nothing in a file, and nothing in a database that servers share: both behave alike."""
    address = request.getfixturevalue("postgres").empty() if request.param == "database" else ""
    with closing(PeopleFile(tmp_path / "var" / "people.sqlite", Database(address) if address else None)) as file:
        yield file


@pytest.fixture
def file_only(people_file: PeopleFile) -> PeopleFile:
    """The file, for a test that looks into it."""
    if people_file.is_shared:
        pytest.skip("it is about the file")
    return people_file


@pytest.fixture
def people(people_file: PeopleFile, clock: Clock) -> People:
    """Nobody yet."""
    return People(people_file, clock)
