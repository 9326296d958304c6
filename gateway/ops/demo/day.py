"""A business day of the nation, as the records its senders publish, phase by phase.

1. `opening`: reference data, the session opens, recordkeepers state what participants hold.
2. `orders`: payroll, exchanges, distributions; and some messages that are wrong on purpose.
3. `close`: index levels, marks, the ticks of the close, each recordkeeper's `DayEnd`.

A record is the name of its published schema and its fields as plain integers, texts and
lists; bytes that are no record stand under the name `UNREADABLE`.

Not here: encoding and publishing (`producer`), files (`folder`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import cast

from gateway.core.book import BookChange
from gateway.core.money import format_scaled
from gateway.ops.demo.draws import Draws
from gateway.ops.demo.funds import (
    FUNDS,
    INDICES,
    PROSPECTUSES,
    Holding,
    assets_minor,
    last_quarter,
)
from gateway.ops.demo.nation import (
    RECORDKEEPERS,
    SENDERS,
    Nation,
    Sizes,
    book_changes,
    make_nation,
)
from gateway.ops.demo.orders import (
    EPOCH,
    Batch,
    Body,
    DayOrders,
    Form,
    batches,
    day_orders,
    record_of,
)
from gateway.wire.codec import encode
from gateway.wire.decoder import Decoder
from gateway.wire.framing import frame
from gateway.wire.registry import standard

PHASES = ("opening", "orders", "close")
UNREADABLE = ""
"""The schema name under which bytes stand that are no record; its body is `{"hex": …}`."""

HOLDINGS_A_STATEMENT = 10_000
UNIT_PRICE_E6 = 27_431_200
UNKNOWN_PLAN = "PLN-UNKNOWN"
SPOILED = b"\x00\x00\x00\x00\x0d not an Avro record"
NORTH, LAKES, COAST = RECORDKEEPERS

Message = tuple[str, Body]
"""The name of a schema and a record's fields."""


@dataclass(frozen=True, slots=True)
class Totals:
    """What a recordkeeper's accepted order batches add up to."""

    batches: int = 0
    lines: int = 0
    amount_minor: int = 0


@dataclass(frozen=True, slots=True)
class Fault:
    """A message that is wrong on purpose, and how the gateway answers it.

    Attributes:
        sender: Who publishes it.
        batch_id: Its name; empty where it cannot be read.
        answer: Verdict on the batch, or DECIDED where single lines are refused.
        code: Why, as in RejectCode; empty for a repeat.
    """

    sender: str
    batch_id: str
    answer: str
    code: str


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the nation.

    Attributes:
        nation: Who takes part.
        settings: What `gateway.shell.settings.Settings` takes, without an address.
        book: Reference data, as operations publishes it.
        totals: By recordkeeper: what must be taken of it by the close.
        faults: What is wrong on purpose.
    """

    nation: Nation
    settings: dict[str, object]
    book: tuple[BookChange, ...]
    totals: Mapping[str, Totals]
    faults: tuple[Fault, ...]
    _orders: DayOrders
    _form: Form
    _most: int

    @property
    def session(self) -> date:
        """The session that is played."""
        return self.nation.session

    def messages(self, phase: str, sender: str) -> Iterator[Message]:
        """What a sender publishes in a phase, in order."""
        match phase:
            case "opening":
                yield from self._book(sender)
                yield _tick(self.nation, "SESSION_OPENED", 9 * 60 + 30)
                yield from _holdings(self.nation, sender)
            case "orders":
                yield from self._spoken(sender)
            case "close":
                yield from _close(self, sender)
            case _:
                raise ValueError(f"{phase} is no phase: {', '.join(PHASES)}")

    def _book(self, sender: str) -> Iterator[Message]:
        if sender == "operations":
            schema, decoder = standard().latest("between/BookChange"), Decoder(standard())
            for change in self.book:
                decoded = decoder.decode(frame(schema.id, encode(change)))
                yield schema.name, cast(Body, decoded.body)

    def _spoken(self, sender: str) -> Iterator[Message]:
        if sender not in RECORDKEEPERS:
            return
        owner = RECORDKEEPERS.index(sender)
        sent = batches(self.nation, self._orders, owner, self._form, self._most)
        for number, batch in enumerate(sent):
            message = record_of(self.nation, sender, batch, self._form)
            yield from _with_faults(sender, message, number == 0)
        if sender == COAST:
            yield from _of_nobody(self.nation)


def make_day(
    seed: int,
    session: date,
    sizes: Sizes | None = None,
    *,
    form: Form = "natural",
    batch_lines: int = 2_000,
    partitions: Mapping[str, int] | None = None,
) -> Day:
    """The day of a seed.

    Args:
        seed: Zero or more; the same arguments give the same day.
        session: An exchange session. Marks count only if they are recorded by its valuation
            cut-off, so play a session that is not past: `nation.session_after` finds it.
        sizes: How large the nation is.
        form: Contributions as records in arrays, or as columns.
        batch_lines: Most lines of a batch.
        partitions: Partitions by desk; few, for a machine of two cores, unless given.

    Raises:
        ConfigError: The date is not a session, or the sizes are out of range.
    """
    nation = make_nation(seed, session, sizes)
    orders = day_orders(nation)
    few = {"plan": 4, "fund": 2, "cash": 2, "dispatch": 2}
    settings: dict[str, object] = {
        "app": "gateway-demo",
        "senders": dict(SENDERS),
        "partitions": dict(partitions or few),
    }
    first = {
        owner: next(batches(nation, orders, owner, form, batch_lines))
        for owner in range(len(RECORDKEEPERS))
    }
    totals = {
        sender: _totals(nation, batches(nation, orders, owner, form, batch_lines), sender)
        for owner, sender in enumerate(RECORDKEEPERS)
    }
    return Day(
        nation, settings, book_changes(nation), totals, _faults(first), orders, form, batch_lines
    )


# --- what is wrong on purpose -----------------------------------------------------------


def _faults(first: Mapping[int, Batch]) -> tuple[Fault, ...]:
    return (
        Fault(NORTH, first[0].batch_id, "REJECTED", "CONTROL_TOTAL"),
        Fault(LAKES, first[1].batch_id, "DUPLICATE", ""),
        Fault(LAKES, "", "QUARANTINED", "SCHEMA"),
        Fault(COAST, "EXCHANGES-ABROAD", "DECIDED", "UNKNOWN_PLAN"),
        Fault(COAST, "PAYROLL-IN-EUROS", "DECIDED", "CURRENCY"),
    )


def _with_faults(sender: str, message: Message, is_first: bool) -> Iterator[Message]:
    """A message; the first of some senders goes wrong and is put right."""
    schema, body = message
    if is_first and sender == NORTH:
        yield schema, {**body, "control_amount_minor": cast(int, body["control_amount_minor"]) - 1}
        yield schema, {**body, "batch_id": f"{body['batch_id']}-CORRECTED"}
        return
    yield message
    if is_first and sender == LAKES:
        yield message
        yield UNREADABLE, {"hex": SPOILED.hex()}


def _of_nobody(nation: Nation) -> Iterator[Message]:
    """Two batches that are taken, and whose lines are refused by name."""
    close = nation.calendar.cutoff_at(nation.session)
    plan = nation.owner.index(RECORDKEEPERS.index(COAST))
    known = nation.participant_ids[int(nation.first[plan])]
    shared = {"sender": COAST, "session": (nation.session - EPOCH).days}
    exchange = {
        "plan_id": UNKNOWN_PLAN, "participant_id": known, "from_fund_id": "LIQ",
        "into_fund_id": "TDF_2045", "amount_minor": 1_250_00, "received_at": close - 3_600_000_000,
    }  # fmt: skip
    yield "inbound/ExchangeBatch", {
        **shared, "batch_id": "EXCHANGES-ABROAD", "currency": "USD", "control_count": 1,
        "control_amount_minor": 1_250_00, "lines": [exchange],
    }  # fmt: skip
    line = {"participant_id": known, "money_source": "PRE_TAX", "fund_id": "TDF_2045"}
    yield "inbound/ContributionBatch", {
        **shared, "batch_id": "PAYROLL-IN-EUROS", "currency": "EUR",
        "plan_id": nation.plan_ids[plan], "received_at": close - 3_600_000_000,
        "control_count": 1, "control_amount_minor": 410_00,
        "lines": [{**line, "amount_minor": 410_00}],
    }  # fmt: skip


def _totals(nation: Nation, sent: Iterator[Batch], sender: str) -> Totals:
    count = lines = amount = 0
    for batch in sent:
        count += 1
        lines += len(batch.lines.plan)
        amount += int(batch.lines.amount_minor.sum())
    if sender == COAST:
        for _, body in _of_nobody(nation):
            count += 1
            lines += cast(int, body["control_count"])
            amount += cast(int, body["control_amount_minor"])
    return Totals(count, lines, amount)


# --- opening and close ------------------------------------------------------------------


def _tick(nation: Nation, kind: str, minutes: int | None) -> Message:
    """A moment of the session, as the clock writes it into every sender's topic."""
    calendar, session = nation.calendar, nation.session
    moment = calendar.cutoff_at(session) if minutes is None else calendar.local_at(session, minutes)
    days = (session - EPOCH).days
    return "inbound/Tick", {
        "sender": "clock", "kind": kind, "session": days, "moment_at": moment,
    }  # fmt: skip


def _holdings(nation: Nation, sender: str) -> Iterator[Message]:
    """A recordkeeper's positions, plan by plan, in statements of many lines."""
    if sender not in RECORDKEEPERS:
        return
    owner = RECORDKEEPERS.index(sender)
    before = (nation.calendar.previous_session(nation.session) - EPOCH).days
    plans = [plan for plan, whose in enumerate(nation.owner) if whose == owner]
    lines: list[Body] = []
    number = 0
    for plan in plans:
        lines.extend(_positions(nation, plan))
        last = plan == plans[-1]
        while len(lines) >= HOLDINGS_A_STATEMENT or (last and lines):
            number += 1
            yield (
                "inbound/HoldingsStatement",
                {
                    "sender": sender,
                    "batch_id": f"HOLDINGS-{number}",
                    "session": before,
                    "lines": lines[:HOLDINGS_A_STATEMENT],
                },
            )
            lines = lines[HOLDINGS_A_STATEMENT:]


def _positions(nation: Nation, plan: int) -> list[Body]:
    start, end = int(nation.first[plan]), int(nation.first[plan + 1])
    units = nation.units[start:end]
    rows, funds = units.nonzero()
    plan_id, people = nation.plan_ids[plan], nation.participant_ids[start:end]
    return [
        {"plan_id": plan_id, "participant_id": people[row], "fund_id": FUNDS[fund], "units": held}
        for row, fund, held in zip(
            rows.tolist(), funds.tolist(), units[rows, funds].tolist(), strict=True
        )
    ]


def _close(day: Day, sender: str) -> Iterator[Message]:
    nation = day.nation
    yield _tick(nation, "CUT_OFF", None)
    if sender == "market":
        yield from _levels(nation)
    if sender in ("BLACKSTONE", "KKR"):
        yield from _marks(nation, sender)
    yield _tick(nation, "VALUATION_CUT_OFF", 18 * 60 + 30)
    if sender in day.totals:
        totals = day.totals[sender]
        yield (
            "inbound/DayEnd",
            {
                "sender": sender,
                "session": (nation.session - EPOCH).days,
                "batches": totals.batches,
                "lines": totals.lines,
                "amount_minor": totals.amount_minor,
            },
        )


def _levels(nation: Nation) -> Iterator[Message]:
    """Every index at the session's close, within 0.8 % of the day before."""
    moves = Draws(nation.seed, 6).between(-80, 80, len(INDICES)).tolist()
    for (index, before), move in zip(INDICES.items(), moves, strict=True):
        yield (
            "inbound/ProxyLevel",
            {
                "sender": "market",
                "index_id": index,
                "session": (nation.session - EPOCH).days,
                "level": before + before * move // 10_000,
            },
        )


def _marks(nation: Nation, manager: str) -> Iterator[Message]:
    """A manager's newer statements, in its own dialect."""
    quarter = last_quarter(nation.session)
    for fund, (prospectus, units) in enumerate(zip(PROSPECTUSES, nation.fund_units(), strict=True)):
        for held in prospectus.holdings:
            if held.manager == manager and held.news:
                opening = assets_minor(fund, units) * held.share // 10_000
                value = opening + opening * held.news // 10_000
                yield _statement(manager, held, fund, quarter, value)


def _statement(manager: str, held: Holding, fund: int, quarter: date, value: int) -> Message:
    name = f"{held.vehicle}-{FUNDS[fund]}-{quarter:%Y%m%d}"
    if manager == "BLACKSTONE":
        return "inbound/BlackstoneVehicleStatement", {
            "sender": manager,
            "StatementRef": name,
            "FundCode": held.vehicle,
            "InvestorRef": FUNDS[fund],
            "AsOfDate": f"{quarter:%Y%m%d}",
            "Ccy": "USD",
            "CapitalBalance": format_scaled(value, 2),
        }
    return "inbound/KkrEvergreenNav", {
        "sender": manager,
        "documentId": name,
        "vehicle": held.vehicle,
        "holder": FUNDS[fund],
        "valuationDate": (quarter - EPOCH).days,
        "currency": "USD",
        "unitsE6": value * 10**10 // UNIT_PRICE_E6,
        "priceE6": UNIT_PRICE_E6,
    }
