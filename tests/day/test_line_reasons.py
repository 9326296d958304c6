"""Every reason against a line, in columns, is what the rules say of the line taken alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core.book import FundTerms, PlanTerms
from gateway.core.eligibility import (
    Agreement,
    Blackout,
    ClosedPeriod,
    FundMapping,
    PlanQualification,
    Qualification,
    Side,
    contributed_to,
    follows_mapping,
    is_at_will,
    is_too_small,
)
from gateway.core.line_eligibility import trade_faults
from gateway.core.orders import HoldingsBatch, OrderBatch
from gateway.core.refusals import bits, codes_in
from gateway.core.vocabulary import MONEY_SOURCES, OrderKind, RejectCode
from gateway.desks.plan_dating import part_of
from gateway.desks.plan_evolve import evolve
from gateway.desks.plan_state import PlanState, Price, epoch_day
from tests.day.market_day import book

DAY = date(2026, 11, 24)
DAYS = st.sampled_from([DAY - timedelta(days=1), DAY, DAY + timedelta(days=1)])
FUNDS = ("TDF_2045", "MA_ALT", "LIQ", "NEW_ALT")
PLANS = ("PLN-1", "PLN-3", "NOWHERE")
NAMED = (*FUNDS, "NO_FUND")
PEOPLE = {11: "PLN-1", 12: "PLN-1", 31: "PLN-3"}
HELD = {11: 100_0000, 12: 10_0000, 31: 50_0000}
"""Units of TDF_2045 at 10.00 each, by token."""
NAV = 10_0000


def spans() -> st.SearchStrategy[tuple[date, date]]:
    return st.tuples(DAYS, DAYS).map(lambda both: (min(both), max(both)))


@st.composite
def funds(draw: st.DrawFn) -> dict[str, FundTerms]:
    liquid = {fund.fund_id: fund for fund in book().funds}
    liquid["NEW_ALT"] = replace(liquid["MA_ALT"], fund_id="NEW_ALT")
    least = st.sampled_from([0, 0, 500_00])
    return {
        name: replace(
            fund,
            currency=draw(st.sampled_from(["USD", "USD", "USD", "EUR"])),
            qualification=draw(st.sampled_from(Qualification)),
            minimum_purchase_minor=draw(least),
            minimum_sale_minor=draw(least),
            closed=tuple(
                ClosedPeriod(draw(st.sampled_from(Side)), *draw(spans()))
                for _ in range(draw(st.integers(0, 1)))
            ),
        )
        for name, fund in liquid.items()
    }


@st.composite
def plans(draw: st.DrawFn) -> dict[str, PlanTerms]:
    usual = {plan.plan_id: plan for plan in book().plans}
    some, one = st.lists(st.sampled_from(FUNDS), unique=True, max_size=3), st.sampled_from(FUNDS)
    few = st.integers(0, 2)
    return {
        name: replace(
            usual[name],
            funds=tuple(draw(st.lists(one, unique=True, min_size=2))),
            agreements=tuple(Agreement(draw(one), *draw(spans())) for _ in range(draw(few))),
            qualifications=tuple(
                PlanQualification(draw(st.sampled_from(Qualification)), *draw(spans()))
                for _ in range(draw(few))
            ),
            blackouts=tuple(
                Blackout(
                    *draw(spans()), tuple(draw(some)),
                    tuple(draw(st.lists(st.sampled_from(OrderKind), unique=True))),
                )
                for _ in range(draw(few))
            ),
            mappings=tuple(
                FundMapping(draw(one), draw(one), draw(DAYS)) for _ in range(draw(few))
            ),
        )
        for name in ("PLN-1", "PLN-3")
    }  # fmt: skip


Row = tuple[int, int, int, int, int, int, int]


@st.composite
def batches(draw: st.DrawFn) -> OrderBatch:
    leg = st.integers(-1, len(NAMED) - 1)
    amounts = st.sampled_from([-1, 0, 1, 94_99, 95_00, 95_01, 499_99, 500_00, 900_00])
    row = st.tuples(
        st.integers(0, 2), st.sampled_from([*PEOPLE, 99]), st.integers(0, len(MONEY_SOURCES) - 1),
        leg, leg, amounts, st.integers(-1, 1),
    )  # fmt: skip
    rows: list[Row] = draw(st.lists(row, min_size=1, max_size=25))
    plan, who, source, sell, buy, amount, at = zip(*rows, strict=True)
    n = len(rows)
    return OrderBatch(
        draw(st.sampled_from(["RK_A", "RK_B"])), "B1", DAY, draw(st.sampled_from(OrderKind)), "USD",
        PLANS, NAMED, np.arange(n, dtype=np.int32), np.array(plan, np.int32),
        np.array(who, np.int64), np.array(source, np.int8), np.array(sell, np.int32),
        np.array(buy, np.int32), np.array(amount, np.int64), np.array(at, np.int64),
    )  # fmt: skip


def state_of(some_plans: dict[str, PlanTerms], some_funds: dict[str, FundTerms]) -> PlanState:
    state = PlanState(session=DAY)
    state.book.plans.update(some_plans)
    state.book.funds.update(some_funds)
    state.plan_slots.update({name: at for at, name in enumerate(some_plans)})
    state.fund_slots.update({name: at for at, name in enumerate(some_funds)})
    state.prices.update({name: Price(NAV, 4, 4) for name in some_funds})
    state.plan_total, state.plan_alternative = np.zeros(2, np.int64), np.zeros(2, np.int64)
    names = tuple(some_plans)
    evolve(state, HoldingsBatch(
        "RK_A", "H1", DAY, names, ("TDF_2045",),
        np.array([names.index(plan) for plan in PEOPLE.values()], np.int32),
        np.array(list(PEOPLE), np.int64), np.zeros(len(PEOPLE), np.int32),
        np.array(list(HELD.values()), np.int64),
    ))  # fmt: skip
    return state


def plainly(state: PlanState, batch: OrderBatch, row: int, trade_day: int) -> tuple[str, int]:
    """The fund a line buys, and every reason against it, one rule after the other."""
    book_of, kind = state.book, batch.kind
    plan_id, who = PLANS[batch.plan[row]], int(batch.participant[row])
    plan = book_of.plans.get(plan_id)
    sell, buy = (NAMED[leg[row]] if leg[row] >= 0 else "" for leg in (batch.sell_fund,
                                                                      batch.buy_fund))  # fmt: skip
    amount = int(batch.amount_minor[row])
    found = 0 if amount > 0 else bits(RejectCode.NEGATIVE_AMOUNT)
    if trade_day < epoch_day(DAY):
        found |= bits(RejectCode.AS_OF_REQUIRED)
    own = plan is not None and plan.recordkeeper == batch.sender
    if plan is None:
        found |= bits(RejectCode.UNKNOWN_PLAN)
    elif not own:
        found |= bits(RejectCode.NOT_THE_RECORDKEEPER)
    elif kind is OrderKind.CONTRIBUTION and buy:
        buy = contributed_to(plan.mappings, plan.blackouts, buy, plan.liquid_fund, DAY)
    if bool(sell) is (kind is OrderKind.CONTRIBUTION) or (
        bool(buy) is (kind is OrderKind.DISTRIBUTION)
    ):
        found |= bits(RejectCode.UNKNOWN_FUND)
    for name in filter(None, (sell, buy)):
        if name not in book_of.funds:
            found |= bits(RejectCode.UNKNOWN_FUND)
        elif book_of.funds[name].currency != batch.currency:
            found |= bits(RejectCode.CURRENCY)
    if plan is None or not own:
        return buy, found
    known = [name for name in (sell, buy) if name in book_of.funds]
    if any(name not in plan.funds for name in known):
        found |= bits(RejectCode.NO_AGREEMENT)
    if PEOPLE.get(who, plan_id) != plan_id or (
        kind is not OrderKind.CONTRIBUTION and who not in PEOPLE
    ):
        found |= bits(RejectCode.UNKNOWN_PARTICIPANT)
    found |= trade_faults(plan, book_of.funds, kind, (sell, buy), DAY)
    follows = kind is OrderKind.EXCHANGE and follows_mapping(plan.mappings, sell, buy, DAY)
    if not follows and small(state, batch, row, (sell, buy)):
        found |= bits(RejectCode.MIN_AMOUNT)
    return buy, found


def small(state: PlanState, batch: OrderBatch, row: int, legs: tuple[str, str]) -> bool:
    terms, amount = state.book.funds, int(batch.amount_minor[row])
    sold, bought = legs
    at_will = is_at_will(batch.kind, MONEY_SOURCES[batch.money_source[row]])
    who = int(batch.participant[row])
    units = HELD.get(who, 0) if sold == "TDF_2045" else 0
    sellable = units * NAV * 95 // 100 // 10**6 if who in PEOPLE else None
    below = False
    if bought in terms and batch.kind is not OrderKind.DISTRIBUTION and at_will:
        below |= is_too_small(amount, terms[bought].minimum_purchase_minor)
    if sold in terms and batch.kind is not OrderKind.CONTRIBUTION:
        below |= is_too_small(amount, terms[sold].minimum_sale_minor, sellable)
    return below


@settings(max_examples=400, deadline=None)
@given(plans(), funds(), batches())
def test_reasons_in_columns_are_those_of_each_line_alone(
    some_plans: dict[str, PlanTerms], some_funds: dict[str, FundTerms], batch: OrderBatch
) -> None:
    state = state_of(some_plans, some_funds)
    trade_days = epoch_day(DAY) + batch.received_at
    part = part_of(state, batch, DAY, trade_days)
    names = (*part.lines.funds, "")
    for row, reasons in enumerate(part.reasons.tolist()):
        bought, wanted = plainly(state, batch, row, int(trade_days[row]))
        assert codes_in(reasons) == codes_in(wanted), row
        assert names[part.lines.buy_fund[row]] == bought
        elsewhere = bought != (*NAMED, "")[batch.buy_fund[row]]
        assert part.asked_fund[row] == (batch.buy_fund[row] if elsewhere else -1)


@settings(max_examples=60, deadline=None)
@given(plans(), funds(), batches(), st.integers(0, 25))
def test_l4_reasons_do_not_depend_on_where_a_batch_is_cut(
    some_plans: dict[str, PlanTerms], some_funds: dict[str, FundTerms], batch: OrderBatch, cut: int
) -> None:
    state = state_of(some_plans, some_funds)
    trade_days = epoch_day(DAY) + batch.received_at
    whole = part_of(state, batch, DAY, trade_days)
    parts = []
    for rows in (slice(0, cut), slice(cut, None)):
        piece = replace(batch, **{
            name: getattr(batch, name)[rows]
            for name in ("line", "plan", "participant", "money_source", "sell_fund", "buy_fund",
                         "amount_minor", "received_at")
        })  # fmt: skip
        parts.append(part_of(state, piece, DAY, trade_days[rows]))
    assert [r for part in parts for r in part.reasons.tolist()] == whole.reasons.tolist()
