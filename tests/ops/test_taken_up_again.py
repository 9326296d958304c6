"""What two people set aside is proved, read and taken up again by a corrected version."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from gateway.core.orders import OrderBatch
from gateway.core.quarantine import Disposal
from gateway.desks.intake_state import Received
from gateway.ops.doctor.desks import desk_checks
from gateway.ops.explain.command import explained
from gateway.ops.explain.node import for_programs
from gateway.ops.quarantine.command import say_list, say_one
from gateway.ops.quarantine.decide import Ask
from gateway.ops.quarantine.store import Wanted, set_aside
from gateway.ops.reading.orders import Asked
from gateway.ops.reading.room import read_room
from gateway.shell.evidence import replay_partition
from tests.day.market_day import PERSON
from tests.day.test_settled_day import MESSAGES, instructions, run
from tests.laws.planted import broken, copied
from tests.ops.asides import (
    DAY,
    DUMB,
    HOME,
    REASON,
    by_two,
    redrive,
    redriven,
    size,
    stopped_day,
)
from tests.shell.failing import failing, laid, settle

# --- evidence ---------------------------------------------------------------------------


def test_what_was_set_aside_is_not_decided_again_and_its_digest_is_proved() -> None:
    log, failed = stopped_day()
    by_two(log, failed.name)
    settle(log, DUMB)
    found = asyncio.run(replay_partition(log, HOME, "dispatch", failed.place[1]))
    assert found.divergence is None
    assert found.records == len(log.records(*failed.place))

    def other(values: list[bytes]) -> list[bytes]:
        head, _ = MESSAGES.decided(values[failed.offset])
        fact = MESSAGES.put_aside(head)
        assert fact is not None
        packed = MESSAGES.pack(replace(fact, digest=b"0" * 16))
        values[failed.offset] = MESSAGES.pack(replace(head, events=(packed,)))
        return values

    planted = copied(log, "gw.dispatch.journal", failed.place[1], other, HOME)
    found = asyncio.run(replay_partition(planted, HOME, "dispatch", failed.place[1]))
    assert found.divergence is not None
    assert "other bytes" in found.divergence


def test_l5_what_was_set_aside_is_in_quarantine_whole() -> None:
    log, failed = stopped_day()
    by_two(log, failed.name)
    settle(log, DUMB)
    assert broken(log, HOME, complete=False) == []
    lost = copied(log, "gw.quarantine", 0, lambda _: [], HOME)
    assert {(v.law, v.where) for v in broken(lost, HOME, complete=False)} == {("L5", failed.name)}


def test_what_reads_journals_and_quarantine_knows_of_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log, failed = stopped_day()
    by_two(log, failed.name)
    settle(log, DUMB)
    room = asyncio.run(
        read_room(log, HOME, Asked(), desks=("plan", "intake", "fund", "cash", "quarantine"))
    )
    assert [row.sender for row in room.quarantine] == [f"dispatch/{failed.place[1]}"]
    (kept,) = asyncio.run(set_aside(log, HOME))
    assert (kept.name, kept.standing) == (failed.name, "OPEN")
    assert [(s.decided.disposal, s.decided.step, s.decided.by) for s in kept.steps] == [
        ("SET_ASIDE", "REQUESTED", "Anna"), ("SET_ASIDE", "APPROVED", "Bert"),
    ]  # fmt: skip
    say_list([kept], as_json=False)
    say_one(kept, [], raw=False, as_json=False)
    said = capsys.readouterr().out
    assert failed.name in said
    assert REASON in " ".join(said.split())
    checks = {check.name: check for check in asyncio.run(desk_checks(log, HOME))}
    assert checks["dispatch desk"].state == "ok"


# --- taking it up again -----------------------------------------------------------------


def test_the_corrected_version_takes_it_up_again_and_the_day_ends_as_it_would_have() -> None:
    log, failed = stopped_day()
    by_two(log, failed.name)
    settle(log, DUMB)
    (tried,) = redrive(log, Ask(Disposal.REDRIVE, (failed.name,)), HOME)
    assert tried.foreseen is not None
    assert (tried.foreseen.verdict, tried.foreseen.detail) == ("DECIDED", "1 InstructionAdvanced")
    assert redriven(log, failed.name) == ["REQUESTED", "REDRIVEN"]
    first, again = (log.records(*failed.place)[at] for at in (failed.offset, -1))
    assert (again.key, again.value, again.headers) == (first.key, first.value, first.headers)
    assert settle(log, HOME) == []
    whole = run(DAY, HOME)
    assert instructions(log) == instructions(whole)
    for receiver in ("RK_A", "RK_B", "CUSTODIAN"):
        said, usual = (sorted(r.value for r in h.records(f"out.{receiver}", 0))
                       for h in (log, whole))  # fmt: skip
        assert said == usual
    assert broken(log, HOME) == []
    assert redriven(log, failed.name) == ["ALREADY", "ALREADY"]


def test_a_version_that_still_fails_does_not_redrive_it() -> None:
    log, failed = stopped_day()
    by_two(log, failed.name)
    settle(log, DUMB)
    before = size(log)
    (tried,) = redrive(log, Ask(Disposal.REDRIVE, (failed.name,)), DUMB)
    assert tried.done == "TRIED"
    assert tried.foreseen is not None
    assert (tried.foreseen.verdict, tried.foreseen.detail) == ("FAILS", failed.error)
    assert redriven(log, failed.name, home=DUMB) == ["REFUSED", "REFUSED"]
    assert size(log) == before


def no_orders(message: object) -> None:
    if isinstance(message, OrderBatch) and message.batch_id == "B1":
        raise ZeroDivisionError("the plan holds nothing")


def test_without_orders_that_were_set_aside_no_day_is_closed_until_both_come_again() -> None:
    home = failing(HOME, "plan", no_orders)
    # The declarations of the day come last.
    log = laid(DAY[:-2], home)
    (orders,) = settle(log, home)
    by_two(log, orders.name, home)
    assert settle(log, home) == []
    log.append_now(DAY[-2:])
    (closing,) = settle(log, home)
    assert "intake sent (2, 3, 1030001), here came (1, 1, 100001)" in closing.error
    assert instructions(log) == {}
    by_two(log, closing.name, HOME)
    assert settle(log, home) == []
    assert redriven(log, closing.name) == ["REFUSED", "REFUSED"]
    assert redriven(log, orders.name, closing.name) == [*["REQUESTED"] * 2, *["REDRIVEN"] * 2]
    assert settle(log, HOME) == []
    assert instructions(log) == instructions(run(DAY, HOME))
    assert broken(log, HOME, identifiers=[PERSON]) == []


def test_orders_set_aside_in_a_plan_partition_come_back_before_the_day_is_closed() -> None:
    home = failing(HOME, "plan", no_orders)
    log = laid(DAY[:-2], home)
    (failed,) = settle(log, home)
    assert failed.place[0] == "gw.plan.inbox"
    by_two(log, failed.name, home)
    assert settle(log, home) == []
    assert redriven(log, failed.name) == ["REQUESTED", "REDRIVEN"]
    log.append_now(DAY[-2:])
    assert settle(log, HOME) == []
    assert instructions(log) == instructions(run(DAY, HOME))
    explanation = asyncio.run(explained(log, HOME, ["SI-20261125-RK_A-USD-1"]))
    usual = asyncio.run(explained(run(DAY, HOME), HOME, ["SI-20261125-RK_A-USD-1"]))
    assert for_programs(explanation) == for_programs(usual)
    assert broken(log, HOME, identifiers=[PERSON]) == []


def test_a_senders_message_set_aside_is_taken_up_again_in_its_topic() -> None:
    def no_mark(message: object) -> None:
        if isinstance(message, Received) and message.sender == "BLACKSTONE" and message.fault == "":
            assert not message.schema.endswith("Statement"), message.offset

    home = failing(HOME, "intake", no_mark)
    cut = next(at for at, a in enumerate(DAY) if b"Q3" in a.value) + 1
    log = laid(DAY[:cut], home)
    (failed,) = settle(log, home)
    assert failed.name == f"in.BLACKSTONE-0@{failed.offset}"
    by_two(log, failed.name, home)
    (kept,) = asyncio.run(set_aside(log, HOME))
    assert kept.kept.sender == "BLACKSTONE"
    assert Wanted(sender="BLACKSTONE").has(kept)
    assert redriven(log, failed.name) == ["REQUESTED", "REDRIVEN"]
    log.append_now(DAY[cut:])
    assert settle(log, HOME) == []
    assert instructions(log) == instructions(run(DAY, HOME))
    assert broken(log, HOME, identifiers=[PERSON]) == []
