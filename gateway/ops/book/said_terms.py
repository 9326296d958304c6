"""The forms of what a book file says of a fund beside itself: holdings, fees, swings, gates.

Not here: the fund (`said`), kinds of fields (`said_kinds`).
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Self

from pydantic import (
    Field,
    model_validator,
)

from gateway.core.book import (
    CommitmentTerms,
    FeeTerms,
    SleeveTerms,
)
from gateway.core.calls import NOTICE_BUSINESS_DAYS, CallCalendar
from gateway.core.fee_terms import Crystallizes, ExpenseCap, PerformanceFeeTerms
from gateway.core.fees import RECAPTURE_YEARS, DayCount, FeeBase, PaidEach
from gateway.core.gates import DealingDays, GateTerms, gate_faults
from gateway.core.lineage import Lineage, MarkMethod, ValuedBy, is_independent
from gateway.core.liquidity import CapBasis, CapPeriod, GateCap, Suspension
from gateway.core.money import Ratio
from gateway.core.performance_fees import FULL_CATCH_UP, HurdleBase, HurdleKind
from gateway.core.redemption_queue import CarryPolicy, TranchePricing
from gateway.core.repurchases import Offer
from gateway.core.withdrawals import Withdrawal
from gateway.ops.book.said_kinds import (
    Days,
    Level,
    MonthDay,
    Name,
    Said,
    Share,
    Times,
    amount_of,
    in_order,
)


class SaidCommitment(Said):
    """What a drawdown vehicle may call; the amount is of the fund's currency."""

    commitment: str
    calendar: CallCalendar = CallCalendar.BANK
    notice_days: Annotated[int, Field(ge=0, le=60)] = NOTICE_BUSINESS_DAYS
    called_inside: str = "0"
    called_outside: str = "0"
    recallable: str = "0"
    kept: str = "0"

    def terms(self, currency: str) -> CommitmentTerms:
        """The terms of a commitment.

        Raises:
            ValueError: More was called than committed, or more given back than was called.
        """
        terms = CommitmentTerms(
            amount_of(self.commitment, currency), self.calendar, self.notice_days,
            amount_of(self.called_inside, currency), amount_of(self.called_outside, currency),
            amount_of(self.recallable, currency), amount_of(self.kept, currency),
        )  # fmt: skip
        if not 0 <= terms.opening.unfunded_minor <= terms.commitment_minor:
            raise ValueError(
                f"commitment {self.commitment} less called_inside {self.called_inside} and "
                f"recallable {self.recallable} is no unfunded commitment: from 0 to all of it"
            )
        return terms


class SaidBand(Said):
    """The band of a fund's alternatives, around its target."""

    low: Share
    high: Share


class SaidBuffer(Said):
    """The band of a fund's liquid sleeve."""

    low: Share
    target: Share
    high: Share

    @model_validator(mode="after")
    def _in_order(self) -> SaidBuffer:
        if not in_order(self.low, self.target, self.high):
            raise ValueError("a band has its target between low and high")
        return self


class SaidFees(Said):
    """A management fee."""

    rate: Share
    day_count: DayCount = DayCount.ACT_365F
    payee: Name
    base: FeeBase = FeeBase.NET
    paid: PaidEach = PaidEach.QUARTER

    def terms(self) -> FeeTerms:
        """The terms of the fee."""
        return FeeTerms(self.rate, self.day_count, self.payee, self.base, self.paid)


class SaidPerformance(Said):
    """A performance fee; its year ends on a day written as month and day, as 12-31."""

    rate: Share
    hurdle: Share = Ratio(0, 1)
    kind: HurdleKind = HurdleKind.CATCH_UP
    catch_up: Share = FULL_CATCH_UP
    base: HurdleBase = HurdleBase.START
    payee: Name
    crystallizes: Crystallizes = Crystallizes.YEAR
    year_ends: MonthDay = (12, 31)

    def terms(self) -> PerformanceFeeTerms:
        """The terms of the fee."""
        return PerformanceFeeTerms(
            self.rate, self.hurdle, self.kind, self.catch_up, self.base, self.payee,
            self.crystallizes, *self.year_ends,
        )  # fmt: skip


class SaidExpenseCap(Said):
    """A cap on total annual operating expenses; who is paid the management fee waives."""

    cap: Share
    other: Share = Ratio(0, 1)
    acquired: Share = Ratio(0, 1)
    recapture_years: Annotated[int, Field(ge=0, le=10)] = RECAPTURE_YEARS

    def terms(self) -> ExpenseCap:
        """The terms of the cap."""
        return ExpenseCap(self.cap, self.other, self.acquired, self.recapture_years)


class SaidSwing(Said):
    """A swing of the price."""

    threshold: Share
    factor: Share
    swings_up: bool = False


class SaidLineage(Said):
    """How an opening mark came about; an independent value counts with the name of its valuer."""

    method: MarkMethod = MarkMethod.UNSTATED
    valued_by: ValuedBy = ValuedBy.MANAGER
    valuer: str = ""
    approver: str = ""

    def lineage(self) -> Lineage:
        """The lineage."""
        return Lineage(self.method, self.valued_by, self.valuer, self.approver)

    @model_validator(mode="after")
    def _is_named(self) -> Self:
        if self.valued_by is ValuedBy.INDEPENDENT and not is_independent(self.lineage()):
            raise ValueError("an independent value names its valuer")
        return self


class SaidSleeve(Said):
    """A private holding of a fund; the amount is of the fund's currency."""

    vehicle: Name
    manager: Name
    proxy: Name
    beta: Times
    stale_after_days: Days
    opening: str
    opening_measurement_date: date
    opening_proxy: Level
    calls: SaidCommitment | None = None
    asset_class: Name | None = None
    issuer: Name | None = None
    daily_income: Share | None = None
    independent_within_days: Days = 0
    opening_lineage: SaidLineage = SaidLineage()

    def terms(self, currency: str) -> SleeveTerms:
        """The terms of a holding."""
        return SleeveTerms(
            self.vehicle, self.manager, self.proxy, self.beta, self.stale_after_days,
            amount_of(self.opening, currency), self.opening_measurement_date, self.opening_proxy,
            None if self.calls is None else self.calls.terms(currency),
            self.asset_class or "", self.issuer or "", self.daily_income,
            self.independent_within_days, self.opening_lineage.lineage(),
        )  # fmt: skip


class SaidCap(Said):
    """The largest share of a gated fund that is paid in a period."""

    id: Name
    cap: Share
    basis: CapBasis
    period: CapPeriod
    net_of_subscriptions: bool = False
    first: date
    last: date | None = None

    def terms(self) -> GateCap:
        """The cap."""
        return GateCap(self.id, self.cap, self.basis, self.period, self.net_of_subscriptions,
                       self.first, self.last)  # fmt: skip


class SaidSuspension(Said):
    """A time in which a gated fund pays nothing."""

    first: date
    last: date | None = None


class SaidOffer(Said):
    """An offer to repurchase units."""

    share: Share
    extra: Share | None = None
    fee: Share = Ratio(0, 1)
    notice_date: date
    request_deadline: date
    pricing_date: date
    payment_date: date

    def terms(self) -> Offer:
        """The offer."""
        return Offer(self.share, self.fee, self.notice_date, self.request_deadline,
                     self.pricing_date, self.payment_date, self.extra)  # fmt: skip


class SaidGate(Said):
    """How a fund lets plans out."""

    dealing: DealingDays
    policy: CarryPolicy
    pricing: TranchePricing = TranchePricing.PER_TRANCHE
    caps: tuple[SaidCap, ...] = ()
    suspensions: tuple[SaidSuspension, ...] = ()
    offers: tuple[SaidOffer, ...] = ()
    early_deduction: Share | None = None
    odd_lots_first: bool = False
    notice_days: int = 0
    withdrawal: Withdrawal = Withdrawal.NONE

    def terms(self) -> GateTerms:
        """The gate."""
        return GateTerms(
            self.dealing, self.policy, self.pricing, tuple(cap.terms() for cap in self.caps),
            tuple(Suspension(each.first, each.last) for each in self.suspensions),
            tuple(offer.terms() for offer in self.offers), self.early_deduction,
            self.odd_lots_first, self.notice_days, self.withdrawal,
        )  # fmt: skip

    @model_validator(mode="after")
    def _stands(self) -> Self:
        if faults := gate_faults(self.terms()):
            raise ValueError(f"the gate has faults: {', '.join(faults)}")
        return self


class SaidGlideStep(Said):
    """A step of a fund's glide path."""

    from_date: date
    target: Share
