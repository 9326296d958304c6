"""A sale by amount never takes more units than are held, however the price has moved."""

from __future__ import annotations

import pytest

from gateway.core.events import OrdersDecided
from gateway.core.marks import NavStruck
from gateway.core.orders import Confirmation
from gateway.log.memory import MemoryLog
from tests.day.market_day import BEFORE_CLOSE, MarketDay, days, gateway, settled_day
from tests.day.test_settled_day import run, sent
from tests.laws.planted import broken, events_of

HOME = gateway()
HELD = 50_000_0000
WORTH_MINOR = 500_000_00


def day_with_sale(amount_minor: int, liquid_level: int) -> MemoryLog:
    """One participant sells; the liquid index, all of LIQ, ends at a level (1000.00 before)."""
    day: MarketDay = settled_day()
    day.holdings("RK_A", "PLN-2", "p-7", LIQ=HELD)
    line = {"plan_id": "PLN-2", "participant_id": "p-7", "fund_id": "LIQ",
            "amount_minor": amount_minor, "received_at": BEFORE_CLOSE}  # fmt: skip
    day.say("RK_A", "DistributionBatch", batch_id="D1", session=days(day.session), currency="USD",
            control_count=1, control_amount_minor=amount_minor, lines=[line])  # fmt: skip
    for index, level in (("LIQUID", liquid_level), ("PROXY", 4000_00)):
        day.say("market", "ProxyLevel", index_id=index, session=days(day.session), level=level)
    day.tick("VALUATION_CUT_OFF")
    day.day_end("RK_A", 1, 1, amount_minor)
    day.day_end("RK_B", 0, 0, 0)
    log = run(day.appends, HOME)
    assert broken(log, HOME) == []
    return log


def decided(log: MemoryLog) -> OrdersDecided:
    every = (event for events in events_of(log, "plan") for event in events)
    return next(event for event in every if isinstance(event, OrdersDecided))


def nav_of_liquid(log: MemoryLog) -> NavStruck:
    struck = [m for m in sent(log, "out.RK_A") if isinstance(m, NavStruck)]
    return next(nav for nav in struck if nav.fund_id == "LIQ")


@pytest.mark.parametrize(("over", "taken"), [(-1, True), (0, True), (1, False)])
def test_at_most_95_percent_of_the_last_value_can_be_sold_by_amount(over: int, taken: bool) -> None:
    log = day_with_sale(WORTH_MINOR * 95 // 100 + over, 1000_00)
    assert bool(decided(log).code[0] == 0) is taken


def test_a_fall_of_five_percent_still_leaves_units() -> None:
    log = day_with_sale(WORTH_MINOR * 95 // 100, 950_01)
    assert not nav_of_liquid(log).held
    sold = [m for m in sent(log, "out.RK_A") if isinstance(m, Confirmation)]
    (left,) = [HELD + int(units) for confirmation in sold for units in confirmation.units]
    assert 0 < left < HELD // 1000


def test_a_larger_fall_holds_nothing_where_the_sale_leaves_enough_units() -> None:
    log = day_with_sale(WORTH_MINOR * 40 // 100, 500_00)
    assert not nav_of_liquid(log).held


def test_a_larger_fall_holds_the_nav_while_there_are_sales() -> None:
    held = nav_of_liquid(day_with_sale(WORTH_MINOR * 95 // 100, 949_99))
    assert held.held
    assert "UNITS_SHORT" in held.holds
