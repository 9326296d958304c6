"""How intake takes what two people of operations decide.

A request is kept. An approval must repeat an open request in everything but the name of the
person; then the decision goes to the desks it concerns.

Not here: what those desks do with it.
Source: domain.md §3.3, §6.3.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from gateway.core.decisions import (
    Approved,
    DecisionKind,
    DecisionNoted,
    DecisionStep,
    OperationsDecision,
)
from gateway.core.events import BatchTaken
from gateway.core.vocabulary import OPERATIONS, RejectCode
from gateway.desks.desk import Address, Decision, Send, Topology
from gateway.desks.intake_answers import accept, quarantine, refuse
from gateway.desks.intake_state import IntakeState, Received


def take_decision(
    topology: Topology, state: IntakeState, message: Received, decision: OperationsDecision
) -> Decision:
    """A step of a decision: kept as a request, passed on as an approval, or refused."""
    if message.sender != OPERATIONS:
        detail = "only operations may decide"
        return quarantine(message, (RejectCode.WRONG_SENDER,), detail)
    name = (decision.session, f"{decision.batch_id}/{decision.step}")
    sends: list[Send] = []
    if name not in state.seen:
        fault = _fault(state, decision)
        if fault:
            return refuse(message, name, (RejectCode.FOUR_EYES,), fault)
        if decision.step is DecisionStep.APPROVED:
            approved = _approved(state.asked[decision.batch_id], decision, message.recorded_at)
            sends = [Send(to, approved) for to in _concerned(topology, approved)]
    taken = accept(state, message, name, sends, 1)
    if not isinstance(taken.events[0], BatchTaken):
        return taken
    return replace(taken, events=(*taken.events, DecisionNoted(decision)))


def _fault(state: IntakeState, decision: OperationsDecision) -> str:
    """Why a step cannot be taken, or nothing."""
    if not decision.by or not decision.reason:
        return "a decision names who made it, and why"
    asked = state.asked.get(decision.batch_id)
    if decision.step is DecisionStep.REQUESTED:
        return "" if asked is None else f"{decision.batch_id} was asked for by {asked.by} already"
    if asked is None:
        return f"nobody has asked for {decision.batch_id}: one person asks, another approves"
    if asked.by == decision.by:
        return f"{decision.by} asked for it: somebody else approves"
    repeated = replace(decision, step=asked.step, by=asked.by, reason=asked.reason)
    if repeated != asked:
        return (
            f"{asked.by} asked for {asked.kind} {asked.subject} {asked.session} {asked.value}: "
            "an approval repeats that"
        )
    return ""


def _approved(
    asked: OperationsDecision, decision: OperationsDecision, approved_at: int
) -> Approved:
    return Approved(
        asked.batch_id, asked.kind, asked.subject, asked.session, asked.value, asked.by,
        decision.by, asked.reason, approved_at, asked.reference,
    )  # fmt: skip


def _concerned(topology: Topology, approved: Approved) -> tuple[Address, ...]:
    match approved.kind:
        case DecisionKind.CLOSE_WITHOUT | DecisionKind.RETURN_CAPITAL:
            return topology.everywhere("plan")
        case DecisionKind.RELEASE_NAV | DecisionKind.OVERRIDE_NAV | DecisionKind.CORRECT_NAV:
            return (topology.home("fund", approved.subject),)
        case DecisionKind.CANCEL_INSTRUCTION | DecisionKind.CORRECT_INSTRUCTION:
            return (topology.home("cash", counterparty_of(approved.subject)),)
        case DecisionKind.CLOSE_BREAK:
            return (topology.home("cash", approved.subject.partition("/")[0]),)
        case DecisionKind.REPORT_FILED:
            return (topology.home("fund", approved.subject.partition("/")[0]),)
        case DecisionKind.CLOSE_EARLY:
            return (*topology.everywhere("plan"), *topology.everywhere("fund"))


def counterparty_of(instruction_id: str) -> str:
    """The counterparty in an instruction's id: what its cash partition is found by."""
    return "-".join(instruction_id.split("-")[2:-2])


def settlement_day_of(instruction_id: str) -> date:
    """The settlement day in an instruction's id; the first day there is if it is none of ours."""
    try:
        return date.fromisoformat(instruction_id.split("-")[1])
    except (IndexError, ValueError):
        return date.min
