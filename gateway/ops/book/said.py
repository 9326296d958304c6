"""The forms of a book file: what each entry holds, and the terms it stands for.

Not here: reading YAML, naming faults (`file`).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    Field,
    ValidationInfo,
    field_validator,
)

from gateway.core.book import (
    CalendarTerms,
    FundTerms,
    GlideStep,
    PlanTerms,
    Wrapper,
)
from gateway.core.cash_needs import BufferTerms
from gateway.core.dilution import LONGEST_AS_OF, SwingTerms
from gateway.core.eligibility import Qualification
from gateway.core.fees import FeeBase
from gateway.core.limits import ExcessPolicy, Limit, LimitScope, Sharing
from gateway.core.logic import NEWEST
from gateway.core.money import MINOR_SCALE, UnitRounding
from gateway.core.redemption_needs import BandTerms
from gateway.core.settling_days import SettlesOn
from gateway.ops.book.said_eligibility import (
    SaidAgreement,
    SaidBlackout,
    SaidClosed,
    SaidMapping,
    SaidQualification,
)
from gateway.ops.book.said_kinds import (
    Days,
    Level,
    LocalTime,
    Name,
    Said,
    Scale,
    Share,
    amount_of,
    in_order,
    scaled_of,
)
from gateway.ops.book.said_terms import (
    SaidBand,
    SaidBuffer,
    SaidExpenseCap,
    SaidFees,
    SaidGate,
    SaidGlideStep,
    SaidPerformance,
    SaidSleeve,
    SaidSwing,
)
from gateway.ops.calendars import calendar_terms, load_overrides, us_calendar


class SaidLimit(Said):
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
    """A limit of a fund: it may count what vehicles may still call, and ask for reports."""

    counts_unfunded: bool = False
    report_days: Days = 0
    plan_days: Days = 0
    report_again_days: Days = 0

    def limit(self, scope: LimitScope) -> Limit:
        """The limit of a scope."""
        return replace(
            SaidLimit.limit(self, scope), counts_unfunded=self.counts_unfunded,
            report_days=self.report_days, plan_days=self.plan_days,
            report_again_days=self.report_again_days,
        )  # fmt: skip


class SaidHoldingLimit(SaidFundLimit):
    """A limit on one vehicle, manager, asset class or issuer of a fund."""

    scope: Literal["SLEEVE", "MANAGER", "ASSET_CLASS", "ISSUER"]
    about: Name

    def of_holding(self) -> Limit:
        """The limit."""
        return replace(self.limit(LimitScope(self.scope)), about=self.about)


class SaidCalendar(Said):
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


class SaidParty(Said):
    """A party; its receiver is itself, its dialect native, unless it says otherwise."""

    role: Literal["RECORDKEEPER", "MANAGER", "CUSTODIAN", "MARKET"]
    receiver: Name | None = None
    dialect: Name = "native"
    advised_by: Name | None = None


class SaidFund(Said):
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

    nav_error_payer: Name | None = None
    unit_rounding: UnitRounding = UnitRounding.HALF_UP
    settles_on: SettlesOn = SettlesOn.SETTLEMENT

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
            scaled_of(said, scale)
        return said

    @field_validator("liquid", "minimum_purchase", "minimum_sale")
    @classmethod
    def _money(cls, said: str, info: ValidationInfo) -> str:
        if "currency" in info.data:
            amount_of(said, info.data["currency"])
        return said

    @field_validator("sleeves")
    @classmethod
    def _worth(cls, said: tuple[SaidSleeve, ...], info: ValidationInfo) -> tuple[SaidSleeve, ...]:
        vehicles = [sleeve.vehicle for sleeve in said]
        if len(set(vehicles)) < len(vehicles):
            raise ValueError("a vehicle stands twice")
        for sleeve in said if "currency" in info.data else ():
            try:
                amount_of(sleeve.opening, info.data["currency"])
            except ValueError as wrong:
                raise ValueError(f"opening of {sleeve.vehicle}: {wrong}") from wrong
            if sleeve.calls is not None:
                try:
                    sleeve.calls.terms(info.data["currency"])
                except ValueError as wrong:
                    raise ValueError(f"calls of {sleeve.vehicle}: {wrong}") from wrong
        return said

    @field_validator("fees")
    @classmethod
    def _has_a_base(cls, said: SaidFees | None, info: ValidationInfo) -> SaidFees | None:
        drawdown = any(sleeve.calls is not None for sleeve in info.data.get("sleeves", ()))
        if said is not None and said.base in (FeeBase.COMMITTED, FeeBase.INVESTED) and not drawdown:
            raise ValueError(f"base {said.base}: none of its holdings has a commitment")
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
            self.nav_scale, self.unit_scale, scaled_of(self.opening_nav, self.nav_scale),
            scaled_of(self.opening_units, self.unit_scale), amount_of(self.liquid, self.currency),
            self.liquid_index, self.opening_liquid_index,
            tuple(sleeve.terms(self.currency) for sleeve in self.sleeves), self.target,
            self.limit.limit(LimitScope.FUND), self.sharing, self.tolerance,
            self.valuation_cutoff, self.settle_days, self.as_of_sessions,
            None if fees is None else fees.terms(),
            None if swing is None else SwingTerms(swing.threshold, swing.factor, swing.swings_up),
            tuple(limit.of_holding() for limit in self.limits),
            None if self.gate is None else self.gate.terms(),
            None if self.performance is None else self.performance.terms(),
            None if self.expense_cap is None else self.expense_cap.terms(),
            self.qualification, amount_of(self.minimum_purchase, self.currency),
            amount_of(self.minimum_sale, self.currency),
            tuple(period.terms() for period in self.closed),
            tuple(GlideStep(step.from_date, step.target) for step in self.glide_path),
            None if band is None else BandTerms(band.low, band.high),
            None if buffer is None else BufferTerms(buffer.low, buffer.target, buffer.high),
            self.nav_error_payer or "", self.unit_rounding, self.settles_on,
        )  # fmt: skip


class SaidPlan(Said):
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


class SaidBook(Said):
    """A book file: what changes, and from which session on."""

    batch_id: Name
    session: date
    logic: Annotated[int, Field(ge=0, le=NEWEST)] = 0
    calendar: SaidCalendar | None = None
    parties: dict[Name, SaidParty] = Field(default_factory=dict)
    funds: dict[Name, SaidFund] = Field(default_factory=dict)
    plans: dict[Name, SaidPlan] = Field(default_factory=dict)
