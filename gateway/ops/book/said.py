"""The forms of a book file: what each entry holds, and the terms it stands for.

Not here: reading YAML, naming faults (`file`).
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
)

from gateway.core.book import (
    CalendarTerms,
    CommitmentTerms,
    FeeTerms,
    FundTerms,
    PlanTerms,
    SleeveTerms,
    Wrapper,
)
from gateway.core.calls import NOTICE_BUSINESS_DAYS, CallCalendar
from gateway.core.dilution import LONGEST_AS_OF, SwingTerms
from gateway.core.fees import DayCount
from gateway.core.limits import ExcessPolicy, Limit, LimitScope, Sharing
from gateway.core.logic import NEWEST
from gateway.core.money import MINOR_SCALE, Ratio, fits_int64, parse_amount
from gateway.ops.calendars import calendar_terms, load_overrides, us_calendar

_TIME = re.compile(r"([0-9]{1,2}):([0-5][0-9])")
_SCALED = re.compile(r"([0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.([0-9]+))?")
_NAME = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$"


def _ratio(said: object) -> object:
    return Ratio.parse(said) if isinstance(said, str) else said


def _share(ratio: Ratio) -> Ratio:
    if not 0 <= ratio.num <= ratio.den:
        raise ValueError(f"{ratio} is no share: write one from 0% to 100%")
    return ratio


def _not_negative(ratio: Ratio) -> Ratio:
    if ratio.num < 0:
        raise ValueError(f"{ratio} is below zero")
    return ratio


def _time(said: object) -> object:
    parts = _TIME.fullmatch(said) if isinstance(said, str) else None
    if parts is None or int(parts[1]) > 23:
        raise ValueError(f"{said!r} is not a local time: write it as 18:30")
    return int(parts[1]) * 60 + int(parts[2])


Name = Annotated[str, Field(pattern=_NAME)]
Share = Annotated[Ratio, BeforeValidator(_ratio), AfterValidator(_share)]
Times = Annotated[Ratio, BeforeValidator(_ratio), AfterValidator(_not_negative)]
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


class SaidHoldingLimit(SaidLimit):
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
    advised_by: Name | None = None


class SaidCommitment(_Said):
    """What a drawdown vehicle may call; the amount is of the fund's currency."""

    commitment: str
    calendar: CallCalendar = CallCalendar.BANK
    notice_days: Annotated[int, Field(ge=0, le=60)] = NOTICE_BUSINESS_DAYS

    def terms(self, currency: str) -> CommitmentTerms:
        """The terms of a commitment."""
        return CommitmentTerms(_amount(self.commitment, currency), self.calendar, self.notice_days)


class SaidFees(_Said):
    """A management fee."""

    rate: Share
    day_count: DayCount = DayCount.ACT_365F
    payee: Name


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

    def terms(self, currency: str) -> SleeveTerms:
        """The terms of a holding."""
        return SleeveTerms(
            self.vehicle, self.manager, self.proxy, self.beta, self.stale_after_days,
            _amount(self.opening, currency), self.opening_measurement_date, self.opening_proxy,
            None if self.calls is None else self.calls.terms(currency),
            self.asset_class or "", self.issuer or "",
        )  # fmt: skip


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
    limit: SaidLimit
    sharing: Sharing = Sharing.FIFO
    tolerance: Share
    valuation_cutoff: LocalTime
    settle_days: Annotated[int, Field(ge=0, le=10)] = 1
    as_of_sessions: Annotated[int, Field(ge=0, le=LONGEST_AS_OF)] = 0
    fees: SaidFees | None = None
    swing: SaidSwing | None = None
    limits: tuple[SaidHoldingLimit, ...] = ()
    nav_error_payer: Name | None = None

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

    @field_validator("liquid")
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
        return said

    def terms(self, fund_id: str) -> FundTerms:
        """The fund's terms."""
        fees, swing = self.fees, self.swing
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
            tuple(limit.of_holding() for limit in self.limits), self.nav_error_payer or "",
        )  # fmt: skip


class SaidPlan(_Said):
    """A plan; its recordkeeper settles for it unless it says otherwise."""

    recordkeeper: Name
    settling_entity: Name | None = None
    liquid_fund: Name
    funds: Annotated[tuple[Name, ...], Field(min_length=1)]
    participant_limit: SaidLimit
    plan_limit: SaidLimit

    def terms(self, plan_id: str) -> PlanTerms:
        """The plan's terms."""
        return PlanTerms(
            plan_id, self.recordkeeper, self.settling_entity or self.recordkeeper,
            self.liquid_fund, self.funds, self.participant_limit.limit(LimitScope.PARTICIPANT),
            self.plan_limit.limit(LimitScope.PLAN),
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
