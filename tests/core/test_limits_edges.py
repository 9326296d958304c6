"""Limits at their edges: whole cents, empty funds, nobody who asks."""

from __future__ import annotations

import pytest

from gateway.core.limits import Sharing, grant, headroom, redemption_capacity
from gateway.core.money import Ratio

CAP = Ratio(15, 100)


@pytest.mark.parametrize(
    ("total", "alternative", "room"),
    [(100_07, 0, 15_01), (100_06, 15_00, 0), (10**17 + 3, 0, 15 * 10**15)],
)
def test_headroom_is_whole_cents_rounded_down_however_large_the_fund(
    total: int, alternative: int, room: int
) -> None:
    found = headroom(alternative, total, CAP)
    assert (type(found), found) == (int, room)


@pytest.mark.parametrize(("total", "capacity"), [(0, 0), (1, 1), (-1, 0)])
def test_under_a_cap_of_zero_an_all_liquid_fund_can_pay_out_what_it_has(
    total: int, capacity: int
) -> None:
    assert redemption_capacity(total, 0, Ratio(0, 1)) == capacity


@pytest.mark.parametrize("sharing", Sharing)
def test_headroom_nobody_asks_for_is_granted_to_nobody(sharing: Sharing) -> None:
    assert grant([], 175_000_000, sharing) == []
