"""A corrected or rejected instruction is explained, and shown, with what followed it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import cache

from gateway.core.decisions import DecisionKind, DecisionStep, OperationsDecision
from gateway.log.memory import MemoryLog
from gateway.log.port import Append
from gateway.ops.reading.orders import Asked
from tests.day.market_day import SESSION, days, settled_day, traded
from tests.day.test_settled_day import MESSAGES
from tests.day.test_settled_day import run as play
from tests.ops.stage import HOME, instruction
from tests.ops.test_explain import of_kind, texts, told
from tests.ops.test_show import rows, shown


@cache
def corrected_log() -> MemoryLog:
    """The settled day; then two people correct what RK_A pays, and RK_B rejects its wire."""
    day = traded(settled_day())
    until = len(day.appends)
    asked = OperationsDecision(
        "operations", "D1", DecisionKind.CORRECT_INSTRUCTION, DecisionStep.REQUESTED, "ana",
        instruction("RK_A"), SESSION, 10_000_00, "no more today",
    )  # fmt: skip
    for step in (asked, replace(asked, step=DecisionStep.APPROVED, by="ben")):
        day.appends.append(Append("in.operations", 0, None, MESSAGES.pack(step)))
    day.say("RK_B", "InstructionAck", instruction_id=instruction("RK_B"), state="REJECTED",
            detail="closed account")  # fmt: skip
    following = SESSION + timedelta(days=1)
    day.tick("SESSION_OPENED", following)
    for sender in ("RK_A", "RK_B"):
        day.say(sender, "DayEnd", session=days(following), batches=0, lines=0, amount_minor=0)
    for index, level in (("LIQUID", 1000_00), ("PROXY", 4000_00)):
        day.say("market", "ProxyLevel", index_id=index, session=days(following), level=level)
    day.tick("VALUATION_CUT_OFF", following)
    return play(day.appends, HOME, cut=until)


def test_a_corrected_instruction_is_explained_with_what_followed_it() -> None:
    log = corrected_log()
    old = told(instruction("RK_A"), log=log)
    assert old.text == (
        "SI-20261125-RK_A-USD-1: RK_A pays 10,300.01 USD on 2026-11-25, CANCELLED (operations: D1, "
        "asked by ana, approved by ben: no more today); 300.01 USD to pay with the wire of "
        "2026-11-27; followed by SI-20261125-RK_A-USD-2"
    )
    other = told("SI-20261125-RK_A-USD-2", log=log)
    assert texts(of_kind(other, "replaces")) == ["replaces SI-20261125-RK_A-USD-1: 10,000.00 USD"]
    assert (other.amount_minor, other.facts["replaces"]) == (10_000_00, instruction("RK_A"))
    wire = told("SI-20261127-RK_A-USD-1", log=log)
    assert wire.amount_minor == 300_01
    assert texts(of_kind(wire, "owed_again")) == [
        "SI-20261125-RK_A-USD-1 was corrected by 300.01 USD"
    ]
    assert texts(of_kind(told("SI-20261127-RK_B-USD-1", log=log), "owed_again")) == [
        "SI-20261125-RK_B-USD-1 did not settle -2,500.00 USD"
    ]


def test_a_corrected_instruction_is_shown_with_what_it_replaces_and_why() -> None:
    part = shown("instructions", Asked(counterparty="RK_A"), log=corrected_log())["instructions"]
    why = "D1, asked by ana, approved by ben: no more today"
    assert rows(part, "instruction_id", "state", "replaces", "why") == [
        (instruction("RK_A"), "CANCELLED", "", why),
        ("SI-20261125-RK_A-USD-2", "SENT", instruction("RK_A"), ""),
        ("SI-20261127-RK_A-USD-1", "SENT", "", ""),
    ]
    refused = shown("instructions", Asked(counterparty="RK_B"), log=corrected_log())
    assert rows(refused["instructions"], "state", "said_by", "why")[0] == (
        "REJECTED", "RK_B", "closed account",
    )  # fmt: skip
