"""How two people take an instruction back, or correct it.

Until the partner has acknowledged it, an instruction is ours to cancel: it is off at once, and
the partner is told. From then on the partner is asked, and it stands unless the partner agrees.
What is settled cannot be cancelled: a correction then is a further instruction over the
difference. History is never rewritten: a corrected amount goes out under a new name, and what it
pays too much or too little is owed the other way, with the next wire of the same party.

Not here: what the partner answers (`cash_status`), who may decide (intake).
Source: domain.md §1.4. Laws: L1, L7.
"""

from __future__ import annotations

from dataclasses import replace

from gateway.core.decisions import Approved, DecisionKind
from gateway.core.events import InstructionAdvanced, InstructionRecalled
from gateway.core.money import format_amount
from gateway.core.netting import FINAL, OURS_ALONE, InstructionState, may_become
from gateway.core.settlement import InstructionCancellation
from gateway.core.vocabulary import OPERATIONS, RejectCode
from gateway.desks.cash_state import CashState, Standing
from gateway.desks.cash_status import released, tell_done
from gateway.desks.desk import Decision, Send, Topology
from gateway.desks.telling import tell

_S = InstructionState
_CORRECT = DecisionKind.CORRECT_INSTRUCTION


def recall(state: CashState, approved: Approved, topology: Topology) -> Decision:
    """Cancel or correct an instruction, ask its receiver to agree, or say why not."""
    known = state.instructions.get(approved.subject)
    fault = _fault(known, approved)
    if fault or known is None:
        return _refused(approved, fault)
    if known.state is _S.SETTLED:
        return _difference(state, known, approved, topology)
    if known.state in OURS_ALONE:
        return _at_once(state, known, approved, topology)
    return _asked(known, approved, topology)


def _fault(known: Standing | None, approved: Approved) -> str:
    """Why a decision cannot be carried out, or nothing."""
    if known is None:
        return f"no instruction {approved.subject}, or it is final and kept no longer"
    order = known.instruction
    if approved.kind is _CORRECT:
        paid = known.whole_minor if known.state is _S.SETTLED else 0
        if known.followed_by:
            return f"{known.followed_by} followed it already: correct that one"
        if not order.amount_minor or approved.value < 0 or (not approved.value and not paid):
            return "a correction names an amount, in the direction of what moves; else cancel it"
        if approved.value == known.whole_minor:
            return f"it says {format_amount(known.whole_minor)} {order.currency} already"
        if known.state is _S.SETTLED:
            return ""
    if known.state in FINAL:
        remedy = "correct it" if known.state is _S.SETTLED else "nothing is left to take back"
        return f"it is {known.state}: {remedy}"
    if known.asked is not None:
        return f"{order.receiver} was asked with {known.asked.batch_id} and has not answered"
    if known.state not in OURS_ALONE and not may_become(known.state, _S.CANCEL_REQUESTED):
        return f"{order.receiver} refused to cancel it: correct it once it is settled"
    return ""


def _refused(approved: Approved, detail: str) -> Decision:
    told = tell(approved.batch_id, approved.session, "REJECTED", detail, RejectCode.DECISION_STATE)
    return Decision((approved.refused(detail),), (told,))


def _why(approved: Approved) -> str:
    return (
        f"{approved.batch_id}, asked by {approved.requested_by}, approved by "
        f"{approved.approved_by}: {approved.reason}"
    )


def _at_once(
    state: CashState, known: Standing, approved: Approved, topology: Topology
) -> Decision:  # fmt: skip
    """The partner has not taken it on: it is off, and the partner is told."""
    name = known.instruction.instruction_id
    off = replace(known, state=_S.CANCELLED)
    again = released(state, off, approved, approved.approved_at, topology)
    return Decision(
        (
            InstructionRecalled(name, approved, asks=False),
            InstructionAdvanced(
                name, _S.CANCELLED, OPERATIONS, _why(approved), known.settled_minor
            ),
            *again.events,
        ),
        (
            _cancellation(known, topology, asks=False),
            *again.sends,
            tell_done(approved, f"{name} is off: {again.words}"),
        ),
    )


def _asked(known: Standing, approved: Approved, topology: Topology) -> Decision:
    """The partner has taken it on: it is asked, and the instruction stands until it agrees."""
    name, receiver = known.instruction.instruction_id, known.instruction.receiver
    detail = f"{name} was {known.state}: {receiver} is asked, and it stands until {receiver} agrees"
    return Decision(
        (
            InstructionRecalled(name, approved, asks=True),
            InstructionAdvanced(
                name, _S.CANCEL_REQUESTED, OPERATIONS, _why(approved), known.settled_minor
            ),
        ),
        (
            _cancellation(known, topology, asks=True),
            tell(approved.batch_id, approved.session, "CANCEL_REQUESTED", detail),
        ),
    )


def _difference(
    state: CashState, known: Standing, approved: Approved, topology: Topology
) -> Decision:
    """It is paid: the difference goes out at once, and is owed the other way."""
    name = known.instruction.instruction_id
    again = released(state, known, approved, approved.approved_at, topology)
    told = tell_done(approved, f"{name} stays settled: {again.words}")
    recalled = InstructionRecalled(name, approved, asks=False)
    return Decision((recalled, *again.events), (*again.sends, told))


def _cancellation(known: Standing, topology: Topology, *, asks: bool) -> Send:
    order = known.instruction
    message = InstructionCancellation(order, asks, known.settled_minor)
    return Send(topology.home("dispatch", order.receiver), message)
