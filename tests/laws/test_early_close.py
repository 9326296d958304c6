"""Law L4 under an unscheduled early close: lines and the news of it may come in any order."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core.decisions import DecisionKind, DecisionStep, OperationsDecision
from gateway.core.laws import l4
from gateway.core.settlement import SettlementInstruction
from gateway.log.memory import MemoryLog
from gateway.log.port import Append
from gateway.shell.evidence import violations
from gateway.shell.gateway import pump
from tests.day.market_day import (
    PERSON,
    SESSION,
    MarketDay,
    before_close,
    calendar,
    days,
    gateway,
    settled_day,
)

HOME = gateway()
TWO_O_CLOCK = 14 * 60
NEWS = OperationsDecision(
    "operations", "STORM", DecisionKind.CLOSE_EARLY, DecisionStep.REQUESTED, "ana", "EXCHANGE",
    SESSION, TWO_O_CLOCK, "storm",
)  # fmt: skip
Line = tuple[str, str, str, str, int, int]
"""Recordkeeper, plan, participant, fund, minor units, minutes after midnight of receipt."""
LINES = st.lists(
    st.one_of(
        st.tuples(
            st.just("RK_A"), st.just("PLN-1"), st.just(PERSON),
            st.sampled_from(["TDF_2045", "MA_ALT"]), st.integers(1, 2_000_00),
            st.sampled_from([13 * 60, 14 * 60 - 1, 14 * 60, 15 * 60]),
        ),
        st.tuples(
            st.just("RK_B"), st.just("PLN-3"), st.just("p-9"), st.just("TDF_2045"),
            st.integers(1, 2_000_00), st.sampled_from([13 * 60, 14 * 60, 17 * 60]),
        ),
    ),
    min_size=1, max_size=6,
)  # fmt: skip


def published(lines: list[Line], news_at: int) -> list[Append]:
    """Two sessions; the news comes before the order line of that place."""
    day = settled_day()
    times = calendar(SESSION).calendar()
    news = [
        Append("in.operations", 0, None, day.messages.pack(step))
        for step in (NEWS, replace(NEWS, step=DecisionStep.APPROVED, by="ben"))
    ]
    for at, (sender, plan, who, fund, amount, minutes) in enumerate(lines):
        if at == news_at:
            day.appends.extend(news)
        day.payroll(sender, f"B{at}", plan, times.local_at(SESSION, minutes), [(who, fund, amount)])
    if news_at >= len(lines):
        day.appends.extend(news)
    ended(day, {rk: [line[4] for line in lines if line[0] == rk] for rk in ("RK_A", "RK_B")})
    day.session = times.next_session(SESSION)
    day.tick("SESSION_OPENED")
    ended(day, {"RK_A": [], "RK_B": []})
    return day.appends


def ended(day: MarketDay, amounts: dict[str, list[int]]) -> None:
    """Levels, valuation and ends of day of the day's session."""
    for index, level in (("LIQUID", 1001_00), ("PROXY", 4010_00)):
        day.say("market", "ProxyLevel", index_id=index, session=days(day.session), level=level)
    day.tick("VALUATION_CUT_OFF")
    for sender, minor in amounts.items():
        day.day_end(sender, len(minor), len(minor), sum(minor))


async def played(appends: list[Append]) -> tuple[list[SettlementInstruction], list[str]]:
    """Decide message by message; the instructions, and the laws that do not hold."""
    log = MemoryLog(lambda: before_close(SESSION))
    await log.create(HOME.topics())
    seats = HOME.seats(log)
    for seat in seats:
        await seat.open()
    for append in appends:
        log.append_now([append])
        await pump(seats, log)
    issued = [
        message
        for partition in range(HOME.topology.dispatch)
        for record in log.records("gw.dispatch.inbox", partition)
        if isinstance(message := MESSAGES.unpack(record.value), SettlementInstruction)
    ]
    return issued, [str(each) for each in await violations(log, HOME)]


MESSAGES = MarketDay().messages


@settings(max_examples=8, deadline=None)
@given(LINES, st.data())
def test_l4_instructions_do_not_depend_on_when_the_news_of_an_early_close_comes(
    lines: list[Line], data: st.DataObject
) -> None:
    first, second = (data.draw(st.integers(0, len(lines))) for _ in range(2))
    one, broken = asyncio.run(played(published(lines, first)))
    other, also_broken = asyncio.run(played(published(lines, second)))
    assert [*broken, *also_broken] == []
    assert l4(one, other) == []
    after = SESSION + timedelta(days=1)
    late = sum(line[4] for line in lines if line[5] >= TWO_O_CLOCK)
    assert trade_dates(one) <= {SESSION, after}
    assert (after in trade_dates(one)) == bool(late)


def trade_dates(issued: list[SettlementInstruction]) -> set[date]:
    return {day for each in issued for day in each.trade_dates}
