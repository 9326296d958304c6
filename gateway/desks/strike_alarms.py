"""Calls that will not find their money: seen days before they are due, told once.

What falls due in the next ten business days is laid against the liquid sleeve after the session;
nothing that vehicles may pay until then is leaned on. A call within three business days of its
due date that then lacks anything raises the alarm. It is paid all the same if money comes; if
none does, its strike is held for want of liquidity.

Not here: booking calls (`strike_capital`), the forecast itself (`core.cash_needs`).
Source: domain.md §2.5, §4.1.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from gateway.core.calls import CallAlarm, NoticeKind, call_alarm, fund_call
from gateway.core.cash_needs import Expected, Forecast, forecast
from gateway.core.fund_events import NoticeTaken
from gateway.core.netted_notices import needed_minor
from gateway.core.redemption_events import CallAlarmed
from gateway.core.sessions import Calendar
from gateway.desks.fund_state import Fund, FundState
from gateway.desks.strike_capital import Capital, which

NONE_PAID = 0


def calls_ahead(due: Iterable[NoticeTaken]) -> list[NoticeTaken]:
    """The calls among notices, the first to be paid first."""
    calls = [each for each in due if each.kind is NoticeKind.CALL]
    return sorted(calls, key=lambda each: (each.due_date, each.vehicle_id, each.batch_id))


def ahead_of(
    liquid_minor: int, today: date, due: Sequence[NoticeTaken], calendar: Calendar
) -> Forecast:
    """The next ten business days of a liquid sleeve that pays the calls among notices."""
    expected = [
        Expected(each.due_date, -needed_minor(each, due), is_call=True) for each in calls_ahead(due)
    ]
    return forecast(liquid_minor, today, expected, calendar)


def alarms_of(
    state: FundState, fund: Fund, session: date, capital: Capital, liquid_minor: int
) -> tuple[CallAlarmed, ...]:
    """The calls whose alarm is raised after a session, each once.

    Args:
        state: The fund partition's state.
        fund: The fund before the session.
        session: The session.
        capital: Its notices.
        liquid_minor: Liquid sleeve after the session.
    """
    calendar = state.book.sessions
    booked = {(each.vehicle_id, each.batch_id) for each in capital.moved}
    due = [e for e in (*fund.due, *capital.taken) if (e.vehicle_id, e.batch_id) not in booked]
    calls = calls_ahead(due)
    if not calls or ahead_of(liquid_minor, session, due, calendar).first_short is None:
        return ()
    contracts = {
        sleeve.vehicle_id: sleeve.calls.calendar
        for sleeve in fund.terms.sleeves
        if sleeve.calls is not None
    }
    found: list[CallAlarmed] = []
    before = 0
    for call in calls:
        needed = needed_minor(call, due)
        funded = fund_call(needed, 0, max(0, liquid_minor), before)
        before += needed
        days = which(contracts[call.vehicle_id])
        alarm = call_alarm(needed, NONE_PAID, call.due_date, session, calendar, days)
        told = (call.vehicle_id, call.batch_id) in fund.alarmed
        if alarm is CallAlarm.NONE or funded.is_funded or told:
            continue
        found.append(
            CallAlarmed(
                call.fund_id, call.vehicle_id, call.batch_id, session, call.due_date,
                needed, liquid_minor, funded.shortfall_minor,
            )
        )  # fmt: skip
    return tuple(found)
