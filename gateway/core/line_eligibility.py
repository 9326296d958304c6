"""Which reasons the terms of plan and fund give against one order line, said plainly.

This is the exact and simple form, a line at a time; the plan desk has it in columns. The laws
and the tests compare the two.

Not here: the single rules (`eligibility`), units and limits.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from gateway.core.book import FundTerms, PlanTerms
from gateway.core.eligibility import (
    Side,
    follows_mapping,
    is_blacked_out,
    is_closed,
    is_qualified,
    is_too_small,
    may_trade,
)
from gateway.core.refusals import bits
from gateway.core.vocabulary import OrderKind, RejectCode


def purchase_faults(plan: PlanTerms, fund: FundTerms, on: date) -> int:
    """Why a plan may not buy a fund on a session, as a set of reject codes; 0 if it may.

    Source: domain.md §1.1, §1.5.
    """
    found = 0
    if not may_trade(plan.agreements, fund.fund_id, on, buys=True):
        found |= bits(RejectCode.NO_AGREEMENT)
    if not is_qualified(fund.qualification, plan.qualifications, on):
        found |= bits(RejectCode.NOT_ELIGIBLE)
    if is_closed(fund.closed, Side.PURCHASES, on):
        found |= bits(RejectCode.CLOSED_TO_PURCHASES)
    return found


def sale_faults(plan: PlanTerms, fund: FundTerms, on: date) -> int:
    """Why a plan may not sell a fund on a session, as a set of reject codes; 0 if it may.

    Who may not buy any more may still sell.

    Source: domain.md §1.1, §1.5.
    """
    found = 0
    if not may_trade(plan.agreements, fund.fund_id, on, buys=False):
        found |= bits(RejectCode.NO_AGREEMENT)
    if is_closed(fund.closed, Side.SALES, on):
        found |= bits(RejectCode.SUSPENDED)
    return found


def trade_faults(
    plan: PlanTerms,
    funds: Mapping[str, FundTerms],
    kind: OrderKind,
    legs: tuple[str, str],
    on: date,
) -> int:
    """Why an order line may not trade on a session, by its plan's and funds' terms.

    A purchase of alternatives may end in the plan's liquid option, so that one must be open too.

    Args:
        plan: The plan's terms.
        funds: Terms by fund; a fund that is not there has none against it.
        kind: What the order does.
        legs: Fund sold and fund bought, empty where the kind has no such leg.
        on: The session whose NAV the line gets.

    Returns:
        A set of reject codes, see `refusals`; 0 if it may.

    Source: domain.md §1.1, §1.5, §6.2.
    """
    sold, bought = legs
    found, touched = 0, {name for name in legs if name in funds}
    if sold in funds:
        found |= sale_faults(plan, funds[sold], on)
    if bought in funds:
        found |= purchase_faults(plan, funds[bought], on)
        if funds[bought].alternative and plan.liquid_fund in funds:
            touched.add(plan.liquid_fund)
            found |= purchase_faults(plan, funds[plan.liquid_fund], on)
    stopped = any(is_blacked_out(plan.blackouts, kind, name, on) for name in touched)
    follows = kind is OrderKind.EXCHANGE and follows_mapping(plan.mappings, sold, bought, on)
    if stopped and not follows and kind is not OrderKind.CONTRIBUTION:
        found |= bits(RejectCode.BLACKOUT)
    return found


def is_below_minimum(
    plan: PlanTerms, fund: FundTerms | None, legs: tuple[str, str], amount_minor: int, on: date
) -> bool:
    """Whether a purchase at will is below the fund's minimum; never one that follows a mapping.

    Source: domain.md §1.5 (MIN_AMOUNT).
    """
    if fund is None or follows_mapping(plan.mappings, *legs, on):
        return False
    return is_too_small(amount_minor, fund.minimum_purchase_minor)
