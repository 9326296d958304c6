"""Recordkeepers that submitted what another party did not pay.

Of a tri-party plan the settling entity answers the instruction. What it rejects, or fails to pay,
is returned to whoever submitted the orders behind it: each recordkeeper is told its own part and
nothing of the others'. One that settles for itself knows already.

Not here: what operations is told (`cash_status`), how the money is owed again.
Source: domain.md §1.1, §1.5.
"""

from __future__ import annotations

from gateway.core.money import format_amount
from gateway.core.netting import InstructionState
from gateway.core.wire_parts import WirePart
from gateway.desks.cash_state import CashState, Standing
from gateway.desks.desk import Send
from gateway.desks.telling import tell

VERDICTS = {InstructionState.REJECTED: "REOPENED", InstructionState.FAILED: "UNPAID"}
"""What a submitter is told of an answer, as operations is."""


def told_submitters(state: CashState, paid: Standing, words: str) -> tuple[Send, ...]:
    """What submitters are told once their settling entity's instruction came to an answer.

    Args:
        state: The cash partition's state.
        paid: The instruction with the state that was answered.
        words: The receiver's own words.
    """
    order = paid.instruction
    verdict = VERDICTS.get(paid.state)
    custodians = {fund.custodian for fund in state.book.funds.values()}
    if verdict is None or order.counterparty in custodians:
        return ()
    said = f" ({words})" if words else ""
    answer = "rejected" if paid.state is InstructionState.REJECTED else "did not pay"
    return tuple(
        tell(
            f"{order.instruction_id}/{part.trade_date}", part.trade_date, verdict,
            f"{order.receiver} {answer} {order.instruction_id}{said}: of it "
            f"{_spoken(part, order.currency)} for your orders of {part.trade_date}; "
            "it is owed still",
            to=part.submitter,
        )
        for part in order.parts
        if part.submitter and part.submitter != order.counterparty
    )  # fmt: skip


def _spoken(part: WirePart, currency: str) -> str:
    verb = "pays" if part.amount_minor > 0 else "is paid"
    return f"it {verb} {format_amount(abs(part.amount_minor))} {currency}"
