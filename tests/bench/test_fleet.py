"""A short campaign: two servers and their engines are killed while people read and write."""

from __future__ import annotations

import pytest

from bench.engines import MissingError
from bench.fleet import Plan, run
from tests.conftest import Recorder

pytestmark = pytest.mark.kills
PLAN = Plan(seconds=25, clients=12, servers=2, pause=0.5, seed=3, model="words", entries=12)


def test_nothing_acknowledged_is_lost_and_nothing_wrong_is_answered(record_property: Recorder) -> None:
    try:
        figures, details = run(PLAN)
    except MissingError as missing:
        pytest.skip(f"{missing} is not installed")
    value = {figure.name: figure.value for figure in figures}
    record_property("kills", int(value["kills"]))
    assert value["kills"] and value["acknowledged writes"]
    assert [figure.name for figure in figures if figure.passed is False] == [], details
