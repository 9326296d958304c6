"""The intake desk: one sender's topic, made canonical, counted, and closed.

Inbox: whatever a sender wrote, decoded or not (`Received`). Sends: orders, holdings,
marks, levels, book changes and ticks to the desks they concern, quarantined bytes to
quarantine, and an answer to the sender for every message of its own.

A message is identified by (session, batch id) and the digest of its bytes: the same
bytes are ignored and answered as before, other bytes under the same name are a conflict.

Not here: anything that needs the book (plans, funds, limits): the plan desk knows it.
Source: domain.md §6.3; golden G31. Laws: L3, L5, L8.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from gateway.connector.protocol import (
    Canonical,
    Connector,
    DayEnd,
    HoldingLines,
    OrderLines,
    Tick,
    Untranslatable,
)
from gateway.core.book import BookChange
from gateway.core.calls import CapitalNotice
from gateway.core.cash_breaks import CashAdvice
from gateway.core.closing import SenderClosed
from gateway.core.decisions import OperationsDecision
from gateway.core.events import (
    BatchRepeated,
    BatchTaken,
    ControlBreak,
    SenderDayClosed,
    TickPassed,
)
from gateway.core.marks import IndexLevel, ManagerMark, SourceTick
from gateway.core.orders import BatchStatus
from gateway.core.redemption_events import LiquidityNotice
from gateway.core.settlement import InstructionStatus
from gateway.core.vocabulary import CLOCK, OPERATIONS, RejectCode
from gateway.desks.desk import Decision, Desk, Send, Topology
from gateway.desks.intake_answers import accept, answer, quarantine, refuse
from gateway.desks.intake_book import book_faults, book_sends, noted
from gateway.desks.intake_decisions import counterparty_of, settlement_day_of, take_decision
from gateway.desks.intake_lines import (
    LARGEST_DAY_MINOR,
    Keyring,
    holding_faults,
    holding_sends,
    order_faults,
    order_sends,
    total,
)
from gateway.desks.intake_notices import take_liquidity_notice
from gateway.desks.intake_state import IntakeState, Received, evolve
from gateway.desks.plan_state import day_of

LARGEST_MARK_MINOR = 10**15
"""Ten trillion dollars: what no single holding is worth."""


@dataclass(frozen=True, slots=True)
class Context:
    """What the intake desk is told at its making: who is who, dialects, the token key."""

    topology: Topology
    dialects: Mapping[str, Connector]
    keyring: Keyring
    installed: Mapping[str, Connector]

    def dialect(self, sender: str) -> Connector:
        """A sender's dialect; the native one unless it has its own."""
        return self.dialects.get(sender, self.dialects["native"])


def intake_desk(context: Context) -> Desk[IntakeState]:
    """The intake desk of a topology."""

    def decide(state: IntakeState, message: object) -> Decision:
        assert isinstance(message, Received), type(message).__name__
        return _decide(context, state, message)

    return Desk("intake", IntakeState, decide, evolve)


def _decide(context: Context, state: IntakeState, message: Received) -> Decision:
    if message.body is None:
        return quarantine(message, (RejectCode.SCHEMA,), message.fault)
    claimed = str(message.body.get("sender", message.sender))
    connector = context.dialect(message.sender)
    if claimed == CLOCK:
        connector = context.dialects["native"]
    elif claimed != message.sender:
        # A name nobody has may be anything, a participant's too (law L8).
        known = claimed if claimed in context.topology.senders else "somebody unknown here"
        detail = f"the message says it is from {known}, the topic is {message.sender}'s"
        return quarantine(message, (RejectCode.WRONG_SENDER,), detail)
    try:
        canonical = connector.translate(message.schema, message.body)
    except Untranslatable as wrong:
        return quarantine(message, (wrong.code,), wrong.detail)
    if isinstance(canonical, Tick):
        return _pass_tick(context, message, canonical)
    if claimed == CLOCK:
        detail = f"the clock only ticks, and this is a {message.schema}"
        return quarantine(message, (RejectCode.WRONG_SENDER,), detail)
    return _take(context, state, message, canonical)


def _take(
    context: Context, state: IntakeState, message: Received, canonical: Canonical
) -> Decision:
    match canonical:
        case DayEnd():
            return _close_day(context, state, message, canonical)
        case OrderLines():
            return _take_orders(context, state, message, canonical)
        case HoldingLines():
            return _take_holdings(context, state, message, canonical)
        case ManagerMark():
            return _take_mark(context, state, message, canonical)
        case IndexLevel():
            level = replace(canonical, recorded_at=message.recorded_at)
            sends = [Send(to, level) for to in context.topology.everywhere("fund")]
            name = (canonical.session, f"{canonical.index_id}/{message.digest.hex()[:16]}")
            return accept(state, message, name, sends, 1)
        case CapitalNotice():
            return _take_notice(context, state, message, canonical)
        case LiquidityNotice():
            return take_liquidity_notice(context.topology, state, message, canonical)
        case BookChange():
            return _take_book(context, state, message, canonical)
        case InstructionStatus():
            return _take_status(context, state, message, canonical)
        case CashAdvice():
            return _take_advice(context, state, message, canonical)
        case OperationsDecision():
            return take_decision(context.topology, state, message, canonical)
        case Tick():
            return Decision()


def _take_holdings(
    context: Context, state: IntakeState, message: Received, lines: HoldingLines
) -> Decision:
    name = (lines.session, lines.batch_id)
    codes, detail = holding_faults(lines)
    if codes:
        return refuse(message, name, codes, detail)
    sends = holding_sends(lines, message.sender, context.topology, context.keyring)
    return accept(state, message, name, sends, len(lines.units))


def _take_mark(
    context: Context, state: IntakeState, message: Received, mark: ManagerMark
) -> Decision:
    name = (mark.measurement_date, mark.batch_id)
    today = day_of(message.recorded_at // 86_400_000_000)
    if mark.measurement_date > today:
        detail = f"measured on {mark.measurement_date}, which is after its receipt on {today} UTC"
        return refuse(message, name, (RejectCode.MARK_FROM_THE_FUTURE,), detail)
    if not 0 <= mark.value_minor <= LARGEST_MARK_MINOR:
        low = mark.value_minor < 0
        code = RejectCode.NEGATIVE_AMOUNT if low else RejectCode.AMOUNT_RANGE
        detail = f"a holding is worth from 0 to {LARGEST_MARK_MINOR} minor units"
        return refuse(message, name, (code,), detail)
    stamped = replace(mark, recorded_at=message.recorded_at)
    sends = [Send(context.topology.home("fund", mark.fund_id), stamped)]
    return accept(state, message, name, sends, 1)


def _take_status(
    context: Context, state: IntakeState, message: Received, status: InstructionStatus
) -> Decision:
    """A partner's step: the same bytes come once; what else it says, the cash desk judges."""
    stamped = replace(status, recorded_at=message.recorded_at)
    counterparty = counterparty_of(status.instruction_id)
    sends = [Send(context.topology.home("cash", counterparty), stamped)]
    name = f"{status.instruction_id}/{status.state}/{message.digest.hex()[:16]}"
    day = settlement_day_of(status.instruction_id)
    return accept(state, message, (day, name), sends, 1)


def _take_advice(
    context: Context, state: IntakeState, message: Received, advice: CashAdvice
) -> Decision:
    """A bank's advice, once a value date and name; whose bank it is, the cash desk knows."""
    name = (advice.value_date, advice.advice_id)
    today = day_of(message.recorded_at // 86_400_000_000)
    if advice.value_date > today:
        detail = f"money moves on {advice.value_date}, which is after {today} UTC: advise it then"
        return refuse(message, name, (RejectCode.CALENDAR,), detail)
    if abs(advice.amount_minor) > LARGEST_DAY_MINOR:
        detail = f"a payment is at most {LARGEST_DAY_MINOR} minor units"
        return refuse(message, name, (RejectCode.AMOUNT_RANGE,), detail)
    stamped = replace(advice, recorded_at=message.recorded_at)
    sends = [Send(context.topology.home("cash", advice.counterparty), stamped)]
    return accept(state, message, name, sends, 1)


def _take_notice(
    context: Context, state: IntakeState, message: Received, notice: CapitalNotice
) -> Decision:
    name = (notice.notice_date, notice.batch_id)
    figures = [notice.total_minor, *(line.amount_minor for line in notice.lines)]
    if not all(0 <= figure <= LARGEST_MARK_MINOR for figure in figures):
        low = min(figures) < 0
        code = RejectCode.NEGATIVE_AMOUNT if low else RejectCode.AMOUNT_RANGE
        detail = f"calls and distributions are from 0 to {LARGEST_MARK_MINOR} minor units"
        return refuse(message, name, (code,), detail)
    stamped = replace(notice, recorded_at=message.recorded_at)
    sends = [Send(context.topology.home("fund", notice.fund_id), stamped)]
    return accept(state, message, name, sends, len(notice.lines))


def _take_book(
    context: Context, state: IntakeState, message: Received, change: BookChange
) -> Decision:
    name = (change.session, change.batch_id)
    if message.sender != OPERATIONS:
        detail = "only operations may change the book"
        return quarantine(message, (RejectCode.WRONG_SENDER,), detail)
    if state.newest is not None and change.session <= state.newest and name not in state.seen:
        detail = f"{change.session} has begun: a change takes effect from a session to come"
        return refuse(message, name, (RejectCode.SESSION_CLOSED,), detail)
    codes, detail = book_faults(state.known, change, context.installed)
    if codes and name not in state.seen:
        return refuse(message, name, codes, detail)
    lines = len(change.plans) + len(change.funds)
    taken = accept(state, message, name, book_sends(change, context.topology), lines)
    if not isinstance(taken.events[0], BatchTaken):
        return taken
    return replace(taken, events=(*taken.events, noted(change)))


def _take_orders(
    context: Context, state: IntakeState, message: Received, lines: OrderLines
) -> Decision:
    name = (lines.session, lines.batch_id)
    known = state.seen.get(name)
    if known is None:
        codes: list[RejectCode] = []
        details: list[str] = []
        if lines.session in state.closed:
            codes.append(RejectCode.SESSION_CLOSED)
            details.append(f"{message.sender} has closed {lines.session}")
        elif lines.session not in state.open:
            codes.append(RejectCode.CALENDAR)
            details.append(f"{lines.session} is not an open session")
        faults, detail = order_faults(lines)
        codes.extend(faults)
        details.extend([detail] if detail else [])
        taken = state.totals.get(lines.session, (0, 0, 0))[2] + total(lines.amount_minor)
        if abs(taken) > LARGEST_DAY_MINOR and RejectCode.AMOUNT_RANGE not in codes:
            codes.append(RejectCode.AMOUNT_RANGE)
            details.append(f"a day adds up to at most {LARGEST_DAY_MINOR} minor units")
        if codes:
            return refuse(message, name, tuple(codes), "; ".join(details))
    elif known[0] != message.digest:
        return accept(state, message, name, [], 0)
    if known is not None:
        return accept(state, message, name, [], 0)
    sends, parts = order_sends(lines, message.sender, context.topology, context.keyring)
    amount = total(lines.amount_minor)
    return accept(state, message, name, sends, len(lines.plan), amount, parts, orders=True)


def _pass_tick(context: Context, message: Received, tick: Tick) -> Decision:
    passed = SourceTick(message.sender, tick.kind, tick.session, tick.at)
    desks = ("plan", "fund", "cash") if message.sender == OPERATIONS else ("plan", "fund")
    sends = tuple(Send(to, passed) for desk in desks for to in context.topology.everywhere(desk))
    return Decision((TickPassed(tick.kind, tick.session, tick.at),), sends)


def _close_day(context: Context, state: IntakeState, message: Received, end: DayEnd) -> Decision:
    """Compare a sender's totals with what was taken; equal closes its session everywhere."""
    name = (end.session, "DayEnd")
    if end.session in state.closed:
        if state.closed[end.session] == message.digest:
            repeated = BatchRepeated("DayEnd", end.session, message.digest.hex())
            return Decision((repeated,))
        return refuse(message, name, (RejectCode.SESSION_CLOSED,), "this session is closed")
    if end.session not in state.open:
        return refuse(
            message, name, (RejectCode.CALENDAR,), f"{end.session} is not an open session"
        )
    taken = state.totals.get(end.session, (0, 0, 0))
    declared = (end.batches, end.lines, end.amount_minor)
    if declared != taken:
        detail = (
            f"declared {declared[2]} minor units in {declared[1]} lines of {declared[0]} batches, "
            f"taken {taken[2]} in {taken[1]} of {taken[0]}: nothing was closed"
        )
        status = BatchStatus(
            message.sender, "DayEnd", end.session, message.digest.hex(), "BREAK",
            (RejectCode.CONTROL_TOTAL,), detail, taken[1], taken[2],
        )  # fmt: skip
        return Decision((ControlBreak(end.session, *declared, *taken),), (answer(status),))
    parts = state.parts.get(end.session, {})
    sends = [
        Send(to, SenderClosed(message.sender, end.session, *parts.get(to.partition, (0, 0, 0))))
        for to in context.topology.everywhere("plan")
    ]
    status = BatchStatus(
        message.sender, "DayEnd", end.session, message.digest.hex(), "CLOSED", (), "",
        taken[1], taken[2],
    )  # fmt: skip
    event = SenderDayClosed(end.session, *taken, message.digest)
    return Decision((event,), (*sends, answer(status)))
