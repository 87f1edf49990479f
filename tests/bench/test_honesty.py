"""Boards in simulated bases whose truth is known; a small version of `python -m bench --honesty`, with fixed seeds."""

from __future__ import annotations

import pytest

from bench.honesty import board_honesty

WORLDS = 25


@pytest.mark.slow
def test_a_board_keeps_quiet_without_an_effect_and_sees_one_and_sees_through_warm_deals() -> None:
    figures = {figure.name.partition(", ")[2]: figure for figure in board_honesty(300, WORLDS)}
    shares = {name: figure.value for name, figure in figures.items()}
    assert shares["no effect: any verdict"] <= 0.16  # .10 and one standard error of 25 worlds
    assert shares["no effect: any 'clearer'"] <= 0.12
    assert shares["+25 points: found"] >= 0.8 and shares["+25 points: explained away"] <= 0.06
    for factor in ("industry", "size", "lead_source"):
        assert shares[f"only {factor} matters: a verdict is seen through"] >= 0.8
