"""Answers questions about fees and about late, wrong and swung prices.

Figures are read at the decimals they are written with, and at four at least.

Not here: the rules; questions about gates, offers and calls (`ask_terms`).
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from gateway.core.dilution import (
    Scales,
    SwingTerms,
    as_of_dilution,
    classify_error,
    date_order,
    error_effect,
    immaterial_effect,
    reprocess_purchase,
    reprocess_redemption,
    swing_price,
)
from gateway.core.fees import (
    RECAPTURE_YEARS,
    YEAR_DAYS,
    DayCount,
    FeePeriod,
    Waived,
    accrued,
    expense_ratio,
    per_thousand,
    recapture,
    to_post,
    waiver,
)
from gateway.core.money import Ratio, half_up
from gateway.core.performance_fees import (
    FULL_CATCH_UP,
    HurdleBase,
    HurdleKind,
    PerformanceState,
    PerformanceTerms,
    crystallize,
)
from gateway.core.repurchases import NOTHING
from gateway.core.sessions import Calendar
from gateway.ops.scenario.ask_terms import Answer, days, paired, ratio, share_of
from gateway.ops.scenario.kinds import Share
from gateway.ops.scenario.observe_money import decimal_of
from gateway.ops.scenario.words import Row, Values
from gateway.ops.scenario.world import places, scaled

LEAST_PLACES = 4
ACCRUAL_PLACES = 6
MINOR_PLACES = 2
FIRST_DAY = date(2026, 1, 1)


def _nav(figure: Decimal, scale: int) -> int:
    return scaled(figure, scale, "nav")


def _scale(*figures: Decimal) -> int:
    return max(LEAST_PLACES, *map(places, figures))


# --- late and wrong prices ----------------------------------------------------------------------


def _transmission(row: Row, calendar: Calendar) -> Values:
    received, sent = row.number("received"), row.number("sent")
    if sent < received:
        raise ValueError("it was sent before it was received")
    dated = date_order(received, sent, calendar)
    return {"trade_date": dated.trade_date, "as_of": dated.is_as_of}


def _dilution(row: Row, calendar: Calendar) -> Values:
    as_of, processed = row.figure("as_of"), row.figure("processed")
    scales = Scales(_scale(as_of, processed), LEAST_PLACES)
    navs = _nav(as_of, scales.nav), _nav(processed, scales.nav)
    units = scales.units_for(row.number("amount"), navs[0])
    return {"units": decimal_of(units, scales.units), "is": as_of_dilution(units, *navs, scales)}


def _prices(row: Row, units: list[Decimal]) -> tuple[int, int, Scales]:
    published, correct = row.figure("published"), row.figure("correct")
    scales = Scales(_scale(published, correct), _scale(*units) if units else LEAST_PLACES)
    return _nav(published, scales.nav), _nav(correct, scales.nav), scales


def _nav_error(row: Row, calendar: Calendar) -> Values:
    figures = [row.figure("published"), row.figure("correct"), row.figure("smallest", "0.01")]
    published, correct, smallest = (_nav(figure, _scale(*figures)) for figure in figures)
    share = Share(Fraction(abs(published - correct), correct))
    return {"is": classify_error(published, correct, smallest).value, "share": share}


def _repriced_purchase(row: Row, calendar: Calendar) -> Values:
    published, correct, scales = _prices(row, [])
    made = reprocess_purchase(row.number("amount"), published, correct, scales)
    before, after, change = (
        decimal_of(units, scales.units) for units in (made.before, made.after, made.change)
    )
    return {"before": before, "after": after, "change": change,
            "worth": abs(made.fund_gain_minor), "fixed": made.is_fixed}  # fmt: skip


def _repriced_redemption(row: Row, calendar: Calendar) -> Values:
    published, correct, scales = _prices(row, [row.figure("units")])
    units = scaled(row.figure("units"), scales.units, "units")
    made = reprocess_redemption(units, published, correct, scales)
    return {"before": made.before, "after": made.after, "change": made.change,
            "fixed": made.is_fixed}  # fmt: skip


def _error_effect(row: Row, calendar: Calendar) -> Values:
    redeemed = row.figures("redemptions")
    published, correct, scales = _prices(row, redeemed)
    bought = [
        reprocess_purchase(each, published, correct, scales) for each in row.numbers("purchases")
    ]
    sold = [
        reprocess_redemption(scaled(each, scales.units, "units"), published, correct, scales)
        for each in redeemed
    ]
    effect = error_effect(bought, sold, correct, scales)
    return {"on_purchases": effect.purchases_minor, "on_redemptions": effect.redemptions_minor,
            "owed": effect.owed_to_fund_minor}  # fmt: skip


def _immaterial_error(row: Row, calendar: Calendar) -> Values:
    published, correct, scales = _prices(row, [row.figure("units")])
    units = scaled(row.figure("units"), scales.units, "units")
    return {"is": immaterial_effect(units, published, correct, scales)}


def _swing_price(row: Row, calendar: Calendar) -> Values:
    figure = row.figure("nav")
    scale = _scale(figure)
    terms = SwingTerms(
        row.share("threshold").ratio, row.share("factor").ratio, row.values.get("up") is True
    )
    nav = swing_price(_nav(figure, scale), row.number("flow"), row.number("net_assets"), terms)
    return {"is": decimal_of(nav, scale)}


# --- fees ---------------------------------------------------------------------------------------


def _fee(row: Row, calendar: Calendar) -> Values:
    first = row.day("first", FIRST_DAY)
    last = first + timedelta(days=row.number("days", 1) - 1)
    period = FeePeriod(first, last, row.number("base"))
    count = DayCount(row.text("count", "ACT_365F"))
    exact = accrued([period], row.share("rate").ratio, count)
    shown = half_up(exact.numerator * 10 ** (ACCRUAL_PLACES - MINOR_PLACES), exact.denominator)
    return {"accrued": decimal_of(shown, ACCRUAL_PLACES),
            "is": to_post(exact, row.number("posted"))}  # fmt: skip


def _performance_fee(row: Row, calendar: Calendar) -> Values:
    figures = [row.figure(name) for name in ("gross", "start", "loss")]
    scale = _scale(*figures)
    gross, start, loss = (_nav(figure, scale) for figure in figures)
    terms = PerformanceTerms(
        row.share("rate").ratio,
        ratio(row, "hurdle", NOTHING),
        HurdleKind(row.text("kind", "CATCH_UP")),
        ratio(row, "catch_up", FULL_CATCH_UP),
        HurdleBase(row.text("base", "START")),
    )
    year = Fraction(row.number("days", YEAR_DAYS), YEAR_DAYS)
    made = crystallize(gross, PerformanceState(start, loss), terms, year)
    answers = {"is": made.fee, "net": made.net_nav, "mark": made.state.high_water_mark,
               "carry": made.state.loss_carry}  # fmt: skip
    return {name: decimal_of(value, scale) for name, value in answers.items()}


def _expense_cap(row: Row, calendar: Calendar) -> Values:
    rates = [each.ratio for each in row.several("rates") if isinstance(each, Share)]
    total, cap = expense_ratio(rates), row.share("cap").ratio
    waived = waiver(total, cap)
    charged = expense_ratio([total, Ratio(-waived.num, waived.den)])
    return {"total": share_of(total), "is": share_of(waived),
            "per_thousand": per_thousand(charged)}  # fmt: skip


def _recapture(row: Row, calendar: Calendar) -> Values:
    waived = paired(row.numbers("waived"), days(row, "waived_on"), "waivers")
    made = recapture(
        [Waived(day, amount) for amount, day in waived],
        row.day("on", date.min),
        row.number("room"),
        row.number("years", RECAPTURE_YEARS),
    )
    left = sum(each.left_minor for each in made.left)
    return {"is": made.taken_minor, "left": left, "lapsed": made.lapsed_minor}


FEE_ANSWERS: dict[str, Answer] = {
    "transmission": _transmission,
    "dilution": _dilution,
    "nav_error": _nav_error,
    "repriced_purchase": _repriced_purchase,
    "repriced_redemption": _repriced_redemption,
    "error_effect": _error_effect,
    "immaterial_error": _immaterial_error,
    "swing_price": _swing_price,
    "fee": _fee,
    "performance_fee": _performance_fee,
    "expense_cap": _expense_cap,
    "recapture": _recapture,
}
