"""Charts are drawn in a process of their own, which ends when nothing is drawn and is started again when needed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

from app.charts.apart import Draughtsman, DrawingError
from app.charts.draw import draw
from app.charts.drawings import Funnel, FunnelBars, Picture, Stage

FUNNEL = FunnelBars((Funnel("展示会", (Stage("送付", 1.0, "120"), Stage("受注", 0.025, "3"))),), "ファネル")


@pytest.fixture
def draughtsman() -> Iterator[Draughtsman]:
    one = Draughtsman()
    yield one
    one.close()


def test_a_chart_drawn_apart_is_the_same(draughtsman: Draughtsman) -> None:
    assert draughtsman(FUNNEL) == draw(FUNNEL) == draughtsman(FUNNEL)
    assert draughtsman.starts == 1


def test_a_process_that_ended_is_replaced() -> None:
    hasty = Draughtsman(idle=0.0)
    assert isinstance(hasty(FUNNEL), Picture) and hasty._process
    hasty._process.wait()
    assert isinstance(hasty(FUNNEL), Picture) and hasty.starts == 2
    hasty.close()


def test_what_cannot_be_drawn_is_said_and_the_next_one_is_drawn(draughtsman: Draughtsman) -> None:
    with pytest.raises(DrawingError, match=r"AttributeError|TypeError"):
        draughtsman(FunnelBars((None,), "ファネル"))  # type: ignore[arg-type]
    assert isinstance(draughtsman(FUNNEL), Picture) and draughtsman.starts == 1


def test_the_library_that_draws_is_not_loaded_by_those_who_answer() -> None:
    program = (
        "import sys; from tests.app.charts.test_apart import FUNNEL; from app.charts.gallery import Gallery;"
        "gallery = Gallery(); gallery.prepare(FUNNEL); assert gallery.frame(FUNNEL).picture; gallery.close();"
        "print({'vl_convert', 'altair'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "set()"
