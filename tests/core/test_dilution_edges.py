"""Prices at their edges: yen, the first cent, a NAV that cannot be."""

from __future__ import annotations

import pytest

from gateway.core.dilution import Scales, SwingTerms, classify_error, swing_price
from gateway.core.money import Ratio

DOWN = SwingTerms(Ratio(2, 100), Ratio(75, 10_000))
BOTH = SwingTerms(Ratio(2, 100), Ratio(75, 10_000), swings_up=True)


def test_a_fund_in_yen_counts_units_and_values_in_whole_yen() -> None:
    yen = Scales(nav=0, units=4, minor=0)
    assert yen.units_for(10_000, 1_250) == 8_0000
    assert yen.value_of(8_0000, 1_250) == 10_000


@pytest.mark.parametrize(("terms", "price"), [(DOWN, 10_000), (BOTH, 10_075)])
def test_the_first_cent_into_an_empty_fund_swings_the_price_up_or_not_at_all(
    terms: SwingTerms, price: int
) -> None:
    assert swing_price(10_000, 1, 0, terms) == price


def test_a_session_without_orders_in_an_empty_fund_has_the_nav_for_its_price() -> None:
    assert swing_price(10_000, 0, 0, BOTH) == 10_000


@pytest.mark.parametrize(("correct", "smallest"), [(0, 1), (10_000, 0)])
def test_an_error_is_measured_against_a_nav_and_a_difference_above_zero(
    correct: int, smallest: int
) -> None:
    with pytest.raises(AssertionError):
        classify_error(10_000, correct, smallest)
