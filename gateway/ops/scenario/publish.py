"""Writes what senders say, with the published schemas, onto their topics.

A participant of a scenario is published under a long identifier, so that the law against
personal data can be checked: nothing past intake may hold it.

Not here: when things are said (`stage`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from gateway.connector.protocol import Rendered
from gateway.core.money import split
from gateway.log.memory import MemoryLog
from gateway.log.port import Append
from gateway.ops.scenario.words import Row
from gateway.ops.scenario.words_in import BOOK_WORDS, ORDER_WORDS
from gateway.ops.scenario.world import World
from gateway.wire.messages import Messages

EPOCH = date(1970, 1, 1)


def days(day: date) -> int:
    """Days since 1970, as Avro writes a date."""
    return (day - EPOCH).days


def identifier(participant: str) -> str:
    """The identifier a participant of a scenario is published under."""
    return f"scenario participant {participant}"


@dataclass(frozen=True, slots=True)
class GoesBack:
    """The original of a correction's line."""

    session: date
    batch_id: str
    line: int
    trade_date: date
    received_at: int


@dataclass(frozen=True, slots=True)
class Line:
    """An order line as its recordkeeper writes it."""

    plan: str
    participant: str
    sell: str
    buy: str
    amount_minor: int
    source: str
    received_at: int
    goes_back: GoesBack | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """Orders that are sent in one message."""

    kind: str
    batch_id: str
    sender: str
    currency: str
    lines: tuple[Line, ...]
    control_count: int
    control_minor: int
    reason: str = "UNSTATED"
    corrects: str = ""


@dataclass
class Press:
    """Appends what is said to a log, stamped with a clock that never goes back.

    Attributes:
        log: Where it is said.
        messages: How it is written.
        now: UTC microseconds: the clock.
        said: Everything that was said, with its stamp, for a replay.
        sent: The bytes of every batch by sender and name.
        batches: The batches themselves, with the session they were booked under.
    """

    log: MemoryLog
    messages: Messages
    now: int = 0
    said: list[tuple[int, Append]] = field(default_factory=list)
    sent: dict[tuple[str, str], bytes] = field(default_factory=dict)
    batches: dict[tuple[str, str], tuple[Batch, date]] = field(default_factory=dict)

    def at(self, moment: int) -> None:
        """Let time pass up to a moment."""
        self.now = max(self.now, moment)

    def say_bytes(self, sender: str, value: bytes) -> None:
        """Append bytes to a sender's topic."""
        append = Append(f"in.{sender}", 0, None, value)
        self.said.append((self.now, append))
        self.log.append_now([append])

    def say(self, sender: str, schema: str, body: Mapping[str, object]) -> bytes:
        """Append a record of an inbound schema."""
        value = self.messages.pack(Rendered(f"inbound/{schema}", {"sender": sender, **body}))
        self.say_bytes(sender, value)
        return value

    def tick(self, senders: Sequence[str], kind: str, session: date, moment: int) -> None:
        """Let the clock write a moment of a session into every sender's topic."""
        body = {"sender": "clock", "kind": kind, "session": days(session), "moment_at": moment}
        value = self.messages.pack(Rendered("inbound/Tick", body))
        for sender in senders:
            self.say_bytes(sender, value)

    def batch(
        self, batch: Batch, session: date, written: tuple[str, dict[str, object]] | None = None
    ) -> None:
        """Send a batch of orders, as the record its kind has or as the one written."""
        schema, body = written or _order_body(batch)
        head = {
            "batch_id": batch.batch_id, "session": days(session), "currency": batch.currency,
            "control_count": batch.control_count, "control_amount_minor": batch.control_minor,
        }  # fmt: skip
        value = self.say(batch.sender, schema, {**head, **body})
        self.sent[batch.sender, batch.batch_id] = value
        self.batches.setdefault((batch.sender, batch.batch_id), (batch, session))


def _order_body(batch: Batch) -> tuple[str, dict[str, object]]:
    lines = batch.lines
    match batch.kind:
        case "exchange":
            rows = [
                {**head_of(line), "from_fund_id": line.sell, "into_fund_id": line.buy}
                for line in lines
            ]
            return "ExchangeBatch", {"lines": rows, "reason": batch.reason}
        case "distribution":
            return "DistributionBatch", {
                "lines": [{**head_of(line), "fund_id": line.sell} for line in lines],
                "reason": batch.reason,
            }
    if len({(line.plan, line.received_at) for line in lines}) > 1:
        raise ValueError(
            f"contributions of batch {batch.batch_id} differ in plan or receipt: "
            "a payroll is one plan's, received at once; give the others another batch"
        )
    rows = [
        {
            "participant_id": identifier(line.participant), "money_source": line.source,
            "fund_id": line.buy, "amount_minor": line.amount_minor,
        }
        for line in lines
    ]  # fmt: skip
    head = {"plan_id": lines[0].plan, "received_at": lines[0].received_at}
    return "ContributionBatch", {**head, "lines": rows}


def head_of(line: Line) -> dict[str, object]:
    """What every order line but a payroll's has."""
    return {
        "plan_id": line.plan, "participant_id": identifier(line.participant),
        "amount_minor": line.amount_minor, "received_at": line.received_at,
    }  # fmt: skip


def order_lines(world: World, row: Row, received_at: int) -> list[Line]:
    """The lines a row of orders stands for; an election is split to the cent."""
    plan, who = world.plan_of(row), row.text("participant")
    amount, at = row.number("amount"), row.number("received", received_at)
    source = row.text("source", "PRE_TAX")
    match row.word.name:
        case "exchange":
            sell = row.text("from") or world.liquid_of(plan)
            buy = row.text("into") or world.alternative_fund(row)
            return [Line(plan, who, sell, buy, amount, source, at)]
        case "distribution":
            sell = row.text("from") or world.first_fund
            return [Line(plan, who, sell, "", amount, source, at)]
    parts = [part for part in row.several("into") if isinstance(part, tuple)]
    if len(parts) < 2:
        fund = str(parts[0][0]) if parts else world.first_fund
        return [Line(plan, who, "", fund, amount, source, at)]
    common = 1
    for _, part in parts:
        common *= part.denominator
    shares = split(amount, [int(part * common) for _, part in parts])
    return [
        Line(plan, who, "", str(fund), share, source, at)
        for (fund, _), share in zip(parts, shares, strict=True)
    ]


def together(rows: Sequence[Row], at: int) -> list[Row]:
    """The neighbouring rows that go out in one message."""
    first = rows[at]
    name = first.word.name
    if name in ORDER_WORDS:
        alike = _alike_orders
    elif name in BOOK_WORDS:
        alike = _alike_changes
    else:
        return [first]
    end = at + 1
    while end < len(rows) and alike(first, rows[end]):
        end += 1
    return list(rows[at:end])


def _alike_orders(first: Row, other: Row) -> bool:
    same = first.word is other.word and first.text("sender") == other.text("sender")
    same = same and all(
        first.text(name) == other.text(name) for name in ("reason", "kind", "corrects")
    )
    return same and first.has("batch") and first.text("batch") == other.text("batch")


def _alike_changes(first: Row, other: Row) -> bool:
    if other.word.name not in BOOK_WORDS:
        return False
    return first.values.get("from") == other.values.get("from")
