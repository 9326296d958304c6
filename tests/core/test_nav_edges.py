"""Valuation at its edges: what has no price yet has no change of price either."""

from __future__ import annotations

from datetime import date

import pytest

from gateway.core.money import Ratio
from gateway.core.nav import RollStep, roll_forward, tolerance_breach

NO_INCOME = Ratio(0, 1)


def test_a_mark_is_not_rolled_by_a_proxy_that_stood_at_zero() -> None:
    step = RollStep(date(2026, 11, 24), 0, 4100, 0, 0, 0, NO_INCOME)
    with pytest.raises(AssertionError):
        roll_forward(100_000_00, [step], Ratio(6, 10))


def test_a_proxy_that_stood_at_one_point_rolls_a_mark() -> None:
    step = RollStep(date(2026, 11, 24), 1, 2, 0, 0, 0, NO_INCOME)
    assert roll_forward(100_000_00, [step], Ratio(6, 10)) == 160_000_00


def test_the_change_of_a_nav_is_measured_from_the_smallest_nav_but_not_from_zero() -> None:
    assert tolerance_breach(1, 3, NO_INCOME, Ratio(1, 100)) == Ratio(2, 1)
    with pytest.raises(AssertionError):
        tolerance_breach(0, 100, NO_INCOME, Ratio(1, 100))


@pytest.mark.parametrize(("points", "value"), [(4_999_994, 1_000_00), (4_999_996, 1_000_01)])
def test_between_sessions_a_value_is_carried_with_six_decimals_of_a_cent(
    points: int, value: int
) -> None:
    # The move is worth 0.4999994 or 0.4999996 cents: carried as 0.499999 or as half a cent.
    step = RollStep(date(2026, 11, 24), 10**12, 10**12 + points, 0, 0, 0, NO_INCOME)
    assert roll_forward(1_000_00, [step], Ratio(1, 1)) == value
