"""What a fund owes in fees at a strike, and what of it is paid at the end of the session.

The management fee accrues first, a cap lessens it, and what is left of the net assets is what
the performance fee is measured on. The performance fee crystallises on its dated event, at the
last session of its period, and with redeemed units; what crystallises is paid at once. On a NAV
that people put in the place of the one struck nothing crystallises: the next strike does it.

Not here: the management fee (`strike_assets`), the formulas (`core`).
Source: domain.md §4.3; goldens G28, G29. Law: L1.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from gateway.core.book import FundTerms
from gateway.core.dilution import Scales
from gateway.core.expense_caps import NO_CAP, under_cap
from gateway.core.fee_terms import ExpenseCap
from gateway.core.fees import FeeBase, FeePeriod
from gateway.core.fund_events import ExpensesCapped, FeeAccrued, PerformanceAccrued
from gateway.core.money import Ratio, fits_int64
from gateway.core.performance_periods import (
    after_orders,
    counted,
    ended,
    moved_past,
    opened,
    period_end,
)
from gateway.core.settlement import ObligationRow
from gateway.desks.fund_state import Fund, FundState
from gateway.desks.session_moves import following
from gateway.desks.strike_sides import Dilution, PlanFlow


@dataclass(frozen=True, slots=True)
class Fees:
    """What a fund owes in fees at a strike, before the session's orders."""

    management: FeeAccrued | None = None
    capped: ExpensesCapped | None = None
    performance: PerformanceAccrued | None = None

    @property
    def events(self) -> tuple[object, ...]:
        """The events of them, in the order in which they follow from each other."""
        every = (self.management, self.capped, self.performance)
        return tuple(event for event in every if event is not None)

    @property
    def operating_minor(self) -> int:
        """The management fee owed, less what is waived; below zero where more is waived."""
        owed = 0 if self.management is None else self.management.accrued_minor
        return owed - (0 if self.capped is None else self.capped.accrued_minor)

    @property
    def accrued_minor(self) -> int:
        """All that is taken off net assets."""
        performance = self.performance
        return self.operating_minor + (
            0 if performance is None else performance.period.accrued_minor
        )

    @property
    def posted_minor(self) -> int:
        """What the accruals changed by since the last strike."""
        posted = 0 if self.management is None else self.management.posted_minor
        if self.capped is not None:
            posted += self.capped.recaptured_minor - self.capped.waived_minor
        return posted + (0 if self.performance is None else self.performance.posted_minor)

    @property
    def paid_minor(self) -> int:
        """The management fee paid at the end of the session, less what was waived of it."""
        paid = 0 if self.management is None else self.management.paid_minor
        return paid - (0 if self.capped is None else self.capped.settled_minor)

    @property
    def fit(self) -> bool:
        """Whether every figure of them is one that a message can carry."""
        performance = self.performance
        return performance is None or fits_int64(performance.period.hurdle_days)


NO_FEES = Fees()
NOTHING = Ratio(0, 1)


def cap_of(terms: FundTerms, open_minor: int) -> ExpenseCap | None:
    """The cap in force; one that is gone is settled as if it let everything pass."""
    if terms.expense_cap is None and open_minor:
        return NO_CAP
    return terms.expense_cap


def capped(fund: Fund, fee: FeeAccrued | None, *, pays: bool) -> ExpensesCapped | None:
    """What the fund's cap waives and takes back on the days of a management fee.

    Args:
        fund: The fund.
        fee: The fee of these days.
        pays: Whether they are the first of a new period: what was waived before is settled.
    """
    terms, waivers = fund.terms.fees, fund.waivers
    cap = cap_of(fund.terms, waivers.open_minor)
    if cap is None or terms is None or fee is None:
        return None
    kept, posted = ([], 0) if pays else (waivers.periods, waivers.waived_minor)
    days, rate, beside = (fee.first, fee.session), terms.rate, None
    if fee.base is not FeeBase.NET:
        # Under a cap that is gone nothing is waived, however large the fee is beside net assets.
        rate, counts = NOTHING, terms.rate.num > 0 and cap is not NO_CAP
        beside = FeePeriod(*days, fee.base_minor, terms.rate) if counts else None
    found = under_cap(
        days, fee.net_assets_minor, rate, terms.day_count, cap, waivers, kept, posted, beside
    )
    taken = found.taken
    left = sum(each.left_minor for each in taken.left) + found.waived_minor
    return ExpensesCapped(
        fund.terms.fund_id, fee.session, fee.first, fee.net_assets_minor, found.expenses, cap.cap,
        found.waived_minor, taken.taken_minor, taken.lapsed_minor, left,
        waivers.open_minor + found.waived_minor - taken.taken_minor,
        waivers.open_minor if pays else 0,
        None if beside is None else beside.rate, 0 if beside is None else beside.base_minor,
    )  # fmt: skip


def performance(fund: Fund, session: date, gross_minor: int) -> PerformanceAccrued | None:
    """The performance fee at a strike, before the session's orders.

    Args:
        fund: The fund.
        session: The session.
        gross_minor: Net assets before this fee, minor units.
    """
    terms = fund.terms.performance
    if terms is None:
        return None
    before = fund.performance or opened(session, fund.base_minor)
    # A fund without units has nobody who gains.
    held = before if fund.units else replace(opened(session, gross_minor), first=before.first)
    period = counted(held, session, gross_minor, terms.formula)
    posted = period.accrued_minor - before.accrued_minor
    return PerformanceAccrued(
        fund.terms.fund_id, session, gross_minor, posted, period, False, 0, period
    )


@dataclass(frozen=True, slots=True)
class Brought:
    """What a session's orders and its end bring to the performance fee.

    Attributes:
        ends: Whether the period's dated event comes before the next session.
        distrusted: Whether people put another NAV in the place of the one struck.
        flows: The plans' flows.
        navs: The NAV of each trade date among them, scaled.
        late: What late orders cost, paid in.
        gate_minor: What plans are paid for requests, minor units.
        gate_units: Units that leave with them, scaled.
        returned_minor: Capital returned to all holders, minor units: no unit leaves with it.
    """

    ends: bool
    distrusted: bool
    flows: Sequence[PlanFlow]
    navs: Mapping[date, int]
    late: Sequence[Dilution] = ()
    gate_minor: int = 0
    gate_units: int = 0
    returned_minor: int = 0


def ends_with(state: FundState, fund: Fund, session: date) -> bool:
    """Whether no later session lies in the performance period: then its dated event is now."""
    terms = fund.terms.performance
    if terms is None:
        return False
    first = session if fund.performance is None else fund.performance.first
    return period_end(first, terms) < following(state.book, session)


def crystallized(
    fund: Fund, accrued: PerformanceAccrued | None, brought: Brought
) -> PerformanceAccrued | None:
    """The performance fee with what crystallises of it, and where its period goes on."""
    terms = fund.terms
    if accrued is None or terms.performance is None:
        return None
    paid_in = sum(each.amount_minor for each in brought.late)
    bought = sum(flow.buy_minor for flow in brought.flows) + paid_in - brought.returned_minor
    sold = sum(flow.sell_minor for flow in brought.flows) + brought.gate_minor
    if brought.distrusted:
        return replace(accrued, after=moved_past(accrued.period, bought - sold))
    period = accrued.period
    if brought.ends:
        period = ended(period, accrued.gross_minor, terms.performance.formula)
    scales = Scales(terms.nav_scale, terms.unit_scale, rounding=terms.unit_rounding)
    redeemed = brought.gate_units + sum(
        scales.units_for(flow.sell_minor, brought.navs[flow.trade_date]) for flow in brought.flows
    )
    part, after = after_orders(period, redeemed, fund.units, bought)
    due = accrued.period.accrued_minor if brought.ends else part
    return replace(accrued, crystallized=brought.ends, due_minor=due, after=after)


def performance_obligations(
    terms: FundTerms, session: date, settles: date, due: int
) -> Iterator[ObligationRow]:
    """Both sides of the performance fee that crystallised."""
    if due and terms.performance is not None:
        for party, minor in ((terms.custodian, due), (terms.performance.payee, -due)):
            yield ObligationRow(
                party, session, settles, minor, terms.fund_id, terms.fund_id, "PERFORMANCE_FEE"
            )
