"""Law L1 on the way out: what recordkeepers were told of fills, and what parties owe.

Not here: lines, flows and fills (`conservation`), instructions (`conservation_cash`).
Law: L1.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date

from gateway.core.conservation_corrections import (
    add_confirmed,
    add_owed,
)
from gateway.core.conservation_story import Day, Story
from gateway.core.conservation_strikes import say
from gateway.core.events import (
    SessionAdvanced,
    SleevesBalanced,
)
from gateway.core.laws import Violation
from gateway.core.orders import FillBatch
from gateway.core.requests import RequestsFilled
from gateway.core.settlement import (
    Obligation,
)

TWO_SIDED = frozenset(
    {
        "ALTERNATIVE_PURCHASE",
        "CAPITAL_CALL",
        "CAPITAL_DISTRIBUTION",
        "MANAGEMENT_FEE",
        "PERFORMANCE_FEE",
        "CAPITAL_EQUALIZATION",
        "CAPITAL_NET",
        "VEHICLE_REDEMPTION",
        "RETURN_OF_CAPITAL",
    }
)
"""Reasons of legs that both sides have: one pays in what the other is paid."""


def confirmations(day: Day) -> Iterator[Violation]:
    """What recordkeepers were told of each fill adds up to it."""
    told: dict[tuple[date, str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    for each in day.confirmations:
        sums = told[each.trade_date, each.plan_id, each.fund_id]
        for at, column in enumerate((each.buy_minor, each.sell_minor, each.units)):
            sums[at] += int(column.sum())
    filled: dict[tuple[date, str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    fills = [event for events in day.plan for event in events if isinstance(event, FillBatch)]
    for fill in fills:
        for at, plan in enumerate(fill.plans):
            units = int(fill.buy_units[at]) - int(fill.sell_units[at])
            sums = filled[fill.trade_date, plan, fill.fund_id]
            sums[0] += int(fill.buy_minor[at])
            sums[1] += int(fill.sell_minor[at])
            sums[2] += units
    for event in (e for events in day.plan for e in events if isinstance(e, RequestsFilled)):
        rows = zip(event.plan.tolist(), event.met_minor.tolist(), event.kept_minor.tolist(),
                   event.units.tolist(), strict=True)  # fmt: skip
        for at, met, kept, units in rows:
            sums = filled[event.session, event.names[at], event.fund_id]
            sums[1] += met - kept
            sums[2] -= units
    add_confirmed(filled, day.plan)
    for key in sorted(filled):
        where = f"{key[0]} plan {key[1]} fund {key[2]}"
        yield from say(where, "confirmations (bought, sold, units)", filled[key], told[key])


def settled_sessions(day: Day) -> set[date]:
    """Sessions that every cash partition has closed."""
    closed = [{e.closed for e in events if isinstance(e, SessionAdvanced)} for events in day.cash]
    return set.intersection(*closed) if closed else set()


def _owed(
    day: Day, settled: set[date]
) -> tuple[dict[tuple[date, str, str, str], int], dict[tuple[date, str, date], int]]:
    """What parties were told they owe, by what for, and by the day it settles."""
    got: dict[tuple[date, str, str, str], int] = defaultdict(int)
    sums: dict[tuple[date, str, date], int] = defaultdict(int)
    for events in day.cash:
        for event in (e for e in events if isinstance(e, Obligation) and e.session in settled):
            for row in event.rows:
                reason = row.reason
                if reason in TWO_SIDED and row.amount_minor > 0:
                    reason = f"{reason}, PAID IN"
                got[event.session, row.fund_id, row.reference, reason] += row.amount_minor
                sums[event.session, event.currency, row.settlement_date] += row.amount_minor
    return got, sums


def obligations(day: Day, story: Story, complete: bool) -> Iterator[Violation]:
    """Money in minus money out is what parties owe; both sides of each leg cancel out."""
    settled = settled_sessions(day)
    got, sums = _owed(day, settled)
    for (session, currency, settles), total in sorted(sums.items()):
        yield from say(f"{session} {currency} settling {settles}", "sum of all legs", 0, total)
    want: dict[tuple[date, str, str, str], int] = defaultdict(int)
    released = set() if complete else story.released
    for (session, _, plan, fund), (buy, sell) in story.flows.items():
        if session in settled and (session, fund) in story.balanced:
            want[session, fund, plan, "PLAN_PURCHASE"] += buy
            want[session, fund, plan, "PLAN_REDEMPTION"] -= sell
            want[session, fund, plan, "FUND_SIDE"] -= buy - sell
    for back in story.returned:
        for row in back.rows if back.session in settled else ():
            # Both sides have one reason: what plans are paid the custodian pays in.
            want[back.session, back.fund_id, row.plan_id, "RETURN_OF_CAPITAL"] -= row.minor
            paid_in = "RETURN_OF_CAPITAL, PAID IN"
            want[back.session, back.fund_id, row.plan_id, paid_in] += row.minor
    for each in story.passed:
        for met in each.rows if each.session in settled else ():
            want[each.session, each.fund_id, met.plan_id, "PLAN_REDEMPTION"] -= met.paid_minor
            want[each.session, each.fund_id, met.plan_id, "FUND_SIDE"] += met.paid_minor
    add_owed(want, day.fund, settled)
    for (session, fund), balanced in story.balanced.items():
        if not isinstance(balanced, SleevesBalanced) or session not in settled:
            continue
        sleeves = story.terms[fund].sleeves
        bought = next((sleeve.vehicle_id for sleeve in sleeves if sleeve.calls is None), "")
        moved = [(bought, "ALTERNATIVE_PURCHASE", balanced.granted_minor)]
        # Where more is waived than the fee, whoever is paid it pays: the sides change over.
        moved.append((fund, "MANAGEMENT_FEE", abs(balanced.fees_paid_minor)))
        moved.append((fund, "PERFORMANCE_FEE", balanced.performance_paid_minor))
        moved.extend(story.capital.get((session, fund), ()))
        for about, reason, minor in moved:
            want[session, fund, about, reason] -= minor
            want[session, fund, about, f"{reason}, PAID IN"] += minor
        paid = sum(
            minor
            for (day, name, _, reason), minor in got.items()
            if (day, name, reason) == (session, fund, "DILUTION")
        )
        yield from say(
            f"{session} fund {fund}", "paid in for late orders", balanced.dilution_minor, paid
        )
    for key in sorted({*got, *want}):
        if key[3].startswith("DILUTION") or key[:2] in released:
            continue
        where = f"{key[0]} fund {key[1]} {key[2]}"
        yield from say(where, f"obligations, {key[3]}", want.get(key, 0), got.get(key, 0))
