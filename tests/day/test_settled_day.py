"""One settled day on the in-process log: from orders and marks to instructions."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from gateway.core.marks import NavStruck
from gateway.core.orders import BatchStatus, OrderStatus
from gateway.core.quarantine import Quarantined
from gateway.core.settlement import SettlementInstruction
from gateway.log.memory import MemoryLog
from gateway.log.port import Append, Record
from gateway.shell.gateway import Gateway, pump
from gateway.wire.messages import Messages
from gateway.wire.registry import standard
from tests.day.market_day import (
    BEFORE_CLOSE,
    PERSON,
    SESSION,
    MarketDay,
    gateway,
    settled_day,
    traded,
)

MESSAGES = Messages(standard())


def run(
    day: Sequence[Append], home: Gateway, cut: int = 0, stamps: Sequence[int] = ()
) -> MemoryLog:
    """Play a day.

    Args:
        day: What the senders publish, in order.
        home: The desks.
        cut: How many messages come in before the desks go on; all of them if 0.
        stamps: The log's stamp of each message, if not all before the close.
    """
    clock = [BEFORE_CLOSE]
    log = MemoryLog(lambda: clock[0])

    async def play() -> None:
        await log.create(home.topics())
        seats = home.seats(log)
        for seat in seats:
            await seat.open()
        size = cut or len(day)
        for at in range(0, len(day), size):
            for index in range(at, min(at + size, len(day))):
                clock[0] = stamps[index] if stamps else BEFORE_CLOSE
                log.append_now([day[index]])
            await pump(seats, log, batch=cut or 100)

    asyncio.run(play())
    return log


def whole_day() -> list[Append]:
    return traded(settled_day()).appends


def sent(log: MemoryLog, topic: str, partitions: int = 1) -> list[object]:
    records: list[Record] = []
    for partition in range(partitions):
        records.extend(log.records(topic, partition))
    return [MESSAGES.unpack(record.value) for record in records]


def instructions(log: MemoryLog) -> dict[str, SettlementInstruction]:
    found = [m for m in sent(log, "gw.dispatch.inbox", 2) if isinstance(m, SettlementInstruction)]
    return {instruction.counterparty: instruction for instruction in found}


def test_the_day_ends_in_one_instruction_a_party_that_add_up_to_zero() -> None:
    net = instructions(run(whole_day(), gateway()))
    assert net["RK_A"].amount_minor == 10_300_01
    assert net["RK_B"].amount_minor == -2_500_00
    assert sum(i.amount_minor for i in net.values()) == 0
    assert {i.settlement_date.isoformat() for i in net.values()} == {"2026-11-25"}


def test_a_purchase_over_the_participant_cap_is_trimmed_and_the_rest_stays_liquid() -> None:
    log = run(whole_day(), gateway())
    status = next(
        m for m in sent(log, "out.RK_A") if isinstance(m, OrderStatus) and m.batch_id == "B1"
    )
    held = 82_000_00 + 11_800_00 + 300_00
    room = (held + 9_000_00) * 15 // 100 - 11_800_00
    plan_room = (held + 9_000_00) * 10 // 100 - 11_800_00
    assert plan_room < 0 < room
    assert status.line_accepted_minor.tolist() == [0]
    assert status.line_diverted_minor.tolist() == [9_000_00]


def test_a_newer_statement_is_trued_up_in_the_days_nav() -> None:
    log = run(whole_day(), gateway())
    navs = {m.fund_id: m for m in sent(log, "out.RK_A") if isinstance(m, NavStruck)}
    assert navs["TDF_2045"].alternative_minor == 906_357_50
    assert navs["TDF_2045"].net_assets_minor == 9_109_100_00 + 906_357_50
    assert navs["TDF_2045"].nav == 10_0155
    assert not navs["TDF_2045"].held


@pytest.mark.parametrize(
    ("plan", "fund", "cash", "cut"), [(1, 1, 1, 0), (8, 3, 2, 1), (3, 2, 1, 4)]
)
def test_l4_instructions_do_not_depend_on_partitions_or_batch_cuts(
    plan: int, fund: int, cash: int, cut: int
) -> None:
    usual = instructions(run(whole_day(), gateway()))
    assert instructions(run(whole_day(), gateway(plan, fund, cash), cut)) == usual


def test_l3_a_new_owner_folds_the_journal_and_decides_nothing_twice() -> None:
    home = gateway()
    log = run(whole_day(), home)
    before = {topic: len(log.records(topic, 0)) for topic in home.topics()}

    async def reopen() -> int:
        seats = home.seats(log)
        for seat in seats:
            await seat.open()
        return await pump(seats, log)

    assert asyncio.run(reopen()) == 0
    assert {topic: len(log.records(topic, 0)) for topic in home.topics()} == before


def test_l4_deciding_an_inbox_again_gives_its_journal_byte_for_byte() -> None:
    home = gateway()
    log = run(whole_day(), home)
    for seat in home.seats(log):
        again = [
            append.value
            for record in log.records(seat.topic, seat.topic_partition)
            for append in seat.decide(record)
            if append.topic == seat.journal[0]
        ]
        kept = [record.value for record in log.records(*seat.journal)]
        assert again == kept, seat.journal


def test_l8_no_identifier_leaves_intake() -> None:
    home = gateway()
    log = run(whole_day(), home)
    for topic, partitions in home.topics().items():
        if not topic.startswith("in."):
            for partition in range(partitions):
                for record in log.records(topic, partition):
                    assert PERSON.encode() not in record.value, topic


def verdicts(log: MemoryLog, sender: str = "RK_A") -> list[tuple[str, tuple[str, ...]]]:
    answers = [m for m in sent(log, f"out.{sender}") if isinstance(m, BatchStatus)]
    return [(a.verdict, tuple(code.value for code in a.codes)) for a in answers]


def opened(day: MarketDay) -> MemoryLog:
    return run(day.appends, gateway())


def test_control_totals_off_by_a_cent_refuse_the_whole_batch() -> None:
    day = settled_day()
    day.payroll("RK_A", "B", "PLN-1", BEFORE_CLOSE, [("p", "LIQ", 333_33)] * 3, control=1_000_00)
    assert verdicts(opened(day))[-1] == ("REJECTED", ("CONTROL_TOTAL",))


def test_the_same_bytes_are_ignored_and_other_bytes_of_the_same_name_are_a_conflict() -> None:
    day = settled_day()
    value = day.payroll("RK_A", "B", "PLN-1", BEFORE_CLOSE, [("p", "LIQ", 1)])
    day.appends.append(Append("in.RK_A", 0, None, value))
    day.payroll("RK_A", "B", "PLN-1", BEFORE_CLOSE, [("p", "LIQ", 2)])
    log = opened(day)
    assert verdicts(log)[-3:] == [
        ("ACCEPTED", ()),
        ("DUPLICATE", ()),
        ("QUARANTINED", ("CONFLICT",)),
    ]


def test_bytes_that_cannot_be_read_are_kept_with_their_place() -> None:
    day = settled_day()
    for value in (b"", b"\x07rubbish", b"\x00\x00\x0f\xff\xff", b"\x00\x00\x00\x00\x05\x02"):
        day.appends.append(Append("in.RK_A", 0, None, value, (("trace", b"7"),)))
    kept = [m for m in sent(opened(day), "gw.quarantine") if isinstance(m, Quarantined)]
    assert [k.raw for k in kept] == [b"", b"\x07rubbish", b"\x00\x00\x0f\xff\xff",
                                     b"\x00\x00\x00\x00\x05\x02"]  # fmt: skip
    assert all(k.topic == "in.RK_A" and k.headers[0].value == b"7" for k in kept)


def test_a_sender_cannot_speak_for_another() -> None:
    day = settled_day()
    value = day.payroll("RK_B", "B", "PLN-3", BEFORE_CLOSE, [("p", "LIQ", 1)])
    day.appends.append(Append("in.RK_A", 0, None, value))
    assert verdicts(opened(day))[-1] == ("QUARANTINED", ("WRONG_SENDER",))


def test_orders_after_day_end_and_a_second_day_end_are_answered_and_change_nothing() -> None:
    day = traded(settled_day())
    day.payroll("RK_A", "late", "PLN-1", BEFORE_CLOSE, [("p", "LIQ", 1)])
    day.day_end("RK_A", 3, 4, 10_300_02)
    log = opened(day)
    assert verdicts(log)[-2:] == [
        ("REJECTED", ("SESSION_CLOSED",)),
        ("REJECTED", ("SESSION_CLOSED",)),
    ]
    assert instructions(log) == instructions(run(whole_day(), gateway()))


def test_a_day_end_that_differs_closes_nothing() -> None:
    day = settled_day()
    day.day_end("RK_A", 1, 1, 1)
    assert verdicts(opened(day))[-1] == ("BREAK", ("CONTROL_TOTAL",))


@pytest.mark.parametrize(
    ("plan", "who", "fund", "amount", "code"),
    [
        ("PLN-9", "p", "LIQ", 1, "UNKNOWN_PLAN"),
        ("PLN-3", "p", "LIQ", 1, "NOT_THE_RECORDKEEPER"),
        ("PLN-1", "p", "NONE", 1, "UNKNOWN_FUND"),
        ("PLN-1", "p", "LIQ", -1, "NEGATIVE_AMOUNT"),
    ],
)
def test_a_line_that_cannot_be_an_order_is_refused_by_name(
    plan: str, who: str, fund: str, amount: int, code: str
) -> None:
    from gateway.core.vocabulary import REJECT_CODES

    day = settled_day()
    day.payroll("RK_A", "B", plan, BEFORE_CLOSE, [(who, fund, amount)])
    status = [m for m in sent(opened(day), "out.RK_A") if isinstance(m, OrderStatus)][-1]
    assert [REJECT_CODES[c].value for c in status.code.tolist()] == [code]
    assert status.trade_date == SESSION
