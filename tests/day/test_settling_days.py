"""Wires of funds that count settlement on different calendars, whatever days are shut."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core.book import CalendarTerms
from gateway.core.closing import DeskClosed
from gateway.core.conservation_settling import day_of, settling
from gateway.core.marks import SourceTick
from gateway.core.sessions import Calendar
from gateway.core.settlement import Obligation, ObligationRow, SettlementInstruction
from gateway.core.settling_days import SettlesOn, settling_date, soonest_date
from gateway.core.vocabulary import TickKind
from gateway.desks.cash import cash_desk
from gateway.desks.cash_state import CashState
from gateway.desks.desk import Topology, step
from tests.day.market_day import SENDERS, book

FIRST = date(2026, 6, 1)
LAST = FIRST + timedelta(days=120)
SESSIONS = 12
WEEKDAYS = [
    FIRST + timedelta(days=n) for n in range(120) if (FIRST + timedelta(days=n)).weekday() < 5
]
SHUT = st.sets(st.sampled_from(WEEKDAYS), max_size=12)
TERMS = st.lists(
    st.tuples(st.integers(0, 4), st.sampled_from(SettlesOn)), min_size=1, max_size=4
)  # fmt: skip


def calendar_with(exchange: set[date], banks: set[date]) -> Calendar:
    return Calendar("random", FIRST, LAST, frozenset(exchange), (), frozenset(banks))


@given(SHUT, SHUT, TERMS)
def test_two_ways_of_counting_agree_and_money_never_moves_where_banks_are_shut(
    exchange: set[date], banks: set[date], terms: list[tuple[int, SettlesOn]]
) -> None:
    calendar = calendar_with(exchange, banks)
    (fund, *_) = book().funds
    session = calendar.session_on_or_after(FIRST)
    for _ in range(SESSIONS):
        after = calendar.next_session(session)
        for days, which in terms:
            counts = replace(fund, settle_days=days, settles_on=which)
            settles = settling_date(calendar, session, counts)
            assert settles == day_of(calendar, session, counts)
            assert calendar.is_bank_day(settles)
            assert session <= settles <= settling_date(calendar, after, counts)
        session = after


@settings(max_examples=60, deadline=None)
@given(SHUT, SHUT, TERMS, st.data())
def test_every_leg_is_in_one_wire_of_its_day_and_no_wire_goes_before_its_last_leg(
    exchange: set[date], banks: set[date], terms: list[tuple[int, SettlesOn]], data: st.DataObject
) -> None:
    whole = book()
    assert whole.calendar is not None
    funds = tuple(
        replace(whole.funds[0], fund_id=f"F{n}", settle_days=days, settles_on=which)
        for n, (days, which) in enumerate(terms)
    )
    days = CalendarTerms(
        "random", FIRST, LAST, tuple(sorted(exchange)), (), tuple(sorted(banks)),
        whole.calendar.zone, whole.calendar.close_minutes,
    )  # fmt: skip
    calendar = days.calendar()
    session = calendar.session_on_or_after(FIRST)
    state, events = CashState(), list[object]()
    desk = cash_desk(Topology(SENDERS, plan=1, fund=1, cash=1, dispatch=1))

    def take(message: object) -> None:
        events.extend(step(desk, state, message)[0])

    take(replace(whole, session=session, calendar=days, funds=funds))
    take(SourceTick("operations", TickKind.SESSION_OPENED, session, 0))
    legs: dict[tuple[str, date], Counter[date]] = defaultdict(Counter)
    for _ in range(SESSIONS):
        for fund in data.draw(st.lists(st.sampled_from(funds), max_size=3)):
            settles = settling_date(calendar, session, fund)
            for party, minor in (("RK_A", 100), (fund.custodian, -100)):
                row = ObligationRow(
                    party, session, settles, minor, fund.fund_id, "PLN-1",
                    "PLAN_PURCHASE" if minor > 0 else "FUND_SIDE", "RK_A",
                )  # fmt: skip
                legs[party, settles][session] += 1
                take(Obligation(0, session, "USD", (row,)))
        take(DeskClosed("fund", 0, session, 1, 0))
        session = calendar.next_session(session)

    issued = [event for event in events if isinstance(event, SettlementInstruction)]
    soonest = soonest_date(calendar, session, funds)
    due = {key for key in legs if key[1] < soonest}
    assert sorted((each.counterparty, each.settlement_date) for each in issued) == sorted(due)
    for each in issued:
        mine = legs[each.counterparty, each.settlement_date]
        assert each.legs == mine.total()
        assert each.trade_dates == tuple(sorted(mine))
        assert [part.trade_date for part in each.parts] == sorted(mine)
        assert max(mine) <= each.session <= each.settlement_date
        assert calendar.is_bank_day(each.settlement_date)
    assert list(settling(0, events)) == []
