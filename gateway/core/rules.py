"""The rulebook: every rule of the trade that the core knows, with the words for it.

`gateway rules` shows it, and `docs/rules.md` is written from it. A function of a rule module
whose docstring names a source is a rule and stands here; what a rule module has beside rules
is named in `TOOLS`.

Not here: what a rule is made of (`rule`), the laws of the gateway (`laws`), what a desk
decides for itself.
"""

from __future__ import annotations

from gateway.core import (
    accounts,
    breach_reports,
    calls,
    capital_returns,
    cash_needs,
    corrections,
    dilution,
    eligibility,
    equalization,
    expense_caps,
    fee_bases,
    fees,
    gates,
    glide_path,
    identifiers,
    income,
    limits,
    line_eligibility,
    line_limits,
    lineage,
    liquidity,
    money,
    nav,
    netting,
    performance_fees,
    performance_periods,
    redemption_needs,
    redemption_queue,
    repurchases,
    rules_of_funds,
    rules_of_orders,
    rules_of_vehicles,
    sessions,
)
from gateway.core.rule import Rule

RULES: tuple[Rule, ...] = (
    *rules_of_orders.CALENDARS,
    *rules_of_orders.ORDERS,
    *rules_of_orders.ELIGIBILITY,
    *rules_of_orders.LIMITS,
    *rules_of_funds.VALUATION,
    *rules_of_funds.PRICES,
    *rules_of_funds.FEES,
    *rules_of_vehicles.LIQUIDITY,
    *rules_of_vehicles.REPURCHASES,
    *rules_of_vehicles.CAPITAL,
    *rules_of_orders.SETTLEMENT,
    *rules_of_orders.MONEY,
)
"""Every rule, area by area."""

RULE_MODULES = (
    accounts, breach_reports, calls, capital_returns, cash_needs, corrections, dilution,
    eligibility, equalization, expense_caps, fee_bases, fees, gates, glide_path, identifiers,
    income, limits, line_eligibility, line_limits, lineage, liquidity, money, nav, netting,
    performance_fees, performance_periods, redemption_needs, redemption_queue, repurchases,
    sessions,
)  # fmt: skip
"""The modules of the core that hold rules."""

TOOLS = frozenset(
    {
        "accounts.grown",
        "breach_reports.bank_day_from",
        "breach_reports.bank_days_after",
        "breach_reports.is_bank_day",
        "expense_caps.lower",
        "eligibility.within",
        "calls.interest_inside",
        "line_limits.hold_lines_reference",
        "money.ceil_div",
        "money.fits_int64",
        "money.floor_div",
        "money.format_amount",
        "money.format_scaled",
        "money.parse_amount",
        "netting.in_its_direction",
        "performance_periods.opened",
        "sessions.micros",
    }
)
"""Public functions of these modules that are no rules: arithmetic, reading, writing."""
