"""Desks with a bug in them, each made by wrapping what a right one decides or evolves.

The bug is everywhere: in the story, in the undisturbed day it is compared with, and in
deciding again, as a bug of ours would be.

Not here: bugs of a seat, of delivery or of the log (`bent_seats`).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from gateway.core.accounts import Reserved
from gateway.core.closing import SenderClosed
from gateway.core.events import OrdersDecided, SessionAdvanced, SleevesBalanced
from gateway.core.fund_events import ExpensesCapped, FeeAccrued, PerformanceAccrued
from gateway.core.marks import ManagerMark, NavStruck
from gateway.core.nav import NavStatus
from gateway.core.nav_correction import CorrectionFill
from gateway.core.refusals import bits
from gateway.core.requests import GatePassed, RequestsFilled, RequestsWithdrawn
from gateway.core.vocabulary import OPERATIONS, RejectCode
from gateway.desks.desk import Decision, Desk
from gateway.desks.fund_state import FundState
from gateway.desks.intake_state import IntakeState
from gateway.desks.plan_state import PlanState, Price, revalue
from gateway.ops.simulate.crew import Cast
from gateway.ops.simulate.stage import MANAGERS, RECORDKEEPERS, Home, home

Decide = Callable[[Any, object], Decision]
Evolve = Callable[[Any, object], None]


def same(desk: Desk[Any]) -> Desk[Any]:
    return desk


@dataclass(frozen=True)
class BentHome(Home):
    """A gateway one desk of which is another."""

    desk: str = ""
    bend: Callable[[Desk[Any]], Desk[Any]] = field(default=same)

    def desks(self) -> dict[str, Desk[Any]]:
        right = super().desks()
        return {**right, self.desk: self.bend(right[self.desk])}


def bent(desk: str, bend: Callable[[Desk[Any]], Desk[Any]]) -> Cast:
    def build(plan: int, fund: int, cash: int) -> Home:
        right = home(plan, fund, cash)
        return BentHome(right.topology, right.receivers, right.dialects, right.keyring, desk, bend)

    return Cast(build)


def deciding(desk: str, bend: Callable[[Decide, Any, object], Decision]) -> Cast:
    """A desk whose decisions come from `bend`, which is given the right way to decide."""

    def wrong(right: Desk[Any]) -> Desk[Any]:
        return replace(right, decide=lambda state, message: bend(right.decide, state, message))

    return bent(desk, wrong)


def evolving(desk: str, bend: Callable[[Evolve, Any, object], None]) -> Cast:
    """A desk whose state follows from `bend`, which is given the right way to evolve."""

    def wrong(right: Desk[Any]) -> Desk[Any]:
        return replace(right, evolve=lambda state, event: bend(right.evolve, state, event))

    return bent(desk, wrong)


def evolve_twice(right: Evolve, state: Any, event: object) -> None:
    right(state, event)
    if isinstance(event, OrdersDecided):
        right(state, event)


def forget_reservations(right: Evolve, state: PlanState, event: object) -> None:
    """Money accepted does not count against the limits of what comes after it."""
    accounts = state.accounts
    columns = (accounts.total, accounts.alternative, state.plan_total, state.plan_alternative)
    before = [column.copy() for column in columns]
    right(state, event)
    if isinstance(event, OrdersDecided):
        columns = (accounts.total, accounts.alternative, state.plan_total, state.plan_alternative)
        for column, held in zip(columns, before, strict=True):
            column[: len(held)] = held
            column[len(held) :] = 0


def forget_sales_in_flight(right: Evolve, state: PlanState, event: object) -> None:
    right(state, event)
    if isinstance(event, OrdersDecided):
        state.accounts.reserved = Reserved()


def close_before_every_sender(right: Decide, state: PlanState, message: object) -> Decision:
    if isinstance(message, SenderClosed):
        state.senders_closed.setdefault(message.session, set()).update(RECORDKEEPERS)
    return right(state, message)


def strike_before_every_source(right: Decide, state: FundState, message: object) -> Decision:
    if state.session is not None:
        state.valued.setdefault(state.session, set()).update(("market", *MANAGERS))
    return right(state, message)


def mark_by_wall_clock(right: Decide, state: FundState, message: object) -> Decision:
    if isinstance(message, ManagerMark):
        message = replace(message, recorded_at=time.monotonic_ns())
    return right(state, message)


def mark_by_arrival(right: Decide, state: FundState, message: object) -> Decision:
    """A mark counts in the session that is open when it arrives, whenever it was recorded."""
    if isinstance(message, ManagerMark) and state.session is not None:
        opens = state.book.sessions.local_at(state.session, 0)
        message = replace(message, recorded_at=opens)
    return right(state, message)


def lose_last_event(right: Decide, state: Any, message: object) -> Decision:
    decision = right(state, message)
    return replace(decision, events=decision.events[:-1]) if len(decision.events) > 1 else decision


def trim_rounding_up(right: Decide, state: Any, message: object) -> Decision:
    def up(event: object) -> object:
        if not isinstance(event, OrdersDecided):
            return event
        trimmed = ((event.accepted_minor > 0) & (event.diverted_minor > 0)).astype(np.int64)
        return replace(
            event,
            accepted_minor=event.accepted_minor + trimmed,
            diverted_minor=event.diverted_minor - trimmed,
        )

    decision = right(state, message)
    return replace(decision, events=tuple(up(event) for event in decision.events))


def ignore_announced_book(right: Evolve, state: PlanState, event: object) -> None:
    """The next session is decided on the book at hand, before operations announced its own."""
    right(state, event)
    if isinstance(event, SessionAdvanced):
        state.announced.add(event.opened)


def drop_quarantined(right: Decide, state: Any, message: object) -> Decision:
    decision = right(state, message)
    kept = tuple(send for send in decision.sends if send.to.desk != "quarantine")
    return replace(decision, sends=kept)


def take_repeats(right: Decide, state: IntakeState, message: object) -> Decision:
    state.seen.clear()
    return right(state, message)


def newest_orders_first(right: Decide, state: PlanState, message: object) -> Decision:
    """What waited is taken up from the wrong end."""
    state.queue.reverse()
    decision = right(state, message)
    state.queue.reverse()
    return decision


def requests_met_again(right: Evolve, state: PlanState, event: object) -> None:
    """What was met of a request is asked for once more."""
    right(state, event)
    if isinstance(event, RequestsFilled):
        rows = state.requests.places(event.request)
        state.requests.left_minor[rows] += event.met_minor


def withdrawn_and_asked_all_the_same(right: Evolve, state: PlanState, event: object) -> None:
    """What was withdrawn of a request still waits."""
    right(state, event)
    if isinstance(event, RequestsWithdrawn):
        rows = state.requests.places(event.request)
        np.add.at(state.requests.left_minor, rows, event.withdrawn_minor)


def withdrawn_beyond_what_waits(right: Decide, state: PlanState, message: object) -> Decision:
    """A withdrawal takes what it says, whatever was met in the meantime."""

    def all_of_it(event: object) -> object:
        if not isinstance(event, RequestsWithdrawn):
            return event
        return replace(event, withdrawn_minor=event.asked_minor)

    decision = right(state, message)
    return replace(decision, events=tuple(map(all_of_it, decision.events)))


def units_stay_outstanding(right: Decide, state: Any, message: object) -> Decision:
    """What went through a gate is not taken off the units outstanding."""
    decision = right(state, message)
    gone = {e.fund_id: e.units for e in decision.events if isinstance(e, GatePassed)}
    events = (
        replace(event, units=event.units + gone.get(event.fund_id, 0))
        if isinstance(event, SleevesBalanced) else event
        for event in decision.events
    )  # fmt: skip
    return replace(decision, events=tuple(events))


def corrected_again(right: Evolve, state: PlanState, event: object) -> None:
    """Nobody remembers what was corrected."""
    right(state, event)
    state.corrected.clear()


def nothing_is_taken_back(right: Evolve, state: PlanState, event: object) -> None:
    """A reversal in its original's session leaves the money where it was."""
    if not (isinstance(event, OrdersDecided) and event.takes_back):
        right(state, event)


def through_a_blackout(right: Decide, state: PlanState, message: object) -> Decision:
    """Lines that nothing but a blackout stops trade."""

    def let(event: object) -> object:
        if not isinstance(event, OrdersDecided):
            return event
        dark = event.reasons == bits(RejectCode.BLACKOUT)
        return replace(
            event, code=np.where(dark, 0, event.code).astype(np.int8),
            reasons=np.where(dark, 0, event.reasons),
            accepted_minor=np.where(dark, event.amount_minor, event.accepted_minor),
        )  # fmt: skip

    decision = right(state, message)
    return replace(decision, events=tuple(let(event) for event in decision.events))


def corrected_at_once(right: Evolve, state: PlanState, event: object) -> None:
    """A NAV that stands corrected is adopted when it comes, and not with its correction."""
    right(state, event)
    if isinstance(event, NavStruck) and event.status is NavStatus.CORRECTED:
        state.prices[event.fund_id] = Price(event.nav, event.nav_scale, event.unit_scale)
        revalue(state)


def without_operations(right: Decide, state: FundState, message: object) -> Decision:
    """A strike does not wait for what operations has decided."""
    if state.session is not None:
        state.valued.setdefault(state.session, set()).add(OPERATIONS)
    return right(state, message)


def corrections_give_nothing(right: Decide, state: PlanState, message: object) -> Decision:
    decision = right(state, message)
    events = (
        replace(event, units=event.units * 0) if isinstance(event, CorrectionFill) else event
        for event in decision.events
    )
    return replace(decision, events=tuple(events))


def _fund_events(change: Callable[[object], object]) -> Cast:
    """A fund desk each event of which is another."""

    def wrong(right: Decide, state: FundState, message: object) -> Decision:
        decision = right(state, message)
        return replace(decision, events=tuple(map(change, decision.events)))

    return deciding("fund", wrong)


def fee_stays_in_the_fund(event: object) -> object:
    """A performance fee that falls due is not paid."""
    return replace(event, due_minor=0) if isinstance(event, PerformanceAccrued) else event


def hurdle_is_forgotten(event: object) -> object:
    if not isinstance(event, PerformanceAccrued):
        return event
    return replace(event, after=replace(event.after, hurdle_days=0))


def nothing_is_waived(event: object) -> object:
    if not isinstance(event, ExpensesCapped):
        return event
    return replace(event, waived_minor=0)


def every_fee_is_of_net_assets(event: object) -> object:
    if not isinstance(event, FeeAccrued):
        return event
    return replace(event, base_minor=event.net_assets_minor)


BENT_DESKS = {
    "a decision evolves the state twice": evolving("plan", evolve_twice),
    "accepted money is not reserved": evolving("plan", forget_reservations),
    "sales in flight are not reserved": evolving("plan", forget_sales_in_flight),
    "a session closes before every sender has closed it":
        deciding("plan", close_before_every_sender),
    "a fund is struck before every source was heard":
        deciding("fund", strike_before_every_source),
    "a mark is dated by the wall clock": deciding("fund", mark_by_wall_clock),
    "a mark is dated by its arrival": deciding("fund", mark_by_arrival),
    "a plan decision loses its last event": deciding("plan", lose_last_event),
    "a cash decision loses its last event": deciding("cash", lose_last_event),
    "a trimmed line is rounded up": deciding("plan", trim_rounding_up),
    "orders do not wait for the announced book": evolving("plan", ignore_announced_book),
    "quarantined bytes are dropped": deciding("intake", drop_quarantined),
    "a repeated batch is taken again": deciding("intake", take_repeats),
    "a request is met once more": evolving("plan", requests_met_again),
    "what was withdrawn is asked all the same":
        evolving("plan", withdrawn_and_asked_all_the_same),
    "a withdrawal takes more than waits": deciding("plan", withdrawn_beyond_what_waits),
    "units let out are still outstanding": deciding("fund", units_stay_outstanding),
    "an original is undone twice": evolving("plan", corrected_again),
    "a reversal takes no money back": evolving("plan", nothing_is_taken_back),
    "orders pass a blackout": deciding("plan", through_a_blackout),
    "a corrected NAV acts when it comes": evolving("plan", corrected_at_once),
    "a strike does not wait for operations": deciding("fund", without_operations),
    "a wrong NAV's units are not given": deciding("plan", corrections_give_nothing),
    "a performance fee is not paid": _fund_events(fee_stays_in_the_fund),
    "a hurdle begins again every day": _fund_events(hurdle_is_forgotten),
    "a cap waives nothing": _fund_events(nothing_is_waived),
    "every fee is of net assets": _fund_events(every_fee_is_of_net_assets),
    "what waited is taken from the wrong end": deciding("plan", newest_orders_first),
}  # fmt: skip
