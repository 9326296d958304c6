"""Orders of a recordkeeper that a session was closed without, in a fund that is younger."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from gateway.core.book import BookChange
from gateway.core.decisions import DecisionKind, DecisionStep, OperationsDecision
from gateway.core.orders import OrderStatus
from gateway.core.vocabulary import REJECT_INDEX, RejectCode
from gateway.log.memory import MemoryLog
from gateway.log.port import Append
from gateway.shell.evidence import violations
from tests.day.market_day import (
    SESSION,
    MarketDay,
    before_close,
    book,
    calendar,
    days,
    fund,
    gateway,
    settled_day,
)
from tests.day.test_settled_day import MESSAGES, run

HOME = gateway()
ASKED = OperationsDecision(
    "operations", "D1", DecisionKind.CLOSE_WITHOUT, DecisionStep.REQUESTED, "ana", "RK_B", SESSION,
    0, "its line is down",
)  # fmt: skip
AFTER = calendar(SESSION).calendar().next_session(SESSION)


def ended(day: MarketDay, **lines: list[int]) -> None:
    for index in ("LIQUID", "PROXY"):
        day.say("market", "ProxyLevel", index_id=index, session=days(day.session),
                level=1000_00 if index == "LIQUID" else 4000_00)  # fmt: skip
    day.tick("VALUATION_CUT_OFF")
    for sender, minor in lines.items():
        day.day_end(sender, len(minor), len(minor), sum(minor))


def closed_without_rk_b() -> MarketDay:
    """A session closed without RK_B; from the next on its plan may hold the fund YOUNG."""
    day = settled_day()
    ended(day, RK_A=[])
    for step in (ASKED, replace(ASKED, step=DecisionStep.APPROVED, by="ben")):
        day.appends.append(Append("in.operations", 0, None, day.messages.pack(step)))
    young = replace(fund("YOUNG", alternative=False, liquid=1_000_000_00), as_of_sessions=5)
    plan = next(plan for plan in book().plans if plan.plan_id == "PLN-3")
    plan = replace(plan, funds=(*plan.funds, "YOUNG"))
    day.adopt(BookChange("operations", "young", AFTER, None, (), (young,), (plan,)))
    return day


def late(day: MarketDay) -> MemoryLog:
    """RK_B sends its day after the session, an order of the young fund in it; both then end."""
    day.payroll("RK_B", "LATE", "PLN-3", before_close(SESSION), [("p-9", "YOUNG", 100_00)])
    day.day_end("RK_B", 1, 1, 100_00)
    day.session = AFTER
    day.tick("SESSION_OPENED")
    ended(day, RK_A=[], RK_B=[])
    opened = next(at for at, append in enumerate(day.appends) if b"LATE" in append.value)
    # The late batch comes once the next session is open.
    first, rest = day.appends[:opened], day.appends[opened:]
    ticks = [a for a in rest if MESSAGES.kind(a.value) == "inbound/Tick"][
        : len(HOME.topology.senders)
    ]
    others = [a for a in rest if a not in ticks or a in ticks[len(ticks) :]]
    return run([*first, *ticks, *others], HOME, cut=1)


def test_a_fund_that_had_no_nav_of_a_session_takes_no_late_orders_of_it() -> None:
    log = late(closed_without_rk_b())
    told = [MESSAGES.unpack(record.value) for record in log.records("out.RK_B", 0)]
    (status,) = [s for s in told if isinstance(s, OrderStatus)]
    assert status.code.tolist() == [REJECT_INDEX[RejectCode.AS_OF_REQUIRED]]
    assert asyncio.run(violations(log, HOME)) == []
