"""A strike's part in a fund's gate: its room, the requests it meets, and what follows from them.

Requests are met at the NAV struck, after the session's purchases have come in: what plans are
paid is never more than the liquid sleeve then has. A fund whose gate terms were taken away meets
what still waits as far as its liquid sleeve goes.

Not here: the rules of a gate (`core.gates`), the queue of participants' lines (plan desk).
Source: domain.md §1.4, §2.3-§2.5; goldens G16, G18, G19, G30. Laws: L1, L4.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from gateway.core.book import FundTerms, Wrapper
from gateway.core.capital_returns import CapitalReturned, CapitalShares
from gateway.core.gates import (
    DealingDays,
    GateDay,
    GateRoom,
    Opened,
    PlanRequest,
    gate_opens,
    is_dealing_day,
    meet,
    offer_on,
)
from gateway.core.liquidity import Bases
from gateway.core.money import value_of
from gateway.core.redemption_queue import CarryPolicy, TranchePricing
from gateway.core.repurchases import offer_room
from gateway.core.requests import GatePassed, PlanUnits, RedemptionRequests, RequestFills
from gateway.core.settlement import ObligationRow
from gateway.desks.fund_state import Fund, FundState
from gateway.desks.parties import parties_of
from gateway.desks.plan_state import EPOCH
from gateway.desks.session_moves import following
from gateway.desks.strike_returns import (
    capital_returned,
    holders_of,
    return_obligations,
    shares_of,
)
from gateway.desks.strike_sides import Fills

PLANS_PER_ANSWER = 5_000
"""Plans' requests in one message of answers: about half a megabyte."""

NOT_OPEN = GateRoom(0, "")


@dataclass(frozen=True, slots=True)
class Gate:
    """What a strike decides about a fund's requests.

    Attributes:
        passed: The event; None of a fund without a gate and without requests.
        fills: Answers, with the plan partition each goes to.
        owed: Both sides of what plans are paid.
        returned: Capital returned to all holders.
        shares: Plans' parts of it, with the plan partition each goes to.
        uncovered_minor: What an interval fund's offer is worth beyond its liquid sleeve.
    """

    passed: GatePassed | None = None
    fills: tuple[tuple[int, RequestFills], ...] = ()
    owed: tuple[ObligationRow, ...] = ()
    returned: CapitalReturned | None = None
    shares: tuple[tuple[int, CapitalShares], ...] = ()
    uncovered_minor: int = 0

    @property
    def returned_minor(self) -> int:
        """Capital returned, minor units."""
        return 0 if self.returned is None else self.returned.minor

    @property
    def met_minor(self) -> int:
        """What plans are paid for requests, minor units."""
        return 0 if self.passed is None else self.passed.paid_minor

    @property
    def paid_minor(self) -> int:
        """All that plans are paid, minor units."""
        return self.met_minor + self.returned_minor

    @property
    def units(self) -> int:
        """Units redeemed, scaled."""
        return 0 if self.passed is None else self.passed.units

    @property
    def events(self) -> tuple[GatePassed | CapitalReturned, ...]:
        """The events of it."""
        every = (self.passed, self.returned)
        return tuple(event for event in every if event is not None)


NO_GATE = Gate()


@dataclass(frozen=True, slots=True)
class AtStrike:
    """What a strike has come to before requests are met.

    Attributes:
        price: The price of the session, scaled.
        net_assets_minor: Before the session's orders.
        liquid_minor: What the liquid sleeve has for requests, purchases counted in.
        fills: Fills of the session's other orders.
    """

    session: date
    price: int
    net_assets_minor: int
    liquid_minor: int
    fills: Fills


def least_nav(state: FundState, fund_id: str, session: date) -> int:
    """The NAV below which some account's request takes more units than it has, scaled."""
    asked = requests_of(state, fund_id, session)
    return max((int(batch.least_nav.max(initial=0)) for batch in asked), default=0)


def requests_of(state: FundState, fund_id: str, session: date) -> list[RedemptionRequests]:
    """A fund's requests of a session, by plan partition."""
    mine = [each for each in state.requests.get(session, ()) if each.fund_id == fund_id]
    return sorted(mine, key=lambda batch: (batch.partition, batch.plans))


def gate_of(state: FundState, fund: Fund, at: AtStrike) -> Gate:
    """The requests of a fund that a strike meets, and the capital it returns."""
    gate = _met(state, fund, at)
    returned = capital_returned(state, fund, at.session, at.liquid_minor - gate.met_minor)
    if returned is None:
        return gate
    holders = holders_of(state, fund.terms.fund_id, at.session)
    owed = (*gate.owed, *return_obligations(fund.terms, holders, returned))
    return replace(gate, owed=owed, returned=returned, shares=tuple(shares_of(state, returned)))


def _met(state: FundState, fund: Fund, at: AtStrike) -> Gate:
    """The requests that a strike meets, and what of them waits or lapses."""
    terms = fund.terms
    asked = requests_of(state, terms.fund_id, at.session)
    if terms.gate is None and not asked:
        return NO_GATE
    bought = _bought(at.fills)
    whole = sum(minor for _, minor, _ in bought)
    units = sum(units for _, _, units in bought)
    opened = _opened(fund, at, GateDay(at.session, 0, 0, whole, units))
    is_open = terms.gate is None or is_dealing_day(terms.gate, at.session, state.book.sessions)
    room = gate_opens(terms.gate, opened) if is_open else NOT_OPEN
    rows = meet(_rows(asked), room, terms.gate, opened, fund.lots) if asked else ()
    keeps = terms.gate is not None and terms.gate.early_deduction is not None
    passed = GatePassed(
        terms.fund_id, at.session,
        DealingDays.EVERY_SESSION if terms.gate is None else terms.gate.dealing,
        CarryPolicy.CARRY if terms.gate is None else terms.gate.policy,
        room.minor, room.bound_by, _settles(state, terms, at.session), whole, units, rows,
        tuple(PlanUnits(plan, units) for plan, _, units in bought if units) if keeps else (),
        _held_by(asked) if keeps else (),
    )  # fmt: skip
    return Gate(
        passed, tuple(_answers(state, fund, asked, passed)), tuple(_owed(terms, asked, passed)),
        uncovered_minor=max(0, _offered_minor(terms, opened) - max(0, at.liquid_minor)),
    )  # fmt: skip


def _offered_minor(terms: FundTerms, opened: Opened) -> int:
    """What the units of an interval fund's offer are worth on its pricing date, minor units.

    Source: 23c-3(b)(10), golden G17.
    """
    if terms.wrapper != Wrapper.INTERVAL_FUND or terms.gate is None:
        return 0
    offer = offer_on(terms.gate, opened.day)
    units = 0 if offer is None else offer_room(opened.bases.units, offer.share)
    scales = {"nav_scale": terms.nav_scale, "unit_scale": terms.unit_scale}
    return value_of(units, opened.nav, **scales)


def _bought(fills: Fills) -> list[tuple[str, int, int]]:
    """Plan, minor units and units of the session's purchases."""
    return [
        (plan, int(fill.buy_minor[at]), int(fill.buy_units[at]))
        for _, fill in fills
        for at, plan in enumerate(fill.plans)
        if fill.buy_minor[at]
    ]


def _opened(fund: Fund, at: AtStrike, today: GateDay) -> Opened:
    month, quarter = fund.ends.before(at.session)
    return Opened(
        at.session, Bases(at.net_assets_minor, fund.units, month, quarter),
        [*fund.gate_days, today], at.liquid_minor, at.price, fund.terms.nav_scale,
        fund.terms.unit_scale, fund.terms.unit_rounding,
    )  # fmt: skip


def _rows(asked: Iterable[RedemptionRequests]) -> list[PlanRequest]:
    """Requests by plan and day of first asking, in that order."""
    rows = [
        PlanRequest(
            batch.plans[plan], EPOCH + timedelta(days=day), minor, int(batch.held_units[plan]), nav,
            odd == 1,
        )
        for batch in asked
        for plan, day, minor, nav, odd in zip(
            batch.plan.tolist(), batch.dealing.tolist(), batch.asked_minor.tolist(),
            batch.nav.tolist(), batch.odd_lot.tolist(), strict=True,
        )
    ]  # fmt: skip
    return sorted(rows, key=lambda row: (row.plan_id, row.dealing, not row.odd_lot))


def _held_by(asked: Iterable[RedemptionRequests]) -> tuple[PlanUnits, ...]:
    held = {
        name: int(units)
        for batch in asked
        for name, units in zip(batch.plans, batch.held_units.tolist(), strict=True)
    }
    return tuple(PlanUnits(name, held[name]) for name in sorted(held))


def _settles(state: FundState, terms: FundTerms, session: date) -> date:
    """The day plans are paid: an offer has its own."""
    usual = state.settles(terms, session)
    offer = None if terms.gate is None else offer_on(terms.gate, session)
    return usual if offer is None else max(usual, offer.payment_date)


def _answers(
    state: FundState, fund: Fund, asked: Sequence[RedemptionRequests], passed: GatePassed
) -> Iterator[tuple[int, RequestFills]]:
    terms = fund.terms
    pricing = TranchePricing.PER_TRANCHE if terms.gate is None else terms.gate.pricing
    buys_on = following(state.book, state.open_session)
    for partition in sorted({batch.partition for batch in asked}):
        plans = {plan for batch in asked if batch.partition == partition for plan in batch.plans}
        rows = tuple(row for row in passed.rows if row.plan_id in plans)
        for at in range(0, len(rows), PLANS_PER_ANSWER):
            yield (
                partition,
                RequestFills(
                    terms.fund_id, passed.session, partition, buys_on, passed.policy, pricing,
                    terms.nav_scale, terms.unit_scale, rows[at : at + PLANS_PER_ANSWER],
                ),
            )  # fmt: skip


def _owed(
    terms: FundTerms, asked: Sequence[RedemptionRequests], passed: GatePassed
) -> Iterator[ObligationRow]:
    """Both sides of what plans are paid; what the fund keeps moves no money."""
    entities, submitters = parties_of(asked)
    paid = dict.fromkeys((row.plan_id for row in passed.rows), 0)
    for row in passed.rows:
        paid[row.plan_id] += row.paid_minor
    about = (passed.session, passed.settlement_date)
    for plan, minor in paid.items():
        if minor:
            yield ObligationRow(
                entities[plan], *about, -minor, terms.fund_id, plan, "PLAN_REDEMPTION",
                submitters[plan],
            )  # fmt: skip
            yield ObligationRow(
                terms.custodian, *about, minor, terms.fund_id, plan, "FUND_SIDE", submitters[plan]
            )
