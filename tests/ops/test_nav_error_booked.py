"""What desks book for a wrong NAV is what `gateway nav-error` computes, account by account."""

from __future__ import annotations

import asyncio
from datetime import date

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.core.nav_correction import CorrectionFill, NavErrorBooked
from gateway.ops.nav_error.command import nav_error
from gateway.ops.nav_error.figures import Correct, SessionError, Side
from gateway.ops.reading.orders import token
from gateway.ops.scenario.parser import parse
from gateway.ops.scenario.stage import Stage
from gateway.wire.topics import journal_of
from tests.ops.test_explain_stories import played

MONDAY = date(2026, 11, 23)
HEAD = """Orders at a wrong NAV

given
  session       2026-11-20
  fund          BALANCED  nav=10.00  units=1,000,000.0000  nav_error_payer=VALUER
  plan          PLAN_A  recordkeeper=RK_A
  plan          PLAN_B  recordkeeper=RK_B
"""
ORDERS = st.lists(
    st.tuples(st.booleans(), st.integers(0, 2), st.sampled_from(["PLAN_A", "PLAN_B"]),
              st.integers(1, 4_000_00)),
    min_size=1, max_size=6,
)  # fmt: skip


def text(orders: list[tuple[bool, int, str, int]], right: str) -> str:
    people = [f"{plan}-{who}" for plan in ("PLAN_A", "PLAN_B") for who in range(3)]
    lines = [
        f"  holding  {who}  BALANCED  units=10,000.0000  plan={who[:6]}" for who in people
    ] + ["", "when", "  close", "", "then", "  only  correction", "", "when"]  # fmt: skip
    for buys, who, plan, minor in orders:
        word, way = ("contribution", "into") if buys else ("distribution", "from")
        amount = f"{minor // 100:,}.{minor % 100:02d}"
        lines.append(f"  {word}  {plan}-{who}  {amount}  {way}=BALANCED  plan={plan}")
    lines += ["  close", f"  decide  CORRECT_NAV  BALANCED  session={MONDAY}  nav={right}",
              "  close", "  close", "", "then", "  replay  journal", ""]  # fmt: skip
    return HEAD + "\n".join(lines)


def booked(stage: Stage) -> tuple[list[CorrectionFill], NavErrorBooked]:
    fills: list[CorrectionFill] = []
    ends: list[NavErrorBooked] = []
    for desk in ("plan", "fund"):
        for partition in range(stage.gateway.topology.partitions(desk)):
            for record in stage.log.records(*journal_of(desk, partition)):
                events = stage.messages.decided(record.value)[1]
                fills += [event for event in events if isinstance(event, CorrectionFill)]
                ends += [event for event in events if isinstance(event, NavErrorBooked)]
    (end,) = ends
    return fills, end


def computed(error: SessionError, side: Side) -> dict[tuple[str, str], tuple[int, int, bool]]:
    return {
        (each.plan_id, each.participant): (
            each.units_change, each.minor_change, each.corrected
        )
        for each in error.accounts
        if each.side is side and (each.units_change or each.minor_change)
    }  # fmt: skip


def account_rows(fills: list[CorrectionFill], side: Side) -> dict[tuple[str, str], tuple[int, int]]:
    found: dict[tuple[str, str], tuple[int, int]] = {}
    for fill in fills:
        rows = zip(fill.plan.tolist(), fill.participant.tolist(), fill.units_due.tolist(),
                   fill.minor_due.tolist(), strict=True)  # fmt: skip
        for plan, who, units, minor in rows:
            if bool(units) == (side is Side.PURCHASE):
                found[fill.plans[plan], token(who)] = (units, minor)
    return found


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ORDERS, st.integers(950, 1050).filter(lambda nav: abs(nav - 1000) > 5))
def test_accounts_and_fund_get_what_the_command_said_before_it_was_booked(
    orders: list[tuple[bool, int, str, int]], correct: int
) -> None:
    right = f"{correct // 100}.{correct % 100:02d}"

    async def compare() -> None:
        whole = text(orders, right)
        before = await played(parse(whole[: whole.rindex("  decide")] + "\nthen\n  only  nav\n",
                                    "before")[0])  # fmt: skip
        told = await nav_error(
            before.log, before.gateway, "BALANCED", {MONDAY: Correct(correct, 2)}
        )
        (error,) = told.sessions
        stage = await played(parse(whole, "booked")[0])
        assert await stage.broken_laws() == []
        fills, end = booked(stage)
        for side in Side:
            want = {key: row[:2] for key, row in computed(error, side).items()}
            assert account_rows(fills, side) == want
        assert end.units_change == sum(row.units for row in told.bookings)
        paid = sum(max(0, a.minor_change) for a in error.accounts if a.corrected)
        recovered = sum(max(0, -a.minor_change) for a in error.accounts if a.corrected)
        assert end.paid_out_minor == paid
        assert end.paid_in_minor == recovered + told.owed_if_recovered_minor

    asyncio.run(compare())


GATE = """  gate          BALANCED  policy=CARRY  pricing={pricing}  early_deduction=3%
  gate_cap      BALANCED  1%  period=DEALING_DAY  basis=NAV
"""


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    ORDERS, st.integers(950, 1050).filter(lambda nav: abs(nav - 1000) > 5),
    st.sampled_from(["PER_TRANCHE", "ONE_NAV"]),
)  # fmt: skip
def test_what_a_gate_let_out_is_booked_as_the_command_says(
    orders: list[tuple[bool, int, str, int]], correct: int, pricing: str
) -> None:
    # Ten times as much, so that the gate binds; young units that leave pay a deduction.
    orders = [(buys, who, plan, minor * 10) for buys, who, plan, minor in orders]
    right = f"{correct // 100}.{correct % 100:02d}"
    gated = text(orders, right).replace(
        "  plan          PLAN_A", GATE.format(pricing=pricing) + "  plan          PLAN_A", 1
    )
    bought = "  contribution  PLAN_A-0  50,000.00  into=BALANCED  plan=PLAN_A\n"
    whole = gated.replace("when\n  close\n", f"when\n{bought}  close\n", 1)

    async def compare() -> None:
        at = whole.rindex("  decide")
        before = await played(parse(f"{whole[:at]}  close\n\nthen\n  only  nav\n", "before")[0])
        told = await nav_error(
            before.log, before.gateway, "BALANCED", {MONDAY: Correct(correct, 2)}
        )
        (error,) = told.sessions
        stage = await played(parse(whole, "booked")[0])
        assert await stage.broken_laws() == []
        fills, end = booked(stage)
        for side in Side:
            want = {key: row[:2] for key, row in computed(error, side).items()}
            assert account_rows(fills, side) == want
        paid = sum(max(0, a.minor_change) for a in error.accounts if a.corrected)
        recovered = sum(max(0, -a.minor_change) for a in error.accounts if a.corrected)
        assert end.paid_out_minor == paid
        assert end.paid_in_minor == recovered + told.owed_if_recovered_minor

    asyncio.run(compare())
