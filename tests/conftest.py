"""Fixtures and lanes for all tests.

Policy: a fixture gives a place (a folder, an opened index) or something slow that tests only read; what a test is about
it writes itself, so that it can be understood alone. What varies is a protocol given from outside, such as
`WordEmbedder`; nothing is patched or mocked. Files are real files and stores are real stores in a temporary folder.
Tests that need the language model carry the mark `model`, those that kill processes at random moments `kills`. These
and `browser` are `slow` as well, without saying so; what is slow for a reason of its own carries that mark. With
`--engines served` the tests that open an index or services in what the fixture `engines` gives run on PostgreSQL and
Chroma, except those that carry the mark `files`: what they are about exists only where the index is files.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from ingest.chunk import CHUNKING
from kb.index.index import Index, open_index
from tests.engines import MISSING, Engines, running
from tests.postgresql import RunningPostgres, has_postgresql, running_postgres
from tests.words import WordEmbedder

SLOW_MARKS = ("model", "browser", "kills")
Recorder = Callable[[str, object], None]  # the type of pytest's `record_property`

settings.register_profile(
    "gate", max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("soak", settings.get_profile("gate"), max_examples=2_000, derandomize=False)
settings.load_profile("gate")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Say how long to look for what only chance finds."""
    parser.addoption("--kills", type=int, default=6, help="how often each test kills a process at a random moment")
    parser.addoption("--engines", choices=("files", "served"), default="files", help="what indexes are stored in")
    parser.addoption("--probes", type=int, default=100, help="how many requests each viewer sends at least")


def pytest_configure(config: pytest.Config) -> None:
    """Say that the lane with served engines cannot run without them."""
    if config.getoption("--engines") == "served" and not has_postgresql():
        pytest.exit(MISSING, 0)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Make slow what another mark says is slow; with served engines, keep what they can be tried with."""
    for item in items:
        if any(item.get_closest_marker(mark) for mark in SLOW_MARKS):
            item.add_marker(pytest.mark.slow)
    if config.getoption("--engines") == "served":
        left_out = [item for item in items if not _is_for_served(item)]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if _is_for_served(item)]


def pytest_collection_finish() -> None:
    """Look for garbage less often, and never among what is loaded by now, which stays until the end."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000)


def _is_for_served(item: pytest.Item) -> bool:
    opens = "engines" in getattr(item, "fixturenames", ())
    return opens and not any(item.get_closest_marker(mark) for mark in ("slow", "files"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print how many kills were survived and how many requests were answered properly."""
    for report in terminalreporter.getreports("passed"):
        for name, number in report.user_properties:
            if name in ("kills", "requests"):
                terminalreporter.write_line(f"{number:5} {name}  {report.nodeid}")


@pytest.fixture
def kills(request: pytest.FixtureRequest) -> int:
    """How often to kill a process at a random moment."""
    return int(request.config.getoption("--kills"))


@pytest.fixture(scope="session")
def postgres() -> Iterator[RunningPostgres]:
    """A PostgreSQL server, started for the first test that needs one."""
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def engines(request: pytest.FixtureRequest) -> Iterator[Engines]:
    """What indexes and services are stored in: files, or with `--engines served` PostgreSQL and Chroma."""
    with running(request.config.getoption("--engines")) as chosen:
        yield chosen


@pytest.fixture
def entries(tmp_path: Path) -> Path:
    """An empty entries folder."""
    folder = tmp_path / "entries"
    folder.mkdir()
    return folder


@pytest.fixture
def embedder() -> WordEmbedder:
    """An embedder that needs no model and counts what it embeds."""
    return WordEmbedder()


@pytest.fixture
def index(tmp_path: Path, embedder: WordEmbedder, engines: Engines) -> Iterator[Index]:
    """An empty index of its own."""
    stored = engines.of_index()
    opened = open_index(tmp_path / "index", embedder, CHUNKING, **stored)
    yield opened
    opened.close()
    engines.forget(stored)
