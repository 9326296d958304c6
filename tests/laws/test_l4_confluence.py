"""Law L4: the same inputs end in the same instructions, and the same inbox in the same journal."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from gateway.core.events import OrdersDecided
from gateway.core.laws import l4
from gateway.core.settlement import SettlementInstruction
from gateway.log.memory import MemoryLog
from gateway.shell.evidence import Replay, replay_partition
from tests.laws.planted import (
    HOME,
    MESSAGES,
    Values,
    broken,
    copied,
    events_of,
    journal_record,
    laws_of,
    rewritten,
    settled,
)


def issued() -> list[SettlementInstruction]:
    return [e for events in events_of(settled(), "cash") for e in events
            if isinstance(e, SettlementInstruction)]  # fmt: skip


def replayed(log: MemoryLog, desk: str = "plan", partition: int = 0) -> Replay:
    return asyncio.run(replay_partition(log, HOME, desk, partition))


def test_l4_the_order_of_instructions_does_not_matter() -> None:
    assert l4(issued(), reversed(issued())) == []


def test_l4_finds_an_instruction_a_cent_off_and_says_which() -> None:
    first, *rest = issued()
    found = l4([first, *rest], [replace(first, amount_minor=first.amount_minor + 1), *rest])
    assert [(v.law, v.where) for v in found] == [("L4", first.instruction_id)]
    assert found[0].detail == f"amount_minor {first.amount_minor} against {first.amount_minor + 1}"


def test_l4_finds_an_instruction_that_only_one_way_leads_to() -> None:
    first, *rest = issued()
    assert [v.detail for v in l4([first, *rest], rest)] == ["only the first way leads to it"]
    assert [v.detail for v in l4(rest, [first, *rest])] == ["only the second way leads to it"]


def test_l4_deciding_every_inbox_again_gives_its_journal_byte_for_byte() -> None:
    for desk in ("intake", "plan", "fund", "cash", "dispatch"):
        for partition in range(HOME.topology.partitions(desk)):
            replay = replayed(settled(), desk, partition)
            assert replay.divergence is None
            assert replay.records == len(events_by_record(desk, partition))


def events_by_record(desk: str, partition: int) -> list[object]:
    return list(settled().records(f"gw.{desk}.journal", partition))


def test_l4_a_replay_counts_lines_and_tells_how_far_it_is() -> None:
    heard: list[int] = []
    replay = asyncio.run(replay_partition(settled(), HOME, "plan", 0, progress=heard.append))
    assert heard == list(range(1, replay.records + 1))
    assert replay.lines == 6


def test_l4_a_replay_names_the_first_event_that_comes_out_otherwise_and_how() -> None:
    def a_cent_less(event: OrdersDecided) -> OrdersDecided:
        return replace(event, headroom_minor=event.headroom_minor - 1)

    log = copied(
        settled(), "gw.plan.journal", 0, lambda v: rewritten(v, OrdersDecided, a_cent_less)
    )
    replay = replayed(log)
    assert replay.divergence is not None
    assert "event 1 (OrdersDecided)" in replay.divergence
    assert "headroom_minor" in replay.divergence
    assert replay.divergence.startswith("plan/0@")
    assert "L4" in laws_of(broken(log))


def test_l4_a_replay_finds_one_changed_byte_in_a_journal_record() -> None:
    def changed(values: Values) -> Values:
        record = journal_record(values[3])
        event = bytearray(record.events[0])
        event[-1] ^= 1
        events = (bytes(event), *record.events[1:])
        return [*values[:3], MESSAGES.pack(replace(record, events=events)), *values[4:]]

    assert replayed(copied(settled(), "gw.plan.journal", 0, changed)).divergence is not None


def test_l4_a_replay_finds_one_changed_byte_in_an_inbox() -> None:
    def changed(values: Values) -> Values:
        at = next(
            i for i, v in enumerate(values) if type(MESSAGES.unpack(v)).__name__ == "FlowBatch"
        )
        batch = MESSAGES.unpack(values[at])
        return [*values[:at], MESSAGES.pack(replace(batch, currency="EUR")), *values[at + 1 :]]  # type: ignore[type-var]  # a record

    log = copied(settled(), "gw.fund.inbox", 0, changed)
    replay = replayed(log, "fund")
    assert replay.divergence is not None
    assert "currency 'USD' against 'EUR'" in replay.divergence
    assert {"L3", "L4"} <= laws_of(broken(log))


def test_l4_a_replay_stops_where_journal_and_inbox_no_longer_speak_of_the_same_message() -> None:
    log = copied(settled(), "gw.plan.journal", 0, lambda values: values[:4] + values[5:])
    replay = replayed(log)
    assert replay.records == 4
    assert replay.divergence == "plan/0@5: the journal decided it, next in the inbox is offset 4"


def test_l4_a_replay_leaves_messages_alone_that_nobody_decided_yet() -> None:
    log = copied(settled(), "gw.plan.journal", 0, lambda values: values[:7])
    assert replayed(log) == Replay(7, replayed(log).lines, None)
