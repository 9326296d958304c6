"""What a partner says of an instruction, and what follows for the money.

A step that the instruction's state does not allow is refused, and whoever said so is told. The
same step again changes nothing. What a partner rejects, or agrees to take back, is owed again:
its unpaid part becomes one open leg, which goes out with the wire of the session in which the
answer was recorded, under a new name; or, if two people corrected it, the right amount goes out
at once and the difference with that wire.

An instruction that we took back alone may have been paid before the news arrived. Then it is
paid, and the same amount is owed the other way, so that nobody pays twice.

Not here: what people decide (`cash_recall`), netting (`cash`).
Source: domain.md §1.4, §1.5. Laws: L1, L7.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from gateway.core.decisions import Approved, DecisionKind
from gateway.core.events import InstructionAdvanced, LegReopened, StatusRefused
from gateway.core.money import format_amount
from gateway.core.netting import (
    OF_THE_PARTNER,
    PAID,
    RELEASED,
    Correction,
    InstructionState,
    corrected,
    instruction_id,
    may_become,
)
from gateway.core.orders import BatchStatus
from gateway.core.settlement import (
    CORRECTION,
    REOPENED,
    InstructionStatus,
    ObligationRow,
    SettlementInstruction,
)
from gateway.core.vocabulary import RejectCode
from gateway.desks.cash_state import CashState, Standing
from gateway.desks.cash_submitters import told_submitters
from gateway.desks.desk import Address, Decision, Send, Topology
from gateway.desks.telling import tell

DISPATCH = "dispatch"
"""The desk that sends instructions; else only an instruction's receiver speaks of it."""

_S = InstructionState


def advance(state: CashState, status: InstructionStatus, topology: Topology) -> Decision:
    """A step that somebody tells: taken, known already, or refused."""
    known = state.instructions.get(status.instruction_id)
    if status.source == DISPATCH:
        return _sent(known, status)
    code = _fault(known, status)
    if code is not None:
        return _refused(known, status, code)
    assert known is not None, "an unknown instruction has a fault"
    settled = _settled(known, status)
    # What is paid in part meanwhile leaves open, or cancelled, what is not.
    part = status.state is _S.PARTIALLY_SETTLED
    stays = part and known.state in (_S.CANCEL_REQUESTED, _S.CANCELLED)
    after = known.state if stays else status.state
    if (after, settled) == (known.state, known.settled_minor):
        return Decision()
    step = InstructionAdvanced(status.instruction_id, after, status.source, status.detail, settled)
    paid = replace(known, state=after, settled_minor=settled)
    if known.state is _S.CANCELLED:
        evened, told = _paid_anyway(state, known, paid, status)
        return Decision((step, evened), (told,))
    if after in RELEASED:
        again = released(state, paid, known.asked, status.recorded_at, topology)
        told = _told_of_release(paid, known.asked, status, again)
        theirs = told_submitters(state, paid, status.detail)
        return Decision((step, *again.events), (*again.sends, told, *theirs))
    told_here = told_of_step(paid, known.asked, status.source, status.detail)
    return Decision((step,), (*told_here, *told_submitters(state, paid, status.detail)))


def _sent(known: Standing | None, status: InstructionStatus) -> Decision:
    """The dispatch desk has sent it; one that was cancelled in the meantime stays so."""
    if known is None or known.state is not _S.ISSUED:
        return Decision()
    step = InstructionAdvanced(
        status.instruction_id, _S.SENT, status.source, status.detail, known.settled_minor
    )
    return Decision((step,))


def _fault(known: Standing | None, status: InstructionStatus) -> RejectCode | None:
    """Why a partner's step cannot be taken, or None."""
    if known is None:
        return RejectCode.UNKNOWN_INSTRUCTION
    if status.source != known.instruction.receiver:
        return RejectCode.WRONG_SENDER
    if status.state not in OF_THE_PARTNER:
        return RejectCode.INSTRUCTION_STATE
    if not _fits(known, status):
        return RejectCode.AMOUNT_RANGE
    again = status.state is known.state
    if known.state is _S.CANCELLED and (known.alone or not again):
        return _fault_of_late_payment(known, status)
    if not again and not may_become(known.state, status.state):
        return RejectCode.INSTRUCTION_STATE
    # Nobody asked for it: what a partner will not pay, it rejects.
    if not again and status.state is _S.CANCELLED and known.asked is None:
        return RejectCode.INSTRUCTION_STATE
    if again and status.state is not _S.PARTIALLY_SETTLED:
        same = status.amount_minor in (0, known.settled_minor)
        return None if same else RejectCode.INSTRUCTION_STATE
    return None if _settled(known, status) >= known.settled_minor else RejectCode.INSTRUCTION_STATE


def _fault_of_late_payment(known: Standing, status: InstructionStatus) -> RejectCode | None:
    """Only what we took back alone may turn out to be paid, and never less than was told."""
    tells = known.alone and status.state in {*PAID, _S.CANCELLED}
    grows = _settled(known, status) >= known.settled_minor
    return None if tells and grows else RejectCode.INSTRUCTION_STATE


def _fits(known: Standing, status: InstructionStatus) -> bool:
    """Whether the amount is one that the step can have."""
    amount, whole = status.amount_minor, known.whole_minor
    match status.state:
        case _S.PARTIALLY_SETTLED:
            return 0 < amount < whole
        case _S.SETTLED:
            return amount in (0, whole)
        case _S.CANCELLED:
            return amount == 0 or 0 < amount < whole
    return amount == 0


def _settled(known: Standing, status: InstructionStatus) -> int:
    """Minor units paid once the step is taken; never less than was told before."""
    if status.state is _S.SETTLED:
        return known.whole_minor
    return status.amount_minor or known.settled_minor


def _refused(known: Standing | None, status: InstructionStatus, code: RejectCode) -> Decision:
    event = StatusRefused(status.instruction_id, status.source, code, status.state)
    told = BatchStatus(
        status.source, f"{status.instruction_id}/{status.state}", None, "", "REJECTED", (code,),
        _why(known, status, code), 0, 0,
    )  # fmt: skip
    return Decision((event,), (Send(Address("out", name=status.source), told),))


def _why(known: Standing | None, status: InstructionStatus, code: RejectCode) -> str:
    """What a sender whose step was not taken can do with the answer."""
    if known is None or code is RejectCode.WRONG_SENDER:
        return "no such instruction went to you, or it is final and no longer kept"
    currency = known.instruction.currency
    paid, whole = (format_amount(m) for m in (known.settled_minor, known.whole_minor))
    stands = f"it is {known.state}, {paid} of {whole} {currency} paid"
    if code is RejectCode.AMOUNT_RANGE:
        return f"{stands}: only a part has an amount, of what is paid in all, below the whole"
    return f"{stands}: nothing of {status.state} was taken"


@dataclass(frozen=True, slots=True)
class Released:
    """What becomes of the unpaid part of an instruction: its events, messages, and in words."""

    events: tuple[object, ...]
    sends: tuple[Send, ...]
    words: str


def released(
    state: CashState, paid: Standing, decided: Approved | None, recorded_at: int,
    topology: Topology,
) -> Released:  # fmt: skip
    """Let what was not paid be owed again, the corrected amount at once.

    Args:
        state: Before the step.
        paid: The instruction as it is after the step.
        decided: What two people decided about it, if they did.
        recorded_at: UTC microseconds: when it became final.
        topology: Where things are.

    Laws: L1, L7.
    """
    order = paid.instruction
    if decided is None or decided.kind is not DecisionKind.CORRECT_INSTRUCTION:
        parts, reason = Correction(0, paid.unpaid_minor), REOPENED
    else:
        parts = corrected(order.amount_minor, paid.settled_minor, decided.value)
        reason = CORRECTION
    events: list[object] = []
    words: list[str] = []
    if parts.carried_minor:
        leg = _carried(state, order, parts.carried_minor, reason, recorded_at)
        events.append(leg)
        words.append(_told_of_leg(leg, order))
    sends: tuple[Send, ...] = ()
    if parts.again_minor:
        other = _again(state, paid, parts.again_minor, _session_of(state, recorded_at))
        events.append(other)
        sends = (Send(topology.home("dispatch", other.receiver), other),)
        words.insert(0, f"{_spoken(parts.again_minor, order)} with {other.instruction_id}")
    return Released(tuple(events), sends, "; ".join(words) or "no money is owed")


def _paid_anyway(
    state: CashState, known: Standing, paid: Standing, status: InstructionStatus
) -> tuple[LegReopened, Send]:
    """Even out what was paid of an instruction that is owed again already."""
    order = paid.instruction
    over = paid.unpaid_minor - known.unpaid_minor
    leg = _carried(state, order, over, CORRECTION, status.recorded_at)
    detail = (
        f"{status.source} says {status.state}, though it was taken back: it had been paid; "
        f"{_told_of_leg(leg, order)}"
    )
    return leg, tell(order.instruction_id, order.session, "PAID_ANYWAY", detail)


def _carried(
    state: CashState, order: SettlementInstruction, minor: int, reason: str, recorded_at: int
) -> LegReopened:
    """An amount that goes out with the wire of the session in which a fact was recorded."""
    session = _session_of(state, recorded_at)
    wire = state.soonest(session)
    row = ObligationRow(
        order.counterparty, max(order.trade_dates), wire, minor, "", order.instruction_id, reason
    )
    return LegReopened(order.instruction_id, order.currency, row)


def _told_of_leg(leg: LegReopened, order: SettlementInstruction) -> str:
    return f"{_spoken(leg.row.amount_minor, order)} with the wire of {leg.row.settlement_date}"


def _session_of(state: CashState, recorded_at: int) -> date:
    """The session a fact belongs to: by its close, as an order's; never one closed here."""
    assert state.session is not None, "an instruction before any session"
    return max(state.book.sessions.trade_date(recorded_at), state.session)


def _spoken(amount_minor: int, order: SettlementInstruction) -> str:
    verb = "pays" if amount_minor > 0 else "is paid"
    return f"{order.counterparty} {verb} {format_amount(abs(amount_minor))} {order.currency}"


def _again(
    state: CashState, paid: Standing, amount_minor: int, session: date
) -> SettlementInstruction:
    """The instruction in the place of one that was cancelled, or over a difference."""
    order = paid.instruction
    final = paid.state is _S.SETTLED
    settles = max(order.settlement_date, state.book.sessions.settlement_date(session, 0))
    key = (order.counterparty, order.currency, settles)
    name = instruction_id(session, *key, state.issued.get(key, 0) + 1)
    party = state.book.parties[order.counterparty]
    return replace(
        order,
        instruction_id=name,
        session=session,
        receiver=party.receiver,
        dialect=party.dialect,
        settlement_date=settles,
        amount_minor=amount_minor,
        gross_in_minor=max(amount_minor, 0),
        gross_out_minor=max(-amount_minor, 0),
        legs=1,
        parts=order.parts if amount_minor == order.amount_minor else (),
        replaces="" if final else order.instruction_id,
        corrects=order.instruction_id if final else "",
    )


# --- what people are told ---------------------------------------------------------------


def tell_done(decided: Approved, detail: str) -> Send:
    """What operations is told once an instruction is off, or corrected."""
    if decided.kind is DecisionKind.CORRECT_INSTRUCTION:
        return tell(decided.batch_id, decided.session, "CORRECTED", detail)
    return tell(decided.batch_id, decided.session, "CANCELLED", detail)


def _told_of_release(
    paid: Standing, decided: Approved | None, status: InstructionStatus, again: Released
) -> Send:
    order = paid.instruction
    said = f" ({status.detail})" if status.detail else ""
    if decided is None:
        detail = f"{status.source} rejected it{said}: {again.words}"
        return tell(order.instruction_id, order.session, "REOPENED", detail)
    detail = f"{status.source} says {status.state} of {order.instruction_id}{said}: {again.words}"
    return tell_done(decided, detail)


def told_of_step(
    paid: Standing, decided: Approved | None, source: str, words: str
) -> tuple[Send, ...]:
    """Operations is told of a failed payment, and of a cancellation that does not happen."""
    order = paid.instruction
    said = f" ({words})" if words else ""
    if paid.state is _S.FAILED:
        detail = (
            f"{source} says that the payment failed{said}: it is owed still; two people "
            "may take it back"
        )
        return (tell(order.instruction_id, order.session, "UNPAID", detail),)
    if decided is not None and paid.state in (_S.CANCEL_REFUSED, _S.SETTLED):
        detail = f"{source} says {paid.state} of {order.instruction_id}{said}: it stands"
        if paid.state is _S.SETTLED:
            detail += ", and can be corrected"
        return (
            tell(decided.batch_id, decided.session, "CANCEL_REFUSED", detail,
                 RejectCode.DECISION_STATE),
        )  # fmt: skip
    return ()
