"""How each management fee was worked out: base, rate and days, the exact accrual, what was posted.

The accruals of a fund are those of its days since the fee was last paid, so that whoever has the
rows can work every figure out again: what was posted until a row is the exact sum of base × rate
× days, half-up.

Not here: the other fees (`fees`), printing (`show`).
Source: domain.md §4.3; golden G27.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from gateway.core.book import FeeTerms
from gateway.core.fees import (
    DayCount,
    FeeBase,
    FeePeriod,
    PaidEach,
    accrued,
    is_paid_between,
    share_of_net,
)
from gateway.core.fund_events import FeeAccrued
from gateway.core.money import Ratio


@dataclass(frozen=True, slots=True)
class AccrualRow:
    """A fund's management fee of the days since its last strike.

    Attributes:
        first: First day it is for; the session is the last.
        base: What it is a share of; `base_minor` the figure.
        net_minor: Net assets of the session before.
        share: What the fee comes to as a share of those a year; None if there are none.
        accrued: Of these days, exact, minor units.
        since_paid: Of all days since the fee was last paid, exact, minor units.
        cumulative_minor: Posted for those; `since_paid`, half-up.
        paid_minor: Of earlier days, paid at the end of the session, before any waiver.
    """

    fund_id: str
    session: date
    currency: str
    first: date
    days: int
    base: FeeBase
    base_minor: int
    rate: Ratio
    day_count: DayCount
    paid_each: PaidEach
    net_minor: int
    share: Ratio | None
    accrued: Ratio
    posted_minor: int
    since_paid: Ratio
    cumulative_minor: int
    paid_minor: int
    recorded_at: str


@dataclass(slots=True)
class Accruals:
    """One fund's management fee while its journal is folded."""

    periods: list[FeePeriod] = field(default_factory=list)
    posted_minor: int = 0
    last: date | None = None

    def row(
        self, event: FeeAccrued, terms: FeeTerms, currency: str, recorded_at: str
    ) -> AccrualRow:
        """Take an accrual in; its row."""
        if self.last and is_paid_between(self.last, event.session, terms.paid_each):
            self.periods, self.posted_minor = [], 0
        period = FeePeriod(event.first, event.session, event.base_minor, terms.rate)
        self.periods.append(period)
        self.posted_minor += event.posted_minor
        self.last = event.session
        net = event.net_assets_minor
        return AccrualRow(
            event.fund_id, event.session, currency, event.first,
            (event.session - event.first).days + 1, event.base, event.base_minor, terms.rate,
            terms.day_count, terms.paid_each, net,
            share_of_net(terms.rate, event.base_minor, net) if net > 0 else None,
            _exact([period], terms), event.posted_minor, _exact(self.periods, terms),
            self.posted_minor, event.paid_minor, recorded_at,
        )  # fmt: skip


def _exact(periods: list[FeePeriod], terms: FeeTerms) -> Ratio:
    whole = accrued(periods, terms.rate, terms.day_count)
    return Ratio(whole.numerator, whole.denominator)
