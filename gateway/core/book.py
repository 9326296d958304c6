"""The book: plans, funds, their terms and limits, calendars, parties.

Reference data is dated: a change names the session it takes effect from and never
acts in mid-session. A later entry with the same id replaces the earlier one.

Not here: positions and prices, except the ones a fund opens with.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Annotated

from gateway.core.calls import CallCalendar, Commitment
from gateway.core.cash_needs import BufferTerms
from gateway.core.dilution import SwingTerms
from gateway.core.eligibility import (
    Agreement,
    Blackout,
    ClosedPeriod,
    FundMapping,
    PlanQualification,
    Qualification,
)
from gateway.core.fee_terms import ExpenseCap, PerformanceFeeTerms
from gateway.core.fees import DayCount, FeeBase, PaidEach
from gateway.core.gates import GateTerms
from gateway.core.limits import Limit, Sharing
from gateway.core.lineage import Lineage
from gateway.core.logic import FIRST
from gateway.core.money import Ratio, UnitRounding
from gateway.core.redemption_needs import Aims, BandTerms
from gateway.core.sessions import Calendar
from gateway.core.settling_days import SettlesOn


class Wrapper(StrEnum):
    """What kind of vehicle a fund is; its terms, not its kind, say how it is run."""

    LIQUID_CIT = "LIQUID_CIT"
    TARGET_DATE_CIT = "TARGET_DATE_CIT"
    TARGET_DATE_FUND = "TARGET_DATE_FUND"
    MANAGED_ACCOUNT_SLEEVE = "MANAGED_ACCOUNT_SLEEVE"
    INTERVAL_FUND = "INTERVAL_FUND"
    TENDER_OFFER_FUND = "TENDER_OFFER_FUND"
    NON_TRADED_VEHICLE = "NON_TRADED_VEHICLE"
    DRAWDOWN_SLEEVE_CIT = "DRAWDOWN_SLEEVE_CIT"
    REAL_ESTATE_ACCOUNT = "REAL_ESTATE_ACCOUNT"
    PRIVATE_CREDIT_FUND = "PRIVATE_CREDIT_FUND"
    INFRASTRUCTURE_FUND = "INFRASTRUCTURE_FUND"
    DIGITAL_ASSET_SLEEVE = "DIGITAL_ASSET_SLEEVE"


@dataclass(frozen=True, slots=True)
class EarlyClose:
    """A session that closes before its usual time."""

    session: Annotated[date, "the session"]
    close_minutes: Annotated[int, "local minutes after midnight at which it closes"]


@dataclass(frozen=True, slots=True)
class CalendarTerms:
    """A calendar as data, so that a replay uses the one that was in force."""

    version: Annotated[str, "name of this version"]
    first: Annotated[date, "first day covered"]
    last: Annotated[date, "last day covered"]
    exchange_closed: Annotated[tuple[date, ...], "weekdays on which the exchange is shut"]
    early_closes: Annotated[tuple[EarlyClose, ...], "sessions that close early"]
    bank_closed: Annotated[tuple[date, ...], "weekdays on which banks are shut"]
    zone: Annotated[str, "IANA zone of the local times"]
    close_minutes: Annotated[int, "local minutes after midnight of a usual close"]

    def calendar(self) -> Calendar:
        """The calendar these terms describe."""
        return Calendar(
            version=self.version,
            first=self.first,
            last=self.last,
            exchange_closed=frozenset(self.exchange_closed),
            early_closes=tuple((early.session, early.close_minutes) for early in self.early_closes),
            bank_closed=frozenset(self.bank_closed),
            zone=self.zone,
            close_minutes=self.close_minutes,
        )


@dataclass(frozen=True, slots=True)
class PartyTerms:
    """A party the gateway exchanges messages or money with."""

    party_id: Annotated[str, "sender, receiver or settling entity"]
    role: Annotated[str, "RECORDKEEPER, MANAGER, CUSTODIAN or MARKET"]
    receiver: Annotated[str, "whose topic its instructions go to, out.<receiver>"]
    dialect: Annotated[str, "connector that renders its instructions"]
    advised_by: Annotated[str, "bank that advises of its payments; empty if none does"] = ""


@dataclass(frozen=True, slots=True)
class CommitmentTerms:
    """What a drawdown vehicle may call, and how it gives notice."""

    commitment_minor: Annotated[int, "capital committed, minor units"]
    calendar: Annotated[CallCalendar, "calendar its due dates are counted on"]
    notice_days: Annotated[int, "business days of notice before a call is due"]
    called_inside_minor: Annotated[int, "called before the opening, inside the commitment"] = 0
    called_outside_minor: Annotated[int, "called before the opening, beside it"] = 0
    recallable_minor: Annotated[int, "distributed before the opening, may be called again"] = 0
    kept_minor: Annotated[int, "distributed before the opening for good"] = 0

    @property
    def opening(self) -> Commitment:
        """The totals a fund begins with; none called where it was there from the first close."""
        return Commitment(
            self.commitment_minor, self.called_inside_minor, self.called_outside_minor,
            self.recallable_minor, self.kept_minor,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class FeeTerms:
    """A fund's management fee: accrued daily, paid at the first strike of a new period."""

    rate: Annotated[Ratio, "share of the base a year"]
    day_count: Annotated[DayCount, "how days make a year"]
    payee: Annotated[str, "party that is paid"]
    base: Annotated[FeeBase, "what it is a share of"] = FeeBase.NET
    paid_each: Annotated[PaidEach, "how often it is paid"] = PaidEach.QUARTER


@dataclass(frozen=True, slots=True)
class SleeveTerms:
    """A private holding inside a fund: one manager's vehicle and how it is valued daily."""

    vehicle_id: Annotated[str, "the manager's vehicle"]
    manager: Annotated[str, "party that marks it and is paid for purchases"]
    proxy_id: Annotated[str, "index that moves it between marks"]
    beta: Annotated[Ratio, "share of the index move taken"]
    stale_after_days: Annotated[int, "calendar days after which a mark is stale"]
    opening_minor: Annotated[int, "value at the opening mark, minor units"]
    opening_measurement_date: Annotated[date, "date the opening mark was measured on"]
    opening_proxy: Annotated[int, "index level at the opening session"]
    calls: Annotated[CommitmentTerms | None, "of a drawdown vehicle; it is never bought at will"]
    asset_class: Annotated[str, "what it counts under in limits, as PRIVATE_CREDIT"] = ""
    issuer: Annotated[str, "whose paper it holds, for limits on one issuer"] = ""
    daily_income: Annotated[
        Ratio | None, "expected income a year, a share of value accrued daily; None: none"
    ] = None
    independent_within_days: Annotated[
        int, "calendar days its newest independent value may be old; 0: none is asked for"
    ] = 0
    opening_lineage: Annotated[Lineage, "how the opening mark came about"] = field(
        default_factory=Lineage
    )


@dataclass(frozen=True, slots=True)
class GlideStep:
    """A step of a glide path."""

    from_date: Annotated[date, "day it holds from"]
    target: Annotated[Ratio, "share of the fund meant to be alternative from then on"]


@dataclass(frozen=True, slots=True)
class FundTerms:
    """A fund (wrapper) as its documents describe it."""

    fund_id: Annotated[str, "fund"]
    name: Annotated[str, "name people know it by"]
    wrapper: Annotated[str, "what the documents call it, see `Wrapper`"]
    currency: Annotated[str, "ISO 4217 code"]
    alternative: Annotated[bool, "counts whole as alternative in participant and plan limits"]
    custodian: Annotated[str, "party that settles for the fund"]
    nav_scale: Annotated[int, "decimal places of the NAV"]
    unit_scale: Annotated[int, "decimal places of units"]
    opening_nav: Annotated[int, "NAV per unit at the session before the first, scaled"]
    opening_units: Annotated[int, "units outstanding at the opening, scaled"]
    liquid_minor: Annotated[int, "liquid sleeve at the opening, minor units"]
    liquid_index: Annotated[str, "index that moves the liquid sleeve"]
    opening_liquid_index: Annotated[int, "its level at the opening session"]
    sleeves: Annotated[tuple[SleeveTerms, ...], "private holdings; purchases go to the first"]
    target: Annotated[Ratio, "share of the fund meant to be alternative"]
    limit: Annotated[Limit, "fund-level minority limit"]
    sharing: Annotated[Sharing, "how scarce headroom is shared among plans"]
    tolerance: Annotated[Ratio, "largest unexplained change of NAV in a day"]
    valuation_cutoff_minutes: Annotated[int, "local minutes after midnight: later marks wait a day"]
    settle_days: Annotated[int, "settlement days after the trade date"]
    as_of_sessions: Annotated[int, "sessions back it takes late orders as of; 0: none"]
    fees: Annotated[FeeTerms | None, "management fee, if the fund bears one"]
    swing: Annotated[SwingTerms | None, "when its price swings, if it does"]
    limits: Annotated[tuple[Limit, ...], "on one vehicle, manager, asset class or issuer"] = ()
    gate: Annotated[GateTerms | None, "how it lets plans out, if sales of it are requests"] = None
    performance: Annotated[PerformanceFeeTerms | None, "performance fee, if it bears one"] = None
    expense_cap: Annotated[ExpenseCap | None, "cap on its expenses, if it has one"] = None
    qualification: Annotated[Qualification, "what its investors must be"] = Qualification.NONE
    minimum_purchase_minor: Annotated[int, "least purchase of a line, minor units; 0: none"] = 0
    minimum_sale_minor: Annotated[int, "least sale of a line, minor units; 0: none"] = 0
    closed: Annotated[tuple[ClosedPeriod, ...], "when it takes no purchases, or no sales"] = ()
    glide_path: Annotated[tuple[GlideStep, ...], "targets by day; `target` before the first"] = ()
    band: Annotated[BandTerms | None, "of alternatives; above it managers are asked"] = None
    buffer: Annotated[BufferTerms | None, "of what is liquid; below it managers are asked"] = None

    def aims(self, target: Ratio) -> Aims:
        """What the fund wants to hold, at the target in force."""
        return Aims(target, self.band, self.buffer)

    nav_error_payer: Annotated[str, "party responsible for a wrong NAV; empty: custodian"] = ""
    unit_rounding: Annotated[UnitRounding, "how units are rounded"] = UnitRounding.HALF_UP
    settles_on: Annotated[SettlesOn, "the days that settle_days counts"] = SettlesOn.SETTLEMENT


@dataclass(frozen=True, slots=True)
class PlanTerms:
    """A plan: who keeps its records, who settles, what it may hold."""

    plan_id: Annotated[str, "plan"]
    recordkeeper: Annotated[str, "the one sender of its orders"]
    settling_entity: Annotated[str, "party that owes and receives its cash"]
    liquid_fund: Annotated[str, "where money goes that a limit keeps out of alternatives"]
    funds: Annotated[tuple[str, ...], "funds with a participation agreement in force"]
    participant_limit: Annotated[Limit, "limit on each participant's alternatives"]
    plan_limit: Annotated[Limit, "limit on the plan's alternatives"]
    agreements: Annotated[
        tuple[Agreement, ...], "when agreements are in force; of a fund without one: always"
    ] = ()
    qualifications: Annotated[tuple[PlanQualification, ...], "what investor it is, and when"] = ()
    blackouts: Annotated[tuple[Blackout, ...], "when participants cannot move money"] = ()
    mappings: Annotated[tuple[FundMapping, ...], "funds that take the place of others"] = ()


@dataclass(frozen=True, slots=True)
class BookChange:
    """Reference data that takes effect from a session."""

    sender: Annotated[str, "always operations"]
    batch_id: Annotated[str, "name of the change"]
    session: Annotated[date, "first session it holds for"]
    calendar: Annotated[CalendarTerms | None, "the calendar, if it changes"]
    parties: Annotated[tuple[PartyTerms, ...], "parties added or replaced"]
    funds: Annotated[tuple[FundTerms, ...], "funds added or replaced"]
    plans: Annotated[tuple[PlanTerms, ...], "plans added or replaced"]
    logic: Annotated[int, "level of decision logic from then on, see core.logic; 0: unchanged"] = 0


@dataclass(slots=True)
class Book:
    """The reference data in force, folded from changes, and the changes that wait.

    Mutable on purpose: it is part of a desk's state and changes only in `note` and `due`.
    """

    calendar: Calendar | None = None
    parties: dict[str, PartyTerms] = field(default_factory=dict)
    funds: dict[str, FundTerms] = field(default_factory=dict)
    plans: dict[str, PlanTerms] = field(default_factory=dict)
    waiting: list[BookChange] = field(default_factory=list)
    logic: int = FIRST

    def note(self, change: BookChange, session: date | None) -> list[BookChange]:
        """Keep a change until its session; the changes that hold from now on.

        Args:
            change: The change.
            session: The session the desk is in, None before the first.
        """
        self.waiting.append(change)
        return self.due(session)

    def due(self, session: date | None) -> list[BookChange]:
        """Adopt the waiting changes of a session and of those before it; which they were."""
        if session is None:
            return []
        due = [change for change in self.waiting if change.session <= session]
        self.waiting = [change for change in self.waiting if change.session > session]
        for change in due:
            self._adopt(change)
        return due

    def _adopt(self, change: BookChange) -> None:
        if change.calendar is not None:
            self.calendar = change.calendar.calendar()
        self.logic = max(self.logic, change.logic)
        self.parties.update((party.party_id, party) for party in change.parties)
        self.funds.update((fund.fund_id, fund) for fund in change.funds)
        self.plans.update((plan.plan_id, plan) for plan in change.plans)

    def shorten(self, session: date, close_minutes: int, name: str) -> None:
        """Let a session close early from now on, in a version of the calendar of that name."""
        version = f"{self.sessions.version}+{name}"
        self.calendar = self.sessions.with_changes(version, early_closes={session: close_minutes})

    @property
    def sessions(self) -> Calendar:
        """The calendar; a desk asks only after the first book change has come."""
        assert self.calendar is not None, "no calendar in the book"
        return self.calendar

    def senders(self, role: str) -> tuple[str, ...]:
        """Parties of a role, sorted."""
        return tuple(sorted(p.party_id for p in self.parties.values() if p.role == role))
