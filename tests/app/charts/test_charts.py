"""Pictures of numbers: what they show, that they are safe inside a page, and that they fit."""

from __future__ import annotations

import re

import pytest
from markupsafe import Markup

from app.charts.draw import draw
from app.charts.drawings import (
    Funnel,
    FunnelBars,
    HeatCell,
    HeatMap,
    Interval,
    IntervalPlot,
    MonthBars,
    Months,
    Picture,
    Stage,
    Step,
    StepCurve,
)
from app.charts.letters import ems_of, shortened, wrapped
from app.charts.svg import NARROW, WIDE

ROWS = (
    Interval("同業の事例", 0.5, 0.75, 0.9, "75% (50〜90%)", "above"),
    Interval('<script>alert(1)</script> & " onload=x', 0.1, 0.2, 0.4, "20%", "below"),
    Interval("値引き", 0.2, 0.5, 0.8, "50%", "unclear"),
)
STAGES = (Stage("MQL", 1.0, "80"), Stage("受注", 0.25, "20 (25%)"))


def _intervals() -> Picture:
    return draw(IntervalPlot(ROWS, 0.6, "全体 60%", "説明 <b>"))


def _pictures() -> list[Picture]:
    months = (Months("価格", (0, 2, 1)), Months("内製", (1, 0, 0)))
    cells = (HeatCell(0, 0, "3/4", None), HeatCell(1, 1, "6/6", 4))
    return [
        _intervals(),
        draw(MonthBars(("2026/01", "2026/02", "2026/03"), months, "lost", "月")),
        draw(FunnelBars((Funnel("補助金セミナー", STAGES), Funnel("展示会", STAGES)), "段階")),
        draw(StepCurve((Step(10, 0.8, 0.6, 0.9), Step(30, 0.4, 0.2, 0.6)), 30, "半分 30日", "日数", "期間")),
        draw(HeatMap(("同業の事例", "値引き"), ("製造業", "食品"), cells, "組み合わせ")),
    ]


def _dots(svg: Markup) -> list[float]:
    """Return how far right each dot stands."""
    return [float(x) for x in re.findall(r'<path transform="translate\(([\d.]+),', svg)]


def test_dots_stand_where_their_rates_are() -> None:
    first, second, third = _dots(_intervals().wide)
    assert (third - second) / (first - second) == pytest.approx((0.5 - 0.2) / (0.75 - 0.2), abs=0.01)


def test_colour_and_words_say_the_verdict_and_the_numbers() -> None:
    svg = _intervals().wide
    assert svg.count("var(--won)") == 2 and svg.count("var(--lost)") == 2  # a line and a dot each
    assert "75% (50〜90%)" in svg and "全体 60%" in svg


@pytest.mark.parametrize("picture", _pictures())
def test_a_picture_needs_no_script_and_no_style_of_its_own(picture: Picture) -> None:
    for svg in (picture.wide, picture.narrow):
        assert not re.search(r"<script|<style|\sstyle=|\son\w+=|href|url\(|<[^>]*\bid=", re.sub(r">[^<]*<", "><", svg))
        assert re.match(r'<svg [^>]*role="img" aria-label="[^"]+"', svg)


def test_what_people_wrote_is_text_and_never_markup() -> None:
    svg = _intervals().wide
    assert "<script" not in svg and "&lt;script&gt;" in svg and 'aria-label="説明 &lt;b' in svg


@pytest.mark.parametrize("picture", _pictures())
def test_pictures_are_as_wide_as_the_screens_they_are_for(picture: Picture) -> None:
    widths = [float(re.findall(r'viewBox="0 0 ([\d.]+) ', svg)[0]) for svg in (picture.wide, picture.narrow)]
    assert widths[0] <= WIDE * 1.06 and widths[1] <= NARROW * 1.06
    assert 'class="chart chart-wide"' in picture.wide and 'class="chart chart-narrow"' in picture.narrow


def test_bars_are_as_long_as_what_is_left() -> None:
    svg = draw(FunnelBars((Funnel("a", STAGES),), "x")).wide
    whole, left = (float(width) for width in re.findall(r'd="M0,[\d.]+h([\d.]+)v', svg))
    assert left / whole == pytest.approx(0.25, abs=0.01)


def test_cells_hold_their_counts_and_too_few_have_no_shade() -> None:
    svg = draw(HeatMap(("a", "b"), ("c", "d"), (HeatCell(0, 0, "3/4", None), HeatCell(1, 1, "6/6", 4)), "x")).wide
    assert ">3/4<" in svg and ">6/6<" in svg
    assert svg.count("var(--heat-few)") == 1 and svg.count("var(--heat-4)") == 1


def test_column_labels_stand_level_where_lines_hold_them_and_turned_elsewhere() -> None:
    cells = (HeatCell(0, 0, "1/1", None), HeatCell(0, 1, "2/2", None))
    level = draw(HeatMap(("切り口",), ("食品", "ビルメンテナンスとその周辺の設備をみる会社"), cells, "図")).wide
    assert "rotate(" not in level and ">ビルメンテナンスとその周辺" in level
    many = tuple(f"ビルメンテナンスの業種{place}" for place in range(14))
    turned = draw(HeatMap(("切り口",), many, (HeatCell(0, 0, "1/1", None),), "図")).narrow
    assert "rotate(" in turned


@pytest.mark.parametrize(
    ("text", "ems", "lines"),
    [
        ("食品", 4, ["食品"]),
        ("ビルメンテナンス", 7, ["ビルメン", "テナンス"]),
        ("コンピューター", 3, ["コン", "ピュー", "ター"]),
        ("Facility maintenance", 8, ["Facility", "maintenance"]),
        ("Facility maintenance", 3, None),
        ("一二三四五六七八九十", 2, None),
    ],
)
def test_labels_break_between_words_and_letters(text: str, ems: float, lines: list[str] | None) -> None:
    assert wrapped(text, ems, 4) == lines


def test_labels_cut_alike_stay_different_rows() -> None:
    names = tuple(f"とても長い名前のついた切り口のその{number}番目のもの" for number in range(3))
    cells = tuple(HeatCell(row, 0, f"{row}/9", 2) for row in range(3))
    svg = draw(HeatMap(names, ("食品",), cells, "x")).narrow
    tops = re.findall(r'd="M[\d.]+,([\d.]+)h[^"]*"[^>]*var\(--heat-2\)', svg)
    assert len(set(tops)) == 3


@pytest.mark.parametrize(
    ("text", "ems", "cut"),
    [("価格", 2, "価格"), ("価格の話", 3, "価格…"), ("price", 3, "price"), ("a longer label", 4, "a lon…")],
)
def test_labels_are_cut_by_their_width(text: str, ems: float, cut: str) -> None:
    assert shortened(text, ems) == cut and ems_of(cut) <= max(ems, ems_of(text))


def test_a_long_curve_stays_light_and_keeps_its_end() -> None:
    steps = tuple(Step(day, 1 - day / 5_000, 0.0, 1.0) for day in range(1, 4_001))
    short, long = (draw(StepCurve(some, None, "", "日数", "期間")).wide for some in (steps[-1:], steps))
    assert len(long) < 40_000 and "4,000" in long and "4,000" in short
