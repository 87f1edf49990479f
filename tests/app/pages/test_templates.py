"""Templates can be read: no line is too long, and what stands twice is a macro."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

TEMPLATES = sorted((Path(__file__).parents[3] / "app/templates").glob("*.html"))
MOST_LETTERS = 160
LONG = 80  # letters of a line that says enough to be a macro


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_line_is_longer_than_one_can_read(path: Path) -> None:
    lines = enumerate(path.read_text("utf-8").split("\n"), start=1)
    assert [number for number, line in lines if len(line) > MOST_LETTERS] == []


def test_no_long_line_stands_twice() -> None:
    lines = [line.strip() for path in TEMPLATES for line in path.read_text("utf-8").split("\n")]
    assert [line for line, count in Counter(lines).items() if count > 1 and len(line) >= LONG] == []
