"""The forms of a book file: what each entry holds, and the terms it stands for.

Not here: reading YAML, naming faults (`file`).
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from gateway.core.book import (
    CalendarTerms,
    CommitmentTerms,
    FeeTerms,
    FundTerms,
    GlideStep,
    PlanTerms,
    SleeveTerms,
    Wrapper,
)
from gateway.core.calls import NOTICE_BUSINESS_DAYS, CallCalendar
from gateway.core.cash_needs import BufferTerms
from gateway.core.dilution import LONGEST_AS_OF, SwingTerms
from gateway.core.eligibility import Qualification
from gateway.core.fee_terms import Crystallizes, ExpenseCap, PerformanceFeeTerms
from gateway.core.fees import RECAPTURE_YEARS, DayCount
from gateway.core.gates import DealingDays, GateTerms, gate_faults
from gateway.core.limits import ExcessPolicy, Limit, LimitScope, Sharing
from gateway.core.liquidity import CapBasis, CapPeriod, GateCap, Suspension
from gateway.core.logic import NEWEST
from gateway.core.money import MINOR_SCALE, Ratio, fits_int64, parse_amount
from gateway.core.performance_fees import FULL_CATCH_UP, HurdleBase, HurdleKind
from gateway.core.redemption_needs import BandTerms
from gateway.core.redemption_queue import CarryPolicy, TranchePricing
from gateway.core.repurchases import Offer
from gateway.ops.book.said_eligibility import (
    SaidAgreement,
    SaidBlackout,
    SaidClosed,
    SaidMapping,
    SaidQualification,
)
from gateway.ops.calendars import calendar_terms, load_overrides, us_calendar

LEAP_YEAR = 2028
_TIME = re.compile(r"([0-9]{1,2}):([0-5][0-9])")
_SCALED = re.compile(r"([0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.([0-9]+))?")
_NAME = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$"


def _ratio(said: object) -> object:
    return Ratio.parse(said) if isinstance(said, str) else said


def _share(ratio: Ratio) -> Ratio:
    if not 0 <= ratio.num <= ratio.den:
        raise ValueError(f"{ratio} is no share: write one from 0% to 100%")
    return ratio


def in_order(*ratios: Ratio) -> bool:
    """Whether ratios rise, or stay, from one to the next."""
    return all(a.num * b.den <= b.num * a.den for a, b in pairwise(ratios))


def _not_negative(ratio: Ratio) -> Ratio:
    if ratio.num < 0:
        raise ValueError(f"{ratio} is below zero")
    return ratio


def _time(said: object) -> object:
    parts = _TIME.fullmatch(said) if isinstance(said, str) else None
    if parts is None or int(parts[1]) > 23:
        raise ValueError(f"{said!r} is not a local time: write it as 18:30")
    return int(parts[1]) * 60 + int(parts[2])


def _month_day(said: object) -> object:
    try:
        if isinstance(said, str):
            day = date.fromisoformat(f"{LEAP_YEAR}-{said}")
            return day.month, day.day
    except ValueError:
        pass
    raise ValueError(f"{said!r} is no day of a year: write month and day, as 12-31")


Name = Annotated[str, Field(pattern=_NAME)]
Share = Annotated[Ratio, BeforeValidator(_ratio), AfterValidator(_share)]
Times = Annotated[Ratio, BeforeValidator(_ratio), AfterValidator(_not_negative)]
MonthDay = Annotated[tuple[int, int], BeforeValidator(_month_day)]
LocalTime = Annotated[int, BeforeValidator(_time)]
Scale = Annotated[int, Field(ge=0, le=12)]
Days = Annotated[int, Field(ge=0, le=3650)]
Level = Annotated[int, Field(gt=0, lt=2**63)]


class _Said(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class SaidLimit(_Said):
    """A minority limit."""

    id: Name
    cap: Share
    soft_cap: Share | None = None
    on_excess: ExcessPolicy = ExcessPolicy.TRIM
    cure_days: Days = 90

    def limit(self, scope: LimitScope) -> Limit:
        """The limit of a scope."""
        return Limit(self.id, scope, self.cap, self.soft_cap, self.on_excess, self.cure_days)


class SaidFundLimit(SaidLimit):
    """A limit of a fund, which may count what drawdown vehicles may still call."""

    counts_unfunded: bool = False

    def limit(self, scope: LimitScope) -> Limit:
        """The limit of a scope."""
        return replace(SaidLimit.limit(self, scope), counts_unfunded=self.counts_unfunded)


class SaidHoldingLimit(SaidFundLimit):
    """A limit on one vehicle, manager, asset class or issuer of a fund."""

    scope: Literal["SLEEVE", "MANAGER", "ASSET_CLASS", "ISSUER"]
    about: Name

    def of_holding(self) -> Limit:
        """The limit."""
        return replace(self.limit(LimitScope(self.scope)), about=self.about)


class SaidCalendar(_Said):
    """The United States calendars of whole years, with announced changes from a file."""

    years: tuple[int, int]
    overrides: Path | None = None

    def terms(self, beside: Path) -> CalendarTerms:
        """The calendar's days.

        Raises:
            ConfigError: The years are not covered, or the changes cannot be read.
        """
        changes = None if self.overrides is None else load_overrides(beside / self.overrides)
        return calendar_terms(us_calendar(*self.years, changes))


class SaidParty(_Said):
    """A party; its receiver is itself, its dialect native, unless it says otherwise."""

    role: Literal["RECORDKEEPER", "MANAGER", "CUSTODIAN", "MARKET"]
    receiver: Name | None = None
    dialect: Name = "native"


class SaidCommitment(_Said):
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
            _amount(self.commitment, currency), self.calendar, self.notice_days,
            _amount(self.called_inside, currency), _amount(self.called_outside, currency),
            _amount(self.recallable, currency), _amount(self.kept, currency),
        )  # fmt: skip
        if not 0 <= terms.opening.unfunded_minor <= terms.commitment_minor:
            raise ValueError(
                f"commitment {self.commitment} less called_inside {self.called_inside} and "
                f"recallable {self.recallable} is no unfunded commitment: from 0 to all of it"
            )
        return terms


class SaidBand(_Said):
    """The band of a fund's alternatives, around its target."""

    low: Share
    high: Share


class SaidBuffer(_Said):
    """The band of a fund's liquid sleeve."""

    low: Share
    target: Share
    high: Share

    @model_validator(mode="after")
    def _in_order(self) -> SaidBuffer:
        if not in_order(self.low, self.target, self.high):
            raise ValueError("a band has its target between low and high")
        return self


class SaidFees(_Said):
    """A management fee."""

    rate: Share
    day_count: DayCount = DayCount.ACT_365F
    payee: Name


class SaidPerformance(_Said):
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


class SaidExpenseCap(_Said):
    """A cap on total annual operating expenses; who is paid the management fee waives."""

    cap: Share
    other: Share = Ratio(0, 1)
    acquired: Share = Ratio(0, 1)
    recapture_years: Annotated[int, Field(ge=0, le=10)] = RECAPTURE_YEARS

    def terms(self) -> ExpenseCap:
        """The terms of the cap."""
        return ExpenseCap(self.cap, self.other, self.acquired, self.recapture_years)


class SaidSwing(_Said):
    """A swing of the price."""

    threshold: Share
    factor: Share
    swings_up: bool = False


class SaidSleeve(_Said):
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

    def terms(self, currency: str) -> SleeveTerms:
        """The terms of a holding."""
        return SleeveTerms(
            self.vehicle, self.manager, self.proxy, self.beta, self.stale_after_days,
            _amount(self.opening, currency), self.opening_measurement_date, self.opening_proxy,
            None if self.calls is None else self.calls.terms(currency),
            self.asset_class or "", self.issuer or "", self.daily_income,
        )  # fmt: skip


class SaidCap(_Said):
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


class SaidSuspension(_Said):
    """A time in which a gated fund pays nothing."""

    first: date
    last: date | None = None


class SaidOffer(_Said):
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


class SaidGate(_Said):
    """How a fund lets plans out."""

    dealing: DealingDays
    policy: CarryPolicy
    pricing: TranchePricing = TranchePricing.PER_TRANCHE
    caps: tuple[SaidCap, ...] = ()
    suspensions: tuple[SaidSuspension, ...] = ()
    offers: tuple[SaidOffer, ...] = ()
    early_deduction: Share | None = None

    def terms(self) -> GateTerms:
        """The gate."""
        return GateTerms(
            self.dealing, self.policy, self.pricing, tuple(cap.terms() for cap in self.caps),
            tuple(Suspension(each.first, each.last) for each in self.suspensions),
            tuple(offer.terms() for offer in self.offers), self.early_deduction,
        )  # fmt: skip

    @model_validator(mode="after")
    def _stands(self) -> Self:
        if faults := gate_faults(self.terms()):
            raise ValueError(f"the gate has faults: {', '.join(faults)}")
        return self


class SaidGlideStep(_Said):
    """A step of a fund's glide path."""

    from_date: date
    target: Share


class SaidFund(_Said):
    """A fund; NAV, units and amounts are written as decimals."""

    name: str = Field(min_length=1)
    wrapper: Wrapper
    currency: str = "USD"
    alternative: bool = False
    custodian: Name
    nav_scale: Scale = 4
    unit_scale: Scale = 4
    opening_nav: str
    opening_units: str
    liquid: str
    liquid_index: Name
    opening_liquid_index: Level
    sleeves: tuple[SaidSleeve, ...] = ()
    target: Share
    limit: SaidFundLimit
    sharing: Sharing = Sharing.FIFO
    tolerance: Share
    valuation_cutoff: LocalTime
    settle_days: Annotated[int, Field(ge=0, le=10)] = 1
    as_of_sessions: Annotated[int, Field(ge=0, le=LONGEST_AS_OF)] = 0
    fees: SaidFees | None = None
    swing: SaidSwing | None = None
    limits: tuple[SaidHoldingLimit, ...] = ()
    gate: SaidGate | None = None
    performance: SaidPerformance | None = None
    expense_cap: SaidExpenseCap | None = None
    qualification: Qualification = Qualification.NONE
    minimum_purchase: str = "0"
    minimum_sale: str = "0"
    closed: tuple[SaidClosed, ...] = ()
    glide_path: tuple[SaidGlideStep, ...] = ()
    band: SaidBand | None = None
    buffer: SaidBuffer | None = None

    @field_validator("band")
    @classmethod
    def _around_the_target(cls, said: SaidBand | None, info: ValidationInfo) -> SaidBand | None:
        target = info.data.get("target")
        if said is not None and target is not None and not in_order(said.low, target, said.high):
            raise ValueError("a band has its target between low and high")
        return said

    @field_validator("currency")
    @classmethod
    def _known(cls, said: str) -> str:
        if said not in MINOR_SCALE:
            raise ValueError(f"no currency {said!r}: the gateway knows {', '.join(MINOR_SCALE)}")
        return said

    @field_validator("opening_nav", "opening_units")
    @classmethod
    def _figure(cls, said: str, info: ValidationInfo) -> str:
        scale = info.data.get("nav_scale" if info.field_name == "opening_nav" else "unit_scale")
        if scale is not None:
            _scaled(said, scale)
        return said

    @field_validator("liquid", "minimum_purchase", "minimum_sale")
    @classmethod
    def _money(cls, said: str, info: ValidationInfo) -> str:
        if "currency" in info.data:
            _amount(said, info.data["currency"])
        return said

    @field_validator("sleeves")
    @classmethod
    def _worth(cls, said: tuple[SaidSleeve, ...], info: ValidationInfo) -> tuple[SaidSleeve, ...]:
        vehicles = [sleeve.vehicle for sleeve in said]
        if len(set(vehicles)) < len(vehicles):
            raise ValueError("a vehicle stands twice")
        for sleeve in said if "currency" in info.data else ():
            try:
                _amount(sleeve.opening, info.data["currency"])
            except ValueError as wrong:
                raise ValueError(f"opening of {sleeve.vehicle}: {wrong}") from wrong
            if sleeve.calls is not None:
                try:
                    sleeve.calls.terms(info.data["currency"])
                except ValueError as wrong:
                    raise ValueError(f"calls of {sleeve.vehicle}: {wrong}") from wrong
        return said

    @field_validator("glide_path")
    @classmethod
    def _falls(cls, said: tuple[SaidGlideStep, ...]) -> tuple[SaidGlideStep, ...]:
        days = [step.from_date for step in said]
        if days != sorted(set(days)):
            raise ValueError("its steps do not stand in the order of their days, each day once")
        return said

    def terms(self, fund_id: str) -> FundTerms:
        """The fund's terms."""
        fees, swing = self.fees, self.swing
        band, buffer = self.band, self.buffer
        return FundTerms(
            fund_id, self.name, self.wrapper, self.currency, self.alternative, self.custodian,
            self.nav_scale, self.unit_scale, _scaled(self.opening_nav, self.nav_scale),
            _scaled(self.opening_units, self.unit_scale), _amount(self.liquid, self.currency),
            self.liquid_index, self.opening_liquid_index,
            tuple(sleeve.terms(self.currency) for sleeve in self.sleeves), self.target,
            self.limit.limit(LimitScope.FUND), self.sharing, self.tolerance,
            self.valuation_cutoff, self.settle_days, self.as_of_sessions,
            None if fees is None else FeeTerms(fees.rate, fees.day_count, fees.payee),
            None if swing is None else SwingTerms(swing.threshold, swing.factor, swing.swings_up),
            tuple(limit.of_holding() for limit in self.limits),
            None if self.gate is None else self.gate.terms(),
            None if self.performance is None else self.performance.terms(),
            None if self.expense_cap is None else self.expense_cap.terms(),
            self.qualification, _amount(self.minimum_purchase, self.currency),
            _amount(self.minimum_sale, self.currency),
            tuple(period.terms() for period in self.closed),
            tuple(GlideStep(step.from_date, step.target) for step in self.glide_path),
            None if band is None else BandTerms(band.low, band.high),
            None if buffer is None else BufferTerms(buffer.low, buffer.target, buffer.high),
        )  # fmt: skip


class SaidPlan(_Said):
    """A plan; its recordkeeper settles for it unless it says otherwise."""

    recordkeeper: Name
    settling_entity: Name | None = None
    liquid_fund: Name
    funds: Annotated[tuple[Name, ...], Field(min_length=1)]
    participant_limit: SaidLimit
    plan_limit: SaidLimit
    agreements: tuple[SaidAgreement, ...] = ()
    qualifications: tuple[SaidQualification, ...] = ()
    blackouts: tuple[SaidBlackout, ...] = ()
    mappings: tuple[SaidMapping, ...] = ()

    def terms(self, plan_id: str) -> PlanTerms:
        """The plan's terms."""
        return PlanTerms(
            plan_id, self.recordkeeper, self.settling_entity or self.recordkeeper,
            self.liquid_fund, self.funds, self.participant_limit.limit(LimitScope.PARTICIPANT),
            self.plan_limit.limit(LimitScope.PLAN),
            tuple(each.terms() for each in self.agreements),
            tuple(each.terms() for each in self.qualifications),
            tuple(each.terms() for each in self.blackouts),
            tuple(each.terms() for each in self.mappings),
        )  # fmt: skip


class SaidBook(_Said):
    """A book file: what changes, and from which session on."""

    batch_id: Name
    session: date
    logic: Annotated[int, Field(ge=0, le=NEWEST)] = 0
    calendar: SaidCalendar | None = None
    parties: dict[Name, SaidParty] = Field(default_factory=dict)
    funds: dict[Name, SaidFund] = Field(default_factory=dict)
    plans: dict[Name, SaidPlan] = Field(default_factory=dict)


def _amount(said: str, currency: str) -> int:
    amount = parse_amount(said, currency)
    if amount < 0:
        raise ValueError(f"{said!r} is below zero")
    return amount


def _scaled(said: str, scale: int) -> int:
    """A decimal figure as an integer with so many decimals."""
    parts = _SCALED.fullmatch(said)
    if parts is None or len(parts[2] or "") > scale:
        raise ValueError(f"{said!r} is not a figure with at most {scale} decimals, as 10.0250")
    value = int(parts[1].replace(",", "") + (parts[2] or "").ljust(scale, "0"))
    if not fits_int64(value):
        raise ValueError(f"{said!r} is larger than 64 bits hold")
    return value


# --- where a field stands ----------------------------------------------------------------
