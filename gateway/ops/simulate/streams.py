"""How a market's senders say what happens: one stream of stamped bytes a sender.

The same lines can be said in batches cut anywhere. A batch is named by the numbers of its
lines, so that a line can be found again whatever the cuts were.

Not here: what happens (`market`), and in what order streams arrive (`story`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple

from gateway.connector.columns import coded
from gateway.connector.protocol import Rendered
from gateway.core.decisions import DecisionStep, OperationsDecision
from gateway.core.vocabulary import MONEY_SOURCES, OrderKind, TickKind
from gateway.desks.plan_state import epoch_day
from gateway.ops.simulate.market import Line, Market, valuer_of
from gateway.ops.simulate.stage import (
    MANAGERS,
    RECORDKEEPERS,
    SENDERS,
    SESSIONS,
    VALUATION_MINUTES,
    calendar,
)
from gateway.wire.messages import Messages
from gateway.wire.registry import standard

MESSAGES = Messages(standard())
MINUTE = 60_000_000
HOUR = 60 * MINUTE
TICKS = frozenset(str(kind) for kind in TickKind)
CORRECTIONS = 1000
"""Corrections are numbered from here on."""


class Said(NamedTuple):
    """A message: the moment the log records it, its bytes, and what it is.

    Attributes:
        at: UTC microseconds.
        value: As it stands on the sender's topic.
        what: The kind of a tick, or the name of the schema; for people and for the clock.
    """

    at: int
    value: bytes
    what: str


@dataclass
class Stream:
    """What one sender says, in its order."""

    sender: str
    said: list[Said] = field(default_factory=list)
    totals: dict[date, list[int]] = field(default_factory=dict)

    def say(self, at: int, schema: str, **body: object) -> None:
        """Say something in a published schema."""
        whole = {"sender": self.sender, **body}
        self.said.append(Said(at, MESSAGES.pack(Rendered(f"inbound/{schema}", whole)), schema))

    def tick(self, kind: TickKind, session: date, at: int) -> None:
        """Let the clock write into the sender's topic."""
        body = {"sender": "clock", "kind": kind, "session": epoch_day(session), "moment_at": at}
        self.said.append(Said(at, MESSAGES.pack(Rendered("inbound/Tick", body)), kind))


def may_be_late(sender: str, said: Said) -> bool:
    """Ticks that no message of their own topic waits for.

    A recordkeeper's session opens with the tick in its topic, and operations' book must
    stand before the session that it opens.
    """
    if said.what == TickKind.VALUATION_CUT_OFF:
        return True
    return said.what == TickKind.SESSION_OPENED and sender not in (*RECORDKEEPERS, "operations")


def may_be_early(said: Said) -> bool:
    """What may stand before a tick that comes late."""
    return said.what not in TICKS and said.what != "BookChange"


def opens(session: date) -> int:
    """When a session is announced, UTC microseconds."""
    return calendar().local_at(session, 9 * 60)


def closes(session: date) -> int:
    """A session's close, UTC microseconds."""
    return calendar().cutoff_at(session)


def valued(session: date) -> int:
    """A session's valuation cut-off, UTC microseconds."""
    return calendar().local_at(session, VALUATION_MINUTES)


def streams(
    market: Market, cuts: Collection[int], sessions: Sequence[date] = ()
) -> dict[str, list[Said]]:
    """Every sender's stream; a batch ends before each line whose number is in `cuts`."""
    found: dict[str, list[Said]] = {}
    changes = (market.change, market.following, market.third)
    books = {change.session: change for change in changes if change is not None}
    for sender in SENDERS:
        stream = Stream(sender)
        for session in sessions or market.sessions:
            if sender == "operations" and session in books:
                packed = MESSAGES.pack(books[session])
                stream.said.append(Said(opens(session) - HOUR, packed, "BookChange"))
            stream.tick(TickKind.SESSION_OPENED, session, opens(session))
            if sender == "operations":
                _decided(stream, market, session)
            if sender in RECORDKEEPERS:
                _recordkeeper(stream, market, session, cuts)
            for after in (False, True):
                if after:
                    stream.tick(TickKind.VALUATION_CUT_OFF, session, valued(session) + 1)
                if sender == "market":
                    _levels(stream, market, session, after)
                if sender in MANAGERS:
                    _marks(stream, market, session, after)
        # A topic's stamps never go back.
        found[sender] = sorted(stream.said, key=lambda said: said.at)
    return found


def _levels(stream: Stream, market: Market, session: date, after: bool) -> None:
    for day, name, level, micros in market.levels:
        if day == session and (micros > 0) == after:
            at, day_number = valued(session) + micros, epoch_day(session)
            stream.say(at, "ProxyLevel", index_id=name, session=day_number, level=level)


def _marks(stream: Stream, market: Market, session: date, after: bool) -> None:
    for number, mark in enumerate(market.marks):
        if (mark.manager, mark.session, mark.after > 0) != (stream.sender, session, after):
            continue
        measured = session - timedelta(days=mark.age_days)
        at = valued(session) + mark.after
        if mark.manager == "BLACKSTONE":
            stream.say(at, "BlackstoneVehicleStatement", StatementRef=f"M{number}",
                       FundCode=mark.vehicle, InvestorRef=mark.fund,
                       AsOfDate=measured.strftime("%Y%m%d"), Ccy=mark.currency,
                       ValBasis="APPR", IndepValuer=valuer_of(number),
                       CapitalBalance=f"{mark.value // 100}.{mark.value % 100:02}")  # fmt: skip
        else:
            stream.say(at, "KkrEvergreenNav", documentId=f"M{number}", vehicle=mark.vehicle,
                       holder=mark.fund, valuationDate=epoch_day(measured), currency=mark.currency,
                       unitsE6=mark.value * 10_000, priceE6=1_000_000, priceBasis="appraised",
                       independentFirm=valuer_of(number))  # fmt: skip


def _recordkeeper(stream: Stream, market: Market, session: date, cuts: Collection[int]) -> None:
    at = closes(session) - HOUR
    if session == SESSIONS[0]:
        _holdings(stream, market, at - HOUR)
    stream.totals[session] = [0, 0, 0]
    spoils = [(number, name) for who, number, name in market.spoils if who == stream.sender]
    for numbered in _batches(market, stream.sender, session, cuts):
        name = "B" + ".".join(str(number) for number, _ in numbered)
        _orders(stream, session, name, [line for _, line in numbered], at)
        for number, name in spoils:
            if number in dict(numbered):
                _spoil(stream, session, name, f"S{number}-{name}", at)
    _corrections(stream, market, session, cuts, at)
    batches, lines, amount = stream.totals[session]
    stream.say(at, "DayEnd", session=epoch_day(session), batches=batches, lines=lines,
               amount_minor=amount)  # fmt: skip


def _holdings(stream: Stream, market: Market, at: int) -> None:
    for plan in market.change.plans:
        rows = [
            {"plan_id": where, "participant_id": who, "fund_id": name, "units": units}
            for where, who, name, units in market.holdings
            if where == plan.plan_id and plan.recordkeeper == stream.sender
        ]
        if rows:
            stream.say(at, "HoldingsStatement", batch_id=f"H-{plan.plan_id}",
                       session=epoch_day(SESSIONS[0]) - 1, lines=rows)  # fmt: skip


def _batches(
    market: Market, sender: str, session: date, cuts: Collection[int]
) -> Iterator[list[tuple[int, Line]]]:
    """A sender's lines of a session, cut where asked and wherever their kind changes."""
    batch: list[tuple[int, Line]] = []
    for number, line in enumerate(market.lines):
        if (line.sender, line.session) != (sender, session):
            continue
        if batch and (number in cuts or batch[-1][1].kind is not line.kind):
            yield batch
            batch = []
        batch.append((number, line))
    if batch:
        yield batch


def numbers_of(batch_id: str) -> list[int]:
    """The numbers of a batch's lines; a correction's is counted beyond those of lines."""
    if batch_id.startswith("R"):
        return [CORRECTIONS + int(batch_id[1:])]
    return [int(number) for number in batch_id[1:].split(".")]


def _corrections(
    stream: Stream, market: Market, session: date, cuts: Collection[int], at: int
) -> None:
    """A sender's corrections of a session, each a batch; an original left out never came."""
    for number, each in enumerate(market.corrections):
        if (each.of.sender, each.session) != (stream.sender, session):
            continue
        line = each.of
        batches = _batches(market, line.sender, line.session, cuts)
        places = (
            ("B" + ".".join(str(n) for n, _ in batch), at)
            for batch in batches
            for at, (_, other) in enumerate(batch)
            if other is line
        )
        name, place = next(places, ("B9999", 0))
        original_at = closes(line.session) - line.minutes * MINUTE
        row = {
            "plan_id": line.plan, "participant_id": line.who, "fund_id": each.fund,
            "amount_minor": each.amount,
            "received_at": closes(session) - each.minutes * MINUTE,
            "original_session": epoch_day(line.session), "original_batch_id": name,
            "original_line": place,
            "original_trade_date": epoch_day(calendar().trade_date(original_at)),
            "original_received_at": original_at,
        }  # fmt: skip
        corrects = str(line.kind)
        for index, more in enumerate((1, 1, each.amount)):
            stream.totals[session][index] += more
        stream.say(at, "CorrectionBatch", batch_id=f"R{number}", session=epoch_day(session),
                   currency="USD", control_count=1, control_amount_minor=each.amount,
                   reason=str(each.reason), corrects=corrects, lines=[row])  # fmt: skip


def _decided(stream: Stream, market: Market, session: date) -> None:
    """Both steps of each decision, as they are written."""
    for number, each in enumerate(market.decided):
        if each.on != session:
            continue
        steps = ((DecisionStep.REQUESTED, "ada", 0), (DecisionStep.APPROVED, "bert", 1))
        for step, by, more in steps:
            whole = OperationsDecision(
                stream.sender, f"D{number}", each.kind, step, by, each.subject, each.session,
                each.value, "seen twice", each.reference,
            )  # fmt: skip
            at = opens(session) + (each.minutes + more) * MINUTE
            stream.said.append(Said(at, MESSAGES.pack(whole), str(each.kind)))


def _orders(
    stream: Stream, session: date, name: str, lines: list[Line], at: int, **changes: object
) -> None:
    """One batch; it counts towards the sender's day unless told to be refused."""
    amount = sum(line.amount for line in lines)
    head: dict[str, object] = {
        "batch_id": name, "session": epoch_day(session), "currency": "USD",
        "control_count": len(lines), "control_amount_minor": amount, **changes,
    }  # fmt: skip
    refused = head.pop("refused", False)
    if not refused:
        for index, more in enumerate((1, len(lines), amount)):
            stream.totals[session][index] += more
    received = [closes(line.session) - line.minutes * MINUTE for line in lines]
    if lines and lines[0].kind is OrderKind.EXCHANGE:
        rows = [
            {"plan_id": line.plan, "participant_id": line.who, "from_fund_id": line.sell,
             "into_fund_id": line.buy, "amount_minor": line.amount, "received_at": moment}
            for line, moment in zip(lines, received, strict=True)
        ]  # fmt: skip
        stream.say(at, "ExchangeBatch", lines=rows, **head)
    elif lines and lines[0].kind is OrderKind.DISTRIBUTION:
        rows = [
            {"plan_id": line.plan, "participant_id": line.who, "fund_id": line.sell,
             "amount_minor": line.amount, "received_at": moment}
            for line, moment in zip(lines, received, strict=True)
        ]  # fmt: skip
        stream.say(at, "DistributionBatch", lines=rows, **head)
    else:
        plans, plan = coded([line.plan for line in lines])
        funds, fund = coded([line.buy for line in lines])
        stream.say(
            at, "ContributionColumns", plan_ids=list(plans), plan_index=plan.tolist(),
            participant_ids=[line.who for line in lines],
            money_sources=[index % len(MONEY_SOURCES) for index in range(len(lines))],
            fund_ids=list(funds), fund_index=fund.tolist(),
            amounts_minor=[line.amount for line in lines],
            received_at_micros=received, **head,
        )  # fmt: skip


def _spoil(stream: Stream, session: date, name: str, batch_id: str, at: int) -> None:
    """A message that must change nothing."""
    line = Line(stream.sender, session, OrderKind.CONTRIBUTION, "PLN-0", "dee-444", "", "LIQ",
                7_77, 60)  # fmt: skip
    match name:
        case "rubbish":
            rubbish = b"\x00\x00\x00\x00\x11" + batch_id.encode()
            stream.said.append(Said(at, rubbish, "rubbish"))
        case "repeat":
            stream.said.append(stream.said[-1]._replace(at=at))
        case "off by a cent":
            _orders(stream, session, batch_id, [line], at, control_amount_minor=7_78, refused=True)
        case "empty":
            _orders(stream, session, batch_id, [], at, refused=True)
        case "wrong sender":
            _orders(stream, session, batch_id, [line], at, sender="SOMEBODY", refused=True)
        case "conflict":
            _orders(stream, session, f"C-{batch_id}", [line], at, currency="EUR")
            _orders(stream, session, f"C-{batch_id}", [line, line], at, refused=True)
        case "euro":
            _orders(stream, session, batch_id, [line], at, currency="EUR")
