"""Strikes as they were decided: what each fund's NAV of a session was made from.

A fund partition's journal is folded up to the decision that struck; the state of that moment
says which marks, levels and flows were in force, and in which messages they came.

Not here: how it is told (`value`, `money`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TypeVar

from gateway.core.book import BookChange, FundTerms, SleeveTerms
from gateway.core.capital_returns import CapitalReturned
from gateway.core.decisions import NavReleased
from gateway.core.events import SleevesBalanced, SleeveValued, TrueUpBooked
from gateway.core.fund_events import (
    CapitalMoved,
    ExpensesCapped,
    FeeAccrued,
    HeldFlowsFilled,
    PerformanceAccrued,
)
from gateway.core.lineage import MarkBehind
from gateway.core.marks import IndexLevel, ManagerMark, NavStruck
from gateway.core.nav import NavStatus, RollStep, roll_forward
from gateway.core.nav_correction import NavCorrection
from gateway.core.orders import FlowBatch
from gateway.core.redemption_events import RedemptionPaid
from gateway.core.requests import GatePassed, RedemptionRequests
from gateway.core.sessions import Calendar
from gateway.desks.fund_evolve import evolve
from gateway.desks.fund_marks import mark_in_force, newest_independent
from gateway.desks.fund_state import Fund, FundState
from gateway.desks.strike_assets import assets_of, roll_step, unmoved_step
from gateway.desks.strike_fees import NO_FEES, Fees
from gateway.ops.explain.walk import Walk
from gateway.shell.reading import Decided

E = TypeVar("E")
Wanted = Callable[[NavStruck, int], bool]
"""Whether a NAV is wanted that was decided at an offset of the fund partition's inbox."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A value that came in a message of the fund partition's inbox; None: from the book."""

    value: int
    offset: int | None


@dataclass(frozen=True, slots=True)
class SleeveView:
    """One private holding at a strike, with what its value follows from.

    Attributes:
        behind: The mark in force: who stated it and how it came about.
        independent_on: Date the newest independent value was measured on.
    """

    terms: SleeveTerms
    mark_minor: int
    measured: date
    mark_offset: int | None
    steps: tuple[RollStep, ...]
    value_minor: int
    estimate_minor: int
    level: Heard
    is_new: bool
    valued: SleeveValued | None
    true_up: TrueUpBooked | None
    behind: MarkBehind
    independent_on: date | None


@dataclass(frozen=True, slots=True)
class FlowAt:
    """A plan's flow into and out of the fund, and the message it came in."""

    plan_id: str
    trade_date: date
    offset: int
    buy_minor: int
    sell_minor: int
    lines: int


@dataclass(frozen=True, slots=True)
class Strike:
    """One fund's strike of a session.

    Attributes:
        partition: Fund partition that struck.
        offset: Offset of the inbox message that closed the session there.
        book_offset: Offset of the book change that last described the fund.
        liquid_before: Liquid sleeve at the session before, minor units.
        level_before: Its index level then.
        level: The level used now; value 0 if there was none.
        balanced_before: Whether units and liquid sleeve come from an earlier session's close.
        navs: The NAVs that stood before it, by session, and its own.
        settles: Day its money moves.
        released: The decision of two people that it stands by, if it was held.
        late: What its orders did behind a later strike, if it was filled there.
        fee: The management fee taken off.
        capital: Calls and distributions booked with it.
        capped: What the cap on expenses did.
        performance: The performance fee taken off.
        fees: All fees worked out again, also of a NAV that is held; none behind a later strike.
        gate: What went through its gate.
        redeemed: What vehicles pay that were asked for money.
        returned: Capital returned to all holders.
        corrected: What people decided about it later, if it was materially wrong.
    """

    partition: int
    offset: int
    terms: FundTerms
    calendar: Calendar
    book_offset: int
    nav: NavStruck
    balanced: SleevesBalanced | None
    liquid_before: int
    level_before: int
    level: Heard
    balanced_before: date | None
    sleeves: tuple[SleeveView, ...]
    flows: tuple[FlowAt, ...]
    navs: Mapping[date, int]
    settles: date
    released: NavReleased | None
    late: HeldFlowsFilled | None
    fee: FeeAccrued | None
    capital: tuple[CapitalMoved, ...]
    capped: ExpensesCapped | None
    performance: PerformanceAccrued | None
    fees: Fees
    gate: GatePassed | None
    redeemed: tuple[RedemptionPaid, ...]
    returned: CapitalReturned | None
    corrected: NavCorrection | None = None


@dataclass(slots=True)
class _Fold:
    """A fund partition while its journal is read."""

    state: FundState
    book: dict[str, int] = field(default_factory=dict)
    marks: dict[ManagerMark, int] = field(default_factory=dict)
    levels: dict[IndexLevel, int] = field(default_factory=dict)
    flows: dict[date, list[tuple[int, FlowBatch]]] = field(default_factory=dict)
    requests: dict[date, list[tuple[int, RedemptionRequests]]] = field(default_factory=dict)
    balanced: dict[str, date] = field(default_factory=dict)

    def follow(self, decided: Decided) -> None:
        """Take a decision in."""
        for event in decided.events:
            match event:
                case BookChange():
                    self.book.update((f.fund_id, decided.offset) for f in event.funds)
                case ManagerMark():
                    self.marks.setdefault(event, decided.offset)
                case IndexLevel():
                    self.levels.setdefault(event, decided.offset)
                case HeldFlowsFilled():
                    self.balanced[event.fund_id] = max(
                        event.session, self.balanced.get(event.fund_id, event.session)
                    )
                case FlowBatch():
                    self.flows.setdefault(event.session, []).append((decided.offset, event))
                case RedemptionRequests():
                    self.requests.setdefault(event.session, []).append((decided.offset, event))
                case SleevesBalanced():
                    self.balanced[event.fund_id] = event.session
            evolve(self.state, event)


async def strikes(
    walk: Walk, partition: int, wanted: Wanted, told: list[NavStruck] | None = None
) -> list[Strike]:
    """The strikes of one fund partition that are wanted, in order.

    Args:
        walk: The reader.
        partition: A fund partition.
        wanted: Which NAVs.
        told: Gets every NAV that was struck, wanted or not.
    """
    fold = _Fold(FundState(partition))
    found: list[Strike] = []
    async for decided in walk.decisions("fund", partition):
        for event in decided.events:
            if isinstance(event, NavCorrection):
                found = [_corrected(strike, event) for strike in found]
            if isinstance(event, NavStruck) and event.status is not NavStatus.CORRECTED:
                if told is not None:
                    told.append(event)
                if wanted(event, decided.offset):
                    found.append(_strike(fold, decided, event))
        fold.follow(decided)
    return found


def _corrected(strike: Strike, event: NavCorrection) -> Strike:
    mine = (strike.nav.fund_id, strike.nav.session) == (event.fund_id, event.session)
    return replace(strike, corrected=event) if mine else strike


def _strike(fold: _Fold, decided: Decided, nav: NavStruck) -> Strike:
    state, session = fold.state, nav.session
    fund = state.funds[nav.fund_id]
    events = [e for e in decided.events if getattr(e, "fund_id", "") == nav.fund_id]
    valued = {e.vehicle_id: e for e in events if isinstance(e, SleeveValued)}
    true_ups = {e.vehicle_id: e for e in events if isinstance(e, TrueUpBooked)}
    late = any(isinstance(event, HeldFlowsFilled) for event in events)
    sleeves = tuple(
        _sleeve(fold, fund, terms, session, valued.get(terms.vehicle_id),
                true_ups.get(terms.vehicle_id))
        for terms in fund.terms.sleeves
    )  # fmt: skip
    return Strike(
        decided.partition, decided.offset, fund.terms, state.book.sessions,
        fold.book[nav.fund_id], nav, _only(events, SleevesBalanced), fund.liquid_minor,
        fund.liquid_level, _level(fold, fund, fund.terms.liquid_index, session),
        fold.balanced.get(nav.fund_id), sleeves,
        tuple(_flows(fold, nav, _only(events, GatePassed))),
        {**fund.navs, session: nav.nav}, state.settles(fund.terms, session),
        _only(events, NavReleased), _only(events, HeldFlowsFilled), _only(events, FeeAccrued),
        tuple(e for e in events if isinstance(e, CapitalMoved)),
        _only(events, ExpensesCapped), _only(events, PerformanceAccrued),
        NO_FEES if late else assets_of(state, fund, session, []).fees,
        _only(events, GatePassed),
        tuple(e for e in events if isinstance(e, RedemptionPaid)), _only(events, CapitalReturned),
    )  # fmt: skip


def _only(events: Sequence[object], kind: type[E]) -> E | None:
    return next((event for event in events if isinstance(event, kind)), None)


def _level(fold: _Fold, fund: Fund, index_id: str, session: date) -> Heard:
    """The level in force, and the message that brought it."""
    level = fold.state.level(fund.terms, index_id, session)
    if level is None:
        return Heard(0, None)
    sources = fold.state.book.senders("MARKET")
    cutoff = fold.state.valuation_at(fund.terms, session)
    said = [
        (heard.recorded_at, offset)
        for heard, offset in fold.levels.items()
        if (heard.index_id, heard.session, heard.level) == (index_id, session, level)
        and heard.sender in sources
        and heard.recorded_at <= cutoff
    ]
    return Heard(level, max(said)[1])


def _sleeve(
    fold: _Fold, fund: Fund, terms: SleeveTerms, session: date,
    valued: SleeveValued | None, true_up: TrueUpBooked | None,
) -> SleeveView:  # fmt: skip
    """A holding at the strike; also of a held NAV, whose holdings stand in no event."""
    sleeve = fund.sleeves[terms.vehicle_id]
    step = roll_step(fold.state, fund, terms, session)
    step = step or unmoved_step(fold.state, fund, terms, session)
    steps = (*sleeve.until(session), step)
    mark = mark_in_force(fold.state, fund, terms, session)
    minor, measured, behind = sleeve.mark_minor, sleeve.measurement_date, sleeve.behind
    estimate = roll_forward(minor, steps, terms.beta)
    if mark is not None:
        minor, measured, behind = mark.value_minor, mark.measurement_date, mark.behind
        steps = tuple(s for s in steps if s.session > measured)
    said = (
        offset
        for heard, offset in fold.marks.items()
        if (heard.vehicle_id, heard.fund_id) == (terms.vehicle_id, fund.terms.fund_id)
        and heard.behind == behind
    )
    offset = next(said, None)
    return SleeveView(
        terms, minor, measured, offset, steps, roll_forward(minor, steps, terms.beta), estimate,
        _level(fold, fund, terms.proxy_id, session), mark is not None, valued, true_up, behind,
        newest_independent(fold.state, fund, terms, session),
    )  # fmt: skip


def _flows(fold: _Fold, nav: NavStruck, gate: GatePassed | None) -> list[FlowAt]:
    """Plans' flows; what a gate let out is a flow as well."""
    flows = [
        FlowAt(
            batch.plans[plan], batch.trade_date, offset, int(batch.buy_minor[row]),
            int(batch.sell_minor[row]), int(batch.lines[row]),
        )
        for offset, batch in fold.flows.get(nav.session, ())
        for row, (plan, fund) in enumerate(
            zip(batch.plan.tolist(), batch.fund.tolist(), strict=True)
        )
        if batch.funds[fund] == nav.fund_id
    ]  # fmt: skip
    if gate is not None:
        flows = list(_with_gate(fold, nav, gate, flows))
    return sorted(flows, key=lambda flow: (flow.plan_id, flow.trade_date))


def _with_gate(
    fold: _Fold, nav: NavStruck, gate: GatePassed, flows: Sequence[FlowAt]
) -> Iterator[FlowAt]:
    """Flows with what their plans' requests were paid."""
    paid = {row.plan_id: 0 for row in gate.rows}
    for row in gate.rows:
        paid[row.plan_id] += row.paid_minor
    for flow in flows:
        more = paid.pop(flow.plan_id, 0) if flow.trade_date == nav.session else 0
        yield replace(flow, sell_minor=flow.sell_minor + more)
    asked = [
        (offset, batch)
        for offset, batch in fold.requests.get(nav.session, ())
        if batch.fund_id == nav.fund_id
    ]
    for offset, batch in asked:
        for at, plan in enumerate(batch.plans):
            if minor := paid.pop(plan, 0):
                rows = int((batch.plan == at).sum())
                yield FlowAt(plan, nav.session, offset, 0, minor, rows)
