"""Boards in simulated bases whose truth is known; a small version of `python -m bench --honesty`, with fixed seeds."""

from __future__ import annotations

import pytest

from bench.honesty import board_honesty, meeting_honesty, recording_honesty

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


@pytest.mark.slow
def test_a_meeting_on_a_month_without_a_change_claims_none_although_leads_come_in_bunches_and_wins_late() -> None:
    shares = {figure.name: figure.value for figure in meeting_honesty(WORLDS)}
    quiet = {name: share for name, share in shares.items() if "no change" in name}
    assert len(quiet) == 3 and max(quiet.values()) <= 0.16  # .10 and one standard error of 25 worlds
    assert shares["meeting four months later, win rate of 100 deals 35 points lower: found"] >= 0.4


def test_where_half_of_the_losses_have_no_note_only_the_corrected_interval_holds_the_true_base() -> None:
    noted, corrected = (figure.value for figure in recording_honesty(100, WORLDS))
    assert noted <= 0.2 and corrected >= 0.9
