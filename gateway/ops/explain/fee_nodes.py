"""What a fund owes in fees at a strike, and the fees it pays: worked out again, with the reasons.

Fees are computed from the state before the strike, also where the NAV is held and no event
says them, and compared with the events that were decided.

Not here: the rest of net assets (`value`), other legs (`other_legs`).
Source: domain.md §4.3; goldens G27 to G29. Law: L1.
"""

from __future__ import annotations

from collections.abc import Iterator

from gateway.core.fees import YEAR_DAYS, FeeBase
from gateway.core.fund_events import FeeAccrued
from gateway.core.money import Ratio, half_up
from gateway.core.settlement import ObligationRow
from gateway.ops.explain.node import Node, Rule, agree
from gateway.ops.explain.strikes import Strike
from gateway.ops.explain.walk import money

FEE_RULE = Rule(
    "recomputed from where it was last paid, half-up, less what was posted", "domain.md §4.3; G27"
)
PAID_RULE = Rule(
    "what was posted until the last session before it falls due, less what was waived of it",
    "domain.md §4.3; G27, G29",
)
WAIVER_RULE = Rule(
    "expenses above the cap are waived; below it, earlier waivers are taken back, the oldest first",
    "domain.md §4.3; G29",
)
PERFORMANCE_RULE = Rule(
    "recomputed from the start of its period: share of the gain above the high-water mark once "
    "beyond the hurdle, half-up; it can fall", "domain.md §4.3; G28",
)  # fmt: skip
DUE_RULE = Rule(
    "crystallised: at the last session of its period the whole accrual, with redeemed units "
    "their part", "domain.md §4.3; G28",
)  # fmt: skip


OF = {
    FeeBase.NET: "",
    FeeBase.GROSS: "assets before unpaid fees of ",
    FeeBase.COMMITTED: "capital committed, ",
    FeeBase.INVESTED: "capital called and not returned, ",
}
"""What stands before the figure of a fee's base."""


def fees_owed(strike: Strike) -> tuple[Node, ...]:
    """The fees taken off net assets.

    Raises:
        LawBroken: They are not what was decided.
    """
    nav, fees = strike.nav, strike.fees
    where = f"NAV {nav.fund_id}/{nav.session}"
    agree(where, "fees taken off", nav.accrued_minor, fees.accrued_minor)
    if strike.fee is not None:
        agree(where, "management fee", strike.fee, fees.management)
    if strike.capped is not None:
        agree(where, "expense cap", strike.capped, fees.capped)
    if strike.performance is not None and fees.performance is not None:
        agree(where, "performance fee", strike.performance.period, fees.performance.period)
    return (*_management(strike), *_waiver(strike), *_performance(strike))


def _management(strike: Strike) -> Iterator[Node]:
    nav, fee, terms = strike.nav, strike.fees.management, strike.terms.fees
    if fee is None or terms is None:
        return
    yield Node(
        "fee",
        f"management fee owed {money(fee.accrued_minor, nav.currency)}: "
        f"{money(fee.posted_minor, nav.currency)} since {fee.first}, {terms.rate} a year of "
        f"{OF[fee.base]}{money(fee.base_minor, nav.currency)} ({terms.day_count})",
        -fee.accrued_minor,
        FEE_RULE,
        {"posted_minor": fee.posted_minor, "base": fee.base, "base_minor": fee.base_minor,
         "net_assets_minor": fee.net_assets_minor, "first": fee.first,
         "paid_minor": fee.paid_minor},
    )  # fmt: skip


def _waiver(strike: Strike) -> Iterator[Node]:
    nav, cap = strike.nav, strike.fees.capped
    if cap is None:
        return
    back = f", {money(cap.recaptured_minor, nav.currency)} taken back" * bool(cap.recaptured_minor)
    beside = ""
    if cap.beside is not None:
        beside = f" and a fee of {cap.beside} a year of {money(cap.beside_minor, nav.currency)}"
    yield Node(
        "waiver",
        f"waived of it {money(cap.accrued_minor, nav.currency)}: "
        f"{money(cap.waived_minor, nav.currency)} since {cap.first}{back}; expenses of "
        f"{cap.expenses} a year{beside} under a cap of {cap.cap}, "
        f"{money(cap.left_minor, nav.currency)} may still be taken back",
        cap.accrued_minor,
        WAIVER_RULE,
        {"waived_minor": cap.waived_minor, "recaptured_minor": cap.recaptured_minor,
         "lapsed_minor": cap.lapsed_minor, "left_minor": cap.left_minor,
         "settled_minor": cap.settled_minor},
    )  # fmt: skip


def _performance(strike: Strike) -> Iterator[Node]:
    nav, fee, terms = strike.nav, strike.fees.performance, strike.terms.performance
    if fee is None or terms is None:
        return
    period = fee.period
    hurdle = _of(terms.hurdle, period.hurdle_days)
    gain = fee.gross_minor - period.high_water_minor
    yield Node(
        "performance_fee",
        f"performance fee owed {money(period.accrued_minor, nav.currency)}: gain "
        f"{money(gain, nav.currency)} of {money(fee.gross_minor, nav.currency)} over the mark "
        f"{money(period.high_water_minor, nav.currency)}, hurdle {money(hurdle, nav.currency)} "
        f"since {period.first}; {terms.rate} with a {terms.kind} hurdle",
        -period.accrued_minor,
        PERFORMANCE_RULE,
        {"gross_minor": fee.gross_minor, "start_minor": period.start_minor,
         "loss_minor": period.loss_minor, "hurdle_minor": hurdle, "first": period.first,
         "posted_minor": fee.posted_minor},
    )  # fmt: skip


def _of(rate: Ratio, minor_days: int) -> int:
    return half_up(minor_days * rate.num, YEAR_DAYS * rate.den)


def fee_paid(currency: str, row: ObligationRow, strike: Strike) -> Node:
    """A leg for the management fee or the performance fee.

    Raises:
        LawBroken: It is not what the strike gives.
    """
    where = f"{row.fund_id} {row.trade_date}"
    verb = "pays" if row.amount_minor > 0 else "is paid"
    if row.reason == "PERFORMANCE_FEE":
        due = 0 if strike.performance is None else strike.performance.due_minor
        what, rule = "the performance fee", DUE_RULE
    else:
        due, what, rule = strike.fees.paid_minor, "the management fee", PAID_RULE
    agree(where, row.reason, abs(row.amount_minor), abs(due))
    return Node(
        "fee",
        f"{row.counterparty} {verb} {what} of {row.fund_id}: "
        f"{money(abs(row.amount_minor), currency)}{_waived(strike.fee, row, currency)}",
        row.amount_minor,
        rule,
        {"fund_id": row.fund_id},
    )


def _waived(fee: FeeAccrued | None, row: ObligationRow, currency: str) -> str:
    """Of a management fee, what was waived of it."""
    if fee is None or row.reason != "MANAGEMENT_FEE" or fee.paid_minor == abs(row.amount_minor):
        return ""
    return f", the whole {money(fee.paid_minor, currency)} less what was waived"
