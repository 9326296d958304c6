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
    Side,
    contributed_to,
    is_at_will,
    is_blacked_out,
    is_closed,
    is_qualified,
    mapped_to,
    may_trade,
    within,
)
from gateway.core.line_eligibility import purchase_faults
from gateway.core.orders import OrderBatch
from gateway.core.refusals import bits
from gateway.core.vocabulary import I32, I64, MONEY_SOURCES, NOTHING, OrderKind, RejectCode

Bools = npt.NDArray[np.bool_]
RANKS = tuple(Qualification)


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
    moved = [(at, plan) for at, plan in plans if plan is not None and _moves(plan, batch, on)]
    if not moved:
        return batch, asked
    funds = list(batch.funds)
    goes = np.tile(np.append(np.arange(len(funds)), NOTHING), (len(plans), 1)).astype(np.int32)
    for at, plan in moved:
        for slot, name in enumerate(batch.funds):
            into = contributed_to(plan.mappings, plan.blackouts, name, plan.liquid_fund, on)
            if into not in funds:
                funds.append(into)
            goes[at, slot] = slot if into == name else funds.index(into)
    into_fund = goes[batch.plan, batch.buy_fund]
    elsewhere = into_fund != batch.buy_fund
    if not elsewhere.any():
        return batch, asked
    asked[elsewhere] = batch.buy_fund[elsewhere]
    return replace(batch, funds=tuple(funds), buy_fund=into_fund), asked


def _moves(plan: PlanTerms, batch: OrderBatch, on: date) -> bool:
    """Whether a plan of the sender's has what may send contributions elsewhere on a session."""
    return plan.recordkeeper == batch.sender and (_is_mapped(plan, on) or _is_dark(plan, on))


def _is_mapped(plan: PlanTerms | None, on: date) -> bool:
    return plan is not None and any(each.first <= on for each in plan.mappings)


def _is_dark(plan: PlanTerms | None, on: date) -> bool:
    """Whether some blackout of a plan is on."""
    return plan is not None and any(within(b.first, b.last, on) for b in plan.blackouts)


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
    first = np.array([_fund_bits(fund, batch.currency) for fund in funds] + [0], np.int64)
    sells = np.tile(first, (len(plans), 1))
    sells |= np.array([_plan_bits(plan, batch.sender) for plan in plans], np.int64)[:, None]
    buys = sells.copy()
    missing = bits(RejectCode.UNKNOWN_FUND)
    for table, has in (
        (sells, batch.kind is not OrderKind.CONTRIBUTION),
        (buys, batch.kind is not OrderKind.DISTRIBUTION),
    ):
        wrong = slice(-1, None) if has else slice(None, -1)
        table[:, wrong] |= missing
    kept = [plan if mine else None for plan, mine in zip(plans, own.tolist(), strict=True)]
    _state_funds(kept, funds, on, (sells, buys))
    _state_plans(book, kept, funds, on, (sells, buys))
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


def _state_funds(
    own: Sequence[PlanTerms | None],
    funds: Sequence[FundTerms | None],
    on: date,
    tables: tuple[I64, I64],
) -> None:
    """Add what funds state, to the rows of plans that the sender keeps."""
    sells, buys = tables
    mine = np.array([plan is not None for plan in own], np.bool_)[:, None]
    for table, side, why in (
        (sells, Side.SALES, RejectCode.SUSPENDED),
        (buys, Side.PURCHASES, RejectCode.CLOSED_TO_PURCHASES),
    ):
        shut = [f is not None and is_closed(f.closed, side, on) for f in funds]
        if any(shut):
            table[mine & np.array([*shut, False], np.bool_)] |= bits(why)
    needed = np.array([0 if f is None else RANKS.index(f.qualification) for f in funds] + [0])
    if needed.any():
        met = np.array(
            [
                [p is not None and is_qualified(rank, p.qualifications, on) for rank in RANKS]
                for p in own
            ],
            np.bool_,
        )
        buys[mine & ~met[:, needed]] |= bits(RejectCode.NOT_ELIGIBLE)


def _state_plans(
    book: Book,
    own: Sequence[PlanTerms | None],
    funds: Sequence[FundTerms | None],
    on: date,
    tables: tuple[I64, I64],
) -> None:
    """Add what plans of the sender's state: their funds, and when agreements are in force."""
    none, (sells, buys) = bits(RejectCode.NO_AGREEMENT), tables
    names = [None if fund is None else fund.fund_id for fund in funds]
    private = np.flatnonzero([fund is not None and fund.alternative for fund in funds])
    stated = {name: _states(book.funds.get(name)) for name in {p.liquid_fund for p in own if p}}
    for at, plan in enumerate(own):
        if plan is None:
            continue
        dated = {each.fund_id for each in plan.agreements}
        for slot, name in enumerate(names):
            if name is None or (name in plan.funds and name not in dated):
                continue
            known = name in plan.funds
            for table, buys_it in ((sells, False), (buys, True)):
                if not (known and may_trade(plan.agreements, name, on, buys=buys_it)):
                    table[at, slot] |= none
        liquid = book.funds.get(plan.liquid_fund)
        if liquid is not None and (plan.agreements or stated[plan.liquid_fund]):
            buys[at, private] |= purchase_faults(plan, liquid, on)


def _states(fund: FundTerms | None) -> bool:
    """Whether a fund states what may keep investors out."""
    return fund is not None and (bool(fund.closed) or fund.qualification is not RANKS[0])


def _blackouts(
    book: Book,
    batch: OrderBatch,
    own: Sequence[PlanTerms | None],
    funds: Sequence[FundTerms | None],
    on: date,
) -> Bools | None:
    """Where a sale, then where a purchase, is stopped; a purchase may end in the liquid option."""
    if batch.kind is OrderKind.CONTRIBUTION or not any(_is_dark(plan, on) for plan in own):
        return None
    found = np.zeros((2, len(own), len(funds) + 1), np.bool_)
    for at, plan in enumerate(own):
        if plan is None or not _is_dark(plan, on):
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
    if batch.kind is not OrderKind.EXCHANGE or not any(_is_mapped(plan, on) for plan in own):
        return None
    itself = np.append(np.arange(len(batch.funds)), NOTHING)
    leads = np.tile(itself, (len(own), 1)).astype(np.int32)
    for at, plan in enumerate(own):
        for name in () if plan is None else {each.from_fund for each in plan.mappings}:
            assert plan is not None
            into = mapped_to(plan.mappings, name, on)
            # A fund that no line names is nobody's purchase.
            if name in batch.funds and into in batch.funds:
                leads[at, batch.funds.index(name)] = batch.funds.index(into)
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
