"""What a fund partition knows: its funds, their sleeves and marks, the session's flows.

Not here: decisions (`fund`, `strike`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from gateway.core.book import Book, FundTerms
from gateway.core.calls import CapitalNotice, Commitment
from gateway.core.decisions import Approved
from gateway.core.fees import FeePeriod
from gateway.core.fund_events import NoticeTaken
from gateway.core.limits import BreachState
from gateway.core.marks import IndexLevel, ManagerMark, NavStruck
from gateway.core.nav import RollStep
from gateway.core.nav_correction import CorrectionTotals, NavCorrection
from gateway.core.orders import FlowBatch


@dataclass(slots=True)
class Sleeve:
    """One private holding: the mark in force and the days since it."""

    mark_minor: int
    measurement_date: date
    steps: list[RollStep] = field(default_factory=list)


@dataclass(slots=True)
class Accrual:
    """A fee between two payments: the days it is for, and what was posted of it."""

    periods: list[FeePeriod] = field(default_factory=list)
    posted_minor: int = 0
    last: date | None = None


@dataclass(slots=True)
class Fund:
    """A fund between two strikes.

    Attributes:
        nav: The last NAV before its price was swung.
        base_minor: Net assets after the last session's orders: what the next fee is a share of.
        commitments: Totals of drawdown vehicles, by vehicle.
        due: Notices in order whose money has not moved.
        navs: The last NAVs that stand, by session, for late orders.
        held: The NAVs that wait for a decision, by session.
        struck: The NAVs behind `navs`, as they stand.
        corrections: What people decided about wrong NAVs, by session.
        totals: What plan partitions said of those that are not booked yet.
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
    struck: dict[date, NavStruck] = field(default_factory=dict)
    corrections: dict[date, NavCorrection] = field(default_factory=dict)
    totals: dict[date, list[CorrectionTotals]] = field(default_factory=dict)

    @classmethod
    def opening(cls, terms: FundTerms) -> Fund:
        """The fund as its terms say it opens."""
        return cls(
            terms=terms,
            nav=terms.opening_nav,
            units=terms.opening_units,
            liquid_minor=terms.liquid_minor,
            liquid_level=terms.opening_liquid_index,
            sleeves={
                sleeve.vehicle_id: Sleeve(sleeve.opening_minor, sleeve.opening_measurement_date)
                for sleeve in terms.sleeves
            },
            base_minor=terms.liquid_minor + sum(s.opening_minor for s in terms.sleeves),
            commitments={
                sleeve.vehicle_id: Commitment(sleeve.calls.commitment_minor)
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
    plans_closed: dict[date, set[int]] = field(default_factory=dict)
    valued: dict[date, set[str]] = field(default_factory=dict)
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
        usual = calendar.settlement_date(session, terms.settle_days)
        if self.session is None or session >= self.session:
            return usual
        return max(usual, calendar.settlement_date(self.session, 0))

    def level(self, terms: FundTerms, index_id: str, session: date) -> int | None:
        """The last level of an index that market data recorded by the fund's valuation cut-off."""
        cutoff = self.valuation_at(terms, session)
        sources = self.book.senders("MARKET")
        stated = self.levels.get((index_id, session), ())
        timely = [at for at in stated if at.recorded_at <= cutoff and at.sender in sources]
        return max(timely, key=lambda level: level.recorded_at).level if timely else None
