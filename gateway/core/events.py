"""The events journals hold: what was decided, and why.

One journal record holds the events of one inbox message; a desk's state is the fold
of them. Each event says enough to explain a number without deciding again: the
limit, its headroom, the rule's inputs.

Not here: how events change state (`evolve` of each desk).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Annotated

from gateway.core.closing import SenderClosed
from gateway.core.corrections import Links
from gateway.core.decisions import Approved
from gateway.core.limits import BreachState
from gateway.core.lineage import MarkBehind
from gateway.core.netting import InstructionState
from gateway.core.orders import HoldingsBatch, OrderBatch
from gateway.core.settlement import ObligationRow
from gateway.core.vocabulary import I8, I32, I64, EventKind, OrderKind, RejectCode, TickKind


@dataclass(frozen=True, slots=True)
class PartitionCount:
    """What one plan partition was sent of a batch."""

    partition: Annotated[int, "plan partition"]
    batches: Annotated[int, "messages"]
    lines: Annotated[int, "order lines"]
    amount_minor: Annotated[int, "minor units"]


@dataclass(frozen=True, slots=True)
class BatchTaken:
    """Intake accepted a message and passed its content on."""

    schema: Annotated[str, "schema it was written with"]
    batch_id: Annotated[str, "the sender's own name of it"]
    session: Annotated[date, "session it was booked under"]
    result_id: Annotated[str, "answer id, a function of the bytes"]
    digest: Annotated[bytes, "BLAKE2 of the message's bytes"]
    orders: Annotated[bool, "true: counts towards the sender's day"]
    lines: Annotated[int, "lines in it"]
    amount_minor: Annotated[int, "minor units in it"]
    parts: Annotated[tuple[PartitionCount, ...], "what each plan partition got"]


@dataclass(frozen=True, slots=True)
class BatchRepeated:
    """The same bytes came again: ignored, answered as before."""

    batch_id: Annotated[str, "the sender's own name of it"]
    session: Annotated[date, "session it was booked under"]
    result_id: Annotated[str, "the first answer's id"]


@dataclass(frozen=True, slots=True)
class BatchRefused:
    """Intake refused a message whole; nothing of it was passed on."""

    batch_id: Annotated[str, "the sender's own name of it, empty if unreadable"]
    session: Annotated[date | None, "session it was booked under, if readable"]
    result_id: Annotated[str, "answer id, a function of the bytes"]
    codes: Annotated[tuple[RejectCode, ...], "every reason, in the order of RejectCode"]
    detail: Annotated[str, "what differs and what to do"]
    quarantined: Annotated[bool, "true: the raw bytes are kept in quarantine"]


@dataclass(frozen=True, slots=True)
class SenderDayClosed:
    """A sender's DayEnd agreed with what was taken."""

    session: Annotated[date, "session"]
    batches: Annotated[int, "order batches"]
    lines: Annotated[int, "order lines"]
    amount_minor: Annotated[int, "minor units"]
    digest: Annotated[bytes, "BLAKE2 of the message's bytes"]


@dataclass(frozen=True, slots=True)
class ControlBreak:
    """A sender's DayEnd differed from what was taken; nothing closed."""

    session: Annotated[date, "session"]
    declared_batches: Annotated[int, "batches the sender says it sent"]
    declared_lines: Annotated[int, "lines the sender says it sent"]
    declared_minor: Annotated[int, "minor units the sender says it sent"]
    taken_batches: Annotated[int, "batches taken"]
    taken_lines: Annotated[int, "lines taken"]
    taken_minor: Annotated[int, "minor units taken"]


@dataclass(frozen=True, slots=True)
class TickPassed:
    """A moment of the session went through a source's topic."""

    kind: Annotated[TickKind, "which moment"]
    session: Annotated[date, "of which session"]
    at: Annotated[int, "UTC microseconds"]


@dataclass(frozen=True, slots=True)
class BookNoted:
    """What a book change that was taken names, for the check of those that come after it."""

    parties: Annotated[tuple[str, ...], "party ids"]
    liquid_funds: Annotated[tuple[str, ...], "fund ids of funds that are no alternatives"]
    alternative_funds: Annotated[tuple[str, ...], "fund ids of funds that are alternatives"]
    logic: Annotated[int, "level of decision logic it asks for; 0: unchanged"] = 0


@dataclass(frozen=True, slots=True)
class SessionAnnounced:
    """Operations said all there was to say before a session: its book is complete here."""

    session: Annotated[date, "session"]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message that came before its session was ready; one of the fields holds it."""

    orders: Annotated[OrderBatch | None, "orders"]
    holdings: Annotated[HoldingsBatch | None, "a statement of units"]
    closed: Annotated[SenderClosed | None, "a sender's end of a session"]
    decided: Annotated[Approved | None, "what two people decided"]


@dataclass(frozen=True, slots=True)
class WaitingTaken:
    """A waiting message was taken up."""

    session: Annotated[date, "session that was ready for it"]
    place: Annotated[int, "its place among the waiting messages, from 0"]


@dataclass(frozen=True, slots=True)
class PositionsRefused:
    """Positions of a statement of units that were left out; the sender is told."""

    sender: Annotated[str, "recordkeeper"]
    batch_id: Annotated[str, "the sender's own name of the statement"]
    session: Annotated[date, "session at whose close the units were held"]
    codes: Annotated[tuple[RejectCode, ...], "every reason, in the order of RejectCode"]
    positions: Annotated[int, "how many"]


@dataclass(frozen=True, slots=True)
class OrdersDecided:
    """A plan partition decided order lines of one trade date, line by line."""

    sender: Annotated[str, "recordkeeper"]
    batch_id: Annotated[str, "batch the lines came in"]
    kind: Annotated[OrderKind, "what the orders do"]
    trade_date: Annotated[date, "session whose NAV they get"]
    plans: Annotated[tuple[str, ...], "plan ids the column `plan` points into"]
    funds: Annotated[tuple[str, ...], "fund ids the fund columns point into"]
    line: Annotated[I32, "line number in the sender's batch"]
    plan: Annotated[I32, "index into plans"]
    participant: Annotated[I64, "keyed participant token"]
    sell_fund: Annotated[I32, "index into funds, -1 if nothing is sold"]
    buy_fund: Annotated[I32, "index into funds, -1 if nothing is bought"]
    amount_minor: Annotated[I64, "minor units asked"]
    accepted_minor: Annotated[I64, "minor units that go where asked"]
    diverted_minor: Annotated[I64, "minor units that go to the plan's liquid option"]
    received_at: Annotated[I64, "UTC microseconds of receipt"]
    code: Annotated[I8, "position in RejectCode; 0 if the line trades"]
    scope: Annotated[I8, "limit that bound: 0 none, 1 participant, 2 plan"]
    headroom_minor: Annotated[I64, "what that limit had left"]
    reasons: Annotated[I64, "every reason against it: bit n is position n in RejectCode"]
    asked_fund: Annotated[
        I32,
        "index into funds of the fund asked for, where another is bought in its place; else -1",
    ]
    booked: Annotated[date | None, "session the batch was booked under"] = None
    reason: Annotated[EventKind, "why they were sent"] = EventKind.UNSTATED
    links: Annotated[Links | None, "of a correction: what it goes back to"] = None
    takes_back: Annotated[bool, "true: takes its originals' money back out of the session"] = False


@dataclass(frozen=True, slots=True)
class OrdersParked:
    """Lines of a session that is not open yet wait, in inbox order, for its prices."""

    sender: Annotated[str, "recordkeeper"]
    batch_id: Annotated[str, "batch the lines came in"]
    booked: Annotated[date, "session the batch was booked under"]
    kind: Annotated[OrderKind, "what the orders do"]
    currency: Annotated[str, "ISO 4217 code"]
    trade_date: Annotated[date, "session they wait for"]
    plans: Annotated[tuple[str, ...], "plan ids the column `plan` points into"]
    funds: Annotated[tuple[str, ...], "fund ids the fund columns point into"]
    line: Annotated[I32, "line number in the sender's batch"]
    plan: Annotated[I32, "index into plans"]
    participant: Annotated[I64, "keyed participant token"]
    money_source: Annotated[I8, "position in MoneySource"]
    sell_fund: Annotated[I32, "index into funds"]
    buy_fund: Annotated[I32, "index into funds"]
    amount_minor: Annotated[I64, "minor units asked"]
    received_at: Annotated[I64, "UTC microseconds of receipt"]
    reason: Annotated[EventKind, "why they were sent"] = EventKind.UNSTATED
    links: Annotated[Links | None, "of a correction: what it goes back to"] = None


@dataclass(frozen=True, slots=True)
class ParkedTaken:
    """The oldest parked lines of the session now open were taken up."""

    trade_date: Annotated[date, "session that opened"]


@dataclass(frozen=True, slots=True)
class OrdersCounted:
    """What a plan partition received, for the comparison with the sender's totals."""

    sender: Annotated[str, "recordkeeper"]
    session: Annotated[date, "session the batch was booked under"]
    lines: Annotated[int, "lines in the message"]
    amount_minor: Annotated[int, "minor units in the message"]


@dataclass(frozen=True, slots=True)
class SenderClosedHere:
    """A sender's day is complete in this plan partition."""

    sender: Annotated[str, "recordkeeper"]
    session: Annotated[date, "session"]


@dataclass(frozen=True, slots=True)
class FlowsSent:
    """Every sender of the roster has closed; the session's flows went to the funds."""

    session: Annotated[date, "session"]
    buy_minor: Annotated[int, "minor units bought in all"]
    sell_minor: Annotated[int, "minor units redeemed in all"]


@dataclass(frozen=True, slots=True)
class PartitionClosed:
    """Another desk's partition has sent all it had for a session."""

    desk: Annotated[str, "plan or fund"]
    partition: Annotated[int, "which partition"]
    session: Annotated[date, "session"]


@dataclass(frozen=True, slots=True)
class SessionAdvanced:
    """Prices of a session were adopted and the next one opened."""

    closed: Annotated[date, "session whose prices were adopted"]
    opened: Annotated[date, "session now open"]


@dataclass(frozen=True, slots=True)
class MarkRefused:
    """A mark or level that a fund partition could not use."""

    sender: Annotated[str, "who stated it"]
    batch_id: Annotated[str, "the sender's own name of it"]
    code: Annotated[RejectCode, "why"]


@dataclass(frozen=True, slots=True)
class TrueUpBooked:
    """A newer mark replaced an estimate; the difference is booked in this session's NAV."""

    fund_id: Annotated[str, "fund"]
    vehicle_id: Annotated[str, "vehicle"]
    session: Annotated[date, "session it is booked in"]
    measurement_date: Annotated[date, "date the mark was measured on"]
    mark_minor: Annotated[int, "the mark, minor units"]
    estimate_minor: Annotated[int, "value the old mark rolled forward to, minor units"]
    value_minor: Annotated[int, "value the new mark rolls forward to, minor units"]


@dataclass(frozen=True, slots=True)
class PlanShare:
    """One plan's part in a fund's purchase of alternatives."""

    plan_id: Annotated[str, "plan; the fund itself for its own money"]
    asked_minor: Annotated[int, "minor units its inflow would have put there"]
    granted_minor: Annotated[int, "minor units that fitted under the limit"]


@dataclass(frozen=True, slots=True)
class SleevesBalanced:
    """Where a fund's net flow of a session went, and which limit bounded it."""

    fund_id: Annotated[str, "fund"]
    session: Annotated[date, "session"]
    net_flow_minor: Annotated[int, "purchases minus redemptions, minor units"]
    asked_minor: Annotated[int, "what the target would have put into alternatives"]
    granted_minor: Annotated[int, "what was put there"]
    limit_id: Annotated[str, "the fund-level limit"]
    headroom_minor: Annotated[int, "what it had left, minor units"]
    frozen: Annotated[
        bool, "true: purchases of alternatives are frozen (passive breach or stale mark)"
    ]
    breach: Annotated[BreachState, "passive breach, if one is open"]
    shares: Annotated[tuple[PlanShare, ...], "by plan, in the order of receipt"]
    dilution_minor: Annotated[int, "what late orders cost, paid in by who was late, minor units"]
    called_minor: Annotated[int, "calls booked, paid from the liquid sleeve, minor units"]
    distributed_minor: Annotated[int, "distributions booked, paid into it, minor units"]
    fees_paid_minor: Annotated[int, "fees paid from it, minor units"]
    liquid_minor: Annotated[int, "liquid sleeve afterwards, minor units"]
    units: Annotated[int, "units outstanding afterwards, scaled"]
    warned: Annotated[tuple[str, ...], "limits whose soft cap is passed afterwards"] = ()
    performance_paid_minor: Annotated[int, "performance fee paid from it, minor units"] = 0
    redeemed_minor: Annotated[int, "paid into it by vehicles asked for money, minor units"] = 0
    gain_minor: Annotated[
        int, "what net assets gain by interest of late closes, less early-repurchase deductions"
    ] = 0
    subscribed_units: Annotated[int, "units issued for orders, scaled"] = 0
    redeemed_units: Annotated[int, "units cancelled for orders and requests, scaled"] = 0


@dataclass(frozen=True, slots=True)
class SleeveValued:
    """What a private holding was worth at a strike, and from which mark."""

    fund_id: Annotated[str, "fund"]
    vehicle_id: Annotated[str, "vehicle"]
    session: Annotated[date, "session"]
    mark_minor: Annotated[int, "mark in force, minor units"]
    measurement_date: Annotated[date, "date it was measured on"]
    value_minor: Annotated[int, "rolled forward to the session, minor units"]
    proxy_before: Annotated[int, "index level at the session before"]
    proxy_after: Annotated[int, "index level at the session"]
    behind: Annotated[MarkBehind, "the mark in force, and how it came about"] = field(
        default_factory=MarkBehind
    )
    independent_on: Annotated[
        date | None, "date the newest independent value was measured on; None: there is none"
    ] = None


@dataclass(frozen=True, slots=True)
class SleeveRolled:
    """The index's move of a private holding in a session whose NAV is held: a step of its own."""

    fund_id: Annotated[str, "fund"]
    vehicle_id: Annotated[str, "vehicle"]
    session: Annotated[date, "session whose NAV is held"]
    proxy_before: Annotated[int, "index level at the step before"]
    proxy_after: Annotated[int, "index level at the session"]


@dataclass(frozen=True, slots=True)
class InstructionAdvanced:
    """An instruction took a step in its life."""

    instruction_id: Annotated[str, "which instruction"]
    state: Annotated[InstructionState, "state it is in now"]
    source: Annotated[str, "who said so"]
    detail: Annotated[str, "the partner's own words, or why two people took it back"]
    settled_minor: Annotated[int, "minor units paid so far, in its direction"] = 0


@dataclass(frozen=True, slots=True)
class InstructionRecalled:
    """Two people take an instruction back, or correct it."""

    instruction_id: Annotated[str, "which instruction"]
    decided: Annotated[Approved, "what they decided"]
    asks: Annotated[bool, "true: the receiver has to agree first"]


@dataclass(frozen=True, slots=True)
class LegReopened:
    """What of an instruction was not paid, or was paid too much, is owed again."""

    instruction_id: Annotated[str, "instruction it comes from"]
    currency: Annotated[str, "ISO 4217 code"]
    row: Annotated[ObligationRow, "the leg; its reference is the instruction"]


@dataclass(frozen=True, slots=True)
class CancellationSent:
    """A cancellation went out to the receiver."""

    instruction_id: Annotated[str, "which instruction"]
    receiver: Annotated[str, "whose topic it went to"]
    asks: Annotated[bool, "true: the receiver has to agree"]


@dataclass(frozen=True, slots=True)
class StatusRefused:
    """A step that the instruction's state does not allow, or of an unknown instruction."""

    instruction_id: Annotated[str, "which instruction"]
    source: Annotated[str, "who said so"]
    code: Annotated[RejectCode, "why"]
    state: Annotated[InstructionState, "the state it asked for"]
