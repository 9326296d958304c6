"""What a fund owns at a session: liquid sleeve, private holdings, less the fees it owes.

Not here: the NAV that follows (`strike`), which mark is in force (`fund_marks`).
Source: domain.md §3.2, §4.3. Laws: L4, L6.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from gateway.core.book import SleeveTerms
from gateway.core.events import (
    SleeveRolled,
    SleeveValued,
    TrueUpBooked,
)
from gateway.core.fees import FeePeriod, PaidEach, accrued, is_paid_between, to_post
from gateway.core.fund_events import FeeAccrued
from gateway.core.income import daily_income
from gateway.core.lineage import is_independence_overdue
from gateway.core.money import Ratio, half_up
from gateway.core.nav import HoldReason, RollStep, is_stale, roll_forward
from gateway.core.sessions import ONE_DAY
from gateway.desks.fund_marks import mark_in_force, newest_independent
from gateway.desks.fund_state import Fund, FundState
from gateway.desks.strike_bases import base_figures
from gateway.desks.strike_fees import Fees, capped, performance

NO_CHANGE = Ratio(0, 1)


@dataclass(frozen=True, slots=True)
class Assets:
    """A fund's assets at a session, and what moved them since the session before.

    Attributes:
        stale: A mark is older than its holding's terms allow.
        overdue: An independent value is asked for and did not come in time.
    """

    liquid_minor: int
    valued: tuple[SleeveValued, ...]
    true_ups: tuple[TrueUpBooked, ...]
    fees: Fees
    stale: bool
    expected_minor: int
    overdue: bool = False

    @property
    def distrusted(self) -> bool:
        """Whether its marks are no ground to buy private holdings on."""
        return self.stale or self.overdue

    @property
    def alternative_minor(self) -> int:
        """What the private holdings are worth."""
        return sum(value.value_minor for value in self.valued)

    @property
    def accrued_minor(self) -> int:
        """What the fund owes in fees."""
        return self.fees.accrued_minor

    @property
    def net_assets_minor(self) -> int:
        """All it owns, less what it owes."""
        return self.liquid_minor + self.alternative_minor - self.accrued_minor

    @property
    def expected(self) -> Ratio:
        """The change that indices and fees explain, as a share of the assets before it."""
        booked = sum(t.value_minor - t.estimate_minor for t in self.true_ups)
        base = self.net_assets_minor - self.expected_minor - booked
        return Ratio(self.expected_minor, base) if base > 0 else NO_CHANGE


def assets_of(state: FundState, fund: Fund, session: date, holds: list[HoldReason]) -> Assets:
    """Value the liquid sleeve and every private holding at a session, and accrue fees."""
    liquid = _moved(state, fund, session, holds)
    expected_minor = liquid - fund.liquid_minor
    valued: list[SleeveValued] = []
    true_ups: list[TrueUpBooked] = []
    stale = overdue = False
    for terms in fund.terms.sleeves:
        value, before, true_up = _value_sleeve(state, fund, terms, session, holds)
        valued.append(value)
        true_ups.extend([true_up] if true_up is not None else [])
        stale |= is_stale(value.measurement_date, session, terms.stale_after_days)
        overdue |= is_independence_overdue(
            value.independent_on, session, terms.independent_within_days
        )
        estimate = value.value_minor if true_up is None else true_up.estimate_minor
        expected_minor += estimate - before
    fees = _fees(fund, session, liquid + sum(value.value_minor for value in valued))
    expected_minor -= fees.posted_minor
    return Assets(liquid, tuple(valued), tuple(true_ups), fees, stale, expected_minor, overdue)


def _fees(fund: Fund, session: date, owned_minor: int) -> Fees:
    """All fees at a session; the performance fee is measured after the others."""
    fee = accrue(fund, session)
    cap = capped(fund, fee, pays=turned(fund, session))
    operating = Fees(fee, cap)
    gross = owned_minor - operating.operating_minor
    return replace(operating, performance=performance(fund, session, gross))


def accrue(fund: Fund, session: date) -> FeeAccrued | None:
    """The management fee of the days since the last strike, and whether it is paid today.

    A weekend accrues on the Monday, on Friday's base. What was posted until the last session of
    a period of payment is paid at the first of the next. Source: domain.md §4.3, golden G27.
    """
    terms, accrual = fund.terms.fees, fund.accrual
    if terms is None:
        return None
    first = session if accrual.last is None else accrual.last + ONE_DAY
    pays = turned(fund, session)
    kept, posted = ([], 0) if pays else (accrual.periods, accrual.posted_minor)
    figures = base_figures(fund)
    period = FeePeriod(first, session, figures.of(terms.base), terms.rate)
    today = to_post(accrued([*kept, period], terms.rate, terms.day_count), posted)
    paid = accrual.posted_minor if pays else 0
    return FeeAccrued(
        fund.terms.fund_id, session, first, period.base_minor, today, posted + today + paid, paid,
        terms.base, figures.net_minor,
    )  # fmt: skip


def turned(fund: Fund, session: date) -> bool:
    """Whether a session is the first strike of a new period: what accrued before is paid."""
    last, terms = fund.accrual.last, fund.terms.fees
    each = PaidEach.QUARTER if terms is None else terms.paid_each
    return last is not None and is_paid_between(last, session, each)


def _moved(state: FundState, fund: Fund, session: date, holds: list[HoldReason]) -> int:
    """The liquid sleeve after its index's move; a missing level holds the NAV."""
    after = state.level(fund.terms, fund.terms.liquid_index, session)
    if after is None:
        holds.append(HoldReason.PROXY_MISSING)
        return fund.liquid_minor
    return half_up(fund.liquid_minor * after, fund.liquid_level)


def _value_sleeve(
    state: FundState, fund: Fund, terms: SleeveTerms, session: date, holds: list[HoldReason]
) -> tuple[SleeveValued, int, TrueUpBooked | None]:
    """A sleeve's value at the session, its value in the NAV before, and a true-up if booked."""
    sleeve = fund.sleeves[terms.vehicle_id]
    step = roll_step(state, fund, terms, session)
    if step is None:
        holds.append(HoldReason.PROXY_MISSING)
        step = unmoved_step(state, fund, terms, session)
    steps = [*sleeve.until(session), step]
    stood = max(fund.navs, default=date.min)
    priced = (earlier for earlier in steps[:-1] if earlier.session <= stood)
    before = roll_forward(sleeve.mark_minor, priced, terms.beta)
    estimate = roll_forward(sleeve.mark_minor, steps, terms.beta)
    mark = mark_in_force(state, fund, terms, session)
    base_minor, measured, value, true_up, behind = (
        sleeve.mark_minor, sleeve.measurement_date, estimate, None, sleeve.behind,
    )  # fmt: skip
    if mark is not None:
        since = [s for s in steps if s.session > mark.measurement_date]
        base_minor, measured, behind = mark.value_minor, mark.measurement_date, mark.behind
        value = roll_forward(base_minor, since, terms.beta)
        true_up = TrueUpBooked(
            fund.terms.fund_id, terms.vehicle_id, session, measured, base_minor, estimate, value
        )
    valued = SleeveValued(
        fund.terms.fund_id, terms.vehicle_id, session, base_minor, measured, value,
        step.proxy_before, step.proxy_after, behind,
        newest_independent(state, fund, terms, session),
    )  # fmt: skip
    return valued, before, true_up


def rolled(state: FundState, fund: Fund, session: date) -> Iterator[SleeveRolled]:
    """The step of each holding in a session whose NAV is held; without a level it has none.

    Source: domain.md §3.2 (one step per session).
    """
    for terms in fund.terms.sleeves:
        step = roll_step(state, fund, terms, session)
        if step is not None:
            yield SleeveRolled(
                fund.terms.fund_id, terms.vehicle_id, session, step.proxy_before, step.proxy_after
            )


def roll_step(state: FundState, fund: Fund, terms: SleeveTerms, session: date) -> RollStep | None:
    """The day's step of a sleeve before its flows, or None if its proxy has no level."""
    after = state.level(fund.terms, terms.proxy_id, session)
    if after is None:
        return None
    steps = fund.sleeves[terms.vehicle_id].until(session)
    before = steps[-1].proxy_after if steps else terms.opening_proxy
    return RollStep(session, before, after, 0, 0, 0, income_of(state, fund, terms, session))


def unmoved_step(state: FundState, fund: Fund, terms: SleeveTerms, session: date) -> RollStep:
    """The day's step of a sleeve whose proxy has no level: its income alone."""
    steps = fund.sleeves[terms.vehicle_id].until(session)
    last = steps[-1].proxy_after if steps else terms.opening_proxy
    return RollStep(session, last, last, 0, 0, 0, income_of(state, fund, terms, session))


def income_of(state: FundState, fund: Fund, terms: SleeveTerms, session: date) -> Ratio:
    """A sleeve's expected income since its last step, as a share of its value.

    A session that is held without a level leaves no step, so the next one has its income too.
    Before the first step it is that of the days since the session before the opening. A mark
    measured between two sessions counts as one of the earlier, like the proxy's level.
    """
    if terms.daily_income is None:
        return NO_CHANGE
    steps = fund.sleeves[terms.vehicle_id].until(session)
    if steps:
        return daily_income(terms.daily_income, steps[-1].session, session)
    stood = max(fund.navs, default=date.min)
    opened = min((held for held in fund.held if stood < held < session), default=session)
    before = state.book.sessions.previous_session(opened)
    return daily_income(terms.daily_income, before, session)
