"""What intake takes as a decision: of operations, asked by one person, approved by another."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.core.decisions import Approved, DecisionKind, DecisionStep, OperationsDecision
from gateway.core.orders import BatchStatus
from gateway.core.quarantine import Quarantined
from gateway.log.memory import MemoryLog
from gateway.log.port import Append
from tests.day.market_day import SESSION, gateway, settled_day, traded
from tests.day.test_settled_day import MESSAGES, run

HOME = gateway()
ASKED = OperationsDecision(
    "operations", "D1", DecisionKind.CLOSE_WITHOUT, DecisionStep.REQUESTED, "ana", "RK_B", SESSION,
    0, "its line is down",
)  # fmt: skip
APPROVED = replace(ASKED, step=DecisionStep.APPROVED, by="ben", reason="agreed")


def after(*steps: OperationsDecision, sender: str = "operations") -> MemoryLog:
    """A day without its ends, and these steps behind it."""
    said = [Append(f"in.{sender}", 0, None, MESSAGES.pack(step)) for step in steps]
    return run([*settled_day().appends, *said], HOME)


def answers(log: MemoryLog, sender: str = "operations") -> list[tuple[str, list[str], str]]:
    found = [MESSAGES.unpack(r.value) for r in log.records(f"out.{sender}", 0)]
    return [
        (s.verdict, [code.value for code in s.codes], s.detail)
        for s in found
        if isinstance(s, BatchStatus) and s.batch_id.startswith("D1")
    ]


def passed_on(log: MemoryLog) -> list[Approved]:
    """The decision as each plan partition got it."""
    return [
        message
        for partition in range(HOME.topology.plan)
        for record in log.records("gw.plan.inbox", partition)
        if isinstance(message := MESSAGES.unpack(record.value), Approved)
    ]


def test_a_request_alone_reaches_no_desk() -> None:
    log = after(ASKED)
    assert [verdict for verdict, _, _ in answers(log)] == ["ACCEPTED"]
    assert passed_on(log) == []


def test_an_approval_reaches_every_plan_partition_with_both_names() -> None:
    found = passed_on(after(ASKED, APPROVED))
    assert len(found) == HOME.topology.plan
    assert {(each.requested_by, each.approved_by, each.reason) for each in found} == {
        ("ana", "ben", "its line is down")
    }


@pytest.mark.parametrize(
    ("steps", "word"),
    [
        ((APPROVED,), "nobody has asked for D1"),
        ((ASKED, replace(APPROVED, by="ana")), "somebody else approves"),
        ((ASKED, replace(APPROVED, subject="RK_A")), "an approval repeats that"),
        ((ASKED, replace(APPROVED, value=1)), "an approval repeats that"),
        ((ASKED, replace(ASKED, by="eve")), "came before with other bytes"),
        ((replace(ASKED, by=""),), "names who made it"),
        ((replace(ASKED, reason=""),), "names who made it"),
    ],
    ids=[
        "never asked", "the same person", "another subject", "another value", "asked twice",
        "nobody's", "no reason",
    ],
)  # fmt: skip
def test_what_is_no_decision_of_two_people_reaches_no_desk(
    steps: tuple[OperationsDecision, ...], word: str
) -> None:
    log = after(*steps)
    verdict, _, detail = answers(log)[-1]
    assert verdict in ("REJECTED", "QUARANTINED")
    assert word in detail
    assert passed_on(log) == []


def test_the_same_approval_again_is_a_duplicate() -> None:
    log = after(ASKED, APPROVED, APPROVED)
    verdicts = [verdict for verdict, _, _ in answers(log)]
    assert sorted(verdicts) == ["ACCEPTED", "ACCEPTED", "DUPLICATE", "LEFT_OUT"]
    assert len(passed_on(log)) == HOME.topology.plan


def test_a_recordkeeper_cannot_decide() -> None:
    log = after(ASKED, sender="RK_A")
    kept = [MESSAGES.unpack(record.value) for record in log.records("gw.quarantine", 0)]
    assert [k.detail for k in kept if isinstance(k, Quarantined)] == [
        "the message says it is from operations, the topic is RK_A's"
    ]


def test_a_session_closes_at_the_desks_once_it_is_closed_without_the_last_sender() -> None:
    day = traded(settled_day())
    *ends, _ = day.appends
    steps = [Append("in.operations", 0, None, MESSAGES.pack(s)) for s in (ASKED, APPROVED)]
    before = run(ends, HOME)
    assert list(before.records("gw.dispatch.inbox", 0)) == []
    log = run([*ends, *steps], HOME)
    sent = sum(
        len(list(log.records("gw.dispatch.inbox", p))) for p in range(HOME.topology.dispatch)
    )
    assert sent > 0
