"""Law L1 at a gate: no request is met twice, nothing is lost between plans, funds and lines.

Requests are counted here a second time, line by line, from the orders that were decided; what
funds met of them, what was withdrawn, what became of each line and what exchanges buy with it
are laid against that count: what was asked is met, waits, has lapsed or was withdrawn.

Not here: flows, fills and obligations (`conservation`), how much a gate lets out (`gates`).
Law: L1.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from gateway.core.capital_returns import CapitalReturned, CapitalShared
from gateway.core.conservation_strikes import Legs, say
from gateway.core.conservation_withdrawals import EPOCH, Claims, RequestLine
from gateway.core.corrections import MOVES_NOTHING
from gateway.core.dilution import Scales
from gateway.core.events import FlowsSent, OrdersDecided, PartitionClosed, SessionAdvanced
from gateway.core.laws import Events, Reference, Violation
from gateway.core.marks import NavStruck
from gateway.core.requests import (
    GatePassed,
    RedemptionRequests,
    RequestsFilled,
    RequestsSent,
    RequestsWithdrawn,
)

Met = dict[tuple[date, str, str], list[int]]
"""Session, plan and fund: minor units met and kept, units."""


@dataclass(slots=True)
class Queue:
    """One plan partition's requests, counted from its journal."""

    where: str
    reference: Reference = field(default_factory=Reference)
    lines: list[RequestLine] = field(default_factory=list)
    met: Met = field(default_factory=lambda: defaultdict(lambda: [0, 0, 0]))
    sent: dict[date, int] = field(default_factory=dict)
    closed: set[date] = field(default_factory=set)
    bought: Legs = field(default_factory=dict)
    returned: dict[tuple[date, str, str], int] = field(default_factory=lambda: defaultdict(int))
    claims: Claims = field(default_factory=Claims)
    found: list[Violation] = field(default_factory=list)

    def follow(self, event: object) -> None:
        """Take an event in."""
        self.reference.follow(event)
        match event:
            case OrdersDecided():
                self._ask(event)
            case RequestsSent():
                self.sent[event.session] = event.asked_minor
            case RequestsFilled():
                self._fill(event)
            case RequestsWithdrawn():
                self.found.extend(self.claims.take(self.where, event, self.lines))
            case CapitalShared():
                self._share(event)
            case FlowsSent():
                self.sent.setdefault(event.session, 0)
            case SessionAdvanced():
                self.closed.add(event.closed)

    def _ask(self, event: OrdersDecided) -> None:
        self.found.extend(self.claims.accept(self.where, event, self.reference))
        if event.takes_back or event.reason in MOVES_NOTHING:
            return
        book = self.reference.book
        rows = zip(event.code.tolist(), event.plan.tolist(), event.participant.tolist(),
                   event.sell_fund.tolist(), event.buy_fund.tolist(),
                   event.accepted_minor.tolist(), event.diverted_minor.tolist(),
                   event.line.tolist(), strict=True)  # fmt: skip
        for code, plan, who, sell, buy, accepted, diverted, number in rows:
            if code or sell < 0 or not is_gated(self.reference, event.funds[sell]):
                continue
            name = event.plans[plan]
            asked = event.funds[buy] if buy >= 0 else ""
            for minor, buys in ((accepted, asked), (diverted, book.plans[name].liquid_fund)):
                if minor:
                    came = (event.booked, event.batch_id, number)
                    waits = RequestLine(
                        name, who, event.funds[sell], buys, minor, event.trade_date, came
                    )  # fmt: skip
                    self.lines.append(waits)

    def _fill(self, event: RequestsFilled) -> None:
        rows = zip(event.request.tolist(), event.plan.tolist(), event.participant.tolist(),
                   event.buy_fund.tolist(), event.met_minor.tolist(), event.kept_minor.tolist(),
                   event.left_minor.tolist(), event.lapsed_minor.tolist(), event.units.tolist(),
                   strict=True)  # fmt: skip
        for number, plan, who, buys, met, kept, left, lapsed, units in rows:
            where = f"{self.where} request {number} of {event.fund_id} {event.session}"
            line = self.lines[number] if number < len(self.lines) else RequestLine("", 0, "", "", 0)
            told = (event.names[plan], who, event.fund_id, event.names[buys] if buys >= 0 else "")
            self._say(where, "line", (line.plan, line.participant, line.fund, line.buys), told)
            self._say(where, "met, left and lapsed together", line.left, met + left + lapsed)
            self._say(where, "nothing below zero, no more kept than met", True,
                      min(met, kept, left, lapsed, units, met - kept) >= 0)  # fmt: skip
            if met and line.asked > self._last_asked(event):
                self._say(where, "notice, or an offer's deadline, kept", True, line.asked)
            line.left = left
            if line.noted:
                self.claims.answered.add(number)
            sums = self.met[event.session, line.plan, event.fund_id]
            for at, each in enumerate((met, kept, units)):
                sums[at] += each
            if line.buys and met > kept:
                key = (event.buys_on, event.buys_on, line.plan, line.buys)
                self.bought.setdefault(key, [0, 0])[0] += met - kept

    def _last_asked(self, event: RequestsFilled) -> date:
        """The last trade date that the session may meet, as the gate's terms say."""
        gate = self.reference.book.funds[event.fund_id].gate
        if gate is None:
            return event.session
        ends = [each.request_deadline for each in gate.offers if each.pricing_date == event.session]
        return min([event.session - timedelta(days=gate.notice_days), *ends])

    def _share(self, event: CapitalShared) -> None:
        for plan, minor in zip(event.plan.tolist(), event.minor.tolist(), strict=True):
            name, liquid = event.plans[plan], event.liquid_funds[plan]
            where = f"{self.where} capital of {event.fund_id} {event.session}, plan {name}"
            self._say(where, "liquid option", self.reference.book.plans[name].liquid_fund, liquid)
            self._say(where, "nothing below zero", True, minor >= 0)
            self.returned[event.session, name, event.fund_id] += minor
            if minor:
                key = (event.buys_on, event.buys_on, name, liquid)
                self.bought.setdefault(key, [0, 0])[0] += minor

    def _say(self, where: str, what: str, expected: object, got: object) -> None:
        self.found.extend(say(where, what, expected, got))


def is_gated(reference: Reference, fund: str) -> bool:
    """Whether sales of a fund are requests, by the book in force."""
    terms = reference.book.funds.get(fund)
    return terms is not None and terms.gate is not None


def queue_of(partition: int, events: Events) -> Queue:
    """The requests of a plan partition, counted from its journal."""
    queue = Queue(f"plan/{partition}")
    for event in events:
        queue.follow(event)
    return queue


@dataclass(slots=True)
class _Gates:
    """What the fund partitions say of requests."""

    asked: dict[tuple[date, int], int] = field(default_factory=lambda: defaultdict(int))
    rows: dict[tuple[date, str, str, date, bool], int] = field(default_factory=dict)
    navs: dict[tuple[date, str], list[NavStruck]] = field(default_factory=lambda: defaultdict(list))
    closed: dict[tuple[date, int], set[int]] = field(default_factory=lambda: defaultdict(set))
    passed: list[GatePassed] = field(default_factory=list)
    returned: list[CapitalReturned] = field(default_factory=list)


def requests(
    queues: Sequence[Queue], fund: Sequence[Events], *, complete: bool
) -> Iterator[Violation]:
    """What plans asked is what funds heard; what funds met is what lines got, once.

    Args:
        queues: Of the plan partitions.
        fund: The fund desk's journals, by partition.
        complete: False while the day is in progress.
    """
    gates = _Gates()
    for partition, events in enumerate(fund):
        for event in events:
            _hear(gates, partition, event)
    for at, queue in enumerate(queues):
        yield from queue.found
        yield from queue.claims.closed(queue.where)
        for session, minor in queue.sent.items():
            if len(gates.closed[session, at]) == len(fund):
                yield from say(f"{queue.where} {session}", "asked of the funds",
                               minor, gates.asked[session, at])  # fmt: skip
    for event in gates.passed:
        yield from _met(gates, event)
    yield from _shared(queues, gates.passed, complete=complete)
    yield from _given_back(queues, gates.returned, complete=complete)


def _hear(gates: _Gates, partition: int, event: object) -> None:
    match event:
        case RedemptionRequests():
            gates.asked[event.session, event.partition] += int(event.asked_minor.sum())
            rows = zip(event.plan.tolist(), event.dealing.tolist(), event.odd_lot.tolist(),
                       event.asked_minor.tolist(), strict=True)  # fmt: skip
            for plan, day, odd, minor in rows:
                first = (event.plans[plan], EPOCH + timedelta(days=day), odd == 1)
                gates.rows[event.session, event.fund_id, *first] = minor
        case PartitionClosed() if event.desk == "plan":
            gates.closed[event.session, event.partition].add(partition)
        case NavStruck():
            gates.navs[event.session, event.fund_id].append(event)
        case GatePassed():
            gates.passed.append(event)
        case CapitalReturned():
            gates.returned.append(event)


def _met(gates: _Gates, event: GatePassed) -> Iterator[Violation]:
    where = f"{event.fund_id} {event.session}"
    asked = {
        key[2:]: v for key, v in gates.rows.items() if key[:2] == (event.session, event.fund_id)
    }
    answered = {(r.plan_id, r.dealing, r.odd_lot): r.asked_minor for r in event.rows}
    yield from say(where, "requests answered", asked, answered)
    if event.met_minor > event.room_minor:
        yield Violation(
            "L1", where, f"{event.met_minor} minor units went through a gate that let out "
            f"{event.room_minor} ({event.bound_by})",
        )  # fmt: skip
    for row in event.rows:
        here = f"{where} plan {row.plan_id}"
        yield from say(here, "met, queued and lapsed together", row.asked_minor,
                       row.met_minor + row.queued_minor + row.lapsed_minor)  # fmt: skip
        # A corrected NAV takes a place beside the one at which earlier parts were met.
        stood = gates.navs[event.session, event.fund_id]
        first = gates.navs.get((row.dealing, event.fund_id), stood)
        struck = stood[-1]
        if row.nav not in {each.nav for each in (*stood, *first) if not each.held}:
            yield from say(here, "NAV of requests", struck.nav, row.nav)
        scales = Scales(struck.nav_scale, struck.unit_scale, rounding=struck.unit_rounding)
        units = scales.units_for(row.met_minor, row.nav)
        yield from say(here, "units of requests", units, row.units)


def _given_back(
    queues: Sequence[Queue], returned: Sequence[CapitalReturned], *, complete: bool
) -> Iterator[Violation]:
    """Accounts got what their plans were given back of a fund's capital, to the cent."""
    accounts = {key: minor for queue in queues for key, minor in queue.returned.items() if minor}
    plans = {
        (event.session, row.plan_id, event.fund_id): row.minor
        for event in returned
        for row in event.rows
        if row.minor
    }
    for event in returned:
        if sum(row.minor for row in event.rows) > event.planned_minor:
            where = f"{event.fund_id} {event.session}"
            yield Violation("L1", where, f"more than {event.planned_minor} minor units returned")
    for key in sorted({*plans, *accounts}):
        if key in accounts or complete:
            where = f"{key[0]} plan {key[1]} fund {key[2]}"
            yield from say(where, "accounts' parts of capital", plans.get(key), accounts.get(key))


def _shared(
    queues: Sequence[Queue], passed: Sequence[GatePassed], *, complete: bool
) -> Iterator[Violation]:
    """Lines got what their plans were granted, to the cent and to the last decimal of units."""
    lines: Mapping[tuple[date, str, str], list[int]] = {
        key: sums for queue in queues for key, sums in queue.met.items() if any(sums)
    }
    granted: Met = defaultdict(lambda: [0, 0, 0])
    for event in passed:
        for row in event.rows:
            sums = granted[event.session, row.plan_id, event.fund_id]
            for at, each in enumerate((row.met_minor, row.kept_minor, row.units)):
                sums[at] += each
    for key in sorted({*granted, *lines}):
        want, got = granted.get(key, [0, 0, 0]), lines.get(key, [0, 0, 0])
        if key in lines or complete:
            where = f"{key[0]} plan {key[1]} fund {key[2]}"
            yield from say(where, "lines' parts of what was met (money, kept, units)", want, got)
