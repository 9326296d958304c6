"""Money asked back from vehicles: the band, the buffer, the order, and the bounds."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gateway.core.cash_needs import BufferTerms
from gateway.core.money import Ratio
from gateway.core.redemption_needs import (
    Aims,
    AskReason,
    BandTerms,
    Sleeves,
    ask_in_order,
    to_ask_back,
    to_buy,
)
from gateway.core.repurchases import EARLY_DEDUCTION, largest_deduction

BAND = BandTerms(Ratio(12, 100), Ratio(18, 100))
BUFFER = BufferTerms(Ratio(10, 100), Ratio(20, 100), Ratio(30, 100))
TARGET = Ratio(15, 100)
MONEY = st.integers(0, 10**13)


def sleeves(liquid: int, alternative: int) -> Sleeves:
    return Sleeves(liquid, alternative, liquid + alternative)


@pytest.mark.parametrize(
    ("alternative", "bought"),
    [(11_99, 3_01), (12_00, 0), (15_00, 0), (18_00, 0), (18_01, 0), (0, 15_00)],
)
def test_a_fund_buys_up_to_its_target_from_below_its_band_only(
    alternative: int, bought: int
) -> None:
    have = sleeves(100_00 - alternative, alternative)
    assert to_buy(Aims(TARGET, BAND), have) == bought


@pytest.mark.parametrize(
    ("alternative", "asked"), [(15_01, 0), (18_00, 0), (18_01, 3_01), (40_00, 25_00)]
)
def test_a_fund_asks_down_to_its_target_from_above_its_band_only(
    alternative: int, asked: int
) -> None:
    have = sleeves(100_00 - alternative, alternative)
    assert to_ask_back(Aims(TARGET, BAND), have, 0) == (asked, AskReason.BAND)


def test_what_was_asked_already_counts_as_if_it_had_come() -> None:
    have = sleeves(80_00, 20_00)
    assert to_ask_back(Aims(TARGET, BAND), have, 0)[0] == 5_00
    assert to_ask_back(Aims(TARGET, BAND), have, 5_00)[0] == 0
    assert to_ask_back(Aims(TARGET, BAND), have, 1_99)[0] == 3_01


@pytest.mark.parametrize(("liquid", "asked"), [(9_99, 10_01), (10_00, 0), (30_01, 0), (0, 20_00)])
def test_a_liquid_buffer_is_filled_up_to_its_target_from_below_its_low_end_only(
    liquid: int, asked: int
) -> None:
    need, reason = to_ask_back(Aims(TARGET, None, BUFFER), sleeves(liquid, 100_00 - liquid), 0)
    assert need == asked
    assert not asked or reason is AskReason.BUFFER


def test_a_purchase_leaves_the_buffer_its_low_end() -> None:
    aims = Aims(Ratio(95, 100), None, BUFFER)
    assert to_buy(aims, sleeves(30_00, 70_00)) == 20_00
    assert to_buy(aims, sleeves(10_00, 90_00)) == 0
    assert to_buy(aims, sleeves(9_00, 91_00)) == 0


def test_a_fund_without_a_band_or_buffer_buys_to_its_target_and_asks_nothing() -> None:
    assert to_buy(Aims(TARGET), sleeves(86_00, 14_00)) == 1_00
    assert to_ask_back(Aims(TARGET), sleeves(0, 100_00), 0)[0] == 0


def test_a_fund_buys_to_the_cent_however_large_it_is() -> None:
    whole = 10**17 + 7
    have = Sleeves(liquid_minor=whole, alternative_minor=0, net_assets_minor=whole)
    assert to_buy(Aims(Ratio(1, 1)), have) == whole
    assert type(to_buy(Aims(TARGET), have)) is int


def test_a_cent_is_bought_where_a_cent_is_wanted_and_the_last_one_is_spent() -> None:
    """10 % of 0.10 is a cent; a fund that has nothing else liquid spends it."""
    tenth, wide = Ratio(1, 10), BandTerms(Ratio(1, 10), Ratio(2, 10))
    assert to_buy(Aims(tenth, wide), Sleeves(10, 0, 10)) == 1
    assert to_buy(Aims(tenth), Sleeves(1, 0, 10)) == 1


def test_vehicles_are_asked_one_after_another() -> None:
    assert ask_in_order(10_00, [4_00, 3_00, 9_00]) == [4_00, 3_00, 3_00]
    assert ask_in_order(10_00, [4_00, -1, 2_00]) == [4_00, 0, 2_00]
    assert ask_in_order(0, [4_00]) == [0]
    with pytest.raises(AssertionError):
        ask_in_order(-1, [4_00])


@given(need=MONEY, rooms=st.lists(st.integers(-(10**13), 10**13), max_size=5))
def test_no_vehicle_is_asked_for_more_than_is_held_nor_all_for_more_than_is_needed(
    need: int, rooms: list[int]
) -> None:
    asked = ask_in_order(need, rooms)
    held = [max(0, room) for room in rooms]
    assert all(0 <= ask <= room for ask, room in zip(asked, held, strict=True))
    assert sum(asked) == min(need, sum(held))


@given(liquid=MONEY, alternative=MONEY, open_minor=MONEY)
def test_once_all_that_is_needed_is_asked_no_more_is(
    liquid: int, alternative: int, open_minor: int
) -> None:
    assume(liquid + alternative >= 10_000)
    have, aims = sleeves(liquid, alternative), Aims(TARGET, BAND, BUFFER)
    need, _ = to_ask_back(aims, have, open_minor)
    assert need >= 0
    assert to_ask_back(aims, have, open_minor + need)[0] == 0


@given(liquid=MONEY, alternative=MONEY)
def test_a_fund_never_buys_and_asks_at_once_nor_buys_more_than_is_liquid(
    liquid: int, alternative: int
) -> None:
    aims, have = Aims(TARGET, BAND, BUFFER), sleeves(liquid, alternative)
    bought = to_buy(aims, have)
    assert 0 <= bought <= liquid
    if bought:
        after = sleeves(liquid - bought, alternative + bought)
        assert to_ask_back(aims, after, 0)[0] == 0


@pytest.mark.parametrize(
    ("proceeds", "most"), [(400_000_00, 8_000_00), (24, 0), (25, 1), (0, 0), (250_000_00, 5_000_00)]
)
def test_a_vehicle_keeps_at_most_two_percent_of_an_early_repurchase(
    proceeds: int, most: int
) -> None:
    assert largest_deduction(proceeds, EARLY_DEDUCTION) == most
