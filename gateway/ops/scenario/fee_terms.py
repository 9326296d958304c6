"""A fund's fee terms as its row states them, and what came out, in the words of `then` rows.

Not here: which cells there are (`words_fees`), the other terms (`terms`).
"""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from gateway.core.book import FeeTerms, FundTerms
from gateway.core.fee_terms import Crystallizes, ExpenseCap, PerformanceFeeTerms
from gateway.core.fees import RECAPTURE_YEARS, YEAR_DAYS, DayCount, FeeBase, PaidEach
from gateway.core.fund_events import ExpensesCapped, PerformanceAccrued
from gateway.core.money import Ratio, half_up
from gateway.core.performance_fees import HurdleBase, HurdleKind
from gateway.ops.scenario.kinds import Share
from gateway.ops.scenario.terms import NOTHING, ratio
from gateway.ops.scenario.words import Observed, Row

WHOLE = Share(Fraction(1))
YEAR_END = date(2026, 12, 31)


def fees(row: Row) -> FeeTerms | None:
    """The management fee of a fund's row."""
    if not row.has("fee"):
        return None
    count = DayCount(row.text("day_count", "ACT_365F"))
    return FeeTerms(
        ratio(row, "fee", NOTHING), count, row.text("payee", "TRUSTEE"),
        FeeBase(row.text("fee_base", "NET")), PaidEach(row.text("fee_paid", "QUARTER")),
    )  # fmt: skip


def performance(row: Row) -> PerformanceFeeTerms | None:
    """The performance fee of a fund's row."""
    if not row.has("performance"):
        return None
    end = row.day("year_end", YEAR_END)
    return PerformanceFeeTerms(
        ratio(row, "performance", NOTHING), ratio(row, "hurdle", NOTHING),
        HurdleKind(row.text("hurdle_kind", "CATCH_UP")), ratio(row, "catch_up", WHOLE),
        HurdleBase(row.text("hurdle_base", "START")), row.text("performance_payee", "TRUSTEE"),
        Crystallizes(row.text("crystallizes", "YEAR")), end.month, end.day,
    )  # fmt: skip


def expense_cap(row: Row) -> ExpenseCap | None:
    """The cap on expenses of a fund's row."""
    if not row.has("expense_cap"):
        return None
    return ExpenseCap(
        ratio(row, "expense_cap", NOTHING), ratio(row, "other_expenses", NOTHING),
        ratio(row, "acquired_fees", NOTHING), row.number("recapture_years", RECAPTURE_YEARS),
    )  # fmt: skip


def payees(row: Row) -> list[str]:
    """Everybody who is paid a fee of a fund."""
    paid = (("fee", "payee"), ("performance", "performance_payee"))
    return [row.text(payee, "TRUSTEE") for fee, payee in paid if row.has(fee)]


def charged(event: ExpensesCapped | PerformanceAccrued, terms: FundTerms) -> Observed:
    """What a cap or a performance fee did."""
    return _capped(event) if isinstance(event, ExpensesCapped) else _performed(event, terms)


def _capped(event: ExpensesCapped) -> Observed:
    return Observed("waiver", {
        "fund": event.fund_id, "waived": event.waived_minor,
        "recaptured": event.recaptured_minor, "lapsed": event.lapsed_minor,
        "left": event.left_minor, "accrued": event.accrued_minor,
        "settled": event.settled_minor, "expenses": _share(event.expenses),
        "first": event.first, "session": event.session,
    })  # fmt: skip


def _performed(event: PerformanceAccrued, terms: FundTerms) -> Observed:
    period, after = event.period, event.after
    rate = Ratio(0, 1) if terms.performance is None else terms.performance.hurdle
    return Observed("performance", {
        "fund": event.fund_id, "accrued": period.accrued_minor, "posted": event.posted_minor,
        "gross": event.gross_minor, "mark": period.high_water_minor,
        "start": period.start_minor, "loss": period.loss_minor,
        "hurdle": half_up(period.hurdle_days * rate.num, YEAR_DAYS * rate.den),
        "due": event.due_minor, "crystallized": event.crystallized,
        "next_start": after.start_minor, "next_loss": after.loss_minor,
        "next_accrued": after.accrued_minor, "session": event.session,
    })  # fmt: skip


def _share(ratio: Ratio) -> Share:
    return Share(Fraction(ratio.num, ratio.den))
