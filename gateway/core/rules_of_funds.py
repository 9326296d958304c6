"""The rules of a fund's price: what it is worth, what it costs, what a wrong price costs.

Not here: the rules of an order's way (`rules_of_orders`), those of vehicles
(`rules_of_vehicles`).
"""

from __future__ import annotations

from gateway.core import (
    dilution,
    expense_caps,
    fee_bases,
    fees,
    glide_path,
    income,
    lineage,
    nav,
    nav_correction,
    performance_fees,
    performance_periods,
    units_roll,
)
from gateway.core.rule import Area, Rule

_PROXY = ("SleeveTerms.proxy_id", "SleeveTerms.beta")
_FEE = ("FundTerms.fees",)
_LINEAGE = ("independent_value_overdue", "lineage_of_a_mark")

VALUATION = (
    Rule(
        "roll-forward of a mark", nav.roll_forward, Area.VALUATION,
        "V × (1 + α + β × (proxy after - before) ÷ before) + calls - distributions - fees, "
        "session by session",
        switch=("FundTerms.sleeves",), terms=_PROXY,
        stories=("held_sessions_rolled_one_by_one",),
    ),
    Rule(
        "expected income", income.daily_income, Area.VALUATION,
        "a year's income × days since the last strike ÷ 365, exact",
        switch=("SleeveTerms.daily_income",), terms=("SleeveTerms.daily_income",),
        stories=("private_credit_income", "real_estate_account"),
    ),
    Rule(
        "target of a glide path", glide_path.target_at, Area.VALUATION,
        "the target of the last step not after the session; before the first, the fund's own",
        switch=("FundTerms.glide_path",), terms=("FundTerms.target",),
        stories=("glide_path_roll",),
    ),
    Rule(
        "true-up", nav.true_up, Area.VALUATION,
        "new mark rolled forward - old mark rolled forward, booked today; no NAV restated",
        switch=("FundTerms.sleeves",), terms=_PROXY,
        twin="gateway.desks.strike_assets.assets_of",
    ),
    Rule(
        "NAV per unit", nav.strike, Area.VALUATION,
        "net assets ÷ units before today's orders, half-up at the NAV's decimals",
        terms=("FundTerms.nav_scale", "FundTerms.unit_scale", "FundTerms.opening_nav"),
        stories=("g14_passive_breach_and_cure",),
    ),
    Rule(
        "tolerance hold", nav.tolerance_breach, Area.VALUATION,
        "|(NAV - previous) ÷ previous - expected| > tolerance",
        terms=("FundTerms.tolerance", "FundTerms.liquid_index", *_PROXY),
    ),
    Rule(
        "stale mark", nav.is_stale, Area.VALUATION,
        "session - measurement date > limit in calendar days",
        switch=("FundTerms.sleeves",), terms=("SleeveTerms.stale_after_days",),
    ),
    Rule(
        "independent value", lineage.is_independent, Area.VALUATION,
        "said to be independent, by a valuer with a name",
        terms=("SleeveTerms.opening_lineage",), stories=_LINEAGE,
    ),
    Rule(
        "independent value overdue", lineage.is_independence_overdue, Area.VALUATION,
        "session - measurement date of the newest independent value > limit in calendar days",
        switch=("SleeveTerms.independent_within_days",),
        terms=("SleeveTerms.independent_within_days",), stories=_LINEAGE,
    ),
    Rule(
        "day a mark was received", lineage.received_date, Area.VALUATION,
        "day of its broker stamp in the calendar's zone", terms=("CalendarTerms.zone",),
        stories=("lineage_of_a_mark",),
    ),
    Rule(
        "units roll", units_roll.units_roll_difference, Area.VALUATION,
        "closing - (opening + subscribed - redeemed); anything but 0 is a hold",
        stories=("units_roll_from_strike_to_strike",),
    ),
    Rule(
        "status of a NAV", nav.status_ladder, Area.VALUATION,
        "held: INDICATIVE; only stale or not independent in time: ESTIMATED; else OFFICIAL, or "
        "CORRECTED if it replaces one",
        stories=("held_nav_released", "held_nav_overridden_later"),
    ),
)  # fmt: skip

PRICES = (
    Rule(
        "dilution of an as-of order", dilution.as_of_dilution, Area.PRICES,
        "units × (NAV processed at - NAV as of), half-up",
        switch=("FundTerms.as_of_sessions",),
    ),
    Rule(
        "NAV error", dilution.classify_error, Area.PRICES,
        "|published - correct| ≥ smallest: an error; ÷ correct ≥ ½ %: material",
        stories=("nav_error_booked", "nav_error_immaterial", "nav_error_refused"),
    ),
    Rule(
        "purchase at a wrong NAV", dilution.reprocess_purchase, Area.PRICES,
        "money ÷ correct NAV - money ÷ published NAV; left alone if worth less than $10",
    ),
    Rule(
        "redemption at a wrong NAV", dilution.reprocess_redemption, Area.PRICES,
        "units × (correct NAV - published NAV); left alone below $10",
    ),
    Rule(
        "effect of an error on its fund", dilution.error_effect, Area.PRICES,
        "gain on purchases + gain on redemptions; a net loss is owed to the fund",
    ),
    Rule(
        "error that is not material", dilution.immaterial_effect, Area.PRICES,
        "net units × (published - correct), half-up; no order is reprocessed",
    ),
    Rule(
        "orders at the correct NAV", nav_correction.due, Area.PRICES,
        "each plan's fill again at it, shared by money; purchases get units, redemptions money",
        stories=("nav_error_booked", "nav_error_too_low"),
    ),
    Rule(
        "what a gate let out at a wrong NAV", nav_correction.paid_change, Area.PRICES,
        "change of the proceeds less the share of it that the fund kept of them, half-up by plan",
        stories=("nav_error_through_a_gate",),
    ),
    Rule(
        "who pays for a wrong NAV", nav_correction.settled, Area.PRICES,
        "overpaid redemptions + units not there to take back + net loss by accounts that are "
        "left; a net gain stays in the fund",
        terms=("FundTerms.nav_error_payer",),
        stories=("nav_error_booked", "nav_error_immaterial", "nav_error_too_low"),
    ),
    Rule(
        "error of several days", dilution.period_effect, Area.PRICES,
        "Σ gains and losses of the days; a net loss is owed to the fund",
    ),
    Rule(
        "swing price", dilution.swing_price, Area.PRICES,
        "NAV × (1 ± factor) for everybody if |net flow| > threshold × net assets",
        switch=("FundTerms.swing",),
        terms=("SwingTerms.threshold", "SwingTerms.factor", "SwingTerms.swings_up"),
        stories=("swing_price_in_the_fund",),
    ),
)  # fmt: skip

_PERFORMANCE = ("FundTerms.performance",)
_FORMULA = (
    "PerformanceFeeTerms.rate", "PerformanceFeeTerms.hurdle", "PerformanceFeeTerms.kind",
    "PerformanceFeeTerms.catch_up", "PerformanceFeeTerms.base",
)  # fmt: skip
_DATED = (
    "PerformanceFeeTerms.crystallizes", "PerformanceFeeTerms.year_end_month",
    "PerformanceFeeTerms.year_end_day",
)  # fmt: skip
_BASE = ("FeeTerms.base",)
_COMMITTED, _GROSS = ("fee_on_committed_capital",), ("fee_on_gross_and_invested",)
_CAP = ("FundTerms.expense_cap",)
_CAPPED = ("ExpenseCap.cap", "ExpenseCap.other", "ExpenseCap.acquired")
_IN_THE_FUND = ("performance_fee_in_the_fund",)
_UNDER_CAP = ("expense_cap_in_the_fund",)

FEES = (
    Rule(
        "base of a fee", fees.BaseFigures.of, Area.FEES,
        "net, gross, committed or invested, at the session before",
        switch=_FEE, terms=_BASE, stories=(*_COMMITTED, *_GROSS),
    ),
    Rule(
        "gross assets", fee_bases.gross_assets, Area.FEES,
        "net assets + management fee owed and not waived (at least 0) + performance fee owed",
        switch=_FEE, terms=_BASE, stories=_GROSS,
    ),
    Rule(
        "committed capital", fee_bases.committed_capital, Area.FEES,
        "Σ commitments of drawdown holdings in force, called or not",
        switch=_FEE, terms=(*_BASE, "CommitmentTerms.commitment_minor"), stories=_COMMITTED,
    ),
    Rule(
        "invested capital at the opening", fee_bases.opening_cost, Area.FEES,
        "called inside and outside - distributed before the opening, at least 0",
        switch=_FEE,
        terms=(*_BASE, "CommitmentTerms.called_inside_minor", "CommitmentTerms.kept_minor"),
        stories=_GROSS,
    ),
    Rule(
        "invested capital after a notice", fee_bases.cost_after, Area.FEES,
        "+ calls, - capital returned by distributions, - principal refunded by a late close, "
        "at least 0; interest of a late close never counts",
        switch=_FEE, terms=_BASE, stories=_GROSS,
    ),
    Rule(
        "payment of a fee", fees.is_paid_between, Area.FEES,
        "what is posted to the end of a month, quarter or year, at the first strike after it",
        switch=_FEE, terms=("FeeTerms.paid_each",),
        stories=("management_fee_in_the_fund", *_COMMITTED),
    ),
    Rule(
        "day count", fees.year_fraction, Area.FEES,
        "ACT/365F: days ÷ 365; ACT/ACT: by the length of each year; 30/360: months of 30 days",
        switch=_FEE, terms=("FeeTerms.day_count",),
    ),
    Rule(
        "management fee accrued", fees.accrued, Area.FEES,
        "Σ base of the session before × rate × days ÷ year, exact",
        switch=_FEE, terms=("FeeTerms.rate", "FeeTerms.day_count", *_BASE),
        stories=("management_fee_in_the_fund",),
    ),
    Rule(
        "cumulative rounding", fees.to_post, Area.FEES,
        "half-up(accrued since it was last paid) - posted so far",
        switch=_FEE, stories=("management_fee_in_the_fund",),
    ),
    Rule(
        "total annual operating expenses", fees.expense_ratio, Area.FEES,
        "management fee + expenses + acquired fund fees, as shares of net assets",
        switch=_CAP, terms=("FeeTerms.rate", "ExpenseCap.other", "ExpenseCap.acquired"),
        stories=_UNDER_CAP,
    ),
    Rule(
        "fee of another base, of net assets", fees.share_of_net, Area.FEES,
        "rate × base ÷ net assets, exact",
        switch=_FEE, terms=("FeeTerms.rate", *_BASE), stories=("rules_fees_and_errors",),
    ),
    Rule(
        "days of a waiver", expense_caps.waived_days, Area.FEES,
        "(expenses - cap) × net assets + a fee of another base, at least 0",
        switch=_CAP, terms=(*_CAPPED, *_BASE), stories=(*_UNDER_CAP, *_COMMITTED),
    ),
    Rule(
        "waiver under an expense cap", fees.waiver, Area.FEES,
        "expenses - cap, at least 0",
        switch=_CAP, terms=_CAPPED, stories=_UNDER_CAP,
    ),
    Rule(
        "expense cap day by day", expense_caps.under_cap, Area.FEES,
        "half-up(waived since the fee was last paid) - posted; below the cap, recapture",
        switch=_CAP, terms=(*_CAPPED, "ExpenseCap.recapture_years"), stories=_UNDER_CAP,
    ),
    Rule(
        "room for recapture", fees.recapture_room, Area.FEES,
        "⌊((lower cap - expenses) × net assets - a fee of another base) × part of a year⌋, "
        "at least 0",
        switch=_CAP, terms=_CAPPED, stories=_UNDER_CAP,
    ),
    Rule(
        "recapture of waived expenses", fees.recapture, Area.FEES,
        "the oldest first, within three years, up to the room; the rest waits or lapses",
        switch=_CAP, terms=("ExpenseCap.recapture_years",), stories=_UNDER_CAP,
    ),
    Rule(
        "expenses as observed", fees.observed_ratio, Area.FEES,
        "charged ÷ (average net assets × part of a year), exact",
    ),
    Rule(
        "cost of each $1,000", fees.per_thousand, Area.FEES,
        "1,000.00 × total annual operating expenses, half-up to the cent",
    ),
    Rule(
        "charge shown to participants", fees.participant_charges, Area.FEES,
        "charge × units held ÷ Σ units, largest remainder",
    ),
    Rule(
        "performance fee", performance_fees.performance_fee, Area.FEES,
        "gain = gross - high-water mark; full catch-up: min(rate × gain, c × (gain - hurdle)); "
        "hard: rate × (gain - hurdle); half-up",
        switch=_PERFORMANCE, terms=_FORMULA, stories=_IN_THE_FUND,
    ),
    Rule(
        "performance fee at a strike", performance_periods.counted, Area.FEES,
        "of all units: fee(net assets before it, start and losses, Σ start × hurdle × days ÷ 365)",
        switch=_PERFORMANCE, terms=_FORMULA, stories=_IN_THE_FUND,
    ),
    Rule(
        "dated event of a performance fee", performance_periods.period_end, Area.FEES,
        "the year's end, or the ends of its quarters; the last session up to it crystallises",
        switch=_PERFORMANCE, terms=_DATED, stories=_IN_THE_FUND,
    ),
    Rule(
        "next period of performance", performance_periods.ended, Area.FEES,
        "start = net assets, losses left carried, hurdle and accrual from 0",
        switch=_PERFORMANCE, terms=_FORMULA, stories=_IN_THE_FUND,
    ),
    Rule(
        "orders in a period of performance", performance_periods.after_orders, Area.FEES,
        "redeemed units take their part of start, losses, hurdle and accrual along; "
        "start + money paid in",
        switch=_PERFORMANCE, stories=_IN_THE_FUND,
    ),
    Rule(
        "orders that crystallise nothing", performance_periods.moved_past, Area.FEES,
        "start + purchases - redemptions, at least 0: gain and accrual stay",
        switch=_PERFORMANCE, stories=("fees_of_a_held_nav",),
    ),
    Rule(
        "crystallisation", performance_fees.crystallize, Area.FEES,
        "the fee is due; next start = gross - fee; loss carry = high-water mark - that, at least 0",
        switch=_PERFORMANCE, terms=(*_FORMULA, *_DATED), stories=_IN_THE_FUND,
    ),
    Rule(
        "crystallisation of redeemed units", performance_fees.crystallize_part, Area.FEES,
        "accrual × redeemed ÷ outstanding, half-up; the rest stays",
        switch=_PERFORMANCE, stories=_IN_THE_FUND,
    ),
)  # fmt: skip
