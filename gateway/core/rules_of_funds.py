"""The rules of a fund's price: what it is worth, what it costs, what a wrong price costs.

Not here: the rules of an order's way (`rules_of_orders`), those of vehicles
(`rules_of_vehicles`).
"""

from __future__ import annotations

from gateway.core import dilution, fees, nav, nav_correction, performance_fees
from gateway.core.rule import Area, Rule

_PROXY = ("SleeveTerms.proxy_id", "SleeveTerms.beta")
_FEE = ("FundTerms.fees",)

VALUATION = (
    Rule(
        "roll-forward of a mark", nav.roll_forward, Area.VALUATION,
        "V × (1 + α + β × (proxy after - before) ÷ before) + calls - distributions - fees, "
        "session by session",
        switch=("FundTerms.sleeves",), terms=_PROXY,
    ),
    Rule(
        "true-up", nav.true_up, Area.VALUATION,
        "new mark rolled forward - old mark rolled forward, booked today; no NAV restated",
        switch=("FundTerms.sleeves",), terms=_PROXY,
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
        "units roll", nav.units_roll_difference, Area.VALUATION,
        "closing - (opening + subscribed - redeemed); anything but 0 is a hold",
    ),
    Rule(
        "status of a NAV", nav.status_ladder, Area.VALUATION,
        "held: INDICATIVE; only stale: ESTIMATED; else OFFICIAL, or CORRECTED if it replaces one",
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

_PERFORMANCE = (
    "PerformanceTerms.rate", "PerformanceTerms.hurdle", "PerformanceTerms.kind",
    "PerformanceTerms.catch_up", "PerformanceTerms.base",
)  # fmt: skip

FEES = (
    Rule(
        "base of a fee", fees.BaseFigures.of, Area.FEES,
        "net, gross, committed or invested, at the session before",
    ),
    Rule(
        "day count", fees.year_fraction, Area.FEES,
        "ACT/365F: days ÷ 365; ACT/ACT: by the length of each year; 30/360: months of 30 days",
        switch=_FEE, terms=("FeeTerms.day_count",),
    ),
    Rule(
        "management fee accrued", fees.accrued, Area.FEES,
        "Σ base of the session before × rate × days ÷ year, exact",
        switch=_FEE, terms=("FeeTerms.rate", "FeeTerms.day_count"),
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
    ),
    Rule(
        "waiver under an expense cap", fees.waiver, Area.FEES,
        "expenses - cap, at least 0",
    ),
    Rule(
        "room for recapture", fees.recapture_room, Area.FEES,
        "⌊(lower cap - expenses) × net assets × part of a year⌋, at least 0",
    ),
    Rule(
        "recapture of waived expenses", fees.recapture, Area.FEES,
        "the oldest first, within three years, up to the room; the rest waits or lapses",
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
        terms=_PERFORMANCE,
    ),
    Rule(
        "crystallisation", performance_fees.crystallize, Area.FEES,
        "the fee is due; next start = gross - fee; loss carry = high-water mark - that, at least 0",
        terms=_PERFORMANCE,
    ),
    Rule(
        "crystallisation of redeemed units", performance_fees.crystallize_part, Area.FEES,
        "accrual × redeemed ÷ outstanding, half-up; the rest stays",
    ),
)  # fmt: skip
