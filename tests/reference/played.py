"""The same days on the gateway itself: said as bytes, decided by its desks, read back.

Not here: the reference (`day`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator, Sequence
from datetime import date

from gateway.core.events import OrdersDecided, SleevesBalanced
from gateway.core.marks import NavStruck
from gateway.core.orders import Confirmation, FillBatch
from gateway.core.settlement import Obligation, SettlementInstruction
from gateway.core.vocabulary import REJECT_CODES
from gateway.desks.desk import fold
from gateway.log.memory import MemoryLog
from gateway.log.port import Append
from gateway.ops.simulate.crew import PRODUCTION, Cast
from gateway.ops.simulate.market import PEOPLE, Market
from gateway.ops.simulate.stage import RECORDKEEPERS, SENDERS
from gateway.ops.simulate.streams import MESSAGES, streams
from gateway.shell.gateway import Gateway, pump
from tests.reference.answer import (
    Answer,
    BalanceAnswer,
    FillAnswer,
    LineAnswer,
    NavAnswer,
    Owed,
    ShareAnswer,
    Wire,
)

SCOPES = ("NONE", "PARTICIPANT", "PLAN")
Partitions = tuple[int, int, int]


def played(
    day: Market,
    sessions: Sequence[date],
    cuts: Collection[int] = (),
    partitions: Partitions = (1, 1, 1),
    taken: int = 0,
    cast: Cast = PRODUCTION,
) -> Answer:
    """Play a market's days and read what they came to.

    Args:
        day: What happens.
        sessions: The sessions played.
        cuts: Numbers of the lines that begin a batch.
        partitions: Of the plan, fund and cash desks.
        taken: How many messages come before the desks go on; all of them if 0.
        cast: Whose desks decide.
    """
    home = cast.home(*partitions)
    log = asyncio.run(_decided(day, sessions, cuts, home, taken))
    answer = Answer()
    for event in _events(log, home, "plan"):
        if isinstance(event, OrdersDecided):
            _lines(answer, event)
        elif isinstance(event, FillBatch):
            _fill(answer, event)
    for event in _events(log, home, "fund"):
        if isinstance(event, NavStruck):
            answer.navs[event.session, event.fund_id] = _nav(event)
        elif isinstance(event, SleevesBalanced):
            answer.balances[event.session, event.fund_id] = _balance(event)
    for event in _events(log, home, "cash"):
        if isinstance(event, Obligation):
            answer.owed.extend(_owed(event))
        elif isinstance(event, SettlementInstruction):
            answer.wires[event.instruction_id] = _wire(event)
    names = {
        home.keyring.token(plan.plan_id, who): who for plan in day.change.plans for who in PEOPLE
    }
    _shares(answer, log, names)
    _units(answer, log, home, names)
    return answer


async def _decided(
    day: Market, sessions: Sequence[date], cuts: Collection[int], home: Gateway, taken: int
) -> MemoryLog:
    """Everything is said in the order of its times, and decided so many messages at a time."""
    clock = [0]
    log = MemoryLog(lambda: clock[0])
    await log.create(home.topics())
    seats = home.seats(log)
    for seat in seats:
        await seat.open()
    said = [
        (each.at, SENDERS.index(sender), number, each.value)
        for sender, stream in streams(day, cuts, sessions).items()
        for number, each in enumerate(stream)
    ]
    for number, (at, sender, _, value) in enumerate(sorted(said), 1):
        clock[0] = at
        log.append_now([Append(f"in.{SENDERS[sender]}", 0, None, value)])
        if taken and number % taken == 0:
            await pump(seats, log)
    await pump(seats, log)
    return log


def _events(log: MemoryLog, home: Gateway, desk: str) -> Iterator[object]:
    for partition in range(home.topology.partitions(desk)):
        for record in log.records(f"gw.{desk}.journal", partition):
            yield from MESSAGES.decided(record.value)[1]


def _lines(answer: Answer, event: OrdersDecided) -> None:
    """The lines of a batch that is named by their numbers; of any other, none may trade."""
    if not event.batch_id.startswith("B"):
        assert event.code.all(), f"{event.batch_id} must change nothing"
        return
    numbers = [int(number) for number in event.batch_id[1:].split(".")]
    columns = (event.line, event.accepted_minor, event.diverted_minor, event.code, event.scope,
               event.headroom_minor)  # fmt: skip
    for row, accepted, diverted, code, scope, room in zip(
        *(column.tolist() for column in columns), strict=True
    ):
        number = numbers[row]
        assert number not in answer.lines, f"line {number} was decided twice"
        answer.lines[number] = LineAnswer(
            event.trade_date, accepted, diverted, REJECT_CODES[code].value, SCOPES[scope], room
        )


def _fill(answer: Answer, event: FillBatch) -> None:
    columns = (event.buy_minor, event.sell_minor, event.buy_units, event.sell_units)
    for plan, *row in zip(event.plans, *(column.tolist() for column in columns), strict=True):
        answer.fills[event.session, event.fund_id, plan] = FillAnswer(event.nav, *row)


def _nav(event: NavStruck) -> NavAnswer:
    return NavAnswer(
        event.nav, event.status.value, event.held, tuple(why.value for why in event.holds),
        event.net_assets_minor, event.alternative_minor, event.accrued_minor, event.units,
        event.previous_nav, event.oldest_mark,
    )  # fmt: skip


def _balance(event: SleevesBalanced) -> BalanceAnswer:
    by_plan = tuple((s.plan_id, s.asked_minor, s.granted_minor) for s in event.shares)
    return BalanceAnswer(
        event.net_flow_minor, event.asked_minor, event.granted_minor, event.headroom_minor,
        event.frozen, event.breach.since, by_plan, event.liquid_minor, event.units,
    )  # fmt: skip


def _owed(event: Obligation) -> Iterator[Owed]:
    for row in event.rows:
        yield Owed(
            row.counterparty, row.trade_date, row.settlement_date, row.amount_minor, row.fund_id,
            row.reference, row.reason,
        )  # fmt: skip


def _wire(event: SettlementInstruction) -> Wire:
    return Wire(
        event.session, event.counterparty, event.settlement_date, event.amount_minor,
        event.gross_in_minor, event.gross_out_minor, event.trade_dates, event.legs,
    )  # fmt: skip


def _shares(answer: Answer, log: MemoryLog, names: dict[int, str]) -> None:
    for recordkeeper in RECORDKEEPERS:
        for record in log.records(f"out.{recordkeeper}", 0):
            told = MESSAGES.unpack(record.value)
            if not isinstance(told, Confirmation):
                continue
            columns = (told.participant, told.buy_minor, told.sell_minor, told.units)
            for token, *row in zip(*(column.tolist() for column in columns), strict=True):
                key = (told.trade_date, told.fund_id, told.plan_id, names[token])
                answer.shares[key] = ShareAnswer(told.nav, *row)


def _units(answer: Answer, log: MemoryLog, home: Gateway, names: dict[int, str]) -> None:
    """The units that a desk has which starts from the journal alone."""
    desk = home.desks()["plan"]
    for partition in range(home.topology.plan):
        events = [
            event
            for record in log.records("gw.plan.journal", partition)
            for event in MESSAGES.decided(record.value)[1]
        ]
        state = fold(desk, desk.initial(partition), events)
        accounts = state.accounts
        plans, funds = list(state.plan_slots), list(state.fund_slots)
        held = zip(accounts.unit_key.tolist(), accounts.units.tolist(), strict=False)
        for key, units in held:
            account, fund = key >> 16, key & 0xFFFF
            if units:
                plan = plans[int(accounts.plan[account])]
                who = names[int(accounts.token[account])]
                answer.held_units[plan, who, funds[fund]] = units
