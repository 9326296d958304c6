"""Law L2: no purchase ends above a hard cap, tested again from the journals alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from gateway.core.breaches import l2
from gateway.core.events import OrdersDecided, SleevesBalanced
from gateway.core.laws import Violation
from gateway.log.memory import MemoryLog
from gateway.shell.gateway import Gateway
from tests.day.market_day import BEFORE_CLOSE, MarketDay, gateway, settled_day
from tests.day.test_settled_day import run
from tests.laws.planted import HOME, events_of, settled


def tight_day(amount: int) -> MarketDay:
    """A participant with 500,000.00 in a liquid fund buys alternatives under a cap of 10 %."""
    day = settled_day()
    day.payroll("RK_B", "A1", "PLN-3", BEFORE_CLOSE, [("p-9", "MA_ALT", amount)])
    return day


HELD = 500_000_00
AT_THE_CAP = HELD // 9
"""The largest purchase x with x <= 10 % of (held + x)."""


def breaches(log: MemoryLog, home: Gateway) -> list[Violation]:
    return l2(events_of(log, "plan", home), events_of(log, "fund", home))


@pytest.mark.parametrize("amount", [AT_THE_CAP - 1, AT_THE_CAP, AT_THE_CAP + 1])
def test_l2_holds_just_under_at_and_just_over_the_cap(amount: int) -> None:
    home = gateway(1, 1, 1)
    log = run(tight_day(amount).appends, home)
    decided = [e for e in events_of(log, "plan", home)[0] if isinstance(e, OrdersDecided)]
    assert decided[0].accepted_minor.tolist() == [min(amount, AT_THE_CAP)]
    assert breaches(log, home) == []


def planted(amount: int, change: Callable[[OrdersDecided], OrdersDecided]) -> list[Violation]:
    home = gateway(1, 1, 1)
    log = run(tight_day(amount).appends, home)
    events = [
        change(e) if isinstance(e, OrdersDecided) else e for e in events_of(log, "plan", home)[0]
    ]
    return l2([events], events_of(log, "fund", home))


def test_l2_finds_one_cent_accepted_above_the_cap() -> None:
    def a_cent_too_far(event: OrdersDecided) -> OrdersDecided:
        return replace(
            event,
            accepted_minor=event.accepted_minor + 1,
            diverted_minor=event.diverted_minor - 1,
        )

    found = planted(AT_THE_CAP + 1, a_cent_too_far)
    assert [violation.law for violation in found] == ["L2"]
    assert "the plan PLN-3" in found[0].detail


def test_l2_finds_a_line_that_was_refused_for_its_limit_and_traded_after_all() -> None:
    def traded_after_all(event: OrdersDecided) -> OrdersDecided:
        return replace(
            event, accepted_minor=event.amount_minor,
            diverted_minor=np.zeros_like(event.amount_minor),
        )  # fmt: skip

    found = planted(2 * HELD, traded_after_all)
    assert {violation.law for violation in found} == {"L2"}
    assert len(found) == 2, "participant and plan"


def test_l2_holds_on_the_settled_day_in_which_a_fund_bought_alternatives() -> None:
    bought = [e.granted_minor for events in events_of(settled(), "fund") for e in events
              if isinstance(e, SleevesBalanced)]  # fmt: skip
    assert max(bought) > 0
    assert breaches(settled(), HOME) == []


def test_l2_finds_a_fund_that_bought_a_cent_more_than_its_limit_leaves() -> None:
    plan, (fund,) = events_of(settled(), "plan"), events_of(settled(), "fund")

    def planted_purchase(more: int) -> list[Violation]:
        changed = [
            replace(e, granted_minor=e.headroom_minor + more)
            if isinstance(e, SleevesBalanced) and e.granted_minor
            else e
            for e in fund
        ]
        return l2(plan, [changed])

    assert planted_purchase(0) == []
    assert {violation.law for violation in planted_purchase(1)} == {"L2"}
