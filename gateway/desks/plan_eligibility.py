"""What the terms of plans and funds give against the lines of a batch, in columns.

Terms are looked up once for each plan and fund of the batch, and of those only where something
is stated; a line then costs two look-ups in a table. Contributions into a fund that another
takes the place of are sent there first, so that everything after sees the fund they buy.

Not here: the rules (`core.eligibility`), units and limits (`plan_orders`).
Source: domain.md §1.1, §1.5, §6.2. Law: L4 (asked for the session whose NAV a line gets).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import numpy.typing as npt

from gateway.core.book import Book, FundTerms, PlanTerms
from gateway.core.eligibility import (
    Qualification,
    contributed_to,
    is_at_will,
    is_blacked_out,
    mapped_to,
)
from gateway.core.line_eligibility import purchase_faults, sale_faults
from gateway.core.orders import OrderBatch
from gateway.core.refusals import bits
from gateway.core.vocabulary import I32, I64, MONEY_SOURCES, NOTHING, OrderKind, RejectCode

Bools = npt.NDArray[np.bool_]


def redirected(book: Book, batch: OrderBatch, on: date) -> tuple[OrderBatch, I32]:
    """The batch as it buys, and the fund asked for where that is another one; -1 elsewhere.

    Args:
        book: The book in force.
        batch: The lines.
        on: The session whose NAV they get.
    """
    asked = np.full(len(batch.line), NOTHING, np.int32)
    if batch.kind is not OrderKind.CONTRIBUTION:
        return batch, asked
    plans = [(at, book.plans.get(name)) for at, name in enumerate(batch.plans)]
    moved = [(at, plan) for at, plan in plans if plan is not None and _moves(plan, batch)]
    if not moved:
        return batch, asked
    funds = list(batch.funds)
    goes = np.tile(np.append(np.arange(len(funds)), NOTHING), (len(plans), 1)).astype(np.int32)
    for at, plan in moved:
        for slot, name in enumerate(batch.funds):
            into = contributed_to(plan.mappings, plan.blackouts, name, plan.liquid_fund, on)
            if into not in funds:
                funds.append(into)
            goes[at, slot] = funds.index(into)
    into_fund = goes[batch.plan, batch.buy_fund]
    elsewhere = into_fund != batch.buy_fund
    if not elsewhere.any():
        return batch, asked
    asked[elsewhere] = batch.buy_fund[elsewhere]
    return replace(batch, funds=tuple(funds), buy_fund=into_fund), asked


def _moves(plan: PlanTerms, batch: OrderBatch) -> bool:
    """Whether a plan of the sender's has what may send contributions elsewhere."""
    return plan.recordkeeper == batch.sender and bool(plan.mappings or plan.blackouts)


@dataclass(frozen=True, slots=True)
class Pairs:
    """Reasons by plan and fund of a batch; the last column answers for -1, no such leg.

    Attributes:
        own: Shape (plans,): plans that the sender keeps.
        sells: Shape (plans, funds + 1): sets of reject codes against selling.
        buys: The same against buying.
        stopped: Shape (2, plans, funds + 1): where a blackout stops sales, then purchases, of
            the batch's kind; None if nowhere.
        leads: Of exchanges, the index of the fund that has taken a fund's place, else the
            fund's own; None if no plan has mappings.
    """

    own: Bools
    sells: I64
    buys: I64
    stopped: Bools | None
    leads: I32 | None


def pairs_of(book: Book, batch: OrderBatch, on: date) -> Pairs:
    """What the book says of each plan and fund of a batch, for a session."""
    plans = [book.plans.get(name) for name in batch.plans]
    funds = [book.funds.get(name) for name in batch.funds]
    own = np.array([p is not None and p.recordkeeper == batch.sender for p in plans], np.bool_)
    of_fund = np.array([_fund_bits(fund, batch.currency) for fund in funds] + [0], np.int64)
    sells = np.tile(of_fund, (len(plans), 1))
    for at, plan in enumerate(plans):
        sells[at] |= _plan_bits(plan, batch.sender)
    buys = sells.copy()
    missing = bits(RejectCode.UNKNOWN_FUND)
    for table, has in (
        (sells, batch.kind is not OrderKind.CONTRIBUTION),
        (buys, batch.kind is not OrderKind.DISTRIBUTION),
    ):
        wrong = slice(-1, None) if has else slice(None, -1)
        table[:, wrong] |= missing
    dated = [fund is not None and _is_dated(fund) for fund in funds]
    for at, plan in enumerate(plans):
        if plan is not None and own[at]:
            _stated(book, plan, funds, dated, on, (sells[at], buys[at]))
    kept = [plan if mine else None for plan, mine in zip(plans, own.tolist(), strict=True)]
    stopped = _blackouts(book, batch, kept, funds, on)
    return Pairs(own, sells, buys, stopped, _leads(batch, kept, on))


def _fund_bits(fund: FundTerms | None, currency: str) -> int:
    if fund is None:
        return bits(RejectCode.UNKNOWN_FUND)
    return 0 if fund.currency == currency else bits(RejectCode.CURRENCY)


def _plan_bits(plan: PlanTerms | None, sender: str) -> int:
    if plan is None:
        return bits(RejectCode.UNKNOWN_PLAN)
    return 0 if plan.recordkeeper == sender else bits(RejectCode.NOT_THE_RECORDKEEPER)


def _is_dated(fund: FundTerms) -> bool:
    """Whether a fund states what may keep investors out."""
    return bool(fund.closed) or fund.qualification is not Qualification.NONE


def _stated(
    book: Book,
    plan: PlanTerms,
    funds: Sequence[FundTerms | None],
    dated: Sequence[bool],
    on: date,
    rows: tuple[I64, I64],
) -> None:
    """Add what a plan and the funds it may trade state, to the plan's rows of the tables."""
    sells, buys = rows
    allowed, none = set(plan.funds), bits(RejectCode.NO_AGREEMENT)
    for slot, fund in enumerate(funds):
        if fund is None:
            continue
        if fund.fund_id not in allowed:
            sells[slot] |= none
            buys[slot] |= none
        if plan.agreements or dated[slot]:
            sells[slot] |= sale_faults(plan, fund, on)
            buys[slot] |= purchase_faults(plan, fund, on)
    liquid = book.funds.get(plan.liquid_fund)
    if liquid is not None and (plan.agreements or _is_dated(liquid)):
        shut = purchase_faults(plan, liquid, on)
        for slot, fund in enumerate(funds):
            buys[slot] |= shut if fund is not None and fund.alternative else 0


def _blackouts(
    book: Book,
    batch: OrderBatch,
    own: Sequence[PlanTerms | None],
    funds: Sequence[FundTerms | None],
    on: date,
) -> Bools | None:
    """Where a sale, then where a purchase, is stopped; a purchase may end in the liquid option."""
    if batch.kind is OrderKind.CONTRIBUTION or not any(plan and plan.blackouts for plan in own):
        return None
    found = np.zeros((2, len(own), len(funds) + 1), np.bool_)
    for at, plan in enumerate(own):
        if plan is None or not plan.blackouts:
            continue
        liquid = plan.liquid_fund in book.funds and is_blacked_out(
            plan.blackouts, batch.kind, plan.liquid_fund, on
        )
        for slot, fund in enumerate(funds):
            if fund is not None:
                stopped = is_blacked_out(plan.blackouts, batch.kind, fund.fund_id, on)
                found[:, at, slot] = stopped, stopped or (liquid and fund.alternative)
    return found


def _leads(batch: OrderBatch, own: Sequence[PlanTerms | None], on: date) -> I32 | None:
    if batch.kind is not OrderKind.EXCHANGE or not any(plan and plan.mappings for plan in own):
        return None
    itself = np.append(np.arange(len(batch.funds)), NOTHING)
    leads = np.tile(itself, (len(own), 1)).astype(np.int32)
    for at, plan in enumerate(own):
        if plan is None or not plan.mappings:
            continue
        for slot, name in enumerate(batch.funds):
            into = mapped_to(plan.mappings, name, on)
            # A fund that no line names is nobody's purchase.
            leads[at, slot] = batch.funds.index(into) if into in batch.funds else slot
    return leads


def along_mapping(pairs: Pairs, batch: OrderBatch) -> Bools:
    """Exchanges of units out of a fund into the one that has taken its place."""
    if pairs.leads is None:
        return np.zeros(len(batch.line), np.bool_)
    into = pairs.leads[batch.plan, batch.sell_fund]
    along: Bools = (into == batch.buy_fund) & (into != batch.sell_fund)
    return along


def below_purchase_minimum(book: Book, batch: OrderBatch) -> Bools | None:
    """Purchases at will of less than the fund's minimum; None if no fund has one."""
    least = _minimums(book, batch, "minimum_purchase_minor")
    if not least.any() or batch.kind is OrderKind.DISTRIBUTION:
        return None
    at_will = np.array([is_at_will(batch.kind, source) for source in MONEY_SOURCES], np.bool_)
    low: Bools = (batch.amount_minor > 0) & (batch.amount_minor < least[batch.buy_fund])
    return low & at_will[batch.money_source]


def below_sale_minimum(book: Book, batch: OrderBatch) -> tuple[Bools, I64] | None:
    """Sales of less than the fund's minimum, and each line's minimum; None if no fund has one."""
    least = _minimums(book, batch, "minimum_sale_minor")
    if not least.any() or batch.kind is OrderKind.CONTRIBUTION:
        return None
    asked = least[batch.sell_fund]
    return (batch.amount_minor > 0) & (batch.amount_minor < asked), asked


def _minimums(book: Book, batch: OrderBatch, name: str) -> I64:
    funds = [book.funds.get(fund_id) for fund_id in batch.funds]
    return np.array([0 if f is None else getattr(f, name) for f in funds] + [0], np.int64)
