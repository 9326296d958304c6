"""What a fund can pay: its liquid sleeve, the calls ahead, and what was asked of its vehicles.

The fund desk's own `evolve` folds the journal, up to the strike of the first session after the day
asked for. Figures are those after a session's orders, purchases, calls and payments. A held
session leaves those of the session before.

Not here: the forecast (`core.cash_needs`), which part of a journal was known (`known`).
Source: domain.md §2.5, §4.1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from gateway.core.events import SleevesBalanced, SleeveValued
from gateway.core.fund_events import CapitalMoved, HeldFlowsFilled
from gateway.core.limits import redemption_capacity
from gateway.core.marks import NavStruck
from gateway.core.redemption_events import RedemptionPaid
from gateway.desks.fund_evolve import evolve
from gateway.desks.fund_state import Fund, FundState
from gateway.desks.strike_alarms import ahead_of
from gateway.desks.strike_limits import uncalled_before
from gateway.desks.strike_redemptions import holdings_after
from gateway.desks.strike_sides import bought_at_will
from gateway.log.port import Log
from gateway.ops.reading.known import Known, Told
from gateway.ops.reading.orders import Asked
from gateway.shell.gateway import Gateway
from gateway.shell.reading import Decided


@dataclass(frozen=True, slots=True)
class LiquidityRow:
    """A fund's means after a session, minor units.

    Attributes:
        calls_minor: Calls due in the next ten business days.
        left_minor: Liquid sleeve after they are paid.
        first_short: First of these days that ends below zero, None if none does.
        capacity_minor: What can be paid out before the fund's own limit is passed.
        requested_minor: Asked of vehicles and not paid yet.
    """

    fund_id: str
    session: date
    currency: str
    liquid_minor: int
    calls_minor: int
    left_minor: int
    first_short: date | None
    alternative_minor: int
    net_assets_minor: int
    capacity_minor: int
    requested_minor: int


@dataclass(frozen=True, slots=True)
class RequestRow:
    """Money asked of a vehicle that is not all paid, minor units.

    Attributes:
        waiting_minor: What no answer has paid or let lapse.
        announced_minor: Announced, less what the vehicle keeps, and not booked yet.
    """

    fund_id: str
    vehicle_id: str
    request_id: str
    session: date
    currency: str
    asked_minor: int
    waiting_minor: int
    announced_minor: int


@dataclass(frozen=True, slots=True)
class GateRow:
    """The newest cap or suspension of a vehicle."""

    fund_id: str
    vehicle_id: str
    kind: str
    cap: str
    first: date
    last: date | None


@dataclass(slots=True)
class Liquidity:
    """Funds, requests and gates in a fixed order."""

    funds: list[LiquidityRow] = field(default_factory=list)
    requests: list[RequestRow] = field(default_factory=list)
    gates: list[GateRow] = field(default_factory=list)


async def read_liquidity(
    log: Log, gateway: Gateway, asked: Asked, *, told: Told | None = None
) -> Liquidity:
    """Fold the fund partitions into what funds can pay.

    Raises:
        ConfigError: What is asked is no moment.
    """
    known = Known(log, gateway, asked.until, told, None, asked.fund)
    await known.announce(("fund",))
    found = Liquidity()
    for partition in known.partitions("fund"):
        fold = Means(FundState(partition), asked.as_of)
        async for decided in known.decisions("fund", partition):
            if not fold.follow(decided):
                break
        fold.tell(found, asked)
    found.funds.sort(key=lambda row: row.fund_id)
    found.requests.sort(key=lambda row: (row.fund_id, row.session, row.vehicle_id))
    found.gates.sort(key=lambda row: (row.fund_id, row.vehicle_id, row.kind))
    return found


@dataclass(slots=True)
class Means:
    """One fund partition while its journal is folded.

    Attributes:
        closed: By fund, its last session that stands, its private holdings and net assets after.
    """

    state: FundState
    as_of: date | None
    closed: dict[str, tuple[date, int, int]] = field(default_factory=dict)

    def follow(self, decided: Decided) -> bool:
        """Take a decision in; false if it strikes a session after the day asked for."""
        struck = [event for event in decided.events if isinstance(event, NavStruck)]
        if self.as_of is not None and any(nav.session > self.as_of for nav in struck):
            return False
        for nav in struck:
            self._close(nav, decided.events)
        for event in decided.events:
            if isinstance(event, HeldFlowsFilled) and event.fund_id in self.closed:
                session, held, total = self.closed[event.fund_id]
                self.closed[event.fund_id] = session, held, total + event.net_flow_minor
            evolve(self.state, event)
        return True

    def _close(self, nav: NavStruck, events: Sequence[object]) -> None:
        mine = [e for e in events if getattr(e, "fund_id", "") == nav.fund_id]
        after = next((e for e in mine if isinstance(e, SleevesBalanced)), None)
        if after is None:
            return
        holdings = holdings_after(
            [e for e in mine if isinstance(e, SleeveValued)],
            [e for e in mine if isinstance(e, CapitalMoved)],
            [e for e in mine if isinstance(e, RedemptionPaid)],
        )
        bought = bought_at_will(self.state.funds[nav.fund_id].terms)
        held = sum(holdings.values()) + (after.granted_minor if bought else 0)
        flow = after.net_flow_minor + after.dilution_minor
        total = nav.net_assets_minor + flow + after.gain_minor
        self.closed[nav.fund_id] = nav.session, held, total

    def tell(self, found: Liquidity, asked: Asked) -> None:
        """Add what is asked for of this partition."""
        for fund_id, fund in self.state.funds.items():
            if asked.fund not in (None, fund_id) or fund_id not in self.closed:
                continue
            found.funds.append(self._row(fund))
            found.requests.extend(_requests(fund))
            found.gates.extend(
                GateRow(
                    fund_id, gate.vehicle_id, gate.kind, "" if gate.cap is None else str(gate.cap),
                    gate.first, gate.last,
                )
                for gate in fund.gates.values()
            )  # fmt: skip

    def _row(self, fund: Fund) -> LiquidityRow:
        terms = fund.terms
        session, held, total = self.closed[terms.fund_id]
        calendar = self.state.book.sessions
        ahead = ahead_of(fund.liquid_minor, session, fund.due, calendar)
        counted = held + uncalled_before(fund)
        asked = sum(each.open_minor for each in fund.requests.values())
        return LiquidityRow(
            terms.fund_id, session, terms.currency, fund.liquid_minor,
            sum(day.calls_minor for day in ahead.days), ahead.days[-1].left_minor,
            ahead.first_short, held, total, redemption_capacity(total, counted, terms.limit.cap),
            asked + sum(each.gross_minor for each in fund.redeeming),
        )  # fmt: skip


def _requests(fund: Fund) -> list[RequestRow]:
    terms = fund.terms
    announced: dict[str, int] = {}
    for each in fund.redeeming:
        announced[each.request_id] = announced.get(each.request_id, 0) + each.paid_minor
    return [
        RequestRow(
            terms.fund_id, each.vehicle_id, name, each.session, terms.currency, each.asked_minor,
            each.open_minor, announced.get(name, 0),
        )
        for name, each in fund.requests.items()
    ]  # fmt: skip
