"""What a fund partition knows: its funds, their sleeves and marks, the session's flows.

Not here: decisions (`fund`, `strike`).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date

from gateway.core.book import Book, FundTerms, SleeveTerms
from gateway.core.breach_reports import Report
from gateway.core.calls import CapitalNotice, Commitment
from gateway.core.capital_returns import HolderUnits
from gateway.core.decisions import Approved
from gateway.core.expense_caps import Waivers
from gateway.core.fee_bases import opening_cost
from gateway.core.fees import FeePeriod
from gateway.core.fund_events import NoticeTaken
from gateway.core.gates import GateDay, Lot
from gateway.core.limits import BreachState
from gateway.core.lineage import MarkBehind, is_independent
from gateway.core.liquidity import CapPeriod, is_same_period
from gateway.core.marks import IndexLevel, ManagerMark, NavStruck
from gateway.core.nav import RollStep
from gateway.core.nav_correction import CorrectionTotals, NavCorrection
from gateway.core.orders import FlowBatch
from gateway.core.performance_periods import PerformancePeriod
from gateway.core.redemption_events import (
    GateNoted,
    LiquidityKind,
    LiquidityNotice,
    RedemptionAnswered,
)
from gateway.core.requests import RedemptionRequests
from gateway.core.settling_days import settling_date
from gateway.core.units_roll import NO_UNITS, UnitsRoll


@dataclass(slots=True)
class Sleeve:
    """One private holding: the mark in force and the days since it.

    Attributes:
        behind: Who stated the mark, and how it came about.
        independent_on: Measurement date of the newest independent value.
    """

    mark_minor: int
    measurement_date: date
    steps: list[RollStep] = field(default_factory=list)
    behind: MarkBehind = field(default_factory=MarkBehind)
    independent_on: date | None = None

    @classmethod
    def opening(cls, terms: SleeveTerms) -> Sleeve:
        """The holding as its terms say it opens."""
        measured, lineage = terms.opening_measurement_date, terms.opening_lineage
        return cls(
            terms.opening_minor, measured, behind=MarkBehind(lineage=lineage),
            independent_on=measured if is_independent(lineage) else None,
        )  # fmt: skip

    def until(self, session: date) -> list[RollStep]:
        """The steps of earlier sessions; later ones may have been held and have theirs already."""
        return [step for step in self.steps if step.session < session]

    def roll(self, step: RollStep) -> None:
        """Take a session's step, in place of one that it had while its NAV was held."""
        others = [other for other in self.steps if other.session != step.session]
        self.steps = sorted([*others, step], key=lambda each: each.session)

    def move(self, session: date, calls_minor: int, distributions_minor: int) -> None:
        """Book money paid in and received at the end of a session that has its step."""
        self.steps = [
            replace(
                step,
                calls_minor=step.calls_minor + calls_minor,
                distributions_minor=step.distributions_minor + distributions_minor,
            )
            if step.session == session
            else step
            for step in self.steps
        ]


@dataclass(slots=True)
class Accrual:
    """A fee between two payments: the days it is for, and what was posted of it."""

    periods: list[FeePeriod] = field(default_factory=list)
    posted_minor: int = 0
    last: date | None = None


@dataclass(frozen=True, slots=True)
class PeriodEnds:
    """Net assets at the ends of periods, minor units: what some caps are shares of.

    Attributes:
        session: Last session struck, None before the first.
        net_minor: Net assets then.
        month_minor: Net assets at the end of the calendar month before it.
        quarter_minor: Net assets at the end of the calendar quarter before it.
    """

    session: date | None
    net_minor: int
    month_minor: int
    quarter_minor: int

    def before(self, session: date) -> tuple[int, int]:
        """Net assets at the end of the month and of the quarter before a session."""
        if self.session is None:
            return self.month_minor, self.quarter_minor
        same_month = is_same_period(CapPeriod.MONTH, self.session, session)
        same_quarter = is_same_period(CapPeriod.QUARTER, self.session, session)
        return (
            self.month_minor if same_month else self.net_minor,
            self.quarter_minor if same_quarter else self.net_minor,
        )

    def after(self, session: date, net_minor: int) -> PeriodEnds:
        """Once a session is struck."""
        return PeriodEnds(session, net_minor, *self.before(session))


@dataclass(frozen=True, slots=True)
class OpenRequest:
    """Money asked of a vehicle: in all, and what no answer has paid or let lapse yet."""

    vehicle_id: str
    session: date
    asked_minor: int
    open_minor: int


@dataclass(slots=True)
class BreachClock:
    """A passive breach of a limit: open, or over with reports of it still wanting.

    Attributes:
        ended: Session at which it was over; None while it is open.
        passed: Whether operations was told that the day to cure it by has passed.
        reports: What has fallen due, by name.
        told: Reports that operations was told are overdue.
        made: The day on which each report was made that was entered.
    """

    limit_id: str
    since: date
    cure_by: date
    ended: date | None = None
    passed: bool = False
    reports: dict[str, Report] = field(default_factory=dict)
    told: set[str] = field(default_factory=set)
    made: dict[str, date] = field(default_factory=dict)


@dataclass(slots=True)
class Fund:
    """A fund between two strikes.

    Attributes:
        nav: The last NAV before its price was swung.
        base_minor: Net assets after the last session's orders: the base of most fees.
        commitments: Totals of drawdown vehicles, by vehicle.
        due: Notices in order whose money has not moved.
        navs: The last NAVs that stand, by session, for late orders.
        held: The NAVs that wait for a decision, by session.
        ends: Net assets at the ends of periods.
        gate_days: What went through its gate in the quarter.
        lots: Units that plans bought within a year, where its gate keeps a part of young ones.
        waivers: What a cap on its expenses waived since the fee was last paid.
        performance: Its period of performance, None before the first strike with such a fee.
        requests: Money asked of vehicles, by request.
        redeeming: Answers in order whose money has not moved.
        gates: The newest cap and suspension of each vehicle.
        alarmed: Calls, by vehicle and name, that operations was warned of.
        struck: The NAVs behind `navs`, as they stand.
        corrections: What people decided about wrong NAVs, by session.
        totals: What plan partitions said of those that are not booked yet.
        costs: What drawdown vehicles have called and not returned, by vehicle.
        clocks: Passive breaches of its limits, in the order in which they were seen.
    """

    terms: FundTerms
    nav: int
    units: int
    liquid_minor: int
    liquid_level: int
    sleeves: dict[str, Sleeve]
    session: date | None = None
    breach: BreachState = field(default_factory=BreachState)
    accrual: Accrual = field(default_factory=Accrual)
    base_minor: int = 0
    commitments: dict[str, Commitment] = field(default_factory=dict)
    due: list[NoticeTaken] = field(default_factory=list)
    warned: tuple[str, ...] = ()
    navs: dict[date, int] = field(default_factory=dict)
    held: dict[date, NavStruck] = field(default_factory=dict)
    ends: PeriodEnds = PeriodEnds(None, 0, 0, 0)
    gate_days: list[GateDay] = field(default_factory=list)
    lots: dict[str, list[Lot]] = field(default_factory=dict)
    waivers: Waivers = field(default_factory=Waivers)
    performance: PerformancePeriod | None = None
    requests: dict[str, OpenRequest] = field(default_factory=dict)
    redeeming: list[RedemptionAnswered] = field(default_factory=list)
    gates: dict[tuple[str, LiquidityKind], GateNoted] = field(default_factory=dict)
    alarmed: set[tuple[str, str]] = field(default_factory=set)
    struck: dict[date, NavStruck] = field(default_factory=dict)
    corrections: dict[date, NavCorrection] = field(default_factory=dict)
    totals: dict[date, list[CorrectionTotals]] = field(default_factory=dict)
    roll: UnitsRoll = NO_UNITS
    costs: dict[str, int] = field(default_factory=dict)
    clocks: list[BreachClock] = field(default_factory=list)

    @classmethod
    def opening(cls, terms: FundTerms) -> Fund:
        """The fund as its terms say it opens."""
        net_minor = terms.liquid_minor + sum(s.opening_minor for s in terms.sleeves)
        return cls(
            terms=terms,
            nav=terms.opening_nav,
            units=terms.opening_units,
            liquid_minor=terms.liquid_minor,
            liquid_level=terms.opening_liquid_index,
            sleeves={sleeve.vehicle_id: Sleeve.opening(sleeve) for sleeve in terms.sleeves},
            base_minor=net_minor,
            roll=UnitsRoll(terms.opening_units),
            ends=PeriodEnds(None, net_minor, net_minor, net_minor),
            commitments={
                sleeve.vehicle_id: sleeve.calls.opening
                for sleeve in terms.sleeves
                if sleeve.calls is not None
            },
            costs={
                sleeve.vehicle_id: opening_cost(sleeve.calls.opening)
                for sleeve in terms.sleeves
                if sleeve.calls is not None
            },
        )


@dataclass(slots=True)
class FundState:
    """The state of one fund partition; changed by `evolve` only."""

    partition: int = 0
    book: Book = field(default_factory=Book)
    session: date | None = None
    funds: dict[str, Fund] = field(default_factory=dict)
    marks: dict[str, list[ManagerMark]] = field(default_factory=dict)
    levels: dict[tuple[str, date], list[IndexLevel]] = field(default_factory=dict)
    notices: dict[str, list[CapitalNotice]] = field(default_factory=dict)
    flows: dict[date, list[FlowBatch]] = field(default_factory=dict)
    requests: dict[date, list[RedemptionRequests]] = field(default_factory=dict)
    holders: dict[date, list[HolderUnits]] = field(default_factory=dict)
    plans_closed: dict[date, set[int]] = field(default_factory=dict)
    valued: dict[date, set[str]] = field(default_factory=dict)
    liquidity_notices: dict[str, list[LiquidityNotice]] = field(default_factory=dict)
    decided: list[Approved] = field(default_factory=list)

    @property
    def open_session(self) -> date:
        """The session that is struck next."""
        assert self.session is not None, "no session before the first was announced"
        return self.session

    def valuation_at(self, terms: FundTerms, session: date) -> int:
        """UTC microseconds: what was recorded later does not count in the session's NAV."""
        return self.book.sessions.local_at(session, terms.valuation_cutoff_minutes)

    def settles(self, terms: FundTerms, session: date) -> date:
        """The day the money of a session moves; for one that was held, not before today."""
        calendar = self.book.sessions
        usual = settling_date(calendar, session, terms)
        if self.session is None or session >= self.session:
            return usual
        return max(usual, settling_date(calendar, self.session, replace(terms, settle_days=0)))

    def level(self, terms: FundTerms, index_id: str, session: date) -> int | None:
        """The last level of an index that market data recorded by the fund's valuation cut-off."""
        cutoff = self.valuation_at(terms, session)
        sources = self.book.senders("MARKET")
        stated = self.levels.get((index_id, session), ())
        timely = [at for at in stated if at.recorded_at <= cutoff and at.sender in sources]
        return max(timely, key=lambda level: level.recorded_at).level if timely else None
