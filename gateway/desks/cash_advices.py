"""What a bank's advices do: settle an instruction, open a break, or resolve one.

Only the bank that the book names for a party is heard about its money, and only of such a party
is an advice missed. An exact advice settles the instruction, if its life allows; operations is
told of each break, and when it is resolved.

Not here: what is exact and what is a break (`core.cash_breaks`), what a receiver says of its
instruction (`cash_status`).
Source: domain.md §1.3. Laws: L5, L7.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from gateway.core.cash_breaks import (
    AdviceMatched,
    BreakClosed,
    BreakKind,
    CashAdvice,
    CashBreak,
    Expected,
    Finding,
    age_in_business_days,
    is_missing,
    is_resolved,
    judge,
)
from gateway.core.decisions import Approved
from gateway.core.events import InstructionAdvanced, StatusRefused
from gateway.core.money import MINOR_SCALE, format_scaled
from gateway.core.netting import InstructionState, may_become
from gateway.core.vocabulary import RejectCode
from gateway.desks.cash_state import CashState, Standing
from gateway.desks.cash_status import told_of_step
from gateway.desks.desk import Decision, Send
from gateway.desks.telling import tell

_S = InstructionState


def advised(state: CashState, advice: CashAdvice) -> Decision:
    """Hold an advice against the instructions of its party."""
    bank = _bank_of(state, advice.counterparty)
    if bank != advice.sender:
        return _not_heard(state, advice)
    finding = judge(advice, _meant(state, advice), state.breaks.values())
    if finding.kind is not None:
        return _opened(state, advice, finding)
    event = AdviceMatched(advice, finding.instruction_id, finding.resolves)
    session = _session(state, advice.value_date)
    if finding.resolves:
        closed = BreakClosed(finding.resolves, session, advice.name)
        return Decision((event, closed), (_told_closed(state, closed),))
    events, sends = _settled(state.instructions[finding.instruction_id], advice)
    about = [b for b in state.breaks.values() if b.instruction_id == finding.instruction_id]
    closed_now = [
        BreakClosed(each.break_id, session, advice.name)
        for each in about
        if each.kind is not BreakKind.DUPLICATE
    ]
    told = tuple(_told_closed(state, each) for each in closed_now)
    return Decision((event, *events, *closed_now), (*sends, *told))


def _bank_of(state: CashState, party: str) -> str:
    """The bank that advises of a party's money; empty if none does."""
    terms = state.book.parties.get(party)
    return "" if terms is None else terms.advised_by


def _session(state: CashState, day: date) -> date:
    """The open session, or before the first the day given."""
    return state.session or day


def _meant(state: CashState, advice: CashAdvice) -> list[Expected]:
    """The instructions an advice can mean: the one it names, or all of its party."""
    if advice.reference:
        named = state.instructions.get(advice.reference)
        return [] if named is None else [_expected(named)]
    every = state.instructions.values()
    return [_expected(e) for e in every if e.instruction.counterparty == advice.counterparty]


def _expected(standing: Standing) -> Expected:
    order = standing.instruction
    return Expected(
        order.instruction_id, order.counterparty, order.currency, order.settlement_date,
        order.amount_minor, standing.state, standing.advised,
    )  # fmt: skip


def _not_heard(state: CashState, advice: CashAdvice) -> Decision:
    """The book names another bank for the party, or none: nothing is taken."""
    event = StatusRefused(advice.reference, advice.sender, RejectCode.WRONG_SENDER, _S.SETTLED)
    detail = "the book does not name you as the bank of this party: nothing was taken"
    told = tell(advice.advice_id, advice.value_date, "REJECTED", detail, RejectCode.WRONG_SENDER,
                to=advice.sender)  # fmt: skip
    return Decision((event,), (told,))


def _settled(
    known: Standing, advice: CashAdvice
) -> tuple[tuple[InstructionAdvanced, ...], tuple[Send, ...]]:
    """An instruction is settled by an exact advice, if its life allows and it is not yet."""
    if not may_become(known.state, _S.SETTLED):
        return (), ()
    name = known.instruction.instruction_id
    detail = f"advice {advice.advice_id}"
    step = InstructionAdvanced(name, _S.SETTLED, advice.sender, detail, known.whole_minor)
    paid = replace(known, state=_S.SETTLED, settled_minor=known.whole_minor)
    return (step,), told_of_step(paid, known.asked, advice.sender, detail)


def _opened(state: CashState, advice: CashAdvice, finding: Finding) -> Decision:
    assert finding.kind is not None, "a match is no break"
    session = _session(state, advice.value_date)
    event = CashBreak(
        f"{advice.counterparty}/{advice.name}", finding.kind, finding.instruction_id,
        advice.counterparty, advice.currency, finding.expected_minor, advice.amount_minor,
        advice.value_date, session, advice,
    )  # fmt: skip
    return Decision((event,), (_told_opened(state, event, session),))


def missing(state: CashState, opened: date) -> tuple[tuple[CashBreak, ...], tuple[Send, ...]]:
    """The instructions whose day has passed without an advice when a session opens."""
    about = {each.instruction_id for each in state.breaks.values()}
    found = tuple(
        CashBreak(
            f"{each.counterparty}/MISSING/{each.instruction_id}", BreakKind.MISSING,
            each.instruction_id, each.counterparty, each.currency, each.amount_minor, 0,
            each.settlement_date, opened, None,
        )
        for each in map(_expected, state.instructions.values())
        if _bank_of(state, each.counterparty)
        and each.instruction_id not in about
        and is_missing(each, opened)
    )  # fmt: skip
    return found, tuple(_told_opened(state, each, opened) for each in found)


def closed_by_people(state: CashState, approved: Approved) -> Decision:
    """Close a break that two people have settled otherwise, or say why not."""
    known, fault = state.breaks.get(approved.subject), ""
    if known is None:
        fault = f"no break {approved.subject} is open"
    elif known.kind is BreakKind.MISSING:
        fault = f"{known.instruction_id} is unpaid: its bank advises it, or it is taken back"
    session = _session(state, approved.session)
    if fault:
        told = tell(
            approved.batch_id, approved.session, "REJECTED", fault, RejectCode.DECISION_STATE
        )
        return Decision((approved.refused(fault),), (told,))
    by = f"{approved.requested_by} and {approved.approved_by}: {approved.reason}"
    event = BreakClosed(approved.subject, session, by)
    done = tell(approved.batch_id, approved.session, "ACCEPTED", f"{approved.subject} is closed")
    return Decision((event,), (_told_closed(state, event), done))


def with_resolved(state: CashState, decision: Decision) -> Decision:
    """A decision about instructions, with the breaks that it resolves."""
    closed = tuple(_resolved(state, decision))
    told = tuple(_told_closed(state, each) for each in closed)
    return replace(
        decision, events=(*decision.events, *closed), sends=(*decision.sends, *told)
    )  # fmt: skip


def _resolved(state: CashState, decision: Decision) -> Iterator[BreakClosed]:
    for step in decision.events:
        if not isinstance(step, InstructionAdvanced):
            continue
        for each in state.breaks.values():
            if each.instruction_id == step.instruction_id and is_resolved(
                each, step.state, step.settled_minor
            ):
                session = _session(state, each.opened)
                yield BreakClosed(each.break_id, session, f"{step.source}: {step.state}")


# --- what operations is told ------------------------------------------------------------


def _told_opened(state: CashState, event: CashBreak, day: date) -> Send:
    age = age_in_business_days(state.book.sessions, event.since, day)
    days = f"{age} business day{'s' * (age != 1)} old"
    scale = MINOR_SCALE.get(event.currency, 2)
    should, was = (
        format_scaled(minor, scale, grouped=True)
        for minor in (event.expected_minor, event.advised_minor)
    )
    about = event.instruction_id or "no instruction"
    detail = (
        f"{event.kind}, {days}: {event.counterparty} and {about}: expected {should}, advised {was} "
        f"{event.currency} for {event.since}"
    )
    return tell(event.break_id, event.opened, "BREAK", detail)


def _told_closed(state: CashState, event: BreakClosed) -> Send:
    kind = state.breaks[event.break_id].kind
    return tell(event.break_id, event.session, "RESOLVED", f"{kind} is resolved by {event.by}")


def note(state: CashState, event: AdviceMatched | CashBreak | BreakClosed) -> None:
    """How the state follows: what was advised, and which breaks are open."""
    match event:
        case AdviceMatched():
            if event.instruction_id:
                state.instructions[event.instruction_id].advised = True
        case CashBreak():
            state.breaks[event.break_id] = event
        case BreakClosed():
            del state.breaks[event.break_id]
