"""Names from files and exports stand in pictures: no character of them stops the server or costs the picture."""

from __future__ import annotations

import subprocess
import sys
from xml.etree import ElementTree

import pytest

DRAWING = """
from app.charts.draw import draw
from app.charts.drawings import HeatCell, HeatMap, Interval, IntervalPlot, Step, StepCurve
name = {name!r}
cells = (HeatCell(0, 0, name, 1),)
for drawing in (
    HeatMap((name, "a"), (name, "b"), cells, "described"),
    IntervalPlot((Interval(name, 0.1, 0.2, 0.3, name, "unclear"),), 0.5, name, "described"),
    StepCurve((Step(3, 0.5, 0.1, 0.9),), 3, name, "days", "described"),
):
    print(ascii(str(draw(drawing).wide)))
"""
SIGNS = ("\ufffe", "\uffff", "\0", "\x0b", "\x1b", "\ud800", "\u2028", "\x7f", "\x85", "\U0010ffff", "]]>&<")


@pytest.mark.parametrize("sign", ["".join(SIGNS), *SIGNS[:2]], ids=ascii)
def test_a_name_with_any_character_is_drawn(sign: str) -> None:
    code = DRAWING.format(name=f"提案{sign}段階")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-500:]
    pictures = done.stdout.splitlines()
    assert len(pictures) == 3
    for picture in pictures:
        assert "\\u63d0\\u6848" in picture and "\\u6bb5\\u968e" in picture
        assert not any(ascii(bad)[1:-1] in picture for bad in ("\ufffe", "\uffff", "\u2028"))


def test_a_picture_of_odd_names_is_one_tree_of_elements() -> None:
    from app.charts.draw import draw
    from app.charts.drawings import Interval, IntervalPlot

    picture = draw(IntervalPlot((Interval("<img src=x>", 0.1, 0.2, 0.3, "&#0;", "unclear"),), 0.5, "a", "b")).narrow
    texts = [part.text for part in ElementTree.fromstring(picture).iter() if part.text]
    assert "<img src=x>" in texts and "&#0;" in texts
