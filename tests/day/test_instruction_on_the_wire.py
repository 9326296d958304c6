"""What a receiver finds in its topic when an instruction is taken back, in its own dialect."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from gateway.connector.protocol import Rendered
from gateway.core.decisions import DecisionKind, DecisionStep, OperationsDecision
from gateway.core.events import InstructionAdvanced
from gateway.log.memory import MemoryLog
from gateway.log.port import Append
from gateway.shell.gateway import pump
from tests.day.market_day import SESSION, MarketDay, gateway, settled_day, traded
from tests.day.test_settled_day import MESSAGES, run
from tests.laws.planted import broken, busy_day, events_of

HOME = gateway()
WORDS = {
    "RK_A": ("ACKNOWLEDGED", "CANCELLED"),
    "BLACKSTONE": ("ACCP", "CANC"),
    "KKR": ("confirmed", "withdrawn"),
}
RECEIVERS = {
    "RK_A": ("NativeInstruction", "NativeCancellation", "instruction_id"),
    "BLACKSTONE": ("BlackstoneWireNotice", "BlackstoneWireNotice", "WireRef"),
    "KKR": ("KkrPaymentAdvice", "KkrAdviceWithdrawal", "adviceId"),
}


def name_of(party: str) -> str:
    return f"SI-20261125-{party}-USD-1"


def day_with(party: str) -> MarketDay:
    """A day at whose close the party gets an instruction; KKR's vehicle is bought on a busy one."""
    return busy_day() if party == "KKR" else traded(settled_day())


def take_back(day: MarketDay, party: str) -> None:
    """Two people cancel a party's instruction."""
    asked = OperationsDecision(
        "operations", f"D-{party}", DecisionKind.CANCEL_INSTRUCTION, DecisionStep.REQUESTED, "ana",
        name_of(party), SESSION, 0, "a test",
    )  # fmt: skip
    for step in (asked, replace(asked, step=DecisionStep.APPROVED, by="ben")):
        day.appends.append(Append("in.operations", 0, None, MESSAGES.pack(step)))


def say(day: MarketDay, party: str, word: str) -> None:
    """A party answers its instruction, in its own words."""
    name = name_of(party)
    match party:
        case "BLACKSTONE":
            day.say(party, "BlackstoneTradeAck", WireRef=name, Code=word, Narrative="")
        case "KKR":
            day.say(party, "KkrStatusUpdate", adviceId=name, status=word, remark="")
        case _:
            day.say(party, "InstructionAck", instruction_id=name, state=word, detail="")


def received(log: MemoryLog, party: str) -> list[Rendered]:
    """The instructions and cancellations in a party's topic, in order."""
    schemas = {f"outbound/{schema}" for schema in RECEIVERS[party][:2]}
    found = [MESSAGES.unpack(record.value) for record in log.records(f"out.{party}", 0)]
    return [each for each in found if isinstance(each, Rendered) and each.schema in schemas]


def states(log: MemoryLog, party: str) -> list[str]:
    events = [event for partition in events_of(log, "cash", HOME) for event in partition]
    return [
        e.state.value
        for e in events
        if isinstance(e, InstructionAdvanced) and e.instruction_id == name_of(party)
    ]


@pytest.mark.parametrize("party", RECEIVERS)
def test_a_receiver_is_told_that_its_instruction_is_off_after_it_got_it(party: str) -> None:
    day = day_with(party)
    until = len(day.appends)
    take_back(day, party)
    log = run(day.appends, HOME, cut=until)
    instruction, cancellation, reference = RECEIVERS[party]
    got = received(log, party)
    assert [each.schema for each in got] == [f"outbound/{instruction}", f"outbound/{cancellation}"]
    assert [each.body[reference] for each in got] == [name_of(party)] * 2
    assert states(log, party) == ["SENT", "CANCELLED"]
    assert broken(log, HOME) == []


async def go_on(log: MemoryLog, day: MarketDay) -> None:
    """Let the desks decide what was said since; whoever speaks next has seen it."""
    log.append_now(day.appends)
    day.appends.clear()
    seats = HOME.seats(log)
    for seat in seats:
        await seat.open()
    await pump(seats, log)


@pytest.mark.parametrize("party", RECEIVERS)
def test_a_receiver_that_acknowledged_is_asked_and_answers_in_its_own_words(party: str) -> None:
    day = day_with(party)
    log = run(day.appends, HOME)
    day.appends.clear()
    takes_on, agrees = WORDS[party]
    say(day, party, takes_on)
    asyncio.run(go_on(log, day))
    take_back(day, party)
    asyncio.run(go_on(log, day))
    say(day, party, agrees)
    asyncio.run(go_on(log, day))
    assert states(log, party) == ["SENT", "ACKNOWLEDGED", "CANCEL_REQUESTED", "CANCELLED"]
    instruction, request = received(log, party)
    assert instruction.body != request.body
    assert broken(log, HOME) == []
